//! URLs, digests, and the parts of `fetch` that need no network.

use crate::*;

#[tokio::test]
async fn urls_have_parts_that_can_be_set() {
    let parts = value(
        "(() => {
            const url = new URL('../b?q=1&q=2#h', 'HTTPS://user:pw@Example.org:8443/x/y/');
            const before = [url.href, url.origin, url.protocol, url.username, url.password, url.host, url.hostname,
                url.port, url.pathname, url.search, url.hash, url.searchParams.getAll('q')];
            url.searchParams.append('ü', 'a b&c');
            url.hash = '';
            url.port = '443';
            url.pathname = '/ä';
            const params = url.searchParams;
            const after = [`${url}`, JSON.stringify({ url })];
            url.search = '?z=9';
            return [before, after, [...params], params.size];
        })()",
    )
    .await;
    let expected = json!([
        [
            "https://user:pw@example.org:8443/x/b?q=1&q=2#h",
            "https://example.org:8443",
            "https:",
            "user",
            "pw",
            "example.org:8443",
            "example.org",
            "8443",
            "/x/b",
            "?q=1&q=2",
            "#h",
            ["1", "2"]
        ],
        [
            "https://user:pw@example.org/%C3%A4?q=1&q=2&%C3%BC=a+b%26c",
            "{\"url\":\"https://user:pw@example.org/%C3%A4?q=1&q=2&%C3%BC=a+b%26c\"}"
        ],
        [["z", "9"]],
        1
    ]);
    assert_eq!(parts, expected);
    assert_eq!(
        headline("new URL('nothing')").await,
        "Uncaught TypeError: Invalid URL: 'nothing'"
    );
    assert_eq!(
        value("[URL.canParse('a:b'), URL.canParse('b'), URL.parse('b')]").await,
        json!([true, false, null])
    );
}

#[tokio::test]
async fn search_parameters_are_a_list_of_pairs() {
    for (expression, expected) in [
        (
            "`${new URLSearchParams('?a=1&b=2%20x&a=3&c')}`",
            json!("a=1&b=2+x&a=3&c="),
        ),
        (
            "`${new URLSearchParams({ a: 1, b: 'ä' })}`",
            json!("a=1&b=%C3%A4"),
        ),
        (
            "`${new URLSearchParams([['a', '\\ud800']])}`",
            json!("a=%EF%BF%BD"),
        ),
        (
            "(() => { const p = new URLSearchParams('a=1&b=2&a=3'); p.set('a', 4); p.append('c', 5); p.delete('b'); return `${p}` })()",
            json!("a=4&c=5"),
        ),
        (
            "(() => { const p = new URLSearchParams('b=1&a=2&b=0'); p.sort(); return [`${p}`, p.get('b'), p.get('x'), p.has('a'), p.has('a', '3')] })()",
            json!(["a=2&b=1&b=0", "1", null, true, false]),
        ),
        (
            "(() => { const seen = []; new URLSearchParams('a=1').forEach((v, k) => seen.push(k + v)); return seen })()",
            json!(["a1"]),
        ),
        (
            "[[...new URLSearchParams('a=1').keys()], [...new URLSearchParams('a=1').values()], [...new URLSearchParams('a=1')]]",
            json!([["a"], ["1"], [["a", "1"]]]),
        ),
    ] {
        assert_eq!(value(expression).await, expected, "{expression}");
    }
}

#[tokio::test]
async fn digests_are_those_of_the_standards() {
    let digest = |name: &str| {
        format!(
            "Lit.Actions.uint8arrayToString(new Uint8Array(await crypto.subtle.digest('{name}', new TextEncoder().encode('abc'))), 'hex')"
        )
    };
    // FIPS 180-4, examples for "abc".
    for (name, start, length) in [
        ("SHA-1", "a9993e364706816aba3e25717850c26c9cd0d89d", 40),
        (
            "sha-256",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            64,
        ),
        (
            "SHA-384",
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163",
            96,
        ),
        (
            "SHA-512",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea2",
            128,
        ),
    ] {
        let hash = value(&digest(name)).await;
        let hash = hash.as_str().unwrap();
        assert!(
            hash.starts_with(start) && hash.len() == length,
            "{name}: {hash}"
        );
    }
    let error = headline("crypto.subtle.digest('MD5', new Uint8Array(1))").await;
    assert!(error.contains("Unrecognized algorithm 'MD5'"), "{error}");
    assert_eq!(
        value("(await crypto.subtle.digest({ name: 'SHA-256' }, new Uint8Array([9, 9]).subarray(2))).byteLength").await,
        32
    );
}

#[tokio::test]
async fn base64_is_that_of_the_web() {
    assert_eq!(
        value("[btoa('\\xff\\0a'), atob(' /wBh '), atob('YQ')]").await,
        json!(["/wBh", "\u{ff}\0a", "a"])
    );
    assert!(
        headline("btoa('€')")
            .await
            .contains("InvalidCharacterError")
    );
    assert!(
        headline("atob('a')")
            .await
            .contains("InvalidCharacterError")
    );
}

#[tokio::test]
async fn headers_requests_and_responses() {
    for (expression, expected) in [
        (
            "(() => { const h = new Headers({ 'X-A': ' 1 ' }); h.append('x-a', 2); h.set('B', 3); h.delete('c'); return [...h] })()",
            json!([["b", "3"], ["x-a", "1, 2"]]),
        ),
        (
            "(async () => { const r = new Response('h\u{e9}', { status: 404, headers: { a: 'b' } });
                const c = r.clone();
                return [r.ok, r.status, r.headers.get('A'), r.headers.get('content-type'), await r.text(), r.bodyUsed, c.bodyUsed,
                    [...new Uint8Array(await c.arrayBuffer())]] })()",
            json!([false, 404, "b", "text/plain;charset=UTF-8", "hé", true, false, [104, 195, 169]]),
        ),
        (
            "(async () => { const r = Response.json({ a: 1 }); return [r.ok, r.headers.get('content-type'), await r.json()] })()",
            json!([true, "application/json", { "a": 1 }]),
        ),
        (
            "(async () => { const r = new Request('http://a/b', { method: 'post', body: new URLSearchParams('a=1'), headers: [['x', 'y']] });
                const c = new Request(r, { method: 'PUT' });
                return [r.method, r.url, c.method, await c.text(), [...c.headers]] })()",
            json!(["POST", "http://a/b", "PUT", "a=1",
                [["content-type", "application/x-www-form-urlencoded;charset=UTF-8"], ["x", "y"]]]),
        ),
    ] {
        let expression = format!("await ({expression})");
        assert_eq!(value(&expression).await, expected, "{expression}");
    }
    for (code, expected) in [
        (
            "new Headers({ 'a b': 1 })",
            "TypeError: Invalid header name: 'a b'",
        ),
        (
            "new Headers({ a: 'x\\r\\ny: z' })",
            "TypeError: Invalid header value",
        ),
        (
            "new Request('http://a', { body: 'x' })",
            "TypeError: Request with GET/HEAD method cannot have body.",
        ),
        (
            "new Request('http://a', { method: 'CONNECT' })",
            "TypeError: 'CONNECT' is not a method that fetch may use.",
        ),
        (
            "new Response('', { status: 99 })",
            "RangeError: The status has to be within 200 and 599.",
        ),
        (
            "(async () => { const r = new Response('x'); await r.text(); await r.text() })()",
            "TypeError: Body already consumed.",
        ),
        ("new AbortSignal()", "TypeError: Illegal constructor"),
    ] {
        let error = headline(code).await;
        assert!(error.contains(expected), "{code}: {error}");
    }
}

#[tokio::test]
async fn signals_tell_their_listeners_once() {
    let seen = value(
        "(() => {
            const seen = [];
            const controller = new AbortController();
            const { signal } = controller;
            const removed = () => seen.push('removed');
            signal.onabort = (event) => seen.push(event.type);
            signal.addEventListener('abort', removed);
            signal.addEventListener('abort', () => seen.push(signal.reason));
            signal.removeEventListener('abort', removed);
            controller.abort('why');
            controller.abort('again');
            try { signal.throwIfAborted() } catch (reason) { seen.push(`threw ${reason}`) }
            seen.push(AbortSignal.abort().reason.name, signal.aborted);
            return seen;
        })()",
    )
    .await;
    assert_eq!(
        seen,
        json!(["abort", "why", "threw why", "AbortError", true])
    );
    let timeout = "const signal = AbortSignal.timeout(1); setTimeout(() => console.log(signal.reason.name), 20)";
    assert_eq!(logs(timeout).await, "TimeoutError\n");
}

#[tokio::test]
async fn cookies_stay_apart() {
    let code = "
        const headers = new Headers([['Set-Cookie', 'a=1, 2'], ['x', '1'], ['set-cookie', 'b=3'], ['x', '2']]);
        const before = [headers.getSetCookie(), [...headers], headers.get('set-cookie')];
        headers.set('set-cookie', 'c=4');
        const set = headers.getSetCookie();
        headers.delete('Set-Cookie');
        Lit.Actions.setResponse({ response: JSON.stringify([...before, set, headers.getSetCookie(), headers.has('set-cookie')]) })";
    assert_eq!(
        serde_json::from_str::<Value>(&outcome(code).await.response).unwrap(),
        json!([
            ["a=1, 2", "b=3"],
            [
                ["set-cookie", "a=1, 2"],
                ["set-cookie", "b=3"],
                ["x", "1, 2"]
            ],
            "a=1, 2, b=3",
            ["c=4"],
            [],
            false
        ])
    );
}

#[tokio::test]
async fn a_signal_follows_the_first_of_several() {
    let code = "
        const [a, b] = [new AbortController(), new AbortController()];
        const any = AbortSignal.any([a.signal, b.signal]);
        const seen = [any.aborted];
        any.addEventListener('abort', () => seen.push('heard', any.reason));
        b.abort('b'); a.abort('a');
        seen.push(any.aborted, AbortSignal.any([a.signal, b.signal]).reason, AbortSignal.any([]).aborted);
        Lit.Actions.setResponse({ response: JSON.stringify(seen) })";
    assert_eq!(
        serde_json::from_str::<Value>(&outcome(code).await.response).unwrap(),
        json!([false, "heard", "b", true, "a", false])
    );
}
