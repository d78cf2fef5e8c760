//! Many users of one client at the same time, on command: `users network.json MILLISECONDS`.
//!
//! Reads lines such as `64 PKP session`, and answers each with a line of JSON ([`Load`]): so many users made calls for that time.
//! The network is one that `lit devnet --describe` describes.

use std::{sync::Arc, time::Duration};

use lit_benches::{Description, Failure, Flows, Load, answer};
use lit_sdk::contracts::LitContracts;

pub(crate) async fn run(mut args: impl Iterator<Item = String>) -> Result<(), Failure> {
    let file = args.next().ok_or("which network? give its description")?;
    let time = args.next().ok_or("how long? give milliseconds")?.parse()?;
    let network = Description::read(file)?;
    let owner = network.owner()?;
    let contracts = LitContracts::connect(&network.context(), owner.clone()).await?;
    let flows = Flows::prepare(Arc::new(network.context()), &contracts, owner).await?;
    let flows = Arc::new(flows);
    answer(async |users, flow| {
        let flow: Arc<str> = flow.into();
        let users = (0..users).map(|_| (Arc::clone(&flows), Arc::clone(&flow)));
        Load::run(users, Duration::from_millis(time), async |user| {
            let (flows, flow) = &user;
            flows.call(flow).await?;
            Ok(user)
        })
        .await
    })
    .await
}
