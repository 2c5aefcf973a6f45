use groundplan_core::{Output, Reference, template};
use serde_json::{Value as Json, json};

use super::*;
use crate::fixture::{assembly, findings};

fn json_of(statement: Statement) -> Json {
    PolicyDocument::new([statement]).provide().into_value().to_json()["Statement"][0].take()
}

#[test]
fn a_document_has_iams_own_form() {
    let document = PolicyDocument::new([
        Statement::allow(["s3:GetObject", "s3:PutObject"]).on(["arn:aws:s3:::media/*"]).when(Condition::new(
            "StringEquals",
            "aws:PrincipalTag/team",
            ["checkout"],
        )),
        Statement::deny(["s3:*"]).on_all().by(Principal::Anyone).sid("TlsOnly"),
    ]);
    insta::assert_snapshot!(serde_json::to_string_pretty(&document.provide().into_value().to_json()).expect("plain"), @r#"
    {
      "Statement": [
        {
          "Action": [
            "s3:GetObject",
            "s3:PutObject"
          ],
          "Condition": {
            "StringEquals": {
              "aws:PrincipalTag/team": "checkout"
            }
          },
          "Effect": "Allow",
          "Resource": "arn:aws:s3:::media/*"
        },
        {
          "Action": "s3:*",
          "Effect": "Deny",
          "Principal": "*",
          "Resource": "*",
          "Sid": "TlsOnly"
        }
      ],
      "Version": "2012-10-17"
    }
    "#);
}

#[test]
fn a_condition_may_have_an_output_in_its_key() {
    let issuer: Output<String> = Output::new(Reference::new("platform/eks", "Issuer"));
    let issuer = issuer.without_prefix("https://");
    let document = PolicyDocument::new([Statement::allow(["sts:AssumeRoleWithWebIdentity"])
        .when(Condition::new("StringEquals", template!("{}:sub", issuer), ["system:serviceaccount:a:b"]))
        .when(Condition::new("StringEquals", "aws:RequestTag/x", ["y"]))]);
    let json = document.provide().into_value().to_json();
    let issuer = json!({"$without_prefix": {"prefix": "https://", "text": {"$ref": "platform/eks#Issuer"}}});
    let entries = json!([
        [{"$template": [issuer, ":sub"]}, "system:serviceaccount:a:b"],
        ["aws:RequestTag/x", "y"],
    ]);
    assert_eq!(json["Statement"][0]["Condition"], json!({"StringEquals": {"$entries": entries}}));
}

#[test]
fn a_wrong_action_is_found() {
    assert_eq!(Statement::allow(["s3:GetObject", "GetObject"]).wrong_action(), Some("GetObject"));
    assert_eq!(Statement::allow(["s3:Get*", "*"]).wrong_action(), None);
    assert_eq!(Statement::allow(["S3:GetObject"]).wrong_action(), Some("S3:GetObject"));
}

#[test]
fn each_principal_has_its_form() {
    let provider = Arn::new("arn:aws:iam::111122223333:oidc-provider/example.com");
    for (principal, form) in [
        (Principal::Anyone, json!("*")),
        (Principal::service("ecs-tasks.amazonaws.com"), json!({"Service": "ecs-tasks.amazonaws.com"})),
        (Principal::aws("arn:aws:iam::1:role/a"), json!({"AWS": "arn:aws:iam::1:role/a"})),
        (Principal::federated(provider), json!({"Federated": "arn:aws:iam::111122223333:oidc-provider/example.com"})),
    ] {
        let statement = json_of(Statement::allow(["sts:AssumeRole"]).by(principal));
        assert_eq!(statement, json!({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": form}));
    }
    let several =
        Statement::allow(["kms:*"]).by(Principal::aws("a")).by(Principal::service("s")).by(Principal::aws("b"));
    assert_eq!(json_of(several)["Principal"], json!({"AWS": ["a", "b"], "Service": "s"}));
    let everyone = Statement::allow(["kms:*"]).by(Principal::Anyone).by(Principal::service("s"));
    assert_eq!(json_of(everyone)["Principal"], json!({"AWS": "*", "Service": "s"}));
}

#[test]
fn the_account_of_a_scope_is_known_or_to_come() {
    let known = std::cell::OnceCell::new();
    assembly("cn-north-1", |stack| known.set(Principal::account_of(stack)).expect("it is set once"));
    assert_eq!(known.into_inner(), Some(Principal::aws("arn:aws-cn:iam::111122223333:root")));
    let app = groundplan_core::App::new("shop");
    let stack = app.stack("shop", groundplan_core::Environment::new("eu-west-1"));
    let statement = json_of(Statement::allow(["kms:*"]).by(Principal::account_of(&stack)));
    let parts = json!(["arn:aws:iam::", {"$ref": "shop:shop#AccountId"}, ":root"]);
    assert_eq!(statement["Principal"]["AWS"]["$template"], parts);
}

#[test]
fn a_statement_has_what_the_program_says_and_nothing_else() {
    let all = Statement::deny(["s3:*", "kms:*"]).on(["a", "b"]).on_all().sid("Nothing");
    let conditions = all
        .when(Condition::new("Bool", "aws:SecureTransport", ["false"]))
        .when(Condition::new("StringLike", "aws:PrincipalArn", ["a*", "b*"]))
        .when(Condition::new("StringLike", "aws:PrincipalTag/team", ["c"]));
    assert_eq!(
        json_of(conditions),
        json!({
            "Sid": "Nothing", "Effect": "Deny", "Action": ["s3:*", "kms:*"], "Resource": ["a", "b", "*"],
            "Condition": {
                "Bool": {"aws:SecureTransport": "false"},
                "StringLike": {"aws:PrincipalArn": ["a*", "b*"], "aws:PrincipalTag/team": "c"},
            },
        })
    );
    assert_eq!(json_of(Statement::allow(["s3:*"])), json!({"Effect": "Allow", "Action": "s3:*"}));
}

#[test]
fn a_document_contains_a_statement_once() {
    let statement = |name: &str| Statement::allow(["s3:GetObject"]).on([name.to_owned()]);
    let mut document = PolicyDocument::new([statement("a")]);
    document.push(statement("b"));
    document.push(statement("a"));
    assert!(document.contains(&statement("b")) && !document.contains(&statement("c")));
    let statements = (&document).provide().into_value().to_json()["Statement"].take();
    assert_eq!(statements.as_array().map(Vec::len), Some(2));
}

#[test]
fn a_service_is_found_among_the_principals() {
    let document = PolicyDocument::new([
        Statement::allow(["kms:*"]).by(Principal::aws("logs.amazonaws.com")),
        Statement::allow(["kms:*"]).by(Principal::Anyone).by(Principal::service("sns.amazonaws.com")),
    ]);
    assert!(document.names_service("sns.amazonaws.com") && !document.names_service("logs.amazonaws.com"));
}

#[test]
fn the_service_of_a_condition_is_the_first_part_of_its_key() {
    let service = |key: &str| Condition::new("StringEquals", key, ["a"]).service().map(str::to_owned);
    assert_eq!(service("kms:EncryptionContext:aws:logs:arn").as_deref(), Some("kms"));
    assert_eq!(service("aws:SourceArn").as_deref(), Some("aws"));
    assert_eq!(service("plain"), None);
}

#[test]
fn each_kind_of_policy_needs_its_parts() {
    let of = |statement: Statement, kind: PolicyKind| statement.problem(kind).map(|(message, _)| message);
    let by = |statement: Statement| statement.by(Principal::service("sns.amazonaws.com"));
    let allow = || Statement::allow(["s3:GetObject"]);
    let (identity, resource, trust) = (allow().on_all(), by(allow().on_all()), by(allow()));
    for (statement, kind) in
        [(&identity, PolicyKind::Identity), (&resource, PolicyKind::Resource), (&trust, PolicyKind::Trust)]
    {
        assert_eq!(statement.problem(kind), None, "{statement:?}");
    }
    let identities = "a statement in the policy of a role, user or group";
    assert_eq!(of(trust.clone(), PolicyKind::Identity), Some(&*format!("{identities} needs resources")));
    assert_eq!(of(resource.clone(), PolicyKind::Identity), Some(&*format!("{identities} has no principal")));
    assert_eq!(
        of(identity.clone(), PolicyKind::Resource),
        Some("a statement in the policy of a resource needs a principal")
    );
    assert_eq!(of(trust, PolicyKind::Resource), Some("a statement in the policy of a resource needs resources"));
    assert_eq!(of(identity, PolicyKind::Trust), Some("the trust statement of a role needs a principal"));
    assert_eq!(of(resource, PolicyKind::Trust), Some("the trust statement of a role has no resources"));
    let nothing = Statement::allow(Vec::<String>::new()).on_all();
    assert_eq!(of(nothing, PolicyKind::Identity), Some("a statement of a policy needs an action"));
}

#[test]
fn what_is_wrong_is_reported_where_the_statement_is_used() {
    use crate::identity::Role;
    insta::assert_snapshot!(findings(|stack| {
        let role = stack.add("role", Role::new(Principal::service("ecs-tasks.amazonaws.com")));
        role.grant(Statement::allow(["GetObject"]).on_all());
        role.grant(Statement::allow(["s3:GetObject", "s3:PutObject"]));
    }), @"
    error[GP0301]: this is not an IAM action
       = got: GetObject
       = allowed: `service:Action`, as in `s3:GetObject`; `*` and `?` stand for any text and letter

    error[GP0303]: a statement in the policy of a role, user or group needs resources
       = got: s3:GetObject, s3:PutObject
       = help: add `.on([…])`, or `.on_all()` for every resource
    ");
}
