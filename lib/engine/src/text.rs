//! The lists in messages.

use std::fmt;

/// Returns quoted text on one line, with escapes for line feeds and tabs.
pub(crate) fn line(quoted: impl fmt::Display) -> String {
    quoted.to_string().replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t")
}

/// Returns a line of a list.
pub(crate) fn bullet(item: impl fmt::Display) -> String {
    format!("\n  - {}", line(item))
}

/// Returns a list with one line per item.
pub(crate) fn bullets(items: &[impl fmt::Display]) -> String {
    items.iter().map(bullet).collect()
}
