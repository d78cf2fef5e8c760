use super::{CertificateError, MalformedAttestation, PolicyViolation, VcekSourceError};

/// Why the attestation of a node is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttestationError {
    /// The handshake of the node has no attestation.
    #[error("the node gave no attestation")]
    Missing,
    /// The attestation cannot be read.
    #[error("malformed attestation")]
    Malformed(#[from] MalformedAttestation),
    /// The attestation answers another challenge than was sent.
    #[error("the attestation answers another challenge")]
    Challenge,
    /// The attestation is for another node.
    #[error("the attestation is for the node at \"{found}\", not for {expected}")]
    Address {
        /// The address in the attestation; empty if it is missing.
        found: String,
        /// The address of the node.
        expected: String,
    },
    /// The release that the node names is not the one that its report is for.
    #[error("RELEASE_ID does not match the image id of the report")]
    Release,
    /// A signature is not from the key beside it.
    #[error("signature {index} of the attestation is wrong")]
    Signature {
        /// Its position.
        index: usize,
    },
    /// The report was made for other contents.
    #[error("the report was made for another attestation: its report data differ")]
    ReportData,
    /// The policy of the client refuses it.
    #[error("the policy refuses the node")]
    Policy(#[from] PolicyViolation),
    /// The processor of the node belongs to another product than the roots.
    #[error("processor family {family:#x} model {model:#x} is not an AMD {product}")]
    Product {
        /// The family.
        family: u8,
        /// The model.
        model: u8,
        /// The product that the roots are for.
        product: String,
    },
    /// The certificate of the chip could not be fetched.
    #[error("cannot get the certificate of the chip")]
    Source(#[from] VcekSourceError),
    /// The certificate of the chip is refused.
    #[error("the certificate of the chip is refused")]
    Certificate(#[from] CertificateError),
    /// The certificate of the chip was traced to other roots than those of the policy.
    #[error("the certificate of the chip was verified with other roots than the policy's")]
    OtherRoots,
    /// The report is not signed by the chip that it names.
    #[error("the signature of the report is wrong")]
    ReportSignature,
    /// The node refused the handshake that has to precede the first request.
    #[error("the node answered the handshake with status {0}")]
    HandshakeRefused(u16),
    /// The operating system provides no random bytes for a challenge.
    #[error("the operating system provides no random bytes")]
    RandomnessUnavailable(#[source] getrandom::Error),
}

impl AttestationError {
    /// Whether the same node may pass later.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Source(error) => error.is_retryable(),
            Self::HandshakeRefused(status) => matches!(status, 408 | 429 | 500..),
            _ => false,
        }
    }
}
