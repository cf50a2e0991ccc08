//! The world: principals' tokens, processes, threads, connections, objects and handles as plain data, changed only by
//! [`World::apply`].
//!
//! Authority: KACS v0.20 tokens, impersonation, processes, files; the registry text v0.21. The families of operations
//! are in `ipc`, `file`, `registry`, `token_ops`; what decides is `access`, called from `check` alone. Knows virtual time
//! as a number that the engine sets, and nothing of scenarios, steps or text.

mod adjust;
mod build;
pub mod change;
mod check;
mod children;
mod contents;
pub mod declare;
mod directory;
mod file;
mod handle;
mod host;
mod ipc;
pub mod key_path;
mod live;
mod logon;
mod names;
pub mod op;
mod path;
mod process;
mod reach;
pub mod record;
pub mod registry;
mod security;
mod show;
mod token_ops;
mod twice;
mod volume;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

pub use build::BuildError;
pub use children::Children;
pub use directory::Difference;
pub use handle::{Handle, HandleTarget};
pub use live::WorldOperation;
pub use logon::Pair;
pub use record::{
    CheckPurpose, CheckRecord, EndedSession, Fact, HandleUse, MadeUp, NoRecord, ObjectName, PeerRecord,
    PrivilegeGate, Recorder, Remark, Unasked, Who,
};
pub use show::{Shown, ShownForm, ShownGroup, ShownThread};

use crate::access::{Descriptor, PolicyCache, ProcessTrust, subject};
use crate::ids::{
    ConnectionId, EndpointId, HandleId, ObjectId, ProcessId, SessionId, Slot, ThreadId, TokenId,
};
use crate::model::Model;
use crate::rights::ObjectType;
use crate::sid::{Sid, SidTable};
use crate::token::impersonate::Cap;
use crate::token::{ImpersonationLevel, Token};

use declare::{DescriptorParts, LogonType, ProgramDecl, Transport};
use directory::Directory;
use op::{ErrorName, Failure, Operation, Outcome, Returned, Success};
use path::Name;
use registry::ValueData;
use volume::{Damage, Volume};

/// Everything that is, at one instant.
#[derive(Clone, Debug)]
pub struct World {
    /// The rules of play.
    pub model: Model,
    /// Virtual time in nanoseconds.
    pub now: u64,
    sids: Arc<SidTable>,
    policies: Arc<PolicyCache>,
    anonymous: Token,
    directory: Arc<Directory>,
    sessions: Vec<Session>,
    /// How often each principal has logged on.
    logons: BTreeMap<Arc<str>, u32>,
    /// Sessions that have ended and were not told yet.
    ended_sessions: Vec<SessionId>,
    tokens: Tokens,
    processes: Vec<Process>,
    threads: Vec<Thread>,
    endpoints: Vec<Endpoint>,
    connections: Vec<Connection>,
    objects: Arc<Vec<Object>>,
    /// Where symbolic links lead.
    links: Arc<BTreeMap<ObjectId, Arc<str>>>,
    /// The volumes, by the directories where they begin.
    volumes: Arc<BTreeMap<ObjectId, Volume>>,
    /// Descriptors that were made up and are kept in memory (FILE-31).
    made_up: BTreeMap<ObjectId, Arc<Descriptor>>,
    /// Objects whose descriptors cannot be read (FILE-32).
    damaged: BTreeMap<ObjectId, Damage>,
    /// The further names of files that have several.
    aliases: BTreeMap<ObjectId, Vec<Name>>,
    /// Files whose name goes with a handle (FILE-21).
    doomed: BTreeSet<ObjectId>,
    /// When keys were written last, of those that were (KEY-16).
    written: BTreeMap<ObjectId, u64>,
    handles: Vec<Option<Handle>>,
    free_handles: Vec<HandleId>,
    /// The open handles with which a name goes, by object: those of `handles` that are asked for at every such close.
    dooming: BTreeSet<(ObjectId, HandleId)>,
    /// Threads that something has happened to and that shall be tried again, in order.
    woken: VecDeque<ThreadId>,
    /// Threads that were spawned and whose programs begin, in order.
    started: VecDeque<ThreadId>,
    /// Threads that were ended in the middle of their programs, and of which nothing is to come, in order.
    interrupted: VecDeque<ThreadId>,
    /// The pid of the next process.
    next_pid: u32,
    /// Files of which something is said as programs (FILE-8, PRC-4, PRC-13).
    programs: Arc<BTreeMap<ObjectId, ProgramDecl>>,
}

/// A logon session (SES-1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    /// The 64-bit id.
    pub number: u64,
    /// How the principal logged on.
    pub kind: LogonType,
    /// Who.
    pub user: Sid,
    /// What had authenticated the principal.
    pub package: &'static str,
    /// The name in traces, without its prefix: `alice#1` (SES-6).
    pub label: Arc<str>,
    /// When it began.
    pub since: u64,
    /// Tokens of it that something refers to: it ends with the last of them (SES-4).
    pub tokens: u32,
    /// The elevation pair that lives on it (TOK-38).
    pub pair: Option<Pair>,
    /// How many changes the directory had seen when it began.
    directory: u32,
}

/// Tokens in use: a slot is given away again when nothing refers to it (TOK-1).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct Tokens {
    slots: Vec<TokenPlace>,
    free: Vec<TokenId>,
}

/// A token and how many refer to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct TokenPlace {
    /// Those that keep its session alive (SES-5).
    live: u32,
    /// Those that only look: pairs, and what has ended.
    kept: u32,
    token: Option<Token>,
}

impl Tokens {
    /// Takes a token in with one reference to it, and gives it its number. A copy is a token of its own: nothing was adjusted on
    /// it yet (TOK-1, TOK-20).
    pub(crate) fn insert(&mut self, mut token: Token) -> TokenId {
        let id = self.free.pop().unwrap_or(TokenId(self.slots.len() as u32));
        token.id = id;
        token.modified = 0;
        let place = TokenPlace { live: 1, kept: 0, token: Some(token) };
        match self.slots.get_mut(id.index()) {
            Some(slot) => *slot = place,
            None => self.slots.push(place),
        }
        id
    }

    /// One more reference; whether it is the only one that counts.
    pub(crate) fn retain(&mut self, id: TokenId) -> bool {
        let Some(place) = self.slots.get_mut(id.index()) else { return false };
        place.live += 1;
        place.live == 1
    }

    /// One reference less; whether it was the last that counted.
    pub(crate) fn release(&mut self, id: TokenId) -> bool {
        let Some(place) = self.slots.get_mut(id.index()) else { return false };
        let last = place.live == 1;
        place.live = place.live.saturating_sub(1);
        self.free_unused(id);
        last
    }

    /// One more that only looks.
    pub(crate) fn keep(&mut self, id: TokenId) {
        if let Some(place) = self.slots.get_mut(id.index()) {
            place.kept += 1;
        }
    }

    /// One less that only looks.
    pub(crate) fn forget(&mut self, id: TokenId) {
        if let Some(place) = self.slots.get_mut(id.index()) {
            place.kept = place.kept.saturating_sub(1);
        }
        self.free_unused(id);
    }

    fn free_unused(&mut self, id: TokenId) {
        if let Some(place) = self.slots.get_mut(id.index())
            && place.live == 0
            && place.kept == 0
            && place.token.take().is_some()
        {
            self.free.push(id);
        }
    }

    pub(crate) fn get(&self, id: TokenId) -> Option<&Token> {
        self.slots.get(id.index())?.token.as_ref()
    }

    pub(crate) fn get_mut(&mut self, id: TokenId) -> Option<&mut Token> {
        self.slots.get_mut(id.index())?.token.as_mut()
    }
}

/// A process (PRC-1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Process {
    /// The name.
    pub name: Arc<str>,
    /// The pid.
    pub pid: u32,
    /// The token that its threads share.
    pub primary: TokenId,
    /// Its trust.
    pub trust: ProcessTrust,
    /// Who may do what to it (PRC-9).
    pub descriptor: Arc<Descriptor>,
    /// Threads that have not ended.
    pub live_threads: u32,
    /// Its threads: the first, and how many.
    threads: (u32, u32),
    /// The trust that is declared for it, in place of its parent's.
    signed: Option<ProcessTrust>,
    /// Whether it may start no other process (PRC-2).
    pub no_child_process: bool,
    /// The machine that it runs on: its account; `None` is the one host that needs no name.
    pub host: Option<Sid>,
    /// Whether it may pass clients on to other hosts; the model says where nothing is declared (IMP-36).
    delegation: Option<bool>,
    /// Whether it waits to be spawned, runs or has ended.
    pub state: ProcessState,
    /// Whether a signal has stopped it.
    stopped: bool,
    /// The parts of its own descriptor that were declared, in place of the default ones (PRC-9).
    declared: Option<Arc<DescriptorParts>>,
    /// Its open handles, which it closes when it ends.
    handles: BTreeSet<HandleId>,
    /// The ends of connections that it has open, likewise.
    ends: BTreeSet<(ConnectionId, usize)>,
}

/// Where a process or a thread is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProcessState {
    /// It is declared and not spawned yet.
    Waiting,
    /// It runs.
    Running,
    /// It has ended.
    Ended,
}

/// A thread (PRC-1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Thread {
    /// The name.
    pub name: Arc<str>,
    /// Its process.
    pub process: ProcessId,
    /// The tid.
    pub tid: u32,
    /// The impersonation token, while it impersonates.
    pub installed: Option<Installed>,
    /// What its names hold.
    pub slots: Vec<Option<Held>>,
    /// The connection that it accepted last and has not closed: where `client` is read.
    pub serving: Option<ConnectionId>,
    /// What was given to it and not taken yet.
    inbox: VecDeque<Held>,
    /// What it waits for.
    line: Option<Line>,
    /// Whether it waits to be spawned, runs or has ended.
    pub state: ProcessState,
    /// Whether a step spawns it: then it does not begin with its process.
    waits: bool,
}

/// Where a thread waits for its turn; each is served in the order in which threads came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Line {
    /// `accept`
    Clients(EndpointId),
    /// `receive`, at an end of a connection.
    Messages(ConnectionId, usize),
    /// `take`: nobody else waits there.
    Inbox(ThreadId),
}

/// An installed impersonation token, and how the thread came by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Installed {
    /// The private copy (IMP-24).
    pub token: TokenId,
    /// How the thread came by it.
    pub origin: Origin,
    /// What the gates lowered its level for.
    pub cap: Option<Cap>,
}

/// Where an installed identity came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// The client of a connection that the thread held.
    Connection(ConnectionId),
    /// A token in hand: who captured or opened it, and the connection that it was captured from, if from one.
    Token {
        /// The connection.
        from: Option<ConnectionId>,
        /// The thread that made the handle, which may have given it away since.
        opened_by: ThreadId,
    },
    /// `impersonate anonymous` (IMP-18).
    Anonymous,
}

/// What a name of a thread can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Held {
    /// An open handle.
    Handle(HandleId),
    /// One end of a connection.
    Connection(ConnectionId),
}

/// Where clients connect.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// The name.
    pub name: Arc<str>,
    /// Whose it is.
    pub process: ProcessId,
    /// Who may connect (IMP-4).
    pub descriptor: Option<Arc<Descriptor>>,
    /// What connections run over (IMP-37).
    pub transport: Transport,
    /// Clients that wait to be accepted.
    pub pending: VecDeque<ConnectionId>,
    /// Threads that wait in `accept`.
    waiting: VecDeque<ThreadId>,
}

/// A connection (IMP-3).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Connection {
    /// The thread that connected.
    pub client: ThreadId,
    /// Where to.
    pub endpoint: EndpointId,
    /// Whether the client's end leads anywhere yet (IMP-2).
    pub connected: bool,
    /// The thread that accepted it.
    pub server: Option<ThreadId>,
    /// The captured identity; `None` if the transport captures none.
    pub captured: Option<TokenId>,
    /// The level that the client asked for.
    pub level: ImpersonationLevel,
    /// When it was captured.
    pub captured_at: u64,
    /// Which ends are open: the client's, the service's.
    open: [bool; 2],
    /// Messages on their way to each end.
    queues: [VecDeque<Message>; 2],
    /// Threads that wait for a message at each end.
    receiving: [VecDeque<ThreadId>; 2],
    /// The threads that serve it, in order: those whose `serving` it is.
    served_by: Vec<ThreadId>,
    /// Whether the service has read anything of its client's yet (W-IMP-2).
    heard: bool,
}

/// What is on its way over a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Message {
    /// A text.
    Text(Arc<str>),
    /// A handle, with the mask that it was opened with (PRC-12).
    Handle(Handle),
}

/// A file, directory or registry key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Object {
    /// The last component of its path, as declared.
    pub name: Arc<str>,
    /// Where it hangs; `None` for the root of files and for hives.
    pub parent: Option<ObjectId>,
    /// The class.
    pub class: ObjectType,
    /// Whether its name is gone, so that only handles reach it (FILE-22, KEY-17).
    pub nameless: bool,
    /// Whether a key is gone after a restart (KEY-1).
    pub volatile: bool,
    /// Whether a key leads to another one (KEY-14).
    pub link: bool,
    /// Its descriptor; `None` if it has none, and its volume says what that means (FILE-31).
    pub descriptor: Option<Arc<Descriptor>>,
    /// What hangs below, by name; keys by folded name (KEY-2).
    pub children: Children,
    /// The values of a key, by folded name: the name as written, and the value.
    pub values: BTreeMap<Arc<str>, (Arc<str>, ValueData)>,
}

/// The root of the file tree.
pub(crate) const FILE_ROOT: ObjectId = ObjectId(0);
/// The object above all hives: it is never opened.
pub(crate) const HIVES: ObjectId = ObjectId(1);

/// What a world is: all but the table of SIDs, in which only the order of first use is kept. Worlds that were reached by
/// different ways are equal if they go on alike.
impl PartialEq for World {
    fn eq(&self, other: &World) -> bool {
        self.facts() == other.facts()
    }
}

impl Eq for World {}

impl Hash for World {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.facts().hash(state);
    }
}

impl World {
    /// Every field that tells one world from another.
    fn facts(&self) -> impl Eq + Hash + '_ {
        // Without `..`, so that nobody can add a field and forget it here.
        let World {
            model,
            now,
            sids: _,
            policies,
            anonymous,
            directory,
            sessions,
            logons,
            ended_sessions,
            tokens,
            processes,
            threads,
            endpoints,
            connections,
            objects,
            links,
            volumes,
            made_up,
            damaged,
            aliases,
            doomed,
            written,
            handles,
            free_handles,
            // What `handles` say as well.
            dooming: _,
            woken,
            started,
            interrupted,
            next_pid,
            programs,
        } = self;
        (
            (model, now, policies, anonymous, directory.revision),
            (sessions, logons, ended_sessions, tokens),
            (processes, threads, endpoints, connections),
            (objects, links, aliases, doomed, written),
            (volumes, made_up, damaged),
            (handles, free_handles, woken, started, interrupted),
            (next_pid, programs),
        )
    }

    /// Lets a thread do one thing. What it looked at on the way goes to the recorder.
    pub fn apply<R: Recorder>(
        &mut self,
        actor: ThreadId,
        bind: Option<Slot>,
        operation: &Operation,
        recorder: &mut R,
    ) -> Outcome {
        let result = match operation {
            Operation::Connect { endpoint, level } => {
                self.connect(actor, bind, (*endpoint, *level), recorder)
            }
            Operation::Socket(endpoint) => Ok(self.socket(actor, bind, *endpoint)),
            Operation::SetLevel(slot, level) => self.set_level(actor, *slot, *level),
            Operation::ConnectEnd(slot) => self.connect_end(actor, *slot, recorder),
            Operation::Accept(endpoint) => match self.accept(actor, bind, *endpoint, recorder) {
                Some(result) => result,
                None => return Outcome::Blocked,
            },
            Operation::Send(slot, text) => self.send(actor, *slot, text),
            Operation::SendHandle(slot, what) => self.send_handle(actor, *slot, *what, recorder),
            Operation::Receive(slot) => match self.receive(actor, bind, *slot, recorder) {
                Some(result) => result,
                None => return Outcome::Blocked,
            },
            Operation::Close(slot) => self.close(actor, *slot, recorder),
            Operation::Impersonate(slot) => self.impersonate(actor, *slot, recorder),
            Operation::ImpersonateAnonymous => self.impersonate_anonymous(actor),
            Operation::Capture(slot) => self.capture_peer(actor, bind, *slot),
            Operation::Revert => {
                self.revert(actor);
                Ok(Success::Ok)
            }
            Operation::OpenFile(open) => self.open_file(actor, bind, open, recorder),
            Operation::OpenKey(open) => self.open_key(actor, bind, open, recorder),
            Operation::Transfer(place, transfer) => self.transfer(actor, place, *transfer, recorder),
            Operation::DescriptorAsEa(slot) => self.descriptor_as_ea(actor, *slot, recorder),
            Operation::Subkey(slot, position) => self.subkey(actor, *slot, *position, recorder),
            Operation::QueryValue(slot, name) => self.query_value(actor, *slot, name, recorder),
            Operation::SetValue(slot, name, value) => self.set_value(actor, *slot, name, value, recorder),
            Operation::DeleteValue(slot, name) => self.delete_value(actor, *slot, name, recorder),
            Operation::Delete(place) => self.delete(actor, place, recorder),
            Operation::Rename(rename) => self.rename(actor, rename, recorder),
            Operation::MakeLink(link) => self.make_link(actor, link, recorder),
            Operation::Access(path, directory, desired) => {
                self.probe(actor, path, *directory, *desired, recorder)
            }
            Operation::QuerySecurity(place, sacl) => self.query_security(actor, place, *sacl, recorder),
            Operation::SetSecurity(place, change) => self.set_security(actor, place, change, recorder),
            Operation::Propagate(slot) => self.propagate(actor, *slot, recorder),
            Operation::CheckPrivilege(privilege) => self.check_privilege(actor, *privilege, recorder),
            Operation::Adjust(token, adjustment) => self.adjust(actor, *token, adjustment, recorder),
            Operation::OpenToken { of, desired } => self.open_token(actor, bind, *of, *desired, recorder),
            Operation::Duplicate(slot, copy) => self.duplicate(actor, bind, *slot, copy, recorder),
            Operation::Restrict(slot, restriction) => {
                self.restrict(actor, bind, *slot, restriction, recorder)
            }
            Operation::Linked(slot) => self.linked(actor, bind, *slot, recorder),
            Operation::Link { full, limited } => self.link(actor, *full, *limited, recorder),
            Operation::Assign(slot) => self.assign(actor, *slot, recorder),
            Operation::CreateToken(token) => self.create_token(actor, bind, token, recorder),
            Operation::Logon(account, kind) => self.logon(actor, bind, (*account, *kind), recorder),
            Operation::Spawn(process, token, handles) => {
                self.spawn(actor, *process, (*token, handles), recorder)
            }
            Operation::SpawnThread(thread) => self.spawn_thread(actor, *thread),
            Operation::Exec(path) => self.exec(actor, path, recorder),
            Operation::Use(process, how) => self.use_process(actor, *process, *how, recorder),
            Operation::TakeHandle(owner, slot) => {
                self.duplicate_handle(actor, bind, (*owner, *slot), recorder)
            }
            Operation::Give(slot, to) => self.give(actor, *slot, *to),
            Operation::Take => match self.take(actor, bind) {
                Some(result) => result,
                None => return Outcome::Blocked,
            },
            Operation::Show => self.show_own(actor, recorder),
            Operation::ShowToken(slot) => self.show_token(actor, *slot, recorder),
            Operation::ShowOther(of) => self.show_other(actor, *of, recorder),
            Operation::ShowThreads => self.show_threads(actor, recorder),
            Operation::Note(text) => {
                recorder.fact(|_| Fact::Note(text.clone()));
                Ok(Success::Ok)
            }
            Operation::Wait => Ok(Success::Ok),
            Operation::Exit => {
                self.end_process(self.thread(actor).process);
                Ok(Success::Ok)
            }
            // The engine takes the steps of a call one by one; the world sees them and its end.
            Operation::Call(_) => Err(ErrorName::NotSupported.into()),
            Operation::Return(returned) => self.call_returns(actor, bind, returned, recorder),
        };
        // One that did not wait, or was tried again though its turn had not come, stands in no line.
        self.leave_line(actor);
        self.tell_ended_sessions(recorder);
        match result {
            Ok(success) => Outcome::Done(success),
            Err(failure) => {
                // A step that fails leaves its name empty.
                if let Some(slot) = bind {
                    self.set_slot(actor, slot, None);
                }
                Outcome::Failed(failure)
            }
        }
    }

    /// A script function ends: the places of its results go, and what it returns gets the name of the call.
    fn call_returns<R: Recorder>(
        &mut self,
        actor: ThreadId,
        bind: Option<Slot>,
        returned: &Returned,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let held = returned.handle.and_then(|slot| self.slot(actor, slot));
        if let Some(thread) = self.threads.get_mut(actor.index()) {
            thread.slots.truncate(returned.names as usize);
        }
        if let Some(slot) = bind {
            self.set_slot(actor, slot, held);
        }
        if let Some(fault) = &returned.fault {
            recorder.fact(|_| Fact::Script(fault.clone()));
        }
        if let Some(words) = &returned.words {
            recorder.fact(|_| Fact::Value(words.to_string()));
        }
        returned.outcome
    }

    /// Makes room for what an operation of a script gives to hold.
    pub fn make_room(&mut self, thread: ThreadId, slot: Slot) {
        if let Some(thread) = self.threads.get_mut(thread.index())
            && thread.slots.len() <= slot.index()
        {
            thread.slots.resize(slot.index() + 1, None);
        }
    }

    /// The next thread that was woken, if any.
    pub fn take_woken(&mut self) -> Option<ThreadId> {
        self.woken.pop_front()
    }

    /// The next thread whose program begins, if any.
    pub fn take_started(&mut self) -> Option<ThreadId> {
        self.started.pop_front()
    }

    /// The next thread that was ended in the middle of its program, if any.
    pub fn take_interrupted(&mut self) -> Option<ThreadId> {
        self.interrupted.pop_front()
    }

    /// A thread.
    #[must_use]
    pub fn thread(&self, id: ThreadId) -> &Thread {
        &self.threads[id.index()]
    }

    /// Every thread, in order.
    #[must_use]
    pub fn threads(&self) -> &[Thread] {
        &self.threads
    }

    /// A process.
    #[must_use]
    pub fn process(&self, id: ProcessId) -> &Process {
        &self.processes[id.index()]
    }

    /// Every process, in order.
    #[must_use]
    pub fn processes(&self) -> &[Process] {
        &self.processes
    }

    /// An endpoint.
    #[must_use]
    pub fn endpoint(&self, id: EndpointId) -> &Endpoint {
        &self.endpoints[id.index()]
    }

    /// A connection.
    #[must_use]
    pub fn connection(&self, id: ConnectionId) -> &Connection {
        &self.connections[id.index()]
    }

    /// Every connection that was ever made, in order.
    #[must_use]
    pub fn connections(&self) -> &[Connection] {
        &self.connections
    }

    /// An open handle.
    #[must_use]
    pub fn handle(&self, id: HandleId) -> Option<&Handle> {
        self.handles.get(id.index())?.as_ref()
    }

    /// A logon session.
    #[must_use]
    pub fn session(&self, id: SessionId) -> Option<&Session> {
        self.sessions.get(id.index())
    }

    /// A token in use; the Anonymous identity for a number that nobody has.
    #[must_use]
    pub fn token(&self, id: TokenId) -> &Token {
        self.tokens.get(id).unwrap_or(&self.anonymous)
    }

    /// The primary token of a thread's process.
    #[must_use]
    pub fn primary_token(&self, thread: ThreadId) -> &Token {
        self.token(self.process(self.thread(thread).process).primary)
    }

    /// The token in effect: the installed one, else the primary one.
    #[must_use]
    pub fn effective_token(&self, thread: ThreadId) -> &Token {
        self.token(self.effective_id(thread))
    }

    pub(crate) fn effective_id(&self, thread: ThreadId) -> TokenId {
        let state = self.thread(thread);
        state.installed.map_or_else(|| self.process(state.process).primary, |installed| installed.token)
    }

    /// The token that access checks evaluate now, or the refusal of the level gate (IMP-15).
    pub fn subject_token(&self, thread: ThreadId) -> Result<&Token, Failure> {
        subject(&self.model, self.effective_token(thread), &self.anonymous).map_err(check::refused_by_gate)
    }

    /// Who a thread is, was and counts as (IMP-41).
    #[must_use]
    pub fn who(&self, thread: ThreadId) -> Who {
        let effective = self.effective_token(thread);
        let subject = subject(&self.model, effective, &self.anonymous).ok();
        Who {
            primary: self.primary_token(thread).facts().user,
            effective: effective.facts().user,
            level: self.thread(thread).installed.and_then(|_| effective.level()),
            subject: subject.map(|token| token.facts().user),
            anonymous: subject.is_some_and(|token| !std::ptr::eq(token, effective)),
        }
    }

    /// The user of the client that a thread serves: the one on the connection that it accepted last and has not closed.
    #[must_use]
    pub fn client_of(&self, thread: ThreadId) -> Option<Sid> {
        let captured = self.connection(self.thread(thread).serving?).captured?;
        Some(self.token(captured).facts().user)
    }

    /// What a name of a thread holds.
    #[must_use]
    pub fn slot(&self, thread: ThreadId, slot: Slot) -> Option<Held> {
        self.thread(thread).slots.get(slot.index()).copied().flatten()
    }

    pub(crate) fn set_slot(&mut self, thread: ThreadId, slot: Slot, held: Option<Held>) {
        if let Some(place) = self.threads.get_mut(thread.index()).and_then(|t| t.slots.get_mut(slot.index()))
        {
            *place = held;
        }
    }

    pub(crate) fn bind(&mut self, thread: ThreadId, slot: Option<Slot>, held: Held) {
        if let Some(slot) = slot {
            self.set_slot(thread, slot, Some(held));
        }
    }

    /// The connection in a slot; an empty slot, a closed end or something else is `INVALID_HANDLE`.
    pub(crate) fn connection_in(&self, thread: ThreadId, slot: Slot) -> Result<ConnectionId, Failure> {
        match self.slot(thread, slot) {
            Some(Held::Connection(id)) => Ok(id),
            Some(Held::Handle(_)) | None => Err(ErrorName::InvalidHandle.into()),
        }
    }

    pub(crate) fn object(&self, id: ObjectId) -> &Object {
        &self.objects[id.index()]
    }

    /// The path of an object, as scenarios write it.
    #[must_use]
    pub fn path_of(&self, id: ObjectId) -> String {
        let mut names = Vec::new();
        let mut next = Some(id);
        let key = self.object(id).class == ObjectType::Key;
        while let Some(at) = next {
            let object = self.object(at);
            if object.parent.is_some() {
                names.push(&*object.name);
            }
            next = object.parent;
        }
        let separator = if key { '\\' } else { '/' };
        let length = names.iter().map(|name| name.len() + 1).sum::<usize>().max(1);
        let mut path = String::with_capacity(length);
        if !key && names.is_empty() {
            path.push(separator);
        }
        for name in names.into_iter().rev() {
            // A key's path begins with the name of its hive.
            if !key || !path.is_empty() {
                path.push(separator);
            }
            path.push_str(name);
        }
        path
    }
}
