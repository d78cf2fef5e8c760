use std::sync::Arc;

use lit_recap::SiweMessage;
use lit_session_crypto::{LoginRefusal, check_login_times, hd_key_id};
use lit_types::{
    AuthContext, AuthMethodContext, NodeErrorCode, NodeErrorKind, PkpPublicKey,
    constants::{AuthMethodScope, curves},
    wire::SignSessionKeyRequest,
};
use serde_json::json;
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::{
    action_powers::ActionPowers,
    session_message::{self, bad_message},
};
use crate::{
    Node, Request, UnknownBlock, actions::NodeAction, json::to_json, permission::Claimant,
    refusal::Refusal,
};

/// The number of auth methods that one request may carry.
const MAX_AUTH_METHODS: usize = 16;

impl Node {
    /// Authorizes a session key on behalf of a PKP. The checks run in the order of Lit's nodes, so that errors take the same
    /// precedence.
    pub(crate) async fn sign_session_key(
        self: &Arc<Self>,
        request: &Request,
    ) -> Result<(u16, Vec<u8>), Refusal> {
        let body = read(request).await?;
        let now = self.parts.clock.now();
        let message = session_message::parse(&body.siwe_message)?;
        let mut context = AuthContext {
            auth_method_contexts: self.verify_auth_methods(request, &body).await?,
            ..AuthContext::default()
        };
        let pkp = self.pkp_of(&body, &message, &context).await?;
        session_message::check_uri(&message, &body.session_key)?;
        check_login_times(&message, now).map_err(LoginRefusal::from)?;
        self.run_session_action(request, &body, &mut context)
            .await?;
        let issued_at = self.time_of_nonce(message.nonce(), now)?;
        let resolved = session_message::resolve(&message, pkp.address(), issued_at, &context)?;
        let claimant = Claimant {
            context,
            running: None,
            wallet: None,
        };
        let scope = AuthMethodScope::PersonalSign;
        claimant.check(&self.contracts, &pkp, scope).await?;
        let answer = self.sign_message(&resolved, body.epoch).await?;
        Ok((200, to_json(&answer)))
    }

    async fn verify_auth_methods(
        &self,
        request: &Request,
        body: &SignSessionKeyRequest,
    ) -> Result<Vec<AuthMethodContext>, Refusal> {
        if body.auth_methods.len() > MAX_AUTH_METHODS {
            let code = NodeErrorCode::NodeBadInput;
            return Err(Refusal::coded(
                code,
                format_args!("too many auth methods: at most {MAX_AUTH_METHODS}"),
            ));
        }
        let circumstances = self.circumstances(request);
        let mut verified = Vec::with_capacity(body.auth_methods.len());
        for method in &body.auth_methods {
            verified.push(self.parts.auth.verify(method, circumstances).await?);
        }
        Ok(verified)
    }

    /// The PKP of the request; its address must be that of the message. If the request names no PKP, the first PKP that permits the
    /// first auth method.
    async fn pkp_of(
        &self,
        body: &SignSessionKeyRequest,
        message: &SiweMessage,
        context: &AuthContext,
    ) -> Result<PkpPublicKey, Refusal> {
        if let Some(key) = &body.pkp_public_key {
            let pkp: PkpPublicKey = key
                .parse()
                .map_err(|error| Refusal::coded(NodeErrorCode::NodeBadInput, error))?;
            if pkp.address() != message.address() {
                return Err(bad_message(
                    "the address of the message is not that of the PKP",
                ));
            }
            return Ok(pkp);
        }
        let not_found = |reason| Refusal::coded(NodeErrorCode::NodePKPTokenIdNotFound, reason);
        let Some(method) = context.auth_method_contexts.first() else {
            return Err(not_found(
                "missing pkpPublicKey, and no auth method to find a PKP by",
            ));
        };
        let id = hd_key_id(&method.user_id, &method.app_id, false);
        let kind = method.auth_method_type.get();
        let tokens = self.contracts.tokens_of(kind, id.as_slice()).await?;
        let Some(token) = tokens.first() else {
            return Err(not_found("no PKP permits the first auth method"));
        };
        let key = self.contracts.public_key(*token).await?;
        key.ok_or_else(|| not_found("the PKP of the first auth method has no public key"))
    }

    /// Runs the action of the request, if it has one. The action authorizes the session if its response contains `true`.
    async fn run_session_action(
        self: &Arc<Self>,
        request: &Request,
        body: &SignSessionKeyRequest,
        context: &mut AuthContext,
    ) -> Result<(), Refusal> {
        if body.code.is_none() && body.lit_action_ipfs_id.is_none() {
            return Ok(());
        }
        let (code, cid) = self
            .code_and_cid(body.code.as_deref(), body.lit_action_ipfs_id.as_deref())
            .await?;
        let action = NodeAction {
            request_id: request.correlation_id().map(ToOwned::to_owned),
            caller: hash_of(request),
            cid: cid.clone(),
            code,
            js_params: body.js_params.clone().unwrap_or_default(),
            auth: json!(context),
            headers: request.headers.clone(),
            limits: self.parts.settings.session_action_limits.clone(),
            powers: Arc::new(ActionPowers::without_session(Arc::clone(self))),
        };
        let response = self.actions.run(action).await?.response;
        if !response.contains("true") {
            let code = NodeErrorCode::NodeLitActionsSessionSigAuthenticationFailed;
            return Err(Refusal::coded(
                code,
                "Authentication failed for session_sig signing via Lit Action",
            ));
        }
        context.action_ipfs_id_stack.push(cid);
        context.custom_auth_resource = response;
        Ok(())
    }

    fn time_of_nonce(&self, nonce: &str, now: OffsetDateTime) -> Result<OffsetDateTime, Refusal> {
        self.parts
            .blocks
            .time_of(nonce, now)
            .map_err(|error| match error {
                UnknownBlock::Unknown => Refusal::coded(NodeErrorCode::NodeInvalidBlockhash, error),
                UnknownBlock::TooOld => bad_message(error),
            })
    }
}

/// Identifies the caller by the hash of the request: at this point no signature proves that the session key is the caller's.
fn hash_of(request: &Request) -> String {
    format!("request {}", hex::encode(Sha256::digest(&request.body)))
}

/// Parses a request, and refuses what needs no verification.
async fn read(request: &Request) -> Result<SignSessionKeyRequest, Refusal> {
    let body: SignSessionKeyRequest = request.parse().await?;
    if body.auth_sig.is_some() {
        let code = NodeErrorCode::NodeInvalidAuthSigForSessionKey;
        return Err(Refusal::coded(
            code,
            "unexpected authSig; pass a wallet's AuthSig in authMethods, as the access token of type 1",
        ));
    }
    if body.curve_type != curves::BLS {
        let code = NodeErrorCode::NodeInvalidCurveType;
        return Err(Refusal::coded(
            code,
            "unsupported curve type: only BLS is supported",
        ));
    }
    if body.code.is_some() && body.lit_action_ipfs_id.is_some() {
        let reason = "code and litActionIpfsId exclude each other";
        return Err(Refusal::uncoded(500, NodeErrorKind::Unexpected, reason));
    }
    Ok(body)
}
