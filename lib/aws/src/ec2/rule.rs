//! Code shared by inline and separate security group rules.

use super::{filter, normal_block};
use crate::error::{Error, OrNone, Result};
use crate::handler::Context;
use aws_sdk_ec2::types::{
    IpPermission, IpRange, Ipv6Range, PrefixListId, SecurityGroupRule, SecurityGroupRuleRequest,
    SecurityGroupRuleUpdate, UserIdGroupPair,
};

/// The code for a rule, named by its parts, that is not there. That a group is not there is something else:
/// a new one may not be visible yet, and has its rules.
pub(crate) const NO_RULE: &str = "InvalidPermission.NotFound";

/// The code for a rule, named by its identifier, that is not there.
pub(crate) const NO_RULE_OF_ID: &str = "InvalidSecurityGroupRuleId.NotFound";

/// The direction of traffic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Ingress,
    Egress,
}

/// One rule with one peer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rule {
    pub(crate) protocol: String,
    pub(crate) from_port: Option<i32>,
    pub(crate) to_port: Option<i32>,
    pub(crate) ipv4: Option<String>,
    pub(crate) ipv6: Option<String>,
    pub(crate) prefix_list: Option<String>,
    pub(crate) group: Option<String>,
    pub(crate) group_owner: Option<String>,
    pub(crate) description: Option<String>,
}

/// A rule as EC2 keeps it.
#[derive(Clone, Debug)]
pub(crate) struct LiveRule {
    pub(crate) id: String,
    pub(crate) rule: Rule,
}

/// The parts that distinguish a rule in its group; EC2 refuses a second one with the same parts.
type Parts = (&'static str, String, Option<(i32, i32)>, Option<String>);

impl Rule {
    /// The rule that EC2 gives every new group: out to everywhere.
    pub(crate) fn everything_out() -> Self {
        Self { protocol: "-1".to_owned(), ipv4: Some("0.0.0.0/0".to_owned()), ..Self::default() }
    }

    /// Returns whether EC2 adds this rule to groups by default: all traffic out, and in a VPC with an IPv6 block all
    /// IPv6 traffic out. <https://docs.aws.amazon.com/vpc/latest/userguide/default-security-group.html>
    pub(crate) fn is_default(&self) -> bool {
        let everywhere = [
            Self::everything_out(),
            Self { protocol: "-1".to_owned(), ipv6: Some("::/0".to_owned()), ..Self::default() },
        ];
        everywhere.iter().any(|rule| rule.parts() == self.parts())
    }

    /// The parts in EC2's normal form: `6` is `tcp`, all protocols have no ports, `10.0.0.9/8` is
    /// `10.0.0.0/8`.
    pub(crate) fn parts(&self) -> Parts {
        let protocol = match self.protocol.to_ascii_lowercase().as_str() {
            "6" => "tcp".to_owned(),
            "17" => "udp".to_owned(),
            "1" => "icmp".to_owned(),
            "58" => "icmpv6".to_owned(),
            "all" => "-1".to_owned(),
            other => other.to_owned(),
        };
        let ports = if protocol == "-1" { None } else { self.from_port.zip(self.to_port).filter(|it| *it != (-1, -1)) };
        let (kind, peer) = match self {
            Self { ipv4: Some(block4), .. } => ("ipv4", Some(normal_block(block4))),
            Self { ipv6: Some(block6), .. } => ("ipv6", Some(normal_block(block6))),
            Self { prefix_list: Some(list), .. } => ("prefix-list", Some(list.clone())),
            Self { group, .. } => ("group", group.clone()),
        };
        (kind, protocol, ports, peer)
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.parts() == other.parts() && self.description == other.description
    }

    fn permission(&self) -> IpPermission {
        let about = || self.description.clone();
        let range = |block| IpRange::builder().cidr_ip(block).set_description(about()).build();
        let range6 = |block| Ipv6Range::builder().cidr_ipv6(block).set_description(about()).build();
        let list = |id| PrefixListId::builder().prefix_list_id(id).set_description(about()).build();
        let group = |id| {
            let owner = self.group_owner.clone();
            UserIdGroupPair::builder().group_id(id).set_user_id(owner).set_description(about()).build()
        };
        IpPermission::builder()
            .ip_protocol(&self.protocol)
            .set_from_port(self.from_port)
            .set_to_port(self.to_port)
            .set_ip_ranges(self.ipv4.as_ref().map(|block| vec![range(block)]))
            .set_ipv6_ranges(self.ipv6.as_ref().map(|block| vec![range6(block)]))
            .set_prefix_list_ids(self.prefix_list.as_ref().map(|id| vec![list(id)]))
            .set_user_id_group_pairs(self.group.as_ref().map(|id| vec![group(id)]))
            .build()
    }
}

impl LiveRule {
    fn new(live: SecurityGroupRule) -> Option<Self> {
        let peer = live.referenced_group_info;
        let (group, group_owner) = peer.map_or((None, None), |peer| (peer.group_id, peer.user_id));
        let rule = Rule {
            protocol: live.ip_protocol?,
            from_port: live.from_port,
            to_port: live.to_port,
            ipv4: live.cidr_ipv4,
            ipv6: live.cidr_ipv6,
            prefix_list: live.prefix_list_id,
            group,
            group_owner,
            description: live.description,
        };
        Some(Self { id: live.security_group_rule_id?, rule })
    }
}

/// The rules of a group.
pub(crate) async fn list(cx: &Context, group: &str, direction: Direction) -> Result<Vec<LiveRule>> {
    let filters = filter(("group-id", group));
    let mut pages = cx.ec2.describe_security_group_rules().filters(filters).into_paginator().items().send();
    let mut rules = Vec::new();
    while let Some(rule) = pages.next().await.transpose()? {
        if rule.is_egress.unwrap_or_default() == (direction == Direction::Egress) {
            rules.extend(LiveRule::new(rule));
        }
    }
    Ok(rules)
}

/// The rule `id` of a group. EC2 looks rules up by identifier alone as well, but not while one of
/// them is missing.
pub(crate) async fn read(cx: &Context, id: &str, group: &str, direction: Direction) -> Result<(String, Rule)> {
    if !group.is_empty() {
        let rules = list(cx, group, direction).await?;
        let found = rules.into_iter().find(|live| live.id == id).ok_or_else(|| Error::not_found(id))?;
        return Ok((group.to_owned(), found.rule));
    }
    let described = cx.ec2.describe_security_group_rules().security_group_rule_ids(id).send().await?;
    let rule = described.security_group_rules.unwrap_or_default().into_iter().next();
    let group = rule.as_ref().and_then(|rule| rule.group_id.clone()).unwrap_or_default();
    let live = rule.and_then(LiveRule::new).ok_or_else(|| Error::not_found(id))?;
    Ok((group, live.rule))
}

/// The identifiers of the rules of a group with the parts of this one.
pub(crate) async fn find(cx: &Context, group: &str, direction: Direction, rule: &Rule) -> Result<Vec<String>> {
    let rules = list(cx, group, direction).await?;
    Ok(rules.into_iter().filter(|live| live.rule.parts() == rule.parts()).map(|live| live.id).collect())
}

/// Adds a rule; its identifier.
pub(crate) async fn add(cx: &Context, group: &str, direction: Direction, rule: &Rule) -> Result<Option<String>> {
    let permission = rule.permission();
    let rules = match direction {
        Direction::Ingress => {
            let call = cx.ec2.authorize_security_group_ingress().group_id(group).ip_permissions(permission);
            call.send().await?.security_group_rules
        }
        Direction::Egress => {
            let call = cx.ec2.authorize_security_group_egress().group_id(group).ip_permissions(permission);
            call.send().await?.security_group_rules
        }
    };
    Ok(rules.unwrap_or_default().into_iter().find_map(|rule| rule.security_group_rule_id))
}

/// Removes the rule `id`.
pub(crate) async fn remove(cx: &Context, group: &str, direction: Direction, id: &str) -> Result<()> {
    match direction {
        Direction::Ingress => {
            cx.ec2.revoke_security_group_ingress().group_id(group).security_group_rule_ids(id).send().await?;
        }
        Direction::Egress => {
            cx.ec2.revoke_security_group_egress().group_id(group).security_group_rule_ids(id).send().await?;
        }
    }
    Ok(())
}

/// Takes from a new group what EC2 lets out of each, save what is `wanted`. By its parts and not by
/// its identifier: a rule that is not listed yet would stay.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RevokeSecurityGroupEgress.html>
pub(crate) async fn revoke_defaults(cx: &Context, group: &str, wanted: &[Rule]) -> Result<()> {
    let ipv4 = Rule::everything_out();
    let ipv6 = Rule { ipv4: None, ipv6: Some("::/0".to_owned()), ..Rule::everything_out() };
    for default in [ipv4, ipv6].into_iter().filter(|rule| !wanted.iter().any(|other| other.parts() == rule.parts())) {
        let call = cx.ec2.revoke_security_group_egress().group_id(group).ip_permissions(default.permission());
        match call.send().await.or_none_of(NO_RULE) {
            // Without an IPv6 block, a VPC has no such rules.
            Err(error) if error.code() == "InvalidParameterValue" && default.ipv6.is_some() => {}
            revoked => drop(revoked?),
        }
    }
    Ok(())
}

/// Makes the rule `id` of a group into `rule`.
pub(crate) async fn change(cx: &Context, group: &str, id: &str, rule: &Rule) -> Result<()> {
    let new = SecurityGroupRuleRequest::builder()
        .ip_protocol(&rule.protocol)
        .set_from_port(rule.from_port)
        .set_to_port(rule.to_port)
        .set_cidr_ipv4(rule.ipv4.as_deref().map(normal_block))
        .set_cidr_ipv6(rule.ipv6.as_deref().map(normal_block))
        .set_prefix_list_id(rule.prefix_list.clone())
        .set_referenced_group_id(rule.group.clone())
        .set_description(rule.description.clone());
    let update = SecurityGroupRuleUpdate::builder().security_group_rule_id(id).security_group_rule(new.build());
    cx.ec2.modify_security_group_rules().group_id(group).security_group_rules(update.build()).send().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_ec2_writes_differently_are_the_same() {
        let declared = Rule {
            protocol: "6".into(),
            from_port: Some(1),
            to_port: Some(2),
            ipv4: Some("10.0.0.9/8".into()),
            ..Rule::default()
        };
        let live = Rule { protocol: "tcp".into(), ipv4: Some("10.0.0.0/8".into()), ..declared.clone() };
        assert_eq!(declared.parts(), live.parts());
        let all = Rule { from_port: Some(-1), to_port: Some(-1), ..Rule::everything_out() };
        assert_eq!(all.parts(), Rule::everything_out().parts());
        assert_ne!(live.parts(), Rule { to_port: Some(3), ..live.clone() }.parts());
    }
}
