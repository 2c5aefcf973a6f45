//! Buckets, databases, caches, streams and queues.

use super::{Row, named, row};

#[rustfmt::skip] // A row a line.
pub(super) const ROWS: &[Row] = &[
    // A bucket's name is unique over all accounts of a partition.
    // <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
    row("AWS::S3::Bucket", "name of a bucket", "BucketName:lower").of_partition(),
    // <https://docs.aws.amazon.com/AmazonS3/latest/API/API_s3TableBuckets_CreateTable.html>
    row("AWS::S3Tables::Table", "name of a table", "TableBucketARN, Namespace, TableName"),
    row("AWS::S3Vectors::Index", "name of a vector index", "VectorBucketArn|VectorBucketName, IndexName"),
    // Names of both kinds of vault "are unique to the account used to create them and the Region".
    // <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_CreateLogicallyAirGappedBackupVault.html>
    named("AWS::Backup::BackupVault", "name of a backup vault"),
    named("AWS::Backup::LogicallyAirGappedBackupVault", "name of a backup vault"),
    // A mount target for each zone; here by its subnet.
    // <https://docs.aws.amazon.com/efs/latest/ug/API_CreateMountTarget.html>
    row("AWS::EFS::MountTarget", "mount target in a subnet", "FileSystemId, SubnetId"),
    // RDS, Neptune and DocumentDB share identifiers, which AWS stores in lower case.
    // <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html>
    // <https://docs.aws.amazon.com/documentdb/latest/developerguide/API_CreateDBCluster.html>
    named("AWS::RDS::DBInstance", "identifier of a DB instance"),
    named("AWS::Neptune::DBInstance", "identifier of a DB instance"),
    named("AWS::DocDB::DBInstance", "identifier of a DB instance"),
    named("AWS::RDS::DBCluster", "identifier of a DB cluster"),
    named("AWS::Neptune::DBCluster", "identifier of a DB cluster"),
    named("AWS::DocDB::DBCluster", "identifier of a DB cluster"),
    named("AWS::RDS::DBSubnetGroup", "name of a DB subnet group"),
    named("AWS::Neptune::DBSubnetGroup", "name of a DB subnet group"),
    named("AWS::DocDB::DBSubnetGroup", "name of a DB subnet group"),
    named("AWS::RDS::DBParameterGroup", "name of a DB parameter group"),
    named("AWS::Neptune::DBParameterGroup", "name of a DB parameter group"),
    named("AWS::RDS::DBClusterParameterGroup", "name of a DB cluster parameter group"),
    named("AWS::Neptune::DBClusterParameterGroup", "name of a DB cluster parameter group"),
    named("AWS::DocDB::DBClusterParameterGroup", "name of a DB cluster parameter group"),
    named("AWS::RDS::EventSubscription", "name of an event subscription"),
    named("AWS::Neptune::EventSubscription", "name of an event subscription"),
    named("AWS::DocDB::EventSubscription", "name of an event subscription"),
    row("AWS::RDS::DBProxyTargetGroup", "target group of a DB proxy", "DBProxyName, TargetGroupName"),
    named("AWS::Redshift::Snapshot", "identifier of a snapshot"),
    // <https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateGlobalReplicationGroup.html>
    row("AWS::ElastiCache::GlobalReplicationGroup", "suffix of a global replication group", "GlobalReplicationGroupIdSuffix"),
    // One table of a name, whether with or without replicas.
    // <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html>
    named("AWS::DynamoDB::Table", "name of a table"),
    named("AWS::DynamoDB::GlobalTable", "name of a table"),
    // <https://docs.aws.amazon.com/dms/latest/APIReference/API_CreateReplicationInstance.html>
    named("AWS::DMS::ReplicationInstance", "identifier of a replication instance"),
    named("AWS::DMS::ReplicationTask", "identifier of a replication task"),
    named("AWS::DMS::ReplicationConfig", "identifier of a replication"),
    named("AWS::DMS::Endpoint", "identifier of an endpoint"),
    named("AWS::DMS::Certificate", "identifier of a certificate"),
    // <https://docs.aws.amazon.com/opensearch-service/latest/APIReference/API_CreateDomain.html>
    named("AWS::OpenSearchService::Domain", "name of an OpenSearch domain"),
    named("AWS::Elasticsearch::Domain", "name of an OpenSearch domain"),
    named("AWS::OpenSearchServerless::Collection", "name of a collection"),
    row("AWS::OpenSearchServerless::SecurityConfig", "name of a security configuration", "Type=, Name"),
    named("AWS::OpenSearchServerless::VpcEndpoint", "name of an endpoint"),
    // <https://docs.aws.amazon.com/glue/latest/webapi/API_CreateTable.html>
    // The name of a database is stored in lower case.
    row("AWS::Glue::Database", "name of a Glue database", "CatalogId, DatabaseInput.Name:lower|DatabaseName:lower"),
    row("AWS::Glue::Table", "name of a Glue table", "CatalogId, DatabaseName:lower, TableInput.Name|Name"),
    row("AWS::Glue::Connection", "name of a Glue connection", "CatalogId, ConnectionInput.Name"),
    // Both versions of the API manage the same applications.
    // <https://docs.aws.amazon.com/managed-flink/latest/apiv2/API_CreateApplication.html>
    named("AWS::KinesisAnalytics::Application", "name of an analytics application"),
    named("AWS::KinesisAnalyticsV2::Application", "name of an analytics application"),
    // <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_RegisterStreamConsumer.html>
    row("AWS::Kinesis::StreamConsumer", "consumer of a stream", "StreamARN, ConsumerName"),
    // <https://docs.aws.amazon.com/msk/1.0/apireference/clusters.html>
    named("AWS::MSK::Cluster", "name of a Kafka cluster"),
    row("AWS::MSK::ServerlessCluster", "name of a Kafka cluster", "ClusterName"),
    named("AWS::MSK::Configuration", "name of a Kafka configuration"),
    row("AWS::MSK::Topic", "topic of a Kafka cluster", "ClusterArn, TopicName"),
    // <https://docs.aws.amazon.com/amazon-mq/latest/api-reference/brokers.html>
    named("AWS::AmazonMQ::Broker", "name of a broker"),
    row("AWS::AmazonMQ::ConfigurationAssociation", "configuration of a broker", "Broker"),
    // <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html>
    row("AWS::SQS::QueuePolicy", "policy of a queue", "Queues[]"),
    row("AWS::SQS::QueueInlinePolicy", "policy of a queue", "Queue"),
    // Subscribe answers with the subscription of this endpoint that exists.
    // <https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html>
    // <https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html>
    row("AWS::SNS::TopicPolicy", "policy of a topic", "Topics[]"),
    row("AWS::SNS::TopicInlinePolicy", "policy of a topic", "TopicArn"),
    row("AWS::SNS::Subscription", "subscription of an endpoint", "TopicArn, Protocol, Endpoint"),
    // <https://docs.aws.amazon.com/codeartifact/latest/APIReference/API_CreateRepository.html>
    // <https://docs.aws.amazon.com/codecommit/latest/APIReference/API_CreateRepository.html>
    row("AWS::CodeArtifact::Repository", "name of a repository", "DomainName, DomainOwner=, RepositoryName"),
    named("AWS::CodeCommit::Repository", "name of a repository"),
];
