//! Signing by PKPs and claiming of keys in actions.

use alloy_primitives::eip191_hash_message;
use lit_actions::{HostError, HostResult};
use lit_session_crypto::{EcdsaShareJson, EcdsaSignature};
use lit_types::{PkpPublicKey, constants::AuthMethodScope};
use serde_json::{Value, json};

use super::{
    arguments::Arguments,
    host::{MAX_NAME, NodeHost},
};
use crate::digest::digest;

/// A signature that an action requests.
struct Signing<'a> {
    name: &'a str,
    pkp: PkpPublicKey,
    digest: [u8; 32],
    scope: AuthMethodScope,
}

impl NodeHost {
    /// Signs 32 bytes as they are, which requires the scope to sign anything.
    pub(super) async fn sign_ecdsa(&self, arguments: &Arguments) -> HostResult {
        let signing = Signing::of_digest(arguments)?;
        let share = self.share(&signing, "").await?;
        self.keep(share, signing.name)
    }

    /// Signs a message like a wallet (EIP-191).
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

    /// The elected nodes share their signature shares with all nodes that run the action, and each node combines them.
    pub(super) async fn sign_and_combine(&self, arguments: &Arguments) -> HostResult {
        let signing = Signing::of_digest(arguments)?;
        self.task.count_network_operation()?;
        let point = self.point_named("combine", arguments, signing.name)?;
        let share = self.share(&signing, &point).await?;
        let own = Some(&share).filter(|share| !share.signature_share.is_empty());
        let own = own.map(serde_json::to_string).transpose();
        let shares = self.collect(&point, own.map_err(HostError::new)?).await?;
        let combined = combine(&signing, &shares)?;
        Ok(combined.to_string().into())
    }

    /// Claims a key that belongs to the action and an id chosen by it.
    pub(super) fn claim_key(&self, arguments: &Arguments) -> HostResult {
        arguments.short("keyId", MAX_NAME)?;
        let key_id = arguments.text("keyId")?;
        self.task.count_claim()?;
        let claim = self.task.powers.claim(&self.cid, key_id)?;
        self.task.keep_claim(key_id, json!(claim));
        Ok("success".into())
    }

    async fn share(&self, signing: &Signing<'_>, point: &str) -> Result<EcdsaShareJson, HostError> {
        self.task.count_signature()?;
        let point = format!("{}/sign/{point}/{}", self.path, signing.name);
        let powers = &self.task.powers;
        let Signing {
            pkp, digest, scope, ..
        } = *signing;
        powers.sign(&self.cid, point, pkp, digest, scope).await
    }

    /// Adds the share to the response, for the client to combine.
    fn keep(&self, share: EcdsaShareJson, name: &str) -> HostResult {
        self.task.keep_signature(name, json!(share.with_name(name)));
        Ok("success".into())
    }
}

impl<'a> Signing<'a> {
    fn of_digest(arguments: &'a Arguments) -> Result<Self, HostError> {
        let to_sign = arguments.bytes("toSign")?;
        Ok(Self {
            digest: digest(&to_sign)?,
            ..Self::unsaid(arguments)?
        })
    }

    /// The PKP and the signature name; the caller adds the data to sign.
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

/// `r` is the compressed nonce point. Errors name the nodes by their indices; which share of a set is wrong cannot be told from the shares.
fn combine(signing: &Signing<'_>, shares: &[String]) -> Result<Value, HostError> {
    let mut parsed = Vec::with_capacity(shares.len());
    let mut nodes = Vec::with_capacity(shares.len());
    let mut nonce = String::new();
    for share in shares {
        let share: EcdsaShareJson = serde_json::from_str(share).map_err(HostError::new)?;
        let node = share.share_index;
        nonce = share.big_r.trim_matches('"').to_lowercase();
        parsed.extend(
            share
                .parse()
                .map_err(|error| HostError::new(format_args!("node {node}: {error}")))?,
        );
        nodes.push(node);
    }
    // The same text on all nodes.
    nodes.sort_unstable();
    let signature =
        EcdsaSignature::combine_for(&signing.pkp, &signing.digest, &parsed, parsed.len()).map_err(
            |error| {
                let nodes: Vec<_> = nodes.iter().map(u32::to_string).collect();
                let nodes = nodes.join(", ");
                HostError::new(format_args!("shares of the nodes {nodes}: {error}"))
            },
        )?;
    Ok(json!({ "r": nonce, "s": hex::encode(signature.s()), "v": signature.recid() }))
}
