//! Collections of a resource, whose members are declared inline at the owner, as separate resources, or both.

use serde_json::Value as Json;

use crate::order::NAMING;

/// A property that holds members of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collection {
    /// The type that has the collection, as in `AWS::EC2::SecurityGroup`.
    pub owner_type: &'static str,
    /// Its property, as in `SecurityGroupIngress`: a list of members, or the value that makes the owner a
    /// member, as the `CidrBlock` of a VPC is one of its blocks.
    pub property: &'static str,
    /// A member as a separate resource; `None` if CloudFormation has no such type.
    pub member: Option<Member>,
    /// The type of the resources that add themselves to the property, which names them.
    pub adds_itself: Option<&'static str>,
    /// `true` if the property is the whole collection, so that separate members appear as manual changes. Otherwise,
    /// members are distinguished by their claims.
    pub exclusive: bool,
    /// `true` if services, controllers and people also add members, so that a program owns only the members that it
    /// declares.
    pub open_to_others: bool,
}

/// A member of a collection as a separate resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its type, whose properties have the names of the elements of the property.
    pub type_name: &'static str,
    /// Its property that names the owner.
    pub owner_property: &'static str,
    /// The attribute of the owner that it takes.
    pub owner_attribute: &'static str,
}

/// The collections. Certificates of a listener exclude its default one, so both properties can coexist.
#[rustfmt::skip]
const COLLECTIONS: &[Collection] = &[
    // <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LifecycleHookSpecification.html>
    of("AWS::AutoScaling::AutoScalingGroup", "LifecycleHookSpecificationList").member("AWS::AutoScaling::LifecycleHook", "AutoScalingGroupName", "AutoScalingGroupName"),
    // The instance of an address is associated with it: there is no second association
    // (API_AssociateAddress).
    of("AWS::EC2::EIP", "InstanceId").member("AWS::EC2::EIPAssociation", "AllocationId", "AllocationId"),
    // <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-instance.html>
    of("AWS::EC2::Instance", "Volumes").member("AWS::EC2::VolumeAttachment", "InstanceId", "InstanceId"),
    // <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html>
    of("AWS::EC2::SecurityGroup", "SecurityGroupEgress").member("AWS::EC2::SecurityGroupEgress", "GroupId", "GroupId").exclusive().open(),
    of("AWS::EC2::SecurityGroup", "SecurityGroupIngress").member("AWS::EC2::SecurityGroupIngress", "GroupId", "GroupId").exclusive().open(),
    // "The CIDR block must not overlap with any existing CIDR block that's associated with the VPC."
    // <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html>
    of("AWS::EC2::VPC", "CidrBlock").member("AWS::EC2::VPCCidrBlock", "VpcId", "VpcId"),
    // PutClusterCapacityProviders replaces the whole list.
    // <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutClusterCapacityProviders.html>
    of("AWS::ECS::Cluster", "CapacityProviders").member("AWS::ECS::ClusterCapacityProviderAssociations", "Cluster", "ClusterName").exclusive(),
    // ECS and Auto Scaling register targets.
    // <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html>
    of("AWS::ElasticLoadBalancingV2::TargetGroup", "Targets").open(),
    // One policy document, which a statement of its own is written into.
    // <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html>
    of("AWS::Events::EventBus", "Policy").member("AWS::Events::EventBusPolicy", "EventBusName", "Name").exclusive(),
    // A managed policy attaches itself to its `Roles`, `Users` and `Groups`, and is told apart by its ARN.
    // <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html>
    of("AWS::IAM::Group", "ManagedPolicyArns").adds_itself("AWS::IAM::ManagedPolicy").open(),
    of("AWS::IAM::Group", "Policies").member("AWS::IAM::GroupPolicy", "GroupName", "GroupName").open(),
    // Its handler reads every group, role and user that the policy is attached to, whoever has attached it
    // (ListEntitiesForPolicy): also those that attach it by their `ManagedPolicyArns`, told apart by their name.
    // <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListEntitiesForPolicy.html>
    of("AWS::IAM::ManagedPolicy", "Groups").adds_itself("AWS::IAM::Group").open(),
    of("AWS::IAM::ManagedPolicy", "Roles").adds_itself("AWS::IAM::Role").open(),
    of("AWS::IAM::ManagedPolicy", "Users").adds_itself("AWS::IAM::User").open(),
    of("AWS::IAM::Role", "ManagedPolicyArns").adds_itself("AWS::IAM::ManagedPolicy").open(),
    of("AWS::IAM::Role", "Policies").member("AWS::IAM::RolePolicy", "RoleName", "RoleName").open(),
    of("AWS::IAM::User", "ManagedPolicyArns").adds_itself("AWS::IAM::ManagedPolicy").open(),
    of("AWS::IAM::User", "Policies").member("AWS::IAM::UserPolicy", "UserName", "UserName").open(),
    // Also from other accounts.
    // <https://docs.aws.amazon.com/Route53/latest/APIReference/API_AssociateVPCWithHostedZone.html>
    of("AWS::Route53::HostedZone", "VPCs").open(),
    // <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html>
    of("AWS::SNS::Topic", "Subscription").member("AWS::SNS::Subscription", "TopicArn", "TopicArn"),
];

/// Starts of the keys of tags that belong to others than the program: AWS itself, Groundplan's
/// identity tags, and what EKS, controllers in a cluster and ECS write on subnets, groups and
/// balancers that they use.
/// <https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html>,
/// <https://docs.aws.amazon.com/eks/latest/userguide/network-load-balancing.html>,
/// <https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/deploy/subnet_discovery/>,
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cluster-auto-scaling.html>
const FOREIGN_TAGS: &[&str] = &[
    "AmazonECSManaged",
    "aws:",
    "eks:",
    "elbv2.k8s.aws/",
    "groundplan:",
    "ingress.k8s.aws/",
    "k8s.io/",
    "karpenter.sh/",
    "kubernetes.io/",
    "service.k8s.aws/",
];

/// A collection whose members belong to the program and are distinguished by their claims.
const fn of(owner_type: &'static str, property: &'static str) -> Collection {
    Collection { owner_type, property, member: None, adds_itself: None, exclusive: false, open_to_others: false }
}

impl Collection {
    const fn member(self, type_name: &'static str, owner_property: &'static str, attribute: &'static str) -> Self {
        Self { member: Some(Member { type_name, owner_property, owner_attribute: attribute }), ..self }
    }

    const fn adds_itself(self, type_name: &'static str) -> Self {
        Self { adds_itself: Some(type_name), ..self }
    }

    const fn exclusive(self) -> Self {
        Self { exclusive: true, ..self }
    }

    const fn open(self) -> Self {
        Self { open_to_others: true, ..self }
    }
}

/// Returns the collections of a type that others may also add to, besides its tags.
pub fn collections(owner_type: &str) -> impl Iterator<Item = &'static Collection> {
    of_type(owner_type).filter(|collection| collection.open_to_others)
}

/// Returns the collections of a type whose members may also be separate resources.
pub fn inline_collections(owner_type: &str) -> impl Iterator<Item = (&'static Collection, &'static Member)> {
    of_type(owner_type).filter_map(|collection| Some((collection, collection.member.as_ref()?)))
}

/// Returns the collections that a resource of a type is a member of.
pub fn memberships(member_type: &str) -> impl Iterator<Item = (&'static Collection, &'static Member)> {
    let members = COLLECTIONS.iter().filter_map(|collection| Some((collection, collection.member.as_ref()?)));
    members.filter(move |(_, member)| member.type_name == member_type)
}

fn of_type(owner_type: &str) -> impl Iterator<Item = &'static Collection> {
    COLLECTIONS.iter().filter(move |collection| collection.owner_type == owner_type)
}

/// Returns whether both are the same member of a collection: the same tag or policy by its name, whatever its value is,
/// or the same rule.
pub fn is_same_member(one: &Json, other: &Json) -> bool {
    match NAMING.iter().find(|name| one.get(name).is_some()) {
        Some(name) => one.get(name) == other.get(name),
        None => one == other,
    }
}

/// Returns whether a tag with this key belongs to someone other than the program, unless the program declares it.
pub fn is_foreign_tag(key: &str) -> bool {
    FOREIGN_TAGS.iter().any(|start| key.starts_with(start))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::COLLECTIONS;
    use crate::lookup;

    #[test]
    fn every_collection_is_one_of_the_schema_and_has_one_row() {
        let mut seen = BTreeSet::new();
        for collection in COLLECTIONS {
            assert!(seen.insert((collection.owner_type, collection.property)), "{collection:?}");
            let owner = lookup(collection.owner_type).expect(collection.owner_type);
            assert!(owner.properties.contains_key(collection.property), "{collection:?}");
            assert!(collection.adds_itself.is_none_or(|name| lookup(name).is_some()), "{collection:?}");
            let Some(of) = collection.member else {
                assert!(!collection.exclusive, "{collection:?}");
                continue;
            };
            let member = lookup(of.type_name).expect(of.type_name);
            assert!(member.properties.contains_key(of.owner_property), "{collection:?}");
            let attribute = of.owner_attribute;
            let known = owner.attributes.contains_key(attribute) || owner.properties.contains_key(attribute);
            assert!(known, "{collection:?}");
        }
    }
}
