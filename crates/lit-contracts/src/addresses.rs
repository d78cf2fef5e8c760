//! Contract addresses of the hosted networks, as bundled with the official client 7.4.0 (`@lit-protocol/contracts` 0.0.74).
//!
//! Resolvers and helpers come from the official networks repository, which has replaced the first helper since.

use alloy_primitives::{Address, address};

/// The contracts of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ContractAddresses {
    /// Nodes, threshold and epochs.
    #[doc(alias = "Staking")]
    pub staking: Address,
    /// Stakes and rewards.
    #[doc(alias = "StakingBalances")]
    pub staking_balances: Address,
    /// Public keys of PKPs.
    #[doc(alias = "PubkeyRouter")]
    pub pubkey_router: Address,
    /// The NFTs of PKPs; mints them.
    #[doc(alias = "PKPNFT")]
    pub pkp_nft: Address,
    /// The permissions of PKPs.
    #[doc(alias = "PKPPermissions")]
    pub pkp_permissions: Address,
    /// Mints PKPs with auth methods.
    #[doc(alias = "PKPHelper")]
    pub pkp_helper: Address,
    /// The second version of the helper.
    #[doc(alias = "PKPHelperV2")]
    pub pkp_helper_v2: Address,
    /// Metadata of PKPs.
    #[doc(alias = "PKPNFTMetadata")]
    pub pkp_nft_metadata: Address,
    /// Capacity credits.
    #[doc(alias = "RateLimitNFT")]
    pub rate_limit_nft: Address,
    /// Who pays for which users.
    #[doc(alias = "PaymentDelegation")]
    pub payment_delegation: Address,
    /// The allowlist of runnable actions, on restricted networks.
    #[doc(alias = "Allowlist")]
    pub allowlist: Address,
    /// The staking token.
    #[doc(alias = "LITToken")]
    pub lit_token: Address,
    /// Sends tokens to many accounts.
    #[doc(alias = "Multisender")]
    pub multisender: Address,
    /// Looks up the addresses of all the others.
    #[doc(alias = "ContractResolver")]
    pub contract_resolver: Address,
}

pub(crate) const DATIL_DEV: ContractAddresses = ContractAddresses {
    staking: address!("0xD4507CD392Af2c80919219d7896508728f6A623F"),
    staking_balances: address!("0x77F277D4858Ae589b2263FEfd50CaD7838fE4741"),
    pubkey_router: address!("0xbc01f21C58Ca83f25b09338401D53D4c2344D1d9"),
    pkp_nft: address!("0x02C4242F72d62c8fEF2b2DB088A35a9F4ec741C7"),
    pkp_permissions: address!("0xf64638F1eb3b064f5443F7c9e2Dc050ed535D891"),
    pkp_helper: address!("0x3285402b15f557C496CD116235B1EC8217Cc62C2"),
    pkp_helper_v2: address!("0x82b48Ddb284cfd9627BA9A29E9Dc605fE654B805"),
    pkp_nft_metadata: address!("0x784A743bBBB5f5225CeC7979A3304179be17D66d"),
    rate_limit_nft: address!("0x1A12D5B3D6A52B3bDe0468900795D35ce994ac2b"),
    payment_delegation: address!("0xbB23168855efe735cE9e6fD6877bAf13E02c410f"),
    allowlist: address!("0xC60051658E346554C1F572ef3Aa4bD8596E026b6"),
    lit_token: address!("0x81d8f0e945E3Bdc735dA3E19C4Df77a8B91046Cd"),
    multisender: address!("0x116eBFb474C6aa13e1B8b19253fd0E3f226A982f"),
    contract_resolver: address!("0xCF5d7074c722Dd044Dd45EC791942b881366627c"),
};

/// The addresses that the official client 7.4.0 uses for `custom` networks, with the first helper of datil-dev.
pub(crate) const CUSTOM: ContractAddresses = ContractAddresses {
    pkp_helper: address!("0xCa9C62fB4ceA8831eBb6fD9fE747Cc372515CF7f"),
    ..DATIL_DEV
};

pub(crate) const DATIL_TEST: ContractAddresses = ContractAddresses {
    staking: address!("0xdec37933239846834b3BfD408913Ed3dbEf6588F"),
    staking_balances: address!("0xCa3c64e7D8cA743aeD2B2d20DCA3233f400710E2"),
    pubkey_router: address!("0x65C3d057aef28175AfaC61a74cc6b27E88405583"),
    pkp_nft: address!("0x6a0f439f064B7167A8Ea6B22AcC07ae5360ee0d1"),
    pkp_permissions: address!("0x60C1ddC8b9e38F730F0e7B70A2F84C1A98A69167"),
    pkp_helper: address!("0x7E209fDFBBEe26Df3363354BC55C2Cc89DD030a9"),
    pkp_helper_v2: address!("0x41837a630BD22F893a6bE3ecBE2101Ca2f32ed6b"),
    pkp_nft_metadata: address!("0xaC1d01692EBA0E457134Eb7EB8bb96ee9D91FcdD"),
    rate_limit_nft: address!("0xa17f11B7f828EEc97926E56D98D5AB63A0231b77"),
    payment_delegation: address!("0xd7188e0348F1dA8c9b3d6e614844cbA22329B99E"),
    allowlist: address!("0x5DD7a0FD581aB11a5720bE7E388e63346bC266fe"),
    lit_token: address!("0xFA1208f5275a01Be1b4A6F6764d388FDcF5Bf85e"),
    multisender: address!("0x8281f3A62f7de320B3a634e6814BeC36a1AA92bd"),
    contract_resolver: address!("0xCf908e1E4Ee79fb540e144C3EDB2796E8D413548"),
};

pub(crate) const DATIL: ContractAddresses = ContractAddresses {
    staking: address!("0x21d636d95eE71150c0c3Ffa79268c989a329d1CE"),
    staking_balances: address!("0x9c9D147dad75D8B9Bd327405098D65C727296B54"),
    pubkey_router: address!("0xF182d6bEf16Ba77e69372dD096D8B70Bc3d5B475"),
    pkp_nft: address!("0x487A9D096BB4B7Ac1520Cb12370e31e677B175EA"),
    pkp_permissions: address!("0x213Db6E1446928E19588269bEF7dFc9187c4829A"),
    pkp_helper: address!("0x9123438C2c7c78B53e5081d6d3eA5DFcf51B57f0"),
    pkp_helper_v2: address!("0x3f24953B66Ed4089c6B25Be8C7a83262d6f6255C"),
    pkp_nft_metadata: address!("0x4BB8681d3a24F130cC746C7DC31167C93D72d32b"),
    rate_limit_nft: address!("0x01205d94Fee4d9F59A4aB24bf80D11d4DdAf6Eed"),
    payment_delegation: address!("0xF19ea8634969730cB51BFEe2E2A5353062053C14"),
    allowlist: address!("0xE393BCD2a9099C903D28949Bac2C4cEd21E55415"),
    lit_token: address!("0xd78089bAAe410f5d0eae31D0D56157c73a3Ff98B"),
    multisender: address!("0xB87CcFf487B84b60c09DBE15337a46bf5a9e0680"),
    contract_resolver: address!("0x5326a59fF2c41bCdA7E64F9afB9C313d0342117B"),
};

pub(crate) const HABANERO: ContractAddresses = ContractAddresses {
    staking: address!("0xde8627067188C0063384eC682D9187c7d7673934"),
    staking_balances: address!("0x50f6722544937b72EcaDFDE3386BfdDbdBB3103B"),
    pubkey_router: address!("0xaaFc41e3615108E558ECf1d873e1500e375b2328"),
    pkp_nft: address!("0x80182Ec46E3dD7Bb8fa4f89b48d303bD769465B2"),
    pkp_permissions: address!("0x1B76BFAA063A35c88c7e82066b32eEa91CB266C6"),
    pkp_helper: address!("0x087995cc8BE0Bd6C19b1c7A01F9DB6D2CfFe0c5C"),
    pkp_helper_v2: address!("0x6B45c8c40B26Ec3d71d8f7C2CA86626a36183d05"),
    pkp_nft_metadata: address!("0x728C10dA8A152b71eAB4F8adD6225080323B506E"),
    rate_limit_nft: address!("0xf8a84406aB814dc3a25Ea2e3608cCb632f672427"),
    payment_delegation: address!("0x4AdDb026fbC0a329a75E77f179FFC78c896ac0e6"),
    allowlist: address!("0xEC97F162940883ed1feeccd9fb741f11a1F996e2"),
    lit_token: address!("0x53695556f8a1a064EdFf91767f15652BbfaFaD04"),
    multisender: address!("0x8c14AB9cF3edca9D28Ddef54bE895078352EDF83"),
    contract_resolver: address!("0xe5a7C5d908EE8996332F488cE5f636d4EBff8522"),
};

pub(crate) const MANZANO: ContractAddresses = ContractAddresses {
    staking: address!("0xBC7F8d7864002b6629Ab49781D5199C8dD1DDcE1"),
    staking_balances: address!("0x82F0a170CEDFAaab623513EE558DB19f5D787C8D"),
    pubkey_router: address!("0xF6b0fE0d0C27C855f7f2e021fAd028af02cC52cb"),
    pkp_nft: address!("0x3c3ad2d238757Ea4AF87A8624c716B11455c1F9A"),
    pkp_permissions: address!("0x974856dB1C4259915b709E6BcA26A002fbdd31ea"),
    pkp_helper: address!("0x24d646b9510e56af8B15de759331d897C4d66044"),
    pkp_helper_v2: address!("0x161F7c12eE886A11527DB21B7c21B891Ab7a633B"),
    pkp_nft_metadata: address!("0xa87fe043AD341A1Dc8c5E48d75BA9f712256fe7e"),
    rate_limit_nft: address!("0x9b1B8aD8A4144Be9F8Fb5C4766eE37CE0754AEAb"),
    payment_delegation: address!("0x180BA6Ec983019c578004D91c08897c12d78F516"),
    allowlist: address!("0xC52b72E2AD3dC58B7d23197575fb48A4523fa734"),
    lit_token: address!("0x53695556f8a1a064EdFf91767f15652BbfaFaD04"),
    multisender: address!("0xBd119B72B52d58A7dDd771A2E4984d106Da0D1DB"),
    contract_resolver: address!("0x9F0Ede26261451C5E784DC799D71ECf766EB7562"),
};

pub(crate) const CAYENNE: ContractAddresses = ContractAddresses {
    staking: address!("0x5bFa704aF947b3b0f966e4248DED7bfa6edeF952"),
    staking_balances: address!("0x523642999938B5e9085E1e7dF38Eac96DC3fdD91"),
    pubkey_router: address!("0x4B5E97F2D811520e031A8F924e698B329ad83E29"),
    pkp_nft: address!("0x58582b93d978F30b4c4E812A16a7b31C035A69f7"),
    pkp_permissions: address!("0xD01c9C30f8F6fa443721629775e1CC7DD9c9e209"),
    pkp_helper: address!("0xF02b6D6b0970DB3810963300a6Ad38D8429c4cdb"),
    pkp_helper_v2: address!("0xE4DEe6d1DCe79CB752d1641dC055F197eb674DcB"),
    pkp_nft_metadata: address!("0xeD46dDcbFF662ad89b0987E0DFE2949901498Da6"),
    rate_limit_nft: address!("0x19593CbBC56Ddd339Fde26278A544a25166C2388"),
    payment_delegation: address!("0x30a5456Ea0D81FB81b82C2949eE1c798EBC933AC"),
    allowlist: address!("0x6fc7834a538cDfF7B937490D9D11b4018692c5d5"),
    lit_token: address!("0x53695556f8a1a064EdFf91767f15652BbfaFaD04"),
    multisender: address!("0xD4e3D27d21D6D6d596b6524610C486F8A9c70958"),
    contract_resolver: address!("0xb82f2dB0B486F1ef698CC88F0d521D873eb04d03"),
};
