//! What needs no chain: resolver keys, identities, CIDs, auth method keys, rates, midnights.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use alloy_primitives::{Address, B256, Bytes, U256};
use lit_contracts::{
    ActionCid, AuthMethodKind, Contract, CreditExpiry, CreditId, ExpiryError, PermittedAuthMethod,
    RequestRate, Scopes,
};
use lit_types::{PkpPublicKey, Timestamp, constants::AuthMethodScope};
use serde_json::Value;

fn misc() -> Value {
    serde_json::from_str(include_str!("data/misc.json")).unwrap()
}

fn parse<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap()
}

#[test]
fn resolver_keys() {
    let misc = misc();
    let types = misc["resolver"]["types"].as_object().unwrap();
    let hashes: Vec<(String, B256)> = types
        .values()
        .map(|entry| (parse(&entry["preimage"]), parse(&entry["hash"])))
        .collect();
    let mut found = 0;
    for contract in Contract::ALL {
        let Some(tag) = contract.resolver_tag() else {
            continue;
        };
        let (_, hash) = hashes.iter().find(|(name, _)| name == tag).unwrap();
        assert_eq!(contract.resolver_key(), Some(*hash), "{contract}");
        found += 1;
    }
    // Besides contracts, the resolver has the hash of a role and two of key derivers.
    assert_eq!(found + 3, hashes.len());
}

#[test]
fn pkp_identities() {
    let misc = misc();
    for vector in misc["pkp_identity"].as_array().unwrap() {
        let key: PkpPublicKey = parse(&vector["uncompressedPubkey"]);
        assert_eq!(
            key.token_id().as_u256(),
            parse::<U256>(&vector["tokenId_hex"])
        );
        assert_eq!(key.token_id().to_decimal(), vector["tokenId_dec"]);
        assert_eq!(key.address(), parse::<Address>(&vector["ethAddress"]));
    }
}

#[test]
fn cids() {
    let misc = misc();
    for vector in misc["cid"].as_array().unwrap() {
        let text: String = parse(&vector["cid"]);
        let cid: ActionCid = text.parse().unwrap();
        assert_eq!(cid.as_bytes()[..], parse::<Bytes>(&vector["bytes"])[..]);
        assert_eq!(cid.to_string(), text);
        assert_eq!(ActionCid::from_bytes(cid.as_bytes()).unwrap(), cid);
    }
    let malformed = ActionCid::from_bytes(&[0; 34]).unwrap_err();
    for bad in [
        "",
        "Qm",
        "QmZKLGf3vgYsboM7WVUS9X56cJSdLzQVacNp841wmEDRk0",
        "bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e",
        "ééééééééééééééééééééééé",
        &"Q".repeat(1 << 20),
    ] {
        assert_eq!(bad.parse::<ActionCid>(), Err(malformed), "{bad:.20}");
    }
    assert!(malformed.to_string().contains("46 base58 digits"));
}

#[test]
fn auth_method_keys() {
    let misc = misc();
    for vector in misc["auth_method_key"]["vectors"].as_array().unwrap() {
        let kind = AuthMethodKind::custom(U256::from(vector["type"].as_u64().unwrap()));
        let method = PermittedAuthMethod::new(kind, parse::<Bytes>(&vector["id"]));
        assert_eq!(method.key(), parse::<B256>(&vector["key"]));
    }
}

#[test]
fn scopes_are_bits() {
    let both: Scopes = [AuthMethodScope::PersonalSign, AuthMethodScope::SignAnything]
        .into_iter()
        .collect();
    assert_eq!(both.bits().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(Scopes::SIGN_ANYTHING, AuthMethodScope::SignAnything.into());
    assert_eq!(Scopes::PERSONAL_SIGN, AuthMethodScope::PersonalSign.into());
    assert!(Scopes::SIGN_ANYTHING.contains(AuthMethodScope::SignAnything));
    assert!(!Scopes::SIGN_ANYTHING.contains(AuthMethodScope::PersonalSign));
    assert_eq!(Scopes::NONE.with(255).bits().collect::<Vec<_>>(), [255]);
}

#[test]
fn rates() {
    let misc = misc();
    for vector in misc["requests_to_kilosecond"].as_array().unwrap() {
        let requests = vector["requests"].as_f64().unwrap();
        let rate = match vector["period"].as_str().unwrap() {
            "day" => RequestRate::per_day(requests),
            _ => RequestRate::per_second(requests),
        };
        let expected = vector["requestsPerKilosecond"].as_u64().unwrap();
        assert_eq!(
            rate.map_or(0, RequestRate::per_kilosecond),
            expected,
            "{vector}"
        );
    }
    let too_low = RequestRate::from_per_kilosecond(0).unwrap_err();
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MAX, 1e17] {
        assert_eq!(RequestRate::per_second(bad), Err(too_low), "{bad}");
    }
    assert!(too_low.to_string().contains("per 1000 seconds"));
}

/// The official conversions from a rate per kilosecond give 86 a day and 1000 a second for 1.
#[test]
fn rates_convert_back_without_the_official_faults() {
    let one = RequestRate::from_per_kilosecond(1).unwrap();
    assert_eq!(one.requests_per_day(), 86.4);
    let misc = misc();
    let correct = &misc["requests_to_second"][1]["correct_value"];
    assert_eq!(Some(one.requests_per_second()), correct.as_f64());
}

#[test]
fn credits_expire_at_midnight() {
    let misc = misc();
    for vector in misc["utc_midnight_expiration"].as_array().unwrap() {
        let now: Timestamp = vector["now"].as_str().unwrap().parse().unwrap();
        let days = vector["daysFromNow"].as_u64().unwrap() as u32;
        let expiry = CreditExpiry::midnight_after_days(now.at(), days).unwrap();
        assert_eq!(Some(expiry.unix_seconds()), vector["expiresAt"].as_u64());
        let same = CreditExpiry::from_unix_seconds(expiry.unix_seconds());
        assert_eq!(same, Ok(expiry));
    }
    // The day is that of UTC, whatever the offset of the clock.
    let local: Timestamp = "2024-05-15T23:30:00-05:00".parse().unwrap();
    let expiry = CreditExpiry::midnight_after_days(local.at(), 1).unwrap();
    assert_eq!(expiry.unix_seconds(), 1_715_904_000);
    assert_eq!(
        CreditExpiry::from_unix_seconds(1),
        Err(ExpiryError::NotMidnight)
    );
    let early: Timestamp = "1969-12-31T00:00:00Z".parse().unwrap();
    assert_eq!(
        CreditExpiry::midnight_after_days(early.at(), 1),
        Err(ExpiryError::OutOfRange)
    );
}

#[test]
fn credit_ids_are_decimal() {
    assert_eq!("12".parse(), Ok(CreditId::new(U256::from(12))));
    assert_eq!(
        CreditId::new(U256::MAX).to_string().parse(),
        Ok(CreditId::new(U256::MAX))
    );
    for bad in ["", "0x1", "-1", "1e3", &"9".repeat(78), &"1".repeat(1000)] {
        let error = bad.parse::<CreditId>().unwrap_err().to_string();
        assert!(error.contains("decimal number"), "{bad:.20}: {error}");
    }
}
