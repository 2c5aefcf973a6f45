//! The order of the rules of a listener.

use std::collections::BTreeMap;

use aws_sdk_elasticloadbalancingv2::types::{Rule, RulePriorityPair};
use groundplan_engine::provider::ErrorClass;
use tokio::sync::Mutex;

use super::taken;
use crate::error::{Error, OrNone, Result};
use crate::handler::Context;
use crate::tags::{APP, PATH};

/// The code of the refusal of a priority that another rule of the listener has.
pub(super) const PRIORITY_IN_USE: &str = "PriorityInUse";

/// Lets changes of priorities through one after another. Each is made of what was read before it, so that
/// two at a time could undo each other. No other run changes a priority of this app's rules.
#[derive(Debug, Default)]
pub(crate) struct RuleOrder(Mutex<()>);

/// Gives the rule `id` the priority `wanted`. A rule of the same app that has it takes the place of this one in the
/// same call; its own update or deletion, in the same run, finds it there. The priority of another app's rule stays
/// taken.
///
/// Only priorities are used that some rule has or is to have. So no rule ever follows one that it has to precede, such
/// as one that matches every request.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_SetRulePriorities.html>
pub(super) async fn set_priority(cx: &Context, id: &str, wanted: i32) -> Result<()> {
    let order = cx.memory.of::<RuleOrder>();
    let _turn = order.0.lock().await;
    let error = match set(cx, &[(id.to_owned(), wanted)]).await {
        Err(error) if error.code() == PRIORITY_IN_USE => error,
        done => return done,
    };
    let rules = rules(cx, &listener_of(id)).await?;
    let holder = holder(&rules, wanted);
    let error = taken(cx, error, holder).await?;
    if error.class() != ErrorClass::Conflict {
        return Err(error);
    }
    if let Some(holder) = holder
        && !is_managed(cx, holder).await?
    {
        return Err(error.reclass(ErrorClass::Conflict, ErrorClass::AlreadyExists));
    }
    let order = rules.iter().filter_map(|rule| Some((rule.rule_arn()?.to_owned(), priority(rule)?)));
    match set(cx, &exchanged(&order.collect(), id, wanted)).await {
        // The rules were read before an earlier change was visible.
        Err(again) if again.code() == PRIORITY_IN_USE => Err(error),
        done => done,
    }
}

/// Returns whether a rule is a resource of this app: it has the tags of one. This run may not move another rule that
/// only has the app's tag.
async fn is_managed(cx: &Context, rule: &str) -> Result<bool> {
    let Some(described) = cx.elb.describe_tags().resource_arns(rule).send().await.or_none()? else { return Ok(false) };
    let mut tags = described.tag_descriptions().iter().flat_map(|it| it.tags());
    let of_app = tags.clone().any(|tag| tag.key() == Some(APP) && tag.value() == Some(&cx.address.app));
    Ok(of_app && tags.any(|tag| tag.key() == Some(PATH) && tag.value().is_some_and(|path| !path.is_empty())))
}

/// The priorities that bring the rule `id` to the one that it wants, and the rule that has that one to where
/// `id` is now.
fn exchanged(order: &BTreeMap<String, i32>, id: &str, wanted: i32) -> Vec<(String, i32)> {
    let mut changes = vec![(id.to_owned(), wanted)];
    let holder = order.iter().find(|(rule, at)| **at == wanted && *rule != id);
    if let (Some((holder, _)), Some(own)) = (holder, order.get(id)) {
        changes.push((holder.clone(), *own));
    }
    changes
}

async fn set(cx: &Context, priorities: &[(String, i32)]) -> Result<()> {
    let pairs = priorities.iter().map(|(rule, at)| RulePriorityPair::builder().rule_arn(rule).priority(*at).build());
    cx.elb.set_rule_priorities().set_rule_priorities(Some(pairs.collect())).send().await.map_err(Error::from)?;
    Ok(())
}

/// Returns all rules of a listener; empty if it does not exist.
pub(super) async fn rules(cx: &Context, listener: &str) -> Result<Vec<Rule>> {
    let mut rules = Vec::new();
    let mut marker = None;
    loop {
        let call = cx.elb.describe_rules().listener_arn(listener).set_marker(marker);
        let Some(page) = call.send().await.or_none()? else { return Ok(rules) };
        rules.extend(page.rules.unwrap_or_default());
        marker = page.next_marker.filter(|marker| !marker.is_empty());
        if marker.is_none() {
            return Ok(rules);
        }
    }
}

/// The default rule has the priority `default`, which is none.
fn priority(rule: &Rule) -> Option<i32> {
    rule.priority()?.parse().ok()
}

pub(super) fn holder(rules: &[Rule], wanted: i32) -> Option<&str> {
    rules.iter().find(|rule| priority(rule) == Some(wanted))?.rule_arn()
}

/// `…:listener/app/shop/1/2` of the rule `…:listener-rule/app/shop/1/2/3`.
pub(super) fn listener_of(rule: &str) -> String {
    let listener = rule.rsplit_once('/').map_or(rule, |(listener, _)| listener);
    listener.replacen(":listener-rule/", ":listener/", 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every order of `items`.
    fn orders<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
        if items.is_empty() {
            return vec![Vec::new()];
        }
        let rest = |first: usize| [&items[..first], &items[first + 1..]].concat();
        let with = |first: usize| {
            orders(&rest(first)).into_iter().map(move |rest| [vec![items[first].clone()], rest].concat())
        };
        (0..items.len()).flat_map(with).collect()
    }

    /// Makes the updates of all rules, one after another, each as `set_priority` does.
    fn run(before: &[(String, i32)], after: &[(String, i32)], steps: &[usize]) {
        let used: BTreeSet<i32> = before.iter().chain(after).map(|(_, at)| *at).collect();
        let mut order: BTreeMap<String, i32> = before.iter().cloned().collect();
        for step in steps {
            let (rule, wanted) = &after[*step];
            order.extend(exchanged(&order, rule, *wanted));
            let now: BTreeSet<i32> = order.values().copied().collect();
            assert_eq!(now.len(), order.len(), "two rules have one priority: {before:?} {after:?} {steps:?}");
            assert!(now.is_subset(&used), "a priority that no rule is to have: {before:?} {after:?} {steps:?}");
        }
        assert_eq!(order, after.iter().cloned().collect(), "{before:?} {steps:?}");
    }

    #[test]
    fn every_reordering_ends_as_wanted_whichever_rule_goes_first() {
        let named = |priorities: &[i32]| -> Vec<(String, i32)> {
            priorities.iter().enumerate().map(|(rule, at)| (format!("rule {rule}"), *at)).collect()
        };
        // The first four stand side by side, and the last two priorities are free before.
        for size in 1..=4 {
            let before: Vec<i32> = (1..=size).collect();
            let free: Vec<i32> = (1..=size + 1).collect();
            let steps: Vec<usize> = (0..before.len()).collect();
            for after in orders(&free) {
                for steps in orders(&steps) {
                    run(&named(&before), &named(&after[..before.len()]), &steps);
                }
            }
        }
    }
}
