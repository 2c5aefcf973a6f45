//! `AWS::ElasticLoadBalancingV2::Listener`

use aws_sdk_elasticloadbalancingv2::operation::modify_listener::ModifyListenerError;
use aws_sdk_elasticloadbalancingv2::types::{
    AdvertiseTrustStoreCaNamesEnum, Certificate as LiveCertificate, Listener as Live, ListenerAttribute,
    MutualAuthenticationAttributes, ProtocolEnum,
};
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::action::Action;
use super::attribute::{self, Attribute, Defaults};
use super::{read_tags, retag, tag, tag_made, taken, takes_tags_later, with_token};
use crate::error::{Error, Meaning, OrNone, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, accepted, in_declared_shape, required, single};
use crate::tags::Tags;

/// Returns AWS's defaults by protocol; that of a gateway load balancer has none. A header of a request has its own
/// name. Additional response headers have no default that AWS documents.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ListenerAttribute.html>
fn defaults(protocol: Option<&str>) -> Defaults {
    match protocol {
        Some("HTTP" | "HTTPS") => vec![
            ("routing.http.request.x_amzn_mtls_clientcert.header_name", "X-Amzn-Mtls-Clientcert"),
            ("routing.http.request.x_amzn_mtls_clientcert_issuer.header_name", "X-Amzn-Mtls-Clientcert-Issuer"),
            ("routing.http.request.x_amzn_mtls_clientcert_leaf.header_name", "X-Amzn-Mtls-Clientcert-Leaf"),
            (
                "routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name",
                "X-Amzn-Mtls-Clientcert-Serial-Number",
            ),
            ("routing.http.request.x_amzn_mtls_clientcert_subject.header_name", "X-Amzn-Mtls-Clientcert-Subject"),
            ("routing.http.request.x_amzn_mtls_clientcert_validity.header_name", "X-Amzn-Mtls-Clientcert-Validity"),
            ("routing.http.request.x_amzn_tls_cipher_suite.header_name", "X-Amzn-Tls-Cipher-Suite"),
            ("routing.http.request.x_amzn_tls_version.header_name", "X-Amzn-Tls-Version"),
            ("routing.http.response.server.enabled", "true"),
        ],
        Some(_) => vec![("tcp.idle_timeout.seconds", "350")],
        None => vec![("send_tcp_reset.on_idle_timeout.enabled", "false"), ("tcp.idle_timeout.seconds", "350")],
    }
}

/// The security policy of a listener for which none is declared, unless the console has made it.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html>,
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/network/describe-ssl-policies.html>
const DEFAULT_SSL_POLICY: &str = "ELBSecurityPolicy-2016-08";

/// `Certificates` holds the default certificate alone; more are resources of their own, of
/// `AWS::ElasticLoadBalancingV2::ListenerCertificate`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Listener {
    alpn_policy: Option<Vec<String>>,
    certificates: Option<Vec<Certificate>>,
    default_actions: Vec<Action>,
    listener_attributes: Option<Vec<Attribute>>,
    load_balancer_arn: String,
    mutual_authentication: Option<MutualAuthentication>,
    port: Option<i32>,
    protocol: Option<String>,
    ssl_policy: Option<String>,
    #[serde(default)]
    tags: Tags,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Certificate {
    pub(super) certificate_arn: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct MutualAuthentication {
    advertise_trust_store_ca_names: Option<String>,
    ignore_client_certificate_expiry: Option<bool>,
    mode: Option<String>,
    trust_store_arn: Option<String>,
}

impl MutualAuthentication {
    fn to_sdk(&self) -> MutualAuthenticationAttributes {
        let advertise = self.advertise_trust_store_ca_names.as_deref();
        MutualAuthenticationAttributes::builder()
            .set_mode(self.mode.clone())
            .set_trust_store_arn(self.trust_store_arn.clone())
            .set_ignore_client_certificate_expiry(self.ignore_client_certificate_expiry)
            .set_advertise_trust_store_ca_names(advertise.map(AdvertiseTrustStoreCaNamesEnum::from))
            .build()
    }

    fn of(live: MutualAuthenticationAttributes) -> Self {
        let advertise = live.advertise_trust_store_ca_names;
        Self {
            advertise_trust_store_ca_names: advertise.map(|advertise| advertise.as_str().to_owned()),
            ignore_client_certificate_expiry: live.ignore_client_certificate_expiry,
            mode: live.mode,
            trust_store_arn: live.trust_store_arn,
        }
    }
}

impl Handler for Listener {
    const TYPE: &'static str = "AWS::ElasticLoadBalancingV2::Listener";

    const ERRORS: &'static [Meaning] = &[
        // `Listener port '443' is already in use by another listener`, of code `DuplicateListener` or
        // `ValidationError`.
        Meaning::of::<ModifyListenerError>("", "is already in use", ErrorClass::AlreadyExists),
    ];

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let call = cx
            .elb
            .create_listener()
            .load_balancer_arn(&self.load_balancer_arn)
            .set_protocol(self.protocol.as_deref().map(ProtocolEnum::from))
            .set_port(self.port)
            .set_ssl_policy(self.ssl_policy.clone())
            .set_certificates(self.certificates())
            .set_default_actions(Some(self.actions()))
            .set_alpn_policy(self.alpn_policy.clone())
            .set_mutual_authentication(self.mutual_authentication.as_ref().map(MutualAuthentication::to_sdk));
        let tagged = call.clone().set_tags(Some(cx.tags(&self.tags, tag))).send().await.map_err(Error::from);
        let (created, is_tagged) = match tagged {
            // A gateway load balancer has one listener.
            Err(error) if takes_tags_later(&error) => {
                if let Some(other) = self.siblings(cx).await?.first().and_then(Live::listener_arn) {
                    let message = format!("the gateway load balancer has the listener {other} already");
                    return Err(Error::new(ErrorClass::AlreadyExists, message));
                }
                (call.send().await.map_err(Error::from), false)
            }
            created => (created, true),
        };
        let created = match created {
            Ok(created) => created,
            Err(error) => return Err(self.refused(cx, error).await?),
        };
        let arn = required(single(created.listeners, "the listener")?.listener_arn, "ListenerArn")?;
        if !is_tagged {
            tag_made(cx, &arn, &self.tags).await?;
        }
        Ok(accepted(&arn, json!({"ListenerArn": arn})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        let new = changes.new;
        let differs = changes.after_create(|it| &it.default_actions).is_some()
            || changes.after_create(|it| &it.certificates).is_some()
            || changes.after_create(|it| &it.protocol).is_some()
            || changes.after_create(|it| &it.port).is_some()
            || changes.after_create(|it| &it.ssl_policy).is_some()
            || changes.after_create(|it| &it.alpn_policy).is_some()
            || changes.after_create(|it| &it.mutual_authentication).is_some();
        if differs {
            // What is left out stays as it is, so what was declared and is no longer is turned off, where the protocol
            // has it: a listener without TLS takes none of these.
            let taken_away = |had: fn(&Self) -> bool, by: &[&str]| {
                changes.old.is_some_and(had) && new.protocol.as_deref().is_some_and(|protocol| by.contains(&protocol))
            };
            let off = taken_away(|old| old.mutual_authentication.is_some(), &["HTTPS"]);
            let off = off.then(|| MutualAuthenticationAttributes::builder().mode("off").build());
            let mutual = new.mutual_authentication.as_ref().map(MutualAuthentication::to_sdk).or(off);
            let no_alpn = taken_away(|old| old.alpn_policy.is_some(), &["TLS"]).then(|| vec!["None".to_owned()]);
            let default_ssl = taken_away(|old| old.ssl_policy.is_some(), &["HTTPS", "TLS"]);
            let default_ssl = default_ssl.then(|| DEFAULT_SSL_POLICY.to_owned());
            let modified = cx
                .elb
                .modify_listener()
                .listener_arn(id)
                .set_protocol(new.protocol.as_deref().map(ProtocolEnum::from))
                .set_port(new.port)
                .set_ssl_policy(new.ssl_policy.clone().or(default_ssl))
                .set_certificates(new.certificates())
                .set_default_actions(Some(new.actions()))
                .set_alpn_policy(new.alpn_policy.clone().or(no_alpn))
                .set_mutual_authentication(mutual)
                .send()
                .await;
            if let Err(error) = modified {
                return Err(new.refused(cx, error.into()).await?);
            }
        }
        let old = changes.old.map(|listener| &listener.listener_attributes);
        let defaults = defaults(new.protocol.as_deref());
        let attributes = attribute::changed(&new.listener_attributes, old, &defaults)?;
        if !attributes.is_empty() {
            let attributes = attributes
                .into_iter()
                .map(|Attribute { key, value }| ListenerAttribute::builder().key(key).value(value).build());
            let call = cx.elb.modify_listener_attributes().listener_arn(id);
            call.set_attributes(Some(attributes.collect())).send().await?;
        }
        retag(changes, cx, id).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let described = cx.elb.describe_listeners().listener_arns(&known.id).send().await?;
        let listener = single(described.listeners, &known.id)?;
        let last = &known.last;
        // Not every kind of balancer has them.
        let attributes = match &last.listener_attributes {
            Some(_) => cx.elb.describe_listener_attributes().listener_arn(&known.id).send().await?.attributes,
            None => None,
        };
        let attributes = attributes.unwrap_or_default().into_iter().map(|it| (it.key, it.value));
        let certificates = listener.certificates.unwrap_or_default().into_iter();
        let certificates: Vec<_> = certificates.map(|it| Certificate { certificate_arn: it.certificate_arn }).collect();
        let actions = listener.default_actions.unwrap_or_default();
        let mutual = listener.mutual_authentication.map(MutualAuthentication::of);
        let protocol = listener.protocol.map(|protocol| protocol.as_str().to_owned());
        let defaults = defaults(protocol.as_deref());
        let properties = Self {
            alpn_policy: listener.alpn_policy.filter(|policies| !policies.is_empty()),
            certificates: (!certificates.is_empty()).then_some(certificates),
            default_actions: in_declared_shape(&last.default_actions, actions.iter().map(Action::of).collect()),
            listener_attributes: attribute::as_declared(&last.listener_attributes, attributes, &defaults),
            load_balancer_arn: listener.load_balancer_arn.unwrap_or_default(),
            mutual_authentication: in_declared_shape(&last.mutual_authentication, mutual),
            port: listener.port,
            protocol,
            ssl_policy: listener.ssl_policy,
            tags: read_tags(cx, &known.id).await?,
        };
        Ok(Found::ready(properties, json!({"ListenerArn": known.id})))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        cx.elb.delete_listener().listener_arn(&known.id).send().await?;
        Ok(Deletion::Gone)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    async fn live_tags(&self, cx: &Context, id: &str) -> Result<Tags> {
        read_tags(cx, id).await
    }

    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        let listeners = self.siblings(cx).await?;
        with_token(cx, listeners.into_iter().filter_map(|listener| listener.listener_arn).collect()).await
    }
}

/// All listeners of a load balancer.
pub(super) async fn listeners(cx: &Context, balancer: &str) -> Result<Vec<Live>> {
    let pages = cx.elb.describe_listeners().load_balancer_arn(balancer).into_paginator().items().send();
    Ok(pages.try_collect().await?)
}

impl Listener {
    /// Returns the reason why it cannot be created or changed. A port may be about to be released by a listener
    /// that is deleted, or that moves to another one.
    async fn refused(&self, cx: &Context, error: Error) -> Result<Error> {
        if error.class() != ErrorClass::AlreadyExists {
            return Ok(error);
        }
        let listeners = self.siblings(cx).await?;
        let holder = listeners.iter().find(|listener| listener.port == self.port);
        taken(cx, error, holder.and_then(Live::listener_arn)).await
    }

    /// Returns all listeners of the load balancer; empty if it does not exist.
    async fn siblings(&self, cx: &Context) -> Result<Vec<Live>> {
        Ok(listeners(cx, &self.load_balancer_arn).await.or_none()?.unwrap_or_default())
    }

    fn actions(&self) -> Vec<aws_sdk_elasticloadbalancingv2::types::Action> {
        self.default_actions.iter().map(Action::to_sdk).collect()
    }

    fn certificates(&self) -> Option<Vec<LiveCertificate>> {
        let certificate =
            |it: &Certificate| LiveCertificate::builder().set_certificate_arn(it.certificate_arn.clone()).build();
        Some(self.certificates.as_ref()?.iter().map(certificate).collect())
    }
}
