//! Golden traces: where they lie, how they are read and written. The format is that of insta's snapshots, so that a
//! project's own tests can check the same files.

use std::path::{Path, PathBuf};

use sim_core::engine::scenario::Scenario;
use sim_core::model::Model;
use sim_core::trace::golden_name;

use crate::io;
use crate::load;

/// Where the golden of a scenario under a model lies: `ROOT/scenarios/a/b.scn` has `ROOT/snapshots/a/b.MODEL.snap`; a
/// scenario outside any `scenarios` folder has it in `snapshots/` beside itself. Parameters are part of the name.
pub(crate) fn path_of(path: &Path, root: &Path, scenario: &Scenario, model: &Model) -> PathBuf {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let name = format!("{}.snap", golden_name(&stem, model.name, &scenario.params));
    match path.strip_prefix(root.join("scenarios")) {
        Ok(relative) => root.join("snapshots").join(relative.parent().unwrap_or(Path::new(""))).join(name),
        Err(_) => path.parent().unwrap_or(Path::new(".")).join("snapshots").join(name),
    }
}

/// The trace that a golden file holds, without its head.
pub(crate) fn body(text: &str) -> Option<String> {
    let text = text.replace("\r\n", "\n");
    let rest = text.strip_prefix("---\n")?;
    let (_, body) = rest.split_once("\n---\n")?;
    Some(format!("{}\n", body.trim_end()))
}

/// A golden file with this trace.
pub(crate) fn file(source: &str, trace: &str) -> String {
    format!("---\nsource: {}\n---\n{trace}", sim_core::text::escape(source))
}

/// The scenarios that a path names: itself, or all below it.
pub(crate) fn scenarios(path: &Path) -> Result<Vec<PathBuf>, String> {
    if io::is_folder(path) { io::files_below(path, ".scn") } else { Ok(vec![path.to_owned()]) }
}

/// A path relative to the root, with `/`.
pub(crate) fn relative(path: &Path, root: &Path) -> String {
    load::shown(&path.to_string_lossy(), root)
}
