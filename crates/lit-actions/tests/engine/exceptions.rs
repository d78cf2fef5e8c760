//! How exceptions are reported.

use crate::*;

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
            "Uncaught exception that cannot be converted to text",
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
