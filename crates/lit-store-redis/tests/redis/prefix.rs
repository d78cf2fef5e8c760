//! Several stores on one server.

use lit_sdk::store::{SealingKey, SessionStore};

use crate::support::{Setup, any_action, keys};

#[tokio::test]
async fn stores_of_other_prefixes_are_apart() {
    let setup = Setup::new().await;
    let entry = setup.entry("one.example").await;
    // Some are the beginning of others, also of the names of their entries, and some are patterns to Redis.
    let prefixes = [
        "lit:session:",
        "",
        "s:",
        "s:s:",
        "app:",
        "app:s:",
        "a*:",
        "a?p:",
        "[a-z]pp:",
        "a\\*:",
        "ünïcode ",
    ];
    for prefix in prefixes {
        let store = setup.store_under(prefix);
        assert!(store.list().await.unwrap().is_empty(), "{prefix}");
        assert!(store.get(entry.scope()).await.unwrap().is_none());
        store.put(&entry).await.unwrap();
        assert_eq!(store.list().await.unwrap().len(), 1, "{prefix}");
    }
    // All are still there, none was taken for a broken one of another store.
    for prefix in prefixes {
        let store = setup.store_under(prefix);
        assert!(
            store.get(entry.scope()).await.unwrap().is_some(),
            "{prefix}"
        );
        let owned = store.of_owner(entry.scope().owner()).await.unwrap();
        assert_eq!(owned.len(), 1, "{prefix}");
    }
    let mut names: Vec<String> = setup.raw(&[b"KEYS", b"*"]).await;
    names.retain(|name| name.contains("x:"));
    assert!(names.is_empty(), "{names:?}");
    // And one is removed, or sealed anew, alone.
    let first = setup.store_under(prefixes[0]);
    assert!(first.remove(entry.scope()).await.unwrap());
    let rotated = setup
        .store(keys(2).with_previous([SealingKey::new([1; 32])]))
        .with_prefix("app:");
    assert_eq!(rotated.rotate().await.unwrap(), 1);
    for prefix in prefixes {
        let found = setup.store_under(prefix).list().await.unwrap().len();
        let gone = prefix == "lit:session:" || prefix == "app:";
        assert_eq!(found, usize::from(!gone), "{prefix}");
    }
    assert!(
        first
            .get(&setup.scope(&any_action()))
            .await
            .unwrap()
            .is_none()
    );
}
