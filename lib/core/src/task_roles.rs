//! Services whose tasks need the permissions of their roles from the start.
//!
//! A service of ECS starts tasks as soon as it exists, with the roles that its task definition names. The policies of a
//! role are resources of their own, which neither of them refers to. Without a policy, a task can pull no image and read
//! no secret, and the deployment of the service fails.

use std::collections::{BTreeMap, BTreeSet};

use crate::assembly::Assembly;
use crate::named::is_made_after;
use crate::path::Path;
use crate::value::Value;

/// The types that start tasks.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html>
const STARTS: [&str; 2] = ["AWS::ECS::Service", "AWS::ECS::TaskSet"];

/// The type that names the roles of tasks, and the properties that do so.
const DEFINITION: (&str, [&str; 2]) = ("AWS::ECS::TaskDefinition", ["ExecutionRoleArn", "TaskRoleArn"]);

/// The policies of roles, and the properties that name the roles.
const POLICIES: [(&str, &str); 3] =
    [("AWS::IAM::RolePolicy", "RoleName"), ("AWS::IAM::ManagedPolicy", "Roles"), ("AWS::IAM::Policy", "Roles")];

/// Adds to each service the policies of the roles of its tasks, as something that it is made after. What would make a
/// cycle is left out: a policy may be about the service itself, and is then there only once tasks run.
pub(crate) fn dependencies(assembly: &mut Assembly) {
    let starts = assembly.resources.iter().filter(|(_, entry)| STARTS.contains(&entry.type_name.as_str()));
    let services: Vec<Path> = starts.map(|(path, _)| path.clone()).collect();
    if services.is_empty() {
        return;
    }
    let policies = policies(assembly);
    for service in services {
        let definitions = assembly.dependencies(&service);
        let entries = definitions.iter().filter_map(|path| assembly.resources.get(path));
        let roles = entries.filter(|entry| entry.type_name == DEFINITION.0).flat_map(|entry| {
            DEFINITION.1.iter().filter_map(|property| entry.properties.get(*property)).flat_map(paths)
        });
        let needed: BTreeSet<Path> = roles.filter_map(|role| policies.get(role)).flatten().cloned().collect();
        for policy in needed {
            if !assembly.dependencies(&service).contains(&policy)
                && !is_made_after(assembly, &policy, &service)
                && let Some(entry) = assembly.resources.get_mut(&service)
            {
                entry.depends_on.insert(policy);
            }
        }
    }
}

/// The resources that a value refers to.
fn paths(value: &Value) -> impl Iterator<Item = &Path> {
    value.references().into_iter().map(|reference| &reference.path)
}

/// The policies by their roles.
fn policies(assembly: &Assembly) -> BTreeMap<Path, BTreeSet<Path>> {
    let mut policies: BTreeMap<Path, BTreeSet<Path>> = BTreeMap::new();
    for (path, entry) in &assembly.resources {
        let Some((_, property)) = POLICIES.iter().find(|(type_name, _)| *type_name == entry.type_name) else {
            continue;
        };
        for role in entry.properties.get(*property).into_iter().flat_map(paths) {
            policies.entry(role.clone()).or_default().insert(path.clone());
        }
    }
    policies
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::assembly::ResourceEntry;
    use crate::environment::Environment;

    fn to(name: &str, attribute: &str) -> Json {
        json!({"$ref": format!("a/{name}#{attribute}")})
    }

    /// What the service is made after, with these policies of the roles of its tasks.
    fn after(policies: &[(&str, &str, Json)]) -> Vec<String> {
        let service = json!({"TaskDefinition": to("task", "TaskDefinitionArn")});
        let roles = json!({"ExecutionRoleArn": to("starts", "Arn"), "TaskRoleArn": to("runs", "Arn")});
        let role = || json!({"AssumeRolePolicyDocument": {}});
        let program = [
            ("service", "AWS::ECS::Service", service),
            ("task", "AWS::ECS::TaskDefinition", roles),
            ("starts", "AWS::IAM::Role", role()),
            ("runs", "AWS::IAM::Role", role()),
            ("other", "AWS::IAM::Role", role()),
        ];
        let entry = |(name, type_name, properties): &(&str, &str, Json)| {
            let Ok(Value::Map(properties)) = Value::from_json(properties.clone()) else { panic!("{name} is no map") };
            (Path::new(format!("a/{name}")), ResourceEntry::new(*type_name, properties))
        };
        let mut assembly = Assembly {
            format: 1,
            app: "shop".into(),
            state: None,
            stacks: [("a".to_owned(), Environment::new("eu-west-1"))].into(),
            resources: program.iter().chain(policies).map(entry).collect(),
            outputs: BTreeMap::new(),
            lookups: BTreeMap::new(),
        };
        dependencies(&mut assembly);
        assembly.resources["a/service"].depends_on.iter().map(ToString::to_string).collect()
    }

    fn inline(role: &str) -> Json {
        json!({"RoleName": to(role, "RoleName"), "PolicyName": "grants", "PolicyDocument": {}})
    }

    #[test]
    fn a_service_is_made_after_the_policies_of_the_roles_of_its_tasks() {
        let policies = [
            ("starts-policy", "AWS::IAM::RolePolicy", inline("starts")),
            ("runs-policy", "AWS::IAM::RolePolicy", inline("runs")),
            ("other-policy", "AWS::IAM::RolePolicy", inline("other")),
            ("more", "AWS::IAM::ManagedPolicy", json!({"Roles": [to("runs", "RoleName")], "PolicyDocument": {}})),
        ];
        assert_eq!(after(&policies), ["a/more", "a/runs-policy", "a/starts-policy"]);
    }

    #[test]
    fn a_policy_about_the_service_itself_comes_after_it() {
        let mut policy = inline("runs");
        policy["PolicyDocument"] = json!({"Statement": [{"Resource": to("service", "ServiceArn")}]});
        let policies =
            [("runs-policy", "AWS::IAM::RolePolicy", policy), ("a", "AWS::IAM::RolePolicy", inline("starts"))];
        assert_eq!(after(&policies), ["a/a"]);
    }
}
