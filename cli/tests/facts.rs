//! Whatever a run brings to light is in its JSON Lines: every kind of fact occurs, has the fields that the page on traces and
//! the schema say, and says what the text form says.

mod common;
mod play;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use common::{root, run, scenarios};
use play::{read, records};
use serde_json::{Value, json};
use sim_core::engine::{self, RunConfig};
use sim_core::ids::SessionId;
use sim_core::model::MODELS;
use sim_core::world::Fact;

/// What the gallery has nothing of.
const REST: &str = r#"scenario rest
user alice { rid 1013; privileges SeSecurityPrivilege; audit_policy privilege_use_success }
key 'Machine\Settings' {
  owner alice
  value "Port" = 8080
  value "Text" = "two\nlines \u{202e}"
  value "List" = ["a", "b"]
  value "Big" = 18446744073709551615 (qword)
  value "Bytes" = "00ff" (binary)
}
file "/watched" { owner alice; dacl { allow alice full }; sacl { alarm alice read (success); audit alice full (success) } }
process desk as alice {
  k = open key 'Machine\Settings' for read
  query k "Port"
  query k "Text"
  query k "List"
  query k "Big"
  query k "Bytes"
  h = open file "/watched" for read
  read h
  open file "/watched" for ACCESS_SYSTEM_SECURITY
  show threads
}
"#;

/// Where a fact stands in the JSON of its record.
enum Place {
    /// Among `facts`, under this word.
    Facts(&'static str),
    /// In a field of its own.
    Own(&'static str),
}

fn place(fact: &Fact) -> Place {
    match fact {
        Fact::Check(_) => Place::Own("checks"),
        Fact::Gate(_) => Place::Own("gate"),
        Fact::Opened(..) => Place::Own("status"),
        Fact::Script(_) => Place::Own("script_error"),
        Fact::Privilege(_) => Place::Facts("privilege"),
        Fact::HandleUse(_) => Place::Facts("handle_use"),
        Fact::ContinuousAudit(..) => Place::Facts("continuous_audit"),
        Fact::Peer(_) => Place::Facts("peer"),
        Fact::Shown(_) => Place::Facts("shown"),
        Fact::ShownThreads(_) => Place::Facts("shown_threads"),
        Fact::Note(_) => Place::Facts("note"),
        Fact::Value(_) => Place::Facts("value"),
        Fact::Data(_) => Place::Facts("data"),
        Fact::Link(..) => Place::Facts("link"),
        Fact::Owner(_) => Place::Facts("owner"),
        Fact::Security(_) => Place::Facts("security"),
        Fact::MadeUp(_) => Place::Facts("made_up"),
        Fact::Damaged(..) => Place::Facts("corrupt_sd"),
        Fact::Reason(_) => Place::Facts("reason"),
        Fact::Changed(..) => Place::Facts("changed"),
        Fact::DirectoryChanged(_) => Place::Facts("directory_changed"),
        Fact::Outdated(_) => Place::Facts("token_outdated"),
        Fact::SessionEnded(_) => Place::Facts("session_ended"),
        Fact::Previous(_) => Place::Facts("previous"),
        Fact::Remark(_) => Place::Facts("remark"),
        Fact::Started(..) => Place::Facts("started"),
    }
}

type Fields = BTreeMap<String, BTreeSet<String>>;

/// The words of a table of the page on traces, each with its fields.
fn documented(tag: &str) -> Fields {
    let page = fs::read_to_string(root().join("docs/trace.md")).expect("the page");
    let head = format!("| `{tag}` |");
    let table = page.lines().skip_while(|line| !line.starts_with(&head)).skip(2);
    let rows = table.take_while(|line| line.starts_with('|'));
    let words = |cell: &str| -> BTreeSet<String> {
        cell.split(',').map(|word| word.trim().trim_matches('`').to_owned()).collect()
    };
    rows.map(|row| {
        let cells: Vec<&str> = row.split('|').collect();
        (cells[1].trim().trim_matches('`').to_owned(), words(cells[2]))
    })
    .collect()
}

fn keys(value: &Value, without: &[&str]) -> BTreeSet<String> {
    let keys = value.as_object().expect("an object").keys();
    keys.filter(|key| !without.contains(&key.as_str())).cloned().collect()
}

/// The variants of a tagged type, as the schema has them.
fn in_the_schema(definition: &str, tag: &str) -> Fields {
    let schema: Value = serde_json::from_str(&run(&["schema", "trace"]).ends(0).out).expect("JSON");
    let defined = |name: &str| &schema["$defs"][name];
    let variants = defined(definition)["oneOf"].as_array().expect("variants");
    let variant = |variant: &Value| {
        let word = variant["properties"][tag]["const"].as_str().expect("a word").to_owned();
        let mut fields = keys(&variant["properties"], &[tag]);
        if let Some(name) = variant["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            fields.extend(keys(&defined(name)["properties"], &[]));
        }
        (word, fields)
    };
    variants.iter().map(variant).collect()
}

#[test]
fn the_page_and_the_schema_agree() {
    assert_eq!(documented("fact"), in_the_schema("FactLine", "fact"));
    assert_eq!(documented("audit"), in_the_schema("AuditLine", "audit"));
}

#[test]
fn every_fact_of_a_run_is_in_its_json() {
    let (facts, audits) = (documented("fact"), documented("audit"));
    let mut seen = BTreeSet::new();
    let mut told = BTreeSet::new();
    let gallery = scenarios().into_iter().map(|path| read(&root(), &path));
    for scenario in gallery.chain([play::parsed(REST)]) {
        for model in MODELS {
            for (record, line) in records(&scenario, model) {
                let mut wanted = Vec::new();
                for (position, fact) in record.facts.iter().enumerate() {
                    match place(fact) {
                        Place::Facts(word) => {
                            let again = record.facts[..position].contains(fact);
                            if !(again && matches!(fact, Fact::Outdated(_))) {
                                wanted.push(word);
                            }
                            seen.insert(word);
                        }
                        Place::Own(field) => {
                            let value = &line[field];
                            assert!(!value.is_null() && value.as_array().is_none_or(|list| !list.is_empty()));
                            seen.insert(field);
                        }
                    }
                }
                let list = line["facts"].as_array().expect("facts");
                let got: Vec<&str> = list.iter().map(|fact| fact["fact"].as_str().expect("a word")).collect();
                assert_eq!(got, wanted);
                for fact in list {
                    assert_eq!(
                        keys(fact, &["fact"]),
                        facts[fact["fact"].as_str().expect("a word")],
                        "{fact}"
                    );
                }
                for audit in line["checks"]
                    .as_array()
                    .expect("checks")
                    .iter()
                    .flat_map(|check| check["audits"].as_array().expect("audits"))
                {
                    let word = audit["audit"].as_str().expect("a word");
                    let who = ["audit", "subject", "effective", "effective_level"];
                    assert!(who.iter().all(|field| audit.get(field).is_some()), "{audit}");
                    assert_eq!(keys(audit, &who), audits[word], "{audit}");
                    told.insert(word.to_owned());
                }
            }
        }
    }
    let own = ["checks", "gate", "status", "script_error"];
    let all: BTreeSet<&str> = facts.keys().map(String::as_str).chain(own).collect();
    assert_eq!(seen, all);
    // A scenario's policies are sound, so none of their lists ends in an error.
    told.insert("policy_error".to_owned());
    assert_eq!(told, audits.keys().cloned().collect());
}

/// The facts of one thread's steps, in order.
fn facts_of(scenario: &str, thread: &str) -> Vec<Value> {
    let lines = records(&play::parsed(scenario), MODELS[0]);
    let own = lines.iter().filter(|(_, line)| line["process"] == thread);
    own.flat_map(|(_, line)| line["facts"].as_array().cloned().unwrap_or_default()).collect()
}

#[test]
fn facts_say_what_the_text_says() {
    let facts = facts_of(REST, "desk");
    let data: Vec<(&Value, &Value)> = facts
        .iter()
        .filter(|fact| fact["fact"] == "data")
        .map(|fact| (&fact["type"], &fact["value"]))
        .collect();
    let wanted = [
        (json!("DWORD"), json!(8080)),
        (json!("SZ"), json!("two\nlines \u{202e}")),
        (json!("MULTI_SZ"), json!(["a", "b"])),
        (json!("QWORD"), json!(u64::MAX)),
        (json!("BINARY"), json!("00ff")),
    ];
    assert_eq!(data, wanted.iter().map(|(kind, value)| (kind, value)).collect::<Vec<_>>());
    let watched = facts.iter().find(|fact| fact["fact"] == "continuous_audit").expect("it is watched");
    assert_eq!(watched["handle"]["object"], "/watched");
    assert_eq!((&watched["success"], &watched["effective"]["name"]), (&json!(true), &json!("alice")));
    // A gate of the subject, one of the process, and one that a level refuses.
    let gates = facts_of(
        "scenario gates\nuser alice { rid 1013 }\n\
         service server { account SYSTEM\n conn = accept\n impersonate conn\n check SeDebugPrivilege\n t = open_token process other for TOKEN_QUERY\n\
         revert\n t = logon alice\n assign t\n check SeDebugPrivilege }\n\
         process other as alice { wait 9ms }\n\
         process client as alice { connect server level impersonation }\n",
        "server",
    );
    let gates: Vec<[&str; 4]> = gates
        .iter()
        .filter(|fact| fact["fact"] == "privilege")
        .map(|fact| {
            let word = |value: &'static str| fact[value].as_str().unwrap_or("nobody");
            let asked = fact["asked"]["name"].as_str().unwrap_or("nobody");
            [word("privilege"), word("state"), word("token"), asked]
        })
        .collect();
    assert_eq!(
        gates,
        [
            ["SeDebugPrivilege", "absent", "subject", "alice"],
            ["SeDebugPrivilege", "absent", "subject", "alice"],
            ["SeTcbPrivilege", "held", "subject", "SYSTEM"],
            ["SeAssignPrimaryTokenPrivilege", "held", "primary", "SYSTEM"],
            ["SeDebugPrivilege", "absent", "subject", "alice"],
        ]
    );
}

#[test]
fn audits_name_the_identity_that_was_evaluated_and_the_one_in_effect() {
    // IMP-42: at Identification the founding model evaluates the Anonymous identity.
    let scenario = play::parsed(
        "scenario audited\nuser alice { rid 1013 }\nuser ops { rid 1014; privileges SeSecurityPrivilege; audit_policy privilege_use_success }\n\
         file \"/f\" { owner SYSTEM; dacl { allow alice read; allow ops read }; sacl { audit Everyone read (failure) } }\n\
         service server { account LocalService\n privileges SeImpersonatePrivilege\n conn = accept\n impersonate conn\n open file \"/f\" for read }\n\
         process client as alice { connect server level identification }\n\
         process desk as ops { open file \"/f\" for read, ACCESS_SYSTEM_SECURITY }\n",
    );
    let lines = records(&scenario, MODELS[0]);
    let audits: Vec<&Value> = lines
        .iter()
        .flat_map(|(_, line)| line["checks"].as_array().into_iter().flatten())
        .flat_map(|check| check["audits"].as_array().into_iter().flatten())
        .collect();
    let told = |audit: &Value| {
        let name = |who: &Value| who["name"].as_str().unwrap_or("nobody").to_owned();
        let kind = audit["audit"].as_str().expect("a word").to_owned();
        (kind, name(&audit["subject"]), name(&audit["effective"]), audit["effective_level"].clone())
    };
    let told: Vec<_> = audits.into_iter().map(told).collect();
    let access = ("access".to_owned(), "Anonymous".to_owned(), "alice".to_owned(), json!("identification"));
    let used = ("privilege_use".to_owned(), "ops".to_owned(), "ops".to_owned(), Value::Null);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.contains(&access) && told.contains(&used), "{told:?}");
}

#[test]
fn explanations_come_where_they_are_asked_for() {
    let story = root().join("scenarios/impersonation/without-the-privilege.scn");
    let story = story.to_string_lossy();
    let explained = |more: &[&str]| -> Vec<(bool, usize)> {
        let ran = run(&[&["run", &story, "--format", "jsonl"], more].concat()).ends(0);
        let lines = ran.out.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        let checks = lines.flat_map(|line| line["checks"].as_array().cloned().unwrap_or_default());
        let lines = |check: &Value| check["explanation"].as_array().expect("a list").len();
        checks.map(|check| (check["allowed"] == true, lines(&check))).collect()
    };
    assert!(explained(&[]).iter().all(|(_, lines)| *lines == 0));
    assert!(explained(&["--explain", "all"]).iter().all(|(_, lines)| *lines > 3));
    assert!(explained(&["--explain", "denied"]).iter().all(|(allowed, lines)| *allowed == (*lines == 0)));
}

#[test]
fn every_session_that_ends_is_told_once() {
    // SES-4: by the step that took its last token, or where a program ran out; those that are always there never end (SES-3).
    let mut by_steps = 0;
    let mut by_ends = 0;
    for scenario in scenarios().into_iter().map(|path| read(&root(), &path)) {
        for model in MODELS {
            let mut told: Vec<u64> = Vec::new();
            let finished = engine::run(&scenario, &RunConfig::of(&scenario, model), &mut |_, record| {
                by_ends += record.ended.len();
                told.extend(record.ended.iter().flat_map(|end| &end.sessions).map(|session| session.number));
                let ended = record.facts.iter().filter_map(|fact| match fact {
                    Fact::SessionEnded(session) => Some(session.number),
                    _ => None,
                });
                let before = told.len();
                told.extend(ended);
                by_steps += told.len() - before;
            });
            let finished = finished.expect("the model admits it");
            by_ends += finished.ended.len();
            told.extend(finished.ended.iter().flat_map(|end| &end.sessions).map(|session| session.number));
            told.sort_unstable();
            let sessions = (0..).map_while(|n| finished.world.session(SessionId(n)));
            let mut over: Vec<u64> = sessions
                .filter(|session| session.tokens == 0 && session.number > 1000)
                .map(|session| session.number)
                .collect();
            over.sort_unstable();
            assert_eq!(told, over, "{} under {}", scenario.name, model.name);
        }
    }
    assert!(by_steps > 20 && by_ends > 100, "{by_steps}, {by_ends}");
}

#[test]
fn the_end_of_a_program_is_told_where_everything_is() {
    let text = "scenario ends\nuser alice { rid 1013 }\nprocess one as alice { note \"x\" }\nprocess two as SYSTEM { wait 5us }\n";
    let shown = |arguments: &[&str]| {
        common::run_with(&[&["run", "-"], arguments].concat(), text.as_bytes()).ends(0).out
    };
    let ends = "       1us  one/main                 ends\n            logon-session-destroyed session:alice#1 (Interactive) of alice, begun at 0us [SES-4]\n";
    assert!(shown(&["--explain", "all"]).contains(ends));
    for plain in [&[][..], &["--explain", "denied"]] {
        assert!(!shown(plain).contains("session"), "{}", shown(plain));
    }
    let lines = shown(&["--format", "jsonl"]);
    let ends: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"))
        .filter(|line| line["kind"] == "end")
        .collect();
    assert_eq!(ends.len(), 1);
    assert_eq!(ends[0]["facts"][0]["session"], "alice#1");
    assert_eq!((&ends[0]["time"], &ends[0]["process"]), (&json!(1000), &json!("one")));
}
