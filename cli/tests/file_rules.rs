//! The rules of files, directories and volumes, played from text. The tables were typed from the rules, by model: kobicha, kacs,
//! windows.

mod play;

use play::{Seen, play};
use sim_core::model::{MODELS, Model};
use sim_core::rights::{ObjectType, Right};

const DENIED: &str = "ACCESS_DENIED";
const TOO_LOW: &str = "BAD_IMPERSONATION_LEVEL";
const INVALID: &str = "INVALID_PARAMETER";
const OWNER: &str = "INVALID_OWNER";
const PRIVILEGE: &str = "PRIVILEGE_NOT_HELD";
const LEVELS: [&str; 4] = ["anonymous", "identification", "impersonation", "delegation"];

/// An outcome, and where it was refused.
type Verdict = (&'static str, &'static str);

const PEOPLE: &str = "group staff { rid 2000 }\ngroup night { rid 2001 }\n\
    user alice { rid 1013; groups staff (owner); groups night; privileges SeSecurityPrivilege }\nuser bob { rid 1014 }\n\
    user keeper { rid 1015; privileges SeBackupPrivilege, SeRestorePrivilege }\n\
    user taker { rid 1016; groups staff; privileges SeTakeOwnershipPrivilege }\n\
    user labels { rid 1017; privileges SeRelabelPrivilege }\nuser low { rid 1018; integrity low }\n\
    user shunned { rid 1019; groups staff (deny_only) }\n";

/// What a process that runs as somebody sees, under every model in turn.
fn runs(world: &str, who: &str, steps: &str) -> Vec<Vec<Seen>> {
    let text = format!("scenario rules {{ }}\n{PEOPLE}{world}\nprocess p as {who} {{\n{steps}\n}}\n");
    MODELS.iter().map(|model| play(&text, model).of("p").into_iter().cloned().collect()).collect()
}

/// What a service does for alice, whom it accepts first; `impersonate` is the step after that.
fn served(world: &str, impersonate: &str, level: &str, steps: &str) -> Vec<Vec<Seen>> {
    let text = format!(
        "scenario rules {{ }}\n{PEOPLE}{world}\nservice s {{\naccount LocalService\nprivileges SeImpersonatePrivilege\n\
         conn = accept\n{impersonate}\n{steps}\n}}\nprocess desk as alice {{ connect s level {level} }}\n"
    );
    let after = |model: &&'static Model| play(&text, model).of("s").into_iter().skip(2).cloned().collect();
    MODELS.iter().map(after).collect()
}

fn outcomes(seen: &[Seen]) -> Vec<&str> {
    seen.iter().map(|seen| seen.outcome.as_str()).collect()
}

/// The mask that a record gives.
fn mask(seen: &Seen) -> u64 {
    seen.json["granted"]["value"].as_u64().unwrap_or(0)
}

#[test]
fn rights_have_the_numbers_of_file_2() {
    // FILE-2
    let rows = [
        (0x1, "FILE_READ_DATA", "FILE_LIST_DIRECTORY"),
        (0x2, "FILE_WRITE_DATA", "FILE_ADD_FILE"),
        (0x4, "FILE_APPEND_DATA", "FILE_ADD_SUBDIRECTORY"),
        (0x8, "FILE_READ_EA", "FILE_READ_EA"),
        (0x10, "FILE_WRITE_EA", "FILE_WRITE_EA"),
        (0x20, "FILE_EXECUTE", "FILE_TRAVERSE"),
        (0x40, "", "FILE_DELETE_CHILD"),
        (0x80, "FILE_READ_ATTRIBUTES", "FILE_READ_ATTRIBUTES"),
        (0x100, "FILE_WRITE_ATTRIBUTES", "FILE_WRITE_ATTRIBUTES"),
        (0x0001_0000, "DELETE", "DELETE"),
        (0x0002_0000, "READ_CONTROL", "READ_CONTROL"),
        (0x0004_0000, "WRITE_DAC", "WRITE_DAC"),
        (0x0008_0000, "WRITE_OWNER", "WRITE_OWNER"),
        (0x0010_0000, "SYNCHRONIZE", "SYNCHRONIZE"),
    ];
    let number = |name, class| Right::named(name, class).map(|right| right.mask.0);
    for (bits, file, directory) in rows {
        assert!(file.is_empty() || number(file, ObjectType::File) == Some(bits), "{file}");
        assert_eq!(number(directory, ObjectType::Directory), Some(bits), "{directory}");
    }
    // The generic words, by what an open of a file that grants everything gives.
    let steps = "open file \"/f\" for read\nopen file \"/f\" for write\nopen file \"/f\" for execute\nopen file \"/f\" for full";
    for seen in runs("file \"/f\" { dacl null }", "bob", steps) {
        let masks: Vec<u64> = seen.iter().map(mask).collect();
        assert_eq!(masks, [0x0012_0089, 0x0012_0116, 0x0012_00A0, 0x001F_01FF]);
    }
}

#[test]
fn a_handle_lets_just_what_it_was_opened_for() {
    // FILE-3, FILE-6, FILE-7: for each operation the rights of which one is enough.
    const ANY: &[&str] = &[""];
    let operations: [(&str, &[&str]); 22] = [
        ("read h", &["FILE_READ_DATA"]),
        ("lock h shared", &["FILE_READ_DATA"]),
        ("map h read", &["FILE_READ_DATA"]),
        ("map h private", &["FILE_READ_DATA"]),
        ("write h", &["FILE_WRITE_DATA"]),
        ("truncate h", &["FILE_WRITE_DATA"]),
        ("map h shared", &["FILE_WRITE_DATA"]),
        ("append h", &["FILE_APPEND_DATA", "FILE_WRITE_DATA"]),
        ("extend h", &["FILE_APPEND_DATA", "FILE_WRITE_DATA"]),
        ("lock h exclusive", &["FILE_APPEND_DATA", "FILE_WRITE_DATA"]),
        ("map h execute", &["FILE_EXECUTE"]),
        ("query_attributes h", &["FILE_READ_ATTRIBUTES"]),
        ("set_attributes h", &["FILE_WRITE_ATTRIBUTES"]),
        ("read_ea h \"user.note\"", &["FILE_READ_EA"]),
        ("write_ea h \"user.note\"", &["FILE_WRITE_EA"]),
        ("list_eas h", ANY),
        ("read_ea h \"security.descriptor\"", &[]),
        ("query_security h", &["READ_CONTROL"]),
        ("query_security h (sacl)", &["ACCESS_SYSTEM_SECURITY"]),
        ("set_security h { dacl null }", &["WRITE_DAC"]),
        ("set_security h { owner alice }", &["WRITE_OWNER"]),
        ("set_security h { sacl { } }", &["ACCESS_SYSTEM_SECURITY"]),
    ];
    let rights = [
        "FILE_READ_DATA",
        "FILE_WRITE_DATA",
        "FILE_APPEND_DATA",
        "FILE_EXECUTE",
        "FILE_READ_EA",
        "FILE_WRITE_EA",
        "FILE_READ_ATTRIBUTES",
        "FILE_WRITE_ATTRIBUTES",
        "READ_CONTROL",
        "WRITE_DAC",
        "WRITE_OWNER",
        "ACCESS_SYSTEM_SECURITY",
    ];
    let steps: Vec<&str> = operations.iter().map(|(step, _)| *step).collect();
    let steps = steps.join("\n");
    for right in rights {
        // An open must ask for a right to data (FILE-9); running is the one that lets least.
        let open = format!("h = open file \"/f\" for FILE_EXECUTE, {right}\n{steps}");
        for (n, seen) in
            runs("file \"/f\" { owner alice; dacl null }", "alice", &open).into_iter().enumerate()
        {
            assert_eq!(seen[0].outcome, "granted", "{right}, {}", MODELS[n].name);
            for ((step, any), seen) in operations.iter().zip(&seen[1..]) {
                let fits = any.iter().any(|one| one.is_empty() || *one == right || *one == "FILE_EXECUTE");
                let wanted = if fits { ("ok", "") } else { (DENIED, "Handle") };
                assert_eq!(
                    (seen.outcome.as_str(), seen.denied_by.as_str()),
                    wanted,
                    "{step} with {right}, {}",
                    MODELS[n].name
                );
            }
        }
    }
}

#[test]
fn dispositions_do_what_file_10_says() {
    // What comes of it where the file exists, and where it does not; existence comes first (FILE-20).
    let rows = [
        ("open", "", ("granted", "opened"), ("NOT_FOUND", "")),
        ("create", "", ("ALREADY_EXISTS", ""), ("granted", "created")),
        ("open", "(or_create)", ("granted", "opened"), ("granted", "created")),
        ("open", "(overwrite)", ("granted", "overwritten"), ("NOT_FOUND", "")),
        ("open", "(or_create, overwrite)", ("granted", "overwritten"), ("granted", "created")),
        ("open", "(supersede)", ("granted", "superseded"), ("granted", "created")),
    ];
    let world = "directory \"/d\" { dacl { allow Everyone full (inherit) } }\nfile \"/d/there\" { }\n\
                 directory \"/no\" { dacl { } }\nfile \"/no/there\" { dacl { allow bob full } }\n";
    for (verb, flags, exists, missing) in rows {
        let steps = format!(
            "{verb} file \"/d/there\" for read, write {flags}\n{verb} file \"/d/new\" for read, write {flags}\n\
             {verb} file \"/no/new\" for read {flags}\n{verb} file \"/no/there\" for read, DELETE {flags}"
        );
        for (n, seen) in runs(world, "bob", &steps).iter().enumerate() {
            for (seen, (outcome, status)) in seen.iter().zip([exists, missing]) {
                assert_eq!(seen.outcome, outcome, "{verb} {flags}, {}", MODELS[n].name);
                assert_eq!(seen.json["status"].as_str().unwrap_or(""), status, "{verb} {flags}");
            }
            // In a directory that lets nobody add: what is missing is not made, and what exists is not replaced (FILE-15).
            let adds = if missing.0 == "granted" { DENIED } else { "NOT_FOUND" };
            assert_eq!(seen[2].outcome, adds, "{verb} {flags}");
            let there = if exists.1 == "superseded" { DENIED } else { exists.0 };
            assert_eq!(seen[3].outcome, there, "{verb} {flags}");
        }
    }
}

#[test]
fn directories_on_the_way_by_level() {
    // FILE-12: a directory that nobody may walk through, and a file below it that Everyone, or Anonymous too, may read.
    let world = "directory \"/vault\" { dacl { } }\nfile \"/vault/e\" { dacl { allow Everyone read } }\n\
                 file \"/vault/a\" { dacl { allow Everyone read; allow Anonymous read } }\n";
    let steps = "open file \"/vault/e\" for read\nopen file \"/vault/a\" for read";
    let traverse = (DENIED, "Traverse");
    let gate = |error| (error, "Gate");
    let rows: [(&str, usize, [[Verdict; 2]; 3]); 5] = [
        ("impersonate conn", 2, [[("granted", ""); 2]; 3]),
        ("impersonate conn", 3, [[("granted", ""); 2]; 3]),
        ("impersonate conn", 1, [[traverse; 2], [gate(DENIED); 2], [gate(TOO_LOW); 2]]),
        ("impersonate conn", 0, [[traverse; 2], [traverse; 2], [gate(TOO_LOW); 2]]),
        // In `windows` it walks on, and is not in Everyone (DIV-8).
        ("impersonate anonymous", 2, [[traverse; 2], [traverse; 2], [(DENIED, "NoAce"), ("granted", "")]]),
    ];
    for (impersonate, level, wanted) in rows {
        for (n, seen) in served(world, impersonate, LEVELS[level], steps).iter().enumerate() {
            let got: Vec<(&str, &str)> =
                seen.iter().map(|seen| (seen.outcome.as_str(), seen.denied_by.as_str())).collect();
            assert_eq!(got, wanted[n], "{impersonate} at {}, {}", LEVELS[level], MODELS[n].name);
        }
    }
}

#[test]
fn what_is_granted_at_most_is_what_single_requests_get() {
    // FILE-13, DIV-14: each bit of the maximum is granted by a probe for it alone, and no other bit is.
    let lists = [
        "dacl { deny bob FILE_WRITE_DATA; allow bob read, write }",
        "dacl { deny bob READ_CONTROL, FILE_WRITE_EA; allow bob full }",
        "dacl { deny Everyone FILE_APPEND_DATA; allow bob read, DELETE }",
        "owner bob; dacl { allow bob FILE_READ_DATA; allow OwnerRights READ_CONTROL }",
        "owner bob; dacl { deny bob WRITE_DAC; allow Everyone read }",
        "dacl { allow bob full }; sacl { label high no_write_up }",
        "dacl null; sacl { label high no_write_up }",
        "dacl null",
    ];
    let bits: Vec<u64> = (0..21).map(|bit| 1 << bit).filter(|bit| 0x001F_01BF & bit != 0).collect();
    for list in lists {
        let mut steps = "open file \"/f\" for FILE_READ_DATA, MAXIMUM_ALLOWED".to_owned();
        for bit in &bits {
            steps += &format!("\naccess file \"/f\" for {bit:#x}");
        }
        for (n, seen) in runs(&format!("file \"/f\" {{ {list} }}"), "bob", &steps).iter().enumerate() {
            let most = mask(&seen[0]);
            for (bit, probe) in bits.iter().zip(&seen[1..]) {
                let model = MODELS[n].name;
                assert_eq!(
                    probe.outcome == "granted",
                    most & bit != 0,
                    "{bit:#x} of {most:#x}: {list}, {model}"
                );
            }
        }
    }
}

#[test]
fn intents_add_what_file_14_says() {
    // On a file that gives nobody anything; a privilege without its intent is none (DIV-16). `windows`: W-ACC-5.
    let world = "file \"/f\" { dacl { deny Everyone full }; sacl { label high no_read_up no_write_up } }\n";
    let rows = [
        ("keeper", "intent backup", "FILE_READ_DATA", [0x0012_0089, 0x0012_0089, 0x0112_00A9]),
        ("keeper", "intent restore", "FILE_WRITE_DATA", [0x011F_0116; 3]),
        ("keeper", "intent backup, restore", "FILE_READ_DATA", [0x011F_019F, 0x011F_019F, 0x011F_01BF]),
        ("keeper", "", "FILE_READ_DATA", [0; 3]),
        ("keeper", "intent restore", "FILE_READ_DATA", [0; 3]),
        ("keeper", "intent restore", "FILE_EXECUTE", [0; 3]),
        ("bob", "intent backup, restore", "FILE_READ_DATA", [0; 3]),
    ];
    for (who, intent, data, wanted) in rows {
        let steps = format!("open file \"/f\" for {data}, MAXIMUM_ALLOWED {intent}");
        for (n, seen) in runs(world, who, &steps).iter().enumerate() {
            assert_eq!(mask(&seen[0]), wanted[n], "{who} {intent} {data}, {}", MODELS[n].name);
        }
    }
    // A sandbox, process trust and central policies take them away all the same.
    let policy = "policy none { rule nobody { dacl { allow SYSTEM FILE_ALL_ACCESS } } }\n";
    let guarded = [
        ("Confinement", "app box { }", "confined { package box }", ""),
        ("Trust", "", "", "sacl { trust protected 1024 READ_CONTROL }"),
        ("Policy", policy, "", "sacl { policy none }"),
    ];
    for (stage, more, shape, sacl) in guarded {
        let text = format!(
            "scenario rules {{ }}\n{PEOPLE}{more}\nfile \"/f\" {{ dacl {{ }}; {sacl} }}\n\
             process p as keeper {{ {shape}\nopen file \"/f\" for FILE_READ_DATA intent backup }}\n"
        );
        for model in MODELS {
            let played = play(&text, model);
            assert!(
                played.records[0].denied_by.starts_with(stage),
                "{stage}, {}: {played_by}",
                model.name,
                played_by = played.records[0].denied_by
            );
        }
    }
}

#[test]
fn what_an_open_does_on_the_way_goes_with_its_intents() {
    // FILE-14, FILE-10, FILE-15, FILE-21: nothing here lets anybody do anything. Restoring adds to a directory and takes DELETE on a
    // file; FILE_DELETE_CHILD and passing directories are no part of it.
    let world = "directory \"/shut\" { owner SYSTEM; dacl { } }\nfile \"/shut/f\" { owner SYSTEM; dacl { } }\n\
                 directory \"/shut/d\" { owner SYSTEM; dacl { } }\n";
    let rows = [
        ("keeper", "create file \"/shut/new\" for FILE_WRITE_DATA intent restore", "granted"),
        ("keeper", "create directory \"/shut/new\" for FILE_ADD_FILE intent restore", "granted"),
        ("keeper", "open file \"/shut/new\" for FILE_WRITE_DATA intent restore (or_create)", "granted"),
        ("keeper", "open file \"/shut/f\" for FILE_WRITE_DATA intent restore (supersede)", "granted"),
        ("keeper", "open file \"/shut/f\" for FILE_WRITE_DATA intent restore (overwrite)", "granted"),
        ("keeper", "open file \"/shut/f\" for FILE_WRITE_DATA intent restore (delete_on_close)", "granted"),
        (
            "keeper",
            "create file \"/shut/new\" for FILE_WRITE_DATA intent restore (delete_on_close)",
            "granted",
        ),
        ("keeper", "create file \"/shut/new\" for FILE_WRITE_DATA", DENIED),
        ("keeper", "create file \"/shut/new\" for FILE_READ_DATA intent backup", DENIED),
        ("keeper", "open file \"/shut/f\" for FILE_READ_DATA intent backup (delete_on_close)", DENIED),
        ("keeper", "open file \"/shut/f\" for FILE_READ_DATA intent backup (overwrite)", DENIED),
        ("bob", "create file \"/shut/new\" for FILE_WRITE_DATA intent restore", DENIED),
        // A name is taken away and given without an open: there is no place for an intent.
        ("keeper", "delete file \"/shut/f\"", DENIED),
        ("keeper", "rename file \"/shut/f\" to \"/g\"", DENIED),
        ("keeper", "create link \"/shut/l\" to \"/shut/f\"", DENIED),
    ];
    for (who, step, wanted) in rows {
        for (n, seen) in runs(world, who, step).iter().enumerate() {
            assert_eq!(seen[0].outcome, wanted, "{who}: {step}, {}", MODELS[n].name);
        }
    }
}

#[test]
fn a_creator_gets_what_the_new_descriptor_gives() {
    // FILE-15, FILE-19, INH-13, W-ACC-9: the directory lets her add, and what it passes on lets her read.
    let world = "directory \"/d\" { dacl { allow bob FILE_ADD_FILE; allow bob read (inherit_files, inherit_only) } }\n";
    let steps = "create file \"/d/new\" for read, write\nopen file \"/d/new\" for read\ncreate file \"/d/more\" for read\n\
                 create directory \"/d/sub\" for read\ncreate file \"/d/all\" for FILE_READ_DATA, MAXIMUM_ALLOWED";
    let refused = [DENIED, "NOT_FOUND", "granted", DENIED, "granted"];
    let wanted = [refused, refused, ["granted", "granted", "granted", DENIED, "granted"]];
    let masks = [
        (0, 0x0012_0089, 0x0012_0089),
        (0, 0x0012_0089, 0x0012_0089),
        (0x0012_019F, 0x0012_0089, 0x001F_01FF),
    ];
    for (n, seen) in runs(world, "bob", steps).iter().enumerate() {
        assert_eq!(outcomes(seen), wanted[n], "{}", MODELS[n].name);
        // As the owner he may do more than the entry says: that is part of the maximum (OWN-1).
        let most = if n < 2 { masks[n].2 | 0x0006_0000 } else { masks[n].2 };
        assert_eq!((mask(&seen[0]), mask(&seen[2]), mask(&seen[4])), (masks[n].0, masks[n].1, most));
    }
}

#[test]
fn placeholders_are_whoever_creates_below() {
    // INH-9, FILE-16: of a declared directory, for a file, for a directory and for a file in that; what a creator gives is resolved
    // at once. `windows` keeps the placeholder for what is deeper.
    let world = "directory \"/d\" { dacl { allow Everyone FILE_ADD_FILE, FILE_ADD_SUBDIRECTORY (inherit_dirs); allow CreatorOwner full (inherit, inherit_only) } }\n";
    let steps = "create file \"/d/f\" for full\ncreate directory \"/d/sub\" for full\ncreate file \"/d/sub/f\" for full\n\
                 create directory \"/d/given\" for FILE_ADD_FILE with { dacl { allow CreatorOwner full (inherit) } }";
    for (n, seen) in runs(world, "bob", steps).iter().enumerate() {
        assert_eq!(outcomes(seen), ["granted"; 4], "{}", MODELS[n].name);
        assert!(seen.iter().all(|seen| seen.owner == "bob"));
    }
    let text = format!(
        "scenario rules {{ }}\n{PEOPLE}{world}\nprocess p as alice {{ create directory \"/d/sub\" for full }}\n\
         process q as bob {{ at 1ms create file \"/d/sub/f\" for full; open file \"/d/sub/f\" for read }}\n"
    );
    for (n, model) in MODELS.iter().enumerate() {
        let seen: Vec<Seen> = play(&text, model).of("q").into_iter().cloned().collect();
        let wanted = if n < 2 { [DENIED, "NOT_FOUND"] } else { ["granted", "granted"] };
        assert_eq!(outcomes(&seen), wanted, "{}", model.name);
    }
}

#[test]
fn deleting_takes_one_of_two_rights() {
    // FILE-22, FILE-24: what the file says of DELETE, what the directory says of FILE_DELETE_CHILD.
    let entries = |right: &str| [format!("allow bob {right}"), format!("deny bob {right}"), String::new()];
    for (n, file) in entries("DELETE").iter().enumerate() {
        for (m, directory) in entries("FILE_DELETE_CHILD").iter().enumerate() {
            let world = format!(
                "directory \"/d\" {{ dacl {{ {directory} }} }}\nfile \"/d/f\" {{ dacl {{ {file} }} }}\n\
                 directory \"/d/full\" {{ dacl {{ {file} }} }}\nfile \"/d/full/f\" {{ }}\n"
            );
            let steps = "delete directory \"/d/full\"\ndelete file \"/d/f\"";
            for seen in runs(&world, "bob", steps) {
                let lets = n == 0 || m == 0;
                let wanted = if lets { ["NOT_EMPTY", "ok"] } else { [DENIED, DENIED] };
                assert_eq!(outcomes(&seen), wanted, "{file} / {directory}");
            }
        }
    }
}

#[test]
fn listing_a_directory_tells_nothing_of_what_is_in_it() {
    // DIV-21: in no model are the attributes of a file read by way of its directory.
    let world = "directory \"/d\" { dacl { allow bob read, execute } }\nfile \"/d/f\" { dacl { allow bob FILE_READ_DATA } }\n";
    let steps = "access directory \"/d\" for FILE_LIST_DIRECTORY\naccess file \"/d/f\" for FILE_READ_DATA\n\
                 access file \"/d/f\" for FILE_READ_ATTRIBUTES\naccess file \"/d/f\" for MAXIMUM_ALLOWED";
    for seen in runs(world, "bob", steps) {
        assert_eq!(outcomes(&seen), ["granted", "granted", DENIED, "granted"]);
        assert_eq!(mask(&seen[3]), 0x1);
    }
}

#[test]
fn who_may_make_whom_the_owner() {
    // FILE-26, FILE-27, DIV-28, DIV-29: by path, which states restore, so that keeper needs no entry (DIV-16). OWNR-1: bob lacks the
    // right. OWNR-4: the privilege of taker gives the right, and not the freedom to name others.
    let world = "file \"/f\" { owner SYSTEM; dacl { allow alice WRITE_OWNER } }\n";
    let rows = [
        ("alice", ["ok", "ok", OWNER, OWNER]),
        ("taker", [OWNER, OWNER, OWNER, "ok"]),
        ("keeper", ["ok"; 4]),
        ("bob", [DENIED; 4]),
    ];
    for (who, wanted) in rows {
        // For alice staff may own, night may not; taker is in staff, and it may not own for her.
        for (new, wanted) in ["alice", "staff", "night", "taker"].into_iter().zip(wanted) {
            let steps = format!("set_security file \"/f\" {{ owner {new} }}");
            for (n, seen) in runs(world, who, &steps).iter().enumerate() {
                assert_eq!(seen[0].outcome, wanted, "{who} makes {new} the owner, {}", MODELS[n].name);
            }
        }
    }
}

#[test]
fn privileges_that_lift_a_limit_are_used() {
    // TOK-22, FILE-18, FILE-27, FILE-29: each marks the privilege that made the difference, and no other.
    let world = "file \"/f\" { owner SYSTEM; dacl { allow Everyone full } }\ndirectory \"/d\" { dacl { allow Everyone full (inherit); allow Everyone full } }\n";
    let (restore, relabel, security) = ("SeRestorePrivilege", "SeRelabelPrivilege", "SeSecurityPrivilege");
    let rows: [(&str, &str, &[&str]); 8] = [
        ("keeper", "h = open file \"/f\" for read, WRITE_OWNER\nset_security h { owner keeper }", &[]),
        ("keeper", "h = open file \"/f\" for read, WRITE_OWNER\nset_security h { owner bob }", &[restore]),
        ("keeper", "create file \"/d/new\" for read with { owner bob }", &[restore]),
        ("labels", "set_security file \"/f\" { label medium no_write_up }", &[]),
        ("labels", "set_security file \"/f\" { label high no_write_up }", &[relabel]),
        ("alice", "create file \"/d/new\" for read with { dacl { allow alice full } }", &[]),
        (
            "alice",
            "create file \"/d/new\" for read with { sacl { audit Everyone read (success) } }",
            &[security],
        ),
        // What made the difference counts although something else refuses it afterwards.
        ("alice", "create file \"/d/new\" for read with { sacl { label high no_write_up } }", &[security]),
    ];
    for (who, steps, wanted) in rows {
        for (n, seen) in runs(world, who, steps).iter().enumerate() {
            let last = seen.last().map(|seen| seen.used.clone()).unwrap_or_default();
            let used: Vec<&str> =
                last.into_iter().filter(|name| *name != "SeChangeNotifyPrivilege").collect();
            assert_eq!(used, wanted, "{who}: {steps}, {}", MODELS[n].name);
        }
    }
}

#[test]
fn labels_go_no_higher_than_their_writer() {
    // FILE-25, FILE-29, DIV-27: right, level, privilege.
    let world =
        "file \"/f\" { owner SYSTEM; dacl { allow Everyone WRITE_OWNER } }\nfile \"/no\" { dacl { } }\n";
    let low = ["ok", "ok", PRIVILEGE, "ok"];
    for (who, wanted) in [("bob", low), ("labels", ["ok"; 4])] {
        for (label, wanted) in
            ["low no_write_up", "medium no_read_up", "high no_write_up", "none"].into_iter().zip(wanted)
        {
            let steps = format!(
                "set_security file \"/f\" {{ label {label} }}\nset_security file \"/no\" {{ label {label} }}"
            );
            for seen in runs(world, who, &steps) {
                assert_eq!(outcomes(&seen), [wanted, DENIED], "{who} labels it {label}");
            }
        }
    }
    // One cannot write the SACL and the label at once, nor nothing.
    let steps = "set_security file \"/f\" { label low no_write_up; sacl { } }\nset_security file \"/f\" { }";
    for seen in runs(world, "labels", steps) {
        assert_eq!(outcomes(&seen), [INVALID; 2]);
    }
}

#[test]
fn the_owner_writes_the_dacl_by_level() {
    // FILE-26, OWN-2
    let world = "file \"/f\" { owner alice; dacl { } }\n";
    let rows = [(2, ["ok", "ok", "ok"]), (1, [DENIED, DENIED, TOO_LOW]), (0, [DENIED, DENIED, TOO_LOW])];
    for (level, wanted) in rows {
        let steps = "set_security file \"/f\" { dacl { allow alice read } }";
        for (n, seen) in served(world, "impersonate conn", LEVELS[level], steps).iter().enumerate() {
            assert_eq!(seen[0].outcome, wanted[n], "{}, {}", LEVELS[level], MODELS[n].name);
        }
    }
}

#[test]
fn missing_descriptors_by_policy_and_level() {
    // FILE-31, DIV-26 (where the volume says nothing): what comes of an open for reading at a level of impersonation, and without impersonation.
    let all = |outcome| [[outcome; 4]; 3];
    let gates = [
        [DENIED, DENIED, DENIED, DENIED],
        [DENIED, DENIED, DENIED, DENIED],
        [TOO_LOW, TOO_LOW, DENIED, DENIED],
    ];
    // The fallback lets Everyone read, and Anonymous is in Everyone but for `windows`.
    let reads = ["granted", "granted", "granted", "granted"];
    let made = [reads, ["granted", DENIED, "granted", "granted"], [TOO_LOW, TOO_LOW, "granted", "granted"]];
    let rows = [
        ("", gates),
        ("deny", gates),
        ("synth_temp", made),
        ("synth_store", made),
        ("unmanaged", all("unmanaged")),
    ];
    for (policy, wanted) in rows {
        // The directory on the way is as bare as the file.
        let volume = if policy.is_empty() {
            String::new()
        } else {
            format!("volume \"/\" {{ missing_sd {policy} }}\n")
        };
        let world = format!("{volume}directory \"/\" {{ sd missing }}\nfile \"/f\" {{ sd missing }}\n");
        for (at, level) in LEVELS.iter().enumerate() {
            let seen = served(&world, "impersonate conn", level, "open file \"/f\" for FILE_READ_DATA");
            for (n, seen) in seen.iter().enumerate() {
                let model = MODELS[n].name;
                assert_eq!(
                    seen[0].outcome, wanted[n][at],
                    "{policy} at {level}, {model}: {:?}",
                    seen[0].denied_by
                );
            }
        }
        let seen = runs(&world, "bob", "open file \"/f\" for read\nopen file \"/f\" for write");
        for seen in &seen {
            let wanted = match policy {
                "" | "deny" => [DENIED, DENIED],
                "unmanaged" => ["unmanaged", "unmanaged"],
                _ => ["granted", DENIED],
            };
            assert_eq!(outcomes(seen), wanted, "{policy}");
            let reason = match policy {
                "" | "deny" => "missing_sd",
                "unmanaged" => "unmanaged",
                _ => "ace 2 for Everyone",
            };
            assert_eq!(seen[0].json["checks"][0]["reason"], reason, "{policy}");
            let made = seen[0].json["facts"]
                .as_array()
                .is_some_and(|facts| facts.iter().any(|f| f["fact"] == "made_up"));
            assert_eq!(made, policy.starts_with("synth"), "{policy}");
        }
    }
}

#[test]
fn what_is_made_up_comes_from_above_else_the_template_else_the_fallback() {
    // FILE-31: the directory, the template, and who may read and write afterwards.
    let passes = "dacl { allow alice full (inherit_files) }";
    let keeps = "dacl { allow alice full }";
    let template = "template { owner bob; dacl { allow bob write } }";
    let rows = [
        (passes, "", ("alice", ["granted", "granted"]), ("bob", [DENIED, DENIED]), "SYSTEM"),
        (passes, template, ("alice", ["granted", "granted"]), ("bob", [DENIED, DENIED]), "bob"),
        (keeps, template, ("alice", [DENIED, DENIED]), ("bob", [DENIED, "granted"]), "bob"),
        (
            keeps,
            "template { owner bob }",
            ("alice", ["granted", DENIED]),
            ("bob", ["granted", DENIED]),
            "bob",
        ),
        (
            keeps,
            "template { dacl null }",
            ("alice", ["granted", "granted"]),
            ("bob", ["granted", "granted"]),
            "SYSTEM",
        ),
        (keeps, "", ("alice", ["granted", DENIED]), ("bob", ["granted", DENIED]), "SYSTEM"),
    ];
    for (above, template, one, other, owner) in rows {
        let world = format!(
            "volume \"/v\" {{ missing_sd synth_temp; {template} }}\ndirectory \"/v\" {{ owner alice; {above} }}\n\
             file \"/v/f\" {{ sd missing }}\n"
        );
        for (who, wanted) in [one, other] {
            let steps = "open file \"/v/f\" for FILE_READ_DATA\nopen file \"/v/f\" for FILE_WRITE_DATA";
            for seen in runs(&world, who, steps) {
                assert_eq!(outcomes(&seen), wanted, "{above} {template}: {who}");
            }
        }
        // The owner may always look (OWN-2).
        for seen in runs(&world, owner, "query_security file \"/v/f\"") {
            assert_eq!(
                (seen[0].outcome.as_str(), seen[0].owner.as_str()),
                ("ok", owner),
                "{above} {template}"
            );
        }
    }
}

#[test]
fn damaged_descriptors_are_refused_and_repaired() {
    // FILE-32, SD-7: whatever the volume says, for everybody; the way through a directory stays.
    for policy in ["deny", "synth_temp", "synth_store", "unmanaged"] {
        let world = format!(
            "volume \"/v\" {{ missing_sd {policy} }}\ndirectory \"/v\" {{ dacl null }}\nfile \"/v/f\" {{ sd damaged }}\n\
             directory \"/v/d\" {{ sd damaged }}\nfile \"/v/d/in\" {{ dacl {{ allow Everyone read }} }}\n"
        );
        let steps = "open file \"/v/f\" for read intent backup, restore\nopen file \"/v/f\" for read\nopen file \"/v/d/in\" for read\n\
                     set_security file \"/v/f\" { owner bob; dacl { allow bob read } }\nopen file \"/v/f\" for read intent backup";
        for (who, wanted) in [
            ("keeper", [DENIED, DENIED, "granted", "ok", "granted"]),
            ("SYSTEM", [DENIED, DENIED, "granted", "ok", "granted"]),
            ("taker", [DENIED, DENIED, "granted", DENIED, DENIED]),
        ] {
            for seen in runs(&world, who, steps) {
                assert_eq!(outcomes(&seen), wanted, "{policy}, {who}");
                assert_eq!(seen[0].denied_by, "CorruptSd");
                let told = |seen: &Seen| seen.json["facts"].to_string().matches("\"corrupt_sd\"").count();
                // One event for each object.
                assert_eq!(seen.iter().map(told).sum::<usize>(), 1, "{policy}, {who}");
            }
        }
    }
}

#[test]
fn null_empty_and_missing_are_three_things() {
    // FILE-33
    let policy = "policy p { rule r { dacl { allow SYSTEM FILE_ALL_ACCESS } } }\n";
    let world = format!(
        "{policy}file \"/null\" {{ dacl null }}\nfile \"/empty\" {{ owner bob; dacl {{ }} }}\nfile \"/missing\" {{ sd missing }}\n\
         file \"/high\" {{ dacl null; sacl {{ label high no_write_up }} }}\nfile \"/policy\" {{ dacl null; sacl {{ policy p }} }}\n"
    );
    let steps = "open file \"/null\" for full\nopen file \"/empty\" for FILE_READ_DATA\naccess file \"/empty\" for READ_CONTROL, WRITE_DAC\n\
                 open file \"/missing\" for FILE_READ_DATA\nopen file \"/high\" for FILE_WRITE_DATA\nopen file \"/policy\" for FILE_READ_DATA";
    for seen in runs(&world, "bob", steps) {
        assert_eq!(outcomes(&seen), ["granted", DENIED, "granted", DENIED, DENIED, DENIED]);
        let stages = ["", "NoAce", "", "MissingSd", "Integrity", "Policy"];
        let got: Vec<&str> = seen.iter().map(|seen| seen.denied_by.as_str()).collect();
        assert_eq!(got, stages);
    }
}

#[test]
fn opens_are_audited_as_file_34_says() {
    // FILE-34: the SACL, who opens, for what: how many entries report it as done and as refused.
    let rows = [
        ("audit bob read (success)", "bob", "read", (1, 0)),
        ("audit bob read (failure)", "bob", "read", (0, 0)),
        ("audit bob read (success, failure)", "bob", "write", (0, 1)),
        ("audit bob FILE_WRITE_DATA (success)", "bob", "read", (0, 0)),
        // READ_CONTROL and SYNCHRONIZE are in both categories, so the mapped request meets the entry.
        ("audit bob write (success)", "bob", "read", (1, 0)),
        ("audit alice read (success, failure)", "bob", "read", (0, 0)),
        // A group that counts for deny entries only counts.
        ("audit staff read (success, failure)", "shunned", "read", (1, 0)),
        // A condition that is unknown reports.
        ("audit bob read (success) when @User.none == 1", "bob", "read", (1, 0)),
        ("audit bob read (success); audit Everyone FILE_READ_DATA (success)", "bob", "read", (2, 0)),
    ];
    for (sacl, who, rights, wanted) in rows {
        let world = format!("file \"/f\" {{ dacl {{ allow Everyone read }}; sacl {{ {sacl} }} }}\n");
        for (n, seen) in runs(&world, who, &format!("open file \"/f\" for {rights}")).iter().enumerate() {
            let audits = seen[0].json["checks"][0]["audits"].as_array().cloned().unwrap_or_default();
            let count = |success| audits.iter().filter(|audit| audit["success"] == success).count();
            assert_eq!((count(true), count(false)), wanted, "{sacl}, {}: {audits:?}", MODELS[n].name);
        }
    }
}

#[test]
fn an_error_grants_nothing_and_reports_nothing() {
    // RES-5: at Identification the founding model lets Everyone pass the root, refuses the file, and reports both. The others end
    // in an error at the first check.
    let all = "sacl { audit Everyone full (success, failure) }";
    let world = format!(
        "directory \"/\" {{ dacl {{ allow Everyone full }}; {all} }}\nfile \"/f\" {{ dacl {{ allow alice read }}; {all} }}\n"
    );
    for (level, wanted) in [("impersonation", [1, 1, 1]), ("identification", [2, 0, 0])] {
        let seen = served(&world, "impersonate conn", level, "open file \"/f\" for FILE_READ_DATA");
        for (n, seen) in seen.iter().enumerate() {
            let checks = seen[0].json["checks"].as_array().map(Vec::as_slice).unwrap_or_default();
            let audits: usize =
                checks.iter().filter_map(|check| check["audits"].as_array()).map(Vec::len).sum();
            assert!(!checks.is_empty() && audits == wanted[n], "{level}, {}: {checks:?}", MODELS[n].name);
            let nothing = checks.iter().all(|check| check["granted"].is_null());
            assert_eq!(nothing, audits == 0, "{level}, {}: {checks:?}", MODELS[n].name);
        }
    }
}

#[test]
fn watched_operations_name_who_the_thread_is_then() {
    // FILE-35: opened as alice, used after going back.
    let world = "file \"/f\" { dacl { allow alice read, write }; sacl { alarm alice FILE_READ_DATA } }\n";
    let steps = "h = open file \"/f\" for read, write\nread h\nrevert\nread h\nwrite h\nmap h execute";
    for (n, seen) in served(world, "impersonate conn", "impersonation", steps).iter().enumerate() {
        let told = |seen: &Seen| {
            let facts = seen.json["facts"].as_array().cloned().unwrap_or_default();
            let audit = facts.into_iter().find(|fact| fact["fact"] == "continuous_audit");
            audit.map_or(String::new(), |audit| audit["effective"]["name"].as_str().unwrap_or("").to_owned())
        };
        let got: Vec<String> = seen.iter().map(told).collect();
        let wanted = if n < 2 { ["", "alice", "", "LocalService", "", ""] } else { [""; 6] };
        assert_eq!(got, wanted, "{}", MODELS[n].name);
    }
}

#[test]
fn new_objects_are_remarked_where_a_review_should_look() {
    // FILE-16, OPEN-19
    let world = "directory \"/d\" { dacl { allow Everyone full }; sacl { label low no_write_up } }\n\
                 directory \"/open\" { dacl { allow Everyone full (inherit_dirs) } }\n";
    let steps = "create file \"/d/a\" for read\nset_default_dacl null\ncreate file \"/d/b\" for read\n\
                 create file \"/d/c\" for read with { dacl null }\ncreate directory \"/open/d\" for read\ncreate file \"/open/f\" for read";
    for seen in runs(world, "bob", steps) {
        let remarks: Vec<&[&str]> = seen.iter().map(|seen| &seen.remarks[..]).collect();
        let none: &[&str] = &[];
        assert_eq!(remarks, [none, none, &["null_dacl"], none, none, &["null_dacl"]]);
    }
    let steps = "create file \"/d/a\" for read, write\nopen file \"/d/a\" for write";
    for (n, seen) in runs(world, "low", steps).iter().enumerate() {
        // The second check is a check like any other; in `windows` the creator gets what it asked for.
        let wanted = if n < 2 { [DENIED, "NOT_FOUND"] } else { ["granted", DENIED] };
        assert_eq!(outcomes(seen), wanted, "{}", MODELS[n].name);
    }
    for seen in runs(world, "low", "create file \"/d/b\" for FILE_READ_DATA") {
        assert_eq!(seen[0].remarks, ["above_its_creator"]);
    }
}

#[test]
fn running_a_program_is_asked_anew() {
    // FILE-8, PRC-4: what a handle may do does not count.
    let world = "file \"/bin/tool\" { dacl { allow alice execute } }\nfile \"/bin/other\" { dacl { allow bob execute } }\n";
    let steps = "h = open file \"/bin/tool\" for execute\nexec \"/bin/other\"\nset_security file \"/bin/tool\" { dacl { } }\nexec \"/bin/tool\"";
    for seen in runs(world, "alice", steps) {
        assert_eq!(outcomes(&seen), ["granted", DENIED, DENIED, "ok"]);
    }
    let steps = "exec \"/bin/tool\"";
    for (n, seen) in served(world, "impersonate conn", "impersonation", steps).iter().enumerate() {
        assert_eq!(outcomes(seen), ["ok"], "{}", MODELS[n].name);
    }
    for (n, seen) in served(world, "impersonate conn", "identification", steps).iter().enumerate() {
        assert_eq!(outcomes(seen), [[DENIED, DENIED, TOO_LOW][n]], "{}", MODELS[n].name);
    }
}

#[test]
fn what_is_no_program_is_run_by_nobody() {
    // FILE-8: the flag and the right; a handle and its mask know of the right alone.
    let world = "file \"/bin/tool\" { dacl { allow Everyone execute } }\n\
                 file \"/etc/list\" { dacl { allow Everyone execute }; not_executable }\n";
    let steps =
        "h = open file \"/etc/list\" for execute\nmap h execute\nexec \"/etc/list\"\nexec \"/bin/tool\"";
    for (n, seen) in runs(world, "SYSTEM", steps).iter().enumerate() {
        assert_eq!(outcomes(seen), ["granted", "ok", DENIED, "ok"], "{}", MODELS[n].name);
        assert_eq!(seen[2].json["checks"].as_array().map(Vec::len).unwrap_or(0), 0);
    }
}

#[test]
fn a_step_writes_the_parts_that_its_text_gives() {
    // FILE-25: what SDDL leaves out stays; the list that is null is not the one that is left out; a label means the same in every
    // model (DIV-44).
    let world = "file \"/f\" { owner alice; group Users; dacl { allow bob read } }\ndirectory \"/d\" { dacl { allow Everyone full } }\n";
    let told = |seen: &Seen| {
        let facts = seen.json["facts"].as_array().cloned().unwrap_or_default();
        let fact = facts.into_iter().find(|fact| fact["fact"] == "security");
        fact.map_or(String::new(), |fact| fact["sddl"].as_str().unwrap_or("").to_owned())
    };
    let alice = "O:S-1-5-21-1000-2000-3000-1013G:BU";
    let steps = "set_security file \"/f\" { sddl 'D:P(A;;FR;;;AU)' }\nset_security file \"/f\" { sddl 'D:NO_ACCESS_CONTROL' }\n\
                 set_security file \"/f\" { sddl 'G:BA' }\nset_security file \"/f\" { sddl 'S:(ML;;NW;;;LW)(AU;SA;FR;;;WD)' }\n\
                 query_security file \"/f\" (sacl)\nset_security file \"/f\" { sddl 'O:BA' }\n\
                 create file \"/d/new\" for read with { sddl 'D:(A;;FR;;;AU)' }\nquery_security file \"/d/new\"";
    for (n, seen) in runs(world, "alice", steps).iter().enumerate() {
        let model = MODELS[n].name;
        let wanted = ["ok", "ok", "ok", "ok", "ok", OWNER, "granted", "ok"];
        assert_eq!(outcomes(seen), wanted, "{model}");
        assert_eq!(told(&seen[0]), format!("{alice}D:P(A;;FR;;;AU)"), "{model}");
        let null = told(&seen[1]);
        assert!(null == alice || null == format!("{alice}D:NO_ACCESS_CONTROL"), "{model}: {null}");
        assert!(told(&seen[2]).starts_with("O:S-1-5-21-1000-2000-3000-1013G:BA"), "{model}");
        assert_eq!(told(&seen[4]), "S:(ML;;NW;;;LW)(AU;SA;FR;;;WD)", "{model}");
        assert!(told(&seen[7]).contains("D:(A;;FR;;;AU)"), "{model}: {}", told(&seen[7]));
    }
}

#[test]
fn a_descriptor_has_a_largest_size() {
    // FILE-25, SD-6: 65,535 bytes. An entry for a user takes 36 of them.
    let list = |count: usize| vec!["allow bob read"; count].join("; ");
    let steps = format!(
        "set_security file \"/f\" {{ dacl {{ {} }} }}\nset_security file \"/f\" {{ dacl {{ {} }} }}",
        list(1000),
        list(1900)
    );
    for seen in runs("file \"/f\" { owner bob; dacl { } }", "bob", &steps) {
        assert_eq!(outcomes(&seen), ["ok", "INVALID_SECURITY_DESCRIPTOR"]);
    }
}

#[test]
fn handles_are_passed_without_a_question() {
    // FILE-4, FILE-5: to another thread while another client is served, and past the end of what it was opened under.
    let world = "file \"/f\" { owner alice; dacl { allow alice read } }\n";
    let text = format!(
        "scenario rules {{ }}\n{PEOPLE}{world}\nservice s {{\naccount LocalService\nprivileges SeImpersonatePrivilege\n\
         thread one {{ conn = accept\nimpersonate conn\nh = open file \"/f\" for read\ngive h to two\nrevert\nread h }}\n\
         thread two {{ h = take\nread h\nwrite h\nopen file \"/f\" for read }}\n}}\n\
         process desk as alice {{ connect s\nset_security file \"/f\" {{ owner alice; dacl {{ }} }}\nrename file \"/f\" to \"/g\" }}\n"
    );
    for model in MODELS {
        let played = play(&text, model);
        assert_eq!(
            outcomes(&played.of("s/two").into_iter().cloned().collect::<Vec<_>>()),
            ["ok", "ok", DENIED, DENIED]
        );
        let last = played.of("s/one").last().map(|seen| seen.outcome.clone());
        // It gave the handle away.
        assert_eq!(last.as_deref(), Some("INVALID_HANDLE"), "{}", model.name);
    }
}

#[test]
fn generic_rights_that_are_not_written_stay() {
    // FILE-25, PROP-1, W-ACC-8: an entry for what is below keeps them through a change of the group, of the label, and through a
    // propagation from above; what is written is mapped.
    let world = "directory \"/top\" { owner bob; dacl { allow bob full (inherit) } }\n\
                 directory \"/top/d\" { sddl 'O:S-1-5-21-1000-2000-3000-1014G:SYD:(A;OICIIO;GA;;;CO)(A;;FA;;;S-1-5-21-1000-2000-3000-1014)' }\n";
    let steps = "set_security directory \"/top/d\" { group Users }\nset_security directory \"/top/d\" { label low no_write_up }\n\
                 t = open directory \"/top\" for FILE_LIST_DIRECTORY, WRITE_DAC\npropagate t\nquery_security directory \"/top/d\"\n\
                 set_security directory \"/top/d\" { dacl { allow CreatorOwner full (inherit, inherit_only) } }";
    for (n, seen) in runs(world, "bob", steps).iter().enumerate() {
        let sddl = |seen: &Seen| {
            let facts = seen.json["facts"].as_array().cloned().unwrap_or_default();
            let fact = facts.into_iter().find(|fact| fact["fact"] == "security");
            fact.map_or(String::new(), |fact| fact["sddl"].as_str().unwrap_or("").to_owned())
        };
        let model = MODELS[n].name;
        assert_eq!(outcomes(seen), ["ok", "ok", "granted", "ok", "ok", "ok"], "{model}");
        for step in [0, 1, 4] {
            assert!(sddl(&seen[step]).contains("(A;OICIIO;GA;;;CO)"), "{model}: {}", sddl(&seen[step]));
        }
        assert!(sddl(&seen[4]).contains("ID"), "{model}: {}", sddl(&seen[4]));
        assert!(sddl(&seen[5]).contains("(A;OICIIO;FA;;;CO)"), "{model}: {}", sddl(&seen[5]));
    }
}

#[test]
fn a_token_is_older_than_what_removed_its_user() {
    // TOK-2: whatever was changed before, the warning tells when the user went; of one that is there still, the first change.
    let world = |last: &str| {
        format!(
            "file \"/f\" {{ dacl {{ allow taker read }} }}\n\
             world {{ at 2ms change user taker {{ groups staff (removed) }}; at 4ms {last} }}\n"
        )
    };
    for (last, at) in [("remove user taker", "4ms"), ("change user taker { groups night }", "2ms")] {
        let text = format!(
            "scenario rules {{ }}\n{PEOPLE}{}process p as taker {{ at 6ms open file \"/f\" for read }}\n",
            world(last)
        );
        for model in MODELS {
            let records = play::records(&play::parsed(&text), model);
            let said = records.last().expect("a record").1["warnings"][0].as_str().unwrap_or("").to_owned();
            assert!(said.contains(&format!("change of {at}: ")), "{last}, {}: {said}", model.name);
        }
    }
}
