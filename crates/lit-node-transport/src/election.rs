use std::hash::Hasher;

use rand_chacha::ChaCha12Rng;
use rand_core::{RngCore, SeedableRng};
use siphasher::sip::SipHasher13;

/// Elects `threshold` of `nodes` nodes that sign together, by the signed bytes and the request id.
///
/// The id is the whole header `X-Request-Id`. Nodes are counted as the Staking contract lists them, without kicked ones. The
/// result has their indices from 0, in ascending order, and all of them if there are at most `threshold`.
///
/// The rule is that of the Lit node (1.0.18): SipHash-1-3 of message and id seeds ChaCha12, which shuffles the nodes; the first
/// ones sign. It does not consider whether a node is alive.
///
/// Networks may use another rule. Use this only to prefer a request id, and do not depend on the result.
///
/// ```
/// use lit_node_transport::elect_signers;
///
/// assert_eq!(elect_signers(&[0x90; 32], "lit_1", 10, 6).len(), 6);
/// ```
#[must_use]
pub fn elect_signers(
    message: &[u8],
    request_id: &str,
    nodes: usize,
    threshold: usize,
) -> Vec<usize> {
    let mut places: Vec<usize> = (0..nodes).collect();
    if threshold >= nodes {
        return places;
    }
    let mut rng = ChaCha12Rng::seed_from_u64(hash(message, request_id.as_bytes()));
    for last in (1..nodes).rev() {
        places.swap(last, up_to(last, &mut rng));
    }
    places.truncate(threshold);
    places.sort_unstable();
    places
}

/// Hashes a vector of bytes as nodes do: first its length, in 64 bits.
fn hash(message: &[u8], request_id: &[u8]) -> u64 {
    let length = (message.len() + request_id.len()) as u64;
    let mut hasher = SipHasher13::new();
    hasher.write(&length.to_le_bytes());
    hasher.write(message);
    hasher.write(request_id);
    hasher.finish()
}

/// A uniform number from 0 to `last`: the upper half of a product with a random number. A product is discarded if its lower
/// half is beyond a multiple of the range. Networks have at most 255 nodes.
fn up_to(last: usize, rng: &mut impl RngCore) -> usize {
    let range = u32::try_from(last).unwrap_or(u32::MAX - 1) + 1;
    let zone = (range << range.leading_zeros()).wrapping_sub(1);
    loop {
        let product = u64::from(rng.next_u32()) * u64::from(range);
        let (high, low) = (product >> 32, product & u64::from(u32::MAX));
        if low <= u64::from(zone) {
            return usize::try_from(high).unwrap_or(last);
        }
    }
}
