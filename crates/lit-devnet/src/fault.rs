use std::time::Duration;

use lit_types::NodeErrorCode;

/// What is wrong with a node, by order of a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Connections are refused.
    Stopped,
    /// Every answer comes this much later.
    Delay(Duration),
    /// Every request is refused with this code.
    Error(NodeErrorCode),
}
