//! Shares are added up, and the sum is verified.

use lit_session_crypto::{
    EcdsaError, EcdsaShareJson, EcdsaSignature, EcdsaSignatureShare, HdTweak,
};
use lit_types::PkpPublicKey;
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::support::{
    BIG_R, DIGEST, Network, PUBLIC_KEY, SHARES, from_action, network, quoted, shares,
};

#[test]
fn known_shares_combine() {
    let signature = EcdsaSignature::combine(&shares(), 2).unwrap();
    let digits = concat!(
        "79af4414496c2ce9bd56dc657e1e546c70299c05109e7347d3981fc58afabe73",
        "1f67ae3e76bc05c55dcc0883272e196efddbe05813e72e3ce75ab2f9717abd2c"
    );
    assert_eq!(signature.to_string(), format!("0x{digits}1c"));
    assert_eq!(
        serde_json::to_string(&signature).unwrap(),
        format!(
            r#"{{"r":"{}","s":"{}","recid":1,"signature":"0x{digits}1c","publicKey":"{PUBLIC_KEY}","dataSigned":"{DIGEST}"}}"#,
            &digits[..64],
            &digits[64..],
        )
    );
    let for_alloy = alloy_primitives::Signature::from(signature);
    assert_eq!(for_alloy.as_bytes(), signature.to_bytes());
    let digest = signature.digest().into();
    let address = for_alloy.recover_address_from_prehash(&digest).unwrap();
    assert_eq!(
        address.to_string(),
        "0xE89669CBa926A7CAc116a0F6b971C5E6d9986bfF"
    );
}

#[test]
fn faults_of_groups_are_named() {
    let (shares, key) = (shares(), PUBLIC_KEY.parse().unwrap());
    let digest = *shares[0].digest();
    let combine_for = |key, digest| EcdsaSignature::combine_for(key, digest, &shares, 2);
    assert!(combine_for(&key, &digest).is_ok());
    let other = HdTweak::new(&[1; 32]).public_key(&[key]).unwrap();
    assert_eq!(other, key, "a lone root key is every PKP's key");
    let other = HdTweak::new(&[1; 32]).public_key(&[key, key]).unwrap();
    let foreign = |what| Err(EcdsaError::Foreign { given: 2, what });
    assert_eq!(combine_for(&other, &digest), foreign("public key"));
    assert_eq!(combine_for(&key, &[1; 32]), foreign("digest"));
    let too_few = |given, needed| EcdsaError::TooFewShares {
        given,
        largest: given,
        needed,
    };
    assert_eq!(EcdsaSignature::combine(&[], 0), Err(too_few(0, 1)));
    assert_eq!(
        EcdsaSignature::combine_for(&key, &digest, &[], 2),
        Err(too_few(0, 2))
    );
    assert_eq!(EcdsaSignature::combine(&shares[..1], 2), Err(too_few(1, 2)));
    assert_eq!(
        EcdsaSignature::combine(&shares[..1], 1),
        Err(EcdsaError::NotASignature {
            shares: 1,
            public_key: key.to_string()
        })
    );
}

/// A share of something else under the same nonce point is not added to the others, whichever comes first.
#[test]
fn shares_of_something_else_do_not_join() {
    let good = shares();
    let expected = EcdsaSignature::combine(&good, 2).unwrap();
    let other_digest = EcdsaShareJson {
        data_signed: quoted(&"11".repeat(32)),
        ..from_action(SHARES[1])
    };
    let root: PkpPublicKey = PUBLIC_KEY.parse().unwrap();
    let other_key = HdTweak::new(&[1; 32]).public_key(&[root, root]).unwrap();
    let other_key = EcdsaShareJson {
        public_key: quoted(&hex::encode(other_key.as_bytes())),
        ..from_action(SHARES[1])
    };
    for liar in [other_digest, other_key] {
        let liar = liar.parse().unwrap().unwrap();
        let liar_first = [&[liar], &good[..]].concat();
        assert_eq!(EcdsaSignature::combine(&liar_first, 2), Ok(expected));
        let too_few = EcdsaSignature::combine(&[liar, good[0]], 2);
        let largest_is_one = EcdsaError::TooFewShares {
            given: 2,
            largest: 1,
            needed: 2,
        };
        assert_eq!(too_few, Err(largest_is_one));
    }
}

/// `bigR` and its mirror image have one `r`, and the same `s` is good for both, but each has a `recid` of its own.
#[test]
fn a_mirrored_nonce_point_makes_no_signature() {
    let mirrored: Vec<_> = SHARES
        .iter()
        .map(|share| EcdsaShareJson {
            big_r: quoted(&BIG_R.replacen("02", "03", 1)),
            ..from_action(share)
        })
        .map(|share| share.parse().unwrap().unwrap())
        .collect();
    let refused = EcdsaSignature::combine(&mirrored, 2);
    assert!(
        matches!(refused, Err(EcdsaError::NotASignature { .. })),
        "{refused:?}"
    );
}

/// A share under the nonce point of another.
fn relabelled(share: &EcdsaSignatureShare, other: &EcdsaSignatureShare) -> EcdsaSignatureShare {
    let mut json = share.to_json();
    json.big_r = other.to_json().big_r;
    json.parse().unwrap().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// One share less, or fewer signers than the threshold, and there is no signature.
    #[test]
    fn nothing_can_be_left_out((threshold, nodes, set) in network(), gone: Index, digest: [u8; 32]) {
        let (network, tweak) = (Network::new(threshold, nodes), HdTweak::new(&[7; 32]));
        let mut shares = network.sign(&tweak, &digest, &network.set(set.clone()));
        shares.remove(gone.index(shares.len()));
        let is_no_signature = |result| matches!(result, Err(EcdsaError::NotASignature { .. }));
        prop_assert!(is_no_signature(EcdsaSignature::combine(&shares, shares.len())));
        let few = network.sign(&tweak, &digest, &network.set(set.into_iter().take(usize::from(threshold) - 1)));
        prop_assert!(is_no_signature(EcdsaSignature::combine(&few, few.len())));
    }

    /// Shares of two presignatures do not mix, and either group is found among both.
    #[test]
    fn groups_do_not_mix((threshold, nodes, set) in network(), split: Index, digest: [u8; 32]) {
        let (network, tweak) = (Network::new(threshold, nodes), HdTweak::new(&[7; 32]));
        let needed = usize::from(threshold);
        let set = network.set(set.into_iter().take(needed));
        let (one, other) = (network.sign(&tweak, &digest, &set), network.sign(&tweak, &digest, &set));
        let at = 1 + split.index(needed - 1);
        let mixed = [&one[..at], &other[at..]].concat();
        let largest = at.max(needed - at);
        prop_assert_eq!(
            EcdsaSignature::combine(&mixed, needed),
            Err(EcdsaError::TooFewShares { given: needed, largest, needed })
        );
        let both = [&one[..at], &other[..]].concat();
        prop_assert_eq!(EcdsaSignature::combine(&both, needed), EcdsaSignature::combine(&other, needed));
        // The claim to be of the other group does not make it so.
        let mut claims = other.clone();
        claims[0] = relabelled(&one[0], &other[0]);
        let is_no_signature = matches!(EcdsaSignature::combine(&claims, needed), Err(EcdsaError::NotASignature { .. }));
        prop_assert!(is_no_signature);
    }

    /// Nodes outside the set that send shares nevertheless are found and left out.
    #[test]
    fn intruders_are_left_out((threshold, nodes, set) in network(), noise in vec((1_u8.., any::<Index>()), 1..=3)) {
        let (network, tweak) = (Network::new(threshold, nodes), HdTweak::new(&[7; 32]));
        let needed = usize::from(threshold);
        let mut shares = network.sign(&tweak, &[9; 32], &network.set(set.into_iter().take(needed)));
        let good = EcdsaSignature::combine(&shares, needed);
        for (noise, at) in noise {
            let mut intruder = shares[0].to_json();
            intruder.signature_share = format!("{noise:064x}");
            shares.insert(at.index(shares.len() + 1), intruder.parse().unwrap().unwrap());
        }
        prop_assert_eq!(EcdsaSignature::combine(&shares, needed), good);
    }
}
