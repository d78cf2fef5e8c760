//! A caller's own way to authorize a session (`authNeededCallback`): here a closure that builds and signs the message itself,
//! for ten minutes. A browser wallet, an HSM or a remote service fits the same place.
//!
//! `cargo run -p lit-examples --example session_authorizer`

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::time::Duration;

use alloy_signer_local::PrivateKeySigner;
use lit_devnet::Devnet;
use lit_sdk::{
    AuthRequest, LitNodeClient, Right, SessionRequest, authorizer_fn, recap::SiweBuilder,
    session_crypto::sign_siwe,
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let network = Devnet::builder().start().await?;
    let client = LitNodeClient::connect(&network).await?;

    let wallet = PrivateKeySigner::random();
    let remote = authorizer_fn(|request: AuthRequest| {
        let wallet = wallet.clone();
        async move {
            let message = SiweBuilder::new(
                wallet.address(),
                request.uri(),
                request.nonce.clone(),
                request.issued_at.clone(),
            )
            .with_expiration(request.issued_at.checked_add(Duration::from_secs(600))?)
            .with_rights(&request.requests)?
            .build()?;
            Ok(sign_siwe(&wallet, &message).await?)
        }
    });
    let request = SessionRequest::new([Right::run_any_action()]);
    let session = client.session(&request, &remote).await?;
    println!(
        "{} authorized {} until {}",
        session.address(),
        session.public_key().uri(),
        session.expiration()
    );
    assert_eq!(session.address(), wallet.address());
    Ok(())
}
