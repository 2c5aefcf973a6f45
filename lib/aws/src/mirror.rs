//! Structures of properties that an API has in the same form, as tables.
//!
//! A row of [`mirror!`] is a property by the name that the SDK has for it, with its setter. What stands before it says
//! where it has to be set:
//!
//! | word | CloudFormation | API |
//! |---|---|---|
//! | `opt` | optional | optional |
//! | `req` | required | required, or with a default |
//! | `got` | optional | required, or with a default |
//! | `must` | required | optional |

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value as Json;

use crate::error::Result;
use crate::handler::in_declared_shape;

/// A value that a program declares, and the same value in the form of the SDK.
pub(crate) trait Mirror<S>: Sized {
    fn to_sdk(&self) -> Result<S>;
    fn of(live: S) -> Self;
}

/// Texts, and enumerations, which a program declares as texts.
impl<S: for<'a> From<&'a str> + AsRef<str>> Mirror<S> for String {
    fn to_sdk(&self) -> Result<S> {
        Ok(S::from(self.as_str()))
    }

    fn of(live: S) -> Self {
        live.as_ref().to_owned()
    }
}

macro_rules! same {
    ($($scalar:ty)*) => {$(
        impl Mirror<$scalar> for $scalar {
            fn to_sdk(&self) -> Result<$scalar> {
                Ok(*self)
            }

            fn of(live: $scalar) -> Self {
                live
            }
        }
    )*};
}

same! { bool i32 }

impl<T: Mirror<S>, S> Mirror<Option<S>> for Option<T> {
    fn to_sdk(&self) -> Result<Option<S>> {
        self.as_ref().map(T::to_sdk).transpose()
    }

    fn of(live: Option<S>) -> Self {
        live.map(T::of)
    }
}

impl<T: Mirror<S>, S> Mirror<Vec<S>> for Vec<T> {
    fn to_sdk(&self) -> Result<Vec<S>> {
        self.iter().map(T::to_sdk).collect()
    }

    fn of(live: Vec<S>) -> Self {
        live.into_iter().map(T::of).collect()
    }
}

/// A map of texts, as the SDK has it.
#[expect(clippy::disallowed_types, reason = "the SDK takes and returns hash maps, which are converted here")]
type SdkMap = std::collections::HashMap<String, String>;

impl Mirror<SdkMap> for BTreeMap<String, String> {
    fn to_sdk(&self) -> Result<SdkMap> {
        Ok(self.clone().into_iter().collect())
    }

    fn of(live: SdkMap) -> Self {
        live.into_iter().collect()
    }
}

/// A number that is written without a point where it is whole, as a program writes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Decimal(f64);

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        /// Up to here every whole number has a value of its own.
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if self.0.fract() == 0.0 && self.0.abs() <= EXACT {
            #[expect(clippy::cast_possible_truncation, reason = "it is whole and small enough")]
            return serializer.serialize_i64(self.0 as i64);
        }
        serializer.serialize_f64(self.0)
    }
}

impl Mirror<f64> for Decimal {
    fn to_sdk(&self) -> Result<f64> {
        Ok(self.0)
    }

    fn of(live: f64) -> Self {
        Self(live)
    }
}

/// Structs of properties, each with its counterpart in the SDK. `, ?` says that the SDK's builder refuses what lacks a
/// required part.
macro_rules! mirror {
    ($(
        $(#[$meta:meta])*
        $name:ident as $sdk:ty $(, $fallible:tt)? {
            $( $(#[$attribute:meta])* $kind:ident $field:ident $setter:ident: $type:ty; )*
        }
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(rename_all = "PascalCase", deny_unknown_fields)]
        pub(crate) struct $name {
            $( $(#[$attribute])* pub(crate) $field: $crate::mirror::mirror!(@type $kind $type), )*
        }

        impl $crate::mirror::Mirror<$sdk> for $name {
            fn to_sdk(&self) -> $crate::error::Result<$sdk> {
                let builder = <$sdk>::builder()
                    $( .$setter($crate::mirror::mirror!(@to $kind self.$field)) )*;
                Ok(builder.build() $($fallible)?)
            }

            fn of(live: $sdk) -> Self {
                Self { $( $field: $crate::mirror::mirror!(@of $kind live.$field), )* }
            }
        }
    )*};
    (@type opt $type:ty) => { Option<$type> };
    (@type got $type:ty) => { Option<$type> };
    (@type req $type:ty) => { $type };
    (@type must $type:ty) => { $type };
    (@to opt $value:expr) => { $crate::mirror::Mirror::to_sdk(&$value)? };
    (@to got $value:expr) => { $crate::mirror::Mirror::to_sdk(&$value)? };
    (@to req $value:expr) => { Some($crate::mirror::Mirror::to_sdk(&$value)?) };
    (@to must $value:expr) => { Some($crate::mirror::Mirror::to_sdk(&$value)?) };
    (@of opt $value:expr) => { $crate::mirror::Mirror::of($value) };
    (@of got $value:expr) => { Some($crate::mirror::Mirror::of($value)) };
    (@of req $value:expr) => { $crate::mirror::Mirror::of($value) };
    (@of must $value:expr) => { $value.map($crate::mirror::Mirror::of).unwrap_or_default() };
}

pub(crate) use mirror;

/// Returns the live value in the form of the declaration: structures in lists in its order, which these APIs do not keep, and
/// without what AWS has filled in.
pub(crate) fn as_declared<T: Serialize + serde::de::DeserializeOwned + Clone>(declared: &T, live: T) -> T {
    let json = |value: &T| serde_json::to_value(value).unwrap_or_default();
    let mut arranged = json(&live);
    arrange(&json(declared), &mut arranged);
    let arranged = serde_json::from_value(arranged).unwrap_or(live);
    in_declared_shape(declared, arranged)
}

/// Brings lists of structures into the order of the declaration, with what is not declared at the end. The order of
/// lists of texts may mean something, as in a command.
fn arrange(declared: &Json, live: &mut Json) {
    match (declared, live) {
        (Json::Object(declared), Json::Object(live)) => {
            for (key, live) in live {
                arrange(declared.get(key).unwrap_or(&Json::Null), live);
            }
        }
        (Json::Array(declared), Json::Array(live)) if live.iter().all(Json::is_object) => {
            let mut rest = std::mem::take(live);
            for declared in declared {
                if let Some(found) = rest.iter().position(|live| is_of(declared, live)) {
                    let mut found = rest.remove(found);
                    arrange(declared, &mut found);
                    live.push(found);
                }
            }
            live.append(&mut rest);
        }
        _ => {}
    }
}

/// Returns whether an element is the declared one: by its name, or by all that is declared of one without.
fn is_of(declared: &Json, live: &Json) -> bool {
    match (declared["Name"].as_str(), live["Name"].as_str()) {
        (Some(declared), Some(live)) => declared == live,
        _ => has(live, declared),
    }
}

/// Returns whether everything that is declared is live.
fn has(live: &Json, declared: &Json) -> bool {
    match (declared, live) {
        (Json::Null, _) => true,
        (Json::Object(declared), Json::Object(live)) => {
            declared.iter().all(|(key, declared)| has(live.get(key).unwrap_or(&Json::Null), declared))
        }
        (Json::Array(declared), Json::Array(live)) => {
            declared.len() == live.len() && declared.iter().all(|declared| live.iter().any(|live| has(live, declared)))
        }
        (declared, live) => declared == live,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_is_written_as_a_program_writes_it() {
        let written = |number: f64| serde_json::to_value(Decimal(number)).unwrap();
        assert_eq!([written(70.0), written(-0.5), written(1e300)], [json!(70), json!(-0.5), json!(1e300)]);
    }

    #[test]
    fn structures_are_in_the_order_of_the_declaration_and_texts_in_their_own() {
        let declared = json!([
            {"Name": "web", "Command": ["a", "b"], "Ports": [{"Port": 80}, {"Port": 443}]},
            {"Name": "log", "Command": null, "Ports": null},
        ]);
        let live = json!([
            {"Name": "log", "Command": [], "Ports": []},
            {"Name": "by hand", "Command": [], "Ports": []},
            {"Name": "web", "Command": ["b", "a"], "Ports": [{"Port": 443, "Host": 1}, {"Port": 80, "Host": 2}]},
        ]);
        let mut arranged = live.clone();
        arrange(&declared, &mut arranged);
        let ports = json!([{"Port": 80, "Host": 2}, {"Port": 443, "Host": 1}]);
        assert_eq!(arranged[0], json!({"Name": "web", "Command": ["b", "a"], "Ports": ports}));
        assert_eq!((&arranged[1], &arranged[2]), (&live[0], &live[1]));
    }

    #[test]
    fn what_aws_fills_in_is_left_out_and_what_differs_is_not() {
        let declared = json!([{"Name": "web", "Cpu": null, "Ports": [{"Port": 80, "Host": null}]}]);
        let live = |port: i32| json!([{"Name": "web", "Cpu": 0, "Ports": [{"Port": port, "Host": 80}]}]);
        assert_eq!(as_declared(&declared, live(80)), declared);
        let other = json!([{"Name": "web", "Cpu": null, "Ports": [{"Port": 81, "Host": null}]}]);
        assert_eq!(as_declared(&declared, live(81)), other);
    }
}
