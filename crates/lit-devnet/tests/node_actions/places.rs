//! How many engines run at once.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use lit_devnet::actions::{FetchBody, FetchError, HttpFetch};
use tokio::sync::Semaphore;

use crate::{counter::Counter, *};

/// An action that runs until the time limit on all nodes that are asked.
const ENDLESS: &str = "fetch('http://never.example')";

/// Asks node 0 alone to run endless actions, for sessions from these seeds, with these request ids. When `running` of them run, another
/// session's request to all nodes succeeds.
async fn lone_requests_leave_slots(seeds: &[u8], ids: &[String], running: u32) {
    let started = Arc::new(Semaphore::new(0));
    let counter = Counter(Arc::clone(&started));
    let builder = Devnet::builder()
        .with_nodes(10)
        .with_fetch_host("never.example")
        .with_fetcher(Arc::new(counter));
    let setup = Setup::of(builder).await;
    let node = setup.network.node_urls()[0].clone();
    let mut lone = tokio::task::JoinSet::new();
    for seed in seeds {
        let (template, key) = session(&setup.network, *seed).await;
        let sig = template.sign_for(&key, &node);
        for id in ids {
            let (transport, node, sig) = (setup.network.transport(), node.clone(), sig.clone());
            let id = id.clone();
            lone.spawn(
                async move { execute(&transport, &node, &id, ENDLESS, &json!({}), &sig).await },
            );
        }
    }
    let _ = started.acquire_many(running).await.unwrap();
    let code = "Lit.Actions.broadcastAndCollect({ name: 'n', value: 'x' })
        .then((values) => Lit.Actions.setResponse({ response: values.join('') }))";
    for (status, body) in setup.ask_all("lit_all", code).await {
        assert_eq!(
            (status, &body["response"]),
            (200, &json!("xxxxxx")),
            "{body}"
        );
    }
    assert!(lone.try_join_next().is_none(), "a lone request has ended");
    // No more of them run than that.
    assert_eq!(started.available_permits(), running as usize);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_to_one_node_take_no_slots_of_others() {
    lone_requests_leave_slots(&[1, 2, 3, 4, 5, 6], &["lit_lone".to_owned()], 6).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_caller_leaves_slots_for_another() {
    // 54 of 64 slots, of which 9 stay free so that one of the requests can run on all nodes.
    let ids: Vec<_> = (0..64).map(|number| format!("lit_lone_{number}")).collect();
    lone_requests_leave_slots(&[1], &ids, 45).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_without_an_id_count_for_their_caller() {
    lone_requests_leave_slots(&[1], &vec![String::new(); 64], 54).await;
}

/// Asks all nodes, which wait for one another, to run a hundred actions at a time.
async fn a_hundred_requests_all_end(max_engines: usize) {
    let setup = Setup::of(
        Devnet::builder()
            .with_nodes(4)
            .with_max_engines(max_engines),
    )
    .await;
    let code = "(async () => {
        const values = await Lit.Actions.broadcastAndCollect({ name: 'n', value: 'x' });
        const once = await Lit.Actions.runOnce({ waitForResponse: true }, () => 'y');
        Lit.Actions.setResponse({ response: values.join('') + once });
    })()";
    // Nodes in an order in which, one place at a time, no request would have all its nodes.
    let params = json!({});
    let setup = &setup;
    let params = &params;
    let requests = (0..4).flat_map(|node| {
        (0..100)
            .map(move |id| async move { setup.ask(node, &format!("lit_{id}"), code, params).await })
    });
    for (status, body) in join_all(requests).await {
        assert_eq!((status, &body["response"]), (200, &json!("xxy")), "{body}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_requests_whose_nodes_wait_for_one_another_all_end() {
    a_hundred_requests_all_end(8).await;
}

/// With fewer engines, nothing bounds what one caller takes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_requests_all_end_on_few_engines() {
    a_hundred_requests_all_end(7).await;
}

#[tokio::test]
async fn a_run_that_does_not_stop_keeps_its_place() {
    // So long that every run reaches its loop, on a busy machine too. The loop takes several times as long.
    let limits = ActionLimits::default().with_run_time(Duration::from_millis(1_500));
    let builder = Devnet::builder()
        .with_nodes(3)
        .with_max_engines(3)
        .with_action_limits(limits);
    let setup = Setup::of(builder).await;
    let native_loop = "'a'.repeat(1e6).indexOf('a'.repeat(5e5) + 'b')";
    let params = json!({});
    let stuck = (0..3).map(|_| setup.ask(0, "", native_loop, &params));
    for (_, body) in join_all(stuck).await {
        assert_eq!(body["errorCode"], "NodeJsTimeoutError", "{body}");
    }
    let (status, body) = setup.ask(0, "", "1", &params).await;
    assert_eq!(
        (status, &body["errorCode"]),
        (429, &json!("NodeConcurrencyOverload"))
    );
}

/// Asks for a condition that the function `go` of an action decides.
fn check(cid: &str) -> String {
    let condition = json!({
        "conditionType": "evmBasic", "contractAddress": format!("ipfs://{cid}"), "chain": "ethereum",
        "standardContractType": "LitAction", "method": "go", "parameters": [],
        "returnValueTest": { "comparator": "=", "value": "" },
    });
    format!("Lit.Actions.checkConditions({{ conditions: [{condition}], chain: 'ethereum' }})")
}

/// Answers after a while, and notes how many requests were open at once.
#[derive(Default)]
struct Overlap {
    open: AtomicUsize,
    most: AtomicUsize,
}

#[async_trait]
impl HttpFetch for Overlap {
    async fn fetch(&self, _: Request<Bytes>) -> Result<Response<Box<dyn FetchBody>>, FetchError> {
        let open = self.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(open, Ordering::SeqCst);
        // Others come meanwhile, if they may.
        tokio::time::sleep(Duration::from_millis(50)).await;
        self.open.fetch_sub(1, Ordering::SeqCst);
        Ok(Response::new(Box::new(Bytes::new())))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn actions_that_decide_conditions_run_one_at_a_time() {
    let overlap = Arc::new(Overlap::default());
    let fetcher = Arc::clone(&overlap);
    let builder = Devnet::builder()
        .with_nodes(3)
        .with_fetch_host("slow.example")
        .with_fetcher(fetcher);
    let setup = Setup::of(builder).await;
    let slow = "const go = () => fetch('http://slow.example').then((answer) => answer.text())";
    let check = check(&setup.network.put_ipfs(slow));
    let code = format!(
        "Promise.all([1, 2, 3, 4].map(() => {check})).then((met) => Lit.Actions.setResponse({{ response: `${{met}}` }}))"
    );
    assert_eq!(setup.run(&code).await["response"], "true,true,true,true");
    assert_eq!(overlap.most.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_action_that_decides_conditions_and_does_not_stop_keeps_the_place() {
    let limits = ActionLimits::default().with_run_time(Duration::from_millis(1_500));
    let builder = Devnet::builder()
        .with_nodes(3)
        .with_max_engines(3)
        .with_action_limits(limits);
    let setup = Setup::of(builder).await;
    let native_loop = "const go = () => 'a'.repeat(1e6).indexOf('a'.repeat(5e5) + 'b')";
    let check = check(&setup.network.put_ipfs(native_loop));
    let params = json!({});
    let stuck = (0..3).map(|_| setup.ask(0, "", &check, &params));
    for (_, body) in join_all(stuck).await {
        assert_eq!(body["errorCode"], "NodeJsTimeoutError", "{body}");
    }
    let (status, body) = setup.ask(0, "", "1", &params).await;
    assert_eq!(
        (status, &body["errorCode"]),
        (429, &json!("NodeConcurrencyOverload"))
    );
}
