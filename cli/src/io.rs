//! The only place that touches files, standard streams and the environment, and that starts threads.
//!
//! Standard output holds the product, standard error the messages. A broken pipe ends the program quietly; a file is
//! written beside its place and then renamed, never through a symbolic link.
#![allow(clippy::disallowed_methods, reason = "this is the one place that asks the environment")]

use std::fs;
use std::io::{BufRead, BufReader, ErrorKind, IsTerminal, Read, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};

/// How a command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Fine.
    Fine = 0,
    /// The answer is no.
    No = 1,
    /// Bad usage, or a file that cannot be read or written.
    Usage = 2,
    /// A text that does not parse or resolve.
    Text = 3,
    /// A limit was hit.
    Limit = 4,
    /// A bug of ours.
    Bug = 70,
}

impl Exit {
    /// Several at once: the highest of 2 to 4, else 1.
    pub(crate) fn and(self, other: Exit) -> Exit {
        if (other as u8) > self as u8 { other } else { self }
    }
}

/// The largest file that is read, in bytes.
const MAX_FILE: u64 = 64 << 20;

/// Reads a text file, or standard input for `-`.
pub(crate) fn read(path: &str) -> Result<String, String> {
    read_up_to(path, MAX_FILE)
}

/// The same, if it has no more bytes than so many.
pub(crate) fn read_up_to(path: &str, most: u64) -> Result<String, String> {
    let shown = sim_core::text::escape(path).into_owned();
    let mut bytes = Vec::new();
    let outcome = if path == "-" {
        once(&shown)?;
        std::io::stdin().lock().take(most.saturating_add(1)).read_to_end(&mut bytes)
    } else {
        fs::File::open(path).and_then(|file| file.take(most.saturating_add(1)).read_to_end(&mut bytes))
    };
    outcome.map_err(|error| format!("cannot read `{shown}`: {}", plain(&error)))?;
    if bytes.len() as u64 > most {
        let most = dsl::parse::bytes(most);
        return Err(format!("cannot read `{shown}`: it is larger than {most}"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!("cannot read `{shown}`: it is not UTF-8 text (byte {at})")
    })
}

/// Standard input is there once: who names it twice would get nothing the second time.
fn once(shown: &str) -> Result<(), String> {
    static READ: AtomicBool = AtomicBool::new(false);
    if READ.swap(true, Ordering::Relaxed) {
        return Err(format!("cannot read `{shown}`: standard input has been read already"));
    }
    Ok(())
}

/// The words of an error of the system, without its number.
fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::IsADirectory => "it is a directory".to_owned(),
        _ => error.to_string(),
    }
}

/// A line of a file that is read line by line.
pub(crate) enum Line<'a> {
    /// Its text, without the line end.
    Text(&'a str),
    /// It is longer than allowed, and was skipped.
    TooLong,
    /// It is not UTF-8.
    NotText,
}

/// Hands out the lines of a file, or of standard input for `-`, holding one at a time. With each it tells whether what
/// follows has yet to come: then is the time to answer, as whoever writes may be waiting for that.
pub(crate) fn lines(path: &str, longest: usize, sink: &mut dyn FnMut(Line<'_>, bool)) -> Result<(), String> {
    let shown = sim_core::text::escape(path).into_owned();
    let failed = |error: std::io::Error| format!("cannot read `{shown}`: {}", plain(&error));
    let source: Box<dyn Read> = if path == "-" {
        once(&shown)?;
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(fs::File::open(path).map_err(failed)?)
    };
    let mut reader = BufReader::with_capacity(1 << 16, source);
    let mut line = Vec::new();
    loop {
        line.clear();
        // Two more for the end of the line.
        let read = reader.by_ref().take(longest as u64 + 2).read_until(b'\n', &mut line).map_err(failed)?;
        if read == 0 {
            return Ok(());
        }
        let ended = line.ends_with(b"\n");
        if line.ends_with(b"\n") {
            line.pop();
        }
        if line.ends_with(b"\r") {
            line.pop();
        }
        if line.len() > longest {
            if !ended {
                skip_line(&mut reader).map_err(failed)?;
            }
            sink(Line::TooLong, reader.buffer().is_empty());
            continue;
        }
        let text = match std::str::from_utf8(&line) {
            Ok(text) => Line::Text(text),
            Err(_) => Line::NotText,
        };
        sink(text, reader.buffer().is_empty());
    }
}

/// Passes over the rest of a line without holding it.
fn skip_line(reader: &mut dyn BufRead) -> std::io::Result<()> {
    loop {
        let (found, length) = match reader.fill_buf()? {
            [] => return Ok(()),
            buffer => match buffer.iter().position(|byte| *byte == b'\n') {
                Some(at) => (true, at + 1),
                None => (false, buffer.len()),
            },
        };
        reader.consume(length);
        if found {
            return Ok(());
        }
    }
}

/// Writes a file below `root`: beside its place, then renamed, so that it is never half-written. Who may read it stays as it
/// was. A symbolic link at its place, or on the way to it from the root, is refused.
pub(crate) fn write(root: &Path, path: &Path, text: &str) -> Result<(), String> {
    let shown = sim_core::text::escape(&path.to_string_lossy()).into_owned();
    let failed = |error: &std::io::Error| format!("cannot write `{shown}`: {}", plain(error));
    let is_link = |path: &Path| fs::symlink_metadata(path).is_ok_and(|found| found.file_type().is_symlink());
    if path.ancestors().take_while(|above| *above != root).any(is_link) {
        return Err(format!("cannot write `{shown}`: a symbolic link stands in its place or on the way"));
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| failed(&error))?;
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(format!(".{}.tmp", std::process::id()));
    let temporary = PathBuf::from(temporary);
    // Something that lies at the place of the temporary file already is not ours to write to.
    let file = fs::OpenOptions::new().write(true).create_new(true).open(&temporary);
    let mut file = file.map_err(|error| failed(&error))?;
    let written = file.write_all(text.as_bytes()).and_then(|()| match fs::metadata(path) {
        Ok(known) => file.set_permissions(known.permissions()),
        Err(_) => Ok(()),
    });
    written.and_then(|()| fs::rename(&temporary, path)).map_err(|error| {
        // The half-written file is of no use to anybody; that it may be gone already is no news.
        let _ = fs::remove_file(&temporary);
        failed(&error)
    })
}

/// Removes a file.
pub(crate) fn remove(path: &Path) -> Result<(), String> {
    let shown = sim_core::text::escape(&path.to_string_lossy()).into_owned();
    fs::remove_file(path).map_err(|error| format!("cannot remove `{shown}`: {}", plain(&error)))
}

/// Every file below a folder whose name ends in `ending`, in order of their paths.
pub(crate) fn files_below(folder: &Path, ending: &str) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let shown = || sim_core::text::escape(&folder.to_string_lossy()).into_owned();
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(format!("cannot read `{}`: {}", shown(), plain(&error))),
        };
        for entry in entries {
            let entry = entry.map_err(|error| format!("cannot read `{}`: {}", shown(), plain(&error)))?;
            // Links are not followed: nothing outside the root is read.
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(entry.path()),
                Ok(kind) if kind.is_file() && entry.file_name().to_string_lossy().ends_with(ending) => {
                    let path = entry.path();
                    if path.to_str().is_none() {
                        let shown = sim_core::text::escape(&path.to_string_lossy()).into_owned();
                        return Err(format!("the name of `{shown}` is not UTF-8 text"));
                    }
                    found.push(path);
                }
                _ => {}
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The text of a file by its name below the root; links are followed, but not out of the root.
pub(crate) fn read_below(root: &Path, name: &str, most: u64) -> Result<String, String> {
    let path = root.join(name);
    if !is_file(&path.to_string_lossy()) {
        return Err("there is no such file".to_owned());
    }
    if !resolved(&path).starts_with(resolved(root)) {
        return Err("it lies outside of the scenario's root".to_owned());
    }
    read_up_to(&path.to_string_lossy(), most)
}

/// Whether a path is a folder.
pub(crate) fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

/// Whether a path is something that can be read like a file.
pub(crate) fn is_file(path: &str) -> bool {
    Path::new(path).is_file()
}

/// A path without links and dots; as it is if it cannot be resolved.
pub(crate) fn resolved(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

/// Whether this runs on a build machine, where nothing may be accepted.
pub(crate) fn on_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

/// When messages are coloured.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[repr(u8)]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set or TERM is `dumb`
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What the command line says about colours; it is said once, before anything is told.
static COLOUR: AtomicU8 = AtomicU8::new(Colour::Auto as u8);

/// Says when messages are coloured.
pub(crate) fn set_colour(when: Colour) {
    COLOUR.store(when as u8, Ordering::Relaxed);
}

/// Whether messages are coloured.
pub(crate) fn colour() -> bool {
    let said = COLOUR.load(Ordering::Relaxed);
    if said != Colour::Auto as u8 {
        return said == Colour::Always as u8;
    }
    let off = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    !off && std::io::stderr().is_terminal()
}

/// Whether standard output and standard error both appear on a terminal.
pub(crate) fn one_screen() -> bool {
    std::io::stdout().is_terminal() && std::io::stderr().is_terminal()
}

/// Standard output, gathered in blocks.
pub(crate) struct Output {
    buffer: String,
}

impl Output {
    pub(crate) fn new() -> Output {
        Output { buffer: String::new() }
    }

    /// The text that is to be written next; ask for [`Output::flush_full`] now and then.
    pub(crate) fn text(&mut self) -> &mut String {
        &mut self.buffer
    }

    /// Writes what was gathered once it is much.
    pub(crate) fn flush_full(&mut self) {
        if self.buffer.len() > 1 << 16 {
            self.flush();
        }
    }

    /// Writes what was gathered. Nobody listening any more is no mistake: the program ends at once.
    pub(crate) fn flush(&mut self) {
        if self.buffer.is_empty() {
            return;
        }
        let mut out = std::io::stdout().lock();
        match out.write_all(self.buffer.as_bytes()).and_then(|()| out.flush()) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
            Err(error) => {
                message(&format!("error: cannot write the output: {}", plain(&error)));
                std::process::exit(i32::from(Exit::Usage as u8));
            }
        }
        self.buffer.clear();
    }
}

/// Writes to standard output and is done.
pub(crate) fn print(text: &str) {
    let mut output = Output::new();
    output.text().push_str(text);
    output.flush();
}

/// The arguments of the command line with everything hostile escaped.
pub(crate) fn safe_arguments() -> Vec<String> {
    std::env::args_os()
        .map(|argument| sim_core::text::escape(&argument.to_string_lossy()).into_owned())
        .collect()
}

/// As many things at once as the machine has processors.
pub(crate) fn processors() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Does the same work for each item, on so many threads; what comes of it stands in the order of the items.
pub(crate) fn in_parallel<T: Sync, R: Send>(
    items: &[T],
    jobs: NonZeroUsize,
    work: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(n) else { return done };
            done.push((n, work(item)));
        }
    };
    let mut done = std::thread::scope(|scope| {
        let others: Vec<_> = (1..jobs.get().min(items.len())).map(|_| scope.spawn(worker)).collect();
        let mut done = worker();
        for other in others {
            match other.join() {
                Ok(more) => done.extend(more),
                // A bug of ours is told as one, wherever it happens.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    done.sort_by_key(|(n, _)| *n);
    done.into_iter().map(|(_, result)| result).collect()
}

/// A message on standard error.
pub(crate) fn message(text: &str) {
    let mut err = std::io::stderr().lock();
    // Where the message cannot be written there is nobody to tell.
    let _ = err
        .write_all(text.as_bytes())
        .and_then(|()| if text.ends_with('\n') { Ok(()) } else { err.write_all(b"\n") });
}

/// An error on standard error, and the exit code that goes with it.
pub(crate) fn failure(text: &str, exit: Exit) -> Exit {
    message(&format!("error: {text}"));
    exit
}

/// What clap has to say: help and version are the product, everything else is bad usage.
/// What is wrong with the usage is told of the arguments made safe, as the message quotes them.
pub(crate) fn usage(error: &clap::Error, again: impl FnOnce() -> Option<clap::Error>) -> ExitCode {
    if error.kind() == clap::error::ErrorKind::InvalidUtf8 {
        // Shown with a stand-in for what is no text.
        let odd = std::env::args_os().find(|argument| argument.to_str().is_none()).unwrap_or_default();
        let shown = sim_core::text::escape(&odd.to_string_lossy()).into_owned();
        return ExitCode::from(
            failure(&format!("the argument `{shown}` is not UTF-8 text"), Exit::Usage) as u8
        );
    }
    let safe = if error.use_stderr() { again() } else { None };
    let error = safe.as_ref().unwrap_or(error);
    // A closed stream is no reason to fail, a full disk is.
    if let Err(why) = error.print().and_then(|()| std::io::stdout().flush())
        && why.kind() != ErrorKind::BrokenPipe
    {
        return ExitCode::from(
            failure(&format!("cannot write the output: {}", plain(&why)), Exit::Usage) as u8
        );
    }
    ExitCode::from(if error.use_stderr() { Exit::Usage as u8 } else { Exit::Fine as u8 })
}
