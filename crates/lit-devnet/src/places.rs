//! Slots for engines, which bound how many run at once.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use lit_node::{EngineSlot, Engines, RequestKey};
use lit_types::NodeUrl;
use tokio::sync::oneshot;

use crate::lock::lock;

/// Slots for engines, assigned in order of request.
///
/// Nodes that work on the same request wait for one another, and each holds its slot meanwhile. So a node gets a slot only if every request
/// that has begun can still get one for each of its nodes, in some order (the banker's algorithm). No slot is kept for a node that
/// does not ask for one.
///
/// The requests of one caller leave enough slots for one request of another. An action called by another runs on its caller's slot.
#[derive(Debug)]
pub(crate) struct Places {
    max_engines: usize,
    nodes: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The slots that are taken.
    taken: usize,
    requests: HashMap<RequestKey, Progress>,
    /// The requests that have had a slot, in order.
    begun: Vec<RequestKey>,
    /// The slots that are taken by requests that other nodes cannot recognize, by caller.
    alone: HashMap<String, usize>,
    /// Those without a slot so far, in order.
    fresh: VecDeque<Fresh>,
}

#[derive(Debug)]
enum Fresh {
    Request(RequestKey),
    Alone(String, oneshot::Sender<Slot>),
}

/// What takes a slot.
#[derive(Debug, Clone)]
enum Taker {
    Request(RequestKey),
    /// A request of this caller that other nodes cannot recognize. It waits for none of them.
    Alone(String),
}

/// The slots of one request.
#[derive(Debug, Default)]
struct Progress {
    /// The nodes that have asked for a slot. Each gets one.
    nodes: HashSet<NodeUrl>,
    waiting: VecDeque<oneshot::Sender<Slot>>,
    held: usize,
    /// The number of slots so far, held or given back.
    given: usize,
}

/// The right to run an engine, until it is dropped.
#[derive(Debug)]
struct Slot {
    places: Arc<Places>,
    taker: Taker,
}

impl Places {
    /// `max_engines` slots, but at least one for each node.
    pub(crate) fn new(max_engines: usize, nodes: usize) -> Self {
        Self {
            max_engines: max_engines.max(nodes),
            nodes,
            state: Mutex::default(),
        }
    }

    /// Waits for a slot.
    #[allow(
        clippy::expect_used,
        reason = "only waiters that are gone are removed from the queue"
    )]
    async fn enter(self: &Arc<Self>, taker: Taker, node: &NodeUrl) -> Slot {
        // Dropped after the receiver: a waiter that goes may have blocked others.
        let _next = Next(self);
        let receiver = lock(&self.state).ask(taker, node);
        self.give();
        receiver.await.expect("the waiter is in the queue")
    }

    /// Gives free slots to waiting requests.
    fn give(self: &Arc<Self>) {
        let mut lost = Vec::new();
        let mut state = lock(&self.state);
        if self.give_to_begun(&mut state, &mut lost) {
            self.give_to_fresh(&mut state, &mut lost);
        }
        drop(state);
        // Slots of waiters that went meanwhile: dropping them takes the lock.
        drop(lost);
    }

    /// Gives slots to the requests that have begun. Returns whether there are some left for others.
    fn give_to_begun(self: &Arc<Self>, state: &mut State, lost: &mut Vec<Slot>) -> bool {
        let mut has_enough = true;
        for request in state.begun.clone() {
            let taker = Taker::Request(request.clone());
            while let Some(waiter) = state.next_waiter(&request) {
                if !self.caller_may_have_another(state, &taker) {
                    state.wait(&request, waiter);
                    break;
                }
                if !self.is_free(state, &request) {
                    state.wait(&request, waiter);
                    has_enough = false;
                    break;
                }
                lost.extend(self.give_one(state, taker.clone(), waiter));
            }
            state.forget_ended(&request);
        }
        has_enough
    }

    /// Gives slots in order. A request waits behind another that has to wait, unless that one waits for its own caller.
    fn give_to_fresh(self: &Arc<Self>, state: &mut State, lost: &mut Vec<Slot>) {
        let mut kept = VecDeque::new();
        // Callers that have as many slots as they may have.
        let mut full = HashSet::new();
        while state.taken < self.max_engines
            && let Some(next) = state.fresh.pop_front()
        {
            let request = match next {
                Fresh::Alone(_, waiter) if waiter.is_closed() => continue,
                Fresh::Alone(caller, waiter) => {
                    let taker = Taker::Alone(caller.clone());
                    if full.contains(&caller) || !self.caller_may_have_another(state, &taker) {
                        full.insert(caller.clone());
                        kept.push_back(Fresh::Alone(caller, waiter));
                    } else {
                        lost.extend(self.give_one(state, taker, waiter));
                    }
                    continue;
                }
                Fresh::Request(request) => request,
            };
            if full.contains(&request.caller) {
                kept.push_back(Fresh::Request(request));
                continue;
            }
            let Some(waiter) = state.next_waiter(&request) else {
                state.requests.remove(&request);
                continue;
            };
            let taker = Taker::Request(request.clone());
            let is_full = !self.caller_may_have_another(state, &taker);
            if is_full || !self.is_free(state, &request) {
                state.wait(&request, waiter);
                if is_full {
                    full.insert(request.caller.clone());
                    kept.push_back(Fresh::Request(request));
                    continue;
                }
                state.fresh.push_front(Fresh::Request(request));
                break;
            }
            state.begun.push(request);
            lost.extend(self.give_one(state, taker, waiter));
            if !self.give_to_begun(state, lost) {
                break;
            }
        }
        kept.append(&mut state.fresh);
        state.fresh = kept;
    }

    /// Gives a slot; returns it if the waiter has gone.
    fn give_one(
        self: &Arc<Self>,
        state: &mut State,
        taker: Taker,
        waiter: oneshot::Sender<Slot>,
    ) -> Option<Slot> {
        state.take(&taker);
        let slot = Slot {
            places: Arc::clone(self),
            taker,
        };
        waiter.send(slot).err()
    }

    /// Whether there is a slot, and all requests can end if this one takes it.
    fn is_free(&self, state: &State, request: &RequestKey) -> bool {
        let needs = state.needs(self.nodes, Some(request), |_| true);
        state.taken < self.max_engines && can_all_end(self.max_engines, needs)
    }

    /// Whether the requests of a caller can end with the slots that one caller may take, if it takes one more.
    fn caller_may_have_another(&self, state: &State, taker: &Taker) -> bool {
        let for_others = self.nodes;
        if self.max_engines < 2 * for_others {
            return true;
        }
        let (caller, request) = match taker {
            Taker::Request(request) => (&request.caller, Some(request)),
            Taker::Alone(caller) => (caller, None),
        };
        let mut needs = state.needs(self.nodes, request, |other| other.caller == *caller);
        let alone = state.alone.get(caller).copied().unwrap_or_default();
        needs.push(Need {
            held: alone + usize::from(request.is_none()),
            missing: 0,
        });
        can_all_end(self.max_engines - for_others, needs)
    }
}

/// The slots that a request holds, and the slots that it may still need.
#[derive(Debug, Clone, Copy)]
struct Need {
    held: usize,
    missing: usize,
}

/// Whether requests with these needs can end one after the other, each when it has all its slots.
fn can_all_end(slots: usize, mut needs: Vec<Need>) -> bool {
    needs.sort_unstable_by_key(|need| need.missing);
    let held: usize = needs.iter().map(|need| need.held).sum();
    let mut free = slots.checked_sub(held);
    for Need { missing, held } in needs {
        free = free.filter(|free| missing <= *free).map(|free| free + held);
    }
    free.is_some()
}

impl State {
    /// Joins the queue. A node that asks again for the same request waits as if the request had no id.
    fn ask(&mut self, taker: Taker, node: &NodeUrl) -> oneshot::Receiver<Slot> {
        let (waiter, receiver) = oneshot::channel();
        let request = match taker {
            Taker::Request(request) => request,
            Taker::Alone(caller) => {
                self.fresh.push_back(Fresh::Alone(caller, waiter));
                return receiver;
            }
        };
        let progress = self.requests.entry(request.clone()).or_default();
        if !progress.nodes.insert(node.clone()) {
            self.fresh.push_back(Fresh::Alone(request.caller, waiter));
            return receiver;
        }
        progress.waiting.push_back(waiter);
        if progress.nodes.len() == 1 {
            self.fresh.push_back(Fresh::Request(request));
        }
        receiver
    }

    /// The needs of the chosen requests that have begun, after one more slot for `next`.
    fn needs(
        &self,
        nodes: usize,
        next: Option<&RequestKey>,
        chosen: impl Fn(&RequestKey) -> bool,
    ) -> Vec<Need> {
        let fresh = next.filter(|next| !self.begun.contains(next));
        let requests = self.begun.iter().chain(fresh);
        let needs = requests.filter(|request| chosen(request)).map(|request| {
            let more = usize::from(Some(request) == next);
            let (held, given) = match self.requests.get(request) {
                Some(progress) => (progress.held, progress.given),
                None => (0, 0),
            };
            Need {
                held: held + more,
                missing: nodes.saturating_sub(given + more),
            }
        });
        needs.filter(|need| need.held > 0).collect()
    }

    /// Removes the first waiter of a request that has not gone.
    fn next_waiter(&mut self, request: &RequestKey) -> Option<oneshot::Sender<Slot>> {
        let waiting = &mut self.requests.get_mut(request)?.waiting;
        loop {
            let waiter = waiting.pop_front()?;
            if !waiter.is_closed() {
                return Some(waiter);
            }
        }
    }

    /// Puts a waiter back to the front.
    fn wait(&mut self, request: &RequestKey, waiter: oneshot::Sender<Slot>) {
        if let Some(progress) = self.requests.get_mut(request) {
            progress.waiting.push_front(waiter);
        }
    }

    fn take(&mut self, taker: &Taker) {
        self.taken += 1;
        match taker {
            Taker::Request(request) => {
                if let Some(progress) = self.requests.get_mut(request) {
                    progress.held += 1;
                    progress.given += 1;
                }
            }
            Taker::Alone(caller) => *self.alone.entry(caller.clone()).or_default() += 1,
        }
    }

    fn release(&mut self, taker: &Taker) {
        self.taken -= 1;
        match taker {
            Taker::Request(request) => {
                if let Some(progress) = self.requests.get_mut(request) {
                    progress.held -= 1;
                }
                self.forget_ended(request);
            }
            Taker::Alone(caller) => {
                if let Some(held) = self.alone.get_mut(caller) {
                    *held -= 1;
                }
                self.alone.retain(|_, held| *held > 0);
            }
        }
    }

    /// Forgets a request that has begun, when none of its nodes has a slot or waits for one.
    fn forget_ended(&mut self, request: &RequestKey) {
        let has_ended = |progress: &Progress| progress.held == 0 && progress.waiting.is_empty();
        if self.requests.get(request).is_some_and(has_ended) {
            self.requests.remove(request);
            self.begun.retain(|begun| begun != request);
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        lock(&self.places.state).release(&self.taker);
        self.places.give();
    }
}

/// Gives slots to others when it is dropped.
struct Next<'a>(&'a Arc<Places>);

impl Drop for Next<'_> {
    fn drop(&mut self) {
        self.0.give();
    }
}

/// The slots as one node takes them.
#[derive(Debug)]
pub(crate) struct LocalEngines {
    node: NodeUrl,
    places: Arc<Places>,
}

impl LocalEngines {
    pub(crate) const fn new(node: NodeUrl, places: Arc<Places>) -> Self {
        Self { node, places }
    }
}

#[async_trait]
impl Engines for LocalEngines {
    async fn enter(&self, caller: &str, request_id: Option<&str>) -> EngineSlot {
        let caller = caller.to_owned();
        let taker = match request_id {
            Some(id) => Taker::Request(RequestKey {
                request_id: id.to_owned(),
                caller,
            }),
            None => Taker::Alone(caller),
        };
        EngineSlot::holding(Arc::new(self.places.enter(taker, &self.node).await))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn needs(held: &[usize], nodes: usize) -> Vec<Need> {
        let need = |&held: &usize| Need {
            held,
            missing: nodes - held,
        };
        held.iter().map(need).collect()
    }

    #[test]
    fn requests_can_end_if_one_of_them_can_and_the_others_after_it() {
        for (slots, held, can_end) in [
            (64, &[1; 55][..], true),
            (64, &[1; 56], false),
            (10, &[1], true),
            (10, &[9, 1], false),
            (19, &[9, 9], true),
            (18, &[9, 9], false),
            (12, &[9, 2], true),
        ] {
            assert_eq!(
                can_all_end(slots, needs(held, 10)),
                can_end,
                "{slots} {held:?}"
            );
        }
    }

    #[tokio::test]
    async fn there_are_no_more_slots_than_engines() {
        let places = Arc::new(Places::new(3, 3));
        let node: NodeUrl = "http://127.0.0.1:1".parse().unwrap();
        let enter = || places.enter(Taker::Alone("a".to_owned()), &node);
        let mut slots = Vec::new();
        for _ in 0..3 {
            slots.push(enter().now_or_never().unwrap());
        }
        let mut fourth = Box::pin(enter());
        assert!(fourth.as_mut().now_or_never().is_none());
        slots.pop();
        slots.push(fourth.now_or_never().unwrap());
        assert!(enter().now_or_never().is_none());
    }
}
