use alloy_primitives::Address;
use alloy_signer::Signer;
use async_trait::async_trait;
use lit_recap::{Nonce, SiweBuilder, SiweError, SiweMessage};
use lit_session_crypto::sign_siwe;
use lit_types::{
    AuthMethod, AuthSig, Timestamp,
    chains::evm_chain_id,
    constants::{AuthMethodType, DEFAULT_SESSION_LIFETIME},
};

use super::{AuthProvider, AuthProviderError, LitAuthClient};
use crate::LitNodeClient;

/// Logs in with a wallet: it signs a SIWE message.
///
/// ```
/// use alloy_signer_local::PrivateKeySigner;
/// use lit_sdk::{AuthMethod, LitNodeClient, login::{AuthProviderError, EthWalletOptions, EthWalletProvider}};
///
/// async fn log_in(client: &LitNodeClient, wallet: &PrivateKeySigner) -> Result<AuthMethod, AuthProviderError> {
///     let options = EthWalletOptions::default()
///         .with_domain("example.com")
///         .with_origin("https://example.com");
///     EthWalletProvider::authenticate_with(client, wallet, &options).await
/// }
/// ```
#[derive(Debug, Clone)]
pub struct EthWalletProvider {
    auth_client: LitAuthClient,
}

impl EthWalletProvider {
    /// A provider of this network and relayer.
    #[must_use]
    pub const fn new(auth_client: LitAuthClient) -> Self {
        Self { auth_client }
    }

    /// Signs in with a wallet: domain `localhost`, chain `ethereum`, valid for 24 hours.
    ///
    /// # Errors
    /// [`AuthProviderError::NoBlockhash`], [`AuthProviderError::Wallet`] if the wallet does not sign.
    pub async fn authenticate<S: Signer + Sync>(
        client: &LitNodeClient,
        wallet: &S,
    ) -> Result<AuthMethod, AuthProviderError> {
        Self::authenticate_with(client, wallet, &EthWalletOptions::default()).await
    }

    /// Signs in with a wallet and options of your own.
    ///
    /// # Errors
    /// [`AuthProviderError::InvalidMessage`] for a malformed domain or origin, and those of
    /// [`EthWalletProvider::authenticate`].
    pub async fn authenticate_with<S: Signer + Sync>(
        client: &LitNodeClient,
        wallet: &S,
        options: &EthWalletOptions,
    ) -> Result<AuthMethod, AuthProviderError> {
        let nonce = client.nonce().await;
        let nonce = nonce.map_err(|error| AuthProviderError::NoBlockhash(error.into()))?;
        let issued_at = Timestamp::try_from(client.now())?;
        let message = options.siwe(wallet.address(), nonce, issued_at)?;
        Ok(Self::auth_method(&sign_siwe(wallet, &message).await?))
    }

    /// The auth method of an AuthSig that a wallet made elsewhere. Nodes require an expiration, and refuse the URI of a
    /// session or a delegation.
    #[must_use]
    pub fn auth_method(auth_sig: &AuthSig) -> AuthMethod {
        #[allow(clippy::expect_used, reason = "an AuthSig has only texts")]
        let token = serde_json::to_string(auth_sig).expect("an AuthSig has only texts");
        AuthMethod::new(AuthMethodType::EthWallet, token)
    }
}

#[async_trait]
impl AuthProvider for EthWalletProvider {
    fn auth_client(&self) -> &LitAuthClient {
        &self.auth_client
    }

    fn auth_method_type(&self) -> AuthMethodType {
        AuthMethodType::EthWallet
    }
}

/// Options of the message that a wallet signs in with.
#[derive(Debug, Clone)]
#[must_use]
pub struct EthWalletOptions {
    domain: String,
    origin: String,
    chain: String,
    expiration: Option<Timestamp>,
}

impl Default for EthWalletOptions {
    fn default() -> Self {
        Self {
            domain: "localhost".to_owned(),
            origin: "http://localhost".to_owned(),
            chain: "ethereum".to_owned(),
            expiration: None,
        }
    }
}

impl EthWalletOptions {
    /// Sets the domain of the message. Default: `localhost`.
    #[doc(alias = "domain")]
    pub fn with_domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = domain.into();
        self
    }

    /// Sets the URI of the message. Default: `http://localhost`.
    #[doc(alias = "origin")]
    pub fn with_origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = origin.into();
        self
    }

    /// Sets the name of the wallet's chain. The message has its id, or 1 for an unknown EVM chain. Default: `ethereum`.
    pub fn with_chain(mut self, chain: impl Into<String>) -> Self {
        self.chain = chain.into();
        self
    }

    /// Sets when the auth method expires. Nodes accept at most 30 days. Default: 24 hours after it was made.
    #[doc(alias = "expiration")]
    pub fn with_expiration(mut self, expiration: Timestamp) -> Self {
        self.expiration = Some(expiration);
        self
    }

    /// The message to sign.
    ///
    /// # Errors
    /// [`SiweError`] for a malformed domain or origin.
    pub fn siwe(
        &self,
        address: Address,
        nonce: Nonce,
        issued_at: Timestamp,
    ) -> Result<SiweMessage, SiweError> {
        let expiration = match &self.expiration {
            Some(expiration) => expiration.clone(),
            None => issued_at.checked_add(DEFAULT_SESSION_LIFETIME)?,
        };
        SiweBuilder::new(address, &self.origin, nonce, issued_at)
            .with_domain(&self.domain)
            .with_chain_id(evm_chain_id(&self.chain).unwrap_or(1))
            .with_expiration(expiration)
            .build()
    }
}
