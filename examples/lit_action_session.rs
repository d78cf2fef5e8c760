//! Session signatures that a PKP authorises because a Lit Action says so (`getLitActionSessionSigs`). The action comes as code;
//! a wallet logs in beside it.
//!
//! `cargo run -p lit-examples --example lit_action_session`

#![allow(clippy::print_stdout, reason = "this is a program")]

use alloy_signer_local::PrivateKeySigner;
use lit_devnet::Devnet;
use lit_sdk::{
    EthWalletOptions, EthWalletProvider, LitAction, LitActionLogin, LitAuthClient, LitNodeClient,
    LitRelay, LitResource, MintOptions, ProviderType, RelayApiKey, ResourceAbilityRequest,
    SessionRequest, types::constants::AuthMethodScope,
};

/// It decides; here it always says yes.
const LIT_ACTION_CODE: &str = "const go = async () => {
  Lit.Actions.setResponse({ response: \"true\" });
};

go();
";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let network = Devnet::builder().nodes(10).http(0).start().await?;
    let client = LitNodeClient::builder(network.node_urls().to_vec(), network.threshold())
        .connect()
        .await?;
    let relay_url = network.relay_url().ok_or("the network has no relayer")?;
    let relay = LitRelay::new(relay_url, RelayApiKey::new(network.relay_api_key())?)?;
    let auth_client = LitAuthClient::new(client.clone(), relay);

    let wallet = PrivateKeySigner::random();
    let provider = auth_client.init_provider(ProviderType::EthWallet);
    let auth_method =
        EthWalletProvider::authenticate(&wallet, &client, &EthWalletOptions::default()).await?;
    let options = MintOptions::of_provider().with_scopes(vec![vec![AuthMethodScope::SignAnything]]);
    let request = provider
        .mint_pkp_through_relayer(&auth_method, &options)
        .await?;
    let pkp = auth_client.relay().wait_for_mint(&request).await?;

    let request = SessionRequest::new([
        ResourceAbilityRequest::pkp_signing(LitResource::any_pkp())?,
        ResourceAbilityRequest::lit_action_execution(LitResource::any_lit_action())?,
    ]);
    let action = LitAction::code(LIT_ACTION_CODE);
    let login = LitActionLogin::new(pkp.public_key()?, action).with_auth_methods([auth_method]);
    let session_sigs = client.get_lit_action_session_sigs(&request, &login).await?;
    println!(
        "{} session signatures for {}",
        session_sigs.len(),
        pkp.eth_address
    );
    Ok(())
}
