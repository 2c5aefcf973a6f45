//! `AWS::EC2::SecurityGroupEgress`

use groundplan_engine::provider::{Accepted, Deletion};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::rule::{self, Direction, Rule};
use crate::error::Result;
use crate::handler::{Changes, Context, Found, Handler, Known, accepted, required};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct SecurityGroupEgress {
    cidr_ip: Option<String>,
    cidr_ipv6: Option<String>,
    description: Option<String>,
    from_port: Option<i32>,
    group_id: String,
    ip_protocol: String,
    destination_prefix_list_id: Option<String>,
    destination_security_group_id: Option<String>,
    to_port: Option<i32>,
}

impl SecurityGroupEgress {
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

    fn of(group_id: String, rule: Rule) -> Self {
        Self {
            cidr_ip: rule.ipv4,
            cidr_ipv6: rule.ipv6,
            description: rule.description,
            from_port: rule.from_port,
            group_id,
            ip_protocol: rule.protocol,
            destination_prefix_list_id: rule.prefix_list,
            destination_security_group_id: rule.group,
            to_port: rule.to_port,
        }
    }
}

impl Handler for SecurityGroupEgress {
    const TYPE: &'static str = "AWS::EC2::SecurityGroupEgress";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let id = rule::add(cx, &self.group_id, Direction::Egress, &self.rule()).await?;
        let id = required(id, "securityGroupRuleId")?;
        Ok(accepted(&id, json!({"Id": id})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        if changes.after_create(|rule| &rule.description).is_some() {
            rule::change(cx, &changes.new.group_id, id, &changes.new.rule()).await?;
        }
        Ok(())
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let (group, live) = rule::read(cx, &known.id, &known.last.group_id, Direction::Egress).await?;
        let properties = if live.parts() == known.last.rule().parts() {
            Self { description: live.description, ..known.last.clone() }
        } else {
            Self::of(group, live)
        };
        Ok(Found::ready(properties, json!({"Id": known.id})))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        let group = match known.last.group_id.as_str() {
            "" => rule::read(cx, &known.id, "", Direction::Egress).await?.0,
            group => group.to_owned(),
        };
        rule::remove(cx, &group, Direction::Egress, &known.id).await?;
        Ok(Deletion::Gone)
    }

    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        rule::find(cx, &self.group_id, Direction::Egress, &self.rule()).await
    }
}
