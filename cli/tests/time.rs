//! Time, ends and limits, from outside: what keeps a run alive, what ends it, and what is said of those that still wait.

mod common;

use std::fs;

use common::{Ran, run_with, scn};

const WHO: &str = "user alice { rid 1100 }\nuser bob { rid 1101 }\n";

fn run(scenario: &str, arguments: &[&str]) -> Ran {
    let text = format!("scenario time {{ }}\n{WHO}{scenario}");
    run_with(&[&["run", "-"], arguments].concat(), text.as_bytes())
}

/// When each record of a thread came.
fn times(ran: &Ran, thread: &str) -> Vec<String> {
    let words = ran.out.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    words
        .filter(|words| words.get(1) == Some(&thread) && words[0].starts_with(|c: char| c.is_ascii_digit()))
        .map(|words| words[0].to_owned())
        .collect()
}

#[track_caller]
fn has(text: &str, part: &str) {
    assert!(text.contains(part), "{part:?} is not in\n{text}");
}

#[test]
fn every_keeps_its_beat_whatever_a_round_takes() {
    let other = "process other as bob { at 35ms note \"the end\" }";
    let ran =
        run(&format!("process p as alice {{ wait 1ms; every 10ms {{ wait 3ms }} }}\n{other}"), &[]).ends(0);
    assert_eq!(times(&ran, "p/main"), ["0us", "1ms", "11ms", "21ms", "31ms"]);
    has(&ran.out, "idle p/main in every");
    // A round that takes longer than the period leaves beats out, and a round that ends on a beat is followed at once.
    let ran = run(&format!("process p as alice {{ every 10ms {{ wait 12ms }} }}\n{other}"), &[]).ends(0);
    assert_eq!(times(&ran, "p/main"), ["0us", "20ms"]);
    let ran = run(&format!("process p as alice {{ every 10ms {{ wait 10ms }} }}\n{other}"), &[]).ends(0);
    assert_eq!(times(&ran, "p/main"), ["0us", "10ms", "20ms", "30ms"]);
    // A round that does nothing passes like any other.
    let quiet = "process p as alice { if h = take { } }";
    let ran =
        run(&format!("{quiet}\nprocess q as bob {{ every 10ms {{ note \"x\" }} }}\n{other}"), &[]).ends(0);
    assert_eq!(times(&ran, "q/main").len(), 4);
}

#[test]
fn every_alone_keeps_no_run_alive() {
    let ran = run("process p as alice { every 10ms { note \"x\" } }", &[]).ends(0);
    assert_eq!(times(&ran, "p/main"), ["0us"]);
    let ran = run("process p as alice { repeat 2 { every 10ms { note \"x\"\nstop } } }", &[]).ends(0);
    assert_eq!(times(&ran, "p/main"), ["0us"]);
    assert!(!ran.out.contains("idle"));
}

#[test]
fn every_goes_on_while_it_accepts_clients_in_line() {
    let clients = "process one as alice { wait 1ms; connect s }\nprocess two as bob { wait 2ms; connect s }\nprocess three as bob { wait 3ms; connect s }";
    let serves = "service s { account LocalService; every 10ms { c = accept s; close c } }";
    let ran = run(&format!("{serves}\n{clients}"), &[]).ends(0);
    assert_eq!(times(&ran, "s/main"), ["1ms", "1001us", "10ms", "10001us", "20ms", "20001us"]);
    has(&ran.out, "idle s/main in every");
    // Each thread that rests has one more round: whoever is not accepted in one never is.
    let waits = "service s { account LocalService; thread a { every 10ms { note \"x\" } }\nthread b { every 4ms { note \"y\" } } }";
    let ran = run(&format!("{waits}\nprocess one as alice {{ wait 5ms; connect s }}"), &[]).ends(0);
    assert_eq!(times(&ran, "s/a"), ["0us", "10ms"]);
    assert_eq!(times(&ran, "s/b"), ["0us", "4ms", "8ms"]);
    // Nor do two threads that are both in an `every` keep each other going.
    let both = "process p as alice { every 10ms { connect s } }";
    let ran = run(&format!("{waits}\n{both}"), &[]).ends(0);
    assert_eq!(times(&ran, "p/main"), ["0us"]);
}

#[test]
fn every_without_time_or_without_a_step_is_refused() {
    for (wrong, what) in [
        ("every 0ms { note \"x\" }", "needs time to pass"),
        ("every 10ms { if impersonating { note \"x\" } }", "SCN0402"),
        ("every { note \"x\" }", "a duration"),
        ("x = every 10ms { note \"x\" }", "nothing to hold"),
    ] {
        let ran = run(&format!("process p as alice {{ {wrong} }}"), &[]).ends(3);
        has(&ran.err, what);
    }
}

const SERVER: &str = "service s { account LocalService\n thread t { c = accept\n LEFT } }\n";

#[test]
fn a_receive_that_nobody_can_answer_is_a_deadlock() {
    let server = SERVER.replace("LEFT", "receive c");
    let ran = run(&format!("{server}process p as alice {{ c = connect s; receive c }}"), &[]).ends(1);
    has(&ran.out, "deadlocked s/t in receive");
    has(&ran.out, "deadlocked p/main in receive");
    // Where the peer's next round might send something, it is none.
    let beat = "process p as alice { c = connect s; every 10ms { note \"x\" } }";
    let ran = run(&format!("{server}{beat}"), &[]).ends(0);
    has(&ran.out, "idle s/t in receive");
    has(&ran.out, "idle p/main in every");
}

#[test]
fn accept_and_take_are_idle() {
    let server = SERVER.replace("LEFT", "x = take");
    let ran = run(&format!("{server}process p as alice {{ c = connect s }}"), &[]).ends(0);
    has(&ran.out, "idle s/t in take");
    let ran = run(SERVER.replace("LEFT", "").as_str(), &[]).ends(0);
    has(&ran.out, "idle s/t in accept");
}

#[test]
fn a_process_ends_with_its_last_thread_and_its_connections_with_it() {
    // PRC-7: what was sent before is received, and then nothing is left to wait for.
    let server = SERVER.replace(
        "LEFT",
        "receive c => ok\n receive c => error WRONG_STATE\n send c \"late\" => error WRONG_STATE\n show",
    );
    let client =
        "process p as alice { thread a { c = connect s\n send c \"hello\" }\n thread b { wait 5ms } }";
    let ran = run(&format!("{server}{client}"), &[]).ends(0);
    // The second receive waits for the last thread, not for the one that connected.
    assert_eq!(times(&ran, "s/t")[2], "5ms");
    has(&ran.out, "User:");
}

#[test]
fn exit_ends_the_other_threads_whatever_they_wait_for() {
    let server = SERVER.replace("LEFT", "receive c => error WRONG_STATE");
    let client = "process p as alice {\n thread a { wait 1ms\n exit }\n thread b { c = connect s\n receive c }\n \
                  thread c { every 1h { note \"x\" } }\n thread d { at 9h note \"never\" } }";
    let ran = run(&format!("{server}{client}"), &[]).ends(0);
    has(&ran.out, "totals: 6 events");
    assert!(!ran.out.contains("idle") && !ran.out.contains("deadlocked"), "{}", ran.out);
}

#[test]
fn a_client_wakes_a_thread_that_is_still_there() {
    let server = "service s { account LocalService\n thread a { c = accept }\n thread b { c = accept }\n }\n";
    let client = "process p as alice { c = connect s\n d = connect s }";
    let ran = run(&format!("{server}{client}"), &[]).ends(0);
    assert_eq!((times(&ran, "s/a").len(), times(&ran, "s/b").len()), (1, 1));
}

#[test]
fn limits_end_a_run_with_what_they_are() {
    let forever = "process p as alice { loop { wait 1ms } }";
    let ran = run(forever, &["--limit", "events=3"]).ends(4);
    has(&ran.out, "ended by the limit of 3 events, with more to come\ntotals: 3 events");
    let ran = run(forever, &["--limit", "time=10ms", "--limit", "events=100"]).ends(4);
    has(&ran.out, "ended by the limit of 10ms of virtual time, with more to come\ntotals: 11 events");
    // What comes at the limit itself still comes, and a run that ends there was not cut short.
    run("process p as alice { repeat 3 { wait 1ms } }", &["--limit", "events=3"]).ends(0);
    run("process p as alice { at 10ms note \"x\" }", &["--limit", "time=10ms"]).ends(4);
    let ran = run("process p as alice { c = accept }", &["--limit", "events=0"]).ends(3);
    assert!(ran.out.is_empty());
    // Who waits when a limit strikes is no deadlock: the run was not over.
    let server = SERVER.replace("LEFT", "receive c");
    let ran = run(
        &format!("{server}process p as alice {{ c = connect s; loop {{ wait 1ms }} }}"),
        &["--limit", "events=9"],
    );
    assert!(!ran.ends(4).out.contains("deadlocked"));
}

#[test]
fn time_that_does_not_fit_is_a_limit() {
    let long = "18446744073709551614ns";
    let ran = run(
        &format!("process p as alice {{ wait {long}\n note \"there\"\n note \"never\" }}"),
        &["--limit", "time=18446744073709551615ns"],
    )
    .ends(4);
    assert_eq!(times(&ran, "p/main"), ["0us", long]);
    has(&ran.out, "of virtual time, with more to come");
}

#[test]
fn an_instant_that_is_past_is_taken_at_once_and_told() {
    let ran = run("process p as alice { wait 5ms; at 2ms note \"x\"; at 7ms note \"y\" }", &[]).ends(0);
    assert_eq!(times(&ran, "p/main"), ["0us", "5ms", "7ms"]);
    assert_eq!(ran.out.matches("late: due at 2ms").count(), 1, "{}", ran.out);
}

#[test]
fn the_start_is_a_label() {
    let text = |start: &str| format!("scenario s {{ {start} }}\n{WHO}process p as alice {{ note \"x\" }}");
    let plain = run_with(&["run", "-"], text("").as_bytes()).ends(0);
    let dated = run_with(&["run", "-"], text("start \"2026-02-28T23:59:59Z\"").as_bytes()).ends(0);
    let body = |out: &str| out.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(body(&plain.out), body(&dated.out));
    has(&dated.out, "seed 0  start 2026-02-28T23:59:59Z\n");
    assert!(!plain.out.contains("start"));
    let lines =
        |start: &str| run_with(&["run", "-", "--format", "jsonl"], text(start).as_bytes()).ends(0).out;
    has(&lines(""), "\"start\":\"1970-01-01T00:00:00Z\"");
    has(&lines("start \"2026-02-28T23:59:59Z\""), "\"start\":\"2026-02-28T23:59:59Z\"");
    let wrong = run_with(&["run", "-"], text("start \"2026-02-30T00:00:00Z\"").as_bytes()).ends(3);
    has(&wrong.err, "2026-01-01T00:00:00Z");
}

#[test]
fn tests_give_the_same_bytes_at_any_number_of_jobs() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenarios = folder.path().join("scenarios");
    fs::create_dir_all(scenarios.join("deep")).expect("a folder");
    for n in 0..24 {
        let name = if n % 3 == 0 { format!("deep/s{n}.scn") } else { format!("s{n}.scn") };
        let last = match n % 4 {
            // One that does not hold, one that does not parse, one with parameters, one that is fine.
            0 => "process p as alice { open file \"/x\" for read => granted }",
            1 => "process p as nobody_at_all { note \"x\" }",
            2 => "param n = 1 in [1, 2, 3]\nprocess p as alice { repeat n { note \"x\" } }",
            _ => "process p as alice { note \"x\" }",
        };
        let text = format!("scenario s{n} {{ model kobicha, windows }}\n{WHO}{last}\n");
        fs::write(scenarios.join(name), text).expect("it can be written");
    }
    let test = |arguments: &[&str]| {
        let output = scn().arg("test").args(arguments).current_dir(folder.path()).output();
        let ran = Ran::of(output.expect("the program starts"));
        (ran.code, ran.out, ran.err)
    };
    let one = test(&["--jobs", "1"]);
    assert_eq!(one.0, 3);
    assert!(one.1.contains("has no golden trace yet") && one.2.contains("nobody_at_all"), "{one:?}");
    for jobs in ["2", "7", "64"] {
        assert_eq!(test(&["--jobs", jobs]), one);
    }
    assert_eq!(test(&[]), one);
    let accepted = test(&["--jobs", "5", "--accept"]);
    assert_eq!(accepted.1.matches("accepted scenarios/").count(), 48);
    assert_eq!(test(&["--jobs", "3"]), test(&["--jobs", "1"]));
    assert_eq!(test(&["--jobs", "0"]).0, 2);
}
