//! ECDSA keys are derived, dealt and signed with.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

#[path = "../../lit-session-crypto/tests/ecdsa/support.rs"]
mod support;

use std::num::NonZeroU8;

use lit_key_shares::{EcdsaDealer, KeyShareError, SigningSet};
use lit_session_crypto::{
    EcdsaSignShareJson, EcdsaSignature, EcdsaSignatureShare, HdKeyError, HdTweak,
};
use lit_test_fakes::TestRng;
use proptest::prelude::*;
use support::{DIGEST, Network, SHARES, network, shares};

/// Numbers that the official wasm module made of these root keys, with their secrets.
#[test]
fn keys_are_those_of_the_official_client() {
    let secrets = [
        "ddb06f90bd3012d3b60ecffea8fa18ec705db3612aeef6442d1fe435a8dd8511",
        "6b7c7b4c5c2a669c6b5beff81746f8059c69478a939ee0c684a8456ce26c1075",
    ];
    let secrets = secrets.map(|text| hex::decode(text).unwrap().try_into().unwrap());
    let dealer = EcdsaDealer::new(&secrets, 2, 3).unwrap();
    let mut key_id = [0; 32];
    key_id[31] = 1;
    let tweak = HdTweak::new(&key_id);
    assert_eq!(
        format!("{tweak:?}"),
        "HdTweak(9372db1bf72b134fffe57d6e4b3ef04337a7b79558a4ad0d0b7118135aba0f32)"
    );
    let key = tweak.public_key(dealer.public_keys()).unwrap();
    assert_eq!(
        key.to_string(),
        "0x0488d56f39e1ce918728a7fbba2ad1de2e778b4e86b4c7d7520d628339e762064d81cff7a102410e9349aea88aa11bdbb5a111cc1e00b8688c04412fb949fe0b28"
    );
    assert_eq!(tweak.public_key(&[]), Err(HdKeyError::NoRootKeys));
    assert_eq!(HdTweak::with_domain(&key_id, b""), Err(HdKeyError::Domain));
    for share in dealer.deal(&mut TestRng) {
        assert_eq!(share.derive(&tweak).unwrap().public_key(), &key);
    }
}

#[test]
fn dealers_refuse_what_cannot_be_shared() {
    let roots = [[1; 32], [2; 32]];
    for (threshold, shares) in [(0, 3), (1, 3), (4, 3)] {
        assert_eq!(
            EcdsaDealer::new(&roots, threshold, shares).unwrap_err(),
            KeyShareError::Threshold { threshold, shares }
        );
    }
    assert_eq!(
        EcdsaDealer::new(&roots[..1], 2, 3).unwrap_err(),
        KeyShareError::RootKeys(1)
    );
    for bad in [[0; 32], [255; 32]] {
        assert_eq!(
            EcdsaDealer::new(&[[1; 32], bad], 2, 3).unwrap_err(),
            KeyShareError::NotASecretKey
        );
    }
    let holder = |number| NonZeroU8::new(number).unwrap();
    let twice = SigningSet::new([holder(1), holder(2), holder(1)]);
    assert_eq!(twice.unwrap_err(), KeyShareError::SigningSet);
    assert_eq!(SigningSet::new([]).unwrap_err(), KeyShareError::SigningSet);
}

#[test]
fn holders_refuse_what_is_not_theirs() {
    let network = Network::new(2, 3);
    let (tweak, other) = (HdTweak::new(&[1; 32]), HdTweak::new(&[2; 32]));
    let presign = |tweak| network.dealer.presign(tweak, &mut TestRng).unwrap();
    let set = network.set([0, 1]);
    let sign = |node: usize, presignature| {
        let key = network.nodes[node].derive(&tweak).unwrap();
        key.sign(presignature, &[3; 32], &set).map(|_| ())
    };
    let holder = |number| NonZeroU8::new(number).unwrap();
    let mut good = presign(&tweak);
    assert_eq!(
        sign(2, good.remove(2)),
        Err(KeyShareError::NotInSet(holder(3)))
    );
    assert_eq!(
        sign(0, good.remove(1)),
        Err(KeyShareError::Holder {
            holder: holder(1),
            found: holder(2)
        })
    );
    assert_eq!(
        sign(0, presign(&other).remove(0)),
        Err(KeyShareError::OtherKey)
    );
    assert_eq!(sign(0, good.remove(0)), Ok(()));
}

#[test]
fn debug_shows_no_secret() {
    let network = Network::new(2, 2);
    let tweak = HdTweak::new(&[1; 32]);
    let presignature = network
        .dealer
        .presign(&tweak, &mut TestRng)
        .unwrap()
        .remove(0);
    let key = network.nodes[0].derive(&tweak).unwrap();
    let set = network.set([0, 1]);
    let shown = [
        format!("{:?}", network.dealer),
        format!("{:?}", network.nodes[0]),
        format!("{key:?} {presignature:?}"),
        format!("{:?}", key.sign(presignature, &[1; 32], &set)),
    ];
    let json = shares()[0].to_json();
    let written = format!("{json:?} {:?}", EcdsaSignShareJson::from(json.clone()));
    assert!(
        written.contains(DIGEST) && !written.contains(SHARES[0]),
        "{written}"
    );
    for shown in shown {
        assert!(
            shown.contains("PkpPublicKey") && !shown.contains("Scalar"),
            "{shown}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Any threshold of nodes or more signs, with either parity and either half of s.
    #[test]
    fn any_set_signs((threshold, nodes, set) in network(), key_id: [u8; 32], digest: [u8; 32]) {
        let (network, tweak) = (Network::new(threshold, nodes), HdTweak::new(&key_id));
        let shares = network.sign(&tweak, &digest, &network.set(set));
        let signature = EcdsaSignature::combine(&shares, threshold.into()).unwrap();
        let key = tweak.public_key(network.dealer.public_keys()).unwrap();
        prop_assert_eq!(signature.public_key(), &key);
        prop_assert_eq!(signature.digest(), &digest);
        let signature = alloy_primitives::Signature::from(signature);
        prop_assert_eq!(signature.normalize_s(), None);
        prop_assert_eq!(signature.recover_address_from_prehash(&digest.into()).unwrap(), key.address());
        // Through JSON, in any order.
        let read = |share: &EcdsaSignatureShare| share.to_json().parse().unwrap().unwrap();
        let again: Vec<_> = shares.iter().rev().map(read).collect();
        prop_assert_eq!(EcdsaSignature::combine(&again, threshold.into()).map(Into::into), Ok(signature));
    }
}
