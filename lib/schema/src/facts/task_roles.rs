//! Types that start tasks with the roles that a definition names.
//!
//! A service of ECS starts tasks as soon as it exists. The policies of the roles of its tasks are resources of their own,
//! which neither the service nor the definition refers to.
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html>

use crate::resource::ResourceType;

/// The types that start tasks.
const STARTS: [&str; 2] = ["AWS::ECS::Service", "AWS::ECS::TaskSet"];

/// The type that names the roles of tasks, and the properties that do so.
const DEFINITION: (&str, [&str; 2]) = ("AWS::ECS::TaskDefinition", ["ExecutionRoleArn", "TaskRoleArn"]);

/// The policies of roles, and the properties that name the roles.
const POLICIES: [(&str, &str); 3] =
    [("AWS::IAM::ManagedPolicy", "Roles"), ("AWS::IAM::Policy", "Roles"), ("AWS::IAM::RolePolicy", "RoleName")];

impl ResourceType {
    /// Returns whether a resource of this type starts tasks as soon as it exists.
    pub fn starts_tasks(&self) -> bool {
        STARTS.contains(&self.name)
    }

    /// Returns the properties that name the roles of tasks, if this type defines tasks.
    pub fn task_roles(&self) -> &'static [&'static str] {
        if self.name == DEFINITION.0 { &DEFINITION.1 } else { &[] }
    }

    /// Returns the property that names the roles that a policy of this type belongs to.
    pub fn policy_roles(&self) -> Option<&'static str> {
        POLICIES.iter().find(|(name, _)| *name == self.name).map(|(_, property)| *property)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup;

    #[test]
    fn every_type_and_property_is_published() {
        let has = |name: &str, property: &str| lookup(name).expect("published").properties.contains_key(property);
        assert!(STARTS.iter().all(|name| lookup(name).expect("published").starts_tasks()));
        assert!(DEFINITION.1.iter().all(|property| has(DEFINITION.0, property)));
        assert!(POLICIES.iter().all(|(name, property)| has(name, property)));
    }
}
