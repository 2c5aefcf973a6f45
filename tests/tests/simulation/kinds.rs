//! The kinds of resources that programs of the simulation are made of.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Vpc,
    Subnet,
    SecurityGroup,
    RouteTable,
    Role,
    RolePolicy,
    Key,
    Alias,
    LogGroup,
    Queue,
    Topic,
    Subscription,
    Bucket,
    BucketPolicy,
    Table,
    Function,
    Secret,
    Database,
    FileSystem,
    MountTarget,
    Zone,
    Record,
}

pub(crate) const KINDS: [Kind; 22] = [
    Kind::Vpc,
    Kind::Subnet,
    Kind::SecurityGroup,
    Kind::RouteTable,
    Kind::Role,
    Kind::RolePolicy,
    Kind::Key,
    Kind::Alias,
    Kind::LogGroup,
    Kind::Queue,
    Kind::Topic,
    Kind::Subscription,
    Kind::Bucket,
    Kind::BucketPolicy,
    Kind::Table,
    Kind::Function,
    Kind::Secret,
    Kind::Database,
    Kind::FileSystem,
    Kind::MountTarget,
    Kind::Zone,
    Kind::Record,
];

impl Kind {
    pub(crate) fn type_name(self) -> &'static str {
        match self {
            Self::Vpc => "AWS::EC2::VPC",
            Self::Subnet => "AWS::EC2::Subnet",
            Self::SecurityGroup => "AWS::EC2::SecurityGroup",
            Self::RouteTable => "AWS::EC2::RouteTable",
            Self::Role => "AWS::IAM::Role",
            Self::RolePolicy => "AWS::IAM::RolePolicy",
            Self::Key => "AWS::KMS::Key",
            Self::Alias => "AWS::KMS::Alias",
            Self::LogGroup => "AWS::Logs::LogGroup",
            Self::Queue => "AWS::SQS::Queue",
            Self::Topic => "AWS::SNS::Topic",
            Self::Subscription => "AWS::SNS::Subscription",
            Self::Bucket => "AWS::S3::Bucket",
            Self::BucketPolicy => "AWS::S3::BucketPolicy",
            Self::Table => "AWS::DynamoDB::Table",
            Self::Function => "AWS::Lambda::Function",
            Self::Secret => "AWS::SecretsManager::Secret",
            Self::Database => "AWS::RDS::DBInstance",
            Self::FileSystem => "AWS::EFS::FileSystem",
            Self::MountTarget => "AWS::EFS::MountTarget",
            Self::Zone => "AWS::Route53::HostedZone",
            Self::Record => "AWS::Route53::RecordSet",
        }
    }

    /// Returns the kinds of its dependencies.
    pub(crate) fn parents(self) -> &'static [Self] {
        match self {
            Self::Subnet | Self::SecurityGroup | Self::RouteTable => &[Self::Vpc],
            Self::RolePolicy | Self::Function => &[Self::Role],
            Self::Alias | Self::LogGroup => &[Self::Key],
            Self::Subscription => &[Self::Topic, Self::Queue],
            Self::BucketPolicy => &[Self::Bucket],
            Self::Database => &[Self::SecurityGroup, Self::Secret],
            Self::MountTarget => &[Self::FileSystem, Self::Subnet],
            Self::Record => &[Self::Zone],
            _ => &[],
        }
    }

    /// Returns whether it can exist without them.
    pub(crate) fn stands_alone(self) -> bool {
        matches!(self, Self::LogGroup | Self::Database)
    }

    /// Returns whether it is unique for its properties, so that it is the same under every path.
    pub(crate) fn is_one_of_a_kind(self) -> bool {
        matches!(self, Self::RolePolicy | Self::Alias | Self::BucketPolicy | Self::Record)
    }

    /// Returns whether all resources that refer to it have to be replaced with it. A resource that refers to it by a
    /// property that can be changed would prevent its deletion before the new one exists.
    pub(crate) fn takes_consumers_along(self) -> bool {
        matches!(self, Self::Queue | Self::Topic | Self::Bucket | Self::FileSystem | Self::Zone)
    }
}
