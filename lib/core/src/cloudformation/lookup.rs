//! Translates lookups. CloudFormation has only those of public parameters and zones; the others become parameters.

use serde_json::{Value as Json, json};

use super::{FNV_START, Translator, fnv, pascal_case};
use crate::lookup::{self, Query};
use crate::value::Reference;

/// Returns whether the output of a lookup is a list.
pub(super) fn is_list(reference: &Reference) -> bool {
    let (name, position) = lookup::split(&reference.attribute);
    position.is_none() && lookup::is_list(name)
}

impl Translator<'_> {
    /// Translates an output of a lookup. The user who deploys the template passes the values of the parameters.
    pub(super) fn lookup(&mut self, query: &Query, reference: &Reference) -> Json {
        let (name, position) = lookup::split(&reference.attribute);
        let value = match query {
            Query::AvailabilityZones if name == "ZoneNames" => {
                let region = self.assembly.environment(&reference.path).map(|environment| environment.region.as_str());
                json!({"Fn::GetAZs": region.unwrap_or_default()})
            }
            Query::PublicParameter { name: parameter } => {
                let parameter = json!({"Type": "AWS::SSM::Parameter::Value<String>", "Default": parameter});
                self.lookup_parameter(reference, name, parameter)
            }
            _ => {
                let kind = if lookup::is_list(name) { "CommaDelimitedList" } else { "String" };
                let parameter = json!({"Type": kind, "Description": format!("{name} of the {query}")});
                self.lookup_parameter(reference, name, parameter)
            }
        };
        position.map_or(value.clone(), |position| json!({"Fn::Select": [position, value]}))
    }

    fn lookup_parameter(&mut self, reference: &Reference, name: &str, parameter: Json) -> Json {
        let path = &reference.path;
        let hash = fnv(path.as_str().as_bytes(), FNV_START);
        let id = format!("{}{name}{hash:08X}", pascal_case(path.name()));
        self.parameters.insert(id.clone(), parameter);
        json!({"Ref": id})
    }
}
