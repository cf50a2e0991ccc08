//! `use`, `let`, `rights`, `param` and `for`: what they stand for, and what is wrong with them.
#![allow(clippy::unwrap_used, clippy::panic)]

use dsl::source::Sources;
use dsl::{ReadScenario, Reading};

/// Reads a scenario with these other files and parameters.
fn read(text: &str, files: &[(&str, &str)], params: &[(&str, &str)]) -> (ReadScenario, String) {
    let mut sources = Sources::default();
    let file = sources.add("scenarios/a.scn".to_owned(), text.to_owned());
    let params: Vec<_> = params.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    let mut load = |wanted: &str| {
        let found = files.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, text)| text.to_string()).ok_or_else(|| "there is no such file".to_owned())
    };
    let mut read = dsl::read(&mut sources, file, &mut Reading { params: &params, files: &mut load });
    read.build();
    let said = dsl::render::render(&read.diagnostics, &sources, false);
    (read, said)
}

/// What the steps of a scenario say, in order.
fn steps(text: &str, params: &[(&str, &str)]) -> Vec<String> {
    let (read, said) = read(&format!("scenario s\nuser alice {{ rid 1 }}\n{text}"), &[], params);
    let scenario = read.scenario.unwrap_or_else(|| panic!("{said}"));
    scenario.steps.iter().map(|step| format!("{} {}", step.verb, step.words)).collect()
}

#[test]
fn values_stand_where_they_are_named() {
    let cases: &[(&str, &[&str])] = &[
        // The order does not matter, and values are made of values.
        (
            "process p as alice { open file full_path for read }\nlet full_path = \"{base}/x\"\nlet base = \"/a\"",
            &["open file \"/a/x\" for read"],
        ),
        (
            "rights editing = read, FILE_EXECUTE\nprocess p as alice { open file \"/a\" for editing, DELETE }",
            &["open file \"/a\" for read, FILE_EXECUTE, DELETE"],
        ),
        ("let d = 3us\nprocess p as alice { wait d }", &["wait 3us"]),
        (
            "process p as alice { for n in 2..4 { note \"{n}\" } }",
            &["note \"2\"", "note \"3\"", "note \"4\""],
        ),
        ("process p as alice { for n in 3..2 { note \"{n}\" }; note \"end\" }", &["note \"end\""]),
        (
            "let few = [\"a\", \"b\"]\nprocess p as alice { for x in [few, \"c\"] { for y in few { note \"{x}{y}\" } } }",
            &["note \"aa\"", "note \"ab\"", "note \"ba\"", "note \"bb\"", "note \"ca\"", "note \"cb\""],
        ),
        // A procedure stands where it is called; its names are the thread's.
        (
            "procedure twice WHAT { note WHAT; note \"{WHAT}!\" }\nprocess p as alice { call twice \"a\" }",
            &["note \"a\"", "note \"a!\""],
        ),
        (
            "procedure get H, RIGHTS { h = open file \"/{H}\" for RIGHTS }\nrights both = read, write
process p as alice { for n in 1..2 { call get n, both }; close h; call \"get\" 3, 0x1 }",
            &[
                "open file \"/1\" for read, write",
                "open file \"/2\" for read, write",
                "close h",
                "open file \"/3\" for 1",
            ],
        ),
        // It does not see the `for` around the call, and `at` goes to its first step.
        (
            "let n = 7\nprocedure say { note \"{n}\" }\nprocess p as alice { for n in 1..1 { at 5us call say } }",
            &["note \"7\""],
        ),
        // An inner name hides one of the whole scenario.
        (
            "let n = 7\nprocess p as alice { for n in 1..1 { note \"{n}\" }; note \"{n}\" }",
            &["note \"1\"", "note \"7\""],
        ),
        // What stands in '…' is taken as it stands.
        ("let n = 7\nprocess p as alice { note 'is {n}' }", &["note 'is {n}'"]),
    ];
    for (text, expected) in cases {
        assert_eq!(steps(text, &[]), *expected, "{text}");
    }
}

#[test]
fn parameters_decide_branches() {
    let text = "param n = 2 in [1, 2, 3]\nparam mode = soft\nparam path = \"/a\"
process p as alice {
  if n >= 2 and mode == soft { note \"yes {path}\" => ok } else { note \"no\" => ok }
}";
    // Both branches are there; the run takes one, and only that one's expectation can be missed.
    for (params, verdict) in [
        (&[][..], "yes /a"),
        (&[("n", "1")], "no"),
        (&[("mode", "hard")], "no"),
        (&[("n", "0x10"), ("path", "/b c")], "yes /b c"),
    ] {
        let (read, said) = read(&format!("scenario s\nuser alice {{ rid 1 }}\n{text}"), &[], params);
        let scenario = read.scenario.unwrap_or_else(|| panic!("{said}"));
        let config = sim_core::engine::RunConfig::of(&scenario, sim_core::model::DEFAULT);
        let mut notes = Vec::new();
        let _ = sim_core::engine::run(&scenario, &config, &mut |_, record| {
            notes.push(scenario.steps[record.step.index()].words.to_string());
        })
        .unwrap();
        assert_eq!(notes, [format!("\"{verdict}\"")], "{params:?}");
    }
    let (read, _) = read(&format!("scenario s\nuser alice {{ rid 1 }}\n{text}"), &[], &[]);
    let values: Vec<(&str, usize)> =
        read.params.iter().map(|param| (param.name.as_str(), param.values.len())).collect();
    assert_eq!(values, [("n", 3), ("mode", 1), ("path", 1)]);
    assert_eq!(dsl::combinations(&read.params, 10_000).unwrap().len(), 3);
}

#[test]
fn refused_values_of_parameters_say_why() {
    let text = "scenario s\nparam n = 2 in [1, 2]\nparam wait_for = 2ms\nparam mode = soft";
    for (name, value, expected) in [
        ("n", "two", "the parameter `n` is a number, and `two` is not"),
        ("wait_for", "2", "the parameter `wait_for` is a duration, and `2` is not"),
        ("mode", "a b", "the parameter `mode` is a word, and `a b` is not"),
        ("mod", "x", "the scenario has no parameter `mod`, did you mean `mode`?"),
    ] {
        let (read, _) = read(text, &[], &[(name, value)]);
        assert_eq!(read.refused, [expected]);
        assert!(read.scenario.is_none());
    }
}

#[test]
fn mistakes_are_told_with_their_place() {
    let cases: &[(&str, &str, &str)] = &[
        ("let 3", "a.scn:2:5", "expected `let NAME = …`"),
        ("let a = 3 4", "a.scn:2:9", "`let` takes one value"),
        ("let a =", "a.scn:2:8", "`let` takes one value"),
        ("rights r = read write", "a.scn:2:12", "`rights` takes rights, separated by commas"),
        ("rights r = \"read\"", "a.scn:2:12", "`rights` takes rights, separated by commas"),
        ("let a = 1\nlet a = 2", "a.scn:3:5", "`a` is declared twice"),
        ("let read = 1", "a.scn:2:5", "`read` is a word of the language"),
        ("let impersonate = 1", "a.scn:2:5", "`impersonate` is a word of the language"),
        ("let a = \"{b}\"\nlet b = \"{a}\"", "a.scn:2:5", "this value is made of itself"),
        ("let a = 1\nuser a { rid 5 }", "a.scn:3:6", "`a` stands for a value"),
        (
            "let a = 1\nprocess p as SYSTEM { a = open file \"/x\" for read }",
            "a.scn:3:23",
            "`a` stands for a value",
        ),
        ("param n", "a.scn:2:7", "expected `param NAME = …`"),
        ("param n = 1 in [1, \"2\"]", "a.scn:2:20", "the values of a parameter are of one kind"),
        ("param n = 1 in []", "a.scn:2:16", "a parameter without values"),
        ("param n = 1 in [1, 2, 1]", "a.scn:2:23", "the parameter has the value `1` twice"),
        ("param n = 1 from 2", "a.scn:2:11", "a parameter has a default"),
        ("for n in 3 { }", "a.scn:2:10", "expected `for NAME in 1..9 { … }`"),
        ("for n { }", "a.scn:2:5", "expected `for NAME in 1..9 { … }`"),
        ("for n in 1..2 { for n in 1..2 { } }", "a.scn:2:21", "`n` is a value already"),
        ("for n in 1..2 { user u { rid n } }", "a.scn:2:22", "is declared twice"),
        ("for n in 1..99999999999 { }", "a.scn:2:5", "`for` makes more than 10000000 statements"),
        ("for n in 1..2 { note \"{m}\" }", "a.scn:2:17", ""),
        (
            "param n = 1\nprocess p as SYSTEM { if n < \"x\" { note \"a\" } }",
            "a.scn:3:30",
            "cannot be compared",
        ),
        ("procedure", "a.scn:2:10", "expected `procedure NAME A, B { … }`"),
        ("procedure p A B { revert }", "a.scn:2:15", "expected `procedure NAME A, B { … }`"),
        ("procedure p A, { revert }", "a.scn:2:16", "expected `procedure NAME A, B { … }`"),
        ("procedure p A, A { revert }", "a.scn:2:16", "the parameter `A` is named twice"),
        ("procedure p read { revert }", "a.scn:2:13", "`read` is a word of the language"),
        ("procedure p { } => ok", "a.scn:2:17", "a procedure has no outcome"),
        ("procedure p { user x { } }", "a.scn:2:15", "there is no step `user`"),
        ("procedure p { }\nprocedure p { }", "a.scn:3:11", "the procedure `p` is declared twice"),
        ("procedure p { call p }\nprocess x as SYSTEM { call p }", "a.scn:2:20", "`p` calls itself"),
        (
            "procedure p A { note A }\nprocess x as SYSTEM { call p }",
            "a.scn:3:28",
            "`p` takes 1 argument, not 0",
        ),
        (
            "procedure p { revert }\nprocess x as SYSTEM { call p 1, 2 }",
            "a.scn:3:28",
            "`p` takes 0 arguments, not 2",
        ),
        (
            "procedure pp { revert }\nprocess x as SYSTEM { call pq }",
            "a.scn:3:28",
            "there is no procedure `pq`",
        ),
        (
            "procedure p { revert }\nprocess x as SYSTEM { a = call p }",
            "a.scn:3:23",
            "a procedure gives nothing to hold",
        ),
        (
            "procedure p { revert }\nprocess x as SYSTEM { call p => ok }",
            "a.scn:3:30",
            "a procedure has no outcome",
        ),
        (
            "procedure p { revert }\nprocess x as SYSTEM { if call p { revert } }",
            "a.scn:3:26",
            "a procedure has no outcome",
        ),
        (
            "procedure p { loop { revert } }\nprocess x as SYSTEM { at 1ms call p }",
            "a.scn:3:26",
            "does not begin with a step",
        ),
        ("procedure p A { close A }\nprocess x as SYSTEM { call p h }", "a.scn:3:30", "there is no name `h`"),
        (
            "procedure p A { A = accept }\nprocess x as SYSTEM { call p h }",
            "a.scn:2:17",
            "`A` stands for a value",
        ),
        ("process x as SYSTEM { loop { call p } }\nprocedure p { }", "a.scn:2:23", "can pass without a step"),
        ("procedure p { revert }\ncall p", "a.scn:3:1", "there is no declaration `call`"),
        ("use", "a.scn:2:4", "`use` takes the path of a file"),
        ("use \"gone.scn\"", "a.scn:2:5", "cannot use `scenarios/gone.scn`: there is no such file"),
        ("use \"../../x.scn\"", "a.scn:2:5", "does not stay below the root"),
        ("use \"a.scn\"", "a.scn:2:5", "`scenarios/a.scn` uses itself"),
        ("use \"round.scn\"", "round.scn:1:5", "`scenarios/round.scn` uses itself"),
        ("use \"second.scn\"", "second.scn:1:1", "a file that is used has no `scenario` block"),
        ("use \"twice.scn\"\nuser alice { rid 9 }", "a.scn:3:6", "the principal `alice` is declared twice"),
    ];
    let files = [
        ("scenarios/round.scn", "use \"round.scn\""),
        ("scenarios/second.scn", "scenario two"),
        ("scenarios/twice.scn", "user alice { rid 1 }"),
    ];
    let mut wrong = Vec::new();
    for (text, place, message) in cases {
        let (read, said) = read(&format!("scenario s\n{text}\n"), &files, &[]);
        let wanted = format!("--> scenarios/{place}\n");
        if read.scenario.is_some() || !said.contains(&wanted) || !said.contains(message) {
            wrong.push(format!("{text}\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_file_that_two_use_is_taken_in_once() {
    let files = [
        ("lib/base.scn", "group staff { rid 1100 }"),
        ("lib/people.scn", "use \"base.scn\"\nuser alice { rid 1; groups staff }"),
    ];
    let text =
        "scenario s\nuse \"../lib/people.scn\"\nuse \"../lib/base.scn\"\nuser bob { rid 2; groups staff }";
    let (read, said) = read(text, &files, &[]);
    assert!(read.scenario.is_some(), "{said}");
}

/// What grows by doubling is stopped before it is large.
#[test]
fn values_do_not_explode() {
    let double = |first: &str, next: &dyn Fn(usize) -> String| {
        let mut text = format!("scenario s\n{first}\n");
        for n in 1..60 {
            text.push_str(&next(n));
            text.push('\n');
        }
        read(&text, &[], &[]).1
    };
    let texts = double("let v0 = \"ha\"", &|n| format!("let v{n} = \"{{v{0}}}{{v{0}}}\"", n - 1));
    assert!(texts.contains("a text has at most"), "{texts}");
    let lists = double("let v0 = [1, 2]", &|n| format!("let v{n} = [v{0}, v{0}]", n - 1));
    assert!(lists.contains("a list has at most"), "{lists}");
    let rights = double("rights v0 = read", &|n| format!("rights v{n} = v{0}, v{0}", n - 1));
    assert!(rights.contains("a list has at most"), "{rights}");
    let calls = double("procedure v0 { revert }\nprocess p as SYSTEM { call v40 }", &|n| {
        format!("procedure v{n} {{ call v{0}; call v{0} }}", n - 1)
    });
    assert!(calls.contains("calls make more than 1000000 statements"), "{calls}");
    let deep = double("procedure v0 { revert }\nprocess p as SYSTEM { call v40 }", &|n| {
        let blocks = "if revert { ".repeat(20);
        format!("procedure v{n} {{ {blocks} call v{} {} }}", n - 1, "}".repeat(20))
    });
    assert!(deep.contains("blocks and calls nest more than 64 deep"), "{deep}");
    let mut chain = "scenario s\n".to_owned();
    for n in 0..100_000 {
        chain.push_str(&format!("let c{n} = \"{{c{}}}\"\n", n + 1));
    }
    assert!(read(&chain, &[], &[]).1.contains("values are made of each other"));
}

/// A `for` over too much is told before it is made; what its names are missing for only follows, and other mistakes do not.
#[test]
fn too_many_statements_are_not_made_first() {
    let nested = "for n in 1..3 { for m in 1..20000000 { user \"u{n}_{m}\" { } } }";
    for made in ["for n in 1..99999999999 { user \"u{n}\" { } }", nested] {
        let text = format!("scenario s\n{made}\nprocess p as u77 {{ opne file \"/f\" for read }}\n");
        let (_, said) = read(&text, &[], &[]);
        assert!(said.contains("`for` makes more than 10000000 statements"), "{said}");
        assert!(said.contains("did you mean `open`"), "{said}");
        assert_eq!(said.matches("error[").count(), 2, "{said}");
    }
}

/// The bounds of reading are set in the block by plain numbers, and the command line has the last word.
#[test]
fn bounds_of_reading_can_be_set() {
    let steps = "process p as SYSTEM { note \"x\" }";
    let used = [("scenarios/one.scn", "group one { }"), ("scenarios/two.scn", "group two { }")];
    let cases = [
        ("limit statements 3", "for n in 1..4 { group \"g{n}\" { } }", "`for` makes more than 3 statements"),
        ("limit elements 2", "let all = [1, 2, 3]", "a list has at most 2 elements"),
        ("limit files 2", "use \"one.scn\"\nuse \"two.scn\"", "made of at most 2 files"),
        ("limit elements n", "let n = 5", "`limit elements` is a plain number"),
        ("limit text 5", "", "`--limit text=N` sets it"),
        ("limit element 5", "", "did you mean `elements`?"),
        ("limit files 1; limit files 2", "", "`limit files` is given twice"),
    ];
    for (limit, text, told) in cases {
        let text = format!("scenario s {{ {limit} }}\n{text}\n{steps}\n");
        let (read, said) = read(&text, &used, &[]);
        assert!(read.scenario.is_none() && said.contains(told), "{limit}: {said}");
    }
    let text = format!("scenario s {{ limit elements 2 }}\nlet all = [1, 2, \"abc\"]\n{steps}\n");
    let within = |bound: &str, most: u64| {
        let mut sources = Sources::default();
        let row = dsl::BOUNDS.iter().find(|row| row.name == bound).unwrap();
        sources.bounds.fix(row, most);
        let file = sources.add("s.scn".to_owned(), text.clone());
        let mut files = |_: &str| Err(String::new());
        let read = dsl::read(&mut sources, file, &mut Reading { params: &[], files: &mut files });
        dsl::render::render(&read.diagnostics, &sources, false)
    };
    assert!(!within("elements", 3).contains("error"));
    assert!(within("text", 2).contains("a text holds at most 2 bytes"));
    assert!(within("size", 9).contains("the file is larger than 9 bytes"));
    let read =
        read(&format!("scenario s\nparam a = 1 in [1, 2]\nparam b = 1 in [1, 2]\n{steps}"), &[], &[]).0;
    assert_eq!(
        (dsl::combinations(&read.params, 3), dsl::combinations(&read.params, 4).map(|all| all.len())),
        (None, Some(4))
    );
}

/// With brackets or without, a list has as many elements as the manual says.
#[test]
fn lists_are_bounded_with_and_without_brackets() {
    let groups = |count: usize| vec!["Users"; count].join(", ");
    for (count, told) in [(10_000, false), (10_001, true)] {
        for text in [
            format!("scenario s\nuser a {{ groups {} }}\nprocess p as a {{ revert }}\n", groups(count)),
            format!(
                "scenario s\nlet g = [{}]\nuser a {{ rid 1 }}\nprocess p as a {{ revert }}\n",
                groups(count)
            ),
        ] {
            let (_, shown) = read(&text, &[], &[]);
            assert_eq!(shown.contains("a list has at most 10000 elements"), told, "{count}: {}", &text[..30]);
        }
    }
}
