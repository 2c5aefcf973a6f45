//! Recorded responses of databases that emulators do not reproduce.

mod change;
mod complete;
mod create;
mod end;
mod parameters;
mod reboot;
mod status;

use groundplan_engine::Provider;
use groundplan_engine::provider::UpdateRequest;
use serde_json::{Value as Json, json};

use crate::replay::{Answer, Log, TOKEN, aws, existing, map};

const DATABASE: &str = "AWS::RDS::DBInstance";

const PARAMETERS: &str = "AWS::RDS::DBParameterGroup";

fn update(type_name: &str, id: &str, before: Json, after: Json) -> UpdateRequest {
    UpdateRequest {
        existing: existing(type_name, id, before),
        properties: map(after),
        token: TOKEN.into(),
        incomplete: false,
    }
}

/// The request that contains this text.
fn sent(log: &Log, text: &str) -> String {
    let all = log.all();
    all.iter().find(|sent| sent.contains(text)).unwrap_or_else(|| panic!("{text} in {all:#?}")).clone()
}

fn database(more: &str) -> String {
    format!(
        "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance>\
         <DBInstanceIdentifier>db</DBInstanceIdentifier><Engine>postgres</Engine><EngineVersion>16.8</EngineVersion>\
         <DBInstanceClass>db.t4g.medium</DBInstanceClass><AllocatedStorage>150</AllocatedStorage>{more}\
         </DBInstance></DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>"
    )
}

/// The properties of a database, and `more`.
fn declared(more: Json) -> Json {
    let mut declared = json!({"Engine": "postgres", "DBInstanceClass": "db.t4g.medium"});
    declared.as_object_mut().unwrap().extend(map(more));
    declared
}

const AVAILABLE: &str = "<DBInstanceStatus>available</DBInstanceStatus>";

/// Returns the requests of an update from one declaration to the other, of a database that RDS describes so.
async fn modified(live: String, before: Json, after: Json) -> Result<Log, groundplan_engine::ProviderError> {
    let (aws, log) = aws(move |sent| match sent.contains("Action=DescribeDBInstances") {
        true => Answer::ok(database(&live)),
        false => Answer::empty(sent),
    });
    aws.update(&update(DATABASE, "db", declared(before), declared(after))).await?;
    Ok(log)
}

/// The values of the parameters of a request, by name.
fn parameter<'a>(sent: &'a str, name: &str) -> Option<&'a str> {
    let start = format!("{name}=");
    sent.split([' ', '&']).find_map(|pair| pair.strip_prefix(start.as_str()))
}
