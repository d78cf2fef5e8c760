use lit_session_crypto::{Operation, VerifiedSession};
use lit_types::{AuthContext, AuthSig, AuthSigKind, JsonProblem, NodeErrorCode};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{Node, Request, auth::Circumstances, off_runtime::off_runtime, refusal::Refusal};

/// The sender of a request, proved by a valid session signature.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) auth_sig: AuthSig,
    pub(super) session: VerifiedSession,
    /// How the session was authorized: the auth context that the network signed for a PKP, or the wallet.
    pub(super) context: AuthContext,
}

impl Node {
    /// Verifies a session for an operation, and if capacity is enforced, that a capacity credit pays. `unpaid` is the status of the
    /// refusal otherwise, which depends on the endpoint.
    pub(super) async fn caller(
        &self,
        auth_sig: AuthSig,
        operation: &Operation,
        unpaid: u16,
    ) -> Result<Caller, Refusal> {
        let session = self.verify_session(&auth_sig, operation).await?;
        if self.parts.settings.capacity_enforced {
            let now = self.parts.clock.now();
            let capacity = &self.capacity;
            capacity.check(&auth_sig, &session, now, unpaid).await?;
        }
        let context = session.auth_context.clone();
        Ok(Caller {
            auth_sig,
            context: context.unwrap_or_else(|| AuthContext {
                auth_sig_address: Some(session.address.to_string()),
                ..AuthContext::default()
            }),
            session,
        })
    }

    /// Requires that a session without auth context, that is a wallet's, may also run any Lit Action, as Lit's nodes do.
    pub(super) async fn require_any_action(&self, caller: &Caller) -> Result<(), Refusal> {
        if caller.session.auth_context.is_none() {
            self.verify_session(&caller.auth_sig, &Operation::run_action(""))
                .await?;
        }
        Ok(())
    }

    /// The context in which the auth methods of a request are verified.
    pub(super) fn circumstances<'a>(&'a self, request: &'a Request) -> Circumstances<'a> {
        Circumstances {
            now: self.parts.clock.now(),
            origin: request.header("origin"),
            blocks: &*self.parts.blocks,
            contracts: &self.contracts,
        }
    }

    async fn verify_session(
        &self,
        auth_sig: &AuthSig,
        operation: &Operation,
    ) -> Result<VerifiedSession, Refusal> {
        let now = self.parts.clock.now();
        let verifier = self.verifier.clone();
        let (auth_sig, operation) = (auth_sig.clone(), operation.clone());
        off_runtime(move || verifier.verify(&auth_sig, &operation, now)).await
    }
}

/// The session signature of a request.
pub(super) fn session_auth_sig(members: &Map<String, Value>) -> Result<AuthSig, Refusal> {
    if members.contains_key("authMethods") {
        let code = NodeErrorCode::NodeCannotProvideAuthMethodForEndpoint;
        return Err(Refusal::coded(
            code,
            "unexpected authMethods: this endpoint accepts a session signature",
        ));
    }
    let auth_sig = single_auth_sig(members)?;
    if auth_sig.kind() != AuthSigKind::Session {
        let code = NodeErrorCode::NodeCannotProvideAuthSigForEndpoint;
        return Err(Refusal::coded(
            code,
            "unexpected AuthSig: this endpoint accepts a session signature",
        ));
    }
    Ok(auth_sig)
}

/// The AuthSig of a request, of any kind. Several AuthSigs are refused.
pub(super) fn single_auth_sig(members: &Map<String, Value>) -> Result<AuthSig, Refusal> {
    let Some(auth_sig) = members.get("authSig") else {
        return Err(Refusal::coded(
            NodeErrorCode::NodeBadInput,
            "missing field `authSig`",
        ));
    };
    serde_json::from_value(auth_sig.clone()).map_err(|error| {
        let code = NodeErrorCode::NodeInvalidMultipleAuthSigs;
        Refusal::coded(code, JsonProblem::from(error))
    })
}

/// The session signature of a request, and the whole request.
pub(super) fn with_session<T: DeserializeOwned>(
    members: Map<String, Value>,
) -> Result<(AuthSig, T), Refusal> {
    Ok((session_auth_sig(&members)?, whole(members)?))
}

/// Parses the whole request from its members.
fn whole<T: DeserializeOwned>(members: Map<String, Value>) -> Result<T, Refusal> {
    serde_json::from_value(Value::Object(members))
        .map_err(|error| Refusal::coded(NodeErrorCode::NodeBadInput, JsonProblem::from(error)))
}
