//! `scn-bench`: what decisions, events and steps cost.
//!
//! Without arguments it times every case and prints the ratios; `docs/performance.md` says what the figures mean. The
//! script `count` beside this package counts instructions with the other words.

#![forbid(unsafe_code)]

mod access;
mod cases;
mod cedar;
mod descriptor_text;
mod language;
mod load;
mod measure;
mod queue;
mod script;
mod step;
mod threads;
mod world;

use std::process::ExitCode;

use cases::{CASES, RATIOS};

/// Something made ready, which runs as often as it is told.
type Operation = Box<dyn FnMut(u64)>;

const USAGE: &str = "\
scn-bench [time [ROUNDS [NAME]]]   times every case whose name holds NAME, at least 7 rounds
scn-bench count CASE N             runs one case N times, for callgrind
scn-bench cases                    the cases, and the smaller size at which to count each
scn-bench ratios                   the ratios: words, and the two cases, separated by tabs";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        [] | ["time"] => time("11", ""),
        ["time", rounds] => time(rounds, ""),
        ["time", rounds, name] => time(rounds, name),
        ["count", name, times] => count(name, times),
        ["cases"] => {
            CASES.iter().for_each(|case| println!("{} {}", case.name, case.counted));
            Some(())
        }
        ["ratios"] => {
            RATIOS.iter().for_each(|(words, above, below)| println!("{words}\t{above}\t{below}"));
            Some(())
        }
        _ => None,
    };
    match done {
        Some(()) => ExitCode::SUCCESS,
        None => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn time(rounds: &str, name: &str) -> Option<()> {
    let rounds = rounds.parse().ok().filter(|rounds| *rounds >= 7)?;
    measure::run(rounds, |case| case.name.contains(name));
    Some(())
}

fn count(name: &str, times: &str) -> Option<()> {
    let case = CASES.iter().find(|case| case.name == name)?;
    (case.make)()(times.parse().ok()?);
    Some(())
}
