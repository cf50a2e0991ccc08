//! Looking names up: principals, processes, threads, endpoints. What is not there gets a near name.

use compact_str::format_compact;
use sim_core::ids::{EndpointId, ProcessId, ThreadId};
use sim_core::sid::{Sid, WellKnown};

use super::Resolver;
use super::args::{Args, Read, unknown};
use crate::ast::{Part, PartKind, Prep, Spanned, Word};
use crate::codes;
use crate::diag::Diagnostic;

impl Resolver<'_> {
    /// The SID of a principal: declared, a service's own, or well known.
    pub(super) fn sid_of(&mut self, name: &Spanned<Word>) -> Read<Sid> {
        if let Some((sid, _, _)) = self.principals.get(&name.value) {
            return Ok(*sid);
        }
        if let Some(row) = WellKnown::named(&name.value) {
            return Ok(row.sid);
        }
        let aliased = sim_core::sid::WELL_KNOWN.iter().find(|row| row.alias == name.value.as_str());
        if let Some(row) = aliased.filter(|row| !row.alias.is_empty()) {
            return Ok(row.sid);
        }
        if self.processes.contains_key(&name.value) {
            return Err(Diagnostic::error(
                codes::KIND,
                name.span,
                format!("`{}` is a process, not a principal", name.value),
            )
            .label("expected a user, a group, a service or a well-known principal"));
        }
        let declared = self.near_names(self.principals.keys().map(Word::as_str));
        let known = sim_core::sid::WELL_KNOWN.iter().map(|row| row.name);
        Err(unknown(codes::UNKNOWN_NAME, name.span, "principal", &name.value, declared.chain(known))
            .help("declare it as `user`, `group` or `service`, or write its SID"))
    }

    /// A principal; a plain process stands for its account.
    pub(super) fn principal_or_process(&mut self, args: &mut Args<'_>) -> Read<Sid> {
        self.principal(args)
    }

    /// A process or service by name.
    pub(super) fn process(&self, name: &Spanned<Word>) -> Read<ProcessId> {
        match self.processes.get_index_of(&name.value) {
            Some(index) => Ok(ProcessId(index as u32)),
            None => Err(self.no_process(name)),
        }
    }

    fn no_process(&self, name: &Spanned<Word>) -> Diagnostic {
        if self.principals.contains_key(&name.value) {
            return Diagnostic::error(
                codes::KIND,
                name.span,
                format!("`{}` is a principal, not a process", name.value),
            )
            .label("expected a process or service");
        }
        let names = self.near_names(self.processes.keys().map(Word::as_str));
        unknown(codes::UNKNOWN_NAME, name.span, "process or service", &name.value, names)
    }

    /// `process` or `process.thread`.
    pub(super) fn process_or_thread(&self, name: &Spanned<Word>) -> Read<(ProcessId, Option<ThreadId>)> {
        if self.processes.contains_key(&name.value) {
            return Ok((self.process(name)?, None));
        }
        match name.value.split_once('.') {
            Some((process, thread)) => {
                let process = self.process(&Spanned { value: process.into(), span: name.span })?;
                let thread = Spanned { value: thread.into(), span: name.span };
                Ok((process, Some(self.thread(process, &thread)?)))
            }
            None => Err(self.no_process(name)),
        }
    }

    /// A thread of a process by name, or of another as `process.thread`.
    pub(super) fn thread(&self, process: ProcessId, name: &Spanned<Word>) -> Read<ThreadId> {
        if let Some((other, thread)) = name.value.split_once('.')
            && let Some(index) = self.processes.get_index_of(other)
        {
            let thread = Spanned { value: thread.into(), span: name.span };
            return self.thread(ProcessId(index as u32), &thread);
        }
        let Some((_, entry)) = self.processes.get_index(process.index()) else {
            return Err(self.no_process(name));
        };
        entry.threads.get(&name.value).copied().ok_or_else(|| {
            let names = self.near_names(entry.threads.keys().map(Word::as_str));
            unknown(codes::UNKNOWN_NAME, name.span, "thread", &name.value, names)
        })
    }

    /// The one thread of a process.
    pub(super) fn only_thread(&self, process: ProcessId, name: &Spanned<Word>) -> Read<ThreadId> {
        let threads = self.processes.get_index(process.index()).map(|(_, entry)| &entry.threads);
        let mut all = threads.into_iter().flat_map(|threads| threads.values());
        match (all.next(), all.next()) {
            (Some(only), None) => Ok(*only),
            _ => Err(Diagnostic::error(
                codes::KIND,
                name.span,
                format!("`{}` has several threads, each with names of its own", name.value),
            )
            .label("which thread?")
            .help(format!("say it as `{}.THREAD`", name.value))),
        }
    }

    /// An endpoint that clients connect to: a service's own, or `service.endpoint`.
    pub(super) fn endpoint(&self, name: &Spanned<Word>) -> Read<EndpointId> {
        if let Some(index) = self.endpoints.get_index_of(&name.value) {
            return Ok(EndpointId(index as u32));
        }
        if let Some(entry) = self.processes.get(&name.value) {
            let prefix = format!("{}.", name.value);
            let own: Vec<&str> =
                self.endpoints.keys().filter(|known| known.starts_with(&prefix)).map(Word::as_str).collect();
            let words = if entry.service_sid.is_some() {
                format!("the service `{}` has endpoints of its own names", name.value)
            } else {
                format!("`{}` is a process without an endpoint", name.value)
            };
            let diagnostic = Diagnostic::error(codes::KIND, name.span, words).label("expected an endpoint");
            return Err(if own.is_empty() {
                diagnostic.help(format!(
                    "what others connect to is a service: `service {} {{ account …; … }}`",
                    name.value
                ))
            } else {
                diagnostic.help(format!("one of: {}", own.join(", ")))
            });
        }
        let names = self.near_names(self.endpoints.keys().map(Word::as_str));
        Err(unknown(codes::UNKNOWN_NAME, name.span, "service", &name.value, names))
    }

    /// The endpoint that a bare `accept` of a process means: its only or first one.
    pub(super) fn own_endpoint(&self, process: ProcessId) -> Option<EndpointId> {
        let position = self.declarations.endpoints.iter().position(|e| e.process == process.index())?;
        Some(EndpointId(position as u32))
    }

    /// An endpoint of a process by its own name.
    pub(super) fn endpoint_of(&self, process: ProcessId, name: &Spanned<Word>) -> Read<EndpointId> {
        let owner = self.processes.get_index(process.index()).map_or("", |(name, _)| name.as_str());
        let full = format_compact!("{owner}.{}", name.value);
        let found = self.endpoints.get_index_of(&full).or_else(|| self.endpoints.get_index_of(&name.value));
        match found.map(|index| EndpointId(index as u32)) {
            Some(id)
                if self
                    .declarations
                    .endpoints
                    .get(id.index())
                    .is_some_and(|e| e.process == process.index()) =>
            {
                Ok(id)
            }
            _ => {
                let own = |known: &'_ Word| known.strip_prefix(owner)?.strip_prefix('.').map(str::to_owned);
                let own: Vec<String> = self.endpoints.keys().filter_map(own).collect();
                let names = self.near_names(own.iter().map(String::as_str));
                Err(unknown(codes::UNKNOWN_NAME, name.span, "endpoint of this service", &name.value, names))
            }
        }
    }

    pub(super) fn duplicate(&self, what: &str, name: &Spanned<Word>) -> Diagnostic {
        Diagnostic::error(
            codes::DUPLICATE,
            name.span,
            format!("the {what} `{}` is declared twice", name.value),
        )
        .label("declared again here")
    }

    /// A declaration joins a process to an account with `as`.
    pub(super) fn account_parts(parts: &[Part]) -> Option<&[Part]> {
        let at = parts.iter().position(|part| matches!(part.value, PartKind::Prep(Prep::As)))?;
        let rest = parts.get(at + 1..)?;
        let end = rest.iter().position(|part| matches!(part.value, PartKind::Block(_))).unwrap_or(rest.len());
        rest.get(..end)
    }
}
