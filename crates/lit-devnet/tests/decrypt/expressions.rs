//! How conditions are joined, and malformed conditions.

use alloy_primitives::Address;
use lit_types::access_control::ConditionsKind;
use serde_json::{Value, json};

use crate::support::{Asker, and, body, or, standard, wallet_is};

/// From left to right, without precedence, and groups first.
#[tokio::test]
async fn boolean_expressions() {
    let asker = Asker::new().await;
    let yes = || wallet_is(asker.address());
    let no = || wallet_is(Address::repeat_byte(7));
    for (conditions, expected) in [
        (json!([yes(), or(), no()]), true),
        (json!([no(), or(), yes()]), true),
        (json!([yes(), and(), no()]), false),
        (json!([yes(), and(), yes()]), true),
        (json!([yes(), or(), yes(), and(), no()]), false),
        (json!([yes(), or(), [yes(), and(), no()]]), true),
        (
            json!([[no(), or(), yes()], and(), [yes(), or(), no()]]),
            true,
        ),
        (json!([no(), and(), [yes(), or(), yes()]]), false),
        (json!([[[no()]], or(), [[yes()]]]), true),
    ] {
        assert_eq!(
            asker.meets_basic(conditions.clone()).await,
            expected,
            "{conditions}"
        );
    }
    // Without any operator, `and` is meant.
    assert!(asker.meets_basic(json!([yes(), [yes()], yes()])).await);
    assert!(!asker.meets_basic(json!([yes(), no()])).await);
    for conditions in [
        json!([[yes(), yes()]]),
        json!([yes(), [yes(), or(), yes()]]),
        json!([and(), yes()]),
        json!([yes(), or()]),
    ] {
        let expected = (400, "NodeInvalidBooleanConditionType");
        asker
            .refused(&body(ConditionsKind::EvmBasic, &conditions), expected)
            .await;
    }
}

fn alternatives(count: usize) -> Value {
    let mut list = vec![wallet_is(Address::ZERO)];
    for _ in 1..count {
        list.extend([or(), wallet_is(Address::ZERO)]);
    }
    list.into()
}

#[tokio::test]
async fn conditions_have_a_limit_and_a_form() {
    let asker = Asker::new().await;
    let kind = ConditionsKind::EvmBasic;
    assert!(!asker.meets_basic(alternatives(30)).await);
    asker
        .refused(
            &body(kind, &alternatives(31)),
            (400, "NodeTooManyConditions"),
        )
        .await;
    let nested = json!([alternatives(15), or(), alternatives(16)]);
    asker
        .refused(&body(kind, &nested), (400, "NodeTooManyConditions"))
        .await;

    let missing = (400, "NodeMissingAccessControlConditions");
    asker.refused(&body(kind, &json!([])), missing).await;
    let mut none = body(kind, &json!([]));
    none.as_object_mut().unwrap().remove(kind.member());
    asker.refused(&none, missing).await;
    let mut bad_hash = body(kind, &json!([wallet_is(asker.address())]));
    bad_hash["dataToEncryptHash"] = json!("b94d");
    asker.refused(&bad_hash, (422, "NodeBadInput")).await;
    let poap = standard("", "POAP", "tokenURI", json!([]), "=", "x");
    let expected = (502, "NodeAccessControlConditionsCheckFailed");
    asker.refused(&body(kind, &json!([poap])), expected).await;
}

/// What decides is evaluated, and no more.
#[tokio::test]
async fn failures_beside_what_decides() {
    let asker = Asker::new().await;
    let yes = || wallet_is(asker.address());
    let no = || wallet_is(Address::repeat_byte(7));
    // Not a contract.
    let nowhere = Address::repeat_byte(9).to_string();
    let fails = || {
        standard(
            &nowhere,
            "ERC20",
            "balanceOf",
            json!([":userAddress"]),
            ">",
            0,
        )
    };
    assert!(asker.meets_basic(json!([yes(), or(), fails()])).await);
    assert!(!asker.meets_basic(json!([no(), and(), fails()])).await);
    assert!(
        asker
            .meets_basic(json!([yes(), or(), [fails(), and(), yes()]]))
            .await
    );
    let expected = (400, "NodeTokenEncodingDecodingError");
    for list in [
        json!([fails(), or(), yes()]),
        json!([yes(), and(), fails()]),
        json!([no(), or(), fails()]),
    ] {
        asker
            .refused(&body(ConditionsKind::EvmBasic, &list), expected)
            .await;
    }
}

#[tokio::test]
async fn unknown_standards_and_methods_are_not_met() {
    let asker = Asker::new().await;
    let nft = asker
        .setup
        .network
        .context()
        .contracts()
        .pkp_nft
        .to_string();
    for (kind, method) in [
        ("ERC4626", "balanceOf"),
        ("ERC721MetadataName", "name"),
        ("ERC721", "tokenURI"),
        ("ERC20", "totalSupply"),
        ("ERC1155", "uri"),
        ("POAP", "owner"),
        ("SIWE", ""),
        ("PKPPermissions", "getPermittedAddresses"),
        ("", "eth_call"),
    ] {
        let condition = standard(&nft, kind, method, json!(["1"]), ">=", 0);
        assert!(
            !asker.meets_basic(json!([condition])).await,
            "{kind} {method}"
        );
    }
}
