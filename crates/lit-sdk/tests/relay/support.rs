//! A relayer that answers what a test says.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use lit_sdk::{
    AuthMethod,
    services::{LitRelay, RelayApiKey, RelayRequestId},
    transport::{HttpClient, HttpRequest, HttpResponse, TransportError},
    types::{PkpPublicKey, constants::AuthMethodType},
};

pub(crate) const KEY: &str = "0209ac7be2018f5ddc1e5057212eed99dd4a40dd6535bbaf6fb664581f7b53837f";

const WALLET: &str = r#"{"address":"0x360856A3573d7321C9d23d0b50939a244cC5Ee78"}"#;

pub(crate) const IN_PROGRESS: &str = r#"{"status":"InProgress"}"#;

/// Gives the answers in their order, the last one for ever.
#[derive(Default)]
pub(crate) struct Server {
    pub(crate) answers: Mutex<VecDeque<Result<HttpResponse, TransportError>>>,
    pub(crate) requests: Mutex<Vec<HttpRequest>>,
    pub(crate) delay: Mutex<Duration>,
}

impl Server {
    pub(crate) fn new(answers: &[(u16, &str)]) -> Arc<Self> {
        let server = Arc::new(Self::default());
        for (status, body) in answers {
            server.then(Ok((*status, body)));
        }
        server
    }

    pub(crate) fn then(&self, answer: Result<(u16, &str), TransportError>) {
        let answer = answer.map(|(status, body)| HttpResponse {
            status,
            body: body.to_owned().into(),
        });
        self.answers.lock().unwrap().push_back(answer);
    }

    pub(crate) fn relay(self: &Arc<Self>) -> LitRelay {
        let key = RelayApiKey::new("KEY-SECRET").unwrap();
        LitRelay::with_http_client(self.clone(), "https://relay.example/a/", key).unwrap()
    }

    pub(crate) fn requests(&self) -> Vec<HttpRequest> {
        self.requests.lock().unwrap().clone()
    }
}

#[async_trait]
impl HttpClient for Server {
    async fn request(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        self.requests.lock().unwrap().push(request);
        let delay = *self.delay.lock().unwrap();
        tokio::time::sleep(delay).await;
        let mut answers = self.answers.lock().unwrap();
        if answers.len() > 1 {
            answers.pop_front().unwrap()
        } else {
            answers.front().unwrap().clone()
        }
    }
}

pub(crate) fn wallet() -> AuthMethod {
    AuthMethod::new(AuthMethodType::EthWallet, WALLET)
}

pub(crate) fn id(text: &str) -> RelayRequestId {
    text.parse().unwrap()
}

/// What a relayer says when it has minted the PKP of `KEY`.
pub(crate) fn succeeded() -> String {
    let key: PkpPublicKey = KEY.parse().unwrap();
    format!(
        r#"{{"status":"Succeeded","pkpTokenId":"{}","pkpEthAddress":"{}","pkpPublicKey":"{key}"}}"#,
        key.token_id(),
        key.address(),
    )
}
