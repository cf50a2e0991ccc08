//! What a scenario declares: the world before it begins, still free of any model. `build` makes a [`super::World`] of it.

use std::sync::Arc;

use crate::access::ProcessTrust;
use crate::model::{DEFAULT, Model};
use crate::privilege::Privilege;
use crate::rights::ObjectType;
use crate::sd::condition::Claim;
use crate::sd::sddl::{self, SddlContext, SddlError};
use crate::sd::{Ace, AceBody, AceFlags, AceType, LabelPolicy, SdControl};
use crate::sid::Sid;
use crate::token::{
    AuditPolicy, Confinement, ElevationType, GroupAttributes, IntegrityLevel, MandatoryPolicy,
    SidAndAttributes,
};

use super::change::PartsChange;
use super::op::Link;
use super::registry::ValueData;

/// Everything that exists at time 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Declarations {
    /// Users, groups, machines, packages; services are processes. Shared with the directories of worlds.
    pub principals: Vec<Arc<PrincipalDecl>>,
    /// Processes and services, in the order of their pids.
    pub processes: Vec<ProcessDecl>,
    /// Endpoints, in order of declaration.
    pub endpoints: Vec<EndpointDecl>,
    /// Files, directories and keys, parents before children.
    pub objects: Vec<ObjectDecl>,
    /// Links, in order of declaration: made after the objects.
    pub links: Vec<Link>,
    /// Volumes, in order of declaration.
    pub volumes: Vec<VolumeDecl>,
    /// Central policies.
    pub policies: Vec<PolicyDecl>,
}

/// A principal.
#[derive(Clone, Debug, PartialEq)]
pub struct PrincipalDecl {
    /// Its name.
    pub name: Arc<str>,
    /// Its SID.
    pub sid: Sid,
    /// Whether it can log on: a user, a machine.
    pub can_log_on: bool,
    /// What shapes its token.
    pub shape: TokenShape,
}

/// What shapes a token; what is `None` takes its default (rules, section 10.9).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TokenShape {
    /// Groups beyond the default ones, in order; a default group that is named changes its state.
    pub groups: Vec<SidAndAttributes>,
    /// Groups that are taken away again.
    pub removed_groups: Vec<Sid>,
    /// Privileges: present and enabled, present and disabled, or taken away.
    pub privileges: Vec<(Privilege, PrivilegeDecl)>,
    /// The integrity level.
    pub integrity: Option<IntegrityLevel>,
    /// The mandatory policy.
    pub mandatory_policy: Option<MandatoryPolicy>,
    /// User claims.
    pub claims: Vec<Claim>,
    /// Device claims.
    pub device_claims: Vec<Claim>,
    /// Device groups.
    pub device_groups: Vec<SidAndAttributes>,
    /// The second list.
    pub restricted: Option<RestrictedDecl>,
    /// The sandbox.
    pub confined: Option<Confinement>,
    /// Forced audit.
    pub audit_policy: Option<AuditPolicy>,
    /// The DACL of new objects.
    pub default_dacl: Option<Vec<Ace>>,
    /// How the principal logged on.
    pub logon: Option<LogonType>,
    /// How long after the logon the token expires, which is told and enforced nowhere (TOK-1, OPEN-17).
    pub expires: Option<u64>,
    /// Which half of an elevation pair it is, if there is a pair (TOK-38).
    pub elevation: Option<ElevationType>,
}

/// `restricted { … }`
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct RestrictedDecl {
    /// The second list.
    pub sids: Vec<SidAndAttributes>,
    /// It limits writing only.
    pub write_only: bool,
}

/// How a privilege is declared (TOK-25).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PrivilegeDecl {
    /// Present and enabled.
    Enabled,
    /// Present and disabled.
    Disabled,
    /// Taken away.
    Removed,
}

/// Kinds of logon (SES-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogonType {
    /// 2
    Interactive,
    /// 3
    Network,
    /// 4
    Batch,
    /// 5
    Service,
    /// 8
    NetworkCleartext,
    /// 9
    NewCredentials,
}

impl LogonType {
    /// Every kind with the word of the language and the name that `show` prints.
    pub const ALL: [(LogonType, &'static str, &'static str); 6] = [
        (LogonType::Interactive, "interactive", "Interactive"),
        (LogonType::Network, "network", "Network"),
        (LogonType::Batch, "batch", "Batch"),
        (LogonType::Service, "service", "Service"),
        (LogonType::NetworkCleartext, "network_cleartext", "NetworkCleartext"),
        (LogonType::NewCredentials, "new_credentials", "NewCredentials"),
    ];

    /// The name that `show` prints.
    #[must_use]
    pub fn title(self) -> &'static str {
        LogonType::ALL[self as usize].2
    }

    /// The group that the minting authority adds, if any (SES-2).
    #[must_use]
    pub fn group(self) -> Option<Sid> {
        match self {
            LogonType::Interactive => Some(crate::sid::INTERACTIVE),
            LogonType::Network | LogonType::NetworkCleartext => Some(crate::sid::NETWORK),
            LogonType::Batch => Some(crate::sid::BATCH),
            LogonType::Service => Some(crate::sid::SERVICE),
            LogonType::NewCredentials => None,
        }
    }
}

/// A process or a service.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessDecl {
    /// Its name.
    pub name: Arc<str>,
    /// Whose token it has: a principal's SID or a well-known account; `None` for one that waits to be spawned.
    pub account: Option<Sid>,
    /// The service's own SID (PRC-19); `None` for a plain process.
    pub service_sid: Option<Sid>,
    /// What shapes its token beyond its account's.
    pub shape: TokenShape,
    /// Process trust (PRC-13); a process that is spawned has its parent's if none is given.
    pub trust: Option<ProcessTrust>,
    /// Whether it may start no other process (PRC-2).
    pub no_child_process: bool,
    /// The account of the machine that it runs on (IMP-36).
    pub host: Option<Sid>,
    /// Whether it may pass clients on to other hosts (IMP-36).
    pub delegation: Option<bool>,
    /// The parts of its descriptor that are given (PRC-9).
    pub descriptor: Option<DescriptorParts>,
    /// Its threads, `main` first if there is one.
    pub threads: Vec<ThreadDecl>,
}

/// A thread of a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadDecl {
    /// Its name.
    pub name: Arc<str>,
    /// Whether it waits until a step spawns it.
    pub waits: bool,
}

/// An endpoint of a service.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointDecl {
    /// Its name: the service's, or `service.name`.
    pub name: Arc<str>,
    /// The position of its process.
    pub process: usize,
    /// Who may connect; `None` is not checked (IMP-4).
    pub descriptor: Option<DescriptorParts>,
    /// Whether the DACL is the default one: the user that has bound it, Administrators and SYSTEM (IMP-4).
    pub default_dacl: bool,
    /// What connections run over.
    pub transport: Transport,
    /// Changes of the descriptor that all this gives, one after the other.
    pub edits: Vec<PartsChange>,
}

/// What connections to an endpoint run over (IMP-37).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// A local stream.
    Stream,
    /// A local sequence of packets.
    SeqPacket,
    /// Packets without a connection below them.
    Datagram,
    /// Both ends come from one call.
    SocketPair,
    /// A pipe or FIFO.
    Pipe,
    /// A network stream on which nobody proves who he is.
    Network,
    /// A named pipe of NT.
    NamedPipe,
}

impl Transport {
    /// Every transport with its word.
    pub const ALL: [(&'static str, Transport); 7] = [
        ("stream", Transport::Stream),
        ("seqpacket", Transport::SeqPacket),
        ("datagram", Transport::Datagram),
        ("socketpair", Transport::SocketPair),
        ("pipe", Transport::Pipe),
        ("network", Transport::Network),
        ("named_pipe", Transport::NamedPipe),
    ];

    /// Whether who is at the other end is known.
    #[must_use]
    pub fn captures_peer(self) -> bool {
        match self {
            Transport::Stream | Transport::SeqPacket | Transport::NamedPipe => true,
            Transport::Datagram | Transport::SocketPair | Transport::Pipe | Transport::Network => false,
        }
    }
}

/// A file, directory or key.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectDecl {
    /// The path: `/a/b`, or `Hive\Key`.
    pub path: Arc<str>,
    /// The class.
    pub class: ObjectType,
    /// Its descriptor.
    pub security: SecurityDecl,
    /// What it is as a program, of a file for which that is said.
    pub program: Option<ProgramDecl>,
    /// The values of a key.
    pub values: Vec<(Arc<str>, ValueData)>,
    /// Whether it is a key that leads to another one: its default value says where (KEY-14).
    pub link: bool,
    /// Edits of the descriptor that all this gives, one after the other.
    pub edits: Vec<PartsChange>,
}

/// `volume "PATH" { … }`: what hangs below a directory, and what becomes of objects there that have no descriptor (FILE-31).
#[derive(Clone, Debug, PartialEq)]
pub struct VolumeDecl {
    /// Where it begins.
    pub path: Arc<str>,
    /// What becomes of an object without a descriptor.
    pub missing_sd: MissingSd,
    /// What a descriptor that is made up begins with.
    pub template: Option<Arc<DescriptorParts>>,
}

/// What a volume does with objects that have no descriptor (FILE-31).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MissingSd {
    /// Nobody gets at them.
    Deny,
    /// A descriptor is made up and kept in memory.
    SynthTemp,
    /// One is made up and stored.
    SynthStore,
    /// Nothing is asked.
    Unmanaged,
}

impl MissingSd {
    /// Every policy with the word of the language.
    pub const ALL: &[(&str, MissingSd)] = &[
        ("deny", MissingSd::Deny),
        ("synth_temp", MissingSd::SynthTemp),
        ("synth_store", MissingSd::SynthStore),
        ("unmanaged", MissingSd::Unmanaged),
    ];
}

/// Where the descriptor of a declared object comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum SecurityDecl {
    /// Some parts are given, the rest is computed as at creation by the owner. Objects that are declared alike share them.
    Parts(Arc<DescriptorParts>),
    /// The whole descriptor as SDDL, and the domain of its aliases: read under each model by that model's dialect.
    Sddl(Arc<str>, Option<Box<Sid>>),
    /// The whole descriptor as bytes, read likewise.
    Bytes(Arc<[u8]>),
    /// None at all (FILE-31).
    Missing,
    /// Bytes that are no descriptor, at least under some model; one that can read them does (FILE-32).
    Damaged(Arc<[u8]>),
}

/// A file as a program. One of which nothing is said can be run, and is signed for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProgramDecl {
    /// The trust that it is signed for (PRC-4, PRC-13).
    Signed(ProcessTrust),
    /// It is none, whoever may execute it (FILE-8).
    NotExecutable,
}

/// The parts of a descriptor that the author gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct DescriptorParts {
    /// The owner.
    pub owner: Option<Sid>,
    /// The group.
    pub group: Option<Sid>,
    /// The DACL.
    pub dacl: Option<DaclDecl>,
    /// The SACL.
    pub sacl: Option<SaclDecl>,
}

impl DescriptorParts {
    /// The parts that a text in SDDL gives, by the text of the default model, which each model takes in.
    ///
    /// # Errors
    /// The first thing that is wrong with it, and where.
    pub fn of_text(text: &str, domain: Option<Sid>) -> Result<DescriptorParts, SddlError> {
        let context = SddlContext { domain, ..SddlContext::of(DEFAULT) };
        let (read, dacl_given) = sddl::parse_given(text, &context)?;
        let has = |bit: SdControl| read.control.contains(bit);
        let dacl = match read.dacl {
            Some(list) => Some(DaclDecl::List {
                protected: has(SdControl::DACL_PROTECTED),
                auto_inherit: has(SdControl::DACL_AUTO_INHERIT_REQ),
                aces: list.aces,
            }),
            None => dacl_given.then_some(DaclDecl::Null),
        };
        let sacl = read.sacl.map(|list| SaclDecl {
            protected: has(SdControl::SACL_PROTECTED),
            auto_inherit: has(SdControl::SACL_AUTO_INHERIT_REQ),
            entries: list.aces.into_iter().map(|ace| SaclEntry::of(ace, DEFAULT)).collect(),
        });
        Ok(DescriptorParts { owner: read.owner, group: read.group, dacl, sacl })
    }
}

/// `sacl [protected] [auto_inherit] { … }`
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SaclDecl {
    /// Later propagation stays out.
    pub protected: bool,
    /// The parent's entries stand behind these (INH-7).
    pub auto_inherit: bool,
    /// The entries.
    pub entries: Vec<SaclEntry>,
}

/// An entry of a SACL. What a label forbids is kept by meaning, because its numbers differ between models (DIV-44).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SaclEntry {
    /// An integrity label.
    Label(IntegrityLevel, LabelPolicy, AceFlags),
    /// Anything else.
    Ace(Ace),
}

impl SaclDecl {
    /// The entries under a model.
    #[must_use]
    pub fn aces(&self, model: &Model) -> Vec<Ace> {
        self.entries.iter().map(|entry| entry.ace(model)).collect()
    }
}

impl SaclEntry {
    /// An entry as `model` numbers it: a label of a known level is kept by its meaning.
    fn of(ace: Ace, model: &Model) -> SaclEntry {
        let level = match (ace.kind, &ace.body, ace.sid.sub_authorities()) {
            (AceType::MANDATORY_LABEL, AceBody::Basic, &[rid]) if ace.sid.authority() == 16 => {
                IntegrityLevel::ALL.iter().find(|row| row.1 == rid)
            }
            _ => None,
        };
        match level {
            Some((level, ..)) => {
                SaclEntry::Label(*level, LabelPolicy::from_mask(ace.mask, model.label_bits), ace.flags)
            }
            None => SaclEntry::Ace(ace),
        }
    }

    /// The entry under a model.
    #[must_use]
    pub fn ace(&self, model: &Model) -> Ace {
        match self {
            SaclEntry::Ace(ace) => ace.clone(),
            SaclEntry::Label(level, policy, flags) => {
                let sid = Sid::constant(16, &[level.rid()]);
                Ace::basic(AceType::MANDATORY_LABEL, sid, policy.to_mask(model.label_bits)).with_flags(*flags)
            }
        }
    }
}

/// `policy NAME { … }`
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyDecl {
    /// Its name.
    pub name: Arc<str>,
    /// What objects name it by.
    pub sid: Sid,
    /// Its rules.
    pub rules: Vec<PolicyRuleDecl>,
}

/// A rule of a policy (CAP-1).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicyRuleDecl {
    /// Its name.
    pub name: Arc<str>,
    /// The program of its condition.
    pub applies_to: Option<Vec<u8>>,
    /// What narrows.
    pub dacl: Vec<Ace>,
    /// What is audited besides.
    pub sacl: Option<SaclDecl>,
    /// What would narrow.
    pub staged_dacl: Option<Vec<Ace>>,
    /// What would be audited.
    pub staged_sacl: Option<SaclDecl>,
}

/// `dacl …`
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DaclDecl {
    /// `dacl null`
    Null,
    /// `dacl [protected] [auto_inherit] { … }`
    List {
        /// Later propagation stays out.
        protected: bool,
        /// The parent's entries stand behind these (INH-6).
        auto_inherit: bool,
        /// The entries.
        aces: Vec<Ace>,
    },
}

/// The attributes of a group that is declared without flags: on, and it may be switched off.
pub const PLAIN_GROUP: GroupAttributes = GroupAttributes::ENABLED.union(GroupAttributes::ENABLED_BY_DEFAULT);
/// The attributes of a group that every principal of its kind has.
pub const DEFAULT_GROUP: GroupAttributes = PLAIN_GROUP.union(GroupAttributes::MANDATORY);
