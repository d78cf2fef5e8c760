//! Keys stay where they belong.

use lit_sdk::services::{LitRelay, PayerSecretKey, RelayApiKey};

use crate::support::{Server, wallet};

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
