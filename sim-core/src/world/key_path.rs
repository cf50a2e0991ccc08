//! Paths of keys: from a name to the key that it names, through links between keys.
//!
//! Authority: KEY-2, KEY-3, KEY-9, KEY-10, KEY-14 (registry text v0.21). Decides nothing about the key at the end of a path: keys on
//! the way are not asked.

use std::sync::Arc;

use super::op::{ErrorName, Failure};
use super::path::{Found, Name};
use super::record::{Fact, Recorder};
use super::registry::{ValueData, fold};
use super::{HIVES, World};
use crate::ids::{ObjectId, Slot, ThreadId};
use crate::rights::ObjectType;

/// How many links one path may lead through (KEY-14).
const MOST_LINKS: usize = 16;
/// The most names of a path, and the most bytes of it (KEY-2).
const MOST_NAMES: usize = 512;
const MOST_BYTES: usize = 16_383;

/// What is wrong with the path of a key, if it does not obey KEY-2.
#[must_use]
pub fn key_path_fault(path: &str) -> Option<&'static str> {
    fault_below(path, (0, 0))
}

/// The same of a path that begins at a key, whose own path has so many names and bytes.
fn fault_below(path: &str, (names, bytes): (usize, usize)) -> Option<&'static str> {
    let any = |fault: fn(&str) -> bool| path.split('\\').any(fault);
    match () {
        () if any(str::is_empty) => {
            Some("a name is empty: expected names with `\\` between them and none at the ends")
        }
        () if path.contains('\0') => Some("a name holds NUL"),
        () if any(|name| name.len() > 255) => Some("a name has at most 255 bytes"),
        () if names + path.split('\\').count() > MOST_NAMES => Some("a path has at most 512 names"),
        () if bytes + path.len() > MOST_BYTES => Some("a path has at most 16383 bytes"),
        () => None,
    }
}

/// A path of keys to walk.
pub(super) struct KeyRoute<'a> {
    /// The handle where it begins; without one it names a hive first (KEY-10).
    pub base: Option<Slot>,
    /// The path.
    pub path: &'a str,
    /// Whether a link at its end is followed.
    pub follow: bool,
}

/// How far a path led.
enum Reached {
    /// To its end.
    End(Found),
    /// To a link, with the names behind it.
    Link(ObjectId, String),
}

/// Why a path led nowhere.
enum Astray {
    /// A name is not there.
    NotFound,
    /// More links than a path may lead through.
    TooManyLinks,
    /// This link does not say where it leads.
    NoTarget(ObjectId),
    /// A target and the names behind it are no path.
    TooLong,
}

impl World {
    /// Walks to the end of a path (KEY-9). Links are followed wherever they stand, one at the end if the step wants that (KEY-14).
    pub(super) fn walk_keys<R: Recorder>(
        &mut self,
        thread: ThreadId,
        route: &KeyRoute<'_>,
        recorder: &mut R,
    ) -> Result<Found, Failure> {
        let path = route.path.replace('/', "\\");
        // No right on the key where a relative path begins is asked (KEY-10).
        let (from, path) = match route.base {
            Some(slot) => (self.base_of(thread, slot, ObjectType::Key)?, path),
            None => (HIVES, self.resolve_current_user(thread, &path)),
        };
        if fault_below(&path, self.extent(from)).is_some() {
            return Err(ErrorName::InvalidParameter.into());
        }
        let mut followed = Vec::new();
        let found = self.follow_links((from, path), route.follow, &mut followed);
        if !matches!(found, Err(Astray::TooManyLinks)) {
            for (link, to) in followed {
                recorder.fact(|_| Fact::Link(self.describe(link), to));
            }
        }
        found.map_err(|astray| {
            let (error, why) = match astray {
                Astray::NotFound => return ErrorName::NotFound.into(),
                Astray::TooManyLinks => {
                    (ErrorName::LinkLoop, format!("more than {MOST_LINKS} links in a row"))
                }
                Astray::NoTarget(link) => {
                    let link = self.describe(link);
                    (ErrorName::InvalidParameter, format!("the link {link} holds no path of a key"))
                }
                Astray::TooLong => {
                    (ErrorName::InvalidParameter, "the path that links make is too long".to_owned())
                }
            };
            recorder.fact(|_| Fact::Reason(why));
            error.into()
        })
    }

    fn follow_links(
        &self,
        (mut from, mut path): (ObjectId, String),
        follow: bool,
        followed: &mut Vec<(ObjectId, Arc<str>)>,
    ) -> Result<Found, Astray> {
        loop {
            let (link, rest) = match self.walk_to_key_link(from, &path, follow)? {
                Reached::End(found) => return Ok(found),
                Reached::Link(link, rest) => (link, rest),
            };
            if followed.len() == MOST_LINKS {
                return Err(Astray::TooManyLinks);
            }
            let target = self.target_of(link).ok_or(Astray::NoTarget(link))?;
            path = target.clone() + &rest;
            followed.push((link, target.into()));
            if key_path_fault(&path).is_some() {
                return Err(Astray::TooLong);
            }
            // A link holds a whole path, in which `CurrentUser` means nothing (KEY-3).
            from = HIVES;
        }
    }

    fn walk_to_key_link(&self, from: ObjectId, path: &str, follow: bool) -> Result<Reached, Astray> {
        let mut names = path.split('\\');
        let (mut at, mut missing) = (from, None);
        while let Some(name) = names.next() {
            if missing.is_some() {
                return Err(Astray::NotFound);
            }
            // A path may begin at a handle on a link itself.
            if self.object(at).link {
                let rest = std::iter::once(name).chain(names);
                return Ok(Reached::Link(at, rest.fold(String::new(), |rest, name| rest + "\\" + name)));
            }
            match self.object(at).children.get(&fold(name)) {
                Some(child) => at = child,
                None => missing = Some(name),
            }
        }
        Ok(match missing {
            Some(name) => {
                let name = Some(Name { parent: at, name: Arc::from(name) });
                Reached::End(Found { object: None, name })
            }
            None if follow && self.object(at).link => Reached::Link(at, String::new()),
            None => Reached::End(Found { object: Some(at), name: None }),
        })
    }

    /// Where a link leads: its default value, of type LINK, holds the path of a key (KEY-14).
    fn target_of(&self, link: ObjectId) -> Option<String> {
        let (_, value) = self.object(link).values.get("")?;
        let ValueData::Link(target) = value else { return None };
        let path = target.replace('/', "\\");
        key_path_fault(&path).is_none().then_some(path)
    }

    /// The names and bytes of a key's own path, with the separator that comes behind it.
    fn extent(&self, key: ObjectId) -> (usize, usize) {
        let above = std::iter::successors(Some(key), |id| self.object(*id).parent);
        above
            .take_while(|id| *id != HIVES)
            .fold((0, 0), |(names, bytes), id| (names + 1, bytes + self.object(id).name.len() + 1))
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
}
