use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, OnceLock},
};

use lit_key_shares::HashedMessage;

use crate::lock::lock;

/// How many hashes are kept.
const MAX_HASHES: usize = 64;

/// The longest message whose hash is kept, in bytes.
const MAX_MESSAGE: usize = 1024;

/// The hashes of the messages that were signed last.
///
/// All nodes sign the same message at about the same time. Its hash is public, and the same for each.
#[derive(Debug, Default)]
pub(crate) struct Hashes(Mutex<VecDeque<(Vec<u8>, Hash)>>);

/// Set by the first node that needs it, while the others wait.
type Hash = Arc<OnceLock<HashedMessage>>;

impl Hashes {
    pub(crate) fn of(&self, message: &[u8]) -> HashedMessage {
        if message.len() > MAX_MESSAGE {
            return HashedMessage::of(message);
        }
        let hash = self.entry(message);
        *hash.get_or_init(|| HashedMessage::of(message))
    }

    fn entry(&self, message: &[u8]) -> Hash {
        let mut known = lock(&self.0);
        if let Some((_, hash)) = known.iter().find(|(of, _)| of == message) {
            return Arc::clone(hash);
        }
        if known.len() >= MAX_HASHES {
            known.pop_front();
        }
        let hash = Hash::default();
        known.push_back((message.to_vec(), Arc::clone(&hash)));
        hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_has_its_own_hash_however_many_are_kept() {
        let hashes = Hashes::default();
        let message = |number: usize| number.to_string().into_bytes();
        for _ in 0..2 {
            for number in 0..3 {
                let number = message(number);
                assert_eq!(hashes.of(&number), HashedMessage::of(&number));
            }
        }
        for number in 0..2 * MAX_HASHES {
            hashes.entry(&message(number));
        }
        assert_eq!(lock(&hashes.0).len(), MAX_HASHES);
        let long = [0; MAX_MESSAGE + 1];
        assert_eq!(hashes.of(&long), HashedMessage::of(&long));
        assert_eq!(lock(&hashes.0).len(), MAX_HASHES);
    }
}
