//! Translates lookups. CloudFormation has only those of public parameters and zones; the others become parameters.

use serde_json::{Value as Json, json};

use super::{FNV_START, Translator, fnv, pascal_case};
use crate::code::Code;
use crate::lookup::{AnswerOutput, Query};
use crate::value::Reference;

impl Translator<'_> {
    /// Translates an output of a lookup. The user who deploys the template passes the values of the parameters.
    pub(super) fn lookup(&mut self, query: &Query, reference: &Reference) -> Json {
        let Some((AnswerOutput { name, parameter_type, .. }, position)) = query.output(&reference.attribute) else {
            let message = format!("no {} has the output `{}`", query.noun(), reference.attribute);
            return self.report(Code::TemplateReference, message);
        };
        let value = match query {
            Query::AvailabilityZones if name == "ZoneNames" => {
                let region = self.assembly.environment(&reference.path).map(|environment| environment.region.as_str());
                json!({"Fn::GetAZs": region.unwrap_or_default()})
            }
            Query::PublicParameter { name: parameter } => {
                let parameter = json!({"Type": parameter_type, "Default": parameter});
                self.lookup_parameter(reference, name, parameter)
            }
            _ => {
                let parameter = json!({"Type": parameter_type, "Description": format!("{name} of the {query}")});
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
