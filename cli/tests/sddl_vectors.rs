//! Descriptors and conditions with known bytes from an independent implementation, through `scn sd --expect`: all of them.
#![allow(clippy::print_stdout, clippy::panic, reason = "the rates are for the log")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors")
}

fn expect(file: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scn"))
        .args(["sd", "--expect"])
        .arg(file)
        .output()
        .expect("the binary runs")
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

fn agrees_with_every_line_of(name: &str) {
    let mut disputed = disputed();
    let file = folder().join("sddl").join(name);
    let text = std::fs::read_to_string(&file).expect("the file");
    let ours: Vec<String> =
        disputed.keys().filter(|id| text.contains(&format!("\"id\":\"{id}\""))).cloned().collect();
    let printed = String::from_utf8(expect(&file).stdout).expect("text");
    let (differences, counts) = printed.trim_end().rsplit_once('\n').unwrap_or(("", printed.trim_end()));
    let numbers: Vec<usize> = counts.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [agree, differ, bad] = numbers[..] else { panic!("{printed}") };
    assert_eq!(agree + differ + bad, text.lines().count());
    println!("sddl/{name}: {agree} of {} agree", agree + differ + bad);
    let mut failures = Vec::new();
    for line in differences.lines() {
        let row: serde_json::Value = serde_json::from_str(line).expect("a difference");
        match row["id"].as_str().and_then(|id| disputed.remove(id)) {
            Some(reason) => println!("disputed: {} ({reason})", row["id"]),
            None => failures.push(line.to_owned()),
        }
    }
    assert!(failures.is_empty(), "{} lines differ:\n{}", failures.len(), failures.join("\n"));
    let left: Vec<&String> = ours.iter().filter(|id| disputed.contains_key(*id)).collect();
    assert!(left.is_empty(), "disputed, and agree after all: {left:?}");
}

#[test]
fn descriptors() {
    agrees_with_every_line_of("sddl.jsonl");
}

#[test]
fn conditions() {
    agrees_with_every_line_of("conditions.jsonl");
}

/// `--expect` holds meanings against each other; here the bytes themselves are those of NT, to the last one.
#[test]
fn bytes_are_laid_out_as_known() {
    let text = std::fs::read_to_string(folder().join("sddl/sddl.jsonl")).expect("the file");
    for line in text.lines().step_by(3) {
        let row: serde_json::Value = serde_json::from_str(line).expect("a line");
        let (Some(sddl), Some(bytes)) = (row["sddl"].as_str(), row["sd"].as_str()) else { continue };
        if sddl.is_empty() {
            continue;
        }
        let domain = row["domain"].as_str().expect("a domain");
        let output = Command::new(env!("CARGO_BIN_EXE_scn"))
            .args(["sd", "--model", "windows", "--domain", domain, "--to", "base64", "--", sddl])
            .output()
            .expect("the binary runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim_end(), bytes, "{}", row["id"]);
    }
}

/// A wrong answer must be noticed, or the tests above prove nothing.
#[test]
fn a_wrong_answer_is_noticed() {
    for (line, what) in [
        (
            r#"{"id":"a","sddl":"O:SY","sd":"AQAAgBQAAAAAAAAAAAAAAAAAAAABAQAAAAAABRIAAAA=","canonical":"O:SY"}"#,
            None,
        ),
        (
            r#"{"id":"a","sddl":"O:BU","sd":"AQAAgBQAAAAAAAAAAAAAAAAAAAABAQAAAAAABRIAAAA=","canonical":"O:BU"}"#,
            Some("sd"),
        ),
        (
            r#"{"id":"a","sddl":"O:SY","sd":"AQAAgBQAAAAAAAAAAAAAAAAAAAABAQAAAAAABRIAAAA=","canonical":"O:LS"}"#,
            Some("canonical"),
        ),
        (r#"{"id":"a","sddl":"O:SY","error":true}"#, Some("error")),
        (r#"{"id":"a","sddl":"O:ZZ","error":true}"#, None),
        (r#"{"id":"a","sddl":"D:(A;;0x2000000;;;WD)","model":"kobicha","error":true}"#, None),
        (r#"{"id":"a","sddl":"D:(A;;0x2000000;;;WD)","error":true}"#, Some("error")),
        (r#"{"id":"a","expr":"a == 1","bytecode":"61727478"}"#, Some("bytecode")),
    ] {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), line).expect("written");
        let output = expect(file.path());
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        match what {
            None => assert_eq!(
                (output.status.code(), printed.as_str()),
                (Some(0), "1 agree, 0 differ, 0 bad\n"),
                "{line}"
            ),
            Some(what) => {
                assert_eq!(output.status.code(), Some(1), "{line}");
                assert!(printed.contains(&format!("\"differs\":\"{what}\"")), "{printed}");
            }
        }
    }
}
