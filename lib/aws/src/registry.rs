//! Every handler, one line each, and the one place that calls them.

use std::marker::PhantomData;

use async_trait::async_trait;
use groundplan_engine::provider::{Accepted, Behavior, Deletion, ErrorClass, Existing, Live, Properties, Status, Wait};

use crate::error::{Error, OrNone, Result};
use crate::handler::{Changes, Cx, Handler, Known};
use crate::provider::SETTLING;
use crate::shape::{self, Mode};
use crate::{
    certificatemanager, cloud_control, ec2, elasticloadbalancingv2, iam, kms, logs, rds, route53, s3, secretsmanager,
};

/// The handlers, sorted by the name of their type.
static HANDLERS: &[&dyn AnyHandler] = &[
    of::<certificatemanager::Certificate>(),
    of::<ec2::Eip>(),
    of::<ec2::EgressOnlyInternetGateway>(),
    of::<ec2::InternetGateway>(),
    of::<ec2::NatGateway>(),
    of::<ec2::Route>(),
    of::<ec2::RouteTable>(),
    of::<ec2::SecurityGroup>(),
    of::<ec2::SecurityGroupEgress>(),
    of::<ec2::SecurityGroupIngress>(),
    of::<ec2::Subnet>(),
    of::<ec2::SubnetRouteTableAssociation>(),
    of::<ec2::Vpc>(),
    of::<ec2::VpcCidrBlock>(),
    of::<ec2::VpcEndpoint>(),
    of::<ec2::VpcGatewayAttachment>(),
    of::<elasticloadbalancingv2::Listener>(),
    of::<elasticloadbalancingv2::ListenerCertificate>(),
    of::<elasticloadbalancingv2::ListenerRule>(),
    of::<elasticloadbalancingv2::LoadBalancer>(),
    of::<elasticloadbalancingv2::TargetGroup>(),
    of::<iam::Role>(),
    of::<iam::RolePolicy>(),
    of::<kms::Alias>(),
    of::<kms::Key>(),
    of::<logs::LogGroup>(),
    of::<rds::DbInstance>(),
    of::<rds::DbParameterGroup>(),
    of::<rds::DbSubnetGroup>(),
    of::<route53::HostedZone>(),
    of::<route53::RecordSet>(),
    of::<s3::Bucket>(),
    of::<s3::BucketPolicy>(),
    of::<secretsmanager::Secret>(),
];

/// The handler of a type: its own, or else that of all types that Cloud Control can manage.
pub(crate) fn find(type_name: &str) -> Option<&'static dyn AnyHandler> {
    let native = HANDLERS.iter().find(|handler| handler.type_name() == type_name).copied();
    native.or_else(|| cloud_control::handler(type_name))
}

/// The names of the types that are managed natively.
pub fn native_types() -> impl Iterator<Item = &'static str> {
    HANDLERS.iter().map(|handler| handler.type_name())
}

/// A [`Handler`] whose type is no longer visible. Says once for all handlers what an error means
/// in which call.
#[async_trait]
pub(crate) trait AnyHandler: Send + Sync {
    fn type_name(&self) -> &'static str;
    fn behavior(&self) -> Behavior;
    fn check(&self, properties: &Properties) -> Result<()>;
    /// Whether an update has to state a property again that did not change.
    fn repeats(&self, _property: &str) -> bool {
        false
    }
    async fn create(&self, cx: &Cx, properties: &Properties) -> Result<Accepted>;
    async fn read(&self, cx: &Cx, resource: &Existing) -> Result<Option<Live>>;
    async fn update(&self, cx: &Cx, resource: &Existing, properties: &Properties) -> Result<Accepted>;
    async fn delete(&self, cx: &Cx, resource: &Existing) -> Result<Deletion>;
    async fn status(&self, cx: &Cx, resource: &Existing) -> Result<Status>;
    async fn find(&self, cx: &Cx, properties: &Properties) -> Result<Vec<String>>;

    /// The places of all supported properties, and whether they are taken as secrets.
    #[cfg(test)]
    fn property_paths(&self) -> Vec<(String, bool)>;
}

const fn of<H: Handler>() -> &'static Erased<H> {
    &Erased(PhantomData)
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

    fn check(&self, properties: &Properties) -> Result<()> {
        typed::<H>(properties, Mode::Planned).map(drop)
    }

    async fn create(&self, cx: &Cx, properties: &Properties) -> Result<Accepted> {
        let new: H = typed(properties, Mode::Exact)?;
        let accepted = match new.create(cx).await {
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
        let changes = Changes { new: &new, old: None };
        settle(&changes, cx, &accepted.id).await?;
        Ok(accepted)
    }

    async fn read(&self, cx: &Cx, resource: &Existing) -> Result<Option<Live>> {
        let found = H::read(cx, &known(resource)?).await.or_none()?;
        Ok(found.map(|found| Live { properties: shape::untyped(&found.properties), outputs: found.outputs }))
    }

    async fn update(&self, cx: &Cx, resource: &Existing, properties: &Properties) -> Result<Accepted> {
        let new: H = typed(properties, Mode::Exact)?;
        let known = known::<H>(resource)?;
        // As in a create: what it is to refer to may be too new.
        let updated = H::update(&Changes { new: &new, old: Some(&known.last) }, cx, &known.id).await;
        updated.map_err(|error| error.reclass(ErrorClass::NotFound, ErrorClass::Propagating))?;
        // Where nobody waits, nobody asks for the outputs either.
        let outputs = match self.behavior().wait {
            Wait::NONE => H::read(cx, &Known { id: known.id.clone(), last: new }).await?.outputs,
            _ => Properties::new(),
        };
        Ok(Accepted { id: known.id, outputs })
    }

    async fn delete(&self, cx: &Cx, resource: &Existing) -> Result<Deletion> {
        // That it is not found is the engine's to believe: it may just not be visible yet.
        H::delete(cx, &known(resource)?).await
    }

    async fn status(&self, cx: &Cx, resource: &Existing) -> Result<Status> {
        Ok(H::status(cx, &known(resource)?).await.or_none()?.unwrap_or(Status::Gone))
    }

    async fn find(&self, cx: &Cx, properties: &Properties) -> Result<Vec<String>> {
        typed::<H>(properties, Mode::Recorded)?.find(cx).await
    }

    #[cfg(test)]
    fn property_paths(&self) -> Vec<(String, bool)> {
        tests::property_paths::<H>()
    }
}

fn typed<H: Handler>(properties: &Properties, mode: Mode) -> Result<H> {
    shape::typed(properties, mode).map_err(|error| Error::invalid(format!("{}: {error}", H::TYPE)))
}

fn known<H: Handler>(resource: &Existing) -> Result<Known<H>> {
    Ok(Known { id: resource.id.clone(), last: typed(&resource.properties, Mode::Recorded)? })
}

/// What this attempt, whose answer was lost, or an earlier one of the same creation has made;
/// `error` where there is none or it is somebody else's.
async fn made_before<H: Handler>(new: &H, cx: &Cx, error: Error) -> Result<Accepted> {
    let Ok(mut found) = new.find(cx).await else { return Err(error) };
    match (found.pop(), found.is_empty()) {
        (Some(id), true) => {
            let known = Known { id: id.clone(), last: new.clone() };
            // Without its outputs nothing could ever refer to it, so that it is in doubt until it
            // can be read.
            let in_doubt = |unread: Error| Error::new(ErrorClass::UnknownOutcome, unread.message());
            let outputs = patiently(|| H::read(cx, &known)).await.map_err(in_doubt)?.outputs;
            Ok(Accepted { id, outputs })
        }
        _ => Err(error),
    }
}

/// Applies what a create call could not say. After the last attempt the resource counts as made, without
/// settings: the engine goes on with an update, in this run where the error passes, and never with another
/// create.
async fn settle<H: Handler>(changes: &Changes<'_, H>, cx: &Cx, id: &str) -> Result<()> {
    let settled = patiently(|| H::update(changes, cx, id)).await;
    // As in a create: what it refers to may be too new.
    settled.map_err(|error| error.reclass(ErrorClass::NotFound, ErrorClass::Propagating).after_making(id))
}

/// Makes a call about what was just made: it may not have reached every part of AWS yet.
async fn patiently<T, F: Future<Output = Result<T>>>(ask: impl Fn() -> F) -> Result<T> {
    use ErrorClass::{Conflict, NotFound, Propagating, Throttled, Transient, UnknownOutcome};
    for pause in SETTLING {
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

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;
