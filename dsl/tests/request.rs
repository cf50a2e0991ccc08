//! Access requests as JSON: what is refused and at which place, what is taken and what it comes to.
#![allow(clippy::panic, reason = "a test that fails says why")]

use dsl::request::{Answer, BadRequest, MAX_LINE, Request};
use sim_core::access::Silent;
use sim_core::model::{KOBICHA, Model, WINDOWS};

const USER: &str = r#""user":"S-1-5-21-1-2-3-1013""#;
/// The owner's, with reading for Everyone and writing for the user's group.
const REST: &str = r#""sddl":"O:SYD:(A;;0x1;;;WD)(A;;0x2;;;BU)","desired":"0x1""#;

/// A line with these fields of the token, and these fields behind the others.
fn line(token: &str, more: &str) -> String {
    format!(r#"{{"id":"x","token":{{{USER}{token}}},{REST}{more}}}"#)
}

fn refused(line: &str, model: &'static Model) -> BadRequest {
    Request::parse(line, model).err().unwrap_or_else(|| panic!("taken: {line}"))
}

fn answer(line: &str, model: &'static Model) -> String {
    let request = Request::parse(line, model).unwrap_or_else(|error| panic!("{line}: {error:?}"));
    let result = request.check(&mut Silent);
    serde_json::to_string(&Answer::new(request.id, &result)).expect("an answer is JSON")
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let claims = |claims: &str| line(&format!(r#","user_claims":[{claims}]"#), "");
    let groups = |groups: &str| line(&format!(r#","groups":[{groups}]"#), "");
    let object = |object: &str| line("", &format!(r#","object":{object}"#));
    let rows = [
        // Words and numbers.
        (line(r#","integrity":"medium_plus""#, ""), "token.integrity"),
        (line(r#","mandatory_policy":["no_read_up"]"#, ""), "token.mandatory_policy[0]"),
        (line(r#","audit_policy":["object_access_success","x"]"#, ""), "token.audit_policy[1]"),
        (line(r#","type":"thread""#, ""), "token.type"),
        (line(r#","level":"delegate""#, ""), "token.level"),
        (line(r#","privileges":["SeBackupPrivilege","backup"]"#, ""), "token.privileges[1]"),
        (line(r#","privileges_disabled":["sebackupprivilege"]"#, ""), "token.privileges_disabled[0]"),
        (line(r#","write_restricted":1"#, ""), "token.write_restricted"),
        (
            line(r#","confinement":{"sid":"S-1-15-2-1","capabilities":[{"sid":"x"}]}"#, ""),
            "token.confinement.capabilities[0].sid",
        ),
        (line("", r#","process":{"pip_type":-1}"#), "process.pip_type"),
        (line("", r#","process":{"pip_trust":4294967296}"#), "process.pip_trust"),
        (line("", r#","intent":["backup","take"]"#), "intent[1]"),
        (line("", r#","mode":"list""#), "mode"),
        (line("", r#","model":"nt""#), "model"),
        (line("", r#","self_sid":"alice""#), "self_sid"),
        (line("", r#","domain":"DA""#), "domain"),
        (line("", r#","tags":[1]"#), "tags[0]"),
        (line("", r#","object_tree":[{"level":0,"guid":"x"}]"#), "object_tree[0].guid"),
        (
            line("", r#","object_tree":[{"level":65536,"guid":"bf967aba-0de6-11d0-a285-00aa003049e2"}]"#),
            "object_tree[0].level",
        ),
        (
            line("", r#","policies":[{"sid":"S-1-17-1","rules":[{"applies_to":"AA=="}]}]"#),
            "policies[0].rules[0]",
        ),
        (
            line("", r#","policies":[{"sid":"S-1-17-1","rules":[{"effective_dacl":"A"}]}]"#),
            "policies[0].rules[0].effective_dacl",
        ),
        // Masks: `0x` and up to eight hex digits.
        (line("", "").replace("\"0x1\"}", "\"0x\"}"), "desired"),
        (line("", "").replace("\"0x1\"}", "\"1\"}"), "desired"),
        (line("", "").replace("\"0x1\"}", "\"0x+1\"}"), "desired"),
        (line("", "").replace("\"0x1\"}", "\"0x123456789\"}"), "desired"),
        (line("", "").replace("\"0x1\"}", "1}"), "desired"),
        (object(r#""door""#), "object"),
        (object("[]"), "object"),
        (object(r#"{"mapping":{"read":"0x1","write":"0x1","execute":"0x1"}}"#), "object.mapping"),
        (
            object(r#"{"mapping":{"read":"0x1","write":"0x1","execute":"0x1","all":"x"}}"#),
            "object.mapping.all",
        ),
        // Groups.
        (groups(r#"{"sid":"S-1-1-0"},{"attributes":[]}"#), "token.groups[1]"),
        (groups(r#"{"sid":"S-1-1-0","attributes":["enabled","on"]}"#), "token.groups[0].attributes[1]"),
        // Claims: the value that is not of its type.
        (
            claims(r#"{"name":"a","type":"int64","values":[1,9223372036854775808]}"#),
            "token.user_claims[0].values[1]",
        ),
        (claims(r#"{"name":"a","type":"uint64","values":[-1]}"#), "token.user_claims[0].values[0]"),
        (
            claims(r#"{"name":"a","type":"uint64","values":[18446744073709551616]}"#),
            "token.user_claims[0].values[0]",
        ),
        (claims(r#"{"name":"a","type":"int64","values":[1.0]}"#), "token.user_claims[0].values[0]"),
        (claims(r#"{"name":"a","type":"boolean","values":[true]}"#), "token.user_claims[0].values[0]"),
        (claims(r#"{"name":"a","type":"sid","values":["S-1-1-0","BA"]}"#), "token.user_claims[0].values[1]"),
        (claims(r#"{"name":"a","type":"octet","values":["AQ"]}"#), "token.user_claims[0].values[0]"),
        (claims(r#"{"name":"a","type":"string","values":[7]}"#), "token.user_claims[0].values[0]"),
        (claims(r#"{"name":"a","type":"date","values":[]}"#), "token.user_claims[0].type"),
        (
            claims(r#"{"name":"a","type":"sid","flags":["mandatory"],"values":[]}"#),
            "token.user_claims[0].flags[0]",
        ),
        (claims(r#"{"type":"sid","values":[]}"#), "token.user_claims[0]"),
        // Fields that are unknown, stand twice or are missing.
        (line("", r#","colour":1"#), "colour"),
        (line(r#","sids":[]"#, ""), "token.sids"),
        (line("", r#","expect":{"status":"X","why":1}"#), "expect.why"),
        (line("", r#","desired":"0x1""#), "."),
        (line(&format!(",{USER}"), ""), "token"),
        (object(r#"{"mapping":{},"mapping":{}}"#), "object.mapping"),
        (format!(r#"{{"token":{{{USER}}},"sddl":"D:"}}"#), "."),
        (format!(r#"{{"token":{{{USER}}},"desired":"0x1"}}"#), "."),
        (format!("{{{REST}}}"), "."),
        (line("", "").replace(USER, ""), "token"),
        // An object is an object, and no list of its fields.
        ("[]".to_owned(), "."),
        (groups(r#"["S-1-1-0",[]]"#), "token.groups[0]"),
        (line("", r#","process":[1,2]"#), "process"),
        (line("", r#","object_tree":[[0,"bf967aba-0de6-11d0-a285-00aa003049e2"]]"#), "object_tree[0]"),
        // The descriptor.
        (line("", r#","sd":"AAAA""#), "sddl"),
        (line("", "").replace("\"sddl\":\"O:SY", "\"sddl\":\"O:XX"), "sddl"),
        (line("", "").replace("\"sddl\":\"O:SY", "\"sddl\":\"O:DA"), "sddl"),
        (format!(r#"{{"token":{{{USER}}},"sd":"*","desired":"0x1"}}"#), "sd"),
        // No JSON.
        ("decide this".to_owned(), "."),
        (line("", "") + "}", "."),
        (line("", "") + "{}", "."),
        ("{\"id\":\"x\",\"token\":{\"user\":".to_owned(), "token.user"),
    ];
    for (line, at) in rows {
        let error = refused(&line, &KOBICHA);
        assert_eq!(error.at, at, "{line}: {}", error.why);
        assert!(!error.why.is_empty() && !error.why.contains("struct "), "{}", error.why);
    }
}

#[test]
fn the_id_is_told_wherever_it_can_be_read() {
    assert_eq!(refused(&line("", r#","colour":1"#), &KOBICHA).id.as_deref(), Some("x"));
    assert_eq!(refused(&(line("", "") + " more"), &KOBICHA).id.as_deref(), Some("x"));
    assert_eq!(refused("{\"id\":7}", &KOBICHA).id, None);
    assert_eq!(refused("{\"id\":\"x\"", &KOBICHA).id, None);
}

#[test]
fn nesting_is_bounded() {
    let deep = "[".repeat(MAX_LINE / 2);
    assert!(refused(&deep, &KOBICHA).why.contains("expected an object"));
    let inner = format!(r#","user_claims":[{{"name":"a","type":"sid","values":{}}}]"#, "[".repeat(100_000));
    assert!(refused(&line(&inner, ""), &KOBICHA).why.contains("recursion"));
}

#[test]
fn sizes_are_bounded() {
    let many = |count: usize, item: &str| vec![item; count].join(",");
    let groups = |count| line(&format!(r#","groups":[{}]"#, many(count, r#"{"sid":"S-1-1-0"}"#)), "");
    assert!(Request::parse(&groups(64), &KOBICHA).is_ok());
    assert_eq!(refused(&groups(65), &KOBICHA).at, "token.groups");
    let claim = |count| {
        line(
            "",
            &format!(r#","local_claims":[{{"name":"a","type":"int64","values":[{}]}}]"#, many(count, "1")),
        )
    };
    assert!(Request::parse(&claim(16_384), &KOBICHA).is_ok());
    assert_eq!(refused(&claim(16_385), &KOBICHA).at, "local_claims[0].values");
    let rule = r#"{"effective_dacl":""}"#;
    let rules =
        |count| line("", &format!(r#","policies":[{{"sid":"S-1-17-1","rules":[{}]}}]"#, many(count, rule)));
    assert!(Request::parse(&rules(256), &KOBICHA).is_ok());
    assert_eq!(refused(&rules(257), &KOBICHA).at, "policies[0].rules");
}

#[test]
fn defaults_are_those_of_the_page() {
    // No group but those that are listed, at Medium, with integrity enforced.
    assert!(answer(&line("", ""), &KOBICHA).contains("\"allowed\":false"));
    let everyone = r#","groups":[{"sid":"S-1-1-0"}]"#;
    assert_eq!(
        answer(&line(everyone, ""), &KOBICHA),
        r#"{"id":"x","allowed":true,"granted":"0x00000001","mapped":"0x00000001"}"#
    );
    let disabled = r#","groups":[{"sid":"S-1-1-0","attributes":[]}]"#;
    assert!(answer(&line(disabled, ""), &KOBICHA).contains("\"allowed\":false"));
    // A level without `type` is no impersonation token.
    let primary = r#","groups":[{"sid":"S-1-1-0"}],"level":"identification""#;
    assert!(answer(&line(primary, ""), &WINDOWS).contains("\"allowed\":true"));
    let thread = r#","groups":[{"sid":"S-1-1-0"}],"type":"impersonation","level":"identification""#;
    assert!(answer(&line(thread, ""), &WINDOWS).contains("\"status\":\"BAD_IMPERSONATION_LEVEL\""));
    assert_eq!(
        answer(&line(thread, r#","model":"kacs""#), &WINDOWS),
        r#"{"id":"x","error":"access_denied"}"#
    );
}

#[test]
fn errors_come_in_their_order() {
    // VAL-6: each line has every mistake from its place on.
    let sd = |sd: &str, owner: &str| {
        if sd.is_empty() { format!(r#""sddl":"{owner}D:(A;;GA;;;WD)""#) } else { format!(r#""sd":"{sd}""#) }
    };
    let line = |bytes: &str, owner: &str, tree: &str, token: &str| {
        format!(
            r#"{{"id":"x","model":"kacs","token":{{{USER}{token}}},{},{tree}"desired":"0x00200000"}}"#,
            sd(bytes, owner)
        )
    };
    let level = r#","type":"impersonation","level":"identification""#;
    let invalid = format!(r#","write_restricted":true{level}"#);
    let tree = r#""object_tree":[],"#;
    for (bytes, owner, tree, token, class) in [
        ("AAAA", "", tree, invalid.as_str(), "malformed_sd"),
        ("", "", tree, invalid.as_str(), "invalid_object_tree"),
        ("", "", "", invalid.as_str(), "invalid_token"),
        ("", "", "", level, "access_denied"),
        ("", "", "", "", "missing_owner"),
        ("", "O:SY", "", "", "invalid_mask"),
    ] {
        let expected = format!(r#"{{"id":"x","error":"{class}"}}"#);
        assert_eq!(answer(&line(bytes, owner, tree, token), &KOBICHA), expected);
    }
}

#[test]
fn numbers_keep_all_their_bits() {
    let rows = [
        ("int64", "-9223372036854775808", "@User.n == -9223372036854775808"),
        ("int64", "9223372036854775807", "@User.n == 9223372036854775807"),
        ("uint64", "18446744073709551615", "@User.n > 9223372036854775807"),
        ("int64", "9007199254740993", "@User.n != 9007199254740992"),
        ("boolean", "18446744073709551615", "@User.n == 1"),
    ];
    for (kind, value, condition) in rows {
        let claim = format!(
            r#","groups":[{{"sid":"S-1-1-0"}}],"user_claims":[{{"name":"n","type":"{kind}","values":[{value}]}}]"#
        );
        let line = line(&claim, "").replace("(A;;0x1;;;WD)", &format!("(XA;;0x1;;;WD;({condition}))"));
        assert!(answer(&line, &KOBICHA).contains("\"allowed\":true"), "{condition} for {value}");
    }
}

#[test]
fn nt_takes_no_value_twice() {
    // W-CND-9
    let with = |kind: &str, flags: &str, values: &str| {
        line(
            &format!(
                r#","device_claims":[{{"name":"a","type":"{kind}","flags":[{flags}],"values":[{values}]}}]"#
            ),
            "",
        )
    };
    for (kind, flags, values, at) in [
        ("string", "", r#""a","b","A""#, Some(2)),
        ("string", "", r#""straße","STRASSE""#, None),
        ("string", "\"case_sensitive\"", r#""a","A""#, None),
        ("string", "\"case_sensitive\"", r#""a","a""#, Some(1)),
        ("int64", "", "1,2,1", Some(2)),
        ("sid", "", r#""S-1-1-0","S-1-1-0""#, Some(1)),
        ("octet", "", r#""AQ==","AQ==""#, Some(1)),
        ("boolean", "", "1,2", Some(1)),
    ] {
        let line = with(kind, flags, values);
        let place = Request::parse(&line, &WINDOWS).err().map(|error| error.at);
        assert_eq!(place, at.map(|n: usize| format!("token.device_claims[0].values[{n}]")), "{line}");
        assert!(Request::parse(&line, &KOBICHA).is_ok());
    }
}

#[test]
fn answers_are_held_against_expected_ones() {
    // What an `expect` without `mapped` names counts; one with it expects every field; rights that nobody asked for do not.
    let everyone = r#","groups":[{"sid":"S-1-1-0"}]"#;
    let owner = r#","groups":[{"sid":"S-1-5-18"},{"sid":"S-1-1-0"}]"#;
    let audited = format!(r#"{everyone},"audit_policy":["object_access_success"]"#);
    let differs = |token: &str, expect: &str| {
        let line = line(token, &format!(r#","expect":{expect}"#));
        let request = Request::parse(&line, &KOBICHA).unwrap_or_else(|error| panic!("{line}: {error:?}"));
        let result = request.check(&mut Silent);
        let maximum = result.as_ref().is_ok_and(|decision| decision.maximum);
        let answer = Answer::new(request.id.clone(), &result);
        answer.differences(&request.expect.expect("it has one"), maximum).join(" ")
    };
    for (token, expect, fields) in [
        (everyone, r#"{"allowed":true,"granted":"0x1","mapped":"0x1"}"#, ""),
        (everyone, r#"{"allowed":false,"granted":"0x3","mapped":"0x3"}"#, "allowed mapped granted"),
        (owner, r#"{"allowed":true,"granted":"0x1","mapped":"0x1"}"#, ""),
        (owner, r#"{"allowed":true,"granted":"0x1"}"#, "granted"),
        (everyone, r#"{"error":"missing_owner"}"#, "error"),
        (everyone, r#"{"allowed":true,"granted":"0x1","status":"ACCESS_DENIED"}"#, "status"),
        (&audited, r#"{"allowed":true,"granted":"0x1","mapped":"0x1"}"#, "audit_events"),
        (
            &audited,
            r#"{"allowed":true,"granted":"0x1","mapped":"0x1","audit_events":[{"forced":true,"success":true}]}"#,
            "",
        ),
        (
            everyone,
            r#"{"allowed":true,"granted":"0x1","mapped":"0x1","allowed_list":[true],"staging_mismatch":true,"policy_sacl_errors":1}"#,
            "allowed_list staging_mismatch policy_sacl_errors",
        ),
    ] {
        assert_eq!(differs(token, expect), fields, "{expect}");
    }
}
