use std::sync::Arc;

use lit_sdk::{
    Clock,
    store::{SealError, SealingKey, SessionStore},
};

use crate::support::{Setup, any_action, keys};

#[tokio::test]
async fn keeps_lists_and_removes() {
    let setup = Setup::new().await;
    let store = setup.store(keys(1));
    let (one, two) = (
        setup.entry("one.example").await,
        setup.entry("two.example").await,
    );
    assert!(store.get(one.scope()).await.unwrap().is_none());
    store.put(&one).await.unwrap();
    store.put(&two).await.unwrap();
    let found = store.get(one.scope()).await.unwrap().unwrap();
    assert_eq!(found.expose_json(), one.expose_json());
    found.verify(setup.network.clock().now()).unwrap();
    assert!(
        store
            .get(&setup.scope(&any_action()))
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(store.of_owner(one.scope().owner()).await.unwrap().len(), 2);
    assert_eq!(store.list().await.unwrap().len(), 2);

    // Entries end with their sessions, and the index some time later.
    let end = one.bundle().expiration().unix_millis();
    for name in setup.names("s").await {
        let expires: i64 = setup.raw(&[b"PEXPIRETIME", name.as_bytes()]).await;
        assert!((expires - end).abs() < 60_000, "{expires} {end}");
    }
    for name in setup.names("o").await {
        assert!(setup.raw::<i64>(&[b"TTL", name.as_bytes()]).await > 30 * 86_400);
    }

    assert!(store.remove(one.scope()).await.unwrap());
    assert!(!store.remove(one.scope()).await.unwrap());
    assert_eq!(store.of_owner(one.scope().owner()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn only_ciphertext_leaves_the_process() {
    let setup = Setup::new().await;
    let entry = setup.entry("secret.example").await;
    setup.store(keys(1)).put(&entry).await.unwrap();
    let mut seen = Vec::new();
    for name in setup.names("*").await {
        seen.extend_from_slice(name.as_bytes());
        let kind: String = setup.raw(&[b"TYPE", name.as_bytes()]).await;
        if kind == "string" {
            seen.extend(setup.raw::<Vec<u8>>(&[b"GET", name.as_bytes()]).await);
        } else {
            let members: Vec<String> = setup.raw(&[b"ZRANGE", name.as_bytes(), b"0", b"-1"]).await;
            seen.extend(members.concat().into_bytes());
        }
    }
    // The file the server writes every command to.
    seen.extend(setup.server.append_only_file());
    let scope = entry.scope();
    let address = setup.wallet.address().to_string();
    for clear in [
        &entry.bundle().key_pair().expose_secret_key()[..64],
        &entry.public_key().to_string(),
        &entry.bundle().root().sig[2..],
        &address[2..],
        &address[2..].to_lowercase(),
        "secret.example",
        "litaction",
        &scope.key().to_string(),
        &scope.owner().key().to_string(),
    ] {
        let found = seen
            .windows(clear.len())
            .any(|window| window == clear.as_bytes());
        assert!(!found, "{clear}");
    }
    assert!(seen.len() > 1000);
}

#[tokio::test]
async fn keys_are_rotated() {
    let setup = Setup::new().await;
    let old = setup.store(keys(1));
    let entries = [
        setup.entry("a.example").await,
        setup.entry("b.example").await,
        setup.entry("c.example").await,
    ];
    for entry in &entries {
        old.put(entry).await.unwrap();
    }
    let both = setup.store(keys(2).with_previous([SealingKey::new([1; 32])]));
    assert_eq!(both.list().await.unwrap().len(), 3);
    assert_eq!(
        both.of_owner(entries[0].scope().owner())
            .await
            .unwrap()
            .len(),
        3
    );
    // One when it is read, one when it is replaced, the rest at once.
    assert!(both.get(entries[0].scope()).await.unwrap().is_some());
    assert!(old.get(entries[0].scope()).await.unwrap().is_none());
    both.put(&entries[1]).await.unwrap();
    assert!(old.get(entries[1].scope()).await.unwrap().is_none());
    assert_eq!(both.rotate().await.unwrap(), 1);
    assert_eq!(both.rotate().await.unwrap(), 0);

    let new = setup.store(keys(2));
    assert_eq!(
        new.of_owner(entries[0].scope().owner())
            .await
            .unwrap()
            .len(),
        3
    );
    for entry in &entries {
        assert!(new.get(entry.scope()).await.unwrap().is_some());
    }
    assert!(old.list().await.unwrap().is_empty());
    assert_eq!(setup.names("s").await.len(), 3);
    // What is removed is removed under all keys.
    old.put(&entries[0]).await.unwrap();
    assert!(both.remove(entries[0].scope()).await.unwrap());
    assert!(old.get(entries[0].scope()).await.unwrap().is_none());
    assert!(new.get(entries[0].scope()).await.unwrap().is_none());
}

#[tokio::test]
async fn what_was_tampered_with_is_set_aside() {
    let setup = Setup::new().await;
    let store = setup.store(keys(1));
    let (one, two) = (
        setup.entry("one.example").await,
        setup.entry("two.example").await,
    );
    store.put(&one).await.unwrap();
    let name = setup.names("s").await.remove(0);
    store.put(&two).await.unwrap();
    let other = setup
        .names("s")
        .await
        .into_iter()
        .find(|found| *found != name)
        .unwrap();
    let good: Vec<u8> = setup.raw(&[b"GET", name.as_bytes()]).await;
    let foreign: Vec<u8> = setup.raw(&[b"GET", other.as_bytes()]).await;
    // Each is sealed for the name it is kept under.
    assert!(keys(1).open(&good, name.as_bytes()).is_ok());
    let refused = keys(1).open(&foreign, name.as_bytes()).unwrap_err();
    assert_eq!(refused, SealError::Damaged);
    let mut flipped = good.clone();
    flipped[60] ^= 1;
    for bad in [
        flipped,
        Vec::new(),
        b"garbage".to_vec(),
        good[..50].to_vec(),
        foreign,
    ] {
        setup.raw::<()>(&[b"SET", name.as_bytes(), &bad]).await;
        assert!(store.get(one.scope()).await.unwrap().is_none());
        assert_eq!(setup.names("x").await.len(), 1);
        assert_eq!(store.list().await.unwrap().len(), 1);
        store.put(&one).await.unwrap();
        assert!(store.get(one.scope()).await.unwrap().is_some());
        store.remove(one.scope()).await.unwrap();
        assert!(setup.names("x").await.is_empty());
    }
    // What was found to be no good is set aside only while it is the same.
    store.put(&one).await.unwrap();
    let newer = setup.entry("one.example").await;
    store.set_aside(&newer).await.unwrap();
    assert!(store.get(one.scope()).await.unwrap().is_some());
    store.set_aside(&one).await.unwrap();
    assert!(store.get(one.scope()).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_at_the_same_time_lose_nothing() {
    let setup = Arc::new(Setup::new().await);
    let mut writers = Vec::new();
    for writer in 0..2 {
        let setup = Arc::clone(&setup);
        writers.push(tokio::spawn(async move {
            let store = setup.store(keys(1));
            for index in 0..100 {
                let entry = setup.entry(&format!("{writer}-{index}.example")).await;
                store.put(&entry).await.unwrap();
                store
                    .put(&setup.entry("shared.example").await)
                    .await
                    .unwrap();
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let store = setup.store(keys(1));
    let owner = setup.scope(&any_action()).owner().clone();
    let found = store.of_owner(&owner).await.unwrap();
    assert_eq!(found.len(), 201);
    for entry in found {
        entry.verify(setup.network.clock().now()).unwrap();
    }
    assert_eq!(store.list().await.unwrap().len(), 201);
}
