use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use indicatif::{ProgressBar, ProgressStyle};
use lit_sdk::types::{PrintableLines, is_unprintable};
use serde_json::{Value, json};

use crate::{error::Error, failure::Failure};

/// Where results and messages go: results to standard output, as text or as one JSON value; messages and progress to
/// standard error.
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// The result of the command, as text or as JSON. Nodes, chains and actions give parts of it, so the text is made printable.
    /// JSON keeps what it says.
    pub(crate) fn result(&self, json: &Value, text: &str) -> Result<(), Error> {
        let line = if self.json {
            format!("{}\n", printable_json(&format!("{json:#}")))
        } else {
            format!("{}\n", PrintableLines(text))
        };
        write_out(line.as_bytes())
    }

    /// A list as the result. As text it is empty if nothing is in it, and a message says so.
    pub(crate) fn list(
        &self,
        json: &Value,
        entries: &[String],
        nothing: &str,
    ) -> Result<(), Error> {
        if entries.is_empty() && !self.json {
            self.message(nothing);
            return Ok(());
        }
        self.result(json, &entries.join("\n\n"))
    }

    /// The result as bytes; in JSON as base64.
    pub(crate) fn data(&self, bytes: &[u8]) -> Result<(), Error> {
        if self.json {
            return self.result(&json!({ "base64": BASE64_STANDARD.encode(bytes) }), "");
        }
        write_out(bytes)
    }

    /// What an action wrote to the console.
    pub(crate) fn logs(&self, logs: &str) {
        if !logs.is_empty() {
            self.message(logs.trim_end());
        }
    }

    /// A message for people, made printable.
    pub(crate) fn message(&self, text: &str) {
        // Standard error is gone if this fails.
        let _ = writeln!(io::stderr(), "{}", PrintableLines(text));
    }

    /// Prints a failure to standard error, with `--json` as one line of JSON.
    pub(crate) fn failure(&self, failure: &Failure<'_>) {
        if self.json {
            self.message(&json_line(failure));
        } else {
            self.message(&failure.to_string());
        }
    }

    /// Prints what is wrong with the command line in the form of clap, with `--json` as one line of JSON.
    pub(crate) fn usage_error(&self, error: &clap::Error) {
        if self.json {
            self.message(&json_line(&Failure::from(error)));
        } else {
            // Standard error is gone if this fails.
            let _ = error.print();
        }
    }

    /// Shows progress.
    pub(crate) fn step(&self, doing: &str) -> Step {
        let bar = ProgressBar::new_spinner().with_message(doing.to_owned());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(80));
        Step {
            bar,
            started: Instant::now(),
        }
    }
}

#[allow(clippy::expect_used, reason = "its keys are strings")]
fn json_line(failure: &Failure<'_>) -> String {
    let line = serde_json::to_string(failure).expect("a failure always serializes");
    printable_json(&line)
}

/// JSON that is fit to be printed: characters that are not are escaped, as they stand in strings only.
pub(crate) fn printable_json(json: &str) -> String {
    let mut printable = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && is_unprintable(character) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                printable.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            printable.push(character);
        }
    }
    printable
}

fn write_out(bytes: &[u8]) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        // The reader has read enough, as `head` does.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(Error::Stdout),
    }
}

/// A step under way.
pub(crate) struct Step {
    bar: ProgressBar,
    started: Instant,
}

impl Step {
    /// Prints the outcome, and returns how long it took.
    pub(crate) fn done(self, output: &Output, result: &str) -> Duration {
        let elapsed = self.started.elapsed();
        self.bar.finish_and_clear();
        output.message(&format!(
            "✓ {result} ({:.1} ms)",
            elapsed.as_secs_f64() * 1000.0
        ));
        elapsed
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use super::*;

    #[test]
    fn printed_json_keeps_what_it_says() {
        let value = json!({ "a\u{202e}": ["\u{1b}[2J", "\u{9b}", "\u{7f}", "é", "\u{e0041}", "line\nfeed"] });
        for text in [value.to_string(), format!("{value:#}")] {
            let printable = printable_json(&text);
            let found = printable.chars().find(|c| *c != '\n' && is_unprintable(*c));
            assert_eq!(found, None, "{printable}");
            assert_eq!(serde_json::from_str::<Value>(&printable).unwrap(), value);
        }
    }
}
