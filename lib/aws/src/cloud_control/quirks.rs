//! Differences between the handlers behind Cloud Control and their schemas, as tables.
//!
//! Each row names its source. A native handler is the better answer for a type with many rows.

use groundplan_engine::provider::Properties;
use groundplan_schema::{Cursor, ResourceType};
use serde_json::{Value as Json, json};

/// Documents that a handler takes as text only, though the schema admits an object.
/// <https://github.com/go-to-k/cdkd/blob/main/src/provisioning/cloud-control-provider.ts>
/// (`JSON_STRING_PROPERTIES`).
const AS_TEXT: &[(&str, &str)] = &[("AWS::Events::Rule", "EventPattern")];

/// A property in the form in which the handler takes it.
pub(super) fn as_sent(schema: &ResourceType, name: &str, value: &mut Json) {
    if AS_TEXT.contains(&(schema.name, name)) && !value.is_string() {
        *value = Json::String(value.to_string());
    }
}

/// Returns whether two values of a property mean the same to the handler.
pub(super) fn are_same(schema: &ResourceType, name: &str, live: Option<&Json>, wanted: &Json) -> bool {
    let document = |value: &Json| value.as_str().and_then(|text| serde_json::from_str::<Json>(text).ok());
    match live {
        Some(live) if AS_TEXT.contains(&(schema.name, name)) => {
            live == wanted || document(live).is_some_and(|live| Some(live) == document(wanted))
        }
        live => live == Some(wanted),
    }
}

/// Returns the values that a handler returns and then refuses as a part of the desired state, as paths of a JSON patch.
/// Cloud Control applies a patch to what it reads and validates the whole result.
///
/// - An optional text that is empty: a web ACL without a description is read with `""`, which is
///   shorter than its schema allows (<https://github.com/hashicorp/terraform-provider-awscc/issues/1135>
///   is of this kind).
/// - CloudFront's default certificate goes with no other setting of the viewer certificate:
///   <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ViewerCertificate.html>.
pub(super) fn unsayable(schema: &ResourceType, live: &Properties, desired: &Properties) -> Vec<Vec<String>> {
    let empty = |(name, value): &(&String, &Json)| {
        let property = schema.properties.get(name.as_str());
        value.as_str() == Some("") && property.is_some_and(|property| !property.required)
    };
    let undeclared = live.iter().filter(|(name, _)| !desired.contains_key(*name));
    let mut paths: Vec<Vec<String>> = undeclared.filter(empty).map(|(name, _)| vec![name.clone()]).collect();
    if schema.name == "AWS::CloudFront::Distribution" {
        let steps = ["DistributionConfig", "ViewerCertificate"];
        let certificate = live.get(steps[0]).and_then(|config| config.get(steps[1])).and_then(Json::as_object);
        let default = |certificate: &&Properties| {
            let flag = certificate.get("CloudFrontDefaultCertificate");
            flag.is_some_and(|flag| flag == true || flag == "true")
        };
        let others = certificate.filter(default).into_iter().flat_map(Properties::keys);
        let others = others.filter(|key| *key != "CloudFrontDefaultCertificate");
        paths.extend(others.map(|key| vec![steps[0].to_owned(), steps[1].to_owned(), key.clone()]));
    }
    paths
}

/// Takes what is at a path out of a document.
pub(super) fn take_out(document: &mut Properties, path: &[String]) {
    let Some((last, steps)) = path.split_last() else { return };
    let mut place = Some(document);
    for step in steps {
        place = place.and_then(|entries| entries.get_mut(step)).and_then(Json::as_object_mut);
    }
    if let Some(entries) = place {
        entries.remove(last);
    }
}

/// Returns the value of a property that is no longer declared. The update calls of these services ignore omitted
/// properties, and so do the handlers: a `remove` succeeds and changes nothing. `None` if removing works.
pub(super) fn default_of(schema: &ResourceType, name: &str) -> Option<Json> {
    Some(match (schema.name, name) {
        // <https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionConfiguration.html>
        ("AWS::Lambda::Function", "Description" | "KmsKeyArn") => json!(""),
        ("AWS::Lambda::Function", "Timeout") => json!(3),
        ("AWS::Lambda::Function", "MemorySize") => json!(128),
        ("AWS::Lambda::Function", "EphemeralStorage") => json!({"Size": 512}),
        ("AWS::Lambda::Function", "TracingConfig") => json!({"Mode": "PassThrough"}),
        ("AWS::Lambda::Function", "Layers") => json!([]),
        ("AWS::Lambda::Function", "Environment") => json!({"Variables": {}}),
        ("AWS::Lambda::Function", "VpcConfig") => json!({"SubnetIds": [], "SecurityGroupIds": []}),
        // <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>
        ("AWS::SQS::Queue", "DelaySeconds" | "ReceiveMessageWaitTimeSeconds") => json!(0),
        ("AWS::SQS::Queue", "MessageRetentionPeriod") => json!(345_600),
        ("AWS::SQS::Queue", "VisibilityTimeout") => json!(30),
        // <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html>
        ("AWS::DynamoDB::Table" | "AWS::DynamoDB::GlobalTable", "DeletionProtectionEnabled") => json!(false),
        ("AWS::DynamoDB::Table", "TableClass") => json!("STANDARD"),
        ("AWS::DynamoDB::Table", "PointInTimeRecoverySpecification") => json!({"PointInTimeRecoveryEnabled": false}),
        // <https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_PutImageTagMutability.html>
        ("AWS::ECR::Repository", "ImageTagMutability") => json!("MUTABLE"),
        ("AWS::ECR::Repository", "ImageScanningConfiguration") => json!({"ScanOnPush": false}),
        _ => return None,
    })
}

/// Returns whether a value can neither be read back nor be changed: AWS refuses it in every update, even if it is
/// unchanged.
pub(super) fn is_frozen(cursor: &Cursor<'_>) -> bool {
    cursor.is_write_only() && cursor.replacement() == groundplan_schema::Replacement::Always
}
