//! Accidents on order: what happens to phones in tunnels, lifts and pockets.

use crate::wire::Command;

/// What is to happen to one request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// Nothing: the request is spared, so that a later one is hit.
    Spare,
    /// The request is served, the answer thrown away unread; the phone learns nothing from it.
    LoseAnswer,
    /// The connection is dropped as soon as the whole request is written.
    HangUp,
    /// The same request goes out twice at the same time, on two connections; one of the answers is used. Which of
    /// them the server served first is unknown, so the key that is used may be the one that is superseded.
    Duplicate(Keep),
}

/// Which answer of two is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keep {
    /// The one that comes first.
    First,
    /// The one that comes last.
    Last,
}

/// Faults that wait for their request, in order.
#[derive(Clone, Default, Debug)]
pub(crate) struct Faults(Vec<(Option<Command>, Fault)>);

impl Faults {
    /// `command` is the one to befall; `None` is whichever comes next.
    pub(crate) fn push(&mut self, command: Option<Command>, fault: Fault) {
        self.0.push((command, fault));
    }

    /// The first fault that fits.
    pub(crate) fn take(&mut self, command: Command) -> Option<Fault> {
        let at = self.0.iter().position(|(wanted, _)| wanted.is_none_or(|wanted| wanted == command))?;
        Some(self.0.remove(at).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_waits_for_its_command_and_strikes_once() {
        let mut faults = Faults::default();
        faults.push(Some(Command::Sync), Fault::LoseAnswer);
        faults.push(None, Fault::HangUp);
        assert_eq!(faults.take(Command::Ping), Some(Fault::HangUp));
        assert_eq!(faults.take(Command::Ping), None);
        assert_eq!(faults.take(Command::Sync), Some(Fault::LoseAnswer));
        assert_eq!(faults.take(Command::Sync), None);
    }
}
