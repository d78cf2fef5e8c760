use std::fmt::Debug;

/// Draws randomness, for encryption by actions.
pub trait Entropy: Debug + Send + Sync + 'static {
    /// 32 unpredictable bytes.
    fn seed(&self) -> [u8; 32];
}
