//! Secrets that are returned only once, and limits on the number of resources per owner.

use crate::resource::ResourceType;

/// Secret attributes that AWS returns only in the response to the create call.
const TOLD_ONCE: &[(&str, &str)] = &[
    // "The secret access key is accessible only during key and user creation":
    // <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccessKey.html>
    ("AWS::IAM::AccessKey", "SecretAccessKey"),
];

const QUOTAS: &[(&str, OwnerQuota)] = &[
    // Not adjustable: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
    ("AWS::IAM::AccessKey", OwnerQuota { name: "AccessKeysPerUser", owner: "UserName", most: 2 }),
];

/// A limit on the number of resources of a type per owner that is so low that a replacement may exceed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnerQuota {
    /// The name of the quota in AWS, as in `AccessKeysPerUser`.
    pub name: &'static str,
    /// The property that names the owner.
    pub owner: &'static str,
    /// The maximum number.
    pub most: usize,
}

impl ResourceType {
    /// Returns whether only the create call returns the value of a secret attribute.
    pub fn is_told_once(&self, attribute: &str) -> bool {
        TOLD_ONCE.contains(&(self.name, attribute))
    }

    /// Returns the limit on the number of these resources per owner, if it is low enough to matter.
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

    /// Checks that the owner of a quota is a required property that does not change, so that the resources of an owner
    /// can be found by it.
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
