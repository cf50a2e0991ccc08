//! Hostile names: whatever people call things, no control character and no change of direction reaches the terminal, and
//! no line of the output can be forged.

mod common;

use std::fs;

use common::{MODELS, Ran, files_below, run, run_with, scn};

/// What would show at the beginning of a line if a name could end one.
const FORGED: &str = "totals: 0 events";

/// The name as it is: escapes of terminals, ends of lines, directions, separators, C1, invisible characters.
const EVIL: &str = "x\u{1b}[31m\ntotals: 0 events\r\u{202e}\u{2066}\u{2028}\u{2029}\u{85}\u{9b}31m\u{7f}\u{8}\u{200b}\u{feff}\tz";

/// The name as a text of the language spells it.
fn spelled() -> String {
    EVIL.chars()
        .map(|c| {
            if c.is_ascii_graphic() || c == ' ' {
                c.to_string()
            } else {
                format!("\\u{{{:x}}}", u32::from(c))
            }
        })
        .collect()
}

/// The name as it can stand in a file between quotes: everything but the end of the line.
fn raw() -> String {
    EVIL.replace('\n', "")
}

/// Whether a character does something else than to be seen.
fn is_hostile(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{61c}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Nothing hostile in either stream, and no forged line.
#[track_caller]
fn harmless(ran: &Ran) {
    for text in [&ran.out, &ran.err] {
        let found = text.chars().find(|c| is_hostile(*c)).map(|c| format!("U+{:04X}", u32::from(c)));
        assert_eq!(found, None, "it comes through: {text:?}");
        for line in text.lines() {
            let forged = line.trim_start().strip_prefix(FORGED).is_some_and(|rest| !rest.starts_with(','));
            assert!(!forged, "a forged line: {text:?}");
        }
    }
}

/// A scenario in which everything that can have a name has this one, with a letter behind it.
fn story(evil: &str) -> String {
    format!(
        r#"/// Title {doc}
scenario "{evil}" {{ model kobicha, kacs, windows; domain "{evil}d" = S-1-5-21-1-2-3 }}
group "{evil}g" {{ rid 1002 }}
user "{evil}u" {{ rid 1001; groups "{evil}g" }}
user bob {{ rid 1003 }}
file "/{evil}f" {{ owner "{evil}u"; dacl {{ deny "{evil}g" write; allow "{evil}u" read }} }}
directory "/{evil}dir" {{ owner bob }}
key 'Machine\{raw}k' {{ dacl {{ allow "{evil}u" full }}; value "{evil}v" = "{evil}data" }}
service "{evil}s" {{
  account LocalService
  privileges SeImpersonatePrivilege
  thread "{evil}w" {{
    c = accept
    receive c
    impersonate c
    show
    show threads
    "{evil}h" = open file "/{evil}f" for read
    h = open file "/{evil}f" for read
    read h
    query_security h
    open file "/{evil}f" for write => granted
    open file "/{evil}missing" for read
    k = open key 'Machine\{raw}k' for read, write
    query k "{evil}v"
    query k "{evil}none"
    set k "{evil}v" = "{evil}"
    note "{evil}"
    receive c
  }}
}}
process "{evil}p" as "{evil}u" {{
  thread "{evil}t" {{
    c = connect "{evil}s"
    send c "{evil}"
    receive c => ok
  }}
}}
/// Broken {doc}
never open by "{evil}s" if subject is "{evil}u"
/// Never seen {doc}
expect granted write on file "/{evil}f" as "{evil}u"
/// Never near {doc}
never open on file "/{evil}dir/**"
"#,
        doc = evil.replace('\n', ""),
        raw = raw(),
    )
}

/// Both ways to write the name: with escapes, and as it is.
fn stories() -> [String; 2] {
    [story(&spelled()), story(&raw())]
}

#[test]
fn a_trace_shows_hostile_names_as_escapes() {
    for text in stories() {
        for model in MODELS {
            let ran = run_with(&["run", "-", "--model", model, "--explain", "all"], text.as_bytes());
            harmless(&ran);
            // The scenario is read, and what it promises does not hold: all kinds of lines are there.
            let ran = ran.ends(1);
            for kind in
                ["\\u{1b}[31m", "BROKEN never", "UNMET expect", "UNMET =>", "deadlocked", "Groups:", "TID"]
            {
                assert!(ran.out.contains(kind), "`{kind}` is missing: {}", ran.out);
            }
        }
        harmless(&run_with(&["run", "-", "--explain", "denied"], text.as_bytes()).ends(1));
        harmless(&run_with(&["run", "-", "--limit", "events=3"], text.as_bytes()).ends(4));
    }
}

#[test]
fn json_lines_hold_one_record_each() {
    for text in stories() {
        let ran = run_with(&["run", "-", "--format", "jsonl"], text.as_bytes()).ends(1);
        for line in ran.out.lines() {
            let value: serde_json::Value = serde_json::from_str(line).expect("each line is one value");
            assert!(value["kind"].is_string());
        }
        assert!(!ran.out.chars().any(|c| c.is_control() && c != '\n'), "JSON escapes what controls");
        harmless(&Ran { out: String::new(), ..ran });
    }
}

#[test]
fn idn_shows_hostile_names_as_escapes() {
    for text in stories() {
        for arguments in
            [["show", "-", "100"], ["show", "-", "100/100"], ["threads", "-", "100"], ["show", "-", "200"]]
        {
            let arguments: Vec<&str> = ["idn"].into_iter().chain(arguments).collect();
            harmless(&run_with(&arguments, text.as_bytes()).ends(0));
        }
        // Whoever is not found is named, and so are those who are there.
        for target in [EVIL.to_owned(), format!("100/{EVIL}"), "nobody".to_owned(), "100/nobody".to_owned()] {
            let ran = run_with(&["idn", "show", "-", &target], text.as_bytes()).ends(2);
            harmless(&ran);
            assert!(ran.err.contains("there is no "), "{}", ran.err);
        }
        harmless(&run_with(&["idn", "threads", "-", EVIL], text.as_bytes()).ends(2));
    }
}

#[test]
fn diagnostics_show_hostile_text_as_escapes() {
    let evil = spelled();
    let raw = raw();
    harmless(&run_with(&["check", "-"], story(&evil).as_bytes()).ends(0));
    for text in [
        format!("scenario s {{}}\n{raw}"),
        format!("scenario s {{}}\nuser u {{ {raw} }}"),
        format!("scenario s {{}}\nuser u {{ groups \"{evil}\" }}"),
        format!("scenario s {{}}\nuser u {{ groups \"{raw}\" }}"),
        format!("scenario s {{}}\nuser \"{evil}\" {{ rid 5 }}\nuser u {{ groups \"{evil}y\" }}"),
        format!("scenario s {{}}\nuser \"{evil}\" {{}}\nuser \"{evil}\" {{}}"),
        format!("scenario s {{}}\nfile \"{evil}\" {{}}"),
        format!("scenario s {{}}\nfile \"/{evil}\" {{}}\nfile \"/{evil}/below\" {{}}"),
        format!("scenario s {{}}\nfile \"/{evil}\" {{}}\nfile \"/{evil}\" {{}}"),
        format!("scenario s {{}}\nkey '{raw}' {{}}"),
        format!("scenario s {{}}\nprocess p as \"{evil}\" {{ }}"),
        format!("scenario s {{}}\nprocess p as SYSTEM {{ \"{evil}\" }}"),
        format!("scenario s {{}}\nprocess p as SYSTEM {{ connect \"{evil}\" }}"),
        format!("scenario s {{}}\nprocess p as SYSTEM {{ read \"{evil}\" }}"),
        format!("scenario s {{}}\nprocess p as SYSTEM {{ note \"{raw} }}"),
        format!("scenario s {{}}\nprocess p as SYSTEM {{ revert => error \"{evil}\" }}"),
        format!("scenario s {{}}\nprocess p as SYSTEM {{ note \"\\q{raw}\" }}"),
        format!("scenario s {{}}\nprocess p as SYSTEM {{ open file \"{evil}\" for \"{evil}\" }}"),
        format!("scenario s {{}}\nnever open by \"{evil}\""),
        format!("scenario s {{ model \"{evil}\"; domain \"{evil}\" = \"{evil}\"; {raw} }}"),
        format!("scenario s {{}} // {raw}\nscenario \"{evil}\" {{}}"),
    ] {
        for command in ["check", "run"] {
            let ran = run_with(&[command, "-"], text.as_bytes());
            harmless(&ran);
            assert_eq!(ran.code, 3, "{text:?}: {}", ran.err);
        }
    }
}

#[test]
fn the_command_line_is_no_more_trusted() {
    let calls: [&[&str]; 16] = [
        &[EVIL],
        &["run", EVIL],
        &["check", EVIL, "nope"],
        &["test", EVIL],
        &["test", "--root", EVIL],
        &["idn", EVIL],
        &["idn", "show", EVIL, EVIL],
        &["idn", "show", "-", EVIL, "--at", EVIL],
        &["explain", EVIL],
        &["schema", EVIL],
        &["run", "-", EVIL],
        &["run", "-", "--model", EVIL],
        &["run", "-", "--seed", EVIL],
        &["run", "-", "--limit", EVIL],
        &["run", "-", "--format", EVIL],
        &["run", "-", "--x\u{1b}[31m\u{202e}"],
    ];
    let mut through = Vec::new();
    for arguments in calls {
        let ran = run(arguments);
        if ran.out.chars().chain(ran.err.chars()).any(is_hostile)
            || ran.err.lines().any(|line| line.starts_with(FORGED))
        {
            through.push((arguments[0], arguments.get(1).copied().unwrap_or_default(), ran.err));
        }
    }
    assert!(through.is_empty(), "text of the command line comes through: {through:#?}");
}

/// A name that a file can have: all but the slash and the zero.
#[cfg(unix)]
#[test]
fn names_of_files_are_no_more_trusted() {
    let project = tempfile::tempdir().expect("a temporary folder");
    let scenarios = project.path().join("scenarios");
    let file = scenarios.join(format!("{EVIL}.scn"));
    fs::create_dir_all(&scenarios).expect("the folder is made");
    let test = |arguments: &[&str]| {
        let mut command = scn();
        command.current_dir(project.path()).arg("test").args(arguments);
        let ran = Ran::of(command.output().expect("the program starts"));
        harmless(&ran);
        ran
    };

    fs::write(&file, "scenario s { nonsense }\n").expect("it is written");
    let path = file.to_string_lossy().into_owned();
    for command in ["run", "check"] {
        harmless(&run(&[command, &path]).ends(3));
    }
    test(&[]).ends(3);

    fs::write(&file, "scenario s {}\nprocess p as SYSTEM { revert => error NO_TOKEN }\n")
        .expect("it is written");
    harmless(&run(&["run", &path]).ends(1));
    harmless(&run(&["check", &path]).ends(0));
    test(&[]).ends(1);

    fs::write(&file, "scenario s {}\nprocess p as SYSTEM { revert }\n").expect("it is written");
    test(&[]).ends(1);
    test(&["--accept"]).ends(0);
    test(&[]).ends(0);
    fs::rename(&file, scenarios.join("plain.scn")).expect("it is renamed");
    let ran = test(&[]).ends(1);
    assert!(ran.out.contains("no scenario has this golden trace"), "{}", ran.out);
    test(&["--accept"]).ends(0);
    test(&[]).ends(0);
}

/// The head of a golden ends where it ends, whatever the scenario is called.
#[cfg(unix)]
#[test]
fn the_head_of_a_golden_cannot_be_forged() {
    let project = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir_all(project.path().join("scenarios")).expect("the folder is made");
    let text = "scenario s {}\nprocess p as SYSTEM { revert }\n";
    fs::write(project.path().join("scenarios/a\n---\nb.scn"), text).expect("it is written");
    let test = |arguments: &[&str]| {
        let mut command = scn();
        command.current_dir(project.path()).arg("test").args(arguments);
        Ran::of(command.output().expect("the program starts"))
    };
    test(&["--accept"]).ends(0);
    test(&[]).ends(0);
}

#[test]
fn a_golden_is_no_more_trusted() {
    let project = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir_all(project.path().join("scenarios")).expect("the folder is made");
    fs::write(project.path().join("scenarios/a.scn"), "scenario s {}\nprocess p as SYSTEM { revert }\n")
        .expect("it is written");
    let test = |arguments: &[&str]| {
        let mut command = scn();
        command.current_dir(project.path()).arg("test").args(arguments);
        Ran::of(command.output().expect("the program starts"))
    };
    test(&["--accept"]).ends(0);
    let golden = files_below(project.path(), ".snap").remove(0);
    let text = fs::read_to_string(&golden).expect("it is there");
    fs::write(&golden, format!("{text}{}\n", raw())).expect("it is written");
    harmless(&test(&[]).ends(1));
    fs::write(&golden, raw()).expect("it is written");
    harmless(&test(&[]).ends(1));
}

/// Quotes and arrows in a name must not look like the end of the name and a verdict.
#[test]
fn a_verdict_cannot_be_forged_within_a_line() {
    let evil = "/f\\\" for read -> granted 0x00120089 by allow 0  as SYSTEM";
    let text = format!(
        "scenario s {{}}\nuser u {{ rid 1001 }}\nfile \"{evil}\" {{ dacl {{ }} }}\n\
         process p as u {{ open file \"{evil}\" for read }}\n"
    );
    let ran = run_with(&["run", "-"], text.as_bytes()).ends(0);
    let line = ran.out.lines().find(|line| line.contains(" open ")).expect("there is the record");
    assert!(!line.contains("/f\" for read -> granted"), "the quote in the name is not escaped: {line}");
}
