//! A PKP signs although nodes of the signing set are slow or lie. The clock is that of tokio, stopped: it goes on by itself when
//! there is nothing to do but wait.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use std::{
    collections::{HashMap, HashSet},
    ops::RangeInclusive,
    sync::{Arc, Mutex},
    time::Duration,
};

use alloy_primitives::{B256, Signature};
use async_trait::async_trait;
use common::owned::Owned;
use lit_devnet::{Fault, MemoryTransport};
use lit_sdk::{
    Error, ExecuteJs, LitNodeClient, NodeList, PkpSign, Session,
    calls::{DoubtReason, NodeDoubt},
    transport::{NodeRequest, NodeResponse, NodeTransport, TransportError},
    types::wire::Endpoint,
};
use serde_json::{Value, json};
use tokio::{
    sync::Barrier,
    time::{Instant, sleep},
};

const SLOW: Duration = Duration::from_secs(2);

/// The digests differ, so that the signing set of one call says nothing about that of the next.
async fn sign(owned: &Owned, session: &Session, round: u8) -> Duration {
    let digest = B256::repeat_byte(round);
    let call = PkpSign::digest(owned.pkp, digest);
    let started = Instant::now();
    let signature = owned.client.pkp_sign(session, &call).await.unwrap();
    let took = started.elapsed();
    let signer = Signature::from(signature).recover_address_from_prehash(&digest);
    assert_eq!(signer.unwrap(), owned.pkp.address());
    took
}

fn attempts(owned: &Owned) -> usize {
    let requests = owned.network.requests().into_iter();
    let signing = requests.filter(|request| request.path.contains("pkp/sign"));
    let ids: HashSet<_> = signing.map(|request| request.request_id).collect();
    ids.len()
}

/// How many of these calls had to wait. The clock stands still while anything is done, so waiting is all that it measures.
async fn late(owned: &Owned, session: &Session, rounds: RangeInclusive<u8>) -> usize {
    let mut late = 0;
    for round in rounds {
        let took = sign(owned, session, round).await;
        assert!(
            took < Duration::from_millis(600),
            "{took:?} in round {round}"
        );
        late += usize::from(took > Duration::from_millis(10));
    }
    late
}

/// One call has to find out who is slow, nearly always the first. The budget: the median is within 1.2 times of that without faults.
#[tokio::test]
async fn slow_signers_cost_time_once() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    tokio::time::pause();
    for node in [0, 4, 7] {
        owned.network.node(node).fail(Fault::Delay(SLOW));
    }
    assert!(late(&owned, &session, 0..=20).await <= 1);
    assert!(attempts(&owned) <= 22, "{}", attempts(&owned));
}

/// Nodes that answer in time are no longer avoided: without three others, nobody can do without them.
#[tokio::test]
async fn slow_signers_come_back() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    tokio::time::pause();
    for node in [0, 4, 7] {
        owned.network.node(node).fail(Fault::Delay(SLOW));
    }
    sign(&owned, &session, 0).await;
    for node in [0, 4, 7] {
        owned.network.node(node).recover();
    }
    for node in [1, 2, 3] {
        owned.network.node(node).fail(Fault::Delay(SLOW));
    }
    assert!(late(&owned, &session, 1..=9).await <= 1);
}

/// Where no set is without a slow node there is nothing to choose, and little is asked in vain.
#[tokio::test]
async fn a_slow_network_is_waited_for() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    tokio::time::pause();
    for node in 0..6 {
        owned.network.node(node).fail(Fault::Delay(SLOW));
    }
    let took = sign(&owned, &session, 0).await;
    assert_eq!(took.as_secs(), SLOW.as_secs());
    assert!(attempts(&owned) <= 3, "{}", attempts(&owned));
    // By now it is known how long it takes.
    sign(&owned, &session, 1).await;
    assert!(attempts(&owned) <= 4, "{}", attempts(&owned));
}

/// The client is disconnected while nodes sign, so the second attempt cannot begin.
#[tokio::test]
async fn an_attempt_that_cannot_begin_does_not_end_the_others() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    tokio::time::pause();
    for node in 0..10 {
        owned.network.node(node).fail(Fault::Delay(SLOW));
    }
    let call = PkpSign::digest(owned.pkp, B256::repeat_byte(0x90));
    let disconnect = async {
        sleep(SLOW / 20).await;
        owned.client.disconnect();
    };
    let (signed, ()) = tokio::join!(owned.client.pkp_sign(&session, &call), disconnect);
    assert_eq!(*signed.unwrap().public_key(), owned.pkp);
    assert_eq!(attempts(&owned), 1);
    let after = owned.client.pkp_sign(&session, &call).await.unwrap_err();
    assert!(matches!(after, Error::NotReady), "{after}");
}

/// Seven of the 210 sets have no liar. They are found, and kept to.
#[tokio::test]
async fn three_liars_of_ten_are_found_out() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    for node in [2, 3, 9] {
        owned.network.node(node).fail(Fault::CorruptShare);
    }
    let call = PkpSign::digest(owned.pkp, B256::repeat_byte(0x90)).with_attempts(500);
    owned.client.pkp_sign(&session, &call).await.unwrap();
    let first = attempts(&owned);
    for round in 0..10 {
        sign(&owned, &session, round).await;
    }
    // At random there would be 30 attempts for one signature.
    let later = attempts(&owned) - first;
    assert!(later < 100, "{first} attempts, then {later}");
}

/// An action is run once, so it has to be right at once: where it is known what it signs, by those that have proved good.
#[tokio::test]
async fn actions_sign_without_liars_that_are_known() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    owned.network.node(3).fail(Fault::CorruptShare);
    // A call may also take long because the machine is busy. What counts is that a signature was spoiled.
    let is_suspected = |doubt: &NodeDoubt| {
        matches!(
            doubt.reason,
            DoubtReason::SoleSuspect | DoubtReason::Suspected
        )
    };
    for round in 0.. {
        sign(&owned, &session, round).await;
        let doubts = owned.client.doubts();
        if !doubts.is_empty() && doubts.iter().all(is_suspected) {
            break;
        }
    }
    let digest = B256::repeat_byte(0x90);
    let code = "(async () => {
        await Lit.Actions.signEcdsa({ toSign, publicKey, sigName: 'mine' });
    })()";
    let call = ExecuteJs::code(code)
        .with_param("toSign", digest.to_vec())
        .with_param("publicKey", owned.pkp.to_string())
        .with_digest(digest);
    for _ in 0..5 {
        let answer = owned.client.execute_js(&session, &call).await.unwrap();
        assert_eq!(*answer.signatures["mine"].public_key(), owned.pkp);
    }
}

/// Two of three lie, so every set of two has a liar, and three attempts rule out all sets. When the client looks for a fourth,
/// it finds none and forgets its doubts. After the last attempt it does not look.
#[tokio::test]
async fn doubts_are_kept_after_the_last_attempt() {
    let owned = Owned::on(3).await;
    let session = owned.session().await;
    tokio::time::pause();
    for node in [0, 1] {
        owned.network.node(node).fail(Fault::CorruptShare);
    }
    let digest = B256::repeat_byte(0x90);
    let code = "Lit.Actions.signEcdsa({ toSign, publicKey, sigName: 'mine' })";
    let call = ExecuteJs::code(code)
        .with_param("toSign", digest.to_vec())
        .with_param("publicKey", owned.pkp.to_string())
        .with_digest(digest);
    for (attempts, doubts, runs) in [(3, 3, 3), (4, 0, 6)] {
        let client = LitNodeClient::connect(&owned.network).await.unwrap();
        let call = call.clone().with_attempts(attempts);
        let error = client.execute_js(&session, &call).await.unwrap_err();
        assert!(matches!(error, Error::Shares(_)), "{error}");
        let requests = owned.network.requests().into_iter();
        let executed = requests.filter(|request| request.path.contains("execute"));
        let ids: HashSet<_> = executed.map(|request| request.request_id).collect();
        assert_eq!((client.doubts().len(), ids.len()), (doubts, runs));
    }
}

/// Nodes of which those outside the signing set forge a share of it, before one that belongs to it has come.
struct Forgers {
    nodes: Arc<MemoryTransport>,
    count: usize,
    /// By request ids.
    meetings: Mutex<HashMap<String, Arc<Meeting>>>,
}

struct Meeting {
    all: Barrier,
    shares: Mutex<Vec<Value>>,
}

#[async_trait]
impl NodeTransport for Forgers {
    async fn send(&self, request: NodeRequest) -> Result<NodeResponse, TransportError> {
        let mut answer = self.nodes.send(request.clone()).await?;
        if request.endpoint != Endpoint::PkpSign {
            return Ok(answer);
        }
        let mut headers = request.headers.iter();
        let id = headers.find(|(name, _)| *name == "x-request-id").unwrap();
        let meeting = || {
            Arc::new(Meeting {
                all: Barrier::new(self.count),
                shares: Mutex::default(),
            })
        };
        let meeting = Arc::clone(
            (self.meetings.lock().unwrap())
                .entry(id.1.clone())
                .or_insert_with(meeting),
        );
        let mut body: Value = serde_json::from_slice(&answer.body).unwrap();
        let is_signer = body["signatureShare"]["big_r"] != "";
        let is_last = is_signer && {
            let mut shares = meeting.shares.lock().unwrap();
            shares.push(body["signatureShare"].clone());
            shares.len() == 1
        };
        meeting.all.wait().await;
        if is_last {
            sleep(Duration::from_millis(200)).await;
        }
        if !is_signer {
            let mut forged = meeting.shares.lock().unwrap()[0].clone();
            let share = format!("\"{}\"", "07".repeat(32));
            forged["signature_share"] = json!(share);
            body["signatureShare"] = forged;
            answer.body = serde_json::to_vec(&body).unwrap().into();
        }
        Ok(answer)
    }
}

#[tokio::test]
async fn a_forged_share_does_not_take_the_place_of_a_late_one() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    let forgers = Forgers {
        nodes: owned.network.transport(),
        count: 10,
        meetings: Mutex::default(),
    };
    let urls = owned.network.node_urls().to_vec();
    let client = LitNodeClient::builder(&NodeList::from_urls(urls, owned.network.threshold()))
        .with_transport(Arc::new(forgers))
        .with_clock(owned.network.clock())
        .connect()
        .await
        .unwrap();
    tokio::time::pause();
    let call = PkpSign::digest(owned.pkp, B256::repeat_byte(0x90)).with_attempts(1);
    let signature = client.pkp_sign(&session, &call).await.unwrap();
    assert_eq!(*signature.public_key(), owned.pkp);

    // A share of the set is wrong, too. Nobody knows which shares made the signature after it, so no node is cleared.
    owned.network.node(3).fail(Fault::CorruptShare);
    for round in 0..20 {
        let call = PkpSign::digest(owned.pkp, B256::repeat_byte(round));
        client.pkp_sign(&session, &call).await.unwrap();
        if !client.doubts().is_empty() {
            break;
        }
    }
    let doubts = client.doubts().into_iter();
    let reasons: Vec<_> = doubts.map(|doubt| doubt.reason).collect();
    assert_eq!(reasons, [DoubtReason::Suspected; 10]);
}
