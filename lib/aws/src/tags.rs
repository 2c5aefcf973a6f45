//! Tags: those of the user, and those that identify the resources of Groundplan.

use std::collections::BTreeMap;

use groundplan_core::Path;
use groundplan_engine::provider::{Address, Owner};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Tag that names the app.
pub(crate) const APP: &str = "groundplan:app";
/// Tag that names the path of the resource in its app.
pub(crate) const PATH: &str = "groundplan:path";
/// Tag that names the creation, so that a run can find what an interrupted one has made.
pub(crate) const TOKEN: &str = "groundplan:token";

/// The number of tags that [`Tags::with_identity`] adds.
pub(crate) const IDENTITY_TAGS: usize = 3;

/// The most characters of a tag's value, everywhere in AWS.
const LONGEST_VALUE: usize = 256;

/// The tags of a resource, in CloudFormation's form; without the identity tags and AWS's own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tags {
    user: BTreeMap<String, String>,
    token: Option<String>,
    owner: Option<Owner>,
}

/// Identity is no property: two sets of tags are the same where the user's are.
impl PartialEq for Tags {
    fn eq(&self, other: &Self) -> bool {
        self.user == other.user
    }
}

impl Tags {
    /// The tags that AWS gave back.
    pub(crate) fn read<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let mut tags = Self::default();
        let (mut app, mut path) = (None, None);
        for (key, value) in pairs {
            let (key, value) = (key.into(), value.into());
            match key.as_str() {
                TOKEN => tags.token = Some(value),
                APP => app = Some(value),
                PATH => path = Some(value),
                _ if is_hidden(&key) => {}
                _ => drop(tags.user.insert(key, value)),
            }
        }
        tags.owner = app.map(|app| Owner { app, path: path.unwrap_or_default() });
        tags
    }

    /// As [`read`](Self::read), from the optional parts that most services' tags have.
    pub(crate) fn read_optional<'a>(pairs: impl IntoIterator<Item = (Option<&'a str>, Option<&'a str>)>) -> Self {
        Self::read(pairs.into_iter().filter_map(|(key, value)| Some((key?, value.unwrap_or_default()))))
    }

    /// Returns the number of tags that the user declared.
    pub(crate) fn len(&self) -> usize {
        self.user.len()
    }

    /// The token of the creation that AWS's copy carries.
    pub(crate) fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Returns the owner of the resource, according to the tags that AWS returned.
    pub(crate) fn owner(&self) -> Option<&Owner> {
        self.owner.as_ref()
    }

    /// Every tag to set in the create call, made into the type of a service.
    pub(crate) fn with_identity(&self, address: &Address, token: &str) -> Vec<(String, String)> {
        let path = path_value(&address.path);
        let identity: [_; IDENTITY_TAGS] = [(APP, address.app.as_str()), (PATH, path), (TOKEN, token)];
        let identity = identity.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned()));
        self.user.iter().map(|(key, value)| (key.clone(), value.clone())).chain(identity).collect()
    }

    /// Returns the changes from `old` to these.
    pub(crate) fn since(&self, old: &Self) -> TagChanges {
        let set = self.user.iter().filter(|(key, value)| old.user.get(*key) != Some(value));
        let removed = old.user.keys().filter(|key| !self.user.contains_key(*key));
        TagChanges {
            set: set.map(|(key, value)| (key.clone(), value.clone())).collect(),
            removed: removed.cloned().collect(),
        }
    }
}

/// The value of [`PATH`]: the end of a path that is too long for a tag.
pub(crate) fn path_value(path: &Path) -> &str {
    let path = path.as_str();
    let start = path.char_indices().rev().nth(LONGEST_VALUE - 1).map_or(0, |(start, _)| start);
    &path[start..]
}

/// Returns whether a tag belongs to AWS or Groundplan, not to the user.
pub(crate) fn is_hidden(key: &str) -> bool {
    key.starts_with("aws:") || key.starts_with("groundplan:")
}

/// The tags to set and to remove; the identity tags stay.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct TagChanges {
    pub(crate) set: Vec<(String, String)>,
    pub(crate) removed: Vec<String>,
}

impl Serialize for Tags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.user.is_empty() {
            return serializer.serialize_none();
        }
        serializer.collect_seq(self.user.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }))
    }
}

impl<'de> Deserialize<'de> for Tags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let tags = Option::<Vec<Tag>>::deserialize(deserializer)?.unwrap_or_default();
        Ok(Self { user: tags.into_iter().map(|tag| (tag.key, tag.value)).collect(), ..Self::default() })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Tag {
    key: String,
    value: String,
}

#[cfg(test)]
mod tests {
    use groundplan_core::Environment;
    use serde_json::json;

    use super::*;

    fn tags(pairs: &[(&str, &str)]) -> Tags {
        Tags::read(pairs.iter().copied())
    }

    #[test]
    fn only_what_differs_is_set_and_removed() {
        let old = tags(&[("Name", "a"), ("Team", "x"), ("Old", "1")]);
        let new = tags(&[("Name", "b"), ("Team", "x"), ("New", "")]);
        let changes = new.since(&old);
        assert_eq!(changes.set, [("Name".into(), "b".into()), ("New".into(), String::new())]);
        assert_eq!(changes.removed, ["Old"]);
        assert_eq!(old.since(&old), TagChanges::default());
    }

    #[test]
    fn tags_of_aws_and_of_groundplan_are_no_properties() {
        let read = tags(&[("aws:cloudformation:stack-name", "s"), (APP, "shop"), (TOKEN, "t"), ("Name", "n")]);
        assert_eq!(serde_json::to_value(&read).unwrap(), json!([{"Key": "Name", "Value": "n"}]));
        assert_eq!(read.token(), Some("t"));
        assert_eq!(read.owner(), Some(&Owner { app: "shop".into(), path: String::new() }));
        assert_eq!(tags(&[(PATH, "shop/db"), ("Name", "n")]).owner(), None, "a path is one of an app");
        assert_eq!(serde_json::to_value(Tags::default()).unwrap(), json!(null));
    }

    #[test]
    fn a_long_path_is_cut_at_its_start() {
        let address = Address {
            app: "shop".into(),
            path: Path::new("ä".repeat(300)),
            type_name: "AWS::EC2::VPC".into(),
            environment: Environment::new("eu-central-1"),
        };
        let identity = Tags::default().with_identity(&address, "t");
        assert_eq!(identity[1].1.chars().count(), 256);
    }
}
