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
