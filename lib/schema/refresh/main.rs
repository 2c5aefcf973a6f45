//! Generates `data/aws-resources.jsonl` from the sources that AWS publishes.
//!
//! ```text
//! cargo run -p groundplan-schema --features refresh --example refresh [SPEC_VERSION CFN_LINT_VERSION]
//! ```
//!
//! Needs `npm`, `python3 -m pip`, `tar`, `gunzip` and `unzip` on the path. Without arguments it
//! reads the versions that the data in the repository was made from, so the same command gives the
//! same bytes. Downloads are kept in the system's temporary folder and not fetched twice.
//!
//! Two sources, both stated in the header of the file:
//!
//! - npm `@aws-cdk/aws-service-spec` (Apache-2.0): types, properties, what replaces, attributes,
//!   identifiers, ARN templates, relationships, tags, which types are stateful.
//! - PyPI `cfn-lint` (MIT-0), which carries the schemas of AWS's resource registry with more
//!   constraints stated: write-only properties, allowed values, lists whose order means nothing,
//!   which id a string holds (`format`), which handlers the registry has, and whether a replacement must delete first.
//!
//! Only facts are taken over; AWS's descriptions are not.

mod registry;
mod sensitive;
mod spec;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value, json};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const SPEC_VERSION: &str = "0.1.216";
const CFN_LINT_VERSION: &str = "1.58.0";

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let spec_version = arguments.next().unwrap_or(SPEC_VERSION.into());
    let lint_version = arguments.next().unwrap_or(CFN_LINT_VERSION.into());
    let folder = std::env::temp_dir().join("groundplan-schema-refresh");
    let database = fetch_spec(&folder, &spec_version)?;
    let schemas = fetch_registry(&folder, &lint_version)?;

    let spec = spec::Spec::new(&database)?;
    let registry = registry::Registry::new(schemas)?;
    let mut lines = Vec::new();
    let mut refused = BTreeSet::new();
    for resource in spec.resources() {
        let entry = spec.entry(resource, registry.schema(resource.name)?, &mut refused);
        lines.push((resource.name.to_owned(), entry));
    }
    lines.sort_by(|a, b| a.0.cmp(&b.0));
    report(&lines, &refused);

    let header = json!({
        "format": 1,
        "spec": format!("@aws-cdk/aws-service-spec {spec_version}"),
        "registry": format!("cfn-lint {lint_version}"),
        "attribution": "Facts from the AWS CloudFormation resource specification, Copyright \
            Amazon.com, Inc. or its affiliates: @aws-cdk/aws-service-spec, Apache-2.0; \
            cfn-lint, MIT-0.",
    });
    let mut text = format!("{header}\n");
    for (_, entry) in &lines {
        text.push_str(&entry.to_string());
        text.push('\n');
    }
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/aws-resources.jsonl");
    fs::write(&target, &text)?;
    say(&format!("{} types, {} bytes: {}", lines.len(), text.len(), target.display()));
    Ok(())
}

/// The tool's one way to talk: a note on standard error.
#[expect(clippy::print_stderr, reason = "a command line tool")]
fn say(note: &str) {
    eprintln!("{note}");
}

/// Prints a report for the reviewer of a refresh: relationships that name nothing, and all secrets.
fn report(lines: &[(String, Value)], refused: &BTreeSet<String>) {
    for relationship in refused {
        say(&format!("dropped, names nothing: {relationship}"));
    }
    for (name, entry) in lines {
        let groups = entry["types"].as_object().into_iter().flatten();
        let groups = groups.map(|(nested, properties)| (format!("{name}.{nested}"), properties));
        for (owner, properties) in [(name.clone(), &entry["properties"])].into_iter().chain(groups) {
            for (property, facts) in properties.as_object().into_iter().flatten() {
                if facts["sensitive"] == true {
                    let how = if facts["write_only"] == true { "write-only" } else { "by name" };
                    say(&format!("sensitive ({how}): {owner}.{property}"));
                }
            }
        }
    }
}

/// Unpacks the npm package and gives its database.
fn fetch_spec(folder: &Path, version: &str) -> Result<Value> {
    let folder = folder.join(format!("spec-{version}"));
    let packed = folder.join("package/db.json.gz");
    if !packed.exists() {
        fs::create_dir_all(&folder)?;
        run(&folder, "npm", &["pack", "--silent", &format!("@aws-cdk/aws-service-spec@{version}")])?;
        let archive = format!("aws-cdk-aws-service-spec-{version}.tgz");
        run(&folder, "tar", &["-xzf", &archive])?;
    }
    let text = run(&folder, "gunzip", &["-c", &packed.to_string_lossy()])?;
    Ok(serde_json::from_slice(&text)?)
}

/// Unpacks the Python wheel and gives the folder of its schemas.
fn fetch_registry(folder: &Path, version: &str) -> Result<PathBuf> {
    let folder = folder.join(format!("cfn-lint-{version}"));
    let schemas = folder.join("cfnlint/data/schemas");
    if !schemas.exists() {
        fs::create_dir_all(&folder)?;
        let wanted = format!("cfn-lint=={version}");
        run(&folder, "python3", &["-m", "pip", "download", "--quiet", "--no-deps", &wanted])?;
        let wheel = format!("cfn_lint-{version}-py3-none-any.whl");
        run(&folder, "unzip", &["-q", "-o", &wheel])?;
    }
    Ok(schemas)
}

fn run(folder: &Path, program: &str, arguments: &[&str]) -> Result<Vec<u8>> {
    let output = Command::new(program).args(arguments).current_dir(folder).output()?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{program} {arguments:?}: {message}").into());
    }
    Ok(output.stdout)
}

/// An object without what is false, null or empty, so that a line holds facts only.
fn facts(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Map<String, Value> {
    let stated = |value: &Value| match value {
        Value::Null | Value::Bool(false) => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(items) => !items.is_empty(),
        _ => true,
    };
    let entries = entries.into_iter().filter(|(_, value)| stated(value));
    entries.map(|(key, value)| (key.to_owned(), value)).collect()
}
