//! Uncaught exceptions.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

use rquickjs::{Ctx, Persistent, Runtime, Value};

use crate::memory::{Holder, Memory, Tally};

/// A value that outlives the current call into the engine, but not the engine.
type KeptValue = Persistent<Value<'static>>;

/// Unhandled rejected promises, and exceptions of callbacks without a caller.
#[derive(Clone)]
pub(crate) struct Uncaught(Rc<Kept>);

struct Kept {
    entries: RefCell<Entries>,
    memory: Tally,
}

/// The memory of one rejected promise in all collections, in bytes.
const SIZE: usize = 160;

#[derive(Default)]
struct Entries {
    /// The number of the next entry.
    next: u64,
    by_number: BTreeMap<u64, Entry>,
    by_promise: HashMap<KeptValue, u64>,
    /// Whether there is no room for more.
    is_full: bool,
}

struct Entry {
    /// The rejected promise; `None` for a plain exception.
    promise: Option<KeptValue>,
    reason: KeptValue,
}

impl Kept {
    /// Adds an entry. Without room for it, only one with a promise: the promises that are kept fill the heap, which ends the action.
    fn push(&self, ctx: &Ctx<'_>, promise: Option<KeptValue>, reason: KeptValue) {
        let mut entries = self.entries.borrow_mut();
        if self.memory.set(ctx, entries.by_number.len() + 1).is_err() {
            // Nothing is thrown from here.
            let _ = ctx.catch();
            entries.is_full = true;
            if promise.is_none() {
                return;
            }
        }
        let number = entries.next;
        if let Some(promise) = promise.clone() {
            entries.by_promise.insert(promise, number);
        }
        entries.by_number.insert(number, Entry { promise, reason });
        entries.next += 1;
    }
}

impl Uncaught {
    /// For an engine with this memory.
    pub(crate) fn new(memory: Memory) -> Self {
        Self(Rc::new(Kept {
            entries: RefCell::default(),
            memory: Tally::new(memory, Holder::Rejections, SIZE),
        }))
    }

    /// Tracks the promises of `runtime`.
    pub(crate) fn track(&self, runtime: &Runtime) {
        let this = self.clone();
        runtime.set_host_promise_rejection_tracker(Some(Box::new(
            move |ctx, promise, reason, is_handled| {
                let promise = Persistent::save(&ctx, promise);
                if !is_handled {
                    let reason = Persistent::save(&ctx, reason);
                    this.0.push(&ctx, Some(promise), reason);
                    return;
                }
                let mut entries = this.0.entries.borrow_mut();
                if let Some(number) = entries.by_promise.remove(&promise) {
                    entries.by_number.remove(&number);
                }
            },
        )));
    }

    /// Whether there was no memory for an entry.
    pub(crate) fn is_full(&self) -> bool {
        self.0.entries.borrow().is_full
    }

    /// Adds an exception thrown where no caller can catch it.
    pub(crate) fn report<'js>(&self, ctx: &Ctx<'js>, exception: Value<'js>) {
        self.0.push(ctx, None, Persistent::save(ctx, exception));
    }

    /// Removes the oldest: the thrown value, and whether it rejected a promise.
    pub(crate) fn take<'js>(&self, ctx: &Ctx<'js>) -> rquickjs::Result<Option<(Value<'js>, bool)>> {
        let mut entries = self.0.entries.borrow_mut();
        let Some((_, Entry { promise, reason })) = entries.by_number.pop_first() else {
            return Ok(None);
        };
        if let Some(promise) = &promise {
            entries.by_promise.remove(promise);
        }
        Ok(Some((reason.restore(ctx)?, promise.is_some())))
    }
}
