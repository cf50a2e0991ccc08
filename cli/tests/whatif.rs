//! `scn whatif`: overlays over the gallery with the changes that the rules let expect, what overlays cannot say, and how they
//! stay out of everything else.

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use common::{Ran, files_below, root, scn};
use serde_json::Value;

fn whatif(arguments: &[&str]) -> Ran {
    Ran::of(scn().current_dir(root()).arg("whatif").args(arguments).output().expect("it runs"))
}

/// An overlay below `scenarios/whatif`, its scenario, the line where the runs part, and how many steps differ in what. The
/// numbers were derived by hand, by the rules that the overlay cites.
struct Expected {
    overlay: &'static str,
    base: &'static str,
    parts_at: Option<u64>,
    counts: &'static [(&'static str, u64)],
}

const GALLERY: &[Expected] = &[
    // Both threads fail to impersonate. What alice and bob alone may open is lost (notes, settings, profile, todo, the log of
    // the second service), each with what is then done with it; the ledger and the state come open.
    Expected {
        overlay: "service-loses-its-privilege",
        base: "impersonation/impersonating-a-client",
        parts_at: Some(2_000),
        counts: &[
            ("granted_to_denied", 5),
            ("denied_to_granted", 2),
            ("ok_to_error", 12),
            ("error_to_ok", 1),
            // 18 steps of the worker until it reverts, 4 of the other thread, 5 of the second service.
            ("another_identity", 27),
            // What `show` of the janitor lists, and whom the connection to the second service carries.
            ("other_details", 2),
        ],
    },
    Expected {
        overlay: "bob-leaves-staff",
        base: "impersonation/impersonating-a-client",
        parts_at: None,
        counts: &[],
    },
    Expected {
        overlay: "high-file-unlabelled",
        base: "access/labels",
        parts_at: Some(3_000),
        counts: &[("denied_to_granted", 1)],
    },
    Expected {
        overlay: "owner-rights-entry-goes",
        base: "access/owner-rights",
        parts_at: Some(3_000),
        counts: &[("denied_to_granted", 1), ("another_reason", 1)],
    },
    Expected {
        overlay: "staged-rule-takes-effect",
        base: "access/central-policy",
        parts_at: Some(0),
        counts: &[("granted_to_denied", 1)],
    },
    Expected {
        overlay: "rita-moves-to-finance",
        base: "access/conditions",
        parts_at: Some(0),
        counts: &[("denied_to_granted", 1)],
    },
    Expected {
        overlay: "app-joins-all-packages",
        base: "access/sandbox",
        parts_at: Some(5_000),
        counts: &[("denied_to_granted", 1)],
    },
    Expected {
        overlay: "alarms-go",
        base: "access/audit",
        parts_at: Some(1_000),
        counts: &[("other_details", 4)],
    },
    // Three processes write or read past the label; one of them with each of its privileges.
    Expected {
        overlay: "vault-without-trust",
        base: "access/trust-label",
        parts_at: Some(0),
        counts: &[("denied_to_granted", 4)],
    },
    Expected {
        overlay: "played-by-kacs",
        base: "impersonation/without-the-privilege",
        parts_at: Some(3_000),
        counts: &[
            ("granted_to_denied", 1),
            ("error_to_ok", 1),
            ("another_identity", 4),
            ("another_reason", 1),
        ],
    },
    Expected {
        overlay: "restriction-widens",
        base: "access/restricted-tokens",
        parts_at: Some(0),
        counts: &[("denied_to_granted", 2)],
    },
    // The open of the first key; two queries, two lists of values, the other key with its own list, what it says of itself and
    // the two closes; and seven steps that were refused before, and now have no handle.
    Expected {
        overlay: "tool-is-shut-out",
        base: "registry/settings-of-each-type",
        parts_at: Some(0),
        counts: &[("granted_to_denied", 1), ("ok_to_error", 8), ("another_error", 7)],
    },
    // Five opens and a write of a descriptor; one open that was refused by the descriptor; the read through a handle.
    Expected {
        overlay: "stick-without-made-up-descriptors",
        base: "volumes/made-up-in-memory",
        parts_at: Some(0),
        counts: &[("granted_to_denied", 6), ("another_reason", 1), ("ok_to_error", 1)],
    },
    // Four opens, the two uses of a handle that is not there, and the propagation, which finds nothing to change.
    Expected {
        overlay: "staff-lose-the-team-folder",
        base: "descriptors/inheritance-and-propagation",
        parts_at: Some(5_000),
        counts: &[("granted_to_denied", 4), ("ok_to_error", 2), ("other_details", 1)],
    },
];

#[test]
fn overlays_change_what_the_rules_let_expect() {
    let mut known: Vec<PathBuf> = Vec::new();
    for expected in GALLERY {
        let base = format!("scenarios/{}.scn", expected.base);
        let overlay = format!("scenarios/whatif/{}.scn", expected.overlay);
        known.push(root().join(&overlay));
        let ran = whatif(&[&base, &overlay, "--format", "json"]).ends(0);
        let report: Value = serde_json::from_str(&ran.out).expect("JSON");
        let found = &report["overlays"][0];
        let counts: BTreeMap<&str, u64> = expected.counts.iter().copied().collect();
        assert_eq!(found["counts"], serde_json::json!(counts), "{overlay}");
        assert_eq!(found["no_effect"], counts.is_empty(), "{overlay}");
        assert_eq!(found["parts_at"]["time"].as_u64(), expected.parts_at, "{overlay}");
        let claims = found["claims"].as_array().expect("claims");
        assert!(!claims.is_empty(), "{overlay} states something");
        // The text names the base, so that a reader finds it.
        let text = fs::read_to_string(root().join(&overlay)).expect("readable");
        assert!(text.starts_with(&format!("// Base: {base}\n")), "{overlay} names its base");
    }
    let there = files_below(&root().join("scenarios/whatif"), ".scn");
    known.sort();
    assert_eq!(known, there, "every overlay of the gallery is expected to do something");
}

const BASE: &str = "scenario base { model kobicha, kacs, windows }\n\
    group staff { rid 1100 }\nuser alice { rid 1001; groups staff }\nuser bob { rid 1002 }\n\
    file \"/a\" { dacl { allow staff read; allow bob write } }\n\
    process p as alice { h = open file \"/a\" for read; close h }\n\
    process q as bob { open file \"/a\" for write }\n";

/// Writes a scenario with this behind it, and gives its path.
fn base(folder: &tempfile::TempDir, more: &str) -> String {
    let file = folder.path().join("base.scn");
    fs::write(&file, format!("{BASE}{more}")).expect("written");
    file.to_string_lossy().into_owned()
}

#[test]
fn forbid_and_claims_decide_the_exit_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let loses = "change file \"/a\" { dacl { remove allow staff } }";
    let gains = "change file \"/a\" { dacl { add allow bob full } }; change user bob { groups staff }";
    let cases: &[(&str, &[&str], i32)] = &[
        (loses, &[], 0),
        (loses, &["--forbid", "loss"], 1),
        (loses, &["--forbid", "gain"], 0),
        (loses, &["--forbid", "any"], 1),
        // Nobody asks for what was added, but something else settles the one question.
        (gains, &["--forbid", "gain"], 0),
        (gains, &["--forbid", "loss"], 0),
        ("add user eve {}", &["--forbid", "any"], 0),
        ("add user eve {}; never granted read on file \"/a\" as alice", &[], 1),
        ("add user eve {}; expect denied read on file \"/a\"", &[], 1),
        ("change file \"/a\" { dacl { remove allow staff } }; expect denied read on file \"/a\"", &[], 0),
    ];
    for (block, options, code) in cases {
        let file = base(&folder, &format!("whatif \"w\" {{ {block} }}\n"));
        let mut arguments = vec![file.as_str()];
        arguments.extend(*options);
        let ran = whatif(&arguments);
        assert_eq!(ran.code, *code, "{block} {options:?}\n{}{}", ran.out, ran.err);
    }
    let file = base(&folder, "whatif \"w\" { add user eve {} }\n");
    assert!(whatif(&[&file]).ends(0).out.contains("this change has no effect\n"));
    assert!(whatif(&[&base(&folder, "")]).ends(2).err.contains("there is no `whatif` block"));
}

/// Who may connect is part of a service, and changes with it (IMP-4): by a whole list, by entries that come and go, or by a text.
#[test]
fn endpoints_change_with_their_service() {
    let folder = tempfile::tempdir().expect("a folder");
    let service = "service s { account LocalService; endpoint open { }; endpoint kept { dacl { allow staff full } }; \
                   thread one { accept open }; thread two { accept kept } }\n\
                   process c as alice { connect s.open; connect s.kept }\n";
    let told = |endpoint: &str| {
        let file = base(&folder, &format!("{service}whatif \"w\" {{ change service s {{ {endpoint} }} }}\n"));
        let ran = whatif(&[&file]);
        ran.out + &ran.err
    };
    let lost = "1 granted -> denied";
    let edited = told("endpoint kept { dacl { remove allow staff } }");
    assert!(edited.contains(lost) && edited.contains("s.kept"), "{edited}");
    assert!(told("endpoint kept { dacl { add deny alice full } }").contains(lost));
    assert!(told("endpoint kept { sddl 'D:(A;;GA;;;BA)' }").contains(lost));
    // Nobody was checked there, and now somebody is.
    let closed = told("endpoint open { dacl { allow bob full } }");
    assert!(closed.contains(lost), "{closed}");
    assert!(told("endpoint open { dacl { add allow bob full } }").contains("there is no list to edit"));
    assert!(told("endpoint kept { dacl { remove allow bob } }").contains("no entry looks like"));
    assert!(told("endpoint kep { dacl { } }").contains("did you mean `kept`?"));
}

/// Of several changes each difference names the one that makes it, or those that make it together.
#[test]
fn each_difference_names_its_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = base(
        &folder,
        "whatif \"w\" {\n\
         change file \"/a\" { dacl { remove allow staff } }\n\
         change user alice { groups staff (removed) }\n\
         change file \"/a\" { dacl { remove allow bob } }\n\
         add user mallory { rid 1099 }\n\
         }\n",
    );
    let ran = whatif(&[&file, "--format", "json"]).ends(0);
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    let overlay = &report["overlays"][0];
    let titles = |difference: &Value| -> Vec<Vec<String>> {
        let sets = difference["causes"][0]["sets"].as_array().expect("sets").iter();
        sets.map(|set| {
            let causes = set.as_array().expect("a set").iter();
            causes.map(|cause| cause["title"].as_str().expect("a title").to_owned()).collect()
        })
        .collect()
    };
    let found: Vec<_> = overlay["differences"]
        .as_array()
        .expect("differences")
        .iter()
        .map(|difference| (difference["thread"].as_str().expect("a thread").to_owned(), titles(difference)))
        .collect();
    // Either of the first two keeps alice out by itself.
    let alice = vec![vec!["change file \"/a\"".to_owned()], vec!["change user alice".to_owned()]];
    let bob = vec![vec!["change file \"/a\"".to_owned()]];
    assert_eq!(
        found,
        [("p/main".to_owned(), alice.clone()), ("q/main".to_owned(), bob), ("p/main".to_owned(), alice)]
    );
}

#[test]
fn what_cannot_be_changed_is_told_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let cases = [
        ("change file \"/b\" { owner alice }", "/b"),
        ("change user carol { groups staff }", "carol"),
        ("change file \"/a\" { dacl { remove allow alice } }", "SCN0404"),
        ("change user bob { groups staff (removed) }", "staff"),
        ("add user alice { rid 5 }", "alice"),
        ("model vms", "vms"),
        ("model kacs; model kacs", "model"),
        ("wait 2ms", "an overlay takes"),
        ("expect granted", "changes nothing"),
        ("at 2ms change user bob { groups staff }", "time 0"),
        (
            "change file \"/a\" { dacl { remove allow staff } }; change file \"/a\" { dacl { remove allow staff } }",
            "SCN0404",
        ),
    ];
    for (block, word) in cases {
        let file = base(&folder, &format!("whatif \"w\" {{ {block} }}\n"));
        for command in ["check", "run"] {
            let ran = Ran::of(scn().args([command, &file]).output().expect("it runs"));
            assert_eq!(ran.code, 3, "{block}\n{}", ran.err);
            assert!(ran.err.contains(word) && ran.err.contains("base.scn:"), "{block}\n{}", ran.err);
        }
    }
    // What one overlay adds another does not know, and a title stands once.
    let twice = "whatif \"w\" { add user eve {} }\nwhatif \"w\" { add user eve {} }\n";
    assert!(whatif(&[&base(&folder, twice)]).ends(3).err.contains("declared twice"));
    let known = "whatif \"v\" { add user eve {} }\nwhatif \"w\" { change user eve { groups staff } }\n";
    assert!(whatif(&[&base(&folder, known)]).ends(3).err.contains("eve"));
    let apart = "whatif \"v\" { add user eve {} }\nwhatif \"w\" { add user eve { groups staff } }\n";
    whatif(&[&base(&folder, apart)]).ends(0);
}

#[test]
fn a_file_of_overlays_holds_nothing_else_and_is_no_scenario() {
    let folder = tempfile::tempdir().expect("a folder");
    let scenarios = folder.path().join("scenarios");
    fs::create_dir(&scenarios).expect("made");
    let file = scenarios.join("base.scn");
    fs::write(&file, BASE).expect("written");
    let overlay = scenarios.join("more.scn");
    fs::write(&overlay, "whatif \"w\" { change user bob { groups staff } }\n").expect("written");
    let (file, overlay) = (file.to_string_lossy().into_owned(), overlay.to_string_lossy().into_owned());
    whatif(&[&file, &overlay]).ends(0);
    Ran::of(scn().args(["check", &file, "--overlay", &overlay]).output().expect("it runs")).ends(0);
    // `scn test` takes it for what it is, and goldens know nothing of it.
    let test = |more: &[&str]| {
        Ran::of(scn().current_dir(folder.path()).arg("test").args(more).output().expect("it runs"))
    };
    test(&["--accept"]).ends(0);
    let ran = test(&[]).ends(0);
    assert!(ran.out.contains("3 passed, 0 failed"), "{}", ran.out);

    let stray = scenarios.join("stray.scn");
    fs::write(&stray, "user eve {}\nwhatif \"v\" { change user bob { groups staff } }\n").expect("written");
    let ran = whatif(&[&file, &stray.to_string_lossy()]).ends(3);
    assert!(ran.err.contains("holds `whatif` blocks and nothing else"), "{}", ran.err);
    assert!(ran.err.contains("stray.scn:1:1"), "{}", ran.err);
}

#[test]
fn an_ordinary_run_says_that_overlays_were_not_applied() {
    let folder = tempfile::tempdir().expect("a folder");
    let overlay = "whatif \"w\" { change file \"/a\" { dacl { remove allow staff } } }\n";
    let with = Ran::of(scn().args(["run", &base(&folder, overlay)]).output().expect("it runs")).ends(0);
    assert!(with.err.contains("1 overlay was not applied"), "{}", with.err);
    let without = Ran::of(scn().args(["run", &base(&folder, "")]).output().expect("it runs")).ends(0);
    assert!(!without.err.contains("overlay"));
    assert_eq!(with.out, without.out);
}

#[test]
fn overlays_alone_say_how_they_are_played() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("o.scn");
    fs::write(&file, "whatif \"w\" {\nchange user bob { groups staff }\n}\n").expect("written");
    for (command, code) in [("run", 3), ("check", 3), ("whatif", 3), ("test", 1)] {
        let ran = Ran::of(scn().arg(command).arg(&file).output().expect("it runs")).ends(code);
        assert!(ran.err.contains("`scn whatif BASE o.scn`"), "{command}: {}", ran.err);
        assert!(!ran.err.contains("bob"), "{command}: {}", ran.err);
    }
}

#[test]
fn hostile_names_stay_escaped() {
    let folder = tempfile::tempdir().expect("a folder");
    let more = "file \"/x\\u{202e}y\" { dacl { allow alice read } }\nprocess \"r\\u{7}\" as alice { open file \"/x\\u{202e}y\" for read }\n\
        whatif \"t\\u{9b}\" { change file \"/x\\u{202e}y\" { dacl { remove allow alice } }; never granted on file \"/x\\u{202e}y\" }\n";
    let file = base(&folder, more);
    for format in ["text", "json"] {
        let ran = whatif(&[&file, "--format", format]).ends(0);
        assert!(ran.out.contains("granted"), "{}", ran.out);
        for hostile in ['\u{202e}', '\u{7}', '\u{9b}'] {
            assert!(!ran.out.contains(hostile), "{format}: {}", ran.out.escape_debug());
        }
    }
}

#[test]
fn the_schema_describes_the_report() {
    let ran = Ran::of(scn().args(["schema", "whatif"]).output().expect("it runs")).ends(0);
    let schema: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert!(schema["properties"]["overlays"].is_object());
}
