//! Session signatures that a wallet authorizes (`getSessionSigs`), used to run a Lit Action.
//!
//! `cargo run -p lit-examples --example wallet_session`

#![allow(clippy::print_stdout, reason = "this is a program")]

use alloy_signer_local::PrivateKeySigner;
use lit_devnet::Devnet;
use lit_sdk::{ExecuteJs, LitNodeClient, Right, SessionRequest, WalletAuth};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The embedded network. For nodes of your own, connect to a `NodeList`.
    let network = Devnet::start(10).await?;
    let client = LitNodeClient::connect(&network).await?;

    let wallet = WalletAuth::new(PrivateKeySigner::random());
    let request = SessionRequest::new([Right::run_any_action()])
        .with_domain("example.com")
        .with_statement("Run actions for Example.");
    let session_sigs = client.get_session_sigs(&request, &wallet).await?;

    let call = ExecuteJs::code(
        "(async () => { Lit.Actions.setResponse({ response: JSON.stringify({ sum: numbers.reduce((a, b) => a + b) }) }) })()",
    )
    .with_param("numbers", vec![1, 2, 3]);
    let answer = client.execute_js(&session_sigs, &call).await?;
    println!("{}", answer.json());
    assert_eq!(answer.json()["sum"], 6);
    Ok(())
}
