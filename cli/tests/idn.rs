//! `scn idn`: who somebody is at an instant, in text and as JSON, and two identities held against each other (IMP-38, IMP-39).

mod common;

use common::run_with;
use serde_json::Value;

const WORLD: &str = "scenario who\nuser alice { rid 1013; groups staff (disabled); privileges SeBackupPrivilege (disabled) }\n\
    group staff { rid 2000 }\n\
    service server { account LocalService\n privileges SeImpersonatePrivilege\n conn = accept\n impersonate conn => ok\n wait 1ms\n revert }\n\
    process client as alice { connect server level identification\n wait 1ms }\n";

fn idn(arguments: &[&str]) -> String {
    let [what, targets @ ..] = arguments else { return String::new() };
    run_with(&[&["idn", what, "-"], targets, &["--at", "5us"]].concat(), WORLD.as_bytes()).ends(0).out
}

#[test]
fn sids_of_domains_are_shortened_where_that_is_asked_for() {
    let full = idn(&["show", "client"]);
    assert!(full.starts_with("User:         S-1-5-21-1000-2000-3000-1013 (alice)\n"), "{full}");
    let short = idn(&["show", "client", "--short"]);
    assert!(short.starts_with("User:         S-1-5-21-...-1013 (alice)\n"), "{short}");
    // Columns stay where they are.
    assert!(short.contains("\n  S-1-5-21-...-2000      staff                disabled\n"), "{short}");
    assert!(short.contains("\n  S-1-5-32-545           Users                mandatory\n"), "{short}");
    assert!(idn(&["threads", "client", "--short"]).contains("no              S-1-5-21-...-1013 (alice)\n"));
}

#[test]
fn identities_are_objects() {
    let shown: Value =
        serde_json::from_str(&idn(&["show", "server/main", "--format", "json"])).expect("JSON");
    assert_eq!((&shown["of"], &shown["level"]), (&"thread".into(), &"identification".into()));
    assert_eq!(shown["user"]["name"], "alice");
    let threads: Value =
        serde_json::from_str(&idn(&["threads", "server", "--format", "json"])).expect("JSON");
    assert_eq!(threads["threads"][0]["impersonating"], true);
    let compared = idn(&["compare", "server", "client", "--format", "json"]);
    let compared: Value = serde_json::from_str(&compared).expect("JSON");
    assert_eq!(
        (&compared["a"]["user"]["name"], &compared["b"]["user"]["name"]),
        (&"LocalService".into(), &"alice".into())
    );
    assert!(
        compared["lines"]
            .as_array()
            .expect("lines")
            .iter()
            .any(|line| line["same"] == false && line["b"].is_null())
    );
}

#[test]
fn two_identities_stand_side_by_side() {
    let rows: Vec<String> = idn(&["compare", "client", "server/main"])
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    assert_eq!(
        rows,
        [
            "User S-1-5-21-1000-2000-3000-1013 (alice) = S-1-5-21-1000-2000-3000-1013 (alice)",
            "Integrity Medium = Medium",
            "Logon Session session:alice#1 (Interactive) = session:alice#1 (Interactive)",
            "Primary yes != -",
            "Impersonating - != yes",
            "Impersonation Level - != Identification",
            "S-1-1-0 (Everyone) mandatory = mandatory",
            "S-1-5-11 (AuthenticatedUsers) mandatory = mandatory",
            "S-1-5-32-545 (Users) mandatory = mandatory",
            "S-1-5-4 (Interactive) mandatory = mandatory",
            "S-1-5-21-1000-2000-3000-2000 (staff) disabled = disabled",
            "LogonSid mandatory = mandatory",
            "SeBackupPrivilege disabled = disabled",
            "SeChangeNotifyPrivilege enabled = enabled",
            "SeCreateSymbolicLinkPrivilege enabled = enabled",
        ]
    );
    // Against itself nothing differs, and the columns of a kind are where they are for every line.
    let same = idn(&["compare", "server", "server"]);
    assert!(same.lines().all(|line| line.contains("  =   ")), "{same}");
    let column = |line: &str| line.find("  =   ").unwrap_or_default();
    let mut columns: Vec<usize> = same.lines().map(column).collect();
    columns.dedup();
    assert_eq!(columns.len(), 1);
}
