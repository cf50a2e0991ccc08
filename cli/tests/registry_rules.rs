//! The rules of keys, played from text. The tables were typed from the rules, by model: kobicha, kacs, windows.

mod play;

use dsl::Reading;
use dsl::source::Sources;
use play::{Seen, play};
use sim_core::model::{MODELS, Model};
use sim_core::rights::{ObjectType, Right};

const DENIED: &str = "ACCESS_DENIED";
const TOO_LOW: &str = "BAD_IMPERSONATION_LEVEL";
const INVALID: &str = "INVALID_PARAMETER";
const NOT_FOUND: &str = "NOT_FOUND";
const PRIVILEGE: &str = "PRIVILEGE_NOT_HELD";

const PEOPLE: &str = "group staff { rid 2000 }\nuser alice { rid 1013; groups staff (owner) }\nuser bob { rid 1014 }\n\
    user admin { rid 1015; groups Administrators; integrity high }\n\
    user keeper { rid 1016; privileges SeBackupPrivilege, SeRestorePrivilege }\n\
    user taker { rid 1017; privileges SeTakeOwnershipPrivilege }\nuser auditor { rid 1018; privileges SeSecurityPrivilege }\n";
/// The key of alice, as a part of a path.
const ALICE: &str = "S-1-5-21-1000-2000-3000-1013";

/// What a process that runs as somebody sees, under every model in turn.
fn runs(world: &str, who: &str, steps: &str) -> Vec<Vec<Seen>> {
    let text = format!("scenario rules {{ }}\n{PEOPLE}{world}\nprocess p as {who} {{\n{steps}\n}}\n");
    MODELS.iter().map(|model| play(&text, model).of("p").into_iter().cloned().collect()).collect()
}

/// What a service does for alice, once it impersonates her at a level.
fn served(world: &str, level: &str, before: &str, steps: &str) -> Vec<Vec<Seen>> {
    let text = format!(
        "scenario rules {{ }}\n{PEOPLE}{world}\nservice s {{\naccount LocalService\nprivileges SeImpersonatePrivilege\n\
         {before}\nconn = accept\nimpersonate conn\n{steps}\n}}\nprocess desk as alice {{ connect s level {level} }}\n"
    );
    let skipped = 2 + before.lines().filter(|line| !line.is_empty()).count();
    let after =
        |model: &&'static Model| play(&text, model).of("s").into_iter().skip(skipped).cloned().collect();
    MODELS.iter().map(after).collect()
}

fn outcomes(seen: &[Seen]) -> Vec<&str> {
    seen.iter().map(|seen| seen.outcome.as_str()).collect()
}

fn mask(seen: &Seen) -> u64 {
    seen.json["granted"]["value"].as_u64().unwrap_or(0)
}

/// What is said about a text that is refused.
fn refused(text: &str) -> String {
    let mut sources = Sources::default();
    let file = sources.add("test.scn".to_owned(), format!("scenario rules {{ }}\n{PEOPLE}{text}\n"));
    let mut files = |_: &str| Err("there is none".to_owned());
    let mut read = dsl::read(&mut sources, file, &mut Reading { params: &[], files: &mut files });
    read.build();
    assert!(read.scenario.is_none(), "this is taken: {text}");
    dsl::render::render(&read.diagnostics, &sources, false)
}

#[test]
fn rights_have_the_numbers_of_key_6() {
    let rows = [
        (0x1, "KEY_QUERY_VALUE"),
        (0x2, "KEY_SET_VALUE"),
        (0x4, "KEY_CREATE_SUB_KEY"),
        (0x8, "KEY_ENUMERATE_SUB_KEYS"),
        (0x10, "KEY_NOTIFY"),
        (0x20, "KEY_CREATE_LINK"),
        (0x0001_0000, "DELETE"),
        (0x0002_0000, "READ_CONTROL"),
        (0x0004_0000, "WRITE_DAC"),
        (0x0008_0000, "WRITE_OWNER"),
        (0x0100_0000, "ACCESS_SYSTEM_SECURITY"),
    ];
    for (bits, name) in rows {
        assert_eq!(Right::named(name, ObjectType::Key).map(|right| right.mask.0), Some(bits), "{name}");
    }
    let steps = "open key 'Machine\\K' for read\nopen key 'Machine\\K' for write\nopen key 'Machine\\K' for execute\n\
                 open key 'Machine\\K' for full\nopen key 'Machine\\K' for MAXIMUM_ALLOWED";
    for (n, seen) in runs("key 'Machine\\K' { dacl null }", "bob", steps).iter().enumerate() {
        let execute = if n < 2 { 0 } else { 0x0002_0019 };
        let masks: Vec<u64> = seen.iter().map(mask).collect();
        assert_eq!(
            masks,
            [0x0002_0019, 0x0002_0006, execute, 0x000F_003F, 0x000F_003F],
            "{}",
            MODELS[n].name
        );
        assert_eq!(outcomes(seen), ["granted"; 5]);
        // Of the maximum alone it is told where it came from.
        assert_eq!(seen[4].json["checks"][0]["reason"], "null dacl", "{}", MODELS[n].name);
    }
}

#[test]
fn a_handle_lets_just_what_it_was_opened_for() {
    // KEY-1, KEY-6, KEY-11, KEY-19, KEY-24: for each operation its right. Those with a name that binds stand last.
    let operations = [
        ("query k \"V\"", "KEY_QUERY_VALUE"),
        ("enumerate k (values)", "KEY_QUERY_VALUE"),
        ("set k \"W\" = 1", "KEY_SET_VALUE"),
        ("delete_value k \"W\"", "KEY_SET_VALUE"),
        ("enumerate k", "KEY_ENUMERATE_SUB_KEYS"),
        ("enumerate k 0", "KEY_ENUMERATE_SUB_KEYS"),
        ("query_key k", "READ_CONTROL"),
        ("query_security k", "READ_CONTROL"),
        ("query_security k (sacl)", "ACCESS_SYSTEM_SECURITY"),
        ("set_security k { dacl null }", "WRITE_DAC"),
        ("set_security k { owner auditor }", "WRITE_OWNER"),
        ("set_security k { group Users }", "WRITE_OWNER"),
        ("set_security k { sacl { } }", "ACCESS_SYSTEM_SECURITY"),
    ];
    let rights = [
        "KEY_QUERY_VALUE",
        "KEY_SET_VALUE",
        "KEY_CREATE_SUB_KEY",
        "KEY_ENUMERATE_SUB_KEYS",
        "KEY_NOTIFY",
        "READ_CONTROL",
        "WRITE_DAC",
        "WRITE_OWNER",
        "DELETE",
        "ACCESS_SYSTEM_SECURITY",
    ];
    let steps: Vec<&str> = operations.iter().map(|(step, _)| *step).collect();
    let world = "key 'Machine\\K' { owner auditor; dacl null; value \"V\" = 1 }\nkey 'Machine\\K\\Sub' { }\n";
    for right in rights {
        let steps = format!("k = open key 'Machine\\K' for {right}\n{}\ndelete k", steps.join("\n"));
        for (n, seen) in runs(world, "auditor", &steps).iter().enumerate() {
            let model = MODELS[n].name;
            assert_eq!(seen[0].outcome, "granted", "{right}, {model}");
            for ((step, needed), seen) in operations.iter().zip(&seen[1..]) {
                let wanted = if *needed == right { ("ok", "") } else { (DENIED, "Handle") };
                let got = (seen.outcome.as_str(), seen.denied_by.as_str());
                assert_eq!(got, wanted, "{step} with {right}, {model}");
            }
            // There is a subkey; without the right that is not looked at (KEY-17).
            let last = seen.last().map(|seen| seen.outcome.as_str());
            assert_eq!(last, Some(if right == "DELETE" { "NOT_EMPTY" } else { DENIED }), "{right}, {model}");
        }
    }
    // A label by itself is not for keys; with the SACL it is.
    let steps = "k = open key 'Machine\\K' for full, ACCESS_SYSTEM_SECURITY\nset_security k { label low no_write_up }\n\
                 set_security k { sacl { label low no_write_up } }";
    for seen in runs(world, "auditor", steps) {
        assert_eq!(outcomes(&seen), ["granted", INVALID, "ok"]);
    }
}

#[test]
fn what_may_be_asked_for_comes_before_every_name() {
    // KEY-7, MASK-4: the mask, and whether it is taken; neither key is there.
    let rows: [(&str, [bool; 3]); 12] = [
        ("0", [false; 3]),
        // Not a right on keys (KEY-6).
        ("SYNCHRONIZE", [false; 3]),
        ("KEY_QUERY_VALUE", [true; 3]),
        ("KEY_CREATE_LINK", [true; 3]),
        ("0x40", [false; 3]),
        ("0x100000", [false; 3]),
        ("0x1000000", [true; 3]),
        ("MAXIMUM_ALLOWED", [true; 3]),
        ("0x4000000", [false; 3]),
        ("0x8000000", [false; 3]),
        ("execute", [true; 3]),
        ("0xF30F003F", [true; 3]),
    ];
    for (rights, taken) in rows {
        let steps =
            format!("open key 'Machine\\None\\Deep' for {rights}\nopen key 'Nowhere\\K' for {rights}");
        for (n, seen) in runs("", "bob", &steps).iter().enumerate() {
            let wanted = if taken[n] { [NOT_FOUND; 2] } else { [INVALID; 2] };
            assert_eq!(outcomes(seen), wanted, "{rights}, {}", MODELS[n].name);
        }
    }
}

#[test]
fn entries_speak_of_rights_on_keys() {
    // KEY-8, MASK-4: at load, and when one is written.
    for dacl in ["allow bob 0x100000", "allow bob 0x40", "allow bob MAXIMUM_ALLOWED"] {
        let said = refused(&format!("key 'Machine\\K' {{ dacl {{ {dacl} }} }}"));
        assert!(said.starts_with("error"), "{dacl}: {said}");
    }
    let said = refused("key 'Machine\\K' { sddl 'O:SYG:SYD:(A;;FA;;;WD)' }");
    assert!(said.contains("rights that no key has (KEY-8)"), "{said}");
    let fine = "key 'Machine\\K' { owner bob; dacl { allow bob full; allow alice 0x010F003F }; sacl { label low no_write_up; audit bob full (failure) } }";
    let steps = "k = open key 'Machine\\K' for WRITE_DAC\nset_security k { dacl { allow bob 0x100000 } }\n\
                 set_security k { dacl { allow bob 0x20019 } }\nopen key 'Machine\\K' for 0x20019";
    for seen in runs(fine, "bob", steps) {
        assert_eq!(outcomes(&seen), ["granted", "INVALID_SECURITY_DESCRIPTOR", "ok", "granted"]);
    }
}

#[test]
fn keys_that_nobody_declares_have_the_descriptors_of_key_5() {
    // Who may read and write which key; keys above a declared one, and one declared without a descriptor, inherit.
    let world = "key 'Machine\\Software\\Vendor' { }\n";
    let (both, read, none) = (["granted"; 2], ["granted", DENIED], [DENIED; 2]);
    let own = format!("Users\\{ALICE}");
    let rows: [(&str, [[&str; 2]; 4]); 6] = [
        ("Machine", [both, both, read, read]),
        ("Machine\\Software", [both, both, read, read]),
        ("Machine\\Software\\Vendor", [both, both, read, read]),
        ("Users", [both, both, read, read]),
        (&own, [both, both, both, none]),
        ("Users\\S-1-5-21-1000-2000-3000-1014", [both, both, none, both]),
    ];
    for (key, wanted) in rows {
        let steps = format!("open key '{key}' for read\nopen key '{key}' for KEY_SET_VALUE");
        for (who, wanted) in ["SYSTEM", "admin", "alice", "bob"].into_iter().zip(wanted) {
            for (n, seen) in runs(world, who, &steps).iter().enumerate() {
                assert_eq!(outcomes(seen), wanted, "{key} for {who}, {}", MODELS[n].name);
            }
        }
    }
    for seen in runs(world, "SYSTEM", "k = open key 'Machine\\Software' for READ_CONTROL\nquery_security k") {
        assert_eq!(seen[1].owner, "SYSTEM");
    }
}

#[test]
fn keys_on_the_way_are_not_asked() {
    // KEY-9: the key above lets nobody in; what is there shows to everybody.
    let world = "key 'Machine\\Shut' { dacl { } }\nkey 'Machine\\Shut\\In' { dacl { allow bob read } }\nkey 'Machine\\Shut\\No' { dacl { } }\n";
    let steps = "open key 'Machine\\Shut\\In' for read\nopen key 'Machine\\Shut' for read\nopen key 'Machine\\Shut\\No' for read\n\
                 open key 'Machine\\Shut\\None' for read\nopen key 'Nowhere' for read\nopen key 'machine\\SHUT\\in' for read\n\
                 open key 'Machine/Shut/In' for read";
    for (n, seen) in runs(world, "bob", steps).iter().enumerate() {
        let wanted = ["granted", DENIED, DENIED, NOT_FOUND, NOT_FOUND, "granted", "granted"];
        assert_eq!(outcomes(seen), wanted, "{}", MODELS[n].name);
    }
}

#[test]
fn relative_opens_ask_who_the_thread_is_now() {
    // KEY-10, KEY-12: the handle's mask has no part in it, neither has who opened it.
    let world = "key 'Machine\\Base' { dacl { allow LocalService KEY_NOTIFY; allow alice KEY_CREATE_SUB_KEY; allow alice full (inherit_dirs, inherit_only) } }\n\
                 key 'Machine\\Base\\Sub' { dacl { allow alice read } }\n";
    let steps = "open key 'Sub' in base for read\ncreate key 'New' in base for read\nrevert\nopen key 'Sub' in base for read\n\
                 create key 'Newer' in base for read";
    for (n, seen) in served(world, "impersonation", "base = open key 'Machine\\Base' for KEY_NOTIFY", steps)
        .iter()
        .enumerate()
    {
        assert_eq!(outcomes(seen), ["granted", "granted", "ok", DENIED, DENIED], "{}", MODELS[n].name);
    }
}

#[test]
fn names_have_bounds() {
    // KEY-2: bytes of a name, of a whole path also where it begins at a handle, and how deep; what is too long is told where it is
    // written, or refused before any name is looked up. A name of a value may hold separators.
    let world = "key 'Machine\\K' { dacl { allow bob full (inherit_dirs); allow bob full } }\n";
    let long = |count: usize| "x".repeat(count);
    let keys = |count: usize| vec!["y"; count].join("\\");
    let mut steps = String::from("k0 = open key 'Machine\\K' for full\n");
    for n in 0..60 {
        steps += &format!("k{} = create key '{}' in k{n} for full\n", n + 1, long(255));
    }
    // `Machine\K` and 60 names of 255 bytes are 15,369 bytes: 1,013 more, and a separator, are a whole path.
    steps += &format!(
        "open key '{0}' in k60 for read\nopen key '{0}\\y' in k60 for read\n",
        vec![long(252); 4].join("\\") + "z"
    );
    steps += &format!("open key '{}' in k0 for read\nopen key '{}' in k0 for read\n", keys(510), keys(511));
    steps += "set k0 \"a\\\\b\" = 1\nquery k0 \"A\\\\B\"\nset k0 \"\" = 1\nset k0 \"a\\u{0}b\" = 1";
    for (n, seen) in runs(world, "bob", &steps).iter().enumerate() {
        let last = outcomes(&seen[61..]);
        let wanted = [NOT_FOUND, INVALID, NOT_FOUND, INVALID, "ok", "ok", "ok", INVALID];
        assert_eq!(last, wanted, "{}", MODELS[n].name);
    }
    let faults =
        ["at most 255 bytes", "at most 512 names", "a name is empty", "a name is empty", "a name is empty"];
    let wrong = [
        format!("Machine\\{}", long(256)),
        keys(513),
        "Machine\\\\K".into(),
        "Machine\\".into(),
        "\\Machine".into(),
    ];
    for (path, fault) in wrong.iter().zip(faults) {
        let said = refused(&format!("key '{path}' {{ }}"));
        assert!(said.contains(fault), "{path}: {said}");
    }
}

#[test]
fn creation_takes_the_parent_and_what_comes_of_it() {
    // KEY-12, DIV-11, DIV-17: who makes what, and whether it is there afterwards.
    let world = "key 'Machine\\Makes' { dacl { allow bob KEY_CREATE_SUB_KEY; allow bob read (inherit_dirs, inherit_only); allow bob full (inherit_files, inherit_only) } }\n\
                 key 'Machine\\Only' { dacl { allow bob read } }\nkey 'Machine\\There' { dacl { allow bob read } }\n";
    let rows: [(&str, &str, [&str; 3], &str); 6] = [
        ("Machine\\Makes\\A", "read", ["granted"; 3], "created"),
        ("Machine\\Makes\\A", "write", [DENIED, DENIED, "granted"], "created"),
        ("Machine\\Only\\A", "read", [DENIED; 3], ""),
        ("Machine\\Makes\\None\\A", "read", [NOT_FOUND; 3], ""),
        ("Machine\\There", "read", ["granted"; 3], "opened"),
        ("Machine\\There", "write", [DENIED; 3], ""),
    ];
    for (key, rights, wanted, status) in rows {
        let steps = format!("create key '{key}' for {rights}\nopen key '{key}' for KEY_QUERY_VALUE");
        for (n, seen) in runs(world, "bob", &steps).iter().enumerate() {
            let model = MODELS[n].name;
            assert_eq!(seen[0].outcome, wanted[n], "{key} for {rights}, {model}");
            if wanted[n] == "granted" {
                assert_eq!(seen[0].json["status"], status, "{key} for {rights}, {model}");
                assert_eq!(seen[1].outcome, "granted");
            } else {
                let there = key == "Machine\\There";
                assert_eq!(
                    seen[1].outcome,
                    if there { "granted" } else { NOT_FOUND },
                    "{key} for {rights}, {model}"
                );
            }
        }
    }
    // What is volatile holds nothing that stays.
    let steps =
        "v = create key 'Machine\\Makes\\V' for read (volatile)\ncreate key 'Machine\\Makes\\V\\W' for read";
    let world = "key 'Machine\\Makes' { dacl { allow bob full (inherit_dirs) } }\n";
    for seen in runs(world, "bob", steps) {
        assert_eq!(outcomes(&seen), ["granted", INVALID]);
    }
    // A descriptor goes with the call in one model only (KEY-13).
    let steps = "create key 'Machine\\Makes\\D' for read with { dacl { allow bob read } }";
    for (n, seen) in runs(world, "bob", steps).iter().enumerate() {
        assert_eq!(seen[0].outcome, ["NOT_SUPPORTED", "NOT_SUPPORTED", "granted"][n]);
    }
}

#[test]
fn privileges_act_at_the_open_alone() {
    // KEY-20, KEY-19: take ownership, security; backup and restore are no part of an open.
    let world = "key 'Machine\\K' { owner SYSTEM; dacl { allow alice WRITE_OWNER } }\n";
    let open = |right: &str| format!("k = open key 'Machine\\K' for {right}");
    let rows: [(&str, &str, [&str; 3]); 7] = [
        ("taker", "WRITE_OWNER", ["granted"; 3]),
        ("taker", "READ_CONTROL", [DENIED; 3]),
        ("auditor", "ACCESS_SYSTEM_SECURITY", ["granted"; 3]),
        ("bob", "ACCESS_SYSTEM_SECURITY", [DENIED, DENIED, PRIVILEGE]),
        ("keeper", "KEY_QUERY_VALUE", [DENIED; 3]),
        ("keeper", "WRITE_OWNER", [DENIED; 3]),
        ("bob", "WRITE_OWNER", [DENIED; 3]),
    ];
    for (who, right, wanted) in rows {
        for (n, seen) in runs(world, who, &open(right)).iter().enumerate() {
            assert_eq!(seen[0].outcome, wanted[n], "{who} for {right}, {}", MODELS[n].name);
        }
    }
    // Whom the handle makes the owner is the limit of FILE-27, asked of the present subject.
    for (who, new, wanted) in [
        ("alice", "alice", "ok"),
        ("alice", "staff", "ok"),
        ("alice", "bob", "INVALID_OWNER"),
        ("taker", "taker", "ok"),
        ("taker", "bob", "INVALID_OWNER"),
    ] {
        let steps = format!("{}\nset_security k {{ owner {new} }}", open("WRITE_OWNER"));
        for seen in runs(world, who, &steps) {
            assert_eq!(outcomes(&seen), ["granted", wanted], "{who} makes {new} the owner");
        }
    }
}

#[test]
fn opens_are_audited_and_operations_are_not() {
    // KEY-21: one event for each open that an entry matches.
    let world = "key 'Machine\\K' { dacl { allow bob read }; sacl { audit Everyone full (success, failure); alarm Everyone full }; value \"V\" = 1 }\n";
    let steps = "k = open key 'Machine\\K' for read\nquery k \"V\"\nenumerate k\nset k \"V\" = 2\nopen key 'Machine\\K' for write";
    for (n, seen) in runs(world, "bob", steps).iter().enumerate() {
        let audits = |seen: &Seen| {
            let audits = seen.json["checks"][0]["audits"].as_array().cloned().unwrap_or_default();
            audits.iter().map(|audit| audit["success"] == true).collect::<Vec<_>>()
        };
        let got: Vec<Vec<bool>> = seen.iter().map(audits).collect();
        assert_eq!(got, [vec![true], vec![], vec![], vec![], vec![false]], "{}", MODELS[n].name);
        let watched = seen.iter().any(|seen| seen.json["facts"].to_string().contains("continuous_audit"));
        assert!(!watched, "{}", MODELS[n].name);
    }
}

#[test]
fn opens_by_level() {
    // KEY-22: alice's own key, one that Everyone may read, and her subtree by its short name (KEY-3).
    let world = "key 'Machine\\Hers' { dacl { allow alice full (inherit_dirs) } }\nkey 'Machine\\All' { dacl { allow Everyone KEY_QUERY_VALUE } }\n\
                 key 'Machine\\Held' { dacl { allow LocalService KEY_QUERY_VALUE }; value \"V\" = 1 }\n";
    let steps = "open key 'Machine\\Hers' for read\nopen key 'Machine\\All' for KEY_QUERY_VALUE\nopen key 'CurrentUser' for read\n\
                 create key 'Machine\\Hers\\New' for read\nquery h \"V\"";
    let acts = ["granted", "granted", "granted", "granted", "ok"];
    let anonymous = [DENIED, "granted", NOT_FOUND, DENIED, "ok"];
    let gate = [DENIED, DENIED, DENIED, DENIED, "ok"];
    let low = [TOO_LOW, TOO_LOW, TOO_LOW, TOO_LOW, "ok"];
    let rows = [
        ("delegation", [acts; 3]),
        ("impersonation", [acts; 3]),
        ("identification", [anonymous, gate, low]),
        // The subtree of Anonymous is not there, and that comes before the level (KEY-3, KEY-9).
        ("anonymous", [anonymous, anonymous, [TOO_LOW, TOO_LOW, NOT_FOUND, TOO_LOW, "ok"]]),
    ];
    for (level, wanted) in rows {
        let before = "h = open key 'Machine\\Held' for KEY_QUERY_VALUE";
        for (n, seen) in served(world, level, before, steps).iter().enumerate() {
            assert_eq!(outcomes(seen), wanted[n], "{level}, {}", MODELS[n].name);
            if seen[3].outcome == "granted" {
                assert_eq!(seen[3].owner, "alice");
            }
        }
    }
}

#[test]
fn the_last_service_of_a_chain_decides() {
    // KEY-23, IMP-32: one service asks another to read alice's key, acting for her or for itself.
    let chain = |first: &str| {
        format!(
            "scenario rules {{ }}\n{PEOPLE}key 'Machine\\Hers' {{ dacl {{ allow alice read }} }}\n\
             service back {{ account NetworkService\nprivileges SeImpersonatePrivilege\nc = accept\nimpersonate c\n\
             open key 'Machine\\Hers' for read }}\n\
             service front {{ account LocalService\nprivileges SeImpersonatePrivilege\nconn = accept\n{first}\nconnect back }}\n\
             process desk as alice {{ connect front }}\n"
        )
    };
    for (first, subject, outcome) in
        [("impersonate conn", "alice", "granted"), ("note \"as itself\"", "LocalService", DENIED)]
    {
        for model in MODELS {
            let played = play(&chain(first), model);
            let open = played.of("back").last().copied().cloned().expect("it opens the key");
            assert_eq!(
                (open.outcome.as_str(), open.subject.as_str()),
                (outcome, subject),
                "{first}, {}",
                model.name
            );
        }
    }
}

/// A key for bob to read, links to it and to other places, and one that leads round.
const LINKS: &str = "key 'Machine\\T' { dacl { allow bob read }; value \"V\" = 1 }\nkey 'Machine\\T\\Sub' { dacl { allow bob read } }\n\
    key 'Machine\\Shut' { dacl { } }\nlink 'Machine\\L' to 'Machine\\T'\nlink 'Machine\\Shut\\L' to 'Machine\\T'\n\
    link 'Machine\\ToShut' to 'Machine\\Shut'\nlink 'Machine\\ToL' to 'Machine\\Shut\\L'\nlink 'Machine\\None' to 'Machine\\T\\Later'\n\
    link 'Machine\\Elsewhere' to 'Nowhere\\K'\nlink 'Machine\\Me' to 'CurrentUser'\n\
    link 'Machine\\Round' to 'Machine\\About'\nlink 'Machine\\About' to 'Machine\\Round'\n";

#[test]
fn links_between_keys_lead_on() {
    // KEY-14, KEY-9, KEY-3: what is opened is the target, and it alone is asked; links on the way are no more asked than keys.
    let rows = [
        ("open key 'Machine\\L' for read", "granted"),
        ("open key 'machine\\l\\SUB' for read", "granted"),
        ("open key 'Machine/L' for read", "granted"),
        ("open key 'Machine\\L' for write", DENIED),
        ("open key 'Machine\\Shut\\L' for read", "granted"),
        ("open key 'Machine\\ToL' for read", "granted"),
        ("open key 'Machine\\ToShut' for read", DENIED),
        ("open key 'Machine\\ToShut\\L\\Sub' for read", "granted"),
        ("open key 'Machine\\None' for read", NOT_FOUND),
        ("open key 'Machine\\None\\Deeper' for read", NOT_FOUND),
        ("open key 'Machine\\L\\None' for read", NOT_FOUND),
        ("open key 'Machine\\Elsewhere' for read", NOT_FOUND),
        // `CurrentUser` means nothing in a target.
        ("open key 'Machine\\Me' for read", NOT_FOUND),
        ("open key 'Machine\\Round' for read", "LINK_LOOP"),
        ("open key 'Machine\\Round\\Sub' for read", "LINK_LOOP"),
        // What may not be asked for at all comes first (KEY-7).
        ("open key 'Machine\\Round' for 0x100000", INVALID),
        // The link itself, with the descriptor that it inherits: everybody who is authenticated reads it (KEY-5).
        ("open key 'Machine\\L' for read (open_link)", "granted"),
        ("open key 'Machine\\Round' for read (open_link)", "granted"),
        ("open key 'Machine\\L' for KEY_SET_VALUE (open_link)", DENIED),
        ("open key 'Machine\\Shut\\L' for read (open_link)", DENIED),
        // Of a link on the way nothing is said.
        ("open key 'Machine\\L\\Sub' for read (open_link)", "granted"),
        ("open key 'Machine\\T' for read (open_link)", "granted"),
    ];
    for (step, wanted) in rows {
        for (n, seen) in runs(LINKS, "bob", step).iter().enumerate() {
            assert_eq!(seen[0].outcome, wanted, "{step}, {}", MODELS[n].name);
        }
    }
    // A link is declared with a descriptor and values as any key.
    let world = format!(
        "{LINKS}link 'Machine\\Own' to 'Machine\\T' {{ dacl {{ allow bob KEY_SET_VALUE }}; value \"V\" = 2 }}\n"
    );
    let steps = "l = open key 'Machine\\Own' for KEY_SET_VALUE (open_link)\nopen key 'Machine\\Own' for read (open_link)\n\
                 h = open key 'Machine\\Own' for read\nquery h \"V\"\nset l \"\" = 'Machine\\Shut' (link)\nopen key 'Machine\\Own' for read";
    for seen in runs(&world, "bob", steps) {
        assert_eq!(outcomes(&seen), ["granted", DENIED, "granted", "ok", "ok", DENIED]);
    }
    // A path that begins at a handle on the link goes where it leads; one on the target is one on any key.
    let steps = "h = open key 'Machine\\L' for KEY_QUERY_VALUE\nl = open key 'Machine\\L' for KEY_QUERY_VALUE (open_link)\n\
                 query h \"V\"\nquery l \"V\"\nquery l \"\"\nopen key 'Sub' in h for read\nopen key 'Sub' in l for read\nopen key 'None' in l for read";
    for seen in runs(LINKS, "bob", steps) {
        let wanted = ["granted", "granted", "ok", NOT_FOUND, "ok", "granted", "granted", NOT_FOUND];
        assert_eq!(outcomes(&seen), wanted);
        assert_eq!(seen[0].json["checks"][0]["object"], "Machine\\T");
        assert_eq!(seen[0].json["facts"][0]["object"], "Machine\\L");
        assert_eq!(seen[1].json["checks"][0]["object"], "Machine\\L");
        assert!(seen[4].json["facts"].to_string().contains("Machine\\\\T"), "{}", seen[4].json);
    }
}

#[test]
fn a_path_leads_through_sixteen_links() {
    // KEY-14: the seventeenth is one too many, wherever they stand. Where they lead round, that comes before the level (KEY-9).
    let mut world = String::from("key 'Machine\\L0' { dacl { allow Everyone read } }\n");
    for n in 1..18 {
        world += &format!("link 'Machine\\L{n}' to 'Machine\\L{}'\n", n - 1);
    }
    world += "link 'Machine\\L0\\Back' to 'Machine\\L15'\n";
    for (key, wanted) in [
        ("L16", "granted"),
        ("L17", "LINK_LOOP"),
        ("L15\\Back", "LINK_LOOP"),
        ("L1\\Back", "LINK_LOOP"),
        ("L0\\Back", "granted"),
    ] {
        for seen in runs(&world, "bob", &format!("open key 'Machine\\{key}' for read")) {
            assert_eq!(seen[0].outcome, wanted, "{key}");
        }
    }
    let steps = "open key 'Machine\\Round' for read\nopen key 'Machine\\L' for read";
    for (n, seen) in served(LINKS, "identification", "", steps).iter().enumerate() {
        assert_eq!(outcomes(seen), ["LINK_LOOP", [DENIED, DENIED, TOO_LOW][n]], "{}", MODELS[n].name);
    }
}

#[test]
fn the_default_value_says_where_a_link_leads() {
    // KEY-14, KEY-4: it is not validated when it is written, and looked at when the link is followed.
    let open = "open key 'Machine\\L' for read";
    let rows = [
        ("set l \"\" = 'Machine\\Other' (link)", "granted"),
        ("set l \"\" = 'Machine/Other' (link)", "granted"),
        ("set l \"\" = 'Machine\\Other' (6)", "granted"),
        ("set l \"\" = 'Machine\\Other'", INVALID),
        ("set l \"\" = 'Machine\\Other' (expand_sz)", INVALID),
        ("set l \"\" = 1", INVALID),
        ("set l \"\" = \"\" (link)", INVALID),
        ("set l \"\" = '\\Machine\\Other' (link)", INVALID),
        ("set l \"\" = 'Machine\\Other\\' (link)", INVALID),
        ("set l \"\" = 'Machine\\None' (link)", NOT_FOUND),
        ("set l \"\" = 'Machine\\L' (link)", "LINK_LOOP"),
        ("delete_value l \"\"", INVALID),
        ("set l \"V\" = 1", DENIED),
    ];
    let world = format!("{LINKS}key 'Machine\\Other' {{ dacl {{ allow Everyone read }} }}\n");
    for (write, wanted) in rows {
        let steps = format!("l = open key 'Machine\\L' for KEY_SET_VALUE (open_link)\n{write}\n{open}");
        for (n, seen) in runs(&world, "admin", &steps).iter().enumerate() {
            assert_eq!(outcomes(seen), ["granted", "ok", wanted], "{write}, {}", MODELS[n].name);
        }
    }
    // The whole that a target makes with the names behind it is bounded as any path (KEY-2).
    let deep = vec!["y"; 510].join("\\");
    let world = format!("link 'Machine\\Deep' to 'Machine\\{deep}'\n");
    for seen in
        runs(&world, "bob", "open key 'Machine\\Deep\\z' for read\nopen key 'Machine\\Deep\\z\\z' for read")
    {
        assert_eq!(outcomes(&seen), [NOT_FOUND, INVALID]);
    }
    // An ordinary key with such a value is no link.
    let world = "key 'Machine\\K' { dacl { allow bob read }; value \"\" = 'Machine\\None' (link) }\n";
    for seen in runs(world, "bob", "open key 'Machine\\K' for read") {
        assert_eq!(seen[0].outcome, "granted");
    }
}

#[test]
fn who_makes_a_link_between_keys() {
    // KEY-14: KEY_CREATE_LINK on the key above, and SeTcbPrivilege or Administrators; what is there and what is above comes first.
    let world = "user tcb { rid 1100; privileges SeTcbPrivilege }\nuser off { rid 1101; privileges SeTcbPrivilege (disabled) }\n\
        user denied { rid 1102; groups Administrators (deny_only) }\n\
        key 'Machine\\All' { dacl { allow Everyone full } }\nkey 'Machine\\Link' { dacl { allow Everyone KEY_CREATE_LINK } }\n\
        key 'Machine\\Key' { dacl { allow Everyone KEY_CREATE_SUB_KEY } }\n";
    let rows = [
        ("admin", "All\\L", "ok"),
        ("SYSTEM", "All\\L", "ok"),
        ("tcb", "All\\L", "ok"),
        ("tcb", "Link\\L", "ok"),
        ("bob", "All\\L", PRIVILEGE),
        ("off", "All\\L", PRIVILEGE),
        ("denied", "All\\L", PRIVILEGE),
        // It is another right than the one to make a key, and asked before the privilege.
        ("admin", "Key\\L", DENIED),
        ("bob", "Key\\L", DENIED),
        ("admin", "All\\None\\L", NOT_FOUND),
        ("bob", "All", "ALREADY_EXISTS"),
    ];
    for (who, key, wanted) in rows {
        let steps = format!(
            "create link 'Machine\\{key}' to 'Machine\\Key'\nopen key 'Machine\\{key}' for 0x1 (open_link)"
        );
        for (n, seen) in runs(world, who, &steps).iter().enumerate() {
            assert_eq!(seen[0].outcome, wanted, "{who} at {key}, {}", MODELS[n].name);
            let there = wanted == "ok" || wanted == "ALREADY_EXISTS";
            assert_eq!(seen[1].outcome == NOT_FOUND, !there, "{who} at {key}, {}", MODELS[n].name);
        }
    }
    // It has the descriptor of any key made there, and its own path may begin with `CurrentUser` (KEY-12, KEY-3).
    let steps = "create link 'Machine\\All\\L' to 'Machine\\Key'\nl = open key 'Machine\\All\\L' for READ_CONTROL (open_link)\nquery_security l\n\
                 create link 'CurrentUser\\L' to 'Machine\\Key'";
    for seen in runs(world, "admin", steps) {
        assert_eq!(outcomes(&seen), ["ok", "granted", "ok", "ok"]);
        assert_eq!(seen[2].owner, "admin");
    }
    // What is volatile holds nothing that stays (KEY-12).
    let steps = "create key 'Machine\\All\\V' for read (volatile)\ncreate link 'Machine\\All\\V\\L' to 'Machine\\Key'\n\
                 create link 'Machine\\All\\V\\L' to 'Machine\\Key' (volatile)";
    for seen in runs(world, "admin", steps) {
        assert_eq!(outcomes(&seen), ["granted", INVALID, "ok"]);
    }
    // Whom the thread acts as is asked (KEY-22).
    let world = "key 'Machine\\All' { dacl { allow Everyone full }; sacl { label untrusted no_write_up } }\n";
    let step = "create link 'Machine\\All\\L' to 'Machine\\All'";
    for (level, wanted) in [
        ("impersonation", [PRIVILEGE; 3]),
        ("identification", [PRIVILEGE, DENIED, TOO_LOW]),
        ("anonymous", [PRIVILEGE, PRIVILEGE, TOO_LOW]),
    ] {
        for (n, seen) in served(world, level, "", step).iter().enumerate() {
            assert_eq!(seen[0].outcome, wanted[n], "{level}, {}", MODELS[n].name);
        }
    }
}

#[test]
fn what_is_made_and_deleted_through_a_link() {
    // KEY-12, KEY-14: the key above the new one is asked, wherever a link led; a link without its target makes the target.
    let world = format!(
        "{LINKS}key 'Machine\\Free' {{ dacl {{ allow bob full (inherit_dirs) }} }}\nlink 'Machine\\ToFree' to 'Machine\\Free'\nlink 'Machine\\New' to 'Machine\\Free\\New'\n"
    );
    let rows = [
        ("Machine\\ToFree\\K", "granted", "Machine\\Free\\K"),
        ("Machine\\New", "granted", "Machine\\Free\\New"),
        ("Machine\\L\\K", DENIED, "Machine\\T\\K"),
        ("Machine\\None", DENIED, "Machine\\T\\Later"),
        ("Machine\\None\\K", NOT_FOUND, "Machine\\T\\Later"),
        ("Machine\\Elsewhere", NOT_FOUND, "Machine\\Elsewhere\\K"),
        ("Machine\\ToFree", "granted", "Machine\\Free"),
    ];
    for (key, wanted, there) in rows {
        let steps = format!("create key '{key}' for read\nopen key '{there}' for read");
        for (n, seen) in runs(&world, "bob", &steps).iter().enumerate() {
            let after = if wanted == "granted" { "granted" } else { NOT_FOUND };
            assert_eq!(outcomes(seen), [wanted, after], "{key}, {}", MODELS[n].name);
        }
    }
    // KEY-17: through the link the target goes; with `open_link` the link, and the target stays.
    let world = "key 'Machine\\P' { dacl { allow bob full (inherit_dirs) } }\nkey 'Machine\\P\\T' { }\nlink 'Machine\\P\\L' to 'Machine\\P\\T'\n";
    let steps = "h = open key 'Machine\\P\\L' for DELETE\ndelete h\nopen key 'Machine\\P\\T' for read\nopen key 'Machine\\P\\L' for read\n\
                 open key 'Machine\\P\\L' for read (open_link)";
    for seen in runs(world, "bob", steps) {
        assert_eq!(outcomes(&seen), ["granted", "ok", NOT_FOUND, NOT_FOUND, "granted"]);
    }
    let steps = "l = open key 'Machine\\P\\L' for DELETE (open_link)\ndelete l\nopen key 'Machine\\P\\T' for read\nopen key 'Machine\\P\\L' for read\n\
                 create key 'Machine\\P\\L' for read\nopen key 'Machine\\P\\L' for read (open_link)\nopen key 'Sub' in l for read";
    for seen in runs(world, "bob", steps) {
        let wanted = ["granted", "ok", "granted", NOT_FOUND, "granted", "granted", NOT_FOUND];
        assert_eq!(outcomes(&seen), wanted);
    }
}

#[test]
fn links_change_by_themselves() {
    // KEY-14: `world` names the link itself, and puts nothing below it.
    let world = "key 'Machine\\A' { dacl { allow bob read } }\nkey 'Machine\\B' { dacl { allow bob write } }\nlink 'Machine\\L' to 'Machine\\A'\n\
        world {\nat 10us change key 'Machine\\L' { value \"\" = 'Machine\\B' (link) }\nat 20us add key 'Machine\\L\\Sub' { dacl { allow bob read } }\n\
        at 30us remove key 'Machine\\L'\nat 40us add key 'Machine\\L\\Sub' { dacl { allow bob read } }\n}\n";
    let steps = "open key 'Machine\\L' for read\nat 15us open key 'Machine\\L' for read\nat 25us open key 'Machine\\L\\Sub' for read\n\
        at 35us open key 'Machine\\L' for read\nat 45us open key 'Machine\\L\\Sub' for read";
    for seen in runs(world, "bob", steps) {
        assert_eq!(outcomes(&seen), ["granted", DENIED, NOT_FOUND, NOT_FOUND, "granted"]);
    }
}

#[test]
fn the_target_of_a_link_is_audited() {
    // KEY-21: one event for the open, about the key that it reached.
    let world = "key 'Machine\\K' { dacl { allow bob read }; sacl { audit Everyone full (success, failure) } }\nlink 'Machine\\L' to 'Machine\\K'\n";
    for (open, audits) in [("", 1), (" (open_link)", 0)] {
        for seen in runs(world, "bob", &format!("open key 'Machine\\L' for read{open}")) {
            let told = seen[0].json["checks"][0]["audits"].as_array().map_or(0, Vec::len);
            assert_eq!(told, audits, "{open}");
        }
    }
}

#[test]
fn links_that_cannot_be_declared() {
    for (text, why) in [
        ("link 'Machine\\L' to \"/etc\"", "a name is empty"),
        ("link 'Machine\\L' to 'Machine\\K' (hard)", "takes nothing more"),
        ("link 'Machine\\L' to 'Machine\\K' { value \"\" = 1 }", "value"),
        ("link \"/l\" to \"/k\" (volatile)", "hard"),
        ("link 'CurrentUser\\L' to 'Machine'", "must be the hive"),
        ("link 'Other\\L' to 'Machine'", "must be the hive"),
        ("key 'Machine\\L' { }\nlink 'Machine\\L' to 'Machine'", "declared twice"),
        ("link 'Machine\\L' to 'Machine'\nlink 'machine\\l' to 'Users'", "declared twice"),
        ("link 'Machine\\L\\K' to 'Users'\nlink 'Machine\\L' to 'Machine'", "a link stands on the way"),
        ("key 'Machine\\L\\K' { }\nlink 'Machine\\L' to 'Machine'", "a link stands on the way"),
        ("link 'Users\\S-1-5-21-1000-2000-3000-1014' to 'Machine'", "from the beginning"),
    ] {
        let said = refused(text);
        assert!(said.contains(why), "{text}: {said}");
    }
}

#[test]
fn what_keys_do_not_do_is_refused_by_name() {
    // KEY-3, KEY-18, KEY-20, KEY-25
    let steps = [
        "k = open key 'Machine\\K' for read intent backup",
        "rename key 'Machine\\K' to \"Machine\\\\L\"",
        "watch k",
        "transact k",
        "load_hive \"/hive\"",
        "backup_key k",
        "restore_key k",
    ];
    for step in steps {
        let said = refused(&format!(
            "key 'Machine\\K' {{ }}\nprocess p as bob {{\nk = open key 'Machine\\K' for read\n{step}\n}}"
        ));
        assert!(said.contains("SCN0305"), "{step}: {said}");
    }
    for path in ["CurrentUser\\K", "Other\\K"] {
        let said = refused(&format!("key '{path}' {{ }}"));
        assert!(said.contains("its first component must be the hive"), "{path}: {said}");
    }
}
