//! [`Settled`] → WBXML tree.

use syncledger_wbxml::{
    Element,
    pages::{
        provision::{
            ACCOUNT_ONLY_REMOTE_WIPE, DATA, POLICIES, POLICY, POLICY_KEY, POLICY_TYPE, PROVISION,
            REMOTE_WIPE, STATUS,
        },
        settings,
    },
};

use super::{
    plan::{Settled, SettledPolicy},
    wipe::Order,
};

pub(super) fn encode(settled: &Settled) -> Element {
    let informed = || Element::new(settings::DEVICE_INFORMATION).with(Element::text(settings::STATUS, "1"));
    Element::new(PROVISION)
        .with_all(settled.informed.then(informed))
        .with(Element::text(STATUS, settled.status.value().to_string()))
        .with_all(settled.policy.as_ref().map(|policy| Element::new(POLICIES).with(encode_policy(policy))))
        .with_all(settled.order.map(|order| match order {
            Order::Device => Element::new(REMOTE_WIPE),
            Order::Account => Element::new(ACCOUNT_ONLY_REMOTE_WIPE),
        }))
}

fn encode_policy(settled: &SettledPolicy) -> Element {
    Element::new(POLICY)
        .with(Element::text(POLICY_TYPE, settled.policy_type.as_str()))
        .with(Element::text(STATUS, settled.status.value().to_string()))
        .with_all(settled.key.map(|key| Element::text(POLICY_KEY, key.to_string())))
        .with_all(settled.rules.as_ref().map(|rules| Element::new(DATA).with(rules.document())))
}
