//! Rules that the schema gives.

use super::{ClaimForm, ClaimPart, ClaimRole, ClaimRule, ClaimScope, ClaimSource};
use crate::kind::Kind;
use crate::property::Replacement;
use crate::resource::ResourceType;
use crate::spelling::Spelling;

/// Types whose ARN ends with a name that several resources can share: catalogs of two parents, data
/// sources of two domains, and private domain names, whose ARN has an id behind the name.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-private-custom-domains.html>
const SHARED: &[&str] = &["AWS::ApiGateway::DomainNameV2", "AWS::Glue::Catalog", "AWS::OpenSearch::DataSource"];

/// The rule by the primary identifier, where the program sets all of it, or by the name that the ARN
/// ends with.
pub(super) fn rule(resource: &ResourceType) -> Option<ClaimRule> {
    let paths = identifier(resource).or_else(|| Some(vec![vec![arn_name(resource)?]]))?;
    let named = paths.len() == 1 && paths[0].last().is_some_and(|name| name.ends_with("Name"));
    let part = |path: Vec<&'static str>| {
        let form = form(resource, &path);
        ClaimPart { sources: vec![ClaimSource { path, in_element: false, form }], default: None, role: ClaimRole::Key }
    };
    Some(ClaimRule {
        what: if named { "name" } else { "identifier" },
        space: resource.name,
        scope: if resource.is_global() { ClaimScope::Account } else { ClaimScope::Region },
        each: None,
        parts: paths.into_iter().map(part).collect(),
        swaps: false,
    })
}

/// The form in which AWS compares a property where no row says it: the spelling of the property, or the habit of its
/// service.
pub(super) fn form(resource: &ResourceType, path: &[&str]) -> ClaimForm {
    let place = path.iter().fold(resource.cursor(), |cursor, step| cursor.key(step));
    match place.spelling() {
        Spelling::DomainName => ClaimForm::Dns,
        Spelling::Block => ClaimForm::Cidr,
        Spelling::LowerCase => ClaimForm::Lower,
        _ if resource.is_caseless() => ClaimForm::Lower,
        Spelling::Exact | Spelling::Protocol | Spelling::Key => ClaimForm::Text,
    }
}

/// Returns the properties of the primary identifier; `None` if AWS generates a part of it.
fn identifier(resource: &ResourceType) -> Option<Vec<Vec<&'static str>>> {
    let settable = |part: &&'static str| {
        let path: Vec<_> = part.split('/').collect();
        resource.property(&path.join("."))?;
        Some(path)
    };
    let paths: Option<Vec<_>> = resource.primary_identifier.iter().map(settable).collect();
    paths.filter(|paths| !paths.is_empty())
}

/// The property that the ARN ends with, so that two resources with one value would have one ARN.
fn arn_name(resource: &ResourceType) -> Option<&'static str> {
    if SHARED.contains(&resource.name) || resource.properties.contains_key("VersionName") {
        return None;
    }
    let mut names = resource.arn_template?.split("${").skip(1).filter_map(|rest| rest.split('}').next());
    let mut own = names.by_ref().filter(|name| !["Partition", "Region", "Account"].contains(name));
    let (Some(last), None) = (own.next(), own.next()) else { return None };
    // A version has the name of its siblings, and a `ResourceId` is any id.
    if last == "ResourceId" || !resource.arn_template?.ends_with(&format!("{last}}}")) {
        return None;
    }
    let short = resource.short_name();
    let is_own_name = last == "Name" || last.strip_suffix("Name").is_some_and(|stem| short.ends_with(stem));
    let fits = |name: &str| {
        let stem = name.strip_suffix("Name").or_else(|| name.strip_suffix("Identifier"));
        name.eq_ignore_ascii_case(last) || is_own_name && stem.is_some_and(|stem| short.ends_with(stem))
    };
    let stable =
        |property: &crate::Property| property.kind == Kind::String && property.replacement == Replacement::Always;
    let mut found = resource.properties.iter().filter(|(name, property)| fits(name) && stable(property));
    found.next().map(|(name, _)| *name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::lookup;

    #[test]
    fn a_rule_of_one_name_is_called_a_name_and_any_other_an_identifier() {
        let what = |type_name: &str| rule(lookup(type_name).expect("a listed type")).expect("it has a rule").what;
        assert_eq!(what("AWS::IAM::Role"), "name");
        assert_eq!(what("AWS::S3::BucketPolicy"), "identifier");
        assert_eq!(what("AWS::EKS::Addon"), "identifier", "of two names");
    }

    #[test]
    fn an_arn_that_ends_with_an_id_does_not_end_with_the_name() {
        let found = |last: &str, property: &str| arn_name_of(last, &json!({property: fixed("string")}));
        assert_eq!(found("WidgetName", "Name"), Some("Name"));
        assert_eq!(found("WidgetId", "WidgetId"), Some("WidgetId"));
        assert_eq!(found("WidgetId", "WidgetName"), None);
        assert_eq!(found("WidgetName", "Color"), None);
    }

    #[test]
    fn a_name_that_can_change_and_a_number_are_no_names_of_an_arn() {
        assert_eq!(arn_name_of("Name", &json!({"Name": "string"})), None);
        assert_eq!(arn_name_of("Name", &json!({"Name": fixed("integer")})), None);
    }

    fn fixed(kind: &str) -> serde_json::Value {
        json!({"type": kind, "replaces": "yes"})
    }

    /// The name of a type with these properties whose ARN ends with `last`.
    fn arn_name_of(last: &str, properties: &serde_json::Value) -> Option<&'static str> {
        let arn = format!("arn:${{Partition}}:shop:${{Region}}:${{Account}}:widget/${{{last}}}");
        let line = json!({"name": "AWS::Shop::Widget", "id": ["Arn"], "arn": arn, "properties": properties});
        arn_name(&crate::parse(line.to_string().leak()))
    }
}
