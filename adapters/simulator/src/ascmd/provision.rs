//! Provision: fetch the policy, acknowledge it, obey a wipe. MS-ASPROV.

use bytes::Bytes;
use syncledger_wbxml::{
    Element, encode,
    pages::{provision, settings},
};

use super::settings::device_information;
use crate::{
    Phone,
    config::Version,
    error::Error,
    phone::checked,
    tree,
    wire::{Command, Params},
};

/// The only policy type of 12.0 and later.
const POLICY_TYPE: &str = "MS-EAS-Provisioning-WBXML";

/// How provisioning ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Provisioned {
    /// The server has no policy for this phone; no key is needed.
    NoPolicy,
    /// Acknowledged.
    Policy {
        /// The final key.
        key: u32,
        /// Settings by name, in document order; containers are left out.
        settings: Vec<(String, String)>,
    },
}

impl Phone {
    /// Both phases. The phone claims to apply everything.
    ///
    /// # Errors
    /// [`Error::Wiped`] when the server orders a wipe: it is acknowledged and the memory erased. Otherwise anything;
    /// a Status of the Policy comes as [`Error::Status`].
    pub async fn provision(&mut self) -> Result<Provisioned, Error> {
        self.count_provision();
        let request = self.first_phase().await?;
        let root = self.provision_exchange(0, &request).await?;
        self.obey_wipe(&root).await?;
        let policy = policy(&root)?;
        match tree::number(policy, provision::STATUS) {
            Some(2) if policy.child(provision::POLICY_KEY).is_none() => {
                self.state.policy_key = 0;
                return Ok(Provisioned::NoPolicy);
            }
            // Some servers say 2 and give a key all the same.
            Some(1 | 2) => {}
            status => return Err(refused(status)),
        }
        let temporary = key(policy)?;
        let settings = policy_settings(policy);
        let answer = self.provision_exchange(temporary, &acknowledgement(temporary)).await?;
        self.obey_wipe(&answer).await?;
        let policy = self::policy(&answer)?;
        match tree::number(policy, provision::STATUS) {
            Some(1) => {}
            status => return Err(refused(status)),
        }
        let key = key(policy)?;
        self.state.policy_key = key;
        Ok(Provisioned::Policy { key, settings })
    }

    async fn first_phase(&mut self) -> Result<Element, Error> {
        // From 14.1 on the device introduces itself here.
        let introduction =
            (self.version().await? >= Version::V14_1).then(|| device_information(&self.config));
        let policy = Element::new(provision::POLICY).with(Element::text(provision::POLICY_TYPE, POLICY_TYPE));
        Ok(Element::new(provision::PROVISION)
            .with_all(introduction)
            .with(Element::new(provision::POLICIES).with(policy)))
    }

    /// One exchange. Provision is never refused for its key, so nothing is repeated.
    async fn provision_exchange(&mut self, key: u32, request: &Element) -> Result<Element, Error> {
        let bytes = Bytes::from(encode(request));
        let exchange =
            checked(self.post_with_key(key, Command::Provision, bytes, &Params::default()).await?)?;
        let root = exchange.body.ok_or_else(|| odd("the answer is empty"))?;
        if root.tag != provision::PROVISION {
            return Err(odd("the answer is no Provision"));
        }
        match tree::root_status(&root) {
            None | Some(1) => Ok(root),
            status => Err(refused(status)),
        }
    }

    /// MS-ASPROV, "Remote Wipe": the phone does not wait for leave.
    async fn obey_wipe(&mut self, answer: &Element) -> Result<(), Error> {
        let tag =
            match (answer.child(provision::REMOTE_WIPE), answer.child(provision::ACCOUNT_ONLY_REMOTE_WIPE)) {
                (Some(_), _) => provision::REMOTE_WIPE,
                (None, Some(_)) => provision::ACCOUNT_ONLY_REMOTE_WIPE,
                (None, None) => return Ok(()),
            };
        let done = Element::new(provision::PROVISION)
            .with(Element::new(tag).with(Element::text(provision::STATUS, "1")));
        let sent = self.provision_exchange(self.state.policy_key, &done).await;
        self.state.wipe();
        sent?;
        Err(Error::Wiped { account_only: tag == provision::ACCOUNT_ONLY_REMOTE_WIPE })
    }
}

fn acknowledgement(temporary: u32) -> Element {
    let policy = Element::new(provision::POLICY)
        .with(Element::text(provision::POLICY_TYPE, POLICY_TYPE))
        .with(Element::text(provision::POLICY_KEY, temporary.to_string()))
        .with(Element::text(provision::STATUS, "1"));
    Element::new(provision::PROVISION).with(Element::new(provision::POLICIES).with(policy))
}

fn policy(root: &Element) -> Result<&Element, Error> {
    if let Some(status) =
        root.child(settings::DEVICE_INFORMATION).and_then(|answer| tree::number(answer, settings::STATUS))
        && status != 1
    {
        return Err(refused(Some(status)));
    }
    root.child(provision::POLICIES)
        .and_then(|policies| policies.child(provision::POLICY))
        .ok_or_else(|| odd("the answer has no Policy"))
}

fn key(policy: &Element) -> Result<u32, Error> {
    tree::number(policy, provision::POLICY_KEY)
        .filter(|key| *key != 0)
        .ok_or_else(|| odd("the Policy has no usable PolicyKey"))
}

fn policy_settings(policy: &Element) -> Vec<(String, String)> {
    let document =
        policy.child(provision::DATA).and_then(|data| data.child(provision::EAS_PROVISION_DOC)).into_iter();
    document
        .flat_map(Element::elements)
        .filter(|setting| setting.elements().next().is_none())
        .map(|setting| {
            let name = setting.tag.name().map_or_else(|| setting.tag.to_string(), str::to_owned);
            (name, setting.text_lossy().into_owned())
        })
        .collect()
}

fn odd(what: &str) -> Error {
    Error::protocol(Command::Provision, what)
}

fn refused(status: Option<u32>) -> Error {
    match status {
        Some(status) => Error::Status { command: Command::Provision, status },
        None => odd("the answer has no Status"),
    }
}
