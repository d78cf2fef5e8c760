use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use rquickjs::{Ctx, Exception};

/// The deadline and cancellation of a run.
#[derive(Clone)]
pub(crate) struct Deadline {
    /// `None` if the clock cannot express it.
    at: Option<Instant>,
    cancelled: Arc<AtomicBool>,
}

impl Deadline {
    /// A deadline `run_time` from now, which passes at once when `cancelled` becomes true.
    pub(crate) fn new(run_time: Duration, cancelled: Arc<AtomicBool>) -> Self {
        let at = Instant::now().checked_add(run_time);
        Self { at, cancelled }
    }

    pub(crate) fn at(&self) -> Option<Instant> {
        self.at
    }

    pub(crate) fn has_passed(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed) || self.at.is_some_and(|at| Instant::now() >= at)
    }

    /// Throws once the deadline has passed. Long native functions call it now and then; the engine checks only between functions of
    /// JavaScript.
    pub(crate) fn check(&self, ctx: &Ctx<'_>) -> rquickjs::Result<()> {
        if self.has_passed() {
            return Err(Exception::throw_message(ctx, "interrupted"));
        }
        Ok(())
    }
}
