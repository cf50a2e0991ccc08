//! Large worlds, through the binary: a million objects and a hundred thousand principals where the program is optimised,
//! fewer where it is not. What is asked of them is what is asked of small ones, and gives the same lines.

mod common;

use common::{Ran, scn};

/// How much smaller a world is in a build that is not optimised.
const LESS: usize = if cfg!(debug_assertions) { 100 } else { 1 };

/// A scenario's trace without its first line, which names the file.
fn trace(name: &str, text: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, text).expect("the scenario can be written");
    let ran = Ran::of(scn().arg("run").arg(&path).output().expect("the program starts"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    ran.out.lines().skip(1).map(|line| line.to_owned() + "\n").collect()
}

/// Folders of 999 files each, and one that is closed.
fn files(folders: usize) -> String {
    format!(
        r#"
scenario files
group staff
user alice {{ groups staff }}
directory "/data" {{ dacl {{ allow staff read, execute (inherit); allow Administrators full (inherit) }} }}
for d in 1..{folders} {{
    directory "/data/d{{d}}"
    for f in 1..999 {{ file "/data/d{{d}}/f{{f}}" {{ owner alice }} }}
}}
directory "/data/closed" {{ dacl protected {{ allow Administrators full (inherit) }} }}
file "/data/closed/f1"
process reader as alice {{
    // INH-4: the entries of /data come down two levels.
    a = open file "/data/d1/f1" for read        => granted read
    b = open file "/data/d7/f999" for read      => granted read
    // INH-6: what is protected takes nothing from above.
    c = open file "/data/closed/f1" for read    => denied by no_ace
    d = open file "/data/d7/f1000" for read     => error NOT_FOUND
    e = open file "/data/d7/f5" for write       => denied by no_ace
}}
"#
    )
}

#[test]
fn a_million_files_are_opened_like_ten_thousand() {
    let large = trace("files-large.scn", &files(1_000 / LESS.min(90)));
    assert_eq!(large, trace("files-small.scn", &files(10)));
}

/// Users in teams of their own; only one team may read.
fn users(count: usize) -> String {
    format!(
        r#"
scenario users
for n in 1001..{last} {{ user "u{{n}}" {{ rid n; groups team }} }}
group team {{ rid 900 }}
file "/secret" {{ dacl {{ allow team read; allow u1007 write }} }}
process first as u1001 {{
    a = open file "/secret" for read         => granted read
    b = open file "/secret" for write        => denied by no_ace
}}
process seventh as u1007 {{
    a = open file "/secret" for read, write  => granted read, write
    // KEY-5: a user's own key is there, and is the user's.
    k = open key 'CurrentUser' for write     => granted write
    l = open key 'Users\S-1-5-21-1000-2000-3000-1001' for write => denied by no_ace
}}
"#,
        last = 1000 + count
    )
}

#[test]
fn a_hundred_thousand_users_are_like_ten() {
    let large = trace("users-large.scn", &users(100_000 / LESS));
    assert_eq!(large, trace("users-small.scn", &users(10)));
}
