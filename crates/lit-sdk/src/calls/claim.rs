use std::collections::HashSet;

use alloy_primitives::{Address, B256, Signature, hex};
use bytes::Bytes;
use lit_node_transport::{Cause, Quorum, QuorumPolicy, Rejection, RequestId, call_quorum};
use lit_session_crypto::HdTweak;
use lit_types::{
    AuthMethod, NodeUrl, PkpPublicKey,
    constants::AuthMethodType,
    strict_json,
    wire::{Endpoint, PkpClaimRequest, PkpClaimResponse},
};
use serde::{Serialize, Serializer, ser::SerializeStruct};
use serde_json::json;

use crate::{Error, LitNodeClient, observe::Operation};

/// A request to claim the key that belongs to an auth method.
///
/// ```
/// use lit_sdk::{AuthMethod, calls::ClaimKeyId, types::constants::AuthMethodType};
///
/// let call = ClaimKeyId::new(AuthMethod::new(AuthMethodType::Discord, "an access token"));
/// ```
#[doc(alias = "claimKeyId")]
#[derive(Debug, Clone)]
#[must_use]
pub struct ClaimKeyId {
    auth_method: AuthMethod,
    node_wallets: Option<HashSet<Address>>,
}

impl ClaimKeyId {
    /// Claims the key of this auth method.
    pub const fn new(auth_method: AuthMethod) -> Self {
        Self {
            auth_method,
            node_wallets: None,
        }
    }

    /// Accepts signatures of these wallets only: those of the nodes, as the chain lists them
    /// ([`Validator::node_address`](lit_contracts::Validator::node_address)). Contracts refuse a claim with another signature.
    /// Default: signatures of any wallet.
    pub fn with_node_wallets(mut self, wallets: impl IntoIterator<Item = Address>) -> Self {
        self.node_wallets = Some(wallets.into_iter().collect());
        self
    }
}

/// A claimed key. It becomes a PKP when it is minted: with
/// [`Pkps::claim`](lit_contracts::Pkps::claim), or by a relayer with
/// [`LitRelay::claim_key`](crate::services::LitRelay::claim_key).
///
/// It serializes like the claims in the answers of the official client: `{"signatures":[{"r","s","v"}],"derivedKeyId"}`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ClaimedKey {
    /// The id that the key is derived from.
    pub derived_key_id: B256,
    /// The signatures of the nodes' wallets, over the 32 bytes of the id as a personal message.
    pub signatures: Vec<Signature>,
}

impl ClaimedKey {
    pub(crate) const fn new(derived_key_id: B256) -> Self {
        Self {
            derived_key_id,
            signatures: Vec::new(),
        }
    }

    /// The body of a claim for a relayer.
    pub(crate) fn relay_body(&self, auth_method: &AuthMethod, public_key: &PkpPublicKey) -> String {
        let body = json!({
            "derivedKeyId": hex::encode(self.derived_key_id),
            "authMethodType": auth_method.auth_method_type,
            "signatures": self.signatures.iter().map(rsv).collect::<Vec<_>>(),
            "pubkey": public_key,
        });
        body.to_string()
    }
}

impl Serialize for ClaimedKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let signatures: Vec<_> = self.signatures.iter().map(rsv).collect();
        let mut object = serializer.serialize_struct("ClaimedKey", 2)?;
        object.serialize_field("signatures", &signatures)?;
        object.serialize_field("derivedKeyId", &hex::encode(self.derived_key_id))?;
        object.end()
    }
}

fn rsv(signature: &Signature) -> serde_json::Value {
    let (r, s) = (B256::from(signature.r()), B256::from(signature.s()));
    json!({ "r": r, "s": s, "v": 27 + u8::from(signature.v()) })
}

impl LitNodeClient {
    /// Claims the key that belongs to an auth method. A threshold of nodes must agree on the key, and sign it.
    ///
    /// ```no_run
    /// # use lit_sdk::{AuthMethod, Error, LitNodeClient, calls::ClaimKeyId};
    /// # async fn claim(client: LitNodeClient, method: AuthMethod) -> Result<(), Error> {
    /// let claimed = client.claim_key_id(&ClaimKeyId::new(method)).await?;
    /// let public_key = client.derived_public_key(&claimed.derived_key_id)?;
    /// println!("{public_key}, signed by {} nodes", claimed.signatures.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Nodes`] when too few nodes accept the auth method, or they do not agree; [`Error::WebAuthnClaim`];
    /// [`Error::NotReady`].
    #[doc(alias = "claimKeyId")]
    pub async fn claim_key_id(&self, call: &ClaimKeyId) -> Result<ClaimedKey, Error> {
        self.operate(Operation::ClaimKeyId, |client| async move {
            client.claim(call).await
        })
        .await
    }

    async fn claim(&self, call: &ClaimKeyId) -> Result<ClaimedKey, Error> {
        self.check_ready()?;
        if is_webauthn(&call.auth_method) {
            return Err(Error::WebAuthnClaim);
        }
        let body = PkpClaimRequest {
            auth_method: call.auth_method.clone(),
            credential_public_key: None,
            epoch: self.epoch(),
        };
        #[allow(clippy::expect_used, reason = "strings always serialize")]
        let body = serde_json::to_vec(&body).expect("a request body always serializes");
        let body = Bytes::from(body);
        let to = |node: &NodeUrl| (node.clone(), body.clone());
        let quorum = Quorum {
            endpoint: Endpoint::PkpClaim,
            request_id: RequestId::generate()
                .map_err(|error| Error::RandomnessUnavailable(error.into()))?,
            bodies: self.nodes().iter().map(to).collect(),
        };
        let policy = QuorumPolicy::new(self.threshold()).with_node_timeout(self.node_timeout());
        let policy = self.deadline().bound(policy);
        let judge = |_: &NodeUrl, body: &[u8]| {
            let answer: PkpClaimResponse = strict_json::from_slice(body)?;
            let consent = judge(&answer)?;
            match &call.node_wallets {
                Some(wallets) if !wallets.contains(&consent.wallet) => Err(Rejection::WrongWallet),
                _ => Ok(consent),
            }
        };
        let answer = call_quorum(self.transport(), quorum, &policy, judge, |consent| {
            consent.key
        });
        let answer = answer
            .await
            .map_err(|error| Error::Nodes(Box::new(error)))?;
        self.signers().note(&answer.outcomes, false);
        let mut claimed = ClaimedKey::new(answer.agreed[0].1.key);
        claimed.signatures = answer.agreed.iter().map(|(_, one)| one.signature).collect();
        Ok(claimed)
    }

    /// Derives a public key from a key id and the root keys of the network.
    ///
    /// # Errors
    /// [`Error::RootKeys`] when the root keys of the handshake are missing or malformed.
    #[doc(alias("computeHDPubKey", "computePubKey"))]
    pub fn derived_public_key(&self, derived_key_id: &B256) -> Result<PkpPublicKey, Error> {
        let keys = self.keys();
        let roots = keys.hd_root_pubkeys.iter().map(|key| key.parse());
        let roots: Vec<PkpPublicKey> = roots
            .collect::<Result<_, _>>()
            .map_err(|error| Error::RootKeys(Cause::from(error)))?;
        HdTweak::new(derived_key_id)
            .public_key(&roots)
            .map_err(|error| Error::RootKeys(Cause::from(error)))
    }
}

/// Whether a method is WebAuthn. A claim does not carry the public key of the credential, so nobody could log in with it.
pub(crate) fn is_webauthn(method: &AuthMethod) -> bool {
    method.auth_method_type.known() == Some(AuthMethodType::WebAuthn)
}

/// The signature of a node under a key id, and its wallet.
pub(crate) struct Consent {
    key: B256,
    signature: Signature,
    wallet: Address,
}

impl From<Consent> for (B256, Signature) {
    fn from(consent: Consent) -> Self {
        (consent.key, consent.signature)
    }
}

pub(crate) fn judge(answer: &PkpClaimResponse) -> Result<Consent, Rejection> {
    let key = hex::decode_to_array(&answer.derived_key_id);
    let key = B256::new(key.map_err(|_| Rejection::MalformedMember {
        member: "derived key id",
        expected: "64 hex digits",
    })?);
    let signature: [u8; 65] =
        hex::decode_to_array(&answer.signature).map_err(|_| Rejection::MalformedSignature)?;
    let signature =
        Signature::from_raw_array(&signature).map_err(|_| Rejection::MalformedSignature)?;
    let wallet = signature.recover_address_from_msg(key);
    Ok(Consent {
        key,
        signature,
        wallet: wallet.map_err(|_| Rejection::MalformedSignature)?,
    })
}
