//! Sessions, and requests with them.

use alloy_signer_local::PrivateKeySigner;
use bytes::Bytes;
use futures_util::future::join_all;
use lit_node_transport::TransportError;
use lit_recap::{SiweBuilder, SiweMessage};
use lit_session_crypto::{
    BlsPublicKey, BlsQuorum, BlsSignatureShare, SessionTemplate, pkp_auth_sig, session_digest,
    sign_siwe,
};
use lit_types::{
    AuthSig, Right,
    wire::{Endpoint, SignSessionKeyResponse},
};
use serde_json::{Value, json};

use super::{Setup, latest_handshake, requests, send};

impl Setup {
    /// A session of a wallet.
    pub(crate) async fn wallet_session(
        &self,
        wallet: &PrivateKeySigner,
        requests: &[Right],
    ) -> SessionTemplate {
        self.session_of(self.wallet_root(wallet, requests).await, requests)
    }

    /// The AuthSig by which a wallet authorizes the session key.
    pub(crate) async fn wallet_root(
        &self,
        wallet: &PrivateKeySigner,
        requests: &[Right],
    ) -> AuthSig {
        let uri = self.key.public_key().uri();
        let nonce = self.nonce.parse().unwrap();
        let message = SiweBuilder::new(wallet.address(), uri, nonce, self.now())
            .with_expiration(self.after(600))
            .with_rights(requests)
            .unwrap()
            .build()
            .unwrap();
        sign_siwe(wallet, &message).await.unwrap()
    }

    /// A session of the PKP's owner, good for any PKP and any action.
    pub(crate) async fn owner_session(&self) -> SessionTemplate {
        self.wallet_session(&self.owner, &requests()).await
    }

    /// A session that the network gave the PKP for this request.
    pub(crate) async fn network_session(
        &self,
        body: &Value,
        requests: &[Right],
    ) -> SessionTemplate {
        self.session_of(self.network_root(body).await, requests)
    }

    /// The AuthSig of the PKP that the network makes for this request.
    pub(crate) async fn network_root(&self, body: &Value) -> AuthSig {
        let answers: Vec<SignSessionKeyResponse> = self
            .ask_all(body)
            .await
            .into_iter()
            .map(|answer| serde_json::from_value(answer).unwrap())
            .collect();
        let message: SiweMessage = answers[0].siwe_message.parse().unwrap();
        let shares: Vec<BlsSignatureShare> = answers
            .iter()
            .map(|answer| (&answer.signature_share).try_into().unwrap())
            .collect();
        let combined = BlsQuorum::new(self.network_key().await, self.threshold())
            .combine(&session_digest(message.as_str()), &shares)
            .unwrap();
        pkp_auth_sig(&combined.signature, &message)
    }

    pub(crate) fn session_of(&self, root: AuthSig, requests: &[Right]) -> SessionTemplate {
        let (now, end) = (self.now(), self.after(600));
        SessionTemplate::new(self.key.public_key(), requests, &[root], &now, &end)
    }

    pub(crate) fn sig(&self, node: usize, session: &SessionTemplate) -> AuthSig {
        session.sign_for(&self.key, &self.network.node_urls()[node])
    }

    pub(crate) fn threshold(&self) -> u8 {
        u8::try_from(self.network.threshold()).unwrap()
    }

    /// The key that verifies what the network signs.
    pub(crate) async fn network_key(&self) -> BlsPublicKey {
        let handshake = latest_handshake(&self.network).await;
        handshake["networkPublicKey"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }

    /// What a node answers to a request with this id, made with a session.
    pub(crate) async fn ask_as(
        &self,
        session: &SessionTemplate,
        node: usize,
        endpoint: Endpoint,
        id: &str,
        body: &Value,
    ) -> Result<(u16, Value), TransportError> {
        let mut body = body.clone();
        body["authSig"] = json!(self.sig(node, session));
        let headers = vec![
            ("content-type", "application/json".to_owned()),
            ("x-request-id", id.to_owned()),
        ];
        let (status, answer): (u16, Bytes) =
            send(&self.network, node, endpoint, headers, &body).await?;
        Ok((status, serde_json::from_slice(&answer).unwrap()))
    }

    /// What each of these nodes answers, all asked at once.
    pub(crate) async fn ask_all_as(
        &self,
        session: &SessionTemplate,
        nodes: impl IntoIterator<Item = usize>,
        endpoint: Endpoint,
        id: &str,
        body: &Value,
    ) -> Vec<(u16, Value)> {
        let ask = |node| self.ask_as(session, node, endpoint, id, body);
        let answers = join_all(nodes.into_iter().map(ask)).await;
        answers.into_iter().map(Result::unwrap).collect()
    }
}
