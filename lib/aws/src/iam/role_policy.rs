//! `AWS::IAM::RolePolicy`

use groundplan_engine::provider::{Accepted, Deletion};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::document;
use crate::error::Result;
use crate::handler::{Changes, Context, Found, Handler, Known, accepted};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct RolePolicy {
    policy_document: Json,
    policy_name: String,
    role_name: String,
}

impl Handler for RolePolicy {
    const TYPE: &'static str = "AWS::IAM::RolePolicy";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        self.put(cx).await?;
        let outputs = json!({"PolicyName": self.policy_name, "RoleName": self.role_name});
        Ok(accepted(format!("{}|{}", self.policy_name, self.role_name), outputs))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, _id: &str) -> Result<()> {
        match changes.after_create(|policy| &policy.policy_document) {
            Some(_) => changes.new.put(cx).await,
            None => Ok(()),
        }
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let [policy, role] = known.parts()?;
        let live = cx.iam.get_role_policy().policy_name(policy).role_name(role).send().await?;
        let properties = Self {
            policy_document: document::parse(&live.policy_document),
            policy_name: live.policy_name,
            role_name: live.role_name,
        };
        Ok(Found::ready(properties, json!({"PolicyName": policy, "RoleName": role})))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let [policy, role] = known.parts()?;
        cx.iam.delete_role_policy().policy_name(policy).role_name(role).send().await?;
        Ok(Deletion::Gone)
    }

    fn identifier(&self, _cx: &Context) -> Option<String> {
        Some(format!("{}|{}", self.policy_name, self.role_name))
    }
}

impl RolePolicy {
    async fn put(&self, cx: &Context) -> Result<()> {
        cx.iam
            .put_role_policy()
            .policy_name(&self.policy_name)
            .role_name(&self.role_name)
            .policy_document(document::text(&self.policy_document))
            .send()
            .await?;
        Ok(())
    }
}
