use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use lit_recap::{NotaBene, ProofCid, RECAP_URN_PREFIX, ReCap, RecapAbility, SiweMessage};
use lit_types::LitAbility;
use serde::Deserialize;
use serde_json::{Value, json};

use super::resource::WireResource;
use crate::{case::Case, compare::Outcome, refusal::Refusal};

/// recap-encoding: building, and what comes out.
pub(super) fn encoding(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    struct Input {
        #[serde(default)]
        att: Value,
        #[serde(default)]
        prf: Vec<String>,
        #[serde(default)]
        ops: Vec<Operation>,
    }
    let input: Input = case.input()?;
    let mut recap = from_attenuations(&input.att)?;
    for proof in &input.prf {
        recap.add_proof(proof.parse()?);
    }
    for operation in input.ops {
        operation.apply(&mut recap)?;
    }
    Ok(describe(&recap))
}

/// recap-decoding: from a URN, or out of a SIWE message.
pub(super) fn decoding(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Input {
        Urn(String),
        Siwe(String),
    }
    let recap = match case.input()? {
        Input::Urn(urn) => urn.parse()?,
        Input::Siwe(text) => ReCap::extract(&text.parse::<SiweMessage>()?)?,
    };
    Ok(describe(&recap))
}

/// recap-verify: does a capability cover a request?
pub(super) fn verify(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    struct Input {
        att: Value,
        resource: WireResource,
        ability: String,
    }
    let input: Input = case.input()?;
    let ability: LitAbility = input.ability.parse()?;
    Ok(from_attenuations(&input.att)?
        .covers(&input.resource.build()?, ability)
        .into())
}

/// A capability object of these attenuations. `null` stands for none.
///
/// They go through the decoder, which is the one place that checks attenuations given as JSON.
pub(super) fn from_attenuations(attenuations: &Value) -> Result<ReCap, Refusal> {
    if attenuations.is_null() {
        return Ok(ReCap::new());
    }
    let json = serde_jcs::to_string(&json!({ "att": attenuations, "prf": [] }))
        .map_err(|error| Refusal::Malformed(error.to_string()))?;
    Ok(format!("{RECAP_URN_PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(json)).parse()?)
}

/// All there is to see of a capability object.
pub(super) fn describe(recap: &ReCap) -> Value {
    let attenuations: serde_json::Map<String, Value> = recap
        .attenuations()
        .iter()
        .map(|(resource, abilities)| {
            let abilities = abilities
                .iter()
                .map(|(ability, notes)| (ability.to_string(), json!(notes)));
            (resource.clone(), Value::Object(abilities.collect()))
        })
        .collect();
    json!({
        "attenuations": attenuations,
        "proofs": recap.proofs().iter().map(ProofCid::to_base32).collect::<Vec<_>>(),
        "statement": recap.display_statement(),
        "urn": recap.to_urn(),
        "json": recap.to_json(),
    })
}

/// A call of a method: its name, then its arguments.
#[derive(Deserialize)]
struct Operation(
    String,
    #[serde(default)] Value,
    #[serde(default)] Value,
    #[serde(default)] Value,
    #[serde(default)] Value,
);

impl Operation {
    fn apply(self, recap: &mut ReCap) -> Result<(), Refusal> {
        let Self(method, first, second, third, fourth) = self;
        match method.as_str() {
            "addCapabilityForResource" => {
                let resource = argument::<WireResource>(first)?.build()?;
                let ability = argument::<String>(second)?.parse()?;
                recap.grant_with(&resource, ability, note(third)?)?;
            }
            "addAllCapabilitiesForResource" => {
                recap.grant_all(&argument::<WireResource>(first)?.build()?);
            }
            "addAttenuation" => {
                let or_any = |part: Value| {
                    argument::<Option<String>>(part).map(|part| part.unwrap_or("*".to_owned()))
                };
                let ability = RecapAbility::new(&or_any(second)?, &or_any(third)?)?;
                recap.attenuate(argument(first)?, ability, note(fourth)?);
            }
            "addProof" => recap.add_proof(argument::<String>(first)?.parse()?),
            _ => return Err(Refusal::Malformed(format!("unknown method {method}"))),
        }
        Ok(())
    }
}

fn argument<T: for<'de> Deserialize<'de>>(value: Value) -> Result<T, Refusal> {
    serde_json::from_value(value).map_err(|error| Refusal::Malformed(format!("argument: {error}")))
}

/// Falsy data stands for none.
fn note(data: Value) -> Result<NotaBene, Refusal> {
    match data {
        Value::Null | Value::Bool(false) => Ok(NotaBene::new()),
        data => argument(data),
    }
}
