//! The same scenario, model and seed give the same bytes: in a second run, from another folder, in another environment.
//! What the bytes are is the business of the golden traces.

mod common;

use common::{MODELS, Ran, root, scenarios, scn};

/// The bytes of both streams and the exit code.
fn run(arguments: &[&str], elsewhere: bool) -> (i32, String, String) {
    let mut command = scn();
    command.args(arguments);
    if elsewhere {
        // What a run must not look at: the folder, the time zone, the language, the width and kind of the terminal.
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
        command
            .current_dir(folder)
            .env("TZ", "Asia/Kolkata")
            .env("LC_ALL", "tr_TR.UTF-8")
            .env("COLUMNS", "20");
        command.env("TERM", "xterm-256color").env("CI", "true").env("NO_COLOR", "1").env("HOME", folder);
    }
    let ran = Ran::of(command.output().expect("the program starts"));
    (ran.code, ran.out, ran.err)
}

#[track_caller]
fn twice(arguments: &[&str]) -> String {
    let first = run(arguments, false);
    let second = run(arguments, true);
    assert_eq!(first, second, "{arguments:?}");
    let root = root().to_string_lossy().into_owned();
    assert!(!first.1.contains(&root), "an absolute path in the output of {arguments:?}");
    first.1
}

#[test]
fn every_scenario_gives_the_same_bytes_under_every_model() {
    for path in scenarios() {
        let path = path.to_string_lossy();
        for model in MODELS {
            let text = twice(&["run", &path, "--model", model]);
            assert!(text.lines().count() >= 2, "there is a head and a last line: {text}");
            twice(&["run", &path, "--model", model, "--format", "jsonl"]);
            twice(&["run", &path, "--model", model, "--explain", "all"]);
        }
        twice(&["run", &path, "--seed", "1"]);
    }
}

#[test]
fn every_scenario_is_shown_with_the_same_bytes() {
    for path in scenarios() {
        let path = path.to_string_lossy();
        for at in ["0us", "5us", "1h"] {
            twice(&["idn", "show", &path, "100", "--at", at]);
            twice(&["idn", "threads", &path, "100", "--at", at]);
        }
    }
}

#[test]
fn mistakes_are_told_with_the_same_bytes() {
    let folder = root().join("scenarios/errors");
    for path in common::files_below(&folder, ".scn") {
        twice(&["check", &path.to_string_lossy()]);
    }
    // Nothing of a run depends on a seed that is not asked for.
    for path in scenarios().iter().take(3) {
        let path = path.to_string_lossy();
        let body = |text: String| text.lines().skip(1).map(ToOwned::to_owned).collect::<Vec<_>>();
        let text = std::fs::read_to_string(path.as_ref()).expect("the scenario can be read");
        if !text.contains("timing") && !text.contains("random") && !text.contains("script") {
            assert_eq!(
                body(twice(&["run", &path, "--seed", "1"])),
                body(twice(&["run", &path, "--seed", "2"]))
            );
        }
    }
}
