//! The API that a service's calls go to, and whose limits they share.

/// The API of a service by the second part of a type's name: that part in lower case, or the name
/// that AWS's service models sign requests with (`signingName`, else `endpointPrefix`). Services
/// that share an API share its limits, as Neptune and DocumentDB do with RDS.
pub(super) fn of(service: &'static str) -> &'static str {
    match APIS.binary_search_by(|(name, _)| (*name).cmp(service)) {
        Ok(found) => APIS[found].1,
        Err(_) => lower(service),
    }
}

/// A service's name in lower case; made once for each of AWS's few hundred services.
fn lower(service: &'static str) -> &'static str {
    use std::collections::BTreeMap;
    use std::sync::LazyLock;

    static LOWER: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| {
        let services = crate::all().filter_map(|name| name.split("::").nth(1));
        services.map(|service| (service, &*service.to_lowercase().leak())).collect()
    });
    LOWER.get(service).copied().unwrap_or(service)
}

/// Sorted by service.
#[rustfmt::skip]
const APIS: &[(&str, &str)] = &[
    ("ACMPCA", "acm-pca"),
    ("ARCRegionSwitch", "arc-region-switch"),
    ("ARCZonalShift", "arc-zonal-shift"),
    ("AccessAnalyzer", "access-analyzer"),
    ("AmazonMQ", "mq"),
    ("ApiGatewayV2", "apigateway"),
    ("AppIntegrations", "app-integrations"),
    ("ApplicationAutoScaling", "application-autoscaling"),
    ("ApplicationSignals", "application-signals"),
    ("AutoScalingPlans", "autoscaling-plans"),
    ("BCM", "bcm-dashboards"),
    ("BCMDataExports", "bcm-data-exports"),
    ("BackupGateway", "backup-gateway"),
    ("BcmPricingCalculator", "bcm-pricing-calculator"),
    ("BedrockAgentCore", "bedrock-agentcore"),
    ("CertificateManager", "acm"),
    ("CleanRoomsML", "cleanrooms-ml"),
    ("CloudWatch", "monitoring"),
    ("CodeGuruProfiler", "codeguru-profiler"),
    ("CodeGuruReviewer", "codeguru-reviewer"),
    ("CodeStarConnections", "codestar-connections"),
    ("CodeStarNotifications", "codestar-notifications"),
    ("Cognito", "cognito-idp"),
    ("ComputeOptimizer", "compute-optimizer"),
    ("ConnectCampaigns", "connect-campaigns"),
    ("ConnectCampaignsV2", "connect-campaigns"),
    ("CustomerProfiles", "profile"),
    ("DevOpsAgent", "aidevops"),
    ("DevOpsGuru", "devops-guru"),
    ("DirectoryService", "ds"),
    ("DocDB", "rds"),
    ("DocDBElastic", "docdb-elastic"),
    ("EFS", "elasticfilesystem"),
    ("EMR", "elasticmapreduce"),
    ("EMRContainers", "emr-containers"),
    ("EMRServerless", "emr-serverless"),
    ("ElasticLoadBalancingV2", "elasticloadbalancing"),
    ("Elasticsearch", "es"),
    ("ElementalInference", "elemental-inference"),
    ("EventSchemas", "schemas"),
    ("GreengrassV2", "greengrass"),
    ("HealthImaging", "medical-imaging"),
    ("InspectorV2", "inspector2"),
    ("IoTCoreDeviceAdvisor", "iotdeviceadvisor"),
    ("KendraRanking", "kendra-ranking"),
    ("KinesisAnalyticsV2", "kinesisanalytics"),
    ("KinesisFirehose", "firehose"),
    ("LicenseManager", "license-manager"),
    ("Location", "geo"),
    ("MSK", "kafka"),
    ("MWAA", "airflow"),
    ("MWAAServerless", "airflow-serverless"),
    ("Macie", "macie2"),
    ("Neptune", "rds"),
    ("NeptuneGraph", "neptune-graph"),
    ("NetworkFirewall", "network-firewall"),
    ("NotificationsContacts", "notifications-contacts"),
    ("NovaAct", "nova-act"),
    ("OpenSearch", "es"),
    ("OpenSearchServerless", "aoss"),
    ("OpenSearchService", "es"),
    ("PCAConnectorAD", "pca-connector-ad"),
    ("PCAConnectorSCEP", "pca-connector-scep"),
    ("PaymentCryptography", "payment-cryptography"),
    ("Pinpoint", "mobiletargeting"),
    ("PinpointEmail", "ses"),
    ("RedshiftServerless", "redshift-serverless"),
    ("RefactorSpaces", "refactor-spaces"),
    ("ResourceExplorer2", "resource-explorer-2"),
    ("ResourceGroups", "resource-groups"),
    ("Route53RecoveryControl", "route53-recovery-control-config"),
    ("Route53RecoveryReadiness", "route53-recovery-readiness"),
    ("S3Express", "s3"),
    ("S3ObjectLambda", "s3"),
    ("S3Outposts", "s3-outposts"),
    ("SMSVOICE", "sms-voice"),
    ("SSMContacts", "ssm-contacts"),
    ("SSMGuiConnect", "ssm-guiconnect"),
    ("SSMIncidents", "ssm-incidents"),
    ("SSMQuickSetup", "ssm-quicksetup"),
    ("ServiceCatalogAppRegistry", "servicecatalog"),
    ("StepFunctions", "states"),
    ("SystemsManagerSAP", "ssm-sap"),
    ("VpcLattice", "vpc-lattice"),
    ("WAFRegional", "waf-regional"),
    ("WorkSpacesThinClient", "thinclient"),
    ("WorkSpacesWeb", "workspaces-web"),
    ("WorkspacesInstances", "workspaces-instances"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_sorted_and_published_and_have_another_name_than_their_api() {
        assert!(APIS.is_sorted_by(|a, b| a.0 < b.0));
        for (service, api) in APIS {
            assert!(crate::all().any(|name| name.split("::").nth(1) == Some(service)), "there is no {service}");
            assert_ne!(*api, service.to_lowercase());
        }
    }

    #[test]
    fn a_service_is_called_as_its_requests_are_signed() {
        assert_eq!(of("EC2"), "ec2");
        assert_eq!(of("ElasticLoadBalancingV2"), "elasticloadbalancing");
        assert_eq!(of("CertificateManager"), "acm");
        assert_eq!(of("Neptune"), "rds");
    }
}
