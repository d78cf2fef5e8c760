//! Attestation of nodes (AMD SEV-SNP): what a node runs, signed by the chip that it runs on.
//!
//! A node answers the challenge of a handshake with an [`Attestation`]. Its [`Report`] is signed by the chip with a key that AMD
//! certifies for the chip and its firmware, the VCEK. [`Attestation::verify`] does no I/O and reads no clock. [`AttestationVerifier`]
//! additionally gets certificates, and [`AttestedTransport`] sends requests only to nodes that have passed.
//!
//! ```
//! use lit_node_transport::attestation::{
//!     Attestation, AttestationError, AttestationPolicy, Expected, Vcek, VcekId, VerifiedAttestation,
//! };
//! use time::OffsetDateTime;
//!
//! /// Verifies a stored attestation. `certificate` is the answer of AMD for `VcekId::path`, in DER.
//! fn verify(
//!     json: &[u8],
//!     challenge: [u8; 32],
//!     certificate: &[u8],
//!     now: OffsetDateTime,
//! ) -> Result<VerifiedAttestation, AttestationError> {
//!     let attestation = Attestation::from_json(json)?;
//!     let policy = AttestationPolicy::new();
//!     let id = VcekId::of(attestation.report(), policy.roots())?;
//!     let vcek = Vcek::verify(certificate, &id, policy.roots(), now)?;
//!     attestation.verify(&vcek, &Expected::new(challenge), &policy, now)
//! }
//! ```
//!
//! # What it proves
//!
//! A guest with this measurement ran on a genuine chip, was started under this policy, and signed the challenge together with
//! the address of the node. It does not prove that the connection ends in that guest: the report covers neither a TLS key nor
//! the keys of the network. The host that runs the guest controls the guest's clock and network. Revocation lists are not read.

mod certificate;
mod document;
mod error;
mod policy;
mod report;
mod source;
mod transport;
mod verifier;
mod verify;

pub use certificate::{AmdRoots, CertificateError, Vcek, VcekId};
pub use document::{Attestation, MalformedAttestation};
pub use error::AttestationError;
pub use policy::{AttestationPolicy, PolicyViolation};
pub use report::{GuestPolicy, MalformedReport, Measurement, Report, TcbPart, TcbVersion};
pub use source::{HttpVcekSource, VcekSource, VcekSourceError};
pub use transport::AttestedTransport;
pub use verifier::AttestationVerifier;
pub use verify::{Expected, VerifiedAttestation, report_data};
