//! Threshold BLS: a known answer, properties, and refusals.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod deterministic_rng;

use deterministic_rng::SeededRng;
use lit_key_shares::{BlsSecretKey, KeyShareError};
use lit_session_crypto::{BlsError, BlsPublicKey, BlsSignature, BlsSignatureShare, session_digest};
use lit_types::wire::SignatureShare;
use proptest::{prelude::*, sample::subsequence};

/// A known answer: 2 of 3 shares.
const SECRET: &str = "3c1353ec3df07d2b5c255e24a725bd8d8350e9b7c1c0d935dd6acbcf933f944d";
const KEY: &str = "a351cd057c0b56c8d31971561cfbaf2bd2d03ae05aec10c6a28909b043badad6d0e0fd6fe2f139f322f65b8c3d422897";
const DIGEST: &str = "884dcfb612c24f0b181918f8d36d093eacd2e827c201dd6dee1934fdb3c453f3";
const SHARES: [&str; 3] = [
    "01b0a8928e6743b383c7d98593d459ff96a0fa73585c501e1430b737ebfbc3d342e220400c58e744350fd4d7f80971108210c98b268a66e56ba386f8a279924006e77d64dcdc817142a83cec9a4f679e287116baa4a4c7ab91505e6a7419372221",
    "02a14c90b13eaed6acbe3263b3653fe9b4b098fa333ae9ba43fea610e23cbb027ddb69c0736a0fcffc8cc419c7216f411f138b7ab1499b83b3eb4fc1265a56140ca0b42fcb3fd3356c3134fc80db01fc2c00742b500e834033d5a99ae3a4c95c40",
    "038c27dcc269976c477c8c0ebc3d85001e7e3b8c38ef48fb495bea0f3283442361a1fa158406841ec6e4cc58494c3751cb12abada35cb99465f29bf60e79c8cb222ead4d0f0aaa0e1565f9d4524d5c1cb67477bedd9dd13cd2c2715f5452e35476",
];
const SIGNATURE: &str = "9986cc67033976152b81f744f453b1b7314dad955edadb5dcec0d921669eea352420686b20fcbbfc87082f31bdd27f9314e9c70702eb3fd5c1e00d14b8507d08a420972c7464761651697bc7f85367739c1103938ebe750ac62c01dfdcf1e153";
/// The identity of G2, which is a signature of every message under the identity of G1.
const IDENTITY: &str = "c00000";

fn secret() -> BlsSecretKey {
    BlsSecretKey::from_bytes(&hex::decode(SECRET).unwrap().try_into().unwrap()).unwrap()
}

fn share(text: &str) -> BlsSignatureShare {
    text.parse().unwrap()
}

#[test]
fn the_known_answer() {
    let message = hex::decode(DIGEST).unwrap();
    let key: BlsPublicKey = KEY.parse().unwrap();
    assert_eq!(secret().public_key(), key);
    assert_eq!(key.to_string(), KEY);
    let signature: BlsSignature = SIGNATURE.parse().unwrap();
    assert_eq!(secret().sign(&message), signature);
    assert!(key.verify(&message, &signature));
    assert!(!key.verify(b"another message", &signature));

    let shares = SHARES.map(share);
    for quorum in [
        &shares[..],
        &shares[..2],
        &shares[1..],
        &[shares[2], shares[0]],
    ] {
        assert_eq!(
            BlsSignature::combine(quorum).unwrap().to_string(),
            SIGNATURE
        );
    }
    assert_eq!(
        shares.map(|share| share.to_string()),
        SHARES.map(ToOwned::to_owned)
    );
}

#[test]
fn the_json_forms() {
    let json = format!(r#"{{"ProofOfPossession":"{}"}}"#, SHARES[0]);
    let wire: SignatureShare = serde_json::from_str(&json).unwrap();
    let share = BlsSignatureShare::try_from(&wire).unwrap();
    assert_eq!(
        serde_json::to_string(&SignatureShare::from(share)).unwrap(),
        json
    );
    // A share is no signature, nor the other way round.
    assert_eq!(
        BlsSignature::from_json(&json),
        Err(BlsError::Encoding { bytes: 96 })
    );
    let signature = SIGNATURE.parse::<BlsSignature>().unwrap();
    let json = signature.to_json();
    assert_eq!(json, format!(r#"{{"ProofOfPossession":"{SIGNATURE}"}}"#));
    assert_eq!(BlsSignature::from_json(&json), Ok(signature));
    let wire = SignatureShare::ProofOfPossession(SIGNATURE.to_owned());
    assert_eq!(
        BlsSignatureShare::try_from(&wire),
        Err(BlsError::Encoding { bytes: 97 })
    );
    for bad in [
        "",
        "null",
        r#"{"Basic":""}"#,
        r#"{"ProofOfPossession":1}"#,
        SIGNATURE,
    ] {
        assert_eq!(BlsSignature::from_json(bad), Err(BlsError::Json), "{bad}");
    }
}

#[test]
fn what_is_no_key_and_no_share() {
    let identity = |bytes: usize| format!("{IDENTITY:0<width$}", width = 2 * bytes);
    assert_eq!(
        identity(48).parse::<BlsPublicKey>(),
        Err(BlsError::Identity)
    );
    assert_eq!(
        identity(96).parse::<BlsSignature>(),
        Err(BlsError::Identity)
    );
    let zero = SHARES[0].replacen("01", "00", 1);
    assert_eq!(
        zero.parse::<BlsSignatureShare>(),
        Err(BlsError::ZeroIdentifier)
    );
    // Not compressed, not on the curve, and a point of the curve outside the subgroup.
    assert_eq!(
        "00".repeat(48).parse::<BlsPublicKey>(),
        Err(BlsError::NotAPoint)
    );
    assert_eq!(
        KEY.replacen("a351", "a352", 1).parse::<BlsPublicKey>(),
        Err(BlsError::NotAPoint)
    );
    let outside = format!("80{}04", "00".repeat(46));
    assert_eq!(outside.parse::<BlsPublicKey>(), Err(BlsError::NotAPoint));
    for bad in [
        "",
        "0x",
        &KEY[2..],
        &format!("0x{KEY}"),
        &format!("zz{}", &KEY[2..]),
    ] {
        assert_eq!(
            bad.parse::<BlsPublicKey>(),
            Err(BlsError::Encoding { bytes: 48 }),
            "{bad}"
        );
    }
    // The order of the group.
    let order = "73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001";
    for bad in [&"00".repeat(32), order, &"ff".repeat(32)] {
        let bytes = hex::decode(bad).unwrap().try_into().unwrap();
        assert_eq!(
            BlsSecretKey::from_bytes(&bytes).unwrap_err(),
            KeyShareError::NotASecretKey
        );
    }
}

#[test]
fn what_cannot_be_combined_or_dealt() {
    let shares = SHARES.map(share);
    assert_eq!(BlsSignature::combine(&[]), Err(BlsError::TooFewShares(0)));
    assert_eq!(
        BlsSignature::combine(&shares[..1]),
        Err(BlsError::TooFewShares(1))
    );
    let twice = [shares[0], shares[1], shares[0]];
    let identifier = shares[0].identifier();
    assert_eq!(
        BlsSignature::combine(&twice),
        Err(BlsError::DuplicateIdentifier(identifier))
    );

    let mut rng = SeededRng::new(1);
    for (threshold, shares) in [(0, 3), (1, 3), (4, 3), (2, 1), (2, 0)] {
        let refused = secret().deal(threshold, shares, &mut rng).unwrap_err();
        assert_eq!(refused, KeyShareError::Threshold { threshold, shares });
    }
}

#[test]
fn debug_shows_no_secret() {
    let dealt = secret().deal(2, 2, &mut SeededRng::new(1)).unwrap();
    let shown = format!(
        "{:?} {dealt:?} {:?} {:?}",
        secret(),
        share(SHARES[0]),
        dealt[0].sign(b"")
    );
    assert!(
        !shown.contains(&SECRET[..8]) && !shown.contains(&SHARES[0][2..10]),
        "{shown}"
    );
    assert!(shown.len() < 400, "{shown}");
}

#[test]
fn the_largest_network() {
    let dealt = secret().deal(170, 255, &mut SeededRng::new(2)).unwrap();
    let shares: Vec<_> = dealt[85..]
        .iter()
        .map(|holder| holder.sign(b"message"))
        .collect();
    assert_eq!(
        BlsSignature::combine(&shares).unwrap(),
        secret().sign(b"message")
    );
    assert_ne!(
        BlsSignature::combine(&shares[1..]).unwrap(),
        secret().sign(b"message")
    );
}

/// A threshold, how many shares there are, and some of them.
fn some_shares() -> impl Strategy<Value = (u8, u8, Vec<usize>)> {
    (2_u8..6, 0_u8..4).prop_flat_map(|(threshold, spare)| {
        let shares = threshold + spare;
        let all: Vec<usize> = (0..usize::from(shares)).collect();
        let some =
            subsequence(all, usize::from(threshold) - 1..=usize::from(shares)).prop_shuffle();
        (Just(threshold), Just(shares), some)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// With the threshold the signature of the key, in any order and however many; with one less not.
    #[test]
    fn any_quorum_signs_and_fewer_do_not(
        (threshold, shares, some) in some_shares(),
        seed: u64,
        message: Vec<u8>,
    ) {
        let mut rng = SeededRng::new(seed);
        let secret = BlsSecretKey::generate(&mut rng);
        let dealt = secret.deal(threshold, shares, &mut rng).unwrap();
        let signed: Vec<_> = some.iter().map(|holder| dealt[*holder].sign(&message)).collect();
        for (holder, share) in some.iter().zip(&signed) {
            prop_assert!(dealt[*holder].verification_key().verify(&message, &share.signature().unwrap()));
            prop_assert_eq!(share.to_string().parse::<BlsSignatureShare>().unwrap(), *share);
        }
        if signed.len() < 2 {
            return Ok(());
        }
        let combined = BlsSignature::combine(&signed).unwrap();
        let enough = some.len() >= usize::from(threshold);
        prop_assert_eq!(combined == secret.sign(&message), enough);
        prop_assert_eq!(secret.public_key().verify(&message, &combined), enough);
    }

    #[test]
    fn reading_never_panics(text in any::<String>(), hex in "[0-9a-f]{192}|[0-9a-f]{194}|[0-9a-f]{96}") {
        for text in [text, hex] {
            let _ = text.parse::<BlsPublicKey>();
            let _ = text.parse::<BlsSignature>();
            let _ = text.parse::<BlsSignatureShare>();
            let _ = session_digest(&text);
        }
    }
}
