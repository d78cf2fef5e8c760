use lit_types::ActionCid;
use serde::Deserialize;
use serde_json::json;

use crate::{case::Case, compare::Outcome};

/// ipfs-cid: the id of the code of a Lit Action.
pub(super) fn judge(case: &Case) -> Outcome {
    #[derive(Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Input {
        Text(String),
        Repeat { unit: String, count: usize },
        Bytes { length: usize, seed: usize },
    }
    let content = match case.input()? {
        Input::Text(text) => text.into_bytes(),
        Input::Repeat { unit, count } => unit.repeat(count).into_bytes(),
        Input::Bytes { length, seed } => (0..length)
            .map(|i| (i * 31 + (i >> 8) * 17 + seed) as u8)
            .collect(),
    };
    Ok(json!({ "cid": ActionCid::of_code(&content).to_string(), "size": content.len() }))
}
