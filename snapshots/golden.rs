//! Every scenario of the repository against its golden traces, through insta: `cargo insta review` shows what differs.
//!
//! The file lies here so that cargo-insta looks into this folder. The scenarios are found by our own walk and each golden
//! is named after its path and model, so that adding a scenario renames none; what belongs to no scenario fails.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sim_core::engine::scenario::Scenario;
use sim_core::engine::{RunConfig, build_world};
use sim_core::model::Model;
use sim_core::trace::golden_name;
use sim_core::trace::names::Names;
use sim_core::trace::text::{Explain, trace};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository is there")
}

fn files_below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.expect("the entry can be read").path();
        if path.is_dir() {
            found.extend(files_below(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn every_scenario_has_its_golden_trace() {
    let root = root();
    let scenarios = files_below(&root.join("scenarios"), ".scn");
    assert!(!scenarios.is_empty(), "there are scenarios");
    let mut goldens = BTreeSet::new();
    for path in scenarios {
        let text = std::fs::read_to_string(&path).expect("the scenario can be read");
        // What is there for `use` has no trace of its own.
        if dsl::kind_of(&text) != dsl::FileKind::Scenario {
            continue;
        }
        let params = read(&root, &path, &text, &[]).params;
        for combination in dsl::combinations(&params, 10_000).expect("few enough") {
            let scenario = read(&root, &path, &text, &combination).scenario.expect("nothing is wrong");
            for model in &scenario.models {
                goldens.insert(hold(&root, &path, &scenario, model));
            }
        }
    }
    let orphans: Vec<PathBuf> = files_below(&root.join("snapshots"), ".snap")
        .into_iter()
        .filter(|path| !goldens.contains(path))
        .collect();
    assert!(orphans.is_empty(), "no scenario has these golden traces: {orphans:?}");
}

/// A scenario with values for its parameters; its mistakes end the test.
fn read(root: &Path, path: &Path, text: &str, params: &[(String, String)]) -> dsl::ReadScenario {
    let mut sources = dsl::source::Sources::default();
    let name = path.strip_prefix(root).expect("it lies below").to_string_lossy().replace('\\', "/");
    let file = sources.add(name, text.to_owned());
    let mut files = |name: &str| std::fs::read_to_string(root.join(name)).map_err(|error| error.to_string());
    let mut read = dsl::read(&mut sources, file, &mut dsl::Reading { params, files: &mut files });
    read.build();
    // The gallery shows how it is done, so nothing in it is doubtful; what is meant is allowed by name.
    let said = dsl::render::render(&read.diagnostics, &sources, false);
    assert!(read.scenario.is_some() && read.diagnostics.is_empty(), "{said}");
    read
}

/// Holds the trace of a scenario under a model against its golden one, and says where that lies.
fn hold(root: &Path, path: &Path, scenario: &Scenario, model: &'static Model) -> PathBuf {
    let names = Names::of(scenario);
    let world = build_world(scenario, model).expect("the world can be built");
    let config = RunConfig::of(scenario, model);
    let (text, finished) = trace(world, scenario, &names, &config, Explain::Nothing);
    let shown = path.display();
    assert!(finished.holds() && !finished.limited(), "{shown} under {}:\n{text}", model.name);
    let relative = path.strip_prefix(root.join("scenarios")).expect("it lies below");
    let folder = root.join("snapshots").join(relative.parent().expect("it lies in a folder"));
    let stem = path.file_stem().expect("it has a name").to_string_lossy();
    let name = golden_name(&stem, model.name, &scenario.params);
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(&folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name.clone(), text));
    folder.join(format!("{name}.snap"))
}
