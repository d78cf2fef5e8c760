//! AuthSigs outside sessions. Texts and prompts are judged by vectors; here is when a kept one is used.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use alloy_signer_local::PrivateKeySigner;
use lit_sdk::{
    AuthSig, Timestamp,
    login::auth_message::{
        AuthMessage, AuthMessageError, MustSign, check_and_sign_auth_message, check_text,
    },
    types::SdkErrorCode,
};
use time::{Duration, OffsetDateTime};

fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_900_000_000).unwrap()
}

fn message(chain: &str) -> AuthMessage {
    let nonce = "nonce1234".parse().unwrap();
    AuthMessage::new(chain, "example.com", "https://example.com/login", nonce).unwrap()
}

async fn sign(message: &AuthMessage, kept: Option<&AuthSig>, wallet: &PrivateKeySigner) -> AuthSig {
    check_and_sign_auth_message(message, kept, wallet, now())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_kept_one_is_used_while_it_is_good() {
    let wallet = lit_test_fakes::wallet();
    let kept = sign(&message("ethereum"), None, &wallet).await;
    // A nonce is used once.
    let nonce = "another12345".parse().unwrap();
    let again = AuthMessage::new(
        "ethereum",
        "example.com",
        "https://example.com/login",
        nonce,
    );
    assert_eq!(sign(&again.unwrap(), Some(&kept), &wallet).await, kept);
    // The browser helper of the official client writes addresses in lower case.
    let lower = AuthSig {
        address: kept.address.to_lowercase(),
        ..kept.clone()
    };
    assert_eq!(
        sign(&message("ethereum"), Some(&lower), &wallet).await,
        lower
    );

    let end = now() + Duration::days(7);
    assert!(check_text(&kept.signed_message, &[], end).is_ok());
    let after = end + Duration::milliseconds(1);
    let late = check_text(&kept.signed_message, &[], after);
    assert!(matches!(late, Err(MustSign::Refused(_))));
    let at = |at| message("ethereum").check_kept(&kept, wallet.address(), at);
    assert_eq!(at(end), Ok(()));
    assert!(matches!(at(after), Err(MustSign::Refused(_))));
}

#[tokio::test]
async fn anything_else_is_signed_anew() {
    let wallet = lit_test_fakes::wallet();
    let kept = sign(&message("ethereum"), None, &wallet).await;
    let nonce = || "nonce1234".parse().unwrap();
    let others = [
        message("polygon"),
        message("ethereum").with_resources(["https://example.com/x".to_owned()]),
        AuthMessage::new(
            "ethereum",
            "example.org",
            "https://example.com/login",
            nonce(),
        )
        .unwrap(),
        AuthMessage::new("ethereum", "example.com", "https://example.com/", nonce()).unwrap(),
    ];
    for other in others {
        assert_eq!(
            other.check_kept(&kept, wallet.address(), now()),
            Err(MustSign::WrongRequest)
        );
        let signed = sign(&other, Some(&kept), &wallet).await;
        assert_ne!(signed, kept);
        assert_eq!(other.check_kept(&signed, wallet.address(), now()), Ok(()));
    }
    let other = lit_test_fakes::wallet();
    let refused = message("ethereum").check_kept(&kept, other.address(), now());
    assert_eq!(refused, Err(MustSign::WrongAddress));
    // A forged one is found out.
    let forged = AuthSig {
        signed_message: kept.signed_message.replace("2030", "2031"),
        ..kept
    };
    assert_ne!(
        sign(&message("ethereum"), Some(&forged), &wallet).await,
        forged
    );
}

#[tokio::test]
async fn what_cannot_be_signed_is_refused() {
    let wallet = lit_test_fakes::wallet();
    let nonce = "nonce1234".parse().unwrap();
    let unknown = AuthMessage::new("nowhere", "example.com", "x:y", nonce).unwrap_err();
    assert_eq!(
        unknown.sdk_code(),
        Some(SdkErrorCode::UnsupportedChainException)
    );
    let past = Timestamp::try_from(now() - Duration::seconds(1)).unwrap();
    let expired = message("ethereum").with_expiration(past);
    let refused = check_and_sign_auth_message(&expired, None, &wallet, now()).await;
    assert!(matches!(refused, Err(AuthMessageError::Refused(_))));
}
