//! Names that Groundplan gives where the program gives none.

use groundplan_engine::provider::Address;

/// What a type's names may look like.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NameRules {
    /// The most characters.
    pub(crate) longest: usize,
    /// Whether capital letters are refused or folded.
    pub(crate) lowercase: bool,
    /// Characters allowed beside letters, digits and `-`.
    pub(crate) also: &'static str,
}

impl NameRules {
    /// Lower-case letters, digits and single hyphens, beginning with a letter: what S3, RDS,
    /// ElastiCache and ELB agree on.
    pub(crate) const fn lowercase(longest: usize) -> Self {
        Self { longest, lowercase: true, also: "" }
    }

    /// Letters, digits, hyphens and what is in `also`.
    pub(crate) const fn letters(longest: usize, also: &'static str) -> Self {
        Self { longest, lowercase: false, also }
    }
}

/// Digits of the token that make a name unique.
const SUFFIX: usize = 10;

/// `checkout-db-parameters-0f3a9c1e7b` for `checkout/db/parameters`: the same for every repetition
/// of a creation, another one for the next generation, so that a replacement can stand beside
/// what it replaces.
pub(crate) fn physical_name(address: &Address, token: &str, rules: NameRules) -> String {
    let suffix: String = token.chars().take(SUFFIX).collect();
    let path = address.path.as_str();
    let whole = if path.starts_with(&address.app) { path.to_owned() } else { format!("{}-{path}", address.app) };
    let mut words = String::new();
    for letter in whole.chars() {
        let letter = if rules.lowercase { letter.to_ascii_lowercase() } else { letter };
        let allowed = letter.is_ascii_alphanumeric() || rules.also.contains(letter);
        if allowed && (!words.is_empty() || letter.is_ascii_alphabetic()) {
            words.push(letter);
        } else if !allowed && !words.is_empty() && !words.ends_with('-') {
            words.push('-');
        }
    }
    words.truncate(rules.longest.saturating_sub(suffix.len() + 1));
    let words = words.trim_end_matches('-');
    if words.is_empty() { format!("g-{suffix}") } else { format!("{words}-{suffix}") }
}

#[cfg(test)]
mod tests {
    use groundplan_core::{Environment, Path};

    use super::*;

    fn name(app: &str, path: &str, rules: NameRules) -> String {
        let address = Address {
            app: app.into(),
            path: Path::new(path),
            type_name: "AWS::S3::Bucket".into(),
            environment: Environment::new("eu-central-1"),
        };
        physical_name(&address, "0123456789abcdef", rules)
    }

    #[test]
    fn a_name_says_where_the_resource_stands() {
        assert_eq!(name("shop", "shop/db/Main_Key", NameRules::lowercase(63)), "shop-db-main-key-0123456789");
        assert_eq!(name("shop", "db/Main_Key", NameRules::letters(64, "_")), "shop-db-Main_Key-0123456789");
    }

    #[test]
    fn a_name_keeps_to_its_length_and_keeps_its_suffix() {
        let long = name("shop", &"shop/very/deep/".repeat(20), NameRules::lowercase(63));
        assert!(long.len() <= 63 && long.ends_with("-0123456789"), "{long}");
        assert!(!long.contains("--"));
    }

    #[test]
    fn a_name_begins_with_a_letter() {
        assert_eq!(name("1", "1/2", NameRules::lowercase(63)), "g-0123456789");
        assert_eq!(name("9lives", "9lives/cat", NameRules::lowercase(63)), "lives-cat-0123456789");
    }
}
