//! The Lit Actions engine: what an action can do, what it cannot, and how it ends.

// Clippy's exceptions for tests do not reach their helper functions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use lit_devnet::actions::{
    ActionError, ActionHost, ActionLimits, ActionOutcome, ActionRequest, HostResult, run,
    run_with_host,
};
use serde_json::{Value, json};
use tokio::sync::{Barrier, Notify};

const MIB: usize = 1024 * 1024;

fn request(code: &str) -> ActionRequest {
    ActionRequest::new(code)
}

fn request_with(code: &str, limits: ActionLimits) -> ActionRequest {
    ActionRequest {
        limits,
        ..request(code)
    }
}

fn short(run_time: u64) -> ActionLimits {
    ActionLimits::default().with_run_time(Duration::from_millis(run_time))
}

async fn outcome(code: &str) -> ActionOutcome {
    run(request(code))
        .await
        .unwrap_or_else(|error| panic!("{code}: {error:?}"))
}

async fn logs(code: &str) -> String {
    outcome(code).await.logs
}

/// The value of an expression, as JSON.
async fn value(expression: &str) -> Value {
    let code = format!(
        "(async () => Lit.Actions.setResponse({{ response: JSON.stringify({expression}) }}))()"
    );
    serde_json::from_str(&outcome(&code).await.response).unwrap()
}

async fn exception(code: &str) -> String {
    match run(request(code)).await {
        Err(ActionError::Exception { message, .. }) => message,
        other => panic!("{code}: {other:?}"),
    }
}

/// The first line of the exception.
async fn headline(code: &str) -> String {
    exception(code)
        .await
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}

// ---- Scripts, promises, the event loop ----------------------------------------------------------

#[tokio::test]
async fn blank_program_succeeds_with_empty_results() {
    assert_eq!(outcome("").await, ActionOutcome::default());
    assert_eq!(
        outcome("(async () => { /* nothing */ })();").await,
        ActionOutcome::default()
    );
}

#[tokio::test]
async fn customary_forms_run_to_their_end() {
    let body = "await null; await new Promise((done) => setTimeout(done, 5)); Lit.Actions.setResponse({ response: 'ok' });";
    for code in [
        format!("(async () => {{ {body} }})();"),
        format!("const go = async () => {{ {body} }}; go();"),
        format!("const go = async () => {{ {body} }}; go(); 1"),
        format!("const go = async () => {{ {body} }}\ngo().then(() => {{}}); undefined"),
        format!("queueMicrotask(async () => {{ {body} }})"),
    ] {
        assert_eq!(outcome(&code).await.response, "ok", "{code}");
    }
}

#[tokio::test]
async fn scripts_are_classic_and_sloppy() {
    assert_eq!(
        logs("undeclared = 1; console.log(undeclared, typeof this, this === globalThis)").await,
        "1 object true\n"
    );
    assert!(
        headline("await 1")
            .await
            .starts_with("Uncaught SyntaxError")
    );
    assert!(
        headline("import fs from 'fs'")
            .await
            .starts_with("Uncaught SyntaxError")
    );
    assert!(
        headline("import('fs')")
            .await
            .starts_with("Uncaught (in promise) ReferenceError")
    );
    assert!(headline("1\0").await.starts_with("Uncaught SyntaxError"));
}

#[tokio::test]
async fn tasks_run_in_the_order_of_the_platform() {
    let code = "
        setTimeout(() => console.log('timer 10'), 10);
        setTimeout((a, b) => { console.log('timer 0', a, b); Promise.resolve().then(() => console.log('its job')); }, 0, 1, 2);
        setTimeout(() => console.log('next timer 0'));
        const cancelled = setTimeout(() => console.log('never'), 1);
        clearTimeout(cancelled);
        clearTimeout(cancelled);
        clearTimeout('nonsense');
        let left = 2;
        const interval = setInterval(() => { console.log('tick'); if (--left === 0) clearInterval(interval); }, 15);
        queueMicrotask(() => console.log('microtask'));
        console.log('script');";
    let expected = "script\nmicrotask\ntimer 0 1 2\nits job\nnext timer 0\ntimer 10\ntick\ntick\n";
    assert_eq!(logs(code).await, expected);
}

#[tokio::test]
async fn a_promise_that_nothing_can_settle_fails_at_once() {
    let message = "Promise resolution is still pending but the event loop has already resolved";
    assert_eq!(exception("new Promise(() => {})").await, message);
    assert_eq!(
        exception("(async () => { await new Promise(() => {}) })()").await,
        message
    );
    // Nobody waits for this one.
    assert_eq!(
        outcome("new Promise(() => {}); 1").await,
        ActionOutcome::default()
    );
}

// ---- Exceptions ---------------------------------------------------------------------------------

#[tokio::test]
async fn exceptions_have_the_text_of_v8() {
    for (code, expected) in [
        (
            "function inner() {\n  throw new TypeError('boom');\n}\n[1].forEach(inner);",
            "Uncaught TypeError: boom\n    at inner (<user_provided_script>:2:13)\n    at forEach (<anonymous>)\n    \
             at <user_provided_script>:4:13",
        ),
        (
            "\nconst go = async () => { throw new Error('boom') }\ngo()",
            "Uncaught (in promise) Error: boom\n    at go (<user_provided_script>:2:36)\n    at <user_provided_script>:3:1",
        ),
        (
            "Lit.Actions.setResponse({})",
            "Uncaught TypeError: setResponse: the response must be a string, not undefined\n    \
             at <user_provided_script>:1:12",
        ),
        ("throw 'text'", "Uncaught text"),
        ("throw 5", "Uncaught 5"),
        ("throw null", "Uncaught null"),
        ("throw undefined", "Uncaught undefined"),
        ("throw Symbol('s')", "Uncaught Symbol(s)"),
        ("throw { a: 1 }", "Uncaught #<Object>"),
        ("throw new (class Foo {})()", "Uncaught #<Foo>"),
        ("throw [1]", "Uncaught [object Array]"),
        ("throw '\\ud800'", "Uncaught \u{fffd}"),
        ("Promise.reject('text')", "Uncaught (in promise) text"),
        ("setTimeout(() => { throw 'late' }, 1)", "Uncaught late"),
        ("queueMicrotask(() => { throw 'micro' })", "Uncaught micro"),
        (
            "throw { get toString() { throw 1 } }",
            "Uncaught exception that cannot be shown",
        ),
    ] {
        assert_eq!(exception(code).await, expected, "{code}");
    }
}

#[tokio::test]
async fn rejections_that_nobody_handles_fail_the_action() {
    // Not the value of the script, and started by something else that succeeds.
    assert_eq!(
        exception("Promise.reject('a'); 1").await,
        "Uncaught (in promise) a"
    );
    assert_eq!(
        exception("(async () => { (async () => { throw 'b' })(); await 1 })()").await,
        "Uncaught (in promise) b"
    );
    assert_eq!(
        exception("setTimeout(async () => { throw 'c' })").await,
        "Uncaught (in promise) c"
    );
    // The first one counts, and a handler that comes after the jobs have run is too late.
    assert_eq!(
        exception("Promise.reject('d'); Promise.reject('e')").await,
        "Uncaught (in promise) d"
    );
    assert_eq!(
        exception("const p = Promise.reject('f'); setTimeout(() => p.catch(() => {}))").await,
        "Uncaught (in promise) f"
    );
}

#[tokio::test]
async fn handled_rejections_are_no_failure() {
    for code in [
        "Promise.reject(1).catch(() => {})",
        "const p = Promise.reject(1); queueMicrotask(() => p.catch(() => {})); 1",
        "(async () => { try { await Promise.reject(1) } catch {} })()",
        "Promise.allSettled([Promise.reject(1), Promise.reject(2)])",
        "(async () => { const a = Promise.reject(1), b = Promise.reject(2); try { await b } catch {} try { await a } catch {} })()",
    ] {
        assert_eq!(outcome(code).await, ActionOutcome::default(), "{code}");
    }
}

#[tokio::test]
async fn logs_survive_a_failure() {
    let error = run(request("console.log('before'); throw 1"))
        .await
        .unwrap_err();
    assert_eq!(error.logs(), "before\n");
    assert_eq!(error.to_string(), "Uncaught 1");
}

// ---- Lit ----------------------------------------------------------------------------------------

#[tokio::test]
async fn the_last_response_wins() {
    let code = "LitActions.setResponse({ response: 'a' }); Lit.Actions.setResponse({ response: 'b\\ud800' })";
    assert_eq!(outcome(code).await.response, "b\u{fffd}");
}

#[tokio::test]
async fn only_strings_are_responses() {
    for argument in [
        "",
        "{}",
        "{ response: 1 }",
        "{ response: null }",
        "{ response: {} }",
        "{ response: new String('x') }",
    ] {
        let headline = headline(&format!("Lit.Actions.setResponse({argument})")).await;
        assert!(
            headline.starts_with("Uncaught TypeError: setResponse: the response must be a string"),
            "{headline}"
        );
    }
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
async fn parameters_become_globals_but_never_lit() {
    let mut request = request(
        "const LitActions = 'a script may shadow the alias';
        const list = 'and a parameter';
        Lit.Actions.setResponse({ response: JSON.stringify([
            text, globalThis.list, nested.deep[0].x, typeof jsParams, Lit.Auth.user, LitAuth.user, console, typeof ({}).polluted,
        ]) })",
    );
    request.auth = json!({ "user": "real" });
    request.js_params = json!({
        "text": "\u{0}é\u{1f980}", "list": [1, 2], "nested": { "deep": [{ "x": null }] }, "console": "replaced",
        "Lit": { "Auth": { "user": "forged" } }, "LitAuth": { "user": "forged" }, "__proto__": { "polluted": 1 },
    })
    .as_object()
    .unwrap()
    .clone();
    let expected = json!([
        "\u{0}é\u{1f980}",
        [1, 2],
        null,
        "undefined",
        "real",
        "real",
        "replaced",
        "undefined"
    ]);
    assert_eq!(
        serde_json::from_str::<Value>(&run(request).await.unwrap().response).unwrap(),
        expected
    );
}

#[tokio::test]
async fn an_impossible_parameter_is_an_exception() {
    let mut request = request("");
    request.js_params.insert("NaN".into(), json!(1));
    let error = run(request).await.unwrap_err();
    assert!(
        error.to_string().starts_with("Uncaught TypeError"),
        "{error:?}"
    );
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

// ---- The platform -------------------------------------------------------------------------------

#[tokio::test]
async fn console_prints_one_line_per_call_as_deno_does() {
    for (arguments, line) in [
        ("", ""),
        (
            "'text', 1, true, null, undefined",
            "text 1 true null undefined",
        ),
        ("-0, 10n, Symbol('s'), NaN", "-0 10n Symbol(s) NaN"),
        (
            "{}, [], { a: 1, 'b-c': \"x\" }",
            "{} [] { a: 1, \"b-c\": \"x\" }",
        ),
        (
            "[1, 'two', { three: [3] }]",
            "[ 1, \"two\", { three: [ 3 ] } ]",
        ),
        ("Uint8Array.of(1, 2)", "Uint8Array(2) [ 1, 2 ]"),
        (
            "new Map([['a', { b: 1 }]]), new Set([1])",
            "Map(1) { \"a\" => { b: 1 } } Set(1) { 1 }",
        ),
        (
            "class Foo {}, function f() {}, () => {}",
            "[class Foo] [Function: f] [Function (anonymous)]",
        ),
        (
            "new (class Foo { x = 1 })(), Object.create(null)",
            "Foo { x: 1 } [Object: null prototype] {}",
        ),
        ("new Date(0), /re/g", "1970-01-01T00:00:00.000Z /re/g"),
        ("{ get x() { throw 1 } }", "{ x: [Getter] }"),
        (
            "(() => { const o = {}; o.self = o; return o })()",
            "{ self: [Circular] }",
        ),
        (
            "{ a: { b: { c: { d: { e: { f: 1 } } } } } }",
            "{ a: { b: { c: { d: { e: [Object] } } } } }",
        ),
        ("new Array(102).fill(0).slice(0, 102).length", "102"),
        ("'%s is %d%%', 'x', 5, 'rest'", "x is 5% rest"),
        ("'100%'", "100%"),
    ] {
        assert_eq!(
            logs(&format!("console.log({arguments})")).await,
            format!("{line}\n"),
            "{arguments}"
        );
    }
    assert!(
        logs("console.log(new Array(102).fill(0))")
            .await
            .ends_with("0, ... 2 more items ]\n")
    );
    assert!(
        logs("console.log(new Error('boom'))")
            .await
            .starts_with("Error: boom\n    at <user_provided_script>:1:")
    );
    assert_eq!(
        logs("for (const f of ['log', 'info', 'warn', 'error', 'debug']) console[f](f)").await,
        "log\ninfo\nwarn\nerror\ndebug\n"
    );
}

#[tokio::test]
async fn console_output_is_limited_in_bytes() {
    let limits = ActionLimits::default().with_log_size(6);
    assert_eq!(
        run(request_with(
            "console.log('é'); console.log('é')",
            limits.clone()
        ))
        .await
        .unwrap()
        .logs,
        "é\né\n"
    );
    let error = run(request_with("console.log('é'); console.log('éx')", limits))
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("Uncaught Error: The console output exceeds the limit of 6 bytes"),
        "{error}"
    );
    assert_eq!(error.logs(), "é\n");
}

#[tokio::test]
async fn text_and_bytes() {
    for (expression, expected) in [
        (
            "[...new TextEncoder().encode('é\\ud800')]",
            json!([0xc3, 0xa9, 0xef, 0xbf, 0xbd]),
        ),
        (
            "new TextEncoder().encodeInto('aé', new Uint8Array(2))",
            json!({ "read": 1, "written": 1 }),
        ),
        (
            "new TextDecoder().decode(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61, 0xff))",
            json!("a\u{fffd}"),
        ),
        (
            "new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.of(0xef, 0xbb, 0xbf).buffer)",
            json!("\u{feff}"),
        ),
        (
            "new TextDecoder().decode(new Uint8Array(20000).fill(0x61)).length",
            json!(20000),
        ),
        (
            "new TextDecoder().decode(new DataView(Uint8Array.of(0x61, 0x62, 0x63).buffer, 1, 1))",
            json!("b"),
        ),
        ("[btoa('hé'), atob('aOk=')]", json!(["aOk=", "hé"])),
        (
            "[global === globalThis, self === globalThis]",
            json!([true, true]),
        ),
    ] {
        assert_eq!(value(expression).await, expected, "{expression}");
    }
    for code in [
        "new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.of(0xff))",
        "new TextDecoder().decode('text')",
    ] {
        assert!(
            headline(code).await.starts_with("Uncaught TypeError"),
            "{code}"
        );
    }
    assert!(
        headline("new TextDecoder('latin1')")
            .await
            .starts_with("Uncaught RangeError")
    );
}

#[tokio::test]
async fn structured_clone_copies_data() {
    let code = "
        const original = { list: [1, undefined, { x: 1n }], map: new Map([[{ k: 1 }, new Set([1])]]), date: new Date(5), bytes: Uint8Array.of(1, 2) };
        original.self = original;
        original.window = original.bytes.subarray(1);
        const copy = structuredClone(original);
        copy.bytes[1] = 9;
        copy.list[2].x = 2n;
        console.log(copy !== original, copy.self === copy, original.bytes, copy.window, original.list[2].x, 1 in copy.list);
        console.log(copy.map, copy.date, structuredClone('text'), structuredClone(undefined));
        for (const value of [() => {}, Symbol('s'), { f() {} }, Promise.resolve()]) {
            try { structuredClone(value); console.log('cloned') } catch (error) { console.log(error.name) }
        }";
    let expected = "true true Uint8Array(2) [ 1, 2 ] Uint8Array(1) [ 9 ] 1n true\n\
         Map(1) { { k: 1 } => Set(1) { 1 } } 1970-01-01T00:00:00.005Z text undefined\n\
         DataCloneError\nDataCloneError\nDataCloneError\nDataCloneError\n";
    assert_eq!(logs(code).await, expected);
}

#[tokio::test]
async fn randomness_comes_from_outside() {
    let random = "Array.from(crypto.getRandomValues(new Uint32Array(8)))";
    let (first, second) = (value(random).await, value(random).await);
    assert_ne!(first, second);
    assert_ne!(first, json!([0, 0, 0, 0, 0, 0, 0, 0]));
    assert_eq!(value("(() => { const view = new Uint8Array(4); return crypto.getRandomValues(view) === view })()").await, json!(true));
    let uuid = "/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())";
    assert_eq!(value(uuid).await, json!(true));
    assert!(
        headline("crypto.getRandomValues(new Uint8Array(65537))")
            .await
            .starts_with("Uncaught QuotaExceededError")
    );
    assert!(
        headline("crypto.getRandomValues(new Float64Array(1))")
            .await
            .starts_with("Uncaught TypeMismatchError")
    );
}

#[tokio::test]
async fn fetch_says_that_there_is_no_network() {
    let expected = "Uncaught (in promise) TypeError: fetch is not available on this network";
    assert_eq!(
        headline("(async () => { await fetch('https://example.com') })()").await,
        expected
    );
}

#[tokio::test]
async fn code_cannot_be_made_from_strings() {
    for code in [
        "eval('1')",
        "(0, eval)('1')",
        "new Function('return 1')",
        "Function('return 1')()",
        "(() => {}).constructor('return 1')",
        "(async () => {}).constructor('return 1')",
        "(function* () {}).constructor('return 1')",
        "(async function* () {}).constructor('return 1')",
        "Reflect.construct(Function, ['return 1'])",
        "new (class extends Function {})('return 1')",
    ] {
        let headline = headline(code).await;
        let expected = [
            "Uncaught EvalError: Code generation from strings disallowed",
            "Uncaught TypeError: not a function",
        ];
        assert!(
            expected
                .iter()
                .any(|expected| headline.starts_with(expected)),
            "{code}: {headline}"
        );
    }
    assert!(
        headline("setTimeout('1', 0)")
            .await
            .starts_with("Uncaught TypeError")
    );
    assert_eq!(
        value("[(() => {}) instanceof Function, Function.name, (async () => {}).constructor.name]")
            .await,
        json!([true, "Function", "AsyncFunction"])
    );
}

#[tokio::test]
async fn the_host_is_out_of_reach() {
    let names =
        value("Object.getOwnPropertyNames(globalThis).filter((name) => name.startsWith('_'))")
            .await;
    assert_eq!(names, json!([]));
    let code = "
        for (const name of ['host', 'config', 'fireTimer', 'settleCall', 'describe', 'binaryString', 'Deno', 'process', 'require', 'std', 'os'])
            if (name in globalThis) console.log(name);
        // Call sites would give away the functions on the stack.
        Error.prepareStackTrace = (_, sites) => sites.map((site) => site.getFunction());
        try { Lit.Actions.setResponse({ response: 'x'.repeat(200000) }) }
        catch (error) { console.log(typeof error.stack, error.stack.includes('ext:lit/prelude'), Error.prepareStackTrace) }
        // What the prelude calls with a receiver or a callback never is a host function.
        const seen = new Set();
        for (const [object, name] of [[Function.prototype, 'call'], [Function.prototype, 'apply'], [Function.prototype, 'bind'], [Map.prototype, 'set'], [Map.prototype, 'get']]) {
            const original = object[name];
            object[name] = function (...values) { seen.add(this); values.forEach((value) => seen.add(value)); return Reflect.apply(original, this, values) };
        }
        setTimeout(() => {
            console.log([...seen].filter((value) => typeof value === 'function' && String(value).includes('[native code]')).length);
        }, 1);
        crypto.randomUUID();
        new TextEncoder().encode('x');";
    assert_eq!(logs(code).await, "string false undefined\n0\n");
}

#[tokio::test]
async fn runs_are_isolated() {
    outcome("globalThis.leak = 1; Array.prototype.leak = 1; Object.prototype.leak = 1").await;
    assert_eq!(
        value("[typeof leak, [].leak === undefined]").await,
        json!(["undefined", true])
    );
}

// ---- Limits -------------------------------------------------------------------------------------

#[test]
fn default_limits_are_those_of_datil() {
    let limits = ActionLimits::default();
    assert_eq!(limits.run_time, Duration::from_secs(30));
    assert_eq!(
        (limits.memory, limits.stack, limits.code_size),
        (256 * MIB, MIB, 16_777_216)
    );
    assert_eq!((limits.response_size, limits.log_size), (102_400, 102_400));
}

#[tokio::test]
async fn long_code_does_not_run() {
    let limits = ActionLimits::default().with_code_size(4);
    assert!(run(request_with("1;'é'", limits.clone())).await.is_err());
    let error = run(request_with("12345", limits.clone()))
        .await
        .unwrap_err();
    assert!(
        matches!(error, ActionError::CodeTooLarge { size: 5, limit: 4 }),
        "{error:?}"
    );
    assert!(run(request_with("1234", limits)).await.is_ok());
}

#[tokio::test]
async fn endless_actions_time_out_with_their_logs() {
    for code in [
        "console.log('x'); while (true) {}",
        "console.log('x'); while (true) try { while (true) {} } catch {} finally { console.log('never') }",
        "console.log('x'); (async () => { while (true) await 0 })()",
        "console.log('x'); const again = () => queueMicrotask(again); again()",
        "console.log('x'); const again = () => Promise.resolve().then(again); again()",
        "console.log('x'); const again = () => setTimeout(again, 0); again()",
        "console.log('x'); setInterval(() => {})",
        "console.log('x'); setTimeout(() => {}, 1e9)",
        "console.log('x'); /((a*)*)*b/.exec('a'.repeat(50))",
        "console.log('x'); throw { get toString() { while (true) {} } }",
    ] {
        match run(request_with(code, short(30))).await {
            Err(ActionError::Timeout { limit, logs }) => {
                assert_eq!((limit.as_millis(), &*logs), (30, "x\n"), "{code}");
            }
            other => panic!("{code}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_native_loop_that_never_looks_at_the_clock_is_given_up() {
    let code = "console.log('x'); const a = []; a.length = 2 ** 32 - 1; a.sort()";
    match run(request_with(code, short(10))).await {
        Err(ActionError::Timeout { logs, .. }) => assert_eq!(logs, "x\n"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn memory_is_limited() {
    for code in [
        "console.log('x'); const a = []; while (true) a.push(new Uint8Array(65536))",
        "console.log('x'); globalThis.a = []; while (true) a.push({ x: [1] })",
        "console.log('x'); globalThis.a = []; (async () => { while (true) { a.push({ x: [1] }); await 0 } })()",
        "console.log('x'); globalThis.a = []; setTimeout(() => { while (true) a.push('y'.repeat(1000) + a.length) })",
        "console.log('x'); new TextEncoder().encode('x'.repeat(3e6))",
        "console.log('x'); new ArrayBuffer(1e9)",
        "console.log('x'); while (true) setTimeout(() => {}, 1e6)",
    ] {
        let limits = ActionLimits::default().with_memory(4 * MIB);
        match run(request_with(code, limits)).await {
            Err(ActionError::MemoryLimit { limit, logs }) => {
                assert_eq!((limit, &*logs), (4 * MIB, "x\n"), "{code}");
            }
            other => panic!("{code}: {other:?}"),
        }
    }
    let forged =
        exception("throw Object.assign(new Error('out of memory'), { name: 'Error' })").await;
    assert!(forged.starts_with("Uncaught Error: out of memory"));
}

#[tokio::test]
async fn an_action_may_survive_a_failed_allocation() {
    let code = "let caught; try { new ArrayBuffer(2 ** 30) } catch (error) { caught = error } Lit.Actions.setResponse({ response: caught.message })";
    assert_eq!(outcome(code).await.response, "out of memory");
}

#[tokio::test]
async fn memory_that_runs_out_inside_the_engine_is_no_crash() {
    // QuickJS loses references here; built with assertions, it aborts the process when the engine is dropped.
    let code =
        "const fork = () => { Promise.resolve().then(fork); Promise.resolve().then(fork) }; fork()";
    let error = run(request_with(code, short(100).with_memory(MIB)))
        .await
        .unwrap_err();
    assert!(matches!(
        error,
        ActionError::Timeout { .. }
            | ActionError::MemoryLimit { .. }
            | ActionError::Exception { .. }
    ));
}

#[tokio::test]
async fn deep_recursion_is_an_exception() {
    for code in [
        "const f = () => f() + 1; f()",
        "const o = { get x() { return this.x } }; o.x",
        "const o = { toString() { return `${this}` } }; `${o}`",
        "const f = async () => { await f() }; f()",
        "class A { constructor() { new A() } } new A()",
        "const f = () => [1].map(f); f()",
        "function* g() { yield* g() } [...g()]",
        "JSON.parse('['.repeat(1e5))",
        "let a = []; for (let i = 0; i < 3e4; i++) a = [a]; JSON.stringify(a)",
        "let a = []; for (let i = 0; i < 3e4; i++) a = [a]; String(a)",
        "let p = {}; for (let i = 0; i < 3e4; i++) p = new Proxy(p, {}); p.x",
    ] {
        let headline = headline(code).await;
        assert!(
            headline.ends_with("RangeError: Maximum call stack size exceeded"),
            "{code}: {headline}"
        );
    }
    let nested = format!("{}1{}", "(".repeat(100_000), ")".repeat(100_000));
    assert!(
        headline(&nested)
            .await
            .contains("Maximum call stack size exceeded")
    );
    let depth = "let depth = 0; const f = () => { depth++; f() }; try { f() } catch {}
        Lit.Actions.setResponse({ response: String(depth) })";
    let mut depths = Vec::new();
    for stack in [128 * 1024, 4 * MIB] {
        let limits = ActionLimits::default().with_stack(stack);
        let outcome = run(request_with(depth, limits)).await.unwrap();
        depths.push(outcome.response.parse::<usize>().unwrap());
    }
    assert!(depths[1] > 8 * depths[0], "{depths:?}");
    // What the engine would take as "no limit" is one too.
    for stack in [0, usize::MAX] {
        let limits = ActionLimits::default().with_stack(stack);
        let error = run(request_with("const f = () => f() + 1; f()", limits))
            .await
            .unwrap_err();
        assert!(
            matches!(error, ActionError::Exception { .. }),
            "{stack}: {error:?}"
        );
    }
}

// ---- Hosts, threads, cancellation ---------------------------------------------------------------

/// A network for tests.
struct TestHost {
    meeting: Barrier,
    /// Notified when a call of `hang` has begun.
    hanging: Notify,
}

impl TestHost {
    fn new(participants: usize) -> Arc<Self> {
        Arc::new(Self {
            meeting: Barrier::new(participants),
            hanging: Notify::new(),
        })
    }
}

#[async_trait]
impl ActionHost for TestHost {
    fn functions(&self) -> &[&str] {
        &["echo", "fail", "panic", "meet", "hang"]
    }

    async fn call(&self, function: &str, parameters: Value) -> HostResult {
        match function {
            "echo" => Ok(parameters),
            "fail" => Err("no such key".into()),
            "meet" => {
                self.meeting.wait().await;
                Ok(Value::Null)
            }
            "hang" => {
                self.hanging.notify_one();
                std::future::pending().await
            }
            other => panic!("{other}"),
        }
    }
}

/// Waits until nothing but the test holds `host`, which means that the runs are over.
async fn released(host: &Arc<TestHost>) {
    tokio::time::timeout(Duration::from_secs(10), async {
        while Arc::strong_count(host) > 1 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await
    .expect("the run should have stopped");
}

#[tokio::test]
async fn host_functions_answer_with_promises() {
    let code = "(async () => {
        const [a, b] = await Promise.all([
            Lit.Actions.echo({ buffer: Uint8Array.of(2).buffer, none: undefined, text: 'é\\ud800', toSign: Uint8Array.of(1, 255) }),
            LitActions.echo(),
        ]);
        console.log(a, b);
        try { await Lit.Actions.fail({}) } catch (error) { console.log(error instanceof Error, error.message) }
        try { await Lit.Actions.panic({}) } catch (error) { console.log(error.message) }
        const cycle = {}; cycle.cycle = cycle;
        try { await Lit.Actions.echo(cycle) } catch (error) { console.log(error.name) }
    })(); Lit.Actions.echo({}).then(() => setTimeout(() => Lit.Actions.echo({}).then(() => console.log('late')), 30)); 1";
    let host = TestHost::new(1);
    let outcome = run_with_host(request(code), host.clone()).await.unwrap();
    let expected = "{ buffer: [ 2 ], text: \"é\u{fffd}\", toSign: [ 1, 255 ] } null\n\
         true no such key\nthe call broke off without an answer\nTypeError\nlate\n";
    assert_eq!(outcome.logs, expected);
    assert!(
        headline("Lit.Actions.echo({})")
            .await
            .starts_with("Uncaught TypeError"),
        "only that host has it"
    );
}

#[tokio::test]
async fn a_call_without_an_answer_times_out() {
    let host = TestHost::new(1);
    let error = run_with_host(request_with("Lit.Actions.hang()", short(20)), host.clone())
        .await
        .unwrap_err();
    assert!(matches!(error, ActionError::Timeout { .. }), "{error:?}");
    released(&host).await;
}

#[tokio::test]
async fn dropping_the_future_stops_the_run() {
    for tail in [
        "while (true) {}",
        "setTimeout(() => {}, 1e9)",
        "(async () => { while (true) await 0 })()",
        "1",
    ] {
        let host = TestHost::new(1);
        let run = tokio::spawn(run_with_host(
            request(&format!("Lit.Actions.hang(); {tail}")),
            host.clone(),
        ));
        host.hanging.notified().await;
        run.abort();
        assert!(run.await.unwrap_err().is_cancelled());
        released(&host).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thirty_busy_runs_leave_the_async_workers_free() {
    const RUNS: usize = 30;
    let host = TestHost::new(RUNS + 1);
    // Each run waits for all the others, then spins: neither would work if runs occupied the two workers.
    let code = "(async () => { await Lit.Actions.meet(); while (true) {} })()";
    let runs: Vec<_> = (0..RUNS)
        .map(|_| tokio::spawn(run_with_host(request(code), host.clone())))
        .collect();
    host.meeting.wait().await;
    tokio::spawn(async { tokio::time::sleep(Duration::from_millis(1)).await })
        .await
        .unwrap();
    assert_eq!(
        outcome("Lit.Actions.setResponse({ response: 'ok' })")
            .await
            .response,
        "ok"
    );
    for run in &runs {
        assert!(!run.is_finished());
        run.abort();
    }
    released(&host).await;
}
