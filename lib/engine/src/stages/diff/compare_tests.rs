use groundplan_schema::{Replacement, lookup};
use serde_json::{Value as Json, json};

use super::*;
use crate::fake::{DATABASE, assembly};
use crate::stages::diff::tests::deployed;

const FUNCTION: &str = "AWS::Lambda::Function";
const RULES: &str = "AWS::RDS::DBSecurityGroup";

/// Returns the differences between an applied and a desired resource. The secret at `place` had the digest `old`, and
/// every secret that is known has the digest `now`.
fn compared(type_name: &str, before: &Json, after: &Json, place: &str, now: &str) -> Vec<PropertyChange> {
    let mut prior = deployed(&assembly(&[("a/x", type_name, before.clone())])).resources.remove("a/x").unwrap();
    prior.secrets.insert(place.into(), "old".into());
    let Ok(Value::Map(desired)) = Value::from_json(after.clone()) else { panic!("{after} is no map") };
    let digests = secret::secrets(&desired).into_iter();
    let digests = digests.map(|(_, source)| (secret::source_key(source, &prior.environment), now.to_owned())).collect();
    compare(lookup(type_name), &prior, &desired, &digests)
}

/// The properties that differ.
fn differing(type_name: &str, before: &Json, after: &Json) -> Vec<String> {
    compared(type_name, before, after, "", "").into_iter().map(|change| change.property).collect()
}

fn environment(name: &str) -> Json {
    json!({"$secret": {"environment": name}})
}

fn generated(length: u32) -> Json {
    json!({"$secret": {"generated": {"length": length}}})
}

#[test]
fn a_secret_within_a_property_is_compared_by_its_value() {
    let login = json!({"Login": {"User": "ada", "Password": environment("P")}});
    let compared = |now| compared(DATABASE, &login, &login, "Login.Password", now);
    assert_eq!(compared("old"), []);
    let changed: Vec<_> = compared("new").into_iter().map(|change| change.property).collect();
    assert_eq!(changed, ["Login.Password"]);
}

#[test]
fn a_secret_that_stays_is_not_told_of_beside_what_changes() {
    let login = |user: &str, password: Json| json!({"Login": {"User": user, "Password": password}});
    assert_eq!(differing(DATABASE, &login("ada", environment("P")), &login("eve", environment("P"))), ["Login.User"]);
    let both = ["Login.Password", "Login.User"];
    assert_eq!(differing(DATABASE, &login("ada", generated(20)), &login("eve", generated(20))), both);
    assert_eq!(differing(DATABASE, &login("ada", generated(20)), &login("eve", generated(30))), both, "once");
}

#[test]
fn a_generated_secret_is_made_anew_wherever_its_property_is_sent_again() {
    let login = json!({"Login": {"Password": generated(20), "Token": environment("T")}});
    let changed = compared(DATABASE, &login, &login, "Login.Token", "new");
    assert_eq!(changed.iter().map(|it| it.property.as_str()).collect::<Vec<_>>(), ["Login.Password", "Login.Token"]);

    let function = |timeout: u32, subnets: [&str; 2]| {
        let network = json!({"SubnetIds": subnets, "Password": generated(20)});
        json!({"Timeout": timeout, "VpcConfig": network})
    };
    let (before, reordered) = (function(1, ["a", "b"]), function(2, ["b", "a"]));
    assert_eq!(differing(FUNCTION, &before, &reordered), ["Timeout", "VpcConfig.Password"]);
    assert_eq!(differing(FUNCTION, &before, &function(1, ["b", "a"])), [""; 0], "nothing is sent");
}

#[test]
fn a_plain_value_of_a_property_that_holds_a_secret_is_not_shown() {
    let password = |value: &str| json!({"MasterUserPassword": value});
    let change = &compared(DATABASE, &password("old"), &password("new"), "", "")[0];
    assert_eq!((&change.from, &change.to), (&Rendered::Sensitive, &Rendered::Sensitive));
}

#[test]
fn a_whole_value_replaces_where_a_part_of_it_does() {
    let replaces = |rule: Json| compared(RULES, &json!({}), &json!({"DBSecurityGroupIngress": [rule]}), "", "");
    assert_eq!(replaces(json!({"CIDRIP": "10.0.0.0/8"}))[0].replacement, Replacement::Never);
    assert_eq!(replaces(json!({"EC2SecurityGroupId": "sg-1"}))[0].replacement, Replacement::Always);
}
