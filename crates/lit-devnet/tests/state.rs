//! Networks that keep their state in a directory.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod common;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use alloy_primitives::U256;
use common::contracts;
use lit_contracts::{ActionCid, Scopes};
use lit_devnet::{Devnet, DevnetBuilder, DevnetError, StateError};
use lit_types::Clock;
use tempfile::TempDir;
use time::OffsetDateTime;

fn builder(dir: &Path) -> DevnetBuilder {
    Devnet::builder().with_state(dir)
}

async fn start(dir: &Path) -> Devnet {
    builder(dir).start().await.unwrap()
}

/// Why a network does not start.
async fn refused(builder: DevnetBuilder) -> StateError {
    match builder.start().await {
        Err(DevnetError::State(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn file(dir: &Path) -> PathBuf {
    dir.join("network.state")
}

/// The directory of a network that was stopped after it had saved a block by itself.
async fn saved() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let network = start(dir.path()).await;
    network.chain().mine();
    network.stop().await.unwrap();
    dir
}

#[tokio::test]
async fn everything_survives_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let network = start(dir.path()).await;
    let signer = network.funded_keys()[0].parse().unwrap();
    let (action, before) = {
        let contracts = contracts(&network, &signer);
        let pkp = contracts.pkp().mint().await.unwrap();
        let action: ActionCid = network.put_ipfs("go()").parse().unwrap();
        let permissions = contracts.permissions();
        permissions
            .add_action(pkp.token_id, &action, Scopes::SIGN_ANYTHING)
            .await
            .unwrap();
        (action, pkp)
    };
    network.next_epoch().unwrap();
    network.clock().advance(Duration::from_secs(86_400));
    let (number, balance) = (
        network.chain().block_number(),
        network.chain().balance(signer.address()),
    );
    let hash = network.chain().block_hash(number);
    network.stop().await.unwrap();

    let network = start(dir.path()).await;
    assert_eq!(network.chain().block_number(), number);
    assert_eq!(network.chain().block_hash(number), hash);
    assert_eq!(network.chain().balance(signer.address()), balance);
    let contracts = contracts(&network, &signer);
    assert_eq!(
        contracts.pkp().owner(before.token_id).await.unwrap(),
        Some(signer.address())
    );
    let permitted = contracts
        .permissions()
        .actions(before.token_id)
        .await
        .unwrap();
    assert_eq!(permitted, [action]);
    assert_eq!(contracts.staking().epoch().await.unwrap().number, 2);
    let ahead = network.clock().now() - OffsetDateTime::now_utc();
    assert!(
        ahead > time::Duration::hours(23) && ahead <= time::Duration::DAY,
        "{ahead}"
    );
    // The chain goes on, and new PKPs are new.
    let after = contracts.pkp().mint().await.unwrap();
    assert_ne!(after.public_key, before.public_key);
}

#[tokio::test]
async fn a_stopped_clock_stays_stopped() {
    let dir = tempfile::tempdir().unwrap();
    let network = start(dir.path()).await;
    let at = OffsetDateTime::from_unix_timestamp_nanos(1_900_000_000_123_456_789).unwrap();
    network.clock().stop_at(at);
    drop(network);
    assert_eq!(start(dir.path()).await.clock().now(), at);
}

#[cfg(feature = "http")]
#[tokio::test]
async fn code_on_ipfs_survives_and_nodes_may_listen_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let network = start(dir.path()).await;
    let cid = network.put_ipfs("go()");
    drop(network);
    let network = builder(dir.path()).with_http(0).start().await.unwrap();
    let signer = network.funded_keys()[0].parse().unwrap();
    let info = contracts(&network, &signer).staking();
    let info = info.connection_info().await.unwrap();
    let urls: Vec<_> = info.nodes.iter().map(|node| node.url.clone()).collect();
    assert_eq!(urls, network.node_urls());
    assert_eq!(info.epoch.number, 1);
    let url = format!("/ipfs/{cid}");
    let address = network
        .relay_url()
        .unwrap()
        .strip_prefix("http://")
        .unwrap()
        .to_owned();
    let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
    let request = format!("GET {url} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    let mut answer = String::new();
    tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes())
        .await
        .unwrap();
    tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer)
        .await
        .unwrap();
    assert!(answer.ends_with("\r\n\r\ngo()"), "{answer}");
}

#[tokio::test]
async fn another_epoch_length_is_told_to_the_chain() {
    let dir = saved().await;
    let length = Duration::from_secs(77);
    let network = builder(dir.path())
        .with_epoch_length(length)
        .start()
        .await
        .unwrap();
    let signer = network.funded_keys()[0].parse().unwrap();
    let blocks = network.chain().block_number();
    network.next_epoch().unwrap();
    let epoch = contracts(&network, &signer)
        .staking()
        .epoch()
        .await
        .unwrap();
    assert_eq!(epoch.end_time, network.chain().timestamp() + 77);
    drop(network);
    // What the chain knows is not told again.
    let network = builder(dir.path())
        .with_epoch_length(length)
        .start()
        .await
        .unwrap();
    assert_eq!(network.chain().block_number(), blocks + 1);
}

#[tokio::test]
async fn a_network_that_is_killed_loses_what_was_not_saved() {
    let dir = tempfile::tempdir().unwrap();
    let network = start(dir.path()).await;
    let rich = network.funded_keys()[0].parse::<alloy_signer_local::PrivateKeySigner>();
    let rich = rich.unwrap().address();
    network.chain().set_balance(rich, U256::from(7));
    network.save().unwrap();
    let copy = tempfile::tempdir().unwrap();
    fs::copy(file(dir.path()), file(copy.path())).unwrap();
    network.chain().set_balance(rich, U256::from(8));
    network.save().unwrap();
    assert_eq!(
        start(copy.path()).await.chain().balance(rich),
        U256::from(7)
    );

    // A process that is killed while it saves leaves a part of the change.
    let long = fs::read(file(dir.path())).unwrap();
    for cut in [1, 20, 60] {
        let copy = tempfile::tempdir().unwrap();
        fs::write(file(copy.path()), &long[..long.len() - cut]).unwrap();
        let network = start(copy.path()).await;
        assert_eq!(network.chain().balance(rich), U256::from(7), "{cut}");
    }
}

#[tokio::test]
async fn one_network_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let network = start(dir.path()).await;
    let error = refused(builder(dir.path())).await;
    assert!(
        matches!(&error, StateError::InUse(path) if path == dir.path()),
        "{error}"
    );
    drop(network);
    drop(start(dir.path()).await);
    assert!(dir.path().join("lock").exists());
}

#[tokio::test]
async fn the_state_of_another_network_is_refused() {
    let dir = saved().await;
    let before = fs::read(file(dir.path())).unwrap();
    let error = refused(builder(dir.path()).with_seed([1; 32])).await;
    assert!(
        matches!(&error, StateError::OtherSeed(path) if *path == file(dir.path())),
        "{error}"
    );
    let error = refused(builder(dir.path()).with_nodes(4)).await;
    assert!(
        matches!(
            error,
            StateError::OtherNodes {
                saved: 3,
                asked: 4,
                ..
            }
        ),
        "{error}"
    );
    // It is left as it was.
    assert_eq!(fs::read(file(dir.path())).unwrap(), before);
}

#[tokio::test]
async fn another_format_is_refused() {
    let dir = saved().await;
    let content = fs::read(file(dir.path())).unwrap();
    let other = [
        b"lit-devnet state 2",
        &content[b"lit-devnet state 1".len()..],
    ]
    .concat();
    fs::write(file(dir.path()), &other).unwrap();
    let error = refused(builder(dir.path())).await;
    assert_eq!(
        error.to_string(),
        format!(
            "{} has format 2, and this version reads format 1; use the version that wrote it, or another directory",
            file(dir.path()).display()
        )
    );
    assert_eq!(fs::read(file(dir.path())).unwrap(), other);
}

#[tokio::test]
async fn a_damaged_file_is_refused_and_left_as_it_is() {
    let dir = saved().await;
    let good = fs::read(file(dir.path())).unwrap();
    let middle = good.len() / 2;
    let changed = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        bytes
    };
    let foreign = b"#!/bin/sh\n".to_vec();
    for (bad, reason) in [
        (changed(0), "it is not a state file"),
        (foreign, "it is not a state file"),
        (Vec::new(), "it is not a state file"),
        (changed(20), "a frame has a wrong checksum"),
        (changed(middle), "a frame has a wrong hash"),
        (changed(good.len() - 1), "a frame has a wrong hash"),
        (good[..40].to_vec(), "it is truncated"),
        (good[..200].to_vec(), "it is truncated"),
        (good[..middle].to_vec(), "it is truncated"),
    ] {
        fs::write(file(dir.path()), &bad).unwrap();
        match refused(builder(dir.path())).await {
            StateError::Damaged { path, reason: why } => {
                assert_eq!((path, &why[..]), (file(dir.path()), reason));
            }
            other => panic!("{other}"),
        }
        assert_eq!(fs::read(file(dir.path())).unwrap(), bad);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_private() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let state = dir.path().join("new/state");
    drop(start(&state).await);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&state), 0o700);
    assert_eq!(
        (mode(&file(&state)), mode(&state.join("lock"))),
        (0o600, 0o600)
    );
}

#[tokio::test]
async fn a_directory_that_cannot_be_made_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let taken = dir.path().join("file");
    fs::write(&taken, "").unwrap();
    let error = refused(builder(&taken)).await;
    assert!(
        matches!(&error, StateError::File { operation: "make the directory", path, .. } if *path == taken),
        "{error}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_directory_with_other_files_stays_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(dir.path().join("letter"), "").unwrap();
    let error = refused(builder(dir.path())).await;
    assert!(
        matches!(&error, StateError::NotOwn(path) if path == dir.path()),
        "{error}"
    );
    let mode = fs::metadata(dir.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}
