//! The engine of quorum calls, with ten nodes in memory that answer at once. The floor is one call of their transport each.

use std::sync::Arc;

use async_trait::async_trait;
use criterion::Criterion;
use lit_sdk::{
    NodeUrl,
    transport::{
        NodeRequest, NodeResponse, NodeTransport, Quorum, QuorumPolicy, RequestId, TransportError,
        call_quorum,
    },
    types::wire::Endpoint,
};

use crate::setup;

/// Nodes that answer with what they are sent.
pub(crate) struct Echo;

#[async_trait]
impl NodeTransport for Echo {
    async fn send(&self, request: NodeRequest) -> Result<NodeResponse, TransportError> {
        let body = request.body;
        Ok(NodeResponse { status: 200, body })
    }
}

fn quorum(nodes: &[NodeUrl]) -> Quorum {
    let bodies = nodes.iter().map(|node| (node.clone(), "{}".into()));
    Quorum {
        endpoint: Endpoint::Execute,
        request_id: RequestId::generate().unwrap(),
        bodies: bodies.collect(),
    }
}

/// Asks ten nodes, and returns how many agree.
pub(crate) async fn ask(transport: &Arc<dyn NodeTransport>, nodes: &[NodeUrl]) -> usize {
    let judge = |_: &NodeUrl, body: &[u8]| Ok(body.len());
    let policy = QuorumPolicy::new(7);
    let answer = call_quorum(transport, quorum(nodes), &policy, judge, |len| *len);
    answer.await.unwrap().agreed.len()
}

pub(crate) fn benches(c: &mut Criterion) {
    let (runtime, nodes) = (setup::runtime(), setup::nodes(10));
    let transport: Arc<dyn NodeTransport> = Arc::new(Echo);
    let mut group = c.benchmark_group("quorum call, 7 of 10 nodes in memory");
    group.bench_function("floor", |b| {
        b.to_async(&runtime).iter(|| async {
            for (node, body) in quorum(&nodes).bodies {
                let request = NodeRequest::new(node, Endpoint::Execute, vec![], body);
                transport.send(request).await.unwrap();
            }
        });
    });
    group.bench_function("ours", |b| {
        b.to_async(&runtime).iter(|| ask(&transport, &nodes));
    });
    group.finish();
}
