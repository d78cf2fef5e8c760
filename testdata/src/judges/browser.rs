//! What the browser helpers of the official client have wallets sign. Windows, dialogs and providers are theirs alone; the
//! messages, and when they are signed again, are the protocol's.

use alloy_primitives::{Address, B256, ChainId, Signature};
use alloy_signer::{Signer, SignerSync};
use alloy_signer_local::PrivateKeySigner;
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::STANDARD};
use lit_recap::TimeWindowError;
use lit_sdk::login::auth_message::{
    AuthMessage, AuthMessageError, MustSign, check_and_sign_auth_message, check_text,
};
use lit_sdk::login::{
    SolanaWallet, account_message, cosmos_auth_sig, cosmos_sign_doc, solana_auth_sig,
};
use lit_session_crypto::{CapabilityRefusal, SessionKeyPair};
use lit_types::{AuthSig, Timestamp, constants::storage_keys};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{block_on, bytes32, json_text, relay::thrown, wallet};
use crate::{case::Case, compare::Outcome, refusal::Refusal};

/// browser-auth-sigs: Solana and Cosmos, and what does not depend on a browser of the rest.
pub(super) fn auth_sigs(case: &Case) -> Outcome {
    match case.text_at("/kind").unwrap_or_default() {
        "solana" => solana(case),
        "cosmos" => cosmos(case),
        "serializeSignDoc" => sign_doc(case),
        "checkAndSignAuthMessage" => {
            let chain = case.text_at("/chain").unwrap_or_default();
            match AuthMessage::new(chain, "", "", "nonce1234".parse()?) {
                Ok(_) => Err(Refusal::NotExpressible("an AuthSig that nobody signs")),
                Err(error) => Ok(json!({ "throws": thrown(&error.into()) })),
            }
        }
        kind => Err(Refusal::Malformed(format!("unknown kind {kind}"))),
    }
}

fn solana(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    struct Input {
        now: Timestamp,
        seed: String,
        backpack: bool,
    }
    let input: Input = case.input()?;
    // A Solana wallet is an ed25519 key, as session keys are.
    let key = SessionKeyPair::from_seed(&bytes32(&input.seed)?);
    let address = bs58::encode(key.public_key().as_bytes()).into_string();
    let text = account_message(&input.now);
    let wallet = if input.backpack {
        SolanaWallet::Backpack
    } else {
        SolanaWallet::Standard
    };
    let auth_sig = solana_auth_sig(wallet, &address, &text, &key.sign(text.as_bytes()));
    signed(&auth_sig, storage_keys::AUTH_SOL_SIGNATURE, &text)
}

fn cosmos(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        now: Timestamp,
        account: String,
        private_key: String,
    }
    let input: Input = case.input()?;
    let text = account_message(&input.now);
    let digest = Sha256::digest(cosmos_sign_doc(&input.account, &text));
    let signature = wallet(&input.private_key)?
        .sign_hash_sync(&B256::from_slice(&digest))
        .map_err(|error| Refusal::Malformed(error.to_string()))?;
    let signature = STANDARD.encode(&signature.as_bytes()[..64]);
    let auth_sig = cosmos_auth_sig(&input.account, &text, &signature);
    signed(&auth_sig, storage_keys::AUTH_COSMOS_SIGNATURE, &text)
}

fn signed(auth_sig: &AuthSig, key: &str, text: &str) -> Outcome {
    let json = json_text(auth_sig)?;
    let value: Value = crate::case::parse("AuthSig", &json)?;
    Ok(json!({ "authSig": value, "storage": { key: json }, "signed": text }))
}

fn sign_doc(case: &Case) -> Outcome {
    let text_at = |pointer| {
        case.text_at(pointer)
            .ok_or_else(|| Refusal::Malformed(format!("no {pointer}")))
    };
    let data = STANDARD
        .decode(text_at("/doc/msgs/0/value/data")?)
        .map_err(|error| Refusal::Malformed(error.to_string()))?;
    let text = String::from_utf8(data).map_err(|error| Refusal::Malformed(error.to_string()))?;
    Ok(json!({ "text": cosmos_sign_doc(text_at("/doc/msgs/0/value/signer")?, &text) }))
}

/// browser-evm-auth-sig: what an EVM wallet is asked to sign, and how often.
pub(super) fn evm(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        now: Timestamp,
        private_key: String,
        params: Params,
        location: Location,
    }
    #[derive(Deserialize)]
    struct Params {
        chain: String,
        nonce: String,
        uri: Option<String>,
        expiration: Option<String>,
        #[serde(default)]
        resources: Vec<String>,
    }
    #[derive(Deserialize)]
    struct Location {
        host: String,
        href: String,
    }
    let Input {
        now,
        private_key,
        params,
        location,
    } = case.input()?;
    let note = case.text_at("/note").unwrap_or_default();
    if note.contains("-32601") {
        return Err(Refusal::NotExpressible("a signer that is on a chain"));
    }
    let uri = params.uri.unwrap_or(location.href);
    let message = AuthMessage::new(&params.chain, location.host, uri, params.nonce.parse()?)?;
    let mut message = message.with_resources(params.resources);
    if let Some(expiration) = &params.expiration {
        message = message.with_expiration(expiration.parse()?);
    }
    let kept = case
        .text_at("/storage/lit-auth-signature")
        .map(|json| crate::case::parse::<AuthSig>("stored", json))
        .transpose()?;
    let account = wallet(&private_key)?;
    let key = if note.contains("another key") {
        wallet(&"11".repeat(32))?
    } else {
        account.clone()
    };
    let prompted = Prompted {
        address: account.address(),
        key,
        count: std::sync::atomic::AtomicUsize::new(0),
    };
    let result = block_on(check_and_sign_auth_message(
        &message,
        kept.as_ref(),
        &prompted,
        now.at(),
    ))?;
    let text = message.siwe(account.address(), now.at())?;
    let prompts = vec![text.as_str(); prompted.count.into_inner()];
    match result {
        Ok(auth_sig) => {
            let stored = json_text(&auth_sig)?;
            let value: Value = crate::case::parse("AuthSig", &stored)?;
            Ok(json!({ "authSig": value, "prompts": prompts, "stored": stored }))
        }
        Err(error @ AuthMessageError::Refused(_)) => {
            Ok(json!({ "throws": thrown(&error.into()), "prompts": prompts }))
        }
        Err(error) => Err(error.into()),
    }
}

/// A wallet that says it has one address, signs with the key it has, and counts.
#[derive(Debug)]
struct Prompted {
    address: Address,
    key: PrivateKeySigner,
    count: std::sync::atomic::AtomicUsize,
}

#[async_trait]
impl Signer for Prompted {
    async fn sign_hash(&self, hash: &B256) -> alloy_signer::Result<Signature> {
        self.count
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.key.sign_hash_sync(hash)
    }

    fn address(&self) -> Address {
        self.address
    }

    fn chain_id(&self) -> Option<ChainId> {
        None
    }

    fn set_chain_id(&mut self, _: Option<ChainId>) {}
}

/// evm-resign: whether a kept text has to be signed again.
pub(super) fn resign(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Input {
        now: Timestamp,
        signed_message: String,
        #[serde(default)]
        resources: Vec<String>,
    }
    let input: Input = case.input()?;
    let checked = check_text(&input.signed_message, &input.resources, input.now.at());
    let (expired, must_sign) = match checked {
        Ok(_) => (Some(false), false),
        Err(MustSign::Refused(CapabilityRefusal::Time(TimeWindowError::Expired))) => {
            (Some(true), true)
        }
        Err(MustSign::WrongRequest) => (Some(false), true),
        Err(_) => (None, true),
    };
    Ok(json!({ "expired": expired, "mustResign": must_sign }))
}
