/// How the chain's time differs from its clock.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Time {
    /// Seconds the chain is ahead of its clock.
    pub(super) ahead: i64,
    /// The time of the next block, in Unix seconds, if it was set.
    pub(super) next: Option<u64>,
}
