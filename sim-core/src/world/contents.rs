//! What is done with files, directories and keys once they are reached: the one table of the rights that it takes.
//!
//! Authority: FILE-3, FILE-7, KEY-6, KEY-15, KEY-16. Contents themselves are not modelled.

use super::World;
use super::handle::{HandleTarget, outside_mask};
use super::op::{ErrorName, Failure, Place, Success, Transfer};
use super::record::{CheckPurpose, Fact, Recorder};
use crate::access::Intents;
use crate::ids::{ObjectId, Slot, ThreadId};
use crate::rights::{AccessMask, ObjectType};
use crate::text::quote;

const READ: AccessMask = AccessMask(0x1);
const WRITE: AccessMask = AccessMask(0x2);
const APPEND: AccessMask = AccessMask(0x4);
const EXECUTE: AccessMask = AccessMask(0x20);

impl Transfer {
    /// What it takes on a file or directory: one of these (FILE-7); `None` if there is no such operation.
    fn file_rights(self) -> Option<&'static [AccessMask]> {
        Some(match self {
            Transfer::Read | Transfer::List | Transfer::LockShared => &[READ],
            Transfer::MapRead | Transfer::MapPrivate => &[READ],
            Transfer::Write | Transfer::Truncate | Transfer::MapShared => &[WRITE],
            Transfer::Append | Transfer::Extend | Transfer::LockExclusive => &[APPEND, WRITE],
            Transfer::MapExecute | Transfer::Enter => &[EXECUTE],
            Transfer::QueryAttributes => &[AccessMask(0x80)],
            Transfer::SetAttributes => &[AccessMask(0x100)],
            Transfer::ReadEa => &[AccessMask(0x8)],
            Transfer::WriteEa => &[AccessMask(0x10)],
            Transfer::ListEas => &[AccessMask::NONE],
            Transfer::Values | Transfer::QueryKey => return None,
        })
    }

    /// What it takes on a key (KEY-6).
    fn key_rights(self) -> Option<&'static [AccessMask]> {
        match self {
            Transfer::List => Some(&[AccessMask(0x8)]),
            Transfer::Values => Some(&[READ]),
            Transfer::QueryKey => Some(&[AccessMask::READ_CONTROL]),
            _ => None,
        }
    }

    /// Whether it is about a directory, about anything but one, or about either.
    fn on_directory(self) -> Option<bool> {
        match self {
            Transfer::List | Transfer::Enter => Some(true),
            Transfer::QueryAttributes
            | Transfer::SetAttributes
            | Transfer::ReadEa
            | Transfer::WriteEa
            | Transfer::ListEas => None,
            _ => Some(false),
        }
    }
}

impl World {
    /// By handle the mask decides; by path the present subject is asked for the same right (FILE-7).
    pub(super) fn transfer<R: Recorder>(
        &mut self,
        thread: ThreadId,
        place: &Place,
        transfer: Transfer,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let id = match place {
            Place::Handle(slot) => {
                let (_, handle) = self.handle_in(thread, *slot)?;
                let HandleTarget::Object(id) = handle.target else {
                    return Err(ErrorName::InvalidHandle.into());
                };
                let any = self.rights_for(id, transfer)?;
                self.test_mask(handle, any, recorder)?;
                id
            }
            Place::Path { path, directory } => {
                let id = self.find(thread, path, (*directory, true), recorder)?.existing()?;
                let any = self.rights_for(id, transfer)?;
                let required = any.first().copied().unwrap_or(AccessMask::NONE);
                self.ask(thread, id, CheckPurpose::Target, (required, Intents::empty()), recorder)?;
                id
            }
        };
        match transfer {
            Transfer::List => recorder.fact(|_| Fact::Value(self.names_below(id).join(", "))),
            Transfer::Values => recorder.fact(|_| Fact::Value(self.value_names(id).join(", "))),
            Transfer::QueryKey => recorder.fact(|_| Fact::Value(self.key_words(id))),
            _ => {}
        }
        Ok(Success::Ok)
    }

    fn rights_for(&self, id: ObjectId, transfer: Transfer) -> Result<&'static [AccessMask], Failure> {
        let class = self.object(id).class;
        if class == ObjectType::Key {
            return transfer.key_rights().ok_or_else(|| ErrorName::InvalidHandle.into());
        }
        match (transfer.on_directory(), class == ObjectType::Directory) {
            (Some(true), false) => Err(ErrorName::NotADirectory.into()),
            (Some(false), true) => Err(ErrorName::IsADirectory.into()),
            _ => transfer.file_rights().ok_or_else(|| ErrorName::InvalidHandle.into()),
        }
    }

    fn names_below(&self, id: ObjectId) -> Vec<String> {
        let below = self.object(id).children.in_order().into_iter();
        below.map(|id| self.object(id).name.to_string()).collect()
    }

    fn value_names(&self, id: ObjectId) -> Vec<String> {
        self.object(id)
            .values
            .values()
            .map(|(name, value)| format!("{} {}", quote(name), value.words().0))
            .collect()
    }

    fn key_words(&self, id: ObjectId) -> String {
        let object = self.object(id);
        let volatile = if object.volatile { ", volatile" } else { "" };
        let link = if object.link { ", link" } else { "" };
        let written = self.written.get(&id).copied().unwrap_or(0);
        format!(
            "{} subkeys, {} values, written at {written}ns{volatile}{link}",
            object.children.len(),
            object.values.len()
        )
    }

    /// The descriptor is no extended attribute, whatever the handle may do (FILE-7).
    pub(super) fn descriptor_as_ea<R: Recorder>(
        &mut self,
        thread: ThreadId,
        slot: Slot,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let (_, handle) = self.handle_in(thread, slot)?;
        self.test_mask(handle, &[AccessMask::NONE], recorder)?;
        Err(outside_mask())
    }

    /// The subkey at a position, in the order of folded names (KEY-15).
    pub(super) fn subkey<R: Recorder>(
        &mut self,
        thread: ThreadId,
        slot: Slot,
        position: u32,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let (_, handle) = self.handle_in(thread, slot)?;
        let HandleTarget::Object(id) = handle.target else { return Err(ErrorName::InvalidHandle.into()) };
        let any = self.rights_for(id, Transfer::List)?;
        self.test_mask(handle, any, recorder)?;
        let below = self.object(id).children.in_order();
        let child = *below.get(position as usize).ok_or(ErrorName::NotFound)?;
        recorder.fact(|_| Fact::Value(self.object(child).name.to_string()));
        Ok(Success::Ok)
    }
}
