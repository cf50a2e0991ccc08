//! Scripts: what they can do, what they cannot, and where they end. Each trap of the script engine that is known has a test
//! here that would catch it.
#![allow(clippy::unwrap_used, clippy::panic)]

use dsl::source::Sources;
use sim_core::engine::{Ending, Finished, Record, RunConfig, Simulation, build_world, run};
use sim_core::trace::names::Names;
use sim_core::trace::text::{Explain, trace};
use sim_core::world::Fact;

/// A scenario with these script functions, whose one process takes these steps.
fn scenario(functions: &str, steps: &str) -> String {
    format!(
        "scenario s\nuser alice {{ }}\nfile \"/a\" {{ dacl {{ allow alice read }} }}\n\
         script {{\n{functions}\n}}\nprocess p as alice {{\n{steps}\n}}\n"
    )
}

fn read(text: &str) -> sim_core::engine::scenario::Scenario {
    let mut sources = Sources::default();
    let file = sources.add("s.scn".to_owned(), text.to_owned());
    let (scenario, diagnostics) = dsl::read_scenario(&mut sources, file);
    let shown = dsl::render::render(&diagnostics, &sources, false);
    scenario.unwrap_or_else(|| panic!("{shown}"))
}

/// What is wrong with a scenario, as people see it.
fn wrong(text: &str) -> String {
    let mut sources = Sources::default();
    let file = sources.add("s.scn".to_owned(), text.to_owned());
    let (scenario, diagnostics) = dsl::read_scenario(&mut sources, file);
    assert!(scenario.is_none(), "this should not be read:\n{text}");
    dsl::render::render(&diagnostics, &sources, false)
}

fn config(scenario: &sim_core::engine::scenario::Scenario) -> RunConfig {
    RunConfig::of(scenario, scenario.models[0])
}

fn played(text: &str) -> (Vec<Record>, Finished) {
    let scenario = read(text);
    let mut records = Vec::new();
    let finished = run(&scenario, &config(&scenario), &mut |_, record| records.push(record.clone())).unwrap();
    (records, finished)
}

/// The trace of a scenario.
fn traced(text: &str) -> String {
    let scenario = read(text);
    let mut names = Names::new();
    for (sid, name) in &scenario.names {
        names.insert(*sid, name);
    }
    let config = config(&scenario);
    let world = build_world(&scenario, &config.model).unwrap();
    trace(world, &scenario, &names, &config, Explain::Nothing).0
}

/// The notes of a run, in order.
fn notes(text: &str) -> Vec<String> {
    let (records, finished) = played(text);
    assert_eq!(finished.ending, Ending::Finished, "{:?}", finished.fault);
    let notes = records.iter().flat_map(|record| &record.facts).filter_map(|fact| match fact {
        Fact::Note(text) => Some(text.to_string()),
        _ => None,
    });
    notes.collect()
}

/// Runs `fn f() { … }` and gives the error that ended the call.
fn error_in(body: &str) -> String {
    let (records, finished) = played(&scenario(&format!("fn f() {{\n{body}\n}}"), "call f\nnote \"on\""));
    assert_eq!(finished.ending, Ending::Finished, "{:?}", finished.fault);
    // The thread goes on.
    assert!(records.last().unwrap().facts.iter().any(|fact| matches!(fact, Fact::Note(_))));
    let fault = records.iter().flat_map(|record| &record.facts).find_map(|fact| match fact {
        Fact::Script(fault) => Some(fault.to_string()),
        _ => None,
    });
    fault.expect("the call should end in an error")
}

/// Runs `fn f() { … }` and gives the limit that ended the run.
fn limit_of(functions: &str) -> String {
    let (_, finished) = played(&scenario(functions, "call f\nnote \"on\""));
    assert_eq!(finished.ending, Ending::Script, "it should go over a limit");
    assert!(finished.limited());
    finished.fault.unwrap().to_string()
}

#[test]
fn an_operation_is_a_step_at_the_scripts_own_line() {
    let text = scenario(
        "fn f() {\n  let h = open_file(\"/a\", \"read\");\n  read(h);\n  h\n}",
        "r = call f => granted\nclose r => ok",
    );
    let scenario = read(&text);
    let (records, finished) = played(&text);
    let verb = |record: &Record| scenario.steps[record.step.index()].verb;
    assert_eq!(records.iter().map(verb).collect::<Vec<_>>(), ["open", "read", "call", "close"]);
    let line = |n: usize| scenario.steps[records[n].step.index()].place.line;
    assert_eq!([line(0), line(1)], [6, 7]);
    assert_eq!(records.iter().map(|record| record.time).collect::<Vec<_>>(), [0, 1_000, 2_000, 3_000]);
    assert!(finished.holds());
}

#[test]
fn other_threads_run_between_two_operations() {
    let trace = traced(
        "scenario s\nuser alice { }\nscript { fn f(who) { for n in 0..3 { note(who + n); } } }\n\
         process p as alice { call f \"p\" }\nprocess q as alice { call f \"q\" }",
    );
    let order: Vec<&str> = trace
        .lines()
        .filter_map(|line| line.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"')))
        .collect();
    assert_eq!(order, ["p0", "q0", "p1", "q1", "p2", "q2"]);
}

#[test]
fn timing_and_claims_see_what_a_script_does() {
    let text = "scenario s { timing { open 5us } }\nuser alice { }\nfile \"/a\" { dacl { allow alice read } }\n\
                script { fn f() { open_file(\"/a\", \"read\"); now() } }\n\
                process p as alice { call f }\n\
                expect 1 granted read on file \"/a\" as alice\nnever denied on file \"/a\"";
    let (records, finished) = played(text);
    assert!(finished.holds() && finished.unexercised.is_empty());
    assert_eq!(records[1].time, 5_000);
    assert!(records[1].facts.contains(&Fact::Value("5000".to_owned())), "the script sees virtual time");
}

#[test]
fn a_suspended_script_is_plain_data() {
    let text = scenario(
        "fn f(n) { let sum = 0; for i in 0..n { wait(\"1us\"); sum += random(1, 6); note(\"rolled \" + sum); } sum }",
        "call f 5",
    );
    let scenario = read(&text);
    let mut one = Simulation::new(&scenario, config(&scenario)).unwrap();
    for _ in 0..4 {
        one.advance().unwrap();
    }
    let mut other = one.clone();
    assert_eq!(one, other);
    assert_eq!(one.state().fingerprint(), other.state().fingerprint());
    let left = one.advance().unwrap();
    assert_ne!(one.state(), other.state());
    assert_ne!(one.state().fingerprint(), other.state().fingerprint());
    assert_eq!(left, other.advance().unwrap());
    loop {
        let (left, right) = (one.advance(), other.advance());
        assert_eq!(left, right);
        assert_eq!(one.state().fingerprint(), other.state().fingerprint());
        if left.is_err() {
            break;
        }
    }
}

#[test]
fn a_catch_swallows_no_suspension() {
    // The first operation is asked for inside `try`, in a function that is called there, and in one that the library calls.
    let text = scenario(
        "fn ask(n) { note(\"asked \" + n); n }\n\
         fn f() {\n try { note(\"direct\"); } catch { note(\"caught\"); }\n\
         try { ask(1); } catch (e) { note(\"caught \" + e); }\n\
         try { [2, 3].map(|n| ask(n)); } catch { note(\"caught\"); }\n\
         let sorted = [5, 4]; sorted.sort_by(|a, b| { ask(a); a - b }); note(sorted); }",
        "call f",
    );
    let expected = ["direct", "asked 1", "asked 2", "asked 3", "asked 4", "[4, 5]"];
    let found = notes(&text);
    assert!(!found.iter().any(|note| note.contains("caught")), "{found:?}");
    assert_eq!(found.first().map(String::as_str), Some(expected[0]));
    assert_eq!(&found[1..4], &expected[1..4]);
    assert_eq!(found.last().map(String::as_str), Some(expected[5]));
}

#[test]
fn a_catch_swallows_no_limit() {
    let told = limit_of("fn f() { try { loop { } } catch { note(\"caught\"); } }");
    assert_eq!(told, "line 5, column 16: a script takes more than 100000 operations in one call");
}

#[test]
fn limits_are_the_same_in_every_build() {
    // The crate's own limits in a debug build are 8 calls, and 32 or 16 levels of an expression.
    let deep = "fn g(n) { if n == 0 { 0 } else { g(n - 1) + 1 } }\nfn f() { note(g(60)); }";
    assert_eq!(notes(&scenario(deep, "call f")), ["60"]);
    let too_deep = "fn g(n) {\n  if n == 0 { 0 } else { g(n - 1) + 1 } }\nfn f() { g(70) }";
    assert_eq!(limit_of(too_deep), "line 6, column 32: calls of functions nest more than 64 deep");
    let nested =
        |depth: usize| format!("fn f() {{ note({}1{}); }}", "(1 + ".repeat(depth), ")".repeat(depth));
    assert_eq!(notes(&scenario(&nested(25), "call f")), ["26"]);
    assert!(wrong(&scenario(&nested(40), "call f")).contains("expressions nest more than 64 deep"));
}

#[test]
fn the_stack_holds_at_every_limit() {
    // The deepest calls of functions, each with the deepest expression that is read, on a small stack.
    let run = || {
        let (open, close) = ("if true { ".repeat(9), " }".repeat(9));
        let text = format!(
            "fn g(n) {{ if n == 0 {{ return 0; }} {open} 1 + g(n - 1) {close} }}\nfn f() {{ note(g(61)); }}"
        );
        assert_eq!(notes(&scenario(&text, "call f")), ["61"]);
    };
    std::thread::Builder::new().stack_size(8 << 20).spawn(run).unwrap().join().unwrap();
}

#[test]
fn what_the_library_does_counts_and_is_bounded() {
    let told = limit_of("fn f() { let a = []; a.pad(50000000, 7); note(\"padded\"); }");
    assert_eq!(told, "line 5, column 24: a list or map of a script holds more than 10000 elements");
    let told = limit_of("fn f() { let s = \"\"; s.pad(50000000, \"x\"); }");
    assert_eq!(told, "line 5, column 24: a text of a script holds more than 1048576 bytes");
    let told = limit_of("fn f() { let s = \"x\"; loop { s += s; } }");
    assert!(told.ends_with("a text of a script holds more than 1048576 bytes"), "{told}");
    // A map that grows by assignments is looked at when something is done with it.
    let told = limit_of(
        "fn f() { let m = #{}; let a = []; a.pad(100, 1); for n in 0..101 { m[`k${n}`] = a; } m.len() }",
    );
    assert!(told.ends_with("a list or map of a script holds more than 10000 elements"), "{told}");
    // What functions of the library call back counts: each round of the inner loops would be free otherwise.
    let told = limit_of(
        "fn f() { let a = []; a.pad(100, 1);\n for n in 0..100 { a.map(|x| { let s = 0; for i in 0..100 { s += i; } s }); } }",
    );
    assert!(told.ends_with("a script takes more than 100000 operations in one call"), "{told}");
}

#[test]
fn replays_are_bounded() {
    let told = limit_of("fn f() { loop { wait(1); } }");
    assert_eq!(told, "line 5, column 17: one call takes more than 1000 steps");
    let heavy = "fn f() {\n let n = 0; while n < 3000 { n += 1; }\n loop { wait(1); } }";
    let told = limit_of(heavy);
    assert!(told.ends_with("one call takes more than 10000000 operations of the script, those of its runs from the beginning counted"), "{told}");
}

#[test]
fn the_limit_of_operations_can_be_set() {
    let text = "scenario s { limit script 50 }\nuser alice { }\nscript { fn f() { for n in 0..100 { } } }\nprocess p as alice { call f }";
    let (_, finished) = played(text);
    assert_eq!(
        finished.fault.unwrap().message.as_ref(),
        "a script takes more than 50 operations in one call"
    );
}

#[test]
fn there_is_no_clock_and_no_sleep() {
    let told = wrong(&scenario("fn f() { sleep(3600); }", ""));
    assert!(told.contains("a script knows virtual time only: `wait(\"2ms\")` lets it pass"), "{told}");
    assert!(
        wrong(&scenario("fn f() { timestamp(); }", ""))
            .contains("`now()` is the nanoseconds since the run began")
    );
}

#[test]
fn there_is_no_eval_and_no_import() {
    let told = wrong(&scenario("fn f() { eval(\"1\") }", ""));
    assert!(
        told.contains("SCN0308") && told.contains("a script runs what is written in the scenario only"),
        "{told}"
    );
    let told = wrong(&scenario("fn f() { import \"x\" as y; }", ""));
    assert!(told.contains("scripts of other files come with `use`"), "{told}");
    let told = wrong(&scenario("fn f() { Fn(\"open_file\").call(\"/a\", \"read\"); }", ""));
    assert!(told.contains("a function is handed on as it stands"), "{told}");
}

#[test]
fn there_are_no_floats_and_no_overflow() {
    assert!(wrong(&scenario("fn f() { 1.5 }", "")).contains("SCN0308"));
    assert!(error_in("let n = 9223372036854775807; n + 1;").contains("overflow"));
    assert!(error_in("let n = -9223372036854775807 - 1; -n;").contains("overflow"));
    assert!(error_in("1 / 0;").contains("zero"));
}

#[test]
fn functions_have_no_name_that_could_be_told() {
    let text = scenario(
        "fn f() { let g = |x| x + 1; note(g); note([g]); note(`${g}`); print(g); debug(g); note(#{ g: g }); }",
        "call f",
    );
    assert_eq!(
        notes(&text),
        ["a function", "[a function]", "a function", "a function", "a function", "#{\"g\": a function}"]
    );
    assert!(!error_in("let g = |x| x.trim(1, 2, 3); g.call(1);").contains("anon"));
    assert!(!error_in("throw |x| x;").contains("anon"));
}

#[test]
fn what_is_printed_is_a_note_and_escaped() {
    let text = scenario(
        "fn f() { print(\"a\\u001b[31mb\"); debug(\"q\"); print(); print([1, 'c', true, ()]); }",
        "call f",
    );
    assert_eq!(notes(&text), ["a\u{1b}[31mb", "\"q\"", "", "[1, \"c\", true, ()]"]);
    let trace = traced(&text);
    assert!(!trace.contains('\u{1b}') && trace.contains("\\u{1b}"), "{trace}");
}

/// The crate's tables go by hashes, whose seed differs from build to build if nobody sets it.
#[test]
fn nothing_goes_in_the_order_of_hashes() {
    let names = ["revert_to_self", "note", "accept_client", "wait", "open_file", "close", "read", "connect"];
    let functions: Vec<String> = names.iter().map(|name| format!("fn {name}() {{ }}")).collect();
    let told = wrong(&scenario(&functions.join("\n"), ""));
    assert!(told.contains("`revert_to_self` is an operation of scripts"), "{told}");
    assert!(rhai::config::hashing::get_hashing_seed().is_some(), "the seed of hashes is set with the engine");
}

#[test]
fn maps_go_in_order_of_their_keys() {
    let text = scenario(
        "fn f() { let m = #{ z: 1, a: 2, m: 3 }; for k in m.keys() { note(k); } note(m); }",
        "call f",
    );
    assert_eq!(notes(&text), ["a", "m", "z", "#{\"a\": 2, \"m\": 3, \"z\": 1}"]);
}

#[test]
fn a_failed_step_is_data_and_a_failed_script_an_error() {
    let text = scenario(
        "fn f() { let h = open_file(\"/a\", \"write\"); note(`${h.ok} ${h.granted} ${h.error} [${h.level}] ${h.mask}`);\n\
         let r = read(h); note(r.error); read(()).error }",
        "call f",
    );
    assert_eq!(notes(&text), ["false false ACCESS_DENIED [] 0", "INVALID_HANDLE"]);
    assert_eq!(error_in("throw \"no more\";"), "line 6, column 1: no more");
    assert!(
        error_in("open_file(\"/a\", \"raed\");").contains("there is no right `raed`: did you mean `read`?")
    );
    assert!(error_in("open_file(\"a\", \"read\");").contains("`a` is not a path"));
    let told = error_in("let h = open_file(\"/a\", \"read\"); h.hndle;");
    assert!(
        told.contains("what came of an operation has no field `hndle`, did you mean `handle`?"),
        "{told}"
    );
    assert!(told.starts_with("line 6, column 36: ") && told.ends_with("level, handle, value)"), "{told}");
    assert!(error_in("connect(\"p\", \"impersonation\");").contains("there is no service `p`"));
    assert!(error_in("check_privilege(\"SeBackupPrivilge\");").contains("did you mean `SeBackupPrivilege`?"));
    assert!(error_in("wait(\"soon\");").contains("expected a duration"));
    assert!(error_in("read(7);").contains("expected a handle, found a number"));
    assert!(error_in("let x = \"a\" * 2;").contains("line 6, column 13"));
    // A script may catch what is wrong with what it asks for.
    let caught = scenario("fn f() { try { wait(-1); } catch (e) { note(\"caught \" + e); } }", "call f");
    assert_eq!(notes(&caught), ["caught `wait`: a duration is not negative"]);
}

#[test]
fn arguments_and_results_pass() {
    let text = scenario(
        "fn f(a, b, c, d, e) { note(`${a} ${b} ${c} ${d} ${e}`); }\nfn no() { false }\nfn open() { open_file(\"/a\", \"read\") }\nfn use_it(h) { read(h) }",
        "call f \"x\", 7, 2ms, true, [1, \"y\"]\n\
         if call no { note \"yes\" } else { note \"no\" }\n\
         h = call open => granted read\ncall use_it h => ok\nif h { note \"held\" }\nclose h",
    );
    assert_eq!(notes(&text), ["x 7 2000000 true [1, \"y\"]", "no", "held"]);
}

#[test]
fn mistakes_are_told_at_their_place() {
    let told = wrong(&scenario("fn f() {\n  let x = ;\n}", ""));
    assert!(told.contains("s.scn:6:11"), "{told}");
    let told = wrong(&scenario("fn f() {\n  impersonat(1);\n}", ""));
    assert!(told.contains("s.scn:6:3") && told.contains("did you mean `impersonate`?"), "{told}");
    let told = wrong(&scenario("fn f() { y }", ""));
    assert!(told.contains("there is no `y` here"), "{told}");
    let told = wrong(&scenario("let x = 1;", ""));
    assert!(told.contains("a script holds functions only") && told.contains("s.scn:5:1"), "{told}");
    let told = wrong(&scenario("fn note(x) { x }", ""));
    assert!(told.contains("`note` is an operation of scripts"), "{told}");
    let told = wrong(&scenario("fn f() { }\n", "call g"));
    assert!(told.contains("there is no procedure or script function `g`"), "{told}");
    let told = wrong(&scenario("fn f(a) { }", "call f"));
    assert!(told.contains("takes 1 argument, not 0"), "{told}");
    // Both blocks tell what is wrong with them, and the call of a function that may be in one of them does not.
    let told = wrong(
        "scenario s\nuser a { }\nscript { fn f(x { } }\nscript { fn g() { 1 + } }\nprocess p as a { call f }",
    );
    assert_eq!(told.matches("error[SCN0308]").count(), 2, "{told}");
    assert!(!told.contains("no procedure"), "{told}");
}

#[test]
fn a_function_is_declared_once() {
    let told =
        wrong("scenario s\nuser a { }\nscript { fn f(x) { x } }\nscript {\n fn f(y) { y }\n fn f() { 1 } }");
    assert!(told.contains("the script function `f` is declared twice"), "{told}");
    assert!(told.contains("s.scn:5:5") && told.contains("3 |"), "{told}");
}

#[test]
fn braces_in_texts_and_comments_do_not_count() {
    let text = scenario(
        "fn f() { /* } /* } */ } */ note(\"}\\\"}\"); note(`}`); // }\n note('}'); note(#\"}\"#); }",
        "call f",
    );
    assert_eq!(notes(&text), ["}\"}", "}", "\"}\"", "}"]);
}

#[test]
fn predicates_see_each_decision_and_count_a_step_once() {
    let text = |claims: &str| {
        format!(
            "scenario s\nuser alice {{ }}\nuser bob {{ }}\nfile \"/srv/secret\" {{ dacl {{ allow bob read }} }}\n\
             process p as bob {{ open file \"/srv/secret\" for read; note \"x\" }}\nprocess q as alice {{ open file \"/srv/secret\" for read }}\n{claims}"
        )
    };
    let (_, finished) = played(&text(
        "expect 1 script { |e| e.granted && e.object == \"/srv/secret\" && e.subject == \"bob\" }\n\
         expect 2 script { |e| e.verb == \"open\" }\nexpect 1 script {\n  |event|\n  event.verb == \"note\" && !event.decided }\n\
         expect 1 script { |e| e.denied_by == \"no_ace\" && e.process == \"q\" && e.error == \"ACCESS_DENIED\" }\n\
         expect 1 script { |e| e.mask == 0x120089 && e.requested == 0x120089 && e.class == \"file\" }\n\
         never script { |e| e.model != \"kobicha\" || e.time > 10000 }",
    ));
    assert!(finished.holds(), "{:?}", finished.unmet_claims);
    assert!(finished.unexercised.is_empty());
    let (_, finished) = played(&text(
        "never script { |e| e.granted && e.object == \"/srv/secret\" && e.subject == \"bob\" }",
    ));
    assert_eq!(finished.totals.broken, 1);
    // Other words of a pattern hold for it as well.
    let (_, finished) = played(&text(
        "expect 1 script { |e| e.verb == \"open\" } by q\nexpect 1 script { |e| e.verb == \"open\" } as bob",
    ));
    assert!(finished.holds(), "{:?}", finished.unmet_claims);
}

#[test]
fn an_error_in_a_predicate_ends_the_run_at_its_place() {
    let text = |predicate: &str| {
        format!(
            "scenario s\nuser alice {{ }}\nprocess p as alice {{ note \"x\"; note \"y\" }}\nnever script {{\n  {predicate} }}"
        )
    };
    let (records, finished) = played(&text("|e| [e].some(|x| x.verbs == 1)"));
    assert_eq!((records.len(), finished.ending), (1, Ending::Script));
    let fault = finished.fault.unwrap();
    assert_eq!(fault.place.as_ref(), "line 5, column 22");
    assert!(fault.message.contains("an event has no field `verbs`, did you mean `verb`?"), "{fault}");
    let (_, finished) = played(&text("|e| e.verb"));
    assert!(finished.fault.unwrap().message.contains("`true` or `false`"));
    let (_, finished) = played(&text("|e| { loop { } true }"));
    assert!(finished.fault.unwrap().message.contains("more than 100000 operations"));
    let told = wrong(&text("|e| note(e.verb).ok"));
    assert!(told.contains("a predicate only looks") && told.contains("s.scn:5:7"), "{told}");
    assert!(wrong(&text("e.verb")).contains("expected `|e|`"));
    let told = wrong(&text("|e| e.verb == "));
    assert!(told.contains("s.scn:5:18"), "{told}");
}

/// What a predicate asks its event for is known before anything runs; what else has fields is not.
#[test]
fn a_field_that_no_event_has_is_told_at_its_place() {
    let text = |predicate: &str| {
        format!(
            "scenario s\nuser alice {{ }}\nprocess p as alice {{ note \"x\" }}\nnever script {{ {predicate} }}"
        )
    };
    let told = wrong(&text("|e| e.ok && e.grantd"));
    assert!(told.contains("s.scn:4:30") && told.contains("did you mean `granted`?"), "{told}");
    assert!(wrong(&text("|e| e.nothing.len() == 1")).contains("an event has no field `nothing`"));
    let (_, finished) =
        played(&text("|e| { let m = #{ own: e.verb.len() }; m.own == 0 || [m].some(|e| e.own == 9) }"));
    assert!(finished.holds(), "{:?}", finished.fault);
}

#[test]
fn random_numbers_come_from_the_scenarios_seed() {
    let roll = |seed: u64, more: &str| {
        notes(&format!(
            "scenario s {{ seed {seed}\n timing {{ wait 1us..9us }} }}\nuser alice {{ }}\n\
             script {{ fn f() {{ for n in 0..20 {{ {more} note(random(-3, 3)); }} }} }}\nprocess p as alice {{ call f }}"
        ))
    };
    assert_eq!(roll(1, ""), roll(1, ""));
    assert_ne!(roll(1, ""), roll(2, ""));
    // Steps of random cost draw from a stream of their own.
    let costly = "check_privilege(\"SeBackupPrivilege\");";
    assert_eq!(roll(1, ""), roll(1, costly));
    let rolled = roll(1, "");
    assert!(rolled.iter().all(|n| (-3..=3).contains(&n.parse::<i64>().unwrap())), "{rolled:?}");
    assert!(error_in("random(2, 1);").contains("there is no number from 2 to 1"));
}

#[test]
fn a_script_that_waits_for_a_client_or_a_message_is_left_as_a_thread_would_be() {
    let (_, finished) = played(
        "scenario s\nuser a { }\nscript { fn serve() { let c = accept_client(); receive(c); } fn ask() { let c = connect(\"d\"); wait(\"1ms\"); receive(c); } }\n\
         service d { account LocalService; call serve }\nprocess p as a { call ask }",
    );
    assert_eq!(finished.left.len(), 2);
    assert!(!finished.holds(), "both wait for a message of the other");
    let (_, finished) = played(
        "scenario s\nscript { fn serve() { accept_client(); } }\nservice d { account LocalService; call serve }",
    );
    assert!(finished.holds());
    assert_eq!(finished.left.len(), 1);
}

#[test]
fn messages_and_values_come_back() {
    let text = "scenario s\nuser a { }\nkey 'Machine\\K' { value \"Port\" = 8080; value \"Name\" = \"x\"; dacl { allow Everyone full } }\n\
        script {\n fn serve() { let c = accept_client(); note(receive(c).value); send(c, \"pong\"); close(c); }\n\
        fn ask() { let c = connect(\"d\", \"identification\"); send(c, \"ping\"); note(receive(c).value); close(c);\n\
        let k = open_key(\"Machine\\\\K\", \"read, write\"); note(query(k, \"Port\").value + 1); note(query(k, \"Name\").value);\n\
        set_value(k, \"List\", [\"p\", \"q\"]); note(query(k, \"List\").value); delete_value(k, \"List\"); note(query(k, \"List\").error);\n\
        note(check_privilege(\"SeBackupPrivilege\").value); } }\n\
        service d { account LocalService; call serve }\nprocess p as a { call ask }";
    assert_eq!(
        notes(text),
        ["ping", "ping", "pong", "pong", "8081", "x", "[\"p\", \"q\"]", "NOT_FOUND", "false"]
    );
}

#[test]
fn an_exit_in_a_script_ends_the_process() {
    let text = scenario("fn f() { note(\"one\"); exit(); note(\"two\"); }", "call f\nnote \"three\"");
    assert_eq!(notes(&text), ["one"]);
}

#[test]
fn every_step_has_an_operation_or_a_reason() {
    for verb in dsl::VERBS.iter().filter(|verb| verb.is_built()) {
        let here = dsl::OPERATIONS.iter().any(|row| row.verb == verb.name);
        let without = dsl::STEPS_WITHOUT.iter().any(|(name, _)| *name == verb.name);
        assert!(here != without, "`{}` needs a row in OPERATIONS or a reason in STEPS_WITHOUT", verb.name);
    }
    for row in dsl::OPERATIONS {
        assert!(dsl::Verb::named(row.verb).is_some(), "{}", row.name);
    }
}

/// Every operation of the table can be called by its name, with the fewest and the most arguments.
#[test]
fn every_operation_is_a_word_of_scripts() {
    for row in dsl::OPERATIONS {
        for count in [row.least, row.most] {
            let arguments = vec!["()"; count].join(", ");
            let text = scenario(&format!("fn f() {{ {}({arguments}); }}", row.name), "call f");
            let mut sources = Sources::default();
            let file = sources.add("s.scn".to_owned(), text);
            let (read, diagnostics) = dsl::read_scenario(&mut sources, file);
            let shown = dsl::render::render(&diagnostics, &sources, false);
            assert!(read.is_some(), "{}: {shown}", row.name);
        }
    }
}

#[test]
fn a_procedure_and_a_function_have_no_name_in_common() {
    let text = "scenario s\nprocedure serve { revert }\nscript {\nfn serve(x) { x }\n}\nprocess p as SYSTEM { call serve }\n";
    let shown = wrong(text);
    for part in
        ["SCN0203", "`serve` is a procedure and a script function", "s.scn:4:4", "the procedure of this name"]
    {
        assert!(shown.contains(part), "`{part}` is missing: {shown}");
    }
}

#[test]
fn what_starts_threads_is_refused_by_name() {
    for call in ["spawn(\"p\")", "spawn_thread(\"t\")", "thread(\"t\")"] {
        let shown = wrong(&scenario(&format!("fn f() {{ {call}; }}"), "call f"));
        assert!(shown.contains("spawn thread NAME"), "{shown}");
    }
}

/// What steps say in blocks, scripts say as SDDL and as maps.
#[test]
fn descriptors_and_restrictions_pass() {
    let head = "scenario s\ngroup staff { rid 1100 }\nuser alice { rid 1001; groups staff; privileges SeBackupPrivilege }\n\
        directory \"/d\" { owner alice; dacl { allow alice full (inherit) } }\nfile \"/d/a\" { owner alice }\n";
    let body = "let h = open_file(\"/d/a\", \"WRITE_DAC, READ_CONTROL, FILE_READ_DATA\");
        note(set_security(h, \"D:P(A;;FR;;;S-1-5-21-1000-2000-3000-1100)\").ok);
        note(query_security(h).ok); close(h);
        note(open_file(\"/d/a\", \"write\").error);
        note(set_security_of_file(\"/d/a\", \"O:BAD:(A;;FA;;;SY)\").error);
        note(set_security_of_file(\"/d/a\", \"D:(A;;FA;;;S-1-5-21-1000-2000-3000-1001)\").ok);
        note(query_security_of_file(\"/d/a\", \"sacl\").error);
        note(create_link(\"/d/way\", \"/d/a\").ok);
        note(rename_file(\"/d/way\", \"/d/a\", \"replace\").ok);
        note(set_default_dacl(\"D:(A;;FA;;;S-1-5-21-1000-2000-3000-1001)\").ok);
        note(set_default_dacl(()).ok);
        try { set_security_of_file(\"/d/a\", \"D:(A;;FA;;;XX)\"); } catch (why) { note(why); }
        note(set_security_of_directory(\"/d\", \"S:(ML;;NW;;;HI)\").error);";
    let text = format!("{head}script {{\nfn f() {{\n{body}\n}}\n}}\nprocess p as alice {{ call f }}\n");
    let told = notes(&text);
    assert_eq!(&told[..2], ["true", "true"], "{told:?}");
    assert_eq!(told[2], "ACCESS_DENIED", "{told:?}");
    // Who owns a file may write its list, not give it away.
    assert_eq!(told[3], "ACCESS_DENIED", "{told:?}");
    assert_eq!(told[4], "true", "{told:?}");
    assert_eq!(told[5], "ACCESS_DENIED", "{told:?}");
    assert_eq!(&told[6..10], ["true", "true", "true", "true"], "{told:?}");
    assert!(told[10].contains("this SDDL cannot be read"), "{told:?}");
    // A label goes by its meaning, as in a step, and takes what writing a SACL takes.
    assert_eq!(told[11], "ACCESS_DENIED", "{told:?}");

    let body = "let t = logon(\"alice\"); disable_privilege(\"SeBackupPrivilege\", t);
        let r = restrict(t, #{ deny_only: [\"staff\"], remove: [\"SeBackupPrivilege\"], sids: [\"Users\"] });
        note(r.ok); note(set_default_owner(\"alice\", r).ok); note(spawn_with(\"child\", r).ok);
        try { restrict(t, #{ deny: [] }); } catch (why) { note(why); }";
    let steps = "check SeBackupPrivilege => error PRIVILEGE_NOT_HELD\nopen file \"/d/a\" for read => denied by restricted";
    let text = format!(
        "{head}script {{\nfn f() {{\n{body}\n}}\n}}\nprocess p as SYSTEM {{ call f }}\nprocess child {{ {steps} }}\n"
    );
    let (records, finished) = played(&text);
    assert_eq!(finished.totals.unmet, 0, "{}", traced(&text));
    assert!(records.len() > 8);
    let told = notes(&text);
    assert_eq!(&told[..3], ["true", "true", "true"], "{told:?}");
    assert!(told[3].contains("did you mean `deny_only`?"), "{told:?}");
}

#[test]
fn an_open_says_all_that_the_step_says() {
    let head = "scenario s\nuser alice { rid 1001; privileges SeTcbPrivilege }\n\
        directory \"/d\" { owner alice; dacl { allow alice full (inherit) } }\n\
        file \"/d/a\" { }\nkey 'Machine\\K' { owner alice; dacl { allow alice full } }\n";
    let body = "let d = open_directory(\"/d\", \"full\");
        let n = create_file(\"n\", \"write\", #{ base: d, descriptor: \"D:(A;;FW;;;WD)\" });
        note(n.ok); close(n);
        note(open_file(\"/d/n\", \"read\").error);
        show_file(\"/d/n\");
        note(open_file(\"a\", \"read\", #{ base: d, options: \"no_follow\" }).ok);
        note(create_file(\"/d/o\", \"read\", #{ descriptor: \"D:NO_ACCESS_CONTROL\" }).ok);
        note(query_attributes_of_file(\"/d/o\").ok); note(enter_directory(\"/d\").ok);
        let k = open_key(\"Machine\\\\K\", \"full\");
        let v = create_key(\"V\", \"full\", #{ base: k, options: \"volatile\" }); note(v.ok);
        note(set_value(k, \"P\", \"%x%\", \"expand_sz\").ok); query(k, \"P\");
        note(set_value(k, \"N\", 7, \"dword_be\").ok); query(k, \"N\");
        note(set_value(k, \"Q\", 4294967296).ok); query(k, \"Q\");
        let t = logon(\"alice\"); note(duplicate(t, \"primary\", \"TOKEN_QUERY\").mask);
        note(spawn_process(\"child\", [d]).ok);
        try { open_file(\"/d/a\", \"read\", #{ below: d }); } catch (why) { note(why); }
        try { open_file(\"/d/a\", \"read\", #{ base: d }); } catch (why) { note(why); }
        try { open_key(\"Machine\", \"read\", \"volatile\"); } catch (why) { note(why); }
        try { set_value(k, \"P\", \"xyz\", \"binary\"); } catch (why) { note(why); }
        note(create_link(\"Machine\\\\K\\\\L\", \"Machine/K\", \"volatile\").ok);
        let l = open_key(\"Machine\\\\K\\\\L\", \"full\", \"open_link\"); note(query(l, \"\").value);";
    let text = format!(
        "{head}script {{\nfn f() {{\n{body}\n}}\n}}\nprocess p as alice {{ call f }}\n\
        process child {{ h = take; list h => ok }}\n"
    );
    let told = notes(&text);
    let trace = traced(&text);
    assert_eq!(&told[..5], ["true", "ACCESS_DENIED", "true", "true", "true"], "{trace}");
    assert_eq!(&told[5..10], ["true", "true", "true", "true", "true"], "{trace}");
    assert_eq!(&told[10..12], ["8", "true"], "{trace}");
    for shown in [
        "\"n\" in handle for write with {…} -> granted",
        "value EXPAND_SZ",
        "value DWORD_BE 7",
        "value QWORD 4294967296",
        "(inherit 1)",
    ] {
        assert!(trace.contains(shown), "{shown}\n{trace}");
    }
    assert_eq!(&told[told.len() - 2..], ["true", "Machine\\K"], "{trace}");
    let why: Vec<&String> = told.iter().filter(|note| note.contains('`')).collect();
    assert!(why[0].contains("there is no option `below`"), "{why:?}");
    assert!(why[1].contains("is not a path that begins at a handle"), "{why:?}");
    assert!(why[2].contains("`volatile` is said of a new key"), "{why:?}");
    assert!(why[3].contains("`set_value`"), "{why:?}");
}
