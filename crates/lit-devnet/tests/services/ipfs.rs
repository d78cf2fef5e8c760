//! IPFS.

use lit_devnet::Devnet;
use serde_json::json;

use crate::support::Services;

#[tokio::test]
async fn code_is_stored_under_its_cid_only() {
    let services = Services::start().await;
    let code = "Lit.Actions.setResponse({ response: 'ü' })";
    let cid = Devnet::builder().start().await.unwrap().put_ipfs(code);
    let path = format!("/ipfs/{cid}");
    assert_eq!(services.get(&path).await.status, 404);
    for method in ["PUT", "POST"] {
        let refused = services.exchange(method, &path, "", b"other").await;
        assert_eq!(refused.status, 400);
        assert!(
            refused.body.contains("the CID of the content is Qm"),
            "{}",
            refused.body
        );
        assert_eq!(
            services.exchange(method, &path, "", b"\xff").await.status,
            400
        );
        assert_eq!(services.get(&path).await.status, 404);
    }
    let stored = services.exchange("PUT", &path, "", code.as_bytes()).await;
    assert_eq!((stored.status, stored.json()), (200, json!({ "cid": cid })));
    let found = services.exchange("GET", &path, "", b"").await;
    assert_eq!((found.status, &found.body[..]), (200, code));
    let large = vec![b' '; 16 * 1024 * 1024 + 1];
    assert_eq!(
        services.exchange("PUT", &path, "", &large).await.status,
        413
    );
    let put = services.network.put_ipfs("1");
    assert_eq!(services.get(&format!("/ipfs/{put}")).await.body, "1");
}
