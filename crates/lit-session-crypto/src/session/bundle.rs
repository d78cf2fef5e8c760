use std::fmt;

use lit_types::{AuthSig, JsonProblem, Right, Timestamp, strict_json};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Session, SessionRefusal, asked, attenuate::check_narrower};
use crate::{
    AttenuationError, RootExpectation, RootRefusal, SessionKeyError, SessionKeyPair, check_root,
};

/// The parts of a session, to be stored or handed over: key, root, proofs, requested rights and expiration.
///
/// It holds no signatures for nodes; they are minted anew.
///
/// It contains the session key and is as secret. It is wiped on drop, `Debug` hides the secrets, and only
/// [`SessionBundle::expose_json`] returns them. A stored bundle is not trusted: [`SessionBundle::open`] verifies it like a new
/// one.
#[derive(Clone)]
pub struct SessionBundle {
    key: SessionKeyPair,
    root: AuthSig,
    proofs: Vec<AuthSig>,
    requests: Vec<Right>,
    expiration: Timestamp,
}

/// The name of the format, in every bundle.
const FORMAT: &str = "lit-session-bundle";
/// The format version that this library reads and writes.
const VERSION: u64 = 1;
/// The length limit of a bundle, in bytes: the largest root and proofs.
const MAX_BYTES: usize = 4 * 1024 * 1024;

impl SessionBundle {
    /// Bundles a session with a root that grants no more than the session requests.
    ///
    /// # Errors
    /// [`GrantsMore`] for other sessions, such as attenuated ones. The receiver of a bundle gets the session key, and with it all
    /// that the root grants. Ask the signer for a narrower root, hand over minted signatures ([`Session::sign_for`]), or use
    /// [`SessionBundle::with_all_grants`].
    pub fn of(session: &Session) -> Result<Self, GrantsMore> {
        if !asked(&session.requests).covers_all_of(&session.recap) {
            return Err(GrantsMore);
        }
        Ok(Self::with_all_grants(session))
    }

    /// Bundles a session, and hands over all that its root grants.
    #[must_use]
    pub fn with_all_grants(session: &Session) -> Self {
        Self {
            key: session.key.clone(),
            root: session.root().clone(),
            proofs: session.proofs().to_vec(),
            requests: session.requests.clone(),
            expiration: session.authorized_until.clone(),
        }
    }

    /// Creates a bundle from parts, such as those in the storage of the official client.
    ///
    /// Nothing is checked before [`SessionBundle::open`].
    #[must_use]
    pub const fn from_parts(
        key: SessionKeyPair,
        root: AuthSig,
        proofs: Vec<AuthSig>,
        requests: Vec<Right>,
        expiration: Timestamp,
    ) -> Self {
        Self {
            key,
            root,
            proofs,
            requests,
            expiration,
        }
    }

    /// The session key pair.
    #[must_use]
    pub const fn key_pair(&self) -> &SessionKeyPair {
        &self.key
    }

    /// The AuthSig that authorizes the session key. Not verified.
    #[must_use]
    pub const fn root(&self) -> &AuthSig {
        &self.root
    }

    /// The proofs besides the root. Not verified.
    #[must_use]
    pub fn proofs(&self) -> &[AuthSig] {
        &self.proofs
    }

    /// The requested rights.
    #[must_use]
    pub fn requests(&self) -> &[Right] {
        &self.requests
    }

    /// The end of the authorization.
    #[must_use]
    pub const fn expiration(&self) -> &Timestamp {
        &self.expiration
    }

    /// Verifies everything and restores the session.
    ///
    /// The expectation sets the time and the rights, which the bundle's own [`requests`](SessionBundle::requests) must cover.
    ///
    /// # Errors
    /// [`BundleError`] for an invalid root or proof, or for rights that the bundle does not request.
    pub fn open(&self, expected: &RootExpectation<'_>) -> Result<Session, BundleError> {
        self.open_with_proofs(expected, self.proofs.clone())
    }

    /// As [`SessionBundle::open`], with these proofs instead of those in the bundle.
    ///
    /// # Errors
    /// As [`SessionBundle::open`].
    pub fn open_with_proofs(
        &self,
        expected: &RootExpectation<'_>,
        proofs: Vec<AuthSig>,
    ) -> Result<Session, BundleError> {
        check_narrower(&self.requests, expected.requests)?;
        let root = check_root(&self.root, self.key.public_key(), expected)?;
        let session = Session::new(
            self.key.clone(),
            root,
            proofs,
            self.expiration.clone(),
            expected.now,
        )?;
        if session.is_expired(expected.now) {
            return Err(BundleError::Expired {
                expiration: session.expiration,
            });
        }
        Ok(session)
    }

    /// The bundle as one line of JSON, with a version and a mark that it is secret.
    #[must_use]
    #[allow(
        clippy::expect_used,
        reason = "a bundle holds only strings and lists, and JSON is UTF-8"
    )]
    pub fn expose_json(&self) -> Zeroizing<String> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire<'a> {
            format: &'a str,
            version: u64,
            secret: bool,
            session_key: &'a str,
            root: &'a AuthSig,
            proofs: &'a [AuthSig],
            requests: &'a [Right],
            expiration: &'a Timestamp,
        }
        let key = self.key.expose_secret_key();
        let wire = Wire {
            format: FORMAT,
            version: VERSION,
            secret: true,
            session_key: &key,
            root: &self.root,
            proofs: &self.proofs,
            requests: &self.requests,
            expiration: &self.expiration,
        };
        // A growing buffer would leave copies behind.
        let texts = |sig: &AuthSig| 2 * sig.signed_message.len() + 2 * sig.sig.len() + 512;
        let sigs = self.proofs.iter().map(texts).sum::<usize>() + texts(&self.root);
        let mut json = Zeroizing::new(Vec::with_capacity(1024 + sigs + 1024 * self.requests.len()));
        serde_json::to_writer(&mut *json, &wire).expect("strings and lists of them serialize");
        Zeroizing::new(String::from_utf8(std::mem::take(&mut *json)).expect("JSON is UTF-8"))
    }

    /// Reads the output of [`SessionBundle::expose_json`]. Nothing is verified before [`SessionBundle::open`].
    ///
    /// # Errors
    /// [`BundleError::Json`], [`BundleError::Version`] or [`BundleError::Key`]. They quote nothing from the input.
    pub fn from_json(json: &str) -> Result<Self, BundleError> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u64,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire<'a> {
            // Borrowed, to leave no copy behind; hex is never escaped.
            session_key: &'a str,
            root: AuthSig,
            proofs: Vec<AuthSig>,
            requests: Vec<Right>,
            expiration: Timestamp,
        }
        if json.len() > MAX_BYTES {
            return Err(BundleError::TooLarge);
        }
        let head: Head =
            strict_json::from_str(json).map_err(|error| BundleError::Json(error.into()))?;
        if head.format != FORMAT || head.version != VERSION {
            return Err(BundleError::Version {
                version: head.version,
            });
        }
        let wire: Wire<'_> =
            strict_json::from_str(json).map_err(|error| BundleError::Json(error.into()))?;
        Ok(Self {
            key: SessionKeyPair::from_secret_hex(wire.session_key)?,
            root: wire.root,
            proofs: wire.proofs,
            requests: wire.requests,
            expiration: wire.expiration,
        })
    }
}

impl fmt::Debug for SessionBundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionBundle")
            .field("key", &self.key)
            .field("root", &self.root)
            .field("expiration", &self.expiration)
            .finish_non_exhaustive()
    }
}

/// The root grants more than the session requests, and a bundle would hand over all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the root grants more than the session requests, and the bundle would hand over all of it; ask for a narrower root, \
     hand over minted signatures, or use SessionBundle::with_all_grants"
)]
pub struct GrantsMore;

/// Why a bundle cannot be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// Malformed JSON.
    #[error("malformed session bundle: {0}")]
    Json(JsonProblem),
    /// Longer than any session.
    #[error("the session bundle is longer than {MAX_BYTES} bytes")]
    TooLarge,
    /// An unsupported format version.
    #[error("unsupported session bundle version {version}: expected {VERSION}")]
    Version {
        /// The version.
        version: u64,
    },
    /// The session key is malformed.
    #[error(transparent)]
    Key(#[from] SessionKeyError),
    /// The expected rights exceed those of the bundle.
    #[error(transparent)]
    Attenuation(#[from] AttenuationError),
    /// The root does not authorize the session, or no longer does.
    #[error("invalid session root")]
    Root(#[from] RootRefusal),
    /// A proof is invalid.
    #[error(transparent)]
    Session(#[from] SessionRefusal),
    /// The bundle has expired.
    #[error("the session expired at {expiration}")]
    Expired {
        /// The expiration.
        expiration: Timestamp,
    },
}
