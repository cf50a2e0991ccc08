//! `change`, `add` and `remove`: what is wrong with them is told at its place, with a near name.
#![allow(clippy::unwrap_used, clippy::panic)]

use dsl::source::Sources;

const BASE: &str = "scenario s { allow_warnings unused }
group staff { rid 1100 }
user alice { rid 1; groups staff; claims { clearance = 3 } }
policy guard { rule finance { dacl { allow staff read } } }
service notes { account LocalService; conn = accept }
directory \"/srv\" { }
key 'Machine\\App' { value \"Port\" = 1 }
";

/// What is said about a statement of a `world` block, without what this version lacks.
fn said(statement: &str) -> String {
    let mut sources = Sources::default();
    let text = format!("{BASE}world {{ {statement} }}\n");
    let file = sources.add("scenarios/a.scn".to_owned(), text);
    let (_, diagnostics) = dsl::read_scenario(&mut sources, file);
    let own: Vec<_> = diagnostics.into_iter().collect();
    dsl::render::render(&own, &sources, false)
}

#[test]
fn changes_are_read() {
    for statement in [
        "at 10ms change directory \"/srv\" { owner alice; dacl { add deny staff write (inherit); remove allow SYSTEM } }",
        "change directory \"/srv\" { dacl { add first allow alice read; add last deny alice 0x2 when @User.clearance >= 3 } }",
        "change directory \"/srv\" { sacl { add audit Everyone read (failure); remove label; remove attribute x; remove trust } }",
        "change directory \"/srv\" { dacl protected { allow alice read }; sacl { } }",
        "change directory \"/srv\" { sd missing }",
        "change key 'Machine\\App' { value \"Port\" (removed); value \"Host\" = \"a\" }",
        "change user alice { groups staff (removed); privileges SeBackupPrivilege; claims { clearance (removed); team = \"x\" } }",
        "change user alice { groups Users (removed); integrity high }",
        "change policy guard { rule finance { staged dacl { allow alice read }; sacl { audit Everyone read (failure) } } }",
        "change policy guard { rule finance (removed); rule legal { dacl { allow alice read } } }",
        "add user bob { groups staff }; at 1ms change user bob { groups staff (removed) }; at 2ms remove user bob",
        "add policy more { rule r { dacl { } } }; at 1s remove policy more",
        "add file \"/srv/new\" { owner alice }; remove user alice; remove group staff",
    ] {
        assert_eq!(said(statement), "", "{statement}");
    }
}

#[test]
fn a_change_that_finds_no_place_is_an_error() {
    for (statement, words) in [
        ("change user alcie { groups staff }", "did you mean `alice`?"),
        ("change user staff { groups staff }", "not declared as a user"),
        ("change service notse { privileges SeTcbPrivilege }", "did you mean `notes`?"),
        ("change policy gaurd { rule finance (removed) }", "did you mean `guard`?"),
        ("chnage user alice { integrity low }", "did you mean `change`?"),
        ("change uesr alice { integrity low }", "did you mean `user`?"),
        ("change user alice { groups Administrators (removed) }", "it is not in `Administrators`"),
        ("change user alice { privileges SeTcbPrivilege (removed) }", "does not have SeTcbPrivilege"),
        ("change user alice { claims { age (removed) } }", "no claim `age`"),
        ("change user alice { rid 7 }", "does not change"),
        ("change user alice { remove groups staff }", "`groups staff (removed)` takes away"),
        ("change directory \"/srv\" { dacl { remove staff } }", "`remove allow staff`"),
        ("change group staff { groups alice }", "nothing of a declared group can change"),
        ("change policy guard { rule legal (removed) }", "no rule `legal`"),
        ("change policy guard { rule legal { staged dacl { } } }", "no rule `legal`"),
        ("change policy guard { rule finance { dacl { remove deny staff } } }", "no entry looks like"),
        ("change policy guard { rule finance { staged dacl (removed) } }", "no list"),
        ("add user alice { }", "declared twice"),
        ("remove user alice; at 1ms remove user alice", "not there"),
        (
            "change directory \"/srv\" { dacl { add allow alice read; deny alice write } }",
            "neither added nor removed",
        ),
        ("change directory \"/srv\" { dacl protected { add allow alice read } }", "belongs to a whole list"),
        ("change directory \"/srv\" { dacl { add } }", "expected `allow` or `deny`"),
        ("change directory \"/srv\" { dacl { remove alow alice } }", "did you mean `allow`?"),
        ("change directory \"/srv\" { dacl { remove audit alice } }", "no kind of entry `audit`"),
        ("change directory \"/srv\" { sd missing; owner alice }", "cannot both stand"),
        ("change file \"/svr\" { owner alice }", "did you mean `/srv`?"),
        (
            "change service notes { privileges SeTcbPrivilege }",
            "a running process keeps what it was started with",
        ),
        ("change service notes { thread x { } }", "steps stay as they are declared"),
    ] {
        let said = said(statement);
        assert!(said.contains(words), "{statement}: {said}");
    }
}
