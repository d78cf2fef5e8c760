use std::{
    task::{Context, Poll},
    time::Duration,
};

use alloy_json_rpc::{
    ErrorPayload, RequestPacket, Response, ResponsePacket, ResponsePayload, SerializedRequest,
};
use alloy_rpc_client::RpcClient;
use alloy_transport::{TransportError, TransportFut};
use serde_json::value::{RawValue, to_raw_value};

use crate::{Chain, rpc::RpcError};

/// The poll interval of [`Chain::client`]. Transactions are mined at once, so a client seldom polls twice.
const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// An alloy transport to a [`Chain`] in this process, without a socket. It keeps the chain alive, and answers on the calling
/// thread: make long calls with [`Chain::call`] on a thread for blocking work.
#[derive(Debug, Clone)]
pub struct ChainTransport(pub(crate) Chain);

impl tower::Service<RequestPacket> for ChainTransport {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, packet: RequestPacket) -> Self::Future {
        let chain = self.0.clone();
        Box::pin(async move {
            Ok(match packet {
                RequestPacket::Single(request) => ResponsePacket::Single(chain.respond(&request)),
                RequestPacket::Batch(requests) => {
                    ResponsePacket::Batch(requests.iter().map(|one| chain.respond(one)).collect())
                }
            })
        })
    }
}

impl Chain {
    /// An alloy transport to this chain, without a socket.
    #[must_use]
    pub fn transport(&self) -> ChainTransport {
        ChainTransport(self.clone())
    }

    /// An alloy client over [`Chain::transport`], for `ProviderBuilder::connect_client`.
    #[must_use]
    pub fn client(&self) -> RpcClient {
        RpcClient::new(self.transport(), true).with_poll_interval(POLL_INTERVAL)
    }

    fn respond(&self, request: &SerializedRequest) -> Response {
        let payload = match self.result(request) {
            Ok(result) => ResponsePayload::Success(result),
            Err(error) => ResponsePayload::Failure(ErrorPayload {
                code: error.code,
                message: error.message.into(),
                data: error.data.and_then(|data| to_raw_value(&data).ok()),
            }),
        };
        Response {
            id: request.id().clone(),
            payload,
        }
    }

    fn result(&self, request: &SerializedRequest) -> Result<Box<RawValue>, RpcError> {
        let params = request
            .params()
            .map(|params| serde_json::from_str(params.get()))
            .transpose()
            .map_err(|error| RpcError::invalid_params(&error.to_string()))?;
        let result = self.answer(request.method(), params)?;
        to_raw_value(&result).map_err(|error| RpcError::internal(&error))
    }
}
