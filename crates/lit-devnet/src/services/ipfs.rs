//! The IPFS of the network: stores and serves code by its CID.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{StatusCode, header, request::Parts},
    response::IntoResponse,
    routing::get,
};
use lit_types::ActionCid;
use serde_json::{Value, json};

use super::Refused;
use crate::ipfs::Ipfs;

/// The largest content, in bytes: the size limit of an action.
pub(super) const MAX_CONTENT: usize = 16 * 1024 * 1024;

/// Whether a request carries content.
pub(super) fn is_content(head: &Parts) -> bool {
    head.uri.path().starts_with("/ipfs/")
}

pub(super) fn routes(ipfs: Arc<Ipfs>) -> Router {
    Router::new()
        .route("/ipfs/{cid}", get(fetch).put(store).post(store))
        .layer(DefaultBodyLimit::max(MAX_CONTENT))
        .with_state(ipfs)
}

async fn fetch(
    State(ipfs): State<Arc<Ipfs>>,
    Path(cid): Path<String>,
) -> Result<impl IntoResponse, Refused> {
    let content = ipfs.get(&cid).ok_or_else(|| {
        let problem = "unknown CID: upload the code first";
        Refused::new(StatusCode::NOT_FOUND, problem)
    })?;
    Ok((
        [(header::CONTENT_TYPE, "application/octet-stream")],
        content,
    ))
}

/// Stores content under its CID. The CID must match, because nodes run what they find under it.
async fn store(
    State(ipfs): State<Arc<Ipfs>>,
    Path(cid): Path<String>,
    content: Bytes,
) -> Result<Json<Value>, Refused> {
    let content = String::from_utf8(content.into())
        .map_err(|_| Refused::bad_request("the code is not valid UTF-8"))?;
    let actual = ActionCid::of_code(content.as_bytes()).to_string();
    if actual != cid {
        return Err(Refused::bad_request(format_args!(
            "the CID of the content is {actual}"
        )));
    }
    if !ipfs.upload(&cid, content) {
        let problem =
            "upload space is used up; restart the network, or store code with Devnet::put_ipfs";
        return Err(Refused::new(StatusCode::INSUFFICIENT_STORAGE, problem));
    }
    Ok(Json(json!({ "cid": actual })))
}
