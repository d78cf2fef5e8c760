use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, ignoring poisoning: for values that change in single steps.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
