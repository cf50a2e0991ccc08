//! `scn fmt`: puts scenarios into the one style, in place or on standard output.

use std::path::{Path, PathBuf};

use clap::Args;
use dsl::format::{Refusal, format};
use dsl::source::Sources;
use sim_core::text::escape;
use similar::TextDiff;

use crate::io::{self, Exit, Output};

/// Put scenarios into the one style
///
/// There are no options: statements stand one to a line, blocks are indented by two, lines are broken at 100 characters where
/// they can be, line ends are LF. Comments and blank lines between groups stay, and what a scenario says never changes. A file
/// that does not parse is left alone.
#[derive(Args)]
#[command(
    after_help = "Exit codes: 0 fine; 1 with --check, something would change; 2 a file cannot be read or \
written; 3 a file does not parse."
)]
pub(crate) struct Fmt {
    /// Scenarios, or folders of them; `-` formats standard input to standard output; without any, the folder `scenarios`
    #[arg(value_name = "FILE")]
    paths: Vec<String>,
    /// Write nothing: print what would change, and exit with 1 if anything would
    #[arg(long)]
    check: bool,
}

#[derive(Default)]
struct Tally {
    seen: usize,
    changed: usize,
}

impl Fmt {
    pub(crate) fn execute(&self) -> Exit {
        let mut paths = self.paths.clone();
        if paths.is_empty() {
            if !io::is_folder(Path::new("scenarios")) {
                return io::failure("no file is named, and there is no folder `scenarios` here", Exit::Usage);
            }
            paths.push("scenarios".to_owned());
        }
        let mut output = Output::new();
        let mut tally = Tally::default();
        let mut exit = Exit::Fine;
        for path in &paths {
            exit = exit.and(self.path(path, &mut tally, &mut output));
        }
        output.flush();
        if self.check {
            io::message(&format!("{} of {} files would change", tally.changed, tally.seen));
        }
        exit
    }

    /// A file, or every scenario below a folder.
    fn path(&self, path: &str, tally: &mut Tally, output: &mut Output) -> Exit {
        if path == "-" || !io::is_folder(Path::new(path)) {
            let root = Path::new(path).parent().unwrap_or(Path::new(""));
            return self.file(path, root, tally, output);
        }
        let root = PathBuf::from(path);
        let found = match io::files_below(&root, ".scn") {
            Ok(found) => found,
            Err(error) => return io::failure(&error, Exit::Usage),
        };
        let mut exit = Exit::Fine;
        for file in found {
            exit = exit.and(self.file(&file.to_string_lossy(), &root, tally, output));
        }
        exit
    }

    fn file(&self, path: &str, root: &Path, tally: &mut Tally, output: &mut Output) -> Exit {
        let text = match io::read(path) {
            Ok(text) => text,
            Err(error) => return io::failure(&error, Exit::Usage),
        };
        tally.seen += 1;
        let name = if path == "-" { "<standard input>" } else { path };
        let formatted = match format(&text) {
            Ok(formatted) => formatted,
            Err(Refusal::Wrong(diagnostics)) => {
                let mut sources = Sources::default();
                sources.add(name.to_owned(), text);
                io::message(&dsl::render::render(&diagnostics, &sources, io::colour()));
                return Exit::Text;
            }
            Err(Refusal::Unfaithful) => {
                let why = "formatting would change what it says; it is left alone";
                return io::failure(&format!("{}: {why}; please report this", escape(name)), Exit::Bug);
            }
        };
        let same = formatted == text;
        tally.changed += usize::from(!same);
        if self.check {
            if !same {
                difference(name, &text, &formatted, output);
            }
            return if same { Exit::Fine } else { Exit::No };
        }
        if path == "-" {
            output.text().push_str(&formatted);
        } else if !same {
            if let Err(error) = io::write(root, Path::new(path), &formatted) {
                return io::failure(&error, Exit::Usage);
            }
            io::message(&format!("formatted {}", escape(name)));
        }
        Exit::Fine
    }
}

/// What would change, as a unified diff. The file is one that anybody may have written.
fn difference(name: &str, text: &str, formatted: &str, output: &mut Output) {
    let diff = TextDiff::from_lines(text, formatted);
    let shown = diff.unified_diff().context_radius(2).header(name, name).to_string();
    for line in shown.lines() {
        output.text().push_str(&escape(line));
        output.text().push('\n');
    }
    output.flush_full();
}
