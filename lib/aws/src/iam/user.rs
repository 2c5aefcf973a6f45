//! `AWS::IAM::User`

use aws_sdk_iam::types::Tag;
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::access_key::keys;
use super::principal::{self, Policies, Policy, Principal, tag};
use crate::error::{Error, OrNone, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, accepted, as_declared, required};
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

impl Handler for User {
    const TYPE: &'static str = "AWS::IAM::User";
    const INSTEAD: &'static [(&'static str, &'static str)] = &[(
        "LoginProfile",
        "give people access through IAM Identity Center, or a password with `aws iam create-login-profile`",
    )];

    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html>
    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let created = cx
            .iam
            .create_user()
            .set_user_name(self.identifier(cx))
            .set_path(self.path.clone())
            .set_permissions_boundary(self.permissions_boundary.clone())
            .set_tags(Some(cx.tags(&self.tags, tag).into_iter().collect::<Result<_>>()?))
            .send()
            .await?;
        let user = required(created.user, "User")?;
        Ok(accepted(&user.user_name, outputs(cx, &user)))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        // <https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html>
        if let Some(path) = changes.after_create(|user| &user.path) {
            cx.iam.update_user().user_name(id).new_path(path.as_deref().unwrap_or("/")).send().await?;
        }
        principal::update_boundary(changes, cx, id).await?;
        principal::update_managed(changes, cx, id).await?;
        let (join, leave) = principal::members(changes, |user| &user.groups);
        for group in join {
            cx.iam.add_user_to_group().user_name(id).group_name(group).send().await?;
        }
        leave_all(cx, id, leave).await?;
        principal::update_inline(changes, cx, id).await?;
        principal::retag(changes, cx, id).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let id = known.id.as_str();
        // GetUser without a name tells of who asks.
        let user = required(cx.iam.get_user().user_name(id).send().await?.user, "User")?;
        let outputs = outputs(cx, &user);
        let tags = user.tags.unwrap_or_default();
        let properties = Self {
            groups: as_declared(&known.last.groups, groups(cx, id).await?),
            managed_policy_arns: as_declared(&known.last.managed_policy_arns, Self::attached(cx, id).await?),
            path: Some(user.path),
            permissions_boundary: user.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn),
            policies: principal::read_inline(cx, id, &known.last).await?,
            tags: Tags::read(tags.into_iter().map(|tag| (tag.key, tag.value))),
            user_name: Some(user.user_name.clone()),
        };
        Ok(Found::ready(properties, outputs))
    }

    /// Deletes a user, which must have no credentials, policies and groups. Those that were declared with it are
    /// removed first; others are named in the error.
    /// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html>
    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let id = known.id.as_str();
        let policies = Policies::of(cx, known).await?;
        let declared = known.last.groups.iter().flatten().cloned().collect();
        let (own_groups, groups) = principal::split(groups(cx, id).await?, &declared);
        let keys = keys(cx, id).await?.into_iter().filter_map(|key| key.access_key_id);
        let foreign: Vec<_> = keys
            .map(|key| format!("the access key {key}"))
            .chain(credentials(cx, id).await?)
            .chain(policies.foreign.iter().cloned())
            .chain(groups.iter().map(|name| format!("the membership of {name}")))
            .collect();
        // A user that stays keeps what it has.
        if !foreign.is_empty() {
            // One that was deleted a moment ago may still be listed.
            return Err(Error::new(
                ErrorClass::Propagating,
                format!(
                    "the user {id} has settings that this program did not create: {}; remove them first",
                    foreign.join(", ")
                ),
            ));
        }
        policies.remove::<Self>(cx, id).await?;
        leave_all(cx, id, own_groups).await?;
        cx.iam.delete_user().user_name(id).send().await?;
        Ok(Deletion::Gone)
    }

    fn identifier(&self, cx: &Context) -> Option<String> {
        Some(self.user_name.clone().unwrap_or_else(|| cx.name(NameRules::letters(64, "_+=,.@"))))
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}

fn outputs(cx: &Context, user: &aws_sdk_iam::types::User) -> Json {
    let arn = principal::arn(cx, "user", &user.arn, &user.path, &user.user_name);
    json!({"Arn": arn, "UserName": user.user_name})
}

/// The credentials of a user beside access keys. Those that may not be listed, and those that the target does not know,
/// are left to the refusal of the deletion.
async fn credentials(cx: &Context, id: &str) -> Result<Vec<String>> {
    fn listed<T: Default>(answer: Result<Option<T>>) -> Result<T> {
        match answer {
            Err(error) if matches!(error.class(), ErrorClass::Denied | ErrorClass::Invalid) => Ok(T::default()),
            answer => Ok(answer?.unwrap_or_default()),
        }
    }
    let iam = &cx.iam;
    let mut found = Vec::new();
    let profile = iam.get_login_profile().user_name(id).send().await.or_none();
    found.extend(listed(profile.map(Some))?.map(|_| "a password".to_owned()));
    let devices = iam.list_mfa_devices().user_name(id).into_paginator().items().send();
    let devices = listed(devices.try_collect().await.or_none())?;
    found.extend(devices.into_iter().map(|device| format!("the MFA device {}", device.serial_number)));
    let certificates = iam.list_signing_certificates().user_name(id).into_paginator().items().send();
    let certificates = listed(certificates.try_collect().await.or_none())?;
    found.extend(certificates.into_iter().map(|it| format!("the signing certificate {}", it.certificate_id)));
    let keys = iam.list_ssh_public_keys().user_name(id).into_paginator().items().send();
    let keys = listed(keys.try_collect().await.or_none())?;
    found.extend(keys.into_iter().map(|key| format!("the SSH key {}", key.ssh_public_key_id)));
    let services = iam.list_service_specific_credentials().user_name(id).send().await.or_none();
    let services = listed(services.map(Some))?.and_then(|it| it.service_specific_credentials);
    found.extend(
        services
            .into_iter()
            .flatten()
            .map(|it| format!("the credentials {} for {}", it.service_specific_credential_id, it.service_name)),
    );
    Ok(found)
}

impl Principal for User {
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
        cx.iam.put_user_permissions_boundary().user_name(id).permissions_boundary(arn).send().await?;
        Ok(())
    }

    async fn delete_boundary(cx: &Context, id: &str) -> Result<()> {
        cx.iam.delete_user_permissions_boundary().user_name(id).send().await.or_none()?;
        Ok(())
    }

    async fn attach(cx: &Context, id: &str, arn: &str) -> Result<()> {
        cx.iam.attach_user_policy().user_name(id).policy_arn(arn).send().await?;
        Ok(())
    }

    async fn detach(cx: &Context, id: &str, arn: &str) -> Result<()> {
        cx.iam.detach_user_policy().user_name(id).policy_arn(arn).send().await.or_none()?;
        Ok(())
    }

    async fn attached(cx: &Context, id: &str) -> Result<Vec<String>> {
        let pages = cx.iam.list_attached_user_policies().user_name(id).into_paginator().items().send();
        let policies: Vec<_> = pages.try_collect().await?;
        Ok(policies.into_iter().filter_map(|policy| policy.policy_arn).collect())
    }

    async fn put_inline(cx: &Context, id: &str, name: &str, document: String) -> Result<()> {
        cx.iam.put_user_policy().user_name(id).policy_name(name).policy_document(document).send().await?;
        Ok(())
    }

    async fn delete_inline(cx: &Context, id: &str, name: &str) -> Result<()> {
        cx.iam.delete_user_policy().user_name(id).policy_name(name).send().await.or_none()?;
        Ok(())
    }

    async fn inline_names(cx: &Context, id: &str) -> Result<Vec<String>> {
        Ok(cx.iam.list_user_policies().user_name(id).into_paginator().items().send().try_collect().await?)
    }

    async fn inline_document(cx: &Context, id: &str, name: &str) -> Result<Option<String>> {
        let live = cx.iam.get_user_policy().user_name(id).policy_name(name).send().await.or_none()?;
        Ok(live.map(|live| live.policy_document))
    }

    async fn set_tags(cx: &Context, id: &str, tags: Vec<Tag>) -> Result<()> {
        cx.iam.tag_user().user_name(id).set_tags(Some(tags)).send().await?;
        Ok(())
    }

    async fn remove_tags(cx: &Context, id: &str, keys: Vec<String>) -> Result<()> {
        cx.iam.untag_user().user_name(id).set_tag_keys(Some(keys)).send().await?;
        Ok(())
    }
}

async fn leave_all(cx: &Context, id: &str, groups: Vec<String>) -> Result<()> {
    for group in groups {
        cx.iam.remove_user_from_group().user_name(id).group_name(group).send().await.or_none()?;
    }
    Ok(())
}

async fn groups(cx: &Context, id: &str) -> Result<Vec<String>> {
    let mut pages = cx.iam.list_groups_for_user().user_name(id).into_paginator().items().send();
    let mut names = Vec::new();
    while let Some(group) = pages.next().await.transpose()? {
        names.push(group.group_name);
    }
    Ok(names)
}
