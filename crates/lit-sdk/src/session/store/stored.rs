use lit_recap::ReCap;
use lit_session_crypto::{BundleError, RootExpectation, Session, SessionBundle, SessionPublicKey};
use lit_types::{AuthSig, JsonProblem, LitNetwork, Right, strict_json};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use zeroize::Zeroizing;

use super::{NetworkId, SessionOwner, SessionScope, SessionUser};
use crate::session::LoginId;

/// An entry of a store: an unverified session and its scope.
///
/// It is as secret as its session key. Only [`StoredSession::verify`] turns it into a [`Session`].
#[derive(Debug, Clone)]
pub struct StoredSession {
    scope: SessionScope,
    bundle: SessionBundle,
}

impl StoredSession {
    /// An entry for a session that was made for this scope.
    #[must_use]
    pub fn new(scope: SessionScope, session: &Session) -> Self {
        Self::from_bundle(scope, SessionBundle::with_all_grants(session))
    }

    pub(crate) const fn from_bundle(scope: SessionScope, bundle: SessionBundle) -> Self {
        Self { scope, bundle }
    }

    /// The scope.
    #[must_use]
    pub const fn scope(&self) -> &SessionScope {
        &self.scope
    }

    /// The parts of the session.
    #[must_use]
    pub const fn bundle(&self) -> &SessionBundle {
        &self.bundle
    }

    /// The session key.
    #[must_use]
    pub fn public_key(&self) -> SessionPublicKey {
        self.bundle.key_pair().public_key()
    }

    /// Whether the session has ended.
    #[must_use]
    pub fn is_expired(&self, now: OffsetDateTime) -> bool {
        self.bundle.expiration().at() <= now
    }

    /// Verifies the session with its stored proofs, as if it were new.
    ///
    /// # Errors
    /// [`BundleError`] for an invalid or expired root or proof.
    pub fn verify(&self, now: OffsetDateTime) -> Result<Session, BundleError> {
        let proofs = self.bundle.proofs().to_vec();
        self.verify_for(self.bundle.requests(), proofs, now)
    }

    /// Verifies the session for these rights and proofs, as if it were new.
    pub(crate) fn verify_for(
        &self,
        requests: &[Right],
        proofs: Vec<AuthSig>,
        now: OffsetDateTime,
    ) -> Result<Session, BundleError> {
        let mut expected = RootExpectation::new(requests, now);
        let SessionOwner { network, user } = self.scope.owner();
        if let Ok(network_key) = network.public_key().parse() {
            expected = expected.with_network_key(network_key);
        }
        if let SessionUser::Address(address) = *user {
            expected = expected.with_address(address);
        }
        if let Some(domain) = self.scope.domain() {
            expected = expected.with_domain(domain);
        }
        self.bundle.open_with_proofs(&expected, proofs)
    }

    /// The entry as JSON, including the secret session key.
    #[must_use]
    pub fn expose_json(&self) -> Zeroizing<String> {
        let scope = &self.scope;
        let SessionOwner { network, user } = scope.owner();
        let scope = WireScope {
            network: network.network(),
            network_key: network.public_key().to_owned(),
            user: match user {
                SessionUser::Address(address) => WireUser::Address(address.to_string()),
                SessionUser::Named(name) => WireUser::Name(name.clone()),
            },
            login: scope.login().map(LoginId::to_hex),
            session_key: scope.session_key().map(|key| key.to_string()),
            rights: scope.rights().to_urn(),
            domain: scope.domain().map(str::to_owned),
            chain: scope.chain().to_owned(),
        };
        #[allow(clippy::expect_used, reason = "a scope has only texts")]
        let scope = serde_json::to_string(&scope).expect("a scope has only texts");
        let session = self.bundle.expose_json();
        Zeroizing::new(format!(
            r#"{{"version":{VERSION},"scope":{scope},"session":{}}}"#,
            session.as_str()
        ))
    }

    /// Parses the JSON of [`StoredSession::expose_json`] without verification.
    ///
    /// # Errors
    /// [`CorruptEntry`], which quotes nothing of the JSON.
    pub fn from_json(json: &str) -> Result<Self, CorruptEntry> {
        #[derive(Deserialize)]
        struct Wire<'a> {
            version: u64,
            scope: WireScope,
            #[serde(borrow)]
            session: &'a RawValue,
        }
        let wire: Wire<'_> = strict_json::from_str(json)?;
        if wire.version != VERSION {
            return Err(CorruptEntry::UnsupportedVersion(wire.version));
        }
        let WireScope {
            network,
            network_key,
            user,
            login,
            session_key,
            rights,
            domain,
            chain,
        } = wire.scope;
        let user = match user {
            WireUser::Address(text) => {
                SessionUser::Address(text.parse().map_err(|_| CorruptEntry::MalformedScope)?)
            }
            WireUser::Name(name) => SessionUser::Named(name),
        };
        let owner = SessionOwner {
            network: NetworkId::new(network, &network_key),
            user,
        };
        let login = login.map(|login| login.parse()).transpose();
        let login = login.map_err(|_| CorruptEntry::MalformedScope)?;
        let session_key = session_key
            .map(|key| key.parse())
            .transpose()
            .map_err(BundleError::Key)?;
        let rights: ReCap = rights.parse().map_err(|_| CorruptEntry::MalformedScope)?;
        let bundle = SessionBundle::from_json(wire.session.get())?;
        if session_key.is_some_and(|key| key != bundle.key_pair().public_key()) {
            return Err(CorruptEntry::WrongSessionKey);
        }
        let scope = SessionScope::from_parts(owner, session_key, rights, domain, chain);
        Ok(Self {
            scope: scope.with_login(login),
            bundle,
        })
    }

    /// Parses the entry of a scope.
    ///
    /// # Errors
    /// As [`StoredSession::from_json`]; [`CorruptEntry::WrongScope`] for an entry of another scope.
    pub fn from_json_of(json: &str, scope: &SessionScope) -> Result<Self, CorruptEntry> {
        let entry = Self::from_json(json)?;
        if entry.scope == *scope {
            Ok(entry)
        } else {
            Err(CorruptEntry::WrongScope)
        }
    }
}

/// The version of the JSON of entries.
const VERSION: u64 = 1;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireScope {
    network: LitNetwork,
    network_key: String,
    user: WireUser,
    login: Option<String>,
    session_key: Option<String>,
    rights: String,
    domain: Option<String>,
    chain: String,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum WireUser {
    Address(String),
    Name(String),
}

/// The reason why a store sets an entry aside. It quotes nothing of the entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CorruptEntry {
    /// The entry is not UTF-8.
    #[error("the stored session is not UTF-8")]
    NotUtf8,
    /// The entry is not the JSON of a stored session.
    #[error("malformed JSON of a stored session")]
    Json(#[source] JsonProblem),
    /// Another version of this crate wrote the entry.
    #[error("unsupported version {0} of a stored session, expected {VERSION}")]
    UnsupportedVersion(u64),
    /// The session in the entry is malformed or invalid.
    #[error(transparent)]
    Session(#[from] BundleError),
    /// The scope of the entry is malformed.
    #[error("malformed scope of a stored session")]
    MalformedScope,
    /// The entry belongs to another scope than the one it was found under.
    #[error("the stored session belongs to another scope")]
    WrongScope,
    /// The session has another key than its scope names.
    #[error("the stored session has another session key than its scope")]
    WrongSessionKey,
    /// The entry cannot be decrypted.
    #[error("the stored session cannot be decrypted")]
    Undecryptable,
    /// The session failed verification.
    #[error("the stored session failed verification")]
    Refused,
}

impl From<serde_json::Error> for CorruptEntry {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error.into())
    }
}
