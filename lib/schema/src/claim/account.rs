//! Claims of types that an account has once, or once in each region: services that are switched on, and settings of an account.
//!
//! `API_X` is the page of the operation X in the API reference of the type's service.

use super::{Row, row};

#[rustfmt::skip] // A row a line.
pub(super) const ROWS: &[Row] = &[
    // "Currently, you can have one investigation group in each Region in your account."
    // API_CreateInvestigationGroup.
    row("AWS::AIOps::InvestigationGroup", "investigation group", ""),
    // API_UpdateAutoshiftObserverNotificationStatus.
    row("AWS::ARCZonalShift::AutoshiftObserverNotificationStatus", "notification of zonal autoshifts", ""),
    // "You should only have one AWS::ApiGateway::Account resource per region per account."
    // <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-apigateway-account.html>
    row("AWS::ApiGateway::Account", "settings of API Gateway", ""),
    // API_PutGroupingConfiguration.
    row("AWS::ApplicationSignals::Discovery", "discovery of services", ""),
    row("AWS::ApplicationSignals::GroupingConfiguration", "grouping of services", ""),
    // API_PutAccountConfiguration.
    row("AWS::CertificateManager::Account", "settings of certificates", ""),
    // API_StartOTelEnrichment.
    row("AWS::CloudWatch::OTelEnrichment", "enrichment of metrics", ""),
    // `ResourceAlreadyExistsException`: the credential of a kind of repository and a way to log in.
    // API_ImportSourceCredentials.
    row("AWS::CodeBuild::SourceCredential", "source credential", "ServerType, AuthType"),
    // "You can create only one customer managed configuration recorder for each account for each Region", and only one
    // delivery channel.
    // API_PutConfigurationRecorder, API_PutDeliveryChannel.
    row("AWS::Config::ConfigurationRecorder", "configuration recorder", ""),
    row("AWS::Config::DeliveryChannel", "delivery channel of AWS Config", ""),
    // "An account can only be the administrator account for one behavior graph within a Region."
    // API_CreateGraph.
    row("AWS::Detective::Graph", "behavior graph", ""),
    // API_UpdateServiceIntegration, API_UpdateResourceCollection.
    row("AWS::DevOpsGuru::LogAnomalyDetectionIntegration", "detection of anomalies in logs", ""),
    row("AWS::DevOpsGuru::ResourceCollection", "resource collection of DevOps Guru", ""),
    // API_EnableSnapshotBlockPublicAccess, API_ModifyVpcBlockPublicAccessOptions.
    row("AWS::EC2::SnapshotBlockPublicAccess", "block of public snapshots", ""),
    row("AWS::EC2::VPCBlockPublicAccessOptions", "block of public access", ""),
    // API_PutRegistryPolicy, API_PutReplicationConfiguration.
    row("AWS::ECR::RegistryPolicy", "policy of the registry", ""),
    row("AWS::ECR::RegistryScanningConfiguration", "scanning configuration of the registry", ""),
    row("AWS::ECR::ReplicationConfiguration", "replication of the registry", ""),
    row("AWS::ECR::SigningConfiguration", "signing configuration of the registry", ""),
    // API_CreateGlueIdentityCenterConfiguration.
    row("AWS::Glue::IdentityCenterConfiguration", "Identity Center configuration of Glue", ""),
    // "You can have only one detector per account per Region."
    // API_CreateDetector.
    row("AWS::GuardDuty::Detector", "GuardDuty detector", ""),
    // API_UpdateEncryptionConfiguration.
    row("AWS::IoT::EncryptionConfiguration", "encryption of AWS IoT data", ""),
    // API_PutAccountPolicy.
    row("AWS::Logs::StorageTierPolicy", "storage tier of logs", ""),
    // "Currently you can have only one integration in your account."
    // API_PutIntegration.
    row("AWS::Logs::Integration", "integration of logs with OpenSearch", ""),
    // "An account can have only one session in each Region."
    // <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-macie-session.html>
    row("AWS::Macie::Session", "Macie session", ""),
    // "Each account can contain one sink per Region."
    // API_CreateSink.
    row("AWS::Oam::Sink", "sink of observability data", ""),
    // An account manages one organization, which has one delegation policy.
    // API_CreateOrganization, API_PutResourcePolicy.
    row("AWS::Organizations::Organization", "organization", "").of_account(),
    row("AWS::Organizations::ResourcePolicy", "delegation policy of the organization", "").of_account(),
    // "You can create only one index in a Region"; the default view of a region.
    // API_CreateIndex, API_AssociateDefaultView.
    row("AWS::ResourceExplorer2::Index", "index of Resource Explorer", ""),
    row("AWS::ResourceExplorer2::DefaultViewAssociation", "default view of Resource Explorer", ""),
    // "You can create one S3 Access Grants instance per Region per account."
    // API_CreateAccessGrantsInstance.
    row("AWS::S3::AccessGrantsInstance", "S3 Access Grants instance", ""),
    // API_PutAccountVdmAttributes.
    row("AWS::SES::VdmAttributes", "settings of the Virtual Deliverability Manager", ""),
    // API_UpdateConnectionRecordingPreferences.
    row("AWS::SSMGuiConnect::Preferences", "recording of connections", ""),
    // "You can create only one instance per account and across all AWS Regions."
    // API_CreateInstance.
    row("AWS::SSO::Instance", "IAM Identity Center instance", "").of_account(),
    // "You can only create one workforce in each AWS Region per AWS account."
    // API_CreateWorkforce.
    row("AWS::SageMaker::Workforce", "workforce", ""),
    // `ResourceConflictException`: Security Hub is enabled in an account and region.
    // API_EnableSecurityHub, API_EnableSecurityHubV2, API_BatchEnableStandards, API_UpdateOrganizationConfiguration.
    row("AWS::SecurityHub::Hub", "hub of Security Hub CSPM", ""),
    row("AWS::SecurityHub::HubV2", "hub of Security Hub", ""),
    row("AWS::SecurityHub::OrganizationConfiguration", "organization settings of Security Hub CSPM", ""),
    row("AWS::SecurityHub::ProductSubscription", "subscription of a product", "ProductArn"),
    row("AWS::SecurityHub::Standard", "security standard", "StandardsArn"),
    // API_CreateDataLake.
    row("AWS::SecurityLake::DataLake", "data lake of Security Lake", ""),
    // API_AssociateDRTRole, API_AssociateProactiveEngagementDetails.
    row("AWS::Shield::DRTAccess", "access of the Shield response team", "").of_account(),
    row("AWS::Shield::ProactiveEngagement", "proactive engagement of Shield", "").of_account(),
    // API_PutAccountAlias.
    row("AWS::SupportApp::AccountAlias", "account alias of the Support App", "").of_account(),
    // API_UpdateAccountCustomizations.
    row("AWS::UXC::AccountCustomization", "customization of the console", "").of_account(),
    // API_UpdateTraceSegmentDestination.
    row("AWS::XRay::TransactionSearchConfig", "transaction search", ""),
];

#[cfg(test)]
mod tests {
    use crate::{all, claim_rules, lookup};

    /// `AWS::Organizations::Account` is an account, and not something that an account has.
    #[test]
    fn what_is_identified_by_its_account_alone_is_claimed_once() {
        let of_account = |name: &&str| {
            let resource = lookup(name).expect("a listed type");
            let given = |part: &&str| {
                ["AccountId", "AwsAccountId", "Region"].contains(part) && !resource.properties.contains_key(part)
            };
            !resource.primary_identifier.is_empty() && resource.primary_identifier.iter().all(given)
        };
        let unclaimed: Vec<_> = all().filter(of_account).filter(|name| claim_rules(name).is_empty()).collect();
        assert_eq!(unclaimed, ["AWS::Organizations::Account"]);
    }
}
