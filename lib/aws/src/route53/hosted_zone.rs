//! `AWS::Route53::HostedZone`

use aws_sdk_route53::operation::associate_vpc_with_hosted_zone::AssociateVPCWithHostedZoneError;
use aws_sdk_route53::operation::create_hosted_zone::CreateHostedZoneError;
use aws_sdk_route53::operation::create_query_logging_config::CreateQueryLoggingConfigError;
use aws_sdk_route53::types::{HostedZoneConfig, ResourceRecordSet, RrType, Tag, TagResourceType, Vpc, VpcRegion};
use groundplan_engine::Hint;
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{bare_id, declared_name, normal_name};
use crate::error::{Error, Meaning, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, accepted, required};
use crate::tags::Tags;

/// The maximum number of records in an error about a zone that is not empty.
const NAMED: usize = 10;

/// Public, or private where it has VPCs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct HostedZone {
    hosted_zone_config: Option<Config>,
    #[serde(default, rename = "HostedZoneTags")]
    tags: Tags,
    name: String,
    query_logging_config: Option<QueryLogging>,
    #[serde(rename = "VPCs")]
    vpcs: Option<Vec<Network>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Config {
    comment: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct QueryLogging {
    cloud_watch_logs_log_group_arn: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Network {
    #[serde(rename = "VPCId")]
    id: String,
    #[serde(rename = "VPCRegion")]
    region: String,
}

impl Network {
    fn vpc(&self) -> Vpc {
        Vpc::builder().vpc_id(&self.id).vpc_region(VpcRegion::from(self.region.as_str())).build()
    }

    fn of(vpc: &Vpc) -> Self {
        let region = vpc.vpc_region().map(VpcRegion::as_str).unwrap_or_default();
        Self { id: vpc.vpc_id().unwrap_or_default().to_owned(), region: region.to_owned() }
    }
}

impl Handler for HostedZone {
    const TYPE: &'static str = "AWS::Route53::HostedZone";

    const ERRORS: &'static [Meaning] = &[
        // The policy that lets Route 53 write into the log group names none that is a property of the zone, so that it
        // may be made in the same run, or has just been.
        // <https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateQueryLoggingConfig.html>
        Meaning::of::<CreateQueryLoggingConfigError>(
            "InsufficientCloudWatchLogsResourcePolicy",
            "",
            ErrorClass::Propagating,
        ),
        // A VPC that was made seconds ago, which Route 53 does not know yet.
        // <https://docs.aws.amazon.com/Route53/latest/APIReference/API_CreateHostedZone.html>
        Meaning::of::<CreateHostedZoneError>("InvalidVPCId", "", ErrorClass::Propagating),
        Meaning::of::<AssociateVPCWithHostedZoneError>("InvalidVPCId", "", ErrorClass::Propagating),
    ];

    /// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeTagsForResource.html>
    const MOST_TAGS: usize = 10;

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let networks = self.vpcs.as_deref().unwrap_or_default();
        let config = HostedZoneConfig::builder().set_comment(self.comment()).private_zone(!networks.is_empty()).build();
        let created = cx
            .route53
            .create_hosted_zone()
            .name(&self.name)
            .caller_reference(&cx.token)
            .hosted_zone_config(config)
            .set_vpc(networks.first().map(Network::vpc))
            .send()
            .await?;
        let zone = required(created.hosted_zone, "HostedZone")?;
        let id = bare_id(&zone.id);
        let servers = created.delegation_set.map(|set| set.name_servers);
        Ok(accepted(id, json!({"Id": id, "NameServers": servers.unwrap_or_default()})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        if changes.after_create(|zone| &zone.hosted_zone_config).is_some() {
            let comment = changes.new.comment().unwrap_or_default();
            cx.route53.update_hosted_zone_comment().id(id).comment(comment).send().await?;
        }
        if changes.of(|zone| &zone.vpcs).is_some() {
            connect(changes, cx, id).await?;
        }
        if let Some(logging) = changes.of(|zone| &zone.query_logging_config) {
            stop_logging(cx, id).await?;
            if let Some(QueryLogging { cloud_watch_logs_log_group_arn: group }) = logging {
                let call = cx.route53.create_query_logging_config().hosted_zone_id(id);
                call.cloud_watch_logs_log_group_arn(group).send().await?;
            }
        }
        retag(changes, cx, id).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let found = cx.route53.get_hosted_zone().id(&known.id).send().await?;
        let zone = required(found.hosted_zone, "HostedZone")?;
        let last = &known.last;
        let comment = zone.config.and_then(|config| config.comment).filter(|comment| !comment.is_empty());
        let mut networks: Vec<_> = found.vpcs.unwrap_or_default().iter().map(Network::of).collect();
        let declared = last.vpcs.as_deref().unwrap_or_default();
        networks.sort_by_key(|network| declared.iter().position(|other| other == network).unwrap_or(usize::MAX));
        // Only looked for where it is declared: five calls a second are all that Route 53 takes.
        let logging = match &last.query_logging_config {
            Some(declared) => logging(cx, &known.id).await?.into_iter().next().map(|(_, group)| QueryLogging {
                cloud_watch_logs_log_group_arn: in_declared_form(&declared.cloud_watch_logs_log_group_arn, group),
            }),
            None => None,
        };
        let properties = Self {
            hosted_zone_config: comment.map(|comment| Config { comment: Some(comment) }),
            tags: read_tags(cx, &known.id).await?,
            name: declared_name(&last.name, &zone.name),
            query_logging_config: logging,
            vpcs: (!networks.is_empty()).then_some(networks),
        };
        let servers = found.delegation_set.map(|set| set.name_servers);
        Ok(Found::ready(properties, json!({"Id": known.id, "NameServers": servers.unwrap_or_default()})))
    }

    /// Deletes the zone, unless it contains records that Route 53 did not create itself: it is never emptied, because
    /// the records may have no other copy.
    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        if known.last.query_logging_config.is_some() {
            // A zone that stays keeps its logging.
            if let Some(error) = not_empty(cx, known).await? {
                return Err(error);
            }
            stop_logging(cx, &known.id).await?;
        }
        match cx.route53.delete_hosted_zone().id(&known.id).send().await.map_err(Error::from) {
            Ok(_) => Ok(Deletion::Gone),
            Err(error) if error.code() == "HostedZoneNotEmpty" => Err(not_empty(cx, known).await?.unwrap_or(error)),
            Err(error) => Err(error),
        }
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        let listed = cx.route53.list_hosted_zones_by_name().dns_name(&self.name).send().await?;
        let name = normal_name(&self.name);
        let zones = listed.hosted_zones.into_iter();
        let own = zones.filter(|zone| normal_name(&zone.name) == name && zone.caller_reference == cx.token);
        Ok(own.map(|zone| bare_id(&zone.id).to_owned()).collect())
    }
}

impl HostedZone {
    fn comment(&self) -> Option<String> {
        self.hosted_zone_config.as_ref()?.comment.clone()
    }
}

/// Connects the VPCs that are declared, then disconnects those that are no longer: a private zone always
/// has one. Others stay: other accounts connect their VPCs to a zone that is shared with them.
/// <https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/hosted-zone-private-associate-vpcs-different-accounts.html>
async fn connect(changes: &Changes<'_, HostedZone>, cx: &Context, id: &str) -> Result<()> {
    let live = cx.route53.get_hosted_zone().id(id).send().await?.vpcs.unwrap_or_default();
    let live: Vec<_> = live.iter().map(Network::of).collect();
    let wanted = changes.new.vpcs.as_deref().unwrap_or_default();
    let old = changes.old.and_then(|zone| zone.vpcs.as_deref()).unwrap_or_default();
    for network in wanted.iter().filter(|network| !live.contains(network)) {
        let call = cx.route53.associate_vpc_with_hosted_zone().hosted_zone_id(id);
        call.vpc(network.vpc()).send().await?;
    }
    for network in live.iter().filter(|network| old.contains(network) && !wanted.contains(network)) {
        let call = cx.route53.disassociate_vpc_from_hosted_zone().hosted_zone_id(id);
        call.vpc(network.vpc()).send().await?;
    }
    Ok(())
}

/// Creating takes no tags, so those of identity are set right after it.
async fn retag(changes: &Changes<'_, HostedZone>, cx: &Context, id: &str) -> Result<()> {
    let tag = |key: String, value: String| Tag::builder().key(key).value(value).build();
    let (set, removed) = match changes.old {
        None => (cx.tags(&changes.new.tags, tag), Vec::new()),
        Some(_) => {
            let tags = changes.tags();
            (tags.set.into_iter().map(|(key, value)| tag(key, value)).collect(), tags.removed)
        }
    };
    // A call takes ten of each.
    // <https://docs.aws.amazon.com/Route53/latest/APIReference/API_ChangeTagsForResource.html>
    let call = || cx.route53.change_tags_for_resource().resource_type(TagResourceType::Hostedzone).resource_id(id);
    for set in set.chunks(10) {
        call().set_add_tags(Some(set.to_vec())).send().await?;
    }
    for removed in removed.chunks(10) {
        call().set_remove_tag_keys(Some(removed.to_vec())).send().await?;
    }
    Ok(())
}

async fn read_tags(cx: &Context, id: &str) -> Result<Tags> {
    let call = cx.route53.list_tags_for_resource().resource_type(TagResourceType::Hostedzone).resource_id(id);
    let tags = call.send().await?.resource_tag_set.and_then(|set| set.tags).unwrap_or_default();
    Ok(Tags::read_optional(tags.iter().map(|tag| (tag.key(), tag.value()))))
}

/// The ids of the zone's query logging, and the log groups.
async fn logging(cx: &Context, id: &str) -> Result<Vec<(String, String)>> {
    let listed = cx.route53.list_query_logging_configs().hosted_zone_id(id).send().await?;
    let configs = listed.query_logging_configs.into_iter();
    Ok(configs.map(|config| (config.id, config.cloud_watch_logs_log_group_arn)).collect())
}

async fn stop_logging(cx: &Context, id: &str) -> Result<()> {
    for (config, _) in logging(cx, id).await? {
        cx.route53.delete_query_logging_config().id(config).send().await?;
    }
    Ok(())
}

/// The ARN of a log group is written with `:*` at its end or without.
fn in_declared_form(declared: &str, live: String) -> String {
    let bare = |arn: &str| arn.trim_end_matches(":*").to_owned();
    if bare(declared) == bare(&live) { declared.to_owned() } else { live }
}

/// Returns an error that names the records in the zone besides those of the zone itself; `None` if there are none.
async fn not_empty(cx: &Context, known: &Known<HostedZone>) -> Result<Option<Error>> {
    let listed = cx.route53.list_resource_record_sets().hosted_zone_id(&known.id).send().await?;
    let apex = normal_name(&known.last.name);
    let is_own = |record: &ResourceRecordSet| match record.r#type {
        RrType::Soa => true,
        RrType::Ns => normal_name(&record.name) == apex,
        _ => false,
    };
    let records: Vec<_> = listed.resource_record_sets.iter().filter(|record| !is_own(record)).collect();
    if records.is_empty() {
        return Ok(None);
    }
    let names = records.iter().take(NAMED).map(|record| format!("{} {}", record.r#type, normal_name(&record.name)));
    let more = if records.len() > NAMED || listed.is_truncated { " and more" } else { "" };
    let message = format!(
        "the hosted zone {apex} contains records that this program did not create: {}{more}; delete them first, or remove \
         the zone from the state",
        names.collect::<Vec<_>>().join(", ")
    );
    let forget = Hint::ForgetResource { path: cx.address.path.clone(), app: None };
    Ok(Some(Error::invalid(message).hinting(forget)))
}
