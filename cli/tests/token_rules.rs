//! The rules of tokens, played from text: copies, restricted copies, adjustments, who may open which token, and elevation pairs.
//! The tables were typed from the rules, by model: kobicha, kacs, windows.

mod play;

use play::{Seen, play};
use sim_core::model::MODELS;

/// An outcome, and the stage that refused.
type Refused = (&'static str, &'static str);

const LEVELS: [&str; 4] = ["anonymous", "identification", "impersonation", "delegation"];
const TOO_LOW: &str = "BAD_IMPERSONATION_LEVEL";
const INVALID: &str = "INVALID_PARAMETER";
const DENIED: &str = "ACCESS_DENIED";

const WORLD: &str = "group staff { rid 2000 }\ngroup night { rid 2001 }\ngroup lead { rid 2002 }\ngroup visitors { rid 2003 }\n\
    user alice { rid 1013; groups staff, lead; groups night (disabled); privileges SeBackupPrivilege (disabled)\n\
    privileges SeShutdownPrivilege }\nuser bob { rid 1014 }\n";

/// What a process that runs as a principal sees, under every model in turn.
fn as_principal(who: &str, more: &str, steps: &str) -> Vec<Vec<Seen>> {
    let text = format!("scenario rules {{ }}\n{WORLD}{more}\nprocess p as {who} {{\n{steps}\n}}\n");
    MODELS.iter().map(|model| play(&text, model).of("p").into_iter().cloned().collect()).collect()
}

fn outcomes(seen: &[Seen]) -> Vec<&str> {
    seen.iter().map(|seen| seen.outcome.as_str()).collect()
}

fn kind(at: Option<usize>) -> String {
    at.map_or("(primary)".to_owned(), |at| format!("level {}", LEVELS[at]))
}

/// The copy: who it shows, or the error.
fn copied(seen: &[Seen]) -> String {
    let [.., copy, show] = seen else { return String::new() };
    if copy.outcome != "granted" {
        return copy.outcome.clone();
    }
    show.shown.split(' ').next().unwrap_or_default().to_owned()
}

#[test]
fn a_copy_has_the_type_and_level_of_tok_8() {
    // Rows: the source, Primary first. Columns: Primary, and the four levels (TOK-8, TOK-9, TOK-10).
    let ident = |own| ["alice", "Anonymous@0", "alice@1", own, own];
    let rows: [(Option<usize>, [[&str; 5]; 3]); 5] = [
        (None, [["alice", "Anonymous@0", "alice@1", "alice@2", "alice@3"]; 3]),
        (
            Some(0),
            [
                ["Anonymous", "Anonymous@0", INVALID, INVALID, INVALID],
                ["Anonymous", "Anonymous@0", INVALID, INVALID, INVALID],
                [TOO_LOW, "Anonymous@0", TOO_LOW, TOO_LOW, TOO_LOW],
            ],
        ),
        (Some(1), [ident(INVALID), ident(INVALID), [TOO_LOW, "Anonymous@0", "alice@1", TOO_LOW, TOO_LOW]]),
        (
            Some(2),
            [
                ["alice", "Anonymous@0", "alice@1", "alice@2", INVALID],
                ["alice", "Anonymous@0", "alice@1", "alice@2", INVALID],
                ["alice", "Anonymous@0", "alice@1", "alice@2", TOO_LOW],
            ],
        ),
        (Some(3), [["alice", "Anonymous@0", "alice@1", "alice@2", "alice@3"]; 3]),
    ];
    for (from, wanted) in rows {
        for (column, to) in [None, Some(0), Some(1), Some(2), Some(3)].into_iter().enumerate() {
            let steps = format!(
                "t = logon alice\ns = duplicate t {}\nd = duplicate s {}\nshow d",
                kind(from),
                kind(to)
            );
            for (n, seen) in as_principal("SYSTEM", "", &steps).iter().enumerate() {
                assert_eq!(copied(seen), wanted[n][column], "{from:?} to {to:?}, {}", MODELS[n].name);
                let told: &[&str] =
                    if from == Some(1) && to.is_none() && n < 2 { &["level_laundered"] } else { &[] };
                assert_eq!(seen[2].remarks, told, "{from:?} to {to:?}, {}", MODELS[n].name);
            }
        }
    }
}

#[test]
fn a_copy_at_identification_that_became_primary_is_installed_only_with_the_privilege() {
    // TOK-10, PRC-6
    let steps = "t = logon alice\ni = duplicate t level identification\nd = duplicate i (primary)\n\
                 disable SeAssignPrimaryTokenPrivilege\nassign d\nenable SeAssignPrimaryTokenPrivilege\nassign d\nshow";
    let wanted = ["granted", "granted", "granted", "ok", "PRIVILEGE_NOT_HELD", "ok", "ok", "ok"];
    let seen = as_principal("SYSTEM", "", steps);
    for seen in &seen[..2] {
        assert_eq!(outcomes(seen), wanted);
        assert!(seen[7].shown.starts_with("alice Medium"), "{}", seen[7].shown);
    }
    assert_eq!(seen[2][2].outcome, TOO_LOW);
}

#[test]
fn a_restricted_copy_is_as_tok_11_says() {
    const ALL: &str = "-SeBackupPrivilege +SeShutdownPrivilege";
    // What is taken away, at once or in two steps: what remains, or the error.
    let rows: [(&str, &str, String); 14] = [
        ("", "", format!("alice Medium {ALL}")),
        ("remove SeShutdownPrivilege", "", "alice Medium -SeBackupPrivilege".to_owned()),
        // What is absent can be removed all the same.
        ("remove SeDebugPrivilege, SeShutdownPrivilege", "", "alice Medium -SeBackupPrivilege".to_owned()),
        ("deny_only staff", "", format!("alice Medium denying staff {ALL}")),
        ("deny_only staff, lead", "", format!("alice Medium denying staff+lead {ALL}")),
        ("deny_only staff, staff", "", INVALID.to_owned()),
        ("deny_only visitors", "", INVALID.to_owned()),
        ("sids staff, visitors", "", format!("alice Medium restricted to staff+visitors {ALL}")),
        ("sids staff, visitors", "sids visitors, lead", format!("alice Medium restricted to visitors {ALL}")),
        ("sids staff, visitors", "sids lead", INVALID.to_owned()),
        // Without a list the second copy keeps the first one's (TOK-12: there is nothing to intersect with).
        (
            "sids staff",
            "remove SeShutdownPrivilege",
            "alice Medium restricted to staff -SeBackupPrivilege".to_owned(),
        ),
        ("deny_only staff", "deny_only lead", format!("alice Medium denying staff+lead {ALL}")),
        ("deny_only staff", "deny_only staff", format!("alice Medium denying staff {ALL}")),
        ("write_only; sids staff", "", format!("alice Medium restricted to staff {ALL}")),
    ];
    for (first, second, wanted) in rows {
        let again =
            if second.is_empty() { String::new() } else { format!("r = restrict r {{ {second} }}\n") };
        let steps = format!("t = logon alice\nr = restrict t {{ {first} }}\n{again}show r");
        for (n, seen) in as_principal("SYSTEM", "", &steps).iter().enumerate() {
            let [.., restrict, show] = seen.as_slice() else { panic!("{steps}") };
            let got = if restrict.outcome == "granted" { &show.shown } else { &restrict.outcome };
            assert_eq!(*got, wanted, "{first}, then {second}, {}", MODELS[n].name);
        }
    }
}

#[test]
fn used_is_copied_by_a_copy_and_begins_anew_in_a_restricted_one() {
    // TOK-8, TOK-11: SYSTEM uses a privilege, then goes on with a copy of its own token.
    for (make, kept) in [("duplicate t", true), ("restrict t { remove SeDebugPrivilege }", false)] {
        let steps = format!(
            "check SeSystemtimePrivilege\nt = open_token for TOKEN_ALL_ACCESS\nd = {make}\nassign d\nshow"
        );
        for seen in as_principal("SYSTEM", "", &steps) {
            assert_eq!(outcomes(&seen)[1..], ["granted", "granted", "ok", "ok"], "{make}");
            assert!(seen[0].used.contains(&"SeSystemtimePrivilege"));
            assert_eq!(seen[3].used.contains(&"SeSystemtimePrivilege"), kept, "{make}: {:?}", seen[3].used);
        }
    }
}

#[test]
fn privileges_change_as_a_whole_or_not_at_all() {
    // TOK-14, TOK-15. The request, its outcome by model, and the privileges after it.
    const BEFORE: &str = "-SeBackupPrivilege +SeShutdownPrivilege";
    const BACKUP: &str = "+SeBackupPrivilege +SeShutdownPrivilege";
    const NONE: &str = "-SeBackupPrivilege -SeShutdownPrivilege";
    let rows: [(&str, [&str; 3], [&str; 3]); 10] = [
        ("enable SeBackupPrivilege", ["ok"; 3], [BACKUP; 3]),
        ("enable SeBackupPrivilege, SeDebugPrivilege", [INVALID, INVALID, "ok"], [BEFORE, BEFORE, BACKUP]),
        ("enable SeDebugPrivilege", [INVALID, INVALID, "ok"], [BEFORE; 3]),
        ("enable SeBackupPrivilege, SeBackupPrivilege", [INVALID; 3], [BEFORE; 3]),
        ("disable SeShutdownPrivilege, SeShutdownPrivilege", [INVALID; 3], [BEFORE; 3]),
        ("disable SeShutdownPrivilege", ["ok"; 3], [NONE; 3]),
        ("disable SeShutdownPrivilege, SeDebugPrivilege", ["ok"; 3], [NONE; 3]),
        ("remove SeDebugPrivilege", ["ok"; 3], [BEFORE; 3]),
        ("remove SeShutdownPrivilege", ["ok"; 3], ["-SeBackupPrivilege"; 3]),
        ("remove SeShutdownPrivilege, SeShutdownPrivilege", [INVALID; 3], [BEFORE; 3]),
    ];
    for (request, outcome, after) in rows {
        for (n, seen) in as_principal("alice", "", &format!("{request}\nshow")).iter().enumerate() {
            assert_eq!(seen[0].outcome, outcome[n], "{request}, {}", MODELS[n].name);
            assert_eq!(seen[1].shown, format!("alice Medium {}", after[n]), "{request}, {}", MODELS[n].name);
        }
    }
    // A reset goes back to the defaults of what is still there; what was removed stays so.
    let steps = "enable SeBackupPrivilege\ndisable SeShutdownPrivilege\nreset privileges\nshow\n\
                 remove SeShutdownPrivilege\nreset privileges\nshow";
    for seen in as_principal("alice", "", steps) {
        assert_eq!(seen[3].shown, format!("alice Medium {BEFORE}"));
        assert_eq!(seen[6].shown, "alice Medium -SeBackupPrivilege");
    }
}

#[test]
fn removal_leaves_the_mark_of_use() {
    // TOK-15
    for seen in as_principal("alice", "", "check SeShutdownPrivilege\nremove SeShutdownPrivilege\nshow") {
        assert_eq!(seen[2].used, ["SeShutdownPrivilege"]);
    }
}

#[test]
fn groups_change_as_a_whole_or_not_at_all() {
    // TOK-16: the request, and whether what `night` and `staff` may read opens afterwards.
    let objects = "file \"/night\" { owner SYSTEM; dacl { allow night read } }\n\
                   file \"/staff\" { owner SYSTEM; dacl { allow staff read } }\n";
    let rows: [(&str, &str, [&str; 2]); 9] = [
        ("enable group night", "ok", ["granted", "granted"]),
        ("enable group night, night", INVALID, [DENIED, "granted"]),
        ("enable group night, visitors", INVALID, [DENIED, "granted"]),
        ("enable group night, alice", INVALID, [DENIED, "granted"]),
        ("disable group alice", INVALID, [DENIED, "granted"]),
        ("disable group staff, Everyone", INVALID, [DENIED, "granted"]),
        ("reset groups", "ok", [DENIED, "granted"]),
        ("disable group visitors", INVALID, [DENIED, "granted"]),
        ("disable group night, Everyone", INVALID, [DENIED, "granted"]),
    ];
    for (request, outcome, after) in rows {
        let steps = format!("{request}\nopen file \"/night\" for read\nopen file \"/staff\" for read");
        for (n, seen) in as_principal("alice", objects, &steps).iter().enumerate() {
            let wanted = [&[outcome][..], &after].concat();
            assert_eq!(outcomes(seen), wanted, "{request}, {}", MODELS[n].name);
        }
    }
    // What counts for deny entries only is not enabled again, by request or by a reset.
    let steps = "t = logon alice\nr = restrict t { deny_only staff }\nenable group staff on r\nreset groups on r\nshow r\n\
                 assign r\nopen file \"/staff\" for read";
    for seen in as_principal("SYSTEM", objects, steps) {
        assert_eq!(outcomes(&seen), ["granted", "granted", INVALID, "ok", "ok", "ok", DENIED]);
        assert!(seen[4].shown.contains("denying staff"), "{}", seen[4].shown);
    }
}

#[test]
fn defaults_are_of_objects_made_later() {
    // TOK-17: the owner is the user or a group that may own.
    let more = "user carol { rid 1020; groups staff (owner); groups lead }\n\
                directory \"/d\" { owner SYSTEM; dacl { allow Everyone full } }\n";
    let steps = "set_default_owner staff\ncreate file \"/d/a\" for read\nset_default_owner lead\n\
                 create file \"/d/b\" for read\nset_default_owner carol\ncreate file \"/d/c\" for read\n\
                 set_default_owner visitors\nset_default_group lead\nset_default_group visitors";
    for seen in as_principal("carol", more, steps) {
        let done = ["ok", "granted", INVALID, "granted", "ok", "granted", INVALID, "ok", INVALID];
        assert_eq!(outcomes(&seen), done);
        let owners: Vec<&str> = [1, 3, 5].map(|n: usize| seen[n].owner.as_str()).into();
        assert_eq!(owners, ["staff", "staff", "carol"]);
    }
}

#[test]
fn a_write_restricted_token_is_filtered_where_it_writes() {
    // TOK-11, RST-7: its second list is asked for what GENERIC_WRITE means for files, which has READ_CONTROL and SYNCHRONIZE in
    // it and neither DELETE nor WRITE_DAC; its user counts for deny entries only. A plain list is asked for everything.
    let dacl = |more: &str| format!("file \"/f\" {{ owner SYSTEM; dacl {{ {more}; allow staff full }} }}\n");
    let plain = "allow lead FILE_EXECUTE";
    let rows: [(&str, &str, [Refused; 2]); 12] = [
        (plain, "FILE_READ_DATA", [("granted", ""), (DENIED, "Restricted")]),
        (plain, "FILE_EXECUTE", [("granted", ""), (DENIED, "Restricted")]),
        (plain, "DELETE, FILE_READ_DATA", [("granted", ""), (DENIED, "Restricted")]),
        (plain, "WRITE_DAC, WRITE_OWNER, FILE_READ_DATA", [("granted", ""), (DENIED, "Restricted")]),
        (plain, "FILE_WRITE_DATA", [(DENIED, "Restricted"); 2]),
        (plain, "FILE_APPEND_DATA", [(DENIED, "Restricted"); 2]),
        // Reading as a whole takes READ_CONTROL and SYNCHRONIZE.
        (plain, "read", [(DENIED, "Restricted"); 2]),
        ("allow visitors READ_CONTROL, SYNCHRONIZE", "read", [("granted", ""), (DENIED, "Restricted")]),
        ("allow visitors write", "write", [("granted", ""); 2]),
        ("allow visitors write", "read, write", [("granted", ""), (DENIED, "Restricted")]),
        ("deny visitors FILE_WRITE_DATA; allow visitors write", "write", [(DENIED, "Restricted"); 2]),
        ("deny alice FILE_READ_DATA", "FILE_READ_DATA", [(DENIED, "DenyAce"), (DENIED, "DenyAce")]),
    ];
    for (more, rights, wanted) in rows {
        for (kind, (outcome, by)) in ["write_only; sids visitors", "sids visitors"].into_iter().zip(wanted) {
            let steps = format!(
                "t = logon alice\nr = restrict t {{ {kind} }}\nassign r\nopen file \"/f\" for {rights}"
            );
            for (n, seen) in as_principal("SYSTEM", &dacl(more), &steps).iter().enumerate() {
                let open = &seen[3];
                assert_eq!(open.outcome, outcome, "{kind}: {more}: {rights}, {}", MODELS[n].name);
                assert!(open.denied_by.starts_with(by), "{kind}: {more}: {rights}: {}", open.denied_by);
            }
        }
    }
    // What lets the user in does not let a write-restricted token in; a second copy stays what the first one was (DIV-37).
    // The second list would let each of them.
    let own = "file \"/f\" { owner SYSTEM; dacl { allow alice full; allow visitors full } }\n";
    for (first, second, outcome) in [
        ("remove SeShutdownPrivilege", "remove SeShutdownPrivilege", "granted"),
        ("write_only; sids visitors", "remove SeShutdownPrivilege", DENIED),
        ("remove SeShutdownPrivilege", "write_only; sids visitors", DENIED),
    ] {
        let steps = format!(
            "t = logon alice\nr = restrict t {{ {first} }}\nr = restrict r {{ {second} }}\nassign r\n\
             open file \"/f\" for FILE_READ_DATA"
        );
        for seen in as_principal("SYSTEM", own, &steps) {
            assert_eq!(seen[4].outcome, outcome, "{first}, then {second}");
        }
    }
}

#[test]
fn the_default_dacl_guards_what_inherits_nothing() {
    // TOK-17, IMP-30, DIV-11: the request, what creating comes to, and whether bob reads afterwards. In the first two models the
    // new list must let its creator in, or nothing is created.
    let more = "directory \"/d\" { owner SYSTEM; dacl { allow Everyone full } }\n\
                directory \"/passes\" { owner SYSTEM; dacl { allow Everyone full (inherit_files) } }\n";
    let gone = "NOT_FOUND";
    let rows: [(&str, &str, [&str; 3], [&str; 3]); 7] = [
        ("note \"as it is\"", "/d/f", ["granted"; 3], [DENIED; 3]),
        ("set_default_dacl { allow alice full; allow bob read }", "/d/f", ["granted"; 3], ["granted"; 3]),
        ("set_default_dacl { allow bob read }", "/d/f", [DENIED, DENIED, "granted"], [gone, gone, "granted"]),
        ("set_default_dacl { }", "/d/f", [DENIED, DENIED, "granted"], [gone, gone, DENIED]),
        ("set_default_dacl null", "/d/f", ["granted"; 3], ["granted"; 3]),
        // What the folder passes on takes its place.
        ("set_default_dacl { }", "/passes/f", ["granted"; 3], ["granted"; 3]),
        ("set_default_dacl { deny bob read; allow Everyone full }", "/d/f", ["granted"; 3], [DENIED; 3]),
    ];
    for (request, path, created, read) in rows {
        let text = format!("{more}process q as bob {{ at 1ms open file \"{path}\" for FILE_READ_DATA }}\n");
        let steps = format!("{request}\ncreate file \"{path}\" for FILE_READ_DATA");
        for (n, model) in MODELS.iter().enumerate() {
            let text = format!("scenario rules {{ }}\n{WORLD}{text}\nprocess p as alice {{\n{steps}\n}}\n");
            let played = play(&text, model);
            let of = |who: &str| played.of(who).last().map(|seen| seen.outcome.clone()).unwrap_or_default();
            assert_eq!([of("p"), of("q")], [created[n], read[n]], "{request}, {path}, {}", model.name);
        }
    }
    // It is the subject's: what a service changes on its own token is nothing to what it makes as its client.
    for model in MODELS {
        let text = format!(
            "scenario rules {{ }}\n{WORLD}{more}\
             service s {{ account bob\n privileges SeImpersonatePrivilege\n set_default_dacl {{ }}\n conn = accept\n \
             impersonate conn\n create file \"/d/hers\" for FILE_READ_DATA\n set_default_dacl {{ allow alice read; allow bob read }}\n \
             create file \"/d/ours\" for FILE_READ_DATA\n revert\n open file \"/d/hers\" for FILE_READ_DATA\n \
             open file \"/d/ours\" for FILE_READ_DATA }}\n\
             process p as alice {{ connect s\n at 1ms create file \"/d/own\" for FILE_READ_DATA }}\n\
             process q as bob {{ at 2ms open file \"/d/own\" for FILE_READ_DATA }}\n"
        );
        let played = play(&text, model);
        let seen: Vec<&str> = played.of("s")[3..].iter().map(|seen| seen.outcome.as_str()).collect();
        assert_eq!(seen, ["granted", "ok", "granted", "ok", DENIED, "granted"], "{}", model.name);
        // Her own process notices nothing of what the service changed on its copy (IMP-3).
        assert_eq!(played.of("q")[0].outcome, DENIED);
    }
}

#[test]
fn who_may_open_which_token() {
    // TOK-28, TOK-29, TOK-30: the process's descriptor (SeDebugPrivilege replaces it), trust, then the token's descriptor.
    let targets = "process alices as alice { wait 1ms }\nprocess systems as SYSTEM { wait 1ms }\n\
                   process vault as alice { pip protected 1024; wait 1ms }\n\
                   user dora { rid 1030; privileges SeDebugPrivilege }\nuser adam { rid 1031; groups Administrators; integrity high }\n\
                   user root { rid 1032; groups Administrators; privileges SeDebugPrivilege; integrity high }\n";
    let ok = ("granted", "");
    let no_ace = (DENIED, "NoAce");
    let trust = (DENIED, "Trust");
    let rows: [(&str, &str, &str, (&str, &str)); 22] = [
        ("alice", "", "TOKEN_QUERY", ok),
        ("alice", "", "TOKEN_QUERY, TOKEN_ADJUST_PRIVILEGES, TOKEN_ADJUST_GROUPS, TOKEN_ADJUST_DEFAULT", ok),
        ("alice", "", "READ_CONTROL", ok),
        ("alice", "", "TOKEN_DUPLICATE", no_ace),
        ("alice", "", "TOKEN_IMPERSONATE", no_ace),
        ("alice", "", "TOKEN_ASSIGN_PRIMARY", no_ace),
        ("alice", "", "TOKEN_ADJUST_SESSIONID", no_ace),
        ("alice", "", "WRITE_DAC", no_ace),
        ("alice", "", "WRITE_OWNER", no_ace),
        ("SYSTEM", "", "TOKEN_ALL_ACCESS", ok),
        ("alice", "process alices", "TOKEN_QUERY", ok),
        ("alice", "process alices", "TOKEN_DUPLICATE", no_ace),
        ("alice", "process vault", "TOKEN_QUERY", trust),
        ("bob", "process alices", "TOKEN_QUERY", no_ace),
        ("bob", "process vault", "TOKEN_QUERY", no_ace),
        ("dora", "process alices", "TOKEN_QUERY", no_ace),
        ("dora", "process vault", "TOKEN_QUERY", trust),
        ("SYSTEM", "process alices", "TOKEN_ALL_ACCESS", ok),
        ("SYSTEM", "process vault", "TOKEN_ALL_ACCESS", trust),
        ("adam", "process systems", "TOKEN_QUERY", ok),
        ("adam", "process alices", "TOKEN_QUERY", no_ace),
        ("root", "thread alices.main", "TOKEN_QUERY", no_ace),
    ];
    for (who, whose, rights, (outcome, by)) in rows {
        let steps = format!("t = open_token {whose} for {rights}");
        for (n, seen) in as_principal(who, targets, &steps).iter().enumerate() {
            let open = &seen[0];
            assert_eq!(open.outcome, outcome, "{who}: {steps}, {}: {open:?}", MODELS[n].name);
            let at = open.denied_by.split([' ', '(']).next().unwrap_or_default();
            assert!(
                by.is_empty() || at == by || open.denied_by.contains(by),
                "{who}: {steps}: {}",
                open.denied_by
            );
        }
    }
}

#[test]
fn the_interactive_session_is_the_authoritys_to_change() {
    // TOK-18, TOK-28: the right on the token, then SeTcbPrivilege of the process; it decides nothing, and a copy keeps it.
    let steps = "set_session_id 7\nt = logon alice\nset_session_id 3 on t\nd = duplicate t\nshow d\nr = restrict t { }\nshow r\n\
                 q = duplicate t for TOKEN_QUERY\nset_session_id 4 on q\ndisable SeTcbPrivilege\nset_session_id 5 on t\n\
                 set_session_id 5 on q\nshow t\nshow";
    for seen in as_principal("SYSTEM", "", steps) {
        let wanted = [
            "ok",
            "granted",
            "ok",
            "granted",
            "ok",
            "granted",
            "ok",
            "granted",
            DENIED,
            "ok",
            "PRIVILEGE_NOT_HELD",
            DENIED,
            "ok",
            "ok",
        ];
        assert_eq!(outcomes(&seen), wanted);
        let shown = |n: usize| {
            let facts = seen[n].json["facts"].as_array().into_iter().flatten();
            let mut sessions =
                facts.filter(|fact| fact["fact"] == "shown").map(|fact| fact["session_id"].clone());
            sessions.next().unwrap_or_default()
        };
        assert_eq!([4, 6, 12, 13].map(shown), [3, 3, 3, 7]);
    }
    // A subject may not by itself: its own token's descriptor does not let it.
    for seen in as_principal("alice", "", "set_session_id 1") {
        assert_eq!((seen[0].outcome.as_str(), seen[0].denied_by.as_str()), (DENIED, "NoAce"));
    }
    // The process is asked, not the client: SYSTEM's thread acts as somebody without the privilege.
    for model in MODELS {
        let text = format!(
            "scenario rules {{ }}\n{WORLD}service s {{ account SYSTEM\n t = logon bob\n conn = accept\n impersonate conn\n \
             set_session_id 2 on t\n show t }}\nprocess p as alice {{ connect s }}\n"
        );
        let played = play(&text, model);
        assert_eq!(played.of("s")[3].outcome, "ok", "{}", model.name);
    }
}

#[test]
fn the_kind_of_a_logon_is_a_group() {
    // SES-2: what an entry for the group of each kind lets read.
    let groups = ["Interactive", "Network", "Batch", "Service", "Users"];
    let rows = [
        ("interactive", [true, false, false, false, true]),
        ("network", [false, true, false, false, false]),
        ("batch", [false, false, true, false, true]),
        ("service", [false, false, false, true, true]),
        ("network_cleartext", [false, true, false, false, false]),
        ("new_credentials", [false, false, false, false, true]),
    ];
    let files: String = groups
        .iter()
        .map(|group| format!("file \"/{group}\" {{ owner SYSTEM; dacl {{ allow {group} read }} }}\n"))
        .collect();
    for (kind, wanted) in rows {
        let opens: String = groups.iter().map(|group| format!("open file \"/{group}\" for read\n")).collect();
        for seen in as_principal("SYSTEM", &files, &format!("t = logon alice ({kind})\nassign t\n{opens}")) {
            let read: Vec<bool> = seen[2..].iter().map(|seen| seen.outcome == "granted").collect();
            assert_eq!(read, wanted, "{kind}");
        }
    }
}

#[test]
fn sessions_that_are_always_there() {
    // SES-3: whose, and whether one service's is another's; NT has one for each of the two built-in accounts.
    for (n, model) in MODELS.iter().enumerate() {
        for (account, label) in [
            ("SYSTEM", "SYSTEM"),
            ("LocalService", "LocalService"),
            ("NetworkService", "NetworkService"),
            ("alice", "alice"),
        ] {
            let text = format!(
                "scenario rules {{ }}\n{WORLD}service one {{ account {account}\n show }}\nservice two {{ account {account}\n show\n exit }}\n"
            );
            let played = play(&text, model);
            let fact = |who: &str, word: &str, field: &str| -> Vec<String> {
                let facts = played
                    .of(who)
                    .into_iter()
                    .flat_map(|seen| seen.json["facts"].as_array().cloned().unwrap_or_default());
                let mine = facts.filter(|fact| fact["fact"] == *word);
                mine.map(|fact| fact[field].as_str().unwrap_or_default().to_owned()).collect()
            };
            let fixed = account == "SYSTEM" || n == 2 && account != "alice";
            let wanted = if fixed {
                [label.to_owned(), label.to_owned()]
            } else {
                [format!("{label}#1"), format!("{label}#2")]
            };
            assert_eq!([fact("one", "shown", "session"), fact("two", "shown", "session")].concat(), wanted);
            // Those that are always there never end (SES-4).
            assert_eq!(
                fact("two", "session_ended", "session").is_empty(),
                fixed,
                "{account}, {}",
                model.name
            );
        }
    }
}

#[test]
fn a_handle_gives_what_it_was_opened_for() {
    // TOK-30: an operation on a handle that lacks the right is refused without asking again.
    let steps = "q = open_token for TOKEN_QUERY\nduplicate q\nrestrict q { }\nimpersonate q\nassign q\n\
                 enable SeShutdownPrivilege on q\nreset groups on q\nset_default_owner SYSTEM on q\nshow q\n\
                 d = open_token for TOKEN_DUPLICATE\nshow d";
    for seen in as_principal("SYSTEM", "", steps) {
        let wanted =
            ["granted", DENIED, DENIED, DENIED, DENIED, DENIED, DENIED, DENIED, "ok", "granted", DENIED];
        assert_eq!(outcomes(&seen), wanted);
        assert!(seen[1..8].iter().all(|seen| seen.denied_by == "Handle"), "{:?}", seen[1].denied_by);
    }
}

#[test]
fn what_is_installed_is_a_copy() {
    // OPEN-14: the token in hand changes, and neither the process that was given it nor the thread that acts by it does.
    let (on, off) = ("+SeShutdownPrivilege", "-SeShutdownPrivilege");
    let change = "disable SeShutdownPrivilege on t\nshow t\nshow";
    for (install, who) in [
        ("t = logon alice\nassign t", "alice Medium"),
        ("u = logon alice\nt = duplicate u level impersonation\nimpersonate t", "alice@2 Medium"),
    ] {
        for seen in as_principal("SYSTEM", "", &format!("{install}\n{change}")) {
            let [.., hand, own] = seen.as_slice() else { panic!("{install}") };
            assert!(seen.iter().all(|seen| ["ok", "granted", "level 2"].contains(&seen.outcome.as_str())));
            assert_eq!(hand.shown, format!("{who} -SeBackupPrivilege {off}"));
            assert_eq!(own.shown, format!("{who} -SeBackupPrivilege {on}"));
        }
    }
}

#[test]
fn the_other_half_of_a_pair() {
    // TOK-40: the real one with SeTcbPrivilege, else a copy that can only be looked at.
    let more = "user rita { rid 1040; elevation limited }\nuser toni { rid 1041; elevation limited; privileges SeTcbPrivilege }\n";
    let own = "t = open_token for TOKEN_QUERY\nf = linked t\nshow f\nimpersonate f\nduplicate f\nassign f";
    for seen in as_principal("rita", more, own) {
        assert_eq!(outcomes(&seen), ["granted", "granted", "ok", DENIED, DENIED, DENIED]);
        assert!(seen[2].shown.starts_with("rita@1 High"), "{}", seen[2].shown);
    }
    for seen in as_principal("SYSTEM", more, "t = logon rita\nf = linked t\nshow f\nassign f\nshow") {
        assert_eq!(outcomes(&seen), ["granted", "granted", "ok", "ok", "ok"]);
        assert!(seen[2].shown.starts_with("rita High"), "{}", seen[2].shown);
    }
    // TOK-38: a partner whose place another took has none any more; TOK-8: a duplicate is no half.
    let relinked = "full = logon alice\none = restrict full { deny_only Users }\ntwo = restrict full { deny_only Users }\n\
        link full to one\nlinked one\nlink full to two\nlinked one\nlinked two\nlinked full\ncopy = duplicate two\nlinked copy";
    for seen in as_principal("SYSTEM", "", relinked) {
        let linked: Vec<String> =
            seen.iter().filter(|seen| seen.verb == "linked").map(|seen| seen.outcome.clone()).collect();
        assert_eq!(linked, ["granted", "NOT_FOUND", "granted", "granted", "NOT_FOUND"]);
    }
    for seen in as_principal("alice", more, "t = open_token for TOKEN_QUERY\nlinked t") {
        assert_eq!(outcomes(&seen), ["granted", "NOT_FOUND"]);
    }
}
