//! Properties of signatures: whatever is changed is refused, and nothing panics.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use common::*;
use lit_session_crypto::{Operation, SessionVerifier, verify_session_signature};
use lit_types::{AuthSig, NodeUrl, SessionSigs};
use proptest::prelude::*;
use time::OffsetDateTime;

fn changed(text: &str, at: prop::sample::Index, xor: u8) -> Option<String> {
    let mut bytes = text.as_bytes().to_vec();
    let at = at.index(bytes.len());
    bytes[at] ^= xor;
    String::from_utf8(bytes).ok()
}

proptest! {
    /// A change of case in hex digits is the same bytes; anything else is refused.
    #[test]
    fn any_byte_changed_is_refused(at in any::<prop::sample::Index>(), xor in 1_u8.., member in 0..3) {
        let mut sig = good();
        let text = match member {
            0 => &mut sig.sig,
            1 => &mut sig.signed_message,
            _ => &mut sig.address,
        };
        let Some(new) = changed(text, at, xor) else { return Ok(()) };
        let same_bytes = member != 1 && new.eq_ignore_ascii_case(text);
        *text = new;
        prop_assert_eq!(verify_at(&sig, 0).is_ok(), same_bytes);
    }

    /// The same for the wallet's signature, with the session signature made anew.
    #[test]
    fn any_byte_of_the_root_changed_is_refused(at in any::<prop::sample::Index>(), xor in 1_u8.., member in 0..3) {
        let mut root = root(|siwe| siwe);
        let text = match member {
            0 => &mut root.sig,
            1 => &mut root.signed_message,
            _ => &mut root.address,
        };
        let Some(new) = changed(text, at, xor) else { return Ok(()) };
        let prefix = member == 2 || new.starts_with("0x");
        let same_bytes = member != 1 && prefix && new.eq_ignore_ascii_case(text);
        *text = new;
        let sig = template(&[root], 0, 86_400).sign_for(&key(), &node());
        prop_assert_eq!(verify_at(&sig, 0).is_ok(), same_bytes);
    }

    #[test]
    fn signing_for_many_is_signing_one_by_one(hosts in prop::collection::vec("[a-z]{1,8}", 0..12)) {
        let nodes: Vec<NodeUrl> =
            hosts.iter().map(|host| format!("https://{host}:443").parse().unwrap()).collect();
        let template = template(&[root(|siwe| siwe)], 0, 60);
        let all = template.sign_for_all(&key(), &nodes);
        let one_by_one: SessionSigs =
            nodes.iter().map(|node| (node.clone(), template.sign_for(&key(), node))).collect();
        prop_assert_eq!(&all, &one_by_one);
        for (node, sig) in all.iter() {
            prop_assert_eq!(&sig.signed_message, &template.text_for(node));
            prop_assert_eq!(verify_session_signature(sig), Ok(key().public_key()));
        }
    }

    #[test]
    fn verification_never_panics(
        sig in any::<String>(),
        via in "litSessionSignViaNacl|[a-z.]{0,8}",
        text in any::<String>(),
        address in any::<String>(),
        seconds in any::<i32>(),
    ) {
        let mut auth_sig = AuthSig::session(sig, text.clone(), address);
        auth_sig.derived_via = via;
        let now = OffsetDateTime::from_unix_timestamp(i64::from(seconds)).unwrap();
        let _ = SessionVerifier::for_node(node()).verify(&auth_sig, &Operation::run_action(CID), now);
        let _ = SessionVerifier::for_node(node()).verify(&signed(&text), &Operation::run_action(CID), now);
        let _ = lit_session_crypto::validate_session_sig(&auth_sig, now);
        let _ = serde_json::from_str::<AuthSig>(&text);
    }
}
