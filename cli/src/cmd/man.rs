//! `scn man`: the help of each command as a manual page.

use clap::Args;
use sim_core::text::escape;

use crate::io::{self, Exit};

/// Print a manual page, of a command or of the language
///
/// `scn man | man -l -` shows that of scn, `scn man run | man -l -` that of a command, and `scn man --lang | man -l -` that of
/// the language, scn-lang(7).
#[derive(Args)]
pub(crate) struct Man {
    /// The command, such as `run`, or `sd explain`; without one, all of scn
    #[arg(value_name = "COMMAND")]
    command: Vec<String>,
    /// The page of the language instead: its words, and every name that it knows
    #[arg(long, conflicts_with = "command")]
    lang: bool,
}

impl Man {
    pub(crate) fn execute(&self, mut whole: clap::Command) -> Exit {
        if self.lang {
            io::print(&language(&dsl::reference::page()));
            return Exit::Fine;
        }
        whole.build();
        let mut page = whole;
        for name in &self.command {
            let Some(inner) = page.find_subcommand(name) else {
                let shown = escape(name);
                return io::failure(
                    &format!("there is no command `{shown}` to print a page of"),
                    Exit::Usage,
                );
            };
            page = inner.clone();
        }
        let name = page.get_name().to_uppercase();
        let name = page.get_bin_name().map_or(name, |whole| whole.replace(' ', "-").to_uppercase());
        let version = concat!("scn ", env!("CARGO_PKG_VERSION"));
        let mut roff = Vec::new();
        match clap_mangen::Man::new(page).title(&name).source(version).render(&mut roff) {
            Ok(()) => {
                let text = String::from_utf8_lossy(&roff);
                // There is no date, but a place for one; a line is broken once where it is to be; and the exit codes have a
                // section of their own, as people look for it.
                let text = text.replacen(&format!(".TH {name} 1  "), &format!(".TH {name} 1 \"\" "), 1);
                let text = text.replace("\n.br\n\n.br\n", "\n.sp\n");
                let text = text.replace(".SH EXTRA\nExit codes: ", ".SH \"EXIT STATUS\"\n");
                io::print(&text.chars().map(portable).collect::<String>());
                Exit::Fine
            }
            Err(error) => io::failure(&format!("the page cannot be made: {error}"), Exit::Bug),
        }
    }
}

/// A letter as every reader of manual pages takes it.
fn portable(c: char) -> String {
    if c.is_ascii() { c.to_string() } else { format!("\\[u{:04X}]", u32::from(c)) }
}

/// The reference page as a manual page: headings, paragraphs and tables of Markdown in the words of man(7). A row of a table is a
/// term, and what is said of it.
fn language(page: &str) -> String {
    let mut out = format!(
        ".TH SCN-LANG 7 \"\" \"scn {}\"\n.SH NAME\nscn-lang \\- the language of scenarios\n",
        env!("CARGO_PKG_VERSION")
    );
    let mut heads: Vec<String> = Vec::new();
    // Whether a blank line came, and whether nothing has come since the heading.
    let (mut parted, mut begun) = (false, false);
    // What stands in front of the first section is about the page itself.
    let mut lines = page.lines().skip_while(|line| !line.starts_with("## ")).peekable();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            out.push_str(&format!(".SH {}\n", roff(&title.to_uppercase())));
            begun = true;
        } else if line.starts_with('|') {
            let cells = cells(line);
            if lines.peek().is_some_and(|next| next.starts_with("|---")) {
                heads = cells;
                continue;
            }
            if line.starts_with("|---") {
                continue;
            }
            let Some((term, rest)) = cells.split_first() else { continue };
            let said = rest.iter().zip(heads.iter().skip(1)).filter(|(cell, _)| !cell.is_empty());
            // With one thing to say it is said; with more, each by the head of its column.
            let said: Vec<String> = match rest {
                [only] => vec![only.clone()],
                _ => said.map(|(cell, head)| format!("{head}: {cell}")).collect(),
            };
            out.push_str(&format!(".TP\n{}\n{}\n", roff(term), roff(&said.join("; "))));
            begun = false;
        } else if line.is_empty() {
            parted = true;
        } else {
            // A section begins a paragraph by itself.
            if parted && !begun {
                out.push_str(".PP\n");
            }
            parted = false;
            begun = false;
            out.push_str(&roff(line));
            out.push('\n');
        }
    }
    out
}

/// The cells of a row of a table.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim().trim_start_matches('|').replace("\\|", "\u{0}");
    let row = row.strip_suffix('|').unwrap_or(&row);
    row.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect()
}

/// A line of Markdown: what stands between backticks is bold, links are their words, and nothing is read as a request.
fn roff(text: &str) -> String {
    let mut out = String::new();
    if text.starts_with(['.', '\'']) {
        out.push_str("\\&");
    }
    let mut bold = false;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '`' => {
                bold = !bold;
                out.push_str(if bold { "\\fB" } else { "\\fR" });
            }
            '\\' => out.push_str("\\e"),
            '-' => out.push_str("\\-"),
            '[' if !bold && rest.contains("](") => {
                let (words, behind) = rest.split_once("](").unwrap_or((rest, ""));
                out.push_str(&roff(words));
                rest = behind.split_once(')').map_or("", |(_, behind)| behind);
            }
            c => out.push_str(&portable(c)),
        }
    }
    if bold {
        out.push_str("\\fR");
    }
    out
}
