//! A network, and bytes to and from its services.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use lit_contracts::bindings::PKPNFT;
use lit_devnet::Devnet;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(crate) struct Services {
    pub(crate) network: Devnet,
    pub(crate) host: String,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

impl Services {
    pub(crate) async fn start() -> Self {
        let network = Devnet::builder().with_http(0).start().await.unwrap();
        let url = network.relay_url().unwrap();
        let host = url
            .trim_start_matches("http://")
            .trim_end_matches('/')
            .to_owned();
        Self { network, host }
    }

    pub(crate) async fn exchange(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> Answer {
        let mut stream = TcpStream::connect(&self.host).await.unwrap();
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n",
            self.host
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // A server that refuses a large body may close before it has read all of it.
        let _ = stream.write_all(body).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.exchange("GET", path, "api-key: any\r\n", b"").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let headers = "api-key: any\r\ncontent-type: application/json\r\n";
        self.exchange("POST", path, headers, body.to_string().as_bytes())
            .await
    }

    pub(crate) fn read<C: SolCall>(&self, contract: Address, call: &C) -> C::Return {
        let answer = self
            .network
            .chain()
            .call(contract, call.abi_encode().into());
        C::abi_decode_returns(&answer.unwrap()).unwrap()
    }

    pub(crate) fn owner(&self, token: &Value) -> Address {
        let token: B256 = serde_json::from_value(token.clone()).unwrap();
        let call = PKPNFT::ownerOfCall {
            tokenId: token.into(),
        };
        self.read(self.network.context().contracts().pkp_nft, &call)
    }
}
