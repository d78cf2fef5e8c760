use alloy_primitives::{B256, Bytes};
use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use lit_types::{AuthMethod, CompactJson, constants::AuthMethodType, strict_json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{AuthProvider, AuthProviderError, LitAuthClient};
use crate::{
    auth_method::webauthn_public_key,
    services::{RelayAuthMethod, RelayError},
};

/// Logs in with a passkey (WebAuthn).
///
/// The browser talks to the authenticator. This type makes the options for the browser, and reads its credentials.
///
/// ```
/// use lit_sdk::{login::{AuthProvider, LitAuthClient, WebAuthnProvider}, services::RelayPkp, types::CompactJson};
///
/// /// Calls `navigator.credentials.create` in a browser.
/// async fn create_in_browser(options: CompactJson) -> CompactJson {
/// #   options
/// }
///
/// async fn register(client: LitAuthClient) -> Result<RelayPkp, Box<dyn std::error::Error>> {
///     let webauthn = WebAuthnProvider::new(client);
///     let options = webauthn.registration_options(Some("alice")).await?;
///     let method = WebAuthnProvider::auth_method(&create_in_browser(options).await);
///     let request = webauthn.mint_request(&method).await?.owned_by_pkp();
///     Ok(webauthn.auth_client().relay().mint(&request).await?)
/// }
/// ```
#[derive(Debug, Clone)]
pub struct WebAuthnProvider {
    auth_client: LitAuthClient,
}

impl WebAuthnProvider {
    /// A provider of this network and relayer.
    #[must_use]
    pub const fn new(auth_client: LitAuthClient) -> Self {
        Self { auth_client }
    }

    /// Gets the options with which a browser registers a credential from the relayer.
    ///
    /// # Errors
    /// [`RelayError`].
    #[doc(alias = "register")]
    pub async fn registration_options(
        &self,
        user_name: Option<&str>,
    ) -> Result<CompactJson, RelayError> {
        let relay = self.auth_client.relay();
        relay.webauthn_registration_options(user_name).await
    }

    /// Makes the options with which a browser logs in to the site `rp_id`, such as `example.com`.
    ///
    /// The challenge is the latest block hash, so it expires after a few minutes.
    ///
    /// # Errors
    /// [`AuthProviderError::NoBlockhash`], [`AuthProviderError::MalformedBlockhash`].
    pub async fn login_options(&self, rp_id: &str) -> Result<Value, AuthProviderError> {
        let blockhash = self.auth_client.node_client().nonce().await;
        let blockhash = blockhash.map_err(|error| AuthProviderError::NoBlockhash(error.into()))?;
        let challenge: B256 = blockhash
            .as_str()
            .parse()
            .map_err(AuthProviderError::MalformedBlockhash)?;
        Ok(json!({
            "challenge": BASE64_URL_SAFE_NO_PAD.encode(challenge),
            "timeout": 60_000,
            "userVerification": "required",
            "rpId": rp_id,
        }))
    }

    /// The auth method of a browser's credential.
    ///
    /// Mint a PKP with the credential of a registration. Use the PKP with the credential of a login.
    #[must_use]
    pub fn auth_method(credential: &CompactJson) -> AuthMethod {
        AuthMethod::new(AuthMethodType::WebAuthn, credential.as_str())
    }

    /// The COSE public key of a registration.
    ///
    /// # Errors
    /// [`AuthProviderError::MalformedCredential`], [`AuthProviderError::MalformedAttestation`]; [`AuthProviderError::WebAuthn`]
    /// for an attestation without a key.
    #[doc(alias = "getPublicKeyFromRegistration")]
    pub fn public_key(registration: &AuthMethod) -> Result<Bytes, AuthProviderError> {
        #[derive(Deserialize)]
        struct Credential {
            response: Attestation,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Attestation {
            attestation_object: String,
        }
        let credential: Credential = strict_json::from_str(&registration.access_token)
            .map_err(|error| AuthProviderError::MalformedCredential(error.into()))?;
        let object = credential.response.attestation_object;
        let object = BASE64_URL_SAFE_NO_PAD
            .decode(object.trim_end_matches('='))
            .map_err(AuthProviderError::MalformedAttestation)?;
        Ok(webauthn_public_key(&object)?)
    }
}

#[async_trait]
impl AuthProvider for WebAuthnProvider {
    fn auth_client(&self) -> &LitAuthClient {
        &self.auth_client
    }

    fn auth_method_type(&self) -> AuthMethodType {
        AuthMethodType::WebAuthn
    }

    async fn relay_auth_method(
        &self,
        method: &AuthMethod,
    ) -> Result<RelayAuthMethod, AuthProviderError> {
        let id = self.auth_method_id(method).await?;
        let known = RelayAuthMethod::new(method.auth_method_type, id.to_vec());
        Ok(known.with_public_key(Self::public_key(method)?))
    }
}
