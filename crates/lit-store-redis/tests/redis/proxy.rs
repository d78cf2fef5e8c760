use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU16, Ordering::SeqCst},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// A name for one server, and later for another: new connections lead to the latest, old ones stay. It records the traffic.
pub(crate) struct Proxy {
    port: u16,
    target: Arc<AtomicU16>,
    traffic: Arc<Mutex<Vec<u8>>>,
    task: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn to(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = Arc::new(AtomicU16::new(target));
        let traffic = Arc::<Mutex<Vec<u8>>>::default();
        let task = tokio::spawn({
            let (target, traffic) = (Arc::clone(&target), Arc::clone(&traffic));
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    let server = TcpStream::connect(("127.0.0.1", target.load(SeqCst))).await;
                    // A server that is gone closes the connection.
                    let Ok(server) = server else { continue };
                    let (from_client, to_client) = client.into_split();
                    let (from_server, to_server) = server.into_split();
                    tokio::spawn(copy(from_client, to_server, Arc::clone(&traffic)));
                    tokio::spawn(copy(from_server, to_client, Arc::clone(&traffic)));
                }
            }
        });
        Self {
            port,
            target,
            traffic,
            task,
        }
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

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    traffic: Arc<Mutex<Vec<u8>>>,
) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        traffic.lock().unwrap().extend_from_slice(&buffer[..length]);
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}
