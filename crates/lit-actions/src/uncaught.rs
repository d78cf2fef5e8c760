//! Uncaught exceptions.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

use rquickjs::{Ctx, Persistent, Runtime, Value};

use crate::memory::{Holder, Memory, Tally};

/// A value that outlives the current call into the engine, but not the engine.
type Kept = Persistent<Value<'static>>;

/// Unhandled rejected promises, and exceptions of callbacks without a caller.
#[derive(Clone, Default)]
pub(crate) struct Uncaught(Rc<RefCell<Entries>>);

/// The memory of one rejected promise in all collections, in bytes.
const SIZE: usize = 160;

#[derive(Default)]
struct Entries {
    /// The number of the next entry.
    next: u64,
    by_number: BTreeMap<u64, Entry>,
    by_promise: HashMap<Kept, u64>,
    /// Whether there is no room for more.
    is_full: bool,
}

struct Entry {
    /// The rejected promise; `None` for a plain exception.
    promise: Option<Kept>,
    reason: Kept,
}

impl Entries {
    fn push(&mut self, promise: Option<Kept>, reason: Kept) {
        if let Some(promise) = promise.clone() {
            self.by_promise.insert(promise, self.next);
        }
        self.by_number.insert(self.next, Entry { promise, reason });
        self.next += 1;
    }
}

impl Uncaught {
    /// Tracks the promises of `runtime`.
    pub(crate) fn track(&self, runtime: &Runtime, memory: Memory) {
        let this = self.clone();
        let tally = Tally::new(memory, Holder::Rejections, SIZE);
        runtime.set_host_promise_rejection_tracker(Some(Box::new(
            move |ctx, promise, reason, is_handled| {
                let promise = Persistent::save(&ctx, promise);
                let mut entries = this.0.borrow_mut();
                if !is_handled {
                    entries.push(Some(promise), Persistent::save(&ctx, reason));
                    if tally.set(&ctx, entries.by_number.len()).is_err() {
                        // Nothing is thrown from here.
                        let _ = ctx.catch();
                        entries.is_full = true;
                    }
                } else if let Some(number) = entries.by_promise.remove(&promise) {
                    entries.by_number.remove(&number);
                }
            },
        )));
    }

    /// Whether there was no memory to track a promise.
    pub(crate) fn is_full(&self) -> bool {
        self.0.borrow().is_full
    }

    /// Adds an exception thrown where no caller can catch it.
    pub(crate) fn report<'js>(&self, ctx: &Ctx<'js>, exception: Value<'js>) {
        self.0
            .borrow_mut()
            .push(None, Persistent::save(ctx, exception));
    }

    /// Removes the oldest: the thrown value, and whether it rejected a promise.
    pub(crate) fn take<'js>(&self, ctx: &Ctx<'js>) -> rquickjs::Result<Option<(Value<'js>, bool)>> {
        let mut entries = self.0.borrow_mut();
        let Some((_, Entry { promise, reason })) = entries.by_number.pop_first() else {
            return Ok(None);
        };
        if let Some(promise) = &promise {
            entries.by_promise.remove(promise);
        }
        Ok(Some((reason.restore(ctx)?, promise.is_some())))
    }
}
