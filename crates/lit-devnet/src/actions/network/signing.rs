//! What actions have PKPs sign, and the keys they claim.

use alloy_primitives::eip191_hash_message;
use lit_session_crypto::{EcdsaShareJson, EcdsaSignature};
use lit_types::{PkpPublicKey, constants::AuthMethodScope};
use serde_json::{Value, json};

use super::{
    arguments::Arguments,
    host::{MAX_NAME, NodeHost},
    lock,
};
use crate::actions::{HostError, HostResult};

/// One signature that an action asks for.
struct Signing<'a> {
    name: &'a str,
    pkp: PkpPublicKey,
    digest: [u8; 32],
    scope: AuthMethodScope,
}

impl NodeHost {
    /// The 32 bytes are signed as they are, which takes the right to sign anything.
    pub(super) async fn sign_ecdsa(&self, arguments: &Arguments) -> HostResult {
        let signing = Signing::of_digest(arguments)?;
        let share = self.share(&signing, "").await?;
        self.keep(share, signing.name)
    }

    /// The message is signed as wallets sign messages (EIP-191).
    pub(super) async fn sign_personal_message(&self, arguments: &Arguments) -> HostResult {
        let message = arguments.text_or_bytes("message")?;
        let signing = Signing {
            digest: eip191_hash_message(message).into(),
            scope: AuthMethodScope::PersonalSign,
            ..Signing::unsaid(arguments)?
        };
        let share = self.share(&signing, "").await?;
        self.keep(share, signing.name)
    }

    /// The nodes that were elected give their shares to all nodes that run the action, each of which adds them up.
    pub(super) async fn sign_and_combine(&self, arguments: &Arguments) -> HostResult {
        let signing = Signing::of_digest(arguments)?;
        self.count_network_operation()?;
        let point = self.point_named("combine", arguments, signing.name)?;
        let share = self.share(&signing, &point).await?;
        let own = Some(&share).filter(|share| !share.signature_share.is_empty());
        let own = own.map(serde_json::to_string).transpose();
        let shares = self.collect(&point, own.map_err(HostError::new)?).await?;
        let combined = combine(&signing, &shares)?;
        Ok(combined.to_string().into())
    }

    /// The key belongs to the action and the id that the action gives it.
    pub(super) fn claim_key(&self, arguments: &Arguments) -> HostResult {
        let key_id = arguments.text("keyId")?;
        let claim = self.task.powers.claim(&self.cid, key_id)?;
        lock(&self.task.collected)
            .claim_data
            .insert(key_id.to_owned(), json!(claim));
        Ok("success".into())
    }

    async fn share(&self, signing: &Signing<'_>, point: &str) -> Result<EcdsaShareJson, HostError> {
        self.count_signature()?;
        let point = format!("{}/sign/{point}/{}", self.path, signing.name);
        let powers = &self.task.powers;
        let Signing {
            pkp, digest, scope, ..
        } = *signing;
        Ok(powers.sign(&self.cid, point, pkp, digest, scope).await?)
    }

    /// Leaves the share to the client.
    fn keep(&self, share: EcdsaShareJson, name: &str) -> HostResult {
        lock(&self.task.collected)
            .signed_data
            .insert(name.to_owned(), json!(share.with_name(name)));
        Ok("success".into())
    }
}

impl<'a> Signing<'a> {
    fn of_digest(arguments: &'a Arguments) -> Result<Self, HostError> {
        let digest = arguments.bytes("toSign")?;
        Ok(Self {
            digest: crate::node::digest(&digest)?,
            ..Self::unsaid(arguments)?
        })
    }

    /// By whom and under which name something is signed that is still to be said.
    fn unsaid(arguments: &'a Arguments) -> Result<Self, HostError> {
        arguments.short("sigName", MAX_NAME)?;
        Ok(Self {
            name: arguments.text("sigName")?,
            pkp: arguments.parsed("publicKey", "the public key of a PKP in hex")?,
            digest: [0; 32],
            scope: AuthMethodScope::SignAnything,
        })
    }
}

/// `r` is the whole nonce point, compressed.
fn combine(signing: &Signing<'_>, shares: &[String]) -> Result<Value, HostError> {
    let mut parsed = Vec::with_capacity(shares.len());
    let mut nonce = String::new();
    for share in shares {
        let share: EcdsaShareJson = serde_json::from_str(share).map_err(HostError::new)?;
        nonce = share.big_r.trim_matches('"').to_lowercase();
        parsed.extend(share.parse().map_err(HostError::new)?);
    }
    let signature =
        EcdsaSignature::combine_for(&signing.pkp, &signing.digest, &parsed, parsed.len())
            .map_err(HostError::new)?;
    Ok(json!({ "r": nonce, "s": hex::encode(signature.s()), "v": signature.recid() }))
}
