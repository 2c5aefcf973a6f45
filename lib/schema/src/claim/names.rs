//! Names that a service keeps unique though it identifies the resource by an id or ARN of its own.
//!
//! Unless a comment says more, the create operation of the type states it: at the name ("must be unique within your
//! account"), or by an error for a name that is taken (`ConflictException`, `ResourceAlreadyExistsException`). Where the
//! reference says so only indirectly, the comment names the operation that identifies the resource by its name. `API_X`
//! is the page of the operation X in the API reference of the type's service.

use super::{Row, named, row};

#[rustfmt::skip] // A row a line.
pub(super) const ROWS: &[Row] = &[
    // API_GetArchiveRule.
    row("AWS::AccessAnalyzer::ArchiveRule", "archive rule of an analyzer", "AnalyzerName, RuleName"),
    // API_CreateExtension.
    named("AWS::AppConfig::Extension", "name of an extension"),
    // API_CreateApplication.
    named("AWS::AppIntegrations::Application", "name of an application integration"),
    named("AWS::AppIntegrations::DataIntegration", "name of a data integration"),
    // API_CreateService, API_CreateVpcIngressConnection.
    named("AWS::AppRunner::Service", "name of an App Runner service"),
    named("AWS::AppRunner::VpcIngressConnection", "name of a VPC ingress connection"),
    // One application for a resource group: API_DescribeApplication.
    // API_CreateApplication.
    row("AWS::ApplicationInsights::Application", "application of a resource group", "ResourceGroupName"),
    // API_CreateServiceLevelObjective.
    named("AWS::ApplicationSignals::ServiceLevelObjective", "name of a service level objective"),
    // API_CreateDashboard, API_CreateCostCategoryDefinition, API_CreateInvoiceUnit.
    named("AWS::BCM::Dashboard", "name of a cost dashboard").of_account(),
    named("AWS::CE::CostCategory", "name of a cost category").of_account(),
    named("AWS::Invoicing::InvoiceUnit", "name of an invoice unit").of_account(),
    // API_CreatePricingPlan.
    named("AWS::BillingConductor::BillingGroup", "name of a billing group").of_account(),
    named("AWS::BillingConductor::PricingPlan", "name of a pricing plan").of_account(),
    named("AWS::BillingConductor::PricingRule", "name of a pricing rule").of_account(),
    // `AlreadyExistsException`.
    // API_CreateFramework, API_CreateReportPlan.
    named("AWS::Backup::Framework", "name of a framework"),
    named("AWS::Backup::ReportPlan", "name of a report plan"),
    // API_CreatePromptRouter, API_CreateAutomatedReasoningPolicy.
    row("AWS::Bedrock::IntelligentPromptRouter", "name of a prompt router", "PromptRouterName"),
    named("AWS::Bedrock::AutomatedReasoningPolicy", "name of an automated reasoning policy"),
    // Endpoints: API_GetAgentRuntimeEndpoint and API_GetHarnessEndpoint.
    // API_CreateMemory.
    named("AWS::BedrockAgentCore::ApiKeyCredentialProvider", "name of an API key credential provider"),
    named("AWS::BedrockAgentCore::BrowserCustom", "name of a browser"),
    named("AWS::BedrockAgentCore::BrowserProfile", "name of a browser profile"),
    named("AWS::BedrockAgentCore::CapacityProvider", "name of a capacity provider"),
    named("AWS::BedrockAgentCore::CodeInterpreterCustom", "name of a code interpreter"),
    row("AWS::BedrockAgentCore::ConfigurationBundle", "name of a configuration bundle", "BundleName"),
    row("AWS::BedrockAgentCore::Dataset", "name of a dataset", "DatasetName:lower"),
    named("AWS::BedrockAgentCore::Evaluator", "name of an evaluator"),
    named("AWS::BedrockAgentCore::Gateway", "name of a gateway"),
    row("AWS::BedrockAgentCore::HarnessEndpoint", "endpoint of a harness", "HarnessId, EndpointName"),
    named("AWS::BedrockAgentCore::Memory", "name of a memory"),
    named("AWS::BedrockAgentCore::OAuth2CredentialProvider", "name of an OAuth2 credential provider"),
    named("AWS::BedrockAgentCore::OnlineEvaluationConfig", "name of an online evaluation"),
    named("AWS::BedrockAgentCore::PaymentCredentialProvider", "name of a payment credential provider"),
    row("AWS::BedrockAgentCore::Policy", "policy of a policy engine", "PolicyEngineId, Name"),
    row("AWS::BedrockAgentCore::RuntimeEndpoint", "endpoint of an agent runtime", "AgentRuntimeId, Name"),
    // API_CreateDomain, API_CreateTemplate.
    named("AWS::Cases::Domain", "name of a Cases domain"),
    row("AWS::Cases::Layout", "layout of a Cases domain", "DomainId, Name"),
    row("AWS::Cases::Template", "template of a Cases domain", "DomainId, Name"),
    // API_CreateTrainingDataset.
    named("AWS::CleanRoomsML::TrainingDataset", "name of a training dataset"),
    // API_CreateChangeSet, API_CreateStackSet.
    row("AWS::CloudFormation::ChangeSet", "change set of a stack", "StackName, ChangeSetName"),
    named("AWS::CloudFormation::StackSet", "name of a stack set"),
    // `EntityAlreadyExists`.
    // API_CreateConnectionGroup, API_CreateAnycastIpList.
    named("AWS::CloudFront::AnycastIpList", "name of a list of anycast addresses").of_account(),
    named("AWS::CloudFront::ConnectionFunction", "name of a connection function").of_account(),
    named("AWS::CloudFront::ConnectionGroup", "name of a connection group").of_account(),
    named("AWS::CloudFront::TrustStore", "name of a CloudFront trust store").of_account(),
    // API_CreateEventDataStore.
    named("AWS::CloudTrail::Channel", "name of a CloudTrail channel"),
    named("AWS::CloudTrail::Dashboard", "name of a CloudTrail dashboard"),
    named("AWS::CloudTrail::EventDataStore", "name of an event data store"),
    // API_DescribePackageGroup.
    row("AWS::CodeArtifact::PackageGroup", "package group of a domain", "DomainName, DomainOwner=, Pattern"),
    // By name: API_BatchGetFleets.
    // API_BatchGetFleets.
    named("AWS::CodeBuild::Fleet", "name of a compute fleet"),
    // "Connection names must be unique in an AWS account."
    // <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-codeconnections-connection.html>
    named("AWS::CodeConnections::Connection", "name of a connection to a repository"),
    named("AWS::CodeStarConnections::Connection", "name of a connection to a repository"),
    // API_CreateNotificationRule.
    named("AWS::CodeStarNotifications::NotificationRule", "name of a notification rule"),
    // `ResourceInUseException`; versions share the name of their model.
    // API_CreateDocumentClassifier.
    row("AWS::Comprehend::DocumentClassifier", "version of a document classifier", "DocumentClassifierName, VersionName="),
    row("AWS::Comprehend::EntityRecognizer", "version of an entity recognizer", "RecognizerName, VersionName="),
    // By name: API_DeleteOrganizationConfigRule.
    // API_DeleteOrganizationConfigRule.
    named("AWS::Config::OrganizationConfigRule", "name of an organization rule"),
    // `DuplicateResourceException`, `ResourceConflictException`: "A resource already has that name."
    // API_CreateQueue.
    row("AWS::Connect::AgentStatus", "agent status of an instance", "InstanceArn, Name"),
    row("AWS::Connect::ContactFlowModule", "flow module of an instance", "InstanceArn, Name"),
    row("AWS::Connect::HoursOfOperation", "hours of operation of an instance", "InstanceArn, Name"),
    row("AWS::Connect::Prompt", "prompt of an instance", "InstanceArn, Name"),
    row("AWS::Connect::Queue", "queue of an instance", "InstanceArn, Name"),
    row("AWS::Connect::QuickConnect", "quick connect of an instance", "InstanceArn, Name"),
    row("AWS::Connect::RoutingProfile", "routing profile of an instance", "InstanceArn, Name"),
    row("AWS::Connect::Rule", "rule of an instance", "InstanceArn, Name"),
    row("AWS::Connect::SecurityProfile", "security profile of an instance", "InstanceArn, SecurityProfileName"),
    row("AWS::Connect::TrafficDistributionGroup", "traffic distribution group of an instance", "InstanceArn, Name"),
    row("AWS::Connect::View", "view of an instance", "InstanceArn, Name"),
    row("AWS::Connect::Vocabulary", "vocabulary of an instance", "InstanceId, VocabularyName"),
    row("AWS::Connect::Workspace", "workspace of an instance", "InstanceArn, Name"),
    // API_CreateRecommenderSchema.
    row("AWS::CustomerProfiles::RecommenderSchema", "recommender schema of a domain", "DomainName, RecommenderSchemaName"),
    // `SubnetGroupAlreadyExistsFault`, `ResourceAlreadyExistsFault`.
    // API_CreateSubnetGroup, API_CreateDataProvider.
    named("AWS::DAX::SubnetGroup", "name of a DAX subnet group"),
    named("AWS::DMS::DataMigration", "name of a data migration"),
    named("AWS::DMS::DataProvider", "name of a data provider"),
    named("AWS::DMS::InstanceProfile", "name of an instance profile of DMS"),
    named("AWS::DMS::MigrationProject", "name of a migration project"),
    // "The name must be unique within the domain."
    // API_CreateFormType.
    row("AWS::DataZone::FormType", "form type of a domain", "DomainIdentifier, Name"),
    // API_CreateEnvironment.
    named("AWS::EVS::Environment", "name of an EVS environment"),
    // API_CreateEventBus.
    named("AWS::EventsV2::EventBus", "name of an event bus of version 2"),
    row("AWS::EventsV2::EventSource", "event source of an event bus", "EventBusArn, Name"),
    row("AWS::EventsV2::Subscriber", "subscriber of an event bus", "EventBusArn, Name"),
    // By name in a project: API_GetExperiment and its like.
    // API_GetExperiment.
    row("AWS::Evidently::Experiment", "experiment of a project", "Project:name, Name"),
    row("AWS::Evidently::Feature", "feature of a project", "Project:name, Name"),
    row("AWS::Evidently::Launch", "launch of a project", "Project:name, Name"),
    // `ResourceAlreadyExistsException`: "There is already a resource with this name."
    // API_CreateDataset.
    named("AWS::Forecast::Dataset", "name of a forecast dataset"),
    named("AWS::Forecast::DatasetGroup", "name of a forecast dataset group"),
    // By name: API_PutEventType and API_DeleteEventType.
    // API_DeleteEventType.
    named("AWS::FraudDetector::EntityType", "name of an entity type"),
    named("AWS::FraudDetector::EventType", "name of an event type"),
    named("AWS::FraudDetector::Label", "name of a label"),
    named("AWS::FraudDetector::List", "name of a list"),
    named("AWS::FraudDetector::Outcome", "name of an outcome"),
    named("AWS::FraudDetector::Variable", "name of a variable"),
    // API_CreateGameServerGroup.
    named("AWS::GameLift::GameServerGroup", "name of a game server group"),
    // "Returns an error if the schema set already exists"; without a registry, that of the account.
    // API_CreateSchema, API_GetUserDefinedFunction.
    row("AWS::Glue::Schema", "schema of a registry", "Registry.Arn:name|Registry.Name=default-registry, Name"),
    row("AWS::Glue::UserDefinedFunction", "function of a Glue database", "DatabaseName:lower, FunctionName:lower"),
    named("AWS::Glue::Integration", "name of a Glue integration"),
    named("AWS::Glue::MLTransform", "name of a machine learning transform"),
    // "A unique string used to identify the user."
    // API_CreateUser.
    row("AWS::IdentityStore::User", "user of an identity store", "IdentityStoreId, UserName"),
    // "Names that differ only in case, spaces, or underscores count as the same name."
    // API_CreateImageRecipe.
    row("AWS::ImageBuilder::ContainerRecipe", "version of a container recipe", "Name:lower, Version"),
    row("AWS::ImageBuilder::ImageRecipe", "version of an image recipe", "Name:lower, Version"),
    row("AWS::ImageBuilder::InfrastructureConfiguration", "name of an infrastructure configuration", "Name:lower"),
    // API_CreateAssessmentTarget, API_CreateAssessmentTemplate.
    named("AWS::Inspector::AssessmentTarget", "name of an assessment target"),
    row("AWS::Inspector::AssessmentTemplate", "template of an assessment target", "AssessmentTargetArn, AssessmentTemplateName"),
    // API_CreateAssetModel.
    named("AWS::IoTSiteWise::AssetModel", "name of an asset model"),
    named("AWS::IoTSiteWise::Gateway", "name of a SiteWise gateway"),
    row("AWS::IoTSiteWise::Pipeline", "pipeline of a workspace", "WorkspaceName, PipelineName"),
    row("AWS::IoTSiteWise::Task", "task of a workspace", "WorkspaceName, TaskName"),
    // "409: Conflict. A resource with this name already exists."
    // API_CreateConnector, API_CreateReplicator.
    named("AWS::KafkaConnect::Connector", "name of a connector"),
    named("AWS::KafkaConnect::CustomPlugin", "name of a custom plugin"),
    named("AWS::KafkaConnect::WorkerConfiguration", "name of a worker configuration"),
    row("AWS::MSK::Channel", "channel of a Kafka cluster", "ClusterArn, ChannelName"),
    named("AWS::MSK::Replicator", "name of a replicator"),
    // API_CreateChannel.
    named("AWS::Kinesis::Channel", "name of a Kinesis channel"),
    // API_CreateNetworkConnector.
    named("AWS::Lambda::NetworkConnector", "name of a network connector"),
    // API_CreateBot.
    named("AWS::Lex::Bot", "name of a bot"),
    row("AWS::Lex::BotAlias", "alias of a bot", "BotId, BotAliasName"),
    // API_CreateScheduledQuery.
    named("AWS::Logs::ScheduledQuery", "name of a scheduled query"),
    // API_CreateApplication.
    named("AWS::M2::Application", "name of a mainframe application"),
    named("AWS::M2::Environment", "name of a mainframe environment"),
    // API_CreateWorkflow.
    named("AWS::MWAAServerless::Workflow", "name of a serverless workflow"),
    // "This value must be unique within the current flow."
    // <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-mediaconnect-flowentitlement.html>
    row("AWS::MediaConnect::FlowEntitlement", "entitlement of a flow", "FlowArn, Name"),
    // "Names must be unique within the scope of a resource type in a specific region."
    // API_CreateSignalMap.
    named("AWS::MediaLive::CloudWatchAlarmTemplate", "name of an alarm template"),
    named("AWS::MediaLive::CloudWatchAlarmTemplateGroup", "name of an alarm template group"),
    named("AWS::MediaLive::Cluster", "name of a MediaLive cluster"),
    named("AWS::MediaLive::EventBridgeRuleTemplate", "name of a rule template"),
    named("AWS::MediaLive::EventBridgeRuleTemplateGroup", "name of a rule template group"),
    named("AWS::MediaLive::Network", "name of a MediaLive network"),
    named("AWS::MediaLive::SdiSource", "name of an SDI source"),
    named("AWS::MediaLive::SignalMap", "name of a signal map"),
    // API_CreateOriginEndpoint.
    row("AWS::MediaPackageV2::Channel", "channel of a channel group", "ChannelGroupName, ChannelName"),
    row("AWS::MediaPackageV2::OriginEndpoint", "origin endpoint of a channel", "ChannelGroupName, ChannelName, OriginEndpointName"),
    // By name: API_GetPrefetchSchedule.
    // API_CreatePrefetchSchedule.
    row("AWS::MediaTailor::PrefetchSchedule", "prefetch schedule of a configuration", "PlaybackConfigurationName, Name"),
    // By name: API_GetMonitor.
    // API_GetMonitor.
    named("AWS::NetworkMonitor::Monitor", "name of a network monitor"),
    // API_CreateTelemetryPipeline.
    named("AWS::ObservabilityAdmin::TelemetryPipelines", "name of a telemetry pipeline"),
    // "Provide a version name that is unique for this workflow."
    // API_CreateWorkflowVersion.
    row("AWS::Omics::WorkflowVersion", "version of a workflow", "WorkflowId, VersionName"),
    // By name in a domain: API_GetDataSource.
    // API_GetDataSource, API_CreateCollectionGroup.
    row("AWS::OpenSearch::DataSource", "data source of a domain", "DomainName, Name"),
    named("AWS::OpenSearchServerless::CollectionGroup", "name of a collection group"),
    // "The template name must be unique."
    // API_CreateTemplate.
    row("AWS::PCAConnectorAD::Template", "template of a connector", "ConnectorArn, Name"),
    // "The name or ID": API_GetCluster, API_GetComputeNodeGroup, API_GetQueue.
    // API_GetCluster.
    named("AWS::PCS::Cluster", "name of a parallel computing cluster"),
    row("AWS::PCS::ComputeNodeGroup", "compute node group of a cluster", "ClusterId, Name"),
    row("AWS::PCS::Queue", "queue of a parallel computing cluster", "ClusterId, Name"),
    // `ResourceAlreadyExistsException`; a group has one dataset of a type, and one event tracker.
    // API_CreateDataset, API_CreateEventTracker.
    row("AWS::Personalize::Dataset", "type of dataset of a dataset group", "DatasetGroupArn, DatasetType:lower"),
    named("AWS::Personalize::DatasetGroup", "name of a dataset group"),
    row("AWS::Personalize::EventTracker", "event tracker of a dataset group", "DatasetGroupArn"),
    named("AWS::Personalize::Filter", "name of a filter"),
    named("AWS::Personalize::MetricAttribution", "name of a metric attribution"),
    named("AWS::Personalize::Schema", "name of a Personalize schema"),
    named("AWS::Personalize::Solution", "name of a solution"),
    // `PermissionAlreadyExistsException`.
    // API_CreatePermission.
    named("AWS::RAM::Permission", "name of a managed permission"),
    // `Qev2IdcApplicationAlreadyExists`: "Use a different application name".
    // API_CreateQev2IdcApplication.
    row("AWS::Redshift::QEV2IdcApplication", "name of a query editor application", "Qev2IdcApplicationName"),
    // API_CreatePolicy.
    named("AWS::ResilienceHubV2::Policy", "name of a resilience policy"),
    named("AWS::ResilienceHubV2::Service", "name of a resilience service"),
    named("AWS::ResilienceHubV2::System", "name of a resilience system"),
    // API_CreateView.
    named("AWS::ResourceExplorer2::View", "name of a view"),
    // `TrafficPolicyAlreadyExists`: "that has the same value for Name".
    // API_CreateTrafficPolicy.
    named("AWS::Route53::TrafficPolicy", "name of a traffic policy").of_account(),
    // `BucketAlreadyExists`: "The bucket namespace is shared by all users of the Outposts in this Region."
    // API_CreateBucket.
    named("AWS::S3Outposts::Bucket", "name of a bucket on Outposts"),
    // By name: API_GetDataIntegrationFlow, API_GetDataLakeDataset, API_GetDataLakeNamespace.
    // API_GetDataLakeDataset.
    row("AWS::SCN::DataIntegrationFlow", "data integration flow of an instance", "InstanceId, Name"),
    row("AWS::SCN::Dataset", "dataset of a namespace", "InstanceId, Namespace, Name"),
    row("AWS::SCN::Namespace", "namespace of an instance", "InstanceId, Name"),
    // "You can only have one subscription for each Add On name."
    // API_CreateAddonSubscription.
    row("AWS::SES::MailManagerAddonSubscription", "subscription of an add-on", "AddonName"),
    // The ARN ends with the name.
    // API_CreateResponsePlan.
    named("AWS::SSMIncidents::ResponsePlan", "name of a response plan").of_account(),
    // API_DescribeCluster takes the name.
    // API_CreateCluster, API_CreateClusterSchedulerConfig.
    // <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-sagemaker-partnerapp.html>
    named("AWS::SageMaker::Artifact", "name of an artifact"),
    named("AWS::SageMaker::Cluster", "name of a HyperPod cluster"),
    row("AWS::SageMaker::ClusterSchedulerConfig", "cluster policy of a HyperPod cluster", "ClusterArn, Name"),
    named("AWS::SageMaker::InferenceComponent", "name of an inference component"),
    named("AWS::SageMaker::PartnerApp", "name of a partner app"),
    row("AWS::SageMaker::ExperimentTrialComponent", "name of a trial component", "TrialComponentName"),
    named("AWS::SageMaker::TrialComponent", "name of a trial component"),
    // API_CreateConnectorV2.
    named("AWS::SecurityHub::Connector", "name of a Security Hub connector"),
    named("AWS::SecurityHub::ConnectorV2", "name of a Security Hub connector of version 2"),
    // The ARN ends with the name.
    // API_CreateApplication.
    named("AWS::ServerlessRepo::Application", "name of a published application"),
    // API_CreateApplication.
    named("AWS::ServiceCatalogAppRegistry::Application", "name of a registered application"),
    named("AWS::ServiceCatalogAppRegistry::AttributeGroup", "name of an attribute group"),
    // `NamespaceAlreadyExists`.
    // API_CreatePublicDnsNamespace.
    row("AWS::ServiceDiscovery::PublicDnsNamespace", "public DNS namespace", "Name:dns"),
    // `ResourceAlreadyExistsException`: a resource has one protection.
    // API_CreateProtection.
    row("AWS::Shield::Protection", "protection of a resource", "ResourceArn").of_account(),
    // "The target name must be unique across all volumes on a gateway."
    // API_CreateCachediSCSIVolume.
    row("AWS::StorageGateway::Volume", "target of a gateway", "GatewayARN, TargetName"),
    // "Must be unique per customer and per region."
    // API_CreateDbInstance.
    named("AWS::Timestream::InfluxDBCluster", "name of an InfluxDB cluster"),
    named("AWS::Timestream::InfluxDBInstance", "name of an InfluxDB instance"),
    // API_CreateMedicalVocabulary, API_CreateParallelData.
    row("AWS::Transcribe::MedicalVocabulary", "name of a medical vocabulary", "VocabularyName"),
    named("AWS::Translate::ParallelData", "name of parallel data"),
    // API_CreateTargetGroup, API_CreateRule, API_CreateResourceConfiguration.
    named("AWS::VpcLattice::ResourceConfiguration", "name of a resource configuration"),
    row("AWS::VpcLattice::Rule", "rule of a listener", "ServiceIdentifier:name=, ListenerIdentifier:name, Name"),
    named("AWS::VpcLattice::TargetGroup", "name of a VPC Lattice target group"),
    // "Spaces and capitalization are ignored when checking for uniqueness."
    // API_CreateWorkload.
    // <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-wellarchitected-agentprofile.html>
    named("AWS::WellArchitected::AgentProfile", "name of an agent profile"),
    row("AWS::WellArchitected::Workload", "name of a workload", "WorkloadName:lower"),
    // `ConflictException`: "a conflicting resource (usually with the same name)".
    // API_CreateAssistant.
    named("AWS::Wisdom::Assistant", "name of an assistant"),
    named("AWS::Wisdom::KnowledgeBase", "name of a knowledge base"),
    row("AWS::Wisdom::MessageTemplate", "message template of a knowledge base", "KnowledgeBaseArn, Name"),
    // `ResourceAlreadyExistsException`.
    // API_CreateIpGroup.
    row("AWS::WorkSpaces::WorkspaceIpGroup", "name of an IP group", "GroupName"),
    row("AWS::WorkSpaces::WorkspacesPool", "name of a pool", "PoolName"),
];
