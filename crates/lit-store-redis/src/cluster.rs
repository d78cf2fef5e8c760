//! Commands to one node of a cluster.

use redis::{
    Cmd, ErrorKind, FromRedisValue, RedisResult, Value,
    cluster_async::ClusterConnection,
    cluster_routing::{
        MultipleNodeRoutingInfo, ResponsePolicy, RoutingInfo, SingleNodeRoutingInfo,
    },
    cmd,
};

use crate::connection::Node;

/// Runs a command on a node; by default on the one that has its keys.
pub(crate) async fn run<T: FromRedisValue>(
    mut connection: ClusterConnection,
    node: &Node,
    command: &Cmd,
) -> RedisResult<T> {
    let Some((host, port)) = node.address.clone() else {
        return command.query_async(&mut connection).await;
    };
    let node = SingleNodeRoutingInfo::ByAddress { host, port };
    let answer = connection.route_command(command.clone(), RoutingInfo::SingleNode(node));
    Ok(redis::from_redis_value(answer.await?.extract_error()?)?)
}

/// The masters of a cluster.
pub(crate) async fn masters(mut connection: ClusterConnection) -> RedisResult<Vec<Node>> {
    let mut command = cmd("CLUSTER");
    command.arg("SLOTS");
    let everybody = (
        MultipleNodeRoutingInfo::AllMasters,
        Some(ResponsePolicy::Special),
    );
    let answers = connection.route_command(command, RoutingInfo::MultiNode(everybody));
    listed(&answers.await?).ok_or_else(|| {
        let text = "no node of the cluster lists the masters";
        (ErrorKind::ClusterConnectionNotFound, text).into()
    })
}

/// The masters in the first list of slots among the answers by address.
fn listed(answers: &Value) -> Option<Vec<Node>> {
    let Value::Map(answers) = answers else {
        return None;
    };
    answers.iter().find_map(|(address, slots)| {
        let address: String = redis::from_redis_value_ref(address).ok()?;
        let asked = address.rsplit_once(':')?.0;
        let Value::Array(ranges) = slots else {
            return None;
        };
        let masters = ranges.iter().map(|range| master(range, asked));
        let mut masters = masters.collect::<Option<Vec<_>>>()?;
        masters.sort_unstable();
        masters.dedup();
        let node = |address| Node {
            address: Some(address),
        };
        Some(masters.into_iter().map(node).collect())
    })
}

/// The master of a range: `[first slot, last slot, [host, port, ...], replicas...]`.
fn master(range: &Value, asked: &str) -> Option<(String, u16)> {
    let Value::Array(range) = range else {
        return None;
    };
    let Value::Array(master) = range.get(2)? else {
        return None;
    };
    let host: Option<String> = redis::from_redis_value_ref(master.first()?).ok()?;
    // A node that does not know its own address leaves it out: it is that of the node that was asked.
    let host = host.filter(|host| !host.is_empty() && host != "?");
    let port = redis::from_redis_value_ref(master.get(1)?).ok()?;
    Some((host.unwrap_or_else(|| asked.to_owned()), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(text: &str) -> Value {
        let answer = redis::parse_redis_value(text.as_bytes()).unwrap();
        Value::Map(vec![
            (Value::SimpleString("10.0.0.9:7000".to_owned()), Value::Nil),
            (Value::SimpleString("10.0.0.1:7000".to_owned()), answer),
        ])
    }

    /// As the documentation of `CLUSTER SLOTS` shows answers: with replicas, ids and metadata, and with unknown endpoints.
    #[test]
    fn the_masters_are_read_from_the_slots() {
        let full = "*3\r\n\
            *4\r\n:0\r\n:5460\r\n*4\r\n$9\r\n127.0.0.1\r\n:30001\r\n$2\r\nid\r\n*0\r\n*3\r\n$9\r\n127.0.0.1\r\n:30004\r\n$2\r\nid\r\n\
            *3\r\n:5461\r\n:9000\r\n*2\r\n$9\r\n127.0.0.2\r\n:30002\r\n\
            *3\r\n:9001\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:30001\r\n";
        let node = |host: &str, port| Node {
            address: Some((host.to_owned(), port)),
        };
        let expected = vec![node("127.0.0.1", 30001), node("127.0.0.2", 30002)];
        assert_eq!(listed(&slots(full)), Some(expected));
        for unknown in ["$-1\r\n", "$0\r\n\r\n", "$1\r\n?\r\n"] {
            let one = format!("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n{unknown}:7001\r\n");
            assert_eq!(listed(&slots(&one)), Some(vec![node("10.0.0.1", 7001)]));
        }
        for malformed in ["*1\r\n:0\r\n", "*1\r\n*2\r\n:0\r\n:1\r\n", ":1\r\n"] {
            assert_eq!(listed(&slots(malformed)), None);
        }
    }
}
