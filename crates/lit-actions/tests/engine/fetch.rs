//! `fetch`: which addresses it reaches, what it sends, and what it returns.

use bytes::Bytes;
use http::{Request, Response};
use lit_actions::{ActionEnvironment, FetchBody, FetchError, HttpFetch};
use lit_node_transport::{AnswerBody, HttpTransport, TransportError};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::*;

/// A server that answers every request by what `answer` makes of it, head and body, and closes.
async fn server(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                let mut sent = Vec::new();
                let mut buffer = [0; 4096];
                loop {
                    let length = stream.read(&mut buffer).await.unwrap();
                    sent.extend_from_slice(&buffer[..length]);
                    let text = String::from_utf8_lossy(&sent);
                    let Some((head, body)) = text.split_once("\r\n\r\n") else {
                        continue;
                    };
                    let wanted = head
                        .lines()
                        .find_map(|line| line.strip_prefix("content-length: "))
                        .map_or(0, |length| length.parse().unwrap());
                    if body.len() >= wanted {
                        break;
                    }
                }
                let answer = answer(&String::from_utf8_lossy(&sent));
                // An empty answer keeps the client waiting.
                if answer.is_empty() {
                    std::future::pending::<()>().await;
                }
                let _ = stream.write_all(&answer).await;
                // A body that is cut short keeps the client waiting too.
                if answer.ends_with(b"content-length: 100\r\n\r\n") {
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    address
}

fn plain(body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\nX-Served: yes\r\nconnection: close\r\n\r\n{body}",
        body.len()
    )
    .into()
}

fn redirect(status: u16, to: &str) -> Vec<u8> {
    format!("HTTP/1.1 {status} Moved\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").into()
}

struct Fetcher(HttpTransport);

#[async_trait]
impl HttpFetch for Fetcher {
    async fn fetch(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<Box<dyn FetchBody>>, FetchError> {
        let answer = self.0.exchange(request).await;
        let answer = answer.map_err(|error| FetchError::Failed(error.into()))?;
        Ok(answer.map(|body| Box::new(Body(body)) as Box<dyn FetchBody>))
    }
}

struct Body(AnswerBody);

#[async_trait]
impl FetchBody for Body {
    async fn read(self: Box<Self>, max_bytes: usize) -> Result<Bytes, FetchError> {
        let body = self.0.read(max_bytes).await;
        body.map_err(|error| match error {
            TransportError::TooLarge { .. } => FetchError::TooLarge,
            error => FetchError::Failed(error.into()),
        })
    }
}

fn allowing(host: &str, code: &str) -> ActionRequest {
    let environment = ActionEnvironment::default()
        .with_fetch_host(host)
        .with_fetcher(Arc::new(Fetcher(HttpTransport::new())));
    request(code).with_environment(Arc::new(environment))
}

/// The value of an expression in an action that may fetch from `host`.
async fn value_allowing(host: &str, expression: &str) -> Value {
    let code = format!(
        "(async () => Lit.Actions.setResponse({{ response: JSON.stringify({expression}) }}))()"
    );
    let outcome = run(allowing(host, &code)).await.unwrap();
    serde_json::from_str(&outcome.response).unwrap()
}

async fn error_allowing(host: &str, expression: &str) -> String {
    let code = format!(
        "(async () => {{ try {{ await {expression}; console.log('no error') }} catch (error) {{ console.log(`${{error}}`) }} }})()"
    );
    run(allowing(host, &code)).await.unwrap().logs
}

#[tokio::test]
async fn an_answer_has_all_its_parts() {
    let address = server(|_| plain("{\"price\":1}")).await;
    let expression = format!(
        "await (async () => {{ const r = await fetch('http://{address}/a?b#c');
            return [r.ok, r.status, r.statusText, r.headers.get('x-served'), r.url, r.redirected, await r.json()] }})()"
    );
    let expected =
        json!([true, 200, "OK", "yes", format!("http://{address}/a?b#c"), false, { "price": 1 }]);
    assert_eq!(value_allowing(&address, &expression).await, expected);
    for host in ["127.0.0.1", "*"] {
        assert_eq!(value_allowing(host, &expression).await, expected);
    }
}

#[tokio::test]
async fn a_request_is_sent_as_it_is() {
    let address = server(plain).await;
    let sent = value_allowing(
        &address,
        &format!(
            "await (await fetch('http://{address}/p%20q?x=1#no', {{ method: 'PATCH', body: 'h\u{e9}',
                headers: {{ 'X-Key': '\u{e9}', host: 'evil', 'content-length': '0' }} }})).text()"
        ),
    )
    .await;
    let sent = sent.as_str().unwrap();
    assert!(sent.starts_with("PATCH /p%20q?x=1 HTTP/1.1\r\n"), "{sent}");
    assert!(sent.ends_with("\r\n\r\nh\u{e9}"), "{sent}");
    for line in [
        &format!("host: {address}"),
        "user-agent: lit_protocol_node",
        "content-length: 3",
        "content-type: text/plain;charset=UTF-8",
        "accept: */*",
    ] {
        assert!(sent.contains(&format!("\r\n{line}\r\n")), "{line}: {sent}");
    }
    assert!(!sent.contains("evil"));
}

#[tokio::test]
async fn bytes_come_and_go_unchanged() {
    let address = server(|_| {
        let mut answer =
            b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\n".to_vec();
        answer.extend([0, 255, 195, 40]);
        answer
    })
    .await;
    let bytes =
        format!("[...new Uint8Array(await (await fetch('http://{address}')).arrayBuffer())]");
    assert_eq!(
        value_allowing(&address, &bytes).await,
        json!([0, 255, 195, 40])
    );
}

#[tokio::test]
async fn only_allowed_hosts_are_reached() {
    let address = server(|_| plain("secret")).await;
    let fetch = format!("fetch('http://{address}')");
    let port: u16 = address.rsplit(':').next().unwrap().parse().unwrap();
    for allowed in [
        "example.org",
        "localhost",
        "127.0.0.1:1",
        "127.0.0",
        &format!("127.0.0.1:{}", port ^ 1),
    ] {
        let error = error_allowing(allowed, &fetch).await;
        assert!(
            error.starts_with("TypeError: fetch: the host 127.0.0.1 is not allowed"),
            "{allowed}: {error}"
        );
    }
    // Other ways to write the same host, and other schemes.
    for url in [
        format!("http://0x7f.1:{port}"),
        format!("http://user@127.0.0.1:{port}"),
        "file:///etc/passwd".to_owned(),
    ] {
        let error = error_allowing("example.org", &format!("fetch('{url}')")).await;
        assert!(error.starts_with("TypeError: fetch"), "{url}: {error}");
    }
    let none = "(async () => { try { await fetch('http://127.0.0.1:1') } catch (error) { console.log(error.name) } })()";
    assert_eq!(logs(none).await, "TypeError\n");
}

/// They reach no host, so they need no permission. They count as calls, as in Deno.
#[tokio::test]
async fn data_urls_are_responses() {
    let fetched = "(async (url) => { const response = await fetch(url); \
        return [response.status, response.statusText, response.headers.get('content-type'), await response.text(), response.url] })";
    for (url, kind, text) in [
        ("data:text/plain,a%20b", "text/plain", "a b"),
        (
            "data:application/json;base64,eyJhIjoxfQ==",
            "application/json",
            "{\"a\":1}",
        ),
        ("data:,x", "text/plain;charset=US-ASCII", "x"),
    ] {
        assert_eq!(
            value(&format!("await {fetched}('{url}')")).await,
            json!([200, "OK", kind, text, url])
        );
    }
    for code in ["fetch('data:text/plain;base64,!')", "fetch('data:text')"] {
        assert_eq!(
            headline(code).await,
            "Uncaught (in promise) TypeError: fetch: malformed data: URL"
        );
    }
    let limits = ActionLimits::default().with_fetches(1);
    let code = "(async () => { await fetch('data:,'); await fetch('data:,') })()";
    let error = run(request_with(code, limits)).await.unwrap_err();
    assert!(
        error.to_string().contains("limit of 1 calls exceeded"),
        "{error}"
    );
}

#[tokio::test]
async fn redirects_are_followed_to_allowed_hosts_only() {
    let target = server(|sent| plain(sent.split("\r\n\r\n").next().unwrap())).await;
    let elsewhere = target.clone();
    let address = server(move |sent| match sent.split(' ').nth(1).unwrap() {
        "/there" => redirect(302, &format!("http://{elsewhere}/landed")),
        "/keep" => redirect(307, &format!("http://{elsewhere}/landed")),
        "/here" => redirect(301, "there"),
        "/loop" => redirect(302, "/loop"),
        _ => plain("end"),
    })
    .await;
    let post = |path: &str| {
        format!(
            "fetch('http://{address}{path}', {{ method: 'POST', body: 'x', headers: {{ authorization: 'secret' }} }})"
        )
    };
    let sent = value_allowing(
        "127.0.0.1",
        &format!("await (await {}).text()", post("/here")),
    )
    .await;
    let sent = sent.as_str().unwrap();
    assert!(sent.starts_with("GET /landed "), "{sent}");
    assert!(
        !sent.contains("secret") && !sent.contains("content-type"),
        "{sent}"
    );
    let sent = value_allowing(
        "127.0.0.1",
        &format!("await (await {}).text()", post("/keep")),
    )
    .await;
    assert!(
        sent.as_str().unwrap().starts_with("POST /landed "),
        "{sent}"
    );

    // The other port is another host.
    let error = error_allowing(&address, &post("/there")).await;
    assert!(
        error.contains("the host 127.0.0.1 is not allowed"),
        "{error}"
    );
    let error = error_allowing(&address, &post("/loop")).await;
    assert!(error.contains("too many redirects"), "{error}");
    let error = error_allowing(
        &address,
        &format!("fetch('http://{address}/there', {{ redirect: 'error' }})"),
    )
    .await;
    assert!(error.contains("unexpected redirect"), "{error}");
    let manual =
        format!("(await fetch('http://{address}/there', {{ redirect: 'manual' }})).status");
    assert_eq!(value_allowing(&address, &manual).await, 302);
}

/// The body of a redirect is not waited for: this server never sends it.
#[tokio::test]
async fn the_body_of_a_redirect_is_not_read() {
    let target = server(|_| plain("landed")).await;
    let address = server(move |_| {
        format!("HTTP/1.1 302 Found\r\nlocation: http://{target}/\r\ncontent-length: 100\r\n\r\n")
            .into()
    })
    .await;
    let text = format!("await (await fetch('http://{address}/')).text()");
    assert_eq!(value_allowing("127.0.0.1", &text).await, "landed");
    let refused = format!("fetch('http://{address}/', {{ redirect: 'error' }})");
    let error = error_allowing(&address, &refused).await;
    assert!(error.contains("unexpected redirect"), "{error}");
}

#[tokio::test]
async fn fetches_are_counted() {
    let address = server(|_| plain("x")).await;
    let code = format!(
        "(async () => {{ for (let n = 0; ; n++) {{ console.log(n); await fetch('http://{address}') }} }})()"
    );
    let request = allowing(&address, &code).with_limits(ActionLimits::default().with_fetches(2));
    let error = run(request).await.unwrap_err();
    assert_eq!(error.logs(), "0\n1\n2\n");
    assert!(
        error
            .to_string()
            .starts_with("Uncaught (in promise) Error: fetch: limit of 2 calls exceeded"),
        "{error}"
    );
    assert_eq!(ActionLimits::default().fetches, 50);
}

#[tokio::test]
async fn a_long_answer_is_refused() {
    let address = server(|_| {
        let length = 16 * MIB + 1;
        let mut answer =
            format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n").into_bytes();
        answer.resize(answer.len() + length, b'x');
        answer
    })
    .await;
    let error = error_allowing(&address, &format!("fetch('http://{address}')")).await;
    assert!(
        error.contains("the response is larger than 16777216 bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn a_silent_server_costs_the_run_time_and_no_more() {
    let address = server(|_| Vec::new()).await;
    let code = format!("fetch('http://{address}')");
    let request = allowing(&address, &code).with_limits(short(200));
    let error = run(request).await.unwrap_err();
    assert!(matches!(error, ActionError::Timeout { .. }), "{error:?}");
}

#[tokio::test]
async fn a_signal_stops_a_fetch() {
    let address = server(|_| Vec::new()).await;
    let error = error_allowing(
        &address,
        &format!(
            "(() => {{ const c = new AbortController(); setTimeout(() => c.abort(), 20);
                return fetch('http://{address}', {{ signal: c.signal }}) }})()"
        ),
    )
    .await;
    assert!(error.contains("AbortError"), "{error}");
    let early = format!("fetch('http://{address}', {{ signal: AbortSignal.abort('no') }})");
    assert_eq!(error_allowing(&address, &early).await, "no\n");
}

#[tokio::test]
async fn a_dead_server_is_a_type_error() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = error_allowing(&address, &format!("fetch('http://{address}')")).await;
    assert!(
        error.starts_with(&format!("TypeError: fetch http://{address}/: ")),
        "{error}"
    );
}

#[tokio::test]
async fn many_fetches_run_at_once() {
    let waiting = Arc::new(std::sync::Barrier::new(1));
    let address = server(move |_| {
        waiting.wait();
        plain("x")
    })
    .await;
    let code = format!(
        "(await Promise.all(Array.from({{ length: 20 }}, async () => (await fetch('http://{address}')).text()))).join('')"
    );
    assert_eq!(value_allowing(&address, &code).await, "x".repeat(20));
}
