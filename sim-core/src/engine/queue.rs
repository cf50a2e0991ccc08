//! The queue of coming events, ordered by virtual time and, at equal times, by when they were scheduled.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hash::{Hash, Hasher};

use crate::ids::ThreadId;

/// Events that are still to come: at each, one thread takes its next step.
///
/// Two queues are equal if the same threads come at the same times in the same order.
#[derive(Clone, Debug, Default)]
pub struct EventQueue {
    heap: BinaryHeap<Reverse<(u128, ThreadId)>>,
    scheduled: u64,
}

impl EventQueue {
    /// Schedules a thread's next step.
    pub fn push(&mut self, time: u64, thread: ThreadId) {
        // One comparison orders both: the time in the high half, the order of scheduling in the low one.
        let key = u128::from(time) << 64 | u128::from(self.scheduled);
        self.scheduled += 1;
        self.heap.push(Reverse((key, thread)));
    }

    /// Takes back what is scheduled for threads.
    pub fn remove(&mut self, gone: impl Fn(ThreadId) -> bool) {
        self.heap.retain(|Reverse((_, thread))| !gone(*thread));
    }

    /// The next event: its time and its thread.
    pub fn pop(&mut self) -> Option<(u64, ThreadId)> {
        self.heap.pop().map(|Reverse((key, thread))| ((key >> 64) as u64, thread))
    }

    /// The events in their order.
    fn in_order(&self) -> Vec<(u64, ThreadId)> {
        let mut events: Vec<_> = self.heap.iter().map(|Reverse(event)| *event).collect();
        events.sort_unstable();
        events.into_iter().map(|(key, thread)| ((key >> 64) as u64, thread)).collect()
    }

    /// How many events are to come.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heap.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// The next event, which stays: its time and its thread.
    #[must_use]
    pub fn peek(&self) -> Option<(u64, ThreadId)> {
        self.heap.peek().map(|Reverse((key, thread))| ((key >> 64) as u64, *thread))
    }
}

impl PartialEq for EventQueue {
    fn eq(&self, other: &EventQueue) -> bool {
        self.heap.len() == other.heap.len() && self.in_order() == other.in_order()
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
