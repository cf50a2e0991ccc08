//! An explanation as a page for a person: who asks, about what and what for, then a numbered block for each stage, and the
//! verdict. The lines are those of [`super::explain`]; only their order and their heads differ.
//!
//! Rule FILE-36.

use std::fmt::Write;

use super::explain::{Mask, lines};
use super::names::Names;
use crate::access::{AccessError, Explanation, Fact, Reason, Stage};
use crate::rights::{AccessMask, ObjectType};
use crate::sid::{ANONYMOUS, Sid};
use crate::token::{ImpersonationLevel, Token};

/// A numbered block.
struct Block {
    title: &'static str,
    /// The heads of the lines that belong there.
    heads: &'static [&'static str],
    /// What it says where it has no line; without that it is left out.
    nothing: Option<&'static str>,
}

/// The blocks, from number 1.
const BLOCKS: [Block; 8] = [
    Block { title: "Integrity check", heads: &["integrity", "trust"], nothing: Some("not reached") },
    Block { title: "Owner check", heads: &["owner"], nothing: Some("not asked") },
    Block { title: "DACL walk", heads: &["dacl"], nothing: Some("no entry was looked at") },
    Block {
        title: "Privilege overrides",
        heads: &["intents", "privilege", "take_ownership"],
        nothing: Some("no privilege played a part"),
    },
    Block { title: "Restricted pass", heads: &["restricted"], nothing: None },
    Block { title: "Confinement", heads: &["confinement"], nothing: None },
    Block { title: "Central policies", heads: &["policy"], nothing: None },
    Block { title: "Audit", heads: &["privilege_use", "audit", "forced_audit"], nothing: None },
];
/// Positions in [`BLOCKS`].
const WALK: usize = 2;
const POLICIES: usize = 6;

/// The page of a check; `object` is what was asked about, safe to print.
#[must_use]
pub fn report(explanation: &Explanation, object: &str, class: ObjectType, names: &Names) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut out, explanation, object, class, names);
    out
}

fn write(
    out: &mut String,
    explanation: &Explanation,
    object: &str,
    class: ObjectType,
    names: &Names,
) -> std::fmt::Result {
    let (mapped, maximum) = explanation.asked();
    let asked = if mapped.is_empty() && !maximum { explanation.desired } else { mapped };
    writeln!(out, "Token:   {}", who(explanation, names))?;
    writeln!(out, "Object:  {object}")?;
    let more = if maximum { ", and whatever else can be had" } else { "" };
    writeln!(out, "Request: {}{more}", Mask(asked, class))?;
    let reason = explanation.reason();
    if let Reason::Error(error) = reason {
        // Nothing was looked at: there is no later block.
        if let AccessError::Gate(_) = error {
            writeln!(out, "\n[0] Level gate\n    nothing is opened at this level [GATE-1]")?;
        }
        return writeln!(out, "\nResult: DENIED, {} [{}]", error.name(), error.rule());
    }
    let mut blocks: [Vec<String>; BLOCKS.len()] = Default::default();
    let mut after = Vec::new();
    lines(explanation, class, names, &mut |line| {
        let text = format!("{} [{}]", line.text, line.rule);
        match BLOCKS.iter().position(|block| block.heads.contains(&line.head)) {
            // The stages of a policy's rule belong to the policy.
            _ if line.nested => blocks[POLICIES].push(format!("    {}: {text}", line.head)),
            Some(at) => blocks[at].push(text),
            // They stand at the top already.
            None if matches!(line.head, "gate" | "mapping") => {}
            None => after.push(text),
        }
        Ok(())
    });
    blocks[WALK].push(format!("rights still open: {}", Mask(open_after_walk(explanation), class)));
    for (n, (block, lines)) in BLOCKS.iter().zip(&blocks).enumerate() {
        let nothing = block.nothing.filter(|_| lines.is_empty());
        if lines.is_empty() && nothing.is_none() {
            continue;
        }
        writeln!(out, "\n[{}] {}", n + 1, block.title)?;
        for line in lines.iter().map(String::as_str).chain(nothing) {
            writeln!(out, "    {line}")?;
        }
    }
    match reason.denying_stage() {
        Some(stage) => writeln!(out, "\nResult: DENIED by {stage}")?,
        None => writeln!(out, "\nResult: GRANTED")?,
    }
    after.iter().try_for_each(|line| writeln!(out, "    {line}"))
}

/// The subject, with what is special about it.
fn who(explanation: &Explanation, names: &Names) -> String {
    let named = |sid: Sid| match (names.name(sid), sid.to_string()) {
        (name, number) if name == number => number,
        (name, number) => format!("{number} ({name})"),
    };
    let Some(token) = explanation.token.as_ref() else { return "unknown".to_owned() };
    let user = token.facts().user;
    let refused = matches!(explanation.reason(), Reason::Error(AccessError::Gate(_)));
    let level = token.level();
    let mut text = match level {
        Some(ImpersonationLevel::Identification) if !refused => {
            format!("{} [client {} at Identification]", named(ANONYMOUS), names.name(user))
        }
        Some(ImpersonationLevel::Identification) => format!("{} [identification]", named(user)),
        Some(ImpersonationLevel::Anonymous) => format!("{} [anonymous]", named(user)),
        Some(_) => format!("{} [impersonation]", named(user)),
        None => named(user),
    };
    let confinement = explanation.subject().map(Token::facts).and_then(|facts| facts.confinement.as_ref());
    if let Some(confinement) = confinement.filter(|confinement| !confinement.exempt) {
        text.push_str(&format!(" [confined: {}]", confinement.sid));
    }
    text
}

/// What of the request neither the walk nor an earlier stage settled.
fn open_after_walk(explanation: &Explanation) -> AccessMask {
    let settled = explanation.own_facts().find_map(|fact| match fact {
        Fact::Stage { stage: Stage::Dacl, after, .. } => Some(after.decided),
        _ => None,
    });
    explanation.asked().0 & !settled.unwrap_or_default()
}
