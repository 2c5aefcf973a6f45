//! Suggestions for a path that does not exist.

use std::collections::BTreeSet;

use groundplan_core::Path;

use crate::text::line;

/// The number of suggestions.
const SUGGESTED: usize = 3;

/// Returns the paths and scopes of `known` that are most similar to `wanted`, the most similar first. Similar are a
/// path with the same number of names, each with at most a few typing errors, and a path from which names before the
/// last one are left out, as in `vpc` for `shop/vpc`.
pub fn nearest<'a>(wanted: &Path, known: impl IntoIterator<Item = &'a Path>) -> Vec<Path> {
    let mut candidates = BTreeSet::new();
    for path in known {
        candidates.extend(std::iter::successors(Some(path.clone()), Path::parent));
    }
    let mut alike: Vec<_> = candidates.into_iter().filter_map(|path| Some((distance(wanted, &path)?, path))).collect();
    alike.sort();
    alike.into_iter().take(SUGGESTED).map(|(_, path)| path).collect()
}

/// Returns the number of typing errors between two paths; `None` if they have little in common.
fn distance(wanted: &Path, known: &Path) -> Option<usize> {
    let names = |path: &Path| path.as_str().to_lowercase().split('/').map(str::to_owned).collect::<Vec<_>>();
    let (wanted, known) = (names(wanted), names(known));
    if wanted.len() == known.len() {
        return wanted.iter().zip(&known).map(|(wanted, known)| slips(wanted, known)).sum();
    }
    let mut rest = known.iter();
    let is_shortened = wanted.last() == known.last() && wanted.iter().all(|name| rest.any(|known| known == name));
    is_shortened.then_some(1)
}

/// Returns the number of typing errors between two names; `None` if it is too high for their length.
fn slips(wanted: &str, known: &str) -> Option<usize> {
    let slips = strsim::damerau_levenshtein(wanted, known);
    (slips <= (wanted.chars().count() / 3).max(1)).then_some(slips)
}

/// Some of the given paths name nothing.
#[derive(Debug, thiserror::Error)]
#[error("{}", unknown(place, paths))]
pub struct UnknownPaths {
    /// The place that was searched, as in `the program`.
    pub place: &'static str,
    /// The paths, each with the most similar known paths.
    pub paths: Vec<(Path, Vec<Path>)>,
}

fn unknown(place: &str, paths: &[(Path, Vec<Path>)]) -> String {
    let each = paths.iter().map(|(path, nearest)| {
        let nearest: Vec<_> = nearest.iter().map(|path| format!("`{path}`")).collect();
        let meant =
            if nearest.is_empty() { String::new() } else { format!("; did you mean {}?", nearest.join(" or ")) };
        line(format_args!("there is no `{path}` in {place}{meant}"))
    });
    each.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_a_scope_and_a_missing_stack_are_understood() {
        let known: Vec<Path> = ["shop/vpc/private-a", "shop/media", "shop/db"].map(Path::from).to_vec();
        let meant = |wanted: &str| nearest(&wanted.into(), &known).iter().map(Path::to_string).collect::<Vec<_>>();
        assert_eq!(meant("shop/vcp"), ["shop/vpc"]);
        assert_eq!(meant("media"), ["shop/media"]);
        assert_eq!(meant("Shop/Media"), ["shop/media"]);
        assert_eq!(meant("shop/private-a"), ["shop/vpc/private-a"]);
        assert_eq!(meant("shop/vpc/privat-a"), ["shop/vpc/private-a"]);
        assert_eq!(meant("shpo/vpc/privat-a"), ["shop/vpc/private-a"]);
        assert_eq!(meant("something/else/altogether"), Vec::<String>::new());
    }

    #[test]
    fn what_is_only_as_short_is_not_suggested() {
        let known = ["vpc", "key", "name", "logs", "media"].map(|name| Path::from(format!("checkout/{name}").as_str()));
        let meant = |wanted: &str| nearest(&wanted.into(), &known).iter().map(Path::to_string).collect::<Vec<_>>();
        assert_eq!(meant("checkout/vcp"), ["checkout/vpc"]);
        assert_eq!(meant("checkout/nope"), Vec::<String>::new());
        assert_eq!(meant("checkout/x"), Vec::<String>::new());
        assert_eq!(meant("nope"), Vec::<String>::new());
    }
}
