//! Registry keys and values: opening, creating, reading and writing.
//!
//! Authority: KEY-1 to KEY-12, KEY-16, KEY-22 (registry text v0.21).

use std::sync::Arc;

use super::check::Ask;
use super::file::NewObject;
use super::handle::{HandleTarget, Opening};
use super::op::{ErrorName, Failure, KeyOpen, OpenStatus, Success};
use super::path::Name;
use super::record::{CheckPurpose, Fact, Recorder};
use super::{HIVES, Handle, World};
use crate::access::Intents;
use crate::ids::{ObjectId, Slot, ThreadId};
use crate::rights::{AccessMask, ObjectType};

const QUERY_VALUE: AccessMask = AccessMask(0x1);
const SET_VALUE: AccessMask = AccessMask(0x2);
const CREATE_SUB_KEY: AccessMask = AccessMask(0x4);
/// What a key may be asked for (KEY-7).
const REQUESTABLE: AccessMask = AccessMask(0xF30F_003F);

/// The data of a value (KEY-4).
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
    /// 64 bits.
    Qword(u64),
    /// A list of texts.
    MultiSz(Arc<[Arc<str>]>),
}

impl ValueData {
    /// The name of the type, and the value as scenarios write it.
    #[must_use]
    pub fn words(&self) -> (&'static str, String) {
        match self {
            ValueData::Sz(text) => ("SZ", format!("{text:?}")),
            ValueData::ExpandSz(text) => ("EXPAND_SZ", format!("{text:?}")),
            ValueData::Binary(bytes) => ("BINARY", bytes.iter().map(|byte| format!("{byte:02x}")).collect()),
            ValueData::Dword(number) => ("DWORD", number.to_string()),
            ValueData::Qword(number) => ("QWORD", number.to_string()),
            ValueData::MultiSz(list) => ("MULTI_SZ", format!("{list:?}")),
        }
    }
}

/// Names compare without case (KEY-2). Simple folding, character by character.
pub(super) fn fold(name: &str) -> Arc<str> {
    name.chars().flat_map(char::to_lowercase).collect::<String>().into()
}

/// Whether a path obeys KEY-2: no empty component, none over 255 bytes, 16,383 bytes and 512 components in all.
#[must_use]
pub fn is_key_path(path: &str) -> bool {
    path.len() <= 16_383
        && path.split('\\').count() <= 512
        && path.split('\\').all(|name| !name.is_empty() && name.len() <= 255 && !name.contains('\0'))
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
        let path = self.resolve_current_user(thread, &open.path.replace('/', "\\"));
        if !is_key_path(&path) {
            return Err(ErrorName::InvalidParameter.into());
        }
        let mut names = path.split('\\').peekable();
        let mut at = HIVES;
        while let Some(name) = names.next() {
            match self.object(at).children.get(&fold(name)) {
                Some(child) => at = *child,
                None if names.peek().is_none() && open.create && at != HIVES => {
                    let name = Arc::from(name);
                    return self.create_key(thread, bind, desired, at, name, recorder);
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
        let decision = self.decide_object(thread, at, &ask, recorder)?;
        let granted = decision.handle_mask();
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
        desired: AccessMask,
        parent: ObjectId,
        name: Arc<str>,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let ask = Ask {
            purpose: CheckPurpose::Parent,
            desired: CREATE_SUB_KEY,
            intents: Intents::empty(),
            object: &|world| world.describe(parent),
        };
        self.decide_object(thread, parent, &ask, recorder)?;
        let new = NewObject {
            name: Name { parent, name },
            class: ObjectType::Key,
            desired: (desired, Intents::empty()),
            replaces: None,
            delete_on_close: false,
        };
        self.create_child(thread, bind, new, None, recorder)
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
        self.put_value(key, name, value);
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
        Ok(Success::Ok)
    }
}
