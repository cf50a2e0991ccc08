//! `scn check` for programs: JSON, SARIF and annotations have the shape that their readers expect, whatever the text says.

mod common;

use std::fs;

use common::{run, run_with, scn};
use serde_json::Value;

/// Two mistakes, one of them with another place, and a warning.
const WRONG: &str = "scenario s\nuser ana { ridd 1 }\nuser b { rid 2 }\nuser b { rid 3 }\n\
     file \"/f\" { dacl { allow b read (inherit) } }\n";
const FINE: &str = "scenario s\nprocess p as SYSTEM { note \"x\" }\n";

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("it is JSON")
}

#[test]
fn json_tells_every_finding_with_its_place() {
    let ran = run_with(&["check", "-", "--format", "json"], WRONG.as_bytes()).ends(3);
    assert_eq!(ran.err, "");
    assert!(ran.out.starts_with("{\"schema\":\"scn.diagnostics/1\","), "{}", ran.out);
    let document = parsed(&ran.out);
    let found = document["diagnostics"].as_array().expect("a list");
    assert_eq!(document["errors"], 2, "{document}");
    assert_eq!(found.len(), 2 + document["warnings"].as_u64().expect("a number") as usize);
    let first = &found[0];
    assert_eq!((&first["code"], &first["severity"]), (&Value::from("SCN0301"), &Value::from("error")));
    let place = serde_json::json!({
        "file": "<standard input>", "line": 2, "column": 12, "end_line": 2, "end_column": 16
    });
    assert_eq!(first["place"], place);
    let twice = found.iter().find(|finding| finding["code"] == "SCN0203").expect("given twice");
    assert_eq!((&twice["place"]["line"], &twice["related"][0]["place"]["line"]), (&4.into(), &3.into()));
    let fine = run_with(&["check", "-", "--format", "json"], FINE.as_bytes()).ends(0);
    assert_eq!(parsed(&fine.out)["diagnostics"], Value::Array(Vec::new()));
}

#[test]
fn the_schema_has_the_fields_that_are_printed() {
    let schema = parsed(&run(&["schema", "diagnostics"]).ends(0).out);
    let document = parsed(&run_with(&["check", "-", "--format", "json"], WRONG.as_bytes()).out);
    let fields =
        |value: &Value| -> Vec<String> { value.as_object().expect("an object").keys().cloned().collect() };
    assert_eq!(fields(&schema["properties"]), fields(&document));
    let finding = &schema["$defs"]["Finding"];
    // Only a warning has a name.
    let mut printed = fields(&document["diagnostics"][0]);
    printed.push("name".to_owned());
    printed.sort();
    assert_eq!(fields(&finding["properties"]), printed);
    assert_eq!(
        fields(&schema["$defs"]["Region"]["properties"]),
        fields(&document["diagnostics"][0]["place"])
    );
    assert_eq!(finding["required"].as_array().map(Vec::len), Some(printed.len() - 1));
}

#[test]
fn sarif_has_the_shape_of_its_version() {
    let log = parsed(&run_with(&["check", "-", "--format", "sarif"], WRONG.as_bytes()).ends(3).out);
    assert_eq!(log["version"], "2.1.0");
    assert!(log["$schema"].as_str().is_some_and(|schema| schema.contains("2.1.0")));
    let [run] = log["runs"].as_array().expect("a list").as_slice() else { panic!("one run") };
    assert_eq!(run["tool"]["driver"]["name"], "scn");
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    for rule in rules {
        assert!(rule["shortDescription"]["text"].as_str().is_some_and(|text| !text.is_empty()));
        assert!(rule["help"]["text"].as_str().is_some_and(|text| !text.is_empty()));
    }
    let results = run["results"].as_array().expect("results");
    assert!(results.len() >= 2);
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("small");
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(matches!(result["level"].as_str(), Some("error" | "warning")));
        assert_eq!(result["locations"].as_array().map(Vec::len), Some(1));
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().expect("a name");
        assert!(!uri.starts_with('/') && !uri.contains([' ', '<']), "{uri}");
        let at = |name: &str| place["region"][name].as_u64().expect("a number");
        assert!(at("startLine") >= 1 && at("startColumn") >= 1);
        assert!((at("endLine"), at("endColumn")) >= (at("startLine"), at("startColumn")));
        assert_eq!(result["partialFingerprints"].as_object().map(serde_json::Map::len), Some(1));
    }
}

fn fingerprints(text: &str) -> Vec<String> {
    let log = parsed(&run_with(&["check", "-", "--format", "sarif"], text.as_bytes()).out);
    let results = log["runs"][0]["results"].as_array().expect("results").clone();
    results.iter().map(|result| result["partialFingerprints"]["scnFinding/v1"].to_string()).collect()
}

#[test]
fn fingerprints_outlive_moved_lines_and_tell_equals_apart() {
    let twice = "scenario s\nuser a { ridd 1 }\nuser b { ridd 1 }\n";
    let known = fingerprints(twice);
    assert_eq!(known.len(), 2);
    assert_ne!(known[0], known[1]);
    assert_eq!(fingerprints(&twice.replace("user a", "\n// more\n\n   user a")), known);
    assert_ne!(fingerprints(&twice.replace("ridd", "sidd")), known);
}

#[test]
fn names_of_files_are_relative_to_where_they_are_looked_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let deep = folder.path().join("sub dir/scenarios");
    fs::create_dir_all(&deep).expect("made");
    fs::write(deep.join("a,b%.scn"), WRONG).expect("written");
    let check = |format: &str| {
        let mut command = scn();
        command.current_dir(folder.path()).args(["check", "sub dir/scenarios/a,b%.scn", "--format", format]);
        common::Ran::of(command.output().expect("it runs")).ends(3).out
    };
    // The root of the scenario is the folder that holds `scenarios`.
    assert_eq!(parsed(&check("json"))["diagnostics"][0]["place"]["file"], "scenarios/a,b%.scn");
    let log = parsed(&check("sarif"));
    let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "sub%20dir/scenarios/a%2Cb%25.scn");
    let annotations = check("github");
    let first = annotations.lines().next().expect("a line");
    let start =
        "::error file=sub dir/scenarios/a%2Cb%25.scn,line=2,col=12,endLine=2,endColumn=16,title=SCN0301::";
    assert!(first.starts_with(start), "{first}");
}

#[test]
fn hostile_text_stays_text() {
    let text = "scenario s\nuser a { \"x\u{1b}[2J\u{202e}%0A::error::y\" 1 }\nprocess p as \"no\\n::warning::100%\" { }\n";
    let found = run_with(&["check", "-", "--format", "github"], text.as_bytes()).ends(3).out;
    for line in found.lines() {
        assert!(line.starts_with("::error file=") || line.starts_with("::warning file="), "{line}");
        assert!(line.chars().all(|c| !c.is_control() && c != '\u{202e}'), "{line}");
    }
    for format in ["json", "sarif"] {
        let out = run_with(&["check", "-", "--format", format], text.as_bytes()).ends(3).out;
        parsed(&out);
        assert!(out.trim_end().chars().all(|c| !c.is_control() && c != '\u{202e}'), "{out}");
    }
}

#[test]
fn several_files_make_one_report_and_a_missing_one_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    fs::create_dir(place("lib")).expect("made");
    fs::write(place("lib/shared.scn"), "user a { ridd 1 }\n").expect("written");
    for name in ["one.scn", "two.scn"] {
        fs::write(place(name), "scenario s\nuse \"lib/shared.scn\"\n").expect("written");
    }
    let ran = run(&["check", &place("one.scn"), &place("two.scn"), "--format", "json"]).ends(3);
    assert_eq!(parsed(&ran.out)["errors"], 1, "what is shared is told once: {}", ran.out);
    let ran = run(&["check", &place("one.scn"), &place("none.scn"), "--format", "json"]).ends(3);
    assert!(ran.err.contains("there is no such file") && ran.out.contains("SCN0301"), "{}", ran.err);
}

/// A folder stands for the scenarios below it; what is there for `use`, or for `whatif`, is left to them.
#[test]
fn a_folder_stands_for_its_scenarios() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    write("scenarios/good.scn", "scenario good\nuse \"lib/people.scn\"\nprocess p as alice { revert }\n");
    write("scenarios/lib/people.scn", "user alice { }\n");
    write("scenarios/deep/er/bad.scn", "scenario bad { nonsense 1 }\n");
    write("scenarios/whatif.scn", "whatif \"x\" { model kacs }\n");
    write("scenarios/notes.txt", "no scenario\n");
    let path = folder.path().join("scenarios");
    let ran = common::run(&["check", &path.to_string_lossy()]).ends(3);
    assert!(ran.err.contains("good.scn: ") && ran.err.contains("bad.scn:1:16"), "{}", ran.err);
    assert!(!ran.err.contains("people.scn") && !ran.err.contains("whatif.scn"), "{}", ran.err);
    let ran = common::run(&["check", "--format", "json", &path.to_string_lossy()]).ends(3);
    assert!(ran.out.contains("deep/er/bad.scn"), "{}", ran.out);
    // Nobody uses this one: it is probably a scenario whose first line is misspelt.
    write("scenarios/deep/er/bad.scn", "scenari bad\nprocess p as SYSTEM { revert }\n");
    for format in ["text", "json"] {
        let ran = common::run(&["check", "--format", format, &path.to_string_lossy()]).ends(3);
        let told = format!("{}{}", ran.out, ran.err);
        assert!(told.contains("SCN0306") && !told.contains("people.scn"), "{told}");
    }
    let empty = folder.path().join("empty");
    std::fs::create_dir(&empty).expect("made");
    let ran = common::run(&["check", &empty.to_string_lossy()]).ends(2);
    assert!(ran.err.contains("there is no scenario below"), "{}", ran.err);
}
