//! `AWS::Route53::RecordSet`

use aws_sdk_route53::types::{
    AliasTarget as Alias, Change, ChangeAction, CidrRoutingConfig as Cidr, GeoLocation as Geo, ResourceRecord,
    ResourceRecordSet, ResourceRecordSetFailover, ResourceRecordSetRegion, RrType,
};
use groundplan_engine::provider::{Accepted, Deletion, Outputs, Status};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::changes::{apply, change, find_record, in_sync};
use super::declared_name;
use crate::error::{Error, OrNone, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, Readiness, accepted, as_declared, in_declared_shape};

/// The records of one name and type, or one of several sets of them, distinguished by a set identifier.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct RecordSet {
    alias_target: Option<AliasTarget>,
    cidr_routing_config: Option<CidrRoutingConfig>,
    comment: Option<String>,
    failover: Option<String>,
    geo_location: Option<GeoLocation>,
    health_check_id: Option<String>,
    hosted_zone_id: String,
    multi_value_answer: Option<bool>,
    name: String,
    region: Option<String>,
    resource_records: Option<Vec<String>>,
    set_identifier: Option<String>,
    #[serde(rename = "TTL")]
    ttl: Option<String>,
    #[serde(rename = "Type")]
    kind: String,
    weight: Option<i64>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct AliasTarget {
    #[serde(rename = "DNSName")]
    dns_name: String,
    evaluate_target_health: Option<bool>,
    hosted_zone_id: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CidrRoutingConfig {
    collection_id: String,
    location_name: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GeoLocation {
    continent_code: Option<String>,
    country_code: Option<String>,
    subdivision_code: Option<String>,
}

/// The parts of an identifier, `NAME|ZONE|TYPE|SET`, the last of which is empty for most records.
struct Key<'a> {
    name: &'a str,
    zone: &'a str,
    kind: RrType,
    set: Option<&'a str>,
}

impl<'a> Key<'a> {
    fn of(known: &'a Known<RecordSet>) -> Result<Self> {
        let [name, zone, kind, set] = known.parts()?;
        Ok(Self { name, zone, kind: RrType::from(kind), set: (!set.is_empty()).then_some(set) })
    }

    fn outputs(&self) -> Outputs {
        let Self { name, zone, kind, set } = self;
        accepted("", json!({"Name": name, "HostedZoneId": zone, "Type": kind.as_str(), "SetIdentifier": set})).outputs
    }

    async fn live(&self, cx: &Context) -> Result<ResourceRecordSet> {
        let found = find_record(cx, self.zone, self.name, &self.kind, self.set).await?;
        found.ok_or_else(|| Error::not_found(format_args!("the {} record {}", self.kind.as_str(), self.name)))
    }
}

impl Handler for RecordSet {
    const TYPE: &'static str = "AWS::Route53::RecordSet";

    /// Creates the record, which Route 53 refuses if it exists: a record of another owner is never overwritten.
    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let id = self.id();
        self.send(cx, &id, ChangeAction::Create).await?;
        let outputs = Key::of(&Known { id: id.clone(), last: self.clone() })?.outputs();
        Ok(Accepted { id, outputs, ..Accepted::default() })
    }

    /// Replaces a record with another type or set identifier, which is another record to Route 53. The old one is
    /// deleted and the new one created in one batch, so that the name always has one, and a CNAME never coexists with
    /// another type. <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeResourceRecordSets.html>
    async fn exchange(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<Option<String>> {
        let (Some(old), new) = (changes.old, changes.new) else { return Ok(None) };
        if old.kind == new.kind && old.set_identifier == new.set_identifier {
            return Ok(None);
        }
        let known = Known { id: id.to_owned(), last: old.clone() };
        let (key, new_id) = (Key::of(&known)?, new.id());
        let created = change(ChangeAction::Create, new.record()?)?;
        let batch = match key.live(cx).await.or_none()? {
            Some(live) => vec![change(ChangeAction::Delete, live)?, created],
            // An earlier attempt, whose answer was lost, may have made the change.
            None if new.is_there(cx, &new_id).await? => return Ok(Some(new_id)),
            None => vec![created],
        };
        new.apply(cx, &new_id, batch).await?;
        Ok(Some(new_id))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        match changes.old {
            // The exchange has said all.
            Some(old) if old.kind != changes.new.kind || old.set_identifier != changes.new.set_identifier => Ok(()),
            Some(_) => changes.new.send(cx, id, ChangeAction::Upsert).await,
            None => Ok(()),
        }
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let key = Key::of(known)?;
        let live = key.live(cx).await?;
        let last = &known.last;
        let alias = live.alias_target.map(|alias| AliasTarget {
            dns_name: declared_name(last.alias_target.as_ref().map_or("", |alias| &alias.dns_name), &alias.dns_name),
            evaluate_target_health: Some(alias.evaluate_target_health),
            hosted_zone_id: alias.hosted_zone_id,
        });
        let values = live.resource_records.unwrap_or_default().into_iter().map(|record| record.value).collect();
        let properties = Self {
            alias_target: alias,
            cidr_routing_config: live
                .cidr_routing_config
                .map(|cidr| CidrRoutingConfig { collection_id: cidr.collection_id, location_name: cidr.location_name }),
            comment: last.comment.clone(),
            failover: live.failover.map(|failover| failover.as_str().to_owned()),
            geo_location: live.geo_location.map(|place| GeoLocation {
                continent_code: place.continent_code,
                country_code: place.country_code,
                subdivision_code: place.subdivision_code,
            }),
            health_check_id: live.health_check_id,
            hosted_zone_id: key.zone.to_owned(),
            multi_value_answer: live.multi_value_answer,
            name: declared_name(key.name, &live.name),
            region: live.region.map(|region| region.as_str().to_owned()),
            resource_records: as_declared(&last.resource_records, values),
            set_identifier: live.set_identifier,
            ttl: live.ttl.map(|seconds| seconds.to_string()),
            kind: live.r#type.as_str().to_owned(),
            weight: live.weight,
        };
        Ok(Found { properties, outputs: key.outputs(), readiness: Readiness::Ready })
    }

    /// The request has to repeat the record exactly as it is.
    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let key = Key::of(known)?;
        let live = key.live(cx).await?;
        apply(cx, key.zone, vec![change(ChangeAction::Delete, live)?], None).await?;
        Ok(Deletion::Gone)
    }

    fn identifier(&self, _cx: &Context) -> Option<String> {
        Some(self.id())
    }

    async fn status(cx: &Context, known: &Known<Self>) -> Result<Status> {
        let key = Key::of(known)?;
        match in_sync(cx, &known.id).await? {
            Some(false) => return Ok(Status::Pending("PENDING".to_owned())),
            Some(true) => {}
            None => _ = key.live(cx).await?,
        }
        Ok(Status::Ready(key.outputs()))
    }
}

impl RecordSet {
    fn id(&self) -> String {
        let set = self.set_identifier.as_deref().unwrap_or_default();
        format!("{}|{}|{}|{set}", self.name, self.hosted_zone_id, self.kind)
    }

    async fn send(&self, cx: &Context, id: &str, action: ChangeAction) -> Result<()> {
        self.apply(cx, id, vec![change(action, self.record()?)?]).await
    }

    /// Sends changes that bring about this record, whose identifier is `id`.
    async fn apply(&self, cx: &Context, id: &str, changes: Vec<Change>) -> Result<()> {
        let change = apply(cx, &self.hosted_zone_id, changes, self.comment.clone()).await?;
        cx.memory.of::<super::changes::PendingChanges>().remember(id, change);
        Ok(())
    }

    /// Returns whether there is exactly this record.
    async fn is_there(&self, cx: &Context, id: &str) -> Result<bool> {
        let known = Known { id: id.to_owned(), last: self.clone() };
        let found = Self::read(cx, &known).await.or_none()?;
        Ok(found.is_some_and(|found| self.is_same(&in_declared_shape(self, found.properties))))
    }

    fn record(&self) -> Result<ResourceRecordSet> {
        let ttl = self.ttl.as_deref().map(|ttl| {
            ttl.parse().map_err(|_| Error::invalid(format!("`TTL` is a number of seconds, and `{ttl}` is none")))
        });
        let values = self.resource_records.as_ref().map(|values| {
            values
                .iter()
                .map(|value| ResourceRecord::builder().value(value).build())
                .collect::<std::result::Result<_, _>>()
        });
        let alias = self.alias_target.as_ref().map(|alias| {
            Alias::builder()
                .dns_name(&alias.dns_name)
                .hosted_zone_id(&alias.hosted_zone_id)
                .evaluate_target_health(alias.evaluate_target_health.unwrap_or(false))
                .build()
        });
        let cidr = self
            .cidr_routing_config
            .as_ref()
            .map(|cidr| Cidr::builder().collection_id(&cidr.collection_id).location_name(&cidr.location_name).build());
        let place = self.geo_location.as_ref().map(|place| {
            Geo::builder()
                .set_continent_code(place.continent_code.clone())
                .set_country_code(place.country_code.clone())
                .set_subdivision_code(place.subdivision_code.clone())
                .build()
        });
        Ok(ResourceRecordSet::builder()
            .name(&self.name)
            .r#type(RrType::from(self.kind.as_str()))
            .set_ttl(ttl.transpose()?)
            .set_resource_records(values.transpose()?)
            .set_alias_target(alias.transpose()?)
            .set_cidr_routing_config(cidr.transpose()?)
            .set_geo_location(place)
            .set_failover(self.failover.as_deref().map(ResourceRecordSetFailover::from))
            .set_health_check_id(self.health_check_id.clone())
            .set_multi_value_answer(self.multi_value_answer)
            .set_region(self.region.as_deref().map(ResourceRecordSetRegion::from))
            .set_set_identifier(self.set_identifier.clone())
            .set_weight(self.weight)
            .build()?)
    }
}
