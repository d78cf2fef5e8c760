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
        // From here on as Deno's `formatException` shows them.
        ("throw 'text'", "Uncaught \"text\""),
        ("throw 'say \"x\"'", "Uncaught 'say \"x\"'"),
        ("throw 5", "Uncaught 5"),
        ("throw null", "Uncaught null"),
        ("throw undefined", "Uncaught undefined"),
        ("throw Symbol('s')", "Uncaught Symbol(s)"),
        ("throw { a: 1 }", "Uncaught { a: 1 }"),
        ("throw new (class Foo {})()", "Uncaught Foo {}"),
        ("throw [1]", "Uncaught [ 1 ]"),
        ("throw Symbol.for('\\ud800')", "Uncaught Symbol(\u{fffd})"),
        ("Promise.reject('text')", "Uncaught (in promise) \"text\""),
        ("setTimeout(() => { throw 'late' }, 1)", "Uncaught \"late\""),
        (
            "queueMicrotask(() => { throw 'micro' })",
            "Uncaught \"micro\"",
        ),
        (
            "throw { get toString() { throw 1 } }",
            "Uncaught { toString: [Getter] }",
        ),
        (
            "throw new Error('outer', { cause: new TypeError('inner') })",
            "Uncaught Error: outer\n    at <user_provided_script>:1:39\nCaused by: TypeError: inner\n    at <user_provided_script>:1:39",
        ),
        (
            "throw new Proxy({}, { ownKeys() { throw 1 } })",
            "Uncaught exception that cannot be converted to text",
        ),
    ] {
        assert_eq!(exception(code).await, expected, "{code}");
    }
}

/// A name that Lit's nodes have says where the list is; `typeof` still finds nothing.
#[tokio::test]
async fn what_is_missing_here_says_so() {
    assert_eq!(
        exception("if (typeof WebAssembly === 'undefined') new WebAssembly.Module()").await,
        "Uncaught ReferenceError: WebAssembly is not defined (Lit's nodes have WebAssembly, the embedded network does not: see \
         DIFFERENCES.md)\n    at <user_provided_script>:1:45"
    );
    let in_promise = headline("(async () => Deno.version)()").await;
    assert!(
        in_promise.starts_with(
            "Uncaught (in promise) ReferenceError: Deno is not defined (Lit's nodes have Deno"
        ),
        "{in_promise}"
    );
    assert_eq!(
        headline("nonexisting_function()").await,
        "Uncaught ReferenceError: nonexisting_function is not defined"
    );
    assert_eq!(
        logs("try { Intl } catch (error) { console.log(error.message) }").await,
        "Intl is not defined\n"
    );
}

#[tokio::test]
async fn rejections_that_nobody_handles_fail_the_action() {
    // Not the value of the script, and started by something else that succeeds.
    assert_eq!(
        exception("Promise.reject('a'); 1").await,
        "Uncaught (in promise) \"a\""
    );
    assert_eq!(
        exception("(async () => { (async () => { throw 'b' })(); await 1 })()").await,
        "Uncaught (in promise) \"b\""
    );
    assert_eq!(
        exception("setTimeout(async () => { throw 'c' })").await,
        "Uncaught (in promise) \"c\""
    );
    // The first one counts, and a handler that comes after the jobs have run is too late.
    assert_eq!(
        exception("Promise.reject('d'); Promise.reject('e')").await,
        "Uncaught (in promise) \"d\""
    );
    assert_eq!(
        exception("const p = Promise.reject('f'); setTimeout(() => p.catch(() => {}))").await,
        "Uncaught (in promise) \"f\""
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
