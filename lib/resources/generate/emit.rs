//! Writes the code of a service.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use groundplan_schema::{Kind, Properties, Property, Reference, Replacement, ResourceType};

use super::ids::{Id, Ids, is_text};
use super::kinds::{Place, shape};
use super::names;
use super::values::{self, Values};

/// The address of AWS's documentation of resource types.
const REFERENCE: &str = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference";

/// The code of a service's module.
pub(crate) fn service(service: &str, resources: &[&'static ResourceType], ids: &Ids, enabled: bool) -> String {
    let mut code = Code { text: String::new(), indent: 0 };
    let namespace = resources[0].name.rsplit_once("::").map_or("", |(namespace, _)| namespace);
    code.line(&format!("//! Resource types of `{namespace}`. Generated from AWS's published schema."));
    let structs = names::distinct(resources.iter().map(|resource| resource.short_name()), names::camel);
    assert!(structs.iter().all(|(name, rust)| names::camel(name) == *rust), "two resource types of {service} collide");
    assert_apart(structs.values());
    if enabled {
        code.line("");
        code.line("use groundplan_core as gp;");
    }
    for resource in resources {
        if enabled {
            let values = &Values::new(resource);
            write_resource(&mut code, Place { service, resource, nested: false, ids, values });
        } else {
            write_stub(&mut code, service, &structs[resource.short_name()]);
        }
    }
    write_ids(&mut code, service, ids, enabled);
    code.text
}

/// Asserts that no struct has the name of the struct of another one's required values.
fn assert_apart<'a>(structs: impl Iterator<Item = &'a String> + Clone) {
    let required: BTreeSet<_> = structs.clone().map(|name| names::required(name)).collect();
    structs.for_each(|name| assert!(!required.contains(name), "{name} collides with required values"));
}

/// Text with indented lines.
struct Code {
    text: String,
    indent: usize,
}

impl Code {
    fn line(&mut self, line: &str) {
        if !line.is_empty() {
            (0..self.indent).for_each(|_| self.text.push_str("    "));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    /// A block in braces.
    fn block(&mut self, head: &str, body: impl FnOnce(&mut Self)) {
        self.line(&format!("{head} {{"));
        self.indent += 1;
        body(self);
        self.indent -= 1;
        self.line("}");
    }
}

/// Writes a stub that is configured out, so that the compiler can name the missing feature.
fn write_stub(code: &mut Code, service: &str, name: &str) {
    code.line("");
    code.line(&format!("#[cfg(feature = {service:?})]"));
    code.line(&format!("pub struct {name};"));
}

fn write_resource(code: &mut Code, place: Place<'_>) {
    let resource = place.resource;
    let (name, module) = (names::resource(resource), names::nested_module(resource));
    let page = resource.name.replace("::", "-").to_lowercase();
    let page = page.strip_prefix("aws-").unwrap_or(&page);
    let mut docs = vec![format!("[`{}`]({REFERENCE}/aws-resource-{page}.html).", resource.name)];
    if resource.stateful {
        docs.push("Holds data that is lost with it.".into());
    }
    if let Some(transform) = resource.transform {
        docs.push(format!("Not a resource of AWS by itself: the macro `{transform}` makes others of it."));
    }
    code.line("");
    let top = Structure { nested: "", name: &name, docs: &docs, properties: &resource.properties };
    write_struct(code, &top, place, &BTreeSet::new());
    code.line("");
    code.block(&format!("impl gp::Resource for {name}"), |code| {
        code.line(&format!("const TYPE: &'static str = {:?};", resource.name));
        code.line(&format!("type Attributes = {module}::Attributes;"));
    });
    for (id, attribute) in place.ids.identifying(resource) {
        code.line("");
        code.block(&format!("impl gp::Identifies<{}> for {name}", place.id(id)), |code| {
            code.line(&format!("const ATTRIBUTE: &'static str = {attribute:?};"));
        });
    }
    if let [attribute] = resource.reference()
        && is_text(&Reference { resource: resource.name, attribute })
    {
        code.line("");
        code.block(&format!("impl gp::HasRef for {name}"), |code| {
            code.line(&format!("const ATTRIBUTE: &'static str = {attribute:?};"));
        });
    }
    if let Some(attribute) = place.ids.arn(resource) {
        code.line("");
        code.block(&format!("impl gp::Identifies<crate::Arn> for {name}"), |code| {
            code.line(&format!("const ATTRIBUTE: &'static str = {attribute:?};"));
        });
    }
    code.line("");
    code.line(&format!("/// Outputs and nested types of [`{name}`]."));
    code.block(&format!("pub mod {module}"), |code| {
        code.line("use groundplan_core as gp;");
        let place = Place { nested: true, ..place };
        write_attributes(code, &name, place);
        let boxed = boxed(&resource.types);
        let types = names::distinct(resource.types.keys().copied(), names::nested);
        assert!(types.iter().all(|(name, rust)| names::nested(name) == *rust), "types of {} collide", resource.name);
        assert_apart(types.values());
        for (nested, properties) in &resource.types {
            let page = format!("aws-properties-{page}-{}", nested.to_lowercase());
            let docs = [format!("[`{}.{nested}`]({REFERENCE}/{page}.html).", resource.name)];
            let name = names::nested(nested);
            code.line("");
            let boxed = boxed.iter().filter(|(owner, _)| owner == nested).map(|(_, name)| *name).collect();
            write_struct(code, &Structure { nested, name: &name, docs: &docs, properties }, place, &boxed);
        }
        write_values(code, place.values);
    });
}

/// The types of published values: a constant for each value.
fn write_values(code: &mut Code, values: &Values) {
    for (name, (property, published)) in &values.types {
        code.line("");
        code.line(&format!("/// The values of `{property}` that AWS publishes."));
        code.line(&format!("pub enum {name} {{}}"));
        code.line("");
        code.block(&format!("impl {name}"), |code| {
            for (value, constant) in values::constants(published) {
                code.line(&format!("/// `{value}`."));
                code.line(&format!("pub const {constant}: gp::OneOf<Self> = gp::OneOf::known({value:?});"));
            }
        });
    }
}

/// A struct with properties, to be written.
struct Structure<'a> {
    /// CloudFormation's name of the nested type; empty for the resource itself.
    nested: &'a str,
    name: &'a str,
    docs: &'a [String],
    properties: &'a Properties,
}

fn write_struct(code: &mut Code, structure: &Structure<'_>, place: Place<'_>, boxed: &BTreeSet<&str>) {
    let Structure { nested, name, docs, properties } = *structure;
    assert!(!names::OF_STD.contains(&name), "{name} hides a name of std");
    let fields = names::distinct(properties.keys().copied(), names::field);
    let fields: Vec<_> = properties
        .iter()
        .map(|(cfn, property)| Field {
            cfn,
            rust: &fields[cfn],
            kind: place.property(nested, cfn, property),
            property,
            boxed: boxed.contains(cfn),
        })
        .collect();
    docs.iter().for_each(|doc| code.line(&format!("/// {doc}")));
    code.block(&format!("pub struct {name}"), |code| {
        for field in &fields {
            code.line(&format!("/// {}", field.docs()));
            code.line(&format!("pub {}: {},", field.rust, field.slot()));
        }
    });
    let required: Vec<_> = fields.iter().filter(|field| field.property.required).collect();
    if required.len() > 1 {
        write_required(code, name, &required);
    }
    code.line("");
    code.block(&format!("impl {name}"), |code| {
        write_new(code, name, &required);
        fields.iter().for_each(|field| field.write_setter(code));
    });
    code.line("");
    code.block(&format!("impl gp::Fields for {name}"), |code| {
        code.line("#[inline]");
        code.block("fn unset() -> Self", |code| {
            code.block("Self", |code| fields.iter().for_each(|field| code.line(&format!("{}: None,", field.rust))));
        });
        code.line("");
        let visitor = if fields.is_empty() { "_" } else { "visitor" };
        code.block(&format!("fn fields<V: gp::FieldVisitor>(&mut self, {visitor}: &mut V)"), |code| {
            fields.iter().for_each(|field| field.write_visit(code));
        });
    });
}

/// Writes the struct for several required values: a type parameter for each, so that a field takes any type that
/// provides its value and a literal without one does not compile.
fn write_required(code: &mut Code, name: &str, required: &[&Field<'_>]) {
    let parameters: Vec<_> = required.iter().map(|field| field.parameter()).collect();
    code.line("");
    code.line(&format!("/// The required values of a [`{name}`], by name."));
    code.block(&format!("pub struct {}<{}>", names::required(name), parameters.join(", ")), |code| {
        for (field, parameter) in required.iter().zip(&parameters) {
            code.line(&format!("/// {}", field.docs()));
            code.line(&format!("pub {}: {parameter},", field.rust));
        }
    });
}

fn write_new(code: &mut Code, name: &str, required: &[&Field<'_>]) {
    let body = |code: &mut Code, from: &str| {
        code.line("let mut it: Self = gp::Fields::unset();");
        for field in required {
            code.line(&format!("it.{} = {};", field.rust, field.provide(&format!("{from}{}", field.rust))));
        }
        code.line("it");
    };
    match required {
        [] => {
            code.line("/// Creates it without properties.");
            code.line("#[inline]");
            code.block("pub fn new() -> Self", |code| code.line("gp::Fields::unset()"));
        }
        [only] => {
            code.line("/// Creates it with its required values.");
            let head = format!("pub fn new({}: impl gp::Provides<{}>) -> Self", only.rust, only.kind);
            code.block(&head, |code| body(code, ""));
        }
        _ => {
            code.line("/// Creates it with its required values.");
            let takes: Vec<_> = required.iter().map(|field| format!("impl gp::Provides<{}>", field.kind)).collect();
            let head = format!("pub fn new(required: {}<{}>) -> Self", names::required(name), takes.join(", "));
            code.block(&head, |code| body(code, "required."));
        }
    }
}

struct Field<'a> {
    cfn: &'a str,
    rust: &'a str,
    kind: String,
    property: &'a Property,
    /// `true` if the struct would hold itself if the field were not boxed.
    boxed: bool,
}

impl Field<'_> {
    fn slot(&self) -> String {
        let kind = &self.kind;
        if self.boxed { format!("Option<Box<gp::Input<{kind}>>>") } else { format!("Option<gp::Input<{kind}>>") }
    }

    /// Returns the type parameter of the argument, named like the field.
    fn parameter(&self) -> String {
        let name = names::camel(self.rust);
        if names::OF_STD.contains(&name.as_str()) { name + "Value" } else { name }
    }

    fn provide(&self, value: &str) -> String {
        if self.boxed { format!("Some(Box::new({value}.provide()))") } else { format!("Some({value}.provide())") }
    }

    fn write_setter(&self, code: &mut Code) {
        code.line("");
        code.line(&format!("/// Sets {}", self.docs()));
        let head = format!("pub fn {}<How>(mut self, value: impl gp::Setting<{}, How>) -> Self", self.rust, self.kind);
        code.block(&head, |code| {
            let setting = if self.boxed { "value.setting().map(Box::new)" } else { "value.setting()" };
            code.line(&format!("self.{} = {setting};", self.rust));
            code.line("self");
        });
    }

    fn write_visit(&self, code: &mut Code) {
        let Self { cfn, rust, .. } = self;
        if self.boxed {
            code.line(&format!("let mut slot = self.{rust}.take().map(|boxed| *boxed);"));
            code.line(&format!("visitor.field({cfn:?}, &mut slot);"));
            code.line(&format!("self.{rust} = slot.map(Box::new);"));
        } else {
            code.line(&format!("visitor.field({cfn:?}, &mut self.{rust});"));
        }
    }

    /// The facts about the property, in one line.
    fn docs(&self) -> String {
        let property = self.property;
        let mut docs = format!("`{}`.", self.cfn);
        if property.required {
            docs.push_str(" Required.");
        }
        docs.push_str(match property.replacement {
            Replacement::Never => "",
            Replacement::Maybe => " A change may replace the resource.",
            Replacement::Always => " A change replaces the resource.",
        });
        if property.deprecated {
            docs.push_str(" AWS advises against it.");
        }
        if !property.references.is_empty() {
            let targets: BTreeSet<_> = property.references.iter().map(|target| target.resource).collect();
            let targets: Vec<_> = targets.iter().map(|target| format!("`{target}`")).collect();
            let _ = write!(docs, " Refers to {}.", targets.join(", "));
        }
        if (1..=12).contains(&property.allowed.len()) {
            let allowed: Vec<_> = property.allowed.iter().map(|value| format!("`{value}`")).collect();
            let _ = write!(docs, " One of {}.", allowed.join(", "));
        }
        if let Some(default) = property.default.as_ref().filter(|default| !default.to_string().contains('`')) {
            let _ = write!(docs, " Default: `{default}`.");
        }
        docs
    }
}

fn write_attributes(code: &mut Code, name: &str, place: Place<'_>) {
    let resource = place.resource;
    let mut outputs: BTreeMap<&str, &Kind> =
        resource.attributes.iter().map(|(name, attribute)| (*name, &attribute.kind)).collect();
    let readable = resource.properties.iter().filter(|(_, property)| {
        let simple = matches!(property.kind.element(), Kind::String | Kind::Integer | Kind::Number | Kind::Boolean);
        simple && !property.sensitive && !property.write_only
    });
    for (name, property) in readable {
        outputs.entry(name).or_insert(&property.kind);
    }
    let methods = names::distinct(outputs.keys().copied(), names::output);
    code.line("");
    code.line(&format!("/// The attributes of a [`{name}`](super::{name}) that exists."));
    code.line("pub struct Attributes(gp::Node);");
    code.line("");
    code.block("impl From<gp::Node> for Attributes", |code| {
        code.line("#[inline]");
        code.block("fn from(node: gp::Node) -> Self", |code| code.line("Self(node)"));
    });
    if outputs.is_empty() {
        return;
    }
    code.line("");
    code.block("impl Attributes", |code| {
        for (at, (cfn, kind)) in outputs.iter().enumerate() {
            if at > 0 {
                code.line("");
            }
            code.line(&format!("/// `{cfn}`."));
            code.line("#[inline]");
            if resource.is_secret_attribute(cfn) {
                let identifier = resource.reference().last().expect("what has an attribute has an identifier");
                code.block(&format!("pub fn {}(&self) -> gp::Secret", methods[cfn]), |code| {
                    code.line(&format!("self.0.secret({identifier:?}, {cfn:?})"));
                });
                continue;
            }
            let output = place.output(cfn, kind);
            code.block(&format!("pub fn {}(&self) -> gp::Output<{output}>", methods[cfn]), |code| {
                code.line(&format!("self.0.output({cfn:?})"));
            });
        }
    });
}

fn write_ids(code: &mut Code, service: &str, ids: &Ids, enabled: bool) {
    let path = |id: &Id| {
        if id.service == service { id.name.clone() } else { format!("crate::{}::{}", id.service, id.name) }
    };
    let unions: Vec<_> = ids.unions_of_service(service).collect();
    let own: Vec<_> = ids.of_service(service, enabled).collect();
    if own.is_empty() && unions.is_empty() {
        return;
    }
    code.line("");
    code.block("crate::ids!", |code| {
        for (id, target) in &own {
            code.line(&format!("/// `{}` of `{}`.", target.attribute, target.resource));
            code.line(&format!("{},", id.name));
        }
        for (id, members) in &unions {
            let members: Vec<_> = members.iter().map(|id| format!("[`{}`]({})", id.name, path(id))).collect();
            code.line(&format!("/// One of {}.", members.join(", ")));
            code.line(&format!("{},", id.name));
        }
    });
    for (id, members) in &unions {
        code.line("");
        let members: Vec<_> = members.iter().map(|id| path(id)).collect();
        let wider: Vec<_> = ids.wider(id).map(path).collect();
        let wider = if wider.is_empty() { String::new() } else { format!(" => {}", wider.join(", ")) };
        code.line(&format!("crate::union!({}: {}{wider});", id.name, members.join(", ")));
    }
    let arns: Vec<_> = own.iter().map(|(id, _)| *id).chain(unions.iter().map(|(id, _)| *id)).collect();
    let arns: Vec<_> = arns.into_iter().filter(|id| ids.is_arn(id)).map(|id| id.name.as_str()).collect();
    if !arns.is_empty() {
        code.line("");
        code.line(&format!("crate::arns!({});", arns.join(", ")));
    }
}

/// The properties, as (type, property), through which a type would hold itself.
fn boxed<'a>(types: &'a BTreeMap<&'static str, Properties>) -> BTreeSet<(&'a str, &'a str)> {
    let mut edges: Vec<(&str, &str, &str)> = Vec::new();
    for (owner, properties) in types {
        for (name, property) in properties {
            if let Kind::Type(held) = shape(&property.kind) {
                edges.push((owner, name, held));
            }
        }
    }
    let reaches = |from: &str, to: &str| {
        let (mut open, mut seen) = (vec![from], BTreeSet::new());
        while let Some(at) = open.pop() {
            if at == to {
                return true;
            }
            if seen.insert(at) {
                open.extend(edges.iter().filter(|(owner, ..)| *owner == at).map(|(.., held)| *held));
            }
        }
        false
    };
    edges.iter().filter(|(owner, _, held)| reaches(held, owner)).map(|(owner, name, _)| (*owner, *name)).collect()
}
