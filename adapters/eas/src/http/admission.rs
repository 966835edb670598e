//! Whether a request is admitted: all gates, and what lies between them.

use http::StatusCode;
use syncledger_commands::Issuer;
use syncledger_domain::{
    abq::Decision,
    device::Introduction,
    ids::{AccountId, DeviceId, ProtocolVersion, ShownDeviceId},
    services::Service,
};
use syncledger_projections::{PolicySnapshot, policy_snapshot::AccountPolicy};

use super::{
    access::{self, Asking},
    auth::Login,
    gates::{self, BEFORE_REGISTRATION, DeviceFacts, Facts, NodeFacts, OF_DEVICE, OF_POLICY},
    query::Query,
    refusal::Refusal,
    serve::Front,
};
use crate::{
    answer::{CommonStatus, Failure},
    ascmd::EasCommand,
};

impl Front {
    /// Before anybody is asked who they are: a stopped service talks to nobody.
    pub(super) fn node_serves(&self) -> Result<(), Refusal> {
        let snapshot = self.services.policy.current();
        Ok(gates::active_sync_runs(self.services.runs(&snapshot, Service::ActiveSync))?)
    }

    pub(super) fn options(&self, login: &Login, user_agent: &str) -> Result<Vec<ProtocolVersion>, Refusal> {
        let snapshot = self.services.policy.current();
        let account = account(&snapshot, login)?;
        let node = NodeFacts::of(&self.services, &snapshot);
        gates::pass(
            BEFORE_REGISTRATION,
            &Facts { snapshot: &snapshot, account, node, user_agent, device: None },
        )?;
        Ok(gates::versions(&snapshot, account, user_agent).versions)
    }

    /// All gates, and between them the registration of a device that is new and the verdict on its access.
    pub(super) async fn gates(
        &self,
        login: &Login,
        issuer: &Issuer,
        asked: &Asked<'_>,
    ) -> Result<Decision, Refusal> {
        let pass = |list| -> Result<(), Refusal> {
            let snapshot = self.services.policy.current();
            let facts = Facts {
                snapshot: &snapshot,
                account: account(&snapshot, login)?,
                node: NodeFacts::of(&self.services, &snapshot),
                user_agent: asked.user_agent,
                device: Some(asked.facts()?),
            };
            gates::pass(list, &facts).map_err(Refusal::from)
        };
        pass(BEFORE_REGISTRATION).map_err(|refusal| self.with_versions(refusal, login, asked.user_agent))?;
        let facts = asked.facts()?;
        let told = Introduction {
            shown: asked
                .query
                .shown_id
                .clone()
                .unwrap_or_else(|| self.shown(asked.query, login.account, facts.id)),
            device_type: facts.device_type.clone(),
            user_agent: asked.user_agent.to_owned(),
            protocol_version: facts.version.ok(),
        };
        self.devices.introduce(&self.services, issuer, login.account, facts.id, told).await?;
        pass(OF_DEVICE)?;
        let wiping = facts.command == EasCommand::Provision && self.wipe_pending(login.account, facts.id);
        let decision = if wiping {
            // The order goes out whatever the device may do besides.
            Decision::Allow
        } else {
            let shown = self.shown(asked.query, login.account, facts.id);
            let asking = Asking { account: login.account, device: facts.id, shown: &shown };
            access::judge(&self.services, &self.recording, issuer, &asking).await?
        };
        pass(OF_POLICY)?;
        Ok(decision)
    }

    /// Administrators hear of filters that leave somebody nothing.
    pub(super) async fn tell_of<T>(
        &self,
        passed: Result<T, Refusal>,
        login: &Login,
        issuer: &Issuer,
        user_agent: &str,
    ) -> Result<T, Refusal> {
        if let Err(Refusal::Eas(Failure::Forbidden { .. })) = &passed {
            let snapshot = self.services.policy.current();
            if let Some(account) = snapshot.account(login.account) {
                let pool = gates::versions(&snapshot, account, user_agent);
                self.emptied.look(&self.services, issuer, &pool, user_agent).await;
            }
        }
        passed
    }

    /// Who speaks another version than those on offer is told which they are.
    fn with_versions(&self, refusal: Refusal, login: &Login, user_agent: &str) -> Refusal {
        match refusal {
            Refusal::Eas(failure @ Failure::Status { status: CommonStatus::VersionNotSupported, .. }) => {
                let snapshot = self.services.policy.current();
                let pool = snapshot
                    .account(login.account)
                    .map(|account| gates::versions(&snapshot, account, user_agent));
                Refusal::OtherVersions {
                    failure,
                    offered: pool.map(|pool| pool.versions).unwrap_or_default(),
                }
            }
            other => other,
        }
    }

    /// The id as the device wrote it first, by the record: one that writes it otherwise from request to request is one device
    /// with one verdict all the same.
    pub(super) fn shown(&self, query: &Query, account: AccountId, device: &DeviceId) -> ShownDeviceId {
        let snapshot = self.services.policy.current();
        let now = || query.shown_id.clone().unwrap_or_else(|| device.into());
        snapshot.device(account, device).map_or_else(now, |known| known.shown())
    }

    fn wipe_pending(&self, account: AccountId, device: &DeviceId) -> bool {
        let snapshot = self.services.policy.current();
        snapshot.device(account, device).is_some_and(|device| device.standing.wipe.is_some())
    }
}

/// What a request asks of the gates.
pub(super) struct Asked<'a> {
    pub(super) query: &'a Query,
    pub(super) version: &'a Result<ProtocolVersion, String>,
    pub(super) policy_key: Option<u32>,
    pub(super) user_agent: &'a str,
    pub(super) command: EasCommand,
}

impl Asked<'_> {
    fn facts(&self) -> Result<DeviceFacts<'_>, Failure> {
        Ok(DeviceFacts {
            id: device_id(self.query)?,
            device_type: device_type(self.query)?,
            version: self.version.as_ref().copied().map_err(String::as_str),
            command: self.command,
            policy_key: self.policy_key,
        })
    }
}

pub(super) fn device_id(query: &Query) -> Result<&syncledger_domain::ids::DeviceId, Failure> {
    query.device_id.as_ref().map_err(|error| Failure::status(CommonStatus::DeviceIdMissingOrInvalid, error))
}

pub(super) fn device_type(query: &Query) -> Result<&syncledger_domain::ids::DeviceType, Failure> {
    query
        .device_type
        .as_ref()
        .map_err(|error| Failure::status(CommonStatus::DeviceTypeMissingOrInvalid, error))
}

/// The account was there when the login was checked; it may have been removed since.
pub(super) fn account<'a>(snapshot: &'a PolicySnapshot, login: &Login) -> Result<&'a AccountPolicy, Refusal> {
    let gone = || Refusal::http(StatusCode::UNAUTHORIZED, "the account was removed");
    snapshot.account(login.account).map(AsRef::as_ref).ok_or_else(gone)
}
