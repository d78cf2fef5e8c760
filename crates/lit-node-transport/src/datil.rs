//! What is particular to the Datil generation: headers and the form of refusals. Another generation gets a module beside
//! this one.

use std::time::Duration;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use lit_types::{
    CompactJson, NodeErrorBody, printable_line, printable_lines, strict_json, wire::ActionFailure,
};
use serde_json::Value;

use crate::RequestId;

/// The version of the official client whose behavior is claimed; nodes read it to tell what a client understands.
pub const SDK_VERSION: &str = "7.4.0";

/// How long a request to a node may take. A node ends each request after 60 s, and a Lit Action after 30 s, and says so; this
/// is longer, so that its answer arrives.
pub const NODE_TIMEOUT: Duration = Duration::from_secs(65);

/// The headers of every request. Nodes answer 404 without the content type.
#[must_use]
pub fn headers(request_id: &RequestId) -> Vec<(&'static str, String)> {
    vec![
        ("content-type", "application/json".to_owned()),
        ("accept", "application/json".to_owned()),
        ("x-lit-sdk-version", SDK_VERSION.to_owned()),
        ("x-lit-sdk-type", "Rust".to_owned()),
        ("x-request-id", request_id.to_header()),
    ]
}

/// Reads the body of a refusal in whatever form it came: the standard one, the short one, an action's exception, or text. What
/// a node sends goes into errors and logs, so texts are cut and made [printable](lit_types::Printable). Only the message may have
/// several lines.
#[must_use]
pub fn parse_refusal(body: &Bytes) -> NodeErrorBody {
    let mut error: NodeErrorBody = strict_json::from_slice(body).unwrap_or_default();
    if error.message.is_none() {
        let failure: Option<ActionFailure> = strict_json::from_slice(body).ok();
        let text = || String::from_utf8_lossy(&body[..body.len().min(MAX_TEXT)]).into_owned();
        error.message = Some(failure.map_or_else(text, |failure| failure.error));
    }
    let short = [
        &mut error.error_kind,
        &mut error.error_code,
        &mut error.correlation_id,
    ];
    for text in short.into_iter().flatten() {
        *text = printable_line(text, 100);
    }
    error.message = error.message.map(|text| printable_lines(&text, MAX_TEXT));
    error.details.truncate(20);
    for text in &mut error.details {
        *text = printable_line(text, MAX_TEXT);
    }
    error
}

/// The longest text of a refusal that is kept, in characters.
const MAX_TEXT: usize = 500;

/// The code of a Lit Action as nodes take it: base64 with padding.
#[doc(alias = "encodeCode")]
#[must_use]
pub fn encode_code(code: &str) -> String {
    BASE64_STANDARD.encode(code)
}

/// What an action set as its response: JSON where it is JSON, the text otherwise.
#[doc(alias = "parseAsJsonOrString")]
#[must_use]
pub fn json_or_text(response: &str) -> Value {
    serde_json::from_str(response).unwrap_or_else(|_| Value::from(response))
}

/// Removes the quotes around the texts inside signed data, which nodes serialize twice.
#[doc(alias = "removeDoubleQuotes")]
#[must_use]
pub fn unquote(signed_data: Value) -> Value {
    match signed_data {
        Value::String(text) => Value::String(text.replace('"', "")),
        Value::Object(members) => members
            .into_iter()
            .map(|(key, value)| (key, unquote(value)))
            .collect(),
        other => other,
    }
}

/// The text a PKP signed, as nodes give it: JSON is made compact, escaped quotes are undone, and everything else, SIWE
/// messages above all, stays as it is.
#[doc(alias = "normalizeAndStringify")]
#[must_use]
pub fn normalize_signed_text(text: &str) -> String {
    if !text.starts_with(['{', '[']) {
        return text.to_owned();
    }
    let mut candidate = text.to_owned();
    // Every round removes one layer of escapes.
    loop {
        if let Ok(json) = CompactJson::parse(&candidate) {
            return json.as_str().to_owned();
        }
        let unescaped = candidate.replace("\\\\", "\\").replace("\\\"", "\"");
        if unescaped == candidate {
            return text.to_owned();
        }
        candidate = unescaped;
    }
}
