use alloy_json_rpc::{RequestPacket, ResponsePacket};
use alloy_network::EthereumWallet;
use alloy_primitives::{Address, Bytes};
use alloy_provider::ProviderBuilder;
use alloy_rpc_client::RpcClient;
use alloy_transport::{TransportError, TransportErrorKind, TransportFut};
use lit_devnet_chain::serve;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::{alice, chain};

async fn listen() -> (String, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (address, tokio::spawn(serve(listener, chain())))
}

/// A page that may ask.
const PAGE: &str = "http://localhost:5173";

/// One exchange on a connection of its own, as text.
async fn exchange(address: &str, method: &str, body: &[u8]) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let length = body.len();
    let head = format!(
        "{method} / HTTP/1.1\r\nhost: localhost\r\norigin: {PAGE}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

async fn post(address: &str, body: &[u8]) -> Value {
    let answer = exchange(address, "POST", body).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    let for_page = format!("access-control-allow-origin: {PAGE}");
    assert!(head.contains(&for_page), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    serde_json::from_str(body).unwrap()
}

/// A client that knows the chain by its address alone.
#[derive(Clone)]
struct Http(String);

impl tower::Service<RequestPacket> for Http {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(
        &mut self,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Result<(), TransportError>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        let address = self.0.clone();
        Box::pin(async move {
            let body = serde_json::to_vec(&request).map_err(TransportError::ser_err)?;
            let answer = exchange(&address, "POST", &body)
                .await
                .map_err(TransportErrorKind::custom)?;
            let body = answer.split_once("\r\n\r\n").unwrap().1;
            serde_json::from_str(body).map_err(|error| TransportError::deser_err(error, body))
        })
    }
}

#[tokio::test]
async fn serves_a_provider() {
    let (address, _server) = listen().await;
    let client = RpcClient::new(Http(address), true);
    client.set_poll_interval(std::time::Duration::from_millis(5));
    let provider = ProviderBuilder::new()
        .wallet(EthereumWallet::from(alice()))
        .connect_client(client);
    crate::provider::exercise(provider).await;
}

#[tokio::test]
async fn answers_single_requests_batches_and_nonsense() {
    let (address, _server) = listen().await;
    let one = json!({"jsonrpc": "2.0", "id": "a", "method": "net_version"});
    let body = serde_json::to_vec(&one).unwrap();
    let answer = json!({"jsonrpc": "2.0", "id": "a", "result": "175188"});
    assert_eq!(post(&address, &body).await, answer);
    let body = serde_json::to_vec(&json!([one, one])).unwrap();
    assert_eq!(post(&address, &body).await, json!([answer, answer]));
    let answer = post(&address, b"{nonsense").await;
    assert_eq!(answer["error"]["code"], -32700);
    assert_eq!(answer["id"], Value::Null);
}

#[tokio::test]
async fn browsers_may_ask_and_other_methods_may_not() {
    let (address, _server) = listen().await;
    let answer = exchange(&address, "OPTIONS", b"").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    assert!(
        answer.contains("access-control-allow-headers: *"),
        "{answer}"
    );
    let answer = exchange(&address, "GET", b"").await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 405"), "{answer}");
}

#[tokio::test]
async fn a_body_is_limited() {
    let (address, _server) = listen().await;
    let mut stream = TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\n\r\n",
        16 * 1024 * 1024 + 1
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 413");
}

/// The test has one thread, as a small runtime may have.
#[tokio::test]
async fn a_long_call_holds_nobody_up() {
    let chain = chain();
    let endless = Address::repeat_byte(7);
    // JUMPDEST, PUSH1 0, JUMP.
    chain.set_code(endless, Bytes::from_static(&[0x5b, 0x60, 0, 0x56]));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let _server = tokio::spawn(serve(listener, chain.clone()));
    let call = json!({"id": 1, "method": "eth_call", "params": [{ "to": endless }]});
    let body = json!([call, call, call]).to_string();
    let long = exchange(&address, "POST", body.as_bytes());
    let others = async {
        for id in 0..20 {
            let body = json!({"id": id, "method": "eth_blockNumber"}).to_string();
            post(&address, body.as_bytes()).await;
            // Those who read the accounts get them too.
            assert_eq!(chain.nonce(endless), 0);
        }
    };
    tokio::select! {
        biased;
        answer = long => panic!("it was waited for: {answer:?}"),
        () = others => {}
    }
}

#[tokio::test]
async fn stops_when_it_is_aborted() {
    let (address, server) = listen().await;
    let mut open = TcpStream::connect(&address).await.unwrap();
    post(&address, br#"{"id":1,"method":"eth_chainId"}"#).await;
    server.abort();
    assert!(server.await.unwrap_err().is_cancelled());
    let refused = TcpStream::connect(&address).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    assert_eq!(open.read(&mut [0; 1]).await.unwrap_or_default(), 0);
}
