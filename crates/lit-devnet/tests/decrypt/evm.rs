//! Conditions about the chain of the network.

use std::time::Duration;

use alloy_primitives::Address;
use lit_types::{ActionCid, access_control::ConditionsKind, constants::AuthMethodScope};
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
    assert!(
        asker
            .meets_basic(json!([wallet_is(own.trim_start_matches("0x"))]))
            .await
    );
    // Any other parameter is a text, and compared with the value as it is written.
    let text = |value: &str| basic("", json!([own]), "=", value);
    assert!(asker.meets_basic(json!([text(&own)])).await);
    assert!(!asker.meets_basic(json!([text(&own.to_lowercase())])).await);
    assert!(!asker.meets_basic(json!([text(":userAddress")])).await);
    // Addresses have no `!=` in basic conditions.
    let other = Address::repeat_byte(7);
    let differs = basic("", json!([":userAddress"]), "!=", other);
    assert!(!asker.meets_basic(json!([differs])).await);
    let short = (400, "NodeConditionAddressConversionError");
    let kind = ConditionsKind::EvmBasic;
    asker
        .refused(&body(kind, &json!([wallet_is("0x12")])), short)
        .await;
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
        !asker
            .meets_basic(json!([own("!=", balance.to_string())]))
            .await
    );
    assert!(
        !asker
            .meets_basic(json!([own("contains", "1".to_owned())]))
            .await
    );
    let hex = json!([own("=", format!("{balance:#x}"))]);
    asker
        .refused(
            &body(ConditionsKind::EvmBasic, &hex),
            (400, "NodeInvalidACCReturnValueTest"),
        )
        .await;
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
}

#[tokio::test]
async fn permissions_of_a_pkp() {
    let asker = Asker::new().await;
    let contract = asker.setup.network.context().contracts().pkp_permissions;
    let contract = contract.to_string();
    let id = asker.setup.pkp.token_id();
    let permitted = |token: String, method: &str, second: String, comparator: &str| {
        json!([standard(
            &contract,
            "PKPPermissions",
            method,
            json!([token, second]),
            comparator,
            true
        )])
    };
    // About the asker, who owns the PKP, whatever the second parameter is.
    for token in [id.to_decimal(), format!("{:#x}", id.as_u256())] {
        let method = "isPermittedAddress";
        let other = Address::repeat_byte(7).to_string();
        let met = permitted(token.clone(), method, other.clone(), "=");
        assert!(asker.meets_basic(met).await);
        let not_met = permitted(token, method, other, "!=");
        assert!(!asker.meets_basic(not_met).await);
    }
    let cid = ActionCid::of_code(b"code");
    let action = |bytes: String| permitted(id.to_decimal(), "isPermittedAction", bytes, "=");
    let bytes = hex::encode(cid.as_bytes());
    assert!(!asker.meets_basic(action(bytes.clone())).await);
    let permissions = asker.setup.contracts().permissions();
    let scope = AuthMethodScope::SignAnything.into();
    permissions.add_action(id, &cid, scope).await.unwrap();
    assert!(asker.meets_basic(action(bytes.clone())).await);
    assert!(asker.meets_basic(action(format!("0x{bytes}"))).await);
    let kind = ConditionsKind::EvmBasic;
    let invalid = (400, "NodeInvalidIPFSID");
    asker
        .refused(&body(kind, &action(cid.to_string())), invalid)
        .await;
    let token = permitted("x".to_owned(), "isPermittedAction", bytes, "=");
    asker
        .refused(
            &body(kind, &token),
            (400, "NodeConditionTokenIdParsingError"),
        )
        .await;
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
        .refused(
            &body(kind, &condition("", ">", "1")),
            (400, "NodeConditionAddressConversionError"),
        )
        .await;
    let nobody = Address::ZERO.to_string();
    assert!(asker.meets(kind, &condition("", "!=", &nobody)).await);
    assert!(asker.meets(kind, &condition("", ">", &nobody[2..])).await);
    let mut other = condition("", "=", "1");
    other[0]["functionName"] = json!("balanceOf");
    let encoding = (400, "NodeContractFunctionParamsEncodingError");
    asker.refused(&body(kind, &other), encoding).await;
    let mut wrong = condition("", "=", "1");
    wrong[0]["functionParams"] = json!(["x"]);
    let tokenizing = (400, "NodeConditionTokenizingError");
    asker.refused(&body(kind, &wrong), tokenizing).await;
    wrong[0]["functionParams"] = json!([]);
    let mismatch = (400, "NodeMismatchParameters");
    asker.refused(&body(kind, &wrong), mismatch).await;
    wrong[0]["functionParams"] = json!(["7"]);
    asker
        .refused(&body(kind, &wrong), (502, "NodeBlockchainError"))
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
    assert!(!asker.meets_basic(json!([by_action])).await);
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

/// Contracts that answer whatever they are asked.
#[tokio::test]
async fn other_standards() {
    let asker = Asker::new().await;
    let contract = Address::repeat_byte(0x56);
    let answer = |words: &[u8]| {
        // Each word is stored by PUSH1 word, PUSH2 place, MSTORE.
        let mut code = String::from("0x");
        for (place, word) in words.iter().enumerate() {
            code += &format!("60{word:02x}61{:04x}52", place * 32);
        }
        code += &format!("61{:04x}6000f3", words.len() * 32);
        let set = json!({ "id": 1, "method": "anvil_setCode", "params": [contract, code] });
        let set = asker.setup.network.chain().rpc(set);
        assert!(set.get("error").is_none(), "{set}");
    };
    let ask = |kind: &str, method: &str, parameters: &[&str], value: &str| {
        let contract = contract.to_string();
        json!([standard(
            &contract,
            kind,
            method,
            json!(parameters),
            ">=",
            value
        )])
    };
    let user = ":userAddress";

    // Members are those who exist and are not jailed, whatever the value is.
    let member = || ask("MolochDAOv2.1", "members", &[user], "x");
    for (exists, jailed, expected) in [(1, 0, true), (1, 3, false), (0, 0, false)] {
        answer(&[9, 5, 5, exists, 5, jailed]);
        assert_eq!(asker.meets_basic(member()).await, expected);
    }
    let subscribers = || ask("Creaton", "subscribers", &[user], "x");
    for (status, expected) in [(0, false), (1, true), (2, false)] {
        answer(&[status]);
        assert_eq!(asker.meets_basic(subscribers()).await, expected);
    }
    answer(&[1]);
    assert!(
        asker
            .meets_basic(ask("ProofOfHumanity", "isRegistered", &[user], "x"))
            .await
    );
    answer(&[3]);
    let count = |plan: &str, value: &str| {
        let provider = Address::ZERO.to_string();
        ask(
            "CASK",
            "getActiveSubscriptionCount",
            &[user, &provider, plan],
            value,
        )
    };
    assert!(asker.meets_basic(count("7", "3")).await);
    assert!(!asker.meets_basic(count("7", "4")).await);
    let kind = ConditionsKind::EvmBasic;
    asker
        .refused(
            &body(kind, &count("-7", "3")),
            (400, "NodeInvalidSIWESpecialParam"),
        )
        .await;
}

/// The first output counts if the key is empty. Types that Lit's nodes do not compare are refused.
#[tokio::test]
async fn outputs_of_a_function() {
    let asker = Asker::new().await;
    let contract = Address::repeat_byte(0x57);
    // Returns 1 and 2.
    let code = "0x6001600052600260205260406000f3";
    let set = json!({ "id": 1, "method": "anvil_setCode", "params": [contract, code] });
    let set = asker.setup.network.chain().rpc(set);
    assert!(set.get("error").is_none(), "{set}");
    let condition = |types: [&str; 2], key: &str, comparator: &str, value: &str| {
        let output = |place: usize, name: &str| json!({ "name": name, "type": types[place] });
        json!([{
            "contractAddress": contract, "functionName": "f", "functionParams": [],
            "functionAbi": {
                "name": "f", "inputs": [], "outputs": [output(0, "one"), output(1, "two")],
                "constant": false, "stateMutability": "view",
            },
            "chain": "ethereum", "returnValueTest": { "key": key, "comparator": comparator, "value": value },
        }])
    };
    let kind = ConditionsKind::EvmContract;
    let numbers = ["uint256", "uint8"];
    for (key, value) in [("", "1"), ("one", "1"), ("two", "2")] {
        assert!(
            asker
                .meets(kind, &condition(numbers, key, "=", value))
                .await,
            "{key}"
        );
        assert!(
            !asker
                .meets(kind, &condition(numbers, key, "!=", value))
                .await,
            "{key}"
        );
        assert!(
            !asker
                .meets(kind, &condition(numbers, key, "contains", value))
                .await,
            "{key}"
        );
    }
    let flag = ["bool", "uint8"];
    assert!(asker.meets(kind, &condition(flag, "", "=", "true")).await);
    let bad_test = (400, "NodeInvalidACCReturnValueTest");
    for (types, value) in [
        (flag, "True"),
        (flag, "1"),
        (numbers, "0x1"),
        (numbers, "true"),
    ] {
        let condition = condition(types, "", "=", value);
        asker.refused(&body(kind, &condition), bad_test).await;
    }
    for unsupported in ["int256", "bytes32", "uint256[1]"] {
        let condition = condition([unsupported, "uint8"], "", "=", "1");
        let expected = (400, "NodeInvalidConditionTokenType");
        asker.refused(&body(kind, &condition), expected).await;
    }
}
