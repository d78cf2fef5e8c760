//! Answers of other servers.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use lit_contracts::RpcTransport;
use lit_node_transport::{HttpClient, HttpRequest, HttpResponse, TransportError};
use lit_sdk::services::{BlockhashSource, LitRelay};
use lit_types::{AuthMethod, CompactJson, constants::AuthMethodType};
use serde_json::Value;

use crate::{accounts, selected};

/// A server that answers as it is told.
struct Server(Mutex<HttpResponse>);

impl Server {
    fn answering(mode: usize, body: &[u8]) -> Arc<Self> {
        const STATUSES: [u16; 4] = [200, 400, 302, 500];
        Arc::new(Self(Mutex::new(HttpResponse {
            status: STATUSES[mode & 3],
            body: Bytes::copy_from_slice(body),
        })))
    }
}

#[async_trait]
impl HttpClient for Server {
    async fn request(&self, _: HttpRequest) -> Result<HttpResponse, TransportError> {
        Ok(self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone())
    }
}

/// The answers of a relayer and of a block indexer.
pub(crate) fn relayer(data: &[u8]) {
    let (mode, body) = selected(data);
    let server = Server::answering(mode, body);
    let relay = LitRelay::with_http_client(server.clone(), "https://relayer.example", "key");
    let relay = relay.expect("a URL");
    let json = CompactJson::parse("{}").expect("JSON");
    let method = AuthMethod::new(AuthMethodType::EthWallet, "{}".to_owned());
    accounts::runtime().block_on(async {
        if let Ok(id) = relay.start_mint_raw(&json).await {
            let _ = relay.status(&id).await;
        }
        if let Ok(pkps) = relay.fetch_pkps_raw(&json).await {
            for pkp in pkps {
                if let Ok(key) = pkp.public_key() {
                    assert_eq!(key.token_id(), pkp.token_id);
                }
            }
        }
        let _ = relay.fetch_pkps(&method).await;
        let _ = relay.claim(&json).await;
        let _ = relay.webauthn_registration_options(None).await;
        let _ = relay.register_payer().await;
        let source = BlockhashSource::new(server, "https://blocks.example").expect("a URL");
        let _ = source.latest().await;
    });
}

/// The answers of a chain's RPC.
pub(crate) fn rpc_answer(data: &[u8]) {
    let (mode, body) = selected(data);
    let url = "http://127.0.0.1:8545".parse().expect("a URL");
    let client = RpcTransport::new(Server::answering(mode, body), url).client();
    accounts::runtime().block_on(async {
        let _ = client.request::<_, Value>("eth_call", ()).await;
    });
}
