//! Properties of ReCaps and messages, for any input.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use alloy_primitives::Address;
use lit_recap::{
    Attenuations, DecodeError, ExtractError, NodeCoverError, NotaBene, ReCap, RecapAbility,
    SiweBuilder, SiweError, SiweMessage, client_covers, node_covers,
};
use lit_types::{LitAbility, LitResource, ResourcePrefix, Right, Timestamp};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((any::<String>(), inner), 0..4)
                .prop_map(|members| members.into_iter().collect::<Value>()),
        ]
    })
}

fn note() -> impl Strategy<Value = NotaBene> {
    vec((any::<String>(), json_value()), 0..3).prop_map(|members| members.into_iter().collect())
}

fn ability_text() -> impl Strategy<Value = RecapAbility> {
    ("[A-Za-z0-9.*_+-]{1,6}", "[A-Za-z0-9.*_+-]{1,6}")
        .prop_map(|(namespace, name)| RecapAbility::new(&namespace, &name).unwrap())
}

/// Any ReCap at all, with foreign resources.
fn any_recap() -> impl Strategy<Value = ReCap> {
    vec((any::<String>(), ability_text(), note()), 0..6).prop_map(|grants| {
        let mut recap = ReCap::new();
        for (resource, ability, note) in grants {
            recap.attenuate(resource, ability, note);
        }
        recap
    })
}

fn lit_ability() -> impl Strategy<Value = LitAbility> {
    proptest::sample::select(LitAbility::ALL.to_vec())
}

/// Few ids, so that grants meet.
fn request() -> impl Strategy<Value = Right> {
    (
        lit_ability(),
        proptest::sample::select(vec!["*", "QmA", "QmB"]),
    )
        .prop_map(|(ability, id)| {
            let resource = LitResource::new(ability.prefix(), id).unwrap();
            Right::new(resource, ability).unwrap()
        })
}

/// A ReCap on Lit resources, with wildcards of every kind.
fn lit_recap() -> impl Strategy<Value = ReCap> {
    let ability = prop_oneof![
        4 => lit_ability().prop_map(RecapAbility::from),
        1 => Just(RecapAbility::any()),
        1 => Just(RecapAbility::new("Threshold", "*").unwrap()),
    ];
    let prefix = proptest::sample::select(ResourcePrefix::ALL.to_vec());
    let id = proptest::sample::select(vec!["*", "QmA", "QmB"]);
    vec((prefix, id, ability), 0..8).prop_map(|grants| {
        let mut attenuations = Attenuations::new();
        for (prefix, id, ability) in grants {
            attenuations
                .entry(format!("{prefix}://{id}"))
                .or_default()
                .insert(ability, vec![]);
        }
        ReCap::from_parts(attenuations, vec![])
    })
}

/// Every request that `lit_recap` can tell apart, and one with an id that no grant names.
fn all_requests() -> Vec<Right> {
    let ids = ["*", "QmA", "QmB", "QmC"];
    LitAbility::ALL
        .into_iter()
        .flat_map(|ability| {
            ids.map(|id| {
                let resource = LitResource::new(ability.prefix(), id).unwrap();
                Right::new(resource, ability).unwrap()
            })
        })
        .collect()
}

fn covered(recap: &ReCap) -> Vec<bool> {
    all_requests()
        .iter()
        .map(|r| recap.covers(r.resource(), r.ability()))
        .collect()
}

fn message(statement: Option<String>, requests: &[Right]) -> SiweMessage {
    let mut siwe = SiweBuilder::new(
        Address::repeat_byte(0x5a),
        "lit:session:00",
        "nonce0123456".parse().unwrap(),
        Timestamp::from_unix_millis(1_736_944_496_789).unwrap(),
    );
    if let Some(statement) = statement {
        siwe = siwe.with_statement(statement);
    }
    siwe.with_rights(requests).unwrap().build().unwrap()
}

proptest! {
    #[test]
    fn encoding_round_trips(recap in any_recap()) {
        let urn = recap.to_urn();
        let decoded: ReCap = urn.parse().unwrap();
        prop_assert_eq!(&decoded, &recap);
        prop_assert_eq!(decoded.to_urn(), urn);
    }

    #[test]
    fn decoding_never_panics(text in any::<String>(), bytes in vec(any::<u8>(), 0..200)) {
        use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
        let _ = text.parse::<ReCap>();
        let _ = text.parse::<SiweMessage>();
        let _ = format!("urn:recap:{}", BASE64_URL_SAFE_NO_PAD.encode(&bytes)).parse::<ReCap>();
        let _ = format!("urn:recap:{}", BASE64_URL_SAFE_NO_PAD.encode(&text)).parse::<ReCap>();
    }

    /// One character changed in valid text: refused, or read as what it now says.
    #[test]
    fn a_damaged_message_is_never_misread(
        requests in vec(request(), 1..4),
        at in any::<prop::sample::Index>(),
        with in any::<char>(),
    ) {
        let text = message(None, &requests).to_string();
        let mut damaged: Vec<char> = text.chars().collect();
        let at = at.index(damaged.len());
        damaged[at] = with;
        let damaged: String = damaged.into_iter().collect();
        if let Ok(read) = damaged.parse::<SiweMessage>() {
            prop_assert_eq!(read.to_string(), damaged);
        }
    }

    #[test]
    fn messages_round_trip(requests in vec(request(), 1..5), statement in proptest::option::of("[ -~]{0,40}")) {
        let message = message(statement, &requests);
        let read: SiweMessage = message.as_str().parse().unwrap();
        prop_assert_eq!(&read, &message);
        prop_assert_eq!(ReCap::extract(&read).unwrap(), ReCap::from_requests(&requests).unwrap());
    }

    /// What a message is made for, it covers; unless a wildcard shadows it, which client and node agree on.
    #[test]
    fn client_and_node_agree_on_single_recaps(requests in vec(request(), 1..5)) {
        let message = message(None, &requests);
        let recap = ReCap::extract(&message).unwrap();
        for request in all_requests() {
            let expected = recap.covers(request.resource(), request.ability());
            let client = client_covers(&message, std::slice::from_ref(&request)).unwrap().is_none();
            let node = node_covers(&message, request.ability(), request.resource().id()).is_ok();
            prop_assert_eq!((client, node), (expected, expected));
        }
    }

    #[test]
    fn cover_is_reflexive(recap in lit_recap()) {
        prop_assert!(recap.covers_all_of(&recap));
    }

    #[test]
    fn cover_is_transitive(a in lit_recap(), b in lit_recap(), c in lit_recap()) {
        if a.covers_all_of(&b) && b.covers_all_of(&c) {
            prop_assert!(a.covers_all_of(&c));
        }
    }

    /// `covers_all_of` says exactly what asking for every request one by one says.
    #[test]
    fn cover_of_all_is_cover_of_each(a in lit_recap(), b in lit_recap()) {
        let each = covered(&a).iter().zip(covered(&b)).all(|(a, b)| *a || !b);
        prop_assert_eq!(a.covers_all_of(&b), each);
    }

    #[test]
    fn narrowing_never_widens(recap in lit_recap(), requests in vec(request(), 1..4)) {
        let coverable: Vec<_> =
            requests.into_iter().filter(|r| recap.covers(r.resource(), r.ability())).collect();
        let narrowed = recap.narrow(&coverable).unwrap();
        prop_assert!(recap.covers_all_of(&narrowed));
        for (before, after) in covered(&recap).into_iter().zip(covered(&narrowed)) {
            prop_assert!(before || !after);
        }
    }

    #[test]
    fn narrowing_refuses_what_is_not_covered(recap in lit_recap(), request in request()) {
        let covers = recap.covers(request.resource(), request.ability());
        prop_assert_eq!(recap.narrow(&[request]).is_ok(), covers);
    }

    /// Merging the same again changes nothing where notes are empty.
    #[test]
    fn merging_twice_is_merging_once(requests in vec(request(), 1..5)) {
        let once = ReCap::from_requests(&requests).unwrap();
        let mut twice = once.clone();
        twice.merge(&once);
        prop_assert_eq!(twice, once);
    }
}

/// Without the wildcard the grants it shadowed come into force: removal is no narrowing.
#[test]
fn removing_a_wildcard_widens() {
    let mut with = ReCap::new();
    with.attenuate(
        "lit-pkp://*".into(),
        RecapAbility::new("Other", "Thing").unwrap(),
        NotaBene::new(),
    );
    with.attenuate(
        "lit-pkp://aa".into(),
        RecapAbility::from(LitAbility::PkpSigning),
        NotaBene::new(),
    );
    let mut attenuations = with.attenuations().clone();
    attenuations.remove("lit-pkp://*");
    let without = ReCap::from_parts(attenuations, vec![]);
    assert!(without.covers_all_of(&with) && !with.covers_all_of(&without));
}

#[test]
fn add_to_merges_or_appends() {
    let request = |resource| Right::new(resource, LitAbility::LitActionExecution).unwrap();
    let first = [request(LitResource::lit_action(
        lit_types::ActionCid::of_code("A"),
    ))];
    let message = message(Some("Hello.".into()), &first);
    let mut more = ReCap::new();
    more.grant(&LitResource::any_pkp(), LitAbility::PkpSigning)
        .unwrap();
    let merged = more.add_to(&message).unwrap();
    assert_eq!(merged.resources().len(), 1);
    let recap = ReCap::extract(&merged).unwrap();
    assert!(recap.covers(&LitResource::any_pkp(), LitAbility::PkpSigning));
    assert!(recap.covers(first[0].resource(), LitAbility::LitActionExecution));
    assert!(
        merged
            .statement()
            .unwrap()
            .starts_with("Hello. I further authorize")
    );
    assert_eq!(
        merged
            .statement()
            .unwrap()
            .matches("I further authorize")
            .count(),
        1
    );
}

#[test]
fn a_statement_that_tells_something_else_is_refused() {
    let request = Right::run_any_action();
    let text = message(None, &[request])
        .to_string()
        .replace("'Execution'", "'Reading'");
    let message: SiweMessage = text.parse().unwrap();
    assert_eq!(
        ReCap::extract(&message),
        Err(ExtractError::StatementMismatch)
    );
    assert_eq!(
        node_covers(&message, LitAbility::LitActionExecution, "QmA"),
        Err(NodeCoverError::StatementMismatch)
    );
}

#[test]
fn notes_survive_in_canonical_form() {
    let mut recap = ReCap::new();
    let note = json!({"b": 1, "a": {"d": 2, "c": [3, 1e21]}})
        .as_object()
        .unwrap()
        .clone();
    recap.attenuate("x".into(), RecapAbility::any(), note);
    assert_eq!(
        recap.to_json(),
        r#"{"att":{"x":{"*/*":[{"a":{"c":[3,1e+21],"d":2},"b":1}]}},"prf":[]}"#
    );
}

/// Decoding base58 takes quadratic time, so long proofs are refused unread; many namespaces take linear time.
#[test]
fn hostile_recaps_are_cheap() {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    let urn = |json: String| format!("urn:recap:{}", BASE64_URL_SAFE_NO_PAD.encode(json));
    let long = urn(format!(
        r#"{{"att":{{}},"prf":["z{}"]}}"#,
        "y".repeat(300_000)
    ));
    assert!(matches!(long.parse::<ReCap>(), Err(DecodeError::Proof(_))));
    let proof = r#""z3v8Auad2Fjts4vGRMCrvxSfWv2XZ5wFTT34yK4cAJHfPgPhLwZ""#;
    let many = urn(format!(
        r#"{{"att":{{}},"prf":[{}]}}"#,
        vec![proof; 65].join(",")
    ));
    assert_eq!(many.parse::<ReCap>(), Err(DecodeError::Proofs));
    let mut wide = ReCap::new();
    for i in 0..10_000 {
        wide.attenuate(
            "x".into(),
            RecapAbility::new(&format!("n{i}"), "a").unwrap(),
            NotaBene::new(),
        );
    }
    assert_eq!(wide.statement().matches("'a' for").count(), 10_000);
}

#[test]
fn fields_cannot_pose_as_others() {
    let siwe = || {
        let nonce = "nonce0123456".parse().unwrap();
        let at = Timestamp::from_unix_millis(1_736_944_496_789).unwrap();
        SiweBuilder::new(Address::repeat_byte(0x5a), "lit:session:00", nonce, at)
    };
    assert!(siwe().build().is_ok());
    assert!(siwe().with_request_id("x").build().is_ok());
    assert_eq!(
        siwe()
            .with_request_id("x\nResources:\n- https://evil.example/")
            .build()
            .unwrap_err(),
        SiweError::RequestId
    );
    assert_eq!(
        siwe().with_statement("a\n\nURI: b:c").build().unwrap_err(),
        SiweError::Statement
    );
    for domain in ["https://example.com", "example.com/login", "", "a b"] {
        assert_eq!(
            siwe().with_domain(domain).build().unwrap_err(),
            SiweError::Domain,
            "{domain}"
        );
    }
}

#[test]
fn an_ability_covers_only_its_own_kind_of_resource() {
    let mut recap = ReCap::new();
    recap.grant_all(&LitResource::any_lit_action());
    for ability in LitAbility::ALL {
        for prefix in ResourcePrefix::ALL {
            let resource = LitResource::new(prefix, "*").unwrap();
            let expected =
                ability == LitAbility::LitActionExecution && prefix == ResourcePrefix::LitAction;
            assert_eq!(
                recap.covers(&resource, ability),
                expected,
                "{ability} on {resource}"
            );
        }
    }
}
