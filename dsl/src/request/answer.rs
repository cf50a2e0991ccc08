//! The answer to a request as JSON, and how it is held against an expected one.

use serde::{Deserialize, Serialize};
use sim_core::access::{AccessError, AuditTrigger, Decision, GateRefusal, Status};
use sim_core::rights::AccessMask;

use super::BadRequest;

/// The answer to a line.
#[derive(Serialize)]
pub struct Answer {
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(flatten)]
    result: Expected,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    /// The derivation, line by line, if it was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub explanation: Vec<String>,
}

/// The fields of an answer that lines may expect: an error class, or a decision. What is missing has its default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    granted: Option<HexMask>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mapped: Option<HexMask>,
    /// The name of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    granted_list: Option<Vec<HexMask>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed_list: Option<Vec<bool>>,
    #[serde(default, skip_serializing_if = "HexMask::is_empty")]
    continuous_audit: HexMask,
    #[serde(default, skip_serializing_if = "is_false")]
    staging_mismatch: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    audit_events: Vec<AuditLine>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    privilege_use: Vec<PrivilegeLine>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    privileges_used: Vec<String>,
    #[serde(default, skip_serializing_if = "is_zero")]
    policy_sacl_errors: u64,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
fn is_false(value: &bool) -> bool {
    !value
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

/// An audited access: which entry, or what else, made it so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AuditLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    ace: Option<u16>,
    #[serde(default, skip_serializing_if = "is_false")]
    policy: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    forced: bool,
    success: bool,
}

/// An audited use of a privilege.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PrivilegeLine {
    privilege: String,
    requested: HexMask,
    surviving: HexMask,
    success: bool,
}

/// A mask as `0x` and hex digits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct HexMask(AccessMask);

impl HexMask {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for HexMask {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for HexMask {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<HexMask, D::Error> {
        super::fields::Mask::deserialize(deserializer).map(|mask| HexMask(mask.0))
    }
}

impl Answer {
    /// The answer of a check.
    #[must_use]
    pub fn new(id: Option<String>, result: &Result<Decision, AccessError>) -> Answer {
        let result = match result {
            Ok(decision) => Expected::of(decision),
            // A thread whose level is too low is refused like anybody who is refused, under another name (W-LVL-3).
            Err(error @ AccessError::Gate(GateRefusal::BadImpersonationLevel)) => Expected {
                allowed: Some(false),
                granted: Some(HexMask::default()),
                status: Some(error.name().to_owned()),
                ..Expected::default()
            },
            Err(error) => Expected { error: Some(error.class().to_owned()), ..Expected::default() },
        };
        Answer { id, line: None, result, at: None, why: None, explanation: Vec::new() }
    }

    /// The answer to a line that is no request; `line` counts from 1.
    #[must_use]
    pub fn bad(request: BadRequest, line: u64) -> Answer {
        Answer {
            id: request.id,
            line: Some(line),
            result: Expected { error: Some("bad_request".to_owned()), ..Expected::default() },
            at: Some(request.at),
            why: Some(request.why),
            explanation: Vec::new(),
        }
    }

    /// What differs from an expected answer, in words; nothing if they agree.
    #[must_use]
    pub fn differences(&self, expected: &Expected, maximum: bool) -> Vec<String> {
        self.result.differences(expected, maximum)
    }
}

impl Expected {
    fn of(decision: &Decision) -> Expected {
        let list = !decision.nodes.is_empty();
        Expected {
            error: None,
            allowed: Some(decision.allowed),
            granted: Some(HexMask(decision.granted)),
            mapped: Some(HexMask(decision.mapped)),
            status: (decision.status != Status::Allowed).then(|| decision.status.name().to_owned()),
            granted_list: list.then(|| decision.nodes.iter().map(|node| HexMask(node.granted)).collect()),
            allowed_list: list.then(|| decision.nodes.iter().map(|node| node.allowed).collect()),
            continuous_audit: HexMask(decision.alarm_mask),
            staging_mismatch: decision.staging_mismatch,
            audit_events: decision
                .events
                .iter()
                .map(|event| AuditLine {
                    ace: if let AuditTrigger::Sacl(index) = event.trigger { Some(index) } else { None },
                    policy: matches!(event.trigger, AuditTrigger::Policy { .. }),
                    forced: matches!(event.trigger, AuditTrigger::Forced),
                    success: event.success,
                })
                .collect(),
            privilege_use: decision
                .privilege_use
                .iter()
                .map(|used| PrivilegeLine {
                    privilege: used.privilege.name().to_owned(),
                    requested: HexMask(used.requested),
                    surviving: HexMask(used.surviving),
                    success: used.success,
                })
                .collect(),
            privileges_used: decision.used.iter().map(|privilege| privilege.name().to_owned()).collect(),
            policy_sacl_errors: decision.policy_sacl_errors() as u64,
        }
    }

    /// Holds an answer against an expected one. A line that names `mapped` expects every field; one that does not, only
    /// what it names. Rights that nobody asked for are left out unless MAXIMUM_ALLOWED was asked (MAP-7).
    fn differences(&self, expected: &Expected, maximum: bool) -> Vec<String> {
        let mut found = Vec::new();
        let mut differ = |field: &str, differs: bool| {
            if differs {
                found.push(field.to_owned());
            }
        };
        if expected.error.is_some() || self.error.is_some() {
            differ("error", self.error != expected.error);
            return found;
        }
        differ("allowed", self.allowed != expected.allowed);
        if expected.mapped.is_none() {
            differ("granted", self.granted != expected.granted);
            differ("status", expected.status.is_some() && self.status != expected.status);
            return found;
        }
        let asked = expected.mapped.unwrap_or_default().0;
        let cut = |mask: HexMask| if maximum { mask.0 } else { mask.0 & asked };
        let cut_list = |list: &Option<Vec<HexMask>>| -> Option<Vec<AccessMask>> {
            list.as_ref().map(|list| list.iter().map(|mask| cut(*mask)).collect())
        };
        differ("mapped", self.mapped != expected.mapped);
        differ("granted", self.granted.map(cut) != expected.granted.map(cut));
        differ("granted_list", cut_list(&self.granted_list) != cut_list(&expected.granted_list));
        differ("allowed_list", self.allowed_list != expected.allowed_list);
        differ("continuous_audit", self.continuous_audit != expected.continuous_audit);
        differ("staging_mismatch", self.staging_mismatch != expected.staging_mismatch);
        differ("audit_events", self.audit_events != expected.audit_events);
        differ("privilege_use", self.privilege_use != expected.privilege_use);
        let sorted = |names: &[String]| {
            let mut names = names.to_vec();
            names.sort();
            names
        };
        differ("privileges_used", sorted(&self.privileges_used) != sorted(&expected.privileges_used));
        differ("policy_sacl_errors", self.policy_sacl_errors != expected.policy_sacl_errors);
        found
    }
}
