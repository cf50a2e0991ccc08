//! Steps on objects that exist: by a handle, or by their name.

use std::sync::Arc;

use sim_core::ids::Slot;
use sim_core::rights::ObjectType;
use sim_core::world::op::{
    LabelChange, Link, LinkKind, Onto, Operation, Place, Rename, SecurityChange, Transfer,
};

use super::Resolver;
use super::args::{Args, Read, choose};
use super::paths::{check_path, path_of};
use super::program::ThreadScope;
use super::steps::flags_of;
use crate::ast::{Block, Part, PartKind, Prep, Spanned, Stmt};
use crate::codes;
use crate::diag::Diagnostic;

/// Kinds of objects that a step names by their path.
const BY_PATH: &[(&str, ObjectType)] = &[("file", ObjectType::File), ("directory", ObjectType::Directory)];

/// Whether a kind of objects and a path come next.
fn names_a_path(args: &Args<'_>) -> bool {
    matches!(
        args.rest(),
        [Part { value: PartKind::Word(_), .. }, Part { value: PartKind::Text(_) | PartKind::Raw(_), .. }, ..]
    )
}

/// `file|directory "P"`
fn named(args: &mut Args<'_>) -> Read<(Arc<str>, ObjectType)> {
    let word = args.word("`file` or `directory`")?;
    if word.value == "key" {
        return Err(Diagnostic::error(codes::ARGUMENT, word.span, "a key is reached through a handle")
            .label("expected the name that holds one")
            .help("open it first: `k = open key 'Machine\\Software' for …`"));
    }
    let class = choose(word, "kind of object", BY_PATH)?;
    let path = args.text("a path in quotes")?;
    check_path(&path, class)?;
    Ok((Arc::from(path.value), class))
}

/// `h | file|directory "P"`, and the class in whose names rights are read.
fn place(args: &mut Args<'_>, scope: &ThreadScope<'_>) -> Read<(Place, ObjectType)> {
    if names_a_path(args) {
        let (path, class) = named(args)?;
        return Ok((Place::Path { path, directory: class == ObjectType::Directory }, class));
    }
    let slot = scope.slot(args, "a handle, or `file` or `directory` and a path")?;
    Ok((Place::Handle(slot), scope.class_of(slot)))
}

pub(super) fn delete(
    _: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    Ok(Operation::Delete(place(args, scope)?.0))
}

pub(super) fn rename(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    // Keys have no other name (KEY-18).
    let here = args.here();
    if matches!(args.rest(), [Part { value: PartKind::Word(word), .. }, Part { value: PartKind::Text(_) | PartKind::Raw(_), .. }, ..] if word == "key")
    {
        return Err(resolver.not_built(here, "renaming a key"));
    }
    let (what, class) = place(args, scope)?;
    if class == ObjectType::Key {
        return Err(resolver.not_built(here, "renaming a key"));
    }
    args.prep(Prep::To).ok_or_else(|| args.expected("`to` and the new path"))?;
    let to = args.text("the new path in quotes")?;
    check_path(&to, class)?;
    let onto = match args.flags() {
        None => Onto::Refuse,
        Some(list) => {
            let mut flags = Args::new(list.value, list.span);
            let word = flags.word("`replace` or `exchange`")?;
            let onto = choose(
                word,
                "flag of `rename`",
                &[("replace", Onto::Replace), ("exchange", Onto::Exchange)],
            )?;
            flags.finish("(")?;
            onto
        }
    };
    Ok(Operation::Rename(Box::new(Rename { what, to: Arc::from(to.value), onto })))
}

/// What takes a handle, or asks for the same right by path (FILE-7).
pub(super) fn by_place(args: &mut Args<'_>, scope: &ThreadScope<'_>, transfer: Transfer) -> Read<Operation> {
    Ok(Operation::Transfer(place(args, scope)?.0, transfer))
}

/// `h shared|exclusive`
pub(super) fn lock(
    _: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let slot = scope.slot(args, "a handle")?;
    let kinds = &[("shared", Transfer::LockShared), ("exclusive", Transfer::LockExclusive)];
    Ok(Operation::Transfer(
        Place::Handle(slot),
        choose(args.word("`shared` or `exclusive`")?, "lock", kinds)?,
    ))
}

/// `h read|shared|private|execute`
pub(super) fn map(_: &mut Resolver<'_>, args: &mut Args<'_>, scope: &mut ThreadScope<'_>) -> Read<Operation> {
    let slot = scope.slot(args, "a handle")?;
    let kinds = &[
        ("read", Transfer::MapRead),
        ("shared", Transfer::MapShared),
        ("private", Transfer::MapPrivate),
        ("execute", Transfer::MapExecute),
    ];
    let word = args.word("`read`, `shared`, `private` or `execute`")?;
    Ok(Operation::Transfer(Place::Handle(slot), choose(word, "mapping", kinds)?))
}

/// The extended attribute under which a file system would keep the descriptor.
const DESCRIPTOR_EA: &str = "security.descriptor";

/// `h "NAME"`
pub(super) fn extended(args: &mut Args<'_>, scope: &ThreadScope<'_>, transfer: Transfer) -> Read<Operation> {
    let slot = scope.slot(args, "a handle")?;
    let name = args.text("the name of an extended attribute")?;
    Ok(extended_attribute(slot, &name.value, transfer))
}

/// What is done with an extended attribute; the descriptor is none (FILE-7).
pub(crate) fn extended_attribute(slot: Slot, name: &str, transfer: Transfer) -> Operation {
    if name.eq_ignore_ascii_case(DESCRIPTOR_EA) {
        Operation::DescriptorAsEa(slot)
    } else {
        Operation::Transfer(Place::Handle(slot), transfer)
    }
}

/// `k [N] (values)`
pub(super) fn enumerate(
    _: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let slot = scope.slot(args, "a key handle")?;
    if matches!(args.peek(), Some(Part { value: PartKind::Number(_), .. })) {
        return Ok(Operation::Subkey(slot, super::declare::number32(args, "a position, from 0")?));
    }
    let mut what = Transfer::List;
    if let Some(list) = args.flags() {
        let mut flags = Args::new(list.value, list.span);
        what = choose(flags.word("`values`")?, "flag of `enumerate`", &[("values", Transfer::Values)])?;
        flags.finish("(")?;
    }
    Ok(Operation::Transfer(Place::Handle(slot), what))
}

/// What a link stands among: a path of its own kind leads to keys.
pub(crate) fn class_of_link(path: &str) -> ObjectType {
    if path.contains('\\') && !path.starts_with('/') { ObjectType::Key } else { ObjectType::File }
}

/// `to "T"`
pub(super) fn target(args: &mut Args<'_>, class: ObjectType) -> Read<Arc<str>> {
    args.prep(Prep::To).ok_or_else(|| args.expected("`to` and where it leads"))?;
    let to = args.text("where it leads, in quotes")?;
    check_path(&to, class)?;
    Ok(path_of(&to.value, class))
}

/// `"P" to "T" (hard)`, `'K' to 'T' (volatile)`
pub(super) fn link(args: &mut Args<'_>) -> Read<Link> {
    let path = args.text("the path of the link in quotes")?;
    let class = class_of_link(&path.value);
    check_path(&path, class)?;
    let to = target(args, class)?;
    let key = class == ObjectType::Key;
    let flags: &[(&str, ())] = if key { &[("volatile", ())] } else { &[("hard", ())] };
    let flag = !flags_of(args, if key { "flag of a link between keys" } else { "flag of a link" }, flags)?
        .is_empty();
    let kind = match (key, flag) {
        (true, volatile) => LinkKind::Key { volatile },
        (false, true) => LinkKind::Hard,
        (false, false) => LinkKind::Symbolic,
    };
    Ok(Link { path: path_of(&path.value, class), to, kind })
}

pub(super) fn access(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    _: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let (path, class) = named(args)?;
    args.prep(Prep::For).ok_or_else(|| args.expected("`for` and the rights that are asked about"))?;
    let desired = resolver.rights(args, class)?;
    Ok(Operation::Access(path, class == ObjectType::Directory, desired))
}

pub(super) fn query_security(
    _: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let (place, _) = place(args, scope)?;
    let mut sacl = false;
    if let Some(list) = args.flags() {
        let mut flags = Args::new(list.value, list.span);
        sacl = choose(flags.word("`sacl`")?, "flag of `query_security`", &[("sacl", true)])?;
        flags.finish("(")?;
    }
    Ok(Operation::QuerySecurity(place, sacl))
}

/// `file|directory "P"` of `show`: what reading its descriptor shows, for who may read that (FILE-7). Nothing is taken if
/// something else stands there.
pub(super) fn show(args: &mut Args<'_>) -> Read<Option<Operation>> {
    let kind = matches!(args.peek(), Some(Part { value: PartKind::Word(word), .. })
        if word == "key" || BY_PATH.iter().any(|(known, _)| known == word));
    if !kind || !names_a_path(args) {
        return Ok(None);
    }
    let (path, class) = named(args)?;
    let place = Place::Path { path, directory: class == ObjectType::Directory };
    Ok(Some(Operation::QuerySecurity(place, false)))
}

pub(super) fn set_security(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let (place, class) = place(args, scope)?;
    let block = args.block("`{` and the parts of a descriptor")?;
    let change = resolver.security_change(block.value, class);
    Ok(Operation::SetSecurity(place, Box::new(change)))
}

impl Resolver<'_> {
    /// The parts of a descriptor that a step writes, or its label alone (FILE-25, FILE-29).
    fn security_change(&mut self, block: &Block, class: ObjectType) -> SecurityChange {
        let mut label = LabelChange::Keep;
        let mut own = |resolver: &mut Self, stmt: &Stmt| {
            let Some(head) = stmt.head.as_ref().filter(|head| head.value == "label") else { return false };
            let head = Spanned { value: head.value.as_str(), span: head.span };
            match resolver.label_change(stmt, head, class) {
                Ok(change) => {
                    let doubled = std::mem::replace(&mut label, change) != LabelChange::Keep;
                    if let Err(diagnostic) = resolver.once(doubled, head) {
                        resolver.report(diagnostic);
                    }
                }
                Err(diagnostic) => resolver.report(diagnostic),
            }
            true
        };
        let parts = self.descriptor_parts(block, class, &mut own);
        SecurityChange { parts, label }
    }

    /// `label none`, or `label LEVEL no_write_up …`
    fn label_change(&mut self, stmt: &Stmt, head: Spanned<&str>, class: ObjectType) -> Read<LabelChange> {
        let mut args = Args::new(&stmt.parts, head.span);
        let change = if args.keyword("none").is_some() {
            LabelChange::Remove
        } else {
            LabelChange::Set(self.label(&mut args, class)?)
        };
        args.finish("label")?;
        self.no_expectation(stmt)?;
        Ok(change)
    }
}
