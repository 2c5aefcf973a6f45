//! Rust names of CloudFormation's names.

use std::collections::BTreeMap;

use groundplan_schema::ResourceType;
use heck::{ToSnakeCase, ToUpperCamelCase};

/// Spellings that would be taken apart at the wrong place.
const WORDS: [(&str, &str); 18] = [
    ("DDoS", "Ddos"),
    ("DynamoDB", "DynamoDb"),
    ("FSx", "Fsx"),
    ("GiB", "Gib"),
    ("KiB", "Kib"),
    ("MiB", "Mib"),
    ("SaaS", "Saas"),
    ("VCpu", "Vcpu"),
    ("XRay", "Xray"),
    ("IPv4", "Ipv4"),
    ("IPv6", "Ipv6"),
    ("OAuth", "Oauth"),
    ("GraphQL", "Graphql"),
    ("IoT", "Iot"),
    ("PostgreSQL", "Postgresql"),
    ("PostgreSql", "Postgresql"),
    ("MySQL", "Mysql"),
    ("MySql", "Mysql"),
];

const KEYWORDS: [&str; 52] = [
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "union", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Names of std that the code relies on.
pub(crate) const OF_STD: [&str; 7] = ["Box", "From", "None", "Option", "Self", "Some", "String"];

/// Methods of a resource's struct that are no setters.
pub(crate) const OF_STRUCT: [&str; 3] = ["new", "unset", "fields"];

/// Methods of a handle, which would hide an output of the same name.
pub(crate) const OF_HANDLE: [&str; 11] = [
    "node",
    "path",
    "output",
    "after",
    "moved_from",
    "protect",
    "retain",
    "delete_before_create",
    "ignore_changes",
    "edit",
    "clone",
];

/// The module of a resource type's service, named like its SDK crate.
pub(crate) fn module(resource: &ResourceType) -> String {
    escape(resource.service().to_lowercase(), &[])
}

/// The struct of a resource type.
pub(crate) fn resource(resource: &ResourceType) -> String {
    camel(resource.short_name())
}

/// The module with a resource type's nested types.
pub(crate) fn nested_module(resource: &ResourceType) -> String {
    escape(snake(resource.short_name()), &[])
}

/// `VPCCidrBlock` as `VpcCidrBlock`.
pub(crate) fn camel(name: &str) -> String {
    plain(name).to_upper_camel_case()
}

/// `VPCCidrBlock` as `vpc_cidr_block`.
pub(crate) fn snake(name: &str) -> String {
    plain(name).to_snake_case()
}

/// Rust's names for a set of names of CloudFormation. Where two would be the same, all but the
/// first in the order of CloudFormation's names get a number.
pub(crate) fn distinct<'a>(
    names: impl IntoIterator<Item = &'a str>,
    convert: impl Fn(&str) -> String,
) -> BTreeMap<&'a str, String> {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    let mut names: Vec<_> = names.into_iter().collect();
    names.sort_unstable();
    let named = names.into_iter().map(|name| {
        let wanted = convert(name);
        let count = taken.entry(wanted.clone()).and_modify(|count| *count += 1).or_insert(1);
        (name, if *count == 1 { wanted } else { format!("{wanted}{count}") })
    });
    named.collect()
}

/// A field and its setter.
pub(crate) fn field(name: &str) -> String {
    escape(snake(name), &OF_STRUCT)
}

/// The method of `Attributes` that gives an output. What a handle has by itself wins, so an
/// attribute `Path` is `path_`.
pub(crate) fn output(name: &str) -> String {
    escape(snake(&name.replace('.', "_")), &OF_HANDLE)
}

/// A nested type. `Attributes` is the name of what holds the outputs.
pub(crate) fn nested(name: &str) -> String {
    let name = camel(name);
    if name == "Attributes" { "AttributesProperty".into() } else { name }
}

/// Returns whether a property or attribute holds ARNs, by its name.
pub(crate) fn is_arn(name: &str) -> bool {
    let name = snake(name);
    let last = name.rsplit('_').next().unwrap_or_default();
    matches!(last, "arn" | "arns")
}

/// Returns the name of the struct for several required values.
pub(crate) fn required(of: &str) -> String {
    format!("{of}Args")
}

/// The typed id that an attribute of a resource type is: both names, without what the second
/// repeats of the first. `Vpc` and `VpcId` give `VpcId`, `Role` and `Arn` give `RoleArn`.
pub(crate) fn id(resource: &str, attribute: &str) -> String {
    let (of_resource, of_attribute) = (snake(resource), snake(attribute));
    let known: Vec<_> = of_resource.split('_').collect();
    let words: Vec<_> = of_attribute.split('_').collect();
    let repeated = words.iter().take_while(|word| known.contains(word)).count();
    let rest = &words[repeated.min(words.len() - 1)..];
    format!("{}{}", camel(resource), rest.join("_").to_upper_camel_case())
}

fn escape(name: String, taken: &[&str]) -> String {
    if KEYWORDS.contains(&name.as_str()) || taken.contains(&name.as_str()) { name + "_" } else { name }
}

/// The name with words in a form that is taken apart at the right places: `IPv4Cidr` as `Ipv4Cidr`,
/// `TargetGroupARNs` as `TargetGroupArns`.
fn plain(name: &str) -> String {
    let (found, mut name) = (name, name.to_owned());
    for (word, plain) in WORDS.iter().filter(|(word, _)| found.contains(word)) {
        name = name.replace(word, plain);
    }
    let mut letters: Vec<char> = name.chars().collect();
    for at in 2..letters.len() {
        let ends = letters.get(at + 1).is_none_or(char::is_ascii_uppercase);
        if letters[at] == 's' && ends {
            let start = letters[..at].iter().rposition(|letter| !letter.is_ascii_uppercase()).map_or(0, |at| at + 1);
            letters[(start + 1).min(at)..at].iter_mut().for_each(|letter| letter.make_ascii_lowercase());
        }
    }
    letters.into_iter().collect()
}
