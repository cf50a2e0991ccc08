//! Descriptors made ready for checks: SIDs interned, masks mapped, conditions compiled, the facts of the SACL drawn out.
//!
//! Rules MAP-2, PSA-1 to PSA-5, MIC-2, PIP-2, OWN-3. A descriptor is compiled once and decided many times; it never
//! changes, so whoever edits one compiles a new one.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::program::Program;
use crate::fingerprint::Remembered;
use crate::ids::Guid;
use crate::model::{AceGenericBits, Model, UnknownLabels};
use crate::rights::{AccessMask, GenericMapping};
use crate::sd::attributes::{Attributes, fold_name};
use crate::sd::condition::Claim;
use crate::sd::{Ace, AceBody, AceEffect, AceFlags, Acl, LabelPolicy, SecurityDescriptor};
use crate::sid::{Sid, SidId, SidTable};
use crate::token::IntegrityLevel;

/// A security descriptor ready for checks, for one object class and one model.
#[derive(Clone)]
pub struct Descriptor(Arc<Compiled>);

pub(crate) struct Compiled {
    source: SecurityDescriptor,
    fingerprint: Remembered,
    pub(crate) mapping: GenericMapping,
    pub(crate) owner: Option<SidId>,
    pub(crate) dacl: Option<Entries>,
    pub(crate) sacl: SaclFacts,
}

impl Descriptor {
    /// Compiles a descriptor for objects whose generic rights mean `mapping`.
    #[must_use]
    pub fn compile(
        source: SecurityDescriptor,
        mapping: GenericMapping,
        model: &Model,
        sids: &mut SidTable,
    ) -> Descriptor {
        let owner = source.owner.map(|owner| sids.intern(owner));
        let mut compiler = Compiler { mapping: Some(mapping), model, sids };
        let dacl = source.dacl.as_ref().map(|acl| compiler.dacl(acl));
        let sacl = source.sacl.as_ref().map_or(SaclFacts::NONE, |acl| compiler.sacl(acl));
        Descriptor(Arc::new(Compiled { source, fingerprint: Remembered::new(), mapping, owner, dacl, sacl }))
    }

    /// What was compiled.
    #[must_use]
    pub fn source(&self) -> &SecurityDescriptor {
        &self.0.source
    }

    /// What the generic rights of the object mean.
    #[must_use]
    pub fn mapping(&self) -> GenericMapping {
        self.0.mapping
    }

    pub(crate) fn compiled(&self) -> &Compiled {
        &self.0
    }
}

impl PartialEq for Descriptor {
    fn eq(&self, other: &Descriptor) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0.source == other.0.source && self.0.mapping == other.0.mapping
    }
}

impl Eq for Descriptor {}

impl Hash for Descriptor {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(self.0.fingerprint.of(&(&self.0.source, self.0.mapping)));
    }
}

impl std::fmt::Debug for Descriptor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Descriptor")
            .field("source", &self.0.source)
            .field("mapping", &self.0.mapping)
            .finish()
    }
}

/// What the DACL walk does with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Verb {
    Allow,
    Deny,
    Audit,
    Alarm,
    /// An effect that the list it stands in has no use for (ACL-5).
    Misplaced,
    /// A type without a row (ACL-4).
    Unknown,
}

/// An entry ready for the walks.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) sid: SidId,
    /// Mapped already, but in lists of central policies, which serve objects of every class.
    pub(crate) mask: AccessMask,
    pub(crate) verb: Verb,
    pub(crate) inherit_only: bool,
    /// SA and FA of an audit entry.
    pub(crate) on: AceFlags,
    /// Position in the list.
    pub(crate) index: u16,
    /// Position in [`Entries::details`], for entries that have a condition or a GUID.
    detail: u16,
}

const NO_DETAIL: u16 = u16::MAX;

#[derive(Clone, Debug, Default)]
pub(crate) struct Detail {
    pub(crate) object_type: Option<Guid>,
    pub(crate) condition: Option<Program>,
}

/// What the walk needs of an entry that can take part, and no more.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hot {
    pub(crate) sid: SidId,
    pub(crate) mask: AccessMask,
    /// Position of the entry.
    pub(crate) index: u16,
    pub(crate) deny: bool,
    /// Settled by SID and mask alone.
    pub(crate) plain: bool,
}

/// A compiled list.
#[derive(Clone, Debug)]
pub(crate) struct Entries {
    pub(crate) list: Vec<Entry>,
    /// The entries of a DACL that can take part.
    pub(crate) hot: Vec<Hot>,
    details: Vec<Detail>,
    /// The first entry that names OWNER RIGHTS and so takes the owner's implicit rights away (OWN-3).
    pub(crate) suppressor: Option<u16>,
}

static PLAIN: Detail = Detail { object_type: None, condition: None };

impl Entries {
    const NONE: Entries =
        Entries { list: Vec::new(), hot: Vec::new(), details: Vec::new(), suppressor: None };

    pub(crate) fn detail(&self, entry: &Entry) -> &Detail {
        self.details.get(usize::from(entry.detail)).unwrap_or(&PLAIN)
    }
}

impl Entry {
    /// Whether the entry is settled by its SID and mask alone.
    #[inline]
    pub(crate) fn is_plain(&self) -> bool {
        self.detail == NO_DETAIL
    }

    /// The rights that it stands for on objects of one class (MAP-2).
    #[inline]
    pub(crate) fn mapped(&self, mapping: &GenericMapping) -> AccessMask {
        if self.mask.intersects(AccessMask::GENERIC) { mapping.map(self.mask) } else { self.mask }
    }
}

/// The first label of a SACL (PSA-1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct LabelFact {
    pub(crate) index: u16,
    /// `None` if the SID is no label (MIC-2).
    pub(crate) level: Option<u32>,
    pub(crate) policy: LabelPolicy,
}

/// The first trust label of a SACL (PSA-1).
#[derive(Clone, Copy, Debug)]
pub(crate) struct TrustFact {
    pub(crate) index: u16,
    /// Type and trust; `None` if the SID is no trust label (PIP-2).
    pub(crate) required: Option<(u32, u32)>,
    pub(crate) mask: AccessMask,
}

/// What the one scan of the SACL finds (PSA-1).
#[derive(Clone, Debug)]
pub(crate) struct SaclFacts {
    pub(crate) label: Option<LabelFact>,
    pub(crate) trust: Option<TrustFact>,
    pub(crate) attributes: Attributes,
    /// Labels and attributes that an earlier one hides (PSA-3, PSA-4).
    pub(crate) shadowed: Vec<u16>,
    pub(crate) policies: Vec<(u16, SidId)>,
    /// Every entry, of which the audit walk takes audit and alarm entries.
    pub(crate) entries: Entries,
    /// Whether there is any for it to take.
    pub(crate) audits: bool,
}

impl SaclFacts {
    pub(crate) const NONE: SaclFacts = SaclFacts {
        label: None,
        trust: None,
        attributes: Attributes::NONE,
        shadowed: Vec::new(),
        policies: Vec::new(),
        entries: Entries::NONE,
        audits: false,
    };
}

/// Turns lists into entries. Without a mapping, generic bits stay as they are.
pub(crate) struct Compiler<'a> {
    pub(crate) mapping: Option<GenericMapping>,
    pub(crate) model: &'a Model,
    pub(crate) sids: &'a mut SidTable,
}

impl Compiler<'_> {
    pub(crate) fn dacl(&mut self, acl: &Acl) -> Entries {
        let mut entries = self.entries(acl, |effect| match effect {
            AceEffect::Allow => Verb::Allow,
            AceEffect::Deny => Verb::Deny,
            _ => Verb::Misplaced,
        });
        let names_owner = |entry: &&Entry| {
            entry.sid == SidId::OWNER_RIGHTS
                && !entry.inherit_only
                && matches!(entry.verb, Verb::Allow | Verb::Deny)
        };
        entries.suppressor = entries.list.iter().find(names_owner).map(|entry| entry.index);
        entries.hot = entries
            .list
            .iter()
            .filter(|entry| !entry.inherit_only && matches!(entry.verb, Verb::Allow | Verb::Deny))
            .map(|entry| Hot {
                sid: entry.sid,
                mask: entry.mask,
                index: entry.index,
                deny: entry.verb == Verb::Deny,
                plain: entry.is_plain(),
            })
            .collect();
        entries
    }

    /// The entries of a SACL as the audit walk sees them.
    pub(crate) fn audit(&mut self, acl: &Acl) -> Entries {
        self.entries(acl, |effect| match effect {
            AceEffect::Audit => Verb::Audit,
            AceEffect::Alarm => Verb::Alarm,
            _ => Verb::Misplaced,
        })
    }

    fn sacl(&mut self, acl: &Acl) -> SaclFacts {
        let entries = self.audit(acl);
        let audits = entries.list.iter().any(|entry| matches!(entry.verb, Verb::Audit | Verb::Alarm));
        let mut facts = SaclFacts { entries, audits, ..SaclFacts::NONE };
        let mut claims: Vec<&Claim> = Vec::new();
        for (index, ace) in (0..=u16::MAX).zip(&acl.aces) {
            if ace.flags.contains(AceFlags::INHERIT_ONLY) {
                continue;
            }
            let shadowed = match ace.kind.row().map(|row| row.effect) {
                Some(AceEffect::Label) if facts.label.is_none() => {
                    facts.label = Some(LabelFact {
                        index,
                        level: self.label_level(ace.sid),
                        policy: LabelPolicy::from_mask(ace.mask, self.model.label_bits),
                    });
                    false
                }
                Some(AceEffect::Trust) if facts.trust.is_none() => {
                    let mask = self.mapping.map_or(ace.mask, |mapping| mapping.map(ace.mask));
                    facts.trust = Some(TrustFact { index, required: trust_pair(ace.sid), mask });
                    false
                }
                Some(AceEffect::Label | AceEffect::Trust) => true,
                Some(AceEffect::Attribute) => match &ace.body {
                    AceBody::Attribute(claim) => {
                        let folded = fold_name(&claim.name);
                        let known = claims.iter().any(|other| fold_name(&other.name) == folded);
                        claims.push(claim);
                        known
                    }
                    _ => false,
                },
                Some(AceEffect::Policy) => {
                    facts.policies.push((index, self.sids.intern(ace.sid)));
                    false
                }
                _ => false,
            };
            if shadowed {
                facts.shadowed.push(index);
            }
        }
        facts.attributes = Attributes::compile(claims, self.sids);
        facts
    }

    fn entries(&mut self, acl: &Acl, verb: fn(AceEffect) -> Verb) -> Entries {
        let mut entries = Entries::NONE;
        for (index, ace) in (0..=u16::MAX).zip(&acl.aces) {
            let detail = Detail {
                object_type: ace.guids().object_type,
                condition: ace.condition().map(|bytes| Program::compile(bytes, self.sids)),
            };
            let detail = if detail.object_type.is_none() && detail.condition.is_none() {
                NO_DETAIL
            } else {
                entries.details.push(detail);
                // A list has at most 65,535 bytes, so never that many entries (SD-6).
                (entries.details.len() - 1) as u16
            };
            entries.list.push(Entry {
                sid: self.sids.intern(ace.sid),
                mask: self.mask(ace),
                verb: ace.kind.row().map_or(Verb::Unknown, |row| verb(row.effect)),
                inherit_only: ace.flags.contains(AceFlags::INHERIT_ONLY),
                on: ace.flags & (AceFlags::SUCCESSFUL_ACCESS | AceFlags::FAILED_ACCESS),
                index,
                detail,
            });
        }
        entries
    }

    /// MAP-2, W-ACC-8
    fn mask(&self, ace: &Ace) -> AccessMask {
        match (self.model.ace_generic_bits, self.mapping) {
            (AceGenericBits::Mapped, Some(mapping)) => mapping.map(ace.mask),
            (AceGenericBits::Mapped, None) => ace.mask,
            (AceGenericBits::Inert, _) => ace.mask & !AccessMask::GENERIC,
        }
    }

    /// MIC-2
    fn label_level(&self, sid: Sid) -> Option<u32> {
        let &[level] = sid.sub_authorities() else { return None };
        let known = || IntegrityLevel::ALL.iter().any(|row| row.1 == level);
        let fits = match self.model.unknown_labels {
            UnknownLabels::Malformed => known(),
            UnknownLabels::Numeric => true,
        };
        (sid.authority() == 16 && fits).then_some(level)
    }
}

/// PIP-2
fn trust_pair(sid: Sid) -> Option<(u32, u32)> {
    match *sid.sub_authorities() {
        [kind, trust] if sid.authority() == 19 => Some((kind, trust)),
        _ => None,
    }
}
