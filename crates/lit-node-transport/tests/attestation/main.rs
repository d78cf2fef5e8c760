//! An attestation in software, and that of a real node, with their certificates. The recording of the real one is not part of the
//! project: it is read from the folder named by `LIT_RECORDED`, or from `../shared/data/recorded` beside the checkout. Without the
//! variable and that folder the tests say so, and do the same with the one in software alone.

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
mod software;
mod source;
mod tampering;
