//! `scn explain`: the page of a rule number or of a diagnostic code.

use clap::Args;
use dsl::diag::{CODES, Code, WARNINGS};

use crate::io::{self, Exit};

/// The rule book, part of the program so that every trace can be looked up.
const RULES: &str = include_str!("../../../docs/rules.md");

/// Print the page of a rule (IMP-9), of a diagnostic code (SCN0201) or of a warning (dacl_order)
#[derive(Args)]
#[command(after_help = "Exit codes: 0 fine; 2 there is no such page.")]
pub(crate) struct Explain {
    /// A rule number, a diagnostic code or the name of a warning
    #[arg(value_name = "NUMBER")]
    what: String,
}

impl Explain {
    pub(crate) fn execute(&self) -> Exit {
        let wanted = self.what.to_ascii_uppercase();
        let warning = Code::of_warning(&self.what.to_ascii_lowercase());
        let is_meant = |code: Code| warning == Some(code) || code.to_string() == wanted;
        if let Some((code, title, page)) = CODES.iter().find(|row| is_meant(row.0)) {
            let name = code.warning_name().map_or_else(String::new, |name| format!(" {name}"));
            io::print(&format!("{code}{name}: {title}\n\n{}\n", wrapped(page.trim())));
            return Exit::Fine;
        }
        if let Some(page) = rule(&wanted) {
            io::print(page);
            return Exit::Fine;
        }
        let numbers = RULES.lines().filter_map(|line| line.strip_prefix("### ")?.split(' ').next());
        let names = WARNINGS.iter().map(|row| row.1);
        let near = dsl::suggest::nearest(&wanted, numbers.chain(names));
        let shown = sim_core::text::escape(&self.what);
        let hint = near.map_or_else(
            || "; rules have numbers such as IMP-9, diagnostics codes such as SCN0201".to_owned(),
            |near| format!("; did you mean `{near}`?"),
        );
        io::failure(&format!("there is no rule and no diagnostic `{shown}`{hint}"), Exit::Usage)
    }
}

/// Paragraphs in lines of a terminal's width; what is indented, and what fits, stays as it is.
fn wrapped(page: &str) -> String {
    const WIDTH: usize = 96;
    let mut out = String::new();
    for line in page.lines() {
        let mut width = 0;
        if line.starts_with(' ') {
            out.push_str(line);
        } else {
            for word in line.split(' ') {
                let length = word.chars().count();
                if width > 0 {
                    let fits = width + 1 + length <= WIDTH;
                    out.push(if fits { ' ' } else { '\n' });
                    width = if fits { width + 1 } else { 0 };
                }
                out.push_str(word);
                width += length;
            }
        }
        out.push('\n');
    }
    out.pop();
    out
}

/// The entry of a rule in the rule book.
fn rule(number: &str) -> Option<&'static str> {
    let head = format!("### {number} ");
    let start = if RULES.starts_with(&head) { 0 } else { RULES.find(&format!("\n{head}"))? + 1 };
    let entry = RULES.get(start..)?;
    let end = entry.get(4..)?.find("\n#").map_or(entry.len(), |at| at + 5);
    entry.get(4..end)
}
