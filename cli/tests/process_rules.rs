//! The rules of processes and hosts, played from text: what a new process begins with, what a program changes, who may reach a
//! process, and who arrives on another machine. The tables were typed from the rules, by model: kobicha, kacs, windows.

mod play;

use play::{Played, outcomes};
use sim_core::model::MODELS;

const TOO_LOW: &str = "BAD_IMPERSONATION_LEVEL";
const DENIED: &str = "ACCESS_DENIED";
const NOT_HELD: &str = "PRIVILEGE_NOT_HELD";

const WORLD: &str = "user alice { rid 1013; privileges SeBackupPrivilege }\nuser bob { rid 1014 }\n";

fn in_every_model(scenario: &str) -> Vec<Played> {
    play::in_every_model(&format!("{WORLD}{scenario}"))
}

#[test]
fn a_new_process_begins_with_a_copy_of_the_primary_token() {
    // PRC-2, TOK-5: state and marks are copied, and later changes of either are not the other's.
    let played = in_every_model(
        "user carol { rid 1020; privileges SeShutdownPrivilege, SeSystemtimePrivilege }\n\
         process parent as carol {\n check SeSystemtimePrivilege\n disable SeShutdownPrivilege\n spawn child\n show\n\
         at 1ms check SeShutdownPrivilege\n show }\n\
         process child {\n show\n enable SeShutdownPrivilege\n remove SeSystemtimePrivilege }\n",
    );
    for played in played {
        let (parent, child) = (played.of("parent"), played.of("child"));
        assert_eq!(outcomes(&parent), ["ok", "ok", "ok", "ok", NOT_HELD, "ok"]);
        assert_eq!(child[0].shown, "carol Medium +SeSystemtimePrivilege -SeShutdownPrivilege");
        assert_eq!(child[0].used, ["SeSystemtimePrivilege"]);
        assert_eq!(parent[5].shown, child[0].shown);
    }
}

#[test]
fn a_new_process_is_the_service_whomever_its_maker_acts_as() {
    // PRC-2, PRC-3, IMP-25; `no_child_process` refuses processes, not threads, and goes on to nobody new.
    for played in in_every_model(
        "service server { account bob\n privileges SeImpersonatePrivilege\n thread main { conn = accept\n impersonate conn\n \
         spawn worker\n spawn thread second\n show }\n thread second { show } }\n\
         process worker { show }\n process client as alice { connect server }\n\
         process childless as bob { no_child_process\n thread main { spawn late\n spawn thread other }\n thread other { show } }\n\
         process late { show }\n",
    ) {
        assert!(played.of("server/main")[4].shown.starts_with("alice@2"));
        assert!(
            played.of("server/second")[0].shown.starts_with("bob "),
            "{:?}",
            played.of("server/second")[0]
        );
        assert!(played.of("worker")[0].shown.starts_with("bob "));
        assert_eq!(outcomes(&played.of("childless/main")), [DENIED, "ok"]);
        assert!(played.of("late").is_empty());
    }
}

#[test]
fn a_program_is_asked_for_as_the_subject() {
    // PRC-4. The level of the client, who may execute, the outcome by model; a refusal leaves the identity as it was.
    let rows = [
        ("impersonation", "bob", [DENIED; 3]),
        ("impersonation", "alice", ["ok"; 3]),
        ("delegation", "bob", [DENIED; 3]),
        ("identification", "bob", [DENIED, DENIED, TOO_LOW]),
        ("identification", "alice", [DENIED, DENIED, TOO_LOW]),
        ("identification", "Anonymous", ["ok", DENIED, TOO_LOW]),
        ("anonymous", "Anonymous", ["ok", "ok", TOO_LOW]),
        ("anonymous", "bob", [DENIED, DENIED, TOO_LOW]),
    ];
    for (level, who, wanted) in rows {
        let played = in_every_model(&format!(
            "file \"/tool\" {{ owner SYSTEM; dacl {{ allow {who} execute }} }}\n\
             service server {{ account bob\n privileges SeImpersonatePrivilege\n thread main {{ conn = accept\n impersonate conn\n \
             wait 1us\n exec \"/tool\" }}\n thread other {{ at 1ms show }} }}\n\
             process client as alice {{ connect server level {level} }}\n"
        ));
        for (n, played) in played.iter().enumerate() {
            let exec = *played.of("server/main").last().expect("exec");
            assert_eq!(
                (exec.verb, exec.outcome.as_str()),
                ("exec", wanted[n]),
                "{level}, {who}, {}",
                MODELS[n].name
            );
            // What was impersonated is gone with success, and so are other threads.
            assert_eq!(exec.effective.contains('@'), wanted[n] != "ok", "{exec:?}");
            assert_eq!(
                played.of("server/other").is_empty(),
                wanted[n] == "ok",
                "{level}, {who}, {}",
                MODELS[n].name
            );
        }
    }
}

#[test]
fn a_program_lowers_integrity_only_with_the_policy() {
    // PRC-5: never raises; a file without a label counts as Medium.
    const LEVELS: [&str; 5] = ["untrusted", "low", "medium", "high", "system"];
    const SHOWN: [&str; 5] = ["Untrusted", "Low", "Medium", "High", "System"];
    for (own, level) in LEVELS.into_iter().enumerate().skip(1) {
        for label in [None, Some(0), Some(1), Some(2), Some(3), Some(4)] {
            for (policy, lowers) in [("no_write_up", false), ("no_write_up, new_process_min", true)] {
                let sacl = label
                    .map_or(String::new(), |n: usize| format!("sacl {{ label {} no_write_up }}", LEVELS[n]));
                let played = in_every_model(&format!(
                    "file \"/tool\" {{ owner SYSTEM; dacl {{ allow Everyone execute }}\n {sacl} }}\n\
                     process p as bob {{ integrity {level}; mandatory_policy {policy}\n exec \"/tool\"\n show }}\n"
                ));
                let wanted = if lowers { own.min(label.unwrap_or(2)) } else { own };
                for played in played {
                    let p = played.of("p");
                    assert_eq!(p[1].shown, format!("bob {}", SHOWN[wanted]), "{own}, {label:?}, {policy}");
                    assert_eq!(p[0].remarks.contains(&"integrity_lowered"), wanted != own);
                }
            }
        }
    }
}

#[test]
fn a_primary_token_is_refused_in_the_order_of_prc_6() {
    // The right on the handle, the type, the privilege.
    for played in in_every_model(
        "process p as SYSTEM {\n t = logon alice\n i = duplicate t level impersonation\n\
         qi = duplicate i for TOKEN_QUERY\n q = duplicate t for TOKEN_QUERY\n disable SeAssignPrimaryTokenPrivilege\n\
         assign qi\n assign q\n assign i\n assign t\n enable SeAssignPrimaryTokenPrivilege\n\
         assign qi\n assign q\n assign i\n assign t\n show }\n",
    ) {
        let type_error = "BAD_TOKEN_TYPE";
        let p = played.of("p");
        assert_eq!(outcomes(&p[5..9]), [DENIED, DENIED, type_error, NOT_HELD]);
        assert_eq!(outcomes(&p[10..]), [DENIED, DENIED, type_error, "ok", "ok"]);
        assert_eq!(p[14].shown, "alice Medium +SeBackupPrivilege");
    }
}

#[test]
fn a_restricted_copy_of_the_own_token_is_free_in_nt_alone() {
    // PRC-6; a plain copy, or a restricted one of somebody else's token, is not.
    for (make, free) in
        [("restrict t { remove SeDebugPrivilege }", true), ("duplicate t", false), ("restrict a { }", false)]
    {
        let played = in_every_model(&format!(
            "process p as SYSTEM {{\n t = open_token for TOKEN_ALL_ACCESS\n a = logon alice\n r = {make}\n\
             disable SeAssignPrimaryTokenPrivilege\n assign r }}\n"
        ));
        for (n, played) in played.iter().enumerate() {
            let wanted = if free && n == 2 { "ok" } else { NOT_HELD };
            assert_eq!(played.of("p")[4].outcome, wanted, "{make}, {}", MODELS[n].name);
        }
    }
}

#[test]
fn another_user_makes_another_process_descriptor() {
    // PRC-6, PRC-9: alice reaches the process once it is hers; with the same user what was written stays.
    for (to, before, after) in [("alice", DENIED, "ok"), ("SYSTEM", DENIED, DENIED)] {
        for played in in_every_model(&format!(
            "process p as SYSTEM {{\n t = logon {to}\n at 1ms assign t\n wait 5ms }}\n\
             process q as alice {{\n show process p\n at 2ms show process p }}\n"
        )) {
            assert_eq!(outcomes(&played.of("q")), [before, after], "{to}");
        }
    }
    // What was declared goes with the user that it was declared for.
    for (to, after) in [("alice", DENIED), ("SYSTEM", "ok")] {
        for played in in_every_model(&format!(
            "process p as SYSTEM {{ dacl {{ allow bob PROCESS_QUERY_INFORMATION }}\n t = logon {to}\n at 1ms assign t\n wait 5ms }}\n\
             process q as bob {{\n show process p\n at 2ms show process p }}\n"
        )) {
            assert_eq!(outcomes(&played.of("q")), ["ok", after], "{to}");
        }
    }
}

#[test]
fn who_may_reach_a_process() {
    // PRC-8, PRC-9, PRC-10, PRC-14: the descriptor, which SeDebugPrivilege stands for, and trust, which nothing stands for.
    let rows: [(&str, &str, &str, &str, &str); 13] = [
        ("alice", "", "plain", "ok", ""),
        ("bob", "", "plain", DENIED, "NoAce"),
        ("SYSTEM", "disable SeDebugPrivilege", "plain", "ok", ""),
        ("adam", "", "plain", "ok", ""),
        ("dora", "", "plain", "ok", ""),
        ("dora", "disable SeDebugPrivilege", "plain", DENIED, "NoAce"),
        ("alice", "", "closed", DENIED, "Ace"),
        ("dora", "", "closed", "ok", ""),
        ("SYSTEM", "disable SeDebugPrivilege", "closed", DENIED, "Ace"),
        ("alice", "", "vault", DENIED, "Trust"),
        ("dora", "", "vault", DENIED, "Trust"),
        ("SYSTEM", "", "vault", DENIED, "Trust"),
        // The descriptor is asked first.
        ("bob", "", "vault", DENIED, "NoAce"),
    ];
    for (who, first, target, outcome, by) in rows {
        for what in ["show process", "kill"] {
            let played = in_every_model(&format!(
                "user dora {{ rid 1030; privileges SeDebugPrivilege }}\nuser adam {{ rid 1031; groups Administrators; integrity high }}\n\
                 process plain as alice {{ wait 9ms }}\nprocess closed as alice {{ dacl {{ }}; wait 9ms }}\n\
                 process vault as alice {{ pip protected 1024; wait 9ms }}\n\
                 process p as {who} {{\n {first}\n {what} {target} }}\n"
            ));
            for played in played {
                let last = *played.of("p").last().expect("a step");
                assert_eq!(last.outcome, outcome, "{who} {what} {target}: {last:?}");
                assert!(last.denied_by.contains(by), "{who} {what} {target}: {}", last.denied_by);
            }
        }
    }
}

#[test]
fn each_use_of_a_process_takes_its_own_right() {
    // PRC-8, PRC-11, PRC-12: the step, and the one right that lets it.
    let rows = [
        ("kill target", "PROCESS_TERMINATE"),
        ("signal target terminate", "PROCESS_TERMINATE"),
        ("signal target stop", "PROCESS_SUSPEND_RESUME"),
        ("signal target continue", "PROCESS_SUSPEND_RESUME"),
        ("signal target child", "PROCESS_SIGNAL"),
        ("signal target urgent", "PROCESS_SIGNAL"),
        ("signal target window", "PROCESS_SIGNAL"),
        ("signal target probe", "PROCESS_QUERY_LIMITED"),
        ("read_memory target", "PROCESS_VM_READ"),
        ("write_memory target", "PROCESS_VM_WRITE"),
        ("set_priority target", "PROCESS_SET_INFORMATION"),
        ("show process target", "PROCESS_QUERY_INFORMATION"),
        ("h = take_handle h in target", "PROCESS_DUP_HANDLE"),
    ];
    let rights: std::collections::BTreeSet<&str> = rows.iter().map(|(_, right)| *right).collect();
    assert_eq!(rights.len(), 9);
    for (step, needed) in rows {
        for right in &rights {
            for played in in_every_model(&format!(
                "file \"/f\" {{ owner SYSTEM; dacl {{ allow alice read }} }}\n\
                 user carol {{ rid 1015; privileges SeIncreaseBasePriorityPrivilege }}\n\
                 process target as alice {{ dacl {{ allow carol {right} }}\n h = open file \"/f\" for read\n wait 9ms }}\n\
                 process p as carol {{ at 1ms {step} }}\n"
            )) {
                let wanted = if *right == needed { "ok" } else { DENIED };
                assert_eq!(played.of("p")[0].outcome, wanted, "{step} with {right}");
            }
        }
        // Trust is asked besides, and SeDebugPrivilege stands for the descriptor alone (PRC-10, PRC-14). A process that may do
        // everything to itself is not asked.
        let own = step.replace("target", "vault").replace("stop", "probe");
        for (who, wanted) in [("alice", DENIED), ("dora", DENIED)] {
            for played in in_every_model(&format!(
                "file \"/f\" {{ owner SYSTEM; dacl {{ allow alice read }} }}\n\
                 user dora {{ rid 1030; privileges SeDebugPrivilege, SeIncreaseBasePriorityPrivilege }}\n\
                 process vault as alice {{ pip protected 1024; dacl {{ }}\n h = open file \"/f\" for read\n at 2ms {own} }}\n\
                 process p as {who} {{ at 1ms {own} }}\n"
            )) {
                let asked = if who == "dora" { "Trust" } else { "Ace" };
                assert_eq!(played.of("p")[0].outcome, wanted, "{step} by {who}");
                assert!(played.of("p")[0].denied_by.contains(asked), "{step} by {who}");
                assert_eq!(played.of("vault")[1].outcome, "ok", "{step} by itself");
            }
        }
    }
}

#[test]
fn a_stopped_process_takes_no_step_until_it_goes_on() {
    // PRC-11: both threads stop; what is due and what is sent meanwhile comes afterwards.
    for played in in_every_model(
        "service target { account alice\n thread main { conn = accept\n receive conn\n show }\n thread other { at 2ms show\n show } }\n\
         process p as alice { c = connect target\n signal target continue\n wait 1ms\n signal target stop\n send c \"x\"\n \
         at 5ms signal target continue\n signal target stop }\n",
    ) {
        let at = |who: &str| -> Vec<(u64, &str)> {
            let own = played.of(who).into_iter();
            own.map(|seen| (seen.json["time"].as_u64().unwrap_or_default() / 1000, seen.verb)).collect()
        };
        assert_eq!(at("target/main"), [(0, "accept"), (5000, "receive")]);
        assert_eq!(at("target/other"), [(5000, "show")]);
        assert_eq!(played.stopped, 2);
    }
    // Whoever waits for a client gets it once told to continue, in the order in which clients came, and nobody else does.
    for played in in_every_model(
        "service target { account alice\n thread main { a = accept\n b = accept\n take } }\n\
         process p as alice { wait 1us\n signal target stop\n wait 8us\n signal target continue }\n\
         process one as alice { at 4us connect target }\nprocess two as bob { at 5us connect target }\n",
    ) {
        let seen = played.of("target");
        let told: Vec<(u64, &str)> = seen
            .iter()
            .map(|seen| (seen.json["time"].as_u64().unwrap_or_default() / 1000, seen.carries.as_str()))
            .collect();
        assert_eq!((told.len(), told[0].0, told[1].0), (2, 10, 11), "{told:?}");
        let client = |n: usize| seen[n].json["facts"][0]["client"].as_str().unwrap_or_default().to_owned();
        assert_eq!([client(0), client(1)], ["one/main", "two/main"]);
    }
    // A process that has stopped can be ended, and begins anew when it is spawned.
    for played in in_every_model(
        "process p as alice { spawn q\n signal q stop\n signal q terminate\n signal q probe\n spawn q\n wait 1ms }\n\
         process q { show\n wait 5us\n show }\n",
    ) {
        assert_eq!(outcomes(&played.of("p")), ["ok", "ok", "ok", "NOT_FOUND", "ok", "ok"]);
        let shows = played.of("q").iter().filter(|seen| seen.verb == "show").count();
        assert_eq!((shows, played.stopped), (3, 0));
    }
}

#[test]
fn a_handle_that_was_taken_or_inherited_is_as_it_was_opened() {
    // PRC-12, PRC-2, TOK-31: the mask of the opener, whoever has it; nobody asks the object again, and the owner keeps its own.
    for (n, played) in in_every_model(
        "file \"/f\" { owner SYSTEM; dacl { allow alice read } }\n\
         process target as alice { dacl { allow bob PROCESS_DUP_HANDLE }\n h = open file \"/f\" for read\n \
         t = open_token for TOKEN_QUERY\n spawn child (inherit t, h)\n wait 5ms\n close h\n close t\n wait 1ms }\n\
         process child { a = take\n b = take\n show a\n read b\n write b\n close b\n at 9ms show a }\n\
         process p as bob { at 1ms h = take_handle h in target\n read h\n write h\n open file \"/f\" for read\n \
         t = take_handle t in target\n show t\n duplicate t\n at 6ms read h\n take_handle h in target }\n",
    )
    .iter()
    .enumerate()
    {
        let (child, p) = (played.of("child"), played.of("p"));
        assert_eq!(outcomes(&child), ["ok", "ok", "ok", "ok", DENIED, "ok", "ok"], "{n}");
        let wanted = ["ok", "ok", DENIED, DENIED, "ok", "ok", DENIED, "ok", "INVALID_HANDLE"];
        assert_eq!(outcomes(&p), wanted, "{n}");
        assert_eq!((p[0].remarks.as_slice(), p[2].denied_by.as_str()), (&["handle_transfer"][..], "Handle"));
        assert!(p[5].shown.starts_with("alice"), "{}", p[5].shown);
        let spawn = played.of("target")[2];
        assert_eq!((spawn.outcome.as_str(), spawn.remarks.as_slice()), ("ok", &["handle_transfer"][..]));
    }
    // What is no handle is not handed down, and then nothing begins.
    for played in in_every_model(
        "process p as alice { h = open file \"/none\" for read\n spawn q (inherit h) }\nprocess q { show }\n",
    ) {
        assert_eq!(played.of("p")[1].outcome, "INVALID_HANDLE");
        assert!(played.of("q").is_empty());
    }
}

#[test]
fn an_impersonating_thread_reaches_processes_as_its_subject() {
    // PRC-10: whose process, at which level; the outcome and who was asked. The service holds SeDebugPrivilege throughout, which
    // is no help to a thread that acts as somebody else (IMP-16).
    let rows = [
        ("impersonation", "alices", ["ok"; 3], ["alice"; 3]),
        ("impersonation", "bobs", [DENIED; 3], ["alice"; 3]),
        ("identification", "alices", [DENIED, DENIED, TOO_LOW], ["Anonymous", "nobody", "nobody"]),
        ("identification", "bobs", [DENIED, DENIED, TOO_LOW], ["Anonymous", "nobody", "nobody"]),
        ("anonymous", "bobs", [DENIED, DENIED, TOO_LOW], ["Anonymous", "Anonymous", "nobody"]),
    ];
    for (level, whose, wanted, subject) in rows {
        let played = in_every_model(&format!(
            "process alices as alice {{ wait 9ms }}\nprocess bobs as bob {{ wait 9ms }}\n\
             service server {{ account bob\n privileges SeImpersonatePrivilege, SeDebugPrivilege\n conn = accept\n \
             impersonate conn\n show process {whose} }}\n\
             process client as alice {{ connect server level {level} }}\n"
        ));
        for (n, played) in played.iter().enumerate() {
            let show = played.of("server")[2];
            assert_eq!(
                [show.outcome.as_str(), show.subject.as_str()],
                [wanted[n], subject[n]],
                "{level}, {whose}, {}",
                MODELS[n].name
            );
        }
    }
}

#[test]
fn who_arrives_on_another_machine() {
    // IMP-36, OPEN-18: the level of the thread that connects (`-` for itself), whether it may pass clients on, who arrives by model.
    // A connection asks for Delegation here.
    const NOBODY: &str = "Anonymous@0";
    let rows: [(&str, &str, [&str; 3]); 13] = [
        ("-", "", ["bob@3"; 3]),
        ("-", "delegation allowed", ["bob@3"; 3]),
        ("-", "delegation denied", ["bob@3"; 3]),
        ("anonymous", "", [NOBODY, NOBODY, TOO_LOW]),
        ("anonymous", "delegation allowed", [NOBODY, NOBODY, TOO_LOW]),
        ("identification", "", ["bob@3", "bob@3", TOO_LOW]),
        ("identification", "delegation allowed", ["bob@3", "bob@3", TOO_LOW]),
        ("impersonation", "", ["bob@3", "bob@3", NOBODY]),
        ("impersonation", "delegation allowed", ["bob@3", "bob@3", NOBODY]),
        ("impersonation", "delegation denied", ["bob@3", "bob@3", NOBODY]),
        ("delegation", "", ["alice@3", "alice@3", NOBODY]),
        ("delegation", "delegation allowed", ["alice@3"; 3]),
        ("delegation", "delegation denied", ["bob@3", "bob@3", NOBODY]),
    ];
    for (level, flag, wanted) in rows {
        for (n, played) in across(level, flag, "bob", "delegation", "medium").iter().enumerate() {
            let connect = *played.of("front").last().expect("connect");
            let got = if connect.outcome == "ok" { &connect.carries } else { &connect.outcome };
            assert_eq!(got, wanted[n], "{level}, {flag}, {}", MODELS[n].name);
        }
    }
    for (at, level) in ["anonymous", "identification", "impersonation", "delegation"].iter().enumerate() {
        for played in across("delegation", "delegation allowed", "bob", level, "medium") {
            let wanted = if at == 0 { NOBODY.to_owned() } else { format!("alice@{at}") };
            assert_eq!(played.of("front").last().expect("connect").carries, wanted);
        }
    }
}

/// A front end on one machine that connects to another at a level.
fn across(client: &str, flag: &str, account: &str, level: &str, integrity: &str) -> Vec<Played> {
    let impersonate = if client == "-" { "note \"as itself\"" } else { "impersonate conn" };
    let client = if client == "-" { "impersonation" } else { client };
    in_every_model(&format!(
        "machine WEB {{ rid 3001 }}\nmachine DATA {{ rid 3002 }}\n\
         service front {{ account {account}\n machine WEB\n {flag}\n privileges SeImpersonatePrivilege\n conn = accept\n \
         {impersonate}\n connect data level {level} }}\n\
         service data {{ account SYSTEM\n machine DATA\n conn = accept\n impersonate conn\n show }}\n\
         process client as alice {{ machine WEB\n integrity {integrity}\n connect front level {client} }}\n"
    ))
}

#[test]
fn the_network_identity_of_accounts() {
    // PRC-18
    for (account, wanted) in
        [("SYSTEM", "WEB@3"), ("NetworkService", "WEB@3"), ("LocalService", "Anonymous@0"), ("bob", "bob@3")]
    {
        for played in across("-", "", account, "delegation", "medium") {
            assert_eq!(played.of("front").last().expect("connect").carries, wanted, "{account}");
        }
    }
}

#[test]
fn a_client_that_was_passed_on_is_medium_and_has_the_privileges_of_everybody() {
    // IMP-36: High and with SeBackupPrivilege at home.
    for played in across("delegation", "delegation allowed", "LocalService", "delegation", "high") {
        assert_eq!(played.of("data")[2].shown, "alice@3 Medium");
    }
}

#[test]
fn built_in_accounts_have_the_privileges_of_everybody() {
    // PRC-18: one declared state in every model; SYSTEM alone has them all.
    for account in ["LocalService", "NetworkService"] {
        for played in in_every_model(&format!(
            "service s {{ account {account}\n show\n check SeImpersonatePrivilege }}\n"
        )) {
            assert_eq!(played.of("s")[0].shown, format!("{account} System"));
            assert_eq!(played.of("s")[1].outcome, NOT_HELD);
        }
    }
    for played in in_every_model(
        "service s { account SYSTEM\n check SeImpersonatePrivilege\n check SeCreateTokenPrivilege }\n",
    ) {
        assert_eq!(outcomes(&played.of("s")), ["ok", "ok"]);
    }
}

#[test]
fn a_service_has_a_sid_of_its_name() {
    // PRC-19, SID-11, whatever the case in which the name is written.
    for (name, sid) in [
        ("TrustedInstaller", "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"),
        ("filesrv", "S-1-5-80-474683753-2531637507-3651616379-2578885865-3783485764"),
        ("loregd", "S-1-5-80-4215148533-355295714-4226961543-3550463353-2307338297"),
    ] {
        for written in [name.to_owned(), name.to_uppercase(), name.to_lowercase()] {
            // The entry names the SID alone, and lets the service in.
            for played in in_every_model(&format!(
                "file \"/own\" {{ sddl 'O:SYG:SYD:(A;;FR;;;{sid})' }}\n\
                 service {written} {{ account LocalService\n open file \"/own\" for FILE_READ_DATA }}\n\
                 service other {{ account LocalService\n open file \"/own\" for FILE_READ_DATA }}\n"
            )) {
                assert_eq!(played.of(&written)[0].outcome, "granted", "{written}");
                assert_eq!(played.of("other")[0].outcome, DENIED, "{written}");
            }
        }
    }
}

#[test]
fn a_service_that_begins_anew_has_none_of_the_clients_of_the_one_that_died() {
    // PRC-7: the ends of connections that nobody had accepted close with the process like any others.
    for played in in_every_model(
        "service s { account LocalService\n wait 5us\n conn = accept }\n\
         process boss as SYSTEM { wait 2us\n kill s\n spawn s }\n\
         process early as alice { c = connect s\n receive c }\n\
         process late as alice { wait 20us\n c = connect s }\n",
    ) {
        assert_eq!(outcomes(&played.of("early")), ["ok", "WRONG_STATE"]);
        // What each life of the service did, and in the end the one client that was there for the second.
        let verbs: Vec<&str> = played.of("s").iter().map(|seen| seen.verb).collect();
        assert_eq!(verbs, ["wait", "wait", "accept"]);
        let accepted = played.records.iter().position(|seen| seen.verb == "accept");
        let late = played.records.iter().position(|seen| seen.by == "late/main" && seen.verb == "connect");
        assert!(late < accepted, "{accepted:?}");
    }
}
