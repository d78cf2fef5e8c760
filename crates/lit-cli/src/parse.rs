//! Values of options that several commands take.

use std::error::Error as StdError;

use lit_sdk::{
    PkpPublicKey,
    types::{TokenId, strict_json},
};
use serde_json::{Value, json};

pub(crate) fn parse_param(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text
        .split_once('=')
        .ok_or("expected NAME=JSON, such as magicNumber=42")?;
    let value = strict_json::from_str(value).map_err(|error| {
        format!(
            "malformed JSON after {name}=: {error}{}",
            quoting(name, value)
        )
    })?;
    Ok((name.to_owned(), value))
}

/// How to write the value as a text, unless it looks like other JSON.
fn quoting(name: &str, value: &str) -> String {
    if value.starts_with(['{', '[', '"', '\'']) {
        return String::new();
    }
    format!("; write a text as {name}='{}'", json!(value))
}

/// The public key of a PKP. Users also try its token id.
pub(crate) fn parse_pkp(text: &str) -> Result<PkpPublicKey, Box<dyn StdError + Send + Sync>> {
    text.parse().map_err(|error| match text.parse::<TokenId>() {
        Ok(token) => {
            format!("that is a token id; `lit pkp show {token}` prints the public key").into()
        }
        Err(_) => Box::from(error),
    })
}
