//! How the terms of a capacity delegation are read.

#![cfg(feature = "signer")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use alloy_primitives::U256;
use common::*;
use lit_recap::{CapacityDelegation, NotaBene, ReCap};
use lit_session_crypto::{DelegationProblem, DelegationTerms, check_delegation};
use lit_types::{AuthSig, LitAbility, constants::CAPACITY_DELEGATION_URI};
use serde_json::{Value, json};

fn delegation(note: &Value, uri: &str) -> AuthSig {
    let mut recap = ReCap::new();
    let note: NotaBene = note.as_object().unwrap().clone();
    let ability = LitAbility::RateLimitIncreaseAuth;
    recap.attenuate("lit-ratelimitincrease://*".to_owned(), ability.into(), note);
    root(|siwe| siwe.with_recap(recap).with_uri(uri))
}

fn terms(note: &Value) -> DelegationTerms {
    let mut terms = DelegationTerms::of(&delegation(note, CAPACITY_DELEGATION_URI));
    assert_eq!(terms.len(), 1);
    terms.remove(0)
}

/// Lit's nodes read `uses` by `str::parse::<u64>`, which takes a sign, and fail on all other texts and on numbers.
#[test]
fn uses_are_decimal_digits() {
    for (uses, expected) in [
        (json!("5"), 5),
        (json!("0005"), 5),
        (json!("18446744073709551615"), u64::MAX),
        (json!("18446744073709551616"), 0),
        (json!("+5"), 0),
        (json!("-5"), 0),
        (json!(" 5"), 0),
        (json!("5_0"), 0),
        (json!("0x5"), 0),
        (json!("5.0"), 0),
        (json!("٥"), 0),
        (json!(""), 0),
        (json!(5), 0),
        (json!(null), 0),
    ] {
        assert_eq!(
            terms(&json!({ "uses": uses })).uses,
            Some(expected),
            "{uses}"
        );
    }
    assert_eq!(terms(&json!({})).uses, None);
}

/// Lit's nodes read ids by `U256::from_dec_str` of ethers, which takes only digits, and skip the others.
#[test]
fn credits_are_decimal_digits() {
    let ids = json!([
        "1",
        "_1",
        "1_0",
        "+2",
        "-2",
        " 3",
        "0x4",
        "",
        "007",
        8,
        null,
        ["9"]
    ]);
    let expected = [1_u64, 7].map(U256::from).to_vec();
    assert_eq!(terms(&json!({ "nft_id": ids })).token_ids, Some(expected));
    let huge = json!({ "nft_id": ["9".repeat(78), "9".repeat(10_000)] });
    assert_eq!(terms(&huge).token_ids, Some(vec![]));
    // What is not a list names no credit.
    assert_eq!(terms(&json!({ "nft_id": "1" })).token_ids, Some(vec![]));
}

/// To Lit's nodes this root of a session is a delegation of all credits to anybody.
#[test]
fn the_root_of_a_session_delegates_nothing() {
    let uri = key().public_key().uri();
    let session_root = delegation(&json!({}), &uri);
    assert_eq!(DelegationTerms::of(&session_root), []);
    let problems = check_delegation(&session_root, wallet().address(), &at(600), at(0).at());
    assert_eq!(problems, [DelegationProblem::NoDelegation]);
    for uri in ["lit:capability:delegation:x", "https://localhost/login"] {
        assert_eq!(DelegationTerms::of(&delegation(&json!({}), uri)), []);
    }
    let anyone = root(|siwe| siwe.with_capacity_delegation(&CapacityDelegation::to_anyone()));
    assert_eq!(DelegationTerms::of(&anyone).len(), 1);
}
