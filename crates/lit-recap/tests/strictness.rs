//! Texts that Lit's nodes and the official client accept, and this library refuses.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use alloy_primitives::Address;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use lit_recap::{
    DecodeError, ExtractError, NodeCoverError, NotaBene, ReCap, SiweBuilder, SiweError,
    SiweMessage, node_covers,
};
use lit_types::{LitAbility, Right, Timestamp, TimestampError};

fn builder() -> SiweBuilder {
    let nonce = "nonce0123456".parse().unwrap();
    let at = Timestamp::from_unix_millis(1_736_944_496_789).unwrap();
    SiweBuilder::new(Address::repeat_byte(0x5a), "lit:session:00", nonce, at)
        .with_statement("Sign in.")
        .with_not_before(at_minute("00"))
        .with_request_id("id-1")
        .with_rights(&[Right::run_any_action()])
        .unwrap()
}

fn at_minute(minute: &str) -> Timestamp {
    format!("2025-01-15T12:{minute}:00.000Z").parse().unwrap()
}

/// Parses the message after one change of its text.
fn changed(from: &str, to: &str) -> Result<SiweMessage, SiweError> {
    let text = builder().build().unwrap().to_string();
    assert_eq!(text.matches(from).count(), 1, "{from}");
    text.replace(from, to).parse()
}

#[test]
fn a_domain_has_no_user() {
    for domain in [
        "bank.example@evil.example",
        "bank.example:443@evil.example",
        "@localhost",
    ] {
        let built = builder().with_domain(domain).build();
        assert_eq!(built.unwrap_err(), SiweError::Domain, "{domain}");
        let parsed = changed("localhost wants", &format!("{domain} wants"));
        assert_eq!(parsed.unwrap_err(), SiweError::Domain, "{domain}");
    }
    for domain in ["localhost:3000", "[::1]:7470", "app.example.com"] {
        assert!(builder().with_domain(domain).build().is_ok(), "{domain}");
    }
}

/// A carriage return overwrites the line in a terminal, a separator begins another, and zero-width characters make two texts look
/// the same.
#[test]
fn a_statement_has_no_hidden_characters() {
    for hidden in [
        "\r", "\u{b}", "\u{85}", "\u{2028}", "\u{2029}", "\u{200b}", "\u{200d}", "\u{202e}",
        "\u{feff}",
    ] {
        let statement = format!("Sign in.{hidden}");
        let built = builder().with_statement(statement.as_str()).build();
        assert_eq!(built.unwrap_err(), SiweError::Statement, "{hidden:?}");
        let parsed = changed("Sign in.", &statement);
        assert_eq!(parsed.unwrap_err(), SiweError::Statement, "{hidden:?}");
        let mut recap = ReCap::new();
        let ability = LitAbility::LitActionExecution.into();
        recap.attenuate(
            format!("lit-litaction://{hidden}"),
            ability,
            NotaBene::new(),
        );
        let built = builder().with_recap(recap).build();
        assert_eq!(built.unwrap_err(), SiweError::Resource, "{hidden:?}");
    }
    assert!(
        builder()
            .with_statement("Anmelden für Größe, 日本語, 😀")
            .build()
            .is_ok()
    );
}

/// EIP-5573: the statement of the ReCap follows a space, or is all there is.
#[test]
fn the_statement_of_a_recap_stands_apart() {
    let action = LitAbility::LitActionExecution;
    for (before, refused) in [
        ("Sign in. ", false),
        ("Sign in.  ", false),
        (" ", false),
        ("", false),
        ("Sign in.", true),
        ("It is not true that:", true),
        ("Sign in.\u{a0}", true),
        ("Sign in.\u{3000}", true),
    ] {
        let message = changed("Sign in. I further", &format!("{before}I further")).unwrap();
        let (extracted, covers) = (
            ReCap::extract(&message),
            node_covers(&message, action, "Qm"),
        );
        if refused {
            assert_eq!(
                extracted,
                Err(ExtractError::StatementMismatch),
                "{before:?}"
            );
            assert_eq!(covers, Err(NodeCoverError::StatementMismatch), "{before:?}");
        } else {
            assert!(extracted.is_ok() && covers.is_ok(), "{before:?}");
        }
    }
}

#[test]
fn a_request_id_is_a_path_segment() {
    for id in [
        "",
        "a",
        "a-b_c~d.e",
        "user@example:1;x=2,(3)*4+5!$&'",
        "%20%C3%bc",
    ] {
        assert!(builder().with_request_id(id).build().is_ok(), "{id}");
    }
    for id in [
        "a b", "a/b", "a?b", "ü", "a\r", "%2", "%", "%zz", "a\tb", "\u{2028}",
    ] {
        let built = builder().with_request_id(id).build();
        assert_eq!(built.unwrap_err(), SiweError::RequestId, "{id:?}");
        let parsed = changed("Request ID: id-1", &format!("Request ID: {id}"));
        assert_eq!(parsed.unwrap_err(), SiweError::RequestId, "{id:?}");
    }
}

#[test]
fn times_have_a_t_between_date_and_time() {
    for (separator, printed) in [(" ", " "), ("_", "_"), ("\r", " "), ("0", "0")] {
        for time in [
            "Issued At: 2025-01-15",
            "Expiration Time: 2025-01-22",
            "Not Before: 2025-01-15",
        ] {
            let refusal = changed(&format!("{time}T"), &format!("{time}{separator}")).unwrap_err();
            assert!(
                matches!(&refusal, SiweError::Time(TimestampError::Format(text)) if text[10..].starts_with(printed)),
                "{refusal}"
            );
        }
    }
    assert!(changed("Issued At: 2025-01-15T", "Issued At: 2025-01-15t").is_ok());
}

#[test]
fn a_recap_has_each_member_once() {
    let recap =
        |json: &str| format!("urn:recap:{}", BASE64_URL_SAFE_NO_PAD.encode(json)).parse::<ReCap>();
    let att = r#""att":{"lit-litaction://*":{"Threshold/Execution":[{}]}}"#;
    assert!(recap(&format!(r#"{{{att},"prf":[]}}"#)).is_ok());
    for doubled in [
        format!(r#"{{{att},{att},"prf":[]}}"#),
        format!(r#"{{"att":{{}},{att},"prf":[]}}"#),
        format!(r#"{{{att},"\u0061tt":{{}},"prf":[]}}"#),
        format!(r#"{{{att},"prf":[],"prf":[]}}"#),
        format!(r#"{{{att},"prf":[],"x":1,"x":2}}"#),
    ] {
        assert_eq!(
            recap(&doubled),
            Err(DecodeError::DuplicateMember),
            "{doubled}"
        );
    }
    // Deeper, the order of the members already forbids it.
    for doubled in [
        r#"{"att":{"a:b":{},"a:b":{}},"prf":[]}"#,
        r#"{"att":{"a:b":{"x/y":[],"x/y":[]}},"prf":[]}"#,
        r#"{"att":{"a:b":{"x/y":[{"uses":"1","uses":"9"}]}},"prf":[]}"#,
    ] {
        assert_eq!(recap(doubled), Err(DecodeError::NotSorted), "{doubled}");
    }
}
