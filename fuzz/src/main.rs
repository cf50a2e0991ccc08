//! Fuzzes the readers for as long as one likes: `cargo run --release -- TARGET ROUNDS SEED`.

mod harness;

use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |n: usize, default: u64| arguments.get(n).map_or(Some(default), |text| text.parse().ok());
    let name = arguments.first().map_or("all", String::as_str);
    let (Some(rounds), Some(seed)) = (number(1, 100_000), number(2, 1)) else {
        eprintln!("usage: scn-fuzz [TARGET|all] [ROUNDS] [SEED]");
        std::process::exit(2);
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let targets = harness::TARGETS.iter().filter(|(target, _)| name == "all" || *target == name);
    for (target, function) in targets {
        harness::fuzz(target, *function, &root, rounds, seed);
        println!("{target}: {rounds} mutations with seed {seed}, nothing found");
    }
}
