//! Pages and hosts that may call the listeners of a network.

#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

use lit_devnet::Devnet;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Sends a request with these headers to the listener of a URL, and returns its answer.
async fn ask(url: &str, request: &str, headers: &str, body: &str) -> String {
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let head = format!("{request} HTTP/1.1\r\nconnection: close\r\ncontent-length: {length}\r\n");
    let whole = format!("{head}{headers}\r\n\r\n{body}");
    stream.write_all(whole.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

/// A request to each listener and each service of a network: URL, request, and body.
fn requests(network: &Devnet) -> [(&str, &'static str, &'static str); 7] {
    let (rpc, services) = (network.rpc_url().unwrap(), network.relay_url().unwrap());
    let more_time = r#"{"id":1,"method":"evm_increaseTime","params":["0xe10"]}"#;
    [
        (
            network.node_urls()[0].as_str(),
            "POST /web/handshake/",
            "{}",
        ),
        (
            network.node_urls()[2].as_str(),
            "POST /web/execute/v1",
            "{}",
        ),
        (rpc, "POST /", more_time),
        (services, "POST /mint-next-and-add-auth-methods", "{}"),
        (services, "GET /get_most_recent_valid_block", ""),
        (services, "GET /ipfs/Qm", ""),
        (services, "POST /jwt/google", r#"{"sub":"u"}"#),
    ]
}

const JSON: &str = "content-type: application/json\r\napi-key: any\r\n";

#[tokio::test]
async fn pages_from_elsewhere_change_nothing() {
    let network = Devnet::builder().with_http(0).start().await.unwrap();
    let time = || async {
        network.chain().mine();
        network.chain().timestamp()
    };
    let before = time().await;
    for (url, request, body) in requests(&network) {
        for (headers, problem) in [
            (
                "host: localhost\r\norigin: https://evil.example",
                "pages of origin https://evil.example may not call this network; \
                 pass --allow-origin https://evil.example to lit devnet, or with_allowed_origin",
            ),
            (
                "host: localhost\r\norigin: null",
                "pages of origin null may not call this network: it is a file or a sandboxed frame, serve the page from localhost; \
                 pass --allow-origin null to lit devnet, or with_allowed_origin",
            ),
            (
                "host: rebound.evil.example\r\norigin: http://rebound.evil.example",
                "host rebound.evil.example is not a name of this machine; \
                 pass --allow-host rebound.evil.example to lit devnet, or with_allowed_host",
            ),
        ] {
            let answer = ask(url, request, &format!("{JSON}{headers}"), body).await;
            assert!(answer.starts_with("HTTP/1.1 403 "), "{request}: {answer}");
            assert!(answer.contains(problem), "{request}: {answer}");
            assert!(!answer.contains("access-control-allow-origin"), "{answer}");
            let preflight = ask(url, "OPTIONS /", headers, "").await;
            assert!(preflight.starts_with("HTTP/1.1 403 "), "{preflight}");
        }
    }
    assert!(time().await < before + 3_600);
    assert!(network.requests().is_empty());
}

#[tokio::test]
async fn programs_and_pages_of_this_machine_are_answered() {
    let network = Devnet::builder().with_http(0).start().await.unwrap();
    for (url, request, body) in requests(&network) {
        let host = url.trim_start_matches("http://").trim_end_matches('/');
        let program = ask(url, request, &format!("{JSON}host: {host}"), body).await;
        assert!(!program.starts_with("HTTP/1.1 403 "), "{program}");
        assert!(
            !program.contains("access-control-allow-origin"),
            "{program}"
        );
        for origin in [
            "http://localhost:5173",
            "https://127.0.0.1",
            "http://[::1]:80",
        ] {
            let page = format!("host: {host}\r\norigin: {origin}");
            let allowed = format!("access-control-allow-origin: {origin}\r\n");
            let answer = ask(url, request, &format!("{JSON}{page}"), body).await;
            assert!(!answer.starts_with("HTTP/1.1 403 "), "{answer}");
            assert!(answer.contains(&allowed), "{answer}");
            let preflight = ask(url, "OPTIONS /", &page, "").await;
            assert!(preflight.starts_with("HTTP/1.1 204 "), "{preflight}");
            for header in [
                &allowed,
                "access-control-allow-headers: *\r\n",
                "vary: origin\r\n",
            ] {
                assert!(preflight.contains(header), "{preflight}");
            }
        }
    }
}

#[tokio::test]
async fn more_hosts_and_origins_can_be_allowed() {
    let network = Devnet::builder()
        .with_http(0)
        .with_allowed_host("devnet.internal".parse().unwrap())
        .with_allowed_origin("https://app.example.com".parse().unwrap())
        .start()
        .await
        .unwrap();
    for (url, request, body) in requests(&network) {
        let page = format!("{JSON}host: devnet.internal:1\r\norigin: https://app.example.com");
        let answer = ask(url, request, &page, body).await;
        assert!(!answer.starts_with("HTTP/1.1 403 "), "{answer}");
        let allowed = "access-control-allow-origin: https://app.example.com\r\n";
        assert!(answer.contains(allowed), "{answer}");
        let other = page.replace("app.", "evil.");
        let answer = ask(url, request, &other, body).await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    }
}
