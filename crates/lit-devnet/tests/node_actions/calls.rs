//! Actions that call actions.

use crate::*;
use lit_types::ActionCid;

const SAY: &str = "console.log('child', what); Lit.Actions.setResponse({ response: `${what}!` }); globalThis.left = 1";

#[tokio::test]
async fn a_child_has_parameters_and_shares_the_output() {
    let setup = Setup::new().await;
    let child = setup.network.put_ipfs(SAY);
    let code = format!(
        "(async () => {{
            console.log('before');
            Lit.Actions.setResponse({{ response: 'parent' }});
            const answer = await Lit.Actions.call({{ ipfsId: '{child}', params: {{ what: 'x' }} }});
            console.log('after', answer, typeof what, typeof left);
        }})()"
    );
    let answer = setup.run(&code).await;
    assert_eq!(
        answer["logs"],
        "before\nchild x\nafter x! undefined undefined\n"
    );
    assert_eq!(answer["response"], "x!");
}

#[tokio::test]
async fn a_child_knows_who_called_it() {
    let setup = Setup::new().await;
    let show = "console.log(JSON.stringify([Lit.Auth.actionIpfsIds, Lit.Auth.actionIpfsIdStack]))";
    let inner = setup.network.put_ipfs(show);
    let outer = setup
        .network
        .put_ipfs(format!("{show}; Lit.Actions.call({{ ipfsId: '{inner}' }})"));
    let code = format!("{show}; Lit.Actions.call({{ ipfsId: '{outer}' }})");
    let root = ActionCid::of_code(code.as_bytes()).to_string();
    let answer = setup.run(&code).await;
    let seen: Vec<Value> = answer["logs"]
        .as_str()
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let expected = [
        json!([[root], [root]]),
        json!([[outer], [root, outer]]),
        json!([[inner], [root, outer, inner]]),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn children_run_one_after_the_other() {
    let setup = Setup::new().await;
    let child = setup
        .network
        .put_ipfs("console.log('in', n); setTimeout(() => console.log('out', n), 5)");
    let code = format!(
        "Promise.all([1, 2].map((n) => Lit.Actions.call({{ ipfsId: '{child}', params: {{ n }} }})))"
    );
    let logs = setup.run(&code).await["logs"].clone();
    let logs = logs.as_str().unwrap();
    assert!(
        ["in 1\nout 1\nin 2\nout 2\n", "in 2\nout 2\nin 1\nout 1\n"].contains(&logs),
        "{logs}"
    );
}

#[tokio::test]
async fn what_a_child_throws_reaches_its_caller() {
    let setup = Setup::new().await;
    let child = setup
        .network
        .put_ipfs("console.log('in'); throw new TypeError('boom')");
    let error = setup
        .error(&format!("Lit.Actions.call({{ ipfsId: '{child}' }})"))
        .await;
    assert!(
        error.starts_with("Error: Uncaught TypeError: boom"),
        "{error}"
    );
    for (arguments, expected) in [
        (
            "",
            "TypeError: Cannot destructure property 'ipfsId' of 'undefined' as it is undefined.",
        ),
        ("{ ipfsId: 1 }", "RangeError: ipfsId must not be blank"),
        ("{ ipfsId: ' ' }", "RangeError: ipfsId must not be blank"),
        ("{ ipfsId: 'Qm' }", "Error: call: unknown CID Qm"),
        (
            &format!("{{ ipfsId: '{child}', params: 1 }}"),
            "TypeError: params must be an object",
        ),
    ] {
        let error = setup.error(&format!("Lit.Actions.call({arguments})")).await;
        assert_eq!(error, expected, "{arguments}");
    }
}

#[tokio::test]
async fn actions_call_one_another_five_levels_deep() {
    let setup = Setup::new().await;
    let call = |cid: &str| format!("console.log('level'); Lit.Actions.call({{ ipfsId: '{cid}' }})");
    let mut cid = setup.network.put_ipfs("console.log('bottom')");
    for _ in 0..4 {
        cid = setup.network.put_ipfs(call(&cid));
    }
    let answer = setup.run(&call(&cid)).await;
    assert_eq!(answer["logs"], "level\n".repeat(5) + "bottom\n");

    let cid = setup.network.put_ipfs(call(&cid));
    let (status, body) = setup.ask(0, "", &call(&cid), &json!({})).await;
    assert_eq!(status, 400);
    let error = body["error"].as_str().unwrap();
    assert!(error.contains("call: depth limit of 5 exceeded"), "{error}");
    assert_eq!(body["logs"], "level\n".repeat(6));
}

#[tokio::test]
async fn a_child_cannot_outlive_its_caller() {
    let limits = ActionLimits::default().with_run_time(std::time::Duration::from_secs(1));
    let setup = Setup::with_limits(limits).await;
    let child = setup.network.put_ipfs("console.log('in'); while (true) {}");
    let code = format!("Lit.Actions.call({{ ipfsId: '{child}' }})");
    let (status, body) = setup.ask(0, "", &code, &json!({})).await;
    assert_eq!(
        (status, &body["errorCode"]),
        (502, &json!("NodeJsTimeoutError"))
    );
    assert_eq!(body["logs"], "in\n");
}

#[tokio::test]
async fn the_limits_of_the_output_are_those_of_the_whole() {
    let setup = Setup::with_limits(ActionLimits::default().with_log_size(8)).await;
    let child = setup.network.put_ipfs("console.log('12345')");
    let twice = format!(
        "(async () => {{ await Lit.Actions.call({{ ipfsId: '{child}' }}); await Lit.Actions.call({{ ipfsId: '{child}' }}) }})()"
    );
    let (status, body) = setup.ask(0, "", &twice, &json!({})).await;
    assert_eq!(status, 400);
    assert_eq!(body["logs"], "12345\n");
    assert!(
        body["error"]
            .as_str()
            .unwrap()
            .contains("exceeds the limit of 8 bytes"),
        "{body}"
    );
}

#[tokio::test]
async fn what_needs_no_network_is_there_as_well() {
    let setup = Setup::new().await;
    let error = setup.error("Lit.Actions.aesDecrypt({})").await;
    assert_eq!(error, "RangeError: symmetricKey must not be empty");
}
