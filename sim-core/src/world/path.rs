//! Paths of files: from a name to the object that it names, past directories and through symbolic links.
//!
//! Authority: FILE-1, FILE-11, FILE-12. Decides nothing about the object at the end of a path.

use std::borrow::Cow;
use std::sync::Arc;

use super::check::Ask;
use super::handle::HandleTarget;
use super::op::{DeniedBy, ErrorName, Failure};
use super::record::{CheckPurpose, Fact, Recorder};
use super::{FILE_ROOT, World};
use crate::access::Intents;
use crate::ids::{ObjectId, Slot, ThreadId};
use crate::model::AnonymousTraverse;
use crate::privilege::{Privilege, PrivilegeState};
use crate::rights::{AccessMask, ObjectType};
use crate::token::ImpersonationLevel;

const TRAVERSE: AccessMask = AccessMask(0x20);
/// How many symbolic links one path may lead through.
const MOST_LINKS: usize = 40;

/// A path to walk.
#[derive(Clone, Copy)]
pub(super) struct Route<'a> {
    /// Where it begins.
    pub from: ObjectId,
    /// The path.
    pub path: &'a str,
    /// Whether a symbolic link at its end is followed.
    pub follow: bool,
}

/// How far a path led.
enum Reached {
    /// To its end.
    End(Found),
    /// To a link: where it leads, and the names behind it.
    Link(ObjectId, Arc<str>, String),
}

/// Where a path ends.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// The object, if the name is there.
    pub object: Option<ObjectId>,
    /// The name in its directory; `None` for the root of all files.
    pub name: Option<Name>,
}

/// A name in a directory.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    /// The directory.
    pub parent: ObjectId,
    /// The name.
    pub name: Arc<str>,
}

impl Found {
    /// The object that must be there.
    pub(super) fn existing(&self) -> Result<ObjectId, Failure> {
        self.object.ok_or_else(|| ErrorName::NotFound.into())
    }
}

impl World {
    /// Walks to the end of a path; each directory on the way is passed by privilege or by right (FILE-12), symbolic links on
    /// the way are followed, and one at the end if the step wants that (FILE-11).
    pub(super) fn walk<R: Recorder>(
        &mut self,
        thread: ThreadId,
        route: &Route<'_>,
        recorder: &mut R,
    ) -> Result<Found, Failure> {
        let mut followed = Vec::new();
        let found = self.walk_on(thread, route, &mut followed, recorder);
        if !matches!(&found, Err(failure) if failure.error == ErrorName::LinkLoop) {
            for (link, to) in followed {
                recorder.fact(|_| Fact::Link(self.describe(link), to));
            }
        }
        found
    }

    fn walk_on<R: Recorder>(
        &mut self,
        thread: ThreadId,
        route: &Route<'_>,
        followed: &mut Vec<(ObjectId, Arc<str>)>,
        recorder: &mut R,
    ) -> Result<Found, Failure> {
        let mut path = Cow::Borrowed(route.path);
        let mut from = route.from;
        loop {
            match self.walk_to_link(thread, &Route { from, path: &path, ..*route }, recorder)? {
                Reached::End(found) => return Ok(found),
                Reached::Link(..) if followed.len() == MOST_LINKS => return Err(ErrorName::LinkLoop.into()),
                // A link holds a whole path.
                Reached::Link(link, target, rest) => {
                    path = Cow::Owned(format!("{target}{rest}"));
                    followed.push((link, target));
                }
            }
            from = FILE_ROOT;
        }
    }

    fn walk_to_link<R: Recorder>(
        &mut self,
        thread: ThreadId,
        route: &Route<'_>,
        recorder: &mut R,
    ) -> Result<Reached, Failure> {
        let mut names = route.path.split('/').filter(|name| !name.is_empty()).peekable();
        let mut found = Found { object: Some(route.from), name: None };
        while let Some(name) = names.next() {
            let at = found.existing()?;
            if self.object(at).class != ObjectType::Directory {
                return Err(ErrorName::NotADirectory.into());
            }
            self.traverse(thread, at, recorder)?;
            found = match self.object(at).children.get_named(name) {
                Some((name, child)) => {
                    Found { object: Some(child), name: Some(Name { parent: at, name: name.clone() }) }
                }
                None if names.peek().is_none() => {
                    Found { object: None, name: Some(Name { parent: at, name: Arc::from(name) }) }
                }
                None => return Err(ErrorName::NotFound.into()),
            };
            let last = names.peek().is_none();
            if let Some(id) = found.object.filter(|_| route.follow || !last)
                && let Some(target) = self.links.get(&id)
            {
                let rest = names.fold(String::new(), |rest, name| rest + "/" + name);
                return Ok(Reached::Link(id, target.clone(), rest));
            }
        }
        Ok(Reached::End(found))
    }

    /// Walks to an object that must be there and be of the kind that the step names.
    pub(super) fn find<R: Recorder>(
        &mut self,
        thread: ThreadId,
        path: &str,
        (directory, follow): (bool, bool),
        recorder: &mut R,
    ) -> Result<Found, Failure> {
        let found = self.walk(thread, &Route { from: FILE_ROOT, path, follow }, recorder)?;
        if directory && self.object(found.existing()?).class != ObjectType::Directory {
            return Err(ErrorName::NotADirectory.into());
        }
        Ok(found)
    }

    /// Where a relative path begins: no right on the handle is asked, only that its directory still has a name.
    pub(super) fn base_of(
        &self,
        thread: ThreadId,
        slot: Slot,
        class: ObjectType,
    ) -> Result<ObjectId, Failure> {
        let (_, handle) = self.handle_in(thread, slot)?;
        let HandleTarget::Object(id) = handle.target else { return Err(ErrorName::InvalidHandle.into()) };
        let object = self.object(id);
        match (object.class == class, object.nameless, class) {
            (true, false, _) => Ok(id),
            (true, true, _) => Err(ErrorName::NotFound.into()),
            (false, _, ObjectType::Directory) => Err(ErrorName::NotADirectory.into()),
            (false, ..) => Err(ErrorName::InvalidHandle.into()),
        }
    }

    fn traverse<R: Recorder>(
        &mut self,
        thread: ThreadId,
        at: ObjectId,
        recorder: &mut R,
    ) -> Result<(), Failure> {
        if self.passes_traverse(thread) {
            return Ok(());
        }
        let state = self.subject_token(thread).map(|token| token.privileges.state(Privilege::CHANGE_NOTIFY));
        if state == Ok(PrivilegeState::Held) {
            // Quiet in the trace: it is so at almost every directory. The mark on the token tells.
            self.mark_traverse_used(thread);
            return Ok(());
        }
        let ask = Ask {
            purpose: CheckPurpose::Traverse,
            desired: TRAVERSE,
            intents: Intents::empty(),
            object: &|world| world.describe(at),
        };
        match self.decide_object(thread, at, &ask, recorder) {
            Ok(_) => Ok(()),
            Err(Failure { error, denied: Some(DeniedBy::Gate) }) => {
                Err(Failure { error, denied: Some(DeniedBy::Gate) })
            }
            Err(failure) => Err(Failure { denied: Some(DeniedBy::Traverse), ..failure }),
        }
    }

    /// The Anonymous identity at an acting level walks past directories in some models (FILE-12).
    fn passes_traverse(&self, thread: ThreadId) -> bool {
        let token = self.effective_token(thread);
        self.model.anonymous_traverse == AnonymousTraverse::Passes
            && token.level().is_some_and(ImpersonationLevel::acts)
            && token.facts().user == crate::sid::ANONYMOUS
    }

    fn mark_traverse_used(&mut self, thread: ThreadId) {
        let id = self.effective_id(thread);
        if let Some(token) = self.tokens.get_mut(id) {
            token.privileges.used.insert(Privilege::CHANGE_NOTIFY);
        }
    }
}
