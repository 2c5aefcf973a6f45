//! Typed references between resources.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use crate::data::{Data, Json};
use crate::template::{Template, TemplatePart};
use crate::value::{Deferred, Reference, SubnetOf, Value, ValueType, WithoutPrefix};

/// The value of a property: one that is known now, or one that another resource will have.
#[derive(Debug, Clone, PartialEq)]
pub enum Input<T> {
    /// A value that is known when the program runs.
    Known(T),
    /// Known only once something else is.
    Deferred(Deferred),
}

/// A list property. Every iterator over values that provide a `T` can be passed for it.
#[derive(Clone, Debug, PartialEq)]
pub struct List<T>(pub Vec<Input<T>>);

/// A map property with free keys. Maps, and iterators over pairs, can be passed for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Map<T>(pub BTreeMap<String, Input<T>>);

impl Input<String> {
    /// Returns the block number `index`, counted from zero, with prefix length `prefix` inside of `block`. `block` may
    /// be known only once another resource exists, such as the IPv6 block that AWS assigns to a VPC.
    pub fn subnet_of(block: impl Provides<String>, prefix: u8, index: u32) -> Self {
        Self::Deferred(Deferred::Subnet(Box::new(SubnetOf { block: block.provide().into_value(), prefix, index })))
    }
}

impl<T> Input<T> {
    /// Returns the value, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Deferred(_) => None,
        }
    }

    /// Returns the reference, if it is one.
    pub fn reference(&self) -> Option<&Reference> {
        match self {
            Self::Deferred(Deferred::Ref(reference)) => Some(reference),
            Self::Known(_) | Self::Deferred(_) => None,
        }
    }
}

impl<T: Data> Input<T> {
    /// Converts it into an untyped value.
    pub fn into_value(self) -> Value {
        match self {
            Self::Known(value) => value.into_value(),
            Self::Deferred(deferred) => Value::Deferred(deferred),
        }
    }

    /// Reads an untyped value; `None` if it is neither a `T` nor a reference.
    pub fn from_value(value: &Value) -> Option<Self> {
        match value {
            // A map with keys to come is untyped JSON: no typed structure has such keys.
            Value::Deferred(deferred) if !matches!(deferred, Deferred::Entries(_)) => {
                Some(Self::Deferred(deferred.clone()))
            }
            known => T::from_value(known).map(Self::Known),
        }
    }
}

/// A value that a resource has once it exists: `vpc.vpc_id()` is an `Output<VpcId>`.
///
/// It does not implement `Display`, because its value is not known yet. Use [`template!`](crate::template!) to compose
/// strings.
pub struct Output<T> {
    reference: Reference,
    kind: PhantomData<fn() -> T>,
}

impl<T> Output<T> {
    /// Creates the output that `reference` names. The caller chooses its type, which is not checked.
    pub fn new(reference: Reference) -> Self {
        Self { reference, kind: PhantomData }
    }

    /// Returns the reference of this output.
    pub fn reference(&self) -> &Reference {
        &self.reference
    }
}

impl<T> Clone for Output<T> {
    fn clone(&self) -> Self {
        Self::new(self.reference.clone())
    }
}

impl<T> PartialEq for Output<T> {
    fn eq(&self, other: &Self) -> bool {
        self.reference == other.reference
    }
}

impl<T> fmt::Debug for Output<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Output({})", self.reference)
    }
}

/// A value that can be passed where a `T` is expected.
///
/// Arguments of constructors and setters are `impl Provides<T>`: a known `T`, an [`Output`] of that type, a
/// [`Handle`](crate::Handle) of a resource that has one, an [`Export`](crate::Export) of another app, or an [`Input`].
/// If `T` is an [`Identifier`](crate::Identifier), known text and a [`Template`] can be passed as well.
#[diagnostic::on_unimplemented(
    message = "a `{T}` is expected here, but `{Self}` does not provide one",
    label = "not a `{T}`",
    note = "pass a `{T}`, an `Output<{T}>`, or the handle of a resource that has one",
    note = "untyped JSON (`Json`) is written with `json!`, and a `Secret` comes from `Secret::generated`, \
            `Secret::from_env` or `Secret::from_secrets_manager`"
)]
pub trait Provides<T> {
    /// Returns the input.
    fn provide(self) -> Input<T>;
}

/// States that every `Self` is also a `T`: a `VpcId` is a `String`, and a `KeyArn` is one of the ways to name a key.
///
/// Compiler messages recommend no implementation, because a list of other types does not help anyone who passed the
/// wrong ID.
#[diagnostic::on_unimplemented(
    message = "a `{T}` is expected here, but an output of type `{Self}` was given",
    label = "this is a `{Self}`, not a `{T}`"
)]
pub trait IsA<T> {}

impl<T: Data> Data for List<T> {
    const FORM: ValueType = ValueType::List;

    fn into_value(self) -> Value {
        Value::List(self.0.into_iter().map(Input::into_value).collect())
    }

    fn from_value(value: &Value) -> Option<Self> {
        value.as_list()?.iter().map(Input::from_value).collect::<Option<_>>().map(Self)
    }
}

impl<T: Data> Data for Map<T> {
    const FORM: ValueType = ValueType::Structure;

    fn into_value(self) -> Value {
        Value::Map(self.0.into_iter().map(|(key, input)| (key, input.into_value())).collect())
    }

    fn from_value(value: &Value) -> Option<Self> {
        let entries = value.as_map()?.iter();
        entries.map(|(key, value)| Some((key.clone(), Input::from_value(value)?))).collect::<Option<_>>().map(Self)
    }
}

impl Template {
    /// Converts the template into an input of type `T`, for composed identifiers such as ARNs. It is not checked that
    /// the text is a `T`.
    pub fn typed<T: Data + IsA<String>>(self) -> Input<T> {
        Input::from_value(&self.into_value()).expect("text, a reference or a template is a `T`")
    }
}

impl<A: IsA<String>> Output<A> {
    /// Returns the text of this output without a prefix: IAM conditions, for example, contain the issuer of a cluster
    /// without `https://`. A text that does not start with the prefix is unchanged.
    ///
    /// ```
    /// use groundplan_core::{Output, Reference, template};
    /// let issuer: Output<String> = Output::new(Reference::new("platform/eks", "OpenIdConnectIssuerUrl"));
    /// let subject = template!("{}:sub", issuer.without_prefix("https://"));
    /// ```
    pub fn without_prefix(&self, prefix: impl Into<String>) -> Template {
        let text = self.reference().clone().into();
        let rest = Deferred::WithoutPrefix(Box::new(WithoutPrefix { text, prefix: prefix.into() }));
        Template::from_parts(vec![rest.into()])
    }
}

impl<T: Data> Provides<T> for T {
    fn provide(self) -> Input<T> {
        Input::Known(self)
    }
}

impl<A: IsA<T> + Data, T: Data> Provides<T> for Input<A> {
    fn provide(self) -> Input<T> {
        match self {
            Self::Known(value) => {
                let value = T::from_value(&value.into_value());
                Input::Known(value.expect("what is another type has its form"))
            }
            Self::Deferred(deferred) => Input::Deferred(deferred),
        }
    }
}

impl<A: IsA<T>, T> Provides<T> for Output<A> {
    fn provide(self) -> Input<T> {
        Input::Deferred(Deferred::Ref(self.reference))
    }
}

impl<A: IsA<T>, T> Provides<T> for &Output<A> {
    fn provide(self) -> Input<T> {
        self.clone().provide()
    }
}

impl<T> From<Output<T>> for Input<T> {
    fn from(output: Output<T>) -> Self {
        Self::Deferred(Deferred::Ref(output.reference))
    }
}

impl<T> From<&Output<T>> for Input<T> {
    fn from(output: &Output<T>) -> Self {
        output.clone().into()
    }
}

impl Provides<String> for Template {
    fn provide(self) -> Input<String> {
        self.typed()
    }
}

impl<A: IsA<String>> TemplatePart for Output<A> {
    fn part(self) -> Value {
        self.reference.into()
    }
}

impl<A: IsA<String>> TemplatePart for &Output<A> {
    fn part(self) -> Value {
        self.clone().part()
    }
}

impl<T: IsA<String> + Data> TemplatePart for Input<T> {
    fn part(self) -> Value {
        self.into_value()
    }
}

impl<T: IsA<String> + Data + Clone> TemplatePart for &Input<T> {
    fn part(self) -> Value {
        self.clone().part()
    }
}

macro_rules! provides {
    ($target:ty, $convert:expr, $($type:ty),+) => {$(
        impl Provides<$target> for $type {
            fn provide(self) -> Input<$target> {
                Input::Known($convert(self))
            }
        }
    )+};
}

provides!(String, |text| ToString::to_string(&text), &str, &String, ipnet::Ipv4Net, ipnet::Ipv6Net, ipnet::IpNet);
provides!(i64, i64::from, i32, i16, u8, u16, u32);
provides!(f64, f64::from, f32, i32, u32, u16);
provides!(Json, |json| Json(Value::from(json)), serde_json::Value);
provides!(Json, Json, Value);

macro_rules! plain {
    ($($type:ty),+) => {$(
        #[diagnostic::do_not_recommend]
        impl IsA<$type> for $type {}
    )+};
}

plain!(String, bool, i64, f64, Json);

#[diagnostic::do_not_recommend]
impl<T> IsA<List<T>> for List<T> {}
#[diagnostic::do_not_recommend]
impl<T> IsA<Map<T>> for Map<T> {}

/// Arrays, `Vec`s, slices, options and iterators of values that provide the elements.
impl<T, P: Provides<T>, I: IntoIterator<Item = P>> Provides<List<T>> for I {
    fn provide(self) -> Input<List<T>> {
        Input::Known(List(self.into_iter().map(Provides::provide).collect()))
    }
}

/// Maps, and arrays, `Vec`s and iterators of pairs.
impl<K: Into<String>, T, P: Provides<T>, I: IntoIterator<Item = (K, P)>> Provides<Map<T>> for I {
    fn provide(self) -> Input<Map<T>> {
        Input::Known(Map(self.into_iter().map(|(key, value)| (key.into(), value.provide())).collect()))
    }
}

/// An argument of a setter for a `T`: a value that [`Provides`] one, or an `Option` of such a value, where `None`
/// leaves the property unset. For a list property, an `Option` of an element is a list of one or no element. `How`
/// distinguishes the two cases and is always inferred.
#[diagnostic::on_unimplemented(
    message = "a `{T}` is expected here, but `{Self}` does not provide one",
    label = "neither a `{T}` nor an option of one",
    note = "pass a `{T}`, an `Output<{T}>`, the handle of a resource that has one, or an `Option` of these",
    note = "untyped JSON (`Json`) is written with `json!`, and a `Secret` comes from `Secret::generated`, \
            `Secret::from_env` or `Secret::from_secrets_manager`"
)]
pub trait Setting<T, How> {
    /// Returns the input; `None` leaves the property unset.
    fn setting(self) -> Option<Input<T>>;
}

/// The [`Setting`] of a value that is always set.
pub enum Always {}

/// The [`Setting`] of an optional value.
pub enum Maybe {}

impl<T, P: Provides<T>> Setting<T, Always> for P {
    fn setting(self) -> Option<Input<T>> {
        Some(self.provide())
    }
}

impl<T, P: Provides<T>> Setting<T, Maybe> for Option<P> {
    fn setting(self) -> Option<Input<T>> {
        self.map(Provides::provide)
    }
}
