//! `explain`: explains the code of a diagnostic.

use groundplan_core::Code;
use serde_json::json;

use crate::args::Explain;
use crate::error::{CommandError, Exit};
use crate::render::hint;
use crate::style::{BOLD, NL, lines, paint};
use crate::terminal::Terminal;

pub(crate) fn run(terminal: &Terminal, args: &Explain) -> Result<Exit, CommandError> {
    match &args.code {
        Some(text) => {
            let Some((code, title, text)) = Code::find(text).and_then(explained) else {
                let unknown = format!("there is no diagnostic with the code `{text}`");
                return Err(CommandError::usage(unknown).hint("`explain` lists the codes"));
            };
            terminal.print(format!("{} {title}{NL}{NL}{}", paint(BOLD, format!("{code}:")), lines(&text)));
            let hints: Vec<_> = hint::of_code(code).into_iter().collect();
            terminal.hints(&hints);
            terminal.print_json(&json!({"code": code.as_str(), "title": title, "explanation": text, "hints": hints}));
        }
        None => {
            let all = || Code::ALL.iter().filter_map(|code| Some((code, code.title()?)));
            let lines: Vec<_> = all().map(|(code, title)| format!("{}  {title}", paint(BOLD, code))).collect();
            terminal.print(lines.join(&*NL));
            let codes = all().map(|(code, title)| json!({"code": code.as_str(), "title": title}));
            terminal.print_json(&json!({"codes": codes.collect::<Vec<_>>()}));
        }
    }
    Ok(Exit::Done)
}

fn explained(code: Code) -> Option<(Code, &'static str, String)> {
    Some((code, code.title()?, code.explanation()?))
}
