//! Rights, access-control entries and the parts of descriptors.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sim_core::ids::Guid;
use sim_core::model::{DEFAULT, MODELS};
use sim_core::rights::{AccessMask, ObjectType, RIGHTS, Right};
use sim_core::sd::condition::{Claim, ClaimFlags, ClaimValues};
use sim_core::sd::sddl::{self, SddlContext, SddlProblem};
use sim_core::sd::{
    ACE_TYPES, Ace, AceBody, AceFlags, AceShape, AceType, LabelPolicy, ObjectGuids, SecurityDescriptor,
};
use sim_core::sd::{condition_text, condition_wire};
use sim_core::sid::Sid;
use sim_core::token::IntegrityLevel;
use sim_core::trace::rights::GENERIC_WORDS;
use sim_core::world::declare::{
    DaclDecl, DescriptorParts, PolicyDecl, PolicyRuleDecl, SaclDecl, SaclEntry, SecurityDecl,
};

use super::Resolver;
use super::args::{Args, Read, choose, unknown};
use super::declare::{FILE_WORDS, PROTECTIONS, number32};
use crate::ast::{Block, Op, Part, PartKind, Prep, Span, Spanned, Stmt, Word};
use crate::codes;
use crate::diag::Diagnostic;
use crate::lint;

/// What an object says of its descriptor.
pub(super) const OBJECT_WORDS: &[&str] = &["owner", "group", "dacl", "sacl", "sddl", "sd"];

/// Kinds of entries in a DACL.
pub(super) const ENTRIES: &[&str] = &["allow", "deny"];

/// Kinds of entries in a SACL.
pub(super) const SACL_ENTRIES: &[&str] = &["audit", "alarm", "label", "trust", "attribute", "policy"];

/// What a rule of a policy has.
pub(super) const RULE_WORDS: &[&str] = &["when", "dacl", "sacl", "staged"];

/// The flags of entries in a DACL.
pub(crate) const ACE_FLAGS: &[(&str, AceFlags)] = &[
    ("inherit", AceFlags::OBJECT_INHERIT.union(AceFlags::CONTAINER_INHERIT)),
    ("inherit_files", AceFlags::OBJECT_INHERIT),
    ("inherit_dirs", AceFlags::CONTAINER_INHERIT),
    ("inherit_only", AceFlags::INHERIT_ONLY),
    ("no_propagate", AceFlags::NO_PROPAGATE),
    ("inherited", AceFlags::INHERITED),
];

/// The flags of audit entries in a SACL.
pub(crate) const AUDIT_FLAGS: &[(&str, AceFlags)] = &[
    ("success", AceFlags::SUCCESSFUL_ACCESS),
    ("failure", AceFlags::FAILED_ACCESS),
    ("inherit", AceFlags::OBJECT_INHERIT.union(AceFlags::CONTAINER_INHERIT)),
    ("inherit_files", AceFlags::OBJECT_INHERIT),
    ("inherit_dirs", AceFlags::CONTAINER_INHERIT),
    ("inherit_only", AceFlags::INHERIT_ONLY),
    ("no_propagate", AceFlags::NO_PROPAGATE),
    ("inherited", AceFlags::INHERITED),
];

/// What labels forbid.
pub(super) const LABEL_POLICIES: &[(&str, LabelPolicy)] = &[
    ("no_read_up", LabelPolicy::NO_READ_UP),
    ("no_write_up", LabelPolicy::NO_WRITE_UP),
    ("no_execute_up", LabelPolicy::NO_EXECUTE_UP),
];

/// Flags of claims; `uint` says the type.
pub(super) const CLAIM_FLAGS: &[(&str, ClaimFlags)] = &[
    ("case_sensitive", ClaimFlags::CASE_SENSITIVE),
    ("deny_only", ClaimFlags::USE_FOR_DENY_ONLY),
    ("disabled", ClaimFlags::DISABLED),
    ("mandatory", ClaimFlags::MANDATORY),
];

impl Resolver<'_> {
    /// `read, write`: rights separated by commas, up to whatever else comes.
    pub(super) fn rights(&self, args: &mut Args<'_>, class: ObjectType) -> Read<AccessMask> {
        let mut mask = AccessMask::NONE;
        loop {
            mask |= match args.peek() {
                Some(Part { value: PartKind::Number(number), span }) => {
                    let mask = u32::try_from(*number).map_err(|_| {
                        Diagnostic::error(codes::VALUE, *span, "a mask is a number of 32 bits")
                            .label("does not fit")
                    })?;
                    args.take();
                    AccessMask(mask)
                }
                _ => right_named(args.word("a right, such as `read`")?, class)?,
            };
            if !args.comma() {
                return Ok(mask);
            }
        }
    }

    /// The statements of a `dacl { … }`.
    fn aces(&mut self, block: &Block, class: ObjectType) -> Vec<Ace> {
        let mut aces = Vec::new();
        let mut places = Vec::new();
        for stmt in &block.stmts {
            match self.ace(stmt, class) {
                Ok(ace) => {
                    aces.push(ace);
                    places.push(stmt.span);
                }
                Err(diagnostic) => self.report(diagnostic),
            }
        }
        for doubt in lint::dacl(&aces, &places, class) {
            self.report(doubt);
        }
        aces
    }

    pub(super) fn ace(&mut self, stmt: &Stmt, class: ObjectType) -> Read<Ace> {
        let head = self.head_of(stmt, "`allow` or `deny`")?;
        let kind = match head.value {
            "allow" => AceType::ALLOW,
            "deny" => AceType::DENY,
            other if SACL_ENTRIES.contains(&other) => {
                return Err(Diagnostic::error(
                    codes::ARGUMENT,
                    head.span,
                    format!("`{}` stands in a `sacl`, not in a `dacl`", head.value),
                )
                .label("expected `allow` or `deny`"));
            }
            "add" | "remove" => {
                return Err(Diagnostic::error(
                    codes::ARGUMENT,
                    head.span,
                    format!("`{}` changes a list that is there: it stands in a `change`", head.value),
                )
                .label("expected `allow` or `deny`"));
            }
            other => {
                return Err(unknown(codes::WORD, head.span, "kind of entry", other, ENTRIES.iter().copied())
                    .help("an entry reads `allow alice read (inherit)`"));
            }
        };
        let mut args = Args::new(&stmt.parts, head.span);
        let first = args.peek();
        let sid = self.principal(&mut args).map_err(|diagnostic| match first {
            Some(Part { value: PartKind::Word(word), .. }) if known_right(word, class).is_some() => {
                diagnostic.help("an entry says whose it is before its rights: `allow alice read`")
            }
            _ => diagnostic,
        })?;
        let mask = self.rights(&mut args, class)?;
        self.rule_entries.entry(stmt.span, mask);
        let mut flags = AceFlags::empty();
        if let Some(list) = args.flags() {
            flags = self.ace_flags(list, class, ACE_FLAGS)?;
        }
        let ace = self.finish_ace(kind, sid, mask, &mut args)?.with_flags(flags);
        args.finish(head.value).map_err(|diagnostic| {
            diagnostic.help("an entry reads `allow alice read, write (inherit) on GUID when CONDITION`")
        })?;
        self.no_expectation(stmt)?;
        Ok(ace)
    }

    /// The rest of an entry: `on GUID` makes it an object entry, `when CONDITION` a callback one (ACE-3).
    pub(super) fn finish_ace(
        &mut self,
        kind: AceType,
        sid: Sid,
        mask: AccessMask,
        args: &mut Args<'_>,
    ) -> Read<Ace> {
        let mut guids = None;
        if args.prep(Prep::On).is_some() {
            match args.peek() {
                Some(Part { value: PartKind::Guid(text), .. }) => {
                    args.take();
                    guids = Some(ObjectGuids { object_type: Guid::parse(text), inherited_object_type: None });
                }
                _ => return Err(args.expected("a GUID")),
            }
        }
        let mut condition = None;
        if let Some(Part { value: PartKind::Condition(text), span }) = args.peek() {
            args.take();
            condition = Some(self.condition_program(text, *span)?);
        }
        let (shape, body) = match (guids, condition) {
            (None, None) => (AceShape::Basic, AceBody::Basic),
            (Some(guids), None) => (AceShape::Object, AceBody::Object(guids)),
            (None, Some(program)) => (AceShape::Callback, AceBody::Callback(program)),
            (Some(guids), Some(program)) => {
                (AceShape::CallbackObject, AceBody::CallbackObject(guids, program))
            }
        };
        let effect = kind.row().map(|row| row.effect);
        let row = ACE_TYPES.iter().find(|row| row.shape == shape && Some(row.effect) == effect);
        Ok(Ace { kind: row.map_or(kind, |row| row.value), body, ..Ace::basic(kind, sid, mask) })
    }

    /// The program of a condition, as bytes. Its text is that of SDDL.
    pub(super) fn condition_program(&mut self, text: &str, span: Span) -> Read<Vec<u8>> {
        // A scenario is read once for all models, so what is taken in is what each of them takes.
        let program = condition_text::parse(text, &self.text_context(None)).map_err(|error| {
            let place = Span {
                file: span.file,
                start: span.start + error.span.start as u32,
                end: span.start + error.span.end as u32,
            };
            Diagnostic::error(codes::CONDITION, place, format!("this condition cannot be read: {error}"))
                .label("here")
                .help("a condition reads `@User.clearance >= 3 && Member_of {SID(BA)}`")
        })?;
        Ok(condition_wire::encode(&program))
    }

    /// What security text of a scenario is read with: the default model's dialect and the first domain.
    fn text_context(&self, class: Option<ObjectType>) -> SddlContext {
        let domain = self.domains.first().map(|(_, sid)| *sid);
        SddlContext { domain, class, ..SddlContext::of(DEFAULT) }
    }

    /// `sddl '…'`: checked here, so that a mistake is told with its place; each model reads it again for itself.
    fn whole_text(&mut self, args: &mut Args<'_>, class: ObjectType) -> Read<SecurityDecl> {
        let text = args.text("SDDL in quotes")?;
        let context = self.text_context(Some(class));
        sddl::parse(&text.value, &context).map_err(|error| {
            // The quotes are one byte; an escape before the mistake would only shift the mark within the text.
            let from = text.span.start + 1 + error.span.start as u32;
            let to = text.span.start + 1 + error.span.end as u32;
            let place = Span { start: from.min(text.span.end), end: to.min(text.span.end), ..text.span };
            let wrong = Diagnostic::error(codes::VALUE, place, format!("this SDDL cannot be read: {error}"));
            let wrong = wrong.label("here");
            match error.kind {
                SddlProblem::UnresolvedAlias => {
                    wrong.help("name one in the scenario block: `domain CORP = S-1-5-21-1-2-3`")
                }
                _ => wrong,
            }
        })?;
        Ok(SecurityDecl::Sddl(Arc::from(text.value), context.domain.map(Box::new)))
    }

    /// `sd base64 "…"`, and with `(damaged)` bytes that are no descriptor, at least under some model.
    fn whole_bytes(args: &mut Args<'_>) -> Read<SecurityDecl> {
        let text = args.text("base64 in quotes")?;
        let bytes = STANDARD.decode(text.value.trim()).map_err(|error| {
            let message = match error {
                base64::DecodeError::InvalidByte(at, _) => {
                    format!("this is not base64: character {} is none of it", at + 1)
                }
                _ => "this is not base64: its length cannot be".to_owned(),
            };
            Diagnostic::error(codes::VALUE, text.span, message)
                .label("expected letters, digits, `+` and `/`, with `=` at the end")
        })?;
        let mut damaged = None;
        if let Some(list) = args.flags() {
            let mut flags = Args::new(list.value, list.span);
            choose(flags.word("`damaged`")?, "flag of a descriptor", &[("damaged", ())])?;
            flags.finish("(")?;
            damaged = Some(list.span);
        }
        let errors = MODELS.iter().map(|model| SecurityDescriptor::decode(&bytes, model).err());
        let errors: Vec<_> = errors.collect();
        match (damaged, errors.first()) {
            (Some(span), _) if errors.iter().all(Option::is_none) => Err(Diagnostic::error(
                codes::VALUE,
                span,
                "nothing is wrong with these bytes under any model",
            )
            .label("not damaged")),
            (None, Some(Some(error))) if errors.iter().all(Option::is_some) => {
                let message = format!("these bytes are no descriptor: {error}");
                Err(Diagnostic::error(codes::VALUE, text.span, message)
                    .label("cannot be read under any model")
                    .help("an object whose descriptor is damaged says so: `sd base64 \"…\" (damaged)`"))
            }
            (Some(_), _) => Ok(SecurityDecl::Damaged(Arc::from(bytes))),
            (None, _) => Ok(SecurityDecl::Bytes(Arc::from(bytes))),
        }
    }

    /// The one list that a text in SDDL gives, where a list may stand: `'D:(A;;GA;;;WD)'`.
    fn list_as_text<T>(
        &mut self,
        args: &mut Args<'_>,
        class: ObjectType,
        (what, letter): (&str, char),
        list: fn(DescriptorParts) -> Option<T>,
    ) -> Read<Option<T>> {
        if !matches!(args.peek(), Some(Part { value: PartKind::Text(_) | PartKind::Raw(_), .. })) {
            return Ok(None);
        }
        let span = args.here();
        let SecurityDecl::Sddl(text, domain) = self.whole_text(args, class)? else { return Ok(None) };
        let parts = DescriptorParts::of_text(&text, domain.as_deref().copied()).ok();
        parts.and_then(list).map(Some).ok_or_else(|| {
            Diagnostic::error(codes::VALUE, span, format!("this text is not a {what} and nothing else"))
                .label(format!("expected SDDL such as '{letter}:(…)'"))
                .help("`sddl '…'` gives a whole descriptor")
        })
    }

    /// `sacl [protected] [auto_inherit] { … }`
    pub(super) fn sacl(&mut self, args: &mut Args<'_>, class: ObjectType) -> Read<SaclDecl> {
        if let Some(list) = self.list_as_text(args, class, ("SACL", 'S'), |parts| match parts {
            DescriptorParts { owner: None, group: None, dacl: None, sacl } => sacl,
            _ => None,
        })? {
            return Ok(list);
        }
        let mut sacl = SaclDecl::default();
        loop {
            if args.keyword("protected").is_some() {
                sacl.protected = true;
            } else if args.keyword("auto_inherit").is_some() {
                sacl.auto_inherit = true;
            } else {
                break;
            }
        }
        let block = args.block("`{` and the entries, `protected` or `auto_inherit`")?;
        for stmt in &block.value.stmts {
            match self.sacl_entry(stmt, class) {
                Ok(entry) => sacl.entries.push(entry),
                Err(diagnostic) => self.report(diagnostic),
            }
        }
        Ok(sacl)
    }

    pub(super) fn sacl_entry(&mut self, stmt: &Stmt, class: ObjectType) -> Read<SaclEntry> {
        let head = self.head_of(stmt, "an entry such as `audit` or `label`")?;
        let mut args = Args::new(&stmt.parts, head.span);
        let entry = match head.value {
            "audit" | "alarm" => {
                let kind = if head.value == "audit" { AceType::AUDIT } else { AceType::ALARM };
                let sid = self.principal(&mut args)?;
                let mask = self.rights(&mut args, class)?;
                let mut flags = AceFlags::empty();
                if let Some(list) = args.flags() {
                    flags = self.ace_flags(list, class, AUDIT_FLAGS)?;
                }
                let outcome = AceFlags::SUCCESSFUL_ACCESS | AceFlags::FAILED_ACCESS;
                if kind == AceType::AUDIT && !flags.intersects(outcome) {
                    return Err(Diagnostic::error(
                        codes::ARGUMENT,
                        head.span,
                        "an `audit` without `success` or `failure` never fires",
                    )
                    .label("which outcome?")
                    .help("write `audit Everyone write (failure)`"));
                }
                SaclEntry::Ace(self.finish_ace(kind, sid, mask, &mut args)?.with_flags(flags))
            }
            "label" => self.label(&mut args, class)?,
            "trust" => {
                let kind = match args.peek() {
                    Some(Part { value: PartKind::Word(_), .. }) => {
                        choose(args.word("a type")?, "process protection", PROTECTIONS)?
                    }
                    _ => number32(&mut args, "`protected`, `isolated` or a number")?,
                };
                let trust = number32(&mut args, "a trust level")?;
                let sid = Sid::new(19, &[kind, trust]).unwrap_or(sim_core::sid::NOBODY);
                let mask = self.rights(&mut args, class)?;
                let flags = self.optional_flags(&mut args, class)?;
                SaclEntry::Ace(Ace::basic(AceType::PROCESS_TRUST_LABEL, sid, mask).with_flags(flags))
            }
            "attribute" => {
                let name = args.name("the name of an attribute")?;
                args.op(Op::Assign).ok_or_else(|| args.expected("`=` and values"))?;
                let claim = self.claim_values(&name.value, &mut args)?;
                let mut ace =
                    Ace::basic(AceType::RESOURCE_ATTRIBUTE, sim_core::sid::EVERYONE, AccessMask::NONE);
                ace.body = AceBody::Attribute(claim);
                SaclEntry::Ace(ace)
            }
            "policy" => {
                let sid = self.policy_named(&mut args)?;
                let flags = self.optional_flags(&mut args, class)?;
                SaclEntry::Ace(Ace::basic(AceType::SCOPED_POLICY_ID, sid, AccessMask::NONE).with_flags(flags))
            }
            "allow" | "deny" => {
                return Err(Diagnostic::error(
                    codes::ARGUMENT,
                    head.span,
                    format!("`{}` stands in a `dacl`, not in a `sacl`", head.value),
                )
                .label("expected `audit`, `alarm`, `label`, `trust`, `attribute` or `policy`"));
            }
            other => {
                let known = SACL_ENTRIES.iter().copied();
                return Err(unknown(codes::WORD, head.span, "kind of entry", other, known));
            }
        };
        args.finish(head.value)?;
        self.no_expectation(stmt)?;
        Ok(entry)
    }

    pub(super) fn label(&mut self, args: &mut Args<'_>, class: ObjectType) -> Read<SaclEntry> {
        let levels: Vec<_> = IntegrityLevel::ALL.iter().map(|(level, _, name)| (*name, *level)).collect();
        let level = choose(args.word("an integrity level")?, "integrity level", &levels)?;
        let mut policy = LabelPolicy::empty();
        while let Some(Part { value: PartKind::Word(_), .. }) = args.peek() {
            policy |= choose(args.word("a label policy")?, "label policy", LABEL_POLICIES)?;
            args.comma();
        }
        let flags = self.optional_flags(args, class)?;
        Ok(SaclEntry::Label(level, policy, flags))
    }

    fn optional_flags(&mut self, args: &mut Args<'_>, class: ObjectType) -> Read<AceFlags> {
        match args.flags() {
            Some(list) => self.ace_flags(list, class, ACE_FLAGS),
            None => Ok(AceFlags::empty()),
        }
    }

    /// The values of a claim or attribute: one, or a list, all of one type (ACE-5).
    pub(super) fn claim_values(&mut self, name: &str, args: &mut Args<'_>) -> Read<Claim> {
        let here = args.here();
        let mut values = Vec::new();
        match args.peek() {
            Some(Part { value: PartKind::List(list), span }) => {
                args.take();
                let mut items = Args::new(list, *span);
                while items.peek().is_some() {
                    values.push(self.claim_value(&mut items)?);
                    if !items.comma() {
                        items.finish("[")?;
                    }
                }
            }
            _ => values.push(self.claim_value(args)?),
        }
        let mut flags = ClaimFlags::empty();
        let mut unsigned = false;
        if let Some(list) = args.flags() {
            let mut words = Args::new(list.value, list.span);
            while words.peek().is_some() {
                let word = words.word("a flag of a claim")?;
                match word.value {
                    "uint" => unsigned = true,
                    _ => flags |= choose(word, "flag of a claim", CLAIM_FLAGS)?,
                }
                if !words.comma() {
                    words.finish("(")?;
                }
            }
        }
        let mixed = || {
            Diagnostic::error(codes::VALUE, here, "the values of a claim are all of one type")
                .label("text, whole numbers, `true` or `false`, or SIDs")
        };
        let values = match values.first() {
            None | Some(ClaimValue::Text(_)) => {
                let texts: Option<Vec<String>> = values.into_iter().map(ClaimValue::text).collect();
                ClaimValues::String(texts.ok_or_else(mixed)?)
            }
            Some(ClaimValue::Number(_)) if unsigned => {
                let numbers = values.iter().map(|value| value.number().and_then(|n| u64::try_from(n).ok()));
                ClaimValues::Uint64(numbers.collect::<Option<_>>().ok_or_else(mixed)?)
            }
            Some(ClaimValue::Number(_)) => {
                let numbers = values.iter().map(|value| value.number().and_then(|n| i64::try_from(n).ok()));
                ClaimValues::Int64(numbers.collect::<Option<_>>().ok_or_else(mixed)?)
            }
            Some(ClaimValue::Truth(_)) => {
                let truths: Option<Vec<bool>> = values.iter().map(ClaimValue::truth).collect();
                ClaimValues::Boolean(truths.ok_or_else(mixed)?)
            }
            Some(ClaimValue::Sid(_)) => {
                let sids: Option<Vec<Sid>> = values.iter().map(ClaimValue::sid).collect();
                ClaimValues::Sid(sids.ok_or_else(mixed)?)
            }
        };
        Ok(Claim { name: name.to_owned(), flags, values })
    }

    fn claim_value(&mut self, args: &mut Args<'_>) -> Read<ClaimValue> {
        match args.peek().map(|part| (&part.value, part.span)) {
            Some((PartKind::Number(number), _)) => {
                args.take();
                Ok(ClaimValue::Number(*number))
            }
            Some((PartKind::Sid(text), span)) => {
                args.take();
                super::args::parse_sid(text, span).map(ClaimValue::Sid)
            }
            Some((PartKind::Word(word), _)) if word == "true" || word == "false" => {
                args.take();
                Ok(ClaimValue::Truth(word == "true"))
            }
            Some((PartKind::Word(_), _)) => self.principal(args).map(ClaimValue::Sid),
            _ => args
                .text("text, a number, `true`, `false` or a principal")
                .map(|text| ClaimValue::Text(text.value.into())),
        }
    }

    /// `policy NAME { … }`: central policies (CAP-1).
    pub(super) fn policy_decl(&mut self, name: &str, sid: Sid, block: Option<&Block>) -> PolicyDecl {
        let mut policy = PolicyDecl { name: Arc::from(name), sid, rules: Vec::new() };
        self.rule_entries.inside = true;
        let mut seen = false;
        for stmt in block.map_or(&[][..], |block| &block.stmts) {
            let read = self.head_of(stmt, "`rule`").and_then(|head| match head.value {
                "sid" => self.once(std::mem::replace(&mut seen, true), head),
                "rule" => {
                    let mut args = Args::new(&stmt.parts, head.span);
                    let rule = args.name("the name of the rule")?;
                    let block = args.block("`{` and what the rule says")?;
                    args.finish("rule")?;
                    if policy.rules.iter().any(|known| *known.name == *rule.value) {
                        return Err(self.duplicate("rule", &rule));
                    }
                    policy.rules.push(self.policy_rule(block.value, rule)?);
                    Ok(())
                }
                other => Err(unknown(
                    codes::HEAD,
                    head.span,
                    "property of a policy",
                    other,
                    ["sid", "rule"].into_iter(),
                )),
            });
            if let Err(diagnostic) = read {
                self.report(diagnostic);
            }
        }
        self.rule_entries.inside = false;
        policy
    }

    fn policy_rule(&mut self, block: &Block, name: Spanned<Word>) -> Read<PolicyRuleDecl> {
        let span = name.span;
        let mut rule = PolicyRuleDecl { name: name.value.into(), ..PolicyRuleDecl::default() };
        let mut dacl = None;
        let mut seen: Vec<String> = Vec::new();
        for stmt in &block.stmts {
            let head = self.head_of(stmt, "`when`, `dacl`, `sacl` or `staged`")?;
            let mut args = Args::new(&stmt.parts, head.span);
            let staged = head.value == "staged";
            let what = if staged { args.word("`dacl` or `sacl`")?.value } else { head.value };
            let whole = if staged { format!("staged {what}") } else { what.to_owned() };
            self.once(seen.contains(&whole), Spanned { value: &whole, span: head.span })?;
            seen.push(whole);
            match what {
                "when" if !staged => {
                    if let Some(Part { value: PartKind::Condition(text), span }) = args.take() {
                        rule.applies_to = Some(self.condition_program(text, *span)?);
                    }
                }
                "dacl" => {
                    let aces = match self.dacl(&mut args, ObjectType::File)? {
                        DaclDecl::List { aces, .. } => aces,
                        DaclDecl::Null => return Err(args.expected("`{` and the entries")),
                    };
                    if staged {
                        rule.staged_dacl = Some(aces);
                    } else {
                        dacl = Some(aces);
                    }
                }
                "sacl" if staged => rule.staged_sacl = Some(self.sacl(&mut args, ObjectType::File)?),
                "sacl" => rule.sacl = Some(self.sacl(&mut args, ObjectType::File)?),
                other => {
                    let known = RULE_WORDS.iter().copied();
                    return Err(unknown(codes::HEAD, head.span, "property of a rule", other, known));
                }
            }
            args.finish(head.value)?;
        }
        rule.dacl = dacl.ok_or_else(|| {
            Diagnostic::error(codes::ARGUMENT, span, "a rule has a `dacl`").label("what does it let through?")
        })?;
        Ok(rule)
    }

    pub(super) fn ace_flags(
        &mut self,
        list: Spanned<&[Part]>,
        class: ObjectType,
        table: &[(&str, AceFlags)],
    ) -> Read<AceFlags> {
        let mut flags = AceFlags::empty();
        let mut args = Args::new(list.value, list.span);
        while args.peek().is_some() {
            let word = args.word("a flag of an entry")?;
            flags |= choose(word, "flag of an entry", table)?;
            if !args.comma() {
                args.finish("(")?;
            }
        }
        let inherits = flags.intersects(AceFlags::OBJECT_INHERIT | AceFlags::CONTAINER_INHERIT);
        if inherits && !class.is_container() {
            self.report(
                Diagnostic::warning(
                    codes::INHERIT_ON_LEAF,
                    list.span,
                    format!("nothing hangs below a {}: this entry is never inherited", class.name()),
                )
                .label("means nothing here"),
            );
        }
        Ok(flags)
    }

    /// The properties of an object that make its descriptor; the others go to `other`.
    pub(super) fn security(
        &mut self,
        block: Option<&Block>,
        class: ObjectType,
        other: &mut dyn FnMut(&mut Self, &Stmt) -> bool,
    ) -> SecurityDecl {
        let mut parts = DescriptorParts::default();
        let mut whole = None;
        for stmt in block.map_or(&[][..], |block| &block.stmts) {
            if let Err(diagnostic) = self.security_property(stmt, class, &mut parts, &mut whole, other) {
                self.report(diagnostic);
            }
        }
        let given = parts != DescriptorParts::default();
        match whole {
            Some(whole) => {
                if given && let Some(block) = block.and_then(|block| block.stmts.first()) {
                    self.report(both_whole_and_parts(block.span));
                }
                whole
            }
            None => {
                // One of many alike, as a `for` makes them, needs no parts of its own.
                if parts != *self.last_parts {
                    self.last_parts = Arc::new(parts);
                }
                SecurityDecl::Parts(self.last_parts.clone())
            }
        }
    }

    pub(super) fn security_property(
        &mut self,
        stmt: &Stmt,
        class: ObjectType,
        parts: &mut DescriptorParts,
        whole: &mut Option<SecurityDecl>,
        other: &mut dyn FnMut(&mut Self, &Stmt) -> bool,
    ) -> Read<()> {
        let head = self.head_of(stmt, "a property such as `owner`")?;
        if other(self, stmt) {
            return Ok(());
        }
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
                let dacl = self.dacl(&mut args, class)?;
                self.once(parts.dacl.replace(dacl).is_some(), head)?;
            }
            "sacl" => {
                let sacl = self.sacl(&mut args, class)?;
                self.once(parts.sacl.replace(sacl).is_some(), head)?;
            }
            name => {
                if let Some(decl) = self.whole_descriptor(head, &mut args, class)? {
                    self.once(whole.replace(decl).is_some(), head)?;
                    args.finish(head.value)?;
                    return self.no_expectation(stmt);
                }
                let own: &[&str] = match class {
                    ObjectType::Key => &["value"],
                    ObjectType::File => FILE_WORDS,
                    _ => &[],
                };
                let known = OBJECT_WORDS.iter().chain(own).copied();
                let what = format!("property of a {}", class.name());
                let diagnostic = unknown(codes::HEAD, head.span, &what, name, known);
                return Err(if name == "value" {
                    diagnostic.help("values belong to keys")
                } else {
                    diagnostic.help(
                        "an object has `owner`, `group`, `dacl { … }`, `dacl null`, `sacl { … }`, `sddl '…'` or `sd missing`",
                    )
                });
            }
        }
        args.finish(head.value)?;
        self.no_expectation(stmt)
    }

    /// A whole descriptor: `sddl '…'`, `sd base64 "…"`, `sd missing`, `sd damaged`.
    pub(super) fn whole_descriptor(
        &mut self,
        head: Spanned<&str>,
        args: &mut Args<'_>,
        class: ObjectType,
    ) -> Read<Option<SecurityDecl>> {
        match head.value {
            "sddl" => self.whole_text(args, class).map(Some),
            "sd" if args.keyword("missing").is_some() => Ok(Some(SecurityDecl::Missing)),
            "sd" if args.keyword("base64").is_some() => Self::whole_bytes(args).map(Some),
            "sd" if args.keyword("damaged").is_some() => Ok(Some(SecurityDecl::Damaged(Arc::from([])))),
            "sd" => Err(args.expected("`missing`, `damaged` or `base64`")),
            _ => Ok(None),
        }
    }

    /// What stands behind `dacl`.
    pub(super) fn dacl(&mut self, args: &mut Args<'_>, class: ObjectType) -> Read<DaclDecl> {
        if args.keyword("null").is_some() {
            return Ok(DaclDecl::Null);
        }
        if let Some(list) = self.list_as_text(args, class, ("DACL", 'D'), |parts| match parts {
            DescriptorParts { owner: None, group: None, sacl: None, dacl } => dacl,
            _ => None,
        })? {
            return Ok(list);
        }
        let (mut protected, mut auto_inherit) = (false, false);
        loop {
            if args.keyword("protected").is_some() {
                protected = true;
            } else if args.keyword("auto_inherit").is_some() {
                auto_inherit = true;
            } else {
                break;
            }
        }
        let block = args.block("`{` and the entries, `protected`, `auto_inherit` or `null`")?;
        Ok(DaclDecl::List { protected, auto_inherit, aces: self.aces(block.value, class) })
    }

    /// `{ owner …; dacl {…} }` where a descriptor is given by its parts, or by a text that gives some of them; other properties
    /// go to `other`.
    pub(super) fn descriptor_parts(
        &mut self,
        block: &Block,
        class: ObjectType,
        other: &mut dyn FnMut(&mut Self, &Stmt) -> bool,
    ) -> DescriptorParts {
        let whole = match self.security(Some(block), class, other) {
            SecurityDecl::Parts(parts) => return Arc::unwrap_or_clone(parts),
            whole => whole,
        };
        self.parts_of_whole(whole, block)
    }

    /// The parts that `sddl '…'` gives; bytes and descriptors that are not there give none.
    pub(super) fn parts_of_whole(&mut self, whole: SecurityDecl, block: &Block) -> DescriptorParts {
        if let SecurityDecl::Sddl(text, domain) = whole
            && let Ok(parts) = DescriptorParts::of_text(&text, domain.as_deref().copied())
        {
            return parts;
        }
        let heads = block.stmts.iter().filter_map(|stmt| stmt.head.as_ref());
        if let Some(head) = heads.into_iter().find(|head| head.value == "sd") {
            let refused = self.not_built(head.span, "`sd` here");
            self.report(refused.help("give the parts `owner`, `group`, `dacl` and `sacl`, or `sddl '…'`"));
        }
        DescriptorParts::default()
    }

    /// A principal by name or SID.
    pub(super) fn principal(&mut self, args: &mut Args<'_>) -> Read<Sid> {
        if let Some(Part { value: PartKind::Sid(text), span }) = args.peek() {
            args.take();
            return super::args::parse_sid(text, *span);
        }
        let name = args.name("a principal")?;
        self.sid_of(&name)
    }
}

pub(super) fn both_whole_and_parts(span: Span) -> Diagnostic {
    Diagnostic::error(codes::ARGUMENT, span, "a whole descriptor and parts of one cannot both stand")
        .label("`sddl` and `sd` say everything")
}

/// A value of a claim as it was written.
enum ClaimValue {
    Text(String),
    Number(i128),
    Truth(bool),
    Sid(Sid),
}

impl ClaimValue {
    fn text(self) -> Option<String> {
        if let ClaimValue::Text(text) = self { Some(text) } else { None }
    }

    fn number(&self) -> Option<i128> {
        if let ClaimValue::Number(number) = self { Some(*number) } else { None }
    }

    fn truth(&self) -> Option<bool> {
        if let ClaimValue::Truth(truth) = self { Some(*truth) } else { None }
    }

    fn sid(&self) -> Option<Sid> {
        if let ClaimValue::Sid(sid) = self { Some(*sid) } else { None }
    }
}

/// What an object of another class has in place of a right: of files and directories the same bits have names of their own.
fn namesake(right: &Right, class: ObjectType) -> String {
    let files = |class: &ObjectType| matches!(class, ObjectType::File | ObjectType::Directory);
    let here = RIGHTS.iter().find(|row| row.mask == right.mask && row.applies_to(class));
    match here {
        Some(here) if files(&class) && right.classes.iter().any(files) => {
            format!("of a {} that bit is `{}`", class.name(), here.name)
        }
        _ => {
            let own = RIGHTS.iter().filter(|row| row.classes.contains(&class));
            let own: Vec<&str> = own.map(|row| row.name).collect();
            format!(
                "`read`, `write`, `execute` and `full` are for each class; a {} has {}",
                class.name(),
                own.join(", ")
            )
        }
    }
}

/// The mask of one right by its word or official name, if there is one.
fn known_right(word: &str, class: ObjectType) -> Option<AccessMask> {
    let generic = GENERIC_WORDS.iter().find(|(name, _)| *name == word).map(|(_, mask)| *mask);
    generic.or_else(|| Right::named(word, class).map(|right| right.mask))
}

/// The mask of one right by its word or official name.
pub(super) fn right_named(word: Spanned<&str>, class: ObjectType) -> Read<AccessMask> {
    if let Some(mask) = known_right(word.value, class).or_else(|| sddl::mask_of_codes(word.value, class)) {
        return Ok(mask);
    }
    let here = RIGHTS.iter().filter(|right| right.applies_to(class)).map(|right| right.name);
    let known = GENERIC_WORDS.iter().map(|(name, _)| *name).chain(here);
    let elsewhere = RIGHTS.iter().find(|right| right.name == word.value);
    Err(match elsewhere {
        Some(right) => {
            let classes: Vec<&str> = right.classes.iter().map(|class| class.name()).collect();
            Diagnostic::error(
                codes::RIGHT,
                word.span,
                format!(
                    "`{}` is a right on a {}, not on a {}",
                    word.value,
                    classes.join(" or "),
                    class.name()
                ),
            )
            .label("a right of another class")
            .help(namesake(right, class))
        }
        None => {
            let help = match class {
                ObjectType::Endpoint => {
                    "whoever connects needs `write`, which is FILE_WRITE_DATA among others"
                }
                _ => "`read`, `write`, `execute`, `full`, or an official name such as `FILE_READ_DATA`",
            };
            unknown(codes::RIGHT, word.span, "right", word.value, known).help(help)
        }
    })
}
