use lit_types::CompactJson;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};

use crate::refusal::Refusal;

/// One case of a vector file.
///
/// Input and result are kept as text as well, because signed JSON depends on the order of members.
pub(crate) struct Case {
    /// `<file>/<number>`.
    pub(crate) id: String,
    /// What the case is about. A few inputs cannot be written as JSON, `undefined` members above all; then this is the
    /// only place where they stand.
    pub(crate) description: String,
    input: Box<RawValue>,
    input_value: Value,
    /// What the official client did.
    pub(crate) official: Official,
    /// The clock under which the file was made, in Unix seconds, where a result of the file shows it: helpers that read
    /// the clock do not have it in their input.
    pub(crate) file_clock: Option<i64>,
}

/// What the official client did.
pub(crate) enum Official {
    /// Returned this.
    Value(Box<RawValue>),
    /// Threw this.
    Error(OfficialError),
}

/// An error of the official client.
#[derive(Debug, Deserialize)]
pub(crate) struct OfficialError {
    /// `LitError`, or a class of JavaScript; of the latter only the fact that the call fails is normative.
    pub(crate) class: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) code: String,
    #[serde(default)]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) message: String,
    /// How often the callback of a session had been called by then. Stands beside the error in the files.
    #[serde(skip)]
    pub(crate) callback_calls: Option<usize>,
}

impl Case {
    /// The input in the form a judge needs.
    ///
    /// # Errors
    /// [`Refusal::Malformed`].
    pub(crate) fn input<'a, T: Deserialize<'a>>(&'a self) -> Result<T, Refusal> {
        parse("input", self.input.get())
    }

    /// A part of the input by JSON pointer.
    pub(crate) fn at(&self, pointer: &str) -> Option<&Value> {
        self.input_value.pointer(pointer)
    }

    /// A text of the input by JSON pointer.
    pub(crate) fn text_at(&self, pointer: &str) -> Option<&str> {
        self.at(pointer)?.as_str()
    }

    /// Whether the description has these words: for inputs that JSON cannot express.
    pub(crate) fn is_about(&self, words: &str) -> bool {
        self.description.contains(words)
    }

    /// The official value, with the members named in `verbatim` as compact JSON text.
    ///
    /// # Errors
    /// [`Refusal::Malformed`].
    pub(crate) fn official_value(&self, verbatim: &[&str]) -> Result<Option<Value>, Refusal> {
        let Official::Value(raw) = &self.official else {
            return Ok(None);
        };
        let mut value: Value = parse("expected", raw.get())?;
        if let Value::Object(members) = &mut value {
            let texts: std::collections::HashMap<String, CompactJson> =
                parse("expected", raw.get())?;
            for name in verbatim {
                if let (Some(member), Some(text)) = (members.get_mut(*name), texts.get(*name)) {
                    *member = Value::from(text.as_str());
                }
            }
        }
        Ok(Some(value))
    }
}

/// Parses the text of a vector file.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn parse_file(text: &str) -> Result<Vec<Case>, String> {
    #[derive(Deserialize)]
    struct File {
        cases: Vec<RawCase>,
    }
    #[derive(Deserialize)]
    struct RawCase {
        id: String,
        description: String,
        input: Box<RawValue>,
        // `null` is a result, so it must not count as absent.
        #[serde(default, deserialize_with = "present")]
        expected: Option<Box<RawValue>>,
        error: Option<OfficialError>,
        #[serde(rename = "callbackCalls")]
        callback_calls: Option<usize>,
    }
    let file: File = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let case = |raw: RawCase| {
        let input_value = serde_json::from_str(raw.input.get())
            .map_err(|error| format!("{}: {error}", raw.id))?;
        let official = match (raw.expected, raw.error) {
            (Some(value), None) => Official::Value(value),
            (None, Some(error)) => Official::Error(OfficialError {
                callback_calls: raw.callback_calls,
                ..error
            }),
            _ => return Err(format!("{}: needs one of `expected` and `error`", raw.id)),
        };
        Ok(Case {
            id: raw.id,
            description: raw.description,
            input: raw.input,
            input_value,
            official,
            file_clock: None,
        })
    };
    let mut cases = file
        .cases
        .into_iter()
        .map(case)
        .collect::<Result<Vec<_>, String>>()?;
    let issued_at = |case: &Case| case.official_value(&[]).ok()??.get("iat")?.as_i64();
    let file_clock = cases.iter().find_map(issued_at);
    cases
        .iter_mut()
        .for_each(|case| case.file_clock = file_clock);
    Ok(cases)
}

/// Reads a member that is there, even if it is `null`.
pub(crate) fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// # Errors
/// [`Refusal::Malformed`], which names `what`.
pub(crate) fn parse<'a, T: Deserialize<'a>>(what: &str, json: &'a str) -> Result<T, Refusal> {
    serde_json::from_str(json).map_err(|error| Refusal::Malformed(format!("{what}: {error}")))
}
