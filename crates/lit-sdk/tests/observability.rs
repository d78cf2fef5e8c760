//! Spans: one for each operation, and one for each request to a node.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
    sync::{Arc, Mutex},
};

use common::{HELLO, Setup, any_action};
use lit_devnet::Fault;
use lit_sdk::{ExecuteJs, Session, types::NodeErrorCode};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Keeps all spans and events.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Log>>);

#[derive(Default)]
struct Log {
    spans: Vec<Span>,
    entered: Vec<usize>,
    /// All values of all spans and events.
    text: String,
}

#[derive(Debug, Clone, Default)]
struct Span {
    name: &'static str,
    parent: Option<usize>,
    fields: BTreeMap<&'static str, String>,
}

impl Captured {
    fn spans(&self) -> Vec<Span> {
        self.0.lock().unwrap().spans.clone()
    }

    /// The last span of this name, and the requests to nodes in it.
    fn last(&self, name: &str) -> (Span, Vec<Span>) {
        let spans = self.spans();
        let at = spans.iter().rposition(|span| span.name == name).unwrap();
        let requests = spans.iter().filter(|span| span.parent == Some(at));
        let requests = requests.filter(|span| span.name == "node_request");
        (spans[at].clone(), requests.cloned().collect())
    }
}

struct Fields<'a>(&'a mut BTreeMap<&'static str, String>, &'a mut String);

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let value = format!("{value:?}");
        writeln!(self.1, "{}={value}", field.name()).unwrap();
        self.0
            .insert(field.name(), value.trim_matches('"').to_owned());
    }
}

fn place(id: &Id) -> usize {
    usize::try_from(id.into_u64()).unwrap() - 1
}

impl Subscriber for Captured {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("lit_")
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let log = &mut *self.0.lock().unwrap();
        let mut span = Span {
            name: attributes.metadata().name(),
            parent: log.entered.last().copied(),
            ..Span::default()
        };
        attributes.record(&mut Fields(&mut span.fields, &mut log.text));
        log.spans.push(span);
        Id::from_u64(u64::try_from(log.spans.len()).unwrap())
    }

    fn record(&self, id: &Id, values: &Record<'_>) {
        let log = &mut *self.0.lock().unwrap();
        let fields = &mut log.spans[place(id)].fields;
        values.record(&mut Fields(fields, &mut log.text));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let log = &mut *self.0.lock().unwrap();
        event.record(&mut Fields(&mut BTreeMap::new(), &mut log.text));
    }

    fn enter(&self, id: &Id) {
        self.0.lock().unwrap().entered.push(place(id));
    }

    fn exit(&self, id: &Id) {
        let log = &mut *self.0.lock().unwrap();
        let at = log.entered.iter().rposition(|one| *one == place(id));
        log.entered.remove(at.unwrap());
    }
}

fn value<'a>(span: &'a Span, field: &str) -> &'a str {
    span.fields.get(field).map_or("", String::as_str)
}

#[tokio::test]
async fn each_operation_and_each_request_to_a_node_has_a_span() {
    let captured = Captured::default();
    let _guard = tracing::subscriber::set_default(captured.clone());
    let setup = Setup::new(3).await;
    let (connect, handshakes) = captured.last("connect");
    assert_eq!((value(&connect, "outcome"), handshakes.len()), ("ok", 3));
    assert!(value(&connect, "ms").parse::<u64>().is_ok());

    let session = setup.client.session(&any_action(), &setup.auth()).await;
    let session = session.unwrap();
    let (made, _) = captured.last("session");
    assert_eq!(value(&made, "outcome"), "ok");

    setup
        .network
        .node(2)
        .fail(Fault::Error(NodeErrorCode::NodeRpcError));
    let call = ExecuteJs::code(HELLO).with_param("name", "you");
    let call = call.with_all_answers();
    let answer = setup.client.execute_js(&session, &call).await.unwrap();
    let (run, requests) = captured.last("execute_js");
    assert_eq!(value(&run, "outcome"), "ok");
    assert_eq!(requests.len(), 3);
    for (request, node) in requests.iter().zip(setup.client.nodes().iter()) {
        let is_faulty = *node == setup.client.nodes()[2];
        let (outcome, status) = if is_faulty {
            ("refused", "502")
        } else {
            ("valid", "200")
        };
        assert_eq!(value(request, "node"), node.as_str());
        assert_eq!(value(request, "endpoint"), "/web/execute/v1");
        assert_eq!(value(request, "outcome"), outcome);
        assert_eq!(value(request, "status"), status);
        assert_eq!(value(request, "request_id"), answer.request_id.to_string());
        assert!(value(request, "ms").parse::<u64>().is_ok());
    }

    setup.network.node(1).fail(Fault::Stopped);
    let error = setup.client.execute_js(&session, &call).await;
    error.unwrap_err();
    let (run, requests) = captured.last("execute_js");
    assert_eq!(value(&run, "outcome"), "nodes");
    assert_eq!(value(&requests[1], "outcome"), "failed");

    setup.network.node(1).fail(Fault::Hang);
    setup.network.node(2).fail(Fault::Hang);
    let given_up = setup.client.execute_js(&session, &call);
    tokio::time::pause();
    let limit = std::time::Duration::from_secs(1);
    tokio::time::timeout(limit, given_up).await.unwrap_err();
    // The requests stop when their tasks are dropped.
    tokio::task::yield_now().await;
    let (run, requests) = captured.last("execute_js");
    assert_eq!(value(&run, "outcome"), "cancelled");
    assert_eq!(value(&requests[1], "outcome"), "cancelled");

    // With a limit of its own the call names the nodes that it waited for.
    let limited = setup.client.clone().with_timeout(limit);
    let late = limited.execute_js(&session, &call).await;
    assert!(late.unwrap_err().is_timeout());
    tokio::task::yield_now().await;
    let (run, requests) = captured.last("execute_js");
    assert_eq!(value(&run, "outcome"), "timeout");
    assert_eq!(value(&requests[1], "outcome"), "timeout");

    assert_no_credentials(&captured, &session, &setup);
}

fn assert_no_credentials(captured: &Captured, session: &Session, setup: &Setup) {
    let text = captured.0.lock().unwrap().text.clone();
    assert!(!text.is_empty());
    let sigs = setup.client.session_sigs(session).unwrap();
    let (_, sig) = sigs.iter().next().unwrap();
    for secret in [&sig.sig, &sig.signed_message] {
        assert!(!text.contains(secret.as_str()));
    }
    assert!(!text.contains("signedMessage") && !text.contains("wants you to sign in"));
}
