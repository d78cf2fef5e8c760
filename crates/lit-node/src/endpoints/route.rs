use std::sync::Arc;

use lit_types::NodeErrorCode;

use super::session::{session_auth_sig, single_auth_sig};
use crate::{Node, Request, refusal::Refusal};

impl Node {
    /// Answers a request at its endpoint.
    pub(crate) async fn route(
        self: &Arc<Self>,
        request: &Request,
    ) -> Result<(u16, Vec<u8>), Refusal> {
        let path = request.path.trim_end_matches('/');
        // Like real nodes: without a JSON content type no route matches.
        if !request.header("content-type").is_some_and(is_json) {
            return Err(Refusal::coded(
                NodeErrorCode::CoreApiRouteNotFound,
                "the header Content-Type is not application/json",
            ));
        }
        if !request
            .header("x-lit-sdk-version")
            .is_none_or(is_sdk_version)
        {
            let code = NodeErrorCode::CoreApiInvalidXSDKVersionHeader;
            return Err(Refusal::coded(
                code,
                "malformed X-Lit-SDK-Version: expected a version such as 7.4.0",
            ));
        }
        match path {
            "/web/handshake" => self.handshake(request).await,
            "/web/sign_session_key/v1" => self.sign_session_key(request).await,
            "/web/execute/v1" | "/web/execute" => self.execute(request).await,
            "/web/encryption/sign" => self.encryption_sign(request, single_auth_sig).await,
            "/web/encryption/sign/v1" => self.encryption_sign(request, session_auth_sig).await,
            "/web/pkp/claim" => self.claim(request).await,
            "/web/pkp/sign/v1" | "/web/pkp/sign" => self.pkp_sign(request).await,
            _ => Err(Refusal::coded(NodeErrorCode::CoreApiRouteNotFound, path)),
        }
    }
}

/// Whether a content type is `application/json`, with or without parameters.
fn is_json(content_type: &str) -> bool {
    let media_type = content_type
        .split_once(';')
        .map_or(content_type, |(media_type, _)| media_type);
    media_type.trim().eq_ignore_ascii_case("application/json")
}

/// Whether a text is three numbers that are not all zero.
fn is_sdk_version(text: &str) -> bool {
    let number = |part: &str| {
        // The standard library would read `+7` too.
        let is_digits = part.bytes().all(|b| b.is_ascii_digit());
        is_digits.then(|| part.parse().ok()).flatten()
    };
    let numbers: Vec<Option<u64>> = text.split('.').map(number).collect();
    matches!(numbers[..], [Some(major), Some(minor), Some(patch)] if (major, minor, patch) != (0, 0, 0))
}
