//! Damaged scenarios: whatever happens to a file, the reader answers with a place in it, and never with a panic or a crash.
//!
//! The damage is the same on every machine. Most of it is read in this process, which is fast; a part goes through the
//! program, because a stack that overflows cannot be caught here.

mod common;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};

use common::{Random, run_with, scenarios};
use dsl::diag::{Diagnostic, Severity};
use dsl::source::Sources;
use sim_core::engine::scenario::Scenario;
use sim_core::engine::{self, RunConfig};

/// How many damaged scenarios are read and run, spread over all of them.
const DAMAGED: u64 = 6_400;
/// How many variants of a scenario are tried where only a few scenarios are.
const VARIANTS: u64 = 400;
/// One in so many goes through the program too.
const THROUGH_THE_PROGRAM: u64 = 10;

/// Characters that readers like to stumble over.
const ODD: [&str; 24] = [
    "\u{0}",
    "\u{1b}[31m",
    "\u{85}",
    "\u{a0}",
    "\u{ad}",
    "\u{301}",
    "\u{202e}",
    "\u{2028}",
    "\u{2066}",
    "\u{feff}",
    "\u{1f469}\u{200d}\u{1f680}",
    "\u{10ffff}",
    "İ",
    "ß",
    "漢",
    "é",
    "\r",
    "\r\n",
    "\t",
    "\u{b}",
    "\\",
    "\\u{",
    "\\u{d800}",
    "{",
];

/// Numbers at and behind the edges.
const NUMBERS: [&str; 16] = [
    "0",
    "-1",
    "00",
    "1e9",
    "0x",
    "0xffffffff",
    "0x1ffffffff",
    "4294967295",
    "4294967296",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999999999999",
    "9999999999h",
    "18446744073709551615ns",
    "-0x1",
    "1.5",
];

/// Pieces of the language that change what stands around them.
const PIECES: [&str; 30] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "'",
    ";",
    "\n",
    ",",
    "=>",
    "=",
    "==",
    "..",
    "//",
    "///",
    "/*",
    "when ",
    "script {",
    "as ",
    "if ",
    "else ",
    "loop {",
    "repeat 3 {",
    "at 5ms ",
    "never ",
    "expect ",
    "on ",
    "for ",
];

/// The edges between characters, where a text may be cut.
fn cuts(text: &str) -> Vec<usize> {
    text.char_indices().map(|(at, _)| at).chain([text.len()]).collect()
}

/// The tokens of a text, roughly: words and single signs, with the blanks behind them.
fn tokens(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut last = None;
    for (at, c) in text.char_indices() {
        let kind = if c.is_alphanumeric() || c == '_' {
            0
        } else if c == ' ' {
            1
        } else {
            2
        };
        if last.is_some_and(|last| kind != 1 && (kind == 2 || kind != last)) {
            found.push(&text[start..at]);
            start = at;
        }
        last = Some(kind);
    }
    found.push(&text[start..]);
    found
}

/// One to four damages, one after the other.
fn damage(text: &str, random: &mut Random) -> String {
    let mut text = text.to_owned();
    for _ in 0..=random.below(4) {
        text = damage_once(&text, random);
    }
    text
}

fn damage_once(text: &str, random: &mut Random) -> String {
    let cuts = cuts(text);
    let at = *random.pick(&cuts);
    match random.below(14) {
        0 => text[..at].to_owned(),
        1 => text[at..].to_owned(),
        2 => format!("{}{}{}", &text[..at], random.pick(&ODD), &text[at..]),
        3 => format!("{}{}{}", &text[..at], random.pick(&PIECES), &text[at..]),
        4 => {
            let first = random.below(cuts.len());
            let behind = (first + 1 + random.below(12)).min(cuts.len() - 1);
            format!("{}{}", &text[..cuts[first.min(behind)]], &text[cuts[behind]..])
        }
        5 => {
            let first = random.below(cuts.len());
            let behind = (first + 1 + random.below(40)).min(cuts.len() - 1);
            format!("{}{}", &text[..cuts[behind]], &text[cuts[first.min(behind)]..])
        }
        6 => {
            // A number becomes another one.
            let mut tokens: Vec<String> = tokens(text).into_iter().map(ToOwned::to_owned).collect();
            let numbers: Vec<usize> =
                (0..tokens.len()).filter(|n| tokens[*n].starts_with(|c: char| c.is_ascii_digit())).collect();
            if !numbers.is_empty() {
                tokens[*random.pick(&numbers)] = format!("{} ", random.pick(&NUMBERS));
            }
            tokens.concat()
        }
        7 => {
            // Only braces: one is lost, or one is too many.
            let braces: Vec<usize> =
                text.match_indices(['{', '}', '(', ')', '[', ']']).map(|(at, _)| at).collect();
            if braces.is_empty() {
                return format!("{text}}}");
            }
            let at = *random.pick(&braces);
            format!("{}{}", &text[..at], &text[at + 1..])
        }
        8 => {
            let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
            let (one, other) = (random.below(lines.len()), random.below(lines.len()));
            if !lines.is_empty() {
                lines.swap(one, other);
            }
            lines.concat()
        }
        9 => {
            let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
            if !lines.is_empty() {
                let line = *random.pick(&lines);
                lines.insert(random.below(lines.len()), line);
            }
            lines.concat()
        }
        kind => {
            let mut tokens = tokens(text);
            let (one, other) = (random.below(tokens.len()), random.below(tokens.len()));
            match kind {
                10 => drop(tokens.remove(one)),
                11 => tokens.insert(other, tokens[one]),
                12 => tokens.swap(one, other),
                _ => tokens[one] = tokens[other],
            }
            tokens.concat()
        }
    }
}

/// Reads a text in this process; it must not panic, and what it says must lie in the text.
fn read(text: &str) -> (Option<Scenario>, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let file = sources.add("damaged.scn".to_owned(), text.to_owned());
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        let (scenario, diagnostics) = dsl::read_scenario(&mut sources, file);
        let shown = dsl::render::render(&diagnostics, &sources, false);
        (scenario, diagnostics, shown)
    }));
    assert!(outcome.is_ok(), "the reader panics on {text:?}");
    let (scenario, diagnostics, shown) = outcome.expect("it was looked at");
    for diagnostic in &diagnostics {
        let spans = diagnostic.related.iter().map(|(span, _)| *span).chain([diagnostic.span]);
        for span in spans {
            let (start, end) = (span.start as usize, span.end as usize);
            assert!(span.file == file && start <= end && end <= text.len(), "{diagnostic:?} leaves {text:?}");
            assert!(
                text.is_char_boundary(start) && text.is_char_boundary(end),
                "{diagnostic:?} splits {text:?}"
            );
            let (line, column) = sources.line_col(span);
            assert!(line >= 1 && line as usize <= text.split('\n').count() && column >= 1, "{diagnostic:?}");
        }
        assert!(!diagnostic.message.is_empty());
    }
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    assert_eq!(scenario.is_none(), errors > 0, "there is a scenario exactly if there is no error: {text:?}");
    assert_eq!(shown.is_empty(), diagnostics.is_empty());
    (scenario, diagnostics)
}

/// Has the program check a text; it must end by itself and show a place for every error.
fn check(text: &str) -> i32 {
    let ran = run_with(&["check", "-"], text.as_bytes());
    assert!(matches!(ran.code, 0 | 3), "exit code {} on {text:?}: {}", ran.code, ran.err);
    assert_eq!(ran.code == 3, ran.err.contains("error["), "{}", ran.err);
    assert!(ran.out.is_empty());
    let errors = ran.err.lines().filter(|line| line.starts_with("error[")).count();
    let places = ran.err.lines().filter(|line| {
        let place = line.trim_start().strip_prefix("--> <standard input>:").unwrap_or_default();
        matches!(place.split_once(':'), Some((line, column)) if is_position(line) && is_position(column))
    });
    assert!(places.count() >= errors, "every error shows its place: {}", ran.err);
    ran.code
}

fn is_position(text: &str) -> bool {
    text.parse::<u32>().is_ok_and(|number| number >= 1)
}

#[test]
fn damaged_scenarios_are_refused_with_a_place_or_run() {
    let (mut refused, mut taken) = (0, 0);
    let scenarios = scenarios();
    for (n, path) in scenarios.iter().enumerate() {
        let text = fs::read_to_string(path).expect("the scenario can be read");
        for variant in 0..DAMAGED.div_ceil(scenarios.len() as u64) {
            let mut random = Random::new((n as u64) << 32 | variant);
            let damaged = damage(&text, &mut random);
            let (scenario, _) = read(&damaged);
            let Some(scenario) = scenario else {
                refused += 1;
                continue;
            };
            taken += 1;
            // It means something else now, and that too must come to an end.
            for model in &scenario.models {
                let mut config = RunConfig::of(&scenario, model);
                config.limits.events = config.limits.events.min(2_000);
                let run = catch_unwind(AssertUnwindSafe(|| {
                    engine::run(&scenario, &config, &mut |_, _| {}).is_ok()
                }));
                assert!(run.is_ok(), "the run panics on {damaged:?}");
            }
        }
    }
    assert!(
        refused > taken && taken > 0,
        "the damage is neither hopeless nor harmless: {refused} refused, {taken} taken"
    );
}

#[test]
fn damaged_scenarios_pass_through_the_program() {
    for (n, path) in scenarios().iter().take(5).enumerate() {
        let text = fs::read_to_string(path).expect("the scenario can be read");
        for variant in (0..VARIANTS).step_by(usize::try_from(THROUGH_THE_PROGRAM).expect("it is small")) {
            let damaged = damage(&text, &mut Random::new((n as u64) << 32 | variant));
            let (scenario, _) = read(&damaged);
            assert_eq!(
                check(&damaged),
                if scenario.is_some() { 0 } else { 3 },
                "both say the same of {damaged:?}"
            );
        }
    }
}

#[test]
fn every_beginning_of_a_small_scenario_is_read() {
    let text = "scenario s { model kacs; seed 0x2a; domain C = S-1-5-21-1-2-3 }\n/// Title.\nuser ü \"é\"\nuser a { rid C 1001 }\n\
                file \"/a\\u{e9}b\" { owner a; dacl protected { deny a read (inherit); allow a KEY_READ when (@User.x == \"y\") } }\n\
                key 'A\\B' { value \"P\" = 1, 2 (qword) }\nprocess p as a { at 5ms c = connect s level identification\n \
                => ok in kacs\n if not impersonating { stop } else { repeat 3 { note \"{x}\" } } }\nscript { fn a() { \"}\" } }\n\
                never granted read on file \"/a/**\" unless subject is a\nexpect 2..4 open by p.main in kacs\n";
    for cut in cuts(text) {
        read(&text[..cut]);
        read(&text[cut..]);
    }
}

/// Texts that ask for more than there is; they go through the program alone, as an overflow would end this process.
fn bombs() -> Vec<(&'static str, String)> {
    const MANY: usize = 100_000;
    let head = "scenario s {}\n";
    let entry = "scenario s {}\nfile \"/f\" { dacl { allow SYSTEM read when";
    let steps = "scenario s {}\nprocess p as SYSTEM {";
    vec![
        ("braces", "{".repeat(MANY)),
        ("closed braces", format!("{head}x {}{}", "{".repeat(MANY), "}".repeat(MANY))),
        ("parentheses", format!("{head}x {}", "(".repeat(MANY))),
        ("brackets", format!("{head}x {}", "[".repeat(MANY))),
        ("named blocks", format!("{head}{}", "x { ".repeat(MANY))),
        ("closers", "}".repeat(MANY)),
        ("closing parentheses", ")".repeat(MANY)),
        ("quotes", "\"".repeat(MANY)),
        ("apostrophes", "'".repeat(MANY)),
        ("parentheses of a condition", format!("{entry} {}", "(".repeat(MANY))),
        ("parentheses behind an apostrophe", format!("{entry} ' {}", "(".repeat(MANY))),
        ("parentheses behind a brace", format!("{entry} {{\"}} {}", "(".repeat(MANY))),
        ("a script's braces", format!("{head}script {}", "{".repeat(MANY))),
        ("a script's braces behind an apostrophe", format!("{head}script {{ ' {}", "{".repeat(MANY))),
        ("a script's braces behind a comment", format!("{head}script {{ /* \" */ {}", "{".repeat(MANY))),
        ("a script's braces behind a backtick", format!("{head}script {{ `\"` {}", "{".repeat(MANY))),
        ("negations", format!("{head}never open if {} impersonating", "not ".repeat(MANY))),
        ("conjunctions", format!("{head}never open if impersonating{}", " and impersonating".repeat(20_000))),
        (
            "alternatives",
            format!("{steps} if revert {{ revert }} {} }}", "else if revert { revert } ".repeat(20_000)),
        ),
        ("nested ifs", format!("{steps} {} revert {} }}", "if revert { ".repeat(MANY), "}".repeat(MANY))),
        ("parentheses of an if", format!("{steps} if {} impersonating {{ revert }} }}", "(".repeat(MANY))),
        ("closed parentheses of an if", {
            let (open, close) = ("(".repeat(MANY), ")".repeat(MANY));
            format!("{steps} if {open} impersonating {close} {{ revert }} }}")
        }),
        ("lists of lists", format!("{head}let x = {} 1 {}", "[".repeat(MANY), "]".repeat(MANY))),
        (
            "rounds in rounds",
            format!("{head}{} user u {{}} {}", "for n in 1..1 { ".repeat(MANY), "}".repeat(MANY)),
        ),
        ("calls of calls", {
            let calls: String =
                (0..1_000).map(|n| format!("procedure p{n} {{ call p{} }}\n", n + 1)).collect();
            format!("{head}{calls}procedure p1000 {{ revert }}\nprocess p as SYSTEM {{ call p0 }}")
        }),
        ("values of values", {
            let values: String = (0..3_000).map(|n| format!("let v{n} = v{}\n", n + 1)).collect();
            format!("{head}{values}let v3000 = 1\nuser u {{ rid v0 }}")
        }),
        (
            "conditions of entries",
            format!("{entry} {}@User.a == 1{} }} }}", "(".repeat(MANY), ")".repeat(MANY)),
        ),
        ("negated conditions of entries", format!("{entry} {}(@User.a == 1) }} }}", "!".repeat(MANY))),
        (
            "a script's parentheses",
            format!("{head}script {{ fn f() {{ {}1{} }} }}", "(".repeat(MANY), ")".repeat(MANY)),
        ),
        (
            "a script's lists",
            format!("{head}script {{ fn f() {{ {}{} }} }}", "[".repeat(MANY), "]".repeat(MANY)),
        ),
        (
            "a script's maps",
            format!("{head}script {{ fn f() {{ {}1{} }} }}", "#{a: ".repeat(MANY), "}".repeat(MANY)),
        ),
        ("a script's negations", format!("{head}script {{ fn f() {{ {}true }} }}", "!".repeat(MANY))),
        ("a script's sums", format!("{head}script {{ fn f() {{ 1{} }} }}", " + 1".repeat(MANY))),
        (
            "a script's calls",
            format!("{head}script {{ fn f(x) {{ {}1{} }} }}", "f(".repeat(MANY), ")".repeat(MANY)),
        ),
        (
            "a script's ifs",
            format!("{head}script {{ fn f() {{ {} {} }} }}", "if true { ".repeat(MANY), "}".repeat(MANY)),
        ),
        (
            "a script's else ifs",
            format!("{head}script {{ fn f() {{ if true {{ }} {} }} }}", "else if true { } ".repeat(5_000)),
        ),
        ("a script's texts in texts", format!("{head}script {{ fn f() {{ {} }} }}", "`${".repeat(MANY))),
        ("a script's members", format!("{head}script {{ fn f(x) {{ x{} }} }}", ".a".repeat(MANY))),
        (
            "a script's indices",
            format!("{head}script {{ fn f(x) {{ {}1{} }} }}", "x[".repeat(MANY), "]".repeat(MANY)),
        ),
        (
            "a predicate's parentheses",
            format!("{head}never script {{ |e| {}true{} }}", "(".repeat(MANY), ")".repeat(MANY)),
        ),
        ("overlays in overlays", format!("{head}{}", "whatif \"x\" { ".repeat(MANY))),
        ("repetitions", format!("{steps} {} revert {} }}", "repeat 999999999 { ".repeat(60), "}".repeat(60))),
        ("expectations", format!("{steps} revert {} }}", "=> ok ".repeat(20_000))),
        ("assignments", format!("{head}{}", "a = ".repeat(20_000))),
        ("a dotted name", format!("{head}{}", "a.".repeat(MANY))),
        ("a deep path", format!("{head}file \"{}\" {{}}", "/a".repeat(MANY))),
        ("a deep key", format!("{head}key '{}' {{}}", "a\\".repeat(MANY))),
        ("a SID without end", format!("{head}user u {{ sid S-1-5{} }}", "-1".repeat(MANY))),
    ]
}

#[test]
fn what_nests_too_deep_is_refused() {
    let survives = |text: &str| catch_unwind(|| check(text)).is_ok();
    let fatal: Vec<&str> =
        bombs().iter().filter(|(_, text)| !survives(text)).map(|(what, _)| *what).collect();
    assert!(fatal.is_empty(), "the program does not survive: {fatal:?}");
    for (what, text) in bombs().into_iter().take(9) {
        assert_eq!(check(&text), 3, "{what}");
    }
}

#[test]
fn what_is_too_deep_is_said_once_and_alone() {
    let (_, diagnostics) = read(&format!("scenario s {{}}\nx {}", "{".repeat(100)));
    let codes: Vec<String> = diagnostics.iter().map(|diagnostic| diagnostic.code.to_string()).collect();
    assert_eq!(codes, ["SCN0104"], "what only follows from it is not told: {diagnostics:?}");
}

#[test]
fn long_lines_are_read_and_shown_in_part() {
    let long = "a".repeat(1 << 20);
    let mut told = Vec::new();
    for text in [
        long.clone(),
        format!("scenario s {{}} {long}"),
        format!("scenario s {{}}\nprocess p as SYSTEM {{ note \"{long}\" }}"),
        format!("scenario s {{}}\nprocess p as SYSTEM {{ note \"{long}a\" }}"),
        format!("scenario s {{}}\nuser {long} {{}}"),
        format!("scenario s {{}}\nuser u {{ groups {long} }}"),
        format!("scenario s {{}} // {long}"),
        format!("scenario s {{}} {}", "\u{301}".repeat(1 << 19)),
        format!("scenario s {{}}{}nonsense", " ".repeat(1 << 20)),
    ] {
        let ran = run_with(&["check", "-"], text.as_bytes());
        assert!(matches!(ran.code, 0 | 3), "exit code {}", ran.code);
        if ran.err.len() > 20_000 {
            told.push(format!("{} bytes on {}", ran.err.len(), &text[..60]));
        }
    }
    assert!(told.is_empty(), "a message is for reading: {told:#?}");
}

#[test]
fn many_mistakes_are_told_in_time() {
    // The first are shown and the rest is counted; the time must not grow with their square.
    let lines = 5_000;
    let unknown: String =
        (0..lines).map(|n| format!("user u{n} {{ rid {}; groups gg }}\n", n + 2_000)).collect();
    for text in [format!("scenario s {{}}\n{}", "x\n".repeat(lines)), format!("scenario s {{}}\n{unknown}")] {
        let ran = common::run_within(&["check", "-"], text.as_bytes(), std::time::Duration::from_secs(8));
        assert_eq!(ran.map(|ran| ran.code), Some(3), "it takes too long: {}", &text[..80]);
    }
}

#[test]
fn odd_files_are_read() {
    let good = "scenario s {}\nprocess p as SYSTEM {\n  note \"x\"\n}\n";
    let crlf = good.replace('\n', "\r\n");
    for (what, text, code) in [
        ("plain", good.to_owned(), 0),
        ("line ends of Windows", crlf.clone(), 0),
        (
            "mixed line ends",
            format!("{good}{}", crlf.replace("scenario s {}", "").replace("process p", "process q")),
            0,
        ),
        ("no last line end", good.trim_end().to_owned(), 0),
        ("a byte order mark", format!("\u{feff}{good}"), 0),
        ("empty", String::new(), 3),
        ("blank", " \n\t\n \r\n".to_owned(), 3),
        ("only a byte order mark", "\u{feff}".to_owned(), 3),
        ("only comments", "// one\n// two".to_owned(), 3),
        ("only a title", "/// one\n/// two\n".to_owned(), 3),
        ("a zero", format!("{good}\0"), 3),
        ("a zero in a text", good.replace('x', "a\0b"), 0),
        ("only zeros", "\0".repeat(1000), 3),
        ("only a quote", "\"".to_owned(), 3),
        ("only a backslash", "\\".to_owned(), 3),
        ("a lone carriage return", good.replace('\n', "\r"), 3),
    ] {
        let (scenario, diagnostics) = read(&text);
        assert_eq!(scenario.is_some(), code == 0, "{what}: {diagnostics:?}");
        assert_eq!(check(&text), code, "{what}");
    }
}
