//! Secrets that a cloud tells once, and how many of a thing an owner has at most.

use crate::resource::ResourceType;

/// Secret attributes that AWS answers with once, to the call that makes the resource.
const TOLD_ONCE: &[(&str, &str)] = &[
    // "The secret access key is accessible only during key and user creation":
    // <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html>
    ("AWS::IAM::AccessKey", "SecretAccessKey"),
];

const QUOTAS: &[(&str, OwnerQuota)] = &[
    // Not adjustable: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    ("AWS::IAM::AccessKey", OwnerQuota { name: "AccessKeysPerUser", owner: "UserName", most: 2 }),
];

/// How many resources of a type belong to one owner at most, so low that a replacement may find no room
/// beside what it replaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnerQuota {
    /// What AWS calls the quota, as in `AccessKeysPerUser`.
    pub name: &'static str,
    /// The property that names the owner.
    pub owner: &'static str,
    /// How many there are at most.
    pub most: usize,
}

impl ResourceType {
    /// Whether the value of a secret attribute is known only to the call that makes the resource.
    pub fn is_told_once(&self, attribute: &str) -> bool {
        TOLD_ONCE.contains(&(self.name, attribute))
    }

    /// How many of these an owner has at most, where that is so few that it matters.
    pub fn owner_quota(&self) -> Option<&'static OwnerQuota> {
        QUOTAS.iter().find(|(name, _)| *name == self.name).map(|(_, quota)| quota)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup;

    #[test]
    fn what_is_told_once_is_a_secret_attribute() {
        for (name, attribute) in TOLD_ONCE {
            let schema = lookup(name).unwrap_or_else(|| panic!("{name} is not published"));
            assert!(schema.attributes.contains_key(attribute), "{name} has no attribute {attribute}");
            assert!(schema.is_secret_attribute(attribute), "{name}: {attribute} is no secret");
        }
    }

    /// What an owner has is found by it, and stays with it.
    #[test]
    fn the_owner_of_a_quota_is_a_required_property_that_does_not_change() {
        for (name, quota) in QUOTAS {
            let schema = lookup(name).unwrap_or_else(|| panic!("{name} is not published"));
            assert!(schema.required().any(|property| property == quota.owner), "{name}: {}", quota.owner);
            let replacement = schema.cursor().key(quota.owner).replacement();
            assert_eq!(replacement, crate::Replacement::Always, "{name}: {}", quota.owner);
        }
    }
}
