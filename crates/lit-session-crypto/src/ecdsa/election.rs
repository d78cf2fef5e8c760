use std::hash::{DefaultHasher, Hasher};

use rand_chacha::ChaCha12Rng;
use rand_core::{RngCore, SeedableRng};

/// Who signs together: `threshold` of `nodes` nodes, chosen by what is signed and the id of the request, which is the whole
/// header `X-Request-Id`. The nodes are counted as the Staking contract lists them, without those that were kicked; the result
/// is their places from 0, in ascending order. All of them where there are not more than `threshold`.
///
/// The rule is that of the Lit node (1.0.18): SipHash-1-3 of message and id seeds ChaCha12, which shuffles the nodes; the first
/// ones sign. Whether a node is alive does not matter to it.
///
/// Networks may have another rule. So this can tell which request id to prefer, and nothing may depend on its being right.
///
/// ```
/// use lit_session_crypto::elect_signers;
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

/// As nodes hash a vector of bytes: its length goes first, in 64 bits. The hasher of the standard library may change; the tests
/// hold that it is the one of those nodes.
fn hash(message: &[u8], request_id: &[u8]) -> u64 {
    let length = (message.len() + request_id.len()) as u64;
    let mut hasher = DefaultHasher::new();
    hasher.write(&length.to_le_bytes());
    hasher.write(message);
    hasher.write(request_id);
    hasher.finish()
}

/// A number from 0 to `last`, all equally likely: the upper half of a product with a random number. Products whose lower half
/// is beyond a multiple of the range are thrown away. Networks have at most 255 nodes.
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
