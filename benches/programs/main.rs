//! The programs that `cargo xtask bench` runs: `cargo run --release -p lit-benches --example programs -- PROGRAM ..`.
//!
//! They are one, since each would take minutes to link.

mod eth_call;
mod flows;
mod growth;
mod load;
mod slow_nodes;
mod users;

use std::env;

use lit_benches::Failure;
use tokio::runtime::{Builder, Runtime};

fn main() -> Result<(), Failure> {
    let mut args = env::args().skip(1);
    let program = args.next().unwrap_or_default();
    // One thread where another program is compared that has one, or is to have the rest of the machine.
    let one_thread = || Builder::new_current_thread().enable_all().build();
    match program.as_str() {
        "eth_call" => one_thread()?.block_on(eth_call::run(args)),
        "flows" => one_thread()?.block_on(flows::run(args)),
        "growth" => Runtime::new()?.block_on(growth::run(args)),
        "load" => Runtime::new()?.block_on(load::run(args)),
        "slow_nodes" => Runtime::new()?.block_on(slow_nodes::run(args)),
        "users" => Runtime::new()?.block_on(users::run(args)),
        unknown => Err(format!("unknown program `{unknown}`").into()),
    }
}
