//! Threshold ECDSA: keys derived, dealt, signed with, combined.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::num::NonZeroU8;

use lit_session_crypto::{
    EcdsaDealer, EcdsaDealerError, EcdsaError, EcdsaRootShares, EcdsaShareJson, EcdsaSigType,
    EcdsaSignShareJson, EcdsaSignature, EcdsaSignatureShare, HdKeyError, HdTweak, SigningSet,
};
use lit_types::PkpPublicKey;
use proptest::{collection::vec, prelude::*, sample::Index};
use rand_core::OsRng;
use serde_json::json;

/// The shares of wire specification 9.4.
const PUBLIC_KEY: &str = "042B2B3D65C8CB1D4E5F9FFC3D8F35CCCDF6083467960F9BAB868DFB11E5EB3C7F276E4861BDE364B3A97B50C556C1AD38776E0155D186C31A8F4D9FE409063963";
const DIGEST: &str = "90AB86E6389AA65B56D701E36EEECD786242405C792ED863C395FA7C55E517A4";
const BIG_R: &str = "0279AF4414496C2CE9BD56DC657E1E546C70299C05109E7347D3981FC58AFABE73";
const SHARES: [&str; 2] = [
    "9E04BEF893DA544475F4BBADBC327D8EF6EF6368C00F7D37E109767782275F3F",
    "429392C8F569A5F62C3F3BCF1C9F6900C5E39925DB51F4C6F76E351BDC9424D6",
];

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

fn from_action(share: &str) -> EcdsaShareJson {
    EcdsaShareJson {
        sig_type: "K256".to_owned(),
        data_signed: quoted(DIGEST),
        signature_share: quoted(share),
        share_index: 0,
        big_r: quoted(BIG_R),
        public_key: quoted(PUBLIC_KEY),
        sig_name: None,
    }
}

fn shares() -> Vec<EcdsaSignatureShare> {
    SHARES
        .iter()
        .map(|share| from_action(share).parse().unwrap().unwrap())
        .collect()
}

#[test]
fn shares_of_the_specification_combine() {
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
    for share in dealer.deal(&mut OsRng) {
        assert_eq!(share.derive(&tweak).unwrap().public_key(), &key);
    }
}

#[test]
fn dealers_refuse_what_cannot_be_shared() {
    let roots = [[1; 32], [2; 32]];
    for (threshold, shares) in [(0, 3), (1, 3), (4, 3)] {
        assert_eq!(
            EcdsaDealer::new(&roots, threshold, shares).unwrap_err(),
            EcdsaDealerError::Threshold { threshold, shares }
        );
    }
    assert_eq!(
        EcdsaDealer::new(&roots[..1], 2, 3).unwrap_err(),
        EcdsaDealerError::RootKeys(1)
    );
    for bad in [[0; 32], [255; 32]] {
        assert_eq!(
            EcdsaDealer::new(&[[1; 32], bad], 2, 3).unwrap_err(),
            EcdsaDealerError::NotASecretKey(1)
        );
    }
    let holder = |number| NonZeroU8::new(number).unwrap();
    let twice = SigningSet::new([holder(1), holder(2), holder(1)]);
    assert_eq!(twice.unwrap_err(), EcdsaDealerError::SigningSet);
    assert_eq!(
        SigningSet::new([]).unwrap_err(),
        EcdsaDealerError::SigningSet
    );
}

#[test]
fn holders_refuse_what_is_not_theirs() {
    let network = Network::new(2, 3);
    let (tweak, other) = (HdTweak::new(&[1; 32]), HdTweak::new(&[2; 32]));
    let presign = |tweak| network.dealer.presign(tweak, &mut OsRng).unwrap();
    let set = network.set([0, 1]);
    let sign = |node: usize, presignature| {
        let key = network.nodes[node].derive(&tweak).unwrap();
        key.sign(presignature, &[3; 32], &set).map(|_| ())
    };
    let holder = |number| NonZeroU8::new(number).unwrap();
    let mut good = presign(&tweak);
    assert_eq!(
        sign(2, good.remove(2)),
        Err(EcdsaDealerError::NotInSet(holder(3)))
    );
    assert_eq!(
        sign(0, good.remove(1)),
        Err(EcdsaDealerError::Holder {
            holder: holder(1),
            found: holder(2)
        })
    );
    assert_eq!(
        sign(0, presign(&other).remove(0)),
        Err(EcdsaDealerError::OtherKey)
    );
    assert_eq!(sign(0, good.remove(0)), Ok(()));
}

#[test]
fn debug_shows_no_secret() {
    let network = Network::new(2, 2);
    let tweak = HdTweak::new(&[1; 32]);
    let presignature = network
        .dealer
        .presign(&tweak, &mut OsRng)
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

struct Network {
    dealer: EcdsaDealer,
    nodes: Vec<EcdsaRootShares>,
}

impl Network {
    fn new(threshold: u8, nodes: u8) -> Self {
        let dealer = EcdsaDealer::generate(threshold, nodes, &mut OsRng).unwrap();
        let nodes = dealer.deal(&mut OsRng);
        Self { dealer, nodes }
    }

    fn set(&self, places: impl IntoIterator<Item = usize>) -> SigningSet {
        SigningSet::new(places.into_iter().map(|at| self.nodes[at].holder())).unwrap()
    }

    fn sign(
        &self,
        tweak: &HdTweak,
        digest: &[u8; 32],
        set: &SigningSet,
    ) -> Vec<EcdsaSignatureShare> {
        let presignatures = self.dealer.presign(tweak, &mut OsRng).unwrap();
        let pairs = self.nodes.iter().zip(presignatures);
        pairs
            .filter(|(node, _)| set.contains(node.holder()))
            .map(|(node, presignature)| {
                node.derive(tweak)
                    .unwrap()
                    .sign(presignature, digest, set)
                    .unwrap()
            })
            .collect()
    }
}

/// A network of up to ten nodes, and some of its nodes: any, and as many as the threshold at least.
fn network() -> impl Strategy<Value = (u8, u8, Vec<usize>)> {
    (2_u8..=10)
        .prop_flat_map(|nodes| (Just(nodes), 2..=nodes))
        .prop_flat_map(|(nodes, threshold)| {
            let all: Vec<usize> = (0..nodes.into()).collect();
            let some = proptest::sample::subsequence(all, usize::from(threshold)..=nodes.into());
            (Just(threshold), Just(nodes), some)
        })
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

    /// Shares are JSON of anybody's making.
    #[test]
    fn parsing_never_panics(texts in vec("\"?[0-9A-Fa-f]{0,70}\"?|\\PC{0,8}", 5)) {
        let [sig_type, data_signed, signature_share, big_r, public_key] = texts.try_into().unwrap();
        let json = EcdsaShareJson { sig_type, data_signed, signature_share, share_index: 0, big_r, public_key, sig_name: None };
        prop_assert!(!matches!(json.parse(), Ok(Some(_))));
    }
}

/// A share under the nonce point of another.
fn relabelled(share: &EcdsaSignatureShare, other: &EcdsaSignatureShare) -> EcdsaSignatureShare {
    let mut json = share.to_json();
    json.big_r = other.to_json().big_r;
    json.parse().unwrap().unwrap()
}
