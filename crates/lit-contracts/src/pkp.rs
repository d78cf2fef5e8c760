use std::ops::Range;

use alloy_primitives::{Address, B256, Signature, U256};
use alloy_provider::Provider;
use alloy_sol_types::SolCall;
use futures_util::{StreamExt, TryStreamExt, stream};
use lit_types::{PkpPublicKey, TokenId};

use crate::{
    ActionCid, Confirmation, Contract, ContractError, NewPkp, RevertKind,
    bindings::{PKPNFT as nft, PubkeyRouter as router},
    chain::{Chain, Mined},
    mint::{KEY_TYPE, MintCall},
};

/// How many calls of an enumeration run at a time.
pub(crate) const CONCURRENT_CALLS: usize = 16;
/// How many tokens are listed at most. Read the rest page by page.
pub(crate) const MAX_LISTED: u64 = 10_000;

/// PKPs: minting, identity, ownership.
#[derive(Debug, Clone)]
pub struct Pkps<P>(pub(crate) Chain<P>);

/// A newly minted PKP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MintedPkp {
    /// The id of the NFT.
    pub token_id: TokenId,
    /// The public key.
    pub public_key: PkpPublicKey,
    /// The transaction.
    pub confirmation: Confirmation,
}

impl<P: Provider> Pkps<P> {
    /// The mint cost in wei, without gas.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias = "mintCost")]
    pub async fn mint_cost(&self) -> Result<U256, ContractError> {
        self.0.read(Contract::PkpNft, nft::mintCostCall {}).await
    }

    /// Mints a PKP for the sender, without further permissions. It pays exactly the mint cost.
    ///
    /// # Errors
    /// [`ContractError::Reverted`] with [`RevertKind::WrongMintCost`] if the cost has just changed; those of any transaction.
    #[doc(alias("mintNext", "pkpNftContractUtils.write.mint"))]
    pub async fn mint(&self) -> Result<MintedPkp, ContractError> {
        let call = nft::mintNextCall { keyType: KEY_TYPE };
        self.mint_by(Contract::PkpNft, call).await
    }

    /// Mints a PKP with its permissions.
    ///
    /// # Errors
    /// [`ContractError::UnusablePkp`] before anything is sent, and those of [`Pkps::mint`].
    #[doc(alias("mintWithAuth", "mintNextAndAddAuthMethods", "mintWithCustomAuth"))]
    pub async fn mint_with(&self, request: NewPkp) -> Result<MintedPkp, ContractError> {
        match request.into_call()? {
            MintCall::V1(call) => self.mint_by(Contract::PkpHelper, call).await,
            MintCall::V1WithTypes(call) => self.mint_by(Contract::PkpHelper, call).await,
            MintCall::V2(call) => self.mint_by(Contract::PkpHelperV2, call).await,
        }
    }

    /// Mints the PKP of a key id that nodes have attested on this network, for the sender.
    ///
    /// # Errors
    /// [`ContractError::Reverted`] with [`RevertKind::TooFewSignatures`], [`RevertKind::NotAValidator`] or
    /// [`RevertKind::KeyTaken`], and those of [`Pkps::mint`].
    #[doc(alias = "claimAndMint")]
    pub async fn claim(
        &self,
        derived_key_id: B256,
        signatures: &[Signature],
    ) -> Result<MintedPkp, ContractError> {
        let signatures = signatures.iter().map(|signature| nft::Signature {
            r: signature.r().into(),
            s: signature.s().into(),
            v: 27 + u8::from(signature.v()),
        });
        let call = nft::claimAndMintCall {
            keyType: KEY_TYPE,
            derivedKeyId: derived_key_id,
            signatures: signatures.collect(),
            stakingContractAddress: self.0.address(Contract::Staking)?,
        };
        self.mint_by(Contract::PkpNft, call).await
    }

    /// Mints a PKP without an owner that one Lit Action may use to sign anything. Its permissions can never change.
    ///
    /// # Errors
    /// Those of [`Pkps::mint`].
    #[doc(alias = "mintGrantAndBurnNext")]
    pub async fn mint_for_action(&self, cid: &ActionCid) -> Result<MintedPkp, ContractError> {
        let call = nft::mintGrantAndBurnNextCall {
            keyType: KEY_TYPE,
            ipfsCID: (*cid).into(),
        };
        self.mint_by(Contract::PkpNft, call).await
    }

    async fn mint_by<C: SolCall>(
        &self,
        contract: Contract,
        call: C,
    ) -> Result<MintedPkp, ContractError> {
        let router = self.0.address(Contract::PubkeyRouter)?;
        let cost = self.mint_cost().await?;
        let mined = self.0.send(contract, call, cost).await?;
        minted(&mined, router)
    }

    /// The public key; `None` for an unknown token. Burned PKPs keep theirs.
    ///
    /// # Errors
    /// [`ContractError::BadAnswer`] for a key that is malformed or belongs to another token, and those of any call.
    #[doc(alias = "getPubkey")]
    pub async fn public_key(&self, token: TokenId) -> Result<Option<PkpPublicKey>, ContractError> {
        let call = router::getPubkeyCall {
            tokenId: token.as_u256(),
        };
        let bytes = self.0.read(Contract::PubkeyRouter, call).await?;
        if bytes.is_empty() {
            return Ok(None);
        }
        match PkpPublicKey::from_sec1(&bytes) {
            Ok(key) if key.token_id() == token => Ok(Some(key)),
            _ => Err(ContractError::BadAnswer {
                call: router::getPubkeyCall::SIGNATURE,
                problem: "a public key that is not that of the token",
            }),
        }
    }

    /// The Ethereum address; `None` for an unknown token.
    ///
    /// # Errors
    /// Those of [`Pkps::public_key`], which it is derived from.
    #[doc(alias = "getEthAddress")]
    pub async fn eth_address(&self, token: TokenId) -> Result<Option<Address>, ContractError> {
        let key = self.public_key(token).await?;
        Ok(key.map(|key| key.address()))
    }

    /// The PKP with this Ethereum address, if there is one.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias = "ethAddressToPkpId")]
    pub async fn by_eth_address(&self, address: Address) -> Result<Option<TokenId>, ContractError> {
        let call = router::ethAddressToPkpIdCall {
            ethAddress: address,
        };
        let id = self.0.read(Contract::PubkeyRouter, call).await?;
        Ok(Some(id).filter(|id| !id.is_zero()).map(TokenId::new))
    }

    /// The owner of the NFT; `None` for an unknown or burned token.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias = "ownerOf")]
    pub async fn owner(&self, token: TokenId) -> Result<Option<Address>, ContractError> {
        let call = nft::ownerOfCall {
            tokenId: token.as_u256(),
        };
        match self.0.read(Contract::PkpNft, call).await {
            Ok(owner) => Ok(Some(owner)),
            Err(error) if error.revert_kind() == Some(RevertKind::NoSuchToken) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The number of PKPs of an account.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias = "balanceOf")]
    pub async fn count_owned(&self, owner: Address) -> Result<u64, ContractError> {
        let count = self
            .0
            .read(Contract::PkpNft, nft::balanceOfCall { owner })
            .await?;
        Ok(count.saturating_to())
    }

    /// The first 10 000 PKPs of an account. [`Pkps::owned_page`] reads more.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias("getTokensByAddress", "getTokensInfoByAddress"))]
    pub async fn owned_by(&self, owner: Address) -> Result<Vec<TokenId>, ContractError> {
        self.owned_page(owner, 0..MAX_LISTED).await
    }

    /// The PKPs of an account at these positions. The contract reorders them when one leaves.
    ///
    /// # Errors
    /// Those of any call.
    #[doc(alias = "tokenOfOwnerByIndex")]
    pub async fn owned_page(
        &self,
        owner: Address,
        positions: Range<u64>,
    ) -> Result<Vec<TokenId>, ContractError> {
        let end = positions.end.min(self.count_owned(owner).await?);
        let ids = enumerate(positions.start..end, |index| {
            let index = U256::from(index);
            self.0.read(
                Contract::PkpNft,
                nft::tokenOfOwnerByIndexCall { owner, index },
            )
        })
        .await?;
        Ok(ids.into_iter().map(TokenId::new).collect())
    }

    /// Transfers a PKP. Its permissions stay; the right to change them moves with it at once.
    ///
    /// # Errors
    /// [`ContractError::Reverted`] with [`RevertKind::NoSuchToken`], or if the sender may not transfer it; those of any
    /// transaction.
    #[doc(alias("safeTransferFrom", "transferFrom"))]
    pub async fn transfer(
        &self,
        token: TokenId,
        to: Address,
    ) -> Result<Confirmation, ContractError> {
        let id = token.as_u256();
        let from = self
            .0
            .read(Contract::PkpNft, nft::ownerOfCall { tokenId: id })
            .await?;
        let call = nft::safeTransferFromCall {
            from,
            to,
            tokenId: id,
        };
        let mined = self.0.send(Contract::PkpNft, call, U256::ZERO).await?;
        Ok(mined.confirmation())
    }

    /// Burns the NFT of a PKP for good. Nobody can change its permissions any more, and official nodes stop signing for it.
    ///
    /// # Errors
    /// Those of [`Pkps::transfer`].
    pub async fn burn(&self, token: TokenId) -> Result<Confirmation, ContractError> {
        let call = nft::burnCall {
            tokenId: token.as_u256(),
        };
        let mined = self.0.send(Contract::PkpNft, call, U256::ZERO).await?;
        Ok(mined.confirmation())
    }
}

/// The PKP of a mint. The router announces its key with every helper. `Transfer` names the token too, but among other tokens
/// if a helper passes it on.
fn minted(mined: &Mined, router: Address) -> Result<MintedPkp, ContractError> {
    let mut events = mined.events::<router::PubkeyRoutingDataSet>(router);
    let event = events
        .next()
        .ok_or_else(|| mined.bad("no key was registered for the PKP"))?;
    let public_key = PkpPublicKey::from_sec1(&event.pubkey)
        .map_err(|_| mined.bad("the key of the PKP is not a point on secp256k1"))?;
    let token_id = TokenId::new(event.tokenId);
    if public_key.token_id() != token_id {
        return Err(mined.bad("the key of the PKP is not that of its token"));
    }
    Ok(MintedPkp {
        token_id,
        public_key,
        confirmation: mined.confirmation(),
    })
}

/// Calls for every position, some at a time. The list may shrink meanwhile; a missing position ends it.
pub(crate) async fn enumerate<F, T>(
    positions: Range<u64>,
    call: impl Fn(u64) -> F,
) -> Result<Vec<T>, ContractError>
where
    F: Future<Output = Result<T, ContractError>>,
{
    let gone = |error: &ContractError| error.revert_kind() == Some(RevertKind::IndexOutOfBounds);
    stream::iter(positions)
        .map(call)
        .buffered(CONCURRENT_CALLS)
        .map(|result| match result {
            Err(error) if gone(&error) => Ok(None),
            result => result.map(Some),
        })
        .try_take_while(|token| std::future::ready(Ok(token.is_some())))
        .try_filter_map(|token| std::future::ready(Ok(token)))
        .try_collect()
        .await
}
