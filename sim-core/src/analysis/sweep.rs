//! Asking the same tokens about the same descriptors again and again, as a matrix of principals and objects does.
//!
//! Each token and each descriptor is taken in once and goes by its number from then on; a question that was asked before
//! is looked up. What is remembered lives and dies with the sweep: the access check below has no memory, and nothing is ever
//! invalidated, because what a sweep has taken in does not change.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use crate::access::{
    AccessError, AccessRequest, Descriptor, Intents, LocalClaims, PolicyCache, ProcessTrust, ResultMode,
    Silent, access_check,
};
use crate::model::Model;
use crate::rights::AccessMask;
use crate::token::Token;

/// The number of a token in its sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asker(u32);

/// The number of a descriptor in its sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guard(u32);

/// What a sweep remembers of a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Verdict {
    /// Whether every requested right was granted.
    pub allowed: bool,
    /// What an opener keeps (RES-4).
    pub kept: AccessMask,
}

/// Many plain opens under one model and one set of central policies: the asking process has no trust, states no intent and
/// passes no claims along.
pub struct Sweep<'a> {
    model: &'a Model,
    anonymous: &'a Token,
    policies: &'a PolicyCache,
    askers: Vec<Token>,
    guards: Vec<Descriptor>,
    asked: IndexMap<u128, Result<Verdict, AccessError>, FxBuildHasher>,
}

impl<'a> Sweep<'a> {
    /// A sweep that knows nobody yet.
    #[must_use]
    pub fn new(model: &'a Model, anonymous: &'a Token, policies: &'a PolicyCache) -> Sweep<'a> {
        Sweep {
            model,
            anonymous,
            policies,
            askers: Vec::new(),
            guards: Vec::new(),
            asked: IndexMap::default(),
        }
    }

    /// Takes a token in, as it is now.
    pub fn asker(&mut self, token: Token) -> Asker {
        self.askers.push(token);
        Asker(self.askers.len() as u32 - 1)
    }

    /// Takes a descriptor in.
    pub fn guard(&mut self, descriptor: Descriptor) -> Guard {
        self.guards.push(descriptor);
        Guard(self.guards.len() as u32 - 1)
    }

    /// What the access check says: decided at the first time, looked up afterwards.
    ///
    /// # Errors
    /// What makes a decision impossible (RES-5).
    ///
    /// # Panics
    /// When a number is of another sweep.
    pub fn ask(&mut self, asker: Asker, guard: Guard, desired: AccessMask) -> Result<Verdict, AccessError> {
        let question = u128::from(asker.0) << 64 | u128::from(guard.0) << 32 | u128::from(desired.0);
        if let Some(known) = self.asked.get(&question) {
            return *known;
        }
        let request = AccessRequest {
            model: self.model,
            token: &self.askers[asker.0 as usize],
            anonymous: self.anonymous,
            trust: ProcessTrust::default(),
            descriptor: Some(&self.guards[guard.0 as usize]),
            desired,
            intents: Intents::empty(),
            self_sid: None,
            local_claims: LocalClaims::EMPTY,
            object_tree: None,
            mode: ResultMode::Scalar,
            policies: self.policies,
        };
        let decided = access_check(&request, &mut Silent)
            .map(|decision| Verdict { allowed: decision.allowed, kept: decision.handle_mask() });
        self.asked.insert(question, decided);
        decided
    }
}
