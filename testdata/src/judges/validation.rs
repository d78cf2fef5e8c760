use lit_sdk::session::format_session_sigs;
use lit_sdk::{ExecuteJs, LitNodeClient};
use lit_session_crypto::{parse_signed_message, validate_session_sig, validate_session_sigs};
use lit_types::{NodeUrl, SessionSigs, Timestamp};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json, value::RawValue};

use super::{block_on, stub_network};
use crate::{
    case::{self, Case},
    compare::Outcome,
    refusal::Refusal,
};

#[derive(Deserialize)]
struct Input {
    #[serde(rename = "fn")]
    function: String,
    now: Timestamp,
    arg: Box<RawValue>,
}

/// session-sig-validation: what can be told of session signatures without cryptography.
pub(super) fn judge(case: &Case) -> Outcome {
    let Input { function, now, arg } = case.input()?;
    let now = now.at();
    Ok(match function.as_str() {
        "validateSessionSig" => {
            let problems = validate_session_sig(&read(&arg)?, now)
                .err()
                .unwrap_or_default();
            validity(&problems.iter().map(ToString::to_string).collect::<Vec<_>>())
        }
        "validateSessionSigs" => match validate_session_sigs(&read(&arg)?, now) {
            Ok(()) => validity(&[]),
            Err(invalid) => validity(&invalid.errors()),
        },
        "parseSignedMessage" => {
            let fields = parse_signed_message(&read::<String>(&arg)?);
            // Of keys that repeat the last counts.
            fields
                .into_iter()
                .map(|(key, value)| (key, value.into()))
                .collect::<Map<_, _>>()
                .into()
        }
        "formatSessionSigs" => {
            let text: String = read(&arg)?;
            let sigs: SessionSigs =
                serde_json::from_str(&text).map_err(|error| Refusal::Stored(error.to_string()))?;
            format_session_sigs(&sigs, now)?.into()
        }
        "getSessionSigByUrl" => {
            #[derive(Deserialize)]
            #[serde(rename_all = "camelCase")]
            struct Arg {
                url: NodeUrl,
                session_sigs: Option<SessionSigs>,
            }
            let Arg { url, session_sigs } = read(&arg)?;
            let sigs = session_sigs.ok_or(Refusal::NotExpressible(
                "a look into session signatures without any",
            ))?;
            json!(sigs.for_node(&url)?)
        }
        function => return Err(Refusal::Malformed(format!("unknown function {function}"))),
    })
}

/// The node of the client that the calls of session-sig-preconditions are made with.
const NODE: &str = "https://192.0.2.11:7470";

/// session-sig-preconditions: calls that fail before anything is sent.
///
/// A Lit Action is run in place of every call: what all calls check of session signatures is the same code, and other
/// missing arguments cannot be expressed.
pub(super) fn preconditions(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    struct Input {
        #[serde(rename = "fn")]
        function: String,
        now: Timestamp,
        params: Params,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Params {
        to_sign: Option<Value>,
        pub_key: Option<Value>,
        session_sigs: Option<SessionSigs>,
    }
    let Input {
        function,
        now,
        params,
    } = case.input()?;
    if function == "pkpSign" && (params.to_sign.is_none() || params.pub_key.is_none()) {
        return Err(Refusal::NotExpressible("a signature without text or key"));
    }
    let sigs = params
        .session_sigs
        .ok_or(Refusal::NotExpressible("a call that nothing authorizes"))?;
    let nodes: Vec<NodeUrl> = vec![NODE.parse()?];
    let called = block_on(async {
        let client: LitNodeClient = stub_network::connect(nodes, "0".repeat(64), now).await?;
        client.execute_js(&sigs, &ExecuteJs::code("")).await
    })?;
    match called {
        Err(error @ (lit_sdk::Error::SessionSigs(_) | lit_sdk::Error::MissingNode(_))) => {
            Err(error.into())
        }
        other => Err(Refusal::Malformed(format!("the call was made: {other:?}"))),
    }
}

fn validity(errors: &[String]) -> Value {
    json!({ "isValid": errors.is_empty(), "errors": errors })
}

fn read<T: DeserializeOwned>(arg: &RawValue) -> Result<T, Refusal> {
    case::parse("argument", arg.get())
}
