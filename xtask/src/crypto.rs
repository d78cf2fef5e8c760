use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use lit_key_shares::{BlsSecretKey, EcdsaDealer, SigningSet};
use lit_session_crypto::{
    BlsPublicKey, BlsSignature, BlsSignatureShare, EcdsaShareJson, EcdsaSignature, HdTweak,
    TimeLockCiphertext, data_hash, encryption_resource,
};
use lit_types::{PkpPublicKey, access_control::AccessControlConditions};
use rand_core::OsRng;
use serde::Deserialize;
use serde_json::{Value, json};

/// A request of an `interop` script to `lit-session-crypto`. Bytes are hex without `0x`.
#[derive(Deserialize)]
#[serde(tag = "ask", rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Request {
    /// Returns the public key of a new shared key, the nodes' shares of a signature, and the signature.
    BlsSign {
        threshold: u8,
        nodes: u8,
        message: String,
    },
    /// Combines shares of a signature.
    BlsCombine { shares: Vec<String> },
    /// Verifies a signature.
    BlsVerify {
        public_key: String,
        message: String,
        signature: String,
    },
    /// Returns the identity of data under conditions, which nodes sign, and `dataToEncryptHash`.
    Identify {
        conditions: Box<AccessControlConditions>,
        plaintext: String,
    },
    /// Encrypts to a base64 ciphertext.
    Encrypt {
        public_key: String,
        identity: String,
        plaintext: String,
    },
    /// Decrypts a base64 ciphertext.
    Decrypt {
        public_key: String,
        identity: String,
        signature: String,
        ciphertext: String,
    },
    /// Returns a PKP's key on a new network, its root keys, and each node's answer; the first `threshold` sign.
    EcdsaSign {
        threshold: u8,
        nodes: u8,
        key_id: String,
        digest: String,
    },
    /// Combines the nodes' answers to a signature.
    EcdsaCombine {
        threshold: usize,
        public_key: String,
        digest: String,
        shares: Vec<EcdsaShareJson>,
    },
    /// Derives a key from root keys.
    DeriveKey {
        root_keys: Vec<String>,
        key_id: String,
    },
}

/// Answers requests, one JSON value per line, until the input ends. An answer is `{"ok": …}` or `{"error": "…"}`.
pub(crate) fn run() -> io::Result<ExitCode> {
    let mut out = io::stdout();
    for line in io::stdin().lines() {
        let request: Request = serde_json::from_str(&line?)?;
        let answer = match answer(request) {
            Ok(answer) => json!({ "ok": answer }),
            Err(error) => json!({ "error": error.to_string() }),
        };
        writeln!(out, "{answer}")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn answer(request: Request) -> Result<Value, Box<dyn Error>> {
    match request {
        Request::BlsSign {
            threshold,
            nodes,
            message,
        } => {
            let message = hex::decode(message)?;
            let key = BlsSecretKey::generate(&mut OsRng);
            let shares = key.deal(threshold, nodes, &mut OsRng)?;
            let sign = |share: &lit_key_shares::BlsSecretShare| share.sign(&message);
            Ok(json!({
                "publicKey": key.public_key().to_string(),
                "shares": shares.iter().map(sign).map(|share| share.to_string()).collect::<Vec<_>>(),
                "signature": key.sign(&message).to_string(),
            }))
        }
        Request::BlsCombine { shares } => {
            let shares: Result<Vec<BlsSignatureShare>, _> =
                shares.iter().map(|share| share.parse()).collect();
            Ok(json!(BlsSignature::combine(&shares?)?.to_string()))
        }
        Request::BlsVerify {
            public_key,
            message,
            signature,
        } => {
            let key: BlsPublicKey = public_key.parse()?;
            Ok(json!(
                key.verify(&hex::decode(message)?, &signature.parse()?)
            ))
        }
        Request::Identify {
            conditions,
            plaintext,
        } => {
            let hash = data_hash(&hex::decode(plaintext)?);
            let identity = encryption_resource(&conditions, &hash).key();
            Ok(json!({ "identity": hex::encode(identity), "dataToEncryptHash": hex::encode(hash) }))
        }
        Request::Encrypt {
            public_key,
            identity,
            plaintext,
        } => {
            let (identity, plaintext) = (hex::decode(identity)?, hex::decode(plaintext)?);
            let ciphertext = TimeLockCiphertext::encrypt(
                &public_key.parse()?,
                &identity,
                &plaintext,
                &mut OsRng,
            )?;
            Ok(json!(ciphertext.to_string()))
        }
        Request::Decrypt {
            public_key,
            identity,
            signature,
            ciphertext,
        } => {
            let ciphertext: TimeLockCiphertext = ciphertext.parse()?;
            let identity = hex::decode(identity)?;
            let plaintext =
                ciphertext.decrypt(&public_key.parse()?, &identity, &signature.parse()?)?;
            Ok(json!(hex::encode(plaintext)))
        }
        Request::EcdsaSign {
            threshold,
            nodes,
            key_id,
            digest,
        } => ecdsa_sign(threshold, nodes, &bytes(&key_id)?, &bytes(&digest)?),
        Request::EcdsaCombine {
            threshold,
            public_key,
            digest,
            shares,
        } => {
            let shares: Result<Vec<_>, _> = shares
                .iter()
                .filter_map(|share| share.parse().transpose())
                .collect();
            let signature = EcdsaSignature::combine_for(
                &public_key.parse()?,
                &bytes(&digest)?,
                &shares?,
                threshold,
            )?;
            Ok(json!(signature))
        }
        Request::DeriveKey { root_keys, key_id } => {
            let roots: Result<Vec<PkpPublicKey>, _> =
                root_keys.iter().map(|root| root.parse()).collect();
            let key = HdTweak::new(&bytes(&key_id)?).public_key(&roots?)?;
            Ok(json!(hex::encode(key.as_bytes())))
        }
    }
}

fn ecdsa_sign(
    threshold: u8,
    nodes: u8,
    key_id: &[u8; 32],
    digest: &[u8; 32],
) -> Result<Value, Box<dyn Error>> {
    let dealer = EcdsaDealer::generate(threshold, nodes, &mut OsRng)?;
    let holders = dealer.deal(&mut OsRng);
    let tweak = HdTweak::new(key_id);
    let set = SigningSet::new(
        holders
            .iter()
            .take(threshold.into())
            .map(|node| node.holder()),
    )?;
    let mut shares = Vec::new();
    let presigned = dealer.presign(&tweak, &mut OsRng)?;
    for (place, (node, presignature)) in (0..).zip(holders.iter().zip(presigned)) {
        shares.push(if set.contains(node.holder()) {
            node.derive(&tweak)?
                .sign(presignature, digest, &set)?
                .to_json()
        } else {
            EcdsaShareJson::outside_the_set(place)
        });
    }
    let hex = |key: &PkpPublicKey| hex::encode(key.as_bytes());
    Ok(json!({
        "publicKey": hex(&tweak.public_key(dealer.public_keys())?),
        "rootKeys": dealer.public_keys().iter().map(hex).collect::<Vec<_>>(),
        "shares": shares,
    }))
}

fn bytes(text: &str) -> Result<[u8; 32], hex::FromHexError> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes)?;
    Ok(bytes)
}
