//! Tokens of the network's own issuer.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use lit_devnet::{JwtClaims, JwtProvider};
use lit_types::Clock;
use serde_json::{Value, json};

use crate::support::{Answer, Services};

fn claims(answer: &Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.body);
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn tokens_are_those_of_the_library() {
    let services = Services::start().await;
    let clock = services.network.clock();
    clock.stop_at(clock.now());
    assert_eq!(
        services.network.jwt_url().unwrap(),
        format!("{}/jwt", services.network.relay_url().unwrap())
    );
    let body =
        json!({ "sub": "user-1", "aud": "app-1", "email": "me@example.com", "lifetime": 60 });
    let of_library = JwtClaims::new("user-1", "app-1")
        .with_email("me@example.com")
        .with_lifetime(std::time::Duration::from_secs(60));
    for (path, provider) in [
        ("google", JwtProvider::Google),
        ("Apple", JwtProvider::Apple),
        ("stytch", JwtProvider::Stytch),
    ] {
        let answer = services.post(&format!("/jwt/{path}"), &body).await;
        let expected = services.network.issue_jwt(provider, &of_library);
        let signed = |token: &str| token.rsplit_once('.').unwrap().0.to_owned();
        let token = answer.json()["token"].as_str().unwrap().to_owned();
        assert_eq!(signed(&token), signed(&expected));
    }
    let google = services.post("/jwt/google", &body).await;
    let now = clock.now().unix_timestamp();
    assert_eq!(
        claims(&google),
        json!({
            "iss": "https://google.invalid", "sub": "user-1", "aud": "app-1", "iat": now, "exp": now + 60,
            "email": "me@example.com", "email_verified": true,
        })
    );
    let factors = json!({ "sub": "u", "email": "me@example.com", "sms": "+1", "whatsapp": "+2", "totp": "t" });
    let stytch = claims(&services.post("/jwt/stytch", &factors).await);
    assert_eq!(stytch["aud"], json!(["devnet"]));
    assert_eq!(stytch["exp"], now + 3600);
    assert_eq!(
        stytch["https://stytch.com/session"]["authentication_factors"],
        json!([
            { "delivery_method": "sms", "phone_number_factor": { "phone_number": "+1" } },
            { "delivery_method": "whatsapp", "phone_number_factor": { "phone_number": "+2" } },
            { "delivery_method": "authenticator_app", "authenticator_app_factor": { "totp_id": "t" } },
            { "delivery_method": "email", "email_factor": { "email_address": "me@example.com" } },
        ])
    );
}

#[tokio::test]
async fn bad_requests_for_tokens() {
    let services = Services::start().await;
    for (path, body, status, problem) in [
        (
            "/jwt/github",
            json!({ "sub": "u" }),
            404,
            "unknown provider \"github\": expected google, apple or stytch",
        ),
        ("/jwt/google", json!({}), 400, "missing field `sub`"),
        (
            "/jwt/google",
            json!({ "sub": "" }),
            400,
            "sub must not be empty",
        ),
        (
            "/jwt/google",
            json!({ "sub": "u", "aud": "" }),
            400,
            "aud must not be empty",
        ),
        (
            "/jwt/google",
            json!({ "sub": 1 }),
            400,
            "invalid type: integer `1`, expected a string",
        ),
        (
            "/jwt/google",
            json!({ "sub": "u", "audience": "a" }),
            400,
            "unknown field `audience`",
        ),
        (
            "/jwt/google",
            json!({ "sub": "u", "lifetime": -1 }),
            400,
            "invalid value: integer `-1`, expected u32",
        ),
        (
            "/jwt/apple",
            json!({ "sub": "u", "sms": "+1" }),
            400,
            "sms is a factor of Stytch; tokens of Apple have none",
        ),
        (
            "/jwt/google",
            json!({ "sub": "u".repeat(16 * 1024) }),
            413,
            "length limit exceeded",
        ),
    ] {
        let answer = services.post(path, &body).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(
            answer.body.replace("\\\"", "\"").contains(problem),
            "{}",
            answer.body
        );
    }
}
