//! Stateful types, beyond those that the schema marks.
//!
//! The schema marks 29 types. A type is listed here where deleting a resource of it loses what its
//! users, or services on their behalf, have put into it, and what no program can declare again:
//! - data: databases, tables, indexes, caches without a source, files, messages, images of a
//!   registry, code, artifacts, time series, events, findings, dashboards made by hand;
//! - backups, snapshots and archives;
//! - keys without which data cannot be read, and the private keys of an authority;
//! - directories, user pools and users, of which passwords and identifiers cannot be made again;
//! - models and profiles that were trained or built up;
//! - types that contain resources of these kinds, as a stack does.
//!
//! Not listed is what a program declares in full (policies, rules, configurations, a parameter's value), what is
//! derived from a source that stays (a metric stream, an index over a bucket), and compute: of an instance's disks,
//! `AWS::EC2::Volume` is the one that is meant to keep data. A type that AWS refuses to delete while it is not empty is
//! listed as well: emptying it is the same loss.

/// The type, and the operation of its service whose page in AWS's API reference says what becomes of
/// a resource that is deleted. Sorted.
#[rustfmt::skip]
pub(super) const HOLDS: &[(&str, &str)] = &[
    ("AWS::ACMPCA::CertificateAuthority", "DeleteCertificateAuthority"),
    ("AWS::APS::Workspace", "DeleteWorkspace"),
    ("AWS::AmazonMQ::Broker", "DeleteBroker"),
    ("AWS::AuditManager::Assessment", "DeleteAssessment"),
    ("AWS::Backup::LogicallyAirGappedBackupVault", "DeleteBackupVault"),
    ("AWS::Bedrock::Session", "DeleteSession"),
    ("AWS::BedrockAgentCore::Memory", "DeleteMemory"),
    ("AWS::Cases::Case", "DeleteCase"),
    ("AWS::Cases::Domain", "DeleteDomain"),
    ("AWS::Cassandra::Keyspace", "DeleteKeyspace"),
    ("AWS::Cassandra::Table", "DeleteTable"),
    ("AWS::Chime::AppInstance", "DeleteAppInstance"),
    ("AWS::Chime::Channel", "DeleteChannel"),
    ("AWS::Cloud9::EnvironmentEC2", "DeleteEnvironment"),
    ("AWS::CloudFormation::StackSet", "DeleteStackInstances"),
    ("AWS::CloudFront::KeyValueStore", "DeleteKeyValueStore"),
    ("AWS::CloudHSM::Cluster", "DeleteCluster"),
    ("AWS::CloudTrail::EventDataStore", "DeleteEventDataStore"),
    ("AWS::CodeArtifact::Domain", "DeleteDomain"),
    ("AWS::CodeArtifact::Repository", "DeleteRepository"),
    ("AWS::CodeBuild::ReportGroup", "DeleteReportGroup"),
    ("AWS::CodeCommit::Repository", "DeleteRepository"),
    ("AWS::CodeGuruProfiler::ProfilingGroup", "DeleteProfilingGroup"),
    ("AWS::Cognito::IdentityPool", "DeleteIdentityPool"),
    ("AWS::Cognito::UserPoolUser", "AdminDeleteUser"),
    ("AWS::Comprehend::DocumentClassifier", "DeleteDocumentClassifier"),
    ("AWS::Comprehend::EntityRecognizer", "DeleteEntityRecognizer"),
    ("AWS::Connect::DataTable", "DeleteDataTable"),
    ("AWS::Connect::Instance", "DeleteInstance"),
    ("AWS::CustomerProfiles::Domain", "DeleteDomain"),
    ("AWS::CustomerProfiles::ObjectType", "DeleteProfileObjectType"),
    ("AWS::DSQL::Cluster", "DeleteCluster"),
    ("AWS::DataExchange::DataSet", "DeleteDataSet"),
    ("AWS::DataZone::Domain", "DeleteDomain"),
    ("AWS::DataZone::Project", "DeleteProject"),
    ("AWS::Detective::Graph", "DeleteGraph"),
    ("AWS::DeviceFarm::Project", "DeleteProject"),
    ("AWS::DeviceFarm::TestGridProject", "DeleteTestGridProject"),
    ("AWS::DirectoryService::MicrosoftAD", "DeleteDirectory"),
    ("AWS::DirectoryService::SimpleAD", "DeleteDirectory"),
    ("AWS::DocDBElastic::Cluster", "DeleteCluster"),
    ("AWS::DocDBElastic::ClusterSnapshot", "DeleteClusterSnapshot"),
    ("AWS::ECR::PublicRepository", "DeleteRepository"),
    ("AWS::ECR::Repository", "DeleteRepository"),
    ("AWS::EKS::Cluster", "DeleteCluster"),
    ("AWS::EMR::WALWorkspace", "DeleteWorkspace"),
    ("AWS::EVS::Environment", "DeleteEnvironment"),
    ("AWS::ElastiCache::ServerlessCache", "DeleteServerlessCache"),
    ("AWS::ElastiCache::ServerlessCacheSnapshot", "DeleteServerlessCacheSnapshot"),
    ("AWS::Events::Archive", "DeleteArchive"),
    ("AWS::FSx::Backup", "DeleteBackup"),
    ("AWS::FSx::FileCache", "DeleteFileCache"),
    ("AWS::FSx::Snapshot", "DeleteSnapshot"),
    ("AWS::FSx::Volume", "DeleteVolume"),
    ("AWS::FinSpace::Environment", "DeleteEnvironment"),
    ("AWS::Forecast::Dataset", "DeleteDataset"),
    ("AWS::FraudDetector::EventType", "DeleteEventType"),
    ("AWS::GameLift::Build", "DeleteBuild"),
    ("AWS::GameLift::Script", "DeleteScript"),
    ("AWS::Glue::Catalog", "DeleteCatalog"),
    ("AWS::Glue::Database", "DeleteDatabase"),
    ("AWS::Glue::MLTransform", "DeleteMLTransform"),
    ("AWS::Glue::Registry", "DeleteRegistry"),
    ("AWS::Glue::Schema", "DeleteSchema"),
    ("AWS::Glue::Table", "DeleteTable"),
    ("AWS::Grafana::Workspace", "DeleteWorkspace"),
    ("AWS::GuardDuty::Detector", "DeleteDetector"),
    ("AWS::HealthImaging::Datastore", "DeleteDatastore"),
    ("AWS::HealthLake::FHIRDatastore", "DeleteFHIRDatastore"),
    ("AWS::IdentityStore::User", "DeleteUser"),
    ("AWS::IoTAnalytics::Channel", "DeleteChannel"),
    ("AWS::IoTAnalytics::Dataset", "DeleteDataset"),
    ("AWS::IoTAnalytics::Datastore", "DeleteDatastore"),
    ("AWS::IoTSiteWise::Asset", "DeleteAsset"),
    ("AWS::IoTTwinMaker::Workspace", "DeleteWorkspace"),
    ("AWS::KMS::ReplicaKey", "ScheduleKeyDeletion"),
    ("AWS::Kendra::Index", "DeleteIndex"),
    ("AWS::KinesisAnalyticsV2::Application", "DeleteApplication"),
    ("AWS::KinesisVideo::Stream", "DeleteStream"),
    ("AWS::Lightsail::Bucket", "DeleteBucket"),
    ("AWS::Lightsail::Database", "DeleteRelationalDatabase"),
    ("AWS::Lightsail::DatabaseSnapshot", "DeleteRelationalDatabaseSnapshot"),
    ("AWS::Lightsail::Disk", "DeleteDisk"),
    ("AWS::Lightsail::DiskSnapshot", "DeleteDiskSnapshot"),
    ("AWS::Lightsail::Instance", "DeleteInstance"),
    ("AWS::Lightsail::InstanceSnapshot", "DeleteInstanceSnapshot"),
    ("AWS::Location::GeofenceCollection", "DeleteGeofenceCollection"),
    ("AWS::Location::Tracker", "DeleteTracker"),
    ("AWS::Logs::LogStream", "DeleteLogStream"),
    ("AWS::LookoutVision::Project", "DeleteProject"),
    ("AWS::MSK::Cluster", "DeleteCluster"),
    ("AWS::MSK::ServerlessCluster", "DeleteCluster"),
    ("AWS::MSK::Topic", "DeleteTopic"),
    ("AWS::MWAA::Environment", "DeleteEnvironment"),
    ("AWS::Macie::Session", "DisableMacie"),
    ("AWS::ManagedBlockchain::Member", "DeleteMember"),
    ("AWS::MediaStore::Container", "DeleteContainer"),
    ("AWS::MemoryDB::Cluster", "DeleteCluster"),
    ("AWS::MemoryDB::MultiRegionCluster", "DeleteMultiRegionCluster"),
    ("AWS::MemoryDB::Snapshot", "DeleteSnapshot"),
    ("AWS::NeptuneGraph::Graph", "DeleteGraph"),
    ("AWS::NeptuneGraph::GraphSnapshot", "DeleteGraphSnapshot"),
    ("AWS::ODB::CloudAutonomousVmCluster", "DeleteCloudAutonomousVmCluster"),
    ("AWS::ODB::CloudExadataInfrastructure", "DeleteCloudExadataInfrastructure"),
    ("AWS::ODB::CloudVmCluster", "DeleteCloudVmCluster"),
    ("AWS::Omics::AnnotationStore", "DeleteAnnotationStore"),
    ("AWS::Omics::ReferenceStore", "DeleteReferenceStore"),
    ("AWS::Omics::SequenceStore", "DeleteSequenceStore"),
    ("AWS::Omics::VariantStore", "DeleteVariantStore"),
    ("AWS::OpenSearchServerless::Collection", "DeleteCollection"),
    ("AWS::OpenSearchServerless::CollectionIndex", "DeleteIndex"),
    ("AWS::OpenSearchServerless::Index", "DeleteIndex"),
    ("AWS::OpenSearchService::Application", "DeleteApplication"),
    ("AWS::OpsWorksCM::Server", "DeleteServer"),
    ("AWS::PaymentCryptography::Key", "DeleteKey"),
    ("AWS::Personalize::Dataset", "DeleteDataset"),
    ("AWS::Personalize::Solution", "DeleteSolution"),
    ("AWS::Pinpoint::App", "DeleteApp"),
    ("AWS::QBusiness::Application", "DeleteApplication"),
    ("AWS::QBusiness::Index", "DeleteIndex"),
    ("AWS::RDS::ClusterSnapshot", "DeleteDBClusterSnapshot"),
    ("AWS::RDS::DBShardGroup", "DeleteDBShardGroup"),
    ("AWS::RDS::DBSnapshot", "DeleteDBSnapshot"),
    ("AWS::Redshift::Snapshot", "DeleteClusterSnapshot"),
    ("AWS::RedshiftServerless::Namespace", "DeleteNamespace"),
    ("AWS::RedshiftServerless::Snapshot", "DeleteSnapshot"),
    ("AWS::Rekognition::Collection", "DeleteCollection"),
    ("AWS::Rekognition::Dataset", "DeleteDataset"),
    ("AWS::Rekognition::Project", "DeleteProject"),
    ("AWS::S3Express::DirectoryBucket", "DeleteBucket"),
    ("AWS::S3Files::FileSystem", "DeleteFileSystem"),
    ("AWS::S3Outposts::Bucket", "DeleteBucket"),
    ("AWS::S3Tables::Namespace", "DeleteNamespace"),
    ("AWS::S3Tables::Table", "DeleteTable"),
    ("AWS::S3Tables::TableBucket", "DeleteTableBucket"),
    ("AWS::S3Vectors::Index", "DeleteIndex"),
    ("AWS::S3Vectors::VectorBucket", "DeleteVectorBucket"),
    ("AWS::SCN::Dataset", "DeleteDataLakeDataset"),
    ("AWS::SCN::Namespace", "DeleteDataLakeNamespace"),
    ("AWS::SES::ContactList", "DeleteContactList"),
    ("AWS::SES::MailManagerAddressList", "DeleteAddressList"),
    ("AWS::SES::MailManagerArchive", "DeleteArchive"),
    ("AWS::SMSVOICE::OptOutList", "DeleteOptOutList"),
    ("AWS::SSMIncidents::ReplicationSet", "DeleteReplicationSet"),
    ("AWS::SSO::Instance", "DeleteInstance"),
    ("AWS::SageMaker::Domain", "DeleteDomain"),
    ("AWS::SageMaker::FeatureGroup", "DeleteFeatureGroup"),
    ("AWS::SageMaker::Hub", "DeleteHub"),
    ("AWS::SageMaker::MlflowApp", "DeleteMlflowApp"),
    ("AWS::SageMaker::MlflowTrackingServer", "DeleteMlflowTrackingServer"),
    ("AWS::SageMaker::NotebookInstance", "DeleteNotebookInstance"),
    ("AWS::SageMaker::PartnerApp", "DeletePartnerApp"),
    ("AWS::SageMaker::Space", "DeleteSpace"),
    ("AWS::SecurityHub::Hub", "DisableSecurityHub"),
    ("AWS::SecurityHub::HubV2", "DisableSecurityHubV2"),
    ("AWS::Serverless::Application", "DeleteStack"),
    ("AWS::Serverless::SimpleTable", "DeleteTable"),
    ("AWS::ServiceCatalog::CloudFormationProvisionedProduct", "TerminateProvisionedProduct"),
    ("AWS::StorageGateway::Tape", "DeleteTape"),
    ("AWS::StorageGateway::Volume", "DeleteVolume"),
    ("AWS::Textract::Adapter", "DeleteAdapter"),
    ("AWS::Timestream::Database", "DeleteDatabase"),
    ("AWS::Timestream::InfluxDBCluster", "DeleteDbCluster"),
    ("AWS::Timestream::InfluxDBInstance", "DeleteDbInstance"),
    ("AWS::Timestream::Table", "DeleteTable"),
    ("AWS::VerifiedPermissions::PolicyStore", "DeletePolicyStore"),
    ("AWS::VoiceID::Domain", "DeleteDomain"),
    ("AWS::WellArchitected::Workload", "DeleteWorkload"),
    ("AWS::Wickr::Network", "DeleteNetwork"),
    ("AWS::Wisdom::KnowledgeBase", "DeleteKnowledgeBase"),
    ("AWS::WorkSpaces::Workspace", "TerminateWorkspaces"),
    ("AWS::WorkspacesInstances::Volume", "DeleteVolume"),
    ("AWS::WorkspacesInstances::WorkspaceInstance", "DeleteWorkspaceInstance"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{all, lookup};

    #[test]
    fn every_listed_type_is_published_and_sorted() {
        assert!(HOLDS.is_sorted_by(|a, b| a.0 < b.0));
        for (name, _) in HOLDS {
            assert!(lookup(name).is_some(), "AWS publishes no {name}");
        }
    }

    #[test]
    fn stores_of_data_are_stateful_and_their_settings_are_not() {
        for name in [
            "AWS::AmazonMQ::Broker",
            "AWS::Cassandra::Table",
            "AWS::DSQL::Cluster",
            "AWS::ECR::Repository",
            "AWS::EKS::Cluster",
            "AWS::ElastiCache::ServerlessCache",
            "AWS::MSK::Cluster",
            "AWS::MemoryDB::Cluster",
            "AWS::OpenSearchServerless::Collection",
            "AWS::S3Express::DirectoryBucket",
            "AWS::S3Tables::TableBucket",
            "AWS::Timestream::Table",
            // The schema itself says so of these.
            "AWS::RDS::DBInstance",
            "AWS::S3::Bucket",
        ] {
            assert!(lookup(name).is_some_and(|resource| resource.stateful), "{name} is stateful");
        }
        for name in all() {
            let resource = lookup(name).expect("listed");
            let settings = ["Policy", "ParameterGroup", "SubnetGroup", "Association", "Attachment", "Configuration"];
            assert!(!resource.stateful || settings.iter().all(|end| !name.ends_with(end)), "{name} holds no data");
        }
    }

    /// Checks that a decision was made about each type that is called a store, because a new schema may add some.
    #[test]
    fn every_type_that_is_called_a_store_is_decided_upon() {
        let stores = ["Bucket", "Database", "FileSystem", "Snapshot", "Datastore", "Ledger", "Vault", "Keyspace"];
        let decided = [
            // Names a snapshot's block, and is none.
            "AWS::EC2::SnapshotBlockPublicAccess",
        ];
        for name in all().filter(|name| !decided.contains(name)) {
            let resource = lookup(name).expect("listed");
            if stores.iter().any(|end| name.ends_with(end)) {
                assert!(resource.stateful, "{name}: is it stateful? list it, or say here why not");
            }
        }
    }
}
