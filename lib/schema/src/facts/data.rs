//! Databases, caches, file systems, streams and queues.

use super::{Row, row};
use crate::behavior::Recovery::{ClientToken, DeterministicName, FindByTag};

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    // CreateBroker takes a CreatorRequestId.
    row("AWS::AmazonMQ::Broker").waits(30, 2400).early(&["Id", "Arn"]),
    row("AWS::DMS::ReplicationInstance").waits(60, 3600).early(&["Id"]),
    row("AWS::DocDB::DBCluster").waits(30, 1800).early(&["DBClusterIdentifier", "ClusterResourceId"]),
    // CreateDBInstance refuses an identifier that exists; CloudFormation's identifier is that name.
    row("AWS::DocDB::DBInstance").by(DeterministicName).waits(30, 1800).early(&["Id"]),
    row("AWS::DynamoDB::GlobalTable").waits(20, 1200).early(&["TableName", "Arn", "TableId"]),
    row("AWS::DynamoDB::Table").waits(20, 500).early(&["TableName", "Arn"]),
    // CreateVolume takes a ClientToken.
    row("AWS::EC2::Volume").waits(15, 600).early(&["VolumeId"]),
    // The same CreationToken does not give the same file system again but the error
    // FileSystemAlreadyExists; tags are taken, too (API_CreateFileSystem).
    row("AWS::EFS::FileSystem").by(FindByTag).waits(5, 300).early(&["FileSystemId", "Arn"]),
    // One mount target in a zone: MountTargetConflict (API_CreateMountTarget).
    row("AWS::EFS::MountTarget").alone().waits(5, 600).early(&["Id", "IpAddress"]),
    row("AWS::ElastiCache::CacheCluster").waits(15, 1800).early(&["ClusterName"]),
    row("AWS::ElastiCache::ReplicationGroup").waits(15, 2400).early(&["ReplicationGroupId"]),
    row("AWS::ElastiCache::ServerlessCache").waits(15, 1200).early(&["ServerlessCacheName", "ARN"]),
    // CreateFileSystem takes a ClientRequestToken.
    row("AWS::FSx::FileSystem").by(ClientToken).waits(30, 3600).early(&["Id", "ResourceARN"]),
    row("AWS::Kinesis::Stream").waits(10, 180).early(&["Name", "Arn"]),
    row("AWS::KinesisFirehose::DeliveryStream").waits(10, 600).early(&["DeliveryStreamName", "Arn"]),
    // CreateCluster takes no token, and refuses a name that exists.
    row("AWS::MSK::Cluster").by(DeterministicName).waits(60, 3600).early(&["Arn"]),
    row("AWS::Neptune::DBCluster").waits(30, 1800).early(&["DBClusterIdentifier", "ClusterResourceId"]),
    row("AWS::Neptune::DBInstance").waits(30, 1800).early(&["DBInstanceIdentifier"]),
    row("AWS::OpenSearchService::Domain").waits(60, 3600).early(&["DomainName", "Arn", "Id"]),
    row("AWS::RDS::DBCluster").waits(30, 1800).early(&["DBClusterIdentifier", "DBClusterArn", "DBClusterResourceId"]),
    row("AWS::RDS::DBInstance").waits(15, 5400).early(&["DBInstanceIdentifier", "DBInstanceArn", "DbiResourceId"]),
    row("AWS::RDS::DBProxy").waits(30, 1800).early(&["DBProxyName", "DBProxyArn"]),
    row("AWS::RDS::DBSubnetGroup").waits(2, 120).early(&["DBSubnetGroupArn", "DBSubnetGroupName"]),
    row("AWS::Redshift::Cluster").waits(60, 1800).early(&["ClusterIdentifier"]),
    row("AWS::RedshiftServerless::Workgroup").waits(30, 1800).early(&["WorkgroupName"]),
    // PutBucketPolicy "replaces" the policy that is there.
    row("AWS::S3::BucketPolicy").overwrites(),
    // CreateQueue is told apart by the name; SNS's CreateTopic likewise.
    row("AWS::SQS::Queue").by(DeterministicName),
];
