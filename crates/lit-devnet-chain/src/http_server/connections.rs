//! The open connections of a server, and which of them to close when there is not enough for all.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

/// How long a client may read nothing before its answer is dropped in favor of others.
pub(super) const STALL: Duration = Duration::from_millis(100);
/// How long a body may come slowly before it is dropped in favor of others.
const PATIENCE: Duration = Duration::from_secs(1);
/// The bytes per second below which a body is slow.
const SLOW: u64 = 64 * 1024;

/// The open connections of a server, oldest first.
#[derive(Debug, Default)]
pub(super) struct Connections(Mutex<Open>);

#[derive(Debug, Default)]
struct Open {
    connections: BTreeMap<u64, Arc<Connection>>,
    last: u64,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    id: u64,
    /// The number of its listener.
    listener: u64,
    closing: Notify,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Since when the client reads nothing that it should.
    stalled: Option<Instant>,
    is_closing: bool,
}

/// What a connection waits for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Phase {
    /// The head of a request.
    Idle { since: Instant },
    /// Memory for a body.
    Queued { since: Instant },
    /// The rest of a body.
    Body {
        since: Instant,
        /// The bytes of memory that it keeps from others.
        held: usize,
        /// When it counts as slow, unless more comes.
        slow_from: Instant,
    },
    /// The service.
    Working,
    /// The network, which sends the answer.
    Sending,
}

/// A connection in the table, until it is dropped.
#[derive(Debug)]
pub(super) struct Registered {
    connection: Arc<Connection>,
    table: Arc<Connections>,
}

impl Connections {
    /// Adds a connection.
    pub(super) fn add(self: &Arc<Self>, listener: u64) -> Registered {
        let mut open = lock(&self.0);
        open.last += 1;
        let connection = Arc::new(Connection {
            id: open.last,
            listener,
            closing: Notify::new(),
            state: Mutex::new(State {
                phase: Phase::idle(),
                stalled: None,
                is_closing: false,
            }),
        });
        open.connections
            .insert(connection.id, Arc::clone(&connection));
        Registered {
            connection,
            table: Arc::clone(self),
        }
    }

    /// Closes one connection of a listener, or of all: the one that is idle for the longest time, or else the one that reads, sends or
    /// is queued for the longest time. It is not the newest, for which it makes room.
    pub(super) fn close_one(&self, listener: Option<u64>, newest: Option<u64>) -> bool {
        self.close_first(|connection| {
            let waits = connection.waits()?;
            let is_meant = listener.is_none_or(|listener| connection.listener == listener)
                && newest != Some(connection.id);
            // The request of a young connection may be on its way.
            let is_young = waits.since.elapsed() < PATIENCE;
            let is_useless = waits.kind == Kind::Idle || !is_young;
            (is_meant && is_useless).then_some((is_young, waits.kind, waits.since))
        })
    }

    /// Closes the connection that holds an unsent answer for the longest time.
    pub(super) fn close_stalled(&self) -> bool {
        self.close_first(|connection| {
            let waits = connection.waits()?;
            (waits.kind == Kind::Stalled && waits.since.elapsed() >= STALL).then_some(waits.since)
        })
    }

    /// Closes the connection whose body comes slowly and holds the most memory.
    pub(super) fn close_slow_body(&self) -> bool {
        self.close_first(|connection| connection.slow_body().map(Reverse))
    }

    /// Closes the connection with the smallest rank.
    fn close_first<R: Ord>(&self, rank: impl Fn(&Connection) -> Option<R>) -> bool {
        let open = lock(&self.0);
        let ranked = (open.connections.values()).filter_map(|it| Some((rank(it)?, it)));
        let Some((_, first)) = ranked.min_by(|(a, _), (b, _)| a.cmp(b)) else {
            return false;
        };
        first.close();
        true
    }
}

impl Phase {
    fn idle() -> Self {
        Self::Idle {
            since: Instant::now(),
        }
    }
}

/// What a connection waits for besides the service, and since when.
struct Waits {
    kind: Kind,
    since: Instant,
}

/// The order in which connections are closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Idle,
    Stalled,
    Body,
    Queued,
}

impl Connection {
    /// What it waits for; `None` while the service works or the answer is sent.
    fn waits(&self) -> Option<Waits> {
        let state = lock(&self.state);
        let (kind, since) = match (state.is_closing, state.stalled, state.phase) {
            (true, ..) => return None,
            (_, Some(since), _) => (Kind::Stalled, since),
            (_, None, Phase::Idle { since }) => (Kind::Idle, since),
            (_, None, Phase::Body { since, .. }) => (Kind::Body, since),
            (_, None, Phase::Queued { since }) => (Kind::Queued, since),
            (_, None, Phase::Working | Phase::Sending) => return None,
        };
        Some(Waits { kind, since })
    }

    /// The memory that a slow body holds.
    fn slow_body(&self) -> Option<usize> {
        let state = lock(&self.state);
        let Phase::Body {
            held, slow_from, ..
        } = state.phase
        else {
            return None;
        };
        (!state.is_closing && held > 0 && slow_from <= Instant::now()).then_some(held)
    }

    fn close(&self) {
        lock(&self.state).is_closing = true;
        self.closing.notify_one();
    }

    /// Resolves when the connection must be closed.
    pub(super) async fn closing(&self) {
        self.closing.notified().await;
    }

    pub(super) fn is_working(&self) {
        lock(&self.state).phase = Phase::Working;
    }

    pub(super) fn is_sending(&self) {
        lock(&self.state).phase = Phase::Sending;
    }

    /// Notes that the answer is sent, unless the next request is at work already.
    pub(super) fn is_sent(&self) {
        let phase = &mut lock(&self.state).phase;
        if matches!(phase, Phase::Sending) {
            *phase = Phase::idle();
        }
    }

    /// Notes that the request waits for memory.
    pub(super) fn is_queued(&self) {
        lock(&self.state).phase = Phase::Queued {
            since: Instant::now(),
        };
    }

    /// Notes that the rest of a body is read, which holds so many bytes of memory.
    pub(super) fn awaits_body(&self, held: usize) {
        let since = Instant::now();
        lock(&self.state).phase = Phase::Body {
            since,
            held,
            slow_from: since + PATIENCE,
        };
    }

    /// Notes a part of a body. What came fast before does not make up for a pause.
    pub(super) fn received(&self, more: usize) {
        if let Phase::Body { slow_from, .. } = &mut lock(&self.state).phase {
            let now = Instant::now();
            let worth = Duration::from_micros(more as u64 * 1_000_000 / SLOW);
            *slow_from = (now + PATIENCE).min(now.max(*slow_from) + worth);
        }
    }

    /// Notes whether the client reads what is sent.
    pub(super) fn reads(&self, does: bool) {
        let stalled = &mut lock(&self.state).stalled;
        *stalled = match does {
            true => None,
            false => Some(stalled.unwrap_or_else(Instant::now)),
        };
    }
}

impl Registered {
    pub(super) fn id(&self) -> u64 {
        self.connection.id
    }

    pub(super) const fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        lock(&self.table.0).connections.remove(&self.connection.id);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of the connections must close.
    fn closing<const N: usize>(connections: &[Registered; N]) -> [bool; N] {
        connections
            .each_ref()
            .map(|it| lock(&it.connection.state).is_closing)
    }

    #[tokio::test(start_paused = true)]
    async fn the_most_useless_connection_is_closed_first() {
        let table = Arc::<Connections>::default();
        let open = [(); 6].map(|()| table.add(0));
        let other_listener = table.add(1);
        let [idle, stalled, body, queued, working, _] = open.each_ref().map(Registered::connection);
        idle.is_sending();
        idle.is_sent();
        stalled.is_sending();
        stalled.reads(false);
        body.awaits_body(1);
        queued.is_queued();
        working.is_working();
        // Only idle connections make room at once.
        let newest = Some(open[5].id());
        assert!(table.close_one(Some(0), newest));
        assert_eq!(closing(&open), [true, false, false, false, false, false]);
        assert!(!table.close_one(Some(0), newest));
        // Later the others do, before one that has just come.
        tokio::time::advance(PATIENCE).await;
        let young = table.add(0);
        let newest = Some(table.add(0).id());
        let order: Vec<_> = (0..3)
            .map(|_| {
                assert!(table.close_one(Some(0), newest));
                closing(&open)[1..].iter().filter(|it| **it).count()
            })
            .collect();
        assert_eq!(order, [1, 2, 3]);
        assert_eq!(closing(&open), [true, true, true, false, false, true]);
        assert_eq!(closing(&[young, other_listener]), [false, false]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_slow_body_that_holds_most_is_closed_first() {
        let table = Arc::<Connections>::default();
        let open = [(); 4].map(|()| table.add(0));
        for (it, held) in open.iter().zip([100_000, 300_000, 0, 200_000]) {
            it.connection().awaits_body(held);
        }
        assert!(!table.close_slow_body(), "all are young");
        tokio::time::advance(PATIENCE).await;
        assert!(table.close_slow_body());
        assert_eq!(closing(&open), [false, true, false, false]);
        assert!(table.close_slow_body());
        assert_eq!(closing(&open), [false, true, false, true]);
        assert!(table.close_slow_body());
        assert!(!table.close_slow_body(), "the last one holds nothing");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_is_slow_if_it_has_come_slowly_for_a_second() {
        let table = Arc::<Connections>::default();
        let [steady, burst] = [(); 2].map(|()| table.add(0));
        for it in [&steady, &burst] {
            it.connection().awaits_body(1);
        }
        burst.connection().received(100_000_000);
        for _ in 0..9 {
            tokio::time::advance(PATIENCE / 10).await;
            steady.connection().received(SLOW as usize / 10);
        }
        assert!(!table.close_slow_body());
        tokio::time::advance(PATIENCE / 10).await;
        assert!(table.close_slow_body());
        assert!(!table.close_slow_body());
        assert_eq!(closing(&[steady, burst]), [false, true]);
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_is_read_slowly_is_not_stalled() {
        let table = Arc::<Connections>::default();
        let open = [(); 2].map(|()| table.add(0));
        for it in &open {
            it.connection().is_sending();
            it.connection().reads(false);
        }
        tokio::time::advance(STALL / 2).await;
        open[0].connection().reads(true);
        open[0].connection().reads(false);
        tokio::time::advance(STALL / 2).await;
        assert!(table.close_stalled());
        assert!(!table.close_stalled());
        assert_eq!(closing(&open), [false, true]);
    }
}
