use std::sync::{Mutex, PoisonError};

use alloy_signer_local::PrivateKeySigner;
use async_trait::async_trait;
use lit_recap::{ReCap, SiweBuilder, SiweError};
use lit_sdk::{AuthRequest, Authorization, AuthorizeError, SessionAuthorizer};
use lit_session_crypto::sign_auth_sig;
use lit_types::{AuthSig, SessionSigs, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    case::{self, Case, Official},
    judges::{bytes32, json_text},
    refusal::Refusal,
};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An `authNeededCallback` that does what that of the case did, and records its calls.
pub(super) struct Callback {
    kind: Kind,
    wallet: PrivateKeySigner,
    /// The `sessionCapabilityObject`, which here is the callback's own state.
    capability: Option<ReCap>,
    calls: Mutex<Vec<Value>>,
}

/// What the callback returns.
enum Kind {
    /// A message with the requests, signed: the documented pattern.
    Recaps,
    /// The same with other rights than were requested.
    Grants(ReCap),
    /// The same, but expired the first time.
    ExpiredFirst,
    /// The same, signed by another wallet.
    WrongSigner,
    /// The same with an empty address.
    EmptyAddress,
    /// The same with an `algo` that does not exist.
    BadAlgo,
    /// A message that grants nothing.
    Plain,
    /// The statement and the resources it was called with.
    AsHandedOver,
    /// A signed text that is no SIWE message.
    NotSiwe,
    /// An AuthSig of four empty texts.
    Empty,
    /// Nothing: it throws.
    Throws,
}

impl Callback {
    pub(super) fn new(
        case: &Case,
        kind: &str,
        wallet: PrivateKeySigner,
        capability: Option<ReCap>,
    ) -> Result<Self, Refusal> {
        let kind = match kind {
            "recaps" if case.is_about("all-empty AuthSig") => Kind::Empty,
            "recaps" if case.is_about("no callback") => {
                return Err(Refusal::NotExpressible("a session that nobody authorizes"));
            }
            // What it grants instead of the requests can only be read off the result.
            "recaps" if case.is_about("callback grants") => Kind::Grants(recorded_grant(case)?),
            "recaps" => Kind::Recaps,
            "expired-first" => Kind::ExpiredFirst,
            "wrong-signer" => Kind::WrongSigner,
            "empty-address" => Kind::EmptyAddress,
            "bad-algo" => Kind::BadAlgo,
            "plain" => Kind::Plain,
            "resources-from-callback" => Kind::AsHandedOver,
            "not-siwe" => Kind::NotSiwe,
            "throws" => Kind::Throws,
            _ => return Err(Refusal::Malformed(format!("unknown callback {kind}"))),
        };
        Ok(Self {
            kind,
            wallet,
            capability,
            calls: Mutex::default(),
        })
    }

    /// The calls so far, in the form of the vectors.
    pub(super) fn calls(&self) -> Vec<Value> {
        self.calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Records a call, and says whether it is the first.
    fn record(&self, request: &AuthRequest) -> Result<bool, BoxError> {
        let mut call = json!({
            "chain": request.chain,
            "statement": request.recap.statement(),
            "resources": [request.recap.to_urn()],
            "expiration": request.expiration.as_str(),
            "uri": request.uri(),
            "nonce": request.nonce.as_str(),
            "resourceAbilityRequests": json_text(&request.requests)?,
        });
        if let Some(domain) = &request.domain {
            call["domain"] = domain.as_str().into();
        }
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.push(call);
        Ok(calls.len() == 1)
    }

    /// `createSiweMessage` with what the callback was given.
    fn message(&self, request: &AuthRequest, first: bool) -> Result<String, BoxError> {
        let address = self.wallet.address();
        let mut siwe = SiweBuilder::with_official_defaults(
            address,
            request.nonce.clone(),
            request.issued_at.clone(),
        )
        .with_uri(request.uri())
        .with_expiration(match self.kind {
            Kind::ExpiredFirst if first => Timestamp::from_unix_millis(0)?,
            _ => request.expiration.clone(),
        });
        if let Some(domain) = &request.domain {
            siwe = siwe.with_domain(domain);
        }
        let siwe = match &self.kind {
            Kind::Plain => siwe,
            Kind::Grants(recap) => siwe.with_recap(recap.clone()),
            Kind::AsHandedOver => {
                let handed_over = self.capability.as_ref().unwrap_or(&request.recap);
                return Ok(without_own_statement(siwe, handed_over)?);
            }
            _ => siwe.with_rights(&request.requests)?,
        };
        Ok(siwe.build()?.to_string())
    }

    /// What the recorded callback gave.
    async fn answer(&self, request: &AuthRequest) -> Result<AuthSig, BoxError> {
        if matches!(self.kind, Kind::Empty) {
            // The default callback of the official client, whose calls were not recorded.
            return Ok(AuthSig::wallet(String::new(), String::new(), String::new()));
        }
        let first = self.record(request)?;
        let text = match self.kind {
            Kind::Throws => return Err("user rejected".into()),
            Kind::NotSiwe => "not a message".to_owned(),
            _ => self.message(request, first)?,
        };
        let mut auth_sig = match self.kind {
            Kind::WrongSigner => {
                let other = PrivateKeySigner::from_slice(&bytes32(&"11".repeat(32))?)?;
                let signed = sign_auth_sig(&other, &text).await?;
                AuthSig {
                    address: self.wallet.address().to_checksum(None),
                    ..signed
                }
            }
            _ => sign_auth_sig(&self.wallet, &text).await?,
        };
        match self.kind {
            Kind::EmptyAddress => auth_sig.address.clear(),
            Kind::BadAlgo => auth_sig.algo = Some("secp256k1".to_owned()),
            _ => {}
        }
        Ok(auth_sig)
    }
}

/// The message of a builder whose statement is that of the ReCap and nothing else.
fn without_own_statement(siwe: SiweBuilder, recap: &ReCap) -> Result<String, SiweError> {
    let bare = siwe.with_statement("").build()?;
    Ok(recap.add_to(&bare)?.to_string())
}

#[async_trait]
impl SessionAuthorizer for Callback {
    async fn authorize(&self, request: &AuthRequest) -> Result<Authorization, AuthorizeError> {
        Ok(self.answer(request).await?.into())
    }
}

/// The ReCap of the recorded root, which is the last capability of every session signature.
fn recorded_grant(case: &Case) -> Result<ReCap, Refusal> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Expected {
        session_sigs: SessionSigs,
    }
    let missing = || Refusal::Malformed("no recorded root to read the grant off".to_owned());
    let Official::Value(expected) = &case.official else {
        return Err(missing());
    };
    let expected: Expected = case::parse("expected", expected.get())?;
    let (_, sig) = expected.session_sigs.iter().next().ok_or_else(missing)?;
    Ok(ReCap::extract(
        &super::root_of(&sig.signed_message)?
            .signed_message
            .parse()?,
    )?)
}
