use groundplan_core::{App, Environment, Export, policy_size};
use serde_json::json;

use super::*;
use crate::data::Bucket;
use crate::fixture::{assembly, findings, properties, statements};

const TASKS: &str = "ecs-tasks.amazonaws.com";
const DEPLOYER: &str = "arn:aws:iam::111122223333:role/ci/deployer";

fn role(scope: &Scope) -> RoleHandle {
    scope.add("role", Role::new(Principal::service(TASKS)))
}

fn statement(number: usize) -> Statement {
    Statement::allow(["s3:GetObject"]).on([format!("arn:aws:s3:::bucket-{number:04}-{}/*", "x".repeat(40))])
}

#[test]
fn a_role_trusts_its_principal_and_has_no_permissions() {
    let assembly = assembly("eu-central-1", |stack| {
        let role = role(stack);
        stack.export("role", role.arn());
        assert_eq!(role.principal(), Principal::aws(role.arn()));
    });
    let trust = json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": TASKS}});
    let document = json!({"Statement": [trust], "Version": "2012-10-17"});
    assert_eq!(properties(&assembly, "shop/role"), json!({"AssumeRolePolicyDocument": document}));
    assert_eq!(assembly.resources.len(), 1);
    assert_eq!(assembly.outputs["role"].to_json(), json!({"$ref": "shop/role#Arn"}));
}

#[test]
fn each_setting_has_its_effect() {
    let assembly = assembly("eu-central-1", |stack| {
        let trust = Statement::allow(["sts:AssumeRole", "sts:TagSession"]).by(Principal::account_of(stack));
        let role = Role::trusting(trust).description("Builds").managed_policy("arn:aws:iam::111122223333:policy/own");
        stack.add("role", role.aws_managed_policy("AmazonSSMManagedInstanceCore"));
    });
    let role = properties(&assembly, "shop/role");
    let trust = &role["AssumeRolePolicyDocument"]["Statement"][0];
    assert_eq!(trust["Action"], json!(["sts:AssumeRole", "sts:TagSession"]));
    assert_eq!(trust["Principal"], json!({"AWS": "arn:aws:iam::111122223333:root"}));
    assert_eq!(role["Description"], "Builds");
    let policies = ["arn:aws:iam::111122223333:policy/own", "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"];
    assert_eq!(role["ManagedPolicyArns"], json!(policies));
}

#[test]
fn grants_are_one_inline_policy_in_the_order_of_the_calls() {
    let assembly = assembly("eu-central-1", |stack| {
        role(stack).grant(statement(2)).grant(statement(1)).grant(statement(2));
    });
    let policy = properties(&assembly, "shop/role/policy");
    assert_eq!(policy["PolicyName"], "grants");
    assert_eq!(policy["RoleName"], json!({"$ref": "shop/role#RoleName"}));
    let resources: Vec<_> =
        statements(&assembly, "shop/role/policy").iter().map(|it| it["Resource"].to_string()).collect();
    assert_eq!(resources.len(), 2);
    assert!(resources[0].contains("bucket-0002") && resources[1].contains("bucket-0001"), "{resources:?}");
}

#[test]
fn grants_that_have_no_place_in_the_inline_policy_go_into_managed_ones() {
    let assembly = assembly("eu-central-1", |stack| {
        let role = role(stack);
        (0..160).for_each(|number| {
            role.grant(statement(number));
        });
        // A repeated grant has no effect, whichever policy contains it.
        [0, 100, 159].into_iter().for_each(|number| {
            role.grant(statement(number));
        });
    });
    let size = |path: &str| policy_size::size(&assembly.resources[path].properties["PolicyDocument"], 0);
    assert!(size("shop/role/policy") <= policy_size::ROLE);
    assert!(size("shop/role/policy") > policy_size::ROLE - 200, "it is filled first");
    let managed = ["shop/role/policy-2", "shop/role/policy-3"].into_iter();
    let managed: Vec<_> = managed.filter(|path| assembly.resources.contains_key(*path)).collect();
    assert!(!managed.is_empty());
    assert!(managed.iter().all(|path| size(path) <= policy_size::MANAGED));
    assert!(managed.iter().all(|path| properties(&assembly, path)["Path"] == "/groundplan/"));
    let count = |path: &str| statements(&assembly, path).len();
    assert_eq!(managed.iter().map(|path| count(path)).sum::<usize>() + count("shop/role/policy"), 160);
}

#[test]
fn an_aws_managed_policy_has_the_arn_of_the_partition() {
    for (region, arn) in [
        ("eu-central-1", "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"),
        ("cn-north-1", "arn:aws-cn:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"),
        ("us-gov-west-1", "arn:aws-us-gov:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"),
    ] {
        let assembly = assembly(region, |stack| {
            let role = Role::new(Principal::service(TASKS));
            stack.add("role", role.aws_managed_policy("service-role/AmazonECSTaskExecutionRolePolicy"));
        });
        assert_eq!(properties(&assembly, "shop/role")["ManagedPolicyArns"], json!([arn]));
    }
}

#[test]
fn a_policy_of_another_partition_is_an_error() {
    let app = App::new("shop");
    let stack = app.stack("shop", Environment::new("cn-north-1"));
    let role = Role::new(Principal::service("ec2.amazonaws.com"));
    stack.add("role", role.managed_policy("arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"));
    let errors = app.synth().expect_err("the policy does not exist there").to_string();
    assert!(errors.contains("GP0302") && errors.contains("aws-cn"), "{errors}");
}

#[test]
fn grants_to_an_existing_role_are_a_policy_of_this_app_at_that_role() {
    const NAME: Export<iam::RoleName> = Export::new("platform", "deployer");
    let assembly = assembly("eu-central-1", |stack| {
        let bucket = stack.add("media", Bucket::new());
        let by_arn = stack.add("deployer", Role::existing(DEPLOYER));
        bucket.grant_read(&by_arn, "*");
        stack.add("nested", Role::existing_named(NAME)).grant(statement(1));
        stack.export("arn", by_arn.arn());
        assert_eq!(by_arn.principal(), Principal::aws(DEPLOYER));
        let named = stack.add("named", Role::existing_named(iam::RoleName::new("ops")));
        stack.export("named", named.arn());
    });
    let policy = properties(&assembly, "shop/deployer/policy");
    assert_eq!((&policy["RoleName"], &policy["PolicyName"]), (&json!("deployer"), &json!("shop-shop-deployer")));
    assert_eq!(statements(&assembly, "shop/deployer/policy").len(), 2);
    let import = &properties(&assembly, "shop/nested/policy")["RoleName"]["$import"];
    assert_eq!((&import["app"], &import["name"]), (&json!("platform"), &json!("deployer")));
    assert_eq!(assembly.outputs["arn"].to_json(), DEPLOYER);
    assert_eq!(assembly.outputs["named"].to_json(), "arn:aws:iam::111122223333:role/ops");
    assert!(assembly.find::<iam::Role>().is_empty());
}

#[test]
fn a_role_of_another_account_is_a_principal_and_gets_no_policy() {
    let foreign = "arn:aws:iam::444455556666:role/reader";
    let assembly = assembly("us-east-1", |stack| {
        let role = stack.add("reader", Role::existing(foreign));
        stack.add("media", Bucket::new()).grant_read(role.principal(), "*");
    });
    assert_eq!(statements(&assembly, "shop/media/policy")[1]["Principal"], json!({"AWS": foreign}));
    insta::assert_snapshot!(findings(|stack| {
        let role = stack.add("reader", Role::existing(foreign));
        stack.add("media", Bucket::new()).grant_read(&role, "*");
    }), @"
    error[GP0304]: this role belongs to the account 444455556666, and its policies are managed there
       = got: arn:aws:iam::444455556666:role/reader
       = allowed: a role of the account 111122223333 of the stack
       = help: grant a bucket or key to `role.principal()`, and grant the role the permissions in its account
    ");
}

#[test]
fn what_is_not_the_arn_of_a_role_is_refused() {
    for arn in ["deployer", "arn:aws:iam::111122223333:user/deployer", "arn:aws:s3:::deployer", ""] {
        let found = findings(|stack| drop(stack.add("deployer", Role::existing(arn))));
        assert!(found.starts_with("error[GP0304]: this is not the ARN of a role"), "{arn}: {found}");
    }
}

#[test]
fn a_trust_statement_has_a_principal_and_no_resource() {
    let trusting = |statement: Statement| findings(|stack| drop(stack.add("role", Role::trusting(statement))));
    let found = trusting(Statement::allow(["sts:AssumeRole"]));
    assert!(found.starts_with("error[GP0303]: the trust statement of a role needs a principal"), "{found}");
    let found = trusting(Statement::allow(["sts:AssumeRole"]).by(Principal::service(TASKS)).on_all());
    assert!(found.starts_with("error[GP0303]: the trust statement of a role has no resources"), "{found}");
}
