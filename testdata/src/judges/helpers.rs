use lit_node_transport::{datil, most_common};
use lit_recap::{ReCap, RecapAbility};
use lit_session_crypto::{SessionKeyError, SessionPublicKey};
use lit_types::{
    LitResource, NodeUrl, Timestamp, TokenId,
    constants::{ACCESS_CONTROL_JWT_LIFETIME, DEFAULT_SESSION_LIFETIME, SESSION_KEY_URI_PREFIX},
    wire::Endpoint,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json, value::RawValue};

use super::{recap, siwe};
use crate::{
    case::{self, Case},
    compare::Outcome,
    refusal::Refusal,
};

/// helpers: small functions of the paths of authentication.
pub(super) fn judge(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    struct Input {
        #[serde(rename = "fn")]
        function: String,
        args: Vec<Box<RawValue>>,
    }
    let input: Input = case.input()?;
    let call = Call { args: &input.args };
    Ok(match input.function.as_str() {
        "sanitizeSiweMessage" => sanitise(&call.arg::<String>()?)?.into(),
        "normalizeAndStringify" => datil::normalize_signed_text(&call.arg::<String>()?).into(),
        "mostCommonString" => json!(most_common(call.arg::<Vec<String>>()?)),
        "hexPrefixed" | "removeHexPrefix" => return hex_text(&call.arg::<String>()?),
        "encodeCode" => datil::encode_code(&call.arg::<String>()?).into(),
        "parseAsJsonOrString" => datil::json_or_text(&call.arg::<String>()?),
        "removeDoubleQuotes" => datil::unquote(call.arg()?),
        "composeLitUrl" => compose_url(call.arg()?)?.into(),
        "createCapacityCreditsResourceData" => siwe::delegation(call.raw()?)?.nota_bene().into(),
        "getJWTParams" => {
            let iat = clock(case)?.at().unix_timestamp();
            json!({ "iat": iat, "exp": iat + ACCESS_CONTROL_JWT_LIFETIME.as_secs() as i64 })
        }
        "getExpiration" => clock(case)?
            .checked_add(DEFAULT_SESSION_LIFETIME)?
            .as_str()
            .into(),
        "getSessionKeyUri" => session_key_uri(&call.arg::<String>()?)?.into(),
        "generateSessionCapabilityObjectWithWildcards" => capability(&ReCap::new()),
        // The resources the official function was called with stand in its description only.
        "static generateSessionCapabilityObjectWithWildcards(addAllCapabilities)" => {
            let mut all = ReCap::new();
            all.grant_all(&LitResource::any_pkp());
            all.grant_all(&LitResource::any_lit_action());
            capability(&all)
        }
        function => return Err(Refusal::Malformed(format!("unknown function {function}"))),
    })
}

/// The part of a capability object that these cases show.
fn capability(recap: &ReCap) -> Value {
    let mut shown = recap::describe(recap);
    if let Value::Object(members) = &mut shown {
        members.retain(|name, _| ["attenuations", "urn", "statement"].contains(&name.as_str()));
    }
    shown
}

/// The clock of the vectors of this repository, in Unix seconds.
const CLOCK: i64 = 1_736_944_496;

/// The time of the call: the second that the file shows, and the millisecond of the result, which helpers pass on.
fn clock(case: &Case) -> Result<Timestamp, Refusal> {
    let seconds = case.file_clock.unwrap_or(CLOCK);
    let result = case.official_value(&[])?;
    let result = result
        .as_ref()
        .and_then(|result| result.as_str()?.parse::<Timestamp>().ok());
    let millis = result.map_or(0, |result| result.unix_millis().rem_euclid(1000));
    Ok(Timestamp::from_unix_millis(seconds * 1000 + millis)?)
}

struct Call<'a> {
    args: &'a [Box<RawValue>],
}

impl Call<'_> {
    /// The one argument, as text.
    fn raw(&self) -> Result<&str, Refusal> {
        let first = self
            .args
            .first()
            .ok_or_else(|| Refusal::Malformed("no argument".to_owned()))?;
        Ok(first.get())
    }

    /// The one argument.
    fn arg<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        case::parse("argument", self.raw()?)
    }
}

/// The crate cleans whole statements only, so the text travels inside one, as the name of a resource.
fn sanitise(text: &str) -> Result<String, Refusal> {
    const MARK: &str = "MARK";
    let statement = |resource: &str| {
        let mut recap = ReCap::new();
        recap.attenuate(
            resource.to_owned(),
            RecapAbility::any(),
            serde_json::Map::new(),
        );
        recap.display_statement()
    };
    let frame = statement(MARK);
    let cleaned = statement(text);
    let inner = frame
        .split_once(MARK)
        .and_then(|(before, after)| cleaned.strip_prefix(before)?.strip_suffix(after));
    inner
        .map(str::to_owned)
        .ok_or_else(|| Refusal::Malformed(format!("{cleaned} has lost its frame")))
}

/// We have no functions that add or remove `0x`, because what reads hex takes both forms, which is checked here.
fn hex_text(text: &str) -> Outcome {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let read = (
        TokenId::from_hex(digits),
        TokenId::from_hex(&format!("0x{digits}")),
    );
    if read.0 != read.1 {
        return Err(Refusal::Malformed(format!(
            "{text} is read as {:?} and {:?}",
            read.0, read.1
        )));
    }
    Err(Refusal::NotExpressible(
        "a hex text is a number, an id or a key, never a text",
    ))
}

#[derive(Deserialize)]
struct UrlParts {
    url: String,
    endpoint: EndpointParts,
}

#[derive(Deserialize)]
struct EndpointParts {
    path: String,
    version: String,
}

fn compose_url(parts: UrlParts) -> Result<String, Refusal> {
    let node: NodeUrl = parts.url.parse()?;
    let path = parts.endpoint.path + &parts.endpoint.version;
    let endpoint = Endpoint::ALL
        .into_iter()
        .find(|endpoint| endpoint.path() == path);
    Ok(node.endpoint(endpoint.ok_or(Refusal::NotExpressible(
        "an endpoint that nodes do not have",
    ))?))
}

fn session_key_uri(text: &str) -> Result<String, Refusal> {
    match text.parse::<SessionPublicKey>() {
        Ok(key) => Ok(key.uri()),
        // The official function takes any text. Half of all 32-byte texts are no key, and no key makes them a URI.
        Err(SessionKeyError::NotOnCurve) => Ok(format!("{SESSION_KEY_URI_PREFIX}{text}")),
        Err(error) => Err(error.into()),
    }
}
