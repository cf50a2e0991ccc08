//! What follows the identity in effect and what stays with the process: integrity, sandboxes, claims and privileges go with
//! the client, trust does not. Tables were typed from the rules, by model: kobicha, kacs, windows.

mod play;

use play::{Played, outcomes};
use sim_core::model::MODELS;

const TOO_LOW: &str = "BAD_IMPERSONATION_LEVEL";
const DENIED: &str = "ACCESS_DENIED";
const NOT_HELD: &str = "PRIVILEGE_NOT_HELD";

fn in_every_model(scenario: &str) -> Vec<Played> {
    play::in_every_model(&format!("user alice {{ rid 1013 }}\nuser bob {{ rid 1014 }}\n{scenario}"))
}

/// What a service comes to that impersonates its client and takes one step, and where it was refused.
fn as_client(world: &str, service: &str, client: &str, level: &str, step: &str) -> Vec<(String, String)> {
    let played = in_every_model(&format!(
        "{world}\nservice server {{ account bob\n {service}\n privileges SeImpersonatePrivilege\n conn = accept\n \
         impersonate conn\n {step} }}\nprocess client as alice {{ {client}\n connect server level {level} }}"
    ));
    let told = |played: &Played| {
        let last = *played.of("server").last().expect("a step");
        (last.outcome.clone(), last.denied_by.clone())
    };
    played.iter().map(told).collect()
}

#[test]
fn integrity_is_the_subjects() {
    // TOK-32, TOK-33, IMP-31: a High service and what its client may write. An object without a label is Medium; the Anonymous
    // identity, which the founding model evaluates at Identification, is Untrusted (IMP-15).
    let world = "file \"/open\" { owner SYSTEM; dacl { allow Everyone full } }\n\
                 file \"/high\" { owner SYSTEM; dacl { allow Everyone full }; sacl { label high no_write_up } }";
    let (no, gate) = ((DENIED, "Integrity"), (DENIED, "Gate"));
    let (yes, low) = (("granted", ""), (TOO_LOW, "Gate"));
    let rows = [
        ("", "impersonation", "/open", "FILE_WRITE_DATA", [yes; 3]),
        ("", "impersonation", "/high", "FILE_WRITE_DATA", [no; 3]),
        ("", "impersonation", "/high", "FILE_READ_DATA", [yes; 3]),
        ("integrity low", "impersonation", "/open", "FILE_WRITE_DATA", [no; 3]),
        ("integrity low", "delegation", "/open", "FILE_WRITE_DATA", [no; 3]),
        ("integrity low", "impersonation", "/open", "FILE_READ_DATA", [yes; 3]),
        ("integrity high", "impersonation", "/high", "FILE_WRITE_DATA", [yes; 3]),
        // Without the policy integrity does not apply to the token at all.
        ("integrity low; mandatory_policy off", "impersonation", "/high", "FILE_WRITE_DATA", [yes; 3]),
        ("integrity high", "identification", "/open", "FILE_WRITE_DATA", [no, gate, low]),
        ("integrity high", "identification", "/open", "FILE_READ_DATA", [yes, gate, low]),
        ("integrity high", "anonymous", "/open", "FILE_WRITE_DATA", [no, no, low]),
    ];
    for (client, level, path, right, wanted) in rows {
        let step = format!("open file \"{path}\" for {right}");
        let got = as_client(world, "integrity high", client, level, &step);
        for (n, wanted) in wanted.into_iter().enumerate() {
            let (outcome, by) = &got[n];
            assert_eq!(
                (outcome.as_str(), by.as_str()),
                wanted,
                "{client} {level} {path}, {}",
                MODELS[n].name
            );
        }
    }
    // The service itself is High all along.
    let own =
        as_client(world, "integrity high", "", "impersonation", "revert\n open file \"/high\" for write");
    assert!(own.iter().all(|(outcome, _)| outcome == "granted"));
}

#[test]
fn trust_is_the_processes() {
    // IMP-31, PRC-13, PRC-15, PRC-16: whose process is protected, with which privileges, and what the label leaves.
    let world = "file \"/keys\" { owner SYSTEM; dacl { allow Everyone full }\n \
                 sacl { trust protected 1024 FILE_READ_DATA } }";
    let protected = "pip protected 1024";
    let rows = [
        ("", "", "FILE_READ_DATA", "granted"),
        ("", "", "FILE_WRITE_DATA", DENIED),
        ("", protected, "FILE_WRITE_DATA", DENIED),
        (protected, "", "FILE_WRITE_DATA", "granted"),
        (protected, protected, "FILE_WRITE_DATA", "granted"),
        ("pip protected 512", "", "FILE_WRITE_DATA", DENIED),
        ("pip isolated 1024", "", "FILE_WRITE_DATA", "granted"),
        // Not even a privilege gives what the label keeps.
        ("", "privileges SeTakeOwnershipPrivilege", "WRITE_OWNER, FILE_READ_DATA", DENIED),
        ("", "privileges SeSecurityPrivilege", "ACCESS_SYSTEM_SECURITY, FILE_READ_DATA", DENIED),
        (protected, "privileges SeSecurityPrivilege", "ACCESS_SYSTEM_SECURITY, FILE_READ_DATA", "granted"),
    ];
    for (service, client, rights, wanted) in rows {
        let step = format!("open file \"/keys\" for {rights}");
        for (n, (outcome, by)) in as_client(world, service, client, "impersonation", &step).iter().enumerate()
        {
            assert_eq!(outcome, wanted, "{service}, {client}: {rights}, {}", MODELS[n].name);
            assert!(wanted == "granted" || by == "Trust", "{service}, {client}: {rights}: {by}");
        }
    }
}

#[test]
fn claims_and_sandboxes_go_with_the_client() {
    // TOK-34, TOK-35: what the client's token has counts while it is acted as, by a connection or by a token in hand, and
    // nothing of it at Identification, where its claims are not there and its sandbox does not limit.
    let world = "app viewer { }\n\
                 file \"/cleared\" { owner SYSTEM; dacl { allow Everyone read when @User.clearance >= 3 } }\n\
                 file \"/boxed\" { owner SYSTEM; dacl { allow Everyone read } }\n\
                 file \"/viewed\" { owner SYSTEM; dacl { allow Everyone read; allow viewer read } }";
    let claim = "claims { clearance = 4 }";
    let confined = "confined { package viewer }";
    let gate = [DENIED, TOO_LOW];
    let rows = [
        (claim, "impersonation", "/cleared", ["granted"; 3]),
        ("claims { clearance = 2 }", "impersonation", "/cleared", [DENIED; 3]),
        ("", "impersonation", "/cleared", [DENIED; 3]),
        (claim, "identification", "/cleared", [DENIED, gate[0], gate[1]]),
        (confined, "impersonation", "/boxed", [DENIED; 3]),
        (confined, "impersonation", "/viewed", ["granted"; 3]),
        (confined, "identification", "/boxed", ["granted", gate[0], gate[1]]),
        ("confined { package viewer; exempt }", "impersonation", "/boxed", ["granted"; 3]),
    ];
    for (client, level, path, wanted) in rows {
        let open = format!("open file \"{path}\" for FILE_READ_DATA");
        let in_hand = format!("t = capture conn\n revert\n impersonate t\n {open}");
        for step in [&open, &in_hand] {
            let got: Vec<String> =
                as_client(world, claim, client, level, step).into_iter().map(|(o, _)| o).collect();
            assert_eq!(got, wanted, "{client} {level} {path}: {step}");
        }
    }
}

#[test]
fn a_gate_at_identification_always_fails() {
    // TOK-23, TOK-6: the client holds the privilege, and so does the service; at an acting level the client's counts.
    let service = "privileges SeShutdownPrivilege";
    for (client, level, wanted) in [
        ("privileges SeShutdownPrivilege", "identification", NOT_HELD),
        ("privileges SeShutdownPrivilege", "anonymous", NOT_HELD),
        ("privileges SeShutdownPrivilege", "impersonation", "ok"),
        ("privileges SeShutdownPrivilege (disabled)", "impersonation", NOT_HELD),
        ("", "impersonation", NOT_HELD),
    ] {
        for (n, (outcome, _)) in
            as_client("", service, client, level, "check SeShutdownPrivilege").iter().enumerate()
        {
            assert_eq!(outcome, wanted, "{client} {level}, {}", MODELS[n].name);
        }
    }
}

#[test]
fn administrators_hold_no_privilege_by_that() {
    // TOK-26
    for played in in_every_model(
        "user adam { rid 1031; groups Administrators; integrity high }\n\
         process p as adam { show\n check SeDebugPrivilege\n check SeTakeOwnershipPrivilege\n check SeChangeNotifyPrivilege }",
    ) {
        assert_eq!(outcomes(&played.of("p")), ["ok", NOT_HELD, NOT_HELD, "ok"]);
        assert_eq!(played.of("p")[0].shown, "adam High");
    }
}

#[test]
fn only_the_service_at_its_end_becomes_the_client() {
    // IMP-7: before accept there is no end to hold, the client's own end is the wrong one, and a closed one is none.
    for played in in_every_model(
        "service server { account bob\n privileges SeImpersonatePrivilege\n conn = accept\n impersonate conn\n revert\n \
         close conn\n impersonate conn\n capture conn }\n\
         process client as alice { privileges SeImpersonatePrivilege\n c = connect server\n impersonate c\n capture c\n \
         at 1ms impersonate c\n close c\n impersonate c }",
    ) {
        let invalid = "INVALID_HANDLE";
        assert_eq!(outcomes(&played.of("server")), ["ok", "level 2", "ok", "ok", invalid, invalid]);
        let wrong = "WRONG_STATE";
        assert_eq!(outcomes(&played.of("client")), ["ok", wrong, wrong, wrong, "ok", invalid]);
    }
}

#[test]
fn a_client_at_anonymous_is_nobody() {
    // IMP-17: what the service may do to become nobody, what it then opens, and what a connection then carries.
    let rows = [
        (
            "privileges SeImpersonatePrivilege",
            ["level 0"; 3],
            ["granted", "granted", TOO_LOW],
            ["Anonymous@0", "Anonymous@0", TOO_LOW],
        ),
        (
            "privileges SeImpersonatePrivilege (disabled)",
            [NOT_HELD, "level 0", "level 0"],
            ["granted", "granted", TOO_LOW],
            ["bob@2", "Anonymous@0", TOO_LOW],
        ),
    ];
    for (privilege, becomes, opens, carries) in rows {
        let played = in_every_model(&format!(
            "file \"/public\" {{ owner SYSTEM; dacl {{ allow Everyone read }} }}\n\
             service server {{ account bob\n {privilege}\n conn = accept\n show conn\n impersonate conn\n \
             open file \"/public\" for FILE_READ_DATA\n connect next }}\n\
             service next {{ account NetworkService\n loop {{ accept }} }}\n\
             process client as alice {{ connect server level anonymous }}"
        ));
        for (n, played) in played.iter().enumerate() {
            let server = played.of("server");
            assert!(server[1].shown.starts_with("Anonymous@0"), "{}", server[1].shown);
            let carried = if server[4].outcome == "ok" { &server[4].carries } else { &server[4].outcome };
            assert_eq!(
                [server[2].outcome.as_str(), server[3].outcome.as_str(), carried],
                [becomes[n], opens[n], carries[n]],
                "{privilege}, {}",
                MODELS[n].name
            );
        }
    }
}

#[test]
fn threads_share_a_process_and_its_handles() {
    // PRC-1, TOK-5: the first tid is the pid; a handle that one thread opened as its client serves the other with the same mask,
    // and what one does to the primary token the other notices.
    for played in in_every_model(
        "file \"/f\" { owner SYSTEM; dacl { allow alice read } }\n\
         service server { account bob\n privileges SeImpersonatePrivilege, SeShutdownPrivilege\n \
         thread main { conn = accept\n impersonate conn\n h = open file \"/f\" for read\n give h to other\n revert\n \
         disable SeShutdownPrivilege }\n thread other { check SeShutdownPrivilege\n h = take\n read h\n write h\n \
         at 1ms check SeShutdownPrivilege } }\nprocess client as alice { connect server }",
    ) {
        let (main, other) = (played.of("server/main"), played.of("server/other"));
        assert_eq!(main[0].json["pid"], main[0].json["tid"]);
        assert_eq!(other[0].json["pid"], main[0].json["pid"]);
        assert_ne!(other[0].json["tid"], main[0].json["tid"]);
        assert_eq!(outcomes(&other), ["ok", "ok", "ok", DENIED, NOT_HELD]);
    }
}
