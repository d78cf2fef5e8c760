//! What the programs of `cargo xtask bench` share: the flows that they time, and the answers that they print.

mod commands;
mod description;
mod flows;
mod load;
mod process;
mod rounds;

pub use commands::{answer, print};
pub use description::Description;
pub use flows::Flows;
pub use load::Load;
pub use process::{processor_time, resident_bytes};
pub use rounds::Rounds;

/// The failure of a program.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
