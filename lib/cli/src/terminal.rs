//! Access to standard output, standard error and standard input.

use std::fmt;
use std::io::{self, BufRead, Write};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::args::Color;
use crate::host::{Host, Streams};
use crate::style::{self, NL, paint};
use crate::wrap::wrapped;

/// The minimum number of lines of a terminal.
const SCREEN: usize = 24;

/// Writes the requested output of a command to standard output, and everything else to standard error.
///
/// Both take text with colors and remove them if they are not wanted.
pub(crate) struct Terminal {
    out: Mutex<Channel>,
    err: Mutex<Channel>,
    input: Mutex<Option<Box<dyn BufRead + Send>>>,
    json: bool,
    answers: bool,
    live: bool,
    /// The number of lines shown to people so far.
    shown: AtomicUsize,
    /// The live display, which has to step aside for other lines.
    display: Mutex<Option<indicatif::MultiProgress>>,
}

struct Channel {
    writer: Box<dyn Write + Send>,
    is_terminal: bool,
    /// The maximum length of a line.
    columns: Option<usize>,
    colors: bool,
    /// The first error, which cannot be reported when it happens.
    failed: Option<io::Error>,
}

impl Channel {
    /// Writes a text of this program, in which there may be texts of others, in lines that fit the terminal.
    fn write(&mut self, text: &str) {
        let text = style::rendered(text, self.colors);
        match self.columns {
            Some(columns) => self.write_raw(&wrapped(&text, columns)),
            None => self.write_raw(&text),
        }
    }

    /// Writes a value, whose lines are its own.
    fn write_value(&mut self, value: &str) {
        let text = style::rendered(value, self.colors);
        self.write_raw(&text);
    }

    /// As one piece: what is written is not buffered.
    fn write_raw(&mut self, text: &str) {
        if let Err(error) = self.writer.write_all(text.as_bytes()).and_then(|()| self.writer.flush()) {
            self.failed.get_or_insert(error);
        }
    }
}

impl Terminal {
    pub(crate) fn new(streams: Streams, host: &Host, color: Color, json: bool, verbose: bool) -> Self {
        let dumb = host.variable("TERM") == Some("dumb");
        let no_color = dumb || host.variable("NO_COLOR").is_some();
        let colors = |is_terminal| match color {
            Color::Auto => is_terminal && !no_color,
            Color::Always => true,
            Color::Never => false,
        };
        let channel = |writer, is_terminal| {
            let columns = streams.columns.filter(|_| is_terminal);
            Mutex::new(Channel { writer, is_terminal, columns, colors: colors(is_terminal), failed: None })
        };
        Self {
            answers: streams.input_is_terminal && streams.err_is_terminal && !json,
            live: streams.err_is_terminal && !dumb && !json && !verbose,
            out: channel(streams.out, streams.out_is_terminal),
            err: channel(streams.err, streams.err_is_terminal),
            input: Mutex::new(Some(streams.input)),
            json,
            shown: AtomicUsize::new(0),
            display: Mutex::new(None),
        }
    }

    /// Returns whether standard output has to contain JSON only.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// The width of standard output, if it is a terminal.
    pub(crate) fn columns(&self) -> Option<usize> {
        lock(&self.out).columns
    }

    /// Returns whether a user can answer a prompt.
    pub(crate) fn can_ask(&self) -> bool {
        self.answers
    }

    /// Returns whether lines on standard error can be redrawn.
    pub(crate) fn is_live(&self) -> bool {
        self.live
    }

    /// Returns whether output on standard error may have colors.
    pub(crate) fn draws_colors(&self) -> bool {
        lock(&self.err).colors
    }

    /// A text as a live display on standard error may draw it.
    pub(crate) fn drawn(&self, text: &str) -> String {
        style::rendered(text, self.draws_colors())
    }

    /// Returns whether the first line may have scrolled off the screen.
    pub(crate) fn has_scrolled(&self) -> bool {
        self.shown.load(Ordering::Relaxed) > SCREEN
    }

    /// The text with the end of its last line.
    fn counted(&self, text: impl fmt::Display) -> String {
        let text = format!("{text}{NL}");
        self.shown.fetch_add(text.matches(&*NL).count(), Ordering::Relaxed);
        text
    }

    /// Lets a live display draw below the lines of standard error; none ends it.
    pub(crate) fn show(&self, display: Option<indicatif::MultiProgress>) {
        *lock(&self.display) = display;
    }

    /// Writes requested output.
    pub(crate) fn print(&self, text: impl fmt::Display) {
        if !self.json {
            let text = self.counted(text);
            lock(&self.out).write(&text);
        }
    }

    /// Writes a document unchanged, regardless of `--json`. On a terminal, control characters are escaped as JSON does.
    pub(crate) fn write(&self, document: &str) {
        let mut out = lock(&self.out);
        if out.is_terminal { out.write_raw(&style::rendered_json(document)) } else { out.write_raw(document) }
    }

    /// Writes a value as it is, for a program that takes it; on a terminal, as [`print`](Self::print) does, with its
    /// own lines.
    pub(crate) fn print_value(&self, value: &str) {
        if !self.json {
            let mut out = lock(&self.out);
            if out.is_terminal {
                out.write_value(&format!("{}{NL}", style::lines(value)))
            } else {
                out.write_raw(&format!("{value}\n"))
            }
        }
    }

    /// Writes the help of the command line, which comes with its own styles.
    pub(crate) fn help(&self, help: &clap::builder::StyledStr) {
        let mut out = lock(&self.out);
        let text = if out.colors { help.ansi().to_string() } else { help.to_string() };
        out.write_raw(&text);
    }

    /// Writes JSON on a line of its own, if `--json` was given.
    pub(crate) fn print_json(&self, value: &impl Serialize) {
        if self.json {
            let line = serde_json::to_string(value).unwrap_or_else(|error| format!("{{\"error\":\"{error}\"}}"));
            lock(&self.out).write_raw(&format!("{}\n", style::rendered_json(&line)));
        }
    }

    /// Writes a line about the progress.
    pub(crate) fn note(&self, text: impl fmt::Display) {
        let text = self.counted(text);
        let write = || lock(&self.err).write(&text);
        match &*lock(&self.display) {
            Some(display) => display.suspend(write),
            None => write(),
        }
    }

    pub(crate) fn warn(&self, text: impl fmt::Display) {
        self.note(format!("{} {text}", paint(style::WARNING, "warning:")));
    }

    pub(crate) fn hint(&self, text: impl fmt::Display) {
        self.note(format!("{} {text}", paint(style::INFO, "hint:")));
    }

    /// Hints, each on a line.
    pub(crate) fn hints<T: fmt::Display>(&self, hints: impl IntoIterator<Item = T>) {
        hints.into_iter().for_each(|hint| self.hint(hint));
    }

    /// Asks a question; whether the answer is `yes`.
    pub(crate) async fn ask(&self, question: &str) -> bool {
        lock(&self.err).write(&format!("{question} "));
        let Some(mut input) = lock(&self.input).take() else { return false };
        let read = tokio::task::spawn_blocking(move || {
            let mut answer = String::new();
            let read = input.read_line(&mut answer);
            (input, read.map(|_| answer))
        });
        let Ok((input, answer)) = read.await else { return false };
        *lock(&self.input) = Some(input);
        answer.is_ok_and(|answer| matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
    }

    /// Returns the error of standard output, if writing failed. A reader that closed the pipe is no error.
    pub(crate) fn broken(&self) -> Option<io::Error> {
        lock(&self.out).failed.take().filter(|error| error.kind() != io::ErrorKind::BrokenPipe)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answered(answer: &'static str) -> bool {
        let streams = Streams {
            out: Box::new(io::sink()),
            err: Box::new(io::sink()),
            input: Box::new(answer.as_bytes()),
            out_is_terminal: true,
            err_is_terminal: true,
            input_is_terminal: true,
            columns: None,
        };
        let (_, interrupts) = tokio::sync::mpsc::unbounded_channel();
        let host = Host::for_tests(interrupts);
        let terminal = Terminal::new(streams, &host, Color::Auto, false, false);
        assert!(terminal.can_ask());
        terminal.ask("deploy?").await
    }

    #[tokio::test]
    async fn only_yes_is_yes() {
        assert!(answered("y\n").await);
        assert!(answered("Yes\n").await);
        assert!(!answered("\n").await);
        assert!(!answered("").await);
        assert!(!answered("no\n").await);
    }
}
