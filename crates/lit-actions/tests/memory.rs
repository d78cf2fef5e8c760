//! The memory of the process while actions try to use more than their limit.
//!
//! The test is alone in its process, because it reads the memory of all threads.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fs, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use http::Request;
use lit_actions::{
    ActionEnvironment, ActionError, ActionHost, ActionLimits, ActionRequest, FetchBody, FetchError,
    HostResult, HttpFetch, run_with_host,
};
use serde_json::Value;
use tokio::sync::Notify;

const MIB: usize = 1024 * 1024;
const LIMIT: usize = 64 * MIB;
/// What the engine, its threads and the allocator need besides.
const SLACK: usize = 24 * MIB;

/// How an action ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Memory,
    /// With an exception that begins like this.
    Thrown(&'static str),
    /// With a response.
    Response(&'static str),
}

use End::{Memory, Response, Thrown};

/// Programs, and how they end.
const PROGRAMS: &[(&str, End)] = &[
    // Sizes.
    (
        "crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256', length: 2 ** 45 }, true, ['sign'])",
        Thrown("Uncaught (in promise) TypeError"),
    ),
    (
        "crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256', length: 2 ** 32 - 8 }, true, ['sign'])",
        Memory,
    ),
    (
        "crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256', length: 2 ** 30 }, true, ['sign'])",
        Memory,
    ),
    (
        "const key = crypto.subtle.importKey('raw', new Uint8Array(1), 'PBKDF2', false, ['deriveBits']);
        key.then((key) => crypto.subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt: new Uint8Array(1), iterations: 1 }, key, 2 ** 31))",
        Memory,
    ),
    // Getters.
    (
        "const view = new Uint8Array(8); let reads = 0;
        Object.defineProperty(view, 'length', { get: () => reads++ === 0 ? 8 : 2 ** 45 });
        crypto.getRandomValues(view); done('filled')",
        Response("filled"),
    ),
    (
        "let reads = 0;
        Object.defineProperty(Uint8Array.prototype, 'length', { get: () => reads++ === 0 ? 8 : 2 ** 45 });
        crypto.getRandomValues(new Uint8Array(8)); done('filled')",
        Response("filled"),
    ),
    (
        "Object.defineProperty(Object.getPrototypeOf(Uint8Array.prototype), 'byteLength', { get: () => 2 ** 45 });
        crypto.getRandomValues(new Uint8Array(8)); done('filled')",
        Response("filled"),
    ),
    (
        "crypto.getRandomValues(new DataView(new ArrayBuffer(8)))",
        Thrown("Uncaught TypeMismatchError"),
    ),
    (
        "globalThis.ArrayBuffer = function () {}; new TextEncoder().encode('x'.repeat(2 ** 27))",
        Memory,
    ),
    // Texts and bytes.
    ("new TextEncoder().encode('\u{e9}'.repeat(2 ** 24))", Memory),
    ("new TextEncoder().encode('x'.repeat(2 ** 25))", Memory),
    (
        "new TextDecoder('latin1').decode(new Uint8Array(2 ** 23).fill(200))",
        Memory,
    ),
    ("new TextDecoder().decode(new Uint8Array(2 ** 24).fill(200))", Memory),
    (
        "const decoders = []; for (;;) { const decoder = new TextDecoder('gbk'); decoder.decode(Uint8Array.of(129), { stream: true }); decoders.push(decoder) }",
        Memory,
    ),
    ("crypto.subtle.digest('SHA-256', new Uint8Array(2 ** 24).fill(200))", Memory),
    ("Lit.Actions.uint8arrayToString(new Uint8Array(2 ** 24).fill(200))", Memory),
    ("Lit.Actions.pubkeyToTokenId({ publicKey: '0x' + 'ab'.repeat(2 ** 24) })", Memory),
    ("atob(btoa('x'.repeat(2 ** 25)))", Memory),
    ("structuredClone(new Uint8Array(2 ** 25))", Memory),
    ("const key = '\u{e9}'.repeat(2 ** 22); jwt.sign({ key }, key)", Memory),
    ("jwt.verify(`a.${'b'.repeat(2 ** 24)}.c`, 'secret')", Memory),
    ("jwt.verify(`e30.e30.c`, '-----BEGIN PUBLIC KEY-----' + 'A'.repeat(2 ** 24))", Memory),
    (
        "crypto.subtle.importKey('raw', new Uint8Array(32), 'AES-CBC', true, ['encrypt'])
            .then((key) => crypto.subtle.encrypt({ name: 'AES-CBC', iv: new Uint8Array(16) }, key, new Uint8Array(2 ** 24).fill(200)))",
        Memory,
    ),
    (
        "crypto.subtle.importKey('raw', new Uint8Array(32), 'AES-GCM', true, ['encrypt'])
            .then((key) => crypto.subtle.encrypt({ name: 'AES-GCM', iv: new Uint8Array(12) }, key, new Uint8Array(2 ** 24).fill(200)))",
        Memory,
    ),
    // URLs.
    ("new URL('http://a/' + '\u{e9}'.repeat(2 ** 22))", Memory),
    ("new URL('x:' + '\\u0001'.repeat(2 ** 23))", Memory),
    ("new URLSearchParams('a&'.repeat(2 ** 21))", Memory),
    ("new URLSearchParams('%01&'.repeat(2 ** 20)).toString()", Memory),
    ("new URL('http://' + 'a'.repeat(2 ** 23))", Memory),
    ("fetch('data:,' + 'x'.repeat(2 ** 23))", Memory),
    ("fetch('data:;base64,' + 'A'.repeat(2 ** 23))", Memory),
    (
        "for (let i = 0; i < 50; i++) fetch('data:,' + 'x'.repeat(2 ** 20))",
        Memory,
    ),
    (
        "fetch('http://a', { method: 'POST', body: new Uint8Array(2 ** 25).fill(200) })",
        Memory,
    ),
    (
        "for (let i = 0; i < 50; i++) fetch('http://a/hang', { method: 'POST', body: new Uint8Array(2 ** 21) })",
        Memory,
    ),
    (
        "for (let i = 0; i < 50; i++) fetch('http://a/body'); spin(300); done('read one by one')",
        Response("read one by one"),
    ),
    // Calls of the host.
    (
        "const zeros = new Uint8Array(2 ** 18); for (let i = 0; i < 63; i++) Lit.Actions.hang({ zeros }); spin(100)",
        Memory,
    ),
    (
        "const params = []; for (let i = 0; i < 2 ** 13; i++) params.push({}, [[0]]);
        for (let i = 0; i < 63; i++) Lit.Actions.hang({ params }); spin(100)",
        Memory,
    ),
    (
        "for (let i = 0; i < 63; i++) Lit.Actions.megabyte(); spin(300)",
        Memory,
    ),
    (
        "(async () => { for (let i = 0; i < 63; i++) await Lit.Actions.megabyte(); done('one by one') })()",
        Response("one by one"),
    ),
    (
        "(async () => {
            const stop = new AbortController();
            const fetches = [1, 2].map(() => fetch('http://a/stalled', { signal: stop.signal }));
            await Lit.Actions.stalled();
            const answer = await Lit.Actions.megabyte();
            stop.abort(); await Promise.allSettled(fetches);
            done(`${answer.length} bytes beside a body`);
        })()",
        Response("1048576 bytes beside a body"),
    ),
    // Parameters of all kinds.
    (
        "let deep = []; for (let i = 0; i < 1000; i++) deep = [deep]; Lit.Actions.hang({ deep })",
        Thrown("Uncaught (in promise) TypeError: hang: recursion limit exceeded"),
    ),
    (
        "const cycle = {}; cycle.cycle = cycle; Lit.Actions.hang(cycle)",
        Thrown("Uncaught (in promise) TypeError: circular reference"),
    ),
    (
        "Lit.Actions.hang({ get x() { throw new Error('no') } })",
        Thrown("Uncaught (in promise) Error: no"),
    ),
    (
        "Lit.Actions.hang(new Proxy({}, { ownKeys() { throw new Error('no') } }))",
        Thrown("Uncaught (in promise) Error: no"),
    ),
    (
        "Lit.Actions.hang({ toJSON() { return 'x'.repeat(2 ** 21) } })",
        Thrown("Uncaught (in promise) RangeError: hang: the parameters are longer"),
    ),
    // Things that native code keeps.
    ("for (;;) setTimeout(() => {}, 1e6)", Memory),
    // A timer without room is not kept, although the action goes on.
    (
        "const ids = []; for (let i = 0; i < 1023; i++) ids.push(setTimeout(() => {}, 1e6));
        const held = []; for (let size = 2 ** 25; size > 2 ** 16;) try { held.push(new ArrayBuffer(size)) } catch { size /= 2 }
        let outcome = 'kept'; try { setTimeout(() => done('fired'), 0) } catch { outcome = 'refused' }
        held.length = 0; ids.forEach((id) => clearTimeout(id)); done(outcome)",
        Response("refused"),
    ),
    (
        "const fail = () => { queueMicrotask(fail); throw 1 }; queueMicrotask(fail)",
        Memory,
    ),
    ("for (;;) Promise.reject(0)", Memory),
    (
        "console.log('x'.repeat(2 ** 20))",
        Thrown("Uncaught Error: The console output exceeds"),
    ),
    ("console.log('x'.repeat(2 ** 27))", Memory),
    (
        "Lit.Actions.setResponse({ response: '\u{e9}'.repeat(2 ** 24) })",
        Thrown("Uncaught Error: The response has"),
    ),
    (
        "throw new Error('x'.repeat(2 ** 20))",
        Thrown("Uncaught Error: xxx"),
    ),
    ("throw new Error('x'.repeat(2 ** 23))", Memory),
    // The engine's own.
    (
        "let s = 'x'; for (;;) s += s",
        Thrown("Uncaught InternalError: string too long"),
    ),
    ("let s = 'x'.repeat(2 ** 13); const all = []; for (;;) all.push(s += s.at(-1))", Memory),
    ("JSON.stringify(new Array(2 ** 32 - 1))", Memory),
    ("Array.from(new Array(2 ** 32 - 1))", Memory),
    ("let a = []; for (;;) a = [a, a.toString()]", Memory),
];

/// Tells that the body of `/stalled` is being read.
static STALLED: Notify = Notify::const_new();

/// Answers `megabyte` with a text of a megabyte, `stalled` when the body of `/stalled` is being read; `hang` never.
struct TestHost;

#[async_trait]
impl ActionHost for TestHost {
    fn functions(&self) -> &[&str] {
        &["megabyte", "stalled", "hang"]
    }

    async fn call(&self, function: &str, _: Value) -> HostResult {
        if function == "hang" {
            return std::future::pending().await;
        }
        if function == "stalled" {
            STALLED.notified().await;
            return Ok(Value::Null);
        }
        Ok("x".repeat(MIB).into())
    }
}

/// Answers `/body` with seven megabytes, `/stalled` with a head alone; other paths never.
struct TestFetcher;

#[async_trait]
impl HttpFetch for TestFetcher {
    async fn fetch(
        &self,
        request: Request<Bytes>,
    ) -> Result<http::Response<Box<dyn FetchBody>>, FetchError> {
        match request.uri().path() {
            "/body" => Ok(http::Response::new(Box::new(TestBody))),
            "/stalled" => Ok(http::Response::new(Box::new(StalledBody))),
            _ => std::future::pending().await,
        }
    }
}

struct TestBody;

#[async_trait]
impl FetchBody for TestBody {
    async fn read(self: Box<Self>, max_bytes: usize) -> Result<Bytes, FetchError> {
        assert!(max_bytes >= 7 * MIB, "{max_bytes}");
        Ok(vec![1; 7 * MIB].into())
    }
}

struct StalledBody;

#[async_trait]
impl FetchBody for StalledBody {
    async fn read(self: Box<Self>, _: usize) -> Result<Bytes, FetchError> {
        STALLED.notify_one();
        std::future::pending().await
    }
}

#[test]
fn the_process_stays_within_the_limit() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    // Starts what lasts as long as the process.
    assert_eq!(runtime.block_on(end_of("done('ok')")), Response("ok"));
    let mut wrong = Vec::new();
    for (code, expected) in PROGRAMS {
        let before = memory("VmRSS");
        reset_peak();
        let started = std::time::Instant::now();
        let end = runtime.block_on(end_of(code));
        let peak = memory("VmHWM").saturating_sub(before);
        eprintln!(
            "{} MiB {:?} {end:?} {}",
            peak / MIB,
            started.elapsed(),
            &code[..code.len().min(90)]
        );
        let is_expected = match (end, expected) {
            (Thrown(found), Thrown(start)) => found.starts_with(start),
            (found, expected) => found == *expected,
        };
        if !is_expected || peak > LIMIT + SLACK {
            wrong.push(format!("{code}: {end:?} with {} MiB", peak / MIB));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

async fn end_of(code: &str) -> End {
    let code = format!(
        "globalThis.done = (response) => Lit.Actions.setResponse({{ response }});
        globalThis.spin = (time) => {{ const end = Date.now() + time; while (Date.now() < end); }};
        {code}"
    );
    let limits = ActionLimits::default()
        .with_memory(LIMIT)
        .with_run_time(Duration::from_secs(300));
    let environment = ActionEnvironment::default()
        .with_fetch_host("a")
        .with_fetcher(Arc::new(TestFetcher));
    let request = ActionRequest::new(&*code)
        .with_limits(limits)
        .with_environment(Arc::new(environment));
    match run_with_host(request, Arc::new(TestHost)).await {
        Ok(outcome) => Response(outcome.response.leak()),
        Err(ActionError::MemoryLimit { limit: LIMIT, .. }) => Memory,
        Err(ActionError::Exception { message, .. }) => Thrown(message.leak()),
        Err(other) => panic!("{code}: {other:?}"),
    }
}

/// A line of the process's status, in bytes; 0 where the system does not have it.
fn memory(name: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|line| {
        line.trim_matches(|char: char| !char.is_ascii_digit())
            .parse::<usize>()
            .ok()
    });
    kib.unwrap_or_default() * 1024
}

/// Forgets the highest memory so far.
fn reset_peak() {
    let _ = fs::write("/proc/self/clear_refs", "5");
}
