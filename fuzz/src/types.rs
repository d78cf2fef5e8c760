//! Conditions, and values that are one text.

use std::{fmt::Display, str::FromStr};

use lit_node_transport::{HttpUrl, NodeList};
use lit_recap::{Delegatee, ProofCid, RecapAbility};
use lit_sdk::auth_method::{auth_method_id, unverified_jwt_identity, webauthn_public_key};
use lit_session_crypto::{SessionPublicKey, conditions_hash};
use lit_types::{
    ActionCid, AuthMethod, CompactJson, CreditId, LitAbility, LitNetwork, LitResource,
    NodeErrorCode, NodeUrl, PkpPublicKey, SolanaAddress, Timestamp, TokenId,
    access_control::{AccessControlConditions, ConditionsKind},
    constants::AuthMethodType,
};

use crate::{selected, text};

pub(crate) fn conditions(data: &[u8]) {
    let (kind, data) = selected(data);
    let kinds = [
        ConditionsKind::EvmBasic,
        ConditionsKind::EvmContract,
        ConditionsKind::SolRpc,
        ConditionsKind::Unified,
    ];
    let kind = kinds[kind % kinds.len()];
    let Some(text) = text(data) else { return };
    let Ok(conditions) = AccessControlConditions::from_json(kind, text) else {
        return;
    };
    let canonical = conditions.canonical();
    let again = AccessControlConditions::from_canonical_json(kind, canonical.as_str());
    let again = again.expect("canonical conditions are read again");
    assert_eq!(again.canonical(), canonical);
    assert_eq!(conditions_hash(&again), conditions_hash(&conditions));
    let _ = conditions.count();
    let _ = conditions.check();
}

pub(crate) fn texts(data: &[u8]) {
    let _ = webauthn_public_key(data);
    let Some(text) = text(data) else { return };
    printed::<ActionCid>(text);
    printed::<CreditId>(text);
    printed::<HttpUrl>(text);
    printed::<LitAbility>(text);
    printed::<LitNetwork>(text);
    printed::<LitResource>(text);
    printed::<NodeUrl>(text);
    printed::<NodeErrorCode>(text);
    printed::<PkpPublicKey>(text);
    printed::<ProofCid>(text);
    printed::<RecapAbility>(text);
    printed::<SessionPublicKey>(text);
    printed::<SolanaAddress>(text);
    printed::<Timestamp>(text);
    let _ = text.parse::<TokenId>();
    let _ = text.parse::<Delegatee>();
    let _ = NodeList::new(text, 2);
    let _ = unverified_jwt_identity(text);
    for kind in AuthMethodType::ALL {
        let _ = auth_method_id(&AuthMethod::new(kind, text.to_owned()));
    }
    if let Ok(json) = CompactJson::parse(text) {
        let again = CompactJson::parse(json.as_str());
        assert_eq!(again.as_ref(), Ok(&json));
    }
}

/// A value that is parsed prints as a text that parses to the same value.
fn printed<T: FromStr + Display + PartialEq>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        let again = value.to_string();
        assert!(
            again.parse::<T>().is_ok_and(|again| again == value),
            "{again}"
        );
    }
}
