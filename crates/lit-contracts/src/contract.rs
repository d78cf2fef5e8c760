use std::fmt;

use alloy_primitives::{Address, B256, keccak256};

use crate::ContractAddresses;

/// The contracts of a network, by their role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are the documentation")]
#[non_exhaustive]
pub enum Contract {
    Staking,
    StakingBalances,
    PubkeyRouter,
    PkpNft,
    PkpPermissions,
    PkpHelper,
    PkpHelperV2,
    PkpNftMetadata,
    RateLimitNft,
    PaymentDelegation,
    Allowlist,
    LitToken,
    Multisender,
    ContractResolver,
    DomainWalletRegistry,
    HdKeyDeriver,
    BackupRecovery,
    HostCommands,
    ReleaseRegister,
    CloneNet,
}

impl Contract {
    /// All contracts.
    pub const ALL: [Self; 20] = [
        Self::Staking,
        Self::StakingBalances,
        Self::PubkeyRouter,
        Self::PkpNft,
        Self::PkpPermissions,
        Self::PkpHelper,
        Self::PkpHelperV2,
        Self::PkpNftMetadata,
        Self::RateLimitNft,
        Self::PaymentDelegation,
        Self::Allowlist,
        Self::LitToken,
        Self::Multisender,
        Self::ContractResolver,
        Self::DomainWalletRegistry,
        Self::HdKeyDeriver,
        Self::BackupRecovery,
        Self::HostCommands,
        Self::ReleaseRegister,
        Self::CloneNet,
    ];

    /// The contracts that this crate calls.
    pub const USED: [Self; 8] = [
        Self::Staking,
        Self::PubkeyRouter,
        Self::PkpNft,
        Self::PkpPermissions,
        Self::PkpHelper,
        Self::PkpHelperV2,
        Self::RateLimitNft,
        Self::PaymentDelegation,
    ];

    /// The name in the resolver, which does not list itself.
    #[must_use]
    pub const fn resolver_tag(self) -> Option<&'static str> {
        Some(match self {
            Self::Staking => "STAKING",
            Self::StakingBalances => "STAKING_BALANCES",
            Self::PubkeyRouter => "PUB_KEY_ROUTER",
            Self::PkpNft => "PKP_NFT",
            Self::PkpPermissions => "PKP_PERMISSIONS",
            Self::PkpHelper => "PKP_HELPER",
            Self::PkpHelperV2 => "PKP_HELPER_V2",
            Self::PkpNftMetadata => "PKP_NFT_METADATA",
            Self::RateLimitNft => "RATE_LIMIT_NFT",
            Self::PaymentDelegation => "PAYMENT_DELEGATION",
            Self::Allowlist => "ALLOWLIST",
            Self::LitToken => "LIT_TOKEN",
            Self::Multisender => "MULTI_SENDER",
            Self::DomainWalletRegistry => "DOMAIN_WALLET_REGISTRY",
            Self::HdKeyDeriver => "HD_KEY_DERIVER",
            Self::BackupRecovery => "BACKUP_RECOVERY",
            Self::HostCommands => "HOST_COMMANDS",
            Self::ReleaseRegister => "RELEASE_REGISTER",
            Self::CloneNet => "CLONE_NET",
            Self::ContractResolver => return None,
        })
    }

    /// keccak256 of [`Contract::resolver_tag`]: the key of the resolver.
    #[must_use]
    pub fn resolver_key(self) -> Option<B256> {
        self.resolver_tag().map(keccak256)
    }

    /// The name in the official sources.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Staking => "Staking",
            Self::StakingBalances => "StakingBalances",
            Self::PubkeyRouter => "PubkeyRouter",
            Self::PkpNft => "PKPNFT",
            Self::PkpPermissions => "PKPPermissions",
            Self::PkpHelper => "PKPHelper",
            Self::PkpHelperV2 => "PKPHelperV2",
            Self::PkpNftMetadata => "PKPNFTMetadata",
            Self::RateLimitNft => "RateLimitNFT",
            Self::PaymentDelegation => "PaymentDelegation",
            Self::Allowlist => "Allowlist",
            Self::LitToken => "LITToken",
            Self::Multisender => "Multisender",
            Self::ContractResolver => "ContractResolver",
            Self::DomainWalletRegistry => "DomainWalletRegistry",
            Self::HdKeyDeriver => "HDKeyDeriver",
            Self::BackupRecovery => "BackupRecovery",
            Self::HostCommands => "HostCommands",
            Self::ReleaseRegister => "ReleaseRegister",
            Self::CloneNet => "CloneNet",
        }
    }
}

/// Prints the name in the official sources.
impl fmt::Display for Contract {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl ContractAddresses {
    /// The address of a contract; `None` if clients do not call it, or if it is zero.
    #[must_use]
    pub fn get(&self, contract: Contract) -> Option<Address> {
        let mut copy = *self;
        copy.slot(contract)
            .map(|slot| *slot)
            .filter(|address| !address.is_zero())
    }

    /// Sets the address of a contract. Returns whether clients call this contract.
    pub fn set(&mut self, contract: Contract, address: Address) -> bool {
        self.slot(contract).map(|slot| *slot = address).is_some()
    }

    fn slot(&mut self, contract: Contract) -> Option<&mut Address> {
        Some(match contract {
            Contract::Staking => &mut self.staking,
            Contract::StakingBalances => &mut self.staking_balances,
            Contract::PubkeyRouter => &mut self.pubkey_router,
            Contract::PkpNft => &mut self.pkp_nft,
            Contract::PkpPermissions => &mut self.pkp_permissions,
            Contract::PkpHelper => &mut self.pkp_helper,
            Contract::PkpHelperV2 => &mut self.pkp_helper_v2,
            Contract::PkpNftMetadata => &mut self.pkp_nft_metadata,
            Contract::RateLimitNft => &mut self.rate_limit_nft,
            Contract::PaymentDelegation => &mut self.payment_delegation,
            Contract::Allowlist => &mut self.allowlist,
            Contract::LitToken => &mut self.lit_token,
            Contract::Multisender => &mut self.multisender,
            Contract::ContractResolver => &mut self.contract_resolver,
            Contract::DomainWalletRegistry
            | Contract::HdKeyDeriver
            | Contract::BackupRecovery
            | Contract::HostCommands
            | Contract::ReleaseRegister
            | Contract::CloneNet => return None,
        })
    }
}
