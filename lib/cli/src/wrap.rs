//! Lines for a terminal: a longer line is continued below, indented, instead of breaking within a word.

use textwrap::core::display_width;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};

/// The width of the margin with the symbol of a change.
const MARGIN: usize = 4;

/// Below this many columns, lines are left to the terminal.
const NARROWEST: usize = 40;

/// The additional indentation of a continued line.
const HANGING: usize = 4;

/// Stands for a space at which no line ends. Unicode keeps it free for use within a program.
const FIXED: char = '\u{fdef}';

/// The text, which may have colors, with no line that is longer than `width` columns where that is possible.
///
/// Of a line that is too long, gaps between columns are closed from its end until it fits; what is too long all
/// the same is wrapped. A command in backticks stays on one line, so that it can be copied.
pub(crate) fn wrapped(text: &str, width: usize) -> String {
    if width < NARROWEST {
        return text.to_owned();
    }
    let lines = text.split_inclusive('\n').map(|line| match line.strip_suffix('\n') {
        Some(line) => format!("{}\n", wrapped_line(line, width)),
        None => wrapped_line(line, width),
    });
    lines.collect()
}

fn wrapped_line(line: &str, width: usize) -> String {
    if display_width(line) <= width {
        return line.to_owned();
    }
    let line = closed(line, width);
    if display_width(&line) <= width {
        return line;
    }
    let indent = line.len() - line.trim_start_matches(' ').len();
    let hanging = " ".repeat((indent + HANGING).min(width / 2));
    let options = Options::new(width)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
        .subsequent_indent(&hanging);
    textwrap::wrap(&fixed(&line), options).join("\n").replace(FIXED, " ")
}

/// The line with its gaps closed, the last one first, as far as it takes to fit.
fn closed(line: &str, width: usize) -> String {
    let mut line = line.to_owned();
    let mut end = line.len();
    while let Some(gap) = line[..end].rfind("   ") {
        let start = line[..gap].trim_end_matches(' ').len();
        // The gap after the margin is the depth of what follows.
        if display_width(&line[..start]) <= MARGIN {
            break;
        }
        let spaces = gap + 3 - start;
        let excess = display_width(&line).saturating_sub(width);
        line.replace_range(start..start + (spaces - 2).min(excess), "");
        if display_width(&line) <= width {
            break;
        }
        end = start;
    }
    line
}

/// The line with the spaces of commands fixed.
fn fixed(line: &str) -> String {
    if line.contains(FIXED) || line.matches('`').count() % 2 == 1 {
        return line.to_owned();
    }
    let mut within = false;
    let fix = |c: char| {
        within ^= c == '`';
        if within && c == ' ' { FIXED } else { c }
    };
    line.chars().map(fix).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_as_it_is() {
        let text = "  +   vpc        EC2::VPC\n\n    note\n";
        assert_eq!(wrapped(text, 40), text);
        let long = format!("{}\n", "word ".repeat(20));
        assert_eq!(wrapped(&long, NARROWEST - 1), long, "a terminal of that width shows no table anyhow");
    }

    #[test]
    fn gaps_are_closed_before_a_line_is_wrapped_and_the_last_one_first() {
        let line = "  +   vpc                  EC2::VPC           10.0.0.0/16";
        assert_eq!(wrapped(line, 50), "  +   vpc                  EC2::VPC    10.0.0.0/16");
        assert_eq!(wrapped(line, 44), "  +   vpc              EC2::VPC  10.0.0.0/16");
        let longer = format!("{line} and more of that");
        assert_eq!(wrapped(&longer, 40), "  +   vpc  EC2::VPC  10.0.0.0/16 and\n      more of that");
    }

    #[test]
    fn lines_break_between_words_and_never_within_a_command_or_a_path() {
        let hint = "hint: to wait for the other run, use `deploy --lock-timeout 10m` the next time";
        assert_eq!(
            wrapped(hint, 40),
            "hint: to wait for the other run, use\n    `deploy --lock-timeout 10m` the next\n    time"
        );
        let path = "    + value: (known after apply, from shop/cluster-with-a-long-name#Endpoint)";
        assert_eq!(
            wrapped(path, 50),
            "    + value: (known after apply, from\n        shop/cluster-with-a-long-name#Endpoint)"
        );
    }

    #[test]
    fn colors_take_no_columns() {
        let text = "\u{1b}[1mnote:\u{1b}[0m thirty-five columns of visible text";
        assert_eq!(wrapped(text, 41), text);
        assert_eq!(wrapped(text, 40).lines().count(), 2);
    }
}
