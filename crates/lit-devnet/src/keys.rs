use alloy_primitives::{Address, U256, address, uint};
use k256::{ecdsa::SigningKey, elliptic_curve::sec1::ToEncodedPoint};
use lit_key_shares::{BlsSecretKey, EcdsaDealer, EcdsaRootShares};
use lit_session_crypto::BlsPublicKey;
use lit_types::PkpPublicKey;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use sha2::{Digest, Sha256};

use crate::{dealer::Dealer, issuer::LocalIssuer, signer::Election};

/// The number of ECDSA root keys. With one root key the official client derives other PKPs than the nodes.
const HD_ROOT_KEYS: u8 = 2;
/// The number of funded wallets.
const FUNDED_WALLETS: usize = 10;
/// The accounts of anvil and hardhat, whose keys are in their documentation: those of the mnemonic
/// `test test test test test test test test test test test junk`.
pub(crate) const ANVIL_ACCOUNTS: [Address; 10] = [
    address!("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"),
    address!("0x70997970C51812dc3A010C7d01b50e0d17dc79C8"),
    address!("0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"),
    address!("0x90F79bf6EB2c4f870365E785982E1f101E93b906"),
    address!("0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"),
    address!("0x9965507D1a55bcC2695C58ba16FB37d819B0A4dc"),
    address!("0x976EA74026E726554dB657fA54763abd0C3a0aa9"),
    address!("0x14dC79964da2C08b23698B3D3cc7Ca32193d9955"),
    address!("0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f"),
    address!("0xa0Ee7A142d267C1f36714E4a8F75612F20a79720"),
];
/// The balance of each of these accounts when a network is new, in wei: 10,000 tokens, as on anvil.
pub(crate) const ANVIL_BALANCE: U256 = uint!(10_000_000_000_000_000_000_000_U256);
/// The label from which the relayer's wallet is derived.
pub(crate) const RELAYER: &str = "relayer";

/// The keys of a network, derived from its seed.
#[derive(Debug)]
pub(crate) struct NetworkKeys {
    seed: [u8; 32],
    /// The BLS public key.
    pub(crate) network_public_key: BlsPublicKey,
    /// The root public keys from which PKPs are derived.
    pub(crate) ecdsa_root_keys: Vec<PkpPublicKey>,
}

impl NetworkKeys {
    #[allow(
        clippy::expect_used,
        reason = "the public key of a secret key is a point"
    )]
    pub(crate) fn from_seed(seed: [u8; 32]) -> Self {
        let ecdsa_root_keys = (0..HD_ROOT_KEYS)
            .map(|i| {
                let point = ecdsa_root(&seed, i).public_key().to_encoded_point(false);
                PkpPublicKey::from_sec1(point.as_bytes()).expect("a point on the curve")
            })
            .collect();
        Self {
            seed,
            network_public_key: bls_root(&seed).public_key(),
            ecdsa_root_keys,
        }
    }

    /// A dealer that splits the BLS key among the nodes.
    pub(crate) fn dealer(&self, threshold: u8, nodes: u8) -> Dealer {
        let randomness = derive(&self.seed, "bls dealing");
        Dealer::new(bls_root(&self.seed), randomness, threshold, nodes)
    }

    /// Splits the ECDSA root keys among the nodes, and returns the election that deals presignatures.
    #[allow(clippy::expect_used, reason = "keys and threshold are valid")]
    pub(crate) fn ecdsa_dealer(
        &self,
        threshold: u8,
        nodes: u8,
    ) -> (Vec<EcdsaRootShares>, Election) {
        let roots: Vec<[u8; 32]> = (0..HD_ROOT_KEYS)
            .map(|i| ecdsa_root(&self.seed, i).to_bytes().into())
            .collect();
        let dealer = EcdsaDealer::new(&roots, threshold, nodes)
            .expect("two valid root keys, and a threshold of 2 to `nodes`");
        let mut rng = ChaCha20Rng::from_seed(derive(&self.seed, "ecdsa dealing"));
        let shares = dealer.deal(&mut rng);
        let seed = derive(&self.seed, "presignatures");
        (shares, Election::new(dealer, seed, threshold.into()))
    }

    /// The wallet key of the node at this index. The Staking contract announces its address.
    pub(crate) fn node_wallet(&self, place: usize) -> SigningKey {
        k256_secret(&self.seed, &format!("node {place}")).into()
    }

    /// The key that signs the attestations of all nodes.
    #[cfg(feature = "attestation")]
    pub(crate) fn build_key(&self) -> SigningKey {
        k256_secret(&self.seed, "build").into()
    }

    pub(crate) fn node_address(&self, place: usize) -> Address {
        Address::from_private_key(&self.node_wallet(place))
    }

    /// The funded wallets: addresses, and private keys as `0x` and 64 hex digits.
    pub(crate) fn funded_wallets(&self) -> Vec<(Address, String)> {
        (0..FUNDED_WALLETS)
            .map(|place| self.wallet(&format!("wallet {place}")))
            .collect()
    }

    /// The network's own issuer of JWTs, which logs in users for tests.
    pub(crate) fn jwt_issuer(&self) -> LocalIssuer {
        draw(&self.seed, "jwt issuer", LocalIssuer::from_secret)
    }

    /// An address derived from the seed, without a known private key.
    pub(crate) fn address(&self, label: &str) -> Address {
        Address::from_slice(&derive(&self.seed, label)[12..])
    }

    fn wallet(&self, label: &str) -> (Address, String) {
        let secret = k256_secret(&self.seed, label);
        let point = secret.public_key().to_encoded_point(false);
        let address = Address::from_raw_public_key(&point.as_bytes()[1..]);
        (address, format!("0x{}", hex::encode(secret.to_bytes())))
    }
}

fn ecdsa_root(seed: &[u8; 32], i: u8) -> k256::SecretKey {
    k256_secret(seed, &format!("ecdsa root {i}"))
}

fn k256_secret(seed: &[u8; 32], label: &str) -> k256::SecretKey {
    draw(seed, label, |bytes| k256::SecretKey::from_slice(bytes).ok())
}

fn bls_root(seed: &[u8; 32]) -> BlsSecretKey {
    draw(seed, "bls root", |bytes| {
        BlsSecretKey::from_bytes(bytes).ok()
    })
}

/// Returns the first hash of a sequence that is a valid key.
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
