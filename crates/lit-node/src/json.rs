use serde::Serialize;

#[allow(
    clippy::expect_used,
    reason = "responses hold texts, numbers and JSON values"
)]
pub(crate) fn to_json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("responses serialize to JSON")
}
