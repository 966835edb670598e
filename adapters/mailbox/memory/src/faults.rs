//! Faults and delays a test can put between caller and mailbox, and counters of what was called.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use syncledger_domain::{
    ids::ItemId,
    ports::mailbox::{BackendKey, MailboxError},
};

/// A method of the port.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Method {
    /// `Mailboxes::open`
    Open,
    /// `Mailbox::folders`
    Folders,
    /// `Mailbox::index`
    Index,
    /// `Mailbox::fetch`
    Fetch,
    /// `Mailbox::create`
    Create,
    /// `Mailbox::update`
    Update,
    /// `Mailbox::move_items`
    MoveItems,
    /// `Mailbox::delete`
    Delete,
    /// `Mailbox::search`
    Search,
    /// `Mailbox::watch`
    Watch,
}

/// How often each method was called, failed calls included.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Calls(HashMap<Method, u64>);

impl Calls {
    /// Calls of one method.
    pub fn of(&self, method: Method) -> u64 {
        self.0.get(&method).copied().unwrap_or(0)
    }

    /// Calls of all methods together.
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }
}

/// What stands between the callers of one mailbox and its content.
#[derive(Debug, Default)]
pub struct Faults {
    plan: Mutex<Plan>,
}

#[derive(Debug, Default)]
struct Plan {
    next: VecDeque<Fault>,
    only: HashMap<Method, VecDeque<Fault>>,
    folders: HashMap<BackendKey, MailboxError>,
    items: HashMap<ItemId, ItemFault>,
    down: bool,
    delay: Duration,
    calls: Calls,
}

#[derive(Clone, Debug)]
enum Fault {
    Fail(MailboxError),
    LoseAnswer,
}

/// What is wrong with one item.
#[derive(Clone, Debug)]
pub(crate) enum ItemFault {
    Fail(MailboxError),
    LeaveOut,
}

impl Faults {
    /// From now on every call for this folder fails with `error`.
    pub fn refuse_folder(&self, folder: &BackendKey, error: &MailboxError) {
        self.plan().folders.insert(folder.clone(), error.clone());
    }

    /// From now on this item cannot be fetched: the stream ends with `error` when its turn comes.
    pub fn break_item(&self, item: &ItemId, error: &MailboxError) {
        self.plan().items.insert(item.clone(), ItemFault::Fail(error.clone()));
    }

    /// From now on a fetch leaves this item out although the index lists it.
    pub fn leave_out_item(&self, item: &ItemId) {
        self.plan().items.insert(item.clone(), ItemFault::LeaveOut);
    }

    pub(crate) fn of_folder(&self, folder: &BackendKey) -> Result<(), MailboxError> {
        self.plan().folders.get(folder).cloned().map_or(Ok(()), Err)
    }

    pub(crate) fn of_item(&self, item: &ItemId) -> Option<ItemFault> {
        self.plan().items.get(item).cloned()
    }

    /// The next `calls` calls, of whatever method, fail with `error` and change nothing.
    pub fn fail_next(&self, calls: usize, error: &MailboxError) {
        self.plan().next.extend(std::iter::repeat_n(Fault::Fail(error.clone()), calls));
    }

    /// The next `calls` calls of `method` fail with `error` and change nothing.
    pub fn fail_next_of(&self, method: Method, calls: usize, error: &MailboxError) {
        let faults = std::iter::repeat_n(Fault::Fail(error.clone()), calls);
        self.plan().only.entry(method).or_default().extend(faults);
    }

    /// The next `calls` calls of `method` take effect, but their answer is lost: they return
    /// [`MailboxError::Unavailable`].
    pub fn lose_answers_of(&self, method: Method, calls: usize) {
        self.plan().only.entry(method).or_default().extend(std::iter::repeat_n(Fault::LoseAnswer, calls));
    }

    /// While down, every call fails with [`MailboxError::Unavailable`]. Coming up again wakes all watches, as a
    /// reconnect would; see [`crate::MemoryMailbox::set_down`].
    pub(crate) fn set_down(&self, down: bool) {
        self.plan().down = down;
    }

    /// How long each call waits before it does anything.
    pub fn delay(&self, delay: Duration) {
        self.plan().delay = delay;
    }

    /// What was called so far.
    pub fn calls(&self) -> Calls {
        self.plan().calls.clone()
    }

    /// Counts a call, waits, and says whether it may go on.
    pub(crate) async fn enter(&self, method: Method) -> Result<Passage, MailboxError> {
        let delay = {
            let mut plan = self.plan();
            *plan.calls.0.entry(method).or_default() += 1;
            plan.delay
        };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let mut plan = self.plan();
        if plan.down {
            return Err(MailboxError::Unavailable("down".to_owned()));
        }
        let planned = plan.only.get_mut(&method).and_then(VecDeque::pop_front);
        match planned.or_else(|| plan.next.pop_front()) {
            Some(Fault::Fail(error)) => Err(error),
            Some(Fault::LoseAnswer) => Ok(Passage { answer_lost: true }),
            None => Ok(Passage { answer_lost: false }),
        }
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call on its way; it ends through [`Passage::answer`].
#[must_use]
pub(crate) struct Passage {
    answer_lost: bool,
}

impl Passage {
    /// The answer, unless it is to be lost.
    pub(crate) fn answer<T>(self, value: T) -> Result<T, MailboxError> {
        if self.answer_lost { Err(MailboxError::Unavailable("answer lost".to_owned())) } else { Ok(value) }
    }
}
