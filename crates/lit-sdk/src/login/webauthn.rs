use alloy_primitives::{B256, Bytes};
use async_trait::async_trait;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use lit_session_crypto::webauthn_public_key;
use lit_types::{AuthMethod, CompactJson, constants::AuthMethodType};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{AuthProvider, AuthProviderError, LitAuthClient};
use crate::services::{RelayAuthMethod, RelayError};

/// Passkeys. The browser talks to the authenticator; this makes what the browser has to be given, and takes what it gives.
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

    /// What a browser needs to register a credential, from the relayer.
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

    /// What a browser needs to log in on the site `rp_id`, a host such as `example.com`. The challenge is the latest block
    /// hash, so it is good for a few minutes only.
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

    /// The method of a credential, as a browser gives it at registration or login. Only one of a registration can be minted a
    /// PKP for; only one of a login lets use it.
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
        let credential: Credential = serde_json::from_str(&registration.access_token)
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
