use std::{fmt, str::FromStr};

use alloy_primitives::{Keccak256, hex};

/// Identifies a login: a hash of its tokens, or of its action and parameters.
///
/// It reveals no token. A short secret among the parameters of an action can be guessed from it, so `Debug` hides it, and only
/// stores hold it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct LoginId([u8; 32]);

impl LoginId {
    /// Hashes the bytes of a login. Different logins must have different bytes.
    #[must_use]
    pub fn of(shown: &[u8]) -> Self {
        let mut hasher = Keccak256::new();
        hasher.update(b"lit-login/1:");
        hasher.update(shown);
        Self(hasher.finalize().0)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn to_hex(self) -> String {
        hex::encode(self.0)
    }
}

impl FromStr for LoginId {
    type Err = hex::FromHexError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        hex::decode_to_array(text).map(Self)
    }
}

impl fmt::Debug for LoginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoginId").finish_non_exhaustive()
    }
}
