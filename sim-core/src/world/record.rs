//! What an operation looked at on its way: handed to a [`Recorder`], so that a run that nobody watches pays nothing.
//!
//! Authority: IMP-41 and the trace remarks of the access check.

use std::sync::Arc;

use super::declare::LogonType;
use super::directory::Difference;
use super::op::{DeniedBy, OpenStatus, ScriptFault};
use super::registry::ValueData;
use super::show::{Shown, ShownThread};
use crate::access::{AccessError, Decision, Explanation, Intents};
use crate::privilege::{Privilege, PrivilegeState};
use crate::rights::{AccessMask, ObjectType};
use crate::sid::Sid;
use crate::text::{name, quote, quote_key};
use crate::token::ImpersonationLevel;
use crate::token::impersonate::GateRecord;

/// Watches what operations look at.
pub trait Recorder {
    /// Whether anybody looks: if not, nothing is even put together.
    const ACTIVE: bool;
    /// A fact; `make` is called only if anybody looks.
    fn fact(&mut self, make: impl FnOnce(&mut Self) -> Fact);
    /// Forgets what it was told: it belongs to nothing that happened.
    fn forget(&mut self);
}

/// Nobody looks.
pub struct NoRecord;

impl Recorder for NoRecord {
    const ACTIVE: bool = false;
    fn fact(&mut self, _: impl FnOnce(&mut Self) -> Fact) {}
    fn forget(&mut self) {}
}

impl Recorder for Vec<Fact> {
    const ACTIVE: bool = true;
    fn fact(&mut self, make: impl FnOnce(&mut Self) -> Fact) {
        let fact = make(self);
        self.push(fact);
    }
    fn forget(&mut self) {
        self.clear();
    }
}

/// One thing that an operation looked at or brought to light.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// An access check.
    Check(Box<CheckRecord>),
    /// The gates of impersonation.
    Gate(GateRecord),
    /// A standalone privilege gate (TOK-6).
    Privilege(PrivilegeGate),
    /// A handle's mask was asked for rights: granted at open, required now, by whom and as whom it was opened.
    HandleUse(HandleUse),
    /// An operation through a handle that is reported one by one: the watched rights that it needed, and whether it was
    /// let (AUD-6).
    ContinuousAudit(HandleUse, bool),
    /// A connection was captured or met: its endpoint, the other side, whose identity, at which level.
    Peer(PeerRecord),
    /// `show`
    Shown(Box<Shown>),
    /// `show threads`
    ShownThreads(Vec<ShownThread>),
    /// `note`, or a message that was received.
    Note(Arc<str>),
    /// A value that was read, as text.
    Value(String),
    /// What an open did, to an object of which class.
    Opened(OpenStatus, ObjectType),
    /// A link that was followed, and where it leads (FILE-11, KEY-14).
    Link(ObjectName, Arc<str>),
    /// The owner of a new object, or of one whose descriptor was read.
    Owner(Sid),
    /// What was read of a descriptor, or what it is after a write, as SDDL.
    Security(String),
    /// Why an operation was refused, where the error alone does not tell.
    Reason(String),
    /// An object that changed by itself, and how many open handles on it stay as they are (FILE-4).
    Changed(ObjectName, usize),
    /// What changed in the directory.
    DirectoryChanged(Box<Difference>),
    /// A token that is older than what the directory says now (TOK-2).
    Outdated(Box<Difference>),
    /// A logon session ended with its last token (SES-4).
    SessionEnded(EndedSession),
    /// What was enabled before an adjustment: privileges as their mask, groups by their places in the token (TOK-14, TOK-16).
    Previous(u64),
    /// Something that a review of a policy should see.
    Remark(Remark),
    /// A process was started: its pid and the user of its token.
    Started(u32, Sid),
    /// The data of a registry value that was read.
    Data(ValueData),
    /// The error that ended a script function.
    Script(ScriptFault),
    /// A descriptor that a volume made up (FILE-31).
    MadeUp(Box<MadeUp>),
    /// An object whose descriptor cannot be read was met for the first time, and what is wrong with it (FILE-32).
    Damaged(ObjectName, Arc<str>),
}

/// A descriptor that was made up for an object without one (FILE-31).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeUp {
    /// What it is for.
    pub object: ObjectName,
    /// What its DACL comes from, in words.
    pub from: &'static str,
    /// Whether it is stored; otherwise it is kept in memory.
    pub stored: bool,
    /// The descriptor, as SDDL.
    pub security: String,
}

impl Unasked {
    /// The word for traces.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Unasked::Missing => "missing_sd",
            Unasked::Unmanaged => "unmanaged",
            Unasked::Damaged => "corrupt_sd",
        }
    }
}

/// Why no descriptor was asked (FILE-31, FILE-32).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unasked {
    /// There is none, so nobody gets in.
    Missing,
    /// There is none, and nothing is asked on its volume: everybody gets in.
    Unmanaged,
    /// It cannot be read, so nobody gets in (FILE-32).
    Damaged,
}

/// A logon session that ended (SES-4).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct EndedSession {
    /// Its label.
    pub label: Arc<str>,
    /// Its number.
    pub number: u64,
    /// Whose it was.
    pub user: Sid,
    /// How the principal had logged on.
    pub kind: LogonType,
    /// What had authenticated the principal (SES-1).
    pub package: &'static str,
    /// When it began.
    pub since: u64,
}

/// A standalone privilege gate: which privilege, and how the token that was asked stands to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PrivilegeGate {
    /// The privilege.
    pub privilege: Privilege,
    /// Whether it let the thread pass.
    pub state: PrivilegeState,
    /// Whether the process's primary token was asked, whoever the thread acts as.
    pub primary: bool,
    /// The user of the token that was asked; none where the level gate refuses every privilege (TOK-23).
    pub asked: Option<Sid>,
}

/// What a review of a policy should see although nothing was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Remark {
    /// A token that could only be looked at became a primary one (TOK-10).
    LevelLaundered,
    /// A handle went to another process, and nobody's identity was asked (PRC-12).
    HandleTransfer,
    /// Some privileges were not on the token, and the rest was done (TOK-14).
    NotAllAssigned,
    /// The token fell to the integrity of the program (PRC-5).
    IntegrityLowered,
    /// A new object lets everybody do everything, as neither its parent nor its creator says who may what (FILE-16).
    NullDacl,
    /// A new object has no label, so counts as Medium, and whoever made it is below that (OPEN-19).
    AboveItsCreator,
    /// The connection goes to another host, and a network logon is made there (IMP-36).
    NetworkLogon,
    /// The token that was looked at has expired, and counts all the same (OPEN-17).
    TokenExpired,
}

impl Remark {
    /// The word for traces, and the rule behind it.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Remark::LevelLaundered => ("level_laundered", "TOK-10"),
            Remark::HandleTransfer => ("handle_transfer", "PRC-12"),
            Remark::NotAllAssigned => ("not_all_assigned", "TOK-14"),
            Remark::NullDacl => ("null_dacl", "FILE-16"),
            Remark::AboveItsCreator => ("above_its_creator", "OPEN-19"),
            Remark::TokenExpired => ("token_expired", "OPEN-17"),
            Remark::NetworkLogon => ("network_logon", "IMP-36"),
            Remark::IntegrityLowered => ("integrity_lowered", "PRC-5"),
        }
    }
}

/// The two ends of a connection, by process and thread name, and whom it carries.
#[derive(Clone, Debug, PartialEq)]
pub struct PeerRecord {
    /// `process/thread` that connected.
    pub client: String,
    /// The endpoint.
    pub endpoint: Arc<str>,
    /// The captured user and level; `None` if the transport captures none.
    pub carries: Option<(Sid, ImpersonationLevel)>,
}

/// A mask test on a handle (FILE-3).
#[derive(Clone, Debug, PartialEq)]
pub struct HandleUse {
    /// What the handle is on.
    pub object: ObjectName,
    /// What it was opened with.
    pub granted: AccessMask,
    /// Whether it carries no mask, and lets everything (FILE-31).
    pub unmanaged: bool,
    /// What the operation needs.
    pub required: AccessMask,
    /// As whom it was opened.
    pub opened_as: Sid,
    /// Whether its object has another descriptor by now, which the handle does not notice (FILE-4).
    pub descriptor_changed: bool,
    /// Whether its object has lost its name.
    pub nameless: bool,
}

/// Something that is guarded: its class, and its path or name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectName {
    /// The class.
    pub class: ObjectType,
    /// The path of a file, directory or key, the name of anything else; empty for a token.
    pub path: String,
}

/// As scenarios write it, safe to print: `file "/a/b"`, `key 'Hive\Key'`, `endpoint files`.
impl std::fmt::Display for ObjectName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = self.class.name();
        match self.class {
            ObjectType::File | ObjectType::Directory => write!(f, "{word} {}", quote(&self.path)),
            ObjectType::Key => write!(f, "{word} {}", quote_key(&self.path)),
            _ if self.path.is_empty() => f.write_str(word),
            _ => write!(f, "{word} {}", name(&self.path)),
        }
    }
}

/// Why a check was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CheckPurpose {
    /// The object that the step names.
    Target,
    /// A directory on the way (FILE-12).
    Traverse,
    /// The right on the parent to add or delete a name (FILE-15, KEY-12).
    Parent,
    /// Whether the name may be taken away (FILE-22).
    Delete,
    /// What was asked, against the descriptor of the new object (FILE-19).
    NewObject,
    /// An endpoint that is connected to (IMP-4).
    Connect,
}

impl CheckPurpose {
    /// Words for traces.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            CheckPurpose::Target => "target",
            CheckPurpose::Traverse => "traverse",
            CheckPurpose::Parent => "parent",
            CheckPurpose::Delete => "delete",
            CheckPurpose::NewObject => "new object",
            CheckPurpose::Connect => "connect",
        }
    }
}

/// An access check.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckRecord {
    /// What is checked.
    pub object: ObjectName,
    /// Why.
    pub purpose: CheckPurpose,
    /// What was asked, generic bits as written.
    pub desired: AccessMask,
    /// With which intents.
    pub intents: Intents,
    /// What came of it; `None` where there was nothing to ask.
    pub result: Option<Result<Decision, AccessError>>,
    /// Why there was nothing to ask.
    pub unasked: Option<Unasked>,
    /// Where it was refused, if it was.
    pub denied: Option<DeniedBy>,
    /// How it came about, bit by bit.
    pub explanation: Explanation,
    /// Who asked.
    pub who: Who,
}

/// Who a thread is (IMP-41).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Who {
    /// The user of the process's primary token.
    pub primary: Sid,
    /// The user of the token in effect.
    pub effective: Sid,
    /// The level, while the thread impersonates.
    pub level: Option<ImpersonationLevel>,
    /// The user that access checks evaluate; `None` where the level gate refuses.
    pub subject: Option<Sid>,
    /// Whether the Anonymous identity stands in for the one in effect (GATE-1).
    pub anonymous: bool,
}
