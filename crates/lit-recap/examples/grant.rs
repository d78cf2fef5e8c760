//! A message that grants a session key two rights, and what can be read from it: `cargo run -p lit-recap --example grant`.

#![allow(clippy::print_stdout, reason = "this is a program")]

use lit_recap::{ReCap, SiweBuilder};
use lit_types::{LitAbility, LitResource, Right, Timestamp};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let requests = [Right::sign_with_any_pkp(), Right::run_any_action()];
    let message = SiweBuilder::new(
        "0x680e3638063a9dF63B3A2B13e1aA0C8a02124168".parse()?,
        "lit:session:04ec5108935b989719d86e821d68aa3cb53349cf5a4fec271f8548521f79e4bf",
        "0xe7d26589ea096a19d4f93392b1632f1dbd6323f65e7e73ce728c9516ab6e29bf".parse()?,
        Timestamp::from_unix_millis(1_736_944_496_789)?,
    )
    .with_rights(&requests)?
    .build()?;
    println!("{message}\n");

    let recap = ReCap::extract(&message)?;
    for ability in LitAbility::ALL {
        let any = LitResource::new(ability.prefix(), "*")?;
        println!("{ability}: {}", recap.covers(&any, ability));
    }
    Ok(())
}
