//! Lifecycle rules of a bucket.

use aws_sdk_s3::types::{self, ExpirationStatus, TransitionStorageClass};
use aws_smithy_types::date_time::{DateTime, Format};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct LifecycleConfiguration {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Rule {
    abort_incomplete_multipart_upload: Option<AbortIncompleteMultipartUpload>,
    expiration_date: Option<String>,
    expiration_in_days: Option<i32>,
    expired_object_delete_marker: Option<bool>,
    id: Option<String>,
    noncurrent_version_expiration: Option<NoncurrentVersionExpiration>,
    noncurrent_version_transitions: Option<Vec<NoncurrentVersionTransition>>,
    object_size_greater_than: Option<i64>,
    object_size_less_than: Option<i64>,
    prefix: Option<String>,
    status: String,
    tag_filters: Option<Vec<TagFilter>>,
    transitions: Option<Vec<Transition>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct AbortIncompleteMultipartUpload {
    days_after_initiation: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct NoncurrentVersionExpiration {
    newer_noncurrent_versions: Option<i32>,
    noncurrent_days: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct NoncurrentVersionTransition {
    newer_noncurrent_versions: Option<i32>,
    storage_class: String,
    transition_in_days: i32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TagFilter {
    key: String,
    value: String,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Transition {
    storage_class: String,
    transition_date: Option<String>,
    transition_in_days: Option<i32>,
}

impl LifecycleConfiguration {
    pub(super) fn to_s3(&self) -> Result<types::BucketLifecycleConfiguration> {
        let rules = self.rules.iter().map(Rule::to_s3).collect::<Result<_>>()?;
        Ok(types::BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build()?)
    }

    /// The rules as they are; S3 names those that were declared without a name.
    pub(super) fn of(rules: Vec<types::LifecycleRule>, declared: Option<&Self>) -> Self {
        let mut rules: Vec<_> = rules.into_iter().map(Rule::of).collect();
        for (position, declared) in declared.map(|it| it.rules.as_slice()).unwrap_or_default().iter().enumerate() {
            if let (None, Some(rule)) = (&declared.id, rules.get_mut(position)) {
                rule.id = None;
            }
        }
        Self { rules }
    }
}

impl Rule {
    fn to_s3(&self) -> Result<types::LifecycleRule> {
        let abort = self.abort_incomplete_multipart_upload.as_ref().map(|abort| {
            types::AbortIncompleteMultipartUpload::builder().days_after_initiation(abort.days_after_initiation).build()
        });
        let expires = self.expiration_date.is_some()
            || self.expiration_in_days.is_some()
            || self.expired_object_delete_marker.is_some();
        let expiration = types::LifecycleExpiration::builder()
            .set_date(self.expiration_date.as_deref().map(date).transpose()?)
            .set_days(self.expiration_in_days)
            .set_expired_object_delete_marker(self.expired_object_delete_marker)
            .build();
        let old_expiration = self.noncurrent_version_expiration.as_ref().map(|expiration| {
            types::NoncurrentVersionExpiration::builder()
                .noncurrent_days(expiration.noncurrent_days)
                .set_newer_noncurrent_versions(expiration.newer_noncurrent_versions)
                .build()
        });
        let old_transitions = self.noncurrent_version_transitions.as_ref();
        let transitions = self.transitions.as_ref();
        Ok(types::LifecycleRule::builder()
            .set_abort_incomplete_multipart_upload(abort)
            .set_expiration(expires.then_some(expiration))
            .set_id(self.id.clone())
            .filter(self.filter()?)
            .set_noncurrent_version_expiration(old_expiration)
            .set_noncurrent_version_transitions(
                old_transitions.map(|all| all.iter().map(NoncurrentVersionTransition::to_s3).collect()),
            )
            .status(ExpirationStatus::from(self.status.as_str()))
            .set_transitions(
                transitions.map(|all| all.iter().map(Transition::to_s3).collect::<Result<_>>()).transpose()?,
            )
            .build()?)
    }

    /// S3 takes one condition as it is, and several joined by `And`.
    fn filter(&self) -> Result<types::LifecycleRuleFilter> {
        let tag = |tag: &TagFilter| types::Tag::builder().key(&tag.key).value(&tag.value).build();
        let tags: Vec<_> = self.tag_filters.iter().flatten().map(tag).collect::<std::result::Result<_, _>>()?;
        let sizes = [self.object_size_greater_than, self.object_size_less_than];
        let conditions = tags.len() + sizes.iter().flatten().count() + usize::from(self.prefix.is_some());
        let filter = types::LifecycleRuleFilter::builder();
        if conditions > 1 {
            let and = types::LifecycleRuleAndOperator::builder()
                .set_prefix(self.prefix.clone())
                .set_tags((!tags.is_empty()).then_some(tags))
                .set_object_size_greater_than(self.object_size_greater_than)
                .set_object_size_less_than(self.object_size_less_than);
            return Ok(filter.and(and.build()).build());
        }
        let everything = (conditions == 0).then(String::new);
        Ok(filter
            .set_prefix(self.prefix.clone().or(everything))
            .set_tag(tags.into_iter().next())
            .set_object_size_greater_than(self.object_size_greater_than)
            .set_object_size_less_than(self.object_size_less_than)
            .build())
    }

    fn of(rule: types::LifecycleRule) -> Self {
        let filter = rule.filter.unwrap_or_else(|| types::LifecycleRuleFilter::builder().build());
        let and = filter.and.unwrap_or_else(|| types::LifecycleRuleAndOperator::builder().build());
        let tags: Vec<_> = and.tags.unwrap_or_default().into_iter().chain(filter.tag).collect();
        let tags = tags.into_iter().map(|tag| TagFilter { key: tag.key, value: tag.value }).collect::<Vec<_>>();
        // Rules of long ago have it beside the filter, which they have none of.
        #[expect(deprecated, reason = "S3 gives it back as it was set")]
        let prefix = and.prefix.or(filter.prefix).or(rule.prefix);
        let expiration = rule.expiration.unwrap_or_else(|| types::LifecycleExpiration::builder().build());
        let abort = rule.abort_incomplete_multipart_upload;
        Self {
            abort_incomplete_multipart_upload: abort.map(|abort| AbortIncompleteMultipartUpload {
                days_after_initiation: abort.days_after_initiation.unwrap_or_default(),
            }),
            expiration_date: expiration.date.map(text),
            expiration_in_days: expiration.days,
            // S3 answers `false` where nothing was said.
            expired_object_delete_marker: expiration.expired_object_delete_marker.filter(|on| *on),
            id: rule.id,
            noncurrent_version_expiration: rule.noncurrent_version_expiration.map(|it| NoncurrentVersionExpiration {
                newer_noncurrent_versions: it.newer_noncurrent_versions,
                noncurrent_days: it.noncurrent_days.unwrap_or_default(),
            }),
            noncurrent_version_transitions: rule
                .noncurrent_version_transitions
                .filter(|all| !all.is_empty())
                .map(|all| all.into_iter().map(NoncurrentVersionTransition::of).collect()),
            object_size_greater_than: and.object_size_greater_than.or(filter.object_size_greater_than),
            object_size_less_than: and.object_size_less_than.or(filter.object_size_less_than),
            prefix: prefix.filter(|prefix| !prefix.is_empty()),
            status: rule.status.as_str().to_owned(),
            tag_filters: (!tags.is_empty()).then_some(tags),
            transitions: rule
                .transitions
                .filter(|all| !all.is_empty())
                .map(|all| all.into_iter().map(Transition::of).collect()),
        }
    }
}

impl NoncurrentVersionTransition {
    fn to_s3(&self) -> types::NoncurrentVersionTransition {
        types::NoncurrentVersionTransition::builder()
            .noncurrent_days(self.transition_in_days)
            .storage_class(TransitionStorageClass::from(self.storage_class.as_str()))
            .set_newer_noncurrent_versions(self.newer_noncurrent_versions)
            .build()
    }

    fn of(live: types::NoncurrentVersionTransition) -> Self {
        Self {
            newer_noncurrent_versions: live.newer_noncurrent_versions,
            storage_class: live.storage_class.map(|class| class.as_str().to_owned()).unwrap_or_default(),
            transition_in_days: live.noncurrent_days.unwrap_or_default(),
        }
    }
}

impl Transition {
    fn to_s3(&self) -> Result<types::Transition> {
        Ok(types::Transition::builder()
            .storage_class(TransitionStorageClass::from(self.storage_class.as_str()))
            .set_date(self.transition_date.as_deref().map(date).transpose()?)
            .set_days(self.transition_in_days)
            .build())
    }

    fn of(live: types::Transition) -> Self {
        Self {
            storage_class: live.storage_class.map(|class| class.as_str().to_owned()).unwrap_or_default(),
            transition_date: live.date.map(text),
            transition_in_days: live.days,
        }
    }
}

fn date(text: &str) -> Result<DateTime> {
    DateTime::from_str(text, Format::DateTime)
        .map_err(|_| Error::invalid(format!("`{text}` is not a date of the form 2027-01-31T00:00:00Z")))
}

fn text(date: DateTime) -> String {
    date.to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rules_come_back_as_they_were_declared() {
        let declared: LifecycleConfiguration = serde_json::from_value(json!({"Rules": [
            {"Id": "logs", "Status": "Enabled", "Prefix": "logs/", "ExpirationInDays": 30,
             "TagFilters": [{"Key": "a", "Value": "b"}],
             "Transitions": [{"StorageClass": "GLACIER", "TransitionInDays": 10}]},
            {"Id": "old", "Status": "Disabled", "NoncurrentVersionExpiration": {"NoncurrentDays": 7},
             "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}},
        ]}))
        .unwrap();
        let rules = declared.to_s3().unwrap().rules;
        assert!(rules[0].filter().unwrap().and().is_some());
        assert_eq!(rules[1].filter().unwrap().prefix(), Some(""));
        assert_eq!(LifecycleConfiguration::of(rules, None), declared);
    }

    #[test]
    #[expect(deprecated, reason = "S3 gives rules back as they were set")]
    fn a_rule_without_a_filter_has_its_prefix() {
        let rule = types::LifecycleRule::builder().prefix("logs/").status(ExpirationStatus::Enabled).build().unwrap();
        let read = LifecycleConfiguration::of(vec![rule], None);
        assert_eq!(read.rules[0].prefix.as_deref(), Some("logs/"));
    }
}
