use std::{fmt, num::NonZeroU8, str::FromStr};

use k256::{
    AffinePoint, PublicKey, Scalar,
    elliptic_curve::{PrimeField, sec1::ToEncodedPoint},
};
use lit_types::{PkpPublicKey, printable_line};
use serde::{Deserialize, Serialize};

use super::EcdsaError;

/// A signature share as nodes write it: quoted hex inside a JSON string, often in upper case.
///
/// Answers to signing requests have snake-case members, and `digest` in place of `dataSigned`. Answers of actions have
/// camel-case members. Both are read; camel case is written. `Debug` hides the share.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EcdsaShareJson {
    /// `K256` or `ECDSA_CAIT_SITH`.
    #[serde(alias = "sig_type", default)]
    pub sig_type: String,
    /// The signed 32 bytes; `fail` from a node outside the signing set.
    #[serde(alias = "data_signed", alias = "digest", default)]
    pub data_signed: String,
    /// The share, 32 bytes; empty from a node outside the signing set.
    #[serde(alias = "signature_share", default)]
    pub signature_share: String,
    /// The index of the node, from 0.
    #[serde(alias = "share_index", default)]
    pub share_index: u32,
    /// The nonce point, compressed.
    #[serde(alias = "big_r", default)]
    pub big_r: String,
    /// The PKP's public key, uncompressed.
    #[serde(alias = "public_key", default)]
    pub public_key: String,
    /// The name that an action gave to the signature.
    #[serde(alias = "sig_name", default, skip_serializing_if = "Option::is_none")]
    pub sig_name: Option<String>,
}

impl fmt::Debug for EcdsaShareJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EcdsaShareJson")
            .field("sig_type", &self.sig_type)
            .field("data_signed", &self.data_signed)
            .field("share_index", &self.share_index)
            .field("big_r", &self.big_r)
            .field("public_key", &self.public_key)
            .field("sig_name", &self.sig_name)
            .finish_non_exhaustive()
    }
}

/// [`EcdsaShareJson`] as the member `signatureShare` of answers to signing requests.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[allow(missing_docs, reason = "the members are those of EcdsaShareJson")]
pub struct EcdsaSignShareJson {
    pub digest: String,
    /// `success`, or `fail` from a node outside the signing set.
    pub result: &'static str,
    pub share_index: u32,
    pub signature_share: String,
    pub big_r: String,
    pub public_key: String,
    pub sig_type: String,
}

impl fmt::Debug for EcdsaSignShareJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EcdsaSignShareJson")
            .field("digest", &self.digest)
            .field("result", &self.result)
            .field("share_index", &self.share_index)
            .finish_non_exhaustive()
    }
}

impl From<EcdsaShareJson> for EcdsaSignShareJson {
    fn from(share: EcdsaShareJson) -> Self {
        let is_outside = share.signature_share.is_empty();
        Self {
            result: if is_outside { "fail" } else { "success" },
            digest: share.data_signed,
            share_index: share.share_index,
            signature_share: share.signature_share,
            big_r: share.big_r,
            public_key: share.public_key,
            sig_type: if is_outside {
                String::new()
            } else {
                share.sig_type
            },
        }
    }
}

impl EcdsaShareJson {
    /// The share of a node outside the signing set.
    #[must_use]
    pub fn outside_the_set(share_index: u32) -> Self {
        Self {
            sig_type: EcdsaSigType::K256.to_string(),
            data_signed: "fail".to_owned(),
            signature_share: String::new(),
            share_index,
            big_r: String::new(),
            public_key: String::new(),
            sig_name: None,
        }
    }

    /// Names the signature, as answers of actions do. Default: no name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.sig_name = Some(name.into());
        self
    }

    /// Parses the share; `None` from a node outside the signing set.
    ///
    /// # Errors
    /// [`EcdsaError::SigType`], [`EcdsaError::Member`].
    pub fn parse(&self) -> Result<Option<EcdsaSignatureShare>, EcdsaError> {
        if unquote(&self.signature_share).is_empty() {
            return Ok(None);
        }
        let number = || {
            bad(
                "signatureShare",
                "32 bytes of hex below the order of the curve",
            )
        };
        let share: [u8; 32] = decode(&self.signature_share).ok_or_else(number)?;
        let point = || bad("bigR", "a point of secp256k1 in hex");
        let big_r = hex::decode(unquote(&self.big_r)).map_err(|_| point())?;
        let big_r = PublicKey::from_sec1_bytes(&big_r).map_err(|_| point())?;
        let public_key = unquote(&self.public_key);
        Ok(Some(EcdsaSignatureShare {
            sig_type: self.sig_type.parse()?,
            share_index: self.share_index,
            share: Option::from(Scalar::from_repr(share.into())).ok_or_else(number)?,
            big_r: *big_r.as_affine(),
            public_key: public_key
                .parse()
                .map_err(|_| bad("publicKey", "a point of secp256k1 in hex"))?,
            digest: decode(&self.data_signed)
                .ok_or_else(|| bad("dataSigned", "32 bytes of hex"))?,
        }))
    }
}

fn bad(member: &'static str, expected: &'static str) -> EcdsaError {
    EcdsaError::Member { member, expected }
}

fn unquote(text: &str) -> &str {
    text.trim_matches('"')
}

fn decode(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(unquote(text), &mut bytes).ok()?;
    Some(bytes)
}

fn quote(bytes: &[u8]) -> String {
    format!("\"{}\"", hex::encode_upper(bytes))
}

/// The type of a signature share. Both types combine alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EcdsaSigType {
    /// `K256`: what nodes write today.
    K256,
    /// `ECDSA_CAIT_SITH`: what older nodes wrote.
    CaitSith,
}

impl FromStr for EcdsaSigType {
    type Err = EcdsaError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "K256" => Ok(Self::K256),
            "ECDSA_CAIT_SITH" => Ok(Self::CaitSith),
            _ => Err(EcdsaError::SigType(printable_line(text, 40))),
        }
    }
}

impl fmt::Display for EcdsaSigType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::K256 => "K256",
            Self::CaitSith => "ECDSA_CAIT_SITH",
        })
    }
}

/// One node's share of a signature, weighted for its signing set. The shares of the set add up to the signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EcdsaSignatureShare {
    sig_type: EcdsaSigType,
    share_index: u32,
    pub(super) share: Scalar,
    pub(super) big_r: AffinePoint,
    pub(super) public_key: PkpPublicKey,
    pub(super) digest: [u8; 32],
}

impl EcdsaSignatureShare {
    /// The share that a node makes: `share` is weighted for its signing set, and `big_r` is the nonce point.
    #[must_use]
    pub fn new(
        holder: NonZeroU8,
        share: Scalar,
        big_r: AffinePoint,
        public_key: PkpPublicKey,
        digest: [u8; 32],
    ) -> Self {
        Self {
            sig_type: EcdsaSigType::K256,
            share_index: u32::from(holder.get()) - 1,
            share,
            big_r,
            public_key,
            digest,
        }
    }

    /// The type.
    #[must_use]
    pub const fn sig_type(&self) -> EcdsaSigType {
        self.sig_type
    }

    /// The index of the node, from 0, as the node claims.
    #[must_use]
    pub const fn share_index(&self) -> u32 {
        self.share_index
    }

    /// The PKP's public key, as the node claims.
    #[must_use]
    pub const fn public_key(&self) -> &PkpPublicKey {
        &self.public_key
    }

    /// The signed digest, as the node claims.
    #[must_use]
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// The nonce point, compressed. All shares of one signing set have the same point, and no others have it.
    #[doc(alias = "bigR")]
    #[must_use]
    pub fn nonce_point(&self) -> [u8; 33] {
        let mut bytes = [0; 33];
        // It is not the identity, so it has 33 bytes.
        bytes.copy_from_slice(self.big_r.to_encoded_point(true).as_bytes());
        bytes
    }

    /// The share as a node writes it.
    #[must_use]
    pub fn to_json(&self) -> EcdsaShareJson {
        EcdsaShareJson {
            sig_type: self.sig_type.to_string(),
            data_signed: quote(&self.digest),
            signature_share: quote(&self.share.to_bytes()),
            share_index: self.share_index,
            big_r: quote(self.big_r.to_encoded_point(true).as_bytes()),
            public_key: quote(self.public_key.as_bytes()),
            sig_name: None,
        }
    }
}

/// Hides the share: a full set makes a signature.
impl fmt::Debug for EcdsaSignatureShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EcdsaSignatureShare")
            .field("share_index", &self.share_index)
            .field("public_key", &self.public_key)
            .field("digest", &hex::encode(self.digest))
            .finish_non_exhaustive()
    }
}
