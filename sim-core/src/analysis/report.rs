//! Differences between two runs for people and for machines: counts first, then each difference once with how often it came.
//!
//! Every text that an author could have written is escaped. It decides nothing.

use std::collections::BTreeMap;
use std::fmt::Write;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use schemars::JsonSchema;
use serde::Serialize;

use super::cause::{Cause, Causes};
use super::diff::{Diff, Difference, Kinds, Link};
use super::models::Rule;
use super::sight::{Course, Lexicon, Sight};
use crate::engine::scenario::{Place, Scenario};
use crate::engine::time::format_time;
use crate::ids::{StepId, ThreadId};
use crate::text::{escape, name};

/// Two runs and what is known of their differences.
pub struct Told<'a> {
    /// The scenario with the steps of both.
    pub scenario: &'a Scenario,
    /// What the runs have in common.
    pub lexicon: &'a Lexicon,
    /// The first run.
    pub one: &'a Course,
    /// The other one.
    pub other: &'a Course,
    /// What both are called.
    pub labels: (&'a str, &'a str),
    /// In what they differ.
    pub diff: &'a Diff,
    /// What can make a difference.
    pub rules: &'a [Rule<'a>],
    /// What does, for each.
    pub causes: &'a [Causes],
}

/// Where and when a step was.
#[derive(Serialize, JsonSchema)]
pub struct StepLine {
    /// Virtual time in nanoseconds: of the first run, or of the other if only that takes the step.
    pub time: u64,
    /// The process and the thread, as `process/thread`.
    pub thread: String,
    /// What the step does.
    pub verb: String,
    /// The rest of the step in the words of the scenario.
    pub words: String,
    /// The file, by its number among those that were read.
    pub file: u16,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
}

/// Something that makes a difference.
#[derive(Serialize, JsonSchema)]
pub struct CauseLine {
    /// Of models: a `DIV-n` or the number of a rule. Of overlays nothing.
    pub number: Option<String>,
    /// What it is about, or the change in the words of the overlay.
    pub title: String,
}

/// What makes some kinds of a difference.
#[derive(Serialize, JsonSchema)]
pub struct CausesLine {
    /// The kinds.
    pub kinds: Vec<&'static str>,
    /// The sets of causes, of which each makes them by itself; those of one set act together.
    pub sets: Vec<Vec<CauseLine>>,
}

/// The earlier difference that one hangs on.
#[derive(Serialize, JsonSchema)]
pub struct SinceLine {
    /// `identity`, `name`, `connection` or `branch`.
    pub link: &'static str,
    /// The earlier step.
    pub step: StepLine,
    /// Whether no further rule or change has a part in the difference.
    pub only: bool,
}

/// A difference, as often as it came in the same way.
#[derive(Serialize, JsonSchema)]
pub struct DifferenceLine {
    /// The step, when it first differed.
    #[serde(flatten)]
    pub step: StepLine,
    /// In what: `granted_to_denied`, `denied_to_granted`, `granted_more`, `granted_less`, `ok_to_error`, `error_to_ok`,
    /// `another_error`, `another_identity`, `another_reason`, `other_details`, `only_in_first`, `only_in_second`.
    pub kinds: Vec<&'static str>,
    /// How often.
    pub times: u64,
    /// When it last differed.
    pub last_time: u64,
    /// Of `other_details`: what they are about.
    pub details: Vec<&'static str>,
    /// How the step came out in the first run, if that takes it.
    pub first: Option<String>,
    /// And in the second.
    pub second: Option<String>,
    /// What makes it; kinds that come from different causes stand apart.
    pub causes: Vec<CausesLine>,
    /// The earlier difference that it hangs on.
    pub since: Option<SinceLine>,
}

/// The differences between two runs.
#[derive(Serialize, JsonSchema)]
pub struct DifferencesLine {
    /// Steps that both runs take.
    pub shared: u64,
    /// Steps that differ.
    pub differing: u64,
    /// How many are of each kind; a step can be of several.
    pub counts: BTreeMap<&'static str, u64>,
    /// Where the runs part.
    pub parts_at: Option<StepLine>,
    /// The differences, each once, in the order in which they first came.
    pub differences: Vec<DifferenceLine>,
}

/// What makes differences one: the same step coming out in the same two ways for the same causes.
#[derive(PartialEq, Eq, Hash)]
struct Alike<'a> {
    thread: ThreadId,
    step: StepId,
    kinds: Kinds,
    words: (Option<&'a str>, Option<&'a str>),
    causes: &'a [Cause],
    since: Option<(ThreadId, StepId, Link, bool)>,
}

/// The positions of alike differences: the first, the last, and how many.
struct Group {
    first: usize,
    last: usize,
    times: u64,
}

impl<'a> Told<'a> {
    fn sights(&self, difference: &Difference) -> (Option<&'a Sight>, Option<&'a Sight>) {
        let one = difference.one.and_then(|x| self.one.sights.get(x));
        let other = difference.other.and_then(|y| self.other.sights.get(y));
        (one, other)
    }

    fn sight(&self, position: usize) -> Option<&'a Sight> {
        let (one, other) = self.sights(self.diff.differences.get(position)?);
        one.or(other)
    }

    fn causes_of(&self, position: usize) -> &'a [Cause] {
        self.causes.get(position).map_or(&[], Vec::as_slice)
    }

    /// Whether a difference comes from the earlier one that it hangs on, and nothing further has a part in it.
    fn only_follows(&self, position: usize, earlier: usize) -> bool {
        let rules = |n: usize| self.causes_of(n).iter().filter_map(|cause| cause.sets.first()).flatten();
        let mut own = rules(position).peekable();
        own.peek().is_some() && own.all(|rule| rules(earlier).any(|known| known == rule))
    }

    fn groups(&self) -> Vec<Group> {
        let mut groups: IndexMap<Alike<'_>, Group, FxBuildHasher> = IndexMap::default();
        for (position, difference) in self.diff.differences.iter().enumerate() {
            let (one, other) = self.sights(difference);
            let Some(sight) = one.or(other) else { continue };
            let since = difference.since.and_then(|(earlier, link)| {
                let before = self.sight(earlier)?;
                Some((before.thread, before.step, link, self.only_follows(position, earlier)))
            });
            let words = |sight: Option<&'a Sight>| sight.map(|sight| self.lexicon.words(sight));
            let alike = Alike {
                thread: sight.thread,
                step: sight.step,
                kinds: difference.kinds,
                words: (words(one), words(other)),
                causes: self.causes_of(position),
                since,
            };
            let group = groups.entry(alike).or_insert(Group { first: position, last: position, times: 0 });
            group.last = position;
            group.times += 1;
        }
        groups.into_values().collect()
    }

    fn step_line(&self, sight: &Sight) -> StepLine {
        let info = self.scenario.steps.get(sight.step.index());
        let place = info.map_or(Place::default(), |info| info.place);
        StepLine {
            time: sight.time,
            thread: self.thread(sight).to_owned(),
            verb: info.map_or("", |info| info.verb).to_owned(),
            words: self.words(sight),
            file: place.file,
            line: place.line,
            column: place.column,
        }
    }

    fn thread(&self, sight: &Sight) -> &'a str {
        let name = self.one.thread(sight.thread);
        if name.is_empty() { self.other.thread(sight.thread) } else { name }
    }

    /// The rest of a step in the words of the scenario, with the name that it binds.
    fn words(&self, sight: &Sight) -> String {
        let Some(info) = self.scenario.steps.get(sight.step.index()) else { return String::new() };
        let bound = info.binds.as_ref().map_or_else(String::new, |bound| format!("{} = ", name(bound)));
        format!("{bound}{}", info.words).trim_end().to_owned()
    }

    /// The counts, as people read them: `2 granted -> denied, 1 another identity`.
    fn meaning(&self) -> String {
        let mut counts = Vec::new();
        for (kind, _, words) in Kinds::ALL {
            let count = self.diff.count(kind);
            if count > 0 {
                counts.push(format!("{count} {}", self.kind_words(kind, words)));
            }
        }
        counts.join(", ")
    }

    fn kind_words(&self, kind: Kinds, words: &'static str) -> String {
        if kind == Kinds::ONLY_ONE {
            format!("only {}", escape(self.labels.0))
        } else if kind == Kinds::ONLY_OTHER {
            format!("only {}", escape(self.labels.1))
        } else {
            words.to_owned()
        }
    }

    fn kinds_words(&self, kinds: Kinds) -> String {
        let among = Kinds::ALL.iter().filter(|(kind, ..)| kinds.contains(*kind));
        let words: Vec<String> = among.map(|(kind, _, words)| self.kind_words(*kind, words)).collect();
        words.join(", ")
    }

    /// The report as text, behind its heading.
    pub fn write_text(&self, out: &mut String) {
        // Writing to a string cannot fail.
        let total = self.diff.shared + self.diff.count(Kinds::ONLY_ONE | Kinds::ONLY_OTHER);
        if self.diff.differences.is_empty() {
            let _ = writeln!(out, "none of {total} steps differs");
            return;
        }
        let differing = self.diff.differences.len();
        let _ = writeln!(out, "{differing} of {total} steps differ: {}", self.meaning());
        if let Some(sight) = self.sight(0) {
            let _ = writeln!(out, "the runs part at {}", self.at(sight));
        }
        for group in self.groups() {
            out.push('\n');
            self.write_group(out, &group);
        }
    }

    /// A step in one line: `21us fileserver/worker impersonate conn`.
    fn at(&self, sight: &Sight) -> String {
        let verb = self.scenario.steps.get(sight.step.index()).map_or("", |info| info.verb);
        let words = self.words(sight);
        let thread = self.thread(sight);
        format!("{} {thread} {verb} {}", format_time(sight.time), escape(&words)).trim_end().to_owned()
    }

    fn write_group(&self, out: &mut String, group: &Group) {
        let Some(difference) = self.diff.differences.get(group.first) else { return };
        let (one, other) = self.sights(difference);
        let Some(sight) = one.or(other) else { return };
        let verb = self.scenario.steps.get(sight.step.index()).map_or("", |info| info.verb);
        let head = format!("{:>10}  {:<24} {verb:<13}", format_time(sight.time), self.thread(sight));
        let words = self.words(sight);
        let _ = writeln!(out, "{}", format!("{head} {}", escape(&words)).trim_end());
        let _ = write!(out, "{INDENT}{}", self.kinds_words(difference.kinds));
        if difference.kinds == Kinds::DETAILS
            && let (Some(one), Some(other)) = (one, other)
        {
            let _ = write!(out, ": {}", self.lexicon.detail_words(one, other).join(", "));
        }
        if group.times > 1
            && let Some(last) = self.sight(group.last)
        {
            let _ = write!(out, ", {} times, the last at {}", group.times, format_time(last.time));
        }
        out.push('\n');
        let width = self.labels.0.chars().count().max(self.labels.1.chars().count());
        for (label, sight) in [(self.labels.0, one), (self.labels.1, other)] {
            if let Some(sight) = sight {
                let words = self.lexicon.words(sight);
                let _ = writeln!(out, "{INDENT}{:<width$}  {words}", escape(label));
            }
        }
        self.write_causes(out, group.first, difference);
    }

    fn write_causes(&self, out: &mut String, position: usize, difference: &Difference) {
        let only = difference.since.is_some_and(|(earlier, _)| self.only_follows(position, earlier));
        if let Some((earlier, link)) = difference.since
            && let Some(before) = self.sight(earlier)
        {
            let why = match link {
                Link::Identity => "another identity since",
                Link::Name => "what it uses came from",
                Link::Connection => "the connection came from",
                Link::Branch => "another way since",
            };
            let only = if only && self.rules.len() > 1 { "only follows: " } else { "" };
            let _ = writeln!(out, "{INDENT}{only}{why} {}", self.at(before));
        }
        if self.rules.len() == 1 {
            return; // There is nothing else that could make it.
        }
        let causes = self.causes_of(position);
        let numbered =
            causes.iter().flat_map(|cause| cause.sets.iter().enumerate().map(move |set| (cause, set)));
        for (cause, (n, set)) in numbered {
            let rules = set.iter().filter_map(|rule| self.rules.get(*rule));
            let words: Vec<String> = rules
                .map(|rule| match rule.number {
                    Some(number) => format!("{number} ({})", rule.title),
                    None => escape(rule.title).into_owned(),
                })
                .collect();
            let what = if causes.len() > 1 { self.kinds_words(cause.kinds) + " " } else { String::new() };
            let head = if n == 0 { "by" } else { "or alone by" };
            let together = if words.len() > 1 { ", together" } else { "" };
            let _ = writeln!(out, "{INDENT}{what}{head} {}{together}", words.join(" and "));
        }
    }

    /// The report as data.
    #[must_use]
    pub fn json(&self) -> DifferencesLine {
        let counts = Kinds::ALL.iter().map(|(kind, word, _)| (*word, self.diff.count(*kind) as u64));
        DifferencesLine {
            shared: self.diff.shared as u64,
            differing: self.diff.differences.len() as u64,
            counts: counts.filter(|(_, count)| *count > 0).collect(),
            parts_at: self.sight(0).map(|sight| self.step_line(sight)),
            differences: self.groups().iter().filter_map(|group| self.difference_line(group)).collect(),
        }
    }

    fn difference_line(&self, group: &Group) -> Option<DifferenceLine> {
        let difference = self.diff.differences.get(group.first)?;
        let (one, other) = self.sights(difference);
        let words = |sight: Option<&Sight>| sight.map(|sight| self.lexicon.words(sight).trim().to_owned());
        let kinds = |of: Kinds| {
            let among = Kinds::ALL.iter().filter(move |(kind, ..)| of.contains(*kind));
            among.map(|(_, word, _)| *word).collect::<Vec<_>>()
        };
        let cause = |rule: &usize| {
            let rule = self.rules.get(*rule)?;
            Some(CauseLine { number: rule.number.map(str::to_owned), title: rule.title.to_owned() })
        };
        Some(DifferenceLine {
            step: self.step_line(one.or(other)?),
            kinds: kinds(difference.kinds),
            times: group.times,
            last_time: self.sight(group.last).map_or(0, |sight| sight.time),
            details: match (one, other) {
                (Some(one), Some(other)) => self.lexicon.detail_words(one, other),
                _ => Vec::new(),
            },
            first: words(one),
            second: words(other),
            causes: self
                .causes_of(group.first)
                .iter()
                .map(|causes| CausesLine {
                    kinds: kinds(causes.kinds),
                    sets: causes.sets.iter().map(|set| set.iter().filter_map(cause).collect()).collect(),
                })
                .collect(),
            since: difference.since.and_then(|(earlier, link)| {
                Some(SinceLine {
                    link: match link {
                        Link::Identity => "identity",
                        Link::Name => "name",
                        Link::Connection => "connection",
                        Link::Branch => "branch",
                    },
                    step: self.step_line(self.sight(earlier)?),
                    only: self.only_follows(group.first, earlier),
                })
            }),
        })
    }
}

const INDENT: &str = "            ";
