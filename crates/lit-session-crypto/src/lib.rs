#![doc = include_str!("../README.md")]

mod bls;
mod choices;
mod conditions;
mod delegation;
mod ecdsa;
mod hd_key;
mod hd_key_id;
mod key;
mod login;
mod pkp_root;
mod rewrite;
mod root;
mod session;
mod template;
mod time_lock;
mod validate;
mod verify;
#[cfg(feature = "signer")]
mod wallet;
mod wallet_root;

pub use bls::{
    BlsError, BlsPublicKey, BlsQuorum, BlsSignature, BlsSignatureShare, CombineError,
    CombinedSignature, MAX_SHARES, ShareAt, hash_to_g2,
};
pub use conditions::{conditions_hash, data_hash, encryption_resource};
pub use delegation::{DelegationProblem, DelegationTerms, check_delegation};
pub use ecdsa::{
    EcdsaError, EcdsaShareJson, EcdsaSigType, EcdsaSignShareJson, EcdsaSignature,
    EcdsaSignatureShare,
};
pub use hd_key::{HdKeyError, HdTweak};
pub use hd_key_id::hd_key_id;
pub use key::{SessionKeyError, SessionKeyPair, SessionPublicKey};
pub use login::{
    ContractLogin, LoginRefusal, LoginTimeError, check_login_times, verify_cosmos_login,
    verify_login, verify_solana_login,
};
pub use pkp_root::{CombinedRoot, pkp_auth_sig, session_digest};
pub use rewrite::{RewriteError, RewriteRefusal, SiweMember, check_rewritten, rewrite_for_pkp};
pub use root::{RootExpectation, RootRefusal, VerifiedRoot, check_proof, check_root};
pub use session::{
    AttenuationError, BundleError, Grantor, GrantsMore, Missing, ProofExplanation, Session,
    SessionBundle, SessionError, SessionExplanation, SessionRefusal,
};
pub use template::SessionTemplate;
pub use time_lock::{MAX_TIME_LOCK_PLAINTEXT, TimeLockCiphertext, TimeLockError};
pub use validate::{
    InvalidSessionSigs, SessionSigProblem, parse_signed_message, validate_session_sig,
    validate_session_sigs,
};
pub use verify::{
    CapabilityRefusal, MAX_CAPABILITIES, Operation, SessionSigRefusal, SessionVerifier,
    VerifiedSession, verify_session_signature,
};

/// The types of [`lit_types`] that a service needs to verify sessions.
#[doc(no_inline)]
pub use lit_types::{ActionCid, AuthSig, LitAbility, NodeUrl, PkpPublicKey, Right, TokenId};

#[cfg(feature = "signer")]
pub use wallet::{WalletAuthSigError, sign_auth_sig, sign_siwe};
