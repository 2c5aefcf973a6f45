//! `output`: shows the outputs of the app.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::args::Output;
use crate::context::Context;
use crate::error::{CommandError, Exit};
use crate::render::value;
use crate::style::{BOLD, NL, paint};

pub(crate) async fn run(context: &Context<'_>, args: &Output) -> Result<Exit, CommandError> {
    let destination = context.destination()?;
    let outputs = destination.load().await?.state.outputs;
    let Some(name) = &args.name else {
        if outputs.is_empty() {
            context.terminal.note("the app publishes no outputs")
        } else {
            context.terminal.print(list(&outputs))
        }
        context.terminal.print_json(&outputs);
        return Ok(Exit::Done);
    };
    let Some(output) = outputs.get(name) else {
        let names = outputs.keys().cloned().collect::<Vec<_>>().join(", ");
        let declared = context.synthesis.assembly.outputs.contains_key(name);
        let error = CommandError::usage(format!("there is no output `{name}`"));
        return Err(match (declared, names.is_empty()) {
            (true, _) => error.hint("the program declares it, but it is not deployed yet: run `deploy`"),
            (false, true) => error.hint("the app has not published any outputs yet"),
            (false, false) => error.hint(format!("the outputs are: {names}")),
        });
    };
    context.terminal.print_value(&output.as_str().map_or_else(|| output.to_string(), str::to_owned));
    context.terminal.print_json(&json!({name: output}));
    Ok(Exit::Done)
}

/// All outputs, one a line, without a line feed at the end.
pub(crate) fn list(outputs: &BTreeMap<String, Json>) -> String {
    let width = outputs.keys().map(String::len).max().unwrap_or(0);
    let line = |(name, output): (&String, &Json)| {
        let text = output.as_str().map_or_else(|| value::json(output, 2), str::to_owned);
        format!("{}{:2$} = {text}", paint(BOLD, name), "", width - name.len())
    };
    outputs.iter().map(line).collect::<Vec<_>>().join(&*NL)
}
