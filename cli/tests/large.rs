//! Large scenarios: whatever fills them, the program comes to an end in time and memory that grow with their size alone. In a
//! release build they have 50 MB, otherwise a small part of that.
#![cfg(unix)]

mod common;

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use common::scn;

/// How large a scenario is.
const SIZE: usize = if cfg!(debug_assertions) { 60_000 } else { 50 << 20 };

/// The most memory, in bytes for each byte of the scenario, besides what the program has anyway.
const MEMORY: usize = 100;

/// The most time: far more than it takes on a busy machine, far less than what grows with the square would.
const LONGEST: Duration = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 600 });

/// A piece of text by its number.
type Piece = fn(usize) -> String;

/// What a scenario is filled with: a name, what stands in front and behind, the piece, and how the program ends.
const FILLINGS: &[(&str, &str, &str, Piece, i32)] = &[
    (
        "files",
        "user alice { rid 1 }\n",
        "",
        |n| format!("file \"/d{}/f{n}\" {{ dacl {{ allow alice read }} }}\n", n % 1000),
        0,
    ),
    (
        "steps",
        "process p as SYSTEM {\n",
        "}\n",
        |_| "open file \"/a\" for read => error NOT_FOUND\n".to_owned(),
        0,
    ),
    ("steps on one line", "process p as SYSTEM { ", "}\n", |n| format!("note \"é{n}\"; "), 0),
    ("comments", "", "", |_| "// nothing of interest to anybody\n".to_owned(), 0),
    ("blanks", "", "", |_| "  \t \r\n".to_owned(), 0),
    ("entries", "file \"/a\" { dacl {\n", "} }\n", |_| "allow SYSTEM read when @User.a == 1\n".to_owned(), 3),
    ("mistakes", "", "", |_| "nonsense here\n".to_owned(), 3),
    ("signs", "", "", |_| "%$&/ 12ab ) ] }\n".to_owned(), 3),
    ("mistakes between signs", "", "", |_| "nonsense here\n%$&/ 12ab ) ]\n".to_owned(), 3),
    ("statements run together", "", "\n", |n| format!("group g{n} {{}} "), 3),
    ("one list", "user alice { groups ", "Everyone }\n", |n| format!("g{n}, "), 3),
    ("one text without end", "user \"", "", |_| "a".repeat(64), 3),
    ("one word", "user ", "", |_| "a".repeat(64), 0),
    ("a script", "script { ", "}\n", |n| format!("fn f{n}() {{ now() }}\n"), 3),
];

/// Has the program check a file within bounds of memory and time.
fn check(path: &str, memory: usize) -> Option<i32> {
    let program = scn().get_program().to_owned();
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -v $1 && exec \"$2\" check \"$3\"", "sh"])
        .arg((memory / 1024).to_string())
        .arg(program)
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let step = Duration::from_millis(20);
    let mut waited = Duration::ZERO;
    while waited < LONGEST {
        if let Some(status) = child.try_wait().expect("it can be asked") {
            return status.code();
        }
        std::thread::sleep(step);
        waited += step;
    }
    child.kill().expect("it can be stopped");
    child.wait().expect("it has ended");
    None
}

#[test]
fn large_scenarios_end_within_bounds() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("large.scn");
    let memory = (512 << 20) + MEMORY * SIZE;
    let mut wrong = Vec::new();
    for (what, before, behind, piece, code) in FILLINGS {
        let mut text = format!("scenario large {{}}\n{before}");
        for n in 0.. {
            if text.len() >= SIZE {
                break;
            }
            text.push_str(&piece(n));
        }
        text.push_str(behind);
        fs::write(&path, text).expect("it is written");
        let ended = check(&path.to_string_lossy(), memory);
        if ended != Some(*code) {
            wrong.push(format!("{what}: {ended:?}"));
        }
    }
    assert!(wrong.is_empty(), "no end within bounds, or another one: {wrong:#?}");
}

#[test]
fn what_is_larger_than_64_mib_is_refused_without_being_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("larger.scn");
    let file = fs::File::create(&path).expect("it is made");
    file.set_len((64 << 20) + 1).expect("it can be that large");
    let ran = common::run(&["check", &path.to_string_lossy()]).ends(2);
    assert!(ran.err.contains("it is larger than 64 MiB"), "{}", ran.err);
}
