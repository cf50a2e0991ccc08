//! An explanation as text: stage by stage in the order of the pipeline, entry by entry, each line with its rule.
//!
//! Rules TRC-1 to TRC-6. Everything that comes from users goes through `text::escape`.

use std::borrow::Cow;
use std::fmt::{self, Write};

use super::names::Names;
use crate::access::{
    AceFact, Bits, Carrier, ConditionFact, Decider, Explanation, Fact, Miss, Note, NoteKind, Pass, Reason,
    RuleFact, Side, Stage, Subject, TakeOwnership, Truth, UnknownReason, Verdict, Via,
};
use crate::privilege::PrivilegeState;
use crate::rights::{AccessMask, ObjectType, names_of};
use crate::sd::condition::{Claim, ClaimValues, Namespace};
use crate::sd::{Ace, Acl, LabelPolicy};
use crate::text::escape;
use crate::token::{IntegrityLevel, Token};

/// Writes an explanation in the order of the pipeline, each line behind `indent` blanks.
pub fn write_explanation(
    out: &mut String,
    indent: &str,
    explanation: &Explanation,
    class: ObjectType,
    names: &Names,
) {
    lines(explanation, class, names, &mut |line| {
        let nested = if line.nested { "    " } else { "" };
        writeln!(out, "{indent}{nested}{:<15} {} [{}]", line.head, line.text, line.rule)
    });
}

/// One line of an explanation: what it belongs to, what it says, and the rule that says so.
pub(super) struct Line<'a> {
    /// The stage, or `owner`, `gate`, `mapping`, `intents`, `result`, `bits`, `note`.
    pub head: &'a str,
    /// Safe to print.
    pub text: fmt::Arguments<'a>,
    pub rule: &'a str,
    /// Whether it belongs to a rule of a central policy.
    pub nested: bool,
}

/// Hands out the lines of an explanation in their order.
pub(super) fn lines(
    explanation: &Explanation,
    class: ObjectType,
    names: &Names,
    sink: &mut dyn FnMut(&Line<'_>) -> fmt::Result,
) {
    let mut writer = Writer { sink, explanation, class, names, rule: None };
    // Writing to a string cannot fail.
    let _ = writer.all();
}

struct Writer<'a> {
    sink: &'a mut dyn FnMut(&Line<'_>) -> fmt::Result,
    explanation: &'a Explanation,
    class: ObjectType,
    names: &'a Names,
    /// The DACL of the policy rule whose facts are being written.
    rule: Option<&'a Acl>,
}

/// A mask as digits and names (TRC-4).
pub(super) struct Mask(pub AccessMask, pub ObjectType);

impl fmt::Display for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0.0)?;
        if self.0 == self.1.mapping().all {
            return f.write_str(" (all)");
        }
        match names_of(self.0, self.1) {
            names if names.is_empty() => f.write_str(" (none)"),
            names => write!(f, " {}", names.join("|")),
        }
    }
}

impl<'a> Writer<'a> {
    fn line(&mut self, head: &str, text: fmt::Arguments<'_>, rule: &str) -> fmt::Result {
        (self.sink)(&Line { head, text, rule, nested: self.rule.is_some() })
    }

    fn mask(&self, mask: AccessMask) -> Mask {
        Mask(mask, self.class)
    }

    fn all(&mut self) -> fmt::Result {
        let explanation = self.explanation;
        for fact in &explanation.facts {
            self.fact(fact)?;
        }
        self.result()?;
        for note in explanation.notes() {
            self.note(&note)?;
        }
        Ok(())
    }

    fn fact(&mut self, fact: &'a Fact) -> fmt::Result {
        match fact {
            Fact::Gate(subject) => self.gate(*subject),
            Fact::Mapped { mapped, maximum, .. } => {
                let more = if *maximum { " and whatever else can be had" } else { "" };
                let desired = self.explanation.desired;
                let mapped = self.mask(*mapped);
                self.line("mapping", format_args!("desired {:08x} means {mapped}{more}", desired.0), "MAP-6")
            }
            Fact::Privilege { privilege, state, no_intent } => {
                let (text, rule) = match (state, no_intent) {
                    (PrivilegeState::Disabled, _) => ("present, not enabled: does not count", "PRIV-1"),
                    (_, true) => ("held, but the request lacks its intent: does not count", "PRIV-1"),
                    _ => ("held: counts", "PRIV-1"),
                };
                self.line("intents", format_args!("{privilege:?} {text}"), rule)
            }
            Fact::PrivilegeGrant { privilege, bits } => {
                let decider = Decider::Privilege(*privilege);
                let bits = self.mask(*bits);
                let text = format_args!("{privilege:?} grants {bits}");
                self.line(decider.stage().name(), text, decider.rule())
            }
            Fact::SystemSecurityWithheld => {
                // Said only where somebody asked.
                if !self.explanation.asked().0.intersects(AccessMask::ACCESS_SYSTEM_SECURITY) {
                    return Ok(());
                }
                let text = format_args!("ACCESS_SYSTEM_SECURITY needs SeSecurityPrivilege: denied");
                self.line("privilege", text, "PRIV-2")
            }
            Fact::Integrity { .. } => self.integrity(fact),
            Fact::Trust { label, required, blocked, revoked } => {
                let (kind, trust) = *required;
                if blocked.is_empty() {
                    let text = format_args!("label {label} asks for {kind}-{trust}: the process dominates");
                    return self.line("trust", text, "PIP-3");
                }
                let (blocked, revoked) = (self.mask(*blocked), self.mask(*revoked));
                let text = format_args!(
                    "label {label} asks for {kind}-{trust}: blocks {blocked}; taken from privileges {revoked}"
                );
                self.line("trust", text, "PIP-4")
            }
            Fact::Shadowed(index) => {
                let text = format_args!("SACL entry {index} is hidden by an earlier one");
                self.line("integrity", text, "PSA-3")
            }
            Fact::Walk { .. } => self.walk(fact),
            Fact::NullDacl { pass, bits } => {
                let bits = self.mask(*bits);
                self.line(stage_of(*pass), format_args!("NULL DACL: grants {bits}"), "DACL-4")
            }
            Fact::Ace(ace) => self.ace(ace),
            Fact::Condition(position) => match self.explanation.condition_at(*position) {
                Some(condition) => self.condition(condition),
                None => Ok(()),
            },
            Fact::TakeOwnership(outcome) => match outcome {
                TakeOwnership::NotRequested | TakeOwnership::NoPrivilege => Ok(()),
                TakeOwnership::Fired => Ok(()),
                TakeOwnership::MandatoryBlock | TakeOwnership::AlreadyGranted => self.line(
                    "take_ownership",
                    format_args!("SeTakeOwnershipPrivilege: {}", outcome.name()),
                    "TKO-1",
                ),
            },
            Fact::Merge { pass, removed, restored, .. } => {
                let (removed, restored) = (self.mask(*removed), self.mask(*restored));
                let (text, rule) = match pass {
                    Pass::Confined => (format!("removes {removed}"), "CNF-5"),
                    _ => (format!("removes {removed}; kept by privileges {restored}"), "RST-5"),
                };
                self.line(stage_of(*pass), format_args!("{text}"), rule)
            }
            Fact::RuleBegin(_) | Fact::RuleEnd { .. } | Fact::RuleSkipped { .. } | Fact::PolicyAgain(_) => {
                self.policy(fact)
            }
            // What the privilege stage always does to ACCESS_SYSTEM_SECURITY is said above, where it matters.
            Fact::Stage { stage: Stage::Privilege, before, after } if before.granted == after.granted => {
                Ok(())
            }
            Fact::Stage { stage, before, after } => self.stage(stage.name(), *before, *after),
        }
    }

    /// One line per stage that changed something (TRC-3).
    fn stage(&mut self, name: &str, before: Bits, after: Bits) -> fmt::Result {
        if before == after {
            return Ok(());
        }
        let text = format_args!(
            "decided {:08x} -> {:08x}, granted {:08x} -> {:08x}",
            before.decided.0, after.decided.0, before.granted.0, after.granted.0
        );
        self.line(name, text, "TRC-3")
    }

    fn gate(&mut self, subject: Subject) -> fmt::Result {
        let who = |token: Option<&Token>| token.map(|token| self.names.full(token.facts().user));
        let original = who(self.explanation.token.as_ref()).unwrap_or_default();
        let level = self.explanation.token.as_ref().and_then(Token::level).map_or("primary", |l| l.name());
        match subject {
            Subject::Effective => self.line("gate", format_args!("as {original} ({level})"), "GATE-1"),
            Subject::Anonymous => {
                let anonymous = who(self.explanation.anonymous.as_ref()).unwrap_or_default();
                let text = format_args!("{original} is at {level}: decided as {anonymous}");
                self.line("gate", text, "GATE-1")
            }
        }
    }

    fn integrity(&mut self, fact: &Fact) -> fmt::Result {
        let Fact::Integrity { label, level, policy, off, blocked, relabel } = fact else { return Ok(()) };
        // Within a rule it comes out as before, so it is worth a line only where it blocks.
        if self.rule.is_some() && blocked.is_empty() {
            return Ok(());
        }
        let source = label.map_or_else(|| "no label".to_owned(), |index| format!("label {index}"));
        let object = level_name(*level);
        let letters = [
            (LabelPolicy::NO_READ_UP, "NR"),
            (LabelPolicy::NO_WRITE_UP, "NW"),
            (LabelPolicy::NO_EXECUTE_UP, "NX"),
        ];
        let letters: String = letters.iter().filter(|row| policy.contains(row.0)).map(|row| row.1).collect();
        let caller = self.explanation.subject().map_or("", |token| token.facts().integrity.name());
        let (verdict, rule) = match (off, blocked.is_empty()) {
            (true, _) => ("the token enforces none".to_owned(), "MIC-3"),
            (false, true) => (format!("caller {caller} may"), "MIC-4"),
            (false, false) => (format!("caller {caller}: blocks {}", self.mask(*blocked)), "MIC-5"),
        };
        let saved = if *relabel { "; SeRelabelPrivilege leaves WRITE_OWNER" } else { "" };
        self.line("integrity", format_args!("{source}, {object} {letters}: {verdict}{saved}"), rule)
    }

    fn walk(&mut self, fact: &Fact) -> fmt::Result {
        let Fact::Walk { pass, owner, implicit, suppressor } = fact else { return Ok(()) };
        let owns = *owner;
        let owner = if *pass == Pass::Normal { "owner" } else { stage_of(*pass) };
        match (owns, suppressor) {
            (true, Some(index)) => {
                let text = format_args!("the caller owns the object; entry {index} takes the owner's rights");
                self.line(owner, text, "OWN-3")
            }
            (true, None) => {
                let implicit = self.mask(*implicit);
                let text = format_args!("the caller owns the object: grants {implicit}");
                self.line(owner, text, "OWN-2")
            }
            // Within a rule of a policy it would only be said again.
            (false, _) if *pass == Pass::Normal && self.rule.is_some() => Ok(()),
            (false, _) if *pass == Pass::Normal => {
                self.line(owner, format_args!("the caller does not own the object"), "OWN-1")
            }
            (false, _) => {
                let set = self.matching_set(*pass);
                let rule = if *pass == Pass::Confined { "CNF-2" } else { "RST-2" };
                self.line(stage_of(*pass), format_args!("once more as {set}"), rule)
            }
        }
    }

    fn matching_set(&self, pass: Pass) -> String {
        let Some(facts) = self.explanation.subject().map(Token::facts) else { return String::new() };
        let mut sids = Vec::new();
        match (pass, &facts.confinement) {
            (Pass::Confined, Some(confinement)) => {
                sids.push(confinement.sid);
                sids.extend(confinement.capabilities.iter().map(|entry| entry.sid));
            }
            _ => sids.extend(facts.restricted_sids.iter().map(|entry| entry.sid)),
        }
        let names: Vec<String> = sids.into_iter().map(|sid| self.names.full(sid)).collect();
        if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
    }

    fn source(&self, index: u16) -> Option<&'a Ace> {
        match self.rule {
            Some(acl) => acl.aces.get(usize::from(index)),
            None => self.explanation.dacl_entry(index),
        }
    }

    fn ace(&mut self, ace: &AceFact) -> fmt::Result {
        let source = self.source(ace.index);
        let kind = source.and_then(|ace| ace.kind.row()).map_or("unknown", |row| row.name);
        let sid = source.map_or_else(String::new, |ace| self.names.full(ace.sid));
        let mut text = format!("{} {kind} {sid} {:08x}: {}", ace.index, ace.mask.0, ace.verdict.name());
        if let Some(via) = ace.via {
            write!(text, " via {}", self.via(via))?;
        }
        match ace.miss {
            Some(Miss::DenyOnly(_) | Miss::UserDenyOnly) => text.push_str(", it is deny-only"),
            Some(Miss::Disabled(_)) => text.push_str(", the group is disabled"),
            Some(Miss::Absent) | None => {}
        }
        if !ace.fresh.is_empty() {
            let verb = if ace.deny { "denies" } else { "grants" };
            write!(text, ", {verb} {}", self.mask(ace.fresh))?;
        }
        if !ace.late.is_empty() && matches!(ace.verdict, Verdict::AlreadyDecided | Verdict::Applied) {
            write!(text, ", too late for {:08x}", ace.late.0)?;
        }
        self.line(stage_of(ace.pass), format_args!("{text}"), ace.verdict.rule())
    }

    fn via(&self, via: Via) -> String {
        let facts = self.explanation.subject().map(Token::facts);
        let position = |index: u16| format!("[{index}]");
        match via {
            Via::User => "user".to_owned(),
            Via::Group(index) => format!("group{}", position(index)),
            Via::Owner => "ownership".to_owned(),
            Via::PrincipalSelf => "what SELF stands for".to_owned(),
            Via::Restricting(index) => format!("restricting{}", position(index)),
            Via::Package => facts
                .and_then(|facts| facts.confinement.as_ref())
                .map_or_else(|| "package".to_owned(), |c| format!("package {}", self.names.full(c.sid))),
            Via::Capability(index) => format!("capability{}", position(index)),
            Via::DeviceGroup(index) => format!("device group{}", position(index)),
            Via::RestrictedDeviceGroup(index) => format!("restricted device group{}", position(index)),
        }
    }

    fn condition(&mut self, condition: &ConditionFact) -> fmt::Result {
        let (stage, carrier) = match condition.carrier {
            Carrier::Dacl(pass, index) => (stage_of(pass), format!("{index}")),
            Carrier::Sacl(index) => ("audit", format!("{index}")),
            Carrier::PolicySacl(entry, rule, index) => {
                ("audit", format!("policy {entry} rule {rule} {index}"))
            }
            Carrier::AppliesTo(entry, rule) => ("policy", format!("policy {entry} rule {rule}")),
        };
        let side = match condition.side {
            Side::Allow => "allow",
            Side::Deny => "deny",
        };
        let mut text = format!("{carrier} condition ({side} side) is {}", condition.truth.letter());
        let mut separator = ": ";
        for read in &condition.record.reads {
            write!(text, "{separator}{}{} = ", namespace(read.namespace), escape(&read.name))?;
            match &read.claim {
                Some(claim) => self.claim(&mut text, claim)?,
                None => text.push_str("absent"),
            }
            separator = ", ";
        }
        for test in &condition.record.members {
            let not = if test.via.is_some() { "" } else { "not " };
            let among = if test.device { "device" } else { "token" };
            write!(text, "{separator}{} {not}in {among}", self.names.full(test.sid))?;
            if let Some(via) = test.via {
                write!(text, " ({})", self.via(via))?;
            }
            separator = ", ";
        }
        for unknown in &condition.record.unknowns {
            write!(text, "{separator}{}", unknown_text(unknown))?;
            separator = ", ";
        }
        self.line(stage, format_args!("{text}"), "COND-1")
    }

    fn claim(&self, text: &mut String, claim: &Claim) -> fmt::Result {
        let mut values: Vec<String> = match &claim.values {
            ClaimValues::Int64(values) => values.iter().map(ToString::to_string).collect(),
            ClaimValues::Uint64(values) => values.iter().map(ToString::to_string).collect(),
            ClaimValues::Boolean(values) => values.iter().map(|value| u8::from(*value).to_string()).collect(),
            ClaimValues::String(values) => {
                values.iter().map(|value| format!("\"{}\"", escape(&shortened(value)))).collect()
            }
            ClaimValues::Sid(values) => values.iter().map(|sid| self.names.name(*sid).into_owned()).collect(),
            ClaimValues::Octet(values) => values
                .iter()
                .map(|bytes| {
                    let head: String = bytes.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
                    format!("#{head}{}", if bytes.len() > 16 { "…" } else { "" })
                })
                .collect(),
        };
        let more = values.len().saturating_sub(8);
        values.truncate(8);
        match (values.as_slice(), more) {
            ([], _) => write!(text, "no value"),
            ([value], _) => write!(text, "{value}"),
            (values, 0) => write!(text, "{{{}}}", values.join(", ")),
            (values, more) => write!(text, "{{{}, and {more} more}}", values.join(", ")),
        }
    }

    fn policy(&mut self, fact: &'a Fact) -> fmt::Result {
        let name = |entry: u16| {
            let sid = self.explanation.policy_sid(entry);
            sid.map_or(Cow::Borrowed(""), |sid| self.names.name(sid))
        };
        match fact {
            Fact::RuleBegin(position) => {
                let begun = self.explanation.rules.get(*position as usize);
                let Some(RuleFact { entry, rule, staged, recovery, dacl }) = begun else { return Ok(()) };
                let name = name(*entry);
                let staged = if *staged { "staged " } else { "" };
                let (text, code) = if *recovery {
                    (format!("{name} is not known: recovery rule"), "CAP-5")
                } else {
                    (format!("{name} {staged}rule {rule}, without intents"), "CAP-4")
                };
                self.line("policy", format_args!("{text}"), code)?;
                self.rule = dacl.as_deref().or(Some(&NO_ACL));
                Ok(())
            }
            Fact::RuleEnd { entry, rule, staged, error, removed, .. } => {
                self.rule = None;
                let name = name(*entry);
                let error = if *error { "cannot be evaluated, " } else { "" };
                let would = if *staged { "would remove" } else { "removes" };
                let removed = self.mask(*removed);
                self.line("policy", format_args!("{name} rule {rule} {error}{would} {removed}"), "CAP-2")
            }
            Fact::PolicyAgain(entry) => {
                let name = name(*entry);
                self.line(
                    "policy",
                    format_args!("{name} is named again by {entry}: it narrowed already"),
                    "CAP-7",
                )
            }
            Fact::RuleSkipped { entry, rule, truth } => {
                let name = name(*entry);
                let text = format_args!("{name} rule {rule} does not apply: {}", truth.letter());
                self.line("policy", text, if *truth == Truth::Unknown { "CAP-6" } else { "CAP-2" })
            }
            _ => Ok(()),
        }
    }

    /// What became of the request, bit by bit (TRC-1, TRC-2). Bits with the same story share a line.
    fn result(&mut self) -> fmt::Result {
        let explanation = self.explanation;
        let outcome = match &explanation.outcome {
            Some(Ok(outcome)) => outcome,
            Some(Err(error)) => {
                return self.line("result", format_args!("no decision: {}", error.name()), error.rule());
            }
            None => return Ok(()),
        };
        let (raw, kept) = (self.mask(outcome.raw), self.mask(outcome.kept));
        let text = format_args!("{}: raw {raw}; kept {kept}", outcome.status.name());
        self.line("result", text, "RES-4")?;
        let mut groups: Vec<(AccessMask, bool, Decider, Vec<Decider>)> = Vec::new();
        for entry in explanation.ledger() {
            match groups.iter_mut().find(|(_, granted, decider, also)| {
                (*granted, *decider) == (entry.granted, entry.decider) && *also == entry.also
            }) {
                Some((bits, ..)) => *bits |= entry.bit,
                None => groups.push((entry.bit, entry.granted, entry.decider, entry.also)),
            }
        }
        for (bits, granted, decider, also) in groups {
            let verdict = if granted { "granted" } else { "denied" };
            let mut text = format!("{verdict} by {}", self.decider(&decider));
            if !also.is_empty() {
                let also: Vec<String> = also.iter().map(|decider| self.decider(decider)).collect();
                write!(text, "; also {}", also.join(", "))?;
            }
            let bits = self.mask(bits);
            self.line("bits", format_args!("{bits}: {text}"), decider.rule())?;
        }
        if let Reason::Empty = explanation.reason() {
            self.line("result", format_args!("nothing was granted"), "RES-3")?;
        }
        Ok(())
    }

    fn decider(&self, decider: &Decider) -> String {
        let entry = |index: &Option<u16>| match index {
            Some(index) => format!(", deny_ace {index}"),
            None => ", no_ace".to_owned(),
        };
        match decider {
            Decider::Privilege(privilege) => format!("{privilege:?}"),
            Decider::PrivilegeMissing(privilege) => format!("the lack of {privilege:?}"),
            Decider::Integrity(Some(index)) => format!("integrity, label {index}"),
            Decider::Integrity(None) => "integrity, default label".to_owned(),
            Decider::Trust(index) => format!("trust, label {index}"),
            Decider::Ownership => "ownership".to_owned(),
            Decider::NullDacl => "the NULL DACL".to_owned(),
            Decider::Ace { deny, index, via } => {
                let name = self.explanation.dacl_entry(*index).map(|ace| self.names.name(ace.sid));
                let verb = if *deny { "deny_ace" } else { "allow_ace" };
                let via = via.map(|via| format!(" via {}", self.via(via))).unwrap_or_default();
                format!("{verb} {index} ({}{via})", name.unwrap_or_default())
            }
            Decider::NoAce => "no_ace".to_owned(),
            Decider::Restricted(index) => format!("restricted{}", entry(index)),
            Decider::Confinement(index) => format!("confinement{}", entry(index)),
            Decider::Policy(index, rule) => {
                let sid = self.explanation.policy_sid(*index);
                let name = sid.map_or(Cow::Borrowed(""), |sid| self.names.name(sid));
                format!("policy {name} rule {rule}")
            }
        }
    }

    fn note(&mut self, note: &Note) -> fmt::Result {
        let mut text = format!("{}: ", note.kind.name());
        text.push_str(match note.kind {
            NoteKind::Order => "it denies what an earlier entry had granted",
            NoteKind::InheritOnly => "it would match, but counts for children only",
            NoteKind::DenyOnly => "it would grant, were the SID not deny-only",
            NoteKind::Disabled => "it would match, were the group enabled",
            NoteKind::Intent => "it would grant, had the request its intent",
            NoteKind::PrivilegeOff => "it would help, were it enabled",
            NoteKind::Unknown => "its condition is UNKNOWN",
            NoteKind::OwnerRights => "it takes the owner's implicit rights",
            NoteKind::Shared => "these rights fell with another category that they belong to",
            NoteKind::Strict => "it would grant, did the token name all packages",
        });
        match (note.ace, note.privilege) {
            (Some(index), _) => write!(text, " (entry {index}, {})", stage_of(note.pass))?,
            (None, Some(privilege)) => write!(text, " ({privilege:?})")?,
            (None, None) => {}
        }
        let (mapped, maximum) = self.explanation.asked();
        let bits = if maximum { note.bits } else { note.bits & mapped };
        if !maximum && !bits.is_empty() {
            write!(text, ": {}", self.mask(bits))?;
        }
        self.line("note", format_args!("{text}"), "TRC-6")
    }
}

static NO_ACL: Acl = Acl { revision: 2, aces: Vec::new() };

fn stage_of(pass: Pass) -> &'static str {
    match pass {
        Pass::Normal => "dacl",
        Pass::Restricted => "restricted",
        Pass::Confined => "confinement",
    }
}

fn level_name(level: u32) -> String {
    let row = IntegrityLevel::ALL.iter().find(|row| row.1 == level);
    row.map_or_else(|| level.to_string(), |row| row.2.to_owned())
}

fn namespace(namespace: Namespace) -> &'static str {
    match namespace {
        Namespace::Local => "@Local.",
        Namespace::User => "@User.",
        Namespace::Resource => "@Resource.",
        Namespace::Device => "@Device.",
    }
}

/// The first characters of a long text: one decision is to fit a screen.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

fn unknown_text(reason: &UnknownReason) -> String {
    match reason {
        UnknownReason::MissingAttribute(space, name) => {
            format!("missing-attribute {}{}", namespace(*space), escape(name))
        }
        UnknownReason::HiddenAttribute(space, name, flags) => {
            format!("hidden-attribute {}{} (flag {:#x})", namespace(*space), escape(name), flags.bits())
        }
        UnknownReason::TypeMismatch => "type-mismatch".to_owned(),
        UnknownReason::BadOperand => "literal-as-boolean".to_owned(),
        UnknownReason::BadMembershipOperand => "bad-membership-operand".to_owned(),
        UnknownReason::MembershipNotAllowed => "membership-not-allowed".to_owned(),
        UnknownReason::ExistsOutOfScope(space) => format!("exists-out-of-scope {}", namespace(*space)),
        UnknownReason::Malformed(offset) => format!("malformed at byte {offset}"),
        UnknownReason::Limit => "limit".to_owned(),
        UnknownReason::BadFinalStack => "bad-final-stack".to_owned(),
    }
}
