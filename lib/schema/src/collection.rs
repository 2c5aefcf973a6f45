//! Collections of a resource that others may add to as well.

/// A property that holds members which may also be resources of their own, or be added by services,
/// controllers and people. A program owns the members that it declares, not the collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collection {
    /// CloudFormation's name of the type that has the property.
    pub resource: &'static str,
    /// The property.
    pub property: &'static str,
    /// The type of a member as a resource of its own, with the property that names the resource that
    /// has it; none where CloudFormation has no such type.
    pub member: Option<(&'static str, &'static str)>,
}

/// All such collections, besides tags.
///
/// - <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-securitygroupingress.html>
/// - <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-iam-rolepolicy.html>,
///   `AWS::IAM::UserPolicy`, `AWS::IAM::GroupPolicy`; and `AWS::IAM::ManagedPolicy`, which attaches
///   itself to roles, users and groups
/// - <https://docs.aws.amazon.com/Route53/latest/APIReference/API_AssociateVPCWithHostedZone.html>: also
///   from other accounts
/// - <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_RegisterTargets.html>: ECS
///   and Auto Scaling register targets
const COLLECTIONS: &[Collection] = &[
    of("AWS::EC2::SecurityGroup", "SecurityGroupEgress", Some(("AWS::EC2::SecurityGroupEgress", "GroupId"))),
    of("AWS::EC2::SecurityGroup", "SecurityGroupIngress", Some(("AWS::EC2::SecurityGroupIngress", "GroupId"))),
    of("AWS::ElasticLoadBalancingV2::TargetGroup", "Targets", None),
    of("AWS::IAM::Group", "ManagedPolicyArns", None),
    of("AWS::IAM::Group", "Policies", Some(("AWS::IAM::GroupPolicy", "GroupName"))),
    of("AWS::IAM::Role", "ManagedPolicyArns", None),
    of("AWS::IAM::Role", "Policies", Some(("AWS::IAM::RolePolicy", "RoleName"))),
    of("AWS::IAM::User", "ManagedPolicyArns", None),
    of("AWS::IAM::User", "Policies", Some(("AWS::IAM::UserPolicy", "UserName"))),
    of("AWS::Route53::HostedZone", "VPCs", None),
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

const fn of(
    resource: &'static str,
    property: &'static str,
    member: Option<(&'static str, &'static str)>,
) -> Collection {
    Collection { resource, property, member }
}

/// The collections of a type that others may add to as well, besides its tags.
pub fn collections(resource: &str) -> impl Iterator<Item = &'static Collection> {
    COLLECTIONS.iter().filter(move |known| known.resource == resource)
}

/// Whether a tag with this key belongs to others than the program, unless the program declares it.
pub fn is_foreign_tag(key: &str) -> bool {
    FOREIGN_TAGS.iter().any(|start| key.starts_with(start))
}
