//! A program's side of the conversation.

use std::time::Duration;

use groundplan_core::{Environment, Path};
use groundplan_engine::provider::{
    Accepted, Address, CreateRequest, DeleteRequest, Deletion, Existing, Live, Outputs, Properties, Provider,
    ProviderError, Status, UpdateRequest,
};
use groundplan_simulator::Simulator;
use serde_json::Value as Json;

pub(crate) const REGION: &str = "eu-central-1";

/// The resource at a path of the app `shop`.
pub(crate) fn address(path: &str, type_name: &str) -> Address {
    Address {
        app: "shop".to_owned(),
        path: Path::new(path),
        type_name: type_name.to_owned(),
        environment: Environment::new(REGION),
    }
}

pub(crate) fn properties(json: Json) -> Properties {
    json.as_object().unwrap().clone()
}

/// A token of the path, as the engine makes one of the state's lineage and the generation.
pub(crate) fn token(path: &str) -> String {
    let sum = path.bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(0x0100_0000_01b3) ^ u64::from(byte));
    format!("{sum:016x}{sum:048x}")
}

pub(crate) fn request(path: &str, type_name: &str, json: Json) -> CreateRequest {
    CreateRequest { address: address(path, type_name), properties: properties(json), token: token(path), asked: None }
}

pub(crate) fn existing(path: &str, type_name: &str, id: &str) -> Existing {
    Existing { address: address(path, type_name), id: id.to_owned(), properties: Properties::new() }
}

pub(crate) async fn try_create(
    cloud: &Simulator,
    path: &str,
    type_name: &str,
    json: Json,
) -> Result<Accepted, ProviderError> {
    cloud.create(&request(path, type_name, json)).await
}

/// Creates and waits until it is ready.
pub(crate) async fn create(cloud: &Simulator, path: &str, type_name: &str, json: Json) -> Accepted {
    let accepted = try_create(cloud, path, type_name, json).await;
    let accepted = accepted.unwrap_or_else(|error| panic!("{path}: {error}"));
    let outputs = ready(cloud, path, type_name, &accepted.id).await;
    Accepted { outputs, ..accepted }
}

pub(crate) async fn ready(cloud: &Simulator, path: &str, type_name: &str, id: &str) -> Outputs {
    loop {
        match cloud.status(&existing(path, type_name, id)).await.unwrap() {
            Status::Ready(outputs) => return outputs,
            Status::Pending(_) => tokio::time::sleep(Duration::from_secs(5)).await,
            other => panic!("{path}: {other:?}"),
        }
    }
}

pub(crate) async fn read(cloud: &Simulator, type_name: &str, id: &str) -> Option<Live> {
    cloud.read(&existing("shop/any", type_name, id)).await.unwrap()
}

pub(crate) async fn update(
    cloud: &Simulator,
    type_name: &str,
    id: &str,
    json: Json,
) -> Result<Accepted, ProviderError> {
    let existing = existing("shop/any", type_name, id);
    cloud
        .update(&UpdateRequest { existing, properties: properties(json), token: token("update"), incomplete: false })
        .await
}

pub(crate) async fn try_delete(cloud: &Simulator, type_name: &str, id: &str) -> Result<Deletion, ProviderError> {
    cloud
        .delete(&DeleteRequest {
            existing: existing("shop/any", type_name, id),
            delete_data: true,
            final_snapshot: None,
        })
        .await
}

/// Deletes a resource and waits for its end.
pub(crate) async fn delete(cloud: &Simulator, type_name: &str, id: &str) {
    try_delete(cloud, type_name, id).await.unwrap_or_else(|error| panic!("{type_name} {id}: {error}"));
    while cloud.status(&existing("shop/any", type_name, id)).await.unwrap() != Status::Gone {
        tokio::time::sleep(Duration::from_secs(5)).await;
    }
}

/// The code and message of a refusal.
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, ProviderError>) -> String {
    let error = result.unwrap_err();
    format!("{}: {}", error.code.unwrap_or_default(), error.message)
}
