//! A reference to a load balancer of the program or to an existing one.

use groundplan_core::{Handle, Input, Provides, Scope};
use groundplan_resources::elasticloadbalancingv2::listener_rule::Action;
use groundplan_resources::elasticloadbalancingv2::{ListenerArn, ListenerRule, ListenerRuleArgs};

use super::route::{Route, Routes};
use crate::network::SecurityGroupRef;

/// A load balancer that services stand behind: an [`ApplicationLoadBalancer`](super::ApplicationLoadBalancer) of the
/// program, by its handle, or an existing one, by
/// [`ApplicationLoadBalancer::existing`](super::ApplicationLoadBalancer::existing).
#[derive(Clone)]
pub struct ApplicationLoadBalancerRef {
    listener: Input<ListenerArn>,
    security_group: SecurityGroupRef,
    full_name: Option<Input<String>>,
    routes: Routes,
}

impl ApplicationLoadBalancerRef {
    pub(super) fn new(
        listener: Input<ListenerArn>,
        security_group: SecurityGroupRef,
        full_name: Option<Input<String>>,
        routes: Routes,
    ) -> Self {
        Self { listener, security_group, full_name, routes }
    }

    /// States the full name of the existing load balancer, such as `app/shared/50dc6c495c0c9188`, which is the end of
    /// its ARN. Services need it to scale on the number of requests.
    #[must_use]
    pub fn full_name(mut self, name: impl Provides<String>) -> Self {
        self.full_name = Some(name.provide());
        self
    }

    /// Returns the ARN of the listener.
    pub fn listener_arn(&self) -> Input<ListenerArn> {
        self.listener.clone()
    }

    /// Returns the security group of the load balancer.
    pub fn security_group(&self) -> &SecurityGroupRef {
        &self.security_group
    }

    /// Returns the full name, if it is known.
    pub(crate) fn known_full_name(&self) -> Option<&Input<String>> {
        self.full_name.as_ref()
    }

    /// Adds a rule that applies `action` to the requests of `route`.
    #[track_caller]
    pub(crate) fn add_rule(&self, scope: &Scope, name: &str, route: &Route, action: Action) -> Handle<ListenerRule> {
        let priority = self.routes.place(scope, name, route);
        let rule = ListenerRuleArgs { actions: [action], conditions: route.conditions(), priority };
        scope.add(name, ListenerRule::new(rule).listener_arn(self.listener.clone()))
    }
}
