//! A known message, and what nodes made of it.

use lit_recap::SiweMessage;
use lit_session_crypto::{
    BlsPublicKey, BlsSignature, RootExpectation, check_rewritten, check_root, pkp_auth_sig,
    rewrite_for_pkp, session_digest,
};
use lit_types::Right;

use crate::support::context;

/// The message that a client sent. [`SIGNED`] is the one that nodes signed.
const SENT: &str = concat!(
    "litprotocol.com wants you to sign in with your Ethereum account:\n",
    "0xE89669CBa926A7CAc116a0F6b971C5E6d9986bfF\n",
    "\n",
    "Lit Protocol PKP session signature I further authorize the stated URI to perform the following ",
    "actions on my behalf: I further authorize the stated URI to perform the following actions on my ",
    "behalf: (1) 'Threshold': 'Execution' for 'lit-litaction://*'. (2) 'Threshold': 'Signing' for ",
    "'lit-pkp://*'.\n",
    "\n",
    "URI: lit:session:1336c4d2875be5310a84d031bd56064d29bac5721cd2fb782705eaa465fb6214\n",
    "Version: 1\n",
    "Chain ID: 1\n",
    "Nonce: 0x1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f\n",
    "Issued At: 2026-11-20T06:42:07.977Z\n",
    "Expiration Time: 2026-11-21T06:42:07.971Z\n",
    "Resources:\n",
    "- urn:recap:",
    "eyJhdHQiOnsibGl0LWxpdGFjdGlvbjovLyoiOnsiVGhyZXNob2xkL0V4ZWN1dGlvbiI6W3t9XX0sImxpdC1wa3A6Ly8qIjp7IlRo",
    "cmVzaG9sZC9TaWduaW5nIjpbe31dfX0sInByZiI6W119",
);

const SIGNED: &str = concat!(
    "litprotocol.com wants you to sign in with your Ethereum account:\n",
    "0xE89669CBa926A7CAc116a0F6b971C5E6d9986bfF\n",
    "\n",
    "Lit Protocol PKP session signature I further authorize the stated URI to perform the following ",
    "actions on my behalf: I further authorize the stated URI to perform the following actions on my ",
    "behalf: (1) 'Threshold': 'Execution' for 'lit-litaction://*'. (2) 'Threshold': 'Signing' for ",
    "'lit-pkp://*'. I further authorize the stated URI to perform the following actions on my behalf: ",
    "(1) 'Threshold': 'Execution' for 'lit-litaction://*'. (2) 'Threshold': 'Signing' for 'lit-pkp://*'. ",
    "(3) 'Auth': 'Auth' for 'lit-resolvedauthcontext://*'.\n",
    "\n",
    "URI: lit:session:1336c4d2875be5310a84d031bd56064d29bac5721cd2fb782705eaa465fb6214\n",
    "Version: 1\n",
    "Chain ID: 1\n",
    "Nonce: 0x1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f1f\n",
    "Issued At: 2026-11-20T06:41:07Z\n",
    "Expiration Time: 2026-11-21T06:42:07.971Z\n",
    "Resources:\n",
    "- urn:recap:",
    "eyJhdHQiOnsibGl0LWxpdGFjdGlvbjovLyoiOnsiVGhyZXNob2xkL0V4ZWN1dGlvbiI6W3t9XX0sImxpdC1wa3A6Ly8qIjp7IlRo",
    "cmVzaG9sZC9TaWduaW5nIjpbe31dfSwibGl0LXJlc29sdmVkYXV0aGNvbnRleHQ6Ly8qIjp7IkF1dGgvQXV0aCI6W3siYXV0aF9j",
    "b250ZXh0Ijp7ImFjdGlvbklwZnNJZFN0YWNrIjpbIlFtWCJdLCJhY3Rpb25JcGZzSWRzIjpbXSwiYXV0aE1ldGhvZENvbnRleHRz",
    "IjpbeyJhcHBJZCI6ImxpdCIsImF1dGhNZXRob2RUeXBlIjoxLCJ1c2VkRm9yU2lnblNlc3Npb25LZXlSZXF1ZXN0Ijp0cnVlLCJ1",
    "c2VySWQiOiIweGFiYyJ9XSwiYXV0aFNpZ0FkZHJlc3MiOm51bGwsImN1c3RvbUF1dGhSZXNvdXJjZSI6InRydWUiLCJyZXNvdXJj",
    "ZXMiOltdfX1dfX0sInByZiI6W119",
);

/// The network's key, and its signature of [`SIGNED`].
const KEY: &str = "a351cd057c0b56c8d31971561cfbaf2bd2d03ae05aec10c6a28909b043badad6d0e0fd6fe2f139f322f65b8c3d422897";

const SIGNATURE: &str = "9986cc67033976152b81f744f453b1b7314dad955edadb5dcec0d921669eea352420686b20fcbbfc87082f31bdd27f9314e9c70702eb3fd5c1e00d14b8507d08a420972c7464761651697bc7f85367739c1103938ebe750ac62c01dfdcf1e153";

#[test]
fn the_known_answer() {
    let (sent, signed): (SiweMessage, SiweMessage) =
        (SENT.parse().unwrap(), SIGNED.parse().unwrap());
    // A block of any part of that second.
    let block = signed.issued_at() + std::time::Duration::from_millis(999);
    assert_eq!(
        rewrite_for_pkp(&sent, sent.address(), block, &context())
            .unwrap()
            .as_str(),
        SIGNED
    );
    assert_eq!(check_rewritten(&sent, &signed), Ok(context()));

    let digest = "884dcfb612c24f0b181918f8d36d093eacd2e827c201dd6dee1934fdb3c453f3";
    assert_eq!(hex::encode(session_digest(SIGNED)), digest);
    let signature: BlsSignature = SIGNATURE.parse().unwrap();
    let auth_sig = pkp_auth_sig(&signature, &signed);
    let json = serde_json::to_string(&auth_sig).unwrap();
    let start = format!(
        r#"{{"sig":"{{\"ProofOfPossession\":\"{SIGNATURE}\"}}","algo":"LIT_BLS","derivedVia":"lit.bls","signedMessage":""#
    );
    assert!(json.starts_with(&start), "{json}");
    assert!(
        json.ends_with(r#","address":"0xE89669CBa926A7CAc116a0F6b971C5E6d9986bfF"}"#),
        "{json}"
    );

    let session_key = sent
        .uri()
        .strip_prefix("lit:session:")
        .unwrap()
        .parse()
        .unwrap();
    let asked = [Right::sign_with_any_pkp()];
    let expected = RootExpectation::new(&asked, sent.issued_at())
        .with_network_key(KEY.parse::<BlsPublicKey>().unwrap())
        .with_address(sent.address())
        .with_domain("litprotocol.com");
    let root = check_root(&auth_sig, session_key, &expected).unwrap();
    assert_eq!(root.address(), signed.address());
    assert_eq!(root.auth_context(), Some(context()));
}
