//! `change`, `add` and `remove`: the one vocabulary of what overlays change before a world is built, and `world` while it
//! runs. A statement becomes a [`Change`]; whoever holds the changes makes them.

use std::sync::Arc;

use sim_core::ids::ProcessId;
use sim_core::rights::ObjectType;
use sim_core::sd::AceEffect;
use sim_core::sd::edit::{Description, Place};
use sim_core::world::change::{
    Change, DescriptorChange, EntryEdit, NewList, ObjectChange, PartsChange, PolicyChange, PrincipalChange,
    ProcessChange, RuleChange, RuleParts, ShapeChange, ValueChange,
};
use sim_core::world::declare::{DaclDecl, DescriptorParts, SaclDecl, SaclEntry, SecurityDecl};

use super::args::{Args, Read, unknown};
use super::declare::process_trust;
use super::paths::{check_path, path_of};
use super::security::{ACE_FLAGS, AUDIT_FLAGS, both_whole_and_parts};
use super::shape::SHAPE_WORDS;
use super::steps::value_data;
use super::{PrincipalKind, Resolver};
use crate::ast::{Block, Op, Part, PartKind, Prep, Span, Spanned, Stmt};
use crate::codes;
use crate::diag::Diagnostic;

/// The words that begin a change.
pub(super) const CHANGE_WORDS: &[&str] = &["change", "add", "remove"];

/// What can be changed, added and removed.
pub(super) const SUBJECTS: &[&str] =
    &["file", "directory", "key", "volume", "user", "group", "app", "process", "service", "policy"];

impl Resolver<'_> {
    /// The first pass over an `add`: the name that it gives. `whole` is the statement without the word `add`.
    pub(super) fn collect_added(&mut self, stmt: &Stmt) -> Read<()> {
        let Some(whole) = without_first_word(stmt) else { return Ok(()) };
        let Some(head) = &whole.head else { return Ok(()) };
        let head = Spanned { value: head.value.as_str(), span: head.span };
        match head.value {
            "user" | "group" | "app" => self.collect_principal(&whole, head),
            "policy" => self.collect_policy(&whole, head),
            _ => Ok(()),
        }
    }

    /// Reads a `change`, an `add` or a `remove`.
    pub(super) fn change(&mut self, stmt: &Stmt, head: Spanned<&str>) -> Read<Change> {
        let Some(inner) = without_first_word(stmt) else {
            let args = Args::new(&stmt.parts, head.span);
            return Err(args.expected(&format!("what to {}, such as `file \"/srv/notes\"`", head.value)));
        };
        let subject =
            inner.head.as_ref().map_or(head, |word| Spanned { value: word.value.as_str(), span: word.span });
        if !SUBJECTS.contains(&subject.value) {
            let known = SUBJECTS.iter().copied();
            return Err(unknown(codes::HEAD, subject.span, "kind of thing", subject.value, known));
        }
        match head.value {
            "add" => self.addition(&inner, subject),
            "remove" => self.removal(&inner, subject),
            _ => self.modification(&inner, subject),
        }
    }

    fn addition(&mut self, stmt: &Stmt, head: Spanned<&str>) -> Read<Change> {
        if let Some(class) = object_class(head.value) {
            let (_, object) = self.object_decl(stmt, class, head)?;
            return Ok(Change::AddObject(Box::new(object)));
        }
        if head.value == "volume" {
            return Err(self.not_built(head.span, "`add volume`"));
        }
        let mut args = Args::new(&stmt.parts, head.span);
        let name = args.name(&format!("the name of the {}", head.value))?;
        let block = args.optional_block().map(|block| block.value);
        if head.value == "policy" {
            let (sid, _) = self.policies.get(&name.value).copied().ok_or_else(|| self.no_policy(&name))?;
            return Ok(Change::AddPolicy(Box::new(self.policy_decl(&name.value, sid, block))));
        }
        let Some(kind) = principal_kind(head.value) else {
            return Err(self.not_built(head.span, &format!("`add {}`", head.value)));
        };
        let sid = self.sid_of(&name)?;
        Ok(Change::AddPrincipal(Box::new(self.principal_decl(&name.value, kind, sid, block))))
    }

    fn removal(&mut self, stmt: &Stmt, head: Spanned<&str>) -> Read<Change> {
        let mut args = Args::new(&stmt.parts, head.span);
        let change = if let Some(class) = object_class(head.value) {
            let path = args.text("a path in quotes")?;
            check_path(&path, class)?;
            Change::RemoveObject(class, path_of(&path.value, class))
        } else if head.value == "policy" {
            Change::RemovePolicy(self.policy_named(&mut args)?)
        } else if let Some(kind) = principal_kind(head.value) {
            Change::RemovePrincipal(self.principal_of_kind(&mut args, kind, head)?)
        } else {
            return Err(self.not_built(head.span, &format!("`remove {}`", head.value)));
        };
        args.finish(head.value)?;
        Ok(change)
    }

    fn modification(&mut self, stmt: &Stmt, head: Spanned<&str>) -> Read<Change> {
        let mut args = Args::new(&stmt.parts, head.span);
        if let Some(class) = object_class(head.value) {
            let path = args.text("a path in quotes")?;
            check_path(&path, class)?;
            let block = args.block("`{` and what changes")?;
            args.finish(head.value)?;
            let (security, values) = self.object_changes(block.value, class);
            let path = path_of(&path.value, class);
            return Ok(Change::Object(Box::new(ObjectChange { path, class, security, values })));
        }
        match head.value {
            "volume" => Ok(Change::Volume(Box::new(self.volume_change(&mut args)?))),
            "process" | "service" => {
                let name = args.name("a process or service")?;
                let process = self.process(&name)?.index();
                let block = args.block("`{` and what changes")?;
                args.finish(head.value)?;
                let change = self.process_changes(block.value, process);
                Ok(Change::Process(Box::new(change)))
            }
            "policy" => {
                let sid = self.policy_named(&mut args)?;
                let block = args.block("`{` and rules")?;
                args.finish(head.value)?;
                self.rule_entries.inside = true;
                let rules = self.rule_changes(block.value);
                self.rule_entries.inside = false;
                Ok(Change::Policy(Box::new(PolicyChange { sid, rules })))
            }
            _ => {
                let kind = principal_kind(head.value).unwrap_or(PrincipalKind::User);
                let sid = self.principal_of_kind(&mut args, kind, head)?;
                let block = args.block("`{` and what changes")?;
                args.finish(head.value)?;
                let mut shape = ShapeChange::default();
                for stmt in &block.value.stmts {
                    let read = self.head_of(stmt, "a property such as `groups`").and_then(|property| {
                        self.fixed_property(property)?;
                        if !kind.logs_on() {
                            return Err(Diagnostic::error(
                                codes::ARGUMENT,
                                property.span,
                                format!("nothing of a declared {} can change", head.value),
                            )
                            .label("not a property that changes")
                            .help("who is in a group is said at the user: `groups staff`"));
                        }
                        self.shape_change(stmt, property, &mut shape)
                    });
                    if let Err(diagnostic) = read {
                        self.report(diagnostic);
                    }
                }
                Ok(Change::Principal(Box::new(PrincipalChange { sid, shape })))
            }
        }
    }

    /// A SID stays what it is: another one would be another principal (TOK-2).
    fn fixed_property(&self, head: Spanned<&str>) -> Read<()> {
        if !matches!(head.value, "rid" | "sid") {
            return Ok(());
        }
        let message = "the SID of a principal does not change: another one would be somebody else";
        Err(Diagnostic::error(codes::ARGUMENT, head.span, message).label("cannot change"))
    }

    /// A declared principal of a kind.
    fn principal_of_kind(
        &mut self,
        args: &mut Args<'_>,
        kind: PrincipalKind,
        head: Spanned<&str>,
    ) -> Read<sim_core::sid::Sid> {
        let name = args.name(&format!("the name of the {}", head.value))?;
        match self.principals.get(&name.value) {
            Some((sid, known, _)) if *known == kind => Ok(*sid),
            Some((_, _, first)) => {
                let message = format!("`{}` is not declared as a {}", name.value, head.value);
                Err(Diagnostic::error(codes::KIND, name.span, message)
                    .label(format!("not a {}", head.value))
                    .related(*first, "declared here"))
            }
            None => {
                let declared = self.principals.iter().filter(|(_, (_, known, _))| *known == kind);
                let names: Vec<&str> = declared.map(|(name, _)| name.as_str()).collect();
                Err(unknown(codes::UNKNOWN_NAME, name.span, head.value, &name.value, names.into_iter()))
            }
        }
    }

    fn object_changes(&mut self, block: &Block, class: ObjectType) -> (DescriptorChange, Vec<ValueChange>) {
        let mut parts = PartsChange::default();
        let mut whole = None;
        let mut values = Vec::new();
        for stmt in &block.stmts {
            let read = self.head_of(stmt, "a property such as `dacl`").and_then(|head| {
                if class == ObjectType::Key && head.value == "value" {
                    values.push(value_change(stmt, head)?);
                    return self.no_expectation(stmt);
                }
                self.part_change(stmt, head, class, &mut parts, &mut whole)
            });
            if let Err(diagnostic) = read {
                self.report(diagnostic);
            }
        }
        let security = match whole {
            Some((whole, span)) => {
                if parts != PartsChange::default() {
                    self.report(both_whole_and_parts(span));
                }
                DescriptorChange::Whole(whole)
            }
            None => DescriptorChange::Parts(parts),
        };
        (security, values)
    }

    fn part_change(
        &mut self,
        stmt: &Stmt,
        head: Spanned<&str>,
        class: ObjectType,
        parts: &mut PartsChange,
        whole: &mut Option<(SecurityDecl, Span)>,
    ) -> Read<()> {
        let mut args = Args::new(&stmt.parts, head.span);
        match head.value {
            "owner" => {
                let sid = self.principal(&mut args)?;
                self.once(parts.owner.replace(sid).is_some(), head)?;
            }
            "group" => {
                let sid = self.principal(&mut args)?;
                self.once(parts.group.replace(sid).is_some(), head)?;
            }
            "dacl" => {
                let change = self.dacl_change(&mut args, class)?;
                self.once(parts.dacl.replace(change).is_some(), head)?;
            }
            "sacl" => {
                let change = self.sacl_change(&mut args, class)?;
                self.once(parts.sacl.replace(change).is_some(), head)?;
            }
            _ => {
                let Some(read) = self.whole_descriptor(head, &mut args, class)? else {
                    let known = ["owner", "group", "dacl", "sacl", "sddl", "sd", "value"];
                    return Err(unknown(codes::HEAD, head.span, "property", head.value, known.into_iter()));
                };
                self.once(whole.replace((read, head.span)).is_some(), head)?;
            }
        }
        args.finish(head.value)?;
        self.no_expectation(stmt)
    }

    /// What becomes of a DACL: another list, or edits of the one that is there.
    fn dacl_change(&mut self, args: &mut Args<'_>, class: ObjectType) -> Read<NewList<DaclDecl>> {
        match self.entry_edits(args, class, false)? {
            Some(edits) => Ok(NewList::Edits(edits)),
            None => self.dacl(args, class).map(NewList::Whole),
        }
    }

    fn sacl_change(&mut self, args: &mut Args<'_>, class: ObjectType) -> Read<NewList<SaclDecl>> {
        match self.entry_edits(args, class, true)? {
            Some(edits) => Ok(NewList::Edits(edits)),
            None => self.sacl(args, class).map(NewList::Whole),
        }
    }

    /// The edits of a `{ add …; remove … }`; `None`, and nothing is taken, if what comes is a whole list.
    fn entry_edits(
        &mut self,
        args: &mut Args<'_>,
        class: ObjectType,
        sacl: bool,
    ) -> Read<Option<Vec<EntryEdit>>> {
        let block = args.rest().iter().find_map(|part| match &part.value {
            PartKind::Block(block) => Some(block),
            _ => None,
        });
        let is_edit = |stmt: &&Stmt| {
            stmt.head.as_ref().is_some_and(|head| matches!(head.value.as_str(), "add" | "remove"))
        };
        let Some(first) = block.and_then(|block| block.stmts.iter().find(is_edit)) else { return Ok(None) };
        if matches!(args.peek(), Some(Part { value: PartKind::Word(_), .. })) {
            return Err(Diagnostic::error(
                codes::ARGUMENT,
                args.here(),
                "`add` and `remove` edit the entries of a list, and leave the rest of it as it is",
            )
            .label("belongs to a whole list"));
        }
        let block = args.block("`{` and edits")?;
        let mut edits = Vec::new();
        for stmt in &block.value.stmts {
            let read = if is_edit(&stmt) {
                self.entry_edit(stmt, class, sacl)
            } else {
                Err(Diagnostic::error(
                    codes::ARGUMENT,
                    stmt.span,
                    "a list either changes with `add` and `remove`, or is given whole without them",
                )
                .label("neither added nor removed")
                .related(first.span, "this edits the list that is there"))
            };
            match read {
                Ok(edit) => edits.push(edit),
                Err(diagnostic) => self.report(diagnostic),
            }
        }
        Ok(Some(edits))
    }

    /// `add [first|last] ENTRY`, `remove DESCRIPTION`
    fn entry_edit(&mut self, stmt: &Stmt, class: ObjectType, sacl: bool) -> Read<EntryEdit> {
        let head = self.head_of(stmt, "`add` or `remove`")?;
        let Some(mut entry) = without_first_word(stmt) else {
            let what = if sacl { "an entry such as `audit`" } else { "`allow` or `deny`" };
            return Err(Args::new(&stmt.parts, head.span).expected(what));
        };
        if head.value == "remove" {
            return self.description(&entry, class, sacl).map(EntryEdit::Remove);
        }
        let mut place = Place::Canonical;
        if let Some(word) = &entry.head
            && let Some((_, wanted)) = PLACES.iter().find(|(name, _)| *name == word.value)
        {
            place = *wanted;
            let span = word.span;
            entry = without_first_word(&entry)
                .ok_or_else(|| Args::new(&[], span).expected("the entry to add"))?;
        }
        let read =
            if sacl { self.sacl_entry(&entry, class)? } else { SaclEntry::Ace(self.ace(&entry, class)?) };
        Ok(EntryEdit::Add(place, read))
    }

    /// What stands behind `remove`: as much of an entry as tells which are meant.
    fn description(&mut self, stmt: &Stmt, class: ObjectType, sacl: bool) -> Read<Description> {
        let head = self.head_of(stmt, "an entry")?;
        let effects: Vec<(&str, AceEffect)> =
            EFFECTS.iter().filter(|row| row.2 == sacl).map(|(name, effect, _)| (*name, *effect)).collect();
        let effect = super::args::choose(head, "kind of entry", &effects)
            .map_err(|found| found.help("an entry is named as it stands: `remove allow staff`"))?;
        let mut description = Description::of(effect);
        let mut args = Args::new(&stmt.parts, head.span);
        match effect {
            AceEffect::Allow | AceEffect::Deny | AceEffect::Audit | AceEffect::Alarm => {
                description.sid = Some(self.principal(&mut args)?);
                if matches!(args.peek(), Some(Part { value: PartKind::Word(_) | PartKind::Number(_), .. })) {
                    description.mask = Some(self.rights(&mut args, class)?);
                }
                if let Some(list) = args.flags() {
                    let table = if sacl { AUDIT_FLAGS } else { ACE_FLAGS };
                    description.flags = Some(self.ace_flags(list, class, table)?);
                }
                let more = matches!(
                    args.peek(),
                    Some(Part { value: PartKind::Prep(Prep::On) | PartKind::Condition(_), .. })
                );
                if more {
                    let ace = self.finish_ace(
                        sim_core::sd::AceType::ALLOW,
                        sim_core::sid::EVERYONE,
                        sim_core::rights::AccessMask::NONE,
                        &mut args,
                    )?;
                    description.body = Some(ace.body);
                }
            }
            AceEffect::Label if args.peek().is_some() => {
                let policies = args.rest().len() > 1;
                if let SaclEntry::Label(level, policy, _) = self.label(&mut args, class)? {
                    description.sid = sim_core::sid::Sid::new(16, &[level.rid()]);
                    description.label = policies.then_some(policy);
                }
            }
            AceEffect::Attribute if args.peek().is_some() => {
                description.attribute = Some(args.name("the name of an attribute")?.value.into());
            }
            AceEffect::Policy if args.peek().is_some() => {
                description.sid = Some(self.policy_named(&mut args)?);
            }
            AceEffect::Label | AceEffect::Attribute | AceEffect::Policy | AceEffect::Trust => {}
        }
        args.finish(head.value)?;
        self.no_expectation(stmt)?;
        Ok(description)
    }

    fn process_changes(&mut self, block: &Block, process: usize) -> ProcessChange {
        let mut change = ProcessChange { process, ..ProcessChange::default() };
        for stmt in &block.stmts {
            let read = self.head_of(stmt, "a property such as `privileges`").and_then(|head| {
                self.fixed_property(head)?;
                let mut args = Args::new(&stmt.parts, head.span);
                match head.value {
                    "account" => {
                        let sid = self.principal(&mut args)?;
                        self.once(change.account.replace(sid).is_some(), head)?;
                    }
                    "pip" => {
                        let trust = process_trust(&mut args)?;
                        self.once(change.trust.replace(trust).is_some(), head)?;
                    }
                    "endpoint" => {
                        let endpoint = self.endpoint_change(&mut args, process)?;
                        change.endpoints.push(endpoint);
                    }
                    name if SHAPE_WORDS.contains(&name) => {
                        return self.shape_change(stmt, head, &mut change.shape);
                    }
                    name => {
                        let known = SHAPE_WORDS.iter().copied().chain(["account", "pip", "endpoint"]);
                        return Err(unknown(codes::HEAD, head.span, "property that changes", name, known)
                            .help("threads and their steps stay as they are declared"));
                    }
                }
                args.finish(head.value)?;
                self.no_expectation(stmt)
            });
            if let Err(diagnostic) = read {
                self.report(diagnostic);
            }
        }
        change
    }

    /// Who may connect to an endpoint of a service.
    fn endpoint_change(&mut self, args: &mut Args<'_>, process: usize) -> Read<(usize, PartsChange)> {
        let name = args.name("the name of an endpoint")?;
        let block = args.block("`{` and what changes, such as `dacl { … }`")?;
        let position = self.endpoint_of(ProcessId(process as u32), &name)?.index();
        let parts = match self.object_changes(block.value, ObjectType::Endpoint).0 {
            DescriptorChange::Parts(parts) => parts,
            DescriptorChange::Whole(whole) => {
                let DescriptorParts { owner, group, dacl, sacl } = self.parts_of_whole(whole, block.value);
                let (dacl, sacl) = (dacl.map(NewList::Whole), sacl.map(NewList::Whole));
                PartsChange { owner, group, dacl, sacl }
            }
        };
        Ok((position, parts))
    }

    /// A property of a token's shape; what a declaration cannot take away, a change can.
    fn shape_change(&mut self, stmt: &Stmt, head: Spanned<&str>, change: &mut ShapeChange) -> Read<()> {
        let mut args = Args::new(&stmt.parts, head.span);
        match head.value {
            "claims" | "device_claims" => {
                let block = args.block("`{` and claims such as `department = \"finance\"`")?;
                let mut removed = Vec::new();
                let claims = self.claim_block(block.value, Some(&mut removed));
                if head.value == "claims" {
                    change.shape.claims.extend(claims);
                    change.removed_claims.extend(removed);
                } else {
                    change.shape.device_claims.extend(claims);
                    change.removed_device_claims.extend(removed);
                }
            }
            "device_groups" if stmt.parts.iter().any(is_removed) => {
                change.removed_device_groups.extend(self.principals(&mut args)?);
                args.flags();
            }
            "add" | "remove" => {
                let what = format!("there is no `{}` in front of a property", head.value);
                return Err(Diagnostic::error(codes::HEAD, head.span, what)
                    .label("expected the property itself")
                    .help("`groups staff` adds, `groups staff (removed)` takes away"));
            }
            _ => return self.shape_property(stmt, head, &mut change.shape),
        }
        args.finish(head.value)?;
        self.no_expectation(stmt)
    }

    fn rule_changes(&mut self, block: &Block) -> Vec<RuleChange> {
        let mut rules = Vec::new();
        for stmt in &block.stmts {
            let read = self.head_of(stmt, "`rule`").and_then(|head| {
                if head.value != "rule" {
                    let known = ["rule"].into_iter();
                    return Err(unknown(codes::HEAD, head.span, "property that changes", head.value, known));
                }
                let mut args = Args::new(&stmt.parts, head.span);
                let name: Arc<str> = args.name("the name of the rule")?.value.into();
                if args.peek().is_some_and(is_removed) {
                    args.take();
                    args.finish("rule")?;
                    return Ok(RuleChange::Remove(name));
                }
                let block = args.block("`{` and what changes, or `(removed)`")?;
                args.finish("rule")?;
                self.rule_parts(block.value, name).map(|parts| RuleChange::Change(Box::new(parts)))
            });
            match read {
                Ok(rule) => rules.push(rule),
                Err(diagnostic) => self.report(diagnostic),
            }
        }
        rules
    }

    fn rule_parts(&mut self, block: &Block, name: Arc<str>) -> Read<RuleParts> {
        let mut parts = RuleParts { name, ..RuleParts::default() };
        for stmt in &block.stmts {
            let head = self.head_of(stmt, "`when`, `dacl`, `sacl` or `staged`")?;
            let mut args = Args::new(&stmt.parts, head.span);
            let staged = head.value == "staged";
            let what = if staged { args.word("`dacl` or `sacl`")?.value } else { head.value };
            let removed = args.peek().is_some_and(is_removed);
            match (what, staged) {
                ("when", false) => {
                    if let Some(Part { value: PartKind::Condition(text), span }) = args.take() {
                        parts.applies_to = Some(self.condition_program(text, *span)?);
                    }
                }
                ("dacl", true) if removed => parts.staged_dacl = Some(None),
                ("dacl", true) => parts.staged_dacl = Some(Some(self.rule_dacl(&mut args)?)),
                ("dacl", false) => parts.dacl = Some(self.rule_dacl(&mut args)?),
                ("sacl", true) if removed => parts.staged_sacl = Some(None),
                ("sacl", true) => parts.staged_sacl = Some(Some(self.sacl(&mut args, ObjectType::File)?)),
                ("sacl", false) if removed => parts.sacl = Some(None),
                ("sacl", false) => parts.sacl = Some(Some(self.sacl(&mut args, ObjectType::File)?)),
                _ => {
                    let known = ["when", "dacl", "sacl", "staged"].into_iter();
                    return Err(unknown(codes::HEAD, head.span, "property of a rule", what, known));
                }
            }
            if removed {
                args.take();
            }
            args.finish(head.value)?;
            self.no_expectation(stmt)?;
        }
        Ok(parts)
    }

    fn rule_dacl(&mut self, args: &mut Args<'_>) -> Read<NewList<Vec<sim_core::sd::Ace>>> {
        match self.dacl_change(args, ObjectType::File)? {
            NewList::Edits(edits) => Ok(NewList::Edits(edits)),
            NewList::Whole(DaclDecl::List { aces, .. }) => Ok(NewList::Whole(aces)),
            NewList::Whole(DaclDecl::Null) => Err(args.expected("`{` and the entries")),
        }
    }
}

/// Where an entry is put that is added.
pub(super) const PLACES: &[(&str, Place)] = &[("first", Place::First), ("last", Place::Last)];

/// Entries by what they do, and whether they stand in a SACL.
const EFFECTS: &[(&str, AceEffect, bool)] = &[
    ("allow", AceEffect::Allow, false),
    ("deny", AceEffect::Deny, false),
    ("audit", AceEffect::Audit, true),
    ("alarm", AceEffect::Alarm, true),
    ("label", AceEffect::Label, true),
    ("trust", AceEffect::Trust, true),
    ("attribute", AceEffect::Attribute, true),
    ("policy", AceEffect::Policy, true),
];

/// The statement that begins with the first part of this one, if that is a word.
fn without_first_word(stmt: &Stmt) -> Option<Stmt> {
    let (first, rest) = stmt.parts.split_first()?;
    let PartKind::Word(word) = &first.value else { return None };
    Some(Stmt {
        doc: Vec::new(),
        at: None,
        bind: None,
        head: Some(Spanned { value: word.clone(), span: first.span }),
        parts: rest.to_vec(),
        expects: Vec::new(),
        span: first.span.to(stmt.span),
    })
}

fn object_class(word: &str) -> Option<ObjectType> {
    match word {
        "file" => Some(ObjectType::File),
        "directory" => Some(ObjectType::Directory),
        "key" => Some(ObjectType::Key),
        _ => None,
    }
}

fn principal_kind(word: &str) -> Option<PrincipalKind> {
    match word {
        "user" => Some(PrincipalKind::User),
        "group" => Some(PrincipalKind::Group),
        "app" => Some(PrincipalKind::App),
        "machine" => Some(PrincipalKind::Machine),
        _ => None,
    }
}

/// `(removed)`
pub(super) fn is_removed(part: &Part) -> bool {
    let PartKind::Flags(flags) = &part.value else { return false };
    matches!(flags.as_slice(), [Part { value: PartKind::Word(word), .. }] if word == "removed")
}

/// `value "NAME" = DATA`, `value "NAME" (removed)`
fn value_change(stmt: &Stmt, head: Spanned<&str>) -> Read<ValueChange> {
    let mut args = Args::new(&stmt.parts, head.span);
    let name = args.text("the name of the value in quotes")?;
    let mut data = None;
    if args.peek().is_some_and(is_removed) {
        args.take();
    } else {
        args.op(Op::Assign).ok_or_else(|| args.expected("`=` and the data, or `(removed)`"))?;
        data = Some(value_data(&mut args)?);
    }
    args.finish("value")?;
    Ok((name.value.into(), data))
}
