use std::fmt;

use lit_types::{AuthSig, NodeUrl, SessionSigs, Timestamp, printable_line, strict_json};
use serde_json::Value;
use time::OffsetDateTime;

/// Checks, without cryptography, that a session signature and its capabilities have not expired at `now`.
///
/// Each needs an expiration. A signature is still valid exactly at its expiration.
///
/// # Errors
/// All problems, in order.
#[doc(alias = "validateSessionSig")]
pub fn validate_session_sig(
    sig: &AuthSig,
    now: OffsetDateTime,
) -> Result<(), Vec<SessionSigProblem>> {
    use SessionSigProblem as Problem;

    let Ok(template) = strict_json::from_str::<Value>(&sig.signed_message) else {
        return Err(vec![Problem::NotJson]);
    };
    let mut problems = Vec::new();
    match template.get("capabilities").and_then(Value::as_array) {
        None => problems.push(Problem::NoCapabilities { empty: false }),
        Some(capabilities) if capabilities.is_empty() => {
            problems.push(Problem::NoCapabilities { empty: true });
        }
        Some(capabilities) => {
            for (index, capability) in capabilities.iter().enumerate() {
                let text = capability
                    .get("signedMessage")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                let fields = parse_signed_message(text);
                let expiration = fields
                    .iter()
                    .rev()
                    .find(|(key, _)| key == "Expiration Time");
                problems.extend(check_expiration(
                    Some(index),
                    expiration.map(|(_, value)| value.as_str()),
                    now,
                ));
            }
        }
    }
    let expiration = template.get("expiration").and_then(Value::as_str);
    problems.extend(check_expiration(None, expiration, now));
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// Checks all signatures of a map as [`validate_session_sig`] does. An empty map is valid.
///
/// # Errors
/// [`InvalidSessionSigs`] with the problems of every node.
#[doc(alias = "validateSessionSigs")]
pub fn validate_session_sigs(
    sigs: &SessionSigs,
    now: OffsetDateTime,
) -> Result<(), InvalidSessionSigs> {
    let problems: Vec<_> = sigs
        .iter()
        .filter_map(|(node, sig)| Some((node.clone(), validate_session_sig(sig, now).err()?)))
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(InvalidSessionSigs { problems })
    }
}

fn check_expiration(
    capability: Option<usize>,
    expiration: Option<&str>,
    now: OffsetDateTime,
) -> Option<SessionSigProblem> {
    let text = expiration.filter(|text| !text.is_empty());
    let Some(text) = text else {
        return Some(SessionSigProblem::NoExpiration { capability });
    };
    match text.parse::<Timestamp>() {
        Err(_) => Some(SessionSigProblem::BadExpiration {
            capability,
            text: printable_line(text, 100),
        }),
        Ok(at) if at.at() < now => {
            let expiration = Timestamp::try_from(at.at()).unwrap_or(at);
            Some(SessionSigProblem::Expired {
                capability,
                expiration,
            })
        }
        Ok(_) => None,
    }
}

/// Splits a signed text into its `Key: value` lines, as the official client does.
///
/// A line without a colon continues the value before it. Keys may repeat; the last one counts.
///
/// To read a SIWE message use [`lit_recap::SiweMessage`].
#[doc(alias = "parseSignedMessage")]
#[must_use]
pub fn parse_signed_message(text: &str) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        match line.split_once(':') {
            Some((key, value)) if !key.is_empty() => {
                fields.push((key.trim().to_owned(), value.to_owned()));
            }
            _ if line.trim().is_empty() => {}
            _ => {
                if let Some((_, value)) = fields.last_mut() {
                    value.push('\n');
                    value.push_str(line);
                }
            }
        }
    }
    // A value may begin on the line after its key, as the address of a SIWE message does.
    for (_, value) in &mut fields {
        *value = value.trim().to_owned();
    }
    fields
}

/// Why a session signature is no longer usable. The texts are those of the official client.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionSigProblem {
    /// The signed text is not JSON.
    NotJson,
    /// The signed text has no capabilities.
    NoCapabilities {
        /// Whether the list exists and is empty.
        empty: bool,
    },
    /// The expiration is missing.
    NoExpiration {
        /// The capability; `None` for the session signature itself.
        capability: Option<usize>,
    },
    /// The expiration is malformed.
    BadExpiration {
        /// The capability; `None` for the session signature itself.
        capability: Option<usize>,
        /// The text.
        text: String,
    },
    /// The expiration has passed.
    Expired {
        /// The capability; `None` for the session signature itself.
        capability: Option<usize>,
        /// When it expired.
        expiration: Timestamp,
    },
}

impl fmt::Display for SessionSigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Place(Option<usize>);
        impl fmt::Display for Place {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    Some(index) => write!(f, "capability {index}"),
                    None => f.write_str("main signedMessage"),
                }
            }
        }
        match self {
            Self::NotJson => f.write_str("Main signedMessage is not valid JSON."),
            Self::NoCapabilities { empty: false } => {
                f.write_str("Capabilities not found in main signedMessage.")
            }
            Self::NoCapabilities { empty: true } => {
                f.write_str("No capabilities found in main signedMessage.")
            }
            Self::NoExpiration {
                capability: Some(index),
            } => {
                write!(
                    f,
                    "Expiration Time not found in capability {index}'s signedMessage."
                )
            }
            Self::NoExpiration { capability: None } => {
                f.write_str("Expiration Time not found in outer signedMessage.")
            }
            Self::BadExpiration { capability, text } => {
                write!(
                    f,
                    "Invalid Expiration Time format in {}: {text}",
                    Place(*capability)
                )
            }
            Self::Expired {
                capability,
                expiration,
            } => {
                write!(
                    f,
                    "Expired {}. Expiration Time: {expiration}",
                    Place(*capability)
                )
            }
        }
    }
}

/// Session signatures that are no longer usable. Request new ones.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid sessionSigs. Errors: {}", self.errors().join(", "))]
#[non_exhaustive]
pub struct InvalidSessionSigs {
    /// The nodes with unusable signatures, and their problems.
    pub problems: Vec<(NodeUrl, Vec<SessionSigProblem>)>,
}

impl InvalidSessionSigs {
    /// One text per node, as the official client writes it.
    #[must_use]
    pub fn errors(&self) -> Vec<String> {
        let text = |(node, problems): &(NodeUrl, Vec<SessionSigProblem>)| {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            format!("Session Sig '{node}': {}", problems.join(", "))
        };
        self.problems.iter().map(text).collect()
    }
}
