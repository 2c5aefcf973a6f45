//! Findings about a program, as a compiler shows them.

use groundplan_core::{Diagnostic, Severity};
use serde_json::{Value as Json, json};

use crate::style::{BOLD, ERROR, INFO, NL, Style, WARNING, paint};

/// The finding over several lines, with a line feed at the end.
pub(crate) fn diagnostic(diagnostic: &Diagnostic) -> String {
    let (style, severity) = severity(diagnostic.severity);
    let head = paint(style, format!("{severity}[{}]", diagnostic.code));
    let mut text = format!("{head}{}{NL}", paint(BOLD, format!(": {}", diagnostic.message)));
    let mut locations = diagnostic.locations.iter();
    let arrow = paint(INFO, "-->");
    match (locations.next(), &diagnostic.path) {
        (Some(location), Some(path)) => text += &format!("  {arrow} {location} ({path}){NL}"),
        (Some(location), None) => text += &format!("  {arrow} {location}{NL}"),
        (None, Some(path)) if !path.as_str().is_empty() => text += &format!("  {arrow} {path}{NL}"),
        (None, _) => {}
    }
    for location in locations {
        text += &format!("      through {location}{NL}");
    }
    let notes = [("got", &diagnostic.got), ("allowed", &diagnostic.allowed), ("help", &diagnostic.help)];
    for (label, note) in notes {
        if let Some(note) = note {
            text += &format!("   {} {}: {note}{NL}", paint(INFO, "="), paint(BOLD, label));
        }
    }
    text
}

/// The finding for other programs.
pub(crate) fn json(diagnostic: &Diagnostic) -> Json {
    json!({
        "code": diagnostic.code.as_str(),
        "severity": severity(diagnostic.severity).1,
        "message": diagnostic.message,
        "got": diagnostic.got,
        "allowed": diagnostic.allowed,
        "help": diagnostic.help,
        "path": diagnostic.path,
        "locations": diagnostic.locations.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn severity(severity: Severity) -> (Style, &'static str) {
    match severity {
        Severity::Error => (ERROR, "error"),
        Severity::Warning => (WARNING, "warning"),
    }
}
