use serde::Deserialize;
use serde_json::Value;

use crate::{case::OfficialError, judges::Judge, refusal::Refusal};

/// What a case gave.
pub(crate) type Outcome = Result<Value, Refusal>;

/// How an outcome differs from the value it should be; none if it does not.
pub(crate) fn difference_to_value(
    expected: &Value,
    outcome: &Outcome,
    judge: &Judge,
) -> Option<String> {
    let found = match outcome {
        Ok(found) => found,
        Err(refusal) => return Some(format!("refused: {refusal}")),
    };
    let (Value::Object(expected), Value::Object(found)) = (expected, found) else {
        return (expected != found).then(|| show(expected, found));
    };
    let is_judged = |name: &&String| !judge.unjudged.contains(&name.as_str());
    let surplus = found
        .keys()
        .filter(is_judged)
        .find(|name| !judge.partial && !expected.contains_key(*name));
    if let Some(name) = surplus {
        return Some(format!("{name}: there should be no such member"));
    }
    expected
        .iter()
        .filter(|(name, _)| is_judged(name))
        .find_map(|(name, expected)| match found.get(name) {
            None => Some(format!("{name}: missing")),
            Some(found) if name.as_str() == THROWS || expected["class"] == "LitError" => {
                difference_to_thrown(expected, found).map(|problem| format!("{name}: {problem}"))
            }
            Some(found) if found != expected => Some(format!("{name}: {}", show(expected, found))),
            Some(_) => None,
        })
}

/// The member of a result that is an error of any class, where a result has more to it than the error. Errors of the
/// official client are recognized wherever they stand.
const THROWS: &str = "throws";

/// How an error inside a result differs from the one it should be. `found` has what is normative, if there is a code.
fn difference_to_thrown(expected: &Value, found: &Value) -> Option<String> {
    let official = match OfficialError::deserialize(expected) {
        Ok(official) => official,
        Err(problem) => return Some(problem.to_string()),
    };
    let is_same = |(name, text): (&str, &String)| found[name] == text.as_str();
    let normative = [
        ("name", &official.name),
        ("code", &official.code),
        ("kind", &official.kind),
    ];
    let same = official.class != "LitError" || normative.into_iter().all(is_same);
    (!same).then(|| show(expected, found))
}

/// How an outcome differs from the error it should be; none if it does not.
pub(crate) fn difference_to_error(expected: &OfficialError, outcome: &Outcome) -> Option<String> {
    let refusal = match outcome {
        Ok(value) => {
            return Some(format!(
                "gives {}, should fail: {}",
                shorten(&text(value)),
                expected.message
            ));
        }
        Err(refusal) => refusal,
    };
    let calls = refusal.callback_calls();
    if expected
        .callback_calls
        .is_some_and(|expected| expected != calls)
    {
        return Some(format!(
            "refused after {calls} calls of the callback: {refusal}"
        ));
    }
    if expected.class != "LitError" {
        return None;
    }
    let Some(code) = refusal.sdk_code() else {
        return Some(format!(
            "refused without an official code, expected {}: {refusal}",
            expected.name
        ));
    };
    let same = code.name() == expected.name
        && code.code() == expected.code
        && code.kind().to_string() == expected.kind;
    (!same).then(|| {
        format!(
            "refused with {}, expected {}: {refusal}",
            code.name(),
            expected.name
        )
    })
}

/// Both values from shortly before the first character in which they differ.
fn show(expected: &Value, found: &Value) -> String {
    let (expected, found) = (text(expected), text(found));
    let common = expected
        .chars()
        .zip(found.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let from = |text: &str| {
        let tail: String = text.chars().skip(common.saturating_sub(20)).collect();
        format!("{}{}", if common > 20 { "…" } else { "" }, shorten(&tail))
    };
    format!("expected {}, found {}", from(&expected), from(&found))
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), |text| format!("{text:?}"))
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(90) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
