mod callback;

use std::collections::BTreeMap;

use lit_recap::ReCap;
use lit_sdk::{Error, SessionRequest};
use lit_session_crypto::{Session, SessionKeyPair};
use lit_types::{AuthSig, NodeUrl, SessionSigs, Timestamp, constants::storage_keys};
use serde::Deserialize;
use serde_json::{Value, json};

use self::callback::Callback;
use super::{block_on, bytes32, json_text, recap, resource::WireRequest, stub_network, wallet};
use crate::{case::Case, compare::Outcome, refusal::Refusal};

/// Input of session-sigs.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Input {
    now: Timestamp,
    nodes: Vec<NodeUrl>,
    blockhash: String,
    session_seed: Option<String>,
    pub(crate) wallet_key: String,
    pub(crate) params: Params,
    resource_ability_requests: Option<Vec<WireRequest>>,
    pub(crate) callback: String,
    #[serde(default)]
    capability_auth_sigs: Vec<AuthSig>,
    capacity_delegation_auth_sig: Option<AuthSig>,
    pub(crate) session_capability_object: Option<CapabilityObject>,
    client_ready: Option<bool>,
    storage: Option<BTreeMap<String, String>>,
}

/// Parameters of `getSessionSigs`, without those that only pass through to the callback.
#[derive(Deserialize)]
pub(crate) struct Params {
    chain: Option<String>,
    pub(crate) domain: Option<String>,
    expiration: Option<String>,
}

/// A capability object as the vectors write it.
#[derive(Deserialize)]
pub(crate) struct CapabilityObject {
    attenuations: Value,
}

impl Input {
    /// The session key, from the parameters or from storage.
    pub(crate) fn session_key(&self) -> Result<Option<SessionKeyPair>, Refusal> {
        match (&self.session_seed, self.stored(storage_keys::SESSION_KEY)) {
            (Some(seed), _) => Ok(Some(SessionKeyPair::from_seed(&bytes32(seed)?))),
            (None, Some(json)) => Ok(Some(SessionKeyPair::from_stored_json(json)?)),
            (None, None) => Ok(None),
        }
    }

    /// What the session asks for, as a ReCap.
    pub(crate) fn requested(&self) -> Result<ReCap, Refusal> {
        let requests = WireRequest::build_all(
            self.resource_ability_requests
                .as_deref()
                .unwrap_or_default(),
        )?;
        ReCap::from_requests(&requests).map_err(|error| Refusal::Siwe(error.into()))
    }

    fn request(&self) -> Result<SessionRequest, Refusal> {
        let requests = self.resource_ability_requests.as_deref();
        let requests = requests.ok_or(Refusal::NotExpressible("a session without requests"))?;
        let proofs = self
            .capability_auth_sigs
            .iter()
            .chain(&self.capacity_delegation_auth_sig)
            .cloned();
        let mut request =
            SessionRequest::new(WireRequest::build_all(requests)?).with_proofs(proofs);
        if let Some(expiration) = &self.params.expiration {
            request = request.until(expiration.parse()?);
        }
        if let Some(domain) = &self.params.domain {
            request = request.with_domain(domain);
        }
        if let Some(chain) = &self.params.chain {
            request = request.with_chain(chain);
        }
        if let Some(key) = self.session_key()? {
            request = request.with_session_key(key);
        }
        if let Some(root) = self.stored(storage_keys::WALLET_SIGNATURE) {
            let root =
                serde_json::from_str(root).map_err(|error| Refusal::Stored(error.to_string()))?;
            request = request.with_root(root);
        }
        Ok(request)
    }

    /// A stored value; an empty one counts as none.
    fn stored(&self, key: &str) -> Option<&str> {
        self.storage
            .as_ref()?
            .get(key)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// The storage after the session was made, where there is one: what our session gives to be kept.
    fn storage_after(&self, session: &Session) -> Result<Value, Refusal> {
        let Some(before) = &self.storage else {
            return Ok(Value::Null);
        };
        let mut storage = before.clone();
        storage.insert(
            storage_keys::WALLET_SIGNATURE.to_owned(),
            json_text(session.root())?,
        );
        if self.session_seed.is_none() {
            let pair = session.key_pair().expose_stored_json().to_string();
            storage.insert(storage_keys::SESSION_KEY.to_owned(), pair);
        }
        Ok(json!(storage))
    }
}

/// session-sigs: the whole way from the parameters to one signature per node, over nodes that only greet.
pub(super) fn judge(case: &Case) -> Outcome {
    let input: Input = case.input()?;
    let request = input.request()?;
    let capability = input.session_capability_object.as_ref();
    let capability = capability
        .map(|object| recap::from_attenuations(&object.attenuations))
        .transpose()?;
    let callback = Callback::new(
        case,
        &input.callback,
        wallet(&input.wallet_key)?,
        capability,
    )?;

    let made = block_on(make(&input, &request, &callback))?;
    let (session, sigs) = made.map_err(|error| Refusal::Session {
        error,
        calls: callback.calls().len(),
    })?;
    Ok(json!({
        "callbackCalls": callback.calls(),
        "sessionSigs": json_text(&sigs)?,
        "storage": input.storage_after(&session)?,
    }))
}

/// The session of a case that only says who asks for what: the storage vectors.
pub(super) fn wallet_session(case: &Case) -> Result<Session, Refusal> {
    let mut input: Value = case.input()?;
    input["callback"] = "recaps".into();
    input["params"] = json!({});
    let input: Input = crate::case::parse("input", &input.to_string())?;
    let callback = Callback::new(case, &input.callback, wallet(&input.wallet_key)?, None)?;
    let made = block_on(make(&input, &input.request()?, &callback))?;
    let (session, _) = made.map_err(|error| Refusal::Session {
        error,
        calls: callback.calls().len(),
    })?;
    Ok(session)
}

async fn make(
    input: &Input,
    request: &SessionRequest,
    callback: &Callback,
) -> Result<(Session, SessionSigs), Error> {
    // A client cannot be connected to no nodes; a session can sign for none.
    let nodes = match input.nodes.as_slice() {
        [] => "https://192.0.2.1:7470".parse().into_iter().collect(),
        nodes => nodes.to_vec(),
    };
    let client = stub_network::connect(nodes, input.blockhash.clone(), input.now.clone()).await?;
    if input.client_ready == Some(false) {
        client.disconnect();
    }
    let session = client.session(request, callback).await?;
    let sigs = match input.nodes.as_slice() {
        [] => session.sign_for([], input.now.at())?,
        _ => client.session_sigs(&session)?,
    };
    Ok((session, sigs))
}

/// The root AuthSig in the document of a session signature: the last capability.
pub(crate) fn root_of(template: &str) -> Result<AuthSig, Refusal> {
    #[derive(Deserialize)]
    struct Template {
        capabilities: Vec<AuthSig>,
    }
    let template: Template = crate::case::parse("signedMessage", template)?;
    template
        .capabilities
        .into_iter()
        .next_back()
        .ok_or_else(|| Refusal::Malformed("no capabilities".to_owned()))
}
