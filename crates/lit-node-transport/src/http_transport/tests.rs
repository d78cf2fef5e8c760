use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;
use crate::HttpUrl;

/// Sends a request to a server that answers this, and gives what the server was sent.
async fn ask(
    transport: &HttpTransport,
    answer: &'static [u8],
    request: impl FnOnce(HttpUrl) -> HttpRequest,
) -> (Result<HttpResponse, TransportError>, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/a", listener.local_addr().unwrap())
        .parse()
        .unwrap();
    let server = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut sent = vec![0; 4096];
        let mut length = 0;
        // The body, where there is one, ends with a full stop.
        while !(sent[..length].ends_with(b".")
            || sent.starts_with(b"GET") && sent[..length].ends_with(b"\r\n\r\n"))
        {
            length += stream.read(&mut sent[length..]).await.unwrap();
        }
        stream.write_all(answer).await.unwrap();
        String::from_utf8(sent[..length].to_vec()).unwrap()
    };
    tokio::join!(transport.request(request(url)), server)
}

#[tokio::test]
async fn sends_requests_as_they_are() {
    let transport = HttpTransport::builder().with_max_body_bytes(10).build();
    const MOVED: &[u8] =
        b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 2\r\n\r\n{}";
    let (response, sent) = ask(&transport, MOVED, |url| {
        HttpRequest::get(url.join("/b?c=d%20e").unwrap()).with_header("api-key", "k")
    })
    .await;
    let response = response.unwrap();
    assert_eq!((response.status, &response.body[..]), (302, &b"{}"[..]));
    assert!(sent.starts_with("GET /a/b?c=d%20e HTTP/1.1\r\n"), "{sent}");
    assert!(sent.contains("\r\napi-key: k\r\n"), "{sent}");

    const LARGE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n01234567890";
    let (response, sent) = ask(&transport, LARGE, |url| {
        HttpRequest::post(url, Bytes::from_static(b"body."))
    })
    .await;
    assert!(matches!(
        response.unwrap_err(),
        TransportError::TooLarge { limit: 10 }
    ));
    assert!(
        sent.starts_with("POST /a HTTP/1.1\r\n") && sent.ends_with("\r\n\r\nbody."),
        "{sent}"
    );
}

#[tokio::test]
async fn a_connection_is_in_use_until_the_answer_is_read() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let transport = HttpTransport::builder()
        .with_max_connections_per_node(1)
        .build();
    let request = Request::get(&url).body(Bytes::new()).unwrap();
    let serve = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert_ne!(stream.read(&mut [0; 4096]).await.unwrap(), 0);
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\ntr";
        stream.write_all(head).await.unwrap();
        stream
    };
    let (answer, mut stream) = tokio::join!(transport.exchange(request), serve);
    let body = answer.unwrap().into_body();
    let origin: NodeUrl = url.parse().unwrap();
    let next = transport.turns(&[&origin]).remove(0);
    assert!(next.watch().is_queued());
    stream.write_all(b"ue").await.unwrap();
    assert_eq!(&body.read(4).await.unwrap()[..], b"true");
    assert!(!next.watch().is_queued());
}

#[test]
fn a_server_has_one_name() {
    for (url, name) in [
        ("https://a.example", "https://a.example:443"),
        ("https://A.Example:443", "https://a.example:443"),
        ("http://a.example:443", "http://a.example:443"),
        ("http://a.example", "http://a.example:80"),
        ("http://[::1]:7470", "http://[::1]:7470"),
    ] {
        assert_eq!(server(&url.parse().unwrap()), name);
        assert_eq!(server(&origin_of(&url.parse().unwrap()).unwrap()), name);
    }
    let with_user = "https://user:password@a.example/path".parse().unwrap();
    assert_eq!(origin_of(&with_user).unwrap().as_str(), "https://a.example");
}

#[tokio::test]
async fn plain_http_stays_on_this_machine() {
    let far: HttpUrl = "http://192.0.2.1/a".parse().unwrap();
    let error = HttpTransport::new()
        .request(HttpRequest::get(far))
        .await
        .unwrap_err();
    assert!(matches!(error, TransportError::InsecureUrl), "{error}");
}

#[tokio::test]
async fn headers_cannot_be_smuggled() {
    let here: HttpUrl = "http://127.0.0.1:1".parse().unwrap();
    let request = HttpRequest::get(here).with_header("api-key", "SECRET\r\nother: 1");
    let error = HttpTransport::new().request(request).await.unwrap_err();
    assert!(
        matches!(&error, TransportError::Request(reason) if !reason.to_string().contains("SECRET")),
        "{error}"
    );
}
