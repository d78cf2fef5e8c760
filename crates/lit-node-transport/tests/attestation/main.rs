//! The attestation of a real node, with its certificate. The recording is not part of the project: it is read from the folder named
//! by `LIT_RECORDED`, or from `../shared/data/recorded` beside the checkout, and where there is none the tests say so.

#![cfg(feature = "attestation")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    reason = "these are tests"
)]

mod genuine;
mod policy;
mod recording;
mod source;
mod tampering;
