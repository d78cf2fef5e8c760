//! Wallets that ask without a session.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::time::Duration;

use alloy_primitives::{Address, eip191_hash_message};
use alloy_signer::SignerSync;
use alloy_signer_local::PrivateKeySigner;
use lit_recap::{SiweBuilder, SiweMessage};
use lit_session_crypto::{
    ContractLogin, LoginRefusal, LoginTimeError, verify_cosmos_login, verify_login,
    verify_solana_login,
};
use lit_types::{AuthSig, ContractHash, NodeErrorCode, SolanaAddress, Timestamp};
use sha2::{Digest, Sha256};

/// From the tests of the reference node and of the official client.
const SOLANA: [[&str; 3]; 2] = [
    [
        "0b1b994b550d5f9b833d5b8b17f933890a22ff0dde1f6fd08be600f2de313a75492aa74e5bcae165cf0abcd071382fe6b4506b4df23b6acebba000d49fda4204",
        "I am creating an account to use Lit Protocol at 2023-05-24T08:03:26.485Z",
        "5Th1tyAQGFaZ2c6gBVW4MPe6L5xhvpnBc9pjMzAkEPPz",
    ],
    [
        "706047fcab06ada3cbfeb6990617c1705d59bafb20f5f1c8103d764fb5eaec297328d164e2b891095866b28acc1ab2df288a8729cf026228ef3c4970238b190a",
        "I am creating an account to use Lit Protocol at 2024-05-08T16:39:44.481Z",
        "F7r6ENi6dqH8SnMYZdK3YxWAQ4cwfSNXZyMzbea5fbS1",
    ],
];
const COSMOS: [[&str; 4]; 3] = [
    [
        "cosmos",
        "ekIkVTCIVet/AhZULgMZ4TmZxf/8zht8pHFptbs4OqweydV3P0axBgd/CpVqIlsniNLMtAvluhqpoUq36IxSCw==",
        "9f4311c72762213b0900a30d6d93c7d2a561c987e8b1d3286a05ab261be214e7",
        "cosmos1n8yrje7g3mkrmj4x2m5u67sdpwcwgtxwzv4vwv",
    ],
    [
        "cosmos",
        "dE7J8oaWa8zECuMpaI/IVfJXGpLAO1paGLho+/dmtaQkN7Sh1lmJLAdYqZchDyYhQcg+nqfaoEOzLig3CPlosg==",
        "8c857343720203e3f52606409e6818284186a614e74026998f89e7417eed4d4b",
        "cosmos14wp2s5kv07lt220rzfae57k73yv9z2azrmulku",
    ],
    [
        "cheqd",
        "MSXl+OVsWVrbKswjvuQJDvBDjiTI9s3bufl7mqe5Z7MSEVlIPw8ufPmT8NeaiPtJ1bRCsjiVArhgkb9Tv57Jsg==",
        "59776380f2f8b17483781f64d9cc8c7194fef6c5e1dfe97baff1dafd9a98d5db",
        "cheqd1rnr5jrt4exl0samwj0yegv99jeskl0hsxmcz96",
    ],
];

fn solana([sig, text, address]: [&str; 3]) -> AuthSig {
    let mut bytes = [0; 64];
    hex::decode_to_slice(sig, &mut bytes).unwrap();
    AuthSig::solana(&bytes, text.to_owned(), &address.parse().unwrap())
}

#[test]
fn solana_wallets() {
    for one in SOLANA {
        let auth_sig = solana(one);
        let address: SolanaAddress = one[2].parse().unwrap();
        assert_eq!(verify_solana_login(&auth_sig), Ok(address));

        let other_text = AuthSig {
            signed_message: "another text".to_owned(),
            ..auth_sig.clone()
        };
        assert_eq!(
            verify_solana_login(&other_text),
            Err(LoginRefusal::Signature)
        );
        let short = AuthSig {
            sig: one[0][2..].to_owned(),
            ..auth_sig.clone()
        };
        let refusal = verify_solana_login(&short).unwrap_err();
        assert_eq!(refusal, LoginRefusal::Ed25519SignatureEncoding);
        assert_eq!(
            refusal.node_error_code(),
            NodeErrorCode::NodeInvalidED25519AuthSig
        );
        let evm = AuthSig {
            address: Address::ZERO.to_string(),
            ..auth_sig
        };
        assert_eq!(
            verify_solana_login(&evm).unwrap_err().node_error_code(),
            NodeErrorCode::NodeAuthSigAddressConversionError
        );
    }
    // An account of a program: no point of the curve.
    let mut not_a_key = [0; 32];
    not_a_key[0] = 2;
    let auth_sig = AuthSig::solana(&[0; 64], String::new(), &SolanaAddress::new(not_a_key));
    assert_eq!(verify_solana_login(&auth_sig), Err(LoginRefusal::PublicKey));
}

#[test]
fn cosmos_wallets() {
    for [prefix, sig, hash, address] in COSMOS {
        let auth_sig = AuthSig::cosmos(sig.to_owned(), hash.to_owned(), address.to_owned());
        let verified = verify_cosmos_login(&auth_sig, prefix);
        assert_eq!(verified, Ok(address.to_owned()));
        let elsewhere = verify_cosmos_login(&auth_sig, "juno");
        assert_eq!(elsewhere, Err(LoginRefusal::Signature));
        let hash = AuthSig {
            signed_message: "00".repeat(32),
            ..auth_sig.clone()
        };
        assert_eq!(
            verify_cosmos_login(&hash, prefix),
            Err(LoginRefusal::Signature)
        );
        let text = AuthSig {
            signed_message: "a text".to_owned(),
            ..auth_sig.clone()
        };
        assert_eq!(
            verify_cosmos_login(&text, prefix),
            Err(LoginRefusal::HashEncoding)
        );
        let short = AuthSig {
            sig: "AAAA".to_owned(),
            ..auth_sig
        };
        assert_eq!(
            verify_cosmos_login(&short, prefix),
            Err(LoginRefusal::SignatureEncoding)
        );
    }
}

const NOW: i64 = 1_736_944_496_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_millis(NOW + seconds * 1000).unwrap()
}

fn message(address: Address, issued: i64, expiration: i64) -> SiweBuilder {
    let nonce = "0xe7d26589ea096a19d4f93392b1632f1dbd6323f65e7e73ce728c9516ab6e29bf";
    SiweBuilder::with_official_defaults(address, nonce.parse().unwrap(), at(issued))
        .with_expiration(at(expiration))
}

fn wallet() -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&[7; 32].into()).unwrap()
}

fn signed(message: &SiweMessage) -> AuthSig {
    let wallet = wallet();
    let signature = wallet
        .sign_message_sync(message.as_str().as_bytes())
        .unwrap();
    AuthSig::wallet(
        format!("0x{}", hex::encode(signature.as_bytes())),
        message.as_str().to_owned(),
        wallet.address().to_string(),
    )
}

/// Some hardware wallets give the recovery id itself.
#[test]
fn recovery_ids() {
    let address = wallet().address();
    let auth_sig = signed(&message(address, 0, 600).build().unwrap());
    let mut bytes = hex::decode(&auth_sig.sig[2..]).unwrap();
    let id = bytes[64] - 27;
    for (v, expected) in [
        (id, Ok(())),
        (id + 27, Ok(())),
        (1 - id, Err(LoginRefusal::Signature)),
        (id + 2, Err(LoginRefusal::Signature)),
        (id + 54, Err(LoginRefusal::Signature)),
    ] {
        bytes[64] = v;
        let sig = hex::encode(&bytes);
        let auth_sig = AuthSig {
            sig,
            ..auth_sig.clone()
        };
        let verified = verify_login(&auth_sig, at(0).at()).map(drop);
        assert_eq!(verified, expected, "{v}");
    }
}

#[test]
fn times() {
    const DAY: i64 = 24 * 3600;
    let address = wallet().address();
    for (issued, expiration, expected) in [
        (0, 600, None),
        (60, 600, None),
        (61, 600, Some(LoginTimeError::IssuedInTheFuture)),
        (-600, -60, None),
        (-600, -61, Some(LoginTimeError::Expired)),
        (10, 9, Some(LoginTimeError::ExpiresBeforeItIsIssued)),
        (0, 30 * DAY, None),
        (0, 30 * DAY + 1, Some(LoginTimeError::LifetimeTooLong)),
        (-10, 30 * DAY - 9, Some(LoginTimeError::LifetimeTooLong)),
    ] {
        let message = message(address, issued, expiration).build().unwrap();
        let refusal = verify_login(&signed(&message), at(0).at()).err();
        let expected = expected.map(LoginRefusal::Time);
        assert_eq!(refusal, expected, "{issued} to {expiration}");
        let contract = signed(&message);
        let contract = AuthSig::contract(
            contract.sig,
            contract.signed_message,
            contract.address,
            ContractHash::Eip191,
        );
        assert_eq!(ContractLogin::of(&contract, at(0).at()).err(), expected);
    }
    let early = message(address, 0, 600).with_not_before(at(1));
    let early = signed(&early.build().unwrap());
    let refusal = LoginRefusal::Time(LoginTimeError::NotYetValid);
    assert_eq!(verify_login(&early, at(0).at()), Err(refusal));
    let later = at(0).at() + Duration::from_secs(2);
    assert!(verify_login(&early, later).is_ok());
}

#[test]
fn what_contracts_are_asked() {
    let address = wallet().address();
    let contract = Address::repeat_byte(7);
    let message = message(address, 0, 600).build().unwrap();
    let auth_sig = |hash| {
        let text = message.as_str().to_owned();
        AuthSig::contract("0x1234".to_owned(), text, contract.to_string(), hash)
    };
    let login = ContractLogin::of(&auth_sig(ContractHash::Eip191), at(0).at()).unwrap();
    assert_eq!(login.hash, eip191_hash_message(message.as_str()));
    assert_eq!(
        (login.contract, login.signature),
        (contract, vec![0x12, 0x34])
    );
    let login = ContractLogin::of(&auth_sig(ContractHash::Sha256), at(0).at()).unwrap();
    assert_eq!(
        login.hash.0,
        <[u8; 32]>::from(Sha256::digest(message.as_str()))
    );

    let refused = |change: fn(&mut AuthSig)| {
        let mut auth_sig = auth_sig(ContractHash::Eip191);
        change(&mut auth_sig);
        ContractLogin::of(&auth_sig, at(0).at()).unwrap_err()
    };
    let text = refused(|auth_sig| auth_sig.signed_message = "Random message".to_owned());
    assert_eq!(text.node_error_code(), NodeErrorCode::NodeInvalidAuthSig);
    assert!(
        text.to_string().starts_with("Parse error on SIWE"),
        "{text}"
    );
    assert_eq!(
        refused(|auth_sig| auth_sig.sig = "0x123".to_owned()),
        LoginRefusal::ContractSignature
    );
    assert_eq!(
        refused(|auth_sig| auth_sig.address = "0x12".to_owned()),
        LoginRefusal::Address
    );
}

#[test]
fn what_authorizes_a_session_does_not_log_in() {
    let address = wallet().address();
    for uri in ["lit:session:00", "lit:capability:delegation"] {
        let message = message(address, 0, 600).with_uri(uri).build().unwrap();
        let refusal = verify_login(&signed(&message), at(0).at());
        assert_eq!(refusal, Err(LoginRefusal::Uri));
    }
}
