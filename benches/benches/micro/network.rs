//! An embedded network of ten nodes.
//!
//! Budget: to start it, less than 5 ms.

use criterion::Criterion;
use lit_devnet::Devnet;
use lit_sdk::{ExecuteJs, LitNodeClient, SessionRequest, WalletAuth};
use tokio::runtime::Runtime;

use crate::setup;

const NODES: usize = 10;

pub(crate) fn benches(c: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let mut group = c.benchmark_group("network of 10 nodes");
    group.sample_size(30);
    group.bench_function("start", |b| {
        b.to_async(&runtime)
            .iter(|| async { Devnet::builder().with_nodes(NODES).start().await.unwrap() });
    });
    group.bench_function("start, with HTTP", |b| {
        b.to_async(&runtime).iter(|| async {
            let network = Devnet::builder().with_nodes(NODES).with_http(0);
            network.start().await.unwrap()
        });
    });
    let (_network, client, session) = runtime.block_on(async {
        let network = Devnet::builder().with_nodes(NODES).start().await.unwrap();
        let client = LitNodeClient::connect(&network).await.unwrap();
        let wallet = WalletAuth::new(setup::wallet());
        let request = SessionRequest::new([lit_sdk::Right::run_any_action()]);
        let session = client.session(&request, &wallet).await.unwrap();
        (network, client, session)
    });
    group.bench_function("execute_js in memory, all answers", |b| {
        let call = ExecuteJs::code("Lit.Actions.setResponse({ response: 'x' })").with_all_answers();
        b.to_async(&runtime)
            .iter(|| async { client.execute_js(&session, &call).await.unwrap() });
    });
    group.finish();
}
