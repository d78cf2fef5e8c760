//! Data that another program encrypted, such as the JavaScript SDK (`encryptToJson`), decrypted with session signatures that it
//! made; and the same text encrypted anew, for `decryptFromJson`.
//!
//! Standard input is `{"sessionSigs": …, "encrypted": …}`, standard output `{"text": …, "encrypted": …}`.
//!
//! `LIT_NODES=… LIT_THRESHOLD=… cargo run -p lit-examples --example foreign_encrypted < encrypted.json`

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::{env, io};

use lit_sdk::{Encrypted, LitNodeClient, NodeList, NodeUrl, SessionSigs};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let nodes: Vec<NodeUrl> = env::var("LIT_NODES")?
        .split(',')
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let threshold = env::var("LIT_THRESHOLD")?.parse()?;
    let client = LitNodeClient::connect(&NodeList::from_urls(nodes, threshold)).await?;

    let mut input: Value = serde_json::from_str(&io::read_to_string(io::stdin())?)?;
    let session_sigs: SessionSigs = serde_json::from_value(input["sessionSigs"].take())?;
    let encrypted: Encrypted = serde_json::from_value(input["encrypted"].take())?;
    let text = client.decrypt_text(&session_sigs, &encrypted).await?;
    let anew = client.encrypt_text(&text, encrypted.conditions()).await?;
    println!("{}", json!({ "text": *text, "encrypted": anew }));
    Ok(())
}
