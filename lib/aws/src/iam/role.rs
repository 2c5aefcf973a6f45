//! `AWS::IAM::Role`

use aws_sdk_iam::types::Tag;
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::principal::{self, Policies, Policy, Principal, tag};
use crate::document;
use crate::error::{Error, OrNone, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, accepted, as_declared, required};
use crate::name::NameRules;
use crate::tags::Tags;

/// In the ARN of a policy that grants overflow into, as the construct `Role` makes it.
const OVERFLOW: &str = ":policy/groundplan/";

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

impl Handler for Role {
    const TYPE: &'static str = "AWS::IAM::Role";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
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
        let role = required(created.role, "Role")?;
        let outputs = outputs(cx, &role);
        Ok(accepted(role.role_name, outputs))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
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
        principal::update_boundary(changes, cx, id).await?;
        principal::update_managed(changes, cx, id).await?;
        principal::update_inline(changes, cx, id).await?;
        principal::retag(changes, cx, id).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let id = known.id.as_str();
        let role = required(cx.iam.get_role().role_name(id).send().await?.role, "Role")?;
        let outputs = outputs(cx, &role);
        let tags = role.tags.unwrap_or_default();
        let document = role.assume_role_policy_document.as_deref().map(document::parse);
        let properties = Self {
            assume_role_policy_document: document.unwrap_or_default(),
            description: role.description,
            managed_policy_arns: as_declared(
                &known.last.managed_policy_arns,
                own_policies(known, Self::attached(cx, id).await?),
            ),
            max_session_duration: role.max_session_duration,
            path: Some(role.path),
            permissions_boundary: role.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn),
            policies: principal::read_inline(cx, id, &known.last).await?,
            role_name: Some(role.role_name.clone()),
            tags: Tags::read(tags.into_iter().map(|tag| (tag.key, tag.value))),
        };
        Ok(Found::ready(properties, outputs))
    }

    /// Deletes a role, which must have no policies and be in no instance profiles. The policies that were declared with
    /// it are removed first, and it is removed from the profiles, which are useless without it; other policies are
    /// named in the error. <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html>
    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let id = known.id.as_str();
        let policies = Policies::of(cx, known).await?;
        // A role that stays keeps what it has.
        if !policies.foreign.is_empty() {
            // One that was deleted a moment ago may still be listed.
            return Err(Error::new(
                ErrorClass::Propagating,
                format!(
                    "the role {id} has policies that were not declared with it: {}; detach or delete them",
                    policies.foreign.join(", ")
                ),
            ));
        }
        policies.remove::<Self>(cx, id).await?;
        for profile in profiles(cx, id).await? {
            let call = cx.iam.remove_role_from_instance_profile().role_name(id);
            call.instance_profile_name(profile).send().await.or_none()?;
        }
        cx.iam.delete_role().role_name(id).send().await?;
        Ok(Deletion::Gone)
    }

    fn identifier(&self, cx: &Context) -> Option<String> {
        Some(self.role_name.clone().unwrap_or_else(|| cx.name(NameRules::letters(64, "_+=,.@"))))
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}

fn outputs(cx: &Context, role: &aws_sdk_iam::types::Role) -> Json {
    let arn = principal::arn(cx, "role", &role.arn, &role.path, &role.role_name);
    json!({"Arn": arn, "RoleId": role.role_id, "RoleName": role.role_name})
}

impl Principal for Role {
    fn boundary(&self) -> &Option<String> {
        &self.permissions_boundary
    }

    fn managed(&self) -> &Option<Vec<String>> {
        &self.managed_policy_arns
    }

    fn inline(&self) -> &Option<Vec<Policy>> {
        &self.policies
    }

    async fn put_boundary(cx: &Context, id: &str, arn: &str) -> Result<()> {
        cx.iam.put_role_permissions_boundary().role_name(id).permissions_boundary(arn).send().await?;
        Ok(())
    }

    async fn delete_boundary(cx: &Context, id: &str) -> Result<()> {
        cx.iam.delete_role_permissions_boundary().role_name(id).send().await.or_none()?;
        Ok(())
    }

    async fn attach(cx: &Context, id: &str, arn: &str) -> Result<()> {
        cx.iam.attach_role_policy().role_name(id).policy_arn(arn).send().await?;
        Ok(())
    }

    async fn detach(cx: &Context, id: &str, arn: &str) -> Result<()> {
        cx.iam.detach_role_policy().role_name(id).policy_arn(arn).send().await.or_none()?;
        Ok(())
    }

    async fn attached(cx: &Context, id: &str) -> Result<Vec<String>> {
        let pages = cx.iam.list_attached_role_policies().role_name(id).into_paginator().items().send();
        let policies: Vec<_> = pages.try_collect().await?;
        Ok(policies.into_iter().filter_map(|policy| policy.policy_arn).collect())
    }

    async fn put_inline(cx: &Context, id: &str, name: &str, document: String) -> Result<()> {
        cx.iam.put_role_policy().role_name(id).policy_name(name).policy_document(document).send().await?;
        Ok(())
    }

    async fn delete_inline(cx: &Context, id: &str, name: &str) -> Result<()> {
        cx.iam.delete_role_policy().role_name(id).policy_name(name).send().await.or_none()?;
        Ok(())
    }

    async fn inline_names(cx: &Context, id: &str) -> Result<Vec<String>> {
        Ok(cx.iam.list_role_policies().role_name(id).into_paginator().items().send().try_collect().await?)
    }

    async fn inline_document(cx: &Context, id: &str, name: &str) -> Result<Option<String>> {
        let live = cx.iam.get_role_policy().role_name(id).policy_name(name).send().await.or_none()?;
        Ok(live.map(|live| live.policy_document))
    }

    async fn set_tags(cx: &Context, id: &str, tags: Vec<Tag>) -> Result<()> {
        cx.iam.tag_role().role_name(id).set_tags(Some(tags)).send().await?;
        Ok(())
    }

    async fn remove_tags(cx: &Context, id: &str, keys: Vec<String>) -> Result<()> {
        cx.iam.untag_role().role_name(id).set_tag_keys(Some(keys)).send().await?;
        Ok(())
    }
}

/// The attached policies without those that grants overflow into, which are resources of their own: they
/// have a path of their own.
fn own_policies(known: &Known<Role>, mut attached: Vec<String>) -> Vec<String> {
    let declared = known.last.managed_policy_arns.as_deref().unwrap_or_default();
    attached.retain(|arn| declared.contains(arn) || !arn.contains(OVERFLOW));
    attached
}

async fn profiles(cx: &Context, id: &str) -> Result<Vec<String>> {
    let mut pages = cx.iam.list_instance_profiles_for_role().role_name(id).into_paginator().items().send();
    let mut names = Vec::new();
    while let Some(profile) = pages.next().await.transpose()? {
        names.push(profile.instance_profile_name);
    }
    Ok(names)
}
