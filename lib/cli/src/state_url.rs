//! The value of `--state`, and of the location that an app declares.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The location of state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StateUrl {
    /// `file:DIR`
    File(PathBuf),
    /// `s3://BUCKET/PREFIX?lock_table=NAME&region=REGION`
    S3(S3Url),
}

/// A place in S3.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct S3Url {
    pub(crate) bucket: String,
    /// Without a `/` at either end; it may be empty.
    pub(crate) prefix: String,
    /// The bucket's region, where it was given.
    pub(crate) region: Option<String>,
    /// The DynamoDB table with the locks; they are in S3 where there is none.
    pub(crate) lock_table: Option<String>,
}

impl FromStr for StateUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("file", directory)) if !directory.is_empty() => {
                Ok(Self::File(directory.strip_prefix("//").unwrap_or(directory).into()))
            }
            Some(("s3", rest)) if rest.starts_with("//") => rest[2..].parse().map(Self::S3),
            _ => Err("the location of a state has the form `file:DIR` or `s3://BUCKET/PREFIX`".into()),
        }
    }
}

/// Parses the part after `s3://`.
impl FromStr for S3Url {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (path, query) = text.split_once('?').unwrap_or((text, ""));
        let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
        let prefix = prefix.trim_end_matches('/');
        let url = Self { bucket: bucket.to_owned(), prefix: prefix.to_owned(), region: None, lock_table: None };
        // <https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html>
        let in_bucket = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
        if !(3..=63).contains(&bucket.len()) || !bucket.chars().all(in_bucket) {
            return Err(format!(
                "`{bucket}` is not the name of a bucket: it has 3 to 63 lower-case letters, digits, `-` and `.`, as in \
                 `s3://acme-state/infra`"
            ));
        }
        // <https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>
        let in_key = |c: char| c.is_ascii_alphanumeric() || "!-_.*'()/".contains(c);
        if !prefix.chars().all(in_key) || prefix.split('/').any(|part| part.is_empty() && !prefix.is_empty()) {
            return Err(format!(
                "`{prefix}` is not a valid prefix: a prefix consists of names joined by `/`, with ASCII letters, digits and `-_.`"
            ));
        }
        query.split('&').filter(|parameter| !parameter.is_empty()).try_fold(url, Self::with)
    }
}

impl S3Url {
    /// With a parameter of the query.
    fn with(mut self, parameter: &str) -> Result<Self, String> {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let slot = match name {
            "region" => &mut self.region,
            "lock_table" => &mut self.lock_table,
            _ => {
                return Err(format!(
                    "`{name}` is not a parameter of a state in S3: the parameters are `region` and `lock_table`"
                ));
            }
        };
        if value.is_empty() || !value.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
            return Err(format!("`{name}` must be a name, as in `?region=eu-central-1&lock_table=locks`"));
        }
        match slot.replace(value.to_owned()) {
            None => Ok(self),
            Some(_) => Err(format!("`{name}` is given twice")),
        }
    }
}

impl S3Url {
    /// With its parameters.
    pub(crate) fn whole(&self) -> String {
        let parameters = [("region", &self.region), ("lock_table", &self.lock_table)];
        let parameters: Vec<_> =
            parameters.into_iter().filter_map(|(name, value)| Some(format!("{name}={}", value.as_ref()?))).collect();
        let query = if parameters.is_empty() { String::new() } else { format!("?{}", parameters.join("&")) };
        format!("{self}{query}")
    }
}

/// `s3://BUCKET/PREFIX`
impl fmt::Display for S3Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.bucket)?;
        if self.prefix.is_empty() { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_s3_is_a_bucket_with_a_prefix_and_parameters() {
        let url = |bucket: &str, prefix: &str, region: Option<&str>, lock_table: Option<&str>| {
            let [region, lock_table] = [region, lock_table].map(|value| value.map(str::to_owned));
            Ok(StateUrl::S3(S3Url { bucket: bucket.into(), prefix: prefix.into(), region, lock_table }))
        };
        for (text, expected) in [
            ("s3://acme", url("acme", "", None, None)),
            ("s3://acme/", url("acme", "", None, None)),
            ("s3://acme.state-1/infra/eu/", url("acme.state-1", "infra/eu", None, None)),
            ("s3://acme/infra?region=eu-central-1", url("acme", "infra", Some("eu-central-1"), None)),
            ("s3://acme?lock_table=T.1_a&region=us-east-1", url("acme", "", Some("us-east-1"), Some("T.1_a"))),
            ("file:state", Ok(StateUrl::File("state".into()))),
            ("file:///var/state", Ok(StateUrl::File("/var/state".into()))),
        ] {
            assert_eq!(text.parse(), expected, "{text}");
            if let Ok(StateUrl::S3(url)) = expected {
                assert_eq!(url.whole().parse(), Ok(StateUrl::S3(url)));
            }
        }
    }

    #[test]
    fn what_is_wrong_with_a_place_is_said() {
        for (text, expected) in [
            ("acme", "the location of a state has the form `file:DIR` or `s3://BUCKET/PREFIX`"),
            ("s3:acme", "the location of a state has the form"),
            ("s3://", "`` is not the name of a bucket"),
            ("s3:///infra", "`` is not the name of a bucket"),
            ("s3://Acme/infra", "`Acme` is not the name of a bucket: it has 3 to 63 lower-case letters"),
            ("s3://acme//infra", "`/infra` is not a valid prefix"),
            ("s3://acme/infra#1", "`infra#1` is not a valid prefix"),
            (
                "s3://acme/infra?table=locks",
                "`table` is not a parameter of a state in S3: the parameters are `region` and",
            ),
            ("s3://acme/infra?region", "`region` must be a name, as in"),
            ("s3://acme/infra?region=a&region=b", "`region` is given twice"),
        ] {
            let error = text.parse::<StateUrl>().unwrap_err();
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
