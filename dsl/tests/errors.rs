//! Wrong files and what is said about them: each file below `errors` has its diagnostics beside it, and each was read by
//! somebody who asked whether a newcomer would know what to do.
#![allow(clippy::expect_used)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use dsl::source::Sources;
use dsl::{ReadScenario, Reading};

fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            found.extend(files_below(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn read(folder: &Path, path: &Path) -> (Sources, ReadScenario) {
    let name = path.strip_prefix(folder).expect("it lies below").to_string_lossy().replace('\\', "/");
    let text = std::fs::read_to_string(path).expect("it can be read");
    let mut sources = Sources::default();
    let file = sources.add(name, text);
    let mut files = |_: &str| Err("there is no such file".to_owned());
    let mut read = dsl::read(&mut sources, file, &mut Reading { params: &[], files: &mut files });
    read.build();
    (sources, read)
}

#[test]
fn every_mistake_is_told_as_it_was_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors");
    let files = files_below(&folder, ".scn");
    assert!(files.len() >= 120, "there are only {} wrong files", files.len());
    let mut told = BTreeSet::new();
    let mut fine = Vec::new();
    for path in &files {
        let (sources, read) = read(&folder, path);
        if read.scenario.is_some() {
            fine.push(path.clone());
            continue;
        }
        told.extend(read.diagnostics.iter().map(|diagnostic| diagnostic.code));
        let said = dsl::render::render(&read.diagnostics, &sources, false);
        let mut settings = insta::Settings::new();
        settings.set_snapshot_path(path.parent().expect("it lies in a folder"));
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        let name = path.file_stem().expect("it has a name").to_string_lossy().into_owned();
        settings.bind(|| insta::assert_snapshot!(name, said));
    }
    assert!(fine.is_empty(), "nothing is wrong with these: {fine:?}");
    // Every code of an error is produced by some file here, but those of what cannot be shown in one.
    let silent: Vec<String> = dsl::diag::CODES
        .iter()
        .filter(|row| row.0.warning_name().is_none() && !told.contains(&row.0))
        .filter(|row| !ELSEWHERE.contains(&row.0.0))
        .map(|row| row.0.to_string())
        .collect();
    assert!(silent.is_empty(), "{silent:?}: codes of errors that no wrong file produces");
    let alone: Vec<PathBuf> = files_below(&folder, ".snap")
        .into_iter()
        .filter(|snap| !snap.with_extension("scn").exists())
        .collect();
    assert!(alone.is_empty(), "diagnostics of files that are gone: {alone:?}");
}

/// Codes that other tests produce: of changes, and of scripts.
const ELSEWHERE: [u16; 2] = [308, 404];
