//! `AWS::S3::BucketPolicy`

use std::time::Duration;

use groundplan_engine::provider::{Accepted, Deletion};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::Bucket;
use crate::document;
use crate::error::Result;
use crate::handler::{CONSISTENCY, Changes, Context, Found, Handler, Known, Made, accepted, required};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct BucketPolicy {
    bucket: String,
    policy_document: Json,
}

impl Handler for BucketPolicy {
    const TYPE: &'static str = "AWS::S3::BucketPolicy";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        self.put(cx).await?;
        Ok(accepted(&self.bucket, json!({"Bucket": self.bucket})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, _id: &str) -> Result<()> {
        match changes.after_create(|policy| &policy.policy_document) {
            Some(_) => changes.new.put(cx).await,
            None => Ok(()),
        }
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let live = cx.s3.get_bucket_policy().bucket(&known.id).send().await?;
        let policy_document = document::parse(&required(live.policy, "Policy")?);
        let properties = Self { bucket: known.id.clone(), policy_document };
        Ok(Found::ready(properties, json!({"Bucket": known.id})))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        cx.s3.delete_bucket_policy().bucket(&known.id).send().await?;
        Ok(Deletion::Gone)
    }

    fn identifier(&self, _cx: &Context) -> Option<String> {
        Some(self.bucket.clone())
    }

    /// The service that delivers logs writes a policy as soon as a flow log or another delivery to the bucket is made,
    /// and that may be before a program's policy is. One that consists of its statements alone is nobody's, and a policy
    /// with statements for the service takes nothing away. CloudFormation and other tools overwrite any policy.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html>
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-S3.html>
    fn may_overwrite(&self, live: &Self) -> bool {
        live.is_of_log_delivery() && statements(&self.policy_document).iter().any(|it| allows_log_delivery(it))
    }

    fn instead_of_overwriting(&self, live: &Self) -> Option<String> {
        let instead = format!(
            "it was written by the service that delivers logs to the bucket, {LOG_DELIVERY}: a policy that has statements \
             for that service, too, takes its place"
        );
        live.is_of_log_delivery().then_some(instead)
    }

    /// S3 may answer with the policy of a deleted bucket of that name for a while. Nobody says how long; other tools
    /// wait for two minutes for what S3 has not heard of.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel>
    /// <https://github.com/hashicorp/terraform-provider-aws>: `bucketPropagationTimeout`
    fn lingers(&self, cx: &Context) -> Duration {
        let is_new = cx.memory.of::<Made>().has(Bucket::TYPE, &self.bucket);
        if is_new { Duration::from_secs(2 * 60) } else { CONSISTENCY }
    }
}

/// The service that delivers logs of AWS to buckets.
const LOG_DELIVERY: &str = "delivery.logs.amazonaws.com";

fn statements(document: &Json) -> Vec<&Json> {
    match document.get("Statement") {
        Some(Json::Array(statements)) => statements.iter().collect(),
        Some(statement) => vec![statement],
        None => Vec::new(),
    }
}

/// Whether a statement allows something to the service that delivers logs, and to nobody else.
fn allows_log_delivery(statement: &Json) -> bool {
    let principal = statement.get("Principal").and_then(Json::as_object).filter(|kinds| kinds.len() == 1);
    let is_service = match principal.and_then(|kinds| kinds.get("Service")) {
        Some(Json::Array(services)) => !services.is_empty() && services.iter().all(|it| it == LOG_DELIVERY),
        Some(service) => service == LOG_DELIVERY,
        None => false,
    };
    is_service && statement.get("Effect").is_some_and(|effect| effect == "Allow")
}

impl BucketPolicy {
    fn is_of_log_delivery(&self) -> bool {
        let statements = statements(&self.policy_document);
        !statements.is_empty() && statements.iter().all(|it| allows_log_delivery(it))
    }

    async fn put(&self, cx: &Context) -> Result<()> {
        let text = document::text(&self.policy_document);
        cx.s3.put_bucket_policy().bucket(&self.bucket).policy(text).send().await?;
        Ok(())
    }
}
