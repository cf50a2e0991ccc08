//! Laws of the source that the compiler does not keep: who may import whom, who may touch the world outside, which rules
//! may be cited. It reads the files of the repository as text and knows a little of how Rust is written.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use common::{files_below, root};

/// The modules of `sim-core` with their ranks: each imports lower ones only.
const RANKS: [(&str, u32); 14] = [
    ("model", 0),
    ("fingerprint", 1),
    ("ids", 1),
    ("sid", 1),
    ("rights", 1),
    ("privilege", 1),
    ("text", 1),
    ("sd", 2),
    ("token", 3),
    ("access", 4),
    ("world", 5),
    ("engine", 6),
    ("trace", 7),
    ("analysis", 8),
];

/// Imports that break the law for a reason: (file, module, reason).
const RANK_EXCEPTIONS: [(&str, &str, &str); 0] = [];

/// The most lines of a file.
const MOST_LINES: usize = 900;

/// The families of rules that have numbers.
const FAMILIES: [&str; 39] = [
    "SID", "MASK", "MAP", "SD", "ACL", "ACE", "OWNR", "INH", "PROP", "SDDL", "COND", "ACC", "GATE", "VAL",
    "PRIV", "PSA", "MIC", "PIP", "VG", "TREE", "OWN", "DACL", "TKO", "RST", "CNF", "CAP", "PUA", "AUD",
    "FRC", "RES", "TRC", "TOK", "SES", "IMP", "PRC", "FILE", "KEY", "DIV", "OPEN",
];

/// What the libraries must not touch, as paths below `std`.
const OUTSIDE: [&str; 6] = ["fs", "env", "time", "net", "process", "thread"];

struct Source {
    /// Relative to the root, with `/`.
    name: String,
    /// As it is.
    text: String,
    /// Without comments and without what stands between quotes; the lines stay where they are.
    code: String,
    /// The same with the contents of quotes.
    quoted: String,
}

fn relative(path: &Path) -> String {
    let root = root();
    let parts = path.strip_prefix(&root).expect("it lies in the repository").components();
    parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn source(path: &Path) -> Source {
    let text = fs::read_to_string(path).expect("the file can be read");
    let (code, quoted) = strip(&text);
    Source { name: relative(path), code, quoted, text }
}

/// The Rust files below a folder of the repository.
fn sources(folder: &str) -> Vec<Source> {
    let found: Vec<Source> =
        files_below(&root().join(folder), ".rs").iter().map(|path| source(path)).collect();
    assert!(!found.is_empty(), "there are sources in {folder}");
    found
}

/// A text of Rust without comments: once without the contents of quotes too, once with them.
fn strip(text: &str) -> (String, String) {
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut quoted) = (String::new(), String::new());
    let at = |n: usize| chars.get(n).copied().unwrap_or('\0');
    let mut n = 0;
    while n < chars.len() {
        let c = chars[n];
        let end = match c {
            '/' if at(n + 1) == '/' => (n..chars.len()).find(|n| at(*n) == '\n').unwrap_or(chars.len()),
            '/' if at(n + 1) == '*' => {
                let mut depth = 0;
                let mut end = n;
                loop {
                    match (at(end), at(end + 1)) {
                        ('/', '*') => {
                            depth += 1;
                            end += 2;
                        }
                        ('*', '/') => {
                            depth -= 1;
                            end += 2;
                        }
                        _ => end += 1,
                    }
                    if depth == 0 || end >= chars.len() {
                        break end.min(chars.len());
                    }
                }
            }
            'r' if matches!(at(n + 1), '"' | '#') && !is_word(if n == 0 { ' ' } else { at(n - 1) }) => {
                let hashes = (n + 1..).take_while(|n| at(*n) == '#').count();
                if at(n + 1 + hashes) == '"' {
                    let closes = |n: usize| at(n) == '"' && (1..=hashes).all(|h| at(n + h) == '#');
                    (n + 2 + hashes..chars.len()).find(|n| closes(*n)).map_or(chars.len(), |n| n + 1 + hashes)
                } else {
                    n + 1
                }
            }
            '"' => {
                let mut end = n + 1;
                while end < chars.len() && at(end) != '"' {
                    end += if at(end) == '\\' { 2 } else { 1 };
                }
                (end + 1).min(chars.len())
            }
            // A character, not a lifetime.
            '\'' if at(n + 1) == '\\' => {
                (n + 3..chars.len()).find(|n| at(*n) == '\'').map_or(chars.len(), |n| n + 1)
            }
            '\'' if at(n + 2) == '\'' => n + 3,
            _ => n + 1,
        };
        let piece: String = chars[n..end].iter().collect();
        let lines: String = piece.chars().filter(|c| *c == '\n').collect();
        if c == '/' && end > n + 1 {
            code.push_str(&lines);
            quoted.push_str(&lines);
        } else {
            quoted.push_str(&piece);
            if end > n + 1 && piece.contains(['"', '\'']) {
                code.push_str("\"\"");
                code.push_str(&lines);
            } else {
                code.push_str(&piece);
            }
        }
        n = end;
    }
    (code, quoted)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The code in front of the tests of a file, which stand at its end; nothing of a file of tests.
fn untested<'a>(name: &str, code: &'a str) -> &'a str {
    if name.ends_with("/tests.rs") || name.contains("/tests/") {
        return "";
    }
    code.find("#[cfg(test)]\nmod ").map_or(code, |at| &code[..at])
}

/// What follows each `path::` in the code: one name, or those of a group.
fn names_behind(code: &str, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices(path) {
        if code[..at].chars().next_back().is_some_and(|c| is_word(c) || c == ':') {
            continue;
        }
        let rest = code[at + path.len()..].trim_start();
        let Some(group) = rest.strip_prefix('{') else {
            found.push(rest.chars().take_while(|c| is_word(*c)).collect());
            continue;
        };
        let mut depth = 0;
        let mut name = String::new();
        let mut skipping = false;
        for c in group.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    found.push(std::mem::take(&mut name));
                    skipping = false;
                }
                ':' => skipping = true,
                _ if depth == 0 && !skipping && is_word(c) => name.push(c),
                _ => {}
            }
        }
        found.push(name);
    }
    found.retain(|name| !name.is_empty());
    found
}

/// The places of a pattern in a code: `file:line: the line`.
fn places(source: &Source, code: &str, wanted: &str) -> Vec<String> {
    let whole = wanted.starts_with(is_word);
    code.match_indices(wanted)
        .filter(|(at, _)| !whole || !code[..*at].chars().next_back().is_some_and(is_word))
        .map(|(at, _)| {
            let line = code[..at].matches('\n').count();
            format!(
                "{}:{}: {}",
                source.name,
                line + 1,
                source.text.lines().nth(line).unwrap_or_default().trim()
            )
        })
        .collect()
}

#[track_caller]
fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

#[test]
fn modules_import_lower_ranks_only() {
    let ranks: BTreeMap<&str, u32> = RANKS.into_iter().collect();
    let mut found = BTreeSet::new();
    for source in sources("sim-core/src") {
        let path = source.name.trim_start_matches("sim-core/src/");
        let own = path.split('/').next().unwrap_or_default().trim_end_matches(".rs");
        if own == "lib" {
            continue;
        }
        let Some(rank) = ranks.get(own) else {
            panic!("{}: the module `{own}` has no rank yet", source.name)
        };
        let code = untested(&source.name, &source.code);
        let up = "super::".repeat(path.matches('/').count() + usize::from(!path.ends_with("/mod.rs")));
        let mut imported = names_behind(code, "crate::");
        if !up.is_empty() {
            imported
                .extend(names_behind(code, &up).into_iter().filter(|name| ranks.contains_key(name.as_str())));
        }
        for name in imported.iter().filter(|name| *name != own) {
            let excepted =
                RANK_EXCEPTIONS.iter().any(|(file, module, _)| *file == source.name && module == name);
            match ranks.get(name.as_str()) {
                Some(imported) if imported < rank || excepted => {}
                Some(imported) => {
                    found.insert(format!("{} (rank {rank}) imports {name} (rank {imported})", source.name));
                }
                None => {
                    found.insert(format!("{} imports `crate::{name}`, which is no module", source.name));
                }
            }
        }
    }
    none("modules import lower ranks only", &found.into_iter().collect::<Vec<_>>());
}

#[test]
fn the_libraries_touch_nothing_outside() {
    let mut found = Vec::new();
    for source in sources("sim-core/src").into_iter().chain(sources("dsl/src")) {
        let code = untested(&source.name, &source.code);
        for name in names_behind(code, "std::") {
            if OUTSIDE.contains(&name.as_str()) {
                found.push(format!("{} touches std::{name}", source.name));
            }
        }
        for call in ["println!", "eprintln!", "print!", "eprint!", "dbg!", "stdout()", "stderr()", "stdin()"]
        {
            found.extend(places(&source, code, call));
        }
    }
    none("the libraries touch no file, clock, stream or environment", &found);
    // Below the program nobody knows the crates above.
    for (folder, above) in
        [("sim-core/src", &["dsl", "clap", "annotate_snippets"][..]), ("dsl/src", &["clap"])]
    {
        for source in sources(folder) {
            for name in above {
                none("a crate imports one above it", &places(&source, &source.code, &format!("{name}::")));
            }
        }
    }
}

#[test]
fn one_place_of_the_program_touches_the_outside() {
    let mut found = Vec::new();
    for source in sources("cli/src").iter().filter(|source| source.name != "cli/src/io.rs") {
        for name in names_behind(&source.code, "std::") {
            if ["fs", "env", "time", "net", "thread"].contains(&name.as_str()) {
                found.push(format!("{} touches std::{name}", source.name));
            }
        }
        let calls = [
            "println!",
            "eprintln!",
            "print!(",
            "eprint!",
            "dbg!",
            "stdout()",
            "stderr()",
            "stdin()",
            "process::exit",
            ".canonicalize()",
            ".exists()",
            ".is_dir()",
            ".is_file()",
            ".read_dir()",
            ".metadata()",
            "OpenOptions",
        ];
        for call in calls {
            found.extend(places(source, &source.code, call));
        }
    }
    none("only io.rs touches files, streams and the environment", &found);
}

#[test]
fn files_stay_short() {
    let all = ["sim-core/src", "dsl/src", "cli/src"].into_iter().flat_map(sources);
    let long = all.filter(|source| source.text.lines().count() > MOST_LINES);
    let long: Vec<String> =
        long.map(|source| format!("{}: {} lines", source.name, source.text.lines().count())).collect();
    none("no file is longer than 900 lines", &long);
}

#[test]
fn files_say_what_they_are_for() {
    let silent = rust_files().into_iter().filter(|path| {
        let text = fs::read_to_string(path).expect("the file can be read");
        !text.starts_with("//! ")
    });
    none("every file begins with `//!`", &silent.map(|path| relative(&path)).collect::<Vec<_>>());
}

/// Every Rust file of the repository that is ours.
fn rust_files() -> Vec<PathBuf> {
    let folders = ["sim-core", "dsl", "cli", "snapshots", "benches", "fuzz"];
    let all = folders.iter().flat_map(|folder| files_below(&root().join(folder), ".rs"));
    all.filter(|path| !path.components().any(|part| part.as_os_str() == "target")).collect()
}

#[test]
fn no_code_asks_which_model_it_runs() {
    let mut found = Vec::new();
    for source in sources("sim-core/src").iter().filter(|source| source.name != "sim-core/src/model.rs") {
        let code = untested(&source.name, &source.quoted);
        for name in ["\"kobicha\"", "\"kacs\"", "\"windows\""] {
            found.extend(places(source, code, name));
        }
        let code = untested(&source.name, &source.code);
        for constant in [
            "KOBICHA",
            "KACS",
            "WINDOWS",
            "model.name ==",
            "model.name !=",
            "ptr::eq(model",
            "ptr::eq(self.model",
        ] {
            found.extend(places(source, code, constant));
        }
    }
    none("what differs between models is a field of the model, never its name", &found);
}

/// The numbers of rules that a text cites.
fn cited(text: &str) -> BTreeSet<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let pieces = text.split(|c| !word(c)).filter(|piece| piece.contains('-'));
    let mut found = BTreeSet::new();
    for piece in pieces {
        let parts: Vec<&str> = piece.trim_matches('-').split('-').collect();
        let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let letters = |text: &str| text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_uppercase());
        match parts[..] {
            [family, n] if number(n) && (FAMILIES.contains(&family) || family == "OP") => {
                found.insert(format!("{family}-{n}"));
            }
            ["W", family, n] if number(n) && letters(family) => {
                found.insert(format!("W-{family}-{n}"));
            }
            ["NM", name] if letters(name) => {
                found.insert(format!("NM-{name}"));
            }
            _ => {}
        }
    }
    found
}

#[test]
fn every_rule_that_is_cited_is_in_the_rule_book() {
    let rules = fs::read_to_string(root().join("docs/rules.md")).expect("the rule book can be read");
    if rules.trim().is_empty() {
        println!("docs/rules.md is empty: no citation was checked");
        return;
    }
    let mut headings = BTreeSet::new();
    for number in
        rules.lines().filter_map(|line| line.strip_prefix("### ")?.split_once(' ').map(|(number, _)| number))
    {
        assert!(headings.insert(number.to_owned()), "{number} has two entries");
    }
    let mut files = rust_files();
    files.extend(files_below(&root().join("scenarios"), ".scn"));
    files.extend(files_below(&root().join("docs"), ".md"));
    files.extend(files_below(&root().join("sim-core"), ".md"));
    files.extend(
        ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"]
            .map(|name| root().join(name))
            .into_iter()
            .filter(|path| path.exists()),
    );
    let mut found = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).expect("the file can be read");
        let unknown = cited(&text).into_iter().filter(|number| !headings.contains(number));
        found.extend(unknown.map(|number| format!("{} cites {number}", relative(&path))));
    }
    none("every cited rule has an entry `### NUMBER ` in docs/rules.md", &found);
}

/// What no test can break: (rule, reason).
const UNTESTABLE: [(&str, &str); 0] = [];

/// The numbers that a text cites, with those between the ends of `TOK-38 to TOK-40`.
fn cited_in_ranges(text: &str) -> BTreeSet<String> {
    let mut found = cited(text);
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    for (at, between) in text.match_indices(" to ") {
        let first = text[..at].rsplit(|c| !word(c)).next().and_then(|first| first.rsplit_once('-'));
        let last = text[at + between.len()..].split(|c| !word(c)).next();
        let (Some((family, from)), Some((other, to))) = (first, last.and_then(|last| last.rsplit_once('-')))
        else {
            continue;
        };
        if let (true, Ok(from), Ok(to)) = (family == other, from.parse::<u32>(), to.parse::<u32>()) {
            found.extend((from..=to).flat_map(|n| cited(&format!("{family}-{n}"))));
        }
    }
    found
}

/// The part of a file of Rust that tests: all of a file of tests, else its module of tests at the end.
fn tests_of(name: &str, text: &str) -> String {
    let inside = name.contains("/tests/") || name.ends_with("/tests.rs") || name.starts_with("snapshots/");
    match text.find("#[cfg(test)]\nmod tests {") {
        _ if inside => text.to_owned(),
        Some(at) => text[at..].to_owned(),
        None => String::new(),
    }
}

#[test]
fn every_rule_of_the_rule_book_is_cited_by_a_test() {
    let mut found = BTreeSet::new();
    for path in rust_files() {
        // This file cites numbers to test its own reader.
        let name = relative(&path);
        if name != "cli/tests/tidy.rs" {
            found.extend(cited_in_ranges(&tests_of(&name, &fs::read_to_string(&path).expect("a file"))));
        }
    }
    for path in ["scenarios", "dsl/tests"].iter().flat_map(|folder| files_below(&root().join(folder), ".scn"))
    {
        found.extend(cited_in_ranges(&fs::read_to_string(&path).expect("the file can be read")));
    }
    let rules = fs::read_to_string(root().join("docs/rules.md")).expect("the rule book can be read");
    let numbers = rules.lines().filter_map(|line| line.strip_prefix("### ")?.split(' ').next());
    let excepted = |number: &str| UNTESTABLE.iter().any(|(rule, _)| *rule == number);
    let silent: Vec<String> =
        numbers.filter(|number| !found.contains(*number) && !excepted(number)).map(str::to_owned).collect();
    none("a test or a scenario cites every rule that has an entry in docs/rules.md", &silent);
    let needless = UNTESTABLE.iter().filter(|(rule, _)| found.contains(*rule));
    none("what is cited is no exception", &needless.map(|(rule, _)| (*rule).to_owned()).collect::<Vec<_>>());
}

/// The reader of Rust above is code too.
#[test]
fn comments_and_quotes_are_told_from_code() {
    let (code, quoted) = strip("a // b\nc \"d // e\" /* f /* g */ h */ i 'j' '\\'' &'k l r#\"m\"n\"# o");
    assert_eq!(code, "a \nc \"\"  i \"\" \"\" &'k l \"\" o");
    assert_eq!(quoted, "a \nc \"d // e\"  i 'j' '\\'' &'k l r#\"m\"n\"# o");
    assert_eq!(
        names_behind("use crate::{a, b::{c, d}, e}; crate::f::g; mycrate::h", "crate::"),
        ["a", "b", "e", "f"]
    );
    let cites: Vec<String> =
        cited("(W-ACC-3, NM-ORDER) DACL-3's IMP-9: S-1-5-21 NOSUCH-1 x-SID-1").into_iter().collect();
    assert_eq!(cites, ["DACL-3", "IMP-9", "NM-ORDER", "W-ACC-3"]);
    let cites: Vec<String> =
        cited_in_ranges("(TOK-8 to TOK-10), W-CND-1 to W-CND-2; SID-4 to MAP-5 to do").into_iter().collect();
    let wanted = ["MAP-5", "SID-4", "TOK-10", "TOK-8", "TOK-9", "W-CND-1", "W-CND-2"];
    assert_eq!(cites, wanted);
    let text = "// SID-1\n#[cfg(test)]\nmod tests { // SID-2";
    assert_eq!(tests_of("sim-core/src/sid.rs", text), &text[9..]);
    assert_eq!(["cli/tests/a.rs", "sim-core/src/sd/tests.rs"].map(|name| tests_of(name, text)), [text, text]);
    assert_eq!(tests_of("sim-core/src/sid.rs", "// SID-1"), "");
}

#[test]
fn scenarios_and_examples_are_in_the_one_style() {
    let folder = root().join("scenarios");
    let mut arguments = vec!["fmt".to_owned(), "--check".to_owned()];
    let wanted =
        files_below(&folder, ".scn").into_iter().filter(|path| !path.starts_with(folder.join("errors")));
    arguments.extend(wanted.map(|path| path.to_string_lossy().into_owned()));
    let ran = common::run(&arguments);
    assert_eq!(ran.code, 0, "`scn fmt scenarios` puts them into the style:\n{}{}", ran.out, ran.err);
    for page in files_below(&root().join("docs"), ".md") {
        let text = fs::read_to_string(&page).expect("the page can be read");
        for block in text.split("```scn\n").skip(1).filter_map(|rest| rest.split("```").next()) {
            let ran = common::run_with(&["fmt", "--check", "-"], block.as_bytes());
            assert_eq!(ran.code, 0, "an example of {}:\n{}{}", relative(&page), ran.out, ran.err);
        }
    }
}
