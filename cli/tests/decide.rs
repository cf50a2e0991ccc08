//! `scn decide` from outside: streams, limits, exit codes.
#![allow(clippy::panic, reason = "a test that fails says why")]

mod common;

use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use common::{Ran, run, run_with, run_within, scn};

/// The longest line that is taken.
const LONGEST: usize = 1 << 20;

/// A request that reads with what Everyone has.
fn request(id: &str, desired: &str, more: &str) -> String {
    format!(
        r#"{{"id":"{id}","token":{{"user":"S-1-5-21-1-2-3-1013","groups":[{{"sid":"S-1-1-0"}}]}},"sddl":"O:SYD:(A;;0x1;;;WD)","desired":"{desired}"{more}}}"#
    )
}

fn decide(arguments: &[&str], input: &[u8]) -> Ran {
    run_with(&[&["decide"], arguments].concat(), input)
}

/// The values of a field of each line that was printed, `-` where it is not there.
fn field(ran: &Ran, name: &str) -> Vec<String> {
    let value = |line: &str| {
        let row: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        row.get(name).map_or("-".to_owned(), |value| value.to_string().trim_matches('"').to_owned())
    };
    ran.out.lines().map(value).collect()
}

#[test]
fn each_line_has_its_answer() {
    let text = format!(
        "{}\r\n\n  \t\n{}\n\r\n{}",
        request("a", "0x1", ""),
        request("b", "0x2", ""),
        request("c", "0x1", "")
    );
    let ran = decide(&[], text.as_bytes()).ends(0);
    assert_eq!(field(&ran, "id"), ["a", "b", "c"]);
    assert_eq!(field(&ran, "allowed"), ["true", "false", "true"]);
    assert_eq!(ran.err, "3 decided, 2 allowed, 0 errors, 0 bad requests\n");
    assert_eq!(decide(&["-"], b"").ends(0).out, "");
}

#[test]
fn a_bad_line_is_told_and_the_others_go_on() {
    let text = [
        request("a", "0x1", "").as_bytes(),
        b"\n\n{\"id\":\"b\"}\n\xFF\xFE\nno\n",
        request("c", "0x1", "").as_bytes(),
    ]
    .concat();
    let ran = decide(&[], &text).ends(3);
    assert_eq!(field(&ran, "id"), ["a", "b", "null", "null", "c"]);
    assert_eq!(field(&ran, "line"), ["-", "3", "4", "5", "-"], "empty lines count");
    assert_eq!(field(&ran, "error"), ["-", "bad_request", "bad_request", "bad_request", "-"]);
    assert_eq!(field(&ran, "at"), ["-", ".", ".", ".", "-"]);
    assert!(ran.err.contains("3 bad requests"));
}

#[test]
fn lines_end_at_their_limit() {
    let padded = |length: usize| {
        let line = request("a", "0x1", "");
        format!("{}{line}", " ".repeat(length - line.len()))
    };
    for end in ["", "\n", "\r\n"] {
        let ran = decide(&[], format!("{}{end}", padded(LONGEST)).as_bytes()).ends(0);
        assert_eq!(field(&ran, "allowed"), ["true"]);
        for length in [LONGEST + 1, LONGEST + 2, LONGEST + 3, 3 * LONGEST] {
            let ran = decide(&[], format!("{}{end}", padded(length)).as_bytes()).ends(3);
            assert_eq!(field(&ran, "error"), ["bad_request"], "{length} bytes, then {end:?}");
        }
    }
    let text = format!("{}\n{}\n", padded(3 * LONGEST), request("b", "0x1", ""));
    let ran = decide(&[], text.as_bytes()).ends(3);
    assert_eq!(field(&ran, "line"), ["1", "-"]);
    assert_eq!(field(&ran, "allowed"), ["-", "true"]);
}

#[test]
fn files_follow_each_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("it is written");
        path.to_string_lossy().into_owned()
    };
    let (one, two) = (
        file("1", &request("a", "0x1", "")),
        file("2", &format!("\n{{\"id\":\"b\"}}\n{}", request("c", "0x1", ""))),
    );
    let ran = decide(&[&two, "-", &one], request("d", "0x1", "").as_bytes()).ends(3);
    assert_eq!(field(&ran, "id"), ["b", "c", "d", "a"]);
    assert_eq!(field(&ran, "line"), ["2", "-", "-", "-"], "lines are counted file by file");
    let gone = folder.path().join("gone").to_string_lossy().into_owned();
    let ran = run(&["decide", &one, &gone, &two]).ends(2);
    assert_eq!(field(&ran, "id"), ["a"], "what was decided before is printed");
    assert!(ran.err.contains("there is no such file"), "{}", ran.err);
    run(&["decide", &folder.path().to_string_lossy()]).ends(2);
    run(&["decide", "--model", "nt", &one]).ends(2);
}

#[test]
fn answers_are_held_against_expected_ones() {
    let right = request("a", "0x1", r#","expect":{"allowed":true,"granted":"0x1","mapped":"0x1"}"#);
    let wrong = request("b", "0x1", r#","expect":{"allowed":false,"granted":"0x0","mapped":"0x1"}"#);
    let without = request("c", "0x1", "");
    assert_eq!(decide(&["--expect"], right.as_bytes()).ends(0).out, "1 agree, 0 differ, 0 bad\n");
    let ran = decide(&["--expect"], format!("{right}\n{wrong}\n").as_bytes()).ends(1);
    let (line, counts) = ran.out.split_once('\n').expect("a difference and the counts");
    assert_eq!(counts, "1 agree, 1 differ, 0 bad\n");
    let row: serde_json::Value = serde_json::from_str(line).expect("a difference is JSON");
    assert_eq!((row["id"].as_str(), row["line"].as_u64()), (Some("b"), Some(2)));
    assert_eq!(row["differs"], serde_json::json!(["allowed", "granted"]));
    assert_eq!((&row["answer"]["allowed"], &row["expect"]["allowed"]), (&true.into(), &false.into()));
    // What cannot be held against anything is bad, and that weighs more than a difference.
    let ran = decide(&["--expect"], format!("{wrong}\n{without}\n").as_bytes()).ends(3);
    assert!(ran.out.ends_with("0 agree, 1 differ, 1 bad\n"), "{}", ran.out);
    assert!(ran.out.contains(r#""at":"expect""#));
}

#[test]
fn a_line_names_its_model_or_the_option_does() {
    // Asking for nothing is allowed by KACS and refused by NT (RES-3, W-ACC-1).
    let text = format!("{}\n{}\n", request("a", "0x0", ""), request("b", "0x0", r#","model":"windows""#));
    assert_eq!(field(&decide(&[], text.as_bytes()).ends(0), "allowed"), ["true", "false"]);
    assert_eq!(
        field(&decide(&["--model", "windows"], text.as_bytes()).ends(0), "allowed"),
        ["false", "false"]
    );
    assert_eq!(field(&decide(&["--model", "kacs"], text.as_bytes()).ends(0), "allowed"), ["true", "false"]);
}

#[test]
fn a_derivation_is_a_list_of_lines() {
    let ran = decide(&["--explain"], request("a", "0x2", "").as_bytes()).ends(0);
    let row: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let lines: Vec<&str> =
        row["explanation"].as_array().expect("a list").iter().filter_map(|line| line.as_str()).collect();
    assert!(lines.len() > 3 && lines.iter().all(|line| !line.contains('\n')), "{lines:?}");
    let plain = decide(&[], request("a", "0x2", "").as_bytes()).ends(0);
    assert_eq!(field(&plain, "explanation"), ["-"]);
    assert_eq!(field(&plain, "allowed"), field(&ran, "allowed"));
}

#[test]
fn hostile_ids_reach_no_terminal() {
    let ran = decide(&[], request(r"\u001b[2J\u202e\u009b", "0x1", "").as_bytes()).ends(0);
    assert!(ran.out.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202e}')), "{:?}", ran.out);
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&ran.out).expect("JSON")["id"],
        "\u{1b}[2J\u{202e}\u{9b}"
    );
}

/// Whoever asks line by line gets each answer before the next question.
#[test]
fn an_answer_does_not_wait_for_the_next_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    let mut child = scn()
        .arg("decide")
        .stdin(Stdio::piped())
        .stdout(fs::File::create(&out).expect("it is made"))
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    for asked in 1..=3 {
        writeln!(stdin, "{}", request("a", "0x1", "")).expect("it is read");
        let answered = (0..500).any(|_| {
            std::thread::sleep(Duration::from_millis(20));
            fs::read_to_string(&out).expect("it is there").lines().count() == asked
        });
        assert!(answered, "no answer to line {asked}");
    }
    drop(stdin);
    assert!(child.wait().expect("it ends").success());
}

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let mut child = scn()
        .arg("decide")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().expect("a pipe");
    let line = request("a", "0x1", "") + "\n";
    // It stops reading once it notices.
    while stdin.write_all(line.as_bytes()).is_ok() {}
    drop(stdin);
    Ran::of(child.wait_with_output().expect("it ends")).ends(0);
}

/// One line holds much, and what it makes of that must not take its square: deep trees, and long lists against each other.
#[test]
fn a_line_takes_no_time_out_of_proportion() {
    let guid = |n: usize| format!("{n:08x}-0000-0000-0000-000000000000");
    let nodes: Vec<String> = (0..4_000).map(|n| format!(r#"{{"level":{n},"guid":"{}"}}"#, guid(n))).collect();
    let entries = |kind: &str| -> String {
        (0..800).map(|n| format!("({kind};;0x{:x};{};;WD)", 1 << (n % 9), guid(3_999 - n))).collect()
    };
    let tree = |kind: &str| {
        format!(
            r#"{{"token":{{"user":"S-1-5-18","groups":[{{"sid":"S-1-1-0"}}]}},"sddl":"O:SYD:{}","desired":"0x1ff","object_tree":[{}]}}"#,
            entries(kind),
            nodes.join(",")
        )
    };
    let claim = |name: &str, from: usize| {
        let values: Vec<String> = (0..16_000).map(|n| (from + 2 * n).to_string()).collect();
        format!(r#"{{"name":"{name}","type":"int64","values":[{}]}}"#, values.join(","))
    };
    let lists = |operator: &str, model: &str| {
        let condition = format!("(@User.a {operator} @User.b)");
        format!(
            r#"{{"model":"{model}","token":{{"user":"S-1-5-18","groups":[{{"sid":"S-1-1-0"}}],"user_claims":[{},{}]}},"sddl":"O:SYD:{}","desired":"0x1"}}"#,
            claim("a", 0),
            claim("b", 1),
            format!("(XA;;0x1;;;WD;{condition})").repeat(20)
        )
    };
    let lines = [
        tree("OA"),
        tree("OD"),
        lists("Contains", "kacs"),
        lists("Any_of", "kobicha"),
        lists("==", "windows"),
    ];
    for line in lines {
        assert!(line.len() < LONGEST);
        let start: String = line.chars().take(40).collect();
        let ran = run_within(&["decide"], line.as_bytes(), Duration::from_secs(40));
        let ran = ran.unwrap_or_else(|| panic!("it takes too long: {start}")).ends(0);
        assert_eq!(field(&ran, "error"), ["-"]);
    }
}
