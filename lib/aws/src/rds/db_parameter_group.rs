//! `AWS::RDS::DBParameterGroup`

use std::collections::BTreeMap;

use aws_sdk_rds::types::{ApplyMethod, Parameter};
use groundplan_engine::provider::{Accepted, Deletion};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use super::parameter_changes::{ParameterChanges, Source};
use super::{holders, list_tags, retag, tag};
use crate::error::Result;
use crate::handler::{Changes, Context, Found, Handler, Known, accepted, in_declared_case, required, single};
use crate::name::NameRules;
use crate::tags::Tags;

/// The most parameters that one call takes.
const BATCH: usize = 20;

/// Parameters that RDS checks against each other, so that both of a pair have to go with one call; all
/// of them fit into the first.
/// <https://github.com/aws-cloudformation/aws-cloudformation-resource-providers-rds/blob/master/aws-rds-dbparametergroup/src/main/java/software/amazon/rds/dbparametergroup/BaseHandlerStd.java>
const PAIRS: [[&str; 2]; 4] = [
    ["collation_server", "character_set_server"],
    ["gtid-mode", "enforce_gtid_consistency"],
    ["password_encryption", "rds.accepted_password_auth_method"],
    ["ssl_max_protocol_version", "ssl_min_protocol_version"],
];

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct DbParameterGroup {
    #[serde(rename = "DBParameterGroupName")]
    name: Option<String>,
    description: String,
    family: String,
    parameters: Option<BTreeMap<String, Json>>,
    #[serde(default)]
    tags: Tags,
}

impl Handler for DbParameterGroup {
    const TYPE: &'static str = "AWS::RDS::DBParameterGroup";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let created = cx
            .rds
            .create_db_parameter_group()
            .set_db_parameter_group_name(self.identifier(cx))
            .db_parameter_group_family(&self.family)
            .description(&self.description)
            .set_tags(Some(cx.tags(&self.tags, tag)))
            .send()
            .await?;
        let group = required(created.db_parameter_group, "DBParameterGroup")?;
        let name = required(group.db_parameter_group_name, "DBParameterGroupName")?;
        let outputs = json!({"DBParameterGroupArn": group.db_parameter_group_arn, "DBParameterGroupName": name});
        Ok(accepted(name, outputs))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        if changes.of(|group| &group.parameters).is_some() {
            update_parameters(changes, cx, id).await?;
        }
        retag(changes, cx, &cx.arn("rds", &format!("pg:{id}"))).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let described = cx.rds.describe_db_parameter_groups().db_parameter_group_name(&known.id).send().await?;
        let group = single(described.db_parameter_groups, &known.id)?;
        let arn = required(group.db_parameter_group_arn, "DBParameterGroupArn")?;
        let live = set_or_declared(cx, &known.id, known.last.parameters.as_ref()).await?;
        let properties = Self {
            name: in_declared_case(&known.last.name, group.db_parameter_group_name),
            description: group.description.unwrap_or_default(),
            family: group.db_parameter_group_family.unwrap_or_default(),
            parameters: in_declared_form(known.last.parameters.as_ref(), live),
            tags: list_tags(cx, &arn).await?,
        };
        let outputs = json!({"DBParameterGroupArn": arn, "DBParameterGroupName": known.id});
        Ok(Found::ready(properties, outputs))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        cx.rds.delete_db_parameter_group().db_parameter_group_name(&known.id).send().await?;
        Ok(Deletion::Gone)
    }

    async fn holders(cx: &Context, known: &Known<Self>) -> Result<Vec<String>> {
        holders::of_parameter_group(cx, &known.id).await
    }

    fn identifier(&self, cx: &Context) -> Option<String> {
        let name = self.name.as_deref().map(str::to_ascii_lowercase);
        Some(name.unwrap_or_else(|| cx.name(NameRules::lowercase(255))))
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }
}

async fn update_parameters(changes: &Changes<'_, DbParameterGroup>, cx: &Context, id: &str) -> Result<()> {
    let none = BTreeMap::new();
    let old = changes.old.and_then(|group| group.parameters.as_ref()).unwrap_or(&none);
    let new = changes.new.parameters.as_ref().unwrap_or(&none);
    let mut set: Vec<_> = new.iter().filter(|(name, value)| old.get(*name) != Some(value)).collect();
    let mut removed: Vec<_> = old.keys().filter(|name| !new.contains_key(*name)).collect();
    let goes_alone = |name: &str| !PAIRS.iter().flatten().any(|other| other.eq_ignore_ascii_case(name));
    set.sort_by_key(|(name, _)| goes_alone(name));
    removed.sort_by_key(|name| goes_alone(name));
    // No instance uses a new group, so when its parameters apply is no question; but SQL Server takes no dynamic ones
    // that wait. Later, dynamic ones apply at once; static ones are refused that, and wait for the next reboot.
    // <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBParameterGroup.html>
    let asks = changes.old.is_some() || changes.new.family.starts_with("sqlserver");
    let types = if asks { apply_types(cx, id).await? } else { BTreeMap::new() };
    let apply_type = |name: &String| types.get(&name.to_ascii_lowercase()).map(String::as_str);
    let method = |name: &String| match apply_type(name) {
        Some("dynamic") => ApplyMethod::Immediate,
        _ => ApplyMethod::PendingReboot,
    };
    // A call that fails may have had its effect, and others before it.
    let all = || set.iter().map(|(name, _)| *name).chain(removed.iter().copied());
    let remember = || {
        let made = cx.memory.of::<ParameterChanges>();
        made.changed_for_new(&Source::Group(id.to_owned()), all());
        if changes.old.is_some() {
            made.changed(Source::Group(id.to_owned()), all().any(|name| apply_type(name) == Some("static")));
        }
    };
    remember();
    for batch in set.chunks(BATCH) {
        let parameters = batch.iter().map(|(name, value)| {
            let parameter = Parameter::builder().parameter_name(*name).parameter_value(text(value));
            parameter.apply_method(method(name)).build()
        });
        let call = cx.rds.modify_db_parameter_group().db_parameter_group_name(id);
        call.set_parameters(Some(parameters.collect())).send().await?;
    }
    for batch in removed.chunks(BATCH) {
        let parameters =
            batch.iter().map(|name| Parameter::builder().parameter_name(*name).apply_method(method(name)).build());
        // Without being told, RDS resets all others as well.
        // <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ResetDBParameterGroup.html>
        let call = cx.rds.reset_db_parameter_group().db_parameter_group_name(id).reset_all_parameters(false);
        call.set_parameters(Some(parameters.collect())).send().await?;
    }
    remember();
    Ok(())
}

/// Returns the types by name in lower case: RDS ignores the case of names.
async fn apply_types(cx: &Context, id: &str) -> Result<BTreeMap<String, String>> {
    let parameters = parameters(cx, id, None).await?;
    Ok(parameters
        .into_iter()
        .filter_map(|it| Some((it.parameter_name?.to_ascii_lowercase(), it.apply_type?)))
        .collect())
}

/// Returns the parameters that were set, and those that are declared: one that is declared with its default does not
/// count as set.
async fn set_or_declared(cx: &Context, id: &str, declared: Option<&BTreeMap<String, Json>>) -> Result<Vec<Parameter>> {
    let is =
        |parameter: &Parameter, name: &str| parameter.parameter_name().unwrap_or_default().eq_ignore_ascii_case(name);
    let mut live = parameters(cx, id, Some("user")).await?;
    let unset = declared.into_iter().flatten().map(|(name, _)| name);
    let unset: Vec<_> = unset.filter(|name| !live.iter().any(|parameter| is(parameter, name))).collect();
    // A family has hundreds of parameters, which are some pages.
    if !unset.is_empty() {
        let all = parameters(cx, id, None).await?.into_iter();
        live.extend(all.filter(|parameter| unset.iter().any(|name| is(parameter, name))));
    }
    Ok(live)
}

async fn parameters(cx: &Context, id: &str, source: Option<&str>) -> Result<Vec<Parameter>> {
    let call = cx.rds.describe_db_parameters().db_parameter_group_name(id).set_source(source.map(str::to_owned));
    let mut pages = call.into_paginator().items().send();
    let mut parameters = Vec::new();
    while let Some(parameter) = pages.next().await.transpose()? {
        parameters.push(parameter);
    }
    Ok(parameters)
}

/// RDS keeps every value as text and names in lower case; a declared number is the same as its
/// text.
fn in_declared_form(declared: Option<&BTreeMap<String, Json>>, live: Vec<Parameter>) -> Option<BTreeMap<String, Json>> {
    let entries = live.into_iter().filter_map(|parameter| {
        let (name, value) = (parameter.parameter_name?, parameter.parameter_value?);
        let same = declared.and_then(|all| all.iter().find(|(other, _)| other.eq_ignore_ascii_case(&name)));
        match same {
            Some((name, same)) if is_same(&text(same), &value) => Some((name.clone(), same.clone())),
            Some((name, _)) => Some((name.clone(), Json::String(value))),
            None => Some((name, Json::String(value))),
        }
    });
    let entries: BTreeMap<_, _> = entries.collect();
    (!entries.is_empty() || declared.is_some()).then_some(entries)
}

/// Returns whether a value is the declared one. RDS returns MySQL's and MariaDB's `ON` and `OFF` as `1` and `0`.
fn is_same(declared: &str, live: &str) -> bool {
    let number = |text: &str| match text.to_ascii_uppercase().as_str() {
        "ON" | "TRUE" => Some("1"),
        "OFF" | "FALSE" => Some("0"),
        _ => None,
    };
    declared == live || number(declared) == Some(live)
}

fn text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Bool(on) => if *on { "1" } else { "0" }.to_owned(),
        other => other.to_string(),
    }
}
