#![cfg_attr(feature = "http", doc = include_str!("../README.md"))]
#![cfg_attr(
    not(feature = "http"),
    doc = "A client for the nodes of a Lit network. The README shows code that needs the feature `http`."
)]

mod agreement;
#[cfg(feature = "attestation")]
pub mod attestation;
mod cause;
pub mod datil;
mod election;
mod handshake;
mod http_client;
#[cfg(feature = "http")]
mod http_connector;
#[cfg(feature = "http")]
mod http_transport;
#[cfg_attr(
    not(feature = "http"),
    allow(dead_code, reason = "only the transport over HTTP queues requests")
)]
mod lanes;
mod network;
#[cfg_attr(
    not(feature = "http"),
    allow(dead_code, reason = "only the transport over HTTP queues requests")
)]
mod observe;
mod outcome;
mod quorum;
mod rejection;
mod request_id;
#[cfg(feature = "http")]
mod root_certificates;
mod settled;
mod tally;
mod transport;

pub use agreement::most_common;
pub use cause::Cause;
pub use election::elect_signers;
pub use handshake::{Handshake, HandshakeError, HandshakeKeys, LateNodes, handshake};
/// The crate of the types in [`HttpRequest`].
#[doc(no_inline)]
pub use http;
pub use http_client::{HttpClient, HttpRequest, HttpResponse, HttpUrl, HttpUrlError};
#[cfg(feature = "http")]
pub use http_transport::{AnswerBody, HttpTransport, HttpTransportBuilder};
pub use lanes::Turn;
pub use network::{
    Discovery, DiscoveryError, Epoch, InvalidNodeList, Network, NetworkView, NodeList,
};
pub use outcome::{MAX_REFUSAL_BYTES, NodeOutcome, Outcome, QuorumError, QuorumFailure};
pub use quorum::{Quorum, QuorumAnswer, QuorumCall, QuorumPolicy, Wait, call_quorum};
pub use rejection::Rejection;
pub use request_id::RequestId;
#[cfg(feature = "http")]
pub use root_certificates::{InvalidRootCertificate, RootCertificates};
pub use transport::{MEMORY_NODE_HOST, NodeRequest, NodeResponse, NodeTransport, TransportError};
