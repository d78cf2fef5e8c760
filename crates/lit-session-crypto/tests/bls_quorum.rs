//! Combining shares of nodes that are not trusted.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod deterministic_rng;

use std::{num::NonZeroU8, sync::atomic::AtomicBool};

use deterministic_rng::SeededRng;
use lit_key_shares::BlsSecretKey;
use lit_session_crypto::{
    BlsPublicKey, BlsQuorum, BlsSignature, BlsSignatureShare, CombineError, CombinedSignature,
};
use proptest::prelude::*;

const MESSAGE: &[u8] = b"message";

/// A network that has signed [`MESSAGE`].
struct Network {
    secret: BlsSecretKey,
    threshold: u8,
    shares: Vec<BlsSignatureShare>,
    verification_keys: Vec<(NonZeroU8, BlsPublicKey)>,
}

impl Network {
    fn new(threshold: u8, nodes: u8) -> Self {
        let mut rng = SeededRng::new(u64::from(nodes));
        let secret = BlsSecretKey::generate(&mut rng);
        let dealt = secret.deal(threshold, nodes, &mut rng).unwrap();
        let key = |holder: &lit_key_shares::BlsSecretShare| {
            (holder.identifier(), holder.verification_key())
        };
        Self {
            threshold,
            shares: dealt.iter().map(|holder| holder.sign(MESSAGE)).collect(),
            verification_keys: dealt.iter().map(key).collect(),
            secret,
        }
    }

    /// Puts a share in the place of this one that nobody should have made.
    fn corrupt(&mut self, at: usize) {
        let share = self.shares[at];
        let stranger = BlsSecretKey::generate(&mut SeededRng::new(1000 + at as u64));
        self.shares[at] = BlsSignatureShare::new(share.identifier(), stranger.sign(MESSAGE));
    }

    fn combine(&self) -> Result<CombinedSignature, CombineError> {
        BlsQuorum::new(self.secret.public_key(), self.threshold).combine(MESSAGE, &self.shares)
    }

    fn combine_with_keys(&self) -> Result<CombinedSignature, CombineError> {
        BlsQuorum::new(self.secret.public_key(), self.threshold)
            .with_verification_keys(&self.verification_keys)
            .combine(MESSAGE, &self.shares)
    }

    fn signature(&self) -> BlsSignature {
        self.secret.sign(MESSAGE)
    }
}

fn faulty(combined: &CombinedSignature) -> Vec<usize> {
    combined.faulty.iter().map(|share| share.position).collect()
}

#[test]
fn one_corrupted_share_is_named() {
    for (threshold, nodes) in [(2, 3), (2, 4), (3, 5), (6, 10)] {
        for at in 0..usize::from(threshold) {
            let mut network = Network::new(threshold, nodes);
            network.corrupt(at);
            for combined in [
                network.combine().unwrap(),
                network.combine_with_keys().unwrap(),
            ] {
                assert_eq!(combined.signature, network.signature());
                assert_eq!(faulty(&combined), [at], "{threshold} of {nodes}");
                assert_eq!(
                    combined.faulty[0].identifier,
                    network.shares[at].identifier()
                );
            }
        }
    }
}

#[test]
fn shares_beyond_a_good_quorum_are_not_looked_at() {
    let mut network = Network::new(2, 3);
    network.corrupt(2);
    let combined = network.combine_with_keys().unwrap();
    assert_eq!(
        (combined.signature, faulty(&combined)),
        (network.signature(), vec![])
    );
}

#[test]
fn three_bad_shares_among_many() {
    let mut network = Network::new(20, 30);
    for at in [0, 9, 19] {
        network.corrupt(at);
    }
    let combined = network.combine().unwrap();
    assert_eq!(
        (combined.signature, faulty(&combined)),
        (network.signature(), vec![0, 9, 19])
    );
}

#[test]
fn a_share_of_another_message_or_with_anothers_identifier() {
    let mut network = Network::new(3, 5);
    let dealt = network.secret.deal(3, 5, &mut SeededRng::new(7)).unwrap();
    // Of another dealing of the same key, as in an epoch that has passed.
    network.shares[1] = dealt[1].sign(MESSAGE);
    assert_eq!(faulty(&network.combine().unwrap()), [1]);

    let mut network = Network::new(3, 5);
    let (own, others) = (network.shares[0], network.shares[4]);
    network.shares[0] = BlsSignatureShare::new(others.identifier(), own.signature().unwrap());
    let combined = network.combine().unwrap();
    assert_eq!(
        (combined.signature, faulty(&combined)),
        (network.signature(), vec![0])
    );
    assert_eq!(combined.faulty[0].identifier, others.identifier());
}

#[test]
fn a_copy_counts_once() {
    let mut network = Network::new(3, 5);
    network.shares = vec![
        network.shares[0],
        network.shares[0],
        network.shares[2],
        network.shares[3],
    ];
    let combined = network.combine().unwrap();
    assert_eq!(
        (combined.signature, faulty(&combined)),
        (network.signature(), vec![])
    );
    network.shares.pop();
    let too_few = CombineError::TooFewShares {
        shares: 2,
        threshold: 3,
    };
    assert_eq!(network.combine(), Err(too_few));
}

#[test]
fn without_a_good_quorum_the_error_names_what_was_tried() {
    let mut network = Network::new(3, 4);
    network.corrupt(0);
    network.corrupt(3);
    let Err(error @ CombineError::NoGoodQuorum { .. }) = network.combine() else {
        panic!("combined")
    };
    let text = error.to_string();
    assert_eq!(
        text,
        "no quorum of the shares 1, 2, 3, 4 combines to a valid signature"
    );
    let text = network.combine_with_keys().unwrap_err().to_string();
    assert!(
        text.ends_with("combines to a valid signature; invalid shares: 1, 4"),
        "{text}"
    );

    // Shares of another network are all good to each other, and no signature of this one, whoever of them is left out.
    let mut other = Network::new(3, 5);
    other.secret = BlsSecretKey::generate(&mut SeededRng::new(9));
    assert!(matches!(
        other.combine(),
        Err(CombineError::NoGoodQuorum {
            is_certain: true,
            ..
        })
    ));
    assert!(matches!(
        other.combine_with_keys(),
        Err(CombineError::NoGoodQuorum { .. })
    ));
}

#[test]
fn impossible_thresholds_and_numbers_of_shares() {
    let mut network = Network::new(2, 3);
    for threshold in [0, 1] {
        network.threshold = threshold;
        assert_eq!(network.combine(), Err(CombineError::Threshold(threshold)));
    }
    network.threshold = 2;
    network.shares = vec![network.shares[0]; 256];
    assert_eq!(network.combine(), Err(CombineError::TooManyShares(256)));
    network.shares.clear();
    assert!(matches!(
        network.combine(),
        Err(CombineError::TooFewShares { shares: 0, .. })
    ));
}

/// With all of many shares bad there is no hope, and it is given up.
#[test]
fn the_search_is_bounded() {
    let mut network = Network::new(2, 60);
    for at in 0..60 {
        network.corrupt(at);
    }
    let no_good_quorum = |combined| match combined {
        Err(CombineError::NoGoodQuorum {
            is_certain, faulty, ..
        }) => (is_certain, faulty.len()),
        other => panic!("{other:?}"),
    };
    assert_eq!(no_good_quorum(network.combine()), (false, 0));
    // Their own keys tell them at once.
    assert_eq!(no_good_quorum(network.combine_with_keys()), (true, 60));
}

#[test]
fn the_search_can_be_stopped() {
    let mut network = Network::new(3, 5);
    network.corrupt(0);
    let stop = AtomicBool::new(true);
    let key = network.secret.public_key();
    let quorum = BlsQuorum::new(key, 3).with_stop(&stop);
    let error = quorum.combine(MESSAGE, &network.shares).unwrap_err();
    assert_eq!(
        error.to_string(),
        "no tried quorum of the shares 1, 2, 3, 4, 5 combines to a valid signature"
    );
    // The first quorum is tried all the same.
    let combined = quorum.combine(MESSAGE, &network.shares[1..]).unwrap();
    assert_eq!(combined.signature, network.signature());
}

/// As many as can be, and the most that are promised for larger networks, at the beginning where they hurt most.
#[test]
fn many_bad_shares_are_found() {
    for (threshold, nodes, bad) in [(8, 12, 4), (10, 15, 5), (20, 30, 7), (66, 100, 6)] {
        let mut network = Network::new(threshold, nodes);
        let step = usize::from(threshold) / bad;
        let bad: Vec<usize> = (0..bad).map(|at| at * step).collect();
        for at in &bad {
            network.corrupt(*at);
        }
        let combined = network.combine().unwrap();
        assert_eq!(combined.signature, network.signature());
        assert_eq!(faulty(&combined), bad, "{threshold} of {nodes}");
    }
}

/// Liars take the identifiers of others. However many choices this makes, few are searched, and the bad shares are found in them.
#[test]
fn doubled_identifiers_do_not_multiply_the_search() {
    let mut network = Network::new(66, 100);
    let forged = |identifier: NonZeroU8| {
        let stranger = BlsSecretKey::generate(&mut SeededRng::new(u64::from(identifier.get())));
        BlsSignatureShare::new(identifier, stranger.sign(MESSAGE))
    };
    // Five come before the shares whose identifiers they have, and one after.
    let identifiers: Vec<NonZeroU8> = (0..6)
        .map(|at| network.shares[at * 10].identifier())
        .collect();
    for identifier in &identifiers[..5] {
        network.shares.insert(0, forged(*identifier));
    }
    network.shares.push(forged(identifiers[5]));
    let combined = network.combine().unwrap();
    assert_eq!(combined.signature, network.signature());
    assert_eq!(faulty(&combined), [0, 1, 2, 3, 4, 105]);
}

/// Holders that are trusted less come last, so however many are bad, they do no harm.
#[test]
fn bad_shares_at_the_end_are_left_out_first() {
    let mut network = Network::new(20, 30);
    for at in 19..30 {
        network.corrupt(at);
    }
    network.corrupt(3);
    assert!(network.combine().is_err());
    let mut network = Network::new(20, 30);
    for at in (21..30).chain([3]) {
        network.corrupt(at);
    }
    let combined = network.combine().unwrap();
    assert_eq!(combined.signature, network.signature());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// However many of the shares beyond the threshold are bad, and wherever they are, there is a signature in networks of up
    /// to twelve nodes; and they are named if their keys are known, or if they are few.
    #[test]
    fn bad_shares_do_no_harm(nodes in 3_u8..=12, order in Just((0..12).collect::<Vec<usize>>()).prop_shuffle(), bad in 0..=4_usize) {
        let threshold = (nodes * 2 / 3).max(2);
        let spare = usize::from(nodes - threshold);
        let mut network = Network::new(threshold, nodes);
        let places = order.into_iter().filter(|at| *at < usize::from(nodes));
        let mut bad: Vec<usize> = places.take(bad.min(spare)).collect();
        bad.sort_unstable();
        for at in &bad {
            network.corrupt(*at);
        }

        let in_first_quorum = bad.iter().any(|at| *at < usize::from(threshold));
        let named = if in_first_quorum { bad.as_slice() } else { &[] };
        let combined = network.combine_with_keys().unwrap();
        prop_assert_eq!(combined.signature, network.signature());
        prop_assert!(faulty(&combined) == named);
        let combined = network.combine().unwrap();
        prop_assert_eq!(combined.signature, network.signature());
        if bad.len() <= spare.div_ceil(2) {
            prop_assert!(faulty(&combined) == named);
        }
    }
}
