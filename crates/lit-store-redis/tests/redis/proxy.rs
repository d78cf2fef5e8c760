use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, AtomicU16, Ordering::SeqCst},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::oneshot,
    task::JoinHandle,
};

/// A name for one server, and later for another: new connections lead to the latest, old ones stay. It records the traffic, and
/// can hold a command up or lose its answer.
pub(crate) struct Proxy {
    port: u16,
    target: Arc<AtomicU16>,
    traffic: Arc<Mutex<Vec<u8>>>,
    trap: Arc<Mutex<Option<Trap>>>,
    task: JoinHandle<()>,
}

/// What happens to the next command that contains a text.
struct Trap {
    text: &'static str,
    then: Then,
}

enum Then {
    LoseAnswer,
    Hold {
        reached: oneshot::Sender<()>,
        go: oneshot::Receiver<()>,
    },
}

/// A command that has not reached the server yet.
pub(crate) struct Held {
    reached: oneshot::Receiver<()>,
    go: oneshot::Sender<()>,
}

impl Held {
    pub(crate) async fn reached(&mut self) {
        (&mut self.reached).await.unwrap();
    }

    pub(crate) fn go(self) {
        self.go.send(()).unwrap();
    }
}

impl Proxy {
    pub(crate) async fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = Arc::new(AtomicU16::new(target));
        let traffic = Arc::<Mutex<Vec<u8>>>::default();
        let trap = Arc::<Mutex<Option<Trap>>>::default();
        let task = tokio::spawn({
            let (target, traffic) = (Arc::clone(&target), Arc::clone(&traffic));
            let trap = Arc::clone(&trap);
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    let server = TcpStream::connect(("127.0.0.1", target.load(SeqCst))).await;
                    // A server that is gone closes the connection.
                    let Ok(server) = server else { continue };
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    let way = Way {
                        traffic: Arc::clone(&traffic),
                        trap: Arc::default(),
                        is_cut: Arc::default(),
                    };
                    tokio::spawn(way.clone().copy(from_server, to_client));
                    let trap = Arc::clone(&trap);
                    tokio::spawn(Way { trap, ..way }.copy(from_client, to_server));
                }
            }
        });
        Self {
            port,
            target,
            traffic,
            trap,
            task,
        }
    }

    /// Closes the connection in place of the answer to the next command that contains this text.
    pub(crate) fn lose_answer_to(&self, text: &'static str) {
        let then = Then::LoseAnswer;
        *self.trap.lock().unwrap() = Some(Trap { text, then });
    }

    /// Whether a command was caught.
    pub(crate) fn has_caught(&self) -> bool {
        self.trap.lock().unwrap().is_none()
    }

    /// Holds the next command up that contains this text.
    pub(crate) fn hold(&self, text: &'static str) -> Held {
        let (tell, reached) = oneshot::channel();
        let (go, wait) = oneshot::channel();
        let then = Then::Hold {
            reached: tell,
            go: wait,
        };
        *self.trap.lock().unwrap() = Some(Trap { text, then });
        Held { reached, go }
    }

    #[cfg(feature = "cluster")]
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Leads new connections to another server.
    pub(crate) fn lead_to(&self, target: u16) {
        self.target.store(target, SeqCst);
    }

    /// All bytes that went either way.
    pub(crate) fn traffic(&self) -> Vec<u8> {
        self.traffic.lock().unwrap().clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One direction of a connection.
#[derive(Clone)]
struct Way {
    traffic: Arc<Mutex<Vec<u8>>>,
    trap: Arc<Mutex<Option<Trap>>>,
    is_cut: Arc<AtomicBool>,
}

impl Way {
    async fn copy(self, mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) {
        let mut buffer = [0; 16 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            if self.is_cut.load(SeqCst) {
                break;
            }
            let bytes = &buffer[..length];
            self.traffic.lock().unwrap().extend_from_slice(bytes);
            match self.caught(bytes) {
                Some(Then::LoseAnswer) => self.is_cut.store(true, SeqCst),
                Some(Then::Hold { reached, go }) => {
                    let _ = reached.send(());
                    let _ = go.await;
                }
                None => {}
            }
            if to.write_all(bytes).await.is_err() {
                break;
            }
        }
        let _ = to.shutdown().await;
    }

    fn caught(&self, bytes: &[u8]) -> Option<Then> {
        let mut trap = self.trap.lock().unwrap();
        let is_it = |trap: &Trap| {
            let mut windows = bytes.windows(trap.text.len());
            windows.any(|part| part == trap.text.as_bytes())
        };
        trap.take_if(|trap| is_it(trap)).map(|trap| trap.then)
    }
}
