//! `scn compare`: every difference between the models on every scenario of the gallery is traced to a rule, comparing is
//! symmetric, and long runs are told in few lines.

mod common;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use common::{MODELS, Ran, scenarios, scn};
use serde_json::Value;

fn compare(file: &str, models: &str) -> Value {
    let ran = Ran::of(
        scn().args(["compare", file, "--models", models, "--format", "json"]).output().expect("it runs"),
    );
    serde_json::from_str(&ran.ends(0).out).expect("JSON")
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value[field].as_array().map_or(&[], Vec::as_slice)
}

/// What of a difference changes sides when the runs are exchanged.
fn mirrored(difference: &Value) -> Value {
    let exchanged = |word: &str| match word {
        "granted_to_denied" => "denied_to_granted",
        "denied_to_granted" => "granted_to_denied",
        "granted_more" => "granted_less",
        "granted_less" => "granted_more",
        "ok_to_error" => "error_to_ok",
        "error_to_ok" => "ok_to_error",
        "only_in_first" => "only_in_second",
        "only_in_second" => "only_in_first",
        _ => "",
    };
    let kinds: std::collections::BTreeSet<String> = list(difference, "kinds")
        .iter()
        .filter_map(Value::as_str)
        .map(|word| if exchanged(word).is_empty() { word } else { exchanged(word) }.to_owned())
        .collect();
    serde_json::json!([
        difference["line"],
        difference["thread"],
        difference["times"],
        kinds,
        difference["second"],
        difference["first"]
    ])
}

fn as_is(difference: &Value) -> Value {
    let kinds: std::collections::BTreeSet<&str> =
        list(difference, "kinds").iter().filter_map(Value::as_str).collect();
    serde_json::json!([
        difference["line"],
        difference["thread"],
        difference["times"],
        kinds,
        difference["first"],
        difference["second"]
    ])
}

#[test]
fn each_difference_of_the_gallery_has_a_rule() {
    let mut table: BTreeMap<String, u64> = BTreeMap::new();
    let mut unexplained = String::new();
    for path in scenarios() {
        let file = path.to_string_lossy();
        for pair in ["kobicha,kacs,windows", "kacs,windows"] {
            let report = compare(&file, pair);
            for comparison in list(&report, "comparisons") {
                let models = format!("{} -> {}", report["first"], comparison["second"]);
                for difference in list(comparison, "differences") {
                    let causes = list(difference, "causes");
                    let rules_of = |cause: &Value| -> Vec<String> {
                        let sets = list(cause, "sets").iter();
                        let rules = sets.flat_map(|set| set.as_array().expect("a set"));
                        rules.filter_map(|rule| rule["number"].as_str()).map(str::to_owned).collect()
                    };
                    let rules: Vec<String> = causes.iter().flat_map(rules_of).collect();
                    // A scenario that asks for its model makes a difference of its own.
                    let asks = |cause: &Value| cause["sets"].to_string().contains("asks which model");
                    let unruled = |cause: &&Value| rules_of(cause).is_empty() && !asks(cause);
                    if causes.is_empty() || causes.iter().any(|cause| unruled(&cause)) {
                        let _ = writeln!(unexplained, "{file}, {models}: {difference}");
                    }
                    for rule in rules {
                        *table.entry(format!("{rule:<10} {models}")).or_default() +=
                            difference["times"].as_u64().expect("a count");
                    }
                }
            }
        }
    }
    for (row, count) in &table {
        println!("{row} {count}");
    }
    assert!(unexplained.is_empty(), "differences without a rule:\n{unexplained}");
    for rule in ["DIV-1 ", "DIV-2 ", "DIV-3 ", "DIV-4 ", "DIV-39 ", "DIV-43 "] {
        assert!(table.keys().any(|row| row.starts_with(rule)), "{rule}makes a difference somewhere");
    }
}

#[test]
fn a_run_does_not_differ_from_itself_and_comparing_is_symmetric() {
    for path in scenarios() {
        let file = path.to_string_lossy();
        for model in MODELS {
            let report = compare(&file, &format!("{model},{model}"));
            assert_eq!(report["comparisons"][0]["differing"], 0, "{file} under {model}");
        }
        for (one, other) in [("kobicha", "windows"), ("kacs", "windows")] {
            let forth = compare(&file, &format!("{one},{other}"));
            let back = compare(&file, &format!("{other},{one}"));
            let forth: Vec<Value> =
                list(&forth["comparisons"][0], "differences").iter().map(mirrored).collect();
            let back: Vec<Value> = list(&back["comparisons"][0], "differences").iter().map(as_is).collect();
            assert_eq!(forth, back, "{file}: {one} and {other}");
        }
    }
}

/// A client at Identification, again and again: in a release build a hundred thousand steps, and in each round some that only
/// one model takes.
#[test]
fn long_runs_are_compared_and_told_in_few_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("long.scn");
    let rounds = if cfg!(debug_assertions) { 1_500 } else { 14_000 };
    let text = "scenario long\nuser alice {}\nfile \"/a\" { dacl { allow alice read; allow Everyone read } }\n\
        service server {\n  account LocalService\n  privileges SeImpersonatePrivilege\n\
        loop {\n    c = accept\n    if impersonate c { if h = open file \"/a\" for read { close h }; revert }\n    close c\n  }\n}\n\
        process client as alice { repeat ROUNDS { c = connect server level identification; close c } }\n";
    std::fs::write(&file, text.replace("ROUNDS", &rounds.to_string())).expect("written");
    let report = compare(&file.to_string_lossy(), "kobicha,kacs");
    let comparison = &report["comparisons"][0];
    let steps = comparison["shared"].as_u64().expect("a count")
        + comparison["counts"]["only_in_first"].as_u64().expect("a count");
    assert!(steps >= 8 * rounds, "{steps} steps");
    assert_eq!(comparison["counts"]["granted_to_denied"], rounds);
    assert_eq!(comparison["counts"]["only_in_first"], rounds, "the close of what was not opened");
    assert!(list(comparison, "differences").len() < 20, "what is alike is told once");
}

#[test]
fn one_model_cannot_be_compared_and_schemas_are_there() {
    let file = scenarios().remove(0);
    let ran = Ran::of(
        scn().args(["compare", &file.to_string_lossy(), "--models", "kacs"]).output().expect("it runs"),
    );
    assert!(ran.ends(2).err.contains("nothing to compare it with"));
    let ran = Ran::of(scn().args(["schema", "compare"]).output().expect("it runs"));
    let schema: Value = serde_json::from_str(&ran.ends(0).out).expect("JSON");
    assert!(schema["properties"]["comparisons"].is_object());
}

/// Where one rule makes the verdict and another only what is reported beside it, each is named for its own part.
#[test]
fn kinds_with_different_rules_are_told_apart() {
    let file = common::root().join("scenarios/access/owner-rights.scn");
    let report = compare(&file.to_string_lossy(), "kobicha,windows");
    let differences = list(&report["comparisons"][0], "differences");
    let lost = |difference: &&Value| list(difference, "kinds").contains(&Value::from("granted_to_denied"));
    let lost = differences.iter().find(lost).expect("windows takes a deny-only group for no owner");
    let causes = list(lost, "causes");
    assert_eq!(causes.len(), 1, "{causes:?}");
    assert_eq!(causes[0]["sets"][0][0]["number"], "DIV-40");
    assert_eq!(causes[0]["sets"][0].as_array().map(Vec::len), Some(1), "nothing else takes part: {causes:?}");

    let file = common::root().join("scenarios/impersonation/client-at-identification.scn");
    let report = compare(&file.to_string_lossy(), "kobicha,windows");
    let first = &list(&report["comparisons"][0], "differences")[0];
    let told: Vec<(&Value, &Value)> = list(first, "causes")
        .iter()
        .map(|cause| (&cause["kinds"][0], &cause["sets"][0][0]["number"]))
        .collect();
    let expected = [("another_identity", "DIV-2"), ("another_reason", "W-IMP-1")];
    let expected = expected.map(|(kind, rule)| (Value::from(kind), Value::from(rule)));
    assert_eq!(told, expected.iter().map(|(kind, rule)| (kind, rule)).collect::<Vec<_>>());
}
