//! SDDL as tables: what is read, what is refused and where, what is written, and what has no text.
#![allow(clippy::unwrap_used, clippy::panic)]

use sim_core::ids::Guid;
use sim_core::model::{KACS, KOBICHA, Model, WINDOWS};
use sim_core::rights::{AccessMask, ObjectType};
use sim_core::sd::condition::{Claim, ClaimFlags, ClaimValues};
use sim_core::sd::sddl::{self, Dialect, Field, PrintProblem, SddlContext, SddlProblem, Section};
use sim_core::sd::{Ace, AceBody, AceFlags, AceType, Acl, ObjectGuids, SdControl, SecurityDescriptor};
use sim_core::sid::{self, Sid};

fn context(model: &Model) -> SddlContext {
    SddlContext { domain: Sid::parse("S-1-5-21-1-2-3"), ..SddlContext::of(model) }
}

#[test]
fn every_alias_is_read_and_written() {
    // SDDL-10
    for model in [&KOBICHA, &WINDOWS] {
        let aliases = sid::WELL_KNOWN.iter().map(|row| row.alias).filter(|alias| !alias.is_empty());
        let domain = sid::DOMAIN_ALIASES.iter().map(|row| row.0);
        for alias in aliases.chain(domain) {
            let text = format!("O:{alias}");
            let read = sddl::parse(&text, &context(model)).unwrap();
            assert_eq!(sddl::print(&read, &context(model)).unwrap(), text);
            assert_eq!(
                sddl::parse(&text.to_ascii_lowercase().replacen('o', "O", 1), &context(model)),
                Ok(read)
            );
        }
        for row in sid::WELL_KNOWN.iter().filter(|row| row.alias.is_empty()) {
            let read = sddl::parse(&format!("O:{}", row.sid), &context(model)).unwrap();
            assert_eq!(sddl::print(&read, &context(model)).unwrap(), format!("O:{}", row.sid));
        }
    }
}

#[test]
fn what_is_written_comes_back() {
    // SDDL-12: text that is canonical already; SDDL-2, SDDL-9: entries of six fields, and of seven with a condition or a claim.
    for text in [
        "O:SY",
        "G:BA",
        "D:",
        "S:",
        "D:PARAI",
        "O:S-1-0x0123456789ab-7G:S-1-5-21-1-2-3-1001D:P(A;OICINPIOID;GAGXGWGR;;;WD)S:ARAI(AU;SAFA;SDRCWDWO;;;AU)",
        "D:(A;;;;;WD)(D;;0x1f;;;AN)(A;;GRRC0x100001;;;OW)",
        "D:(OA;CI;0x1;bf967aba-0de6-11d0-a285-00aa003049e2;;PS)(OD;;0x2;;ab721a53-1e2f-11d0-9819-00aa0040529b;PS)(OA;;0x4;;;WD)",
        "D:(XA;;GR;;;AU;(@User.a == 1))(XD;;GR;;;AU;(Member_of {SID(BA), SID(S-1-5-21-1-2-3-4)}))",
        "D:(ZA;;0x1;bf967aba-0de6-11d0-a285-00aa003049e2;;AU;(@Local.x))(ZD;;0x1;;;AU;(!@User.a || @User.b))",
        "S:(AL;;GW;;;WD)(OU;SA;0x1;bf967aba-0de6-11d0-a285-00aa003049e2;;WD)(OL;;0x1;;;WD)(XU;FA;GA;;;WD;(Exists @Resource.a))",
        "S:(XL;;GA;;;WD;(@User.a > -1))(ZU;;GA;;;WD;(@User.a > -1))(ZL;;GA;;;WD;(@User.a > -1))",
        "S:(ML;;NWNRNX;;;ME)(ML;OICI;NX;;;S-1-16-0)(TL;;RC0x1;;;S-1-19-512-4096)(SP;;;;;S-1-17-9)",
        "S:(RA;CI;;;;WD;(\"a b\",TI,0x12,-1,9223372036854775807))(RA;;;;;WD;(\"u\",TU,0x0,18446744073709551615))",
        "S:(RA;;;;;WD;(\"s\",TS,0x0))(RA;;;;;WD;(\"s\",TS,0x2,\"\",\"(;)\"))(RA;;;;;WD;(\"d\",TD,0x0,SID(BA),SID(S-1-5-1)))",
        "S:(RA;;;;;WD;(\"x\",TX,0x0,#,#0a0b))(RA;;;;;WD;(\"b\",TB,0x0,0,1))",
    ] {
        let mut context = context(&KOBICHA);
        context.dialect.bare_attribute = WINDOWS.bare_attribute;
        let read = sddl::parse(text, &context).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(sddl::print(&read, &context).unwrap(), text);
    }
}

#[test]
fn input_is_more_than_output() {
    // SDDL-1, SDDL-3, SDDL-4, SDDL-8, W-SDL-2, W-SDL-3, W-SDL-5
    for (model, text, written) in [
        (&KOBICHA, "S:D:O:SYG:SY", "O:SYG:SYD:S:"),
        (&KOBICHA, "D:AIARP(A;IDCIOI;WDRC;;;S-1-1-0)", "D:PARAI(A;OICIID;RCWD;;;WD)"),
        (
            &KOBICHA,
            "D:(A;;FA;;;WD)(A;;CCDC;;;WD)(A;;10;;;WD)(A;;010;;;WD)",
            "D:(A;;SDRCWDWO0x1001ff;;;WD)(A;;0x3;;;WD)(A;;0xa;;;WD)(A;;0xa;;;WD)",
        ),
        (&KOBICHA, "O:S-1-0xaG:s-1-5-0x12", "O:S-1-10G:SY"),
        (&KOBICHA, "O:S-1-5-18D:P", "O:SYD:P"),
        (&KOBICHA, "D:NO_ACCESS_CONTROLO:SY", "O:SY"),
        (
            &KOBICHA,
            "S:(RA;;;;;WD;( \"n\" , TD , 2 , BA , S-1-5-18 ))",
            "S:(RA;;;;;WD;(\"n\",TD,0x2,SID(BA),SID(SY)))",
        ),
        (&WINDOWS, "o:SY", ""),
        (&WINDOWS, "O: sy G:SY D:pai( a; oici; cc DC;;; wd )", "O:SYG:SYD:PAI(A;OICI;CCDC;;;WD)"),
        (
            &WINDOWS,
            "D:(A;;010;;;WD)(A;;0x1f01ff;;;WD)(A;;0x20019;;;WD)(A;;KX;;;WD)(A;;KW;;;WD)(A;;0x100001;;;WD)",
            "D:(A;;SW;;;WD)(A;;FA;;;WD)(A;;KR;;;WD)(A;;KR;;;WD)(A;;DCLCRC;;;WD)(A;;0x100001;;;WD)",
        ),
        (&WINDOWS, "D:NO_ACCESS_CONTROL", "D:NO_ACCESS_CONTROL"),
        (&WINDOWS, "", ""),
        (&WINDOWS, "S:(ML;;0x1;;;LW)(ML;;0x8;;;LW)", "S:(ML;;NW;;;LW)(ML;;0x8;;;LW)"),
    ] {
        let read = sddl::parse(text, &context(model));
        if written.is_empty() && !text.is_empty() {
            assert!(read.is_err(), "{text}");
            continue;
        }
        let read = read.unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(sddl::print(&read, &context(model)).unwrap(), written, "{text}");
    }
}

#[test]
fn label_rights_mean_the_same_and_have_other_numbers() {
    // SDDL-5, W-MIC-6
    for (model, mask) in [(&KOBICHA, 2), (&KACS, 2), (&WINDOWS, 1)] {
        let read = sddl::parse("S:(ML;;NW;;;ME)", &context(model)).unwrap();
        assert_eq!(read.sacl.as_ref().unwrap().aces[0].mask, AccessMask(mask));
        assert_eq!(sddl::print(&read, &context(model)).unwrap(), "S:(ML;;NW;;;ME)");
    }
}

#[test]
fn what_the_fields_of_an_entry_become() {
    // SDDL-2, SDDL-6, SDDL-7, SDDL-9: the type, the mask, the SID, and what is behind them.
    let guid = "bf967aba-0de6-11d0-a285-00aa003049e2";
    let bytes = [0xBA, 0x7A, 0x96, 0xBF, 0xE6, 0x0D, 0xD0, 0x11, 0xA2, 0x85, 0, 0xAA, 0, 0x30, 0x49, 0xE2];
    let guids = ObjectGuids { object_type: Some(Guid(bytes)), inherited_object_type: None };
    for model in [&KOBICHA, &KACS, &WINDOWS] {
        let entry = |text: &str| -> Ace {
            let read = sddl::parse(text, &context(model)).unwrap_or_else(|error| panic!("{text}: {error}"));
            read.sacl.or(read.dacl).unwrap().aces[0].clone()
        };
        let trust = entry("S:(TL;;0x20001;;;S-1-19-512-4096)");
        let known = (trust.kind, trust.mask, trust.sid, trust.body);
        let level = Sid::new(19, &[512, 4096]).unwrap();
        assert_eq!(known, (AceType::PROCESS_TRUST_LABEL, AccessMask(0x2_0001), level, AceBody::Basic));
        let policy = entry("S:(SP;;;;;S-1-17-9)");
        let known = (policy.kind, policy.mask, policy.sid);
        assert_eq!(known, (AceType::SCOPED_POLICY_ID, AccessMask(0), Sid::new(17, &[9]).unwrap()));
        let object = entry(&format!("D:(OA;;0x10;{guid};;PS)"));
        assert_eq!((object.kind, object.body), (AceType::ALLOW_OBJECT, AceBody::Object(guids)));
        for (text, kind) in [("XA", AceType::ALLOW_CALLBACK), ("XD", AceType::DENY_CALLBACK)] {
            let entry = entry(&format!("D:({text};;0x1;;;AU;(@User.a == 1))"));
            assert_eq!((entry.kind, entry.mask), (kind, AccessMask(1)));
            assert!(matches!(entry.body, AceBody::Callback(program) if program.starts_with(b"artx")));
        }
        let entry = entry(&format!("D:(ZA;;0x10;{guid};;AU;(@User.a == 1))"));
        assert_eq!(entry.kind, AceType::ALLOW_CALLBACK_OBJECT);
        assert!(matches!(entry.body, AceBody::CallbackObject(found, _) if found == guids));
        // A seventh field where there is a condition or a claim, and nowhere else.
        for kind in ["XA", "XD", "ZA", "ZD"] {
            assert!(sddl::parse(&format!("D:({kind};;0x1;;;AU)"), &context(model)).is_err(), "{kind}");
        }
        for kind in ["XU", "RA"] {
            assert!(sddl::parse(&format!("S:({kind};;0x1;;;WD)"), &context(model)).is_err(), "{kind}");
        }
        for kind in ["A", "D", "OA", "OD"] {
            let text = format!("D:({kind};;0x1;;;AU;(@User.a == 1))");
            assert!(sddl::parse(&text, &context(model)).is_err(), "{kind}");
        }
    }
}

#[test]
fn composite_rights_need_a_class() {
    // SDDL-4
    for (class, text) in [
        (None, "D:(A;;RC0x100089;;;WD)(A;;RC0x19;;;WD)"),
        (Some(ObjectType::File), "D:(A;;FR;;;WD)(A;;RC0x19;;;WD)"),
        (Some(ObjectType::Directory), "D:(A;;FR;;;WD)(A;;RC0x19;;;WD)"),
        (Some(ObjectType::Key), "D:(A;;RC0x100089;;;WD)(A;;KR;;;WD)"),
        (Some(ObjectType::Token), "D:(A;;RC0x100089;;;WD)(A;;RC0x19;;;WD)"),
    ] {
        let context = SddlContext { class, ..context(&KOBICHA) };
        let read = sddl::parse("D:(A;;FR;;;WD)(A;;KR;;;WD)", &context).unwrap();
        assert_eq!(sddl::print(&read, &context).unwrap(), text);
    }
}

#[test]
fn what_is_refused_and_where() {
    // SDDL-11, SDDL-2: each kind of error, with section, entry, field and the offending text.
    use Field as F;
    use SddlProblem as P;
    let dacl = Some(Section::Dacl);
    let sacl = Some(Section::Sacl);
    for (text, kind, section, ace, field, found) in [
        ("", P::Empty, None, None, None, ""),
        ("X:SY", P::UnknownSection, None, None, None, "X"),
        ("D:(A;;GA;;;SY)foo", P::UnknownSection, None, None, None, "foo"),
        ("O:SYO:SY", P::DuplicateSection, None, None, None, "O:"),
        ("O:", P::BadSid, Some(Section::Owner), None, None, ""),
        ("O:ZZ", P::BadSid, Some(Section::Owner), None, None, "ZZ"),
        ("O:S-1D:", P::BadSid, Some(Section::Owner), None, None, "S-1"),
        ("G:DA", P::UnresolvedAlias, Some(Section::Group), None, None, "DA"),
        ("D:Q(A;;GA;;;SY)", P::UnknownListFlag, dacl, None, None, "Q"),
        ("D:p", P::UnknownListFlag, dacl, None, None, "p"),
        ("S:NO_ACCESS_CONTROL", P::NullList, sacl, None, None, "NO_ACCESS_CONTROL"),
        ("D:NO_ACCESS_CONTROL(A;;GA;;;SY)", P::NullList, dacl, None, None, "NO_ACCESS_CONTROL"),
        ("D:PNO_ACCESS_CONTROL", P::NullList, dacl, None, None, "NO_ACCESS_CONTROL"),
        ("D:(A;;GA;;;SY)(Q;;GA;;;SY)", P::UnknownType, dacl, Some(1), Some(F::Type), "Q"),
        ("D:(a;;GA;;;SY)", P::UnknownType, dacl, Some(0), Some(F::Type), "a"),
        ("D:(A;OIX;GA;;;SY)", P::UnknownFlag, dacl, Some(0), Some(F::Flags), "X"),
        ("D:(A;;GAZZ;;;SY)", P::UnknownRight, dacl, Some(0), Some(F::Rights), "ZZ"),
        ("D:(A;;GA RC;;;SY)", P::UnknownRight, dacl, Some(0), Some(F::Rights), " R"),
        ("D:(A;;é;;;SY)", P::UnknownRight, dacl, Some(0), Some(F::Rights), "é"),
        ("S:(ML;;FR;;;ME)", P::UnknownRight, sacl, Some(0), Some(F::Rights), "FR"),
        ("S:(ML;;0x1;;;ME)", P::UnknownRight, sacl, Some(0), Some(F::Rights), "0x"),
        ("D:(A;;NW;;;ME)", P::UnknownRight, dacl, Some(0), Some(F::Rights), "NW"),
        ("D:(A;;0x;;;SY)", P::BadNumber, dacl, Some(0), Some(F::Rights), "0x"),
        ("D:(A;;4294967296;;;SY)", P::BadNumber, dacl, Some(0), Some(F::Rights), "4294967296"),
        ("D:(A;;-1;;;SY)", P::BadNumber, dacl, Some(0), Some(F::Rights), "-1"),
        ("D:(A;;GR0xzz;;;SY)", P::BadNumber, dacl, Some(0), Some(F::Rights), "0xzz"),
        ("D:(A;;0x200000;;;SY)", P::ReservedBits, dacl, Some(0), Some(F::Rights), "0x200000"),
        ("S:(AU;;0x2000000;;;SY)", P::ReservedBits, sacl, Some(0), Some(F::Rights), "0x2000000"),
        ("D:(A;;GA;;SY)", P::FieldCount, dacl, Some(0), None, "(A;;GA;;SY)"),
        ("D:()", P::FieldCount, dacl, Some(0), None, "()"),
        ("D:(OA;;GA;bf967aba;;SY)", P::BadGuid, dacl, Some(0), Some(F::ObjectGuid), "bf967aba"),
        ("D:(OA;;GA;;bf967abaZ;SY)", P::BadGuid, dacl, Some(0), Some(F::InheritedGuid), "bf967abaZ"),
        (
            "D:(A;;GA;bf967aba-0de6-11d0-a285-00aa003049e2;;SY)",
            P::GuidOnPlainType,
            dacl,
            Some(0),
            Some(F::ObjectGuid),
            "bf967aba-0de6-11d0-a285-00aa003049e2",
        ),
        ("D:(A;;GA;;;S)", P::BadSid, dacl, Some(0), Some(F::Sid), "S"),
        ("D:(A;;GA;;; SY)", P::BadSid, dacl, Some(0), Some(F::Sid), " SY"),
        ("S:(RA;;;;;BA;(\"a\",TS,0x0))", P::BadSid, sacl, Some(0), Some(F::Sid), "BA"),
        ("D:(A;;GA;;;SY;)", P::UnexpectedPayload, dacl, Some(0), None, ";"),
        ("D:(XA;;GA;;;SY)", P::MissingPayload, dacl, Some(0), None, "(XA;;GA;;;SY)"),
        ("D:(XA;;GA;;;SY; (@User.a == 1))", P::MissingPayload, dacl, Some(0), Some(F::Payload), " "),
        ("D:(XA;;GA;;;SY;x)", P::MissingPayload, dacl, Some(0), Some(F::Payload), "x"),
        ("D:(A;;GA;;;SY", P::Unterminated, dacl, Some(0), None, "("),
        ("D:(XA;;GA;;;SY;(@User.a == 1)", P::Unterminated, dacl, Some(0), None, "("),
        ("D:((A;;GA;;;SY))", P::UnknownType, dacl, Some(0), Some(F::Type), ""),
    ] {
        let error = sddl::parse(text, &SddlContext::of(&KOBICHA)).expect_err(text);
        let place = (error.kind, error.section, error.ace, error.field, error.found.as_str());
        assert_eq!(place, (kind, section, ace, field, found), "{text}: {error}");
        assert_eq!(text.get(error.span.clone()), Some(found));
        assert!(!error.to_string().is_empty());
    }
    for (text, found) in [
        ("D:(XA;;GA;;;SY;(@User.a))", "@User.a"),
        ("D:(XA;;GA;;;SY;(@User.a == ))", ")"),
        ("S:(RA;;;;;WD;(a,TS,0x0))", "a"),
        ("S:(RA;;;;;WD;(\"a\",TQ,0x0))", "TQ"),
        ("S:(RA;;;;;WD;(\"a\",TI,x))", "x"),
        ("S:(RA;;;;;WD;(\"a\",TI,0,9223372036854775808))", "9223372036854775808"),
        ("S:(RA;;;;;WD;(\"a\",TU,0,-1))", "-1"),
        ("S:(RA;;;;;WD;(\"a\",TB,0,2))", "2"),
        ("S:(RA;;;;;WD;(\"a\",TX,0,#abc))", "#abc"),
        ("S:(RA;;;;;WD;(\"a\",TS,0,b))", "b"),
        ("S:(RA;;;;;WD;(\"a\",TS,0\"b\"))", "\""),
        ("S:(RA;;;;;WD;(\"a\0\",TS,0))", "\"a\0\""),
    ] {
        let error = sddl::parse(text, &SddlContext::of(&KOBICHA)).expect_err(text);
        assert!(
            matches!(error.kind, SddlProblem::BadCondition(_) | SddlProblem::BadClaim(_)),
            "{text}: {error}"
        );
        assert_eq!(
            (error.ace, error.field, error.found.as_str()),
            (Some(0), Some(Field::Payload), found),
            "{error}"
        );
    }
}

#[test]
fn sizes_are_limited() {
    // SD-6, SDDL-11
    let many = |count| format!("D:{}", "(A;;GA;;;SY)".repeat(count));
    assert!(sddl::parse(&many(3275), &context(&KOBICHA)).is_ok());
    let error = sddl::parse(&many(4000), &context(&KOBICHA)).unwrap_err();
    assert_eq!(error.kind, SddlProblem::TooLarge);
    let long = format!("S:(RA;;;;;WD;(\"{}\",TS,0))", "a".repeat(40_000));
    assert_eq!(sddl::parse(&long, &context(&KOBICHA)).unwrap_err().kind, SddlProblem::TooLarge);
}

#[test]
fn numbers_are_cut_down_where_it_is_asked_for() {
    // W-SDL-3
    let dialect = Dialect { saturate: true, ..Dialect::of(&WINDOWS) };
    let lenient = SddlContext { dialect, ..context(&WINDOWS) };
    for (text, mask) in [("99999999999", u32::MAX), ("-1", u32::MAX), ("-0x10", 0xFFFF_FFF0)] {
        let text = format!("D:(A;;{text};;;WD)");
        assert!(sddl::parse(&text, &context(&WINDOWS)).is_err());
        assert_eq!(sddl::parse(&text, &lenient).unwrap().dacl.unwrap().aces[0].mask, AccessMask(mask));
    }
    assert!(sddl::parse("O:S-1-5-99999999999", &context(&WINDOWS)).is_err());
    let read = sddl::parse("O:S-1-5-99999999999", &lenient).unwrap();
    assert_eq!(read.owner, Sid::new(5, &[u32::MAX]));
}

#[test]
fn what_has_no_text_is_refused() {
    // SDDL-12: nothing that could change a decision is left out.
    let with =
        |ace: Ace| SecurityDescriptor { sacl: Some(Acl::new(vec![ace])), ..SecurityDescriptor::default() };
    let plain = |kind, mask| Ace::basic(kind, sid::EVERYONE, AccessMask(mask));
    let unknown = Ace { body: AceBody::Unknown(Vec::new()), ..plain(AceType(0x42), 0) };
    let callback =
        |data: &[u8]| Ace { body: AceBody::Callback(data.to_vec()), ..plain(AceType::ALLOW_CALLBACK, 1) };
    let attribute = |name: &str, values| {
        let claim = Claim { name: name.to_owned(), flags: ClaimFlags::empty(), values };
        Ace { body: AceBody::Attribute(claim), ..plain(AceType::RESOURCE_ATTRIBUTE, 0) }
    };
    let none = || ClaimValues::Int64(Vec::new());
    for (ace, problem) in [
        (unknown, PrintProblem::UnknownType(0x42)),
        (plain(AceType::ALLOW_CALLBACK, 1), PrintProblem::Shape),
        (callback(b""), PrintProblem::Condition),
        (callback(b"artx"), PrintProblem::Condition),
        (callback(b"artx\xA2"), PrintProblem::Condition),
        (plain(AceType::ALLOW, 0x0200_0000), PrintProblem::Mask),
        (plain(AceType::MANDATORY_LABEL, 8), PrintProblem::Mask),
        (attribute("a\"", none()), PrintProblem::Text),
        (attribute("a\0", none()), PrintProblem::Text),
        (attribute("a", ClaimValues::String(vec!["\"".to_owned()])), PrintProblem::Text),
        (Ace { sid: sid::USERS, ..attribute("a", none()) }, PrintProblem::AttributeSid),
    ] {
        let error = sddl::print(&with(ace), &context(&KOBICHA)).unwrap_err();
        assert_eq!(
            (error.kind, error.section, error.ace),
            (problem, Some(Section::Sacl), Some(0)),
            "{error}"
        );
    }
    for (control, section) in [
        (SdControl::SERVER_SECURITY, None),
        (SdControl::DACL_PROTECTED, Some(Section::Dacl)),
        (SdControl::SACL_PROTECTED, Some(Section::Sacl)),
    ] {
        let bare = SecurityDescriptor { owner: Some(sid::SYSTEM), control, ..SecurityDescriptor::default() };
        let error = sddl::print(&bare, &context(&KOBICHA)).unwrap_err();
        assert_eq!((error.kind, error.section), (PrintProblem::Control, section));
    }
    let empty = SecurityDescriptor::default();
    assert_eq!(sddl::print(&empty, &context(&KOBICHA)).unwrap_err().kind, PrintProblem::Empty);
    // W-SDL-4
    let audit = SecurityDescriptor {
        dacl: Some(Acl::new(vec![plain(AceType::AUDIT, 1)])),
        ..SecurityDescriptor::default()
    };
    assert_eq!(sddl::print(&audit, &context(&WINDOWS)).unwrap_err().kind, PrintProblem::MisplacedType);
    assert_eq!(sddl::print(&audit, &context(&KOBICHA)).unwrap(), "D:(AU;;0x1;;;WD)");
    assert!(sddl::parse("D:(AU;;0x1;;;WD)", &context(&WINDOWS)).is_err());
    // What decides nothing is left out: DEFAULTED bits, the unused flag.
    let mut quiet = with(plain(AceType::AUDIT, 1).with_flags(AceFlags::UNUSED));
    quiet.control = SdControl::SACL_DEFAULTED | SdControl::RM_CONTROL_VALID;
    assert_eq!(sddl::print(&quiet, &context(&KOBICHA)).unwrap(), "S:(AU;;0x1;;;WD)");
}
