//! `AWS::S3::BucketPolicy`

use std::time::Duration;

use groundplan_engine::is_as_declared;
use groundplan_engine::provider::{Accepted, Deletion};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

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
    /// and that may be before a program's policy is. AWS's guides have people write such statements, too, with the same
    /// `Sid`: for the access logs of a Network Load Balancer, for flow logs of other accounts. So a policy that consists
    /// of them alone gives way only to one that allows all of that. CloudFormation and other tools overwrite any policy.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3-permissions.html>
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/AWS-logs-infrastructure-S3.html>
    /// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html>
    fn may_overwrite(&self, live: &Self) -> bool {
        let declared = statements(&self.policy_document);
        let is_allowed = |live: &&Json| declared.iter().any(|declared| allows_as_much(declared, live));
        live.is_of_log_delivery() && statements(&live.policy_document).iter().all(is_allowed)
    }

    fn instead_of_overwriting(&self, live: &Self) -> Option<String> {
        let instead = format!(
            "its statements are for the service that delivers logs to the bucket, {LOG_DELIVERY}: a policy that allows all \
             that they allow takes its place"
        );
        live.is_of_log_delivery().then_some(instead)
    }

    /// Returns the time in which S3 may return the policy of a deleted bucket of that name. It is not documented; other
    /// tools wait two minutes for a bucket to become visible.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel>
    /// <https://github.com/hashicorp/terraform-provider-aws>: `bucketPropagationTimeout`
    fn lingers(&self, cx: &Context) -> Duration {
        let is_new = cx.memory.of::<Made>().has(BUCKET, &self.bucket);
        if is_new { Duration::from_secs(2 * 60) } else { CONSISTENCY }
    }
}

/// The type of what has the policy.
const BUCKET: &str = "AWS::S3::Bucket";

/// The service that delivers logs of AWS to buckets.
const LOG_DELIVERY: &str = "delivery.logs.amazonaws.com";

fn statements(document: &Json) -> Vec<&Json> {
    match document.get("Statement") {
        Some(Json::Array(statements)) => statements.iter().collect(),
        Some(statement) => vec![statement],
        None => Vec::new(),
    }
}

/// Returns whether a statement allows something to the service that delivers logs, and to no other principal.
fn allows_log_delivery(statement: &Json) -> bool {
    let principal = statement.get("Principal").and_then(Json::as_object).filter(|kinds| kinds.len() == 1);
    let is_service = match principal.and_then(|kinds| kinds.get("Service")) {
        Some(Json::Array(services)) => !services.is_empty() && services.iter().all(|it| it == LOG_DELIVERY),
        Some(service) => service == LOG_DELIVERY,
        None => false,
    };
    is_service && statement.get("Effect").is_some_and(|effect| effect == "Allow")
}

/// Returns whether a declared statement allows all that a live one allows, by their contents: under the same `Sid` or
/// another one, with the same conditions or fewer.
fn allows_as_much(declared: &Json, live: &Json) -> bool {
    let (Some(declared), Some(live)) = (declared.as_object(), live.as_object()) else { return false };
    let (mut declared, mut live) = (declared.clone(), live.clone());
    declared.remove("Sid");
    live.remove("Sid");
    for element in ["Action", "Resource"] {
        let (Some(patterns), Some(texts)) = (declared.get(element), live.get(element)) else { continue };
        // The names of actions are in any case.
        let spelled = |text: &str| if element == "Action" { text.to_ascii_lowercase() } else { text.to_owned() };
        let patterns: Vec<_> = texts_of(patterns).map(spelled).collect();
        let is_meant = |text: &str| patterns.iter().any(|pattern| matches(pattern, &spelled(text)));
        if texts_of(texts).all(is_meant) {
            declared.insert(element.to_owned(), texts.clone());
        }
    }
    without_more_conditions(&mut live, declared.get("Condition"));
    let policy = |statement| Map::from_iter([("PolicyDocument".to_owned(), json!({"Statement": [statement]}))]);
    is_as_declared(BucketPolicy::TYPE, &policy(Json::Object(declared)), &policy(Json::Object(live)))
}

/// Takes away the conditions of a statement that are not among the declared ones: without one, it allows more.
fn without_more_conditions(live: &mut Map<String, Json>, declared: Option<&Json>) {
    let Some(Json::Object(operators)) = live.get_mut("Condition") else { return };
    for (operator, keys) in operators.iter_mut() {
        let declared = declared.and_then(|it| it.get(operator)).and_then(Json::as_object);
        if let Some(keys) = keys.as_object_mut() {
            keys.retain(|key, _| declared.is_some_and(|declared| declared.contains_key(key)));
        }
    }
    operators.retain(|_, keys| keys.as_object().is_none_or(|keys| !keys.is_empty()));
    if operators.is_empty() {
        live.remove("Condition");
    }
}

/// The texts of an element of a statement, of which there may be one or several.
fn texts_of(element: &Json) -> impl Iterator<Item = &str> {
    let items = element.as_array().map_or(std::slice::from_ref(element), Vec::as_slice);
    items.iter().map(|item| item.as_str().unwrap_or_default())
}

/// Returns whether a pattern with `*` and `?` matches each text that another one matches.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html>
fn matches(pattern: &str, text: &str) -> bool {
    let mut characters = text.chars();
    match (pattern.chars().next(), characters.next()) {
        (None, first) => first.is_none(),
        (Some('*'), first) => matches(&pattern[1..], text) || first.is_some() && matches(pattern, characters.as_str()),
        // Any text may stand for the `*` of the other one.
        (Some('?'), Some('*')) | (Some(_), None) => false,
        (Some(wanted), Some(first)) => {
            (wanted == '?' || wanted == first) && matches(&pattern[wanted.len_utf8()..], characters.as_str())
        }
    }
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
