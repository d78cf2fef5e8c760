use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    thread,
};

use alloy_signer_local::PrivateKeySigner;
use rand_chacha::ChaCha20Rng;
use rand_core::{CryptoRng, Error, RngCore, SeedableRng};

/// A generator for each name of a thread, which libtest makes that of the test.
static GENERATORS: Mutex<BTreeMap<String, ChaCha20Rng>> = Mutex::new(BTreeMap::new());

/// Draws from a generator seeded with the name of the test, so that a test draws the same in each run.
///
/// Threads that a test starts have generators of their own names. No two draws of one process repeat each other.
#[derive(Debug, Clone, Copy, Default)]
pub struct TestRng;

impl TestRng {
    fn with<T>(draw: impl FnOnce(&mut ChaCha20Rng) -> T) -> T {
        let name = thread::current().name().unwrap_or_default().to_owned();
        let mut generators = GENERATORS.lock().unwrap_or_else(PoisonError::into_inner);
        let generator = generators.entry(name).or_insert_with_key(|name| {
            let mut seed = [0_u8; 32];
            for (place, byte) in name.bytes().enumerate() {
                let mixed = &mut seed[place % 32];
                *mixed = mixed.wrapping_mul(31).wrapping_add(byte);
            }
            ChaCha20Rng::from_seed(seed)
        });
        draw(generator)
    }
}

impl RngCore for TestRng {
    fn next_u32(&mut self) -> u32 {
        Self::with(RngCore::next_u32)
    }

    fn next_u64(&mut self) -> u64 {
        Self::with(RngCore::next_u64)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        Self::with(|rng| rng.fill_bytes(bytes));
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

/// Its draws are known: for keys of tests only.
impl CryptoRng for TestRng {}

/// A generator with this seed.
#[must_use]
pub fn rng(seed: u64) -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(seed)
}

/// Makes a wallet with [`TestRng`], a different one at each call. It has no funds.
///
/// # Panics
/// Never: the chance of a key that is out of range is 2^-128.
#[must_use]
pub fn wallet() -> PrivateKeySigner {
    let mut secret = [0; 32];
    TestRng.fill_bytes(&mut secret);
    PrivateKeySigner::from_slice(&secret).unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_threads_draw_the_same() {
        let here = wallet().address();
        let names = ["a", "b"].map(|name| {
            let named = thread::Builder::new().name(name.to_owned());
            named.spawn(|| wallet().address()).unwrap().join().unwrap()
        });
        let unnamed = thread::spawn(|| wallet().address()).join().unwrap();
        let again = thread::spawn(|| wallet().address()).join().unwrap();
        let mut all = vec![here, names[0], names[1], unnamed, again];
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 5);
    }

    #[test]
    fn a_name_draws_the_same_in_each_run() {
        let named = thread::Builder::new().name("a name".to_owned());
        let drawn = named.spawn(|| TestRng.next_u64()).unwrap().join();
        assert_eq!(drawn.unwrap(), 16412377869543536837);
    }
}
