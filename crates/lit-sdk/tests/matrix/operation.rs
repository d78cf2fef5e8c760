//! What a client does with a network, each with its check that the result is right.

use std::error::Error as _;

use alloy_primitives::{B256, Signature};
use lit_devnet::{Fault, JwtClaims, JwtProvider};
use lit_sdk::{
    AuthMethod, Encrypted, Error, ExecuteJs, LitAction, LitActionLogin, LitNodeClient, PkpLogin,
    PkpSign, Session, SessionRequest, WalletAuth,
    calls::ClaimKeyId,
    session_crypto::hd_key_id,
    transport::QuorumError,
    types::{
        ActionCid,
        access_control::{AccessControlConditions, ConditionExpression, EvmBasicCondition},
        constants::AuthMethodType,
    },
};

use crate::common::owned::{Owned, contracts, request};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Connect,
    WalletSession,
    PkpSession,
    ActionSession,
    Execute,
    PkpSign,
    SignInAction,
    Decrypt,
    Claim,
    Mint,
}

use Operation::{
    ActionSession, Claim, Connect, Decrypt, Execute, Mint, PkpSession, PkpSign as Sign,
    SignInAction, WalletSession,
};

/// Grants a session.
const GRANT: &str = "Lit.Actions.setResponse({ response: 'true' })";
const HELLO: &str = "Lit.Actions.setResponse({ response: 'hello ' + name })";
const SIGN: &str = "(async () => {
    await Lit.Actions.signEcdsa({ toSign, publicKey, sigName: 'one' });
    Lit.Actions.setResponse({ response: 'signed' });
})()";
const SECRET: &str = "hello world";

impl Operation {
    pub(crate) const ALL: [Self; 10] = [
        Connect,
        WalletSession,
        PkpSession,
        ActionSession,
        Execute,
        Sign,
        SignInAction,
        Decrypt,
        Claim,
        Mint,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Connect => "connect",
            WalletSession => "session of a wallet",
            PkpSession => "session of a PKP",
            ActionSession => "session of an action",
            Execute => "execute_js",
            Sign => "pkp_sign",
            SignInAction => "execute_js that signs",
            Decrypt => "encrypt, decrypt",
            Claim => "claim_key_id",
            Mint => "mint on chain",
        }
    }

    /// Whether a node with this fault does not do its part.
    pub(crate) fn fails_with(self, fault: Fault) -> bool {
        match fault {
            Fault::Delay(_) => false,
            Fault::WrongSiwe(_) => matches!(self, PkpSession | ActionSession),
            Fault::StaleEpoch => self.uses_bls(),
            Fault::CorruptShare => self.uses_bls() || self.uses_ecdsa() || self == Claim,
            Fault::ReplayedShare => self.uses_bls() || self.uses_ecdsa(),
            _ => self.asks_nodes(),
        }
    }

    pub(crate) const fn asks_nodes(self) -> bool {
        !matches!(self, WalletSession | Mint)
    }

    pub(crate) const fn uses_bls(self) -> bool {
        matches!(self, PkpSession | ActionSession | Decrypt)
    }

    /// Whether a signing set is elected.
    pub(crate) const fn uses_ecdsa(self) -> bool {
        matches!(self, Sign | SignInAction)
    }
}

/// What the operations need.
pub(crate) struct Flows {
    pub(crate) owned: Owned,
    method: AuthMethod,
    google: AuthMethod,
    /// Made without faults.
    session: Session,
    encrypted: Encrypted,
    decrypting: Session,
    wallets: Vec<alloy_primitives::Address>,
}

impl Flows {
    pub(crate) async fn new(nodes: usize) -> Self {
        let owned = Owned::on(nodes).await;
        owned.permit(&ActionCid::of_code(GRANT).to_string()).await;
        let client = &owned.client;
        let condition = EvmBasicCondition::wallet_is("ethereum", owned.owner.address().to_string());
        let conditions = AccessControlConditions::EvmBasic(ConditionExpression::new(condition));
        let encrypted = client.encrypt_text(SECRET, &conditions).await.unwrap();
        let wallet = WalletAuth::new(owned.owner.clone());
        let decrypting = SessionRequest::to_decrypt(&encrypted);
        let decrypting = client.session(&decrypting, &wallet).await.unwrap();
        let staking = contracts(&owned.network, &owned.owner);
        let staking = staking.staking().connection_info().await.unwrap();
        let token = owned
            .network
            .issue_jwt(JwtProvider::Google, &JwtClaims::new("user-7", "app"));
        Self {
            method: owned.method().await,
            google: AuthMethod::new(AuthMethodType::GoogleJwt, token),
            session: owned.session().await,
            encrypted,
            decrypting,
            wallets: staking.nodes.iter().map(|node| node.node_address).collect(),
            owned,
        }
    }

    /// Does it, and checks the result. Other rounds sign other digests.
    pub(crate) async fn run(
        &self,
        operation: Operation,
        client: &LitNodeClient,
        round: u8,
    ) -> Result<(), Error> {
        let Self { owned, session, .. } = self;
        let digest = B256::repeat_byte(round);
        let check = |signature: Signature| {
            let signer = signature.recover_address_from_prehash(&digest).unwrap();
            assert_eq!(signer, owned.pkp.address());
        };
        match operation {
            Connect => {}
            WalletSession => {
                let wallet = WalletAuth::new(owned.owner.clone());
                let session = client.session(&request(), &wallet).await?;
                assert_eq!(session.address(), owned.owner.address());
            }
            PkpSession => {
                let login = PkpLogin::new(owned.pkp).with_auth_methods([self.method.clone()]);
                let session = client.session(&request(), &login).await?;
                assert_eq!(session.address(), owned.pkp.address());
            }
            ActionSession => {
                let login = LitActionLogin::new(owned.pkp, LitAction::code(GRANT));
                let session = client.session(&request(), &login).await?;
                assert_eq!(session.address(), owned.pkp.address());
            }
            Execute => {
                let call = ExecuteJs::code(HELLO).with_param("name", "Lit");
                let answer = client.execute_js(session, &call).await?;
                assert_eq!(answer.response, "hello Lit");
            }
            Sign => {
                let call = PkpSign::digest(owned.pkp, digest);
                check(client.pkp_sign(session, &call).await?.into());
            }
            SignInAction => {
                let call = ExecuteJs::code(SIGN)
                    .with_param("toSign", digest.to_vec())
                    .with_param("publicKey", owned.pkp.to_string())
                    .with_signer("one", owned.pkp)
                    .with_digest(digest)
                    .with_attempts(256);
                let answer = client.execute_js(session, &call).await?;
                check(answer.signatures["one"].into());
            }
            Decrypt => {
                let text = client
                    .decrypt_text(&self.decrypting, &self.encrypted)
                    .await?;
                assert_eq!(*text, SECRET);
            }
            Claim => {
                let call = ClaimKeyId::new(self.google.clone());
                let call = call.with_node_wallets(self.wallets.iter().copied());
                let claimed = client.claim_key_id(&call).await?;
                assert_eq!(claimed.derived_key_id, hd_key_id("user-7", "app", false));
            }
            Mint => {
                let contracts = contracts(&owned.network, &owned.owner);
                contracts.pkp().mint().await.unwrap();
            }
        }
        Ok(())
    }
}

/// The report with a line per node.
pub(crate) fn report(error: &Error) -> Option<&QuorumError> {
    match error {
        Error::Action { nodes, .. } => Some(nodes),
        error => error
            .source()?
            .downcast_ref::<Box<QuorumError>>()
            .map(|report| &**report),
    }
}
