//! Each name that cannot change is either claimed, or is known to be no key.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Kind, Replacement, ResourceType, all, claim_rules, lookup};

/// Names that several resources can have: "the value does not need to be unique" or "you can use the same name for
/// multiple pipelines" at the name in the create operation; what resolves in one VPC only; files, steps and deployments
/// of another resource; aliases and access points, which are unique in a parent that no property names.
const SHARED: &[&str] = &[
    "AWS::CleanRooms::Collaboration",
    "AWS::DataPipeline::Pipeline",
    "AWS::Deadline::Limit",
    "AWS::DeviceFarm::Upload",
    "AWS::DirectoryService::MicrosoftAD",
    "AWS::DirectoryService::SimpleAD",
    "AWS::EC2::VerifiedAccessTrustProvider",
    "AWS::EMR::InstanceFleetConfig",
    "AWS::EMR::Step",
    "AWS::Glue::Catalog",
    "AWS::GreengrassV2::Deployment",
    "AWS::IVS::PlaybackKeyPair",
    "AWS::IVS::PublicKey",
    "AWS::IVS::RecordingConfiguration",
    "AWS::IVS::StorageConfiguration",
    "AWS::Invoicing::ProcurementPortalPreference",
    "AWS::Panorama::ApplicationInstance",
    "AWS::Route53::TrafficPolicyInstance",
    "AWS::S3Outposts::AccessPoint",
    "AWS::SecurityAgent::Artifact",
    "AWS::StepFunctions::StateMachineAlias",
    "AWS::WorkSpaces::Workspace",
];

/// Names of which each create makes another revision, version or build: "in subsequent calls, App Runner creates
/// incremental revisions", "Image Builder creates a new build version".
const OF_VERSIONS: &[&str] = &[
    "AWS::AppRunner::AutoScalingConfiguration",
    "AWS::AppRunner::ObservabilityConfiguration",
    "AWS::CloudFormation::HookVersion",
    "AWS::CloudFormation::ModuleVersion",
    "AWS::CloudFormation::ResourceVersion",
    "AWS::ImageBuilder::Component",
    "AWS::ImageBuilder::Workflow",
    "AWS::SageMaker::ImageVersion",
];

/// Names of something else: a cluster, a table, a user, a repository, a domain on the internet.
const OF_ANOTHER: &[&str] = &[
    "AWS::Budgets::BudgetsAction",
    "AWS::CertificateManager::AcmeDomainValidation",
    "AWS::CertificateManager::Certificate",
    "AWS::CodeGuruReviewer::RepositoryAssociation",
    "AWS::CodeStarConnections::RepositoryLink",
    "AWS::EKS::CertificateAuthority",
    "AWS::Glue::Partition",
    "AWS::IAM::AccessKey",
    "AWS::IoT::PolicyPrincipalAttachment",
    "AWS::IoT::ResourceSpecificLogging",
    "AWS::Route53Profiles::ProfileResourceAssociation",
    "AWS::SecurityAgent::TargetDomain",
    "AWS::VpcLattice::DomainVerification",
];

/// Names of which AWS's API reference does not say that they are unique, as it does of those that have a rule, and that
/// no other operation takes to identify the resource.
const UNSTATED: &[&str] = &[
    "AWS::ARCRegionSwitch::Plan",
    "AWS::AmazonMQ::Configuration",
    "AWS::ApiGateway::ApiKey",
    "AWS::ApiGateway::RequestValidator",
    "AWS::AppConfig::DeploymentStrategy",
    "AWS::AppConfig::ExperimentDefinition",
    "AWS::AppRunner::VpcConnector",
    "AWS::AppTest::TestCase",
    "AWS::Athena::NamedQuery",
    "AWS::Batch::QuotaShare",
    "AWS::Bedrock::ApplicationInferenceProfile",
    "AWS::Bedrock::Blueprint",
    "AWS::Bedrock::DataAutomationLibrary",
    "AWS::Bedrock::DataAutomationProject",
    "AWS::BedrockAgentCore::Harness",
    "AWS::BedrockAgentCore::PaymentConnector",
    "AWS::BedrockAgentCore::PaymentManager",
    "AWS::BedrockAgentCore::PolicyEngine",
    "AWS::BedrockAgentCore::Runtime",
    "AWS::Billing::BillingView",
    "AWS::Chatbot::MicrosoftTeamsChannelConfiguration",
    "AWS::Chime::MediaInsightsPipelineConfiguration",
    "AWS::Chime::MediaPipelineKinesisVideoStreamPool",
    "AWS::CleanRooms::AnalysisTemplate",
    "AWS::CleanRooms::ConfiguredTableAssociation",
    "AWS::CleanRooms::IdMappingTable",
    "AWS::CleanRooms::IntermediateTable",
    "AWS::CleanRoomsML::ConfiguredModelAlgorithm",
    "AWS::CleanRoomsML::ConfiguredModelAlgorithmAssociation",
    "AWS::CodeConnections::Host",
    "AWS::DataZone::Connection",
    "AWS::DocDBElastic::Cluster",
    "AWS::DocDBElastic::ClusterSnapshot",
    "AWS::ECS::Daemon",
    "AWS::EMRContainers::Endpoint",
    "AWS::EMRContainers::JobTemplate",
    "AWS::EMRContainers::SecurityConfiguration",
    "AWS::EMRContainers::VirtualCluster",
    "AWS::EMRServerless::Application",
    "AWS::FSx::StorageVirtualMachine",
    "AWS::HealthAgent::Domain",
    "AWS::HealthImaging::Datastore",
    "AWS::HealthLake::DataTransformationProfile",
    "AWS::IVS::EncoderConfiguration",
    "AWS::IVS::IngestConfiguration",
    "AWS::InspectorV2::CodeSecurityScanConfiguration",
    "AWS::InspectorV2::Connector",
    "AWS::IoTSiteWise::Application",
    "AWS::IoTWireless::DeviceProfile",
    "AWS::IoTWireless::ServiceProfile",
    "AWS::Kendra::Faq",
    "AWS::LaunchWizard::Deployment",
    "AWS::MPA::ApprovalTeam",
    "AWS::Macie::CustomDataIdentifier",
    "AWS::MediaConnect::Flow",
    "AWS::MediaConnect::FlowMediaStream",
    "AWS::MediaConnect::FlowOutput",
    "AWS::MediaConnect::FlowSource",
    "AWS::MediaConnect::Gateway",
    "AWS::NeptuneGraph::Graph",
    "AWS::NeptuneGraph::GraphSnapshot",
    "AWS::NimbleStudio::Studio",
    "AWS::NotificationsContacts::EmailContact",
    "AWS::Omics::ReferenceStore",
    "AWS::Omics::SequenceStore",
    "AWS::Panorama::Package",
    "AWS::QLDB::Stream",
    "AWS::RefactorSpaces::Application",
    "AWS::RefactorSpaces::Environment",
    "AWS::RefactorSpaces::Service",
    "AWS::ResilienceHub::App",
    "AWS::ResilienceHubV2::UserJourney",
    "AWS::RoboMaker::Fleet",
    "AWS::RoboMaker::Robot",
    "AWS::RoboMaker::RobotApplication",
    "AWS::RoboMaker::SimulationApplication",
    "AWS::Route53GlobalResolver::FirewallDomainList",
    "AWS::Route53Profiles::Profile",
    "AWS::Route53RecoveryControl::Cluster",
    "AWS::Route53Resolver::FirewallDomainList",
    "AWS::Route53Resolver::FirewallRuleGroup",
    "AWS::Route53Resolver::ResolverQueryLoggingConfig",
    "AWS::SageMaker::Domain",
    "AWS::SageMaker::MlflowApp",
    "AWS::StorageGateway::TapePool",
    "AWS::SupportAuthZ::SupportPermit",
    "AWS::VpcLattice::ResourceGateway",
    "AWS::WellArchitected::Profile",
];

/// A replacement keeps such a name where another property replaces the resource, and its successor is refused if the
/// name is unique and nobody knows.
fn has_a_fixed_name(resource: &ResourceType) -> bool {
    let fixed = |name: &str| {
        let property = &resource.properties[name];
        property.kind == Kind::String && property.replacement == Replacement::Always
    };
    let own = resource.own_name().filter(|name| !resource.primary_identifier.contains(name) && fixed(name));
    let named = |name: &str| {
        let property = &resource.properties[name];
        name.ends_with("Name") && property.required && property.references.is_empty() && fixed(name)
    };
    own.is_some() || resource.properties.keys().any(|name| named(name))
}

#[test]
fn a_name_that_cannot_change_is_claimed_or_known_to_be_no_key() {
    let unclaimed = all().filter(|name| {
        let resource = lookup(name).expect("a listed type");
        resource.unsupported().is_none() && has_a_fixed_name(resource) && claim_rules(name).is_empty()
    });
    let unclaimed: BTreeSet<_> = unclaimed.collect();
    let lists = [SHARED, OF_VERSIONS, OF_ANOTHER, UNSTATED];
    let listed: BTreeSet<_> = lists.iter().copied().flatten().copied().collect();
    assert_eq!(listed.len(), lists.iter().map(|list| list.len()).sum::<usize>(), "a type stands in two lists");
    let undecided: Vec<_> = unclaimed.difference(&listed).collect();
    assert_eq!(undecided, [&""; 0], "look up whether these names are unique: a row in claim/, or a list here");
    let stale: Vec<_> = listed.difference(&unclaimed).collect();
    assert_eq!(stale, [&""; 0], "these have a rule, or no name that cannot change");
}

/// Types that share the form of an ARN, and no name: AWS makes the name, an inline policy has no ARN, the ARN of a
/// private domain name has an id behind the name, and that of a template ends with its kind, which the source lacks.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonpinpoint.html>
const APART: &[&str] = &[
    "AWS::ApiGateway::DomainNameV2",
    "AWS::IAM::Policy",
    "AWS::Pinpoint::EmailTemplate",
    "AWS::Pinpoint::InAppTemplate",
    "AWS::Pinpoint::PushTemplate",
    "AWS::Pinpoint::SmsTemplate",
    "AWS::Redshift::ClusterSecurityGroup",
    "AWS::Redshift::ClusterSecurityGroupIngress",
];

#[test]
fn types_whose_arns_have_one_form_share_their_names() {
    let mut forms: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for name in all().filter(|name| !APART.contains(name)) {
        let Some(form) = lookup(name).expect("a listed type").arn_template else { continue };
        let last = form.rsplit("${").next().unwrap_or_default().split('}').next().unwrap_or_default();
        if !last.ends_with("Id") {
            forms.entry(form).or_default().push(name);
        }
    }
    let spaces = |name: &str| claim_rules(name).iter().map(|rule| rule.space).collect::<BTreeSet<_>>();
    let apart = forms.values().flat_map(|types| types.iter().skip(1).map(|other| (types[0], *other)));
    let apart: Vec<_> = apart.filter(|(one, other)| spaces(one).is_disjoint(&spaces(other))).collect();
    assert_eq!(apart, [("", ""); 0], "two resources of one ARN: both need a row with the same words");
    assert!(forms.values().any(|types| types.len() > 1), "nothing was compared");
}
