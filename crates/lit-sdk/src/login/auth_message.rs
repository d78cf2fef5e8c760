//! AuthSigs of a wallet without a session, as proof of an account.

use alloy_primitives::Address;
use alloy_signer::Signer;
use lit_recap::{Nonce, SiweBuilder, SiweError, SiweMessage};
use lit_session_crypto::{CapabilityRefusal, WalletAuthSigError, check_proof, sign_siwe};
use lit_types::{AuthSig, SdkErrorCode, Timestamp, chains::evm_chain_id};
use time::OffsetDateTime;

/// A message for a wallet: its domain, URI, chain and expiration.
///
/// ```
/// # use alloy_signer_local::PrivateKeySigner;
/// # use lit_sdk::login::auth_message::{AuthMessage, AuthMessageError, check_and_sign_auth_message};
/// # use lit_sdk::AuthSig;
/// # async fn f(wallet: PrivateKeySigner, kept: Option<AuthSig>, nonce: &str, now: time::OffsetDateTime) -> Result<(), AuthMessageError> {
/// let message = AuthMessage::new("polygon", "example.com", "https://example.com/login", nonce.parse()?)?;
/// let auth_sig = check_and_sign_auth_message(&message, kept.as_ref(), &wallet, now).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct AuthMessage {
    chain_id: u64,
    domain: String,
    uri: String,
    nonce: Nonce,
    expiration: Option<Timestamp>,
    resources: Vec<String>,
}

impl AuthMessage {
    /// A message for a chain such as `ethereum`, with the domain and URI of the application.
    ///
    /// # Errors
    /// [`AuthMessageError::UnsupportedChain`].
    pub fn new(
        chain: &str,
        domain: impl Into<String>,
        uri: impl Into<String>,
        nonce: Nonce,
    ) -> Result<Self, AuthMessageError> {
        let unknown = || AuthMessageError::UnsupportedChain(chain.chars().take(40).collect());
        Ok(Self {
            chain_id: evm_chain_id(chain).ok_or_else(unknown)?,
            domain: domain.into(),
            uri: uri.into(),
            nonce,
            expiration: None,
            resources: Vec::new(),
        })
    }

    /// Sets when the AuthSig expires. Default: 7 days after it is signed.
    #[doc(alias = "expiration")]
    #[must_use]
    pub fn with_expiration(mut self, expiration: Timestamp) -> Self {
        self.expiration = Some(expiration);
        self
    }

    /// Sets the URIs that the message lists as resources. Default: none.
    #[must_use]
    pub fn with_resources(mut self, resources: impl IntoIterator<Item = String>) -> Self {
        self.resources = resources.into_iter().collect();
        self
    }

    /// The message that the wallet with this address signs.
    ///
    /// # Errors
    /// [`SiweError`] for a malformed domain, URI or resource.
    #[doc(alias("createSiweMessage", "createSiweMessageWithResources"))]
    pub fn siwe(&self, address: Address, now: OffsetDateTime) -> Result<SiweMessage, SiweError> {
        let nonce = self.nonce.clone();
        let mut siwe = SiweBuilder::new(address, &self.uri, nonce, Timestamp::try_from(now)?)
            .with_domain(&self.domain)
            .with_chain_id(self.chain_id)
            .with_resources(self.resources.iter().cloned());
        if let Some(expiration) = &self.expiration {
            siwe = siwe.with_expiration(expiration.clone());
        }
        siwe.build()
    }

    /// Checks whether a kept AuthSig can be reused.
    ///
    /// It must be valid at `now`, and have this address and the same chain, domain, URI and resources. The nonce and the
    /// expiration may differ.
    ///
    /// # Errors
    /// [`MustSign`] with the reason.
    pub fn check_kept(
        &self,
        kept: &AuthSig,
        address: Address,
        now: OffsetDateTime,
    ) -> Result<(), MustSign> {
        check_proof(kept, now)?;
        let message = check_text(&kept.signed_message, &self.resources, now)?;
        if message.address() != address {
            return Err(MustSign::WrongAddress);
        }
        let same = message.chain_id() == self.chain_id
            && message.domain() == self.domain
            && message.uri() == self.uri;
        same.then_some(()).ok_or(MustSign::WrongRequest)
    }
}

/// Checks that a signed text is unexpired and lists these resources. It does not verify the signature.
///
/// `getMustResign` of `@lit-protocol/auth-browser` reads the expiration from the tenth line, and accepts other resources until
/// the text expires. This function parses the field, and refuses other resources.
///
/// # Errors
/// [`MustSign`] with the reason.
#[doc(alias = "getMustResign")]
pub fn check_text(
    text: &str,
    resources: &[String],
    now: OffsetDateTime,
) -> Result<SiweMessage, MustSign> {
    let message: SiweMessage = text.parse().map_err(CapabilityRefusal::from)?;
    message.check_time(now).map_err(CapabilityRefusal::from)?;
    if message.resources().eq(resources.iter().map(String::as_str)) {
        Ok(message)
    } else {
        Err(MustSign::WrongRequest)
    }
}

/// Returns the kept AuthSig if it can be reused, and has the wallet sign a new one otherwise.
///
/// # Errors
/// [`AuthMessageError`].
#[doc(alias("checkAndSignAuthMessage", "checkAndSignEVMAuthMessage", "ethConnect"))]
pub async fn check_and_sign_auth_message<S: Signer + Sync>(
    message: &AuthMessage,
    kept: Option<&AuthSig>,
    signer: &S,
    now: OffsetDateTime,
) -> Result<AuthSig, AuthMessageError> {
    if let Some(kept) = kept {
        match message.check_kept(kept, signer.address(), now) {
            Ok(()) => return Ok(kept.clone()),
            Err(reason) => {
                let reason: &(dyn std::error::Error + 'static) = &reason;
                tracing::debug!(
                    reason,
                    "the kept AuthSig cannot be reused; asking for a new one"
                );
            }
        }
    }
    let auth_sig = sign_siwe(signer, &message.siwe(signer.address(), now)?).await?;
    check_proof(&auth_sig, now).map_err(AuthMessageError::Refused)?;
    Ok(auth_sig)
}

/// The reason why a kept AuthSig cannot be reused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MustSign {
    /// The AuthSig is invalid or expired.
    #[error(transparent)]
    Refused(#[from] CapabilityRefusal),
    /// Another wallet signed the AuthSig.
    #[error("signed by another address")]
    WrongAddress,
    /// The message names another chain, domain or URI, or other resources.
    #[error("the message names another chain, domain or URI, or other resources")]
    WrongRequest,
}

/// A failure to make an AuthSig.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthMessageError {
    /// The chain is missing from [`EVM_CHAINS`](lit_types::chains::EVM_CHAINS).
    #[error("unsupported chain `{0}`")]
    UnsupportedChain(String),
    /// The message is invalid, such as one with a malformed domain.
    #[error("invalid message")]
    InvalidMessage(#[from] SiweError),
    /// The wallet did not sign.
    #[error(transparent)]
    Wallet(#[from] WalletAuthSigError),
    /// The new AuthSig is invalid: another key signed, or the message has expired.
    #[error("the wallet returned an invalid AuthSig")]
    Refused(#[source] CapabilityRefusal),
}

impl AuthMessageError {
    /// The error of the official client for the same situation, where there is one.
    #[must_use]
    pub const fn sdk_code(&self) -> Option<SdkErrorCode> {
        match self {
            Self::UnsupportedChain(_) => Some(SdkErrorCode::UnsupportedChainException),
            Self::Refused(_) => Some(SdkErrorCode::UnknownError),
            _ => None,
        }
    }
}
