//! Target groups that ECS does not find behind a load balancer.

use super::parts::LoadBalancer;
use crate::elasticloadbalancingv2::{Listener, ListenerRule};
use crate::error::Error;
use crate::handler::{Context, Handler, Made};
use groundplan_engine::provider::ErrorClass;

/// The error that a target group has no load balancer. A listener or rule that was made or changed a moment ago may not
/// have reached ECS: then Elastic Load Balancing knows of the association, or this process has made one. In all other
/// cases nothing sends requests to the group, and waiting does not help.
/// <https://github.com/hashicorp/terraform-provider-aws/issues/3495>
pub(super) async fn unassociated(cx: &Context, balancers: &[LoadBalancer], error: Error) -> Error {
    let made = cx.memory.of::<Made>();
    let groups: Vec<_> = balancers.iter().filter_map(|balancer| balancer.target_group_arn.clone()).collect();
    let described = cx.elb.describe_target_groups().set_target_group_arns(Some(groups)).send().await;
    let Ok(described) = described else { return error.reclass(ErrorClass::Invalid, ErrorClass::Propagating) };
    let is_behind_one = |arns: &[String]| !arns.is_empty();
    let all = described.target_groups().iter().all(|group| is_behind_one(group.load_balancer_arns()));
    if all || made.any(Listener::TYPE) || made.any(ListenerRule::TYPE) {
        return error.reclass(ErrorClass::Invalid, ErrorClass::Propagating);
    }
    error.adding("declare a listener or a listener rule that sends requests to the target group, and let the service depend on it")
}
