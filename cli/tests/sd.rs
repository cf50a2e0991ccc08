//! `scn sd` from outside: forms, findings, differences, exit codes, and what it says to bad input.
#![allow(clippy::panic)]

use std::process::{Command, Output};

fn scn(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scn")).arg("sd").args(arguments).output().expect("the binary runs")
}

fn printed(arguments: &[&str]) -> String {
    let output = scn(arguments);
    assert!(output.stderr.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

const TEXT: &str = "O:BAG:SYD:P(D;;GW;;;BG)(A;OICI;FA;;;BA)(XA;;GR;;;AU;(@User.a == \"é\"))S:(ML;;NW;;;HI)";

#[test]
fn each_form_reads_as_each_other() {
    let text = printed(&[TEXT, "--to", "sddl"]);
    for form in ["sddl", "base64", "hex"] {
        let converted = printed(&[TEXT, "--to", form]);
        assert_eq!(printed(&[converted.trim_end(), "--to", "sddl"]), text, "{form}");
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), &converted).expect("written");
        assert_eq!(printed(&[&file.path().to_string_lossy(), "--to", "sddl"]), text, "{form} in a file");
        assert_eq!(printed(&[TEXT]), printed(&[converted.trim_end()]), "{form} shown");
        let same = scn(&[TEXT, "--diff", converted.trim_end()]);
        assert_eq!(same.status.code(), Some(0));
    }
}

#[test]
fn the_form_of_scenarios_is_read_by_scenarios() {
    let text = "O:BAG:SYD:P(D;;0x41;;;BG)(A;OICIIO;GA;;;BA)(XA;CIID;GR;;;AU;(@User.a == \"x\"))(A;;0x1200a9;;;S-1-5-21-1-2-3-4)\
                S:(ML;;NWNR;;;HI)(AU;SAFA;FW;;;WD)(RA;;;;;WD;(\"Project\",TS,0x0,\"a\",\"b\"))(TL;;GR;;;S-1-19-512-4096)";
    let block = printed(&[text, "--to", "scn", "--object", "directory"]);
    let file = tempfile::NamedTempFile::with_suffix(".scn").expect("a file");
    let scenario = format!("scenario forms {{ }}\ndirectory \"/d\" {{\n{block}}}\n");
    std::fs::write(file.path(), &scenario).expect("written");
    let output =
        Command::new(env!("CARGO_BIN_EXE_scn")).arg("check").arg(file.path()).output().expect("runs");
    assert!(output.status.success(), "{scenario}\n{}", String::from_utf8_lossy(&output.stderr));
    for (text, words) in [
        ("D:(OA;;GA;;bf967aba-0de6-11d0-a285-00aa003049e2;WD)", "one class of children"),
        ("S:(SP;;;;;S-1-17-9)", "policies have names"),
    ] {
        let output = scn(&[text, "--to", "scn"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains(words));
    }
}

#[test]
fn findings_have_names() {
    for (text, object, finding, code) in [
        ("O:SY", "file", "null-dacl", 1),
        ("D:(A;;FR;;;BU)", "file", "no-owner", 1),
        ("O:SYD:", "file", "empty-dacl", 0),
        ("O:SYD:(A;;FR;;;BU)(D;;FW;;;BG)", "file", "order", 0),
        ("O:SYD:(A;ID;FR;;;BU)(D;ID;FW;;;BG)", "file", "inherited-order", 0),
        ("O:SYD:(A;;FR;;;WD)(D;;0x1;;;BG)", "file", "deny-too-late", 1),
        ("O:SYD:(A;;FA;;;BU)(A;;FR;;;BU)", "file", "unreachable", 0),
        ("O:SYD:(A;;;;;BU)", "file", "nothing", 0),
        ("O:SYD:(A;OI;FR;;;BU)", "file", "useless-flag", 0),
        ("O:SYD:(A;OI;KR;;;BU)", "key", "useless-flag", 0),
        ("O:SYD:(A;NP;FR;;;BU)", "directory", "useless-flag", 0),
        ("O:SYD:(A;SA;FR;;;BU)", "file", "useless-flag", 0),
        ("O:SYD:(A;OIIO;FW;;;WD)", "directory", "everyone-writes", 1),
        ("O:SYD:(A;;FW;;;WD)", "file", "everyone-writes", 1),
        ("O:SYD:(A;;RC;;;OW)", "file", "owner-rights", 0),
        ("O:SYD:(A;;FR;;;CO)", "directory", "placeholder", 0),
        ("O:SYD:(AU;SA;FR;;;BU)", "file", "misplaced", 0),
        ("O:SYD:(A;;FR;;;BU)S:(ML;;NW;;;MP)", "file", "bad-label", 1),
        ("O:SYD:(A;;FR;;;BU)S:(ML;;NW;;;HI)(ML;;NW;;;LW)", "file", "second-label", 0),
        // An unknown type, and a condition that is none.
        (
            "0100048014000000000000000000000020000000010100000000000512000000020010000100000042000800000000ff",
            "file",
            "unknown-type",
            0,
        ),
        (
            "010004801400000000000000000000002000000001010000000000051200000002001c0001000000090014000100000001010000000000050b000000",
            "file",
            "bad-condition",
            1,
        ),
    ] {
        let output = scn(&[text, "--check", "--object", object]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains(&format!("[{finding}]: ")) && said.contains("  help: "), "{text}: {said}");
        assert_eq!(output.status.code(), Some(code), "{text}: {said}");
    }
    let clean = scn(&["O:SYG:SYD:P(D;;FW;;;BG)(A;;FA;;;BA)(A;;FR;;;WD)S:(ML;;NW;;;ME)", "--check"]);
    assert_eq!((clean.status.code(), &clean.stdout[..]), (Some(0), &b"nothing found\n"[..]));
}

#[test]
fn differences_say_who_gets_what() {
    for (before, after, words) in [
        ("O:SY", "O:BA", "~ owner: SYSTEM becomes Administrators"),
        ("O:SYD:", "O:SY", "! DACL: goes, so everybody may do everything"),
        ("D:(A;;0x1;;;BU)", "D:(A;;0x3;;;BU)", "gives Users FILE_WRITE_DATA"),
        ("D:(A;;0x3;;;BU)", "D:(A;;0x1;;;BU)", "takes FILE_WRITE_DATA from Users"),
        ("D:(D;;0x1;;;BU)", "D:", "no longer denies Users FILE_READ_DATA"),
        ("D:(A;;0x1;;;BU)(D;;0x2;;;BG)", "D:(D;;0x2;;;BG)(A;;0x1;;;BU)", "#0 is #1 now"),
        ("D:", "D:(A;OIIO;0x1;;;BU)", "gives Users FILE_READ_DATA, on what is created below"),
        ("D:", "D:P", "protection of the DACL"),
    ] {
        let output = scn(&[before, "--diff", after]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains(words), "{before} {after}: {said}");
        assert_eq!(output.status.code(), Some(1));
    }
    let same = scn(&["D:(A;;GR;;;BU)", "--diff", "D:(A;ID;FR;;;BU)"]);
    assert_eq!(same.status.code(), Some(0));
}

#[test]
fn decisions_are_explained() {
    let token = "{\"user\":\"S-1-5-18\"}";
    for (rights, code, words) in [("read", 0, "granted by allow_ace 0"), ("full", 1, "denied by no_ace")] {
        let output = scn(&["explain", "O:BAD:(A;;FR;;;SY)", "--token", token, "--for", rights]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains(words), "{said}");
        assert_eq!(output.status.code(), Some(code));
    }
    for (token, rights, code) in
        [("{", "read", 3), ("{}", "read", 3), ("/no/such", "read", 2), (token, "reed", 2)]
    {
        let output = scn(&["explain", "O:BAD:", "--token", token, "--for", rights]);
        assert_eq!(output.status.code(), Some(code), "{token} {rights}");
    }
}

/// FILE-36: values of the head begin at column 9; the gate has a block only where it ends the check.
#[test]
fn explanations_have_a_head_and_numbered_blocks() {
    let token = |level: &str| {
        format!(
            "{{\"user\":\"S-1-5-21-1-2-3-1001\",\"groups\":[{{\"sid\":\"S-1-1-0\"}}],\"type\":\"impersonation\",\"level\":\"{level}\"}}"
        )
    };
    let anonymous = "S-1-5-7 (Anonymous) [client S-1-5-21-1-2-3-1001 at Identification]";
    let client = "S-1-5-21-1-2-3-1001 [identification]";
    let acting = "S-1-5-21-1-2-3-1001 [impersonation]";
    for (model, level, who, first, result) in [
        ("kobicha", "identification", anonymous, "[1] Integrity check", "Result: GRANTED"),
        ("kacs", "identification", client, "[0] Level gate", "Result: DENIED, ACCESS_DENIED [GATE-1]"),
        (
            "windows",
            "identification",
            client,
            "[0] Level gate",
            "Result: DENIED, BAD_IMPERSONATION_LEVEL [GATE-1]",
        ),
        ("windows", "impersonation", acting, "[1] Integrity check", "Result: GRANTED"),
    ] {
        let token = token(level);
        let output =
            scn(&["explain", "O:SYD:(A;;FR;;;WD)", "--token", &token, "--for", "read", "--model", model]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines[0], format!("Token:   {who}"), "{model} {level}");
        assert!(lines[1].starts_with("Object:  ") && lines[2].starts_with("Request: "), "{said}");
        let blocks: Vec<&str> = lines.iter().copied().filter(|line| line.starts_with('[')).collect();
        assert_eq!(blocks[0], first, "{model} {level}");
        assert_eq!(blocks.len(), if first.starts_with("[0]") { 1 } else { 4 }, "{said}");
        assert!(lines.contains(&result), "{model} {level}: {said}");
    }
    let sandboxed = "{\"user\":\"S-1-5-18\",\"confinement\":{\"sid\":\"S-1-15-2-7\"}}";
    let output = scn(&["explain", "O:BAD:(A;;FA;;;WD)", "--token", sandboxed, "--for", "read"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.starts_with("Token:   S-1-5-18 (SYSTEM) [confined: S-1-15-2-7]\n"), "{said}");
}

#[test]
fn bad_input_is_told_with_its_place() {
    for (arguments, code, words) in [
        (&["D:(A;;GA;;;ZZ)"][..], 3, "D:(A;;GA;;;ZZ)\n  |            ^^ byte 11"),
        (&["garbage"], 3, "neither SDDL, base64 nor hexadecimal"),
        (&["/no/such.sddl"], 2, "is no file"),
        (&["0100"], 3, "this is no security descriptor"),
        (&["O:DA"], 3, "`--domain S-1-5-21-1-2-3`"),
        (&["O:SY", "--object", "cupboard"], 2, "possible values: file"),
        (&["O:SY", "--model", "other"], 2, "model"),
        (&[], 2, "Usage"),
        (&["--expect", "/no/such"], 2, "no such file"),
        (&["D:(A;;\u{1b}[31m;;;WD)"], 3, "\\u{1b}[31m"),
    ] {
        let output = scn(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(words), "{arguments:?}: {said}");
        assert!(!said.contains('\u{1b}'), "{said}");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
    }
}
