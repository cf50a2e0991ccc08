//! The rules of impersonation beside the matrix: who may connect, what a connection carries, chains of three services, what
//! outlives an identity, and that threads do not disturb each other. Tables were typed from the rules.

mod play;

use play::{Played, Seen, outcomes, play};
use sim_core::model::{MODELS, Model};

const LEVELS: [&str; 4] = ["anonymous", "identification", "impersonation", "delegation"];

const WORLD: &str = "group clients { rid 2000 }\nuser alice { rid 1013 }\nuser bob { rid 1014 }\n\
    file \"/alice\" { owner SYSTEM; dacl { allow alice read } }\n\
    file \"/bob\" { owner SYSTEM; dacl { allow bob read } }\n\
    file \"/public\" { owner SYSTEM; dacl { allow Everyone read } }\n";

#[track_caller]
fn played(model: &'static Model, scenario: &str) -> Played {
    play(&format!("scenario rules {{ }}\n{WORLD}{scenario}"), model)
}

fn model(n: usize) -> &'static Model {
    MODELS[n]
}

/// A connection as the tables write it: whom it carries, or the error.
fn carried(seen: &Seen) -> &str {
    if seen.outcome == "ok" { &seen.carries } else { &seen.outcome }
}

const TOO_LOW: &str = "BAD_IMPERSONATION_LEVEL";

#[test]
fn connect_carries_what_imp_5_and_imp_6_say() {
    // Rows: the level of the thread that connects, `-` while it acts as itself. Columns: the level it asks for, by model.
    const ROWS: [(&str, [[&str; 4]; 3]); 5] = [
        ("-", [["Anonymous@0", "bob@1", "bob@2", "bob@3"]; 3]),
        (
            "anonymous",
            [
                ["Anonymous@0", "Anonymous@0", "Anonymous@0", "Anonymous@0"],
                ["Anonymous@0", "Anonymous@0", "Anonymous@0", "Anonymous@0"],
                [TOO_LOW; 4],
            ],
        ),
        (
            "identification",
            [
                ["Anonymous@0", "bob@1", "bob@2", "bob@3"],
                ["Anonymous@0", "alice@1", "alice@1", "alice@1"],
                [TOO_LOW; 4],
            ],
        ),
        (
            "impersonation",
            [
                ["Anonymous@0", "alice@1", "alice@2", "alice@2"],
                ["Anonymous@0", "alice@1", "alice@2", "alice@2"],
                ["Anonymous@0", "alice@1", "alice@2", TOO_LOW],
            ],
        ),
        ("delegation", [["Anonymous@0", "alice@1", "alice@2", "alice@3"]; 3]),
    ];
    let connects: String = LEVELS.iter().map(|level| format!("connect next level {level}\n")).collect();
    for (at, columns) in ROWS {
        for (n, wanted) in columns.into_iter().enumerate() {
            let impersonate = if at == "-" { "note \"as itself\"" } else { "impersonate conn" };
            let client = if at == "-" { "impersonation" } else { at };
            let played = played(
                model(n),
                &format!(
                    "service server {{ account bob\n privileges SeImpersonatePrivilege\n conn = accept\n \
                     {impersonate}\n {connects} }}\n\
                     service next {{ account NetworkService; loop {{ accept }} }}\n\
                     process client as alice {{ connect server level {client} }}\n"
                ),
            );
            let server = played.of("server");
            let got: Vec<&str> = server[2..].iter().map(|seen| carried(seen)).collect();
            assert_eq!(got, wanted, "{at} under {}", model(n).name);
        }
    }
}

#[test]
fn connect_is_asked_as_imp_4_says() {
    // IMP-4. To connect is to write, so an endpoint without a label keeps the Anonymous identity out, which is Untrusted (MIC-5).
    // The endpoint lets alice in, or the Anonymous identity, or nobody but the service itself.
    const ROWS: [(&str, &str, [&str; 3]); 10] = [
        ("-", "bob", ["ok"; 3]),
        ("-", "alice", ["ACCESS_DENIED"; 3]),
        ("impersonation", "alice", ["ok"; 3]),
        ("impersonation", "bob", ["ACCESS_DENIED"; 3]),
        ("delegation", "alice", ["ok"; 3]),
        ("anonymous", "Anonymous", ["ok", "ok", TOO_LOW]),
        ("anonymous", "alice", ["ACCESS_DENIED", "ACCESS_DENIED", TOO_LOW]),
        ("identification", "Anonymous", ["ok", "ACCESS_DENIED", TOO_LOW]),
        ("identification", "alice", ["ACCESS_DENIED", "ACCESS_DENIED", TOO_LOW]),
        ("identification", "bob", ["ACCESS_DENIED", "ACCESS_DENIED", TOO_LOW]),
    ];
    for (at, who, wanted) in ROWS {
        for (n, wanted) in wanted.into_iter().enumerate() {
            let impersonate = if at == "-" { "note \"as itself\"" } else { "impersonate conn" };
            let client = if at == "-" { "impersonation" } else { at };
            let played = played(
                model(n),
                &format!(
                    "service server {{ account bob\n privileges SeImpersonatePrivilege\n conn = accept\n \
                     {impersonate}\n connect next.door }}\n\
                     service next {{ account NetworkService\n endpoint door {{ dacl {{ allow {who} FILE_WRITE_DATA }}\n sacl {{ label untrusted no_write_up }} }}\n \
                     loop {{ accept next.door }} }}\n\
                     process client as alice {{ connect server level {client} }}\n"
                ),
            );
            assert_eq!(
                played.of("server")[2].outcome,
                wanted,
                "{at}, open to {who}, under {}",
                model(n).name
            );
            // A refusal leaves no connection behind.
            assert_eq!(played.of("next").len(), usize::from(wanted == "ok"));
        }
    }
}

#[test]
fn an_endpoint_without_a_descriptor_is_not_checked() {
    // IMP-4: nothing is decided, at any level; what NT refuses is to carry somebody at such a level (IMP-6).
    for (at, refused) in
        [("anonymous", true), ("identification", true), ("impersonation", false), ("delegation", false)]
    {
        for n in 0..3 {
            let played = played(
                model(n),
                &format!(
                    "service server {{ account bob\n privileges SeImpersonatePrivilege\n conn = accept\n impersonate conn\n \
                     connect next }}\nservice next {{ account NetworkService\n accept }}\n\
                     process client as alice {{ connect server level {at} }}\n"
                ),
            );
            let connect = played.of("server")[2];
            assert_eq!(
                connect.outcome,
                if refused && n == 2 { TOO_LOW } else { "ok" },
                "{at} under {}",
                model(n).name
            );
            assert!(connect.json["checks"].as_array().is_some_and(Vec::is_empty));
        }
    }
}

#[test]
fn the_default_descriptor_of_an_endpoint_is_for_its_binder() {
    // IMP-4: the user that has bound it, Administrators and SYSTEM; the first of them owns it.
    const ADAM: &str = "user adam { rid 1015; groups Administrators; integrity high }\n";
    let rows = [("alice", "ok"), ("bob", DENIED), ("adam", "ok"), ("SYSTEM", "ok"), ("LocalService", DENIED)];
    for (who, wanted) in rows {
        for n in 0..3 {
            let played = played(
                model(n),
                &format!(
                    "{ADAM}service server {{ account alice\n endpoint door {{ dacl default }}\n accept server.door }}\n\
                     process client as {who} {{ connect server.door }}\n"
                ),
            );
            assert_eq!(played.of("client")[0].outcome, wanted, "{who} under {}", model(n).name);
        }
    }
}

/// Everything that can be wrong with an impersonation at once, or left out.
struct Wrong {
    closed: bool,
    nobody: bool,
    unprivileged: bool,
    escape: bool,
    above: bool,
}

#[test]
fn the_first_check_that_fails_is_told() {
    // IMP-8, OPEN-4: every set of mistakes together, of alice's service and her client; the first in the order of the model
    // decides. The ceiling and, in two models, the missing privilege lower the level.
    for set in 0u32..32 {
        let is = |bit: u32| set >> bit & 1 == 1;
        let wrong = Wrong { closed: is(0), nobody: is(1), unprivileged: is(2), escape: is(3), above: is(4) };
        let transport = if wrong.nobody { "datagram" } else { "stream" };
        let privilege = if wrong.unprivileged { "" } else { "privileges SeImpersonatePrivilege" };
        let restricted = if wrong.escape { "restricted { sids clients }" } else { "" };
        let integrity = if wrong.above { "integrity high" } else { "" };
        let close = if wrong.closed { "close conn" } else { "note \"open\"" };
        let text = format!(
            "service server {{ account alice\n {privilege}\n {restricted}\n endpoint door {{ transport {transport} }}\n \
             conn = accept server.door\n {close}\n impersonate anonymous\n impersonate conn }}\n\
             process client as alice {{ {integrity}\n connect server.door level delegation }}\n"
        );
        for n in 0..3 {
            let played = played(model(n), &text);
            let last = *played.of("server").last().expect("a step");
            let wanted = if wrong.closed {
                "INVALID_HANDLE"
            } else if wrong.nobody {
                "NO_PEER_TOKEN"
            } else if n == 0 && wrong.unprivileged {
                NOT_HELD
            } else if n < 2 && wrong.escape {
                "RESTRICTED_ESCAPE"
            } else if wrong.above && (n < 2 || wrong.unprivileged)
                || n == 2 && wrong.unprivileged && wrong.escape
            {
                "level 1"
            } else {
                "level 3"
            };
            assert_eq!(last.outcome, wanted, "{set:05b} under {}: {text}", model(n).name);
            // Whoever fails stays who it was: here the Anonymous identity (IMP-18).
            let before = if n == 2 { "Anonymous@2" } else { "Anonymous@0" };
            let after = if wanted.starts_with("level") {
                format!("alice@{}", &wanted[6..])
            } else {
                before.to_owned()
            };
            assert_eq!(last.effective, after, "{set:05b} under {}", model(n).name);
        }
    }
}

/// A chain of services: each accepts, impersonates and connects to the next with the default level.
fn chain(first_privilege: &str, first_connect: &str, level: &str) -> String {
    let service = |name: &str, account: &str, privilege: &str, connect: &str| {
        format!(
            "service {name} {{ account {account}\n {privilege}\n conn = accept\n impersonate conn\n \
             open file \"/alice\" for FILE_READ_DATA\n {connect} }}\n"
        )
    };
    let held = "privileges SeImpersonatePrivilege";
    format!(
        "{}{}{}process client as alice {{ connect one level {level} }}\n",
        service("one", "LocalService", first_privilege, first_connect),
        service("two", "NetworkService", held, "connect three"),
        service("three", "bob", held, ""),
    )
}

#[test]
fn chains_of_three_services_carry_what_imp_32_and_imp_33_say() {
    const HELD: &str = "privileges SeImpersonatePrivilege";
    // What the second service sees and what the third does; `-`: no connection comes.
    const ROWS: [(&str, [[&str; 2]; 3]); 4] = [
        ("anonymous", [["Anonymous@0", "Anonymous@0"], ["Anonymous@0", "Anonymous@0"], ["-", "-"]]),
        // The founding model breaks the chain once, at the first hop: from there the first service is an acting identity.
        ("identification", [["LocalService@2", "LocalService@2"], ["alice@1", "alice@1"], ["-", "-"]]),
        ("impersonation", [["alice@2", "alice@2"]; 3]),
        ("delegation", [["alice@2", "alice@2"]; 3]),
    ];
    for (level, columns) in ROWS {
        for (n, wanted) in columns.into_iter().enumerate() {
            let played = played(model(n), &chain(HELD, "connect two", level));
            let seen = |service: &str| {
                let accept = played.of(service).into_iter().find(|seen| seen.verb == "accept");
                accept.map_or("-".to_owned(), |seen| seen.carries.clone())
            };
            assert_eq!([seen("two"), seen("three")], wanted, "{level} under {}", model(n).name);
            // IMP-35: at an acting level the file opens at every hop as it opens for alice, and for nobody else.
            for service in ["one", "two", "three"] {
                for open in played.of(service).into_iter().filter(|seen| seen.verb == "open") {
                    assert_eq!(
                        open.outcome == "granted",
                        open.subject == "alice",
                        "{level} {service} {open:?}"
                    );
                }
            }
        }
    }
    // A first service that asks for Delegation hands it on, where alice gave it.
    for n in 0..3 {
        let played = played(model(n), &chain(HELD, "connect two level delegation", "delegation"));
        assert_eq!(played.of("two")[0].carries, "alice@3");
        assert_eq!(played.of("three")[0].carries, "alice@2");
    }
}

#[test]
fn a_hop_without_the_privilege_does_what_imp_34_says() {
    const ROWS: [(&str, &str, &str, &str); 3] = [
        ("PRIVILEGE_NOT_HELD", "ACCESS_DENIED", "LocalService", "LocalService@2"),
        ("level 1", "ACCESS_DENIED", "nobody", "alice@1"),
        ("level 1", TOO_LOW, "nobody", "-"),
    ];
    for (n, (call, open, open_as, second)) in ROWS.into_iter().enumerate() {
        for privilege in ["", "privileges SeImpersonatePrivilege (disabled)"] {
            let played = played(model(n), &chain(privilege, "connect two", "impersonation"));
            let one = played.of("one");
            assert_eq!([&one[1].outcome, &one[2].outcome, &one[2].subject], [call, open, open_as]);
            let two = played.of("two").first().map_or("-".to_owned(), |seen| seen.carries.clone());
            assert_eq!(two, second, "under {}", model(n).name);
        }
    }
}

#[test]
fn impersonate_anonymous_asks_for_nothing() {
    // IMP-18
    let rows = [("level 0", "Anonymous@0"), ("level 0", "Anonymous@0"), ("level 2", "Anonymous@2")];
    for (n, (level, carries)) in rows.into_iter().enumerate() {
        let played = played(
            model(n),
            "service server { account bob\n impersonate anonymous\n open file \"/public\" for FILE_READ_DATA\n \
             open file \"/bob\" for FILE_READ_DATA\n connect next\n revert\n open file \"/bob\" for FILE_READ_DATA }\n\
             service next { account NetworkService; loop { accept } }\n",
        );
        let server = played.of("server");
        // Everyone is no group of the Anonymous identity under windows (DIV-8).
        let public = if n == 2 { "ACCESS_DENIED" } else { "granted" };
        assert_eq!(outcomes(&server), [level, public, "ACCESS_DENIED", "ok", "ok", "granted"]);
        assert_eq!([&server[1].subject, &server[2].subject], ["Anonymous", "Anonymous"]);
        assert_eq!(server[3].carries, carries);
        assert_eq!(server[5].subject, "bob");
    }
}

/// Two clients and a service of two threads; what the other thread does stands in `%OTHER%`.
fn two_clients(work: &str, other: &str) -> String {
    format!(
        "service server {{ account LocalService\n privileges SeImpersonatePrivilege\n\
         thread worker {{ a = accept\n b = accept\n {work} }}\n thread other {{ {other} }} }}\n\
         service next {{ account NetworkService; loop {{ accept }} }}\n\
         process first as alice {{ connect server }}\nprocess second as bob {{ at 1us connect server }}\n"
    )
}

const LOOK: &str =
    "open file \"/alice\" for FILE_READ_DATA\n open file \"/bob\" for FILE_READ_DATA\n connect next\n";

#[test]
fn a_second_impersonation_replaces_the_first_and_one_revert_ends_it() {
    // IMP-19, IMP-20
    for n in 0..3 {
        let work = format!("impersonate a\n {LOOK} impersonate b\n {LOOK} revert\n {LOOK} revert");
        let played = played(model(n), &two_clients(&work, ""));
        let worker = played.of("server/worker");
        assert_eq!(
            outcomes(&worker[2..]),
            [
                "level 2",
                "granted",
                "ACCESS_DENIED",
                "ok",
                "level 2",
                "ACCESS_DENIED",
                "granted",
                "ok",
                "ok",
                "ACCESS_DENIED",
                "ACCESS_DENIED",
                "ok",
                "ok",
            ]
        );
        let carried: Vec<&str> =
            worker.iter().filter(|seen| seen.verb == "connect").map(|seen| seen.carries.as_str()).collect();
        assert_eq!(carried, ["alice@2", "bob@2", "LocalService@2"]);
    }
}

#[test]
fn a_second_impersonation_that_fails_leaves_the_first_in_force() {
    // IMP-20, the rows without the privilege: another thread of the process disables it in between.
    let rows: [(&str, [&str; 3]); 3] = [
        ("PRIVILEGE_NOT_HELD", ["granted", "ACCESS_DENIED", "alice@2"]),
        ("level 1", ["ACCESS_DENIED", "ACCESS_DENIED", "bob@1"]),
        ("level 1", [TOO_LOW, TOO_LOW, TOO_LOW]),
    ];
    for (n, (second, then)) in rows.into_iter().enumerate() {
        let work = format!("impersonate a\n {LOOK} at 5ms impersonate b\n {LOOK}");
        let played = played(model(n), &two_clients(&work, "at 3ms disable SeImpersonatePrivilege"));
        let worker = played.of("server/worker");
        // What was in force before is not touched by the disabling.
        assert_eq!(outcomes(&worker[2..6]), ["level 2", "granted", "ACCESS_DENIED", "ok"]);
        assert_eq!(worker[6].outcome, second);
        assert_eq!([&worker[7].outcome, &worker[8].outcome, carried(worker[9])], then, "{}", model(n).name);
    }
}

#[test]
fn an_install_after_the_privilege_was_disabled_fails_or_is_capped() {
    // IMP-23
    let rows = [("PRIVILEGE_NOT_HELD", "LocalService"), ("level 1", "nobody"), ("level 1", "nobody")];
    for (n, (second, open_as)) in rows.into_iter().enumerate() {
        let work = "t = capture a\n impersonate t\n open file \"/alice\" for FILE_READ_DATA\n revert\n \
                    disable SeImpersonatePrivilege\n impersonate t\n open file \"/alice\" for FILE_READ_DATA";
        let played = played(model(n), &two_clients(work, ""));
        let worker = played.of("server/worker");
        assert_eq!(outcomes(&worker[3..6]), ["level 2", "granted", "ok"]);
        assert_eq!([&worker[7].outcome, &worker[8].subject], [second, open_as]);
    }
}

#[test]
fn threads_do_what_they_would_do_alone() {
    // IMP-24: two threads, each with a client of its own, in every order of their steps that the offsets give; each thread's
    // decisions are those of the run in which the other one does nothing.
    let steps = |client: &str| {
        format!(
            "impersonate {client}\n {LOOK} enable SeChangeNotifyPrivilege\n disable SeChangeNotifyPrivilege\n \
             check SeChangeNotifyPrivilege\n {LOOK} revert\n check SeChangeNotifyPrivilege\n {LOOK}"
        )
    };
    // One thread takes both connections, and gives the second one to the other thread.
    let scenario = |first: &str, second: &str, pace: u32| {
        format!(
            "service server {{ account LocalService\n privileges SeImpersonatePrivilege\n\
             thread worker {{ a = accept\n b = accept\n give b to other\n at 10us {first} }}\n\
             thread other {{ b = take\n at {pace}us {second} }} }}\n\
             service next {{ account NetworkService; loop {{ accept }} }}\n\
             process first as alice {{ connect server }}\nprocess second as bob {{ at 1us connect server }}\n"
        )
    };
    let decisions = |played: &Played, thread: &str| -> Vec<Seen> {
        let seen = played
            .of(thread)
            .into_iter()
            .filter(|seen| !["accept", "give", "take", "note"].contains(&seen.verb));
        // The primary token is shared, and with it the marks of use (TOK-5).
        seen.map(|seen| Seen { json: serde_json::Value::Null, used: Vec::new(), ..seen.clone() }).collect()
    };
    for n in 0..3 {
        let alone_first = played(model(n), &scenario(&steps("a"), "note \"x\"", 10));
        let alone_second = played(model(n), &scenario("note \"x\"", &steps("b"), 10));
        let (first, second) =
            (decisions(&alone_first, "server/worker"), decisions(&alone_second, "server/other"));
        assert_eq!((first.len(), second.len()), (15, 15));
        assert!(
            first.iter().any(|seen| seen.subject == "alice")
                && second.iter().any(|seen| seen.subject == "bob")
        );
        for pace in 3..30 {
            let both = played(model(n), &scenario(&steps("a"), &steps("b"), pace));
            assert_eq!(decisions(&both, "server/worker"), first, "pace {pace} under {}", model(n).name);
            assert_eq!(decisions(&both, "server/other"), second, "pace {pace} under {}", model(n).name);
        }
    }
}

#[test]
fn two_threads_with_one_client_have_a_copy_each() {
    // IMP-24: what one thread changes on its copy is nothing to the other's.
    let work = "t = capture a\n impersonate t\n give t to other\n disable SeChangeNotifyPrivilege\n \
                check SeChangeNotifyPrivilege\n at 5ms check SeChangeNotifyPrivilege";
    let other = "t = take\n at 2ms impersonate t\n check SeChangeNotifyPrivilege\n remove SeChangeNotifyPrivilege\n revert\n \
                 check SeChangeNotifyPrivilege";
    for n in 0..3 {
        let played = played(model(n), &two_clients(work, other));
        let checks = |thread: &str| -> Vec<String> {
            let seen = played.of(thread);
            seen.iter().filter(|seen| seen.verb == "check").map(|seen| seen.outcome.clone()).collect()
        };
        assert_eq!(checks("server/worker"), ["PRIVILEGE_NOT_HELD", "PRIVILEGE_NOT_HELD"]);
        assert_eq!(checks("server/other"), ["ok", "ok"]);
    }
}

#[test]
fn handles_outlive_the_identity_that_opened_them() {
    // IMP-27, FILE-4: the mask decides, whoever the thread is by then and whatever the descriptor says by then.
    for n in 0..3 {
        let work = "impersonate a\n h = open file \"/alice\" for FILE_READ_DATA\n revert\n read h\n write h\n \
                    s = open file \"/alice\" for WRITE_DAC, READ_CONTROL intent restore, backup\n impersonate b\n read h\n \
                    close a\n read h\n at 9ms read h";
        let other = "at 5ms set_security file \"/alice\" { dacl { } }";
        let text = two_clients(work, other).replace(
            "privileges SeImpersonatePrivilege",
            "privileges SeImpersonatePrivilege, SeRestorePrivilege, SeBackupPrivilege",
        );
        let played = played(model(n), &text);
        let worker = played.of("server/worker");
        let transfers: Vec<(&str, &str, &str)> = worker
            .iter()
            .filter(|seen| ["read", "write"].contains(&seen.verb))
            .map(|seen| (seen.verb, seen.outcome.as_str(), seen.effective.as_str()))
            .collect();
        assert_eq!(
            transfers,
            [
                ("read", "ok", "LocalService"),
                ("write", "ACCESS_DENIED", "LocalService"),
                ("read", "ok", "bob@2"),
                ("read", "ok", "bob@2"),
                ("read", "ok", "bob@2"),
            ]
        );
        assert_eq!(played.of("server/other")[0].outcome, "ok");
    }
}

#[test]
fn a_handle_of_the_service_serves_whomever_it_is_at() {
    // IMP-27: opened as the service, read at any level.
    for n in 0..3 {
        for level in LEVELS {
            let played = played(
                model(n),
                &format!(
                    "service server {{ account bob\n privileges SeImpersonatePrivilege\n h = open file \"/bob\" for read\n \
                     conn = accept\n impersonate conn\n read h }}\n\
                     process client as alice {{ at 1ms connect server level {level} }}\n"
                ),
            );
            let server = played.of("server");
            assert!(server[2].outcome.starts_with("level"));
            assert_eq!(server[3].outcome, "ok", "{level} under {}", model(n).name);
        }
    }
}

#[test]
fn neither_closing_nor_leaving_ends_an_impersonation() {
    // IMP-7, IMP-28: the client may be gone before it is accepted, and the service may close.
    for n in 0..3 {
        let played = played(
            model(n),
            "service server { account LocalService\n privileges SeImpersonatePrivilege\n wait 5ms\n conn = accept\n \
             impersonate conn\n open file \"/alice\" for FILE_READ_DATA\n close conn\n \
             open file \"/alice\" for FILE_READ_DATA\n impersonate conn\n open file \"/alice\" for FILE_READ_DATA }\n\
             process client as alice { connect server }\n",
        );
        let server = played.of("server");
        assert_eq!(
            outcomes(&server[2..]),
            ["level 2", "granted", "ok", "granted", "INVALID_HANDLE", "granted"],
            "{}",
            model(n).name
        );
    }
}

#[test]
fn what_the_client_does_afterwards_does_not_reach_the_capture() {
    // IMP-3: a snapshot at connect, in both directions.
    for n in 0..3 {
        let played = played(
            model(n),
            "service server { account LocalService\n privileges SeImpersonatePrivilege\n conn = accept\n wait 5ms\n \
             impersonate conn\n check SeChangeNotifyPrivilege\n remove SeChangeNotifyPrivilege }\n\
             process client as alice { connect server\n disable SeChangeNotifyPrivilege\n at 9ms enable SeChangeNotifyPrivilege\n \
             check SeChangeNotifyPrivilege }\n",
        );
        assert_eq!(played.of("server")[3].outcome, "ok");
        assert_eq!(outcomes(&played.of("client")), ["ok", "ok", "ok", "ok"]);
    }
}

#[test]
fn transports_without_peers_have_no_identity_to_give() {
    // IMP-2, IMP-37
    for (transport, wanted) in [
        ("stream", ["granted", "level 2"]),
        ("seqpacket", ["granted", "level 2"]),
        ("datagram", ["NO_PEER_TOKEN", "NO_PEER_TOKEN"]),
        ("socketpair", ["NO_PEER_TOKEN", "NO_PEER_TOKEN"]),
        ("pipe", ["NO_PEER_TOKEN", "NO_PEER_TOKEN"]),
        ("network", ["NO_PEER_TOKEN", "NO_PEER_TOKEN"]),
    ] {
        for n in 0..3 {
            let played = played(
                model(n),
                &format!(
                    "service server {{ account LocalService\n privileges SeImpersonatePrivilege\n \
                     endpoint door {{ transport {transport} }}\n conn = accept server.door\n capture conn\n impersonate conn }}\n\
                     process client as alice {{ connect server.door }}\n"
                ),
            );
            assert_eq!(outcomes(&played.of("server")[1..]), wanted, "{transport} under {}", model(n).name);
        }
    }
}

#[test]
fn the_level_is_settled_before_connecting() {
    // IMP-2: the transport, what is set on the end, and what then is captured.
    const NONE: &str = "NO_PEER_TOKEN";
    let rows: [(&str, &str, &str, &str); 11] = [
        ("stream", "note \"nothing\"", "ok", "alice@2"),
        ("stream", "set_level c anonymous", "ok", "Anonymous@0"),
        ("stream", "set_level c identification", "ok", "alice@1"),
        ("seqpacket", "set_level c impersonation", "ok", "alice@2"),
        ("stream", "set_level c 3", "ok", "alice@3"),
        ("stream", "set_level c 4", "INVALID_PARAMETER", "alice@2"),
        ("stream", "set_level c 1\n set_level c 99", "INVALID_PARAMETER", "alice@1"),
        ("datagram", "set_level c identification", NONE, ""),
        ("network", "set_level c identification", NONE, ""),
        ("pipe", "set_level c 4", "INVALID_PARAMETER", ""),
        ("socketpair", "set_level c delegation", NONE, ""),
    ];
    for (transport, set, outcome, carries) in rows {
        for n in 0..3 {
            let played = played(
                model(n),
                &format!(
                    "service server {{ account LocalService\n endpoint door {{ transport {transport} }}\n \
                     conn = accept server.door\n set_level conn delegation }}\n\
                     process client as alice {{ c = open_socket server.door\n send c \"x\"\n receive c\n {set}\n connect c\n \
                     connect c\n set_level c anonymous\n set_level c 9\n close c\n set_level c anonymous\n connect c }}\n"
                ),
            );
            let (client, wrong) = (played.of("client"), "WRONG_STATE");
            assert_eq!(outcomes(&client[1..3]), [wrong, wrong]);
            let [set @ .., connect, again, late, odd, close, gone, closed] = &client[3..] else {
                panic!("{client:?}")
            };
            assert_eq!(set.last().expect("a step").outcome, outcome, "{transport}, {set:?}");
            assert_eq!((connect.outcome.as_str(), connect.carries.as_str()), ("ok", carries), "{transport}");
            let then = outcomes(&[*again, *late, *odd, *close, *gone, *closed]);
            assert_eq!(then, [wrong, wrong, "INVALID_PARAMETER", "ok", "INVALID_HANDLE", "INVALID_HANDLE"]);
            // Nor may whoever accepted change it.
            assert_eq!(outcomes(&played.of("server")), ["ok", wrong], "{transport} under {}", model(n).name);
        }
    }
}

#[test]
fn an_end_captures_whoever_connects_it() {
    // IMP-2, IMP-3, IMP-4: made as the service, connected as the client; a refusal leaves the end as it was.
    let rows = [["alice@2", "granted"], ["alice@2", "granted"], ["alice@2", "granted"]];
    for (n, wanted) in rows.into_iter().enumerate() {
        let played = played(
            model(n),
            "service server { account bob\n privileges SeImpersonatePrivilege\n s = open_socket next.door\n connect s\n \
             conn = accept\n impersonate conn\n connect s }\n\
             service next { account NetworkService\n privileges SeImpersonatePrivilege\n \
             endpoint door { dacl { allow alice FILE_WRITE_DATA } }\n conn = accept next.door\n impersonate conn\n \
             open file \"/alice\" for FILE_READ_DATA }\n\
             process client as alice { connect server }\n",
        );
        let server = played.of("server");
        assert_eq!(outcomes(&server[..2]), ["ok", DENIED]);
        assert_eq!([carried(server[4]), played.of("next")[2].outcome.as_str()], wanted, "{}", model(n).name);
    }
}

#[test]
fn a_named_pipe_is_of_nt_and_is_read_first() {
    // IMP-37, W-IMP-2
    const PIPE: &str = "service server { account bob\n privileges SeImpersonatePrivilege\n \
        endpoint pipe { transport named_pipe }\n conn = accept server.pipe\n impersonate conn\n t = capture conn\n \
        receive conn\n impersonate conn }\n\
        process client as alice { c = connect server.pipe level identification\n send c \"x\" }\n";
    let server = played(model(2), PIPE);
    assert_eq!(outcomes(&server.of("server")), ["ok", "NO_PEER_TOKEN", "granted", "ok", "level 1"]);
    for n in 0..2 {
        let client = played(model(n), PIPE);
        assert_eq!(client.of("client")[0].outcome, "NOT_SUPPORTED");
        assert!(client.of("server").is_empty(), "{}", model(n).name);
    }
}

#[test]
fn what_is_created_while_impersonating_belongs_to_the_subject() {
    // IMP-30
    let rows: [[&str; 3]; 4] = [
        ["Anonymous", "Anonymous", TOO_LOW],
        ["Anonymous", "ACCESS_DENIED", TOO_LOW],
        ["alice", "alice", "alice"],
        ["alice", "alice", "alice"],
    ];
    for (level, wanted) in LEVELS.iter().zip(rows) {
        for (n, wanted) in wanted.into_iter().enumerate() {
            let played = played(
                model(n),
                &format!(
                    "directory \"/drop\" {{ owner SYSTEM; dacl {{ allow Everyone full }}\n \
                     sacl {{ label untrusted no_write_up }} }}\n\
                     service server {{ account LocalService\n privileges SeImpersonatePrivilege\n conn = accept\n \
                     impersonate conn\n create file \"/drop/new\" for FILE_READ_DATA }}\n\
                     process client as alice {{ connect server level {level} }}\n"
                ),
            );
            let create = played.of("server")[2];
            let got = if create.outcome == "granted" { &create.owner } else { &create.outcome };
            assert_eq!(got, wanted, "{level} under {}: {create:?}", model(n).name);
        }
    }
}

#[test]
fn privileges_that_count_are_those_of_the_subject() {
    // IMP-16: the service's SeBackupPrivilege is no help while it acts as a client that lacks it, and the other way round.
    for n in 0..3 {
        for (service, client, wanted) in [
            ("SeBackupPrivilege", "", "ACCESS_DENIED"),
            ("SeChangeNotifyPrivilege", "privileges SeBackupPrivilege", "granted"),
        ] {
            let played = played(
                model(n),
                &format!(
                    "service server {{ account LocalService\n privileges SeImpersonatePrivilege, {service}\n conn = accept\n \
                     impersonate conn\n open file \"/bob\" for FILE_READ_DATA intent backup }}\n\
                     process client as alice {{ {client}\n connect server }}\n"
                ),
            );
            let open = played.of("server")[2];
            assert_eq!([&open.outcome, &open.subject], [wanted, "alice"], "{}", model(n).name);
        }
    }
}

/// What `impersonate` of a token comes to, in every model: a service makes one, and installs it.
fn by_token(account: &str, client: &str, make: &str) -> Vec<String> {
    let scenario = format!(
        "user carol {{ rid 1015; integrity high }}\n\
         service server {{ account {account}\n privileges SeImpersonatePrivilege\n conn = accept\n {make}\n impersonate t }}\n\
         process client as {client} {{ connect server level delegation\n wait 9ms }}\n"
    );
    MODELS
        .iter()
        .map(|model| played(model, &scenario).of("server").last().expect("a step").outcome.clone())
        .collect()
}

const NOT_HELD: &str = "PRIVILEGE_NOT_HELD";
const DENIED: &str = "ACCESS_DENIED";
const WITHOUT: &str = "disable SeImpersonatePrivilege";

#[test]
fn a_primary_token_is_impersonated_under_nt_alone() {
    // IMP-22: handle, right, type, then the gates; NT takes it for a copy at Impersonation.
    const TYPE: &str = "BAD_TOKEN_TYPE";
    let rows: [(&str, &str, [&str; 3]); 8] = [
        ("t = logon alice", "", [TYPE, TYPE, "level 2"]),
        ("t = open_token for TOKEN_ALL_ACCESS", "", [TYPE, TYPE, "level 2"]),
        ("t = open_token process client for TOKEN_IMPERSONATE", "", [TYPE, TYPE, "level 2"]),
        ("t = open_token process client for TOKEN_QUERY, TOKEN_DUPLICATE", "", [DENIED; 3]),
        // The type comes before the privilege, and the right before the type.
        ("t = open_token process client for TOKEN_IMPERSONATE", WITHOUT, [TYPE, TYPE, "level 1"]),
        ("t = open_token process client for TOKEN_QUERY", WITHOUT, [DENIED; 3]),
        ("t = open_token for TOKEN_ALL_ACCESS", WITHOUT, [TYPE, TYPE, "level 2"]),
        // NT lets a service act as whom it logged on itself: the token comes from its own session (DIV-7).
        ("t = logon alice", WITHOUT, [TYPE, TYPE, "level 2"]),
    ];
    for (make, then, wanted) in rows {
        assert_eq!(by_token("SYSTEM", "alice", &format!("{make}\n {then}")), wanted, "{make}, {then}");
    }
    let empty = by_token("SYSTEM", "alice", "t = open_token process client for TOKEN_IMPERSONATE\n close t");
    assert_eq!(empty, ["INVALID_HANDLE"; 3]);
}

#[test]
fn an_impersonation_token_meets_the_gates_of_its_level() {
    // IMP-22, IMP-13 (U4): the level of the copy, with the privilege and without it. The Anonymous identity by a token asks for
    // the privilege in the founding model, as it does by a connection (IMP-17).
    let held = ["level 0", "level 1", "level 2", "level 3"];
    let capped = ["level 0", "level 1", "level 1", "level 1"];
    for (at, level) in LEVELS.iter().enumerate() {
        let other =
            format!("o = open_token process client for TOKEN_DUPLICATE\n t = duplicate o level {level}");
        assert_eq!(by_token("SYSTEM", "alice", &other), [held[at]; 3], "{level}");
        let without = by_token("SYSTEM", "alice", &format!("{other}\n {WITHOUT}"));
        assert_eq!(without, [NOT_HELD, capped[at], capped[at]], "{level}");
        // From its own session, under NT.
        let made = format!("o = logon alice\n t = duplicate o level {level}\n {WITHOUT}");
        assert_eq!(by_token("SYSTEM", "alice", &made), [NOT_HELD, capped[at], held[at]], "{level}");
        // Its own identity (U1).
        let own = format!("o = open_token for TOKEN_DUPLICATE\n t = duplicate o level {level}\n {WITHOUT}");
        assert_eq!(by_token("SYSTEM", "alice", &own), [NOT_HELD, held[at], held[at]], "{level}");
        // Without the right the gates are not asked.
        let bare = format!("o = logon alice\n t = duplicate o level {level} for TOKEN_QUERY");
        assert_eq!(by_token("SYSTEM", "alice", &bare), [DENIED; 3], "{level}");
    }
    // A captured token meets the same ceiling as its connection (IMP-11): carol is High, the service Medium.
    assert_eq!(by_token("bob", "carol", "t = capture conn"), ["level 1", "level 1", "level 3"]);
    assert_eq!(
        by_token("bob", "carol", &format!("t = capture conn\n {WITHOUT}")),
        [NOT_HELD, "level 1", "level 1"]
    );
}

#[test]
fn neither_a_thread_nor_a_process_is_born_as_a_client() {
    // IMP-25: whom the new one opens and connects as, while its maker acts as alice.
    let look =
        "open file \"/alice\" for FILE_READ_DATA\n open file \"/bob\" for FILE_READ_DATA\n connect next";
    for model in MODELS {
        let played = played(
            model,
            &format!(
                "service server {{ account bob\n privileges SeImpersonatePrivilege\n thread main {{ conn = accept\n \
                 impersonate conn\n spawn thread second\n spawn worker\n wait 9ms\n {look} }}\n thread second {{ {look} }} }}\n\
                 process worker {{ {look} }}\n\
                 service next {{ account NetworkService; loop {{ accept }} }}\n\
                 process client as alice {{ connect server }}\n"
            ),
        );
        for born in ["server/second", "worker"] {
            let seen = played.of(born);
            assert_eq!(outcomes(&seen), [DENIED, "granted", "ok"], "{born} under {}", model.name);
            assert_eq!((seen[1].effective.as_str(), carried(seen[2])), ("bob", "bob@2"));
        }
        // What its maker acts as stays.
        let maker = played.of("server/main");
        assert_eq!(outcomes(&maker[5..]), ["granted", DENIED, "ok"]);
        assert_eq!(carried(maker[7]), "alice@2");
    }
}

#[test]
fn a_new_program_is_the_process_and_keeps_its_handles() {
    // IMP-26: the mask of a handle stays, whoever it was opened as; what comes next is asked of the process.
    for model in MODELS {
        let played = played(
            model,
            "file \"/tool\" { owner SYSTEM; dacl { allow alice execute } }\n\
             service server { account bob\n privileges SeImpersonatePrivilege\n conn = accept\n impersonate conn\n \
             h = open file \"/alice\" for FILE_READ_DATA\n t = capture conn\n exec \"/tool\"\n read h\n write h\n \
             open file \"/alice\" for FILE_READ_DATA\n open file \"/bob\" for FILE_READ_DATA\n connect next\n impersonate t }\n\
             service next { account NetworkService; loop { accept } }\n\
             process client as alice { connect server }\n",
        );
        let server = played.of("server");
        let wanted = ["ok", "ok", DENIED, DENIED, "granted", "ok", "level 2"];
        assert_eq!(outcomes(&server[4..]), wanted, "{}", model.name);
        assert_eq!((server[4].effective.as_str(), carried(server[9])), ("bob", "bob@2"));
    }
}

#[test]
fn the_end_of_a_process_lets_the_sessions_of_its_clients_go() {
    // IMP-26, IMP-28, SES-5: alice is long gone, and what the service acts as keeps her session alive to its own end.
    for model in MODELS {
        for last in ["exit", "revert"] {
            let played = played(
                model,
                &format!(
                    "service server {{ account bob\n privileges SeImpersonatePrivilege\n conn = accept\n \
                     impersonate conn\n close conn\n at 5ms note \"still alice\"\n {last} }}\n\
                     process client as alice {{ connect server\n exit }}\n"
                ),
            );
            let ended: Vec<(String, String)> = played
                .records
                .iter()
                .flat_map(|seen| {
                    let facts = seen.json["facts"].as_array().cloned().unwrap_or_default();
                    facts.into_iter().map(|fact| (seen.verb.to_owned(), fact))
                })
                .filter(|(_, fact)| fact["fact"] == "session_ended")
                .map(|(verb, fact)| (verb, fact["session"].as_str().unwrap_or_default().to_owned()))
                .collect();
            assert!(ended.contains(&(last.to_owned(), "alice#1".to_owned())), "{last}: {ended:?}");
            let own = ended.contains(&("exit".to_owned(), "bob#1".to_owned()));
            assert_eq!(own, last == "exit", "{ended:?}");
            assert_eq!(ended.iter().filter(|(_, session)| session == "alice#1").count(), 1);
        }
    }
}

#[test]
fn another_primary_token_leaves_what_is_installed() {
    // IMP-29: revert lands on the new one, and gates ask it from now on.
    let rows: [(&str, &str, &str); 3] =
        [(NOT_HELD, "alice@2", "granted"), ("level 1", "carol@1", DENIED), ("level 1", "carol@1", TOO_LOW)];
    for (n, (second, then, open)) in rows.into_iter().enumerate() {
        let played = played(
            model(n),
            "user carol { rid 1015 }\n\
             service server { account SYSTEM\n t = logon bob\n a = accept\n c = accept\n impersonate a\n assign t\n \
             open file \"/alice\" for FILE_READ_DATA\n impersonate c\n open file \"/alice\" for FILE_READ_DATA\n revert\n \
             open file \"/bob\" for FILE_READ_DATA\n connect next }\n\
             service next { account NetworkService; loop { accept } }\n\
             process first as alice { connect server }\n process second as carol { at 1us connect server }\n",
        );
        let server = played.of("server");
        assert_eq!(outcomes(&server[3..6]), ["level 2", "ok", "granted"], "{}", model(n).name);
        assert_eq!((server[4].effective.as_str(), server[5].subject.as_str()), ("alice@2", "alice"));
        assert_eq!([&server[6].outcome, &server[6].effective, &server[7].outcome], [second, then, open]);
        assert_eq!(outcomes(&server[8..]), ["ok", "granted", "ok"]);
        assert_eq!((server[8].effective.as_str(), carried(server[10])), ("bob", "bob@2"));
    }
}
