//! Conditions about the chain of the network.

use std::time::Duration;

use alloy_primitives::Address;
use lit_types::{access_control::ConditionsKind, constants::AuthMethodScope};
use serde_json::json;

use crate::support::{Asker, any_conditions, basic, body, standard, wallet_is};

#[tokio::test]
async fn wallets_are_compared_by_address() {
    let asker = Asker::new().await;
    let own = asker.address().to_string();
    assert!(asker.meets_basic(json!([wallet_is(&own)])).await);
    assert!(
        asker
            .meets_basic(json!([wallet_is(own.to_lowercase())]))
            .await
    );
    assert!(
        !asker
            .meets_basic(json!([wallet_is(Address::repeat_byte(7))]))
            .await
    );
    // The address in the value, too.
    let turned = basic("", json!([own]), "=", ":userAddress");
    assert!(asker.meets_basic(json!([turned])).await);
}

#[tokio::test]
async fn balances_and_times() {
    let asker = Asker::new().await;
    let clock = asker.setup.network.clock();
    let balance = asker.setup.network.chain().balance(asker.address());
    let own = |comparator, value: String| {
        basic(
            "eth_getBalance",
            json!([":userAddress", "latest"]),
            comparator,
            value,
        )
    };
    for (comparator, expected) in [
        ("=", true),
        (">", false),
        (">=", true),
        ("<", false),
        ("<=", true),
    ] {
        let condition = own(comparator, balance.to_string());
        assert_eq!(
            asker.meets_basic(json!([condition])).await,
            expected,
            "{comparator}"
        );
    }
    assert!(
        asker
            .meets_basic(json!([own("=", format!("{balance:#x}"))]))
            .await
    );
    assert!(asker.meets_basic(json!([own(">", "1".to_owned())])).await);

    let in_an_hour = asker.setup.after(3600).at().unix_timestamp();
    let later = standard(
        "",
        "timestamp",
        "eth_getBlockByNumber",
        json!(["latest"]),
        ">=",
        in_an_hour,
    );
    assert!(!asker.meets_basic(json!([later])).await);
    clock.advance(Duration::from_secs(3601));
    let session = asker
        .setup
        .wallet_session(&asker.setup.owner, &any_conditions())
        .await;
    let asker = Asker { session, ..asker };
    assert!(asker.meets_basic(json!([later])).await);
}

#[tokio::test]
async fn tokens_on_the_chain_of_the_network() {
    let asker = Asker::new().await;
    let addresses = *asker.setup.network.context().contracts();
    let (nft, lit) = (
        addresses.pkp_nft.to_string(),
        addresses.lit_token.to_string(),
    );
    let token = asker.setup.pkp.token_id().to_decimal();
    let owner_of = |value: &str| standard(&nft, "ERC721", "ownerOf", json!([token]), "=", value);
    assert!(asker.meets_basic(json!([owner_of(":userAddress")])).await);
    assert!(!asker.meets_basic(json!([owner_of(&nft)])).await);
    let owned = |value| {
        standard(
            &nft,
            "ERC721",
            "balanceOf",
            json!([":userAddress"]),
            ">=",
            value,
        )
    };
    assert!(asker.meets_basic(json!([owned(1)])).await);
    assert!(!asker.meets_basic(json!([owned(2)])).await);
    let tokens = standard(&lit, "ERC20", "balanceOf", json!([":userAddress"]), ">", 0);
    assert!(!asker.meets_basic(json!([tokens])).await);

    let permissions = addresses.pkp_permissions.to_string();
    let permitted = |value: &str| {
        let method = "getPermittedAddresses";
        standard(
            &permissions,
            "PKPPermissions",
            method,
            json!([token]),
            "contains",
            value,
        )
    };
    // The contract's list has the owner.
    assert!(asker.meets_basic(json!([permitted(":userAddress")])).await);
    let other = Address::repeat_byte(7);
    assert!(
        !asker
            .meets_basic(json!([permitted(&other.to_string())]))
            .await
    );
    let permissions = asker.setup.contracts().permissions();
    let id = asker.setup.pkp.token_id();
    let scope = AuthMethodScope::SignAnything.into();
    permissions.add_address(id, other, scope).await.unwrap();
    assert!(
        asker
            .meets_basic(json!([permitted(&other.to_string())]))
            .await
    );
}

#[tokio::test]
async fn functions_of_any_contract() {
    let asker = Asker::new().await;
    let addresses = *asker.setup.network.context().contracts();
    let token = asker.setup.pkp.token_id().to_decimal();
    let condition = |key: &str, comparator: &str, value: &str| {
        json!([{
            "contractAddress": addresses.pkp_nft, "functionName": "ownerOf", "functionParams": [token],
            "functionAbi": {
                "name": "ownerOf", "inputs": [{ "name": "id", "type": "uint256" }],
                "outputs": [{ "name": "owner", "type": "address" }], "constant": false, "stateMutability": "view",
            },
            "chain": "yellowstone", "returnValueTest": { "key": key, "comparator": comparator, "value": value },
        }])
    };
    let kind = ConditionsKind::EvmContract;
    assert!(asker.meets(kind, &condition("", "=", ":userAddress")).await);
    assert!(
        asker
            .meets(kind, &condition("owner", "=", ":userAddress"))
            .await
    );
    assert!(
        !asker
            .meets(kind, &condition("owner", "=", &Address::ZERO.to_string()))
            .await
    );
    let unified = ConditionsKind::Unified;
    assert!(
        asker
            .meets(unified, &condition("owner", "=", ":userAddress"))
            .await
    );

    let bad_test = (400, "NodeInvalidACCReturnValueTest");
    asker
        .refused(&body(kind, &condition("nobody", "=", "1")), bad_test)
        .await;
    asker
        .refused(&body(kind, &condition("", ">", "1")), bad_test)
        .await;
    let mut other = condition("", "=", "1");
    other[0]["functionName"] = json!("balanceOf");
    let encoding = (400, "NodeContractFunctionParamsEncodingError");
    asker.refused(&body(kind, &other), encoding).await;
    let mut wrong = condition("", "=", "1");
    wrong[0]["functionParams"] = json!(["x"]);
    asker.refused(&body(kind, &wrong), encoding).await;
    wrong[0]["functionParams"] = json!([]);
    asker.refused(&body(kind, &wrong), encoding).await;
    wrong[0]["functionParams"] = json!(["7"]);
    asker
        .refused(&body(kind, &wrong), (502, "NodeRpcError"))
        .await;
}

/// The asker as a parameter of a function.
#[tokio::test]
async fn the_asker_is_filled_in() {
    let asker = Asker::new().await;
    let nft = asker.setup.network.context().contracts().pkp_nft;
    let owned = |value: &str| {
        json!([{
            "contractAddress": nft, "functionName": "balanceOf", "functionParams": [":userAddress"],
            "functionAbi": {
                "name": "balanceOf", "inputs": [{ "name": "owner", "type": "address" }],
                "outputs": [{ "name": "", "type": "uint256" }], "constant": false, "stateMutability": "view",
            },
            "chain": "ethereum", "returnValueTest": { "key": "", "comparator": "=", "value": value },
        }])
    };
    let kind = ConditionsKind::EvmContract;
    assert!(asker.meets(kind, &owned("1")).await);
    assert!(!asker.meets(kind, &owned("2")).await);

    // Actions are known where one runs.
    let by_action = basic("", json!([":currentActionIpfsId"]), "=", "Qm");
    let unknown = (400, "NodeInvalidSIWESpecialParam");
    asker
        .refused(
            &body(ConditionsKind::EvmBasic, &json!([by_action])),
            unknown,
        )
        .await;
}

/// Lists of parameters are written without brackets, and one balance that passes is enough.
#[tokio::test]
async fn balances_of_a_batch() {
    let asker = Asker::new().await;
    let token = Address::repeat_byte(0x55);
    // Whatever it is asked, it gives the list of 3 and 8.
    let code = "0x602060005260026020526003604052600860605260806000f3";
    let set = json!({ "id": 1, "method": "anvil_setCode", "params": [token, code] });
    let set = asker.setup.network.chain().rpc(set);
    assert!(set.get("error").is_none(), "{set}");
    let batch = |comparator: &str, value: u8| {
        let parameters = json!([
            ":userAddress,0x5555555555555555555555555555555555555555",
            "1,2"
        ]);
        let contract = token.to_string();
        json!([standard(
            &contract,
            "ERC1155",
            "balanceOfBatch",
            parameters,
            comparator,
            value
        )])
    };
    assert!(asker.meets_basic(batch(">", 7)).await);
    assert!(asker.meets_basic(batch("=", 3)).await);
    assert!(!asker.meets_basic(batch(">", 8)).await);
}
