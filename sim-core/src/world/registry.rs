//! Registry keys and values: opening, creating, reading and writing.
//!
//! Authority: KEY-1 to KEY-16, KEY-20, KEY-22, KEY-24 (registry text v0.21). How paths are walked is `key_path`'s matter.

use std::sync::Arc;

use super::check::{Allowed, Ask};
use super::file::NewObject;
use super::handle::{HandleTarget, Opening};
use super::key_path::{KeyRoute, key_path_fault};
use super::op::{ErrorName, Failure, KeyOpen, Link, OpenStatus, Success};
use super::path::Name;
use super::record::{CheckPurpose, Fact, Recorder};
use super::{HIVES, Handle, World};
use crate::access::Intents;
use crate::ids::{ObjectId, Slot, ThreadId};
use crate::model::{CreatedKeys, Model};
use crate::privilege::{Privilege, PrivilegeState};
use crate::rights::{AccessMask, ObjectType};
use crate::sd::{AceType, SecurityDescriptor};
use crate::sid::ADMINISTRATORS;
use crate::text::{quote, quote_key};

const QUERY_VALUE: AccessMask = AccessMask(0x1);
const SET_VALUE: AccessMask = AccessMask(0x2);
const CREATE_SUB_KEY: AccessMask = AccessMask(0x4);
const CREATE_LINK: AccessMask = AccessMask(0x20);
/// What a key may be asked for (KEY-7).
const REQUESTABLE: AccessMask = AccessMask(0xF30F_003F);

/// What an entry of a key's descriptor may speak of (KEY-8).
const IN_ENTRIES: AccessMask = AccessMask(0x010F_003F);

/// Whether the entries of a key's descriptor speak of rights on keys only; a label's mask holds none (KEY-8).
pub(super) fn key_masks_fit(descriptor: &SecurityDescriptor, model: &Model) -> bool {
    let mapping = model.mapping(ObjectType::Key);
    let lists = descriptor.dacl.iter().chain(&descriptor.sacl);
    let entries = lists.flat_map(|list| &list.aces).filter(|ace| ace.kind != AceType::MANDATORY_LABEL);
    entries.filter(|ace| ace.kind.row().is_some()).all(|ace| IN_ENTRIES.contains(mapping.map(ace.mask)))
}

/// The most bytes of a value (KEY-2).
const MOST_BYTES: usize = 1 << 20;

/// The data of a value, by its type (KEY-4).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ValueData {
    /// Text.
    Sz(Arc<str>),
    /// Text with variables, kept as it is.
    ExpandSz(Arc<str>),
    /// Bytes.
    Binary(Arc<[u8]>),
    /// 32 bits.
    Dword(u32),
    /// 32 bits, the high byte first.
    DwordBe(u32),
    /// 64 bits.
    Qword(u64),
    /// The path to which a link between keys leads (KEY-14).
    Link(Arc<str>),
    /// A list of texts.
    MultiSz(Arc<[Arc<str>]>),
    /// Bytes of a type that is given as a number.
    Other(u32, Arc<[u8]>),
}

/// Types of bytes that mean nothing here, by number and name (KEY-4).
const OPAQUE: &[(u32, &str)] =
    &[(0, "NONE"), (8, "RESOURCE_LIST"), (9, "FULL_RESOURCE_DESCRIPTOR"), (10, "RESOURCE_REQUIREMENTS_LIST")];

impl ValueData {
    /// The name of the type, and the value as scenarios write it.
    #[must_use]
    pub fn words(&self) -> (&'static str, String) {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self {
            ValueData::Sz(text) => ("SZ", quote(text)),
            ValueData::ExpandSz(text) => ("EXPAND_SZ", quote(text)),
            ValueData::Link(path) => ("LINK", quote_key(path)),
            ValueData::Binary(bytes) => ("BINARY", hex(bytes)),
            ValueData::Dword(number) => ("DWORD", number.to_string()),
            ValueData::DwordBe(number) => ("DWORD_BE", number.to_string()),
            ValueData::Qword(number) => ("QWORD", number.to_string()),
            ValueData::MultiSz(list) => {
                let texts: Vec<String> = list.iter().map(|text| quote(text)).collect();
                ("MULTI_SZ", format!("[{}]", texts.join(", ")))
            }
            ValueData::Other(kind, bytes) => {
                let name = OPAQUE.iter().find(|(number, _)| number == kind);
                (name.map_or("of no type", |(_, name)| name), hex(bytes))
            }
        }
    }

    /// Whether the type is one that there is, and the bytes are not too many (KEY-2, KEY-4).
    #[must_use]
    pub fn is_sound(&self) -> bool {
        // Text is counted as it is kept, in 16-bit units with an end.
        let text = |text: &str| 2 * (text.encode_utf16().count() + 1);
        let bytes = match self {
            ValueData::Sz(value) | ValueData::ExpandSz(value) | ValueData::Link(value) => text(value),
            ValueData::MultiSz(list) => list.iter().map(|value| text(value)).sum::<usize>() + 2,
            ValueData::Binary(bytes) | ValueData::Other(_, bytes) => bytes.len(),
            ValueData::Dword(_) | ValueData::DwordBe(_) | ValueData::Qword(_) => 8,
        };
        let known = match self {
            ValueData::Other(kind, _) => OPAQUE.iter().any(|(number, _)| number == kind),
            _ => true,
        };
        known && bytes <= MOST_BYTES
    }
}

/// Names compare without case (KEY-2): simple folding, character by character, by way of the one capital that a letter has.
pub fn fold(name: &str) -> Arc<str> {
    if name.is_ascii() {
        return name.to_ascii_lowercase().into();
    }
    name.chars().map(fold_char).collect::<String>().into()
}

fn fold_char(c: char) -> char {
    let one = |mut chars: Box<dyn Iterator<Item = char>>, other: char| match (chars.next(), chars.next()) {
        (Some(only), None) => only,
        _ => other,
    };
    // The letter without a dot folds to itself, although its capital is that of `i`.
    if c.is_ascii() || c == '\u{131}' {
        return c.to_ascii_lowercase();
    }
    let capital = one(Box::new(c.to_uppercase()), c);
    one(Box::new(capital.to_lowercase()), capital)
}

impl World {
    pub(super) fn open_key<R: Recorder>(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        open: &KeyOpen,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let desired = open.desired;
        if desired.is_empty() || desired.intersects(!REQUESTABLE) {
            return Err(ErrorName::InvalidParameter.into());
        }
        if open.descriptor.is_some() && self.model.created_keys == CreatedKeys::TakeNoDescriptor {
            return Err(ErrorName::NotSupported.into());
        }
        let route = KeyRoute { base: open.base, path: &open.path, follow: !open.open_link };
        let found = self.walk_keys(thread, &route, recorder)?;
        let at = match (found.object, found.name) {
            (Some(at), _) => at,
            (None, Some(name)) if open.create && name.parent != HIVES => {
                return self.create_key(thread, bind, open, name, recorder);
            }
            (None, _) => return Err(ErrorName::NotFound.into()),
        };
        let ask = Ask {
            purpose: CheckPurpose::Target,
            desired,
            intents: Intents::empty(),
            object: &|world| world.describe(at),
        };
        // A key is on no volume, so somebody was asked.
        let granted = match self.decide_object(thread, at, &ask, recorder)? {
            Allowed::By(decision) => decision.handle_mask(),
            Allowed::Unasked => AccessMask::NONE,
        };
        recorder.fact(|_| Fact::Opened(OpenStatus::Opened, ObjectType::Key));
        self.open_handle(thread, bind, Opening::plain(HandleTarget::Object(at), granted));
        Ok(Success::Granted(granted))
    }

    fn create_key<R: Recorder>(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        open: &KeyOpen,
        name: Name,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let parent = name.parent;
        self.let_parent(thread, parent, (CREATE_SUB_KEY, Intents::empty()), recorder)?;
        self.check_volatile(parent, open.volatile)?;
        let key = fold(&name.name);
        let new = NewObject {
            name,
            class: ObjectType::Key,
            desired: (open.desired, Intents::empty()),
            replaces: None,
            delete_on_close: false,
        };
        let success = self.create_child(thread, bind, new, open.descriptor.as_ref(), recorder)?;
        let created = self.object(parent).children.get(&key);
        if let Some(id) = created {
            self.written.insert(id, self.now);
            if let Some(object) = Arc::make_mut(&mut self.objects).get_mut(id.index()) {
                object.volatile = open.volatile;
            }
        }
        Ok(success)
    }

    /// What is volatile holds nothing that stays (KEY-12).
    fn check_volatile(&self, parent: ObjectId, volatile: bool) -> Result<(), Failure> {
        if self.object(parent).volatile && !volatile {
            return Err(ErrorName::InvalidParameter.into());
        }
        Ok(())
    }

    /// `create link 'K' to 'T'`: a right on the key above of its own, and SeTcbPrivilege or Administrators (KEY-14).
    pub(super) fn make_key_link<R: Recorder>(
        &mut self,
        thread: ThreadId,
        link: &Link,
        volatile: bool,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let target: Arc<str> = link.to.replace('/', "\\").into();
        if key_path_fault(&target).is_some() {
            return Err(ErrorName::InvalidParameter.into());
        }
        let route = KeyRoute { base: None, path: &link.path, follow: false };
        let found = self.walk_keys(thread, &route, recorder)?;
        let name = match (found.object, found.name) {
            (None, Some(name)) if name.parent != HIVES => name,
            (None, _) => return Err(ErrorName::NotFound.into()),
            (Some(_), _) => return Err(ErrorName::AlreadyExists.into()),
        };
        let parent = name.parent;
        self.let_parent(thread, parent, (CREATE_LINK, Intents::empty()), recorder)?;
        if self.privilege_gate(thread, Privilege::TCB, recorder) != PrivilegeState::Held {
            let subject = self.subject_token(thread)?;
            if !subject.has_enabled_group(ADMINISTRATORS) {
                return Err(ErrorName::PrivilegeNotHeld.into());
            }
            recorder.fact(|_| Fact::Reason("Administrators enabled".to_owned()));
        }
        self.check_volatile(parent, volatile)?;
        let subject = self.subject_token(thread)?.clone();
        let descriptor = self.descriptor_below(parent, None, &subject, ObjectType::Key)?;
        let id = self.insert_object(parent, name.name, ObjectType::Key, Some(descriptor));
        self.make_it_a_link(id);
        if let Some(object) = Arc::make_mut(&mut self.objects).get_mut(id.index()) {
            object.volatile = volatile;
        }
        self.put_value(id, &Arc::from(""), &ValueData::Link(target));
        self.written.insert(id, self.now);
        Ok(Success::Ok)
    }

    pub(super) fn make_it_a_link(&mut self, key: ObjectId) {
        if let Some(object) = Arc::make_mut(&mut self.objects).get_mut(key.index()) {
            object.link = true;
        }
    }

    fn key_of(&self, handle: &Handle) -> Result<ObjectId, Failure> {
        match handle.target {
            HandleTarget::Object(id) if self.object(id).class == ObjectType::Key => Ok(id),
            HandleTarget::Object(_) | HandleTarget::Token(..) => Err(ErrorName::InvalidHandle.into()),
        }
    }

    pub(super) fn query_value<R: Recorder>(
        &mut self,
        thread: ThreadId,
        slot: Slot,
        name: &str,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let (_, handle) = self.handle_in(thread, slot)?;
        let key = self.key_of(handle)?;
        self.test_mask(handle, &[QUERY_VALUE], recorder)?;
        let (_, value) = self.object(key).values.get(&fold(name)).ok_or(ErrorName::NotFound)?;
        recorder.fact(|_| Fact::Data(value.clone()));
        Ok(Success::Ok)
    }

    pub(super) fn set_value<R: Recorder>(
        &mut self,
        thread: ThreadId,
        slot: Slot,
        name: &Arc<str>,
        value: &ValueData,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let (_, handle) = self.handle_in(thread, slot)?;
        let key = self.key_of(handle)?;
        self.test_mask(handle, &[SET_VALUE], recorder)?;
        if name.contains('\0') || !value.is_sound() {
            return Err(ErrorName::InvalidParameter.into());
        }
        self.put_value(key, name, value);
        self.written.insert(key, self.now);
        Ok(Success::Ok)
    }

    pub(super) fn put_value(&mut self, key: ObjectId, name: &Arc<str>, value: &ValueData) {
        if let Some(object) = Arc::make_mut(&mut self.objects).get_mut(key.index()) {
            object.values.insert(fold(name), (name.clone(), value.clone()));
        }
    }

    pub(super) fn take_value(&mut self, key: ObjectId, name: &str) {
        if let Some(object) = Arc::make_mut(&mut self.objects).get_mut(key.index()) {
            object.values.remove(&fold(name));
        }
    }

    /// Deleting a value that is not there succeeds (KEY-16).
    pub(super) fn delete_value<R: Recorder>(
        &mut self,
        thread: ThreadId,
        slot: Slot,
        name: &str,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let (_, handle) = self.handle_in(thread, slot)?;
        let key = self.key_of(handle)?;
        self.test_mask(handle, &[SET_VALUE], recorder)?;
        self.take_value(key, name);
        self.written.insert(key, self.now);
        Ok(Success::Ok)
    }
}
