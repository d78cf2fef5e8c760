//! Providers of auth methods, with a relayer and a Discord that answer what a test says.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::sync::Arc;

use common::Setup;
use lit_sdk::{
    AuthMethod,
    login::{
        AuthProvider, AuthProviderError, DiscordProvider, EthWalletProvider, IdTokenProvider,
        LitAuthClient, OAuthError, OAuthState, ProviderType, WebAuthnProvider,
    },
    services::{LitRelay, RelayApiKey, RelayError},
    types::{
        CompactJson, SdkErrorCode,
        constants::{AuthMethodScope, AuthMethodType},
    },
};
use lit_test_fakes::{FakeHttp, Reply};
use serde_json::{Value, json};

/// Gives one answer to all requests.
fn replying(status: u16, body: &'static str) -> Arc<FakeHttp> {
    FakeHttp::in_order([Reply::status(status, body)])
}

fn body_of(server: &FakeHttp, index: usize) -> Value {
    serde_json::from_slice(&server.requests()[index].body).unwrap()
}

async fn auth_client(server: &Arc<FakeHttp>) -> LitAuthClient {
    let key = RelayApiKey::new("key").unwrap();
    let relay = LitRelay::with_http_client(server.clone(), "https://relay.example", key).unwrap();
    LitAuthClient::new(Setup::new(3).await.client, relay)
}

const MINTED: &str = r#"{"requestId":"0x12"}"#;

#[tokio::test]
async fn a_wallet_signs_in_and_gets_a_pkp() {
    let server = replying(200, MINTED);
    let setup = Setup::new(3).await;
    let method = EthWalletProvider::authenticate(&setup.client, &setup.wallet)
        .await
        .unwrap();
    assert_eq!(method.auth_method_type, AuthMethodType::EthWallet.into());

    let provider = auth_client(&server)
        .await
        .init_provider(ProviderType::EthWallet);
    let request = provider.mint_request(&method).await.unwrap().owned_by_pkp();
    let request = request.with_scopes([AuthMethodScope::SignAnything]);
    let relay = provider.auth_client().relay();
    assert_eq!(relay.start_mint(&request).await.unwrap().as_str(), "0x12");
    let id = provider.auth_method_id(&method).await.unwrap();
    let body = body_of(&server, 0);
    assert_eq!(body["permittedAuthMethodIds"], json!([id]));
    assert_eq!(body["permittedAuthMethodScopes"], json!([[1]]));
    assert_eq!(body["sendPkpToItself"], true);
}

#[tokio::test]
async fn methods_of_other_providers_are_refused() {
    let client = auth_client(&replying(200, MINTED)).await;
    let method = AuthMethod::new(AuthMethodType::GoogleJwt, "SECRET");
    for provider in [ProviderType::EthWallet, ProviderType::WebAuthn] {
        let provider = client.init_provider(provider);
        let error = provider.mint_request(&method).await.unwrap_err();
        assert!(
            matches!(error, AuthProviderError::WrongType { .. }),
            "{error}"
        );
        assert!(!format!("{error} {error:?}").contains("SECRET"));
    }
}

#[tokio::test]
async fn discord_is_asked_whose_a_token_is() {
    let server = replying(200, r#"{"id":"80351110224678912"}"#);
    let redirect = "https://app.example".parse().unwrap();
    let provider = DiscordProvider::new(auth_client(&server).await, redirect);
    let method = AuthMethod::new(AuthMethodType::Discord, "tok");
    let id = provider.auth_method_id(&method).await.unwrap();
    assert_eq!(
        id.to_string(),
        "0xe4004e43dbbe22179af4a41b651a74079c80c3435796e5f1abca97c3753219a8"
    );

    for (status, body) in [(401, r#"{"id":"1"}"#), (200, "{}"), (200, "[")] {
        let redirect = "https://app.example".parse().unwrap();
        let client = auth_client(&replying(status, body)).await;
        let error = DiscordProvider::new(client, redirect)
            .auth_method_id(&method)
            .await
            .unwrap_err();
        assert_eq!(
            error.sdk_code(),
            Some(SdkErrorCode::UnknownError),
            "{error}"
        );
    }
}

#[tokio::test]
async fn logins_go_to_the_gateway_and_come_back() {
    let client = auth_client(&replying(200, "{}")).await;
    let redirect = "https://app.example/cb?x=1";
    let state = OAuthState::try_from("abcdefghijklmno".to_owned()).unwrap();
    let (encoded, id_token) = ("YWJjZGVmZ2hpamtsbW5v", "id%2Etoken");
    let google = IdTokenProvider::google(client.clone(), redirect.parse().unwrap());
    assert_eq!(
        google.login_url(&state),
        format!(
            "https://login.litgateway.com/auth/google?app_redirect=https%3A%2F%2Fapp.example%2Fcb%3Fx%3D1&state={encoded}"
        )
    );
    let back = format!("{redirect}&provider=google&id_token={id_token}&state={encoded}#top");
    let method = google.authenticate(&back, &state).unwrap();
    assert_eq!(
        method,
        AuthMethod::new(AuthMethodType::GoogleJwt, "id.token")
    );

    let apple = IdTokenProvider::apple(client.clone(), "https://app.example".parse().unwrap());
    let back = format!("https://app.example/?provider=Apple&id_token=t&state={encoded}");
    assert_eq!(
        apple.authenticate(&back, &state).unwrap(),
        apple.auth_method("t")
    );
    let discord = DiscordProvider::new(client, "https://app.example".parse().unwrap());
    let back = format!("https://app.example?provider=discord&access_token=t&state={encoded}");
    let method = discord.authenticate(&back, &state).unwrap();
    assert_eq!(method, AuthMethod::new(AuthMethodType::Discord, "t"));
}

#[tokio::test]
async fn logins_that_are_not_what_was_begun_are_refused() {
    let client = auth_client(&replying(200, "{}")).await;
    let google = IdTokenProvider::google(client, "https://app.example".parse().unwrap());
    let state = OAuthState::try_from("abcdefghijklmno".to_owned()).unwrap();
    let encoded = "YWJjZGVmZ2hpamtsbW5v";
    for (url, error) in [
        ("https://evil.example/?", OAuthError::WrongRedirectUri),
        (
            "https://app.example.evil.example/?",
            OAuthError::WrongRedirectUri,
        ),
        ("https://app.example", OAuthError::WrongRedirectUri),
        (
            "https://app.example?error=denied%0Aby+user&id_token=TOKEN",
            OAuthError::LoginFailed("denied by user".to_owned()),
        ),
        (
            "https://app.example?provider=discord&id_token=TOKEN",
            OAuthError::WrongProvider("google"),
        ),
        (
            "https://app.example?provider=google&id_token=TOKEN",
            OAuthError::WrongState,
        ),
        (
            "https://app.example?provider=google&id_token=TOKEN&state=",
            OAuthError::WrongState,
        ),
        (
            "https://app.example?provider=google&id_token=TOKEN&state=YWJj",
            OAuthError::WrongState,
        ),
        (
            &format!("https://app.example?provider=google&access_token=TOKEN&state={encoded}"),
            OAuthError::MissingToken("id token"),
        ),
    ] {
        let found = google.authenticate(url, &state).unwrap_err();
        assert_eq!(found, error, "{url}");
        assert!(!found.to_string().contains("TOKEN"));
    }
    assert_ne!(
        OAuthState::generate().unwrap(),
        OAuthState::generate().unwrap()
    );
    for guessable in ["", "abc", "abcdefghijklmn+"] {
        let error = OAuthState::try_from(guessable.to_owned()).unwrap_err();
        assert!(error.to_string().contains("15 to 128"), "{error}");
    }
}

/// The public key of a registration travels with its id; a login has none.
#[tokio::test]
async fn passkeys_are_minted_with_their_key() {
    const OBJECT: &str = "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YdhAWJg5urCTZUo-KU1v8pQsootqM1qlVCBV5QO-kSAQN2kAfEUAAAABqqqqqqqqqqqqqqqqqqqqqgAUQkJCQkJCQkJCQkJCQkJCQkJCQkKlAQIDJiABIVgg0h7Ep0UX4f0GnzYQX6A5Rx3aQJicS9fuSCj9ZeYeDFYiWCCMhPt4zg6Y_iYzRh3cvWeL9eMHJN1JFcsb6luzAlxPKw";
    let server = replying(200, MINTED);
    let provider = WebAuthnProvider::new(auth_client(&server).await);
    let credential =
        json!({ "id": "abc", "rawId": "abc", "response": { "attestationObject": OBJECT } });
    let registration = WebAuthnProvider::auth_method(&CompactJson::try_from(&credential).unwrap());
    let request = provider.mint_request(&registration).await.unwrap();
    let relay = provider.auth_client().relay();
    relay.start_mint(&request.owned_by_pkp()).await.unwrap();
    let key = body_of(&server, 0)["permittedAuthMethodPubkeys"][0].clone();
    assert!(
        key.as_str()
            .unwrap()
            .starts_with("0xa5010203262001215820d21e")
    );

    let login = json!({ "id": "abc", "rawId": "abc", "response": { "signature": "" } });
    let login = WebAuthnProvider::auth_method(&CompactJson::try_from(&login).unwrap());
    let error = provider.mint_request(&login).await.unwrap_err();
    assert!(
        matches!(error, AuthProviderError::MalformedCredential(_)),
        "{error}"
    );
    // To look for its PKPs the id is enough.
    let error = provider.fetch_pkps_through_relayer(&login).await;
    assert!(matches!(
        error,
        Err(AuthProviderError::Relay(RelayError::NoPkps))
    ));
    assert_eq!(
        body_of(&server, 1)["authMethodId"],
        json!(provider.auth_method_id(&registration).await.unwrap())
    );

    let options = provider.login_options("app.example").await.unwrap();
    assert_eq!(options["rpId"], "app.example");
    assert_eq!(options["challenge"].as_str().unwrap().len(), 43);
}
