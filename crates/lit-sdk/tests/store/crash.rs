use std::{
    fs,
    io::{Read, Write},
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use lit_sdk::store::{FileStore, SessionStore, StoredSession};
use lit_test_fakes::{TestRng, temp_dir};
use rand_core::RngCore;

use crate::support::{entry, files_below, futures, network, now, wallet};

const DIRECTORY: &str = "LIT_TEST_STORE_DIRECTORY";
const WRITER: &str = "LIT_TEST_STORE_WRITER";

/// Starts this very program again, to run one of its tests as a process of its own.
fn child(test: &str, directory: &Path, writer: u8) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(DIRECTORY, directory)
        .env(WRITER, writer.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// What a child was told; nothing in the parent.
fn told() -> Option<(FileStore, u8)> {
    let store = FileStore::open(std::env::var_os(DIRECTORY)?).unwrap();
    Some((store, std::env::var(WRITER).unwrap().parse().unwrap()))
}

/// Replaces one entry for ever, and tells each time.
#[test]
fn child_that_never_ends() {
    let Some((store, _)) = told() else { return };
    let entries = [0; 2].map(|_| entry(&wallet(1), &network(), "example.com"));
    let mut out = std::io::stdout();
    for entry in entries.iter().cycle() {
        futures(store.put(entry)).unwrap();
        out.write_all(b"#").unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn a_killed_writer_leaves_the_old_or_the_new_entry() {
    const ROUNDS: usize = 100;
    let dir = temp_dir();
    let scope = entry(&wallet(1), &network(), "example.com").scope().clone();
    let mut amid = 0;
    for round in 0..ROUNDS {
        let mut child = child("crash::child_that_never_ends", dir.path(), 0);
        let mut out = child.stdout.take().unwrap();
        let mut written = TestRng.next_u32() % 4 + 1;
        let mut byte = [0];
        while written > 0 {
            out.read_exact(&mut byte).unwrap();
            written -= u32::from(byte[0] == b'#');
        }
        // Somewhere within the next writes.
        let pause = Duration::from_micros(u64::from(TestRng.next_u32() % 4000));
        let start = Instant::now();
        while start.elapsed() < pause {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let temporary = dir.path().join("sessions").join(".writing");
        amid += usize::from(temporary.exists());

        let store = FileStore::open(dir.path()).unwrap();
        let found = futures(store.get(&scope)).unwrap();
        let found = found.unwrap_or_else(|| panic!("round {round}: no entry"));
        found.verify(now()).unwrap();
        assert!(!temporary.exists(), "round {round}");
        let files = files_below(dir.path());
        assert_eq!(
            files.len(),
            2,
            "round {round}: the lock and one entry, not {files:?}"
        );
    }
    assert!(
        amid > 0,
        "no writer was killed amid a write, so nothing was tested"
    );
}

/// Writes entries of its own, and one that all writers share.
#[test]
fn child_that_writes_fifty() {
    let Some((store, writer)) = told() else {
        return;
    };
    for entry in fifty(writer) {
        futures(store.put(&entry)).unwrap();
        futures(store.put(&shared())).unwrap();
    }
}

fn fifty(writer: u8) -> Vec<StoredSession> {
    let domain = |index| format!("{writer}-{index}.example.com");
    // Every other one shares its directory with the other writer's.
    let owner = |index: u8| wallet(if index.is_multiple_of(2) { 1 } else { writer });
    (0..50)
        .map(|index| entry(&owner(index), &network(), &domain(index)))
        .collect()
}

fn shared() -> StoredSession {
    entry(&wallet(1), &network(), "shared.example.com")
}

#[test]
fn two_processes_lose_nothing() {
    let dir = temp_dir();
    let children = [2, 3].map(|writer| child("crash::child_that_writes_fifty", dir.path(), writer));
    for child in children {
        assert!(child.wait_with_output().unwrap().status.success());
    }
    let store = FileStore::open(dir.path()).unwrap();
    let found = futures(store.list()).unwrap();
    assert_eq!(found.len(), 101);
    for entry in &found {
        entry.verify(now()).unwrap();
    }
    for expected in [2, 3].into_iter().flat_map(fifty) {
        assert!(futures(store.get(expected.scope())).unwrap().is_some());
    }
    assert!(futures(store.get(shared().scope())).unwrap().is_some());
    assert!(fs::read_dir(dir.path().join("sessions")).unwrap().count() == 4);
}
