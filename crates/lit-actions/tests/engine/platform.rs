//! The platform: console, timers, text, bytes.

use lit_actions::ActionEnvironment;

use crate::*;

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
    for label in ["latin", "hz-gb-2312", "utf-7"] {
        assert_eq!(
            headline(&format!("new TextDecoder('{label}')")).await,
            format!("Uncaught RangeError: The encoding label provided ('{label}') is invalid.")
        );
    }
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

/// Two nodes that start an action in the same microsecond drew the same numbers once.
#[tokio::test]
async fn engines_that_start_together_draw_other_numbers() {
    let code = "Lit.Actions.setResponse({ response: String(Math.random()) })";
    let runs: Vec<_> = (0..64).map(|_| tokio::spawn(run(request(code)))).collect();
    let mut drawn = std::collections::BTreeSet::new();
    for run in runs {
        let response = run.await.unwrap().unwrap().response;
        let number: f64 = response.parse().unwrap();
        assert!((0.0..1.0).contains(&number), "{number}");
        drawn.insert(response);
    }
    assert_eq!(drawn.len(), 64);
    let spread = "(() => { let sum = 0; for (let n = 0; n < 1e4; n++) sum += Math.random(); return Math.round(sum / 1e3) })()";
    assert_eq!(value(spread).await, 5);
    assert_eq!(
        value("[Math.random.name, Math.random.length, Object.keys(Math).length]").await,
        json!(["random", 0, 0])
    );
}

#[tokio::test]
async fn fetch_says_that_there_is_no_fetcher() {
    let environment = ActionEnvironment::default().with_fetch_host("example.com");
    let request = request("fetch('https://example.com')").with_environment(Arc::new(environment));
    let error = run(request).await.unwrap_err().to_string();
    assert_eq!(
        error.lines().next().unwrap(),
        "Uncaught (in promise) TypeError: fetch https://example.com/: this engine has no way to send requests; set one with \
         ActionEnvironment::with_fetcher"
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

/// The values are those of Node.js.
#[tokio::test]
async fn text_of_other_encodings_and_in_parts() {
    for (expression, expected) in [
        (
            "['latin1', ' UTF8 ', 'utf-16', 'shift_jis', 'ascii'].map((label) => new TextDecoder(label).encoding)",
            json!(["windows-1252", "utf-8", "utf-16le", "shift_jis", "windows-1252"]),
        ),
        (
            "[new TextDecoder('latin1').decode(Uint8Array.of(0xe9, 0x80)), new TextDecoder('utf-16be').decode(Uint8Array.of(0xd8, 0x3e, 0xdd, 0x80)),
              new TextDecoder('shift_jis').decode(Uint8Array.of(0x93, 0xfa))]",
            json!(["\u{e9}\u{20ac}", "\u{1f980}", "\u{65e5}"]),
        ),
        (
            "(() => { const decoder = new TextDecoder('iso-2022-jp'); const bytes = [0x1b, 0x24, 0x42, 0x46, 0x7c, 0x4b, 0x5c, 0x1b, 0x28, 0x42]; \
              return bytes.map((byte) => decoder.decode(Uint8Array.of(byte), { stream: true })).join('') + decoder.decode() })()",
            json!("日本"),
        ),
        (
            "(() => { const decoder = new TextDecoder('iso-2022-jp'); decoder.decode(Uint8Array.of(0x1b, 0x24, 0x42), { stream: true }); \
              let length = 0; for (let i = 0; i < 2 ** 16; i++) length += decoder.decode(Uint8Array.of(0x46), { stream: true }).length; return length })()",
            json!(32768),
        ),
        (
            "(() => { const decoder = new TextDecoder(); const parts = [[0xef, 0xbb], [0xbf, 0x61, 0xf0], [0x9f], [0xa6, 0x80, 0xc3]]; \
              return [...parts.map((part) => decoder.decode(Uint8Array.from(part), { stream: true })), decoder.decode(), decoder.decode(Uint8Array.of(0x62))] })()",
            json!(["", "a", "", "\u{1f980}", "\u{fffd}", "b"]),
        ),
        (
            "(() => { const decoder = new TextDecoder('utf-8', { fatal: true }); const ok = decoder.decode(Uint8Array.of(0xc3), { stream: true }); \
              try { return decoder.decode() } catch (error) { return [ok, error.name, decoder.decode(Uint8Array.of(0x61))] } })()",
            json!(["", "TypeError", "a"]),
        ),
    ] {
        assert_eq!(value(expression).await, expected, "{expression}");
    }
}

#[tokio::test]
async fn the_console_has_all_functions_of_deno() {
    let code = "
        console.assert(true, 'silent'); console.assert(false); console.assert(0, 'why', 1); console.assert(null, { a: 1 });
        console.count(); console.count('x'); console.count(); console.countReset(); console.count(); console.countReset('y');
        console.group('outer'); console.log('a\\nb'); console.group(); console.info('deep'); console.groupEnd(); console.warn('c'); console.groupEnd();
        console.groupEnd(); console.dir({ b: [1] }, { depth: 0 }); console.dirxml('d', 2); console.timeEnd('none');
        console.time('t'); console.time('t'); console.timeStamp(); console.profile(); console.profileEnd();
        console.table([{ a: 1, b: 'x' }, { a: 20 }, 5]); console.table(new Map([['k', 'v']])); console.table('text'); console.table([[1, 2]], ['1']);
        console.clear(); console.log(typeof console.trace, typeof console.timeLog);";
    let expected = "\
Assertion failed
Assertion failed: why 1
Assertion failed: { a: 1 }
default: 1
x: 1
default: 2
default: 1
Count for 'y' does not exist
outer
    a
    b
        deep
    c
{ b: [ 1 ] }
d 2
Timer 'none' does not exist
Timer 't' already exists
┌───────┬────┬─────┬────────┐
│ (idx) │ a  │ b   │ Values │
├───────┼────┼─────┼────────┤
│     0 │  1 │ \"x\" │        │
│     1 │ 20 │     │        │
│     2 │    │     │      5 │
└───────┴────┴─────┴────────┘
┌────────────┬─────┬────────┐
│ (iter idx) │ Key │ Values │
├────────────┼─────┼────────┤
│          0 │ \"k\" │ \"v\"    │
└────────────┴─────┴────────┘
text
┌───────┬───┐
│ (idx) │ 1 │
├───────┼───┤
│     0 │ 2 │
└───────┴───┘
function function
";
    assert_eq!(logs(code).await, expected);
    assert_eq!(
        logs("const here = () => console.trace('at %s', 1); here()").await,
        "Trace: at 1\n    at here (<user_provided_script>:1:27)\n    at <user_provided_script>:1:46\n"
    );
}

/// The texts of the node's test `localstorage_shouldnt_panic`; in a session storage, what Deno has.
#[tokio::test]
async fn storages_are_those_of_deno() {
    assert_eq!(
        value("[typeof localStorage, typeof sessionStorage]").await,
        json!(["object", "object"])
    );
    for code in [
        "localStorage.setItem('myApp', 'Deno')",
        "localStorage.getItem('x')",
        "localStorage.length",
        "localStorage.x = 1",
    ] {
        assert_eq!(
            headline(code).await,
            "Uncaught NotSupported: LocalStorage is not supported in this context.",
            "{code}"
        );
    }
    assert_eq!(
        value(
            "(() => { const s = sessionStorage; s.setItem('a', 1); s.b = 2; const before = [s.a, s.getItem('b'), s.length, s.key(1), Object.keys(s), 'a' in s]; \
              delete s.a; s.removeItem('none'); return [...before, s.getItem('a'), s.length] })()"
        )
        .await,
        json!(["1", "2", 2, "b", ["a", "b"], true, null, 1])
    );
}

/// The values are those of Node.js in en-US.
#[tokio::test]
async fn numbers_are_grouped_for_people() {
    for (expression, expected) in [
        ("(1234567.891).toLocaleString()", "1,234,567.891"),
        ("(1.0005).toLocaleString()", "1.001"),
        ("(-0.0001).toLocaleString()", "-0"),
        (
            "(1e21).toLocaleString('en-US')",
            "1,000,000,000,000,000,000,000",
        ),
        (
            "(1234.5).toLocaleString(undefined, { minimumFractionDigits: 2 })",
            "1,234.50",
        ),
        (
            "(1234.56).toLocaleString('en-US', { maximumFractionDigits: 0, useGrouping: false })",
            "1235",
        ),
        (
            "(12345678901234567890n).toLocaleString()",
            "12,345,678,901,234,567,890",
        ),
        (
            "[NaN, -Infinity].map((n) => n.toLocaleString()).join()",
            "NaN,-∞",
        ),
        (
            "new Date(1700000000000).toLocaleString()",
            "11/14/2023, 10:13:20 PM",
        ),
        (
            "new Date(0).toLocaleDateString() + ' ' + new Date(0).toLocaleTimeString()",
            "1/1/1970 12:00:00 AM",
        ),
    ] {
        assert_eq!(value(expression).await, json!(expected), "{expression}");
    }
    assert_eq!(
        headline("(1).toLocaleString('en-US', { style: 'currency', currency: 'USD' })").await,
        "Uncaught RangeError: toLocaleString: the option 'style' needs Intl, which the embedded network does not have"
    );
}

#[tokio::test]
async fn errors_are_cloned_as_errors() {
    let code = "
        class Own extends TypeError { constructor() { super('own', { cause: new RangeError('inner') }); this.extra = 1; } }
        const error = new Own(); const copy = structuredClone({ error }).error;
        const boxed = structuredClone([Object('s'), Object(1), Object(false), Object(2n)]);
        Lit.Actions.setResponse({ response: JSON.stringify([
            copy instanceof TypeError, copy instanceof Own, copy.constructor === TypeError, copy.message, copy.extra ?? null, copy.stack === error.stack,
            copy.cause instanceof RangeError, copy.cause.message, Object.keys(copy), boxed.map((b) => `${typeof b} ${b}`),
            structuredClone(Object.assign(new Error('x'), { name: 'Custom' })).name,
        ]) })";
    assert_eq!(
        serde_json::from_str::<Value>(&outcome(code).await.response).unwrap(),
        json!([
            true,
            false,
            true,
            "own",
            null,
            true,
            true,
            "inner",
            [],
            ["object s", "object 1", "object false", "object 2"],
            "Error"
        ])
    );
}
