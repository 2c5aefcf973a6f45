//! Code shared by users and roles: a boundary, attached and inline policies, and tags.

use std::collections::BTreeSet;

use aws_sdk_iam::types::Tag;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::document;
use crate::error::Result;
use crate::handler::{Changes, Context, Handler, Known};

/// The code for exceeding a policy limit, by number or by length. New policies are attached before old ones are
/// detached, except at the limit. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html>
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html>
const LIMIT: &str = "LimitExceeded";

/// An inline policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Policy {
    pub(super) policy_document: Json,
    pub(super) policy_name: String,
}

/// IAM has a call of its own for users and for roles. None of those that take something away fails where there is
/// nothing.
pub(super) trait Principal: Handler {
    fn boundary(&self) -> &Option<String>;
    fn managed(&self) -> &Option<Vec<String>>;
    fn inline(&self) -> &Option<Vec<Policy>>;

    fn put_boundary(cx: &Context, id: &str, arn: &str) -> impl Future<Output = Result<()>> + Send;
    fn delete_boundary(cx: &Context, id: &str) -> impl Future<Output = Result<()>> + Send;
    fn attach(cx: &Context, id: &str, arn: &str) -> impl Future<Output = Result<()>> + Send;
    fn detach(cx: &Context, id: &str, arn: &str) -> impl Future<Output = Result<()>> + Send;
    /// The ARNs of the attached policies.
    fn attached(cx: &Context, id: &str) -> impl Future<Output = Result<Vec<String>>> + Send;
    fn put_inline(cx: &Context, id: &str, name: &str, document: String) -> impl Future<Output = Result<()>> + Send;
    fn delete_inline(cx: &Context, id: &str, name: &str) -> impl Future<Output = Result<()>> + Send;
    fn inline_names(cx: &Context, id: &str) -> impl Future<Output = Result<Vec<String>>> + Send;
    /// Returns the document of an inline policy as IAM returns it; `None` if the policy does not exist.
    fn inline_document(cx: &Context, id: &str, name: &str) -> impl Future<Output = Result<Option<String>>> + Send;
    fn set_tags(cx: &Context, id: &str, tags: Vec<Tag>) -> impl Future<Output = Result<()>> + Send;
    fn remove_tags(cx: &Context, id: &str, keys: Vec<String>) -> impl Future<Output = Result<()>> + Send;
}

/// The policies of a principal that is to go: those that were declared with it, and what others have given to it.
pub(super) struct Policies {
    attached: Vec<String>,
    inline: Vec<String>,
    /// For a message, which one each.
    pub(super) foreign: Vec<String>,
}

/// The ARN of a user or role. Right after a create, IAM may give the unique identifier, as in `AIDA…`, in its place.
/// <https://github.com/hashicorp/terraform-provider-aws/issues/22018>
pub(super) fn arn(cx: &Context, kind: &str, arn: &str, path: &str, name: &str) -> String {
    if arn.starts_with("arn:") {
        return arn.to_owned();
    }
    format!("arn:{}:iam::{}:{kind}{path}{name}", cx.identity.partition, cx.identity.account)
}

pub(super) fn tag(key: String, value: String) -> Result<Tag> {
    Ok(Tag::builder().key(key).value(value).build()?)
}

pub(super) async fn update_boundary<P: Principal>(changes: &Changes<'_, P>, cx: &Context, id: &str) -> Result<()> {
    match changes.after_create(P::boundary) {
        Some(Some(arn)) => P::put_boundary(cx, id, arn).await,
        Some(None) => P::delete_boundary(cx, id).await,
        None => Ok(()),
    }
}

/// The members that a set gains and loses, after a create as well: the create call takes none.
pub(super) fn members<H: Handler>(
    changes: &Changes<'_, H>,
    set: fn(&H) -> &Option<Vec<String>>,
) -> (Vec<String>, Vec<String>) {
    match changes.old {
        None => (set(changes.new).clone().unwrap_or_default(), Vec::new()),
        Some(_) => {
            let set = changes.of_set(set);
            (set.added.unwrap_or_default(), set.removed.unwrap_or_default())
        }
    }
}

pub(super) async fn update_managed<P: Principal>(changes: &Changes<'_, P>, cx: &Context, id: &str) -> Result<()> {
    let (added, removed) = members(changes, P::managed);
    match attach::<P>(cx, id, &added).await {
        Err(error) if error.code() == LIMIT && !removed.is_empty() => {
            detach::<P>(cx, id, &removed).await?;
            attach::<P>(cx, id, &added).await
        }
        attached => {
            attached?;
            detach::<P>(cx, id, &removed).await
        }
    }
}

pub(super) async fn update_inline<P: Principal>(changes: &Changes<'_, P>, cx: &Context, id: &str) -> Result<()> {
    let old = changes.old.and_then(|principal| principal.inline().as_deref()).unwrap_or_default();
    let new = changes.new.inline().as_deref().unwrap_or_default();
    let added: Vec<_> = new.iter().filter(|policy| !old.contains(policy)).collect();
    let removed = old.iter().filter(|old| !new.iter().any(|new| new.policy_name == old.policy_name));
    let removed: Vec<_> = removed.map(|policy| policy.policy_name.clone()).collect();
    match put::<P>(cx, id, &added).await {
        Err(error) if error.code() == LIMIT && !removed.is_empty() => {
            remove::<P>(cx, id, &removed).await?;
            put::<P>(cx, id, &added).await
        }
        put => {
            put?;
            remove::<P>(cx, id, &removed).await
        }
    }
}

pub(super) async fn retag<P: Principal>(changes: &Changes<'_, P>, cx: &Context, id: &str) -> Result<()> {
    let tags = changes.tags();
    if !tags.set.is_empty() {
        let set = tags.set.into_iter().map(|(key, value)| tag(key, value)).collect::<Result<_>>()?;
        P::set_tags(cx, id, set).await?;
    }
    if !tags.removed.is_empty() {
        P::remove_tags(cx, id, tags.removed).await?;
    }
    Ok(())
}

/// Returns the live inline policies: the declared ones with their documents, and the names of others, which are
/// separate resources or were added outside of the program.
pub(super) async fn read_inline<P: Principal>(cx: &Context, id: &str, last: &P) -> Result<Option<Vec<Policy>>> {
    let declared = last.inline();
    let names = P::inline_names(cx, id).await?;
    let mut policies = Vec::new();
    for policy in declared.iter().flatten().filter(|policy| names.contains(&policy.policy_name)) {
        if let Some(live) = P::inline_document(cx, id, &policy.policy_name).await? {
            let policy_name = policy.policy_name.clone();
            policies.push(Policy { policy_document: document::parse(&live), policy_name });
        }
    }
    let is_declared = |name: &String| declared.iter().flatten().any(|policy| policy.policy_name == *name);
    let others = names.into_iter().filter(|name| !is_declared(name));
    policies.extend(others.map(|policy_name| Policy { policy_document: Json::Null, policy_name }));
    Ok((declared.is_some() || !policies.is_empty()).then_some(policies))
}

impl Policies {
    pub(super) async fn of<P: Principal>(cx: &Context, known: &Known<P>) -> Result<Self> {
        let declared: BTreeSet<_> = known.last.managed().iter().flatten().cloned().collect();
        let (attached, others) = split(P::attached(cx, &known.id).await?, &declared);
        let declared = known.last.inline().iter().flatten().map(|policy| policy.policy_name.clone()).collect();
        let (inline, other_inline) = split(P::inline_names(cx, &known.id).await?, &declared);
        let foreign = others.iter().map(|arn| format!("the attached policy {arn}"));
        let foreign = foreign.chain(other_inline.iter().map(|name| format!("the inline policy {name}"))).collect();
        Ok(Self { attached, inline, foreign })
    }

    /// Takes those away that were declared.
    pub(super) async fn remove<P: Principal>(&self, cx: &Context, id: &str) -> Result<()> {
        detach::<P>(cx, id, &self.attached).await?;
        remove::<P>(cx, id, &self.inline).await
    }
}

/// Those that are declared, and the others.
pub(super) fn split(names: Vec<String>, declared: &BTreeSet<String>) -> (Vec<String>, Vec<String>) {
    names.into_iter().partition(|name| declared.contains(name))
}

async fn attach<P: Principal>(cx: &Context, id: &str, arns: &[String]) -> Result<()> {
    for arn in arns {
        P::attach(cx, id, arn).await?;
    }
    Ok(())
}

async fn detach<P: Principal>(cx: &Context, id: &str, arns: &[String]) -> Result<()> {
    for arn in arns {
        P::detach(cx, id, arn).await?;
    }
    Ok(())
}

async fn put<P: Principal>(cx: &Context, id: &str, policies: &[&Policy]) -> Result<()> {
    for policy in policies {
        P::put_inline(cx, id, &policy.policy_name, document::text(&policy.policy_document)).await?;
    }
    Ok(())
}

async fn remove<P: Principal>(cx: &Context, id: &str, names: &[String]) -> Result<()> {
    for name in names {
        P::delete_inline(cx, id, name).await?;
    }
    Ok(())
}
