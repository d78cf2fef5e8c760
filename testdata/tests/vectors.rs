//! The golden vectors of this repository, and proof that the runner can fail.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::{collections::BTreeSet, fs};

use lit_testdata::{FileResult, Verdict, default_dir, rules, run_dir, run_text};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

/// Files that must be judged, not skipped.
const JUDGED: [&str; 37] = [
    "acc-boolean",
    "acc-hash",
    "action-auth-method-id",
    "auth-method-ids",
    "auth-sig",
    "blockhash",
    "bls-combine",
    "bls-session-sig",
    "bls-verify",
    "capacity-delegation-authsig",
    "check-need-to-resign",
    "encryption-resource",
    "error-table",
    "ethwallet-authenticate",
    "hd-key-id",
    "helpers",
    "ipfs-cid",
    "pkp-derivation",
    "pkp-session-sigs",
    "provider-session-sigs",
    "recap-decoding",
    "recap-encoding",
    "recap-verify",
    "relay",
    "resource-builder",
    "resource-keys",
    "resource-parse",
    "session-key",
    "session-sig-preconditions",
    "session-sig-validation",
    "session-sigs",
    "sign-session-key",
    "siwe-capacity-delegation",
    "siwe-plain",
    "siwe-recaps",
    "stytch-authenticate",
    "webauthn-pubkey",
];

#[test]
fn all_cases_pass() {
    let report = run_dir(&default_dir()).unwrap();
    let failures: Vec<_> = report
        .files
        .iter()
        .flat_map(|file| file.cases())
        .filter(|case| matches!(case.verdict, Verdict::Failed(_)))
        .collect();
    assert_eq!(report.failed(), 0, "{failures:#?}");
    for name in JUDGED {
        let file = report.files.iter().find(|file| file.name == name).unwrap();
        assert!(
            matches!(&file.result, FileResult::Judged(cases) if !cases.is_empty()),
            "{file}"
        );
    }
    let declared: BTreeSet<_> = rules().map(|rule| rule.name).collect();
    assert_eq!(declared.len(), rules().count(), "two rules of one name");
    assert_eq!(report.rules_used(), declared, "a rule that no vector needs");
}

/// Every text and truth value of what a case expects, changed by one character, is noticed. One case per file: the first
/// that passes without a rule and has something to change.
#[test]
fn corrupt_vectors_fail() {
    // The one case of this file here is an error that has no parts; those with a result are recordings.
    for name in JUDGED.into_iter().filter(|name| *name != "bls-session-sig") {
        let text = vectors(name);
        let mut candidates = File::parse(&text).cases.into_iter().filter(|case| {
            !corruptions(case.get()).is_empty() && verdict(name, case.get()) == Verdict::Passed
        });
        let case = candidates
            .next()
            .unwrap_or_else(|| panic!("{name}: no case to corrupt"))
            .get();
        for corrupt in corruptions(case) {
            let verdict = verdict(name, &corrupt);
            assert!(
                matches!(verdict, Verdict::Failed(_)),
                "{name}: {verdict:?} in spite of {corrupt}"
            );
        }
    }
}

/// The case with one leaf of its official result changed, for every leaf that is compared.
fn corruptions(case: &str) -> Vec<String> {
    /// Not ours to produce.
    const UNJUDGED: [&str; 5] = [
        "/isNewPKP",
        "/schemaValid",
        "/sha256",
        "/verifyError",
        "/viaClient",
    ];
    /// What is normative of a `LitError`.
    const NORMATIVE: [&str; 3] = ["/name", "/code", "/kind"];
    let Case { expected, error } = serde_json::from_str(case).unwrap();
    let official = expected.or(error).unwrap().get();
    let value: Value = serde_json::from_str(official).unwrap();
    let is_compared = |path: &str| match expected {
        Some(_) => !UNJUDGED.contains(&path),
        None => NORMATIVE.contains(&path),
    };
    let leaves = leaves(&value, String::new())
        .into_iter()
        .filter(|(path, _)| is_compared(path));
    let changes = leaves.filter_map(|(_, leaf)| match leaf {
        Value::Bool(value) => Some((leaf.to_string(), json!(!value))),
        Value::String(text) => Some((leaf.to_string(), json!(format!("{text}?")))),
        _ => None,
    });
    changes
        .map(|(from, to)| {
            let corrupt = official.replacen(&from, &to.to_string(), 1);
            assert_ne!(corrupt, official, "{from} is spelled in another way");
            with_result(case, official, &corrupt)
        })
        .collect()
}

/// An error that stands beside other results is compared as one that stands alone.
#[test]
fn corrupt_errors_inside_results_fail() {
    let thrown = case("relay", "relay/014");
    assert_eq!(verdict("relay", &thrown), Verdict::Passed);
    for normative in ["InvalidParamType", "invalid_param_type", "Validation"] {
        let corrupt = thrown.replacen(normative, "Other", 1);
        assert_ne!(corrupt, thrown);
        let verdict = verdict("relay", &corrupt);
        assert!(
            matches!(verdict, Verdict::Failed(_)),
            "{normative}: {verdict:?}"
        );
    }
}

/// A rule is no way round the comparison: what it leaves alone still has to be right.
#[test]
fn corrupt_cases_under_a_rule_fail() {
    let text = vectors("session-sigs");
    let changes = [
        (r#""nonce": "0x"#, r#""nonce": "0y"#),
        (r#"\"nodeAddress\":\"https"#, r#"\"nodeAddress\":\"http"#),
    ];
    let mut tried = 0;
    for case in File::parse(&text).cases {
        // Of a refusal only the reason is compared.
        let changes_result = |rules: &[&str]| rules.contains(&"callback-gets-the-request");
        match verdict("session-sigs", case.get()) {
            Verdict::ByDesign(rules) if changes_result(&rules) => {}
            _ => continue,
        }
        for (from, to) in changes {
            let corrupt = case.get().replacen(from, to, 1);
            if corrupt != case.get() {
                tried += 1;
                let verdict = verdict("session-sigs", &corrupt);
                assert!(matches!(verdict, Verdict::Failed(_)), "{from}: {verdict:?}");
            }
        }
    }
    assert!(tried > 20, "{tried}");
}

/// Rules are about kinds of cases, not about the cases of this folder.
#[test]
fn rules_hold_for_other_cases() {
    let by_design = |rule| Verdict::ByDesign(vec![rule]);

    // The official client forgets the domain when it asks again, so only the first call and the parameters have it.
    let asked_twice = case("session-sigs", "session-sigs/022");
    let (chain, and_domain) = (
        r#""chain": "ethereum""#,
        r#""chain": "ethereum", "domain": "example.com""#,
    );
    let asked_twice = asked_twice.replacen(chain, and_domain, 2);
    assert_eq!(
        verdict("session-sigs", &asked_twice),
        by_design("callback-gets-the-request")
    );

    let domain =
        case("siwe-plain", "siwe-plain/003").replace("example.com", "https://example.com/app");
    assert_eq!(
        verdict("siwe-plain", &domain),
        by_design("unparsable-message")
    );

    let short_upper = case("resource-keys", "resource-keys/005").replace("abc", "ABC");
    assert_eq!(
        verdict("resource-keys", &short_upper),
        by_design("lower-case-hex")
    );

    let decimal = json!({
        "id": "a",
        "description": "b",
        "input": { "key": format!("lit-pkp://{}", "9".repeat(77)) },
        "error": { "class": "Error", "message": "too long" },
    });
    assert_eq!(
        verdict("resource-parse", &decimal.to_string()),
        by_design("decimal-token-id")
    );
}

#[test]
fn unreadable_files_and_cases_fail() {
    for text in [
        "",
        "{",
        "[]",
        r#"{"cases":[{}]}"#,
        r#"{"cases":[{"id":"a","description":"b","input":{}}]}"#,
    ] {
        let file = run_text("siwe-plain", text);
        assert!(
            matches!(file.result, FileResult::Unreadable(_)),
            "{text}: {file}"
        );
        assert_eq!(file.failed(), 1);
    }
    for name in JUDGED {
        let case = r#"{"id":"a","description":"b","input":{"nonsense":1},"error":{"class":"Error","message":"c"}}"#;
        let verdict = verdict(name, case);
        let malformed =
            matches!(&verdict, Verdict::Failed(problem) if problem.contains("cannot read"));
        // Every member of these inputs is optional.
        assert!(
            malformed || ["recap-encoding", "session-key"].contains(&name),
            "{name}: {verdict:?}"
        );
    }
    for name in JUDGED {
        let text = vectors(name);
        for case in File::parse(&text).cases {
            let Case {
                expected: Some(expected),
                ..
            } = serde_json::from_str(case.get()).unwrap()
            else {
                continue;
            };
            for nonsense in [
                "1.5",
                r#""nonsense""#,
                "[[]]",
                r#"{"nonsense":{}}"#,
                r#"{"callbackCalls":[1]}"#,
            ] {
                let verdict = verdict(name, &with_result(case.get(), expected.get(), nonsense));
                let failed =
                    matches!(&verdict, Verdict::Failed(problem) if !problem.contains("panicked"));
                // Refused by a rule, whatever the official client gives.
                assert!(
                    failed || matches!(verdict, Verdict::ByDesign(_)),
                    "{name} {nonsense}: {verdict:?}"
                );
            }
        }
    }
    let file = run_text("no-such-file", r#"{"cases":[]}"#);
    assert_eq!(
        file.to_string(),
        "no-such-file: skipped (no judge for this file)"
    );
}

#[test]
fn the_report_ends_with_the_totals() {
    let report = run_dir(&default_dir()).unwrap().to_string();
    let lines: Vec<&str> = report.lines().collect();
    let [.., totals, by_design] = lines.as_slice() else {
        panic!("{report}")
    };
    let numbers = |line: &str| {
        line.split(|c: char| !c.is_ascii_digit())
            .filter(|n| !n.is_empty())
            .count()
    };
    assert!(
        totals.ends_with(" skipped") && totals.contains(" passed, ") && numbers(totals) == 3,
        "{totals}"
    );
    assert!(
        by_design.ends_with(" differ by design") && numbers(by_design) == 1,
        "{by_design}"
    );
}

fn vectors(name: &str) -> String {
    fs::read_to_string(default_dir().join(name).with_extension("json")).unwrap()
}

fn case(name: &str, id: &str) -> String {
    let text = vectors(name);
    let quoted = format!("{id:?}");
    let case = File::parse(&text)
        .cases
        .into_iter()
        .find(|case| case.get().contains(&quoted));
    case.unwrap().get().to_owned()
}

#[derive(Deserialize)]
struct File<'a> {
    #[serde(borrow)]
    cases: Vec<&'a RawValue>,
}

impl<'a> File<'a> {
    fn parse(text: &'a str) -> Self {
        serde_json::from_str(text).unwrap()
    }
}

#[derive(Deserialize)]
struct Case<'a> {
    #[serde(borrow)]
    expected: Option<&'a RawValue>,
    #[serde(borrow)]
    error: Option<&'a RawValue>,
}

/// The case with another result. The same text may stand in the input, which comes first.
fn with_result(case: &str, official: &str, other: &str) -> String {
    let (before, after) = case.rsplit_once(official).unwrap();
    format!("{before}{other}{after}")
}

fn verdict(name: &str, case: &str) -> Verdict {
    let file = run_text(name, &format!(r#"{{"cases":[{case}]}}"#));
    file.cases()[0].verdict.clone()
}

/// Everything in a value that is neither list nor object, by JSON pointer.
fn leaves(value: &Value, path: String) -> Vec<(String, &Value)> {
    match value {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(i, item)| leaves(item, format!("{path}/{i}")))
            .collect(),
        Value::Object(members) => members
            .iter()
            .flat_map(|(key, item)| leaves(item, format!("{path}/{key}")))
            .collect(),
        leaf => vec![(path, leaf)],
    }
}
