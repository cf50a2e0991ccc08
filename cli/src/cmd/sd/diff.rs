//! `scn sd --diff`: what changes between two descriptors, by meaning: whom each changed entry gives or takes what.

use std::fmt::Write;

use sim_core::model::Model;
use sim_core::rights::{AccessMask, GenericMapping, ObjectType};
use sim_core::sd::sddl::SddlContext;
use sim_core::sd::{Ace, AceEffect, AceFlags, Acl, SdControl, SecurityDescriptor};
use sim_core::sid::Sid;

use super::show;
use crate::io::{self, Exit};

/// Prints what is different; the answer is no if anything is.
pub(super) fn run(
    before: &SecurityDescriptor,
    after: &SecurityDescriptor,
    class: ObjectType,
    model: &Model,
) -> Exit {
    let mut out = String::new();
    principal("owner", before.owner, after.owner, &mut out);
    principal("group", before.group, after.group, &mut out);
    for (bit, name) in [
        (SdControl::DACL_PROTECTED, "protection of the DACL"),
        (SdControl::SACL_PROTECTED, "protection of the SACL"),
    ] {
        let (was, is) = (before.control.contains(bit), after.control.contains(bit));
        if was != is {
            let words = if is {
                "now keeps the parent's entries out"
            } else {
                "no longer keeps the parent's entries out"
            };
            // Writing to a string cannot fail.
            let _ = writeln!(out, "~ {name}: {words}");
        }
    }
    let lists = Lists { class, model, mapping: model.mapping(class), context: SddlContext::of(model) };
    lists.compare("DACL", before.dacl.as_ref(), after.dacl.as_ref(), &mut out);
    lists.compare("SACL", before.sacl.as_ref(), after.sacl.as_ref(), &mut out);
    if out.is_empty() {
        io::print("no difference in meaning\n");
        return Exit::Fine;
    }
    io::print(&out);
    Exit::No
}

fn principal(name: &str, before: Option<Sid>, after: Option<Sid>, out: &mut String) {
    if before != after {
        let shown = |sid: Option<Sid>| sid.map_or_else(|| "nobody".to_owned(), show::name);
        // Writing to a string cannot fail.
        let _ = writeln!(out, "~ {name}: {} becomes {}", shown(before), shown(after));
    }
}

struct Lists<'a> {
    class: ObjectType,
    model: &'a Model,
    mapping: GenericMapping,
    context: SddlContext,
}

/// The most entries of both lists that are compared in order; longer ones are compared as sets.
const MOST: usize = 2_000;

impl Lists<'_> {
    fn compare(&self, name: &str, before: Option<&Acl>, after: Option<&Acl>, out: &mut String) {
        // Writing to a string cannot fail.
        let _ = match (before.is_some(), after.is_some(), name) {
            (true, false, "DACL") => writeln!(out, "! DACL: goes, so everybody may do everything"),
            (false, true, "DACL") => writeln!(out, "! DACL: comes, so only those whom it names get in"),
            (true, false, _) => writeln!(out, "- {name}: goes"),
            (false, true, _) => writeln!(out, "+ {name}: comes"),
            _ => Ok(()),
        };
        let entries = |acl: Option<&Acl>| -> Vec<Ace> {
            acl.map_or_else(Vec::new, |acl| acl.aces.iter().map(|ace| self.meant(ace)).collect())
        };
        let (old, new) = (entries(before), entries(after));
        let (kept_old, kept_new) = common(&old, &new);
        let mut gone: Vec<usize> = (0..old.len()).filter(|n| !kept_old.contains(n)).collect();
        for n in (0..new.len()).filter(|n| !kept_new.contains(n)) {
            let ace = &new[n];
            if let Some(place) = gone.iter().position(|old_n| old[*old_n] == *ace) {
                let from = gone.remove(place);
                let _ = writeln!(out, "~ {name} #{from} is #{n} now: {}", self.line(ace));
                continue;
            }
            let similar = |old: &Ace| Ace { mask: ace.mask, ..old.clone() } == *ace;
            if let Some(place) = gone.iter().position(|old_n| similar(&old[*old_n])) {
                let from = gone.remove(place);
                self.changed(name, from, n, &old[from], ace, out);
                continue;
            }
            let _ =
                writeln!(out, "+ {name} #{n}: {}\n    {}", self.line(ace), self.effect(ace, ace.mask, true));
        }
        for n in gone {
            let ace = &old[n];
            let _ =
                writeln!(out, "- {name} #{n}: {}\n    {}", self.line(ace), self.effect(ace, ace.mask, false));
        }
    }

    /// An entry as it decides: generic rights mapped; whether it was inherited does not matter.
    fn meant(&self, ace: &Ace) -> Ace {
        let label = ace.kind.row().is_some_and(|row| row.effect == AceEffect::Label);
        let mask = if label { ace.mask } else { self.mapping.map(ace.mask) };
        Ace { mask, flags: ace.flags - AceFlags::INHERITED, ..ace.clone() }
    }

    fn line(&self, ace: &Ace) -> String {
        let rights = show::rights(ace, self.class, self.model);
        let rights = if rights.is_empty() { rights } else { format!(" {rights}") };
        format!("{} {}{rights}{}", show::kind(ace), show::name(ace.sid), show::extras(ace, &self.context))
    }

    fn changed(&self, name: &str, from: usize, to: usize, old: &Ace, new: &Ace, out: &mut String) {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "~ {name} #{from} is #{to} now: {}", self.line(new));
        for (mask, more) in [(new.mask & !old.mask, true), (old.mask & !new.mask, false)] {
            if !mask.is_empty() {
                let _ = writeln!(out, "    {}", self.effect(new, mask, more));
            }
        }
    }

    /// What coming or going of these rights of an entry does.
    fn effect(&self, ace: &Ace, mask: AccessMask, comes: bool) -> String {
        let whom = show::name(ace.sid);
        let what = show::mask_words(mask, self.class);
        let verb = |more: &'static str, less: &'static str| if comes { more } else { less };
        let effect = ace.kind.row().map(|row| row.effect);
        let mut words = match effect {
            Some(AceEffect::Allow) if comes => format!("gives {whom} {what}"),
            Some(AceEffect::Allow) => format!("takes {what} from {whom}"),
            Some(AceEffect::Deny) => format!("{} {whom} {what}", verb("denies", "no longer denies")),
            Some(AceEffect::Audit) => {
                format!("{} uses of {what} by {whom}", verb("records", "no longer records"))
            }
            Some(AceEffect::Alarm) => format!("{} {what} by {whom}", verb("watches", "no longer watches")),
            Some(AceEffect::Label) => {
                format!("{} callers below {whom}", verb("holds back", "no longer holds back"))
            }
            Some(AceEffect::Trust) => {
                format!(
                    "{} processes that do not dominate {whom} but for {what}",
                    verb("keeps out", "no longer keeps out")
                )
            }
            Some(AceEffect::Policy) => format!("{} the policy {whom}", verb("applies", "no longer applies")),
            Some(AceEffect::Attribute) => {
                format!("conditions {} this attribute", verb("can read", "can no longer read"))
            }
            None => "does nothing: its type is unknown".to_owned(),
        };
        if ace.condition().is_some() && effect.is_some() {
            words.push_str(", as far as its condition holds");
        }
        if ace.flags.contains(AceFlags::INHERIT_ONLY) {
            words.push_str(", on what is created below");
        }
        words
    }
}

/// The positions of a longest common run of entries, in both lists.
fn common(old: &[Ace], new: &[Ace]) -> (Vec<usize>, Vec<usize>) {
    let start = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let mut kept: Vec<(usize, usize)> = (0..start).map(|n| (n, n)).collect();
    let (rest_old, rest_new) = (&old[start..], &new[start..]);
    let (rows, columns) = (rest_old.len(), rest_new.len());
    if rows <= MOST && columns <= MOST {
        // lengths[i][j]: the longest run of what begins at i and j.
        let mut lengths = vec![0u16; (rows + 1) * (columns + 1)];
        let place = |i: usize, j: usize| i * (columns + 1) + j;
        for i in (0..rows).rev() {
            for j in (0..columns).rev() {
                lengths[place(i, j)] = if rest_old[i] == rest_new[j] {
                    lengths[place(i + 1, j + 1)] + 1
                } else {
                    lengths[place(i + 1, j)].max(lengths[place(i, j + 1)])
                };
            }
        }
        let (mut i, mut j) = (0, 0);
        while i < rows && j < columns {
            if rest_old[i] == rest_new[j] {
                kept.push((start + i, start + j));
                i += 1;
                j += 1;
            } else if lengths[place(i + 1, j)] >= lengths[place(i, j + 1)] {
                i += 1;
            } else {
                j += 1;
            }
        }
    }
    kept.into_iter().unzip()
}
