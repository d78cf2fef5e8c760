use std::{fmt, str::FromStr};

use alloy_primitives::Bytes;

use crate::ipfs;

/// The CID of a Lit Action: an IPFS CIDv0, written in base58 (`Qm…`).
///
/// It is computed from the code of the action. Nodes check who may run an action by this id; the chain keeps its 34 bytes.
///
/// ```
/// use lit_types::ActionCid;
///
/// let cid: ActionCid = "QmZKLGf3vgYsboM7WVUS9X56cJSdLzQVacNp841wmEDRkW".parse()?;
/// assert_eq!(cid.as_bytes()[..4], [0x12, 0x20, 0xa3, 0x1a]);
/// assert_eq!(ActionCid::of_code("").to_string(), "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH");
/// # Ok::<(), lit_types::ActionCidError>(())
/// ```
#[doc(alias("ipfsId", "getBytesFromMultihash", "getMultihashFromBytes"))]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ActionCid([u8; 34]);

impl ActionCid {
    /// The multihash prefix: SHA-256, 32 bytes.
    const SHA2_256: [u8; 2] = [0x12, 0x20];

    /// Computes the CID of an action's code, as `ipfs add` does with default options.
    #[doc(alias("ipfs-only-hash", "getIpfsId", "stringToIpfsHash"))]
    #[must_use]
    pub fn of_code(code: impl AsRef<[u8]>) -> Self {
        let mut cid = [0; 34];
        cid[..2].copy_from_slice(&Self::SHA2_256);
        cid[2..].copy_from_slice(&ipfs::root_digest(code.as_ref()));
        Self(cid)
    }

    /// Reads 34 bytes: hash function (`12`, SHA-256), length of the digest (`20`), digest.
    ///
    /// # Errors
    /// [`ActionCidError`] for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ActionCidError> {
        match <[u8; 34]>::try_from(bytes) {
            Ok(cid) if cid.starts_with(&Self::SHA2_256) => Ok(Self(cid)),
            _ => Err(ActionCidError(())),
        }
    }

    /// The 34 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 34] {
        &self.0
    }
}

impl From<ActionCid> for Bytes {
    fn from(cid: ActionCid) -> Self {
        cid.0.into()
    }
}

impl FromStr for ActionCid {
    type Err = ActionCidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // 34 bytes that begin with 0x12 are 46 digits. Decoding takes time with the square of the length.
        if text.len() != 46 {
            return Err(ActionCidError(()));
        }
        let bytes = bs58::decode(text).into_vec();
        bytes.map_or(Err(ActionCidError(())), |bytes| Self::from_bytes(&bytes))
    }
}

/// The base58 form.
impl fmt::Display for ActionCid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bs58::encode(self.0).into_string())
    }
}

impl fmt::Debug for ActionCid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ActionCid({self})")
    }
}

/// A malformed Lit Action CID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "malformed Lit Action CID: expected an IPFS CIDv0, 46 base58 digits that begin with Qm, or its 34 bytes"
)]
pub struct ActionCidError(());

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn cids_survive(digest in any::<[u8; 32]>()) {
            let bytes = [&ActionCid::SHA2_256[..], &digest].concat();
            let cid = ActionCid::from_bytes(&bytes).unwrap();
            prop_assert!(cid.to_string().starts_with("Qm"));
            prop_assert_eq!(cid.to_string().parse(), Ok(cid));
            prop_assert_eq!(cid.as_bytes()[..].to_vec(), bytes);
        }

        #[test]
        fn other_texts_are_no_cids(text in ".{0,60}", bytes in any::<Vec<u8>>()) {
            prop_assert_eq!(text.parse::<ActionCid>(), Err(ActionCidError(())));
            prop_assume!(!bytes.starts_with(&ActionCid::SHA2_256));
            prop_assert_eq!(ActionCid::from_bytes(&bytes), Err(ActionCidError(())));
        }
    }
}
