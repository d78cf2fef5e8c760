use std::fmt;

use serde_json::Value;
use zeroize::Zeroizing;

/// The secret cannot be sent in an HTTP header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected ASCII without control characters")]
pub struct InvalidRelaySecret(());

macro_rules! secret {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        ///
        /// It is wiped from memory on drop, and `Debug` does not show it. Requests carry copies of it.
        #[derive(Clone)]
        pub struct $name(Zeroizing<String>);

        impl $name {
            /// Wraps the secret.
            ///
            /// # Errors
            /// [`InvalidRelaySecret`] if it is not ASCII, or has control characters.
            pub fn new(secret: impl Into<String>) -> Result<Self, InvalidRelaySecret> {
                let secret = Zeroizing::new(secret.into());
                if secret.bytes().all(|b| matches!(b, b' '..=b'~')) {
                    Ok(Self(secret))
                } else {
                    Err(InvalidRelaySecret(()))
                }
            }

            /// The secret. Keep it out of logs.
            #[must_use]
            pub fn expose_secret(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<&str> for $name {
            type Error = InvalidRelaySecret;

            fn try_from(secret: &str) -> Result<Self, Self::Error> {
                Self::new(secret)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidRelaySecret;

            fn try_from(secret: String) -> Result<Self, Self::Error> {
                Self::new(secret)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

secret! {
    /// Lets its holder use a relayer. Relayers refuse an empty one.
    #[doc(alias("relayApiKey", "LIT_RELAYER_API_KEY"))]
    RelayApiKey
}

secret! {
    /// Lets its holder spend what a relayer holds for a payer.
    #[doc(alias = "payerSecretKey")]
    PayerSecretKey
}

/// Replaces secrets in a text, also where they stand in quoted JSON.
pub(super) fn without_secrets<'a>(
    mut text: String,
    secrets: impl Iterator<Item = &'a str>,
) -> String {
    for secret in secrets.filter(|secret| !secret.is_empty()) {
        let quoted = Zeroizing::new(Value::from(secret).to_string());
        text = text.replace(secret, "[secret]");
        text = text.replace(&quoted[1..quoted.len() - 1], "[secret]");
    }
    text
}
