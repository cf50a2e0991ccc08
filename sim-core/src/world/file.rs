//! Files and directories: finding them, opening and creating them, and the descriptor of what is created.
//!
//! Authority: FILE-9 to FILE-21, FILE-31, INH-13, IMP-30. How paths are walked is `path`'s matter.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::check::{Allowed, Ask};
use super::declare::{DaclDecl, DescriptorParts};
use super::handle::{HandleTarget, Opening};
use super::op::{Disposition, ErrorName, Failure, FileOpen, OpenStatus, Success};
use super::path::{Name, Route};
use super::record::{CheckPurpose, Fact, ObjectName, Recorder, Remark};
use super::registry::key_masks_fit;
use super::security::{owner_groups, privileges_of, refused_write, writer};
use super::volume::InForce;
use super::{Children, FILE_ROOT, Object, World};
use crate::access::{Decision, Descriptor, Intents};
use crate::ids::{ObjectId, Slot, ThreadId};
use crate::model::{CreatedHandle, MetadataOpens, Model};
use crate::privilege::{Privilege, PrivilegeState};
use crate::rights::{AccessMask, ObjectType};
use crate::sd::inherit::{Creation, CreatorDefaults, descriptor_for_new};
use crate::sd::ownership::{check_creator, relied_on};
use crate::sd::{AceType, Acl, SdControl, SecurityDescriptor};
use crate::sid::Sid;
use crate::token::{IntegrityLevel, MandatoryPolicy, Token};

const WRITE_DATA: AccessMask = AccessMask(0x2);
pub(super) const ADD_FILE: AccessMask = AccessMask(0x2);
pub(super) const ADD_SUBDIRECTORY: AccessMask = AccessMask(0x4);
pub(super) const DELETE_CHILD: AccessMask = AccessMask(0x40);
/// READ_DATA, WRITE_DATA, APPEND_DATA, EXECUTE: one of them an open must ask for (FILE-9).
const DATA_RIGHTS: AccessMask = AccessMask(0x27);

impl World {
    pub(super) fn open_file<R: Recorder>(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        open: &FileOpen,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        self.check_open_arguments(open)?;
        let from = match open.base {
            Some(slot) => self.base_of(thread, slot, ObjectType::Directory)?,
            None => FILE_ROOT,
        };
        let create = open.disposition == Disposition::Create;
        let route = Route { from, path: &open.path, follow: !open.no_follow && !create };
        let found = self.walk(thread, &route, recorder)?;
        match (found.object, found.name) {
            (Some(_), _) if create => Err(ErrorName::AlreadyExists.into()),
            (Some(id), _) if self.links.contains_key(&id) => Err(ErrorName::LinkLoop.into()),
            (Some(id), name) => self.open_existing(thread, bind, open, (id, name), recorder),
            (None, Some(name)) if open.disposition.creates() => {
                let right = if open.directory { ADD_SUBDIRECTORY } else { ADD_FILE };
                self.let_parent(thread, name.parent, (right, open.intents), recorder)?;
                self.create_file(thread, bind, open, (name, None), recorder)
            }
            (None, _) => Err(ErrorName::NotFound.into()),
        }
    }

    /// FILE-9: before anything is looked at.
    fn check_open_arguments(&self, open: &FileOpen) -> Result<(), Failure> {
        let desired = open.desired;
        let useless = open.descriptor.is_some() && !open.disposition.creates();
        // A directory can be neither emptied nor put in the place of another.
        let no_directory = open.disposition.truncates() || open.disposition == Disposition::Supersede;
        if desired.is_empty()
            || desired.intersects(AccessMask::RESERVED)
            || useless
            || open.directory && no_directory
        {
            return Err(ErrorName::InvalidParameter.into());
        }
        if open.directory && open.delete_on_close {
            return Err(ErrorName::NotSupported.into());
        }
        if self.model.metadata_opens == MetadataOpens::Accept {
            return Ok(());
        }
        if desired.intersects(DELETE_CHILD) {
            return Err(ErrorName::NotSupported.into());
        }
        let mapped = self.model.mapping(ObjectType::File).map(desired);
        if mapped.intersects(DATA_RIGHTS) { Ok(()) } else { Err(ErrorName::InvalidParameter.into()) }
    }

    /// Lets the access check decide about an object; of one without a descriptor its volume says what becomes (FILE-31).
    pub(super) fn decide_object<R: Recorder>(
        &mut self,
        thread: ThreadId,
        id: ObjectId,
        ask: &Ask<'_>,
        recorder: &mut R,
    ) -> Result<Allowed, Failure> {
        match self.in_force(thread, id, recorder) {
            InForce::Descriptor(descriptor) => {
                self.decide(thread, &descriptor, ask, recorder).map(Allowed::By)
            }
            InForce::Nothing(why) => self.settle_unasked(thread, why, ask, recorder),
        }
    }

    fn open_existing<R: Recorder>(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        open: &FileOpen,
        (id, name): (ObjectId, Option<Name>),
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        self.check_kind(open, id)?;
        if self.doomed.contains(&id) {
            recorder.fact(|_| Fact::Reason("its name goes with another handle (FILE-21)".to_owned()));
            return Err(ErrorName::AccessDenied.into());
        }
        let extra = if open.disposition.truncates() { WRITE_DATA } else { AccessMask::NONE };
        let wanted = (open.desired | extra, open.intents);
        let allowed = self.ask(thread, id, CheckPurpose::Target, wanted, recorder)?;
        let granted = match &allowed {
            Allowed::By(decision) => Some(self.kept(decision, open.desired)),
            Allowed::Unasked => None,
        };
        if let Some(name) = &name
            && (open.delete_on_close || open.disposition == Disposition::Supersede)
            && granted.is_some_and(|granted| !granted.contains(AccessMask::DELETE))
        {
            self.let_delete(thread, (id, name), open.intents, recorder)?;
        }
        if let Some(name) = name.clone()
            && open.disposition == Disposition::Supersede
        {
            self.let_parent(thread, name.parent, (ADD_FILE, open.intents), recorder)?;
            return self.create_file(thread, bind, open, (name, Some(id)), recorder);
        }
        let truncates = open.disposition.truncates();
        let status = if truncates { OpenStatus::Overwritten } else { OpenStatus::Opened };
        recorder.fact(|_| Fact::Opened(status, self.object(id).class));
        let doomed = name.filter(|_| open.delete_on_close);
        let target = HandleTarget::Object(id);
        let opening = match (allowed, granted) {
            (Allowed::By(decision), Some(granted)) => {
                Opening { alarm: decision.alarm_mask, doomed, ..Opening::plain(target, granted) }
            }
            _ => Opening::unmanaged(target, doomed),
        };
        self.open_handle(thread, bind, opening);
        Ok(granted.map_or(Success::Unmanaged, Success::Granted))
    }

    /// What a handle keeps: the mapped request without the extra right of the disposition, or all that the check gave
    /// (FILE-6, FILE-13).
    fn kept(&self, decision: &Decision, desired: AccessMask) -> AccessMask {
        if decision.maximum {
            return decision.handle_mask();
        }
        decision.handle_mask() & self.model.mapping(ObjectType::File).map(desired)
    }

    /// Whether an object that is there is of the kind that the open means (FILE-10, FILE-11, FILE-21).
    fn check_kind(&self, open: &FileOpen, id: ObjectId) -> Result<(), Failure> {
        let supersede = open.disposition == Disposition::Supersede;
        let directory = self.object(id).class == ObjectType::Directory;
        let error = match directory {
            _ if open.descriptor.is_some() && !supersede => ErrorName::InvalidParameter,
            false if open.directory => ErrorName::NotADirectory,
            true if supersede || open.disposition.truncates() => ErrorName::IsADirectory,
            true if open.delete_on_close => ErrorName::NotSupported,
            _ => return Ok(()),
        };
        Err(error.into())
    }

    fn create_file<R: Recorder>(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        open: &FileOpen,
        (name, replaces): (Name, Option<ObjectId>),
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let class = if open.directory { ObjectType::Directory } else { ObjectType::File };
        let new = NewObject {
            name,
            class,
            desired: (open.desired, open.intents),
            replaces,
            delete_on_close: open.delete_on_close,
        };
        self.create_child(thread, bind, new, open.descriptor.as_ref(), recorder)
    }

    /// Creates an object below a container that has let the thread: its descriptor, the limits on what the creator gave,
    /// and the check of the request against the new descriptor (INH-13, FILE-16, FILE-18, FILE-19, KEY-12).
    pub(super) fn create_child<R: Recorder>(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        new: NewObject,
        given: Option<&DescriptorParts>,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        if self.is_unmanaged(new.name.parent) {
            return self.create_unmanaged(thread, bind, new, given.is_some(), recorder);
        }
        let subject = self.subject_token(thread)?.clone();
        if let Some(parts) = given {
            self.check_given(thread, &subject, parts, recorder)?;
        }
        let descriptor = self.descriptor_below(new.name.parent, given, &subject, new.class)?;
        if new.class == ObjectType::Key && !key_masks_fit(descriptor.source(), &self.model) {
            return Err(ErrorName::InvalidSecurityDescriptor.into());
        }
        let owner = descriptor.source().owner;
        let remarks = remarks_on_new(descriptor.source(), given, &subject);
        let (granted, alarm) = self.grant_to_creator(thread, &descriptor, &new, recorder)?;
        let status = match new.replaces {
            Some(_) => OpenStatus::Superseded,
            None => OpenStatus::Created,
        };
        if let Some(old) = new.replaces {
            self.take_name(&new.name, old);
        }
        let name = new.name.clone();
        let id = self.insert_object(name.parent, name.name.clone(), new.class, Some(descriptor));
        recorder.fact(|_| Fact::Opened(status, new.class));
        if let Some(owner) = owner {
            recorder.fact(|_| Fact::Owner(owner));
        }
        for remark in remarks.into_iter().flatten() {
            recorder.fact(|_| Fact::Remark(remark));
        }
        let doomed = Some(name).filter(|_| new.delete_on_close);
        let opening = Opening { alarm, doomed, ..Opening::plain(HandleTarget::Object(id), granted) };
        self.open_handle(thread, bind, opening);
        Ok(Success::Granted(granted))
    }

    /// The limits on a descriptor that a creator gives (FILE-18).
    fn check_given<R: Recorder>(
        &mut self,
        thread: ThreadId,
        subject: &Token,
        parts: &DescriptorParts,
        recorder: &mut R,
    ) -> Result<(), Failure> {
        let owner_groups = owner_groups(subject);
        let given = creator_descriptor(parts, &self.model);
        let writer = writer(subject, &owner_groups);
        let used = relied_on(&writer, |writer| check_creator(&given, writer));
        self.mark_used(thread, privileges_of(used));
        check_creator(&given, &writer).map_err(|refusal| {
            recorder.fact(|_| Fact::Reason(refusal.to_string()));
            refused_write(refusal)
        })
    }

    /// Where nothing is asked, a new object has no descriptor either, and there is no place for one that is given (FILE-31).
    fn create_unmanaged<R: Recorder>(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        NewObject { name, class, replaces, delete_on_close, .. }: NewObject,
        given: bool,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        if given {
            return Err(ErrorName::NotSupported.into());
        }
        if let Some(old) = replaces {
            self.take_name(&name, old);
        }
        let id = self.insert_object(name.parent, name.name.clone(), class, None);
        let status = if replaces.is_some() { OpenStatus::Superseded } else { OpenStatus::Created };
        recorder.fact(|_| Fact::Opened(status, class));
        let doomed = Some(name).filter(|_| delete_on_close);
        self.open_handle(thread, bind, Opening::unmanaged(HandleTarget::Object(id), doomed));
        Ok(Success::Unmanaged)
    }

    /// The compiled descriptor of what a subject creates in a container (FILE-16).
    pub(super) fn descriptor_below(
        &mut self,
        parent: ObjectId,
        given: Option<&DescriptorParts>,
        subject: &Token,
        class: ObjectType,
    ) -> Result<Arc<Descriptor>, Failure> {
        let above = self.security_of(parent).map(|descriptor| descriptor.source().clone());
        let source = self
            .new_descriptor(above.as_ref(), Given::created(given), &subject_defaults(subject), class)
            .map_err(|_| Failure::from(ErrorName::InvalidSecurityDescriptor))?;
        let mapping = self.model.mapping(class);
        let sids = Arc::make_mut(&mut self.sids);
        Ok(Arc::new(Descriptor::compile(source, mapping, &self.model, sids)))
    }

    /// What the creator's handle may do, and what of it is watched (FILE-19, W-ACC-9).
    fn grant_to_creator<R: Recorder>(
        &mut self,
        thread: ThreadId,
        descriptor: &Arc<Descriptor>,
        new: &NewObject,
        recorder: &mut R,
    ) -> Result<(AccessMask, AccessMask), Failure> {
        let (desired, intents) = new.desired;
        if self.model.created_handle == CreatedHandle::AsRequested {
            let mapping = self.model.mapping(new.class);
            let asked = mapping.map(desired);
            // The SACL right alone is not the creator's by itself.
            if asked.intersects(AccessMask::ACCESS_SYSTEM_SECURITY)
                && self.privilege_gate(thread, Privilege::SECURITY, recorder) != PrivilegeState::Held
            {
                return Err(ErrorName::PrivilegeNotHeld.into());
            }
            let all = if asked.intersects(AccessMask::MAXIMUM_ALLOWED) { mapping.all } else { asked };
            return Ok(((asked | all) & !AccessMask::MAXIMUM_ALLOWED, AccessMask::NONE));
        }
        let path = self.child_path(new.name.parent, &new.name.name);
        let object = |_: &World| ObjectName { class: new.class, path: path.clone() };
        let ask = Ask { purpose: CheckPurpose::NewObject, desired, intents, object: &object };
        let decision = self.decide(thread, descriptor, &ask, recorder)?;
        let granted = decision.handle_mask();
        if new.delete_on_close && !granted.contains(AccessMask::DELETE) {
            let wanted = Ask { purpose: CheckPurpose::Delete, desired: AccessMask::DELETE, ..ask };
            if self.decide(thread, descriptor, &wanted, recorder).is_err() {
                self.let_parent(thread, new.name.parent, (DELETE_CHILD, intents), recorder)?;
            }
        }
        // Keys are not audited one operation at a time (KEY-21).
        let alarm = if new.class == ObjectType::Key { AccessMask::NONE } else { decision.alarm_mask };
        Ok((granted, alarm))
    }

    /// The descriptor of a new object (INH-1 to INH-12).
    pub(super) fn new_descriptor(
        &self,
        parent: Option<&SecurityDescriptor>,
        given: Given<'_>,
        defaults: &Defaults,
        class: ObjectType,
    ) -> Result<SecurityDescriptor, crate::sd::inherit::InheritError> {
        let (given, declared) = match given {
            Given::Nothing => (None, false),
            Given::Created(parts) => (Some(parts), false),
            Given::Declared(parts) => (Some(parts), true),
        };
        let creator = given.map(|parts| creator_descriptor(parts, &self.model));
        let null_dacl = given.is_some_and(|parts| parts.dacl == Some(DaclDecl::Null));
        let creation = Creation {
            parent,
            creator: creator.as_ref(),
            defaults: CreatorDefaults {
                owner: defaults.owner,
                group: Some(defaults.group),
                dacl: defaults.dacl.as_deref(),
            },
            class,
            child_class: None,
            declared,
        };
        let mut descriptor = descriptor_for_new(&creation, &self.model)?;
        if null_dacl {
            // `dacl null` means what it says: neither the parent nor a default puts a list there.
            descriptor.dacl = None;
            descriptor.control -= SdControl::DACL_DEFAULTED | SdControl::DACL_AUTO_INHERITED;
        }
        Ok(descriptor)
    }

    pub(super) fn insert_object(
        &mut self,
        parent: ObjectId,
        name: Arc<str>,
        class: ObjectType,
        descriptor: Option<Arc<Descriptor>>,
    ) -> ObjectId {
        let objects = Arc::make_mut(&mut self.objects);
        let id = ObjectId(objects.len() as u32);
        let key = if class == ObjectType::Key { super::registry::fold(&name) } else { name.clone() };
        objects.push(Object {
            name,
            parent: Some(parent),
            class,
            nameless: false,
            volatile: false,
            link: false,
            descriptor,
            children: Children::default(),
            values: BTreeMap::new(),
        });
        if let Some(above) = objects.get_mut(parent.index()) {
            above.children.insert(key, id);
        }
        id
    }

    fn child_path(&self, parent: ObjectId, name: &str) -> String {
        let above = self.path_of(parent);
        match (self.object(parent).class, above.as_str()) {
            (ObjectType::Key, "") => name.to_owned(),
            (ObjectType::Key, _) => format!("{above}\\{name}"),
            (_, "/") => format!("/{name}"),
            _ => format!("{above}/{name}"),
        }
    }

    /// The class and path of an object.
    #[must_use]
    pub fn describe(&self, id: ObjectId) -> ObjectName {
        ObjectName { class: self.object(id).class, path: self.path_of(id) }
    }
}

/// What is about to be created.
pub(super) struct NewObject {
    pub name: Name,
    pub class: ObjectType,
    pub desired: (AccessMask, Intents),
    /// What makes way for it (FILE-10).
    pub replaces: Option<ObjectId>,
    /// The name goes with the creator's handle (FILE-21).
    pub delete_on_close: bool,
}

/// The parts that are given of a new descriptor, and by whom.
#[derive(Clone, Copy)]
pub(super) enum Given<'a> {
    /// None.
    Nothing,
    /// By who creates the object.
    Created(&'a DescriptorParts),
    /// By the scenario, for an object that is there from the beginning.
    Declared(&'a DescriptorParts),
}

impl<'a> Given<'a> {
    pub(super) fn created(parts: Option<&'a DescriptorParts>) -> Given<'a> {
        parts.map_or(Given::Nothing, Given::Created)
    }
}

/// What a creator's token contributes to a new descriptor (INH-2).
pub(super) struct Defaults {
    pub owner: Sid,
    pub group: Sid,
    pub dacl: Option<Arc<Acl>>,
}

/// The defaults of the thread's subject (TOK-6, IMP-30).
pub(super) fn subject_defaults(subject: &Token) -> Defaults {
    Defaults {
        owner: subject.default_owner(),
        group: subject.primary_group(),
        dacl: subject.default_dacl.clone(),
    }
}

/// What a review should see of a new descriptor: that it lets everybody in, though nobody said so (FILE-16), and that its creator
/// is below the level that it has for want of a label (OPEN-19).
fn remarks_on_new(
    new: &SecurityDescriptor,
    given: Option<&DescriptorParts>,
    subject: &Token,
) -> [Option<Remark>; 2] {
    let meant = given.is_some_and(|parts| parts.dacl == Some(DaclDecl::Null));
    let labels =
        new.sacl.iter().flat_map(|list| &list.aces).filter(|ace| ace.kind == AceType::MANDATORY_LABEL);
    let facts = subject.facts();
    let below = facts.integrity < IntegrityLevel::Medium
        && facts.mandatory_policy.contains(MandatoryPolicy::NO_WRITE_UP);
    [
        (new.dacl.is_none() && !meant).then_some(Remark::NullDacl),
        (below && labels.count() == 0).then_some(Remark::AboveItsCreator),
    ]
}

/// The parts that an author gave, as a creator's descriptor.
pub(super) fn creator_descriptor(parts: &DescriptorParts, model: &Model) -> SecurityDescriptor {
    let mut control = SdControl::empty();
    let dacl = match &parts.dacl {
        Some(DaclDecl::List { protected, auto_inherit, aces }) => {
            control.set(SdControl::DACL_PROTECTED, *protected);
            control.set(SdControl::DACL_AUTO_INHERIT_REQ, *auto_inherit);
            Some(Acl::new(aces.clone()))
        }
        Some(DaclDecl::Null) | None => None,
    };
    let sacl = parts.sacl.as_ref().map(|sacl| {
        control.set(SdControl::SACL_PROTECTED, sacl.protected);
        control.set(SdControl::SACL_AUTO_INHERIT_REQ, sacl.auto_inherit);
        Acl::new(sacl.aces(model))
    });
    SecurityDescriptor { owner: parts.owner, group: parts.group, control, resource_manager: 0, dacl, sacl }
}
