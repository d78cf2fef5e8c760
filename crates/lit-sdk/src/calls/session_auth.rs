use bytes::Bytes;
use lit_session_crypto::{Session, validate_session_sigs};
use lit_types::{AuthSig, NodeUrl, SessionSigs};
use serde::Serialize;

use crate::{Error, LitNodeClient};

/// What a call is authorised by: a [`Session`], or signatures made before.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum SessionAuth<'a> {
    /// Signatures are made for this call.
    Session(&'a Session),
    /// These signatures are used.
    Sigs(&'a SessionSigs),
}

impl<'a> From<&'a Session> for SessionAuth<'a> {
    fn from(session: &'a Session) -> Self {
        Self::Session(session)
    }
}

impl<'a> From<&'a SessionSigs> for SessionAuth<'a> {
    fn from(sigs: &'a SessionSigs) -> Self {
        Self::Sigs(sigs)
    }
}

impl LitNodeClient {
    /// The signatures a call can use: those that were given may lack nodes that have joined since, as long as enough are
    /// left.
    pub(crate) fn sigs_for_call(
        &self,
        auth: SessionAuth<'_>,
    ) -> Result<Vec<(NodeUrl, AuthSig)>, Error> {
        let sigs = match auth {
            SessionAuth::Session(session) => &self.session_sigs(session)?,
            SessionAuth::Sigs(sigs) => {
                validate_session_sigs(sigs, self.now())?;
                sigs
            }
        };
        let mut usable = Vec::with_capacity(self.nodes().len());
        let mut missing = None;
        for node in self.nodes().iter() {
            match sigs.for_node(node) {
                Ok(sig) => usable.push((node.clone(), sig.clone())),
                Err(error) => missing = missing.or(Some(error)),
            }
        }
        match missing {
            Some(error) if usable.len() < self.threshold() => Err(error.into()),
            _ => Ok(usable),
        }
    }
}

/// The body for each node: the same but for the signature.
pub(crate) fn signed_bodies<B: Serialize>(
    sigs: Vec<(NodeUrl, AuthSig)>,
    mut body: B,
    sign: impl Fn(&mut B, AuthSig),
) -> Vec<(NodeUrl, Bytes)> {
    sigs.into_iter()
        .map(|(node, sig)| {
            sign(&mut body, sig);
            #[allow(
                clippy::expect_used,
                reason = "strings and JSON values always serialize"
            )]
            let body = serde_json::to_vec(&body).expect("a request body always serializes");
            (node, Bytes::from(body))
        })
        .collect()
}

/// Stands in a body for the signature that [`signed_bodies`] puts there.
pub(crate) fn unsigned() -> AuthSig {
    AuthSig::session(String::new(), String::new(), String::new())
}
