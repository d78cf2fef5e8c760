use alloy_primitives::Address;
use blstrs::{G1Affine, G1Projective, Scalar};
use group::Group;
use k256::elliptic_curve::sec1::ToEncodedPoint;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

/// A new block every so many seconds, as on Ethereum's main net.
const SECONDS_PER_BLOCK: i64 = 12;
/// With a single root key the official client derives other PKPs than the nodes.
const HD_ROOT_KEYS: u8 = 2;

/// Everything that follows from the seed of a network.
#[derive(Debug)]
pub(crate) struct NetworkKeys {
    seed: [u8; 32],
    /// The BLS key: 96 hex digits.
    pub(crate) network_public_key: String,
    /// The roots PKPs are derived from: 130 hex digits each.
    pub(crate) hd_root_pubkeys: Vec<String>,
}

impl NetworkKeys {
    pub(crate) fn from_seed(seed: [u8; 32]) -> Self {
        let bls: Scalar = draw(&seed, "bls root", |bytes| {
            Option::from(Scalar::from_bytes_be(bytes))
        });
        let network_public_key = G1Affine::from(G1Projective::generator() * bls);
        let hd_root_pubkeys = (0..HD_ROOT_KEYS)
            .map(|i| {
                let label = format!("ecdsa root {i}");
                let secret = draw(&seed, &label, |bytes| {
                    k256::SecretKey::from_slice(bytes).ok()
                });
                hex::encode(secret.public_key().to_encoded_point(false).as_bytes())
            })
            .collect();
        Self {
            seed,
            network_public_key: hex::encode(network_public_key.to_compressed()),
            hd_root_pubkeys,
        }
    }

    /// An address that follows from the seed; nobody has its key.
    pub(crate) fn address(&self, label: &str) -> Address {
        Address::from_slice(&derive(&self.seed, label)[12..])
    }

    /// A wallet that follows from the seed: its address, and its private key as `0x` and 64 hex digits.
    pub(crate) fn wallet(&self, label: &str) -> (Address, String) {
        let secret = draw(&self.seed, label, |bytes| {
            k256::SecretKey::from_slice(bytes).ok()
        });
        let point = secret.public_key().to_encoded_point(false);
        let address = Address::from_raw_public_key(&point.as_bytes()[1..]);
        (address, format!("0x{}", hex::encode(secret.to_bytes())))
    }

    /// The hash of the latest block at an instant. There is no such block; the same seed and time give the same hash.
    pub(crate) fn latest_blockhash(&self, now: OffsetDateTime) -> String {
        let block = now.unix_timestamp().div_euclid(SECONDS_PER_BLOCK);
        format!(
            "0x{}",
            hex::encode(derive(&self.seed, &format!("block {block}")))
        )
    }
}

/// The first of a sequence of hashes that is a valid key.
fn draw<K>(seed: &[u8; 32], label: &str, key: impl Fn(&[u8; 32]) -> Option<K>) -> K {
    let mut attempt = 0_u64;
    loop {
        let bytes = derive(seed, &format!("{label} {attempt}"));
        if let Some(key) = key(&bytes) {
            return key;
        }
        attempt += 1;
    }
}

fn derive(seed: &[u8; 32], label: &str) -> [u8; 32] {
    Sha256::new()
        .chain_update(seed)
        .chain_update(label)
        .finalize()
        .into()
}
