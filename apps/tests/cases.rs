//! Small programs that went wrong once, over the wire.

mod support {
    #[expect(dead_code, reason = "these programs run behind a proxy")]
    pub(crate) mod command_line;
    pub(crate) mod world;
}
#[path = "../../tests/tests/cases/program.rs"]
mod program;

use program::program;
use support::command_line::{Ran, run_at};
use support::world::World;

impl World {
    fn run(&self, case: &str, version: &str, command: &[&str]) -> Ran {
        run_at(&program(case, version), self.proxy.url(), self.directory.path(), command)
    }

    /// Deploys both versions of a case, and gives what the second deploy asks for and sends.
    fn renamed(&self, case: &str) -> Vec<(String, String)> {
        self.run(case, "v1", &["deploy", "--yes"]).expect(0);
        self.operations();
        self.run(case, "v2", &["deploy", "--yes"]).expect(0);
        let requests = self.proxy.take_exchanges().into_iter().map(|exchange| exchange.request);
        let sent = requests.map(|it| (it.operation(), String::from_utf8_lossy(&it.body).into_owned())).collect();
        self.run(case, "v2", &["plan", "--detailed-exitcode", "--refresh"]).expect(0);
        sent
    }

    fn operations(&self) -> Vec<String> {
        self.proxy.take_exchanges().iter().map(|exchange| exchange.request.operation()).collect()
    }
}

#[test]
fn a_renamed_inline_policy_is_there_at_every_instant() {
    let world = World::new();
    world.run("role-policy", "v1", &["deploy", "--yes"]).expect(0);
    world.operations();
    world.run("role-policy", "v2", &["deploy", "--yes"]).expect(0);
    let operations = world.operations();
    assert!(!operations.iter().any(|it| it.starts_with("Delete")), "{operations:?}");
    let policies =
        world.moto.boto("us-east-1", "print(json.dumps(iam.list_role_policies(RoleName='worker')['PolicyNames']))");
    assert_eq!(policies.trim(), r#"["read"]"#);
    world.run("role-policy", "v2", &["plan", "--detailed-exitcode", "--refresh"]).expect(0);
}

#[test]
fn a_security_group_keeps_its_rules_until_the_load_balancer_has_left_it() {
    let world = World::new();
    let groups = || {
        let script = "groups = ec2.describe_security_groups()['SecurityGroups']\n\
                      print(json.dumps(sorted((it['Description'], len(it['IpPermissions'])) for it in groups \
                      if it['GroupName'] != 'default')))";
        world.moto.boto("us-east-1", script).trim().to_owned()
    };
    world.run("group-replaced", "v1", &["deploy", "--yes"]).expect(0);
    assert_eq!(groups(), r#"[["one", 1]]"#);
    world.proxy.refuse("SetSecurityGroups", "InvalidConfigurationRequest");
    let refused = world.run("group-replaced", "v2", &["deploy", "--yes"]).expect(1);
    assert!(refused.err.contains("InvalidConfigurationRequest"), "{}", refused.err);
    assert_eq!(groups(), r#"[["one", 1], ["two", 1]]"#, "the load balancer still uses the first one");
    world.proxy.calm();
    world.run("group-replaced", "v2", &["deploy", "--yes"]).expect(0);
    assert_eq!(groups(), r#"[["two", 1]]"#);
    let operations = world.operations();
    let position =
        |name: &str| operations.iter().rposition(|it| it == name).unwrap_or_else(|| panic!("{name}: {operations:?}"));
    assert!(position("SetSecurityGroups") < position("RevokeSecurityGroupIngress"), "{operations:?}");
    world.run("group-replaced", "v2", &["plan", "--detailed-exitcode", "--refresh"]).expect(0);
}

#[test]
fn a_trust_policy_is_compared_as_what_it_says() {
    let world = World::new();
    world.run("principal", "v1", &["deploy", "--yes"]).expect(0);
    world.run("principal", "v1", &["drift"]).expect(0);
    let script = "policy = iam.get_role(RoleName='c24')['Role']['AssumeRolePolicyDocument']\n\
                  policy['Statement'][0]['Condition']['StringEquals']['sts:ExternalId'] = '123'\n\
                  iam.update_assume_role_policy(RoleName='c24', PolicyDocument=json.dumps(policy))";
    world.moto.boto("us-east-1", script);
    let drift = world.run("principal", "v1", &["drift"]).expect(2);
    assert!(drift.out.contains("ExternalId"), "{}", drift.out);
}

/// Resources that have another name in the next version exist without interruption.
#[test]
fn a_renamed_record_route_or_rule_is_there_at_every_instant() {
    for (case, removal, script, there) in [
        (
            "record",
            "<Action>DELETE</Action>",
            "route53 = boto3.client('route53', 'us-east-1', endpoint_url=ec2.meta.endpoint_url,
    aws_access_key_id='test', aws_secret_access_key='test')
zone = route53.list_hosted_zones()['HostedZones'][0]['Id']
records = route53.list_resource_record_sets(HostedZoneId=zone)['ResourceRecordSets']
print(json.dumps([it['Name'] for it in records if it['Type'] == 'CNAME']))",
            r#"["www.example.com."]"#,
        ),
        (
            "route",
            "Action=DeleteRoute",
            "routes = [it for table in ec2.describe_route_tables()['RouteTables'] for it in table['Routes']]
print(json.dumps([it['DestinationCidrBlock'] for it in routes if it.get('GatewayId', '').startswith('igw-')]))",
            r#"["0.0.0.0/0"]"#,
        ),
        (
            "rule",
            "Action=RevokeSecurityGroupIngress",
            "groups = [it for it in ec2.describe_security_groups()['SecurityGroups'] if it['Description'] == 'web']
print(json.dumps([it['ToPort'] for group in groups for it in group['IpPermissions']]))",
            "[443]",
        ),
    ] {
        let world = World::new();
        let sent = world.renamed(case);
        for (operation, body) in &sent {
            let removes = operation.to_ascii_lowercase().starts_with("delete") || body.contains(removal);
            assert!(!removes, "{case}: {operation} {body}");
        }
        assert_eq!(world.moto.boto("us-east-1", script).trim(), there, "{case}");
    }
}

#[test]
fn what_was_deleted_by_hand_is_named_by_a_refresh_and_a_deploy_that_meets_it_says_so() {
    let world = World::new();
    world.run("gone", "v1", &["deploy", "--yes"]).expect(0);
    let script = "vpc = [it['VpcId'] for it in ec2.describe_vpcs()['Vpcs'] if not it['IsDefault']][0]
for subnet in ec2.describe_subnets(Filters=[{'Name': 'vpc-id', 'Values': [vpc]}])['Subnets']:
    ec2.delete_subnet(SubnetId=subnet['SubnetId'])
ec2.delete_vpc(VpcId=vpc)";
    world.moto.boto("us-east-1", script);
    // What does not need it is changed all the same.
    world.run("gone", "v2", &["deploy", "--yes"]).expect(0);
    let met = world.run("gone", "v3", &["deploy", "--yes"]).expect(1);
    assert!(met.err.contains("a/s2") && met.err.contains("--refresh"), "{}", met.err);
    let plan = world.run("gone", "v3", &["plan", "--detailed-exitcode", "--refresh"]).expect(2);
    let missing: Vec<_> = plan.out.lines().filter(|line| line.contains("missing from the account")).collect();
    assert!(missing.len() == 2 && missing[0].contains(" s ") && missing[1].contains(" vpc "), "{}", plan.out);
    world.run("gone", "v3", &["deploy", "--yes", "--refresh"]).expect(0);
    world.run("gone", "v3", &["plan", "--detailed-exitcode", "--refresh"]).expect(0);
}
