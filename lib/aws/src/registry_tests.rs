//! What holds for every handler.

use std::collections::BTreeSet;

use groundplan_engine::Provider;
use groundplan_engine::provider::{Accepted, ErrorClass, Recovery};
use groundplan_schema::{all, lookup};
use serde_json::json;

use super::*;
use crate::replay::{Answer, aws, create};

#[test]
fn each_type_has_one_handler() {
    let names: Vec<_> = native_types().collect();
    let distinct: BTreeSet<_> = names.iter().collect();
    assert_eq!(names.len(), distinct.len(), "a type has two handlers");
}

#[test]
fn the_table_of_facts_knows_which_types_can_be_managed() {
    for name in groundplan_schema::all() {
        let unsupported = lookup(name).unwrap().unsupported();
        assert_eq!(find(name).is_some(), unsupported.is_none(), "{name}: {unsupported:?}");
    }
}

#[test]
fn every_type_is_published() {
    for name in native_types() {
        assert!(lookup(name).is_some(), "AWS publishes no {name}");
    }
}

#[test]
fn every_supported_property_is_published() {
    for handler in HANDLERS {
        let schema = lookup(handler.type_name()).unwrap();
        for (path, _) in handler.property_paths() {
            assert!(schema.property(&path).is_some(), "{} has no {path}", schema.name);
        }
    }
}

#[test]
fn every_required_property_is_supported() {
    for handler in HANDLERS {
        let schema = lookup(handler.type_name()).unwrap();
        let supported: BTreeSet<_> = handler.property_paths().into_iter().map(|(path, _)| path).collect();
        for name in schema.required() {
            assert!(supported.contains(name), "{} requires {name}", schema.name);
        }
    }
}

#[test]
fn secrets_and_only_secrets_are_taken_as_secrets() {
    for handler in HANDLERS {
        let schema = lookup(handler.type_name()).unwrap();
        for (path, secret) in handler.property_paths() {
            assert_eq!(secret, schema.is_sensitive(&path), "{} {path}", schema.name);
        }
    }
}

#[test]
fn every_type_behaves_as_the_table_of_facts_says_but_for_the_way_through_cloud_control() {
    for name in all() {
        let facts = groundplan_schema::behavior(name).unwrap();
        let Some(handler) = find(name) else { continue };
        let behavior = handler.behavior();
        assert_eq!(behavior.coexists, facts.coexists, "{name}");
        if native_types().any(|native| native == name) {
            assert_eq!(behavior, facts, "{name}");
        } else {
            assert_eq!(behavior.recovery, Recovery::ClientToken, "{name}");
            assert!(behavior.wait.timeout >= facts.wait.timeout, "{name}");
        }
    }
}

#[test]
fn an_unsupported_property_is_an_error_that_says_what_is_supported() {
    let handler = find("AWS::EC2::InternetGateway").unwrap();
    let properties = serde_json::json!({"Color": "red"});
    let error = handler.check(properties.as_object().unwrap()).unwrap_err();
    assert_eq!(error.message(), "AWS::EC2::InternetGateway: `Color` is not supported; supported are Tags");
}

/// A role's inline policy that reads `actions`; none where there is no such policy. Gives what came of a
/// create that wants `s3:GetObject`, and how often the policy was written.
async fn over(actions: Option<&'static str>) -> (std::result::Result<Accepted, ErrorClass>, usize) {
    let (aws, log) = aws(move |sent| match (sent.contains("Action=GetRolePolicy"), actions) {
        (true, Some(action)) => Answer::ok(format!(
            "<GetRolePolicyResponse><GetRolePolicyResult><RoleName>r</RoleName><PolicyName>p</PolicyName><PolicyDocument>\
             {}</PolicyDocument></GetRolePolicyResult></GetRolePolicyResponse>",
            policy(action).to_string().replace('"', "&quot;")
        )),
        (true, None) => Answer::Is(
            404,
            "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>no such policy</Message></Error></ErrorResponse>"
                .to_owned(),
        ),
        (false, _) => Answer::empty(sent),
    });
    let properties = json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": policy("s3:GetObject")});
    let created = aws.create(&create("AWS::IAM::RolePolicy", properties)).await;
    (created.map_err(|error| error.class), log.count("Action=PutRolePolicy"))
}

fn policy(action: &str) -> serde_json::Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
}

#[tokio::test(start_paused = true)]
async fn what_a_create_call_would_overwrite_is_left_alone_unless_it_is_as_it_should_be() {
    let (created, writes) = over(None).await;
    assert!(created.is_ok() && writes == 1, "{created:?}");
    let (created, writes) = over(Some("s3:GetObject")).await;
    assert!(created.is_ok() && writes == 1, "an earlier attempt has made it: {created:?}");
    assert_eq!(over(Some("s3:*")).await, (Err(ErrorClass::AlreadyExists), 0));
    let (aws, log) = aws(|_| Answer::Lost);
    let properties = json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": policy("s3:GetObject")});
    let error = aws.create(&create("AWS::IAM::RolePolicy", properties)).await.unwrap_err();
    assert_eq!((error.class, log.count("Action=PutRolePolicy")), (ErrorClass::Transient, 0), "nothing is in doubt");
}
