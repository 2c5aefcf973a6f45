//! The differences between two assemblies.

use std::collections::BTreeSet;
use std::fmt::Write;

use groundplan_core::Assembly;
use serde_json::Value as Json;

/// Returns the differences from one assembly to another, a line each and in a stable order, for snapshots: for example
/// of a staging environment as it differs from production.
///
/// Texts that differ in the names of the apps alone count as the same, such as the tag `shop-prod-vpc` of `shop-prod`
/// and `shop-stage-vpc` of `shop-stage`.
///
/// ```
/// use groundplan_core::{App, Environment};
/// use groundplan_resources::s3;
/// use groundplan_testing::{assembly, differences};
///
/// fn shop(stage: &str) -> App {
///     let app = App::new(format!("shop-{stage}"));
///     let stack = app.stack("shop", Environment::new("eu-west-1"));
///     stack.add("media", s3::Bucket::new().bucket_name(format!("shop-{stage}-media")));
///     if stage == "prod" {
///         stack.add("logs", s3::Bucket::new());
///     }
///     app
/// }
///
/// let stage = differences(&assembly(&shop("prod")), &assembly(&shop("stage")));
/// assert_eq!(stage, "- shop/logs (AWS::S3::Bucket)\n");
/// ```
pub fn differences(from: &Assembly, to: &Assembly) -> String {
    let document =
        |assembly: &Assembly| -> Json { serde_json::from_str(&assembly.to_json()).expect("it was just written") };
    let (own, other) = (document(from), document(to));
    let names = Names { from: &from.app, to: &to.app };
    let mut text = String::new();
    for part in ["stacks", "resources", "outputs"] {
        let (own, other) = (&own[part], &other[part]);
        for name in keys(own).union(&keys(other)) {
            names.entry(name, &own[*name], &other[*name], &mut text);
        }
    }
    text
}

fn keys(value: &Json) -> BTreeSet<&String> {
    value.as_object().into_iter().flat_map(serde_json::Map::keys).collect()
}

/// Returns whether it is an object of a key and its value only.
fn is_pair(value: &Json) -> bool {
    value.as_object().is_some_and(|fields| fields.len() == 2 && fields.contains_key("Value"))
}

/// The names of the two apps.
struct Names<'a> {
    from: &'a str,
    to: &'a str,
}

impl Names<'_> {
    /// A stack, a resource or an output.
    fn entry(&self, name: &str, from: &Json, to: &Json, text: &mut String) {
        let typed = |value: &Json| value["type"].as_str().map(|of| format!(" ({of})")).unwrap_or_default();
        match (from, to) {
            (Json::Null, added) => _ = writeln!(text, "+ {name}{}", typed(added)),
            (removed, Json::Null) => _ = writeln!(text, "- {name}{}", typed(removed)),
            _ => {
                let mut lines = Vec::new();
                self.walk("", from, to, &mut lines);
                if !lines.is_empty() {
                    let _ = writeln!(text, "~ {name}{}", typed(from));
                    lines.iter().for_each(|line| _ = writeln!(text, "    {line}"));
                }
            }
        }
    }

    fn walk(&self, at: &str, from: &Json, to: &Json, lines: &mut Vec<String>) {
        let below = |name: &str| match (at, name) {
            // It goes without saying.
            ("", "properties") => String::new(),
            ("", name) => name.to_owned(),
            (at, name) => format!("{at}.{name}"),
        };
        match (from, to) {
            (from, to) if from == to => {}
            (Json::String(old), Json::String(new)) if new.replace(self.to, self.from) == *old => {}
            (Json::Object(_), Json::Object(_)) => {
                for name in keys(from).union(&keys(to)) {
                    self.walk(&below(name), &from[*name], &to[*name], lines);
                }
            }
            (Json::Array(old), Json::Array(new)) if old.len() == new.len() => {
                for (position, (old, new)) in old.iter().zip(new).enumerate() {
                    // Tags and attributes are known by their keys.
                    match (old["Key"].as_str(), new["Key"].as_str()) {
                        (Some(key), Some(same)) if key == same && is_pair(old) && is_pair(new) => {
                            self.walk(&below(key), &old["Value"], &new["Value"], lines);
                        }
                        _ => self.walk(&below(&position.to_string()), old, new, lines),
                    }
                }
            }
            (from, to) => {
                let shown = |value: &Json| if value.is_null() { "(absent)".to_owned() } else { value.to_string() };
                let name = if at.is_empty() { String::new() } else { format!("{at}: ") };
                lines.push(format!("{name}{} → {}", shown(from), shown(to)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use groundplan_core::{App, Environment};
    use groundplan_resources::{Tag, ec2};

    use super::*;
    use crate::assembly;

    #[test]
    fn each_difference_has_a_line_and_what_is_the_same_has_none() {
        let network = |zones: &[&str], stage: &str| {
            let app = App::new(stage);
            let stack = app.stack("net", Environment::new("eu-west-1"));
            let tags = [Tag::new("Name", format!("{stage}-vpc")), Tag::new("letters", stage.len().to_string())];
            let vpc = stack.add("vpc", ec2::Vpc::new().cidr_block("10.0.0.0/16").tags(tags));
            for (position, zone) in zones.iter().enumerate() {
                let subnet = ec2::Subnet::new(&vpc).cidr_block(format!("10.0.{position}.0/24"));
                stack.add(zone, subnet.availability_zone(format!("eu-west-1{zone}")));
            }
            stack.export("vpc", vpc.vpc_id());
            if zones.len() > 1 {
                stack.export("zones", zones.len().to_string());
            }
            assembly(&app)
        };
        let (production, stage) = (network(&["a", "b"], "production"), network(&["b", "c"], "stage"));
        assert_eq!(differences(&production, &production), "");
        assert_eq!(
            differences(&production, &stage),
            "- net/a (AWS::EC2::Subnet)\n\
             ~ net/b (AWS::EC2::Subnet)\n    CidrBlock: \"10.0.1.0/24\" → \"10.0.0.0/24\"\n\
             + net/c (AWS::EC2::Subnet)\n\
             ~ net/vpc (AWS::EC2::VPC)\n    Tags.letters: \"10\" → \"5\"\n"
        );
        let elements = |value: Json| {
            let mut lines = Vec::new();
            let old =
                serde_json::json!([{"Key": "a", "Value": "1", "PropagateAtLaunch": true}, {"Key": "b", "Values": [1]}]);
            Names { from: "x", to: "y" }.walk("Targets", &old, &value, &mut lines);
            lines
        };
        let changed =
            serde_json::json!([{"Key": "a", "Value": "1", "PropagateAtLaunch": false}, {"Key": "b", "Values": [2]}]);
        assert_eq!(elements(changed), ["Targets.0.PropagateAtLaunch: true → false", "Targets.1.Values.0: 1 → 2"]);
        let single = network(&["a"], "single");
        assert_eq!(differences(&production, &single).lines().last(), Some("- zones"));
    }
}
