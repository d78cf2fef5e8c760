//! What an action cannot reach.

use lit_actions::ActionEnvironment;

use crate::*;

#[tokio::test]
async fn there_is_no_system_below() {
    for name in [
        "Deno",
        "process",
        "require",
        "module",
        "exports",
        "Buffer",
        "os",
        "std",
        "bjson",
        "Worker",
        "WebSocket",
        "XMLHttpRequest",
        "scriptArgs",
        "print",
        "load",
        "host",
        "gc",
        "navigator",
    ] {
        assert_eq!(
            value(&format!("typeof {name}")).await,
            "undefined",
            "{name}"
        );
    }
}

#[tokio::test]
async fn nothing_is_imported() {
    for code in [
        "import('fs')",
        "import('./x.js')",
        "import('data:text/javascript,1')",
        "import('os')",
        "import('ext:lit/prelude.js')",
        "import('ext:lit/lit.js')",
    ] {
        assert!(
            matches!(run(request(code)).await, Err(ActionError::Exception { .. })),
            "{code}"
        );
    }
    for code in [
        "import fs from 'fs'",
        "export default 1",
        "import.meta",
        "await 1",
    ] {
        let error = headline(code).await;
        assert!(error.contains("SyntaxError"), "{code}: {error}");
    }
}

#[tokio::test]
async fn no_code_comes_from_strings() {
    for code in [
        "eval('1')",
        "(0, eval)('1')",
        "new Function('1')",
        "(() => {}).constructor('1')",
        "(async () => {}).constructor('1')",
        "(function* () {}).constructor('1')",
        "Reflect.construct(Function, ['1'])",
    ] {
        let error = headline(code).await;
        assert!(
            error.contains("EvalError: Code generation from strings disallowed"),
            "{code}: {error}"
        );
    }
}

#[tokio::test]
async fn runs_leave_nothing_behind() {
    let leave =
        "globalThis.left = 1; Object.prototype.left = 1; Array.prototype.push = 1; console.log = 1;
        Lit.Actions.setResponse({ response: 'left' })";
    assert_eq!(outcome(leave).await.response, "left");
    assert_eq!(
        value("[typeof left, typeof ({}).left, typeof [].push, typeof console.log]").await,
        json!(["undefined", "undefined", "function", "function"])
    );
    // Neither do runs at the same time see one another.
    let code = "globalThis.n = (globalThis.n ?? 0) + 1; setTimeout(() => Lit.Actions.setResponse({ response: `${n}` }), 20)";
    let runs: Vec<_> = (0..8).map(|_| tokio::spawn(run(request(code)))).collect();
    for run in runs {
        assert_eq!(run.await.unwrap().unwrap().response, "1");
    }
}

#[tokio::test]
async fn native_functions_stay_hidden() {
    // Whatever the action changes, nothing hands it the object that holds them.
    let code = "
        const seen = [];
        const look = (value) => {
            if (value !== null && typeof value === 'object' && 'runEthers' in value && 'utf8Encode' in value) seen[0] = value;
        };
        for (const owner of [Object, Array, Map, Promise, Reflect, JSON, Function]) {
            for (const holder of [owner, owner.prototype]) {
                for (const name of Object.getOwnPropertyNames(holder ?? {})) {
                    const { value, writable } = Object.getOwnPropertyDescriptor(holder, name);
                    if (typeof value !== 'function' || !writable || name === 'constructor') continue;
                    holder[name] = function (...values) {
                        look(this);
                        for (let at = 0; at < values.length; at++) look(values[at]);
                        return Reflect_apply(value, this, values);
                    };
                }
            }
        }
        const url = new URL('http://a/b?c=1'); url.searchParams.set('d', 2);
        fetch(`${url}`).catch(() => {});
        crypto.subtle.digest('SHA-1', new TextEncoder().encode('x'));
        setTimeout(() => {}, 0);
        try { ethers } catch {}
        jwt.verify(jwt.sign({ a: 1 }, 'secret'), 'secret');
        crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-1' }, true, ['sign']).then((key) => crypto.subtle.sign('HMAC', key, new Uint8Array(1)));
        Lit.Actions.aesDecrypt({ symmetricKey: new Uint8Array(32), ciphertext: new Uint8Array(32) }).catch(() => {});
        structuredClone({ a: [1] });
        console.log(seen[0] === undefined);";
    let code = format!("const Reflect_apply = Reflect.apply;\n{code}");
    assert_eq!(logs(&code).await, "true\n");
}

#[tokio::test]
async fn libraries_that_are_not_there_say_so() {
    let environment =
        ActionEnvironment::default().with_ethers_bundle("/nonexistent/ethers.umd.min.js");
    let absent = |code: &str| request(code).with_environment(Arc::new(environment.clone()));
    let error = run(absent("ethers.utils.keccak256('0x')"))
        .await
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with(
            "Uncaught Error: ethers is not installed: cannot read /nonexistent/ethers.umd.min.js"
        ),
        "{error}"
    );
    // An action may bring its own.
    let own = "const jwt = 1; globalThis.ethers = 2; Lit.Actions.setResponse({ response: `${jwt}${ethers}` })";
    assert_eq!(run(absent(own)).await.unwrap().response, "12");
    let mut given = absent("Lit.Actions.setResponse({ response: `${ethers}` })");
    given.js_params.insert("ethers".to_owned(), json!(3));
    assert_eq!(run(given).await.unwrap().response, "3");
}
