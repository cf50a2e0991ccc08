//! What the world keeps a second time, so that nothing has to be looked for when a process ends, a name goes or a message
//! comes: by process, by object and by thread. A test holds both against each other.
//!
//! Authority: PRC-7 for what ends with a process. Decides nothing.

use std::collections::BTreeSet;

use super::{ConnectionId, HandleId, Line, ObjectId, ProcessId, ProcessState, ThreadId, World};

impl World {
    /// Whether everything that is kept twice says the same in both places: the handles and ends of each process, the threads
    /// that serve a connection, who waits where, and the handles with which a name goes.
    #[must_use]
    pub fn is_consistent(&self) -> bool {
        let handles = self.handles.iter().enumerate().filter_map(|(n, handle)| {
            let handle = handle.as_ref()?;
            Some((HandleId(n as u32), handle))
        });
        let owned: BTreeSet<(ProcessId, HandleId)> =
            handles.clone().map(|(id, handle)| (handle.process, id)).collect();
        let dooming: BTreeSet<(ObjectId, HandleId)> =
            handles.filter_map(|(id, handle)| Some((handle.dooms()?, id))).collect();
        let held = self.of_processes(|process| process.handles.iter().copied().collect());
        let ends = self.of_processes(|process| process.ends.iter().copied().collect());
        owned == held
            && dooming == self.dooming
            && ends == self.open_ends()
            && self.connections.iter().enumerate().all(|(n, _)| self.is_served_as_said(n))
            && self.lines_are_as_said()
    }

    fn of_processes<T: Ord>(&self, of: impl Fn(&super::Process) -> Vec<T>) -> BTreeSet<(ProcessId, T)> {
        let all = self.processes.iter().enumerate();
        all.flat_map(|(n, process)| of(process).into_iter().map(move |one| (ProcessId(n as u32), one)))
            .collect()
    }

    fn open_ends(&self) -> BTreeSet<(ProcessId, (ConnectionId, usize))> {
        let ends = self.connections.iter().enumerate().flat_map(|(n, connection)| {
            let holders =
                [self.thread(connection.client).process, self.endpoint(connection.endpoint).process];
            let ends = connection.open.into_iter().zip(holders).enumerate();
            ends.filter(|(_, (open, _))| *open)
                .map(move |(end, (_, process))| (process, (ConnectionId(n as u32), end)))
        });
        ends.collect()
    }

    fn is_served_as_said(&self, connection: usize) -> bool {
        let id = ConnectionId(connection as u32);
        let serving = self.threads.iter().enumerate().filter(|(_, thread)| thread.serving == Some(id));
        self.connection(id).served_by.iter().copied().eq(serving.map(|(n, _)| ThreadId(n as u32)))
    }

    fn lines_are_as_said(&self) -> bool {
        let endpoints = self.endpoints.iter().enumerate().flat_map(|(n, endpoint)| {
            let line = Line::Clients(super::EndpointId(n as u32));
            endpoint.waiting.iter().map(move |thread| (line, *thread))
        });
        let messages = self.connections.iter().enumerate().flat_map(|(n, connection)| {
            let waiting = connection.receiving.iter().enumerate();
            waiting.flat_map(move |(end, threads)| {
                let line = Line::Messages(ConnectionId(n as u32), end);
                threads.iter().map(move |thread| (line, *thread))
            })
        });
        let mut waiting: Vec<_> = endpoints.chain(messages).collect();
        let threads = self.threads.iter().enumerate().filter_map(|(n, thread)| {
            let line = thread.line.filter(|line| !matches!(line, Line::Inbox(_)))?;
            Some((line, ThreadId(n as u32)))
        });
        let mut said: Vec<_> = threads.collect();
        waiting.sort_unstable();
        said.sort_unstable();
        let alive = |(_, thread): &(Line, ThreadId)| self.thread(*thread).state == ProcessState::Running;
        waiting == said && said.iter().all(alive)
    }
}
