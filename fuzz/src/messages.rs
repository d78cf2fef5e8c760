//! SIWE messages and ReCaps.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use lit_recap::{NodeGrants, RECAP_URN_PREFIX, ReCap, SiweMessage, client_covers};
use lit_session_crypto::{check_login_times, check_rewritten, parse_signed_message};

use crate::{accounts, text};

pub(crate) fn siwe(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let _ = parse_signed_message(text);
    let Ok(message) = text.parse::<SiweMessage>() else {
        return;
    };
    assert_eq!(message.as_str(), text);
    assert_eq!(message.to_string().parse().as_ref(), Ok(&message));
    assert_eq!(
        message.expiration().is_some(),
        message.expiration_timestamp().is_some()
    );
    assert!(!message.domain().contains('@'));
    let _ = message.check_time(accounts::now());
    let _ = check_login_times(&message, accounts::now());
    let _ = client_covers(&message, &accounts::rights());
    if let Ok(recap) = ReCap::extract(&message) {
        assert!(
            message
                .statement()
                .is_some_and(|it| it.ends_with(&recap.statement()))
        );
        // One more right leaves a message that says so.
        if let Ok(more) = accounts_recap().add_to(&message) {
            let both = ReCap::extract(&more).expect("it was added");
            assert!(both.covers_all_of(&accounts_recap()));
        }
    }
    let _ = NodeGrants::of(&message);
}

fn accounts_recap() -> ReCap {
    ReCap::from_requests(&accounts::rights()).expect("rights without data")
}

pub(crate) fn recap(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let urn = match text.starts_with(RECAP_URN_PREFIX) {
        true => text.to_owned(),
        false => format!("{RECAP_URN_PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(text)),
    };
    let Ok(recap) = urn.parse::<ReCap>() else {
        return;
    };
    let again: ReCap = recap.to_urn().parse().expect("a ReCap decodes again");
    assert_eq!(again.to_urn(), recap.to_urn());
    assert_eq!(again.statement(), recap.statement());
    let _ = recap.display_statement();
    assert!(recap.covers_all_of(&recap));
    let mut merged = accounts_recap();
    merged.merge(&recap);
    for proof in recap.proofs() {
        assert_eq!(proof.to_base32().parse().as_ref(), Ok(proof));
    }
}

/// What nodes sign for a PKP in place of what was sent.
pub(crate) fn rewritten(data: &[u8]) {
    let Some(Ok(signed)) = text(data).map(str::parse::<SiweMessage>) else {
        return;
    };
    let sent = accounts::sent();
    if check_rewritten(&sent, &signed).is_ok() {
        assert_eq!(signed.uri(), sent.uri());
        assert_eq!(signed.expiration(), sent.expiration());
        let (asked, granted) = (ReCap::extract(&sent), ReCap::extract(&signed));
        let granted = granted.expect("checked");
        assert!(asked.expect("it was built so").covers_all_of(&granted));
    }
}
