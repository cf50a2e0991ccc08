//! Decisions with known answers from independent implementations, through `scn decide --expect`: all of them, or none.
#![allow(clippy::print_stdout, clippy::panic, reason = "the rates are for the log")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

/// The lines that we hold to be wrong: their ids, and why.
fn disputed() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder().join("disputed.jsonl")).expect("the list is there");
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let row: serde_json::Value = serde_json::from_str(line).expect("a row of the list");
            let field = |name: &str| row[name].as_str().expect("id, rule and reason").to_owned();
            (field("id"), format!("{}: {}", field("rule"), field("reason")))
        })
        .collect()
}

fn agrees_with_every_line_of(group: &str) {
    let mut disputed = disputed();
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder().join(group))
        .expect("the group")
        .map(|e| e.expect("a file").path())
        .collect();
    files.sort();
    let (mut lines, mut failures) = (0, Vec::new());
    let mut ours = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).expect("the file");
        ours.extend(disputed.keys().filter(|id| text.contains(&format!("\"id\":\"{id}\""))).cloned());
        let output = Command::new(env!("CARGO_BIN_EXE_scn"))
            .args(["decide", "--expect"])
            .arg(&file)
            .output()
            .expect("the binary runs");
        let printed = String::from_utf8(output.stdout).expect("text");
        let (differences, counts) = printed.trim_end().rsplit_once('\n').unwrap_or(("", printed.trim_end()));
        let numbers: Vec<u64> = counts.split(' ').filter_map(|word| word.parse().ok()).collect();
        let [agree, differ, bad] = numbers[..] else { panic!("{}: {printed}", file.display()) };
        let total = agree + differ + bad;
        lines += total;
        let name = file.file_stem().expect("a name").to_string_lossy();
        println!("{group}/{name}: {agree} of {total} agree");
        for line in differences.lines() {
            let row: serde_json::Value = serde_json::from_str(line).expect("a difference");
            match row["id"].as_str().and_then(|id| disputed.remove(id)) {
                Some(reason) => println!("disputed: {} ({reason})", row["id"]),
                None => failures.push(line.to_owned()),
            }
        }
    }
    assert!(lines > 100, "{group} holds lines");
    assert!(failures.is_empty(), "{} lines differ:\n{}", failures.len(), failures.join("\n"));
    let left: Vec<&String> = ours.iter().filter(|id| disputed.contains_key(*id)).collect();
    assert!(left.is_empty(), "disputed, and agree after all: {left:?}");
}

#[test]
fn kacs() {
    agrees_with_every_line_of("kacs");
}

#[test]
fn kobicha() {
    agrees_with_every_line_of("kobicha");
}

#[test]
fn windows() {
    agrees_with_every_line_of("windows");
}

/// A wrong answer must be noticed, or the tests above prove nothing.
#[test]
fn a_wrong_answer_is_noticed() {
    let text = std::fs::read_to_string(folder().join("kacs/dacl.jsonl")).expect("the file");
    let line = text.lines().next().expect("a line");
    let turned = if line.contains("\"allowed\":true") {
        line.replace("\"allowed\":true", "\"allowed\":false")
    } else {
        line.replace("\"allowed\":false", "\"allowed\":true")
    };
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), turned).expect("written");
    let output = Command::new(env!("CARGO_BIN_EXE_scn"))
        .args(["decide", "--expect"])
        .arg(file.path())
        .output()
        .expect("runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("\"differs\":[\"allowed\"]"));
}
