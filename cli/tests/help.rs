//! Help, completions, manual pages and colours from outside.

mod common;

use common::{Ran, run, run_with, scn};

/// The commands that `scn --help` lists.
fn commands() -> Vec<String> {
    let help = run(&["--help"]).ends(0).out;
    let listed = help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("a list");
    let names = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

#[test]
fn every_command_has_help_and_a_manual_page() {
    let commands = commands();
    assert!(commands.len() > 10 && commands.iter().any(|name| name == "fmt"), "{commands:?}");
    for command in commands.iter().filter(|name| *name != "help") {
        let help = run(&[command, "--help"]).ends(0);
        assert!(help.out.contains("Usage: scn") && help.err.is_empty(), "{}", help.out);
        let page = run(&["man", command]).ends(0);
        assert!(
            page.out.contains(".SH NAME") && page.out.contains(&format!("scn\\-{command}")),
            "{}",
            page.out
        );
    }
    let whole = run(&["man"]).ends(0);
    assert!(
        whole.out.contains(".TH SCN 1 \"\" \"scn ") && whole.out.contains(".SH \"EXIT STATUS\""),
        "{}",
        whole.out
    );
    assert!(run(&["man", "nothing"]).ends(2).err.contains("no command `nothing`"));
}

/// A program that calls one must know what its exit code says. What only prints a text ends as every program does.
#[test]
fn every_command_that_decides_something_tells_its_exit_codes() {
    let further = [["idn", "show"], ["idn", "threads"], ["idn", "compare"], ["sd", "explain"]];
    let printing = ["help", "schema", "completions", "man"];
    let commands = commands().into_iter().filter(|name| !printing.contains(&name.as_str()));
    let paths = commands.map(|name| vec![name]);
    for path in paths.chain(further.map(|path| path.map(str::to_owned).to_vec())) {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let help = run(&[path.as_slice(), &["--help"]].concat()).ends(0).out;
        assert!(help.contains("\nExit codes: 0 "), "{path:?}: {help}");
        let page = run(&[&["man"], path.as_slice()].concat()).ends(0).out;
        assert!(page.contains(".SH \"EXIT STATUS\"\n0 ") && page.is_ascii(), "{path:?}: {page}");
    }
}

/// What may stand behind an option is told by the help, and completed by a shell.
#[test]
fn values_of_options_are_told() {
    for (command, option, value) in [
        ("run", "model", "kacs"),
        ("compare", "models", "windows"),
        ("check", "allow", "dacl_order"),
        ("sd", "object", "key"),
    ] {
        let help = run(&[command, "--help"]).ends(0).out;
        let told = help.split_once(&format!("--{option} ")).expect("the option").1;
        let told = told.split_once("possible values: ").expect("its values").1;
        assert!(told.split(']').next().expect("a list").contains(value), "{command} --{option}: {help}");
    }
    let script = run(&["completions", "bash"]).ends(0).out;
    assert!(script.contains("kobicha kacs windows") && script.contains("never_reverts"));
}

#[test]
fn completions_know_every_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = run(&["completions", shell]).ends(0).out;
        for command in commands() {
            assert!(script.contains(&command), "{shell}: {command}");
        }
    }
    run(&["completions", "tcl"]).ends(2);
}

#[test]
fn colours_are_for_terminals_and_for_who_asks() {
    let wrong = b"scenario s\nuser a { ridd 1 }\n";
    let plain = run_with(&["check", "-"], wrong).ends(3);
    assert!(!plain.err.contains('\u{1b}'), "{}", plain.err);
    let coloured = run_with(&["check", "-", "--color", "always"], wrong).ends(3);
    assert!(coloured.err.contains('\u{1b}'), "{}", coloured.err);
    let never = run_with(&["--color", "never", "check", "-"], wrong).ends(3);
    assert_eq!(never.err, plain.err);
    // What is asked for on the command line comes before the environment.
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("wrong.scn");
    std::fs::write(&file, wrong).expect("written");
    let mut command = scn();
    command.env("NO_COLOR", "1").arg("check").arg(&file).args(["--color", "always"]);
    assert!(Ran::of(command.output().expect("it runs")).ends(3).err.contains('\u{1b}'));
}

/// One line each: the version alone, and with what else tells two builds apart.
#[test]
fn the_version_is_one_line() {
    let version = concat!("scn ", env!("CARGO_PKG_VERSION"));
    assert_eq!(run(&["-V"]).ends(0).out, format!("{version}\n"));
    let told = run(&["--version"]).ends(0).out;
    // A release that was built from a checkout names its commit, and nothing else does.
    let rest = told.strip_prefix(&format!("{version} (trace format 1")).expect("the version and the format");
    let commit = rest.strip_suffix(")\n").expect("one line");
    assert!(
        commit.is_empty() || commit.strip_prefix(", commit ").is_some_and(|hash| hash.len() == 12),
        "{told}"
    );
}

/// The page of the language has every word of the reference page, and no line that a reader of manual pages would take for a request.
#[test]
fn the_language_has_a_manual_page() {
    let page = run(&["man", "--lang"]).ends(0).out;
    assert!(page.starts_with(".TH SCN-LANG 7"), "{page}");
    let requests = [".TH ", ".SH ", ".TP", ".PP"];
    for line in page.lines().filter(|line| line.starts_with(['.', '\''])) {
        assert!(requests.iter().any(|request| line.starts_with(request)), "{line}");
    }
    let plain = page.replace("\\fB", "").replace("\\fR", "").replace("\\-", "-").replace("\\e", "\\");
    for family in dsl::words::vocabulary() {
        for word in family.words {
            assert!(plain.contains(word), "{}: `{word}` is missing", family.about);
        }
    }
    assert!(!page.contains('`') && !page.contains("](") && !page.contains("|--"), "Markdown is left");
    run(&["man", "run", "--lang"]).ends(2);
}
