//! `AWS::KMS::Alias`

use groundplan_engine::provider::{Accepted, Deletion};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::as_declared;
use crate::error::{OrNone, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, accepted, required};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Alias {
    alias_name: String,
    target_key_id: String,
}

impl Handler for Alias {
    const TYPE: &'static str = "AWS::KMS::Alias";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        cx.kms.create_alias().alias_name(&self.alias_name).target_key_id(&self.target_key_id).send().await?;
        Ok(accepted(&self.alias_name, json!({"AliasName": self.alias_name})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        if let Some(key) = changes.after_create(|alias| &alias.target_key_id) {
            cx.kms.update_alias().alias_name(id).target_key_id(key).send().await?;
        }
        Ok(())
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let key = required(cx.kms.describe_key().key_id(&known.id).send().await?.key_metadata, "KeyMetadata")?;
        let target = as_declared(Some(&known.last.target_key_id), Some(key.key_id)).unwrap_or_default();
        let properties = Self { alias_name: known.id.clone(), target_key_id: target };
        Ok(Found::ready(properties, json!({"AliasName": known.id})))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        cx.kms.delete_alias().alias_name(&known.id).send().await?;
        Ok(Deletion::Gone)
    }

    fn identifier(&self, _cx: &Context) -> Option<String> {
        Some(self.alias_name.clone())
    }

    /// Returns the alias if it is for this key; an alias of the same name for another key has another owner.
    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        let known = Known { id: self.alias_name.clone(), last: self.clone() };
        let found = Self::read(cx, &known).await.or_none()?;
        let ours = found.filter(|found| found.properties.target_key_id == self.target_key_id);
        Ok(ours.map(|_| known.id).into_iter().collect())
    }
}
