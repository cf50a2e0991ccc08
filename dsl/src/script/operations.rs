//! The one table of operations that scripts call, beside the table of steps: each row makes a step of that table out of the
//! arguments, and its result comes back when the step has been taken.

use std::sync::Arc;

use rhai::{Array, Dynamic, ImmutableString};
use sim_core::access::Intents;
use sim_core::engine::time::{UNITS, format_time};
use sim_core::ids::{ProcessId, Slot};
use sim_core::model::DEFAULT;
use sim_core::privilege::{PRIVILEGES, Privilege};
use sim_core::rights::{AccessMask, ObjectType};
use sim_core::sd::sddl::{self, SddlContext};
use sim_core::sd::{Ace, AceType, SdControl};
use sim_core::sid::Sid;
use sim_core::text::quote;
use sim_core::token::{ImpersonationLevel, IntegrityLevel, MandatoryPolicy, SidAndAttributes, TokenType};
use sim_core::world::declare::{DaclDecl, DescriptorParts, LogonType, PLAIN_GROUP, SaclDecl, SaclEntry};
use sim_core::world::op::{
    Adjustment, Copy, Disposition, FileOpen, KeyOpen, Link, Onto, Operation, Place, PrivilegeAction,
    ProcessUse, Rename, Restriction, SecurityChange, SpawnToken, TokenOf, Transfer,
};
use sim_core::world::registry::ValueData;

use super::tables::Tables;
use super::values::{Handle, Outcomes, kind, text_of};
use crate::resolve::{MANDATORY_POLICIES, RESTRICT_WORDS};
use crate::suggest::nearest;

/// A row of [`OPERATIONS`].
#[derive(Debug)]
pub struct ScriptOperation {
    /// What scripts call it.
    pub name: &'static str,
    /// What it takes, as the manual shows it.
    pub usage: &'static str,
    /// The step that it is.
    pub verb: &'static str,
    /// The fewest arguments.
    pub least: usize,
    /// The most.
    pub most: usize,
    make: fn(&mut Inputs<'_>) -> Made,
}

type Made = Result<(Operation, String), String>;

/// A step that was made of arguments.
pub(super) struct MadeStep {
    pub operation: Operation,
    /// What it is about, in the words of the language.
    pub words: String,
    /// How long it takes, where it says so itself.
    pub cost: Option<u64>,
}

impl ScriptOperation {
    /// Makes the step.
    pub(super) fn step(
        &self,
        given: &[&mut Dynamic],
        tables: &Tables,
        process: ProcessId,
    ) -> Result<MadeStep, String> {
        let mut inputs = Inputs { given, next: 0, tables, process, cost: None };
        match (self.make)(&mut inputs) {
            Ok((operation, words)) => Ok(MadeStep { operation, words, cost: inputs.cost }),
            Err(message) => Err(format!("`{}`: {message}", self.name)),
        }
    }
}

const fn row(
    name: &'static str,
    usage: &'static str,
    verb: &'static str,
    (least, most): (usize, usize),
    make: fn(&mut Inputs<'_>) -> Made,
) -> ScriptOperation {
    ScriptOperation { name, usage, verb, least, most, make }
}

/// Every operation of scripts.
pub const OPERATIONS: &[ScriptOperation] = &[
    row("connect", "(service[, level])", "connect", (1, 2), |args| {
        let service = args.text("a service")?;
        let level = args.optional_text("a level")?;
        let endpoint = args.tables.endpoint(&service)?;
        let words = match &level {
            None => service,
            Some(level) => format!("{service} level {level}"),
        };
        let level = level.map_or(Ok(ImpersonationLevel::Impersonation), |level| level_named(&level))?;
        Ok((Operation::Connect { endpoint, level }, words))
    }),
    row("open_socket", "(service)", "open_socket", (1, 1), |args| {
        let service = args.text("a service")?;
        Ok((Operation::Socket(args.tables.endpoint(&service)?), service))
    }),
    row("set_level", "(socket, level)", "set_level", (2, 2), |args| {
        let slot = args.handle("a socket")?;
        let level = args.text("a level")?;
        Ok((Operation::SetLevel(slot, level_named(&level)? as u32), level))
    }),
    row("connect_socket", "(socket)", "connect", (1, 1), |args| {
        args.on_handle("a socket", Operation::ConnectEnd)
    }),
    row("accept_client", "([endpoint])", "accept", (0, 1), |args| {
        let endpoint = args.optional_text("an endpoint")?;
        let id = args.tables.own_endpoint(args.process, endpoint.as_deref())?;
        Ok((Operation::Accept(id), endpoint.unwrap_or_default()))
    }),
    row("send", "(connection, text)", "send", (2, 2), |args| {
        let slot = args.handle("a connection")?;
        let text = args.text("text")?;
        let words = quote(&text);
        Ok((Operation::Send(slot, text.into()), words))
    }),
    row("send_handle", "(connection, handle)", "send", (2, 2), |args| {
        let (connection, handle) = (args.handle("a connection")?, args.handle("a handle")?);
        Ok((Operation::SendHandle(connection, handle), "handle".to_owned()))
    }),
    row("receive", "(connection)", "receive", (1, 1), |args| {
        args.on_handle("a connection", Operation::Receive)
    }),
    row("close", "(handle)", "close", (1, 1), |args| {
        args.on_handle("a handle or a connection", Operation::Close)
    }),
    row("impersonate", "(connection or token)", "impersonate", (1, 1), |args| {
        args.on_handle("a connection or a token", Operation::Impersonate)
    }),
    row("impersonate_anonymous", "()", "impersonate", (0, 0), |_| {
        Ok((Operation::ImpersonateAnonymous, "anonymous".to_owned()))
    }),
    row("revert_to_self", "()", "revert", (0, 0), |_| Ok((Operation::Revert, String::new()))),
    row("capture", "(connection)", "capture", (1, 1), |args| {
        args.on_handle("a connection", Operation::Capture)
    }),
    row("open_file", "(path, rights[, options])", "open", (2, 3), |args| {
        open(args, ObjectType::File, Disposition::Open)
    }),
    row("open_directory", "(path, rights[, options])", "open", (2, 3), |args| {
        open(args, ObjectType::Directory, Disposition::Open)
    }),
    row("open_key", "(path, rights)", "open", (2, 2), |args| open(args, ObjectType::Key, Disposition::Open)),
    row("create_file", "(path, rights[, options])", "create", (2, 3), |args| {
        open(args, ObjectType::File, Disposition::Create)
    }),
    row("create_directory", "(path, rights[, options])", "create", (2, 3), |args| {
        open(args, ObjectType::Directory, Disposition::Create)
    }),
    row("create_key", "(path, rights)", "create", (2, 2), |args| {
        open(args, ObjectType::Key, Disposition::Create)
    }),
    row("read", "(handle)", "read", (1, 1), |args| transfer(args, Transfer::Read)),
    row("write", "(handle)", "write", (1, 1), |args| transfer(args, Transfer::Write)),
    row("append", "(handle)", "append", (1, 1), |args| transfer(args, Transfer::Append)),
    row("list", "(handle)", "list", (1, 1), |args| transfer(args, Transfer::List)),
    row("create_link", "(path, path[, \"hard\"])", "create", (2, 3), |args| {
        let (path, to) = (args.path(ObjectType::File)?, args.path(ObjectType::File)?);
        let hard = args.flag("hard")?;
        let words = format!("link {} to {}{}", quote(&path), quote(&to), if hard { " (hard)" } else { "" });
        Ok((Operation::MakeLink(Box::new(Link { path: path.into(), to: to.into(), hard })), words))
    }),
    row("enumerate", "(key)", "enumerate", (1, 1), |args| transfer(args, Transfer::List)),
    row("enumerate_values", "(key)", "enumerate", (1, 1), |args| {
        transfer_as(args, Transfer::Values, "(values)")
    }),
    row("subkey", "(key, number)", "enumerate", (2, 2), |args| {
        let key = args.handle("a key handle")?;
        let position = args.next()?.as_int().ok().and_then(|number| u32::try_from(number).ok());
        let position = position.ok_or_else(|| "expected a position, from 0".to_owned())?;
        Ok((Operation::Subkey(key, position), position.to_string()))
    }),
    row("truncate", "(handle)", "truncate", (1, 1), |args| transfer(args, Transfer::Truncate)),
    row("truncate_file", "(path)", "truncate", (1, 1), |args| {
        let (place, words) = args.place(ObjectType::File)?;
        Ok((Operation::Transfer(place, Transfer::Truncate), words))
    }),
    row("extend", "(handle)", "extend", (1, 1), |args| transfer(args, Transfer::Extend)),
    row("query_attributes", "(handle)", "query_attributes", (1, 1), |args| {
        transfer(args, Transfer::QueryAttributes)
    }),
    row("set_attributes", "(handle)", "set_attributes", (1, 1), |args| {
        transfer(args, Transfer::SetAttributes)
    }),
    row("list_eas", "(handle)", "list_eas", (1, 1), |args| transfer(args, Transfer::ListEas)),
    row("enter", "(handle)", "enter", (1, 1), |args| transfer(args, Transfer::Enter)),
    row("query_key", "(key)", "query_key", (1, 1), |args| transfer(args, Transfer::QueryKey)),
    row("lock_shared", "(handle)", "lock", (1, 1), |args| transfer_as(args, Transfer::LockShared, "shared")),
    row("lock_exclusive", "(handle)", "lock", (1, 1), |args| {
        transfer_as(args, Transfer::LockExclusive, "exclusive")
    }),
    row("map_read", "(handle)", "map", (1, 1), |args| transfer_as(args, Transfer::MapRead, "read")),
    row("map_shared", "(handle)", "map", (1, 1), |args| transfer_as(args, Transfer::MapShared, "shared")),
    row("map_private", "(handle)", "map", (1, 1), |args| transfer_as(args, Transfer::MapPrivate, "private")),
    row("map_execute", "(handle)", "map", (1, 1), |args| transfer_as(args, Transfer::MapExecute, "execute")),
    row("read_ea", "(handle, name)", "read_ea", (2, 2), |args| extended(args, Transfer::ReadEa)),
    row("write_ea", "(handle, name)", "write_ea", (2, 2), |args| extended(args, Transfer::WriteEa)),
    row("query", "(key, name)", "query", (2, 2), |args| {
        let slot = args.handle("a key handle")?;
        let name = args.text("the name of a value")?;
        let words = quote(&name);
        Ok((Operation::QueryValue(slot, name.into()), words))
    }),
    row("set_value", "(key, name, data)", "set", (3, 3), |args| {
        let slot = args.handle("a key handle")?;
        let name = args.text("the name of a value")?;
        let data = args.data()?;
        let words = format!("{} = {}", quote(&name), data.words().1);
        Ok((Operation::SetValue(slot, name.into(), data), words))
    }),
    row("delete_value", "(key, name)", "delete_value", (2, 2), |args| {
        let slot = args.handle("a key handle")?;
        let name = args.text("the name of a value")?;
        let words = quote(&name);
        Ok((Operation::DeleteValue(slot, name.into()), words))
    }),
    row("query_security", "(handle[, \"sacl\"])", "query_security", (1, 2), |args| {
        let place = Place::Handle(args.handle("a handle")?);
        query_security(args, place, String::new())
    }),
    row("query_security_of_file", "(path[, \"sacl\"])", "query_security", (1, 2), |args| {
        let (place, words) = args.place(ObjectType::File)?;
        query_security(args, place, words)
    }),
    row("query_security_of_directory", "(path[, \"sacl\"])", "query_security", (1, 2), |args| {
        let (place, words) = args.place(ObjectType::Directory)?;
        query_security(args, place, words)
    }),
    row("set_security", "(handle, sddl)", "set_security", (2, 2), |args| {
        let place = Place::Handle(args.handle("a handle")?);
        set_security(args, place, String::new())
    }),
    row("set_security_of_file", "(path, sddl)", "set_security", (2, 2), |args| {
        let (place, words) = args.place(ObjectType::File)?;
        set_security(args, place, words + " ")
    }),
    row("set_security_of_directory", "(path, sddl)", "set_security", (2, 2), |args| {
        let (place, words) = args.place(ObjectType::Directory)?;
        set_security(args, place, words + " ")
    }),
    row("delete", "(handle)", "delete", (1, 1), |args| {
        args.on_handle("a handle", |slot| Operation::Delete(Place::Handle(slot)))
    }),
    row("delete_file", "(path)", "delete", (1, 1), |args| delete(args, ObjectType::File)),
    row("delete_directory", "(path)", "delete", (1, 1), |args| delete(args, ObjectType::Directory)),
    row("rename", "(handle, path[, \"replace\" or \"exchange\"])", "rename", (2, 3), |args| {
        let what = Place::Handle(args.handle("a handle")?);
        rename(args, what, ObjectType::File, String::new())
    }),
    row("rename_file", "(path, path[, \"replace\" or \"exchange\"])", "rename", (2, 3), |args| {
        let (what, words) = args.place(ObjectType::File)?;
        rename(args, what, ObjectType::File, words + " ")
    }),
    row("rename_directory", "(path, path[, \"exchange\"])", "rename", (2, 3), |args| {
        let (what, words) = args.place(ObjectType::Directory)?;
        rename(args, what, ObjectType::Directory, words + " ")
    }),
    row("access_file", "(path, rights)", "access", (2, 2), |args| access(args, ObjectType::File)),
    row("access_directory", "(path, rights)", "access", (2, 2), |args| access(args, ObjectType::Directory)),
    row("propagate", "(handle)", "propagate", (1, 1), |args| {
        args.on_handle("a handle on a directory or key", Operation::Propagate)
    }),
    row("check_privilege", "(privilege)", "check", (1, 1), |args| {
        let privilege = args.privilege()?;
        Ok((Operation::CheckPrivilege(privilege), privilege.name().to_owned()))
    }),
    row("enable_privilege", "(privilege[, token])", "enable", (1, 2), |args| {
        adjust(args, PrivilegeAction::Enable)
    }),
    row("disable_privilege", "(privilege[, token])", "disable", (1, 2), |args| {
        adjust(args, PrivilegeAction::Disable)
    }),
    row("remove_privilege", "(privilege[, token])", "remove", (1, 2), |args| {
        adjust(args, PrivilegeAction::Remove)
    }),
    row("enable_group", "(group[, token])", "enable", (1, 2), |args| adjust_group(args, true)),
    row("disable_group", "(group[, token])", "disable", (1, 2), |args| adjust_group(args, false)),
    row("open_token", "(rights)", "open_token", (1, 1), |args| {
        let (desired, words) = args.rights(ObjectType::Token)?;
        Ok((Operation::OpenToken { of: TokenOf::Own, desired }, format!("for {words}")))
    }),
    row("open_process_token", "(process, rights)", "open_token", (2, 2), |args| {
        let process = args.text("a process")?;
        let of = TokenOf::Process(args.tables.process(&process)?);
        let (desired, words) = args.rights(ObjectType::Token)?;
        Ok((Operation::OpenToken { of, desired }, format!("process {process} for {words}")))
    }),
    row("open_thread_token", "(thread, rights)", "open_token", (2, 2), |args| {
        let thread = args.text("a thread")?;
        let of = TokenOf::Thread(args.tables.thread(args.process, &thread)?);
        let (desired, words) = args.rights(ObjectType::Token)?;
        Ok((Operation::OpenToken { of, desired }, format!("thread {thread} for {words}")))
    }),
    row("duplicate", "(token[, level or \"primary\"])", "duplicate", (1, 2), |args| {
        let slot = args.handle("a token")?;
        let (kind, words) = match args.optional_text("a level")? {
            None => (None, String::new()),
            Some(word) if word == "primary" => (Some(TokenType::Primary), "(primary)".to_owned()),
            Some(level) => (Some(TokenType::Impersonation(level_named(&level)?)), format!("level {level}")),
        };
        Ok((Operation::Duplicate(slot, Copy { kind, desired: None }), words))
    }),
    row(
        "restrict",
        "(token, #{ sids: […], deny_only: […], remove: […], write_only: true })",
        "restrict",
        (2, 2),
        |args| {
            let slot = args.handle("a token")?;
            let restriction = args.restriction()?;
            Ok((Operation::Restrict(slot, Box::new(restriction)), "{…}".to_owned()))
        },
    ),
    row("reset_privileges", "([token])", "reset", (0, 1), |args| {
        adjusting(args, Adjustment::ResetPrivileges, "privileges".to_owned())
    }),
    row("reset_groups", "([token])", "reset", (0, 1), |args| {
        adjusting(args, Adjustment::ResetGroups, "groups".to_owned())
    }),
    row("set_default_dacl", "(sddl or ()[, token])", "set_default_dacl", (1, 2), |args| {
        if args.peek().is_some_and(Dynamic::is_unit) {
            args.next += 1;
            return adjusting(args, Adjustment::DefaultDacl(None), "null".to_owned());
        }
        let text = args.text("a DACL as SDDL")?;
        let parts = descriptor_parts(&text)?;
        match parts {
            DescriptorParts {
                owner: None,
                group: None,
                sacl: None,
                dacl: Some(DaclDecl::List { aces, .. }),
            } => adjusting(args, Adjustment::DefaultDacl(Some(aces)), quote(&text)),
            _ => Err("a default DACL is a DACL alone, such as \"D:(A;;FA;;;SY)\"".to_owned()),
        }
    }),
    row("set_mandatory_policy", "(policy[, token])", "set_mandatory_policy", (1, 2), |args| {
        let name = args.text("a mandatory policy")?;
        let mut policy = MandatoryPolicy::empty();
        for word in name.split(',').map(str::trim) {
            let found = MANDATORY_POLICIES.iter().find(|(known, _)| *known == word);
            let known = || MANDATORY_POLICIES.iter().map(|(known, _)| *known);
            policy |= found.ok_or_else(|| missing("mandatory policy", word, known()))?.1;
        }
        adjusting(args, Adjustment::MandatoryPolicy(policy), name)
    }),
    row("set_default_owner", "(principal[, token])", "set_default_owner", (1, 2), |args| {
        let name = args.text("a principal")?;
        let sid = args.tables.principal(&name)?;
        adjusting(args, Adjustment::DefaultOwner(sid), name)
    }),
    row("set_default_group", "(group[, token])", "set_default_group", (1, 2), |args| {
        let name = args.text("a group")?;
        let sid = args.tables.principal(&name)?;
        adjusting(args, Adjustment::DefaultGroup(sid), name)
    }),
    row("set_integrity", "(level[, token])", "set_integrity", (1, 2), |args| {
        let name = args.text("an integrity level")?;
        let known = || IntegrityLevel::ALL.iter().map(|(_, _, name)| *name);
        let found = IntegrityLevel::ALL.iter().find(|(_, _, known)| *known == name);
        let level = found.map(|(level, ..)| *level);
        let level = level.ok_or_else(|| missing("integrity level", &name, known()))?;
        adjusting(args, Adjustment::Integrity(level), name)
    }),
    row("linked", "(token)", "linked", (1, 1), |args| args.on_handle("a token", Operation::Linked)),
    row("link", "(full, limited)", "link", (2, 2), |args| {
        let (full, limited) = (args.handle("a token")?, args.handle("a token")?);
        Ok((Operation::Link { full, limited }, String::new()))
    }),
    row("assign", "(token)", "assign", (1, 1), |args| args.on_handle("a token", Operation::Assign)),
    row("logon", "(user[, kind])", "logon", (1, 2), |args| {
        let user = args.text("a user")?;
        let sid = args.tables.principal(&user)?;
        let kind = args.optional_text("a kind of logon")?;
        let words = kind.as_ref().map_or_else(|| user.clone(), |kind| format!("{user} ({kind})"));
        let known = || LogonType::ALL.iter().map(|(_, name, _)| *name);
        let named =
            |word: &str| LogonType::ALL.iter().find(|(_, name, _)| *name == word).map(|(kind, ..)| *kind);
        let kind = match &kind {
            None => LogonType::Interactive,
            Some(word) => named(word).ok_or_else(|| missing("kind of logon", word, known()))?,
        };
        Ok((Operation::Logon(sid, kind), words))
    }),
    row("spawn_process", "(process)", "spawn", (1, 1), |args| {
        on_process(args, |process| Operation::Spawn(process, SpawnToken::Own, [].into()))
    }),
    row("spawn_as", "(process, user)", "spawn", (2, 2), |args| {
        let name = args.text("a process")?;
        let process = args.tables.process(&name)?;
        let user = args.text("a user")?;
        let token = SpawnToken::User(args.tables.principal(&user)?);
        Ok((Operation::Spawn(process, token, [].into()), format!("{name} as {user}")))
    }),
    row("spawn_with", "(process, token)", "spawn", (2, 2), |args| {
        let name = args.text("a process")?;
        let process = args.tables.process(&name)?;
        let token = SpawnToken::Held(args.handle("a token")?);
        Ok((Operation::Spawn(process, token, [].into()), name))
    }),
    row("elevate", "(process)", "elevate", (1, 1), |args| {
        on_process(args, |process| Operation::Spawn(process, SpawnToken::Elevated, [].into()))
    }),
    row("exec", "(program)", "exec", (1, 1), |args| {
        let path = args.path(ObjectType::File)?;
        let words = quote(&path);
        Ok((Operation::Exec(path.into()), words))
    }),
    row("kill", "(process)", "kill", (1, 1), |args| use_process(args, ProcessUse::Terminate)),
    row("signal", "(process, signal)", "signal", (2, 2), |args| {
        let name = args.text("a process")?;
        let process = args.tables.process(&name)?;
        let word = args.text("a signal")?;
        let known = || ProcessUse::SIGNALS.iter().map(|(name, _)| *name);
        let found = ProcessUse::SIGNALS.iter().find(|(name, _)| *name == word);
        let (word, how) = found.ok_or_else(|| missing("signal", &word, known()))?;
        Ok((Operation::Use(process, *how), format!("{name} {word}")))
    }),
    row("read_memory", "(process)", "read_memory", (1, 1), |args| use_process(args, ProcessUse::ReadMemory)),
    row("write_memory", "(process)", "write_memory", (1, 1), |args| {
        use_process(args, ProcessUse::WriteMemory)
    }),
    row("set_priority", "(process)", "set_priority", (1, 1), |args| use_process(args, ProcessUse::Priority)),
    row("give", "(handle, thread)", "give", (2, 2), |args| {
        let slot = args.handle("a handle or a connection")?;
        let thread = args.text("a thread of this process")?;
        let to = args.tables.thread(args.process, &thread)?;
        Ok((Operation::Give(slot, to), format!("to {thread}")))
    }),
    row("take", "()", "take", (0, 0), |_| Ok((Operation::Take, String::new()))),
    row("show", "()", "show", (0, 0), |_| Ok((Operation::Show, String::new()))),
    row("show_token", "(token)", "show", (1, 1), |args| args.on_handle("a token", Operation::ShowToken)),
    row("show_process", "(process)", "show", (1, 1), |args| {
        let (operation, name) = on_process(args, |process| Operation::ShowOther(TokenOf::Process(process)))?;
        Ok((operation, format!("process {name}")))
    }),
    row("show_thread", "(thread)", "show", (1, 1), |args| {
        let name = args.text("a thread")?;
        let thread = args.tables.thread(args.process, &name)?;
        Ok((Operation::ShowOther(TokenOf::Thread(thread)), format!("thread {name}")))
    }),
    row("show_threads", "()", "show", (0, 0), |_| Ok((Operation::ShowThreads, "threads".to_owned()))),
    row("note", "(text)", "note", (1, 1), |args| {
        let text = text_of(args.next()?);
        let words = quote(&text);
        Ok((Operation::Note(text.into()), words))
    }),
    row("wait", "(duration)", "wait", (1, 1), |args| {
        let duration = args.duration()?;
        args.cost = Some(duration);
        Ok((Operation::Wait, format_time(duration)))
    }),
    row("exit", "()", "exit", (0, 0), |_| Ok((Operation::Exit, String::new()))),
];

/// Steps that scripts do not take, and why.
pub const STEPS_WITHOUT: &[(&str, &str)] = &[
    ("take_handle", "takes a name of a thread's statements"),
    ("set_session_id", "decides nothing that a script could notice"),
    ("call", "script functions call each other as functions"),
];

/// The arguments of an operation, taken one by one.
struct Inputs<'a> {
    given: &'a [&'a mut Dynamic],
    next: usize,
    tables: &'a Tables,
    process: ProcessId,
    /// How long the step takes, where it says so itself.
    cost: Option<u64>,
}

impl Inputs<'_> {
    fn peek(&self) -> Option<&Dynamic> {
        self.given.get(self.next).map(|value| &**value)
    }

    fn next(&mut self) -> Result<&Dynamic, String> {
        self.next += 1;
        self.given.get(self.next - 1).map(|value| &**value).ok_or_else(|| "an argument is missing".to_owned())
    }

    fn text(&mut self, what: &str) -> Result<String, String> {
        let value = self.next()?;
        match value.read_lock::<ImmutableString>() {
            Some(text) => Ok(text.to_string()),
            None => Err(format!("expected {what} as text, found {}", kind(value))),
        }
    }

    fn optional_text(&mut self, what: &str) -> Result<Option<String>, String> {
        self.peek().is_some().then(|| self.text(what)).transpose()
    }

    /// A handle, or what came of the operation that gave one: of a failed one the place is empty, as a name would be.
    fn handle(&mut self, what: &str) -> Result<Slot, String> {
        let value = self.next()?;
        if let Some(handle) = value.read_lock::<Handle>() {
            return Ok(handle.0);
        }
        if let Some(outcome) = value.read_lock::<Outcomes>() {
            return Ok(outcome.0.handle.unwrap_or(NOWHERE));
        }
        if value.is_unit() {
            return Ok(NOWHERE);
        }
        Err(format!("expected {what}, found {}", kind(value)))
    }

    fn path(&mut self, class: ObjectType) -> Result<String, String> {
        let path = self.text("a path")?;
        crate::resolve::sound_path(&path, class).map(|()| path)
    }

    /// An object by its path, and how the language names it.
    fn place(&mut self, class: ObjectType) -> Result<(Place, String), String> {
        let path = self.path(class)?;
        let words = format!("{} {}", class.name(), quote(&path));
        Ok((Place::Path { path: path.into(), directory: class == ObjectType::Directory }, words))
    }

    /// A word that stands or does not.
    fn flag(&mut self, name: &str) -> Result<bool, String> {
        match self.optional_text(&format!("`{name}`"))? {
            None => Ok(false),
            Some(word) if word == name => Ok(true),
            Some(other) => Err(missing("option", &other, [name].into_iter())),
        }
    }

    /// What `restrict` takes away, as a map with the words of the step.
    fn restriction(&mut self) -> Result<Restriction, String> {
        let tables = self.tables;
        let value = self.next()?;
        let Some(map) = value.read_lock::<rhai::Map>() else {
            return Err(format!(
                "expected a map such as `#{{ deny_only: [\"staff\"] }}`, found {}",
                kind(value)
            ));
        };
        let texts = |value: &Dynamic| -> Result<Vec<String>, String> {
            let list = value
                .read_lock::<Array>()
                .ok_or_else(|| format!("expected a list, found {}", kind(value)))?;
            list.iter().map(|item| Ok(text_of(item))).collect()
        };
        let sids = |value: &Dynamic| -> Result<Vec<Sid>, String> {
            texts(value)?.iter().map(|name| tables.principal(name)).collect()
        };
        let mut restriction = Restriction::default();
        for (word, value) in map.iter() {
            match word.as_str() {
                "sids" => {
                    let entry = |sid| SidAndAttributes { sid, attributes: PLAIN_GROUP };
                    restriction.sids = sids(value)?.into_iter().map(entry).collect();
                }
                "deny_only" => restriction.deny_only = sids(value)?,
                "remove" => {
                    let known = || PRIVILEGES.iter().map(|row| row.name);
                    let named = |name: &String| {
                        Privilege::named(name).ok_or_else(|| missing("privilege", name, known()))
                    };
                    restriction.remove = texts(value)?.iter().map(named).collect::<Result<_, _>>()?;
                }
                "write_only" => {
                    let truth = value.as_bool().map_err(|_| "`write_only` is true or false".to_owned())?;
                    restriction.write_only = truth;
                }
                other => {
                    return Err(missing("property of `restrict`", other, RESTRICT_WORDS.iter().copied()));
                }
            }
        }
        Ok(restriction)
    }

    fn on_handle(&mut self, what: &str, make: fn(Slot) -> Operation) -> Made {
        Ok((make(self.handle(what)?), String::new()))
    }

    fn privilege(&mut self) -> Result<Privilege, String> {
        let name = self.text("a privilege")?;
        let known = || PRIVILEGES.iter().map(|row| row.name);
        Privilege::named(&name).ok_or_else(|| missing("privilege", &name, known()))
    }

    fn rights(&mut self, class: ObjectType) -> Result<(AccessMask, String), String> {
        if let Some(Ok(number)) = self.peek().map(Dynamic::as_int) {
            self.next += 1;
            let mask = u32::try_from(number).map_err(|_| "a mask is a number of 32 bits".to_owned())?;
            return Ok((AccessMask(mask), format!("{mask:#x}")));
        }
        let words = self.text("rights such as `read`")?;
        let mut mask = AccessMask::NONE;
        for word in words.split(',') {
            mask |= crate::resolve::right_of(word.trim(), class)?;
        }
        Ok((mask, words))
    }

    /// A duration as the language writes it, or a number of nanoseconds.
    fn duration(&mut self) -> Result<u64, String> {
        let bad = || "expected a duration such as \"2ms\", or nanoseconds".to_owned();
        let value = self.next()?;
        if let Ok(number) = value.as_int() {
            return u64::try_from(number).map_err(|_| "a duration is not negative".to_owned());
        }
        let text = value.read_lock::<ImmutableString>().ok_or_else(bad)?;
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        let (_, size) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(bad)?;
        number.parse::<u64>().ok().and_then(|number| number.checked_mul(*size)).ok_or_else(bad)
    }

    /// The data of a registry value (KEY-4): text, a number, or a list of texts.
    fn data(&mut self) -> Result<ValueData, String> {
        let value = self.next()?;
        if let Some(text) = value.read_lock::<ImmutableString>() {
            return Ok(ValueData::Sz(text.as_str().into()));
        }
        if let Ok(number) = value.as_int() {
            let dword = u32::try_from(number).map(ValueData::Dword);
            let data = dword.or_else(|_| u64::try_from(number).map(ValueData::Qword));
            return data.map_err(|_| "a number in the registry is not negative".to_owned());
        }
        let Some(list) = value.read_lock::<Array>() else {
            return Err(format!("expected text, a number or a list of texts, found {}", kind(value)));
        };
        let text = |item: &Dynamic| {
            let text = item.read_lock::<ImmutableString>();
            text.map(|text| Arc::from(text.as_str()))
                .ok_or_else(|| format!("expected text in the list, found {}", kind(item)))
        };
        Ok(ValueData::MultiSz(list.iter().map(text).collect::<Result<_, _>>()?))
    }
}

/// A place that never holds anything: what uses it gets `INVALID_HANDLE`.
const NOWHERE: Slot = Slot(u32::MAX);

/// `there is no WHAT …`, with a near name.
pub(super) fn missing<'n>(what: &str, name: &str, known: impl Iterator<Item = &'n str>) -> String {
    match nearest(name, known) {
        Some(near) => format!("there is no {what} `{name}`, did you mean `{near}`?"),
        None => format!("there is no {what} `{name}`"),
    }
}

fn level_named(name: &str) -> Result<ImpersonationLevel, String> {
    let known = || ImpersonationLevel::ALL.iter().map(|(_, name)| *name);
    let found = ImpersonationLevel::ALL.iter().find(|(_, known)| *known == name);
    found.map(|(level, _)| *level).ok_or_else(|| missing("level", name, known()))
}

/// A transfer whose kind stands behind the handle: `lock h shared`.
fn transfer_as(args: &mut Inputs<'_>, transfer: Transfer, kind: &str) -> Made {
    Ok((Operation::Transfer(Place::Handle(args.handle("a handle")?), transfer), kind.to_owned()))
}

/// An extended attribute by its name; the descriptor is none (FILE-7).
fn extended(args: &mut Inputs<'_>, transfer: Transfer) -> Made {
    let slot = args.handle("a handle")?;
    let name = args.text("the name of an extended attribute")?;
    Ok((crate::resolve::extended_attribute(slot, &name, transfer), quote(&name)))
}

fn transfer(args: &mut Inputs<'_>, transfer: Transfer) -> Made {
    Ok((Operation::Transfer(Place::Handle(args.handle("a handle")?), transfer), String::new()))
}

/// A change of the token in effect, or of the one that comes next.
fn adjusting(args: &mut Inputs<'_>, adjustment: Adjustment, words: String) -> Made {
    let slot = args.peek().is_some().then(|| args.handle("a token")).transpose()?;
    let words = if slot.is_some() { format!("{words} on token") } else { words };
    Ok((Operation::Adjust(slot, Box::new(adjustment)), words))
}

fn query_security(args: &mut Inputs<'_>, place: Place, words: String) -> Made {
    let sacl = args.flag("sacl")?;
    let words = if sacl { format!("{words} (sacl)").trim_start().to_owned() } else { words };
    Ok((Operation::QuerySecurity(place, sacl), words))
}

fn set_security(args: &mut Inputs<'_>, place: Place, words: String) -> Made {
    let text = args.text("the parts of a descriptor as SDDL")?;
    let change = SecurityChange { parts: descriptor_parts(&text)?, ..SecurityChange::default() };
    Ok((Operation::SetSecurity(place, Box::new(change)), format!("{words}{}", quote(&text))))
}

/// The parts that a text of SDDL gives. What a script cannot say so is refused: a label, whose numbers differ between models
/// (DIV-44), and a DACL that is null.
fn descriptor_parts(text: &str) -> Result<DescriptorParts, String> {
    let context = SddlContext::of(DEFAULT);
    let read = sddl::parse(text, &context).map_err(|error| format!("this SDDL cannot be read: {error}"))?;
    if read.dacl.is_none() && text.contains("D:") {
        return Err("a DACL that is null is given in a step of the scenario: `dacl null`".to_owned());
    }
    let has = |bit: SdControl| read.control.contains(bit);
    let dacl = read.dacl.map(|list| DaclDecl::List {
        protected: has(SdControl::DACL_PROTECTED),
        auto_inherit: has(SdControl::DACL_AUTO_INHERIT_REQ),
        aces: list.aces,
    });
    let is_label = |ace: &Ace| ace.kind == AceType::MANDATORY_LABEL;
    if read.sacl.as_ref().is_some_and(|list| list.aces.iter().any(is_label)) {
        return Err("a label is set in a step of the scenario: `set_security … { label … }`".to_owned());
    }
    let sacl = read.sacl.map(|list| SaclDecl {
        protected: has(SdControl::SACL_PROTECTED),
        auto_inherit: has(SdControl::SACL_AUTO_INHERIT_REQ),
        entries: list.aces.into_iter().map(SaclEntry::Ace).collect(),
    });
    Ok(DescriptorParts { owner: read.owner, group: read.group, dacl, sacl })
}

/// A step about a process, by its name.
fn use_process(args: &mut Inputs<'_>, how: ProcessUse) -> Made {
    on_process(args, |process| Operation::Use(process, how))
}

fn on_process(args: &mut Inputs<'_>, make: impl FnOnce(ProcessId) -> Operation) -> Made {
    let name = args.text("a process")?;
    Ok((make(args.tables.process(&name)?), name))
}

fn adjust(args: &mut Inputs<'_>, action: PrivilegeAction) -> Made {
    let privilege = args.privilege()?;
    adjusting(args, Adjustment::Privileges(vec![privilege], action), privilege.name().to_owned())
}

fn adjust_group(args: &mut Inputs<'_>, enable: bool) -> Made {
    let name = args.text("a group")?;
    let group = args.tables.principal(&name)?;
    adjusting(args, Adjustment::Groups(vec![group], enable), format!("group {name}"))
}

fn delete(args: &mut Inputs<'_>, class: ObjectType) -> Made {
    let (what, words) = args.place(class)?;
    Ok((Operation::Delete(what), words))
}

fn rename(args: &mut Inputs<'_>, what: Place, class: ObjectType, words: String) -> Made {
    let to = args.path(class)?;
    let (onto, flag) = match args.optional_text("`replace` or `exchange`")?.as_deref() {
        None => (Onto::Refuse, ""),
        Some("replace") => (Onto::Replace, " (replace)"),
        Some("exchange") => (Onto::Exchange, " (exchange)"),
        Some(other) => return Err(missing("way to rename", other, ["replace", "exchange"].into_iter())),
    };
    let words = format!("{words}to {}{flag}", quote(&to));
    Ok((Operation::Rename(Box::new(Rename { what, to: to.into(), onto })), words))
}

fn access(args: &mut Inputs<'_>, class: ObjectType) -> Made {
    let path = args.path(class)?;
    let (desired, asked) = args.rights(class)?;
    let words = format!("{} {} for {asked}", class.name(), quote(&path));
    Ok((Operation::Access(path.into(), class == ObjectType::Directory, desired), words))
}

/// What may stand among the options of an open.
const OPEN_OPTIONS: &[&str] =
    &["backup", "restore", "or_create", "overwrite", "supersede", "no_follow", "delete_on_close"];

/// `open_…` and `create_…`: the options are the intents and flags of the step, as text.
fn open(args: &mut Inputs<'_>, class: ObjectType, disposition: Disposition) -> Made {
    let path = args.path(class)?;
    let (desired, asked) = args.rights(class)?;
    let word = class.name();
    if class == ObjectType::Key {
        let words = format!("{word} '{path}' for {asked}");
        let create = disposition == Disposition::Create;
        let open =
            KeyOpen { path: path.into(), base: None, desired, create, volatile: false, descriptor: None };
        return Ok((Operation::OpenKey(Box::new(open)), words));
    }
    let mut words = format!("{word} {} for {asked}", quote(&path));
    let (mut intents, mut or_create, mut overwrite, mut supersede) = (Intents::empty(), false, false, false);
    let (mut no_follow, mut delete_on_close) = (false, false);
    let opens = disposition == Disposition::Open;
    if let Some(options) = args.optional_text("options")? {
        for option in options.split(',').map(str::trim) {
            match option {
                "backup" => intents |= Intents::BACKUP,
                "restore" => intents |= Intents::RESTORE,
                "no_follow" => no_follow = true,
                "delete_on_close" => delete_on_close = true,
                "or_create" if opens => or_create = true,
                "overwrite" if opens => overwrite = true,
                "supersede" if opens => supersede = true,
                other => return Err(missing("option", other, OPEN_OPTIONS.iter().copied())),
            }
        }
        words = format!("{words} ({options})");
    }
    let disposition = match (supersede, or_create, overwrite) {
        (true, false, false) => Disposition::Supersede,
        (true, ..) => return Err("`supersede` creates and empties by itself".to_owned()),
        (false, false, false) => disposition,
        (false, true, false) => Disposition::OpenIf,
        (false, false, true) => Disposition::Overwrite,
        (false, true, true) => Disposition::OverwriteIf,
    };
    let open = FileOpen {
        path: path.into(),
        directory: class == ObjectType::Directory,
        desired,
        intents,
        disposition,
        base: None,
        no_follow,
        delete_on_close,
        descriptor: None,
    };
    Ok((Operation::OpenFile(Box::new(open)), words))
}
