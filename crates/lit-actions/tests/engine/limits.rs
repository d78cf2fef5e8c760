//! The limits of an action, and the error at each.

use crate::*;

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
    let error = run(request_with("1;'é'", limits.clone())).await;
    assert!(
        matches!(error, Err(ActionError::CodeTooLarge { size: 6, limit: 4 })),
        "{error:?}"
    );
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
        "console.log('x'); throw new Proxy({}, { ownKeys() { while (true) {} } })",
    ] {
        match run(request_with(code, short(300))).await {
            Err(ActionError::Timeout { limit, logs }) => {
                assert_eq!((limit.as_millis(), &*logs), (300, "x\n"), "{code}");
            }
            other => panic!("{code}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_native_loop_that_never_looks_at_the_clock_is_given_up() {
    let code = "console.log('x'); const a = []; a.length = 2 ** 32 - 1; a.sort()";
    // Long enough for the script to get to its loop on a busy machine.
    match run(request_with(code, short(1000))).await {
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
