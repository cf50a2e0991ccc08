//! Holds the access check against the plain evaluator of the tests, on as many random questions as one likes:
//!
//! `cargo run --release -p sim-core --example oracle -- CASES SEED`
//!
//! Prints for each model how many answers agreed, and the first disagreement in full, less what it does not need.

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::process::ExitCode;

#[path = "../tests/oracle/mod.rs"]
mod oracle;

use oracle::{answer, compare::crate_answer, generate, shrink};

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map_while(|word| word.parse::<u64>().ok());
    let (cases, seed) = (numbers.next().unwrap_or(100_000), numbers.next().unwrap_or(1));
    let mut agreed_on_all = true;
    for model in ["kobicha", "kacs", "windows"] {
        let (mut agreed, mut errors, mut allowed) = (0_u64, 0_u64, 0_u64);
        let mut first = None;
        for case in 0..cases {
            let question = generate::any(&mut generate::Random::of(seed, case), model);
            let (plain, crates) = (answer(&question), crate_answer(&question));
            if plain == crates {
                agreed += 1;
                errors += u64::from(plain.is_err());
                allowed += u64::from(plain.is_ok_and(|answer| answer.allowed));
            } else if first.is_none() {
                first = Some((case, question));
            }
        }
        println!("{model}: {agreed} of {cases} agree ({errors} errors, {allowed} allowed), seed {seed}");
        if let Some((case, question)) = first {
            agreed_on_all = false;
            let question = shrink::shrink(question, |question| answer(question) != crate_answer(question));
            println!("first disagreement, case {case}, made as small as it goes:\n{question:#?}");
            println!("by the rules: {:#?}\nby the crate: {:#?}", answer(&question), crate_answer(&question));
        }
    }
    if agreed_on_all { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
