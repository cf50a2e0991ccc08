//! Rules as tables: a world, steps, and what must come of each under which model.

use dsl::source::Sources;
use sim_core::engine::{RunConfig, run};
use sim_core::model::MODELS;

/// Who the steps may name.
const PEOPLE: &str = "
scenario table { model kobicha, kacs, windows }
group staff { rid 1100 }
user alice { rid 1001; groups staff }
user bob { rid 1002; groups staff }
user keeper { rid 1003; privileges SeBackupPrivilege, SeRestorePrivilege }
user taker { rid 1004; privileges SeTakeOwnershipPrivilege }
user auditor { rid 1005; privileges SeSecurityPrivilege }
user low { rid 1006; integrity low }
user walker { rid 1007; privileges SeChangeNotifyPrivilege (removed) }
user unlinked { rid 1008; privileges SeCreateSymbolicLinkPrivilege (removed) }
";

/// Runs the steps of somebody in a world under each model; every expectation must be reached and met.
pub(crate) fn holds(world: &str, who: &str, steps: &str) {
    let text = format!("{PEOPLE}\n{world}\nprocess p as {who} {{\n{steps}\n}}\n");
    let mut sources = Sources::default();
    let file = sources.add("table.scn".to_owned(), text.clone());
    let (scenario, diagnostics) = dsl::read_scenario(&mut sources, file);
    let said = dsl::render::render(&diagnostics, &sources, false);
    let scenario = scenario.unwrap_or_else(|| panic!("{said}"));
    for model in MODELS {
        let mut unmet = Vec::new();
        let finished = run(&scenario, &RunConfig::of(&scenario, model), &mut |_, record| {
            for words in sim_core::trace::text::unmet_words(&scenario, record) {
                let step = &scenario.steps[record.step.index()];
                unmet.push(format!("{} {} came to {:?}, {words}", step.verb, step.words, record.outcome));
            }
        });
        let finished = finished.unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(unmet, Vec::<String>::new(), "under {}:\n{text}", model.name);
        assert_eq!(finished.unreached, [], "under {}:\n{text}", model.name);
    }
}
