//! Bounds on the requests in flight, with a queue for each server.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use crate::observe;

/// How long a server without requests counts when the places are shared out. Then it is forgotten.
const REMEMBERED: Duration = Duration::from_secs(60);

/// How many requests may be in flight.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// To all servers together.
    pub(crate) all: usize,
    /// To one server.
    pub(crate) per_server: usize,
}

/// The requests in flight, and the queued requests.
///
/// The servers share the places equally: one that hangs, with all its places taken, leaves the others theirs. Each has at least
/// one place.
///
/// The requests of one call queue at all servers at once. So all queues have the same order, and nodes that wait for each other
/// during a call do not wait in a circle.
#[derive(Clone)]
pub(crate) struct Lanes(Arc<Mutex<State>>);

struct State {
    bounds: Bounds,
    /// By the origin of the server.
    lanes: HashMap<Arc<str>, Lane>,
    in_flight: usize,
    waiting: usize,
    next_number: u64,
}

struct Lane {
    in_flight: usize,
    /// By number, ascending.
    queue: VecDeque<(u64, Arc<Ticket>)>,
    used_at: Instant,
}

/// Whether a request may be sent.
#[derive(Debug, Default)]
struct Ticket {
    granted: AtomicBool,
    notify: Notify,
}

impl Lanes {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self(Arc::new(Mutex::new(State {
            bounds,
            lanes: HashMap::new(),
            in_flight: 0,
            waiting: 0,
            next_number: 0,
        })))
    }

    /// Queues a request to each of these servers, all at once.
    pub(crate) fn turns(&self, servers: impl IntoIterator<Item: AsRef<str>>) -> Vec<Turn> {
        let mut state = self.lock();
        let mut turns = Vec::new();
        for server in servers {
            let (server, number, ticket) = state.enqueue(server.as_ref());
            turns.push(Turn(Some(Arc::new(Held {
                lanes: self.clone(),
                server,
                number,
                ticket,
            }))));
        }
        state.grant();
        turns
    }

    /// Queues one request, and waits for its turn.
    pub(crate) async fn turn(&self, server: &str) -> Turn {
        let turn = self.turns([server]).pop().unwrap_or_default();
        turn.wait().await;
        turn
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Lanes")
            .field("bounds", &state.bounds)
            .field("in_flight", &state.in_flight)
            .field("waiting", &state.waiting)
            .finish_non_exhaustive()
    }
}

impl State {
    fn enqueue(&mut self, server: &str) -> (Arc<str>, u64, Arc<Ticket>) {
        let name = match self.lanes.get_key_value(server) {
            Some((name, _)) => Arc::clone(name),
            None => Arc::from(server),
        };
        let lane = self.lanes.entry(Arc::clone(&name)).or_insert(Lane {
            in_flight: 0,
            queue: VecDeque::new(),
            used_at: Instant::now(),
        });
        let (number, ticket) = (self.next_number, Arc::<Ticket>::default());
        lane.queue.push_back((number, Arc::clone(&ticket)));
        self.next_number += 1;
        self.waiting += 1;
        observe::queued(1);
        (name, number, ticket)
    }

    /// Grants the places that are free.
    fn grant(&mut self) {
        if self.waiting == 0 {
            return;
        }
        let now = Instant::now();
        self.lanes
            .retain(|_, lane| !lane.is_idle() || now - lane.used_at < REMEMBERED);
        let share = (self.bounds.all / self.lanes.len().max(1)).min(self.bounds.per_server);
        for lane in self.lanes.values_mut() {
            while lane.in_flight == 0
                || (lane.in_flight < share && self.in_flight < self.bounds.all)
            {
                let Some((_, ticket)) = lane.queue.pop_front() else {
                    break;
                };
                self.waiting -= 1;
                self.in_flight += 1;
                lane.in_flight += 1;
                observe::queued(-1);
                observe::in_flight(1);
                ticket.granted.store(true, Ordering::Release);
                ticket.notify.notify_waiters();
            }
        }
    }
}

impl Lane {
    fn is_idle(&self) -> bool {
        self.in_flight == 0 && self.queue.is_empty()
    }
}

/// A request's turn to be sent, for transports that bound their connections.
///
/// The default belongs to no queue. The turn ends when its last clone is dropped.
#[derive(Clone, Default)]
pub struct Turn(Option<Arc<Held>>);

impl Turn {
    /// Whether it belongs to no queue yet.
    pub(crate) const fn is_new(&self) -> bool {
        self.0.is_none()
    }

    /// Waits until the request may be sent.
    pub(crate) async fn wait(&self) {
        if let Some(held) = &self.0 {
            // Listens before it looks, so that no grant is missed.
            let granted = held.ticket.notify.notified();
            if !held.ticket.granted.load(Ordering::Acquire) {
                granted.await;
            }
        }
    }

    /// Tells whether the request waits, without holding its place.
    pub(crate) fn watch(&self) -> TurnWatch {
        TurnWatch(self.0.as_ref().map(|held| Arc::clone(&held.ticket)))
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn")
            .field("queued", &self.watch().is_queued())
            .finish()
    }
}

/// Tells whether a request waits for its turn.
#[derive(Debug, Clone)]
pub(crate) struct TurnWatch(Option<Arc<Ticket>>);

impl TurnWatch {
    pub(crate) fn is_queued(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(|ticket| !ticket.granted.load(Ordering::Acquire))
    }
}

/// A request in flight or in a queue. Dropping it makes room.
struct Held {
    lanes: Lanes,
    server: Arc<str>,
    number: u64,
    ticket: Arc<Ticket>,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut state = self.lanes.lock();
        let state = &mut *state;
        let Some(lane) = state.lanes.get_mut(&self.server) else {
            return;
        };
        lane.used_at = Instant::now();
        if self.ticket.granted.load(Ordering::Acquire) {
            lane.in_flight -= 1;
            state.in_flight -= 1;
            observe::in_flight(-1);
        } else if let Ok(at) = lane
            .queue
            .binary_search_by_key(&self.number, |(number, _)| *number)
        {
            lane.queue.remove(at);
            state.waiting -= 1;
            observe::queued(-1);
        }
        state.grant();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVERS: [&str; 3] = ["http://a", "http://b", "http://c"];

    fn lanes(all: usize, per_server: usize) -> Lanes {
        Lanes::new(Bounds { all, per_server })
    }

    fn sent(turns: &[Turn]) -> usize {
        let queued = turns.iter().filter(|turn| turn.watch().is_queued());
        turns.len() - queued.count()
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_gets_its_places_in_order() {
        let lanes = lanes(10, 2);
        let mut turns: Vec<Turn> = (0..4).flat_map(|_| lanes.turns(["http://a"])).collect();
        assert_eq!(sent(&turns), 2);
        assert!(turns[2].watch().is_queued() && turns[3].watch().is_queued());
        drop(turns.remove(0));
        turns[1].wait().await;
        assert!(turns[2].watch().is_queued());
        // One that gives up makes no room for another, and is not granted later.
        drop(turns.remove(2));
        assert_eq!(lanes.lock().waiting, 0);
        drop(turns);
        assert_eq!(lanes.lock().in_flight, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_hanging_server_leaves_the_others_their_places() {
        let lanes = lanes(9, 8);
        let hanging: Vec<Turn> = (0..20).flat_map(|_| lanes.turns(["http://a"])).collect();
        assert_eq!(sent(&hanging), 8);
        let others: Vec<Turn> = (0..20)
            .flat_map(|_| lanes.turns(["http://b", "http://c"]))
            .collect();
        // It took more than its share of 3 before the others came. Until it gives them back there is little room.
        assert_eq!(sent(&others), 2);
        drop(hanging);
        assert_eq!(sent(&others), 6);
        let again: Vec<Turn> = (0..20).flat_map(|_| lanes.turns(["http://a"])).collect();
        assert_eq!(sent(&again), 3);
    }

    #[tokio::test(start_paused = true)]
    async fn every_server_has_a_place_even_if_there_are_more_servers_than_places() {
        let lanes = lanes(2, 8);
        let calls: Vec<Turn> = (0..2).flat_map(|_| lanes.turns(SERVERS)).collect();
        assert_eq!(sent(&calls[..3]), 3);
        assert_eq!(sent(&calls[3..]), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn servers_without_requests_lose_their_share_after_a_while() {
        let lanes = lanes(6, 6);
        drop(lanes.turns(SERVERS));
        let turns: Vec<Turn> = (0..6).flat_map(|_| lanes.turns(["http://a"])).collect();
        assert_eq!(sent(&turns), 2);
        drop(turns);
        tokio::time::advance(REMEMBERED).await;
        let turns: Vec<Turn> = (0..6).flat_map(|_| lanes.turns(["http://a"])).collect();
        assert_eq!(sent(&turns), 6);
    }

    #[tokio::test(start_paused = true)]
    async fn all_clones_of_a_turn_are_told() {
        let lanes = lanes(1, 1);
        let first = lanes.turns(["http://a"]);
        let second = lanes.turns(["http://a"]).remove(0);
        let clone = second.clone();
        let waiting = async { tokio::join!(second.wait(), clone.wait()) };
        let granting = async { drop(first) };
        let both = async { tokio::join!(waiting, granting) };
        tokio::time::timeout(REMEMBERED, both).await.unwrap();
    }

    /// All queues have the order of the calls, so the first call that is not done has all its turns.
    #[tokio::test(start_paused = true)]
    async fn calls_queue_in_the_same_order_everywhere() {
        let lanes = lanes(3, 1);
        let mut calls: VecDeque<Vec<Turn>> = (0..50).map(|_| lanes.turns(SERVERS)).collect();
        while let Some(first) = calls.pop_front() {
            assert_eq!(sent(&first), 3);
            assert!(calls.iter().all(|call| sent(call) == 0));
        }
    }

    /// However turns come and go, the bounds hold, and nothing is lost.
    #[tokio::test(start_paused = true)]
    async fn bounds_hold_whatever_happens() {
        let lanes = lanes(5, 2);
        let mut turns: Vec<Turn> = Vec::new();
        let mut random = 1_u64;
        for _ in 0..10_000 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let draw = usize::try_from(random >> 33).unwrap_or_default();
            if draw.is_multiple_of(2) || turns.is_empty() {
                turns.extend(lanes.turns([SERVERS[draw % 3]]));
            } else {
                turns.swap_remove(draw % turns.len());
            }
            let state = lanes.lock();
            assert!(state.in_flight <= 5 && state.lanes.values().all(|lane| lane.in_flight <= 2));
            let in_flight: usize = state.lanes.values().map(|lane| lane.in_flight).sum();
            let waiting: usize = state.lanes.values().map(|lane| lane.queue.len()).sum();
            assert_eq!((state.in_flight, state.waiting), (in_flight, waiting));
            assert_eq!(in_flight + waiting, turns.len());
        }
        drop(turns);
        let state = lanes.lock();
        assert_eq!((state.in_flight, state.waiting), (0, 0));
    }
}
