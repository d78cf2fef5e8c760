use base64::{Engine, prelude::BASE64_STANDARD};
use lit_sdk::{
    LitAction, LitActionLogin, PkpLogin, SessionRequest,
    login::{AuthProvider, EthWalletProvider, IdTokenProvider, LitAuthClient},
    services::{IpfsGateways, LitRelay, RelayApiKey},
    session::SignSessionKey,
};
use lit_session_crypto::SessionKeyPair;
use lit_types::{AuthMethod, AuthSig, PkpPublicKey, Right};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    block_on, bytes32, json_text, resource::WireRequest, signing_nodes::Network, stub_http::nobody,
};
use crate::{case::Case, compare::Outcome, refusal::Refusal};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    #[serde(flatten)]
    network: Network,
    #[serde(rename = "fn")]
    function: Option<String>,
    session_seed: String,
    params: Params,
    resource_ability_requests: Option<Vec<WireRequest>>,
    auth_method: Option<AuthMethod>,
    session_sigs_params: Option<SessionSigsParams>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Params {
    pkp_public_key: Option<String>,
    #[serde(default)]
    auth_methods: Vec<AuthMethod>,
    lit_action_code: Option<String>,
    lit_action_ipfs_id: Option<String>,
    js_params: Option<Map<String, Value>>,
    ipfs_options: Option<IpfsOptions>,
    statement: Option<String>,
    domain: Option<String>,
    chain: Option<String>,
    chain_id: Option<u64>,
    expiration: Option<String>,
    #[serde(default)]
    capability_auth_sigs: Vec<AuthSig>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct IpfsOptions {
    gateway_url: String,
}

#[derive(Deserialize)]
struct SessionSigsParams {
    chain: String,
}

impl Input {
    fn key(&self) -> Result<SessionKeyPair, Refusal> {
        Ok(SessionKeyPair::from_seed(&bytes32(&self.session_seed)?))
    }

    fn pkp(&self) -> Result<PkpPublicKey, Refusal> {
        let key = self.params.pkp_public_key.as_deref();
        Ok(key
            .ok_or(Refusal::NotExpressible("a session of no PKP"))?
            .parse()?)
    }

    fn rights(&self) -> Result<Vec<Right>, Refusal> {
        let requests = self.resource_ability_requests.as_deref();
        WireRequest::build_all(requests.ok_or(Refusal::NotExpressible("a session without rights"))?)
    }

    fn action(&self) -> Result<Option<LitAction>, Refusal> {
        let params = &self.params;
        let action = match (&params.lit_action_code, &params.lit_action_ipfs_id) {
            (Some(_), Some(_)) => {
                return Err(Refusal::NotExpressible("an action with code and id"));
            }
            (Some(code), None) => {
                let code = BASE64_STANDARD.decode(code);
                let code = code.map_err(|error| Refusal::Malformed(error.to_string()))?;
                LitAction::code(String::from_utf8_lossy(&code))
            }
            (None, Some(cid)) => match &params.ipfs_options {
                Some(options) => {
                    // What it would give matters only if it were asked.
                    let gateways = IpfsGateways::new(nobody());
                    let gateways = gateways.with_gateway(&options.gateway_url)?;
                    block_on(gateways.fetch(cid))??
                }
                None => LitAction::ipfs_id(cid),
            },
            (None, None) => return Ok(None),
        };
        let js_params = params.js_params.clone().unwrap_or_default();
        Ok(Some(action.with_params(js_params)))
    }

    fn login(&self) -> Result<PkpLogin, Refusal> {
        let login =
            PkpLogin::new(self.pkp()?).with_auth_methods(self.params.auth_methods.iter().cloned());
        Ok(match self.action()? {
            Some(action) => login.with_lit_action(action),
            None => login,
        })
    }

    fn session(&self) -> Result<SessionRequest, Refusal> {
        let params = &self.params;
        let mut request = SessionRequest::new(self.rights()?)
            .with_session_key(self.key()?)
            .with_proofs(params.capability_auth_sigs.iter().cloned());
        if let Some(expiration) = &params.expiration {
            request = request.until(expiration.parse()?);
        }
        if let Some(domain) = &params.domain {
            request = request.with_domain(domain);
        }
        let chain = self
            .session_sigs_params
            .as_ref()
            .map(|params| &params.chain);
        if let Some(chain) = params.chain.as_ref().or(chain) {
            request = request.with_chain(chain);
        }
        Ok(request)
    }
}

/// sign-session-key: the network signs for a PKP.
pub(super) fn sign_session_key(case: &Case) -> Outcome {
    let input: Input = case.input()?;
    let params = &input.params;
    let pkp = input.pkp()?;
    let mut call = SignSessionKey::new(input.login()?, input.key()?.public_key(), input.rights()?);
    if let Some(expiration) = &params.expiration {
        call = call.until(expiration.parse()?);
    }
    if let Some(statement) = &params.statement {
        call = call.with_statement(statement);
    }
    if let Some(domain) = &params.domain {
        call = call.with_domain(domain);
    }
    if let Some(chain_id) = params.chain_id {
        call = call.with_chain_id(chain_id);
    }
    block_on(async {
        let (client, nodes) = input.network.connect().await?;
        let auth_sig = client.sign_session_key(&call).await?;
        Ok(json!({
            "requests": nodes.requests()?,
            "authSig": json_text(&auth_sig)?,
            "pkpPublicKey": pkp.to_string().trim_start_matches("0x"),
        }))
    })?
}

/// pkp-session-sigs: the whole way to sessions that PKPs authorize.
pub(super) fn session_sigs(case: &Case) -> Outcome {
    let input: Input = case.input()?;
    let request = input.session()?;
    let login = input.login()?;
    block_on(async {
        let (client, nodes) = input.network.connect().await?;
        let sigs = match input.function.as_deref() {
            Some("getPkpSessionSigs") => client.get_pkp_session_sigs(&request, &login).await?,
            Some("getLitActionSessionSigs") => {
                let action = input.action()?;
                let action = action.ok_or(Refusal::NotExpressible("a login by no action"))?;
                let login = LitActionLogin::new(input.pkp()?, action);
                client.get_lit_action_session_sigs(&request, &login).await?
            }
            _ => return Err(Refusal::Malformed("unknown function".to_owned())),
        };
        Ok(json!({ "requests": nodes.requests()?, "sessionSigs": json_text(&sigs)? }))
    })?
}

/// provider-session-sigs: the same by way of a provider of auth methods.
pub(super) fn provider_session_sigs(case: &Case) -> Outcome {
    let input: Input = case.input()?;
    let request = input.session()?;
    let pkp = input.pkp()?;
    let method = input.auth_method.as_ref();
    let method = method.ok_or_else(|| Refusal::Malformed("no auth method".to_owned()))?;
    block_on(async {
        let (client, nodes) = input.network.connect().await?;
        let key = RelayApiKey::new("").map_err(|error| Refusal::Malformed(error.to_string()))?;
        let server = nobody();
        let relay = LitRelay::with_http_client(server, "https://relay.example", key)?;
        let client = LitAuthClient::new(client, relay);
        let provider: Box<dyn AuthProvider> = match method.auth_method_type.get() {
            1 => Box::new(EthWalletProvider::new(client)),
            6 => Box::new(IdTokenProvider::google(
                client,
                "https://app.example".parse()?,
            )),
            other => return Err(Refusal::Malformed(format!("no provider of type {other}"))),
        };
        let sigs = provider.get_session_sigs(pkp, method, &request).await?;
        Ok(json!({ "requests": nodes.requests()?, "sessionSigs": json_text(&sigs)? }))
    })?
}
