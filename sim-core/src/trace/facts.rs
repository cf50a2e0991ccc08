//! What a step looked at and brought to light, as JSON: one object for each fact, and one for each thing that a check asks to
//! be audited. Whatever the text form shows of a fact is here too.
//!
//! Authority: IMP-41, IMP-42, AUD-8, PUA-6, FRC-3. The matches are exhaustive, so a new fact cannot be forgotten.

use schemars::JsonSchema;
use serde::Serialize;

use super::identity::audit_policy_words;
use super::json::{Mask, Principal, mask, principal};
use super::names::Names;
use super::text::told_before;
use crate::access::{AuditTrigger, Decision, PolicyDiagnostic};
use crate::engine::Record;
use crate::privilege::PrivilegeState;
use crate::rights::ObjectType;
use crate::sid::Sid;
use crate::token::ImpersonationLevel;
use crate::world::registry::ValueData;
use crate::world::{
    CheckRecord, Difference, EndedSession, Fact, HandleUse, ObjectName, Shown, ShownForm, ShownThread, Who,
};

/// One thing that a step looked at or brought to light. Checks, gates of impersonation, what an open did and errors of
/// scripts have fields of their own in the record.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "fact", rename_all = "snake_case")]
pub enum FactLine {
    /// A standalone privilege gate.
    Privilege {
        /// The privilege.
        privilege: &'static str,
        /// `held`, `disabled` or `absent`.
        state: &'static str,
        /// Which token was asked: `primary` or `subject`.
        token: &'static str,
        /// Its user; none where the level gate refuses every privilege.
        asked: Option<Principal>,
    },
    /// A handle's mask was asked.
    HandleUse {
        /// The handle.
        handle: HandleLine,
        /// What the operation needs.
        required: Mask,
    },
    /// An operation through a handle that is watched.
    ContinuousAudit {
        /// The handle.
        handle: HandleLine,
        /// The watched rights that it needs.
        required: Mask,
        /// Whether it was let.
        success: bool,
        /// The user of the token in effect at the time of the operation.
        effective: Option<Principal>,
        /// Its level while the thread impersonates.
        effective_level: Option<&'static str>,
    },
    /// A connection was made or met.
    Peer {
        /// `process/thread` that connected.
        client: String,
        /// The endpoint.
        endpoint: String,
        /// Whom it carries; none if the transport captures nobody.
        carries: Option<Principal>,
        /// At which level.
        level: Option<&'static str>,
    },
    /// A token that was shown.
    Shown(Box<IdentityLine>),
    /// The threads of a process.
    ShownThreads {
        /// In the order of their tids.
        threads: Vec<ThreadLine>,
    },
    /// `note`, or a message that was received.
    Note {
        /// The text.
        text: String,
    },
    /// What was read or returned, in words.
    Value {
        /// The words.
        text: String,
    },
    /// The data of a registry value that was read.
    Data {
        /// The type: `SZ`, `DWORD`, …
        #[serde(rename = "type")]
        kind: &'static str,
        /// The data.
        value: DataValue,
    },
    /// A link that was followed.
    Link {
        /// The class of the link.
        class: &'static str,
        /// Its path.
        object: String,
        /// Where it leads.
        to: String,
    },
    /// The owner of a new object, or of one whose descriptor was read.
    Owner {
        /// Who.
        owner: Principal,
    },
    /// A descriptor that was read, or as it is after a write.
    Security {
        /// As SDDL.
        sddl: String,
    },
    /// A descriptor that a volume made up for an object without one.
    MadeUp {
        /// The object's class.
        class: &'static str,
        /// Its path.
        object: String,
        /// What the DACL comes from.
        from: &'static str,
        /// Whether it is stored; otherwise it is kept in memory.
        stored: bool,
        /// The descriptor as SDDL.
        sddl: String,
    },
    /// An object whose descriptor cannot be read was met for the first time.
    CorruptSd {
        /// The object's class.
        class: &'static str,
        /// Its path.
        object: String,
        /// What is wrong with the descriptor.
        text: String,
    },
    /// Why an operation was refused, or what it did, where nothing else tells.
    Reason {
        /// In words.
        text: String,
    },
    /// An object that changed by itself.
    Changed {
        /// Its class.
        class: &'static str,
        /// Its path or name.
        object: String,
        /// How many open handles keep their mask.
        handles: usize,
    },
    /// What changed in the directory.
    DirectoryChanged(DifferenceLine),
    /// A token that is older than what the directory says now.
    TokenOutdated(DifferenceLine),
    /// A logon session that ended with its last token.
    SessionEnded {
        /// Its name, `alice#1`.
        session: String,
        /// Its number.
        number: u64,
        /// Whose it was.
        user: Principal,
        /// How the principal had logged on: `Interactive`, `Network`, …
        logon: &'static str,
        /// What had authenticated the principal.
        package: &'static str,
        /// When it began, in nanoseconds.
        since: u64,
    },
    /// What was enabled before privileges or groups were adjusted.
    Previous {
        /// Privileges as their mask; of groups, bit n is the n-th group of the token, counted from 0.
        enabled: String,
    },
    /// What a review of a policy should see.
    Remark {
        /// `level_laundered`, `handle_transfer`, …
        remark: &'static str,
        /// The number of the rule behind it.
        rule: &'static str,
    },
    /// A process was started.
    Started {
        /// Its pid.
        pid: u32,
        /// The user of its token.
        user: Principal,
    },
}

/// A handle, as far as its mask is concerned.
#[derive(Serialize, JsonSchema)]
pub struct HandleLine {
    /// The class of what it is on.
    pub class: &'static str,
    /// Its path or name; empty for a token.
    pub object: String,
    /// What it was opened with.
    pub granted: Mask,
    /// As whom it was opened.
    pub opened_as: Principal,
    /// Whether it has no mask at all, as nothing is asked on the object's volume.
    pub unmanaged: bool,
    /// Whether the object has another descriptor since.
    pub descriptor_changed: bool,
    /// Whether the object has lost its name since.
    pub nameless: bool,
}

/// A token as `show` prints it.
#[derive(Serialize, JsonSchema)]
pub struct IdentityLine {
    /// `thread` or `process`.
    pub of: &'static str,
    /// The user.
    pub user: Principal,
    /// `untrusted`, `low`, `medium`, `high` or `system`.
    pub integrity: &'static str,
    /// The name of the logon session, `alice#1`.
    pub session: String,
    /// `Interactive`, `Network`, …
    pub logon: &'static str,
    /// The level, while the thread impersonates.
    pub level: Option<&'static str>,
    /// The groups, in token order.
    pub groups: Vec<GroupLine>,
    /// The privileges on the token, in bit order.
    pub privileges: Vec<PrivilegeLine>,
    /// The second list of a restricted token.
    pub restricting: Vec<Principal>,
    /// The sandbox.
    pub confinement: Option<ConfinementLine>,
    /// Whether the process may start no other one.
    pub no_child_process: bool,
    /// What is audited whatever objects say.
    pub audit_policy: Vec<String>,
    /// The interactive session.
    pub session_id: u32,
    /// How many adjustments have succeeded on it.
    pub adjustments: u32,
}

/// A group of a token.
#[derive(Serialize, JsonSchema)]
pub struct GroupLine {
    /// The SID.
    pub sid: String,
    /// Its name.
    pub name: String,
    /// Whether it is the SID of the logon session.
    pub logon: bool,
    /// `mandatory`, `enabled`, `disabled` or `deny-only`.
    pub state: &'static str,
}

/// A privilege of a token.
#[derive(Serialize, JsonSchema)]
pub struct PrivilegeLine {
    /// The privilege.
    pub privilege: &'static str,
    /// Whether it is enabled.
    pub enabled: bool,
}

/// A sandbox.
#[derive(Serialize, JsonSchema)]
pub struct ConfinementLine {
    /// The package.
    pub package: Principal,
    /// Its capabilities.
    pub capabilities: Vec<Principal>,
}

/// A thread of a process.
#[derive(Serialize, JsonSchema)]
pub struct ThreadLine {
    /// The tid.
    pub tid: u32,
    /// Whether it impersonates.
    pub impersonating: bool,
    /// The user of the token in effect.
    pub user: Principal,
}

/// The data of a registry value: text, a number, or a list of texts; bytes as hexadecimal digits.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub enum DataValue {
    /// Text, or bytes as hexadecimal digits.
    Text(String),
    /// A number.
    Number(u64),
    /// A list of texts.
    List(Vec<String>),
}

/// How a principal differs from what it was.
#[derive(Serialize, JsonSchema)]
pub struct DifferenceLine {
    /// Who.
    pub principal: Principal,
    /// When the first change came that made it so, in nanoseconds.
    pub at: u64,
    /// It is not there any more.
    pub removed: bool,
    /// It was not there before.
    pub added: bool,
    /// Groups that it is not in any more.
    pub left: Vec<Principal>,
    /// Groups that it is in now.
    pub joined: Vec<Principal>,
    /// What else differs, in words.
    pub other: Vec<&'static str>,
}

/// Something that a check asks to be audited, or that a policy has to report.
#[derive(Serialize, JsonSchema)]
pub struct AuditLine {
    /// What it tells.
    #[serde(flatten)]
    pub event: AuditEventLine,
    /// The user that was evaluated; none where the level gate refused.
    pub subject: Option<Principal>,
    /// The user of the token in effect.
    pub effective: Principal,
    /// Its level while the thread impersonates.
    pub effective_level: Option<&'static str>,
}

/// What an audit line tells.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "audit", rename_all = "snake_case")]
pub enum AuditEventLine {
    /// A privilege gave rights that were asked for.
    PrivilegeUse {
        /// The privilege.
        privilege: &'static str,
        /// The requested rights that it gave.
        requested: Mask,
        /// Those that later stages left.
        surviving: Mask,
        /// Whether any is left.
        success: bool,
    },
    /// An access.
    Access {
        /// `sacl`, `policy` or `token`: what asked for it.
        by: &'static str,
        /// The position of the entry, of a list.
        ace: Option<u16>,
        /// The policy, of a policy's list.
        policy: Option<Principal>,
        /// The rule's position in it.
        rule: Option<usize>,
        /// The requested rights, mapped.
        requested: Mask,
        /// What was granted.
        granted: Mask,
        /// Whether everything that was requested was granted.
        success: bool,
    },
    /// The SACL of a policy's rule could not be evaluated.
    PolicyError {
        /// The policy.
        policy: Principal,
        /// The rule's position in it.
        rule: usize,
        /// Whether it is the staged one.
        staged: bool,
    },
    /// Staged policies would have decided otherwise.
    StagingMismatch {
        /// What was granted.
        granted: Mask,
        /// What staging would have granted.
        staged: Mask,
    },
}

/// The facts of a record in their order.
pub(super) fn lines(names: &Names, record: &Record) -> Vec<FactLine> {
    let facts = record.facts.iter().enumerate();
    facts
        .filter(|(position, fact)| !matches!(fact, Fact::Outdated(_)) || !told_before(record, *position))
        .filter_map(|(_, fact)| line(names, record.who(), fact))
        .collect()
}

fn line(names: &Names, who: Option<&Who>, fact: &Fact) -> Option<FactLine> {
    Some(match fact {
        // These have fields of their own in the record: `checks`, `gate`, `status` and `script_error`.
        Fact::Check(_) | Fact::Gate(_) | Fact::Opened(..) | Fact::Script(_) => return None,
        Fact::Privilege(gate) => FactLine::Privilege {
            privilege: gate.privilege.name(),
            state: gate.state.name(),
            token: if gate.primary { "primary" } else { "subject" },
            asked: gate.asked.map(|sid| principal(names, sid)),
        },
        Fact::HandleUse(used) => FactLine::HandleUse {
            handle: handle(names, used),
            required: mask(used.required, used.object.class),
        },
        Fact::ContinuousAudit(used, success) => FactLine::ContinuousAudit {
            handle: handle(names, used),
            required: mask(used.required, used.object.class),
            success: *success,
            effective: who.map(|who| principal(names, who.effective)),
            effective_level: who.and_then(|who| who.level).map(ImpersonationLevel::name),
        },
        Fact::Peer(peer) => FactLine::Peer {
            client: peer.client.clone(),
            endpoint: peer.endpoint.to_string(),
            carries: peer.carries.map(|(user, _)| principal(names, user)),
            level: peer.carries.map(|(_, level)| level.name()),
        },
        Fact::Shown(shown) => FactLine::Shown(Box::new(identity(names, shown))),
        Fact::ShownThreads(rows) => FactLine::ShownThreads { threads: threads(names, rows) },
        Fact::Note(text) => FactLine::Note { text: text.to_string() },
        Fact::Value(text) => FactLine::Value { text: text.clone() },
        Fact::Data(data) => FactLine::Data { kind: data.words().0, value: value(data) },
        Fact::Link(ObjectName { class, path }, to) => {
            FactLine::Link { class: class.name(), object: path.clone(), to: to.to_string() }
        }
        Fact::Owner(owner) => FactLine::Owner { owner: principal(names, *owner) },
        Fact::Security(sddl) => FactLine::Security { sddl: sddl.clone() },
        Fact::MadeUp(made) => FactLine::MadeUp {
            class: made.object.class.name(),
            object: made.object.path.clone(),
            from: made.from,
            stored: made.stored,
            sddl: made.security.clone(),
        },
        Fact::Damaged(ObjectName { class, path }, why) => {
            FactLine::CorruptSd { class: class.name(), object: path.clone(), text: why.to_string() }
        }
        Fact::Reason(text) => FactLine::Reason { text: text.clone() },
        Fact::Changed(ObjectName { class, path }, handles) => {
            FactLine::Changed { class: class.name(), object: path.clone(), handles: *handles }
        }
        Fact::DirectoryChanged(change) => FactLine::DirectoryChanged(difference(names, change)),
        Fact::Outdated(change) => FactLine::TokenOutdated(difference(names, change)),
        Fact::SessionEnded(ended) => session_ended(names, ended),
        Fact::Previous(enabled) => FactLine::Previous { enabled: format!("0x{enabled:016x}") },
        Fact::Remark(remark) => {
            let (remark, rule) = remark.words();
            FactLine::Remark { remark, rule }
        }
        Fact::Started(pid, user) => FactLine::Started { pid: *pid, user: principal(names, *user) },
    })
}

/// A session that ended with its last token.
pub(super) fn session_ended(names: &Names, ended: &EndedSession) -> FactLine {
    FactLine::SessionEnded {
        session: ended.label.to_string(),
        number: ended.number,
        user: principal(names, ended.user),
        logon: ended.kind.title(),
        package: ended.package,
        since: ended.since,
    }
}

fn handle(names: &Names, used: &HandleUse) -> HandleLine {
    HandleLine {
        class: used.object.class.name(),
        object: used.object.path.clone(),
        granted: mask(used.granted, used.object.class),
        opened_as: principal(names, used.opened_as),
        unmanaged: used.unmanaged,
        descriptor_changed: used.descriptor_changed,
        nameless: used.nameless,
    }
}

fn principals(names: &Names, sids: &[Sid]) -> Vec<Principal> {
    sids.iter().map(|sid| principal(names, *sid)).collect()
}

/// A shown token: what the text form of `show` prints, field by field (IMP-38).
#[must_use]
pub fn identity(names: &Names, shown: &Shown) -> IdentityLine {
    let (of, level) = match shown.form {
        ShownForm::Thread(level) => ("thread", level),
        ShownForm::Process => ("process", None),
    };
    IdentityLine {
        of,
        user: principal(names, shown.user),
        integrity: shown.integrity.name(),
        session: shown.session.to_string(),
        logon: shown.session_kind,
        level: level.map(ImpersonationLevel::name),
        groups: shown
            .groups
            .iter()
            .map(|group| GroupLine {
                sid: group.sid.to_string(),
                name: if group.logon.is_some() {
                    "LogonSid".to_owned()
                } else {
                    names.name(group.sid).into_owned()
                },
                logon: group.logon.is_some(),
                state: group.state,
            })
            .collect(),
        privileges: shown
            .privileges
            .iter()
            .map(|(privilege, state)| PrivilegeLine {
                privilege: privilege.name(),
                enabled: *state == PrivilegeState::Held,
            })
            .collect(),
        restricting: principals(names, &shown.restricting),
        confinement: shown.confinement.as_ref().map(|(package, capabilities)| ConfinementLine {
            package: principal(names, *package),
            capabilities: principals(names, capabilities),
        }),
        no_child_process: shown.no_child_process,
        audit_policy: audit_policy_words(shown),
        session_id: shown.interactive_session,
        adjustments: shown.adjustments,
    }
}

/// Rows of `show threads` (IMP-39).
#[must_use]
pub fn threads(names: &Names, rows: &[ShownThread]) -> Vec<ThreadLine> {
    rows.iter()
        .map(|row| ThreadLine {
            tid: row.tid,
            impersonating: row.impersonating,
            user: principal(names, row.user),
        })
        .collect()
}

fn value(data: &ValueData) -> DataValue {
    match data {
        ValueData::Sz(text) | ValueData::ExpandSz(text) | ValueData::Link(text) => {
            DataValue::Text(text.to_string())
        }
        ValueData::Dword(number) | ValueData::DwordBe(number) => DataValue::Number(u64::from(*number)),
        ValueData::Qword(number) => DataValue::Number(*number),
        ValueData::MultiSz(list) => DataValue::List(list.iter().map(ToString::to_string).collect()),
        ValueData::Binary(_) | ValueData::Other(..) => DataValue::Text(data.words().1),
    }
}

fn difference(names: &Names, difference: &Difference) -> DifferenceLine {
    DifferenceLine {
        principal: principal(names, difference.principal),
        at: difference.at,
        removed: difference.removed,
        added: difference.added,
        left: principals(names, &difference.left),
        joined: principals(names, &difference.joined),
        other: difference.other.clone(),
    }
}

/// What a check asks to be audited, in the order of FRC-3.
pub(super) fn audits(names: &Names, check: &CheckRecord, decision: &Decision) -> Vec<AuditLine> {
    let class = check.object.class;
    let uses = decision.privilege_use.iter().map(|used| AuditEventLine::PrivilegeUse {
        privilege: used.privilege.name(),
        requested: mask(used.requested, class),
        surviving: mask(used.surviving, class),
        success: used.success,
    });
    let accesses = decision.events.iter().map(|event| {
        let (by, ace, policy, rule) = match &event.trigger {
            AuditTrigger::Sacl(index) => ("sacl", Some(*index), None, None),
            AuditTrigger::Policy { policy, rule, index, .. } => {
                ("policy", Some(*index), Some(principal(names, *policy)), Some(*rule))
            }
            AuditTrigger::Forced => ("token", None, None, None),
        };
        AuditEventLine::Access {
            by,
            ace,
            policy,
            rule,
            requested: mask(event.requested, class),
            granted: mask(event.granted, class),
            success: event.success,
        }
    });
    let reports = decision.diagnostics.iter().map(|report| match report {
        PolicyDiagnostic::SaclError { staged, policy, rule } => {
            AuditEventLine::PolicyError { policy: principal(names, *policy), rule: *rule, staged: *staged }
        }
        PolicyDiagnostic::StagingMismatch { effective, staged, nodes_differ: _ } => {
            AuditEventLine::StagingMismatch { granted: mask(*effective, class), staged: mask(*staged, class) }
        }
    });
    let who = &check.who;
    uses.chain(accesses)
        .chain(reports)
        .map(|event| AuditLine {
            event,
            subject: who.subject.map(|sid| principal(names, sid)),
            effective: principal(names, who.effective),
            effective_level: who.level.map(ImpersonationLevel::name),
        })
        .collect()
}

/// What a check leaves to be watched through the handle; without a handle there is nothing to watch (AUD-5).
pub(super) fn watched(check: &CheckRecord, decision: &Decision) -> Option<Mask> {
    let class = check.object.class;
    let watches = decision.allowed && !decision.alarm_mask.is_empty() && class != ObjectType::Key;
    watches.then(|| mask(decision.alarm_mask, class))
}
