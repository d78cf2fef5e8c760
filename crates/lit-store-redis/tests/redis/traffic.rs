//! What Redis, a listener on the network and a reader of logs learn.

use std::sync::Arc;

use lit_sdk::{
    Session, SessionManager, WalletAuth,
    store::{SealingKey, SessionStore},
};
use lit_store_redis::{RedisStore, redis::Client};
use lit_test_fakes::{Logs, Secrets};

use crate::{
    pkp,
    proxy::Proxy,
    support::{Setup, any_action, keys},
};

fn add(secrets: &mut Secrets, name: &str, session: &Session) {
    let key = session.key_pair().expose_secret_key();
    secrets.add_hex(&format!("session key of {name}"), &key[..64]);
    secrets.add_hex(&format!("AuthSig of {name}"), &session.root().sig);
}

#[tokio::test]
async fn no_secret_reaches_redis_or_the_logs() {
    let logs = Logs::default();
    let _subscriber = tracing::subscriber::set_default(logs.subscriber());
    let mut setup = Setup::new().await;
    let proxy = Proxy::to(setup.server.port()).await;
    let store = |keys| Arc::new(RedisStore::new(Client::open(proxy.url()).unwrap(), keys));
    let both = || keys(2).with_previous([SealingKey::new([1; 32])]);
    let (old, new) = (store(keys(1)), store(both()));
    let mut secrets = Secrets::default();
    let mut shown = format!("{old:?} {:?}", both());

    let manager = SessionManager::new(setup.client.clone()).with_store(old.clone());
    let wallet = WalletAuth::new(setup.wallet.clone());
    let of_wallet = manager.session(&any_action(), &wallet).await.unwrap();
    add(&mut secrets, "the wallet", &of_wallet);
    secrets.add("the key of the wallet", setup.wallet.to_bytes());
    let login = pkp::login(&setup).await;
    let of_pkp = manager.session(&any_action(), &login).await.unwrap();
    add(&mut secrets, "the PKP", &of_pkp);
    let entries = old.list().await.unwrap();
    assert_eq!(entries.len(), 2);

    // Every operation, and every one again that fails: broken entries, a server that refuses, and one that is gone.
    for entry in &entries {
        assert!(new.get(entry.scope()).await.unwrap().is_some());
        new.put(entry).await.unwrap();
        new.of_owner(entry.scope().owner()).await.unwrap();
        new.set_aside(entry).await.unwrap();
        new.put(entry).await.unwrap();
    }
    old.put(&entries[0]).await.unwrap();
    new.remove(entries[1].scope()).await.unwrap();
    new.rotate().await.unwrap();
    for name in setup.names("s").await {
        setup.raw::<()>(&[b"SET", name.as_bytes(), b"x"]).await;
    }
    assert!(new.list().await.unwrap().is_empty());
    setup.limit_memory("1").await;
    let full = new.put(&entries[0]).await.unwrap_err();
    setup.limit_memory("0").await;
    setup.server.stop();
    let gone = new.put(&entries[0]).await.unwrap_err();
    let strict = SessionManager::new(setup.client.clone()).with_store(new.clone());
    let failed = strict.session(&any_action(), &wallet).await.unwrap_err();
    shown += &format!("{full} {full:?} {gone} {gone:?} {failed} {failed:?}");

    let (traffic, logged) = (proxy.traffic(), logs.text());
    for (place, text, least) in [
        ("the traffic", &traffic, 10_000),
        (
            "the file of the server",
            &setup.server.append_only_file(),
            5_000,
        ),
        ("the logs", &logged, 1_000),
        ("errors and values", &shown.into_bytes(), 200),
    ] {
        assert!(text.len() > least, "{place}: {} bytes", text.len());
        let found = secrets.found_in(text);
        assert!(found.is_empty(), "{place}: {}", found.join("\n"));
    }
    // It would have been found in all of them.
    let planted = [&traffic, of_pkp.key_pair().expose_secret_key().as_bytes()].concat();
    assert!(!secrets.found_in(&planted).is_empty());
}
