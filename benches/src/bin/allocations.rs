//! What a step allocates in the steady state of a run, and what a thread keeps. A binary of its own, because the counting
//! allocator would cost the cases of `scn-bench` something.

#![forbid(unsafe_code)]

#[path = "../access.rs"]
#[allow(dead_code, reason = "scn-bench uses the rest")]
mod access;
#[path = "../load.rs"]
#[allow(dead_code, reason = "scn-bench uses the rest")]
mod load;
#[path = "../step.rs"]
#[allow(dead_code, reason = "scn-bench uses the rest")]
mod step;
#[path = "../threads.rs"]
#[allow(dead_code, reason = "scn-bench uses the rest")]
mod threads;

use std::alloc::System;
use std::hint::black_box;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use threads::Watched;

/// Something made ready, which runs as often as it is told.
type Operation = Box<dyn FnMut(u64)>;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// So many steps before counting, until nothing grows any more, and as many that are counted.
const STEPS: u64 = 200_000;

fn main() {
    println!("{:<20} {:>12}   allocations per operation, reallocations included", "case", "allocations");
    let cases: [(&str, Operation); 7] = [
        ("check-8", access::plain(8, 12, access::Watched::Silent)),
        ("wait-1000-silent", threads::waits(1_000, Watched::Silent)),
        ("wait-1000", threads::waits(1_000, Watched::Records)),
        ("step-bare", threads::opens_bare()),
        ("step-silent", threads::opens_silent()),
        ("step-no-text", step::without_text()),
        ("clone", threads::clone_small()),
    ];
    for (name, mut operation) in cases {
        operation(STEPS);
        // What an operation does once each time that it is called stands in both counts.
        let few = counted(&mut operation, 1_000);
        let many = counted(&mut operation, 1_000 + STEPS);
        println!("{name:<20} {:>12.3}", (many as f64 - few as f64) / STEPS as f64);
    }
    println!("\n{:<20} {:>12}   bytes that a thread of a run keeps", "threads", "bytes");
    for threads in [10, 1_000, 100_000] {
        let few = kept(threads);
        let many = kept(2 * threads);
        println!("{threads:<20} {:>12.1}", (many as f64 - few as f64) / f64::from(threads));
    }
    println!("\n{:<20} {:>12} {:>12}   bytes that each keeps", "100,000 more", "scenario", "world");
    per_declaration("objects", load::objects_text);
    per_declaration("principals", load::principals_text);
}

/// What a declaration keeps in the scenario, and what it keeps in the world.
fn per_declaration(name: &str, text: fn(u64) -> String) {
    const MORE: u64 = 100_000;
    let [few, many] = [MORE, 2 * MORE].map(|count| {
        let before = Region::new(ALLOCATOR);
        let (scenario, names) = step::read(&text(count));
        drop(names);
        let declared = held(&before);
        let built = Region::new(ALLOCATOR);
        let world = load::built(&scenario);
        let built = held(&built);
        drop(black_box((scenario, world)));
        [declared, built]
    });
    let each = |n: usize| (many[n] - few[n]) as f64 / MORE as f64;
    println!("{name:<20} {:>12.1} {:>12.1}", each(0), each(1));
}

fn counted(operation: &mut Operation, times: u64) -> usize {
    let region = Region::new(ALLOCATOR);
    operation(times);
    let change = region.change();
    change.allocations + change.reallocations
}

/// The bytes of a clone of a run with so many threads: its state without its scenario, which clones share.
fn kept(threads: u32) -> isize {
    let run = threads::waiting_run(threads);
    let region = Region::new(ALLOCATOR);
    let clone = black_box(run.clone());
    let bytes = held(&region);
    drop(clone);
    bytes
}

/// The bytes that were taken since and not given back.
fn held(since: &Region<'_, System>) -> isize {
    let change = since.change();
    change.bytes_allocated as isize - change.bytes_deallocated as isize + change.bytes_reallocated
}
