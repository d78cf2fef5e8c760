use lit_node_transport::HttpUrl;

use super::{
    AuthProvider, DiscordProvider, EthWalletProvider, IdTokenProvider, StytchFactor,
    StytchFactorProvider, StytchOtpProvider, WebAuthnProvider,
};
use crate::{LitNodeClient, services::LitRelay};

/// Makes auth providers for a network and a relayer. It is cheap to clone.
///
/// ```no_run
/// use lit_sdk::{AuthMethod, LitNodeClient, login::{LitAuthClient, ProviderType}, services::LitRelay};
///
/// # async fn run(client: LitNodeClient, relay: LitRelay, method: AuthMethod) -> Result<(), Box<dyn std::error::Error>> {
/// let auth_client = LitAuthClient::new(client, relay);
/// let provider = auth_client.init_provider(ProviderType::EthWallet);
/// let request = provider.mint_request(&method).await?.owned_by_pkp();
/// let pkp = auth_client.relay().mint(&request).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct LitAuthClient {
    node_client: LitNodeClient,
    relay: LitRelay,
}

impl LitAuthClient {
    /// A client for this network and this relayer.
    #[doc(alias("relayApiKey", "litRelayConfig"))]
    #[must_use]
    pub const fn new(node_client: LitNodeClient, relay: LitRelay) -> Self {
        Self { node_client, relay }
    }

    /// The client of the network.
    #[must_use]
    pub const fn node_client(&self) -> &LitNodeClient {
        &self.node_client
    }

    /// The relayer.
    #[must_use]
    pub const fn relay(&self) -> &LitRelay {
        &self.relay
    }

    /// A provider as the common trait. To log in, use the provider's own type, such as [`DiscordProvider::new`].
    #[doc(alias = "initProvider")]
    #[must_use]
    pub fn init_provider(&self, provider: ProviderType) -> Box<dyn AuthProvider> {
        let auth_client = self.clone();
        match provider {
            ProviderType::EthWallet => Box::new(EthWalletProvider::new(auth_client)),
            ProviderType::WebAuthn => Box::new(WebAuthnProvider::new(auth_client)),
            ProviderType::Discord { redirect_uri } => {
                Box::new(DiscordProvider::new(auth_client, redirect_uri))
            }
            ProviderType::Google { redirect_uri } => {
                Box::new(IdTokenProvider::google(auth_client, redirect_uri))
            }
            ProviderType::Apple { redirect_uri } => {
                Box::new(IdTokenProvider::apple(auth_client, redirect_uri))
            }
            ProviderType::StytchOtp { app_id, user_id } => {
                let provider = StytchOtpProvider::new(auth_client, app_id);
                Box::new(match user_id {
                    Some(user_id) => provider.with_user_id(user_id),
                    None => provider,
                })
            }
            ProviderType::StytchFactor(factor) => {
                Box::new(StytchFactorProvider::new(auth_client, factor))
            }
        }
    }
}

/// The auth providers and their settings.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProviderType {
    /// A wallet.
    EthWallet,
    /// A passkey.
    WebAuthn,
    /// Discord.
    Discord {
        /// The URL that the browser returns to after the login.
        redirect_uri: HttpUrl,
    },
    /// Google, by a login through the gateway or with an id token.
    Google {
        /// The URL that the browser returns to after the login.
        redirect_uri: HttpUrl,
    },
    /// Apple.
    Apple {
        /// The URL that the browser returns to after the login.
        redirect_uri: HttpUrl,
    },
    /// One-time passwords of Stytch, by user.
    StytchOtp {
        /// The id of the Stytch project.
        app_id: String,
        /// The only accepted user, if there is one.
        user_id: Option<String>,
    },
    /// One-time passwords of Stytch, by e-mail address, phone number or authenticator.
    StytchFactor(StytchFactor),
}
