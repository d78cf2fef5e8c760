use std::sync::Arc;

use alloy_primitives::Address;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use lit_sdk::auth_method::{auth_method_id, webauthn_public_key};
use lit_sdk::{
    LitNodeClient,
    login::{
        DiscordProvider, EthWalletOptions, EthWalletProvider, LitAuthClient, StytchFactor,
        StytchFactorProvider, StytchOtpProvider,
    },
    services::LitRelay,
};
use lit_test_fakes::FakeHttp;
use lit_types::{AuthMethod, NodeUrl, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    block_on,
    relay::describe,
    stub_http::{Answer, nobody, server},
    stub_network, wallet,
};
use crate::{case::Case, compare::Outcome, refusal::Refusal};

/// ethwallet-authenticate: a wallet signs in.
pub(super) fn eth_wallet(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        now: Timestamp,
        private_key: String,
        blockhash: String,
        params: Params,
    }
    #[derive(Deserialize)]
    struct Params {
        address: Option<String>,
        chain: Option<String>,
        expiration: Option<Timestamp>,
        domain: Option<String>,
        origin: Option<String>,
    }
    let input: Input = case.input()?;
    if case.is_about("without options") || case.is_about("signer without") {
        return Err(Refusal::NotExpressible("a signer that is none"));
    }
    let wallet = wallet(&input.private_key)?;
    let params = input.params;
    if let Some(address) = params.address {
        let address: Address = address.parse().map_err(|_| {
            Refusal::EthersAddress(format!("{address} is given for the address of a wallet"))
        })?;
        if address != wallet.address() {
            return Err(Refusal::NotExpressible("a signer knows its own address"));
        }
    }
    let mut options = EthWalletOptions::default();
    let (domain, origin) = match case.text_at("/via") {
        // What the provider was made with can only be read off the result.
        Some(_) => recorded_site(case)?,
        None => (params.domain, params.origin),
    };
    if let Some(domain) = domain {
        options = options.with_domain(domain);
    }
    if let Some(origin) = origin {
        options = options.with_origin(origin);
    }
    if let Some(chain) = params.chain {
        options = options.with_chain(chain);
    }
    if let Some(expiration) = params.expiration {
        options = options.with_expiration(expiration);
    }
    let (blockhash, now) = (input.blockhash, input.now);
    let method = block_on(async {
        let client = stub_network::connect(vec![any_node()?], blockhash, now).await?;
        Ok::<_, Refusal>(EthWalletProvider::authenticate_with(&client, &wallet, &options).await?)
    })??;
    let auth_sig: Value = crate::case::parse("access token", &method.access_token)?;
    Ok(json!({
        "authMethodId": auth_method_id(&method)?.to_string(),
        "authMethod": method,
        "authSig": auth_sig,
    }))
}

/// The domain and the URI of the recorded message.
fn recorded_site(case: &Case) -> Result<(Option<String>, Option<String>), Refusal> {
    let official = case.official_value(&[])?.unwrap_or_default();
    let message = official["authSig"]["signedMessage"].as_str();
    let message = message.unwrap_or_default();
    let domain = message.split_once(" wants you").map(|(domain, _)| domain);
    let origin = message.lines().find_map(|line| line.strip_prefix("URI: "));
    Ok((domain.map(str::to_owned), origin.map(str::to_owned)))
}

/// stytch-authenticate: sessions with one-time passwords.
pub(super) fn stytch(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    struct Input {
        provider: String,
        config: Config,
        options: Option<Options>,
        factor: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Config {
        app_id: String,
        user_id: Option<String>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Options {
        access_token: Option<String>,
    }
    let input: Input = case.input()?;
    let token = input.options.and_then(|options| options.access_token);
    let token = token.ok_or(Refusal::NotExpressible("a login without a token"))?;
    let client = auth_client(&nobody())?;
    let method = match (input.provider.as_str(), input.factor.as_deref()) {
        ("StytchOtpProvider", None) => {
            let provider = StytchOtpProvider::new(client, input.config.app_id);
            let provider = match input.config.user_id {
                Some(user_id) => provider.with_user_id(user_id),
                None => provider,
            };
            provider.authenticate(&token)?
        }
        ("StytchAuthFactorOtpProvider", Some(factor)) => {
            let factor = match factor {
                "email" => StytchFactor::Email,
                "sms" => StytchFactor::Sms,
                "whatsApp" => StytchFactor::WhatsApp,
                "totp" => StytchFactor::Totp,
                _ => return Err(Refusal::Malformed(format!("unknown factor {factor}"))),
            };
            StytchFactorProvider::new(client, factor).authenticate(&token)?
        }
        (provider, _) => return Err(Refusal::Malformed(format!("unknown provider {provider}"))),
    };
    Ok(json!(method))
}

/// webauthn-pubkey: the key in a registration.
pub(super) fn webauthn_key(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        attestation_object: String,
    }
    let input: Input = case.input()?;
    let object = URL_SAFE_NO_PAD
        .decode(&input.attestation_object)
        .map_err(|error| Refusal::Malformed(error.to_string()))?;
    Ok(json!({ "publicKey": webauthn_public_key(&object)? }))
}

/// The id of a Discord login, and what Discord was asked.
pub(super) fn discord_id(
    method: &AuthMethod,
    client_id: Option<&str>,
    answer: Answer,
) -> Result<(String, Vec<Value>), Refusal> {
    use lit_sdk::login::AuthProvider;

    let server = server(vec![answer]);
    let redirect_uri = "https://app.example".parse()?;
    let provider = DiscordProvider::new(auth_client(&server)?, redirect_uri);
    let provider = match client_id {
        Some(client_id) => provider.with_client_id(client_id),
        None => provider,
    };
    let id = block_on(provider.auth_method_id(method))??;
    let requests = server.requests();
    Ok((id.to_string(), requests.iter().map(describe).collect()))
}

/// A client of a network that only greets.
fn auth_client(server: &Arc<FakeHttp>) -> Result<LitAuthClient, Refusal> {
    let client = block_on(greeting_client())??;
    let relay = LitRelay::with_http_client(server.clone(), "https://relay.example", "")?;
    Ok(LitAuthClient::new(client, relay))
}

/// The node client of that network.
pub(super) async fn greeting_client() -> Result<LitNodeClient, Refusal> {
    let now = Timestamp::from_unix_millis(0)?;
    Ok(stub_network::connect(vec![any_node()?], "0".repeat(64), now).await?)
}

fn any_node() -> Result<NodeUrl, Refusal> {
    Ok("https://192.0.2.1:7470".parse()?)
}
