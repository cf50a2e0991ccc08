//! Declarations: the scenario block, principals, processes, services and objects.

use std::collections::BTreeMap;
use std::sync::Arc;

use compact_str::format_compact;
use sha2::{Digest, Sha256};
use sim_core::engine::scenario::{Cost, DEFAULT_START, Limits};
use sim_core::model::Model;
use sim_core::rights::ObjectType;
use sim_core::sid::Sid;
use sim_core::world::declare::{
    DescriptorParts, ObjectDecl, PrincipalDecl, ProcessDecl, ProgramDecl, SecurityDecl, ThreadDecl,
    TokenShape, Transport,
};

use super::args::{Args, Read, choose, unknown};
use super::objects::target;
use super::paths::{check_path, path_of};
use super::program::model_named;
use super::security::both_whole_and_parts;
use super::shape::SHAPE_WORDS;
use super::steps::{VERBS, value_data};
use super::{PrincipalKind, ProcessEntry, Resolver};
use crate::ast::{Block, Bound, Op, Part, PartKind, Span, Spanned, Stmt, Word};
use crate::bounds::BOUNDS;
use crate::codes;
use crate::diag::{Code, Diagnostic, WARNINGS};
use crate::lint;
use sim_core::world::registry::{ValueData, fold};

/// Heads at the top level that are read.
pub(super) const DECLARATIONS: &[&str] = &[
    "scenario",
    "use",
    "param",
    "let",
    "rights",
    "for",
    "procedure",
    "user",
    "group",
    "app",
    "machine",
    "process",
    "service",
    "file",
    "directory",
    "key",
    "link",
    "volume",
    "policy",
    "script",
    "world",
    "never",
    "expect",
    "whatif",
];

/// What stands in the `scenario` block.
pub(super) const SETTINGS: &[&str] =
    &["model", "seed", "domain", "start", "limit", "timing", "allow_warnings"];

/// What `limit` bounds: a run, and how the scenario is read as far as the block can say it.
pub(super) fn limits() -> Vec<&'static str> {
    let reading = BOUNDS.iter().filter(|row| row.in_block).map(|row| row.name);
    ["events", "time", "script"].into_iter().chain(reading).collect()
}

/// What a file has besides its descriptor.
pub(super) const FILE_WORDS: &[&str] = &["pip", "not_executable"];

/// What a process or a service has besides what shapes its token; `account`, `sid` and `delegation` belong to services.
pub(super) const PROCESS_WORDS: &[&str] = &[
    "thread",
    "account",
    "sid",
    "endpoint",
    "delegation",
    "machine",
    "pip",
    "no_child_process",
    "owner",
    "group",
    "dacl",
    "sacl",
    "sddl",
];

/// The domain of principals when the scenario names none.
const DEFAULT_DOMAIN: [u32; 4] = [21, 1000, 2000, 3000];

/// What the `scenario` block says.
pub(super) struct Settings {
    pub name: Arc<str>,
    pub start: Arc<str>,
    pub models: Vec<&'static Model>,
    pub seed: u64,
    pub domains: Vec<(Word, Sid)>,
    pub limits: Limits,
    pub timing: BTreeMap<&'static str, Cost>,
}

impl Resolver<'_> {
    /// The `scenario` block.
    pub(super) fn settings(&mut self, stmt: &Stmt, head: Spanned<&str>) -> Settings {
        let mut settings = Settings {
            name: Arc::from("scenario"),
            start: Arc::from(DEFAULT_START),
            models: Vec::new(),
            seed: 0,
            domains: Vec::new(),
            limits: Limits::default(),
            timing: BTreeMap::new(),
        };
        let mut args = Args::new(&stmt.parts, head.span);
        let read = args.name("the name of the scenario").and_then(|name| {
            settings.name = Arc::from(name.value);
            let block = args.optional_block();
            args.finish("scenario")?;
            self.no_expectation(stmt)?;
            Ok(block)
        });
        match read {
            Ok(Some(block)) => {
                let mut seen = Vec::new();
                for stmt in &block.value.stmts {
                    if let Err(diagnostic) = self.setting(stmt, &mut settings, &mut seen) {
                        self.report(diagnostic);
                    }
                }
            }
            Ok(None) => {}
            Err(diagnostic) => self.report(diagnostic),
        }
        if settings.models.is_empty() {
            settings.models.push(sim_core::model::DEFAULT);
        }
        settings
    }

    fn setting(&mut self, stmt: &Stmt, settings: &mut Settings, seen: &mut Vec<String>) -> Read<()> {
        let head = self.head_of(stmt, "a setting such as `model`")?;
        let mut args = Args::new(&stmt.parts, head.span);
        if !matches!(head.value, "domain" | "limit") {
            self.once(seen.iter().any(|name| name == head.value), head)?;
            seen.push(head.value.to_owned());
        }
        match head.value {
            "model" => loop {
                let word = args.word("a model")?;
                let model = model_named(word)?;
                if settings.models.contains(&model) {
                    return Err(Diagnostic::error(
                        codes::DUPLICATE,
                        word.span,
                        format!("the model `{}` is named twice", model.name),
                    )
                    .label("once is enough"));
                }
                settings.models.push(model);
                if !args.comma() {
                    break;
                }
            },
            "seed" => {
                let seed = args.number("a number")?;
                settings.seed = u64::try_from(seed.value).map_err(|_| {
                    Diagnostic::error(codes::VALUE, seed.span, "a seed is a number from 0 to 2⁶⁴-1")
                        .label("out of range")
                })?;
            }
            "domain" => {
                let name = args.name("the name of a domain")?;
                args.op(Op::Assign).ok_or_else(|| args.expected("`=` and a SID"))?;
                let sid = args.sid("a SID such as S-1-5-21-1-2-3")?;
                if settings.domains.iter().any(|(known, _)| *known == name.value) {
                    return Err(self.duplicate("domain", &name));
                }
                settings.domains.push((name.value, sid));
            }
            "limit" => {
                let what = args.word("what is bounded, such as `events` or `time`")?;
                let name = format!("limit {}", what.value);
                self.once(seen.contains(&name), Spanned { value: &name, span: what.span })?;
                seen.push(name);
                let count = |args: &mut Args<'_>, what: &str| {
                    let number = args.number(what)?;
                    u64::try_from(number.value).map_err(|_| {
                        Diagnostic::error(codes::VALUE, number.span, "a limit is not negative")
                            .label("out of range")
                    })
                };
                match what.value {
                    "events" => settings.limits.events = count(&mut args, "a number of events")?,
                    "script" => settings.limits.script = count(&mut args, "a number of operations")?,
                    "time" => settings.limits.time = args.time("a duration such as `10s`")?.value,
                    other if BOUNDS.iter().any(|row| row.in_block && row.name == other) => {
                        let span = args.here();
                        let most = count(&mut args, "a number")?;
                        let bounds = &self.sources.bounds;
                        if bounds.get(other) != Some(most) && !bounds.is_fixed(other) {
                            let message = format!("`limit {other}` is a plain number");
                            return Err(Diagnostic::error(codes::VALUE, span, message)
                                .label("a value by its name comes too late")
                                .help("it bounds how the scenario is read, values included"));
                        }
                    }
                    other => {
                        let diagnostic =
                            unknown(codes::WORD, what.span, "limit", other, limits().into_iter());
                        return Err(if BOUNDS.iter().any(|row| row.name == other) {
                            diagnostic.label("known too late").help(format!(
                                "the block is read when the file has been: `--limit {other}=N` sets it"
                            ))
                        } else {
                            diagnostic.help(format!(
                                "one of: {}; as in `limit events 5000` and `limit time 10s`",
                                limits().join(", ")
                            ))
                        });
                    }
                }
            }
            "allow_warnings" => loop {
                let word = args.word("the name of a warning")?;
                let code = Code::of_warning(word.value).ok_or_else(|| {
                    let names = || WARNINGS.iter().map(|row| row.1);
                    unknown(codes::WORD, word.span, "warning", word.value, names())
                        .help(format!("one of: {}", names().collect::<Vec<_>>().join(", ")))
                })?;
                self.allowed.push(code);
                if !args.comma() {
                    break;
                }
            },
            "timing" => {
                let block = args.block("`{` and the costs of steps")?;
                for stmt in &block.value.stmts {
                    let (verb, cost) = self.cost(stmt)?;
                    let span = stmt.head.as_ref().map_or(stmt.span, |head| head.span);
                    self.once(settings.timing.insert(verb, cost).is_some(), Spanned { value: verb, span })?;
                }
            }
            "start" => {
                let text = args.text("a date and time in quotes")?;
                if !is_instant(&text.value) {
                    return Err(Diagnostic::error(
                        codes::VALUE,
                        text.span,
                        format!("`{}` is not an instant", text.value),
                    )
                    .label("expected a date and time in UTC, such as \"2026-01-01T00:00:00Z\""));
                }
                settings.start = Arc::from(text.value);
            }
            other => {
                let unknown = unknown(codes::HEAD, head.span, "setting", other, SETTINGS.iter().copied());
                return Err(if super::is_declaration(other) {
                    unknown
                        .label("a declaration")
                        .help("it stands at the top level, behind the `}` of `scenario`")
                } else {
                    unknown.help(format!("a scenario has: {}", SETTINGS.join(", ")))
                });
            }
        }
        args.finish(head.value)?;
        self.no_expectation(stmt)
    }

    fn cost(&mut self, stmt: &Stmt) -> Read<(&'static str, Cost)> {
        let head = self.head_of(stmt, "a step")?;
        let verb = VERBS.iter().find(|verb| verb.name == head.value).ok_or_else(|| {
            unknown(codes::HEAD, head.span, "step", head.value, VERBS.iter().map(|verb| verb.name))
        })?;
        let mut args = Args::new(&stmt.parts, head.span);
        let drawn = match args.peek() {
            Some(Part { value: PartKind::Range(ends), .. }) => match **ends {
                (Bound::Time(low), Bound::Time(high)) if low <= high => Some(Cost { low, high }),
                _ => None,
            },
            _ => None,
        };
        let cost = match drawn {
            Some(cost) => {
                args.take();
                cost
            }
            None => {
                let time = args.time("a duration such as `50us`, or a range such as `10us..40us`")?.value;
                Cost { low: time, high: time }
            }
        };
        args.finish(head.value)?;
        Ok((verb.name, cost))
    }

    /// The SID of a principal that declares one: `sid S-1-…`, `rid N`, `rid DOMAIN N`, or made from its name.
    pub(super) fn declared_sid(&mut self, block: Option<&Block>, fallback: impl FnOnce(&Self) -> Sid) -> Sid {
        let stmts = block.map_or(&[][..], |block| &block.stmts);
        for stmt in stmts {
            let Some(head) = &stmt.head else { continue };
            let mut args = Args::new(&stmt.parts, head.span);
            let read = match head.value.as_str() {
                "sid" => args.sid("a SID such as S-1-5-21-1-2-3-1001"),
                "rid" => self.declared_rid(&mut args),
                _ => continue,
            };
            match read.and_then(|sid| args.finish(&head.value).map(|()| sid)) {
                Ok(sid) => return sid,
                Err(diagnostic) => self.report(diagnostic),
            }
        }
        fallback(self)
    }

    /// The SID of a user or group that declares none: made from its name, so that adding a principal renumbers nobody.
    pub(super) fn sid_from_name(&self, name: &str) -> Sid {
        self.default_domain().child(10_000 + name_number(name)).unwrap_or(sim_core::sid::NOBODY)
    }

    fn default_domain(&self) -> Sid {
        let default = Sid::new(5, &DEFAULT_DOMAIN).unwrap_or(sim_core::sid::NOBODY);
        self.domains.first().map_or(default, |(_, sid)| *sid)
    }

    fn declared_rid(&mut self, args: &mut Args<'_>) -> Read<Sid> {
        let domain = match args.peek() {
            Some(Part { value: PartKind::Word(_) | PartKind::Text(_) | PartKind::Raw(_), .. }) => {
                let name = args.name("a domain")?;
                let names = self.domains.iter().map(|(name, _)| name.as_str());
                let found = self.domains.iter().find(|(known, _)| *known == name.value).map(|(_, sid)| *sid);
                found.ok_or_else(|| {
                    unknown(codes::UNKNOWN_NAME, name.span, "domain", &name.value, names)
                        .help("declare it in the `scenario` block: `domain NAME = S-1-5-21-…`")
                })?
            }
            _ => self.default_domain(),
        };
        let rid = args.number("a number")?;
        let number = u32::try_from(rid.value).map_err(|_| {
            Diagnostic::error(codes::VALUE, rid.span, "a RID is a number of 32 bits").label("out of range")
        })?;
        domain.child(number).ok_or_else(|| {
            Diagnostic::error(codes::VALUE, rid.span, "the domain's SID has no room for a RID")
                .label("too long")
        })
    }

    /// The declaration of a user or group, whose name and SID are known already.
    pub(super) fn principal_decl(
        &mut self,
        name: &str,
        kind: PrincipalKind,
        sid: Sid,
        block: Option<&Block>,
    ) -> PrincipalDecl {
        let mut shape = TokenShape::default();
        let mut seen = Vec::new();
        for stmt in block.map_or(&[][..], |block| &block.stmts) {
            let read = self.head_of(stmt, "a property such as `rid`").and_then(|head| {
                if matches!(head.value, "rid" | "sid") {
                    let doubled = seen.contains(&"sid");
                    seen.push("sid");
                    return self.once(doubled, head);
                }
                if !kind.logs_on() {
                    return Err(unknown(
                        codes::HEAD,
                        head.span,
                        "property of a group",
                        head.value,
                        ["rid", "sid"].into_iter(),
                    )
                    .help("who is in a group is said at the user: `groups staff`"));
                }
                self.shape_property(stmt, head, &mut shape)
            });
            if let Err(diagnostic) = read {
                self.report(diagnostic);
            }
        }
        PrincipalDecl { name: Arc::from(name), sid, can_log_on: kind.logs_on(), shape }
    }

    /// The policy that an object names.
    pub(super) fn policy_named(&mut self, args: &mut Args<'_>) -> Read<Sid> {
        if let Some(Part { value: PartKind::Sid(text), span }) = args.peek() {
            args.take();
            return super::args::parse_sid(text, *span);
        }
        let name = args.name("a policy")?;
        match self.policies.get(&name.value) {
            Some((sid, _)) => Ok(*sid),
            None => Err(self.no_policy(&name)),
        }
    }

    pub(super) fn no_policy(&self, name: &Spanned<Word>) -> Diagnostic {
        let names = self.policies.keys().map(Word::as_str);
        unknown(codes::UNKNOWN_NAME, name.span, "policy", &name.value, names)
            .help("declare it as `policy NAME { … }`; a SID names a policy that nobody set")
    }

    /// `a, b`: principals separated by commas.
    pub(super) fn principals(&mut self, args: &mut Args<'_>) -> Read<Vec<Sid>> {
        let mut sids = Vec::new();
        loop {
            sids.push(self.principal(args)?);
            if !args.comma() {
                return Ok(sids);
            }
        }
    }

    /// The body of a process or service: its token, endpoints, and its threads with their statements.
    pub(super) fn process_body<'a>(&mut self, entry: &ProcessEntry<'a>) -> (ProcessDecl, Vec<Vec<&'a Stmt>>) {
        let mut decl = ProcessDecl {
            name: Arc::from(entry.name.as_str()),
            account: None,
            service_sid: entry.service_sid,
            shape: TokenShape::default(),
            trust: None,
            no_child_process: false,
            host: None,
            delegation: None,
            descriptor: None,
            threads: threads_of(entry),
        };
        let mut guard = DescriptorParts::default();
        let mut account = None;
        let mut programs: Vec<Vec<&'a Stmt>> = vec![Vec::new(); entry.threads.len()];
        if let Some(parts) = entry.account {
            let mut args = Args::new(parts, entry.span);
            match self.principal(&mut args).and_then(|sid| args.finish("as").map(|()| sid)) {
                Ok(sid) => account = Some(sid),
                Err(diagnostic) => {
                    self.report(diagnostic);
                    account = Some(sim_core::sid::SYSTEM);
                }
            }
        }
        let block = entry.block.map(|block| block.value);
        for stmt in block.map_or(&[][..], |block| &block.stmts) {
            if let Err(diagnostic) =
                self.process_statement(stmt, entry, (&mut decl, &mut guard), &mut account, &mut programs)
            {
                self.report(diagnostic);
            }
        }
        decl.account = account;
        decl.descriptor = (guard != DescriptorParts::default()).then_some(guard);
        match account {
            Some(_) => {}
            None if entry.service_sid.is_some() => self.report(no_account(entry)),
            // It waits until it is spawned, with the token that it is then given (PRC-2).
            None if decl.shape != TokenShape::default() => self.report(
                Diagnostic::error(
                    codes::ARGUMENT,
                    entry.span,
                    format!("`{}` has no token of its own to shape", entry.name),
                )
                .label("it gets the token of whoever spawns it")
                .help("say whose it is with `as PRINCIPAL`, or shape the user that it is spawned as"),
            ),
            None if decl.host.is_some() => self.report(
                Diagnostic::error(
                    codes::ARGUMENT,
                    entry.span,
                    format!("`{}` runs where the process runs that spawns it", entry.name),
                )
                .label("waits to be spawned, and names a `machine`"),
            ),
            None => {}
        }
        (decl, programs)
    }

    fn process_statement<'a>(
        &mut self,
        stmt: &'a Stmt,
        entry: &ProcessEntry<'a>,
        (decl, guard): (&mut ProcessDecl, &mut DescriptorParts),
        account: &mut Option<Sid>,
        programs: &mut [Vec<&'a Stmt>],
    ) -> Read<()> {
        let head = self.head_of(stmt, "a property, a thread or a step")?;
        let mut args = Args::new(&stmt.parts, head.span);
        match head.value {
            "thread" => {
                let name = args.name("the name of a thread")?;
                let block = args.block("`{` and steps")?;
                args.finish("thread")?;
                self.no_expectation(stmt)?;
                if let Some(program) =
                    entry.threads.get_index_of(&name.value).and_then(|n| programs.get_mut(n))
                {
                    if !program.is_empty() {
                        return Err(self.duplicate("thread", &name));
                    }
                    program.extend(&block.value.stmts);
                }
            }
            "account" if entry.service_sid.is_some() => {
                // An account that cannot be read is not a missing one.
                let sid = self.principal(&mut args).inspect_err(|_| {
                    account.get_or_insert(sim_core::sid::SYSTEM);
                })?;
                args.finish("account")?;
                self.once(account.replace(sid).is_some(), head)?;
            }
            "sid" if entry.service_sid.is_some() => {}
            "endpoint" => self.endpoint_decl(stmt, head, entry)?,
            "pip" => {
                let trust = process_trust(&mut args)?;
                args.finish("pip")?;
                self.once(decl.trust.replace(trust).is_some(), head)?;
            }
            "no_child_process" => {
                args.finish("no_child_process")?;
                self.once(std::mem::replace(&mut decl.no_child_process, true), head)?;
            }
            "owner" | "group" | "dacl" | "sacl" | "sddl" => {
                let mut whole = None;
                self.security_property(stmt, ObjectType::Process, guard, &mut whole, &mut |_, _| false)?;
                if let Some(SecurityDecl::Sddl(text, domain)) = whole {
                    if *guard != DescriptorParts::default() {
                        return Err(both_whole_and_parts(stmt.span));
                    }
                    // It was read before, so it can be read.
                    *guard = DescriptorParts::of_text(&text, domain.as_deref().copied()).unwrap_or_default();
                }
            }
            "machine" => {
                let sid = self.machine(&mut args)?;
                args.finish("machine")?;
                self.once(decl.host.replace(sid).is_some(), head)?;
            }
            "delegation" => {
                let table = [("allowed", true), ("denied", false)];
                let may = choose(args.word("`allowed` or `denied`")?, "word for delegation", &table)?;
                args.finish("delegation")?;
                self.once(decl.delegation.replace(may).is_some(), head)?;
            }
            name if SHAPE_WORDS.contains(&name) && !super::identity::is_logon_step(stmt) => {
                self.shape_property(stmt, head, &mut decl.shape)?;
            }
            _ => {
                // A step that stands directly in a process belongs to its thread `main`.
                match entry.threads.get_index_of("main").and_then(|n| programs.get_mut(n)) {
                    Some(program) => program.push(stmt),
                    None => {
                        let verbs = VERBS.iter().map(|verb| verb.name);
                        return Err(unknown(
                            codes::HEAD,
                            head.span,
                            "property or step",
                            head.value,
                            SHAPE_WORDS.iter().chain(PROCESS_WORDS).copied().chain(verbs),
                        ));
                    }
                }
            }
        }
        Ok(())
    }

    fn endpoint_decl(&mut self, stmt: &Stmt, head: Spanned<&str>, entry: &ProcessEntry<'_>) -> Read<()> {
        let mut args = Args::new(&stmt.parts, head.span);
        let name = args.name("the name of an endpoint")?;
        let block = args.optional_block();
        args.finish("endpoint")?;
        let mut transport = Transport::Stream;
        let mut seen = false;
        let mut default_dacl = false;
        let mut own = |resolver: &mut Self, stmt: &Stmt| {
            let Some(head) = &stmt.head else { return false };
            if is_default_dacl(stmt) {
                let again = std::mem::replace(&mut default_dacl, true);
                let read = resolver.once(again, Spanned { value: "dacl", span: head.span });
                if let Err(diagnostic) = read.and_then(|()| resolver.no_expectation(stmt)) {
                    resolver.report(diagnostic);
                }
                return true;
            }
            if head.value != "transport" {
                return false;
            }
            let mut args = Args::new(&stmt.parts, head.span);
            let read = args.word("a transport").and_then(|word| choose(word, "transport", &Transport::ALL));
            let read = read.and_then(|named| args.finish("transport").map(|()| named));
            let again = std::mem::replace(&mut seen, true);
            let head = Spanned { value: "transport", span: head.span };
            match read.and_then(|named| resolver.once(again, head).map(|()| named)) {
                Ok(named) => transport = named,
                Err(diagnostic) => resolver.report(diagnostic),
            }
            true
        };
        let parts = block.map(|block| self.descriptor_parts(block.value, ObjectType::Endpoint, &mut own));
        let full = format_compact!("{}.{}", entry.name, name.value);
        let descriptor = match parts {
            // Without a descriptor nobody is checked (IMP-4).
            None => None,
            Some(parts) if default_dacl && parts.dacl.is_some() => {
                return Err(Diagnostic::error(
                    codes::ARGUMENT,
                    name.span,
                    format!("the endpoint `{}` has two DACLs", name.value),
                )
                .label("either `default` or a list"));
            }
            parts if default_dacl => parts,
            Some(parts) if parts == DescriptorParts::default() => None,
            Some(parts) if parts.dacl.is_none() => {
                return Err(Diagnostic::error(
                    codes::ARGUMENT,
                    name.span,
                    format!("the endpoint `{}` has no `dacl`", name.value),
                )
                .label("who may connect?")
                .help("`dacl null` lets everybody connect, and the `sacl` is looked at all the same"));
            }
            parts => parts,
        };
        if let Some(id) = self.endpoints.get_index_of(&full)
            && let Some(decl) = self.declarations.endpoints.get_mut(id)
        {
            decl.descriptor = descriptor;
            decl.default_dacl = default_dacl;
            decl.transport = transport;
        }
        Ok(())
    }

    /// A file, directory or key, or a link between keys, which is one.
    pub(super) fn object_decl(
        &mut self,
        stmt: &Stmt,
        class: ObjectType,
        head: Spanned<&str>,
    ) -> Read<(Span, ObjectDecl)> {
        let mut args = Args::new(&stmt.parts, head.span);
        let path = args.text("a path in quotes")?;
        check_path(&path, class)?;
        let mut values: Vec<(Arc<str>, ValueData)> = Vec::new();
        let link = head.value == "link";
        if link {
            let to = target(&mut args, class)?;
            values.push((Arc::from(""), ValueData::Link(to)));
        }
        let block = args.optional_block();
        args.finish(head.value)?;
        self.no_expectation(stmt)?;
        let mut program = None;
        let mut own = |resolver: &mut Self, stmt: &Stmt| {
            let head = match (class, &stmt.head) {
                (ObjectType::Key, Some(head)) if head.value == "value" => head,
                (ObjectType::File, Some(head)) if FILE_WORDS.contains(&head.value.as_str()) => head,
                _ => return false,
            };
            let mut args = Args::new(&stmt.parts, stmt.span);
            if class == ObjectType::File {
                let head = Spanned { value: head.value.as_str(), span: head.span };
                let read = program_of(head, &mut args).and_then(|said| match program.replace(said) {
                    Some(known) if known != said => Err(program_or_not(head)),
                    known => resolver.once(known.is_some(), head),
                });
                if let Err(diagnostic) = read.and_then(|()| resolver.no_expectation(stmt)) {
                    resolver.report(diagnostic);
                }
                return true;
            }
            let read = (|| {
                let name = args.text("the name of the value in quotes")?;
                args.op(Op::Assign).ok_or_else(|| args.expected("`=` and the data"))?;
                let data = value_data(&mut args)?;
                args.finish("value")?;
                resolver.no_expectation(stmt)?;
                // Names of values compare without case, as those of keys do (KEY-2).
                let folded = fold(&name.value);
                if values.iter().any(|(known, _)| fold(known) == folded) {
                    return Err(resolver.duplicate("value", &name));
                }
                Ok((Arc::from(name.value), data))
            })();
            match read {
                Ok(value) => values.push(value),
                Err(diagnostic) => resolver.report(diagnostic),
            }
            true
        };
        let security = self.security(block.map(|block| block.value), class, &mut own);
        if let Some(block) = block {
            lint::inherited_dropped(block.value).into_iter().for_each(|doubt| self.report(doubt));
        }
        Ok((
            path.span,
            ObjectDecl {
                path: path_of(&path.value, class),
                class,
                security,
                program,
                values,
                link,
                edits: Vec::new(),
            },
        ))
    }
}

/// Whether a text is an instant in UTC as RFC 3339 writes it, to the second.
fn is_instant(text: &str) -> bool {
    let shape = text.len() == 20
        && text.bytes().enumerate().all(|(n, byte)| match n {
            4 | 7 => byte == b'-',
            10 => byte == b'T',
            13 | 16 => byte == b':',
            19 => byte == b'Z',
            _ => byte.is_ascii_digit(),
        });
    let number = |from: usize, to: usize| text.get(from..to).and_then(|digits| digits.parse::<u32>().ok());
    let parts = (number(0, 4), number(5, 7), number(8, 10), number(11, 13), number(14, 16), number(17, 19));
    let (true, (Some(year), Some(month), Some(day), Some(hour), Some(minute), Some(second))) = (shape, parts)
    else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day) && hour < 24 && minute < 60 && second < 60
}

/// A number below 10⁹ made from a name: the first four bytes of its SHA-256.
pub(super) fn name_number(name: &str) -> u32 {
    let digest = Sha256::digest(name.as_bytes());
    digest.first_chunk::<4>().map_or(0, |bytes| u32::from_le_bytes(*bytes)) % 1_000_000_000
}

fn no_account(entry: &ProcessEntry<'_>) -> Diagnostic {
    let message = format!("the service `{}` has no `account`", entry.name);
    let diagnostic = Diagnostic::error(codes::ARGUMENT, entry.span, message)
        .label("whose token does it have?")
        .help("add a line such as `account LocalService`");
    match &entry.block {
        Some(block) => diagnostic.lacks(block.span),
        None => diagnostic,
    }
}

/// The threads of a process; those that a step spawns wait for it (PRC-3).
fn threads_of(entry: &ProcessEntry<'_>) -> Vec<ThreadDecl> {
    let spawned = super::identity::spawned_threads(entry.block.map(|block| block.value));
    let thread = |name: &Word| ThreadDecl { name: Arc::from(name.as_str()), waits: spawned.contains(name) };
    entry.threads.keys().map(thread).collect()
}

/// `dacl default` of an endpoint (IMP-4).
fn is_default_dacl(stmt: &Stmt) -> bool {
    stmt.head.as_ref().is_some_and(|head| head.value == "dacl")
        && matches!(stmt.parts.as_slice(), [Part { value: PartKind::Word(word), .. }] if word == "default")
}

/// Process protection by its words (PRC-13).
pub(super) const PROTECTIONS: &[(&str, u32)] = &[("none", 0), ("protected", 512), ("isolated", 1024)];

/// `pip TYPE TRUST` (PRC-13).
pub(super) fn process_trust(args: &mut Args<'_>) -> Read<sim_core::access::ProcessTrust> {
    let kind = match args.peek() {
        Some(Part { value: PartKind::Word(_), .. }) => {
            choose(args.word("a type")?, "process protection", PROTECTIONS)?
        }
        _ => number32(args, "`protected`, `isolated` or a number")?,
    };
    Ok(sim_core::access::ProcessTrust { kind, trust: number32(args, "a trust level")? })
}

/// `pip TYPE TRUST` or `not_executable` of a file.
fn program_of(head: Spanned<&str>, args: &mut Args<'_>) -> Read<ProgramDecl> {
    let said = match head.value {
        "pip" => ProgramDecl::Signed(process_trust(args)?),
        _ => ProgramDecl::NotExecutable,
    };
    args.finish(head.value)?;
    Ok(said)
}

/// What is no program is signed for nothing.
fn program_or_not(head: Spanned<&str>) -> Diagnostic {
    Diagnostic::error(codes::ARGUMENT, head.span, "what cannot be run is signed for no trust")
        .label("`pip` and `not_executable` do not go together")
}

pub(super) fn number32(args: &mut Args<'_>, what: &str) -> Read<u32> {
    let number = args.number(what)?;
    u32::try_from(number.value).map_err(|_| {
        Diagnostic::error(codes::VALUE, number.span, "expected a number of 32 bits").label("out of range")
    })
}
