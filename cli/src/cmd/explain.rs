//! `scn explain`: the page of a rule number or of a diagnostic code.

use clap::Args;

use crate::io::{self, Exit};

/// The rule book, part of the program so that every trace can be looked up.
const RULES: &str = include_str!("../../../docs/rules.md");

/// Print the page of a rule (IMP-9) or of a diagnostic code (SCN0201)
#[derive(Args)]
pub(crate) struct Explain {
    /// A rule number or a diagnostic code
    #[arg(value_name = "NUMBER")]
    what: String,
}

impl Explain {
    pub(crate) fn execute(&self) -> Exit {
        let wanted = self.what.to_ascii_uppercase();
        if let Some(row) = dsl::diag::CODES.iter().find(|row| row.0.to_string() == wanted) {
            io::print(&format!("{wanted}: {}\n\n{}\n", row.1, row.2.trim()));
            return Exit::Fine;
        }
        if let Some(page) = rule(&wanted) {
            io::print(page);
            return Exit::Fine;
        }
        let numbers = RULES.lines().filter_map(|line| line.strip_prefix("### ")?.split(' ').next());
        let near = dsl::suggest::nearest(&wanted, numbers);
        let shown = sim_core::text::escape(&self.what);
        let hint = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        io::failure(&format!("there is no rule and no diagnostic `{shown}`{hint}"), Exit::Usage)
    }
}

/// The entry of a rule in the rule book.
fn rule(number: &str) -> Option<&'static str> {
    let head = format!("### {number} ");
    let start = if RULES.starts_with(&head) { 0 } else { RULES.find(&format!("\n{head}"))? + 1 };
    let entry = RULES.get(start..)?;
    let end = entry.get(4..)?.find("\n#").map_or(entry.len(), |at| at + 5);
    entry.get(4..end)
}
