//! Handles: the mask that was granted when they were opened, and the mask tests of later operations.
//!
//! Authority: FILE-3 to FILE-7, FILE-35, KEY-11, IMP-27. No decision is made here: a handle outlives the identity that opened it.

use std::sync::Arc;

use super::op::{DeniedBy, ErrorName, Failure, Success};
use super::path::Name;
use super::record::{Fact, HandleUse, ObjectName, Recorder};
use super::{Held, Line, World};
use crate::access::Descriptor;
use crate::ids::{ConnectionId, HandleId, ObjectId, ProcessId, Slot, ThreadId, TokenId};
use crate::rights::{AccessMask, ObjectType};
use crate::sid::Sid;

/// An open handle.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Handle {
    /// Whose handle table it is in; every thread of the process can use it (PRC-1).
    pub process: ProcessId,
    /// What it is on.
    pub target: HandleTarget,
    /// What it was opened with; never changes.
    pub granted: AccessMask,
    /// Whether it carries no mask: nothing is asked about its object (FILE-31).
    pub unmanaged: bool,
    /// Operations that are reported one by one (AUD-6).
    pub alarm: AccessMask,
    /// The name that goes when the last such handle is closed (FILE-21).
    pub(super) doomed: Option<Name>,
    /// The user that was evaluated when it was opened.
    pub opened_as: Sid,
    /// The thread that opened it.
    pub opened_by: ThreadId,
    /// The descriptor of its object then: a later one does not touch the handle, but the trace tells of it.
    pub opened_under: Option<Arc<Descriptor>>,
}

/// A handle that is about to be.
pub(super) struct Opening {
    pub target: HandleTarget,
    pub granted: AccessMask,
    pub unmanaged: bool,
    pub alarm: AccessMask,
    /// The name that goes when it is closed.
    pub doomed: Option<Name>,
}

impl Opening {
    /// One that nothing watches and that takes nothing along.
    pub(super) fn plain(target: HandleTarget, granted: AccessMask) -> Opening {
        Opening { target, granted, unmanaged: false, alarm: AccessMask::NONE, doomed: None }
    }

    /// One without a mask (FILE-31).
    pub(super) fn unmanaged(target: HandleTarget, doomed: Option<Name>) -> Opening {
        Opening { unmanaged: true, doomed, ..Opening::plain(target, AccessMask::NONE) }
    }
}

/// What a handle is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HandleTarget {
    /// A file, directory or key.
    Object(ObjectId),
    /// A token, and the connection that it was captured from.
    Token(TokenId, Option<ConnectionId>),
}

impl Handle {
    /// The object whose name goes with it.
    pub(super) fn dooms(&self) -> Option<ObjectId> {
        match (self.target, &self.doomed) {
            (HandleTarget::Object(id), Some(_)) => Some(id),
            _ => None,
        }
    }
}

/// The refusal of a mask test: the program sees `ACCESS_DENIED`, but nothing was decided anew (FILE-3).
pub(super) fn outside_mask() -> Failure {
    Failure { error: ErrorName::AccessDenied, denied: Some(DeniedBy::Handle) }
}

impl World {
    pub(super) fn open_handle(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        Opening { target, granted, unmanaged, alarm, doomed }: Opening,
    ) {
        let who = self.who(thread);
        let handle = Handle {
            process: self.thread(thread).process,
            target,
            granted,
            unmanaged,
            alarm,
            doomed,
            opened_as: who.subject.unwrap_or(who.effective),
            opened_by: thread,
            opened_under: match target {
                HandleTarget::Object(id) => self.security_of(id).cloned(),
                HandleTarget::Token(..) => None,
            },
        };
        if handle.doomed.is_some()
            && let HandleTarget::Object(id) = target
        {
            self.doomed.insert(id);
        }
        // A handle that no name holds could never be used: it is closed at once.
        let Some(slot) = bind else {
            self.let_go(handle);
            return;
        };
        let id = self.put_handle(handle);
        self.set_slot(thread, slot, Some(Held::Handle(id)));
    }

    /// The handle in a slot; an empty slot or something else is `INVALID_HANDLE`.
    pub(super) fn handle_in(&self, thread: ThreadId, slot: Slot) -> Result<(HandleId, &Handle), Failure> {
        let Some(Held::Handle(id)) = self.slot(thread, slot) else {
            return Err(ErrorName::InvalidHandle.into());
        };
        Ok((id, self.handle(id).ok_or(ErrorName::InvalidHandle)?))
    }

    /// A use of a handle, and what has happened to its object since it was opened (FILE-4).
    pub(super) fn handle_use(&self, handle: &Handle, required: AccessMask) -> HandleUse {
        let object = match handle.target {
            HandleTarget::Object(id) => Some((self.object(id), self.security_of(id))),
            HandleTarget::Token(..) => None,
        };
        HandleUse {
            object: self.describe_target(handle.target),
            granted: handle.granted,
            unmanaged: handle.unmanaged,
            required,
            opened_as: handle.opened_as,
            descriptor_changed: object.is_some_and(|(_, now)| now != handle.opened_under.as_ref()),
            nameless: object.is_some_and(|(object, _)| object.nameless),
        }
    }

    fn describe_target(&self, target: HandleTarget) -> ObjectName {
        match target {
            HandleTarget::Object(id) => self.describe(id),
            HandleTarget::Token(..) => ObjectName { class: ObjectType::Token, path: String::new() },
        }
    }

    /// Tests the mask of a handle for the rights that an operation needs: one of `any`, which is not empty. Rights of which
    /// either is enough are watched together.
    pub(super) fn test_mask<R: Recorder>(
        &self,
        handle: &Handle,
        any: &[AccessMask],
        recorder: &mut R,
    ) -> Result<(), Failure> {
        let required = any.first().copied().unwrap_or(AccessMask::NONE);
        recorder.fact(|_| Fact::HandleUse(self.handle_use(handle, required)));
        let fits = handle.unmanaged || any.iter().any(|mask| handle.granted.contains(*mask));
        let watched = any.iter().fold(AccessMask::NONE, |all, mask| all | *mask) & handle.alarm;
        if !watched.is_empty() {
            recorder.fact(|_| Fact::ContinuousAudit(self.handle_use(handle, watched), fits));
        }
        if fits { Ok(()) } else { Err(outside_mask()) }
    }

    pub(super) fn close<R: Recorder>(
        &mut self,
        thread: ThreadId,
        slot: Slot,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        match self.slot(thread, slot) {
            Some(Held::Connection(id)) => self.close_connection(thread, id)?,
            Some(Held::Handle(id)) => {
                let handle = self.remove_handle(id).ok_or(ErrorName::InvalidHandle)?;
                recorder.fact(|_| Fact::HandleUse(self.handle_use(&handle, AccessMask::NONE)));
                self.let_go(handle);
                Success::Ok
            }
            None => return Err(ErrorName::InvalidHandle.into()),
        };
        self.set_slot(thread, slot, None);
        Ok(Success::Ok)
    }

    /// Closes a handle of a process that has ended.
    pub(super) fn close_handle(&mut self, id: HandleId) {
        if let Some(handle) = self.remove_handle(id) {
            self.let_go(handle);
        }
    }

    /// Takes a handle out of the table of its process.
    fn remove_handle(&mut self, id: HandleId) -> Option<Handle> {
        let handle = self.handles.get_mut(id.index()).and_then(Option::take)?;
        self.free_handles.push(id);
        if let Some(process) = self.processes.get_mut(handle.process.index()) {
            process.handles.remove(&id);
        }
        if let Some(object) = handle.dooms() {
            self.dooming.remove(&(object, id));
        }
        Some(handle)
    }

    /// A handle that came over a connection, in the receiver's table; without a name it is closed at once.
    pub(super) fn take_handle(&mut self, thread: ThreadId, bind: Option<Slot>, handle: Handle) {
        let Some(slot) = bind else {
            self.let_go(handle);
            return;
        };
        let process = self.thread(thread).process;
        let id = self.put_handle(Handle { process, ..handle });
        self.set_slot(thread, slot, Some(Held::Handle(id)));
    }

    /// A copy of a handle refers to its token too.
    pub(super) fn share_handle(&mut self, handle: &Handle) {
        if let HandleTarget::Token(token, _) = handle.target {
            self.share_token(token);
        }
    }

    pub(super) fn put_handle(&mut self, handle: Handle) -> HandleId {
        let id = self.free_handles.pop().unwrap_or(HandleId(self.handles.len() as u32));
        if let Some(process) = self.processes.get_mut(handle.process.index()) {
            process.handles.insert(id);
        }
        if let Some(object) = handle.dooms() {
            self.dooming.insert((object, id));
        }
        match self.handles.get_mut(id.index()) {
            Some(place) => *place = Some(handle),
            None => self.handles.push(Some(handle)),
        }
        id
    }

    /// What goes with a handle: its token, or the name that was to go with the last of its kind (FILE-21). While a name is
    /// doomed nobody else opens the file, so all handles that doom it come from one open.
    pub(super) fn let_go(&mut self, handle: Handle) {
        match (handle.target, handle.doomed) {
            (HandleTarget::Token(token, _), _) => self.drop_token(token),
            (HandleTarget::Object(id), Some(name)) => {
                let mut others = self.dooming.range((id, HandleId(0))..=(id, HandleId(u32::MAX)));
                if others.next().is_none() {
                    self.doomed.remove(&id);
                    self.take_name(&name, id);
                }
            }
            (HandleTarget::Object(_), None) => {}
        }
    }

    /// Passes what a name holds to another thread of the process; no identity is asked (FILE-5, PRC-12).
    pub(super) fn give(&mut self, thread: ThreadId, slot: Slot, to: ThreadId) -> Result<Success, Failure> {
        let held = self.slot(thread, slot).ok_or(ErrorName::InvalidHandle)?;
        if self.thread(to).process != self.thread(thread).process {
            return Err(ErrorName::WrongState.into());
        }
        self.set_slot(thread, slot, None);
        if let Some(target) = self.threads.get_mut(to.index()) {
            target.inbox.push_back(held);
        }
        self.serve(Line::Inbox(to));
        Ok(Success::Ok)
    }

    /// Takes what was given, or waits for it.
    pub(super) fn take(&mut self, thread: ThreadId, bind: Option<Slot>) -> Option<Result<Success, Failure>> {
        let Some(held) = self.threads.get_mut(thread.index())?.inbox.pop_front() else {
            self.wait_in(thread, Line::Inbox(thread));
            return None;
        };
        if let Held::Connection(id) = held {
            self.set_serving(thread, Some(id));
        }
        self.bind(thread, bind, held);
        Some(Ok(Success::Ok))
    }
}
