//! Names of files and directories: asking, deleting, renaming and linking by them.
//!
//! Authority: FILE-7, FILE-15, FILE-22, FILE-23, FILE-26. A name belongs to the directory that holds it, an object to its own descriptor: who may
//! take a name away is asked of both.

use std::sync::Arc;

use super::World;
use super::check::{Allowed, Ask};
use super::file::{ADD_FILE, ADD_SUBDIRECTORY, DELETE_CHILD};
use super::handle::HandleTarget;
use super::op::{DeniedBy, ErrorName, Failure, Link, LinkKind, Onto, Place, Rename, Success};
use super::path::{Found, Name};
use super::record::{CheckPurpose, Recorder};
use crate::access::{Descriptor, Intents};
use crate::ids::{ObjectId, ThreadId};
use crate::privilege::{Privilege, PrivilegeState};
use crate::rights::{AccessMask, ObjectType};

const WRITE_ATTRIBUTES: AccessMask = AccessMask(0x100);

impl World {
    /// A decision for the present subject about a name, without a handle (FILE-7).
    pub(super) fn probe<R: Recorder>(
        &mut self,
        thread: ThreadId,
        path: &str,
        directory: bool,
        desired: AccessMask,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        if desired.is_empty() || desired.intersects(AccessMask::RESERVED) {
            return Err(ErrorName::InvalidParameter.into());
        }
        let id = self.find(thread, path, (directory, true), recorder)?.existing()?;
        let wanted = (desired, Intents::empty());
        Ok(match self.ask(thread, id, CheckPurpose::Target, wanted, recorder)? {
            Allowed::By(decision) => Success::Granted(decision.handle_mask()),
            Allowed::Unasked => Success::Unmanaged,
        })
    }

    /// Lets the descriptor of an object decide.
    pub(super) fn ask<R: Recorder>(
        &mut self,
        thread: ThreadId,
        id: ObjectId,
        purpose: CheckPurpose,
        (desired, intents): (AccessMask, Intents),
        recorder: &mut R,
    ) -> Result<Allowed, Failure> {
        let ask = Ask { purpose, desired, intents, object: &|world| world.describe(id) };
        self.decide_object(thread, id, &ask, recorder)
    }

    /// What a step is about, if the thread may do with it what needs these rights: by the handle's mask, or by a decision
    /// now (FILE-7, FILE-26).
    pub(super) fn let_at<R: Recorder>(
        &mut self,
        thread: ThreadId,
        place: &Place,
        (required, intents): (AccessMask, Intents),
        recorder: &mut R,
    ) -> Result<ObjectId, Failure> {
        match place {
            Place::Handle(slot) => {
                let (_, handle) = self.handle_in(thread, *slot)?;
                let HandleTarget::Object(id) = handle.target else {
                    return Err(ErrorName::InvalidHandle.into());
                };
                self.test_mask(handle, &[required], recorder)?;
                Ok(id)
            }
            Place::Path { path, directory } => {
                let id = self.find(thread, path, (*directory, true), recorder)?.existing()?;
                self.ask(thread, id, CheckPurpose::Target, (required, intents), recorder)?;
                Ok(id)
            }
        }
    }

    /// DELETE on the object, or else FILE_DELETE_CHILD on the directory that holds the name; either is enough (FILE-22).
    /// What an open does so goes with its intents (FILE-14).
    pub(super) fn let_delete<R: Recorder>(
        &mut self,
        thread: ThreadId,
        (id, name): (ObjectId, &Name),
        intents: Intents,
        recorder: &mut R,
    ) -> Result<(), Failure> {
        match self.ask(thread, id, CheckPurpose::Delete, (AccessMask::DELETE, intents), recorder) {
            Ok(_) => Ok(()),
            // The level gate refuses the thread, whatever it asks.
            Err(refused) if refused.denied == Some(DeniedBy::Gate) => Err(refused),
            Err(_) => self.let_parent(thread, name.parent, (DELETE_CHILD, intents), recorder),
        }
    }

    /// A right on the directory or key that holds a name or shall hold one.
    pub(super) fn let_parent<R: Recorder>(
        &mut self,
        thread: ThreadId,
        parent: ObjectId,
        wanted: (AccessMask, Intents),
        recorder: &mut R,
    ) -> Result<(), Failure> {
        self.ask(thread, parent, CheckPurpose::Parent, wanted, recorder).map(drop)
    }

    pub(super) fn delete<R: Recorder>(
        &mut self,
        thread: ThreadId,
        place: &Place,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let (id, name) = self.leaving(thread, place, recorder)?;
        // After the access checks (FILE-22, KEY-17).
        if !self.object(id).children.is_empty() {
            return Err(ErrorName::NotEmpty.into());
        }
        self.take_name(&name, id);
        Ok(Success::Ok)
    }

    /// An object and its name, if the thread may take the name away: by a handle with DELETE, or by path (FILE-22).
    fn leaving<R: Recorder>(
        &mut self,
        thread: ThreadId,
        place: &Place,
        recorder: &mut R,
    ) -> Result<(ObjectId, Name), Failure> {
        match place {
            Place::Handle(_) => {
                let wanted = (AccessMask::DELETE, Intents::empty());
                let id = self.let_at(thread, place, wanted, recorder)?;
                let object = self.object(id);
                // A hive and the root of all files have no name that could go.
                let parent = object.parent.filter(|parent| {
                    self.object(*parent).parent.is_some() || object.class != ObjectType::Key
                });
                let parent = parent.ok_or(ErrorName::InvalidParameter)?;
                if object.nameless {
                    return Err(ErrorName::NotFound.into());
                }
                Ok((id, Name { parent, name: self.key_of_name(id) }))
            }
            Place::Path { path, directory } => {
                let found = self.find(thread, path, (*directory, false), recorder)?;
                let id = found.existing()?;
                let name = found.name.ok_or(ErrorName::InvalidParameter)?;
                self.let_delete(thread, (id, &name), Intents::empty(), recorder)?;
                Ok((id, name))
            }
        }
    }

    /// Under which key its directory or key holds an object.
    fn key_of_name(&self, id: ObjectId) -> Arc<str> {
        let object = self.object(id);
        if object.class == ObjectType::Key {
            super::registry::fold(&object.name)
        } else {
            object.name.clone()
        }
    }

    /// Takes a name away, if the object still has it. Whoever holds a handle on the object keeps it (FILE-22, KEY-17).
    pub(super) fn take_name(&mut self, name: &Name, id: ObjectId) {
        let objects = Arc::make_mut(&mut self.objects);
        let held = objects.get(name.parent.index()).and_then(|parent| parent.children.get(&name.name));
        if held != Some(id) {
            return;
        }
        if let Some(parent) = objects.get_mut(name.parent.index()) {
            parent.children.remove(&name.name);
        }
        let others = self.aliases.entry(id).or_default();
        let first = others.iter().position(|other| other == name);
        if let Some(object) = objects.get_mut(id.index()) {
            match (first, others.first().cloned()) {
                (Some(first), _) => drop(others.remove(first)),
                (None, Some(next)) => {
                    others.remove(0);
                    object.parent = Some(next.parent);
                    object.name = next.name;
                }
                (None, None) => object.nameless = true,
            }
        }
        if others.is_empty() {
            self.aliases.remove(&id);
        }
    }

    /// Gives an object a name, its only one or one more; its descriptor stays as it is (FILE-23).
    pub(super) fn give_name(&mut self, name: &Name, id: ObjectId) {
        let objects = Arc::make_mut(&mut self.objects);
        if let Some(parent) = objects.get_mut(name.parent.index()) {
            parent.children.insert(name.name.clone(), id);
        }
        match objects.get_mut(id.index()) {
            Some(object) if object.nameless => {
                object.parent = Some(name.parent);
                object.name = name.name.clone();
                object.nameless = false;
            }
            _ => self.aliases.entry(id).or_default().push(name.clone()),
        }
    }

    pub(super) fn rename<R: Recorder>(
        &mut self,
        thread: ThreadId,
        rename: &Rename,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        // Whether the names are there comes before whether the thread may (as FILE-20).
        let source = match &rename.what {
            Place::Handle(_) => {
                let (id, name) = self.leaving(thread, &rename.what, recorder)?;
                if self.object(id).class == ObjectType::Key {
                    return Err(ErrorName::NotSupported.into());
                }
                Found { object: Some(id), name: Some(name) }
            }
            Place::Path { path, directory } => self.find(thread, path, (*directory, false), recorder)?,
        };
        let id = source.existing()?;
        let from = source.name.ok_or(ErrorName::InvalidParameter)?;
        let target = self.find(thread, &rename.to, (false, false), recorder)?;
        let to = target.name.ok_or(ErrorName::InvalidParameter)?;
        match (target.object, rename.onto) {
            (Some(_), Onto::Refuse) => return Err(ErrorName::AlreadyExists.into()),
            (None, Onto::Exchange) => return Err(ErrorName::NotFound.into()),
            _ => {}
        }
        let into_itself = |id: ObjectId, parent: ObjectId| self.is_below(parent, id);
        let other_way = target.object.filter(|_| rename.onto == Onto::Exchange);
        if into_itself(id, to.parent) || other_way.is_some_and(|other| into_itself(other, from.parent)) {
            return Err(ErrorName::InvalidParameter.into());
        }
        if matches!(rename.what, Place::Path { .. }) {
            self.let_delete(thread, (id, &from), Intents::empty(), recorder)?;
        }
        self.let_parent(thread, to.parent, (self.right_to_add(id), Intents::empty()), recorder)?;
        if let Some(other) = target.object {
            self.let_delete(thread, (other, &to), Intents::empty(), recorder)?;
            if other == id {
                // Two names of one file: there is nothing to do.
                return Ok(Success::Ok);
            }
            if rename.onto == Onto::Exchange {
                self.let_parent(thread, from.parent, (self.right_to_add(other), Intents::empty()), recorder)?;
            } else {
                self.check_replaceable(id, other)?;
            }
            self.take_name(&to, other);
        }
        self.take_name(&from, id);
        self.give_name(&to, id);
        if let Some(other) = other_way {
            self.give_name(&from, other);
        }
        Ok(Success::Ok)
    }

    /// A symbolic link, or a further name of a file (FILE-15); a link between keys (KEY-14).
    pub(super) fn make_link<R: Recorder>(
        &mut self,
        thread: ThreadId,
        link: &Link,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        if let LinkKind::Key { volatile } = link.kind {
            return self.make_key_link(thread, link, volatile, recorder);
        }
        let file = if link.kind == LinkKind::Hard {
            let id = self.find(thread, &link.to, (false, true), recorder)?.existing()?;
            if self.object(id).class == ObjectType::Directory {
                return Err(ErrorName::IsADirectory.into());
            }
            Some(id)
        } else {
            None
        };
        let place = self.find(thread, &link.path, (false, false), recorder)?;
        let name = match (place.object, place.name) {
            (None, Some(name)) => name,
            _ => return Err(ErrorName::AlreadyExists.into()),
        };
        self.let_parent(thread, name.parent, (ADD_FILE, Intents::empty()), recorder)?;
        if let Some(id) = file {
            let wanted = (WRITE_ATTRIBUTES, Intents::empty());
            self.ask(thread, id, CheckPurpose::Target, wanted, recorder)?;
            self.give_name(&name, id);
            return Ok(Success::Ok);
        }
        if self.privilege_gate(thread, Privilege::CREATE_SYMBOLIC_LINK, recorder) != PrivilegeState::Held {
            return Err(ErrorName::PrivilegeNotHeld.into());
        }
        if self.is_unmanaged(name.parent) {
            self.add_link(&name, None, &link.to);
            return Ok(Success::Ok);
        }
        let subject = self.subject_token(thread)?.clone();
        let descriptor = self.descriptor_below(name.parent, None, &subject, ObjectType::File)?;
        self.add_link(&name, Some(descriptor), &link.to);
        Ok(Success::Ok)
    }

    pub(super) fn add_link(&mut self, name: &Name, descriptor: Option<Arc<Descriptor>>, to: &Arc<str>) {
        let id = self.insert_object(name.parent, name.name.clone(), ObjectType::File, descriptor);
        Arc::make_mut(&mut self.links).insert(id, to.clone());
    }

    fn right_to_add(&self, id: ObjectId) -> AccessMask {
        if self.object(id).class == ObjectType::Directory { ADD_SUBDIRECTORY } else { ADD_FILE }
    }

    /// A directory takes the place of an empty directory, anything else that of anything else.
    fn check_replaceable(&self, id: ObjectId, other: ObjectId) -> Result<(), Failure> {
        let directory = |id: ObjectId| self.object(id).class == ObjectType::Directory;
        match (directory(id), directory(other)) {
            (true, false) => Err(ErrorName::NotADirectory.into()),
            (false, true) => Err(ErrorName::IsADirectory.into()),
            _ if !self.object(other).children.is_empty() => Err(ErrorName::NotEmpty.into()),
            _ => Ok(()),
        }
    }

    /// Whether `of` is `id` or lies below it.
    pub(super) fn is_below(&self, of: ObjectId, id: ObjectId) -> bool {
        let mut next = Some(of);
        while let Some(at) = next {
            if at == id {
                return true;
            }
            next = self.object(at).parent;
        }
        false
    }
}
