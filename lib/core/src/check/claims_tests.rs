use serde_json::{Value as Json, json};

use super::*;

const POLICY: &str = "AWS::IAM::RolePolicy";
const RECORD: &str = "AWS::Route53::RecordSet";
const SUBNET: &str = "AWS::EC2::Subnet";
const ZONE: &str = "AWS::Route53::HostedZone";

/// Returns the findings in a program of resources in the stacks `a`, `b` in the same account, and `c` in another one.
fn diagnostics(resources: &[(&str, &str, Json)]) -> Vec<Diagnostic> {
    let entry = |(path, type_name, properties): &(&str, &str, Json)| {
        let Ok(Value::Map(properties)) = Value::from_json(properties.clone()) else { panic!("{path} is no map") };
        (Path::from(*path), ResourceEntry::new(*type_name, properties))
    };
    let stack = |name: &str, account: &str| (name.to_owned(), Environment::new("us-east-1").account(account));
    let assembly = Assembly {
        format: 1,
        app: "shop".into(),
        state: None,
        stacks: [stack("a", "111122223333"), stack("b", "111122223333"), stack("c", "444455556666")].into(),
        resources: resources.iter().map(entry).collect(),
        outputs: BTreeMap::new(),
        lookups: BTreeMap::new(),
    };
    let mut diagnostics = Vec::new();
    conflicts(&assembly, &Locations::new(), &mut diagnostics);
    diagnostics
}

/// Returns the code, the path and the conflicting resource of each finding.
fn found(resources: &[(&str, &str, Json)]) -> Vec<String> {
    let tell = |it: &Diagnostic| format!("{} {}: {}", it.code, it.path.as_ref().unwrap(), it.got.as_ref().unwrap());
    diagnostics(resources).iter().map(tell).collect()
}

fn message(resources: &[(&str, &str, Json)]) -> Vec<String> {
    let mut messages = found(resources);
    messages.iter_mut().for_each(|message| *message = message.replace("GP0214 ", "").replace("also claimed by ", ""));
    messages
}

fn policy(path: &'static str, name: &str) -> (&'static str, &'static str, Json) {
    (path, POLICY, json!({"RoleName": "worker", "PolicyName": name}))
}

#[test]
fn of_several_that_are_the_same_each_is_told_of_beside_the_first() {
    let three = [policy("a/one", "x"), policy("a/two", "x"), policy("a/three", "x"), policy("a/other", "y")];
    assert_eq!(message(&three), ["a/three: a/one", "a/two: a/one"]);
}

#[test]
fn one_resource_does_not_stand_in_its_own_way() {
    let twice = json!({"PolicyName": "x", "Roles": ["worker", "worker"]});
    assert_eq!(found(&[("a/one", "AWS::IAM::Policy", twice)]), [""; 0]);
}

#[test]
fn two_resources_that_are_the_same_in_two_ways_are_told_of_once() {
    let both = json!({"PolicyName": "x", "Roles": ["worker", "helper"]});
    let program = [("a/one", "AWS::IAM::Policy", both.clone()), ("a/two", "AWS::IAM::Policy", both)];
    assert_eq!(message(&program), ["a/two: a/one"]);
}

#[test]
fn two_resources_are_told_of_once_whichever_of_them_has_the_wider_block() {
    let subnet =
        |path, v4: &str, v6: &str| (path, SUBNET, json!({"VpcId": "vpc-1", "CidrBlock": v4, "Ipv6CidrBlock": v6}));
    let program =
        [subnet("a/one", "10.0.0.0/16", "2001:db8:0:1::/64"), subnet("a/two", "10.0.1.0/24", "2001:db8::/56")];
    assert_eq!(found(&program).len(), 1, "{:?}", found(&program));
}

#[test]
fn a_message_says_what_both_have_or_how_it_overlaps_or_differs() {
    let messages = |resources: &[(&str, &str, Json)]| -> Vec<String> {
        diagnostics(resources).into_iter().map(|it| it.message).collect()
    };
    let role = |path| (path, "AWS::IAM::Role", json!({"RoleName": "worker"}));
    assert_eq!(
        messages(&[role("a/one"), role("a/two")]),
        ["two resources claim the same name of AWS::IAM::Role: worker"]
    );
    assert_eq!(
        messages(&[policy("a/one", "read"), policy("a/two", "read")]),
        ["two resources claim the same inline policy of a role: worker, read"]
    );
    let detector = |path| (path, "AWS::GuardDuty::Detector", json!({"Enable": true}));
    assert_eq!(messages(&[detector("a/one"), detector("a/two")]), ["two resources claim the same GuardDuty detector"]);
    let subnet = |path, block: &str| (path, SUBNET, json!({"VpcId": "vpc-1", "CidrBlock": block}));
    assert_eq!(
        messages(&[subnet("a/one", "10.0.0.0/24"), subnet("a/two", "10.0.0.0/24")]),
        ["two resources claim the same IPv4 block of a subnet: vpc-1, 10.0.0.0/24"]
    );
    assert_eq!(
        messages(&[subnet("a/one", "10.0.0.0/16"), subnet("a/two", "10.0.0.0/24")]),
        ["the address blocks 10.0.0.0/24 and 10.0.0.0/16 overlap: IPv4 block of a subnet in vpc-1"]
    );
    let record = |path, kind: &str| (path, RECORD, json!({"HostedZoneId": "Z", "Name": "www", "Type": kind}));
    assert_eq!(
        messages(&[record("a/one", "CNAME"), record("a/two", "A")]),
        ["CNAME at a name Z, www.: a record that is not a CNAME and CNAME exclude each other"]
    );
}

#[test]
fn a_member_of_its_own_may_not_be_one_that_the_owner_states_inline() {
    let role = ("a/role", "AWS::IAM::Role", json!({"Policies": [{"PolicyName": "read"}]}));
    let policy =
        |name: &str| ("a/policy", POLICY, json!({"RoleName": {"$ref": "a/role#RoleName"}, "PolicyName": name}));
    assert_eq!(message(&[role.clone(), policy("read")]), ["a/role: a/policy"]);
    assert_eq!(found(&[role, policy("write")]), [""; 0]);
    let vpc = ("a/vpc", "AWS::EC2::VPC", json!({"CidrBlock": "10.0.0.0/16"}));
    let more =
        |block: &str| ("a/x", "AWS::EC2::VPCCidrBlock", json!({"VpcId": {"$ref": "a/vpc#VpcId"}, "CidrBlock": block}));
    assert_eq!(message(&[vpc.clone(), more("10.0.1.0/24")]), ["a/x: 10.0.1.0/24, and 10.0.0.0/16 in a/vpc"]);
    assert_eq!(found(&[vpc, more("10.1.0.0/24")]), [""; 0]);
}

#[test]
fn a_block_is_told_of_beside_the_widest_one_that_contains_it() {
    let subnet = |path, block: &str| (path, SUBNET, json!({"VpcId": "vpc-1", "CidrBlock": block}));
    let program = [
        subnet("a/wide", "10.0.0.0/16"),
        subnet("a/first", "10.0.1.0/24"),
        subnet("a/second", "10.0.2.0/24"),
        subnet("a/apart", "10.1.0.0/24"),
        subnet("a/half", "10.1.0.128/25"),
        subnet("a/alone", "10.2.0.0/24"),
    ];
    assert_eq!(
        message(&program),
        [
            "a/first: 10.0.1.0/24, and 10.0.0.0/16 in a/wide",
            "a/second: 10.0.2.0/24, and 10.0.0.0/16 in a/wide",
            "a/half: 10.1.0.128/25, and 10.1.0.0/24 in a/apart"
        ]
    );
}

#[test]
fn a_zone_that_is_named_is_the_one_of_that_name_in_the_same_account() {
    let zone = |path, name: &str| (path, ZONE, json!({"Name": name}));
    let named = |zone: &str| ("a/named", RECORD, json!({"HostedZoneName": zone, "Name": "www", "Type": "A"}));
    let of = |zone: &str| {
        let id = json!({"$ref": format!("{zone}#Id")});
        ("a/x", RECORD, json!({"HostedZoneId": id, "Name": "www", "Type": "A"}))
    };
    assert_eq!(message(&[zone("a/zone", "x.org"), named("X.org."), of("a/zone")]), ["a/x: a/named"]);
    assert_eq!(message(&[zone("b/zone", "x.org"), named("x.org"), of("b/zone")]), ["a/x: a/named"]);
    assert_eq!(found(&[zone("c/zone", "x.org"), named("x.org"), of("c/zone")]), [""; 0], "of another account");
    assert_eq!(found(&[zone("a/zone", "y.org"), named("x.org"), of("a/zone")]), [""; 0], "of another name");
    let bucket = ("a/zone", "AWS::S3::Bucket", json!({"Name": "x.org"}));
    assert_eq!(found(&[bucket, named("x.org"), of("a/zone")]), [""; 0], "no zone");
    let two = [zone("a/zone", "x.org"), zone("a/zone2", "x.org"), named("x.org"), of("a/zone")];
    assert_eq!(found(&two), [""; 0], "either is meant");
}

#[test]
fn a_member_is_refused_only_beside_its_owner_that_states_members() {
    let member = |owner: &str| {
        let owner = json!({"$ref": format!("{owner}#GroupId")});
        let rule = json!({"GroupId": owner, "IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "CidrIp": "10.0.0.0/8"});
        ("a/rule", "AWS::EC2::SecurityGroupIngress", rule)
    };
    let rules = |count: usize| {
        let rule = json!({"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "10.0.0.0/8"});
        json!({"SecurityGroupIngress": vec![rule; count]})
    };
    let beside = |type_name, count| found(&[("a/web", type_name, rules(count)), member("a/web")]);
    assert_eq!(beside("AWS::EC2::SecurityGroup", 1), ["GP0215 a/rule: `SecurityGroupIngress` of a/web"]);
    assert_eq!(beside("AWS::EC2::SecurityGroup", 0), [""; 0], "it states none");
    assert_eq!(beside("AWS::Made::Up", 1), [""; 0], "of another type");
}
