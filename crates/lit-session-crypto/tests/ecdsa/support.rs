//! Known shares, and a network that makes others.

use lit_key_shares::{EcdsaDealer, EcdsaRootShares, SigningSet};
use lit_session_crypto::{EcdsaShareJson, EcdsaSignatureShare, HdTweak};
use lit_test_fakes::TestRng;
use proptest::prelude::*;

/// Known shares of one signature.
pub(crate) const PUBLIC_KEY: &str = "042B2B3D65C8CB1D4E5F9FFC3D8F35CCCDF6083467960F9BAB868DFB11E5EB3C7F276E4861BDE364B3A97B50C556C1AD38776E0155D186C31A8F4D9FE409063963";

pub(crate) const DIGEST: &str = "90AB86E6389AA65B56D701E36EEECD786242405C792ED863C395FA7C55E517A4";

pub(crate) const BIG_R: &str = "0279AF4414496C2CE9BD56DC657E1E546C70299C05109E7347D3981FC58AFABE73";

pub(crate) const SHARES: [&str; 2] = [
    "9E04BEF893DA544475F4BBADBC327D8EF6EF6368C00F7D37E109767782275F3F",
    "429392C8F569A5F62C3F3BCF1C9F6900C5E39925DB51F4C6F76E351BDC9424D6",
];

pub(crate) fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

pub(crate) fn from_action(share: &str) -> EcdsaShareJson {
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

pub(crate) fn shares() -> Vec<EcdsaSignatureShare> {
    SHARES
        .iter()
        .map(|share| from_action(share).parse().unwrap().unwrap())
        .collect()
}

pub(crate) struct Network {
    pub(crate) dealer: EcdsaDealer,
    pub(crate) nodes: Vec<EcdsaRootShares>,
}

impl Network {
    pub(crate) fn new(threshold: u8, nodes: u8) -> Self {
        let dealer = EcdsaDealer::generate(threshold, nodes, &mut TestRng).unwrap();
        let nodes = dealer.deal(&mut TestRng);
        Self { dealer, nodes }
    }

    pub(crate) fn set(&self, places: impl IntoIterator<Item = usize>) -> SigningSet {
        SigningSet::new(places.into_iter().map(|at| self.nodes[at].holder())).unwrap()
    }

    pub(crate) fn sign(
        &self,
        tweak: &HdTweak,
        digest: &[u8; 32],
        set: &SigningSet,
    ) -> Vec<EcdsaSignatureShare> {
        let presignatures = self.dealer.presign(tweak, &mut TestRng).unwrap();
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
pub(crate) fn network() -> impl Strategy<Value = (u8, u8, Vec<usize>)> {
    (2_u8..=10)
        .prop_flat_map(|nodes| (Just(nodes), 2..=nodes))
        .prop_flat_map(|(nodes, threshold)| {
            let all: Vec<usize> = (0..nodes.into()).collect();
            let some = proptest::sample::subsequence(all, usize::from(threshold)..=nodes.into());
            (Just(threshold), Just(nodes), some)
        })
}
