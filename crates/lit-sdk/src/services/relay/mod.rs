//! The client of a relayer, a server that mints PKPs for users without funds.

mod answer;
mod error;
mod polling;
mod request;
mod secret;

use std::{fmt, sync::Arc, time::Duration};

use alloy_primitives::{Address, B256};
use bytes::Bytes;
use lit_node_transport::{HttpClient, HttpRequest, HttpUrl, TransportError};
use lit_types::{AuthMethod, CompactJson, LitNetwork, PkpPublicKey, printable_line, strict_json};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    calls::{ClaimedKey, is_webauthn},
    observe::{Operation, observe},
    services::percent,
};

use self::{
    answer::{ErrorAnswer, PayerAnswer, PkpsAnswer, RequestIdAnswer, StatusAnswer, UsersAnswer},
    secret::without_secrets,
};
pub use self::{
    answer::{MintStatus, RegisteredPayer, RelayPkp},
    error::RelayError,
    polling::{MintProgress, Polling},
    request::{InvalidRequestId, MintRequest, OwnerChoice, RelayAuthMethod, RelayRequestId},
    secret::{InvalidRelaySecret, PayerSecretKey, RelayApiKey},
};

const MINT: &str = "/mint-next-and-add-auth-methods";
const STATUS: &str = "/auth/status";
const FETCH: &str = "/fetch-pkps-by-auth-method";
const CLAIM: &str = "/auth/claim";
const WEBAUTHN_OPTIONS: &str = "/auth/webauthn/generate-registration-options";
const REGISTER_PAYER: &str = "/register-payer";
const ADD_USERS: &str = "/add-users";

/// The largest accepted answer. A list of PKPs can be long.
const MAX_ANSWER_BYTES: usize = 1024 * 1024;
/// The length to which the relayer's messages are cut.
const MAX_MESSAGE_CHARS: usize = 200;

/// A relayer mints PKPs and pays for them.
///
/// ```no_run
/// use lit_sdk::{AuthMethod, services::{LitRelay, MintRequest}};
///
/// # #[cfg(feature = "http")]
/// # async fn mint(method: AuthMethod) -> Result<(), Box<dyn std::error::Error>> {
/// let relay = LitRelay::new("http://127.0.0.1:3000", "api-key")?;
/// let pkp = relay.mint(&MintRequest::for_auth_method(&method).owned_by_pkp()).await?;
/// println!("{}", pkp.public_key()?);
/// # Ok(())
/// # }
/// ```
///
/// The relayer's answers are not trusted: [`RelayPkp::public_key`] checks that key, address and token id match; only the chain
/// tells who owns a PKP and who may use it.
#[doc(alias("litRelayConfig", "relayApiKey", "LIT_RELAYER_API_KEY"))]
#[derive(Clone)]
pub struct LitRelay {
    http: Arc<dyn HttpClient>,
    url: HttpUrl,
    api_key: RelayApiKey,
    timeout: Duration,
    polling: Polling,
}

impl LitRelay {
    /// The API key that the official client claims keys with by default. It is public.
    pub const DEFAULT_CLAIM_API_KEY: &str = "67e55044-10b1-426f-9247-bb680e5fe0c8_relayer";

    /// The relayer at this URL, over HTTP.
    ///
    /// # Errors
    /// [`RelayError::Url`], [`RelayError::ApiKey`].
    #[cfg(feature = "http")]
    pub fn new<K>(url: &str, api_key: K) -> Result<Self, RelayError>
    where
        K: TryInto<RelayApiKey>,
        RelayError: From<K::Error>,
    {
        let http = Arc::new(lit_node_transport::HttpTransport::new());
        Self::with_http_client(http, url, api_key)
    }

    /// The relayer that Lit ran for a network, over HTTP; for [`LitNetwork::Custom`] the one at `http://localhost:3000`.
    ///
    /// # Errors
    /// [`RelayError::Network`], [`RelayError::ApiKey`].
    #[cfg(feature = "http")]
    pub fn for_network<K>(network: LitNetwork, api_key: K) -> Result<Self, RelayError>
    where
        K: TryInto<RelayApiKey>,
        RelayError: From<K::Error>,
    {
        Self::new(Self::url_of(network)?, api_key)
    }

    /// The relayer at this URL, over your own HTTP client.
    ///
    /// # Errors
    /// [`RelayError::Url`], [`RelayError::ApiKey`].
    pub fn with_http_client<K>(
        http: Arc<dyn HttpClient>,
        url: &str,
        api_key: K,
    ) -> Result<Self, RelayError>
    where
        K: TryInto<RelayApiKey>,
        RelayError: From<K::Error>,
    {
        let url = url.parse::<HttpUrl>().map_err(RelayError::Url)?;
        // Refuses a URL that no path can be appended to now, not at the first call.
        url.join(MINT)?;
        Ok(Self {
            http,
            url,
            api_key: api_key.try_into()?,
            timeout: Duration::from_secs(120),
            polling: Polling::default(),
        })
    }

    /// The URL of the relayer for a network.
    ///
    /// # Errors
    /// [`RelayError::Network`] for networks before Datil.
    #[doc(alias = "getRelayUrl")]
    pub const fn url_of(network: LitNetwork) -> Result<&'static str, RelayError> {
        match network {
            LitNetwork::DatilDev
            | LitNetwork::DatilTest
            | LitNetwork::Datil
            | LitNetwork::Custom => Ok(network.profile().relayer_url),
            _ => Err(RelayError::Network(network)),
        }
    }

    /// Sets the timeout of a request. Some answers wait for a transaction. Default: 120 s.
    #[must_use]
    pub const fn with_timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Sets how to wait for a PKP. Default: [`Polling::default`].
    #[must_use]
    pub fn with_polling(mut self, polling: Polling) -> Self {
        self.polling = polling;
        self
    }

    /// The URL.
    #[must_use]
    pub const fn url(&self) -> &HttpUrl {
        &self.url
    }

    pub(crate) fn http(&self) -> &Arc<dyn HttpClient> {
        &self.http
    }

    /// Mints a PKP, and waits for it as [`LitRelay::with_polling`] says.
    ///
    /// # Errors
    /// [`RelayError`]. Once the relayer accepted the request, the error has a [`RelayError::request_id`]. After
    /// [`RelayError::Transport`] it is unknown whether a PKP is being minted.
    #[doc(alias = "mintPKPWithAuthMethods")]
    pub async fn mint(&self, request: &MintRequest) -> Result<RelayPkp, RelayError> {
        observe(Operation::RelayMint, async {
            let request_id = self.start_mint(request).await?;
            self.wait_for_mint(&request_id).await
        })
        .await
    }

    /// Asks for a PKP without waiting for it; [`LitRelay::wait_for_mint`] waits.
    ///
    /// # Errors
    /// [`RelayError`]. After [`RelayError::Transport`] it is unknown whether a PKP is being minted.
    #[doc(alias = "mintPKPThroughRelayer")]
    pub async fn start_mint(&self, request: &MintRequest) -> Result<RelayRequestId, RelayError> {
        self.post_for_request_id(MINT, request.body()?).await
    }

    /// Asks for a PKP with a JSON body of your own, for members such as `burnPkp`.
    ///
    /// **The relayer owns the PKP unless the body names another owner.** Then its operator can permit anyone to use it.
    ///
    /// # Errors
    /// [`RelayError`]. After [`RelayError::Transport`] it is unknown whether a PKP is being minted.
    #[doc(alias = "mintPKP")]
    pub async fn start_mint_raw(&self, body: &CompactJson) -> Result<RelayRequestId, RelayError> {
        self.post_for_request_id(MINT, body.as_str().to_owned())
            .await
    }

    /// The progress of a request. A relayer answers when there is news, or after 30 s.
    ///
    /// # Errors
    /// [`RelayError`].
    pub async fn status(&self, request_id: &RelayRequestId) -> Result<MintStatus, RelayError> {
        let url = self.url.join(&format!("{STATUS}/{request_id}"))?;
        let answer: StatusAnswer = self.call(STATUS, HttpRequest::get(url), &[]).await?;
        Ok(answer
            .status
            .unwrap_or_else(|error| MintStatus::Failed(error.and_then(|e| self.message(&e, &[])))))
    }

    /// Waits until a PKP is minted, as [`LitRelay::with_polling`] says. A broken connection is retried.
    ///
    /// # Errors
    /// [`RelayError::MintFailed`], which is final; [`RelayError::StillInProgress`] after the last attempt or at the timeout;
    /// [`RelayError::Status`] if the outcome cannot be learned.
    #[doc(alias = "pollRequestUntilTerminalState")]
    pub async fn wait_for_mint(&self, request_id: &RelayRequestId) -> Result<RelayPkp, RelayError> {
        let poll = self.poll(request_id);
        let result = match self.polling.timeout {
            Some(timeout) => tokio::time::timeout(timeout, poll).await.ok(),
            None => Some(poll.await),
        };
        result.unwrap_or_else(|| {
            Err(RelayError::StillInProgress {
                request_id: request_id.clone(),
            })
        })
    }

    async fn poll(&self, request_id: &RelayRequestId) -> Result<RelayPkp, RelayError> {
        let Polling {
            interval,
            attempts,
            progress,
            ..
        } = &self.polling;
        let start = Instant::now();
        let mut attempt = 1;
        loop {
            let status = self.status(request_id).await;
            let is_last = attempt >= *attempts;
            match status {
                Ok(MintStatus::Succeeded(pkp)) => return Ok(pkp),
                Ok(MintStatus::Failed(reason)) => {
                    return Err(RelayError::MintFailed {
                        request_id: request_id.clone(),
                        reason,
                    });
                }
                Ok(MintStatus::InProgress) if is_last => {
                    return Err(RelayError::StillInProgress {
                        request_id: request_id.clone(),
                    });
                }
                Ok(MintStatus::InProgress) => {}
                Err(RelayError::Transport { source: error, .. })
                    if error.is_retryable() && !is_last =>
                {
                    tracing::debug!(
                        %request_id,
                        attempt,
                        error = &error as &(dyn std::error::Error + 'static),
                        "no status from the relayer; asking again"
                    );
                }
                Err(error) => {
                    return Err(RelayError::Status {
                        request_id: request_id.clone(),
                        source: Box::new(error),
                    });
                }
            }
            if let Some(progress) = progress {
                progress(&MintProgress {
                    request_id: request_id.clone(),
                    attempt,
                    attempts: *attempts,
                    elapsed: start.elapsed(),
                });
            }
            tokio::time::sleep(*interval).await;
            attempt += 1;
        }
    }

    /// The PKPs that an auth method may use.
    ///
    /// # Errors
    /// [`RelayError`].
    #[doc(alias = "fetchPKPsThroughRelayer")]
    pub async fn fetch_pkps(&self, method: &AuthMethod) -> Result<Vec<RelayPkp>, RelayError> {
        let method = RelayAuthMethod::try_from(method)
            .map_err(|source| RelayError::AuthMethod { index: 0, source })?;
        self.fetch_pkps_by_id(&method).await
    }

    /// The PKPs that the auth method with this id may use.
    ///
    /// # Errors
    /// [`RelayError`].
    pub async fn fetch_pkps_by_id(
        &self,
        method: &RelayAuthMethod,
    ) -> Result<Vec<RelayPkp>, RelayError> {
        self.post_for_pkps(method.fetch_body()).await
    }

    /// The PKPs that the relayer lists for a JSON body of your own.
    ///
    /// # Errors
    /// [`RelayError`].
    #[doc(alias = "fetchPKPs")]
    pub async fn fetch_pkps_raw(&self, body: &CompactJson) -> Result<Vec<RelayPkp>, RelayError> {
        self.post_for_pkps(body.as_str().to_owned()).await
    }

    async fn post_for_pkps(&self, body: String) -> Result<Vec<RelayPkp>, RelayError> {
        let request = self.post(FETCH, body)?;
        let answer: PkpsAnswer = self.call(FETCH, request, &[]).await?;
        answer.pkps.ok_or(RelayError::NoPkps)
    }

    /// Asks for the PKP of a key that a Lit Action claimed. `claim` has the members that nodes return: `derivedKeyId`,
    /// `authMethodType`, `signatures`, `pubkey`.
    ///
    /// # Errors
    /// [`RelayError`].
    #[doc(alias = "defaultMintClaimCallback")]
    pub async fn claim(&self, claim: &CompactJson) -> Result<RelayRequestId, RelayError> {
        self.post_for_request_id(CLAIM, claim.as_str().to_owned())
            .await
    }

    /// Asks for the PKP of a key that [`LitNodeClient::claim_key_id`](crate::LitNodeClient::claim_key_id) claimed for an auth
    /// method. Its public key is [`LitNodeClient::derived_public_key`](crate::LitNodeClient::derived_public_key).
    ///
    /// # Errors
    /// [`RelayError`]; [`RelayError::PublicKey`] for WebAuthn, since claims do not carry the public key of a credential.
    pub async fn claim_key(
        &self,
        claimed: &ClaimedKey,
        auth_method: &AuthMethod,
        public_key: &PkpPublicKey,
    ) -> Result<RelayRequestId, RelayError> {
        if is_webauthn(auth_method) {
            return Err(RelayError::PublicKey { index: 0 });
        }
        let body = claimed.relay_body(auth_method, public_key);
        self.post_for_request_id(CLAIM, body).await
    }

    /// The options with which a browser makes a WebAuthn credential, listed under the user name. Relayers have a default
    /// name.
    ///
    /// # Errors
    /// [`RelayError`].
    #[doc(alias = "generateRegistrationOptions")]
    pub async fn webauthn_registration_options(
        &self,
        user_name: Option<&str>,
    ) -> Result<CompactJson, RelayError> {
        let path = match user_name {
            Some(name) => format!("{WEBAUTHN_OPTIONS}?username={}", percent::encode(name)),
            None => WEBAUTHN_OPTIONS.to_owned(),
        };
        let request = HttpRequest::get(self.url.join(&path)?);
        self.call(WEBAUTHN_OPTIONS, request, &[]).await
    }

    /// Makes a payer: a wallet with a capacity credit that pays for users. Returns after the transactions are mined.
    ///
    /// # Errors
    /// [`RelayError`].
    pub async fn register_payer(&self) -> Result<RegisteredPayer, RelayError> {
        let request = HttpRequest::post(self.url.join(REGISTER_PAYER)?, Bytes::new());
        let answer: PayerAnswer = self.call(REGISTER_PAYER, request, &[]).await?;
        Ok(RegisteredPayer {
            wallet_address: answer.payer_wallet_address,
            secret_key: answer.payer_secret_key,
        })
    }

    /// Lets a payer pay for these users. Returns the hash of the transaction, which is not mined yet.
    ///
    /// # Errors
    /// [`RelayError`].
    pub async fn add_users(
        &self,
        payer: &PayerSecretKey,
        users: &[Address],
    ) -> Result<B256, RelayError> {
        let users: Vec<_> = users
            .iter()
            .map(|user| Value::from(user.to_checksum(None)))
            .collect();
        let secret = payer.expose_secret();
        let request = self
            .post(ADD_USERS, Value::from(users).to_string())?
            .with_header("payer-secret-key", secret);
        let answer: UsersAnswer = self.call(ADD_USERS, request, &[secret]).await?;
        Ok(answer.tx_hash)
    }

    async fn post_for_request_id(
        &self,
        path: &'static str,
        body: String,
    ) -> Result<RelayRequestId, RelayError> {
        let request = self.post(path, body)?;
        let answer: RequestIdAnswer = self.call(path, request, &[]).await?;
        let told = answer.error.and_then(|error| self.message(&error, &[]));
        answer.request_id.ok_or(RelayError::NoRequestId(told))
    }

    fn post(&self, path: &str, body: String) -> Result<HttpRequest, RelayError> {
        let request = HttpRequest::post(self.url.join(path)?, body.into());
        Ok(request.with_header("content-type", "application/json"))
    }

    /// Sends a request with the API key. `secrets` are further secrets of the request.
    async fn call<T: DeserializeOwned>(
        &self,
        path: &'static str,
        request: HttpRequest,
        secrets: &[&str],
    ) -> Result<T, RelayError> {
        observe(
            Operation::RelayRequest,
            self.exchange(path, request, secrets),
        )
        .await
    }

    async fn exchange<T: DeserializeOwned>(
        &self,
        path: &'static str,
        request: HttpRequest,
        secrets: &[&str],
    ) -> Result<T, RelayError> {
        let request = request.with_header("api-key", self.api_key.expose_secret());
        let answer = tokio::time::timeout(self.timeout, self.http.request(request))
            .await
            .unwrap_or(Err(TransportError::Timeout(self.timeout)))
            .map_err(|error| self.transport_error(error))?;
        if answer.body.len() > MAX_ANSWER_BYTES {
            let limit = MAX_ANSWER_BYTES;
            return Err(self.transport_error(TransportError::TooLarge { limit }));
        }
        // The official client reads the answer of a redirect too.
        if (200..400).contains(&answer.status) {
            return strict_json::from_slice(&answer.body)
                .map_err(|error| RelayError::unreadable(path, answer.status, error.into()));
        }
        let told = match strict_json::from_slice(&answer.body) {
            Ok(ErrorAnswer { error }) => error,
            Err(_) => Some(String::from_utf8_lossy(&answer.body).into()),
        };
        Err(RelayError::Refused {
            path,
            status: answer.status,
            message: told.and_then(|error| self.message(&error, secrets)),
        })
    }

    fn transport_error(&self, source: TransportError) -> RelayError {
        RelayError::Transport {
            relayer: self.url.origin().clone(),
            source,
        }
    }

    /// The relayer's message, fit for an error: short, on one line, without secrets.
    fn message(&self, error: &Value, secrets: &[&str]) -> Option<String> {
        let text = match error {
            Value::Null => return None,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let own = [self.api_key.expose_secret()];
        let text = without_secrets(text, secrets.iter().copied().chain(own));
        let shown = printable_line(&text, MAX_MESSAGE_CHARS).trim().to_owned();
        (!shown.is_empty()).then_some(shown)
    }
}

impl fmt::Debug for LitRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LitRelay")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}
