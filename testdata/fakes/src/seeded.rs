use std::cell::RefCell;

use alloy_signer_local::PrivateKeySigner;
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, Error, RngCore, SeedableRng};

thread_local! {
    static OF_THREAD: RefCell<ChaCha20Rng> = RefCell::new(rng(0));
}

/// Draws from a generator that starts from one seed in each thread, and so in each test.
#[derive(Debug, Clone, Copy, Default)]
pub struct TestRng;

impl RngCore for TestRng {
    fn next_u32(&mut self) -> u32 {
        OF_THREAD.with_borrow_mut(RngCore::next_u32)
    }

    fn next_u64(&mut self) -> u64 {
        OF_THREAD.with_borrow_mut(RngCore::next_u64)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        OF_THREAD.with_borrow_mut(|rng| rng.fill_bytes(bytes));
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

/// What it draws is known, so it makes keys for tests alone.
impl CryptoRng for TestRng {}

/// A generator of its own, which draws the same for the same seed.
#[must_use]
pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// Makes a wallet with [`TestRng`]: another one at each call, the same ones in each run of a test. It has no funds.
///
/// # Panics
/// Never: the chance of a key that is out of range is 2^-128.
#[must_use]
pub fn wallet() -> PrivateKeySigner {
    let mut secret = [0; 32];
    TestRng.fill_bytes(&mut secret);
    PrivateKeySigner::from_slice(&secret).unwrap()
}
