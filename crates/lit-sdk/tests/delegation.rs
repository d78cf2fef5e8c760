//! Capacity delegations: made, attached, and looked at before they are used.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use std::time::Duration;

use alloy_primitives::Address;
use alloy_provider::{Provider, ProviderBuilder};
use alloy_signer_local::PrivateKeySigner;
use common::{Setup, any_action};
use lit_sdk::{
    Clock, Timestamp,
    contracts::{CreditExpiry, CreditId, LitContracts, RequestRate},
    recap::{CapacityDelegation, SiweMessage},
    session::{DelegationRequest, preflight_delegation},
    session_crypto::{DelegationProblem, DelegationTerms},
};

fn contracts(
    setup: &Setup,
    wallet: &PrivateKeySigner,
) -> LitContracts<impl Provider + Clone + 'static> {
    let provider = ProviderBuilder::new()
        .wallet(wallet.clone())
        .connect_client(setup.network.chain().client());
    LitContracts::new(setup.network.context(), provider).with_sender(wallet.address())
}

#[tokio::test]
async fn a_delegation_is_made_and_shown() {
    let setup = Setup::new(3).await;
    let owner = lit_test_fakes::wallet();
    let now = Timestamp::try_from(setup.network.clock().now()).unwrap();
    let end = now.checked_add(Duration::from_secs(3600)).unwrap();
    let delegation = CapacityDelegation::to(setup.wallet.address()).with_uses(3);
    let request = DelegationRequest::new(delegation)
        .with_domain("example.com")
        .with_statement("Spend my credit.")
        .until(end.clone());
    let proof = setup
        .client
        .create_capacity_delegation_auth_sig(&owner, &request)
        .await
        .unwrap();
    let message: SiweMessage = proof.signed_message.parse().unwrap();
    assert_eq!(message.uri(), "lit:capability:delegation");
    assert_eq!(message.domain(), "example.com");
    assert!(
        message
            .statement()
            .unwrap()
            .starts_with("Spend my credit. I further authorize")
    );
    assert_eq!(message.nonce(), setup.client.latest_blockhash());
    let terms = DelegationTerms::of(&proof).remove(0);
    assert_eq!((terms.owner, terms.uses), (owner.address(), Some(3)));

    let session = setup
        .client
        .session(&any_action().with_proofs([proof]), &setup.auth())
        .await
        .unwrap();
    assert_eq!(session.expiration(), &end);
    let explained = session.explain();
    assert_eq!(explained.proofs[0].signer, Some(owner.address()));
    assert_eq!(explained.proofs[0].delegations, [terms]);
}

#[tokio::test]
async fn a_delegation_lasts_as_long_as_requested() {
    let setup = Setup::new(3).await;
    let request =
        DelegationRequest::new(CapacityDelegation::to_anyone()).lasting(Duration::from_secs(3600));
    let proof = setup
        .client
        .create_capacity_delegation_auth_sig(&lit_test_fakes::wallet(), &request)
        .await
        .unwrap();
    let message: SiweMessage = proof.signed_message.parse().unwrap();
    let end = message.expiration_timestamp().unwrap();
    assert_eq!(end.at() - message.issued_at(), Duration::from_secs(3600));
}

#[tokio::test]
async fn the_chain_says_whether_there_is_a_credit() {
    let setup = Setup::new(3).await;
    let owner: PrivateKeySigner = setup.network.funded_keys()[1].parse().unwrap();
    let contracts = contracts(&setup, &owner);
    let user = setup.wallet.address();
    let clock = setup.network.clock();
    let until = Timestamp::try_from(clock.now() + Duration::from_secs(3600)).unwrap();
    let check = async |delegation: CapacityDelegation| {
        let request = DelegationRequest::new(delegation);
        let client = &setup.client;
        let made = client
            .create_capacity_delegation_auth_sig(&owner, &request)
            .await;
        preflight_delegation(&contracts, &made.unwrap(), user, &until, clock.now())
            .await
            .unwrap()
    };
    let anyone = CapacityDelegation::to_anyone();
    let none = DelegationProblem::NoCredit {
        owner: owner.address(),
    };
    assert_eq!(check(anyone.clone()).await, std::slice::from_ref(&none));

    let day = clock.now().unix_timestamp() / 86_400 + 2;
    let expiry = CreditExpiry::from_unix_seconds((day * 86_400).unsigned_abs()).unwrap();
    let rate = RequestRate::from_per_kilosecond(10).unwrap();
    let credit: CreditId = contracts.credits().mint(rate, expiry).await.unwrap().id;
    assert_eq!(check(anyone.clone()).await, []);
    let id = credit.as_u256();
    assert_eq!(check(anyone.clone().with_token_id(credit)).await, []);
    let other = anyone.clone().with_token_id(CreditId::new(id + id));
    assert_eq!(check(other).await, std::slice::from_ref(&none));
    let found = check(CapacityDelegation::to(Address::ZERO)).await;
    assert_eq!(found, [DelegationProblem::NotForUser { user }]);

    clock.advance(Duration::from_secs(3 * 86_400));
    let found = check(anyone).await;
    assert!(found.contains(&none), "{found:?}");
}
