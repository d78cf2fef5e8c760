//! Session signatures that another program made, such as the JavaScript SDK: read from standard input as the JSON map of node to
//! signature, and used to run a Lit Action.
//!
//! `LIT_NODES=… LIT_THRESHOLD=… cargo run -p lit-examples --example foreign_session < session-sigs.json`

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::{env, io};

use lit_sdk::{ExecuteJs, LitNodeClient, NodeList, NodeUrl, SessionSigs};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let nodes: Vec<NodeUrl> = env::var("LIT_NODES")?
        .split(',')
        .map(str::parse)
        .collect::<Result<_, _>>()?;
    let threshold = env::var("LIT_THRESHOLD")?.parse()?;
    let client = LitNodeClient::connect(&NodeList::from_urls(nodes, threshold)).await?;

    let session_sigs: SessionSigs = serde_json::from_str(&io::read_to_string(io::stdin())?)?;
    let call = ExecuteJs::code("Lit.Actions.setResponse({ response: `hello from ${where}` })")
        .with_param("where", "a session made elsewhere");
    let answer = client.execute_js(&session_sigs, &call).await?;
    println!("{}", answer.response);
    Ok(())
}
