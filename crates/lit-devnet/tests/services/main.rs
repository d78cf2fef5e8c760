//! Relayer, block indexer, IPFS and tokens over HTTP, byte by byte. What the typed client makes of them is tested in `lit-sdk`.

#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod blocks;
mod ipfs;
mod minting;
mod paying;
mod support;
mod tokens;

use lit_devnet::Devnet;
use support::Services;
use tokio::{io::AsyncReadExt, net::TcpStream};

#[tokio::test]
async fn who_may_ask() {
    let services = Services::start().await;
    const PAGE: &str = "origin: http://localhost:5173\r\n";
    for headers in ["", "api-key: \r\n"] {
        let refused = services
            .exchange("POST", "/register-payer", headers, b"")
            .await;
        assert_eq!(refused.status, 400);
        assert!(refused.body.contains("API key"), "{}", refused.body);
    }
    let asked = services
        .exchange("OPTIONS", "/register-payer", PAGE, b"")
        .await;
    assert_eq!(asked.status, 204);
    for answer in [
        asked,
        services.exchange("GET", "/nothing", PAGE, b"").await,
        services.exchange("GET", "/auth/status/1", PAGE, b"").await,
    ] {
        let head = answer.head.to_ascii_lowercase();
        let for_page = "access-control-allow-origin: http://localhost:5173";
        assert!(head.contains(for_page), "{head}");
        assert!(head.contains("access-control-allow-headers: *"), "{head}");
    }
    let large = vec![b' '; 1024 * 1024 + 1];
    let headers = "api-key: any\r\n";
    let refused = services
        .exchange("POST", "/fetch-pkps-by-auth-method", headers, &large)
        .await;
    assert_eq!(refused.status, 413);
}

#[tokio::test]
async fn everything_stops_with_the_network() {
    let Services { network, host } = Services::start().await;
    assert!(network.blockhash_url().is_some() && network.ipfs_url().unwrap().ends_with("/ipfs"));
    let mut open = TcpStream::connect(&host).await.unwrap();
    drop(network);
    let mut rest = Vec::new();
    let _ = open.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
    let quiet = Devnet::builder().start().await.unwrap();
    assert_eq!((quiet.relay_url(), quiet.ipfs_url()), (None, None));
}
