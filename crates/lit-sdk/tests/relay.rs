//! The client of a relayer, against one that answers what a test says. Time is tokio's, and paused.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use alloy_primitives::{Address, B256};
use async_trait::async_trait;
use lit_sdk::{
    AuthMethod, LitNetwork, LitRelay, MintOptions, MintRequest, MintStatus, PayerSecretKey,
    Polling, RelayApiKey, RelayAuthMethod, RelayError, RelayRequestId,
    transport::{HttpClient, HttpMethod, HttpRequest, HttpResponse, TransportError},
    types::{
        AuthMethodNumber, CompactJson, PkpPublicKey, SdkErrorCode,
        constants::{AuthMethodScope, AuthMethodType},
    },
};
use tokio::time::Instant;

const KEY: &str = "0209ac7be2018f5ddc1e5057212eed99dd4a40dd6535bbaf6fb664581f7b53837f";
const WALLET: &str = r#"{"address":"0x360856A3573d7321C9d23d0b50939a244cC5Ee78"}"#;
const IN_PROGRESS: &str = r#"{"status":"InProgress"}"#;

/// Gives the answers in their order, the last one for ever.
#[derive(Default)]
struct Server {
    answers: Mutex<VecDeque<Result<HttpResponse, TransportError>>>,
    requests: Mutex<Vec<HttpRequest>>,
    delay: Mutex<Duration>,
}

impl Server {
    fn new(answers: &[(u16, &str)]) -> Arc<Self> {
        let server = Arc::new(Self::default());
        for (status, body) in answers {
            server.then(Ok((*status, body)));
        }
        server
    }

    fn then(&self, answer: Result<(u16, &str), TransportError>) {
        let answer = answer.map(|(status, body)| HttpResponse {
            status,
            body: body.to_owned().into(),
        });
        self.answers.lock().unwrap().push_back(answer);
    }

    fn relay(self: &Arc<Self>) -> LitRelay {
        let key = RelayApiKey::new("KEY-SECRET").unwrap();
        LitRelay::with_http_client(self.clone(), "https://relay.example/a/", key).unwrap()
    }

    fn requests(&self) -> Vec<HttpRequest> {
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

fn wallet() -> AuthMethod {
    AuthMethod::new(AuthMethodType::EthWallet, WALLET)
}

fn id(text: &str) -> RelayRequestId {
    text.parse().unwrap()
}

/// What a relayer says when it has minted the PKP of `KEY`.
fn succeeded() -> String {
    let key: PkpPublicKey = KEY.parse().unwrap();
    format!(
        r#"{{"status":"Succeeded","pkpTokenId":"{}","pkpEthAddress":"{}","pkpPublicKey":"{key}"}}"#,
        key.token_id(),
        key.address(),
    )
}

#[tokio::test(start_paused = true)]
async fn mints_and_waits() {
    let server = Server::new(&[
        (200, r#"{"requestId":"0xabc"}"#),
        (200, IN_PROGRESS),
        (200, IN_PROGRESS),
    ]);
    server.then(Err(TransportError::Io("reset".into())));
    server.then(Ok((200, &succeeded())));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let seen_too = seen.clone();
    let polling = Polling::default().with_progress(move |progress| {
        seen_too
            .lock()
            .unwrap()
            .push((progress.attempt, progress.attempts, progress.elapsed));
    });
    let start = Instant::now();
    let relay = server.relay().with_polling(polling);
    let pkp = relay
        .mint_with_auth_methods(&[wallet()], &MintOptions::default())
        .await
        .unwrap();
    let key: PkpPublicKey = KEY.parse().unwrap();
    assert_eq!(pkp.public_key().unwrap(), key);
    assert_eq!(start.elapsed(), Duration::from_secs(45));
    let seconds = Duration::from_secs;
    assert_eq!(
        *seen.lock().unwrap(),
        [
            (1, 20, seconds(0)),
            (2, 20, seconds(15)),
            (3, 20, seconds(30))
        ]
    );

    let requests = server.requests();
    assert_eq!(requests.len(), 5);
    assert_eq!(requests[0].method, HttpMethod::Post);
    assert_eq!(
        requests[0].url.as_str(),
        "https://relay.example/a/mint-next-and-add-auth-methods"
    );
    assert_eq!(
        requests[4].url.as_str(),
        "https://relay.example/a/auth/status/0xabc"
    );
    for request in &requests {
        assert!(
            request
                .headers
                .contains(&("api-key", "KEY-SECRET".to_owned()))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn failed_is_final() {
    for (answer, said) in [
        (r#"{"status":"Failed"}"#, None),
        (
            r#"{"status":"Failed","error":"reverted"}"#,
            Some("reverted"),
        ),
        (r#"{"status":"InProgress","error":"a\nb"}"#, Some("a b")),
        (r#"{"error":{"code":1}}"#, Some(r#"{"code":1}"#)),
    ] {
        let server = Server::new(&[(200, answer)]);
        let error = server
            .relay()
            .wait_for_mint(&id("0xabc"))
            .await
            .unwrap_err();
        let expected = RelayError::MintFailed {
            request_id: id("0xabc"),
            reason: said.map(str::to_owned),
        };
        assert_eq!(error, expected, "{answer}");
        assert!(!error.is_retryable());
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_ends() {
    let server = Server::new(&[(200, IN_PROGRESS)]);
    let still = RelayError::StillInProgress {
        request_id: id("r"),
    };
    let start = Instant::now();
    let relay = server.relay();
    assert_eq!(relay.wait_for_mint(&id("r")).await.unwrap_err(), still);
    assert_eq!(server.requests().len(), 20);
    assert_eq!(start.elapsed(), Duration::from_secs(19 * 15));

    let twice = Polling::default()
        .with_attempts(2)
        .with_interval(Duration::from_secs(1));
    let start = Instant::now();
    let relay = server.relay().with_polling(twice);
    assert_eq!(relay.wait_for_mint(&id("r")).await.unwrap_err(), still);
    assert_eq!(start.elapsed(), Duration::from_secs(1));

    // The deadline ends an attempt that hangs as well.
    *server.delay.lock().unwrap() = Duration::from_secs(60);
    let start = Instant::now();
    let relay = server
        .relay()
        .with_polling(Polling::default().with_deadline(Duration::from_secs(100)));
    let error = relay.wait_for_mint(&id("r")).await.unwrap_err();
    assert_eq!(error, still);
    assert_eq!(start.elapsed(), Duration::from_secs(100));
    assert!(error.is_retryable());
    assert_eq!(error.request_id(), Some(&id("r")));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_accepted_is_not_lost() {
    let server = Server::new(&[(200, r#"{"requestId":"0xabc"}"#), (500, r#"{"error":"x"}"#)]);
    let error = server
        .relay()
        .mint_with_auth_methods(&[wallet()], &MintOptions::default())
        .await
        .unwrap_err();
    assert_eq!(error.request_id(), Some(&id("0xabc")));
    assert!(error.is_retryable());
    assert_eq!(
        error.to_string(),
        "request 0xabc: the relayer refuses /auth/status with status 500: x"
    );

    // A connection that stays broken.
    let server = Server::new(&[]);
    server.then(Err(TransportError::Connect("refused".into())));
    let relay = server
        .relay()
        .with_polling(Polling::default().with_attempts(3));
    let error = relay.wait_for_mint(&id("0xabc")).await.unwrap_err();
    assert!(matches!(error, RelayError::Status { .. }), "{error}");
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_relayer_that_hangs_is_given_up() {
    let server = Server::new(&[(200, "{}")]);
    *server.delay.lock().unwrap() = Duration::from_secs(1000);
    let start = Instant::now();
    let error = server.relay().fetch_pkps(&wallet()).await.unwrap_err();
    assert_eq!(
        error,
        RelayError::Transport(TransportError::Timeout(Duration::from_secs(120)))
    );
    assert_eq!(start.elapsed(), Duration::from_secs(120));
    assert_eq!(error.sdk_code(), Some(SdkErrorCode::NetworkError));
}

#[tokio::test]
async fn answers_are_judged() {
    let relay = |status, body: &str| Server::new(&[(status, body)]).relay();
    let request = MintRequest::from(CompactJson::parse("{}").unwrap());

    let error = relay(200, r#"{"error":"no gas"}"#)
        .mint(&request)
        .await
        .unwrap_err();
    assert_eq!(error, RelayError::NoRequestId(Some("no gas".into())));
    for bad in [
        "",
        "<html>",
        "[1]",
        r#"{"requestId":1}"#,
        r#"{"requestId":"../x"}"#,
        r#"{"requestId":""}"#,
    ] {
        let error = relay(200, bad).mint(&request).await.unwrap_err();
        assert!(matches!(error, RelayError::Answer { .. }), "{bad}: {error}");
    }
    for bad in [
        r#"{"status":"Succeeded"}"#,
        r#"{"status":"Odd"}"#,
        "{}",
        "null",
    ] {
        let error = relay(200, bad).status(&id("r")).await.unwrap_err();
        assert!(matches!(error, RelayError::Answer { .. }), "{bad}: {error}");
    }
    let large = format!(r#"{{"pkps":[],"a":"{}"}}"#, "x".repeat(1024 * 1024));
    let error = relay(200, &large).fetch_pkps(&wallet()).await.unwrap_err();
    assert!(
        matches!(
            error,
            RelayError::Transport(TransportError::TooLarge { .. })
        ),
        "{error}"
    );

    // Plain text, as rate limits are told, is cut to size, and what was sent does not come back.
    let long = format!("no KEY-SECRET\r\n{}", "x".repeat(10_000));
    let error = relay(429, &long).fetch_pkps(&wallet()).await.unwrap_err();
    let shown = error.to_string();
    assert!(shown.contains("429: no [secret]"), "{shown}");
    assert!(
        shown.len() < 400 && !shown.contains("KEY-SECRET") && !shown.contains('\n'),
        "{shown}"
    );
    assert!(error.is_retryable());
}

#[tokio::test]
async fn fetches_in_all_spellings() {
    let key: PkpPublicKey = KEY.parse().unwrap();
    let (token, address) = (key.token_id(), key.address());
    for spelling in [
        format!("{:?}", token.to_string()),
        format!("{:?}", token.to_decimal()),
        token.to_decimal(),
        format!(r#"{{"type":"BigNumber","hex":"{token}"}}"#),
    ] {
        let body = format!(
            r#"{{"pkps":[{{"tokenId":{spelling},"publicKey":"{key}","ethAddress":"{address}"}}]}}"#
        );
        let pkps = Server::new(&[(200, &body)])
            .relay()
            .fetch_pkps(&wallet())
            .await
            .unwrap();
        assert_eq!(pkps[0].public_key().unwrap(), key, "{spelling}");
    }
    let other =
        format!(r#"{{"pkps":[{{"tokenId":"1","publicKey":"{key}","ethAddress":"{address}"}}]}}"#);
    let pkps = Server::new(&[(200, &other)])
        .relay()
        .fetch_pkps(&wallet())
        .await
        .unwrap();
    assert_eq!(
        pkps[0].public_key().unwrap_err(),
        RelayError::InconsistentPkp
    );

    let server = Server::new(&[(200, r#"{"pkps":[]}"#)]);
    let method = RelayAuthMethod::new(AuthMethodType::WebAuthn, B256::ZERO).with_public_key([1, 2]);
    server.relay().fetch_pkps_by_id(&method).await.unwrap();
    assert_eq!(
        server.requests()[0].body,
        format!(
            r#"{{"authMethodId":"{}","authMethodType":3,"authMethodPubKey":"0x0102"}}"#,
            B256::ZERO
        )
    );
}

#[tokio::test]
async fn what_cannot_be_minted_is_not_sent() {
    let server = Server::new(&[(200, "{}")]);
    let relay = server.relay();
    let options = MintOptions::default();
    let mint = async |methods: &[AuthMethod],
                      options: &MintOptions|
           -> (RelayError, Option<SdkErrorCode>) {
        let error = relay
            .mint_with_auth_methods(methods, options)
            .await
            .unwrap_err();
        let code = error.sdk_code();
        (error, code)
    };

    let (error, code) = mint(&[], &options).await;
    assert_eq!(error, RelayError::NoAuthMethods);
    assert_eq!(code, Some(SdkErrorCode::InvalidParamType));

    let odd = AuthMethod::new(AuthMethodNumber::new(99), "TOKEN-SECRET");
    let (error, code) = mint(&[wallet(), odd], &options).await;
    assert!(
        matches!(error, RelayError::AuthMethod { index: 1, .. }),
        "{error}"
    );
    assert!(!format!("{error} {error:?}").contains("TOKEN-SECRET"));
    assert_eq!(code, Some(SdkErrorCode::InvalidArgumentException));

    let scopes = vec![vec![AuthMethodScope::SignAnything]; 2];
    let (error, _) = mint(&[wallet()], &options.clone().with_scopes(scopes)).await;
    assert_eq!(
        error,
        RelayError::Scopes {
            methods: 1,
            scopes: 2
        }
    );

    let credential = AuthMethod::new(AuthMethodType::WebAuthn, r#"{"rawId":"a"}"#);
    let (error, _) = mint(&[wallet(), credential], &options).await;
    assert_eq!(error, RelayError::PublicKey { index: 1 });
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn payers() {
    let wallet = Address::repeat_byte(7);
    let server = Server::new(&[(
        200,
        &format!(
            r#"{{"success":true,"payerWalletAddress":"{wallet}","payerSecretKey":"PAYER-SECRET"}}"#
        ),
    )]);
    let payer = server.relay().register_payer().await.unwrap();
    assert_eq!(payer.wallet_address, wallet);
    assert_eq!(payer.secret_key.expose_secret(), "PAYER-SECRET");
    assert!(!format!("{payer:?}").contains("PAYER-SECRET"));
    let request = &server.requests()[0];
    assert_eq!(
        (request.url.as_str(), request.body.len()),
        ("https://relay.example/a/register-payer", 0)
    );

    let hash = B256::repeat_byte(9);
    let body = format!(r#"{{"success":true,"txHash":"{hash}","message":"added"}}"#);
    let server = Server::new(&[(200, &body)]);
    let users = [Address::repeat_byte(0xab)];
    assert_eq!(
        server
            .relay()
            .add_users(&payer.secret_key, &users)
            .await
            .unwrap(),
        hash
    );
    let request = &server.requests()[0];
    assert_eq!(request.body, format!(r#"["{}"]"#, users[0]));
    for header in [
        ("payer-secret-key", "PAYER-SECRET"),
        ("api-key", "KEY-SECRET"),
    ] {
        assert!(request.headers.contains(&(header.0, header.1.to_owned())));
    }

    let echo = r#"{"success":false,"error":"who is PAYER-SECRET?"}"#;
    let error = Server::new(&[(400, echo)])
        .relay()
        .add_users(&payer.secret_key, &users)
        .await
        .unwrap_err();
    assert!(error.to_string().ends_with("who is [secret]?"), "{error}");
}

#[test]
fn secrets_stay_secret() {
    for bad in ["a\nb", "a\r\nx: y", "\0", "é"] {
        assert!(RelayApiKey::new(bad).is_err() && PayerSecretKey::new(bad).is_err());
    }
    let relay = Server::new(&[]).relay();
    let shown = format!("{relay:?} {:?}", RelayApiKey::new("KEY-SECRET").unwrap());
    assert!(
        shown.contains("relay.example") && !shown.contains("KEY-SECRET"),
        "{shown}"
    );
}

#[tokio::test]
async fn quoted_secrets_stay_secret() {
    let key = RelayApiKey::new(r#"A"SECRET\B"#).unwrap();
    for body in [
        r#"{"error":{"a":"A\"SECRET\\B"}}"#,
        r#"{"error":"A\"SECRET\\B"}"#,
        r#"no A"SECRET\B"#,
    ] {
        let server = Server::new(&[(400, body)]);
        let relay = LitRelay::with_http_client(server, "https://a", key.clone()).unwrap();
        let error = relay.fetch_pkps(&wallet()).await.unwrap_err();
        let shown = error.to_string();
        assert!(
            shown.contains("[secret]") && !shown.contains("SECRET"),
            "{shown}"
        );
    }
}

#[test]
fn urls_are_checked_at_once() {
    for bad in ["", "relay.example", "https://a?key=1", "https://a/#b"] {
        let key = RelayApiKey::new("k").unwrap();
        let error = LitRelay::with_http_client(Server::new(&[]), bad, key).unwrap_err();
        assert!(matches!(error, RelayError::Url(_)), "{bad}: {error}");
    }
}

#[test]
fn networks_before_datil_have_no_relayer() {
    assert_eq!(
        LitRelay::url_of(LitNetwork::Custom),
        Ok("http://localhost:3000")
    );
    let error = LitRelay::url_of(LitNetwork::Habanero).unwrap_err();
    assert_eq!(error, RelayError::Network(LitNetwork::Habanero));
    assert_eq!(error.sdk_code(), Some(SdkErrorCode::WrongNetworkException));
}

#[tokio::test]
async fn a_status_is_a_status() {
    let status = |body: &str| {
        let relay = Server::new(&[(200, body)]).relay();
        async move { relay.status(&id("r")).await.unwrap() }
    };
    assert_eq!(status(IN_PROGRESS).await, MintStatus::InProgress);
    assert_eq!(
        status(r#"{"status":"InProgress","error":""}"#).await,
        MintStatus::InProgress
    );
    assert!(matches!(
        status(&succeeded()).await,
        MintStatus::Succeeded(_)
    ));
}

#[cfg(feature = "http")]
#[tokio::test]
async fn over_http() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let key = RelayApiKey::new("k").unwrap();
    let relay = LitRelay::new(&url, key.clone()).unwrap();
    let error = relay.fetch_pkps(&wallet()).await.unwrap_err();
    assert!(
        matches!(error, RelayError::Transport(TransportError::Connect(_))),
        "{error}"
    );

    let relay = LitRelay::for_network(LitNetwork::Datil, key.clone()).unwrap();
    assert_eq!(relay.url().as_str(), "https://datil-relayer.getlit.dev");
    assert!(LitRelay::for_network(LitNetwork::Cayenne, key.clone()).is_err());

    // The API key is not sent in the clear.
    let relay = LitRelay::new("http://relayer.invalid", key).unwrap();
    let error = relay.fetch_pkps(&wallet()).await.unwrap_err();
    assert_eq!(error, RelayError::Transport(TransportError::InsecureUrl));
}
