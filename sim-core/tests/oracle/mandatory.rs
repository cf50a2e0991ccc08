//! Step 5: what the SACL says before any entry of the DACL is read: integrity, trust, attributes, policies.
//!
//! Rules PSA-1 to PSA-5, MIC-1 to MIC-7, PIP-1 to PIP-4, W-MIC-6.

use sim_core::rights::GenericMapping;
use sim_core::sd::condition::Claim;
use sim_core::sd::{Ace, AceBody, AceFlags, AceType, SecurityDescriptor};
use sim_core::sid::Sid;
use sim_core::token::{MandatoryPolicy, Token};

use super::tree::Pair;
use super::{Refusal, Rules, SYSTEM_SECURITY, WRITE_OWNER, map};

/// What the scan found (PSA-1).
pub(crate) struct Scan<'a> {
    label: Option<&'a Ace>,
    trust: Option<&'a Ace>,
    pub(crate) attributes: Vec<&'a Claim>,
    pub(crate) policies: Vec<Sid>,
}

pub(crate) fn scan(sd: &SecurityDescriptor) -> Scan<'_> {
    let mut found = Scan { label: None, trust: None, attributes: Vec::new(), policies: Vec::new() };
    for ace in sd.sacl.iter().flat_map(|acl| &acl.aces) {
        if ace.flags.contains(AceFlags::INHERIT_ONLY) {
            continue;
        }
        match (ace.kind, &ace.body) {
            (AceType::MANDATORY_LABEL, _) if found.label.is_none() => found.label = Some(ace),
            (AceType::PROCESS_TRUST_LABEL, _) if found.trust.is_none() => found.trust = Some(ace),
            (AceType::RESOURCE_ATTRIBUTE, AceBody::Attribute(claim)) => found.attributes.push(claim),
            (AceType::SCOPED_POLICY_ID, _) => found.policies.push(ace.sid),
            _ => {}
        }
    }
    found
}

/// The state that steps 4 and 5 work on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Early {
    pub(crate) pair: Pair,
    pub(crate) privgranted: u32,
    pub(crate) mandatory: u32,
    /// Security, Backup, Restore, TakeOwnership, Relabel.
    pub(crate) prov: [u32; 5],
}

impl Scan<'_> {
    /// MIC-2; the label is looked at before the trust label (VAL-6).
    pub(crate) fn level(&self, rules: Rules) -> Result<u32, Refusal> {
        let Some(label) = self.label else { return Ok(8192) };
        match (label.sid.authority(), label.sid.sub_authorities()) {
            (16, [level]) if rules.nt || [0, 4096, 8192, 12288, 16384].contains(level) => Ok(*level),
            _ => Err("invalid_label_sid"),
        }
    }

    /// MIC-3 to MIC-7
    pub(crate) fn integrity(
        &self,
        rules: Rules,
        token: &Token,
        mapping: &GenericMapping,
        relabel: bool,
        early: &mut Early,
    ) -> Result<(), Refusal> {
        let level = self.level(rules)?;
        if !token.facts().mandatory_policy.contains(MandatoryPolicy::NO_WRITE_UP) {
            return Ok(());
        }
        if token.facts().integrity.rid() >= level {
            return Ok(());
        }
        // SDDL-5, W-MIC-6: the two models number the first two bits the other way round. MIC-1: NW without a label.
        let (no_read, no_write, no_execute) = match self.label {
            None => (false, true, false),
            Some(label) if rules.nt => (label.mask.0 & 2 != 0, label.mask.0 & 1 != 0, label.mask.0 & 4 != 0),
            Some(label) => (label.mask.0 & 1 != 0, label.mask.0 & 2 != 0, label.mask.0 & 4 != 0),
        };
        let closed =
            [(no_read, mapping.read.0), (no_write, mapping.write.0), (no_execute, mapping.execute.0)];
        let mut allowed;
        if rules.by_category {
            allowed = 0;
            for (closed, category) in closed {
                if !closed {
                    allowed |= category;
                }
            }
        } else {
            allowed = mapping.read.0 | mapping.execute.0;
            for (closed, category) in closed {
                if closed {
                    allowed &= !category;
                }
            }
        }
        if relabel {
            allowed |= WRITE_OWNER;
            early.prov[4] |= WRITE_OWNER;
        }
        let blocked = mapping.all.0 & !allowed;
        early.pair.decided |= blocked;
        early.mandatory |= blocked;
        Ok(())
    }

    /// PIP-1 to PIP-4
    pub(crate) fn trust(
        &self,
        caller: (u32, u32),
        mapping: &GenericMapping,
        early: &mut Early,
    ) -> Result<(), Refusal> {
        let Some(label) = self.trust else { return Ok(()) };
        let (19, [kind, level]) = (label.sid.authority(), label.sid.sub_authorities()) else {
            return Err("invalid_trust_label_sid");
        };
        if caller.0 >= *kind && caller.1 >= *level {
            return Ok(());
        }
        let blocked = (mapping.all.0 | SYSTEM_SECURITY) & !map(mapping, label.mask.0);
        early.pair.decided |= blocked;
        early.mandatory |= blocked;
        early.pair.granted &= !blocked;
        early.privgranted &= !blocked;
        Ok(())
    }
}
