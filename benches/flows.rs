use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use alloy_provider::Provider;
use alloy_signer_local::PrivateKeySigner;
use lit_sdk::{
    ActionCid, Encrypted, ExecuteJs, LitAction, LitActionLogin, LitNodeClient, PkpLogin, PkpSign,
    Right, Session, SessionRequest, WalletAuth,
    contracts::{LitContracts, Scopes},
    login::EthWalletProvider,
    transport::Network,
    types::access_control::{AccessControlConditions, ConditionExpression, EvmBasicCondition},
};

use crate::Failure;

/// The action that grants sessions.
const GRANTING: &str = "Lit.Actions.setResponse({ response: 'true' })";

const ACTION: &str = "Lit.Actions.setResponse({ response: 'x' })";

const TEXT: &str = "meet me at the bridge";

/// A client on a network, and what its flows need: a PKP with a permitted action, logins, sessions, an encrypted text.
pub struct Flows {
    network: Arc<dyn Network>,
    client: LitNodeClient,
    request: SessionRequest,
    wallet: WalletAuth<PrivateKeySigner>,
    pkp: PkpLogin,
    action: LitActionLogin,
    of_wallet: Session,
    of_pkp: Session,
    conditions: AccessControlConditions,
    encrypted: Encrypted,
    decrypting: Session,
    signed: AtomicU64,
}

impl Flows {
    /// Connects, mints a PKP for this wallet, and logs in.
    ///
    /// # Errors
    /// Those of the client and the chain.
    pub async fn prepare<P: Provider + Clone>(
        network: Arc<dyn Network>,
        contracts: &LitContracts<P>,
        owner: PrivateKeySigner,
    ) -> Result<Self, Failure> {
        let pkp = contracts.pkp().mint().await?;
        let cid = ActionCid::of_code(GRANTING.as_bytes());
        let permissions = contracts.permissions();
        permissions
            .add_action(pkp.token_id, &cid, Scopes::SIGN_ANYTHING)
            .await?;

        let client = LitNodeClient::connect(&*network).await?;
        let method = EthWalletProvider::authenticate(&client, &owner).await?;
        let request = SessionRequest::new([Right::sign_with_any_pkp(), Right::run_any_action()]);
        let only_owner = EvmBasicCondition::wallet_is("ethereum", owner.address().to_string());
        let conditions = AccessControlConditions::EvmBasic(ConditionExpression::new(only_owner));
        let encrypted = client.encrypt_text(TEXT, &conditions).await?;
        let wallet = WalletAuth::new(owner);
        let login = PkpLogin::new(pkp.public_key).with_auth_method(method);
        let to_decrypt = SessionRequest::to_decrypt(&encrypted);
        Ok(Self {
            of_wallet: client.session(&request, &wallet).await?,
            of_pkp: client.session(&request, &login).await?,
            decrypting: client.session(&to_decrypt, &wallet).await?,
            network,
            client,
            request,
            wallet,
            pkp: login,
            action: LitActionLogin::new(pkp.public_key, LitAction::code(GRANTING)),
            conditions,
            encrypted,
            signed: AtomicU64::new(0),
        })
    }

    /// Runs a flow once. `interop/bench/flows.mjs` has the same flows of the official client.
    ///
    /// # Errors
    /// An unknown flow, and those of the client.
    pub async fn call(&self, flow: &str) -> Result<(), Failure> {
        let client = &self.client;
        match flow {
            "connect" => drop(LitNodeClient::connect(&*self.network).await?),
            "wallet session" => drop(client.get_session_sigs(&self.request, &self.wallet).await?),
            "wallet session, reused" => drop(client.session_sigs(&self.of_wallet)?),
            "PKP session" => {
                drop(
                    client
                        .get_pkp_session_sigs(&self.request, &self.pkp)
                        .await?,
                );
            }
            "Lit Action session" => drop(
                client
                    .get_lit_action_session_sigs(&self.request, &self.action)
                    .await?,
            ),
            // The official client waits for all answers as well.
            "execute_js" => {
                let call = ExecuteJs::code(ACTION).with_all_answers();
                drop(client.execute_js(&self.of_wallet, &call).await?);
            }
            "execute_js, first answers" => {
                let call = ExecuteJs::code(ACTION);
                drop(client.execute_js(&self.of_wallet, &call).await?);
            }
            // Another message each time, and so another signing set.
            "pkp_sign" => {
                let message = self.signed.fetch_add(1, Relaxed).to_string();
                let call = PkpSign::message(*self.pkp.pkp(), message);
                client.pkp_sign(&self.of_pkp, &call).await?;
            }
            "encrypt" => drop(client.encrypt_text(TEXT, &self.conditions).await?),
            "decrypt" => drop(client.decrypt(&self.decrypting, &self.encrypted).await?),
            unknown => return Err(format!("unknown flow {unknown}").into()),
        }
        Ok(())
    }
}
