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
                "error": { "message": error.to_string(), "code": sdk_code, "nodeErrorCode": node_code },
            });
            let _ = writeln!(io::stdout(), "{json:#}");
        }
        self.message(&format!("error: {error}"));
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
