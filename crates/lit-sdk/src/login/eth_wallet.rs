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

/// Wallets: who signs a message is who the message says.
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

    /// Has a wallet sign in.
    ///
    /// # Errors
    /// [`AuthProviderError::Message`] when domain or origin are none, [`AuthProviderError::Wallet`] when the wallet does not
    /// sign.
    pub async fn authenticate<S: Signer + Sync>(
        signer: &S,
        client: &LitNodeClient,
        options: &EthWalletOptions,
    ) -> Result<AuthMethod, AuthProviderError> {
        let nonce = client.nonce().await;
        let nonce = nonce.map_err(|_| AuthProviderError::Blockhash)?;
        let issued_at = Timestamp::try_from(client.now())?;
        let message = options.siwe(signer.address(), nonce, issued_at)?;
        Ok(Self::auth_method(&sign_siwe(signer, &message).await?))
    }

    /// The method of an AuthSig that a wallet has made elsewhere. Nodes want one with an expiration, whose URI is no session
    /// and no delegation.
    #[must_use]
    pub fn auth_method(auth_sig: &AuthSig) -> AuthMethod {
        // Texts always serialise.
        let token = serde_json::to_string(auth_sig).unwrap_or_default();
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

/// What the message says with which a wallet signs in.
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
    /// The domain that asks. Default: `localhost`.
    pub fn with_domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = domain.into();
        self
    }

    /// The URI the wallet signs in to. Default: `http://localhost`.
    pub fn with_origin(mut self, origin: impl Into<String>) -> Self {
        self.origin = origin.into();
        self
    }

    /// The name of the chain the wallet is used on; its id stands in the message, or 1 for no known EVM chain. Default:
    /// `ethereum`.
    pub fn with_chain(mut self, chain: impl Into<String>) -> Self {
        self.chain = chain.into();
        self
    }

    /// Until when the method is good; nodes want it within 30 days. Default: 24 hours after it was made.
    pub fn with_expiration(mut self, expiration: Timestamp) -> Self {
        self.expiration = Some(expiration);
        self
    }

    /// The message (session specification, section 11.3).
    ///
    /// # Errors
    /// [`SiweError`] when domain or origin cannot be written.
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
            .domain(&self.domain)
            .chain_id(evm_chain_id(&self.chain).unwrap_or(1))
            .expiration(expiration)
            .build()
    }
}
