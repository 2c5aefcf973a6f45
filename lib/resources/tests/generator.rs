//! The completeness and the names of the generated code.

use std::collections::BTreeSet;

#[path = "../generate/mod.rs"]
mod generate;

use generate::names;
use groundplan_schema::Properties;

#[test]
fn every_resource_type_and_every_nested_type_has_a_struct() {
    let services = generate::services(|_| true);
    let lines = || services.values().flat_map(|code| code.lines());
    let named = |line: &&str| line.trim_start().starts_with("pub struct ");
    // The resources, the nested types, and one `Attributes` for each resource.
    let structs = lines().filter(named).filter(|line| !line.contains('<')).count();
    assert_eq!(structs, 1828 + 9877 + 1828);
    assert_eq!(lines().filter(|line| line.starts_with("impl gp::Resource for ")).count(), 1828);

    let several = |properties: &Properties| properties.values().filter(|property| property.required).count() > 1;
    let published = generate::resources().flat_map(|it| std::iter::once(&it.properties).chain(it.types.values()));
    let by_name = lines().filter(named).filter(|line| line.contains("Args<")).count();
    assert_eq!(by_name, published.filter(|properties| several(properties)).count());
}

#[test]
fn the_features_are_the_services() {
    let manifest = include_str!("../Cargo.toml");
    let features: BTreeSet<_> = manifest.lines().filter_map(|line| line.strip_suffix(" = []")).collect();
    let services = generate::services(|_| false);
    assert_eq!(features, services.keys().map(String::as_str).collect());
    let all = manifest.split("\nall = [").nth(1).and_then(|rest| rest.split(']').next()).expect("there is `all`");
    let all: BTreeSet<_> =
        all.split(',').map(|name| name.trim().trim_matches('"')).filter(|name| !name.is_empty()).collect();
    assert_eq!(features, all);
}

#[test]
fn names_are_what_a_rust_programmer_expects() {
    for (name, camel, snake) in [
        ("VPC", "Vpc", "vpc"),
        ("VPCCidrBlock", "VpcCidrBlock", "vpc_cidr_block"),
        ("DBInstance", "DbInstance", "db_instance"),
        ("EnableResourceNameDnsAAAARecord", "EnableResourceNameDnsAaaaRecord", "enable_resource_name_dns_aaaa_record"),
        ("Ipv6CidrBlock", "Ipv6CidrBlock", "ipv6_cidr_block"),
        ("IPv6Cidr", "Ipv6Cidr", "ipv6_cidr"),
        ("TargetGroupARNs", "TargetGroupArns", "target_group_arns"),
        ("PreferredCacheClusterAZs", "PreferredCacheClusterAzs", "preferred_cache_cluster_azs"),
        ("GraphQLApi", "GraphqlApi", "graphql_api"),
        ("OAuthScopes", "OauthScopes", "oauth_scopes"),
        ("VCpuCount", "VcpuCount", "vcpu_count"),
        ("OpenIDConnectConfig", "OpenIdConnectConfig", "open_id_connect_config"),
        ("S3BucketName", "S3BucketName", "s3_bucket_name"),
    ] {
        assert_eq!((names::camel(name), names::snake(name)), (camel.into(), snake.into()));
    }
    assert_eq!(names::field("Type"), "type_");
    assert_eq!(names::field("Fields"), "fields_");
    assert_eq!(names::output("Path"), "path_");
    assert_eq!(names::output("Endpoint.Address"), "endpoint_address");
}

#[test]
fn an_id_repeats_no_word() {
    for (resource, attribute, id) in [
        ("VPC", "VpcId", "VpcId"),
        ("SecurityGroup", "GroupId", "SecurityGroupId"),
        ("Bucket", "Arn", "BucketArn"),
        ("Bucket", "BucketName", "BucketName"),
        ("Role", "Arn", "RoleArn"),
        ("Key", "KeyId", "KeyId"),
        ("DBCluster", "DBClusterIdentifier", "DbClusterIdentifier"),
        ("LoadBalancer", "LoadBalancerArn", "LoadBalancerArn"),
        ("TransitGatewayPeeringAttachment", "TransitGatewayAttachmentId", "TransitGatewayPeeringAttachmentId"),
    ] {
        assert_eq!(names::id(resource, attribute), id);
    }
}

#[test]
fn names_that_would_be_the_same_are_numbered_in_the_order_of_cloudformation() {
    let named = names::distinct(["AccessKey", "Accesskey", "AccessKEY"], |_| "access_key".into());
    assert_eq!(named["AccessKEY"], "access_key");
    assert_eq!(named["AccessKey"], "access_key2");
    assert_eq!(named["Accesskey"], "access_key3");
}

/// Checks the meanings of names of properties and attributes without a relation: each meaning with the number of
/// properties, and those of a service that ends in one of its own types.
#[test]
fn what_names_say_is_what_a_reader_would_say() {
    insta::assert_snapshot!(generate::said_by_names().join("\n"));
}

#[test]
fn a_constant_is_a_value_in_the_case_of_constants() {
    for (value, constant) in [
        ("dedicated", "DEDICATED"),
        ("db.t3.micro", "DB_T3_MICRO"),
        ("BucketOwnerEnforced", "BUCKET_OWNER_ENFORCED"),
        ("TLSv1.2_2021", "TLSV1_2_2021"),
        ("HTTPSListener", "HTTPS_LISTENER"),
        ("aws:kms", "AWS_KMS"),
        ("1.32", "V1_32"),
        ("*", "ANY"),
        ("", "EMPTY"),
    ] {
        assert_eq!(generate::values::constants(&[value])[value], constant);
    }
}

/// AWS publishes some values in two spellings. A newer schema that adds another such pair stops here, since a number
/// would give the name of an existing constant to another value: the pair needs a decision.
#[test]
fn few_values_differ_only_in_their_spelling() {
    let mut found = BTreeSet::new();
    for resource in generate::resources() {
        for (name, (_, values)) in &generate::values::Values::new(resource).types {
            let constants = generate::values::constants(values);
            let names: BTreeSet<_> = constants.values().cloned().collect();
            let numbered = constants
                .iter()
                .filter(|(_, constant)| constant.strip_suffix('2').is_some_and(|first| names.contains(first)));
            // `T2` beside `T` is a value of its own.
            let same = numbered.filter(|(value, constant)| generate::values::constants(&[value])[*value] != **constant);
            found.extend(same.map(|(value, constant)| format!("{}.{name}: {value} = {constant}", resource.name)));
        }
    }
    insta::assert_snapshot!(found.into_iter().collect::<Vec<_>>().join("\n"));
}
