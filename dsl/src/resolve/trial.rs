//! The worlds of a scenario and of its overlays, built once under each model, so that what one of them does not admit is told
//! with its place. The tree is gone by then: a world of a million objects needs the room.

use std::collections::BTreeMap;
use std::sync::Arc;

use sim_core::engine::build_world;
use sim_core::engine::scenario::{Overlay, OverlayChange, OverlayError, Scenario};
use sim_core::model::Model;
use sim_core::sid::{Sid, WellKnown};
use sim_core::world::World;
use sim_core::world::change::{Change, ChangeError};

use crate::ast::Span;
use crate::codes;
use crate::diag::Diagnostic;
use crate::suggest::nearest;

/// Where in the text a scenario's parts stand, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// Objects, then links, then volumes.
    pub(super) objects: Vec<Span>,
    pub(super) processes: Vec<Span>,
    /// The changes of each overlay.
    pub(super) overlays: Vec<Vec<Span>>,
}

impl Places {
    /// The world under the first model, or what cannot be built; with a world that cannot be, overlays are not tried.
    pub(crate) fn worlds(&self, scenario: &Scenario) -> Result<Option<World>, Vec<Diagnostic>> {
        let mut first = None;
        for model in &scenario.models {
            let world = self.world(scenario, model).map_err(|refused| vec![refused])?;
            first.get_or_insert(world);
        }
        let overlays = scenario.overlays.iter().zip(&self.overlays);
        let refused: Vec<Diagnostic> =
            overlays.filter_map(|(overlay, spans)| refused_overlay(scenario, overlay, spans)).collect();
        if refused.is_empty() { Ok(first) } else { Err(refused) }
    }

    fn world(&self, scenario: &Scenario, model: &Model) -> Result<World, Diagnostic> {
        build_world(scenario, model).map_err(|error| {
            let object = error.object.and_then(|n| self.objects.get(n));
            let process = error.process.and_then(|n| self.processes.get(n));
            let span = object.or(process).copied().unwrap_or_default();
            let message = format!("{error} (model {})", model.name);
            Diagnostic::error(codes::BUILD, span, message).label("cannot be built")
        })
    }
}

/// Tries an overlay under each model that it can be played by.
fn refused_overlay(scenario: &Scenario, overlay: &Overlay, spans: &[Span]) -> Option<Diagnostic> {
    let models: Vec<&Model> = match overlay.model {
        Some(model) => vec![model],
        None => scenario.models.clone(),
    };
    let fails = |count: usize, model: &Model| refused_changes(scenario, overlay, &spans[..count], model);
    let model = models.into_iter().find(|model| fails(spans.len(), model).is_some())?;
    // The first change with which it fails is the one to tell of.
    (1..=spans.len()).find_map(|count| fails(count, model))
}

/// Why the first changes of an overlay make no world, at the place of the one that is to blame.
fn refused_changes(
    scenario: &Scenario,
    overlay: &Overlay,
    spans: &[Span],
    model: &Model,
) -> Option<Diagnostic> {
    let changes: Vec<usize> = (0..spans.len()).collect();
    let why = match scenario.with(overlay, &changes) {
        Err(OverlayError::Change(n, error)) => {
            let span = spans.get(n).copied().unwrap_or_default();
            let refused = refused_change(&overlay.names, &error, span);
            return Some(match meant(scenario, overlay.changes.get(n), &error) {
                Some(near) => refused.help(format!("did you mean \"{near}\"?")),
                None => refused,
            });
        }
        Err(OverlayError::Build(error)) => error,
        Ok(changed) => build_world(&changed, model).err()?,
    };
    let span = spans.last().copied().unwrap_or_default();
    let message = format!("this change cannot be made: {why} (model {})", model.name);
    Some(Diagnostic::error(codes::CHANGE, span, message).label("changes nothing"))
}

/// The object that a change was probably meant for, where it names none.
fn meant<'s>(scenario: &'s Scenario, change: Option<&OverlayChange>, error: &ChangeError) -> Option<&'s str> {
    let (class, path) = match (error, &change?.change) {
        (ChangeError::NotThere, Change::Object(change)) => (change.class, &change.path),
        (ChangeError::NotThere, Change::RemoveObject(class, path)) => (*class, path),
        _ => return None,
    };
    let objects = scenario.declarations.objects.iter().filter(|object| object.class == class);
    nearest(path, objects.map(|object| &*object.path))
}

/// Why a change cannot be made, at its place.
pub(super) fn refused_change(names: &BTreeMap<Sid, Arc<str>>, error: &ChangeError, span: Span) -> Diagnostic {
    let name = |sid: &Sid| {
        let declared = names.get(sid).map(|name| name.to_string());
        let known = || WellKnown::of(*sid).map(|row| row.name.to_owned());
        declared.or_else(known).unwrap_or_else(|| sid.to_string())
    };
    let words = match error {
        ChangeError::NotInGroup(group) => format!("it is not in `{}`", name(group)),
        other => other.to_string(),
    };
    Diagnostic::error(codes::CHANGE, span, format!("this change cannot be made: {words}"))
        .label("changes nothing")
}
