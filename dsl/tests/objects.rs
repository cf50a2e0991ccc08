//! The rules of files as tables.
#![allow(clippy::unwrap_used, clippy::panic)]

mod table;

use table::holds;

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

#[test]
fn the_arguments_of_an_open_come_first() {
    // FILE-9
    let world = r#"
        file "/f" { dacl { allow alice full } }
        directory "/d" { dacl { allow alice full } }
        "#;
    holds(
        world,
        "alice",
        r#"
        // MASK-3: the check lets it, the open refuses it, in every model and before it looks.
        open file "/none" for 0                                => error INVALID_PARAMETER
        open file "/none" for 0x200000, FILE_READ_DATA         => error INVALID_PARAMETER
        open file "/none" for 0x800000                         => error INVALID_PARAMETER
        open file "/none" for 0x4000000                        => error INVALID_PARAMETER
        open file "/none" for 0x8000000                        => error INVALID_PARAMETER
        open file "/none" for MAXIMUM_ALLOWED                  => error INVALID_PARAMETER in kobicha, kacs
        open file "/none" for READ_CONTROL                     => error INVALID_PARAMETER in kobicha, kacs
        open file "/none" for FILE_READ_ATTRIBUTES, DELETE     => error INVALID_PARAMETER in kobicha, kacs
        open file "/f" for MAXIMUM_ALLOWED                     => granted full in windows
        open file "/f" for READ_CONTROL                        => granted READ_CONTROL in windows
        open directory "/d" for FILE_DELETE_CHILD, FILE_LIST_DIRECTORY
          => error NOT_SUPPORTED in kobicha, kacs
          => granted in windows
        open directory "/d" for full                           => granted full
        open file "/f" for execute                             => granted execute
        open file "/none" for read with { dacl { } }           => error INVALID_PARAMETER
        open file "/f" for read (overwrite) with { dacl { } }  => error INVALID_PARAMETER
        open file "/f" for read (or_create) with { dacl { } }  => error INVALID_PARAMETER
        open file "/f" for read (or_create, overwrite) with { dacl { } }  => error INVALID_PARAMETER
        open directory "/d" for read (overwrite)               => error INVALID_PARAMETER
        open directory "/d" for read (supersede)               => error INVALID_PARAMETER
        open file "/d" for read (overwrite)                    => error IS_A_DIRECTORY
        open file "/d" for read (supersede)                    => error IS_A_DIRECTORY
        open file "/d" for read                                => granted read
        open directory "/f" for read                           => error NOT_A_DIRECTORY
        open file "/f/x" for read                              => error NOT_A_DIRECTORY
        "#,
    );
}

#[test]
fn dispositions_take_their_rights() {
    // FILE-6, FILE-10, FILE-20
    let world = r#"
        directory "/d" { dacl { allow alice FILE_ADD_FILE } }
        file "/d/read" { dacl { allow alice read } }
        file "/d/write" { dacl { allow alice read, FILE_WRITE_DATA } }
        file "/d/mine" { dacl { allow alice read, DELETE } }
        directory "/child" { dacl { allow alice FILE_DELETE_CHILD, FILE_ADD_FILE } }
        file "/child/f" { dacl { allow alice read } }
        directory "/nochild" { dacl { allow alice FILE_DELETE_CHILD } }
        file "/nochild/f" { dacl { allow alice read } }
        "#;
    holds(
        world,
        "alice",
        r#"
        create file "/d/read" for read                          => error ALREADY_EXISTS
        create file "/nochild/f" for read                       => error ALREADY_EXISTS
        create file "/nochild/g" for read                       => denied by no_ace
        open file "/d/none" for read (overwrite)                => error NOT_FOUND
        open file "/d/read" for read (overwrite)                => denied by no_ace
        // The right to empty it was asked, not the right to write through the handle.
        open file "/d/write" for read (overwrite)               => granted read
        open file "/d/read" for read (or_create)                => granted read
        open file "/d/new" for read (or_create)                 => granted read
        open file "/d/new2" for read (or_create, overwrite)     => granted read
        open file "/d/read" for read (or_create, overwrite)     => denied
        // A new object takes the right to delete the old one, and the right to add.
        open file "/d/read" for read (supersede)                => denied by no_ace
        old = open file "/d/mine" for read                      => granted
        open file "/d/mine" for read (supersede)                => granted read
        read old                                                => ok
        open file "/child/f" for read (supersede)               => granted read
        open file "/nochild/f" for read (supersede)             => denied by no_ace
        open file "/d/brand" for read (supersede)               => granted read
        "#,
    );
}

#[test]
fn opening_for_the_maximum() {
    // FILE-13
    let world = r#"
        file "/f" { dacl { allow alice FILE_READ_DATA, FILE_READ_EA; deny alice FILE_WRITE_DATA; allow alice FILE_WRITE_DATA, DELETE } }
        "#;
    holds(
        world,
        "alice",
        r#"
        open file "/f" for MAXIMUM_ALLOWED, FILE_READ_DATA    => granted FILE_READ_DATA, FILE_READ_EA, DELETE
        open file "/f" for MAXIMUM_ALLOWED, FILE_WRITE_DATA   => denied by deny_ace 1
        "#,
    );
    holds(
        world,
        "keeper",
        r#"
        open file "/f" for MAXIMUM_ALLOWED, FILE_READ_DATA    => denied by no_ace
        open file "/f" for MAXIMUM_ALLOWED, FILE_READ_DATA intent backup
          => granted read in kobicha, kacs
        "#,
    );
}

#[test]
fn intents_add_rights_to_who_holds_the_privilege() {
    // FILE-14, DIV-51
    let world = r#"
        file "/f" { dacl { deny Everyone full } }
        "#;
    holds(
        world,
        "keeper",
        r#"
        open file "/f" for read                                => denied by deny_ace 0
        open file "/f" for read intent restore                 => denied by deny_ace 0
        open file "/f" for read intent backup                  => granted read
        open file "/f" for execute intent backup               => denied in kobicha, kacs
        open file "/f" for write, DELETE, WRITE_DAC, WRITE_OWNER intent restore   => granted
        open file "/f" for read, write intent backup, restore  => granted read, write
        disable SeBackupPrivilege                              => ok
        open file "/f" for read intent backup                  => denied by deny_ace 0
        "#,
    );
    holds(
        world,
        "alice",
        r#"
        open file "/f" for read intent backup, restore         => denied by deny_ace 0
        "#,
    );
}

#[test]
fn what_a_creator_gives_has_limits() {
    // FILE-15, FILE-16, FILE-18, FILE-19, DIV-11
    let world = r#"
        directory "/d" { dacl { allow Everyone FILE_ADD_FILE, FILE_ADD_SUBDIRECTORY } }
        directory "/reading" { dacl { allow alice FILE_ADD_FILE; allow alice read (inherit_files, inherit_only) } }
        directory "/bare" { sd missing }
        "#;
    holds(
        world,
        "alice",
        r#"
        create file "/d/a" for read with { owner bob }                   => error INVALID_OWNER
        create file "/d/a" for read with { sacl { audit Everyone read (success) } }   => error PRIVILEGE_NOT_HELD
        open file "/d/a" for read                                        => error NOT_FOUND
        create file "/d/a" for read with { dacl { allow bob read } }
          => denied by no_ace in kobicha, kacs
          => granted read in windows
        create file "/d/b" for read with { dacl { allow alice read } }   => granted read
        // May create, may not open what comes of it.
        create file "/reading/f" for read, write
          => denied by no_ace in kobicha, kacs
          => granted read, write in windows
        open file "/reading/f" for read
          => error NOT_FOUND in kobicha, kacs
          => granted read in windows
        create file "/bare/f" for read                                   => denied by missing_sd
        create file "/d/c" for read, ACCESS_SYSTEM_SECURITY
          => denied in kobicha, kacs
          => error PRIVILEGE_NOT_HELD in windows
        create directory "/d/sub" for read                               => granted read
        create file "/none/f" for read                                   => error NOT_FOUND
        "#,
    );
    holds(
        world,
        "auditor",
        r#"
        create file "/d/a" for read with { dacl { allow auditor read }; sacl { label high no_write_up } }
          => error PRIVILEGE_NOT_HELD
        create file "/d/a" for read with { dacl { allow auditor read }; sacl { label medium no_write_up } }
          => granted read
        "#,
    );
}

#[test]
fn inheritable_entries_by_their_flags() {
    // FILE-17, INH-4
    for (flags, file, below, deeper) in [
        ("(inherit_files)", "granted", "denied", "granted"),
        ("(inherit_dirs)", "denied", "granted", "denied"),
        ("(inherit)", "granted", "granted", "granted"),
        ("(inherit_files, no_propagate)", "granted", "denied", "denied"),
        ("(inherit_dirs, no_propagate)", "denied", "granted", "denied"),
        ("(inherit, no_propagate)", "granted", "granted", "denied"),
        ("(inherit, inherit_only)", "granted", "granted", "granted"),
    ] {
        let world = format!(
            r#"
            directory "/d" {{ dacl {{ allow alice read {flags}; allow SYSTEM full (inherit) }} }}
            file "/d/f" {{ }}
            directory "/d/sub" {{ }}
            file "/d/sub/f" {{ }}
            "#
        );
        let steps = format!(
            r#"
            open file "/d/f" for read          => {file}
            open directory "/d/sub" for read   => {below}
            open file "/d/sub/f" for read      => {deeper}
            "#
        );
        holds(&world, "alice", &steps);
    }
}

#[test]
fn links_lead_on() {
    // FILE-1, FILE-11, FILE-15
    let world = r#"
        directory "/d" { dacl { allow Everyone FILE_ADD_FILE, FILE_DELETE_CHILD } }
        directory "/real" { dacl { allow Everyone read, FILE_ADD_FILE; allow Everyone read, write (inherit_files) } }
        file "/real/f" { dacl { allow alice read; allow Everyone FILE_WRITE_ATTRIBUTES } }
        file "/real/kept" { dacl { allow alice read } }
        directory "/nobody" { dacl { } }
        link "/d/to-file" to "/real/f"
        link "/d/to-dir" to "/real"
        link "/d/nowhere" to "/real/none"
        link "/d/round" to "/d/about"
        link "/d/about" to "/d/round"
        link "/d/second" to "/real/f" (hard)
        "#;
    holds(
        world,
        "alice",
        r#"
        open file "/d/to-file" for read                        => granted read
        open file "/d/to-dir/f" for read                       => granted read
        open file "/d/to-file" for read (no_follow)            => error LINK_LOOP
        open file "/d/to-dir/f" for read (no_follow)           => granted read
        open file "/d/nowhere" for read                        => error NOT_FOUND
        open file "/d/round" for read                          => error LINK_LOOP
        create file "/d/to-file" for read                      => error ALREADY_EXISTS
        open file "/d/second" for read                         => granted read
        create link "/d/second" to "/real/f"                   => error ALREADY_EXISTS
        create link "/d/mine" to "/real/f"                     => ok
        open file "/d/mine" for read                           => granted read
        create link "/d/third" to "/real/f" (hard)             => ok
        create link "/d/fourth" to "/real/kept" (hard)         => denied by no_ace
        create link "/d/fourth" to "/real" (hard)              => error IS_A_DIRECTORY
        // A link is deleted, not what it leads to; a file goes with its last name.
        delete file "/d/to-file"                               => ok
        open file "/real/f" for read                           => granted read
        delete file "/d/second"                                => ok
        open file "/d/third" for read                          => granted read
        // What a link that leads nowhere names can be created.
        open file "/d/nowhere" for read (or_create)            => granted read
        open file "/real/none" for read                        => granted read
        "#,
    );
    holds(
        world,
        "unlinked",
        r#"
        create link "/d/x" to "/real/f"                        => error PRIVILEGE_NOT_HELD
        create link "/real/f/x" to "/real/f"                   => error NOT_A_DIRECTORY
        create link "/nobody/x" to "/real/f"                   => denied by no_ace
        "#,
    );
}

#[test]
fn directories_on_the_way_are_passed_by_privilege_or_by_right() {
    // FILE-12
    let world = r#"
        directory "/shut" { dacl { } }
        file "/shut/f" { dacl { allow Everyone read } }
        directory "/bare" { sd missing }
        file "/bare/f" { dacl { allow Everyone read } }
        directory "/walk" { dacl { allow walker FILE_TRAVERSE } }
        file "/walk/f" { dacl { allow Everyone read } }
        link "/walk/into" to "/shut/f"
        "#;
    holds(
        world,
        "alice",
        r#"
        open file "/shut/f" for read                           => granted read
        open file "/bare/f" for read                           => granted read
        open file "/bare/none" for read                        => error NOT_FOUND
        open directory "/shut" for FILE_TRAVERSE               => denied by no_ace
        "#,
    );
    holds(
        world,
        "walker",
        r#"
        open file "/shut/f" for read                           => denied by traverse
        open file "/shut/none" for read                        => denied by traverse
        open file "/bare/f" for read                           => denied by traverse
        open file "/walk/f" for read                           => granted read
        open file "/walk/into" for read                        => denied by traverse
        access file "/shut/f" for read                         => denied by traverse
        delete file "/shut/f"                                  => denied by traverse
        "#,
    );
}

#[test]
fn forty_links_and_no_more() {
    // FILE-11
    let chain = |links: u32| -> String {
        let mut text = "file \"/0\" { dacl { allow alice read } }\n".to_owned();
        for n in 1..=links {
            text += &format!("link \"/{n}\" to \"/{}\"\n", n - 1);
        }
        text
    };
    holds(&chain(40), "alice", "open file \"/40\" for read => granted read");
    holds(&chain(41), "alice", "open file \"/41\" for read => error LINK_LOOP");
}

#[test]
fn a_name_goes_with_its_handle() {
    // FILE-21
    let world = r#"
        directory "/d" { dacl { allow alice FILE_ADD_FILE } }
        file "/d/f" { dacl { allow alice read, DELETE } }
        file "/d/g" { dacl { allow alice read } }
        directory "/child" { dacl { allow alice FILE_DELETE_CHILD } }
        file "/child/f" { dacl { allow alice read } }
        "#;
    holds(
        world,
        "alice",
        r#"
        open file "/d/g" for read (delete_on_close)            => denied by no_ace
        open file "/d/g" for read                              => granted
        open directory "/d" for read (delete_on_close)         => error NOT_SUPPORTED
        before = open file "/d/f" for read                     => granted
        h = open file "/d/f" for read (delete_on_close)        => granted read
        open file "/d/f" for read                              => error ACCESS_DENIED
        read before                                            => ok
        close before                                           => ok
        close h                                                => ok
        open file "/d/f" for read                              => error NOT_FOUND
        c = open file "/child/f" for read (delete_on_close)    => granted read
        delete file "/child/f"                                 => ok
        // The name is gone already: nothing happens to a new file under it.
        close c                                                => ok
        t = create file "/d/t" for read, write (delete_on_close)   => granted
        delete file "/d/t"                                     => ok
        n = create file "/d/t" for read                        => granted
        close t                                                => ok
        open file "/d/t" for read                              => granted
        create file "/d/u" for read (delete_on_close) with { dacl { allow alice read } }
          => denied by no_ace in kobicha, kacs
          => granted in windows
        open file "/d/u" for read                              => error NOT_FOUND
        "#,
    );
}

#[test]
fn opens_that_begin_at_a_handle() {
    // FILE-12, IMP-27
    let world = r#"
        directory "/d/sub" { dacl { allow alice read, FILE_ADD_FILE } }
        file "/d/sub/f" { dacl { allow alice read } }
        file "/d/f" { dacl { allow alice read } }
        directory "/gone" { dacl { allow alice read, DELETE } }
        "#;
    holds(
        world,
        "alice",
        r#"
        h = open directory "/d/sub" for read                   => granted
        open file "f" in h for read                            => granted read
        create file "new" in h for read                        => granted read
        open file "/d/sub/new" for read                        => granted read
        open file "f/x" in h for read                          => error NOT_A_DIRECTORY
        f = open file "f" in h for read                        => granted
        open file "x" in f for read                            => error NOT_A_DIRECTORY
        g = open directory "/gone" for read                    => granted
        delete directory "/gone"                               => ok
        open file "x" in g for read                            => error NOT_FOUND
        open file "x" in none for read                         => error INVALID_HANDLE
        none = open file "/none" for read                      => error NOT_FOUND
        "#,
    );
}

#[test]
fn each_operation_takes_its_right() {
    // FILE-3, FILE-7
    let world = r#"
        file "/f" { dacl { allow alice full } }
        directory "/d" { dacl { allow alice full } }
        file "/times" { dacl { allow alice FILE_WRITE_ATTRIBUTES } }
        "#;
    for (right, may) in [
        ("FILE_READ_DATA", "read h; lock h shared; map h read; map h private"),
        ("FILE_WRITE_DATA", "write h; append h; truncate h; extend h; lock h exclusive; map h shared"),
        ("FILE_APPEND_DATA", "append h; extend h; lock h exclusive"),
        ("FILE_EXECUTE", "map h execute"),
        ("FILE_READ_DATA, FILE_READ_ATTRIBUTES", "query_attributes h"),
        ("FILE_READ_DATA, FILE_WRITE_ATTRIBUTES", "set_attributes h"),
        ("FILE_READ_DATA, FILE_READ_EA", "read_ea h \"a\""),
        ("FILE_READ_DATA, FILE_WRITE_EA", "write_ea h \"a\""),
        ("FILE_READ_DATA, READ_CONTROL", "query_security h"),
        ("FILE_READ_DATA, WRITE_DAC", "set_security h { dacl { allow alice full } }"),
        (
            "FILE_READ_DATA, WRITE_OWNER",
            "set_security h { group staff }; set_security h { label low no_write_up }",
        ),
        ("FILE_READ_DATA, DELETE", "delete h"),
    ] {
        let all = [
            "read h",
            "lock h shared",
            "map h read",
            "map h private",
            "write h",
            "append h",
            "truncate h",
            "extend h",
            "lock h exclusive",
            "map h shared",
            "map h execute",
            "query_attributes h",
            "set_attributes h",
            "read_ea h \"a\"",
            "write_ea h \"a\"",
            "query_security h",
        ];
        let mut steps = format!("h = open file \"/f\" for {right} => granted {right}\nlist_eas h => ok\n");
        let granted: Vec<&str> = may.split("; ").collect();
        for step in all {
            let also = step.ends_with("shared")
                || step.ends_with("read")
                || step.ends_with("private")
                || step == "read h";
            if granted.contains(&step)
                || right.starts_with("FILE_READ_DATA") && also && step != "map h shared"
            {
                steps += &format!("{step} => ok\n");
            } else {
                steps += &format!("{step} => denied by handle\n");
            }
        }
        for step in granted.iter().filter(|step| !all.contains(step)) {
            steps += &format!("{step} => ok\n");
        }
        holds(world, "alice", &steps);
    }
    holds(
        world,
        "alice",
        r#"
        d = open directory "/d" for FILE_LIST_DIRECTORY        => granted
        list d                                                 => ok
        enter d                                                => denied by handle
        read d                                                 => error IS_A_DIRECTORY
        query_attributes d                                     => denied by handle
        h = open file "/f" for full                            => granted full
        list h                                                 => error NOT_A_DIRECTORY
        enter h                                                => error NOT_A_DIRECTORY
        // The descriptor is no extended attribute.
        read_ea h "security.descriptor"                        => denied by handle
        write_ea h "security.descriptor"                       => denied by handle
        // By path the same right is asked of the present subject.
        set_attributes file "/times"                           => ok
        query_attributes file "/times"                         => denied by no_ace
        truncate file "/times"                                 => denied by no_ace
        enter directory "/d"                                   => ok
        "#,
    );
    // To enter a directory is never passed by privilege (FILE-12).
    holds(world, "bob", "enter directory \"/d\" => denied by no_ace");
}

/// A list as text says what the same list in words does, wherever one stands.
#[test]
fn lists_may_be_text() {
    let world = r#"
        file "/read" { dacl 'D:(A;;FR;;;WD)' }
        file "/open" { dacl 'D:NO_ACCESS_CONTROL' }
        file "/high" { dacl null; sacl 'S:(ML;;NW;;;HI)' }
        file "/ruled" { dacl { allow alice full }; sacl { policy only } }
        policy only { rule reading { dacl 'D:(A;;FR;;;WD)' } }
        directory "/d" { dacl { allow alice full } }
        file "/codes" { dacl { deny BG SDWO; allow WD FRSD } }
        "#;
    holds(
        world,
        "alice",
        r#"
        open file "/codes" for FRSD         => granted read, DELETE
        open file "/codes" for FW           => denied by no_ace
        open file "/read" for read          => granted
        open file "/read" for write         => denied by no_ace
        open file "/open" for full          => granted
        open file "/high" for write         => denied by integrity
        open file "/ruled" for FILE_READ_DATA   => granted
        open file "/ruled" for FILE_WRITE_DATA  => denied by policy
        h = create file "/d/f" for read, WRITE_DAC with { dacl 'D:(A;;FA;;;WD)' }  => granted
        set_security h { dacl 'D:(A;;FR;;;WD)' }  => ok
        open file "/d/f" for write          => denied by no_ace
        set_default_dacl 'D:(A;;GR;;;WD)'   => ok
        "#,
    );
}
