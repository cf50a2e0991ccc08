//! What a thread can do, and what can come of it: closed sets, matched exhaustively in one place (`World::apply`).
//!
//! Authority: the error names are those of the rules' section 10.0.

use std::sync::Arc;

use super::declare::{DescriptorParts, LogonType, SaclEntry, TokenShape};
use super::registry::ValueData;
use crate::access::Intents;
use crate::ids::{EndpointId, ProcessId, Slot, ThreadId};
use crate::privilege::Privilege;
use crate::rights::AccessMask;
use crate::sd::Ace;
use crate::sid::Sid;
use crate::token::{ImpersonationLevel, IntegrityLevel, MandatoryPolicy, SidAndAttributes, TokenType};

/// One operation of one thread: names are resolved, handles are the thread's own slots.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// `connect SERVICE [level L]` (IMP-2 to IMP-6).
    Connect {
        /// The endpoint.
        endpoint: EndpointId,
        /// What the client lets the service do.
        level: ImpersonationLevel,
    },
    /// `c = open_socket SERVICE` (IMP-2): an end that leads nowhere yet.
    Socket(EndpointId),
    /// `set_level c L` (IMP-2): the number of a level, which may be none.
    SetLevel(Slot, u32),
    /// `connect c` (IMP-2): an end that was made before.
    ConnectEnd(Slot),
    /// `accept [ENDPOINT]` (IMP-7): waits until a client is there.
    Accept(EndpointId),
    /// `send c "…"`
    Send(Slot, Arc<str>),
    /// `send c h`: a handle goes along with its mask (PRC-12).
    SendHandle(Slot, Slot),
    /// `receive c`: waits until something is there.
    Receive(Slot),
    /// `close x`: a handle or a connection.
    Close(Slot),
    /// `impersonate x`: a connection or a token (IMP-8, IMP-22).
    Impersonate(Slot),
    /// `impersonate anonymous` (IMP-18).
    ImpersonateAnonymous,
    /// `capture c`: the peer's token without installing it (IMP-21).
    Capture(Slot),
    /// `revert` (IMP-19).
    Revert,
    /// `open|create file|directory …` (FILE-9 to FILE-19).
    OpenFile(Box<FileOpen>),
    /// `open|create key …` (KEY-9, KEY-12).
    OpenKey(Box<KeyOpen>),
    /// An operation on the contents behind a handle (FILE-7).
    Transfer(Place, Transfer),
    /// `read_ea|write_ea h "NAME"` of the descriptor, which no extended attribute reaches (FILE-7).
    DescriptorAsEa(Slot),
    /// `enumerate k N`: the subkey at a position (KEY-15).
    Subkey(Slot, u32),
    /// `query k "V"`
    QueryValue(Slot, Arc<str>),
    /// `set k "V" = …`
    SetValue(Slot, Arc<str>, ValueData),
    /// `delete_value k "V"`
    DeleteValue(Slot, Arc<str>),
    /// `delete h | file|directory "P"` (FILE-22, KEY-17).
    Delete(Place),
    /// `rename h | file|directory "P" to "P2"` (FILE-23).
    Rename(Box<Rename>),
    /// `create link "P" to "T"` (FILE-15, KEY-14).
    MakeLink(Box<Link>),
    /// `access file|directory "P" for RIGHTS`: a decision without a handle (FILE-7); whether a directory is meant.
    Access(Arc<str>, bool, AccessMask),
    /// `query_security h | file|directory "P"`; of the SACL alone, or of everything else (FILE-7, KEY-19).
    QuerySecurity(Place, bool),
    /// `set_security h | file|directory "P" { … }` (FILE-25, FILE-26, KEY-19): the parts that are given.
    SetSecurity(Place, Box<SecurityChange>),
    /// `propagate h`: computes the inherited entries of everything below anew (PROP-1).
    Propagate(Slot),
    /// `check SePriv`: a standalone gate of the token in effect (TOK-6).
    CheckPrivilege(Privilege),
    /// `enable|disable|remove …`, `reset …` and `set_…` on the token in effect, or on one in hand (TOK-14 to TOK-19).
    Adjust(Option<Slot>, Box<Adjustment>),
    /// `open_token … for RIGHTS` (TOK-30).
    OpenToken {
        /// Whose.
        of: TokenOf,
        /// What is asked.
        desired: AccessMask,
    },
    /// `duplicate t level …` (TOK-8).
    Duplicate(Slot, Copy),
    /// `restrict t {…}` (TOK-11).
    Restrict(Slot, Box<Restriction>),
    /// `t2 = linked t` (TOK-40).
    Linked(Slot),
    /// `link FULL to LIMITED` (TOK-38).
    Link {
        /// The elevated half.
        full: Slot,
        /// The filtered half.
        limited: Slot,
    },
    /// `assign t` (PRC-6).
    Assign(Slot),
    /// `t = create_token USER { … }` (TOK-7).
    CreateToken(Box<NewToken>),
    /// `t = logon USER (network)` (SES-4, TOK-7).
    Logon(Sid, LogonType),
    /// `spawn P … (inherit h)` (PRC-2): with copies of these handles.
    Spawn(ProcessId, SpawnToken, Arc<[Slot]>),
    /// `spawn thread T` (PRC-3).
    SpawnThread(ThreadId),
    /// `exec "image"` (PRC-4).
    Exec(Arc<str>),
    /// `kill P`, `signal P …`, `read_memory P` … (PRC-8, PRC-10, PRC-11).
    Use(ProcessId, ProcessUse),
    /// `h = take_handle NAME in P` (PRC-12): whose name, and which.
    TakeHandle(ThreadId, Slot),
    /// `give x to THREAD`
    Give(Slot, ThreadId),
    /// `take`: waits until something is given.
    Take,
    /// `show`: this thread's effective identity (IMP-38).
    Show,
    /// `show t` (TOK_QUERY on the handle).
    ShowToken(Slot),
    /// `show process P`, `show thread P.T` (TOK-30).
    ShowOther(TokenOf),
    /// `show threads` (IMP-39).
    ShowThreads,
    /// `note "…"`
    Note(Arc<str>),
    /// `wait 2ms`: nothing but time.
    Wait,
    /// `exit`
    Exit,
    /// `call NAME A, B` of a script function: its operations are steps of their own, and what ends it is `Return`.
    Call(Call),
    /// A script function has come to its end.
    Return(Box<Returned>),
}

/// A call of a script function.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Call {
    /// Which function.
    pub function: u32,
    /// With what.
    pub arguments: Arc<[Value]>,
}

/// What passes between a scenario and its scripts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Value {
    /// Nothing.
    Nothing,
    /// Yes or no.
    Truth(bool),
    /// A whole number; a duration in nanoseconds.
    Number(i64),
    /// Text.
    Text(Arc<str>),
    /// What a name of the thread holds.
    Handle(Slot),
    /// Several of them.
    List(Arc<[Value]>),
}

impl Value {
    /// The data of a registry value.
    #[must_use]
    pub fn of(data: &ValueData) -> Value {
        match data {
            ValueData::Sz(text) | ValueData::ExpandSz(text) | ValueData::Link(text) => {
                Value::Text(text.clone())
            }
            ValueData::Dword(number) | ValueData::DwordBe(number) => Value::Number(i64::from(*number)),
            // A number that a script cannot hold is text to it, as bytes are.
            ValueData::Qword(number) => {
                i64::try_from(*number).map_or_else(|_| Value::Text(data.words().1.into()), Value::Number)
            }
            ValueData::Binary(_) | ValueData::Other(..) => Value::Text(data.words().1.into()),
            ValueData::MultiSz(list) => Value::List(list.iter().cloned().map(Value::Text).collect()),
        }
    }
}

/// How a script function ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Returned {
    /// What came of the call.
    pub outcome: Result<Success, Failure>,
    /// What it gives to hold.
    pub handle: Option<Slot>,
    /// What it returned, in words.
    pub words: Option<Arc<str>>,
    /// Whether it returned `false`: then `if call …` takes its `else`.
    pub no: bool,
    /// The error that ended it.
    pub fault: Option<ScriptFault>,
    /// How many names the thread has of its own: the others end with the call.
    pub names: u32,
}

/// An error of a script.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ScriptFault {
    /// Where, in words: `line 12, column 5`, with the file if it is not the scenario's own.
    pub place: Arc<str>,
    /// What is wrong.
    pub message: Arc<str>,
}

impl std::fmt::Display for ScriptFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl Operation {
    /// The name that it works on, if it works on what an earlier step gave; of two the first.
    #[must_use]
    pub fn slot(&self) -> Option<Slot> {
        match self {
            Operation::Send(slot, _)
            | Operation::SendHandle(slot, _)
            | Operation::Receive(slot)
            | Operation::Close(slot)
            | Operation::Impersonate(slot)
            | Operation::Capture(slot)
            | Operation::DescriptorAsEa(slot)
            | Operation::Subkey(slot, _)
            | Operation::QueryValue(slot, _)
            | Operation::SetValue(slot, ..)
            | Operation::DeleteValue(slot, _)
            | Operation::Propagate(slot)
            | Operation::Duplicate(slot, _)
            | Operation::Restrict(slot, _)
            | Operation::Linked(slot)
            | Operation::Link { full: slot, .. }
            | Operation::Assign(slot)
            | Operation::Spawn(_, SpawnToken::Held(slot), _)
            | Operation::Give(slot, _)
            | Operation::SetLevel(slot, _)
            | Operation::ConnectEnd(slot)
            | Operation::ShowToken(slot) => Some(*slot),
            Operation::Transfer(place, _)
            | Operation::Delete(place)
            | Operation::QuerySecurity(place, _)
            | Operation::SetSecurity(place, _) => place.slot(),
            Operation::Rename(rename) => rename.what.slot(),
            Operation::CreateToken(token) => token.session,
            Operation::OpenFile(open) => open.base,
            Operation::OpenKey(open) => open.base,
            Operation::Adjust(slot, _) => *slot,
            Operation::Call(call) => call.arguments.iter().find_map(|argument| match argument {
                Value::Handle(slot) => Some(*slot),
                _ => None,
            }),
            Operation::Connect { .. }
            | Operation::Socket(_)
            | Operation::Accept(_)
            | Operation::ImpersonateAnonymous
            | Operation::Revert
            | Operation::MakeLink(_)
            | Operation::Access(..)
            | Operation::CheckPrivilege(_)
            | Operation::OpenToken { .. }
            | Operation::Logon(..)
            | Operation::Spawn(_, SpawnToken::Own | SpawnToken::User(_) | SpawnToken::Elevated, _)
            | Operation::SpawnThread(_)
            | Operation::Exec(_)
            | Operation::Use(..)
            | Operation::TakeHandle(..)
            | Operation::Take
            | Operation::Show
            | Operation::ShowOther(_)
            | Operation::ShowThreads
            | Operation::Note(_)
            | Operation::Wait
            | Operation::Exit
            | Operation::Return(_) => None,
        }
    }
}

/// What a step is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// What an open handle is on: its mask decides (FILE-3).
    Handle(Slot),
    /// A name that is looked up when the step is taken: the present subject decides (FILE-7).
    Path {
        /// The path.
        path: Arc<str>,
        /// Whether a directory is meant.
        directory: bool,
    },
}

impl Place {
    /// The name that holds the handle, if it is one.
    #[must_use]
    pub fn slot(&self) -> Option<Slot> {
        match self {
            Place::Handle(slot) => Some(*slot),
            Place::Path { .. } => None,
        }
    }
}

/// `link "P" to "T"`: another way to an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Link {
    /// The new name.
    pub path: Arc<str>,
    /// Where it leads.
    pub to: Arc<str>,
    /// Of which kind.
    pub kind: LinkKind,
}

/// The ways to an object that a link can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LinkKind {
    /// A symbolic link to a path of files.
    Symbolic,
    /// `(hard)`: a second name of the file itself.
    Hard,
    /// A key that leads to another one (KEY-14).
    Key {
        /// Whether it is gone after a restart (KEY-12).
        volatile: bool,
    },
}

/// `rename … to "P"` (FILE-23).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rename {
    /// What gets another name.
    pub what: Place,
    /// The new path.
    pub to: Arc<str>,
    /// What happens to an object that has the new name.
    pub onto: Onto,
}

/// What a rename does to an object that has the new name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Onto {
    /// Nothing: the rename fails.
    Refuse,
    /// It loses the name.
    Replace,
    /// It gets the old one.
    Exchange,
}

/// What `set_security` writes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SecurityChange {
    /// The parts that are given.
    pub parts: DescriptorParts,
    /// The label alone (FILE-29).
    pub label: LabelChange,
}

/// What a label-only write does (OWNR-6).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum LabelChange {
    /// It is none.
    #[default]
    Keep,
    /// The label goes.
    Remove,
    /// This is the label from now on.
    Set(SaclEntry),
}

/// Whose token is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenOf {
    /// The thread's own effective token, else the process's.
    Own,
    /// A process's primary token.
    Process(ProcessId),
    /// A thread's effective token.
    Thread(ThreadId),
}

/// What a copy of a token shall be (TOK-8); what is not said is as in the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Copy {
    /// Primary, or impersonation at a level.
    pub kind: Option<TokenType>,
    /// What the handle on it shall be able to do; whatever the copy's descriptor gives if nothing is said.
    pub desired: Option<AccessMask>,
}

/// Whose token a new process gets (PRC-2, PRC-6, TOK-41).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SpawnToken {
    /// A copy of the parent's primary one.
    Own,
    /// The one in hand.
    Held(Slot),
    /// That of a new logon.
    User(Sid),
    /// A copy of the full half of the parent's pair: the authority has agreed.
    Elevated,
}

/// What is done to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProcessUse {
    /// Ends it.
    Terminate,
    /// Stops it until it is told to continue.
    Stop,
    /// Lets it go on.
    Continue,
    /// A signal that is ignored unless somebody waits for it: a child has ended.
    Child,
    /// Another one: urgent data has come.
    Urgent,
    /// Another one: the window has another size.
    Window,
    /// No signal: whether it is there.
    Probe,
    /// Reads its memory.
    ReadMemory,
    /// Writes it, or attaches a debugger.
    WriteMemory,
    /// Changes its priority.
    Priority,
}

impl ProcessUse {
    /// The signals by their words (PRC-11).
    pub const SIGNALS: [(&'static str, ProcessUse); 7] = [
        ("terminate", ProcessUse::Terminate),
        ("stop", ProcessUse::Stop),
        ("continue", ProcessUse::Continue),
        ("child", ProcessUse::Child),
        ("urgent", ProcessUse::Urgent),
        ("window", ProcessUse::Window),
        ("probe", ProcessUse::Probe),
    ];

    /// The right on the process that it takes (PRC-8).
    #[must_use]
    pub fn right(self) -> AccessMask {
        AccessMask(match self {
            ProcessUse::Terminate => 0x1,
            ProcessUse::Child | ProcessUse::Urgent | ProcessUse::Window => 0x2,
            ProcessUse::ReadMemory => 0x10,
            ProcessUse::WriteMemory => 0x20,
            ProcessUse::Priority => 0x200,
            ProcessUse::Stop | ProcessUse::Continue => 0x800,
            ProcessUse::Probe => 0x1000,
        })
    }
}

/// A change to a token. Each is one request: it is done as a whole or not at all.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Adjustment {
    /// Privileges (TOK-14).
    Privileges(Vec<Privilege>, PrivilegeAction),
    /// Every privilege back to its default state (TOK-14).
    ResetPrivileges,
    /// Groups on or off (TOK-16).
    Groups(Vec<Sid>, bool),
    /// Every group back to its default state (TOK-16).
    ResetGroups,
    /// The DACL of new objects; `None` clears it (TOK-17).
    DefaultDacl(Option<Vec<Ace>>),
    /// The owner of new objects (TOK-17).
    DefaultOwner(Sid),
    /// The group of new objects (TOK-17).
    DefaultGroup(Sid),
    /// The integrity level (TOK-19).
    Integrity(IntegrityLevel),
    /// The mandatory policy (TOK-19).
    MandatoryPolicy(MandatoryPolicy),
    /// The interactive session (TOK-18).
    SessionId(u32),
}

/// What happens to a privilege.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrivilegeAction {
    /// Counts from now on.
    Enable,
    /// Stays, does not count.
    Disable,
    /// Goes for good (TOK-15).
    Remove,
}

/// What `create_token` asks for (TOK-7).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct NewToken {
    /// Whose.
    pub user: Sid,
    /// The name that holds a token of the session that it shall be in; without one it is in that of whoever makes it.
    pub session: Option<Slot>,
    /// Its level; without one it is a primary token.
    pub level: Option<ImpersonationLevel>,
    /// All that it holds: nothing is added but the logon SID.
    pub shape: TokenShape,
}

/// What `restrict` asks for (TOK-11).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Restriction {
    /// Groups that shall count for deny entries only.
    pub deny_only: Vec<Sid>,
    /// Privileges that shall go.
    pub remove: Vec<Privilege>,
    /// The second list.
    pub sids: Vec<SidAndAttributes>,
    /// The second list limits writing only.
    pub write_only: bool,
}

/// What a file open does when the target exists, and when it does not (FILE-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Disposition {
    /// A new object under the old name, or a new one.
    Supersede,
    /// Must exist.
    Open,
    /// Must not exist.
    Create,
    /// Either.
    OpenIf,
    /// Must exist; is emptied.
    Overwrite,
    /// Either; is emptied.
    OverwriteIf,
}

impl Disposition {
    /// Whether a missing target is created.
    #[must_use]
    pub fn creates(self) -> bool {
        !matches!(self, Disposition::Open | Disposition::Overwrite)
    }

    /// Whether an existing target is emptied.
    #[must_use]
    pub fn truncates(self) -> bool {
        matches!(self, Disposition::Overwrite | Disposition::OverwriteIf)
    }
}

/// `open|create file|directory "P" [in d] for RIGHTS …`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileOpen {
    /// The path.
    pub path: Arc<str>,
    /// The directory handle where it begins; without one, the root of all files.
    pub base: Option<Slot>,
    /// Whether a directory is meant.
    pub directory: bool,
    /// What is asked.
    pub desired: AccessMask,
    /// Backup, restore (FILE-14).
    pub intents: Intents,
    /// What happens when.
    pub disposition: Disposition,
    /// A symbolic link at the end is not followed (FILE-11).
    pub no_follow: bool,
    /// The name goes with the handle (FILE-21).
    pub delete_on_close: bool,
    /// The descriptor of a new object, in place of the computed one (FILE-18).
    pub descriptor: Option<DescriptorParts>,
}

/// `open|create key 'K' [in k] for RIGHTS`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct KeyOpen {
    /// The path.
    pub path: Arc<str>,
    /// The key handle where it begins; without one, a hive is named first (KEY-10).
    pub base: Option<Slot>,
    /// What is asked.
    pub desired: AccessMask,
    /// Whether a missing key is created.
    pub create: bool,
    /// Whether a new key is gone after a restart (KEY-12).
    pub volatile: bool,
    /// Whether a link at the end is meant itself (KEY-14).
    pub open_link: bool,
    /// The descriptor of a new key, where a model takes one (KEY-13).
    pub descriptor: Option<DescriptorParts>,
}

/// What is done with the contents behind a handle (FILE-7, KEY-6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transfer {
    /// Read a file.
    Read,
    /// Write a file at a position.
    Write,
    /// Append to a file.
    Append,
    /// List a directory, or the subkeys of a key.
    List,
    /// List the values of a key.
    Values,
    /// Empty a file.
    Truncate,
    /// Make room at the end of a file.
    Extend,
    /// A lock that others may hold too.
    LockShared,
    /// A lock that keeps others out.
    LockExclusive,
    /// Map a file for reading.
    MapRead,
    /// Map it for writing into the file.
    MapShared,
    /// Map it for writing into a copy.
    MapPrivate,
    /// Map it for running.
    MapExecute,
    /// Read attributes and times.
    QueryAttributes,
    /// Write attributes and times.
    SetAttributes,
    /// Read an extended attribute.
    ReadEa,
    /// Write one.
    WriteEa,
    /// List their names.
    ListEas,
    /// Make a directory the one where the thread stands.
    Enter,
    /// What a key says of itself.
    QueryKey,
}

macro_rules! errors {
    ($($variant:ident $name:literal $errno:literal $status:literal;)*) => {
        /// What the simulated kernel answers when it refuses: data in the trace, never a failure of the simulator.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ErrorName { $(#[doc = concat!("`", $name, "`")] $variant,)* }

        impl ErrorName {
            /// The one table of error names: the error, its name, the errno and the NTSTATUS that mean the same.
            pub const ALL: &[(ErrorName, &'static str, &'static str, &'static str)] =
                &[$((ErrorName::$variant, $name, $errno, $status),)*];

            /// The name that scenarios and traces use.
            #[must_use]
            pub fn name(self) -> &'static str {
                ErrorName::ALL[self as usize].1
            }

            /// The error of a name.
            #[must_use]
            pub fn named(name: &str) -> Option<ErrorName> {
                ErrorName::ALL.iter().find(|row| row.1 == name).map(|row| row.0)
            }
        }
    };
}

errors! {
    AccessDenied "ACCESS_DENIED" "EACCES" "0xC0000022";
    PrivilegeNotHeld "PRIVILEGE_NOT_HELD" "EPERM" "0xC0000061";
    RestrictedEscape "RESTRICTED_ESCAPE" "EPERM" "";
    BadImpersonationLevel "BAD_IMPERSONATION_LEVEL" "EINVAL" "0xC00000A5";
    BadTokenType "BAD_TOKEN_TYPE" "EINVAL" "0xC00000A8";
    CantOpenAnonymous "CANT_OPEN_ANONYMOUS" "EACCES" "0xC00000A6";
    NoToken "NO_TOKEN" "ENOENT" "0xC000007C";
    NoPeerToken "NO_PEER_TOKEN" "EACCES" "0xC000010D";
    WrongState "WRONG_STATE" "EACCES" "";
    InvalidParameter "INVALID_PARAMETER" "EINVAL" "0xC000000D";
    InvalidSecurityDescriptor "INVALID_SECURITY_DESCRIPTOR" "EINVAL" "0xC0000079";
    InvalidToken "INVALID_TOKEN" "EINVAL" "";
    InvalidOwner "INVALID_OWNER" "EPERM" "0xC000005A";
    NotFound "NOT_FOUND" "ENOENT" "0xC0000034";
    AlreadyExists "ALREADY_EXISTS" "EEXIST" "0xC0000035";
    NotADirectory "NOT_A_DIRECTORY" "ENOTDIR" "0xC0000103";
    IsADirectory "IS_A_DIRECTORY" "EISDIR" "0xC00000BA";
    NotEmpty "NOT_EMPTY" "ENOTEMPTY" "0xC0000101";
    InvalidHandle "INVALID_HANDLE" "EBADF" "0xC0000008";
    NotSupported "NOT_SUPPORTED" "EOPNOTSUPP" "0xC00000BB";
    LinkLoop "LINK_LOOP" "ELOOP" "";
    Busy "BUSY" "EBUSY" "";
    ScriptError "SCRIPT_ERROR" "" "";
}

/// Where an access was refused: what `denied by STAGE` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeniedBy {
    /// The level gate (GATE-1, IMP-15).
    Gate,
    /// A directory on the way (FILE-12).
    Traverse,
    /// The object has no descriptor (FILE-31).
    MissingSd,
    /// It has one that cannot be read (FILE-32).
    CorruptSd,
    /// A privilege that the request needs (W-ACC-4).
    Privilege,
    /// Mandatory integrity.
    Integrity,
    /// A process trust label.
    Trust,
    /// A deny entry, by its number in the whole list.
    DenyAce(u32),
    /// No entry gave the right.
    NoAce,
    /// The second list of a restricted token.
    Restricted,
    /// The sandbox.
    Confinement,
    /// A central policy.
    Policy,
    /// The handle was not opened for it (FILE-3): a mask test, not a decision.
    Handle,
}

/// Why a step failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Failure {
    /// The error that the program sees.
    pub error: ErrorName,
    /// Where the access check said no, if it did.
    pub denied: Option<DeniedBy>,
}

impl From<ErrorName> for Failure {
    fn from(error: ErrorName) -> Failure {
        Failure { error, denied: None }
    }
}

/// What came of an operation: small plain data; what it looked at on the way goes to the recorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It succeeded; the thread's slot may now hold something.
    Done(Success),
    /// It failed; nothing changed.
    Failed(Failure),
    /// It waits for something that another thread must do; nothing changed, it will be tried again.
    Blocked,
}

/// What an open did (FILE-10, KEY-12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OpenStatus {
    /// The object was there.
    Opened,
    /// It is new.
    Created,
    /// It was there and has been emptied.
    Overwritten,
    /// A new one stands in the place of an old one.
    Superseded,
}

impl OpenStatus {
    /// The word for it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            OpenStatus::Opened => "opened",
            OpenStatus::Created => "created",
            OpenStatus::Overwritten => "overwritten",
            OpenStatus::Superseded => "superseded",
        }
    }
}

/// How it succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Success {
    /// Without more to say.
    Ok,
    /// With a handle or a right: the mask.
    Granted(AccessMask),
    /// With an identity at this level.
    Level(ImpersonationLevel),
    /// Nothing was asked: a handle that it gives carries no mask (FILE-31).
    Unmanaged,
}
