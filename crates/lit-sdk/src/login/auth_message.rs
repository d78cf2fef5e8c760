//! AuthSigs that a wallet signs outside sessions: "this account is mine".

use alloy_primitives::Address;
use alloy_signer::Signer;
use lit_recap::{Nonce, SiweBuilder, SiweError, SiweMessage};
use lit_session_crypto::{CapabilityRefusal, WalletAuthSigError, check_proof, sign_siwe};
use lit_types::{AuthSig, SdkErrorCode, Timestamp, chains::evm_chain_id};
use time::OffsetDateTime;

/// What a wallet is to sign: who asks, for which chain, until when.
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
    /// A message for a chain by its name, such as `ethereum`, of the one who asks: a host, and a URI.
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

    /// Until when the AuthSig is good. Default: 7 days after it is signed.
    #[must_use]
    pub fn with_expiration(mut self, expiration: Timestamp) -> Self {
        self.expiration = Some(expiration);
        self
    }

    /// URIs that the message lists as resources. Default: none.
    #[must_use]
    pub fn with_resources(mut self, resources: impl IntoIterator<Item = String>) -> Self {
        self.resources = resources.into_iter().collect();
        self
    }

    /// The text for an address.
    ///
    /// # Errors
    /// [`SiweError`] when a part cannot be written.
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

    /// Whether an AuthSig from before can be used in place of a new one: it is good at `now`, of this address, and for the same
    /// chain, domain, URI and resources. The nonce, and how long it lasts beyond `now`, may differ.
    ///
    /// # Errors
    /// [`MustSign`] says why not.
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

/// Whether a text that was signed before has not expired, and lists these resources. Its signature is not looked at.
///
/// Unlike in the official client, the expiration is read as a field, not off the tenth line, and a text with other resources is no
/// good even before it expires (session specification, section 7.5).
///
/// # Errors
/// [`MustSign`] says why it has to be signed again.
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

/// The AuthSig that was kept, if it can still be used, and otherwise a new one: the signer is asked only if need be, and once.
///
/// # Errors
/// [`AuthMessageError`].
#[doc(alias = "checkAndSignAuthMessage")]
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
                tracing::debug!(%reason, "the kept AuthSig cannot be used; asking for another");
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
