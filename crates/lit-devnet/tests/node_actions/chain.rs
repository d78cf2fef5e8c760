//! What actions read from the chain.

use alloy_primitives::{Address, keccak256};
use lit_contracts::{ActionCid, PermittedAuthMethod, Scopes};

use crate::*;

#[tokio::test]
async fn permissions_are_read_from_the_contract() {
    let setup = Setup::new().await;
    let contracts = contracts(&setup.network);
    let pkp = contracts.pkp().mint().await.unwrap();
    let (token, permissions) = (pkp.token_id, contracts.permissions());
    let cid = "QmZKLGf3vgYsboM7WVUS9X56cJSdLzQVacNp841wmEDRkW";
    let other = "QmPZ46EiurxMb7DmE9McFyzHfg2B6ZGEERui2tnNNX7eky";
    let action: ActionCid = cid.parse().unwrap();
    permissions
        .add_action(token, &action, Scopes::PERSONAL_SIGN)
        .await
        .unwrap();
    let friend = Address::repeat_byte(0xAB);
    permissions
        .add_address(token, friend, Scopes::SIGN_ANYTHING)
        .await
        .unwrap();
    let method = PermittedAuthMethod::new(
        lit_contracts::AuthMethodKind::custom(alloy_primitives::U256::from(0x15f85)),
        [1, 2, 3],
    );
    permissions
        .add_auth_method(token, &method, Scopes::NONE.with(3))
        .await
        .unwrap();

    let hex = token.to_resource_id();
    for id in [token.to_decimal(), format!("0x{hex}")] {
        let ask = |call: String| {
            let expression = format!(
                "await Lit.Actions.{}",
                call.replace("TOKEN", &format!("tokenId: '{id}'"))
            );
            let setup = &setup;
            async move { setup.value(&expression).await }
        };
        assert_eq!(
            ask(format!("isPermittedAction({{ TOKEN, ipfsId: '{cid}' }})")).await,
            true
        );
        assert_eq!(
            ask(format!("isPermittedAction({{ TOKEN, ipfsId: '{other}' }})")).await,
            false
        );
        assert_eq!(
            ask(format!(
                "isPermittedAddress({{ TOKEN, address: '{friend}' }})"
            ))
            .await,
            true
        );
        let stranger = Address::repeat_byte(0xCD);
        assert_eq!(
            ask(format!(
                "isPermittedAddress({{ TOKEN, address: '{stranger}' }})"
            ))
            .await,
            false
        );
        let known = "isPermittedAuthMethod({ TOKEN, authMethodType: '89989', userId: [1, 2, 3] })";
        assert_eq!(ask(known.to_owned()).await, true);
        let unknown =
            "isPermittedAuthMethod({ TOKEN, authMethodType: '0x15f85', userId: Uint8Array.of(1) })";
        assert_eq!(ask(unknown.to_owned()).await, false);
        assert_eq!(
            ask("getPermittedActions({ TOKEN })".to_owned()).await,
            json!([cid])
        );
        let owner = contracts.sender().unwrap();
        assert_eq!(
            ask("getPermittedAddresses({ TOKEN })".to_owned()).await,
            json!([owner.to_string(), friend.to_string()])
        );
        let methods = ask("getPermittedAuthMethods({ TOKEN })".to_owned()).await;
        let custom =
            json!({ "auth_method_type": "0x15f85", "id": "0x010203", "user_pubkey": "0x" });
        assert!(methods.as_array().unwrap().contains(&custom), "{methods}");
        let scopes = "getPermittedAuthMethodScopes({ TOKEN, authMethodType: '89989', userId: [1, 2, 3], maxScopeId: 5 })";
        assert_eq!(
            ask(scopes.to_owned()).await,
            json!([false, false, false, true, false])
        );
        let scopes = scopes.replace(", maxScopeId: 5", "");
        assert_eq!(ask(scopes).await.as_array().unwrap().len(), 100);
    }
    let key = pkp.public_key.to_string();
    assert_eq!(
        setup
            .value(&format!(
                "Lit.Actions.pubkeyToTokenId({{ publicKey: '{key}' }})"
            ))
            .await,
        format!("0x{hex}")
    );
}

#[tokio::test]
async fn arguments_are_checked() {
    let setup = Setup::new().await;
    for (call, expected) in [
        (
            "getPermittedActions()",
            "TypeError: Cannot destructure property 'tokenId' of 'undefined' as it is undefined.",
        ),
        (
            "getPermittedActions({ tokenId: 1 })",
            "RangeError: tokenId must not be blank",
        ),
        (
            "getPermittedActions({ tokenId: '' })",
            "RangeError: tokenId must not be blank",
        ),
        (
            "getPermittedActions({ tokenId: 'x' })",
            "RangeError: tokenId must be a valid U256 string",
        ),
        (
            "isPermittedAction({ tokenId: '1', ipfsId: 'Qm' })",
            "RangeError: ipfsId must be a CIDv0 (Qm...)",
        ),
        (
            "isPermittedAuthMethod({ tokenId: '1', authMethodType: 1, userId: [1] })",
            "RangeError: authMethodType must not be blank",
        ),
        (
            "isPermittedAuthMethod({ tokenId: '1', authMethodType: '1', userId: [] })",
            "RangeError: userId must not be empty",
        ),
        (
            "getPermittedAuthMethodScopes({ tokenId: '1', authMethodType: '1', userId: [1], maxScopeId: 257 })",
            "RangeError: maxScopeId must be a whole number up to 256",
        ),
        (
            "getLatestNonce({ address: '0x1', chain: 'yellowstone' })",
            "RangeError: address must be an address of 20 bytes in hex",
        ),
        (
            "callContract({ chain: ' ', txn: '0x' })",
            "RangeError: chain must not be blank",
        ),
        (
            "getRpcUrl({ chain: 'yellowstone' })",
            "Error: the chain yellowstone has no URL: this network is in memory only",
        ),
    ] {
        assert_eq!(
            setup.error(&format!("Lit.Actions.{call}")).await,
            expected,
            "{call}"
        );
    }
    let sync = setup
        .error("(() => Lit.Actions.pubkeyToTokenId({ publicKey: '' }))()")
        .await;
    assert_eq!(sync, "RangeError: publicKey must not be blank");
}

#[tokio::test]
async fn nonces_are_those_of_the_chain() {
    let setup = Setup::new().await;
    let contracts = contracts(&setup.network);
    let sender = contracts.sender().unwrap();
    let ask = format!(
        "await Lit.Actions.getLatestNonce({{ address: '{sender}', chain: 'yellowstone' }})"
    );
    assert_eq!(setup.value(&ask).await, "0x0");
    contracts.pkp().mint().await.unwrap();
    let nonce = format!("{:#x}", setup.network.chain().nonce(sender));
    assert_ne!(nonce, "0x0");
    assert_eq!(setup.value(&ask).await, nonce.as_str());
}

/// An unsigned legacy transaction: nonce, gas price, gas, recipient, value, data, and perhaps a chain id.
pub(crate) fn transaction(to: Address, data: &[u8], chain_id: Option<u64>) -> String {
    use alloy_primitives::{TxKind, U256};
    let transaction = alloy_consensus::TxLegacy {
        chain_id,
        to: TxKind::Call(to),
        input: data.to_vec().into(),
        value: U256::ZERO,
        ..Default::default()
    };
    let mut raw = Vec::new();
    alloy_consensus::SignableTransaction::encode_for_signing(&transaction, &mut raw);
    alloy_primitives::hex::encode_prefixed(raw)
}

#[tokio::test]
async fn contracts_are_called() {
    let setup = Setup::new().await;
    let addresses = *setup.network.context().contracts();
    let mint_cost = &keccak256("mintCost()")[..4];
    let expected = contracts(&setup.network).pkp().mint_cost().await.unwrap();
    for txn in [
        transaction(addresses.pkp_nft, mint_cost, None),
        transaction(addresses.pkp_nft, mint_cost, Some(175_188)),
    ] {
        let call =
            format!("await Lit.Actions.callContract({{ chain: 'yellowstone', txn: '{txn}' }})");
        assert_eq!(setup.value(&call).await, format!("0x{expected:064x}"));
    }
    let reverting = transaction(addresses.pkp_nft, &keccak256("nothing()")[..4], None);
    let error = setup
        .error(&format!(
            "Lit.Actions.callContract({{ chain: 'yellowstone', txn: '{reverting}' }})"
        ))
        .await;
    assert!(error.starts_with("Error: execution reverted"), "{error}");
    for bad in ["0x", "xyz", "0x02c0", "0xc0", "0xf8"] {
        let error = setup
            .error(&format!(
                "Lit.Actions.callContract({{ chain: 'yellowstone', txn: '{bad}' }})"
            ))
            .await;
        assert!(
            error.starts_with("RangeError: txn must be an unsigned legacy transaction"),
            "{bad}: {error}"
        );
    }
}

#[tokio::test]
async fn contract_calls_are_counted_with_those_of_children() {
    let setup = Setup::with_limits(ActionLimits::default().with_contract_calls(3)).await;
    let txn = transaction(
        setup.network.context().contracts().pkp_nft,
        &keccak256("mintCost()")[..4],
        None,
    );
    let call = format!("await Lit.Actions.callContract({{ chain: 'yellowstone', txn: '{txn}' }});");
    let child = setup
        .network
        .put_ipfs(format!("(async () => {{ {call} }})()"));
    let code = |more: &str| {
        format!(
            "(async () => {{ {call} await Lit.Actions.call({{ ipfsId: '{child}' }}); {call} {more} }})()"
        )
    };
    setup.run(&code("")).await;
    let (status, body) = setup.ask(0, "", &code(&call), &json!({})).await;
    assert_eq!(status, 400);
    let error = body["error"].as_str().unwrap();
    assert!(
        error.contains("an action may make 3 contract calls, not more"),
        "{error}"
    );
    assert_eq!(ActionLimits::default().contract_calls, 30);
}
