//! Code of Lit Actions from gateways that fail, lie, or give it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use lit_sdk::{
    ActionCid, LitAction,
    services::{IpfsError, IpfsGateways},
    transport::{HttpClient, HttpRequest, HttpResponse, TransportError},
};

const CODE: &str = "Lit.Actions.setResponse({ response: 'true' })";

/// Each gateway answers in its way; the first is the caller's.
struct Gateways {
    answers: Vec<Result<(u16, &'static str), TransportError>>,
    asked: Mutex<Vec<String>>,
}

impl Gateways {
    fn new(answers: Vec<Result<(u16, &'static str), TransportError>>) -> Arc<Self> {
        let asked = Mutex::default();
        Arc::new(Self { answers, asked })
    }

    async fn fetch(self: &Arc<Self>, cid: &str) -> Result<LitAction, IpfsError> {
        let gateways = IpfsGateways::new(self.clone()).with_gateway("https://gw.example/ipfs/")?;
        gateways.fetch(cid).await
    }
}

#[async_trait]
impl HttpClient for Gateways {
    async fn request(&self, request: HttpRequest) -> Result<HttpResponse, TransportError> {
        let mut asked = self.asked.lock().unwrap();
        asked.push(request.url.to_string());
        let (status, body) = self.answers[asked.len() - 1].clone()?;
        Ok(HttpResponse {
            status,
            body: body.into(),
        })
    }
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
        let gateways = Gateways::new(vec![Ok((200, CODE))]);
        let by_url = IpfsGateways::new(gateways.clone()).with_gateway(gateway);
        let action = by_url.unwrap().fetch(&cid).await.unwrap();
        assert_eq!(action, LitAction::code(CODE));
        let urls = gateways.asked.lock().unwrap();
        assert_eq!(urls[0], format!("{asked}{cid}"));
    }
}

#[tokio::test]
async fn the_first_gateway_that_gives_the_code_is_enough() {
    let cid = ActionCid::of_code(CODE.as_bytes()).to_string();
    let gateways = Gateways::new(vec![
        Err(TransportError::Connect("refused".into())),
        Ok((200, "something else")),
        Ok((200, CODE)),
    ]);
    assert_eq!(gateways.fetch(&cid).await.unwrap(), LitAction::code(CODE));
    let asked = gateways.asked.lock().unwrap();
    assert_eq!(asked[0], format!("https://gw.example/ipfs/{cid}"));
    assert_eq!(asked[1], format!("https://flk-ipfs.io/ipfs/{cid}"));
    assert_eq!(asked.len(), 3);
}

#[tokio::test]
async fn code_of_another_cid_is_not_taken() {
    let cid = ActionCid::of_code(CODE.as_bytes()).to_string();
    let gateways = Gateways::new(vec![Ok((200, "evil()")), Ok((404, "")), Ok((200, ""))]);
    let error = gateways.fetch(&cid).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, IpfsError::Unavailable(all) if all.len() == 3));
    for words in ["gw.example", "another CID", "status 404"] {
        assert!(text.contains(words), "{text}");
    }
    assert!(matches!(
        gateways.fetch("Qm/../x").await,
        Err(IpfsError::Cid)
    ));
    assert_eq!(gateways.asked.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn tokens_in_urls_of_gateways_are_not_shown() {
    let cid = ActionCid::of_code(CODE.as_bytes()).to_string();
    for url in [
        "https://gw.example/SECRET/ipfs/",
        "https://gw.example?token=SECRET&cid=",
    ] {
        let down = || Err(TransportError::Connect("refused".into()));
        let http = Gateways::new((0..10).map(|_| down()).collect());
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
        let gateways = IpfsGateways::new(Gateways::new(Vec::new()));
        let error = gateways.with_gateway(bad).unwrap_err();
        let shown = format!("{error:?} {error}");
        assert!(!shown.contains("SECRET"), "{shown}");
    }
}
