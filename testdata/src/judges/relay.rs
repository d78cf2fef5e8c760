use std::{sync::Arc, time::Duration};

use lit_node_transport::HttpRequest;
use lit_sdk::{
    login::{LitAuthClient, ProviderType},
    services::{
        LitRelay, MintRequest, OwnerChoice, Polling, RelayAuthMethod, RelayError, RelayPkp,
        RelayRequestId,
    },
};
use lit_test_fakes::FakeHttp;
use lit_types::{AuthMethod, CompactJson, LitNetwork, constants::AuthMethodScope};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json, value::RawValue};

use super::{
    auth_provider::greeting_client,
    block_on,
    stub_http::{self, Answer},
};
use crate::{
    case::{self, Case},
    compare::Outcome,
    refusal::Refusal,
};

#[derive(Deserialize)]
struct Input {
    call: String,
    #[serde(default)]
    config: Config,
    args: Vec<Box<RawValue>>,
    http: Vec<Answer>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Config {
    relay_url: Option<String>,
    relay_api_key: Option<String>,
}

/// relay: what a relayer is asked, and what becomes of its answers. What a call throws stands in the result, beside the
/// requests it made.
pub(super) fn judge(case: &Case) -> Outcome {
    let input: Input = case.input()?;
    let server = stub_http::server(input.http.clone());
    let (name, outcome) = match block_on(input.carry_out(&server))? {
        Ok(value) => ("result", value),
        Err(refusal @ (Refusal::Malformed(_) | Refusal::NotExpressible(_))) => return Err(refusal),
        Err(refusal) => ("throws", thrown(&refusal)),
    };
    let requests: Vec<_> = server.requests().iter().map(describe).collect();
    Ok(json!({ "requests": requests, name: outcome }))
}

/// What is compared of an error.
pub(super) fn thrown(refusal: &Refusal) -> Value {
    match refusal.sdk_code() {
        Some(code) => {
            json!({ "name": code.name(), "code": code.code(), "kind": code.kind().to_string() })
        }
        None => json!({}),
    }
}

pub(super) fn describe(request: &HttpRequest) -> Value {
    let header = |(name, value): &(&str, String)| {
        let name = match *name {
            "content-type" => "Content-Type",
            other => other,
        };
        (name.to_owned(), value.clone().into())
    };
    let headers: Map<String, Value> = request.headers.iter().map(header).collect();
    let mut shown = json!({
        "method": request.method.as_str(),
        "url": request.url.as_str(),
        "headers": headers,
    });
    if !request.body.is_empty() {
        shown["bodyText"] = String::from_utf8_lossy(&request.body).into();
    }
    shown
}

impl Input {
    async fn carry_out(&self, server: &Arc<FakeHttp>) -> Result<Value, Refusal> {
        match self.call.as_str() {
            "LitRelay.getRelayUrl" => {
                Ok(LitRelay::url_of(network(&self.arg::<String>(0)?)?)?.into())
            }
            "EthWalletProvider.prepareRelayRequestData" => {
                let method = prepared(&self.arg(0)?)?;
                Ok(json!({
                    "authMethodType": method.auth_method_type(),
                    "authMethodId": method.id(),
                }))
            }
            "defaultMintClaimCallback" => self.claim(server).await,
            call => self.ask(call, &self.relay(server)?).await,
        }
    }

    async fn ask(&self, call: &str, relay: &LitRelay) -> Result<Value, Refusal> {
        Ok(match call {
            "LitRelay.mintPKP" => {
                let request = relay.start_mint_raw(&self.body()?).await?;
                json!({ "requestId": request })
            }
            "LitRelay.fetchPKPs" => {
                let pkps = relay.fetch_pkps_raw(&self.body()?).await?;
                json!({ "pkps": pkps.iter().map(listed).collect::<Vec<_>>() })
            }
            "LitRelay.pollRequestUntilTerminalState" => {
                let id: RelayRequestId = self.arg(0)?;
                // The pause is left out: nobody sees it here.
                let polling = Polling::default()
                    .with_interval(Duration::ZERO)
                    .with_attempts(self.arg(2)?);
                let relay = relay.clone().with_polling(polling);
                let mut minted = pkp(&relay.wait_for_mint(&id).await?);
                minted["status"] = lit_types::constants::relay_status::SUCCEEDED.into();
                minted
            }
            "LitRelay.mintPKPWithAuthMethods" => {
                let methods: Vec<AuthMethod> = self.arg(0)?;
                let request = self.request(MintRequest::for_auth_methods(&methods), false)?;
                pkp(&relay.mint(&request).await?)
            }
            "LitRelay.generateRegistrationOptions" => {
                let name: Option<String> = match self.args.first() {
                    Some(_) => Some(self.arg(0)?),
                    None => None,
                };
                relay
                    .webauthn_registration_options(name.as_deref())
                    .await?
                    .to_value()
            }
            "EthWalletProvider.mintPKPThroughRelayer" => {
                let client = LitAuthClient::new(greeting_client().await?, relay.clone());
                let provider = client.init_provider(ProviderType::EthWallet);
                let choice = provider.mint_request(&self.arg(0)?).await?;
                let request = self.request(choice, true)?;
                json!(relay.start_mint(&request).await?)
            }
            "EthWalletProvider.fetchPKPsThroughRelayer" => {
                let pkps = relay.fetch_pkps(&self.arg(0)?).await?;
                pkps.iter().map(listed).collect()
            }
            call => return Err(Refusal::Malformed(format!("unknown call {call}"))),
        })
    }

    async fn claim(&self, server: &Arc<FakeHttp>) -> Result<Value, Refusal> {
        let claim: CompactJson = self.arg(0)?;
        let config: Config = self.arg(0)?;
        let network = network(&self.arg::<String>(1)?)?;
        let url = match &config.relay_url {
            Some(url) => url,
            None => LitRelay::url_of(network)?,
        };
        let key = config
            .relay_api_key
            .as_deref()
            .unwrap_or(LitRelay::DEFAULT_CLAIM_API_KEY);
        let relay = relay(server, url, key)?;
        Ok(json!(relay.claim(&claim).await?))
    }

    /// The relayer of the configuration, the defaults being those of the official client.
    fn relay(&self, server: &Arc<FakeHttp>) -> Result<LitRelay, Refusal> {
        let url = match &self.config.relay_url {
            Some(url) => url,
            None => LitRelay::url_of(LitNetwork::DatilDev)?,
        };
        relay(
            server,
            url,
            self.config.relay_api_key.as_deref().unwrap_or_default(),
        )
    }

    fn arg<T: DeserializeOwned>(&self, index: usize) -> Result<T, Refusal> {
        let argument = self
            .args
            .get(index)
            .ok_or_else(|| Refusal::Malformed(format!("no argument {index}")))?;
        case::parse("argument", argument.get())
    }

    /// The first argument, which is a body as text.
    fn body(&self) -> Result<CompactJson, Refusal> {
        let text: String = self.arg(0)?;
        CompactJson::parse(&text).map_err(|error| Refusal::Malformed(error.to_string()))
    }

    /// Members of the official options that ours have a setting for.
    /// The second argument of the call. `to_itself` is the owner that the official client defaults to.
    fn request(&self, choice: OwnerChoice, to_itself: bool) -> Result<MintRequest, Refusal> {
        let options = match self.args.get(1) {
            Some(_) => self.arg::<Map<String, Value>>(1)?,
            None => Map::new(),
        };
        let sent = options
            .get("sendPkpToitself")
            .or(options.get("sendPkpToItself"));
        let mut request = match sent.and_then(Value::as_bool).unwrap_or(to_itself) {
            true => choice.owned_by_pkp(),
            false => choice.owned_by_relayer(),
        };
        for (name, value) in options {
            request = match (name.as_str(), &value) {
                ("pkpPermissionScopes" | "permittedAuthMethodScopes", _) => {
                    request.with_scopes_by_method(scopes(&value)?)
                }
                ("sendPkpToitself" | "sendPkpToItself", Value::Bool(_)) => request,
                ("addPkpEthAddressAsPermittedAddress", Value::Bool(permitted)) => {
                    request.with_own_address_permitted(*permitted)
                }
                // The only one.
                ("keyType", key_type) if *key_type == 2 => request,
                _ => return Err(Refusal::NotExpressible("there is no such option")),
            };
        }
        Ok(request)
    }
}

fn relay(server: &Arc<FakeHttp>, url: &str, key: &str) -> Result<LitRelay, Refusal> {
    Ok(LitRelay::with_http_client(server.clone(), url, key)?)
}

fn network(name: &str) -> Result<LitNetwork, Refusal> {
    name.parse()
        .map_err(|error: lit_types::UnknownNetwork| Refusal::Malformed(error.to_string()))
}

fn prepared(method: &AuthMethod) -> Result<RelayAuthMethod, Refusal> {
    let method = RelayAuthMethod::try_from(method);
    Ok(method.map_err(|source| RelayError::AuthMethod { index: 0, source })?)
}

fn scopes(value: &Value) -> Result<Vec<Vec<AuthMethodScope>>, Refusal> {
    let numbers: Vec<Vec<u8>> = case::parse("scopes", &value.to_string())?;
    let scope = |number| match number {
        0 => Ok(AuthMethodScope::NoPermissions),
        1 => Ok(AuthMethodScope::SignAnything),
        2 => Ok(AuthMethodScope::PersonalSign),
        _ => Err(Refusal::NotExpressible("there is no such scope")),
    };
    numbers
        .into_iter()
        .map(|scopes| scopes.into_iter().map(scope).collect())
        .collect()
}

/// A PKP as it stands in a status.
fn pkp(pkp: &RelayPkp) -> Value {
    json!({
        "pkpTokenId": pkp.token_id.to_string(),
        "pkpPublicKey": pkp.told_public_key,
        "pkpEthAddress": pkp.eth_address.to_checksum(None),
    })
}

/// A PKP as it stands in a list. Its id is a number, which the file writes in decimal.
fn listed(pkp: &RelayPkp) -> Value {
    json!({
        "tokenId": pkp.token_id.to_decimal(),
        "publicKey": pkp.told_public_key,
        "ethAddress": pkp.eth_address.to_checksum(None),
    })
}
