//! Files and directories: finding them, opening and creating them, and the descriptor of what is created.
//!
//! Authority: FILE-9 to FILE-20, FILE-31, INH-13, IMP-30. How paths are walked is `path`'s matter.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::check::Ask;
use super::declare::{DaclDecl, DescriptorParts};
use super::handle::HandleTarget;
use super::op::{Disposition, ErrorName, Failure, FileOpen, Success};
use super::path::Name;
use super::record::{CheckPurpose, Fact, ObjectName, Recorder};
use super::security::{owner_groups, refused_write, writer};
use super::{Object, World};
use crate::access::{Decision, Descriptor, Intents};
use crate::ids::{ObjectId, Slot, ThreadId};
use crate::model::{CreatedHandle, MetadataOpens, Model};
use crate::rights::{AccessMask, ObjectType};
use crate::sd::inherit::{Creation, CreatorDefaults, descriptor_for_new};
use crate::sd::ownership::check_creator;
use crate::sd::{Acl, SdControl, SecurityDescriptor};
use crate::sid::Sid;
use crate::token::Token;

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
        let found = self.walk(thread, &open.path, recorder)?;
        match (found.object, found.name) {
            (Some(_), _) if open.disposition == Disposition::Create => Err(ErrorName::AlreadyExists.into()),
            (Some(id), _) => self.open_existing(thread, bind, open, id, recorder),
            (None, Some(Name { parent, name })) if open.disposition.creates() => {
                self.create_file(thread, bind, open, parent, name, recorder)
            }
            (None, _) => Err(ErrorName::NotFound.into()),
        }
    }

    /// FILE-9: before anything is looked at.
    fn check_open_arguments(&self, open: &FileOpen) -> Result<(), Failure> {
        let desired = open.desired;
        if desired.is_empty() || desired.intersects(AccessMask::RESERVED) {
            return Err(ErrorName::InvalidParameter.into());
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

    /// Lets the access check decide about an object; one without a descriptor denies everything (FILE-31).
    pub(super) fn decide_object<R: Recorder>(
        &mut self,
        thread: ThreadId,
        id: ObjectId,
        ask: &Ask<'_>,
        recorder: &mut R,
    ) -> Result<Decision, Failure> {
        match self.object(id).descriptor.clone() {
            Some(descriptor) => self.decide(thread, &descriptor, ask, recorder),
            None => Err(self.deny_missing(thread, ask, recorder)),
        }
    }

    fn open_existing<R: Recorder>(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        open: &FileOpen,
        id: ObjectId,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        if open.descriptor.is_some() {
            return Err(ErrorName::InvalidParameter.into());
        }
        if open.directory && self.object(id).class != ObjectType::Directory {
            return Err(ErrorName::NotADirectory.into());
        }
        let extra = if open.disposition.truncates() { WRITE_DATA } else { AccessMask::NONE };
        let ask = Ask {
            purpose: CheckPurpose::Target,
            desired: open.desired | extra,
            intents: open.intents,
            object: &|world| world.describe(id),
        };
        let decision = self.decide_object(thread, id, &ask, recorder)?;
        let granted = decision.handle_mask();
        self.open_handle(thread, bind, HandleTarget::Object(id), granted, decision.alarm_mask);
        Ok(Success::Granted(granted))
    }

    fn create_file<R: Recorder>(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        open: &FileOpen,
        parent: ObjectId,
        name: Arc<str>,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let class = if open.directory { ObjectType::Directory } else { ObjectType::File };
        let ask = Ask {
            purpose: CheckPurpose::Parent,
            desired: if open.directory { ADD_SUBDIRECTORY } else { ADD_FILE },
            intents: Intents::empty(),
            object: &|world| world.describe(parent),
        };
        self.decide_object(thread, parent, &ask, recorder)?;
        let desired = (open.desired, open.intents);
        self.create_child(
            thread,
            bind,
            NewObject { parent, name, class, desired },
            open.descriptor.as_ref(),
            recorder,
        )
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
        let subject = self.subject_token(thread)?.clone();
        if let Some(parts) = given {
            check_given(&subject, parts, &self.model, recorder)?;
        }
        let parent =
            self.object(new.parent).descriptor.as_ref().map(|descriptor| descriptor.source().clone());
        let source = self
            .new_descriptor(parent.as_ref(), given, &subject_defaults(&subject), new.class)
            .map_err(|_| Failure::from(ErrorName::InvalidSecurityDescriptor))?;
        let owner = source.owner;
        let mapping = self.model.mapping(new.class);
        let descriptor =
            Arc::new(Descriptor::compile(source, mapping, &self.model, Arc::make_mut(&mut self.sids)));
        let path = self.child_path(new.parent, &new.name);
        let ask = Ask {
            purpose: CheckPurpose::NewObject,
            desired: new.desired.0,
            intents: new.desired.1,
            object: &|_| ObjectName { class: new.class, path: path.clone() },
        };
        let (granted, alarm) = match self.model.created_handle {
            CreatedHandle::CheckedAgainstNewDescriptor => {
                let decision = self.decide(thread, &descriptor, &ask, recorder)?;
                (decision.handle_mask(), decision.alarm_mask)
            }
            // W-ACC-9: what was asked for, and everything for MAXIMUM_ALLOWED; never the SACL right.
            CreatedHandle::AsRequested => {
                let asked = mapping.map(new.desired.0);
                let all = if asked.intersects(AccessMask::MAXIMUM_ALLOWED) { mapping.all } else { asked };
                let without = AccessMask::ACCESS_SYSTEM_SECURITY | AccessMask::MAXIMUM_ALLOWED;
                ((asked | all) & !without, AccessMask::NONE)
            }
        };
        let id = self.insert_object(new.parent, new.name, new.class, Some(descriptor));
        if let Some(owner) = owner {
            recorder.fact(|_| Fact::Owner(owner));
        }
        self.open_handle(thread, bind, HandleTarget::Object(id), granted, alarm);
        Ok(Success::Granted(granted))
    }

    /// The descriptor of a new object (INH-1 to INH-12).
    pub(super) fn new_descriptor(
        &self,
        parent: Option<&SecurityDescriptor>,
        given: Option<&DescriptorParts>,
        defaults: &Defaults,
        class: ObjectType,
    ) -> Result<SecurityDescriptor, crate::sd::inherit::InheritError> {
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
            descriptor,
            children: BTreeMap::new(),
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
    pub parent: ObjectId,
    pub name: Arc<str>,
    pub class: ObjectType,
    pub desired: (AccessMask, Intents),
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

/// The limits on a descriptor that a creator gives (FILE-18).
fn check_given<R: Recorder>(
    subject: &Token,
    parts: &DescriptorParts,
    model: &Model,
    recorder: &mut R,
) -> Result<(), Failure> {
    let owner_groups = owner_groups(subject);
    let given = creator_descriptor(parts, model);
    check_creator(&given, &writer(subject, &owner_groups)).map_err(|refusal| {
        recorder.fact(|_| Fact::Reason(refusal.to_string()));
        refused_write(refusal)
    })
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
