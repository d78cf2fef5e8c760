use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use lit_node_transport::{HttpClient, HttpRequest, HttpResponse, TransportError};
use serde::Deserialize;
use serde_json::Value;

/// What the official client's `fetch` was made to answer.
#[derive(Clone, Deserialize)]
pub(super) struct Answer {
    status: Option<u16>,
    json: Value,
}

/// A server that gives the answers of a case in their order, the last one for ever, and remembers what it was asked.
pub(super) struct StubServer {
    answers: Vec<Answer>,
    requests: Mutex<Vec<HttpRequest>>,
}

impl StubServer {
    pub(super) fn new(answers: Vec<Answer>) -> Arc<Self> {
        Arc::new(Self {
            answers,
            requests: Mutex::default(),
        })
    }

    pub(super) fn requests(&self) -> Vec<HttpRequest> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[async_trait]
impl HttpClient for StubServer {
    async fn request(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let mut requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = self.answers.get(requests.len()).or(self.answers.last());
        requests.push(request);
        let answer = answer.ok_or_else(|| TransportError::Connect("no answers".into()))?;
        Ok(HttpResponse {
            status: answer.status.unwrap_or(200),
            body: answer.json.to_string().into(),
        })
    }
}
