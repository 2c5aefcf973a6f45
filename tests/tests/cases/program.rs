//! Apps made of documents, through the API that programs use.

use std::collections::BTreeMap;
use std::fs;

use groundplan::resources::{ec2, elasticloadbalancingv2 as elb, iam, logs, rds, route53, secretsmanager, ssm};
use groundplan::{App, Data, Environment, Handle, Input, Resource, Scope, Value};

/// The app of a document: `program("record", "v1")` is `tests/cases/record/v1.json`.
pub(crate) fn program(case: &str, version: &str) -> App {
    let path = format!("{}/../tests/cases/{case}/{version}.json", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let document = Value::from_json(text.parse().expect("it is JSON")).expect("it is a document");
    app(&document)
}

fn app(document: &Value) -> App {
    let app = App::new(document.get("app").and_then(Value::as_str).expect("it names its app"));
    let stack = app.stack("a", Environment::new("us-east-1"));
    for (path, spec) in map(document.get("resources")) {
        let name = path.strip_prefix("a/").expect("there is one stack");
        add(&stack, name, &spec);
    }
    for (name, value) in map(document.get("outputs")) {
        stack.export(name.as_str(), Input::<String>::from_value(&value).expect("an output is text"));
    }
    app
}

fn map(value: Option<&Value>) -> BTreeMap<String, Value> {
    value.and_then(Value::as_map).cloned().unwrap_or_default()
}

macro_rules! types {
    ($scope:expr, $name:expr, $spec:expr, $($type:ty),+ $(,)?) => {{
        let wanted = $spec.get("type").and_then(Value::as_str).expect("a resource has a type");
        let value = Value::Map(map($spec.get("properties")));
        match wanted {
            $(name if name == <$type as Resource>::TYPE => {
                let resource = <$type as Data>::from_value(&value).unwrap_or_else(|| panic!("{}: {value:?}", $name));
                settle(&$scope.add($name, resource), $spec);
            })+
            other => panic!("{}: no document has a {other} yet", $name),
        }
    }};
}

fn add(scope: &Scope, name: &str, spec: &Value) {
    types!(
        scope,
        name,
        spec,
        ec2::InternetGateway,
        ec2::Route,
        ec2::RouteTable,
        ec2::SecurityGroup,
        ec2::SecurityGroupIngress,
        ec2::Subnet,
        ec2::Vpc,
        ec2::VpcGatewayAttachment,
        elb::LoadBalancer,
        iam::Role,
        iam::RolePolicy,
        logs::LogGroup,
        rds::DbCluster,
        rds::DbInstance,
        route53::HostedZone,
        route53::RecordSet,
        secretsmanager::Secret,
        ssm::Parameter,
    );
}

fn settle<R: Resource>(handle: &Handle<R>, spec: &Value) {
    for property in spec.get("ignore").and_then(Value::as_list).into_iter().flatten() {
        handle.ignore_changes(property.as_str().expect("a property has a name"));
    }
}
