//! One judge per vector file: it carries a case out with the crates and gives the result in the form of the file.
//!
//! What JavaScript decides at run time, such as which optional arguments are there, is decided here; what the protocol
//! says is left to the crates.

mod access_control;
mod auth_method;
mod auth_provider;
mod auth_sig;
mod blockhash;
mod bls;
mod browser;
mod error_table;
mod helpers;
mod ipfs;
mod pkp;
mod pkp_session;
mod recap;
mod relay;
pub(crate) mod resource;
mod session_key;
pub(crate) mod session_sigs;
mod signing_nodes;
mod siwe;
mod storage;
mod stub_http;
mod stub_network;
mod validation;

use std::future::Future;

use crate::{case::Case, compare::Outcome, refusal::Refusal};

/// How the cases of a file are judged.
pub(crate) struct Judge {
    /// The file without its extension.
    pub(crate) file: &'static str,
    /// What our crates do with a case.
    pub(crate) run: fn(&Case) -> Outcome,
    /// Members of the result that are compared as JSON text, byte for byte.
    pub(crate) verbatim: &'static [&'static str],
    /// Members of the result that are not ours to produce.
    pub(crate) unjudged: &'static [&'static str],
    /// Whether `run` gives all it can, of which a case may have but a part.
    pub(crate) partial: bool,
}

impl Judge {
    const fn new(file: &'static str, run: fn(&Case) -> Outcome) -> Self {
        Self {
            file,
            run,
            verbatim: &[],
            unjudged: &[],
            partial: false,
        }
    }

    const fn verbatim(mut self, members: &'static [&'static str]) -> Self {
        self.verbatim = members;
        self
    }

    const fn partial(mut self) -> Self {
        self.partial = true;
        self
    }

    const fn unjudged(mut self, members: &'static [&'static str]) -> Self {
        self.unjudged = members;
        self
    }
}

const JUDGES: &[Judge] = &[
    Judge::new("acc-boolean", access_control::boolean),
    // The schemas that `encrypt` looks at first refuse groups and the first form of Solana conditions, which nodes take.
    Judge::new("acc-hash", access_control::hash)
        .unjudged(&["schemaValid"])
        .partial(),
    Judge::new("action-auth-method-id", auth_method::actions),
    Judge::new("auth-method-ids", auth_method::ids),
    Judge::new("auth-sig", auth_sig::judge).verbatim(&["authSig"]),
    Judge::new("blockhash", blockhash::judge),
    Judge::new("browser-auth-sigs", browser::auth_sigs),
    // What a browser's wallet is asked beside the signature.
    Judge::new("browser-evm-auth-sig", browser::evm).unjudged(&[
        "walletCalls",
        "storageKeys",
        "alerts",
    ]),
    // Of a signature that does not verify there is one reason.
    Judge::new("bls-combine", bls::combine).unjudged(&["verifyError"]),
    Judge::new("bls-session-sig", bls::session_sig),
    Judge::new("bls-verify", bls::verify),
    Judge::new(
        "capacity-delegation-authsig",
        siwe::capacity_delegation_auth_sig,
    )
    .verbatim(&["authSig"])
    .partial(),
    Judge::new("encryption-resource", access_control::encryption_resource),
    Judge::new("check-need-to-resign", bls::needs_resigning),
    Judge::new("error-table", error_table::judge),
    Judge::new("ethwallet-authenticate", auth_provider::eth_wallet),
    Judge::new("evm-resign", browser::resign),
    Judge::new("hd-key-id", auth_method::hd_key_ids),
    Judge::new("helpers", helpers::judge),
    // The hash is there to check that the content was built right, which its size and its CID show as well.
    Judge::new("ipfs-cid", ipfs::judge).unjudged(&["sha256", "viaClient"]),
    // What was looked up on chain: nothing, here.
    Judge::new("pkp-derivation", pkp::judge).unjudged(&["tokenIdReturned", "isNewPKP"]),
    Judge::new("pkp-session-sigs", pkp_session::session_sigs).verbatim(&["sessionSigs"]),
    Judge::new("provider-session-sigs", pkp_session::provider_session_sigs)
        .verbatim(&["sessionSigs"]),
    Judge::new("recap-decoding", recap::decoding),
    Judge::new("recap-encoding", recap::encoding),
    Judge::new("recap-verify", recap::verify),
    Judge::new("relay", relay::judge),
    Judge::new("resource-builder", resource::builder),
    Judge::new("resource-keys", resource::keys),
    Judge::new("resource-parse", resource::parse),
    Judge::new("session-key", session_key::judge).partial(),
    Judge::new("session-sig-preconditions", validation::preconditions),
    Judge::new("session-sig-validation", validation::judge),
    Judge::new("session-sigs", session_sigs::judge).verbatim(&["sessionSigs"]),
    Judge::new("sign-session-key", pkp_session::sign_session_key).verbatim(&["authSig"]),
    Judge::new("siwe-capacity-delegation", siwe::capacity_delegation).partial(),
    Judge::new("siwe-plain", siwe::plain).partial(),
    Judge::new("siwe-recaps", siwe::recaps).partial(),
    Judge::new("storage", storage::judge),
    Judge::new("stytch-authenticate", auth_provider::stytch),
    Judge::new("webauthn-pubkey", auth_provider::webauthn_key),
];

/// The judge of a file, or why there is none.
pub(crate) fn find(file: &str) -> Result<&'static Judge, &'static str> {
    JUDGES
        .iter()
        .find(|judge| judge.file == file)
        .ok_or("no judge for this file")
}

/// Runs a future to its end.
fn block_on<F: Future>(future: F) -> Result<F::Output, Refusal> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let runtime = runtime.map_err(|error| Refusal::Malformed(format!("no runtime: {error}")))?;
    Ok(runtime.block_on(future))
}

/// The compact JSON of a value, members in the order of its type.
pub(crate) fn json_text(value: &impl serde::Serialize) -> Result<String, Refusal> {
    serde_json::to_string(value).map_err(|error| Refusal::Malformed(error.to_string()))
}

/// A 32-byte hex text.
pub(crate) fn bytes32(text: &str) -> Result<[u8; 32], Refusal> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut bytes)
        .map_err(|error| Refusal::Malformed(format!("{text}: {error}")))?;
    Ok(bytes)
}

/// The wallet with this private key.
pub(crate) fn wallet(private_key: &str) -> Result<alloy_signer_local::PrivateKeySigner, Refusal> {
    let key = bytes32(private_key)?;
    alloy_signer_local::PrivateKeySigner::from_slice(&key)
        .map_err(|error| Refusal::Malformed(error.to_string()))
}
