//! What the tests of the program share: running it in a known environment, walking the repository, and numbers that look
//! random and are the same on every machine. It knows nothing of the crates inside: the program is tested from outside.
#![allow(dead_code, reason = "every test program takes the part that it needs")]

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// The names of the models; every scenario can be played by each.
pub(crate) const MODELS: [&str; 3] = ["kobicha", "kacs", "windows"];

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository is there")
}

/// Every file below a folder with this ending, in order; links are not followed.
pub(crate) fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let entry = entry.expect("the entry can be read");
        let kind = entry.file_type().expect("the kind of the entry is known");
        if kind.is_dir() {
            found.extend(files_below(&entry.path(), ending));
        } else if kind.is_file() && entry.file_name().to_string_lossy().ends_with(ending) {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

/// The scenarios of the repository that can be run; those below `scenarios/errors` are wrong on purpose, what is below
/// `scenarios/lib` is there for `use`, and what is below `scenarios/whatif` are overlays.
pub(crate) fn scenarios() -> Vec<PathBuf> {
    let folder = root().join("scenarios");
    let all = files_below(&folder, ".scn");
    let found: Vec<PathBuf> = all
        .into_iter()
        .filter(|path| ["errors", "lib", "whatif"].iter().all(|aside| !path.starts_with(folder.join(aside))))
        .collect();
    assert!(!found.is_empty(), "there are scenarios");
    found
}

/// The program, in an environment that says nothing.
pub(crate) fn scn() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_scn"));
    command.env_remove("CI").env_remove("NO_COLOR").env_remove("TERM").stdin(Stdio::null());
    command
}

/// How a run of the program came out.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Ran {
        Ran {
            code: output.status.code().expect("it ends by itself, not by a signal"),
            out: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
            err: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
        }
    }

    /// Fails with everything that was printed unless the program ended with this code.
    #[track_caller]
    pub(crate) fn ends(self, code: i32) -> Ran {
        assert_eq!(self.code, code, "exit code\n--- stdout\n{}--- stderr\n{}", self.out, self.err);
        self
    }
}

/// Runs the program with these arguments.
pub(crate) fn run<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Ran {
    Ran::of(scn().args(arguments).output().expect("the program starts"))
}

/// Runs the program with these arguments and this text as its standard input.
pub(crate) fn run_with(arguments: &[&str], input: &[u8]) -> Ran {
    let mut child = scn()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    // It reads everything before it prints anything, so nobody waits for anybody. Bad arguments end it before it reads.
    let _ = stdin.write_all(input);
    drop(stdin);
    Ran::of(child.wait_with_output().expect("the program ends"))
}

/// SplitMix64: a few lines, and the same numbers everywhere.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`; 0 where the bound is 0.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % (bound.max(1) as u64)).expect("it is below a usize")
    }

    /// One of several.
    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

/// Runs the program like [`run_with`], but no longer than this; `None` where the time was over and it was stopped.
pub(crate) fn run_within(arguments: &[&str], input: &[u8], longest: Duration) -> Option<Ran> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = |name: &str| folder.path().join(name);
    fs::write(place("in"), input).expect("it is written");
    let file = |name: &str| fs::File::create(place(name)).expect("it is made");
    let mut child = scn()
        .args(arguments)
        .stdin(fs::File::open(place("in")).expect("it is there"))
        .stdout(file("out"))
        .stderr(file("err"))
        .spawn()
        .expect("the program starts");
    let mut waited = Duration::ZERO;
    let step = Duration::from_millis(20);
    loop {
        if let Some(status) = child.try_wait().expect("it can be asked") {
            let read = |name: &str| fs::read(place(name)).expect("it is there");
            return Some(Ran::of(Output { status, stdout: read("out"), stderr: read("err") }));
        }
        if waited >= longest {
            child.kill().expect("it can be stopped");
            child.wait().expect("it has ended");
            return None;
        }
        std::thread::sleep(step);
        waited += step;
    }
}
