//! Threads for engines. A thread that has ended an action waits for the next one: starting one takes as long as a short action.

use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Duration,
};

/// How many threads wait for work.
const MAX_IDLE: usize = 64;
/// How long a thread waits for work.
const IDLE_TIME: Duration = Duration::from_secs(10);

type Work = Box<dyn FnOnce() + Send>;

static IDLE: Mutex<Idle> = Mutex::new(Idle {
    threads: Vec::new(),
    last: 0,
});

struct Idle {
    threads: Vec<Waiting>,
    last: u64,
}

/// A thread that waits for work.
struct Waiting {
    id: u64,
    stack: usize,
    work: mpsc::Sender<Work>,
}

/// Runs work on a thread of its own, with a stack of this size in bytes.
///
/// Work that panics ends its thread.
///
/// # Errors
/// If the system starts no thread.
pub(crate) fn run(stack: usize, mut work: Work) -> io::Result<()> {
    while let Some(thread) = take(stack) {
        match thread.work.send(work) {
            Ok(()) => return Ok(()),
            // It does not wait any more.
            Err(mpsc::SendError(back)) => work = back,
        }
    }
    thread::Builder::new()
        .name("lit-action".to_owned())
        .stack_size(stack)
        .spawn(move || {
            let mut next = Some(work);
            while let Some(work) = next {
                work();
                next = wait(stack, IDLE_TIME);
            }
        })
        .map(drop)
}

/// The thread that has waited for the shortest time: its memory is still in the caches.
fn take(stack: usize) -> Option<Waiting> {
    let threads = &mut idle().threads;
    let at = threads.iter().rposition(|thread| thread.stack == stack)?;
    Some(threads.remove(at))
}

/// Waits for work; `None` if there is none for this time.
fn wait(stack: usize, time: Duration) -> Option<Work> {
    let (sender, receiver) = mpsc::channel();
    let id = {
        let mut idle = idle();
        if idle.threads.len() >= MAX_IDLE {
            return None;
        }
        idle.last += 1;
        let id = idle.last;
        idle.threads.push(Waiting {
            id,
            stack,
            work: sender,
        });
        id
    };
    if let Ok(work) = receiver.recv_timeout(time) {
        return Some(work);
    }
    if leave(id) {
        return None;
    }
    // Taken in this moment, for work that is about to come.
    receiver.recv().ok()
}

/// Removes a waiting thread; returns false if it was taken.
fn leave(id: u64) -> bool {
    let threads = &mut idle().threads;
    let at = threads.iter().position(|thread| thread.id == id);
    at.map(|at| threads.remove(at)).is_some()
}

/// Ignores poisoning: the list changes in single steps.
fn idle() -> MutexGuard<'static, Idle> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use super::*;

    /// Stacks that no other test uses.
    const STACK: usize = 300 * 1024;

    fn thread_of(stack: usize) -> thread::ThreadId {
        let (done, result) = mpsc::channel();
        run(
            stack,
            Box::new(move || done.send(thread::current().id()).unwrap()),
        )
        .unwrap();
        result.recv().unwrap()
    }

    fn is_waiting(stack: usize) -> bool {
        idle().threads.iter().any(|thread| thread.stack == stack)
    }

    #[test]
    fn a_thread_runs_one_action_after_another_of_its_stack() {
        let first = thread_of(STACK);
        while !is_waiting(STACK) {
            thread::yield_now();
        }
        assert_eq!(thread_of(STACK), first);
        assert_ne!(thread_of(STACK + 4096), first);
    }

    #[test]
    fn a_thread_that_has_waited_for_long_is_not_used_again() {
        let stack = STACK + 3 * 4096;
        assert!(wait(stack, Duration::ZERO).is_none());
        assert!(!is_waiting(stack));
    }

    #[test]
    fn a_thread_whose_work_panicked_is_not_used_again() {
        let stack = STACK + 2 * 4096;
        let (started, has_ended) = mpsc::channel::<()>();
        run(
            stack,
            Box::new(move || {
                let _started = started;
                panic!("for the test");
            }),
        )
        .unwrap();
        has_ended.recv().unwrap_err();
        let next = thread_of(stack);
        while !is_waiting(stack) {
            thread::yield_now();
        }
        assert_eq!(thread_of(stack), next);
    }
}
