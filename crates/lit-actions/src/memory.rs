//! The memory of native code, as a part of the memory limit of its engine.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    rc::Rc,
};

use rquickjs::{Constructor, Ctx, Error, Object, Persistent};

/// Smaller amounts are not counted: each native function holds only a few of them, and only until it returns.
const UNCOUNTED: usize = 64 * 1024;

/// Room in the memory limit of an engine.
///
/// While native code holds memory, an `ArrayBuffer` of that length lies in the JavaScript heap, so that QuickJS compares the sum of both
/// with its limit and throws its own error. Nothing is written to the buffer, and the system gives it no memory.
#[derive(Clone)]
pub(crate) struct Memory {
    limit: usize,
    held: Rc<RefCell<Held>>,
}

#[derive(Default)]
struct Held {
    /// The constructor `ArrayBuffer`, which an action can replace. `None` before the start and after the end.
    buffer: Option<Persistent<Constructor<'static>>>,
    rooms: HashMap<Holder, Persistent<Object<'static>>>,
}

/// What holds memory between calls of native functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Holder {
    /// A call of the host or of `fetch`, by its number.
    Call(u32),
    /// A part of the timers.
    Timers(usize),
    /// A part of the rejected promises.
    Rejections(usize),
}

/// Room that is given back when it is dropped.
pub(crate) struct Room<'js>(
    #[allow(dead_code, reason = "dropping it gives the room back")] Option<Object<'js>>,
);

impl Memory {
    /// For an engine with this limit, in bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            held: Rc::default(),
        }
    }

    /// The limit of the engine, in bytes.
    pub(crate) const fn limit(&self) -> usize {
        self.limit
    }

    /// Begins to count, before the action runs. The engine must not be dropped before the result.
    pub(crate) fn open(&self, ctx: &Ctx<'_>) -> rquickjs::Result<Counting> {
        let buffer: Constructor<'_> = ctx.globals().get("ArrayBuffer")?;
        self.held.borrow_mut().buffer = Some(Persistent::save(ctx, buffer));
        Ok(Counting(self.clone()))
    }

    /// Takes room until the result is dropped.
    ///
    /// # Errors
    /// Throws the error of a full heap.
    pub(crate) fn room<'js>(&self, ctx: &Ctx<'js>, bytes: usize) -> rquickjs::Result<Room<'js>> {
        if bytes <= UNCOUNTED {
            return Ok(Room(None));
        }
        Ok(Room(Some(self.buffer(ctx, bytes)?)))
    }

    /// Takes room until [`release`](Self::release).
    ///
    /// # Errors
    /// As [`room`](Self::room).
    pub(crate) fn hold(&self, ctx: &Ctx<'_>, holder: Holder, bytes: usize) -> rquickjs::Result<()> {
        let buffer = Persistent::save(ctx, self.buffer(ctx, bytes)?);
        self.held.borrow_mut().rooms.insert(holder, buffer);
        Ok(())
    }

    /// Gives back the room of a holder.
    pub(crate) fn release(&self, holder: Holder) {
        let room = self.held.borrow_mut().rooms.remove(&holder);
        drop(room);
    }

    /// An `ArrayBuffer`, which takes room as long as it lives.
    pub(crate) fn buffer<'js>(
        &self,
        ctx: &Ctx<'js>,
        bytes: usize,
    ) -> rquickjs::Result<Object<'js>> {
        if bytes >= self.limit {
            return Err(Error::Allocation);
        }
        let buffer = self.held.borrow().buffer.clone();
        let buffer = buffer.ok_or(Error::Allocation)?.restore(ctx)?;
        buffer.construct((bytes as f64,))
    }
}

/// Gives back everything when it is dropped.
pub(crate) struct Counting(Memory);

impl Drop for Counting {
    fn drop(&mut self) {
        let held = self.0.held.take();
        drop(held);
    }
}

/// The room of a number of things of the same size, in chunks.
pub(crate) struct Tally {
    memory: Memory,
    holder: fn(usize) -> Holder,
    /// The size of a thing, in bytes.
    size: usize,
    chunks: Cell<usize>,
}

impl Tally {
    /// The number of things that one chunk has room for.
    const CHUNK: usize = 1024;

    pub(crate) const fn new(memory: Memory, holder: fn(usize) -> Holder, size: usize) -> Self {
        Self {
            memory,
            holder,
            size,
            chunks: Cell::new(0),
        }
    }

    /// Takes or gives back room, so that there is some for `count` things.
    ///
    /// # Errors
    /// As [`Memory::room`].
    pub(crate) fn set(&self, ctx: &Ctx<'_>, count: usize) -> rquickjs::Result<()> {
        // The first chunk is not counted.
        let chunks = count / Self::CHUNK;
        while self.chunks.get() < chunks {
            let (last, bytes) = (self.chunks.get(), Self::CHUNK * self.size);
            self.memory.hold(ctx, (self.holder)(last), bytes)?;
            self.chunks.set(last + 1);
        }
        while self.chunks.get() > chunks + 1 {
            let last = self.chunks.get() - 1;
            self.chunks.set(last);
            self.memory.release((self.holder)(last));
        }
        Ok(())
    }
}
