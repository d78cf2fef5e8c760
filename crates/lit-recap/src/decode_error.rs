use crate::{ProofCidError, RecapAbility, RecapAbilityError};

/// The length limit of a `urn:recap:`, in bytes. Nodes put the answer of a Lit Action, up to 100 KiB, into a ReCap.
pub const MAX_URN_BYTES: usize = 512 * 1024;

/// Why a ReCap (EIP-5573) is malformed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// It does not start with `urn:recap:`.
    #[error("invalid recap urn: it does not start with urn:recap:")]
    Prefix,
    /// It is longer than [`MAX_URN_BYTES`].
    #[error("the recap urn is longer than {MAX_URN_BYTES} bytes")]
    TooLong,
    /// It is not base64url.
    #[error("malformed recap urn: not base64url")]
    Base64,
    /// It is not JSON, or is nested deeper than 128 levels.
    #[error("malformed recap: not JSON")]
    Json,
    /// The object has a member twice, such as a second `att`.
    #[error("malformed recap: duplicate member")]
    DuplicateMember,
    /// `att` is missing or not an object, or a resource in it is not an object.
    #[error("invalid attenuation object")]
    Attenuations,
    /// `prf` is missing, not a list of strings, or longer than 64.
    #[error("invalid proof list")]
    Proofs,
    /// A proof is not a CIDv1 in base58btc.
    #[error(transparent)]
    Proof(#[from] ProofCidError),
    /// An ability is not `<namespace>/<name>`.
    #[error(transparent)]
    Ability(#[from] RecapAbilityError),
    /// The notes of an ability are not a list of objects.
    #[error("invalid nota-bene list for {0}")]
    NotaBene(RecapAbility),
    /// Resources, abilities or members of notes are not in ascending order, or are duplicated.
    #[error("invalid attenuation object: not sorted")]
    NotSorted,
}
