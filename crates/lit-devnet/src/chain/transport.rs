use std::task::{Context, Poll};

use alloy_json_rpc::{
    ErrorPayload, RequestPacket, Response, ResponsePacket, ResponsePayload, SerializedRequest,
};
use alloy_transport::{TransportError, TransportErrorKind, TransportFut};
use serde_json::value::{RawValue, to_raw_value};

use super::{Chain, rpc::RpcError};

/// alloy's way to a [`Chain`] of this process, without a socket, on a runtime of tokio. It keeps the chain alive.
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
            // Contracts may run for long: not on a thread of the async runtime.
            tokio::task::spawn_blocking(move || chain.respond_to(&packet))
                .await
                .map_err(TransportErrorKind::custom)
        })
    }
}

impl Chain {
    fn respond_to(&self, packet: &RequestPacket) -> ResponsePacket {
        match packet {
            RequestPacket::Single(request) => ResponsePacket::Single(self.respond(request)),
            RequestPacket::Batch(requests) => {
                ResponsePacket::Batch(requests.iter().map(|one| self.respond(one)).collect())
            }
        }
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
