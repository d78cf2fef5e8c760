//! Keys stay where they belong.

use lit_sdk::services::{LitRelay, PayerSecretKey, RelayApiKey};

use crate::support::{relay_of, relayer, wallet};

#[test]
fn secrets_stay_secret() {
    for bad in ["a\nb", "a\r\nx: y", "\0", "é"] {
        let errors = [
            RelayApiKey::new(bad).map(drop),
            PayerSecretKey::new(bad).map(drop),
        ];
        for error in errors {
            let error = error.unwrap_err().to_string();
            assert!(error.contains("ASCII"), "{error}");
        }
    }
    let relay = relay_of(&relayer(&[]));
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
        let server = relayer(&[(400, body)]);
        let relay = LitRelay::with_http_client(server, "https://a", key.clone()).unwrap();
        let error = relay.fetch_pkps(&wallet()).await.unwrap_err();
        let shown = error.to_string();
        assert!(
            shown.contains("[secret]") && !shown.contains("SECRET"),
            "{shown}"
        );
    }
}
