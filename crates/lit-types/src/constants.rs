//! Constants of the protocol, as the official client has them.

use std::time::Duration;

/// The prefix of a session key's URI; the public key in hex follows.
#[doc(alias = "LIT_SESSION_KEY_URI")]
pub const SESSION_KEY_URI_PREFIX: &str = "lit:session:";
/// The URI of a SIWE message that delegates a capacity credit.
#[doc(alias = "SIWE_DELEGATION_URI")]
pub const CAPACITY_DELEGATION_URI: &str = "lit:capability:delegation";
/// `derivedVia` of a session signature.
pub const DERIVED_VIA_SESSION: &str = "litSessionSignViaNacl";
/// `derivedVia` of a PKP's AuthSig.
pub const DERIVED_VIA_BLS: &str = "lit.bls";
/// `derivedVia` of a wallet's AuthSig.
pub const DERIVED_VIA_WALLET: &str = "web3.eth.personal.sign";
/// `derivedVia` of a contract's AuthSig (EIP-1271), which signs the EIP-191 hash of the text.
pub const DERIVED_VIA_CONTRACT: &str = "EIP1271";
/// `derivedVia` of a contract's AuthSig (EIP-1271), which signs the SHA-256 hash of the text.
pub const DERIVED_VIA_CONTRACT_SHA256: &str = "EIP1271_SHA256";
/// `derivedVia` of a Solana wallet's AuthSig.
pub const DERIVED_VIA_SOLANA: &str = "solana.signMessage";
/// `derivedVia` of a Cosmos wallet's AuthSig.
pub const DERIVED_VIA_COSMOS: &str = "cosmos.signArbitrary";
/// `algo` of a session signature.
pub const ALGO_ED25519: &str = "ed25519";
/// `algo` of a PKP's AuthSig.
pub const ALGO_BLS: &str = "LIT_BLS";
/// The text Solana and Cosmos wallets sign.
pub const AUTH_SIGNATURE_BODY: &str =
    "I am creating an account to use Lit Protocol at {{timestamp}}";

/// The default lifetime of a session.
pub const DEFAULT_SESSION_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// The default lifetime of a SIWE message or a capacity delegation.
pub const DEFAULT_SIWE_LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The longest lifetime a node accepts.
pub const MAX_SESSION_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How far a node's clock and the client's may differ.
pub const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);
/// How long an access-control JWT is valid (legacy).
pub const ACCESS_CONTROL_JWT_LIFETIME: Duration = Duration::from_secs(12 * 60 * 60);

/// The URI scheme of the auth context, which only nodes write into a ReCap.
pub const RESOLVED_AUTH_CONTEXT_PREFIX: &str = "lit-resolvedauthcontext";

/// The default IPFS gateway for action code, after the caller's.
pub const FALLBACK_IPFS_GATEWAYS: [&str; 2] = [
    "https://flk-ipfs.io/ipfs/",
    "https://litprotocol.mypinata.cloud/ipfs/",
];

/// The names of signature schemes.
#[doc(alias = "LIT_CURVE")]
pub mod curves {
    /// BLS12-381: session keys of PKPs, decryption.
    pub const BLS: &str = "BLS";
    /// A combined secp256k1 signature.
    pub const ECDSA_K256: &str = "K256";
    /// Shares of a secp256k1 signature (Cait-Sith).
    pub const ECDSA_CAIT_SITH: &str = "ECDSA_CAIT_SITH";
    /// Shares of a P-256 signature (Cait-Sith).
    pub const ECDSA_CAIT_SITH_P256: &str = "EcdsaCaitSithP256";
}

/// The state of a PKP that the relayer mints.
#[doc(alias = "RELAY_AUTH_STATUS")]
pub mod relay_status {
    /// Pending.
    pub const IN_PROGRESS: &str = "InProgress";
    /// Minted.
    pub const SUCCEEDED: &str = "Succeeded";
    /// Failed.
    pub const FAILED: &str = "Failed";
}

/// The storage keys of the official client.
#[doc(alias = "LOCAL_STORAGE_KEYS")]
pub mod storage_keys {
    /// A session key pair.
    pub const SESSION_KEY: &str = "lit-session-key";
    /// The root AuthSig of a session.
    pub const WALLET_SIGNATURE: &str = "lit-wallet-sig";
    /// An AuthSig of an EVM wallet.
    pub const AUTH_SIGNATURE: &str = "lit-auth-signature";
    /// An AuthSig of a Solana wallet.
    pub const AUTH_SOL_SIGNATURE: &str = "lit-auth-sol-signature";
    /// An AuthSig of a Cosmos wallet.
    pub const AUTH_COSMOS_SIGNATURE: &str = "lit-auth-cosmos-signature";
    /// The wallet chosen in the browser.
    pub const WEB3_PROVIDER: &str = "lit-web3-provider";
    /// An x25519 key pair of the browser helper; unused.
    pub const KEY_PAIR: &str = "lit-comms-keypair";
}

/// The ways to authenticate for a PKP.
#[doc(alias = "AUTH_METHOD_TYPE")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are the documentation")]
#[non_exhaustive]
pub enum AuthMethodType {
    EthWallet = 1,
    LitAction = 2,
    WebAuthn = 3,
    Discord = 4,
    Google = 5,
    GoogleJwt = 6,
    AppleJwt = 8,
    StytchOtp = 9,
    StytchEmailFactorOtp = 10,
    StytchSmsFactorOtp = 11,
    StytchWhatsAppFactorOtp = 12,
    StytchTotpFactorOtp = 13,
}

impl AuthMethodType {
    /// All types in the order of their numbers. Number 7 does not exist.
    pub const ALL: [Self; 12] = [
        Self::EthWallet,
        Self::LitAction,
        Self::WebAuthn,
        Self::Discord,
        Self::Google,
        Self::GoogleJwt,
        Self::AppleJwt,
        Self::StytchOtp,
        Self::StytchEmailFactorOtp,
        Self::StytchSmsFactorOtp,
        Self::StytchWhatsAppFactorOtp,
        Self::StytchTotpFactorOtp,
    ];

    /// The provider's name in the official client, for types that have one.
    #[doc(alias = "PROVIDER_TYPE")]
    #[must_use]
    pub const fn provider_name(self) -> Option<&'static str> {
        Some(match self {
            Self::EthWallet => "ethwallet",
            Self::WebAuthn => "webauthn",
            Self::Discord => "discord",
            Self::GoogleJwt => "google",
            Self::AppleJwt => "apple",
            Self::StytchOtp => "stytchOtp",
            Self::StytchEmailFactorOtp => "stytchEmailFactorOtp",
            Self::StytchSmsFactorOtp => "stytchSmsFactorOtp",
            Self::StytchWhatsAppFactorOtp => "stytchWhatsAppFactorOtp",
            Self::StytchTotpFactorOtp => "stytchTotpFactor",
            Self::LitAction | Self::Google => return None,
        })
    }
}

/// A scope: what an auth method may do with a PKP.
#[doc(alias = "AUTH_METHOD_SCOPE")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
#[non_exhaustive]
pub enum AuthMethodScope {
    /// Identifies only.
    NoPermissions = 0,
    /// Sign anything.
    SignAnything = 1,
    /// Sign messages with the EIP-191 prefix, such as those of session keys.
    PersonalSign = 2,
}
