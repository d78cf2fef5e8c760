//! Scripts, promises, the event loop.

use crate::*;

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

#[tokio::test]
async fn a_global_that_loads_on_first_use_can_be_replaced_like_any_other() {
    let code = "
        fetch = 1;
        delete globalThis.URL;
        const { get, enumerable } = Object.getOwnPropertyDescriptor(globalThis, 'Headers');
        console.log(fetch, typeof URL, enumerable, get() === Headers, get() === get());
        Headers = 2;
        console.log(Headers, typeof get(), Object.keys(globalThis).includes('fetch'));";
    assert_eq!(
        logs(code).await,
        "1 undefined false true true\n2 function false\n"
    );
    let code =
        "function structuredClone() { return 3 } let Request = 4; var Response = 5; class URL {}
        console.log(structuredClone(), Request, Response, URL)";
    assert_eq!(logs(code).await, "3 4 5 [class URL]\n");
}
