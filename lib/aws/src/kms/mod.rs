//! `AWS::KMS::*`.

mod alias;
mod key;

pub(crate) use alias::Alias;
pub(crate) use key::Key;

/// Returns a key as it was declared, if AWS means the same one: it returns an ARN or a bare identifier, regardless of
/// the request.
pub(crate) fn as_declared(declared: Option<&str>, live: Option<String>) -> Option<String> {
    let bare = |key: &str| key.rsplit('/').next().unwrap_or(key).to_owned();
    match (declared, live) {
        (Some(declared), Some(live)) if bare(declared) == bare(&live) => Some(declared.to_owned()),
        // Which key an alias means cannot be told from its name.
        (Some(declared), Some(_)) if declared.contains("alias/") => Some(declared.to_owned()),
        (_, live) => live,
    }
}
