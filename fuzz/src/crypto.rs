//! Signature shares and ciphertexts.

use lit_sdk::Encrypted;
use lit_session_crypto::{
    BlsPublicKey, BlsQuorum, BlsSignature, BlsSignatureShare, EcdsaShareJson, EcdsaSignature,
    TimeLockCiphertext, session_digest,
};
use lit_types::{strict_json, wire::SignatureShare};
use serde_json::Value;

use crate::{accounts, selected, text};

/// The most shares of one combination: more cost more of the same.
const MAX_SHARES: usize = 6;

/// A JSON list of shares, of BLS or ECDSA.
pub(crate) fn shares(data: &[u8]) {
    let (mode, data) = selected(data);
    let Some(text) = text(data) else { return };
    let _ = text.parse::<BlsPublicKey>();
    let _ = text.parse::<BlsSignature>();
    let _ = BlsSignature::from_json(text);
    let Ok(mut items) = strict_json::from_str::<Vec<Value>>(text) else {
        return;
    };
    items.truncate(MAX_SHARES);
    if mode % 2 == 0 {
        bls(items);
    } else {
        ecdsa(items);
    }
}

fn bls(items: Vec<Value>) {
    let shares = items.into_iter().filter_map(|item| {
        let share: SignatureShare = serde_json::from_value(item).ok()?;
        BlsSignatureShare::try_from(&share).ok()
    });
    let shares: Vec<BlsSignatureShare> = shares.collect();
    for share in &shares {
        assert_eq!(
            BlsSignatureShare::from_bytes(&share.to_bytes()).as_ref(),
            Ok(share)
        );
    }
    let _ = BlsSignature::combine(&shares);
    let (key, digest) = (accounts::network_key().public_key(), session_digest("x"));
    if let Ok(combined) = BlsQuorum::new(key, 2).combine(&digest, &shares) {
        assert!(key.verify(&digest, &combined.signature));
    }
}

fn ecdsa(items: Vec<Value>) {
    let shares = items.into_iter().filter_map(|item| {
        let share: EcdsaShareJson = serde_json::from_value(item).ok()?;
        share.parse().ok().flatten()
    });
    let shares: Vec<_> = shares.collect();
    for share in &shares {
        assert_eq!(share.to_json().parse().ok().flatten().as_ref(), Some(share));
    }
    if let Ok(signature) = EcdsaSignature::combine(&shares, 2) {
        let _ = signature.to_bytes();
    }
}

/// A ciphertext in base64, in bytes, or in the JSON of the official client.
pub(crate) fn ciphertext(data: &[u8]) {
    let network = accounts::network_key();
    let signature = network.sign(b"identity");
    let mut parsed = TimeLockCiphertext::from_bytes(data).ok();
    if let Some(text) = text(data) {
        parsed = parsed.or(text.parse().ok());
        if let Ok(encrypted) = strict_json::from_str::<Encrypted>(text) {
            let json = serde_json::to_string(&encrypted).expect("it has only texts");
            assert_eq!(
                strict_json::from_str::<Encrypted>(&json).ok(),
                Some(encrypted.clone())
            );
            let _ = encrypted.resource();
            parsed = parsed.or(Some(encrypted.ciphertext().clone()));
        }
    }
    if let Some(ciphertext) = parsed {
        let bytes = ciphertext.to_bytes();
        assert_eq!(
            TimeLockCiphertext::from_bytes(&bytes).ok().as_ref(),
            Some(&ciphertext)
        );
        let _ = ciphertext.decrypt(&network.public_key(), b"identity", &signature);
    }
}
