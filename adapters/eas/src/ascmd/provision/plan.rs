//! What a request leads to; all rules of the command are here.

use syncledger_domain::{
    device::DeviceInfo,
    ids::{PolicyKey, ProtocolVersion},
};

use super::{
    policy::POLICY_TYPE_WBXML,
    request::{Defect, PolicyPart, ProvisionRequest},
    status::{PolicyStatus, ProvisionStatus, client},
};
use crate::answer::CommonStatus;

/// What is known of the device beforehand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Known {
    /// It has told about itself before.
    pub(super) described: bool,
}

/// What to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Plan {
    /// Nothing: answer.
    Answer(Settled),
    /// Store what the device tells about itself, then take the step.
    Do { info: Option<DeviceInfo>, step: Step },
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
}

/// How it ends for the policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct SettledPolicy {
    /// As the device named it.
    pub(super) policy_type: String,
    pub(super) status: PolicyStatus,
    /// Temporary with data, final without.
    pub(super) key: Option<PolicyKey>,
    pub(super) with_data: bool,
}

pub(super) fn plan(
    request: Result<ProvisionRequest, Defect>,
    version: ProtocolVersion,
    known: Known,
) -> Plan {
    let request = match request {
        Ok(request) => request,
        Err(defect) => {
            tracing::debug!(%defect, "malformed Provision");
            return Plan::Answer(Settled::status(ProvisionStatus::ProtocolError));
        }
    };
    // Before 14.1 the information comes with Settings; what stands here is not looked at (MS-ASPROV, "Phase 1").
    let info = request.info.filter(|_| version >= ProtocolVersion::V14_1);
    match request.policy {
        PolicyPart::Absent => Plan::Do { info, step: Step::Record },
        PolicyPart::Download { .. }
            if version >= ProtocolVersion::V14_1 && info.is_none() && !known.described =>
        {
            Plan::Answer(Settled::common(CommonStatus::DeviceInformationRequired))
        }
        PolicyPart::Download { policy_type } | PolicyPart::Acknowledge { policy_type, .. }
            if !policy_type.eq_ignore_ascii_case(POLICY_TYPE_WBXML) =>
        {
            Plan::Do { info, step: Step::UnknownType(policy_type) }
        }
        PolicyPart::Download { policy_type } => Plan::Do { info, step: Step::Offer(policy_type) },
        PolicyPart::Acknowledge { policy_type, key, status } => match PolicyKey::new(key) {
            Some(key) => {
                Plan::Do { info, step: Step::Acknowledge(Acknowledgement { policy_type, key, status }) }
            }
            // Nobody was ever given key 0.
            None => Plan::Answer(Settled::policy(policy_type, PolicyStatus::WrongPolicyKey, None, false)),
        },
    }
}

/// What became of a step.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Outcome {
    /// There was nothing to become.
    Nothing,
    /// The temporary key of an offer, or the final one of an acknowledgement.
    Key(PolicyKey),
    /// What the device said is not enough.
    Declined,
    /// The acknowledged key is not the temporary one.
    WrongKey,
}

/// How it ends.
pub(super) fn settle(step: Step, outcome: Outcome) -> Settled {
    match (step, outcome) {
        (Step::Record, _) => Settled::status(ProvisionStatus::Success),
        (Step::UnknownType(name), _) => Settled::policy(name, PolicyStatus::UnknownPolicyType, None, false),
        (Step::Offer(name), Outcome::Key(key)) => {
            Settled::policy(name, PolicyStatus::Success, Some(key), true)
        }
        (Step::Acknowledge(said), Outcome::Key(key)) => {
            Settled::policy(said.policy_type, PolicyStatus::Success, Some(key), false)
        }
        (Step::Acknowledge(said), Outcome::WrongKey) => {
            Settled::policy(said.policy_type, PolicyStatus::WrongPolicyKey, None, false)
        }
        (Step::Acknowledge(said), Outcome::Declined) => match said.status {
            client::EXTERNAL => Settled::common(CommonStatus::ExternallyManagedDevicesNotAllowed),
            client::PARTIAL | client::UNAPPLIED => Settled::common(CommonStatus::DeviceNotFullyProvisionable),
            _ => Settled::status(ProvisionStatus::ProtocolError),
        },
        (Step::Offer(_) | Step::Acknowledge(_), _) => Settled::status(ProvisionStatus::ServerError),
    }
}

impl Settled {
    fn status(status: ProvisionStatus) -> Self {
        Self { informed: false, status, policy: None }
    }

    fn common(status: CommonStatus) -> Self {
        Self::status(ProvisionStatus::Common(status))
    }

    fn policy(policy_type: String, status: PolicyStatus, key: Option<PolicyKey>, with_data: bool) -> Self {
        let policy = SettledPolicy { policy_type, status, key, with_data };
        Self { policy: Some(policy), ..Self::status(ProvisionStatus::Success) }
    }
}
