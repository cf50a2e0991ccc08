//! Processes and threads: how they begin, run another program and end. What one does to another is in `reach`.
//!
//! Authority: PRC-1 to PRC-7, PRC-9, FILE-8, IMP-25, IMP-26, SES-5, TOK-41.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::check::Ask;
use super::declare::ProgramDecl;
use super::file::{Defaults, Given};
use super::logon::Logon;
use super::op::{ErrorName, Failure, SpawnToken, Success};
use super::record::{CheckPurpose, Fact, Recorder, Remark};
use super::{Handle, Held, Process, ProcessState, World};
use crate::access::{Descriptor, Intents, ProcessTrust};
use crate::ids::{ProcessId, Slot, ThreadId, TokenId};
use crate::privilege::Privilege;
use crate::rights::{AccessMask, ObjectType};
use crate::sd::{Ace, AceFlags, AceType, Acl, SecurityDescriptor};
use crate::sid::{self, SYSTEM, Sid};
use crate::token::{IntegrityLevel, MandatoryPolicy, Token};

/// The first pid; the others are its multiples (PRC-1).
const PID_STEP: u32 = 100;
const FILE_EXECUTE: AccessMask = AccessMask(0x20);
const PROCESS_QUERY_LIMITED: AccessMask = AccessMask(0x1000);

impl World {
    /// The next free multiple of 100: above every tid that was ever given.
    pub(super) fn next_pid(&mut self, threads: u32) -> u32 {
        let pid = self.next_pid;
        self.next_pid = pid.saturating_add(threads.max(1)).div_ceil(PID_STEP).saturating_mul(PID_STEP);
        pid
    }

    /// `spawn P …`: a process with a token of its own, none of the parent's names, and no installed identity (PRC-2, IMP-25).
    pub(super) fn spawn<R: Recorder>(
        &mut self,
        actor: ThreadId,
        child: ProcessId,
        (how, inherited): (SpawnToken, &[Slot]),
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        if self.process(child).state == ProcessState::Running {
            return Err(ErrorName::Busy.into());
        }
        let parent = self.thread(actor).process;
        if self.process(parent).no_child_process {
            return Err(ErrorName::AccessDenied.into());
        }
        let handles = self.inherited(actor, inherited)?;
        let own = self.token(self.process(parent).primary).clone();
        let (user, group) = (own.facts().user, own.primary_group());
        let primary = match how {
            SpawnToken::Own => self.add_token(own),
            SpawnToken::Held(slot) => {
                let token = self.assignable(actor, slot, recorder)?;
                self.add_token(token)
            }
            SpawnToken::User(account) => {
                // A logon (SES-4) whose token becomes a primary one (PRC-6): both gates, as for the single steps.
                self.require(actor, Privilege::TCB, recorder)?;
                self.require_of_process(actor, Privilege::ASSIGN_PRIMARY_TOKEN, recorder)?;
                self.log_on(actor, account, None)?
            }
            SpawnToken::Elevated => {
                let pair = self.session(own.facts().session).and_then(|session| session.pair);
                let full = self.token(pair.ok_or(ErrorName::NotFound)?.full).clone();
                self.add_token(full)
            }
        };
        let token = self.token(primary).facts().user;
        let owner = if token == user { (user, group) } else { (token, self.token(primary).primary_group()) };
        let from = self.process(parent);
        let (block, host) = ((from.trust, from.no_child_process), from.host);
        self.start_process(child, primary, block);
        if let Some(child) = self.processes.get_mut(child.index()) {
            child.host = host;
        }
        self.guard_process(child, owner.0, owner.1);
        let pid = self.process(child).pid;
        recorder.fact(|_| Fact::Started(pid, token));
        self.hand_down(child, handles, recorder);
        Ok(Success::Ok)
    }

    /// The handles that a child shall have; one that is none refuses the whole.
    fn inherited(&self, actor: ThreadId, slots: &[Slot]) -> Result<Vec<Handle>, Failure> {
        slots.iter().map(|slot| self.handle_in(actor, *slot).map(|(_, handle)| handle.clone())).collect()
    }

    /// Copies of the parent's handles, on the same objects with the same masks (PRC-2). They wait for the child's first thread,
    /// which takes them like anything that is given to it.
    fn hand_down<R: Recorder>(&mut self, child: ProcessId, handles: Vec<Handle>, recorder: &mut R) {
        if handles.is_empty() {
            return;
        }
        let first = ThreadId(self.process(child).threads.0);
        for handle in handles {
            recorder.fact(|_| Fact::HandleUse(self.handle_use(&handle, AccessMask::NONE)));
            self.share_handle(&handle);
            let id = self.put_handle(Handle { process: child, ..handle });
            if let Some(thread) = self.threads.get_mut(first.index()) {
                thread.inbox.push_back(Held::Handle(id));
            }
        }
        recorder.fact(|_| Fact::Remark(Remark::HandleTransfer));
    }

    /// Puts a process that waits, or has ended, at its beginning with this primary token.
    fn start_process(&mut self, id: ProcessId, primary: TokenId, (trust, childless): (ProcessTrust, bool)) {
        let (first, count) = self.process(id).threads;
        let pid = self.next_pid(count);
        let before = self.process(id).state;
        let old = self.process(id).primary;
        let mut live = 0;
        for n in 0..count {
            let thread = ThreadId(first + n);
            self.reset_thread(thread, before);
            let Some(state) = self.threads.get_mut(thread.index()) else { continue };
            state.tid = pid + n;
            if state.waits {
                state.state = ProcessState::Waiting;
            } else {
                live += 1;
                self.started.push_back(thread);
            }
        }
        if let Some(process) = self.processes.get_mut(id.index()) {
            process.pid = pid;
            process.primary = primary;
            process.trust = process.signed.unwrap_or(trust);
            process.no_child_process |= childless;
            process.live_threads = live;
            process.state = ProcessState::Running;
            process.stopped = false;
        }
        if before == ProcessState::Ended {
            self.tokens.forget(old);
        }
    }

    /// A thread at its beginning: nothing of an earlier life is left on it.
    fn reset_thread(&mut self, thread: ThreadId, before: ProcessState) {
        self.set_serving(thread, None);
        let Some(state) = self.threads.get_mut(thread.index()) else { return };
        let installed = state.installed.take();
        let ended = state.state == ProcessState::Ended || before == ProcessState::Ended;
        state.slots.iter_mut().for_each(|slot| *slot = None);
        state.inbox.clear();
        state.state = ProcessState::Running;
        if let Some(installed) = installed.filter(|_| ended) {
            self.tokens.forget(installed.token);
        }
    }

    /// `spawn thread T`: it shares the primary token, and begins without an installed identity (PRC-3, IMP-25).
    pub(super) fn spawn_thread(&mut self, actor: ThreadId, thread: ThreadId) -> Result<Success, Failure> {
        let process = self.thread(actor).process;
        if self.thread(thread).process != process {
            return Err(ErrorName::WrongState.into());
        }
        if self.thread(thread).state == ProcessState::Running {
            return Err(ErrorName::Busy.into());
        }
        self.reset_thread(thread, ProcessState::Running);
        self.started.push_back(thread);
        if let Some(process) = self.processes.get_mut(process.index()) {
            process.live_threads += 1;
        }
        Ok(Success::Ok)
    }

    /// `exec "image"`: another program in the same process (PRC-4).
    pub(super) fn exec<R: Recorder>(
        &mut self,
        actor: ThreadId,
        path: &str,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let image = self.find(actor, path, (false, true), recorder)?.existing()?;
        if self.object(image).class != ObjectType::File {
            return Err(ErrorName::IsADirectory.into());
        }
        let program = self.programs.get(&image).copied();
        if program == Some(ProgramDecl::NotExecutable) {
            recorder.fact(|_| Fact::Reason("it is not marked as a program (FILE-8)".to_owned()));
            return Err(ErrorName::AccessDenied.into());
        }
        let ask = Ask {
            purpose: CheckPurpose::Target,
            desired: FILE_EXECUTE,
            intents: Intents::empty(),
            object: &|world| world.describe(image),
        };
        // The right is the subject's, so an impersonating thread needs the client's; what runs then is the process again.
        self.decide_object(actor, image, &ask, recorder)?;
        self.revert(actor);
        let process = self.thread(actor).process;
        let (first, count) = self.process(process).threads;
        self.interrupt((first..first + count).map(ThreadId).filter(|other| *other != actor));
        if let Some(state) = self.processes.get_mut(process.index()) {
            state.live_threads = 1;
            state.trust = match program {
                Some(ProgramDecl::Signed(trust)) => trust,
                Some(ProgramDecl::NotExecutable) | None => ProcessTrust::default(),
            };
        }
        let label = self.security_of(image).map_or(IntegrityLevel::Medium, file_label);
        let token = self.primary_token(actor);
        let falls = token.facts().mandatory_policy.contains(MandatoryPolicy::NEW_PROCESS_MIN)
            && label < token.facts().integrity;
        if falls {
            let token = token.clone();
            let lowered = self.lowered(&token, label);
            self.replace_primary(process, lowered);
            recorder.fact(|_| Fact::Remark(Remark::IntegrityLowered));
        }
        Ok(Success::Ok)
    }

    /// A thread has come to the end of its program: what it acted as goes with it, and with the last thread its process
    /// (IMP-26, PRC-7).
    pub fn end_thread(&mut self, thread: ThreadId) {
        if !self.stop_thread(thread) {
            return;
        }
        let process = self.thread(thread).process;
        let Some(owner) = self.processes.get_mut(process.index()) else { return };
        owner.live_threads = owner.live_threads.saturating_sub(1);
        if owner.live_threads == 0 {
            self.end_process(process);
        }
    }

    /// Whether the thread was running. What it was stays to be looked at; its identity counts for no session any more.
    fn stop_thread(&mut self, thread: ThreadId) -> bool {
        let Some(state) = self.threads.get_mut(thread.index()) else { return false };
        if state.state != ProcessState::Running {
            return false;
        }
        state.state = ProcessState::Ended;
        let installed = state.installed;
        if let Some(installed) = installed {
            self.retire_token(installed.token);
        }
        true
    }

    /// Ends threads wherever they are, out of the lines in which they wait. Each line is gone through once, however many of
    /// them wait there.
    fn interrupt(&mut self, threads: impl Iterator<Item = ThreadId>) {
        let mut lines = BTreeSet::new();
        for thread in threads {
            if !self.stop_thread(thread) {
                continue;
            }
            self.interrupted.push_back(thread);
            lines.extend(self.threads.get_mut(thread.index()).and_then(|state| state.line.take()));
        }
        for line in lines {
            let Some(waiting) = self.waiting_in(line).map(std::mem::take) else { continue };
            let alive =
                waiting.into_iter().filter(|waits| self.thread(*waits).state == ProcessState::Running);
            let alive = alive.collect();
            if let Some(waiting) = self.waiting_in(line) {
                *waiting = alive;
            }
        }
    }

    /// Ends a process with everything that it holds: threads, connections, handles, tokens (PRC-7). What was opened with its
    /// identity elsewhere goes on.
    pub fn end_process(&mut self, process: ProcessId) {
        if self.process(process).state != ProcessState::Running {
            return;
        }
        let (first, count) = self.process(process).threads;
        self.interrupt((first..first + count).map(ThreadId));
        if let Some(state) = self.processes.get_mut(process.index()) {
            state.state = ProcessState::Ended;
            state.live_threads = 0;
        }
        self.close_connections_of(process);
        let open = self.processes.get_mut(process.index()).map(|state| std::mem::take(&mut state.handles));
        open.into_iter().flatten().for_each(|id| self.close_handle(id));
        let primary = self.process(process).primary;
        self.retire_token(primary);
    }

    /// Gives a process its descriptor: the default one, with what was declared in its place (PRC-9).
    pub(super) fn guard_process(&mut self, process: ProcessId, user: Sid, group: Sid) {
        let default = process_descriptor(user, group);
        let declared = self.process(process).declared.clone();
        let source = match &declared {
            None => default,
            Some(parts) => {
                let dacl = default.dacl.clone().map(Arc::new);
                let defaults = Defaults { owner: user, group, dacl };
                // What is declared was tried when the world was built.
                self.new_descriptor(None, Given::Created(parts), &defaults, ObjectType::Process)
                    .unwrap_or(default)
            }
        };
        self.set_process_descriptor(process, source);
    }

    fn set_process_descriptor(&mut self, process: ProcessId, source: SecurityDescriptor) {
        let mapping = self.model.mapping(ObjectType::Process);
        let sids = Arc::make_mut(&mut self.sids);
        let descriptor = Arc::new(Descriptor::compile(source, mapping, &self.model, sids));
        if let Some(state) = self.processes.get_mut(process.index()) {
            state.descriptor = descriptor;
        }
    }

    /// The default descriptor in the place of whatever a process had, as its user is another one now (PRC-6).
    pub(super) fn guard_anew(&mut self, process: ProcessId, user: Sid, group: Sid) {
        self.set_process_descriptor(process, process_descriptor(user, group));
    }

    /// A declared process begins (PRC-17): the trusted starter asks for no right.
    pub(super) fn start_declared(&mut self, process: ProcessId, logon: &Logon<'_>) -> Result<(), String> {
        let primary = self.mint(logon)?;
        self.start_process(process, primary, (ProcessTrust::default(), false));
        let token: &Token = self.token(primary);
        let (user, group) = (token.facts().user, token.primary_group());
        self.guard_process(process, user, group);
        Ok(())
    }
}

impl Process {
    /// The threads of a process, in order.
    pub fn thread_ids(&self) -> impl Iterator<Item = ThreadId> + use<> {
        let (first, count) = self.threads;
        (first..first + count).map(ThreadId)
    }
}

/// The level of a program: its label, Medium without one (PRC-5). A level between two of the five counts as the lower one.
fn file_label(descriptor: &Arc<Descriptor>) -> IntegrityLevel {
    let entries = descriptor.source().sacl.as_ref().map_or(&[][..], |sacl| &sacl.aces);
    let counts =
        |ace: &&Ace| ace.kind == AceType::MANDATORY_LABEL && !ace.flags.contains(AceFlags::INHERIT_ONLY);
    let label = entries.iter().find(counts).and_then(|ace| ace.sid.rid());
    let Some(label) = label else { return IntegrityLevel::Medium };
    let below = IntegrityLevel::ALL.iter().rev().find(|(_, rid, _)| *rid <= label);
    below.map_or(IntegrityLevel::Untrusted, |(level, _, _)| *level)
}

/// PRC-9
fn process_descriptor(user: Sid, group: Sid) -> SecurityDescriptor {
    let all = ObjectType::Process.mapping().all;
    SecurityDescriptor {
        owner: Some(user),
        group: Some(group),
        dacl: Some(Acl::new(vec![
            Ace::basic(AceType::ALLOW, user, all),
            Ace::basic(AceType::ALLOW, sid::ADMINISTRATORS, all),
            Ace::basic(AceType::ALLOW, SYSTEM, all),
            Ace::basic(AceType::ALLOW, sid::EVERYONE, PROCESS_QUERY_LIMITED),
        ])),
        ..SecurityDescriptor::default()
    }
}
