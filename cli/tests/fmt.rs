//! `scn fmt` from outside: what it writes, what it leaves alone, and how it ends. The style is tested in `dsl`.

mod common;

use std::fs;

use common::{run, run_with};

const UGLY: &str = "scenario   s\r\n\r\n\r\nuser a {rid 1}// why\r\n";
const NEAT: &str = "scenario s\n\nuser a { rid 1 }  // why\n";

#[test]
fn standard_input_goes_to_standard_output() {
    let ran = run_with(&["fmt", "-"], UGLY.as_bytes()).ends(0);
    assert_eq!((ran.out.as_str(), ran.err.as_str()), (NEAT, ""));
    let again = run_with(&["fmt", "-"], NEAT.as_bytes()).ends(0);
    assert_eq!(again.out, NEAT);
}

#[test]
fn files_are_written_in_place_and_only_where_something_changes() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    fs::create_dir(place("deep")).expect("made");
    fs::write(place("deep/ugly.scn"), UGLY).expect("written");
    fs::write(place("neat.scn"), NEAT).expect("written");
    fs::write(place("other.txt"), UGLY).expect("written");
    let before = fs::metadata(place("neat.scn")).and_then(|file| file.modified()).expect("known");
    let ran = run(&["fmt", &place("")]).ends(0);
    assert_eq!(ran.out, "");
    assert!(
        ran.err.contains("formatted") && ran.err.contains("ugly.scn") && !ran.err.contains("neat"),
        "{}",
        ran.err
    );
    let text = |name: &str| fs::read_to_string(place(name)).expect("it is there");
    assert_eq!(text("deep/ugly.scn"), NEAT);
    assert_eq!(text("other.txt"), UGLY);
    assert_eq!(fs::metadata(place("neat.scn")).and_then(|file| file.modified()).expect("known"), before);
    let names = fs::read_dir(place("deep")).expect("there").count();
    assert_eq!(names, 1, "nothing is left beside it");
    run(&["fmt", "--check", &place("")]).ends(0);
}

#[test]
fn check_prints_what_would_change_and_writes_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("ugly.scn");
    fs::write(&file, "scenario s\nuser  a { }\nuser b { }\n").expect("written");
    let ran = run(&["fmt", "--check", &file.to_string_lossy()]).ends(1);
    for line in ["\n-user  a { }\n", "\n+user a { }\n", "\n user b { }\n"] {
        assert!(ran.out.contains(line), "{}", ran.out);
    }
    assert!(ran.err.contains("1 of 1 files would change"), "{}", ran.err);
    assert!(fs::read_to_string(&file).expect("it is there").contains("  a"));
    run_with(&["fmt", "--check", "-"], UGLY.as_bytes()).ends(1);
}

#[test]
fn what_does_not_parse_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("wrong.scn");
    let text = "scenario   s {\n";
    fs::write(&file, text).expect("written");
    let ran = run(&["fmt", &file.to_string_lossy()]).ends(3);
    assert!(ran.err.contains("SCN0102") && ran.err.contains("wrong.scn:1:14"), "{}", ran.err);
    assert_eq!(fs::read_to_string(&file).expect("it is there"), text);
    let ran = run_with(&["fmt", "-"], text.as_bytes()).ends(3);
    assert_eq!(ran.out, "");
    // Neighbours are formatted all the same.
    fs::write(folder.path().join("ugly.scn"), UGLY).expect("written");
    run(&["fmt", &folder.path().to_string_lossy()]).ends(3);
    assert_eq!(fs::read_to_string(folder.path().join("ugly.scn")).expect("it is there"), NEAT);
}

#[test]
fn files_that_cannot_be_read_are_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let ran = run(&["fmt", &folder.path().join("missing.scn").to_string_lossy()]).ends(2);
    assert!(ran.err.contains("there is no such file"), "{}", ran.err);
    let ran = common::Ran::of(common::scn().arg("fmt").current_dir(folder.path()).output().expect("it runs"))
        .ends(2);
    assert!(ran.err.contains("no file is named"), "{}", ran.err);
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_and_permissions_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("target.scn");
    let link = folder.path().join("link.scn");
    fs::write(&target, UGLY).expect("written");
    symlink(&target, &link).expect("linked");
    let ran = run(&["fmt", &link.to_string_lossy()]).ends(2);
    assert!(ran.err.contains("symbolic link"), "{}", ran.err);
    assert_eq!(fs::read_to_string(&target).expect("it is there"), UGLY);
    fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).expect("set");
    run(&["fmt", &target.to_string_lossy()]).ends(0);
    assert_eq!(fs::metadata(&target).expect("it is there").permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_to_string(&target).expect("it is there"), NEAT);
}

#[test]
fn a_diff_shows_hostile_text_as_escapes() {
    let text = "scenario s\nprocess  p as SYSTEM { note \"a\u{1b}[2Jb\u{202e}\" }\r\n";
    let ran = run_with(&["fmt", "--check", "-"], text.as_bytes()).ends(1);
    assert!(ran.out.contains("\\u{1b}[2Jb\\u{202e}"), "{}", ran.out);
    assert!(ran.out.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{}", ran.out);
}
