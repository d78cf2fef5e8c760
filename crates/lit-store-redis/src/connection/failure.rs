//! What the errors of Redis mean to the store.

use lit_sdk::store::StoreError;
use redis::{ErrorKind, RedisError};

/// The answers of a server that does not accept writes, or does not yet. After a failover the same name leads to another server.
const WRONG_SERVER: [&str; 4] = ["READONLY", "LOADING", "MASTERDOWN", "NOREPLICAS"];

/// Whether a new connection may do better.
pub(super) fn is_lost(error: &RedisError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Io
            | ErrorKind::Parse
            | ErrorKind::ClusterConnectionNotFound
            | ErrorKind::MasterNameNotFoundBySentinel
    ) || WRONG_SERVER
        .iter()
        .any(|code| is_answered_with(error, code))
}

pub(super) fn store_error(error: RedisError) -> StoreError {
    if is_answered_with(&error, "OOM") {
        StoreError::Full(Box::new(error))
    } else {
        StoreError::Unavailable(Box::new(error))
    }
}

/// Whether the server answered with this error code, or a script met it. Before Redis 7 the code of a script is `ERR`, and the
/// text names the other one.
fn is_answered_with(error: &RedisError, code: &str) -> bool {
    let in_text = |text: &str| {
        text.split_once(code).is_some_and(|(before, after)| {
            before.ends_with('-') && (after.is_empty() || after.starts_with(' '))
        })
    };
    error.code() == Some(code) || error.detail().is_some_and(in_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(line: &str) -> RedisError {
        let value = redis::parse_redis_value(format!("-{line}\r\n").as_bytes());
        value.unwrap().extract_error().unwrap_err()
    }

    /// The texts are those of Redis 6.2 and 7.0, plain and in a script.
    #[test]
    fn a_replica_is_a_lost_connection() {
        for line in [
            "READONLY You can't write against a read only replica.",
            "READONLY You can't write against a read only replica. script: 8a0d, on @user_script:1.",
            "ERR Error running script (call to f_8a0d): @user_script:1: @user_script: 1: -READONLY You can't write \
             against a read only replica. ",
            "LOADING Redis is loading the dataset in memory",
            "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
            "NOREPLICAS Not enough good replicas to write.",
        ] {
            assert!(is_lost(&answer(line)), "{line}");
            let error = store_error(answer(line));
            assert!(matches!(error, StoreError::Unavailable(_)), "{line}");
        }
        for line in [
            "WRONGTYPE Operation against a key holding the wrong kind of value",
            "ERR unknown command 'READONLY'",
            "NOPERM this user has no permissions to run the 'eval' command",
            "OOM command not allowed when used memory > 'maxmemory'.",
        ] {
            assert!(!is_lost(&answer(line)), "{line}");
        }
    }

    #[test]
    fn a_full_server_is_named_as_such() {
        for line in [
            "OOM command not allowed when used memory > 'maxmemory'.",
            "OOM command not allowed when used memory > 'maxmemory'. script: 8a0d, on @user_script:1.",
            "ERR Error running script (call to f_8a0d): @user_script:1: @user_script: 1: -OOM command not allowed when \
             used memory > 'maxmemory'. ",
        ] {
            let error = store_error(answer(line));
            assert!(matches!(error, StoreError::Full(_)), "{error:?}");
        }
    }
}
