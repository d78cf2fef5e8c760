//! Who asks to decrypt: a session, a wallet of any chain, or a contract.

use alloy_primitives::{FixedBytes, fixed_bytes};
use alloy_rpc_types_eth::TransactionRequest;
use alloy_sol_types::{SolCall, sol};
use lit_session_crypto::{
    ContractLogin, LoginRefusal, verify_cosmos_login, verify_login, verify_solana_login,
};
use lit_types::{AuthSig, AuthSigKind, NodeErrorCode, WalletAddress};

use super::session::Caller;
use crate::{
    Node,
    causes::with_causes,
    conditions::{Asker, SignedText, cosmos_prefix, is_solana},
    refusal::Refusal,
};

sol! {
    function isValidSignature(bytes32 hash, bytes signature) external view returns (bytes4);
}

/// What a contract answers to a valid signature (EIP-1271).
const VALID: FixedBytes<4> = fixed_bytes!("1626ba7e");

impl Node {
    /// Verifies an AuthSig that logs in, and returns its wallet or contract. `chain` is the chain of that address.
    pub(super) async fn login<'a>(
        &self,
        auth_sig: &AuthSig,
        chain: Option<&'a str>,
    ) -> Result<Asker<'a>, Refusal> {
        let chain = chain.unwrap_or_default();
        let now = self.parts.clock.now();
        let (address, signed) = match auth_sig.kind() {
            AuthSigKind::Contract => {
                let login = ContractLogin::of(auth_sig, now)?;
                self.verify_contract(&login, auth_sig, chain).await?;
                let message = SignedText::Siwe(Box::new(login.message));
                (login.contract.into(), message)
            }
            AuthSigKind::Wallet if is_solana(chain) => {
                (verify_solana_login(auth_sig)?.into(), SignedText::Other)
            }
            AuthSigKind::Wallet => match cosmos_prefix(chain) {
                Some(prefix) => {
                    let address = verify_cosmos_login(auth_sig, prefix)?;
                    (WalletAddress::Cosmos(address), SignedText::Other)
                }
                None => {
                    let message = verify_login(auth_sig, now)?;
                    (
                        message.address().into(),
                        SignedText::Siwe(Box::new(message)),
                    )
                }
            },
            kind => return Err(LoginRefusal::Kind(kind).into()),
        };
        Ok(Asker {
            address,
            signed,
            chain,
            action: None,
        })
    }

    /// Asks the contract. The details of the refusals begin as those of Lit's nodes, which clients look for.
    async fn verify_contract(
        &self,
        login: &ContractLogin,
        auth_sig: &AuthSig,
        chain: &str,
    ) -> Result<(), Refusal> {
        let reader = self.conditions.chain(chain).ok_or_else(|| {
            let code = NodeErrorCode::NodeBlockchainChainUnknown;
            Refusal::coded(code, format_args!("unknown chain {chain:?}"))
        })?;
        let call = isValidSignatureCall {
            hash: login.hash,
            signature: login.signature.clone().into(),
        };
        let request = TransactionRequest::default()
            .to(login.contract)
            .input(call.abi_encode().into());
        let address = &auth_sig.address;
        let output = reader.call(request).await.map_err(|error| {
            Refusal::coded(
                NodeErrorCode::NodeBlockchainError,
                format_args!(
                    "Execution Reverted- Call to contract's {address} isValidSignature function failed on chain {chain}: {}",
                    with_causes(&error)
                ),
            )
        })?;
        let answer = isValidSignatureCall::abi_decode_returns(&output).map_err(|error| {
            Refusal::coded(
                NodeErrorCode::NodeBlockchainError,
                format_args!(
                    "contract {address} has no isValidSignature on chain {chain}: {error}"
                ),
            )
        })?;
        if answer == VALID {
            return Ok(());
        }
        Err(Refusal::coded(
            NodeErrorCode::NodeContractAuthsigUnauthorized,
            "Access control failed for Smart contract",
        )
        .with_details([
            format!(
                "validation error: Authsig failed for contract {address}.  Return value was {}.  The hash was {}.",
                hex::encode(answer),
                hex::encode(login.hash),
            ),
            "EIP1271 Authsig failed".to_owned(),
        ]))
    }
}

impl Caller {
    /// The caller as the asker of conditions. `chain` is that of the request.
    pub(super) fn asker<'a>(&'a self, chain: Option<&'a str>) -> Asker<'a> {
        Asker {
            address: self.session.address.into(),
            signed: SignedText::Capability(&self.auth_sig, self.session.capability),
            chain: chain.unwrap_or_default(),
            action: None,
        }
    }
}
