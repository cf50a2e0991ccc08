//! The arguments of an operation that a script calls, taken one by one and read in the words of the language.

use std::sync::Arc;

use rhai::{Array, Dynamic, ImmutableString};
use sim_core::access::Intents;
use sim_core::engine::time::UNITS;
use sim_core::ids::{ProcessId, Slot, ThreadId};
use sim_core::privilege::{PRIVILEGES, Privilege};
use sim_core::rights::{AccessMask, ObjectType};
use sim_core::sid::Sid;
use sim_core::text::{quote, quote_key};
use sim_core::token::{ImpersonationLevel, SidAndAttributes};
use sim_core::world::declare::{DescriptorParts, PLAIN_GROUP};
use sim_core::world::op::{Disposition, Operation, Place, Restriction};
use sim_core::world::registry::ValueData;

use super::operations::Made;
use super::tables::Tables;
use super::values::{Handle, Outcomes, kind, text_of};
use crate::ast::{Part, PartKind, Span, TextPiece};
use crate::resolve::RESTRICT_WORDS;
use crate::suggest::nearest;

/// The arguments of an operation, taken one by one.
pub(super) struct Inputs<'a> {
    pub given: &'a [&'a mut Dynamic],
    pub next: usize,
    pub tables: &'a Tables,
    pub process: ProcessId,
    /// How long the step takes, where it says so itself.
    pub cost: Option<u64>,
}

/// What an open says behind the rights.
pub(super) struct OpenOptions {
    pub intents: Intents,
    pub disposition: Disposition,
    pub no_follow: bool,
    pub delete_on_close: bool,
    pub volatile: bool,
    pub open_link: bool,
    pub base: Option<Slot>,
    pub descriptor: Option<DescriptorParts>,
    /// The flags and intents as they were given.
    pub words: String,
}

/// What may stand among the options of an open.
const OPEN_OPTIONS: &[&str] =
    &["backup", "restore", "or_create", "overwrite", "supersede", "no_follow", "delete_on_close"];
/// What may stand among those of a key.
const KEY_OPTIONS: &[&str] = &["volatile", "open_link"];
/// What options hold as a map.
const OPTION_WORDS: &[&str] = &["options", "base", "descriptor"];

impl Inputs<'_> {
    pub(super) fn peek(&self) -> Option<&Dynamic> {
        self.given.get(self.next).map(|value| &**value)
    }

    pub(super) fn next(&mut self) -> Result<&Dynamic, String> {
        self.next += 1;
        self.given.get(self.next - 1).map(|value| &**value).ok_or_else(|| "an argument is missing".to_owned())
    }

    pub(super) fn text(&mut self, what: &str) -> Result<String, String> {
        let value = self.next()?;
        match value.read_lock::<ImmutableString>() {
            Some(text) => Ok(text.to_string()),
            None => Err(format!("expected {what} as text, found {}", kind(value))),
        }
    }

    pub(super) fn optional_text(&mut self, what: &str) -> Result<Option<String>, String> {
        self.peek().is_some().then(|| self.text(what)).transpose()
    }

    /// A handle, or what came of the operation that gave one: of a failed one the place is empty, as a name would be.
    pub(super) fn handle(&mut self, what: &str) -> Result<Slot, String> {
        slot_of(self.next()?, what)
    }

    /// A list of handles.
    pub(super) fn handles(&mut self) -> Result<Arc<[Slot]>, String> {
        if self.peek().is_none() {
            return Ok([].into());
        }
        let value = self.next()?;
        let list = value.read_lock::<Array>();
        let list = list.ok_or_else(|| format!("expected a list of handles, found {}", kind(value)))?;
        list.iter().map(|item| slot_of(item, "a handle")).collect()
    }

    pub(super) fn path(&mut self, class: ObjectType) -> Result<String, String> {
        let path = self.text("a path")?;
        crate::resolve::sound_path(&path, class, false).map(|()| path)
    }

    /// An object by its path, and how the language names it.
    pub(super) fn place(&mut self, class: ObjectType) -> Result<(Place, String), String> {
        let path = self.path(class)?;
        let words = format!("{} {}", class.name(), quote(&path));
        Ok((Place::Path { path: path.into(), directory: class == ObjectType::Directory }, words))
    }

    /// A process or service by its name.
    pub(super) fn process(&mut self) -> Result<(ProcessId, String), String> {
        let name = self.text("a process")?;
        Ok((self.tables.process(&name)?, name))
    }

    /// A thread of the own process, or another one as `process.thread`, and how steps name it.
    pub(super) fn own_thread(&mut self) -> Result<(ThreadId, String), String> {
        let name = self.text("a thread of this process")?;
        Ok((self.tables.thread(self.process, &name)?, format!("thread {name}")))
    }

    /// A word that stands or does not.
    pub(super) fn flag(&mut self, name: &str) -> Result<bool, String> {
        match self.optional_text(&format!("`{name}`"))? {
            None => Ok(false),
            Some(word) if word == name => Ok(true),
            Some(other) => Err(missing("option", &other, [name].into_iter())),
        }
    }

    /// What `restrict` takes away, as a map with the words of the step.
    pub(super) fn restriction(&mut self) -> Result<Restriction, String> {
        let tables = self.tables;
        let value = self.next()?;
        let Some(map) = value.read_lock::<rhai::Map>() else {
            return Err(format!(
                "expected a map such as `#{{ deny_only: [\"staff\"] }}`, found {}",
                kind(value)
            ));
        };
        let texts = |value: &Dynamic| -> Result<Vec<String>, String> {
            let list = value
                .read_lock::<Array>()
                .ok_or_else(|| format!("expected a list, found {}", kind(value)))?;
            list.iter().map(|item| Ok(text_of(item))).collect()
        };
        let sids = |value: &Dynamic| -> Result<Vec<Sid>, String> {
            texts(value)?.iter().map(|name| tables.principal(name)).collect()
        };
        let mut restriction = Restriction::default();
        for (word, value) in map.iter() {
            match word.as_str() {
                "sids" => {
                    let entry = |sid| SidAndAttributes { sid, attributes: PLAIN_GROUP };
                    restriction.sids = sids(value)?.into_iter().map(entry).collect();
                }
                "deny_only" => restriction.deny_only = sids(value)?,
                "remove" => {
                    let known = || PRIVILEGES.iter().map(|row| row.name);
                    let named = |name: &String| {
                        Privilege::named(name).ok_or_else(|| missing("privilege", name, known()))
                    };
                    restriction.remove = texts(value)?.iter().map(named).collect::<Result<_, _>>()?;
                }
                "write_only" => {
                    let truth = value.as_bool().map_err(|_| "`write_only` is true or false".to_owned())?;
                    restriction.write_only = truth;
                }
                other => {
                    return Err(missing("property of `restrict`", other, RESTRICT_WORDS.iter().copied()));
                }
            }
        }
        Ok(restriction)
    }

    pub(super) fn on_handle(&mut self, what: &str, make: fn(Slot) -> Operation) -> Made {
        Ok((make(self.handle(what)?), String::new()))
    }

    pub(super) fn privilege(&mut self) -> Result<Privilege, String> {
        let name = self.text("a privilege")?;
        let known = || PRIVILEGES.iter().map(|row| row.name);
        Privilege::named(&name).ok_or_else(|| missing("privilege", &name, known()))
    }

    pub(super) fn rights(&mut self, class: ObjectType) -> Result<(AccessMask, String), String> {
        if let Some(Ok(number)) = self.peek().map(Dynamic::as_int) {
            self.next += 1;
            let mask = u32::try_from(number).map_err(|_| "a mask is a number of 32 bits".to_owned())?;
            return Ok((AccessMask(mask), format!("{mask:#x}")));
        }
        let words = self.text("rights such as `read`")?;
        let mut mask = AccessMask::NONE;
        for word in words.split(',') {
            mask |= crate::resolve::right_of(word.trim(), class)?;
        }
        Ok((mask, words))
    }

    /// A duration as the language writes it, or a number of nanoseconds.
    pub(super) fn duration(&mut self) -> Result<u64, String> {
        let bad = || "expected a duration such as \"2ms\", or nanoseconds".to_owned();
        let value = self.next()?;
        if let Ok(number) = value.as_int() {
            return u64::try_from(number).map_err(|_| "a duration is not negative".to_owned());
        }
        let text = value.read_lock::<ImmutableString>().ok_or_else(bad)?;
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, unit) = text.split_at(digits);
        let (_, size) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(bad)?;
        number.parse::<u64>().ok().and_then(|number| number.checked_mul(*size)).ok_or_else(bad)
    }

    /// The data of a registry value (KEY-4): text, a number, or a list of texts, and the name of its type.
    pub(super) fn data(&mut self) -> Result<ValueData, String> {
        let value = self.next()?;
        let literal = |text: &str| PartKind::Text(vec![TextPiece::Literal(text.into())]);
        let mut wide = false;
        let data = if let Some(text) = value.read_lock::<ImmutableString>() {
            literal(&text)
        } else if let Ok(number) = value.as_int() {
            wide = u32::try_from(number).is_err();
            PartKind::Number(i128::from(number))
        } else if let Some(list) = value.read_lock::<Array>() {
            let mut parts = Vec::with_capacity(list.len() * 2);
            for item in list.iter() {
                let text = item.read_lock::<ImmutableString>();
                let text = text.ok_or_else(|| format!("expected text in the list, found {}", kind(item)))?;
                parts.extend([literal(&text), PartKind::Comma].map(part));
            }
            PartKind::List(parts)
        } else {
            return Err(format!("expected text, a number or a list of texts, found {}", kind(value)));
        };
        let mut parts = vec![part(data)];
        let named = self.optional_text("the type of a value")?.or_else(|| wide.then(|| "qword".to_owned()));
        parts.extend(named.map(|word| part(PartKind::Flags(vec![part(PartKind::Word(word.into()))]))));
        crate::resolve::data_of(&parts)
    }

    /// The path of an open, and how the language names it.
    pub(super) fn opened_path(&mut self, class: ObjectType) -> Result<(String, String), String> {
        let path = self.text("a path")?;
        let quoted = if class == ObjectType::Key { quote_key(&path) } else { quote(&path) };
        Ok((path, format!("{} {quoted}", class.name())))
    }

    /// The options of an open: its flags and intents as text, or a map of all that the step can say.
    pub(super) fn open_options(&mut self, class: ObjectType, create: bool) -> Result<OpenOptions, String> {
        let disposition = if create { Disposition::Create } else { Disposition::Open };
        let mut options = OpenOptions {
            intents: Intents::empty(),
            disposition,
            no_follow: false,
            delete_on_close: false,
            volatile: false,
            open_link: false,
            base: None,
            descriptor: None,
            words: String::new(),
        };
        if self.peek().is_none() {
            return Ok(options);
        }
        let tables = self.tables;
        let value = self.next()?;
        if let Some(text) = value.read_lock::<ImmutableString>() {
            options.flags(&text, class)?;
            return Ok(options);
        }
        let Some(map) = value.read_lock::<rhai::Map>() else {
            return Err(format!(
                "expected options as text, or a map such as `#{{ base: d, descriptor: \"D:(A;;FA;;;SY)\" }}`, found {}",
                kind(value)
            ));
        };
        for (word, value) in map.iter() {
            let text = || value.read_lock::<ImmutableString>().ok_or_else(|| format!("`{word}` is text"));
            match word.as_str() {
                "options" => options.flags(&text()?, class)?,
                "base" => options.base = Some(slot_of(value, "a handle in `base`")?),
                "descriptor" => options.descriptor = Some(parts_of(&text()?, tables)?),
                other => return Err(missing("option", other, OPTION_WORDS.iter().copied())),
            }
        }
        Ok(options)
    }

    /// The parts of a descriptor as SDDL, and the text.
    pub(super) fn descriptor(&mut self) -> Result<(DescriptorParts, String), String> {
        let text = self.text("the parts of a descriptor as SDDL")?;
        Ok((parts_of(&text, self.tables)?, text))
    }
}

impl OpenOptions {
    /// `backup, or_create, …`
    fn flags(&mut self, text: &str, class: ObjectType) -> Result<(), String> {
        let create = self.disposition == Disposition::Create;
        let (mut or_create, mut overwrite, mut supersede) = (false, false, false);
        let known = if class == ObjectType::Key { KEY_OPTIONS } else { OPEN_OPTIONS };
        for option in text.split(',').map(str::trim) {
            let option = known.iter().find(|known| **known == option);
            match *option.ok_or_else(|| missing("option", text.trim(), known.iter().copied()))? {
                "backup" => self.intents |= Intents::BACKUP,
                "restore" => self.intents |= Intents::RESTORE,
                "no_follow" => self.no_follow = true,
                "delete_on_close" => self.delete_on_close = true,
                "open_link" => self.open_link = true,
                "volatile" if create => self.volatile = true,
                "volatile" => return Err("`volatile` is said of a new key".to_owned()),
                _ if create => return Err("an object that is there already makes it fail".to_owned()),
                "or_create" => or_create = true,
                "overwrite" => overwrite = true,
                _ => supersede = true,
            }
        }
        self.disposition = match (supersede, or_create, overwrite) {
            (true, false, false) => Disposition::Supersede,
            (true, ..) => return Err("`supersede` creates and empties by itself".to_owned()),
            (false, false, false) => self.disposition,
            (false, true, false) => Disposition::OpenIf,
            (false, false, true) => Disposition::Overwrite,
            (false, true, true) => Disposition::OverwriteIf,
        };
        text.clone_into(&mut self.words);
        Ok(())
    }
}

/// A part of a statement that a script stands for.
fn part(value: PartKind) -> Part {
    Part { value, span: Span::default() }
}

/// A handle, or what came of the operation that gave one: of a failed one the place is empty, as a name would be.
fn slot_of(value: &Dynamic, what: &str) -> Result<Slot, String> {
    if let Some(handle) = value.read_lock::<Handle>() {
        return Ok(handle.0);
    }
    if let Some(outcome) = value.read_lock::<Outcomes>() {
        return Ok(outcome.0.handle.unwrap_or(NOWHERE));
    }
    if value.is_unit() {
        return Ok(NOWHERE);
    }
    Err(format!("expected {what}, found {}", kind(value)))
}

/// The parts that a text in SDDL gives.
fn parts_of(text: &str, tables: &Tables) -> Result<DescriptorParts, String> {
    DescriptorParts::of_text(text, tables.domain)
        .map_err(|error| format!("this SDDL cannot be read: {error}"))
}

/// A place that never holds anything: what uses it gets `INVALID_HANDLE`.
const NOWHERE: Slot = Slot(u32::MAX);

/// `there is no WHAT …`, with a near name.
pub(super) fn missing<'n>(what: &str, name: &str, known: impl Iterator<Item = &'n str>) -> String {
    match nearest(name, known) {
        Some(near) => format!("there is no {what} `{name}`, did you mean `{near}`?"),
        None => format!("there is no {what} `{name}`"),
    }
}

pub(super) fn level_named(name: &str) -> Result<ImpersonationLevel, String> {
    let known = || ImpersonationLevel::ALL.iter().map(|(_, name)| *name);
    let found = ImpersonationLevel::ALL.iter().find(|(_, known)| *known == name);
    found.map(|(level, _)| *level).ok_or_else(|| missing("level", name, known()))
}
