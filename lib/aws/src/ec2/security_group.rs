//! `AWS::EC2::SecurityGroup`

use aws_sdk_ec2::types::ResourceType;
use futures::future::try_join_all;
use groundplan_engine::provider::{Accepted, Deletion, ErrorClass};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::rule::{self, Direction, LiveRule, NO_RULE_OF_ID, Rule};
use super::{find_by_token, holders, read_tags, retag, tagged};
use crate::error::{OrNone, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, accepted, required, single};
use crate::name::NameRules;
use crate::tags::Tags;

/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html>
const NAMES: NameRules = NameRules::letters(255, "_").without("sg-");

/// Rules are better resources of their own, so that two groups may refer to each other. An update removes
/// what an earlier declaration had and no other rule; others show as drift.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct SecurityGroup {
    group_description: String,
    group_name: Option<String>,
    security_group_egress: Option<Vec<Egress>>,
    security_group_ingress: Option<Vec<Ingress>>,
    #[serde(default)]
    tags: Tags,
    vpc_id: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Ingress {
    cidr_ip: Option<String>,
    cidr_ipv6: Option<String>,
    description: Option<String>,
    from_port: Option<i32>,
    ip_protocol: String,
    source_prefix_list_id: Option<String>,
    source_security_group_id: Option<String>,
    source_security_group_owner_id: Option<String>,
    to_port: Option<i32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Egress {
    cidr_ip: Option<String>,
    cidr_ipv6: Option<String>,
    description: Option<String>,
    destination_prefix_list_id: Option<String>,
    destination_security_group_id: Option<String>,
    from_port: Option<i32>,
    ip_protocol: String,
    to_port: Option<i32>,
}

/// An inline rule, whichever way.
trait Inline: Clone {
    const DIRECTION: Direction;
    fn rule(&self) -> Rule;
    fn of(rule: Rule) -> Self;
}

impl Inline for Ingress {
    const DIRECTION: Direction = Direction::Ingress;

    fn rule(&self) -> Rule {
        Rule {
            protocol: self.ip_protocol.clone(),
            from_port: self.from_port,
            to_port: self.to_port,
            ipv4: self.cidr_ip.clone(),
            ipv6: self.cidr_ipv6.clone(),
            prefix_list: self.source_prefix_list_id.clone(),
            group: self.source_security_group_id.clone(),
            group_owner: self.source_security_group_owner_id.clone(),
            description: self.description.clone(),
        }
    }

    fn of(rule: Rule) -> Self {
        Self {
            cidr_ip: rule.ipv4,
            cidr_ipv6: rule.ipv6,
            description: rule.description,
            from_port: rule.from_port,
            ip_protocol: rule.protocol,
            source_prefix_list_id: rule.prefix_list,
            source_security_group_id: rule.group,
            source_security_group_owner_id: rule.group_owner,
            to_port: rule.to_port,
        }
    }
}

impl Inline for Egress {
    const DIRECTION: Direction = Direction::Egress;

    fn rule(&self) -> Rule {
        Rule {
            protocol: self.ip_protocol.clone(),
            from_port: self.from_port,
            to_port: self.to_port,
            ipv4: self.cidr_ip.clone(),
            ipv6: self.cidr_ipv6.clone(),
            prefix_list: self.destination_prefix_list_id.clone(),
            group: self.destination_security_group_id.clone(),
            group_owner: None,
            description: self.description.clone(),
        }
    }

    fn of(rule: Rule) -> Self {
        Self {
            cidr_ip: rule.ipv4,
            cidr_ipv6: rule.ipv6,
            description: rule.description,
            destination_prefix_list_id: rule.prefix_list,
            destination_security_group_id: rule.group,
            from_port: rule.from_port,
            ip_protocol: rule.protocol,
            to_port: rule.to_port,
        }
    }
}

impl Handler for SecurityGroup {
    const TYPE: &'static str = "AWS::EC2::SecurityGroup";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let name = self.group_name.clone().unwrap_or_else(|| cx.name(NAMES));
        let created = cx
            .ec2
            .create_security_group()
            .group_name(&name)
            .description(&self.group_description)
            .set_vpc_id(self.vpc_id.clone())
            .tag_specifications(tagged(cx, ResourceType::SecurityGroup, &self.tags))
            .send()
            .await?;
        let id = required(created.group_id, "groupId")?;
        Ok(accepted(&id, json!({"GroupId": id, "Id": id, "VpcId": self.vpc_id})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        if let Some(rules) = changes.of(|group| &group.security_group_ingress) {
            let old = changes.old.and_then(|group| group.security_group_ingress.as_deref());
            replace_rules::<Ingress>(cx, id, old.unwrap_or_default(), rules.as_deref().unwrap_or_default()).await?;
        }
        if let Some(rules) = changes.of(|group| &group.security_group_egress) {
            // Without a declaration a group has the rule that EC2 gives it.
            let default = || vec![Egress::of(Rule::everything_out())];
            let rules = rules.clone().unwrap_or_else(default);
            if changes.old.is_none() {
                rule::revoke_defaults(cx, id, &rules.iter().map(Inline::rule).collect::<Vec<_>>()).await?;
            }
            let old = changes.old.map(|group| group.security_group_egress.clone().unwrap_or_else(default));
            replace_rules(cx, id, &old.unwrap_or_default(), &rules).await?;
        }
        retag(changes, cx, id).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let described = cx.ec2.describe_security_groups().group_ids(&known.id).send().await?;
        let group = single(described.security_groups, &known.id)?;
        // A group that was just made has the rule that EC2 gives it, and nobody has said yet that it is wanted.
        let is_known = !known.last.group_description.is_empty();
        let egress = &known.last.security_group_egress;
        let properties = Self {
            group_description: group.description.unwrap_or_default(),
            group_name: group.group_name,
            security_group_egress: declared_rules(cx, &known.id, egress, is_known).await?,
            security_group_ingress: declared_rules(cx, &known.id, &known.last.security_group_ingress, true).await?,
            tags: read_tags(group.tags),
            vpc_id: group.vpc_id.clone(),
        };
        let outputs = json!({"GroupId": known.id, "Id": known.id, "VpcId": group.vpc_id});
        Ok(Found::ready(properties, outputs))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        cx.ec2.delete_security_group().group_id(&known.id).send().await?;
        Ok(Deletion::Gone)
    }

    async fn holders(cx: &Context, known: &Known<Self>) -> Result<Vec<String>> {
        let mut found = holders::interfaces(cx, "group-id", &known.id).await?;
        found.extend(holders::referring_groups(cx, &known.id).await?);
        Ok(found)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        find_by_token(cx).await
    }
}

/// The code of the refusal of a rule that is one too many.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html>
const LIMIT: &str = "RulesPerSecurityGroupLimitExceeded";

/// Removes those of the `old` rules that are not `wanted`; what others have added stays. The new rules come
/// first, so that traffic that both allow is never cut; only at the limit it is the other way round.
async fn replace_rules<I: Inline>(cx: &Context, group: &str, old: &[I], wanted: &[I]) -> Result<()> {
    let live = rule::list(cx, group, I::DIRECTION).await?;
    let old: Vec<_> = old.iter().map(Inline::rule).collect();
    let wanted: Vec<_> = wanted.iter().map(Inline::rule).collect();
    let add = async |rule: &Rule| match rule::add(cx, group, I::DIRECTION, rule).await {
        // A rule that was just made may be listed late.
        Err(error) if error.class() == ErrorClass::AlreadyExists => Ok(()),
        added => added.map(drop),
    };
    let mut no_room = Vec::new();
    for rule in &wanted {
        match live.iter().find(|live| live.rule.parts() == rule.parts()) {
            None => match add(rule).await {
                Err(error) if error.code() == LIMIT => no_room.push(rule),
                added => added?,
            },
            Some(live) if !live.rule.is_same(rule) => {
                rule::change(cx, group, &live.id, rule).await?;
            }
            Some(_) => {}
        }
    }
    let is_in = |rules: &[Rule], live: &LiveRule| rules.iter().any(|rule| rule.parts() == live.rule.parts());
    let is_over = |live: &&LiveRule| is_in(&old, live) && !is_in(&wanted, live);
    let remove = async |live: &LiveRule| {
        let removed = rule::remove(cx, group, I::DIRECTION, &live.id).await;
        removed.or_none_of(NO_RULE_OF_ID).map(drop)
    };
    try_join_all(live.iter().filter(is_over).map(remove)).await?;
    for rule in no_room {
        add(rule).await?;
    }
    Ok(())
}

/// Returns the live rules, in the spelling of the declaration. If it declares none, they are separate resources, or
/// were added outside of the program; the default rule of every group is neither, if the declaration `is_known`.
async fn declared_rules<I: Inline>(
    cx: &Context,
    group: &str,
    declared: &Option<Vec<I>>,
    is_known: bool,
) -> Result<Option<Vec<I>>> {
    let mut live = rule::list(cx, group, I::DIRECTION).await?;
    if is_known && declared.is_none() && I::DIRECTION == Direction::Egress {
        live.retain(|live| !live.rule.is_default());
    }
    let mut rules = Vec::new();
    for item in declared.iter().flatten() {
        if let Some(position) = live.iter().position(|live| live.rule.is_same(&item.rule())) {
            live.swap_remove(position);
            rules.push(item.clone());
        }
    }
    live.sort_by(|one, other| one.id.cmp(&other.id));
    rules.extend(live.into_iter().map(|live| I::of(live.rule)));
    Ok((declared.is_some() || !rules.is_empty()).then_some(rules))
}
