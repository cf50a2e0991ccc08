//! Asks the evaluator of the crate what the plain one was asked, and puts its answer into the same form.

use sim_core::access::{
    AccessError, AccessRequest, AuditTrigger, ConditionFact, Decision, Descriptor, Fact, Intents,
    LocalClaims, ObjectTree, Observer, Policy, PolicyAcl, PolicyCache, PolicyRule, ProcessTrust, ResultMode,
    RuleFact, Silent, TreeNode, access_check,
};
use sim_core::ids::{SessionId, TokenId};
use sim_core::model::Model;
use sim_core::rights::AccessMask;
use sim_core::sid::SidTable;
use sim_core::token::{Identity, Token, anonymous_token};

use super::{Answer, Event, PlainAcl, Question, Refusal, Trigger};

/// Wants every fact and keeps none: a check that is watched takes other ways than one that is not.
struct Watcher;

impl Observer for Watcher {
    const ACTIVE: bool = true;
    fn begin(&mut self, _: &AccessRequest<'_>) {}
    fn note(&mut self, _: Fact) {}
    fn condition(&mut self, _: ConditionFact) {}
    fn rule(&mut self, _: RuleFact) {}
    fn end(&mut self, _: Result<&Decision, AccessError>) {}
}

/// What the crate answers when nobody watches.
pub(crate) fn crate_answer(question: &Question) -> Result<Answer, Refusal> {
    ask(question, &mut Silent)
}

/// What the crate answers when somebody watches.
pub(crate) fn watched_answer(question: &Question) -> Result<Answer, Refusal> {
    ask(question, &mut Watcher)
}

fn ask(question: &Question, observer: &mut impl Observer) -> Result<Answer, Refusal> {
    let model = Model::named(question.model).unwrap();
    let mut sids = SidTable::new();
    let identity = Identity::new(question.token.facts().clone(), &mut sids);
    let token = Token { identity, ..question.token.clone() };
    let anonymous = anonymous_token(model, &mut sids, TokenId(1), SessionId(998));
    let descriptor =
        question.sd.clone().map(|sd| Descriptor::compile(sd, question.mapping, model, &mut sids));
    let local_claims = LocalClaims::new(&question.local_claims, &mut sids);
    let tree = question.tree.as_ref().map(|nodes| {
        ObjectTree::new(nodes.iter().map(|(level, guid)| TreeNode { level: *level, guid: *guid }).collect())
    });
    let list = |acl: &PlainAcl| match acl {
        PlainAcl::List(acl) => PolicyAcl::Acl(acl.clone()),
        PlainAcl::Broken => PolicyAcl::Malformed,
    };
    let policies: Vec<Policy> = question
        .policies
        .iter()
        .map(|policy| Policy {
            sid: policy.sid,
            rules: policy
                .rules
                .iter()
                .map(|rule| PolicyRule {
                    applies_to: rule.applies_to.clone(),
                    effective_dacl: list(&rule.effective_dacl),
                    effective_sacl: rule.effective_sacl.as_ref().map(list),
                    staged_dacl: rule.staged_dacl.as_ref().map(list),
                    staged_sacl: rule.staged_sacl.as_ref().map(list),
                })
                .collect(),
        })
        .collect();
    let policies = PolicyCache::new(policies, model, &mut sids);
    let mut intents = Intents::empty();
    intents.set(Intents::BACKUP, question.backup);
    intents.set(Intents::RESTORE, question.restore);
    let request = AccessRequest {
        model,
        token: &token,
        anonymous: &anonymous,
        trust: ProcessTrust { kind: question.pip.0, trust: question.pip.1 },
        descriptor: descriptor.as_ref(),
        desired: AccessMask(question.desired),
        intents,
        self_sid: question.self_sid.map(|sid| sids.intern(sid)),
        local_claims: &local_claims,
        object_tree: tree.as_ref(),
        mode: if question.list { ResultMode::List } else { ResultMode::Scalar },
        policies: &policies,
    };
    let decision = access_check(&request, observer).map_err(|error| error.class())?;
    Ok(Answer {
        allowed: decision.allowed,
        status: decision.status.name(),
        granted: decision.granted.0,
        mapped: decision.mapped.0,
        nodes: decision.nodes.iter().map(|node| (node.granted.0, node.allowed)).collect(),
        alarm: decision.alarm_mask.0,
        staging_mismatch: decision.staging_mismatch,
        events: decision
            .events
            .iter()
            .map(|event| Event {
                trigger: match &event.trigger {
                    AuditTrigger::Sacl(index) => Trigger::Object(usize::from(*index)),
                    AuditTrigger::Policy { ace, .. } => Trigger::Policy(ace.clone()),
                    AuditTrigger::Forced => Trigger::Forced,
                },
                success: event.success,
            })
            .collect(),
        privilege_use: decision
            .privilege_use
            .iter()
            .map(|used| (used.privilege.bit(), used.requested.0, used.surviving.0, used.success))
            .collect(),
        used: decision.used.0,
        policy_sacl_errors: decision.policy_sacl_errors(),
    })
}
