//! Services: which parts of the server run on which node.
//!
//! Starting and stopping by hand is an order to nodes that run now; a node that starts again goes by its configuration.
//! Whether a service runs also depends on attributes, which the caller brings as [`Facts`]. One stream, `services`.
//!
//! The service `abq` is one for all nodes: a verdict must not depend on which node is asked, or a device that goes from one
//! to another would start anew each time. An order about it stands until another one; only where there is no other node
//! does a start go by the configuration again.

mod event;

use std::collections::{BTreeMap, BTreeSet};

pub use event::{NodeStarted, Service, ServiceSwitched, ServicesEvent};

use crate::{Aggregate, codes, ids::NodeName};

/// Most nodes remembered.
const MAX_NODES: usize = 1000;

/// What was ordered.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Services {
    /// By node.
    pub nodes: BTreeMap<NodeName, OfNode>,
    /// Whether `abq` is stopped, on all nodes.
    pub abq_stopped: bool,
    /// How many starts there were.
    starts: u64,
}

/// What was ordered on one node since it started.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OfNode {
    /// Services that are stopped; never `abq`.
    pub stopped: BTreeSet<Service>,
    /// Its last start, as a number.
    started: u64,
    /// How often each was restarted: whoever sees the number change starts anew.
    pub restarts: BTreeMap<Service, u64>,
}

impl Aggregate for Services {
    type Event = ServicesEvent;

    fn evolve(&mut self, event: &ServicesEvent) {
        match event {
            ServicesEvent::NodeStarted(started) => {
                self.starts += 1;
                let node = self.nodes.entry(started.node.clone()).or_default();
                node.stopped = started.stopped.iter().copied().filter(|it| *it != Service::Abq).collect();
                node.started = self.starts;
                if self.nodes.len() == 1 {
                    self.abq_stopped = started.stopped.contains(&Service::Abq);
                }
                self.forget_oldest();
            }
            ServicesEvent::Started(switched) => self.set(switched, true),
            ServicesEvent::Stopped(switched) => self.set(switched, false),
            ServicesEvent::Restarted(switched) => {
                self.set(switched, true);
                self.each(switched, |node| *node.restarts.entry(switched.service).or_default() += 1);
            }
        }
    }
}

impl Services {
    fn set(&mut self, switched: &ServiceSwitched, runs: bool) {
        let service = switched.service;
        if service == Service::Abq {
            self.abq_stopped = !runs;
            return;
        }
        self.each(switched, |node| {
            if runs {
                node.stopped.remove(&service);
            } else {
                node.stopped.insert(service);
            }
        });
    }

    fn forget_oldest(&mut self) {
        if self.nodes.len() > MAX_NODES {
            let oldest = self.nodes.iter().min_by_key(|(_, node)| node.started).map(|(name, _)| name.clone());
            oldest.map(|name| self.nodes.remove(&name));
        }
    }

    /// Whether devices are judged, on whichever node they come to.
    pub fn judges(&self, facts: Facts) -> bool {
        !self.abq_stopped && facts.hinders(Service::Abq).is_none()
    }

    fn each(&mut self, switched: &ServiceSwitched, change: impl Fn(&mut OfNode)) {
        match &switched.node {
            Some(node) => change(self.nodes.entry(node.clone()).or_default()),
            None => self.nodes.values_mut().for_each(change),
        }
    }

    /// How often a service was restarted on a node.
    pub fn restarts(&self, node: &NodeName, service: Service) -> u64 {
        self.nodes.get(node).and_then(|node| node.restarts.get(&service)).copied().unwrap_or_default()
    }

    /// How a service does on a node.
    pub fn state(&self, node: &NodeName, service: Service, facts: Facts) -> State {
        if let Some(reason) = facts.hinders(service) {
            return State { running: false, could_start: false, could_stop: false, hindered: Some(reason) };
        }
        let stopped = |service| match service {
            Service::Abq => self.abq_stopped,
            _ => self.nodes.get(node).is_some_and(|node| node.stopped.contains(&service)),
        };
        if service != Service::Module && stopped(Service::Module) {
            let reason = "module is stopped";
            return State { running: false, could_start: false, could_stop: false, hindered: Some(reason) };
        }
        let running = !stopped(service);
        State { running, could_start: !running, could_stop: running, hindered: None }
    }

    /// Whether a service runs on a node.
    pub fn runs(&self, node: &NodeName, service: Service, facts: Facts) -> bool {
        self.state(node, service, facts).running
    }
}

/// What services depend on besides orders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    /// The global mode is Disabled.
    pub abq_disabled: bool,
    /// The attribute `mobileAntiDosServiceEnabled`.
    pub anti_dos_enabled: bool,
}

impl Facts {
    /// Why a service cannot run, if so.
    fn hinders(self, service: Service) -> Option<&'static str> {
        match service {
            Service::Module | Service::ActiveSync => None,
            Service::Abq => self.abq_disabled.then_some("abq mode is Disabled"),
            Service::AntiDos => (!self.anti_dos_enabled).then_some("anti-dos disabled"),
            Service::Autodiscover | Service::AddressBook => Some("not part of this version"),
        }
    }
}

/// How a service does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct State {
    /// Whether it runs.
    pub running: bool,
    /// Whether it could be started now.
    pub could_start: bool,
    /// Whether it could be stopped now.
    pub could_stop: bool,
    /// Why it cannot start, if it cannot.
    pub hindered: Option<&'static str>,
}

/// Why an order is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// No node of that name was ever started.
    #[error("node '{0}' does not exist")]
    NoSuchNode(NodeName),
    /// It cannot start.
    #[error("{service} cannot start: {reason}")]
    CannotStart {
        /// Which.
        service: Service,
        /// Why.
        reason: &'static str,
    },
    /// It cannot stop.
    #[error("{service} cannot stop: {reason}")]
    CannotStop {
        /// Which.
        service: Service,
        /// Why.
        reason: &'static str,
    },
}

impl Refusal {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoSuchNode(_) => codes::NO_SUCH_SERVER,
            Self::CannotStart { .. } => codes::CANNOT_START,
            Self::CannotStop { .. } => codes::CANNOT_STOP,
        }
    }
}

/// What to do with a service.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Order {
    /// Start it; one that runs goes on.
    Start,
    /// Stop it; one that is stopped stays so.
    Stop,
    /// Stop and start it.
    Restart,
}

/// Orders a service on a node, or on all.
///
/// # Errors
/// [`Refusal`].
pub fn switch(
    services: &Services,
    service: Service,
    order: Order,
    node: Option<&NodeName>,
    facts: Facts,
) -> Result<Vec<ServicesEvent>, Refusal> {
    if let Some(unknown) = node.filter(|node| !services.nodes.contains_key(*node)) {
        return Err(Refusal::NoSuchNode(unknown.clone()));
    }
    let states: Vec<_> = services
        .nodes
        .keys()
        .filter(|name| node.is_none_or(|node| node == *name))
        .map(|name| services.state(name, service, facts))
        .collect();
    if let Some(reason) = states.iter().find_map(|state| state.hindered) {
        return Err(match order {
            Order::Stop => Refusal::CannotStop { service, reason },
            Order::Start | Order::Restart => Refusal::CannotStart { service, reason },
        });
    }
    let switched = ServiceSwitched { service, node: node.cloned() };
    let nothing = match order {
        Order::Start => states.iter().all(|state| state.running),
        Order::Stop => states.iter().all(|state| !state.running),
        Order::Restart => states.is_empty(),
    };
    Ok(if nothing {
        Vec::new()
    } else {
        vec![match order {
            Order::Start => ServicesEvent::Started(switched),
            Order::Stop => ServicesEvent::Stopped(switched),
            Order::Restart => ServicesEvent::Restarted(switched),
        }]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::given;

    const FACTS: Facts = Facts { abq_disabled: false, anti_dos_enabled: true };

    fn node(name: &str) -> NodeName {
        NodeName::new(name).unwrap()
    }

    fn started(name: &str) -> ServicesEvent {
        ServicesEvent::NodeStarted(NodeStarted { node: node(name), stopped: Vec::new() })
    }

    fn on(name: &str, service: Service) -> ServiceSwitched {
        ServiceSwitched { service, node: Some(node(name)) }
    }

    #[test]
    fn orders_are_for_a_node_until_it_starts_again() {
        let one = node("one");
        let order = |services: &Services, order| switch(services, Service::AntiDos, order, Some(&one), FACTS);
        let stopped = given::<Services>([started("one"), started("two")])
            .when(|it| order(it, Order::Stop))
            .then([ServicesEvent::Stopped(on("one", Service::AntiDos))]);
        let runs = |services: &Services, name| services.runs(&node(name), Service::AntiDos, FACTS);
        assert!(!runs(&stopped, "one") && runs(&stopped, "two"));
        assert_eq!(order(&stopped, Order::Stop), Ok(Vec::new()));
        let mut again = stopped;
        again.evolve(&started("one"));
        assert!(runs(&again, "one"));
        let all = ServicesEvent::Restarted(ServiceSwitched { service: Service::AntiDos, node: None });
        again.evolve(&all);
        assert_eq!([&one, &node("two")].map(|name| again.restarts(name, Service::AntiDos)), [1, 1]);
    }

    #[test]
    fn all_nodes_judge_or_none_does() {
        let runs =
            |services: &Services| ["one", "two"].map(|name| services.runs(&node(name), Service::Abq, FACTS));
        let mut services = given::<Services>([started("one"), started("two")])
            .when(|it| switch(it, Service::Abq, Order::Stop, Some(&node("one")), FACTS))
            .then([ServicesEvent::Stopped(on("one", Service::Abq))]);
        assert_eq!(runs(&services), [false; 2]);
        services.evolve(&started("two"));
        assert_eq!(runs(&services), [false; 2], "one node's start undoes no order for all");
        let mut alone: Services =
            crate::event::fold(&[started("one"), ServicesEvent::Stopped(on("one", Service::Abq))]);
        assert!(!alone.judges(FACTS));
        alone.evolve(&started("one"));
        assert!(alone.judges(FACTS), "the only node goes by its configuration");
        alone.evolve(&ServicesEvent::Stopped(on("one", Service::Module)));
        assert!(alone.judges(FACTS), "a verdict does not depend on what else runs");
    }

    #[test]
    fn what_hinders_a_service_is_said() {
        let hindered = Facts { abq_disabled: true, anti_dos_enabled: false };
        let refused = |service, order, reason| {
            let why = match order {
                Order::Stop => Refusal::CannotStop { service, reason },
                Order::Start | Order::Restart => Refusal::CannotStart { service, reason },
            };
            given::<Services>([started("one")])
                .when(|it| switch(it, service, order, Some(&node("one")), hindered))
                .then_refused(&why);
        };
        refused(Service::Abq, Order::Start, "abq mode is Disabled");
        refused(Service::AntiDos, Order::Stop, "anti-dos disabled");
        refused(Service::AntiDos, Order::Restart, "anti-dos disabled");
        refused(Service::AddressBook, Order::Start, "not part of this version");
        given::<Services>([started("one")])
            .when(|it| switch(it, Service::Module, Order::Stop, Some(&node("three")), FACTS))
            .then_refused(&Refusal::NoSuchNode(node("three")));
    }

    #[test]
    fn without_the_module_nothing_runs() {
        let services: Services =
            crate::event::fold(&[started("one"), ServicesEvent::Stopped(on("one", Service::Module))]);
        for service in Service::ALL {
            assert!(!services.runs(&node("one"), service, FACTS), "{service}");
        }
        assert!(services.state(&node("one"), Service::Module, FACTS).could_start);
        assert_eq!(
            services.state(&node("one"), Service::ActiveSync, FACTS).hindered,
            Some("module is stopped")
        );
    }

    #[test]
    fn both_names_of_a_service_are_understood() {
        for (text, service) in [
            ("activesync", Service::ActiveSync),
            ("ActiveSync-Services", Service::ActiveSync),
            ("abq", Service::Abq),
            ("abq-services", Service::Abq),
            ("anti-dos", Service::AntiDos),
        ] {
            assert_eq!(text.parse::<Service>(), Ok(service));
        }
        assert!("mail".parse::<Service>().is_err());
    }
}
