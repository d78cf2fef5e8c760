//! A server that answers like no node should.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// What the server does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HttpFault {
    /// Nobody listens.
    Refused,
    /// The connection is reset once the request has come.
    Reset,
    /// The connection ends after half of the body.
    HalfABody,
    /// Chunks without an end.
    EndlessChunks,
    /// The body comes, one byte a second.
    OneByteASecond,
    /// Nothing is said.
    Silence,
    /// Text, although it is sent as an image.
    WrongContentType,
    /// A body of 100 MB.
    Large,
    /// A page of HTML, as a server in front of a node answers.
    Html(u16),
    /// A redirect to a server that would answer well.
    Redirect,
    /// Plain HTTP where the client speaks TLS.
    NoTls,
    /// A hundred megabytes of zeros, compressed.
    CompressedBomb,
    /// No HTTP at all.
    NoHttp,
}

impl HttpFault {
    pub(crate) const ALL: [Self; 14] = [
        Self::Refused,
        Self::Reset,
        Self::HalfABody,
        Self::EndlessChunks,
        Self::OneByteASecond,
        Self::Silence,
        Self::WrongContentType,
        Self::Large,
        Self::Html(200),
        Self::Html(500),
        Self::Redirect,
        Self::NoTls,
        Self::CompressedBomb,
        Self::NoHttp,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Refused => "connection refused",
            Self::Reset => "connection reset",
            Self::HalfABody => "half a body",
            Self::EndlessChunks => "endless chunks",
            Self::OneByteASecond => "one byte a second",
            Self::Silence => "silence",
            Self::WrongContentType => "wrong content type",
            Self::Large => "body of 100 MB",
            Self::Html(200) => "HTML with status 200",
            Self::Html(_) => "HTML with status 500",
            Self::Redirect => "redirect",
            Self::NoTls => "TLS fails",
            Self::CompressedBomb => "compressed bomb",
            Self::NoHttp => "no HTTP",
        }
    }

    /// Whether only a timeout ends the request.
    pub(crate) const fn hangs(self) -> bool {
        matches!(self, Self::OneByteASecond | Self::Silence)
    }
}

/// A server with a fault, in front of a healthy one. Dropping it stops it.
///
/// It runs on threads of its own, so that it disturbs no runtime.
pub(crate) struct FaultServer {
    address: SocketAddr,
    fault: HttpFault,
    state: Arc<State>,
    listening: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    is_on: AtomicBool,
    is_stopped: AtomicBool,
    /// Whether somebody followed the redirect.
    was_followed: AtomicBool,
}

impl Drop for FaultServer {
    fn drop(&mut self) {
        self.stop();
    }
}

impl FaultServer {
    /// A server that passes requests to the healthy one until the fault is put on.
    pub(crate) fn start(fault: HttpFault, healthy: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::<State>::default();
        let shared = Arc::clone(&state);
        let listening = thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.is_stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (stream, shared) = (stream.unwrap(), Arc::clone(&shared));
                // A client that goes away is no failure.
                thread::spawn(move || serve(stream, fault, healthy, &shared).ok());
            }
        });
        Self {
            address,
            fault,
            state,
            listening: Some(listening),
        }
    }

    pub(crate) fn url(&self) -> String {
        let scheme = match self.fault {
            HttpFault::NoTls => "https",
            _ => "http",
        };
        format!("{scheme}://{}", self.address)
    }

    pub(crate) fn put_on(&mut self) {
        self.state.is_on.store(true, Ordering::SeqCst);
        if self.fault == HttpFault::Refused {
            self.stop();
        }
    }

    pub(crate) fn was_followed(&self) -> bool {
        self.state.was_followed.load(Ordering::SeqCst)
    }

    fn stop(&mut self) {
        self.state.is_stopped.store(true, Ordering::SeqCst);
        if let Some(listening) = self.listening.take() {
            // It waits for a connection.
            TcpStream::connect(self.address).unwrap();
            listening.join().unwrap();
        }
    }
}

fn serve(
    mut stream: TcpStream,
    fault: HttpFault,
    healthy: SocketAddr,
    state: &State,
) -> io::Result<()> {
    if fault == HttpFault::NoTls {
        let _ = stream.read(&mut [0; 512])?;
        return stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    }
    let is_on = state.is_on.load(Ordering::SeqCst);
    if fault == HttpFault::Reset && is_on {
        // A connection that is closed with bytes that nobody read is reset.
        return stream.read_exact(&mut [0]);
    }
    let request = read_request(&mut stream)?;
    if !is_on {
        return pass(stream, &request, healthy);
    }
    if request.starts_with("POST /elsewhere") {
        state.was_followed.store(true, Ordering::SeqCst);
    }
    let mut say = |head: &str, body: &[u8]| {
        write!(stream, "HTTP/1.1 {head}\r\n")?;
        if !head.contains("chunked") && !head.contains("length") {
            write!(stream, "content-length: {}\r\n", body.len())?;
        }
        stream.write_all(b"\r\n")?;
        stream.write_all(body)
    };
    match fault {
        HttpFault::Refused | HttpFault::Reset | HttpFault::NoTls => {}
        HttpFault::HalfABody => say("200 OK\r\ncontent-length: 1000", &[b' '; 500])?,
        HttpFault::EndlessChunks => {
            let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
            say("200 OK\r\ntransfer-encoding: chunked", b"")?;
            loop {
                stream.write_all(chunk.as_bytes())?;
            }
        }
        HttpFault::OneByteASecond => {
            say("200 OK\r\ncontent-length: 1000", b"")?;
            loop {
                stream.write_all(b" ")?;
                thread::sleep(Duration::from_secs(1));
            }
        }
        // The client ends the connection.
        HttpFault::Silence => drop(stream.read(&mut [0; 1])),
        HttpFault::WrongContentType => say("200 OK\r\ncontent-type: image/png", b"hello")?,
        HttpFault::Large => {
            say("200 OK\r\ncontent-length: 100000000", b"")?;
            for _ in 0..1000 {
                stream.write_all(&[b' '; 100_000])?;
            }
        }
        HttpFault::Html(status) => {
            let head = format!("{status} Status\r\ncontent-type: text/html");
            say(&head, b"<html><body><h1>502 Bad Gateway</h1></body></html>")?;
        }
        HttpFault::Redirect => {
            let here = stream.local_addr()?;
            write!(
                stream,
                "HTTP/1.1 307 Elsewhere\r\nlocation: http://{here}/elsewhere\r\ncontent-length: 0\r\n\r\n"
            )?;
        }
        HttpFault::CompressedBomb => {
            static BOMB: LazyLock<Vec<u8>> = LazyLock::new(bomb);
            say(
                "200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip",
                &BOMB,
            )?;
        }
        HttpFault::NoHttp => stream.write_all(b"220 mail.example ESMTP\r\n")?,
    }
    Ok(())
}

/// Passes one request to the healthy server. The next comes on a connection of its own, which may find the fault.
fn pass(mut stream: TcpStream, request: &str, healthy: SocketAddr) -> io::Result<()> {
    let mut server = TcpStream::connect(healthy)?;
    let request = request.replacen("\r\n", "\r\nconnection: close\r\n", 1);
    server.write_all(request.as_bytes())?;
    io::copy(&mut server, &mut stream)?;
    Ok(())
}

/// Reads a request whole: its length is told.
fn read_request(stream: &mut TcpStream) -> io::Result<String> {
    let mut request = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        let text = String::from_utf8_lossy(&request);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let head = head.to_ascii_lowercase();
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return Ok(text.into_owned());
            }
        }
        match stream.read(&mut buffer)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            read => request.extend_from_slice(&buffer[..read]),
        }
    }
}

/// A hundred megabytes of zeros by gzip: a header, one block with a zero and copies of it, and no sum.
fn bomb() -> Vec<u8> {
    let mut bomb = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    let (mut byte, mut filled) = (0, 0);
    let mut push = |bits: u32, count: u32| {
        for at in (0..count).rev() {
            byte |= ((bits >> at & 1) as u8) << filled;
            filled += 1;
            if filled == 8 {
                bomb.push(byte);
                (byte, filled) = (0, 0);
            }
        }
    };
    // The last block, with the fixed code, whose first symbol is a zero.
    push(0b1_10, 3);
    push(0b0011_0000, 8);
    for _ in 0..100_000_000 / 258 {
        // A match of 258 bytes, at distance 1.
        push(0b1100_0101, 8);
        push(0, 5);
    }
    push(0, 7 + 8);
    bomb
}
