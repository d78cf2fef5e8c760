/// Why a ciphertext is malformed, or why encryption or decryption failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeLockError {
    /// The ciphertext is not base64.
    #[error("malformed ciphertext: not base64")]
    Base64,
    /// The ciphertext is truncated, has trailing bytes, or has a wrong length.
    #[error("malformed ciphertext: truncated or in an unknown format")]
    Encoding,
    /// The ciphertext does not start with a point of the group, or starts with its identity.
    #[error("malformed ciphertext: does not start with a point of the group")]
    NotAPoint,
    /// Encrypted for a signature scheme that Lit networks do not use: 0 is Basic, 1 is Aug.
    #[error("unsupported signature scheme {0}: Lit networks use proof of possession")]
    Scheme(u8),
    /// More than [`MAX_TIME_LOCK_PLAINTEXT`](crate::MAX_TIME_LOCK_PLAINTEXT) bytes. Encrypt the data with a key,
    /// and that key here.
    #[error(
        "cannot encrypt {0} bytes directly; encrypt the data with a key, then encrypt that key"
    )]
    TooLong(usize),
    /// The signature is not the network's signature of the identity.
    #[error("invalid decryption signature: the network did not sign this identity")]
    Signature,
    /// Encrypted to another network or identity, or modified.
    #[error("the ciphertext was encrypted to another network or identity, or was changed")]
    Corrupt,
}
