//! Session signatures that a PKP authorizes (`getPkpSessionSigs`): a wallet signs in, a relayer mints a PKP for it, and the
//! network signs the session key on behalf of the PKP.
//!
//! `cargo run -p lit-examples --example pkp_session`

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::time::Duration;

use alloy_signer_local::PrivateKeySigner;
use lit_devnet::Devnet;
use lit_sdk::{
    ExecuteJs, LitNodeClient, PkpLogin, Right, SessionRequest,
    login::{EthWalletProvider, LitAuthClient, ProviderType},
    services::LitRelay,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The embedded network, with a relayer. For nodes of your own, connect to a `NodeList`.
    let network = Devnet::builder()
        .with_nodes(10)
        .with_http(0)
        .start()
        .await?;
    let client = LitNodeClient::connect(&network).await?;
    let relay_url = network.relay_url().ok_or("the network has no relayer")?;
    let relay = LitRelay::new(relay_url, network.relay_api_key())?;
    let auth_client = LitAuthClient::new(client.clone(), relay);

    // The wallet is the auth method, and needs no tokens: the relayer pays.
    let wallet = PrivateKeySigner::random();
    let provider = auth_client.init_provider(ProviderType::EthWallet);
    let auth_method = EthWalletProvider::authenticate(&client, &wallet).await?;
    let request = provider.mint_request(&auth_method).await?.owned_by_pkp();
    auth_client.relay().mint(&request).await?;
    let pkps = provider.fetch_pkps_through_relayer(&auth_method).await?;
    let pkp = pkps.last().ok_or("no PKP")?.public_key()?;

    let request = SessionRequest::new([Right::run_any_action()]).lasting(Duration::from_secs(600));
    let login = PkpLogin::new(pkp).with_auth_methods([auth_method]);
    let session_sigs = client.get_pkp_session_sigs(&request, &login).await?;

    let call = ExecuteJs::code("Lit.Actions.setResponse({ response: 'hello ' + name })")
        .with_param("name", "PKP");
    let answer = client.execute_js(&session_sigs, &call).await?;
    println!(
        "{} of {}: {}",
        pkp.address(),
        wallet.address(),
        answer.response
    );
    assert_eq!(answer.response, "hello PKP");
    Ok(())
}
