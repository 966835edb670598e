//! What a request leads to; all rules of the command are here.

use syncledger_domain::{
    device::{Barrier, DeviceInfo},
    ids::{PolicyKey, ProtocolVersion},
};

use super::{
    policy::{POLICY_TYPE_WBXML, Rules},
    request::{Defect, PolicyPart, ProvisionRequest, WipeAnswer},
    status::{PolicyStatus, ProvisionStatus, client},
    wipe::{Order, Taken},
};
use crate::answer::CommonStatus;

/// What is known of the device beforehand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Known {
    /// It has told about itself before.
    pub(super) described: bool,
    /// The order of its administrator that stands.
    pub(super) barrier: Option<Barrier>,
}

/// What to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Plan {
    /// Nothing: answer.
    Answer(Settled),
    /// Nothing: the device stays out, for this reason.
    KeepOut(&'static str),
    /// Take its word that it has erased itself, or could not; the order goes out again where there is need.
    TakeAnswer { answer: WipeAnswer, order: Option<Order> },
    /// Store what the device tells about itself, then take the step; the order goes out with the answer.
    Do { info: Option<DeviceInfo>, step: Step, order: Option<Order> },
    /// The order goes out and nothing else is done.
    Order(Order),
}

/// What happens to the policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Step {
    /// Nothing.
    Record,
    /// Nothing, since nobody knows a policy of this type.
    UnknownType(String),
    /// It is offered under a temporary key.
    Offer(String),
    /// It is acknowledged.
    Acknowledge(Acknowledgement),
}

/// What the device says of the policy it got.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Acknowledgement {
    pub(super) policy_type: String,
    pub(super) key: PolicyKey,
    pub(super) status: u8,
}

/// How it ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Settled {
    /// Whether the device's information was stored.
    pub(super) informed: bool,
    pub(super) status: ProvisionStatus,
    pub(super) policy: Option<SettledPolicy>,
    /// What the device is to erase.
    pub(super) order: Option<Order>,
}

/// How it ends for the policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct SettledPolicy {
    /// As the device named it.
    pub(super) policy_type: String,
    pub(super) status: PolicyStatus,
    /// Temporary with rules, final without.
    pub(super) key: Option<PolicyKey>,
    pub(super) rules: Option<Rules>,
}

/// A wipe goes before everything: whatever a device sends, malformed or not, is answered with the order, until it says that
/// it has erased itself.
pub(super) fn plan(
    request: Result<ProvisionRequest, Defect>,
    version: ProtocolVersion,
    known: Known,
) -> Plan {
    let answer = request.as_ref().ok().and_then(|request| request.wipe);
    match known.barrier {
        Some(Barrier::WipePending { account_only }) => {
            plan_wipe(request, answer, version, known, account_only)
        }
        // Its first answer counted; it repeats it because it did not hear so.
        Some(Barrier::Wiped) if answer.is_some() => Plan::Answer(Settled::status(ProvisionStatus::Success)),
        Some(Barrier::Wiped) => Plan::KeepOut("the device was wiped and has not been removed"),
        Some(Barrier::Suspended) | None => plan_policy(request, version, known),
    }
}

fn plan_wipe(
    request: Result<ProvisionRequest, Defect>,
    answer: Option<WipeAnswer>,
    version: ProtocolVersion,
    known: Known,
    account_only: bool,
) -> Plan {
    let order = if account_only {
        (version >= ProtocolVersion::V16_1).then_some(Order::Account)
    } else {
        Some(Order::Device)
    };
    match (answer, order) {
        // Who was told to erase the account alone has not erased the device. Who was told both has done the greater.
        (Some(answer), order) if account_only || !answer.account_only => Plan::TakeAnswer { answer, order },
        // The order for the device would erase everything.
        (_, None) => Plan::KeepOut("an account-only wipe is pending, which is understood from 16.1 on"),
        (_, Some(order)) => match plan_policy(request, version, known) {
            Plan::Do { info, step, .. } => Plan::Do { info, step, order: Some(order) },
            Plan::Answer(_) | Plan::KeepOut(_) | Plan::TakeAnswer { .. } | Plan::Order(_) => {
                Plan::Order(order)
            }
        },
    }
}

fn plan_policy(request: Result<ProvisionRequest, Defect>, version: ProtocolVersion, known: Known) -> Plan {
    let request = match request {
        Ok(request) => request,
        Err(defect) => {
            tracing::debug!(%defect, "malformed Provision");
            return Plan::Answer(Settled::status(ProvisionStatus::ProtocolError));
        }
    };
    // Before 14.1 the information comes with Settings; what stands here is not looked at (MS-ASPROV, "Phase 1").
    let info = request.info.filter(|_| version >= ProtocolVersion::V14_1);
    let step = match request.policy {
        PolicyPart::Absent => Step::Record,
        PolicyPart::Download { .. }
            if version >= ProtocolVersion::V14_1 && info.is_none() && !known.described =>
        {
            return Plan::Answer(Settled::common(CommonStatus::DeviceInformationRequired));
        }
        PolicyPart::Download { policy_type } | PolicyPart::Acknowledge { policy_type, .. }
            if !policy_type.eq_ignore_ascii_case(POLICY_TYPE_WBXML) =>
        {
            Step::UnknownType(policy_type)
        }
        PolicyPart::Download { policy_type } => Step::Offer(policy_type),
        PolicyPart::Acknowledge { policy_type, key, status } => match PolicyKey::new(key) {
            Some(key) => Step::Acknowledge(Acknowledgement { policy_type, key, status }),
            // Nobody was ever given key 0.
            None => return Plan::Answer(Settled::policy(policy_type, PolicyStatus::WrongPolicyKey, None)),
        },
    };
    Plan::Do { info, step, order: None }
}

/// What became of a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// There was nothing to become.
    Nothing,
    /// The temporary key of an offer, and what is offered.
    Offered(PolicyKey, Rules),
    /// The final key of an acknowledgement.
    Accepted(PolicyKey),
    /// What the device said is not enough.
    Declined,
    /// The acknowledged key is not the temporary one.
    WrongKey,
}

/// How it ends.
pub(super) fn settle(step: Step, outcome: Outcome) -> Settled {
    match (step, outcome) {
        (Step::Record, _) => Settled::status(ProvisionStatus::Success),
        (Step::UnknownType(name), _) => Settled::policy(name, PolicyStatus::UnknownPolicyType, None),
        (Step::Offer(name), Outcome::Offered(key, rules)) => {
            Settled::policy(name, PolicyStatus::Success, Some(key)).with_rules(rules)
        }
        (Step::Acknowledge(said), Outcome::Accepted(key)) => {
            Settled::policy(said.policy_type, PolicyStatus::Success, Some(key))
        }
        (Step::Acknowledge(said), Outcome::WrongKey) => {
            Settled::policy(said.policy_type, PolicyStatus::WrongPolicyKey, None)
        }
        (Step::Acknowledge(said), Outcome::Declined) => match said.status {
            client::EXTERNAL => Settled::common(CommonStatus::ExternallyManagedDevicesNotAllowed),
            client::PARTIAL | client::UNAPPLIED => Settled::common(CommonStatus::DeviceNotFullyProvisionable),
            _ => Settled::status(ProvisionStatus::ProtocolError),
        },
        (Step::Offer(_) | Step::Acknowledge(_), _) => Settled::status(ProvisionStatus::ServerError),
    }
}

/// How it ends after the device's answer to the order to erase itself; whether the order goes out again.
pub(super) fn settle_wipe(taken: Taken) -> (Settled, bool) {
    match taken {
        Taken::Done => (Settled::status(ProvisionStatus::Success), false),
        Taken::Failed => (Settled::status(ProvisionStatus::ProtocolError), true),
        Taken::NotAsked => (Settled::status(ProvisionStatus::Success), true),
    }
}

impl Settled {
    pub(super) fn status(status: ProvisionStatus) -> Self {
        Self { informed: false, status, policy: None, order: None }
    }

    fn common(status: CommonStatus) -> Self {
        Self::status(ProvisionStatus::Common(status))
    }

    fn policy(policy_type: String, status: PolicyStatus, key: Option<PolicyKey>) -> Self {
        let policy = SettledPolicy { policy_type, status, key, rules: None };
        Self { policy: Some(policy), ..Self::status(ProvisionStatus::Success) }
    }

    fn with_rules(mut self, rules: Rules) -> Self {
        if let Some(policy) = &mut self.policy {
            policy.rules = Some(rules);
        }
        self
    }
}
