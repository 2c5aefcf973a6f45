//! Translates an assembly into CloudFormation templates, to avoid lock-in.
//!
//! [`templates`] returns a template for each stack. What CloudFormation cannot express directly is either translated or
//! reported. Nothing that affects the deployed resources is dropped:
//!
//! | in the assembly | in the template |
//! |---|---|
//! | the path | a logical id of its names and a hash, so that no other resource changes it |
//! | a reference | `Ref` or `Fn::GetAtt`; a property that CloudFormation does not return is written out |
//! | a reference to another stack of the app | `Fn::ImportValue` of an export |
//! | an output of the app | an output with the export `APP-NAME` |
//! | an output of another app | `Fn::ImportValue` of that export, so within one account and region |
//! | an output of a lookup | a parameter; the zones of the region are `Fn::GetAZs` |
//! | a string composed of outputs | `Fn::Sub`, or `Fn::Join` around other functions |
//! | a part of an address block | `Fn::Select` of `Fn::Cidr` |
//! | a secret of Secrets Manager | a dynamic reference |
//! | a generated secret that Secrets Manager keeps | `GenerateSecretString` |
//! | any other secret | a parameter that is not echoed |
//! | a security group without outbound rules | one outbound rule that nothing matches |
//! | a stateful resource | `DeletionPolicy` and `UpdateReplacePolicy` that keep it |
//!
//! Of the lifecycle, the order of a replacement, ignored changes and moves concern the engine
//! only.

mod document;
mod lookup;

use std::collections::{BTreeMap, BTreeSet};

use document::has_open_keys;
use groundplan_schema as schema;
use serde_json::{Map, Value as Json, json};

use crate::assembly::{Assembly, ResourceEntry};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::path::Path;
use crate::value::{
    CrossAppReference, Deferred, GeneratedSecret, Reference, SecretSource, SecretsManagerEntry, SubnetOf, Value,
    ValueType,
};

/// Properties that AWS sets by itself and CloudFormation gives back on another resource, as the
/// first element of a list: type, property, the property that names the other one, its attribute.
const ELSEWHERE: [(&str, &str, &str, &str); 1] =
    [("AWS::EC2::VPCCidrBlock", "Ipv6CidrBlock", "VpcId", "Ipv6CidrBlocks")];

/// The most blocks that one `Fn::Cidr` gives.
const CIDR_COUNT: u32 = 256;

/// The rules of a group that lets nothing out. CloudFormation takes an empty list for AWS's default,
/// which lets everything out; a rule that nothing can match takes the place of that.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-ec2-securitygroup.html>
fn nothing_out() -> Json {
    json!([{"IpProtocol": "icmp", "FromPort": 252, "ToPort": 86, "CidrIp": "255.255.255.255/32"}])
}

/// Returns the template of each stack, by the name of the stack.
///
/// # Errors
/// A diagnostic for everything that CloudFormation cannot express, with its path.
pub fn templates(assembly: &Assembly) -> Result<BTreeMap<String, Json>, Diagnostics> {
    let ids = logical_ids(assembly);
    let mut shared = Shared::default();
    let mut sections: BTreeMap<&str, Sections> = BTreeMap::new();
    for stack in assembly.stacks.keys() {
        let mut translator = Translator::new(assembly, &ids, stack, &mut shared);
        sections.insert(stack, translator.sections());
    }
    while let Some(reference) = shared.imported.iter().find(|reference| !shared.exported.contains(reference)).cloned() {
        shared.exported.insert(reference.clone());
        let Some((stack, _)) = assembly.stacks.get_key_value(reference.path.stack()) else { continue };
        let mut translator = Translator::new(assembly, &ids, stack, &mut shared);
        let export =
            json!({"Value": translator.reference(&reference), "Export": {"Name": translator.export_name(&reference)}});
        let id = translator.export_id(&reference);
        sections.entry(stack).or_default().outputs.insert(id, export);
    }
    if !shared.diagnostics.is_empty() {
        return Err(Diagnostics(shared.diagnostics));
    }
    let app = &assembly.app;
    let write = |(stack, sections): (&str, Sections)| {
        (stack.to_owned(), sections.into_template(&format!("{app}, stack {stack}")))
    };
    Ok(sections.into_iter().map(write).collect())
}

/// Data that the stacks share.
#[derive(Default)]
struct Shared {
    /// References from another stack.
    imported: BTreeSet<Reference>,
    /// Those whose export is written.
    exported: BTreeSet<Reference>,
    diagnostics: Vec<Diagnostic>,
}

/// The sections of one template, in the order of the document.
#[derive(Default)]
struct Sections {
    parameters: BTreeMap<String, Json>,
    resources: Map<String, Json>,
    outputs: BTreeMap<String, Json>,
}

impl Sections {
    fn into_template(self, description: &str) -> Json {
        let mut template = json!({"AWSTemplateFormatVersion": "2010-09-09", "Description": description});
        for (name, section) in [
            ("Parameters", json!(self.parameters)),
            ("Resources", json!(self.resources)),
            ("Outputs", json!(self.outputs)),
        ] {
            if section.as_object().is_some_and(|entries| !entries.is_empty()) || name == "Resources" {
                template[name] = section;
            }
        }
        template
    }
}

/// The logical ids of all resources: the names of the path below its stack, and a hash of the path.
fn logical_ids(assembly: &Assembly) -> BTreeMap<&Path, String> {
    let mut taken = BTreeSet::new();
    let id = |path: &Path| {
        let names = path.as_str().split_once('/').map_or(path.as_str(), |(_, below)| below);
        let mut hash = fnv(path.as_str().as_bytes(), FNV_START);
        loop {
            let id = format!("{:.240}{:08X}", pascal_case(names), hash);
            if taken.insert((path.stack().to_owned(), id.clone())) {
                return id;
            }
            hash = fnv(path.as_str().as_bytes(), hash);
        }
    };
    let ids: Vec<_> = assembly.resources.keys().map(id).collect();
    assembly.resources.keys().zip(ids).collect()
}

const FNV_START: u32 = 0x811c_9dc5;

/// The hash FNV-1a: it only has to differ, and must be the same for ever.
fn fnv(bytes: &[u8], start: u32) -> u32 {
    bytes.iter().fold(start, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// `private-a` as `PrivateA`; what is no letter or digit separates words.
fn pascal_case(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let capital = |word: &str| {
        let (first, rest) = word.split_at(1);
        format!("{}{rest}", first.to_ascii_uppercase())
    };
    words.map(capital).collect()
}

/// Writes the values of one stack.
struct Translator<'a> {
    assembly: &'a Assembly,
    ids: &'a BTreeMap<&'a Path, String>,
    stack: &'a str,
    shared: &'a mut Shared,
    parameters: BTreeMap<String, Json>,
    /// The resource or output that is being written.
    at: Path,
    /// The dependencies that no function of CloudFormation in it shows.
    depends_on: BTreeSet<Path>,
    /// References that are being written out, so that a cycle among properties ends.
    inlining: Vec<Reference>,
}

impl<'a> Translator<'a> {
    fn new(
        assembly: &'a Assembly,
        ids: &'a BTreeMap<&'a Path, String>,
        stack: &'a str,
        shared: &'a mut Shared,
    ) -> Self {
        let (at, parameters) = (Path::new(stack), BTreeMap::new());
        Self { assembly, ids, stack, shared, parameters, at, depends_on: BTreeSet::new(), inlining: Vec::new() }
    }

    fn sections(&mut self) -> Sections {
        let mut sections = Sections::default();
        for (path, entry) in &self.assembly.resources {
            if path.stack() == self.stack {
                sections.resources.insert(self.ids[path].clone(), self.resource(path, entry));
            }
        }
        self.at = Path::new(self.stack);
        for (name, value) in &self.assembly.outputs {
            if self.publishes(value) {
                let mut id = pascal_case(name);
                if sections.outputs.contains_key(&id) {
                    id.push_str(&format!("{:08X}", fnv(name.as_bytes(), FNV_START)));
                }
                let export = json!({"Name": app_export(&self.assembly.app, name)});
                let output = json!({"Description": name, "Value": self.text(name, value), "Export": export});
                sections.outputs.insert(id, output);
            }
        }
        sections.parameters = std::mem::take(&mut self.parameters);
        sections
    }

    /// An output belongs to the stack that it first refers to, or else to the first stack.
    fn publishes(&self, value: &Value) -> bool {
        let first = value.references().first().map(|reference| reference.path.stack());
        first.or(self.assembly.stacks.keys().next().map(String::as_str)) == Some(self.stack)
    }

    fn resource(&mut self, path: &Path, entry: &ResourceEntry) -> Json {
        self.at = path.clone();
        self.depends_on = entry.depends_on.clone();
        if schema::lookup(&entry.type_name).is_none() {
            self.report(Code::TemplateType, format!("CloudFormation has no resource type `{}`", entry.type_name));
        }
        let properties = self.properties(entry);
        let mut resource = Map::new();
        resource.insert("Type".into(), entry.type_name.clone().into());
        let local = self.depends_on.iter().filter(|other| other.stack() == self.stack && *other != path);
        let depends_on: Vec<_> = local.filter_map(|other| self.ids.get(other).cloned()).collect();
        if !depends_on.is_empty() {
            resource.insert("DependsOn".into(), depends_on.into());
        }
        if let Some(policy) = deletion_policy(entry) {
            resource.insert("DeletionPolicy".into(), policy.into());
            resource.insert("UpdateReplacePolicy".into(), policy.into());
        }
        resource.insert("Metadata".into(), json!({"groundplan:path": path.as_str()}));
        if !properties.is_empty() {
            resource.insert("Properties".into(), properties.into());
        }
        resource.into()
    }

    fn properties(&mut self, entry: &ResourceEntry) -> Map<String, Json> {
        let mut properties = Map::new();
        for (name, value) in &entry.properties {
            match (entry.type_name.as_str(), name.as_str(), value) {
                ("AWS::SecretsManager::Secret", "SecretString", Value::Secret(SecretSource::Generated(secret))) => {
                    properties.insert("GenerateSecretString".into(), generated(secret));
                }
                ("AWS::EC2::SecurityGroup", "SecurityGroupEgress", Value::List(rules)) if rules.is_empty() => {
                    properties.insert(name.clone(), nothing_out());
                }
                _ => {
                    let value = if has_open_keys(value) {
                        self.json_text(&entry.type_name, name, value)
                    } else {
                        self.value(name, value)
                    };
                    properties.insert(name.clone(), value);
                }
            }
        }
        properties
    }

    /// A value as the document has it. `name` is the property that it is in.
    fn value(&mut self, name: &str, value: &Value) -> Json {
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_json(),
            Value::List(items) => items.iter().map(|item| self.value(name, item)).collect(),
            Value::Map(entries) => {
                entries.iter().map(|(key, value)| (key.clone(), self.value(key, value))).collect::<Map<_, _>>().into()
            }
            Value::Secret(source) => self.secret(name, source),
            Value::Deferred(deferred) => self.deferred(name, deferred),
        }
    }

    /// A value that CloudFormation composes when it deploys.
    fn deferred(&mut self, name: &str, deferred: &Deferred) -> Json {
        match deferred {
            Deferred::Ref(reference) => self.reference(reference),
            Deferred::Template(parts) => join(parts.iter().map(|part| self.value(name, part)).collect()),
            Deferred::Subnet(part) => self.subnet(name, part),
            Deferred::WithoutPrefix(part) => {
                let text = self.value(name, &part.text);
                match text.as_str() {
                    Some(known) => known.strip_prefix(&part.prefix).unwrap_or(known).into(),
                    None => json!({"Fn::Select": [1, {"Fn::Split": [part.prefix, text]}]}),
                }
            }
            Deferred::Entries(_) => {
                let message = format!("CloudFormation cannot compose the keys of `{name}`");
                self.report(Code::TemplateKeys, message)
            }
            Deferred::CrossApp(import) => self.import_of_app(import),
        }
    }

    fn reference(&mut self, reference: &Reference) -> Json {
        let Reference { path, attribute, .. } = reference;
        if let (Some(environment), "AccountId") = (self.assembly.stacks.get(path.as_str()), attribute.as_str()) {
            return match &environment.account {
                Some(account) => account.clone().into(),
                None => json!({"Ref": "AWS::AccountId"}),
            };
        }
        if let Some(query) = self.assembly.lookups.get(path) {
            return self.lookup(query, reference);
        }
        let (Some(entry), Some(id)) = (self.assembly.resources.get(path), self.ids.get(path)) else {
            return self
                .report(Code::TemplateReference, format!("there is no resource for the reference `{reference}`"));
        };
        let known = schema::lookup(&entry.type_name);
        let is_ref = known.is_some_and(|known| known.reference() == [attribute.as_str()]);
        let is_attribute = known.is_some_and(|known| known.attributes.contains_key(attribute.as_str()));
        if !is_ref && !is_attribute {
            return self.property_of(reference, entry);
        }
        if path.stack() != self.stack {
            return self.import(reference);
        }
        if is_ref { json!({"Ref": id}) } else { json!({"Fn::GetAtt": [id, attribute]}) }
    }

    /// A property of another resource that CloudFormation does not give back: written out here.
    fn property_of(&mut self, reference: &Reference, entry: &ResourceEntry) -> Json {
        self.depends_on.insert(reference.path.clone());
        if let Some(value) = entry.properties.get(&reference.attribute) {
            if self.inlining.contains(reference) {
                return self.report(Code::TemplateSelfReference, format!("`{reference}` is defined by itself"));
            }
            self.inlining.push(reference.clone());
            let inlined = self.value(&reference.attribute, value);
            self.inlining.pop();
            return inlined;
        }
        let elsewhere = ELSEWHERE
            .iter()
            .find(|(type_name, property, ..)| *type_name == entry.type_name && *property == reference.attribute);
        if let Some((.., by, attribute)) = elsewhere
            && let Some(Value::Deferred(Deferred::Ref(owner))) = entry.properties.get(*by)
        {
            return json!({"Fn::Select": [0, self.reference(&Reference::new(owner.path.clone(), *attribute))]});
        }
        let message = format!("CloudFormation does not say what `{}` a {} has", reference.attribute, entry.type_name);
        self.report(Code::TemplateUnreadable, message)
    }

    fn import(&mut self, reference: &Reference) -> Json {
        let environment = |stack| self.assembly.stacks.get(stack);
        let both = environment(reference.path.stack()).zip(environment(self.stack));
        if !both.is_some_and(|(theirs, own)| theirs.is_same_place(own, None)) {
            let message = format!("a template cannot refer to `{reference}`, which is in another account or region");
            return self.report(Code::TemplateOtherPlace, message);
        }
        self.shared.imported.insert(reference.clone());
        json!({"Fn::ImportValue": self.export_name(reference)})
    }

    /// Returns the reference to another app's output: text; a list is text with its elements joined by commas.
    fn import_of_app(&mut self, import: &CrossAppReference) -> Json {
        let value = json!({"Fn::ImportValue": app_export(&import.app, &import.name)});
        match import.form {
            ValueType::List => json!({"Fn::Split": [",", value]}),
            ValueType::Structure => self.report(
                Code::TemplateOutput,
                format!("the output `{import}` is a structure, and an output of CloudFormation is text"),
            ),
            _ => value,
        }
    }

    fn export_name(&self, reference: &Reference) -> String {
        format!("{}:{}:{}", self.assembly.app, reference.path.stack(), self.export_id(reference))
    }

    fn export_id(&self, reference: &Reference) -> String {
        format!("Export{}{}", self.ids[&reference.path], pascal_case(&reference.attribute))
    }

    fn secret(&mut self, name: &str, source: &SecretSource) -> Json {
        match source {
            SecretSource::SecretsManager(SecretsManagerEntry { secret, key }) => {
                let secret = self.value(name, secret);
                let key = key.as_ref().map_or(String::new(), |key| format!(":SecretString:{key}"));
                join(vec!["{{resolve:secretsmanager:".into(), secret, format!("{key}}}}}").into()])
            }
            // CloudFormation keeps the secret in what the template makes of it.
            SecretSource::Output(output) => {
                let attribute =
                    |reference: &Reference| Reference { attribute: output.attribute.clone(), ..reference.clone() };
                match &*output.resource {
                    Value::Deferred(Deferred::Ref(resource)) => self.value(name, &attribute(resource).into()),
                    known => self.value(name, known),
                }
            }
            SecretSource::Derived { .. } => self.parameter(
                format!("{}{}", self.ids.get(&self.at).map_or("", String::as_str), pascal_case(name)),
                format!("{source}, for {name} of {}", self.at),
            ),
            SecretSource::Environment(variable) => self.parameter(
                pascal_case(&variable.to_ascii_lowercase()),
                format!("what the environment variable {variable} holds"),
            ),
            SecretSource::Generated(secret) => {
                let id = format!("{}{}", self.ids.get(&self.at).map_or("", String::as_str), pascal_case(name));
                self.parameter(id, format!("{} random characters for {name} of {}", secret.length, self.at))
            }
        }
    }

    fn parameter(&mut self, name: String, description: String) -> Json {
        let mut id = format!("Secret{name}");
        let parameter = json!({"Type": "String", "NoEcho": true, "Description": description});
        while self.parameters.get(&id).is_some_and(|known| *known != parameter) {
            id.push('X');
        }
        self.parameters.insert(id.clone(), parameter);
        json!({"Ref": id})
    }

    fn subnet(&mut self, name: &str, part: &SubnetOf) -> Json {
        let block = self.value(name, &part.block);
        if let Some(text) = block.as_str() {
            let known = SubnetOf { block: text.into(), ..part.clone() };
            return match known.evaluate() {
                Some(part) => part.into(),
                None => self.report(
                    Code::TemplateCidr,
                    format!("the block {text} has no part {} of length /{}", part.index, part.prefix),
                ),
            };
        }
        if part.index >= CIDR_COUNT {
            let message =
                format!("Fn::Cidr gives the first {CIDR_COUNT} parts of a block, and this is part {}", part.index);
            return self.report(Code::TemplateCidr, message);
        }
        let ipv6 =
            part.prefix > 32 || part.block.references().iter().any(|reference| reference.attribute.contains("Ipv6"));
        let host_bits = (if ipv6 { 128 } else { 32 }) - part.prefix;
        json!({"Fn::Select": [part.index, {"Fn::Cidr": [block, part.index + 1, host_bits]}]})
    }

    /// The value of an output, which CloudFormation wants to be text.
    fn text(&mut self, name: &str, value: &Value) -> Json {
        match value {
            Value::Bool(_) | Value::Number(_) => value.to_json().to_string().into(),
            Value::List(items) => {
                let items: Vec<_> = items.iter().map(|item| self.text(name, item)).collect();
                json!({"Fn::Join": [",", items]})
            }
            Value::Map(_) | Value::Deferred(Deferred::Entries(_)) | Value::Null => self.report(
                Code::TemplateOutput,
                format!("the output `{name}` is a structure, and an output of CloudFormation is text"),
            ),
            Value::Deferred(Deferred::Ref(reference)) if self.is_list(reference) => {
                json!({"Fn::Join": [",", self.value(name, value)]})
            }
            // As text: a list is published as its elements joined.
            Value::Deferred(Deferred::CrossApp(import)) => {
                self.import_of_app(&CrossAppReference { form: ValueType::String, ..import.clone() })
            }
            Value::String(_) | Value::Secret(_) | Value::Deferred(_) => self.value(name, value),
        }
    }

    /// Returns whether a reference is to an attribute with several values, as a zone's name servers.
    fn is_list(&self, reference: &Reference) -> bool {
        if let Some(query) = self.assembly.lookups.get(&reference.path) {
            return query.output(&reference.attribute).is_some_and(|(output, at)| output.is_list && at.is_none());
        }
        let entry = self.assembly.resources.get(&reference.path);
        let attributes = entry.and_then(|entry| schema::lookup(&entry.type_name)).map(|known| &known.attributes);
        let attribute = attributes.and_then(|attributes| attributes.get(reference.attribute.as_str()));
        attribute.is_some_and(|attribute| matches!(attribute.kind, schema::Kind::List(_)))
    }

    fn report(&mut self, code: Code, message: String) -> Json {
        self.shared.diagnostics.push(Diagnostic::error(code, message).at(self.at.clone()));
        Json::Null
    }
}

/// The export of an output, which is one name for the whole account and region.
fn app_export(app: &str, name: &str) -> String {
    format!("{app}-{name}").replace(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != ':', "-")
}

/// Returns CloudFormation's deletion policy of the resource; `None` if CloudFormation deletes it.
fn deletion_policy(entry: &ResourceEntry) -> Option<&'static str> {
    let schema = schema::lookup(&entry.type_name);
    let stateful = schema.is_some_and(|known| known.stateful);
    let kept = entry.lifecycle.retain || entry.lifecycle.protect;
    // The data of an instance in a cluster is the cluster's.
    let snapshot = schema.and_then(schema::ResourceType::final_snapshot).is_some()
        && !entry.properties.contains_key("DBClusterIdentifier");
    match (kept, stateful) {
        (false, false) => None,
        (false, true) if snapshot => Some("Snapshot"),
        _ => Some("Retain"),
    }
}

fn generated(secret: &GeneratedSecret) -> Json {
    let is_punctuation = |c: &char| c.is_ascii_punctuation();
    let all = ('!'..='~').filter(is_punctuation).all(|c| secret.exclude_characters.contains(c));
    let mut generated = json!({"PasswordLength": secret.length});
    if all {
        generated["ExcludePunctuation"] = true.into();
    }
    let exclude: String = secret.exclude_characters.chars().filter(|c| !(all && is_punctuation(c))).collect();
    if !exclude.is_empty() {
        generated["ExcludeCharacters"] = exclude.into();
    }
    generated
}

/// One string of these parts: `Fn::Sub` where they are text and references, else `Fn::Join`.
fn join(parts: Vec<Json>) -> Json {
    let piece = |part: &Json| {
        let hole = part.as_object().and_then(|function| function.iter().next());
        match (part.as_str(), hole) {
            (Some(text), _) => Some(text.replace("${", "${!")),
            (None, Some((name, Json::String(id)))) if name == "Ref" => Some(format!("${{{id}}}")),
            (None, Some((name, Json::Array(ids)))) if name == "Fn::GetAtt" => {
                let ids: Vec<_> = ids.iter().filter_map(Json::as_str).collect();
                Some(format!("${{{}}}", ids.join(".")))
            }
            _ => None,
        }
    };
    if parts.iter().all(Json::is_string) {
        return parts.iter().filter_map(Json::as_str).collect::<String>().into();
    }
    match parts.iter().map(piece).collect::<Option<String>>() {
        Some(text) => json!({"Fn::Sub": text}),
        None => json!({"Fn::Join": ["", parts]}),
    }
}

#[cfg(test)]
mod tests;
