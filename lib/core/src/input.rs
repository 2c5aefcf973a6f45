//! Typed references between resources.

use std::fmt;
use std::marker::PhantomData;

use crate::app::Handle;
use crate::data::{Data, Fields, Json, List, Map, Resource};
use crate::id::Identifier;
use crate::template::Template;
use crate::value::{Import, Reference, SubnetOf, Value};

/// What a property is set to: a value known now, or one that another resource will have.
#[derive(Debug, Clone, PartialEq)]
pub enum Input<T> {
    /// Known when the program runs.
    Known(T),
    /// An attribute of another resource.
    Ref(Output<T>),
    /// A string composed of outputs.
    Template(Template),
    /// A block cut out of an address block that another resource will have.
    Subnet(Box<SubnetOf>),
    /// An output of another app.
    Import(Import),
}

impl Input<String> {
    /// The `index`th block with prefix length `prefix` inside `block`, counted from zero. The
    /// block may be one that is only known once another resource exists, such as the IPv6 block
    /// that Amazon gives a VPC.
    pub fn subnet_of(block: impl Provides<String>, prefix: u8, index: u32) -> Self {
        Self::Subnet(Box::new(SubnetOf { block: block.provide().into_value(), prefix, index }))
    }
}

impl<T> Input<T> {
    /// The value, where it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Ref(_) | Self::Template(_) | Self::Subnet(_) | Self::Import(_) => None,
        }
    }

    /// The reference, where this is one.
    pub fn reference(&self) -> Option<&Reference> {
        match self {
            Self::Ref(output) => Some(output.reference()),
            Self::Known(_) | Self::Template(_) | Self::Subnet(_) | Self::Import(_) => None,
        }
    }
}

impl<T: Data> Input<T> {
    /// The untyped value.
    pub fn into_value(self) -> Value {
        match self {
            Self::Known(value) => value.into_value(),
            Self::Ref(output) => Value::Ref(output.reference),
            Self::Template(template) => template.into_value(),
            Self::Subnet(part) => Value::Subnet(part),
            Self::Import(import) => Value::Import(import),
        }
    }

    /// Reads an untyped value; none where it is neither a `T` nor a reference.
    pub fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Ref(reference) => Some(Self::Ref(Output::new(reference.clone()))),
            Value::Template(parts) => Some(Self::Template(Template::from_parts(parts.clone()))),
            Value::WithoutPrefix(_) => Some(Self::Template(Template::from_parts(vec![value.clone()]))),
            Value::Subnet(part) => Some(Self::Subnet(part.clone())),
            Value::Import(import) => Some(Self::Import(import.clone())),
            known => T::from_value(known).map(Self::Known),
        }
    }
}

/// A value that a resource has once it exists: `vpc.vpc_id()` is an `Output<VpcId>`.
///
/// It has no `Display`, since there is nothing to display yet; strings are composed with
/// [`template!`](crate::template!).
pub struct Output<T> {
    reference: Reference,
    kind: PhantomData<fn() -> T>,
}

impl<T> Output<T> {
    /// The output that `reference` names. Its type is the caller's claim.
    pub fn new(reference: Reference) -> Self {
        Self { reference, kind: PhantomData }
    }

    /// What this output refers to.
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

/// What can stand where a `T` is wanted.
///
/// Arguments of constructors and setters are `impl Provides<T>`: a known `T`, an [`Output`] of
/// that type, a [`Handle`] of a resource that has one, an [`Export`](crate::Export) of another app,
/// or an [`Input`]. Where `T` is an [`Identifier`], known text and a [`Template`] do, too.
#[diagnostic::on_unimplemented(
    message = "a `{T}` is expected here, but `{Self}` does not provide one",
    label = "this is no `{T}`",
    note = "pass a `{T}`, an `Output<{T}>`, or the handle of a resource that has one"
)]
pub trait Provides<T> {
    /// The input that this gives.
    fn provide(self) -> Input<T>;
}

/// States that a `Self` is a `T` too: a `VpcId` is a `String`, a `KeyArn` is one of the ways
/// to name a key.
///
/// No implementation is recommended in messages: whoever passed the wrong id is not helped by a
/// list of what other types are.
#[diagnostic::on_unimplemented(
    message = "a `{T}` is expected here, but an output of type `{Self}` was given",
    label = "this gives a `{Self}`, not a `{T}`"
)]
pub trait IsA<T> {}

/// States which attribute of a resource is a `T`, so that the resource's handle can be passed
/// where a `T` is wanted.
#[diagnostic::on_unimplemented(
    message = "a `{T}` is expected here, but a `{Self}` has none",
    label = "the handle of a `{Self}` does not provide a `{T}`"
)]
pub trait Identifies<T> {
    /// The attribute, in CloudFormation's spelling.
    const ATTRIBUTE: &'static str;
}

/// States which attribute of a resource its handle stands for in a text or in JSON: what CloudFormation's
/// `Ref` gives.
#[diagnostic::on_unimplemented(
    message = "the handle of a `{Self}` stands for no text",
    label = "pass one of its outputs"
)]
pub trait HasRef {
    /// The attribute, in CloudFormation's spelling.
    const ATTRIBUTE: &'static str;
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
            Self::Ref(output) => output.provide(),
            Self::Template(template) => Input::Template(template),
            Self::Subnet(part) => Input::Subnet(part),
            Self::Import(import) => Input::Import(import),
        }
    }
}

impl<A: IsA<T>, T> Provides<T> for Output<A> {
    fn provide(self) -> Input<T> {
        Input::Ref(Output::new(self.reference))
    }
}

impl<A: IsA<T>, T> Provides<T> for &Output<A> {
    fn provide(self) -> Input<T> {
        self.clone().provide()
    }
}

impl<R: Resource + Identifies<T>, T> Provides<T> for &Handle<R> {
    fn provide(self) -> Input<T> {
        Input::Ref(self.output(R::ATTRIBUTE))
    }
}

impl<T> From<Output<T>> for Input<T> {
    fn from(output: Output<T>) -> Self {
        Self::Ref(output)
    }
}

impl<T> From<&Output<T>> for Input<T> {
    fn from(output: &Output<T>) -> Self {
        Self::Ref(output.clone())
    }
}

impl Provides<String> for Template {
    fn provide(self) -> Input<String> {
        self.typed()
    }
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
impl<T: Fields> IsA<T> for T {}
#[diagnostic::do_not_recommend]
impl<T> IsA<List<T>> for List<T> {}
#[diagnostic::do_not_recommend]
impl<T> IsA<Map<T>> for Map<T> {}

/// Arrays, `Vec`s, slices, options and iterators of what provides the elements.
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

/// What a setter takes for a `T`: whatever [`Provides`] one, or an `Option` of that, where `None` leaves
/// the property unset. An `Option` of an element, where a list is wanted, is a list of one or of none. `How` tells the two apart, and is always inferred.
#[diagnostic::on_unimplemented(
    message = "a `{T}` is expected here, but `{Self}` does not provide one",
    label = "this is no `{T}`, nor an option of one",
    note = "pass a `{T}`, an `Output<{T}>`, the handle of a resource that has one, or an `Option` of these"
)]
pub trait Setting<T, How> {
    /// The input that this gives; none leaves the property unset.
    fn setting(self) -> Option<Input<T>>;
}

/// How a [`Setting`] is given: always.
pub enum Always {}

/// How a [`Setting`] is given: maybe.
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
