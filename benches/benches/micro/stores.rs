//! Stores that keep 1,000 sessions.

use criterion::Criterion;
use lit_sdk::{
    LitNetwork, Session, SessionRequest,
    session_crypto::SessionKeyPair,
    store::{
        FileStore, MemoryStore, NetworkId, SessionOwner, SessionScope, SessionStore, StoredSession,
    },
};
use tempfile::tempdir;
use tokio::runtime::Runtime;

use crate::setup;

const SESSIONS: usize = 1000;

fn scope(user: usize) -> SessionScope {
    let owner = SessionOwner {
        network: NetworkId::new(LitNetwork::Custom, &"ab".repeat(48)),
        user: lit_sdk::store::SessionUser::Named(user.to_string()),
    };
    let request = SessionRequest::new(setup::rights());
    let request = request.with_session_key(SessionKeyPair::from_seed(&setup::SESSION_SEED));
    SessionScope::of(owner, &request).unwrap()
}

fn bench<S: SessionStore>(
    c: &mut Criterion,
    runtime: &Runtime,
    (name, store): (&str, &S),
    session: &Session,
) {
    let entry = |user| StoredSession::new(scope(user), session);
    runtime.block_on(async {
        for user in 0..SESSIONS {
            store.put(&entry(user)).await.unwrap();
        }
    });
    let (known, unknown, entry) = (scope(500), scope(SESSIONS), entry(500));
    let mut group = c.benchmark_group(format!("{name} of 1,000 sessions"));
    for (name, scope, is_found) in [
        ("get", &known, true),
        ("get what it lacks", &unknown, false),
    ] {
        group.bench_function(name, |b| {
            b.to_async(runtime).iter(|| async {
                let found = store.get(scope).await.unwrap();
                assert_eq!(found.is_some(), is_found);
            });
        });
    }
    group.bench_function("put", |b| {
        b.to_async(runtime)
            .iter(|| async { store.put(&entry).await.unwrap() });
    });
    group.finish();
}

pub(crate) fn benches(c: &mut Criterion) {
    let (runtime, session) = (setup::runtime(), setup::session());
    let memory = ("store in memory", &MemoryStore::new());
    bench(c, &runtime, memory, &session);
    let directory = tempdir().unwrap();
    let files = FileStore::open(directory.path()).unwrap();
    bench(c, &runtime, ("store in files", &files), &session);
}
