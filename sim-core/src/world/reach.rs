//! What a process does to another one: looking at it, ending it, stopping it, taking a handle out of it.
//!
//! Authority: PRC-8, PRC-10 to PRC-12, PRC-14.

use super::check::Ask;
use super::op::{DeniedBy, ErrorName, Failure, ProcessUse, Success};
use super::record::{CheckPurpose, Fact, ObjectName, Recorder, Remark};
use super::{Held, ProcessState, World};
use crate::access::Intents;
use crate::ids::{ProcessId, Slot, ThreadId};
use crate::privilege::{Privilege, PrivilegeState};
use crate::rights::{AccessMask, ObjectType};

const PROCESS_DUP_HANDLE: AccessMask = AccessMask(0x40);

impl World {
    /// `kill P`, `signal P …` and what else takes a right on a process (PRC-8, PRC-11). A process may do all of it to itself.
    pub(super) fn use_process<R: Recorder>(
        &mut self,
        actor: ThreadId,
        process: ProcessId,
        how: ProcessUse,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        self.reach_process(actor, process, how.right(), recorder)?;
        match how {
            ProcessUse::Terminate => self.end_process(process),
            ProcessUse::Stop => self.stop_process(process),
            ProcessUse::Continue => self.continue_process(process),
            ProcessUse::Priority if process != self.thread(actor).process => {
                self.require(actor, Privilege::INCREASE_BASE_PRIORITY, recorder)?;
            }
            // What they do there decides nothing here.
            ProcessUse::Child
            | ProcessUse::Urgent
            | ProcessUse::Window
            | ProcessUse::Probe
            | ProcessUse::ReadMemory
            | ProcessUse::WriteMemory
            | ProcessUse::Priority => {}
        }
        Ok(Success::Ok)
    }

    fn stop_process(&mut self, process: ProcessId) {
        if let Some(state) = self.processes.get_mut(process.index()) {
            state.stopped = true;
        }
    }

    fn continue_process(&mut self, process: ProcessId) {
        let Some(state) = self.processes.get_mut(process.index()) else { return };
        if std::mem::take(&mut state.stopped) {
            let threads = state.thread_ids();
            self.woken.extend(threads);
        }
    }

    /// Whether a thread's process was stopped by a signal, so that its turn has to wait (PRC-11).
    #[must_use]
    pub fn is_stopped(&self, thread: ThreadId) -> bool {
        self.process(self.thread(thread).process).stopped
    }

    /// `h = take_handle NAME in P`: a handle of another process, with its whole mask; its object is not asked (PRC-12).
    pub(super) fn duplicate_handle<R: Recorder>(
        &mut self,
        actor: ThreadId,
        bind: Option<Slot>,
        (owner, slot): (ThreadId, Slot),
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        self.reach_process(actor, self.thread(owner).process, PROCESS_DUP_HANDLE, recorder)?;
        let Some(Held::Handle(id)) = self.slot(owner, slot) else {
            return Err(ErrorName::InvalidHandle.into());
        };
        let handle = self.handle(id).ok_or(ErrorName::InvalidHandle)?.clone();
        recorder.fact(|_| Fact::HandleUse(self.handle_use(&handle, AccessMask::NONE)));
        recorder.fact(|_| Fact::Remark(Remark::HandleTransfer));
        self.share_handle(&handle);
        self.take_handle(actor, bind, handle);
        Ok(Success::Ok)
    }

    /// Access to another process: its descriptor, which SeDebugPrivilege replaces, and its trust, which nothing does. A process
    /// reaches itself unasked (PRC-10).
    pub(super) fn reach_process<R: Recorder>(
        &mut self,
        thread: ThreadId,
        process: ProcessId,
        desired: AccessMask,
        recorder: &mut R,
    ) -> Result<(), Failure> {
        if process == self.thread(thread).process {
            return Ok(());
        }
        // Nobody reaches into another machine.
        let far = self.across_hosts(process, self.thread(thread).process);
        if far || self.process(process).state != ProcessState::Running {
            return Err(ErrorName::NotFound.into());
        }
        if self.privilege_gate(thread, Privilege::DEBUG, recorder) != PrivilegeState::Held {
            let descriptor = self.process(process).descriptor.clone();
            let ask = Ask {
                purpose: CheckPurpose::Target,
                desired,
                intents: Intents::empty(),
                object: &|world| ObjectName {
                    class: ObjectType::Process,
                    path: world.process(process).name.to_string(),
                },
            };
            self.decide(thread, &descriptor, &ask, recorder)?;
        }
        let own = self.process(self.thread(thread).process).trust;
        if own.dominates(self.process(process).trust) {
            Ok(())
        } else {
            Err(Failure { error: ErrorName::AccessDenied, denied: Some(DeniedBy::Trust) })
        }
    }
}
