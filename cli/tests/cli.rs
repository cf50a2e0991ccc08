//! The program from outside: exit codes, streams, and what each option does. What a trace says is not looked at here; the
//! golden traces do that.

mod common;

use std::fs;
use std::path::Path;
use std::process::Stdio;

use common::{MODELS, Ran, root, run, run_with, scn};

const STORY: &str = "scenarios/impersonation/impersonating-a-client.scn";

fn story() -> String {
    root().join(STORY).to_string_lossy().into_owned()
}

/// A scenario that ends well.
const GOOD: &str = "scenario good { model kobicha, kacs }\nprocess p as SYSTEM { note \"hello\" => ok }\n";
/// Revert always succeeds, so that it fails is never met.
const UNMET: &str = "scenario unmet {}\nprocess p as SYSTEM { revert => error NO_TOKEN }\n";
/// The service runs as LocalService and accepts.
const BROKEN: &str = "scenario broken {}\nservice s { account LocalService\n conn = accept }\nprocess p as SYSTEM { connect s }\n\
     /// Nobody comes in.\nnever accept by s\n";
/// Both wait for the other to speak first.
const DEADLOCK: &str = "scenario deadlock {}\nservice s { account LocalService\n c = accept\n receive c }\n\
                        process p as SYSTEM { c = connect s\n receive c }\n";
/// Goes on for ever.
const ENDLESS: &str = "scenario endless {}\nprocess p as SYSTEM { loop { note \"x\" } }\n";
/// Only the seed says when the second note comes.
const RANDOM: &str =
    "scenario random { timing { note 1us..9000us } }\nprocess p as SYSTEM { note \"a\"\n note \"b\" }\n";

#[track_caller]
fn has(text: &str, part: &str) {
    assert!(text.contains(part), "`{part}` should be in:\n{text}");
}

#[test]
fn a_good_run_is_fine_and_its_trace_alone_is_on_standard_output() {
    let ran = run(&["run", &story()]).ends(0);
    has(&ran.out, "scenario impersonating_a_client");
    has(ran.out.lines().last().expect("there are lines"), "totals: ");
    assert!(!ran.err.contains("error:") && !ran.err.contains("warning"), "{}", ran.err);
    let silent = run_with(&["run", "-"], GOOD.as_bytes()).ends(0);
    assert!(silent.out.ends_with('\n') && silent.out.contains("hello"), "{}", silent.out);
}

#[test]
fn an_unmet_expectation_is_a_no() {
    let ran = run_with(&["run", "-"], UNMET.as_bytes()).ends(1);
    has(&ran.out, "UNMET");
    has(&ran.err, "1 unmet");
}

#[test]
fn a_broken_never_is_a_no() {
    let ran = run_with(&["run", "-"], BROKEN.as_bytes()).ends(1);
    has(&ran.out, "BROKEN");
    has(&ran.out, "Nobody comes in");
}

#[test]
fn an_expectation_of_the_whole_run_that_never_comes_is_a_no() {
    let text = format!("{GOOD}expect open by p\n");
    let ran = run_with(&["run", "-"], text.as_bytes()).ends(1);
    has(&ran.out, "UNMET");
}

#[test]
fn a_deadlock_is_a_no_and_an_idle_service_is_fine() {
    let ran = run_with(&["run", "-"], DEADLOCK.as_bytes()).ends(1);
    has(&ran.out, "deadlocked s/main in receive");
    has(&ran.out, "deadlocked p/main in receive");
    let idle = "scenario idle {}\nservice s { account LocalService\n accept }\n";
    let ran = run_with(&["run", "-"], idle.as_bytes()).ends(0);
    has(&ran.out, "idle s/main in accept");
}

#[test]
fn a_denied_access_is_no_failure() {
    let text = "scenario d {}\nuser u { rid 1001 }\nfile \"/f\" { dacl { allow SYSTEM full } }\n\
                process p as u { open file \"/f\" for read }\n";
    let ran = run_with(&["run", "-"], text.as_bytes()).ends(0);
    has(&ran.out, "denied");
}

#[test]
fn a_file_that_cannot_be_read_is_bad_usage() {
    for command in ["run", "check"] {
        let ran = run(&[command, "no/such/file.scn"]).ends(2);
        assert!(ran.out.is_empty(), "{}", ran.out);
        has(&ran.err, "error: cannot read `no/such/file.scn`");
        run(&[command, env!("CARGO_MANIFEST_DIR")]).ends(2);
        has(&run_with(&[command, "-"], b"scenario s {}\n// \xff\n").ends(2).err, "UTF-8");
    }
    run(&["idn", "show", "no/such/file.scn", "p"]).ends(2);
    run(&["idn", "threads", "no/such/file.scn", "p"]).ends(2);
    run(&["test", "no/such/file.scn"]).ends(2);
}

#[test]
fn bad_usage_is_told_on_standard_error() {
    let story = story();
    let bad: [&[&str]; 15] = [
        &[],
        &["nonsense"],
        &["run"],
        &["run", &story, "another"],
        &["run", &story, "--nonsense"],
        &["run", &story, "--model", "vista"],
        &["run", &story, "--seed", "many"],
        &["run", &story, "--limit", "events"],
        &["run", &story, "--limit", "time=5"],
        &["run", &story, "--limit", "time=99999999999999999h"],
        &["run", &story, "--format", "xml"],
        &["idn", "show", &story],
        &["idn", "show", &story, "100", "--at", "soon"],
        &["explain", "NOSUCH-1"],
        &["schema", "nonsense"],
    ];
    for arguments in bad {
        let ran = run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        assert!(ran.out.is_empty(), "{arguments:?}: {}", ran.out);
        assert!(!ran.err.is_empty(), "{arguments:?}");
    }
    has(&run(&["run", &story, "--model", "vista"]).err, "kobicha, kacs, windows");
}

#[test]
fn a_text_that_does_not_parse_or_resolve_is_told_with_its_place() {
    let text = "scenario s {}\nprocess p as SYSTEM { rvert\n  note \"open }\n";
    for command in ["run", "check"] {
        let ran = run_with(&[command, "-"], text.as_bytes()).ends(3);
        assert!(ran.out.is_empty(), "{}", ran.out);
        has(&ran.err, "<standard input>:2:23");
        has(&ran.err, "<standard input>:3:8");
        has(&ran.err, "did you mean `revert`?");
    }
}

#[test]
fn limits_end_a_run_and_are_told() {
    let ran = run_with(&["run", "-", "--limit", "events=5"], ENDLESS.as_bytes()).ends(4);
    has(&ran.out, "ended by the limit of 5 events");
    has(&ran.out, "totals: 5 events");
    let ran = run_with(&["run", "-", "--limit", "time=5us"], ENDLESS.as_bytes()).ends(4);
    has(&ran.out, "ended by the limit of 5us of virtual time");
    // The lower one comes first; a limit weighs more than a no.
    run_with(&["run", "-", "--limit", "events=100", "--limit", "time=5us"], ENDLESS.as_bytes()).ends(4);
    let text = format!("{ENDLESS}/// x\nnever note by p\n");
    let ran = run_with(&["run", "-", "--limit", "events=5"], text.as_bytes()).ends(4);
    has(&ran.out, "BROKEN");
    run(&["run", &story(), "--limit", "events=1000", "--limit", "time=1h"]).ends(0);
}

#[test]
fn standard_input_is_as_good_as_a_file() {
    let text = fs::read_to_string(root().join(STORY)).expect("the story is there");
    let from_file = run(&["run", &story()]).ends(0);
    let from_input = run_with(&["run", "-"], text.as_bytes()).ends(0);
    assert_eq!(from_file.out, from_input.out);
    run_with(&["check", "-"], text.as_bytes()).ends(0);
    let from_input = run_with(&["idn", "show", "-", "fileserver"], text.as_bytes()).ends(0);
    assert_eq!(from_input.out, run(&["idn", "show", &story(), "fileserver"]).ends(0).out);
}

#[test]
fn json_lines_are_json_and_the_first_has_the_schema() {
    let ran = run(&["run", &story(), "--format", "jsonl"]).ends(0);
    let lines: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    let text = |line: &serde_json::Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
    assert_eq!(text(&lines[0], "schema"), "scn.trace/1");
    assert_eq!(text(&lines[0], "kind"), "header");
    let records: Vec<&serde_json::Value> = lines.iter().filter(|line| line["kind"] == "record").collect();
    for (n, record) in records.iter().enumerate() {
        assert_eq!(record["sequence"], n, "records count up from 0");
    }
    let totals = lines.last().expect("there are lines");
    assert_eq!(text(totals, "kind"), "totals");
    assert!(!ran.out.contains(root().to_string_lossy().as_ref()), "no absolute paths");
    // Both forms tell of the same events.
    let heads = run(&["run", &story()]).ends(0).out;
    let heads =
        heads.lines().filter(|line| line.contains(" -> ") && !line.starts_with("            ")).count();
    assert_eq!(records.len(), heads);
    serde_json::from_str::<serde_json::Value>(&run(&["schema", "trace"]).ends(0).out)
        .expect("the schema is JSON");
}

#[test]
fn the_model_and_the_seed_can_be_replaced() {
    for model in MODELS {
        let ran = run(&["run", &story(), "--model", model]).ends(0);
        has(ran.out.lines().next().expect("there is a head"), &format!("model {model}"));
    }
    let seeded = |seed: &str| run_with(&["run", "-", "--seed", seed], RANDOM.as_bytes()).ends(0).out;
    assert_eq!(seeded("7"), seeded("7"));
    has(&seeded("7"), "seed 7");
    let times = |text: String| text.lines().skip(1).map(ToOwned::to_owned).collect::<Vec<_>>();
    assert!(
        (0..5).any(|n| times(seeded(&n.to_string())) != times(seeded("7"))),
        "the seed changes something"
    );
    has(&seeded("18446744073709551615"), "seed 18446744073709551615");
}

#[test]
fn every_command_has_help() {
    let commands: [&[&str]; 9] = [
        &[],
        &["run"],
        &["check"],
        &["test"],
        &["idn"],
        &["idn", "show"],
        &["idn", "threads"],
        &["explain"],
        &["schema"],
    ];
    for command in commands {
        let arguments: Vec<&str> = command.iter().copied().chain(["--help"]).collect();
        let ran = run(&arguments).ends(0);
        has(&ran.out, "Usage: scn");
        assert!(ran.err.is_empty(), "{}", ran.err);
    }
    has(&run(&["--version"]).ends(0).out, "scn ");
}

#[test]
fn diagnostics_are_explained_by_their_code() {
    has(&run(&["explain", "SCN0201"]).ends(0).out, "unknown name");
    assert_eq!(run(&["explain", "scn0201"]).ends(0).out, run(&["explain", "SCN0201"]).ends(0).out);
    for row in dsl::diag::CODES {
        assert!(run(&["explain", &row.0.to_string()]).ends(0).out.len() > 40, "{} has a page", row.0);
    }
}

#[test]
fn idn_shows_processes_and_threads_by_number_and_by_name() {
    let story = story();
    let shown = |arguments: &[&str]| {
        let mut all = vec!["idn", "show", story.as_str()];
        all.extend(arguments);
        run(&all).ends(0).out
    };
    let process = shown(&["fileserver"]);
    has(&process, "User:");
    has(&process, "S-1-5-19");
    has(&process, "Primary:");
    assert_eq!(process, shown(&["100"]));
    let thread = shown(&["fileserver/worker", "--at", "5us"]);
    has(&thread, "alice");
    has(&thread, "Impersonating:");
    assert_eq!(thread, shown(&["100/100", "--at", "5us"]));
    assert_ne!(thread, shown(&["fileserver/worker"]), "in the end it has reverted");
    assert_ne!(thread, shown(&["fileserver/janitor", "--at", "5us"]), "the others stay who they are");

    let threads = run(&["idn", "threads", &story, "fileserver", "--at", "5us"]).ends(0).out;
    assert_eq!(threads.lines().count(), 4, "{threads}");
    has(threads.lines().next().expect("a head"), "TID");
    assert_eq!(threads.lines().filter(|line| line.contains("yes")).count(), 1, "{threads}");

    let nobody = run(&["idn", "show", &story, "nobody"]).ends(2);
    has(&nobody.err, "there is no process `nobody`");
    has(&nobody.err, "fileserver");
    has(&run(&["idn", "show", &story, "fileserver/nobody"]).ends(2).err, "there is no thread `nobody`");
    run(&["idn", "threads", &story, "nobody"]).ends(2);
}

#[test]
fn a_number_is_a_pid_before_it_is_a_name() {
    // The process that is called 200 has the pid 100, and the one with the pid 200 is called q.
    let text = "scenario s {}\nprocess \"200\" as LocalService { revert }\nprocess q as SYSTEM { revert }\n";
    let shown = |target: &str| run_with(&["idn", "show", "-", target], text.as_bytes()).ends(0).out;
    assert_eq!(shown("200"), shown("q"));
    has(&shown("100"), "LocalService");
}

#[test]
fn several_files_are_checked_and_the_worst_counts() {
    let project = project(GOOD);
    let good = project.path().join("scenarios/a/b.scn").to_string_lossy().into_owned();
    let bad = project.path().join("bad.scn").to_string_lossy().into_owned();
    fs::write(&bad, "nonsense\n").expect("it is written");
    run(&["check", &good, &good]).ends(0);
    let ran = run(&["check", &bad, &good]).ends(3);
    has(&ran.err, "bad.scn:1:1");
    has(&ran.err, "b.scn: can be run under ");
    run(&["check", "no/such/file.scn", &bad, &good]).ends(3);
    run(&["check", "no/such/file.scn", &good]).ends(2);
}

/// A project with one scenario under `scenarios/a`.
fn project(scenario: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir_all(folder.path().join("scenarios/a")).expect("the folder is made");
    fs::write(folder.path().join("scenarios/a/b.scn"), scenario).expect("the scenario is written");
    folder
}

fn test_in(folder: &Path, arguments: &[&str]) -> Ran {
    Ran::of(scn().current_dir(folder).arg("test").args(arguments).output().expect("the program starts"))
}

const SHARE: &str = "scenario share { model kobicha, kacs }\nuser alice { rid 1001 }\n\
                     file \"/f\" { dacl { allow alice read } }\nprocess p as alice { open file \"/f\" for read }\n";

#[test]
fn golden_traces_are_accepted_and_then_held() {
    let project = project(SHARE);
    let folder = project.path();
    let golden = |model: &str| folder.join(format!("snapshots/a/b.{model}.snap"));

    let ran = test_in(folder, &[]).ends(1);
    has(&ran.out, "scenarios/a/b.scn [kobicha]");
    has(&ran.out, "0 passed, 2 failed");
    assert!(!golden("kobicha").exists(), "nothing is written unasked");

    test_in(folder, &["--accept"]).ends(0);
    let text = fs::read_to_string(golden("kobicha")).expect("it was written");
    let trace = run(&["run", &folder.join("scenarios/a/b.scn").to_string_lossy()]).ends(0).out;
    assert!(text.starts_with("---\n") && text.ends_with(&trace), "the golden is the trace: {text}");
    has(&text, "scenarios/a/b.scn");
    assert!(golden("kacs").exists() && !golden("windows").exists());

    has(&test_in(folder, &[]).ends(0).out, "2 passed, 0 failed");
    // A second acceptance has nothing to do and leaves the bytes alone.
    test_in(folder, &["--accept"]).ends(0);
    assert_eq!(fs::read_to_string(golden("kobicha")).expect("it is there"), text);
    for path in [folder.join("scenarios"), folder.join("scenarios/a"), folder.join("scenarios/a/b.scn")] {
        has(&test_in(folder, &[&path.to_string_lossy()]).ends(0).out, "2 passed, 0 failed");
    }
    // Where it is started from does not matter.
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    let root = folder.to_string_lossy().into_owned();
    has(&test_in(elsewhere.path(), &["--root", &root]).ends(0).out, "2 passed, 0 failed");
    assert_eq!(common::files_below(folder, "").len(), 3, "nothing else was written");
}

#[test]
fn a_changed_entry_fails_with_the_lines_that_differ() {
    let project = project(SHARE);
    let folder = project.path();
    test_in(folder, &["--accept"]).ends(0);
    let before = fs::read_to_string(folder.join("snapshots/a/b.kobicha.snap")).expect("it is there");
    fs::write(folder.join("scenarios/a/b.scn"), SHARE.replace("allow alice", "deny alice"))
        .expect("it is written");
    let ran = test_in(folder, &[]).ends(1);
    assert!(
        ran.out.lines().any(|line| line.starts_with("    - ") && line.contains("granted")),
        "{}",
        ran.out
    );
    assert!(ran.out.lines().any(|line| line.starts_with("    + ") && line.contains("denied")), "{}", ran.out);
    has(&ran.out, "0 passed, 2 failed");
    let after = fs::read_to_string(folder.join("snapshots/a/b.kobicha.snap")).expect("it is there");
    assert_eq!(before, after, "a failing test leaves the golden alone");
    test_in(folder, &["--accept"]).ends(0);
    test_in(folder, &[]).ends(0);
}

#[test]
fn line_ends_of_windows_do_not_fail_a_golden() {
    let project = project(SHARE);
    let golden = project.path().join("snapshots/a/b.kobicha.snap");
    test_in(project.path(), &["--accept"]).ends(0);
    let text = fs::read_to_string(&golden).expect("it is there");
    fs::write(&golden, text.replace('\n', "\r\n")).expect("it is written");
    test_in(project.path(), &[]).ends(0);
}

#[test]
fn an_orphaned_golden_fails_until_it_is_accepted_away() {
    let project = project(SHARE);
    let folder = project.path();
    test_in(folder, &["--accept"]).ends(0);
    let orphan = folder.join("snapshots/a/gone.kobicha.snap");
    fs::copy(folder.join("snapshots/a/b.kobicha.snap"), &orphan).expect("it is copied");
    let ran = test_in(folder, &[]).ends(1);
    has(&ran.out, "snapshots/a/gone.kobicha.snap");
    has(&ran.out, "2 passed, 1 failed");
    // Looking at a part says nothing about what belongs to the rest.
    test_in(folder, &["scenarios/a/b.scn"]).ends(0);
    test_in(folder, &["--accept"]).ends(0);
    assert!(!orphan.exists());
    test_in(folder, &[]).ends(0);
}

#[test]
fn nothing_is_accepted_on_a_build_machine() {
    let project = project(SHARE);
    let with_ci = |value: &str, arguments: &[&str]| {
        let mut command = scn();
        command.current_dir(project.path()).env("CI", value).arg("test").args(arguments);
        Ran::of(command.output().expect("the program starts"))
    };
    let ran = with_ci("true", &["--accept"]).ends(2);
    has(&ran.err, "`CI`");
    assert!(!project.path().join("snapshots").exists());
    with_ci("", &["--accept"]).ends(0);
    with_ci("1", &[]).ends(0);
}

#[test]
fn a_test_of_nothing_is_a_no() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    has(&test_in(folder.path(), &[]).ends(1).err, "no scenarios");
    fs::create_dir(folder.path().join("scenarios")).expect("the folder is made");
    test_in(folder.path(), &[]).ends(1);
    test_in(folder.path(), &["scenarios"]).ends(1);
}

#[test]
fn a_scenario_that_fails_is_not_accepted() {
    for (text, code) in [(UNMET, 1), (BROKEN, 1), (DEADLOCK, 1), ("scenario s { nonsense }\n", 3)] {
        let project = project(text);
        for arguments in [&[][..], &["--accept"][..]] {
            has(&test_in(project.path(), arguments).ends(code).out, "FAIL scenarios/a/b.scn");
            assert!(!project.path().join("snapshots").exists(), "{text}");
        }
    }
    let endless = project(&ENDLESS.replace("{}", "{ limit events 10 }"));
    test_in(endless.path(), &["--accept"]).ends(4);
    assert!(!endless.path().join("snapshots").exists());
}

#[cfg(unix)]
#[test]
fn a_golden_that_is_a_link_is_never_written_through() {
    let project = project(SHARE);
    let folder = project.path();
    fs::create_dir_all(folder.join("snapshots/a")).expect("the folder is made");
    let target = folder.join("precious.txt");
    fs::write(&target, "mine\n").expect("it is written");
    let link = folder.join("snapshots/a/b.kobicha.snap");
    std::os::unix::fs::symlink(&target, &link).expect("the link is made");
    let ran = test_in(folder, &["--accept"]).ends(2);
    has(&ran.err, "symbolic link");
    assert_eq!(fs::read_to_string(&target).expect("it is there"), "mine\n");
    assert!(
        fs::symlink_metadata(&link).expect("it is there").file_type().is_symlink(),
        "the link is left alone"
    );
}

#[cfg(unix)]
#[test]
fn a_folder_of_goldens_that_is_a_link_is_never_written_through() {
    let project = project(SHARE);
    let elsewhere = tempfile::tempdir().expect("a temporary folder");
    std::os::unix::fs::symlink(elsewhere.path(), project.path().join("snapshots")).expect("the link is made");
    test_in(project.path(), &["--accept"]).ends(2);
    assert_eq!(common::files_below(elsewhere.path(), "").len(), 0, "nothing is written outside of the root");
}

#[test]
fn a_reader_that_leaves_early_ends_the_run_quietly() {
    for format in ["text", "jsonl"] {
        let mut child = scn()
            .args(["run", "-", "--limit", "events=200000", "--format", format])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        std::io::Write::write_all(&mut child.stdin.take().expect("a pipe"), ENDLESS.as_bytes())
            .expect("it listens");
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.status.code(), Some(0), "it ends by itself");
        let err = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(!err.contains("panic") && !err.contains("error"), "{err}");
    }
    let mut child =
        scn().arg("--help").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.code().is_some() && output.stderr.is_empty());
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_told() {
    let full = || fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
    for arguments in [&["run", &story()][..], &["--help"]] {
        let output = scn().args(arguments).stdout(full()).output().expect("the program starts");
        assert_eq!(output.status.code(), Some(2), "a full disk is no closed pipe");
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn the_same_bytes_come_from_every_folder() {
    let from_root =
        Ran::of(scn().current_dir(root()).args(["run", STORY]).output().expect("it starts")).ends(0);
    let name = STORY.rsplit('/').next().expect("it has a name");
    let folder = root().join(STORY);
    let folder = folder.parent().expect("it lies in a folder");
    let from_folder =
        Ran::of(scn().current_dir(folder).args(["run", name]).output().expect("it starts")).ends(0);
    let absolute = run(&["run", &story()]).ends(0);
    assert_eq!(from_root.out, from_folder.out);
    assert_eq!(from_root.out, absolute.out);
    assert_eq!(from_root.err, from_folder.err);
    // Errors name their place relative to the root of the scenario, wherever the program stands.
    let project = project("scenario s {}\nnonsense\n");
    let told = |folder: &Path, path: &str| {
        Ran::of(scn().current_dir(folder).args(["run", path]).output().expect("it starts")).ends(3).err
    };
    let from_root = told(project.path(), "scenarios/a/b.scn");
    has(&from_root, "--> scenarios/a/b.scn:2:1");
    assert_eq!(from_root, told(&project.path().join("scenarios"), "a/b.scn"));
    assert_eq!(from_root, told(&root(), &project.path().join("scenarios/a/b.scn").to_string_lossy()));
}

#[test]
fn colours_are_for_terminals() {
    let ran = run_with(&["run", "-"], b"nonsense").ends(3);
    assert!(!ran.err.contains('\u{1b}'), "{}", ran.err);
}

#[test]
fn the_root_of_all_files_can_be_declared() {
    let granted = |path: &str| {
        let text = format!(
            "scenario s {{}}\nuser u {{ rid 1001 }}\ndirectory \"{path}\" {{ dacl {{ allow u full }} }}\n\
             process p as u {{ open directory \"{path}\" for read => granted }}\n"
        );
        run_with(&["run", "-"], text.as_bytes()).code
    };
    assert_eq!(granted("/e"), 0);
    assert_eq!(granted("/"), 0, "what is declared of the root is not silently ignored");
}

/// What a command is given and cannot take is told by its name, and nothing is made of it.
#[test]
fn odd_arguments_are_told_by_their_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a b,c.scn");
    std::fs::write(&file, "scenario s\nprocess p as SYSTEM { revert }\n").expect("written");
    let file = file.to_string_lossy();
    run(&["run", &file]).ends(0);
    has(&run(&["run", &file, "--root", "/there/is/none"]).ends(2).err, "there is no such folder");
    has(&run(&["run", &file, "--seed", "x"]).ends(2).err, "expected a whole number");
    has(&run(&["test", &file, "--jobs", "0"]).ends(2).err, "expected a whole number from 1 on");
    has(
        &run(&["run", &folder.path().to_string_lossy()]).ends(2).err,
        "is a folder; `scn check` and `scn test`",
    );
    // Standard input is there once.
    let fine = b"scenario s\nprocess p as SYSTEM { revert }\n";
    let ran = run_with(&["check", "-", "-"], fine).ends(2);
    has(&ran.err, "<standard input>: can be run");
    has(&ran.err, "has been read already");
    has(&run_with(&["test", "-"], fine).ends(2).err, "no golden trace");
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_are_told() {
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().expect("a folder");
    let odd = folder.path().join(std::ffi::OsStr::from_bytes(b"odd\xff.scn"));
    std::fs::write(&odd, "scenario s\n").expect("written");
    let ran = Ran::of(scn().arg("run").arg(&odd).output().expect("it runs")).ends(2);
    has(&ran.err, "odd\u{fffd}.scn` is not UTF-8 text");
    for command in ["check", "test", "fmt"] {
        let ran = run(&[command, &folder.path().to_string_lossy()]).ends(2);
        has(&ran.err, "odd\u{fffd}.scn` is not UTF-8 text");
    }
}

/// What failed is told with its event, and how to see it as a shell takes it.
#[test]
fn a_failed_test_tells_the_step_and_the_command() {
    let project = project(
        "scenario s\nparam who = \"a b\" in [\"a b\"]\nprocess p as SYSTEM { note who => error NO_TOKEN }\n",
    );
    let odd = project.path().join("scenarios/a/it's odd.scn");
    fs::rename(project.path().join("scenarios/a/b.scn"), odd).expect("it is renamed");
    let out = test_in(project.path(), &[]).ends(1).out;
    has(
        &out,
        "    0us  p/main                   note          'a b' -> ok  as SYSTEM\n        UNMET => error NO_TOKEN\n",
    );
    has(&out, "scn run 'scenarios/a/it'\\''s odd.scn' --model kobicha --param 'who=a b'\n");
}

/// A misspelt value would take another branch without a word.
#[test]
fn a_value_that_a_parameter_does_not_list_is_told() {
    let text = b"scenario s\nparam door = open in [open, shut]\nprocess p as SYSTEM { if door == open { revert } }\n";
    for (given, told) in [("door=shut", false), ("door=shot", true)] {
        let ran = run_with(&["run", "-", "--param", given], text).ends(0);
        assert_eq!(
            ran.err.contains("note: `door` is `shot`, which is not among open, shut"),
            told,
            "{}",
            ran.err
        );
    }
}
