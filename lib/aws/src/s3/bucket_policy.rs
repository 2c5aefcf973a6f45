//! `AWS::S3::BucketPolicy`

use groundplan_engine::provider::{Accepted, Deletion};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::document;
use crate::error::Result;
use crate::handler::{Changes, Cx, Found, Handler, Known, accepted, given};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct BucketPolicy {
    bucket: String,
    policy_document: Json,
}

impl Handler for BucketPolicy {
    const TYPE: &'static str = "AWS::S3::BucketPolicy";

    async fn create(&self, cx: &Cx) -> Result<Accepted> {
        self.put(cx).await?;
        Ok(accepted(&self.bucket, json!({"Bucket": self.bucket})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Cx, _id: &str) -> Result<()> {
        match changes.after_create(|policy| &policy.policy_document) {
            Some(_) => changes.new.put(cx).await,
            None => Ok(()),
        }
    }

    async fn read(cx: &Cx, known: &Known<Self>) -> Result<Found<Self>> {
        let live = cx.s3.get_bucket_policy().bucket(&known.id).send().await?;
        let policy_document = document::parse(&given(live.policy, "Policy")?);
        let properties = Self { bucket: known.id.clone(), policy_document };
        Ok(Found::ready(properties, json!({"Bucket": known.id})))
    }

    async fn delete(cx: &Cx, known: &Known<Self>) -> Result<Deletion> {
        cx.s3.delete_bucket_policy().bucket(&known.id).send().await?;
        Ok(Deletion::Gone)
    }

    fn identifier(&self, _cx: &Cx) -> Option<String> {
        Some(self.bucket.clone())
    }
}

impl BucketPolicy {
    async fn put(&self, cx: &Cx) -> Result<()> {
        let text = document::text(&self.policy_document);
        cx.s3.put_bucket_policy().bucket(&self.bucket).policy(text).send().await?;
        Ok(())
    }
}
