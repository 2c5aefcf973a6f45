//! The records by which ACM validates that a domain belongs to the account.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use aws_config::Region;
use aws_sdk_acm::types::{
    CertificateDetail, CertificateStatus, CertificateSummary, CertificateType, DomainStatus, Filters, KeyAlgorithm,
};
use aws_sdk_route53::types::{Change, ChangeAction, RrType};
use futures::future::try_join_all;
use groundplan_engine::provider::ErrorClass;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::handler::Context;
use crate::route53::{apply, change, cname, find_record, normal_name};

/// Seconds that resolvers keep a validation record for.
const TTL: i64 = 300;

/// Those of certificates that ACM renews, or still waits for.
const LIVING: [CertificateStatus; 4] = [
    CertificateStatus::Expired,
    CertificateStatus::Inactive,
    CertificateStatus::Issued,
    CertificateStatus::PendingValidation,
];

/// The key algorithms to list: by default, ListCertificates omits all but two of them.
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_Filters.html>
const KEYS: [KeyAlgorithm; 7] = [
    KeyAlgorithm::EcPrime256v1,
    KeyAlgorithm::EcSecp384r1,
    KeyAlgorithm::EcSecp521r1,
    KeyAlgorithm::Rsa1024,
    KeyAlgorithm::Rsa2048,
    KeyAlgorithm::Rsa3072,
    KeyAlgorithm::Rsa4096,
];

/// The validation of one name: by records in `hosted_zone_id`, or by mail to `validation_domain`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct DomainValidationOption {
    pub(super) domain_name: String,
    pub(super) hosted_zone_id: Option<String>,
    pub(super) validation_domain: Option<String>,
}

/// The records that this process has written, each for one certificate, which is polled every few seconds while it
/// waits for them. Another process has none, and writes them again.
#[derive(Debug, Default)]
struct WrittenRecords(Mutex<BTreeSet<WrittenRecord>>);

/// The certificate's ARN, the zone and the record's name.
type WrittenRecord = (String, String, String);

impl WrittenRecords {
    fn contains(&self, record: &WrittenRecord) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(record)
    }

    fn extend(&self, records: Vec<WrittenRecord>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(records);
    }
}

/// A record that the program wants in one of its zones.
struct Record {
    /// The domain that is validated: a name and its wildcard share one.
    domain: String,
    zone: String,
    name: String,
    value: String,
}

/// Writes the records that ACM has named into the zones that the program has named for them, and that
/// this process has not written yet.
///
/// # Errors
/// A zone that does not exist is an invalid request, and does not mean that the certificate no longer exists.
pub(super) async fn put_records(
    cx: &Context,
    declared: &[DomainValidationOption],
    detail: &CertificateDetail,
) -> Result<()> {
    let certificate = detail.certificate_arn().unwrap_or_default();
    let mut zones: BTreeMap<String, (Vec<Change>, Vec<WrittenRecord>)> = BTreeMap::new();
    for record in records(declared, detail) {
        let key = (certificate.to_owned(), record.zone.clone(), record.name.clone());
        if !cx.memory.of::<WrittenRecords>().contains(&key) {
            let put = change(ChangeAction::Upsert, cname(&record.name, &record.value, TTL)?)?;
            let (changes, keys) = zones.entry(record.zone).or_default();
            changes.push(put);
            keys.push(key);
        }
    }
    for (zone, (changes, keys)) in zones {
        let put = apply(cx, &zone, changes, Some("Validates a certificate of ACM".to_owned())).await;
        put.map_err(|error| error.reclass(ErrorClass::NotFound, ErrorClass::Invalid))?;
        cx.memory.of::<WrittenRecords>().extend(keys);
    }
    Ok(())
}

/// Removes the records of a deleted certificate, except those by which ACM still renews others.
///
/// The record of a name is the same for all certificates of the account that cover it or its wildcard, in every region,
/// including certificates of other owners; and a certificate whose record is missing is not renewed and expires within
/// 13 months. So all regions are queried, and the record is kept if a query fails: a surplus record only prevents the
/// deletion of the zone, and that error names it.
/// <https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html>
pub(super) async fn remove_records(cx: &Context, declared: &[DomainValidationOption], detail: &CertificateDetail) {
    if let Err(error) = try_to_remove(cx, declared, detail).await {
        tracing::warn!(error = error.message(), "the validation records of a deleted certificate stay in their zone");
    }
}

async fn try_to_remove(cx: &Context, declared: &[DomainValidationOption], detail: &CertificateDetail) -> Result<()> {
    let records = records(declared, detail);
    if records.is_empty() {
        return Ok(());
    }
    let covered = covered_elsewhere(cx, detail.certificate_arn()).await?;
    for record in records.iter().filter(|record| !covered.contains(&record.domain)) {
        let live = find_record(cx, &record.zone, &record.name, &RrType::Cname, None).await?;
        let is_ours = |value: &str| normal_name(value) == normal_name(&record.value);
        let live = live.filter(|live| live.resource_records().iter().any(|entry| is_ours(entry.value())));
        if let Some(live) = live {
            apply(cx, &record.zone, vec![change(ChangeAction::Delete, live)?], None).await?;
        }
    }
    Ok(())
}

/// The zones of the records that ACM has named for domains that are not validated yet.
pub(super) fn zones(declared: &[DomainValidationOption], detail: &CertificateDetail) -> BTreeSet<String> {
    let open: Vec<_> = open(detail).iter().map(|name| covered_domain(name)).collect();
    records(declared, detail).into_iter().filter(|it| open.contains(&it.domain)).map(|it| it.zone).collect()
}

/// The domains that are not validated yet.
pub(super) fn open(detail: &CertificateDetail) -> Vec<String> {
    let domains = detail.domain_validation_options().iter();
    let open = domains.filter(|domain| domain.validation_status != Some(DomainStatus::Success));
    let mut names: Vec<_> = open.map(|domain| domain.domain_name.clone()).collect();
    names.sort();
    names
}

/// All certificates of a region, or those in one of `statuses`.
pub(super) async fn list(
    acm: &aws_sdk_acm::Client,
    statuses: Option<&[CertificateStatus]>,
) -> Result<Vec<CertificateSummary>> {
    let keys = Filters::builder().set_key_types(Some(KEYS.to_vec())).build();
    let call = acm.list_certificates().includes(keys).set_certificate_statuses(statuses.map(<[_]>::to_vec));
    let mut pages = call.into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(summary) = pages.next().await.transpose()? {
        found.push(summary);
    }
    Ok(found)
}

/// The records that ACM has named so far, one for each name in a zone.
fn records(declared: &[DomainValidationOption], detail: &CertificateDetail) -> Vec<Record> {
    let zone = |domain: &str| {
        let mut options = declared.iter();
        options.find(|option| option.domain_name.eq_ignore_ascii_case(domain))?.hosted_zone_id.clone()
    };
    let mut seen = BTreeSet::new();
    let named = detail.domain_validation_options().iter().filter_map(|validation| {
        let record = validation.resource_record.as_ref()?;
        let zone = zone(&validation.domain_name)?;
        seen.insert((zone.clone(), normal_name(&record.name))).then(|| Record {
            domain: covered_domain(&validation.domain_name),
            zone,
            name: record.name.clone(),
            value: record.value.clone(),
        })
    });
    named.collect()
}

/// `example.com`, for `*.example.com` too.
fn covered_domain(name: &str) -> String {
    normal_name(name.strip_prefix("*.").unwrap_or(name))
}

/// The domains of all certificates of the account but this one.
async fn covered_elsewhere(cx: &Context, but: Option<&str>) -> Result<BTreeSet<String>> {
    let regions = cx.ec2.describe_regions().send().await?.regions.unwrap_or_default();
    let regions = regions.into_iter().filter_map(|region| region.region_name);
    let lists = regions.map(|region| async move {
        let config = cx.acm.config().to_builder().region(Region::new(region)).build();
        list(&aws_sdk_acm::Client::from_conf(config), Some(&LIVING)).await
    });
    let certificates = try_join_all(lists).await?.into_iter().flatten();
    let others = certificates.filter(|it| {
        it.certificate_arn() != but && it.r#type.as_ref().is_none_or(|kind| *kind == CertificateType::AmazonIssued)
    });
    let mut covered = BTreeSet::new();
    for certificate in others {
        let first = certificate.domain_name.into_iter();
        let names = first.chain(certificate.subject_alternative_name_summaries.into_iter().flatten());
        covered.extend(names.map(|name| covered_domain(&name)));
    }
    Ok(covered)
}
