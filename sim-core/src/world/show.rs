//! Inspection: who a thread is, as data; the layout is the trace's matter.
//!
//! Authority: IMP-38 to IMP-40.

use std::sync::Arc;

use super::World;
use super::handle::{HandleTarget, outside_mask};
use super::op::{ErrorName, Failure, Success, TokenOf};
use super::record::{Fact, Recorder};
use crate::ids::{ProcessId, Slot, ThreadId};
use crate::privilege::{Privilege, PrivilegeState};
use crate::rights::AccessMask;
use crate::sid::Sid;
use crate::token::{AuditPolicy, GroupAttributes, ImpersonationLevel, IntegrityLevel, Token};

const TOKEN_QUERY: AccessMask = AccessMask(0x8);
const PROCESS_QUERY_INFORMATION: AccessMask = AccessMask(0x400);

/// A token as `show` prints it (IMP-38).
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The user.
    pub user: Sid,
    /// The integrity level.
    pub integrity: IntegrityLevel,
    /// The session's label and how it came about.
    pub session: Arc<str>,
    /// `Interactive`, `Network`, …
    pub session_kind: &'static str,
    /// Which form: of a thread with or without a level, or of a process.
    pub form: ShownForm,
    /// The groups in token order.
    pub groups: Vec<ShownGroup>,
    /// The privileges in bit order.
    pub privileges: Vec<(Privilege, PrivilegeState)>,
    /// The second list of a restricted token.
    pub restricting: Vec<Sid>,
    /// The sandbox: its SID and capabilities.
    pub confinement: Option<(Sid, Vec<Sid>)>,
    /// Whether the process may start no other one.
    pub no_child_process: bool,
    /// What is audited whatever objects say (TOK-36).
    pub audit_policy: AuditPolicy,
    /// The interactive session (TOK-18).
    pub interactive_session: u32,
    /// How many adjustments have succeeded on it (TOK-20).
    pub adjustments: u32,
}

/// Whose token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownForm {
    /// A thread's effective token, and its level while it impersonates.
    Thread(Option<ImpersonationLevel>),
    /// A process's primary token.
    Process,
}

/// A group of a shown token.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownGroup {
    /// The group.
    pub sid: Sid,
    /// The session's label, of a logon SID.
    pub logon: Option<Arc<str>>,
    /// `mandatory`, `enabled`, `disabled` or `deny-only`.
    pub state: &'static str,
}

/// A row of `show threads` (IMP-39).
#[derive(Clone, Debug, PartialEq)]
pub struct ShownThread {
    /// The tid.
    pub tid: u32,
    /// Whether it impersonates.
    pub impersonating: bool,
    /// The effective user.
    pub user: Sid,
}

impl World {
    pub(super) fn show_own<R: Recorder>(
        &mut self,
        thread: ThreadId,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        recorder.fact(|_| Fact::Shown(Box::new(self.show_thread(thread))));
        Ok(Success::Ok)
    }

    /// A thread's effective token (IMP-38).
    #[must_use]
    pub fn show_thread(&self, thread: ThreadId) -> Shown {
        let level = self.thread(thread).installed.and_then(|_| self.effective_token(thread).level());
        self.shown(self.effective_token(thread), ShownForm::Thread(level))
    }

    /// A process's primary token.
    #[must_use]
    pub fn show_process(&self, process: ProcessId) -> Shown {
        let shown = self.shown(self.token(self.process(process).primary), ShownForm::Process);
        Shown { no_child_process: self.process(process).no_child_process, ..shown }
    }

    /// The threads of a process by tid (IMP-39).
    #[must_use]
    pub fn show_process_threads(&self, process: ProcessId) -> Vec<ShownThread> {
        let mut rows: Vec<ShownThread> = (0..self.threads().len() as u32)
            .map(ThreadId)
            .filter(|id| self.thread(*id).process == process)
            .map(|id| ShownThread {
                tid: self.thread(id).tid,
                impersonating: self.thread(id).installed.is_some(),
                user: self.effective_token(id).facts().user,
            })
            .collect();
        rows.sort_by_key(|row| row.tid);
        rows
    }

    pub(super) fn show_threads<R: Recorder>(
        &mut self,
        thread: ThreadId,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let process = self.thread(thread).process;
        recorder.fact(|_| Fact::ShownThreads(self.show_process_threads(process)));
        Ok(Success::Ok)
    }

    /// `show t`: a token in hand, with TOKEN_QUERY, or the captured one of a connection.
    pub(super) fn show_token<R: Recorder>(
        &mut self,
        thread: ThreadId,
        slot: Slot,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let token = match self.slot(thread, slot) {
            Some(super::Held::Connection(id)) => {
                self.connection(id).captured.ok_or(ErrorName::NoPeerToken)?
            }
            Some(super::Held::Handle(_)) => {
                let (_, handle) = self.handle_in(thread, slot)?;
                let HandleTarget::Token(token, _) = handle.target else {
                    return Err(ErrorName::InvalidHandle.into());
                };
                if !handle.granted.contains(TOKEN_QUERY) {
                    return Err(outside_mask());
                }
                token
            }
            None => return Err(ErrorName::InvalidHandle.into()),
        };
        let token = self.token(token);
        let shown =
            self.shown(token, token.level().map_or(ShownForm::Process, |l| ShownForm::Thread(Some(l))));
        recorder.fact(|_| Fact::Shown(Box::new(shown)));
        Ok(Success::Ok)
    }

    /// `show process P`, `show thread P.T`: PROCESS_QUERY_INFORMATION and trust; a process may always look at itself
    /// (TOK-30).
    pub(super) fn show_other<R: Recorder>(
        &mut self,
        thread: ThreadId,
        of: TokenOf,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let shown = match of {
            TokenOf::Own => self.show_thread(thread),
            TokenOf::Process(process) => {
                self.reach_process(thread, process, PROCESS_QUERY_INFORMATION, recorder)?;
                self.show_process(process)
            }
            TokenOf::Thread(other) => {
                let process = self.thread(other).process;
                self.reach_process(thread, process, PROCESS_QUERY_INFORMATION, recorder)?;
                self.show_thread(other)
            }
        };
        recorder.fact(|_| Fact::Shown(Box::new(shown)));
        Ok(Success::Ok)
    }

    fn shown(&self, token: &Token, form: ShownForm) -> Shown {
        let facts = token.facts();
        let session = self.session(facts.session);
        let label = session.map_or_else(|| Arc::from("?"), |session| session.label.clone());
        let groups = facts
            .groups
            .iter()
            .enumerate()
            .map(|(n, group)| ShownGroup {
                sid: group.sid,
                logon: group.attributes.contains(GroupAttributes::LOGON_ID).then(|| label.clone()),
                state: if group.attributes.contains(GroupAttributes::USE_FOR_DENY_ONLY) {
                    "deny-only"
                } else if token.enabled >> n & 1 == 0 {
                    "disabled"
                } else if group.attributes.contains(GroupAttributes::MANDATORY) {
                    "mandatory"
                } else {
                    "enabled"
                },
            })
            .collect();
        Shown {
            user: facts.user,
            integrity: facts.integrity,
            session: label,
            session_kind: session.map_or("Network", |session| session.kind.title()),
            form,
            groups,
            privileges: token
                .privileges
                .present
                .iter()
                .map(|privilege| (privilege, token.privileges.state(privilege)))
                .collect(),
            restricting: facts.restricted_sids.iter().map(|entry| entry.sid).collect(),
            confinement: facts
                .confinement
                .as_ref()
                .map(|sandbox| (sandbox.sid, sandbox.capabilities.iter().map(|entry| entry.sid).collect())),
            no_child_process: false,
            audit_policy: facts.audit_policy,
            interactive_session: token.interactive_session,
            adjustments: token.modified,
        }
    }
}
