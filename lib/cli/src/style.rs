//! Colors. Text is always made with them; the terminal takes them out where they are not wanted.

use std::fmt::Display;

use anstyle::{AnsiColor, Color, Effects, Style};

pub(crate) const BOLD: Style = Style::new().effects(Effects::BOLD);
pub(crate) const DIM: Style = Style::new().effects(Effects::DIMMED);
pub(crate) const CREATE: Style = AnsiColor::Green.on_default();
pub(crate) const CHANGE: Style = AnsiColor::Yellow.on_default();
pub(crate) const REPLACE: Style = AnsiColor::Magenta.on_default();
pub(crate) const DELETE: Style = AnsiColor::Red.on_default();
pub(crate) const INFO: Style = AnsiColor::Cyan.on_default();
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().effects(Effects::BOLD);
pub(crate) const WARNING: Style = AnsiColor::Yellow.on_default().effects(Effects::BOLD);
pub(crate) const DANGER: Style = Style::new()
    .fg_color(Some(Color::Ansi(AnsiColor::BrightWhite)))
    .bg_color(Some(Color::Ansi(AnsiColor::Red)))
    .effects(Effects::BOLD);

/// The text in a style.
pub(crate) fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// The text in a style, filled with spaces to a width.
pub(crate) fn padded(style: Style, text: &str, width: usize) -> String {
    let fill = width.saturating_sub(text.chars().count());
    format!("{style}{text}{style:#}{:fill$}", "")
}
