/// Why something is no ciphertext, or cannot be encrypted or decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeLockError {
    /// The ciphertext is not base64.
    #[error("malformed ciphertext: not base64")]
    Base64,
    /// The ciphertext ends early, goes on after its end, or says a wrong length.
    #[error("malformed ciphertext: truncated or in an unknown format")]
    Encoding,
    /// The first part of the ciphertext is no point of the group, or its identity.
    #[error("malformed ciphertext: does not start with a point of the group")]
    NotAPoint,
    /// Encrypted for signatures of a scheme that no Lit network uses: 0 is Basic, 1 is Aug.
    #[error("unsupported signature scheme {0}: Lit networks use proof of possession")]
    Scheme(u8),
    /// More than [`MAX_TIME_LOCK_PLAINTEXT`](crate::MAX_TIME_LOCK_PLAINTEXT) bytes. Encrypt a key, and the data with that.
    #[error(
        "cannot encrypt {0} bytes directly; encrypt the data with a key, then encrypt that key"
    )]
    TooLong(usize),
    /// The signature is not the network's signature of the identity.
    #[error("invalid decryption signature: the network did not sign this identity")]
    Signature,
    /// Encrypted to another network or identity, or changed since.
    #[error("the ciphertext was encrypted to another network or identity, or was changed")]
    Corrupt,
}
