//! From a path to a scenario: reading, parsing, resolving, and telling what is wrong.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use dsl::ast::FileId;
use dsl::diag::{Code, Severity};
use dsl::source::Sources;
use dsl::{BOUNDS, BoundRow, Param, ReadScenario, Reading};
use sim_core::engine::scenario::Scenario;
use sim_core::engine::{RunConfig, build_world};
use sim_core::model::{MODELS, Model};
use sim_core::trace::names::Names;
use sim_core::world::World;

use crate::io::{self, Exit};

/// A scenario that is ready to run.
pub(crate) struct Loaded {
    pub scenario: Scenario,
    /// The world under its first model, until a run takes it.
    world: Option<World>,
    pub names: Names,
    /// The parameters that it declares.
    pub params: Vec<Param>,
    /// The files that it uses, by their names below the root.
    pub used: Vec<String>,
    /// The texts, to show places in them.
    pub sources: Sources,
    /// The warnings that are not to be told.
    pub allowed: Vec<Code>,
}

impl Loaded {
    /// A world to run the scenario in under a model, or why there is none.
    pub(crate) fn world(&mut self, model: &Model) -> Result<World, String> {
        let is_first = self.scenario.models.first().is_some_and(|first| first.name == model.name);
        match self.world.take_if(|_| is_first) {
            Some(world) => Ok(world),
            None => build_world(&self.scenario, model)
                .map_err(|error| sim_core::text::escape(&error.to_string()).into_owned()),
        }
    }
}

/// What is read.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// The scenario.
    pub path: &'a str,
    /// Files with further overlays.
    pub overlays: &'a [String],
    /// The root that was given.
    pub root: Option<&'a Path>,
    /// Values for its parameters.
    pub params: &'a [(String, String)],
    /// Bounds that were given.
    pub limits: &'a [Bound],
}

/// Which warnings are told.
#[derive(Clone, Copy)]
pub(crate) enum Warnings<'a> {
    /// All but these.
    But(&'a [Code]),
    /// None: they have been told before, or what is asked is another question.
    Told(&'a [Code]),
}

/// The root of a scenario: the nearest folder above it that holds a folder `scenarios`, else its own folder.
pub(crate) fn root_of(path: &str, given: Option<&Path>) -> PathBuf {
    if let Some(root) = given {
        return io::resolved(root);
    }
    if path == "-" {
        return io::resolved(Path::new("."));
    }
    let file = io::resolved(Path::new(path));
    let own = file.parent().map_or_else(|| PathBuf::from("."), Path::to_owned);
    own.ancestors()
        .find(|folder| io::is_folder(&folder.join("scenarios")))
        .map_or(own.clone(), Path::to_owned)
}

/// A path relative to the root with `/`, as messages and traces show it.
pub(crate) fn shown(path: &str, root: &Path) -> String {
    if path == "-" {
        return "<standard input>".to_owned();
    }
    let file = io::resolved(Path::new(path));
    match file.strip_prefix(root) {
        Ok(relative) => {
            relative.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
        }
        Err(_) => Path::new(path)
            .file_name()
            .map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned()),
    }
}

/// A folder below the current one, with a `/` at the end; nothing where it is not below.
pub(crate) fn shown_folder(folder: &Path) -> String {
    let here = io::resolved(Path::new("."));
    let parts = folder.strip_prefix(here).map(Path::components);
    parts.map_or_else(
        |_| String::new(),
        |parts| parts.map(|part| format!("{}/", part.as_os_str().to_string_lossy())).collect(),
    )
}

/// Does something that puts together what is to be told, and tells it on standard error.
fn telling<T>(work: impl FnOnce(&mut String) -> T) -> T {
    let mut messages = String::new();
    let result = work(&mut messages);
    if !messages.is_empty() {
        io::message(&messages);
    }
    result
}

/// Reads a scenario, the files that it uses and those with further overlays, and tells nothing yet but that a file cannot be
/// read. Warnings that are allowed are left out.
pub(crate) fn read(asked: &Asked<'_>, allow: &[Code]) -> Result<(Sources, ReadScenario), Exit> {
    let (sources, read, _) = telling(|messages| read_quietly(asked, allow, messages))?;
    Ok((sources, read))
}

fn read_quietly(
    asked: &Asked<'_>,
    allow: &[Code],
    messages: &mut String,
) -> Result<(Sources, ReadScenario, Option<World>), Exit> {
    let mut sources = Sources::default();
    for bound in asked.limits {
        if let Bound::Read(row, most) = bound {
            sources.bounds.fix(row, *most);
        }
    }
    let size = sources.bounds.size;
    let mut text_of = |path: &str| {
        let text = match io::is_folder(Path::new(path)) {
            true => Err(format!(
                "`{}` is a folder; `scn check` and `scn test` take the scenarios below one",
                sim_core::text::escape(path)
            )),
            false => io::read_up_to(path, size),
        };
        text.map_err(|why| {
            messages.push_str(&format!("error: {why}\n"));
            Exit::Usage
        })
    };
    let root = root_of(asked.path, asked.root);
    let file: FileId = sources.add(shown(asked.path, &root), text_of(asked.path)?);
    let mut further = Vec::new();
    for overlay in asked.overlays {
        further.push(sources.add(shown(overlay, &root), text_of(overlay)?));
    }
    let mut files = |name: &str| io::read_below(&root, name, size);
    let mut reading = Reading { params: asked.params, files: &mut files };
    let mut read = dsl::read_with(&mut sources, file, &further, &mut reading);
    let world = read.build();
    read.allowed.extend(allow);
    let ReadScenario { diagnostics, allowed, .. } = &mut read;
    diagnostics.retain(|found| found.severity == Severity::Error || !allowed.contains(&found.code));
    Ok((sources, read, world))
}

/// Reads a scenario under these options; what is wrong with it goes to standard error, without warnings.
pub(crate) fn load(path: &str, play: &PlayOptions) -> Result<Loaded, Exit> {
    load_with(&play.asked(path, &[]), Warnings::Told(&[]))
}

/// As [`load`], with a say in which warnings are told.
pub(crate) fn load_with(asked: &Asked<'_>, warnings: Warnings<'_>) -> Result<Loaded, Exit> {
    telling(|messages| load_quietly(asked, warnings, messages))
}

/// The same, with what is to be told put together for whoever tells it.
pub(crate) fn load_quietly(
    asked: &Asked<'_>,
    warnings: Warnings<'_>,
    messages: &mut String,
) -> Result<Loaded, Exit> {
    let (Warnings::But(allow) | Warnings::Told(allow)) = warnings;
    let (sources, read, world) = read_quietly(asked, allow, messages)?;
    let ReadScenario { scenario, mut diagnostics, params, refused, allowed, .. } = read;
    if matches!(warnings, Warnings::Told(_)) {
        diagnostics.retain(|diagnostic| diagnostic.severity == Severity::Error);
    }
    if !diagnostics.is_empty() {
        messages.push_str(&dsl::render::render(&diagnostics, &sources, io::colour()));
        if !messages.ends_with('\n') {
            messages.push('\n');
        }
    }
    for why in &refused {
        messages.push_str(&format!("error: {}\n", sim_core::text::escape(why)));
    }
    let wrong = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    match scenario {
        Some(scenario) if !wrong => {
            for param in &params {
                messages.push_str(&unlisted(param).unwrap_or_default());
            }
            let names = Names::of(&scenario);
            let used = sources.names().skip(1).map(str::to_owned).collect();
            Ok(Loaded { scenario, world, names, params, used, sources, allowed })
        }
        _ if wrong => Err(Exit::Text),
        _ => Err(Exit::Usage),
    }
}

/// A note where a parameter has a value that its list lacks: it may be a misspelt one.
fn unlisted(param: &Param) -> Option<String> {
    let Param { name, value, values } = param;
    if values.len() < 2 || values.contains(value) {
        return None;
    }
    let note = format!("note: `{name}` is `{value}`, which is not among {}", values.join(", "));
    Some(format!("{}\n", sim_core::text::escape(&note)))
}

/// Options that every command takes which runs a scenario under one model.
#[derive(clap::Args)]
pub(crate) struct RunOptions {
    /// Play by the rules of this model instead of the scenario's first one
    #[arg(long, value_name = "MODEL", value_parser = models())]
    pub model: Option<&'static Model>,
    #[command(flatten)]
    pub play: PlayOptions,
}

/// Options that every command takes which runs a scenario.
#[derive(clap::Args)]
pub(crate) struct PlayOptions {
    /// Seed all randomness with this number instead of the scenario's
    #[arg(long, value_name = "N", value_parser = seed)]
    pub seed: Option<u64>,
    /// Give a parameter of the scenario this value; may be given several times
    #[arg(long, value_name = "NAME=VALUE", value_parser = param)]
    pub param: Vec<(String, String)>,
    #[arg(long, value_name = "BOUND", value_parser = limit, help = bounds_help("End the run at a bound: `events=N`, `time=DURATION`, or \
`script=N` operations of a script in one call; or read"))]
    pub limit: Vec<Bound>,
    /// The root of the scenario: paths are shown relative to it, and `use` reads nothing outside of it [default: the nearest
    /// folder above the scenario that holds a folder `scenarios`, else the scenario's own]
    #[arg(long, value_name = "DIR", value_parser = folder)]
    pub root: Option<PathBuf>,
}

/// A bound given on the command line.
#[derive(Clone, Copy)]
pub(crate) enum Bound {
    Events(u64),
    Time(u64),
    Script(u64),
    /// Of reading, before anything runs.
    Read(&'static BoundRow, u64),
}

/// The models by their names, for arguments.
pub(crate) fn models() -> impl TypedValueParser<Value = &'static Model> {
    PossibleValuesParser::new(MODELS.iter().map(|model| model.name))
        .try_map(|text| Model::named(&text).ok_or("there is no such model"))
}

/// The warnings by their names, for arguments.
pub(crate) fn warnings() -> impl TypedValueParser<Value = Code> {
    PossibleValuesParser::new(dsl::diag::WARNINGS.iter().map(|row| row.1))
        .try_map(|text| Code::of_warning(&text).ok_or("there is no such warning"))
}

/// A folder that is there, for arguments.
pub(crate) fn folder(text: &str) -> Result<PathBuf, String> {
    let folder = PathBuf::from(text);
    if io::is_folder(&folder) { Ok(folder) } else { Err("there is no such folder".to_owned()) }
}

/// A seed, for arguments.
fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("expected a whole number from 0 to {}", u64::MAX))
}

fn param(text: &str) -> Result<(String, String), String> {
    let (name, value) =
        text.split_once('=').ok_or_else(|| "expected `NAME=VALUE`, such as `n=3`".to_owned())?;
    Ok((name.to_owned(), value.to_owned()))
}

/// What `--limit` takes of [`BOUNDS`], behind what else it does.
pub(crate) fn bounds_help(before: &str) -> String {
    let rows: Vec<String> = BOUNDS.iter().map(|row| format!("`{}=N` ({})", row.name, row.what)).collect();
    format!("{before} within a bound: {}; may be given several times", rows.join(", "))
}

pub(crate) fn limit(text: &str) -> Result<Bound, String> {
    let bad = || {
        let names: Vec<String> = BOUNDS.iter().map(|row| format!("`{}=N`", row.name)).collect();
        format!("expected `events=N`, `time=DURATION`, `script=N`, {}, such as `time=10s`", names.join(", "))
    };
    match text.split_once('=') {
        Some(("events", number)) => number.parse().map(Bound::Events).map_err(|_| bad()),
        Some(("script", number)) => number.parse().map(Bound::Script).map_err(|_| bad()),
        Some(("time", time)) => duration(time).map(Bound::Time).ok_or_else(bad),
        Some((name, number)) => {
            let row = BOUNDS.iter().find(|row| row.name == name);
            row.zip(number.parse().ok()).map(|(row, most)| Bound::Read(row, most)).ok_or_else(bad)
        }
        None => Err(bad()),
    }
}

/// A duration such as `10s`, in nanoseconds.
pub(crate) fn duration(text: &str) -> Option<u64> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let (_, size) = sim_core::engine::time::UNITS.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*size)
}

impl RunOptions {
    /// The configuration of a run under the options; the model is the given one, else the scenario's first.
    pub(crate) fn config(&self, scenario: &Scenario) -> RunConfig {
        let first = scenario.models.first().copied().unwrap_or(sim_core::model::DEFAULT);
        self.play.config(scenario, self.model.unwrap_or(first))
    }
}

impl PlayOptions {
    /// What is read under the options.
    pub(crate) fn asked<'a>(&'a self, path: &'a str, overlays: &'a [String]) -> Asked<'a> {
        Asked { path, overlays, root: self.root.as_deref(), params: &self.param, limits: &self.limit }
    }

    /// The configuration of a run under the options and a model.
    pub(crate) fn config(&self, scenario: &Scenario, model: &Model) -> RunConfig {
        let mut config = RunConfig::of(scenario, model);
        config.seed = self.seed.unwrap_or(config.seed);
        for bound in &self.limit {
            match bound {
                Bound::Events(events) => config.limits.events = *events,
                Bound::Time(time) => config.limits.time = *time,
                Bound::Script(operations) => config.limits.script = *operations,
                Bound::Read(..) => {}
            }
        }
        config
    }
}
