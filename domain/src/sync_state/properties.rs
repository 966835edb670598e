//! Whatever is lost, repeated, raced, changed or restarted: a simulated client ends with exactly the mailbox's content,
//! nothing created twice, nothing lost, in a bounded number of exchanges.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{
    AppliedChange, ClientOperation, Delta, Effect, Filter, ItemsRegistered, Known, Limits, Standing,
    SyncEvent, SyncState, apply_client, plan,
};
use crate::{
    Aggregate,
    ids::{ClientId, ItemId, SyncKey},
    ports::mailbox::{Fingerprint, FolderIndex, IndexEntry},
};

/// The folder on the server.
#[derive(Default)]
struct Folder {
    items: BTreeMap<ItemId, Fingerprint>,
    created: BTreeMap<ClientId, ItemId>,
    next: u64,
}

impl Folder {
    fn deliver(&mut self) -> ItemId {
        self.next += 1;
        let item = ItemId::new(&format!("m{:05}", self.next)).unwrap();
        self.items.insert(item.clone(), Fingerprint(0));
        item
    }

    /// Like a mailbox that finds an earlier creation by its origin. What was found may have been changed since by
    /// somebody else, so the client does not know its state.
    fn create(&mut self, client_id: &ClientId) -> (ItemId, Effect) {
        if let Some(item) = self.created.get(client_id) {
            let known = Effect::Known(Fingerprint::DIFFERENT);
            return (item.clone(), known);
        }
        let item = self.deliver();
        self.created.insert(client_id.clone(), item.clone());
        (item, Effect::Known(Fingerprint(0)))
    }

    fn pick(&self, choice: usize) -> Option<ItemId> {
        let count = self.items.len();
        (count > 0).then(|| self.items.keys().nth(choice % count).unwrap().clone())
    }

    fn index(&self) -> FolderIndex {
        let entry = |(id, fingerprint): (&ItemId, &Fingerprint)| IndexEntry {
            id: id.clone(),
            fingerprint: *fingerprint,
            date: 0,
            size: 10,
        };
        FolderIndex { entries: self.items.iter().map(entry).collect(), token: "".into() }
    }
}

#[derive(Clone, Debug)]
enum Operation {
    Add(ClientId),
    Change(ItemId, u64),
    Delete(ItemId),
}

#[derive(Clone, Debug)]
struct Request {
    key: Option<SyncKey>,
    window: usize,
    operations: Vec<Operation>,
}

#[derive(Clone, Debug)]
enum Answer {
    /// Start from key 0.
    Refused,
    Given {
        key: SyncKey,
        created: Vec<(ClientId, ItemId)>,
        delta: Delta,
        more: bool,
    },
}

/// The server: nothing but its log survives a restart.
#[derive(Default)]
struct Server {
    log: Vec<SyncEvent>,
}

impl Server {
    fn state(&self) -> SyncState {
        let mut state = SyncState::default();
        for event in &self.log {
            state.evolve(event);
        }
        state
    }

    /// Decides on a state that may be stale; the events go to the log only if nobody was faster.
    fn decide(folder: &mut Folder, state: &SyncState, request: &Request) -> (Vec<SyncEvent>, Answer) {
        let Some(key) = request.key else {
            let mut fresh = state.clone();
            let mut events = Vec::new();
            if let Some(offer) = state.offer.as_ref().filter(|_| state.start_is_repeated(None)) {
                let key = SyncKey { generation: state.generation, counter: offer.to };
                let answer = Answer::Given { key, created: Vec::new(), delta: Delta::default(), more: true };
                return (events, answer);
            }
            events.push(state.start(None));
            fresh.evolve(&events[0]);
            events.extend(fresh.offer(Standing::Current, Delta::default(), Vec::new()));
            let key = key_of(&events).unwrap();
            return (events, Answer::Given { key, created: Vec::new(), delta: Delta::default(), more: true });
        };
        let Ok(standing) = state.standing(key) else { return (Vec::new(), Answer::Refused) };
        let mut carried = state.carried(standing).to_vec();
        let mut created = Vec::new();
        let mut applied = Vec::new();
        for operation in &request.operations {
            let kind = kind_of(operation);
            let repeated = carried.iter().position(|done| {
                done.operation == kind && (is_add(&kind) || done.item.as_ref() == item_of(operation))
            });
            let done = if let Some(at) = repeated {
                carried.remove(at)
            } else {
                let done = execute(folder, operation, kind);
                applied.push(done.clone());
                done
            };
            if let (Operation::Add(client_id), Some(item)) = (operation, &done.item) {
                created.push((client_id.clone(), item.clone()));
            }
        }
        let mut known = state.baseline(standing);
        apply_client(&applied, &mut known);
        let limits = Limits { window: state.shrunk_window(standing, request.window), bytes: 1000 };
        let planned = plan(&known, &state.skipped, &folder.index(), Filter::default(), limits);
        let events = state.offer(standing, planned.delta, applied);
        let delta = events.iter().find_map(|event| match event {
            SyncEvent::Offered(offered) => Some(offered.delta.clone()),
            _ => None,
        });
        let key = key_of(&events).unwrap_or(key);
        (
            events,
            Answer::Given { key, created, delta: delta.unwrap_or_default(), more: planned.remaining > 0 },
        )
    }

    fn handle(&mut self, folder: &mut Folder, request: &Request) -> Answer {
        let (events, answer) = Self::decide(folder, &self.state(), request);
        self.log.extend(events);
        answer
    }
}

fn execute(folder: &mut Folder, operation: &Operation, kind: ClientOperation) -> AppliedChange {
    let (item, effect, reply) = match operation {
        Operation::Add(client_id) => {
            let (item, effect) = folder.create(client_id);
            (item, effect, 1)
        }
        Operation::Change(item, value) => match folder.items.get_mut(item) {
            Some(fingerprint) => {
                *fingerprint = Fingerprint(*value);
                (item.clone(), Effect::Known(*fingerprint), 1)
            }
            None => (item.clone(), Effect::None, 8),
        },
        Operation::Delete(item) => {
            folder.items.remove(item);
            (item.clone(), Effect::Gone, 1)
        }
    };
    AppliedChange { operation: kind, item: Some(item), effect, reply }
}

fn kind_of(operation: &Operation) -> ClientOperation {
    match operation {
        Operation::Add(client_id) => ClientOperation::Add(client_id.clone()),
        Operation::Change(_, value) => ClientOperation::Change { digest: *value },
        Operation::Delete(_) => ClientOperation::Delete,
    }
}

fn is_add(kind: &ClientOperation) -> bool {
    matches!(kind, ClientOperation::Add(_))
}

fn item_of(operation: &Operation) -> Option<&ItemId> {
    match operation {
        Operation::Add(_) => None,
        Operation::Change(item, _) | Operation::Delete(item) => Some(item),
    }
}

fn key_of(events: &[SyncEvent]) -> Option<SyncKey> {
    events.iter().find_map(|event| match event {
        SyncEvent::Offered(offered) => Some(SyncKey { generation: offered.generation, counter: offered.to }),
        _ => None,
    })
}

/// A careful client: repeats a request whose answer was lost, with everything it held.
#[derive(Default)]
struct Client {
    key: Option<SyncKey>,
    items: Known,
    pending: Vec<Operation>,
    created: usize,
    restarts: usize,
    more: bool,
}

impl Client {
    fn request(&self, window: usize) -> Request {
        let operations = if self.key.is_some() { self.pending.clone() } else { Vec::new() };
        Request { key: self.key, window, operations }
    }

    /// Takes an answer to a request with the first `sent` pending operations.
    fn take(&mut self, answer: Answer, sent: usize) {
        match answer {
            Answer::Refused => {
                self.key = None;
                self.items = Known::default();
                self.restarts += 1;
                self.more = true;
            }
            Answer::Given { key, created, delta, more } => {
                self.key = Some(key);
                self.pending.drain(..sent);
                for (_, item) in created {
                    self.items.insert(item, Fingerprint(0));
                }
                for (item, fingerprint) in delta.adds.into_iter().chain(delta.changes) {
                    self.items.insert(item, fingerprint);
                }
                for item in delta.removes.iter().chain(&delta.soft_removes) {
                    self.items.remove(item);
                }
                self.more = more;
            }
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Deliver,
    ServerChange(usize, u64),
    ServerRemove(usize),
    ClientAdd,
    ClientChange(usize, u64),
    ClientDelete(usize),
    Sync {
        window: usize,
    },
    /// The server did everything, the answer never arrived.
    LostAnswer {
        window: usize,
    },
    /// MoveItems brought an item in: the device knows it by its new id, and the server registered that.
    MovedIn,
    /// The account was added again: the device forgets everything and starts from key 0.
    StartOver,
    /// The server died between executing the client's changes and appending.
    CrashBeforeAppend {
        window: usize,
    },
    /// The client sends the request twice at once; both are decided on the same state, one append loses and is decided
    /// anew. The client takes the answer to the first or to the second.
    Twice {
        window: usize,
        takes_second: bool,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let window = 1..8_usize;
    prop_oneof![
        4 => Just(Step::Deliver),
        2 => (any::<usize>(), 0..4_u64).prop_map(|(choice, value)| Step::ServerChange(choice, value)),
        1 => any::<usize>().prop_map(Step::ServerRemove),
        2 => Just(Step::ClientAdd),
        2 => (any::<usize>(), 0..4_u64).prop_map(|(choice, value)| Step::ClientChange(choice, value)),
        1 => any::<usize>().prop_map(Step::ClientDelete),
        4 => window.clone().prop_map(|window| Step::Sync { window }),
        1 => Just(Step::MovedIn),
        1 => Just(Step::StartOver),
        3 => window.clone().prop_map(|window| Step::LostAnswer { window }),
        2 => window.clone().prop_map(|window| Step::CrashBeforeAppend { window }),
        2 => (window, any::<bool>()).prop_map(|(window, takes_second)| Step::Twice { window, takes_second }),
    ]
}

#[derive(Default)]
struct World {
    folder: Folder,
    server: Server,
    client: Client,
}

impl World {
    fn run(&mut self, step: &Step) {
        match step {
            Step::Deliver => drop(self.folder.deliver()),
            Step::ServerChange(choice, value) => {
                if let Some(item) = self.folder.pick(*choice) {
                    self.folder.items.insert(item, Fingerprint(*value));
                }
            }
            Step::ServerRemove(choice) => {
                if let Some(item) = self.folder.pick(*choice) {
                    self.folder.items.remove(&item);
                }
            }
            Step::ClientAdd => {
                self.client.created += 1;
                let id = ClientId::new(&format!("c{}", self.client.created)).unwrap();
                self.client.pending.push(Operation::Add(id));
            }
            Step::ClientChange(choice, value) => {
                if let Some(item) = self.own(*choice) {
                    self.client.items.insert(item.clone(), Fingerprint(*value));
                    self.client.pending.push(Operation::Change(item, *value));
                }
            }
            Step::ClientDelete(choice) => {
                if let Some(item) = self.own(*choice) {
                    self.client.items.remove(&item);
                    self.client.pending.push(Operation::Delete(item));
                }
            }
            Step::MovedIn => self.move_in(),
            Step::StartOver => self.client = Client { created: self.client.created, ..Client::default() },
            Step::Sync { window } => self.sync(*window),
            Step::LostAnswer { window } => {
                let request = self.client.request(*window);
                let _lost = self.server.handle(&mut self.folder, &request);
            }
            Step::CrashBeforeAppend { window } => {
                let request = self.client.request(*window);
                let state = self.server.state();
                let _never_appended = Server::decide(&mut self.folder, &state, &request);
            }
            Step::Twice { window, takes_second } => {
                let request = self.client.request(*window);
                let stale = self.server.state();
                let (events, first) = Server::decide(&mut self.folder, &stale, &request);
                // The second was decided on the same state as well; its append conflicts and it is decided anew.
                let _conflicting = Server::decide(&mut self.folder, &stale, &request);
                self.server.log.extend(events);
                let second = self.server.handle(&mut self.folder, &request);
                let taken = if *takes_second { second } else { first };
                self.client.take(taken, request.operations.len());
            }
        }
    }

    /// As the room of MoveItems does it: moved, registered where the collection is synchronised, answered.
    fn move_in(&mut self) {
        if self.client.key.is_none() {
            return;
        }
        let item = self.folder.deliver();
        let known = vec![(item.clone(), Fingerprint(0))];
        let registered = ItemsRegistered { known, gone: Vec::new() };
        self.server.log.extend(self.server.state().register_items(registered));
        self.client.items.insert(item, Fingerprint(0));
    }

    fn own(&self, choice: usize) -> Option<ItemId> {
        let count = self.client.items.len();
        (count > 0).then(|| self.client.items.keys().nth(choice % count).unwrap().clone())
    }

    fn sync(&mut self, window: usize) {
        let request = self.client.request(window);
        let answer = self.server.handle(&mut self.folder, &request);
        self.client.take(answer, request.operations.len());
    }

    /// Exchanges until the client is up to date.
    fn settle(&mut self) -> usize {
        let mut exchanges = 0;
        loop {
            let key = self.client.key;
            self.sync(5);
            exchanges += 1;
            let quiet = self.client.key == key && self.client.pending.is_empty() && !self.client.more;
            if quiet || exchanges > 10_000 {
                return exchanges;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn the_client_ends_with_the_mailbox_content(steps in prop::collection::vec(step(), 0..80)) {
        let mut world = World::default();
        for step in &steps {
            world.run(step);
        }
        let exchanges = world.settle();
        // An answer that stays empty while skipped items are on trial still moves the key: allow for it.
        let bound = 12 + world.folder.items.len() + steps.len();
        prop_assert!(exchanges <= bound, "{exchanges} exchanges, bound {bound}");
        let mailbox: Known = world.folder.items.iter().map(|(item, state)| (item.clone(), *state)).collect();
        let skipped = world.server.state().skipped;
        let delivered: Known =
            mailbox.iter().filter(|(i, s)| skipped.get(*i) != Some(*s)).map(|(i, s)| (i.clone(), *s)).collect();
        let held: Known = world
            .client
            .items
            .iter()
            .filter(|(i, _)| !skipped.contains_key(*i))
            .map(|(i, s)| (i.clone(), *s))
            .collect();
        let expected: Known =
            delivered.iter().filter(|(i, _)| !skipped.contains_key(*i)).map(|(i, s)| (i.clone(), *s)).collect();
        prop_assert_eq!(held, expected);
        prop_assert_eq!(world.client.restarts, 0, "no key this client was given is ever refused");
        let asked = steps.iter().filter(|step| matches!(step, Step::ClientAdd)).count();
        let forgotten = steps.iter().any(|step| matches!(step, Step::StartOver));
        prop_assert!(world.folder.created.len() <= asked, "no Add created two items");
        prop_assert!(forgotten || world.folder.created.len() == asked, "each Add created exactly one item");
        prop_assert_eq!(world.server.state().news(&world.folder.index(), Filter::default()), 0);
    }

    #[test]
    fn nothing_is_appended_while_nothing_happens(deliveries in 0..20_usize) {
        let mut world = World::default();
        for _ in 0..deliveries {
            world.run(&Step::Deliver);
        }
        world.settle();
        let length = world.server.log.len();
        for _ in 0..5 {
            world.sync(5);
        }
        prop_assert_eq!(world.server.log.len(), length);
    }
}
