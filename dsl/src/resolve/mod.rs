//! From the tree to a scenario: names become numbers, statements what the engine runs. All mistakes of the tree are
//! found in one go; what only follows from one is not reported.

mod args;
mod change;
mod claims;
mod declare;
mod elsewhere;
mod identity;
mod lookup;
mod objects;
mod overlay;
mod paths;
mod program;
pub mod reference;
mod scripts;
mod security;
mod shape;
mod steps;
mod trial;
mod volume;
pub mod words;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use compact_str::format_compact;
use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxBuildHasher;
use sim_core::engine::scenario::{Instruction, Place, Program, Scenario, StepInfo};
use sim_core::ids::{ProcessId, Slot, ThreadId};
use sim_core::rights::ObjectType;
use sim_core::sid::{Sid, WELL_KNOWN, WellKnown};
use sim_core::world::declare::{Declarations, DescriptorParts, EndpointDecl, ObjectDecl, Transport};
use sim_core::world::op::Operation;
use sim_core::world::registry::fold;

use args::{Args, Read, unknown};
pub(crate) use trial::Places;

pub(crate) use args::text_of;
pub(crate) use identity::{MANDATORY_POLICIES, RESTRICT_WORDS};
pub(crate) use objects::{class_of_link, extended_attribute};
pub(crate) use scripts::{data_of, right_of, sound_path};
pub use steps::{CONTROL, VERBS, Verb};

use crate::ast::{Block, Part, PartKind, Span, Spanned, Stmt, Word};
use crate::codes;
use crate::diag::{Code, Diagnostic, Severity};
use crate::expand::Param;
use crate::lint::{self, DisabledPrivilege};
use crate::script::Compiler;
use crate::source::Sources;

type Map<V> = IndexMap<Word, V, FxBuildHasher>;

/// Resolves the statements of a scenario file.
#[must_use]
pub(crate) fn resolve(
    stmts: Vec<Stmt>,
    sources: &Sources,
    params: &[Param],
    procedures: &[(Word, Span)],
) -> Resolved {
    let mut resolver = Resolver {
        sources,
        diagnostics: Vec::new(),
        domains: Vec::new(),
        principals: Map::default(),
        processes: Rc::default(),
        endpoints: Map::default(),
        policies: Map::default(),
        names_by_sid: BTreeMap::new(),
        paths: IndexMap::default(),
        last_parts: Arc::default(),
        told: BTreeSet::new(),
        declarations: Declarations::default(),
        object_spans: Vec::new(),
        link_spans: Vec::new(),
        volume_spans: Vec::new(),
        steps: Vec::new(),
        step_spans: Vec::new(),
        disabled: Vec::new(),
        rule_entries: lint::RuleEntries::default(),
        allowed: Vec::new(),
        scripts: Compiler::new(sources, procedures),
        scripts_broken: false,
        taken: Vec::new(),
        made_paths: Vec::new(),
    };
    let (mut scenario, places) = resolver.scenario(&stmts);
    let Resolver { diagnostics, allowed, .. } = resolver;
    let param = |param: &Param| (Arc::from(param.name.as_str()), Arc::from(param.value.as_str()));
    scenario.params = params.iter().map(param).collect();
    let failed = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    Resolved { scenario: (!failed).then_some(scenario), places, diagnostics, allowed }
}

/// What resolving gave.
pub(crate) struct Resolved {
    /// The scenario, if nothing is wrong with it.
    pub(crate) scenario: Option<Scenario>,
    /// Where its parts stand.
    pub(crate) places: Places,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The codes of the warnings that the scenario allows.
    pub(crate) allowed: Vec<Code>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum PrincipalKind {
    User,
    /// A host, with the account by which it is known on the network.
    Machine,
    Group,
    /// A package identity for sandboxes.
    App,
    Service,
}

impl PrincipalKind {
    /// Whether it has a token of its own.
    fn logs_on(self) -> bool {
        matches!(self, PrincipalKind::User | PrincipalKind::Machine)
    }
}

/// A process as it was declared; its threads are numbered over the whole scenario.
#[derive(Clone)]
struct ProcessEntry<'a> {
    name: Word,
    span: Span,
    /// A service's own SID.
    service_sid: Option<Sid>,
    /// What stands behind `as`.
    account: Option<&'a [Part]>,
    block: Option<Spanned<&'a Block>>,
    threads: Map<ThreadId>,
}

struct Resolver<'a> {
    sources: &'a Sources,
    diagnostics: Vec<Diagnostic>,
    domains: Vec<(Word, Sid)>,
    principals: Map<(Sid, PrincipalKind, Span)>,
    /// Shared with whoever reads their bodies, which name each other.
    processes: Rc<Map<ProcessEntry<'a>>>,
    endpoints: Map<Span>,
    policies: Map<(Sid, Span)>,
    /// Which principal has a SID.
    names_by_sid: BTreeMap<Sid, Word>,
    /// Which objects are declared: whether it is a key, and the path, folded for keys.
    paths: IndexMap<(bool, Arc<str>), Span, FxBuildHasher>,
    /// The parts of a descriptor that were read last.
    last_parts: Arc<DescriptorParts>,
    /// What has been told: what follows twice from one place is told once.
    told: BTreeSet<(Code, Span)>,
    declarations: Declarations,
    object_spans: Vec<Span>,
    /// The places of links, which are counted after the objects.
    link_spans: Vec<Span>,
    /// The places of volumes, which are counted after the links.
    volume_spans: Vec<Span>,
    steps: Vec<StepInfo>,
    /// Where each step stands.
    step_spans: Vec<Span>,
    /// Privileges that are declared disabled.
    disabled: Vec<DisabledPrivilege>,
    /// Entries of policies that some model may not map.
    rule_entries: lint::RuleEntries,
    /// The warnings that the scenario allows.
    allowed: Vec<Code>,
    scripts: Compiler<'a>,
    /// Whether a script cannot be read: then functions that are missing may just not have been read.
    scripts_broken: bool,
    /// Names of other threads whose handles steps take.
    taken: Vec<(ThreadId, Spanned<Word>)>,
    /// Paths of objects that steps may create.
    made_paths: Vec<(ObjectType, Arc<str>)>,
}

impl<'a> Resolver<'a> {
    fn scenario(&mut self, stmts: &'a [Stmt]) -> (Scenario, Places) {
        let settings = self.read_settings(stmts);
        self.domains = settings.domains;
        for stmt in stmts {
            if let Err(diagnostic) = self.collect(stmt) {
                self.report(diagnostic);
            }
        }
        self.number_threads();
        self.script_blocks(stmts);
        let mut claims = Vec::new();
        for stmt in stmts {
            let Some(head) = &stmt.head else { continue };
            let head = Spanned { value: head.value.as_str(), span: head.span };
            if matches!(head.value, "never" | "expect") {
                match self.claim(stmt, head) {
                    Ok(claim) => claims.push(claim),
                    Err(diagnostic) => self.report(diagnostic),
                }
            }
            if head.value == "link" {
                self.link_decl(stmt, head);
            }
            if head.value == "volume"
                && let Err(diagnostic) = self.volume_decl(stmt, head)
            {
                self.report(diagnostic);
            }
            let class = match head.value {
                "file" => ObjectType::File,
                "directory" => ObjectType::Directory,
                "key" => ObjectType::Key,
                _ => continue,
            };
            match self.object_decl(stmt, class, head) {
                Ok(object) => self.add_object(object),
                Err(diagnostic) => self.report(diagnostic),
            }
        }
        self.principal_bodies(stmts);
        let programs = self.process_bodies();
        let world = self.world_bodies(stmts);
        for doubt in lint::never_enabled(&self.disabled, &programs) {
            self.report(doubt);
        }
        self.sort_objects();
        let scripts = self.finish_scripts();
        if scripts.is_none() {
            // A script may start what it likes.
            self.doubt_waiting(&programs);
        }
        // What they change is in another file.
        let overlays = if only_overlays(stmts) { Vec::new() } else { self.overlays(stmts, &settings.models) };
        let (overlays, changes) = overlays.into_iter().unzip();
        let scenario = Scenario {
            name: settings.name,
            files: self.sources.names().map(Arc::from).collect(),
            params: Vec::new(),
            start: settings.start,
            models: settings.models,
            seed: settings.seed,
            limits: settings.limits,
            declarations: std::mem::take(&mut self.declarations),
            programs,
            timing: settings.timing,
            names: self.names(),
            claims,
            steps: std::mem::take(&mut self.steps),
            scripts,
            world,
            overlays,
        };
        let places = Places {
            objects: std::mem::take(&mut self.object_spans),
            processes: self.processes.values().map(|entry| entry.span).collect(),
            overlays: changes,
        };
        (scenario, places)
    }

    /// Doubts about processes that wait to be spawned.
    fn doubt_waiting(&mut self, programs: &[Program]) {
        let declared = self.declarations.processes.iter().enumerate();
        let waiting = declared.filter(|(_, process)| process.account.is_none()).filter_map(|(n, process)| {
            let (_, entry) = self.processes.get_index(n)?;
            Some((ProcessId(n as u32), process.name.as_ref(), entry.span))
        });
        for doubt in lint::never_spawned(waiting, programs) {
            self.report(doubt);
        }
    }

    fn read_settings(&mut self, stmts: &[Stmt]) -> declare::Settings {
        let mut blocks =
            stmts.iter().filter(|stmt| stmt.head.as_ref().is_some_and(|head| head.value == "scenario"));
        let first = blocks.next();
        for again in blocks {
            let diagnostic =
                Diagnostic::error(codes::DUPLICATE, again.span, "a file holds one `scenario` block")
                    .label("a second one");
            let diagnostic = match first {
                Some(first) => diagnostic.related(first.span, "the first one"),
                None => diagnostic,
            };
            self.report(diagnostic);
        }
        match first {
            Some(stmt) => {
                let span = stmt.head.as_ref().map_or(stmt.span, |head| head.span);
                self.settings(stmt, Spanned { value: "scenario", span })
            }
            None => {
                // With other mistakes in the file the block may just not have been read.
                let span =
                    stmts.first().map_or(Span::default(), |stmt| Span { end: stmt.span.start, ..stmt.span });
                self.report(self.no_scenario(stmts, span));
                let empty = Stmt {
                    doc: Vec::new(),
                    at: None,
                    bind: None,
                    head: None,
                    parts: vec![Spanned { value: PartKind::Word("scenario".into()), span }],
                    expects: Vec::new(),
                    span,
                };
                self.settings(&empty, Spanned { value: "scenario", span })
            }
        }
    }

    fn no_scenario(&self, stmts: &[Stmt], span: Span) -> Diagnostic {
        let missing = Diagnostic::error(codes::NO_SCENARIO, span, "this file has no `scenario` block")
            .label("expected `scenario NAME`");
        if !only_overlays(stmts) {
            return missing.help("a file that is run begins with a line such as `scenario my_story`");
        }
        let file = self.sources.name(span.file);
        missing
            .help(format!("overlays are played with the scenario that they change: `scn whatif BASE {file}`"))
    }

    /// The first pass: names.
    fn collect(&mut self, stmt: &'a Stmt) -> Read<()> {
        let head = self.head_of(stmt, "a declaration")?;
        if let Some(at) = stmt.at {
            return Err(Diagnostic::error(codes::ARGUMENT, at.span, "`at` stands before a step")
                .label("does not belong here"));
        }
        if let Some(bind) = &stmt.bind {
            return Err(Diagnostic::error(
                codes::ARGUMENT,
                bind.span,
                "only a step gives something to a name",
            )
            .label("does not belong here"));
        }
        match head.value {
            "scenario" | "script" | "never" | "expect" | "file" | "directory" | "key" | "link" | "volume"
            | "whatif" => Ok(()),
            "user" | "group" | "app" | "machine" => self.collect_principal(stmt, head),
            "policy" => self.collect_policy(stmt, head),
            "service" => self.collect_process(stmt, head, true),
            "process" => self.collect_process(stmt, head, false),
            "world" => self.collect_world(stmt, head),
            name => {
                let known = declare::DECLARATIONS.iter().copied();
                let diagnostic = unknown(codes::HEAD, head.span, "declaration", name, known);
                Err(if Verb::named(name).is_some() || CONTROL.contains(&name) {
                    diagnostic.help("a step stands in a `process`, a `service` or a `thread`")
                } else if declare::SETTINGS.contains(&name) {
                    diagnostic.help("it is a setting: it stands in the block of the `scenario`")
                } else if shape::SHAPE_WORDS.contains(&name) {
                    diagnostic
                        .help("it is a property: it stands in the block of a user, a process or a service")
                } else if declare::PROCESS_WORDS.contains(&name) {
                    diagnostic.help("it stands in the block of a process or a service")
                } else {
                    diagnostic
                })
            }
        }
    }

    /// The name of a user, group or package.
    fn collect_principal(&mut self, stmt: &Stmt, head: Spanned<&str>) -> Read<()> {
        let kind = match head.value {
            "group" => PrincipalKind::Group,
            "app" => PrincipalKind::App,
            "machine" => PrincipalKind::Machine,
            _ => PrincipalKind::User,
        };
        let mut args = Args::new(&stmt.parts, head.span);
        let name = args.name(&format!("the name of the {}", head.value))?;
        let block = self.last_block(&mut args, stmt, head.value).map(|block| block.value);
        let sid = self.declared_sid(block, |resolver| match kind {
            PrincipalKind::App => Sid::of_package(&name.value),
            PrincipalKind::User | PrincipalKind::Machine | PrincipalKind::Group | PrincipalKind::Service => {
                resolver.sid_from_name(&name.value)
            }
        });
        self.add_principal(&name, sid, kind)
    }

    fn collect_policy(&mut self, stmt: &Stmt, head: Spanned<&str>) -> Read<()> {
        let mut args = Args::new(&stmt.parts, head.span);
        let name = args.name("the name of the policy")?;
        let block = self.last_block(&mut args, stmt, "policy").map(|block| block.value);
        if let Some((_, first)) = self.policies.get(&name.value) {
            return Err(self.duplicate("policy", &name).related(*first, "first declared here"));
        }
        let sid = self.declared_sid(block, |_| {
            Sid::new(17, &[declare::name_number(&name.value)]).unwrap_or(sim_core::sid::NOBODY)
        });
        self.policies.insert(name.value, (sid, name.span));
        Ok(())
    }

    fn add_principal(&mut self, name: &Spanned<Word>, sid: Sid, kind: PrincipalKind) -> Read<()> {
        if let Some((_, _, first)) = self.principals.get(&name.value) {
            if *first == name.span {
                return Err(self.duplicate("principal", name).help(
                    "each round of a `for` declares it again: a name that differs is made, as in `user \"user{n}\"`",
                ));
            }
            return Err(self.duplicate("principal", name).related(*first, "first declared here"));
        }
        if let Some(row) = WellKnown::named(&name.value) {
            return Err(Diagnostic::error(
                codes::DUPLICATE,
                name.span,
                format!("`{}` is a well-known principal", row.name),
            )
            .label("choose another name"));
        }
        if let Some(row) = WellKnown::of(sid) {
            let message = format!("{sid} is the SID of `{}`", row.name);
            return Err(Diagnostic::error(codes::DUPLICATE, name.span, message)
                .label("a well-known principal has it"));
        }
        if let Some(other) = self.names_by_sid.get(&sid)
            && let Some((_, _, first)) = self.principals.get(other)
        {
            // A name makes one of a thousand million numbers: among tens of thousands two are likely to be equal.
            let help = if *first == name.span {
                "give each its own number, as in `for n in 1001..9999 { user \"user{n}\" { rid n } }`"
            } else {
                "give one of them another `rid`"
            };
            return Err(Diagnostic::error(
                codes::DUPLICATE,
                name.span,
                format!("`{}` and `{other}` have the same SID {sid}", name.value),
            )
            .label("the same SID")
            .related(*first, "has it already")
            .help(help));
        }
        self.names_by_sid.insert(sid, name.value.clone());
        self.principals.insert(name.value.clone(), (sid, kind, name.span));
        Ok(())
    }

    fn collect_process(&mut self, stmt: &'a Stmt, head: Spanned<&str>, service: bool) -> Read<()> {
        let mut args = Args::new(&stmt.parts, head.span);
        let name = args.name(&format!("the name of the {}", head.value))?;
        if let Some(first) = self.processes.get(&name.value) {
            return Err(self.duplicate("process", &name).related(first.span, "first declared here"));
        }
        let account = Resolver::account_parts(&stmt.parts);
        if service && account.is_some() {
            let message = "a service says whose token it has in its block";
            let diagnostic = Diagnostic::error(codes::ARGUMENT, args.here(), message);
            self.report(diagnostic.label("write `account NAME` in the block"));
        }
        if account.is_some() {
            while args.peek().is_some_and(|part| !matches!(part.value, PartKind::Block(_))) {
                args.take();
            }
        }
        let account = account.filter(|_| !service);
        let whole = self.last_block(&mut args, stmt, head.value);
        let block = whole.map(|block| block.value);
        let mut service_sid = None;
        if service {
            let given = block.filter(|block| has_property(block, "sid"));
            let sid = self.declared_sid(given, |_| Sid::of_service(&name.value));
            self.add_principal(&name, sid, PrincipalKind::Service)?;
            service_sid = Some(sid);
        }
        let position = self.processes.len();
        let own_endpoints = self.collect_endpoints(&name, block);
        if service && own_endpoints.is_empty() {
            self.endpoints.insert(name.value.clone(), name.span);
            self.declarations.endpoints.push(bare_endpoint(&name.value, position));
        }
        for (full, span) in own_endpoints {
            self.declarations.endpoints.push(bare_endpoint(&full, position));
            self.endpoints.insert(full, span);
        }
        let threads = thread_names(block);
        let entry = ProcessEntry {
            name: name.value.clone(),
            span: name.span,
            service_sid,
            account,
            block: whole,
            threads: threads.into_iter().map(|name| (name, ThreadId(0))).collect(),
        };
        Rc::make_mut(&mut self.processes).insert(name.value, entry);
        Ok(())
    }

    /// The block at the end of a declaration. What does not belong in front of it is told, and hides neither the name that is
    /// declared nor the block.
    fn last_block<'p>(&mut self, args: &mut Args<'p>, stmt: &Stmt, head: &str) -> Option<Spanned<&'p Block>> {
        let block = args.optional_block();
        if let Err(diagnostic) = args.finish(head).and_then(|()| self.no_expectation(stmt)) {
            self.report(diagnostic);
        }
        block.or_else(|| args.later_block())
    }

    fn collect_endpoints(&mut self, owner: &Spanned<Word>, block: Option<&Block>) -> Map<Span> {
        let mut found = Map::default();
        for stmt in block.map_or(&[][..], |block| &block.stmts) {
            let Some(head) = stmt.head.as_ref().filter(|head| head.value == "endpoint") else { continue };
            // A missing name is told when the body is read.
            let Ok(name) = Args::new(&stmt.parts, head.span).name("a name") else { continue };
            let full = format_compact!("{}.{}", owner.value, name.value);
            if found.contains_key(&full) {
                let diagnostic = self.duplicate("endpoint", &name);
                self.report(diagnostic);
            } else {
                found.insert(full, name.span);
            }
        }
        found
    }

    /// Threads are numbered over the whole scenario, in order of declaration.
    fn number_threads(&mut self) {
        let mut next = 0;
        for entry in Rc::make_mut(&mut self.processes).values_mut() {
            for id in entry.threads.values_mut() {
                *id = ThreadId(next);
                next += 1;
            }
        }
    }

    fn principal_bodies(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            let kind = match stmt.head.as_ref().map(|head| head.value.as_str()) {
                Some("user") => PrincipalKind::User,
                Some("group") => PrincipalKind::Group,
                Some("app") => PrincipalKind::App,
                Some("machine") => PrincipalKind::Machine,
                Some("policy") => {
                    self.policy_body(stmt);
                    continue;
                }
                _ => continue,
            };
            let mut args = Args::new(&stmt.parts, stmt.span);
            let Ok(name) = args.name("a name") else { continue };
            let Some((sid, _, span)) = self.principals.get(&name.value).copied() else { continue };
            if span != name.span {
                continue; // a second declaration of the same name, told already
            }
            let block = args.later_block().map(|block| block.value);
            let decl = self.principal_decl(&name.value, kind, sid, block);
            self.declarations.principals.push(Arc::new(decl));
        }
    }

    fn policy_body(&mut self, stmt: &Stmt) {
        let mut args = Args::new(&stmt.parts, stmt.span);
        let Ok(name) = args.name("a name") else { return };
        let Some((sid, span)) = self.policies.get(&name.value).copied() else { return };
        if span == name.span {
            let block = args.later_block().map(|block| block.value);
            let decl = self.policy_decl(&name.value, sid, block);
            self.declarations.policies.push(decl);
        }
    }

    fn process_bodies(&mut self) -> Vec<sim_core::engine::scenario::Program> {
        let mut programs = Vec::new();
        let entries = Rc::clone(&self.processes);
        for (position, entry) in entries.values().enumerate() {
            let (decl, bodies) = self.process_body(entry);
            self.declarations.processes.push(decl);
            for stmts in bodies {
                programs.push(self.program(sim_core::ids::ProcessId(position as u32), &stmts));
            }
        }
        self.settle_taken(&mut programs);
        programs
    }

    /// Finds the places of the names whose handles steps take, now that every thread is read (PRC-12).
    fn settle_taken(&mut self, programs: &mut [Program]) {
        let taken = std::mem::take(&mut self.taken);
        let mut places = Vec::new();
        for (thread, name) in &taken {
            let names = programs.get(thread.index()).map_or(&[][..], |program| &program.names);
            let place = names.iter().position(|known| known.as_ref() == name.value);
            if place.is_none() {
                let near = names.iter().map(AsRef::as_ref);
                let diagnostic = unknown(codes::UNBOUND, name.span, "name", &name.value, near);
                let help = format!("a step of the other thread must bind it: `{} = …`", name.value);
                self.report(diagnostic.help(help));
            }
            places.push(Slot(place.unwrap_or(0) as u32));
        }
        for instruction in programs.iter_mut().flat_map(|program| &mut program.code) {
            if let Instruction::Step(step) = instruction
                && let Operation::TakeHandle(_, slot) = &mut step.operation
                && let Some(place) = places.get(slot.index())
            {
                *slot = *place;
            }
        }
    }

    fn add_object(&mut self, (span, object): (Span, ObjectDecl)) {
        let key = object.class == ObjectType::Key;
        let path = if key { fold(&object.path) } else { object.path.clone() };
        if let Some(first) = self.paths.get(&(key, path.clone())) {
            let diagnostic =
                Diagnostic::error(codes::DUPLICATE, span, format!("`{}` is declared twice", object.path))
                    .label("declared again here")
                    .related(*first, "first declared here");
            self.report(diagnostic);
            return;
        }
        self.paths.insert((key, path), span);
        self.declarations.objects.push(object);
        self.object_spans.push(span);
    }

    /// Parents exist before their children, whatever the order of declaration.
    fn sort_objects(&mut self) {
        let depth =
            |object: &ObjectDecl| object.path.split(['/', '\\']).filter(|name| !name.is_empty()).count();
        let objects = &mut self.declarations.objects;
        let mut spans: Vec<(usize, Span)> =
            objects.iter().map(depth).zip(self.object_spans.drain(..)).collect();
        spans.sort_by_key(|(depth, _)| *depth);
        self.object_spans.extend(spans.into_iter().map(|(_, span)| span));
        // In place: a million objects have no room beside themselves.
        objects.sort_by_cached_key(depth);
        self.object_spans.append(&mut self.link_spans);
        self.object_spans.append(&mut self.volume_spans);
    }

    /// `link "P" to "T"`: among files made after the objects; between keys it is a key.
    fn link_decl(&mut self, stmt: &Stmt, head: Spanned<&str>) {
        let mut args = Args::new(&stmt.parts, head.span);
        let path = Args::new(&stmt.parts, head.span).text("a path");
        if path.is_ok_and(|path| objects::class_of_link(&path.value) == ObjectType::Key) {
            match self.object_decl(stmt, ObjectType::Key, head) {
                Ok(object) => self.add_object(object),
                Err(diagnostic) => self.report(diagnostic),
            }
            return;
        }
        let read = objects::link(&mut args).and_then(|link| args.finish("link").map(|()| link));
        match read.and_then(|link| self.no_expectation(stmt).map(|()| link)) {
            Ok(link) => {
                self.declarations.links.push(link);
                self.link_spans.push(head.span);
            }
            Err(diagnostic) => self.report(diagnostic),
        }
    }

    /// Names of SIDs for traces: what is declared before what is well known.
    fn names(&self) -> BTreeMap<Sid, Arc<str>> {
        let known = WELL_KNOWN.iter().map(|row| (row.sid, Arc::from(row.name)));
        let declared = self.principals.iter().map(|(name, (sid, _, _))| (*sid, Arc::from(name.as_str())));
        let policies = self.policies.iter().map(|(name, (sid, _))| (*sid, Arc::from(name.as_str())));
        known.chain(policies).chain(declared).collect()
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        if self.told.insert((diagnostic.code, diagnostic.span)) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Names that may be near an unknown one; none once so much is wrong that suggestions are the least of it.
    fn near_names<'n>(&self, names: impl Iterator<Item = &'n str>) -> impl Iterator<Item = &'n str> {
        const MOST: usize = 50;
        names.take(if self.diagnostics.len() < MOST { usize::MAX } else { 0 })
    }

    /// The head of a statement.
    fn head_of<'s>(&self, stmt: &'s Stmt, what: &str) -> Read<Spanned<&'s str>> {
        stmt.head.as_ref().map(|head| Spanned { value: head.value.as_str(), span: head.span }).ok_or_else(
            || match &stmt.bind {
                Some(bind) => {
                    let name = &bind.value.text;
                    Diagnostic::error(codes::ARGUMENT, bind.span, format!("`{name}` takes no `=` here"))
                        .label(format!("expected {what}"))
                        .help("a property is a word and its values with a blank between, as in `rid 1001`")
                }
                None => Diagnostic::error(codes::HEAD, stmt.span, format!("expected {what}"))
                    .label(format!("expected {what}")),
            },
        )
    }

    /// A property that may come once only.
    fn once(&self, again: bool, head: Spanned<&str>) -> Read<()> {
        if !again {
            return Ok(());
        }
        Err(Diagnostic::error(codes::DUPLICATE, head.span, format!("`{}` is given twice", head.value))
            .label("given again here"))
    }

    /// `=>` stands behind a step only.
    fn no_expectation(&self, stmt: &Stmt) -> Read<()> {
        match stmt.expects.first() {
            None => Ok(()),
            Some(expectation) => Err(Diagnostic::error(
                codes::ARGUMENT,
                expectation.span,
                "`=>` says what must come of a step",
            )
            .label("there is no step here")),
        }
    }

    /// What belongs to the language and is not built yet.
    fn not_built(&self, span: Span, what: &str) -> Diagnostic {
        Diagnostic::error(codes::NOT_BUILT, span, format!("{what} is not built yet"))
            .label("refused by this version")
            .help("nothing is silently ignored: take it out, or wait for a version that has it")
    }

    fn place(&self, span: Span) -> Place {
        let (line, column) = self.sources.line_col(span);
        Place { file: span.file.0, line, column }
    }
}

/// Whether a word declares something at the top level.
pub(crate) fn is_declaration(word: &str) -> bool {
    declare::DECLARATIONS.contains(&word)
}

fn bare_endpoint(name: &str, process: usize) -> EndpointDecl {
    let (transport, default_dacl) = (Transport::Stream, false);
    EndpointDecl {
        name: Arc::from(name),
        process,
        descriptor: None,
        default_dacl,
        transport,
        edits: Vec::new(),
    }
}

fn has_property(block: &Block, name: &str) -> bool {
    block.stmts.iter().any(|stmt| stmt.head.as_ref().is_some_and(|head| head.value == name))
}

/// Whether a file holds overlays and nothing else.
pub(crate) fn only_overlays(stmts: &[Stmt]) -> bool {
    let is_overlay = |stmt: &Stmt| stmt.head.as_ref().is_some_and(|head| head.value == "whatif");
    !stmts.is_empty() && stmts.iter().all(is_overlay)
}

/// The threads of a process: `main` first if steps stand directly in it, the others as they come.
fn thread_names(block: Option<&Block>) -> IndexSet<Word, FxBuildHasher> {
    let mut names = IndexSet::default();
    let mut main = false;
    for stmt in block.map_or(&[][..], |block| &block.stmts) {
        let Some(head) = &stmt.head else { continue };
        if head.value == "thread" {
            if let Ok(name) = Args::new(&stmt.parts, head.span).name("a name") {
                names.insert(name.value);
            }
        } else {
            let step = Verb::named(&head.value).is_some()
                && (head.value != "logon" || identity::is_logon_step(stmt));
            main |= step || CONTROL.contains(&head.value.as_str());
        }
    }
    // A process's first thread is `main`, else the first that is declared (PRC-1).
    if main || names.is_empty() || names.contains("main") {
        names.shift_insert(0, "main".into());
    }
    names
}
