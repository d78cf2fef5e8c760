//! What is sent, and what is not.

use alloy_primitives::{Address, B256};
use lit_sdk::{
    AuthMethod, LitNetwork,
    services::{LitRelay, MintRequest, RelayError},
    types::{
        AuthMethodNumber, SdkErrorCode,
        constants::{AuthMethodScope, AuthMethodType},
    },
};

use crate::support::{relay_of, relayer, wallet};

#[tokio::test]
async fn what_cannot_be_minted_is_not_sent() {
    let server = relayer(&[(200, "{}")]);
    let relay = relay_of(&server);
    let request = |methods: &[AuthMethod]| MintRequest::for_auth_methods(methods).owned_by_pkp();
    let mint = async |request: MintRequest| -> (RelayError, Option<SdkErrorCode>) {
        let error = relay.mint(&request).await.unwrap_err();
        let code = error.sdk_code();
        (error, code)
    };

    let (error, code) = mint(request(&[])).await;
    assert_eq!(error, RelayError::NoAuthMethods);
    assert_eq!(code, Some(SdkErrorCode::InvalidParamType));

    let odd = AuthMethod::new(AuthMethodNumber::new(99), "TOKEN-SECRET");
    let (error, code) = mint(request(&[wallet(), odd])).await;
    assert!(
        matches!(error, RelayError::AuthMethod { index: 1, .. }),
        "{error}"
    );
    assert!(!format!("{error} {error:?}").contains("TOKEN-SECRET"));
    assert_eq!(code, Some(SdkErrorCode::InvalidArgumentException));

    let scopes = vec![vec![AuthMethodScope::SignAnything]; 2];
    let (error, _) = mint(request(&[wallet()]).with_scopes_by_method(scopes)).await;
    assert_eq!(
        error,
        RelayError::Scopes {
            methods: 1,
            scopes: 2
        }
    );

    let credential = AuthMethod::new(AuthMethodType::WebAuthn, r#"{"rawId":"a"}"#);
    let (error, _) = mint(request(&[wallet(), credential])).await;
    assert_eq!(error, RelayError::PublicKey { index: 1 });
    let owned = MintRequest::for_auth_method(&wallet()).owned_by(Address::ZERO);
    let (error, _) = mint(owned).await;
    assert_eq!(error, RelayError::ZeroOwner);
    for unusable in [
        request(&[wallet()]).with_scopes([]),
        request(&[wallet()]).with_scopes_by_method(vec![vec![AuthMethodScope::NoPermissions]]),
    ] {
        let (error, code) = mint(unusable).await;
        assert_eq!(error, RelayError::UnusablePkp);
        assert_eq!(code, Some(SdkErrorCode::InvalidParamType));
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn payers() {
    let wallet = Address::repeat_byte(7);
    let server = relayer(&[(
        200,
        &format!(
            r#"{{"success":true,"payerWalletAddress":"{wallet}","payerSecretKey":"PAYER-SECRET"}}"#
        ),
    )]);
    let payer = relay_of(&server).register_payer().await.unwrap();
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
    let server = relayer(&[(200, &body)]);
    let users = [Address::repeat_byte(0xab)];
    assert_eq!(
        relay_of(&server)
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
    let error = relay_of(&relayer(&[(400, echo)]))
        .add_users(&payer.secret_key, &users)
        .await
        .unwrap_err();
    assert!(error.to_string().ends_with("who is [secret]?"), "{error}");
}

#[test]
fn urls_are_checked_at_once() {
    for bad in ["", "relay.example", "https://a?key=1", "https://a/#b"] {
        let error = LitRelay::with_http_client(relayer(&[]), bad, "k").unwrap_err();
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

#[cfg(feature = "http")]
#[tokio::test]
async fn over_http() {
    use lit_sdk::{services::RelayApiKey, transport::TransportError};

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let key = RelayApiKey::new("k").unwrap();
    let relay = LitRelay::new(&url, key.clone()).unwrap();
    let error = relay.fetch_pkps(&wallet()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("no answer from the relayer at {url}")
    );
    let RelayError::Transport { source, .. } = error else {
        panic!("{error}");
    };
    assert!(matches!(source, TransportError::Connect(_)), "{source}");

    let relay = LitRelay::for_network(LitNetwork::Datil, key.clone()).unwrap();
    assert_eq!(relay.url().as_str(), "https://datil-relayer.getlit.dev");
    assert_eq!(
        LitRelay::for_network(LitNetwork::Cayenne, key.clone()).unwrap_err(),
        RelayError::Network(LitNetwork::Cayenne)
    );
    let error = LitRelay::new(&url, "a\nb").unwrap_err();
    assert!(matches!(error, RelayError::ApiKey(_)), "{error}");

    // The API key is not sent in the clear.
    let relay = LitRelay::new("http://relayer.invalid", key).unwrap();
    let error = relay.fetch_pkps(&wallet()).await.unwrap_err();
    let expected = RelayError::Transport {
        relayer: "http://relayer.invalid".parse().unwrap(),
        source: TransportError::InsecureUrl,
    };
    assert_eq!(error, expected);
}
