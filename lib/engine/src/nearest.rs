//! What somebody may have meant who wrote a path that does not exist.

use std::collections::BTreeSet;

use groundplan_core::Path;

/// How many are suggested.
const SUGGESTED: usize = 3;

/// The paths and scopes of `known` that look most like `wanted`, the most alike first. A path
/// whose first names were left out, as in `vpc` for `shop/vpc`, is alike.
pub fn nearest<'a>(wanted: &Path, known: impl IntoIterator<Item = &'a Path>) -> Vec<Path> {
    let mut candidates = BTreeSet::new();
    for path in known {
        candidates.extend(std::iter::successors(Some(path.clone()), Path::parent));
    }
    let tail = format!("/{wanted}");
    let tolerated = (wanted.as_str().chars().count() / 3).max(2);
    let distance = |path: &Path| match path.as_str().ends_with(&tail) {
        true => 0,
        false => strsim::damerau_levenshtein(wanted.as_str(), path.as_str()),
    };
    let mut alike: Vec<_> = candidates.into_iter().map(|path| (distance(&path), path)).collect();
    alike.retain(|(distance, _)| *distance <= tolerated);
    alike.sort();
    alike.into_iter().take(SUGGESTED).map(|(_, path)| path).collect()
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
        assert_eq!(meant("shop/vpc/privat-a"), ["shop/vpc/private-a"]);
        assert_eq!(meant("something/else/altogether"), Vec::<String>::new());
    }
}
