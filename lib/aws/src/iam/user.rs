//! `AWS::IAM::User`

use std::collections::BTreeSet;

use aws_sdk_iam::types::Tag;
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::access_key::keys;
use crate::document;
use crate::error::{Error, OrNone, Result};
use crate::handler::{Changes, Cx, Found, Handler, Known, accepted, as_declared, given};
use crate::name::NameRules;
use crate::tags::Tags;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct User {
    groups: Option<Vec<String>>,
    managed_policy_arns: Option<Vec<String>>,
    path: Option<String>,
    permissions_boundary: Option<String>,
    policies: Option<Vec<Policy>>,
    #[serde(default)]
    tags: Tags,
    user_name: Option<String>,
}

/// An inline policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Policy {
    policy_document: Json,
    policy_name: String,
}

impl Handler for User {
    const TYPE: &'static str = "AWS::IAM::User";
    const INSTEAD: &'static [(&'static str, &'static str)] = &[(
        "LoginProfile",
        "give people access through IAM Identity Center, or a password with `aws iam create-login-profile`",
    )];

    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html>
    async fn create(&self, cx: &Cx) -> Result<Accepted> {
        let created = cx
            .iam
            .create_user()
            .set_user_name(self.identifier(cx))
            .set_path(self.path.clone())
            .set_permissions_boundary(self.permissions_boundary.clone())
            .set_tags(Some(cx.tags(&self.tags, tag).into_iter().collect::<Result<_>>()?))
            .send()
            .await?;
        let user = given(created.user, "User")?;
        Ok(accepted(&user.user_name, json!({"Arn": user.arn, "UserName": user.user_name})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Cx, id: &str) -> Result<()> {
        // <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html>
        if let Some(path) = changes.after_create(|user| &user.path) {
            cx.iam.update_user().user_name(id).new_path(path.as_deref().unwrap_or("/")).send().await?;
        }
        match changes.after_create(|user| &user.permissions_boundary) {
            Some(Some(arn)) => {
                cx.iam.put_user_permissions_boundary().user_name(id).permissions_boundary(arn).send().await?;
            }
            Some(None) => drop(cx.iam.delete_user_permissions_boundary().user_name(id).send().await.or_none()?),
            None => {}
        }
        // What is new comes before what is old goes, so that the user is never without both.
        let (attach, detach) = members(changes, |user| &user.managed_policy_arns);
        for arn in attach {
            cx.iam.attach_user_policy().user_name(id).policy_arn(arn).send().await?;
        }
        detach_all(cx, id, detach).await?;
        let (join, leave) = members(changes, |user| &user.groups);
        for group in join {
            cx.iam.add_user_to_group().user_name(id).group_name(group).send().await?;
        }
        leave_all(cx, id, leave).await?;
        update_inline(changes, cx, id).await?;
        retag(changes, cx, id).await
    }

    async fn read(cx: &Cx, known: &Known<Self>) -> Result<Found<Self>> {
        let id = known.id.as_str();
        // GetUser without a name tells of who asks.
        let user = given(cx.iam.get_user().user_name(id).send().await?.user, "User")?;
        let tags = user.tags.unwrap_or_default();
        let properties = Self {
            groups: as_declared(&known.last.groups, groups(cx, id).await?),
            managed_policy_arns: as_declared(&known.last.managed_policy_arns, attached(cx, id).await?),
            path: Some(user.path),
            permissions_boundary: user.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn),
            policies: inline(cx, id, &known.last.policies).await?,
            tags: Tags::read(tags.into_iter().map(|tag| (tag.key, tag.value))),
            user_name: Some(user.user_name.clone()),
        };
        Ok(Found::ready(properties, json!({"Arn": user.arn, "UserName": user.user_name})))
    }

    /// A user goes only without keys, policies and groups. What was declared with it goes first; what
    /// somebody else has given to it is named instead.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html>
    async fn delete(cx: &Cx, known: &Known<Self>) -> Result<Deletion> {
        let id = known.id.as_str();
        let declared = |names: &Option<Vec<String>>| -> BTreeSet<String> { names.iter().flatten().cloned().collect() };
        let inline: BTreeSet<_> = known.last.policies.iter().flatten().map(|it| it.policy_name.clone()).collect();
        let (own_attached, attached) = split(attached(cx, id).await?, &declared(&known.last.managed_policy_arns));
        let (own_inline, inline) = split(inline_names(cx, id).await?, &inline);
        let (own_groups, groups) = split(groups(cx, id).await?, &declared(&known.last.groups));
        let keys = keys(cx, id).await?.into_iter().filter_map(|key| key.access_key_id);
        let foreign: Vec<_> = keys
            .map(|key| format!("the access key {key}"))
            .chain(attached.iter().map(|arn| format!("the attached policy {arn}")))
            .chain(inline.iter().map(|name| format!("the inline policy {name}")))
            .chain(groups.iter().map(|name| format!("the membership of {name}")))
            .collect();
        // A user that stays keeps what it has.
        if !foreign.is_empty() {
            // One that was deleted a moment ago may still be listed.
            return Err(Error::new(
                ErrorClass::Propagating,
                format!("the user {id} has what was not declared with it: {}; remove it first", foreign.join(", ")),
            ));
        }
        detach_all(cx, id, own_attached).await?;
        remove_all(cx, id, own_inline).await?;
        leave_all(cx, id, own_groups).await?;
        cx.iam.delete_user().user_name(id).send().await?;
        Ok(Deletion::Gone)
    }

    fn identifier(&self, cx: &Cx) -> Option<String> {
        Some(self.user_name.clone().unwrap_or_else(|| cx.name(NameRules::letters(64, "_+=,.@"))))
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}

/// The members that a set gains and loses.
fn members(changes: &Changes<'_, User>, set: fn(&User) -> &Option<Vec<String>>) -> (Vec<String>, Vec<String>) {
    match changes.old {
        None => (set(changes.new).clone().unwrap_or_default(), Vec::new()),
        Some(_) => {
            let set = changes.of_set(set);
            (set.added.unwrap_or_default(), set.removed.unwrap_or_default())
        }
    }
}

async fn update_inline(changes: &Changes<'_, User>, cx: &Cx, id: &str) -> Result<()> {
    let old = changes.old.and_then(|user| user.policies.as_deref()).unwrap_or_default();
    let new = changes.new.policies.as_deref().unwrap_or_default();
    let added: Vec<_> = new.iter().filter(|policy| !old.contains(policy)).collect();
    let removed = old.iter().filter(|old| !new.iter().any(|new| new.policy_name == old.policy_name));
    let removed: Vec<_> = removed.map(|policy| policy.policy_name.clone()).collect();
    for policy in added {
        let text = document::text(&policy.policy_document);
        cx.iam.put_user_policy().user_name(id).policy_name(&policy.policy_name).policy_document(text).send().await?;
    }
    remove_all(cx, id, removed).await
}

/// Those that are declared, and the others.
fn split(names: Vec<String>, declared: &BTreeSet<String>) -> (Vec<String>, Vec<String>) {
    names.into_iter().partition(|name| declared.contains(name))
}

async fn detach_all(cx: &Cx, id: &str, arns: Vec<String>) -> Result<()> {
    for arn in arns {
        cx.iam.detach_user_policy().user_name(id).policy_arn(arn).send().await.or_none()?;
    }
    Ok(())
}

async fn remove_all(cx: &Cx, id: &str, names: Vec<String>) -> Result<()> {
    for name in names {
        cx.iam.delete_user_policy().user_name(id).policy_name(name).send().await.or_none()?;
    }
    Ok(())
}

async fn leave_all(cx: &Cx, id: &str, groups: Vec<String>) -> Result<()> {
    for group in groups {
        cx.iam.remove_user_from_group().user_name(id).group_name(group).send().await.or_none()?;
    }
    Ok(())
}

fn tag(key: String, value: String) -> Result<Tag> {
    Ok(Tag::builder().key(key).value(value).build()?)
}

async fn retag(changes: &Changes<'_, User>, cx: &Cx, id: &str) -> Result<()> {
    let tags = changes.tags();
    if !tags.set.is_empty() {
        let set = tags.set.into_iter().map(|(key, value)| tag(key, value)).collect::<Result<_>>()?;
        cx.iam.tag_user().user_name(id).set_tags(Some(set)).send().await?;
    }
    if !tags.removed.is_empty() {
        cx.iam.untag_user().user_name(id).set_tag_keys(Some(tags.removed)).send().await?;
    }
    Ok(())
}

async fn attached(cx: &Cx, id: &str) -> Result<Vec<String>> {
    let mut pages = cx.iam.list_attached_user_policies().user_name(id).into_paginator().items().send();
    let mut arns = Vec::new();
    while let Some(policy) = pages.next().await.transpose()? {
        arns.extend(policy.policy_arn);
    }
    Ok(arns)
}

async fn groups(cx: &Cx, id: &str) -> Result<Vec<String>> {
    let mut pages = cx.iam.list_groups_for_user().user_name(id).into_paginator().items().send();
    let mut names = Vec::new();
    while let Some(group) = pages.next().await.transpose()? {
        names.push(group.group_name);
    }
    Ok(names)
}

async fn inline_names(cx: &Cx, id: &str) -> Result<Vec<String>> {
    let mut pages = cx.iam.list_user_policies().user_name(id).into_paginator().items().send();
    let mut names = Vec::new();
    while let Some(name) = pages.next().await.transpose()? {
        names.push(name);
    }
    Ok(names)
}

/// The inline policies as they are: the declared ones with their documents, and the names of others, which
/// are resources of their own or were added by somebody else.
async fn inline(cx: &Cx, id: &str, declared: &Option<Vec<Policy>>) -> Result<Option<Vec<Policy>>> {
    let names = inline_names(cx, id).await?;
    let mut policies = Vec::new();
    for policy in declared.iter().flatten().filter(|policy| names.contains(&policy.policy_name)) {
        let call = cx.iam.get_user_policy().user_name(id).policy_name(&policy.policy_name);
        if let Some(live) = call.send().await.or_none()? {
            let policy_document = document::parse(&live.policy_document);
            policies.push(Policy { policy_document, policy_name: live.policy_name });
        }
    }
    let is_declared = |name: &String| declared.iter().flatten().any(|policy| policy.policy_name == *name);
    let others = names.into_iter().filter(|name| !is_declared(name));
    policies.extend(others.map(|policy_name| Policy { policy_document: Json::Null, policy_name }));
    Ok((declared.is_some() || !policies.is_empty()).then_some(policies))
}
