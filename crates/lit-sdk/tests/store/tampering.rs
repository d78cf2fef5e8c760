//! Every change of a stored session is refused, or means the same.

use lit_sdk::store::StoredSession;
use lit_test_fakes::{TamperCounts, json_changes, judge};

use crate::support::{any_action, entry, network, now, wallet};

/// A store finds an entry by its scope. Whatever is changed in it, the session has the key, the signer and the rights of before.
#[test]
fn stored_entries() {
    let entry = entry(&wallet(5), &network(), "app.example.com");
    let json = entry.expose_json();
    let read = |json: &str| {
        let changed =
            StoredSession::from_json_of(json, entry.scope()).map_err(|e| e.to_string())?;
        let session = changed.verify(now()).map_err(|e| e.to_string())?;
        let root = entry.verify(now()).unwrap();
        assert!(
            session.authorized_until().at() <= root.authorized_until().at(),
            "{json}"
        );
        Ok::<_, String>((
            session.public_key(),
            session.address(),
            session.granted().clone(),
        ))
    };
    let counts = judge("stored entry", &json, json_changes(&json), read);
    assert_eq!(
        counts,
        TamperCounts {
            refused: 654,
            same: 95
        }
    );
    assert_eq!(entry.verify(now()).unwrap().requests(), any_action());
}

#[cfg(feature = "seal")]
#[test]
fn sealed_entries() {
    use lit_sdk::store::{SealingKey, SealingKeys};
    use lit_test_fakes::{Tampered, TestRng};

    let keys = SealingKeys::new(SealingKey::new([7; 32]));
    let entry = entry(&wallet(5), &network(), "app.example.com");
    let sealed = keys.seal(entry.expose_json().as_bytes(), b"scope", &mut TestRng);
    let hex = alloy_primitives::hex::encode(&sealed);
    let mut changes: Vec<Tampered> = (0..hex.len())
        .map(|at| {
            let mut changed = hex.clone();
            let digit = u8::from_str_radix(&hex[at..=at], 16).unwrap();
            changed.replace_range(at..=at, &format!("{:x}", digit ^ 1));
            Tampered {
                change: format!("change digit {at}"),
                text: changed,
            }
        })
        .collect();
    changes.extend((0..hex.len()).step_by(2).map(|end| Tampered {
        change: format!("cut to {end}"),
        text: hex[..end].to_owned(),
    }));
    changes.push(Tampered {
        change: "add a byte".to_owned(),
        text: format!("{hex}00"),
    });
    let expected = changes.len();
    let read = |hex: &str| {
        keys.open(&alloy_primitives::hex::decode(hex).unwrap(), b"scope")
            .map(|opened| opened.secret)
    };
    let counts = judge("sealed entry", &hex, changes, read);
    assert_eq!(
        counts,
        TamperCounts {
            refused: expected,
            same: 0
        }
    );
    assert!(keys.open(&sealed, b"scopf").is_err());
}
