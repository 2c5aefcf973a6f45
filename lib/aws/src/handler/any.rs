//! A type-erased handler: rules for the calls of every type.

use std::marker::PhantomData;
use std::time::Duration;

use async_trait::async_trait;
use groundplan_engine::provider::{
    Accepted, Behavior, Deletion, ErrorClass, Existing, Live, Owner, Properties, Status, Wait,
};
use groundplan_schema::{OnDuplicate, ResourceType, lookup};
use zeroize::Zeroizing;

use super::in_place::{self, Deleted, Made};
#[cfg(test)]
use super::property_paths;
use super::{Changes, Context, Handler, Known};
use crate::error::{Error, Meaning, OrNone, Result};
use crate::shape::{self, Mode};
use crate::tags::{IDENTITY_TAGS, Tags};

/// The maximum number of holders of a resource that an error names.
const NAMED_HOLDERS: usize = 10;

/// Pauses until the tags that a create call has set are believed to be absent.
const TAGS_APPEAR: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2)];

/// Pauses before the calls that follow a create are tried again. The whole create is not the
/// engine's to repeat then: the resource is there already.
const AFTER_CREATE: [Duration; 7] = {
    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }
    [ms(200), ms(500), ms(1000), ms(2000), ms(4000), ms(8000), ms(16000)]
};

/// A [`Handler`] whose type is no longer visible. Says once for all handlers what an error means
/// in which call.
#[async_trait]
pub(crate) trait AnyHandler: Send + Sync {
    fn type_name(&self) -> &'static str;
    fn behavior(&self) -> Behavior;
    fn errors(&self) -> &'static [Meaning] {
        &[]
    }
    fn check(&self, properties: &Properties) -> Result<()>;
    /// Returns whether an update has to repeat an unchanged property.
    fn repeats(&self, _property: &str) -> bool {
        false
    }
    async fn create(&self, cx: &Context, properties: &Properties) -> Result<Accepted>;
    async fn read(&self, cx: &Context, resource: &Existing) -> Result<Option<Live>>;
    async fn update(&self, cx: &Context, resource: &Existing, properties: &Properties) -> Result<Accepted>;
    async fn delete(&self, cx: &Context, resource: &Existing) -> Result<Deletion>;
    async fn status(&self, cx: &Context, resource: &Existing) -> Result<Status>;
    async fn advance(&self, cx: &Context, resource: &Existing) -> Result<Status> {
        self.status(cx, resource).await
    }
    async fn find(&self, cx: &Context, properties: &Properties) -> Result<Vec<String>>;
    /// Returns the owner in a resource's identity tags; `None` if it has none.
    async fn owner(&self, cx: &Context, resource: &Existing) -> Result<Option<Owner>>;
    /// The value of a secret attribute, where it can be read.
    async fn secret_output(
        &self,
        _cx: &Context,
        _resource: &Existing,
        _attribute: &str,
    ) -> Result<Option<Zeroizing<String>>> {
        Ok(None)
    }

    /// Returns the holders of a resource, as [`Handler::holders`] says.
    #[cfg(test)]
    async fn holders(&self, _cx: &Context, _resource: &Existing) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    /// The places of all supported properties, and whether they are taken as secrets.
    #[cfg(test)]
    fn property_paths(&self) -> Vec<(String, bool)>;
}

/// The handler of the type that `H` manages.
pub(crate) const fn of<H: Handler>() -> &'static dyn AnyHandler {
    &Erased::<H>(PhantomData)
}

struct Erased<H>(PhantomData<fn() -> H>);

#[async_trait]
impl<H: Handler> AnyHandler for Erased<H> {
    fn type_name(&self) -> &'static str {
        H::TYPE
    }

    fn behavior(&self) -> Behavior {
        groundplan_schema::behavior(H::TYPE).expect("the tests find every handler's type in the schema")
    }

    fn errors(&self) -> &'static [Meaning] {
        H::ERRORS
    }

    fn check(&self, properties: &Properties) -> Result<()> {
        let new = typed::<H>(properties, Mode::Planned)?;
        let tags = new.tags().map_or(0, Tags::len);
        let allowed = H::MOST_TAGS - IDENTITY_TAGS;
        if tags > allowed {
            return Err(Error::invalid(format!(
                "{}: too many tags ({tags}): the type allows {}, and Groundplan adds {IDENTITY_TAGS}; declare at most \
                 {allowed}",
                H::TYPE,
                H::MOST_TAGS
            )));
        }
        new.validate().map_err(|error| Error::invalid(format!("{}: {}", H::TYPE, error.message())))
    }

    async fn create(&self, cx: &Context, properties: &Properties) -> Result<Accepted> {
        let new: H = typed(properties, Mode::Exact)?;
        let on_duplicate = lookup(H::TYPE).map_or(OnDuplicate::Refuses, ResourceType::on_duplicate);
        if on_duplicate == OnDuplicate::Overwrites {
            in_place::check(&new, cx).await?;
        }
        let accepted = match new.create(cx).await {
            Ok(accepted) if on_duplicate == OnDuplicate::Returns => {
                made_now(&new, cx, &accepted.id).await?;
                accepted
            }
            Ok(accepted) => accepted,
            Err(error)
                if matches!(error.class(), ErrorClass::AlreadyExists | ErrorClass::UnknownOutcome)
                    && new.tags().is_some() =>
            {
                made_before(&new, cx, error).await?
            }
            // What it refers to was made a moment ago, and has not reached this API yet.
            Err(error) => return Err(error.reclass(ErrorClass::NotFound, ErrorClass::Propagating)),
        };
        let (made, deleted) = (cx.memory.of::<Made>(), cx.memory.of::<Deleted>());
        made.remember(H::TYPE, &accepted.id);
        new.parts(&accepted.id).iter().for_each(|part| deleted.forget(H::TYPE, part));
        let changes = Changes { new: &new, old: None };
        settle(&changes, cx, &accepted.id).await?;
        Ok(accepted)
    }

    async fn read(&self, cx: &Context, resource: &Existing) -> Result<Option<Live>> {
        let found = H::read(cx, &known(resource)?).await.or_none()?;
        Ok(found.map(|found| Live { properties: shape::untyped(&found.properties), outputs: found.outputs }))
    }

    async fn update(&self, cx: &Context, resource: &Existing, properties: &Properties) -> Result<Accepted> {
        let new: H = typed(properties, Mode::Exact)?;
        let known = known::<H>(resource)?;
        let changes = Changes { new: &new, old: Some(&known.last) };
        let updated = async {
            let id = H::exchange(&changes, cx, &known.id).await?.unwrap_or_else(|| known.id.clone());
            H::update(&changes, cx, &id).await?;
            Ok(id)
        };
        // As in a create: what it is to refer to may be too new.
        let id = updated.await.map_err(|error: Error| error.reclass(ErrorClass::NotFound, ErrorClass::Propagating))?;
        let (old, now) = (known.last.parts(&known.id), new.parts(&id));
        let deleted = cx.memory.of::<Deleted>();
        old.iter().filter(|part| !now.contains(part)).for_each(|part| deleted.remember(H::TYPE, part));
        now.iter().for_each(|part| deleted.forget(H::TYPE, part));
        // Where nobody waits, nobody asks for the outputs either.
        let outputs = match self.behavior().wait {
            Wait::NONE => H::read(cx, &Known { id: id.clone(), last: new }).await?.outputs,
            _ => Properties::new(),
        };
        Ok(Accepted { id, outputs, ..Accepted::default() })
    }

    async fn delete(&self, cx: &Context, resource: &Existing) -> Result<Deletion> {
        let known = known(resource)?;
        // That it is not found is the engine's to believe: it may just not be visible yet.
        let deletion = H::delete(cx, &known).await;
        if deletion.is_ok() {
            let (made, deleted) = (cx.memory.of::<Made>(), cx.memory.of::<Deleted>());
            made.forget(H::TYPE, &known.id);
            known.last.parts(&known.id).iter().for_each(|part| deleted.remember(H::TYPE, part));
        }
        match deletion {
            Err(error) if error.class() == ErrorClass::Conflict => {
                // Whether they can be told or not, the deletion was refused.
                let holders = H::holders(cx, &known).await.unwrap_or_default();
                Err(if holders.is_empty() { error } else { error.adding(held_by(&holders)) })
            }
            deletion => deletion,
        }
    }

    async fn advance(&self, cx: &Context, resource: &Existing) -> Result<Status> {
        Ok(H::advance(cx, &known(resource)?).await.or_none()?.unwrap_or(Status::Gone))
    }

    async fn status(&self, cx: &Context, resource: &Existing) -> Result<Status> {
        Ok(H::status(cx, &known(resource)?).await.or_none()?.unwrap_or(Status::Gone))
    }

    async fn find(&self, cx: &Context, properties: &Properties) -> Result<Vec<String>> {
        typed::<H>(properties, Mode::Recorded)?.find(cx).await
    }

    async fn owner(&self, cx: &Context, resource: &Existing) -> Result<Option<Owner>> {
        let Known { id, last } = known::<H>(resource)?;
        if last.tags().is_none() {
            return Ok(None);
        }
        let tags = last.live_tags(cx, &id).await.or_none()?;
        Ok(tags.and_then(|tags| tags.owner().cloned()))
    }

    #[cfg(test)]
    async fn holders(&self, cx: &Context, resource: &Existing) -> Result<Vec<String>> {
        H::holders(cx, &known(resource)?).await
    }

    #[cfg(test)]
    fn property_paths(&self) -> Vec<(String, bool)> {
        property_paths::of::<H>()
    }
}

fn typed<H: Handler>(properties: &Properties, mode: Mode) -> Result<H> {
    shape::typed(properties, mode).map_err(|error| {
        let text = error.to_string();
        let names = |property: &str| text.starts_with(&format!("`{property}` is not supported"));
        let instead = H::INSTEAD.iter().find(|(property, _)| names(property));
        let instead = instead.map(|(_, instead)| format!("; {instead}")).unwrap_or_default();
        Error::invalid(format!("{}: {text}{instead}", H::TYPE))
    })
}

fn known<H: Handler>(resource: &Existing) -> Result<Known<H>> {
    Ok(Known { id: resource.id.clone(), last: typed(&resource.properties, Mode::Recorded)? })
}

/// Returns the resource that this attempt, whose answer was lost, or an earlier one of the same create has made;
/// `error` if there is none or it belongs to another owner.
async fn made_before<H: Handler>(new: &H, cx: &Context, error: Error) -> Result<Accepted> {
    let Ok(mut found) = new.find(cx).await else { return Err(error) };
    match (found.pop(), found.is_empty()) {
        (Some(id), true) => {
            let known = Known { id: id.clone(), last: new.clone() };
            // Without its outputs nothing could ever refer to it, so that it is in doubt until it
            // can be read.
            let in_doubt = |unread: Error| Error::new(ErrorClass::UnknownOutcome, unread.message());
            let outputs = patiently(|| H::read(cx, &known)).await.map_err(in_doubt)?.outputs;
            Ok(Accepted { id, outputs, ..Accepted::default() })
        }
        _ => Err(error),
    }
}

/// Fails if the create call returned a resource that this create did not make. A resource whose tags cannot be read is
/// in doubt, so it is neither used nor recorded, and looked up again.
async fn made_now<H: Handler>(new: &H, cx: &Context, id: &str) -> Result<()> {
    let in_doubt = |unread: Error| {
        let message = format!("cannot determine whether this creation made {id}: {}", unread.message());
        Error::new(ErrorClass::UnknownOutcome, message)
    };
    for pause in TAGS_APPEAR.map(Some).into_iter().chain([None]) {
        let tags = patiently(|| new.live_tags(cx, id)).await.map_err(in_doubt)?;
        match (tags.token(), pause) {
            (Some(token), _) if token == cx.token => return Ok(()),
            (None, Some(pause)) => tokio::time::sleep(pause).await,
            _ => break,
        }
    }
    Err(in_place::exists::<H>(cx, id))
}

/// As in `it is held by a, b and 3 more`.
fn held_by(holders: &[String]) -> String {
    let named = holders.iter().take(NAMED_HOLDERS).cloned().collect::<Vec<_>>().join(", ");
    match holders.len().saturating_sub(NAMED_HOLDERS) {
        0 => format!("it is held by {named}"),
        more => format!("it is held by {named} and {more} more"),
    }
}

/// Applies the settings that a create call cannot make. After the last attempt the resource counts as created, without
/// settings: the engine continues with an update, in this run if the error is transient, and never with another create.
async fn settle<H: Handler>(changes: &Changes<'_, H>, cx: &Context, id: &str) -> Result<()> {
    let settled = patiently(|| H::update(changes, cx, id)).await;
    // As in a create: what it refers to may be too new.
    settled.map_err(|error| error.reclass(ErrorClass::NotFound, ErrorClass::Propagating).after_making(id))
}

/// Makes a call about what was just made: it may not have reached every part of AWS yet.
async fn patiently<T, F: Future<Output = Result<T>>>(ask: impl Fn() -> F) -> Result<T> {
    use ErrorClass::{Conflict, NotFound, Propagating, Throttled, Transient, UnknownOutcome};
    for pause in AFTER_CREATE {
        match ask().await {
            Err(error)
                if matches!(
                    error.class(),
                    Conflict | NotFound | Propagating | Throttled | Transient | UnknownOutcome
                ) =>
            {
                tracing::debug!(?pause, error = error.message(), "not settled yet");
                tokio::time::sleep(pause).await;
            }
            answer => return answer,
        }
    }
    ask().await
}
