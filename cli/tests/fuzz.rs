//! Every reader against a mutated corpus, briefly; the package `fuzz` runs the same harness for longer.

#[path = "../../fuzz/src/harness.rs"]
#[allow(dead_code, reason = "the binary uses more of it")]
mod harness;

use std::path::Path;

fn briefly(name: &str, rounds: u64) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (_, target) = harness::TARGETS.iter().find(|(target, _)| *target == name).expect("a target");
    harness::fuzz(name, *target, &root, rounds, 0x5C_5C);
}

#[test]
fn descriptors() {
    briefly("descriptor", 4_000);
}

#[test]
fn lists() {
    briefly("acl", 10_000);
}

#[test]
fn claims() {
    briefly("claims", 10_000);
}

#[test]
fn conditions() {
    briefly("condition", 20_000);
}

#[test]
fn requests() {
    briefly("request", 3_000);
}

#[test]
fn scenarios() {
    briefly("scenario", 1_500);
}

#[test]
fn scripts() {
    briefly("script", 500);
}

#[test]
fn formatted_scenarios() {
    briefly("format", 250);
}

#[test]
fn descriptors_as_text() {
    briefly("sddl", 10_000);
}

#[test]
fn conditions_as_text() {
    briefly("condition_text", 20_000);
}
