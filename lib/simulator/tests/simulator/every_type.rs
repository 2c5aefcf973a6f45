//! Checks all of AWS's types, not only selected ones.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use groundplan_engine::provider::{Properties, Provider, Recovery};
use groundplan_schema::{Kind, Property, ResourceType, all, lookup};
use groundplan_simulator::{Simulator, TimeScale};
use serde_json::{Value as Json, json};

use super::common::{create, delete, existing, read, try_create};

/// Returns the properties that a type needs besides those that the schema requires, because of a rule of networks.
/// `@Type` is replaced by another resource of that type.
fn more(type_name: &str) -> Json {
    match type_name {
        "AWS::EC2::VPC" => json!({"CidrBlock": "10.0.0.0/16"}),
        "AWS::EC2::Route" => json!({"DestinationCidrBlock": "0.0.0.0/0"}),
        "AWS::EC2::NatGateway" => json!({"ConnectivityType": "private"}),
        "AWS::RDS::DBSubnetGroup" => json!({"SubnetIds": ["@AWS::EC2::Subnet", "@AWS::EC2::Subnet b"]}),
        "AWS::EKS::Cluster" => {
            json!({"ResourcesVpcConfig": {"SubnetIds": ["@AWS::EC2::Subnet", "@AWS::EC2::Subnet b"]}})
        }
        "AWS::EKS::AccessEntry"
        | "AWS::EKS::Addon"
        | "AWS::EKS::FargateProfile"
        | "AWS::EKS::IdentityProviderConfig"
        | "AWS::EKS::Nodegroup"
        | "AWS::EKS::PodIdentityAssociation" => json!({"ClusterName": "@AWS::EKS::Cluster"}),
        "AWS::ElasticLoadBalancingV2::ListenerRule" => {
            json!({"ListenerArn": "@AWS::ElasticLoadBalancingV2::Listener"})
        }
        "AWS::IAM::GroupPolicy" => json!({"GroupName": "@AWS::IAM::Group"}),
        "AWS::IAM::RolePolicy" => json!({"RoleName": "@AWS::IAM::Role"}),
        "AWS::IAM::UserPolicy" => json!({"UserName": "@AWS::IAM::User"}),
        "AWS::SecretsManager::ResourcePolicy" | "AWS::SecretsManager::RotationSchedule" => {
            json!({"SecretId": "@AWS::SecretsManager::Secret"})
        }
        "AWS::EC2::Subnet b" => json!({"AvailabilityZone": "eu-central-1b"}),
        _ => json!({}),
    }
}

/// A program that has made some resources.
struct Program {
    cloud: Simulator,
    /// Type, identifier and first properties, in order of creation.
    made: Vec<(String, String, Properties)>,
}

impl Program {
    /// Makes a resource with as few properties as the schema allows, and before it the resources that it has to refer
    /// to. Returns the identifier.
    fn make<'a>(&'a mut self, kind: &'a str) -> Pin<Box<dyn Future<Output = String> + 'a>> {
        Box::pin(async move {
            let type_name = kind.split(' ').next().unwrap();
            if let Some((_, id, _)) = self.made.iter().find(|(made, ..)| made == kind) {
                return id.clone();
            }
            assert!(self.made.len() < 20, "{kind} needs too much");
            let resource = lookup(type_name).unwrap();
            let mut properties = self.object(resource, &resource.properties, "").await;
            for extra in [more(type_name), more(kind)] {
                for (name, value) in extra.as_object().unwrap() {
                    let value = self.with_references(value).await;
                    properties.insert(name.clone(), value);
                }
            }
            let path = format!("shop/{}", kind.replace([':', ' '], "-").to_lowercase());
            let made = create(&self.cloud, &path, type_name, Json::Object(properties.clone())).await;
            self.made.push((kind.to_owned(), made.id.clone(), properties));
            made.id
        })
    }

    /// Returns the required properties of the object at a path, which ends with a dot.
    async fn object(
        &mut self,
        resource: &'static ResourceType,
        schema: &groundplan_schema::Properties,
        at: &str,
    ) -> Properties {
        let mut object = Properties::new();
        for (name, property) in schema.iter().filter(|(_, property)| property.required) {
            let value = self.value(resource, property, &property.kind, format!("{at}{name}")).await;
            object.insert((*name).to_owned(), value);
        }
        object
    }

    fn value<'a>(
        &'a mut self,
        resource: &'static ResourceType,
        property: &'a Property,
        kind: &'a Kind,
        path: String,
    ) -> Pin<Box<dyn Future<Output = Json> + 'a>> {
        Box::pin(async move {
            match kind {
                Kind::List(element) => json!([self.value(resource, property, element, path + ".0").await]),
                Kind::Map(element) => json!({"key": self.value(resource, property, element, path + ".key").await}),
                Kind::Type(name) => Json::Object(self.object(resource, &resource.types[name], &(path + ".")).await),
                Kind::Union(kinds) => self.value(resource, property, &kinds[0], path).await,
                Kind::Tag => json!({"Key": "team", "Value": "shop"}),
                Kind::Json if property.allowed.is_empty() => json!({}),
                _ if !property.allowed.is_empty() => property.allowed[0].clone(),
                Kind::Integer | Kind::Number => json!(1),
                Kind::Boolean => json!(true),
                Kind::DateTime => json!("2026-01-01T00:00:00Z"),
                Kind::String | Kind::Json => self.text(resource, property, &path).await,
            }
        })
    }

    /// A text; where it refers to something, that is made first.
    async fn text(&mut self, resource: &'static ResourceType, property: &Property, path: &str) -> Json {
        let relations = resource.relations_of(property, path).into_iter();
        let mut elsewhere = relations.filter(|reference| reference.resource != resource.name);
        let Some(reference) = elsewhere.next() else { return json!("example") };
        self.make(reference.resource).await;
        let (_, id, properties) = self.made.iter().find(|(made, ..)| made == reference.resource).unwrap();
        let live = read(&self.cloud, reference.resource, id).await.unwrap();
        let value = live.outputs.get(reference.attribute).or(properties.get(reference.attribute));
        value.cloned().unwrap_or_else(|| json!(id))
    }

    async fn with_references(&mut self, value: &Json) -> Json {
        match value {
            Json::String(text) if text.starts_with('@') => json!(self.make(&text[1..]).await),
            Json::Array(items) => {
                let mut values = Vec::new();
                for item in items {
                    values.push(Box::pin(self.with_references(item)).await);
                }
                Json::Array(values)
            }
            Json::Object(entries) => {
                let mut values = Properties::new();
                for (name, value) in entries {
                    values.insert(name.clone(), Box::pin(self.with_references(value)).await);
                }
                Json::Object(values)
            }
            other => other.clone(),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn every_type_can_be_created_read_and_deleted() {
    let (mut count, mut odd) = (0, Vec::new());
    for type_name in all() {
        let mut program = Program { cloud: Simulator::in_memory(1), made: Vec::new() };
        program.make(type_name).await;
        let Program { cloud, made } = program;
        let resource = lookup(type_name).unwrap();
        let (_, id, properties) = made.last().unwrap();
        let live = read(&cloud, type_name, id).await.unwrap();
        for (name, value) in properties {
            let path = resource.at(name);
            let hidden = resource
                .walk(&json!({name: value}))
                .iter()
                .any(|visit| visit.cursor.is_write_only() || visit.cursor.is_sensitive());
            if !path.is_sensitive() && !hidden {
                assert_eq!(live.properties.get(name), Some(value), "{type_name} {name}");
            }
        }
        for (name, attribute) in &resource.attributes {
            if resource.is_secret_attribute(name) {
                assert_eq!(live.outputs.get(*name), None, "{type_name} tells {name} to anybody");
                continue;
            }
            let output = live.outputs.get(*name).unwrap_or_else(|| panic!("{type_name} has no {name}"));
            assert!(has_kind(output, &attribute.kind), "{type_name} {name}: {output}");
            let is_arn = ["Arn", "ARN"].iter().any(|end| name.ends_with(end)) && properties.get(*name).is_none();
            if is_arn && !has_form_of_arn(output) {
                odd.push(format!("{type_name} {name}: {output}"));
            }
        }
        for (kind, id, _) in made.iter().rev() {
            delete(&cloud, kind.split(' ').next().unwrap(), id).await;
        }
        assert_eq!(cloud.inventory().unwrap(), [], "{type_name}");
        count += 1;
    }
    assert_eq!(count, 1828);
    assert_eq!(odd, [""; 0]);
}

/// Returns whether a text is an ARN with all of its parts.
fn has_form_of_arn(value: &Json) -> bool {
    let Some(text) = value.as_str().filter(|text| !text.is_empty()) else { return true };
    let parts: Vec<_> = text.splitn(6, ':').collect();
    let [start, partition, service, _, _, name] = parts[..] else { return false };
    let is_lower =
        |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    start == "arn"
        && partition == "aws"
        && !service.is_empty()
        && is_lower(service)
        && !name.is_empty()
        && !["${", "//", "::", "arn:"].iter().any(|odd| name.contains(odd))
}

fn has_kind(value: &Json, kind: &Kind) -> bool {
    match kind {
        // What the account keeps of a secret is a digest.
        Kind::String | Kind::DateTime => value.is_string() || value.get("$digest").is_some(),
        Kind::Integer | Kind::Number => value.is_number(),
        Kind::Boolean => value.is_boolean(),
        Kind::List(_) => value.is_array(),
        Kind::Map(_) | Kind::Type(_) | Kind::Tag => value.is_object(),
        Kind::Json => true,
        Kind::Union(kinds) => kinds.iter().any(|kind| has_kind(value, kind)),
    }
}

#[tokio::test(start_paused = true)]
async fn every_type_behaves_as_the_table_of_facts_says() {
    let cloud = Simulator::in_memory(1);
    for type_name in all() {
        assert_eq!(cloud.behavior(type_name), groundplan_schema::behavior(type_name), "{type_name}");
    }
    let cloud = cloud.with_time_scale(TimeScale::minute_in(Duration::from_secs(6)));
    let database = "AWS::RDS::DBInstance";
    let (behavior, facts) = (cloud.behavior(database).unwrap(), groundplan_schema::behavior(database).unwrap());
    assert_eq!(behavior.wait.interval, facts.wait.interval / 10);
    assert_eq!(behavior.wait.timeout, facts.wait.timeout, "a busy machine takes its time, too");
    assert!(cloud.behavior("AWS::EC2::Nothing").is_none());
    let nothing = cloud.status(&existing("shop/x", "AWS::EC2::Nothing", "x")).await;
    assert!(nothing.unwrap_err().message.contains("no resource type AWS::EC2::Nothing"));
}

/// Checks that a second resource of a type can be created if no rule says that it is unique.
#[tokio::test(start_paused = true)]
async fn a_second_resource_of_every_type_that_has_no_name_of_its_own_can_be_made() {
    let mut refused = Vec::new();
    for type_name in all() {
        let resource = lookup(type_name).unwrap();
        let named = matches!(resource.own_behavior().recovery, Recovery::DeterministicName | Recovery::ByParts);
        if named || !groundplan_schema::claim_rules(type_name).is_empty() {
            continue;
        }
        let mut program = Program { cloud: Simulator::in_memory(1), made: Vec::new() };
        program.make(type_name).await;
        let (_, id, properties) = program.made.last().unwrap();
        let second = try_create(&program.cloud, "shop/second", type_name, Json::Object(properties.clone())).await;
        match second {
            Ok(second) => assert_ne!(second.id, *id, "{type_name}"),
            // The identifier has the name that both have.
            Err(_) if id.contains("example") => {}
            Err(error) => refused.push(format!("{type_name}: {}", error.message)),
        }
    }
    assert_eq!(refused, [""; 0]);
}
