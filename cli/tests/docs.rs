//! Every example of the documents runs: scenarios hold what they state, and commands print what the page shows.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository is there")
}

fn scn(arguments: &[&str]) -> Output {
    scn_in(&root(), arguments)
}

fn scn_in(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_scn"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("CI")
        .output()
        .expect("the binary runs")
}

/// Its examples build on each other, so a test of its own follows it from the top.
const TUTORIAL: &str = "docs/tutorial.md";

/// The fenced blocks of a language in the README and below `docs`, with the page that they stand on.
fn blocks(language: &str) -> Vec<(String, String)> {
    let mut pages = vec![root().join("README.md"), root().join("ARCHITECTURE.md")];
    pages.extend(
        std::fs::read_dir(root().join("docs")).expect("docs").map(|entry| entry.expect("entry").path()),
    );
    pages.sort();
    let mut found = Vec::new();
    let ours =
        |page: &&PathBuf| page.extension().is_some_and(|ending| ending == "md") && !page.ends_with(TUTORIAL);
    for page in pages.iter().filter(ours) {
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
        prints_what_it_shows(&page, &block, &root());
    }
}

/// The words of a command as a shell takes them: what it would not take as it stands is quoted.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (n, piece) in command.split('\'').enumerate() {
        if n % 2 == 1 {
            words.last_mut().expect("a word").push_str(piece);
            continue;
        }
        assert!(
            !piece.contains(['(', ')', ';', '&', '|', '<', '>', '*', '?', '$', '"']),
            "quote it: {command}"
        );
        let mut parts = piece.split(' ');
        words.last_mut().expect("a word").push_str(parts.next().unwrap_or_default());
        words.extend(parts.map(str::to_owned));
    }
    words
}

/// Runs the command of a block in a folder and holds what it prints against what the block shows.
fn prints_what_it_shows(page: &str, block: &str, folder: &Path) {
    let mut lines = block.lines();
    let command = lines.next().and_then(|line| line.strip_prefix("$ scn ")).expect("a command");
    let words = words(command);
    let output = scn_in(folder, &words.iter().map(String::as_str).collect::<Vec<_>>());
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
        assert!(at.is_some(), "{page}: `{command}` does not print\n{wanted}\n{printed}");
        let at = at.unwrap_or_default();
        assert!(skipping || at == 0, "{page}: `{command}` prints something before\n{wanted}");
        rest.drain(..=at);
        skipping = false;
    }
    assert!(skipping || rest.is_empty(), "{page}: `{command}` prints more than the page shows");
}

/// As a reader would: each scenario is written to the file that the text names last, each command is run behind it.
#[test]
fn the_tutorial_can_be_followed() {
    let page = std::fs::read_to_string(root().join(TUTORIAL)).expect("the page can be read");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("scenarios")).expect("made");
    let (mut text, mut commands) = ("", 0);
    for (n, piece) in page.split("```").enumerate() {
        if n % 2 == 0 {
            text = piece;
        } else if let Some(scenario) = piece.strip_prefix("scn\n") {
            let named = text.split('`').rfind(|word| word.ends_with(".scn")).expect("a file is named");
            std::fs::write(folder.path().join(named), scenario).expect("written");
        } else if let Some(block) = piece.strip_prefix("console\n") {
            prints_what_it_shows(TUTORIAL, block, folder.path());
            commands += 1;
        }
    }
    assert!(commands > 6, "there are commands to run");
}

/// The links between the pages lead somewhere, and the README leads to each page.
#[test]
fn links_between_the_documents_lead_somewhere() {
    let mut pages =
        vec![root().join("README.md"), root().join("ARCHITECTURE.md"), root().join("CHANGELOG.md")];
    let docs =
        std::fs::read_dir(root().join("docs")).expect("docs").map(|entry| entry.expect("entry").path());
    pages.extend(docs.filter(|page| page.extension().is_some_and(|ending| ending == "md")));
    let mut linked = Vec::new();
    for page in &pages {
        let text = std::fs::read_to_string(page).expect("the page can be read");
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.contains("://") {
                continue;
            }
            let (file, part) = target.split_once('#').unwrap_or((target, ""));
            let path =
                if file.is_empty() { page.clone() } else { page.parent().expect("a folder").join(file) };
            assert!(path.exists(), "{}: {target}", page.display());
            if !part.is_empty() {
                let text = std::fs::read_to_string(&path).expect("the page can be read");
                let heads = text.lines().filter(|line| line.starts_with('#'));
                let mut anchors = heads.map(|line| {
                    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
                    let words: String = line.trim_start_matches('#').trim().chars().filter(kept).collect();
                    words.to_lowercase().replace(' ', "-")
                });
                assert!(anchors.any(|anchor| anchor == part), "{}: {target}", page.display());
            }
            if page.ends_with("README.md") {
                linked.push(path);
            }
        }
    }
    for page in &pages {
        let index = page.ends_with("README.md") || page.ends_with("CHANGELOG.md");
        assert!(index || linked.contains(page), "the README does not lead to {}", page.display());
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
