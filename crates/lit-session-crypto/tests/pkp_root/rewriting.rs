//! What nodes may change of a message, and what not.

use alloy_primitives::Address;
use lit_recap::{ExtractError, ReCap, RecapAbility, SiweBuilder, SiweMessage};
use lit_session_crypto::{
    RewriteError, RewriteRefusal, SiweMember, check_rewritten, rewrite_for_pkp,
};
use lit_types::{AuthContext, LitAbility, LitResource, NodeErrorCode};
use proptest::{prelude::*, sample::select};
use serde_json::json;

use crate::{
    common::{at, wallet},
    support::{context, requests, rewritten, sent},
};

#[test]
fn nodes_rewrite_no_message_that_speaks_of_an_auth_context() {
    let rewrite = |message: &SiweMessage| {
        rewrite_for_pkp(message, wallet().address(), at(0).at(), &context())
    };
    let told = sent(|siwe| siwe.with_statement("lit-resolvedauthcontext"));
    assert_eq!(rewrite(&told), Err(RewriteError::ReservedResource));
    for id in ["*", "mine"] {
        let mut recap = ReCap::from_requests(&requests()).unwrap();
        let ability = RecapAbility::new("Auth", "Auth").unwrap();
        recap.attenuate(
            format!("lit-resolvedauthcontext://{id}"),
            ability,
            serde_json::Map::new(),
        );
        let refused = rewrite(&sent(|siwe| siwe.with_recap(recap))).unwrap_err();
        assert_eq!(refused, RewriteError::ReservedResource);
        let code = NodeErrorCode::NodeInvalidAuthContextResource;
        assert_eq!(refused.node_error_code(), Some(code));
    }
    let text = sent(|siwe| siwe).as_str().to_owned();
    let change = |from: &str, to: &str| rewrite(&text.replacen(from, to, 1).parse().unwrap());
    let foreign = change("Resources:\n", "Resources:\n- https://example.com/\n");
    assert_eq!(foreign, Err(RewriteError::ForeignResources));
    let other = change("'Signing'", "'Reading'").unwrap_err();
    assert_eq!(other, RewriteError::Recap(ExtractError::StatementMismatch));
    assert_eq!(
        other.node_error_code(),
        Some(NodeErrorCode::NodeSIWECapabilityInvalid)
    );
    let plain = text.split("\nResources").next().unwrap().parse().unwrap();
    assert_eq!(
        rewrite(&plain),
        Err(RewriteError::Recap(ExtractError::NoResources))
    );
    // Twice is once too often.
    assert_eq!(
        rewrite(&rewritten(&sent(|siwe| siwe))),
        Err(RewriteError::ReservedResource)
    );
}

#[test]
fn what_nodes_changed_is_named() {
    let asked = sent(|siwe| siwe.with_not_before(at(-60)).with_request_id("7"));
    let refusal = |given: &SiweMessage| check_rewritten(&asked, &rewritten(given)).unwrap_err();
    let differs = |change: fn(SiweBuilder) -> SiweBuilder| match refusal(&sent(|siwe| {
        change(siwe.with_not_before(at(-60)).with_request_id("7"))
    })) {
        RewriteRefusal::Differs(member) => member,
        other => panic!("{other}"),
    };
    assert_eq!(
        differs(|siwe| siwe.with_domain("example.com")),
        SiweMember::Domain
    );
    assert_eq!(
        differs(|siwe| siwe.with_uri("lit:session:00")),
        SiweMember::Uri
    );
    assert_eq!(differs(|siwe| siwe.with_chain_id(5)), SiweMember::ChainId);
    assert_eq!(
        differs(|siwe| siwe.with_expiration(at(86_401))),
        SiweMember::Expiration
    );
    assert_eq!(
        differs(|siwe| siwe.with_not_before(at(-61))),
        SiweMember::NotBefore
    );
    assert_eq!(
        differs(|siwe| siwe.with_request_id("8")),
        SiweMember::RequestId
    );
    assert_eq!(
        differs(|siwe| siwe.with_statement("Something else")),
        SiweMember::Statement
    );

    let signed = rewritten(&asked).as_str().to_owned();
    let changed = |from: &str, to: &str| {
        let text = signed.replacen(from, to, 1);
        assert_ne!(text, signed);
        check_rewritten(&asked, &text.parse().unwrap()).unwrap_err()
    };
    let nonce = changed("0123456789abcdef", "fedcba9876543210");
    assert_eq!(nonce, RewriteRefusal::Differs(SiweMember::Nonce));
    let address = changed(&wallet().address().to_string(), &Address::ZERO.to_string());
    assert_eq!(address, RewriteRefusal::Differs(SiweMember::Address));
    // The same instant in other words is another text.
    let end = asked.expiration_timestamp().unwrap();
    let spelled = changed(end.as_str(), &end.as_str().replace("Z", "+00:00"));
    assert_eq!(spelled, RewriteRefusal::Differs(SiweMember::Expiration));
    let resources = changed("Resources:\n", "Resources:\n- https://example.com/\n");
    assert_eq!(resources, RewriteRefusal::Differs(SiweMember::Resources));
    let inserted = changed(" I further authorize", " I agree. I further authorize");
    assert_eq!(inserted, RewriteRefusal::Differs(SiweMember::Statement));
    assert_eq!(
        check_rewritten(&asked, &asked),
        Err(RewriteRefusal::Differs(SiweMember::Statement))
    );
    assert_eq!(
        inserted.to_string(),
        "the nodes changed the statement of the message"
    );
}

/// What nodes would sign if they changed the ReCap in this way.
fn granting(asked: &SiweMessage, change: impl FnOnce(&mut ReCap)) -> SiweMessage {
    let signed = rewritten(asked);
    let mut recap = ReCap::extract(&signed).unwrap();
    change(&mut recap);
    let statement = format!("{} {}", asked.statement().unwrap(), recap.statement());
    let issued_at = "2025-01-15T12:34:44Z".parse().unwrap();
    signed
        .reissued(signed.address(), &issued_at, statement, &recap)
        .unwrap()
}

#[test]
fn the_auth_context_has_to_be_one() {
    let asked = sent(|siwe| siwe);
    let ability = || RecapAbility::new("Auth", "Auth").unwrap();
    let resource = "lit-resolvedauthcontext://*";
    let second = json!({ "auth_context": AuthContext::default() });
    let twice = granting(&asked, |recap| {
        recap.attenuate(
            resource.to_owned(),
            ability(),
            second.as_object().unwrap().clone(),
        );
    });
    assert_eq!(
        check_rewritten(&asked, &twice),
        Err(RewriteRefusal::NoAuthContext)
    );
    let without = granting(&asked, |recap| {
        let mut grants = recap.attenuations().clone();
        grants.remove(resource);
        *recap = ReCap::from_parts(grants, vec![]);
    });
    assert_eq!(
        check_rewritten(&asked, &without),
        Err(RewriteRefusal::NoAuthContext)
    );
    let other_ability = granting(&asked, |recap| {
        recap.attenuate(
            resource.to_owned(),
            RecapAbility::any(),
            serde_json::Map::new(),
        );
    });
    assert!(matches!(
        check_rewritten(&asked, &other_ability),
        Err(RewriteRefusal::Wider { .. })
    ));
}

/// Granting less is no harm, unless what was taken away had hidden something.
#[test]
fn a_shadowed_grant_does_not_come_into_force() {
    let mut recap = ReCap::from_requests(&requests()).unwrap();
    recap
        .grant(
            &LitResource::any_lit_action(),
            LitAbility::LitActionExecution,
        )
        .unwrap();
    recap.attenuate(
        "lit-pkp://*".to_owned(),
        RecapAbility::new("Foo", "Bar").unwrap(),
        serde_json::Map::new(),
    );
    let asked = sent(|siwe| siwe.with_recap(recap));
    let without = |key: &'static str| {
        granting(&asked, move |recap| {
            let mut grants = recap.attenuations().clone();
            grants.remove(key).unwrap();
            *recap = ReCap::from_parts(grants, vec![]);
        })
    };
    assert_eq!(
        check_rewritten(&asked, &without("lit-litaction://*")),
        Ok(context())
    );
    let refused = check_rewritten(&asked, &without("lit-pkp://*"));
    assert!(
        matches!(refused, Err(RewriteRefusal::Wider { .. })),
        "{refused:?}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is granted beside what was asked for is refused, on whatever it is granted.
    #[test]
    fn any_wider_grant_is_refused(
        prefix in select(vec!["lit-pkp", "lit-litaction", "lit-ratelimitincrease", "lit-accesscontrolcondition", "https", "lit-resolvedauthcontext"]),
        id in "\\*|[a-z0-9]{1,8}",
        namespace in select(vec!["Threshold", "Auth", "*"]),
        name in select(vec!["Signing", "Execution", "Decryption", "Auth", "*", "Other"]),
        note in select(vec![json!({}), json!({ "a": 1 })]),
    ) {
        let asked = sent(|siwe| siwe);
        let (key, ability) = (format!("{prefix}://{id}"), RecapAbility::new(namespace, name).unwrap());
        let added = granting(&asked, |recap| {
            recap.attenuate(key, ability, note.as_object().unwrap().clone());
        });
        let refused = check_rewritten(&asked, &added);
        prop_assert!(matches!(refused, Err(RewriteRefusal::Wider { .. } | RewriteRefusal::NoAuthContext)), "{:?}", refused);
    }

    /// Any context comes back as it went in.
    #[test]
    fn contexts_survive(response in any::<String>(), user in any::<String>(), action in "[a-zA-Z0-9]{0,46}") {
        let mut context = context();
        context.custom_auth_resource = response;
        context.auth_method_contexts[0].user_id = user;
        context.action_ipfs_id_stack = vec![action];
        let asked = sent(|siwe| siwe);
        let signed = rewrite_for_pkp(&asked, wallet().address(), at(0).at(), &context).unwrap();
        prop_assert_eq!(check_rewritten(&asked, &signed), Ok(context));
    }
}
