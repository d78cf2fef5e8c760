//! Claims, which need the keys of nodes. All else is tested over HTTP.

use alloy_primitives::eip191_hash_message;
use k256::ecdsa::{RecoveryId, Signature};

use super::*;
use crate::{Devnet, keys::NetworkKeys};

/// What the node of a number answers to a claim: its wallet's signature of the key id (EIP-191).
fn signed_by_node(relayer: &Relayer, node: usize, key_id: B256) -> Value {
    let key = relayer.keys.node_wallet(node);
    let (signature, parity): (Signature, RecoveryId) = key
        .sign_prehash_recoverable(eip191_hash_message(key_id).as_slice())
        .unwrap();
    let (r, s) = signature.split_bytes();
    json!({ "r": B256::from_slice(&r), "s": B256::from_slice(&s), "v": 27 + parity.to_byte() })
}

async fn claim_with(
    relayer: &Arc<Relayer>,
    key_id: B256,
    signers: usize,
) -> Result<Json<Value>, Refused> {
    let signatures: Vec<_> = (0..signers)
        .map(|node| signed_by_node(relayer, node, key_id))
        .collect();
    let body = json!({
        "derivedKeyId": alloy_primitives::hex::encode(key_id),
        "signatures": signatures,
        "authMethodType": 6,
        "pubkey": "",
    });
    claim(State(Arc::clone(relayer)), body.to_string().into()).await
}

#[tokio::test]
async fn a_key_that_the_nodes_signed_for_is_claimed_once() {
    let network = Devnet::builder().with_nodes(4).start().await.unwrap();
    let keys = Arc::new(NetworkKeys::from_seed([0; 32]));
    let relayer = Arc::new(Relayer::new(keys, network.clock(), &network.chain));
    let key_id = B256::repeat_byte(7);
    let too_few = claim_with(&relayer, key_id, 1).await.unwrap_err();
    assert!(
        format!("{too_few:?}").contains("incorrect number of signatures"),
        "{too_few:?}"
    );

    let Json(claimed) = claim_with(&relayer, key_id, 2).await.unwrap();
    let id = claimed["requestId"].as_str().unwrap().to_owned();
    let Json(done) = status(State(Arc::clone(&relayer)), Path(id)).await.unwrap();
    assert_eq!(done["status"], SUCCEEDED);
    let token: B256 = serde_json::from_value(done["pkpTokenId"].clone()).unwrap();
    let call = PKPNFT::ownerOfCall {
        tokenId: token.into(),
    };
    let owner = relayer.read(relayer.addresses.pkp_nft, &call).unwrap();
    assert_eq!(done["pkpEthAddress"], owner.to_checksum(None));

    let again = claim_with(&relayer, key_id, 2).await.unwrap_err();
    assert!(
        format!("{again:?}").contains("already has routing data"),
        "{again:?}"
    );
}
