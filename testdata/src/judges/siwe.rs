use alloy_primitives::Address;
use lit_recap::{CapacityDelegation, Delegatee, ExtractError, ReCap, SiweBuilder, SiweMessage};
use lit_session_crypto::sign_auth_sig;
use lit_types::{CreditId, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};

use super::{block_on, json_text, resource::WireRequest, wallet};
use crate::{
    case::{self, Case},
    compare::Outcome,
    refusal::Refusal,
};

/// Input of the SIWE files.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    now: Timestamp,
    private_key: String,
    params: Box<RawValue>,
    resources: Option<Vec<WireRequest>>,
    blockhash: Option<String>,
}

/// Parameters of `createSiweMessage`. Absent and `null` mean the default.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Params {
    wallet_address: Option<String>,
    nonce: Option<String>,
    domain: Option<String>,
    statement: Option<String>,
    uri: Option<String>,
    version: Option<String>,
    chain_id: Option<Value>,
    expiration: Option<String>,
}

/// siwe-plain: messages without resources.
pub(super) fn plain(case: &Case) -> Outcome {
    let input: Input = case.input()?;
    let params: Params = case::parse("params", input.params.get())?;
    describe(&builder(&params, input.now)?.build()?, &input.private_key)
}

/// siwe-recaps: messages that grant something.
pub(super) fn recaps(case: &Case) -> Outcome {
    needs_client(case)?;
    let input: Input = case.input()?;
    let params: Params = case::parse("params", input.params.get())?;
    let resources = input.resources.ok_or(Refusal::NotExpressible(
        "a message with ReCaps without requests",
    ))?;
    let message = builder(&params, input.now)?
        .with_rights(&WireRequest::build_all(&resources)?)?
        .build()?;
    describe(&message, &input.private_key)
}

/// siwe-capacity-delegation: messages that let others spend a capacity credit.
pub(super) fn capacity_delegation(case: &Case) -> Outcome {
    needs_client(case)?;
    let input: Input = case.input()?;
    let params: Params = case::parse("params", input.params.get())?;
    let builder = builder(&params, input.now)?;
    // JavaScript decides by the presence of a member, even if it is `undefined`, which JSON leaves out.
    const MEMBERS: [&str; 4] = [
        "dAppOwnerWallet",
        "uses",
        "delegateeAddresses",
        "capacityTokenId",
    ];
    let is_delegation = MEMBERS
        .iter()
        .any(|name| case.at(&format!("/params/{name}")).is_some())
        || case.is_about("undefined key present");
    let builder = match (is_delegation, params.uri) {
        (false, _) => builder,
        // The crate knows the URI of a delegation; here one is given.
        (true, Some(uri)) => builder
            .with_capacity_delegation(&delegation(input.params.get())?)
            .with_uri(uri),
        (true, None) => builder.with_capacity_delegation(&delegation(input.params.get())?),
    };
    describe(&builder.build()?, &input.private_key)
}

/// capacity-delegation-authsig: the same, signed by the owner of the credit.
pub(super) fn capacity_delegation_auth_sig(case: &Case) -> Outcome {
    if case.is_about("missing dAppOwnerWallet") {
        return Err(Refusal::NotExpressible("a delegation that nobody signs"));
    }
    let input: Input = case.input()?;
    let mut params: Params = case::parse("params", input.params.get())?;
    params.wallet_address = Some(wallet(&input.private_key)?.address().to_checksum(None));
    params.nonce = input.blockhash;
    let builder =
        builder(&params, input.now)?.with_capacity_delegation(&delegation(input.params.get())?);
    describe(&builder.build()?, &input.private_key)
}

/// The capacity delegation with these parameters, in JSON.
pub(super) fn delegation(params: &str) -> Result<CapacityDelegation, Refusal> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Params {
        delegatee_addresses: Option<Vec<String>>,
        uses: Option<Value>,
        capacity_token_id: Option<String>,
    }
    let params: Params = case::parse("params", params)?;
    let mut delegation = match params.delegatee_addresses {
        None => CapacityDelegation::to_anyone(),
        Some(addresses) => {
            let delegatees: Result<Vec<Delegatee>, _> =
                addresses.iter().map(|address| address.parse()).collect();
            CapacityDelegation::to_each(delegatees?)?
        }
    };
    if let Some(uses) = params.uses {
        let uses = uses.as_u64().or_else(|| uses.as_str()?.parse().ok());
        delegation =
            delegation.with_uses(uses.ok_or(Refusal::NotExpressible("uses that are no u64"))?);
    }
    if let Some(token_id) = params.capacity_token_id {
        delegation = delegation.with_token_id(token_id.parse::<CreditId>()?);
    }
    Ok(delegation)
}

/// Messages that grant something need a client in JavaScript, which supplies an empty capability object.
fn needs_client(case: &Case) -> Result<(), Refusal> {
    match case.at("/litNodeClient") {
        Some(Value::Null) => Err(Refusal::NotExpressible(
            "a message with a client that is missing",
        )),
        _ => Ok(()),
    }
}

fn builder(params: &Params, now: Timestamp) -> Result<SiweBuilder, Refusal> {
    let given = |text: &Option<String>| {
        text.clone()
            .ok_or(Refusal::NotExpressible("address and nonce are required"))
    };
    if params
        .version
        .as_ref()
        .is_some_and(|version| version != "1")
    {
        return Err(Refusal::NotExpressible("a version other than 1"));
    }
    let address = Address::parse_checksummed(given(&params.wallet_address)?, None)?;
    let mut builder =
        SiweBuilder::with_official_defaults(address, given(&params.nonce)?.parse()?, now);
    if let Some(domain) = &params.domain {
        builder = builder.with_domain(domain);
    }
    if let Some(statement) = &params.statement {
        builder = builder.with_statement(statement);
    }
    if let Some(uri) = &params.uri {
        builder = builder.with_uri(uri);
    }
    if let Some(chain_id) = &params.chain_id {
        let chain_id = chain_id
            .as_u64()
            .or_else(|| chain_id.as_str()?.parse().ok());
        builder = builder
            .with_chain_id(chain_id.ok_or(Refusal::NotExpressible("a chain id that is no u64"))?);
    }
    if let Some(expiration) = &params.expiration {
        builder = builder.with_expiration(expiration.parse()?);
    }
    Ok(builder)
}

/// All members that any of the files has.
fn describe(message: &SiweMessage, private_key: &str) -> Outcome {
    let auth_sig = block_on(sign_auth_sig(&wallet(private_key)?, message.as_str()))??;
    let recap = match ReCap::extract(message) {
        Ok(recap) => Some(recap),
        Err(ExtractError::NoResources) => None,
        Err(error) => return Err(error.into()),
    };
    Ok(json!({
        "message": message.as_str(),
        "eip191Hash": message.eip191_hash().to_string(),
        "statement": message.statement(),
        "recap": recap.as_ref().map(ReCap::to_urn),
        "recapJson": recap.as_ref().map(ReCap::to_json),
        "sig": auth_sig.sig,
        "authSig": json_text(&auth_sig)?,
    }))
}
