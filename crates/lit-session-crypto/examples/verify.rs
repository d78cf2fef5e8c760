//! Makes a session signature and verifies it as a node does: `cargo run -p lit-session-crypto --example verify`.

#![allow(clippy::print_stdout, reason = "this is a program")]

use alloy_signer_local::PrivateKeySigner;
use lit_recap::SiweBuilder;
use lit_session_crypto::{Operation, SessionKeyPair, SessionTemplate, SessionVerifier, sign_siwe};
use lit_types::{NodeUrl, Right, Timestamp};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (wallet, key) = (
        PrivateKeySigner::random(),
        SessionKeyPair::generate(&mut rand_core::OsRng),
    );
    let now = Timestamp::try_from(time::OffsetDateTime::now_utc())?;
    let end = now.checked_add(std::time::Duration::from_secs(3600))?;
    let requests = [Right::run_any_action()];

    let message = SiweBuilder::new(
        wallet.address(),
        key.public_key().uri(),
        "0123456789abcdef".parse()?,
        now.clone(),
    )
    .with_expiration(end.clone())
    .with_rights(&requests)?
    .build()?;
    let root = sign_siwe(&wallet, &message).await?;
    let node: NodeUrl = "https://192.0.2.1:7470".parse()?;
    let sig = SessionTemplate::new(key.public_key(), &requests, &[root], &now, &end)
        .sign_for(&key, &node);

    let action = Operation::run_action("QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH");
    let session = SessionVerifier::for_node(node).verify(&sig, &action, now.at())?;
    println!(
        "{} may run the action until {}, signed in at {}",
        session.address, session.expiration, session.domain
    );
    let elsewhere: NodeUrl = "https://192.0.2.2:7470".parse()?;
    if let Err(refusal) = SessionVerifier::for_node(elsewhere).verify(&sig, &action, now.at()) {
        println!("elsewhere: {} ({})", refusal, refusal.node_error_code());
    }
    Ok(())
}
