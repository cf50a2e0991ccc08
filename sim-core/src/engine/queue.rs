//! The queue of coming events, ordered by virtual time and, at equal times, by when they were scheduled.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::hash::{Hash, Hasher};

use crate::ids::ThreadId;

/// Events that are still to come: at each, one thread takes its next step. A thread has one at most.
///
/// Two queues are equal if the same threads come at the same times in the same order.
#[derive(Clone, Debug, Default)]
pub struct EventQueue {
    heap: BinaryHeap<Event>,
    /// How many events were ever scheduled: the number of the last one.
    scheduled: u64,
    /// The number of each thread's event, 0 if it has none. What is in the heap under another number was taken back; it is
    /// never on top.
    due: Vec<u64>,
    /// How many events are to come.
    len: usize,
}

/// An event in the heap. The greater of two comes earlier, as the heap gives its greatest first.
#[derive(Clone, Copy, Debug)]
struct Event {
    time: u64,
    /// No two events have the same.
    number: u64,
    thread: ThreadId,
}

impl Event {
    /// The order of events: the time in the high half, the number in the low one, so that one comparison orders both. The
    /// thread has no part in it, which takes a third of what the heap costs.
    fn key(&self) -> u128 {
        u128::from(self.time) << 64 | u128::from(self.number)
    }
}

impl PartialEq for Event {
    fn eq(&self, other: &Event) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Event {}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Event) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Event {
    fn cmp(&self, other: &Event) -> Ordering {
        other.key().cmp(&self.key())
    }
}

impl EventQueue {
    /// Schedules a thread's next step, in place of the one that was scheduled for it before.
    pub fn push(&mut self, time: u64, thread: ThreadId) {
        self.remove(thread);
        self.scheduled += 1;
        if self.due.len() <= thread.index() {
            self.due.resize(thread.index() + 1, 0);
        }
        if let Some(due) = self.due.get_mut(thread.index()) {
            *due = self.scheduled;
            self.len += 1;
            self.heap.push(Event { time, number: self.scheduled, thread });
        }
    }

    /// Takes back what is scheduled for a thread. It stays in the heap until its time, so that this goes through no queue.
    pub fn remove(&mut self, thread: ThreadId) {
        if let Some(due) = self.due.get_mut(thread.index())
            && std::mem::take(due) != 0
        {
            self.len -= 1;
            self.drop_removed();
        }
    }

    /// The next event: its time and its thread.
    pub fn pop(&mut self) -> Option<(u64, ThreadId)> {
        let Event { time, thread, .. } = self.heap.pop()?;
        if let Some(due) = self.due.get_mut(thread.index()) {
            *due = 0;
        }
        self.len -= 1;
        self.drop_removed();
        Some((time, thread))
    }

    /// Drops what was taken back and has come to the top.
    fn drop_removed(&mut self) {
        while self.heap.len() > self.len && self.heap.peek().is_some_and(|event| !self.is_due(event)) {
            self.heap.pop();
        }
    }

    fn is_due(&self, event: &Event) -> bool {
        self.due.get(event.thread.index()).is_some_and(|due| *due == event.number)
    }

    /// The events in their order.
    fn in_order(&self) -> Vec<(u64, ThreadId)> {
        let mut events: Vec<&Event> = self.heap.iter().filter(|event| self.is_due(event)).collect();
        events.sort_unstable_by_key(|event| event.key());
        events.into_iter().map(|event| (event.time, event.thread)).collect()
    }

    /// How many events are to come.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The next event, which stays: its time and its thread.
    #[must_use]
    pub fn peek(&self) -> Option<(u64, ThreadId)> {
        self.heap.peek().map(|event| (event.time, event.thread))
    }
}

impl PartialEq for EventQueue {
    fn eq(&self, other: &EventQueue) -> bool {
        self.len == other.len && self.in_order() == other.in_order()
    }
}

impl Eq for EventQueue {}

impl Hash for EventQueue {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.in_order().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::EventQueue;
    use crate::fingerprint;
    use crate::ids::ThreadId;

    #[test]
    fn equal_times_go_in_the_order_of_scheduling() {
        let mut queue = EventQueue::default();
        for (time, thread) in [(5, 1), (3, 2), (5, 3), (3, 4), (0, 5)] {
            queue.push(time, ThreadId(thread));
        }
        let order: Vec<_> =
            std::iter::from_fn(|| queue.pop()).map(|(time, thread)| (time, thread.0)).collect();
        assert_eq!(order, [(0, 5), (3, 2), (3, 4), (5, 1), (5, 3)]);
    }

    #[test]
    fn what_is_taken_back_does_not_come() {
        let mut queue = EventQueue::default();
        for thread in 1..=6 {
            queue.push(u64::from(thread), ThreadId(thread));
        }
        for gone in [1, 2, 4, 4, 9] {
            queue.remove(ThreadId(gone));
        }
        assert_eq!((queue.len(), queue.peek()), (3, Some((3, ThreadId(3)))), "what is gone is never on top");
        // A thread has one event: the later one replaces the earlier.
        queue.push(9, ThreadId(3));
        queue.push(2, ThreadId(4));
        let mut twin = EventQueue::default();
        for (time, thread) in [(2, 4), (5, 5), (6, 6), (9, 3)] {
            twin.push(time, ThreadId(thread));
        }
        assert_eq!(queue, twin);
        assert_eq!(fingerprint::of(&queue), fingerprint::of(&twin));
        let order: Vec<_> = std::iter::from_fn(|| queue.pop()).map(|(_, thread)| thread.0).collect();
        assert_eq!(order, [4, 5, 6, 3]);
        assert!(queue.is_empty() && queue.heap.is_empty());
    }

    #[test]
    fn queues_are_equal_by_what_comes_next() {
        let queue = |events: &[(u64, u32)]| {
            let mut queue = EventQueue::default();
            events.iter().for_each(|(time, thread)| queue.push(*time, ThreadId(*thread)));
            queue
        };
        let mut longer = queue(&[(0, 9), (7, 1), (5, 2), (5, 3)]);
        longer.pop();
        assert_eq!(longer, queue(&[(5, 2), (5, 3), (7, 1)]));
        assert_eq!(fingerprint::of(&longer), fingerprint::of(&queue(&[(5, 2), (5, 3), (7, 1)])));
        assert_ne!(longer, queue(&[(5, 3), (5, 2), (7, 1)]));
    }
}
