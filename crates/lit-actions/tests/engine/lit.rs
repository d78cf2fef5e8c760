//! The functions of `Lit`, and that scripts cannot change them.

use crate::*;

#[tokio::test]
async fn the_last_response_wins() {
    let code = "LitActions.setResponse({ response: 'a' }); Lit.Actions.setResponse({ response: 'b\\ud800' })";
    assert_eq!(outcome(code).await.response, "b\u{fffd}");
}

/// As `to_string` of deno_core does for an op.
#[tokio::test]
async fn what_is_no_string_is_an_empty_response() {
    for argument in [
        "{}",
        "{ response: 1 }",
        "{ response: null }",
        "{ response: { a: 1 } }",
        "{ response: new String('x') }",
    ] {
        let code = format!(
            "Lit.Actions.setResponse({{ response: 'x' }}); Lit.Actions.setResponse({argument})"
        );
        assert_eq!(outcome(&code).await.response, "", "{argument}");
    }
    let headline = headline("Lit.Actions.setResponse()").await;
    assert!(headline.starts_with("Uncaught TypeError"), "{headline}");
}

#[tokio::test]
async fn the_response_is_limited_in_bytes() {
    let limits = ActionLimits::default().with_response_size(4);
    let code = |text: &str| format!("Lit.Actions.setResponse({{ response: '{text}' }})");
    assert_eq!(
        run(request_with(&code("éé"), limits.clone()))
            .await
            .unwrap()
            .response,
        "éé"
    );
    let error = run(request_with(&code("ééx"), limits)).await.unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("Uncaught Error: The response has 5 bytes, more than the limit of 4"),
        "{error}"
    );
    // An action can catch it, and the response before stays.
    let code = "Lit.Actions.setResponse({ response: 'x' }); try { Lit.Actions.setResponse({ response: 'x'.repeat(102401) }) } catch {}";
    assert_eq!(outcome(code).await.response, "x");
}

#[tokio::test]
async fn lit_is_what_the_request_says_and_frozen() {
    let mut request = request(
        "'use strict';
        console.log(Lit.Auth.authMethodContexts[0].userId, LitAuth === Lit.Auth, LitActions === Lit.Actions, LitHeaders === Lit.Headers);
        const attempts = [
            () => { Lit = {} }, () => { LitAuth = {} }, () => { Lit.Auth = {} }, () => { Lit.Extra = 1 },
            () => { Lit.Auth.authMethodContexts[0].userId = 'me' }, () => { Lit.Auth.authMethodContexts.push(1) },
            () => { Lit.Actions.setResponse = null }, () => { Lit.Headers.get = null }, () => { Lit.Headers.x = 1 },
            () => { Object.getPrototypeOf(Lit.Headers).get = null },
        ];
        for (const attempt of attempts) {
            try { attempt(); console.log('not frozen:', attempt.toString()) }
            catch (error) { if (!(error instanceof TypeError)) throw error }
        }",
    );
    request.auth = json!({ "authMethodContexts": [{ "userId": "user" }] });
    assert_eq!(run(request).await.unwrap().logs, "user true true true\n");
}

/// As in the node's test `lit_namespace`.
#[tokio::test]
async fn lit_is_empty_without_a_request() {
    assert_eq!(
        value("[Lit.Auth, Object.keys(Lit.Headers), Lit.Auth === globalThis.LitAuth]").await,
        json!([{}, [], true])
    );
}

#[tokio::test]
async fn headers_are_case_insensitive() {
    let mut request = request(
        "const seen = [];
        Lit.Headers.forEach((value, name) => seen.push([name, value]));
        Lit.Actions.setResponse({ response: JSON.stringify([
            Lit.Headers.get('X-REQUEST-ID'), Lit.Headers.get('absent'), Lit.Headers.has('accept'), Lit.Headers.has('absent'),
            seen, [...Lit.Headers.entries()], [...Lit.Headers], [...Lit.Headers.keys()], [...Lit.Headers.values()],
        ]) })",
    );
    request.headers = [("X-Request-Id", "1"), ("accept", "a"), ("Accept", "b")]
        .map(|(n, v)| (n.into(), v.into()))
        .into();
    let all = json!([["accept", "a, b"], ["x-request-id", "1"]]);
    let expected = json!([
        "1",
        null,
        true,
        false,
        all,
        all,
        all,
        ["accept", "x-request-id"],
        ["a, b", "1"]
    ]);
    assert_eq!(
        serde_json::from_str::<Value>(&run(request).await.unwrap().response).unwrap(),
        expected
    );
}

#[tokio::test]
async fn parameters_become_globals() {
    let mut request = request(
        "const list = 'a script may declare its own';
        Lit.Actions.setResponse({ response: JSON.stringify([
            text, globalThis.list, nested.deep[0].x, typeof jsParams, console, typeof ({}).polluted, ethers,
        ]) })",
    );
    request.js_params = json!({
        "text": "\u{0}é\u{1f980}", "list": [1, 2], "nested": { "deep": [{ "x": null }] }, "console": "replaced",
        "__proto__": { "polluted": 1 }, "ethers": 5,
    })
    .as_object()
    .unwrap()
    .clone();
    let expected = json!([
        "\u{0}é\u{1f980}",
        [1, 2],
        null,
        "undefined",
        "replaced",
        "undefined",
        5
    ]);
    assert_eq!(
        serde_json::from_str::<Value>(&run(request).await.unwrap().response).unwrap(),
        expected
    );
}

/// The text of the node's test `js_params`.
#[tokio::test]
async fn a_parameter_cannot_replace_lit() {
    for name in ["Lit", "LitActions", "LitAuth", "LitHeaders", "NaN"] {
        let mut request = request("");
        request
            .js_params
            .insert(name.into(), json!({ "Actions": {} }));
        assert_eq!(
            run(request).await.unwrap_err().to_string(),
            format!(
                "Error building main worker: Error injecting params as globals: TypeError: \
                 Cannot assign to read only property '{name}' of object '#<Window>'"
            )
        );
    }
}

/// As in the node's test `lit_namespace_protection`; V8's messages differ.
#[tokio::test]
async fn lit_cannot_be_deleted_or_declared_again() {
    for name in ["Lit", "LitActions", "LitAuth", "LitHeaders"] {
        let attempts = format!(
            "'use strict'; const errors = []; const run = (attempt) => {{ try {{ attempt() }} catch (error) {{ errors.push(error.name) }} }};
            run(() => delete globalThis.{name}); run(() => {{ {name} = {{}} }}); run(() => Object.defineProperty(globalThis, '{name}', {{ value: 1 }}));
            console.log(...errors)"
        );
        assert_eq!(
            logs(&attempts).await,
            "TypeError TypeError TypeError\n",
            "{name}"
        );
        assert_eq!(
            headline(&format!("const {name} = 1"))
                .await
                .split(':')
                .next(),
            Some("Uncaught SyntaxError"),
            "{name}"
        );
    }
}

#[tokio::test]
async fn uint8array_helpers_match_the_npm_package() {
    for (encoding, text) in [
        ("utf8", "h\u{e9}\u{fffd}"),
        ("base16", "68c3a9ff"),
        ("base16upper", "68C3A9FF"),
        ("hex", "68c3a9ff"),
        ("base32", "ndb2t7y"),
        ("base32pad", "ndb2t7y="),
        ("base64", "aMOp/w"),
        ("base64pad", "aMOp/w=="),
        ("base64url", "aMOp_w"),
        ("base64urlpad", "aMOp_w=="),
        ("latin1", "h\u{c3}\u{a9}\u{ff}"),
    ] {
        let expression = format!(
            "Lit.Actions.uint8arrayToString(Uint8Array.of(0x68, 0xc3, 0xa9, 0xff), '{encoding}')"
        );
        assert_eq!(value(&expression).await, json!(text), "{encoding}");
        if encoding != "utf8" {
            let expression =
                format!("[...Lit.Actions.uint8arrayFromString('{text}', '{encoding}')]");
            assert_eq!(
                value(&expression).await,
                json!([0x68, 0xc3, 0xa9, 0xff]),
                "{encoding}"
            );
        }
    }
    assert_eq!(
        value("[...Lit.Actions.uint8arrayFromString('é')]").await,
        json!([0xc3, 0xa9])
    );
    assert_eq!(
        value("[...Lit.Actions.uint8arrayFromString('aMOp/w==', 'base64')]").await,
        json!([0x68, 0xc3, 0xa9, 0xff])
    );
    assert_eq!(
        headline("Lit.Actions.uint8arrayFromString('0g', 'base16')").await,
        "Uncaught SyntaxError: Non-base16 character"
    );
    assert_eq!(
        headline("Lit.Actions.uint8arrayFromString('ab0', 'base16')").await,
        "Uncaught SyntaxError: Unexpected end of data"
    );
    assert_eq!(
        headline("Lit.Actions.uint8arrayFromString('a', 'toString')").await,
        "Uncaught Error: Unsupported encoding \"toString\""
    );
}
