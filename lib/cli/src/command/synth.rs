//! `synth`: shows the assembly of the program, or its CloudFormation templates.

use groundplan_core::cloudformation;

use crate::args::{Synth, SynthFormat};
use crate::context::Context;
use crate::error::{CommandError, Exit};

pub(crate) fn run(context: &Context<'_>, args: &Synth) -> Result<Exit, CommandError> {
    let document = match args.format {
        SynthFormat::Json => context.synthesis.assembly.to_json(),
        SynthFormat::Cloudformation => template(context, args.stack.as_deref())?,
    };
    match &args.out {
        Some(file) => context.host.write(file, &document)?,
        None => context.terminal.write(&document),
    }
    Ok(Exit::Done)
}

fn template(context: &Context<'_>, stack: Option<&str>) -> Result<String, CommandError> {
    let mut templates = cloudformation::templates(&context.synthesis.assembly).map_err(|mut errors| {
        for error in &mut errors.0 {
            let known = error.path.as_ref().and_then(|path| context.synthesis.locations.get(path));
            error.locations = known.cloned().unwrap_or_default();
        }
        CommandError::from(errors)
    })?;
    let names = templates.keys().cloned().collect::<Vec<_>>().join(", ");
    let template = match stack {
        Some(stack) => templates.remove(stack).ok_or_else(|| {
            CommandError::usage(format!("there is no stack `{stack}`")).hint(format!("the stacks are: {names}"))
        })?,
        None if templates.len() > 1 => {
            return Err(CommandError::usage("the app has several stacks, but a template contains only one")
                .hint(format!("name it with `--stack NAME`: {names}")));
        }
        None => templates
            .into_values()
            .next()
            .ok_or_else(|| CommandError::usage("the app has no stack").hint("add one with `app.stack(…)`"))?,
    };
    Ok(format!("{template:#}\n"))
}
