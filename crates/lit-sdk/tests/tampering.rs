//! Every change of encrypted data is refused, or means the same.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use alloy_primitives::hex;
use lit_key_shares::BlsSecretKey;
use lit_sdk::{
    Encrypted,
    session_crypto::{TimeLockCiphertext, data_hash, encryption_resource},
    types::{
        access_control::{
            AccessControlConditions, Comparator, ConditionExpression, EvmBasicCondition,
            ReturnValueTest,
        },
        strict_json,
    },
};
use lit_test_fakes::{TamperCounts, json_changes, judge};
use serde_json::json;

/// The network signs whatever identity the conditions and the hash give. With the signature of the changed identity the ciphertext
/// does not decrypt, or it decrypts to the same data.
#[test]
fn ciphertexts() {
    let network = BlsSecretKey::from_bytes(&[9; 32]).unwrap();
    let holder = EvmBasicCondition::new("polygon", ReturnValueTest::new(Comparator::Greater, "0"))
        .with_contract("0xba1bdf9b3eec786ea07865bb048309356236d53e", "ERC20")
        .with_method("balanceOf", [":userAddress"]);
    let owner =
        EvmBasicCondition::wallet_is("ethereum", lit_test_fakes::wallet().address().to_string());
    let conditions = ConditionExpression::new(owner).or(holder);
    let conditions = AccessControlConditions::EvmBasic(conditions);
    let hash = data_hash(b"hello world");
    let identity = encryption_resource(&conditions, &hash).key();
    let mut rng = lit_test_fakes::TestRng;
    let public = network.public_key();
    let ciphertext =
        TimeLockCiphertext::encrypt(&public, identity.as_bytes(), b"hello world", &mut rng);
    let ciphertext = ciphertext.unwrap().to_string();
    let encrypted = Encrypted::from_parts(&ciphertext, &hex::encode(hash), conditions).unwrap();
    let json = json!(encrypted).to_string();
    let read = |json: &str| {
        let changed: Encrypted = strict_json::from_str(json).map_err(|e| e.to_string())?;
        let identity = changed.resource().key();
        let signature = network.sign(identity.as_bytes());
        let data = changed
            .ciphertext()
            .decrypt(&public, identity.as_bytes(), &signature);
        let data = data.map_err(|e| e.to_string())?;
        if data_hash(&data) != *changed.data_hash() {
            return Err("another hash".to_owned());
        }
        Ok((data.to_vec(), changed.conditions().canonical()))
    };
    let counts = judge("ciphertext", &json, json_changes(&json), read);
    assert_eq!(
        counts,
        TamperCounts {
            refused: 479,
            same: 59
        }
    );
}
