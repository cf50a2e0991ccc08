//! Holds the access check of the crate against a second, plain evaluator of the same rules, on random questions.
//!
//! Millions of them: `cargo run --release -p sim-core --example oracle -- CASES SEED`.

mod oracle;

use oracle::compare::{crate_answer, watched_answer};
use oracle::{answer, generate};

/// Cases of each run here; a run in the debug profile takes a few seconds.
const CASES: u64 = 20_000;

fn agree(model: &'static str, seed: u64) {
    for case in 0..CASES {
        let question = generate::any(&mut generate::Random::of(seed, case), model);
        let (plain, crates) = (answer(&question), crate_answer(&question));
        assert!(
            plain == crates,
            "{model}, seed {seed}, case {case}\n{question:#?}\nby the rules: {plain:#?}\nby the crate: {crates:#?}"
        );
        if case % 5 == 0 {
            assert!(
                crates == watched_answer(&question),
                "{model}, seed {seed}, case {case}: being watched matters"
            );
        }
    }
}

#[test]
fn kobicha() {
    agree("kobicha", 1);
}

#[test]
fn kacs() {
    agree("kacs", 2);
}

#[test]
fn windows() {
    agree("windows", 3);
}
