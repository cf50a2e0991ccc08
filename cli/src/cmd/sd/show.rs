//! A descriptor as a table: names of principals and rights, flags in words, conditions as text.

use std::fmt::Write;

use sim_core::model::Model;
use sim_core::rights::{AccessMask, ObjectType, RIGHTS};
use sim_core::sd::condition::{Claim, ClaimValues};
use sim_core::sd::sddl::SddlContext;
use sim_core::sd::{
    Ace, AceBody, AceEffect, AceFlags, Acl, LabelPolicy, SdControl, SecurityDescriptor, condition_text,
    condition_wire,
};
use sim_core::sid::{Sid, WellKnown};
use sim_core::text::escape;
use sim_core::trace::rights::rights_words;

/// The whole table.
pub(super) fn descriptor(
    descriptor: &SecurityDescriptor,
    class: ObjectType,
    model: &Model,
    context: &SddlContext,
) -> String {
    let mut out = String::new();
    let control = descriptor.control;
    // Writing to a string cannot fail.
    let mut part = |name: &str, sid: Option<Sid>, defaulted: SdControl| {
        let defaulted = if control.contains(defaulted) { ", from a default" } else { "" };
        let _ = match sid {
            Some(sid) => writeln!(out, "{name}  {}{defaulted}", long_name(sid)),
            None => writeln!(out, "{name}  none"),
        };
    };
    part("owner", descriptor.owner, SdControl::OWNER_DEFAULTED);
    part("group", descriptor.group, SdControl::GROUP_DEFAULTED);
    let bits = [
        (SdControl::DACL_PROTECTED, SdControl::SACL_PROTECTED, "protected"),
        (SdControl::DACL_AUTO_INHERIT_REQ, SdControl::SACL_AUTO_INHERIT_REQ, "asks for its parent's entries"),
        (SdControl::DACL_AUTO_INHERITED, SdControl::SACL_AUTO_INHERITED, "came from inheritance"),
        (SdControl::DACL_DEFAULTED, SdControl::SACL_DEFAULTED, "from a default"),
    ];
    for (name, acl, dacl) in [("DACL ", &descriptor.dacl, true), ("SACL ", &descriptor.sacl, false)] {
        let Some(acl) = acl else {
            let meaning = if dacl { "none: everybody may do everything" } else { "none" };
            let _ = writeln!(out, "{name}  {meaning}");
            continue;
        };
        let count = match acl.aces.len() {
            0 if dacl => "empty: nobody may do anything, but the owner has its implicit rights".to_owned(),
            0 => "empty".to_owned(),
            1 => "1 entry".to_owned(),
            more => format!("{more} entries"),
        };
        let mut words = vec![count];
        let set = bits.iter().filter(|bit| control.contains(if dacl { bit.0 } else { bit.1 }));
        words.extend(set.map(|bit| bit.2.to_owned()));
        let _ = writeln!(out, "{name}  {}", words.join(", "));
        entries(acl, class, model, context, &mut out);
    }
    out
}

fn entries(acl: &Acl, class: ObjectType, model: &Model, context: &SddlContext, out: &mut String) {
    let rows: Vec<[String; 4]> = acl
        .aces
        .iter()
        .enumerate()
        .map(|(n, ace)| [format!("#{n}"), kind(ace), name(ace.sid), rights(ace, class, model)])
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    for (row, ace) in rows.iter().zip(&acl.aces) {
        let mut line = String::from(" ");
        for (cell, width) in row.iter().zip(widths) {
            // Writing to a string cannot fail.
            let _ = write!(line, " {cell:width$} ");
        }
        let _ = write!(line, " {}", row[3]);
        let extra = extras(ace, context);
        let _ = writeln!(out, "{}{extra}", line.trim_end());
    }
}

/// The kind of an entry in a word.
pub(super) fn kind(ace: &Ace) -> String {
    match ace.kind.row() {
        Some(row) => row.name.to_owned(),
        None => format!("type 0x{:02x}", ace.kind.0),
    }
}

/// A principal by its name, with the SID behind it.
fn long_name(sid: Sid) -> String {
    WellKnown::of(sid).map_or_else(|| sid.to_string(), |row| format!("{} ({sid})", row.name))
}

/// A principal by its name, else by its SID.
pub(super) fn name(sid: Sid) -> String {
    WellKnown::of(sid).map_or_else(|| sid.to_string(), |row| row.name.to_owned())
}

/// The rights of an entry by name, or the attribute that it holds.
pub(super) fn rights(ace: &Ace, class: ObjectType, model: &Model) -> String {
    match ace.kind.row().map(|row| row.effect) {
        Some(AceEffect::Label) => label_words(ace.mask, model),
        Some(AceEffect::Attribute) => match &ace.body {
            AceBody::Attribute(claim) => claim_words(claim),
            _ => String::new(),
        },
        Some(AceEffect::Policy) | None => String::new(),
        Some(_) => mask_words(ace.mask, class),
    }
}

/// A mask by name: one name if one says it all.
pub(super) fn mask_words(mask: AccessMask, class: ObjectType) -> String {
    let exact = RIGHTS.iter().find(|right| right.mask == mask && right.applies_to(class));
    match exact {
        Some(right) if !mask.intersects(AccessMask::GENERIC) => right.name.to_owned(),
        _ => rights_words(mask, class),
    }
}

fn label_words(mask: AccessMask, model: &Model) -> String {
    let policy = LabelPolicy::from_mask(mask, model.label_bits);
    let words: Vec<&str> = [
        (LabelPolicy::NO_READ_UP, "no_read_up"),
        (LabelPolicy::NO_WRITE_UP, "no_write_up"),
        (LabelPolicy::NO_EXECUTE_UP, "no_execute_up"),
    ]
    .into_iter()
    .filter(|(bit, _)| policy.contains(*bit))
    .map(|(_, word)| word)
    .collect();
    if words.is_empty() { "forbids nothing".to_owned() } else { words.join(", ") }
}

/// Flags, GUIDs and conditions behind the rights.
pub(super) fn extras(ace: &Ace, context: &SddlContext) -> String {
    let mut out = String::new();
    let words: Vec<&str> = [
        (AceFlags::OBJECT_INHERIT, "inherit_files"),
        (AceFlags::CONTAINER_INHERIT, "inherit_dirs"),
        (AceFlags::NO_PROPAGATE, "no_propagate"),
        (AceFlags::INHERIT_ONLY, "inherit_only"),
        (AceFlags::INHERITED, "inherited"),
        (AceFlags::SUCCESSFUL_ACCESS, "success"),
        (AceFlags::FAILED_ACCESS, "failure"),
    ]
    .into_iter()
    .filter(|(flag, _)| ace.flags.contains(*flag))
    .map(|(_, word)| word)
    .collect();
    // Writing to a string cannot fail.
    if !words.is_empty() {
        let _ = write!(out, " ({})", words.join(", "));
    }
    let guids = ace.guids();
    if let Some(guid) = guids.object_type {
        let _ = write!(out, " on {guid}");
    }
    if let Some(guid) = guids.inherited_object_type {
        let _ = write!(out, " for children of {guid}");
    }
    if let Some(data) = ace.condition() {
        let _ = write!(out, " when {}", condition(data, context));
    }
    out
}

/// A condition as text, or why there is none.
pub(super) fn condition(data: &[u8], context: &SddlContext) -> String {
    let text = condition_wire::decode(data)
        .map_err(|error| format!("(no readable condition: byte {})", error.offset))
        .and_then(|condition| {
            condition_text::print(&condition, context).map_err(|error| format!("(no text: {error})"))
        });
    match text {
        Ok(text) | Err(text) => escape(&text).into_owned(),
    }
}

fn claim_words(claim: &Claim) -> String {
    let quoted = |text: &String| format!("\"{}\"", escape(text));
    let values: Vec<String> = match &claim.values {
        ClaimValues::Int64(values) => values.iter().map(i64::to_string).collect(),
        ClaimValues::Uint64(values) => values.iter().map(u64::to_string).collect(),
        ClaimValues::Boolean(values) => values.iter().map(bool::to_string).collect(),
        ClaimValues::String(values) => values.iter().map(quoted).collect(),
        ClaimValues::Sid(values) => values.iter().map(|sid| name(*sid)).collect(),
        ClaimValues::Octet(values) => values
            .iter()
            .map(|value| value.iter().fold("#".to_owned(), |text, byte| format!("{text}{byte:02x}")))
            .collect(),
    };
    format!(
        "{} = {}",
        escape(&claim.name),
        if values.is_empty() { "nothing".to_owned() } else { values.join(", ") }
    )
}
