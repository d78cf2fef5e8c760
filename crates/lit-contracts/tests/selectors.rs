//! Selectors and topics of the bindings are those of the deployed contracts, and so are their encodings.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use alloy_primitives::Bytes;
use alloy_primitives::hex;
use alloy_sol_types::SolInterface;
use lit_contracts::bindings::{
    ContractResolver, LitErrors, PKPHelper, PKPHelperV2, PKPNFT, PKPPermissions, PaymentDelegation,
    PubkeyRouter, RateLimitNFT, Staking,
};
use serde_json::Value;

/// Compares each signature with the fixture; gives back how many there were.
fn compare<'a, const N: usize>(
    what: &str,
    bindings: impl IntoIterator<Item = (&'a [u8; N], &'a &'static str)>,
    expected: &Value,
) -> usize {
    let bindings: Vec<_> = bindings.into_iter().collect();
    for (selector, signature) in &bindings {
        assert_eq!(
            expected[**signature].as_str(),
            Some(hex::encode_prefixed(selector).as_str()),
            "{what}: {signature}"
        );
    }
    bindings.len()
}

macro_rules! functions {
    ($fixture:ident, $($contract:ident :: $calls:ident),+ $(,)?) => {
        0 $(+ compare(
            stringify!($contract),
            $contract::$calls::SELECTORS.iter().zip($contract::$calls::SIGNATURES),
            &$fixture[stringify!($contract)]["functions"],
        ))+
    };
}

macro_rules! events {
    ($fixture:ident, $($contract:ident :: $events:ident),+ $(,)?) => {
        0 $(+ compare(
            stringify!($contract),
            $contract::$events::SELECTORS.iter().zip($contract::$events::SIGNATURES),
            &$fixture[stringify!($contract)]["events"],
        ))+
    };
}

#[test]
fn selectors_and_topics_are_those_of_the_contracts() {
    let fixture: Value = serde_json::from_str(include_str!("data/selectors.json")).unwrap();
    let functions = functions!(
        fixture,
        Staking::StakingCalls,
        PKPNFT::PKPNFTCalls,
        PubkeyRouter::PubkeyRouterCalls,
        PKPPermissions::PKPPermissionsCalls,
        PKPHelper::PKPHelperCalls,
        PKPHelperV2::PKPHelperV2Calls,
        RateLimitNFT::RateLimitNFTCalls,
        PaymentDelegation::PaymentDelegationCalls,
        ContractResolver::ContractResolverCalls,
    );
    let events = events!(
        fixture,
        Staking::StakingEvents,
        PKPNFT::PKPNFTEvents,
        PubkeyRouter::PubkeyRouterEvents,
        PKPPermissions::PKPPermissionsEvents,
        RateLimitNFT::RateLimitNFTEvents,
    );
    let errors = compare(
        "errors",
        LitErrors::LitErrorsErrors::SELECTORS
            .iter()
            .zip(LitErrors::LitErrorsErrors::SIGNATURES),
        &fixture["errors"],
    );
    assert_eq!((functions, events), (83, 9));
    assert_eq!(errors, fixture["errors"].as_object().unwrap().len());
}

/// Reads call data and writes it again.
fn round_trip<C: SolInterface>(input: &Bytes) -> Bytes {
    C::abi_decode_validate(input).unwrap().abi_encode().into()
}

/// All that was recorded, used by a typed call or not.
#[test]
fn recorded_call_data_is_that_of_the_bindings() {
    let evm: Value = serde_json::from_str(include_str!("data/evm.json")).unwrap();
    let calls = evm["calls"].as_array().unwrap();
    let txs = evm["txs"].as_array().unwrap();
    for vector in calls.iter().chain(txs) {
        let input: Bytes = serde_json::from_value(vector["input"].clone()).unwrap();
        let again = match vector["to"].as_str().unwrap() {
            "Staking" => round_trip::<Staking::StakingCalls>(&input),
            "PKPNFT" => round_trip::<PKPNFT::PKPNFTCalls>(&input),
            "PubkeyRouter" => round_trip::<PubkeyRouter::PubkeyRouterCalls>(&input),
            "PKPPermissions" => round_trip::<PKPPermissions::PKPPermissionsCalls>(&input),
            "PKPHelper" => round_trip::<PKPHelper::PKPHelperCalls>(&input),
            "PKPHelperV2" => round_trip::<PKPHelperV2::PKPHelperV2Calls>(&input),
            "RateLimitNFT" => round_trip::<RateLimitNFT::RateLimitNFTCalls>(&input),
            "PaymentDelegation" => round_trip::<PaymentDelegation::PaymentDelegationCalls>(&input),
            _ => round_trip::<ContractResolver::ContractResolverCalls>(&input),
        };
        assert_eq!(again, input, "{}", vector["name"]);
    }
    assert_eq!((calls.len(), txs.len()), (45, 19));
}
