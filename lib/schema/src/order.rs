//! The meaning of the order of lists.

use crate::cursor::Cursor;

/// The meaning of the order of the elements of a list to AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListOrder {
    /// The order has no meaning: the list is a set.
    Set,
    /// The order has a meaning: two orders are two values.
    Sequence,
    /// The sources do not say. AWS may return such a list in another order, but may also treat two orders differently.
    Unknown,
}

/// Lists whose order means something, by the last names on their way, some of them against the
/// registry's `insertionOrder: false`.
///
/// - command lines and the entry points before them;
/// - CloudFront takes the first cache behavior that matches, and the first member of an origin group
///   is the primary one:
///   <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CacheBehavior.html>,
///   <https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_OriginGroupMembers.html>;
/// - S3 takes the first routing rule that matches:
///   <https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-to-page-redirect.html>;
/// - later Lambda layers overwrite earlier ones:
///   <https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html>;
/// - resolvers are queried, and suffixes tried, one after the other:
///   <https://docs.aws.amazon.com/vpc/latest/userguide/DHCPOptionSet.html>;
/// - Auto Scaling terminates and ECS places by the first policy first, and the order of launch
///   template overrides is their priority:
///   <https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html>,
///   <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-placement-strategies.html>;
/// - stages of a pipeline and functions of a resolver run in turn:
///   <https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PipelineDeclaration.html>,
///   <https://docs.aws.amazon.com/appsync/latest/APIReference/API_PipelineConfig.html>;
/// - columns of a table and of its keys have places:
///   <https://docs.aws.amazon.com/glue/latest/webapi/API_StorageDescriptor.html>,
///   <https://docs.aws.amazon.com/keyspaces/latest/APIReference/API_SchemaDefinition.html>.
const SEQUENCES: &[&str] = &[
    "Arguments",
    "BootstrapActions",
    "CacheBehaviors",
    "ClusteringKeyColumns",
    "Columns",
    "Command",
    "DnsSearchDomains",
    "DnsServers",
    "DomainNameServers",
    "EntryPoint",
    "Layers",
    "LaunchTemplate.Overrides",
    "NetbiosNameServers",
    "NtpServers",
    "OriginGroup.Members.Items",
    "OriginGroups.Items.Members.Items",
    "PartitionKeyColumns",
    "PartitionKeys",
    "PipelineConfig.Functions",
    "PlacementStrategies",
    "RoutingRules",
    "SkewedColumnNames",
    "SkewedColumnValues",
    "SortColumns",
    "Stages",
    "TerminationPolicies",
];

/// Lists that are sets although the registry does not say so.
///
/// - zones: RDS and others spread over them and return them sorted, and always three:
///   <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBCluster.html>;
/// - the names of a certificate: any of them may be requested:
///   <https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html>;
/// - which logs are exported;
/// - actions of listeners have an `Order` where there are several:
///   <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html>;
/// - what CloudFront takes as `Items` with a `Quantity`, except cache behaviors;
/// - values of a record set: DNS has no order of equal records;
/// - rules of a web ACL have a `Priority`:
///   <https://docs.aws.amazon.com/waf/latest/APIReference/API_Rule.html>.
const SETS: &[&str] = &[
    "Aliases",
    "AllowedMethods",
    "AvailabilityZones",
    "CachedMethods",
    "Certificate.DomainValidationOptions",
    "DefaultActions",
    "EnableCloudwatchLogsExports",
    "OriginCustomHeaders",
    "OriginSSLProtocols",
    "Origins",
    "PreferredCacheClusterAZs",
    "RecordSet.ResourceRecords",
    "SubjectAlternativeNames",
    "WebACL.Rules",
];

/// The properties that identify the elements of a list. The first one that an element has counts.
pub const NAMING: [&str; 4] = ["Name", "Id", "Key", "PolicyName"];

/// Types of which a list names several members of one group: nothing takes subnets, security groups,
/// roles or target groups in turn.
const MEMBERS: &[&str] = &[
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::Subnet",
    "AWS::EC2::RouteTable",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
];

impl Cursor<'_> {
    /// Returns the meaning of the order of the list here. The registry's `insertionOrder: false` means a set, except
    /// where it is known to be wrong. Its absence means nothing, since most schemas never mention it, and even command
    /// lines have `uniqueItems`.
    pub fn list_order(&self) -> ListOrder {
        let mut names = vec![self.resource().short_name()];
        names.extend(self.names());
        let listed = |list: &[&str]| {
            list.iter().any(|stated| {
                let stated: Vec<&str> = stated.split('.').collect();
                names.ends_with(&stated)
            })
        };
        if listed(SEQUENCES) {
            return ListOrder::Sequence;
        }
        let tags = self.resource().tags.as_ref().map(|tags| tags.property);
        let is_tags = matches!(self.names(), [only] if tags == Some(*only));
        let property = self.property();
        let of_members = property
            .is_some_and(|property| property.references.iter().any(|reference| MEMBERS.contains(&reference.resource)));
        match is_tags || of_members || property.is_some_and(|property| property.unordered) || listed(SETS) {
            true => ListOrder::Set,
            false => ListOrder::Unknown,
        }
    }
}
