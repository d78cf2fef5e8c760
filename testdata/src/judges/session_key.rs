use lit_session_crypto::SessionKeyPair;
use rand_core::{CryptoRng, RngCore};
use serde::Deserialize;
use serde_json::{json, value::RawValue};

use super::bytes32;
use crate::{case::Case, compare::Outcome, refusal::Refusal};

/// session-key: key pairs, what they look like stored, and what they sign.
pub(super) fn judge(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    struct Input {
        seed: Option<String>,
        message: Option<String>,
        via: Option<String>,
        #[serde(default, deserialize_with = "crate::case::present")]
        value: Option<Box<RawValue>>,
    }
    let input: Input = case.input()?;
    let seed = || bytes32(input.seed.as_deref().unwrap_or_default());
    match (input.via.as_deref(), &input.value) {
        (None, _) => Ok(describe(
            &SessionKeyPair::from_seed(&seed()?),
            &[],
            input.message.as_deref(),
        )),
        (Some("generateSessionKeyPair"), _) => {
            let mut rng = SeedRng {
                seed: seed()?,
                drawn: Vec::new(),
            };
            let pair = SessionKeyPair::generate(&mut rng);
            Ok(describe(&pair, &rng.drawn, input.message.as_deref()))
        }
        (Some("isSessionKeyPair"), Some(value)) => {
            match SessionKeyPair::from_stored_json(value.get()) {
                Ok(_) => Ok(true.into()),
                // JavaScript looks for members of `null`, and throws.
                Err(error) if value.get() == "null" => Err(error.into()),
                Err(_) => Ok(false.into()),
            }
        }
        (via, _) => Err(Refusal::Malformed(format!("unknown function {via:?}"))),
    }
}

fn describe(pair: &SessionKeyPair, drawn: &[usize], message: Option<&str>) -> serde_json::Value {
    json!({
        "publicKey": pair.public_key().to_string(),
        "secretKey": pair.expose_secret_key().as_str(),
        "uri": pair.public_key().uri(),
        "json": pair.expose_stored_json().as_str(),
        "sig": message.map(|message| hex::encode(pair.sign(message.as_bytes()))),
        "rngBytesDrawn": drawn,
    })
}

/// Yields the seed of the case, and remembers how it was asked.
struct SeedRng {
    seed: [u8; 32],
    drawn: Vec<usize>,
}

impl RngCore for SeedRng {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        for (byte, seed) in out.iter_mut().zip(self.seed.iter().cycle()) {
            *byte = *seed;
        }
        self.drawn.push(out.len());
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(out);
        Ok(())
    }
}

impl CryptoRng for SeedRng {}
