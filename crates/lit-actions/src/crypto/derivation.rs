//! Keys from passwords and from other keys.

use ring::hmac;

use super::signatures::hmac_key;

/// How many iterations run between two checks of the deadline: a fraction of a millisecond.
const ITERATIONS_PER_CHECK: u32 = 256;

/// PBKDF2 with HMAC. `check` is called now and then, and ends the derivation by an error.
///
/// ring's own function cannot be interrupted, and the number of iterations comes from the action.
pub(crate) fn pbkdf2<E>(
    hash: &str,
    password: &[u8],
    salt: &[u8],
    iterations: u32,
    length: usize,
    check: impl Fn() -> Result<(), E>,
) -> Result<Option<Vec<u8>>, E> {
    let Some(key) = hmac_key(hash, password).filter(|_| iterations > 0) else {
        return Ok(None);
    };
    let mut derived = Vec::new();
    for number in 1_u32.. {
        if derived.len() >= length {
            break;
        }
        check()?;
        let mut context = hmac::Context::with_key(&key);
        context.update(salt);
        context.update(&number.to_be_bytes());
        let mut last = context.sign();
        let mut block = last.as_ref().to_vec();
        for iteration in 1..iterations {
            if iteration % ITERATIONS_PER_CHECK == 0 {
                check()?;
            }
            last = hmac::sign(&key, last.as_ref());
            for (sum, byte) in block.iter_mut().zip(last.as_ref()) {
                *sum ^= byte;
            }
        }
        derived.extend_from_slice(&block);
    }
    derived.truncate(length);
    Ok(Some(derived))
}

/// scrypt; `None` for parameters that it does not allow.
///
/// It needs 128 * `n` * `r` bytes and cannot be interrupted: the caller bounds 128 * `n` * `r` * `p`.
pub(crate) fn scrypt(
    password: &[u8],
    salt: &[u8],
    (n, r, p): (u32, u32, u32),
    length: usize,
) -> Option<Vec<u8>> {
    let log_n = n.is_power_of_two().then(|| n.ilog2())?;
    let params = scrypt::Params::new(
        u8::try_from(log_n).ok()?,
        r,
        p,
        scrypt::Params::RECOMMENDED_LEN,
    );
    let mut derived = vec![0; length];
    scrypt::scrypt(password, salt, &params.ok()?, &mut derived).ok()?;
    Some(derived)
}
