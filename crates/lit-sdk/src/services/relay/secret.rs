use std::fmt;

// The crate itself is no direct dependency of this one.
pub(super) use zeroize::Zeroizing;

/// The text cannot be the value of a header: it has to be ASCII without control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret of the relayer is ASCII text without control characters")]
pub struct InvalidRelaySecret(());

macro_rules! secret {
    ($(#[$docs:meta])* $name:ident) => {
        $(#[$docs])*
        ///
        /// It is wiped from memory on drop, and `Debug` does not show it. Requests carry copies of it.
        #[derive(Clone)]
        pub struct $name(Zeroizing<String>);

        impl $name {
            /// Takes the secret.
            ///
            /// # Errors
            /// [`InvalidRelaySecret`] when it cannot be the value of a header.
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

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
}

secret! {
    /// Who may use a relayer. A relayer refuses requests with an empty one.
    #[doc(alias = "relayApiKey")]
    RelayApiKey
}

secret! {
    /// Who may spend what a relayer holds for a payer.
    #[doc(alias = "payerSecretKey")]
    PayerSecretKey
}
