//! Logins: the auth methods that nodes verify.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::{sync::Arc, time::Duration};

use alloy_primitives::B256;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ciborium::Value as Cbor;
use common::{Setup, code, send};
use lit_contracts::{PermittedAuthMethod, Scopes};
use lit_devnet::{Devnet, JwtClaims, JwtIssuer, JwtProvider, StytchFactor};
use lit_session_crypto::hd_key_id;
use lit_test_fakes::{FakeHttp, Reply};
use lit_types::{
    AuthMethod,
    constants::{AuthMethodScope, AuthMethodType},
    wire::Endpoint,
};
use p256::ecdsa::{DerSignature, Signature, SigningKey, signature::Signer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

impl Setup {
    /// Status and code of the answer of the first node, which gets only this auth method.
    async fn shown(&self, method: &AuthMethod) -> (u16, String) {
        let (status, answer) = self.ask(0, &self.body_of(method)).await;
        let shown = method.access_token.as_str();
        let text = answer.to_string();
        assert!(
            status == 200 || shown.len() < 8 || !text.contains(shown),
            "{text}"
        );
        (status, code(&answer).to_owned())
    }

    fn body_of(&self, method: &AuthMethod) -> Value {
        let message = self.message().build().unwrap();
        self.body(&message, std::slice::from_ref(method))
    }

    async fn permit(&self, permitted: &PermittedAuthMethod) {
        let scopes: Scopes = AuthMethodScope::PersonalSign.into();
        let permissions = self.contracts().permissions();
        permissions
            .add_auth_method(self.pkp.token_id(), permitted, scopes)
            .await
            .unwrap();
    }
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

#[tokio::test]
async fn tokens_of_every_provider_give_the_id_that_clients_permit() {
    let setup = Setup::new().await;
    let claims = JwtClaims::new("User-1", "App-1")
        .with_factor(StytchFactor::Email("Me@Example.com".to_owned()))
        .with_factor(StytchFactor::Sms("+1 555 0100".to_owned()))
        .with_factor(StytchFactor::Totp("TOTP-1".to_owned()));
    let stytch = JwtProvider::Stytch;
    for (kind, provider, user, app) in [
        (
            AuthMethodType::GoogleJwt,
            JwtProvider::Google,
            "User-1",
            "App-1",
        ),
        (
            AuthMethodType::AppleJwt,
            JwtProvider::Apple,
            "User-1",
            "App-1",
        ),
        (AuthMethodType::StytchOtp, stytch, "user-1", "app-1"),
        (
            AuthMethodType::StytchEmailFactorOtp,
            stytch,
            "me@example.com",
            "app-1",
        ),
        (
            AuthMethodType::StytchSmsFactorOtp,
            stytch,
            "+1 555 0100",
            "app-1",
        ),
        (
            AuthMethodType::StytchTotpFactorOtp,
            stytch,
            "totp-1",
            "app-1",
        ),
    ] {
        let method = AuthMethod::new(kind, setup.network.issue_jwt(provider, &claims));
        let none = refused(401, "NodeAuthSigScopeTooLimited");
        assert_eq!(setup.shown(&method).await, none, "{kind:?}");
        let id = hd_key_id(user, app, false);
        setup.permit(&PermittedAuthMethod::new(kind, id.0)).await;
        assert_eq!(setup.shown(&method).await.0, 200, "{kind:?}");
    }
    let token = setup.network.issue_jwt(JwtProvider::Stytch, &claims);
    // The number was not proven by WhatsApp.
    let other_way = AuthMethod::new(AuthMethodType::StytchWhatsAppFactorOtp, token);
    assert_eq!(
        setup.shown(&other_way).await,
        refused(401, "NodeAuthFailed")
    );
}

#[tokio::test]
async fn tokens_that_prove_nothing() {
    let setup = Setup::new().await;
    let claims = JwtClaims::new("user-1", "app-1").with_lifetime(Duration::from_secs(60));
    let token = setup.network.issue_jwt(JwtProvider::Google, &claims);
    let google = |token: &str| AuthMethod::new(AuthMethodType::GoogleJwt, token);
    let id = hd_key_id("user-1", "app-1", false);
    setup
        .permit(&PermittedAuthMethod::new(AuthMethodType::GoogleJwt, id.0))
        .await;
    assert_eq!(setup.shown(&google(&token)).await.0, 200);

    let parts: Vec<&str> = token.split('.').collect();
    let part = |json: Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    let somebody_else = part(
        json!({ "iss": "https://google.invalid", "sub": "user-2", "aud": "app-1", "exp": u32::MAX }),
    );
    let nobody = part(json!({ "alg": "none" }));
    let shared_key = part(json!({ "alg": "HS256" }));
    let unread = part(json!({ "alg": "ES256", "crit": ["exp"] }));
    let foreign = Devnet::builder().with_seed([9; 32]).start().await.unwrap();
    for bad in [
        format!("{}.{somebody_else}.{}", parts[0], parts[2]),
        format!("{nobody}.{}.", parts[1]),
        format!("{nobody}.{}.{}", parts[1], parts[2]),
        format!("{shared_key}.{}.{}", parts[1], parts[2]),
        format!("{unread}.{}.{}", parts[1], parts[2]),
        format!("{}.{}", parts[0], parts[1]),
        foreign.issue_jwt(JwtProvider::Google, &claims),
        setup.network.issue_jwt(JwtProvider::Apple, &claims),
        "no token".to_owned(),
        String::new(),
    ] {
        let shown = setup.shown(&google(&bad)).await;
        assert_eq!(shown, refused(401, "NodeAuthFailed"), "{bad}");
    }
    setup.network.clock().advance(Duration::from_secs(60));
    assert_eq!(
        setup.shown(&google(&token)).await,
        refused(401, "NodeAuthFailed")
    );
}

#[tokio::test]
async fn issuers_that_the_network_is_told_of() {
    let key = SigningKey::from_slice(&[3; 32]).unwrap();
    let point = key.verifying_key().to_encoded_point(false);
    let coordinate = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let (x, y) = (point.x().unwrap(), point.y().unwrap());
    let keys = json!({ "keys": [
        { "kty": "EC", "crv": "P-256", "kid": "a", "x": coordinate(x), "y": coordinate(y) },
    ]});
    let issuer =
        || JwtIssuer::new(JwtProvider::Apple, "https://id.example", &keys.to_string()).unwrap();
    let builder = Devnet::builder()
        .with_jwt_issuer(issuer().with_audience("app-0"))
        .with_jwt_issuer(issuer().with_audience("app-1"));
    let setup = Setup::of(builder).await;
    let issue = |kid: &str, claims: Value| {
        let part = |json: Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
        let header = part(json!({ "alg": "ES256", "kid": kid }));
        let signed = format!("{header}.{}", part(claims));
        let signature: Signature = key.sign(signed.as_bytes());
        let token = format!("{signed}.{}", coordinate(&signature.to_bytes()));
        AuthMethod::new(AuthMethodType::AppleJwt, token)
    };
    let now = setup.now().at().unix_timestamp();
    let claims = json!({ "iss": "https://id.example", "sub": "u", "aud": "app-1", "exp": now + 60, "iat": now });
    let good = issue("a", claims.clone());
    let id = hd_key_id("u", "app-1", false);
    setup
        .permit(&PermittedAuthMethod::new(AuthMethodType::AppleJwt, id.0))
        .await;
    assert_eq!(setup.shown(&good).await.0, 200);
    let failed = refused(401, "NodeAuthFailed");
    assert_eq!(setup.shown(&issue("b", claims.clone())).await, failed);
    for (name, value) in [
        ("iss", json!("https://id.other")),
        ("aud", json!("app-2")),
        ("aud", json!(["app-1", "app-2"])),
        ("aud", json!([])),
        ("sub", json!("")),
        ("exp", Value::Null),
        ("nbf", json!(now + 600)),
        ("iat", json!(now + 600)),
    ] {
        let mut changed = claims.clone();
        changed[name] = value;
        assert_eq!(
            setup.shown(&issue("a", changed.clone())).await,
            failed,
            "{changed}"
        );
    }
}

/// What an authenticator makes of a challenge.
struct Authenticator {
    key: SigningKey,
    kind: &'static str,
    origin: &'static str,
    host: &'static str,
    flags: u8,
}

impl Authenticator {
    fn new() -> Self {
        Self {
            key: SigningKey::from_slice(&[5; 32]).unwrap(),
            kind: "webauthn.get",
            origin: "https://app.example:8443",
            host: "app.example",
            flags: 0b101,
        }
    }

    fn cose_key(&self) -> Vec<u8> {
        let point = self.key.verifying_key().to_encoded_point(false);
        let number = |n: i64| Cbor::Integer(n.into());
        let bytes =
            |coordinate: Option<&p256::FieldBytes>| Cbor::Bytes(coordinate.unwrap().to_vec());
        let map = Cbor::Map(vec![
            (number(1), number(2)),
            (number(3), number(-7)),
            (number(-1), number(1)),
            (number(-2), bytes(point.x())),
            (number(-3), bytes(point.y())),
        ]);
        let mut encoded = Vec::new();
        ciborium::into_writer(&map, &mut encoded).unwrap();
        encoded
    }

    fn method(&self, blockhash: &str) -> AuthMethod {
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        let challenge = encode(&hex::decode(&blockhash[2..]).unwrap());
        let client =
            json!({ "type": self.kind, "challenge": challenge, "origin": self.origin }).to_string();
        let mut data = Sha256::digest(self.host).to_vec();
        data.extend([self.flags, 0, 0, 0, 1]);
        let signed = [data.as_slice(), &Sha256::digest(&client)].concat();
        let signature: DerSignature = self.key.sign(&signed);
        let credential = json!({
            "id": "abc", "rawId": "abc", "type": "public-key",
            "response": {
                "clientDataJSON": encode(client.as_bytes()),
                "authenticatorData": encode(&data),
                "signature": encode(signature.as_bytes()),
            },
        });
        AuthMethod::new(AuthMethodType::WebAuthn, credential.to_string())
    }
}

/// The id of a passkey's auth method, from the `rawId` of its credential.
fn credential_id(method: &AuthMethod) -> B256 {
    let credential: Value = serde_json::from_str(&method.access_token).unwrap();
    hd_key_id(credential["rawId"].as_str().unwrap(), "lit", false)
}

/// Status and code for a credential, asked from a page of this origin.
async fn from_page(setup: &Setup, origin: &str, method: &AuthMethod) -> (u16, String) {
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("x-request-id", "lit_abc".to_owned()),
        ("origin", origin.to_owned()),
    ];
    let body = setup.body_of(method);
    let answer = send(&setup.network, 0, Endpoint::SignSessionKey, headers, &body).await;
    let (status, body) = answer.unwrap();
    let body: Value = serde_json::from_slice(&body).unwrap();
    (status, code(&body).to_owned())
}

#[tokio::test]
async fn a_passkey_signs_a_recent_block_for_the_page_that_asks() {
    const PAGE: &str = "https://app.example:8443";
    let setup = Setup::new().await;
    let passkey = Authenticator::new();
    let good = passkey.method(&setup.nonce);
    let failed = refused(401, "NodeAuthFailed");
    assert_eq!(
        from_page(&setup, PAGE, &good).await,
        failed,
        "not registered"
    );
    let id = credential_id(&good);
    let permitted = PermittedAuthMethod::new(AuthMethodType::WebAuthn, id.0)
        .with_user_public_key(passkey.cose_key());
    setup.permit(&permitted).await;
    assert_eq!(from_page(&setup, PAGE, &good).await.0, 200);

    for page in [
        "https://app.example",
        "https://evil.example:8443",
        "http://localhost",
    ] {
        assert_eq!(from_page(&setup, page, &good).await, failed, "{page}");
    }
    for (name, other) in [
        (
            "registration",
            Authenticator {
                kind: "webauthn.create",
                ..Authenticator::new()
            },
        ),
        (
            "other host",
            Authenticator {
                host: "evil.example",
                ..Authenticator::new()
            },
        ),
        (
            "user not verified",
            Authenticator {
                flags: 0b001,
                ..Authenticator::new()
            },
        ),
        (
            "other key",
            Authenticator {
                key: SigningKey::from_slice(&[6; 32]).unwrap(),
                ..Authenticator::new()
            },
        ),
    ] {
        let shown = from_page(&setup, PAGE, &other.method(&setup.nonce)).await;
        assert_eq!(shown, failed, "{name}");
    }
    let no_block = passkey.method(&format!("0x{}", "1f".repeat(32)));
    let challenge = refused(400, "NodeInvalidWebAuthnChallenge");
    assert_eq!(from_page(&setup, PAGE, &no_block).await, challenge);
    setup.network.clock().advance(Duration::from_secs(120));
    assert_eq!(from_page(&setup, PAGE, &good).await, challenge);
}

/// Hashes of other chains count as new when they are first seen, so nobody but the owner of a passkey is to show them.
#[tokio::test]
async fn a_block_of_another_chain_is_first_seen_in_a_good_assertion() {
    const PAGE: &str = "https://app.example:8443";
    let setup = Setup::of(Devnet::builder().with_foreign_blockhashes(true)).await;
    let passkey = Authenticator::new();
    let good = passkey.method(&format!("0x{}", "1f".repeat(32)));
    let id = credential_id(&good);
    let permitted = PermittedAuthMethod::new(AuthMethodType::WebAuthn, id.0)
        .with_user_public_key(passkey.cose_key());
    setup.permit(&permitted).await;
    let other = Authenticator {
        key: SigningKey::from_slice(&[6; 32]).unwrap(),
        ..Authenticator::new()
    };
    let forged = other.method(&format!("0x{}", "1f".repeat(32)));
    let failed = refused(401, "NodeAuthFailed");
    assert_eq!(from_page(&setup, PAGE, &forged).await, failed);
    setup.network.clock().advance(Duration::from_secs(180));
    assert_eq!(from_page(&setup, PAGE, &good).await.0, 200);
    setup.network.clock().advance(Duration::from_secs(180));
    let challenge = refused(400, "NodeInvalidWebAuthnChallenge");
    assert_eq!(from_page(&setup, PAGE, &good).await, challenge);
}

/// Discord and Google, as far as nodes ask them.
fn providers() -> Arc<FakeHttp> {
    FakeHttp::by(|request| {
        let mut headers = request.headers.iter();
        let bearer = headers.find(|(name, _)| *name == "authorization");
        match (request.url.as_str(), bearer) {
            ("https://discord.example/api/oauth2/@me", Some((_, token)))
                if token == "Bearer good" =>
            {
                Reply::json(&json!({ "application": { "id": "app" }, "user": { "id": "user" } }))
            }
            ("https://google.example/oauth2/v3/tokeninfo?access_token=good", None) => {
                Reply::json(&json!({ "sub": "user", "aud": "app", "exp": "1" }))
            }
            (url, _) if url.contains("down") => Reply::refused(),
            ("https://google.example/oauth2/v3/tokeninfo?access_token=odd", None) => {
                Reply::ok("[]")
            }
            _ => Reply::status(401, "{}"),
        }
    })
}

#[tokio::test]
async fn discord_and_google_are_asked_whose_a_token_is() {
    let url = |text: &str| text.parse().unwrap();
    let builder = Devnet::builder()
        .with_discord(providers(), url("https://discord.example/api"))
        .with_google(providers(), url("https://google.example"));
    let setup = Setup::of(builder).await;
    let id = hd_key_id("user", "app", false);
    for kind in [AuthMethodType::Discord, AuthMethodType::Google] {
        setup.permit(&PermittedAuthMethod::new(kind, id.0)).await;
        let good = AuthMethod::new(kind, "good");
        assert_eq!(setup.shown(&good).await.0, 200, "{kind:?}");
        for bad in ["", "bad", "good\r\nx: y", "good&a=b", "../good"] {
            let shown = setup.shown(&AuthMethod::new(kind, bad)).await;
            assert_eq!(shown, refused(401, "NodeAuthFailed"), "{kind:?} {bad}");
        }
    }
    let token = |token: &str| AuthMethod::new(AuthMethodType::Google, token);
    assert_eq!(
        setup.shown(&token("odd")).await,
        refused(401, "NodeAuthFailed")
    );
    let unreachable = refused(500, "CoreApiHttpClientConnectFailed");
    assert_eq!(setup.shown(&token("down")).await, unreachable);

    let nowhere = Setup::new().await;
    for kind in [AuthMethodType::Discord, AuthMethodType::Google] {
        let shown = nowhere.shown(&AuthMethod::new(kind, "good")).await;
        assert_eq!(shown, refused(401, "NodeAuthFailed"), "{kind:?}");
    }
}
