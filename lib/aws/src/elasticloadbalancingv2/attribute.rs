//! Attributes: settings by name, of which AWS fills in all that a program does not mention.

use serde::{Deserialize, Serialize};

/// Both parts are texts, whatever the attribute is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct Attribute {
    pub(super) key: String,
    pub(super) value: String,
}

/// The attributes to set. One that is not declared any more goes back to AWS's default, where that is
/// one of `defaults`, and is left as it is otherwise.
pub(super) fn changed(
    new: &Option<Vec<Attribute>>,
    old: Option<&Option<Vec<Attribute>>>,
    defaults: &[(&str, &str)],
) -> Vec<Attribute> {
    let (new, old) = (new.as_deref().unwrap_or_default(), old.and_then(Option::as_deref).unwrap_or_default());
    let set = new.iter().filter(|attribute| !old.contains(attribute)).cloned();
    let gone = old.iter().filter(|attribute| new.iter().all(|other| other.key != attribute.key));
    let reset = gone.filter_map(|attribute| {
        let (key, value) = defaults.iter().find(|(key, _)| *key == attribute.key)?;
        (attribute.value != *value).then(|| Attribute { key: (*key).to_owned(), value: (*value).to_owned() })
    });
    set.chain(reset).collect()
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
        let old = attributes(&[("idle", "30"), ("http2", "true"), ("bucket", "logs"), ("waf", "true")]);
        let new = attributes(&[("waf", "true"), ("drop", "true")]);
        let set = changed(&new, Some(&old), &DEFAULTS);
        assert_eq!(Some(set), attributes(&[("drop", "true"), ("idle", "60")]));
        assert_eq!(changed(&new, Some(&new), &DEFAULTS), []);
        assert_eq!(Some(changed(&new, None, &DEFAULTS)), new);
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
