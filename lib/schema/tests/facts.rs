//! The facts in the data, and that all of it can be read.

use groundplan_schema::{Handler, Kind, ListOrder, Replacement, ResourceType, Spelling, TagForm, all, lookup};
use serde_json::json;

fn resource(name: &str) -> &'static ResourceType {
    lookup(name).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn every_line_is_read_and_nothing_is_missing() {
    let types: Vec<_> = all().map(resource).collect();
    assert_eq!(types.len(), 1828);
    assert_eq!(types.iter().map(|resource| resource.types.len()).sum::<usize>(), 9877);
    assert!(types.iter().zip(all()).all(|(resource, name)| resource.name == name));
    assert!(all().is_sorted());
}

#[test]
fn a_type_that_a_property_names_exists() {
    for resource in all().map(resource) {
        let nested = resource.types.values().flat_map(|properties| properties.values());
        for property in resource.properties.values().chain(nested) {
            if let Kind::Type(name) = property.kind.element() {
                assert!(resource.types.contains_key(name), "{} has no {name}", resource.name);
            }
        }
    }
}

#[test]
fn what_a_reference_names_exists() {
    for resource in all().map(resource) {
        let nested = resource.types.values().flat_map(|properties| properties.values());
        let properties = resource.properties.values().chain(nested);
        let references = properties.flat_map(|property| &property.references);
        for target in references.chain(resource.attributes.values().flat_map(|attribute| &attribute.references)) {
            let found = lookup(target.resource).expect("the type exists");
            let name = target.attribute;
            let known = found.attributes.contains_key(name) || found.properties.contains_key(name);
            assert!(known, "{target:?} in {}", resource.name);
        }
    }
}

#[test]
fn the_versions_are_those_of_the_header() {
    assert_eq!(groundplan_schema::VERSION, "@aws-cdk/aws-service-spec 0.1.216");
    assert_eq!(groundplan_schema::REGISTRY_VERSION, "cfn-lint 1.58.0");
}

#[test]
fn the_data_stays_small() {
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/data/aws-resources.jsonl");
    assert!(std::fs::metadata(data).expect("the data is there").len() < 4_000_000);
}

#[test]
fn an_unknown_type_is_none() {
    assert!(lookup("AWS::EC2::Nothing").is_none());
    assert!(lookup("").is_none());
}

#[test]
fn a_subnet_is_in_a_vpc_for_good() {
    let subnet = resource("AWS::EC2::Subnet");
    assert_eq!((subnet.service(), subnet.short_name()), ("EC2", "Subnet"));
    assert_eq!(subnet.required().collect::<Vec<_>>(), ["VpcId"]);
    assert_eq!(subnet.replacement("VpcId"), Replacement::Always);
    assert_eq!(subnet.replacement("Ipv6CidrBlock"), Replacement::Maybe);
    assert_eq!(subnet.replacement("MapPublicIpOnLaunch"), Replacement::Never);
    assert_eq!(subnet.primary_identifier, ["SubnetId"]);
    assert_eq!(subnet.arn_template, Some("arn:${Partition}:ec2:${Region}:${Account}:subnet/${SubnetId}"));
    assert_eq!(subnet.property_type("PrivateDnsNameOptionsOnLaunch.HostnameType"), Some(&Kind::String));
    let tags = subnet.tags.as_ref().expect("a subnet has tags");
    assert_eq!((tags.property, tags.form), ("Tags", TagForm::Standard));
    assert!(subnet.handles(Handler::Update));
    assert!(!subnet.stateful);
}

#[test]
fn a_database_holds_data_and_a_secret() {
    let database = resource("AWS::RDS::DBInstance");
    assert!(database.stateful);
    assert!(database.is_sensitive("MasterUserPassword"));
    assert!(!database.is_sensitive("MasterUsername"));
    assert!(database.property("MasterUserPassword").is_some_and(|property| property.write_only));
    assert_eq!(database.attributes["Endpoint.Address"].kind, Kind::String);
    assert_eq!(database.replacement("StorageEncrypted"), Replacement::Always);
}

#[test]
fn secrets_are_marked_where_they_are_and_not_where_they_are_only_named() {
    for (name, path) in [
        ("AWS::SecretsManager::Secret", "SecretString"),
        ("AWS::ElastiCache::ReplicationGroup", "AuthToken"),
        ("AWS::ElastiCache::User", "Passwords"),
        ("AWS::AmazonMQ::Broker", "Users.Password"),
        ("AWS::DocDB::DBCluster", "MasterUserPassword"),
    ] {
        assert!(resource(name).is_sensitive(path), "{name} {path}");
    }
    for (name, path) in [
        ("AWS::EC2::InstanceConnectEndpoint", "ClientToken"),
        ("AWS::RDS::DBProxy", "Auth.SecretArn"),
        ("AWS::Cognito::UserPoolClient", "TokenValidityUnits.AccessToken"),
        ("AWS::AppMesh::VirtualNode", "Spec.Listeners.TLS.Certificate.File.PrivateKey"),
    ] {
        let resource = resource(name);
        assert!(resource.property(path).is_some(), "{name} {path}");
        assert!(!resource.is_sensitive(path), "{name} {path}");
    }
}

#[test]
fn what_is_in_a_replacing_property_replaces() {
    let access_point = resource("AWS::EFS::AccessPoint");
    assert_eq!(access_point.replacement("PosixUser.Uid"), Replacement::Always);
    let snapshot = resource("AWS::RedshiftServerless::Snapshot");
    assert_eq!(snapshot.replacement("Tags.0.Key"), Replacement::Always);
}

#[test]
fn allowed_values_are_listed() {
    let function = resource("AWS::Lambda::Function");
    let runtime = function.property("Runtime").expect("a function has a runtime");
    assert!(runtime.allowed.contains(&json!("provided.al2023")));
}

#[test]
fn a_walk_gives_each_value_with_its_property() {
    let listener = resource("AWS::ElasticLoadBalancingV2::Listener");
    let properties = json!({
        "DefaultActions": [{"Type": "authenticate-oidc", "AuthenticateOidcConfig": {"ClientSecret": "x"}}],
        "LoadBalancerArn": "arn:…",
        "Nonsense": {"a": 1},
    });
    let visits = listener.walk(&properties);
    let seen = visits.iter().map(|visit| {
        let mark = if visit.cursor.is_sensitive() { " secret" } else { "" };
        let known = if visit.cursor.property().is_some() { "" } else { " unknown" };
        format!("{}{mark}{known}", visit.path)
    });
    assert_eq!(
        seen.collect::<Vec<_>>(),
        [
            "DefaultActions",
            "DefaultActions.0",
            "DefaultActions.0.Type",
            "DefaultActions.0.AuthenticateOidcConfig",
            "DefaultActions.0.AuthenticateOidcConfig.ClientSecret secret",
            "LoadBalancerArn",
            "Nonsense unknown",
            "Nonsense.a unknown",
        ]
    );
}

#[test]
fn what_one_call_exchanges_is_changed_in_place_though_the_identifier_changes_with_it() {
    let record = resource("AWS::Route53::RecordSet");
    for name in ["Name", "HostedZoneId"] {
        assert_eq!(record.replacement(name), Replacement::Always, "{name}");
    }
    for name in ["Type", "SetIdentifier", "TTL"] {
        assert_eq!(record.replacement(name), Replacement::Never, "{name}");
    }
    let association = resource("AWS::EC2::SubnetRouteTableAssociation");
    assert_eq!(association.replacement("RouteTableId"), Replacement::Never);
    assert_eq!(association.replacement("SubnetId"), Replacement::Always);
}

#[test]
fn versions_and_revisions_of_a_resource_count_its_changes() {
    let counts = |name: &str, attribute: &str| resource(name).counts_changes(attribute);
    assert!(counts("AWS::EC2::LaunchTemplate", "LatestVersionNumber"));
    assert!(counts("AWS::AmazonMQ::Configuration", "Revision"));
    assert!(counts("AWS::MSK::Configuration", "LatestRevision.Revision"));
    assert!(counts("AWS::CloudFront::DistributionTenant", "ETag"));
    assert!(!counts("AWS::EC2::LaunchTemplate", "LaunchTemplateId"));
    assert!(!counts("AWS::RDS::DBSnapshot", "EngineVersion"), "what runs in it");
    assert!(!counts("AWS::AmazonMQ::Broker", "ConfigurationRevision"), "of another resource");
    assert!(!counts("AWS::CloudFormation::ModuleVersion", "Arn"), "its identifier");
    assert!(!counts("AWS::EC2::LaunchTemplate", "Version"), "no attribute of it");
}

#[test]
fn every_attribute_that_sounds_like_a_secret_was_decided_on() {
    let sounds = ["Secret", "Password", "Token", "ApiKey", "AccessKey", "StreamKey", "PrivateKey", "Passphrase"];
    // What says where a secret is, what it is called, or what everyone may know.
    let harmless =
        ["Arn", "Id", "Name", "JsonKey", "SecretSource", "ManagedSecretConfig", "VersionToken", "ClientToken"];
    let public = [
        // These are published in the DNS.
        ("AWS::EC2::IpamExternalResourceVerificationToken", "TokenValue"),
        ("AWS::SES::EmailIdentity", "DkimDNSTokenName"),
        ("AWS::SES::EmailIdentity", "DkimDNSTokenValue"),
    ];
    for resource in all().map(resource) {
        for attribute in resource.attributes.keys() {
            let last = attribute.rsplit('.').next().unwrap_or_default();
            let known = public.iter().any(|(name, start)| *name == resource.name && last.starts_with(start));
            let decided = known || harmless.iter().any(|end| last.ends_with(end));
            let secret = sounds.iter().any(|word| last.contains(word)) && !decided;
            let listed = resource.is_secret_attribute(attribute);
            assert!(listed || !secret, "{}.{attribute} sounds like a secret", resource.name);
        }
    }
    assert!(resource("AWS::IVS::StreamKey").is_secret_attribute("Value"));
    assert!(!resource("AWS::SSM::Parameter").is_secret_attribute("Value"));
}

#[test]
fn a_role_and_a_bucket_belong_to_no_region_and_a_subnet_to_one() {
    let is_global = |name: &str| lookup(name).unwrap().is_global();
    assert!(is_global("AWS::IAM::Role") && is_global("AWS::S3::Bucket"));
    assert!(!is_global("AWS::EC2::Subnet") && !is_global("AWS::Logs::LogGroup"));
}

#[test]
fn the_order_of_a_list_means_nothing_where_a_source_says_so() {
    let order = |type_name: &str, path: &str| lookup(type_name).unwrap().at(path).list_order();
    let sets = [
        ("AWS::RDS::DBCluster", "AvailabilityZones"),
        ("AWS::RDS::DBCluster", "VpcSecurityGroupIds"),
        ("AWS::CertificateManager::Certificate", "SubjectAlternativeNames"),
        ("AWS::EC2::SecurityGroup", "SecurityGroupIngress"),
        ("AWS::EC2::VPC", "Tags"),
        ("AWS::Lambda::Function", "VpcConfig.SubnetIds"),
        ("AWS::CloudFront::Distribution", "DistributionConfig.Origins"),
        ("AWS::ECS::TaskDefinition", "ContainerDefinitions"),
        ("AWS::ElasticLoadBalancingV2::ListenerRule", "Actions"),
        ("AWS::Route53::RecordSet", "ResourceRecords"),
    ];
    for (type_name, path) in sets {
        assert_eq!(order(type_name, path), ListOrder::Set, "{type_name}.{path}");
    }
    let sequences = [
        ("AWS::ECS::TaskDefinition", "ContainerDefinitions.Command"),
        ("AWS::ECS::TaskDefinition", "ContainerDefinitions.0.EntryPoint"),
        ("AWS::ECS::TaskDefinition", "ContainerDefinitions.HealthCheck.Command"),
        ("AWS::ECS::TaskDefinition", "ContainerDefinitions.DnsServers"),
        ("AWS::Lambda::Function", "Layers"),
        ("AWS::Lambda::Function", "ImageConfig.Command"),
        ("AWS::EC2::DHCPOptions", "DomainNameServers"),
        ("AWS::CloudFront::Distribution", "DistributionConfig.CacheBehaviors"),
        ("AWS::CloudFront::Distribution", "DistributionConfig.OriginGroups.Items.Members.Items"),
        ("AWS::AppSync::Resolver", "PipelineConfig.Functions"),
        ("AWS::Glue::Table", "TableInput.StorageDescriptor.Columns"),
    ];
    for (type_name, path) in sequences {
        assert_eq!(order(type_name, path), ListOrder::Sequence, "{type_name}.{path}");
    }
    assert_eq!(order("AWS::RDS::DBInstance", "ProcessorFeatures"), ListOrder::Unknown);
}

#[test]
fn texts_that_mean_the_same_have_one_spelling() {
    let normal = |type_name: &str, path: &str, text: &str| {
        lookup(type_name).unwrap().at(path).spelling().normal(text).into_owned()
    };
    let same = [
        ("AWS::Route53::RecordSet", "Name", "WWW.example.com.", "www.example.com"),
        ("AWS::Route53::RecordSet", "Name", "\\052.example.com", "*.example.com"),
        ("AWS::Route53::RecordSet", "AliasTarget.DNSName", "Lb-1.elb.amazonaws.com.", "lb-1.elb.amazonaws.com"),
        ("AWS::Route53::HostedZone", "Name", "Example.com", "example.com."),
        ("AWS::EC2::SecurityGroup", "SecurityGroupIngress.IpProtocol", "6", "TCP"),
        ("AWS::EC2::SecurityGroupIngress", "IpProtocol", "17", "udp"),
        ("AWS::EC2::SecurityGroupEgress", "CidrIp", "10.0.0.5/8", "10.0.0.0/8"),
        ("AWS::EC2::Route", "DestinationIpv6CidrBlock", "2600:0:0:0::7/56", "2600::/56"),
        ("AWS::EC2::VPC", "CidrBlock", "10.1.2.3/0", "0.0.0.0/0"),
        ("AWS::RDS::DBInstance", "DBInstanceIdentifier", "Shop", "shop"),
        ("AWS::RDS::DBInstance", "KmsKeyId", "arn:aws-cn:kms:cn-north-1:123456789012:key/12ab", "12ab"),
        ("AWS::Logs::LogGroup", "KmsKeyId", "arn:aws:kms:eu-west-1:123456789012:key/12ab", "12ab"),
    ];
    for (type_name, path, a, b) in same {
        assert_eq!(normal(type_name, path, a), normal(type_name, path, b), "{type_name}.{path}");
    }
    let different = [
        ("AWS::Route53::RecordSet", "Name", "a\\056b.example.com", "a.b.example.com"),
        ("AWS::Route53::RecordSet", "SetIdentifier", "A", "a"),
        ("AWS::EC2::SecurityGroupEgress", "CidrIp", "10.0.0.5/32", "10.0.0.6/32"),
        ("AWS::EC2::SecurityGroupEgress", "CidrIp", "10.0.0.5/33", "10.0.0.6/33"),
        ("AWS::EC2::SecurityGroup", "GroupName", "A", "a"),
        (
            "AWS::RDS::DBInstance",
            "KmsKeyId",
            "arn:aws:kms:eu-west-1:123456789012:key/mrk-1",
            "arn:aws:kms:us-east-1:123456789012:key/mrk-1",
        ),
        ("AWS::RDS::DBInstance", "KmsKeyId", "alias/a", "a"),
    ];
    for (type_name, path, a, b) in different {
        assert_ne!(normal(type_name, path, a), normal(type_name, path, b), "{type_name}.{path}");
    }
}

#[test]
fn the_values_of_a_record_are_compared_by_its_type() {
    assert_eq!(Spelling::record("CNAME", "X.example.net."), Spelling::record("CNAME", "x.example.net"));
    assert_eq!(Spelling::record("MX", "10 Mail.example.net."), Spelling::record("MX", "10  mail.example.net"));
    assert_eq!(Spelling::record("AAAA", "2600:0::1"), Spelling::record("AAAA", "2600::1"));
    assert_ne!(Spelling::record("TXT", "\"A\""), Spelling::record("TXT", "\"a\""));
    assert_ne!(Spelling::record("MX", "10 mail.example.net"), Spelling::record("MX", "20 mail.example.net"));
}
