//! Registry keys and values: opening, creating, reading and writing.
//!
//! Authority: KEY-1 to KEY-13, KEY-16, KEY-20, KEY-22, KEY-24 (registry text v0.21).

use std::borrow::Cow;
use std::sync::Arc;

use super::check::{Allowed, Ask};
use super::file::NewObject;
use super::handle::{HandleTarget, Opening};
use super::op::{ErrorName, Failure, KeyOpen, OpenStatus, Success};
use super::path::Name;
use super::record::{CheckPurpose, Fact, Recorder};
use super::{HIVES, Handle, World};
use crate::access::Intents;
use crate::ids::{ObjectId, Slot, ThreadId};
use crate::model::{CreatedKeys, Model};
use crate::rights::{AccessMask, ObjectType};
use crate::sd::{AceType, SecurityDescriptor};
use crate::text::quote;

const QUERY_VALUE: AccessMask = AccessMask(0x1);
const SET_VALUE: AccessMask = AccessMask(0x2);
const CREATE_SUB_KEY: AccessMask = AccessMask(0x4);
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
    /// A list of texts.
    MultiSz(Arc<[Arc<str>]>),
    /// Bytes of a type that is given as a number.
    Other(u32, Arc<[u8]>),
}

/// Types of bytes that mean nothing here, by number and name (KEY-4).
const OPAQUE: &[(u32, &str)] = &[
    (0, "NONE"),
    (6, "LINK"),
    (8, "RESOURCE_LIST"),
    (9, "FULL_RESOURCE_DESCRIPTOR"),
    (10, "RESOURCE_REQUIREMENTS_LIST"),
];

impl ValueData {
    /// The name of the type, and the value as scenarios write it.
    #[must_use]
    pub fn words(&self) -> (&'static str, String) {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self {
            ValueData::Sz(text) => ("SZ", quote(text)),
            ValueData::ExpandSz(text) => ("EXPAND_SZ", quote(text)),
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
            ValueData::Sz(value) | ValueData::ExpandSz(value) => text(value),
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

/// What is wrong with the path of a key, if it does not obey KEY-2.
#[must_use]
pub fn key_path_fault(path: &str) -> Option<&'static str> {
    let any = |fault: fn(&str) -> bool| path.split('\\').any(fault);
    match () {
        () if any(str::is_empty) => {
            Some("a name is empty: expected names with `\\` between them and none at the ends")
        }
        () if path.contains('\0') => Some("a name holds NUL"),
        () if any(|name| name.len() > 255) => Some("a name has at most 255 bytes"),
        () if path.split('\\').count() > 512 => Some("a path has at most 512 names"),
        () if path.len() > 16_383 => Some("a path has at most 16383 bytes"),
        () => None,
    }
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
        let path = open.path.replace('/', "\\");
        // No right on the key where a relative path begins is asked (KEY-10).
        let (mut at, path) = match open.base {
            Some(slot) => (self.base_of(thread, slot, ObjectType::Key)?, path),
            None => (HIVES, self.resolve_current_user(thread, &path)),
        };
        // A path that begins at a handle is as long as the whole of it (KEY-2).
        let whole = match open.base {
            Some(_) => Cow::Owned(format!("{}\\{path}", self.path_of(at))),
            None => Cow::Borrowed(&*path),
        };
        if key_path_fault(&whole).is_some() {
            return Err(ErrorName::InvalidParameter.into());
        }
        let mut names = path.split('\\').peekable();
        while let Some(name) = names.next() {
            match self.object(at).children.get(&fold(name)) {
                Some(child) => at = child,
                None if names.peek().is_none() && open.create && at != HIVES => {
                    let name = Arc::from(name);
                    return self.create_key(thread, bind, open, Name { parent: at, name }, recorder);
                }
                None => return Err(ErrorName::NotFound.into()),
            }
        }
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

    /// `CurrentUser\…` is the subtree of the subject's user; where the level gate refuses, of the effective one (KEY-3).
    fn resolve_current_user(&self, thread: ThreadId, path: &str) -> String {
        let (first, rest) = path.split_once('\\').unwrap_or((path, ""));
        if !first.eq_ignore_ascii_case("CurrentUser") {
            return path.to_owned();
        }
        let token = self.subject_token(thread).unwrap_or_else(|_| self.effective_token(thread));
        let user = token.facts().user;
        if rest.is_empty() { format!("Users\\{user}") } else { format!("Users\\{user}\\{rest}") }
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
        if self.object(parent).volatile && !open.volatile {
            return Err(ErrorName::InvalidParameter.into());
        }
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
