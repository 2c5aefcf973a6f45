//! Services whose tasks need the permissions of their roles from the start.
//!
//! A service of ECS starts tasks as soon as it exists, with the roles that its task definition names. The policies of a
//! role are resources of their own, which neither of them refers to. Without a policy, a task can pull no image and read
//! no secret, and the deployment of the service fails.

use std::collections::{BTreeMap, BTreeSet};

use groundplan_schema::{ResourceType, lookup};

use crate::assembly::{Assembly, ResourceEntry};
use crate::named::is_made_after;
use crate::path::Path;
use crate::value::Value;

/// Adds to each service the policies of the roles of its tasks, as something that it is made after. What would make a
/// cycle is left out: a policy may be about the service itself, and is then there only once tasks run.
pub(crate) fn dependencies(assembly: &mut Assembly) {
    let starts = assembly.resources.iter().filter(|(_, entry)| is(entry, ResourceType::starts_tasks));
    let services: Vec<Path> = starts.map(|(path, _)| path.clone()).collect();
    if services.is_empty() {
        return;
    }
    let policies = policies(assembly);
    for service in services {
        let definitions = assembly.dependencies(&service);
        let entries = definitions.iter().filter_map(|path| assembly.resources.get(path));
        let roles = entries.flat_map(|entry| {
            let named = lookup(&entry.type_name).map_or(&[][..], ResourceType::task_roles);
            named.iter().filter_map(|property| entry.properties.get(*property)).flat_map(paths)
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

fn is(entry: &ResourceEntry, fact: impl Fn(&ResourceType) -> bool) -> bool {
    lookup(&entry.type_name).is_some_and(fact)
}

/// The resources that a value refers to.
fn paths(value: &Value) -> impl Iterator<Item = &Path> {
    value.references().into_iter().map(|reference| &reference.path)
}

/// The policies by their roles.
fn policies(assembly: &Assembly) -> BTreeMap<Path, BTreeSet<Path>> {
    let mut policies: BTreeMap<Path, BTreeSet<Path>> = BTreeMap::new();
    for (path, entry) in &assembly.resources {
        let Some(property) = lookup(&entry.type_name).and_then(ResourceType::policy_roles) else { continue };
        for role in entry.properties.get(property).into_iter().flat_map(paths) {
            policies.entry(role.clone()).or_default().insert(path.clone());
        }
    }
    policies
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::environment::Environment;

    fn to(name: &str, attribute: &str) -> Json {
        json!({"$ref": format!("a/{name}#{attribute}")})
    }

    /// Returns the dependencies of the service, with these policies of the roles of its tasks.
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
