//! Calls that are given up in the middle leave nothing behind.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod common;

use std::{pin::pin, time::Duration};

use common::owned::{Owned, request};
use lit_sdk::{ExecuteJs, PkpSign, WalletAuth};
use tokio::{runtime::Handle, task::yield_now, time::timeout};

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

/// Drops a future after so many polls, or when it is ready.
async fn give_up(call: impl Future, polls: usize) {
    let mut call = pin!(call);
    for _ in 0..polls {
        if futures_util::poll!(&mut call).is_ready() {
            return;
        }
        yield_now().await;
    }
}

/// Waits until at most so many tasks are left.
async fn until_idle(most: usize) {
    let idle = async {
        while tasks() > most {
            yield_now().await;
        }
    };
    let left = timeout(Duration::from_secs(60), idle).await;
    assert!(left.is_ok(), "{} tasks, not {most}", tasks());
}

#[tokio::test]
async fn a_call_that_is_given_up_leaves_no_task() {
    let owned = Owned::on(3).await;
    let (client, session) = (&owned.client, owned.session().await);
    let (wallet, login) = (WalletAuth::new(owned.owner.clone()), owned.login().await);
    let execute = ExecuteJs::code("Lit.Actions.setResponse({ response: 'x' })");
    let sign = PkpSign::message(owned.pkp, "hello");
    client.execute_js(&session, &execute).await.unwrap();
    client.pkp_sign(&session, &sign).await.unwrap();
    let idle = tasks();
    for call in 0..1000 {
        // Some are given up at once, some are nearly done, and some succeed.
        let polls = call / 4 % 60;
        match call % 4 {
            0 => give_up(client.execute_js(&session, &execute), polls).await,
            1 => give_up(client.pkp_sign(&session, &sign), polls).await,
            2 => give_up(client.session(&request(), &login), polls).await,
            _ => give_up(client.session(&request(), &wallet), polls).await,
        }
    }
    until_idle(idle).await;
    client.execute_js(&session, &execute).await.unwrap();
    client.pkp_sign(&session, &sign).await.unwrap();
}

/// Over sockets a call that is given up closes its connections, and those that are idle are few.
#[cfg(feature = "http")]
#[tokio::test]
async fn a_call_that_is_given_up_leaves_no_connection() {
    use lit_devnet::Devnet;
    use lit_sdk::{LitNodeClient, NodeList};

    let network = Devnet::builder().with_nodes(3).with_http(0);
    let network = network.start().await.unwrap();
    let nodes = NodeList::from_urls(network.node_urls().to_vec(), network.threshold());
    let before = tasks();
    let client = LitNodeClient::connect(&nodes).await.unwrap();
    let wallet = WalletAuth::new(lit_test_fakes::wallet());
    let session = client.session(&request(), &wallet).await.unwrap();
    let execute = ExecuteJs::code("Lit.Actions.setResponse({ response: 'x' })");
    for call in 0..1000 {
        give_up(client.execute_js(&session, &execute), call % 60).await;
    }
    // For each node a connection at most, with a task at either end, and the pool of connections.
    until_idle(before + 2 * 3 + 1).await;
    client.execute_js(&session, &execute).await.unwrap();
    drop((client, session));
    until_idle(before).await;
}
