use lit_recap::SiweMessage;
use lit_session_crypto::{
    BlsPublicKey, BlsSignature, BlsSignatureShare, CapabilityRefusal, RootExpectation, RootRefusal,
    SessionPublicKey, check_root, session_digest,
};
use lit_types::{AuthSig, Timestamp, constants::SESSION_KEY_URI_PREFIX};
use serde::Deserialize;
use serde_json::json;

use super::resource::WireRequest;
use crate::{case::Case, compare::Outcome, refusal::Refusal};

/// bls-combine: shares to a signature, and whether it is good.
pub(super) fn combine(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        shares: Vec<String>,
        message: String,
        public_key: String,
    }
    let input: Input = case.input()?;
    let shares = input.shares.iter().map(|share| share.parse());
    let shares: Vec<BlsSignatureShare> = shares.collect::<Result<_, _>>()?;
    let signature = BlsSignature::combine(&shares)?;
    let key: BlsPublicKey = input.public_key.parse()?;
    Ok(json!({
        "signature": signature.to_string(),
        "verifies": key.verify(&bytes(&input.message)?, &signature),
    }))
}

/// bls-verify: a signature, a key and a message.
pub(super) fn verify(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        public_key: String,
        message: String,
        signature: String,
    }
    let input: Input = case.input()?;
    let key: BlsPublicKey = input.public_key.parse()?;
    if key.verify(&bytes(&input.message)?, &input.signature.parse()?) {
        Ok(true.into())
    } else {
        Err(Refusal::Unverified)
    }
}

/// bls-session-sig: the AuthSig of a PKP, with all steps from the message to what is signed.
pub(super) fn session_sig(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        now: Timestamp,
        network_pub_key: String,
        auth_sig: AuthSig,
    }
    let input: Input = case.input()?;
    let message: SiweMessage = input.auth_sig.signed_message.parse()?;
    let expected =
        RootExpectation::new(&[], input.now.at()).with_network_key(input.network_pub_key.parse()?);
    check_root(&input.auth_sig, session_key(message.uri())?, &expected)?;
    Ok(json!({
        "eip191Hash": hex::encode(message.eip191_hash()),
        "signedHash": hex::encode(session_digest(message.as_str())),
        "valid": true,
    }))
}

/// check-need-to-resign: whether a root AuthSig is of no use for a session.
pub(super) fn needs_resigning(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        now: Timestamp,
        auth_sig: AuthSig,
        session_key_uri: String,
        resource_ability_requests: Vec<WireRequest>,
        network_pub_key: String,
    }
    let input: Input = case.input()?;
    let requests = WireRequest::build_all(&input.resource_ability_requests)?;
    let expected = RootExpectation::new(&requests, input.now.at())
        .with_network_key(input.network_pub_key.parse()?);
    let Ok(session_key) = session_key(&input.session_key_uri) else {
        // A root authorizes only session keys.
        return Ok(true.into());
    };
    match check_root(&input.auth_sig, session_key, &expected) {
        Ok(_) => Ok(false.into()),
        // What cannot be judged at all is an error of the official client, and no reason to ask for another.
        Err(
            refusal @ (RootRefusal::UnknownAlgo
            | RootRefusal::ForeignResources
            | RootRefusal::AuthSig(CapabilityRefusal::Siwe(_))),
        ) => Err(refusal.into()),
        Err(_) => Ok(true.into()),
    }
}

fn session_key(uri: &str) -> Result<SessionPublicKey, Refusal> {
    let key = uri.strip_prefix(SESSION_KEY_URI_PREFIX);
    let key = key.ok_or_else(|| Refusal::Malformed(format!("{uri} is no session key")))?;
    Ok(key.parse()?)
}

fn bytes(hex: &str) -> Result<Vec<u8>, Refusal> {
    hex::decode(hex).map_err(|error| Refusal::Malformed(format!("{hex}: {error}")))
}
