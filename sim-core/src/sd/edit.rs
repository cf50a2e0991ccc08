//! Edits of a list that is there: an entry put into its place, entries taken away by what they say. Pure functions over
//! plain data; who may write a list is `ownership`'s matter.
//!
//! Authority: language manual, section on changes; ACL-6, ACL-7, SD-4.

use std::fmt;

use super::{Ace, AceBody, AceEffect, AceFlags, Acl, LabelPolicy};
use crate::model::Model;
use crate::rights::{AccessMask, GenericMapping};
use crate::sid::Sid;

/// Where an entry is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Before the first entry that canonical order puts behind it (ACL-7).
    Canonical,
    /// Before everything.
    First,
    /// Behind everything.
    Last,
}

/// One edit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Edit {
    /// Puts an entry in.
    Add(Place, Ace),
    /// Takes away every entry that looks like this.
    Remove(Description),
}

/// What an entry looks like: what is `None` may be anything.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Description {
    /// What it does.
    pub effect: AceEffect,
    /// Whom it is about.
    pub sid: Option<Sid>,
    /// Its rights, all of them; generic ones are compared as what they stand for.
    pub mask: Option<AccessMask>,
    /// Its flags, all but the mark of an inherited entry.
    pub flags: Option<AceFlags>,
    /// Its GUIDs and condition.
    pub body: Option<AceBody>,
    /// What a label forbids.
    pub label: Option<LabelPolicy>,
    /// The name of a resource attribute.
    pub attribute: Option<String>,
}

impl Description {
    /// Every entry of an effect.
    #[must_use]
    pub fn of(effect: AceEffect) -> Description {
        Description { effect, sid: None, mask: None, flags: None, body: None, label: None, attribute: None }
    }

    fn fits(&self, ace: &Ace, mapping: GenericMapping, model: &Model) -> bool {
        let attribute = || match &ace.body {
            AceBody::Attribute(claim) => Some(claim.name.as_str()),
            _ => None,
        };
        ace.kind.row().is_some_and(|row| row.effect == self.effect)
            && self.sid.is_none_or(|sid| sid == ace.sid)
            && self.mask.is_none_or(|mask| mapping.map(mask) == mapping.map(ace.mask))
            && self.flags.is_none_or(|flags| flags == ace.flags - AceFlags::INHERITED)
            && self.body.as_ref().is_none_or(|body| *body == ace.body)
            && self.label.is_none_or(|label| label == LabelPolicy::from_mask(ace.mask, model.label_bits))
            && self.attribute.as_ref().is_none_or(|name| attribute() == Some(name))
    }
}

/// Why a list cannot be edited so; nothing of it is changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditError {
    /// No entry looks like the one that shall go.
    NoSuchEntry,
    /// The DACL is NULL: it has no entries, and one more would take everything from everybody.
    NullDacl,
    /// The list has a label of this kind, and only the first one counts.
    SecondLabel,
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EditError::NoSuchEntry => "no entry looks like the one that shall be removed",
            EditError::NullDacl => "its DACL is NULL and has no entries: give it a whole list",
            EditError::SecondLabel => {
                "it has a label already, and only the first one counts: remove that first"
            }
        })
    }
}

/// A list after some edits, one after the other.
///
/// # Errors
/// The first edit that cannot be made.
pub fn edit(list: &Acl, edits: &[Edit], mapping: GenericMapping, model: &Model) -> Result<Acl, EditError> {
    let mut edited = list.clone();
    for edit in edits {
        match edit {
            Edit::Add(place, ace) => add(&mut edited.aces, *place, ace)?,
            Edit::Remove(description) => {
                let before = edited.aces.len();
                edited.aces.retain(|ace| !description.fits(ace, mapping, model));
                if edited.aces.len() == before {
                    return Err(EditError::NoSuchEntry);
                }
            }
        }
    }
    Ok(edited)
}

fn add(aces: &mut Vec<Ace>, place: Place, ace: &Ace) -> Result<(), EditError> {
    if only_first_counts(ace) && aces.iter().any(|other| other.kind == ace.kind && only_first_counts(other)) {
        return Err(EditError::SecondLabel);
    }
    let at = match place {
        Place::First => 0,
        Place::Last => aces.len(),
        Place::Canonical => {
            let own = ace.canonical_class();
            aces.iter().position(|other| other.canonical_class() > own).unwrap_or(aces.len())
        }
    };
    aces.insert(at, ace.clone());
    Ok(())
}

/// Labels that count for the object itself (MIC-2, PIP-2).
fn only_first_counts(ace: &Ace) -> bool {
    let effect = ace.kind.row().map(|row| row.effect);
    matches!(effect, Some(AceEffect::Label | AceEffect::Trust)) && !ace.flags.contains(AceFlags::INHERIT_ONLY)
}

#[cfg(test)]
mod tests {
    use super::{Description, Edit, EditError, Place, edit};
    use crate::ids::Guid;
    use crate::model::DEFAULT;
    use crate::rights::{AccessMask, ObjectType};
    use crate::sd::{Ace, AceBody, AceEffect, AceFlags, AceType, Acl, ObjectGuids};
    use crate::sid::{ADMINISTRATORS, EVERYONE, SYSTEM, Sid, USERS};

    fn allow(sid: Sid) -> Ace {
        Ace::basic(AceType::ALLOW, sid, AccessMask(1))
    }

    fn deny(sid: Sid) -> Ace {
        Ace::basic(AceType::DENY, sid, AccessMask(1))
    }

    fn inherited(ace: Ace) -> Ace {
        ace.with_flags(AceFlags::INHERITED)
    }

    fn scoped(sid: Sid) -> Ace {
        let guids = ObjectGuids { object_type: Some(Guid([7; 16])), inherited_object_type: None };
        Ace { kind: AceType::ALLOW_OBJECT, body: AceBody::Object(guids), ..allow(sid) }
    }

    fn edited(list: &[Ace], edits: &[Edit]) -> Result<Vec<Ace>, EditError> {
        let mapping = DEFAULT.mapping(ObjectType::File);
        edit(&Acl::new(list.to_vec()), edits, mapping, DEFAULT).map(|acl| acl.aces)
    }

    /// ACL-7: own before inherited, deny before allow, the whole object before a part.
    #[test]
    fn an_added_entry_stands_in_canonical_place() {
        let list =
            [deny(USERS), allow(USERS), scoped(USERS), inherited(deny(SYSTEM)), inherited(allow(SYSTEM))];
        for (ace, at) in [
            (deny(EVERYONE), 1),
            (allow(EVERYONE), 2),
            (scoped(EVERYONE), 3),
            (inherited(deny(EVERYONE)), 4),
            (inherited(allow(EVERYONE)), 5),
        ] {
            let after = edited(&list, &[Edit::Add(Place::Canonical, ace.clone())]).unwrap();
            let place = after.iter().position(|other| *other == ace);
            assert_eq!(place, Some(at), "{ace:?}");
        }
    }

    /// ACL-6: what stands there keeps its order, canonical or not.
    #[test]
    fn a_list_out_of_order_is_not_sorted() {
        let list = [allow(USERS), deny(SYSTEM), inherited(allow(USERS))];
        let after = edited(&list, &[Edit::Add(Place::Canonical, deny(EVERYONE))]).unwrap();
        assert_eq!(after, [deny(EVERYONE), allow(USERS), deny(SYSTEM), inherited(allow(USERS))]);
        let after = edited(&list, &[Edit::Add(Place::First, allow(EVERYONE))]).unwrap();
        assert_eq!(after[0], allow(EVERYONE));
        let after = edited(&list, &[Edit::Add(Place::Last, deny(EVERYONE))]).unwrap();
        assert_eq!(after[3], deny(EVERYONE));
    }

    #[test]
    fn every_entry_that_is_described_goes() {
        let read = DEFAULT.mapping(ObjectType::File).read;
        let list = [
            allow(USERS),
            Ace::basic(AceType::ALLOW, USERS, read),
            inherited(allow(USERS)),
            deny(USERS),
            scoped(USERS),
        ];
        let all = Description { sid: Some(USERS), ..Description::of(AceEffect::Allow) };
        assert_eq!(edited(&list, &[Edit::Remove(all.clone())]).unwrap(), [deny(USERS)]);
        // Generic rights describe what they stand for.
        let reading = Description { mask: Some(AccessMask::GENERIC_READ), ..all.clone() };
        assert_eq!(edited(&list, &[Edit::Remove(reading)]).unwrap().len(), 4);
        // An inherited entry is described by the flags that it would have of its own.
        let plain = Description { flags: Some(AceFlags::empty()), body: Some(AceBody::Basic), ..all.clone() };
        assert_eq!(edited(&list, &[Edit::Remove(plain)]).unwrap(), [deny(USERS), scoped(USERS)]);
        let nobody = Description { sid: Some(ADMINISTRATORS), ..all };
        assert_eq!(edited(&list, &[Edit::Remove(nobody)]), Err(EditError::NoSuchEntry));
    }

    #[test]
    fn a_second_label_that_would_never_count_is_refused() {
        let label = |rid| Ace::basic(AceType::MANDATORY_LABEL, Sid::constant(16, &[rid]), AccessMask(2));
        let high = Edit::Add(Place::Canonical, label(12288));
        assert_eq!(edited(&[label(4096)], std::slice::from_ref(&high)), Err(EditError::SecondLabel));
        let low = Edit::Remove(Description::of(AceEffect::Label));
        assert_eq!(edited(&[label(4096)], &[low, high]).unwrap(), [label(12288)]);
    }
}
