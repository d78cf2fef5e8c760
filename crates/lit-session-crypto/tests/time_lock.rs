//! Encryption to a network, and decryption with its signature.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use lit_key_shares::BlsSecretKey;
use lit_session_crypto::{
    BlsPublicKey, BlsSignature, BlsSignatureShare, MAX_TIME_LOCK_PLAINTEXT, TimeLockCiphertext,
    TimeLockError, conditions_hash, data_hash, encryption_resource,
};
use lit_test_fakes::TestRng;
use lit_types::access_control::{AccessControlConditions, ConditionExpression, EvmBasicCondition};
use proptest::{collection::vec, prelude::*, sample::Index};

/// A ciphertext that the official client made.
const NETWORK: &str = "a351cd057c0b56c8d31971561cfbaf2bd2d03ae05aec10c6a28909b043badad6d0e0fd6fe2f139f322f65b8c3d422897";
const CIPHERTEXT: &str = "pHjL1/WVUwTvM1sPzS00pz8BbJ4ep6MZ14LEAeN/ifMgR0H906+lwF07xCpecYeFXy0LAHhICkNCj67405NHYW6pf3C1iX1yuSUvV6nXYzMgrVWxEknRqAaEXJckASN7+YXdXjfjbx27JUQKcD2aAToC";
const SHARES: [&str; 2] = [
    "0187fa61b45af8232e64e4aff84c3e039c433ee79f9e7b2a71a2e53870e5c70b0e004276d8ae7178eb60f4dfa692b7ca96135fad4399b492e6e2f85e158929ad15231645684473cf69227cd4f1430aba7090c908adfccefd83538c91db531f600c",
    "028bb76c236e414ccba159d5379238ef250c6d137ebff61bdaa86d232534fed4363946c7f1f88560a499bd490ce04bd8820623cd90be21df8efd4316c676dd6048029f2141e69a606026d380e8fa27fb0db23b508a37b72730be42e3d5ad1f6c03",
];

fn network() -> BlsPublicKey {
    NETWORK.parse().unwrap()
}

fn ciphertext() -> TimeLockCiphertext {
    CIPHERTEXT.parse().unwrap()
}

fn signature() -> BlsSignature {
    BlsSignature::combine(&SHARES.map(|share| share.parse::<BlsSignatureShare>().unwrap())).unwrap()
}

/// The identity, from what it is made of.
fn identity() -> String {
    let owner =
        EvmBasicCondition::wallet_is("ethereum", "0x0000000000000000000000000000000000000001");
    let conditions = AccessControlConditions::EvmBasic(ConditionExpression::new(owner));
    assert_eq!(hex::encode(conditions_hash(&conditions))[..8], *"db1dde2c");
    encryption_resource(&conditions, &data_hash(b"hello world")).key()
}

/// The known ciphertext, changed.
fn changed(change: impl FnOnce(&mut Vec<u8>)) -> Result<TimeLockCiphertext, TimeLockError> {
    let mut bytes = ciphertext().to_bytes();
    change(&mut bytes);
    TimeLockCiphertext::from_bytes(&bytes)
}

#[test]
fn the_ciphertext_of_the_official_client_decrypts() {
    let ciphertext = ciphertext();
    assert_eq!(ciphertext.to_string(), CIPHERTEXT);
    assert_eq!(ciphertext.to_bytes().len(), 114);
    let plaintext = ciphertext
        .decrypt(&network(), identity().as_bytes(), &signature())
        .unwrap();
    assert_eq!(plaintext.as_slice(), b"hello world");
}

#[test]
fn the_signature_is_verified_first() {
    let (network, identity, signature) = (network(), identity(), signature());
    let refused = Err(TimeLockError::Signature);
    let other = BlsSecretKey::generate(&mut TestRng);
    let by_other = other.sign(identity.as_bytes());
    assert_eq!(
        ciphertext().decrypt(&network, identity.as_bytes(), &by_other),
        refused
    );
    assert_eq!(
        ciphertext().decrypt(&network, b"another", &signature),
        refused
    );
    assert_eq!(
        ciphertext().decrypt(&other.public_key(), identity.as_bytes(), &signature),
        refused
    );
    // A signature that is good for another network does not help.
    assert_eq!(
        ciphertext().decrypt(&other.public_key(), identity.as_bytes(), &by_other),
        Err(TimeLockError::Corrupt)
    );
    let one_share: BlsSignatureShare = SHARES[0].parse().unwrap();
    assert_eq!(
        ciphertext().decrypt(
            &network,
            identity.as_bytes(),
            &one_share.signature().unwrap()
        ),
        refused
    );
}

#[test]
fn old_scheme_bytes_are_read_and_kept() {
    for scheme in [2, 3, 4, 255] {
        let ciphertext = changed(|bytes| *bytes.last_mut().unwrap() = scheme).unwrap();
        assert_eq!(ciphertext.to_bytes().last(), Some(&scheme));
        assert!(
            ciphertext
                .decrypt(&network(), identity().as_bytes(), &signature())
                .is_ok()
        );
    }
    for scheme in [0, 1] {
        let refused = changed(|bytes| *bytes.last_mut().unwrap() = scheme);
        assert_eq!(refused, Err(TimeLockError::Scheme(scheme)));
    }
}

#[test]
fn faults_of_ciphertexts_are_named() {
    assert_eq!(
        "!".parse::<TimeLockCiphertext>(),
        Err(TimeLockError::Base64)
    );
    for length in 0..ciphertext().to_bytes().len() {
        let truncated = changed(|bytes| bytes.truncate(length));
        assert_eq!(truncated, Err(TimeLockError::Encoding), "{length}");
    }
    assert_eq!(changed(|bytes| bytes.push(2)), Err(TimeLockError::Encoding));
    // A length of 31, in one byte and in two, and 32 in two.
    let replace = |length: &'static [u8], rest: usize| {
        changed(move |bytes| {
            bytes.truncate(80);
            bytes.extend_from_slice(length);
            bytes.resize(bytes.len() + rest, 2);
        })
    };
    assert!(replace(&[32], 33).is_ok());
    for (length, rest) in [
        (&[31][..], 32),
        (&[0xa0, 0][..], 33),
        (&[0xff; 12][..], 200),
    ] {
        assert_eq!(replace(length, rest), Err(TimeLockError::Encoding));
    }
    assert_eq!(
        changed(|bytes| bytes[..48].fill(0xff)),
        Err(TimeLockError::NotAPoint)
    );
    let identity = changed(|bytes| {
        bytes[..48].fill(0);
        bytes[0] = 0xc0;
    });
    assert_eq!(identity, Err(TimeLockError::NotAPoint));
    let too_long = vec![0; MAX_TIME_LOCK_PLAINTEXT + 1];
    assert_eq!(
        TimeLockCiphertext::encrypt(&network(), b"id", &too_long, &mut TestRng),
        Err(TimeLockError::TooLong(too_long.len()))
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// What is encrypted decrypts with the signature of its identity, and with no other.
    #[test]
    fn encrypts_to_one_identity(plaintext in vec(any::<u8>(), 0..300), one in "\\PC{0,40}", other in "\\PC{0,40}") {
        let key = BlsSecretKey::generate(&mut TestRng);
        let network = key.public_key();
        let sealed = TimeLockCiphertext::encrypt(&network, one.as_bytes(), &plaintext, &mut TestRng).unwrap();
        let sealed = TimeLockCiphertext::from_bytes(&sealed.to_bytes()).unwrap();
        let opened = sealed.decrypt(&network, one.as_bytes(), &key.sign(one.as_bytes()));
        prop_assert_eq!(opened.map(|opened| opened.to_vec()), Ok(plaintext.clone()));
        if one != other {
            let opened = sealed.decrypt(&network, other.as_bytes(), &key.sign(other.as_bytes()));
            prop_assert_eq!(opened, Err(TimeLockError::Corrupt));
        }
        let again = TimeLockCiphertext::encrypt(&network, one.as_bytes(), &plaintext, &mut TestRng).unwrap();
        prop_assert_ne!(again, sealed);
    }

    /// No bit of a ciphertext can be changed, but in the scheme byte, which says nothing.
    #[test]
    fn changes_are_noticed(at in 0_usize..113, bit in 0_u8..8) {
        let opened = changed(|bytes| bytes[at] ^= 1 << bit)
            .and_then(|changed| changed.decrypt(&network(), identity().as_bytes(), &signature()));
        prop_assert!(
            matches!(
                opened,
                Err(TimeLockError::Corrupt
                    | TimeLockError::NotAPoint
                    | TimeLockError::Encoding
                    | TimeLockError::Scheme(_))
            ),
            "{:?}",
            opened
        );
    }

    /// Ciphertexts are bytes of anybody's making.
    #[test]
    fn parsing_never_panics(mut bytes in vec(any::<u8>(), 0..200), at: Index, keep in any::<bool>()) {
        if keep {
            let good = ciphertext().to_bytes();
            let from = at.index(good.len());
            bytes.splice(..0, good[..from].iter().copied());
        }
        if let Ok(read) = TimeLockCiphertext::from_bytes(&bytes) {
            prop_assert_eq!(read.to_bytes(), bytes);
        }
    }
}
