//! Code of Lit Actions from gateways that fail, lie, or give it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::sync::Arc;

use lit_sdk::{
    ActionCid, LitAction,
    services::{GatewayError, IpfsError, IpfsGateways},
};
use lit_test_fakes::{FakeHttp, Reply};

const CODE: &str = "Lit.Actions.setResponse({ response: 'true' })";

/// Asks the gateway of the caller first, then the others.
async fn fetch(gateways: &Arc<FakeHttp>, cid: &str) -> Result<LitAction, IpfsError> {
    let gateways = IpfsGateways::new(gateways.clone()).with_gateway("https://gw.example/ipfs/")?;
    gateways.fetch(cid).await
}

/// Behind a host alone it would be part of the host.
#[tokio::test]
async fn a_cid_is_a_segment_of_its_own() {
    let cid = ActionCid::of_code(CODE.as_bytes()).to_string();
    for (gateway, asked) in [
        ("https://gw.example", "https://gw.example/"),
        ("https://gw.example/ipfs", "https://gw.example/ipfs/"),
        ("https://gw.example/?cid=", "https://gw.example/?cid="),
    ] {
        let gateways = FakeHttp::in_order([Reply::ok(CODE)]);
        let by_url = IpfsGateways::new(gateways.clone()).with_gateway(gateway);
        let action = by_url.unwrap().fetch(&cid).await.unwrap();
        assert_eq!(action, LitAction::code(CODE));
        assert_eq!(gateways.urls(), [format!("{asked}{cid}")]);
    }
}

#[tokio::test]
async fn the_first_gateway_that_gives_the_code_is_enough() {
    let cid = ActionCid::of_code(CODE.as_bytes()).to_string();
    let gateways = FakeHttp::in_order([
        Reply::refused(),
        Reply::ok("something else"),
        Reply::ok(CODE),
    ]);
    let action = fetch(&gateways, &cid).await.unwrap();
    assert_eq!(action, LitAction::code(CODE));
    let asked = gateways.urls();
    assert_eq!(asked[0], format!("https://gw.example/ipfs/{cid}"));
    assert_eq!(asked[1], format!("https://flk-ipfs.io/ipfs/{cid}"));
    assert_eq!(asked.len(), 3);
}

#[tokio::test]
async fn the_failure_of_a_gateway_says_its_cause() {
    let cid = ActionCid::of_code(CODE.as_bytes()).to_string();
    let gateways = FakeHttp::in_order([Reply::refused(), Reply::status(404, "")]);
    let error = fetch(&gateways, &cid).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no IPFS gateway returned the code: \
         https://gw.example: cannot connect: connection refused; \
         https://flk-ipfs.io: status 404; \
         https://litprotocol.mypinata.cloud: status 404"
    );
}

#[tokio::test]
async fn code_of_another_cid_is_not_taken() {
    let cid = ActionCid::of_code(CODE.as_bytes()).to_string();
    let gateways = FakeHttp::in_order([Reply::ok("evil()"), Reply::status(404, ""), Reply::ok("")]);
    let error = fetch(&gateways, &cid).await.unwrap_err();
    let text = error.to_string();
    let evil = ActionCid::of_code(b"evil()");
    let empty = ActionCid::of_code(b"");
    assert_eq!(
        text,
        format!(
            "no IPFS gateway returned the code: https://gw.example: the returned file has the CID {evil}; \
             https://flk-ipfs.io: status 404; \
             https://litprotocol.mypinata.cloud: the returned file has the CID {empty}"
        )
    );
    let IpfsError::Unavailable(failures) = error else {
        panic!("{text}");
    };
    let errors: Vec<_> = failures.into_iter().map(|failure| failure.error).collect();
    let expected = [
        GatewayError::WrongCid(evil),
        GatewayError::Status(404),
        GatewayError::WrongCid(empty),
    ];
    assert_eq!(errors, expected);
    assert!(matches!(
        fetch(&gateways, "Qm/../x").await,
        Err(IpfsError::InvalidCid(_))
    ));
    assert_eq!(gateways.requests().len(), 3);
}

#[tokio::test]
async fn tokens_in_urls_of_gateways_are_not_shown() {
    let cid = ActionCid::of_code(CODE.as_bytes()).to_string();
    for url in [
        "https://gw.example/SECRET/ipfs/",
        "https://gw.example?token=SECRET&cid=",
    ] {
        let http = FakeHttp::in_order([Reply::refused()]);
        let gateways = IpfsGateways::new(http).with_gateway(url).unwrap();
        let error = gateways.fetch(&cid).await.unwrap_err();
        for shown in [
            format!("{gateways:?}"),
            format!("{error:?}"),
            error.to_string(),
        ] {
            assert!(shown.contains("https://gw.example"), "{shown}");
            assert!(!shown.contains("SECRET"), "{shown}");
        }
    }
    for bad in [
        "https://gw.example/SECRET#x",
        "gw.example/SECRET",
        "https:// /SECRET",
    ] {
        let gateways = IpfsGateways::new(FakeHttp::in_order([]));
        let error = gateways.with_gateway(bad).unwrap_err();
        let shown = format!("{error:?} {error}");
        assert!(!shown.contains("SECRET"), "{shown}");
    }
}
