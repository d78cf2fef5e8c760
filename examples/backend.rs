//! A backend that lets callers in by their session signatures, and logs why it refuses one.
//!
//! `cargo run -p lit-examples --example backend`

#![allow(clippy::print_stdout, reason = "this is a program")]

use std::{error::Error, sync::Arc, time::SystemTime};

use alloy_signer_local::PrivateKeySigner;
use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::State,
    http::{Request, StatusCode, header::CONTENT_TYPE},
    routing::post,
};
use lit_devnet::Devnet;
use lit_sdk::{
    ActionCid, AuthSig, LitNodeClient, Right, SessionRequest, WalletAuth,
    session_crypto::{Operation, SessionVerifier},
};
use tower::ServiceExt;

/// The URL that callers sign for.
const SERVICE: &str = "https://api.example.com";
/// The action of the application. Sessions that may run it may call the backend.
const ACTION: &str = "Lit.Actions.setResponse({ response: 'hello' })";

struct Backend {
    /// It remembers the roots that it has verified, so there is one for all requests.
    verifier: SessionVerifier,
    operation: Operation,
}

async fn hello(
    State(backend): State<Arc<Backend>>,
    Json(sig): Json<AuthSig>,
) -> Result<String, StatusCode> {
    // The first request of a session verifies its root. For a PKP that takes milliseconds.
    let (verifier, operation) = (&backend.verifier, &backend.operation);
    match verifier.verify(&sig, operation, SystemTime::now()) {
        Ok(caller) => Ok(format!("hello {}", caller.address)),
        Err(refusal) => {
            // The text is safe to log: one line, without credentials.
            println!("refused: {refusal}");
            Err(StatusCode::FORBIDDEN)
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let network = Devnet::start(3).await?;
    let client = LitNodeClient::connect(&network).await?;

    // A backend needs no client: the network key of its configuration verifies sessions of PKPs.
    let network_key = client.keys().network_public_key.parse()?;
    let action = ActionCid::of_code(ACTION);
    let backend = Backend {
        verifier: SessionVerifier::for_service(SERVICE)?
            .with_domain("app.example.com")
            .with_network_key(network_key),
        operation: Operation::run_action(action),
    };
    let router = Router::new()
        .route("/hello", post(hello))
        .with_state(Arc::new(backend));

    // The caller: it signs each request, or keeps a signature until it expires.
    let wallet = WalletAuth::new(PrivateKeySigner::random());
    let request = SessionRequest::new([Right::run_action(action)]);
    for domain in ["app.example.com", "evil.example"] {
        let request = request.clone().with_domain(domain);
        let session = client.session(&request, &wallet).await?;
        let sig = session.sign_for_node(&SERVICE.parse()?, SystemTime::now())?;

        let call = Request::post("/hello").header(CONTENT_TYPE, "application/json");
        let call = call.body(Body::from(serde_json::to_string(&sig)?))?;
        let answer = router.clone().oneshot(call).await?;
        let status = answer.status();
        let body = to_bytes(answer.into_body(), 1024).await?;
        println!("{domain}: {status} {}", String::from_utf8_lossy(&body));
        assert_eq!(status == StatusCode::OK, domain == "app.example.com");
    }
    Ok(())
}
