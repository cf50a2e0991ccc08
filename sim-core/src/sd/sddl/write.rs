//! Descriptors to text.
//!
//! Rules SDDL-1 to SDDL-10, SDDL-12, W-SDL-5, W-SDL-6. Nothing is left out in silence that could change a decision.

use std::fmt::Write;

use super::{
    FILE_CODES, FLAG_CODES, KEY_CODES, NULL_LIST, PrintError, PrintProblem, RIGHT_CODES, SddlContext, Section,
};
use crate::ids::Guid;
use crate::model::AceMasks;
use crate::rights::{AccessMask, ObjectType};
use crate::sd::condition::{Claim, ClaimValues};
use crate::sd::condition_text::{self, write_octets, write_quoted};
use crate::sd::{
    Ace, AceBody, AceEffect, AceShape, Acl, LabelPolicy, SdControl, SecurityDescriptor, condition_wire,
};
use crate::sid::{DOMAIN_ALIASES, EVERYONE, Sid, WellKnown};

/// Writes a descriptor. What does not decide anything and has no place in text is left out: DEFAULTED bits and the byte
/// of the resource manager.
///
/// # Errors
/// If the text would mean something else, or could not be read again by the same context.
pub fn print(descriptor: &SecurityDescriptor, context: &SddlContext) -> Result<String, PrintError> {
    let mut out = String::with_capacity(64);
    if let Some(owner) = descriptor.owner {
        out.push_str("O:");
        write_sid(owner, context, &mut out);
    }
    if let Some(group) = descriptor.group {
        out.push_str("G:");
        write_sid(group, context, &mut out);
    }
    if descriptor.control.contains(SdControl::SERVER_SECURITY) {
        return Err(PrintError::new(PrintProblem::Control));
    }
    for section in [Section::Dacl, Section::Sacl] {
        list(descriptor, section, context, &mut out)
            .map_err(|error| PrintError { section: Some(section), ..error })?;
    }
    if out.is_empty() && !context.dialect.is_nt() {
        return Err(PrintError::new(PrintProblem::Empty));
    }
    Ok(out)
}

/// Writes one entry, parentheses included.
///
/// # Errors
/// As for a descriptor.
pub fn print_ace(ace: &Ace, context: &SddlContext) -> Result<String, PrintError> {
    let mut out = String::new();
    entry(ace, context, &mut out)?;
    Ok(out)
}

/// Writes a SID: the alias if there is one (SDDL-10).
pub(crate) fn write_sid(sid: Sid, context: &SddlContext, out: &mut String) {
    if let Some(row) = WellKnown::of(sid).filter(|row| !row.alias.is_empty()) {
        out.push_str(row.alias);
        return;
    }
    let alias = context
        .domain
        .filter(|domain| sid.parent() == Some(*domain))
        .and_then(|_| DOMAIN_ALIASES.iter().find(|row| Some(row.1) == sid.rid()));
    // Writing to a string cannot fail.
    let _ = match alias {
        Some(row) => out.write_str(row.0),
        None => write!(out, "{sid}"),
    };
}

fn list(
    descriptor: &SecurityDescriptor,
    section: Section,
    context: &SddlContext,
    out: &mut String,
) -> Result<(), PrintError> {
    let dacl = section == Section::Dacl;
    let (acl, head, flags): (&Option<Acl>, _, _) = if dacl {
        let flags = [
            ("P", SdControl::DACL_PROTECTED),
            ("AR", SdControl::DACL_AUTO_INHERIT_REQ),
            ("AI", SdControl::DACL_AUTO_INHERITED),
        ];
        (&descriptor.dacl, "D:", flags)
    } else {
        let flags = [
            ("P", SdControl::SACL_PROTECTED),
            ("AR", SdControl::SACL_AUTO_INHERIT_REQ),
            ("AI", SdControl::SACL_AUTO_INHERITED),
        ];
        (&descriptor.sacl, "S:", flags)
    };
    let Some(acl) = acl else {
        // Propagation would find something to protect, and text cannot say so.
        if descriptor.control.contains(flags[0].1) {
            return Err(PrintError::new(PrintProblem::Control));
        }
        if dacl && context.dialect.is_nt() && descriptor.control.contains(SdControl::DACL_PRESENT) {
            out.push_str(head);
            out.push_str(NULL_LIST);
        }
        return Ok(());
    };
    out.push_str(head);
    for (text, bit) in flags {
        if descriptor.control.contains(bit) {
            out.push_str(text);
        }
    }
    for (n, ace) in acl.aces.iter().enumerate() {
        let audits =
            ace.kind.row().is_some_and(|row| matches!(row.effect, AceEffect::Audit | AceEffect::Alarm));
        let written = if dacl && audits && context.dialect.is_nt() {
            Err(PrintError::new(PrintProblem::MisplacedType))
        } else {
            entry(ace, context, out)
        };
        written.map_err(|error| PrintError { ace: Some(n), ..error })?;
    }
    Ok(())
}

fn entry(ace: &Ace, context: &SddlContext, out: &mut String) -> Result<(), PrintError> {
    let Some(row) = ace.kind.row() else {
        return Err(PrintError::new(PrintProblem::UnknownType(ace.kind.0)));
    };
    let fits = matches!(
        (row.shape, &ace.body),
        (AceShape::Basic, AceBody::Basic)
            | (AceShape::Object, AceBody::Object(_))
            | (AceShape::Callback, AceBody::Callback(_))
            | (AceShape::CallbackObject, AceBody::CallbackObject(..))
            | (AceShape::Attribute, AceBody::Attribute(_))
    );
    if !fits {
        return Err(PrintError::new(PrintProblem::Shape));
    }
    out.push('(');
    out.push_str(row.sddl);
    out.push(';');
    for (text, flag) in FLAG_CODES {
        if ace.flags.contains(flag) {
            out.push_str(text);
        }
    }
    out.push(';');
    mask(ace.mask, row.effect, context, out)?;
    out.push(';');
    let guids = ace.guids();
    guid(guids.object_type, out);
    out.push(';');
    guid(guids.inherited_object_type, out);
    out.push(';');
    write_sid(ace.sid, context, out);
    match &ace.body {
        AceBody::Callback(data) | AceBody::CallbackObject(_, data) => {
            let condition =
                condition_wire::decode(data).map_err(|_| PrintError::new(PrintProblem::Condition))?;
            out.push_str(";(");
            out.push_str(&condition_text::print(&condition, context)?);
            out.push(')');
        }
        AceBody::Attribute(value) => {
            if ace.sid != EVERYONE {
                return Err(PrintError::new(PrintProblem::AttributeSid));
            }
            out.push_str(";(");
            claim(value, context, out)?;
            out.push(')');
        }
        AceBody::Basic | AceBody::Object(_) | AceBody::Unknown(_) => {}
    }
    out.push(')');
    Ok(())
}

fn guid(guid: Option<Guid>, out: &mut String) {
    if let Some(guid) = guid {
        // Writing to a string cannot fail.
        let _ = write!(out, "{guid}");
    }
}

/// The rights of an entry (SDDL-4, SDDL-5, W-SDL-5).
fn mask(
    mask: AccessMask,
    effect: AceEffect,
    context: &SddlContext,
    out: &mut String,
) -> Result<(), PrintError> {
    let dialect = context.dialect;
    if effect == AceEffect::Label {
        let policy = LabelPolicy::from_mask(mask, dialect.label_bits);
        if policy.to_mask(dialect.label_bits) == mask {
            for (text, bit) in [
                ("NW", LabelPolicy::NO_WRITE_UP),
                ("NR", LabelPolicy::NO_READ_UP),
                ("NX", LabelPolicy::NO_EXECUTE_UP),
            ] {
                if policy.contains(bit) {
                    out.push_str(text);
                }
            }
            return Ok(());
        }
        // A number is read with the meaning of the reader's model, so only NT's text has it.
        if !dialect.is_nt() {
            return Err(PrintError::new(PrintProblem::Mask));
        }
        return number(mask.0, out);
    }
    let tested = matches!(effect, AceEffect::Allow | AceEffect::Deny | AceEffect::Audit | AceEffect::Alarm);
    let forbidden = AccessMask::RESERVED | AccessMask::MAXIMUM_ALLOWED;
    if tested && dialect.ace_masks == AceMasks::Tested && mask.intersects(forbidden) {
        return Err(PrintError::new(PrintProblem::Mask));
    }
    let nt = dialect.is_nt();
    let (files, keys) = match context.class {
        Some(ObjectType::File | ObjectType::Directory | ObjectType::Endpoint) => (true, nt),
        Some(ObjectType::Key) => (nt, true),
        _ => (nt, nt),
    };
    let composites = FILE_CODES.iter().filter(|_| files).chain(KEY_CODES.iter().filter(|_| keys));
    // NT has no text for KW (W-SDL-5).
    let found = composites.into_iter().find(|row| row.1 == mask.0 && !(nt && row.0 == "KW"));
    if let Some(row) = found {
        out.push_str(row.0);
        return Ok(());
    }
    if nt {
        let named = RIGHT_CODES.iter().fold(0, |all, row| all | row.1);
        if mask.0 & !named != 0 {
            return number(mask.0, out);
        }
        for (text, bit) in RIGHT_CODES {
            if mask.0 & bit != 0 {
                out.push_str(text);
            }
        }
        return Ok(());
    }
    // Generic and standard rights by name; what is left means something else in each class.
    let mut left = mask.0;
    let (generic, standard): (Vec<_>, Vec<_>) = RIGHT_CODES
        .iter()
        .filter(|row| row.1 >= AccessMask::DELETE.0)
        .partition(|row| row.1 >= AccessMask::GENERIC_ALL.0);
    for (text, bit) in generic.into_iter().chain(standard) {
        if left & bit != 0 {
            out.push_str(text);
            left &= !bit;
        }
    }
    if left == 0 { Ok(()) } else { number(left, out) }
}

fn number(value: u32, out: &mut String) -> Result<(), PrintError> {
    // Writing to a string cannot fail.
    let _ = write!(out, "0x{value:x}");
    Ok(())
}

/// `"Name",TS,0x0,"a","b"` (SDDL-8).
fn claim(claim: &Claim, context: &SddlContext, out: &mut String) -> Result<(), PrintError> {
    quoted(&claim.name, out)?;
    let kind = match &claim.values {
        ClaimValues::Int64(_) => "TI",
        ClaimValues::Uint64(_) => "TU",
        ClaimValues::String(_) => "TS",
        ClaimValues::Sid(_) => "TD",
        ClaimValues::Octet(_) => "TX",
        ClaimValues::Boolean(_) => "TB",
    };
    // Writing to a string cannot fail.
    let _ = write!(out, ",{kind},0x{:x}", claim.flags.bits());
    match &claim.values {
        ClaimValues::Int64(values) => values.iter().for_each(|value| {
            let _ = write!(out, ",{value}");
        }),
        ClaimValues::Uint64(values) => values.iter().for_each(|value| {
            let _ = write!(out, ",{value}");
        }),
        ClaimValues::Boolean(values) => {
            values.iter().for_each(|value| out.push_str(if *value { ",1" } else { ",0" }));
        }
        ClaimValues::Sid(values) => values.iter().for_each(|value| {
            out.push_str(",SID(");
            write_sid(*value, context, out);
            out.push(')');
        }),
        ClaimValues::Octet(values) => values.iter().for_each(|value| {
            out.push(',');
            write_octets(value, context, out);
        }),
        ClaimValues::String(values) => {
            for value in values {
                out.push(',');
                quoted(value, out)?;
            }
        }
    }
    Ok(())
}

fn quoted(text: &str, out: &mut String) -> Result<(), PrintError> {
    if text.contains('\0') {
        return Err(PrintError::new(PrintProblem::Text));
    }
    write_quoted(text, out)
}
