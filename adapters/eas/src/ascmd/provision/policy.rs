//! The policy of an account as devices get it.
//!
//! The room `policy` of the domain says what is told; here it becomes a document, and one element is added that no
//! attribute feeds. Everything permissive is spelled out where it may be: devices keep what an earlier policy said until a
//! newer one says otherwise, Android's Exchange app calls a policy unsupported that leaves some elements away from their
//! permissive values, and a policy that named nothing but `DevicePasswordEnabled` 1 made the Gmail app (2019) refuse the
//! account. No element is ever empty, which some clients dislike.

use syncledger_domain::{
    config::{Scopes, registry::POLICY_REQUIRED},
    event::EventHash,
    policy::{self, Content},
};
use syncledger_wbxml::{Element, Tag, pages::provision as page};

/// The type of policies since 12.0 (MS-ASPROV, "`PolicyType`").
pub(super) const POLICY_TYPE_WBXML: &str = "MS-EAS-Provisioning-WBXML";

/// What devices of an account are told, in schema order (MS-ASPROV, "`EASProvisionDoc`"). Where no policy is required a
/// device that asks for one all the same gets what holds by default, which demands nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Rules(Vec<policy::Element>);

impl Rules {
    /// By the values that hold for the account.
    pub(super) fn of(scopes: &Scopes<'_>) -> Self {
        let mut rules = if scopes.flag(&POLICY_REQUIRED) {
            policy::document(scopes)
        } else {
            policy::document(&Scopes::default())
        };
        let before = rules.iter().position(|rule| rule.name == "RequireStorageCardEncryption");
        // Nobody can forbid attachments here; a device may have been told so elsewhere.
        let attachments =
            policy::Element { name: "AttachmentsEnabled", content: Content::Text("1".to_owned()) };
        rules.insert(before.map_or(rules.len(), |before| before + 1), attachments);
        Self(rules)
    }

    /// The same for all who are told the same: another digest is another policy, which devices must acknowledge anew.
    pub(super) fn digest(&self) -> EventHash {
        policy::digest(&self.0)
    }

    /// `EASProvisionDoc`.
    pub(super) fn document(&self) -> Element {
        Element::new(page::EAS_PROVISION_DOC).with_all(self.0.iter().filter_map(element))
    }
}

/// `None` only where the protocol knows no such element, which a test rules out.
fn element(rule: &policy::Element) -> Option<Element> {
    let tag = |name| Tag::named("Provision", name);
    let element = tag(rule.name)?;
    Some(match &rule.content {
        Content::Text(text) => Element::text(element, text.as_str()),
        Content::List { child, items } => {
            let child = tag(child)?;
            Element::new(element).with_all(items.iter().map(|item| Element::text(child, item.as_str())))
        }
    })
}
