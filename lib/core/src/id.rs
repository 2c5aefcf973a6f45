//! Typed identifiers.

use crate::data::Data;
use crate::input::{Input, IsA, Provides};
use crate::template::Template;

/// A typed identifier: text with a meaning. Known text is accepted for every identifier, since the place where
/// `"vpc-0a1b2c3d"` is written shows what it is. An output or a handle must have the right type.
/// [`id_types!`](crate::id_types!) declares identifiers.
pub trait Identifier: Data {
    /// Creates the identifier with this text.
    fn identify(text: String) -> Self;
}

#[diagnostic::do_not_recommend]
impl<T: Identifier + IsA<String>> Provides<T> for Template {
    fn provide(self) -> Input<T> {
        self.typed()
    }
}

macro_rules! identifies {
    ($($type:ty),+) => {$(
        // Whoever passes text where no identifier is wanted is told what is wanted.
        #[diagnostic::do_not_recommend]
        impl<T: Identifier> Provides<T> for $type {
            fn provide(self) -> Input<T> {
                Input::Known(T::identify(self.into()))
            }
        }
    )+};
}

identifies!(&str, &String, String);

/// Declares typed identifiers: newtypes over a string, each with its own meaning.
///
/// A typed identifier is accepted for itself and for a plain `String`, but never for another identifier, so that
/// passing a subnet ID for a VPC ID does not compile. Known text and templates are accepted for every identifier.
///
/// ```
/// groundplan_core::id_types! {
///     /// The id of a VPC, as in `vpc-0a1b2c3d`.
///     VpcId,
/// }
/// assert_eq!(VpcId::new("vpc-1").as_str(), "vpc-1");
/// ```
#[macro_export]
macro_rules! id_types {
    ($($(#[$meta:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name(::std::string::String);

        impl $name {
            /// Creates the identifier of an existing object.
            pub fn new(id: impl ::std::convert::Into<::std::string::String>) -> Self {
                Self(id.into())
            }

            /// Returns the identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl $crate::Data for $name {
            const FORM: $crate::value::ValueType = $crate::value::ValueType::String;

            #[inline]
            fn into_value(self) -> $crate::Value {
                $crate::Value::String(self.0)
            }

            #[inline]
            fn from_value(value: &$crate::Value) -> ::std::option::Option<Self> {
                value.as_str().map(Self::new)
            }
        }

        impl $crate::Identifier for $name {
            #[inline]
            fn identify(text: ::std::string::String) -> Self {
                Self(text)
            }
        }

        impl $crate::Provides<::std::string::String> for $name {
            #[inline]
            fn provide(self) -> $crate::Input<::std::string::String> {
                $crate::Input::Known(self.0)
            }
        }

        #[diagnostic::do_not_recommend]
        impl $crate::IsA<$name> for $name {}
        #[diagnostic::do_not_recommend]
        impl $crate::IsA<::std::string::String> for $name {}
    )+};
}
