//! Logins that produce auth methods for PKPs.

pub mod auth_message;
mod client;
mod discord;
mod error;
mod eth_wallet;
mod id_token;
mod oauth;
mod other_wallets;
mod stytch;
mod webauthn;

use std::fmt;

use alloy_primitives::B256;
use async_trait::async_trait;
use lit_types::{
    AuthMethod, PkpPublicKey, SessionSigs, chains::evm_chain_id, constants::AuthMethodType,
};

use crate::{
    Error, PkpLogin, SessionRequest,
    auth_method::auth_method_id,
    services::{MintRequest, OwnerChoice, RelayAuthMethod, RelayPkp},
};

pub use self::{
    client::{LitAuthClient, ProviderType},
    discord::DiscordProvider,
    error::AuthProviderError,
    eth_wallet::{EthWalletOptions, EthWalletProvider},
    id_token::IdTokenProvider,
    oauth::{InvalidOAuthState, OAuthError, OAuthState},
    other_wallets::{
        SolanaWallet, account_message, cosmos_auth_sig, cosmos_sign_doc, solana_auth_sig,
    },
    stytch::{StytchFactor, StytchFactorProvider, StytchOtpProvider},
    webauthn::WebAuthnProvider,
};

/// The common part of all auth providers: ids of auth methods, and PKPs for them.
///
/// Each provider has functions of its own to make an auth method.
#[doc(alias = "BaseProvider")]
#[async_trait]
pub trait AuthProvider: fmt::Debug + Send + Sync {
    /// The client of the network and the relayer.
    fn auth_client(&self) -> &LitAuthClient;

    /// The type of the provider's auth methods.
    fn auth_method_type(&self) -> AuthMethodType;

    /// The id with which a PKP permits this method. The method is not verified.
    ///
    /// # Errors
    /// [`AuthProviderError::WrongType`] for a method of another provider; [`AuthProviderError::Id`] for a malformed method.
    async fn auth_method_id(&self, method: &AuthMethod) -> Result<B256, AuthProviderError> {
        check_type(self.auth_method_type(), method)?;
        Ok(auth_method_id(method)?)
    }

    /// The method in the form that a relayer accepts.
    ///
    /// # Errors
    /// As [`AuthProvider::auth_method_id`].
    async fn relay_auth_method(
        &self,
        method: &AuthMethod,
    ) -> Result<RelayAuthMethod, AuthProviderError> {
        let id = self.auth_method_id(method).await?;
        Ok(RelayAuthMethod::new(method.auth_method_type, id.to_vec()))
    }

    /// A request for a PKP that this method may use. Choose its owner, then mint it with the
    /// [relayer](LitAuthClient::relay).
    ///
    /// ```no_run
    /// # use lit_sdk::{AuthMethod, login::AuthProvider};
    /// # async fn mint(provider: &dyn AuthProvider, method: &AuthMethod) -> Result<(), Box<dyn std::error::Error>> {
    /// let request = provider.mint_request(method).await?.owned_by_pkp();
    /// let pkp = provider.auth_client().relay().mint(&request).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`AuthProvider::auth_method_id`].
    #[doc(alias = "mintPKPThroughRelayer")]
    async fn mint_request(&self, method: &AuthMethod) -> Result<OwnerChoice, AuthProviderError> {
        Ok(MintRequest::by_provider(
            self.relay_auth_method(method).await?,
        ))
    }

    /// The PKPs that this method may use, as the relayer lists them.
    ///
    /// # Errors
    /// As [`AuthProvider::auth_method_id`], and [`AuthProviderError::Relay`].
    #[doc(alias = "fetchPKPsThroughRelayer")]
    async fn fetch_pkps_through_relayer(
        &self,
        method: &AuthMethod,
    ) -> Result<Vec<RelayPkp>, AuthProviderError> {
        // A search does not need the public key of a credential.
        let id = self.auth_method_id(method).await?;
        let method = RelayAuthMethod::new(method.auth_method_type, id.to_vec());
        Ok(self.auth_client().relay().fetch_pkps_by_id(&method).await?)
    }

    /// Makes a session with this method as a PKP login, and signs it for every node.
    ///
    /// The SIWE message names the request's chain by its id, or Ethereum (1) if it is not a known EVM chain.
    ///
    /// # Errors
    /// As [`LitNodeClient::get_pkp_session_sigs`](crate::LitNodeClient::get_pkp_session_sigs).
    async fn get_session_sigs(
        &self,
        pkp: PkpPublicKey,
        method: &AuthMethod,
        request: &SessionRequest,
    ) -> Result<SessionSigs, Error> {
        let client = self.auth_client().node_client();
        let login = PkpLogin::new(pkp)
            .with_auth_method(method.clone())
            .with_chain_id(evm_chain_id(&request.chain).unwrap_or(1));
        client.get_pkp_session_sigs(request, &login).await
    }
}

fn check_type(expected: AuthMethodType, method: &AuthMethod) -> Result<(), AuthProviderError> {
    if method.auth_method_type == expected.into() {
        Ok(())
    } else {
        Err(AuthProviderError::WrongType {
            expected,
            found: method.auth_method_type,
        })
    }
}
