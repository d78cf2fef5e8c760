//! Reading: the calls are the recorded ones byte for byte, and the recorded answers mean what they should.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use alloy_primitives::{Address, B256, Bytes, U256, address, b256, bytes};
use alloy_sol_types::{SolCall, SolValue};
use common::{Chain, Vectors};
use lit_contracts::{
    ActionCid, AuthMethodKind, ContractError, CreditExpiry, CreditId, NewPkp, PermittedAuthMethod,
    RequestRate, Scopes, bindings,
};
use lit_types::{TokenId, constants::AuthMethodType};

const TOKEN: B256 = b256!("badc40843ff652e6ccbb969b8cebb7dcc1db4aa241e9dcdd3c19656ef6f946e5");
const PKP_ADDRESS: Address = address!("7e0d6C0519752Bb88EAB4Eb5323c4B3A06Bf7e44");
const OWNER: Address = address!("9965507D1a55bcC2695C58ba16FB37d819B0A4dc");
const USER: Address = address!("976EA74026E726554dB657fA54763abd0C3a0aa9");
const ACTION: &str = "QmZKLGf3vgYsboM7WVUS9X56cJSdLzQVacNp841wmEDRkW";

fn token() -> TokenId {
    TokenId::new(TOKEN.into())
}

/// The WebAuthn method of the recording.
fn webauthn(vectors: &Vectors) -> PermittedAuthMethod {
    let input = &vectors.call("PKPPermissions.isPermittedAuthMethod").input;
    let call = bindings::PKPPermissions::isPermittedAuthMethodCall::abi_decode(input).unwrap();
    PermittedAuthMethod::new(AuthMethodType::WebAuthn, call.id)
}

/// A chain may say anything.
#[tokio::test]
async fn pkp_identity_and_ownership() {
    let (vectors, chain) = Chain::recorded();
    let pkp = chain.contracts(&vectors).pkp();
    assert_eq!(pkp.mint_cost().await.unwrap(), U256::from(1));
    assert_eq!(pkp.owner(token()).await.unwrap(), Some(OWNER));
    assert_eq!(
        pkp.by_eth_address(PKP_ADDRESS).await.unwrap(),
        Some(token())
    );
    chain.assert_called(
        &vectors,
        &[
            "mintCost",
            "PKPNFT.ownerOf",
            "PubkeyRouter.ethAddressToPkpId",
        ],
    );

    // The recording asked the NFT contract, which answers the same as the router.
    let recorded = vectors.call("PKPNFT.getPubkey");
    let router = vectors.addresses["PubkeyRouter"];
    chain.answer(
        router,
        recorded.input.clone(),
        Ok(recorded.return_data.clone()),
    );
    let unknown = vectors.call("getPubkey of unknown token");
    chain.answer(
        router,
        unknown.input.clone(),
        Ok(unknown.return_data.clone()),
    );
    let key = pkp.public_key(token()).await.unwrap().unwrap();
    assert_eq!(key.to_string(), recorded.decoded[0].as_str().unwrap());
    assert_eq!(pkp.eth_address(token()).await.unwrap(), Some(PKP_ADDRESS));
    let one = TokenId::new(U256::from(1));
    assert_eq!(pkp.public_key(one).await.unwrap(), None);
    assert_eq!(pkp.eth_address(one).await.unwrap(), None);
    // A key that is not that of the token is no answer.
    chain.answer(
        router,
        unknown.input.clone(),
        Ok(recorded.return_data.clone()),
    );
    let error = pkp.public_key(one).await.unwrap_err();
    assert!(matches!(error, ContractError::BadAnswer { .. }), "{error}");
}

#[tokio::test]
async fn permissions() {
    let (vectors, chain) = Chain::recorded();
    let permissions = chain.contracts(&vectors).permissions();
    let action: ActionCid = ACTION.parse().unwrap();
    assert_eq!(permissions.actions(token()).await.unwrap(), [action]);
    assert_eq!(permissions.addresses(token()).await.unwrap(), [OWNER]);
    assert!(
        permissions
            .is_action_permitted(token(), &action)
            .await
            .unwrap()
    );
    assert!(
        permissions
            .is_address_permitted(token(), OWNER)
            .await
            .unwrap()
    );
    let methods = permissions.auth_methods(token()).await.unwrap();
    assert_eq!(methods.len(), 3);
    assert_eq!(methods[0], PermittedAuthMethod::action(&action));
    assert!(methods[1].kind() == AuthMethodType::Discord);
    let webauthn = webauthn(&vectors);
    assert_eq!(
        methods[2],
        webauthn.clone().with_user_public_key(bytes!("a5010203"))
    );
    assert!(
        permissions
            .is_auth_method_permitted(token(), &webauthn)
            .await
            .unwrap()
    );
    assert_eq!(
        permissions.scopes(token(), &webauthn).await.unwrap(),
        Scopes::SIGN_ANYTHING
    );
    assert!(permissions.has_scope(token(), &webauthn, 1).await.unwrap());
    assert_eq!(
        permissions.user_public_key(&webauthn).await.unwrap(),
        bytes!("a5010203")
    );
    let tokens = permissions
        .tokens_of(&PermittedAuthMethod::action(&action))
        .await
        .unwrap();
    let expected = vectors.call("PKPPermissions.getTokenIdsForAuthMethod");
    let expected = expected.decoded[0].as_array().unwrap();
    let tokens: Vec<_> = tokens.iter().map(|token| token.to_decimal()).collect();
    assert_eq!(
        tokens,
        expected
            .iter()
            .map(|id| id.as_str().unwrap())
            .collect::<Vec<_>>()
    );
    chain.assert_called(
        &vectors,
        &[
            "PKPPermissions.getPermittedAuthMethods",
            "PKPPermissions.getPermittedActions",
            "PKPPermissions.getPermittedAddresses",
            "PKPPermissions.isPermittedAction",
            "PKPPermissions.isPermittedAddress",
            "PKPPermissions.isPermittedAuthMethod",
            "PKPPermissions.isPermittedAuthMethodScopePresent",
            "PKPPermissions.getTokenIdsForAuthMethod",
            "PKPPermissions.getUserPubkeyForAuthMethod",
        ],
    );
    let key = &vectors.call("PKPPermissions.getAuthMethodId").return_data;
    assert_eq!(PermittedAuthMethod::action(&action).key()[..], key[..]);
}

/// An id that is no CID neither hides the others nor fails the list.
#[tokio::test]
async fn junk_among_actions() {
    let (vectors, chain) = Chain::recorded();
    let permissions = chain.contracts(&vectors).permissions();
    let action: ActionCid = ACTION.parse().unwrap();
    let ids = vec![Bytes::from_static(b"junk"), action.into(), Bytes::new()];
    let input = vectors
        .call("PKPPermissions.getPermittedActions")
        .input
        .clone();
    let contract = vectors.addresses["PKPPermissions"];
    chain.answer(contract, input, Ok(ids.abi_encode().into()));
    assert_eq!(permissions.actions(token()).await.unwrap(), [action]);
    let kind = AuthMethodKind::custom(U256::MAX);
    assert!(kind != AuthMethodType::LitAction);
}

#[tokio::test]
async fn capacity_credits() {
    let (vectors, chain) = Chain::recorded();
    let credits = chain.contracts(&vectors).credits();
    let rli = &vectors.rli;
    let rate =
        RequestRate::from_per_kilosecond(rli["requestsPerKilosecond"].as_u64().unwrap()).unwrap();
    let expiry = CreditExpiry::from_unix_seconds(rli["expiresAt"].as_u64().unwrap()).unwrap();
    let cost = credits.quote(rate, expiry).await.unwrap();
    assert_eq!(cost.to_string(), rli["cost"].as_str().unwrap());
    let owned = credits.owned_by(OWNER).await.unwrap();
    assert_eq!(owned.len(), 1);
    let credit = owned[0];
    assert_eq!(credit.id, CreditId::new(U256::from(1)));
    assert_eq!(
        (credit.requests_per_kilosecond, credit.expires_at),
        (80, 1_795_305_600)
    );
    assert!(!credits.is_expired(credit.id).await.unwrap());
    let at = |seconds| time::OffsetDateTime::from_unix_timestamp(seconds).unwrap();
    assert!(!credit.is_expired_at(at(1_795_305_599)));
    assert!(credit.is_expired_at(at(1_795_305_600)));
    chain.assert_called(
        &vectors,
        &[
            "RateLimitNFT.calculateCost",
            "RateLimitNFT.capacity",
            "RateLimitNFT.isExpired",
            "RateLimitNFT.balanceOf",
            "RateLimitNFT.tokenOfOwnerByIndex",
        ],
    );
}

#[tokio::test]
async fn payment_delegation() {
    let (vectors, chain) = Chain::recorded();
    let payments = chain.contracts(&vectors).payments();
    let recorded = vectors.call("PaymentDelegation.getPayersAndRestrictions");
    let users =
        bindings::PaymentDelegation::getPayersAndRestrictionsCall::abi_decode(&recorded.input);
    let users = users.unwrap().users;
    let rows = payments.payers_and_restrictions(&users).await.unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!((rows[0].len(), rows[1].len()), (1, 0));
    assert_eq!(rows[0][0].address, OWNER);
    let restriction = rows[0][0].restriction;
    assert_eq!(restriction.requests_per_period, U256::from(10));
    assert_eq!(restriction.period_seconds, U256::from(86_400));
    assert_eq!(payments.restriction(OWNER).await.unwrap(), restriction);
    assert_eq!(payments.payers(USER).await.unwrap(), [OWNER]);
    assert_eq!(payments.users(OWNER).await.unwrap().len(), 3);
    chain.assert_called(
        &vectors,
        &[
            "PaymentDelegation.getPayersAndRestrictions",
            "PaymentDelegation.getUsers",
            "PaymentDelegation.getPayers",
            "PaymentDelegation.getRestriction",
        ],
    );
    // One row for two users.
    let short = (
        vec![vec![OWNER]],
        vec![vec![(U256::from(1), U256::from(1))]],
    );
    let contract = vectors.addresses["PaymentDelegation"];
    chain.answer(
        contract,
        recorded.input.clone(),
        Ok(short.abi_encode_params().into()),
    );
    let error = payments.payers_and_restrictions(&users).await.unwrap_err();
    assert!(matches!(error, ContractError::BadAnswer { .. }), "{error}");
}

/// Every call can be made in a task that moves between threads.
#[tokio::test]
async fn futures_are_send() {
    fn send<T: Send>(_: T) {}
    let (vectors, chain) = Chain::recorded();
    let contracts = chain.contracts(&vectors);
    let (pkp, credits) = (contracts.pkp(), contracts.credits());
    send(pkp.owned_by(OWNER));
    send(pkp.mint());
    send(pkp.mint_with(NewPkp::owned_by_sender()));
    send(credits.owned_by(OWNER));
    send(contracts.permissions().auth_methods(token()));
    send(contracts.payments().payers_and_restrictions(&[OWNER]));
    send(contracts.resolver().addresses());
    send(contracts.staking().connection_info());
    send(contracts.verify());
    send(contracts.resolved());
}
