//! `world { at 10ms change … }`: what no thread does and what needs no right.

use std::collections::BTreeSet;

use sim_core::engine::scenario::{Happening, StepInfo};
use sim_core::ids::StepId;
use sim_core::rights::ObjectType;
use sim_core::world::WorldOperation;
use sim_core::world::change::Change;
use sim_core::world::declare::{Declarations, MissingSd};
use sim_core::world::op::{LinkKind, Operation};

use super::Resolver;
use super::args::{Args, Read, unknown, words_of};
use super::change::CHANGE_WORDS;
use super::trial::refused_change;
use crate::ast::{Block, Span, Spanned, Stmt};
use crate::codes;
use crate::diag::Diagnostic;

/// What stands in a `world` block, beside changes.
pub(super) const ENDINGS: &[&str] = &["kill", "logoff"];

/// The word of something that happens by itself, for patterns.
pub(super) fn happening_named(word: &str) -> Option<&'static str> {
    CHANGE_WORDS.iter().chain(ENDINGS).find(|known| **known == word).copied()
}

impl Resolver<'_> {
    /// Remembers the object that a step may make.
    pub(super) fn note_made(&mut self, operation: &Operation) {
        let file = |directory: bool| if directory { ObjectType::Directory } else { ObjectType::File };
        match operation {
            Operation::OpenFile(open) if open.disposition.creates() => {
                self.made_paths.push((file(open.directory), open.path.clone()));
            }
            Operation::OpenKey(open) if open.create => {
                self.made_paths.push((ObjectType::Key, open.path.clone()));
            }
            Operation::MakeLink(link) if matches!(link.kind, LinkKind::Key { .. }) => {
                self.made_paths.push((ObjectType::Key, link.path.clone()));
            }
            Operation::Rename(rename) => self.made_paths.push((ObjectType::File, rename.to.clone())),
            _ => {}
        }
    }

    /// The first pass over a `world` block: the names that its `add`s give.
    pub(super) fn collect_world(&mut self, stmt: &Stmt, head: Spanned<&str>) -> Read<()> {
        for inner in &self.world_block(stmt, head)?.stmts {
            if inner.head.as_ref().is_some_and(|head| head.value == "add")
                && let Err(diagnostic) = self.collect_added(inner)
            {
                self.report(diagnostic);
            }
        }
        Ok(())
    }

    fn world_block<'s>(&self, stmt: &'s Stmt, head: Spanned<&str>) -> Read<&'s Block> {
        let mut args = Args::new(&stmt.parts, head.span);
        let block = args.block("`{` and what happens, such as `at 10ms change file \"/srv/notes\" { … }`")?;
        args.finish("world")?;
        self.no_expectation(stmt)?;
        Ok(block.value)
    }

    /// What happens by itself, in order of time.
    pub(super) fn world_bodies(&mut self, stmts: &[Stmt]) -> Vec<Happening> {
        let mut found: Vec<(Happening, Span)> = Vec::new();
        for stmt in stmts {
            let Some(head) = stmt.head.as_ref().filter(|head| head.value == "world") else { continue };
            let Ok(block) = self.world_block(stmt, Spanned { value: "world", span: head.span }) else {
                continue;
            };
            for inner in &block.stmts {
                match self.happening(inner) {
                    Ok(happening) => found.push((happening, inner.span)),
                    Err(diagnostic) => self.report(diagnostic),
                }
            }
        }
        found.sort_by_key(|(happening, _)| happening.at);
        self.rehearse(&found);
        self.check_paths(&found);
        found.into_iter().map(|(happening, _)| happening).collect()
    }

    fn happening(&mut self, stmt: &Stmt) -> Read<Happening> {
        let head = self.head_of(stmt, "what happens, such as `change`")?;
        let Some(verb) = happening_named(head.value) else {
            let known = CHANGE_WORDS.iter().chain(ENDINGS).copied().chain(["at"]);
            return Err(unknown(codes::HEAD, head.span, "happening", head.value, known)
                .help("a `world` block takes `change`, `add`, `remove`, `kill` and `logoff`"));
        };
        let mut args = Args::new(&stmt.parts, head.span);
        let operation = match verb {
            "kill" => WorldOperation::Kill(self.process(&args.name("a process or service")?)?),
            "logoff" => WorldOperation::Logoff(self.principal(&mut args)?),
            _ => WorldOperation::Change(Box::new(self.change(stmt, head)?)),
        };
        if !matches!(operation, WorldOperation::Change(_)) {
            args.finish(verb)?;
        }
        if let WorldOperation::Change(change) = &operation
            && matches!(**change, Change::Process(_))
        {
            let message = "this change cannot be made: a running process keeps what it was started with";
            return Err(Diagnostic::error(codes::CHANGE, head.span, message)
                .label("changes nothing")
                .help("a user changes for later logons; an overlay changes a process from the beginning"));
        }
        if let WorldOperation::Change(change) = &operation
            && matches!(&**change, Change::Volume(change) if change.missing_sd == Some(MissingSd::Unmanaged))
        {
            let message = "a volume is unmanaged from the beginning or never";
            return Err(Diagnostic::error(codes::CHANGE, head.span, message)
                .label("cannot become unmanaged while it is in use")
                .help("declare it so: `volume \"/proc\" { missing_sd unmanaged }`"));
        }
        let id = StepId(self.steps.len() as u32);
        self.step_spans.push(head.span);
        self.steps.push(StepInfo {
            verb,
            words: words_of(&stmt.parts).into(),
            binds: None,
            place: self.place(head.span),
        });
        let expects = self.expectations(&stmt.expects, ObjectType::File);
        Ok(Happening { id, at: stmt.at.map_or(0, |at| at.value), operation, expects })
    }

    /// An object that changes is declared, added before, stands on the way to a declared one, or is made by a step.
    fn check_paths(&mut self, found: &[(Happening, Span)]) {
        let names_object = |(happening, _): &(Happening, Span)| {
            matches!(&happening.operation, WorldOperation::Change(change)
                if matches!(**change, Change::Object(_) | Change::RemoveObject(..)))
        };
        if !found.iter().any(names_object) {
            return;
        }
        let mut known = BTreeSet::new();
        know(&mut known, ObjectType::Directory, "/");
        know(&mut known, ObjectType::Key, "machine");
        know(&mut known, ObjectType::Key, "users");
        for object in &self.declarations.objects {
            know(&mut known, object.class, &object.path);
        }
        for (class, path) in &self.made_paths {
            know(&mut known, *class, path);
        }
        for (happening, span) in found {
            let WorldOperation::Change(change) = &happening.operation else { continue };
            let (class, path) = match &**change {
                Change::AddObject(object) => {
                    know(&mut known, object.class, &object.path);
                    continue;
                }
                Change::Object(change) => (change.class, &change.path),
                Change::RemoveObject(class, path) => (*class, path),
                _ => continue,
            };
            let key = class == ObjectType::Key;
            let wanted = if key { path.to_lowercase() } else { path.to_string() };
            if !known.contains(&(key, wanted)) {
                let same = known.iter().filter(|(other, _)| *other == key).map(|(_, path)| path.as_str());
                let near = self.near_names(same);
                let diagnostic = unknown(codes::UNKNOWN_NAME, *span, class.name(), path, near);
                self.report(diagnostic.help("declare it, `add` it before, or let a step create it"));
            }
        }
    }

    /// Makes the changes of the directory in their order, so that one that cannot be made is told with its place.
    fn rehearse(&mut self, found: &[(Happening, Span)]) {
        let mut directory = Declarations {
            principals: self.declarations.principals.clone(),
            policies: self.declarations.policies.clone(),
            ..Declarations::default()
        };
        for (happening, span) in found {
            let WorldOperation::Change(change) = &happening.operation else { continue };
            let of_directory = matches!(
                **change,
                Change::Principal(_)
                    | Change::Policy(_)
                    | Change::AddPrincipal(_)
                    | Change::AddPolicy(_)
                    | Change::RemovePrincipal(_)
                    | Change::RemovePolicy(_)
            );
            if !of_directory {
                continue;
            }
            if let Err(error) = directory.apply(change) {
                let diagnostic = refused_change(&self.names(), &error, *span);
                self.report(diagnostic);
            }
        }
    }
}

/// Takes in a path and those above it; whether it is one of a key, and the path, folded for keys.
fn know(known: &mut BTreeSet<(bool, String)>, class: ObjectType, path: &str) {
    let key = class == ObjectType::Key;
    let mut path = if key { path.to_lowercase() } else { path.to_owned() };
    while known.insert((key, path.clone())) {
        let Some(at) = path.rfind(if key { '\\' } else { '/' }).filter(|at| *at > 0) else { break };
        path.truncate(at);
    }
}
