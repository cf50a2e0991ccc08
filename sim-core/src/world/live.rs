//! Changes of a world that nobody asks a right for: what a change makes of a descriptor.
//!
//! Authority: language manual, section on changes; OWNR-9, SD-4.

use super::change::{ChangeError, EntryEdit, NewList, PartsChange};
use super::declare::DescriptorParts;
use super::file::creator_descriptor;
use super::security::{given_parts, map_rights};
use crate::model::Model;
use crate::rights::ObjectType;
use crate::sd::edit::{Edit, EditError, edit};
use crate::sd::inherit::inherit_into;
use crate::sd::ownership::{Writer, WriterPrivileges, merge};
use crate::sd::{Acl, SdControl, SecurityDescriptor};
use crate::sid::SYSTEM;

/// A descriptor after a change of some parts, written as `set_security` writes it for somebody whom no rule of ownership
/// holds back. Where there was none, what is given makes one.
pub(super) fn changed(
    current: Option<&SecurityDescriptor>,
    parent: Option<&SecurityDescriptor>,
    change: &PartsChange,
    class: ObjectType,
    model: &Model,
) -> Result<SecurityDescriptor, ChangeError> {
    let anybody =
        Writer { user: SYSTEM, owner_groups: &[], integrity: u32::MAX, privileges: WriterPrivileges::all() };
    let given = DescriptorParts {
        owner: change.owner,
        group: change.group,
        dacl: whole(change.dacl.as_ref()),
        sacl: whole(change.sacl.as_ref()),
    };
    let new = creator_descriptor(&given, model);
    let none = SecurityDescriptor::default();
    let current = current.unwrap_or(&none);
    let mut after = merge(current, &new, given_parts(&given), &anybody).map_err(|_| ChangeError::NoOwner)?;
    let mapping = model.mapping(class);
    map_rights(&mut after, mapping);
    if let Some(NewList::Edits(edits)) = &change.dacl {
        let list = after.dacl.as_ref().ok_or(EditError::NullDacl)?;
        after.dacl = Some(edit(list, &under(edits, model), mapping, model)?);
    }
    if let Some(NewList::Edits(edits)) = &change.sacl {
        let list = after.sacl.take().unwrap_or_else(|| Acl::new(Vec::new()));
        after.sacl = Some(edit(&list, &under(edits, model), mapping, model)?);
    }
    map_rights(&mut after, mapping);
    let mut asks = SdControl::empty();
    asks.set(SdControl::DACL_PROTECTED, new.control.contains(SdControl::DACL_AUTO_INHERIT_REQ));
    asks.set(SdControl::SACL_PROTECTED, new.control.contains(SdControl::SACL_AUTO_INHERIT_REQ));
    if let Some(parent) = parent.filter(|_| !asks.is_empty()) {
        let inherited = inherit_into(&after, parent, asks, class, model).map_err(ChangeError::Inherit)?;
        after = inherited.map_or(after, |inherited| inherited.descriptor);
    }
    Ok(after)
}

fn whole<T: Clone>(change: Option<&NewList<T>>) -> Option<T> {
    match change {
        Some(NewList::Whole(list)) => Some(list.clone()),
        Some(NewList::Edits(_)) | None => None,
    }
}

fn under(edits: &[EntryEdit], model: &Model) -> Vec<Edit> {
    edits.iter().map(|edit| edit.under(model)).collect()
}
