//! Wall time: every case is timed once in each round, so that a slow minute hits all of them, and ratios are taken
//! between cases of the same rounds.

// A benchmark is the one place that looks at a clock.
#![allow(clippy::disallowed_types)]

use std::time::{Duration, Instant};

use crate::cases::{CASES, Case, RATIOS};

/// At least this long is one timing: far above what reading the clock costs.
const LEAST: Duration = Duration::from_millis(20);

/// Times all cases in so many rounds and prints the table.
pub fn run(rounds: usize, wanted: impl Fn(&Case) -> bool) {
    let mut timed: Vec<Timed> = CASES.iter().filter(|case| wanted(case)).map(Timed::new).collect();
    for _ in 0..rounds {
        for case in &mut timed {
            case.time();
        }
    }
    println!(
        "{:<28} {:>12} {:>12} {:>12}   ns per operation, {rounds} rounds",
        "case", "min", "median", "max"
    );
    for case in &mut timed {
        case.nanoseconds.sort_by(f64::total_cmp);
        let (min, max) = (case.nanoseconds[0], case.nanoseconds[rounds - 1]);
        println!("{:<28} {min:>12.1} {:>12.1} {max:>12.1}", case.case.name, case.median());
    }
    println!("\n{:<60} {:>10}   of medians of this run", "ratio", "value");
    for (words, above, below) in RATIOS {
        let median = |name: &str| timed.iter().find(|case| case.case.name == name).map(Timed::median);
        if let (Some(above), Some(below)) = (median(above), median(below)) {
            println!("{words:<60} {:>10.3}", above / below);
        }
    }
}

struct Timed {
    case: &'static Case,
    operation: crate::Operation,
    times: u64,
    nanoseconds: Vec<f64>,
}

impl Timed {
    /// Makes it ready, warms it up and finds out how often it has to run for a timing.
    fn new(case: &'static Case) -> Timed {
        let mut operation = (case.make)();
        let mut times = case.counted;
        loop {
            let took = took(&mut operation, times);
            if took >= LEAST {
                return Timed { case, operation, times, nanoseconds: Vec::new() };
            }
            times *= 2;
        }
    }

    fn time(&mut self) {
        let took = took(&mut self.operation, self.times);
        self.nanoseconds.push(took.as_nanos() as f64 / self.times as f64);
    }

    /// The middle one; they are sorted by then.
    fn median(&self) -> f64 {
        self.nanoseconds[self.nanoseconds.len() / 2]
    }
}

fn took(operation: &mut crate::Operation, times: u64) -> Duration {
    let start = Instant::now();
    operation(times);
    start.elapsed()
}
