//! What other programs put into the directory of a store: it stays as it is, and everything else works.

use std::{
    ffi::OsStr,
    fs::{self, File, Permissions},
    os::unix::{
        ffi::OsStrExt,
        fs::{PermissionsExt, chown, symlink},
    },
    path::{Path, PathBuf},
    process::Command,
};

use lit_sdk::store::{FileStore, SessionStore, StoreError, StoredSession};
use lit_test_fakes::{TempDir, temp_dir};

use crate::support::{entry, network, wallet};

const HASH: &str = "00000000000000000000000000000000000000000000000000000000000000ff";

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn entry_of(user: u8, domain: &str) -> StoredSession {
    entry(&wallet(user), &network(), domain)
}

fn directory_of(dir: &TempDir, entry: &StoredSession) -> PathBuf {
    let owner = entry.scope().owner().key().to_string();
    dir.path().join("sessions").join(owner)
}

fn path_of(dir: &TempDir, entry: &StoredSession) -> PathBuf {
    let name = format!("{}.json", entry.scope().key());
    directory_of(dir, entry).join(name)
}

/// Kind, mode and content of everything below a directory.
fn below(path: &Path) -> Vec<(PathBuf, u32, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        let found = fs::symlink_metadata(&path).unwrap();
        let content = match found {
            ref found if found.is_file() => fs::read(&path).unwrap(),
            ref found if found.is_symlink() => {
                let target = fs::read_link(&path).unwrap();
                target.as_os_str().as_bytes().to_vec()
            }
            _ => Vec::new(),
        };
        if found.is_dir() {
            all.extend(below(&path));
        }
        all.push((path, found.permissions().mode(), content));
    }
    all.sort();
    all
}

#[tokio::test]
async fn other_names_are_left_alone() {
    let dir = temp_dir();
    let store = FileStore::open(dir.path()).unwrap();
    let entries = [
        entry_of(1, "one.example"),
        entry_of(1, "two.example"),
        entry_of(2, "one.example"),
    ];
    store.put(&entries[0]).await.unwrap();
    // Everything is in both the directory of the store and that of a user.
    let not_utf8 = OsStr::from_bytes(b"\xff\xfe.json");
    for place in [dir.path().join("sessions"), directory_of(&dir, &entries[0])] {
        let open = |path: &Path| fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
        for name in [OsStr::new("backup"), OsStr::new("empty"), not_utf8] {
            fs::create_dir(place.join(name)).unwrap();
            open(&place.join(name));
        }
        for name in [
            "backup/one.json",
            "backup/one.corrupt",
            "notes.json",
            "notes.corrupt",
        ] {
            fs::write(place.join(name), "{").unwrap();
        }
        fs::write(place.join("backup").join(not_utf8), "{").unwrap();
        fs::write(place.join(OsStr::from_bytes(b"\xff")), "{").unwrap();
        fs::write(place.join(HASH.to_uppercase()), "{").unwrap();
        symlink("/", place.join("root")).unwrap();
        pipe(&place.join("pipe.json"));
    }
    // Of a user that there is not, and an entry that was not set aside.
    fs::write(dir.path().join("sessions").join(HASH), "{").unwrap();
    let aside = directory_of(&dir, &entries[0]).join(format!("{HASH}.corrupt"));
    fs::create_dir(&aside).unwrap();
    fs::write(aside.join("inner"), "precious").unwrap();

    store.remove(entries[0].scope()).await.unwrap();
    let before = below(dir.path());
    let store = FileStore::open(dir.path()).unwrap();
    for entry in &entries {
        store.put(entry).await.unwrap();
        assert!(store.get(entry.scope()).await.unwrap().is_some());
    }
    assert_eq!(store.list().await.unwrap().len(), 3);
    let owner = entries[0].scope().owner();
    assert_eq!(store.of_owner(owner).await.unwrap().len(), 2);
    store.set_aside(&entries[1]).await.unwrap();
    assert_eq!(store.remove_set_aside().await.unwrap(), 1);
    for entry in [&entries[0], &entries[2]] {
        assert!(store.remove(entry.scope()).await.unwrap());
    }
    assert_eq!(below(dir.path()), before);
}

#[tokio::test]
async fn what_is_in_the_place_of_an_entry_stays() {
    let dir = temp_dir();
    let store = FileStore::open(dir.path()).unwrap();
    let (taken, other) = (entry_of(1, "one.example"), entry_of(1, "two.example"));
    store.put(&other).await.unwrap();
    let path = path_of(&dir, &taken);
    let secret = dir.path().join("secret");
    fs::write(&secret, taken.expose_json().as_bytes()).unwrap();
    let make: [&dyn Fn(&Path); 4] = [
        &|path| {
            fs::create_dir(path).unwrap();
            fs::write(path.join("inner"), "precious").unwrap();
        },
        &|path| symlink(&secret, path).unwrap(),
        &|path| {
            let file = File::create(path).unwrap();
            file.set_len(8 * 1024 * 1024 + 1).unwrap();
        },
        // To open it for reading is to wait for a writer.
        &|path| pipe(path),
    ];
    for make in make {
        make(&path);
        let before = below(dir.path());
        assert!(store.get(taken.scope()).await.unwrap().is_none());
        assert!(!store.remove(taken.scope()).await.unwrap());
        store.set_aside(&taken).await.unwrap();
        let refused = store.put(&taken).await.unwrap_err();
        assert!(matches!(&refused, StoreError::Foreign { path: named } if *named == path));
        assert!(refused.to_string().ends_with("; move it away"), "{refused}");
        assert_eq!(store.remove_set_aside().await.unwrap(), 0);
        let owner = other.scope().owner();
        assert_eq!(store.of_owner(owner).await.unwrap().len(), 1);
        assert_eq!(store.list().await.unwrap().len(), 1);
        assert!(store.get(other.scope()).await.unwrap().is_some());
        assert_eq!(below(dir.path()), before);
        // Once it is moved away there is room.
        fs::rename(&path, dir.path().join("moved")).unwrap();
        store.put(&taken).await.unwrap();
        assert!(store.remove(taken.scope()).await.unwrap());
        Command::new("rm")
            .arg("-r")
            .arg(dir.path().join("moved"))
            .status()
            .unwrap();
    }
}

/// A corrupt entry cannot be set aside where something else is. It stays until it is replaced.
#[tokio::test]
async fn what_is_in_the_place_of_an_entry_set_aside_stays() {
    let dir = temp_dir();
    let store = FileStore::open(dir.path()).unwrap();
    let kept = entry_of(1, "one.example");
    store.put(&kept).await.unwrap();
    let path = path_of(&dir, &kept);
    let aside = path.with_extension("corrupt");
    fs::create_dir(&aside).unwrap();
    fs::write(aside.join("inner"), "precious").unwrap();
    fs::write(&path, "{").unwrap();
    for _ in 0..2 {
        assert!(store.get(kept.scope()).await.unwrap().is_none());
        assert!(store.list().await.unwrap().is_empty());
    }
    store.put(&kept).await.unwrap();
    assert!(store.get(kept.scope()).await.unwrap().is_some());
    assert!(store.remove(kept.scope()).await.unwrap());
    assert_eq!(fs::read(aside.join("inner")).unwrap(), b"precious");
}

#[tokio::test]
async fn the_files_of_the_store_itself_are_files() {
    let kept = entry_of(1, "one.example");
    let make: [&dyn Fn(&Path); 3] = [
        &|path| fs::create_dir(path).unwrap(),
        &|path| symlink("elsewhere", path).unwrap(),
        // To open it for writing is to wait for a reader.
        &|path| pipe(path),
    ];
    for make in make {
        let dir = temp_dir();
        let store = FileStore::open(dir.path()).unwrap();
        let lock = dir.path().join("sessions/.lock");
        fs::remove_file(&lock).unwrap();
        make(&lock);
        for refused in [
            FileStore::open(dir.path()).map(drop),
            store.put(&kept).await,
        ] {
            let error = refused.unwrap_err();
            let StoreError::File {
                operation: "lock",
                path,
                ..
            } = &error
            else {
                panic!("{error:?}");
            };
            assert_eq!(*path, lock);
        }
        assert_eq!(
            fs::read_dir(dir.path().join("sessions")).unwrap().count(),
            1
        );
    }
    let dir = temp_dir();
    let store = FileStore::open(dir.path()).unwrap();
    let writing = dir.path().join("sessions/.writing");
    fs::create_dir(&writing).unwrap();
    fs::write(writing.join("inner"), "precious").unwrap();
    FileStore::open(dir.path()).unwrap();
    let refused = store.put(&kept).await.unwrap_err();
    assert!(matches!(&refused, StoreError::Foreign { path } if *path == writing));
    assert_eq!(fs::read(writing.join("inner")).unwrap(), b"precious");
}

/// What cannot be read is an error to its user, and hides no other user.
#[tokio::test]
async fn a_directory_that_cannot_be_used_hides_no_other() {
    let dir = temp_dir();
    let store = FileStore::open(dir.path()).unwrap();
    let (bad, good) = (entry_of(1, "one.example"), entry_of(2, "one.example"));
    store.put(&bad).await.unwrap();
    store.put(&good).await.unwrap();
    let closed = directory_of(&dir, &bad);
    // Root reads everything, but only root can give a directory away.
    if chown(&closed, Some(12345), None).is_err() {
        fs::set_permissions(&closed, Permissions::from_mode(0o000)).unwrap();
    }
    for refused in [
        store.get(bad.scope()).await.map(drop),
        store.of_owner(bad.scope().owner()).await.map(drop),
        store.remove(bad.scope()).await.map(drop),
        store.put(&bad).await,
    ] {
        let error = refused.unwrap_err();
        let (StoreError::NotPrivate { path, .. } | StoreError::File { path, .. }) = &error else {
            panic!("{error:?}");
        };
        assert!(path.starts_with(&closed), "{error}");
    }
    assert_eq!(store.list().await.unwrap().len(), 1);
    assert!(store.get(good.scope()).await.unwrap().is_some());
    fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
}
