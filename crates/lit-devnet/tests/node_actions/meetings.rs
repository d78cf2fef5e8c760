//! `runOnce` and `broadcastAndCollect`.

use std::collections::BTreeSet;

use crate::*;

/// The responses, which have to be successes.
fn responses(answers: &[(u16, Value)]) -> Vec<String> {
    answers
        .iter()
        .map(|(status, body)| {
            assert_eq!(*status, 200, "{body}");
            body["response"].as_str().unwrap().to_owned()
        })
        .collect()
}

const RANDOM: &str = "crypto.randomUUID()";

fn once(options: &str, function: &str) -> String {
    format!(
        "(async () => {{
            const value = await Lit.Actions.runOnce({options}, async () => {{ console.log('ran'); {function} }});
            Lit.Actions.setResponse({{ response: `${{value}}` }});
        }})()"
    )
}

#[tokio::test]
async fn one_node_runs_and_all_have_its_result() {
    let setup = Setup::of(Devnet::builder().with_nodes(5)).await;
    let code = once(
        "{ waitForResponse: true, name: 'a' }",
        &format!("return {RANDOM}"),
    );
    let answers = setup.ask_all("lit_1", &code).await;
    let values: BTreeSet<_> = responses(&answers).into_iter().collect();
    assert_eq!(values.len(), 1, "{values:?}");
    assert_eq!(values.first().unwrap().len(), 36);
    let ran = answers
        .iter()
        .filter(|(_, body)| body["logs"] == "ran\n")
        .count();
    assert_eq!(ran, 1);

    // A node that comes late, and another request.
    let late = setup.ask(0, "lit_1", &code, &json!({})).await;
    assert_eq!(responses(&[late])[0], *values.first().unwrap());
    let other = setup.ask(0, "lit_2", &code, &json!({})).await;
    assert_ne!(responses(&[other])[0], *values.first().unwrap());
}

#[tokio::test]
async fn who_does_not_wait_gets_nothing() {
    let setup = Setup::new().await;
    let answers = setup.ask_all("lit_1", &once("{}", "return 1")).await;
    let mut values = responses(&answers);
    values.sort();
    assert_eq!(values, ["1", "undefined", "undefined"]);
}

#[tokio::test]
async fn results_are_strings_and_errors_a_mark() {
    let setup = Setup::new().await;
    for (function, expected) in [
        ("return 1.5", "1.5"),
        ("", ""),
        ("return { a: 1 }", "[object Object]"),
        ("throw new Error('boom')", "[ERROR]"),
    ] {
        let code = once("{ waitForResponse: true }", function);
        let answers = setup.ask_all(&format!("lit_{function}"), &code).await;
        for response in responses(&answers) {
            assert_eq!(response, expected, "{function}");
        }
    }
    let error = setup.error("Lit.Actions.runOnce({})").await;
    assert_eq!(
        error,
        "TypeError: runOnce: the second argument must be a function"
    );
}

#[tokio::test]
async fn the_same_name_again_is_another_run() {
    let setup = Setup::new().await;
    let code = format!(
        "(async () => {{
            const values = [];
            for (const name of ['a', 'a', 'b']) {{
                values.push(await Lit.Actions.runOnce({{ waitForResponse: true, name }}, async () => {RANDOM}));
            }}
            Lit.Actions.setResponse({{ response: values.join() }});
        }})()"
    );
    let values: BTreeSet<_> = responses(&setup.ask_all("lit_1", &code).await)
        .into_iter()
        .collect();
    assert_eq!(values.len(), 1, "{values:?}");
    let parts: BTreeSet<_> = values.first().unwrap().split(',').collect();
    assert_eq!(parts.len(), 3);
}

#[tokio::test]
async fn children_meet_too() {
    let setup = Setup::new().await;
    let child = setup.network.put_ipfs(once(
        "{ waitForResponse: true }",
        &format!("return {RANDOM}"),
    ));
    let code = format!(
        "(async () => {{
            const values = [];
            for (const n of [1, 2]) values.push(await Lit.Actions.call({{ ipfsId: '{child}' }}));
            Lit.Actions.setResponse({{ response: values.join() }});
        }})()"
    );
    let values: BTreeSet<_> = responses(&setup.ask_all("lit_1", &code).await)
        .into_iter()
        .collect();
    assert_eq!(values.len(), 1, "{values:?}");
    let parts: BTreeSet<_> = values.first().unwrap().split(',').collect();
    assert_eq!(parts.len(), 2);
}

#[tokio::test]
async fn callers_do_not_meet_one_another() {
    let setup = Setup::new().await;
    let (template, key) = session(&setup.network, 8).await;
    let code = once("{ waitForResponse: true }", &format!("return {RANDOM}"));
    let node = &setup.network.node_urls()[1];
    let sig = template.sign_for(&key, node);
    let own = setup.ask(0, "lit_1", &code, &json!({})).await;
    let other = execute(&setup.transport, node, "lit_1", &code, &json!({}), &sig).await;
    let values = responses(&[own, other]);
    assert_ne!(values[0], values[1]);
}

#[tokio::test]
async fn a_leader_that_fails_is_followed_by_another() {
    // Long enough for the second node on a busy machine.
    let limits = ActionLimits::default().with_run_time(std::time::Duration::from_secs(2));
    let setup = Setup::with_limits(limits).await;
    let code = "(async () => {
        const value = await Lit.Actions.runOnce({ waitForResponse: true }, async () => {
            if (hang === 'wait') await new Promise(() => { setTimeout(() => {}, 1e6) });
            // The engine cannot be stopped in here.
            if (hang === 'loop') 'a'.repeat(1e6).indexOf('a'.repeat(5e5) + 'b');
            return 'done';
        });
        Lit.Actions.setResponse({ response: value });
    })()";
    for hang in ["wait", "loop"] {
        let params = json!({ "hang": hang });
        let (status, body) = setup.ask(0, &format!("lit_{hang}"), code, &params).await;
        assert_eq!(
            (status, &body["errorCode"]),
            (502, &json!("NodeJsTimeoutError"))
        );
        let params = json!({ "hang": "no" });
        let (status, body) = setup.ask(1, &format!("lit_{hang}"), code, &params).await;
        assert_eq!((status, &body["response"]), (200, &json!("done")), "{body}");
    }
}

#[tokio::test]
async fn all_nodes_collect_the_same_values() {
    let setup = Setup::of(Devnet::builder().with_nodes(4)).await;
    let code = format!(
        "(async () => {{
            const value = {RANDOM};
            const values = await Lit.Actions.broadcastAndCollect({{ name: 'n', value }});
            Lit.Actions.setResponse({{ response: JSON.stringify({{ value, values }}) }});
        }})()"
    );
    let answers: Vec<Value> = responses(&setup.ask_all("lit_1", &code).await)
        .iter()
        .map(|response| serde_json::from_str(response).unwrap())
        .collect();
    let mut sets = BTreeSet::new();
    let mut participants = 0;
    for answer in &answers {
        let values = answer["values"].as_array().unwrap();
        assert_eq!(values.len(), setup.network.threshold());
        if values.contains(&answer["value"]) {
            participants += 1;
            assert_eq!(values.last(), Some(&answer["value"]));
        }
        sets.insert(
            values
                .iter()
                .map(ToString::to_string)
                .collect::<BTreeSet<_>>(),
        );
    }
    assert_eq!((sets.len(), participants), (1, setup.network.threshold()));
}

#[tokio::test]
async fn operations_between_nodes_are_counted() {
    let setup = Setup::with_limits(ActionLimits::default().with_network_operations(2)).await;
    let code = "(async () => { for (const name of ['a', 'b', 'c']) await Lit.Actions.runOnce({ name }, () => 1) })()";
    let (status, body) = setup.ask(0, "lit_1", code, &json!({})).await;
    assert_eq!(status, 400);
    let error = body["error"].as_str().unwrap();
    assert!(
        error.contains("an action may make 2 network operations, not more"),
        "{error}"
    );
    assert_eq!(ActionLimits::default().network_operations, 30);
}

/// The network remembers them after the action has ended.
#[tokio::test]
async fn what_nodes_hand_to_one_another_is_not_too_long() {
    let limits = ActionLimits::default()
        .with_response_size(100)
        .with_run_time(std::time::Duration::from_secs(2));
    let setup = Setup::with_limits(limits).await;
    for expression in [
        "Lit.Actions.broadcastAndCollect({ name: 'n', value: 'x'.repeat(101) })",
        "Lit.Actions.runOnce({ waitForResponse: true, name: 'n' }, () => 'x'.repeat(101))",
        "Lit.Actions.broadcastAndCollect({ name: 'n'.repeat(1025), value: 'x' })",
        "Lit.Actions.runOnce({ waitForResponse: true, name: 'n'.repeat(1025) }, () => 'x')",
    ] {
        let error = setup.error(expression).await;
        assert!(error.starts_with("RangeError: "), "{expression}: {error}");
    }
}
