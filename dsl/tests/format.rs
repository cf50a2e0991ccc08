//! The formatter: its style by example, and that it keeps what a text says, its comments, and its own outcome.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use dsl::format::{INDENT, Refusal, WIDTH, format};
use dsl::source::Sources;
use dsl::{ReadScenario, Reading};

/// Formats a text that parses, twice: the second time changes nothing.
#[track_caller]
fn formatted(text: &str) -> String {
    let once = format(text).unwrap_or_else(|refusal| panic!("{text}\n{refusal:?}"));
    let twice = format(&once).unwrap_or_else(|refusal| panic!("{once}\n{refusal:?}"));
    assert_eq!(twice, once, "formatting twice is formatting once:\n{text}");
    once
}

#[track_caller]
fn becomes(text: &str, expected: &str) {
    assert_eq!(formatted(text), expected, "{text}");
}

#[test]
fn statements_stand_one_to_a_line() {
    becomes("user a   {rid 1;groups   x,y( deny_only )}", "user a { rid 1; groups x, y (deny_only) }\n");
    becomes("user a { }; user b {}\n", "user a { }\nuser b { }\n");
    becomes("h=open file '/a  b' for read,write=>ok", "h = open file '/a  b' for read, write => ok\n");
    becomes("if x{stop}else{loop{a;b}}", "if x { stop } else { loop { a; b } }\n");
    becomes("if n>=2 and mode==strict { x }", "if n >= 2 and mode == strict { x }\n");
    becomes("let few = [ \"a\" ,\n'b' ]", "let few = [\"a\", 'b']\n");
    becomes("at   5ms  x=take", "at 5ms x = take\n");
    becomes("", "");
    becomes("\n \n", "");
    becomes("\u{feff}scenario s", "scenario s\n");
}

#[test]
fn what_was_spread_stays_spread_and_what_is_too_long_becomes_so() {
    becomes(
        "user a { rid 1\n groups x }\nlet l = [\n1, 2]",
        "user a {\n  rid 1\n  groups x\n}\nlet l = [\n  1,\n  2\n]\n",
    );
    becomes("loop {\n\n\n}", "loop { }\n");
    // Both branches alike.
    becomes("if x { a } else {\nb }", "if x {\n  a\n} else {\n  b\n}\n");
    let long = "a".repeat(60);
    becomes(
        &format!("open file \"/{long}\" for read, write, execute => granted read, write"),
        &format!("open file \"/{long}\" for read, write, execute\n  => granted read, write\n"),
    );
    becomes(
        &format!("user {long} {{ rid 1; groups staff; privileges SeBackupPrivilege }}"),
        &format!("user {long} {{\n  rid 1\n  groups staff\n  privileges SeBackupPrivilege\n}}\n"),
    );
    becomes(&format!("privileges {long}, {long}, a, b"), &format!("privileges {long},\n    {long}, a, b\n"));
    // Nowhere to break.
    let longer = "b".repeat(2 * WIDTH);
    becomes(&format!("note   \"{longer}\""), &format!("note \"{longer}\"\n"));
}

#[test]
fn several_expectations_stand_below_each_other() {
    let expected = "open file \"/a\" for read\n  => granted read in kobicha\n  => denied in kacs\n";
    becomes("open file \"/a\" for read => granted read in kobicha => denied in kacs", expected);
    becomes("open file \"/a\" for read\n\n=> granted read in kobicha\n => denied in kacs", expected);
    becomes("impersonate conn\n    => ok", "impersonate conn => ok\n");
}

#[test]
fn comments_stay_where_they_belong() {
    let text = "\
// above

///a title
scenario s { // behind the brace
  // alone


  // apart
  seed 1// behind
  model kacs; // behind the sign

  // last
}
user a { groups x, // first
  // between
  y // behind it
}
open file \"/a\" for read // what
  // why
  => ok in kacs // a
  // b
  => denied in windows // c
let l = [ // open
  1 // one
  , 2
  // end
]
loop { a; b // b
}
/// nothing follows
";
    let expected = "\
// above

/// a title
scenario s {  // behind the brace
  // alone

  // apart
  seed 1  // behind
  model kacs  // behind the sign

  // last
}
user a {
  groups x,  // first
      // between
      y  // behind it
}
open file \"/a\" for read  // what
  // why
  => ok in kacs  // a
  // b
  => denied in windows  // c
let l = [  // open
  1,  // one
  2
  // end
]
loop {
  a
  b  // b
}
/// nothing follows
";
    becomes(text, expected);
    becomes("//// four\n/////\n", "//// four\n/////\n");
}

#[test]
fn an_end_that_is_said_stays_said() {
    // Without the sign the next line would belong to the list.
    becomes("groups a, ; rid 5", "groups a,;\nrid 5\n");
    becomes("x { groups a, // why\n}", "x {\n  groups a,;  // why\n}\n");
    becomes("groups a,\n// b\n// c\n", "groups a,;\n// b\n// c\n");
}

#[test]
fn texts_conditions_and_scripts_are_kept_as_written() {
    becomes("note \"a  \\u{41}{b}\"", "note \"a  \\u{41}{b}\"\n");
    becomes(
        "allow staff read when  (@User.a  ==1 &&\n     @User.b)  // why",
        "allow staff read when (@User.a  ==1 &&\n     @User.b)  // why\n",
    );
    let script = "never script {\n fn f( ) {\n\t`}` // }\n }\n   }\n";
    becomes(script, script);
    becomes("never   script { |e|  e.ok }", "never script { |e|  e.ok }\n");
}

#[test]
fn line_ends_become_lf() {
    becomes("scenario s {\r\n  seed 1\r\n}\r\n", "scenario s {\n  seed 1\n}\n");
    becomes("a // b\r\r\nc", "a  // b\nc\n");
    // Alone it is a blank.
    becomes("a\rb", "a b\n");
}

#[test]
fn a_text_that_does_not_parse_is_refused() {
    for text in ["user a {", "note \"a", "a && b", "}", "=> ok", "wait 5x"] {
        match format(text) {
            Err(Refusal::Wrong(diagnostics)) => assert!(!diagnostics.is_empty(), "{text}"),
            other => panic!("{text}: {other:?}"),
        }
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
}

/// The scenarios of the repository and of its documents, each with the folder that it names other files from.
fn corpus() -> Vec<(String, String)> {
    let mut paths = Vec::new();
    files(&root().join("scenarios"), ".scn", &mut paths);
    let name = |path: &Path| path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
    let mut corpus: Vec<_> = paths
        .iter()
        .map(|path| (name(path), String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned()))
        .collect();
    let mut pages = Vec::new();
    files(&root().join("docs"), ".md", &mut pages);
    for page in pages {
        let text = fs::read_to_string(&page).unwrap();
        let blocks = text.split("```scn\n").skip(1).filter_map(|rest| rest.split("```").next());
        corpus.extend(blocks.map(|block| (name(&page), block.to_owned())));
    }
    assert!(corpus.len() > 10);
    corpus
}

/// What a text resolves to, without the places in it.
fn meaning(name: &str, text: &str) -> String {
    let mut sources = Sources::default();
    let file = sources.add(name.to_owned(), text.to_owned());
    let mut load = |wanted: &str| fs::read_to_string(root().join(wanted)).map_err(|error| error.to_string());
    let mut read = dsl::read(&mut sources, file, &mut Reading { params: &[], files: &mut load });
    read.build();
    let ReadScenario { scenario, diagnostics, params, .. } = read;
    let said: Vec<_> = diagnostics.iter().map(|found| (found.code, found.message.clone())).collect();
    let whole = format!("{scenario:?} {params:?} {said:?}");
    // Places are all that may differ: those of declarations and steps, and those of the lines of a script.
    let mut out = whole;
    for (opening, closing) in [("Place {", '}'), ("lines: [", ']')] {
        let mut placeless = String::with_capacity(out.len());
        let mut rest = out.as_str();
        while let Some((before, after)) = rest.split_once(opening) {
            placeless.push_str(before);
            rest = after.split_once(closing).unwrap().1;
        }
        placeless.push_str(rest);
        out = placeless;
    }
    let mut spanless = String::new();
    let mut rest = out.as_str();
    while let Some((before, after)) = rest.split_once("span: ") {
        spanless.push_str(before);
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ':' || c == '.');
    }
    spanless + rest
}

#[track_caller]
fn says_the_same(name: &str, text: &str) {
    if format(text).is_err() {
        return;
    }
    let after = formatted(text);
    assert_eq!(meaning(name, text), meaning(name, &after), "{name}:\n{text}\n--- formatted\n{after}");
}

#[test]
fn formatting_changes_no_meaning() {
    let mut formatted = 0;
    for (name, text) in corpus() {
        says_the_same(&name, &text);
        formatted += usize::from(format(&text).is_ok());
        assert!(name.contains("/errors/") || format(&text).is_ok(), "{name}");
    }
    assert!(formatted > 10 && INDENT < WIDTH);
}

/// SplitMix64: the same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}

/// What may stand between two tokens.
const LAYOUT: [&str; 16] = [
    " ",
    "  ",
    "\t",
    "\r",
    "",
    "\n",
    "\n\n",
    "\r\n",
    " // c\n",
    "\n// c\n",
    "//c\r\n",
    ";",
    "; ",
    "\n/// t\n",
    "\u{feff}",
    "\n\n\n",
];

#[test]
fn layouts_of_the_corpus_change_no_meaning() {
    let corpus = corpus();
    let mut random = Random(7);
    let mut kept = 0;
    for _ in 0..120 {
        let (name, text) = &corpus[random.below(corpus.len())];
        let mut text = text.clone();
        for _ in 0..=random.below(6) {
            // Somewhere beside a blank, where layout may stand.
            let blanks: Vec<usize> =
                text.match_indices([' ', '\n', ',', '{', '(']).map(|(at, _)| at).collect();
            let at = blanks[random.below(blanks.len())];
            let layout = LAYOUT[random.below(LAYOUT.len())];
            if random.below(2) == 0 && text[at..].starts_with([' ', '\n']) {
                text.replace_range(at..=at, layout);
            } else {
                text.insert_str(at + 1, layout);
            }
        }
        kept += usize::from(format(&text).is_ok());
        says_the_same(name, &text);
    }
    assert!(kept > 40, "most of them still parse: {kept}");
}

#[test]
fn soups_of_tokens_change_no_meaning() {
    const TOKENS: [&str; 44] = [
        "user",
        "a",
        "b.c",
        "=",
        "==",
        ">=",
        ",",
        ",",
        "{",
        "}",
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "=>",
        "=>",
        "for",
        "as",
        "if",
        "else",
        "in",
        "at",
        "5ms",
        "1..3",
        "1ms..2ms",
        "0x1F",
        "-7",
        "\"t{n}\"",
        "'r  w'",
        "S-1-5-32-544",
        "when",
        "script",
        "script {",
        "staff",
        "when @User.a == {1, 2}",
        "when (a\n&& b)",
        ";",
        "\n",
        "\n",
        "never",
        "=",
        "loop {",
    ];
    let mut random = Random(11);
    let mut kept = 0;
    for _ in 0..2_000 {
        let mut text = String::new();
        let mut closers = Vec::new();
        for _ in 0..random.below(16) {
            let token = TOKENS[random.below(TOKENS.len())];
            match token.chars().last() {
                Some('{') => closers.push("}"),
                Some('[') => closers.push("]"),
                Some('(') => closers.push(")"),
                Some('}' | ']' | ')') if token.len() == 1 && closers.pop().is_none() => continue,
                _ => {}
            }
            text.push_str(token);
            text.push_str(if random.below(3) == 0 { LAYOUT[random.below(LAYOUT.len())] } else { " " });
        }
        while let Some(closer) = closers.pop() {
            text.push_str(closer);
            text.push_str(LAYOUT[random.below(6)]);
        }
        kept += usize::from(format(&text).is_ok());
        says_the_same("soup.scn", &text);
    }
    assert!(kept > 200, "many of them parse: {kept}");
}
