//! NFTs of a Metaplex collection.

use lit_types::SolanaAddress;
use serde_json::Value;

use super::{
    ConditionError, SolanaRpc,
    pda::{find, known},
};

/// The program that keeps the metadata of tokens.
const METADATA_PROGRAM: &str = "metaqbxxUerdq28cj1RbAWkYQm3ybzjb6a8bt518x1s";
/// The number of NFTs of a wallet that are looked at: each needs a call.
const MAX_NFTS: usize = 100;

/// How many NFTs of the collection the wallet holds. NFTs without readable metadata do not count.
pub(super) async fn count(
    rpc: &SolanaRpc,
    wallet: &SolanaAddress,
    collection: SolanaAddress,
) -> Result<u64, ConditionError> {
    let tokens = rpc.tokens(wallet).await?;
    let program = known(METADATA_PROGRAM);
    let mut count = 0;
    for mint in tokens.iter().filter_map(nft).take(MAX_NFTS) {
        let seeds = [b"metadata".as_slice(), program.as_bytes(), mint.as_bytes()];
        let account = find(&seeds, &program)?;
        let Ok(data) = rpc.account(&account).await else {
            continue;
        };
        if collection_of(&data) == Some(collection) {
            count += 1;
        }
    }
    Ok(count)
}

/// The token of an account, if it is an NFT: indivisible, and the account has one.
fn nft(account: &Value) -> Option<SolanaAddress> {
    let info = &account["account"]["data"]["parsed"]["info"];
    let amount = &info["tokenAmount"];
    let is_nft = amount["decimals"] == 0 && amount["uiAmount"].as_f64()? >= 1.0;
    is_nft
        .then(|| info["mint"].as_str()?.parse().ok())
        .flatten()
}

/// The collection of a token, if it is verified. The metadata is in Borsh.
fn collection_of(mut data: &[u8]) -> Option<SolanaAddress> {
    let data = &mut data;
    // The kind of account, who may change it, the token.
    take(data, 1 + 32 + 32)?;
    // Name, symbol and URI.
    for _ in 0..3 {
        let length = u32::from_le_bytes(take(data, 4)?.try_into().ok()?);
        take(data, length.try_into().ok()?)?;
    }
    // The fee of the seller.
    take(data, 2)?;
    if some(data)? {
        let creators = u32::from_le_bytes(take(data, 4)?.try_into().ok()?);
        take(
            data,
            usize::try_from(creators).ok()?.checked_mul(32 + 1 + 1)?,
        )?;
    }
    // Whether it was sold, and whether it can change.
    take(data, 2)?;
    // The number of the edition, and the standard of the token.
    for _ in 0..2 {
        if some(data)? {
            take(data, 1)?;
        }
    }
    if !some(data)? || take(data, 1)? != [1] {
        return None;
    }
    take(data, 32)?.try_into().ok().map(SolanaAddress::new)
}

fn some(data: &mut &[u8]) -> Option<bool> {
    Some(take(data, 1)? == [1])
}

fn take<'a>(data: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = data.split_at_checked(count)?;
    *data = rest;
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Metadata of a token of this collection.
    fn metadata(collection: [u8; 32], verified: bool) -> Vec<u8> {
        let mut data = vec![4];
        data.extend([1; 64]);
        for text in ["name", "", "https://example.org"] {
            data.extend(u32::try_from(text.len()).unwrap_or_default().to_le_bytes());
            data.extend(text.as_bytes());
        }
        data.extend([0, 5]);
        // One creator.
        data.extend([1, 1, 0, 0, 0]);
        data.extend([2; 34]);
        data.extend([0, 1]);
        // An edition, and no standard.
        data.extend([1, 254, 0]);
        data.extend([1, u8::from(verified)]);
        data.extend(collection);
        data
    }

    #[test]
    fn only_verified_collections_count() {
        let collection = SolanaAddress::new([7; 32]);
        assert_eq!(collection_of(&metadata([7; 32], true)), Some(collection));
        assert_eq!(collection_of(&metadata([7; 32], false)), None);
        let whole = metadata([7; 32], true);
        for length in 0..whole.len() {
            assert_eq!(collection_of(&whole[..length]), None, "{length} bytes");
        }
    }
}
