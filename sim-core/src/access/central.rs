//! Central policies: further DACLs that an object's SACL points to, each of which can only take away.
//!
//! Rules CAP-1 to CAP-10. A policy is set by whoever holds SeTcbPrivilege; that gate is the world's matter.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use super::audit::PolicySacl;
use super::condition::{NoMembership, Truth};
use super::dacl::observe;
use super::decision::{Decision, PolicyDiagnostic};
use super::descriptor::{Compiler, Entries};
use super::matcher::Side;
use super::observer::{Carrier, Fact, Observer, RuleFact};
use super::pipeline::Evaluation;
use super::program::Program;
use crate::model::{CentralPolicies, DEFAULT, Model};
use crate::rights::AccessMask;
use crate::sd::{Ace, AceType, Acl};
use crate::sid::{ADMINISTRATORS, OWNER_RIGHTS, SYSTEM, Sid, SidId, SidTable};

/// A list of a rule: read, or given as something that could not be read. Who loads policies refuses such a list
/// (CAP-1); a check that meets one decides by CAP-2.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PolicyAcl {
    /// A list.
    Acl(Acl),
    /// Not a list.
    Malformed,
}

/// The most rules of a policy (CAP-1). Who loads policies refuses more.
pub const MAX_RULES: usize = 256;

/// A rule of a policy (CAP-1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PolicyRule {
    /// The condition under which it applies, as a program in bytes.
    pub applies_to: Option<Vec<u8>>,
    /// What narrows.
    pub effective_dacl: PolicyAcl,
    /// What is audited besides.
    pub effective_sacl: Option<PolicyAcl>,
    /// What would narrow.
    pub staged_dacl: Option<PolicyAcl>,
    /// What would be audited.
    pub staged_sacl: Option<PolicyAcl>,
}

/// A central policy (CAP-1).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Policy {
    /// What objects name it by.
    pub sid: Sid,
    /// Its rules.
    pub rules: Vec<PolicyRule>,
}

/// The policies of a machine, ready for checks (CAP-10: read at check time).
#[derive(Clone, Debug, Default)]
pub struct PolicyCache {
    policies: BTreeMap<SidId, Arc<Compiled>>,
}

#[derive(Debug)]
struct Compiled {
    source: Policy,
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    applies_to: Option<Program>,
    dacl: List,
    sacl: Option<List>,
    staged_dacl: Option<List>,
    staged_sacl: Option<List>,
}

/// A compiled list with its source; `None` if it is malformed.
type List = Option<(Entries, Arc<Acl>)>;

impl PolicyCache {
    /// No policy.
    #[must_use]
    pub const fn empty() -> PolicyCache {
        PolicyCache { policies: BTreeMap::new() }
    }

    /// A cache of these policies.
    pub fn new(
        policies: impl IntoIterator<Item = Policy>,
        model: &Model,
        sids: &mut SidTable,
    ) -> PolicyCache {
        let mut cache = PolicyCache::empty();
        policies.into_iter().for_each(|policy| cache.insert(policy, model, sids));
        cache
    }

    /// Sets a policy in place of the one of the same SID.
    pub fn insert(&mut self, source: Policy, model: &Model, sids: &mut SidTable) {
        let sid = sids.intern(source.sid);
        let mut rules = Vec::new();
        for rule in &source.rules {
            let applies_to = rule.applies_to.as_ref().map(|bytes| Program::compile(bytes, sids));
            // Policies serve objects of every class, so their masks are mapped when they are used.
            let mut compiler = Compiler { mapping: None, model, sids };
            let mut dacl = |list: &PolicyAcl| match list {
                PolicyAcl::Acl(acl) => Some((compiler.dacl(acl), Arc::new(acl.clone()))),
                PolicyAcl::Malformed => None,
            };
            let effective_dacl = dacl(&rule.effective_dacl);
            let staged_dacl = rule.staged_dacl.as_ref().map(&mut dacl);
            let mut sacl = |list: &PolicyAcl| match list {
                PolicyAcl::Acl(acl) => Some((compiler.audit(acl), Arc::new(acl.clone()))),
                PolicyAcl::Malformed => None,
            };
            rules.push(Rule {
                applies_to,
                dacl: effective_dacl,
                sacl: rule.effective_sacl.as_ref().map(&mut sacl),
                staged_dacl,
                staged_sacl: rule.staged_sacl.as_ref().map(&mut sacl),
            });
        }
        self.policies.insert(sid, Arc::new(Compiled { source, rules }));
    }

    /// Takes a policy out; objects that name it fall to the recovery rule (CAP-5, CAP-10).
    pub fn remove(&mut self, sid: SidId) -> bool {
        self.policies.remove(&sid).is_some()
    }

    /// The policy of a SID.
    #[must_use]
    pub fn get(&self, sid: SidId) -> Option<&Policy> {
        self.policies.get(&sid).map(|policy| &policy.source)
    }

    /// The policies in the order of their SIDs' numbers.
    pub fn iter(&self) -> impl Iterator<Item = &Policy> {
        self.policies.values().map(|policy| &policy.source)
    }
}

impl PartialEq for PolicyCache {
    fn eq(&self, other: &PolicyCache) -> bool {
        self.policies.len() == other.policies.len() && self.iter().eq(other.iter())
    }
}

impl Eq for PolicyCache {}

impl std::hash::Hash for PolicyCache {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.iter().for_each(|policy| policy.hash(state));
    }
}

/// The rule that stands in for a policy that is not known: administrators, the system and the owner (CAP-5).
static RECOVERY: LazyLock<[Rule; 1]> = LazyLock::new(|| {
    let aces = [ADMINISTRATORS, SYSTEM, OWNER_RIGHTS]
        .map(|sid| Ace::basic(AceType::ALLOW, sid, AccessMask::GENERIC_ALL));
    let acl = Acl::new(aces.to_vec());
    // These three have the same number in every table, and generic bits mean their class here whatever the model (CAP-5).
    let mut sids = SidTable::new();
    let entries = Compiler { mapping: None, model: DEFAULT, sids: &mut sids }.dacl(&acl);
    [Rule {
        applies_to: None,
        dacl: Some((entries, Arc::new(acl))),
        sacl: None,
        staged_dacl: None,
        staged_sacl: None,
    }]
});

/// What policies leave, as they are and as they are staged (CAP-2).
struct Narrowed {
    granted: AccessMask,
    nodes: Vec<AccessMask>,
}

impl Narrowed {
    fn narrow(&mut self, by: &Outcome) {
        self.granted &= by.granted;
        match &by.nodes {
            Some(nodes) => self.nodes.iter_mut().zip(nodes).for_each(|(node, by)| *node &= *by),
            None => self.nodes.iter_mut().for_each(|node| *node &= by.node_default),
        }
    }
}

/// What one rule grants. `nodes` is `None` for a rule that failed: then every node keeps `node_default`.
struct Outcome {
    granted: AccessMask,
    nodes: Option<Vec<AccessMask>>,
    node_default: AccessMask,
}

/// Step 12 (CAP-2).
#[inline]
pub(crate) fn policies<O: Observer>(
    evaluation: &mut Evaluation<'_>,
    decision: &mut Decision,
    observer: &mut O,
) {
    if !evaluation.target.sacl.policies.is_empty() {
        narrow(evaluation, decision, observer);
    }
}

fn narrow<O: Observer>(evaluation: &mut Evaluation<'_>, decision: &mut Decision, observer: &mut O) {
    let base = || Narrowed {
        granted: evaluation.bits.granted,
        nodes: evaluation.nodes.iter().map(|node| node.granted).collect(),
    };
    let (mut effective, mut staged) = (base(), base());
    let cache = evaluation.request.policies;
    let named = &evaluation.target.sacl.policies;
    let counting = match evaluation.request.model.central_policies {
        CentralPolicies::All => named.len(),
        CentralPolicies::FirstDaclOnly => 1,
    };
    // The rules that applied, by policy: one that is named again cannot narrow again, it only audits again (CAP-7).
    let mut applied: BTreeMap<SidId, Vec<u16>> = BTreeMap::new();
    for (entry, sid) in named.iter().take(counting) {
        let known = cache.policies.get(sid);
        let rules: &[Rule] = known.map_or(&RECOVERY[..], |policy| &policy.rules);
        if let Some(again) = applied.get(sid) {
            if O::ACTIVE {
                observer.note(Fact::PolicyAgain(*entry));
            }
            for number in again {
                if let (Some(policy), Some(rule)) = (known, rules.get(usize::from(*number))) {
                    let at = Place { entry: *entry, rule: *number, recovery: false };
                    collect(evaluation, decision, rule, policy.source.sid, at);
                }
            }
            continue;
        }
        let mut counted = Vec::new();
        for (number, rule) in (0..=u16::MAX).zip(rules) {
            let at = Place { entry: *entry, rule: number, recovery: known.is_none() };
            let truth = match &rule.applies_to {
                None => Truth::True,
                Some(program) => {
                    let surroundings = evaluation.surroundings();
                    let carrier = Carrier::AppliesTo(*entry, number);
                    let nobody = None::<&NoMembership>;
                    observe(program, &surroundings, nobody, Side::Deny, carrier, observer)
                }
            };
            if truth != Truth::True {
                if O::ACTIVE {
                    observer.note(Fact::RuleSkipped { entry: *entry, rule: number, truth });
                }
                continue;
            }
            counted.push(number);
            let privileged = evaluation.bits.privileged;
            let granted = evaluate(evaluation, &rule.dacl, privileged, at.effective(), &effective, observer);
            effective.narrow(&granted);
            match &rule.staged_dacl {
                None => staged.narrow(&granted),
                // A staged list that cannot be read leaves nothing of the scalar mask (CAP-2).
                Some(list) => {
                    let none = AccessMask::NONE;
                    let granted = evaluate(evaluation, list, none, at.staged(), &staged, observer);
                    staged.narrow(&granted);
                }
            }
            if let Some(policy) = known {
                collect(evaluation, decision, rule, policy.source.sid, at);
            }
        }
        applied.insert(*sid, counted);
    }
    let nodes_differ = effective.nodes != staged.nodes;
    evaluation.staged = Some((staged.granted, nodes_differ));
    evaluation.bits.granted = effective.granted;
    for (node, granted) in evaluation.nodes.iter_mut().zip(effective.nodes) {
        node.granted = granted;
    }
}

/// A rule by its position.
#[derive(Clone, Copy)]
struct Place {
    entry: u16,
    rule: u16,
    recovery: bool,
}

impl Place {
    fn effective(self) -> (Place, bool) {
        (self, false)
    }

    fn staged(self) -> (Place, bool) {
        (self, true)
    }
}

/// Steps 3 to 11 for a rule's DACL (CAP-3, CAP-4).
fn evaluate<O: Observer>(
    evaluation: &Evaluation<'_>,
    list: &List,
    on_error: AccessMask,
    (Place { entry, rule, recovery }, staged): (Place, bool),
    narrowed: &Narrowed,
    observer: &mut O,
) -> Outcome {
    if O::ACTIVE {
        let dacl = list.as_ref().map(|(_, source)| Arc::clone(source));
        observer.rule(RuleFact { entry, rule, staged, recovery, dacl });
    }
    let evaluated = list.as_ref().and_then(|(entries, _)| {
        let mut inner = evaluation.for_rule(entries);
        inner.run_evaluation(observer).ok().map(|()| inner)
    });
    let outcome = match &evaluated {
        Some(inner) => Outcome {
            granted: inner.bits.granted,
            nodes: Some(inner.nodes.iter().map(|node| node.granted).collect()),
            node_default: AccessMask::NONE,
        },
        None => Outcome { granted: on_error, nodes: None, node_default: evaluation.bits.privileged },
    };
    if O::ACTIVE {
        let (error, granted) = (evaluated.is_none(), outcome.granted);
        let removed = narrowed.granted & !granted;
        observer.note(Fact::RuleEnd { entry, rule, staged, error, granted, removed });
    }
    outcome
}

/// The SACLs that a rule adds (CAP-2), and what is wrong with them (CAP-9).
fn collect<'a>(
    evaluation: &mut Evaluation<'a>,
    decision: &mut Decision,
    rule: &'a Rule,
    policy: Sid,
    at: Place,
) {
    if evaluation.request.model.central_policies == CentralPolicies::FirstDaclOnly {
        return;
    }
    let number = usize::from(at.rule);
    let mut report = |staged| {
        decision.diagnostics.push(PolicyDiagnostic::SaclError { staged, policy, rule: number });
    };
    let mut take = |into: &mut Vec<PolicySacl<'a>>, list: &'a List, staged| match list {
        Some((entries, source)) => {
            into.push(PolicySacl { entries, source, policy, entry: at.entry, rule: at.rule });
        }
        None => report(staged),
    };
    if let Some(list) = &rule.sacl {
        take(&mut evaluation.policy_sacls, list, false);
    }
    if let Some(list) = rule.staged_sacl.as_ref().or(rule.sacl.as_ref()) {
        take(&mut evaluation.staged_sacls, list, true);
    }
}
