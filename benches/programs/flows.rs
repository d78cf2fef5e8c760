//! Times flows of our client, on command: `flows network.json`.
//!
//! Reads lines such as `30 PKP session`, and answers each with a line of JSON ([`Rounds`]). `cargo xtask bench report` alternates
//! between this and the official client, on a network that `lit devnet --describe` describes.

use std::sync::Arc;

use lit_benches::{Description, Failure, Flows, Rounds, answer};
use lit_sdk::contracts::LitContracts;

pub(crate) async fn run(mut args: impl Iterator<Item = String>) -> Result<(), Failure> {
    let file = args.next().ok_or("which network? give its description")?;
    let network = Description::read(file)?;
    let owner = network.owner()?;
    let contracts = LitContracts::connect(&network.context(), owner.clone()).await?;
    let flows = Flows::prepare(Arc::new(network.context()), &contracts, owner).await?;
    answer(async |count, flow| Rounds::run(count, async || flows.call(flow).await).await).await
}
