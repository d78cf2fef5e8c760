//! The nodes on the wire: routes, headers, and the forms of refusals.

#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use lit_devnet::{Devnet, DevnetError, Fault, actions::ActionLimits};
use lit_recap::SiweBuilder;
use lit_session_crypto::{SessionKeyPair, SessionTemplate, sign_siwe};
use lit_types::{ActionCid, AuthSig, Clock, NodeErrorCode, NodeUrl, Right, Timestamp};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const JSON: &str = "content-type: application/json\r\nx-request-id: lit_abc\r\n";

/// Status, headers and body.
async fn send(
    node: &NodeUrl,
    method: &str,
    path: &str,
    headers: &str,
    body: &str,
) -> (u16, String, String) {
    let mut stream = TcpStream::connect(node.authority()).await.unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        node.authority(),
        body.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, head.to_lowercase(), body.to_owned())
}

async fn post(node: &NodeUrl, path: &str, body: &Value) -> (u16, Value) {
    let (status, _, body) = send(node, "POST", path, JSON, &body.to_string()).await;
    (
        status,
        serde_json::from_str(&body).unwrap_or(Value::String(body)),
    )
}

fn code(body: &Value) -> &str {
    body["errorCode"].as_str().unwrap_or_default()
}

async fn network() -> Devnet {
    Devnet::builder().with_http(0).start().await.unwrap()
}

/// A session signature that may run any action, for one node.
async fn session_sig(network: &Devnet, node: &NodeUrl) -> AuthSig {
    let (wallet, key) = (
        lit_test_fakes::wallet(),
        SessionKeyPair::from_seed(&[7; 32]),
    );
    let now = Timestamp::try_from(network.clock().now()).unwrap();
    let end = now
        .checked_add(std::time::Duration::from_secs(600))
        .unwrap();
    let requests = [Right::run_any_action()];
    let message = SiweBuilder::new(
        wallet.address(),
        key.public_key().uri(),
        "0123456789".parse().unwrap(),
        now.clone(),
    )
    .with_rights(&requests)
    .unwrap()
    .build()
    .unwrap();
    let root = sign_siwe(&wallet, &message).await.unwrap();
    SessionTemplate::new(key.public_key(), &requests, &[root], &now, &end).sign_for(&key, node)
}

/// `KzE=` is base64 of `+1`.
fn execute(sig: &AuthSig) -> Value {
    json!({ "code": "KzE=", "jsParams": {}, "authSig": sig, "epoch": 0 })
}

#[tokio::test]
async fn handshakes_of_one_seed_are_alike() {
    let networks = [network().await, network().await];
    let other = Devnet::builder()
        .with_seed([9; 32])
        .with_http(0)
        .start()
        .await
        .unwrap();
    let greet = async |network: &Devnet, node: usize| {
        let at = time::OffsetDateTime::from_unix_timestamp(1_736_944_496).unwrap();
        network.clock().stop_at(at);
        let body = json!({ "clientPublicKey": "test", "challenge": "00", "epoch": 0 });
        let (status, body) = post(&network.node_urls()[node], "/web/handshake/", &body).await;
        assert_eq!(status, 200);
        body
    };
    let first = greet(&networks[0], 0).await;
    assert_eq!(first["networkPublicKey"].as_str().unwrap().len(), 96);
    assert_eq!(first["hdRootPubkeys"].as_array().unwrap().len(), 2);
    assert_eq!(first, greet(&networks[0], 2).await);
    assert_eq!(first, greet(&networks[1], 1).await);
    assert_ne!(
        first["networkPublicKey"],
        greet(&other, 0).await["networkPublicKey"]
    );
}

#[tokio::test]
async fn routes_and_headers() {
    let network = network().await;
    let node = &network.node_urls()[0];
    let body = r#"{"clientPublicKey":"test","challenge":"00","epoch":0}"#;
    for path in ["/web/handshake", "/web/handshake/"] {
        let headers = format!("{JSON}origin: http://localhost:5173\r\n");
        let (status, head, _) = send(node, "POST", path, &headers, body).await;
        assert_eq!(status, 200);
        let for_page = "access-control-allow-origin: http://localhost:5173";
        assert!(
            head.contains(for_page) && head.contains("x-lit-node-version"),
            "{head}"
        );
    }
    let spelt = "content-type: Application/JSON; charset=utf-8\r\nx-request-id: lit_abc\r\n";
    let (status, ..) = send(node, "POST", "/web/handshake", spelt, body).await;
    assert_eq!(status, 200);
    let (status, ..) = send(node, "OPTIONS", "/web/handshake", "", "").await;
    assert_eq!(status, 204);
    for (method, path, headers) in [
        ("POST", "/web/handshake", "x-request-id: lit_abc\r\n"),
        ("GET", "/web/handshake", JSON),
        ("POST", "/web/nothing", JSON),
        ("POST", "/", JSON),
        (
            "POST",
            "/web/handshake",
            "content-type: application/jsonp\r\nx-request-id: lit_abc\r\n",
        ),
    ] {
        let (status, _, body) = send(node, method, path, headers, body).await;
        assert_eq!(status, 404, "{method} {path}: {body}");
        assert!(body.contains("CoreApiRouteNotFound"), "{body}");
    }
    let (status, _, body) = send(
        node,
        "POST",
        "/web/handshake",
        "content-type: application/json\r\n",
        body,
    )
    .await;
    assert_eq!(status, 400);
    assert!(
        body.contains("CoreApiMissingRequiredXRequestIdHeader"),
        "{body}"
    );
}

#[tokio::test]
async fn versions_that_are_none() {
    let network = network().await;
    let node = &network.node_urls()[0];
    let body = r#"{"clientPublicKey":"test","challenge":"00","epoch":0}"#;
    for (version, status) in [
        ("7.4.0", 200),
        ("0.0.0", 400),
        ("seven", 400),
        ("1.2", 400),
        ("+7.4.0", 400),
    ] {
        let headers = format!("{JSON}x-lit-sdk-version: {version}\r\n");
        let (got, _, answer) = send(node, "POST", "/web/handshake", &headers, body).await;
        assert_eq!(got, status, "{version}: {answer}");
    }
}

#[tokio::test]
async fn bodies_that_are_none() {
    let network = network().await;
    let node = &network.node_urls()[0];
    for (body, status) in [
        ("", 400),
        ("{", 400),
        ("[]", 422),
        ("null", 422),
        ("{}", 422),
        ("\"x\"", 422),
    ] {
        let (got, _, text) = send(node, "POST", "/web/execute/v1", JSON, body).await;
        assert_eq!(got, status, "{body}: {text}");
        let text: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(text["correlationId"], "lit_abc");
        assert!(
            text["message"]
                .as_str()
                .is_some_and(|text| !text.is_empty())
        );
    }
    let deep = format!("{{\"jsParams\":{}", "[".repeat(10_000));
    assert_eq!(
        send(node, "POST", "/web/execute/v1", JSON, &deep).await.0,
        400
    );
}

#[tokio::test]
async fn only_session_signatures_run_actions() {
    let network = network().await;
    let node = &network.node_urls()[0];
    let good = session_sig(&network, node).await;
    let (status, answer) = post(node, "/web/execute/v1", &execute(&good)).await;
    assert_eq!(
        (status, &answer["success"]),
        (200, &json!(true)),
        "{answer}"
    );
    assert_eq!(post(node, "/web/execute", &execute(&good)).await.0, 200);

    let refused = async |change: &dyn Fn(&mut Value)| {
        let mut body = execute(&good);
        change(&mut body);
        let (status, answer) = post(node, "/web/execute/v1", &body).await;
        (status, code(&answer).to_owned())
    };
    let extra = refused(&|body| body["authSig"]["extra"] = json!(1)).await;
    assert_eq!(extra, (400, "NodeInvalidMultipleAuthSigs".into()));
    let wallet =
        refused(&|body| body["authSig"]["derivedVia"] = json!("web3.eth.personal.sign")).await;
    assert_eq!(wallet, (400, "NodeCannotProvideAuthSigForEndpoint".into()));
    let methods = refused(&|body| body["authMethods"] = json!([])).await;
    assert_eq!(
        methods,
        (400, "NodeCannotProvideAuthMethodForEndpoint".into())
    );
    let missing = refused(&|body| {
        body.as_object_mut().unwrap().remove("authSig");
    })
    .await;
    assert_eq!(missing, (422, "NodeBadInput".into()));
    let forged = refused(&|body| body["authSig"]["sig"] = json!("00".repeat(64))).await;
    assert_eq!(
        forged,
        (400, "NodeInvalidAuthSigSessionKeySignature".into())
    );
    let no_code = refused(&|body| {
        body.as_object_mut().unwrap().remove("code");
    })
    .await;
    assert_eq!(no_code, (400, "NodeInvalidIPFSID".into()));
    let not_base64 = refused(&|body| body["code"] = json!("%")).await;
    assert_eq!(not_base64, (500, String::new()));
    // Made for the first node, shown to the second.
    let (status, answer) = post(&network.node_urls()[1], "/web/execute/v1", &execute(&good)).await;
    assert_eq!((status, code(&answer)), (403, "NodeNotAuthorized"));
}

#[tokio::test]
async fn actions_that_do_not_end_well() {
    let limits = ActionLimits::default().with_run_time(std::time::Duration::from_secs(1));
    let network = Devnet::builder()
        .with_action_limits(limits)
        .with_http(0)
        .start()
        .await
        .unwrap();
    let node = &network.node_urls()[0];
    let sig = session_sig(&network, node).await;
    let run = async |source: &str| {
        let cid = network.put_ipfs(source);
        assert_eq!(cid, ActionCid::of_code(source.as_bytes()).to_string());
        let body = json!({ "ipfsId": cid, "authSig": sig });
        post(node, "/web/execute/v1", &body).await
    };
    let (status, thrown) = run("console.log('a'); throw new Error('boom')").await;
    assert_eq!(
        (status, &thrown["success"], &thrown["logs"]),
        (400, &json!(false), &json!("a\n"))
    );
    assert!(
        thrown["error"].as_str().unwrap().contains("boom"),
        "{thrown}"
    );
    let (status, endless) = run("console.log('b'); for (;;) {}").await;
    assert_eq!(
        (status, code(&endless), &endless["logs"]),
        (502, "NodeJsTimeoutError", &json!("b\n"))
    );
}

#[tokio::test]
#[should_panic(expected = "node 3 does not exist: the network has 3 nodes, counted from 0")]
async fn a_fault_on_a_node_that_does_not_exist_panics() {
    let network = Devnet::start(3).await.unwrap();
    network.node(3).fail(Fault::Stopped);
}

#[tokio::test]
async fn faults_and_limits_of_the_network() {
    let network = network().await;
    let node = &network.node_urls()[0];
    network
        .node(0)
        .fail(Fault::Error(NodeErrorCode::NodeRpcError));
    let (status, answer) = post(node, "/web/handshake", &json!({})).await;
    assert_eq!((status, code(&answer)), (502, "NodeRpcError"));
    network.node(0).fail(Fault::Stopped);
    let mut stream = TcpStream::connect(node.authority()).await.unwrap();
    let _ = stream.write_all(b"POST / HTTP/1.1\r\n\r\n").await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(answer.is_empty());
    for nodes in [0, 2, 256] {
        assert!(matches!(
            Devnet::builder().with_nodes(nodes).start().await,
            Err(DevnetError::NodeCount(_))
        ));
    }
    let taken: u16 = node
        .authority()
        .rsplit(':')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let error = Devnet::builder()
        .with_http(taken)
        .start()
        .await
        .unwrap_err();
    assert!(matches!(error, DevnetError::Listen { .. }), "{error}");
    for (nodes, threshold) in [(3, 2), (4, 2), (5, 3), (6, 4), (10, 6), (30, 20)] {
        assert_eq!(
            Devnet::builder()
                .with_nodes(nodes)
                .start()
                .await
                .unwrap()
                .threshold(),
            threshold
        );
    }
}

/// The network remembers requests, but not for as much as strangers like to send.
#[tokio::test]
async fn texts_that_strangers_choose_are_bounded() {
    let network = network().await;
    let node = &network.node_urls()[0];
    let long = "x".repeat(257);
    let headers = format!("content-type: application/json\r\nx-request-id: {long}\r\n");
    let (status, _, body) = send(node, "POST", &format!("/{long}"), &headers, "{}").await;
    assert_eq!(status, 422, "{body}");
    assert!(body.contains("NodeBadInput"), "{body}");
    let logged = network.requests().pop().unwrap();
    assert_eq!(logged.path, format!("/{}", "x".repeat(255)));
    assert_eq!(logged.request_id.unwrap().len(), 256);
}
