//! `scn sd`: one security descriptor, read from any of its forms: shown, converted, checked, compared, explained.

mod check;
mod diff;
mod expect;
mod scn;
mod show;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use sim_core::access::Explanation;
use sim_core::model::Model;
use sim_core::rights::{AccessMask, ObjectType, Right};
use sim_core::sd::SecurityDescriptor;
use sim_core::sd::sddl::{self, SddlContext, SddlError, SddlProblem};
use sim_core::sid::Sid;
use sim_core::text::escape;
use sim_core::trace::names::Names;
use sim_core::trace::report::report;
use sim_core::trace::rights::GENERIC_WORDS;

use crate::io::{self, Exit};

/// Show, convert, check and compare security descriptors
///
/// A descriptor is given as SDDL, as base64 or as hexadecimal digits of its binary form; which of them it is, is seen. The
/// argument is the text itself, a file that holds it, or `-` for standard input.
#[derive(Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
#[command(
    after_help = "Exit codes: 0 fine; 1 --diff or --expect found a difference, --check an error, or there is no form to write \
it in; 2 bad usage, or a file cannot be read; 3 a text does not parse."
)]
pub(crate) struct Sd {
    #[command(subcommand)]
    command: Option<Command>,
    /// A descriptor, a file that holds one, or `-` for standard input
    #[arg(value_name = "FILE|-|TEXT", required_unless_present = "expect")]
    text: Option<String>,
    #[command(flatten)]
    reading: Reading,
    /// Write it in this form instead of showing it
    #[arg(long, value_name = "FORM", conflicts_with_all = ["check", "diff", "expect"])]
    to: Option<Form>,
    /// Look for what is probably not meant, and what it would take to mend it
    #[arg(long, conflicts_with_all = ["diff", "expect"])]
    check: bool,
    /// Tell what changes from the descriptor to this one, given in the same ways
    #[arg(long, value_name = "FILE|-|TEXT", conflicts_with = "expect")]
    diff: Option<String>,
    /// Hold lines of known descriptors and conditions (JSON) against what is read and written here
    #[arg(long, value_name = "FILE", conflicts_with = "text")]
    expect: Option<String>,
}

/// How a descriptor is read, and what its rights are called.
#[derive(Args)]
struct Reading {
    /// The rules of play, which decide how text and bytes are read
    #[arg(long, value_name = "MODEL", value_parser = crate::load::models())]
    model: Option<&'static Model>,
    /// The domain of aliases such as DA, as S-1-5-21-…
    #[arg(long, value_name = "SID", value_parser = domain)]
    domain: Option<Sid>,
    /// What the descriptor guards, for the names of rights
    #[arg(long, value_name = "CLASS", default_value = "file", value_parser = class())]
    object: ObjectType,
}

#[derive(Subcommand)]
enum Command {
    /// Decide what a token gets from a descriptor, and say why
    #[command(
        after_help = "Exit codes: 0 the access is granted; 1 it is refused; 2 bad usage, or a file cannot be read; 3 a text does \
not parse."
    )]
    Explain {
        /// A descriptor, a file that holds one, or `-` for standard input
        #[arg(value_name = "FILE|-|TEXT")]
        text: String,
        /// Who asks: a token as `scn decide` takes it, or a file that holds one
        #[arg(long, value_name = "JSON|FILE")]
        token: String,
        /// What is asked for: `read`, `write`, `execute`, `full`, official names or numbers, separated by commas
        #[arg(long = "for", value_name = "RIGHTS")]
        rights: String,
        #[command(flatten)]
        reading: Reading,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    Sddl,
    Base64,
    Hex,
    Scn,
}

fn domain(text: &str) -> Result<Sid, String> {
    Sid::parse(text).ok_or_else(|| "expected a SID such as S-1-5-21-1000-2000-3000".to_owned())
}

/// The classes of objects, for arguments.
fn class() -> impl TypedValueParser<Value = ObjectType> {
    let named = |text: String| {
        let found = ObjectType::ALL.into_iter().find(|(_, name)| *name == text);
        found.map(|(class, _)| class).ok_or("there is no such class")
    };
    PossibleValuesParser::new(ObjectType::ALL.map(|(_, name)| name)).try_map(named)
}

impl Sd {
    pub(crate) fn execute(&self) -> Exit {
        let done = match (&self.command, &self.expect, &self.text) {
            (Some(Command::Explain { text, token, rights, reading }), ..) => {
                explain(text, token, rights, reading)
            }
            (None, Some(file), _) => return expect::run(file, self.reading.model),
            (None, None, Some(text)) => self.one(text),
            (None, None, None) => Err((String::from("no descriptor is given"), Exit::Usage)),
        };
        done.unwrap_or_else(|(error, exit)| io::failure(&error, exit))
    }

    fn one(&self, text: &str) -> Result<Exit, (String, Exit)> {
        let reading = &self.reading;
        let descriptor = reading.read(text)?;
        if let Some(form) = self.to {
            io::print(&(reading.write(&descriptor, form)? + "\n"));
            return Ok(Exit::Fine);
        }
        if self.check {
            return Ok(check::run(&descriptor, reading.object, reading.model()));
        }
        if let Some(other) = &self.diff {
            let other = reading.read(other)?;
            return Ok(diff::run(&descriptor, &other, reading.object, reading.model()));
        }
        io::print(&show::descriptor(&descriptor, reading.object, reading.model(), &reading.context()));
        Ok(Exit::Fine)
    }
}

impl Reading {
    fn model(&self) -> &'static Model {
        self.model.unwrap_or(sim_core::model::DEFAULT)
    }

    fn context(&self) -> SddlContext {
        SddlContext { domain: self.domain, class: Some(self.object), ..SddlContext::of(self.model()) }
    }

    /// A descriptor out of an argument: itself, a file, or standard input.
    fn read(&self, argument: &str) -> Result<SecurityDescriptor, (String, Exit)> {
        let text = if argument == "-" || (!looks_like_sddl(argument) && io::is_file(argument)) {
            io::read(argument).map_err(|error| (error, Exit::Usage))?
        } else {
            argument.to_owned()
        };
        let text = text.trim_matches(['\n', '\r', ' ', '\t']);
        if let Some(bytes) = binary(text) {
            return SecurityDescriptor::decode(&bytes, self.model())
                .map_err(|error| (format!("this is no security descriptor: {error}"), Exit::Text));
        }
        if !looks_like_sddl(text) && !text.contains([':', '(']) && !text.is_empty() {
            let shown = escape(argument);
            let why = format!(
                "`{shown}` is no file, and neither SDDL, base64 nor hexadecimal digits of a descriptor"
            );
            // What looks like a path was meant as a file.
            let exit = if argument.contains(['/', '.']) { Exit::Usage } else { Exit::Text };
            return Err((why, exit));
        }
        sddl::parse(text, &self.context()).map_err(|error| (underlined(text, &error), Exit::Text))
    }

    fn write(&self, descriptor: &SecurityDescriptor, form: Form) -> Result<String, (String, Exit)> {
        let bytes = || descriptor.encode(self.model()).map_err(|error| (error.to_string(), Exit::No));
        match form {
            Form::Sddl => sddl::print(descriptor, &self.context())
                .map(|text| escape(&text).into_owned())
                .map_err(|error| (format!("this descriptor has no text: {error}"), Exit::No)),
            Form::Base64 => Ok(STANDARD.encode(bytes()?)),
            Form::Hex => Ok(bytes()?.iter().map(|byte| format!("{byte:02x}")).collect()),
            Form::Scn => scn::block(descriptor, self.object, self.model(), &self.context())
                .map_err(|error| (error, Exit::No)),
        }
    }
}

fn looks_like_sddl(text: &str) -> bool {
    matches!(text.as_bytes(), [b'O' | b'G' | b'D' | b'S', b':', ..])
}

/// The bytes of a text in hexadecimal digits or base64. Both begin with the revision, which is 1.
fn binary(text: &str) -> Option<Vec<u8>> {
    let compact: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let digits = compact.strip_prefix("0x").unwrap_or(&compact);
    if digits.starts_with("01") && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
        let value = |digit: u8| char::from(digit).to_digit(16).unwrap_or_default() as u8;
        return rest.is_empty().then(|| pairs.iter().map(|[a, b]| value(*a) << 4 | value(*b)).collect());
    }
    if compact.starts_with("AQ") { STANDARD.decode(compact).ok() } else { None }
}

/// The words of an error over the line of the text, with the offending piece underlined.
fn underlined(text: &str, error: &SddlError) -> String {
    const AROUND: usize = 40;
    let piece = text.get(error.span.clone()).unwrap_or_default();
    let (before, after) = (text.get(..error.span.start), text.get(error.span.end..));
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    let cut = before.chars().count().saturating_sub(AROUND);
    let mut line: String = before.chars().skip(cut).collect();
    if cut > 0 {
        line.insert(0, '…');
    }
    let line = escape(&line).into_owned();
    let shown: String = piece.chars().take(2 * AROUND).collect();
    let shown = escape(&shown).into_owned();
    let rest: String = after.chars().take(AROUND).collect();
    let more = if after.chars().count() > AROUND || piece.chars().count() > 2 * AROUND { "…" } else { "" };
    let marks = "^".repeat(shown.chars().count().max(1));
    let place = " ".repeat(line.chars().count());
    let help = match error.kind {
        SddlProblem::UnresolvedAlias => "\n  help: say which: `--domain S-1-5-21-1-2-3`",
        _ => "",
    };
    format!(
        "{error}\n  | {line}{shown}{}{more}\n  | {place}{marks} byte {}{help}",
        escape(&rest),
        error.span.start
    )
}

/// `scn sd explain`
fn explain(text: &str, token: &str, rights: &str, reading: &Reading) -> Result<Exit, (String, Exit)> {
    let descriptor = reading.read(text)?;
    let desired = rights_named(rights, reading.object).map_err(|error| (error, Exit::Usage))?;
    let token = if token.trim_start().starts_with('{') {
        token.to_owned()
    } else {
        io::read(token).map_err(|error| (error, Exit::Usage))?
    };
    let token: serde_json::Value = serde_json::from_str(&token)
        .map_err(|error| (format!("the token is no JSON: {}", escape(&error.to_string())), Exit::Text))?;
    let bytes = descriptor.encode(reading.model()).map_err(|error| (error.to_string(), Exit::No))?;
    let line = serde_json::json!({
        "token": token, "sd": STANDARD.encode(bytes), "object": reading.object.name(),
        "desired": desired.to_string(),
    });
    let request = dsl::request::Request::parse(&line.to_string(), reading.model())
        .map_err(|error| (format!("{}: {}", escape(&error.at), escape(&error.why)), Exit::Text))?;
    let mut explanation = Explanation::new();
    let result = request.check(&mut explanation);
    let names = Names::new();
    let owner = descriptor.owner.map_or_else(|| "nobody".to_owned(), |sid| names.full(sid));
    let object = format!("{} of {owner}", reading.object.name());
    io::print(&report(&explanation, &object, reading.object, &names));
    Ok(if result.is_ok_and(|decision| decision.allowed) { Exit::Fine } else { Exit::No })
}

/// Rights in words: `read, FILE_WRITE_DATA, 0x20`.
fn rights_named(text: &str, class: ObjectType) -> Result<AccessMask, String> {
    let mut mask = AccessMask::NONE;
    for word in text.split([',', ' ', '|']).filter(|word| !word.is_empty()) {
        let number = word.strip_prefix("0x").map_or_else(
            || word.bytes().all(|byte| byte.is_ascii_digit()).then(|| word.parse().ok()).flatten(),
            |digits| u32::from_str_radix(digits, 16).ok(),
        );
        let generic = GENERIC_WORDS.iter().find(|(name, _)| *name == word).map(|(_, mask)| *mask);
        let found = number.map(AccessMask).or(generic);
        let found = found.or_else(|| Right::named(word, class).map(|right| right.mask));
        mask |= found.ok_or_else(|| {
            let shown = escape(word);
            format!("`{shown}` is no right of this class: there are read, write, execute, full, official names and numbers")
        })?;
    }
    Ok(mask)
}
