//! Diagnostics for programs: JSON, SARIF 2.1.0 and annotations of a build on GitHub. All three are made of [`Finding`], a
//! diagnostic whose places are lines and columns, so that they cannot say different things.

use std::collections::BTreeMap;
use std::fmt::Write;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sim_core::text::{escape, escape_json};

use crate::ast::Span;
use crate::diag::{CODES, Diagnostic, Severity};
use crate::source::Sources;

/// The format of [`json`]; a field may be added to it, but none is taken away or changed.
const SCHEMA: &str = "scn.diagnostics/1";

/// A diagnostic with its places in lines and columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// The stable code, such as `SCN0201`; `scn explain CODE` prints its page.
    pub code: String,
    /// The name by which a warning is allowed: `allow_warnings NAME`, `--allow NAME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub place: Region,
    /// What stands under the underlined text, usually what was expected; may be empty.
    pub label: String,
    /// Other places that matter.
    pub related: Vec<Related>,
    /// What to do.
    pub help: Vec<String>,
    /// The text that is meant, which stays the same when lines move.
    #[serde(skip)]
    marked: String,
}

/// A piece of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Region {
    /// The file, relative to the root of the scenario, with `/`.
    pub file: String,
    /// The line of its first character, from 1.
    pub line: u32,
    /// The column of its first character, from 1, in characters.
    pub column: u32,
    /// The line of its end.
    pub end_line: u32,
    /// The column right behind its last character.
    pub end_column: u32,
}

/// Another place that matters, with its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Related {
    /// Where.
    pub place: Region,
    /// What about it.
    pub message: String,
}

/// All of them, as one document.
#[derive(Serialize, JsonSchema)]
struct Document<'a> {
    /// The format: `scn.diagnostics/1`.
    schema: &'static str,
    /// How many errors there are.
    errors: usize,
    /// How many warnings there are.
    warnings: usize,
    /// What was found, in the order of its places, file by file as they were given.
    diagnostics: &'a [Finding],
}

impl Region {
    fn of(span: Span, sources: &Sources) -> Region {
        let (line, column) = sources.line_col(span);
        let (end_line, end_column) = sources.line_col(span.after());
        Region { file: sources.name(span.file).to_owned(), line, column, end_line, end_column }
    }
}

/// The diagnostics of a scenario, in the order of their places.
#[must_use]
pub fn findings(diagnostics: &[Diagnostic], sources: &Sources) -> Vec<Finding> {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    sorted.sort_by_key(|diagnostic| (diagnostic.span.file, diagnostic.span.start));
    let finding = |diagnostic: &Diagnostic| {
        let text = sources.text(diagnostic.span.file);
        let marked = text.get(diagnostic.span.start as usize..diagnostic.span.end as usize).unwrap_or("");
        Finding {
            code: diagnostic.code.to_string(),
            name: diagnostic.code.warning_name().map(str::to_owned),
            severity: diagnostic.severity,
            message: diagnostic.message.clone(),
            place: Region::of(diagnostic.span, sources),
            label: diagnostic.label.clone(),
            related: diagnostic
                .related
                .iter()
                .map(|(span, words)| Related { place: Region::of(*span, sources), message: words.clone() })
                .collect(),
            help: diagnostic.help.clone(),
            marked: marked.to_owned(),
        }
    };
    sorted.into_iter().map(finding).collect()
}

/// The findings as one JSON document, on one line.
#[must_use]
pub fn json(findings: &[Finding]) -> String {
    let count = |severity: Severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let document = Document {
        schema: SCHEMA,
        errors: count(Severity::Error),
        warnings: count(Severity::Warning),
        diagnostics: findings,
    };
    printed(&serde_json::to_string(&document).unwrap_or_default())
}

/// The JSON Schema of [`json`].
#[must_use]
pub fn schema() -> String {
    serde_json::to_string_pretty(&schemars::schema_for!(Document<'_>)).unwrap_or_default()
}

fn printed(json: &str) -> String {
    format!("{}\n", escape_json(json))
}

impl Finding {
    /// With this in front of the name of each file, for those who look files up from elsewhere than the scenario's root.
    #[must_use]
    pub fn below(mut self, folder: &str) -> Finding {
        let related = self.related.iter_mut().map(|related| &mut related.place);
        for place in related.chain([&mut self.place]) {
            place.file.insert_str(0, folder);
        }
        self
    }

    /// The message with what stands under the text and what to do, each on a line.
    fn words(&self) -> String {
        let mut words = escape(&self.message).into_owned();
        // Where the message says already what was expected, the label says it again.
        if !self.label.is_empty() && !self.message.contains(&self.label) {
            // Writing to a string cannot fail.
            let _ = write!(words, ": {}", escape(&self.label));
        }
        for help in &self.help {
            let _ = write!(words, "\nhelp: {}", escape(help));
        }
        words
    }
}

/// The findings as commands that a build on GitHub turns into annotations, one a line.
#[must_use]
pub fn github(findings: &[Finding]) -> String {
    let message = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| message(&escape(text)).replace(':', "%3A").replace(',', "%2C");
    let mut out = String::new();
    for finding in findings {
        let Region { file, line, column, end_line, end_column } = &finding.place;
        let file = property(file);
        let _ = writeln!(
            out,
            "::{} file={file},line={line},col={column},endLine={end_line},endColumn={end_column},title={}::{}",
            finding.severity.as_str(),
            finding.code,
            message(&finding.words())
        );
    }
    out
}

/// The findings as a log of SARIF 2.1.0; `version` is that of the program.
#[must_use]
pub fn sarif(findings: &[Finding], version: &str) -> String {
    let place = |region: &Region| {
        json!({
            "artifactLocation": { "uri": uri(&region.file) },
            "region": {
                "startLine": region.line,
                "startColumn": region.column,
                "endLine": region.end_line,
                "endColumn": region.end_column,
            },
        })
    };
    let mut seen = BTreeMap::new();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let related: Vec<Value> = finding
                .related
                .iter()
                .enumerate()
                .map(|(n, related)| {
                    json!({
                        "id": n + 1,
                        "physicalLocation": place(&related.place),
                        "message": { "text": escape(&related.message) },
                    })
                })
                .collect();
            json!({
                "ruleId": finding.code,
                "ruleIndex": CODES.iter().position(|row| row.0.to_string() == finding.code),
                "level": finding.severity.as_str(),
                "message": { "text": finding.words() },
                "locations": [{ "physicalLocation": place(&finding.place) }],
                "relatedLocations": related,
                "partialFingerprints": { "scnFinding/v1": fingerprint(finding, &mut seen) },
            })
        })
        .collect();
    let rules: Vec<Value> = CODES
        .iter()
        .map(|(code, title, page)| {
            json!({
                "id": code.to_string(),
                "shortDescription": { "text": title },
                "fullDescription": { "text": page.split("\n\n").next().unwrap_or(title) },
                "help": { "text": page },
                "defaultConfiguration": { "level": if code.warning_name().is_some() { "warning" } else { "error" } },
            })
        })
        .collect();
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "scn", "version": version, "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    printed(&serde_json::to_string(&log).unwrap_or_default())
}

/// What tells a finding from all others without its line: the code, the file, what is meant, the message, and which one of
/// several it is.
fn fingerprint(finding: &Finding, seen: &mut BTreeMap<String, usize>) -> String {
    let what = [&finding.code, &finding.place.file, &finding.marked, &finding.message];
    let mut hash = Sha256::new();
    for text in what {
        hash.update(text.as_bytes());
        hash.update([0]);
    }
    let mut shown = String::new();
    for byte in hash.finalize().iter().take(16) {
        let _ = write!(shown, "{byte:02x}");
    }
    let count = seen.entry(shown.clone()).or_insert(0);
    *count += 1;
    format!("{shown}:{count}")
}

/// A path as a relative reference.
fn uri(path: &str) -> String {
    let mut shown = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            shown.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(shown, "%{byte:02X}");
        }
    }
    shown
}
