//! Signs for a PKP with two of three nodes, and combines what they answer: `cargo run -p lit-key-shares --example pkp_sign`.

#![allow(clippy::print_stdout, reason = "this is a program")]

use lit_key_shares::{EcdsaDealer, SigningSet};
use lit_session_crypto::{EcdsaShareJson, EcdsaSignature, HdTweak};
use rand_core::OsRng;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (threshold, digest) = (2, [0x2a; 32]);
    let dealer = EcdsaDealer::generate(threshold, 3, &mut OsRng)?;
    let nodes = dealer.deal(&mut OsRng);

    // The id of a PKP on chain, which its key is derived from.
    let tweak = HdTweak::new(&[7; 32]);
    let pkp = tweak.public_key(dealer.public_keys())?;
    println!("PKP {} with the key {pkp}", pkp.address());

    let set = SigningSet::new([nodes[0].holder(), nodes[2].holder()])?;
    let mut answers = Vec::new();
    for (place, (node, presignature)) in
        (0..).zip(nodes.iter().zip(dealer.presign(&tweak, &mut OsRng)?))
    {
        answers.push(if set.contains(node.holder()) {
            node.derive(&tweak)?
                .sign(presignature, &digest, &set)?
                .to_json()
        } else {
            EcdsaShareJson::outside_the_set(place)
        });
    }
    println!("{}", serde_json::to_string_pretty(&answers)?);

    let shares: Vec<_> = answers
        .iter()
        .filter_map(|answer| answer.parse().ok()?)
        .collect();
    let signature = EcdsaSignature::combine_for(&pkp, &digest, &shares, threshold.into())?;
    println!("{}", serde_json::to_string_pretty(&signature)?);
    Ok(())
}
