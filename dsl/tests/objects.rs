//! The rules of files and keys as tables: a world, steps, and what must come of each under which model.
#![allow(clippy::unwrap_used, clippy::panic)]

use dsl::source::Sources;
use sim_core::engine::{RunConfig, run};
use sim_core::model::MODELS;

/// Who the steps may name.
const PEOPLE: &str = "
scenario table { model kobicha, kacs, windows }
group staff { rid 1100 }
user alice { rid 1001; groups staff }
user bob { rid 1002; groups staff }
user keeper { rid 1003; privileges SeBackupPrivilege, SeRestorePrivilege }
user taker { rid 1004; privileges SeTakeOwnershipPrivilege }
user auditor { rid 1005; privileges SeSecurityPrivilege }
user low { rid 1006; integrity low }
user walker { rid 1007; privileges SeChangeNotifyPrivilege (removed); privileges SeCreateSymbolicLinkPrivilege (removed) }
";

/// Runs the steps of somebody in a world under each model; every expectation must be reached and met.
fn holds(world: &str, who: &str, steps: &str) {
    let text = format!("{PEOPLE}\n{world}\nprocess p as {who} {{\n{steps}\n}}\n");
    let mut sources = Sources::default();
    let file = sources.add("table.scn".to_owned(), text.clone());
    let (scenario, diagnostics) = dsl::read_scenario(&mut sources, file);
    let said = dsl::render::render(&diagnostics, &sources, false);
    let scenario = scenario.unwrap_or_else(|| panic!("{said}"));
    for model in MODELS {
        let mut unmet = Vec::new();
        let finished = run(&scenario, &RunConfig::of(&scenario, model), &mut |_, record| {
            for words in sim_core::trace::text::unmet_words(&scenario, record) {
                let step = &scenario.steps[record.step.index()];
                unmet.push(format!("{} {} came to {:?}, {words}", step.verb, step.words, record.outcome));
            }
        });
        let finished = finished.unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(unmet, Vec::<String>::new(), "under {}:\n{text}", model.name);
        assert_eq!(finished.unreached, [], "under {}:\n{text}", model.name);
    }
}

#[test]
fn delete_takes_a_right_on_the_object_or_on_its_directory() {
    // FILE-22
    let world = r#"
        directory "/own" { dacl { deny alice FILE_DELETE_CHILD; allow Everyone read, execute } }
        file "/own/f" { dacl { allow alice DELETE } }
        directory "/child" { dacl { allow alice FILE_DELETE_CHILD } }
        file "/child/f" { dacl { deny alice DELETE; allow alice read } }
        file "/child/bare" { sd missing }
        directory "/neither" { dacl { allow alice read } }
        file "/neither/f" { dacl { allow alice read, write } }
        directory "/full" { dacl { allow alice full } }
        file "/full/f" { dacl { allow alice full } }
        directory "/closed" { dacl { allow alice DELETE } }
        file "/closed/f" { dacl { allow alice read } }
        "#;
    holds(
        world,
        "alice",
        r#"
        delete file "/own/f"                       => ok
        delete file "/own/f"                       => error NOT_FOUND
        delete file "/child/f"                     => ok
        delete file "/child/bare"                  => ok
        delete file "/neither/f"                   => denied by no_ace
        open file "/neither/f" for read            => granted
        // Whether it is empty comes after the checks.
        delete directory "/full"                   => error NOT_EMPTY
        delete directory "/neither"                => denied
        delete directory "/closed"                 => error NOT_EMPTY
        delete file "/full/f"                      => ok
        delete directory "/full"                   => ok
        delete directory "/"                       => error INVALID_PARAMETER
        delete directory "/neither/f"              => error NOT_A_DIRECTORY
        "#,
    );
}

#[test]
fn a_nameless_file_lives_with_its_handles() {
    // FILE-4, FILE-22
    let world = r#"
        directory "/d" { dacl { allow alice full } }
        file "/d/f" { dacl { allow alice full } }
        "#;
    holds(
        world,
        "alice",
        r#"
        h = open file "/d/f" for read, write, DELETE, WRITE_DAC  => granted
        weak = open file "/d/f" for read                => granted
        delete weak                                     => denied by handle
        delete h                                        => ok
        open file "/d/f" for read                       => error NOT_FOUND
        read h                                          => ok
        write h                                         => ok
        query_security h                                => ok
        set_security h { dacl { } }                     => ok
        read weak                                       => ok
        delete h                                        => error NOT_FOUND
        new = create file "/d/f" for read               => granted
        delete h                                        => error NOT_FOUND
        open file "/d/f" for read                       => granted
        "#,
    );
}

#[test]
fn rename_takes_rights_on_both_sides() {
    // FILE-23
    let world = r#"
        directory "/from" { dacl { allow alice read } }
        file "/from/mine" { dacl { allow alice DELETE, read } }
        file "/from/other" { dacl { allow alice read } }
        directory "/from/sub" { dacl { allow alice DELETE } }
        directory "/emptying" { dacl { allow alice FILE_DELETE_CHILD } }
        file "/emptying/f" { dacl { } }
        directory "/to" { dacl { allow alice FILE_ADD_FILE } }
        file "/to/kept" { dacl { allow alice read } }
        file "/to/old" { dacl { allow alice DELETE } }
        directory "/dirs" { dacl { allow alice FILE_ADD_SUBDIRECTORY } }
        directory "/closed" { dacl { allow alice read } }
        "#;
    holds(
        world,
        "alice",
        r#"
        rename file "/from/other" to "/to/x"                  => denied
        rename file "/from/mine" to "/closed/x"               => denied
        rename file "/from/mine" to "/dirs/x"                 => denied
        rename directory "/from/sub" to "/to/sub"             => denied
        rename directory "/from/sub" to "/dirs/sub"           => ok
        rename file "/from/mine" to "/to/kept"                => error ALREADY_EXISTS
        rename file "/from/mine" to "/to/kept" (replace)      => denied
        rename file "/from/mine" to "/missing/x"              => error NOT_FOUND
        rename file "/from/none" to "/to/x"                   => error NOT_FOUND
        rename file "/from/mine" to "/to/none" (exchange)     => error NOT_FOUND
        open file "/from/mine" for read                       => granted
        rename file "/from/mine" to "/to/old" (replace)       => ok
        // The descriptor goes along (alice may still read and no more).
        open file "/to/old" for read                          => granted
        open file "/to/old" for write                         => denied
        open file "/from/mine" for read                       => error NOT_FOUND
        rename file "/emptying/f" to "/to/f"                  => ok
        rename file "/emptying/f" to "/to/f"                  => error NOT_FOUND
        rename directory "/" to "/to/root"                    => error INVALID_PARAMETER
        rename directory "/dirs" to "/dirs/sub/deeper"        => error INVALID_PARAMETER
        "#,
    );
}

#[test]
fn rename_by_handle_asks_its_mask_and_the_new_directory() {
    // FILE-3, FILE-23
    let world = r#"
        directory "/d" { dacl { allow alice full } }
        file "/d/a" { dacl { allow alice full } }
        file "/d/b" { dacl { allow alice full } }
        directory "/d/full" { dacl { allow alice full } }
        file "/d/full/x" { dacl { allow alice full } }
        directory "/d/empty" { dacl { allow alice full } }
        directory "/no" { dacl { allow alice read } }
        "#;
    holds(
        world,
        "alice",
        r#"
        weak = open file "/d/a" for read                      => granted
        rename weak to "/d/c"                                 => denied by handle
        h = open file "/d/a" for read, DELETE                 => granted
        rename h to "/no/c"                                   => denied by no_ace
        rename h to "/d/b"                                    => error ALREADY_EXISTS
        rename h to "/d/c"                                    => ok
        read h                                                => ok
        open file "/d/a" for read                             => error NOT_FOUND
        rename h to "/d/full" (replace)                       => error IS_A_DIRECTORY
        rename directory "/d/full" to "/d/c" (replace)        => error NOT_A_DIRECTORY
        rename directory "/d/empty" to "/d/full" (replace)    => error NOT_EMPTY
        rename file "/d/c" to "/d/full" (exchange)            => ok
        open directory "/d/c" for read                        => granted
        open file "/d/c/x" for read                           => granted
        delete h                                              => ok
        open file "/d/full" for read                          => error NOT_FOUND
        "#,
    );
}

#[test]
fn a_probe_decides_like_an_open() {
    // FILE-7, FILE-13
    let world = r#"
        directory "/d" { dacl { allow alice read } }
        file "/d/f" { dacl { allow alice FILE_READ_DATA, FILE_WRITE_EA } }
        "#;
    holds(
        world,
        "alice",
        r#"
        access file "/d/f" for FILE_READ_DATA                 => granted FILE_READ_DATA
        access file "/d/f" for FILE_WRITE_EA                  => granted FILE_WRITE_EA
        access file "/d/f" for FILE_READ_DATA, FILE_WRITE_DATA  => denied by no_ace
        access file "/d/f" for MAXIMUM_ALLOWED                => granted FILE_READ_DATA, FILE_WRITE_EA
        access file "/d/f" for 0                              => error INVALID_PARAMETER
        access file "/d/f" for 0x200000                       => error INVALID_PARAMETER
        access file "/d/none" for read                        => error NOT_FOUND
        access directory "/d/f" for read                      => error NOT_A_DIRECTORY
        access directory "/d" for FILE_LIST_DIRECTORY         => granted FILE_LIST_DIRECTORY
        "#,
    );
}

#[test]
fn security_by_path_asks_the_present_subject() {
    // FILE-25, FILE-26, FILE-29
    let world = r#"
        file "/mine" { owner alice; dacl { } }
        file "/f" { dacl { allow alice WRITE_OWNER, FILE_READ_DATA } }
        file "/g" { dacl { allow alice WRITE_DAC } }
        file "/bare" { sd missing }
        "#;
    holds(
        world,
        "alice",
        r#"
        // An owner may always read and write the DACL.
        set_security file "/mine" { dacl { allow alice read } }        => ok
        query_security file "/mine"                                    => ok
        query_security file "/f"                                       => denied
        // All of the rights, or nothing is written.
        set_security file "/f" { group staff; dacl { allow alice full } }  => denied
        access file "/f" for full                                      => denied
        set_security file "/g" { dacl { allow alice full } }           => ok
        access file "/g" for full                                      => granted
        set_security file "/f" { label medium no_write_up }            => ok
        set_security file "/f" { label high no_write_up }              => error PRIVILEGE_NOT_HELD
        set_security file "/f" { label none }                          => ok
        set_security file "/f" { label low no_write_up; sacl { } }     => error INVALID_PARAMETER
        set_security file "/f" { sacl { } }                => denied in kobicha, kacs
        query_security file "/f" (sacl)                    => error PRIVILEGE_NOT_HELD in windows
        set_security file "/f" { owner bob }                           => error INVALID_OWNER
        set_security file "/f" { owner staff }                         => error INVALID_OWNER
        set_security file "/f" { owner alice }                         => ok
        set_security file "/bare" { owner alice; dacl null }           => denied by missing_sd
        set_security file "/none" { owner alice }                      => error NOT_FOUND
        "#,
    );
}

#[test]
fn privileges_help_by_path_and_not_by_handle() {
    // FILE-26, FILE-27, FILE-28, FILE-31
    let world = r#"
        file "/f" { dacl { deny Everyone full } }
        file "/bare" { sd missing }
        file "/open" { dacl { allow Everyone read } }
        "#;
    holds(
        world,
        "keeper",
        r#"
        set_security file "/f" { owner bob }                           => ok
        set_security file "/f" { dacl { allow bob full } }             => ok
        set_security file "/bare" { dacl { allow bob full } }          => error INVALID_SECURITY_DESCRIPTOR
        set_security file "/bare" { owner bob; dacl { allow Everyone read } }  => ok
        open file "/bare" for read                                     => granted
        h = open file "/open" for read                                 => granted
        set_security h { owner keeper }                                => denied by handle
        "#,
    );
    holds(
        world,
        "taker",
        r#"
        set_security file "/f" { dacl { allow taker full } }           => denied
        set_security file "/f" { owner bob }                           => error INVALID_OWNER
        set_security file "/f" { owner taker }                         => ok
        // Owning is not reading.
        open file "/f" for read                                        => denied
        set_security file "/f" { dacl { allow taker full } }           => ok
        open file "/f" for read, write                                 => granted
        "#,
    );
    holds(
        world,
        "auditor",
        r#"
        set_security file "/open" { sacl { audit Everyone read (failure); attribute class = 1 (mandatory) } }  => ok
        query_security file "/open" (sacl)                             => ok
        // A mandatory attribute stays as it is without SeTcbPrivilege (FILE-30).
        set_security file "/open" { sacl { } }                         => error ACCESS_DENIED
        set_security file "/open" { sacl { attribute class = 1 (mandatory) } }  => ok
        set_security file "/open" { dacl { } }                         => denied
        "#,
    );
}
