//! Whatever nodes, chains and relayers answer, errors print nothing but text.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::{error::Error as StdError, iter, sync::Arc};

use alloy_provider::{Provider, ProviderBuilder};
use bytes::Bytes;
use common::{HELLO, Setup, any_action};
use lit_sdk::{
    AuthMethod, Error, ExecuteJs, LitNodeClient, Session,
    calls::ClaimKeyId,
    contracts::RpcTransport,
    services::{LitRelay, MintRequest},
    types::{constants::AuthMethodType, is_unprintable},
};
use lit_test_fakes::{FakeHttp, FakeNodes, Reply, greeting};
use proptest::{prelude::*, string::string_regex};
use serde_json::json;

/// Control characters and text that looks like the row of another node.
const FORGED: &str =
    "boom\r\n  http://127.0.0.1:7471  3 ms  valid answer\u{1b}[2K\u{9b}31m\u{202e}";

/// The texts of an error and its causes.
fn texts(error: &dyn StdError) -> Vec<String> {
    let errors = iter::successors(Some(error), |error| (*error).source());
    errors.map(ToString::to_string).collect()
}

fn assert_printable(text: &str, lines: usize) {
    let found = text
        .chars()
        .find(|c| !matches!(c, '\n' | '\t') && is_unprintable(*c));
    assert_eq!(found, None, "{text:?}");
    assert!(text.lines().count() <= lines, "{text:?}");
}

/// A client of nodes that answer this, and a session for it.
async fn client(setup: &Setup, reply: Reply) -> LitNodeClient {
    let greeting = greeting(&"a".repeat(96), &format!("0x{}", "1".repeat(64)));
    let nodes = FakeNodes::by(move |_| reply.clone()).greeting(greeting);
    let builder = setup.builder().with_transport(Arc::new(nodes));
    builder.connect().await.unwrap()
}

async fn errors(client: &LitNodeClient, session: &Session) -> Vec<Error> {
    let call = ExecuteJs::code(HELLO).with_param("name", "you");
    let method = AuthMethod::new(AuthMethodType::Discord, "token");
    let run = client.execute_js(session, &call).await.err();
    let claim = client.claim_key_id(&ClaimKeyId::new(method)).await.err();
    run.into_iter().chain(claim).collect()
}

#[test]
fn errors_are_printable_whatever_nodes_answer() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    let (setup, session) = runtime.block_on(async {
        let setup = Setup::new(3).await;
        let session = setup.client.session(&any_action(), &setup.auth()).await;
        (setup, session.unwrap())
    });
    let texts_of_nodes = prop_oneof![
        Just(FORGED.to_owned()),
        string_regex("(?s:.){0,60}").unwrap()
    ];
    let strategy = (
        texts_of_nodes,
        0..4_usize,
        prop_oneof![Just(200), Just(400), Just(502)],
    );
    proptest!(ProptestConfig::with_cases(64), |((text, form, status) in strategy)| {
        let body: Bytes = match form {
            0 => json!({ "errorCode": text, "errorKind": text, "message": text }).to_string().into(),
            1 => json!({ "success": false, "error": text, "logs": text }).to_string().into(),
            2 => json!({ "success": true, "signedData": { text.clone(): text }, "claimData": { text.clone(): text },
                "response": text, "logs": text, "signature": text, "derivedKeyId": text }).to_string().into(),
            _ => text.into(),
        };
        runtime.block_on(async {
            let client = client(&setup, Reply::status(status, body)).await;
            for error in errors(&client, &session).await {
                // The exception of an action may have lines of its own.
                let lines = match &error {
                    Error::Action { .. } => usize::MAX,
                    _ => 1 + client.nodes().len(),
                };
                for text in texts(&error) {
                    assert_printable(&text, lines);
                }
            }
        });
    });
}

#[tokio::test]
async fn errors_of_an_rpc_are_printable() {
    let refusal =
        json!({ "jsonrpc": "2.0", "id": 0, "error": { "code": -32000, "message": FORGED } });
    for reply in [
        Reply::json(&refusal),
        Reply::ok(FORGED),
        Reply::status(502, FORGED),
    ] {
        let rpc = RpcTransport::new(
            FakeHttp::in_order([reply]),
            "http://127.0.0.1:1".parse().unwrap(),
        );
        let provider = ProviderBuilder::new().connect_client(rpc.client());
        let error = provider.get_block_number().await.unwrap_err();
        for text in texts(&error) {
            // alloy quotes an answer that is not JSON-RPC on a line of its own.
            assert_printable(&text, 2);
        }
    }
}

#[tokio::test]
async fn errors_of_a_relayer_are_printable() {
    let method = AuthMethod::new(AuthMethodType::EthWallet, "token");
    for reply in [
        Reply::json(&json!({ "error": FORGED })),
        Reply::status(400, json!({ "error": FORGED }).to_string()),
        Reply::status(502, FORGED),
    ] {
        let http = FakeHttp::in_order([reply]);
        let relay = LitRelay::with_http_client(http, "http://127.0.0.1:1", "key").unwrap();
        let error = relay.fetch_pkps(&method).await.err().into_iter();
        let mint = MintRequest::for_auth_method(&method).owned_by_pkp();
        for error in error.chain(relay.mint(&mint).await.err()) {
            for text in texts(&error) {
                assert_printable(&text, 1);
            }
        }
    }
}
