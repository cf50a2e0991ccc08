//! How the steps on tokens and processes are read: `open_token`, `duplicate`, `restrict`, `assign`, `logon`, the adjustments,
//! `spawn` and what else a row of `VERBS` sends here.

use std::collections::BTreeSet;
use std::sync::Arc;

use sim_core::ids::{ProcessId, Slot};
use sim_core::privilege::{PRIVILEGES, Privilege};
use sim_core::rights::ObjectType;
use sim_core::token::{IntegrityLevel, MandatoryPolicy, SidAndAttributes, TokenType};
use sim_core::world::declare::{DaclDecl, LogonType, PLAIN_GROUP, TokenShape};
use sim_core::world::op::{
    Adjustment, Copy, NewToken, Operation, PrivilegeAction, ProcessUse, Restriction, SpawnToken, TokenOf,
};

use super::args::{Args, Read, choose, unknown};
use super::paths::check_path;
use super::program::ThreadScope;
use super::shape::one_flag;
use super::steps::optional_level;
use super::{PrincipalKind, Resolver};
use crate::ast::{Block, Part, PartKind, Prep, Spanned, Stmt, Word};
use crate::codes;
use crate::diag::Diagnostic;

/// A privilege by its official name.
pub(super) fn privilege(args: &mut Args<'_>) -> Read<Privilege> {
    let word = args.word("a privilege such as `SeBackupPrivilege`")?;
    Privilege::named(word.value).ok_or_else(|| {
        unknown(codes::WORD, word.span, "privilege", word.value, PRIVILEGES.iter().map(|row| row.name))
    })
}

/// `A, B`: privileges separated by commas.
pub(super) fn privileges(args: &mut Args<'_>) -> Read<Vec<Privilege>> {
    let mut listed = Vec::new();
    loop {
        listed.push(privilege(args)?);
        if !args.comma() {
            return Ok(listed);
        }
    }
}

/// An integrity level by its word.
pub(super) fn integrity(args: &mut Args<'_>) -> Read<IntegrityLevel> {
    let table: Vec<_> = IntegrityLevel::ALL.iter().map(|(level, _, name)| (*name, *level)).collect();
    choose(args.word("an integrity level")?, "integrity level", &table)
}

/// Mandatory policies by their words.
pub(crate) const MANDATORY_POLICIES: &[(&str, MandatoryPolicy)] = &[
    ("no_write_up", MandatoryPolicy::NO_WRITE_UP),
    ("new_process_min", MandatoryPolicy::NEW_PROCESS_MIN),
    ("off", MandatoryPolicy::empty()),
];

/// What `restrict` takes away.
pub(crate) const RESTRICT_WORDS: &[&str] =
    &["groups", "privileges", "restricted", "sids", "deny_only", "remove", "write_only"];

/// `no_write_up, new_process_min` or `off`.
pub(super) fn mandatory_policy(args: &mut Args<'_>) -> Read<MandatoryPolicy> {
    let mut policy = MandatoryPolicy::empty();
    loop {
        let word = args.word("`no_write_up`, `new_process_min` or `off`")?;
        policy |= choose(word, "mandatory policy", MANDATORY_POLICIES)?;
        if !args.comma() {
            return Ok(policy);
        }
    }
}

/// How somebody logs on, by its word.
pub(super) fn logon_type(args: &mut Args<'_>) -> Read<LogonType> {
    let table: Vec<_> = LogonType::ALL.iter().map(|(kind, name, _)| (*name, *kind)).collect();
    choose(args.word("how it logs on")?, "kind of logon", &table)
}

/// Whether a statement that may begin with `logon` is the step, not the property that says how a principal logs on.
pub(super) fn is_logon_step(stmt: &Stmt) -> bool {
    if stmt.head.as_ref().is_none_or(|head| head.value != "logon") {
        return false;
    }
    let kinds = LogonType::ALL.iter().map(|(_, name, _)| *name);
    let property = matches!(
        stmt.parts.as_slice(),
        [Part { value: PartKind::Word(word), .. }] if kinds.into_iter().any(|kind| kind == word)
    );
    stmt.bind.is_some() || !property
}

/// `… [on t]`: the token in effect, or one in hand.
fn adjusted(args: &mut Args<'_>, scope: &ThreadScope<'_>, adjustment: Adjustment) -> Read<Operation> {
    let slot = match args.prep(Prep::On) {
        Some(_) => Some(scope.slot(args, "a token")?),
        None => None,
    };
    Ok(Operation::Adjust(slot, Box::new(adjustment)))
}

/// `enable|disable|remove PRIVILEGES`, `enable|disable group GROUPS`
pub(super) fn adjust(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
    action: PrivilegeAction,
) -> Read<Operation> {
    let adjustment = if action != PrivilegeAction::Remove && args.keyword("group").is_some() {
        Adjustment::Groups(resolver.principals(args)?, action == PrivilegeAction::Enable)
    } else {
        Adjustment::Privileges(privileges(args)?, action)
    };
    adjusted(args, scope, adjustment)
}

/// `reset privileges|groups`
pub(super) fn reset(
    _: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let what = args.word("`privileges` or `groups`")?;
    let groups = choose(what, "part of a token", &[("privileges", false), ("groups", true)])?;
    adjusted(args, scope, if groups { Adjustment::ResetGroups } else { Adjustment::ResetPrivileges })
}

/// `set_default_dacl { … }`, `set_default_dacl null`
pub(super) fn set_default_dacl(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let here = args.here();
    let aces = match resolver.dacl(args, ObjectType::File)? {
        DaclDecl::Null => None,
        DaclDecl::List { protected: false, auto_inherit: false, aces } => Some(aces),
        DaclDecl::List { .. } => {
            return Err(Diagnostic::error(codes::ARGUMENT, here, "a default DACL is a plain list")
                .label("write `{ … }` or `null`"));
        }
    };
    adjusted(args, scope, Adjustment::DefaultDacl(aces))
}

/// `set_default_owner P`
pub(super) fn set_default_owner(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let sid = resolver.principal(args)?;
    adjusted(args, scope, Adjustment::DefaultOwner(sid))
}

/// `set_default_group G`
pub(super) fn set_default_group(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let sid = resolver.principal(args)?;
    adjusted(args, scope, Adjustment::DefaultGroup(sid))
}

/// `set_integrity LEVEL`
pub(super) fn set_integrity(
    _: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let level = integrity(args)?;
    adjusted(args, scope, Adjustment::Integrity(level))
}

/// `set_mandatory_policy POLICY`
pub(super) fn set_mandatory_policy(
    _: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let policy = mandatory_policy(args)?;
    adjusted(args, scope, Adjustment::MandatoryPolicy(policy))
}

/// `set_session_id N`
pub(super) fn set_session_id(
    _: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let number = super::declare::number32(args, "the number of a session")?;
    adjusted(args, scope, Adjustment::SessionId(number))
}

/// `process P` or `thread P.T`, if one of them comes next.
pub(super) fn token_of(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &ThreadScope<'_>,
) -> Read<Option<TokenOf>> {
    if !scope.binds("process") && args.keyword("process").is_some() {
        return Ok(Some(TokenOf::Process(resolver.process(&args.name("a process")?)?)));
    }
    if !scope.binds("thread") && args.keyword("thread").is_some() {
        return Ok(Some(TokenOf::Thread(resolver.thread(scope.process, &args.name("a thread")?)?)));
    }
    Ok(None)
}

pub(super) fn open_token(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let of = token_of(resolver, args, scope)?.unwrap_or(TokenOf::Own);
    args.prep(Prep::For).ok_or_else(|| args.expected("`for` and the rights that are asked for"))?;
    let desired = resolver.rights(args, ObjectType::Token)?;
    Ok(Operation::OpenToken { of, desired })
}

/// `duplicate t [level LEVEL] [for RIGHTS] (primary)`
pub(super) fn duplicate(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let slot = scope.slot(args, "a token")?;
    let level = optional_level(args)?;
    let desired = match args.prep(Prep::For) {
        Some(_) => Some(resolver.rights(args, ObjectType::Token)?),
        None => None,
    };
    let primary = args.flags();
    if let Some(list) = &primary {
        let mut flags = Args::new(list.value, list.span);
        choose(flags.word("`primary`")?, "flag of `duplicate`", &[("primary", ())])?;
        flags.finish("(")?;
        if level.is_some() {
            return Err(Diagnostic::error(codes::ARGUMENT, list.span, "a primary token has no level")
                .label("write either `level …` or `(primary)`"));
        }
    }
    let kind = match (level, primary) {
        (Some(level), _) => Some(TokenType::Impersonation(level)),
        (None, Some(_)) => Some(TokenType::Primary),
        (None, None) => None,
    };
    Ok(Operation::Duplicate(slot, Copy { kind, desired }))
}

pub(super) fn restrict(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let slot = scope.slot(args, "a token")?;
    let block = args.block("`{` and what is taken away")?;
    let mut restriction = Restriction::default();
    for stmt in &block.value.stmts {
        let head = resolver.head_of(stmt, "what is taken away, such as `groups staff (deny_only)`")?;
        let mut parts = Args::new(&stmt.parts, head.span);
        match head.value {
            "sids" => {
                for sid in resolver.principals(&mut parts)? {
                    restriction.sids.push(SidAndAttributes { sid, attributes: PLAIN_GROUP });
                }
            }
            "deny_only" => restriction.deny_only.extend(resolver.principals(&mut parts)?),
            "remove" => restriction.remove.extend(privileges(&mut parts)?),
            "write_only" => {
                let again = std::mem::replace(&mut restriction.write_only, true);
                resolver.once(again, head)?;
            }
            // The words that shape a token, as far as they take something away.
            "groups" => {
                restriction.deny_only.extend(resolver.principals(&mut parts)?);
                taken_away(&mut parts, "groups", "deny_only")?;
            }
            "privileges" => {
                restriction.remove.extend(privileges(&mut parts)?);
                taken_away(&mut parts, "privileges", "removed")?;
            }
            "restricted" => {
                let block = parts.block("`{` and what restricts")?;
                let restricted = resolver.restricted(block.value)?;
                restriction.sids.extend(restricted.sids);
                let again = restricted.write_only && std::mem::replace(&mut restriction.write_only, true);
                resolver.once(again, head)?;
            }
            other => {
                let known = RESTRICT_WORDS.iter().copied();
                return Err(unknown(codes::HEAD, head.span, "property of `restrict`", other, known).help(
                    "a restricted token can do less: groups are for deny entries only, privileges are gone",
                ));
            }
        }
        parts.finish(head.value)?;
    }
    Ok(Operation::Restrict(slot, Box::new(restriction)))
}

/// The one flag with which a word of a token's shape takes something away.
fn taken_away(parts: &mut Args<'_>, word: &str, flag: &str) -> Read<()> {
    match one_flag(parts, &format!("flag of `{word}` in `restrict`"), &[(flag, ())])? {
        Some(()) => Ok(()),
        None => Err(parts.expected(&format!("`({flag})`")).help("`restrict` only takes away")),
    }
}

/// `link FULL to LIMITED`
pub(super) fn link(
    _: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let full = scope.slot(args, "the full token")?;
    args.prep(Prep::To).ok_or_else(|| args.expected("`to` and the limited token"))?;
    let limited = scope.slot(args, "the limited token")?;
    Ok(Operation::Link { full, limited })
}

/// `create_token USER [in t] [level LEVEL] { … }`
pub(super) fn create_token(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let user = resolver.account(args)?;
    let session = match args.prep(Prep::In) {
        Some(_) => Some(scope.slot(args, "a token of the session")?),
        None => None,
    };
    let level = optional_level(args)?;
    let block = args.block("`{` and what the token holds")?;
    let mut shape = TokenShape::default();
    for stmt in &block.value.stmts {
        let head = resolver.head_of(stmt, "a property of a token")?;
        if let "logon" | "elevation" = head.value {
            let what = format!("`{}` is not of a token that is made", head.value);
            return Err(Diagnostic::error(codes::ARGUMENT, head.span, what)
                .label("a logon says how, a linked pair which half"));
        }
        resolver.shape_property(stmt, head, &mut shape)?;
    }
    Ok(Operation::CreateToken(Box::new(NewToken { user, session, level, shape })))
}

/// `logon USER (network)`
pub(super) fn logon(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    _: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let account = resolver.account(args)?;
    let kind = match args.flags() {
        None => LogonType::Interactive,
        Some(list) => {
            let mut flags = Args::new(list.value, list.span);
            let kind = logon_type(&mut flags)?;
            flags.finish("(")?;
            kind
        }
    };
    Ok(Operation::Logon(account, kind))
}

/// `spawn P [as USER | with t]`, `spawn thread T`
pub(super) fn spawn(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    if args.keyword("thread").is_some() {
        let name = args.name("a thread of this process")?;
        let thread = resolver.thread(scope.process, &name)?;
        if !resolver.owns_thread(scope.process, thread) {
            return Err(Diagnostic::error(codes::KIND, name.span, "a process spawns its own threads only")
                .label("belongs to another process"));
        }
        return Ok(Operation::SpawnThread(thread));
    }
    let child = spawned(resolver, args)?;
    let token = if args.prep(Prep::As).is_some() {
        SpawnToken::User(resolver.account(args)?)
    } else if args.prep(Prep::With).is_some() {
        let slot: Slot = scope.slot(args, "a token")?;
        SpawnToken::Held(slot)
    } else {
        SpawnToken::Own
    };
    Ok(Operation::Spawn(child, token, inherited(args, scope)?))
}

/// `… (inherit h, k)`: the handles that go along (PRC-2).
fn inherited(args: &mut Args<'_>, scope: &ThreadScope<'_>) -> Read<Arc<[Slot]>> {
    let Some(list) = args.flags() else { return Ok(Arc::from([])) };
    let mut flags = Args::new(list.value, list.span);
    choose(flags.word("`inherit` and names of handles")?, "flag of `spawn`", &[("inherit", ())])?;
    let mut slots = Vec::new();
    loop {
        slots.push(scope.slot(&mut flags, "a handle")?);
        if !flags.comma() {
            flags.finish("(")?;
            return Ok(slots.into());
        }
    }
}

/// `take_handle NAME in P[.T]` (PRC-12). Which place the name has in the other thread is known once all threads are read.
pub(super) fn take_handle(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    _: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let name = args.name("the name of a handle of another thread")?;
    args.prep(Prep::In).ok_or_else(|| args.expected("`in` and a process or thread"))?;
    let owner = args.name("a process or thread")?;
    let (process, thread) = resolver.process_or_thread(&owner)?;
    let thread = match thread {
        Some(thread) => thread,
        None => resolver.only_thread(process, &owner)?,
    };
    let slot = Slot(resolver.taken.len() as u32);
    resolver.taken.push((thread, name));
    Ok(Operation::TakeHandle(thread, slot))
}

/// `signal P KIND` (PRC-11)
pub(super) fn signal(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    _: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let process = resolver.process(&args.name("a process")?)?;
    let how = choose(args.word("a signal")?, "signal", &ProcessUse::SIGNALS)?;
    Ok(Operation::Use(process, how))
}

/// `kill P`, `read_memory P`, …
pub(super) fn process_use(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    how: ProcessUse,
) -> Read<Operation> {
    Ok(Operation::Use(resolver.process(&args.name("a process")?)?, how))
}

/// `elevate P`
pub(super) fn elevate(
    resolver: &mut Resolver<'_>,
    args: &mut Args<'_>,
    scope: &mut ThreadScope<'_>,
) -> Read<Operation> {
    let child = spawned(resolver, args)?;
    Ok(Operation::Spawn(child, SpawnToken::Elevated, inherited(args, scope)?))
}

fn spawned(resolver: &mut Resolver<'_>, args: &mut Args<'_>) -> Read<ProcessId> {
    let name = args.name("a process")?;
    resolver.process(&name)
}

/// `exec "image"`
pub(super) fn exec(_: &mut Resolver<'_>, args: &mut Args<'_>, _: &mut ThreadScope<'_>) -> Read<Operation> {
    let path = args.text("the path of a program in quotes")?;
    check_path(&path, ObjectType::File)?;
    Ok(Operation::Exec(Arc::from(path.value)))
}

/// The threads that steps of these statements spawn: they wait for it.
pub(super) fn spawned_threads(block: Option<&Block>) -> BTreeSet<Word> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&Stmt> = block.map_or(&[][..], |block| &block.stmts).iter().collect();
    while let Some(stmt) = open.pop() {
        let head = stmt.head.as_ref().map(|head| head.value.as_str());
        // `if spawn thread T { … }` has the step among its parts.
        let skip = match (head, stmt.parts.first().map(|part| &part.value)) {
            (Some("spawn"), _) => Some(0),
            (Some("if"), Some(PartKind::Word(word))) if word == "spawn" => Some(1),
            _ => None,
        };
        if let Some([Part { value: PartKind::Word(word), .. }, name, ..]) =
            skip.and_then(|skip| stmt.parts.get(skip..))
            && word == "thread"
            && let Ok(name) = Args::new(std::slice::from_ref(name), name.span).name("a name")
        {
            found.insert(name.value);
        }
        for part in &stmt.parts {
            if let PartKind::Block(block) = &part.value {
                open.extend(&block.stmts);
            }
        }
    }
    found
}

impl Resolver<'_> {
    /// Somebody who can log on: a user, or one of the built-in accounts.
    fn account(&mut self, args: &mut Args<'_>) -> Read<sim_core::sid::Sid> {
        let here = args.here();
        let sid = self.principal(args)?;
        let built_in = [sim_core::sid::SYSTEM, sim_core::sid::LOCAL_SERVICE, sim_core::sid::NETWORK_SERVICE];
        let known = self.names_by_sid.get(&sid).and_then(|name| self.principals.get(name));
        let fits = known.is_some_and(|(_, kind, _)| kind.logs_on()) || built_in.contains(&sid);
        if fits {
            return Ok(sid);
        }
        let words = Spanned { value: sid, span: here };
        Err(Diagnostic::error(codes::KIND, words.span, format!("{} cannot log on", words.value))
            .label("expected a user, SYSTEM, LocalService or NetworkService"))
    }

    /// A declared machine.
    pub(super) fn machine(&mut self, args: &mut Args<'_>) -> Read<sim_core::sid::Sid> {
        let name = args.name("a machine")?;
        match self.principals.get(&name.value) {
            Some((sid, PrincipalKind::Machine, _)) => Ok(*sid),
            Some(_) => {
                Err(Diagnostic::error(codes::KIND, name.span, format!("`{}` is no machine", name.value))
                    .label("expected a machine"))
            }
            None => {
                let machines =
                    self.principals.iter().filter(|(_, (_, kind, _))| *kind == PrincipalKind::Machine);
                let names: Vec<&str> = machines.map(|(name, _)| name.as_str()).collect();
                Err(unknown(codes::UNKNOWN_NAME, name.span, "machine", &name.value, names.into_iter())
                    .help("declare it as `machine NAME`"))
            }
        }
    }

    /// The threads of a process have numbers in a row.
    fn owns_thread(&self, process: ProcessId, thread: sim_core::ids::ThreadId) -> bool {
        let threads = self.processes.get_index(process.index()).map(|(_, entry)| &entry.threads);
        let ends =
            threads.and_then(|threads| Some((threads.values().next()?, threads.values().next_back()?)));
        ends.is_some_and(|(first, last)| (*first..=*last).contains(&thread))
    }
}
