//! Actions of listeners and rules.

use aws_sdk_elasticloadbalancingv2::types::{
    Action as Live, ActionTypeEnum, FixedResponseActionConfig, ForwardActionConfig, RedirectActionConfig,
    RedirectActionStatusCodeEnum, TargetGroupStickinessConfig, TargetGroupTuple,
};
use serde::{Deserialize, Serialize};

/// Forwarding, redirecting and answering.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Action {
    fixed_response_config: Option<FixedResponse>,
    forward_config: Option<Forward>,
    order: Option<i32>,
    redirect_config: Option<Redirect>,
    target_group_arn: Option<String>,
    #[serde(rename = "Type")]
    kind: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct FixedResponse {
    content_type: Option<String>,
    message_body: Option<String>,
    status_code: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Forward {
    target_group_stickiness_config: Option<Stickiness>,
    target_groups: Option<Vec<WeightedGroup>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Stickiness {
    duration_seconds: Option<i32>,
    enabled: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct WeightedGroup {
    target_group_arn: Option<String>,
    weight: Option<i32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Redirect {
    host: Option<String>,
    path: Option<String>,
    port: Option<String>,
    protocol: Option<String>,
    query: Option<String>,
    status_code: String,
}

impl Action {
    /// As requests take it.
    pub(super) fn to_sdk(&self) -> Live {
        let fixed = self.fixed_response_config.as_ref().map(|fixed| {
            FixedResponseActionConfig::builder()
                .set_content_type(fixed.content_type.clone())
                .set_message_body(fixed.message_body.clone())
                .status_code(&fixed.status_code)
                .build()
        });
        let redirect = self.redirect_config.as_ref().map(|redirect| {
            RedirectActionConfig::builder()
                .set_host(redirect.host.clone())
                .set_path(redirect.path.clone())
                .set_port(redirect.port.clone())
                .set_protocol(redirect.protocol.clone())
                .set_query(redirect.query.clone())
                .status_code(RedirectActionStatusCodeEnum::from(redirect.status_code.as_str()))
                .build()
        });
        Live::builder()
            .r#type(ActionTypeEnum::from(self.kind.as_str()))
            .set_order(self.order)
            .set_target_group_arn(self.target_group_arn.clone())
            .set_forward_config(self.forward_config.as_ref().map(Forward::to_sdk))
            .set_fixed_response_config(fixed)
            .set_redirect_config(redirect)
            .build()
    }

    /// Returns whether it forwards to the target group `arn`, perhaps among others.
    pub(super) fn sends_to(&self, arn: &str) -> bool {
        let weighted = self.forward_config.iter().flat_map(|forward| forward.target_groups.iter().flatten());
        let mut groups = weighted.map(|group| &group.target_group_arn).chain([&self.target_group_arn]);
        groups.any(|group| group.as_deref() == Some(arn))
    }

    /// Converts the action that AWS returned.
    pub(super) fn of(live: &Live) -> Self {
        Self {
            fixed_response_config: live.fixed_response_config().map(|fixed| FixedResponse {
                content_type: fixed.content_type.clone(),
                message_body: fixed.message_body.clone(),
                status_code: fixed.status_code.clone().unwrap_or_default(),
            }),
            forward_config: live.forward_config().map(Forward::of),
            order: live.order(),
            redirect_config: live.redirect_config().map(|redirect| Redirect {
                host: redirect.host.clone(),
                path: redirect.path.clone(),
                port: redirect.port.clone(),
                protocol: redirect.protocol.clone(),
                query: redirect.query.clone(),
                status_code: redirect.status_code().map(|code| code.as_str().to_owned()).unwrap_or_default(),
            }),
            target_group_arn: live.target_group_arn.clone(),
            kind: live.r#type().map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        }
    }
}

impl Forward {
    fn to_sdk(&self) -> ForwardActionConfig {
        let groups = self.target_groups.as_ref().map(|groups| {
            let group = |group: &WeightedGroup| {
                let tuple = TargetGroupTuple::builder().set_target_group_arn(group.target_group_arn.clone());
                tuple.set_weight(group.weight).build()
            };
            groups.iter().map(group).collect()
        });
        let stickiness = self.target_group_stickiness_config.as_ref().map(|stickiness| {
            TargetGroupStickinessConfig::builder()
                .set_enabled(stickiness.enabled)
                .set_duration_seconds(stickiness.duration_seconds)
                .build()
        });
        let forward = ForwardActionConfig::builder().set_target_groups(groups);
        forward.set_target_group_stickiness_config(stickiness).build()
    }

    fn of(live: &ForwardActionConfig) -> Self {
        let groups = live
            .target_groups()
            .iter()
            .map(|group| WeightedGroup { target_group_arn: group.target_group_arn.clone(), weight: group.weight });
        let stickiness = live.target_group_stickiness_config();
        Self {
            target_group_stickiness_config: stickiness
                .map(|it| Stickiness { duration_seconds: it.duration_seconds, enabled: it.enabled }),
            target_groups: Some(groups.collect()),
        }
    }
}
