/// Why something is no ciphertext, or cannot be encrypted or decrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TimeLockError {
    /// The text of the ciphertext is not base64.
    #[error("the ciphertext is not base64")]
    Base64,
    /// The ciphertext ends early, goes on after its end, or says a wrong length.
    #[error("the ciphertext is truncated, or not one at all")]
    Encoding,
    /// The first part of the ciphertext is no point of the group, or its identity.
    #[error("the ciphertext does not start with a point of the group")]
    NotAPoint,
    /// Encrypted for signatures of a scheme that no Lit network uses: 0 is Basic, 1 is Aug.
    #[error("the ciphertext is for signature scheme {0}; Lit networks sign by proof of possession")]
    Scheme(u8),
    /// More than [`MAX_TIME_LOCK_PLAINTEXT`](crate::MAX_TIME_LOCK_PLAINTEXT) bytes. Encrypt a key, and the data with that.
    #[error("{0} bytes are too many to encrypt; encrypt a key instead, and the data with that key")]
    TooLong(usize),
    /// The signature is not the network's signature of the identity.
    #[error("the signature is not that of the network over this identity; nothing was decrypted")]
    Signature,
    /// Encrypted to another network or identity, or changed since.
    #[error("the ciphertext was encrypted to another network or identity, or was changed")]
    Corrupt,
}
