#![doc = include_str!("../README.md")]

mod auth_method_id;
mod bls;
mod choices;
mod conditions;
mod delegation;
mod ecdsa;
mod hd_key;
mod hd_key_id;
mod key;
mod other_wallets;
mod pkp_root;
mod report;
mod rewrite;
mod root;
#[cfg(feature = "seal")]
mod seal;
mod session;
mod template;
mod time_lock;
mod validate;
mod verify;
#[cfg(feature = "signer")]
mod wallet;
mod webauthn;

pub use auth_method_id::{
    AuthMethodIdError, DISCORD_CLIENT_ID, JwtIdentity, action_auth_method_id, auth_method_id,
    discord_auth_method_id, unverified_jwt_identity,
};
pub use bls::{
    BlsError, BlsPublicKey, BlsQuorum, BlsSecretKey, BlsSecretShare, BlsSignature,
    BlsSignatureShare, CombineError, CombinedSignature, MAX_QUORUMS, MAX_SHARES, ShareAt,
};
pub use conditions::{conditions_hash, data_hash, encryption_resource};
pub use delegation::{DelegationProblem, DelegationTerms, check_delegation};
pub use ecdsa::{
    EcdsaDealer, EcdsaDealerError, EcdsaError, EcdsaKeyShare, EcdsaPresignatureShare,
    EcdsaRootShares, EcdsaShareJson, EcdsaSigType, EcdsaSignShareJson, EcdsaSignature,
    EcdsaSignatureShare, SigningSet, elect_signers,
};
pub use hd_key::{HdKeyError, HdTweak};
pub use hd_key_id::hd_key_id;
pub use key::{SessionKeyError, SessionKeyPair, SessionPublicKey};
pub use other_wallets::{
    SolanaWallet, account_message, cosmos_auth_sig, cosmos_sign_doc, solana_auth_sig,
};
pub use pkp_root::{CombinedRoot, pkp_auth_sig, session_digest};
pub use report::{ReportError, format_session_sigs};
pub use rewrite::{RewriteError, RewriteRefusal, SiweMember, check_rewritten, rewrite_for_pkp};
pub use root::{RootExpectation, RootRefusal, VerifiedRoot, check_proof, check_root};
#[cfg(feature = "seal")]
pub use seal::{Opened, SealError, SealingKey, SealingKeys};
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
pub use webauthn::{WebAuthnError, webauthn_public_key};

/// The types of [`lit_types`] that a service needs to verify sessions.
#[doc(no_inline)]
pub use lit_types::{ActionCid, AuthSig, LitAbility, NodeUrl, PkpPublicKey, Right, TokenId};

#[cfg(feature = "signer")]
pub use wallet::{WalletAuthSigError, sign_auth_sig, sign_siwe};
