//! What reading a scenario costs: from its text to the resolved program, and the pairs of the grammar alone.

use std::hint::black_box;

use dsl::{ReadScenario, Reading};
use pest::Parser;

use crate::Operation;

/// The grammar as it is, without what the reader makes of its pairs.
#[derive(pest_derive::Parser)]
#[grammar = "../../dsl/src/scn.pest"]
struct Grammar;

/// How many users, each with two files and a process of four steps.
const USERS: usize = 200;

/// A scenario of about 116,000 bytes, in the proportions of a story: declarations, entries, steps and what must hold.
fn source() -> String {
    let mut text = String::from(
        "/// A department at work.\nscenario department { model kobicha; seed 7 }\n\ngroup staff { rid 1100 }\n\
         directory \"/srv\" { dacl { allow Everyone read, FILE_TRAVERSE } }\n\n",
    );
    for n in 0..USERS {
        text.push_str(&format!(
            "user user{n} {{ rid {rid}; groups staff; privileges SeBackupPrivilege }}\n\
             file \"/srv/user{n}/notes\" {{\n  owner user{n}\n  dacl {{\n    deny Guests write\n    \
             allow user{n} full\n    allow staff read  // the others look, and no more\n  }}\n}}\n\
             file \"/srv/user{n}/plan\" {{ dacl {{ allow user{n} read, write; allow SYSTEM full }} }}\n\
             process desk{n} as user{n} {{\n  \
             h = open file \"/srv/user{n}/notes\" for read, write => granted read, write\n  \
             if h {{ read h; close h }}\n  \
             at 5ms open file \"/srv/user{n}/plan\" for read => granted read\n}}\n\
             never granted write on file \"/srv/user{n}/notes\" unless subject is user{n}\n\n",
            rid = 2_000 + n,
        ));
    }
    text
}

/// The pairs of the grammar, one after the other.
pub fn pairs() -> Operation {
    let text = source();
    Box::new(move |times| {
        for _ in 0..times {
            let pairs = Grammar::parse(Rule::file, &text).expect("it is the language");
            black_box(pairs.flatten().count());
        }
    })
}

/// From the text to the program.
pub fn program() -> Operation {
    let text = source();
    Box::new(move |times| (0..times).for_each(|_| drop(black_box(read(&text)))))
}

/// From the text to the world that the program is run in.
pub fn world() -> Operation {
    let text = source();
    Box::new(move |times| (0..times).for_each(|_| drop(black_box(read(&text).build()))))
}

fn read(text: &str) -> ReadScenario {
    let mut sources = dsl::source::Sources::default();
    let file = sources.add("bench.scn".into(), text.into());
    let mut files = |_: &str| Err("it is one file".to_owned());
    let read = dsl::read(&mut sources, file, &mut Reading { params: &[], files: &mut files });
    assert!(read.scenario.is_some(), "{:?}", read.diagnostics);
    read
}
