//! Names that Groundplan generates if the program declares none.

use groundplan_engine::provider::Address;

/// The rules for a type's names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NameRules {
    /// The most characters.
    pub(crate) longest: usize,
    /// `true` if capital letters are refused or folded.
    pub(crate) lowercase: bool,
    /// Characters allowed beside letters, digits and `-`.
    pub(crate) also: &'static str,
    /// The prefix that no name may have, in any letter case; empty if all are allowed.
    pub(crate) reserved: &'static str,
}

impl NameRules {
    /// Lower-case letters, digits and single hyphens, beginning with a letter: what S3, RDS,
    /// ElastiCache and ELB agree on.
    pub(crate) const fn lowercase(longest: usize) -> Self {
        Self { longest, lowercase: true, also: "", reserved: "" }
    }

    /// Letters, digits, hyphens and what is in `also`.
    pub(crate) const fn letters(longest: usize, also: &'static str) -> Self {
        Self { longest, lowercase: false, also, reserved: "" }
    }

    /// The same, where AWS keeps names that begin with `reserved` to itself.
    #[must_use]
    pub(crate) const fn without(self, reserved: &'static str) -> Self {
        Self { reserved, ..self }
    }

    fn refuses(&self, name: &str) -> bool {
        let start = name.get(..self.reserved.len()).filter(|start| !start.is_empty());
        start.is_some_and(|start| start.eq_ignore_ascii_case(self.reserved))
    }
}

/// Digits of the token that make a name unique.
const SUFFIX: usize = 10;

/// Returns `checkout-db-parameters-0f3a9c1e7b` for `checkout/db/parameters`: the same name for every repetition of a
/// create, another one for the next generation, so that a replacement can coexist with the old resource. A prefix `g-`
/// is added if the name would begin with a character that is not allowed there.
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
    if words.is_empty() {
        words.push('g');
    }
    let named = |mut words: String| {
        words.truncate(rules.longest.saturating_sub(suffix.len() + 1));
        format!("{}-{suffix}", words.trim_end_matches('-'))
    };
    let name = named(words.clone());
    if rules.refuses(&name) { named(format!("g-{words}")) } else { name }
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
    fn a_name_does_not_begin_with_what_aws_keeps_to_itself() {
        let rules = NameRules::letters(32, "").without("internal-");
        assert_eq!(name("internal", "internal/alb", rules), "g-internal-alb-0123456789");
        assert_eq!(name("internal", "internal", rules), "g-internal-0123456789");
        assert_eq!(name("Internal", "Internal/alb", rules), "g-Internal-alb-0123456789");
        assert_eq!(name("internals", "internals/alb", rules), "internals-alb-0123456789");
        assert_eq!(name("shop", "internal/alb", rules), "shop-internal-alb-0123456789");
        let long = name("internal", "internal/balancer/of/everything", rules);
        assert_eq!((long.as_str(), long.len()), ("g-internal-balancer-o-0123456789", 32));
        let groups = NameRules::letters(512, "/").without("aws/");
        assert_eq!(name("aws", "aws/web", groups), "g-aws/web-0123456789");
        assert_eq!(name("awslogs", "awslogs/web", groups), "awslogs/web-0123456789");
    }

    #[test]
    fn a_name_begins_with_a_letter() {
        assert_eq!(name("1", "1/2", NameRules::lowercase(63)), "g-0123456789");
        assert_eq!(name("9lives", "9lives/cat", NameRules::lowercase(63)), "lives-cat-0123456789");
    }
}
