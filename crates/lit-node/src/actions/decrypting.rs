//! Access control conditions in actions: checking, encrypting, decrypting.

use lit_actions::{HostError, HostResult};
use lit_session_crypto::{
    BlsQuorum, BlsSignatureShare, TimeLockCiphertext, data_hash, encryption_resource,
};
use lit_types::{
    AuthSig, CompactJson, JsonProblem, LitResource,
    access_control::{AccessControlConditions, ConditionsKind},
};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use serde_json::{Value, json};

use super::{AskingAction, arguments::Arguments, host::NodeHost};
use crate::{
    Role,
    conditions::{encrypted_as, parse_conditions},
};

/// The text of Lit's nodes.
const NOT_MET: &str =
    "Access control conditions check failed.  Check that you are allowed to decrypt this item.";

impl NodeHost {
    /// `authSig` is that of a wallet that logged in. Without it, the session asks.
    pub(super) async fn check_conditions(&self, arguments: &Arguments) -> HostResult {
        let conditions = conditions_of(arguments, "conditions")?;
        arguments.text("chain")?;
        Ok(self.are_met(&conditions, arguments).await?.into())
    }

    /// Encrypts to the network's key. Every node produces a different ciphertext.
    pub(super) async fn encrypt(&self, arguments: &Arguments) -> HostResult {
        let conditions = conditions_of(arguments, "accessControlConditions")?;
        let plaintext = arguments.bytes("to_encrypt")?;
        let key = self.task.powers.network_key();
        let mut rng = ChaCha20Rng::from_seed(self.task.runner.parts.entropy.seed());
        let encrypted = tokio::task::spawn_blocking(move || {
            let hash = data_hash(&plaintext);
            let identity = encryption_resource(&conditions, &hash).key();
            TimeLockCiphertext::encrypt(&key, identity.as_bytes(), &plaintext, &mut rng)
                .map(|text| json!({ "ciphertext": text.to_string(), "dataToEncryptHash": hex::encode(hash) }))
        });
        encrypted
            .await
            .map_err(HostError::new)?
            .map_err(HostError::new)
    }

    /// Decrypts for all nodes that run the action.
    pub(super) async fn decrypt_and_combine(&self, arguments: &Arguments) -> HostResult {
        let encrypted = Encrypted::read(arguments)?;
        let point = self.point_named("decrypt", arguments, &encrypted.resource.key())?;
        let share = self.decryption_share(&encrypted, arguments).await?;
        let shares = self.collect(&point, Some(share)).await?;
        Ok(self.open(encrypted, shares).await?.into())
    }

    /// Decrypts for one node, the first to ask. The others get an empty text.
    pub(super) async fn decrypt_to_single_node(&self, arguments: &Arguments) -> HostResult {
        let encrypted = Encrypted::read(arguments)?;
        let point = self.point_named("decrypt", arguments, &encrypted.resource.key())?;
        let share = self.decryption_share(&encrypted, arguments).await?;
        let part = match self.meeting(&point) {
            Some(meeting) => Some(self.task.runner.parts.peers.join(meeting).await),
            None => None,
        };
        if let Some(Role::Leader(leading)) = part {
            let shares = self.collect(&point, Some(share)).await?;
            let text = self.open(encrypted, shares).await?;
            // Otherwise a node that arrives after this action has ended would lead in its place.
            leading.announce(String::new());
            return Ok(text.into());
        }
        self.contribute(&point, share).await?;
        Ok("".into())
    }

    /// This node's share, if the conditions are met.
    async fn decryption_share(
        &self,
        encrypted: &Encrypted,
        arguments: &Arguments,
    ) -> Result<String, HostError> {
        self.task.count_network_operation()?;
        if !self.are_met(&encrypted.conditions, arguments).await? {
            return Err(NOT_MET.into());
        }
        let powers = &self.task.powers;
        powers.decryption_share(&encrypted.resource).await
    }

    async fn are_met(
        &self,
        conditions: &AccessControlConditions,
        arguments: &Arguments,
    ) -> Result<bool, HostError> {
        let login: Option<AuthSig> = match arguments.value("authSig") {
            None => None,
            Some(value) => Some(serde_json::from_value(value.clone()).map_err(|error| {
                HostError::wrong_type(format_args!(
                    "authSig must be an AuthSig: {}",
                    JsonProblem::from(error)
                ))
            })?),
        };
        let chain = arguments.text("chain")?;
        let asking = AskingAction {
            cid: &self.cid,
            slot: &self.task.slot,
            turn: &self.task.deciding,
        };
        let powers = &self.task.powers;
        powers
            .are_met(asking, conditions, login.as_ref(), chain)
            .await
    }

    /// Combines the shares, and decrypts with the combined signature.
    async fn open(&self, encrypted: Encrypted, shares: Vec<String>) -> Result<String, HostError> {
        let key = self.task.powers.network_key();
        let threshold = self.task.runner.parts.settings.threshold;
        let text = tokio::task::spawn_blocking(move || {
            let shares = shares
                .iter()
                .map(|share| share.parse())
                .collect::<Result<Vec<BlsSignatureShare>, _>>()
                .map_err(HostError::new)?;
            let identity = encrypted.resource.key();
            let combined = BlsQuorum::new(key, threshold)
                .combine(identity.as_bytes(), &shares)
                .map_err(HostError::new)?;
            encrypted
                .ciphertext
                .decrypt(&key, identity.as_bytes(), &combined.signature)
                .map_err(HostError::new)
        });
        let text = text.await.map_err(HostError::new)??;
        String::from_utf8(text.to_vec())
            .map_err(|_| HostError::new("the decrypted data is not valid UTF-8"))
    }
}

/// A request to decrypt.
struct Encrypted {
    conditions: AccessControlConditions,
    resource: LitResource,
    ciphertext: TimeLockCiphertext,
}

impl Encrypted {
    fn read(arguments: &Arguments) -> Result<Self, HostError> {
        let conditions = conditions_of(arguments, "accessControlConditions")?;
        arguments.text("chain")?;
        Ok(Self {
            resource: encrypted_as(&conditions, arguments.text("dataToEncryptHash")?)?,
            ciphertext: arguments.parsed("ciphertext", "a ciphertext of the network in base64")?,
            conditions,
        })
    }
}

/// Parses conditions. Their kind is recognized by their members.
fn conditions_of(arguments: &Arguments, name: &str) -> Result<AccessControlConditions, HostError> {
    let list = arguments.value(name).unwrap_or(&Value::Null);
    let list = CompactJson::try_from(list).map_err(HostError::new)?;
    Ok(parse_conditions(ConditionsKind::Unified, &list)?)
}
