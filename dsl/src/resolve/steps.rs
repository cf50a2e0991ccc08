//! The one table of verbs: what each step is called, what it takes, what it does, and how its parts are read. Usage, help
//! and suggestions come from it.

use std::sync::Arc;

use sim_core::access::Intents;
use sim_core::ids::Slot;
use sim_core::rights::ObjectType;
use sim_core::token::ImpersonationLevel;
use sim_core::world::declare::DescriptorParts;
use sim_core::world::op::{
    Disposition, FileOpen, KeyOpen, Operation, Place, PrivilegeAction, ProcessUse, Transfer,
};
use sim_core::world::registry::ValueData;

use super::args::{Args, Read, choose, unknown};
use super::identity;
use super::objects;
use super::paths::{check_path, check_relative_path};
use super::program::ThreadScope;
use super::{Resolver, elsewhere};
use crate::ast::{Op, Part, PartKind, Prep, Spanned, Word};
use crate::codes;
use crate::diag::Diagnostic;
use crate::lint;
use crate::suggest::nearest;

/// A row of [`VERBS`].
pub struct Verb {
    /// The word.
    pub name: &'static str,
    /// What it takes, as the manual shows it.
    pub usage: &'static str,
    /// What it does, in a line.
    pub effect: &'static str,
    /// Whether `name = verb …` gives the name something to hold.
    pub binds: bool,
    read: Option<Reader>,
}

type Reader = fn(&mut Resolver<'_>, &mut Args<'_>, &mut ThreadScope<'_>) -> Read<Operation>;

const fn verb(
    name: &'static str,
    usage: &'static str,
    effect: &'static str,
    binds: bool,
    read: Reader,
) -> Verb {
    Verb { name, usage, effect, binds, read: Some(read) }
}

/// A verb of the language that this version refuses by name; its effect ends in what does for it.
const fn later(name: &'static str, usage: &'static str, effect: &'static str) -> Verb {
    Verb { name, usage, effect, binds: true, read: None }
}

/// The one table of verbs.
pub const VERBS: &[Verb] = &[
    verb("open_socket", "SERVICE", "makes an end to connect with later", true, open_socket),
    verb("set_level", "c LEVEL", "says how far the service may act, before connecting", false, set_level),
    verb(
        "connect",
        "SERVICE [level LEVEL] | c",
        "connects, and lets the service act up to a level",
        true,
        connect,
    ),
    verb("accept", "[ENDPOINT]", "waits for a client", true, accept),
    verb("send", "c \"text\" | c h", "sends a message or a handle over a connection", false, send),
    verb("receive", "c", "waits for a message or a handle", true, receive),
    verb("close", "x", "closes a handle or one end of a connection", false, |_, args, scope| {
        Ok(Operation::Close(scope.slot(args, "a handle or a connection")?))
    }),
    verb("impersonate", "c | t | anonymous", "takes the identity of a client", false, impersonate),
    verb("capture", "c", "opens the client's token without taking its identity", true, |_, args, scope| {
        Ok(Operation::Capture(scope.slot(args, "a connection")?))
    }),
    verb("revert", "", "goes back to the process's own identity", false, |_, _, _| Ok(Operation::Revert)),
    verb(
        "open",
        "file|directory|key PATH [in h] for RIGHTS [intent backup, restore] (FLAGS) [with { … }]",
        "opens an object",
        true,
        open,
    ),
    verb(
        "create",
        "file|directory|key PATH [in h] for RIGHTS (FLAGS) [with { … }] | link PATH to PATH (hard|volatile)",
        "creates an object and opens it, or makes a link",
        true,
        create,
    ),
    verb("read", "h", "reads a file through a handle", false, |_, args, scope| {
        transfer(args, scope, Transfer::Read)
    }),
    verb("write", "h", "writes a file through a handle", false, |_, args, scope| {
        transfer(args, scope, Transfer::Write)
    }),
    verb("append", "h", "appends to a file through a handle", false, |_, args, scope| {
        transfer(args, scope, Transfer::Append)
    }),
    verb("list", "h", "lists a directory through a handle", false, |_, args, scope| {
        transfer(args, scope, Transfer::List)
    }),
    verb(
        "enumerate",
        "k [N] (values)",
        "lists the subkeys or the values of a key",
        false,
        objects::enumerate,
    ),
    verb("truncate", "h | file PATH", "empties a file", false, |_, args, scope| {
        objects::by_place(args, scope, Transfer::Truncate)
    }),
    verb("extend", "h", "makes room at the end of a file", false, |_, args, scope| {
        transfer(args, scope, Transfer::Extend)
    }),
    verb("lock", "h shared|exclusive", "locks a file", false, objects::lock),
    verb("map", "h read|shared|private|execute", "maps a file into memory", false, objects::map),
    verb(
        "query_attributes",
        "h | file|directory PATH",
        "reads attributes and times",
        false,
        |_, args, scope| objects::by_place(args, scope, Transfer::QueryAttributes),
    ),
    verb(
        "set_attributes",
        "h | file|directory PATH",
        "writes attributes and times",
        false,
        |_, args, scope| objects::by_place(args, scope, Transfer::SetAttributes),
    ),
    verb("read_ea", "h \"NAME\"", "reads an extended attribute", false, |_, args, scope| {
        objects::extended(args, scope, Transfer::ReadEa)
    }),
    verb("write_ea", "h \"NAME\"", "writes an extended attribute", false, |_, args, scope| {
        objects::extended(args, scope, Transfer::WriteEa)
    }),
    verb("list_eas", "h", "lists the names of extended attributes", false, |_, args, scope| {
        transfer(args, scope, Transfer::ListEas)
    }),
    verb(
        "enter",
        "h | directory PATH",
        "makes a directory the one where the thread stands",
        false,
        |_, args, scope| objects::by_place(args, scope, Transfer::Enter),
    ),
    verb("query_key", "k", "reads what a key says of itself", false, |_, args, scope| {
        transfer(args, scope, Transfer::QueryKey)
    }),
    verb("query", "k \"VALUE\"", "reads a value of a key", false, |_, args, scope| {
        let slot = scope.slot(args, "a key handle")?;
        Ok(Operation::QueryValue(slot, args.text("the name of a value in quotes")?.value.into()))
    }),
    verb("set", "k \"VALUE\" = DATA", "writes a value of a key", false, set),
    verb("delete_value", "k \"VALUE\"", "deletes a value of a key", false, |_, args, scope| {
        let slot = scope.slot(args, "a key handle")?;
        Ok(Operation::DeleteValue(slot, args.text("the name of a value in quotes")?.value.into()))
    }),
    verb("delete", "h | file|directory PATH", "takes the name of an object away", false, objects::delete),
    verb(
        "rename",
        "h | file|directory PATH to PATH (replace | exchange)",
        "gives a file or directory another name",
        false,
        objects::rename,
    ),
    verb(
        "access",
        "file|directory PATH for RIGHTS",
        "asks what an open would ask, without opening",
        false,
        objects::access,
    ),
    verb(
        "query_security",
        "h | file|directory PATH (sacl)",
        "reads a descriptor: the owner, group, DACL and label, or the SACL",
        false,
        objects::query_security,
    ),
    verb(
        "set_security",
        "h | file|directory PATH { owner …; dacl { … } }",
        "writes parts of a descriptor",
        false,
        objects::set_security,
    ),
    verb(
        "propagate",
        "h",
        "computes the inherited entries of everything below anew",
        false,
        |_, args, scope| Ok(Operation::Propagate(scope.slot(args, "a handle on a directory or key")?)),
    ),
    verb(
        "check",
        "PRIVILEGE",
        "asks whether the identity in effect holds a privilege",
        false,
        |_, args, _| Ok(Operation::CheckPrivilege(identity::privilege(args)?)),
    ),
    verb(
        "enable",
        "PRIVILEGES | group GROUPS [on t]",
        "enables privileges or groups",
        false,
        |resolver, args, scope| identity::adjust(resolver, args, scope, PrivilegeAction::Enable),
    ),
    verb(
        "disable",
        "PRIVILEGES | group GROUPS [on t]",
        "disables privileges or groups",
        false,
        |resolver, args, scope| identity::adjust(resolver, args, scope, PrivilegeAction::Disable),
    ),
    verb("remove", "PRIVILEGES [on t]", "removes privileges for good", false, |resolver, args, scope| {
        identity::adjust(resolver, args, scope, PrivilegeAction::Remove)
    }),
    verb(
        "reset",
        "privileges | groups [on t]",
        "puts privileges or groups back to their defaults",
        false,
        identity::reset,
    ),
    verb(
        "set_default_dacl",
        "{ … } | null [on t]",
        "changes the DACL of new objects",
        false,
        identity::set_default_dacl,
    ),
    verb(
        "set_default_owner",
        "PRINCIPAL [on t]",
        "changes the owner of new objects",
        false,
        identity::set_default_owner,
    ),
    verb(
        "set_default_group",
        "GROUP [on t]",
        "changes the group of new objects",
        false,
        identity::set_default_group,
    ),
    verb(
        "set_integrity",
        "LEVEL [on t]",
        "changes the integrity of a token, where the model lets it",
        false,
        identity::set_integrity,
    ),
    verb(
        "set_mandatory_policy",
        "POLICY [on t]",
        "changes the mandatory policy of a token, where the model lets it",
        false,
        identity::set_mandatory_policy,
    ),
    verb(
        "set_session_id",
        "N [on t]",
        "changes the interactive session of a token",
        false,
        identity::set_session_id,
    ),
    verb("open_token", "[process P | thread P.T] for RIGHTS", "opens a token", true, identity::open_token),
    verb(
        "duplicate",
        "t [level LEVEL] [for RIGHTS] [(primary)]",
        "copies a token",
        true,
        identity::duplicate,
    ),
    verb("restrict", "t { … }", "makes a token that can do less", true, identity::restrict),
    verb("linked", "t", "opens the other half of an elevation pair", true, |_, args, scope| {
        Ok(Operation::Linked(scope.slot(args, "a token")?))
    }),
    verb("link", "FULL to LIMITED", "makes two tokens an elevation pair", false, identity::link),
    verb("assign", "t", "makes a token the process's own", false, |_, args, scope| {
        Ok(Operation::Assign(scope.slot(args, "a token")?))
    }),
    verb(
        "create_token",
        "USER [in t] [level LEVEL] { … }",
        "makes a token from nothing",
        true,
        identity::create_token,
    ),
    verb(
        "logon",
        "USER [(interactive | network | service | batch | network_cleartext | new_credentials)]",
        "makes a session and a token for a user",
        true,
        identity::logon,
    ),
    verb(
        "spawn",
        "P [as USER | with t] [(inherit h, …)] | thread T",
        "starts a process or a thread",
        false,
        identity::spawn,
    ),
    verb(
        "elevate",
        "P [(inherit h, …)]",
        "starts a process with the full half of the own pair",
        false,
        identity::elevate,
    ),
    verb("exec", "\"PROGRAM\"", "goes on as another program", false, identity::exec),
    verb("kill", "P", "ends another process", false, |resolver, args, _| {
        identity::process_use(resolver, args, ProcessUse::Terminate)
    }),
    verb(
        "signal",
        "P terminate|stop|continue|child|urgent|window|probe",
        "sends a signal to another process",
        false,
        identity::signal,
    ),
    verb("read_memory", "P", "reads another process's memory", false, |resolver, args, _| {
        identity::process_use(resolver, args, ProcessUse::ReadMemory)
    }),
    verb("write_memory", "P", "writes another process's memory", false, |resolver, args, _| {
        identity::process_use(resolver, args, ProcessUse::WriteMemory)
    }),
    verb("set_priority", "P", "changes another process's priority", false, |resolver, args, _| {
        identity::process_use(resolver, args, ProcessUse::Priority)
    }),
    verb(
        "take_handle",
        "NAME in P | NAME in P.T",
        "takes a handle out of another process",
        true,
        identity::take_handle,
    ),
    verb("give", "x to THREAD", "hands a handle or connection to another thread of the process", false, give),
    verb("take", "", "waits for something that another thread gives", true, |_, _, _| Ok(Operation::Take)),
    verb(
        "show",
        "[threads | t | process P | thread P.T | file|directory PATH]",
        "shows who the thread, or another one, is, or the descriptor of an object",
        false,
        show,
    ),
    verb("note", "\"text\"", "writes a line into the trace", false, |_, args, _| {
        Ok(Operation::Note(args.text("quoted text")?.value.into()))
    }),
    verb("wait", "DURATION", "lets time pass", false, |_, args, scope| {
        scope.cost = Some(args.time("a duration such as `2ms`")?.value);
        Ok(Operation::Wait)
    }),
    verb("exit", "", "ends the process", false, |_, _, _| Ok(Operation::Exit)),
    later("watch", "k", "waits for changes of a key; `open key … for KEY_NOTIFY` asks for the right"),
    later("transact", "k", "changes keys all at once; `set` and `delete_value` change one value each"),
    later(
        "load_hive",
        "PATH",
        "brings in a hive of one's own; keys of `Machine` and `Users` are declared with `key`",
    ),
    later(
        "backup_key",
        "k",
        "saves a key with what is below; `check SeBackupPrivilege` asks what it would ask",
    ),
    later("restore_key", "k", "puts a saved key back; `check SeRestorePrivilege` asks what it would ask"),
    later(
        "open_posix",
        "file PATH for MODE",
        "opens a file the old way, by core and compat rights; `open` asks for all rights that it names",
    ),
    verb("call", "NAME A, B", "calls a procedure or a script function", true, super::scripts::call),
];

/// The words of control flow, which stand where steps stand.
pub const CONTROL: &[&str] = &["if", "loop", "repeat", "for", "every", "stop"];

impl Verb {
    /// The row of a word.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Verb> {
        VERBS.iter().find(|row| row.name == name)
    }

    /// Whether this version has the step; otherwise it refuses it by name.
    #[must_use]
    pub fn is_built(&self) -> bool {
        self.read.is_some()
    }
}

fn usage_of(verb: &Verb) -> String {
    format!("usage: `{}`", format!("{} {}", verb.name, verb.usage).trim_end())
}

/// A mistake in a step with the word of its usage that was probably meant, unless a near one has been found.
fn meant(verb: &Verb, parts: &[Part], diagnostic: Diagnostic) -> Diagnostic {
    let at = parts.iter().find(|part| part.span == diagnostic.span);
    let Some(Part { value: PartKind::Word(word), .. }) = at else { return diagnostic };
    let fixed = verb.usage.split(|c: char| !(c.is_ascii_alphabetic() || c == '_'));
    let fixed =
        fixed.filter(|word| word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase() || c == '_'));
    match nearest(word, fixed) {
        // It is a word of the step, in another place.
        Some(near) if near == &**word => diagnostic.label("stands in another place, or in parentheses"),
        Some(near) if !diagnostic.label.contains("did you mean") => {
            diagnostic.label(format!("did you mean `{near}`?"))
        }
        _ => diagnostic,
    }
}

impl Resolver<'_> {
    /// Reads the parts of a step.
    pub(super) fn operation(
        &mut self,
        head: Spanned<&str>,
        parts: &[Part],
        scope: &mut ThreadScope<'_>,
    ) -> Read<(&'static Verb, Operation)> {
        let Some(verb) = Verb::named(head.value) else {
            let names = VERBS.iter().map(|row| row.name);
            let known = names.chain(CONTROL.iter().copied());
            let diagnostic = unknown(codes::HEAD, head.span, "step", head.value, known);
            return Err(if head.value == "at" {
                diagnostic.help("`at` takes an instant and a step, as in `at 5ms revert`")
            } else if super::is_declaration(head.value) {
                diagnostic.help("it is a declaration: it stands at the top level")
            } else if let Some(step) = elsewhere::step(head.value) {
                diagnostic.label(format!("here it is `{step}`"))
            } else if diagnostic.label.starts_with("did you mean") {
                diagnostic
            } else {
                diagnostic.help("`scn man --lang` lists the steps with what each takes")
            });
        };
        let Some(read) = verb.read else {
            let refused = self.not_built(head.span, &format!("the step `{}`", verb.name));
            return Err(refused.help(format!("`{}` {}", verb.name, verb.effect)));
        };
        let mut args = Args::new(parts, head.span);
        let operation = read(self, &mut args, scope).map_err(|diagnostic| match diagnostic.code {
            codes::ARGUMENT => meant(verb, parts, diagnostic).help(usage_of(verb)),
            codes::UNBOUND | codes::WORD => meant(verb, parts, diagnostic),
            _ => diagnostic,
        })?;
        args.finish(verb.name).map_err(|diagnostic| meant(verb, parts, diagnostic).help(usage_of(verb)))?;
        Ok((verb, operation))
    }
}

/// The words for levels.
pub(super) fn level_named(word: Spanned<&str>) -> Read<ImpersonationLevel> {
    let table: Vec<(&str, ImpersonationLevel)> =
        ImpersonationLevel::ALL.iter().map(|(level, name)| (*name, *level)).collect();
    choose(word, "impersonation level", &table)
}

pub(super) fn optional_level(args: &mut Args<'_>) -> Read<Option<ImpersonationLevel>> {
    match args.prep(Prep::Level) {
        None => Ok(None),
        Some(_) => level_named(args.word("a level such as `impersonation`")?).map(Some),
    }
}

fn open_socket(resolver: &mut Resolver<'_>, args: &mut Args<'_>, _: &mut ThreadScope<'_>) -> Read<Operation> {
    resolver.endpoint(&args.name("a service")?).map(Operation::Socket)
}

/// The level as its word, or as the number that programs give, which may be none (IMP-2).
fn set_level(_: &mut Resolver<'_>, args: &mut Args<'_>, scope: &mut ThreadScope<'_>) -> Read<Operation> {
    let slot = scope.slot(args, "a connection")?;
    let level = match args.peek() {
        Some(Part { value: PartKind::Number(_), .. }) => super::declare::number32(args, "a level")?,
        _ => level_named(args.word("a level such as `impersonation`")?)? as u32,
    };
    Ok(Operation::SetLevel(slot, level))
}

fn connect(resolver: &mut Resolver<'_>, args: &mut Args<'_>, scope: &mut ThreadScope<'_>) -> Read<Operation> {
    let name = args.name("a service, or a name that holds a socket")?;
    if scope.binds(&name.value) && !resolver.endpoints.contains_key(&name.value) {
        return scope.slot_of(Spanned { value: &name.value, span: name.span }).map(Operation::ConnectEnd);
    }
    let endpoint = resolver.endpoint(&name)?;
    // The level is the client's choice; without one it is Impersonation (IMP-2).
    let level = optional_level(args)?.unwrap_or(ImpersonationLevel::Impersonation);
    if let Some(Part { value: PartKind::Word(word), .. }) = args.peek()
        && ImpersonationLevel::ALL.iter().any(|(_, name)| name == word)
    {
        let help = format!("a level stands behind `level`: `connect {} level {word}`", name.value);
        args.finish("connect").map_err(|diagnostic| diagnostic.help(help))?;
    }
    Ok(Operation::Connect { endpoint, level })
}

fn accept(resolver: &mut Resolver<'_>, args: &mut Args<'_>, scope: &mut ThreadScope<'_>) -> Read<Operation> {
    if args.peek().is_some() {
        let name = args.name("an endpoint of this service")?;
        let endpoint = resolver.endpoint_of(scope.process, &name)?;
        return Ok(Operation::Accept(endpoint));
    }
    resolver.own_endpoint(scope.process).map(Operation::Accept).ok_or_else(|| {
        Diagnostic::error(codes::KIND, args.here(), "only a service accepts: a plain process has no endpoint")
            .label("no endpoint here")
            .help("declare it as `service NAME { account …; … }`")
    })
}

fn send(_: &mut Resolver<'_>, args: &mut Args<'_>, scope: &mut ThreadScope<'_>) -> Read<Operation> {
    let slot = scope.slot(args, "a connection")?;
    if matches!(args.peek(), Some(Part { value: PartKind::Word(_), .. })) {
        let handle = scope.slot(args, "quoted text or a handle");
        return handle
            .map(|handle| Operation::SendHandle(slot, handle))
            .map_err(|diagnostic| diagnostic.help("a text stands in quotes: `send c \"hello\"`"));
    }
    Ok(Operation::Send(slot, args.text("quoted text or a handle")?.value.into()))
}

fn receive(_: &mut Resolver<'_>, args: &mut Args<'_>, scope: &mut ThreadScope<'_>) -> Read<Operation> {
    Ok(Operation::Receive(scope.slot(args, "a connection")?))
}

fn impersonate(_: &mut Resolver<'_>, args: &mut Args<'_>, scope: &mut ThreadScope<'_>) -> Read<Operation> {
    if !scope.binds("anonymous") && args.keyword("anonymous").is_some() {
        return Ok(Operation::ImpersonateAnonymous);
    }
    Ok(Operation::Impersonate(scope.slot(args, "a connection, a token or `anonymous`")?))
}

fn transfer(args: &mut Args<'_>, scope: &mut ThreadScope<'_>, transfer: Transfer) -> Read<Operation> {
    Ok(Operation::Transfer(Place::Handle(scope.slot(args, "a handle")?), transfer))
}

/// Classes that `open` and `create` take.
pub(super) const OPENED: &[(&str, ObjectType)] =
    &[("file", ObjectType::File), ("directory", ObjectType::Directory), ("key", ObjectType::Key)];

fn open(resolver: &mut Resolver<'_>, args: &mut Args<'_>, scope: &mut ThreadScope<'_>) -> Read<Operation> {
    open_or_create(resolver, args, scope, Disposition::Open)
}

fn create(resolver: &mut Resolver<'_>, args: &mut Args<'_>, scope: &mut ThreadScope<'_>) -> Read<Operation> {
    if args.keyword("link").is_some() {
        return Ok(Operation::MakeLink(Box::new(objects::link(args)?)));
    }
    open_or_create(resolver, args, scope, Disposition::Create)
}

fn open_or_create(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
    disposition: Disposition,
) -> Read<Operation> {
    let class = choose(args.word("`file`, `directory` or `key`")?, "class of objects", OPENED)?;
    let path = args.text("a path in quotes")?;
    let base = match args.prep(Prep::In) {
        Some(_) => Some(scope.slot(args, "the name that holds a handle")?),
        None => None,
    };
    if base.is_some() {
        check_relative_path(&path, class)?;
    } else {
        check_path(&path, class)?;
    }
    args.prep(Prep::For).ok_or_else(|| args.expected("`for` and the rights that are asked for"))?;
    let desired = resolver.rights(args, class)?;
    let path = Arc::from(path.value);
    if class == ObjectType::Key {
        let (volatile, open_link) = key_flags(resolver, args, disposition)?;
        let mut descriptor = None;
        if args.prep(Prep::With).is_some() {
            descriptor = Some(descriptor_of_new(resolver, args, class)?);
        }
        let create = disposition == Disposition::Create;
        return Ok(Operation::OpenKey(Box::new(KeyOpen {
            path,
            base,
            desired,
            create,
            volatile,
            open_link,
            descriptor,
        })));
    }
    let intents = if args.prep(Prep::Intent).is_some() { read_intents(args)? } else { Intents::empty() };
    let OpenFlags { disposition, no_follow, delete_on_close } = open_flags(args, disposition)?;
    let mut descriptor = None;
    if args.prep(Prep::With).is_some() {
        descriptor = Some(descriptor_of_new(resolver, args, class)?);
    }
    Ok(Operation::OpenFile(Box::new(FileOpen {
        path,
        base,
        directory: class == ObjectType::Directory,
        desired,
        intents,
        disposition,
        no_follow,
        delete_on_close,
        descriptor,
    })))
}

/// What stands behind `with`.
fn descriptor_of_new(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    class: ObjectType,
) -> Read<DescriptorParts> {
    let block = args.block("`{` and the parts of a descriptor")?;
    lint::inherited_dropped(block.value).into_iter().for_each(|doubt| resolver.report(doubt));
    Ok(resolver.descriptor_parts(block.value, class, &mut |_, _| false))
}

/// Flags of keys (KEY-12, KEY-14).
pub(super) const KEY_FLAGS: &[(&str, &str)] = &[("volatile", "volatile"), ("open_link", "open_link")];

/// What the flags of a key say: whether a new one is volatile, and whether a link is meant itself.
fn key_flags(resolver: &Resolver<'_>, args: &mut Args<'_>, disposition: Disposition) -> Read<(bool, bool)> {
    if args.prep(Prep::Intent).is_some() {
        return Err(resolver.not_built(args.here(), "`intent` of a key"));
    }
    let given = flags_of(args, "flag of a key", KEY_FLAGS)?;
    let flag = |name: &str| given.iter().find(|flag| flag.value == name);
    if let Some(volatile) = flag("volatile").filter(|_| disposition != Disposition::Create) {
        return Err(Diagnostic::error(codes::ARGUMENT, volatile.span, "`volatile` is said of a new key")
            .label("write `create key …`"));
    }
    Ok((flag("volatile").is_some(), flag("open_link").is_some()))
}

/// `(A, B)`: flags of a table, with their places.
pub(super) fn flags_of<T: Copy>(
    args: &mut Args<'_>,
    what: &str,
    table: &[(&str, T)],
) -> Read<Vec<Spanned<T>>> {
    let mut given = Vec::new();
    let Some(list) = args.flags() else { return Ok(given) };
    let mut flags = Args::new(list.value, list.span);
    while flags.peek().is_some() {
        let word = flags.word(&format!("a {what}"))?;
        given.push(Spanned { value: choose(word, what, table)?, span: word.span });
        if !flags.comma() {
            flags.finish("(")?;
        }
    }
    Ok(given)
}

/// What privileges an open claims (FILE-9).
const INTENTS: &[(&str, Intents)] = &[("backup", Intents::BACKUP), ("restore", Intents::RESTORE)];

fn read_intents(args: &mut Args<'_>) -> Read<Intents> {
    let mut intents = Intents::empty();
    loop {
        let word = args.word("`backup` or `restore`")?;
        intents |= choose(word, "intent", INTENTS)?;
        if !args.comma() {
            return Ok(intents);
        }
    }
}

/// Flags of an open (FILE-10, FILE-11, FILE-21).
pub(super) const OPEN_FLAGS: &[(&str, &str)] = &[
    ("or_create", "or_create"),
    ("overwrite", "overwrite"),
    ("supersede", "supersede"),
    ("no_follow", "no_follow"),
    ("delete_on_close", "delete_on_close"),
];

/// What the flags of an open say.
struct OpenFlags {
    disposition: Disposition,
    no_follow: bool,
    delete_on_close: bool,
}

fn open_flags(args: &mut Args<'_>, disposition: Disposition) -> Read<OpenFlags> {
    let whole = args.peek().map(|part| part.span);
    let given = flags_of(args, "flag of `open`", OPEN_FLAGS)?;
    let has = |name: &str| given.iter().any(|flag| flag.value == name);
    let wrong = |message: &str, label: &str| {
        let span = whole.unwrap_or_else(|| args.here());
        Err(Diagnostic::error(codes::ARGUMENT, span, message).label(label))
    };
    let disposition = match (has("or_create"), has("overwrite"), has("supersede")) {
        (false, false, false) => disposition,
        _ if disposition == Disposition::Create => {
            return wrong("`create` fails if the object is there already", "write `open … (or_create)`");
        }
        (false, false, true) => Disposition::Supersede,
        (_, _, true) => {
            return wrong(
                "`supersede` says all: it replaces what is there, and creates what is not",
                "alone",
            );
        }
        (true, false, false) => Disposition::OpenIf,
        (false, true, false) => Disposition::Overwrite,
        (true, true, false) => Disposition::OverwriteIf,
    };
    Ok(OpenFlags { disposition, no_follow: has("no_follow"), delete_on_close: has("delete_on_close") })
}

fn set(_: &mut Resolver<'_>, args: &mut Args<'_>, scope: &mut ThreadScope<'_>) -> Read<Operation> {
    let slot = scope.slot(args, "a key handle")?;
    let name = args.text("the name of a value in quotes")?;
    args.op(Op::Assign).ok_or_else(|| args.expected("`=` and the data"))?;
    let value = value_data(args)?;
    Ok(Operation::SetValue(slot, name.value.into(), value))
}

/// The data of a registry value: text is SZ, a number DWORD, a list MULTI_SZ, unless a flag says otherwise (KEY-4).
pub(super) fn value_data(args: &mut Args<'_>) -> Read<ValueData> {
    let Some(part) = args.peek() else { return Err(args.expected("the data of a value")) };
    let data = match &part.value {
        PartKind::Number(number) => {
            args.take();
            let width = value_flag(args, NUMBER_TYPES)?.unwrap_or(Width::Dword);
            let short = u32::try_from(*number).ok();
            let fits = match width {
                Width::Dword => short.map(ValueData::Dword),
                Width::DwordBe => short.map(ValueData::DwordBe),
                Width::Qword => u64::try_from(*number).ok().map(ValueData::Qword),
            };
            fits.ok_or_else(|| {
                let label = match width {
                    Width::Qword => "expected 0 to 18446744073709551615",
                    _ if u64::try_from(*number).is_ok() => "expected 0 to 4294967295, or `(qword)`",
                    _ => "expected 0 to 4294967295",
                };
                Diagnostic::error(codes::VALUE, part.span, format!("{number} does not fit")).label(label)
            })?
        }
        PartKind::List(list) => {
            args.take();
            let mut items = Args::new(list, part.span);
            let mut texts: Vec<Arc<str>> = Vec::new();
            while items.peek().is_some() {
                texts.push(items.text("quoted text")?.value.into());
                if !items.comma() {
                    items.finish("[")?;
                }
            }
            ValueData::MultiSz(texts.into())
        }
        _ => {
            let text = args.text("text, a number or a list")?;
            match text_kind(args, TEXT_TYPES)? {
                TextKind::Plain => ValueData::Sz(text.value.into()),
                TextKind::Expand => ValueData::ExpandSz(text.value.into()),
                TextKind::Link => ValueData::Link(text.value.into()),
                TextKind::Binary => ValueData::Binary(hex_bytes(&text)?.into()),
                TextKind::Other(kind) => ValueData::Other(kind, hex_bytes(&text)?.into()),
            }
        }
    };
    Ok(data)
}

/// Types of numbers in the registry (KEY-4).
pub(super) const NUMBER_TYPES: &[(&str, Width)] =
    &[("dword", Width::Dword), ("dword_be", Width::DwordBe), ("qword", Width::Qword)];

/// Types of what is written as text (KEY-4).
pub(super) const TEXT_TYPES: &[(&str, TextKind)] = &[
    ("sz", TextKind::Plain),
    ("expand_sz", TextKind::Expand),
    ("binary", TextKind::Binary),
    ("none", TextKind::Other(0)),
    ("link", TextKind::Link),
    ("resource_list", TextKind::Other(8)),
    ("full_resource_descriptor", TextKind::Other(9)),
    ("resource_requirements_list", TextKind::Other(10)),
];

#[derive(Clone, Copy)]
pub(super) enum Width {
    Dword,
    DwordBe,
    Qword,
}

#[derive(Clone, Copy)]
pub(super) enum TextKind {
    Plain,
    Expand,
    /// Where a link between keys leads (KEY-14).
    Link,
    Binary,
    /// Bytes of a type by its number.
    Other(u32),
}

/// The number of the type of links.
const LINK: u32 = 6;

/// The type of a text: by its name, or by a number that may be none (KEY-4).
fn text_kind(args: &mut Args<'_>, table: &[(&str, TextKind)]) -> Read<TextKind> {
    if let Some(Part { value: PartKind::Flags(list), span }) = args.peek()
        && let [Part { value: PartKind::Number(_), .. }] = list.as_slice()
    {
        args.take();
        let kind = super::declare::number32(&mut Args::new(list, *span), "a type of values")?;
        return Ok(if kind == LINK { TextKind::Link } else { TextKind::Other(kind) });
    }
    Ok(value_flag(args, table)?.unwrap_or(TextKind::Plain))
}

fn value_flag<T: Copy>(args: &mut Args<'_>, table: &[(&str, T)]) -> Read<Option<T>> {
    let Some(list) = args.flags() else { return Ok(None) };
    let mut flags = Args::new(list.value, list.span);
    let kind = choose(flags.word("a type of values")?, "type of values", table)?;
    flags.finish("(")?;
    Ok(Some(kind))
}

fn hex_bytes(text: &Spanned<Word>) -> Read<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.value.bytes().map(|b| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let bytes = digits.filter(|digits| digits.len() % 2 == 0);
    bytes
        .map(|digits| digits.as_chunks::<2>().0.iter().map(|[high, low]| high << 4 | low).collect())
        .ok_or_else(|| {
            Diagnostic::error(codes::VALUE, text.span, "binary data is written as pairs of hex digits")
                .label("such as \"00ff\"")
        })
}

fn give(resolver: &mut Resolver<'_>, args: &mut Args<'_>, scope: &mut ThreadScope<'_>) -> Read<Operation> {
    let slot = scope.slot(args, "a handle or a connection")?;
    args.prep(Prep::To).ok_or_else(|| args.expected("`to` and a thread"))?;
    let name = args.name("a thread of this process")?;
    Ok(Operation::Give(slot, resolver.thread(scope.process, &name)?))
}

fn show(resolver: &mut Resolver<'_>, args: &mut Args<'_>, scope: &mut ThreadScope<'_>) -> Read<Operation> {
    if args.peek().is_none() {
        return Ok(Operation::Show);
    }
    if !scope.binds("threads") && args.keyword("threads").is_some() {
        return Ok(Operation::ShowThreads);
    }
    if let Some(shown) = objects::show(args)? {
        return Ok(shown);
    }
    if let Some(of) = identity::token_of(resolver, args, scope)? {
        return Ok(Operation::ShowOther(of));
    }
    let slot: Slot = scope.slot(args, "a token, a connection or `threads`")?;
    Ok(Operation::ShowToken(slot))
}
