//! Requests that have to be paid with capacity credits.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::time::Duration;

use alloy_signer_local::PrivateKeySigner;
use common::{Setup, base64, contracts, requests};
use lit_devnet::Devnet;
use lit_recap::{CapacityDelegation, SiweBuilder};
use lit_session_crypto::{SessionKeyPair, SessionTemplate, sign_auth_sig, sign_siwe};
use lit_types::{AuthSig, wire::Endpoint};
use serde_json::{Value, json};

async fn enforced() -> Setup {
    Setup::of(Devnet::builder().with_capacity_enforced(true)).await
}

impl Setup {
    /// Another wallet with money.
    fn funded(&self, index: usize) -> PrivateKeySigner {
        self.network.funded_keys()[index].parse().unwrap()
    }

    /// A delegation of credits by their owner.
    async fn delegate(&self, owner: &PrivateKeySigner, delegation: &CapacityDelegation) -> AuthSig {
        let nonce = self.nonce.parse().unwrap();
        let message = SiweBuilder::new(owner.address(), "", nonce, self.now())
            .with_capacity_delegation(delegation)
            .build()
            .unwrap();
        sign_siwe(owner, &message).await.unwrap()
    }

    /// What the first node answers to a wallet that runs an action, and shows these proofs.
    async fn run(&self, wallet: &PrivateKeySigner, proofs: &[AuthSig]) -> (u16, Value) {
        self.run_with(wallet, proofs, &[]).await
    }

    /// The same with others after the one of the wallet.
    async fn run_with(
        &self,
        wallet: &PrivateKeySigner,
        proofs: &[AuthSig],
        more: &[AuthSig],
    ) -> (u16, Value) {
        let nonce = self.nonce.parse().unwrap();
        let message = SiweBuilder::new(
            wallet.address(),
            self.key.public_key().uri(),
            nonce,
            self.now(),
        )
        .with_rights(&requests())
        .unwrap()
        .build()
        .unwrap();
        let mut capabilities = proofs.to_vec();
        capabilities.push(sign_siwe(wallet, &message).await.unwrap());
        capabilities.extend_from_slice(more);
        let sig = SessionTemplate::new(
            self.key.public_key(),
            &requests(),
            &capabilities,
            &self.now(),
            &self.after(600),
        )
        .sign_for(&self.key, &self.network.node_urls()[0]);
        let body = json!({ "code": base64("1"), "jsParams": {}, "authSig": sig, "epoch": 0 });
        let (status, body) = self.send(0, Endpoint::Execute, &body).await.unwrap();
        (status, serde_json::from_slice(&body).unwrap())
    }

    /// Why no capacity credit pays for the wallet, as the node says it.
    async fn why_unpaid(&self, wallet: &PrivateKeySigner, proofs: &[AuthSig]) -> String {
        let (status, answer) = self.run(wallet, proofs).await;
        assert_eq!(
            (status, &answer["errorCode"]),
            (402, &json!("rate_limit_exceeded")),
            "{answer}"
        );
        let message = answer["message"].as_str().unwrap();
        message
            .strip_prefix("Rate limit exceeded.  No capacity credit pays for this request: ")
            .unwrap_or_else(|| panic!("{message}"))
            .to_owned()
    }

    async fn is_paid(&self, wallet: &PrivateKeySigner, proofs: &[AuthSig]) -> bool {
        let (status, answer) = self.run(wallet, proofs).await;
        match status {
            200 => true,
            402 => {
                assert_eq!(answer["errorCode"], "rate_limit_exceeded");
                assert!(
                    answer["message"]
                        .as_str()
                        .unwrap()
                        .starts_with("Rate limit exceeded.  ")
                );
                assert_eq!(answer.as_object().unwrap().len(), 2);
                false
            }
            _ => panic!("{status} {answer}"),
        }
    }
}

#[tokio::test]
async fn nobody_pays_where_it_is_not_enforced() {
    let setup = Setup::new().await;
    assert!(setup.is_paid(&lit_test_fakes::wallet(), &[]).await);
}

#[tokio::test]
async fn users_pay_with_their_own_credits_until_these_expire() {
    let setup = enforced().await;
    let wallet = setup.funded(1);
    assert!(!setup.is_paid(&wallet, &[]).await);
    setup.mint_credit(&wallet).await;
    assert!(setup.is_paid(&wallet, &[]).await);
    assert!(!setup.is_paid(&setup.funded(2), &[]).await);
    setup
        .network
        .clock()
        .advance(Duration::from_secs(3 * 86_400));
    assert!(!setup.is_paid(&wallet, &[]).await);
}

#[tokio::test]
async fn payers_pay_for_their_users() {
    let setup = enforced().await;
    let (payer, user) = (setup.funded(1), lit_test_fakes::wallet());
    let payments = contracts(&setup.network, &payer).payments();
    payments.delegate(&[user.address()]).await.unwrap();
    assert!(!setup.is_paid(&user, &[]).await, "without a credit");
    setup.mint_credit(&payer).await;
    assert!(setup.is_paid(&user, &[]).await);
    assert!(!setup.is_paid(&lit_test_fakes::wallet(), &[]).await);
}

#[tokio::test]
async fn owners_delegate_credits() {
    let setup = enforced().await;
    let (owner, user) = (setup.funded(1), lit_test_fakes::wallet());
    let credit = setup.mint_credit(&owner).await;
    let anybody = CapacityDelegation::to_anyone();
    let only_user = CapacityDelegation::to(user.address());
    let named = only_user.clone().with_token_id(credit);
    for delegation in [&anybody, &only_user, &named] {
        let proof = setup.delegate(&owner, delegation).await;
        assert!(setup.is_paid(&user, std::slice::from_ref(&proof)).await);
        let somebody = lit_test_fakes::wallet();
        let for_all = delegation == &anybody;
        assert_eq!(setup.is_paid(&somebody, &[proof]).await, for_all);
    }
    // Of somebody who has no credit, and of one who names a credit that is not theirs.
    let poor = setup.funded(2);
    for delegation in [&anybody, &named] {
        let proof = setup.delegate(&poor, delegation).await;
        assert!(!setup.is_paid(&user, &[proof]).await);
    }
}

#[tokio::test]
async fn uses_are_counted() {
    let setup = enforced().await;
    let (owner, user) = (setup.funded(1), lit_test_fakes::wallet());
    setup.mint_credit(&owner).await;
    let twice = CapacityDelegation::to_anyone().with_uses(2);
    let proof = setup.delegate(&owner, &twice).await;
    assert!(setup.is_paid(&user, std::slice::from_ref(&proof)).await);
    assert!(setup.is_paid(&user, std::slice::from_ref(&proof)).await);
    assert!(!setup.is_paid(&user, std::slice::from_ref(&proof)).await);
    setup.network.clock().advance(Duration::from_secs(1));
    let another = setup.delegate(&owner, &twice).await;
    assert!(setup.is_paid(&user, &[proof, another]).await);
}

#[tokio::test]
async fn uses_are_counted_across_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let start = || {
        Setup::of(
            Devnet::builder()
                .with_capacity_enforced(true)
                .with_state(dir.path()),
        )
    };
    let setup = start().await;
    let (owner, user) = (setup.funded(1), lit_test_fakes::wallet());
    setup.mint_credit(&owner).await;
    let twice = CapacityDelegation::to_anyone().with_uses(2);
    let proof = setup.delegate(&owner, &twice).await;
    assert!(setup.is_paid(&user, std::slice::from_ref(&proof)).await);
    for _ in 0..2 {
        setup.network.save().unwrap();
    }
    drop(setup);
    let setup = start().await;
    assert!(setup.is_paid(&user, std::slice::from_ref(&proof)).await);
    drop(setup);
    let setup = start().await;
    assert!(!setup.is_paid(&user, &[proof]).await);
}

#[tokio::test]
async fn another_spelling_of_the_signature_is_no_other_delegation() {
    let setup = enforced().await;
    let (owner, user) = (setup.funded(1), lit_test_fakes::wallet());
    setup.mint_credit(&owner).await;
    let once = CapacityDelegation::to_anyone().with_uses(1);
    let proof = setup.delegate(&owner, &once).await;
    assert!(setup.is_paid(&user, std::slice::from_ref(&proof)).await);
    let digits = proof.sig.strip_prefix("0x").unwrap();
    for sig in [digits.to_owned(), format!("0x{}", digits.to_uppercase())] {
        let respelt = AuthSig {
            sig,
            ..proof.clone()
        };
        assert!(!setup.is_paid(&user, &[respelt]).await);
    }
}

/// Every verifier of a session sees its root. On Lit's nodes, this root delegates all credits of the session's user.
#[tokio::test]
async fn the_root_of_a_session_delegates_nothing() {
    let setup = enforced().await;
    let (owner, thief) = (setup.funded(1), lit_test_fakes::wallet());
    setup.mint_credit(&owner).await;
    let nonce = setup.nonce.parse().unwrap();
    let session = SessionKeyPair::from_seed(&[8; 32]).public_key().uri();
    let message = SiweBuilder::new(owner.address(), session, nonce, setup.now())
        .with_recap(CapacityDelegation::to_anyone().to_recap())
        .build()
        .unwrap();
    let root = sign_siwe(&owner, &message).await.unwrap();
    assert_eq!(
        setup.why_unpaid(&thief, &[root]).await,
        format!(
            "{} has no credit; the request carries no capacity delegation.",
            thief.address()
        )
    );
    let proof = setup
        .delegate(&owner, &CapacityDelegation::to_anyone())
        .await;
    assert!(setup.is_paid(&thief, &[proof]).await);
}

/// Lit's nodes accept it too. The official client makes none.
#[tokio::test]
async fn a_delegation_may_have_no_end() {
    let setup = enforced().await;
    let (owner, user) = (setup.funded(1), lit_test_fakes::wallet());
    setup.mint_credit(&owner).await;
    let proof = setup
        .delegate(&owner, &CapacityDelegation::to_anyone())
        .await;
    let lines = proof.signed_message.lines();
    let endless: Vec<&str> = lines
        .filter(|line| !line.starts_with("Expiration Time"))
        .collect();
    let endless = sign_auth_sig(&owner, &endless.join("\n")).await.unwrap();
    assert!(setup.is_paid(&user, &[endless]).await);
}

#[tokio::test]
async fn one_bad_proof_fails_the_request() {
    let setup = enforced().await;
    let (owner, user) = (setup.funded(1), setup.funded(2));
    setup.mint_credit(&user).await;
    assert!(setup.is_paid(&user, &[]).await);
    let mut forged = setup
        .delegate(&owner, &CapacityDelegation::to_anyone())
        .await;
    forged.signed_message = forged.signed_message.replace("Version: 1", "Version: 1 ");
    let (status, answer) = setup.run(&user, &[forged]).await;
    assert_eq!(
        (status, &answer["errorCode"]),
        (400, &json!("NodeSIWECapabilityInvalid"))
    );
}

/// A session may rest on several capabilities, and one of them on the network's word.
#[tokio::test]
async fn the_capability_of_a_pkp_is_a_good_proof() {
    let setup = enforced().await;
    let user = setup.funded(1);
    setup.mint_credit(&user).await;
    let pkp = setup.network_root(&setup.good_body().await).await;
    // The session rests on the first of them that is good.
    let (status, answer) = setup.run_with(&user, &[], std::slice::from_ref(&pkp)).await;
    assert_eq!(status, 200, "{answer}");
    assert!(!setup.is_paid(&user, std::slice::from_ref(&pkp)).await);
    let mut forged = pkp;
    let message = &forged.signed_message;
    forged.signed_message = message.replacen("litprotocol.com", "example.com", 1);
    let (status, answer) = setup.run_with(&user, &[], &[forged]).await;
    assert_eq!(
        (status, &answer["errorCode"]),
        (400, &json!("NodeSIWECapabilityInvalid"))
    );
}

#[tokio::test]
async fn a_refusal_says_what_kept_each_delegation_from_paying() {
    let setup = enforced().await;
    let (owner, user) = (setup.funded(1), PrivateKeySigner::random());
    let (owner_is, user_is) = (owner.address(), user.address());
    let no_credit = format!("{user_is} has no credit");
    assert_eq!(
        setup.why_unpaid(&user, &[]).await,
        format!("{no_credit}; the request carries no capacity delegation.")
    );

    let once = CapacityDelegation::to_anyone().with_uses(1);
    let proof = setup.delegate(&owner, &once).await;
    let does_not_pay = format!("{no_credit}; the capacity delegation of {owner_is} does not pay: ");
    assert_eq!(
        setup.why_unpaid(&user, std::slice::from_ref(&proof)).await,
        format!("{does_not_pay}{owner_is} has no credit that it covers.")
    );

    let credit = setup.mint_credit(&owner).await;
    assert!(setup.is_paid(&user, std::slice::from_ref(&proof)).await);
    assert_eq!(
        setup.why_unpaid(&user, std::slice::from_ref(&proof)).await,
        format!("{does_not_pay}all of its 1 uses are used up.")
    );

    let other = PrivateKeySigner::random().address();
    let for_other = CapacityDelegation::to(other);
    let for_other = setup.delegate(&owner, &for_other).await;
    assert_eq!(
        setup.why_unpaid(&user, &[for_other]).await,
        format!("{does_not_pay}it is not for {user_is}.")
    );

    let poor = setup.funded(2);
    let named = CapacityDelegation::to_anyone().with_token_id(credit);
    let of_poor = setup.delegate(&poor, &named).await;
    let poor = poor.address();
    assert_eq!(
        setup.why_unpaid(&user, &[of_poor]).await,
        format!(
            "{no_credit}; the capacity delegation of {poor} does not pay: its credits do not belong to {poor}."
        )
    );
}

#[tokio::test]
async fn a_refusal_says_that_credits_have_expired() {
    let setup = enforced().await;
    let (owner, user) = (setup.funded(1), setup.funded(2));
    setup.mint_credit(&owner).await;
    setup.mint_credit(&user).await;
    let payments = contracts(&setup.network, &owner).payments();
    payments.delegate(&[user.address()]).await.unwrap();
    setup
        .network
        .clock()
        .advance(Duration::from_secs(3 * 86_400));
    let anybody = CapacityDelegation::to_anyone();
    let proof = setup.delegate(&owner, &anybody).await;
    assert_eq!(
        setup.why_unpaid(&user, &[proof]).await,
        format!(
            "the credits of {} have expired; none of its 1 payers has an unexpired credit; \
             the capacity delegation of {} does not pay: its credits have expired.",
            user.address(),
            owner.address()
        )
    );
}
