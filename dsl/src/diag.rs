//! Diagnostics: what is wrong with the author's text, as plain data. Rendering is elsewhere (`render`), so that the
//! same value can become terminal text, JSON or an annotation.
//!
//! A diagnostic is help: what is wrong in the author's words, where, and the nearest thing that would be right.

use std::ops::Range;

use schemars::JsonSchema;
use serde::Serialize;

use crate::ast::Span;
use crate::codes;
pub use crate::codes::{EXPECTATION_UNREACHED, NEVER_UNEXERCISED};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The scenario runs all the same.
    Warning,
    /// The scenario does not run.
    Error,
}

impl Severity {
    /// The word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// One mistake or doubt, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// A row of [`CODES`].
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: lower case, no final period, user text in backticks.
    pub message: String,
    /// The place.
    pub span: Span,
    /// What stands under the underlined text, usually what was expected; may be empty.
    pub label: String,
    /// Other places that matter, each with its words.
    pub related: Vec<(Span, String)>,
    /// `help:` lines: what to do.
    pub help: Vec<String>,
    /// Where in the same file the block lies in which something is missing, if that is what is wrong: it may stand where the
    /// block cannot be read. Empty otherwise.
    pub(crate) lacks: Range<u32>,
}

/// The stable number of a kind of diagnostic: `SCN0101`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code(pub u16);

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SCN{:04}", self.0)
    }
}

impl Diagnostic {
    /// An error with this message.
    #[must_use]
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: Severity::Error,
            message: message.into(),
            span,
            label: String::new(),
            related: Vec::new(),
            help: Vec::new(),
            lacks: 0..0,
        }
    }

    /// A warning with this message.
    #[must_use]
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }

    /// With words under the underlined text.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }

    /// With one more help line.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help.push(help.into());
        self
    }

    /// As one that misses something in a block.
    pub(crate) fn lacks(mut self, block: Span) -> Diagnostic {
        self.lacks = block.start..block.end;
        self
    }

    /// With one more place.
    #[must_use]
    pub fn related(mut self, span: Span, words: impl Into<String>) -> Diagnostic {
        self.related.push((span, words.into()));
        self
    }
}

/// Every warning by the name under which it can be allowed.
pub const WARNINGS: &[(Code, &str)] = &[
    (codes::INHERIT_ON_LEAF, "inherit_on_leaf"),
    (codes::DACL_ORDER, "dacl_order"),
    (codes::UNREACHABLE_ACE, "unreachable_ace"),
    (codes::NEVER_ENABLED, "privilege_never_enabled"),
    (codes::NEVER_REVERTS, "never_reverts"),
    (codes::IMPERSONATION_UNCHECKED, "impersonation_unchecked"),
    (codes::REBOUND_WHILE_OPEN, "rebound_while_open"),
    (codes::UNUSED, "unused"),
    (codes::NEVER_UNEXERCISED, "never_unexercised"),
    (codes::EXPECTATION_UNREACHED, "expectation_unreached"),
    (codes::NEVER_SPAWNED, "never_spawned"),
    (codes::INHERITED_DROPPED, "inherited_dropped"),
    (codes::GENERIC_IN_RULE, "generic_in_rule"),
];

impl Code {
    /// The name of a warning.
    #[must_use]
    pub fn warning_name(self) -> Option<&'static str> {
        WARNINGS.iter().find(|row| row.0 == self).map(|row| row.1)
    }

    /// The warning of a name.
    #[must_use]
    pub fn of_warning(name: &str) -> Option<Code> {
        WARNINGS.iter().find(|row| row.1 == name).map(|row| row.0)
    }
}

/// A row of [`CODES`]: the code, its short title, and the page that `scn explain CODE` prints.
pub type CodeRow = (Code, &'static str, &'static str);

/// Every code with its title and its page.
pub const CODES: &[CodeRow] = &[
    (
        codes::SYNTAX,
        "not the language",
        "Something stands here that no statement of the language is made of. A statement is a head with its arguments, flags in parentheses, a block in braces and what must come of it behind `=>`.\n\n  wrong:  connect fileserver && revert\n  right:  connect fileserver\n          revert",
    ),
    (
        codes::UNCLOSED,
        "never closed",
        "A block, list, parenthesis, script or text is opened and never closed. Text must end on the line on which it begins.\n\n  wrong:  note \"hello\n  right:  note \"hello\"",
    ),
    (
        codes::LITERAL,
        "cannot be read",
        "A number, a duration or an escape cannot be read. Numbers are whole, in decimal or behind `0x`; durations are digits and one of ns, us, ms, s, m, h.\n\n  wrong:  wait 2.5ms\n  right:  wait 2500us",
    ),
    (
        codes::TOO_LARGE,
        "too large or too deep",
        "A file holds at most 64 MiB, a text 1 MiB, and blocks and lists nest at most 64 deep.",
    ),
    (
        codes::UNKNOWN_NAME,
        "unknown name",
        "Nobody declares this name. Names are known over the whole file, wherever they are declared; well-known principals such as SYSTEM or Everyone need no declaration.\n\n  wrong:  process editor as alcie { }\n  right:  process editor as alice { }",
    ),
    (
        codes::KIND,
        "wrong kind of name",
        "The name is declared, but as something else: a user where a service is needed, a process where a principal is needed.",
    ),
    (
        codes::DUPLICATE,
        "given twice",
        "A name is declared twice, a property is given twice, or a name is a word of the language or of a well-known principal.",
    ),
    (
        codes::UNBOUND,
        "no step binds this name",
        "A step uses a handle, connection or token by a name that no step of the same thread gives to anything.\n\n  wrong:  accept\n          impersonate conn\n  right:  conn = accept\n          impersonate conn",
    ),
    (
        codes::HEAD,
        "unknown declaration, property or step",
        "The first word of a statement says what it is, and this one is not known here. Steps stand in processes and threads, declarations at the top level, properties in the blocks of declarations.",
    ),
    (
        codes::ARGUMENT,
        "missing or misplaced part",
        "A statement lacks a part that it needs, or has one that it does not take. The help line shows what a step takes.",
    ),
    (
        codes::WORD,
        "unknown word",
        "This place takes one of a few words, and this is none of them. The help line lists them.",
    ),
    (
        codes::RIGHT,
        "unknown right",
        "A right is `read`, `write`, `execute` or `full`, or an official name of the class of the object: FILE_READ_DATA on a file, KEY_SET_VALUE on a key.",
    ),
    (
        codes::NOT_BUILT,
        "not built yet",
        "The language has this, this version does not. Nothing is silently ignored: a scenario that needs it is refused.",
    ),
    (
        codes::NO_SCENARIO,
        "no scenario block",
        "A file that is run says so in a line such as `scenario my_story`, with the models, the seed and the domains in its block.",
    ),
    (
        codes::CONDITION,
        "condition cannot be read",
        "The text behind `when` is a conditional expression as in SDDL: attributes with their namespace (`@User.`, `@Device.`, `@Resource.`, `@Local.`), comparisons, `Contains`, `Any_of`, `Exists`, `Member_of {SID(BA)}`, and `&&`, `||`, `!`. It runs to the end of the statement.\n\n  wrong:  allow staff read when clearance >= high\n  right:  allow staff read when @User.clearance >= 3",
    ),
    (
        codes::SCRIPT,
        "script cannot be read",
        "A `script { … }` holds functions of the script language rhai; what stands in a `never script { |e| … }` is one function of an event. There are no modules, no clock, no floats and no `eval`; a function sees its parameters and what it names itself. What scripts can do to the world are operations such as `open_file(path, \"read\")`.\n\n  wrong:  script { serve(conn); }\n  right:  script { fn serve(conn) { impersonate(conn); } }",
    ),
    (
        codes::VALUE,
        "a value that cannot be",
        "A number, path, SID or count is outside of what is possible here.",
    ),
    (
        codes::EMPTY_LOOP,
        "time would stand still",
        "Steps take time and nothing else does. A round of a loop that can pass without a step would go on for ever at the same instant.",
    ),
    (
        codes::BUILD,
        "cannot exist",
        "The declaration reads well, but a world with it cannot be built: a path leads through a file, a token would hold more than 64 groups, a descriptor cannot be computed.",
    ),
    (
        codes::CHANGE,
        "a change that cannot be made",
        "A `change`, `add` or `remove` finds no place: what it changes is not there, what it adds is, a group that it takes away was never given, a list has no such entry.\n\n  wrong:  change user alice { groups staff (removed) }     // alice is not in staff\n  right:  change user alice { groups sales (removed) }",
    ),
    (
        codes::INHERIT_ON_LEAF,
        "an inherit flag on something that has nothing below it",
        "Files and endpoints have nothing below them, so an inherit flag on their entries has no effect. It belongs on a directory or a key.\n\n  doubtful:  file \"/a\" { dacl { allow alice read (inherit) } }\n  clear:     directory \"/a\" { dacl { allow alice read (inherit) } }",
    ),
    (
        codes::DACL_ORDER,
        "a DACL out of canonical order",
        "Entries are judged from first to last, and the first that is about a right settles it. Tools write a list in canonical order: own denials, own grants, then what is inherited. A denial behind a grant does not take back what was granted. If this order is meant, allow the warning.\n\n  doubtful:  dacl { allow staff read; deny bob read }\n  clear:     dacl { deny bob read; allow staff read }",
    ),
    (
        codes::UNREACHABLE_ACE,
        "an entry that nothing can reach",
        "The entries in front of it have settled every right that it is about for everybody whom it is about, or it is about nobody or nothing: `inherit_only` without an inherit flag, a stand-in such as CreatorOwner on an object itself, an empty mask. Only what is sure is told: entries in front of it for the same principal or for Everyone, without a condition.\n\n  doubtful:  dacl { deny Everyone write; allow alice write }\n  clear:     dacl { allow alice write; deny Everyone write }",
    ),
    (
        codes::NEVER_ENABLED,
        "a privilege that stays disabled",
        "A listed privilege is present and enabled; `(disabled)` makes it count for nothing until a step `enable NAME`. No step enables this one, and no step asks for it or expects that it is missed.\n\n  doubtful:  user bob { privileges SeBackupPrivilege (disabled) }\n  clear:     user bob { privileges SeBackupPrivilege }",
    ),
    (
        codes::NEVER_REVERTS,
        "an identity that is not given back",
        "A thread that impersonates acts as its client until it reverts. Here there is a way through the thread on which it accepts the next client, or ends, without `revert`: what it does in between for itself, it does as the client.\n\n  doubtful:  loop { conn = accept; if impersonate conn { show }; close conn }\n  clear:     loop { conn = accept; if impersonate conn { show; revert }; close conn }",
    ),
    (
        codes::IMPERSONATION_UNCHECKED,
        "an impersonation whose outcome nobody looks at",
        "A failed impersonation leaves the thread as it was: a service that goes on then opens the client's files as itself, with all its own rights. Ask for the outcome with `if`, state it with `=>`, or ask later with `if impersonating` or `if level == impersonation`.\n\n  doubtful:  impersonate conn\n             open file \"/a\" for read\n  clear:     if impersonate conn { open file \"/a\" for read; revert }",
    ),
    (
        codes::REBOUND_WHILE_OPEN,
        "a name bound again while what it held is open",
        "The name of a handle, connection or token is given to something new while the old one is still open: the old one can never be closed. In a loop, the step itself comes round again.\n\n  doubtful:  loop { h = open file \"/a\" for read }\n  clear:     loop { h = open file \"/a\" for read; close h }",
    ),
    (
        codes::UNUSED,
        "a declaration that nothing names",
        "A user, group, app, policy, value, set of rights, parameter or procedure is declared, and nothing else in the scenario has its name. Names that are made in a `for` and files that are used by others are not looked at.",
    ),
    (
        codes::NEVER_UNEXERCISED,
        "a `never` that no event came near",
        "A `never` holds when its pattern does not come. No event of the run was of its kind on its object by its thread, so it held because nothing happened: it proves nothing. Look for a misspelt path or name, or add steps that come near it.",
    ),
    (
        codes::EXPECTATION_UNREACHED,
        "an expectation that was never looked at",
        "The step before this `=>` never ran, so what must come of it was never compared: it proves nothing.",
    ),
    (
        codes::NEVER_SPAWNED,
        "a process that nothing starts",
        "A process without `as PRINCIPAL` has no token of its own: it waits until a step spawns it, and gets a copy of the spawner's. No step `spawn` or `elevate` names this one, so nothing in it ever happens. Scenarios with scripts are not looked at.\n\n  doubtful:  process worker { show }\n  clear:     process worker as alice { show }",
    ),
    (
        codes::INHERITED_DROPPED,
        "an entry of a new object that is marked as inherited",
        "Whoever makes an object gives it entries of its own, and what comes from above is added and marked by inheritance alone: the mark `inherited` on an entry of a declaration, or of `with { … }`, is taken off. The entry itself stays.\n\n  doubtful:  dacl { allow alice read (inherited) }\n  clear:     dacl auto_inherit { }   // what the parent passes on, marked\n  clear:     sddl 'D:AI(A;ID;FR;;;WD)'   // a descriptor as it was stored",
    ),
    (
        codes::GENERIC_IN_RULE,
        "generic rights in the rule of a policy",
        "`read`, `write`, `execute` and `full` are generic rights, which stand for rights of a class. `kobicha` and `kacs` map them whenever a DACL is walked. `windows` maps them when a descriptor is assigned to an object; the DACL of a policy's rule is never assigned to one, so there they neither grant nor deny anything. It is told where a model that the scenario lists, or that an overlay plays, is such a one.\n\n  doubtful:  rule r { dacl { allow staff read } }\n  clear:     rule r { dacl { allow staff FILE_GENERIC_READ } }",
    ),
];
