//! Every change of a session signature or of an AuthSig on its way to a node is refused, or means the same.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "these are tests"
)]

mod common;

use common::{Setup, base64};
use lit_test_fakes::{Tampered, json_changes};
use lit_types::wire::Endpoint;
use serde_json::{Value, json};

/// What a node does with each of these bodies: how many it refuses, and how many it answers as the good one.
async fn judge(
    setup: &Setup,
    endpoint: Endpoint,
    good: &str,
    changes: Vec<Tampered>,
) -> (usize, usize) {
    let (status, expected) = setup.send_text(endpoint, good.to_owned()).await;
    assert_eq!(status, 200, "{expected}");
    let (mut refused, mut same) = (0, 0);
    for Tampered { change, text } in changes {
        let (status, answer) = setup.send_text(endpoint, text).await;
        match status {
            200 => {
                assert_eq!(answer, expected, "{change}");
                same += 1;
            }
            // A fault of the sender, with a reason.
            400..500 => {
                let reason = answer["message"].as_str().or(answer["error"].as_str());
                assert!(
                    reason.is_some_and(|reason| !reason.is_empty()),
                    "{change}: {answer}"
                );
                refused += 1;
            }
            _ => panic!("{change}: {status} {answer}"),
        }
    }
    println!(
        "{endpoint:?}: {} changes, {refused} refused, {same} with the same answer",
        refused + same
    );
    (refused, same)
}

/// The changes of a part of a body.
fn inside(body: impl Fn(&str) -> String, part: &str) -> Vec<Tampered> {
    let changes = json_changes(part).into_iter();
    // A body is one JSON text.
    let changes = changes.filter(|change| {
        !["more after the end", "a byte order mark", "cut"].contains(&change.change.as_str())
    });
    let put = |change: Tampered| Tampered {
        text: body(&change.text),
        ..change
    };
    changes.map(put).collect()
}

#[tokio::test]
async fn session_signatures_of_a_wallet() {
    let setup = Setup::new().await;
    let session = setup.owner_session().await;
    let sig = json!(setup.sig(0, &session)).to_string();
    let body = |sig: &str| {
        format!(
            r#"{{"code":"{}","jsParams":{{}},"authSig":{sig},"epoch":0}}"#,
            base64("1")
        )
    };
    let changes = inside(body, &sig);
    assert_eq!(
        judge(&setup, Endpoint::Execute, &body(&sig), changes).await,
        (720, 15)
    );
}

/// The capabilities in a document that the session key signs anew.
#[tokio::test]
async fn capabilities() {
    let setup = Setup::new().await;
    for (root, expected) in [
        (
            setup.network_root(&setup.good_body().await).await,
            (318, 21),
        ),
        (
            setup.wallet_root(&setup.owner, &common::requests()).await,
            (257, 24),
        ),
    ] {
        let session = setup.session_of(root.clone(), &common::requests());
        let sig = setup.sig(0, &session);
        let part = json!(root).to_string();
        let whole: Value = serde_json::from_str(&sig.signed_message).unwrap();
        let document = |root: &str| {
            let mut whole = whole.clone();
            whole["capabilities"] = json!(["@"]);
            whole.to_string().replace("\"@\"", root)
        };
        let body = |root: &str| {
            let document = document(root);
            let mut sig = sig.clone();
            sig.sig = hex::encode(setup.key.sign(document.as_bytes()));
            sig.signed_message = document;
            json!({ "code": base64("1"), "jsParams": {}, "authSig": sig, "epoch": 0 }).to_string()
        };
        let changes = inside(body, &part);
        assert_eq!(
            judge(&setup, Endpoint::Execute, &body(&part), changes).await,
            expected
        );
    }
}
