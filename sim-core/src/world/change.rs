//! Changes of what is declared, in the words of `declare`: the one vocabulary of overlays, which change a scenario before
//! its world is built, and of the `world` block, which changes the world while it runs.
//!
//! Authority: language manual, section on changes. [`Declarations::apply`] is for what has not begun; what a running world
//! does with the same [`Change`] is `live`'s matter.

use std::fmt;
use std::sync::Arc;

use super::declare::{
    DaclDecl, Declarations, DescriptorParts, EndpointDecl, MissingSd, ObjectDecl, PolicyDecl, PolicyRuleDecl,
    PrincipalDecl, PrivilegeDecl, SaclDecl, SaclEntry, SecurityDecl, TokenShape,
};
use super::logon::{group_by_default, privilege_by_default};
use super::registry::{ValueData, fold};
use crate::access::ProcessTrust;
use crate::model::{DEFAULT, Model};
use crate::privilege::Privilege;
use crate::rights::ObjectType;
use crate::sd::attributes::fold_name;
use crate::sd::condition::Claim;
use crate::sd::edit::{Description, Edit, EditError, Place, edit};
use crate::sd::inherit::InheritError;
use crate::sd::{Ace, Acl};
use crate::sid::Sid;

/// One change.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// `change file|directory|key …`
    Object(Box<ObjectChange>),
    /// `change user …`
    Principal(Box<PrincipalChange>),
    /// `change process|service …`
    Process(Box<ProcessChange>),
    /// `change policy …`
    Policy(Box<PolicyChange>),
    /// `change volume …`
    Volume(Box<VolumeChange>),
    /// `add file|directory|key …`
    AddObject(Box<ObjectDecl>),
    /// `add user|group|app …`
    AddPrincipal(Box<PrincipalDecl>),
    /// `add policy …`
    AddPolicy(Box<PolicyDecl>),
    /// `remove file|directory|key …`
    RemoveObject(ObjectType, Arc<str>),
    /// `remove user|group|app …`: tokens keep it, nobody logs on as it, no user is in it.
    RemovePrincipal(Sid),
    /// `remove policy …`: who names it meets the recovery rule (CAP-5).
    RemovePolicy(Sid),
}

/// What becomes of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectChange {
    /// The path.
    pub path: Arc<str>,
    /// The class.
    pub class: ObjectType,
    /// What becomes of its descriptor.
    pub security: DescriptorChange,
    /// What becomes of the values of a key.
    pub values: Vec<ValueChange>,
}

/// A value that is set, or taken away, by its name.
pub type ValueChange = (Arc<str>, Option<ValueData>);

/// What becomes of a descriptor.
#[derive(Clone, Debug, PartialEq)]
pub enum DescriptorChange {
    /// Another one stands in its place: `sddl`, `sd base64`, `sd missing`.
    Whole(SecurityDecl),
    /// Some parts of it change.
    Parts(PartsChange),
}

/// What becomes of the parts of a descriptor; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartsChange {
    /// The owner.
    pub owner: Option<Sid>,
    /// The group.
    pub group: Option<Sid>,
    /// The DACL.
    pub dacl: Option<NewList<DaclDecl>>,
    /// The SACL.
    pub sacl: Option<NewList<SaclDecl>>,
}

/// What becomes of a list.
#[derive(Clone, Debug, PartialEq)]
pub enum NewList<T> {
    /// Another one stands in its place.
    Whole(T),
    /// Entries come and go.
    Edits(Vec<EntryEdit>),
}

/// An edit of a list, as `sd::edit` makes it, still free of any model.
#[derive(Clone, Debug, PartialEq)]
pub enum EntryEdit {
    /// Puts an entry in.
    Add(Place, SaclEntry),
    /// Takes away every entry that looks like this.
    Remove(Description),
}

impl EntryEdit {
    /// The edit under a model.
    #[must_use]
    pub fn under(&self, model: &Model) -> Edit {
        match self {
            EntryEdit::Add(place, entry) => Edit::Add(*place, entry.ace(model)),
            EntryEdit::Remove(description) => Edit::Remove(description.clone()),
        }
    }
}

/// What becomes of a principal.
#[derive(Clone, Debug, PartialEq)]
pub struct PrincipalChange {
    /// Who.
    pub sid: Sid,
    /// How its later tokens differ.
    pub shape: ShapeChange,
}

/// What becomes of a token's shape. Groups, privileges and claims add up by name, everything else is replaced.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ShapeChange {
    /// What is added or replaced; its removed groups are taken away.
    pub shape: TokenShape,
    /// User claims that go.
    pub removed_claims: Vec<String>,
    /// Device claims that go.
    pub removed_device_claims: Vec<String>,
    /// Device groups that go.
    pub removed_device_groups: Vec<Sid>,
}

/// What becomes of a process or service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProcessChange {
    /// Its position.
    pub process: usize,
    /// Another account.
    pub account: Option<Sid>,
    /// Another trust.
    pub trust: Option<ProcessTrust>,
    /// How its token differs.
    pub shape: ShapeChange,
    /// Who may connect to endpoints, by their positions.
    pub endpoints: Vec<(usize, PartsChange)>,
}

/// What becomes of a central policy.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyChange {
    /// Which.
    pub sid: Sid,
    /// What becomes of its rules, in order.
    pub rules: Vec<RuleChange>,
}

/// What becomes of a volume; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct VolumeChange {
    /// Where it begins.
    pub path: Arc<str>,
    /// Another policy.
    pub missing_sd: Option<MissingSd>,
    /// Another template.
    pub template: Option<Arc<DescriptorParts>>,
}

/// What becomes of a rule; one that is not there comes to be.
#[derive(Clone, Debug, PartialEq)]
pub enum RuleChange {
    /// It goes.
    Remove(Arc<str>),
    /// Some of it changes.
    Change(Box<RuleParts>),
}

/// What becomes of the parts of a rule; what is `None` stays, and `Some(None)` goes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleParts {
    /// The rule.
    pub name: Arc<str>,
    /// The program of its condition.
    pub applies_to: Option<Vec<u8>>,
    /// What narrows.
    pub dacl: Option<NewList<Vec<Ace>>>,
    /// What is audited besides.
    pub sacl: Option<Option<SaclDecl>>,
    /// What would narrow.
    pub staged_dacl: Option<Option<NewList<Vec<Ace>>>>,
    /// What would be audited.
    pub staged_sacl: Option<Option<SaclDecl>>,
}

/// Why a change cannot be made; nothing is changed then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeError {
    /// What shall change or go is not there.
    NotThere,
    /// What shall be added is there.
    There,
    /// Something hangs below what shall go.
    NotEmpty,
    /// A process of this name runs as the principal that shall go.
    RunsAs(Arc<str>),
    /// The principal is not in the group.
    NotInGroup(Sid),
    /// It has no such privilege.
    NoPrivilege(Privilege),
    /// It has no such claim.
    NoClaim(String),
    /// The key has no such value.
    NoValue(Arc<str>),
    /// The policy has no such rule.
    NoRule(Arc<str>),
    /// A rule that comes to be has no `dacl`, or there is no list to edit.
    NoList,
    /// A list cannot be edited so.
    Edit(EditError),
    /// Nobody would own the object (OWNR-9).
    NoOwner,
    /// The new descriptor cannot be computed.
    Inherit(InheritError),
    /// The new descriptor cannot be read.
    Unreadable(String),
    /// A running world cannot make it.
    NotWhileItRuns,
    /// A volume does not become unmanaged while it is in use (FILE-31).
    Unmanaged,
    /// It has no process that runs.
    NotRunning,
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChangeError::NotThere => f.write_str("it is not there"),
            ChangeError::There => f.write_str("it is there already"),
            ChangeError::NotEmpty => f.write_str("something is below it"),
            ChangeError::RunsAs(process) => write!(f, "`{process}` runs as it"),
            ChangeError::NotInGroup(sid) => write!(f, "it is not in {sid}"),
            ChangeError::NoPrivilege(privilege) => write!(f, "it does not have {}", privilege.name()),
            ChangeError::NoClaim(name) => write!(f, "it has no claim `{name}`"),
            ChangeError::NoValue(name) => write!(f, "it has no value `{name}`"),
            ChangeError::NoRule(name) => write!(f, "it has no rule `{name}`"),
            ChangeError::NoList => f.write_str("there is no list to edit"),
            ChangeError::Edit(error) => error.fmt(f),
            ChangeError::NoOwner => f.write_str("a descriptor without an owner cannot be stored (OWNR-9)"),
            ChangeError::Inherit(error) => error.fmt(f),
            ChangeError::Unreadable(why) => f.write_str(why),
            ChangeError::NotRunning => f.write_str("nothing of it runs"),
            ChangeError::Unmanaged => {
                f.write_str("a volume is unmanaged from the beginning or never (FILE-31)")
            }
            ChangeError::NotWhileItRuns => f.write_str("a running process keeps what it was started with"),
        }
    }
}

impl From<EditError> for ChangeError {
    fn from(error: EditError) -> ChangeError {
        ChangeError::Edit(error)
    }
}

impl Declarations {
    /// Makes one change of what is declared, as if it had been declared so. Edits of lists wait until the world is built,
    /// where they meet what was inherited as well: one that finds nothing is then a [`super::BuildError`] of its object.
    ///
    /// # Errors
    /// Why it cannot be made; nothing is changed then.
    pub fn apply(&mut self, change: &Change) -> Result<(), ChangeError> {
        match change {
            Change::Object(change) => {
                let at = self.find(change.class, &change.path).ok_or(ChangeError::NotThere)?;
                let object = self.objects.get_mut(at).ok_or(ChangeError::NotThere)?;
                change_values(&mut object.values, &change.values)?;
                object.change_security(&change.security);
            }
            Change::Principal(change) => {
                let principal = self.principals.iter_mut().find(|principal| principal.sid == change.sid);
                Arc::make_mut(principal.ok_or(ChangeError::NotThere)?).change(&change.shape)?;
            }
            Change::Process(change) => self.change_process(change)?,
            Change::Policy(change) => {
                let policy = self.policies.iter_mut().find(|policy| policy.sid == change.sid);
                policy.ok_or(ChangeError::NotThere)?.change(change)?;
            }
            Change::Volume(change) => {
                let volume = self.volumes.iter_mut().find(|volume| volume.path == change.path);
                let volume = volume.ok_or(ChangeError::NotThere)?;
                volume.missing_sd = change.missing_sd.unwrap_or(volume.missing_sd);
                volume.template = change.template.clone().or(volume.template.take());
            }
            Change::AddObject(object) => {
                if self.find(object.class, &object.path).is_some() {
                    return Err(ChangeError::There);
                }
                // Parents stand before their children.
                let at = self.objects.partition_point(|other| depth(&other.path) <= depth(&object.path));
                self.objects.insert(at, (**object).clone());
            }
            Change::AddPrincipal(principal) => {
                if self.principals.iter().any(|known| known.sid == principal.sid) {
                    return Err(ChangeError::There);
                }
                self.principals.push(Arc::new((**principal).clone()));
            }
            Change::AddPolicy(policy) => {
                if self.policies.iter().any(|known| known.sid == policy.sid) {
                    return Err(ChangeError::There);
                }
                self.policies.push((**policy).clone());
            }
            Change::RemoveObject(class, path) => {
                let at = self.find(*class, path).ok_or(ChangeError::NotThere)?;
                if self.objects.iter().any(|other| is_below(*class, path, other)) {
                    return Err(ChangeError::NotEmpty);
                }
                self.objects.remove(at);
            }
            Change::RemovePrincipal(sid) => {
                if let Some(process) = self.processes.iter().find(|process| process.account == Some(*sid)) {
                    return Err(ChangeError::RunsAs(process.name.clone()));
                }
                let before = self.principals.len();
                self.principals.retain(|principal| principal.sid != *sid);
                if self.principals.len() == before {
                    return Err(ChangeError::NotThere);
                }
                for principal in &mut self.principals {
                    if principal.shape.groups.iter().any(|group| group.sid == *sid) {
                        Arc::make_mut(principal).shape.groups.retain(|group| group.sid != *sid);
                    }
                }
            }
            Change::RemovePolicy(sid) => {
                let before = self.policies.len();
                self.policies.retain(|policy| policy.sid != *sid);
                if self.policies.len() == before {
                    return Err(ChangeError::NotThere);
                }
            }
        }
        Ok(())
    }

    /// The position of a declared object.
    fn find(&self, class: ObjectType, path: &str) -> Option<usize> {
        self.objects.iter().position(|object| object.class == class && same_path(class, &object.path, path))
    }

    fn change_process(&mut self, change: &ProcessChange) -> Result<(), ChangeError> {
        let process = self.processes.get_mut(change.process).ok_or(ChangeError::NotThere)?;
        // One that waits to be spawned has no token of its own that could be changed.
        let account_of = change.account.or(process.account).ok_or(ChangeError::NotThere)?;
        let of_account = self.principals.iter().find(|principal| principal.sid == account_of);
        let shapes = of_account.map(|principal| &principal.shape);
        let has = |group: Sid| {
            let account = shapes.and_then(|shape| state_of(shape, group));
            let service = process.service_sid;
            account.unwrap_or_else(|| service == Some(group) || group_by_default(account_of, service, group))
        };
        let mut shape = process.shape.clone();
        let privilege = |privilege| {
            let declared = shapes.and_then(|shape| privilege_state(shape, privilege));
            declared.unwrap_or_else(|| privilege_by_default(account_of, privilege))
        };
        shape.change(&change.shape, &has, &privilege)?;
        let mut endpoints = self.endpoints.clone();
        for (position, parts) in &change.endpoints {
            endpoints.get_mut(*position).ok_or(ChangeError::NotThere)?.change(parts)?;
        }
        self.endpoints = endpoints;
        process.shape = shape;
        process.account = Some(account_of);
        process.trust = change.trust.or(process.trust);
        Ok(())
    }
}

impl EndpointDecl {
    /// Where nobody has been checked, a whole list begins to.
    fn change(&mut self, parts: &PartsChange) -> Result<(), ChangeError> {
        if self.descriptor.is_some() || self.default_dacl {
            self.edits.push(parts.clone());
            return Ok(());
        }
        let Some(NewList::Whole(dacl)) = &parts.dacl else { return Err(ChangeError::NoList) };
        let sacl = match &parts.sacl {
            Some(NewList::Whole(sacl)) => Some(sacl.clone()),
            Some(NewList::Edits(_)) => return Err(ChangeError::NoList),
            None => None,
        };
        let (owner, group, dacl) = (parts.owner, parts.group, Some(dacl.clone()));
        self.descriptor = Some(DescriptorParts { owner, group, dacl, sacl });
        Ok(())
    }
}

fn depth(path: &str) -> usize {
    path.split(['/', '\\']).filter(|name| !name.is_empty()).count()
}

fn same_path(class: ObjectType, left: &str, right: &str) -> bool {
    if class == ObjectType::Key { fold(left) == fold(right) } else { left == right }
}

fn is_below(class: ObjectType, path: &str, object: &ObjectDecl) -> bool {
    let (separator, path, other) = if class == ObjectType::Key {
        ('\\', fold(path), fold(&object.path))
    } else {
        ('/', Arc::from(path), object.path.clone())
    };
    let both_keys = (class == ObjectType::Key) == (object.class == ObjectType::Key);
    both_keys && other.strip_prefix(&*path).is_some_and(|rest| rest.starts_with(separator))
}

fn change_values(
    values: &mut Vec<(Arc<str>, ValueData)>,
    changes: &[ValueChange],
) -> Result<(), ChangeError> {
    let mut after = values.clone();
    for (name, data) in changes {
        let at = after.iter().position(|(known, _)| fold(known) == fold(name));
        match (at.and_then(|at| after.get_mut(at)), data) {
            (Some(value), Some(data)) => value.1 = data.clone(),
            (None, Some(data)) => after.push((name.clone(), data.clone())),
            (None, None) => return Err(ChangeError::NoValue(name.clone())),
            (Some(_), None) => after.retain(|(known, _)| fold(known) != fold(name)),
        }
    }
    *values = after;
    Ok(())
}

impl ObjectDecl {
    /// Whole parts take their place among what is declared, so that children inherit from them; the rest waits.
    fn change_security(&mut self, change: &DescriptorChange) {
        let parts = match change {
            DescriptorChange::Whole(whole) => {
                self.security = whole.clone();
                self.edits.clear();
                return;
            }
            DescriptorChange::Parts(parts) => parts,
        };
        let SecurityDecl::Parts(declared) = &mut self.security else {
            self.edits.push(parts.clone());
            return;
        };
        let declared = Arc::make_mut(declared);
        let mut rest = PartsChange::default();
        declared.owner = parts.owner.or(declared.owner);
        declared.group = parts.group.or(declared.group);
        match &parts.dacl {
            Some(NewList::Whole(dacl)) => {
                declared.dacl = Some(dacl.clone());
                self.edits.iter_mut().for_each(|edit| edit.dacl = None);
            }
            other => rest.dacl.clone_from(other),
        }
        match &parts.sacl {
            Some(NewList::Whole(sacl)) => {
                declared.sacl = Some(sacl.clone());
                self.edits.iter_mut().for_each(|edit| edit.sacl = None);
            }
            other => rest.sacl.clone_from(other),
        }
        if rest != PartsChange::default() {
            self.edits.push(rest);
        }
    }
}

impl PrincipalDecl {
    /// Makes one change of who logs on as this principal.
    pub(super) fn change(&mut self, change: &ShapeChange) -> Result<(), ChangeError> {
        let has = |group| group_by_default(self.sid, None, group);
        let privilege = |privilege| privilege_by_default(self.sid, privilege);
        let mut shape = self.shape.clone();
        shape.change(change, &has, &privilege)?;
        self.shape = shape;
        Ok(())
    }
}

/// Whether a shape itself puts a group into a token or takes it out.
fn state_of(shape: &TokenShape, group: Sid) -> Option<bool> {
    if shape.removed_groups.contains(&group) {
        return Some(false);
    }
    shape.groups.iter().any(|known| known.sid == group).then_some(true)
}

fn privilege_state(shape: &TokenShape, privilege: Privilege) -> Option<bool> {
    let last = shape.privileges.iter().rev().find(|(known, _)| *known == privilege)?;
    Some(last.1 != PrivilegeDecl::Removed)
}

impl TokenShape {
    /// Makes one change; `has` and `holds` tell what the token gets from elsewhere.
    fn change(
        &mut self,
        change: &ShapeChange,
        has: &dyn Fn(Sid) -> bool,
        holds: &dyn Fn(Privilege) -> bool,
    ) -> Result<(), ChangeError> {
        let new = &change.shape;
        for group in &new.groups {
            self.removed_groups.retain(|removed| *removed != group.sid);
            match self.groups.iter_mut().find(|known| known.sid == group.sid) {
                Some(known) => known.attributes = group.attributes,
                None => self.groups.push(*group),
            }
        }
        for group in &new.removed_groups {
            if !state_of(self, *group).unwrap_or_else(|| has(*group)) {
                return Err(ChangeError::NotInGroup(*group));
            }
            self.groups.retain(|known| known.sid != *group);
            self.removed_groups.push(*group);
        }
        for (privilege, state) in &new.privileges {
            let held = privilege_state(self, *privilege).unwrap_or_else(|| holds(*privilege));
            if *state == PrivilegeDecl::Removed && !held {
                return Err(ChangeError::NoPrivilege(*privilege));
            }
            self.privileges.retain(|(known, _)| known != privilege);
            self.privileges.push((*privilege, *state));
        }
        merge_claims(&mut self.claims, &new.claims, &change.removed_claims)?;
        merge_claims(&mut self.device_claims, &new.device_claims, &change.removed_device_claims)?;
        for group in &new.device_groups {
            self.device_groups.retain(|known| known.sid != group.sid);
            self.device_groups.push(*group);
        }
        for group in &change.removed_device_groups {
            let before = self.device_groups.len();
            self.device_groups.retain(|known| known.sid != *group);
            if self.device_groups.len() == before {
                return Err(ChangeError::NotInGroup(*group));
            }
        }
        self.replace(new);
        Ok(())
    }

    /// What does not add up: what is given stands in the place of what was.
    fn replace(&mut self, new: &TokenShape) {
        self.integrity = new.integrity.or(self.integrity);
        self.mandatory_policy = new.mandatory_policy.or(self.mandatory_policy);
        self.audit_policy = new.audit_policy.or(self.audit_policy);
        self.logon = new.logon.or(self.logon);
        self.elevation = new.elevation.or(self.elevation);
        self.expires = new.expires.or(self.expires);
        if new.restricted.is_some() {
            self.restricted.clone_from(&new.restricted);
        }
        if new.confined.is_some() {
            self.confined.clone_from(&new.confined);
        }
        if new.default_dacl.is_some() {
            self.default_dacl.clone_from(&new.default_dacl);
        }
    }
}

/// Claims by name, without case (COND-11).
fn merge_claims(claims: &mut Vec<Claim>, new: &[Claim], removed: &[String]) -> Result<(), ChangeError> {
    for claim in new {
        let name = fold_name(&claim.name);
        match claims.iter_mut().find(|known| fold_name(&known.name) == name) {
            Some(known) => known.clone_from(claim),
            None => claims.push(claim.clone()),
        }
    }
    for name in removed {
        let before = claims.len();
        claims.retain(|claim| fold_name(&claim.name) != fold_name(name));
        if claims.len() == before {
            return Err(ChangeError::NoClaim(name.clone()));
        }
    }
    Ok(())
}

impl PolicyDecl {
    /// Makes one change; nothing is changed if a part of it cannot be made.
    pub(super) fn change(&mut self, change: &PolicyChange) -> Result<(), ChangeError> {
        let mut rules = self.rules.clone();
        for rule in &change.rules {
            match rule {
                RuleChange::Remove(name) => {
                    let before = rules.len();
                    rules.retain(|known| known.name != *name);
                    if rules.len() == before {
                        return Err(ChangeError::NoRule(name.clone()));
                    }
                }
                RuleChange::Change(parts) => match rules.iter_mut().find(|known| known.name == parts.name) {
                    Some(rule) => rule.change(parts)?,
                    None => {
                        if !matches!(parts.dacl, Some(NewList::Whole(_))) {
                            return Err(ChangeError::NoRule(parts.name.clone()));
                        }
                        let mut rule =
                            PolicyRuleDecl { name: parts.name.clone(), ..PolicyRuleDecl::default() };
                        rule.change(parts)?;
                        rules.push(rule);
                    }
                },
            }
        }
        self.rules = rules;
        Ok(())
    }
}

impl PolicyRuleDecl {
    fn change(&mut self, parts: &RuleParts) -> Result<(), ChangeError> {
        if parts.applies_to.is_some() {
            self.applies_to.clone_from(&parts.applies_to);
        }
        if let Some(change) = &parts.dacl {
            self.dacl = changed_aces(Some(&self.dacl), change)?;
        }
        if let Some(change) = &parts.staged_dacl {
            let current = self.staged_dacl.as_deref();
            self.staged_dacl = match change {
                None if current.is_none() => return Err(ChangeError::NoList),
                None => None,
                Some(change) => Some(changed_aces(current, change)?),
            };
        }
        for (sacl, change) in [(&mut self.sacl, &parts.sacl), (&mut self.staged_sacl, &parts.staged_sacl)] {
            match change {
                Some(None) if sacl.is_none() => return Err(ChangeError::NoList),
                Some(change) => sacl.clone_from(change),
                None => {}
            }
        }
        Ok(())
    }
}

/// The entries of a rule's DACL after a change. Rules serve objects of every class, so their rights stay as written;
/// where an edit compares them, they are those of a file.
fn changed_aces(current: Option<&[Ace]>, change: &NewList<Vec<Ace>>) -> Result<Vec<Ace>, ChangeError> {
    match change {
        NewList::Whole(aces) => Ok(aces.clone()),
        NewList::Edits(edits) => {
            let list = Acl::new(current.ok_or(ChangeError::NoList)?.to_vec());
            // A DACL holds no label, so every model edits it alike.
            let edits: Vec<Edit> = edits.iter().map(|edit| edit.under(DEFAULT)).collect();
            Ok(edit(&list, &edits, DEFAULT.mapping(ObjectType::File), DEFAULT)?.aces)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Change, ChangeError, DescriptorChange, EntryEdit, NewList, ObjectChange, PartsChange};
    use crate::model::DEFAULT;
    use crate::rights::{AccessMask, ObjectType};
    use crate::sd::edit::{Description, Place};
    use crate::sd::{Ace, AceEffect, AceFlags, AceType};
    use crate::sid::{EVERYONE, SYSTEM, Sid, USERS};
    use crate::world::World;
    use crate::world::declare::{
        DaclDecl, Declarations, DescriptorParts, ObjectDecl, SaclEntry, SecurityDecl,
    };

    const READ: AccessMask = AccessMask(1);

    fn allow(sid: Sid) -> Ace {
        let below = AceFlags::OBJECT_INHERIT | AceFlags::CONTAINER_INHERIT;
        Ace::basic(AceType::ALLOW, sid, READ).with_flags(below)
    }

    fn list(aces: Vec<Ace>) -> DaclDecl {
        DaclDecl::List { protected: false, auto_inherit: false, aces }
    }

    fn declared(path: &str, class: ObjectType, security: SecurityDecl) -> ObjectDecl {
        ObjectDecl {
            path: Arc::from(path),
            class,
            security,
            program: None,
            values: Vec::new(),
            link: false,
            edits: Vec::new(),
        }
    }

    /// A directory that lets `Users` read, and a file below that inherits.
    fn declarations() -> Declarations {
        let parts = DescriptorParts { dacl: Some(list(vec![allow(USERS)])), ..DescriptorParts::default() };
        let inherits = SecurityDecl::Parts(Arc::default());
        Declarations {
            objects: vec![
                declared("/srv", ObjectType::Directory, SecurityDecl::Parts(Arc::new(parts))),
                declared("/srv/a", ObjectType::File, inherits),
            ],
            ..Declarations::default()
        }
    }

    fn change(path: &str, class: ObjectType, dacl: NewList<DaclDecl>) -> Change {
        let parts = PartsChange { dacl: Some(dacl), ..PartsChange::default() };
        let security = DescriptorChange::Parts(parts);
        Change::Object(Box::new(ObjectChange { path: Arc::from(path), class, security, values: Vec::new() }))
    }

    /// Whom the DACL of a file names, after some changes.
    fn named(changes: &[Change], path: &str) -> Result<Vec<Sid>, String> {
        let mut declarations = declarations();
        for change in changes {
            declarations.apply(change).map_err(|error| error.to_string())?;
        }
        let world = World::build(&declarations, &[], DEFAULT).map_err(|error| error.to_string())?;
        let ids = (0..world.objects.len()).map(|n| crate::ids::ObjectId(n as u32));
        let id = ids.into_iter().find(|id| world.path_of(*id) == path).ok_or("not there")?;
        let descriptor = world.object(id).descriptor.as_ref().ok_or("no descriptor")?;
        let dacl = descriptor.source().dacl.as_ref().ok_or("null")?;
        Ok(dacl.aces.iter().map(|ace| ace.sid).collect())
    }

    fn remove(sid: Sid) -> EntryEdit {
        EntryEdit::Remove(Description { sid: Some(sid), ..Description::of(AceEffect::Allow) })
    }

    /// An overlay stands in the place of what was declared, so what is below inherits from it.
    #[test]
    fn children_inherit_from_what_a_change_made_of_their_parent() {
        let add = EntryEdit::Add(Place::First, SaclEntry::Ace(allow(EVERYONE)));
        let edits = change("/srv", ObjectType::Directory, NewList::Edits(vec![add, remove(USERS)]));
        assert_eq!(named(std::slice::from_ref(&edits), "/srv/a"), Ok(vec![EVERYONE]));
        let whole = NewList::Whole(list(vec![allow(SYSTEM)]));
        let whole = change("/srv", ObjectType::Directory, whole);
        assert_eq!(named(&[edits, whole], "/srv/a"), Ok(vec![SYSTEM]));
    }

    /// An edit meets inherited entries as well, and one that finds nothing is told when the world is built.
    #[test]
    fn edits_meet_what_was_inherited() {
        let edit = |sid| change("/srv/a", ObjectType::File, NewList::Edits(vec![remove(sid)]));
        assert_eq!(named(&[edit(USERS)], "/srv/a"), Ok(vec![]));
        let twice = named(&[edit(USERS), edit(USERS)], "/srv/a");
        assert!(twice.is_err_and(|error| error.contains("no entry looks like")));
    }

    #[test]
    fn what_is_not_there_or_there_already_is_refused() {
        let mut declarations = declarations();
        let before = declarations.clone();
        let file = |path| declared(path, ObjectType::File, SecurityDecl::Missing);
        for (change, error) in [
            (change("/nowhere", ObjectType::File, NewList::Edits(vec![])), ChangeError::NotThere),
            (Change::AddObject(Box::new(file("/srv/a"))), ChangeError::There),
            (Change::RemoveObject(ObjectType::Directory, Arc::from("/srv")), ChangeError::NotEmpty),
            (Change::RemovePrincipal(USERS), ChangeError::NotThere),
        ] {
            assert_eq!(declarations.apply(&change), Err(error));
        }
        assert_eq!(declarations, before);
        assert_eq!(declarations.apply(&Change::AddObject(Box::new(file("/srv/b")))), Ok(()));
        assert_eq!(declarations.apply(&Change::RemoveObject(ObjectType::File, Arc::from("/srv/a"))), Ok(()));
    }
}
