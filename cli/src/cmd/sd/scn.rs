//! A descriptor as the statements that stand in an object of a scenario. What they have no words for is refused; SDDL
//! within the scenario can carry it.

use std::fmt::Write;

use sim_core::model::Model;
use sim_core::rights::{AccessMask, ObjectType, RIGHTS};
use sim_core::sd::condition::{ClaimFlags, ClaimValues};
use sim_core::sd::sddl::SddlContext;
use sim_core::sd::{
    Ace, AceBody, AceEffect, AceFlags, Acl, LabelPolicy, SdControl, SecurityDescriptor, condition_text,
    condition_wire,
};
use sim_core::sid::{Sid, WellKnown};
use sim_core::text::escape;
use sim_core::trace::rights::GENERIC_WORDS;

/// The statements.
pub(super) fn block(
    descriptor: &SecurityDescriptor,
    class: ObjectType,
    model: &Model,
    context: &SddlContext,
) -> Result<String, String> {
    let mut out = String::new();
    // Writing to a string cannot fail.
    if let Some(owner) = descriptor.owner {
        let _ = writeln!(out, "owner {}", principal(owner));
    }
    if let Some(group) = descriptor.group {
        let _ = writeln!(out, "group {}", principal(group));
    }
    let words = Words { class, model, context };
    match &descriptor.dacl {
        None => out.push_str("dacl null\n"),
        Some(dacl) => {
            let bits = [
                (SdControl::DACL_PROTECTED, "protected"),
                (SdControl::DACL_AUTO_INHERIT_REQ, "auto_inherit"),
            ];
            words.list("dacl", dacl, descriptor.control, bits, &mut out)?;
        }
    }
    if let Some(sacl) = &descriptor.sacl {
        let bits =
            [(SdControl::SACL_PROTECTED, "protected"), (SdControl::SACL_AUTO_INHERIT_REQ, "auto_inherit")];
        words.list("sacl", sacl, descriptor.control, bits, &mut out)?;
    }
    Ok(out.trim_end().to_owned())
}

fn principal(sid: Sid) -> String {
    WellKnown::of(sid).map_or_else(|| sid.to_string(), |row| row.name.to_owned())
}

struct Words<'a> {
    class: ObjectType,
    model: &'a Model,
    context: &'a SddlContext,
}

impl Words<'_> {
    fn list(
        &self,
        name: &str,
        acl: &Acl,
        control: SdControl,
        bits: [(SdControl, &str); 2],
        out: &mut String,
    ) -> Result<(), String> {
        out.push_str(name);
        for (bit, word) in bits {
            if control.contains(bit) {
                out.push(' ');
                out.push_str(word);
            }
        }
        if acl.aces.is_empty() {
            out.push_str(" { }\n");
            return Ok(());
        }
        out.push_str(" {\n");
        for (n, ace) in acl.aces.iter().enumerate() {
            let line = self.entry(ace).map_err(|why| {
                format!(
                    "entry {n} of the {} has no form in a scenario: {why}; `sddl '…'` can carry it",
                    name.to_ascii_uppercase()
                )
            })?;
            // Writing to a string cannot fail.
            let _ = writeln!(out, "    {line}");
        }
        out.push_str("}\n");
        Ok(())
    }

    fn entry(&self, ace: &Ace) -> Result<String, String> {
        let effect = ace.kind.row().map(|row| row.effect).ok_or("its type is unknown")?;
        let flags = self.flags(ace)?;
        let who = principal(ace.sid);
        let line = match effect {
            AceEffect::Allow => format!("allow {who} {}{flags}", self.rights(ace.mask)?),
            AceEffect::Deny => format!("deny {who} {}{flags}", self.rights(ace.mask)?),
            AceEffect::Audit => format!("audit {who} {}{flags}", self.rights(ace.mask)?),
            AceEffect::Alarm => format!("alarm {who} {}{flags}", self.rights(ace.mask)?),
            AceEffect::Label => return self.label(ace, &flags),
            AceEffect::Trust => {
                let [kind, trust] = ace.sid.sub_authorities() else {
                    return Err("its SID is no trust label".into());
                };
                if ace.sid.authority() != 19 {
                    return Err("its SID is no trust label".to_owned());
                }
                format!("trust {kind} {trust} {}{flags}", self.rights(ace.mask)?)
            }
            AceEffect::Policy => return Err("policies have names there".to_owned()),
            AceEffect::Attribute => return attribute(ace, &flags),
        };
        self.rest(ace, line)
    }

    /// GUID and condition.
    fn rest(&self, ace: &Ace, mut line: String) -> Result<String, String> {
        let guids = ace.guids();
        if guids.inherited_object_type.is_some() {
            return Err("it is inherited by one class of children only".to_owned());
        }
        let object = matches!(ace.body, AceBody::Object(_) | AceBody::CallbackObject(..));
        match guids.object_type {
            // Writing to a string cannot fail.
            Some(guid) => {
                let _ = write!(line, " on {guid}");
            }
            None if object => return Err("it is of an object type, and names no object".to_owned()),
            None => {}
        }
        if let Some(data) = ace.condition() {
            let condition =
                condition_wire::decode(data).map_err(|_| "its data is no condition".to_owned())?;
            let text = condition_text::print(&condition, self.context).map_err(|error| error.to_string())?;
            let _ = write!(line, " when {}", escape(&text));
        }
        Ok(line)
    }

    fn rights(&self, mask: AccessMask) -> Result<String, String> {
        let mut words = Vec::new();
        for (word, bit) in GENERIC_WORDS {
            if mask.intersects(bit) {
                words.push(word.to_owned());
            }
        }
        let concrete = mask & !AccessMask::GENERIC;
        let known = |right: &&sim_core::rights::Right| right.applies_to(self.class);
        if let Some(right) = RIGHTS.iter().filter(known).find(|right| right.mask == concrete) {
            words.push(right.name.to_owned());
        } else {
            for bit in concrete.bits() {
                let right = RIGHTS.iter().filter(known).find(|right| right.mask == bit);
                words.push(right.map_or_else(|| format!("0x{:x}", bit.0), |right| right.name.to_owned()));
            }
        }
        if words.is_empty() { Ok("0".to_owned()) } else { Ok(words.join(", ")) }
    }

    fn flags(&self, ace: &Ace) -> Result<String, String> {
        let both = AceFlags::OBJECT_INHERIT | AceFlags::CONTAINER_INHERIT;
        let mut words: Vec<&str> = Vec::new();
        if ace.flags.contains(both) {
            words.push("inherit");
        } else if ace.flags.contains(AceFlags::OBJECT_INHERIT) {
            words.push("inherit_files");
        } else if ace.flags.contains(AceFlags::CONTAINER_INHERIT) {
            words.push("inherit_dirs");
        }
        let audits =
            ace.kind.row().is_some_and(|row| matches!(row.effect, AceEffect::Audit | AceEffect::Alarm));
        for (flag, word, audit) in [
            (AceFlags::INHERIT_ONLY, "inherit_only", false),
            (AceFlags::NO_PROPAGATE, "no_propagate", false),
            (AceFlags::INHERITED, "inherited", false),
            (AceFlags::SUCCESSFUL_ACCESS, "success", true),
            (AceFlags::FAILED_ACCESS, "failure", true),
        ] {
            if !ace.flags.contains(flag) {
                continue;
            }
            if audit && !audits {
                return Err("it has the flags of an audit entry and is none".to_owned());
            }
            words.push(word);
        }
        Ok(if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) })
    }

    fn label(&self, ace: &Ace, flags: &str) -> Result<String, String> {
        let level = match (ace.sid.authority(), ace.sid.sub_authorities()) {
            (16, [0]) => "untrusted",
            (16, [4096]) => "low",
            (16, [8192]) => "medium",
            (16, [12288]) => "high",
            (16, [16384]) => "system",
            _ => return Err("its SID is none of the five levels".to_owned()),
        };
        let policy = LabelPolicy::from_mask(ace.mask, self.model.label_bits);
        if policy.to_mask(self.model.label_bits) != ace.mask {
            return Err("its mask has bits without a name".to_owned());
        }
        let mut line = format!("label {level}");
        let mut separator = " ";
        for (bit, word) in [
            (LabelPolicy::NO_READ_UP, "no_read_up"),
            (LabelPolicy::NO_WRITE_UP, "no_write_up"),
            (LabelPolicy::NO_EXECUTE_UP, "no_execute_up"),
        ] {
            if policy.contains(bit) {
                line.push_str(separator);
                line.push_str(word);
                separator = ", ";
            }
        }
        Ok(line + flags)
    }
}

fn attribute(ace: &Ace, flags: &str) -> Result<String, String> {
    let AceBody::Attribute(claim) = &ace.body else { return Err("it holds no attribute".to_owned()) };
    if !flags.is_empty() {
        return Err("attributes have no flags there".to_owned());
    }
    let quoted = |text: &String| {
        let plain = text.chars().all(|c| !matches!(c, '"' | '\\' | '{' | '}') && !c.is_control());
        plain.then(|| format!("\"{}\"", escape(text))).ok_or("it holds text that needs quoting")
    };
    let mut words: Vec<&str> = Vec::new();
    let values: Vec<String> = match &claim.values {
        ClaimValues::Int64(values) => values.iter().map(i64::to_string).collect(),
        ClaimValues::Uint64(values) => {
            words.push("uint");
            values.iter().map(u64::to_string).collect()
        }
        ClaimValues::Boolean(values) => values.iter().map(bool::to_string).collect(),
        ClaimValues::String(values) => values.iter().map(quoted).collect::<Result<_, _>>()?,
        ClaimValues::Sid(values) => values.iter().map(|sid| principal(*sid)).collect(),
        ClaimValues::Octet(_) => return Err("there are no bytes among the values there".to_owned()),
    };
    let mut left = claim.flags;
    for (flag, word) in [
        (ClaimFlags::CASE_SENSITIVE, "case_sensitive"),
        (ClaimFlags::USE_FOR_DENY_ONLY, "deny_only"),
        (ClaimFlags::DISABLED, "disabled"),
    ] {
        if left.contains(flag) {
            words.push(word);
            left -= flag;
        }
    }
    if !left.is_empty() {
        return Err("it has flags without a word".to_owned());
    }
    let name = &claim.name;
    let simple = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let name = if simple { name.clone() } else { quoted(name)? };
    let values = match values.as_slice() {
        [one] => one.clone(),
        _ => format!("[{}]", values.join(", ")),
    };
    let flags = if words.is_empty() { String::new() } else { format!(" ({})", words.join(", ")) };
    Ok(format!("attribute {name} = {values}{flags}"))
}
