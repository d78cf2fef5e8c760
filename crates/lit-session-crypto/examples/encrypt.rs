//! Encrypts under access control conditions, and decrypts with the shares of a network of three nodes:
//! `cargo run -p lit-session-crypto --example encrypt`.

#![allow(clippy::print_stdout, reason = "this is a program")]

use lit_key_shares::BlsSecretKey;
use lit_session_crypto::{BlsSignature, TimeLockCiphertext, data_hash, encryption_resource};
use lit_types::access_control::{AccessControlConditions, ConditionExpression, EvmBasicCondition};
use rand_core::OsRng;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The network. Only its public key is known outside.
    let network = BlsSecretKey::generate(&mut OsRng);
    let nodes = network.deal(2, 3, &mut OsRng)?;
    let network = network.public_key();

    let owner =
        EvmBasicCondition::wallet_is("ethereum", "0x5ff8dcd750422e5e6bee5d32752e178f725b0cbd");
    let conditions = AccessControlConditions::EvmBasic(ConditionExpression::new(owner));
    conditions.check()?;
    let secret = b"hello world";
    let identity = encryption_resource(&conditions, &data_hash(secret)).key();
    let ciphertext =
        TimeLockCiphertext::encrypt(&network, identity.as_bytes(), secret, &mut OsRng)?;
    println!("encrypted to {identity}:\n{ciphertext}");

    // Each node signs the identity if the caller meets the conditions.
    let shares: Vec<_> = nodes[..2]
        .iter()
        .map(|node| node.sign(identity.as_bytes()))
        .collect();
    let signature = BlsSignature::combine(&shares)?;
    let plaintext = ciphertext.decrypt(&network, identity.as_bytes(), &signature)?;
    println!("decrypted: {}", String::from_utf8_lossy(&plaintext));
    Ok(())
}
