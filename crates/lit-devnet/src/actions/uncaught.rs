//! Exceptions that nobody catches.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    rc::Rc,
};

use rquickjs::{Ctx, Persistent, Runtime, Value};

/// A value that outlives the current call into the engine, but not the engine.
type Kept = Persistent<Value<'static>>;

/// Rejected promises without a handler, and exceptions of callbacks that have no caller.
#[derive(Clone, Default)]
pub(super) struct Uncaught(Rc<RefCell<Entries>>);

#[derive(Default)]
struct Entries {
    /// The number of the next entry.
    next: u64,
    by_number: BTreeMap<u64, Entry>,
    by_promise: HashMap<Kept, u64>,
}

struct Entry {
    /// The rejected promise; none for a plain exception.
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
    /// Keeps account of the promises of `runtime`.
    pub(super) fn track(&self, runtime: &Runtime) {
        let this = self.clone();
        runtime.set_host_promise_rejection_tracker(Some(Box::new(
            move |ctx, promise, reason, is_handled| {
                let promise = Persistent::save(&ctx, promise);
                let mut entries = this.0.borrow_mut();
                if !is_handled {
                    entries.push(Some(promise), Persistent::save(&ctx, reason));
                } else if let Some(number) = entries.by_promise.remove(&promise) {
                    entries.by_number.remove(&number);
                }
            },
        )));
    }

    /// Adds an exception which was thrown where no caller can catch it.
    pub(super) fn report<'js>(&self, ctx: &Ctx<'js>, exception: Value<'js>) {
        self.0
            .borrow_mut()
            .push(None, Persistent::save(ctx, exception));
    }

    /// Takes the oldest: what was thrown, and whether by rejecting a promise.
    pub(super) fn take<'js>(&self, ctx: &Ctx<'js>) -> rquickjs::Result<Option<(Value<'js>, bool)>> {
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
