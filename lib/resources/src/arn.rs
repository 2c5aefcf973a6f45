//! The ARN of any resource.

groundplan_core::id_types! {
    /// An ARN, of a resource of any type: where a property's name says no more than that it takes one, as
    /// `SourceArn` does. The handle of a resource with an ARN provides it, and so do the ARNs of all types.
    Arn,
}

/// Outputs of which AWS publishes no more than that they are texts.
#[diagnostic::do_not_recommend]
impl groundplan_core::IsA<Arn> for String {}

/// States that each of these is an [`Arn`], known or as an output.
macro_rules! arns {
    ($($name:ident),+) => {$(
        #[diagnostic::do_not_recommend]
        impl groundplan_core::IsA<crate::Arn> for $name {}

        impl groundplan_core::Provides<crate::Arn> for $name {
            fn provide(self) -> groundplan_core::Input<crate::Arn> {
                groundplan_core::Input::Known(crate::Arn::new(self.as_str()))
            }
        }
    )+};
}

pub(crate) use arns;
