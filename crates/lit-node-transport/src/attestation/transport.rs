use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use lit_types::{
    Clock, NodeUrl,
    wire::{Endpoint, HandshakeRequest},
};
use tokio::{sync::Mutex as AsyncMutex, time::Instant};

use super::{
    AttestationError, AttestationVerifier, Expected, VerifiedAttestation, document::in_handshake,
};
use crate::{
    NodeRequest, NodeResponse, NodeTransport, RequestId, TransportError, Turn, datil,
    handshake::handshake_body,
};

/// Sends requests only to nodes with a good attestation.
///
/// The answer to a handshake passes if its attestation does; otherwise the handshake fails with
/// [`TransportError::Attestation`]. Another request waits for the handshake that is under way. If a node has not passed yet,
/// because it was down for example, it gets a handshake first.
///
/// A node stays attested until its next handshake. Requests to a node with a bad attestation fail for 30 s before it gets another
/// handshake of their own, since each new chip that it names costs a request to AMD.
#[derive(Debug)]
pub struct AttestedTransport<T: ?Sized> {
    verifier: Arc<AttestationVerifier>,
    clock: Arc<dyn Clock>,
    nodes: Mutex<HashMap<NodeUrl, Slot>>,
    inner: Arc<T>,
}

/// What is known of a node. It is locked while the node is asked.
type Slot = Arc<AsyncMutex<Standing>>;

#[derive(Debug, Default)]
enum Standing {
    #[default]
    Unknown,
    Attested(VerifiedAttestation),
    Refused(Instant, AttestationError),
}

impl Standing {
    /// Notes why a node was refused, unless it may do better at once.
    fn refuse(&mut self, error: &TransportError) {
        if let TransportError::Attestation(error) = error
            && !matches!(
                **error,
                AttestationError::HandshakeRefused(_) | AttestationError::RandomnessUnavailable(_)
            )
        {
            *self = Self::Refused(Instant::now(), (**error).clone());
        }
    }
}

/// How long a node with a bad attestation gets no handshake from other requests.
const REFUSED_FOR: Duration = Duration::from_secs(30);

/// How many nodes are remembered. A network has at most 255; with its changes there are more over time.
const MAX_NODES: usize = 1024;

impl<T: NodeTransport + ?Sized> AttestedTransport<T> {
    /// Sends requests through another transport.
    pub fn new(
        inner: Arc<T>,
        verifier: impl Into<Arc<AttestationVerifier>>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            verifier: verifier.into(),
            clock,
            nodes: Mutex::default(),
            inner,
        }
    }

    /// What a node has proved, if it has passed.
    pub async fn attestation(&self, node: &NodeUrl) -> Option<VerifiedAttestation> {
        match &*self.slot(node).lock().await {
            Standing::Attested(attestation) => Some(attestation.clone()),
            Standing::Unknown | Standing::Refused(..) => None,
        }
    }

    fn slot(&self, node: &NodeUrl) -> Slot {
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        if nodes.len() >= MAX_NODES && !nodes.contains_key(node) {
            // They are attested again when they are needed.
            nodes.clear();
        }
        Arc::clone(nodes.entry(node.clone()).or_default())
    }

    /// Sends a handshake and verifies the attestation of its answer.
    async fn greet(
        &self,
        request: NodeRequest,
        challenge: [u8; 32],
    ) -> Result<(NodeResponse, Option<VerifiedAttestation>), TransportError> {
        let node = request.node.clone();
        let answer = self.inner.send(request).await?;
        if !(200..300).contains(&answer.status) {
            return Ok((answer, None));
        }
        let attestation = in_handshake(&answer.body).map_err(AttestationError::from)?;
        let attestation = attestation.ok_or(AttestationError::Missing)?;
        let expected = Expected::new(challenge).with_node(node.clone());
        let now = self.clock.now();
        let verified = self.verifier.verify(&attestation, &expected, now).await?;
        tracing::debug!(%node, measurement = %verified.measurement, "node attested");
        Ok((answer, Some(verified)))
    }

    /// Sends a handshake of its own.
    async fn attest(
        &self,
        node: &NodeUrl,
        turn: Turn,
    ) -> Result<VerifiedAttestation, TransportError> {
        let random = AttestationError::RandomnessUnavailable;
        let mut challenge = [0; 32];
        getrandom::getrandom(&mut challenge).map_err(random)?;
        let request = NodeRequest {
            node: node.clone(),
            endpoint: Endpoint::Handshake,
            headers: datil::headers(&RequestId::generate().map_err(random)?),
            // The current epoch.
            body: handshake_body(&challenge, 0),
            turn,
        };
        let (answer, verified) = self.greet(request, challenge).await?;
        Ok(verified.ok_or(AttestationError::HandshakeRefused(answer.status))?)
    }
}

#[async_trait]
impl<T: NodeTransport + ?Sized> NodeTransport for AttestedTransport<T> {
    async fn send(&self, mut request: NodeRequest) -> Result<NodeResponse, TransportError> {
        // A request that has locked the node does not wait for a turn after one that waits for the lock.
        if request.turn.is_new() {
            let turns = self.inner.turns(&[&request.node]);
            request.turn = turns.into_iter().next().unwrap_or_default();
        }
        request.turn.wait().await;
        let slot = self.slot(&request.node);
        let mut standing = slot.lock().await;
        if request.endpoint == Endpoint::Handshake {
            *standing = Standing::Unknown;
            let challenge = challenge_in(&request.body).ok_or(AttestationError::Challenge)?;
            let greeted = self.greet(request, challenge).await;
            let (answer, verified) = greeted.inspect_err(|error| standing.refuse(error))?;
            if let Some(verified) = verified {
                *standing = Standing::Attested(verified);
            }
            return Ok(answer);
        }
        match &*standing {
            Standing::Attested(_) => {}
            Standing::Refused(at, error) if at.elapsed() < REFUSED_FOR => {
                return Err(error.clone().into());
            }
            Standing::Unknown | Standing::Refused(..) => {
                let attested = self.attest(&request.node, request.turn.clone()).await;
                let attested = attested.inspect_err(|error| standing.refuse(error))?;
                *standing = Standing::Attested(attested);
            }
        }
        drop(standing);
        self.inner.send(request).await
    }

    fn turns(&self, nodes: &[&NodeUrl]) -> Vec<Turn> {
        self.inner.turns(nodes)
    }
}

/// The challenge of a handshake.
fn challenge_in(body: &Bytes) -> Option<[u8; 32]> {
    let request: HandshakeRequest = serde_json::from_slice(body).ok()?;
    let mut challenge = [0; 32];
    hex::decode_to_slice(request.challenge, &mut challenge).ok()?;
    Some(challenge)
}

impl From<AttestationError> for TransportError {
    fn from(error: AttestationError) -> Self {
        Self::Attestation(error.into())
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, time::Duration};

    use lit_test_fakes::FakeClock;
    use tokio::time::timeout;

    use super::*;
    use crate::{
        attestation::{AttestationPolicy, VcekId, VcekSource, VcekSourceError},
        lanes::{Bounds, Lanes},
    };

    /// One connection, over which a node refuses everything.
    struct OneConnection(Lanes);

    #[async_trait]
    impl NodeTransport for OneConnection {
        async fn send(&self, request: NodeRequest) -> Result<NodeResponse, TransportError> {
            let turn = match request.turn {
                new if new.is_new() => self.0.turn(request.node.as_str()).await,
                queued => queued,
            };
            turn.wait().await;
            let (status, body) = (500, Bytes::new());
            Ok(NodeResponse { status, body })
        }

        fn turns(&self, nodes: &[&NodeUrl]) -> Vec<Turn> {
            self.0.turns(nodes.iter().map(|node| node.as_str()))
        }
    }

    #[derive(Debug)]
    struct NoCertificates;

    #[async_trait]
    impl VcekSource for NoCertificates {
        async fn certificate(&self, _: &VcekId) -> Result<Bytes, VcekSourceError> {
            pending().await
        }
    }

    /// Otherwise it would wait for the connection of a request that waits for the node.
    #[tokio::test(start_paused = true)]
    async fn a_request_queues_before_it_locks_its_node() {
        let bounds = Bounds {
            all: 1,
            per_server: 1,
        };
        let inner = Arc::new(OneConnection(Lanes::new(bounds)));
        let verifier = AttestationVerifier::new(AttestationPolicy::new(), Arc::new(NoCertificates));
        let transport = AttestedTransport::new(inner, verifier, FakeClock::at_unix(0));
        let node: NodeUrl = "http://127.0.0.1:7470".parse().unwrap();
        let request = |turn: Turn| NodeRequest {
            node: node.clone(),
            endpoint: Endpoint::Handshake,
            headers: Vec::new(),
            body: handshake_body(&[0; 32], 0),
            turn,
        };
        let with_turn = transport.send(request(transport.turns(&[&node]).remove(0)));
        let without = transport.send(request(Turn::default()));
        let both = timeout(Duration::from_secs(60), async {
            tokio::join!(without, with_turn)
        });
        let (without, with_turn) = both.await.unwrap();
        assert_eq!(
            (without.unwrap().status, with_turn.unwrap().status),
            (500, 500)
        );
    }
}
