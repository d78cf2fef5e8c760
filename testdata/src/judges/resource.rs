use lit_types::{CompactJson, LitAbility, LitResource, ResourcePrefix, Right};
use serde::Deserialize;
use serde_json::json;

use super::json_text;
use crate::{
    case::{Case, present},
    compare::Outcome,
    refusal::Refusal,
};

/// The resource classes of the official client.
#[derive(Debug, Clone, Copy, Deserialize)]
#[allow(
    clippy::enum_variant_names,
    reason = "the names of the official classes"
)]
enum Class {
    LitAccessControlConditionResource,
    LitPKPResource,
    LitRLIResource,
    LitActionResource,
}

impl Class {
    const fn prefix(self) -> ResourcePrefix {
        match self {
            Self::LitAccessControlConditionResource => ResourcePrefix::AccessControlCondition,
            Self::LitPKPResource => ResourcePrefix::Pkp,
            Self::LitRLIResource => ResourcePrefix::RateLimitIncrease,
            Self::LitActionResource => ResourcePrefix::LitAction,
        }
    }

    fn of(prefix: ResourcePrefix) -> Result<Self, Refusal> {
        let classes = [
            Self::LitAccessControlConditionResource,
            Self::LitPKPResource,
            Self::LitRLIResource,
            Self::LitActionResource,
        ];
        let class = classes.into_iter().find(|class| class.prefix() == prefix);
        class.ok_or_else(|| Refusal::Malformed(format!("no class for {prefix}")))
    }
}

/// A resource as the vectors write it: the argument of a constructor.
#[derive(Debug, Deserialize)]
pub(crate) struct WireResource {
    #[serde(rename = "type")]
    class: Class,
    id: String,
}

impl WireResource {
    pub(crate) fn build(&self) -> Result<LitResource, Refusal> {
        Ok(LitResource::new(self.class.prefix(), &self.id)?)
    }
}

/// A resource ability request as the vectors write it.
#[derive(Debug, Deserialize)]
pub(crate) struct WireRequest {
    #[serde(rename = "type")]
    class: Class,
    id: String,
    ability: String,
    #[serde(default, deserialize_with = "present")]
    data: Option<CompactJson>,
}

impl WireRequest {
    pub(crate) fn build(&self) -> Result<Right, Refusal> {
        let resource = LitResource::new(self.class.prefix(), &self.id)?;
        let request = Right::new(resource, self.ability.parse()?)?;
        Ok(match &self.data {
            Some(data) => request.with_data(data.clone()),
            None => request,
        })
    }

    pub(crate) fn build_all(requests: &[Self]) -> Result<Vec<Right>, Refusal> {
        requests.iter().map(Self::build).collect()
    }
}

/// resource-keys: keys, JSON and abilities of resources.
pub(super) fn keys(case: &Case) -> Outcome {
    let resource = case.input::<WireResource>()?.build()?;
    let mut abilities: Vec<&str> = LitAbility::ALL
        .into_iter()
        .filter(|ability| resource.supports(*ability))
        .map(LitAbility::as_str)
        .collect();
    abilities.sort_unstable();
    Ok(json!({
        "key": resource.key(),
        "resource": resource.id(),
        "resourcePrefix": resource.prefix().as_str(),
        "json": json_text(&resource)?,
        "validAbilities": abilities,
    }))
}

/// resource-parse: keys back into resources.
pub(super) fn parse(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    struct Input {
        key: String,
    }
    let resource: LitResource = case.input::<Input>()?.key.parse()?;
    Ok(json!({
        "type": format!("{:?}", Class::of(resource.prefix())?),
        "id": resource.id(),
        "key": resource.key(),
    }))
}

/// resource-builder: lists of requests.
pub(super) fn builder(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    struct Input {
        calls: Vec<(String, String)>,
    }
    let mut rights = Vec::new();
    for (method, id) in &case.input::<Input>()?.calls {
        let ability = match method.as_str() {
            "addPKPSigningRequest" => LitAbility::PkpSigning,
            "addLitActionExecutionRequest" => LitAbility::LitActionExecution,
            "addAccessControlConditionSigningRequest" => LitAbility::AccessControlConditionSigning,
            "addAccessControlConditionDecryptionRequest" => {
                LitAbility::AccessControlConditionDecryption
            }
            "addRateLimitIncreaseAuthRequest" => LitAbility::RateLimitIncreaseAuth,
            _ => return Err(Refusal::Malformed(format!("unknown method {method}"))),
        };
        rights.push(Right::new(
            LitResource::new(ability.prefix(), id)?,
            ability,
        )?);
    }
    Ok(json!({ "json": json_text(&rights)? }))
}
