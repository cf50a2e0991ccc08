//! Tells `scn --version` which commit a release was built from, if it was built from a checkout. The files of git are read as they
//! lie: no program is needed, and the same commit gives the same bytes. Other builds name none, so that a commit makes nothing
//! of them stale.
#![allow(clippy::disallowed_methods, reason = "a build script is told by the environment what it builds")]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let root = env::var_os("CARGO_MANIFEST_DIR").map(|folder| PathBuf::from(folder).join(".."));
    let commit = root.filter(|_| release).and_then(|root| commit(&root)).unwrap_or_default();
    println!("cargo::rustc-env=SCN_COMMIT={commit}");
}

/// The commit that is checked out, in the first twelve of its digits.
fn commit(root: &Path) -> Option<String> {
    let git = git_folder(root)?;
    let head = watched(&git.join("HEAD"))?;
    let hash = match head.trim().strip_prefix("ref: ") {
        None => head.trim().to_owned(),
        Some(name) => {
            // A checkout beside another one keeps its branches there.
            let common = fs::read_to_string(git.join("commondir"));
            let common = common.map_or_else(|_| git.clone(), |path| git.join(path.trim()));
            watched(&common.join(name)).or_else(|| packed(&common, name))?
        }
    };
    let digits: String = hash.trim().chars().take(12).collect();
    (digits.len() == 12 && digits.chars().all(|c| c.is_ascii_hexdigit())).then_some(digits)
}

/// `.git`, or the folder that a file of this name points to.
fn git_folder(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    let text = fs::read_to_string(&git).ok()?;
    Some(root.join(text.trim().strip_prefix("gitdir: ")?))
}

/// A branch among those that are kept in one file.
fn packed(git: &Path, name: &str) -> Option<String> {
    let text = watched(&git.join("packed-refs"))?;
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    lines.find(|(_, known)| *known == name).map(|(hash, _)| hash.to_owned())
}

/// The text of a file; when it changes, this is asked again.
fn watched(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    println!("cargo::rerun-if-changed={}", path.display());
    Some(text)
}
