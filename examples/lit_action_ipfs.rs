//! Session signatures as in `lit_action_session`, by the IPFS id of an action, which checks what it is given, on a network that
//! wants to be paid with capacity credits. The PKP is minted on chain, and the action is permitted to use it.
//!
//! `cargo run -p lit-examples --example lit_action_ipfs`

#![allow(clippy::print_stdout, reason = "this is a program")]

use alloy_signer_local::PrivateKeySigner;
use lit_devnet::Devnet;
use lit_sdk::{
    Clock, ExecuteJs, LitAction, LitActionLogin, LitNodeClient, Right, SessionRequest, SystemClock,
    contracts::{ActionCid, CreditExpiry, LitContracts, RequestRate, Scopes},
    recap::CapacityDelegation,
    session::DelegationRequest,
};

const LIT_ACTION_CODE: &str = "Lit.Actions.setResponse({ response: String(magicNumber >= 42) })";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let network = Devnet::builder()
        .with_nodes(10)
        .with_http(0)
        .with_capacity_enforced(true)
        .start()
        .await?;
    let client = LitNodeClient::connect(&network).await?;

    // The contracts, for a wallet with tokens.
    let wallet: PrivateKeySigner = network.funded_keys()[0].parse()?;
    let contracts = LitContracts::connect(&network.context(), wallet.clone()).await?;

    // A PKP that the action may use. Anybody can put code into the network's IPFS.
    let cid: ActionCid = network.put_ipfs(LIT_ACTION_CODE).parse()?;
    let pkp = contracts.pkp().mint().await?;
    let permissions = contracts.permissions();
    permissions
        .add_action(pkp.token_id, &cid, Scopes::SIGN_ANYTHING)
        .await?;

    // A capacity credit, which its owner lets the PKP use.
    let now = SystemClock.now();
    let rate = RequestRate::per_day(1000.0)?;
    let expiry = CreditExpiry::midnight_after_days(now, 1)?;
    let credit = contracts.credits().mint(rate, expiry).await?;
    let delegation = CapacityDelegation::to(pkp.public_key.address()).with_token_id(credit.id);
    let capacity_delegation_auth_sig = client
        .create_capacity_delegation_auth_sig(&wallet, &DelegationRequest::new(delegation))
        .await?;

    let request = SessionRequest::new([Right::sign_with_any_pkp(), Right::run_any_action()])
        .with_delegation(capacity_delegation_auth_sig);
    let action = LitAction::ipfs_id(cid.to_string()).with_param("magicNumber", 42);
    let login = LitActionLogin::new(pkp.public_key, action);
    let session_sigs = client.get_lit_action_session_sigs(&request, &login).await?;

    let call = ExecuteJs::code("Lit.Actions.setResponse({ response: 'paid' })");
    let answer = client.execute_js(&session_sigs, &call).await?;
    println!("{}: {}", pkp.public_key.address(), answer.response);
    assert_eq!(answer.response, "paid");
    Ok(())
}
