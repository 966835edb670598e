//! Tests of aggregates, written as given/when/then, and the example values all such tests share.
//!
//! ```
//! use syncledger_domain::{device::{self, Device, Refusal}, testing::{given, policy_key, registered}};
//!
//! given::<Device>([registered()])
//!     .when(|device| device::acknowledge_policy(device, policy_key(1), 1, Default::default(), policy_key(2)))
//!     .then_refused(&Refusal::StalePolicyKey);
//! ```

use std::fmt::Debug;

use crate::{
    Aggregate,
    device::{DeviceEvent, DeviceRegistered, PolicyAcknowledged, PolicyOffered},
    directory::{AccountCreated, AccountEvent},
    event::{EventHash, fold},
    ids::{Address, CosId, DeviceType, PolicyKey, ProtocolVersion},
};

/// Starts a test with what happened before.
pub fn given<A: Aggregate>(events: impl IntoIterator<Item = A::Event>) -> Given<A> {
    let events: Vec<_> = events.into_iter().collect();
    Given { state: fold(&events) }
}

/// An aggregate with a history.
#[must_use = "a test without a decision tests nothing"]
pub struct Given<A> {
    state: A,
}

impl<A: Aggregate> Given<A> {
    /// Decides on that history.
    pub fn when<R>(self, decide: impl FnOnce(&A) -> Result<Vec<A::Event>, R>) -> Outcome<A, R> {
        let decided = decide(&self.state);
        Outcome { state: self.state, decided }
    }
}

/// What was decided.
#[must_use = "a decision without an expectation tests nothing"]
pub struct Outcome<A: Aggregate, R> {
    state: A,
    decided: Result<Vec<A::Event>, R>,
}

impl<A, R> Outcome<A, R>
where
    A: Aggregate,
    A::Event: PartialEq + Debug,
    R: PartialEq + Debug,
{
    /// Expects exactly these events; gives the state after them.
    ///
    /// # Panics
    /// When something else was decided.
    #[track_caller]
    pub fn then(self, expected: impl IntoIterator<Item = A::Event>) -> A {
        let expected: Vec<_> = expected.into_iter().collect();
        let mut state = self.state;
        assert_eq!(self.decided, Ok(expected.clone()));
        for event in &expected {
            state.evolve(event);
        }
        state
    }

    /// Expects that there was nothing to do; gives the state.
    ///
    /// # Panics
    /// When something else was decided.
    #[track_caller]
    pub fn then_nothing(self) -> A {
        self.then([])
    }

    /// Expects this very refusal.
    ///
    /// # Panics
    /// When something else was decided.
    #[track_caller]
    pub fn then_refused(self, refusal: &R) {
        assert_eq!(self.decided.as_ref(), Err(refusal));
    }
}

/// A phone was seen for the first time, speaking 14.1.
pub fn registered() -> DeviceEvent {
    DeviceEvent::Registered(DeviceRegistered {
        device_type: device_type("Phone"),
        user_agent: "Phone/1.0".to_owned(),
        protocol_version: Some(ProtocolVersion::V14_1),
    })
}

/// A policy ([`digest`] of `policy`) was offered under a temporary key.
pub fn policy_offered(key: u32, policy: u8) -> DeviceEvent {
    DeviceEvent::PolicyOffered(PolicyOffered { key: policy_key(key), digest: digest(policy) })
}

/// The policy offered under `offered` was applied fully, and the device given the final key `key`.
pub fn policy_acknowledged(offered: u32, key: u32, policy: u8) -> DeviceEvent {
    DeviceEvent::PolicyAcknowledged(PolicyAcknowledged {
        offered: policy_key(offered),
        key: policy_key(key),
        status: 1,
        digest: digest(policy),
    })
}

/// alice@example.com came to be, in the default class of service.
pub fn account_created() -> AccountEvent {
    AccountEvent::Created(AccountCreated { address: address("alice@example.com"), cos: None })
}

/// A policy key.
///
/// # Panics
/// For 0, which is no key.
pub fn policy_key(value: u32) -> PolicyKey {
    PolicyKey::new(value).expect("tests name keys other than 0")
}

/// A digest that is told from others by one number.
pub fn digest(number: u8) -> EventHash {
    EventHash([number; 32])
}

/// An address.
///
/// # Panics
/// When it is none.
pub fn address(text: &str) -> Address {
    Address::new(text).expect("tests name valid addresses")
}

/// A device type.
///
/// # Panics
/// When it is none.
pub fn device_type(text: &str) -> DeviceType {
    DeviceType::new(text).expect("tests name valid device types")
}

/// A class of service.
///
/// # Panics
/// When it is none.
pub fn cos_id(text: &str) -> CosId {
    CosId::new(text).expect("tests name valid classes of service")
}
