//! Keys are rotated while other programs read, write and remove.

use lit_sdk::store::{SealingKey, SessionStore};

use crate::support::{Setup, keys};

#[tokio::test(flavor = "multi_thread")]
async fn rotations_at_the_same_time_lose_nothing() {
    let setup = Setup::new().await;
    let (old, new) = (setup.store(keys(1)), setup.store(keys(2)));
    let both = keys(2).with_previous([SealingKey::new([1; 32])]);
    let mut entries = Vec::new();
    for index in 0..40 {
        entries.push(setup.entry(&format!("{index}.example")).await);
        old.put(&entries[index]).await.unwrap();
    }
    let programs = (0..4).map(|_| setup.store(both.clone()));
    let rotations =
        programs.map(|store| tokio::spawn(async move { store.rotate().await.unwrap() }));
    let mut rotated = 0;
    for rotation in rotations.collect::<Vec<_>>() {
        rotated += rotation.await.unwrap();
    }
    assert_eq!(rotated, 40);
    assert!(old.list().await.unwrap().is_empty());
    assert_eq!(new.list().await.unwrap().len(), 40);
    // Each lasts as long as its session.
    for name in setup.names("s").await {
        let left: i64 = setup.raw(&[b"PTTL", name.as_bytes()]).await;
        assert!(left > 60_000, "{left}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_removed_during_a_rotation_stays_removed() {
    let setup = Setup::new().await;
    let both = keys(2).with_previous([SealingKey::new([1; 32])]);
    let (old, store) = (setup.store(keys(1)), setup.store(both.clone()));
    let entry = setup.entry("one.example").await;
    let programs = [
        setup.store(both.clone()),
        setup.store(both.clone()),
        setup.store(both),
    ];
    for round in 0..200 {
        old.put(&entry).await.unwrap();
        let rotations = programs.clone().map(|program| {
            let entry = entry.clone();
            tokio::spawn(async move {
                program.get(entry.scope()).await.unwrap();
                program.rotate().await.unwrap();
            })
        });
        for _ in 0..round % 5 {
            tokio::task::yield_now().await;
        }
        assert!(store.remove(entry.scope()).await.unwrap(), "round {round}");
        for rotation in rotations {
            rotation.await.unwrap();
        }
        let found = store.list().await.unwrap();
        assert!(found.is_empty(), "round {round}");
        assert!(setup.names("*").await.is_empty(), "round {round}");
    }
}

/// What a program that was killed in the middle leaves behind does not outlive a minute.
#[tokio::test]
async fn half_a_rotation_expires() {
    let setup = Setup::new().await;
    let (old, new) = (setup.store(keys(1)), setup.store(keys(2)));
    let both = setup.store(keys(2).with_previous([SealingKey::new([1; 32])]));
    let entry = setup.entry("one.example").await;
    new.put(&entry).await.unwrap();
    let name = setup.names("s").await.remove(0);
    setup
        .raw::<()>(&[b"PEXPIRE", name.as_bytes(), b"60000"])
        .await;
    old.put(&entry).await.unwrap();
    // Whoever else is at it may still finish.
    assert_eq!(both.rotate().await.unwrap(), 0);
    assert_eq!(setup.names("s").await.len(), 2);
    assert!(both.get(entry.scope()).await.unwrap().is_some());
    // Once it has expired the other one is sealed again.
    setup.raw::<()>(&[b"PEXPIRE", name.as_bytes(), b"0"]).await;
    assert_eq!(both.rotate().await.unwrap(), 1);
    assert!(new.get(entry.scope()).await.unwrap().is_some());
}
