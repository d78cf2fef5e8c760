//! Encryption to a network, and decryption by its nodes.

mod encrypted;

pub use encrypted::{DataType, Encrypted};

use std::sync::Arc;

use bytes::Bytes;
use lit_node_transport::{Quorum, QuorumCall, QuorumPolicy, Rejection, RequestId};
use lit_session_crypto::{
    BlsPublicKey, BlsSignatureShare, CombinedSignature, Session, TimeLockCiphertext, data_hash,
    encryption_resource,
};
use lit_types::{
    AuthSig, NodeUrl, SessionSigs,
    access_control::{AccessControlConditions, ConditionsKind},
    strict_json,
    wire::{EncryptionSignRequest, EncryptionSignResponse, Endpoint},
};
use rand_core::OsRng;
use zeroize::Zeroizing;

use crate::{
    Error, LitNodeClient,
    calls::{
        SessionAuth,
        offload::offload,
        session_auth::{signed_bodies, unsigned},
        shares::shares_error,
    },
    client::random::check_randomness,
    observe::Operation,
};

/// Authorizes a decryption: a session with the right to decrypt, or an AuthSig of a wallet.
///
/// ```no_run
/// use lit_sdk::{AuthSig, LitNodeClient, types::SolanaAddress};
/// use lit_sdk::types::access_control::{
///     AccessControlConditions, AnySolRpcCondition, ConditionExpression, SolRpcCondition,
/// };
///
/// # async fn run(client: LitNodeClient, sign: fn(&str) -> [u8; 64]) -> Result<(), Box<dyn std::error::Error>> {
/// let wallet: SolanaAddress = "F7r6ENi6dqH8SnMYZdK3YxWAQ4cwfSNXZyMzbea5fbS1".parse()?;
/// let owner = AnySolRpcCondition::from(SolRpcCondition::wallet_is("solana", wallet));
/// let conditions = AccessControlConditions::SolRpc(ConditionExpression::new(owner));
/// let encrypted = client.encrypt_text("for the wallet", &conditions).await?.with_chain("solana");
///
/// let text = "I want to decrypt";
/// let auth_sig = AuthSig::solana(&sign(text), text.to_owned(), &wallet);
/// assert_eq!(*client.decrypt_text(&auth_sig, &encrypted).await?, "for the wallet");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum DecryptAuth<'a> {
    /// A session.
    Session(SessionAuth<'a>),
    /// A SIWE message of a wallet, or of a contract (EIP-1271), or the text of a Solana or Cosmos wallet. Its chain is the one that
    /// the [`Encrypted`] names, see [`Encrypted::with_chain`]. Every node gets the same text, and could use it elsewhere until it
    /// expires. Prefer a session.
    Wallet(&'a AuthSig),
}

impl<'a> From<&'a Session> for DecryptAuth<'a> {
    fn from(session: &'a Session) -> Self {
        Self::Session(session.into())
    }
}

impl<'a> From<&'a Arc<Session>> for DecryptAuth<'a> {
    fn from(session: &'a Arc<Session>) -> Self {
        Self::Session(session.into())
    }
}

impl From<Arc<Session>> for DecryptAuth<'_> {
    fn from(session: Arc<Session>) -> Self {
        Self::Session(session.into())
    }
}

impl<'a> From<&'a SessionSigs> for DecryptAuth<'a> {
    fn from(sigs: &'a SessionSigs) -> Self {
        Self::Session(sigs.into())
    }
}

impl<'a> From<&'a AuthSig> for DecryptAuth<'a> {
    fn from(auth_sig: &'a AuthSig) -> Self {
        Self::Wallet(auth_sig)
    }
}

impl LitNodeClient {
    /// Encrypts data under access control conditions. Sends nothing: it uses the network key of the handshake.
    ///
    /// ```no_run
    /// # use lit_sdk::{Error, LitAbility, LitNodeClient, Right, SessionRequest, WalletAuth};
    /// use lit_sdk::types::access_control::{AccessControlConditions, ConditionExpression, EvmBasicCondition};
    ///
    /// # async fn run(client: LitNodeClient, wallet: &dyn lit_sdk::SessionAuthorizer) -> Result<(), Box<dyn std::error::Error>> {
    /// let owner = EvmBasicCondition::wallet_is("ethereum", "0x5ff8dcd750422e5e6bee5d32752e178f725b0cbd");
    /// let conditions = AccessControlConditions::EvmBasic(ConditionExpression::new(owner));
    /// let encrypted = client.encrypt([1, 2, 3], &conditions).await?;
    ///
    /// let right = Right::new(encrypted.resource(), LitAbility::AccessControlConditionDecryption)?;
    /// let session = client.session(&SessionRequest::new([right]), wallet).await?;
    /// assert_eq!(*client.decrypt(&session, &encrypted).await?, [1, 2, 3]);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Conditions`] for conditions that nodes refuse or hash differently, so that the data would be lost;
    /// [`Error::Encryption`] for more than 64 MiB; [`Error::NetworkKey`], [`Error::RandomnessUnavailable`].
    #[doc(alias = "encryptFile")]
    #[doc(alias = "encryptUint8Array")]
    pub async fn encrypt(
        &self,
        data: impl AsRef<[u8]>,
        conditions: &AccessControlConditions,
    ) -> Result<Encrypted, Error> {
        let data = Zeroizing::new(data.as_ref().to_vec());
        self.operate(Operation::Encrypt, |client| async move {
            client.seal(data, conditions).await
        })
        .await
    }

    async fn seal(
        &self,
        data: Zeroizing<Vec<u8>>,
        conditions: &AccessControlConditions,
    ) -> Result<Encrypted, Error> {
        conditions.check()?;
        check_randomness()?;
        let network = self.state().signer()?.key;
        let conditions = conditions.clone();
        // A pairing, and as much hashing as there is data.
        let work = move || {
            let hash = data_hash(&data);
            let identity = encryption_resource(&conditions, &hash).key();
            let sealed =
                TimeLockCiphertext::encrypt(&network, identity.as_bytes(), &data, &mut OsRng)?;
            Ok(Encrypted::new(sealed, hash, conditions))
        };
        offload(self.deadline(), work).await?
    }

    /// [Encrypts](Self::encrypt) a text.
    ///
    /// # Errors
    /// As [`LitNodeClient::encrypt`].
    #[doc(alias = "encryptString")]
    pub async fn encrypt_text(
        &self,
        text: &str,
        conditions: &AccessControlConditions,
    ) -> Result<Encrypted, Error> {
        Ok(self.encrypt(text, conditions).await?.into_text())
    }

    /// Decrypts data. A threshold of nodes check the conditions, and sign the key together.
    ///
    /// The combined signature is verified under the network key before it is used, and nodes with wrong shares are found.
    /// See the example of [`encrypt`](Self::encrypt).
    ///
    /// # Errors
    /// [`Error::Nodes`] when too few nodes find the conditions met, [`Error::Shares`] when their shares do not combine;
    /// [`Error::Encryption`] for data that was encrypted to another network or under other conditions, [`Error::OtherData`]
    /// for data that does not match its hash. Before that [`Error::NotReady`], [`Error::Session`], [`Error::SessionSigs`],
    /// [`Error::MissingNode`] or [`Error::NetworkKey`].
    #[doc(alias = "decryptToFile")]
    #[doc(alias = "decryptToUint8Array")]
    #[doc(alias = "decryptFromJson")]
    pub async fn decrypt(
        &self,
        auth: impl Into<DecryptAuth<'_>>,
        encrypted: &Encrypted,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let auth = auth.into();
        self.operate(Operation::Decrypt, |client| async move {
            client.open(&auth, encrypted).await
        })
        .await
    }

    async fn open(
        &self,
        auth: &DecryptAuth<'_>,
        encrypted: &Encrypted,
    ) -> Result<Zeroizing<Vec<u8>>, Error> {
        let epoch = self.epoch();
        let signed = match self.sign_decryption(auth, encrypted).await {
            Err(error) if self.may_mix_epochs(epoch, &error) => {
                tracing::debug!("asking once more, in one epoch");
                self.sign_decryption(auth, encrypted).await
            }
            signed => signed,
        };
        let (combined, key) = signed?;
        let encrypted = encrypted.clone();
        let identity = encrypted.resource().key();
        let open = move || {
            let data =
                encrypted
                    .ciphertext()
                    .decrypt(&key, identity.as_bytes(), &combined.signature)?;
            if data_hash(&data) != *encrypted.data_hash() {
                return Err(Error::OtherData);
            }
            Ok(data)
        };
        offload(self.deadline(), open).await?
    }

    /// Has a threshold of nodes sign the key. Returns it with the key of the network.
    async fn sign_decryption(
        &self,
        auth: &DecryptAuth<'_>,
        encrypted: &Encrypted,
    ) -> Result<(CombinedSignature, BlsPublicKey), Error> {
        self.check_ready()?;
        let state = self.state();
        let network = state.signer()?;
        let quorum = Quorum {
            endpoint: Endpoint::EncryptionSign,
            request_id: RequestId::generate()
                .map_err(|error| Error::RandomnessUnavailable(error.into()))?,
            bodies: self.decrypt_bodies(auth, encrypted)?,
        };
        let policy = QuorumPolicy::new(state.view.threshold).with_node_timeout(self.node_timeout());
        let deadline = self.deadline();
        let policy = deadline.bound(policy);
        let judge = |_: &NodeUrl, body: &[u8]| judge(body);
        let call = QuorumCall::start(self.transport(), quorum, &policy, judge, |_| ())
            .map_err(shares_error)?;
        let identity = encrypted.resource().key();
        let message = |_: &BlsSignatureShare| identity.clone().into_bytes();
        let (combined, _) = network
            .combine(self.signers(), call, deadline, message, |share| *share)
            .await?;
        Ok((combined, network.key))
    }

    /// [Decrypts](Self::decrypt) a text.
    ///
    /// # Errors
    /// As [`LitNodeClient::decrypt`]; [`Error::NotText`] for data that is not UTF-8.
    #[doc(alias = "decryptToString")]
    pub async fn decrypt_text(
        &self,
        auth: impl Into<DecryptAuth<'_>>,
        encrypted: &Encrypted,
    ) -> Result<Zeroizing<String>, Error> {
        let data = self.decrypt(auth, encrypted).await?;
        let text = std::str::from_utf8(&data).map_err(|_| Error::NotText)?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    fn decrypt_bodies(
        &self,
        auth: &DecryptAuth<'_>,
        encrypted: &Encrypted,
    ) -> Result<Vec<(NodeUrl, Bytes)>, Error> {
        let sigs = match auth {
            DecryptAuth::Session(auth) => self.sigs_with_right(auth, &encrypted.right())?,
            DecryptAuth::Wallet(auth_sig) => {
                let to = |node: &NodeUrl| (node.clone(), AuthSig::clone(auth_sig));
                self.nodes().iter().map(to).collect()
            }
        };
        let conditions = encrypted.conditions();
        let of_kind = |kind| (conditions.kind() == kind).then(|| conditions.canonical());
        let body = EncryptionSignRequest {
            access_control_conditions: of_kind(ConditionsKind::EvmBasic),
            evm_contract_conditions: of_kind(ConditionsKind::EvmContract),
            sol_rpc_conditions: of_kind(ConditionsKind::SolRpc),
            unified_access_control_conditions: of_kind(ConditionsKind::Unified),
            data_to_encrypt_hash: encrypted.data_hash_hex(),
            chain: Some(encrypted.chain().to_owned()),
            auth_sig: unsigned(),
            epoch: self.epoch(),
        };
        Ok(signed_bodies(sigs, body, |body, sig| body.auth_sig = sig))
    }
}

fn judge(body: &[u8]) -> Result<BlsSignatureShare, Rejection> {
    let answer: EncryptionSignResponse = strict_json::from_slice(body)?;
    if answer.result != "success" {
        return Err(Rejection::Unsuccessful);
    }
    let share = BlsSignatureShare::try_from(&answer.signature_share)
        .map_err(|error| Rejection::MalformedShare(error.into()))?;
    if u32::from(share.identifier().get()) != answer.share_index.saturating_add(1) {
        return Err(Rejection::WrongIdentifier);
    }
    Ok(share)
}
