//! A relayer that answers what a test says.

use std::sync::Arc;

use lit_sdk::{
    AuthMethod,
    services::{LitRelay, RelayApiKey, RelayRequestId},
    types::{PkpPublicKey, constants::AuthMethodType},
};
use lit_test_fakes::{FakeHttp, Reply};

pub(crate) const KEY: &str = "0209ac7be2018f5ddc1e5057212eed99dd4a40dd6535bbaf6fb664581f7b53837f";

const WALLET: &str = r#"{"address":"0x360856A3573d7321C9d23d0b50939a244cC5Ee78"}"#;

pub(crate) const IN_PROGRESS: &str = r#"{"status":"InProgress"}"#;

/// Gives the answers in order and repeats the last one.
pub(crate) fn relayer(answers: &[(u16, &str)]) -> Arc<FakeHttp> {
    FakeHttp::in_order(answers.iter().map(|(status, body)| answer(*status, body)))
}

pub(crate) fn answer(status: u16, body: &str) -> Reply {
    Reply::status(status, body.to_owned())
}

pub(crate) fn relay_of(server: &Arc<FakeHttp>) -> LitRelay {
    let key = RelayApiKey::new("KEY-SECRET").unwrap();
    LitRelay::with_http_client(server.clone(), "https://relay.example/a/", key).unwrap()
}

pub(crate) fn wallet() -> AuthMethod {
    AuthMethod::new(AuthMethodType::EthWallet, WALLET)
}

pub(crate) fn id(text: &str) -> RelayRequestId {
    text.parse().unwrap()
}

/// What a relayer says when it has minted the PKP of `KEY`.
pub(crate) fn succeeded() -> String {
    let key: PkpPublicKey = KEY.parse().unwrap();
    format!(
        r#"{{"status":"Succeeded","pkpTokenId":"{}","pkpEthAddress":"{}","pkpPublicKey":"{key}"}}"#,
        key.token_id(),
        key.address(),
    )
}
