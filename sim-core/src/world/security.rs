//! Reading and changing descriptors: parts of one through a handle or by path, and the propagation of inherited entries.
//!
//! Authority: FILE-25 to FILE-30, KEY-19, OWNR-1 to OWNR-9, PROP-1 to PROP-4.

use std::sync::Arc;

use super::World;
use super::declare::{DescriptorParts, SaclDecl};
use super::file::creator_descriptor;
use super::handle::HandleTarget;
use super::op::{ErrorName, Failure, LabelChange, Place, SecurityChange, Success};
use super::record::{CheckPurpose, Fact, Recorder, Unasked};
use super::registry::key_masks_fit;
use super::volume::InForce;
use crate::access::{Descriptor, Intents};
use crate::ids::{ObjectId, Slot, ThreadId, TokenId};
use crate::model::Model;
use crate::privilege::{Privilege, PrivilegeSet, PrivilegeState};
use crate::rights::{AccessMask, GenericMapping, ObjectType};
use crate::sd::inherit::{ListChange, Propagated, propagate};
use crate::sd::ownership::{Parts, WriteRefusal, Writer, WriterPrivileges, merge, relied_on};
use crate::sd::sddl::{self, SddlContext};
use crate::sd::{AceType, Acl, SdControl, SecurityDescriptor, size};
use crate::sid::Sid;
use crate::token::{GroupAttributes, Token};

impl World {
    /// Reads the owner, the group, the DACL and the label, or the SACL alone (FILE-7, KEY-19).
    pub(super) fn query_security<R: Recorder>(
        &mut self,
        thread: ThreadId,
        place: &Place,
        sacl: bool,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let right = if sacl { AccessMask::ACCESS_SYSTEM_SECURITY } else { AccessMask::READ_CONTROL };
        if let Some(token) = self.token_at(thread, place) {
            let (_, handle) = self.handle_in(thread, token.1)?;
            self.test_mask(handle, &[right], recorder)?;
            self.tell_token_security(token.0, sacl, recorder);
            return Ok(Success::Ok);
        }
        let id = self.let_at(thread, place, (right, Intents::empty()), recorder)?;
        self.has_security(id)?;
        if let Some(why) = self.damage_of(id) {
            recorder.fact(|_| Fact::Reason(why.to_owned()));
            return Err(ErrorName::InvalidSecurityDescriptor.into());
        }
        self.tell_security(id, sacl, recorder);
        Ok(Success::Ok)
    }

    /// Where nothing is managed there is no descriptor to read or to write (FILE-31).
    fn has_security(&self, id: ObjectId) -> Result<(), Failure> {
        if self.is_unmanaged(id) { Err(ErrorName::NotSupported.into()) } else { Ok(()) }
    }

    fn tell_security<R: Recorder>(&self, id: ObjectId, sacl: bool, recorder: &mut R) {
        let Some(descriptor) = self.security_of(id) else { return };
        if let Some(owner) = descriptor.source().owner.filter(|_| !sacl) {
            recorder.fact(|_| Fact::Owner(owner));
        }
        recorder.fact(|_| Fact::Security(self.security_words(id, &readable(descriptor.source(), sacl))));
    }

    /// What a descriptor is after a change that needed no right.
    pub(super) fn tell_whole_security<R: Recorder>(&self, id: ObjectId, recorder: &mut R) {
        if let Some(descriptor) = self.security_of(id) {
            recorder.fact(|_| Fact::Security(self.security_words(id, descriptor.source())));
        } else {
            let why = self.damage_of(id).unwrap_or("it has no security descriptor");
            recorder.fact(|_| Fact::Reason(why.to_owned()));
        }
    }

    pub(super) fn security_words(&self, id: ObjectId, shown: &SecurityDescriptor) -> String {
        self.sddl_words(self.object(id).class, shown)
    }

    fn sddl_words(&self, class: ObjectType, shown: &SecurityDescriptor) -> String {
        let context = SddlContext { class: Some(class), ..SddlContext::of(&self.model) };
        sddl::print(shown, &context).unwrap_or_else(|error| format!("not to be written as SDDL: {error}"))
    }

    /// Writes the given parts of a descriptor. By handle the mask must hold the rights of all of them, and no privilege helps
    /// there; by path the present subject is asked, with restore intent (FILE-26). Handles that are open stay as they are
    /// (FILE-4).
    pub(super) fn set_security<R: Recorder>(
        &mut self,
        thread: ThreadId,
        place: &Place,
        change: &SecurityChange,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let parts = named_parts(change);
        if parts.is_empty() || parts.contains(Parts::LABEL | Parts::SACL) {
            return Err(ErrorName::InvalidParameter.into());
        }
        if let Some((token, slot)) = self.token_at(thread, place) {
            return self.set_token_security(thread, (token, slot), change, parts, recorder);
        }
        let id = self.let_write_security(thread, place, parts, recorder)?;
        self.has_security(id)?;
        let current = self.security_of(id).map(|descriptor| descriptor.source().clone()).unwrap_or_default();
        let class = self.object(id).class;
        let new = self.written(change, class);
        let merged = self.merged(thread, &current, &new, parts, recorder)?;
        if class == ObjectType::Key && !key_masks_fit(&merged, &self.model) {
            return Err(ErrorName::InvalidSecurityDescriptor.into());
        }
        self.store(id, merged);
        self.tell_security(id, parts == Parts::SACL, recorder);
        Ok(Success::Ok)
    }

    /// What a step writes, as a descriptor of its own.
    fn written(&self, change: &SecurityChange, class: ObjectType) -> SecurityDescriptor {
        let mut new = assigned(&change.parts, class, &self.model);
        if let LabelChange::Set(label) = &change.label {
            let list = SaclDecl { entries: vec![label.clone()], ..SaclDecl::default() };
            new.sacl = Some(Acl::new(list.aces(&self.model)));
        }
        new
    }

    /// A descriptor with the given parts in place of its own, if the thread's subject may write them so.
    fn merged<R: Recorder>(
        &mut self,
        thread: ThreadId,
        current: &SecurityDescriptor,
        new: &SecurityDescriptor,
        parts: Parts,
        recorder: &mut R,
    ) -> Result<SecurityDescriptor, Failure> {
        let subject = self.subject_token(thread)?;
        let owner_groups = owner_groups(subject);
        let writer = writer(subject, &owner_groups);
        let merged = merge(current, new, parts, &writer);
        let used = relied_on(&writer, |writer| merge(current, new, parts, writer).err());
        self.mark_used(thread, privileges_of(used));
        let merged = merged.map_err(|refusal| {
            recorder.fact(|_| Fact::Reason(refusal.to_string()));
            refused_write(refusal)
        })?;
        if size::descriptor(&merged) > size::MAX_DESCRIPTOR {
            return Err(ErrorName::InvalidSecurityDescriptor.into());
        }
        Ok(merged)
    }

    /// The token behind a handle, where the place is one on a token.
    fn token_at(&self, thread: ThreadId, place: &Place) -> Option<(TokenId, Slot)> {
        let Place::Handle(slot) = place else { return None };
        match self.handle_in(thread, *slot).ok()?.1.target {
            HandleTarget::Token(token, _) => Some((token, *slot)),
            HandleTarget::Object(_) => None,
        }
    }

    /// Writes parts of a token's own descriptor, by the mask of the handle (TOK-27).
    fn set_token_security<R: Recorder>(
        &mut self,
        thread: ThreadId,
        (token, slot): (TokenId, Slot),
        change: &SecurityChange,
        parts: Parts,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let (_, handle) = self.handle_in(thread, slot)?;
        self.test_mask(handle, &[parts.required()], recorder)?;
        let current = self.token_descriptor(token);
        let new = self.written(change, ObjectType::Token);
        let merged = self.merged(thread, current.source(), &new, parts, recorder)?;
        if let Some(token) = self.tokens.get_mut(token) {
            token.descriptor = Some(Arc::new(merged));
        }
        self.tell_token_security(token, parts == Parts::SACL, recorder);
        Ok(Success::Ok)
    }

    fn tell_token_security<R: Recorder>(&mut self, token: TokenId, sacl: bool, recorder: &mut R) {
        let descriptor = self.token_descriptor(token);
        if let Some(owner) = descriptor.source().owner.filter(|_| !sacl) {
            recorder.fact(|_| Fact::Owner(owner));
        }
        let shown = readable(descriptor.source(), sacl);
        recorder.fact(|_| Fact::Security(self.sddl_words(ObjectType::Token, &shown)));
    }

    /// Whether the thread may write these parts (FILE-25, FILE-26). An object without a descriptor, or with one that is damaged,
    /// has nothing that could be asked: who holds SeRestorePrivilege repairs it (FILE-31, FILE-32).
    fn let_write_security<R: Recorder>(
        &mut self,
        thread: ThreadId,
        place: &Place,
        parts: Parts,
        recorder: &mut R,
    ) -> Result<ObjectId, Failure> {
        let required = parts.required();
        let Place::Path { path, directory } = place else {
            let id = self.let_at(thread, place, (required, Intents::RESTORE), recorder)?;
            // Keys take no label by itself (KEY-19).
            let key = self.object(id).class == ObjectType::Key;
            return if key && parts.contains(Parts::LABEL) {
                Err(ErrorName::InvalidParameter.into())
            } else {
                Ok(id)
            };
        };
        let id = self.find(thread, path, (*directory, true), recorder)?.existing()?;
        let in_force = self.in_force(thread, id, recorder);
        if matches!(in_force, InForce::Nothing(Unasked::Missing | Unasked::Damaged))
            && self.subject_token(thread)?.privileges.state(Privilege::RESTORE) == PrivilegeState::Held
        {
            self.privilege_gate(thread, Privilege::RESTORE, recorder);
            return Ok(id);
        }
        self.ask(thread, id, CheckPurpose::Target, (required, Intents::RESTORE), recorder)?;
        Ok(id)
    }

    /// Compiles a descriptor and puts it in place.
    pub(super) fn store(&mut self, id: ObjectId, descriptor: SecurityDescriptor) {
        let mapping = self.model.mapping(self.object(id).class);
        let compiled = Descriptor::compile(descriptor, mapping, &self.model, Arc::make_mut(&mut self.sids));
        self.set_descriptor(id, Some(Arc::new(compiled)));
    }

    pub(super) fn set_descriptor(&mut self, id: ObjectId, descriptor: Option<Arc<Descriptor>>) {
        self.made_up.remove(&id);
        self.damaged.remove(&id);
        if let Some(object) = Arc::make_mut(&mut self.objects).get_mut(id.index()) {
            object.descriptor = descriptor;
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
            let Some(above) = self.security_of(parent).cloned() else { continue };
            let children = self.object(parent).children.in_order();
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

/// Parts that are given, as they are assigned: generic rights are mapped then, and only in what is given (W-ACC-8, FILE-25).
pub(super) fn assigned(parts: &DescriptorParts, class: ObjectType, model: &Model) -> SecurityDescriptor {
    let mut given = creator_descriptor(parts, model);
    map_rights(&mut given, model.mapping(class));
    given
}

/// Generic rights become what they stand for; a label's mask holds none.
fn map_rights(descriptor: &mut SecurityDescriptor, mapping: GenericMapping) {
    for acl in descriptor.dacl.iter_mut().chain(&mut descriptor.sacl) {
        for ace in acl.aces.iter_mut().filter(|ace| ace.kind != AceType::MANDATORY_LABEL) {
            ace.mask = mapping.map(ace.mask);
        }
    }
}

/// The parts that are given.
pub(super) fn given_parts(given: &DescriptorParts) -> Parts {
    let mut parts = Parts::empty();
    parts.set(Parts::OWNER, given.owner.is_some());
    parts.set(Parts::GROUP, given.group.is_some());
    parts.set(Parts::DACL, given.dacl.is_some());
    parts.set(Parts::SACL, given.sacl.is_some());
    parts
}

/// The parts that a change names (FILE-25).
fn named_parts(change: &SecurityChange) -> Parts {
    let mut parts = given_parts(&change.parts);
    parts.set(Parts::LABEL, change.label != LabelChange::Keep);
    parts
}

/// What of a descriptor one right shows: the SACL, or everything else and the label.
fn readable(source: &SecurityDescriptor, sacl: bool) -> SecurityDescriptor {
    let of_dacl = SdControl::DACL_PRESENT | SdControl::DACL_PROTECTED | SdControl::DACL_AUTO_INHERITED;
    let of_sacl = SdControl::SACL_PRESENT | SdControl::SACL_PROTECTED | SdControl::SACL_AUTO_INHERITED;
    if sacl {
        let control = source.control - of_dacl;
        return SecurityDescriptor { sacl: source.sacl.clone(), control, ..SecurityDescriptor::default() };
    }
    let label = source.sacl.as_ref().map(|list| {
        let labels = list.aces.iter().filter(|ace| ace.kind == AceType::MANDATORY_LABEL);
        Acl::new(labels.cloned().collect())
    });
    SecurityDescriptor {
        sacl: label.filter(|list| !list.aces.is_empty()),
        control: source.control - of_sacl,
        ..source.clone()
    }
}

/// The groups of a token that may own, whatever else their state is (OWNR-2).
pub(super) fn owner_groups(subject: &Token) -> Vec<Sid> {
    let groups = subject.facts().groups.iter();
    groups.filter(|group| group.attributes.contains(GroupAttributes::OWNER)).map(|group| group.sid).collect()
}

/// The privileges that lift limits on what is written.
const LIFTING: [(Privilege, WriterPrivileges); 4] = [
    (Privilege::RESTORE, WriterPrivileges::RESTORE),
    (Privilege::RELABEL, WriterPrivileges::RELABEL),
    (Privilege::SECURITY, WriterPrivileges::SECURITY),
    (Privilege::TCB, WriterPrivileges::TCB),
];

/// The same as privileges of a token.
pub(super) fn privileges_of(used: WriterPrivileges) -> PrivilegeSet {
    LIFTING.iter().filter(|(_, bit)| used.contains(*bit)).map(|(privilege, _)| *privilege).collect()
}

/// What of a token counts when a descriptor is written.
pub(super) fn writer<'a>(subject: &Token, owner_groups: &'a [Sid]) -> Writer<'a> {
    let held =
        LIFTING.iter().filter(|(privilege, _)| subject.privileges.state(*privilege) == PrivilegeState::Held);
    Writer {
        user: subject.facts().user,
        owner_groups,
        integrity: subject.facts().integrity.rid(),
        privileges: held.map(|(_, bit)| *bit).collect(),
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
