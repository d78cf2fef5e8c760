use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::error::Error;

/// Where results and messages go: results to standard output, as text or as one JSON value; messages and progress to
/// standard error.
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) const fn new(json: bool) -> Self {
        Self { json }
    }

    /// The result of the command, in the form that was asked for.
    pub(crate) fn result(&self, json: &Value, text: &str) -> Result<(), Error> {
        let line = if self.json {
            format!("{json:#}\n")
        } else {
            format!("{text}\n")
        };
        write_out(line.as_bytes())
    }

    /// The bytes that the command is asked for, as they are; in JSON as base64.
    pub(crate) fn data(&self, bytes: &[u8]) -> Result<(), Error> {
        if self.json {
            return self.result(&json!({ "base64": BASE64_STANDARD.encode(bytes) }), "");
        }
        write_out(bytes)
    }

    /// A message for people.
    pub(crate) fn message(&self, text: &str) {
        // There is nobody to tell that standard error is gone.
        let _ = writeln!(io::stderr(), "{text}");
    }

    pub(crate) fn error(&self, error: &Error) {
        if self.json {
            let (sdk_code, node_code) = match error {
                Error::Sdk(error) => (
                    error.sdk_code().map(|code| code.code()),
                    error.node_error_code(),
                ),
                _ => (None, None),
            };
            let json = json!({
                "error": { "message": with_causes(error), "code": sdk_code, "nodeErrorCode": node_code },
            });
            let _ = writeln!(io::stdout(), "{json:#}");
        }
        self.message(&format!("error: {}", with_causes(error)));
    }

    /// Shows that something is under way.
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

/// An error and its causes, each once: some errors of the libraries already contain their cause.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text = format!("{text}: {next}");
        }
        cause = error.source();
    }
    text
}

fn write_out(bytes: &[u8]) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        // Whoever reads has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Something under way.
pub(crate) struct Step {
    bar: ProgressBar,
    started: Instant,
}

impl Step {
    /// Says what came of it, and gives how long it took.
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
mod tests {
    use lit_sdk::AuthorizeError;

    use super::*;

    #[test]
    fn errors_are_printed_with_their_causes() {
        let refused = AuthorizeError::signer("user rejected");
        let error = Error::from(lit_sdk::Error::Authorize(refused));
        assert_eq!(
            with_causes(&error),
            "the session was not authorized: the signer did not sign: user rejected"
        );
        // This one contains its cause already.
        let error = Error::Io(io::Error::other("disk full"));
        assert_eq!(with_causes(&error), "cannot write: disk full");
    }
}
