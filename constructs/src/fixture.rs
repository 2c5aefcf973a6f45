//! Helpers of the construct tests.

use groundplan_core::{App, Assembly, Environment, Stack};
use serde_json::Value as Json;

/// The account of the stack.
pub(crate) const ACCOUNT: &str = "111122223333";

/// Returns the assembly of the app `shop` with one stack, `shop`, in `region`.
#[track_caller]
pub(crate) fn assembly(region: &str, build: impl FnOnce(&Stack)) -> Assembly {
    let app = App::new("shop");
    build(&app.stack("shop", Environment::new(region).account(ACCOUNT)));
    match app.synth() {
        Ok(synthesis) => {
            assert!(synthesis.warnings.is_empty(), "{:?}", synthesis.warnings);
            synthesis.assembly
        }
        Err(diagnostics) => panic!("it is not valid:\n\n{diagnostics}"),
    }
}

/// Returns the properties of the resource at `path`, in the form of CloudFormation.
#[track_caller]
pub(crate) fn properties(assembly: &Assembly, path: &str) -> Json {
    let Some(entry) = assembly.resources.get(path) else {
        let all: Vec<_> = assembly.resources.keys().map(|path| path.as_str()).collect();
        panic!("there is no `{path}` in {all:?}");
    };
    entry.properties.iter().map(|(name, value)| (name.clone(), value.to_json())).collect()
}

/// Returns the statements of the `PolicyDocument` of the resource at `path`.
#[track_caller]
pub(crate) fn statements(assembly: &Assembly, path: &str) -> Vec<Json> {
    properties(assembly, path)["PolicyDocument"]["Statement"].as_array().cloned().expect("a document has statements")
}

/// Returns the names of the resources below `path`, in alphabetical order.
pub(crate) fn below(assembly: &Assembly, path: &str) -> Vec<String> {
    let prefix = format!("{path}/");
    let paths = assembly.resources.keys().filter_map(|it| it.as_str().strip_prefix(&prefix));
    paths.map(str::to_owned).collect()
}

/// Returns the errors and warnings of the app `shop` with one stack, `shop`, in `us-east-1`, as text without the
/// lines that name source files.
pub(crate) fn findings(build: impl FnOnce(&Stack)) -> String {
    let app = App::new("shop");
    build(&app.stack("shop", Environment::new("us-east-1").account(ACCOUNT)));
    let found = match app.synth() {
        Ok(synthesis) => synthesis.warnings,
        Err(diagnostics) => diagnostics.0,
    };
    let text: Vec<_> = found.iter().map(ToString::to_string).collect();
    let text = text.join("\n\n");
    let lines = text.lines().filter(|line| !line.contains("-->") && !line.contains(" through "));
    lines.collect::<Vec<_>>().join("\n")
}
