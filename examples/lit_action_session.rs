//! Session signatures that a PKP authorizes because a Lit Action says so (`getLitActionSessionSigs`), used to sign. The action
//! comes as code; a wallet logs in beside it, and is what the PKP is minted for.
//!
//! `cargo run -p lit-examples --example lit_action_session`

#![allow(clippy::print_stdout, reason = "this is a program")]

use alloy_signer_local::PrivateKeySigner;
use lit_devnet::Devnet;
use lit_sdk::{
    LitAction, LitActionLogin, LitNodeClient, PkpSign, Right, SessionRequest,
    login::EthWalletProvider,
    services::{LitRelay, MintRequest},
};

/// It decides; here it always says yes.
const LIT_ACTION_CODE: &str = "const go = async () => {
  Lit.Actions.setResponse({ response: \"true\" });
};

go();
";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let network = Devnet::builder()
        .with_nodes(10)
        .with_http(0)
        .start()
        .await?;
    let client = LitNodeClient::connect(&network).await?;
    let relay_url = network.relay_url().ok_or("the network has no relayer")?;
    let relay = LitRelay::new(relay_url, network.relay_api_key())?;

    let wallet = PrivateKeySigner::random();
    let auth_method = EthWalletProvider::authenticate(&client, &wallet).await?;
    // Asks the relayer, and waits until the PKP is on chain.
    let request = MintRequest::for_auth_method(&auth_method).owned_by_pkp();
    let pkp = relay.mint(&request).await?.public_key()?;

    let request = SessionRequest::new([Right::sign_with(pkp), Right::run_any_action()]);
    let action = LitAction::code(LIT_ACTION_CODE);
    let login = LitActionLogin::new(pkp, action).with_auth_method(auth_method);
    let session_sigs = client.get_lit_action_session_sigs(&request, &login).await?;

    let signature = client
        .pkp_sign(&session_sigs, &PkpSign::message(pkp, "hello"))
        .await?;
    println!("{} says hello: {signature}", pkp.address());
    assert_eq!(signature.public_key(), &pkp);
    Ok(())
}
