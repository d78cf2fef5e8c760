use lit_node::Entropy;
use rand_core::{OsRng, RngCore};

/// The randomness of the operating system.
#[derive(Debug)]
pub(crate) struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn seed(&self) -> [u8; 32] {
        let mut seed = [0; 32];
        OsRng.fill_bytes(&mut seed);
        seed
    }
}
