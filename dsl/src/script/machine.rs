//! The one script engine of a process: a small library, fixed limits, nothing that could tell one run from another.
//!
//! What a script cannot have is taken out by features of the crate where there is one (clock, floats, modules, shared
//! variables, syntax of one's own) and refused here otherwise. Limits are set one by one, because the crate's own
//! differ between debug and release.
//!
//! Authority: language manual, section on scripts.

use std::any::TypeId;
use std::cell::Cell;
use std::sync::OnceLock;

use rhai::debugger::{DebuggerCommand, DebuggerEvent};
use rhai::packages::{
    ArithmeticPackage, BasicArrayPackage, BasicIteratorPackage, BasicMapPackage, BasicMathPackage,
    BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{
    Array, Dynamic, Engine, EvalAltResult, FnPtr, ImmutableString, Map, Module, NativeCallContext, Position,
};

use super::operations::OPERATIONS;
use super::running;
use super::values;
use sim_core::engine::script::MOST_STEPS;

/// How deep calls of functions nest.
pub(super) const CALL_DEPTH: usize = 64;
/// How deep an expression nests, in a function or out of it.
pub(super) const EXPRESSION_DEPTH: usize = 64;
/// The most bytes of a text.
pub(super) const TEXT: usize = 1 << 20;
/// The most elements of a list or a map, with those in them.
pub(super) const ELEMENTS: usize = 10_000;
/// The most names that a script holds at once.
const NAMES: usize = 1_000;

/// The bounds of scripts besides their operations, for the manual.
pub(crate) const BOUNDS: &[(&str, usize)] = &[
    ("steps of a script in one call", MOST_STEPS),
    ("functions of scripts that call each other in a row", CALL_DEPTH),
    ("nesting of an expression of a script", EXPRESSION_DEPTH),
    ("bytes of a text of a script", TEXT),
    ("elements of a list or map of a script", ELEMENTS),
    ("names that a script holds at once", NAMES),
];

/// The seed of the crate's own hashes, which would differ from build to build otherwise.
const HASHING: [u64; 4] =
    [0x9E37_79B9_7F4A_7C15, 0xBF58_476D_1CE4_E5B9, 0x94D0_49BB_1331_11EB, 0x2545_F491_4F6C_DD1D];

/// The names of the library's functions, for those that are not there; kept with the version of the crate.
pub(crate) const LIBRARY: &[&str] = &[
    "abs",
    "all",
    "append",
    "bits",
    "bytes",
    "chars",
    "chop",
    "clear",
    "contains",
    "crop",
    "debug",
    "dedup",
    "drain",
    "end",
    "ends_with",
    "extract",
    "fill_with",
    "filter",
    "find",
    "find_map",
    "for_each",
    "get",
    "index_of",
    "insert",
    "is_empty",
    "is_even",
    "is_exclusive",
    "is_inclusive",
    "is_odd",
    "is_zero",
    "keys",
    "len",
    "make_lower",
    "make_upper",
    "map",
    "max",
    "min",
    "mixin",
    "order",
    "order_by",
    "order_desc",
    "pad",
    "parse_int",
    "pop",
    "print",
    "push",
    "range",
    "reduce",
    "reduce_rev",
    "remove",
    "replace",
    "retain",
    "reverse",
    "set",
    "shift",
    "sign",
    "some",
    "sort",
    "sort_by",
    "sort_desc",
    "splice",
    "split",
    "split_rev",
    "start",
    "starts_with",
    "sub_string",
    "to_binary",
    "to_blob",
    "to_chars",
    "to_debug",
    "to_hex",
    "to_int",
    "to_json",
    "to_lower",
    "to_octal",
    "to_string",
    "to_upper",
    "trim",
    "truncate",
    "values",
    "zip",
];

/// Words of the script language that look like functions.
pub(super) const WORDS: &[&str] =
    &["print", "debug", "call", "curry", "type_of", "is_def_fn", "is_def_var", "now", "random"];

/// What a script would look for in vain, and what there is in its place.
pub(super) const ABSENT: &[(&str, &str)] = &[
    ("timestamp", "a script knows virtual time only: `now()` is the nanoseconds since the run began"),
    ("sleep", "a script knows virtual time only: `wait(\"2ms\")` lets it pass"),
    ("rand", "a script draws from the scenario's seed: `random(low, high)`"),
    ("Fn", "a function is handed on as it stands: `|x| f(x)`"),
    ("eval", "a script runs what is written in the scenario only"),
    ("import", "scripts of other files come with `use` at the top level of the scenario"),
    ("spawn", "`spawn_process(name)` starts a process; a thread is started by the step `spawn thread NAME`"),
    ("thread", "a thread is started by the step `spawn thread NAME`, which makes it wait for that"),
    ("spawn_thread", "a thread is started by the step `spawn thread NAME`, which makes it wait for that"),
    ("exit_script", "`return` ends a function, `exit()` the process"),
];

thread_local! {
    /// How many operations the script that runs on this thread may still take. The crate counts them for each stack of
    /// calls, so that what functions of the library call back would be free, and it tells its progress hook nothing of
    /// the call; a run is never spread over threads.
    static LEFT: Cell<u64> = const { Cell::new(0) };
}

/// The token with which a script is stopped that has no operation left; it cannot be caught.
const EXHAUSTED: i64 = -1;

/// Runs something with so many operations; gives how many it took.
pub(super) fn limited<T>(operations: u64, run: impl FnOnce() -> T) -> (T, u64) {
    LEFT.set(operations);
    let result = run();
    (result, operations - LEFT.take())
}

thread_local! {
    /// The place that the script on this thread has come to, where somebody follows it.
    static PLACE: Cell<Position> = const { Cell::new(Position::NONE) };
}

/// An engine that follows each expression. An error that is a limit loses its place on its way out of functions, so the
/// call, which does the same each time, runs once more under this one.
fn following() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        // The seed of hashes comes first.
        let _ = engine();
        let mut engine = build();
        // The crate marks what it may still change as deprecated.
        #[allow(deprecated)]
        engine.register_debugger(
            |_, debugger| debugger,
            |_, event, _, _, position| {
                if matches!(event, DebuggerEvent::Step) && !position.is_none() {
                    PLACE.set(position);
                }
                Ok(DebuggerCommand::StepInto)
            },
        );
        engine
    })
}

/// Has a script run under an engine that follows it, and gives the last place that it came to.
pub(super) fn last_place(run: impl FnOnce(&Engine)) -> Position {
    PLACE.set(Position::NONE);
    run(following());
    PLACE.replace(Position::NONE)
}

/// The engine; made when a process first reads a script.
pub(super) fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        // It may be set once only, before anything else of the crate is used; this is the only place that uses it.
        let _ = rhai::config::hashing::set_hashing_seed(Some(HASHING));
        build()
    })
}

fn build() -> Engine {
    let mut engine = Engine::new_raw();
    // Left out: what ends the host's thread, sleeps, tags values or tells a function pointer's name. Together they are one
    // module, because each is asked for each function that a call meets; the first that has one counts.
    let mut library = Module::new();
    for module in [
        MoreStringPackage::new().as_shared_module(),
        BasicMapPackage::new().as_shared_module(),
        BasicArrayPackage::new().as_shared_module(),
        BasicMathPackage::new().as_shared_module(),
        BasicIteratorPackage::new().as_shared_module(),
        BasicStringPackage::new().as_shared_module(),
        LogicPackage::new().as_shared_module(),
        ArithmeticPackage::new().as_shared_module(),
    ] {
        library.fill_with(&module);
    }
    library.build_index();
    engine.register_global_module(library.into());
    engine
        .set_max_call_levels(CALL_DEPTH)
        .set_max_expr_depths(EXPRESSION_DEPTH, EXPRESSION_DEPTH)
        .set_max_string_size(TEXT)
        .set_max_array_size(ELEMENTS)
        .set_max_map_size(ELEMENTS)
        .set_max_variables(NAMES)
        .set_max_functions(NAMES)
        .set_strict_variables(true)
        .set_optimization_level(rhai::OptimizationLevel::None);
    engine.on_progress(|_| match LEFT.get() {
        0 => Some(Dynamic::from(EXHAUSTED)),
        left => {
            LEFT.set(left - 1);
            None
        }
    });
    // A pointer to a function that is only named would hide from what is read before a run who calls what.
    engine.disable_symbol("eval").disable_symbol("Fn");
    values::register(&mut engine);
    for (n, row) in OPERATIONS.iter().enumerate() {
        for count in row.least..=row.most {
            let types = vec![TypeId::of::<Dynamic>(); count];
            engine.register_raw_fn(row.name, types, move |context, args| running::ask(n, &context, args));
        }
    }
    speak(&mut engine);
    engine.register_fn("now", running::now);
    engine.register_raw_fn("random", [TypeId::of::<i64>(); 2], running::random);
    let refuse = |context: NativeCallContext<'_>, _: &mut [&mut Dynamic]| -> Result<(), Box<EvalAltResult>> {
        let help = ABSENT.iter().find(|(name, _)| *name == context.fn_name()).map_or("", |(_, help)| help);
        Err(error(help, context.call_position()))
    };
    engine.register_raw_fn("sleep", [TypeId::of::<Dynamic>()], refuse);
    engine.register_raw_fn("timestamp", [], refuse);
    engine
}

/// `print` and `debug` are notes in the trace; a function has no name that could be told.
fn speak(engine: &mut Engine) {
    // The library knows some types by themselves, which would come before a function for any.
    let kinds = [
        TypeId::of::<Dynamic>(),
        TypeId::of::<ImmutableString>(),
        TypeId::of::<char>(),
        TypeId::of::<bool>(),
        TypeId::of::<()>(),
        TypeId::of::<Array>(),
        TypeId::of::<Map>(),
        TypeId::of::<FnPtr>(),
    ];
    for (name, exact) in [("print", false), ("debug", true)] {
        let note = move |context: NativeCallContext<'_>, args: &mut [&mut Dynamic]| {
            let text = match args.first() {
                Some(value) if exact => values::words_of(value),
                Some(value) => values::text_of(value),
                None => String::new(),
            };
            running::say(text, &context)
        };
        for kind in kinds {
            engine.register_raw_fn(name, [kind], note);
        }
        engine.register_raw_fn(name, [], note);
    }
    for name in ["to_string", "to_debug"] {
        engine.register_fn(name, |_: &mut FnPtr| "a function");
    }
}

/// An error of a script that it may catch.
pub(super) fn error(message: &str, position: Position) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorRuntime(message.to_owned().into(), position))
}

/// Stops the script, whatever it would catch: it waits for an operation.
pub(super) fn stop(position: Position) -> Box<EvalAltResult> {
    Box::new(EvalAltResult::ErrorTerminated(Dynamic::UNIT, position))
}

/// An error in words: what it is at heart, where, and whether it is a limit.
pub(super) struct Failed {
    pub message: String,
    pub position: Position,
    pub limit: bool,
}

/// Takes an error apart, down to where it began.
pub(super) fn told(error: &EvalAltResult) -> Failed {
    use EvalAltResult as E;
    let mut inner = error;
    while let E::ErrorInFunctionCall(_, _, next, _) = inner {
        inner = next;
    }
    let position = inner.position();
    let over = |message: String| Failed { message, position, limit: true };
    match inner {
        E::ErrorTerminated(..) | E::ErrorTooManyOperations(..) => over(String::new()),
        E::ErrorStackOverflow(..) => over(format!("calls of functions nest more than {CALL_DEPTH} deep")),
        E::ErrorTooManyVariables(..) => over(format!("a script holds more than {NAMES} names at once")),
        E::ErrorDataTooLarge(what, _) if what.contains("string") => {
            over(format!("a text of a script holds more than {TEXT} bytes"))
        }
        E::ErrorDataTooLarge(..) => {
            over(format!("a list or map of a script holds more than {ELEMENTS} elements"))
        }
        E::ErrorRuntime(value, _) => Failed { message: values::text_of(value), position, limit: false },
        E::ErrorDotExpr(message, _) => {
            let told = values::unknown_field(message).unwrap_or_else(|| plain(message));
            Failed { message: told, position, limit: false }
        }
        other => Failed { message: plain(&other.to_string()), position, limit: false },
    }
}

/// A message of the crate without its position, in lower case, and without what stands for a nameless function.
pub(super) fn plain(message: &str) -> String {
    let message = message.rsplit_once(" (line ").map_or(message, |(message, _)| message);
    let mut words = String::new();
    let mut rest = message;
    while let Some((before, behind)) = rest.split_once("anon$") {
        words.push_str(before);
        words.push_str("a function");
        rest = behind.trim_start_matches(|c: char| c.is_ascii_hexdigit());
    }
    words.push_str(rest);
    let mut letters = words.chars();
    match letters.next() {
        // A name that begins with a capital is followed by another one, or by none.
        Some(first) if letters.clone().next().is_some_and(|next| !next.is_uppercase()) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => words,
    }
}
