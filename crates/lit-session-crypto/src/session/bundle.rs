use std::fmt;

use lit_recap::ReCap;
use lit_types::{AuthSig, JsonProblem, Right, Timestamp};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{Session, SessionRefusal, attenuate::check_narrower};
use crate::{
    AttenuationError, RootExpectation, RootRefusal, SessionKeyError, SessionKeyPair, check_root,
};

/// What a session consists of, to be kept or handed over: its key, root and proofs, what it asks for and until when.
/// Signatures for nodes are no part of it; they are minted anew.
///
/// It is as secret as the session key, which is in it: it is wiped on drop, `Debug` shows no secret, and the only way out is
/// [`SessionBundle::expose_json`]. Nothing in it is trusted for having been kept: [`SessionBundle::open`] verifies it as
/// if it had been made just now.
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
/// The version of the format this library writes, and the only one it reads.
const VERSION: u64 = 1;
/// The longest bundle that is read, in bytes: a root of the largest size and proofs.
const MAX_BYTES: usize = 4 * 1024 * 1024;

impl SessionBundle {
    /// The bundle of a session whose root grants no more than the session asks for.
    ///
    /// # Errors
    /// [`GrantsMore`] for other sessions, such as attenuated ones: whoever gets the bundle gets the session key, and with it
    /// all that the root grants. Ask the signer for a narrower root, hand over minted signatures instead
    /// ([`Session::sign_for`]), or say [`SessionBundle::with_all_grants`].
    pub fn of(session: &Session) -> Result<Self, GrantsMore> {
        let asked = ReCap::from_requests(&session.requests).map_err(|_| GrantsMore)?;
        if !asked.covers_all_of(&session.recap) {
            return Err(GrantsMore);
        }
        Ok(Self::with_all_grants(session))
    }

    /// The bundle of a session, which hands over all that its root grants.
    #[must_use]
    pub fn with_all_grants(session: &Session) -> Self {
        Self {
            key: session.key.clone(),
            root: session.root().clone(),
            proofs: session.proofs().to_vec(),
            requests: session.requests.clone(),
            expiration: session.authorised_until.clone(),
        }
    }

    /// A bundle of parts that come from elsewhere, such as the storage of the official client. Nothing is checked before
    /// [`SessionBundle::open`].
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

    /// The AuthSigs beside the root. Not verified.
    #[must_use]
    pub fn proofs(&self) -> &[AuthSig] {
        &self.proofs
    }

    /// What the session asked for.
    #[must_use]
    pub fn requests(&self) -> &[Right] {
        &self.requests
    }

    /// Until when the session was authorized.
    #[must_use]
    pub const fn expiration(&self) -> &Timestamp {
        &self.expiration
    }

    /// Verifies everything, and gives the session back: for what is expected, which must not be more than the bundle's own
    /// [`requests`](SessionBundle::requests), at the time of the expectation.
    ///
    /// # Errors
    /// [`BundleError`]: the root is of no use, a proof is not good, or more is expected than was handed over.
    pub fn open(&self, expected: &RootExpectation<'_>) -> Result<Session, BundleError> {
        self.open_with_proofs(expected, self.proofs.clone())
    }

    /// As [`SessionBundle::open`], with other proofs than those in the bundle.
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

    /// The bundle as one line of JSON, with its version and a mark that it is secret.
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
        // A buffer that grows leaves copies behind.
        let texts = |sig: &AuthSig| 2 * sig.signed_message.len() + 2 * sig.sig.len() + 512;
        let sigs = self.proofs.iter().map(texts).sum::<usize>() + texts(&self.root);
        let mut json = Zeroizing::new(Vec::with_capacity(1024 + sigs + 1024 * self.requests.len()));
        serde_json::to_writer(&mut *json, &wire).expect("strings and lists of them serialize");
        Zeroizing::new(String::from_utf8(std::mem::take(&mut *json)).expect("JSON is UTF-8"))
    }

    /// Reads what [`SessionBundle::expose_json`] wrote. Nothing is verified before [`SessionBundle::open`].
    ///
    /// # Errors
    /// [`BundleError::Json`], [`BundleError::Version`] or [`BundleError::Key`]. They quote nothing of what was read.
    pub fn from_json(json: &str) -> Result<Self, BundleError> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u64,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Wire<'a> {
            // Borrowed, so that no copy is left behind; hex is never escaped.
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
            serde_json::from_str(json).map_err(|error| BundleError::Json(error.into()))?;
        if head.format != FORMAT || head.version != VERSION {
            return Err(BundleError::Version {
                version: head.version,
            });
        }
        let wire: Wire<'_> =
            serde_json::from_str(json).map_err(|error| BundleError::Json(error.into()))?;
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

/// The root of a session grants more than the session asks for, and a bundle would hand all of it over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the root grants more than the session asks for, and whoever gets the session key gets all of it; ask for a narrower \
     root, hand over minted signatures, or bundle with all grants"
)]
pub struct GrantsMore;

/// Why a bundle gives no session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// Not the JSON of a bundle.
    #[error("malformed session bundle: {0}")]
    Json(JsonProblem),
    /// Longer than any session can be.
    #[error("the session bundle is longer than {MAX_BYTES} bytes")]
    TooLarge,
    /// Made in a format that this version does not know.
    #[error("unsupported session bundle version {version}: expected {VERSION}")]
    Version {
        /// The version it names.
        version: u64,
    },
    /// The session key cannot be read.
    #[error(transparent)]
    Key(#[from] SessionKeyError),
    /// More is expected than was handed over.
    #[error(transparent)]
    Attenuation(#[from] AttenuationError),
    /// The root does not authorize the session, or not any more.
    #[error("invalid session root: {0}")]
    Root(#[from] RootRefusal),
    /// A proof is not good.
    #[error(transparent)]
    Session(#[from] SessionRefusal),
    /// It was handed over for a time that is past.
    #[error("the session expired at {expiration}")]
    Expired {
        /// When it ended.
        expiration: Timestamp,
    },
}
