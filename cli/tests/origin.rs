//! `--explain` and JSON Lines tell how a thread came by the identity that it acts as (IMP-41).

mod common;

use common::run_with;

const STORY: &str = "scenario origin { }\nuser alice { rid 1013 }\nuser vendor { rid 1014 }\n\
    service server { account vendor\n privileges SeImpersonatePrivilege\n\
    thread listener { c = accept\n impersonate c\n revert\n t = capture c\n give t to worker\n impersonate anonymous }\n\
    thread worker { t = take\n impersonate t\n open file \"/x\" for read\n revert } }\n\
    process editor as alice { LEVEL }\n";

#[track_caller]
fn told(level: &str, model: &str) -> Vec<String> {
    let text = STORY.replace("LEVEL", level);
    let ran = run_with(&["run", "-", "--explain", "all", "--model", model], text.as_bytes()).ends(0);
    let lines = ran.out.lines().map(str::trim_start);
    lines.filter_map(|line| line.strip_prefix("identity ")).map(|line| line.trim_start().to_owned()).collect()
}

#[test]
fn an_identity_is_told_with_where_it_came_from() {
    let lines = told("wait 2ms\n connect server level identification", "kacs");
    assert_eq!(
        lines.first().map(String::as_str),
        Some(
            "alice at identification, from connection c, captured at 2ms from editor/main, level set by the client [IMP-3]"
        )
    );
    let by_token = "alice at identification, by a token that server/listener captured, captured at 2ms from editor/main, \
                    level set by the client [IMP-22]";
    assert_eq!(lines.iter().filter(|line| *line == by_token).count(), 2, "{lines:#?}");
    assert!(lines.iter().any(|line| line == "Anonymous at anonymous, by impersonate anonymous [IMP-18]"));
}

#[test]
fn what_lowered_a_level_is_told() {
    // The service runs at Medium, its client at High (IMP-11).
    let lines = told("integrity high\n connect server", "kobicha");
    assert!(lines[0].starts_with("alice at identification"), "{lines:#?}");
    assert!(lines[0].ends_with("level set by the integrity ceiling [IMP-3]"), "{lines:#?}");
}

#[test]
fn json_tells_the_same() {
    let text = STORY.replace("LEVEL", "wait 2ms\n connect server level identification");
    let ran = run_with(&["run", "-", "--format", "jsonl", "--model", "windows"], text.as_bytes()).ends(0);
    let records: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let impersonate: Vec<_> = records.iter().filter(|record| record["verb"] == "impersonate").collect();
    assert_eq!(impersonate[0]["origin"]["connection"], "c");
    assert_eq!(impersonate[0]["origin"]["captured_at"], 2_000_000);
    assert_eq!(impersonate[0]["origin"]["captured_from"], "editor/main");
    assert_eq!(impersonate[0]["origin"]["level_set_by"], "the client");
    assert_eq!(impersonate[0]["not_evaluated"], "identification_level");
    assert!(impersonate.iter().any(|record| record["origin"]["opened_by"] == "server/listener"));
    let revert = records.iter().find(|record| record["verb"] == "revert").expect("it reverts");
    assert!(revert["origin"].is_null() && revert["not_evaluated"].is_null());
}
