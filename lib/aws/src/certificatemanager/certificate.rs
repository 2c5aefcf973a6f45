//! `AWS::CertificateManager::Certificate`

use aws_sdk_acm::types::{
    CertificateDetail, CertificateExport, CertificateOptions, CertificateStatus,
    DomainValidationOption as ValidationOption, KeyAlgorithm, Tag, ValidationMethod,
};
use groundplan_engine::provider::{Accepted, Deletion, Status};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::validation::{self, DomainValidationOption};
use crate::error::{OrNone, Result};
use crate::handler::{
    Changes, Context, Found, Handler, Known, Readiness, accepted, as_declared, in_declared_case, required,
};
use crate::route53::missing_delegation;
use crate::tags::Tags;

/// The most characters of an idempotency token.
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html>
const TOKEN: usize = 32;

/// There is no `CertificateTransparencyLoggingPreference`: AWS logs every public certificate by now.
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_CertificateOptions.html>
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Certificate {
    certificate_authority_arn: Option<String>,
    certificate_export: Option<String>,
    domain_name: String,
    domain_validation_options: Option<Vec<DomainValidationOption>>,
    key_algorithm: Option<String>,
    subject_alternative_names: Option<Vec<String>>,
    #[serde(default)]
    tags: Tags,
    validation_method: Option<String>,
}

impl Handler for Certificate {
    const TYPE: &'static str = "AWS::CertificateManager::Certificate";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let mail = self.domain_validation_options.iter().flatten().filter_map(|option| {
            let domain = option.validation_domain.as_deref()?;
            Some(ValidationOption::builder().domain_name(&option.domain_name).validation_domain(domain).build())
        });
        let mail: Vec<_> = mail.collect::<std::result::Result<_, _>>()?;
        let tags: Vec<_> = cx.tags(&self.tags, tag).into_iter().collect::<Result<_>>()?;
        let requested = cx
            .acm
            .request_certificate()
            .domain_name(&self.domain_name)
            .set_subject_alternative_names(self.subject_alternative_names.clone())
            .set_validation_method(self.validation_method.as_deref().map(ValidationMethod::from))
            .set_domain_validation_options((!mail.is_empty()).then_some(mail))
            .set_key_algorithm(self.key_algorithm.as_deref().map(KeyAlgorithm::from))
            .set_certificate_authority_arn(self.certificate_authority_arn.clone())
            .set_options(self.options())
            .idempotency_token(&cx.token[..TOKEN.min(cx.token.len())])
            .set_tags(Some(tags))
            .send()
            .await?;
        let arn = required(requested.certificate_arn, "CertificateArn")?;
        Ok(accepted(&arn, json!({"CertificateArn": arn})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        let tags = changes.tags();
        if !tags.set.is_empty() {
            let set = tags.set.into_iter().map(|(key, value)| tag(key, value)).collect::<Result<_>>()?;
            cx.acm.add_tags_to_certificate().certificate_arn(id).set_tags(Some(set)).send().await?;
        }
        if !tags.removed.is_empty() {
            let removed = tags.removed.into_iter().map(|key| Ok(Tag::builder().key(key).build()?));
            let removed = removed.collect::<Result<_>>()?;
            cx.acm.remove_tags_from_certificate().certificate_arn(id).set_tags(Some(removed)).send().await?;
        }
        Ok(())
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let detail = describe(cx, &known.id).await?;
        let readiness = readiness(&detail);
        let last = &known.last;
        let options = detail.options.as_ref();
        let export = options.and_then(|options| options.export.as_ref());
        let domain = in_declared_case(&Some(last.domain_name.clone()), detail.domain_name).unwrap_or_default();
        let properties = Self {
            certificate_authority_arn: detail.certificate_authority_arn,
            certificate_export: export.map(|export| export.as_str().to_owned()),
            // The zones are never given back.
            domain_validation_options: last.domain_validation_options.clone(),
            // Answers write `RSA-2048` for what is `RSA_2048` in a request.
            key_algorithm: detail.key_algorithm.map(|algorithm| algorithm.as_str().replace('-', "_")),
            subject_alternative_names: other_names(
                &last.subject_alternative_names,
                detail.subject_alternative_names.unwrap_or_default(),
                &domain,
            ),
            tags: read_tags(cx, &known.id).await?,
            validation_method: last.validation_method.clone(),
            domain_name: domain,
        };
        Ok(Found::ready(properties, json!({"CertificateArn": known.id})).is(readiness))
    }

    /// ACM names the records that prove the domain only some seconds after the request, so they are
    /// written into their zones while a deploy waits for the certificate: once, and again by a run that
    /// resumes an interrupted one.
    async fn advance(cx: &Context, known: &Known<Self>) -> Result<Status> {
        let detail = describe(cx, &known.id).await?;
        if detail.status == Some(CertificateStatus::PendingValidation) {
            validation::put_records(cx, known.last.validation_options(), &detail).await?;
        }
        status(cx, known, &detail).await
    }

    async fn status(cx: &Context, known: &Known<Self>) -> Result<Status> {
        status(cx, known, &describe(cx, &known.id).await?).await
    }

    async fn holders(cx: &Context, known: &Known<Self>) -> Result<Vec<String>> {
        Ok(describe(cx, &known.id).await?.in_use_by.unwrap_or_default())
    }

    /// Deletes the certificate before its records: while something uses it, it needs them for every renewal.
    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let detail = describe(cx, &known.id).await?;
        cx.acm.delete_certificate().certificate_arn(&known.id).send().await?;
        validation::remove_records(cx, known.last.validation_options(), &detail).await;
        Ok(Deletion::Gone)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for summary in validation::list(&cx.acm, None).await? {
            let same = summary.domain_name.is_some_and(|name| name.eq_ignore_ascii_case(&self.domain_name));
            let Some(arn) = summary.certificate_arn.filter(|_| same) else { continue };
            let tags = read_tags(cx, &arn).await.or_none()?;
            if tags.is_some_and(|tags| tags.token() == Some(cx.token.as_str())) {
                found.push(arn);
            }
        }
        Ok(found)
    }
}

impl Certificate {
    fn validation_options(&self) -> &[DomainValidationOption] {
        self.domain_validation_options.as_deref().unwrap_or_default()
    }

    fn options(&self) -> Option<CertificateOptions> {
        let export = CertificateExport::from(self.certificate_export.as_deref()?);
        Some(CertificateOptions::builder().export(export).build())
    }
}

/// The status of a certificate, with what keeps public DNS from its validation records.
async fn status(cx: &Context, known: &Known<Certificate>, detail: &CertificateDetail) -> Result<Status> {
    let mut state = match readiness(detail) {
        Readiness::Ready => return Ok(Status::Ready(accepted("", json!({"CertificateArn": known.id})).outputs)),
        Readiness::Failed(reason) => return Ok(Status::Failed(reason)),
        Readiness::Pending(state) => state,
    };
    for zone in validation::zones(known.last.validation_options(), detail) {
        if let Some(missing) = missing_delegation(cx, &zone).await {
            state = format!("{state}; {missing}");
        }
    }
    Ok(Status::Pending(state))
}

async fn describe(cx: &Context, arn: &str) -> Result<CertificateDetail> {
    required(cx.acm.describe_certificate().certificate_arn(arn).send().await?.certificate, "Certificate")
}

async fn read_tags(cx: &Context, arn: &str) -> Result<Tags> {
    let tags = cx.acm.list_tags_for_certificate().certificate_arn(arn).send().await?.tags.unwrap_or_default();
    Ok(Tags::read(tags.into_iter().map(|tag| (tag.key, tag.value.unwrap_or_default()))))
}

fn tag(key: String, value: String) -> Result<Tag> {
    Ok(Tag::builder().key(key).value(value).build()?)
}

/// The names beside the first, which ACM counts among them whether it was declared there or not.
fn other_names(declared: &Option<Vec<String>>, live: Vec<String>, domain: &str) -> Option<Vec<String>> {
    let declares = |name: &str| declared.iter().flatten().find(|other| other.eq_ignore_ascii_case(name));
    let others = live.into_iter().filter(|name| !name.eq_ignore_ascii_case(domain) || declares(name).is_some());
    let others = others.map(|name| declares(&name).cloned().unwrap_or(name)).collect();
    as_declared(declared, others)
}

fn readiness(detail: &CertificateDetail) -> Readiness {
    match detail.status.as_ref() {
        Some(CertificateStatus::Issued) => Readiness::Ready,
        Some(CertificateStatus::PendingValidation) => {
            Readiness::Pending(format!("PENDING_VALIDATION of {}", validation::open(detail).join(", ")))
        }
        Some(CertificateStatus::ValidationTimedOut) => Readiness::Failed(format!(
            "VALIDATION_TIMED_OUT: nobody saw the validation records of {} for 72 hours; check that the domain's \
             registrar names the servers of the hosted zone",
            validation::open(detail).join(", ")
        )),
        Some(failed @ (CertificateStatus::Failed | CertificateStatus::Expired | CertificateStatus::Revoked)) => {
            let reason = detail.failure_reason.as_ref().map(|reason| format!(": {}", reason.as_str()));
            Readiness::Failed(format!("{}{}", failed.as_str(), reason.unwrap_or_default()))
        }
        other => Readiness::Pending(other.map_or("unknown", CertificateStatus::as_str).to_owned()),
    }
}
