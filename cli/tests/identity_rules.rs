//! The rules of what a token holds and when it counts, played from text: flags of groups, second lists, states and marks of
//! privileges, rights on tokens, sessions, and how tokens are made. Tables were typed from the rules, by model: kobicha, kacs,
//! windows.

mod common;
mod play;

use common::run_with;
use play::{Seen, in_every_model, outcomes};
use serde_json::Value;
use sim_core::model::MODELS;

const DENIED: &str = "ACCESS_DENIED";
const INVALID: &str = "INVALID_PARAMETER";
const NOT_HELD: &str = "PRIVILEGE_NOT_HELD";

/// The facts of a kind that a record tells.
fn facts<'a>(seen: &'a Seen, kind: &str) -> Vec<&'a Value> {
    let all = seen.json["facts"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter().filter(|fact| fact["fact"] == *kind).collect()
}

/// The token that a record shows.
#[track_caller]
fn shown(seen: &Seen) -> &Value {
    facts(seen, "shown").into_iter().next().expect("something is shown")
}

#[test]
fn flags_of_a_group_say_when_it_matches() {
    // TOK-3, SID-7: what an entry lets, what one keeps, whether it is audited, and whether the group makes an owner. Ownership asks
    // for the SID alone, in NT for a group that can allow (W-ACC-6). A group that may own can be chosen as owner.
    type Row = (&'static str, [&'static str; 2], bool, [&'static str; 3], &'static str);
    let rows: [Row; 5] = [
        ("groups staff", ["granted", DENIED], true, ["granted"; 3], INVALID),
        ("groups staff (owner)", ["granted", DENIED], true, ["granted"; 3], "ok"),
        ("groups staff (disabled)", [DENIED, "granted"], false, ["granted", "granted", DENIED], INVALID),
        ("groups staff (deny_only)", [DENIED, DENIED], true, ["granted", "granted", DENIED], INVALID),
        ("", [DENIED, "granted"], false, [DENIED; 3], INVALID),
    ];
    for (groups, [allow, deny], audited, owner, chosen) in rows {
        let played = in_every_model(&format!(
            "group staff {{ rid 2000 }}\nuser alice {{ rid 1013; {groups} }}\n\
             file \"/allow\" {{ owner SYSTEM; dacl {{ allow staff read }} }}\n\
             file \"/deny\" {{ owner SYSTEM; dacl {{ deny staff read; allow alice read }} }}\n\
             file \"/audit\" {{ owner SYSTEM; dacl {{ allow alice read }}\n sacl {{ audit staff read (success) }} }}\n\
             file \"/owned\" {{ owner staff; dacl {{ }} }}\n\
             process p as alice {{ open file \"/allow\" for read\n open file \"/deny\" for read\n \
             open file \"/audit\" for read\n access file \"/owned\" for READ_CONTROL\n set_default_owner staff }}"
        ));
        for (n, played) in played.iter().enumerate() {
            let p = played.of("p");
            assert_eq!(
                outcomes(&p),
                [allow, deny, "granted", owner[n], chosen],
                "{groups}, {}",
                MODELS[n].name
            );
            let audits = p[2].json["checks"][0]["audits"].as_array().expect("audits");
            assert_eq!(!audits.is_empty(), audited, "{groups}, {}", MODELS[n].name);
        }
    }
    // What everybody is in cannot be disabled, what is listed can, and a reset goes back to what it was at first.
    for played in in_every_model(
        "group staff { rid 2000 }\ngroup night { rid 2001 }\nuser alice { rid 1013; groups staff; groups night (disabled) }\n\
         process p as alice { disable group Everyone\n disable group staff\n enable group night\n show\n reset groups\n show\n \
         disable group S-1-5-5-0-1001\n enable group S-1-5-5-0-1001\n disable group S-1-5-4 }",
    ) {
        let p = played.of("p");
        // The logon SID is not even enabled again (LOGON_ID); another one that everybody has, neither.
        assert_eq!(outcomes(&p), [INVALID, "ok", "ok", "ok", "ok", "ok", INVALID, INVALID, INVALID]);
        let logon = shown(p[3])["groups"].as_array().and_then(|groups| groups.last());
        assert_eq!(logon.map(|group| &group["sid"]), Some(&"S-1-5-5-0-1001".into()));
        let states = |seen: &Seen| -> Vec<String> {
            let groups = shown(seen)["groups"].as_array().cloned().unwrap_or_default();
            let state = |name: &str| {
                groups.iter().find(|group| group["name"] == *name).map(|g| g["state"].to_string())
            };
            ["Everyone", "staff", "night", "LogonSid"]
                .map(|name| state(name).unwrap_or_default().replace('"', ""))
                .into()
        };
        assert_eq!(states(p[3]), ["mandatory", "disabled", "enabled", "mandatory"]);
        assert_eq!(states(p[5]), ["mandatory", "enabled", "disabled", "mandatory"]);
    }
}

#[test]
fn second_lists_count_by_being_there() {
    // TOK-4, SID-9: restricting SIDs and capabilities whose attribute words say that they are disabled, or for deny entries only.
    let restricted = |attributes: &str| {
        format!(
            r#"{{"id":"r","token":{{"user":"S-1-5-21-1-2-3-1013","groups":[{{"sid":"S-1-1-0"}}],"restricted_sids":[{{"sid":"S-1-5-21-1-2-3-2000"{attributes}}}]}},"sddl":"O:SYD:(A;;0x1;;;WD)(A;;0x1;;;S-1-5-21-1-2-3-2000)","desired":"0x1"}}"#
        )
    };
    let confined = |attributes: &str| {
        format!(
            r#"{{"id":"c","token":{{"user":"S-1-5-21-1-2-3-1013","groups":[{{"sid":"S-1-1-0"}}],"confinement":{{"sid":"S-1-15-2-1-2-3-4-5-6-7","capabilities":[{{"sid":"S-1-15-3-8"{attributes}}}]}}}},"sddl":"O:SYD:(A;;0x1;;;WD)(A;;0x1;;;S-1-15-3-8)","desired":"0x1"}}"#
        )
    };
    let allowed = |request: &str, model: &str| {
        let ran = run_with(&["decide", "--model", model], format!("{request}\n").as_bytes()).ends(0);
        let answer: Value = serde_json::from_str(ran.out.lines().next().unwrap_or_default()).expect("JSON");
        answer["allowed"] == true
    };
    for model in MODELS {
        for attributes in
            ["", r#","attributes":[]"#, r#","attributes":["deny_only"]"#, r#","attributes":["enabled"]"#]
        {
            for request in [restricted(attributes), confined(attributes)] {
                assert!(allowed(&request, model.name), "{request}, {}", model.name);
                // The same lists, and an object that names what is not in them.
                let other = request.replace(";;;S-1-5-21-1-2-3-2000", ";;;S-1-5-21-1-2-3-2001");
                let other = other.replace(";;;S-1-15-3-8", ";;;S-1-15-3-9");
                assert!(!allowed(&other, model.name), "{other}, {}", model.name);
            }
        }
    }
    // A group that is disabled among the groups restricts all the same.
    for played in in_every_model(
        "group staff { rid 2000 }\nuser alice { rid 1013; groups staff (disabled); restricted { sids staff } }\n\
         file \"/f\" { owner SYSTEM; dacl { allow alice read; allow staff read } }\n\
         file \"/g\" { owner SYSTEM; dacl { allow alice read } }\n\
         process p as alice { open file \"/f\" for read\n open file \"/g\" for read }",
    ) {
        assert_eq!(outcomes(&played.of("p")), ["granted", DENIED]);
    }
}

#[test]
fn a_token_is_made_whole_or_not_at_all() {
    // TOK-7, SID-9: how many groups a user may list beside the four that it has anyway and the logon SID, which comes last.
    for (listed, outcome) in [(1, "granted"), (59, "granted"), (60, INVALID), (70, INVALID)] {
        let groups: Vec<String> = (0..listed).map(|n| format!("g{n}")).collect();
        let declared: String = (0..listed).map(|n| format!("group g{n} {{ rid {} }}\n", 3000 + n)).collect();
        for played in in_every_model(&format!(
            "{declared}user many {{ rid 1013; groups {} }}\n\
             process p as SYSTEM {{ t = logon many\n show t\n disable SeTcbPrivilege\n logon many }}",
            groups.join(", ")
        )) {
            let p = played.of("p");
            assert_eq!([&p[0].outcome, &p[3].outcome], [outcome, NOT_HELD], "{listed}");
            if outcome == "granted" {
                // TOKEN_ALL_ACCESS, and nothing is marked as used.
                assert_eq!(p[0].json["granted"]["value"], 0xF01FF);
                let groups = shown(p[1])["groups"].as_array().expect("groups");
                assert_eq!(groups.len(), 5 + listed);
                let last = groups.last().expect("groups");
                assert_eq!((&last["logon"], &last["state"]), (&true.into(), &"mandatory".into()));
                assert_eq!(groups.iter().filter(|group| group["logon"] == true).count(), 1);
            }
        }
    }
    // From nothing: the gate, the session, the kind, and what a token that is made holds.
    let rows: [(&str, &str, &str); 7] = [
        ("alice { }", "granted", "alice Medium alice#0"),
        ("alice in o { }", "granted", "alice Medium alice#1"),
        ("alice in q { }", "granted", "alice Medium alice#1"),
        ("alice in d { }", DENIED, ""),
        ("alice level impersonation { groups Users; integrity low }", "granted", "alice@2 Low alice#0"),
        (
            "alice level anonymous { groups Users; privileges SeDebugPrivilege }",
            "granted",
            "Anonymous@0 Untrusted Anonymous",
        ),
        (
            "alice { integrity high; privileges SeDebugPrivilege (disabled); restricted { sids Users; write_only } }",
            "granted",
            { "alice High restricted to Users -SeDebugPrivilege alice#0" },
        ),
    ];
    for (asked, outcome, wanted) in rows {
        for played in in_every_model(&format!(
            "user alice {{ rid 1013 }}\nprocess p as SYSTEM {{ o = logon alice\n q = duplicate o for TOKEN_QUERY\n \
             d = duplicate o for TOKEN_DUPLICATE\n t = create_token {asked}\n show t\n disable SeCreateTokenPrivilege\n \
             create_token {asked}\n show }}"
        )) {
            let p = played.of("p");
            let refused = if outcome == DENIED { DENIED } else { NOT_HELD };
            assert_eq!([&p[3].outcome, &p[6].outcome], [outcome, refused], "{asked}");
            assert!(p[7].used.contains(&"SeCreateTokenPrivilege") == (outcome == "granted"));
            if outcome == "granted" {
                let token = shown(p[4]);
                let session = token["session"].as_str().unwrap_or_default().replace("SYSTEM", "alice#0");
                assert_eq!(format!("{} {session}", p[4].shown), wanted, "{asked}");
                let listed = usize::from(asked.contains("groups Users")) + 1;
                let groups = token["groups"].as_array().expect("groups").len();
                assert!(groups == listed || wanted.starts_with("Anonymous"), "{asked}: {token}");
                assert_eq!(p[3].json["granted"]["value"], 0xF01FF);
            }
        }
    }
    for (listed, outcome) in [(63, "granted"), (64, INVALID)] {
        let groups: Vec<String> = (0..listed).map(|n| format!("g{n}")).collect();
        let declared: String = (0..listed).map(|n| format!("group g{n} {{ rid {} }}\n", 3000 + n)).collect();
        for played in in_every_model(&format!(
            "{declared}user alice {{ rid 1013 }}\nprocess p as SYSTEM {{ create_token alice {{ groups {} }} }}",
            groups.join(", ")
        )) {
            assert_eq!(played.of("p")[0].outcome, outcome, "{listed}");
        }
    }
    // The defaults are what it begins with, nothing was used yet, and who is write-restricted counts for deny entries only.
    for played in in_every_model(
        "group staff { rid 2000 }\nuser alice { rid 1013; groups staff (disabled); privileges SeBackupPrivilege (disabled)\n \
         privileges SeDebugPrivilege }\nuser bound { rid 1014; restricted { sids staff; write_only } }\n\
         file \"/f\" { owner SYSTEM; dacl { allow bound read; allow alice read } }\n\
         process p as alice { show\n enable SeBackupPrivilege\n disable SeDebugPrivilege\n reset privileges\n show }\n\
         process q as bound { open file \"/f\" for FILE_READ_DATA }",
    ) {
        let p = played.of("p");
        assert_eq!(p[0].shown, "alice Medium -SeBackupPrivilege +SeDebugPrivilege");
        assert_eq!(p[4].shown, p[0].shown);
        assert!(p[0].used.is_empty());
        assert_eq!(played.of("q")[0].outcome, DENIED);
    }
}

#[test]
fn restriction_leaves_what_privileges_gave() {
    // TOK-13, TOK-34: who opens, the privilege and what it is asked for; a sandbox takes it.
    let asks = [
        ("SeBackupPrivilege", "FILE_READ_DATA intent backup"),
        ("SeRestorePrivilege", "FILE_WRITE_DATA, WRITE_DAC intent restore"),
        ("SeTakeOwnershipPrivilege", "FILE_EXECUTE, WRITE_OWNER"),
        ("SeSecurityPrivilege", "FILE_EXECUTE, ACCESS_SYSTEM_SECURITY"),
    ];
    let tokens = [
        ("", "granted"),
        ("restricted { sids staff }", "granted"),
        ("restricted { sids staff; write_only }", "granted"),
        ("confined { package viewer }", DENIED),
        ("confined { package viewer; exempt }", "granted"),
        ("restricted { sids staff }; confined { package viewer }", DENIED),
    ];
    for (privilege, ask) in asks {
        for (shape, wanted) in tokens {
            for held in [true, false] {
                let privileges = if held { format!("privileges {privilege}") } else { String::new() };
                let played = in_every_model(&format!(
                    "group staff {{ rid 2000 }}\napp viewer {{ }}\nuser alice {{ rid 1013; {shape}\n {privileges} }}\n\
                     file \"/f\" {{ owner SYSTEM; dacl {{ allow Everyone execute; allow staff execute; allow viewer execute }} }}\n\
                     process p as alice {{ open file \"/f\" for {ask} }}"
                ));
                for (n, played) in played.iter().enumerate() {
                    let outcome = played.of("p")[0].outcome.as_str();
                    // NT asks for this privilege before anything else (W-ACC-4).
                    let first = n == 2 && !held && privilege == "SeSecurityPrivilege";
                    let wanted = if first {
                        NOT_HELD
                    } else if held {
                        wanted
                    } else {
                        DENIED
                    };
                    assert_eq!(outcome, wanted, "{privilege} {held}, {shape}, {}", MODELS[n].name);
                }
            }
        }
    }
}

#[test]
fn each_adjustment_that_succeeds_counts_once() {
    // TOK-20, TOK-1: the steps and what the token counts after them; a copy is a token of its own.
    let rows = [
        ("wait 1us", 0),
        ("enable SeBackupPrivilege", 1),
        ("enable SeBackupPrivilege, SeShutdownPrivilege", 1),
        // Nothing changes, and it succeeds all the same.
        ("disable SeBackupPrivilege", 1),
        ("disable SeDebugPrivilege", 1),
        ("enable SeBackupPrivilege, SeBackupPrivilege", 0),
        ("reset privileges\nreset groups", 2),
        ("disable group staff\nenable group staff\ndisable group Everyone", 2),
        ("set_default_owner alice\nset_default_group staff\nset_default_dacl { allow alice full }", 3),
        ("remove SeShutdownPrivilege\nremove SeShutdownPrivilege", 2),
        // Use marks, and is no adjustment.
        ("check SeShutdownPrivilege\ncheck SeShutdownPrivilege", 0),
        ("set_session_id 4", 0),
    ];
    let world = "group staff { rid 2000 }\nuser alice { rid 1013; groups staff; privileges SeBackupPrivilege (disabled)\n \
                 privileges SeShutdownPrivilege }\n";
    for (steps, wanted) in rows {
        for played in in_every_model(&format!(
            "{world}process p as alice {{ {steps}\n show\n spawn q }}\nprocess q {{ show }}"
        )) {
            let p = played.of("p");
            assert_eq!(shown(p[p.len() - 2])["adjustments"], wanted, "{steps}");
            assert_eq!(shown(played.of("q")[0])["adjustments"], 0, "{steps}");
        }
    }
    for played in in_every_model(&format!(
        "{world}process p as SYSTEM {{ t = logon alice\n enable SeBackupPrivilege on t\n d = duplicate t\n r = restrict t {{ }}\n \
         show t\n show d\n show r\n disable SeBackupPrivilege on d\n show t\n show d }}"
    )) {
        let p = played.of("p");
        let counts: Vec<&Value> = [4, 5, 6, 8, 9].map(|n: usize| &shown(p[n])["adjustments"]).into();
        assert_eq!(counts, [1, 0, 0, 1, 1]);
    }
}

#[test]
fn an_adjustment_tells_what_was_enabled_before() {
    // TOK-14, TOK-16: the mask of privileges, and the places of groups; nothing where nothing was adjusted.
    let backup = 1 << 17;
    let scenario = "group staff { rid 2000 }\nuser alice { rid 1013; groups staff; privileges SeBackupPrivilege (disabled) }\n\
                    process p as alice { enable SeBackupPrivilege; disable SeBackupPrivilege; reset privileges; \
                    disable group staff; reset groups; enable group staff; disable group Everyone; \
                    set_default_owner alice }";
    for played in in_every_model(scenario) {
        let before: Vec<Option<u64>> = played
            .of("p")
            .iter()
            .map(|seen| {
                let told = facts(seen, "previous");
                let word = told.first().and_then(|fact| fact["enabled"].as_str())?;
                u64::from_str_radix(word.trim_start_matches("0x"), 16).ok()
            })
            .collect();
        let [Some(first), Some(second), Some(third), Some(all), Some(less), Some(again), None, None] =
            before[..]
        else {
            panic!("{before:?}");
        };
        assert_eq!((first & backup, second, third), (0, first | backup, first));
        assert_eq!((again, (all ^ less).count_ones(), all & less), (all, 1, less));
    }
}

#[test]
fn a_privilege_counts_while_it_is_enabled() {
    // TOK-21: what the gate saw at each moment; the mark of use stays.
    for played in in_every_model(
        "user alice { rid 1013; privileges SeShutdownPrivilege (disabled) }\n\
         process p as alice { check SeDebugPrivilege\n check SeShutdownPrivilege\n enable SeShutdownPrivilege\n \
         check SeShutdownPrivilege\n disable SeShutdownPrivilege\n check SeShutdownPrivilege\n remove SeShutdownPrivilege\n \
         check SeShutdownPrivilege }",
    ) {
        let p = played.of("p");
        assert_eq!(outcomes(&p), [NOT_HELD, NOT_HELD, "ok", "ok", "ok", NOT_HELD, "ok", NOT_HELD]);
        let states: Vec<&Value> =
            [0, 1, 3, 5, 7].map(|n: usize| &facts(p[n], "privilege")[0]["state"]).into();
        assert_eq!(states, ["absent", "disabled", "held", "disabled", "absent"]);
        let used: Vec<bool> = p.iter().map(|seen| !seen.used.is_empty()).collect();
        assert_eq!(used, [false, false, false, true, true, true, true, true]);
    }
}

#[test]
fn a_privilege_is_marked_used_where_it_helped() {
    // TOK-22, by an access check: something that it gave and that was asked for is left.
    let rows: [(&str, &str, &str, [bool; 3]); 9] = [
        ("", "SeBackupPrivilege", "FILE_READ_DATA intent backup", [true; 3]),
        ("", "SeBackupPrivilege", "FILE_READ_DATA", [false; 3]),
        // It comes first, also where the list would have let.
        ("allow alice read", "SeBackupPrivilege", "read intent backup", [true; 3]),
        ("", "SeBackupPrivilege", "FILE_WRITE_DATA intent backup", [false; 3]),
        // The whole is refused, and what the privilege gave was left all the same.
        ("", "SeBackupPrivilege", "FILE_READ_DATA, FILE_WRITE_DATA intent backup", [true; 3]),
        ("allow alice read", "SeTakeOwnershipPrivilege", "FILE_READ_DATA, WRITE_OWNER", [true; 3]),
        // The list has let already, or nothing of the privilege's was asked for.
        (
            "allow alice read, WRITE_OWNER",
            "SeTakeOwnershipPrivilege",
            "FILE_READ_DATA, WRITE_OWNER",
            [false; 3],
        ),
        ("allow alice read", "SeTakeOwnershipPrivilege", "MAXIMUM_ALLOWED", [false; 3]),
        ("allow alice read", "SeBackupPrivilege", "MAXIMUM_ALLOWED intent backup", [false; 3]),
    ];
    for (dacl, privilege, ask, wanted) in rows {
        let played = in_every_model(&format!(
            "user alice {{ rid 1013; privileges {privilege} }}\nfile \"/f\" {{ owner SYSTEM; dacl {{ {dacl} }} }}\n\
             process p as alice {{ open file \"/f\" for {ask} }}"
        ));
        for (n, played) in played.iter().enumerate() {
            let open = played.of("p")[0];
            assert_eq!(
                open.used.contains(&privilege),
                wanted[n],
                "{dacl}: {ask}, {}: {open:?}",
                MODELS[n].name
            );
        }
    }
    // By a gate as soon as it accepts, whatever comes behind it: a process that cannot be reached, a second gate.
    for played in in_every_model(
        "user dora { rid 1030; privileges SeDebugPrivilege }\nuser bob { rid 1014 }\n\
         process vault as bob { pip protected 1024; wait 9ms }\n\
         process p as dora { show process vault }\n\
         process q as SYSTEM { disable SeAssignPrimaryTokenPrivilege\n spawn late as bob }\nprocess late { show }",
    ) {
        let (p, q) = (played.of("p")[0], played.of("q")[1]);
        assert_eq!((p.outcome.as_str(), p.denied_by.as_str()), (DENIED, "Trust"));
        assert!(p.used.contains(&"SeDebugPrivilege"));
        assert_eq!(q.outcome, NOT_HELD);
        assert_eq!(
            (q.used.contains(&"SeTcbPrivilege"), q.used.contains(&"SeAssignPrimaryTokenPrivilege")),
            (true, false)
        );
    }
}

#[test]
fn what_a_declared_principal_holds() {
    // TOK-25: two privileges unless they are taken away, what is listed, and nothing else; a refusal tells absent from disabled.
    const BOTH: [(&str, bool); 2] =
        [("SeChangeNotifyPrivilege", true), ("SeCreateSymbolicLinkPrivilege", true)];
    let rows: [(&str, Vec<(&str, bool)>); 5] = [
        ("", BOTH.into()),
        ("privileges SeChangeNotifyPrivilege (removed)", BOTH[1..].into()),
        ("privileges SeChangeNotifyPrivilege, SeCreateSymbolicLinkPrivilege (removed)", Vec::new()),
        ("privileges SeChangeNotifyPrivilege (disabled)", vec![(BOTH[0].0, false), BOTH[1]]),
        ("privileges SeBackupPrivilege; privileges SeDebugPrivilege (disabled)", {
            vec![("SeBackupPrivilege", true), ("SeDebugPrivilege", false), BOTH[0], BOTH[1]]
        }),
    ];
    for (privileges, mut wanted) in rows {
        wanted.sort_unstable();
        for who in [
            format!("user alice {{ rid 1013; {privileges} }}\nprocess p as alice {{ show }}"),
            format!("user alice {{ rid 1013 }}\nprocess p as alice {{ {privileges}\n show }}"),
            format!("service p {{ account LocalService\n {privileges}\n show }}"),
        ] {
            for played in in_every_model(&who) {
                let listed = shown(played.of("p")[0])["privileges"].as_array().cloned().unwrap_or_default();
                let mut held: Vec<(String, bool)> = listed
                    .iter()
                    .map(|row| {
                        (row["privilege"].as_str().unwrap_or_default().to_owned(), row["enabled"] == true)
                    })
                    .collect();
                held.sort_unstable();
                let held: Vec<(&str, bool)> = held.iter().map(|(name, on)| (name.as_str(), *on)).collect();
                assert_eq!(held, wanted, "{who}");
            }
        }
    }
    for (privilege, state) in [("", "absent"), ("privileges SeImpersonatePrivilege (disabled)", "disabled")] {
        for played in in_every_model(&format!(
            "user alice {{ rid 1013 }}\nservice s {{ account LocalService\n {privilege}\n conn = accept\n impersonate conn }}\n\
             process c as alice {{ connect s }}"
        )) {
            assert_eq!(played.of("s")[1].json["gate"]["privilege"], state);
        }
    }
}

#[test]
fn each_operation_on_a_token_takes_its_own_right() {
    // TOK-27: the number of each right, and what it lets; a handle with any other right alone lets nothing of it. The token is a
    // primary one, or a copy at Impersonation where that is impersonated.
    const RIGHTS: [(&str, u32); 8] = [
        ("TOKEN_ASSIGN_PRIMARY", 0x1),
        ("TOKEN_DUPLICATE", 0x2),
        ("TOKEN_IMPERSONATE", 0x4),
        ("TOKEN_QUERY", 0x8),
        ("TOKEN_ADJUST_PRIVILEGES", 0x20),
        ("TOKEN_ADJUST_GROUPS", 0x40),
        ("TOKEN_ADJUST_DEFAULT", 0x80),
        ("TOKEN_ADJUST_SESSIONID", 0x100),
    ];
    let rows: [(&str, usize, &str); 15] = [
        ("assign t", 0, "ok"),
        ("spawn q with t", 0, "ok"),
        ("duplicate t", 1, "granted"),
        ("restrict t { }", 1, "granted"),
        ("link t to other", 1, "ok"),
        ("link other to t", 1, "ok"),
        ("impersonate t", 2, "level 2"),
        ("show t", 3, "ok"),
        ("linked t", 3, "NOT_FOUND"),
        ("disable SeChangeNotifyPrivilege on t", 4, "ok"),
        ("reset privileges on t", 4, "ok"),
        ("reset groups on t", 5, "ok"),
        ("set_default_owner alice on t", 6, "ok"),
        ("set_default_dacl null on t", 6, "ok"),
        ("set_session_id 2 on t", 7, "ok"),
    ];
    for (step, needed, outcome) in rows {
        let kind = if step.starts_with("impersonate") { "level impersonation" } else { "" };
        for (n, (right, number)) in RIGHTS.iter().enumerate() {
            for played in in_every_model(&format!(
                "user alice {{ rid 1013 }}\nprocess q {{ show }}\nprocess p as SYSTEM {{ o = logon alice\n \
                 other = duplicate o\n t = duplicate o {kind} for {right}\n {step} }}"
            )) {
                let p = played.of("p");
                assert_eq!(p[2].json["granted"]["value"], *number, "{right}");
                assert_eq!(p[3].outcome, if n == needed { outcome } else { DENIED }, "{step} with {right}");
            }
        }
    }
    // Generic rights, and everything.
    for (asked, value) in [
        ("read", 0x20008),
        ("write", 0x400E0),
        ("execute", 0x4),
        ("full", 0xF01FF),
        ("TOKEN_ALL_ACCESS", 0xF01FF),
    ] {
        for played in in_every_model(&format!("process p as SYSTEM {{ open_token for {asked} }}")) {
            assert_eq!(played.of("p")[0].json["granted"]["value"], value, "{asked}");
        }
    }
}

#[test]
fn elevating_asks_for_nothing_and_counts_by_what_the_token_holds() {
    // TOK-41: a new process with a copy of the full half, for whoever has one; no check looks at which half a token is.
    for played in in_every_model(
        "user rita { rid 1040; elevation limited }\nuser alice { rid 1013 }\n\
         process desk as rita { show\n elevate console\n at 1ms show }\n\
         process console { show\n disable SeChangeNotifyPrivilege\n elevate second }\n\
         process second { show }\nprocess plain as alice { elevate never }\nprocess never { show }",
    ) {
        let desk = played.of("desk");
        assert_eq!(outcomes(&desk), ["ok", "ok", "ok"]);
        assert!(
            desk[1].json["checks"].as_array().is_some_and(Vec::is_empty)
                && facts(desk[1], "privilege").is_empty()
        );
        let console = played.of("console");
        assert!(desk[0].shown.starts_with("rita Medium denying Administrators"), "{}", desk[0].shown);
        assert_eq!(console[0].shown, "rita High");
        assert_eq!(shown(console[0])["session"], shown(desk[0])["session"]);
        // A copy: what one process changes on its own is not on the next.
        let privileges = |seen: &Seen| shown(seen)["privileges"].clone();
        assert_eq!(privileges(played.of("second")[0]), privileges(console[0]));
        assert_eq!(desk[2].shown, desk[0].shown);
        assert_eq!(played.of("plain")[0].outcome, "NOT_FOUND");
        assert!(played.of("never").is_empty());
    }
    // Whoever holds the same without being half of a pair is decided alike.
    let objects = "file \"/a\" { owner SYSTEM; dacl { allow Administrators full } }\n\
                   file \"/b\" { owner SYSTEM; dacl { deny Administrators read; allow Users read } }\n\
                   file \"/c\" { owner SYSTEM; dacl { allow Users full }; sacl { label high no_write_up } }\n";
    let opens = "open file \"/a\" for read\n open file \"/b\" for read\n open file \"/c\" for write";
    for (half, alike) in [
        ("elevation limited", "groups Administrators (deny_only)"),
        ("elevation full", "groups Administrators (owner); integrity high; mandatory_policy no_write_up"),
    ] {
        for played in in_every_model(&format!(
            "user rita {{ rid 1040; {half} }}\nuser twin {{ rid 1041; {alike} }}\n{objects}\
             process p as rita {{ {opens} }}\nprocess q as twin {{ {opens} }}"
        )) {
            let decided = |who: &str| -> Vec<(String, String)> {
                played.of(who).iter().map(|seen| (seen.outcome.clone(), seen.denied_by.clone())).collect()
            };
            assert_eq!(decided("p"), decided("q"), "{half}");
        }
    }
}

#[test]
fn a_session_has_a_number_and_a_sid_that_checks_never_ask_for() {
    // SES-1, SES-4: what is told of it, and the SID that is made of its number.
    for (n, played) in in_every_model(
        "user alice { rid 1013 }\nfile \"/f\" { owner SYSTEM; dacl { allow alice read } }\n\
         process p as SYSTEM { wait 7us\n t = logon alice (network)\n show t\n close t }\n\
         process one as alice { open file \"/f\" for read\n show }\nprocess two as alice { open file \"/f\" for read\n show }",
    )
    .iter()
    .enumerate()
    {
        let p = played.of("p");
        let ended = facts(p[3], "session_ended");
        let [ended] = ended.as_slice() else { panic!("{ended:?}") };
        let number = ended["number"].as_u64().expect("a number");
        let told = ["session", "logon", "package", "since"].map(|field| ended[field].to_string());
        assert_eq!(told, ["\"alice#3\"", "\"Network\"", "\"Negotiate\"", "7000"], "{}", MODELS[n].name);
        assert_eq!(ended["user"]["name"], "alice");
        let groups = shown(p[2])["groups"].as_array().expect("groups");
        let sid = groups.last().expect("groups")["sid"].as_str().unwrap_or_default();
        assert_eq!(sid, format!("S-1-5-5-{}-{}", number >> 32, number & 0xFFFF_FFFF));
        // Two sessions of one user: decided alike, and each with a SID of its own.
        let (one, two) = (played.of("one"), played.of("two"));
        assert_eq!((&one[0].outcome, &two[0].outcome), (&"granted".to_owned(), &"granted".to_owned()));
        let logon = |seen: &Seen| shown(seen)["groups"].as_array().and_then(|groups| groups.last().cloned());
        assert_ne!(logon(one[1]), logon(two[1]));
    }
}

#[test]
fn another_principal_renames_no_session() {
    // SES-6: names are counted for each principal, so that who is declared in front of alice is nothing to what is told of her.
    let alice = "process a as alice { show }\nprocess b as alice { show }\nprocess p as SYSTEM { t = logon alice\n show t }";
    let names = |more: &str| -> Vec<Vec<String>> {
        in_every_model(&format!("{more}\nuser alice {{ rid 1013 }}\n{alice}"))
            .iter()
            .map(|played| {
                let seen = [played.of("a")[0], played.of("b")[0], played.of("p")[1]];
                seen.map(|seen| shown(seen)["session"].as_str().unwrap_or_default().to_owned()).into()
            })
            .collect()
    };
    let plain = names("");
    assert_eq!(plain, vec![["alice#1", "alice#2", "alice#3"]; 3]);
    assert_eq!(
        names(
            "user bob { rid 1014 }\nprocess z as bob { wait 1ms }\nservice y { account LocalService; wait 1ms }"
        ),
        plain
    );
}

#[test]
fn looking_is_for_who_may_and_for_oneself() {
    // IMP-40, TOK-30, OPEN-10: a thread at each level looks at itself, in every model; at others only as its subject may.
    for level in ["anonymous", "identification", "impersonation", "delegation"] {
        let played = in_every_model(&format!(
            "user alice {{ rid 1013 }}\nuser bob {{ rid 1014 }}\nprocess hers as alice {{ wait 9ms }}\n\
             service s {{ account bob\n privileges SeImpersonatePrivilege\n conn = accept\n impersonate conn\n show\n \
             show threads\n t = open_token for TOKEN_QUERY\n show t\n open_token for TOKEN_QUERY, TOKEN_ADJUST_PRIVILEGES\n \
             show process hers\n show process s }}\nprocess c as alice {{ connect s level {level} }}"
        ));
        for (n, played) in played.iter().enumerate() {
            let s = played.of("s");
            let who = if level == "anonymous" { "Anonymous" } else { "alice" };
            assert!(s[2].shown.starts_with(&format!("{who}@")), "{level}: {}", s[2].shown);
            // NT does not open a token at Anonymous, not even one's own (IMP-21).
            let closed = n == 2 && level == "anonymous";
            let (opens, looks) =
                if closed { ("CANT_OPEN_ANONYMOUS", "INVALID_HANDLE") } else { ("granted", "ok") };
            assert_eq!(outcomes(&s[2..6]), ["ok", "ok", opens, looks], "{level}, {}", MODELS[n].name);
            let acts = ["impersonation", "delegation"].contains(&level);
            assert_eq!(
                s[6].outcome == "granted",
                acts || level == "anonymous" && n < 2,
                "{level}, {}",
                MODELS[n].name
            );
            // Her process lets her look; the service may look at itself, whoever its thread acts as.
            assert_eq!(
                [s[7].outcome == "ok", s[8].outcome == "ok"],
                [acts, true],
                "{level}, {}",
                MODELS[n].name
            );
        }
    }
    // The command sees everything, also what no step may.
    let text = "scenario closed\nuser alice { rid 1013 }\nprocess vault as alice { pip protected 1024; dacl { }; wait 9ms }\n";
    let ran = run_with(&["idn", "show", "-", "vault", "--at", "1us"], text.as_bytes()).ends(0);
    assert!(ran.out.contains("(alice)"), "{}", ran.out);
}

#[test]
fn a_service_is_started_by_somebody_who_is_trusted() {
    // PRC-17, PRC-5, TOK-7, DIV-35, SID-11: nothing is asked, nothing is recorded, and what is declared is what it then has: account and own SID,
    // privileges, integrity as the final value, trust, its descriptor.
    for played in in_every_model(
        "user alice { rid 1013 }\n\
         service high { account alice\n integrity high; mandatory_policy no_write_up, new_process_min\n \
         privileges SeDebugPrivilege (disabled)\n pip protected 512\n show }\n\
         service plain { account alice; show }\nservice builtin { account LocalService; show }",
    ) {
        assert_eq!(played.records.len(), 3);
        assert_eq!(played.of("high")[0].shown, "alice High -SeDebugPrivilege");
        assert_eq!(played.of("plain")[0].shown, "alice Medium");
        assert_eq!(played.of("builtin")[0].shown, "LocalService System");
        for (name, at) in [("high", 100), ("plain", 200), ("builtin", 300)] {
            let seen = played.of(name)[0];
            assert_eq!((&seen.json["pid"], &seen.json["tid"]), (&at.into(), &at.into()));
            let token = shown(seen);
            assert_eq!((&token["session_id"], &token["adjustments"]), (&0.into(), &0.into()));
            assert_eq!(token["logon"], "Service");
            let groups = token["groups"].as_array().expect("groups");
            let own: Vec<&Value> = groups.iter().filter(|group| group["name"] == *name).collect();
            assert!(own.len() == 1 && own[0]["state"] == "mandatory", "{name}: {groups:?}");
            assert!(groups.iter().any(|group| group["name"] == "Service"), "{name}: {groups:?}");
            assert!(seen.used.is_empty());
        }
    }
    // Where nothing is declared its integrity is its account's (DIV-35).
    for played in in_every_model(
        "user grace { rid 1015; integrity high }\nuser lou { rid 1016; integrity low }\n\
         service one { account grace; show }\nservice two { account lou; show }\nservice three { account NetworkService; show }",
    ) {
        let shown = ["one", "two", "three"].map(|name| played.of(name)[0].shown.as_str());
        assert_eq!(shown, ["grace High", "lou Low", "NetworkService System"]);
    }
    // It is there when the first client comes, in whatever order they are declared.
    for played in in_every_model(
        "user alice { rid 1013 }\nprocess c as alice { connect late }\nservice late { account LocalService; accept }",
    ) {
        assert_eq!((played.of("c")[0].outcome.as_str(), played.of("late").len()), ("ok", 1));
    }
}
