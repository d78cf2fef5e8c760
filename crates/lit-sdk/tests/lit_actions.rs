//! What Lit Actions sign, claim and respond, on the embedded network.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use alloy_primitives::{B256, Signature};
use common::{
    altered::connect,
    owned::{Owned, contracts, sign_in},
};
use lit_devnet::Fault;
use lit_sdk::{
    Error, ExecuteJs, LitNodeClient,
    calls::{ClaimKeyId, ResponseStrategy},
    session_crypto::hd_key_id,
    transport::NodeRequest,
    types::{NodeErrorCode, wire::Endpoint},
};
use serde_json::{Value, json};

const DIGEST: B256 = B256::repeat_byte(0x90);

const SIGN: &str = "(async () => {
    for (const sigName of names) {
        await Lit.Actions.signEcdsa({ toSign, publicKey, sigName });
    }
    console.log('signed');
    Lit.Actions.setResponse({ response: 'done' });
})()";

fn sign(owned: &Owned, names: &[&str]) -> ExecuteJs {
    ExecuteJs::code(SIGN)
        .with_param("toSign", DIGEST.to_vec())
        .with_param("publicKey", owned.pkp.to_string())
        .with_param("names", json!(names))
}

fn assert_signed(owned: &Owned, signature: impl Into<Signature>) {
    let signer = signature.into().recover_address_from_prehash(&DIGEST);
    assert_eq!(signer.unwrap(), owned.pkp.address());
}

async fn altered(owned: &Owned, alter: fn(usize, &mut Value)) -> LitNodeClient {
    connect(&owned.network, Endpoint::Execute, move |_, index, body| {
        alter(index, body);
    })
    .await
}

#[tokio::test]
async fn an_action_signs_by_several_names() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    let call = sign(&owned, &["one", "two"]).with_signer("two", owned.pkp);
    let answer = owned.client.execute_js(&session, &call).await.unwrap();
    assert_eq!(answer.response, "done");
    assert_eq!(answer.logs, "signed\n");
    let names: Vec<&String> = answer.signatures.keys().collect();
    assert_eq!(names, ["one", "two"]);
    for signature in answer.signatures.values() {
        assert_eq!(*signature.public_key(), owned.pkp);
        assert_signed(&owned, *signature);
    }
    assert!(answer.claims.is_empty());
}

#[tokio::test]
async fn a_signature_of_another_key_than_the_given_one_is_refused() {
    let owned = Owned::new().await;
    let other = contracts(&owned.network, &owned.owner).pkp().mint().await;
    let session = owned.session().await;
    let call = sign(&owned, &["sig"]).with_signer("sig", other.unwrap().public_key);
    let error = owned.client.execute_js(&session, &call).await.unwrap_err();
    let report = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        report.contains("the signature share is for another key"),
        "{report}"
    );
}

#[tokio::test]
async fn signatures_survive_nodes_that_are_gone_down_to_the_threshold() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    let spare = 10 - owned.network.threshold();
    for fault in [
        Fault::Stopped,
        Fault::Garbage,
        Fault::Error(NodeErrorCode::NodeSystemFault),
    ] {
        for node in 0..spare {
            owned.network.node(node).fail(fault);
        }
        let answer = owned
            .client
            .execute_js(&session, &sign(&owned, &["sig"]))
            .await;
        assert_signed(&owned, answer.unwrap().signatures["sig"]);
        owned.network.node(spare).fail(fault);
        let answer = owned
            .client
            .execute_js(&session, &sign(&owned, &["sig"]))
            .await;
        // Those that are left find that they cannot sign, and the action throws.
        assert!(matches!(
            answer,
            Err(Error::Nodes(_) | Error::Action { .. })
        ));
        owned.network.node(spare).recover();
    }
}

#[tokio::test]
async fn a_wrong_share_makes_an_error_and_no_signature() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    owned.network.node(2).fail(Fault::CorruptShare);
    let (mut good, mut spoiled) = (0, 0);
    while good == 0 || spoiled == 0 {
        match owned
            .client
            .execute_js(&session, &sign(&owned, &["sig"]))
            .await
        {
            Ok(answer) => {
                assert_signed(&owned, answer.signatures["sig"]);
                good += 1;
            }
            Err(Error::Shares(nodes)) => {
                assert!(nodes.to_string().contains("do not add up"), "{nodes}");
                spoiled += 1;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn what_single_nodes_invent_does_not_matter() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    let invent = |index: usize, body: &mut Value| match index {
        0 => body["signedData"]["sig"] = json!("none"),
        1 => body["signedData"]["sig"] = json!({ "dataSigned": "fail" }),
        2 => body["claimData"]["mine"] = json!({ "signature": "00", "derivedKeyId": "00" }),
        3 => body["response"] = json!("another"),
        _ => {}
    };
    let client = altered(&owned, invent).await;
    let plain = ExecuteJs::code("Lit.Actions.setResponse({ response: 'plain' })");
    let answer = client.execute_js(&session, &plain).await.unwrap();
    assert_eq!(answer.response, "plain");
    assert!(answer.signatures.is_empty() && answer.claims.is_empty());
}

#[tokio::test]
async fn answers_that_say_they_failed_do_not_count() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    let client = altered(&owned, |_, body| body["success"] = json!(false)).await;
    let call = ExecuteJs::code("1");
    let error = client.execute_js(&session, &call).await.unwrap_err();
    let report = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        report.contains("the node reports that it did not succeed"),
        "{report}"
    );
}

#[tokio::test]
async fn nodes_that_name_another_key_do_not_agree() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    let other_key = |index: usize, body: &mut Value| {
        if index < 4 {
            body["claimData"]["mine"]["derivedKeyId"] = json!("07".repeat(32));
        }
    };
    let client = altered(&owned, other_key).await;
    let call = ExecuteJs::code("Lit.Actions.claimKey({ keyId: 'mine' })").with_all_answers();
    let answer = client.execute_js(&session, &call).await.unwrap();
    assert_eq!(answer.answers.len(), 6);
    assert_eq!(answer.claims["mine"].signatures.len(), 6);
    assert_ne!(answer.claims["mine"].derived_key_id, B256::repeat_byte(7));
}

/// Whoever answers first does not say alone what was written to the console.
#[tokio::test]
async fn the_logs_are_those_of_most_nodes() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    let came_first = AtomicBool::new(true);
    let invent = move |_: &NodeRequest, _: usize, body: &mut Value| {
        if came_first.swap(false, Ordering::SeqCst) {
            body["logs"] = json!("invented");
        }
    };
    let client = connect(&owned.network, Endpoint::Execute, invent).await;
    let call = ExecuteJs::code("console.log('written')").with_all_answers();
    let answer = client.execute_js(&session, &call).await.unwrap();
    assert_eq!(
        (answer.answers.len(), answer.logs.as_str()),
        (10, "written\n")
    );
}

#[tokio::test]
async fn a_node_that_invents_or_leaves_out_signatures_matters_only_where_it_has_to_sign() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    let alterations: [fn(usize, &mut Value); 2] = [
        |index, body| {
            if index == 0 {
                body["signedData"]["more"] = body["signedData"]["sig"].clone();
            }
        },
        |index, body| {
            if index == 0 {
                body["signedData"] = json!({});
            }
        },
    ];
    for alter in alterations {
        let client = altered(&owned, alter).await;
        // It is not in the signing set two times of five.
        let mut good = 0;
        for _ in 0..60 {
            match client.execute_js(&session, &sign(&owned, &["sig"])).await {
                Ok(answer) => {
                    assert_eq!(answer.signatures.len(), 1);
                    assert_signed(&owned, answer.signatures["sig"]);
                    good += 1;
                }
                Err(Error::Shares(_)) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert!((1..60).contains(&good), "{good}");
    }
}

#[tokio::test]
async fn which_response_counts_is_for_the_caller_to_say() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    let differ = |index: usize, body: &mut Value| match index {
        0..3 => body["response"] = json!("few"),
        3 => body["response"] = json!("one"),
        _ => {}
    };
    let client = altered(&owned, differ).await;
    let run = |strategy| {
        let call = ExecuteJs::code("Lit.Actions.setResponse({ response: 'most' })");
        let call = call.with_response_strategy(strategy);
        let (client, session) = (&client, &session);
        async move { client.execute_js(session, &call).await.unwrap() }
    };
    assert_eq!(run(ResponseStrategy::default()).await.response, "most");
    let least = run(ResponseStrategy::LeastCommon).await;
    assert_eq!(least.response, "one");
    assert_eq!(least.answers.len(), 10);
    let longest = ResponseStrategy::custom(|all| {
        assert_eq!(all.len(), 10);
        all.concat()
    });
    let all = run(longest).await.response;
    assert_eq!(all.matches("few").count(), 3);
}

#[tokio::test]
async fn one_node_is_enough_where_the_caller_says_so() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    let call = ExecuteJs::code("Lit.Actions.setResponse({ response: 'alone' })").with_single_node();
    let before = owned.network.requests().len();
    let answer = owned.client.execute_js(&session, &call).await.unwrap();
    assert_eq!(answer.response, "alone");
    assert_eq!(answer.outcomes.len(), 1);
    assert_eq!(owned.network.requests().len(), before + 1);
}

#[tokio::test]
async fn a_hundred_actions_at_once() {
    let owned = Arc::new(Owned::new().await);
    let session = Arc::new(owned.session().await);
    for node in [0, 5, 9] {
        owned.network.node(node).fail(Fault::Stopped);
    }
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0..100 {
        let (owned, session) = (Arc::clone(&owned), Arc::clone(&session));
        tasks.spawn(async move {
            let call = ExecuteJs::code("Lit.Actions.setResponse({ response: String(i * 2) })");
            let call = call.with_param("i", i);
            let answer = owned.client.execute_js(session.as_ref(), &call).await;
            assert_eq!(answer.unwrap().response, (i * 2).to_string());
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

#[tokio::test]
async fn slow_nodes_are_not_waited_for() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    for node in [1, 2, 3] {
        let slow = Fault::Delay(Duration::from_secs(60));
        owned.network.node(node).fail(slow);
    }
    let call = ExecuteJs::code("Lit.Actions.setResponse({ response: 'soon' })");
    let run = owned.client.execute_js(&session, &call);
    let answer = tokio::time::timeout(Duration::from_secs(20), run).await;
    assert_eq!(answer.unwrap().unwrap().response, "soon");
}

#[tokio::test]
async fn an_action_claims_a_key_that_can_be_minted() {
    let owned = Owned::new().await;
    let session = owned.session().await;
    let call = ExecuteJs::code("Lit.Actions.claimKey({ keyId: 'user-7' })");
    let answer = owned.client.execute_js(&session, &call).await.unwrap();
    let claim = &answer.claims["user-7"];
    assert!(claim.signatures.len() >= owned.network.threshold());
    let json = serde_json::to_value(claim).unwrap();
    assert_eq!(json["signatures"][0]["r"].as_str().unwrap().len(), 66);
    assert!(matches!(json["signatures"][0]["v"].as_u64(), Some(27 | 28)));

    let contracts = contracts(&owned.network, &owned.owner);
    let pkp = contracts
        .pkp()
        .claim(claim.derived_key_id, &claim.signatures)
        .await;
    let key = owned.client.derived_public_key(&claim.derived_key_id);
    assert_eq!(pkp.unwrap().public_key, key.unwrap());
}

#[tokio::test]
async fn a_login_claims_its_key() {
    let owned = Owned::new().await;
    let method = sign_in(&owned.owner, &owned.client).await;
    let contracts = contracts(&owned.network, &owned.owner);
    let wallets = contracts.staking().connection_info().await.unwrap();
    let wallets: Vec<_> = wallets.nodes.iter().map(|one| one.node_address).collect();
    // Whose signatures are wrong only the chain knows.
    for node in [0, 4, 7] {
        owned.network.node(node).fail(Fault::CorruptShare);
    }
    let call = ClaimKeyId::new(method).with_node_wallets(wallets);
    let claim = owned.client.claim_key_id(&call).await.unwrap();
    let user = owned.owner.address().to_string();
    assert_eq!(claim.derived_key_id, hd_key_id(&user, "lit", false));

    let pkp = contracts
        .pkp()
        .claim(claim.derived_key_id, &claim.signatures)
        .await;
    let key = owned.client.derived_public_key(&claim.derived_key_id);
    assert_eq!(pkp.unwrap().public_key, key.unwrap());

    for node in 0..5 {
        owned.network.node(node).fail(Fault::CorruptShare);
    }
    let error = owned.client.claim_key_id(&call).await.unwrap_err();
    let report = std::error::Error::source(&error).unwrap().to_string();
    assert!(report.contains("not from the wallet of a node"), "{report}");
}
