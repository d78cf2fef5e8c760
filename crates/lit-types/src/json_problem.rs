use std::fmt;

use serde_json::error::Category;

use crate::printable_line;

/// The fault in a JSON text, and its place.
///
/// It quotes nothing from the text, since the texts are credentials. Parser errors quote what they read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonProblem {
    what: String,
    line: usize,
    column: usize,
}

impl From<serde_json::Error> for JsonProblem {
    fn from(error: serde_json::Error) -> Self {
        let text = error.to_string();
        // These texts name a member and quote nothing else.
        let names_member = ["missing field", "unknown field", "duplicate field"];
        let what = match error.classify() {
            Category::Data if names_member.iter().any(|start| text.starts_with(start)) => {
                let member = text.split([',', '(']).next().unwrap_or_default();
                let member = member.split(" at line").next().unwrap_or_default();
                printable_line(member, 80)
            }
            Category::Data => "not of the expected form".to_owned(),
            Category::Eof => "incomplete".to_owned(),
            Category::Syntax | Category::Io => "not JSON".to_owned(),
        };
        Self {
            what,
            line: error.line(),
            column: error.column(),
        }
    }
}

impl fmt::Display for JsonProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, line, column } = self;
        write!(f, "{what} (line {line}, column {column})")
    }
}

impl std::error::Error for JsonProblem {}
