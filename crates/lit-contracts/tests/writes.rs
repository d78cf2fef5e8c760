//! Writing: what is signed and sent is the recorded transaction byte for byte, and receipts yield what was made.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use alloy_consensus::Transaction;
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256, address, b256};
use alloy_provider::{Provider, ProviderBuilder};
use alloy_rpc_client::RpcClient;
use alloy_sol_types::{SolCall, SolValue};
use common::{Chain, Tx, Vectors};
use lit_contracts::{
    ActionCid, AuthMethodKind, Confirmation, ContractError, CreditExpiry, CreditId, LitContracts,
    MintedPkp, NewPkp, PaymentRestriction, PermissionChanges, PermittedAuthMethod, RequestRate,
    Revert, RevertKind, Scopes,
    bindings::{PKPHelper, PKPNFT, PKPPermissions, RateLimitNFT},
};
use lit_types::{
    TokenId,
    constants::{AuthMethodScope, AuthMethodType},
};

const TOKEN: B256 = b256!("badc40843ff652e6ccbb969b8cebb7dcc1db4aa241e9dcdd3c19656ef6f946e5");
const USER: Address = address!("976EA74026E726554dB657fA54763abd0C3a0aa9");
const ACTION: &str = "QmZKLGf3vgYsboM7WVUS9X56cJSdLzQVacNp841wmEDRkW";

fn token() -> TokenId {
    TokenId::new(TOKEN.into())
}

fn action() -> ActionCid {
    ACTION.parse().unwrap()
}

/// The last transaction that was sent is the recorded one.
fn sent(chain: &Chain, vectors: &Vectors, name: &str, confirmation: Confirmation) {
    let tx = vectors.tx(name);
    let state = chain.state();
    let last = state.sent.last().unwrap();
    assert_eq!(last.input(), &tx.input, "{name}");
    assert_eq!(last.value().to_string(), tx.value, "{name}");
    assert_eq!(
        last.kind(),
        TxKind::Call(vectors.addresses[&tx.to]),
        "{name}"
    );
    // The margin of the official client: a tenth.
    assert_eq!(last.gas_limit(), 110_000);
    assert_eq!(confirmation.transaction, *last.tx_hash());
    assert_eq!(confirmation.block, Some(16));
}

/// The token of the recorded mint, as its first log has it.
fn minted(tx: &Tx, pkp: &MintedPkp) {
    assert_eq!(
        pkp.token_id.to_string(),
        tx.logs[0].topics[1].to_string(),
        "{}",
        tx.name
    );
    assert_eq!(pkp.public_key.token_id(), pkp.token_id);
}

fn scopes(list: &[U256]) -> Scopes {
    let bits = list.iter().map(|bit| u8::try_from(*bit).unwrap());
    bits.fold(Scopes::NONE, Scopes::with)
}

#[tokio::test]
async fn mint() {
    let (vectors, chain) = Chain::recorded();
    let pkp = chain.contracts(&vectors).pkp().mint().await.unwrap();
    sent(&chain, &vectors, "PKPNFT.mintNext", pkp.confirmation);
    minted(vectors.tx("PKPNFT.mintNext"), &pkp);
    assert_eq!(pkp.token_id, token());
}

#[tokio::test]
async fn mint_with_permissions() {
    let (vectors, chain) = Chain::recorded();
    let pkps = chain.contracts(&vectors).pkp();

    let name = "PKPHelper.mintNextAndAddAuthMethods(sendPkpToItself)";
    let tx = vectors.tx(name);
    let call = PKPHelper::mintNextAndAddAuthMethodsCall::abi_decode(&tx.input).unwrap();
    let wallet = PermittedAuthMethod::new(
        AuthMethodType::EthWallet,
        call.permittedAuthMethodIds[0].clone(),
    );
    let request = NewPkp::owned_by_pkp()
        .with_auth_method(wallet, Scopes::SIGN_ANYTHING)
        .with_own_address(Scopes::NONE);
    let pkp = pkps.mint_with(request).await.unwrap();
    sent(&chain, &vectors, name, pkp.confirmation);
    minted(tx, &pkp);

    let name = "PKPHelper.mintNextAndAddAuthMethodsWithTypes";
    let tx = vectors.tx(name);
    let call = PKPHelper::mintNextAndAddAuthMethodsWithTypesCall::abi_decode(&tx.input).unwrap();
    let google = PermittedAuthMethod::new(
        AuthMethodType::GoogleJwt,
        call.permittedAuthMethodIds[0].clone(),
    );
    let request = NewPkp::owned_by_sender()
        .with_action(action(), scopes(&call.permittedIpfsCIDScopes[0]))
        .with_address(
            call.permittedAddresses[0],
            scopes(&call.permittedAddressScopes[0]),
        )
        .with_auth_method(google, scopes(&call.permittedAuthMethodScopes[0]))
        .with_own_address(Scopes::NONE);
    let pkp = pkps.mint_with(request).await.unwrap();
    sent(&chain, &vectors, name, pkp.confirmation);
    minted(tx, &pkp);

    let name = "PKPHelperV2.mintNextAndAddAuthMethods";
    for request in [
        NewPkp::owned_by(USER).with_auth_method(
            PermittedAuthMethod::action(&action()),
            Scopes::SIGN_ANYTHING,
        ),
        // The second helper takes an action as a method.
        NewPkp::owned_by(USER).with_action(action(), Scopes::SIGN_ANYTHING),
    ] {
        let request = request.with_own_address(Scopes::SIGN_ANYTHING);
        let pkp = pkps.mint_with(request).await.unwrap();
        sent(&chain, &vectors, name, pkp.confirmation);
        minted(vectors.tx(name), &pkp);
    }

    let before = chain.state().sent.len();
    let identifies_only = Scopes::from(AuthMethodScope::NoPermissions);
    for (request, scopes) in [
        (NewPkp::owned_by_pkp(), Scopes::NONE),
        (NewPkp::owned_by_pkp(), identifies_only),
        (NewPkp::owned_by_nobody(), Scopes::NONE),
        (NewPkp::owned_by(Address::ZERO), Scopes::SIGN_ANYTHING),
    ] {
        let request = request
            .with_action(action(), scopes)
            .with_own_address(Scopes::SIGN_ANYTHING);
        let error = pkps.mint_with(request).await.unwrap_err();
        assert!(matches!(error, ContractError::UnusablePkp), "{error}");
    }
    assert_eq!(chain.state().sent.len(), before);
}

#[tokio::test]
async fn claim_and_mint_for_an_action() {
    let (vectors, chain) = Chain::recorded();
    let pkps = chain.contracts(&vectors).pkp();
    let name = "PKPNFT.claimAndMint(4-arg)";
    let call = PKPNFT::claimAndMintCall::abi_decode(&vectors.tx(name).input).unwrap();
    let signatures: Vec<_> = call
        .signatures
        .iter()
        .map(|s| Signature::from_scalars_and_parity(s.r, s.s, s.v == 28))
        .collect();
    let pkp = pkps.claim(call.derivedKeyId, &signatures).await.unwrap();
    sent(&chain, &vectors, name, pkp.confirmation);
    minted(vectors.tx(name), &pkp);

    let name = "PKPNFT.mintGrantAndBurnNext";
    let pkp = pkps.mint_for_action(&action()).await.unwrap();
    sent(&chain, &vectors, name, pkp.confirmation);
    minted(vectors.tx(name), &pkp);
}

#[tokio::test]
async fn permissions() {
    use PKPPermissions as abi;
    let (vectors, chain) = Chain::recorded();
    let permissions = chain.contracts(&vectors).permissions();
    let input = |name: &str| vectors.tx(name).input.clone();

    let name = "PKPPermissions.addPermittedAction";
    let done = permissions
        .add_action(token(), &action(), Scopes::SIGN_ANYTHING)
        .await;
    sent(&chain, &vectors, name, done.unwrap());

    let name = "PKPPermissions.addPermittedAddress";
    let call = abi::addPermittedAddressCall::abi_decode(&input(name)).unwrap();
    let done = permissions
        .add_address(token(), USER, scopes(&call.scopes))
        .await;
    sent(&chain, &vectors, name, done.unwrap());

    let name = "PKPPermissions.addPermittedAuthMethod";
    let call = abi::addPermittedAuthMethodCall::abi_decode(&input(name)).unwrap();
    let kind = AuthMethodKind::custom(call.authMethod.authMethodType);
    let method = PermittedAuthMethod::new(kind, call.authMethod.id)
        .with_user_public_key(call.authMethod.userPubkey);
    let done = permissions
        .add_auth_method(token(), &method, scopes(&call.scopes))
        .await;
    sent(&chain, &vectors, name, done.unwrap());

    let name = "PKPPermissions.addPermittedAuthMethodScope";
    let call = abi::addPermittedAuthMethodScopeCall::abi_decode(&input(name)).unwrap();
    let scope = u8::try_from(call.scopeId).unwrap();
    let done = permissions.add_scope(token(), &method, scope).await;
    sent(&chain, &vectors, name, done.unwrap());
    let done = permissions.remove_scope(token(), &method, scope).await;
    sent(
        &chain,
        &vectors,
        "PKPPermissions.removePermittedAuthMethodScope",
        done.unwrap(),
    );

    let name = "PKPPermissions.batchAddRemoveAuthMethods";
    let call = abi::batchAddRemoveAuthMethodsCall::abi_decode(&input(name)).unwrap();
    let add = PermittedAuthMethod::new(
        AuthMethodKind::custom(call.permittedAuthMethodTypesToAdd[0]),
        call.permittedAuthMethodIdsToAdd[0].clone(),
    );
    let remove = PermittedAuthMethod::new(
        AuthMethodKind::custom(call.permittedAuthMethodTypesToRemove[0]),
        call.permittedAuthMethodIdsToRemove[0].clone(),
    );
    let changes = PermissionChanges::default()
        .add(add, scopes(&call.permittedAuthMethodScopesToAdd[0]))
        .remove(&remove);
    let done = permissions.change(token(), changes).await;
    sent(&chain, &vectors, name, done.unwrap());
    let error = permissions
        .change(token(), PermissionChanges::default())
        .await
        .unwrap_err();
    assert!(matches!(error, ContractError::Empty(_)), "{error}");

    let done = permissions.remove_action(token(), &action()).await;
    sent(
        &chain,
        &vectors,
        "PKPPermissions.removePermittedAction",
        done.unwrap(),
    );
}

#[tokio::test]
async fn capacity_credits() {
    let (vectors, chain) = Chain::recorded();
    let credits = chain.contracts(&vectors).credits();
    let name = "RateLimitNFT.mint";
    let call = RateLimitNFT::mintCall::abi_decode(&vectors.tx(name).input).unwrap();
    let expiry = CreditExpiry::from_unix_seconds(call.expiresAt.to()).unwrap();
    let rate = RequestRate::from_per_kilosecond(80).unwrap();
    let minted = credits.mint(rate, expiry).await.unwrap();
    sent(&chain, &vectors, name, minted.confirmation);
    assert_eq!(minted.id, CreditId::new(U256::from(1)));
    assert_eq!(minted.paid.to_string(), vectors.tx(name).value);

    // A receipt without the token is an error that names the transaction.
    let key = (
        vectors.addresses["RateLimitNFT"],
        vectors.tx(name).input.clone(),
    );
    chain.state().effects.insert(key, Vec::new());
    let error = credits.mint(rate, expiry).await.unwrap_err();
    assert!(matches!(error, ContractError::BadReceipt { .. }), "{error}");
    assert_eq!(
        error.transaction(),
        chain.state().sent.last().map(|tx| *tx.tx_hash())
    );
}

#[tokio::test]
async fn payment_delegation() {
    let (vectors, chain) = Chain::recorded();
    let payments = chain.contracts(&vectors).payments();
    let name = "PaymentDelegation.delegatePaymentsBatch";
    let users = Vec::<Address>::abi_decode_params(&vectors.tx(name).input[4..]).unwrap();
    sent(
        &chain,
        &vectors,
        name,
        payments.delegate(&users).await.unwrap(),
    );
    let restriction = PaymentRestriction {
        requests_per_period: U256::from(10),
        period_seconds: U256::ZERO,
    };
    let done = payments.set_restriction(restriction).await.unwrap();
    sent(&chain, &vectors, "PaymentDelegation.setRestriction", done);
    for result in [payments.delegate(&[]).await, payments.undelegate(&[]).await] {
        assert!(matches!(result, Err(ContractError::Empty(_))));
    }
}

/// Concurrent mints of one account take their nonces one after the other, and one that reverts takes none.
#[tokio::test]
async fn no_nonce_is_lost() {
    let (vectors, chain) = Chain::recorded();
    let contracts = chain.contracts(&vectors);
    let nobody = PermittedAuthMethod::new(AuthMethodType::Discord, [0; 32]);
    let revert = common::Answer::Err((3, "execution reverted".to_owned(), None));
    let removal = PKPPermissions::removePermittedAuthMethodCall {
        tokenId: TOKEN.into(),
        authMethodType: U256::from(4),
        id: Bytes::from([0; 32]),
    };
    chain.answer(
        vectors.addresses["PKPPermissions"],
        removal.abi_encode(),
        revert,
    );
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (mint, fail, nobody) = (contracts.pkp(), contracts.permissions(), nobody.clone());
        tasks.spawn(async move { mint.mint().await.map(drop) });
        tasks.spawn(async move {
            let result = fail.remove_auth_method(token(), &nobody).await;
            assert!(matches!(
                result,
                Err(ContractError::Reverted {
                    transaction: None,
                    ..
                })
            ));
            Ok(())
        });
    }
    for result in tasks.join_all().await {
        result.unwrap();
    }
    let nonces: Vec<_> = chain.state().sent.iter().map(|tx| tx.nonce()).collect();
    assert_eq!(nonces, (0..16).collect::<Vec<_>>());
}

/// A wallet is all that a provider needs, and the type of the provider may be erased.
#[tokio::test]
async fn no_fillers() {
    let (vectors, chain) = Chain::recorded();
    let provider = ProviderBuilder::new()
        .disable_recommended_fillers()
        .wallet(common::wallet())
        .connect_client(RpcClient::new(chain.clone(), true))
        .erased();
    let contracts = LitContracts::new(vectors.context(), provider).with_sender(vectors.sender);
    let pkp = contracts.pkp().mint().await.unwrap();
    sent(&chain, &vectors, "PKPNFT.mintNext", pkp.confirmation);
}

/// Chains without base fees, and nodes without a history of fees, get a gas price.
#[tokio::test]
async fn legacy_fees() {
    let (vectors, chain) = Chain::recorded();
    chain.state().no_fee_history = true;
    let pkp = chain.contracts(&vectors).pkp().mint().await.unwrap();
    sent(&chain, &vectors, "PKPNFT.mintNext", pkp.confirmation);
    assert_eq!(chain.state().sent[0].gas_price(), Some(7));
}

/// A transaction that fails in its block is called again to learn why.
#[tokio::test]
async fn mined_but_failed() {
    let (vectors, chain) = Chain::recorded();
    let pkps = chain.contracts(&vectors).pkp();
    chain.state().fail = 1;
    let reason = vectors
        .reverts
        .iter()
        .find(|v| v.name == "mintNext wrong value")
        .unwrap();
    let data = serde_json::json!(reason.revert_data);
    let answer = Err((3, reason.message.clone(), Some(data)));
    // What is estimated passes, what is called afterwards does not.
    let input = vectors.tx("PKPNFT.mintNext").input.clone();
    let nft = vectors.addresses["PKPNFT"];
    chain.state().late_answers.insert((nft, input), answer);
    let error = pkps.mint().await.unwrap_err();
    assert_eq!(
        error.revert_kind(),
        Some(RevertKind::WrongMintCost),
        "{error}"
    );
    assert!(error.transaction().is_some() && error.is_retryable());
    assert_eq!(
        error.revert(),
        Some(&Revert::Message(
            "You must pay exactly mint cost".to_owned()
        ))
    );
}
