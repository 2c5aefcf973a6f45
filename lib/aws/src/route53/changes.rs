//! Changes of records, which Route 53 takes in batches and carries to its name servers in about a
//! minute.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use aws_sdk_route53::operation::change_resource_record_sets::ChangeResourceRecordSetsError;
use aws_sdk_route53::types::{
    Change, ChangeAction, ChangeBatch, ChangeStatus, ResourceRecord, ResourceRecordSet, RrType,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use groundplan_engine::provider::ProviderError;

use super::normal_name;
use crate::error::{Error, OrNone, Result, classify};
use crate::handler::{Context, required};

/// The code of an error whose body has a form of its own.
const INVALID_CHANGE_BATCH: &str = "InvalidChangeBatch";

/// The changes that this run has made and that may not have reached every name server, by the
/// record's identifier.
///
/// Route 53 reports the progress of a change only by the change's id, which is no property of the record. A run after
/// an interrupted one has no ids: its records count as in sync, because a change takes 60 seconds at most.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html>
#[derive(Debug, Default)]
pub(crate) struct PendingChanges(Mutex<BTreeMap<String, String>>);

impl PendingChanges {
    pub(super) fn remember(&self, record: &str, change: String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(record.to_owned(), change);
    }

    fn of(&self, record: &str) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(record).cloned()
    }

    fn forget(&self, record: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(record);
    }
}

/// Returns whether the last change of the record is on every name server; `None` if this run has made none.
pub(super) async fn in_sync(cx: &Context, record: &str) -> Result<Option<bool>> {
    let Some(change) = cx.memory.of::<PendingChanges>().of(record) else { return Ok(None) };
    let answer = cx.route53.get_change().id(change).send().await.or_none()?;
    let status = answer.and_then(|answer| answer.change_info).map(|info| info.status);
    if status == Some(ChangeStatus::Pending) {
        return Ok(Some(false));
    }
    cx.memory.of::<PendingChanges>().forget(record);
    Ok(Some(true))
}

/// One change of one record.
pub(crate) fn change(action: ChangeAction, record: ResourceRecordSet) -> Result<Change> {
    Ok(Change::builder().action(action).resource_record_set(record).build()?)
}

/// A record that leads to another name.
pub(crate) fn cname(name: &str, value: &str, ttl: i64) -> Result<ResourceRecordSet> {
    let value = ResourceRecord::builder().value(value).build()?;
    Ok(ResourceRecordSet::builder().name(name).r#type(RrType::Cname).ttl(ttl).resource_records(value).build()?)
}

/// Sends changes that take effect together or not at all, and gives the id of the change.
pub(crate) async fn apply(cx: &Context, zone: &str, changes: Vec<Change>, comment: Option<String>) -> Result<String> {
    let batch = ChangeBatch::builder().set_changes(Some(changes)).set_comment(comment).build()?;
    let call = cx.route53.change_resource_record_sets().hosted_zone_id(zone).change_batch(batch);
    let answer = call.send().await.map_err(explained)?;
    Ok(required(answer.change_info, "ChangeInfo")?.id)
}

/// The record of this name, type and set identifier.
pub(crate) async fn find_record(
    cx: &Context,
    zone: &str,
    name: &str,
    kind: &RrType,
    set: Option<&str>,
) -> Result<Option<ResourceRecordSet>> {
    // Begins at the record, if it is there; of a name and type there are at most 100.
    let call = cx.route53.list_resource_record_sets().hosted_zone_id(zone).max_items(100);
    let call = call
        .start_record_name(name)
        .start_record_type(kind.clone())
        .set_start_record_identifier(set.map(str::to_owned));
    let wanted = normal_name(name);
    let mut records = call.send().await?.resource_record_sets.into_iter();
    Ok(records.find(|record| {
        normal_name(&record.name) == wanted && record.r#type == *kind && record.set_identifier.as_deref() == set
    }))
}

/// Route 53 answers to a refused batch with a document of its own instead of the usual error, and
/// the SDK reads neither code nor messages out of it.
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html>
fn explained(error: SdkError<ChangeResourceRecordSetsError, HttpResponse>) -> Error {
    let raw = error.raw_response();
    let status = raw.map_or(400, |raw| raw.status().as_u16());
    let body = raw.and_then(|raw| raw.body().bytes()).map(String::from_utf8_lossy).unwrap_or_default();
    let messages = if body.contains("<InvalidChangeBatch") { messages(&body) } else { Vec::new() };
    let error = Error::from(error);
    if messages.is_empty() {
        return error;
    }
    let message = messages.join("; ");
    let class = classify(INVALID_CHANGE_BATCH, &message, status);
    let refused = ProviderError { class, message, code: Some(INVALID_CHANGE_BATCH.to_owned()), ..error.into() };
    refused.into()
}

fn messages(body: &str) -> Vec<String> {
    let entries = body.split("<Message>").skip(1).filter_map(|rest| rest.split("</Message>").next());
    let escapes = [
        ("&apos;", "'"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#34;", "\""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    entries.map(|text| escapes.iter().fold(text.to_owned(), |text, (code, plain)| text.replace(code, plain))).collect()
}
