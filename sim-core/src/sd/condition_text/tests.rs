//! Conditions as text: what is read, what is refused, and what comes back.

use super::*;
use crate::model::{KOBICHA, WINDOWS};
use crate::sd::condition_wire;

fn strict() -> SddlContext {
    SddlContext::of(&KOBICHA)
}

fn nt() -> SddlContext {
    SddlContext::of(&WINDOWS)
}

fn again(text: &str, context: &SddlContext) -> String {
    let condition = parse(text, context).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert!(condition_wire::validate(&condition_wire::encode(&condition), BareAttribute::TruthValue).is_ok());
    let printed = print(&condition, context).unwrap();
    assert_eq!(parse(&printed, context).unwrap(), condition, "{text} -> {printed}");
    printed
}

#[test]
fn what_is_read_is_written_with_the_fewest_parentheses() {
    // COND-28, COND-31
    for (text, printed) in [
        ("(@user.A==1)", "@User.A == 1"),
        ("a == 1", "@Local.a == 1"),
        ("a == @Local.a", "@Local.a == @Local.a"),
        (
            "((@User.a == 1) && (@Device.b == 2)) || !(Exists c)",
            "@User.a == 1 && @Device.b == 2 || !Exists @Local.c",
        ),
        ("@User.a && (@User.b || @User.c)", "@User.a && (@User.b || @User.c)"),
        ("@User.a && (@User.b && @User.c)", "@User.a && (@User.b && @User.c)"),
        ("(@User.a || @User.b) && @User.c", "(@User.a || @User.b) && @User.c"),
        ("!(!(@User.a || @User.b))", "!!(@User.a || @User.b)"),
        ("not_member_of_any { sid(ba) , SID(S-1-5-11)}", "Not_Member_of_Any {SID(BA), SID(AU)}"),
        ("Member_of SID(BA) && member_OF {}", "Member_of SID(BA) && Member_of {}"),
        (
            "@Resource.Project.Code any_OF {\"a b\", #0aFF, -07, +0x1F, 0}",
            "@Resource.Project.Code Any_of {\"a b\", #0aff, -07, +0x1f, 0}",
        ),
        ("1 < @User.9", "1 < @User.9"),
        ("@User.%0020odd%d83d%DE00 == 1", "@User.%0020odd%d83d%de00 == 1"),
        ("_x:y/z == 9223372036854775807", "@Local._x:y/z == 9223372036854775807"),
        ("@User.a == -0x8000000000000000", "@User.a == -0x8000000000000000"),
        ("\t@User.été\r\n>=\n00 ", "@User.été >= 00"),
        ("Existsx == 1", "@Local.Existsx == 1"),
    ] {
        assert_eq!(again(text, &strict()), printed);
    }
}

#[test]
fn nt_prints_all_parentheses_and_capitals() {
    // W-SDL-6
    for (text, printed) in [
        ("@User.a == 1 && @Device.b == 2", "(@USER.a == 1) && (@DEVICE.b == 2)"),
        ("!(Member_of {SID(BG)})", "!(Member_of {SID(BG)})"),
        ("level < @Local.other", "level < @LOCAL.other"),
        ("@Local.Exists == #0a", "@LOCAL.Exists == #0A"),
        ("@User.flag", "@USER.flag"),
    ] {
        assert_eq!(again(text, &nt()), printed);
    }
}

#[test]
fn what_is_refused_and_where() {
    // COND-27 to COND-30, SDDL-11
    for (text, found) in [
        ("", ""),
        ("()", ")"),
        ("@User.a", "@User.a"),
        ("((@User.a))", "((@User.a))"),
        ("a == a", "a"),
        ("@User.a = 1", "="),
        ("@User.a == 1 &&", ""),
        ("(@User.a == 1", "("),
        ("@User.a == 1)", ")"),
        ("@User.a == 08", "08"),
        ("@User.a == 0x", "0x"),
        ("@User.a == 9223372036854775808", "9223372036854775808"),
        ("@User.a == -9223372036854775809", "-9223372036854775809"),
        ("@User.a == \"b", "\""),
        ("@User.a == #abc", "#abc"),
        ("@User.a == #", "#"),
        ("@Users.a == 1", "@Users.a"),
        ("@User. == 1", " "),
        ("@User.%00 == 1", "@User.%00"),
        ("@User.%d800 == 1", "@User.%d800"),
        ("Exists 1", "1"),
        ("Member_of @User.a", "@User.a"),
        ("Member_of {1}", "1"),
        ("Member_of {SID(DA)}", "DA"),
        ("@User.a == SID(QQ)", "QQ"),
        ("@User.a == {1 2}", "2"),
        ("@User.a == {{1}}", "{"),
        ("1 && @User.a", "&"),
        ("!1", ""),
        ("(@User.a) == 1", "="),
        ("Contains == 1", "Contains"),
        ("@User.a == 1 @User.b == 2", "@User.b"),
    ] {
        let error = parse(text, &strict()).expect_err(text);
        assert_eq!(error.found, found, "{text}: {error}");
        assert_eq!(text.get(error.span.clone()), Some(found), "{text}");
    }
}

#[test]
fn nesting_is_limited_by_evaluation_only() {
    // COND-26
    let deep = |count| format!("{}@User.a == 1{}", "(".repeat(count), ")".repeat(count));
    assert_eq!(again(&deep(100_000), &strict()), "@User.a == 1");
    assert!(parse(&"!".repeat(100_000), &strict()).is_err());
    let right = |count: usize| format!("{}@User.b{}", "@User.a || (".repeat(count), ")".repeat(count));
    again(&right(1000), &strict());
    assert!(parse(&right(1100), &strict()).is_err());
    let left = vec!["@User.a"; 3000].join(" || ");
    assert_eq!(again(&left, &strict()), left);
}

#[test]
fn programs_without_text_are_refused() {
    use ConditionToken as Token;
    let attribute = || Token::Attribute(Namespace::User, "a".to_owned());
    let one =
        |width| Token::Literal(Literal::Int { value: 1, width, sign: IntSign::None, base: IntBase::Decimal });
    let nested = Token::Literal(Literal::Composite(vec![Literal::Composite(Vec::new())]));
    for (tokens, problem) in [
        (vec![], PrintProblem::Condition),
        (vec![attribute()], PrintProblem::Condition),
        (vec![attribute(), Token::Operator(Operator::Equal)], PrintProblem::Condition),
        (vec![one(4), Token::Operator(Operator::Not)], PrintProblem::ConditionForm),
        (vec![one(4), Token::Operator(Operator::Exists)], PrintProblem::ConditionForm),
        (vec![attribute(), Token::Operator(Operator::MemberOf)], PrintProblem::ConditionForm),
        (vec![attribute(), nested, Token::Operator(Operator::Equal)], PrintProblem::ConditionForm),
        (
            vec![
                attribute(),
                Token::Literal(Literal::String("\"".to_owned())),
                Token::Operator(Operator::Equal),
            ],
            PrintProblem::Text,
        ),
    ] {
        assert_eq!(print(&Condition { tokens }, &strict()).unwrap_err().kind, problem);
    }
    // The width of a number has no text, and decides nothing. Text makes those of 64 bits (COND-30).
    let narrow = Condition { tokens: vec![attribute(), one(1), Token::Operator(Operator::Equal)] };
    assert_eq!(print(&narrow, &strict()).unwrap(), "@User.a == 1");
    let wide = Condition { tokens: vec![attribute(), one(4), Token::Operator(Operator::Equal)] };
    assert_eq!(parse("@User.a == 1", &strict()).unwrap(), wide);
}
