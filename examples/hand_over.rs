//! A session that is handed to a backend, which acts with less rights than the user has.
//!
//! `cargo run -p lit-examples --example hand_over`

#![allow(clippy::print_stdout, reason = "this is a program")]

use alloy_signer_local::PrivateKeySigner;
use lit_devnet::Devnet;
use lit_sdk::{
    Clock, Error, ExecuteJs, LitNodeClient, Right, SessionRequest, WalletAuth,
    session_crypto::{GrantsMore, Operation, RootExpectation, SessionBundle},
    store::{SealingKey, SealingKeys},
};
use rand_core::OsRng;

const CODE: &str = "Lit.Actions.setResponse({ response: 'done for the user' })";
/// Who the bundle is for: nobody else can open it.
const BACKEND: &[u8] = b"backend.example.com";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let network = Devnet::builder().with_nodes(3).start().await?;
    let client = LitNodeClient::connect(&network).await?;
    // Shared between the two beforehand.
    let keys = SealingKeys::new(SealingKey::generate(&mut OsRng));

    // The user's program: a session that may run two actions and no others.
    let allowed = network.put_ipfs(CODE);
    let other = network.put_ipfs("Lit.Actions.setResponse({ response: 'not for the backend' })");
    let rights = [execution(&allowed)?, execution(&other)?];
    let wallet = WalletAuth::new(PrivateKeySigner::random());
    let session = client
        .session(&SessionRequest::new(rights), &wallet)
        .await?;
    let sealed = keys.seal_bundle(&SessionBundle::of(&session)?, BACKEND, &mut OsRng);
    println!("handed over: {} sealed bytes", sealed.len());

    // The backend takes the rights that it needs, and verifies that the bundle grants them.
    let bundle = keys.open_bundle(&sealed, BACKEND)?;
    let needed = [execution(&allowed)?];
    let now = network.clock().now();
    let session = bundle.open(&RootExpectation::new(&needed, now))?;
    print!("{}", session.explain());
    let answer = client
        .execute_js(&session, &ExecuteJs::ipfs_id(&allowed))
        .await?;
    println!("{}", answer.response);
    for missing in session.missing_for(&Operation::run_action(&other), now) {
        println!("not allowed: {missing}");
    }
    let refused = client
        .execute_js(&session, &ExecuteJs::ipfs_id(&other))
        .await;
    // The session is narrowed, so the client refuses before it asks a node.
    assert!(
        matches!(&refused, Err(Error::RightMissing(_))),
        "{refused:?}"
    );

    // Signatures alone, without the session key, cannot be widened.
    let signatures = session.sign_for(client.nodes().iter(), now)?;
    client
        .execute_js(&signatures, &ExecuteJs::ipfs_id(&allowed))
        .await?;
    // The root still grants both actions, so the backend cannot hand the narrowed session on.
    assert!(matches!(SessionBundle::of(&session), Err(GrantsMore)));
    Ok(())
}

fn execution(cid: &str) -> Result<Right, Box<dyn std::error::Error>> {
    Ok(Right::run_action(cid.parse()?))
}
