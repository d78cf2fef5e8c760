//! Addresses that programs derive, and the fields of their accounts.

use curve25519_dalek::edwards::CompressedEdwardsY;
use lit_types::{SolanaAddress, access_control::SolPda};
use sha2::{Digest, Sha256};

use super::{ConditionError, TOKEN_PROGRAM};

/// The program that derives the token accounts of wallets.
const ASSOCIATED_TOKEN_PROGRAM: &str = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
/// The largest number of seeds, with the one that is searched for.
const MAX_SEEDS: usize = 16;
/// The longest seed, in bytes.
const MAX_SEED: usize = 32;

/// The account of a condition: the program, then the seeds. The seed `pubkey:<address>` is an address; all others are texts.
pub(super) fn of(pda: &SolPda) -> Result<SolanaAddress, ConditionError> {
    let bad = |_| ConditionError::Solana("pdaParams has a malformed address");
    let (program, seeds) = pda
        .params
        .split_first()
        .ok_or(ConditionError::Solana("missing pdaParams"))?;
    let program: SolanaAddress = program.parse().map_err(bad)?;
    let mut bytes = Vec::with_capacity(seeds.len());
    for seed in seeds {
        bytes.push(match seed.strip_prefix("pubkey:") {
            Some(address) => address
                .parse::<SolanaAddress>()
                .map_err(bad)?
                .as_bytes()
                .to_vec(),
            None => seed.as_bytes().to_vec(),
        });
    }
    let seeds: Vec<&[u8]> = bytes.iter().map(Vec::as_slice).collect();
    find(&seeds, &program)
}

/// The account in which a wallet holds a token.
pub(super) fn token_account(
    wallet: &SolanaAddress,
    token: &SolanaAddress,
) -> Result<SolanaAddress, ConditionError> {
    let [program, tokens] = [ASSOCIATED_TOKEN_PROGRAM, TOKEN_PROGRAM].map(known);
    find(
        &[wallet.as_bytes(), tokens.as_bytes(), token.as_bytes()],
        &program,
    )
}

#[allow(clippy::expect_used, reason = "constants")]
pub(super) fn known(address: &str) -> SolanaAddress {
    address.parse().expect("the address of a program")
}

/// The first address of these seeds and a further byte, from 255 down, that is not a public key.
pub(super) fn find(
    seeds: &[&[u8]],
    program: &SolanaAddress,
) -> Result<SolanaAddress, ConditionError> {
    if seeds.len() >= MAX_SEEDS || seeds.iter().any(|seed| seed.len() > MAX_SEED) {
        return Err(ConditionError::Solana(
            "pdaParams has more than 15 seeds, or one of more than 32 bytes",
        ));
    }
    let is_key = |bytes: &[u8; 32]| CompressedEdwardsY(*bytes).decompress().is_some();
    (0..=u8::MAX)
        .rev()
        .map(|bump| derive(seeds.iter().copied().chain([[bump].as_slice()]), program))
        .find(|bytes| !is_key(bytes))
        .map(SolanaAddress::new)
        .ok_or(ConditionError::Solana(
            "the program derives no address of pdaParams",
        ))
}

fn derive<'a>(seeds: impl Iterator<Item = &'a [u8]>, program: &SolanaAddress) -> [u8; 32] {
    let mut hash = Sha256::new();
    for seed in seeds {
        hash.update(seed);
    }
    hash.update(program.as_bytes());
    hash.update("ProgramDerivedAddress");
    hash.finalize().into()
}

/// The field that `pdaKey` names, an address.
pub(super) fn field(pda: &SolPda, data: &[u8]) -> Result<SolanaAddress, ConditionError> {
    let mut start = pda.offset;
    for (name, size) in &pda.fields {
        let end = start.saturating_add(*size);
        if *name == pda.key {
            let range = usize::try_from(start).ok().zip(usize::try_from(end).ok());
            let bytes = range.and_then(|(start, end)| data.get(start..end));
            let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
            return bytes.map(SolanaAddress::new).ok_or(ConditionError::Solana(
                "the field of pdaKey is not 32 bytes inside the account",
            ));
        }
        start = end;
    }
    Err(ConditionError::Solana(
        "pdaKey names none of the fields in pdaInterface",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the tests of `solana_program`.
    #[test]
    fn derived_addresses() {
        let program = known("BPFLoader1111111111111111111111111111111111");
        let cases: [(&[&[u8]], &str); 3] = [
            (&[b"", &[1]], "3gF2KMe9KiC6FNVBmfg9i267aMPvK37FewCip4eGBFcT"),
            (
                &["\u{2609}".as_bytes()],
                "7ytmC1nT1xY4RfxCV2ZgyA7UakC93do5ZdyhdF3EtPj7",
            ),
            (
                &[b"Talking", b"Squirrels"],
                "HwRVBufQ4haG5XSgpspwKtNd3PC9GM9m1196uJW36vds",
            ),
        ];
        for (seeds, expected) in cases {
            let derived = derive(seeds.iter().copied(), &program);
            assert_eq!(SolanaAddress::new(derived).to_string(), expected);
        }
    }

    #[test]
    fn fields_of_an_account() {
        let data: Vec<u8> = (0..100).collect();
        let pda = |offset, key: &str| SolPda {
            offset,
            fields: vec![("first".to_owned(), 4), ("second".to_owned(), 32)],
            key: key.to_owned(),
            ..SolPda::default()
        };
        let read = |offset, key| field(&pda(offset, key), &data).ok();
        let expected: Vec<u8> = (12..44).collect();
        assert_eq!(
            read(8, "second").map(|one| one.as_bytes().to_vec()),
            Some(expected)
        );
        assert!(read(64, "second").is_some());
        for (offset, key) in [
            (65, "second"),
            (u64::MAX, "second"),
            (8, "first"),
            (8, "third"),
        ] {
            assert_eq!(read(offset, key), None, "{key} at {offset}");
        }
    }
}
