//! Every handler against an emulator: create, read, find, update, read, delete, read none.
//!
//! What moto does not do is listed in [`Case::moto`].

use std::collections::BTreeMap;
use std::time::Duration;

use groundplan_aws::{Aws, Config, native_types};
use groundplan_core::{Environment, Path};
use groundplan_engine::Provider;
use groundplan_engine::provider::{
    Address, CreateRequest, DeleteRequest, Deletion, ErrorClass, Existing, Outputs, Properties, Status, UpdateRequest,
};
use groundplan_moto::Moto;
use serde_json::{Value as Json, json};

mod cases;

use cases::{Case, cases};

const REGION: &str = "eu-central-1";

#[tokio::test]
async fn every_handler_does_what_it_says_against_moto() {
    let moto = Moto::start();
    let run = Run { aws: Aws::new(Config::emulator(moto.url()).await), token: token() };
    let mut made: BTreeMap<&str, Outputs> = BTreeMap::new();
    let mut existing = Vec::new();
    let mut problems = Vec::new();
    for case in cases() {
        match run.make(&case, &made).await {
            Ok((resource, outputs)) => {
                made.insert(case.name, outputs);
                existing.push((case, resource));
            }
            Err(problem) => problems.push(format!("{}: {problem}", case.name)),
        }
    }
    let covered: Vec<_> = existing.iter().map(|(case, _)| case.type_name).collect();
    problems.extend(native_types().filter(|name| !covered.contains(name)).map(|name| format!("{name}: not covered")));
    for (case, resource) in existing.into_iter().rev() {
        if let Err(problem) = run.unmake(&case, resource).await {
            problems.push(format!("{}: {problem}", case.name));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// Another one for each run, so that a server can be used twice.
fn token() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is after 1970");
    format!("{:016x}", now.as_nanos()).chars().rev().take(16).collect()
}

struct Run {
    aws: Aws,
    /// Sixteen digits.
    token: String,
}

/// A token of its own for each creation, as the engine makes them.
fn token_of(run: &str, name: &str) -> String {
    let name: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("{run}{name:0>48}")
}

impl Run {
    async fn make(&self, case: &Case, made: &BTreeMap<&str, Outputs>) -> Result<(Existing, Outputs), String> {
        let token = token_of(&self.token, case.name);
        let declared = map(substitute(&case.properties, made));
        self.aws.check(case.type_name, &declared).map_err(|error| error.to_string())?;
        let address = Address {
            app: "conformance".into(),
            path: Path::new(format!("conformance/{}", case.name)),
            type_name: case.type_name.into(),
            environment: Environment::new(REGION),
        };
        let request =
            CreateRequest { address: address.clone(), properties: declared.clone(), token: token.clone(), asked: None };
        let accepted = self.aws.create(&request).await.map_err(|error| format!("create: {error}"))?;
        let mut resource = Existing { address, id: accepted.id.clone(), properties: declared.clone() };
        let mut outputs = accepted.outputs;
        let behavior = self.aws.behavior(case.type_name).ok_or("no behavior")?;
        for name in behavior.early_outputs {
            if !outputs.contains_key(*name) {
                return Err(format!("the early output {name} is not known after the create: {outputs:?}"));
            }
        }
        if behavior.wait != groundplan_engine::provider::Wait::NONE {
            outputs.extend(self.ready(&resource).await?);
        }
        published(case.type_name, &outputs)?;
        self.compare(&resource, &declared, &outputs, case.moto).await?;
        let found = self.aws.find(&request).await.map_err(|error| format!("find: {error}"))?;
        if found != [resource.id.clone()] {
            return Err(format!("find gives {found:?}, not {}", resource.id));
        }
        if let Some(changed) = &case.changed {
            let changed = map(substitute(changed, made));
            let request = UpdateRequest {
                existing: resource.clone(),
                properties: changed.clone(),
                token: token.clone(),
                incomplete: false,
            };
            let accepted = self.aws.update(&request).await.map_err(|error| format!("update: {error}"))?;
            resource.id = accepted.id;
            resource.properties = changed.clone();
            outputs.extend(self.ready(&resource).await?);
            self.compare(&resource, &changed, &outputs, case.moto)
                .await
                .map_err(|problem| format!("after the update: {problem}"))?;
            let again = UpdateRequest {
                existing: resource.clone(),
                properties: changed,
                token: token.clone(),
                incomplete: false,
            };
            self.aws.update(&again).await.map_err(|error| format!("update without a change: {error}"))?;
        }
        Ok((resource, outputs))
    }

    async fn ready(&self, resource: &Existing) -> Result<Outputs, String> {
        for _ in 0..50 {
            match self.aws.status(resource).await.map_err(|error| format!("status: {error}"))? {
                Status::Ready(outputs) => return Ok(outputs),
                Status::Pending(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                other => return Err(format!("status is {other:?}")),
            }
        }
        Err("does not become ready".into())
    }

    /// Everything that is declared is read back.
    async fn compare(
        &self,
        resource: &Existing,
        declared: &Properties,
        outputs: &Outputs,
        moto: &[&str],
    ) -> Result<(), String> {
        let live = self.aws.read(resource).await.map_err(|error| format!("read: {error}"))?;
        let live = live.ok_or("read finds nothing")?;
        let schema = groundplan_schema::lookup(&resource.address.type_name).ok_or("no schema")?;
        for (name, value) in declared {
            let unreadable = schema.at(name).is_sensitive() || moto.contains(&name.as_str());
            if !unreadable && live.properties.get(name) != Some(value) {
                let is = live.properties.get(name);
                return Err(format!("{name} is declared as {value}, but read as {is:?}"));
            }
        }
        self.aws
            .check(&resource.address.type_name, &live.properties)
            .map_err(|error| format!("what is read cannot be declared: {error}"))?;
        for (name, value) in outputs {
            if live.outputs.get(name) != Some(value) {
                return Err(format!("the output {name} was {value}, but is read as {:?}", live.outputs.get(name)));
            }
        }
        Ok(())
    }

    async fn unmake(&self, case: &Case, resource: Existing) -> Result<(), String> {
        let request = DeleteRequest { existing: resource, delete_data: true, final_snapshot: None };
        let deletion = self.aws.delete(&request).await.map_err(|error| format!("delete: {error}"))?;
        let mut gone = deletion == Deletion::Gone;
        for _ in 0..50 {
            if gone {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
            gone = self.aws.status(&request.existing).await == Ok(Status::Gone);
        }
        if !gone {
            return Err("does not go".into());
        }
        let live = self.aws.read(&request.existing).await.map_err(|error| format!("read after delete: {error}"))?;
        if live.is_some() {
            return Err(format!("is read after its deletion: {live:?}"));
        }
        // Some handlers see for themselves that there is nothing left to delete.
        match self.aws.delete(&request).await {
            Err(error) if error.class == ErrorClass::NotFound => Ok(()),
            Ok(Deletion::Gone) => Ok(()),
            Ok(Deletion::Pending) if case.moto.contains(&"second delete") => Ok(()),
            Ok(Deletion::Pending) => Err("is deleted twice".into()),
            Err(error) => Err(format!("second delete: {error}")),
        }
    }
}

/// Outputs have the names that AWS publishes.
fn published(type_name: &str, outputs: &Outputs) -> Result<(), String> {
    let schema = groundplan_schema::lookup(type_name).ok_or("no schema")?;
    match outputs
        .keys()
        .find(|name| !schema.attributes.contains_key(name.as_str()) && !schema.properties.contains_key(name.as_str()))
    {
        Some(name) => Err(format!("{name} is no attribute or property")),
        None => Ok(()),
    }
}

/// `{vpc.VpcId}` becomes that output of the case of that name.
fn substitute(json: &Json, made: &BTreeMap<&str, Outputs>) -> Json {
    match json {
        Json::String(text) => Json::String(substitute_text(text, made)),
        Json::Array(items) => items.iter().map(|item| substitute(item, made)).collect(),
        Json::Object(map) => map.iter().map(|(key, value)| (key.clone(), substitute(value, made))).collect(),
        other => other.clone(),
    }
}

fn substitute_text(text: &str, made: &BTreeMap<&str, Outputs>) -> String {
    let Some((before, rest)) = text.split_once("${") else { return text.to_owned() };
    let Some((hole, after)) = rest.split_once('}') else { return text.to_owned() };
    let value = hole.split_once('.').and_then(|(name, output)| made.get(name)?.get(output)?.as_str());
    format!("{before}{}{}", value.unwrap_or("(missing)"), substitute_text(after, made))
}

fn map(json: Json) -> Properties {
    match json {
        Json::Object(map) => map,
        _ => json!({}).as_object().cloned().unwrap_or_default(),
    }
}
