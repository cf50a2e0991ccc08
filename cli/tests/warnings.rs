//! Warnings from outside: what a run shows to be without force, and how each warning is allowed.

mod common;

use std::fs;

use common::{run, run_with};

/// No event touches the file, and the branch is never taken.
const IDLE: &str = "scenario idle { model kobicha, kacs }
user alice { rid 1 }
file \"/a\" { dacl { allow alice read } }
process p as alice {
  if impersonating { open file \"/a\" for read => granted }
  if model == kacs { note \"only here\" => ok }
  revert
}
never granted write on file \"/a\"
";

#[test]
fn what_a_run_never_came_to_is_told_with_its_place() {
    let ran = run_with(&["run", "-"], IDLE.as_bytes()).ends(0);
    for part in ["SCN0509", "<standard input>:9:1", "no event came near", "SCN0510", ":5:22", ":6:22"] {
        assert!(ran.err.contains(part), "`{part}` should be in:\n{}", ran.err);
    }
    let allowed = ["run", "-", "--allow", "never_unexercised", "--allow", "expectation_unreached"];
    let ran = run_with(&allowed, IDLE.as_bytes()).ends(0);
    assert!(!ran.err.contains("warning"), "{}", ran.err);
    let block = "scenario idle { allow_warnings never_unexercised, expectation_unreached; model kobicha";
    let text = IDLE.replace("scenario idle { model kobicha", block);
    let ran = run_with(&["run", "-"], text.as_bytes()).ends(0);
    assert!(!ran.err.contains("warning"), "{}", ran.err);
}

#[test]
fn a_test_tells_what_none_of_its_runs_came_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenarios = folder.path().join("scenarios");
    fs::create_dir(&scenarios).expect("made");
    fs::write(scenarios.join("idle.scn"), IDLE).expect("written");
    let root = folder.path().to_string_lossy().into_owned();
    let ran = run(&["test", "--root", &root, "--accept"]).ends(0);
    assert!(ran.err.contains("SCN0509") && ran.err.contains("idle.scn:5:22"), "{}", ran.err);
    assert!(!ran.err.contains("idle.scn:6:22"), "one of the models takes this branch:\n{}", ran.err);
    let ran = run(&["test", "--root", &root, "--allow", "never_unexercised"]).ends(0);
    assert!(!ran.err.contains("SCN0509") && ran.err.contains("SCN0510"), "{}", ran.err);
}

/// What the gallery states is put to the test by its own runs, and whatever looks doubtful in it is meant and says so.
#[test]
fn the_gallery_gives_no_warning() {
    let root = common::root().to_string_lossy().into_owned();
    let ran = run(&["test", "--root", &root, "--jobs", "2"]).ends(0);
    assert!(!ran.err.contains("warning"), "{}", ran.err);
}

#[test]
fn warnings_of_the_text_are_allowed_by_name() {
    let text = "scenario s\nuser alice { rid 1 }\n";
    let ran = run_with(&["check", "-"], text.as_bytes()).ends(0);
    assert!(ran.err.contains("warning[SCN0508]") && ran.err.contains("allow_warnings unused"), "{}", ran.err);
    assert!(!run_with(&["check", "-", "--allow", "unused"], text.as_bytes()).ends(0).err.contains("warning"));
    let ran = run_with(&["check", "-", "--allow", "unusd"], text.as_bytes()).ends(2);
    assert!(ran.err.contains("never_reverts, "), "{}", ran.err);
    let wrong = text.replace("scenario s", "scenario s { allow_warnings unusd }");
    let ran = run_with(&["check", "-"], wrong.as_bytes()).ends(3);
    assert!(ran.err.contains("did you mean `unused`?"), "{}", ran.err);
}

#[test]
fn each_warning_has_a_page_by_its_name_and_by_its_code() {
    for (code, name) in dsl::diag::WARNINGS {
        let by_name = run(&["explain", name]).ends(0).out;
        assert!(by_name.starts_with(&format!("{code} {name}: ")), "{by_name}");
        assert_eq!(run(&["explain", &code.to_string()]).ends(0).out, by_name);
    }
}
