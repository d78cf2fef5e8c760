//! Sessions that outlive the program, and signing out.
//!
//! `cargo run -p lit-examples --example stored_sessions`

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::{path::Path, sync::Arc};

use alloy_signer_local::PrivateKeySigner;
use lit_devnet::Devnet;
use lit_sdk::{
    ExecuteJs, LitNodeClient, Right, SessionManager, SessionRequest, WalletAuth,
    store::{FileStore, LocalStorage, LocalStorageStore, NetworkId, SessionStore},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let network = Devnet::builder().with_nodes(3).start().await?;
    let client = LitNodeClient::connect(&network).await?;
    let wallet = PrivateKeySigner::random();
    let directory = std::env::temp_dir().join(format!("lit-stored-{}", std::process::id()));

    // Our own layout: many users, networks and kinds of sessions side by side.
    let open = || FileStore::open(directory.join("own"));
    keep_and_clear(&client, &wallet, || Ok(Arc::new(open()?))).await?;

    // That of node-localstorage, which programs in JavaScript read and write: one session at a time.
    let shared = directory.join("storage.test.db");
    let open = || LocalStorage::open(&shared);
    let id = NetworkId::of(&client);
    keep_and_clear(&client, &wallet, || {
        Ok(Arc::new(LocalStorageStore::new(open()?, id.clone())))
    })
    .await?;
    // Signing out for all programs that share the storage: AuthSigs, root, and the session key.
    open()?.disconnect()?;
    assert_eq!(files_in(&shared)?, 0);
    std::fs::remove_dir_all(&directory)?;
    Ok(())
}

/// A program that is started three times: it asks the wallet, it asks nobody, and it signs the user out.
async fn keep_and_clear(
    client: &LitNodeClient,
    wallet: &PrivateKeySigner,
    open: impl Fn() -> Result<Arc<dyn SessionStore>, Box<dyn std::error::Error>>,
) -> Result<(), Box<dyn std::error::Error>> {
    // The domain is a part of what a session is kept under.
    let request = SessionRequest::new([Right::run_any_action()]).with_domain("localhost");
    let auth = WalletAuth::new(wallet.clone());

    let manager = SessionManager::new(client.clone()).with_store(open()?);
    let first = manager.session(&request, &auth).await?;

    let restarted = SessionManager::new(client.clone()).with_store(open()?);
    let again = restarted.session(&request, &auth).await?;
    assert_eq!(first.public_key(), again.public_key());
    print!("{}", again.explain());
    let call = ExecuteJs::code("Lit.Actions.setResponse({ response: 'still here' })");
    println!("{}", client.execute_js(&*again, &call).await?.response);

    let forgotten = restarted.sign_out(wallet.address()).await?;
    println!("signed out: {forgotten} session");
    assert!(open()?.list().await?.is_empty());
    Ok(())
}

fn files_in(directory: &Path) -> std::io::Result<usize> {
    Ok(std::fs::read_dir(directory)?.count())
}
