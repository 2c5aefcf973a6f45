use super::*;
use crate::Environment;
use crate::lookup::{HostedZoneQuery, Query, VpcQuery};

fn assembly(stacks: &[(&str, &str)], resources: &[(&str, &str, Json)]) -> Assembly {
    let entry = |(path, type_name, properties): &(&str, &str, Json)| {
        let Ok(Value::Map(properties)) = Value::from_json(properties.clone()) else { panic!("{properties}") };
        (Path::new(*path), ResourceEntry::new(*type_name, properties))
    };
    Assembly {
        format: Assembly::FORMAT,
        app: "shop".into(),
        state: None,
        stacks: stacks.iter().map(|(name, region)| ((*name).to_owned(), Environment::new(*region))).collect(),
        resources: resources.iter().map(entry).collect(),
        outputs: BTreeMap::new(),
        lookups: BTreeMap::new(),
    }
}

fn network(subnet: Json) -> Assembly {
    assembly(
        &[("shop", "us-east-1")],
        &[
            ("shop/vpc", "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"})),
            ("shop/vpc/ipv6", "AWS::EC2::VPCCidrBlock", json!({"VpcId": {"$ref": "shop/vpc#VpcId"}})),
            ("shop/vpc/private-a", "AWS::EC2::Subnet", subnet),
        ],
    )
}

/// The resource whose logical id starts with `id`, in the only template.
fn resource(assembly: &Assembly, id: &str) -> Json {
    let templates = templates(assembly).unwrap_or_else(|error| panic!("{error}"));
    let template = templates.values().next().expect("there is a stack");
    let resources = template["Resources"].as_object().expect("it is a section");
    resources.iter().find(|(name, _)| name[..name.len() - 8] == *id).expect("it is there").1.clone()
}

fn errors(assembly: &Assembly) -> Vec<&'static str> {
    let errors = templates(assembly).expect_err("it cannot be written");
    errors.0.iter().map(|diagnostic| diagnostic.code.as_str()).collect()
}

#[test]
fn a_reference_is_a_ref_where_that_gives_the_attribute_and_else_an_attribute() {
    let subnet = resource(&network(json!({"VpcId": {"$ref": "shop/vpc#VpcId"}})), "VpcPrivateA");
    assert_eq!(subnet["Properties"]["VpcId"]["Ref"].as_str().map(|id| &id[..3]), Some("Vpc"));
    let subnet = resource(&network(json!({"VpcId": {"$ref": "shop/vpc#DefaultNetworkAcl"}})), "VpcPrivateA");
    assert_eq!(subnet["Properties"]["VpcId"]["Fn::GetAtt"][1], "DefaultNetworkAcl");
    assert_eq!(subnet["Metadata"]["groundplan:path"], "shop/vpc/private-a");
}

#[test]
fn an_ipv6_block_that_amazon_gives_is_read_from_its_vpc_once_it_is_there() {
    let part = json!({"block": {"$ref": "shop/vpc/ipv6#Ipv6CidrBlock"}, "prefix": 64, "index": 3});
    let subnet = resource(&network(json!({"Ipv6CidrBlock": {"$subnet": part}})), "VpcPrivateA");
    let select = &subnet["Properties"]["Ipv6CidrBlock"]["Fn::Select"];
    assert_eq!(select[0], 3);
    let cidr = &select[1]["Fn::Cidr"];
    assert_eq!((&cidr[1], &cidr[2]), (&json!(4), &json!(64)));
    assert_eq!(cidr[0]["Fn::Select"][1]["Fn::GetAtt"][1], "Ipv6CidrBlocks");
    let depends_on = subnet["DependsOn"][0].as_str().expect("a logical id");
    assert!(depends_on.starts_with("VpcIpv6"), "{depends_on}");
}

#[test]
fn a_known_property_of_another_resource_is_written_out() {
    let block = json!({"$subnet": {"block": {"$ref": "shop/vpc/ipv6#CidrBlock"}, "prefix": 18, "index": 1}});
    let mut assembly = network(json!({"CidrBlock": block}));
    let ipv6 = assembly.resources.get_mut("shop/vpc/ipv6").expect("it is there");
    ipv6.properties.insert("CidrBlock".into(), "10.9.0.0/16".into());
    assert_eq!(resource(&assembly, "VpcPrivateA")["Properties"]["CidrBlock"], "10.9.64.0/18");
}

#[test]
fn templates_become_sub_and_keep_what_looks_like_a_variable() {
    let tag = |parts: Json| {
        let tags = json!([{"Key": "name", "Value": {"$template": parts}}]);
        resource(&network(json!({"Tags": tags})), "VpcPrivateA")["Properties"]["Tags"][0]["Value"].clone()
    };
    let sub = tag(json!(["${aws:user}/", {"$ref": "shop#AccountId"}, "/", {"$ref": "shop/vpc#CidrBlock"}]));
    let text = sub["Fn::Sub"].as_str().expect("a text");
    assert!(text.starts_with("${!aws:user}/${AWS::AccountId}/${Vpc") && text.ends_with(".CidrBlock}"), "{text}");
    let join = tag(json!(["a", {"$ref": "shop/vpc/ipv6#Ipv6CidrBlock"}]));
    assert_eq!(join["Fn::Join"][1][0], "a");
}

#[test]
fn no_secret_is_in_a_template() {
    let database = |password: Json| {
        let properties = json!({"MasterUserPassword": {"$secret": password}});
        assembly(
            &[("shop", "us-east-1")],
            &[
                ("shop/db", "AWS::RDS::DBInstance", properties),
                (
                    "shop/password",
                    "AWS::SecretsManager::Secret",
                    json!({"SecretString": {"$secret": {"generated": {"length": 32}}}}),
                ),
            ],
        )
    };
    let by_name = database(json!({"secrets_manager": {"secret": "shop/db", "key": "password"}}));
    let password = |assembly: &Assembly| resource(assembly, "Db")["Properties"]["MasterUserPassword"].clone();
    assert_eq!(password(&by_name), "{{resolve:secretsmanager:shop/db:SecretString:password}}");
    let by_reference = database(json!({"secrets_manager": {"secret": {"$ref": "shop/password#Id"}}}));
    let text = password(&by_reference)["Fn::Sub"].as_str().expect("a text").to_owned();
    assert!(text.starts_with("{{resolve:secretsmanager:${Password") && text.ends_with("}}}"), "{text}");
    let from_environment = database(json!({"environment": "DB_PASSWORD"}));
    assert_eq!(password(&from_environment), json!({"Ref": "SecretDbPassword"}));
    let template = &templates(&from_environment).expect("it can be written")["shop"];
    assert_eq!(template["Parameters"]["SecretDbPassword"]["NoEcho"], true);
    let secret = resource(&by_name, "Password");
    assert_eq!(secret["Properties"], json!({"GenerateSecretString": {"PasswordLength": 32}}));
}

#[test]
fn what_holds_data_is_kept() {
    let mut assembly = assembly(
        &[("shop", "us-east-1")],
        &[
            ("shop/db", "AWS::RDS::DBInstance", json!({})),
            ("shop/media", "AWS::S3::Bucket", json!({})),
            ("shop/vpc", "AWS::EC2::VPC", json!({})),
        ],
    );
    assert_eq!(resource(&assembly, "Db")["DeletionPolicy"], "Snapshot");
    assert_eq!(resource(&assembly, "Media")["UpdateReplacePolicy"], "Retain");
    assert!(resource(&assembly, "Vpc").get("DeletionPolicy").is_none());
    assembly.resources.get_mut("shop/vpc").expect("it is there").lifecycle.retain = true;
    assert_eq!(resource(&assembly, "Vpc")["DeletionPolicy"], "Retain");
}

#[test]
fn paths_that_read_alike_have_ids_of_their_own_that_do_not_depend_on_the_others() {
    let bucket = |path: &'static str| (path, "AWS::S3::Bucket", json!({}));
    let one = assembly(&[("shop", "us-east-1")], &[bucket("shop/a-b")]);
    let both = assembly(&[("shop", "us-east-1")], &[bucket("shop/a-b"), bucket("shop/a/b")]);
    let ids = |assembly: &Assembly| logical_ids(assembly).into_values().collect::<BTreeSet<_>>();
    assert_eq!(ids(&both).len(), 2);
    assert!(ids(&one).is_subset(&ids(&both)));
}

#[test]
fn a_reference_to_another_stack_is_an_import_within_one_region_only() {
    let two = |region: &str| {
        let policy = json!({"Bucket": {"$ref": "data/media#BucketName"}, "PolicyDocument": {}});
        let resources = [("app/policy", "AWS::S3::BucketPolicy", policy), ("data/media", "AWS::S3::Bucket", json!({}))];
        assembly(&[("app", "us-east-1"), ("data", region)], &resources)
    };
    let templates = templates(&two("us-east-1")).expect("it can be written");
    let export = templates["data"]["Outputs"].as_object().and_then(|outputs| outputs.values().next()).expect("one");
    let policy = templates["app"]["Resources"].as_object().and_then(|all| all.values().next()).expect("one");
    assert_eq!(policy["Properties"]["Bucket"]["Fn::ImportValue"], export["Export"]["Name"]);
    assert_eq!(errors(&two("eu-west-1")), ["GP0905"]);
}

#[test]
fn what_cloudformation_has_no_word_for_is_reported_with_its_path() {
    let ipv6 = json!({"VpcId": {"$ref": "shop/vpc#EnableDnsSupport"}});
    let error = templates(&network(ipv6)).expect_err("it cannot be written").to_string();
    assert!(error.contains("GP0904") && error.contains("shop/vpc/private-a"), "{error}");
}

#[test]
fn an_output_is_exported_under_the_name_that_another_app_imports() {
    let mut account = assembly(&[("account", "us-east-1")], &[]);
    account.app = "account".into();
    account.outputs = BTreeMap::from([("zone_id".to_owned(), "Z1".into())]);
    let export = templates(&account).expect("it can be written")["account"]["Outputs"]["ZoneId"]["Export"].clone();
    assert_eq!(export, json!({"Name": "account-zone-id"}));

    let imported = |form: &str| json!({"$import": {"app": "account", "name": "zone_id", "form": form}});
    let subnet = |value: Json| resource(&network(value), "VpcPrivateA")["Properties"].clone();
    assert_eq!(subnet(json!({"VpcId": imported("text")}))["VpcId"], json!({"Fn::ImportValue": export["Name"]}));
    let template = json!({"$template": ["vpc-", imported("text")]});
    assert_eq!(subnet(json!({"VpcId": template}))["VpcId"]["Fn::Join"][1][1]["Fn::ImportValue"], export["Name"]);
    let list = subnet(json!({"Tags": imported("list")}));
    assert_eq!(list["Tags"]["Fn::Split"], json!([",", {"Fn::ImportValue": "account-zone-id"}]));
    assert_eq!(errors(&network(json!({"Tags": imported("structure")}))), ["GP0907"]);
}

#[test]
fn an_output_of_several_values_is_joined_to_text() {
    let mut assembly = assembly(
        &[("shop", "us-east-1")],
        &[("shop/zone", "AWS::Route53::HostedZone", json!({"Name": "example.com"}))],
    );
    let servers = Value::from_json(json!({"$ref": "shop/zone#NameServers"})).expect("a reference");
    assembly.outputs.insert("name-servers".to_owned(), servers);
    let templates = templates(&assembly).unwrap_or_else(|error| panic!("{error}"));
    let value = &templates["shop"]["Outputs"]["NameServers"]["Value"]["Fn::Join"];
    assert_eq!((&value[0], &value[1]["Fn::GetAtt"][1]), (&json!(","), &json!("NameServers")));
}

#[test]
fn a_group_without_outbound_rules_has_one_that_nothing_matches() {
    let group = json!({"GroupDescription": "web", "SecurityGroupEgress": []});
    let group = resource(&assembly(&[("shop", "us-east-1")], &[("shop/web", "AWS::EC2::SecurityGroup", group)]), "Web");
    assert_eq!(group["Properties"]["SecurityGroupEgress"][0]["CidrIp"], "255.255.255.255/32");
}

fn role(condition: Json) -> Assembly {
    let trust = json!({"Statement": [{"Effect": "Allow", "Condition": {"StringEquals": condition}}]});
    assembly(
        &[("shop", "us-east-1")],
        &[
            ("shop/eks", "AWS::EKS::Cluster", json!({})),
            ("shop/role", "AWS::IAM::Role", json!({"AssumeRolePolicyDocument": trust})),
        ],
    )
}

fn issuer() -> Json {
    json!({"$without_prefix": {"text": {"$ref": "shop/eks#OpenIdConnectIssuerUrl"}, "prefix": "https://"}})
}

#[test]
fn a_document_with_keys_to_come_is_the_text_of_its_json() {
    let role = resource(&role(json!({"$entries": [[{"$template": [issuer(), ":sub"]}, "a \"b\""]]})), "Role");
    let (start, parts) = ("Fn::Join", &role["Properties"]["AssumeRolePolicyDocument"]["Fn::Join"][1]);
    assert!(parts.is_array(), "no {start}: {role}");
    let issuer = &parts[1]["Fn::Select"];
    assert_eq!((&issuer[0], &issuer[1]["Fn::Split"][0]), (&json!(1), &json!("https://")));
    assert_eq!(issuer[1]["Fn::Split"][1]["Fn::GetAtt"][1], "OpenIdConnectIssuerUrl");
    let whole: String = [&parts[0], &json!("oidc.example/id"), &parts[2]].iter().filter_map(|it| it.as_str()).collect();
    let read: Json = serde_json::from_str(&whole).unwrap_or_else(|error| panic!("{error}: {whole}"));
    let statement = &read["Statement"][0];
    assert_eq!(statement["Condition"]["StringEquals"], json!({"oidc.example/id:sub": "a \"b\""}));
    assert_eq!(statement["Effect"], "Allow");
}

#[test]
fn a_prefix_of_what_is_known_is_taken_off_at_once() {
    let known = json!({"$without_prefix": {"text": "https://oidc.example", "prefix": "https://"}});
    let role = resource(&role(json!({"aws:x": known})), "Role");
    let condition = &role["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Condition"];
    assert_eq!(condition["StringEquals"]["aws:x"], "oidc.example");
}

#[test]
fn keys_to_come_of_a_map_that_is_no_untyped_json_are_refused() {
    let labels = json!({"Labels": {"$entries": [[issuer(), "x"]]}});
    let mut assembly = role(json!({}));
    let Ok(Value::Map(properties)) = Value::from_json(labels) else { panic!("it is a map") };
    assembly.resources.insert("shop/nodes".into(), ResourceEntry::new("AWS::EKS::Nodegroup", properties));
    assert_eq!(errors(&assembly), ["GP0908"]);
}

/// Lookups of each kind, and a resource that uses them.
fn with_lookups() -> Assembly {
    let shared = Query::Vpc(VpcQuery { id: Some("vpc-1".into()), ..VpcQuery::default() });
    let zone = Query::HostedZone(HostedZoneQuery { domain: "example.com".into(), ..HostedZoneQuery::default() });
    let image = Query::PublicParameter { name: "/aws/service/image".into() };
    let host = json!({
        "ImageId": {"$ref": "shop/image#Value"}, "SubnetId": {"$ref": "shop/shared#PrivateSubnetIds.1"},
        "AvailabilityZone": {"$ref": "shop/zones#ZoneNames.0"},
    });
    let group = json!({"SubnetIds": {"$ref": "shop/shared#PrivateSubnetIds"}, "DBSubnetGroupDescription": "all"});
    let record = json!({
        "HostedZoneId": {"$ref": "shop/zone#HostedZoneId"}, "Name": "www.example.com", "Type": "A",
        "ResourceRecords": [{"$ref": "shop/shared#CidrBlock"}],
    });
    let resources = [
        ("shop/host", "AWS::EC2::Instance", host),
        ("shop/group", "AWS::RDS::DBSubnetGroup", group),
        ("shop/record", "AWS::Route53::RecordSet", record),
    ];
    let lookups = [("shared", shared), ("zone", zone), ("image", image), ("zones", Query::AvailabilityZones)];
    let lookups = lookups.into_iter().map(|(name, query)| (Path::new(format!("shop/{name}")), query)).collect();
    Assembly { lookups, ..assembly(&[("shop", "us-east-1")], &resources) }
}

#[test]
fn outputs_of_lookups_are_parameters_of_the_types_that_cloudformation_checks() {
    let assembly = with_lookups();
    let templates = templates(&assembly).unwrap_or_else(|error| panic!("{error}"));
    let parameters = templates["shop"]["Parameters"].as_object().expect("it is a section");
    let of = |start: &str| parameters.iter().find(|(name, _)| name.starts_with(start)).expect("it is there").1.clone();
    let subnets = json!({"Type": "List<AWS::EC2::Subnet::Id>", "Description": "PrivateSubnetIds of the VPC `vpc-1`"});
    assert_eq!(of("SharedPrivateSubnetIds"), subnets);
    assert_eq!(of("SharedCidrBlock")["Type"], "String");
    assert_eq!(of("ZoneHostedZoneId")["Type"], "AWS::Route53::HostedZone::Id");
    let image = json!({"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/aws/service/image"});
    assert_eq!(of("ImageValue"), image);
    assert_eq!(parameters.len(), 4, "{parameters:?}");
    let host = &resource(&assembly, "Host")["Properties"];
    assert_eq!(host["SubnetId"]["Fn::Select"][0], 1);
    assert_eq!(host["AvailabilityZone"], json!({"Fn::Select": [0, {"Fn::GetAZs": "us-east-1"}]}));
    assert!(resource(&assembly, "Group")["Properties"]["SubnetIds"]["Ref"].is_string());
}
