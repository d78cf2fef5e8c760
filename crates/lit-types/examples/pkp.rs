//! Prints the identities of a PKP: `cargo run -p lit-types --example pkp -- <public key>`.

#![allow(clippy::print_stdout, reason = "this is a program")]

use lit_types::{LitResource, PkpPublicKey};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let given = std::env::args().nth(1);
    let key = given
        .as_deref()
        .unwrap_or("0209ac7be2018f5ddc1e5057212eed99dd4a40dd6535bbaf6fb664581f7b53837f");
    let key: PkpPublicKey = key.parse()?;
    println!("public key  {key}");
    println!("address     {}", key.address());
    println!("token id    {}", key.token_id().to_decimal());
    println!("resource    {}", LitResource::pkp(key.token_id()));
    Ok(())
}
