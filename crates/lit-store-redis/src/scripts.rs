//! Changes that happen at once, as scripts. All keys of a script have the same hash tag.
//!
//! None of the scripts that remove needs memory: a server without any still lets users sign out. In a transaction it would not,
//! since Redis then refuses to queue even `DEL`.

use redis::Cmd;

/// Keys: entry, index. Arguments: value, expiration, seconds of the index, expiration before which the index forgets.
pub(crate) const PUT: &str = "redis.call('ZADD', KEYS[2], ARGV[2], KEYS[1])
    redis.call('EXPIRE', KEYS[2], ARGV[3])
    redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[4])
    redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2])
    return 1";

/// Keys: entry, index, entry set aside.
pub(crate) const REMOVE: &str = "local removed = redis.call('DEL', KEYS[1], KEYS[3])
    redis.call('ZREM', KEYS[2], KEYS[1])
    return removed";

/// Keys: entry, index. Arguments: the value to remove. Returns 1 if it was removed, 2 if there is none, and 0 if there is another.
pub(crate) const REMOVE_IF: &str = "local value = redis.call('GET', KEYS[1])
    if not value then return 2 end
    if value ~= ARGV[1] then return 0 end
    redis.call('DEL', KEYS[1])
    redis.call('ZREM', KEYS[2], KEYS[1])
    return 1";

/// Keys: entry, entry set aside. Arguments: the value to set aside, seconds until it expires.
pub(crate) const SET_ASIDE: &str = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    redis.call('RENAME', KEYS[1], KEYS[2])
    redis.call('EXPIRE', KEYS[2], ARGV[2])
    return 1";

/// Keys: entry, index. Arguments: value, milliseconds until it expires unless confirmed, expiration, seconds of the index.
/// Returns 1 if the value is there now, 2 if a confirmed one is there already, and 0 if an unconfirmed one is.
pub(crate) const PROPOSE: &str = "local left = redis.call('PTTL', KEYS[1])
    if left ~= -2 then
        if redis.call('GET', KEYS[1]) == ARGV[1] then return 1 end
        if left > tonumber(ARGV[2]) then return 2 end
        return 0
    end
    redis.call('ZADD', KEYS[2], ARGV[3], KEYS[1])
    redis.call('EXPIRE', KEYS[2], ARGV[4])
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return 1";

/// Keys: entry. Arguments: the value to confirm, expiration.
pub(crate) const CONFIRM: &str = "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
    return redis.call('PEXPIREAT', KEYS[1], ARGV[2])";

/// The command that runs a script on these keys.
pub(crate) fn eval(script: &str, keys: &[&str]) -> Cmd {
    let mut command = Cmd::new();
    command.arg("EVAL").arg(script).arg(keys.len()).arg(keys);
    command
}
