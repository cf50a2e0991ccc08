//! Connections and impersonation: socket, connect, accept, messages, impersonate, capture, revert.
//!
//! Authority: IMP-2 to IMP-8, IMP-17 to IMP-23, IMP-27, IMP-28, IMP-37, W-IMP-2. The gates themselves are `token::impersonate`.

use std::collections::VecDeque;
use std::sync::Arc;

use super::check::{Ask, refused_by_gate};
use super::declare::Transport;
use super::handle::{HandleTarget, Opening};
use super::op::{ErrorName, Failure, Success};
use super::record::{CheckPurpose, Fact, ObjectName, PeerRecord, Recorder, Remark};
use super::{Connection, Held, Installed, Line, Message, Origin, Process, ProcessState, World};
use crate::access::Intents;
use crate::ids::{ConnectionId, EndpointId, ProcessId, Slot, ThreadId, TokenId};
use crate::model::{AnonymousPeerToken, ImpersonateAnonymous, NamedPipes, PrimaryTokenInHand};
use crate::privilege::{Privilege, PrivilegeSet};
use crate::rights::{AccessMask, ObjectType};
use crate::text::name;
use crate::token::impersonate::{Cap, Captured, GateError, capture, gate};
use crate::token::{ImpersonationLevel, Token, TokenType};

/// TOKEN_QUERY | TOKEN_IMPERSONATE: what the handle of a captured token can do (IMP-21).
const PEER_TOKEN_RIGHTS: AccessMask = AccessMask(0x000C);
/// TOKEN_IMPERSONATE.
const TOKEN_IMPERSONATE: AccessMask = AccessMask(0x0004);
/// FILE_WRITE_DATA on an endpoint lets a client connect (IMP-4).
const CONNECT_RIGHT: AccessMask = AccessMask(0x0002);

/// The two ends of a connection.
const CLIENT: usize = 0;
const SERVICE: usize = 1;

impl World {
    /// `connect SERVICE level L`: an end of its own, connected at once.
    pub(super) fn connect<R: Recorder>(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        (endpoint, level): (EndpointId, ImpersonationLevel),
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let captured = self.captured_by(thread, (endpoint, level), recorder)?;
        let id = self.new_end(thread, endpoint, level);
        self.establish(thread, id, captured, recorder);
        self.bind(thread, bind, Held::Connection(id));
        Ok(Success::Ok)
    }

    /// `c = open_socket SERVICE`: a client's end that leads nowhere yet, at the level that a client lets a service have who says nothing
    /// (IMP-2).
    pub(super) fn socket(&mut self, thread: ThreadId, bind: Option<Slot>, endpoint: EndpointId) -> Success {
        let id = self.new_end(thread, endpoint, ImpersonationLevel::Impersonation);
        self.bind(thread, bind, Held::Connection(id));
        Success::Ok
    }

    /// `set_level c L`: what the client lets the service do, settled before it connects (IMP-2).
    pub(super) fn set_level(&mut self, thread: ThreadId, slot: Slot, level: u32) -> Result<Success, Failure> {
        let id = self.open_end(thread, slot)?.0;
        let level = ImpersonationLevel::ALL.iter().find(|(known, _)| *known as u32 == level);
        let level = level.ok_or(ErrorName::InvalidParameter)?.0;
        let connection = self.connection(id);
        if connection.connected {
            return Err(ErrorName::WrongState.into());
        }
        if !self.endpoint(connection.endpoint).transport.captures_peer() {
            return Err(ErrorName::NoPeerToken.into());
        }
        if let Some(connection) = self.connections.get_mut(id.index()) {
            connection.level = level;
        }
        Ok(Success::Ok)
    }

    /// `connect c`: connects an end that was made before, at the level that was set on it (IMP-2). A refusal leaves it as it was.
    pub(super) fn connect_end<R: Recorder>(
        &mut self,
        thread: ThreadId,
        slot: Slot,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let id = self.open_end(thread, slot)?.0;
        let connection = self.connection(id);
        if connection.connected {
            return Err(ErrorName::WrongState.into());
        }
        let to = (connection.endpoint, connection.level);
        let captured = self.captured_by(thread, to, recorder)?;
        self.establish(thread, id, captured, recorder);
        Ok(Success::Ok)
    }

    /// Asks whether a thread may connect at a level, and for whose identity that is captured (IMP-3 to IMP-6); none where the
    /// transport captures none (IMP-37).
    fn captured_by<R: Recorder>(
        &mut self,
        thread: ThreadId,
        (endpoint, level): (EndpointId, ImpersonationLevel),
        recorder: &mut R,
    ) -> Result<Option<Token>, Failure> {
        let target = self.endpoint(endpoint);
        if self.process(target.process).state != ProcessState::Running {
            return Err(ErrorName::NotFound.into());
        }
        if target.transport == Transport::NamedPipe && self.model.named_pipes == NamedPipes::None {
            return Err(ErrorName::NotSupported.into());
        }
        let captures_peer = target.transport.captures_peer();
        let far = self.across_hosts(target.process, self.thread(thread).process);
        let guard = target.descriptor.clone();
        let remote = if far { Some(self.remote_identity(thread, level)?) } else { None };
        if let Some(descriptor) = guard {
            let object = |world: &World| ObjectName {
                class: ObjectType::Endpoint,
                path: world.endpoint(endpoint).name.to_string(),
            };
            let ask = Ask {
                purpose: CheckPurpose::Connect,
                desired: CONNECT_RIGHT,
                intents: Intents::empty(),
                object: &object,
            };
            match &remote {
                None => self.decide(thread, &descriptor, &ask, recorder).map(|_| ())?,
                Some(remote) => self.let_in_remote(thread, remote, (&descriptor, &ask), recorder)?,
            }
        }
        if remote.as_ref().is_some_and(|token| token.facts().user != crate::sid::ANONYMOUS) {
            recorder.fact(|_| Fact::Remark(Remark::NetworkLogon));
        }
        let captured = match remote {
            Some(remote) => remote,
            None => self.local_identity(thread, level)?,
        };
        Ok(captures_peer.then_some(captured))
    }

    /// A client's end that leads nowhere yet.
    fn new_end(&mut self, thread: ThreadId, endpoint: EndpointId, level: ImpersonationLevel) -> ConnectionId {
        let id = ConnectionId(self.connections.len() as u32);
        self.connections.push(Connection {
            client: thread,
            endpoint,
            connected: false,
            server: None,
            captured: None,
            level,
            captured_at: self.now,
            open: [true, false],
            queues: [VecDeque::new(), VecDeque::new()],
            receiving: [VecDeque::new(), VecDeque::new()],
            served_by: Vec::new(),
            heard: false,
        });
        if let Some(process) = self.holder_mut(id, CLIENT) {
            process.ends.insert((id, CLIENT));
        }
        id
    }

    /// The end leads to the service from now on, and carries who was captured.
    fn establish<R: Recorder>(
        &mut self,
        thread: ThreadId,
        id: ConnectionId,
        captured: Option<Token>,
        recorder: &mut R,
    ) {
        let captured = captured.map(|token| self.add_token(token));
        let now = self.now;
        let Some(connection) = self.connections.get_mut(id.index()) else { return };
        connection.connected = true;
        connection.client = thread;
        connection.captured = captured;
        connection.captured_at = now;
        connection.open[SERVICE] = true;
        let endpoint = connection.endpoint;
        if let Some(process) = self.holder_mut(id, SERVICE) {
            process.ends.insert((id, SERVICE));
        }
        recorder.fact(|_| self.peer(id));
        if let Some(token) = captured {
            self.warn_of_disagreement(self.token(token), recorder);
        }
        if let Some(endpoint) = self.endpoints.get_mut(endpoint.index()) {
            endpoint.pending.push_back(id);
        }
        self.serve(Line::Clients(endpoint));
    }

    /// Who is captured by a service on the same host (IMP-5, IMP-6).
    fn local_identity(&self, thread: ThreadId, level: ImpersonationLevel) -> Result<Token, Failure> {
        let installed = self.thread(thread).installed.and_then(|_| self.effective_token(thread).level());
        Ok(match capture(&self.model, installed, level) {
            Captured::Refused => {
                return Err(refused_by_gate(crate::access::GateRefusal::BadImpersonationLevel));
            }
            Captured::Anonymous => self.copy_of(&self.anonymous, ImpersonationLevel::Anonymous),
            Captured::Primary(level) => self.copy_of(self.primary_token(thread), level),
            Captured::Installed(level) => self.copy_of(self.effective_token(thread), level),
        })
    }

    /// A private copy of a token at a level; a copy at Anonymous is the Anonymous identity (TOK-9).
    pub(super) fn copy_of(&self, source: &Token, level: ImpersonationLevel) -> Token {
        let source = if level == ImpersonationLevel::Anonymous { &self.anonymous } else { source };
        Token { kind: TokenType::Impersonation(level), ..source.clone() }
    }

    fn peer(&self, id: ConnectionId) -> Fact {
        let connection = self.connection(id);
        let carries = connection.captured.map(|token| {
            let token = self.token(token);
            (token.facts().user, token.level().unwrap_or(ImpersonationLevel::Anonymous))
        });
        Fact::Peer(PeerRecord {
            client: self.thread_name(connection.client),
            endpoint: self.endpoint(connection.endpoint).name.clone(),
            carries,
        })
    }

    /// `process/thread`, safe to print.
    #[must_use]
    pub fn thread_name(&self, id: ThreadId) -> String {
        let mut text = String::new();
        self.push_thread_name(&mut text, id);
        text
    }

    /// The same, put behind a text.
    pub fn push_thread_name(&self, out: &mut String, id: ThreadId) {
        let thread = self.thread(id);
        out.push_str(&name(&self.process(thread.process).name));
        out.push('/');
        out.push_str(&name(&thread.name));
    }

    pub(super) fn accept<R: Recorder>(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        endpoint: EndpointId,
        recorder: &mut R,
    ) -> Option<Result<Success, Failure>> {
        let id = loop {
            let Some(id) = self.endpoints.get_mut(endpoint.index())?.pending.pop_front() else {
                self.wait_in(thread, Line::Clients(endpoint));
                return None;
            };
            // Whoever connected before the service died and began anew is a client of the one that died (PRC-7).
            if self.connection(id).open[SERVICE] {
                break id;
            }
        };
        if let Some(connection) = self.connections.get_mut(id.index()) {
            connection.server = Some(thread);
        }
        self.set_serving(thread, Some(id));
        recorder.fact(|_| self.peer(id));
        self.bind(thread, bind, Held::Connection(id));
        Some(Ok(Success::Ok))
    }

    /// The clients that wait to be accepted, each with the process that it waits for.
    pub(crate) fn clients_in_line(&self) -> impl Iterator<Item = (ThreadId, ProcessId)> {
        self.endpoints.iter().flat_map(|endpoint| {
            let waiting = endpoint.pending.iter().map(|id| self.connection(*id));
            waiting.filter(|one| one.open[SERVICE]).map(|one| (one.client, endpoint.process))
        })
    }

    /// Which end of a connection a thread's process holds. A process that connects to itself holds both; the end is
    /// then told by the thread that connected.
    fn end_of(&self, thread: ThreadId, id: ConnectionId) -> usize {
        let connection = self.connection(id);
        let process = self.thread(thread).process;
        let service = self.endpoint(connection.endpoint).process;
        let client = self.thread(connection.client).process;
        if process == service && (client != service || thread != connection.client) {
            SERVICE
        } else {
            CLIENT
        }
    }

    /// The process at the other end of the connection in a slot.
    #[must_use]
    pub fn peer_of(&self, thread: ThreadId, slot: Slot) -> Option<ProcessId> {
        let id = self.connection_in(thread, slot).ok()?;
        let connection = self.connection(id);
        Some(if self.end_of(thread, id) == CLIENT {
            self.endpoint(connection.endpoint).process
        } else {
            self.thread(connection.client).process
        })
    }

    /// The open connection in a slot, and the thread's end of it.
    fn open_end(&self, thread: ThreadId, slot: Slot) -> Result<(ConnectionId, usize), Failure> {
        let id = self.connection_in(thread, slot)?;
        let end = self.end_of(thread, id);
        if self.connection(id).open[end] { Ok((id, end)) } else { Err(ErrorName::InvalidHandle.into()) }
    }

    pub(super) fn send(&mut self, thread: ThreadId, slot: Slot, text: &Arc<str>) -> Result<Success, Failure> {
        let (id, other) = self.far_end(thread, slot)?;
        self.post(id, other, Message::Text(text.clone()));
        Ok(Success::Ok)
    }

    /// `send c h`: the receiver gets a handle of its own on the same object, with the same mask; nobody's identity is asked
    /// (PRC-12, FILE-5). The sender keeps its own.
    pub(super) fn send_handle<R: Recorder>(
        &mut self,
        thread: ThreadId,
        slot: Slot,
        what: Slot,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let (id, other) = self.far_end(thread, slot)?;
        let handle = self.handle_in(thread, what)?.1.clone();
        let connection = self.connection(id);
        let service = self.endpoint(connection.endpoint).process;
        if self.across_hosts(service, self.thread(connection.client).process) {
            // A handle is a thing of its host.
            return Err(ErrorName::NotSupported.into());
        }
        recorder.fact(|_| Fact::HandleUse(self.handle_use(&handle, AccessMask::NONE)));
        recorder.fact(|_| Fact::Remark(Remark::HandleTransfer));
        self.share_handle(&handle);
        self.post(id, other, Message::Handle(handle));
        Ok(Success::Ok)
    }

    /// The connection in a slot, and its other end, which must be open.
    fn far_end(&self, thread: ThreadId, slot: Slot) -> Result<(ConnectionId, usize), Failure> {
        let (id, end) = self.open_end(thread, slot)?;
        let other = 1 - end;
        if self.connection(id).open[other] { Ok((id, other)) } else { Err(ErrorName::WrongState.into()) }
    }

    fn post(&mut self, id: ConnectionId, end: usize, message: Message) {
        let Some(connection) = self.connections.get_mut(id.index()) else { return };
        connection.queues[end].push_back(message);
        self.serve(Line::Messages(id, end));
    }

    pub(super) fn receive<R: Recorder>(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        slot: Slot,
        recorder: &mut R,
    ) -> Option<Result<Success, Failure>> {
        let (id, end) = match self.open_end(thread, slot) {
            Ok(found) => found,
            Err(failure) => return Some(Err(failure)),
        };
        let connection = self.connections.get_mut(id.index())?;
        connection.heard |= end == SERVICE && !connection.queues[end].is_empty();
        match connection.queues[end].pop_front() {
            Some(Message::Text(text)) => {
                // A text is nothing to hold.
                if let Some(bind) = bind {
                    self.set_slot(thread, bind, None);
                }
                recorder.fact(|_| Fact::Note(text));
                return Some(Ok(Success::Ok));
            }
            Some(Message::Handle(handle)) => {
                recorder.fact(|_| Fact::HandleUse(self.handle_use(&handle, AccessMask::NONE)));
                self.take_handle(thread, bind, handle);
                return Some(Ok(Success::Ok));
            }
            None => {}
        }
        if !self.connection(id).open[1 - end] {
            return Some(Err(ErrorName::WrongState.into()));
        }
        self.wait_in(thread, Line::Messages(id, end));
        None
    }

    /// Closes the thread's end; whoever waits at the other one learns of it. What was impersonated stays (IMP-28).
    pub(super) fn close_connection(
        &mut self,
        thread: ThreadId,
        id: ConnectionId,
    ) -> Result<Success, Failure> {
        let end = self.end_of(thread, id);
        if !self.connection(id).open[end] {
            return Err(ErrorName::InvalidHandle.into());
        }
        self.close_end(id, end);
        Ok(Success::Ok)
    }

    fn close_end(&mut self, id: ConnectionId, end: usize) {
        let Some(connection) = self.connections.get_mut(id.index()) else { return };
        if !std::mem::replace(&mut connection.open[end], false) {
            return;
        }
        if let Some(process) = self.holder_mut(id, end) {
            process.ends.remove(&(id, end));
        }
        while self.serve(Line::Messages(id, 1 - end)) {}
        let Some(connection) = self.connections.get_mut(id.index()) else { return };
        // What was on its way to this end arrives nowhere.
        for message in std::mem::take(&mut connection.queues[end]) {
            if let Message::Handle(handle) = message {
                self.let_go(handle);
            }
        }
        if end == SERVICE {
            // The captured identity lives as long as the service's end (IMP-3); the client may be gone before.
            let Some(connection) = self.connections.get_mut(id.index()) else { return };
            let serving = std::mem::take(&mut connection.served_by);
            if let Some(token) = connection.captured.take() {
                self.drop_token(token);
            }
            for thread in serving {
                if let Some(state) = self.threads.get_mut(thread.index()) {
                    state.serving = None;
                }
            }
        }
    }

    /// Which connection a thread serves from now on.
    pub(super) fn set_serving(&mut self, thread: ThreadId, connection: Option<ConnectionId>) {
        let Some(state) = self.threads.get_mut(thread.index()) else { return };
        let before = std::mem::replace(&mut state.serving, connection);
        if let Some(before) = before.and_then(|id| self.connections.get_mut(id.index())) {
            before.served_by.retain(|other| *other != thread);
        }
        if let Some(now) = connection.and_then(|id| self.connections.get_mut(id.index()))
            && let Err(place) = now.served_by.binary_search(&thread)
        {
            now.served_by.insert(place, thread);
        }
    }

    /// The process that has an end of a connection.
    fn holder_mut(&mut self, id: ConnectionId, end: usize) -> Option<&mut Process> {
        let connection = self.connection(id);
        let process = if end == CLIENT {
            self.thread(connection.client).process
        } else {
            self.endpoint(connection.endpoint).process
        };
        self.processes.get_mut(process.index())
    }

    /// A thread waits, behind those that came before.
    pub(super) fn wait_in(&mut self, thread: ThreadId, line: Line) {
        let Some(state) = self.threads.get_mut(thread.index()) else { return };
        if state.line.replace(line) != Some(line)
            && let Some(waiting) = self.waiting_in(line)
        {
            waiting.push_back(thread);
        }
    }

    /// Something has come for those that wait in a line: the first one tries again. Whether there was one.
    pub(super) fn serve(&mut self, line: Line) -> bool {
        let first = match line {
            Line::Inbox(thread) => Some(thread),
            _ => self.waiting_in(line).and_then(VecDeque::pop_front),
        };
        let Some(thread) = first else { return false };
        let Some(state) = self.threads.get_mut(thread.index()) else { return false };
        let waits = state.line.take_if(|waits| *waits == line).is_some();
        if waits {
            self.woken.push_back(thread);
        }
        waits
    }

    /// A thread waits no more.
    pub(super) fn leave_line(&mut self, thread: ThreadId) {
        let line = self.threads.get_mut(thread.index()).and_then(|state| state.line.take());
        if let Some(waiting) = line.and_then(|line| self.waiting_in(line)) {
            waiting.retain(|waits| *waits != thread);
        }
    }

    /// Who waits in a line; nobody but the thread itself waits at its inbox.
    pub(super) fn waiting_in(&mut self, line: Line) -> Option<&mut VecDeque<ThreadId>> {
        match line {
            Line::Clients(endpoint) => Some(&mut self.endpoints.get_mut(endpoint.index())?.waiting),
            Line::Messages(id, end) => self.connections.get_mut(id.index())?.receiving.get_mut(end),
            Line::Inbox(_) => None,
        }
    }

    /// A process ends: so do its ends of all connections (PRC-7). What its clients' services captured stays.
    pub(super) fn close_connections_of(&mut self, process: ProcessId) {
        let Some(state) = self.processes.get_mut(process.index()) else { return };
        for (id, end) in std::mem::take(&mut state.ends) {
            self.close_end(id, end);
        }
    }

    /// The accepted connection in a slot and its captured identity (IMP-7, IMP-8 steps 1 and 2).
    fn captured_in(&self, thread: ThreadId, slot: Slot) -> Result<(ConnectionId, TokenId), Failure> {
        let (id, end) = self.open_end(thread, slot)?;
        let connection = self.connection(id);
        if end != SERVICE || connection.server.is_none() {
            return Err(ErrorName::WrongState.into());
        }
        Ok((id, connection.captured.ok_or(ErrorName::NoPeerToken)?))
    }

    pub(super) fn impersonate<R: Recorder>(
        &mut self,
        thread: ThreadId,
        slot: Slot,
        recorder: &mut R,
    ) -> Result<Success, Failure> {
        let (token, origin) = match self.slot(thread, slot) {
            Some(Held::Connection(_)) => {
                let (id, token) = self.captured_in(thread, slot)?;
                let connection = self.connection(id);
                // Nobody can be impersonated from whom nothing was read yet (W-IMP-2).
                if self.endpoint(connection.endpoint).transport == Transport::NamedPipe && !connection.heard {
                    return Err(ErrorName::NoPeerToken.into());
                }
                (token, Origin::Connection(id))
            }
            Some(Held::Handle(handle)) => {
                let token = self.token_in(thread, slot, TOKEN_IMPERSONATE, recorder)?;
                let handle = self.handle(handle).ok_or(ErrorName::InvalidHandle)?;
                let from = match handle.target {
                    HandleTarget::Token(_, from) => from,
                    HandleTarget::Object(_) => None,
                };
                (token, Origin::Token { from, opened_by: handle.opened_by })
            }
            None => return Err(ErrorName::InvalidHandle.into()),
        };
        let client = self.token(token);
        self.warn_of_disagreement(client, recorder);
        let level = match (client.kind, self.model.primary_token_in_hand) {
            (TokenType::Impersonation(level), _) => level,
            (TokenType::Primary, PrimaryTokenInHand::AsImpersonation) => ImpersonationLevel::Impersonation,
            (TokenType::Primary, PrimaryTokenInHand::Refuse) => return Err(ErrorName::BadTokenType.into()),
        };
        let verdict = gate(&self.model, self.primary_token(thread), client, level);
        recorder.fact(|_| Fact::Gate(verdict));
        if verdict.privilege_used() {
            let primary = self.process(self.thread(thread).process).primary;
            if let Some(token) = self.tokens.get_mut(primary) {
                token.privileges.used.0 |= PrivilegeSet::from_iter([Privilege::IMPERSONATE]).0;
            }
        }
        let level = verdict.result.map_err(|error| {
            Failure::from(match error {
                GateError::PrivilegeNotHeld => ErrorName::PrivilegeNotHeld,
                GateError::RestrictedEscape => ErrorName::RestrictedEscape,
            })
        })?;
        let copy = self.copy_of(self.token(token), level);
        self.install(thread, copy, origin, verdict.cap);
        Ok(Success::Level(level))
    }

    /// Makes a token the thread's own; there is no stack (IMP-20, IMP-24).
    fn install(&mut self, thread: ThreadId, token: Token, origin: Origin, cap: Option<Cap>) {
        // The new one first, so that a session of both does not end in between.
        let token = self.add_token(token);
        self.revert(thread);
        if let Some(state) = self.threads.get_mut(thread.index()) {
            state.installed = Some(Installed { token, origin, cap });
        }
    }

    pub(super) fn impersonate_anonymous(&mut self, thread: ThreadId) -> Result<Success, Failure> {
        let level = match self.model.impersonate_anonymous {
            ImpersonateAnonymous::AtAnonymous => ImpersonationLevel::Anonymous,
            ImpersonateAnonymous::AtImpersonation => ImpersonationLevel::Impersonation,
        };
        let token = Token { kind: TokenType::Impersonation(level), ..self.anonymous.clone() };
        self.install(thread, token, Origin::Anonymous, None);
        Ok(Success::Level(level))
    }

    /// IMP-21
    pub(super) fn capture_peer(
        &mut self,
        thread: ThreadId,
        bind: Option<Slot>,
        slot: Slot,
    ) -> Result<Success, Failure> {
        let (id, token) = self.captured_in(thread, slot)?;
        if self.token(token).level() == Some(ImpersonationLevel::Anonymous)
            && self.model.anonymous_peer_token == AnonymousPeerToken::CantOpen
        {
            return Err(ErrorName::CantOpenAnonymous.into());
        }
        self.share_token(token);
        let target = HandleTarget::Token(token, Some(id));
        self.open_handle(thread, bind, Opening::plain(target, PEER_TOKEN_RIGHTS));
        Ok(Success::Granted(PEER_TOKEN_RIGHTS))
    }

    /// IMP-19: always succeeds.
    pub(super) fn revert(&mut self, thread: ThreadId) {
        let installed = self.threads.get_mut(thread.index()).and_then(|state| state.installed.take());
        if let Some(installed) = installed {
            self.drop_token(installed.token);
        }
    }
}
