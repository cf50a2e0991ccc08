//! `scn decide`: access requests in, decisions out, one JSON object a line each.

use clap::Args;
use dsl::request::{Answer, BadRequest, Expected, MAX_LINE, Request};
use serde::Serialize;
use sim_core::access::{Explanation, Silent};
use sim_core::model::{DEFAULT, Model};
use sim_core::text::escape_json;
use sim_core::trace::explain::write_explanation;
use sim_core::trace::names::Names;

use crate::io::{self, Exit, Line, Output};

/// Decide access requests, one JSON object a line
///
/// A line describes one check completely: token, process, descriptor, request. The fields stand in docs/decide.md. A line that
/// cannot be read gets an answer with `"error":"bad_request"` and its place, and the others go on.
#[derive(Args)]
#[command(
    after_help = "Exit codes: 0 fine, whatever was decided; 1 with --expect, an answer differs; 2 a file cannot be read; 3 a line cannot \
be read."
)]
pub(crate) struct Decide {
    /// Files of requests; `-` reads standard input
    #[arg(value_name = "FILE", default_value = "-")]
    files: Vec<String>,
    /// Hold each answer against the line's `expect` and print only what differs
    #[arg(long)]
    expect: bool,
    /// Derive each decision, as a list of lines in the field `explanation`
    #[arg(long)]
    explain: bool,
    /// Play by the rules of this model where a line names none
    #[arg(long, value_name = "MODEL", value_parser = crate::load::models())]
    model: Option<&'static Model>,
}

#[derive(Default)]
struct Tally {
    decided: u64,
    allowed: u64,
    errors: u64,
    bad: u64,
    agree: u64,
    differ: u64,
}

impl Decide {
    pub(crate) fn execute(&self) -> Exit {
        let mut output = Output::new();
        let mut tally = Tally::default();
        for file in &self.files {
            let mut number = 0;
            let read = io::lines(file, MAX_LINE, &mut |line, waiting| {
                number += 1;
                match line {
                    Line::Text(text) if text.trim().is_empty() => {}
                    Line::Text(text) => self.line(text, number, &mut tally, &mut output),
                    Line::TooLong => {
                        bad(too_long(), number, &mut tally, &mut output);
                    }
                    Line::NotText => bad(not_text(), number, &mut tally, &mut output),
                }
                if waiting {
                    output.flush();
                } else {
                    output.flush_full();
                }
            });
            if let Err(error) = read {
                output.flush();
                return io::failure(&error, Exit::Usage);
            }
        }
        if self.expect {
            let counts = format!("{} agree, {} differ, {} bad\n", tally.agree, tally.differ, tally.bad);
            output.text().push_str(&counts);
        }
        output.flush();
        io::message(&format!(
            "{} decided, {} allowed, {} errors, {} bad requests",
            tally.decided, tally.allowed, tally.errors, tally.bad
        ));
        let bad = if tally.bad > 0 { Exit::Text } else { Exit::Fine };
        bad.and(if tally.differ > 0 { Exit::No } else { Exit::Fine })
    }

    fn line(&self, text: &str, number: u64, tally: &mut Tally, output: &mut Output) {
        let request = match Request::parse(text.trim(), self.model.unwrap_or(DEFAULT)) {
            Ok(request) => request,
            Err(error) => return bad(error, number, tally, output),
        };
        let mut lines = Vec::new();
        let result = if self.explain {
            let mut explanation = Explanation::new();
            let result = request.check(&mut explanation);
            let mut text = String::new();
            write_explanation(&mut text, "", &explanation, request.class, &Names::new());
            lines = text.lines().map(str::to_owned).collect();
            result
        } else {
            request.check(&mut Silent)
        };
        match &result {
            Ok(decision) => {
                tally.decided += 1;
                tally.allowed += u64::from(decision.allowed);
            }
            Err(_) => tally.errors += 1,
        }
        let maximum = result.as_ref().is_ok_and(|decision| decision.maximum);
        let mut answer = Answer::new(request.id.clone(), &result);
        answer.explanation = lines;
        if !self.expect {
            write(&answer, output);
            return;
        }
        let Some(expected) = &request.expect else {
            let missing = BadRequest {
                id: request.id,
                at: "expect".to_owned(),
                why: "missing field `expect`".to_owned(),
            };
            return bad(missing, number, tally, output);
        };
        let differences = answer.differences(expected, maximum);
        if differences.is_empty() {
            tally.agree += 1;
            return;
        }
        tally.differ += 1;
        let difference = Difference {
            id: request.id.as_deref(),
            line: number,
            differs: differences,
            answer: &answer,
            expect: expected,
        };
        write(&difference, output);
    }
}

/// A line whose answer is not the expected one.
#[derive(Serialize)]
struct Difference<'a> {
    id: Option<&'a str>,
    line: u64,
    differs: Vec<String>,
    answer: &'a Answer,
    expect: &'a Expected,
}

fn bad(request: BadRequest, number: u64, tally: &mut Tally, output: &mut Output) {
    tally.bad += 1;
    write(&Answer::bad(request, number), output);
}

fn too_long() -> BadRequest {
    BadRequest { id: None, at: ".".to_owned(), why: format!("a line holds at most {MAX_LINE} bytes") }
}

fn not_text() -> BadRequest {
    BadRequest { id: None, at: ".".to_owned(), why: "the line is not UTF-8 text".to_owned() }
}

fn write(answer: &impl Serialize, output: &mut Output) {
    // The types hold nothing that JSON lacks, so this cannot fail.
    output.text().push_str(&escape_json(&serde_json::to_string(answer).unwrap_or_default()));
    output.text().push('\n');
}
