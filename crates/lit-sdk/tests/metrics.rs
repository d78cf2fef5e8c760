//! Counters and histograms.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use common::{HELLO, Setup, any_action};
use lit_devnet::Fault;
use lit_sdk::{ExecuteJs, SessionManager, types::NodeErrorCode};
use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    with_local_recorder,
};

/// Keeps all values, by name and labels.
#[derive(Default)]
struct Recorded {
    counters: Mutex<BTreeMap<String, Arc<AtomicU64>>>,
    histograms: Mutex<BTreeMap<String, Arc<Values>>>,
}

#[derive(Default)]
struct Values(Mutex<Vec<f64>>);

impl HistogramFn for Values {
    fn record(&self, value: f64) {
        self.0.lock().unwrap().push(value);
    }
}

/// `name{label=value,…}`, without nodes, whose ports vary.
fn name(key: &Key) -> String {
    let labels = key.labels().filter(|label| label.key() != "node");
    let mut labels: Vec<String> = labels
        .map(|label| format!("{}={}", label.key(), label.value()))
        .collect();
    labels.sort();
    format!("{}{{{}}}", key.name(), labels.join(","))
}

impl Recorder for Recorded {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let mut counters = self.counters.lock().unwrap();
        Counter::from_arc(Arc::clone(counters.entry(name(key)).or_default()))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let mut histograms = self.histograms.lock().unwrap();
        Histogram::from_arc(Arc::clone(histograms.entry(name(key)).or_default()))
    }
}

impl Recorded {
    fn counters(&self) -> BTreeMap<String, u64> {
        let counters = self.counters.lock().unwrap();
        let value = |(name, count): (&String, &Arc<AtomicU64>)| {
            (name.clone(), count.load(Ordering::SeqCst))
        };
        counters.iter().map(value).collect()
    }
}

#[test]
fn operations_and_requests_are_counted() {
    let recorded = Recorded::default();
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    with_local_recorder(&recorded, || {
        runtime.block_on(async {
            let setup = Setup::new(3).await;
            let manager = SessionManager::new(setup.client.clone());
            for _ in 0..2 {
                let session = manager.session(&any_action(), &setup.auth()).await;
                session.unwrap();
            }
            let session = manager.session(&any_action(), &setup.auth()).await.unwrap();
            setup
                .network
                .node(2)
                .fail(Fault::Error(NodeErrorCode::NodeRpcError));
            let call = ExecuteJs::code(HELLO).with_param("name", "you");
            let call = call.with_all_answers();
            setup.client.execute_js(&session, &call).await.unwrap();
            setup.network.node(1).fail(Fault::Stopped);
            let error = setup.client.execute_js(&session, &call).await;
            error.unwrap_err();
        });
    });
    let expected = [
        (
            "lit_node_requests_total{endpoint=/web/execute/v1,outcome=failed}",
            1,
        ),
        (
            "lit_node_requests_total{endpoint=/web/execute/v1,outcome=refused}",
            2,
        ),
        (
            "lit_node_requests_total{endpoint=/web/execute/v1,outcome=valid}",
            3,
        ),
        ("lit_operations_total{operation=connect,outcome=ok}", 1),
        (
            "lit_operations_total{operation=execute_js,outcome=nodes}",
            1,
        ),
        ("lit_operations_total{operation=execute_js,outcome=ok}", 1),
        ("lit_operations_total{operation=session,outcome=ok}", 1),
        ("lit_sessions_total{from=memory}", 2),
        ("lit_sessions_total{from=new}", 1),
    ];
    let mut counters = recorded.counters();
    // Which of the handshakes agree first varies.
    counters.retain(|name, _| !name.contains("handshake"));
    let expected = expected.map(|(name, count)| (name.to_owned(), count));
    assert_eq!(counters, BTreeMap::from(expected));
    let histograms = recorded.histograms.lock().unwrap();
    let count = |name: &str| histograms[name].0.lock().unwrap().len();
    assert_eq!(count("lit_operation_seconds{operation=execute_js}"), 2);
    let requests = "lit_node_request_seconds{endpoint=/web/execute/v1}";
    assert_eq!(count(requests), 6);
}
