//! Every example of the documents runs: scenarios hold what they state, and commands print what the page shows.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository is there")
}

fn scn(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scn"))
        .args(arguments)
        .current_dir(root())
        .env_remove("CI")
        .output()
        .expect("the binary runs")
}

/// The fenced blocks of a language in the README and below `docs`, with the page that they stand on.
fn blocks(language: &str) -> Vec<(String, String)> {
    let mut pages = vec![root().join("README.md"), root().join("ARCHITECTURE.md")];
    pages.extend(
        std::fs::read_dir(root().join("docs")).expect("docs").map(|entry| entry.expect("entry").path()),
    );
    pages.sort();
    let mut found = Vec::new();
    for page in pages.iter().filter(|page| page.extension().is_some_and(|ending| ending == "md")) {
        let text = std::fs::read_to_string(page).expect("the page can be read");
        let name = page.file_name().expect("a name").to_string_lossy().into_owned();
        let mut rest = text.as_str();
        let fence = format!("```{language}\n");
        while let Some((_, after)) = rest.split_once(&fence) {
            let (block, after) = after.split_once("```").expect("the block is closed");
            found.push((name.clone(), block.to_owned()));
            rest = after;
        }
    }
    found
}

#[test]
fn scenarios_in_the_documents_hold() {
    let blocks = blocks("scn");
    assert!(blocks.len() >= 2, "the language page has examples");
    let folder = tempfile::tempdir().expect("a folder");
    for (n, (page, text)) in blocks.iter().enumerate() {
        let file = folder.path().join(format!("example{n}.scn"));
        std::fs::write(&file, text).expect("written");
        for model in ["kobicha", "kacs", "windows"] {
            let output = scn(&["run", &file.to_string_lossy(), "--model", model]);
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{page}, example {n} under {model}:\n{said}");
            assert!(!said.contains("warning"), "{page}, example {n} under {model}:\n{said}");
        }
    }
}

#[test]
fn commands_in_the_documents_print_what_the_page_shows() {
    let blocks = blocks("console");
    assert!(!blocks.is_empty());
    for (page, block) in blocks {
        let mut lines = block.lines();
        let command = lines.next().and_then(|line| line.strip_prefix("$ scn ")).expect("a command");
        let output = scn(&command.split(' ').collect::<Vec<_>>());
        let printed = String::from_utf8(output.stdout).expect("text");
        // `...` stands for any number of lines.
        let mut rest: Vec<&str> = printed.lines().collect();
        let mut skipping = false;
        for wanted in lines {
            if wanted == "..." {
                skipping = true;
                continue;
            }
            let at = rest.iter().position(|line| *line == wanted);
            let at = at.unwrap_or_else(|| panic!("{page}: `{command}` does not print\n{wanted}\n{printed}"));
            assert!(skipping || at == 0, "{page}: `{command}` prints something before\n{wanted}");
            rest.drain(..=at);
            skipping = false;
        }
        assert!(skipping || rest.is_empty(), "{page}: `{command}` prints more than the page shows");
    }
}

#[test]
fn the_reference_is_what_the_tables_say() {
    let known = std::fs::read_to_string(root().join("docs/reference.md")).expect("the page is there");
    assert!(
        known == dsl::reference::page(),
        "a table has changed; to make the page again: cargo run -q -p dsl --example reference > docs/reference.md"
    );
}
