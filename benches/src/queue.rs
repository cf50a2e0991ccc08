//! The event queue, and a bare heap that does the same: the earliest event is taken out and comes again after one to two
//! mean delays, so that as many stay pending as there were.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;

use sim_core::engine::queue::EventQueue;
use sim_core::ids::ThreadId;

use crate::Operation;

/// The mean delay in virtual nanoseconds.
const MEAN: u64 = 1_000_000;

/// The queue of the engine.
pub fn engine(pending: u32) -> Operation {
    let mut queue = EventQueue::default();
    let mut delays = Delays(1);
    for n in 0..pending {
        queue.push(delays.next(), ThreadId(n));
    }
    Box::new(move |times| {
        for _ in 0..times {
            let (time, thread) = queue.pop().expect("as many as before");
            queue.push(time + delays.next(), black_box(thread));
        }
    })
}

/// A heap of time, number and thread.
pub fn heap(pending: u32) -> Operation {
    let mut heap = BinaryHeap::new();
    let mut delays = Delays(1);
    let mut number = 0_u64;
    for n in 0..pending {
        heap.push(Reverse((delays.next(), number, n)));
        number += 1;
    }
    Box::new(move |times| {
        for _ in 0..times {
            let Reverse((time, _, thread)) = heap.pop().expect("as many as before");
            heap.push(Reverse((time + delays.next(), number, black_box(thread))));
            number += 1;
        }
    })
}

/// Delays by xorshift.
struct Delays(u64);

impl Delays {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        // The upper half times the mean, scaled back: evenly from one to two means.
        MEAN + (((self.0 >> 32) * MEAN) >> 32)
    }
}
