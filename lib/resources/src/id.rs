//! Typed ids.

/// Declares typed ids.
macro_rules! ids {
    ($($(#[$docs:meta])* $name:ident,)+) => {
        groundplan_core::id_types! { $($(#[$docs])* $name,)+ }
    };
}

/// States that each member is the union, too, known or as an output, and that the union is each
/// of the wider ones behind `=>`.
macro_rules! union {
    ($union:ident: $($member:path),+ $(=> $($wider:path),+)?) => {
        $(
            #[diagnostic::do_not_recommend]
            impl groundplan_core::IsA<$union> for $member {}

            impl groundplan_core::Provides<$union> for $member {
                fn provide(self) -> groundplan_core::Input<$union> {
                    groundplan_core::Input::Known($union::new(self.as_str()))
                }
            }
        )+
        $($(
            #[diagnostic::do_not_recommend]
            impl groundplan_core::IsA<$wider> for $union {}
        )+)?
    };
}

pub(crate) use {ids, union};
