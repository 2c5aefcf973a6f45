//! Naming properties, and relations that are part of a resource's identity.

use crate::kind::Kind;
use crate::resource::ResourceType;

impl ResourceType {
    /// Returns the property with the name of a resource of this type, as in `RoleName`; `None` if it has no name.
    pub fn own_name(&self) -> Option<&'static str> {
        let named = |name: &str| {
            let (key, property) = self.properties.get_key_value(name)?;
            (property.kind == Kind::String).then_some(*key)
        };
        let identifies = || {
            let set = self.primary_identifier.iter().filter_map(|name| named(name));
            let set: Vec<_> = set.filter(|name| !self.names_another(name)).collect();
            let optional = set.iter().find(|name| !self.properties[*name].required);
            optional.or(set.last()).copied()
        };
        let short = self.short_name();
        named(&format!("{short}Name"))
            .or_else(identifies)
            .or_else(|| named("Name"))
            .or_else(|| named(&format!("{short}Identifier")))
    }

    /// Returns whether it is a relation of other resources, by its form: a subnet has one association with a route
    /// table, whatever its identifier. The rules of its [claims](crate::claim_rules) define its identity.
    pub(super) fn is_relation(&self) -> bool {
        let identifier = &self.primary_identifier;
        let set = identifier.iter().all(|name| self.properties.contains_key(*name));
        let refers = |name: &str| {
            let property = self.properties.get(name);
            property.is_some_and(|property| property.required && !property.references.is_empty())
        };
        match identifier[..] {
            [] => false,
            [name] if set && refers(name) && self.own_name() != Some(name) => true,
            [_, _, ..] if set => true,
            _ => {
                let relates = ["Association", "Attachment"].iter().any(|end| self.short_name().ends_with(end));
                relates && self.required().any(refers)
            }
        }
    }

    /// Returns whether a property has to name a resource of another type.
    fn names_another(&self, name: &str) -> bool {
        let property = &self.properties[name];
        property.required && property.references.iter().any(|reference| reference.resource != self.name)
    }
}

#[cfg(test)]
mod tests {
    use crate::lookup;

    #[test]
    fn the_name_of_a_resource_is_not_the_name_of_another() {
        let name = |type_name| lookup(type_name).expect("published").own_name();
        assert_eq!(name("AWS::S3::Bucket"), Some("BucketName"));
        assert_eq!(name("AWS::S3::BucketPolicy"), None);
        assert_eq!(name("AWS::RDS::DBInstance"), Some("DBInstanceIdentifier"));
        assert_eq!(name("AWS::SecretsManager::Secret"), Some("Name"));
        assert_eq!(name("AWS::EKS::Nodegroup"), Some("NodegroupName"));
        assert_eq!(name("AWS::ElasticLoadBalancingV2::LoadBalancer"), Some("Name"));
    }

    #[test]
    fn what_relates_others_is_a_relation() {
        let is_relation = |type_name| lookup(type_name).expect("published").is_relation();
        assert!(is_relation("AWS::S3::BucketPolicy"));
        assert!(is_relation("AWS::IAM::RolePolicy"));
        assert!(is_relation("AWS::EC2::SubnetRouteTableAssociation"));
        assert!(!is_relation("AWS::EC2::VPC"));
        assert!(!is_relation("AWS::Lambda::Permission"), "two of the same are told apart by their ids");
    }
}
