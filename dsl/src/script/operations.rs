//! The one table of operations that scripts call, beside the table of steps: each row makes a step of that table out of the
//! arguments, and its result comes back when the step has been taken.

use rhai::Dynamic;
use sim_core::engine::time::format_time;
use sim_core::ids::ProcessId;
use sim_core::rights::ObjectType;
use sim_core::text::{quote, quote_key};
use sim_core::token::{ImpersonationLevel, IntegrityLevel, MandatoryPolicy, TokenType};
use sim_core::world::declare::{DaclDecl, DescriptorParts, LogonType};
use sim_core::world::op::{
    Adjustment, Copy, FileOpen, KeyOpen, Link, LinkKind, Onto, Operation, Place, PrivilegeAction, ProcessUse,
    Rename, SecurityChange, SpawnToken, TokenOf, Transfer,
};

use super::inputs::{Inputs, OpenOptions, level_named, missing};
use super::tables::Tables;
use super::values::text_of;
use crate::resolve::MANDATORY_POLICIES;

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

pub(super) type Made = Result<(Operation, String), String>;

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
    row("open_file", "(path, rights[, options])", "open", (2, 3), |args| open(args, ObjectType::File, false)),
    row("open_directory", "(path, rights[, options])", "open", (2, 3), |args| {
        open(args, ObjectType::Directory, false)
    }),
    row("open_key", "(path, rights[, options])", "open", (2, 3), |args| open(args, ObjectType::Key, false)),
    row("create_file", "(path, rights[, options])", "create", (2, 3), |args| {
        open(args, ObjectType::File, true)
    }),
    row("create_directory", "(path, rights[, options])", "create", (2, 3), |args| {
        open(args, ObjectType::Directory, true)
    }),
    row("create_key", "(path, rights[, options])", "create", (2, 3), |args| {
        open(args, ObjectType::Key, true)
    }),
    row("read", "(handle)", "read", (1, 1), |args| transfer(args, Transfer::Read)),
    row("write", "(handle)", "write", (1, 1), |args| transfer(args, Transfer::Write)),
    row("append", "(handle)", "append", (1, 1), |args| transfer(args, Transfer::Append)),
    row("list", "(handle)", "list", (1, 1), |args| transfer(args, Transfer::List)),
    row("create_link", "(path, path[, \"hard\" or \"volatile\"])", "create", (2, 3), create_link),
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
        by_path(args, ObjectType::File, Transfer::Truncate)
    }),
    row("extend", "(handle)", "extend", (1, 1), |args| transfer(args, Transfer::Extend)),
    row("query_attributes_of_file", "(path)", "query_attributes", (1, 1), |args| {
        by_path(args, ObjectType::File, Transfer::QueryAttributes)
    }),
    row("query_attributes_of_directory", "(path)", "query_attributes", (1, 1), |args| {
        by_path(args, ObjectType::Directory, Transfer::QueryAttributes)
    }),
    row("set_attributes_of_file", "(path)", "set_attributes", (1, 1), |args| {
        by_path(args, ObjectType::File, Transfer::SetAttributes)
    }),
    row("set_attributes_of_directory", "(path)", "set_attributes", (1, 1), |args| {
        by_path(args, ObjectType::Directory, Transfer::SetAttributes)
    }),
    row("enter_directory", "(path)", "enter", (1, 1), |args| {
        by_path(args, ObjectType::Directory, Transfer::Enter)
    }),
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
    row("set_value", "(key, name, data[, type])", "set", (3, 4), |args| {
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
    row("duplicate", "(token[, level or \"primary\"[, rights]])", "duplicate", (1, 3), |args| {
        let slot = args.handle("a token")?;
        let (kind, words) = match args.optional_text("a level")? {
            None => (None, String::new()),
            Some(word) if word == "primary" => (Some(TokenType::Primary), "(primary)".to_owned()),
            Some(level) => (Some(TokenType::Impersonation(level_named(&level)?)), format!("level {level}")),
        };
        if args.peek().is_none() {
            return Ok((Operation::Duplicate(slot, Copy { kind, desired: None }), words));
        }
        let (desired, asked) = args.rights(ObjectType::Token)?;
        Ok((
            Operation::Duplicate(slot, Copy { kind, desired: Some(desired) }),
            format!("{words} for {asked}"),
        ))
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
        let (parts, text) = args.descriptor()?;
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
    row("spawn_process", "(process[, [handle, …]])", "spawn", (1, 2), |args| {
        let (process, name) = args.process()?;
        spawn(args, process, SpawnToken::Own, name)
    }),
    row("spawn_as", "(process, user[, [handle, …]])", "spawn", (2, 3), |args| {
        let (process, name) = args.process()?;
        let user = args.text("a user")?;
        let token = SpawnToken::User(args.tables.principal(&user)?);
        spawn(args, process, token, format!("{name} as {user}"))
    }),
    row("spawn_with", "(process, token[, [handle, …]])", "spawn", (2, 3), |args| {
        let (process, name) = args.process()?;
        let token = SpawnToken::Held(args.handle("a token")?);
        spawn(args, process, token, name)
    }),
    row("elevate", "(process[, [handle, …]])", "elevate", (1, 2), |args| {
        let (process, name) = args.process()?;
        spawn(args, process, SpawnToken::Elevated, name)
    }),
    row("exec", "(program)", "exec", (1, 1), |args| {
        let path = args.path(ObjectType::File)?;
        let words = quote(&path);
        Ok((Operation::Exec(path.into()), words))
    }),
    row("kill", "(process)", "kill", (1, 1), |args| use_process(args, ProcessUse::Terminate)),
    row("signal", "(process, signal)", "signal", (2, 2), |args| {
        let (process, name) = args.process()?;
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
        let (to, words) = args.own_thread()?;
        Ok((Operation::Give(slot, to), words.replacen("thread", "to", 1)))
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
    row("show_file", "(path)", "show", (1, 1), |args| show_object(args, ObjectType::File)),
    row("show_directory", "(path)", "show", (1, 1), |args| show_object(args, ObjectType::Directory)),
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
    ("create_token", "what a token holds is said in statements of their own"),
    ("take_handle", "takes a name of a thread's statements"),
    ("set_session_id", "decides nothing that a script could notice"),
    ("call", "script functions call each other as functions"),
];

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

/// What goes through a handle, done by path.
fn by_path(args: &mut Inputs<'_>, class: ObjectType, transfer: Transfer) -> Made {
    let (place, words) = args.place(class)?;
    Ok((Operation::Transfer(place, transfer), words))
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

/// What reading its descriptor by path shows.
fn show_object(args: &mut Inputs<'_>, class: ObjectType) -> Made {
    let (place, words) = args.place(class)?;
    Ok((Operation::QuerySecurity(place, false), words))
}

fn set_security(args: &mut Inputs<'_>, place: Place, words: String) -> Made {
    let (parts, text) = args.descriptor()?;
    let change = SecurityChange { parts, ..SecurityChange::default() };
    Ok((Operation::SetSecurity(place, Box::new(change)), format!("{words}{}", quote(&text))))
}

/// A step about a process, by its name.
fn use_process(args: &mut Inputs<'_>, how: ProcessUse) -> Made {
    on_process(args, |process| Operation::Use(process, how))
}

fn on_process(args: &mut Inputs<'_>, make: impl FnOnce(ProcessId) -> Operation) -> Made {
    let (process, name) = args.process()?;
    Ok((make(process), name))
}

/// A new process, and the handles that it gets copies of.
fn spawn(args: &mut Inputs<'_>, process: ProcessId, token: SpawnToken, words: String) -> Made {
    let handles = args.handles()?;
    let words = if handles.is_empty() { words } else { format!("{words} (inherit {})", handles.len()) };
    Ok((Operation::Spawn(process, token, handles), words))
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

/// Between files or between keys, as the path says.
fn create_link(args: &mut Inputs<'_>) -> Made {
    let path = args.text("a path")?;
    let class = crate::resolve::class_of_link(&path);
    crate::resolve::sound_path(&path, class, false)?;
    let to = args.path(class)?;
    let (kind, flag) = if class == ObjectType::Key {
        let volatile = args.flag("volatile")?;
        (LinkKind::Key { volatile }, if volatile { " (volatile)" } else { "" })
    } else if args.flag("hard")? {
        (LinkKind::Hard, " (hard)")
    } else {
        (LinkKind::Symbolic, "")
    };
    let quoted = if class == ObjectType::Key { quote_key } else { quote };
    let words = format!("link {} to {}{flag}", quoted(&path), quoted(&to));
    Ok((Operation::MakeLink(Box::new(Link { path: path.into(), to: to.into(), kind })), words))
}

/// `open_…` and `create_…`: the options are what the step says behind the rights.
fn open(args: &mut Inputs<'_>, class: ObjectType, create: bool) -> Made {
    let (path, said) = args.opened_path(class)?;
    let (desired, asked) = args.rights(class)?;
    let options = args.open_options(class, create)?;
    crate::resolve::sound_path(&path, class, options.base.is_some())?;
    let below = if options.base.is_some() { " in handle" } else { "" };
    let mut words = format!("{said}{below} for {asked}");
    if !options.words.is_empty() {
        words = format!("{words} ({})", options.words);
    }
    if options.descriptor.is_some() {
        words.push_str(" with {…}");
    }
    let (path, base) = (path.into(), options.base);
    if class == ObjectType::Key {
        let OpenOptions { volatile, open_link, descriptor, .. } = options;
        let open = KeyOpen { path, base, desired, create, volatile, open_link, descriptor };
        return Ok((Operation::OpenKey(Box::new(open)), words));
    }
    let open = FileOpen {
        path,
        directory: class == ObjectType::Directory,
        desired,
        intents: options.intents,
        disposition: options.disposition,
        base,
        no_follow: options.no_follow,
        delete_on_close: options.delete_on_close,
        descriptor: options.descriptor,
    };
    Ok((Operation::OpenFile(Box::new(open)), words))
}
