//! Untyped JSON with outputs in it.

use crate::data::{Data, Json};
use crate::export::Export;
use crate::handle::Handle;
use crate::input::{Input, List, Map, Output};
use crate::resource::{HasRef, Resource};
use crate::template::{Template, TemplatePart};
use crate::value::{Deferred, Value};

/// A value that can be used in [`json!`](crate::json!): JSON values, outputs of any type, handles, templates, and other
/// untyped JSON, but not a [`Secret`](crate::Secret).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be put in JSON",
    label = "JSON accepts text, numbers, booleans, outputs, handles, templates and results of `json!`",
    note = "a `Secret` cannot be part of a document: pass it directly to the property that takes it"
)]
pub trait JsonPart {
    /// Converts the part into a value.
    fn json(self) -> Value;
}

macro_rules! parts {
    ($($type:ty => $convert:expr),+ $(,)?) => {$(
        impl JsonPart for $type {
            fn json(self) -> Value {
                let convert: fn($type) -> Value = $convert;
                convert(self)
            }
        }
    )+};
}

parts! {
    Value => |value| value,
    Json => |json| json.0,
    serde_json::Value => Value::from,
    bool => Value::Bool,
    &str => |text| Value::from(text),
    String => Value::String,
    &String => |text| Value::String(text.clone()),
    Template => TemplatePart::part,
    i32 => |number| Value::Number(number.into()),
    i64 => Value::from,
    u8 => |number| Value::Number(number.into()),
    u16 => |number| Value::Number(number.into()),
    u32 => |number| Value::Number(number.into()),
    u64 => |number| Value::Number(number.into()),
    usize => |number| Value::Number(number.into()),
    f64 => Data::into_value,
    crate::Path => |path| Value::String(path.to_string()),
    ipnet::Ipv4Net => |block| Value::String(block.to_string()),
    ipnet::IpNet => |block| Value::String(block.to_string()),
}

impl<T> JsonPart for Output<T> {
    fn json(self) -> Value {
        self.reference().clone().into()
    }
}

impl<T> JsonPart for &Output<T> {
    fn json(self) -> Value {
        self.reference().clone().into()
    }
}

impl<T: Data> JsonPart for Input<T> {
    fn json(self) -> Value {
        self.into_value()
    }
}

impl<T: Data + Clone> JsonPart for &Input<T> {
    fn json(self) -> Value {
        self.clone().into_value()
    }
}

impl<T: Data> JsonPart for List<T> {
    fn json(self) -> Value {
        self.into_value()
    }
}

impl<T: Data> JsonPart for Map<T> {
    fn json(self) -> Value {
        self.into_value()
    }
}

impl<T: Data> JsonPart for Export<T> {
    fn json(self) -> Value {
        Deferred::CrossApp(self.import()).into()
    }
}

impl<R: Resource + HasRef> JsonPart for &Handle<R> {
    fn json(self) -> Value {
        self.part()
    }
}

impl<P: JsonPart> JsonPart for Vec<P> {
    fn json(self) -> Value {
        Value::List(self.into_iter().map(P::json).collect())
    }
}

impl<P: JsonPart, const N: usize> JsonPart for [P; N] {
    fn json(self) -> Value {
        Value::List(self.into_iter().map(P::json).collect())
    }
}

impl<P: JsonPart> JsonPart for Option<P> {
    fn json(self) -> Value {
        self.map_or(Value::Null, P::json)
    }
}

/// The entries of an object, as far as they are read.
#[doc(hidden)]
#[derive(Default)]
pub struct Entries(Vec<(Value, Value)>);

impl Entries {
    /// Adds an entry.
    pub fn set(&mut self, key: impl TemplatePart, value: Value) {
        self.0.push((key.part(), value));
    }

    /// The object.
    pub fn into_value(self) -> Value {
        Value::entries(self.0)
    }
}

/// Creates untyped JSON, in JSON notation, from values that may not be known yet: outputs of any type, handles, and
/// templates. It returns a [`Json`], which every property without a published schema accepts.
///
/// ```
/// use groundplan_core::{Output, Reference, json, template};
/// let bucket: Output<String> = Output::new(Reference::new("checkout/media", "BucketName"));
/// let widget = json!({
///     "type": "metric",
///     "width": 12,
///     "metrics": [["AWS/S3", "NumberOfObjects", "BucketName", &bucket]],
///     "title": template!("Objects of {}", bucket),
/// });
/// ```
///
/// A key in parentheses is an expression, which may also be an output or a template:
///
/// ```
/// # use groundplan_core::{Output, Reference, json, template};
/// let issuer: Output<String> = Output::new(Reference::new("platform/eks", "OpenIdConnectIssuerUrl"));
/// let audience = template!("{}:aud", issuer.without_prefix("https://"));
/// let condition = json!({"StringEquals": {(audience): "sts.amazonaws.com"}});
/// ```
///
/// A secret does not compile:
///
/// ```compile_fail
/// # use groundplan_core::{Secret, json};
/// let settings = json!({"password": Secret::from_env("PASSWORD")});
/// ```
// The rules are those of serde_json's macro of the same name.
#[macro_export]
macro_rules! json {
    ($($json:tt)+) => {
        $crate::Json($crate::json_value!($($json)+))
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! json_value {
    // The elements of a list: those that are done, then those to come.
    (@array [$($elems:expr,)*]) => { ::std::vec![$($elems,)*] };
    (@array [$($elems:expr),*]) => { ::std::vec![$($elems),*] };
    (@array [$($elems:expr,)*] null $($rest:tt)*) => {
        $crate::json_value!(@array [$($elems,)* $crate::json_value!(null)] $($rest)*)
    };
    (@array [$($elems:expr,)*] [$($array:tt)*] $($rest:tt)*) => {
        $crate::json_value!(@array [$($elems,)* $crate::json_value!([$($array)*])] $($rest)*)
    };
    (@array [$($elems:expr,)*] {$($map:tt)*} $($rest:tt)*) => {
        $crate::json_value!(@array [$($elems,)* $crate::json_value!({$($map)*})] $($rest)*)
    };
    (@array [$($elems:expr,)*] $next:expr, $($rest:tt)*) => {
        $crate::json_value!(@array [$($elems,)* $crate::json_value!($next),] $($rest)*)
    };
    (@array [$($elems:expr,)*] $last:expr) => {
        $crate::json_value!(@array [$($elems,)* $crate::json_value!($last)])
    };
    (@array [$($elems:expr),*] , $($rest:tt)*) => {
        $crate::json_value!(@array [$($elems,)*] $($rest)*)
    };

    // The entries of an object: the list they go to, the key as far as it is read, what is to come, and that
    // again for messages.
    (@object $object:ident () () ()) => {};
    (@object $object:ident [$($key:tt)+] ($value:expr) , $($rest:tt)*) => {
        $object.set($($key)+, $value);
        $crate::json_value!(@object $object () ($($rest)*) ($($rest)*));
    };
    (@object $object:ident [$($key:tt)+] ($value:expr)) => {
        $object.set($($key)+, $value);
    };
    (@object $object:ident ($($key:tt)+) (: null $($rest:tt)*) $copy:tt) => {
        $crate::json_value!(@object $object [$($key)+] ($crate::json_value!(null)) $($rest)*);
    };
    (@object $object:ident ($($key:tt)+) (: [$($array:tt)*] $($rest:tt)*) $copy:tt) => {
        $crate::json_value!(@object $object [$($key)+] ($crate::json_value!([$($array)*])) $($rest)*);
    };
    (@object $object:ident ($($key:tt)+) (: {$($map:tt)*} $($rest:tt)*) $copy:tt) => {
        $crate::json_value!(@object $object [$($key)+] ($crate::json_value!({$($map)*})) $($rest)*);
    };
    (@object $object:ident ($($key:tt)+) (: $value:expr , $($rest:tt)*) $copy:tt) => {
        $crate::json_value!(@object $object [$($key)+] ($crate::json_value!($value)) , $($rest)*);
    };
    (@object $object:ident ($($key:tt)+) (: $value:expr) $copy:tt) => {
        $crate::json_value!(@object $object [$($key)+] ($crate::json_value!($value)));
    };
    (@object $object:ident () (($key:expr) : $($rest:tt)*) $copy:tt) => {
        $crate::json_value!(@object $object ($key) (: $($rest)*) (: $($rest)*));
    };
    (@object $object:ident ($($key:tt)*) ($tt:tt $($rest:tt)*) $copy:tt) => {
        $crate::json_value!(@object $object ($($key)* $tt) ($($rest)*) ($($rest)*));
    };

    (null) => { $crate::Value::Null };
    ([]) => { $crate::Value::List(::std::vec::Vec::new()) };
    ([$($tt:tt)+]) => { $crate::Value::List($crate::json_value!(@array [] $($tt)+)) };
    ({}) => { $crate::Value::entries([]) };
    ({$($tt:tt)+}) => {
        {
            let mut entries = $crate::private::Entries::default();
            $crate::json_value!(@object entries () ($($tt)+) ($($tt)+));
            entries.into_value()
        }
    };
    ($other:expr) => { $crate::private::JsonPart::json($other) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Reference, template};

    fn url() -> Output<String> {
        Output::new(Reference::new("platform/eks", "Url"))
    }

    #[test]
    fn json_is_written_as_json_with_outputs_in_it() {
        let replicas = 2;
        let value = json!({
            "Ref": url(),
            "n": 3,
            "whole": [1.5, true, null, "text", {"deep": [replicas + 1, template!("{}/x", url())]}],
            "none": None::<&str>,
            "nested": json!([url()]),
            "empty": {},
        });
        let expected = serde_json::json!({
            "Ref": {"$ref": "platform/eks#Url"},
            "n": 3,
            "whole": [1.5, true, null, "text", {"deep": [3, {"$template": [{"$ref": "platform/eks#Url"}, "/x"]}]}],
            "none": null,
            "nested": [{"$ref": "platform/eks#Url"}],
            "empty": {},
        });
        assert_eq!(value.into_value().to_json(), expected);
    }

    #[test]
    fn a_key_may_be_known_later() {
        let name = "plain";
        let known = json!({(name): 1, (template!("{}-{}", name, 2)): 2}).into_value();
        assert_eq!(known.to_json(), serde_json::json!({"plain": 1, "plain-2": 2}));
        let open = json!({(template!("{}:sub", url().without_prefix("https://"))): "a", "b": "c"}).into_value();
        let url = serde_json::json!({"$without_prefix": {"prefix": "https://", "text": {"$ref": "platform/eks#Url"}}});
        let expected = serde_json::json!({"$entries": [[{"$template": [url, ":sub"]}, "a"], ["b", "c"]]});
        assert_eq!(open.to_json(), expected);
        assert_eq!(open.references().len(), 1);
    }
}
