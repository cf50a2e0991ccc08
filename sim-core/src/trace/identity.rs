//! Identities as text: what `show` and `scn idn` print of tokens and threads, and two of them side by side.
//!
//! Rules IMP-38 to IMP-40.

use std::borrow::Cow;
use std::fmt::Write as _;

use schemars::JsonSchema;
use serde::Serialize;

use super::names::Names;
use crate::privilege::PrivilegeState;
use crate::sid::Sid;
use crate::text::name;
use crate::world::{Shown, ShownForm, ShownThread};

/// How SIDs are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sids {
    /// In full: the golden form.
    Full,
    /// Those of a domain by their last number: `S-1-5-21-...-1104`.
    Short,
}

impl Sids {
    fn words(self, sid: Sid) -> String {
        let full = sid.to_string();
        let rid = full.strip_prefix("S-1-5-21-").and_then(|rest| rest.rsplit_once('-')).map(|(_, rid)| rid);
        match (self, rid) {
            (Sids::Short, Some(rid)) => format!("S-1-5-21-...-{rid}"),
            (Sids::Short, None) | (Sids::Full, _) => full,
        }
    }
}

/// `show` and `idn show`: the layout of IMP-38, with the SIDs full or short.
#[must_use]
pub fn show(shown: &Shown, names: &Names, sids: Sids) -> String {
    let width = match shown.form {
        ShownForm::Thread(_) => 17,
        ShownForm::Process => 14,
    };
    let mut out = String::new();
    let mut line = |label: &str, value: &str| {
        // A label that reaches the column is followed by one blank.
        let pad = width.max(label.len() + 1);
        let _ = writeln!(out, "{label:<pad$}{value}");
    };
    let named = |sid| format!("{} ({})", sids.words(sid), names.name(sid));
    line("User:", &named(shown.user));
    let integrity = shown.integrity.name();
    line("Integrity:", &(integrity[..1].to_uppercase() + &integrity[1..]));
    line("Logon Session:", &format!("session:{} ({})", name(&shown.session), shown.session_kind));
    match shown.form {
        ShownForm::Thread(None) => line("Impersonating:", "no"),
        ShownForm::Thread(Some(level)) => {
            line("Impersonating:", "yes");
            let name = level.name();
            line("Impersonation Level:", &(name[..1].to_uppercase() + &name[1..]));
        }
        ShownForm::Process => line("Primary:", "yes"),
    }
    if !shown.restricting.is_empty() {
        line("Restricted:", "yes");
    }
    if let Some((sid, _)) = &shown.confinement {
        line("Confined:", "yes");
        line("Confinement SID:", &named(*sid));
    }
    if shown.no_child_process {
        line("No child process:", "yes");
    }
    if shown.interactive_session != 0 {
        line("Session Id:", &shown.interactive_session.to_string());
    }
    if !shown.audit_policy.is_empty() {
        line("Audit Policy:", &audit_policy_words(shown).join(", "));
    }
    out.push_str("\nGroups:\n");
    for group in &shown.groups {
        let (sid, name) = match &group.logon {
            Some(label) => (format!("logon:{}", name(label)), Cow::Borrowed("LogonSid")),
            None => (sids.words(group.sid), names.name(group.sid)),
        };
        // Columns are the least: a longer value pushes the rest, with two blanks between.
        let mut row = format!("  {sid}");
        push_column(&mut row, 25, &name);
        push_column(&mut row, 46, group.state);
        let _ = writeln!(out, "{row}");
    }
    if !shown.restricting.is_empty() {
        out.push_str("\nRestricting SIDs:\n");
        for sid in &shown.restricting {
            let _ = writeln!(out, "  {}", named(*sid));
        }
    }
    if let Some((_, capabilities)) = &shown.confinement {
        out.push_str("\nCapabilities:\n");
        for sid in capabilities {
            let _ = writeln!(out, "  {}", named(*sid));
        }
    }
    out.push_str("\nPrivileges:\n");
    for (privilege, state) in &shown.privileges {
        let mut row = format!("  {}", privilege.name());
        let state = if *state == PrivilegeState::Held { "enabled" } else { "disabled" };
        push_column(&mut row, 47, state);
        let _ = writeln!(out, "{row}");
    }
    out
}

/// What a shown token has audited, in the words of the language.
pub(super) fn audit_policy_words(shown: &Shown) -> Vec<String> {
    shown.audit_policy.iter_names().map(|(name, _)| name.to_lowercase()).collect()
}

fn push_column(row: &mut String, column: usize, value: &str) {
    let width = row.chars().count();
    let blanks = column.saturating_sub(width).max(2);
    row.extend(std::iter::repeat_n(' ', blanks));
    row.push_str(value);
}

/// `show threads` and `idn threads`: the layout of IMP-39.
#[must_use]
pub fn show_threads(rows: &[ShownThread], names: &Names, sids: Sids) -> String {
    let mut out = format!("{:<8}{:<16}{}\n", "TID", "Impersonating", "User");
    for row in rows {
        let yes = if row.impersonating { "yes" } else { "no" };
        let name = names.name(row.user);
        let _ = writeln!(out, "{:<8}{yes:<16}{} ({name})", row.tid, sids.words(row.user));
    }
    out
}

/// A line of two identities side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ComparedLine {
    /// What is compared: `User`, `Integrity`, … , a group by its SID, or a privilege.
    pub what: String,
    /// The first one's value; none where it has nothing of the kind.
    pub a: Option<String>,
    /// The second one's.
    pub b: Option<String>,
    /// Whether they are the same.
    pub same: bool,
}

/// Two identities side by side: the head lines, then each group and each privilege that one of them has (IMP-39).
#[must_use]
pub fn compare(a: &Shown, b: &Shown, names: &Names, sids: Sids) -> Vec<ComparedLine> {
    let (left, right) = (values(a, names, sids), values(b, names, sids));
    let of = |list: &[Value], what: &Value| {
        list.iter().find(|known| known.what == what.what).map(|known| known.value.clone())
    };
    let mut all: Vec<&Value> = left.iter().collect();
    all.extend(right.iter().filter(|value| of(&left, value).is_none()));
    // Each kind together, whichever of the two has it.
    all.sort_by_key(|value| value.kind);
    let line = |value: &Value| {
        let (a, b) = (of(&left, value), of(&right, value));
        ComparedLine { same: a == b, what: value.what.clone(), a, b }
    };
    all.into_iter().map(line).collect()
}

/// One thing that an identity says.
struct Value {
    kind: Kind,
    what: String,
    value: String,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Head,
    Group,
    Restricting,
    Capability,
    Privilege,
}

/// What an identity says, line by line.
fn values(shown: &Shown, names: &Names, sids: Sids) -> Vec<Value> {
    let value = |kind, what: String, value: &str| Value { kind, what, value: value.to_owned() };
    let named = |sid: Sid| format!("{} ({})", sids.words(sid), names.name(sid));
    let text = show(shown, names, sids);
    let head = text.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(':'));
    let mut values: Vec<Value> =
        head.map(|(what, words)| value(Kind::Head, what.to_owned(), words.trim())).collect();
    values.extend(shown.groups.iter().map(|group| {
        // Whatever its number, it is the SID of the token's own session.
        let what = if group.logon.is_some() { "LogonSid".to_owned() } else { named(group.sid) };
        value(Kind::Group, what, group.state)
    }));
    let restricting = shown.restricting.iter();
    values.extend(
        restricting.map(|sid| value(Kind::Restricting, format!("restricting {}", named(*sid)), "yes")),
    );
    let capabilities = shown.confinement.iter().flat_map(|(_, capabilities)| capabilities);
    values.extend(
        capabilities.map(|sid| value(Kind::Capability, format!("capability {}", named(*sid)), "yes")),
    );
    values.extend(shown.privileges.iter().map(|(privilege, state)| {
        let state = if *state == PrivilegeState::Held { "enabled" } else { "disabled" };
        value(Kind::Privilege, privilege.name().to_owned(), state)
    }));
    values
}

/// The lines of a comparison: what, the first value, `=` or `!=`, the second value; `-` for what is not there.
#[must_use]
pub fn compared_words(lines: &[ComparedLine]) -> String {
    let width =
        |of: fn(&ComparedLine) -> &str| lines.iter().map(|line| of(line).chars().count()).max().unwrap_or(0);
    let (what, first) = (width(|line| &line.what), width(|line| line.a.as_deref().unwrap_or("-")));
    let mut out = String::new();
    for line in lines {
        let mut row = line.what.clone();
        push_column(&mut row, what + 2, line.a.as_deref().unwrap_or("-"));
        push_column(&mut row, what + 2 + first + 2, if line.same { "=" } else { "!=" });
        push_column(&mut row, what + 2 + first + 2 + 4, line.b.as_deref().unwrap_or("-"));
        out.push_str(&row);
        out.push('\n');
    }
    out
}
