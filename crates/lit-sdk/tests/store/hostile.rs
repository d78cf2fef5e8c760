//! Files as somebody else left them: locked, foreign, redirected, no files at all, on a disk that is full.

use std::{
    fs::{self, File, Permissions},
    io::ErrorKind,
    os::unix::fs::{PermissionsExt, chown, symlink},
    process::Command,
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::Duration,
};

use lit_sdk::store::{FileStore, LocalStorage, SessionStore, StoreError, StoredSession};
use lit_test_fakes::{TempDir, temp_dir};

use crate::support::{entry, files_below, futures, network, wallet};

fn kept() -> StoredSession {
    entry(&wallet(1), &network(), "example.com")
}

/// Locks the store as another process would. Closing it does not unlock it while another test starts a process.
fn lock(dir: &TempDir) -> File {
    let lock = File::create(dir.path().join("sessions/.lock")).unwrap();
    lock.lock().unwrap();
    lock
}

#[tokio::test]
async fn a_lock_is_not_waited_for_for_ever() {
    let dir = temp_dir();
    let store = FileStore::open(dir.path()).unwrap();
    let (one, two) = (kept(), kept());
    store.put(&one).await.unwrap();
    let held = lock(&dir);
    let hasty = store.clone().with_lock_wait(Duration::ZERO);
    let path = dir.path().join("sessions/.lock");
    for failed in [
        hasty.put(&two).await,
        hasty.remove(two.scope()).await.map(drop),
        hasty.set_aside(&one).await,
        hasty.remove_set_aside().await.map(drop),
    ] {
        let error = failed.unwrap_err();
        assert!(matches!(&error, StoreError::Locked { path: named, .. } if *named == path));
        assert!(error.to_string().contains("sessions/.lock"), "{error}");
    }
    // Nobody needs it to read, or to open the store.
    let found = FileStore::open(dir.path()).unwrap().get(one.scope()).await;
    assert_eq!(found.unwrap().unwrap().public_key(), one.public_key());

    // Who waits gets it when it is free.
    let patient = tokio::spawn({
        let (store, two) = (store.clone(), two.clone());
        async move { store.put(&two).await }
    });
    tokio::task::yield_now().await;
    drop(held);
    patient.await.unwrap().unwrap();
    let found = store.get(two.scope()).await.unwrap().unwrap();
    assert_eq!(found.public_key(), two.public_key());
}

#[test]
fn a_process_that_starts_does_not_keep_the_lock() {
    let dir = temp_dir();
    let store = FileStore::open(dir.path()).unwrap();
    let store = store.with_lock_wait(Duration::ZERO);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        // Until it runs its program, a new process has all files of this one.
        scope.spawn(|| {
            while !done.load(Relaxed) {
                Command::new("true").status().unwrap();
            }
        });
        let removed = (0..300).map(|_| futures(store.remove_set_aside()));
        let outcome: Result<Vec<_>, _> = removed.collect();
        done.store(true, Relaxed);
        assert_eq!(outcome.unwrap(), vec![0; 300]);
    });
}

#[tokio::test]
async fn a_lock_under_another_name_is_none() {
    let dir = temp_dir();
    let store = FileStore::open(dir.path()).unwrap();
    let store = store.with_lock_wait(Duration::ZERO);
    // Somebody cleans up, and the next writer makes a lock of its own.
    let held = lock(&dir);
    let path = dir.path().join("sessions/.lock");
    fs::remove_file(&path).unwrap();
    store.put(&kept()).await.unwrap();
    drop(held);
}

#[tokio::test]
async fn what_a_killed_writer_left_is_removed() {
    let dir = temp_dir();
    FileStore::open(dir.path()).unwrap();
    let temporary = dir.path().join("sessions/.writing");
    fs::write(&temporary, "half a key").unwrap();
    // It may be somebody's who is alive.
    let held = lock(&dir);
    FileStore::open(dir.path()).unwrap();
    assert!(temporary.exists());
    held.unlock().unwrap();
    let store = FileStore::open(dir.path()).unwrap();
    assert!(!temporary.exists());
    // Also by whoever signs a user out, of another session.
    fs::write(&temporary, "half a key").unwrap();
    assert!(!store.remove(kept().scope()).await.unwrap());
    assert!(!temporary.exists());
    // And is never written to, whatever it is now.
    let victim = dir.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    symlink(&victim, &temporary).unwrap();
    store.put(&kept()).await.unwrap();
    assert_eq!(fs::read_to_string(&victim).unwrap(), "precious");
    assert!(!temporary.exists());
}

const DIRECTORY: &str = "LIT_TEST_FULL_DISK";

/// Runs where files cannot grow beyond a kilobyte, as on a disk that is full.
#[test]
fn child_on_a_full_disk() {
    let Some(dir) = std::env::var_os(DIRECTORY) else {
        return;
    };
    let store = FileStore::open(dir).unwrap();
    let old = futures(store.list()).unwrap().remove(0);
    for _ in 0..3 {
        let failed = futures(store.put(&kept())).unwrap_err();
        assert!(
            matches!(
                failed,
                StoreError::File {
                    operation: "write",
                    ..
                }
            ),
            "{failed}"
        );
    }
    let found = futures(store.get(old.scope())).unwrap().unwrap();
    assert_eq!(found.public_key(), old.public_key());
}

#[tokio::test]
async fn a_full_disk_leaves_the_old_entry_and_nothing_else() {
    let dir = temp_dir();
    let store = FileStore::open(dir.path()).unwrap();
    store.put(&kept()).await.unwrap();
    let output = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "hostile::child_on_a_full_disk"])
        .env(DIRECTORY, dir.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{said}"
    );
    let files = files_below(dir.path());
    assert_eq!(files.len(), 2, "the lock and one entry, not {files:?}");
}

#[tokio::test]
async fn directories_that_lead_elsewhere_are_refused() {
    let dir = temp_dir();
    let target = dir.path().join("target");
    fs::create_dir_all(&target).unwrap();
    fs::set_permissions(&target, Permissions::from_mode(0o755)).unwrap();
    symlink(&target, dir.path().join("sessions")).unwrap();
    let refused = FileStore::open(dir.path());
    assert!(
        matches!(refused, Err(StoreError::NotPrivate { .. })),
        "{refused:?}"
    );

    let store = FileStore::open(dir.path().join("other")).unwrap();
    let entry = kept();
    let owner = entry.scope().owner();
    let link = dir
        .path()
        .join("other/sessions")
        .join(owner.key().to_string());
    symlink(&target, &link).unwrap();
    for refused in [
        store.put(&entry).await,
        store.get(entry.scope()).await.map(drop),
        store.of_owner(owner).await.map(drop),
    ] {
        assert!(
            matches!(refused, Err(StoreError::NotPrivate { .. })),
            "{refused:?}"
        );
    }
    assert!(store.list().await.unwrap().is_empty());
    // It was not even touched.
    let mode = fs::metadata(&target).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
    assert_eq!(fs::read_dir(&target).unwrap().count(), 0);
}

#[test]
fn directories_of_others_are_refused() {
    let dir = temp_dir();
    let foreign = dir.path().join("sessions");
    fs::create_dir_all(&foreign).unwrap();
    // Only root can give a directory away; everybody else has root's.
    let is_root = chown(&foreign, Some(12345), None).is_ok();
    let refused = match is_root {
        true => FileStore::open(dir.path()).map(drop),
        false => LocalStorage::open("/").map(drop),
    };
    let error = refused.unwrap_err();
    assert!(error.to_string().contains("another user"), "{error}");

    let shared = dir.path().join("shared");
    fs::create_dir(&shared).unwrap();
    fs::set_permissions(&shared, Permissions::from_mode(0o1777)).unwrap();
    let error = LocalStorage::open(&shared).unwrap_err();
    assert!(matches!(error, StoreError::NotPrivate { .. }), "{error}");
    let mode = fs::metadata(&shared).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o1777);
}

#[tokio::test]
async fn what_was_set_aside_can_be_removed() {
    let dir = temp_dir();
    let store = FileStore::open(dir.path()).unwrap();
    let (corrupt, good) = (kept(), entry(&wallet(2), &network(), "example.com"));
    store.put(&good).await.unwrap();
    for _ in 0..3 {
        store.put(&corrupt).await.unwrap();
        store.set_aside(&corrupt).await.unwrap();
    }
    assert_eq!(store.remove_set_aside().await.unwrap(), 1);
    assert_eq!(store.remove_set_aside().await.unwrap(), 0);
    let files = files_below(dir.path());
    assert_eq!(files.len(), 2, "the lock and one entry, not {files:?}");
    assert!(store.get(good.scope()).await.unwrap().is_some());
}

#[test]
fn long_values_are_not_cut_off() {
    let dir = temp_dir();
    let storage = LocalStorage::open(dir.path()).unwrap();
    storage.set_item("key", "value").unwrap();
    let file = File::options()
        .write(true)
        .open(dir.path().join("key"))
        .unwrap();
    file.set_len(8 * 1024 * 1024).unwrap();
    assert_eq!(
        storage.get_item("key").unwrap().unwrap().len(),
        8 * 1024 * 1024
    );
    file.set_len(8 * 1024 * 1024 + 1).unwrap();
    assert!(matches!(storage.get_item("key"), Err(StoreError::ForeignValue(key)) if key == "key"));
}

#[test]
fn a_failed_operation_names_the_path_and_keeps_its_cause() {
    let dir = temp_dir();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let error = FileStore::open(&file).unwrap_err();
    let path = file.join("sessions");
    assert_eq!(
        error.to_string(),
        format!("cannot make the directory {}", path.display())
    );
    let cause = std::error::Error::source(&error).unwrap();
    let cause = cause.downcast_ref::<std::io::Error>().unwrap();
    assert_eq!(cause.kind(), ErrorKind::NotADirectory);
}
