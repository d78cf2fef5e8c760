//! What a relayer answers is judged.

use alloy_primitives::B256;
use lit_sdk::{
    services::{MintStatus, RelayAuthMethod, RelayError},
    transport::TransportError,
    types::{CompactJson, PkpPublicKey, constants::AuthMethodType},
};

use crate::support::{IN_PROGRESS, KEY, id, relay_of, relayer, succeeded, wallet};

#[tokio::test]
async fn answers_are_judged() {
    let relay = |status, body: &str| relay_of(&relayer(&[(status, body)]));
    let body = CompactJson::parse("{}").unwrap();

    let error = relay(200, r#"{"error":"no gas"}"#)
        .start_mint_raw(&body)
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
        let error = relay(200, bad).start_mint_raw(&body).await.unwrap_err();
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
    for status in [301, 307] {
        let error = relay(status, "").status(&id("r")).await.unwrap_err();
        let path = "/auth/status";
        assert_eq!(error, RelayError::Redirected { path, status });
        let elsewhere = "the relayer redirects /auth/status with status";
        let text = format!("{elsewhere} {status}; pass the URL where it is");
        assert_eq!(error.to_string(), text);
    }
    let large = format!(r#"{{"pkps":[],"a":"{}"}}"#, "x".repeat(1024 * 1024));
    let error = relay(200, &large).fetch_pkps(&wallet()).await.unwrap_err();
    assert!(
        matches!(
            error,
            RelayError::Transport {
                source: TransportError::TooLarge { .. },
                ..
            }
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
        let pkps = relay_of(&relayer(&[(200, &body)]))
            .fetch_pkps(&wallet())
            .await
            .unwrap();
        assert_eq!(pkps[0].public_key().unwrap(), key, "{spelling}");
    }
    let other =
        format!(r#"{{"pkps":[{{"tokenId":"1","publicKey":"{key}","ethAddress":"{address}"}}]}}"#);
    let pkps = relay_of(&relayer(&[(200, &other)]))
        .fetch_pkps(&wallet())
        .await
        .unwrap();
    assert_eq!(
        pkps[0].public_key().unwrap_err(),
        RelayError::InconsistentPkp
    );

    let server = relayer(&[(200, r#"{"pkps":[]}"#)]);
    let method = RelayAuthMethod::new(AuthMethodType::WebAuthn, B256::ZERO).with_public_key([1, 2]);
    relay_of(&server).fetch_pkps_by_id(&method).await.unwrap();
    assert_eq!(
        server.requests()[0].body,
        format!(
            r#"{{"authMethodId":"{}","authMethodType":3,"authMethodPubKey":"0x0102"}}"#,
            B256::ZERO
        )
    );
}

#[tokio::test]
async fn a_status_is_a_status() {
    let status = |body: &str| {
        let relay = relay_of(&relayer(&[(200, body)]));
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
