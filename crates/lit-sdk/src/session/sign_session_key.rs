use alloy_primitives::hex;
use bytes::Bytes;
use lit_node_transport::{Quorum, QuorumCall, QuorumPolicy, Rejection, RequestId, datil};
use lit_recap::{Nonce, SiweBuilder, SiweError, SiweMessage};
use lit_session_crypto::{
    BlsSignatureShare, CombinedRoot, SessionPublicKey, check_rewritten, session_digest,
};
use lit_types::{
    AuthSig, NodeUrl, PkpPublicKey, Right, Timestamp,
    constants::{DEFAULT_SESSION_LIFETIME, curves},
    strict_json,
    wire::{Endpoint, SignSessionKeyRequest, SignSessionKeyResponse},
};

use crate::{
    Error, LitNodeClient, PkpLogin,
    calls::{ActionSource, action_error::action_error, shares::shares_error},
    observe::Operation,
};

/// The beginning of each message for a PKP, as in `signSessionKey` of `@lit-protocol/lit-node-client`.
const STATEMENT: &str = "Lit Protocol PKP session signature";
/// The default domain.
const DOMAIN: &str = "litprotocol.com";

/// A request for a PKP to authorize a session key.
///
/// [`LitNodeClient::get_pkp_session_sigs`] makes one, and a whole session from the answer.
#[derive(Debug, Clone)]
#[must_use]
pub struct SignSessionKey {
    login: PkpLogin,
    session_key: SessionPublicKey,
    requests: Vec<Right>,
    expiration: Option<Timestamp>,
    statement: Option<String>,
    domain: Option<String>,
    chain_id: u64,
}

impl SignSessionKey {
    /// A request to authorize this session key for exactly these rights.
    #[doc(alias("sessionKey", "pkpPublicKey", "resourceAbilityRequests"))]
    pub fn new(
        login: impl Into<PkpLogin>,
        session_key: SessionPublicKey,
        requests: impl IntoIterator<Item = Right>,
    ) -> Self {
        Self {
            login: login.into(),
            session_key,
            requests: requests.into_iter().collect(),
            expiration: None,
            statement: None,
            domain: None,
            chain_id: 1,
        }
    }

    /// Sets when the authorization ends. Default: 24 hours from now. Nodes accept at most 30 days.
    #[doc(alias = "expiration")]
    pub fn until(mut self, expiration: Timestamp) -> Self {
        self.expiration = Some(expiration);
        self
    }

    /// Sets the text between `Lit Protocol PKP session signature` and the list of rights. Default: none.
    #[doc(alias = "statement")]
    pub fn with_statement(mut self, statement: impl Into<String>) -> Self {
        self.statement = Some(statement.into());
        self
    }

    /// Sets the domain of the message. Default: `litprotocol.com`.
    #[doc(alias = "domain")]
    pub fn with_domain(mut self, domain: impl Into<String>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// Sets the chain id of the message. Default: 1.
    #[doc(alias = "chainId")]
    pub const fn with_chain_id(mut self, chain_id: u64) -> Self {
        self.chain_id = chain_id;
        self
    }
}

impl LitNodeClient {
    /// Has the network sign a session key for a PKP. Returns the PKP's AuthSig: the root of a session.
    ///
    /// Each answer is checked by itself: it must be complete, match the sent message, and have the digest of its own message.
    /// The shares of a threshold of nodes are combined, and the signature is verified under the network key. If it fails, the
    /// wrong share is found, and the shares of other nodes are used.
    ///
    /// # Errors
    /// [`Error::NotReady`], [`Error::NoRequests`]; [`Error::InvalidMessage`] for a malformed domain or
    /// statement; [`Error::Action`] if the action throws; [`Error::Nodes`] if too few nodes accept the login; [`Error::Shares`] if
    /// their shares do not combine.
    #[doc(alias = "signSessionKey")]
    pub async fn sign_session_key(&self, call: &SignSessionKey) -> Result<AuthSig, Error> {
        self.operate(Operation::SignSessionKey, |client| async move {
            client.authorize_key(call).await
        })
        .await
    }

    async fn authorize_key(&self, call: &SignSessionKey) -> Result<AuthSig, Error> {
        self.check_ready()?;
        if call.requests.is_empty() {
            return Err(Error::NoRequests);
        }
        let issued_at = Timestamp::try_from(self.now())?;
        let expiration = match &call.expiration {
            Some(expiration) => expiration.clone(),
            None => issued_at.checked_add(DEFAULT_SESSION_LIFETIME)?,
        };
        let message = PkpMessage {
            session_key: call.session_key,
            requests: &call.requests,
            expiration,
            statement: call.statement.as_deref(),
            domain: call.domain.as_deref(),
            chain_id: call.chain_id,
        };
        let nonce = self.nonce().await?;
        let siwe = message.siwe(&call.login.pkp, nonce, issued_at)?;
        let root = self.sign_for_pkp(&call.login, &siwe).await?;
        Ok(root.auth_sig().clone())
    }

    /// Has the network sign this message for a PKP. If the epoch may have changed meanwhile, it asks once more, but runs no
    /// action twice.
    pub(crate) async fn sign_for_pkp(
        &self,
        login: &PkpLogin,
        sent: &SiweMessage,
    ) -> Result<CombinedRoot, Error> {
        let epoch = self.epoch();
        match self.ask_to_sign(login, sent).await {
            Err(error) if login.action.is_none() && self.may_mix_epochs(epoch, &error) => {
                tracing::debug!("asking once more, in one epoch");
                self.ask_to_sign(login, sent).await
            }
            signed => signed,
        }
    }

    async fn ask_to_sign(
        &self,
        login: &PkpLogin,
        sent: &SiweMessage,
    ) -> Result<CombinedRoot, Error> {
        self.check_ready()?;
        let state = self.state();
        let network = state.signer()?;
        let quorum = Quorum {
            endpoint: Endpoint::SignSessionKey,
            request_id: RequestId::generate()
                .map_err(|e| Error::RandomnessUnavailable(e.into()))?,
            bodies: {
                let body = self.sign_session_key_body(login, sent);
                let to = |node: &NodeUrl| (node.clone(), body.clone());
                state.nodes.iter().map(to).collect()
            },
        };
        let policy = QuorumPolicy::new(state.view.threshold).with_node_timeout(self.node_timeout());
        let deadline = self.deadline();
        let policy = deadline.bound(policy);
        let judge = |_: &NodeUrl, body: &[u8]| judge(sent, body);
        let agree = |answer: &SignedShare| answer.message.as_str().to_owned();
        let digest = |answer: &SignedShare| session_digest(answer.message.as_str()).to_vec();
        let signed = match QuorumCall::start(self.transport(), quorum, &policy, judge, agree) {
            Ok(call) => {
                let seen = self.signers();
                let share = |answer: &SignedShare| answer.share;
                network.combine(seen, call, deadline, digest, share).await
            }
            Err(error) => Err(shares_error(error)),
        };
        let (combined, answer) = signed.map_err(|error| match error {
            Error::Nodes(nodes) if login.action.is_some() => action_error(*nodes),
            error => error,
        })?;
        #[allow(
            clippy::expect_used,
            reason = "the agreeing nodes signed the digest of one message"
        )]
        let root = CombinedRoot::new(&combined, &answer.agreed[0].1.message)
            .expect("the signature verified for the message that the nodes agree on");
        Ok(root)
    }

    fn sign_session_key_body(&self, login: &PkpLogin, sent: &SiweMessage) -> Bytes {
        let (code, ipfs_id) = match login.action.as_ref().map(|action| &action.source) {
            Some(ActionSource::Code(code)) => (Some(datil::encode_code(code)), None),
            Some(ActionSource::IpfsId(cid)) => (None, Some(cid.clone())),
            None => (None, None),
        };
        let body = SignSessionKeyRequest {
            session_key: sent.uri().to_owned(),
            auth_methods: login.auth_methods.clone(),
            pkp_public_key: Some(login.pkp.to_string()),
            siwe_message: sent.as_str().to_owned(),
            curve_type: curves::BLS.to_owned(),
            lit_action_ipfs_id: ipfs_id,
            code,
            js_params: login.action.as_ref().map(|action| action.js_params.clone()),
            auth_sig: None,
            epoch: self.epoch(),
        };
        #[allow(
            clippy::expect_used,
            reason = "strings and JSON values always serialize"
        )]
        let body = serde_json::to_vec(&body).expect("a request body always serializes");
        Bytes::from(body)
    }
}

/// The content of a message for a PKP.
pub(crate) struct PkpMessage<'a> {
    pub(crate) session_key: SessionPublicKey,
    pub(crate) requests: &'a [Right],
    pub(crate) expiration: Timestamp,
    pub(crate) statement: Option<&'a str>,
    pub(crate) domain: Option<&'a str>,
    pub(crate) chain_id: u64,
}

impl PkpMessage<'_> {
    pub(crate) fn siwe(
        &self,
        pkp: &PkpPublicKey,
        nonce: Nonce,
        issued_at: Timestamp,
    ) -> Result<SiweMessage, SiweError> {
        let statement = match self.statement {
            Some(statement) => format!("{STATEMENT} {statement}"),
            None => STATEMENT.to_owned(),
        };
        SiweBuilder::new(pkp.address(), self.session_key.uri(), nonce, issued_at)
            .with_domain(self.domain.unwrap_or(DOMAIN))
            .with_statement(statement)
            .with_chain_id(self.chain_id)
            .with_expiration(self.expiration.clone())
            .with_rights(self.requests)?
            .build()
    }
}

/// A node's share, and the message it signs.
struct SignedShare {
    message: SiweMessage,
    share: BlsSignatureShare,
}

/// Checks one answer by itself.
fn judge(sent: &SiweMessage, body: &[u8]) -> Result<SignedShare, Rejection> {
    let answer: SignSessionKeyResponse = strict_json::from_slice(body)?;
    if answer.result != "success" {
        return Err(Rejection::Unsuccessful);
    }
    if answer.curve_type != curves::BLS {
        return Err(Rejection::WrongCurve {
            expected: curves::BLS,
        });
    }
    if answer.bls_root_pubkey.is_empty() {
        return Err(Rejection::MissingNetworkKey);
    }
    let message: SiweMessage = answer
        .siwe_message
        .parse()
        .map_err(|error: SiweError| Rejection::MalformedMessage(error.into()))?;
    check_rewritten(sent, &message).map_err(|refusal| Rejection::WrongMessage(refusal.into()))?;
    if answer.data_signed != hex::encode(session_digest(message.as_str())) {
        return Err(Rejection::WrongDigest);
    }
    let share = BlsSignatureShare::try_from(&answer.signature_share)
        .map_err(|error| Rejection::MalformedShare(error.into()))?;
    if u32::from(share.identifier().get()) != answer.share_index.saturating_add(1) {
        return Err(Rejection::WrongIdentifier);
    }
    Ok(SignedShare { message, share })
}
