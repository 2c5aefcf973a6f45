//! `AWS::KMS::*`.

mod alias;
mod key;

pub(crate) use alias::Alias;
pub(crate) use key::Key;

/// A key as it was declared, where AWS means the same one: it answers with an ARN or a bare
/// identifier, whatever it was given.
pub(crate) fn as_declared(declared: Option<&str>, live: Option<String>) -> Option<String> {
    let bare = |key: &str| key.rsplit('/').next().unwrap_or(key).to_owned();
    match (declared, live) {
        (Some(declared), Some(live)) if bare(declared) == bare(&live) => Some(declared.to_owned()),
        // Which key an alias means cannot be told from its name.
        (Some(declared), Some(_)) if declared.contains("alias/") => Some(declared.to_owned()),
        (_, live) => live,
    }
}
