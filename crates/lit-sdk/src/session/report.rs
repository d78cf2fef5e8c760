use std::fmt::Write;

use lit_recap::{ReCap, SiweError, SiweMessage};
use lit_types::{AuthSig, JsonProblem, SessionSigs, Timestamp};
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

/// A readable report on session signatures: times, and the rights of each capability.
///
/// The layout is that of the official client. The signatures of all nodes have the same content, so the first is described.
///
/// # Errors
/// [`ReportError`] if the map is empty, or if its first signature is malformed.
#[doc(alias = "formatSessionSigs")]
pub fn format_session_sigs(sigs: &SessionSigs, now: OffsetDateTime) -> Result<String, ReportError> {
    let (_, first) = sigs.iter().next().ok_or(ReportError::Empty)?;
    let template: Template = serde_json::from_str(&first.signed_message)
        .map_err(|error| ReportError::Template(error.into()))?;

    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(out, "The request time is at: {}", iso(now));
    out.push_str("* Outer expiration:\n");
    times(
        &mut out,
        "    ",
        template.issued_at.at(),
        template.expiration.at(),
        now,
    );
    out.push_str("* Capabilities:\n");
    for (index, capability) in template.capabilities.iter().enumerate() {
        let message: SiweMessage = capability
            .signed_message
            .parse()
            .map_err(|source| ReportError::Capability { index, source })?;
        let expiration = message
            .expiration()
            .ok_or(ReportError::NoExpiration { index })?;
        let _ = writeln!(
            out,
            "    * Capability {} ({}):",
            index + 1,
            capability.derived_via
        );
        times(&mut out, "        ", message.issued_at(), expiration, now);
        out.push_str("        * Attenuation:\n");
        let recap = message
            .resources()
            .next()
            .and_then(|resource| resource.parse::<ReCap>().ok());
        if let Some(recap) = recap {
            for (resource, abilities) in recap.attenuations() {
                let _ = writeln!(out, "            * {resource}");
                for (ability, notes) in abilities {
                    let _ = writeln!(out, "              * {ability}");
                    for (key, value) in notes.iter().flatten() {
                        outline(&mut out, 16, key, value);
                    }
                }
            }
        }
    }
    Ok(out)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Template {
    issued_at: Timestamp,
    expiration: Timestamp,
    capabilities: Vec<AuthSig>,
}

fn times(
    out: &mut String,
    indent: &str,
    issued_at: OffsetDateTime,
    expiration: OffsetDateTime,
    now: OffsetDateTime,
) {
    let status = if expiration > now {
        format!("✅ Not expired (valid for {})", duration(expiration - now))
    } else {
        format!("❌ Expired (expired {} ago)", duration(now - expiration))
    };
    let lines = [
        ("Issued at", iso(issued_at)),
        ("Expiration", iso(expiration)),
        ("Duration", duration(expiration - issued_at)),
        ("Status", status),
    ];
    for (name, value) in lines {
        let _ = writeln!(out, "{indent}* {name}: {value}");
    }
}

/// Prints days if there is at least one, and the finer units otherwise.
fn duration(duration: time::Duration) -> String {
    let millis = duration.whole_milliseconds().max(0);
    let (days, hours, minutes) = (
        millis / 86_400_000,
        millis / 3_600_000 % 24,
        millis / 60_000 % 60,
    );
    let seconds = format!("{}.{:03} seconds", millis / 1000 % 60, millis % 1000);
    match (days, hours) {
        (1.., _) => format!("{days} days"),
        (_, 1..) => format!("{hours} hours, {minutes} minutes, {seconds}"),
        _ => format!("{minutes} minutes, {seconds}"),
    }
}

/// Prints members as nested lists, and scalars as JavaScript does.
fn outline(out: &mut String, indent: usize, key: &str, value: &Value) {
    let line = |out: &mut String, indent: usize, text: &str| {
        let _ = writeln!(out, "{:indent$}* {text}", "");
    };
    line(out, indent, key);
    let items = match value {
        Value::Array(items) => items.as_slice(),
        other => std::slice::from_ref(other),
    };
    for item in items {
        match item {
            Value::Object(members) => {
                for (key, value) in members {
                    outline(out, indent + 2, key, value);
                }
            }
            Value::String(text) => line(out, indent + 2, text),
            other => line(out, indent + 2, &other.to_string()),
        }
    }
}

fn iso(at: OffsetDateTime) -> String {
    Timestamp::try_from(at).map_or_else(|_| at.to_string(), |at| at.to_string())
}

/// Why a report fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// The map is empty.
    #[error("no session signatures to describe")]
    Empty,
    /// The signed text is not the document of a session signature.
    #[error("malformed signed document: {0}")]
    Template(JsonProblem),
    /// A capability is not a SIWE message.
    #[error("malformed capability {}", index + 1)]
    Capability {
        /// The index of the capability, from 0.
        index: usize,
        /// The cause.
        source: SiweError,
    },
    /// A capability has no expiration.
    #[error("capability {} has no expiration", index + 1)]
    NoExpiration {
        /// The index of the capability, from 0.
        index: usize,
    },
}
