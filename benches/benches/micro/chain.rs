//! One `eth_call` of the network's chain that reads all nodes: by a function, through JSON-RPC in the process, and over loopback
//! HTTP. The floor is the function.
//!
//! `cargo xtask bench chain` compares it with anvil.

use alloy_primitives::{Bytes, keccak256};
use alloy_provider::ProviderBuilder;
use criterion::Criterion;
use lit_devnet::Devnet;
use lit_sdk::contracts::{Contract, LitContracts};

use crate::setup;

const READ_NODES: &str = "getActiveUnkickedValidatorStructsAndCounts()";

pub(crate) fn benches(c: &mut Criterion) {
    let runtime = setup::runtime();
    let starting = Devnet::builder().with_nodes(10).with_http(0).start();
    let network = runtime.block_on(starting).unwrap();
    let context = network.context();
    let staking = context.contracts().get(Contract::Staking).unwrap();
    let chain = network.chain();
    let call = Bytes::copy_from_slice(&keccak256(READ_NODES)[..4]);
    let provider = ProviderBuilder::new().connect_client(chain.client());
    let in_process = LitContracts::new(context.clone(), provider);
    let over_http = LitContracts::read_only(&context).unwrap();

    let mut group = c.benchmark_group("eth_call");
    group.bench_function("floor", |b| {
        b.iter(|| chain.call(staking, call.clone()).unwrap());
    });
    group.bench_function("in process", |b| {
        b.to_async(&runtime)
            .iter(|| async { in_process.staking().connection_info().await.unwrap() });
    });
    group.bench_function("over HTTP", |b| {
        b.to_async(&runtime)
            .iter(|| async { over_http.staking().connection_info().await.unwrap() });
    });
    group.finish();
}
