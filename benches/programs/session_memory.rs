//! How much memory live sessions take: `cargo run --release -p lit-benches --example session_memory [-- SESSIONS]`.
//!
//! Reads the resident size of the process before and after, so it works only on Linux.

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::time::Instant;

use alloy_signer_local::PrivateKeySigner;
use lit_devnet::Devnet;
use lit_sdk::{LitNodeClient, Right, SessionManager, SessionRequest, WalletAuth};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sessions: usize = match std::env::args().nth(1) {
        Some(number) => number.parse()?,
        None => 100_000,
    };
    let network = Devnet::builder().with_nodes(3).start().await?;
    let client = LitNodeClient::connect(&network).await?;
    let manager = SessionManager::new(client);
    let any = Right::run_action("QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH".parse()?);
    let request = SessionRequest::new([any]).with_domain("example.com");

    // One-time allocations do not count.
    manager.session(&request, &wallet(sessions)?).await?;
    let (before, start) = (resident()?, Instant::now());
    for user in 0..sessions {
        manager.session(&request, &wallet(user)?).await?;
    }
    let (after, elapsed) = (resident()?, start.elapsed());
    println!("{sessions} sessions made in {:.1} s", elapsed.as_secs_f64());
    println!(
        "{} bytes of memory per session",
        (after - before) / sessions
    );

    let start = Instant::now();
    for user in 0..sessions {
        manager.session(&request, &wallet(user)?).await?;
    }
    let each = start.elapsed() / u32::try_from(sessions)?;
    println!("{each:?} to get a live one, including the derivation of the wallet's address");
    Ok(())
}

fn wallet(user: usize) -> Result<WalletAuth<PrivateKeySigner>, Box<dyn std::error::Error>> {
    let mut key = [1; 32];
    key[..8].copy_from_slice(&user.to_be_bytes());
    Ok(WalletAuth::new(PrivateKeySigner::from_slice(&key)?))
}

/// The resident size of this process, in bytes.
fn resident() -> Result<usize, Box<dyn std::error::Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next());
    Ok(1024 * kibibytes.ok_or("no VmRSS")?.parse::<usize>()?)
}
