//! `AWS::ElasticLoadBalancingV2::*`.

mod action;
mod attribute;
mod condition;
mod listener;
mod listener_certificate;
mod listener_rule;
mod load_balancer;
mod order;
mod target_group;

#[cfg(test)]
mod certificate_tests;
#[cfg(test)]
mod replay_tests;

use aws_sdk_elasticloadbalancingv2::types::Tag;
use groundplan_engine::provider::{ErrorClass, ProviderError};
pub(crate) use listener::Listener;
pub(crate) use listener_certificate::ListenerCertificate;
pub(crate) use listener_rule::ListenerRule;
pub(crate) use load_balancer::LoadBalancer;
pub(crate) use target_group::TargetGroup;

use crate::error::{Error, OrNone, Result};
use crate::handler::{Changes, Context, Handler};
use crate::name::NameRules;
use crate::tags::{APP, TOKEN, Tags};

/// Names of load balancers and target groups: letters, digits and hyphens, 32 at most.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html>
const NAMES: NameRules = NameRules::letters(32, "");

/// The most resources whose tags one call describes.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTags.html>
const BATCH: usize = 20;

/// Part of the refusal of tags in a create call. Listeners of gateway load balancers and, in some regions,
/// their target groups take them only afterwards.
/// <https://github.com/hashicorp/terraform-provider-aws/issues/20144>
const TAGS_LATER: &str = "cannot specify tags on creation";

/// Returns whether a create call was refused because of its tags alone.
fn takes_tags_later(error: &Error) -> bool {
    error.message().to_ascii_lowercase().contains(TAGS_LATER)
}

/// Sets the tags of identity and of the user on what was created without them.
async fn tag_made(cx: &Context, arn: &str, tags: &Tags) -> Result<()> {
    let tagged = cx.elb.add_tags().resource_arns(arn).set_tags(Some(cx.tags(tags, tag))).send().await;
    tagged.map(drop).map_err(|error| Error::from(error).after_making(arn))
}

fn tag(key: String, value: String) -> Tag {
    Tag::builder().key(key).value(value).build()
}

async fn retag<H: Handler>(changes: &Changes<'_, H>, cx: &Context, arn: &str) -> Result<()> {
    let tags = changes.tags();
    if !tags.set.is_empty() {
        let set = tags.set.into_iter().map(|(key, value)| tag(key, value)).collect();
        cx.elb.add_tags().resource_arns(arn).set_tags(Some(set)).send().await?;
    }
    if !tags.removed.is_empty() {
        cx.elb.remove_tags().resource_arns(arn).set_tag_keys(Some(tags.removed)).send().await?;
    }
    Ok(())
}

/// The tags of each of these resources, which other describe calls do not give.
async fn tags_of(cx: &Context, arns: &[String]) -> Result<Vec<(String, Tags)>> {
    let mut found = Vec::new();
    for batch in arns.chunks(BATCH) {
        let described = cx.elb.describe_tags().set_resource_arns(Some(batch.to_vec())).send().await?;
        found.extend(described.tag_descriptions.unwrap_or_default().into_iter().filter_map(|description| {
            let tags = Tags::read_optional(description.tags().iter().map(|tag| (tag.key(), tag.value())));
            Some((description.resource_arn?, tags))
        }));
    }
    Ok(found)
}

async fn read_tags(cx: &Context, arn: &str) -> Result<Tags> {
    Ok(tags_of(cx, &[arn.to_owned()]).await?.into_iter().next().map(|(_, tags)| tags).unwrap_or_default())
}

/// Those of the resources that carry this creation's token.
async fn with_token(cx: &Context, arns: Vec<String>) -> Result<Vec<String>> {
    let tags = tags_of(cx, &arns).await?.into_iter();
    Ok(tags.filter(|(_, tags)| tags.token() == Some(cx.token.as_str())).map(|(arn, _)| arn).collect())
}

/// Returns the error of a call that wants the priority or port of `holder`. A resource of the app may be about to
/// release it in the same run, so the call is repeated, and also if nothing holds it any more. The one of another owner
/// stays taken, and the resource that this create made is its own.
async fn taken(cx: &Context, error: Error, holder: Option<&str>) -> Result<Error> {
    let waits = |error: Error| error.reclass(ErrorClass::AlreadyExists, ErrorClass::Conflict);
    let Some(holder) = holder else { return Ok(waits(error)) };
    let Some(described) = cx.elb.describe_tags().resource_arns(holder).send().await.or_none()? else {
        return Ok(waits(error));
    };
    let tags: Vec<_> = described.tag_descriptions().iter().flat_map(|it| it.tags()).collect();
    let has = |key, value: &str| tags.iter().any(|tag| tag.key() == Some(key) && tag.value() == Some(value));
    let message = format!("{} ({holder} has it)", error.message());
    let error = Error::from(ProviderError { message, ..error.into() });
    Ok(if has(APP, &cx.address.app) && !has(TOKEN, &cx.token) { waits(error) } else { error })
}

/// Returns the part of an ARN after the kind: `app/shop/50dc6c495c0c9188` of a load balancer.
fn full_name(arn: &str) -> &str {
    let resource = arn.splitn(6, ':').last().unwrap_or(arn);
    resource.strip_prefix("loadbalancer/").unwrap_or(resource)
}
