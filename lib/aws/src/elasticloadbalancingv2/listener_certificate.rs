//! `AWS::ElasticLoadBalancingV2::ListenerCertificate`

use aws_sdk_elasticloadbalancingv2::types::Certificate as Live;
use groundplan_engine::provider::{Accepted, Deletion};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::listener::Certificate;
use crate::error::{Error, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, accepted};

/// Certificates of a listener beside its default one. Its identifier is made of the listener and the
/// certificate that came first when it was made, `LISTENER|CERTIFICATE`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ListenerCertificate {
    certificates: Vec<Certificate>,
    listener_arn: String,
}

impl Handler for ListenerCertificate {
    const TYPE: &'static str = "AWS::ElasticLoadBalancingV2::ListenerCertificate";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let id = self.identifier(cx).ok_or_else(|| Error::invalid("`Certificates` names no certificate"))?;
        // The first one makes it what it is. What is missing after that is for an update.
        let (first, others) = self.certificates.split_at(1);
        add(cx, &self.listener_arn, first).await?;
        add(cx, &self.listener_arn, others).await.map_err(|error| error.after_making(&id))?;
        Ok(accepted(&id, json!({"Id": id})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, _id: &str) -> Result<()> {
        let Some(old) = changes.old else { return Ok(()) };
        let (new, old, listener) = (&changes.new.certificates, &old.certificates, &changes.new.listener_arn);
        let only = |of: &[Certificate], other: &[Certificate]| -> Vec<_> {
            of.iter().filter(|certificate| !other.contains(certificate)).cloned().collect()
        };
        add(cx, listener, &only(new, old)).await?;
        remove(cx, listener, &only(old, new)).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let [listener, first] = known.parts()?;
        let mut live = Vec::new();
        let mut marker = None;
        loop {
            let call = cx.elb.describe_listener_certificates().listener_arn(listener).set_marker(marker);
            let page = call.send().await?;
            let more = page.certificates.unwrap_or_default().into_iter();
            live.extend(more.filter(|it| it.is_default != Some(true)).filter_map(|it| it.certificate_arn));
            marker = page.next_marker.filter(|marker| !marker.is_empty());
            if marker.is_none() {
                break;
            }
        }
        let imported = [Certificate { certificate_arn: Some(first.to_owned()) }];
        let wanted = if known.last.certificates.is_empty() { &imported[..] } else { &known.last.certificates };
        let has = |it: &&Certificate| it.certificate_arn.as_ref().is_some_and(|arn| live.contains(arn));
        let certificates: Vec<_> = wanted.iter().filter(has).cloned().collect();
        if certificates.is_empty() {
            return Err(Error::not_found(format_args!("the certificate {first} of the listener")));
        }
        let properties = Self { certificates, listener_arn: listener.to_owned() };
        Ok(Found::ready(properties, json!({"Id": known.id})))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let [listener, _] = known.parts()?;
        // Says whether any of them is there: removing one that is not succeeds.
        let found = Self::read(cx, known).await?;
        remove(cx, listener, &found.properties.certificates).await?;
        Ok(Deletion::Gone)
    }

    fn identifier(&self, _cx: &Context) -> Option<String> {
        let first = self.certificates.first()?.certificate_arn.as_ref()?;
        Some(format!("{}|{first}", self.listener_arn))
    }

    /// Each certificate of the listener.
    fn parts(&self, id: &str) -> Vec<String> {
        let named = self.certificates.iter().filter_map(|it| it.certificate_arn.as_ref());
        let parts: Vec<_> = named.map(|certificate| format!("{}|{certificate}", self.listener_arn)).collect();
        if parts.is_empty() { vec![id.to_owned()] } else { parts }
    }

    /// A create may have been interrupted between two certificates.
    fn is_same(&self, live: &Self) -> bool {
        self.listener_arn == live.listener_arn && !live.certificates.is_empty()
    }
}

/// One at a time, since a call takes no more.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_AddListenerCertificates.html>
async fn add(cx: &Context, listener: &str, certificates: &[Certificate]) -> Result<()> {
    for certificate in certificates {
        cx.elb.add_listener_certificates().listener_arn(listener).certificates(live(certificate)).send().await?;
    }
    Ok(())
}

async fn remove(cx: &Context, listener: &str, certificates: &[Certificate]) -> Result<()> {
    for certificate in certificates {
        cx.elb.remove_listener_certificates().listener_arn(listener).certificates(live(certificate)).send().await?;
    }
    Ok(())
}

fn live(certificate: &Certificate) -> Live {
    Live::builder().set_certificate_arn(certificate.certificate_arn.clone()).build()
}
