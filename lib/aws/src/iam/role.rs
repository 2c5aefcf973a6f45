//! `AWS::IAM::Role`

use aws_sdk_iam::types::Tag;
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::document;
use crate::error::{Error, OrNone, Result};
use crate::handler::{Changes, Cx, Found, Handler, Known, accepted, as_declared, given};
use crate::name::NameRules;
use crate::tags::Tags;

/// In the ARN of a policy that grants overflow into, as the construct `Role` makes it.
const OVERFLOW: &str = ":policy/groundplan/";

/// The code of the refusal of a policy that is one too many, or too long beside the others. What is new comes
/// before what is old goes, so that the role is never without both; only at the limit it is the other way round.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html>
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html>
const LIMIT: &str = "LimitExceeded";

/// Seconds of the longest session where the program does not say.
const MAX_SESSION: i32 = 3600;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Role {
    assume_role_policy_document: Json,
    description: Option<String>,
    managed_policy_arns: Option<Vec<String>>,
    max_session_duration: Option<i32>,
    path: Option<String>,
    permissions_boundary: Option<String>,
    policies: Option<Vec<Policy>>,
    role_name: Option<String>,
    #[serde(default)]
    tags: Tags,
}

/// An inline policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Policy {
    policy_document: Json,
    policy_name: String,
}

impl Handler for Role {
    const TYPE: &'static str = "AWS::IAM::Role";

    async fn create(&self, cx: &Cx) -> Result<Accepted> {
        let created = cx
            .iam
            .create_role()
            .set_role_name(self.identifier(cx))
            .assume_role_policy_document(document::text(&self.assume_role_policy_document))
            .set_description(self.description.clone())
            .set_max_session_duration(self.max_session_duration)
            .set_path(self.path.clone())
            .set_permissions_boundary(self.permissions_boundary.clone())
            .set_tags(Some(cx.tags(&self.tags, tag).into_iter().collect::<Result<_>>()?))
            .send()
            .await?;
        let role = given(created.role, "Role")?;
        let outputs = json!({"Arn": role.arn, "RoleId": role.role_id, "RoleName": role.role_name});
        Ok(accepted(role.role_name, outputs))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Cx, id: &str) -> Result<()> {
        if let Some(document) = changes.after_create(|role| &role.assume_role_policy_document) {
            let text = document::text(document);
            cx.iam.update_assume_role_policy().role_name(id).policy_document(text).send().await?;
        }
        let description = changes.after_create(|role| &role.description);
        let duration = changes.after_create(|role| &role.max_session_duration);
        if description.is_some() || duration.is_some() {
            cx.iam
                .update_role()
                .role_name(id)
                .description(changes.new.description.as_deref().unwrap_or_default())
                .max_session_duration(changes.new.max_session_duration.unwrap_or(MAX_SESSION))
                .send()
                .await?;
        }
        match changes.after_create(|role| &role.permissions_boundary) {
            Some(Some(arn)) => {
                cx.iam.put_role_permissions_boundary().role_name(id).permissions_boundary(arn).send().await?;
            }
            Some(None) => drop(cx.iam.delete_role_permissions_boundary().role_name(id).send().await.or_none()?),
            None => {}
        }
        update_managed(changes, cx, id).await?;
        update_inline(changes, cx, id).await?;
        retag(changes, cx, id).await
    }

    async fn read(cx: &Cx, known: &Known<Self>) -> Result<Found<Self>> {
        let id = known.id.as_str();
        let role = given(cx.iam.get_role().role_name(id).send().await?.role, "Role")?;
        let tags = role.tags.unwrap_or_default();
        let document = role.assume_role_policy_document.as_deref().map(document::parse);
        let properties = Self {
            assume_role_policy_document: document.unwrap_or_default(),
            description: role.description,
            managed_policy_arns: as_declared(
                &known.last.managed_policy_arns,
                own_policies(known, attached(cx, id).await?),
            ),
            max_session_duration: role.max_session_duration,
            path: Some(role.path),
            permissions_boundary: role.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn),
            policies: inline(cx, id, &known.last.policies).await?,
            role_name: Some(role.role_name.clone()),
            tags: Tags::read(tags.into_iter().map(|tag| (tag.key, tag.value))),
        };
        let outputs = json!({"Arn": role.arn, "RoleId": role.role_id, "RoleName": role.role_name});
        Ok(Found::ready(properties, outputs))
    }

    /// A role goes only without policies, and from instance profiles. The policies that were declared with
    /// it go first, and it is taken out of the profiles, which are of no use without it; policies of
    /// somebody else's making are named instead.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html>
    async fn delete(cx: &Cx, known: &Known<Self>) -> Result<Deletion> {
        let id = known.id.as_str();
        let (attached, inline) = (attached(cx, id).await?, inline_names(cx, id).await?);
        let declared = known.last.managed_policy_arns.as_deref().unwrap_or_default();
        let (own_attached, attached): (Vec<_>, Vec<_>) = attached.into_iter().partition(|arn| declared.contains(arn));
        let declared = known.last.policies.as_deref().unwrap_or_default();
        let is_declared = |name: &String| declared.iter().any(|policy| policy.policy_name == *name);
        let (own_inline, inline): (Vec<_>, Vec<_>) = inline.into_iter().partition(is_declared);
        let foreign = attached.iter().map(|arn| format!("the attached policy {arn}"));
        let foreign = foreign.chain(inline.iter().map(|name| format!("the inline policy {name}")));
        let foreign: Vec<_> = foreign.collect();
        // A role that stays keeps what it has.
        if !foreign.is_empty() {
            // One that was deleted a moment ago may still be listed.
            return Err(Error::new(
                ErrorClass::Propagating,
                format!(
                    "the role {id} has policies that were not declared with it: {}; detach or delete them",
                    foreign.join(", ")
                ),
            ));
        }
        detach(cx, id, &own_attached).await?;
        remove(cx, id, &own_inline).await?;
        for profile in profiles(cx, id).await? {
            let call = cx.iam.remove_role_from_instance_profile().role_name(id);
            call.instance_profile_name(profile).send().await.or_none()?;
        }
        cx.iam.delete_role().role_name(id).send().await?;
        Ok(Deletion::Gone)
    }

    fn identifier(&self, cx: &Cx) -> Option<String> {
        Some(self.role_name.clone().unwrap_or_else(|| cx.name(NameRules::letters(64, "_+=,.@"))))
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}

async fn update_managed(changes: &Changes<'_, Role>, cx: &Cx, id: &str) -> Result<()> {
    let (added, removed) = match changes.old {
        None => (changes.new.managed_policy_arns.clone(), None),
        Some(_) => {
            let set = changes.of_set(|role| &role.managed_policy_arns);
            (set.added, set.removed)
        }
    };
    let (added, removed) = (added.unwrap_or_default(), removed.unwrap_or_default());
    match attach(cx, id, &added).await {
        Err(error) if error.code() == LIMIT && !removed.is_empty() => {
            detach(cx, id, &removed).await?;
            attach(cx, id, &added).await
        }
        attached => {
            attached?;
            detach(cx, id, &removed).await
        }
    }
}

async fn update_inline(changes: &Changes<'_, Role>, cx: &Cx, id: &str) -> Result<()> {
    let old = changes.old.and_then(|role| role.policies.as_deref()).unwrap_or_default();
    let new = changes.new.policies.as_deref().unwrap_or_default();
    let added: Vec<_> = new.iter().filter(|policy| !old.contains(policy)).collect();
    let removed = old.iter().filter(|old| !new.iter().any(|new| new.policy_name == old.policy_name));
    let removed: Vec<_> = removed.map(|policy| policy.policy_name.clone()).collect();
    match put(cx, id, &added).await {
        Err(error) if error.code() == LIMIT && !removed.is_empty() => {
            remove(cx, id, &removed).await?;
            put(cx, id, &added).await
        }
        put => {
            put?;
            remove(cx, id, &removed).await
        }
    }
}

async fn attach(cx: &Cx, id: &str, arns: &[String]) -> Result<()> {
    for arn in arns {
        cx.iam.attach_role_policy().role_name(id).policy_arn(arn).send().await?;
    }
    Ok(())
}

async fn detach(cx: &Cx, id: &str, arns: &[String]) -> Result<()> {
    for arn in arns {
        cx.iam.detach_role_policy().role_name(id).policy_arn(arn).send().await.or_none()?;
    }
    Ok(())
}

async fn put(cx: &Cx, id: &str, policies: &[&Policy]) -> Result<()> {
    for policy in policies {
        let text = document::text(&policy.policy_document);
        cx.iam.put_role_policy().role_name(id).policy_name(&policy.policy_name).policy_document(text).send().await?;
    }
    Ok(())
}

async fn remove(cx: &Cx, id: &str, names: &[String]) -> Result<()> {
    for name in names {
        cx.iam.delete_role_policy().role_name(id).policy_name(name).send().await.or_none()?;
    }
    Ok(())
}

fn tag(key: String, value: String) -> Result<Tag> {
    Ok(Tag::builder().key(key).value(value).build()?)
}

async fn retag(changes: &Changes<'_, Role>, cx: &Cx, id: &str) -> Result<()> {
    let tags = changes.tags();
    if !tags.set.is_empty() {
        let set = tags.set.into_iter().map(|(key, value)| tag(key, value)).collect::<Result<_>>()?;
        cx.iam.tag_role().role_name(id).set_tags(Some(set)).send().await?;
    }
    if !tags.removed.is_empty() {
        cx.iam.untag_role().role_name(id).set_tag_keys(Some(tags.removed)).send().await?;
    }
    Ok(())
}

/// The attached policies without those that grants overflow into, which are resources of their own: they
/// have a path of their own.
fn own_policies(known: &Known<Role>, mut attached: Vec<String>) -> Vec<String> {
    let declared = known.last.managed_policy_arns.as_deref().unwrap_or_default();
    attached.retain(|arn| declared.contains(arn) || !arn.contains(OVERFLOW));
    attached
}

async fn attached(cx: &Cx, id: &str) -> Result<Vec<String>> {
    let mut pages = cx.iam.list_attached_role_policies().role_name(id).into_paginator().items().send();
    let mut arns = Vec::new();
    while let Some(policy) = pages.next().await.transpose()? {
        arns.extend(policy.policy_arn);
    }
    Ok(arns)
}

async fn profiles(cx: &Cx, id: &str) -> Result<Vec<String>> {
    let mut pages = cx.iam.list_instance_profiles_for_role().role_name(id).into_paginator().items().send();
    let mut names = Vec::new();
    while let Some(profile) = pages.next().await.transpose()? {
        names.push(profile.instance_profile_name);
    }
    Ok(names)
}

async fn inline_names(cx: &Cx, id: &str) -> Result<Vec<String>> {
    let mut pages = cx.iam.list_role_policies().role_name(id).into_paginator().items().send();
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
        let call = cx.iam.get_role_policy().role_name(id).policy_name(&policy.policy_name);
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
