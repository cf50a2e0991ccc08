//! Volumes, and what there is to ask about an object: its descriptor, one that its volume makes up, or nothing, as where its own
//! is damaged.
//!
//! Authority: FILE-1, FILE-4, FILE-31, FILE-32, SD-7. Decides nothing about anybody: whoever asks has no influence on what is made up.

use std::sync::Arc;

use super::World;
use super::change::VolumeChange;
use super::declare::{DaclDecl, DescriptorParts, MissingSd, VolumeDecl};
use super::file::{Defaults, Given};
use super::record::{Fact, MadeUp, Recorder, Unasked};
use super::security::assigned;
use crate::access::Descriptor;
use crate::ids::{ObjectId, ThreadId};
use crate::rights::AccessMask;
use crate::sd::inherit::InheritError;
use crate::sd::{Ace, AceType, Acl, SdControl, SecurityDescriptor};
use crate::sid::{ADMINISTRATORS, EVERYONE, SYSTEM};

/// A volume.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Volume {
    missing_sd: MissingSd,
    template: Option<Arc<DescriptorParts>>,
}

impl Volume {
    pub(super) fn of(decl: &VolumeDecl) -> Volume {
        Volume { missing_sd: decl.missing_sd, template: decl.template.clone() }
    }
}

/// What is wrong with a descriptor that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Damage {
    why: Arc<str>,
    /// Whether it was reported.
    told: bool,
}

/// What there is to ask about an object.
pub(super) enum InForce {
    /// A descriptor.
    Descriptor(Arc<Descriptor>),
    /// Nothing.
    Nothing(Unasked),
}

impl World {
    /// The descriptor of an object: its own, or one that is kept in memory for it.
    pub(super) fn security_of(&self, id: ObjectId) -> Option<&Arc<Descriptor>> {
        self.object(id).descriptor.as_ref().or_else(|| self.made_up.get(&id))
    }

    /// What there is to ask about an object; a descriptor is made up where its volume wants that (FILE-31).
    /// None is for a thread that the level gate refuses.
    pub(super) fn in_force<R: Recorder>(
        &mut self,
        thread: ThreadId,
        id: ObjectId,
        recorder: &mut R,
    ) -> InForce {
        if let Some(descriptor) = self.security_of(id) {
            return InForce::Descriptor(descriptor.clone());
        }
        let refused = self.subject_token(thread).is_err();
        if let Some(damage) = self.damaged.get_mut(&id) {
            if !refused && !std::mem::replace(&mut damage.told, true) {
                let why = damage.why.clone();
                recorder.fact(|_| Fact::Damaged(self.describe(id), why));
            }
            return InForce::Nothing(Unasked::Damaged);
        }
        let Some((root, volume)) = self.volume_of(id).map(|(root, volume)| (root, volume.clone())) else {
            return InForce::Nothing(Unasked::Missing);
        };
        match volume.missing_sd {
            MissingSd::Deny => InForce::Nothing(Unasked::Missing),
            MissingSd::SynthTemp | MissingSd::SynthStore if refused => InForce::Nothing(Unasked::Missing),
            MissingSd::Unmanaged => InForce::Nothing(Unasked::Unmanaged),
            MissingSd::SynthTemp | MissingSd::SynthStore => match self.make_up(id, root, &volume, recorder) {
                Ok(descriptor) => InForce::Descriptor(descriptor),
                Err(error) => {
                    recorder.fact(|_| Fact::Reason(format!("no descriptor can be made up: {error}")));
                    InForce::Nothing(Unasked::Missing)
                }
            },
        }
    }

    /// Whether nothing is asked about an object, and nothing below it gets a descriptor.
    pub(super) fn is_unmanaged(&self, id: ObjectId) -> bool {
        self.security_of(id).is_none()
            && !self.damaged.contains_key(&id)
            && self.volume_of(id).is_some_and(|(_, volume)| volume.missing_sd == MissingSd::Unmanaged)
    }

    /// The volume that an object is on, and the directory where that begins: the nearest one above. Keys are on none.
    fn volume_of(&self, id: ObjectId) -> Option<(ObjectId, &Volume)> {
        if self.volumes.is_empty() {
            return None;
        }
        let mut next = Some(id);
        while let Some(at) = next {
            if let Some(volume) = self.volumes.get(&at) {
                return Some((at, volume));
            }
            next = self.object(at).parent;
        }
        None
    }

    /// Makes up the descriptor of an object, and before that those of directories above it on its volume which have none
    /// either.
    fn make_up<R: Recorder>(
        &mut self,
        id: ObjectId,
        root: ObjectId,
        volume: &Volume,
        recorder: &mut R,
    ) -> Result<Arc<Descriptor>, InheritError> {
        let above = |world: &World, at: ObjectId| if at == root { None } else { world.object(at).parent };
        let mut bare = Vec::new();
        let mut next = above(self, id);
        // A damaged one is not replaced, and passes nothing on (FILE-32).
        let lacks =
            |parent: &ObjectId| self.security_of(*parent).is_none() && !self.damaged.contains_key(parent);
        while let Some(parent) = next.filter(lacks) {
            bare.push(parent);
            next = above(self, parent);
        }
        for parent in bare.into_iter().rev() {
            self.make_up_one(parent, above(self, parent), volume, recorder)?;
        }
        self.make_up_one(id, above(self, id), volume, recorder)
    }

    fn make_up_one<R: Recorder>(
        &mut self,
        id: ObjectId,
        above: Option<ObjectId>,
        volume: &Volume,
        recorder: &mut R,
    ) -> Result<Arc<Descriptor>, InheritError> {
        let (source, from) = self.imagined(id, above, volume.template.as_deref())?;
        let descriptor = self.compiled(source, id);
        let stored = volume.missing_sd == MissingSd::SynthStore;
        if stored {
            self.set_descriptor(id, Some(descriptor.clone()));
        } else {
            self.made_up.insert(id, descriptor.clone());
        }
        recorder.fact(|_| {
            let security = self.security_words(id, descriptor.source());
            Fact::MadeUp(Box::new(MadeUp { object: self.describe(id), from, stored, security }))
        });
        Ok(descriptor)
    }

    fn compiled(&mut self, source: SecurityDescriptor, id: ObjectId) -> Arc<Descriptor> {
        let mapping = self.model.mapping(self.object(id).class);
        Arc::new(Descriptor::compile(source, mapping, &self.model, Arc::make_mut(&mut self.sids)))
    }

    /// As if newly created below the directory above it, by nobody: what a creator would give comes from the volume's template, or
    /// from the fallback. The words say what the DACL came from.
    fn imagined(
        &self,
        id: ObjectId,
        above: Option<ObjectId>,
        template: Option<&DescriptorParts>,
    ) -> Result<(SecurityDescriptor, &'static str), InheritError> {
        let none = DescriptorParts::default();
        let given = template.unwrap_or(&none);
        let fallback = fallback();
        let dacl = match &given.dacl {
            Some(DaclDecl::Null) => None,
            Some(DaclDecl::List { aces, .. }) => Some(Acl::new(aces.clone())),
            None => fallback.dacl,
        };
        let defaults = Defaults {
            owner: given.owner.unwrap_or(SYSTEM),
            group: given.group.unwrap_or(SYSTEM),
            dacl: dacl.map(Arc::new),
        };
        let above = above.and_then(|above| self.security_of(above)).map(|above| above.source());
        let mut source = self.new_descriptor(above, Given::Nothing, &defaults, self.object(id).class)?;
        if source.control.contains(SdControl::DACL_AUTO_INHERITED) {
            return Ok((source, "what is above it"));
        }
        if source.sacl.is_none() && given.sacl.is_some() {
            let sacl = DescriptorParts { sacl: given.sacl.clone(), ..DescriptorParts::default() };
            source.sacl = assigned(&sacl, self.object(id).class, &self.model).sacl;
        }
        Ok((source, if given.dacl.is_some() { "the volume's template" } else { "the fallback" }))
    }

    /// From now on the descriptor of an object cannot be read.
    pub(super) fn damage(&mut self, id: ObjectId, why: String) {
        self.set_descriptor(id, None);
        self.damaged.insert(id, Damage { why: why.into(), told: false });
    }

    /// What is wrong with the descriptor of an object, if that cannot be read.
    pub(super) fn damage_of(&self, id: ObjectId) -> Option<&str> {
        self.damaged.get(&id).map(|damage| &*damage.why)
    }

    /// Changes the volume that begins at a directory; whether there is one. What was kept in memory for objects on it goes; what
    /// was stored stays, and so do open handles (FILE-4).
    pub(super) fn change_volume_at(&mut self, root: ObjectId, change: &VolumeChange) -> bool {
        let on_it = |id: &ObjectId| self.volume_of(*id).is_some_and(|(at, _)| at == root);
        let gone: Vec<ObjectId> = self.made_up.keys().copied().filter(on_it).collect();
        let Some(volume) = Arc::make_mut(&mut self.volumes).get_mut(&root) else { return false };
        volume.missing_sd = change.missing_sd.unwrap_or(volume.missing_sd);
        if change.template.is_some() {
            volume.template.clone_from(&change.template);
        }
        for id in gone {
            self.made_up.remove(&id);
        }
        true
    }
}

/// What is made up where nothing else says anything (FILE-31).
fn fallback() -> SecurityDescriptor {
    let allow = |sid, mask| Ace::basic(AceType::ALLOW, sid, mask);
    let everything = AccessMask::GENERIC_ALL;
    SecurityDescriptor {
        owner: Some(SYSTEM),
        group: Some(SYSTEM),
        dacl: Some(Acl::new(vec![
            allow(SYSTEM, everything),
            allow(ADMINISTRATORS, everything),
            allow(EVERYONE, AccessMask::GENERIC_READ | AccessMask::GENERIC_EXECUTE),
        ])),
        ..SecurityDescriptor::default()
    }
}
