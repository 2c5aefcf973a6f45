//! Creates that an interrupted run has left open.

use groundplan_core::Path;
use groundplan_engine::State;
use groundplan_engine::model::{Intent, Operation};
use groundplan_schema as schema;
use serde_json::{Value as Json, json};

use crate::render::{short_type, value};
use crate::style::{BOLD, DIM, NL, paint};

/// `checkout/vpc  EC2::VPC`
pub(crate) fn line(path: &Path, intent: &Intent) -> String {
    let Operation::Create { type_name, .. } = &intent.operation else { return String::new() };
    format!("{}  {}", paint(BOLD, path), paint(DIM, short_type(type_name)))
}

/// Returns an open create; its secrets are represented by their sources.
pub(crate) fn document(path: &Path, intent: &Intent) -> Json {
    let Operation::Create { type_name, environment, .. } = &intent.operation else { return Json::Null };
    let Intent { token, properties, .. } = intent;
    json!({"path": path, "type": type_name, "region": environment.region, "token": token, "properties": properties})
}

/// Returns the properties that an open create requests, and how to find its resource.
pub(crate) fn show(state: &State, path: &Path, intent: &Intent) -> String {
    let Operation::Create { type_name, environment, .. } = &intent.operation else { return String::new() };
    let known = schema::lookup(type_name);
    let mut lines = vec![
        paint(BOLD, path),
        format!("  type: {type_name}"),
        format!("  region: {}", environment.region),
        "  status: an interrupted run left this create open; the resource may exist".to_owned(),
        "  properties:".to_owned(),
    ];
    lines.extend(intent.properties.iter().map(|(name, value)| {
        let cursor = known.map(|known| known.cursor().key(name));
        format!("    {name}: {}", value::value(value, cursor.as_ref(), 4))
    }));
    lines.push("  where to look:".to_owned());
    lines.extend(places(state, path, intent).into_iter().map(|place| format!("    {place}")));
    lines.join(&*NL)
}

/// By what the resource that an open create may have made is found in the account.
pub(crate) fn places(state: &State, path: &Path, intent: &Intent) -> Vec<String> {
    let Operation::Create { type_name, .. } = &intent.operation else { return Vec::new() };
    let known = schema::lookup(type_name);
    let parts = known.map(|known| known.primary_identifier.as_slice()).unwrap_or_default();
    let named = parts.iter().filter_map(|part| Some((part, intent.properties.get(*part)?.as_str()?)));
    let named = named.map(|(part, name)| format!("{part} = {name}"));
    let tagged = known.is_some_and(|known| known.tags.is_some());
    let tags = [("app", state.app.as_str()), ("path", path.as_str()), ("token", intent.token.as_str())];
    let tags = tags.into_iter().filter(|_| tagged).map(|(tag, value)| format!("tag groundplan:{tag} = {value}"));
    named.chain(tags).chain([format!("client token = {}", intent.token)]).collect()
}
