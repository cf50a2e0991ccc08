//! The reference page of the language, made of the tables that the resolver and the engine read: a word that is added to one
//! of them is on the page. `docs/reference.md` is this page; a test keeps it so.

use std::fmt::Write;

use sim_core::engine::scenario::{DEFAULT_COST, Limits};
use sim_core::engine::time::{UNITS, format_time};
use sim_core::model::MODELS;
use sim_core::privilege::PRIVILEGES;
use sim_core::rights::{AccessMask, ObjectType, RIGHTS};
use sim_core::sd::AceFlags;
use sim_core::sid::WELL_KNOWN;
use sim_core::token::{IntegrityLevel, MAX_GROUPS};
use sim_core::trace::rights::GENERIC_WORDS;
use sim_core::world::declare::Transport;
use sim_core::world::op::ErrorName;

use super::security::{ACE_FLAGS, AUDIT_FLAGS};
use super::steps::VERBS;
use super::words::{Chapter, vocabulary};
use crate::bounds::{BOUNDS, BoundRow, Bounds};
use crate::diag::CODES;
use crate::parse::bytes;
use crate::script::{EVENT_FIELDS, OPERATIONS, OUTCOME_FIELDS, STEPS_WITHOUT};

/// What stands above the tables.
const HEAD: &str = "\
# Reference

Every word of the language and every name that it knows, from the tables in the code. How they are put together is told in
[language.md](language.md). This page is made by `cargo run -q -p dsl --example reference > docs/reference.md`; a test holds it against the tables.
";

/// The page as Markdown.
#[must_use]
pub fn page() -> String {
    let mut page = Page { text: HEAD.to_owned() };
    page.statements();
    page.steps();
    page.outcomes();
    page.rights();
    page.principals();
    page.tokens();
    page.entries();
    page.scripts();
    page.diagnostics();
    page.limits();
    page.text
}

struct Page {
    text: String,
}

impl Page {
    fn section(&mut self, title: &str, about: &str) {
        let _ = write!(self.text, "\n## {title}\n\n{about}\n");
    }

    /// The families of words of a chapter.
    fn families(&mut self, chapter: Chapter) {
        for family in vocabulary().into_iter().filter(|family| family.chapter == chapter) {
            self.words(family.about, family.words.into_iter());
        }
    }

    /// A list of words in one paragraph.
    fn words<'a>(&mut self, about: &str, words: impl Iterator<Item = &'a str>) {
        let listed: Vec<String> = words.map(code).collect();
        let _ = write!(self.text, "\n{about}: {}.\n", listed.join(", "));
    }

    fn table<const N: usize>(&mut self, head: [&str; N], rows: impl Iterator<Item = [String; N]>) {
        let _ = write!(self.text, "\n| {} |\n|{}\n", head.join(" | "), "---|".repeat(N));
        for row in rows {
            // A cell must not end at what it shows.
            let cells = row.map(|cell| cell.replace('|', "\\|").replace('\n', " "));
            let _ = writeln!(self.text, "| {} |", cells.join(" | "));
        }
    }

    fn statements(&mut self) {
        self.section(
            "Statements",
            "`[at TIME] [NAME =] HEAD arguments [(flags)] [{ block }] [=> what must come of it]`.",
        );
        self.families(Chapter::Statements);
        self.words("Units of durations, which are whole numbers", UNITS.iter().map(|(unit, _)| *unit));
    }

    fn steps(&mut self) {
        let cost = format!(
            "A step costs {} unless `timing` says otherwise, whether it succeeds or not. A name in front of a step that binds, \
             as in `h = open …`, holds what it gives.",
            format_time(DEFAULT_COST)
        );
        self.section("Steps", &cost);
        let built = VERBS.iter().filter(|verb| verb.is_built());
        self.table(
            ["step", "what it does", "binds"],
            built.map(|verb| {
                let usage = format!("{} {}", verb.name, verb.usage);
                [code(usage.trim_end()), verb.effect.to_owned(), yes(verb.binds).to_owned()]
            }),
        );
        self.families(Chapter::Steps);
        let later = VERBS.iter().filter(|verb| !verb.is_built());
        if later.clone().count() > 0 {
            self.words("Refused by name until they are built (SCN0305)", later.map(|verb| verb.name));
        }
    }

    fn outcomes(&mut self) {
        self.section(
            "What must come of a step",
            "`=> ok`, `=> granted [RIGHTS]`, `=> denied [by STAGE]`, `=> error NAME`, `=> level LEVEL`, each with `in MODEL, …` behind \
             it where it is not meant for all.",
        );
        self.families(Chapter::Outcomes);
        self.section("Errors", "What the simulated system answers when it refuses; the codes are those of systems that have one.");
        self.table(
            ["error", "errno", "NTSTATUS"],
            ErrorName::ALL.iter().map(|row| [code(row.1), row.2.to_owned(), row.3.to_owned()]),
        );
    }

    fn rights(&mut self) {
        self.section("Rights", "What the four friendly words stand for in each class of objects.");
        self.table(
            ["class", "`read`", "`write`", "`execute`", "`full`"],
            ObjectType::ALL.iter().map(|(class, word)| {
                let mapped = GENERIC_WORDS.map(|(_, generic)| class.mapping().map(generic).to_string());
                let [read, write, execute, full] = mapped;
                [code(word), read, write, execute, full]
            }),
        );
        for model in MODELS {
            let differs = |class: &ObjectType| model.mapping(*class).execute != class.mapping().execute;
            for (class, word) in ObjectType::ALL.iter().filter(|(class, _)| differs(class)) {
                let execute = model.mapping(*class).execute;
                let _ = write!(self.text, "\nUnder `{}` `execute` of a {word} is {execute}.\n", model.name);
            }
        }
        let _ = write!(self.text, "\nOfficial names are accepted wherever a right is.\n");
        self.table(
            ["right", "mask", "classes"],
            RIGHTS.iter().map(|right| [code(right.name), right.mask.to_string(), classes(right.classes)]),
        );
        let maximum = AccessMask::MAXIMUM_ALLOWED;
        let _ = write!(self.text, "\n`MAXIMUM_ALLOWED` ({maximum}) asks for everything that can be had.\n");
    }

    fn principals(&mut self) {
        self.section("Well-known principals", "They need no declaration; case does not matter.");
        self.table(
            ["name", "SID", "in SDDL"],
            WELL_KNOWN.iter().map(|row| [code(row.name), row.sid.to_string(), row.alias.to_owned()]),
        );
    }

    fn tokens(&mut self) {
        self.section("Tokens", "What shapes a token, and the numbers behind the words.");
        self.table(
            ["integrity level", "number"],
            IntegrityLevel::ALL.iter().map(|(_, number, word)| [code(word), number.to_string()]),
        );
        self.families(Chapter::Tokens);
        let captured =
            Transport::ALL.iter().filter(|(_, transport)| transport.captures_peer()).map(|(word, _)| *word);
        self.words("Those that capture who connects", captured);
        self.table(
            ["privilege", "what it does here"],
            PRIVILEGES.iter().map(|row| [code(row.name), row.effect.to_owned()]),
        );
    }

    fn entries(&mut self) {
        self.section("Entries and flags", "Flags stand in parentheses behind an entry.");
        self.families(Chapter::Entries);
        let flags = |(word, flags): &(&str, AceFlags)| [code(word), format!("0x{:02x}", flags.bits())];
        self.table(["flag of `allow` and `deny`", "bits"], ACE_FLAGS.iter().map(flags));
        self.table(["flag of `audit` and `alarm`", "bits"], AUDIT_FLAGS.iter().map(flags));
    }

    fn diagnostics(&mut self) {
        self.section("Diagnostics", "`scn explain CODE` prints the page of each; what has a name is a warning and can be allowed by it.");
        self.table(
            ["code", "name", "what it means"],
            CODES.iter().map(|(number, title, _)| {
                let name = number.warning_name().map_or_else(String::new, code);
                [code(&number.to_string()), name, (*title).to_owned()]
            }),
        );
    }

    fn scripts(&mut self) {
        self.section("Scripts", "Each operation is a step, with the cost of that step.");
        self.table(
            ["operation", "step", "what it does"],
            OPERATIONS.iter().map(|row| {
                let effect = VERBS.iter().find(|verb| verb.name == row.verb).map_or("", |verb| verb.effect);
                [code(&format!("{}{}", row.name, row.usage)), code(row.verb), effect.to_owned()]
            }),
        );
        let without = STEPS_WITHOUT.iter().map(|(verb, why)| [code(verb), (*why).to_owned()]);
        self.table(["step that is no operation", "why"], without);
        let fields = OUTCOME_FIELDS.iter().map(|row| [code(row.name), row.meaning.to_owned()]);
        self.table(["field of what came of it", "what it holds"], fields);
        let fields = EVENT_FIELDS.iter().map(|row| [code(row.name), row.meaning.to_owned()]);
        self.table(["field of an event", "what it holds"], fields);
        self.words("Functions of the library", crate::script::LIBRARY.iter().copied());
    }

    fn limits(&mut self) {
        self.section("Limits", "Each ends in a message of its own, never in silence.");
        let limits = Limits::default();
        let own = |row: &BoundRow| {
            let set = if row.in_block { "limit NAME N" } else { "--limit NAME=N" };
            let most = Bounds::default().get(row.name).unwrap_or_default();
            let most = if row.what.starts_with("bytes") { bytes(most) } else { most.to_string() };
            (format!("{} (`{}`)", row.what, set.replace("NAME", row.name)), most)
        };
        let mut rows = vec![
            ("events of a run (`limit events N`)".to_owned(), limits.events.to_string()),
            ("virtual time of a run (`limit time DURATION`)".to_owned(), format_time(limits.time)),
        ];
        rows.extend(BOUNDS.iter().map(own));
        let nesting = "nesting of blocks, lists and parentheses";
        rows.push((nesting.to_owned(), crate::parse::MAX_NESTING.to_string()));
        let script = "operations of a script in one call (`limit script N`)";
        rows.push((script.to_owned(), limits.script.to_string()));
        rows.extend(crate::script::BOUNDS.iter().map(|(what, most)| ((*what).to_owned(), most.to_string())));
        rows.push(("groups of a token".to_owned(), MAX_GROUPS.to_string()));
        self.table(["what", "at most"], rows.into_iter().map(|(what, most)| [what, most]));
    }
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn yes(holds: bool) -> &'static str {
    if holds { "yes" } else { "" }
}

fn classes(classes: &[ObjectType]) -> String {
    let words: Vec<&str> = classes.iter().map(|class| class.name()).collect();
    if words.is_empty() { "all".to_owned() } else { words.join(", ") }
}
