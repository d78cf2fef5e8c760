//! Nodes of a network, and with a private key a PKP, a permission and a capacity credit:
//! `cargo run -p lit-contracts --example mint -- http://127.0.0.1:8545 0xac09…`.
//!
//! The JSON-RPC transport is the least that works, to show what a provider needs: POST over TCP, without TLS.

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::{
    error::Error,
    io::{Read, Write},
    net::TcpStream,
    task::{Context, Poll},
};

use alloy_json_rpc::{RequestPacket, ResponsePacket};
use alloy_network::EthereumWallet;
use alloy_provider::{Provider, ProviderBuilder, WalletProvider};
use alloy_rpc_client::RpcClient;
use alloy_signer_local::PrivateKeySigner;
use alloy_transport::{TransportError, TransportErrorKind, TransportFut};
use lit_contracts::{ActionCid, CreditExpiry, LitContracts, NetworkContext, RequestRate, Scopes};
use time::OffsetDateTime;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let rpc_url = args
        .next()
        .unwrap_or_else(|| "http://127.0.0.1:8545".to_owned());
    let authority = rpc_url
        .strip_prefix("http://")
        .ok_or("this example speaks http:// only")?
        .trim_end_matches('/');
    let transport = PlainHttp(authority.to_owned());
    let client = RpcClient::new(transport, true);
    let reader = ProviderBuilder::new().connect_client(client.clone());
    let context = NetworkContext::custom(reader.get_chain_id().await?, &rpc_url);

    let contracts = LitContracts::new(context.clone(), reader);
    let network = contracts.staking().connection_info().await?;
    let epoch = network.epoch.number_at(OffsetDateTime::now_utc());
    println!("epoch {epoch}, threshold {}", network.threshold);
    for node in &network.nodes {
        println!("  {}", node.url);
    }

    if let Some(key) = args.next() {
        let signer: PrivateKeySigner = key.parse()?;
        let provider = ProviderBuilder::new()
            .wallet(EthereumWallet::from(signer))
            .connect_client(client);
        mint(&LitContracts::with_wallet(context, provider)).await?;
    }
    Ok(())
}

async fn mint<P>(contracts: &LitContracts<P>) -> Result<(), Box<dyn Error>>
where
    P: Provider + WalletProvider + Clone,
{
    contracts.verify().await?;
    let pkp = contracts.pkp().mint().await?;
    println!("PKP {}, address {}", pkp.token_id, pkp.public_key.address());

    let action: ActionCid = "QmZKLGf3vgYsboM7WVUS9X56cJSdLzQVacNp841wmEDRkW".parse()?;
    let permissions = contracts.permissions();
    permissions
        .add_action(pkp.token_id, &action, Scopes::SIGN_ANYTHING)
        .await?;
    println!("  actions {:?}", permissions.actions(pkp.token_id).await?);

    let rate = RequestRate::per_day(14_400.0)?;
    let expiry = CreditExpiry::midnight_after_days(OffsetDateTime::now_utc(), 7)?;
    let credit = contracts.credits().mint(rate, expiry).await?;
    println!("capacity credit {} for {} wei", credit.id, credit.paid);
    let owner = contracts.sender().ok_or("no sender")?;
    for credit in contracts.credits().owned_by(owner).await? {
        println!("  {credit:?}");
    }
    Ok(())
}

/// JSON-RPC over a new connection for each request.
#[derive(Debug, Clone)]
struct PlainHttp(String);

impl PlainHttp {
    fn post(&self, body: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(&self.0)?;
        // HTTP/1.0: the answer comes in one piece, and ends with the connection.
        write!(
            stream,
            "POST / HTTP/1.0\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            self.0,
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let body = answer.split_once("\r\n\r\n").map(|(_, body)| body);
        Ok(body.unwrap_or_default().to_owned())
    }
}

impl tower::Service<RequestPacket> for PlainHttp {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        let transport = self.clone();
        Box::pin(async move {
            let request = serde_json::to_string(&request).map_err(TransportError::ser_err)?;
            let answer = tokio::task::spawn_blocking(move || transport.post(&request)).await;
            let answer = answer
                .map_err(TransportErrorKind::custom)?
                .map_err(TransportErrorKind::custom)?;
            serde_json::from_str(&answer).map_err(|error| TransportError::deser_err(error, answer))
        })
    }
}
