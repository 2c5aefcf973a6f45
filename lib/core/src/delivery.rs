//! Deliveries to another resource, which has to allow them by a policy of its own.
//!
//! A flow log names a bucket, and the policy of the bucket names it, too; neither names the other. AWS tries the
//! delivery when it is set up, so the policy is created first and deleted last.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_schema::lookup;

use crate::assembly::Assembly;
use crate::named::is_made_after;
use crate::path::Path;
use crate::value::Value;

/// A bucket, topic or function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    /// One of the program.
    Declared(Path),
    /// One of the same name or ARN that the program does not declare.
    Named(String),
}

/// Adds to each resource the policies that what it delivers to has, as something that it is made after. What would
/// make a cycle is left out: a policy may be for one source alone, which it names.
pub(crate) fn dependencies(assembly: &mut Assembly) {
    let policies = policies(assembly);
    if policies.is_empty() {
        return;
    }
    let mut found = BTreeSet::new();
    for (path, entry) in &assembly.resources {
        let Some(schema) = lookup(&entry.type_name) else { continue };
        for (property, value) in &entry.properties {
            value.walk_leaves(property, &mut |place, leaf| {
                if schema.delivers_to(place) {
                    let targets = targets(assembly, leaf);
                    let policies = targets.iter().filter_map(|target| policies.get(target)).flatten();
                    found.extend(policies.map(|policy| (path.clone(), policy.clone())));
                }
            });
        }
    }
    for (path, policy) in found {
        if !assembly.dependencies(&path).contains(&policy)
            && !is_made_after(assembly, &policy, &path)
            && let Some(entry) = assembly.resources.get_mut(&path)
        {
            entry.depends_on.insert(policy);
        }
    }
}

/// The policies of the program by what they are of.
fn policies(assembly: &Assembly) -> BTreeMap<Target, Vec<Path>> {
    let mut policies: BTreeMap<Target, Vec<Path>> = BTreeMap::new();
    for (path, entry) in &assembly.resources {
        let Some((property, of)) = lookup(&entry.type_name).and_then(|schema| schema.policy_of()) else { continue };
        let Some(value) = entry.properties.get(property) else { continue };
        let is_meant = |target: &Target| match target {
            Target::Declared(path) => assembly.resources.get(path).is_some_and(|it| it.type_name == of),
            Target::Named(_) => true,
        };
        for target in targets(assembly, value).into_iter().filter(is_meant) {
            policies.entry(target).or_default().push(path.clone());
        }
    }
    policies
}

/// Returns the resources that a value names: by an output, alone or in an ARN, or by their names.
fn targets(assembly: &Assembly, value: &Value) -> BTreeSet<Target> {
    let declared = value.references().into_iter().map(|reference| Target::Declared(reference.path.clone()));
    let mut targets: BTreeSet<_> = declared.collect();
    if let Some(text) = value.as_str().filter(|text| !text.is_empty()) {
        let name = name_of(text);
        let is_it = |property: &str, properties: &BTreeMap<String, Value>| {
            properties.get(property).and_then(Value::as_str) == Some(name)
        };
        let named = assembly.resources.iter().filter(|(_, entry)| {
            let own_name = lookup(&entry.type_name).and_then(|schema| schema.own_name());
            own_name.is_some_and(|property| is_it(property, &entry.properties))
        });
        targets.extend(named.map(|(path, _)| Target::Declared(path.clone())));
        targets.insert(Target::Named(name.to_owned()));
    }
    targets
}

/// `logs` of `logs`, of `arn:aws:s3:::logs/flow` and of `arn:aws:sns:eu-west-1:111122223333:logs`.
fn name_of(text: &str) -> &str {
    let resource = if text.starts_with("arn:") { text.splitn(6, ':').last().unwrap_or(text) } else { text };
    let resource = resource.strip_prefix("function:").unwrap_or(resource);
    resource.split('/').next().unwrap_or(resource)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::assembly::ResourceEntry;
    use crate::environment::Environment;

    /// Returns the dependencies of each of these resources.
    fn after(resources: &[(&str, &str, Json)]) -> Vec<String> {
        let entry = |(path, type_name, properties): &(&str, &str, Json)| {
            let Ok(Value::Map(properties)) = Value::from_json(properties.clone()) else { panic!("{path} is no map") };
            (Path::from(*path), ResourceEntry::new(*type_name, properties))
        };
        let mut assembly = Assembly {
            format: 1,
            app: "shop".into(),
            state: None,
            stacks: [("a".to_owned(), Environment::new("eu-west-1"))].into(),
            resources: resources.iter().map(entry).collect(),
            outputs: BTreeMap::new(),
            lookups: BTreeMap::new(),
        };
        dependencies(&mut assembly);
        let tell = |(path, entry): (&Path, &ResourceEntry)| {
            entry.depends_on.iter().map(|named| format!("{path} after {named}")).collect::<Vec<_>>()
        };
        assembly.resources.iter().flat_map(tell).collect()
    }

    const BUCKET: (&str, &str) = ("a/bucket", "AWS::S3::Bucket");

    fn bucket() -> (&'static str, &'static str, Json) {
        (BUCKET.0, BUCKET.1, json!({"BucketName": "logs"}))
    }

    fn policy(bucket: Json) -> (&'static str, &'static str, Json) {
        ("a/policy", "AWS::S3::BucketPolicy", json!({"Bucket": bucket, "PolicyDocument": {}}))
    }

    fn flow_log(destination: Json) -> (&'static str, &'static str, Json) {
        let properties = json!({"ResourceId": "vpc-1", "ResourceType": "VPC", "LogDestination": destination});
        ("a/flow", "AWS::EC2::FlowLog", properties)
    }

    #[test]
    fn what_delivers_to_a_bucket_is_made_after_its_policy_however_both_name_it() {
        let name = json!({"$ref": "a/bucket#BucketName"});
        let within = json!({"$template": [{"$ref": "a/bucket#Arn"}, "/flow"]});
        for named in [name, json!("logs")] {
            for to in [json!({"$ref": "a/bucket#Arn"}), within.clone(), json!("arn:aws:s3:::logs/flow")] {
                let resources = [bucket(), policy(named.clone()), flow_log(to.clone())];
                assert_eq!(after(&resources), ["a/flow after a/policy"], "{named} {to}");
            }
        }
        // One that the program does not declare has a policy of the program all the same.
        assert_eq!(after(&[policy(json!("logs")), flow_log(json!("arn:aws:s3:::logs"))]), ["a/flow after a/policy"]);
        assert_eq!(after(&[bucket(), policy(json!("other")), flow_log(json!("arn:aws:s3:::logs"))]), [""; 0]);
    }

    #[test]
    fn what_names_a_bucket_for_something_else_does_not_wait_for_its_policy() {
        let function = ("a/code", "AWS::Lambda::Function", json!({"Code": {"S3Bucket": "logs"}, "Role": "r"}));
        assert_eq!(after(&[bucket(), policy(json!("logs")), function]), [""; 0]);
    }

    #[test]
    fn a_policy_that_names_its_source_comes_after_it() {
        let condition = json!({"Condition": {"ArnLike": {"aws:SourceArn": {"$ref": "a/flow#Id"}}}});
        let policy = ("a/policy", "AWS::S3::BucketPolicy", json!({"Bucket": "logs", "PolicyDocument": condition}));
        assert_eq!(after(&[bucket(), policy, flow_log(json!("arn:aws:s3:::logs"))]), [""; 0]);
    }

    #[test]
    fn topics_and_functions_allow_deliveries_too() {
        let topic = ("a/topic", "AWS::SNS::Topic", json!({"TopicName": "alerts"}));
        let allows = json!({"TopicArn": {"$ref": "a/topic#TopicArn"}, "PolicyDocument": {}});
        let trail = ("a/trail", "AWS::CloudTrail::Trail", json!({"S3BucketName": "b", "SnsTopicName": "alerts"}));
        let policy = ("a/topic-policy", "AWS::SNS::TopicInlinePolicy", allows);
        assert_eq!(after(&[topic, policy, trail]), ["a/trail after a/topic-policy"]);

        let permission = json!({"FunctionName": {"$ref": "a/f#FunctionName"}, "Principal": "logs.amazonaws.com"});
        let filter = json!({"LogGroupName": "g", "FilterPattern": "", "DestinationArn": {"$ref": "a/f#Arn"}});
        let resources = [
            ("a/f", "AWS::Lambda::Function", json!({})),
            ("a/filter", "AWS::Logs::SubscriptionFilter", filter),
            ("a/may", "AWS::Lambda::Permission", permission),
        ];
        assert_eq!(after(&resources), ["a/filter after a/may"]);
    }
}
