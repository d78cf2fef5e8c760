//! From a request to a session: validate, obtain the root AuthSig, assemble.

use lit_recap::{ReCap, SiweError};
use lit_session_crypto::{
    BlsError, BlsPublicKey, CapabilityRefusal, RootExpectation, RootRefusal, Session,
    SessionKeyPair, VerifiedRoot, check_proof, check_root,
};
use lit_types::{AuthSigKind, Timestamp, constants::MAX_SESSION_LIFETIME};
use rand_core::OsRng;
use time::OffsetDateTime;

use super::{authorizer::AuthorizeError, delegation::warn_about_proofs};
use crate::{
    AuthRequest, Authorization, Error, LitNodeClient, SessionAuthorizer, SessionRequest, TimedStep,
    client::random::check_randomness, observe::Operation,
};

impl LitNodeClient {
    /// Makes a session with a wallet, a PKP login, a Lit Action login, or a closure.
    ///
    /// A root AuthSig in the request is reused while it authorizes the whole request. Otherwise the authorizer is asked. If
    /// its AuthSig fails verification, it is asked once more, and that AuthSig is verified too.
    ///
    /// ```no_run
    /// use alloy_signer_local::PrivateKeySigner;
    /// use lit_sdk::{Error, LitNodeClient, Session, SessionRequest, WalletAuth};
    ///
    /// # async fn sign_in(client: LitNodeClient, request: SessionRequest) -> Result<Session, Error> {
    /// let wallet = WalletAuth::new(PrivateKeySigner::random());
    /// let session = client.session(&request, &wallet).await?;
    /// # Ok(session)
    /// # }
    /// ```
    ///
    /// # Errors
    /// Before the authorizer is asked: [`Error::NotReady`], [`Error::NoRequests`], [`Error::Lifetime`], [`Error::Proof`]. Then
    /// [`Error::Authorize`] if the signer refuses, [`Error::Root`] if the AuthSig does not authorize the session; from a PKP login
    /// also [`Error::Nodes`] if too few nodes accept it and [`Error::Shares`] if their shares do not combine.
    pub async fn session(
        &self,
        request: &SessionRequest,
        authorizer: &dyn SessionAuthorizer,
    ) -> Result<Session, Error> {
        self.operate(Operation::Session, |client| async move {
            let plan = Plan::validate(&client, request)?;
            let root = plan.obtain_root(authorizer).await?;
            plan.assemble(root)
        })
        .await
    }
}

/// A valid request, with its defaults filled in.
struct Plan<'a> {
    client: &'a LitNodeClient,
    request: &'a SessionRequest,
    key: SessionKeyPair,
    recap: ReCap,
    issued_at: Timestamp,
    expiration: Timestamp,
    /// An error if the nodes agreed on a malformed key. Then PKPs cannot authorize sessions.
    network_key: Result<BlsPublicKey, BlsError>,
}

impl<'a> Plan<'a> {
    fn validate(client: &'a LitNodeClient, request: &'a SessionRequest) -> Result<Self, Error> {
        client.check_ready()?;
        if request.requests.is_empty() {
            return Err(Error::NoRequests);
        }
        let now = client.now();
        let issued_at = Timestamp::try_from(now)?;
        let expiration = request.end_from(&issued_at)?;
        let latest = issued_at.checked_add(MAX_SESSION_LIFETIME)?;
        if expiration.at() <= now || expiration.at() > latest.at() {
            return Err(Error::Lifetime {
                is_past: expiration.at() <= now,
                expiration,
            });
        }
        for (index, proof) in request.proofs.iter().enumerate() {
            check_proof(proof, now).map_err(|refusal| Error::Proof { index, refusal })?;
        }
        for right in &request.requests {
            if right.resource().is_wildcard() {
                tracing::warn!(resource = %right.resource(), ability = %right.ability(), "the session requests any resource");
            }
        }
        let key = match &request.session_key {
            Some(key) => key.clone(),
            None => generate_key()?,
        };
        Ok(Self {
            client,
            request,
            key,
            recap: ReCap::from_requests(&request.requests).map_err(SiweError::from)?,
            issued_at,
            expiration,
            network_key: client.keys().network_public_key.parse(),
        })
    }

    /// Reuses the root of the request while it is valid, and obtains a new one otherwise.
    async fn obtain_root(&self, authorizer: &dyn SessionAuthorizer) -> Result<VerifiedRoot, Error> {
        if let Some(root) = &self.request.root {
            match self.check(&root.clone().into(), authorizer) {
                Ok(root) => return Ok(root),
                Err(refusal) => {
                    let error = &refusal as &dyn std::error::Error;
                    tracing::warn!(
                        error,
                        "cannot reuse the given root AuthSig; asking for a new one"
                    );
                }
            }
        }
        let asked = self.auth_request().await?;
        let answer = self.ask(authorizer, &asked).await?;
        match self.check(&answer, authorizer) {
            Ok(root) => Ok(root),
            // An empty or malformed answer would be the same the second time.
            Err(
                refusal @ (Error::NetworkKey(_)
                | Error::Root(
                    RootRefusal::Empty
                    | RootRefusal::UnknownAlgo
                    | RootRefusal::AuthSig(CapabilityRefusal::Siwe(_)),
                )),
            ) => Err(refusal),
            Err(refusal) => {
                tracing::warn!(
                    error = &refusal as &dyn std::error::Error,
                    "asking the authorizer once more"
                );
                let answer = self.ask(authorizer, &asked).await?;
                self.check(&answer, authorizer)
            }
        }
    }

    async fn ask(
        &self,
        authorizer: &dyn SessionAuthorizer,
        asked: &AuthRequest,
    ) -> Result<Authorization, Error> {
        let answer = authorizer.authorize(asked);
        let deadline = self.client.deadline();
        let answer = deadline.limit(TimedStep::Authorizer, answer).await?;
        answer.map_err(refused)
    }

    async fn auth_request(&self) -> Result<AuthRequest, Error> {
        Ok(AuthRequest {
            client: self.client.clone(),
            session_key: self.key.public_key(),
            recap: self.recap.clone(),
            requests: self.request.requests.clone(),
            expiration: self.expiration.clone(),
            nonce: self.client.nonce().await?,
            issued_at: self.issued_at.clone(),
            domain: self.request.domain.clone(),
            statement: self.request.statement.clone(),
            chain: self.request.chain.clone(),
        })
    }

    /// Verifies an AuthSig at the present time, since signing may take minutes.
    fn check(
        &self,
        answer: &Authorization,
        authorizer: &dyn SessionAuthorizer,
    ) -> Result<VerifiedRoot, Error> {
        let mut expected = RootExpectation::new(&self.request.requests, self.now());
        match &self.network_key {
            Ok(network_key) => expected = expected.with_network_key(*network_key),
            Err(error) if answer.auth_sig().kind() == AuthSigKind::Bls => {
                return Err(Error::NetworkKey(*error));
            }
            // A wallet's signature is verified without the network key.
            Err(_) => {}
        }
        if let Some(address) = authorizer.address() {
            expected = expected.with_address(address);
        }
        if let Some(domain) = &self.request.domain {
            expected = expected.with_domain(domain);
        }
        if let Some(verified) = answer.verified() {
            expected = expected.with_combined(verified);
        }
        Ok(check_root(
            answer.auth_sig(),
            self.key.public_key(),
            &expected,
        )?)
    }

    fn assemble(self, root: VerifiedRoot) -> Result<Session, Error> {
        if !self.recap.covers_all_of(root.granted()) {
            tracing::warn!(granted = ?root.granted(), "the root AuthSig grants more than the session requests");
        }
        let now = self.now();
        let proofs = self.request.proofs.clone();
        let session = Session::new(self.key, root, proofs, self.expiration, now)?;
        warn_about_proofs(&session, now);
        Ok(session)
    }

    fn now(&self) -> OffsetDateTime {
        self.client.now()
    }
}

/// An error of this crate passes through; it is not wrapped again.
fn refused(error: AuthorizeError) -> Error {
    match error {
        AuthorizeError::Client(error) => *error,
        error => Error::Authorize(error),
    }
}

fn generate_key() -> Result<SessionKeyPair, Error> {
    check_randomness()?;
    Ok(SessionKeyPair::generate(&mut OsRng))
}
