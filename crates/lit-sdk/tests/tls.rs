//! Nodes of an embedded network over https.

#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::{
    error::Error as _,
    io::{Read, Write},
    path::Path,
    sync::Arc,
};

use lit_devnet::{Devnet, DevnetError, StateError};
use lit_sdk::{
    Error, ExecuteJs, LitNodeClient, Right, SessionRequest, WalletAuth,
    transport::{HttpTransport, Outcome, RootCertificates, TransportError},
};

/// A client that finds the nodes on chain, and trusts this root certificate.
async fn connect(network: &Devnet, trusted: Option<&str>) -> Result<LitNodeClient, Error> {
    let mut transport = HttpTransport::builder();
    if let Some(pem) = trusted {
        let roots = RootCertificates::from_pem(pem.as_bytes()).unwrap();
        transport = transport.with_root_certificates(roots);
    }
    let client = LitNodeClient::builder(&network.context());
    let client = client.with_transport(Arc::new(transport.build()));
    client.connect().await
}

async fn run_an_action(client: &LitNodeClient) {
    let wallet = WalletAuth::new(lit_test_fakes::wallet());
    let request = SessionRequest::new([Right::run_any_action()]);
    let session = client.session(&request, &wallet).await.unwrap();
    let call = ExecuteJs::code("Lit.Actions.setResponse({ response: 'over TLS' })");
    let answer = client.execute_js(&session, &call).await.unwrap();
    assert_eq!(answer.response, "over TLS");
}

#[tokio::test]
async fn a_session_over_https_with_the_trusted_certificate() {
    let builder = Devnet::builder().with_http(0).with_tls();
    let network = builder.start().await.unwrap();
    assert!(network.node_urls().iter().all(|node| node.is_https()));
    let client = connect(&network, network.root_certificate()).await.unwrap();
    assert_eq!(client.nodes()[..], *network.node_urls());
    run_an_action(&client).await;
    // In memory nothing needs to be trusted.
    run_an_action(&LitNodeClient::connect(&network).await.unwrap()).await;
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_refused() {
    let start = || Devnet::builder().with_http(0).with_tls().start();
    let (network, other) = (start().await.unwrap(), start().await.unwrap());
    assert_ne!(network.root_certificate(), other.root_certificate());
    for trusted in [None, other.root_certificate()] {
        let error = connect(&network, trusted).await.unwrap_err();
        let Error::Connect(failed) = error else {
            panic!("{error}");
        };
        for node in &failed.outcomes {
            let Outcome::Failed(error @ TransportError::UntrustedCertificate(_)) = &node.outcome
            else {
                panic!("{failed}");
            };
            assert!(!error.is_retryable());
            assert_eq!(
                (error.to_string(), error.source().unwrap().to_string()),
                (
                    "untrusted certificate; trust its root with with_root_certificates".to_owned(),
                    "invalid peer certificate: UnknownIssuer".to_owned()
                )
            );
        }
    }
}

async fn start(state: &Path) -> Result<Devnet, DevnetError> {
    let builder = Devnet::builder().with_http(0).with_tls();
    builder.with_state(state).start().await
}

#[tokio::test]
async fn the_certificate_survives_a_restart_with_state() {
    let dir = tempfile::tempdir().unwrap();
    let network = start(dir.path()).await.unwrap();
    let trusted = network.root_certificate().unwrap().to_owned();
    let written = std::fs::read_to_string(dir.path().join("ca.pem")).unwrap();
    assert_eq!(written, trusted);
    assert!(!written.contains("PRIVATE KEY"));
    network.stop().await.unwrap();

    let network = start(dir.path()).await.unwrap();
    assert_eq!(network.root_certificate(), Some(&*trusted));
    run_an_action(&connect(&network, Some(&trusted)).await.unwrap()).await;
    network.stop().await.unwrap();

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let file = std::fs::metadata(dir.path().join("tls.pem")).unwrap();
        assert_eq!(file.permissions().mode() & 0o777, 0o600);
    }
    std::fs::write(dir.path().join("tls.pem"), &trusted).unwrap();
    let error = start(dir.path()).await.unwrap_err();
    assert!(
        matches!(&error, DevnetError::State(StateError::Damaged { path, .. }) if path.ends_with("tls.pem")),
        "{error}"
    );
}

#[tokio::test]
async fn plain_http_to_a_port_that_speaks_tls_is_told_so() {
    let builder = Devnet::builder().with_http(0).with_tls();
    let network = builder.start().await.unwrap();
    let address = network.node_urls()[0].authority().to_owned();
    let exchange = move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        let request = b"POST /web/handshake/ HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}";
        stream.write_all(request).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    let answer = tokio::task::spawn_blocking(exchange).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    let problem = "this port speaks TLS: use a URL with https://";
    assert!(answer.ends_with(problem), "{answer}");
}

#[tokio::test]
async fn networks_without_tls_have_no_certificate() {
    for builder in [Devnet::builder().with_http(0), Devnet::builder().with_tls()] {
        let network = builder.start().await.unwrap();
        assert_eq!(network.root_certificate(), None);
        assert!(!network.node_urls()[0].is_https());
    }
}
