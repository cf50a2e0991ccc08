//! What happens by itself and needs no right: changes of objects, of the directory and of policies while a world runs.
//!
//! Authority: language manual, section on what happens by itself; FILE-4, TOK-2, PRC-7, SES-4, SES-5, CAP-10, OWNR-9, SD-4. Nothing that is open
//! or was captured changes: handles keep their masks, tokens what they were made with.

use std::sync::Arc;

use super::change::{
    Change, ChangeError, DescriptorChange, EntryEdit, NewList, ObjectChange, PartsChange, VolumeChange,
};
use super::declare::{DescriptorParts, MissingSd, SecurityDecl};
use super::directory::Difference;
use super::op::{ErrorName, Failure, Outcome, Success};
use super::path::Name;
use super::record::{Fact, Recorder, Remark};
use super::registry::{fold, key_masks_fit};
use super::security::{assigned, given_parts};
use super::{FILE_ROOT, HIVES, Handle, HandleTarget, ProcessState, World};
use crate::ids::{ObjectId, ProcessId};
use crate::model::Model;
use crate::rights::{GenericMapping, ObjectType};
use crate::sd::edit::{Edit, EditError, edit};
use crate::sd::inherit::inherit_into;
use crate::sd::ownership::{Writer, WriterPrivileges, merge};
use crate::sd::{Ace, AceType, Acl, SdControl, SecurityDescriptor};
use crate::sid::{SYSTEM, Sid};
use crate::text::name;
use crate::token::Token;

/// Something that happens by itself, and needs no right.
#[derive(Clone, Debug, PartialEq)]
pub enum WorldOperation {
    /// `change …`, `add …`, `remove …`
    Change(Box<Change>),
    /// `kill P`: the process ends with everything that it holds (PRC-7).
    Kill(ProcessId),
    /// `logoff P`: the processes of a principal's sessions end (SES-5).
    Logoff(Sid),
}

impl World {
    /// Lets something happen that no thread does.
    pub fn happen<R: Recorder>(&mut self, operation: &WorldOperation, recorder: &mut R) -> Outcome {
        let done = match operation {
            WorldOperation::Change(change) => self.change(change, recorder),
            WorldOperation::Kill(process) => self.kill_by_itself(*process),
            WorldOperation::Logoff(user) => self.log_off(*user, recorder),
        };
        self.tell_ended_sessions(recorder);
        match done {
            Ok(()) => Outcome::Done(Success::Ok),
            Err(error) => {
                recorder.fact(|_| Fact::Reason(error.to_string()));
                Outcome::Failed(Failure::from(error_name(&error)))
            }
        }
    }

    fn kill_by_itself(&mut self, process: ProcessId) -> Result<(), ChangeError> {
        if self.process(process).state != ProcessState::Running {
            return Err(ChangeError::NotRunning);
        }
        self.end_process(process);
        Ok(())
    }

    /// There is no way to revoke a token: to end a session is to end its processes, and what others hold of it keeps
    /// working (SES-5).
    fn log_off<R: Recorder>(&mut self, user: Sid, recorder: &mut R) -> Result<(), ChangeError> {
        let mut ended = Vec::new();
        for index in 0..self.processes.len() {
            let process = ProcessId(index as u32);
            let state = self.process(process);
            let session = self.session(self.token(state.primary).facts().session);
            if state.state == ProcessState::Running && session.is_some_and(|session| session.user == user) {
                ended.push(name(&state.name).to_string());
                self.end_process(process);
            }
        }
        if ended.is_empty() {
            return Err(ChangeError::NotRunning);
        }
        recorder.fact(|_| Fact::Reason(format!("ended: {}", ended.join(", "))));
        Ok(())
    }

    fn change<R: Recorder>(&mut self, change: &Change, recorder: &mut R) -> Result<(), ChangeError> {
        match change {
            Change::Object(change) => self.change_object(change, recorder),
            Change::AddObject(object) => {
                if self.locate(object.class, &object.path).is_some() {
                    return Err(ChangeError::There);
                }
                self.add_declared(object).map_err(|error| ChangeError::Unreadable(error.why))?;
                if let Some((id, _)) = self.locate(object.class, &object.path) {
                    recorder.fact(|_| Fact::Changed(self.describe(id), self.open_handles_on(id)));
                    self.tell_whole_security(id, recorder);
                }
                Ok(())
            }
            Change::RemoveObject(class, path) => {
                let (id, name) = self.locate(*class, path).ok_or(ChangeError::NotThere)?;
                if !self.object(id).children.is_empty() {
                    return Err(ChangeError::NotEmpty);
                }
                recorder.fact(|_| Fact::Changed(self.describe(id), self.open_handles_on(id)));
                self.take_name(&name.ok_or(ChangeError::NotThere)?, id);
                Ok(())
            }
            Change::Volume(change) => self.change_volume(change, recorder),
            Change::Process(_) => Err(ChangeError::NotWhileItRuns),
            Change::Principal(_)
            | Change::AddPrincipal(_)
            | Change::RemovePrincipal(_)
            | Change::Policy(_)
            | Change::AddPolicy(_)
            | Change::RemovePolicy(_) => self.change_directory(change, recorder),
        }
    }

    /// Tokens keep what they were made with; policies are read at the next decision (TOK-2, CAP-10).
    fn change_directory<R: Recorder>(
        &mut self,
        change: &Change,
        recorder: &mut R,
    ) -> Result<(), ChangeError> {
        let now = self.now;
        let difference = Arc::make_mut(&mut self.directory).apply(change, now)?;
        match change {
            Change::Policy(_) | Change::AddPolicy(_) | Change::RemovePolicy(_) => self.read_policies(),
            Change::AddPrincipal(principal) if principal.can_log_on => self.add_own_key(principal.sid),
            _ => {}
        }
        if let Some(difference) = difference {
            recorder.fact(|_| Fact::DirectoryChanged(Box::new(difference)));
        }
        Ok(())
    }

    fn change_object<R: Recorder>(
        &mut self,
        change: &ObjectChange,
        recorder: &mut R,
    ) -> Result<(), ChangeError> {
        let (id, name) = self.locate(change.class, &change.path).ok_or(ChangeError::NotThere)?;
        let lost = change
            .values
            .iter()
            .find(|(name, data)| data.is_none() && !self.object(id).values.contains_key(&fold(name)));
        if let Some((name, _)) = lost {
            return Err(ChangeError::NoValue(name.clone()));
        }
        match &change.security {
            DescriptorChange::Whole(SecurityDecl::Missing) => self.set_descriptor(id, None),
            DescriptorChange::Whole(whole) => match (self.whole_descriptor(whole, change.class), whole) {
                (Ok(source), _) => self.store_changed(id, source)?,
                (Err(why), SecurityDecl::Damaged(_)) => self.damage(id, why),
                (Err(why), _) => return Err(ChangeError::Unreadable(why)),
            },
            DescriptorChange::Parts(parts) if *parts == PartsChange::default() => {}
            DescriptorChange::Parts(parts) => {
                let source = |id: ObjectId| {
                    let descriptor = self.security_of(id);
                    descriptor.map(|descriptor| descriptor.source().clone())
                };
                let above = name.and_then(|name| source(name.parent));
                let after = changed(source(id).as_ref(), above.as_ref(), parts, change.class, &self.model)?;
                self.store_changed(id, after)?;
            }
        }
        for (name, data) in &change.values {
            match data {
                Some(data) => self.put_value(id, name, data),
                None => self.take_value(id, name),
            }
        }
        recorder.fact(|_| Fact::Changed(self.describe(id), self.open_handles_on(id)));
        self.tell_whole_security(id, recorder);
        Ok(())
    }

    fn store_changed(&mut self, id: ObjectId, descriptor: SecurityDescriptor) -> Result<(), ChangeError> {
        if self.object(id).class == ObjectType::Key && !key_masks_fit(&descriptor, &self.model) {
            let why = "an entry speaks of rights that no key has (KEY-8)";
            return Err(ChangeError::Unreadable(why.to_owned()));
        }
        self.store(id, descriptor);
        Ok(())
    }

    fn change_volume<R: Recorder>(
        &mut self,
        change: &VolumeChange,
        recorder: &mut R,
    ) -> Result<(), ChangeError> {
        if change.missing_sd == Some(MissingSd::Unmanaged) {
            return Err(ChangeError::Unmanaged);
        }
        let root = self.locate(ObjectType::Directory, &change.path).map(|(root, _)| root);
        let root = root.filter(|root| self.change_volume_at(*root, change)).ok_or(ChangeError::NotThere)?;
        recorder.fact(|_| Fact::Changed(self.describe(root), self.open_handles_below(root)));
        Ok(())
    }

    /// An object by its path, and its name, for whom no directory stands in the way.
    fn locate(&self, class: ObjectType, path: &str) -> Option<(ObjectId, Option<Name>)> {
        let key = class == ObjectType::Key;
        let (separator, mut at) = if key { ('\\', HIVES) } else { ('/', FILE_ROOT) };
        let mut name = None;
        for part in path.split(separator).filter(|part| !part.is_empty()) {
            let folded = if key { fold(part) } else { Arc::from(part) };
            let child = self.object(at).children.get(&folded)?;
            name = Some(Name { parent: at, name: folded });
            at = child;
        }
        (self.object(at).class == class).then_some((at, name))
    }

    /// Open handles keep their masks, whatever becomes of the object (FILE-4).
    fn open_handles_on(&self, id: ObjectId) -> usize {
        let on = |handle: &Handle| handle.target == HandleTarget::Object(id);
        self.handles.iter().flatten().filter(|handle| on(handle)).count()
    }

    /// Open handles on a directory and everything below it.
    fn open_handles_below(&self, root: ObjectId) -> usize {
        let below = |handle: &Handle| match handle.target {
            HandleTarget::Object(id) => self.is_below(id, root),
            HandleTarget::Token(..) => false,
        };
        self.handles.iter().flatten().filter(|handle| below(handle)).count()
    }

    /// How the directory's present view of a token's user differs from the one that the token was made with (TOK-2).
    pub(super) fn disagreement(&self, token: &Token) -> Option<Difference> {
        let session = self.session(token.facts().session)?;
        self.directory.difference(token.facts().user, session.directory)
    }

    /// Warns where a token says something else than the directory, or has expired (OPEN-17).
    pub(super) fn warn_of_disagreement<R: Recorder>(&self, token: &Token, recorder: &mut R) {
        if R::ACTIVE && token.expires.is_some_and(|at| at <= self.now) {
            recorder.fact(|_| Fact::Remark(Remark::TokenExpired));
        }
        if R::ACTIVE
            && self.directory.revision > 0
            && let Some(difference) = self.disagreement(token)
        {
            recorder.fact(|_| Fact::Outdated(Box::new(difference)));
        }
    }
}

fn error_name(error: &ChangeError) -> ErrorName {
    match error {
        ChangeError::There => ErrorName::AlreadyExists,
        ChangeError::NotEmpty => ErrorName::NotEmpty,
        ChangeError::NotThere
        | ChangeError::NotRunning
        | ChangeError::NotInGroup(_)
        | ChangeError::NoPrivilege(_)
        | ChangeError::NoClaim(_)
        | ChangeError::NoValue(_)
        | ChangeError::NoRule(_)
        | ChangeError::NoList
        | ChangeError::Edit(EditError::NoSuchEntry) => ErrorName::NotFound,
        ChangeError::NoOwner | ChangeError::Inherit(_) => ErrorName::InvalidSecurityDescriptor,
        ChangeError::Edit(EditError::NullDacl | EditError::SecondLabel) | ChangeError::Unreadable(_) => {
            ErrorName::InvalidParameter
        }
        ChangeError::NotWhileItRuns | ChangeError::RunsAs(_) | ChangeError::Unmanaged => {
            ErrorName::NotSupported
        }
    }
}

/// A descriptor after a change of some parts, written as `set_security` writes it for somebody whom no rule of ownership
/// holds back. Where there was none, what is given makes one.
pub(super) fn changed(
    current: Option<&SecurityDescriptor>,
    parent: Option<&SecurityDescriptor>,
    change: &PartsChange,
    class: ObjectType,
    model: &Model,
) -> Result<SecurityDescriptor, ChangeError> {
    let anybody =
        Writer { user: SYSTEM, owner_groups: &[], integrity: u32::MAX, privileges: WriterPrivileges::all() };
    let given = DescriptorParts {
        owner: change.owner,
        group: change.group,
        dacl: whole(change.dacl.as_ref()),
        sacl: whole(change.sacl.as_ref()),
    };
    let new = assigned(&given, class, model);
    let none = SecurityDescriptor::default();
    let current = current.unwrap_or(&none);
    let mut after = merge(current, &new, given_parts(&given), &anybody).map_err(|_| ChangeError::NoOwner)?;
    let mapping = model.mapping(class);
    if let Some(NewList::Edits(edits)) = &change.dacl {
        let list = after.dacl.as_ref().ok_or(EditError::NullDacl)?;
        after.dacl = Some(edit(list, &under(edits, mapping, model), mapping, model)?);
    }
    if let Some(NewList::Edits(edits)) = &change.sacl {
        let list = after.sacl.take().unwrap_or_else(|| Acl::new(Vec::new()));
        after.sacl = Some(edit(&list, &under(edits, mapping, model), mapping, model)?);
    }
    let mut asks = SdControl::empty();
    asks.set(SdControl::DACL_PROTECTED, new.control.contains(SdControl::DACL_AUTO_INHERIT_REQ));
    asks.set(SdControl::SACL_PROTECTED, new.control.contains(SdControl::SACL_AUTO_INHERIT_REQ));
    if let Some(parent) = parent.filter(|_| !asks.is_empty()) {
        let inherited = inherit_into(&after, parent, asks, class, model).map_err(ChangeError::Inherit)?;
        after = inherited.map_or(after, |inherited| inherited.descriptor);
    }
    Ok(after)
}

fn whole<T: Clone>(change: Option<&NewList<T>>) -> Option<T> {
    match change {
        Some(NewList::Whole(list)) => Some(list.clone()),
        Some(NewList::Edits(_)) | None => None,
    }
}

/// Edits as they are assigned: the rest of a list stays as it is.
fn under(edits: &[EntryEdit], mapping: GenericMapping, model: &Model) -> Vec<Edit> {
    let assigned = |edit: &EntryEdit| match edit.under(model) {
        Edit::Add(place, ace) if ace.kind != AceType::MANDATORY_LABEL => {
            Edit::Add(place, Ace { mask: mapping.map(ace.mask), ..ace })
        }
        other => other,
    };
    edits.iter().map(assigned).collect()
}
