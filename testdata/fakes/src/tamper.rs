//! Changes of JSON texts, one at a time, for tests that a verifier sees each of them.

use std::fmt::{self, Debug, Write};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Value, json};

/// A changed text, and what was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tampered {
    /// The kind of change and its place, such as `drop /proofs/0/sig`.
    pub change: String,
    /// The text.
    pub text: String,
}

/// How many changes of a text were refused, and how many mean the same as before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TamperCounts {
    /// Refused.
    pub refused: usize,
    /// Accepted with the same meaning.
    pub same: usize,
}

/// Reads each change of a text. Each must be refused, or mean what the text means.
///
/// # Panics
/// When the text itself is refused, or when a change means something else.
pub fn judge<M: PartialEq + Debug, E>(
    name: &str,
    text: &str,
    changes: impl IntoIterator<Item = Tampered>,
    read: impl Fn(&str) -> Result<M, E>,
) -> TamperCounts {
    let meaning = read(text).ok();
    let meaning = meaning.expect("the text itself is accepted");
    let mut counts = TamperCounts::default();
    for Tampered { change, text } in changes {
        match read(&text) {
            Err(_) => counts.refused += 1,
            Ok(changed) => {
                assert_eq!(changed, meaning, "{name}: {change}: {text}");
                counts.same += 1;
            }
        }
    }
    let TamperCounts { refused, same } = counts;
    println!(
        "{name}: {} changes, {refused} refused, {same} with the same meaning",
        refused + same
    );
    counts
}

/// All changes of a JSON text: each value changed, spelled differently or given another type, each member dropped, doubled, renamed
/// or moved, and one more member in each object.
///
/// Texts that hold a document of their own, JSON or lines, are changed inside too.
///
/// # Panics
/// For a text that is not JSON.
#[must_use]
pub fn json_changes(text: &str) -> Vec<Tampered> {
    let tree: Tree = serde_json::from_str(text).expect("the text is JSON");
    let mut all = Vec::new();
    let original = tree.to_string();
    changes_at(&tree, "", &mut |change, tree| {
        let text = tree.to_string();
        if text != original {
            all.push(Tampered { change, text });
        }
    });
    all.push(Tampered {
        change: "white space between tokens".to_owned(),
        text: tree.spaced(),
    });
    for (change, text) in [
        ("white space around", format!(" \n\t{tree}\r ")),
        ("more after the end", format!("{tree}{tree}")),
        ("a byte order mark", format!("\u{feff}{tree}")),
        ("cut", text[..text.len() - 1].to_owned()),
        ("encoded twice", json!(text).to_string()),
    ] {
        let change = change.to_owned();
        all.push(Tampered { change, text });
    }
    all
}

/// All changes of a text of lines, such as a SIWE message: each line changed, dropped, doubled or moved.
#[must_use]
pub fn line_changes(text: &str) -> Vec<Tampered> {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut all = Vec::new();
    for at in 0..lines.len() {
        let mut put = |change: &str, new: &[String]| {
            let mut changed: Vec<&str> = lines[..at].to_vec();
            changed.extend(new.iter().map(String::as_str));
            changed.extend(&lines[at + 1..]);
            all.push(Tampered {
                change: format!("{change} line {at}"),
                text: changed.join("\n"),
            });
        };
        let line = lines[at];
        put("drop", &[]);
        put("double", &[line.to_owned(), line.to_owned()]);
        put(
            "put a line before",
            &[
                "Not Before: 2001-01-01T00:00:00Z".to_owned(),
                line.to_owned(),
            ],
        );
        put("end with CRLF", &[format!("{line}\r")]);
        put("end with a space", &[format!("{line} ")]);
        put("begin with a space", &[format!(" {line}")]);
        put(
            "begin with a zero-width space in",
            &[format!("\u{200b}{line}")],
        );
        put(
            "end with a zero-width space in",
            &[format!("{line}\u{200b}")],
        );
        put("change the last character of", &[last_changed(line)]);
        put("change the first character of", &[first_changed(line)]);
        put("turn upper and lower case in", &[turned(line)]);
        if let Some((name, value)) = line.split_once(": ") {
            put("empty", &[format!("{name}: ")]);
            put("lead with 0 in", &[format!("{name}: 0{value}")]);
            put("drop the colon of", &[format!("{name} {value}")]);
        }
        if at + 1 < lines.len() && lines[at + 1] != line {
            let mut changed = lines.clone();
            changed.swap(at, at + 1);
            all.push(Tampered {
                change: format!("swap lines {at} and {}", at + 1),
                text: changed.join("\n"),
            });
        }
    }
    all
}

/// JSON that keeps the order and the spelling of members and scalars.
#[derive(Debug, Clone, PartialEq)]
enum Tree {
    /// The text of a scalar, or of anything that is not JSON.
    Raw(String),
    Text(String),
    List(Vec<Tree>),
    /// Names are JSON texts.
    Object(Vec<(String, Tree)>),
}

type Emit<'a> = dyn FnMut(String, Tree) + 'a;

/// Emits the whole tree once for each change in `tree`.
fn changes_at(tree: &Tree, path: &str, emit: &mut Emit<'_>) {
    for (change, new) in replacements(tree) {
        emit(format!("{change} {path}"), new);
    }
    match tree {
        Tree::Raw(_) => {}
        Tree::Text(text) => {
            // A document of its own.
            let is_json =
                text.starts_with(['{', '[']) && serde_json::from_str::<Tree>(text).is_ok();
            let inner = match () {
                () if is_json => json_changes(text),
                () if text.contains('\n') => line_changes(text),
                () => Vec::new(),
            };
            for Tampered { change, text } in inner {
                emit(format!("in {path}: {change}"), Tree::Text(text));
            }
        }
        Tree::List(items) => {
            for at in 0..items.len() {
                let mut with = |change: &str, new: &[Tree]| {
                    let mut changed = items.clone();
                    changed.splice(at..=at, new.iter().cloned());
                    emit(format!("{change} {path}/{at}"), Tree::List(changed));
                };
                with("drop", &[]);
                with("double", &[items[at].clone(), items[at].clone()]);
                changes_at(&items[at], &format!("{path}/{at}"), &mut |change, new| {
                    let mut changed = items.clone();
                    changed[at] = new;
                    emit(change, Tree::List(changed));
                });
            }
            if items.len() > 1 {
                let mut changed = items.clone();
                changed.rotate_left(1);
                emit(format!("rotate {path}"), Tree::List(changed));
            }
        }
        Tree::Object(members) => {
            for (at, (name, value)) in members.iter().enumerate() {
                let here = format!("{path}/{}", name.trim_matches('"'));
                let mut with = |change: &str, new: &[(&str, Tree)]| {
                    let new = new
                        .iter()
                        .map(|(name, value)| ((*name).to_owned(), value.clone()));
                    let mut changed = members.clone();
                    changed.splice(at..=at, new);
                    emit(format!("{change} {here}"), Tree::Object(changed));
                };
                with("drop", &[]);
                with("double", &[(name, value.clone()), (name, value.clone())]);
                with(
                    "null before",
                    &[(name, Tree::raw("null")), (name, value.clone())],
                );
                with(
                    "null after",
                    &[(name, value.clone()), (name, Tree::raw("null"))],
                );
                let escaped = escaped(name);
                with(
                    "double under another spelling",
                    &[(name, value.clone()), (&escaped, value.clone())],
                );
                with("escape the name of", &[(&escaped, value.clone())]);
                with(
                    "turn the case of the name of",
                    &[(&turned(name), value.clone())],
                );
                changes_at(value, &here, &mut |change, new| {
                    let mut changed = members.clone();
                    changed[at].1 = new;
                    emit(change, Tree::Object(changed));
                });
            }
            let mut changed = members.clone();
            changed.push(("\"more\"".to_owned(), Tree::raw("1")));
            emit(format!("one more member in {path}"), Tree::Object(changed));
            if members.len() > 1 {
                let mut changed = members.clone();
                changed.reverse();
                emit(format!("reverse {path}"), Tree::Object(changed));
            }
            let values = members.iter().map(|(_, value)| value.clone()).collect();
            emit(format!("a list for {path}"), Tree::List(values));
        }
    }
}

/// What is put in place of a value.
fn replacements(tree: &Tree) -> Vec<(&'static str, Tree)> {
    let mut all = vec![
        ("null for", Tree::raw("null")),
        ("true for", Tree::raw("true")),
        ("a list around", Tree::List(vec![tree.clone()])),
        (
            "an object around",
            Tree::Object(vec![("\"value\"".to_owned(), tree.clone())]),
        ),
    ];
    match tree {
        Tree::Raw(raw) => {
            all.push(("a text for", Tree::Text(raw.clone())));
            if let Ok(number) = raw.parse::<i64>() {
                all.extend([
                    ("one more than", Tree::Raw((number + 1).to_string())),
                    ("the negative of", Tree::Raw(format!("-{number}"))),
                    ("a fraction for", Tree::Raw(format!("{number}.0"))),
                    ("an exponent for", Tree::Raw(format!("{number}e0"))),
                    ("a leading zero in", Tree::Raw(format!("0{number}"))),
                    (
                        "2^64 more than",
                        Tree::Raw((i128::from(number) + (1 << 64)).to_string()),
                    ),
                ]);
            }
        }
        Tree::Text(text) => {
            all.extend([
                ("a number for", Tree::raw("1")),
                ("an empty text for", Tree::Text(String::new())),
                (
                    "change the first character of",
                    Tree::Text(first_changed(text)),
                ),
                (
                    "change the last character of",
                    Tree::Text(last_changed(text)),
                ),
                ("one character more in", Tree::Text(format!("{text}0"))),
                ("a leading zero in", Tree::Text(format!("0{text}"))),
                ("a leading 0x in", Tree::Text(format!("0x{text}"))),
                ("a space before", Tree::Text(format!(" {text}"))),
                ("a line feed after", Tree::Text(format!("{text}\n"))),
                ("a NUL after", Tree::Text(format!("{text}\0"))),
                ("turn upper and lower case in", Tree::Text(turned(text))),
                ("escape", Tree::Raw(escaped(&json!(text).to_string()))),
                ("a lone surrogate in", Tree::Raw(r#""\ud800""#.to_owned())),
            ]);
            if let Some(digits) = text.strip_prefix("0x") {
                all.push(("no 0x in", Tree::Text(digits.to_owned())));
                all.push(("0X in", Tree::Text(format!("0X{digits}"))));
            }
        }
        Tree::List(_) | Tree::Object(_) => all.push(("a text for", Tree::Text(tree.to_string()))),
    }
    all
}

fn first_changed(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(other);
    first.into_iter().chain(chars).collect()
}

fn last_changed(text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    if let Some(last) = chars.last_mut() {
        *last = other(*last);
    }
    chars.into_iter().collect()
}

/// Another character of the same kind: hex digits stay hex digits.
const fn other(c: char) -> char {
    match c {
        '0' => '1',
        '1'..='9' | 'b'..='z' | 'B'..='Z' => (c as u8 - 1) as char,
        'a' => 'b',
        'A' => 'B',
        _ => 'x',
    }
}

fn turned(text: &str) -> String {
    let turn = |c: char| match c.is_ascii_lowercase() {
        true => c.to_ascii_uppercase(),
        false => c.to_ascii_lowercase(),
    };
    text.chars().map(turn).collect()
}

/// A JSON text with its first character as an escape.
fn escaped(json: &str) -> String {
    match json[1..].chars().next() {
        Some(first) if first.is_ascii_alphanumeric() => {
            format!("\"\\u{:04x}{}", u32::from(first), &json[2..])
        }
        _ => json.to_owned(),
    }
}

impl Tree {
    fn raw(text: &str) -> Self {
        Self::Raw(text.to_owned())
    }

    /// With white space wherever JSON allows it.
    fn spaced(&self) -> String {
        let list = |items: Vec<String>| items.join(" ,\n ");
        match self {
            Self::Raw(_) | Self::Text(_) => self.to_string(),
            Self::List(items) => format!("[ {} ]", list(items.iter().map(Self::spaced).collect())),
            Self::Object(members) => {
                let member =
                    |(name, value): &(String, Self)| format!("{name} :\t{}", value.spaced());
                format!("{{ {} }}", list(members.iter().map(member).collect()))
            }
        }
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Raw(raw) => f.write_str(raw),
            Self::Text(text) => write!(f, "{}", json!(text)),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(ToString::to_string).collect();
                write!(f, "[{}]", items.join(","))
            }
            Self::Object(members) => {
                f.write_char('{')?;
                for (at, (name, value)) in members.iter().enumerate() {
                    let comma = if at > 0 { "," } else { "" };
                    write!(f, "{comma}{name}:{value}")?;
                }
                f.write_char('}')
            }
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Tree;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Tree, E> {
                Ok(Tree::Raw(value.to_string()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Tree, E> {
                Ok(Tree::Raw(value.to_string()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Tree, E> {
                Ok(Tree::Raw(value.to_string()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Tree, E> {
                Ok(Tree::Raw(Value::from(value).to_string()))
            }
            fn visit_str<E>(self, value: &str) -> Result<Tree, E> {
                Ok(Tree::Text(value.to_owned()))
            }
            fn visit_unit<E>(self) -> Result<Tree, E> {
                Ok(Tree::raw("null"))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(Tree::List(items))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
                let mut members = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Tree>()? {
                    members.push((json!(name).to_string(), value));
                }
                Ok(Tree::Object(members))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_a_small_text() {
        let text = r#"{"a":"0x1f","b":[1,true]}"#;
        let changes = json_changes(text);
        let texts: Vec<&str> = changes.iter().map(|change| change.text.as_str()).collect();
        for expected in [
            r#"{"b":[1,true]}"#,
            r#"{"a":"0x1f","a":"0x1f","b":[1,true]}"#,
            r#"{"a":"0x1f","\u0061":"0x1f","b":[1,true]}"#,
            r#"{"b":[1,true],"a":"0x1f"}"#,
            r#"{"a":"0x1F","b":[1,true]}"#,
            r#"{"a":"1f","b":[1,true]}"#,
            r#"{"a":"\u0030x1f","b":[1,true]}"#,
            r#"{"a":"0x1f","b":[1.0,true]}"#,
            r#"{"a":"0x1f","b":[true]}"#,
            r#"{"a":"0x1f","b":[true,1]}"#,
            r#"{"a":"0x1f","b":[1,true],"more":1}"#,
            r#"["0x1f",[1,true]]"#,
        ] {
            let turned = expected.replace("0x1F", "0X1F");
            assert!(
                texts.contains(&expected) || texts.contains(&turned.as_str()),
                "{expected}"
            );
        }
        assert!(!texts.contains(&text));
    }

    #[test]
    fn documents_inside_are_changed_too() {
        let inner = r#"{"n":1}"#;
        let changes = json_changes(&json!({ "doc": inner, "text": "a\nb: c" }).to_string());
        for expected in [
            json!({ "doc": r#"{"n":2}"#, "text": "a\nb: c" }),
            json!({ "doc": inner, "text": "b: c" }),
            json!({ "doc": inner, "text": "a\nb: 0c" }),
        ] {
            let expected = expected.to_string();
            assert!(
                changes.iter().any(|change| change.text == expected),
                "{expected}"
            );
        }
    }
}
