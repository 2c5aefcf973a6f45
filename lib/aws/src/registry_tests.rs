//! What holds for every handler.

use std::cell::RefCell;
use std::collections::BTreeSet;

use groundplan_engine::Provider;
use groundplan_engine::provider::Recovery;
use groundplan_schema::{all, lookup};
use serde::de::value::Error as PlainError;
use serde::de::{self, DeserializeSeed, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use serde_json::json;

use super::*;
use crate::replay::{Answer, aws, create};

#[test]
fn each_type_has_one_handler() {
    let names: Vec<_> = native_types().collect();
    let distinct: BTreeSet<_> = names.iter().collect();
    assert_eq!(names.len(), distinct.len(), "a type has two handlers");
}

#[test]
fn the_table_of_facts_knows_which_types_can_be_managed() {
    for name in groundplan_schema::all() {
        let unsupported = lookup(name).unwrap().unsupported();
        assert_eq!(find(name).is_some(), unsupported.is_none(), "{name}: {unsupported:?}");
    }
}

#[test]
fn every_type_is_published() {
    for name in native_types() {
        assert!(lookup(name).is_some(), "AWS publishes no {name}");
    }
}

#[test]
fn every_supported_property_is_published() {
    for handler in HANDLERS {
        let schema = lookup(handler.type_name()).unwrap();
        for (path, _) in handler.property_paths() {
            assert!(schema.property(&path).is_some(), "{} has no {path}", schema.name);
        }
    }
}

#[test]
fn every_required_property_is_supported() {
    for handler in HANDLERS {
        let schema = lookup(handler.type_name()).unwrap();
        let supported: BTreeSet<_> = handler.property_paths().into_iter().map(|(path, _)| path).collect();
        for name in schema.required() {
            assert!(supported.contains(name), "{} requires {name}", schema.name);
        }
    }
}

#[test]
fn secrets_and_only_secrets_are_taken_as_secrets() {
    for handler in HANDLERS {
        let schema = lookup(handler.type_name()).unwrap();
        for (path, secret) in handler.property_paths() {
            assert_eq!(secret, schema.is_sensitive(&path), "{} {path}", schema.name);
        }
    }
}

#[test]
fn every_type_behaves_as_the_table_of_facts_says_but_for_the_way_through_cloud_control() {
    for name in all() {
        let facts = groundplan_schema::behavior(name).unwrap();
        let Some(handler) = find(name) else { continue };
        let behavior = handler.behavior();
        assert_eq!(behavior.coexists, facts.coexists, "{name}");
        if native_types().any(|native| native == name) {
            assert_eq!(behavior, facts, "{name}");
        } else {
            assert_eq!(behavior.recovery, Recovery::ClientToken, "{name}");
            assert!(behavior.wait.timeout >= facts.wait.timeout, "{name}");
        }
    }
}

#[test]
fn an_unsupported_property_is_an_error_that_says_what_is_supported() {
    let handler = find("AWS::EC2::InternetGateway").unwrap();
    let properties = serde_json::json!({"Color": "red"});
    let error = handler.check(properties.as_object().unwrap()).unwrap_err();
    assert_eq!(error.message(), "AWS::EC2::InternetGateway: `Color` is not supported; supported are Tags");
}

/// Every place that `H` reads, found by letting it read anything.
pub(super) fn property_paths<H: Handler>() -> Vec<(String, bool)> {
    let found = RefCell::default();
    let answered = H::deserialize(Probe { path: String::new(), found: &found }).is_ok();
    assert!(answered, "a probe answers everything");
    found.into_inner()
}

/// Has an answer for whatever type asks, and writes down which properties were asked for.
struct Probe<'a> {
    path: String,
    found: &'a RefCell<Vec<(String, bool)>>,
}

macro_rules! answers {
    ($($method:ident $visit:ident $value:expr;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, PlainError> {
            visitor.$visit($value)
        }
    )*};
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = PlainError;

    answers! {
        deserialize_bool visit_bool false;
        deserialize_i32 visit_i32 0;
        deserialize_i64 visit_i64 0;
        deserialize_f64 visit_f64 0.0;
        deserialize_str visit_str "";
        deserialize_string visit_str "";
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, PlainError> {
        visitor.visit_unit()
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, PlainError> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> std::result::Result<V::Value, PlainError> {
        if name == "Sensitive"
            && let Some(entry) = self.found.borrow_mut().iter_mut().find(|(path, _)| *path == self.path)
        {
            entry.1 = true;
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, PlainError> {
        visitor.visit_seq(Once(Some(self)))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> std::result::Result<V::Value, PlainError> {
        visitor.visit_map(de::value::MapDeserializer::new(std::iter::empty::<(&str, &str)>()))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> std::result::Result<V::Value, PlainError> {
        visitor.visit_map(Fields { probe: self, fields: fields.iter(), current: "" })
    }

    forward_to_deserialize_any! {
        i8 i16 u8 u16 u32 u64 i128 u128 f32 char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier
        ignored_any
    }
}

struct Once<'a>(Option<Probe<'a>>);

impl<'de> de::SeqAccess<'de> for Once<'_> {
    type Error = PlainError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> std::result::Result<Option<T::Value>, PlainError> {
        self.0.take().map(|probe| seed.deserialize(probe)).transpose()
    }
}

struct Fields<'a> {
    probe: Probe<'a>,
    fields: std::slice::Iter<'static, &'static str>,
    current: &'static str,
}

impl<'de> de::MapAccess<'de> for Fields<'_> {
    type Error = PlainError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> std::result::Result<Option<K::Value>, PlainError> {
        let Some(field) = self.fields.next() else { return Ok(None) };
        self.current = field;
        seed.deserialize(field.into_deserializer()).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> std::result::Result<V::Value, PlainError> {
        let Probe { path, found } = &self.probe;
        let path = if path.is_empty() { self.current.to_owned() } else { format!("{path}.{}", self.current) };
        found.borrow_mut().push((path.clone(), false));
        seed.deserialize(Probe { path, found })
    }
}

/// A role's inline policy that reads `actions`; none where there is no such policy. Gives what came of a
/// create that wants `s3:GetObject`, and how often the policy was written.
async fn over(actions: Option<&'static str>) -> (std::result::Result<Accepted, ErrorClass>, usize) {
    let (aws, log) = aws(move |sent| match (sent.contains("Action=GetRolePolicy"), actions) {
        (true, Some(action)) => Answer::ok(format!(
            "<GetRolePolicyResponse><GetRolePolicyResult><RoleName>r</RoleName><PolicyName>p</PolicyName><PolicyDocument>\
             {}</PolicyDocument></GetRolePolicyResult></GetRolePolicyResponse>",
            policy(action).to_string().replace('"', "&quot;")
        )),
        (true, None) => Answer::Is(
            404,
            "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>no such policy</Message></Error></ErrorResponse>"
                .to_owned(),
        ),
        (false, _) => Answer::empty(sent),
    });
    let properties = json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": policy("s3:GetObject")});
    let created = aws.create(&create("AWS::IAM::RolePolicy", properties)).await;
    (created.map_err(|error| error.class), log.count("Action=PutRolePolicy"))
}

fn policy(action: &str) -> serde_json::Value {
    json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
}

#[tokio::test(start_paused = true)]
async fn what_a_create_call_would_overwrite_is_left_alone_unless_it_is_as_it_should_be() {
    let (created, writes) = over(None).await;
    assert!(created.is_ok() && writes == 1, "{created:?}");
    let (created, writes) = over(Some("s3:GetObject")).await;
    assert!(created.is_ok() && writes == 1, "an earlier attempt has made it: {created:?}");
    assert_eq!(over(Some("s3:*")).await, (Err(ErrorClass::AlreadyExists), 0));
    let (aws, log) = aws(|_| Answer::Lost);
    let properties = json!({"RoleName": "r", "PolicyName": "p", "PolicyDocument": policy("s3:GetObject")});
    let error = aws.create(&create("AWS::IAM::RolePolicy", properties)).await.unwrap_err();
    assert_eq!((error.class, log.count("Action=PutRolePolicy")), (ErrorClass::Transient, 0), "nothing is in doubt");
}
