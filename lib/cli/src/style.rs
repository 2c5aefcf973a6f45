//! Colors. Text always contains them; the terminal removes them if they are not wanted.
//!
//! A style is represented in a text by a mark of its own and not by an escape sequence, and so is the end of a line
//! ([`NL`]): an escape sequence or line feed in a text to be printed came from another source, such as a live value, a
//! name, or an error of the cloud. It is shown as an escape, and breaks no line ([`rendered`]). A text to be shown with
//! its own lines, such as one that is compared with another, is converted by [`lines`].

use std::fmt::{self, Display};
use std::hash::BuildHasher;
use std::ops::Deref;
use std::sync::LazyLock;

use anstyle::{AnsiColor, Color, Effects};
use textwrap::core::display_width;

/// A style of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Style(u8);

pub(crate) const BOLD: Style = Style(0);
pub(crate) const DIM: Style = Style(1);
pub(crate) const CREATE: Style = Style(2);
pub(crate) const CHANGE: Style = Style(3);
pub(crate) const REPLACE: Style = Style(4);
pub(crate) const DELETE: Style = Style(5);
pub(crate) const INFO: Style = Style(6);
pub(crate) const ERROR: Style = Style(7);
pub(crate) const WARNING: Style = Style(8);
pub(crate) const DANGER: Style = Style(9);

/// The end of a style.
const END: char = '\u{fdd0}';

/// The end of a line of this program's own, to be written into a text as `{NL}`.
///
/// Its mark is another one in each process, so that no text can have it.
pub(crate) const NL: Newline = Newline;

/// See [`NL`].
#[derive(Clone, Copy)]
pub(crate) struct Newline;

impl Deref for Newline {
    type Target = str;

    fn deref(&self) -> &str {
        static MARK: LazyLock<String> = LazyLock::new(|| {
            let random = std::hash::RandomState::new().hash_one(0);
            let digit = |at: u32| char::from_u32(0xfde0 + u32::try_from(random >> (4 * at) & 0xf).unwrap_or_default());
            std::iter::once(NEWLINE).chain((0..8).filter_map(digit)).collect()
        });
        &MARK
    }
}

impl Display for Newline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// The character that starts the mark of a line's end.
const NEWLINE: char = '\u{fddf}';

/// A text of several lines that are to be seen as such.
pub(crate) fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', &NL)
}

/// The first of the marks, of which there is one for each style: characters that Unicode keeps free for
/// use within a program.
const FIRST: u32 = 0xfdd1;

impl Style {
    const ALL: [Self; 10] = [BOLD, DIM, CREATE, CHANGE, REPLACE, DELETE, INFO, ERROR, WARNING, DANGER];

    fn mark(self) -> char {
        char::from_u32(FIRST + u32::from(self.0)).expect("there are more marks than styles")
    }

    fn of_mark(mark: char) -> Option<Self> {
        Self::ALL.into_iter().find(|style| style.mark() == mark)
    }

    /// Returns the padding between the edges of its background and the text.
    fn edge(self) -> &'static str {
        if self == DANGER { " " } else { "" }
    }

    /// Returns its style on a terminal.
    fn ansi(self) -> anstyle::Style {
        match self {
            BOLD => anstyle::Style::new().effects(Effects::BOLD),
            DIM => anstyle::Style::new().effects(Effects::DIMMED),
            CREATE => AnsiColor::Green.on_default(),
            CHANGE => AnsiColor::Yellow.on_default(),
            REPLACE => AnsiColor::Magenta.on_default(),
            DELETE => AnsiColor::Red.on_default(),
            INFO => AnsiColor::Cyan.on_default(),
            ERROR => AnsiColor::Red.on_default().effects(Effects::BOLD),
            WARNING => AnsiColor::Yellow.on_default().effects(Effects::BOLD),
            _ => anstyle::Style::new()
                .fg_color(Some(Color::Ansi(AnsiColor::BrightWhite)))
                .bg_color(Some(Color::Ansi(AnsiColor::Red)))
                .effects(Effects::BOLD),
        }
    }
}

/// The text in a style.
pub(crate) fn paint(style: Style, text: impl Display) -> String {
    format!("{}{text}{END}", style.mark())
}

/// The text in a style, filled with spaces to a width.
pub(crate) fn padded(style: Style, text: &str, width: usize) -> String {
    let fill = width.saturating_sub(columns(text));
    format!("{}{text}{END}{:fill$}", style.mark(), "")
}

/// Returns the number of columns that the text takes on a terminal.
pub(crate) fn columns(text: &str) -> usize {
    display_width(&rendered(text, false))
}

/// A warning on a ground of its own color. The blanks at its edges belong to the ground: without colors there are none.
pub(crate) fn badge(text: impl Display) -> String {
    paint(DANGER, text)
}

/// The text as it is printed: with colors or without, and with every character escaped that a terminal would
/// obey, that would break a line, or that would show a text in another order than it has. A style is never mixed with
/// another one, so that a text which has marks of its own cannot be made invisible by them.
pub(crate) fn rendered(text: &str, colors: bool) -> String {
    const RESET: anstyle::Reset = anstyle::Reset;
    let end = |result: &mut String, style: Option<Style>| {
        if let Some(style) = style.filter(|_| colors) {
            *result += style.edge();
            *result += &RESET.render().to_string();
        }
    };
    let mut result = String::with_capacity(text.len() + 16);
    let mut current: Option<Style> = None;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix(&*NL) {
            result.push('\n');
            rest = after;
            continue;
        }
        rest = &rest[c.len_utf8()..];
        if c == END {
            end(&mut result, current.take());
        } else if let Some(style) = Style::of_mark(c) {
            end(&mut result, current.replace(style));
            if colors {
                result += &style.ansi().render().to_string();
                result += style.edge();
            }
        } else {
            match c {
                '\n' => result += r"\n",
                '\r' => result += r"\r",
                '\t' => result += r"\t",
                c if is_obeyed(c) => result.extend(c.escape_unicode()),
                c => result.push(c),
            }
        }
    }
    end(&mut result, current);
    result
}

/// Returns a JSON document with every such character escaped as JSON does. All of them are in strings.
pub(crate) fn rendered_json(json: &str) -> String {
    let mut result = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && c != '\t' && is_obeyed(c) {
            result += &format!("\\u{:04x}", u32::from(c));
        } else {
            result.push(c);
        }
    }
    result
}

/// Returns whether a terminal interprets the character instead of showing it: the controls C0 and C1, the separators of
/// lines, and the marks of direction (<https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>).
fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_styles_reach_the_terminal() {
        let evil = "\u{1b}[2J\u{1b}]0;title\u{7}a\u{9b}31mb\u{202e}c\rd\u{8}";
        let text = format!("{} {}", paint(ERROR, "error:"), paint(BOLD, evil));
        let plain = r"error: \u{1b}[2J\u{1b}]0;title\u{7}a\u{9b}31mb\u{202e}c\rd\u{8}";
        assert_eq!(rendered(&text, false), plain);
        let colored = rendered(&text, true);
        assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain);
        assert_eq!(colored.matches('\u{1b}').count(), 5, "{colored:?}");
        assert_eq!(rendered("ä日本", true), "ä日本");
    }

    #[test]
    fn a_badge_has_blanks_at_its_edges_only_where_it_has_a_ground() {
        let text = format!("a  {}  b", badge("DATA LOSS"));
        assert_eq!(rendered(&text, false), "a  DATA LOSS  b");
        assert_eq!(anstream::adapter::strip_str(&rendered(&text, true)).to_string(), "a   DATA LOSS   b");
    }

    #[test]
    fn only_our_own_lines_end() {
        let evil = "a\nerror: b\r\n\tc\u{fddf}d";
        assert_eq!(
            rendered(&format!("{}{NL}{evil}{NL}", paint(BOLD, "x")), false),
            "x\na\\nerror: b\\r\\n\\tc\u{fddf}d\n"
        );
        assert_eq!(rendered(&lines("a\n\tb\r\nc\n"), false), "a\n\\tb\nc\n");
        assert_eq!(rendered(&padded(DIM, "a\nb", 6), false), "a\\nb  ");
    }

    #[test]
    fn a_text_with_marks_of_its_own_is_seen_all_the_same() {
        let text = format!("{}\u{fdd6}hidden", DANGER.mark());
        let colored = rendered(&text, true);
        assert!(colored.contains("\u{1b}[0m\u{1b}[31mhidden\u{1b}[0m"), "{colored:?}");
    }

    #[test]
    fn json_says_the_same_with_escapes() {
        let value = serde_json::json!({"a": "\u{1b}[2J\u{9b}\u{202e}ä\u{7f}\n"});
        let line = rendered_json(&value.to_string());
        assert!(line.chars().all(|c| !is_obeyed(c)), "{line}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), value);
    }
}
