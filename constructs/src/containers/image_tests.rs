use groundplan_core::{Assembly, Stack};
use groundplan_resources::ecr::RepositoryName;
use groundplan_resources::secretsmanager::SecretId;
use serde_json::{Value as Json, json};

use super::*;
use crate::containers::{Container, ImageRepository, TaskDefinition, Vcpu025};
use crate::fixture::{assembly, findings, properties, statements};

const SECRET: &str = "arn:aws:secretsmanager:us-east-1:111122223333:secret:registry-a1B2c3";

fn with(region: &str, image: impl FnOnce(&Stack) -> Image) -> Assembly {
    assembly(region, |stack| {
        let container = Container::new(image(stack));
        stack.add("task", TaskDefinition::new(Vcpu025::MIB_512).container("app", container));
    })
}

fn container(assembly: &Assembly) -> Json {
    properties(assembly, "shop/task")["ContainerDefinitions"][0].clone()
}

/// The resources that the execution role may pull from.
fn pulled_from(assembly: &Assembly) -> Vec<Json> {
    let statements = statements(assembly, "shop/task/execution-role/policy").into_iter();
    let pull = statements.filter(|statement| statement["Action"].to_string().contains("ecr:BatchGetImage"));
    pull.map(|statement| statement["Resource"].clone()).collect()
}

#[test]
fn an_image_of_a_repository_of_the_program_is_named_and_may_be_pulled() {
    let tagged = with("us-east-1", |stack| stack.add("images", ImageRepository::new()).image("1.4"));
    let uri = json!({"$ref": "shop/images#RepositoryUri"});
    assert_eq!(container(&tagged)["Image"], json!({"$template": [uri.clone(), ":1.4"]}));
    assert_eq!(pulled_from(&tagged), [json!({"$ref": "shop/images#Arn"})]);
    let digest = with("us-east-1", |stack| stack.add("images", ImageRepository::new()).image_by_digest("sha256:ab"));
    assert_eq!(container(&digest)["Image"], json!({"$template": [uri, "@sha256:ab"]}));
}

#[test]
fn an_existing_repository_is_in_the_account_and_region_of_the_stack_unless_stated() {
    let existing = || ImageRepository::existing(RepositoryName::new("acme/api"));
    let here = with("cn-north-1", |_| existing().image("1.4"));
    assert_eq!(container(&here)["Image"], "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/acme/api:1.4");
    assert_eq!(pulled_from(&here), [json!("arn:aws-cn:ecr:cn-north-1:111122223333:repository/acme/api")]);
    let elsewhere = with("us-east-1", |_| {
        existing().in_account("444455556666").in_region("eu-west-1").image_by_digest("sha256:ab")
    });
    assert_eq!(container(&elsewhere)["Image"], "444455556666.dkr.ecr.eu-west-1.amazonaws.com/acme/api@sha256:ab");
    assert_eq!(pulled_from(&elsewhere), [json!("arn:aws:ecr:eu-west-1:444455556666:repository/acme/api")]);
}

#[test]
fn a_public_image_needs_no_permission_and_a_private_one_its_credentials() {
    let public = with("us-east-1", |_| Image::from("nginx:1.27".to_owned()));
    assert_eq!((container(&public)["Image"].as_str(), pulled_from(&public).len()), (Some("nginx:1.27"), 0));
    assert_eq!(container(&public).get("RepositoryCredentials"), None);
    let credentials = SecretRef::existing(SecretId::new(SECRET));
    let private = with("us-east-1", |_| Image::private("ghcr.io/acme/api:1.4", &credentials));
    assert_eq!(container(&private)["RepositoryCredentials"], json!({"CredentialsParameter": SECRET}));
    let statements = statements(&private, "shop/task/execution-role/policy");
    assert!(statements.iter().any(|it| it["Resource"] == SECRET && it["Action"] == "secretsmanager:GetSecretValue"));
}

#[test]
fn an_image_whose_version_can_move_is_warned_of() {
    let found = |image: Image| {
        findings(|stack| {
            stack.add("task", TaskDefinition::new(Vcpu025::MIB_512).container("app", Container::new(image)));
        })
    };
    insta::assert_snapshot!(found(Image::public("localhost:5000/acme/api")), @"
        warning[GP0371]: a push to the registry changes what this container runs
           = got: localhost:5000/acme/api
           = help: name the tag of a version, or a digest
        ");
    let existing = ImageRepository::existing(RepositoryName::new("api"));
    for moving in [Image::public("nginx:latest"), Image::public("nginx"), existing.image("latest")] {
        assert!(found(moving).starts_with("warning[GP0371]"));
    }
    for fixed in [Image::public("nginx@sha256:ab"), existing.image("1"), existing.image_by_digest("sha256:ab")] {
        assert_eq!(found(fixed), "");
    }
}
