//! A request is accepted, and then?

use std::{
    error::Error,
    sync::{Arc, Mutex},
    time::Duration,
};

use lit_sdk::{
    services::{MintRequest, Polling, RelayError},
    transport::{TransportError, http::Method},
    types::{PkpPublicKey, SdkErrorCode},
};
use lit_test_fakes::{FakeHttp, Reply};
use tokio::time::Instant;

use crate::support::{IN_PROGRESS, KEY, answer, id, relay_of, relayer, succeeded, wallet};

#[tokio::test(start_paused = true)]
async fn mints_and_waits() {
    let server = FakeHttp::in_order([
        answer(200, r#"{"requestId":"0xabc"}"#),
        answer(200, IN_PROGRESS),
        answer(200, IN_PROGRESS),
        Reply::fail(TransportError::Io("reset".into())),
        answer(200, &succeeded()),
    ]);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let seen_too = seen.clone();
    let polling = Polling::default().with_progress(move |progress| {
        seen_too
            .lock()
            .unwrap()
            .push((progress.attempt, progress.attempts, progress.elapsed));
    });
    let start = Instant::now();
    let relay = relay_of(&server).with_polling(polling);
    let pkp = relay
        .mint(&MintRequest::for_auth_method(&wallet()).owned_by_relayer())
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
    assert_eq!(requests[0].method, Method::POST);
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
        let server = relayer(&[(200, answer)]);
        let error = relay_of(&server)
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
    let server = relayer(&[(200, IN_PROGRESS)]);
    let still = RelayError::StillInProgress {
        request_id: id("r"),
    };
    let start = Instant::now();
    let relay = relay_of(&server);
    assert_eq!(relay.wait_for_mint(&id("r")).await.unwrap_err(), still);
    assert_eq!(server.requests().len(), 20);
    assert_eq!(start.elapsed(), Duration::from_secs(19 * 15));

    let twice = Polling::default()
        .with_attempts(2)
        .with_interval(Duration::from_secs(1));
    let start = Instant::now();
    let relay = relay_of(&server).with_polling(twice);
    assert_eq!(relay.wait_for_mint(&id("r")).await.unwrap_err(), still);
    assert_eq!(start.elapsed(), Duration::from_secs(1));

    // The deadline ends an attempt that hangs as well.
    server.reply(answer(200, IN_PROGRESS).after(Duration::from_secs(60)));
    let start = Instant::now();
    let relay =
        relay_of(&server).with_polling(Polling::default().with_timeout(Duration::from_secs(100)));
    let error = relay.wait_for_mint(&id("r")).await.unwrap_err();
    assert_eq!(error, still);
    assert_eq!(start.elapsed(), Duration::from_secs(100));
    assert!(error.is_retryable());
    assert_eq!(error.request_id(), Some(&id("r")));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_accepted_is_not_lost() {
    let server = relayer(&[(200, r#"{"requestId":"0xabc"}"#), (500, r#"{"error":"x"}"#)]);
    let error = relay_of(&server)
        .mint(&MintRequest::for_auth_method(&wallet()).owned_by_relayer())
        .await
        .unwrap_err();
    assert_eq!(error.request_id(), Some(&id("0xabc")));
    assert!(error.is_retryable());
    assert_eq!(error.to_string(), "the outcome of request 0xabc is unknown");
    assert_eq!(
        error.source().unwrap().to_string(),
        "the relayer refused /auth/status with status 500: x"
    );

    // A connection that stays broken.
    let server = FakeHttp::in_order([Reply::refused()]);
    let relay = relay_of(&server).with_polling(Polling::default().with_attempts(3));
    let error = relay.wait_for_mint(&id("0xabc")).await.unwrap_err();
    assert!(matches!(error, RelayError::Status { .. }), "{error}");
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_relayer_that_hangs_is_given_up() {
    let server = FakeHttp::in_order([Reply::ok("{}").after(Duration::from_secs(1000))]);
    let start = Instant::now();
    let error = relay_of(&server).fetch_pkps(&wallet()).await.unwrap_err();
    assert_eq!(
        error,
        RelayError::Transport {
            relayer: "https://relay.example".parse().unwrap(),
            source: TransportError::Timeout(Duration::from_secs(120)),
        }
    );
    assert_eq!(start.elapsed(), Duration::from_secs(120));
    assert_eq!(error.sdk_code(), Some(SdkErrorCode::NetworkError));
}
