//! Rules for every handler.

use std::collections::BTreeSet;

use groundplan_engine::provider::{DeleteRequest, ErrorClass};
use groundplan_engine::{Hint, Provider};
use groundplan_schema::{OnDuplicate, all, lookup};
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
fn every_type_behaves_as_the_table_of_facts_says() {
    for name in all() {
        let Some(handler) = find(name) else { continue };
        assert_eq!(handler.behavior(), groundplan_schema::behavior(name).unwrap(), "{name}");
        let is_native = native_types().any(|native| native == name);
        assert_eq!(lookup(name).unwrap().is_native(), is_native, "{name}");
    }
}

#[test]
fn an_unsupported_property_is_an_error_that_says_what_is_supported() {
    let handler = find("AWS::EC2::InternetGateway").unwrap();
    let properties = serde_json::json!({"Color": "red"});
    let error = handler.check(properties.as_object().unwrap()).unwrap_err();
    assert_eq!(error.message(), "AWS::EC2::InternetGateway: `Color` is not supported; supported are Tags");
}

/// Returns IAM's response for a role's inline policy that allows `action`; `None` for no such policy.
fn described(action: Option<&str>) -> Answer {
    match action {
        Some(action) => Answer::ok(format!(
            "<GetRolePolicyResponse><GetRolePolicyResult><RoleName>r</RoleName><PolicyName>p</PolicyName><PolicyDocument>\
             {}</PolicyDocument></GetRolePolicyResult></GetRolePolicyResponse>",
            policy(action).to_string().replace('"', "&quot;")
        )),
        None => Answer::Is(
            404,
            "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>no such policy</Message></Error></ErrorResponse>"
                .to_owned(),
        ),
    }
}

fn policy(action: &str) -> serde_json::Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
}

/// A role's inline policy that is to allow `s3:GetObject`.
fn wanted() -> serde_json::Value {
    json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": policy("s3:GetObject")})
}

/// IAM, where the policy allows `action`.
fn over(action: Option<&'static str>) -> (crate::Aws, crate::replay::Log) {
    aws(move |sent| match sent.contains("Action=GetRolePolicy") {
        true => described(action),
        false => Answer::empty(sent),
    })
}

#[tokio::test(start_paused = true)]
async fn what_a_create_call_would_overwrite_is_left_alone_whatever_it_is_like() {
    let (aws, log) = over(None);
    aws.create(&create("AWS::IAM::RolePolicy", wanted())).await.unwrap();
    assert_eq!(log.count("Action=PutRolePolicy"), 1);
    // Another app may have declared the same.
    for action in ["s3:GetObject", "s3:*"] {
        let (aws, log) = over(Some(action));
        let error = aws.create(&create("AWS::IAM::RolePolicy", wanted())).await.unwrap_err();
        assert_eq!((error.class, log.count("Action=PutRolePolicy")), (ErrorClass::AlreadyExists, 0), "{action}");
        let adopt = Hint::Import { path: Some("shop/thing".into()), id: Some("p|r".into()), new_state: false };
        assert_eq!(error.hints, [adopt], "{error}");
    }
    let (aws, log) = crate::replay::aws(|_| Answer::Lost);
    let error = aws.create(&create("AWS::IAM::RolePolicy", wanted())).await.unwrap_err();
    assert_eq!((error.class, log.count("Action=PutRolePolicy")), (ErrorClass::Transient, 0), "nothing is in doubt");
}

/// Checks that the engine looks up the resource of an open create, and only then.
#[tokio::test]
async fn what_an_interrupted_create_has_put_in_place_is_found_where_it_is_as_it_should_be() {
    for (action, found) in [(Some("s3:GetObject"), vec!["p|r"]), (Some("s3:*"), vec![]), (None, vec![])] {
        let (aws, _) = over(action);
        assert_eq!(aws.find(&create("AWS::IAM::RolePolicy", wanted())).await.unwrap(), found, "{action:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_this_process_has_deleted_and_still_sees_is_made_again() {
    let (aws, log) = over(Some("s3:*"));
    let delete = DeleteRequest {
        existing: crate::replay::existing("AWS::IAM::RolePolicy", "p|r", wanted()),
        delete_data: false,
        final_snapshot: None,
    };
    aws.delete(&delete).await.unwrap();
    let began = tokio::time::Instant::now();
    aws.create(&create("AWS::IAM::RolePolicy", wanted())).await.unwrap();
    assert_eq!(log.count("Action=PutRolePolicy"), 1);
    assert!(began.elapsed() >= aws.consistency_window(), "IAM gets time to show the deletion");
    // It has been made again, so that it is there for good.
    let error = aws.create(&create("AWS::IAM::RolePolicy", wanted())).await.unwrap_err();
    assert_eq!(error.class, ErrorClass::AlreadyExists);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_shows_late_is_waited_for() {
    let looks = std::sync::atomic::AtomicUsize::new(0);
    let (aws, log) = aws(move |sent| match sent.contains("Action=GetRolePolicy") {
        true if looks.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < 2 => described(Some("s3:*")),
        true => described(None),
        false => Answer::empty(sent),
    });
    aws.create(&create("AWS::IAM::RolePolicy", wanted())).await.unwrap();
    assert_eq!(log.count("Action=PutRolePolicy"), 1);
}

/// Checks that a native handler whose create call overwrites returns the identifier before the call, so that the
/// resource can be looked up.
#[test]
fn what_a_create_call_would_overwrite_can_be_looked_up_before() {
    let overwriting = native_types().filter(|name| lookup(name).unwrap().on_duplicate() == OnDuplicate::Overwrites);
    let overwriting: Vec<_> = overwriting.collect();
    assert_eq!(
        overwriting,
        [
            "AWS::ECS::ClusterCapacityProviderAssociations",
            "AWS::ElasticLoadBalancingV2::ListenerCertificate",
            "AWS::IAM::RolePolicy",
            "AWS::S3::BucketPolicy"
        ]
    );
    for name in all().filter(|name| lookup(name).unwrap().on_duplicate() == OnDuplicate::Overwrites) {
        assert!(lookup(name).unwrap().tags.is_none(), "{name}: its tags would say whose it is");
    }
}
