//! Every scenario of the repository against its golden traces, through insta: `cargo insta review` shows what differs.
//!
//! The file lies here so that cargo-insta looks into this folder. The scenarios are found by our own walk and each golden
//! is named after its path and model, so that adding a scenario renames none; what belongs to no scenario fails.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sim_core::engine::RunConfig;
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
        let relative = path.strip_prefix(root.join("scenarios")).expect("it lies below");
        let mut sources = dsl::source::Sources::default();
        let text = std::fs::read_to_string(&path).expect("the scenario can be read");
        let file = sources.add(relative.to_string_lossy().into_owned(), text);
        let (scenario, diagnostics) = dsl::read_scenario(&sources, file);
        let scenario =
            scenario.unwrap_or_else(|| panic!("{}", dsl::render::render(&diagnostics, &sources, false)));
        let mut names = Names::new();
        scenario.names.iter().for_each(|(sid, name)| names.insert(*sid, name.to_string()));
        for model in &scenario.models {
            let (text, finished) =
                trace(&scenario, &names, &RunConfig::of(&scenario, model), Explain::Nothing)
                    .expect("the world can be built");
            assert!(
                finished.holds() && !finished.limited(),
                "{} under {}:\n{text}",
                relative.display(),
                model.name
            );
            let stem = path.file_stem().expect("it has a name").to_string_lossy();
            let folder = root.join("snapshots").join(relative.parent().expect("it lies in a folder"));
            goldens.insert(folder.join(format!("{stem}.{}.snap", model.name)));
            let mut settings = insta::Settings::new();
            settings.set_snapshot_path(&folder);
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.bind(|| insta::assert_snapshot!(format!("{stem}.{}", model.name), text));
        }
    }
    let orphans: Vec<PathBuf> = files_below(&root.join("snapshots"), ".snap")
        .into_iter()
        .filter(|path| !goldens.contains(path))
        .collect();
    assert!(orphans.is_empty(), "no scenario has these golden traces: {orphans:?}");
}
