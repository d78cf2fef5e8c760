use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use lit_node_transport::{HttpClient, HttpRequest, HttpResponse, TransportError};

use crate::Reply;

/// A server that answers as a test says, and keeps the requests.
pub struct FakeHttp {
    respond: Mutex<Respond>,
    requests: Mutex<Vec<HttpRequest>>,
}

enum Respond {
    InOrder(VecDeque<Reply>),
    By(Box<dyn Fn(&HttpRequest) -> Reply + Send + Sync>),
}

impl FakeHttp {
    /// Gives the replies in order and repeats the last one. Without replies it refuses connections.
    #[must_use]
    pub fn in_order(replies: impl IntoIterator<Item = Reply>) -> Arc<Self> {
        Self::responding(Respond::InOrder(replies.into_iter().collect()))
    }

    /// Replies to each request by what it asks.
    #[must_use]
    pub fn by(respond: impl Fn(&HttpRequest) -> Reply + Send + Sync + 'static) -> Arc<Self> {
        Self::responding(Respond::By(Box::new(respond)))
    }

    fn responding(respond: Respond) -> Arc<Self> {
        Arc::new(Self {
            respond: Mutex::new(respond),
            requests: Mutex::default(),
        })
    }

    /// Replies this to every request from now on.
    ///
    /// # Panics
    /// When a request has panicked.
    pub fn reply(&self, reply: Reply) {
        *self.respond.lock().unwrap() = Respond::InOrder([reply].into());
    }

    /// The requests so far.
    ///
    /// # Panics
    /// When a request has panicked.
    #[must_use]
    pub fn requests(&self) -> Vec<HttpRequest> {
        self.requests.lock().unwrap().clone()
    }

    /// The URLs that were asked for so far.
    #[must_use]
    pub fn urls(&self) -> Vec<String> {
        let requests = self.requests();
        requests.iter().map(|one| one.url.to_string()).collect()
    }
}

#[async_trait]
impl HttpClient for FakeHttp {
    async fn request(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let reply = match &mut *self.respond.lock().unwrap() {
            Respond::By(respond) => respond(&request),
            Respond::InOrder(replies) if replies.len() > 1 => replies.pop_front().unwrap(),
            Respond::InOrder(replies) => replies.front().cloned().unwrap_or_else(Reply::refused),
        };
        self.requests.lock().unwrap().push(request);
        reply.of_server().await
    }
}
