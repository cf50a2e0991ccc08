//! `scn sd --check`: what is probably not meant. Each finding has a name that stays, a place, and what would mend it.

use std::fmt::Write;

use sim_core::model::{Model, UnknownLabels};
use sim_core::rights::{AccessMask, ObjectType};
use sim_core::sd::inherit::canonical_order;
use sim_core::sd::reach::{Hidden, hidden_entries};
use sim_core::sd::{Ace, AceEffect, AceFlags, Acl, SecurityDescriptor, condition_wire};
use sim_core::sid::{ANONYMOUS, CREATOR_GROUP, CREATOR_OWNER, EVERYONE, OWNER_RIGHTS};

use super::show;
use crate::io::{self, Exit};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Severity {
    Error,
    Warning,
    Note,
}

/// Every finding: its name, how bad it is, and what would mend it.
const FINDINGS: &[(&str, Severity, &str)] = &[
    ("null-dacl", Severity::Error, "give it a DACL; an empty one, `D:`, lets in nobody but the owner"),
    ("no-owner", Severity::Error, "name an owner: without one every check fails (VAL-2)"),
    ("empty-dacl", Severity::Note, "add entries if somebody but the owner is to get in (SD-4)"),
    ("order", Severity::Warning, "put own entries before inherited ones, and denials before grants (ACL-7)"),
    (
        "inherited-order",
        Severity::Note,
        "lists of several generations may look like this; it is judged in this order",
    ),
    (
        "deny-too-late",
        Severity::Error,
        "move the denial in front: what is granted first stays granted (DACL-3)",
    ),
    ("unreachable", Severity::Warning, "remove it: entries before it settle all its rights"),
    ("nothing", Severity::Note, "name rights, or remove the entry"),
    ("useless-flag", Severity::Warning, "remove the flag, or add the one that it needs (ACE-4, INH-4)"),
    ("everyone-writes", Severity::Error, "name a group whose members are known"),
    (
        "owner-rights",
        Severity::Warning,
        "the owner no longer reads and changes the descriptor as of right (OWN-3); grant what it needs",
    ),
    (
        "placeholder",
        Severity::Warning,
        "CREATOR OWNER and CREATOR GROUP match nobody: add inherit_only, or name a principal (INH-9)",
    ),
    ("misplaced", Severity::Warning, "move it to the other list; here it is never looked at (ACL-5)"),
    ("unknown-type", Severity::Warning, "entries of this type are skipped in every walk (ACL-4)"),
    (
        "bad-condition",
        Severity::Error,
        "write the condition anew: unknown never allows, and always denies (COND-1)",
    ),
    (
        "bad-label",
        Severity::Error,
        "use one of the five levels: untrusted, low, medium, high, system (MIC-2)",
    ),
    ("second-label", Severity::Warning, "keep one label: only the first counts"),
];

struct Finding {
    name: &'static str,
    /// `DACL #3`, or the descriptor as a whole.
    place: String,
    words: String,
}

/// Prints the findings, worst first; the answer is no if one of them is an error.
pub(super) fn run(descriptor: &SecurityDescriptor, class: ObjectType, model: &Model) -> Exit {
    let mut findings = find(descriptor, class, model);
    let row = |finding: &Finding| FINDINGS.iter().find(|row| row.0 == finding.name);
    let severity = |finding: &Finding| row(finding).map_or(Severity::Error, |row| row.1);
    findings.sort_by_key(|finding| severity(finding) as u8);
    let mut out = String::new();
    for finding in &findings {
        let word = match severity(finding) {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{word}[{}]: {}{}", finding.name, finding.place, finding.words);
        let _ = writeln!(out, "  help: {}", row(finding).map_or("", |row| row.2));
    }
    if findings.is_empty() {
        out.push_str("nothing found\n");
    }
    io::print(&out);
    let failed = findings.iter().any(|finding| severity(finding) == Severity::Error);
    if failed { Exit::No } else { Exit::Fine }
}

fn find(descriptor: &SecurityDescriptor, class: ObjectType, model: &Model) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut whole = |name, words: &str| {
        findings.push(Finding { name, place: String::new(), words: words.to_owned() });
    };
    if descriptor.owner.is_none() {
        whole("no-owner", "nobody owns the object");
    }
    match &descriptor.dacl {
        None => whole("null-dacl", "there is no DACL, so everybody may do everything"),
        Some(dacl) if dacl.aces.is_empty() => whole("empty-dacl", "the DACL is empty, so nobody is let in"),
        Some(_) => {}
    }
    if let Some(dacl) = &descriptor.dacl {
        list(dacl, true, class, model, &mut findings);
        order(dacl, &mut findings);
        walk(dacl, class, model, &mut findings);
    }
    if let Some(sacl) = &descriptor.sacl {
        list(sacl, false, class, model, &mut findings);
        labels(sacl, model, &mut findings);
    }
    findings
}

fn at(dacl: bool, index: usize) -> String {
    format!("{} #{index}: ", if dacl { "DACL" } else { "SACL" })
}

fn counts(ace: &Ace) -> bool {
    !ace.flags.contains(AceFlags::INHERIT_ONLY)
}

/// What is odd about single entries.
fn list(acl: &Acl, dacl: bool, class: ObjectType, model: &Model, findings: &mut Vec<Finding>) {
    for (index, ace) in acl.aces.iter().enumerate() {
        let mut add = |name, words: String| findings.push(Finding { name, place: at(dacl, index), words });
        let Some(row) = ace.kind.row() else {
            add("unknown-type", format!("nobody knows entries of type 0x{:02x}", ace.kind.0));
            continue;
        };
        let access = matches!(row.effect, AceEffect::Allow | AceEffect::Deny);
        if access != dacl {
            add("misplaced", format!("an entry of type {} does nothing here", row.name));
        }
        for (flag, words) in useless_flags(ace, row.effect, class) {
            add("useless-flag", format!("{flag} means nothing {words}"));
        }
        if let Some(data) = ace.condition()
            && condition_wire::validate(data, model.bare_attribute).is_err()
        {
            add("bad-condition", "its data is no condition, so the outcome is always unknown".to_owned());
        }
        if matches!(row.effect, AceEffect::Allow | AceEffect::Deny | AceEffect::Audit | AceEffect::Alarm)
            && ace.mask.is_empty()
        {
            add("nothing", "it is about no right at all".to_owned());
        }
        if access && dacl && counts(ace) && matches!(ace.sid, CREATOR_OWNER | CREATOR_GROUP) {
            add("placeholder", format!("{} stands for nobody on the object itself", show::name(ace.sid)));
        }
        if access && dacl && counts(ace) && ace.sid == OWNER_RIGHTS {
            let given = model.mapping(class).map(ace.mask);
            let wanted = AccessMask::READ_CONTROL | AccessMask::WRITE_DAC;
            if row.effect == AceEffect::Deny || !given.contains(wanted) || ace.condition().is_some() {
                add(
                    "owner-rights",
                    "an entry for OWNER RIGHTS takes the owner's implicit rights away, whatever its condition".to_owned(),
                );
            }
        }
        if dacl && row.effect == AceEffect::Allow && matches!(ace.sid, EVERYONE | ANONYMOUS) {
            let mapping = model.mapping(class);
            let harmless = mapping.read | mapping.execute;
            let writing = mapping.map(ace.mask) & (mapping.write | mapping.all) & !harmless;
            if !writing.is_empty() {
                let whom = show::name(ace.sid);
                let words = show::mask_words(writing, class);
                let below = if counts(ace) { "" } else { " on what is created below" };
                add("everyone-writes", format!("it grants {whom} more than reading{below}: {words}"));
            }
        }
    }
}

/// Flags that do nothing, with why.
fn useless_flags(ace: &Ace, effect: AceEffect, class: ObjectType) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    let inheritance = [
        (AceFlags::OBJECT_INHERIT, "inherit_files"),
        (AceFlags::CONTAINER_INHERIT, "inherit_dirs"),
        (AceFlags::NO_PROPAGATE, "no_propagate"),
        (AceFlags::INHERIT_ONLY, "inherit_only"),
    ];
    let travels = ace.flags.intersects(AceFlags::OBJECT_INHERIT | AceFlags::CONTAINER_INHERIT);
    for (flag, name) in inheritance {
        if !ace.flags.contains(flag) {
            continue;
        }
        if !class.is_container() {
            let why = if flag == AceFlags::INHERIT_ONLY {
                format!("on a {}, and the entry is skipped", class.name())
            } else {
                format!("on a {}, which has no children", class.name())
            };
            found.push((name, why));
        } else if class == ObjectType::Key && flag == AceFlags::OBJECT_INHERIT {
            found.push((name, "on a key, which has no files below it".to_owned()));
        } else if !travels {
            found.push((name, "without inherit_files or inherit_dirs".to_owned()));
        }
    }
    let audits = matches!(effect, AceEffect::Audit | AceEffect::Alarm);
    for (flag, name) in [(AceFlags::SUCCESSFUL_ACCESS, "success"), (AceFlags::FAILED_ACCESS, "failure")] {
        if !audits && ace.flags.contains(flag) {
            found.push((name, "on an entry that audits nothing".to_owned()));
        }
    }
    found
}

fn order(dacl: &Acl, findings: &mut Vec<Finding>) {
    if let Err(index) = canonical_order(dacl) {
        let inherited = dacl.aces.get(index).is_some_and(|ace| ace.flags.contains(AceFlags::INHERITED));
        let name = if inherited { "inherited-order" } else { "order" };
        let words = "it stands behind an entry that should come after it".to_owned();
        findings.push(Finding { name, place: at(true, index), words });
    }
}

/// What entries before it leave to each entry of the DACL.
fn walk(dacl: &Acl, class: ObjectType, model: &Model, findings: &mut Vec<Finding>) {
    for (index, hidden) in hidden_entries(dacl, &model.mapping(class)) {
        let whom = dacl.aces.get(index).map(|ace| show::name(ace.sid)).unwrap_or_default();
        let (name, words) = match hidden {
            Hidden::DenialTooLate(late) => {
                let late = show::mask_words(late, class);
                ("deny-too-late", format!("it denies what was granted to {whom} before: {late}"))
            }
            Hidden::Nothing => ("unreachable", format!("nothing that it says about {whom} is left to say")),
        };
        findings.push(Finding { name, place: at(true, index), words });
    }
}

fn labels(sacl: &Acl, model: &Model, findings: &mut Vec<Finding>) {
    let labels =
        sacl.aces.iter().enumerate().filter(|(_, ace)| {
            counts(ace) && ace.kind.row().is_some_and(|row| row.effect == AceEffect::Label)
        });
    for (n, (index, ace)) in labels.enumerate() {
        let known = ace.sid.authority() == 16
            && ace.sid.sub_authorities().len() == 1
            && (model.unknown_labels == UnknownLabels::Numeric
                || matches!(ace.sid.rid(), Some(0 | 4096 | 8192 | 12288 | 16384)));
        if !known {
            let words = format!("{} is no integrity level", show::name(ace.sid));
            findings.push(Finding { name: "bad-label", place: at(false, index), words });
        }
        if n > 0 {
            let words = "a label stands before it".to_owned();
            findings.push(Finding { name: "second-label", place: at(false, index), words });
        }
    }
}
