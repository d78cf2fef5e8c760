use std::fmt;

use lit_sdk::{
    transport::NodeOutcome,
    types::{SdkErrorCode, SdkErrorKind},
};
use serde::Serialize;

use crate::error::Error;

/// The width of the column of results in the table of nodes.
const RESULT_WIDTH: usize = 56;

/// A failure as users see it: JSON by `Serialize`, text by `Display`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Failure<'a> {
    error: String,
    causes: Vec<String>,
    /// The code of the official client.
    code: Option<&'static str>,
    kind: Option<String>,
    node_error_code: Option<&'a str>,
    nodes: Vec<Node<'a>>,
    help: Option<String>,
}

/// What one node answered.
#[derive(Debug, Serialize)]
struct Node<'a> {
    node: &'a str,
    result: String,
    code: Option<&'a str>,
    ms: f64,
}

impl<'a> From<&'a Error> for Failure<'a> {
    fn from(failed: &'a Error) -> Self {
        let (error, causes) = failed.sentences();
        let sdk = failed.sdk();
        let code = sdk.and_then(lit_sdk::Error::sdk_code);
        let nodes = failed.quorum().map(|quorum| quorum.outcomes.iter());
        Self {
            error,
            causes,
            code: code.map(SdkErrorCode::code),
            kind: code.map(SdkErrorCode::kind).map(kind_name),
            node_error_code: sdk.and_then(lit_sdk::Error::node_error_code),
            nodes: nodes.into_iter().flatten().map(Node::from).collect(),
            help: failed.help(),
        }
    }
}

/// A wrong command line. The help is how to use the command.
impl From<&clap::Error> for Failure<'_> {
    fn from(error: &clap::Error) -> Self {
        let text = error.to_string();
        let mut paragraphs = text.trim().split("\n\n").map(one_line);
        let message = paragraphs.next().unwrap_or_default();
        let help: Vec<String> = paragraphs.collect();
        Self {
            error: message
                .strip_prefix("error: ")
                .unwrap_or(&message)
                .to_owned(),
            causes: Vec::new(),
            code: None,
            kind: None,
            node_error_code: None,
            nodes: Vec::new(),
            help: (!help.is_empty()).then(|| help.join("; ")),
        }
    }
}

impl<'a> From<&'a NodeOutcome> for Node<'a> {
    fn from(outcome: &'a NodeOutcome) -> Self {
        Self {
            node: outcome.node.as_str(),
            result: outcome.outcome.to_string(),
            code: outcome.outcome.error_code(),
            ms: outcome.elapsed.as_secs_f64() * 1000.0,
        }
    }
}

impl fmt::Display for Failure<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.error)?;
        for cause in &self.causes {
            write!(f, "\n  caused by: {cause}")?;
        }
        self.write_nodes(f)?;
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

impl Failure<'_> {
    /// One row per node. A long result takes several lines; its time is on the last one.
    fn write_nodes(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(width) = self.nodes.iter().map(|node| node.node.len()).max() else {
            return Ok(());
        };
        write!(f, "\n  {:width$}  {:RESULT_WIDTH$}  time", "node", "result")?;
        for node in &self.nodes {
            let mut name = node.node;
            let mut lines = wrapped(&node.result);
            let last = lines.pop().unwrap_or_default();
            for line in lines {
                write!(f, "\n  {name:width$}  {line}")?;
                name = "";
            }
            write!(
                f,
                "\n  {name:width$}  {last:RESULT_WIDTH$}  {:.0} ms",
                node.ms
            )?;
        }
        Ok(())
    }
}

/// Breaks a text into lines of at most [`RESULT_WIDTH`] characters, unless a word is longer.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= RESULT_WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The name of the kind in the official client.
fn kind_name(kind: SdkErrorKind) -> String {
    format!("{kind:?}")
}
