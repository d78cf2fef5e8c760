//! Signatures and claims: what nodes answer, and that it verifies.

use alloy_primitives::{B256, Signature, eip191_hash_message, keccak256};
use lit_devnet::{Devnet, Fault};
use lit_session_crypto::{EcdsaError, SessionKeyPair};
use lit_types::ActionCid;
use serde_json::{Value, json};

use crate::{
    common::Setup,
    support::{DIGEST, Runner, SIGN},
};

#[tokio::test]
async fn an_action_signs() {
    let runner = Runner::new().await;
    let answers = runner.run("lit_1", SIGN, json!({})).await;
    runner.signature(&answers, "sig1", DIGEST).unwrap();

    let mut outside = 0;
    for (place, answer) in answers.iter().enumerate() {
        assert_eq!(
            (&answer["response"], &answer["claimData"]),
            (&json!("signed"), &json!({}))
        );
        let share = &answer["signedData"]["sig1"];
        let names: Vec<&String> = share.as_object().unwrap().keys().collect();
        let expected = [
            "bigR",
            "dataSigned",
            "publicKey",
            "shareIndex",
            "sigName",
            "sigType",
            "signatureShare",
        ];
        assert_eq!(names, expected);
        assert_eq!(
            (&share["sigName"], &share["sigType"]),
            (&json!("sig1"), &json!("K256"))
        );
        assert_eq!(share["shareIndex"], place);
        if share["dataSigned"] == "fail" {
            outside += 1;
            assert_eq!(
                (
                    &share["signatureShare"],
                    &share["bigR"],
                    &share["publicKey"]
                ),
                (&json!(""), &json!(""), &json!(""))
            );
            continue;
        }
        assert_eq!(share["dataSigned"], format!("\"{}\"", "90".repeat(32)));
        let key = hex::encode_upper(runner.setup.pkp.as_bytes());
        assert_eq!(share["publicKey"], format!("\"{key}\""));
    }
    assert_eq!(outside, 1);
}

#[tokio::test]
async fn an_action_signs_messages_and_several_times() {
    let runner = Runner::new().await;
    let source = "(async () => {
        await Promise.all(['a', 'b'].map((sigName) => Lit.Actions.signEcdsa({ toSign, publicKey, sigName })));
        await Lit.Actions.ethPersonalSignMessageEcdsa({ message: 'grüezi', publicKey, sigName: 'c' });
    })()";
    let answers = runner.run("lit_1", source, json!({})).await;
    let one = runner.signature(&answers, "a", DIGEST).unwrap();
    let other = runner.signature(&answers, "b", DIGEST).unwrap();
    assert_ne!(one.r(), other.r());
    let message = eip191_hash_message("grüezi");
    let personal = runner.signature(&answers, "c", message.0).unwrap();
    let signer = Signature::from(personal)
        .recover_address_from_msg("grüezi")
        .unwrap();
    assert_eq!(signer, runner.setup.pkp.address());
}

#[tokio::test]
async fn nodes_combine_a_signature_among_themselves() {
    let runner = Runner::of(Setup::of(Devnet::builder().with_nodes(5)).await).await;
    runner.setup.network.node(1).fail(Fault::Stopped);
    runner.setup.network.node(3).fail(Fault::Garbage);
    let source = "(async () => {
        const signed = await Lit.Actions.signAndCombineEcdsa({ toSign, publicKey, sigName: 'x' });
        Lit.Actions.setResponse({ response: signed });
    })()";
    let answers = runner.run_on([0, 2, 4], "lit_1", source, json!({})).await;
    let mut responses: Vec<&str> = Vec::new();
    for (status, answer) in &answers {
        assert_eq!(
            (*status, &answer["signedData"]),
            (200, &json!({})),
            "{answer}"
        );
        responses.push(answer["response"].as_str().unwrap());
    }
    responses.dedup();
    assert_eq!(responses.len(), 1);
    let signed: Value = serde_json::from_str(responses[0]).unwrap();
    let (r, s) = (signed["r"].as_str().unwrap(), signed["s"].as_str().unwrap());
    assert_eq!((r.len(), s.len()), (66, 64));
    let (r, s): (B256, B256) = (r[2..].parse().unwrap(), s.parse().unwrap());
    let signature = Signature::from_scalars_and_parity(r, s, signed["v"] == 1);
    let signer = signature.recover_address_from_prehash(&DIGEST.into());
    assert_eq!(signer.unwrap(), runner.setup.pkp.address());
}

#[tokio::test]
async fn wrong_shares_are_found_out() {
    let runner = Runner::new().await;
    let combine = "Lit.Actions.signAndCombineEcdsa({ toSign, publicKey, sigName: 'x' })";
    for node in 0..3 {
        runner.setup.network.node(node).fail(Fault::CorruptShare);
    }
    let error = runner.error(combine, json!({})).await;
    let (nodes, rest) = error
        .strip_prefix("Error: shares of the nodes ")
        .and_then(|rest| rest.split_once(": "))
        .unwrap_or_else(|| panic!("{error}"));
    assert!(["0, 1", "0, 2", "1, 2"].contains(&nodes), "{error}");
    assert!(
        rest.starts_with("2 signature shares of one signing set do not add up"),
        "{error}"
    );
    let answers = runner.run("lit_1", SIGN, json!({})).await;
    let combined = runner.signature(&answers, "sig1", DIGEST);
    assert!(
        matches!(combined, Err(EcdsaError::NotASignature { .. })),
        "{combined:?}"
    );
}

/// Section 5.6: the key id is of the action's CID and the given id, and the contracts take the claim.
#[tokio::test]
async fn an_action_claims_a_key() {
    let runner = Runner::new().await;
    let source = "Lit.Actions.claimKey({ keyId: 'user-7' })";
    let answers = runner.run("lit_1", source, json!({})).await;
    let cid = ActionCid::of_code(source.as_bytes()).to_string();
    let id = keccak256(format!("{cid}_user-7"));
    let mut signatures: Vec<Signature> = Vec::new();
    for answer in &answers {
        let claim = &answer["claimData"]["user-7"];
        assert_eq!(claim["derivedKeyId"], hex::encode(id));
        signatures.push(claim["signature"].as_str().unwrap().parse().unwrap());
    }
    runner
        .setup
        .contracts()
        .pkp()
        .claim(id, &signatures)
        .await
        .unwrap();
}

/// Two callers who use the same request id share nothing.
#[tokio::test]
async fn callers_do_not_meet() {
    let runner = Runner::new().await;
    let combine = "Lit.Actions.signAndCombineEcdsa({ toSign, publicKey, sigName: 'x' })";
    let of_one = runner.responses("lit_1", combine, json!({})).await;
    let Runner { setup, .. } = runner;
    let setup = Setup {
        key: SessionKeyPair::from_seed(&[8; 32]),
        ..setup
    };
    let other = Runner::of(setup).await;
    let of_other = other.responses("lit_1", combine, json!({})).await;
    assert_ne!(of_one, of_other);
}

/// Types, classes and order are those of the node's ops. Other values than texts are blank; bytes are those of `new Uint8Array`.
#[tokio::test]
async fn parameters_are_checked_in_the_order_of_the_node() {
    let runner = Runner::new().await;
    for (call, expected) in [
        ("signEcdsa({})", "RangeError: toSign must not be empty"),
        (
            "signEcdsa({ toSign: 'text', publicKey: '', sigName: '' })",
            "RangeError: toSign must not be empty",
        ),
        (
            "signEcdsa({ toSign, publicKey: 5 })",
            "RangeError: publicKey must not be blank",
        ),
        (
            "signEcdsa({ toSign: [1], publicKey: 'x' })",
            "RangeError: sigName must not be blank",
        ),
        (
            "signEcdsa({ toSign, publicKey, sigName: null })",
            "RangeError: sigName must not be blank",
        ),
        (
            "ethPersonalSignMessageEcdsa({ message: '', publicKey: '' })",
            "RangeError: toSign must not be empty",
        ),
        (
            "ethPersonalSignMessageEcdsa({ message: 'x', sigName: '' })",
            "RangeError: publicKey must not be blank",
        ),
        ("claimKey({})", "RangeError: keyId must not be blank"),
        (
            "checkConditions({ conditions: [] })",
            "RangeError: conditions must not be empty",
        ),
        (
            "checkConditions({ conditions: 'x' })",
            "TypeError: conditions must be an array",
        ),
        (
            "checkConditions({ conditions: [{}], chain: '' })",
            "RangeError: chain must not be blank",
        ),
        (
            "callContract({ chain: 'yellowstone' })",
            "RangeError: txn must not be blank",
        ),
    ] {
        let call = format!("(async () => Lit.Actions.{call})()");
        assert_eq!(runner.error(&call, json!({})).await, expected, "{call}");
    }
}

/// As the node's `uint8arrayFromString` reads it.
#[tokio::test]
async fn a_personal_message_is_a_text() {
    let runner = Runner::new().await;
    let source = "Lit.Actions.ethPersonalSignMessageEcdsa({ message: Uint8Array.of(1, 20), publicKey, sigName: 'a' })";
    let answers = runner.run("lit_1", source, json!({})).await;
    let digest = eip191_hash_message("1,20");
    assert!(runner.signature(&answers, "a", digest.0).is_ok());
}
