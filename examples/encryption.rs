//! Encrypts a text that one wallet alone can decrypt, with the help of the network.
//!
//! `cargo run -p lit-examples --example encryption`

#![allow(clippy::print_stdout, reason = "this is a program")]

use alloy_signer_local::PrivateKeySigner;
use lit_devnet::Devnet;
use lit_sdk::{
    Encrypted, LitNodeClient, SessionRequest, WalletAuth,
    types::access_control::{AccessControlConditions, ConditionExpression, EvmBasicCondition},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let network = Devnet::start(10).await?;
    let client = LitNodeClient::connect(&network).await?;

    // Encrypting needs no rights and no wallet, and asks nobody.
    let reader = PrivateKeySigner::random();
    let only_reader = EvmBasicCondition::wallet_is("ethereum", reader.address().to_string());
    let conditions = AccessControlConditions::EvmBasic(ConditionExpression::new(only_reader));
    let encrypted = client
        .encrypt_text("meet me at the bridge", &conditions)
        .await?;
    let json = serde_json::to_string_pretty(&encrypted)?;
    println!("{json}");

    // To decrypt, the nodes check the conditions.
    let encrypted: Encrypted = serde_json::from_str(&json)?;
    for (wallet, may_read) in [(PrivateKeySigner::random(), false), (reader, true)] {
        let address = wallet.address();
        let session = client
            .session(
                &SessionRequest::to_decrypt(&encrypted),
                &WalletAuth::new(wallet),
            )
            .await?;
        let text = client.decrypt_text(&session, &encrypted).await;
        assert_eq!(text.is_ok(), may_read);
        match text {
            Ok(text) => println!("{address} reads: {}", *text),
            Err(error) => println!(
                "{address} may not read it: {}",
                error.node_error_code().unwrap_or("?")
            ),
        }
    }
    Ok(())
}
