use std::{fmt, str::FromStr};

/// A proof of a ReCap: a CIDv1, written in base58btc (`z…`) inside a ReCap and in base32 (`b…`) elsewhere.
///
/// Lit does not use proofs. They are kept so that a foreign ReCap survives decoding and merging.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProofCid(Vec<u8>);

impl ProofCid {
    /// The base58btc form.
    #[must_use]
    pub fn to_base58btc(&self) -> String {
        format!("z{}", bs58::encode(&self.0).into_string())
    }

    /// The base32 form (RFC 4648, lower case, no padding).
    #[must_use]
    pub fn to_base32(&self) -> String {
        let mut out = String::from("b");
        for chunk in self.0.chunks(5) {
            let mut block = [0; 8];
            block[3..3 + chunk.len()].copy_from_slice(chunk);
            let bits = u64::from_be_bytes(block);
            let digits = (chunk.len() * 8).div_ceil(5);
            out.extend(
                (0..digits).map(|i| char::from(BASE32[(bits >> (35 - 5 * i)) as usize & 31])),
            );
        }
        out
    }

    pub(crate) fn from_base58btc(text: &str) -> Result<Self, ProofCidError> {
        // Decoding takes quadratic time.
        if text.len() > MAX_CID_BYTES {
            return Err(ProofCidError);
        }
        let digits = text.strip_prefix('z').ok_or(ProofCidError)?;
        let bytes = bs58::decode(digits).into_vec().map_err(|_| ProofCidError)?;
        Self::from_bytes(bytes)
    }

    fn from_base32(text: &str) -> Result<Self, ProofCidError> {
        let digits = text.strip_prefix('b').ok_or(ProofCidError)?;
        let (mut bytes, mut bits, mut width) = (Vec::new(), 0_u32, 0);
        for digit in digits.bytes() {
            let value = BASE32
                .iter()
                .position(|&known| known == digit)
                .ok_or(ProofCidError)?;
            bits = bits << 5 | value as u32;
            width += 5;
            if width >= 8 {
                width -= 8;
                bytes.push((bits >> width) as u8);
                bits &= (1 << width) - 1;
            }
        }
        // The rest is padding: less than one digit, all zero.
        if width >= 5 || bits != 0 {
            return Err(ProofCidError);
        }
        Self::from_bytes(bytes)
    }

    /// Accepts version 1, a codec, and a multihash of the right length.
    fn from_bytes(bytes: Vec<u8>) -> Result<Self, ProofCidError> {
        let (version, rest) = varint(&bytes)?;
        let (_codec, rest) = varint(rest)?;
        let (_hash, rest) = varint(rest)?;
        let (length, digest) = varint(rest)?;
        if version != 1 || length != digest.len() as u64 {
            return Err(ProofCidError);
        }
        Ok(Self(bytes))
    }
}

/// The length limit of a proof.
const MAX_CID_BYTES: usize = 256;

const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Reads an unsigned LEB128 number, and returns it with the rest.
fn varint(bytes: &[u8]) -> Result<(u64, &[u8]), ProofCidError> {
    let mut value = 0;
    for (i, byte) in bytes.iter().enumerate().take(9) {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte & 0x80 == 0 {
            return Ok((value, &bytes[i + 1..]));
        }
    }
    Err(ProofCidError)
}

/// Reads base58btc (`z…`) or base32 (`b…`).
impl FromStr for ProofCid {
    type Err = ProofCidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.starts_with('z') {
            Self::from_base58btc(text)
        } else {
            Self::from_base32(text)
        }
    }
}

impl fmt::Display for ProofCid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base32())
    }
}

impl fmt::Debug for ProofCid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_base32())
    }
}

/// The proof is not a CIDv1 in base58btc or base32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed proof: expected a CIDv1 in base58btc (z…) or base32 (b…)")]
pub struct ProofCidError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bases_round_trip() {
        let base32 = "bagaaierasords4njcts6vs7qvdjfcvgnume4hqohf65zsfguprqphs3icwea";
        let cid: ProofCid = base32.parse().unwrap();
        assert_eq!(cid.to_base32(), base32);
        assert_eq!(
            cid.to_base58btc(),
            "z3v8Auad2Fjts4vGRMCrvxSfWv2XZ5wFTT34yK4cAJHfPgPhLwZ"
        );
        assert_eq!(cid.to_base58btc().parse::<ProofCid>().unwrap(), cid);
    }

    #[test]
    fn refuses_the_rest() {
        for bad in [
            "",
            "z",
            "b",
            "zzz",
            "not-a-cid",
            "bagaaierasords",
            "b1",
            "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH",
        ] {
            assert_eq!(bad.parse::<ProofCid>(), Err(ProofCidError), "{bad}");
        }
    }
}
