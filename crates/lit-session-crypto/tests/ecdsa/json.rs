//! Shares as nodes write them.

use lit_session_crypto::{
    EcdsaError, EcdsaShareJson, EcdsaSigType, EcdsaSignShareJson, EcdsaSignature,
};
use lit_types::PkpPublicKey;
use proptest::{collection::vec, prelude::*};
use serde_json::json;

use crate::support::{BIG_R, DIGEST, PUBLIC_KEY, SHARES, from_action, quoted, shares};

#[test]
fn both_spellings_are_read() {
    let snake = json!({
        "digest": DIGEST.to_lowercase(), "result": "success", "share_index": 3, "signature_share": quoted(SHARES[0]),
        "big_r": quoted(BIG_R), "public_key": quoted(PUBLIC_KEY), "sig_type": "ECDSA_CAIT_SITH",
    });
    let camel = json!({
        "sigType": "K256", "dataSigned": quoted(DIGEST), "signatureShare": quoted(SHARES[0]), "shareIndex": 3,
        "bigR": quoted(BIG_R), "publicKey": quoted(PUBLIC_KEY), "sigName": "sig1",
    });
    for (json, sig_type) in [(snake, EcdsaSigType::CaitSith), (camel, EcdsaSigType::K256)] {
        let read: EcdsaShareJson = serde_json::from_value(json).unwrap();
        let share = read.parse().unwrap().unwrap();
        assert_eq!(share.sig_type(), sig_type);
        assert_eq!(share.share_index(), 3);
        assert_eq!(
            share.public_key(),
            &PUBLIC_KEY.parse::<PkpPublicKey>().unwrap()
        );
        let other = shares()[1];
        assert!(EcdsaSignature::combine(&[share, other], 2).is_ok());
    }
}

#[test]
fn what_nodes_write_is_what_clients_read() {
    let json = shares()[0].to_json();
    assert_eq!(json, from_action(SHARES[0]));
    assert_eq!(
        serde_json::to_value(json.clone().with_name("sig1")).unwrap(),
        json!({
            "sigType": "K256", "dataSigned": quoted(DIGEST), "signatureShare": quoted(SHARES[0]), "shareIndex": 0,
            "bigR": quoted(BIG_R), "publicKey": quoted(PUBLIC_KEY), "sigName": "sig1",
        })
    );
    assert_eq!(
        serde_json::to_string(&EcdsaSignShareJson::from(json)).unwrap(),
        format!(
            r#"{{"digest":"\"{DIGEST}\"","result":"success","share_index":0,"signature_share":"\"{}\"","big_r":"\"{BIG_R}\"","public_key":"\"{PUBLIC_KEY}\"","sig_type":"K256"}}"#,
            SHARES[0],
        )
    );
    let outside = EcdsaShareJson::outside_the_set(2);
    assert_eq!(outside.parse(), Ok(None));
    let json = serde_json::to_value(EcdsaSignShareJson::from(outside)).unwrap();
    assert_eq!(
        (&json["digest"], &json["result"]),
        (&json!("fail"), &json!("fail"))
    );
    let read: EcdsaShareJson = serde_json::from_value(json).unwrap();
    assert_eq!(read.parse(), Ok(None));
}

#[test]
fn faults_of_shares_are_named() {
    let member = |change: fn(&mut EcdsaShareJson)| {
        let mut json = from_action(SHARES[0]);
        change(&mut json);
        match json.parse() {
            Err(EcdsaError::Member { member, .. }) => member,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(
        member(|json| json.signature_share.truncate(20)),
        "signatureShare"
    );
    assert_eq!(
        member(|json| json.signature_share = "F".repeat(64)),
        "signatureShare"
    );
    assert_eq!(member(|json| json.big_r = "FF".repeat(33)), "bigR");
    assert_eq!(member(|json| json.big_r = "00".to_owned()), "bigR");
    assert_eq!(member(|json| json.public_key.clear()), "publicKey");
    assert_eq!(
        member(|json| json.data_signed = "fail".to_owned()),
        "dataSigned"
    );
    let p256 = EcdsaShareJson {
        sig_type: "EcdsaCaitSithP256".to_owned(),
        ..from_action(SHARES[0])
    };
    assert_eq!(
        p256.parse(),
        Err(EcdsaError::SigType("EcdsaCaitSithP256".to_owned()))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Shares are JSON of anybody's making.
    #[test]
    fn parsing_never_panics(texts in vec("\"?[0-9A-Fa-f]{0,70}\"?|\\PC{0,8}", 5)) {
        let [sig_type, data_signed, signature_share, big_r, public_key] = texts.try_into().unwrap();
        let json = EcdsaShareJson { sig_type, data_signed, signature_share, share_index: 0, big_r, public_key, sig_name: None };
        prop_assert!(!matches!(json.parse(), Ok(Some(_))));
    }
}
