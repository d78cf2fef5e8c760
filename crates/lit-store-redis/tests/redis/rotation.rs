//! Keys are rotated while other programs read, write and remove.

use lit_sdk::store::{SealingKey, SealingKeys, SessionStore};
use lit_store_redis::{RedisStore, redis::Client};

use crate::{
    proxy::Proxy,
    support::{Setup, keys},
};

/// What the steps of sealing an entry again have in their scripts: the new form is proposed, the old one removed, the new one
/// confirmed.
const STEPS: [&str; 3] = ["'PTTL'", "if not value", "'PEXPIREAT'"];

/// The keys of a program that has the current key, and of one that still has the old one as its current key.
fn programs() -> [SealingKeys; 2] {
    let both = |current, previous| keys(current).with_previous([SealingKey::new([previous; 32])]);
    [both(2, 1), both(1, 2)]
}

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

/// As a program leaves it that is killed between the two steps of a put.
#[tokio::test]
async fn an_old_form_beside_the_new_one_is_removed() {
    let setup = Setup::new().await;
    let (old, new) = (setup.store(keys(1)), setup.store(keys(2)));
    let [both, _] = programs();
    let both = setup.store(both);
    let [outdated, current] = [
        setup.entry("one.example").await,
        setup.entry("one.example").await,
    ];
    old.put(&outdated).await.unwrap();
    new.put(&current).await.unwrap();
    both.rotate().await.unwrap();
    assert!(old.list().await.unwrap().is_empty());
    let found = new.get(current.scope()).await.unwrap().unwrap();
    assert_eq!(found.public_key(), current.public_key());
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

#[tokio::test]
async fn a_lost_answer_loses_no_session() {
    let setup = Setup::new().await;
    let proxy = Proxy::to(setup.server.port()).await;
    let [both, _] = programs();
    let old = setup.store(keys(1));
    let entry = setup.entry("one.example").await;
    for step in STEPS {
        old.put(&entry).await.unwrap();
        let store = RedisStore::new(Client::open(proxy.url()).unwrap(), both.clone());
        proxy.lose_answer_to(step);
        assert_eq!(store.rotate().await.unwrap(), 1, "{step}");
        assert!(proxy.has_caught(), "{step}");
        let found = setup.store(keys(2)).get(entry.scope()).await.unwrap();
        assert_eq!(found.unwrap().public_key(), entry.public_key(), "{step}");
        let [name] = &setup.names("s").await[..] else {
            panic!("{step}");
        };
        let left: i64 = setup.raw(&[b"PTTL", name.as_bytes()]).await;
        assert!(left > 60_000, "{step}: {left}");
        assert!(store.remove(entry.scope()).await.unwrap());
    }
}

/// Programs rotate in both directions while the new key is being rolled out. Each may remove what the other moves.
#[tokio::test]
async fn what_is_removed_between_two_steps_stays_removed() {
    let setup = Setup::new().await;
    let proxy = Proxy::to(setup.server.port()).await;
    let entry = setup.entry("one.example").await;
    for (mover, origin) in programs().into_iter().zip([1, 2]) {
        for remover in programs() {
            for step in STEPS {
                setup.store(keys(origin)).put(&entry).await.unwrap();
                let moving = RedisStore::new(Client::open(proxy.url()).unwrap(), mover.clone());
                let mut held = proxy.hold(step);
                let moving = tokio::spawn(async move { moving.rotate().await });
                held.reached().await;
                let removed = setup.store(remover.clone()).remove(entry.scope()).await;
                assert!(removed.unwrap(), "{step} {origin}");
                held.go();
                moving.await.unwrap().unwrap();
                assert!(setup.names("*").await.is_empty(), "{step} {origin}");
            }
        }
    }
}

/// A removal that another program's move overtakes.
#[tokio::test]
async fn what_is_moved_during_a_removal_is_removed() {
    let setup = Setup::new().await;
    let proxy = Proxy::to(setup.server.port()).await;
    let entry = setup.entry("one.example").await;
    for (mover, origin) in programs().into_iter().zip([1, 2]) {
        for remover in programs() {
            setup.store(keys(origin)).put(&entry).await.unwrap();
            let removing = RedisStore::new(Client::open(proxy.url()).unwrap(), remover);
            // It has its connection.
            assert_eq!(removing.list().await.unwrap().len(), 1);
            let mut held = proxy.hold("'DEL', KEYS[1], KEYS[3]");
            let scope = entry.scope().clone();
            let removing = tokio::spawn(async move { removing.remove(&scope).await });
            held.reached().await;
            // Between the first name and the second one.
            let mut next = proxy.hold("'DEL', KEYS[1], KEYS[3]");
            held.go();
            next.reached().await;
            setup.store(mover.clone()).rotate().await.unwrap();
            next.go();
            assert!(removing.await.unwrap().unwrap(), "{origin}");
            assert!(setup.names("*").await.is_empty(), "{origin}");
        }
    }
}

/// Signing out lists the sessions of a user, which another program may move meanwhile.
#[tokio::test]
async fn an_entry_that_is_being_moved_is_listed() {
    let setup = Setup::new().await;
    let proxy = Proxy::to(setup.server.port()).await;
    let entry = setup.entry("one.example").await;
    for (mover, origin) in programs().into_iter().zip([1, 2]) {
        for reader in programs() {
            // The first, the second or the third index, or the entries of the first one that has some.
            for (step, skipped) in [("ZRANGE", 0), ("ZRANGE", 1), ("ZRANGE", 2), ("MGET", 0)] {
                setup.store(keys(origin)).put(&entry).await.unwrap();
                let reading = RedisStore::new(Client::open(proxy.url()).unwrap(), reader.clone());
                let mut held = proxy.hold(step);
                let owner = entry.scope().owner().clone();
                let reading = tokio::spawn(async move { reading.of_owner(&owner).await });
                held.reached().await;
                for _ in 0..skipped {
                    let next = proxy.hold(step);
                    held.go();
                    held = next;
                    held.reached().await;
                }
                assert_eq!(setup.store(mover.clone()).rotate().await.unwrap(), 1);
                held.go();
                let found = reading.await.unwrap().unwrap();
                assert_eq!(found.len(), 1, "{step} {skipped} {origin}");
                assert!(
                    setup
                        .store(mover.clone())
                        .remove(entry.scope())
                        .await
                        .unwrap()
                );
            }
        }
    }
}
