//! Issuers of JWTs that publish their keys at a URL.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::{sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use common::{Setup, code};
use lit_devnet::{Devnet, JwtIssuer, JwtProvider};
use lit_test_fakes::{FakeHttp, Reply};
use lit_types::{AuthMethod, constants::AuthMethodType};
use p256::ecdsa::{Signature, SigningKey, signature::Signer};
use serde_json::{Value, json};

const URL: &str = "https://id.example/certs?secret=1";
const ISSUER: &str = "https://id.example";

/// The signature is good, and the PKP does not permit the user.
const VERIFIED: &str = "NodeAuthSigScopeTooLimited";
const FAILED: &str = "NodeAuthFailed";
const UNREACHABLE: &str = "CoreApiHttpClientConnectFailed";

/// A key of the issuer.
struct Key {
    id: &'static str,
    secret: SigningKey,
}

impl Key {
    fn new(id: &'static str, secret: u8) -> Self {
        let secret = SigningKey::from_slice(&[secret; 32]).unwrap();
        Self { id, secret }
    }

    fn public(&self) -> Value {
        let point = self.secret.verifying_key().to_encoded_point(false);
        let (x, y) = (point.x().unwrap(), point.y().unwrap());
        json!({ "kty": "EC", "crv": "P-256", "kid": self.id, "x": encode(x), "y": encode(y) })
    }

    /// A login that this key signed.
    fn login(&self) -> AuthMethod {
        let part = |json: Value| encode(json.to_string().as_bytes());
        let header = part(json!({ "alg": "ES256", "kid": self.id }));
        let claims = json!({ "iss": ISSUER, "sub": "u", "aud": "a", "exp": u32::MAX });
        let signed = format!("{header}.{}", part(claims));
        let signature: Signature = self.secret.sign(signed.as_bytes());
        let token = format!("{signed}.{}", encode(&signature.to_bytes()));
        AuthMethod::new(AuthMethodType::GoogleJwt, token)
    }
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn publishing(keys: &[&Key]) -> Reply {
    let keys: Vec<Value> = keys.iter().map(|key| key.public()).collect();
    Reply::json(&json!({ "keys": keys }))
}

struct Issuer {
    setup: Setup,
    server: Arc<FakeHttp>,
}

impl Issuer {
    async fn new(first: Reply) -> Self {
        let server = FakeHttp::in_order([first]);
        let issuer = JwtIssuer::from_url(
            JwtProvider::Google,
            ISSUER,
            server.clone(),
            URL.parse().unwrap(),
        );
        let setup = Setup::of(Devnet::builder().with_jwt_issuer(issuer)).await;
        Self { setup, server }
    }

    /// What a node answers to a login with this key.
    async fn shown(&self, node: usize, key: &Key) -> String {
        let message = self.setup.message().build().unwrap();
        let body = self.setup.body(&message, &[key.login()]);
        let (_, answer) = self.setup.ask(node, &body).await;
        assert!(!answer.to_string().contains("secret"), "{answer}");
        code(&answer).to_owned()
    }

    fn fetches(&self) -> usize {
        self.server.requests().len()
    }
}

async fn after(seconds: u64) {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(seconds)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn keys_are_fetched_once_and_again_for_an_unknown_key() {
    let (old, new, stranger) = (Key::new("old", 1), Key::new("new", 2), Key::new("none", 3));
    let issuer = Issuer::new(publishing(&[&old])).await;
    for node in 0..3 {
        assert_eq!(issuer.shown(node, &old).await, VERIFIED);
    }
    assert_eq!(issuer.server.urls(), [URL]);
    // The name of the key proves nothing.
    assert_eq!(issuer.shown(0, &Key::new("old", 3)).await, FAILED);
    assert_eq!(issuer.fetches(), 1);

    issuer.server.reply(publishing(&[&old, &new]));
    after(10).await;
    assert_eq!(issuer.shown(0, &new).await, VERIFIED);
    assert_eq!(issuer.fetches(), 2);

    // Unknown keys cause one fetch in ten seconds.
    after(10).await;
    for _ in 0..5 {
        assert_eq!(issuer.shown(1, &stranger).await, FAILED);
    }
    assert_eq!(issuer.fetches(), 3);
    after(9).await;
    assert_eq!(issuer.shown(1, &stranger).await, FAILED);
    assert_eq!(issuer.fetches(), 3);
    after(1).await;
    assert_eq!(issuer.shown(1, &stranger).await, FAILED);
    assert_eq!(issuer.fetches(), 4);
    assert_eq!(issuer.shown(1, &old).await, VERIFIED);
}

#[tokio::test]
async fn a_caller_that_disconnects_leaves_the_fetch_to_others() {
    let key = Key::new("old", 1);
    let issuer = Issuer::new(publishing(&[&key]).after(Duration::from_secs(5))).await;
    let is_asked = async {
        while issuer.fetches() < 1 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        answer = issuer.shown(0, &key) => panic!("{answer}"),
        () = is_asked => {}
    }
    after(5).await;
    assert_eq!(issuer.shown(1, &key).await, VERIFIED);
    assert_eq!(issuer.fetches(), 1);
}

#[tokio::test]
async fn a_known_key_does_not_wait_for_an_unknown_one() {
    let (old, stranger) = (Key::new("old", 1), Key::new("none", 3));
    let issuer = Issuer::new(publishing(&[&old])).await;
    assert_eq!(issuer.shown(0, &old).await, VERIFIED);
    after(10).await;
    issuer.server.reply(Reply::never());
    let unknown = issuer.shown(1, &stranger);
    tokio::pin!(unknown);
    let is_asked = async {
        while issuer.fetches() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        answer = &mut unknown => panic!("{answer}"),
        () = is_asked => {}
    }
    tokio::select! {
        answer = unknown => panic!("{answer}"),
        answer = issuer.shown(1, &old) => assert_eq!(answer, VERIFIED),
    }
}

#[tokio::test]
async fn a_withdrawn_key_is_of_use_for_ten_minutes() {
    let (old, new) = (Key::new("old", 1), Key::new("new", 2));
    let issuer = Issuer::new(publishing(&[&old])).await;
    assert_eq!(issuer.shown(0, &old).await, VERIFIED);
    issuer.server.reply(publishing(&[&new]));
    after(599).await;
    assert_eq!(issuer.shown(0, &old).await, VERIFIED);
    after(1).await;
    assert_eq!(issuer.shown(0, &old).await, FAILED);
    assert_eq!(issuer.shown(0, &new).await, VERIFIED);
    assert_eq!(issuer.fetches(), 2);
}

#[tokio::test]
async fn an_issuer_that_does_not_publish_keys() {
    let key = Key::new("old", 1);
    let issuer = Issuer::new(Reply::refused()).await;
    assert_eq!(issuer.shown(0, &key).await, UNREACHABLE);
    // Not before ten seconds have passed.
    issuer.server.reply(publishing(&[&key]));
    assert_eq!(issuer.shown(0, &key).await, FAILED);
    assert_eq!(issuer.fetches(), 1);
    after(10).await;
    assert_eq!(issuer.shown(0, &key).await, VERIFIED);

    // Known keys are of use while the issuer fails, however it does.
    let large = json!({ "keys": [key.public()], "padding": " ".repeat(256 * 1024) });
    let unknown = Key::new("new", 2);
    for reply in [
        Reply::refused(),
        Reply::status(500, "{}"),
        Reply::ok("<html>"),
        Reply::json(&json!({ "keys": [] })),
        Reply::json(&large),
    ] {
        issuer.server.reply(reply);
        after(600).await;
        let fetches = issuer.fetches();
        assert_eq!(issuer.shown(0, &key).await, VERIFIED);
        assert_eq!(issuer.fetches(), fetches + 1);
        after(10).await;
        assert!([FAILED, UNREACHABLE].contains(&&*issuer.shown(0, &unknown).await));
    }
}
