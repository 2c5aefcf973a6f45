//! The shape of a handler.
//!
//! The properties of a type *are* the handler: a struct with the supported properties, and
//! [`Handler`] implemented for it. `README.md` has the recipe.

mod any;
mod in_place;
#[cfg(test)]
mod property_paths;

use std::sync::Arc;
use std::time::Duration;

use groundplan_engine::is_as_declared;
use groundplan_engine::provider::{Accepted, Address, Deletion, ErrorClass, Identity, Outputs, Status};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::config::Clients;
use crate::error::{Error, Meaning, OrNone, Result};
use crate::name::{NameRules, physical_name};
pub(crate) use crate::readiness::Readiness;
use crate::shape;
use crate::tags::{TagChanges, Tags};
pub(crate) use any::{AnyHandler, of};
pub(crate) use in_place::{CONSISTENCY, Deleted, Made, exists, is_taken};

/// Manages the resources of one type. The struct that implements it holds the properties that
/// are supported.
///
/// Every function makes its calls with `?`: throttling, repetition, waiting and recovery are the
/// engine's. An error of class [`ErrorClass::NotFound`] is an answer: [`read`](Self::read) gives
/// none, and [`delete`](Self::delete) has nothing to do. Where only a *part* was not found, use
/// [`OrNone::or_none`].
pub(crate) trait Handler: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// CloudFormation's name of the type. How its resources behave is in the table of facts,
    /// `lib/schema/src/facts/`.
    const TYPE: &'static str;

    /// The classes of errors in the operations of this type that differ from those in others.
    const ERRORS: &'static [Meaning] = &[];

    /// Published properties that are not supported, and what to declare instead.
    const INSTEAD: &'static [(&'static str, &'static str)] = &[];

    /// The most tags that a resource of this type takes.
    /// <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>
    const MOST_TAGS: usize = 50;

    /// Refuses, in the plan, values of supported properties that are not supported. Values that are not known yet are
    /// empty.
    fn validate(&self) -> Result<()> {
        Ok(())
    }

    /// Makes the one call that creates the resource, with identity tags or client token, and returns every output in
    /// the answer. Settings that the call cannot make are left to [`update`](Self::update).
    fn create(&self, cx: &Context) -> impl Future<Output = Result<Accepted>> + Send;

    /// Brings the resource `id` to its new properties. Runs after every create, too, for what the
    /// create call could not say; then [`Changes::of`] gives each property that is set, and
    /// [`Changes::after_create`] nothing. Can be repeated.
    fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> impl Future<Output = Result<()>> + Send;

    /// Changes the resource in one call that gives it another identifier, and returns that; `None` if
    /// [`update`](Self::update) makes all changes. Runs before it, but not after a create. Can be repeated with the old
    /// identifier: an earlier attempt, whose answer was lost, may have made the change.
    fn exchange(
        _changes: &Changes<'_, Self>,
        _cx: &Context,
        _id: &str,
    ) -> impl Future<Output = Result<Option<String>>> + Send {
        async { Ok(None) }
    }

    /// Reads the resource: its properties as they would be declared, its outputs, and whether it
    /// is ready. Makes no call that changes anything; one that does is refused.
    fn read(cx: &Context, known: &Known<Self>) -> impl Future<Output = Result<Found<Self>>> + Send;

    /// Deletes the resource, or requests its deletion.
    fn delete(cx: &Context, known: &Known<Self>) -> impl Future<Output = Result<Deletion>> + Send;

    /// The identifier, where it is known before the resource exists: it is named, or made of the
    /// identifiers of others.
    fn identifier(&self, _cx: &Context) -> Option<String> {
        None
    }

    /// Returns the declared tags; `None` if the type cannot be tagged.
    fn tags(&self) -> Option<&Tags> {
        None
    }

    /// Names what holds the resource, such as `network interface eni-1 (ELB app/shop/…)`. Runs where a
    /// deletion was refused with an error of class [`ErrorClass::Conflict`], whose message then lists
    /// these.
    fn holders(_cx: &Context, _known: &Known<Self>) -> impl Future<Output = Result<Vec<String>>> + Send {
        async { Ok(Vec::new()) }
    }

    /// Returns the tags of a resource that a create call returned. Overridden if [`read`](Self::read) takes many calls.
    fn live_tags(&self, cx: &Context, id: &str) -> impl Future<Output = Result<Tags>> + Send {
        async {
            let known = Known { id: id.to_owned(), last: self.clone() };
            Ok(Self::read(cx, &known).await?.properties.tags().cloned().unwrap_or_default())
        }
    }

    /// Returns whether the resource that was found in place of a new one has the properties of the new one, by the
    /// comparison that detects drift. Runs if the resource of an interrupted create is looked up and takes no tags.
    fn is_same(&self, live: &Self) -> bool {
        is_as_declared(Self::TYPE, &shape::untyped(self), &shape::untyped(live))
    }

    /// Returns the identifiers of the parts that a create call would overwrite. Overridden if the identifier does not
    /// name all of them.
    fn parts(&self, id: &str) -> Vec<String> {
        vec![id.to_owned()]
    }

    /// Returns whether a create call may overwrite the resource that was found in its place, because AWS created that
    /// by itself and this resource has it, too.
    fn may_overwrite(&self, _live: &Self) -> bool {
        false
    }

    /// Returns a fix for a resource that was found in its place, if it is more than an import.
    fn instead_of_overwriting(&self, _live: &Self) -> Option<String> {
        None
    }

    /// Returns the time in which a deleted resource may still be found in the place of this one.
    fn lingers(&self, _cx: &Context) -> Duration {
        CONSISTENCY
    }

    /// Polls during a deploy until the resource is ready or deleted, and makes the changes that it needs for that, such
    /// as writing the records that validate a certificate. Overridden only if there are such changes.
    fn advance(cx: &Context, known: &Known<Self>) -> impl Future<Output = Result<Status>> + Send {
        Self::status(cx, known)
    }

    /// Polls whether it is ready. Overridden only if [`read`](Self::read) takes many calls. Makes no call that changes
    /// anything; such a call is refused.
    fn status(cx: &Context, known: &Known<Self>) -> impl Future<Output = Result<Status>> + Send {
        async {
            let Some(found) = Self::read(cx, known).await.or_none()? else { return Ok(Status::Gone) };
            Ok(found.readiness.status(found.outputs))
        }
    }

    /// The identifiers of what an earlier create with the same token has made. Overridden where
    /// the identifier is AWS's choice.
    fn find(&self, cx: &Context) -> impl Future<Output = Result<Vec<String>>> + Send {
        async { Ok(self.find_by_identifier(cx).await?.into_iter().collect()) }
    }

    /// Returns the resource under the identifier that is known before the create, if this create can have made it, so
    /// that no resource of another owner is adopted: one that takes tags has to carry this token, and one that takes
    /// none has to have the declared properties.
    fn find_by_identifier(&self, cx: &Context) -> impl Future<Output = Result<Option<String>>> + Send {
        async {
            let Some(id) = self.identifier(cx) else { return Ok(None) };
            let known = Known { id, last: self.clone() };
            let Some(found) = Self::read(cx, &known).await.or_none()? else { return Ok(None) };
            let ours = match found.properties.tags() {
                Some(tags) => tags.token() == Some(cx.token.as_str()),
                None => self.is_same(&in_declared_shape(self, found.properties)),
            };
            Ok(ours.then_some(known.id))
        }
    }
}

/// The context of a call: the resource that it is for, and the clients of its region.
pub(crate) struct Context {
    /// The address of the resource.
    pub(crate) address: Address,
    /// Account and partition.
    pub(crate) identity: Identity,
    /// Names this creation or update: client token, identity tag. Empty for reads and deletes.
    pub(crate) token: String,
    /// `true` if the contents of the resource may be deleted with it.
    pub(crate) delete_data: bool,
    /// Name of the snapshot to take before the deletion.
    pub(crate) final_snapshot: Option<String>,
    /// `true` if an update has work that the properties do not show; set by `update` alone.
    pub(crate) is_incomplete: bool,
    /// `true` if no run has seen the resource ready; set by `advance` alone.
    pub(crate) is_new: bool,
    /// The time of the first request of the create that is looked up, in seconds since 1970; set by `find` alone.
    pub(crate) asked: Option<u64>,
    pub(crate) clients: Arc<Clients>,
}

/// The clients, as `cx.ec2`.
impl std::ops::Deref for Context {
    type Target = Clients;

    fn deref(&self) -> &Clients {
        &self.clients
    }
}

impl Context {
    pub(crate) fn region(&self) -> &str {
        &self.address.environment.region
    }

    /// The name to create the resource under, where the program gives none.
    pub(crate) fn name(&self, rules: NameRules) -> String {
        physical_name(&self.address, &self.token, rules)
    }

    /// The tags of a create call, each made by `tag` from key and value.
    pub(crate) fn tags<T>(&self, tags: &Tags, tag: impl Fn(String, String) -> T) -> Vec<T> {
        let tags = tags.with_identity(&self.address, &self.token);
        tags.into_iter().map(|(key, value)| tag(key, value)).collect()
    }

    /// `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`.
    pub(crate) fn arn(&self, service: &str, resource: &str) -> String {
        let Identity { account, partition } = &self.identity;
        format!("arn:{partition}:{service}:{}:{account}:{resource}", self.region())
    }
}

/// A resource that exists, as far as the state knows.
pub(crate) struct Known<H> {
    /// Its primary identifier.
    pub(crate) id: String,
    /// Its properties as last applied, without secrets; empty in an import.
    pub(crate) last: H,
}

impl<H> Known<H> {
    /// The parts of a composite identifier.
    pub(crate) fn parts<const N: usize>(&self) -> Result<[&str; N]> {
        let parts: Vec<_> = self.id.split('|').collect();
        let count = parts.len();
        parts.try_into().map_err(|_| {
            Error::invalid(format!(
                "the identifier `{}` has {count} parts, and {N} joined by `|` are expected",
                self.id
            ))
        })
    }
}

/// A resource as it is now.
pub(crate) struct Found<H> {
    pub(crate) properties: H,
    pub(crate) outputs: Outputs,
    pub(crate) readiness: Readiness,
}

impl<H> Found<H> {
    /// A resource that is ready. Outputs that are `null` are left out.
    pub(crate) fn ready(properties: H, outputs: Json) -> Self {
        Self { properties, outputs: without_nulls(outputs), readiness: Readiness::Ready }
    }

    /// The same, in this state.
    #[must_use]
    pub(crate) fn is(self, readiness: Readiness) -> Self {
        Self { readiness, ..self }
    }
}

/// Returns the result of a create. Outputs that are `null` are omitted.
pub(crate) fn accepted(id: impl Into<String>, outputs: Json) -> Accepted {
    Accepted { id: id.into(), outputs: without_nulls(outputs), ..Accepted::default() }
}

fn without_nulls(outputs: Json) -> Outputs {
    let Json::Object(mut outputs) = outputs else { return Outputs::new() };
    shape::strip(&mut outputs);
    outputs
}

/// The treatment of a property that is no longer declared, if AWS has no call that takes it back and no fixed default.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Removal {
    /// An error with the name of the property and the reason.
    Refused(&'static str, &'static str),
    /// The resource keeps the value, for this reason.
    Keeps(&'static str),
}

/// Returns the error that a property cannot be removed.
pub(crate) fn not_removable(property: &str, reason: &str) -> Error {
    Error::invalid(format!("{property} cannot be removed, since {reason}: declare the value that it is to have"))
}

/// The differences between the live and the desired properties of a resource.
pub(crate) struct Changes<'a, H> {
    /// The desired properties.
    pub(crate) new: &'a H,
    /// The properties as last applied; none right after the create.
    pub(crate) old: Option<&'a H>,
}

impl<'a, H: Handler> Changes<'a, H> {
    /// The desired value of a property where it differs. After a create: where it is set.
    pub(crate) fn of<T: PartialEq + Default>(&self, property: impl Fn(&H) -> &T) -> Option<&'a T> {
        let new = property(self.new);
        match self.old {
            Some(old) => (property(old) != new).then_some(new),
            None => (*new != T::default()).then_some(new),
        }
    }

    /// The desired value of a property where it differs. After a create: none, since the create
    /// call has said it.
    pub(crate) fn after_create<T: PartialEq>(&self, property: impl Fn(&H) -> &T) -> Option<&'a T> {
        let new = property(self.new);
        self.old.is_some_and(|old| property(old) != new).then_some(new)
    }

    /// As [`after_create`](Self::after_create), of a property that no call takes back. `removal` says what happens if it
    /// is no longer declared.
    ///
    /// # Errors
    /// It is no longer declared, and `removal` is [`Removal::Refused`].
    pub(crate) fn new_value<T: PartialEq + Clone>(
        &self,
        property: impl Fn(&H) -> &Option<T>,
        removal: Removal,
    ) -> Result<Option<T>> {
        match (self.after_create(property), removal) {
            (Some(None), Removal::Refused(name, reason)) => Err(not_removable(name, reason)),
            (Some(None), Removal::Keeps(reason)) => {
                tracing::debug!(reason, "a property that is no longer declared keeps its value");
                Ok(None)
            }
            (value, _) => Ok(value.cloned().flatten()),
        }
    }

    /// The value to set where the property, or `default` where it is not set, differs. After a
    /// create: where it differs from `default`, which is what AWS has set then.
    pub(crate) fn or_default<T: PartialEq + Clone>(
        &self,
        property: impl Fn(&H) -> &Option<T>,
        default: T,
    ) -> Option<T> {
        let value = |handler| property(handler).clone().unwrap_or_else(|| default.clone());
        let old = self.old.map_or_else(|| default.clone(), value);
        let new = value(self.new);
        (new != old).then_some(new)
    }

    /// Returns the elements to add to and to remove from a property that is a set; after a create none, because the
    /// create call sent them.
    pub(crate) fn of_set(&self, property: impl Fn(&H) -> &Option<Vec<String>>) -> SetChanges {
        let Some(old) = self.old else { return SetChanges::default() };
        let items = |handler| property(handler).as_deref().unwrap_or_default();
        let (old, new) = (items(old), items(self.new));
        let only = |of: &[String], other: &[String]| -> Option<Vec<String>> {
            let items: Vec<_> = of.iter().filter(|item| !other.contains(item)).cloned().collect();
            (!items.is_empty()).then_some(items)
        };
        SetChanges { added: only(new, old), removed: only(old, new) }
    }

    /// Returns the tags to set and to remove; after a create none.
    pub(crate) fn tags(&self) -> TagChanges {
        match (self.new.tags(), self.old.and_then(H::tags)) {
            (Some(new), Some(old)) => new.since(old),
            _ => TagChanges::default(),
        }
    }
}

/// The elements to add to and to remove from a set; `None` if there are none, as builders take it.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct SetChanges {
    pub(crate) added: Option<Vec<String>>,
    pub(crate) removed: Option<Vec<String>>,
}

impl SetChanges {
    pub(crate) fn is_empty(&self) -> bool {
        self.added.is_none() && self.removed.is_none()
    }
}

/// Returns the single element that a describe call returns for one identifier. AWS returns an empty list, not an
/// error, if a filter finds nothing.
pub(crate) fn single<T>(items: Option<Vec<T>>, id: &str) -> Result<T> {
    items.unwrap_or_default().into_iter().next().ok_or_else(|| Error::not_found(id))
}

/// Returns a field that every response has.
pub(crate) fn required<T>(field: Option<T>, name: &str) -> Result<T> {
    field.ok_or_else(|| Error::new(ErrorClass::UnknownOutcome, format!("the response of AWS has no `{name}`")))
}

/// Returns a list whose order means nothing to AWS in the order of the declaration, as far as it applies; `None` if the
/// declared and the live list are absent.
pub(crate) fn as_declared(declared: &Option<Vec<String>>, mut live: Vec<String>) -> Option<Vec<String>> {
    let (is_declared, declared) = (declared.is_some(), declared.as_deref().unwrap_or_default());
    live.sort_by_key(|item| declared.iter().position(|other| other == item).unwrap_or(usize::MAX));
    (!live.is_empty() || is_declared).then_some(live)
}

/// A text that AWS gives back in lower case, in the case of the declaration.
pub(crate) fn in_declared_case(declared: &Option<String>, live: Option<String>) -> Option<String> {
    match (declared, live) {
        (Some(declared), Some(live)) if declared.eq_ignore_ascii_case(&live) => Some(declared.clone()),
        (_, live) => live,
    }
}

/// Returns the live value without the parts that the declaration does not mention, which AWS sets by itself. If nothing
/// is declared, returns all of it.
pub(crate) fn in_declared_shape<T: Serialize + DeserializeOwned>(declared: &T, live: T) -> T {
    let json = |value: &T| serde_json::to_value(value).unwrap_or_default();
    let (mut shaped, declared) = (json(&live), json(declared));
    if declared.is_null() || declared.as_array().is_some_and(Vec::is_empty) {
        return live;
    }
    keep_declared(&declared, &mut shaped);
    serde_json::from_value(shaped).unwrap_or(live)
}

fn keep_declared(declared: &Json, live: &mut Json) {
    match (declared, live) {
        (Json::Null, live) => *live = Json::Null,
        (Json::Object(declared), Json::Object(live)) => {
            for (key, value) in live {
                keep_declared(declared.get(key).unwrap_or(&Json::Null), value);
            }
        }
        (Json::Array(declared), Json::Array(live)) if declared.len() == live.len() => {
            declared.iter().zip(live).for_each(|(declared, live)| keep_declared(declared, live));
        }
        _ => {}
    }
}
