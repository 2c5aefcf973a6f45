//! Collections whose members are stated with the resource that has them, or as resources of their own.

/// A property that holds members of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InlineCollection {
    /// The type that has the collection, as in `AWS::EC2::SecurityGroup`.
    pub owner_type: &'static str,
    /// Its property, as in `SecurityGroupIngress`.
    pub property: &'static str,
    /// The type of a member as a resource of its own, whose properties have the names of the
    /// property's elements.
    pub member_type: &'static str,
    /// The property of such a resource that names the owner.
    pub owner_property: &'static str,
    /// The attribute of the owner that it takes.
    pub owner_attribute: &'static str,
    /// Whether the property is the whole collection, so that it takes members of their own for
    /// changes by hand. Else the members are told apart by name.
    pub whole: bool,
}

/// An `AWS::IAM::ManagedPolicy` that attaches itself to a role by its `Roles` is told apart from the
/// role's `ManagedPolicyArns` by its ARN, and certificates of a listener are those beside its default
/// one: both stand beside each other. A zone's `VPCs` and the targets of a target group have no type
/// of their own.
const COLLECTIONS: &[InlineCollection] = &[
    // <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html>
    whole("AWS::EC2::SecurityGroup", "SecurityGroupIngress", "AWS::EC2::SecurityGroupIngress", "GroupId", "GroupId"),
    whole("AWS::EC2::SecurityGroup", "SecurityGroupEgress", "AWS::EC2::SecurityGroupEgress", "GroupId", "GroupId"),
    // <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html>
    named("AWS::IAM::Role", "Policies", "AWS::IAM::RolePolicy", "RoleName", "RoleName"),
    named("AWS::IAM::User", "Policies", "AWS::IAM::UserPolicy", "UserName", "UserName"),
    named("AWS::IAM::Group", "Policies", "AWS::IAM::GroupPolicy", "GroupName", "GroupName"),
    // <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sns-topic.html>
    named("AWS::SNS::Topic", "Subscription", "AWS::SNS::Subscription", "TopicArn", "TopicArn"),
    // <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-instance.html>
    named("AWS::EC2::Instance", "Volumes", "AWS::EC2::VolumeAttachment", "InstanceId", "InstanceId"),
    // <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LifecycleHookSpecification.html>
    named(
        "AWS::AutoScaling::AutoScalingGroup",
        "LifecycleHookSpecificationList",
        "AWS::AutoScaling::LifecycleHook",
        "AutoScalingGroupName",
        "AutoScalingGroupName",
    ),
    // PutClusterCapacityProviders replaces the whole list.
    // <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_PutClusterCapacityProviders.html>
    whole(
        "AWS::ECS::Cluster",
        "CapacityProviders",
        "AWS::ECS::ClusterCapacityProviderAssociations",
        "Cluster",
        "ClusterName",
    ),
    // One policy document, which a statement of its own is written into.
    // <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutPermission.html>
    whole("AWS::Events::EventBus", "Policy", "AWS::Events::EventBusPolicy", "EventBusName", "Name"),
];

const fn whole(
    owner_type: &'static str,
    property: &'static str,
    member_type: &'static str,
    owner_property: &'static str,
    owner_attribute: &'static str,
) -> InlineCollection {
    InlineCollection { owner_type, property, member_type, owner_property, owner_attribute, whole: true }
}

const fn named(
    owner_type: &'static str,
    property: &'static str,
    member_type: &'static str,
    owner_property: &'static str,
    owner_attribute: &'static str,
) -> InlineCollection {
    InlineCollection { whole: false, ..whole(owner_type, property, member_type, owner_property, owner_attribute) }
}

/// The collections of a type.
pub fn inline_collections(owner_type: &str) -> impl Iterator<Item = &'static InlineCollection> {
    COLLECTIONS.iter().filter(move |collection| collection.owner_type == owner_type)
}

/// The collections that a resource of a type is a member of.
pub fn memberships(member_type: &str) -> impl Iterator<Item = &'static InlineCollection> {
    COLLECTIONS.iter().filter(move |collection| collection.member_type == member_type)
}

#[cfg(test)]
mod tests {
    use super::COLLECTIONS;
    use crate::lookup;

    #[test]
    fn every_collection_is_one_of_the_schema() {
        for collection in COLLECTIONS {
            let [owner, member] = [collection.owner_type, collection.member_type].map(|name| lookup(name).expect(name));
            assert!(owner.properties.contains_key(collection.property), "{collection:?}");
            assert!(member.properties.contains_key(collection.owner_property), "{collection:?}");
            let attribute = collection.owner_attribute;
            assert!(
                owner.attributes.contains_key(attribute) || owner.properties.contains_key(attribute),
                "{collection:?}"
            );
        }
    }
}
