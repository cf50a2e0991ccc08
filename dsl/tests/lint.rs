//! Warnings: what each of them is told about, and what is near to it and no cause for doubt.
#![allow(clippy::panic)]

use dsl::source::Sources;

/// The warnings of a scenario as `NAME LINE`; its mistakes end the test.
fn doubts(text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let file = sources.add("a.scn".to_owned(), text.to_owned());
    let (scenario, diagnostics) = dsl::read_scenario(&mut sources, file);
    assert!(scenario.is_some(), "{text}\n{}", dsl::render::render(&diagnostics, &sources, false));
    let named = |d: &dsl::diag::Diagnostic| {
        let name = d.code.warning_name().unwrap_or("no name");
        format!("{name} {}", sources.line_col(d.span).0)
    };
    let mut found: Vec<String> = diagnostics.iter().map(named).collect();
    found.sort();
    found
}

/// A scenario with a user, a group and one file, whose DACL holds these lines from line 4 on.
fn with_dacl(object: &str, entries: &str) -> String {
    format!(
        "scenario s\nuser alice {{ rid 1; groups staff }}\n{object} \"/a\" {{ dacl {{\n{entries}\n}} }}\ngroup staff {{ rid 2 }}\nprocess p as alice {{ revert }}"
    )
}

#[test]
fn entries_of_lists() {
    for (object, entries, expected) in [
        ("file", "allow alice read\ndeny staff read", &["dacl_order 5"][..]),
        ("file", "deny staff read\nallow alice read", &[]),
        ("file", "allow alice full\ndeny alice write", &["dacl_order 5"]),
        ("file", "allow alice read (inherited)\nallow staff read", &["dacl_order 5", "inherited_dropped 4"]),
        ("file", "deny Everyone full\nallow alice read", &["unreachable_ace 5"]),
        ("file", "allow Everyone read\nallow Anonymous read", &[]),
        ("file", "deny Everyone write\nallow alice full", &[]),
        ("file", "allow staff read\nallow alice read", &[]),
        ("file", "allow alice full\nallow alice read", &["unreachable_ace 5"]),
        ("file", "allow alice full\nallow alice read when 1 == 1", &["unreachable_ace 5"]),
        ("file", "allow alice full when 1 == 1\nallow alice read", &[]),
        ("file", "allow alice read\nallow alice read, write", &[]),
        ("file", "allow alice 0x0", &["unreachable_ace 4"]),
        ("file", "allow CreatorOwner full", &["unreachable_ace 4"]),
        ("file", "allow OwnerRights READ_CONTROL", &[]),
        ("directory", "allow CreatorOwner full (inherit, inherit_only)", &[]),
        ("directory", "allow alice full (inherit_only)", &["unreachable_ace 4"]),
        ("directory", "allow alice full\nallow alice full (inherit)", &[]),
        ("directory", "allow alice full (inherit)\nallow alice read (inherit)", &["unreachable_ace 5"]),
        ("directory", "allow alice full\nallow alice full (inherit, inherit_only)", &[]),
        ("file", "allow alice read (inherit)", &["inherit_on_leaf 4"]),
        ("directory", "allow alice read (inherit)", &[]),
    ] {
        assert_eq!(doubts(&with_dacl(object, entries)), expected, "{object}: {entries}");
    }
}

/// What is new has no inherited entries but those of its parent; what was stored is brought back as it was.
#[test]
fn entries_that_say_they_are_inherited() {
    let step = |step: &str| format!("scenario s\nuser alice {{ }}\nprocess p as alice {{\n{step}\n}}");
    let marked = "dacl { allow alice read (inherited) }";
    for (steps, expected) in [
        (format!("create file \"/a\" for read with {{ {marked} }}"), &["inherited_dropped 4"][..]),
        (format!("create key 'A\\B' for read with {{ {marked} }}"), &["inherited_dropped 4"]),
        (format!("set_security file \"/a\" {{ {marked} }}"), &[]),
        ("create file \"/a\" for read with { sddl 'D:(A;ID;FR;;;WD)' }".to_owned(), &[]),
    ] {
        assert_eq!(doubts(&step(&steps)), expected, "{steps}");
    }
}

/// Only `windows` leaves generic rights in a rule unmapped (W-ACC-8), so only what it plays is doubtful.
#[test]
fn generic_rights_in_rules() {
    let rule = |dacl: &str, models: &str, more: &str| {
        format!(
            "scenario s {{ model {models} }}\nuser alice {{ }}\npolicy p {{ rule r {{\n{dacl}\n}} }}\nfile \"/a\" {{ sacl {{ policy p }} }}\nprocess q as alice {{ show }}\n{more}"
        )
    };
    let change = "change policy p { rule r { dacl { add allow alice read } } }";
    for (text, expected) in [
        (rule("dacl { allow alice read }", "kobicha, windows", ""), &["generic_in_rule 4"][..]),
        (rule("dacl { allow alice read }", "kobicha, kacs", ""), &[]),
        (rule("dacl { allow alice FILE_GENERIC_READ }", "windows", ""), &[]),
        (rule("dacl { allow alice GENERIC_ALL, DELETE }", "windows", ""), &["generic_in_rule 4"]),
        (
            rule("dacl { allow alice DELETE }\nstaged dacl { deny alice write }", "windows", ""),
            &["generic_in_rule 5"],
        ),
        // Other lists are mapped when they are assigned, and `windows` has no SACL in rules.
        (
            rule(
                "dacl { allow alice DELETE }\nsacl { audit alice read (failure) }",
                "windows",
                "file \"/b\" { dacl { allow alice read } }",
            ),
            &[],
        ),
        (
            rule("dacl { allow alice DELETE }", "windows", &format!("world {{ at 1us {change} }}")),
            &["generic_in_rule 8"],
        ),
        (
            rule(
                "dacl { allow alice DELETE }",
                "kacs",
                &format!("whatif \"w\" {{ model windows\n{change} }}"),
            ),
            &["generic_in_rule 9"],
        ),
        (rule("dacl { allow alice read }", "kacs", "whatif \"w\" { model windows }"), &["generic_in_rule 4"]),
        (
            rule(
                "dacl { allow alice DELETE }",
                "windows",
                &format!("whatif \"w\" {{ model kacs\n{change} }}"),
            ),
            &[],
        ),
        (
            rule("dacl { allow alice DELETE }", "windows", &format!("whatif \"w\" {{ {change} }}")),
            &["generic_in_rule 8"],
        ),
    ] {
        assert_eq!(doubts(&text), expected, "{text}");
    }
}

/// A service with one file and a client; these lines are its steps from line 4 on.
fn with_steps(steps: &str) -> String {
    format!(
        "scenario s\nuser alice {{ rid 1 }}\nservice f {{ account LocalService; privileges SeImpersonatePrivilege\n{steps}\n}}\nfile \"/a\"\nprocess p as alice {{ connect f }}"
    )
}

#[test]
fn identities_that_are_kept() {
    let open = "open file \"/a\" for read";
    for (steps, expected) in [
        // An identity that reaches the next client.
        ("loop { c = accept\nif impersonate c { show }; close c }".to_owned(), &["never_reverts 5"][..]),
        ("loop { c = accept\nif impersonate c { show; revert }; close c }".to_owned(), &[]),
        (
            format!("loop {{ c = accept\nif impersonate c {{ if {open} {{ revert }} }}; close c }}"),
            &["never_reverts 5"],
        ),
        (
            "loop { c = accept\nif impersonate c { show }; if impersonating { revert }; close c }".to_owned(),
            &[],
        ),
        ("loop { c = accept\nimpersonate c => ok\nrevert => ok; close c }".to_owned(), &[]),
        // One that nobody gives back at all.
        ("c = accept\nimpersonate c => ok\nshow".to_owned(), &["never_reverts 5"]),
        ("c = accept\nimpersonate c => error PRIVILEGE_NOT_HELD\nshow".to_owned(), &[]),
        ("impersonate anonymous\nshow".to_owned(), &["never_reverts 4"]),
        ("impersonate anonymous\nshow\nrevert".to_owned(), &[]),
        // One whose outcome nobody looks at.
        (format!("c = accept\nimpersonate c\n{open}\nrevert"), &["impersonation_unchecked 5"]),
        (format!("c = accept\nimpersonate c => ok\n{open}\nrevert"), &[]),
        (format!("c = accept\nif impersonate c {{\n{open}\nrevert }}"), &[]),
        (format!("c = accept\nimpersonate c\nif impersonating {{ {open} }}\nrevert"), &[]),
        ("c = accept\nimpersonate c\nshow\nrevert".to_owned(), &[]),
    ] {
        assert_eq!(doubts(&with_steps(&steps)), expected, "{steps}");
    }
}

#[test]
fn names_bound_again() {
    let open = "open file \"/a\" for read";
    for (steps, expected) in [
        (format!("h = {open}\nh = {open}\nclose h"), &["rebound_while_open 5"][..]),
        (format!("h = {open}\nclose h\nh = {open}"), &[]),
        (format!("loop {{\nh = {open}\n}}"), &["rebound_while_open 5"]),
        (format!("loop {{\nh = {open}\nclose h }}"), &[]),
        (format!("loop {{\nif h = {open} {{ close h }} }}"), &[]),
        (format!("loop {{\nif h = {open} {{ read h }} else {{ close h }} }}"), &["rebound_while_open 5"]),
        (format!("loop {{\nh = {open}\nif h {{ close h }} }}"), &[]),
        (format!("if revert {{ h = {open} }} else {{ h = {open} }}\nclose h"), &[]),
        (format!("repeat 2 {{\nh = {open}\n}}"), &["rebound_while_open 5"]),
        ("loop {\nc = accept }".to_owned(), &["rebound_while_open 5"]),
        (format!("h = {open}\nexit\nh = {open}"), &[]),
        // A text is nothing to hold.
        ("c = accept\nloop {\ntext = receive c }\nclose c".to_owned(), &[]),
        (format!("c = accept\nh = {open}\nh = receive c\nclose c"), &["rebound_while_open 6"]),
    ] {
        assert_eq!(doubts(&with_steps(&steps)), expected, "{steps}");
    }
}

#[test]
fn privileges_that_stay_disabled() {
    for (privilege, steps, expected) in [
        ("SeBackupPrivilege (disabled)", "revert", &["privilege_never_enabled 2"][..]),
        ("SeBackupPrivilege", "revert", &[]),
        ("SeBackupPrivilege (disabled)", "enable SeBackupPrivilege", &[]),
        ("SeBackupPrivilege (disabled)", "check SeBackupPrivilege", &[]),
        ("SeBackupPrivilege (disabled)", "check SeRestorePrivilege", &["privilege_never_enabled 2"]),
        ("SeBackupPrivilege (disabled)", "open file \"/a\" for read intent backup => denied", &[]),
    ] {
        let text = format!(
            "scenario s\nuser alice {{ rid 1; privileges {privilege} }}\nfile \"/a\"\nprocess p as alice {{ {steps} }}"
        );
        assert_eq!(doubts(&text), expected, "{privilege}: {steps}");
    }
}

#[test]
fn declarations_that_nothing_names() {
    for (text, expected) in [
        ("user alice { rid 1 }", &["unused 2"][..]),
        ("user alice { rid 1 }\nprocess p as alice { revert }", &[]),
        ("user \"alice\" { rid 1 }", &[]),
        (
            "group staff { rid 1 }\npolicy p { }\nlet n = 3\nparam m = 4\nrights r = read\nprocedure q { revert }",
            &["unused 2", "unused 3", "unused 4", "unused 5", "unused 6", "unused 7"],
        ),
        ("let n = \"/a\"\nlet m = \"{n}/b\"\nfile m", &[]),
        ("for n in 1..2 { user \"u{n}\" { } }", &[]),
        ("group staff { rid 1 }\nprocess p as SYSTEM { claims { s = staff }; revert }", &[]),
    ] {
        assert_eq!(doubts(&format!("scenario s\n{text}")), expected, "{text}");
    }
}

#[test]
fn processes_that_nothing_starts() {
    for (text, expected) in [
        ("process late { revert }", &["never_spawned 2"][..]),
        ("process late as SYSTEM { revert }", &[]),
        ("process late { revert }\nprocess p as SYSTEM { spawn late }", &[]),
        ("process late { revert }\nprocess p as SYSTEM { if spawn late { revert } }", &[]),
        ("process late { revert }\nprocess p as SYSTEM { elevate late }", &[]),
        ("process late { revert }\nprocess p as SYSTEM { show process late }", &["never_spawned 2"]),
        (
            "process late { revert }\nscript { fn start() { spawn_process(\"late\") } }\nprocess p as SYSTEM { call start }",
            &[],
        ),
        ("process late { exit }\nprocedure start { spawn late }\nprocess p as SYSTEM { call start }", &[]),
    ] {
        assert_eq!(doubts(&format!("scenario s\n{text}")), expected, "{text}");
    }
}

#[test]
fn warnings_are_allowed_by_name() {
    let text = "scenario s { allow_warnings unused, dacl_order }\nuser alice { rid 1 }\nfile \"/a\" { dacl { allow Users read; deny Everyone read } }";
    assert_eq!(doubts(text), [""; 0]);
}

#[test]
fn every_warning_has_a_name_and_a_page() {
    for (code, name) in dsl::diag::WARNINGS {
        assert_eq!(dsl::diag::Code::of_warning(name), Some(*code));
        assert!(dsl::diag::CODES.iter().any(|row| row.0 == *code), "{name} has no page");
    }
}
