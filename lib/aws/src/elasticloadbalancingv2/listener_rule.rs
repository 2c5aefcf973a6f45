//! `AWS::ElasticLoadBalancingV2::ListenerRule`

use aws_sdk_elasticloadbalancingv2::types::{
    HostHeaderRewriteConfig, RewriteConfig, RuleTransform, TransformTypeEnum, UrlRewriteConfig,
};
use groundplan_engine::provider::{Accepted, Deletion};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::action::Action;
use super::condition::RuleCondition;
use super::order::{PRIORITY_IN_USE, holder, listener_of, rules, set_priority};
use super::{read_tags, retag, tag, taken, with_token};
use crate::error::{Error, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, accepted, in_declared_shape, required, single};
use crate::tags::Tags;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ListenerRule {
    actions: Vec<Action>,
    conditions: Vec<RuleCondition>,
    listener_arn: String,
    priority: i32,
    #[serde(default)]
    tags: Tags,
    transforms: Option<Vec<Transform>>,
}

/// A change of the request on its way to the target.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Transform {
    host_header_rewrite_config: Option<Rewrites>,
    #[serde(rename = "Type")]
    kind: String,
    url_rewrite_config: Option<Rewrites>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Rewrites {
    rewrites: Vec<Rewrite>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Rewrite {
    regex: String,
    replace: String,
}

impl Rewrites {
    fn to_sdk(&self) -> Vec<RewriteConfig> {
        let rewrite = |it: &Rewrite| RewriteConfig::builder().regex(&it.regex).replace(&it.replace).build();
        self.rewrites.iter().map(rewrite).collect()
    }

    fn of(live: &[RewriteConfig]) -> Self {
        let rewrite = |it: &RewriteConfig| Rewrite {
            regex: it.regex.clone().unwrap_or_default(),
            replace: it.replace.clone().unwrap_or_default(),
        };
        Self { rewrites: live.iter().map(rewrite).collect() }
    }
}

impl Transform {
    fn to_sdk(&self) -> RuleTransform {
        let host = self.host_header_rewrite_config.as_ref();
        let url = self.url_rewrite_config.as_ref();
        RuleTransform::builder()
            .r#type(TransformTypeEnum::from(self.kind.as_str()))
            .set_host_header_rewrite_config(
                host.map(|it| HostHeaderRewriteConfig::builder().set_rewrites(Some(it.to_sdk())).build()),
            )
            .set_url_rewrite_config(url.map(|it| UrlRewriteConfig::builder().set_rewrites(Some(it.to_sdk())).build()))
            .build()
    }

    fn of(live: &RuleTransform) -> Self {
        Self {
            host_header_rewrite_config: live.host_header_rewrite_config().map(|it| Rewrites::of(it.rewrites())),
            kind: live.r#type().map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
            url_rewrite_config: live.url_rewrite_config().map(|it| Rewrites::of(it.rewrites())),
        }
    }
}

impl Handler for ListenerRule {
    const TYPE: &'static str = "AWS::ElasticLoadBalancingV2::ListenerRule";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let created = cx
            .elb
            .create_rule()
            .listener_arn(&self.listener_arn)
            .priority(self.priority)
            .set_conditions(Some(self.conditions.iter().map(RuleCondition::to_sdk).collect()))
            .set_actions(Some(self.actions.iter().map(Action::to_sdk).collect()))
            .set_transforms(self.transforms())
            .set_tags(Some(cx.tags(&self.tags, tag)))
            .send()
            .await;
        let created = match created.map_err(Error::from) {
            Err(error) if error.code() == PRIORITY_IN_USE => {
                let rules = rules(cx, &self.listener_arn).await?;
                return Err(taken(cx, error, holder(&rules, self.priority)).await?);
            }
            created => created?,
        };
        let arn = required(single(created.rules, "the rule")?.rule_arn, "RuleArn")?;
        Ok(accepted(&arn, json!({"RuleArn": arn, "IsDefault": false})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        let new = changes.new;
        let transforms = changes.after_create(|rule| &rule.transforms);
        if changes.after_create(|rule| &rule.conditions).is_some()
            || changes.after_create(|rule| &rule.actions).is_some()
            || transforms.is_some()
        {
            let call = cx.elb.modify_rule().rule_arn(id);
            call.set_conditions(Some(new.conditions.iter().map(RuleCondition::to_sdk).collect()))
                .set_actions(Some(new.actions.iter().map(Action::to_sdk).collect()))
                .set_transforms(new.transforms())
                .set_reset_transforms(transforms.filter(|transforms| transforms.is_none()).map(|_| true))
                .send()
                .await?;
        }
        if changes.after_create(|rule| &rule.priority).is_some() {
            set_priority(cx, id, new.priority).await?;
        }
        retag(changes, cx, id).await
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let described = cx.elb.describe_rules().rule_arns(&known.id).send().await?;
        let rule = single(described.rules, &known.id)?;
        let last = &known.last;
        let actions = rule.actions.unwrap_or_default();
        let conditions = rule.conditions.unwrap_or_default().into_iter().map(RuleCondition::of).collect();
        let transforms: Vec<_> = rule.transforms.unwrap_or_default().iter().map(Transform::of).collect();
        let properties = Self {
            actions: in_declared_shape(&last.actions, actions.iter().map(Action::of).collect()),
            conditions: in_declared_shape(&last.conditions, conditions),
            listener_arn: listener_of(&known.id),
            priority: rule.priority.and_then(|priority| priority.parse().ok()).unwrap_or_default(),
            tags: read_tags(cx, &known.id).await?,
            transforms: (!transforms.is_empty()).then_some(transforms),
        };
        let outputs = json!({"RuleArn": known.id, "IsDefault": rule.is_default.unwrap_or_default()});
        Ok(Found::ready(properties, outputs))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        cx.elb.delete_rule().rule_arn(&known.id).send().await?;
        Ok(Deletion::Gone)
    }

    fn tags(&self) -> Option<&Tags> {
        Some(&self.tags)
    }

    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        let rules = rules(cx, &self.listener_arn).await?;
        with_token(cx, rules.into_iter().filter_map(|rule| rule.rule_arn).collect()).await
    }
}

impl ListenerRule {
    fn transforms(&self) -> Option<Vec<RuleTransform>> {
        self.transforms.as_ref().map(|transforms| transforms.iter().map(Transform::to_sdk).collect())
    }
}
