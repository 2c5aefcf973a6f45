//! Attributes: settings by name, of which AWS fills in all that a program does not mention.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// An attribute. Both parts are texts, also if the value is a number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Attribute {
    pub(super) key: String,
    pub(super) value: String,
}

/// The defaults of the attributes of a kind of resource.
pub(super) type Defaults = Vec<(&'static str, &'static str)>;

/// Attributes without a default, or that AWS takes only beside another one, which have no effect unless that one has
/// the value that is given here: what is left of them is no harm.
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html>,
/// <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetGroupAttribute.html>
const NEEDS: [(&str, &str, &str); 10] = [
    ("access_logs.s3.bucket", "access_logs.s3.enabled", "true"),
    ("access_logs.s3.prefix", "access_logs.s3.enabled", "true"),
    ("connection_logs.s3.bucket", "connection_logs.s3.enabled", "true"),
    ("connection_logs.s3.prefix", "connection_logs.s3.enabled", "true"),
    ("health_check_logs.s3.bucket", "health_check_logs.s3.enabled", "true"),
    ("health_check_logs.s3.prefix", "health_check_logs.s3.enabled", "true"),
    ("load_balancing.algorithm.anomaly_mitigation", "load_balancing.algorithm.type", "weighted_random"),
    ("stickiness.app_cookie.cookie_name", "stickiness.type", "app_cookie"),
    ("stickiness.type", "stickiness.enabled", "true"),
    (
        "target_health_state.unhealthy.draining_interval_seconds",
        "target_health_state.unhealthy.connection_termination.enabled",
        "false",
    ),
];

/// Returns the attributes to set. One that is no longer declared returns to its default.
///
/// # Errors
/// An attribute is no longer declared, has an effect and no known default, so that it would stay in force.
pub(super) fn changed(
    new: &Option<Vec<Attribute>>,
    old: Option<&Option<Vec<Attribute>>>,
    defaults: &[(&str, &str)],
) -> Result<Vec<Attribute>> {
    let (new, old) = (new.as_deref().unwrap_or_default(), old.and_then(Option::as_deref).unwrap_or_default());
    let mut changed: Vec<_> = new.iter().filter(|attribute| !old.contains(attribute)).cloned().collect();
    for gone in old.iter().filter(|attribute| new.iter().all(|other| other.key != attribute.key)) {
        let needs = NEEDS.iter().find(|(key, ..)| *key == gone.key);
        if needs.is_some_and(|(_, key, value)| !new.iter().any(|it| it.key == *key && it.value == *value)) {
            continue;
        }
        let Some((key, value)) = defaults.iter().find(|(key, _)| *key == gone.key) else {
            return Err(Error::invalid(format!(
                "the attribute {} is not declared any more and would stay `{}`, since no default of it is known: declare \
                 it with the value that it is to have",
                gone.key, gone.value
            )));
        };
        if gone.value != *value {
            changed.push(Attribute { key: (*key).to_owned(), value: (*value).to_owned() });
        }
    }
    Ok(changed)
}

/// The live values of the attributes that are declared; where none is, those that differ from
/// `defaults`, so that an import shows them.
pub(super) fn as_declared(
    declared: &Option<Vec<Attribute>>,
    live: impl IntoIterator<Item = (Option<String>, Option<String>)>,
    defaults: &[(&str, &str)],
) -> Option<Vec<Attribute>> {
    let live = live.into_iter().filter_map(|(key, value)| Some(Attribute { key: key?, value: value? }));
    let mut shown: Vec<_> = match declared {
        Some(declared) => live.filter(|attribute| declared.iter().any(|other| other.key == attribute.key)).collect(),
        None => live
            .filter(|attribute| defaults.iter().any(|(key, value)| attribute.key == *key && attribute.value != *value))
            .collect(),
    };
    let place = |attribute: &Attribute| declared.iter().flatten().position(|other| other.key == attribute.key);
    shown.sort_by_key(place);
    (declared.is_some() || !shown.is_empty()).then_some(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULTS: [(&str, &str); 2] = [("idle", "60"), ("http2", "true")];

    fn attributes(pairs: &[(&str, &str)]) -> Option<Vec<Attribute>> {
        Some(pairs.iter().map(|(key, value)| Attribute { key: (*key).into(), value: (*value).into() }).collect())
    }

    #[test]
    fn only_what_differs_is_set_and_what_is_taken_away_goes_back_to_its_default() {
        let old = attributes(&[("idle", "30"), ("http2", "true"), ("waf", "true")]);
        let new = attributes(&[("waf", "true"), ("drop", "true")]);
        let set = changed(&new, Some(&old), &DEFAULTS).unwrap();
        assert_eq!(Some(set), attributes(&[("drop", "true"), ("idle", "60")]));
        assert_eq!(changed(&new, Some(&new), &DEFAULTS).unwrap(), []);
        assert_eq!(Some(changed(&new, None, &DEFAULTS).unwrap()), new);
    }

    #[test]
    fn what_is_taken_away_and_would_stay_in_force_is_refused() {
        let logs = |on: &str| ("access_logs.s3.enabled".to_owned(), on.to_owned());
        let old = attributes(&[("access_logs.s3.enabled", "true"), ("access_logs.s3.bucket", "logs"), ("ips", "3")]);
        let rest = |on: &str| {
            let (key, value) = logs(on);
            Some(vec![Attribute { key, value }, Attribute { key: "ips".into(), value: "3".into() }])
        };
        let error = changed(&None, Some(&attributes(&[("ips", "3")])), &DEFAULTS).unwrap_err();
        assert!(error.message().contains("attribute ips") && error.message().contains("`3`"), "{error:?}");
        assert_eq!(changed(&rest("false"), Some(&old), &DEFAULTS).unwrap().len(), 1, "a bucket for no logs is no harm");
        assert!(changed(&rest("true"), Some(&old), &DEFAULTS).unwrap_err().message().contains("s3.bucket"));
    }

    #[test]
    fn what_aws_fills_in_is_shown_only_where_nothing_is_declared() {
        let live = [("http2", "false"), ("idle", "60"), ("other", "x")];
        let live = || live.iter().map(|(key, value)| (Some((*key).to_owned()), Some((*value).to_owned())));
        assert_eq!(as_declared(&attributes(&[("idle", "30")]), live(), &DEFAULTS), attributes(&[("idle", "60")]));
        assert_eq!(as_declared(&None, live(), &DEFAULTS), attributes(&[("http2", "false")]));
        assert_eq!(as_declared(&None, [], &DEFAULTS), None);
    }
}
