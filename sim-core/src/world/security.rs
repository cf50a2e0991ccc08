//! Changing descriptors: writing parts of one through a handle, and propagating inherited entries.
//!
//! Authority: FILE-25 to FILE-27, KEY-19, OWNR-1 to OWNR-9, PROP-1 to PROP-4.

use std::sync::Arc;

use super::World;
use super::declare::DescriptorParts;
use super::file::creator_descriptor;
use super::handle::HandleTarget;
use super::op::{ErrorName, Failure, Success};
use super::record::{Fact, Recorder};
use crate::access::Descriptor;
use crate::ids::{ObjectId, Slot, ThreadId};
use crate::privilege::{Privilege, PrivilegeState};
use crate::rights::AccessMask;
use crate::sd::inherit::{ListChange, Propagated, propagate};
use crate::sd::ownership::{Parts, WriteRefusal, Writer, WriterPrivileges, merge};
use crate::sd::{AceType, Acl, SecurityDescriptor};
use crate::sid::Sid;
use crate::token::{GroupAttributes, Token};

impl World {
    /// Writes the given parts of a descriptor; the mask of the handle must hold the rights of all of them, and no privilege
    /// helps there (FILE-26). Handles that are open stay as they are (FILE-4).
    pub(super) fn set_security<R: Recorder>(
        &mut self,
        thread: ThreadId,
        slot: Slot,
        given: &DescriptorParts,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let (_, handle) = self.handle_in(thread, slot)?;
        let HandleTarget::Object(id) = handle.target else { return Err(ErrorName::InvalidHandle.into()) };
        let mut parts = Parts::empty();
        parts.set(Parts::OWNER, given.owner.is_some());
        parts.set(Parts::GROUP, given.group.is_some());
        parts.set(Parts::DACL, given.dacl.is_some());
        parts.set(Parts::SACL, given.sacl.is_some());
        if parts.is_empty() {
            return Err(ErrorName::InvalidParameter.into());
        }
        self.test_mask(handle, &[parts.required()], recorder)?;
        let Some(current) = self.object(id).descriptor.clone() else {
            return Err(ErrorName::InvalidSecurityDescriptor.into());
        };
        let subject = self.subject_token(thread)?;
        let owner_groups = owner_groups(subject);
        let new = creator_descriptor(given, &self.model);
        let merged =
            merge(current.source(), &new, parts, &writer(subject, &owner_groups)).map_err(refused_write)?;
        self.store(id, merged);
        Ok(Success::Ok)
    }

    /// Compiles a descriptor and puts it in place; generic rights are mapped as it is assigned (W-ACC-8).
    fn store(&mut self, id: ObjectId, mut descriptor: SecurityDescriptor) {
        let mapping = self.model.mapping(self.object(id).class);
        let map = |acl: &mut Acl| {
            for ace in acl.aces.iter_mut().filter(|ace| ace.kind != AceType::MANDATORY_LABEL) {
                ace.mask = mapping.map(ace.mask);
            }
        };
        descriptor.dacl.iter_mut().for_each(map);
        descriptor.sacl.iter_mut().for_each(map);
        let compiled = Descriptor::compile(descriptor, mapping, &self.model, Arc::make_mut(&mut self.sids));
        if let Some(object) = Arc::make_mut(&mut self.objects).get_mut(id.index()) {
            object.descriptor = Some(Arc::new(compiled));
        }
    }

    /// Visits everything below a container, parents first; takes WRITE_DAC on its handle. What is below a child that does not
    /// change is left out, as nothing can change there (PROP-2).
    pub(super) fn propagate<R: Recorder>(
        &mut self,
        thread: ThreadId,
        slot: Slot,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let (_, handle) = self.handle_in(thread, slot)?;
        let HandleTarget::Object(container) = handle.target else {
            return Err(ErrorName::InvalidHandle.into());
        };
        if !self.object(container).class.is_container() {
            return Err(ErrorName::NotADirectory.into());
        }
        self.test_mask(handle, &[AccessMask::WRITE_DAC], recorder)?;
        let mut open = vec![container];
        while let Some(parent) = open.pop() {
            let Some(above) = self.object(parent).descriptor.clone() else { continue };
            let children: Vec<ObjectId> = self.object(parent).children.values().copied().collect();
            let mut changed = Vec::new();
            for child in children {
                let Some(own) = self.object(child).descriptor.clone() else { continue };
                let class = self.object(child).class;
                let result = propagate(own.source(), above.source(), class, &self.model);
                let result = result.map_err(|_| Failure::from(ErrorName::InvalidSecurityDescriptor))?;
                let Some(Propagated { descriptor, dacl, sacl }) = result else { continue };
                self.store(child, descriptor);
                recorder.fact(|_| Fact::Value(self.propagated_words(child, dacl, sacl)));
                changed.push(child);
            }
            // The first child's subtree comes first.
            open.extend(changed.into_iter().rev());
        }
        Ok(Success::Ok)
    }

    /// What propagation did to one object (PROP-4).
    fn propagated_words(&self, id: ObjectId, dacl: ListChange, sacl: ListChange) -> String {
        let list = |name: &str, change: ListChange| match change {
            ListChange { removed: 0, added: 0 } => String::new(),
            ListChange { removed, added } => format!(", {name} {removed} out {added} in"),
        };
        format!("{}{}{}", self.describe(id), list("dacl", dacl), list("sacl", sacl))
    }
}

/// The groups of a token that may own, whatever else their state is (OWNR-2).
pub(super) fn owner_groups(subject: &Token) -> Vec<Sid> {
    let groups = subject.facts().groups.iter();
    groups.filter(|group| group.attributes.contains(GroupAttributes::OWNER)).map(|group| group.sid).collect()
}

/// What of a token counts when a descriptor is written.
pub(super) fn writer<'a>(subject: &Token, owner_groups: &'a [Sid]) -> Writer<'a> {
    let privileges = [
        (Privilege::RESTORE, WriterPrivileges::RESTORE),
        (Privilege::RELABEL, WriterPrivileges::RELABEL),
        (Privilege::SECURITY, WriterPrivileges::SECURITY),
        (Privilege::TCB, WriterPrivileges::TCB),
    ];
    let held = privileges
        .into_iter()
        .filter(|(privilege, _)| subject.privileges.state(*privilege) == PrivilegeState::Held);
    Writer {
        user: subject.facts().user,
        owner_groups,
        integrity: subject.facts().integrity.rid(),
        privileges: held.fold(WriterPrivileges::empty(), |all, (_, bit)| all | bit),
    }
}

/// A refused write, as programs see it (FILE-18, FILE-27, FILE-30).
pub(super) fn refused_write(refusal: WriteRefusal) -> Failure {
    Failure::from(match refusal {
        WriteRefusal::Owner => ErrorName::InvalidOwner,
        WriteRefusal::LabelAbove | WriteRefusal::SaclAtCreation => ErrorName::PrivilegeNotHeld,
        WriteRefusal::LabelShape | WriteRefusal::LabelWithSacl => ErrorName::InvalidParameter,
        WriteRefusal::MandatoryAttribute => ErrorName::AccessDenied,
        WriteRefusal::NoOwner => ErrorName::InvalidSecurityDescriptor,
    })
}
