/// The epoch whose key shares sign: the previous one if the client asks for it, else the current one.
#[must_use]
pub fn epoch_to_use(asked: u64, current: u64) -> u64 {
    match asked.checked_add(1) {
        Some(next) if asked > 0 && next == current => asked,
        _ => current,
    }
}
