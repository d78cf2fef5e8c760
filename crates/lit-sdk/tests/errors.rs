//! The chain of an error says each sentence once.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::{error::Error as _, sync::Arc, time::Duration};

use common::{HELLO, Setup, any_action};
use lit_sdk::{
    AuthRequest, AuthorizeError, Error, ExecuteJs, LitNodeClient, NodeList, transport::QuorumError,
};

/// The sentences of an error and its causes, outermost first.
fn sentences(error: &Error) -> Vec<String> {
    let chain = std::iter::successors(error.source(), |cause| (*cause).source());
    let causes = chain.map(ToString::to_string);
    std::iter::once(error.to_string()).chain(causes).collect()
}

fn assert_each_once(sentences: &[String]) {
    for (place, sentence) in sentences.iter().enumerate() {
        let others = sentences.iter().enumerate();
        let mut others = others.filter(|(other, _)| *other != place);
        assert!(
            !others.any(|(_, other)| other.contains(sentence.as_str())),
            "{sentence:?} is repeated in {sentences:?}"
        );
    }
}

#[tokio::test]
async fn nodes_that_do_not_answer() {
    let setup = Setup::new(3).await;
    let urls = setup.network.node_urls().to_vec();
    let transport = setup.network.transport();
    drop(setup.network);
    let error = LitNodeClient::builder(&NodeList::from_urls(urls.clone(), 2))
        .with_transport(transport)
        .connect()
        .await
        .unwrap_err();
    let sentences = sentences(&error);
    assert_each_once(&sentences);
    let [top, report] = &sentences[..] else {
        panic!("{sentences:?}");
    };
    assert_eq!(top, "cannot connect to the network");
    let lines: Vec<&str> = report.lines().collect();
    assert!(
        lines[0]
            .starts_with("POST /web/handshake/: 0 of 3 nodes gave a valid answer, 2 are needed"),
        "{report}"
    );
    for (line, url) in lines[1..].iter().zip(&urls) {
        assert!(
            line.starts_with(&format!("  {url}  "))
                && line.ends_with("  cannot connect: connection refused"),
            "{line}"
        );
    }
    assert_eq!(lines.len(), 4);
    let Error::Connect(nodes) = &error else {
        panic!("{error}");
    };
    let nodes: &QuorumError = nodes;
    assert_eq!(nodes.outcomes.len(), 3);
    assert!(error.is_retryable());
}

#[tokio::test]
async fn a_session_that_has_expired() {
    let setup = Setup::new(3).await;
    let session = (setup.client.session(&any_action(), &setup.auth()).await).unwrap();
    setup
        .network
        .clock()
        .advance(Duration::from_secs(25 * 3600));
    let call = ExecuteJs::code(HELLO);
    let error = setup.client.execute_js(&session, &call).await.unwrap_err();
    assert_eq!(
        sentences(&error),
        [format!("the session expired at {}", session.expiration())]
    );
}

#[tokio::test]
async fn a_wallet_that_signs_another_message() {
    let setup = Setup::new(3).await;
    let other = setup.client.session(&any_action(), &setup.auth()).await;
    let root = Arc::new(other.unwrap().root().clone());
    let replays = lit_sdk::authorizer_fn(move |_: AuthRequest| {
        let root = Arc::clone(&root);
        async move { Ok::<_, AuthorizeError>((*root).clone()) }
    });
    let error = setup.client.session(&any_action(), &replays).await;
    let error = error.unwrap_err();
    let sentences = sentences(&error);
    assert!(matches!(error, Error::Root(_)), "{sentences:?}");
    assert_eq!(sentences[0], "the AuthSig does not authorize the session");
    assert_eq!(sentences.len(), 2, "{sentences:?}");
    assert_each_once(&sentences);
}

/// Without the feature `http` the client first lacks a transport.
#[cfg(feature = "http")]
#[tokio::test]
async fn a_threshold_that_cannot_be_reached() {
    use lit_sdk::ConfigError;

    let urls = ["http://127.0.0.1:1", "http://127.0.0.1:2"].map(|url| url.parse().unwrap());
    let nodes = NodeList::from_urls(urls, 3);
    let error = LitNodeClient::connect(&nodes).await.unwrap_err();
    assert!(matches!(
        error,
        Error::Config(ConfigError::UnreachableThreshold {
            threshold: 3,
            nodes: 2
        })
    ));
    assert_eq!(
        sentences(&error),
        [
            "invalid configuration",
            "a threshold of 3 cannot be reached by 2 nodes"
        ]
    );
}

/// Without its transport, an embedded network is not reached, and nothing else on its ports either.
#[cfg(feature = "http")]
#[tokio::test]
async fn an_embedded_network_is_not_reached_over_http() {
    use lit_devnet::Devnet;
    use lit_sdk::transport::{Outcome, TransportError};

    let network = Devnet::start(3).await.unwrap();
    let list = NodeList::from_urls(network.node_urls().to_vec(), network.threshold());
    let error = LitNodeClient::connect(&list).await.unwrap_err();
    let Error::Connect(nodes) = &error else {
        panic!("{error}");
    };
    for (one, url) in nodes.outcomes.iter().zip(network.node_urls()) {
        assert!(
            matches!(
                &one.outcome,
                Outcome::Failed(TransportError::MemoryNode { node }) if node == url
            ),
            "{}",
            one.outcome
        );
    }
    assert!(!error.is_retryable());
}
