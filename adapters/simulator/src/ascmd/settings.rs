//! Settings: the device introduces itself. MS-ASCMD, "Settings".

use syncledger_wbxml::{Element, pages::settings};

use crate::{
    Phone,
    config::PhoneConfig,
    error::Error,
    tree,
    wire::{Command, Params},
};

/// `DeviceInformation`, as in Settings and, from 14.1, in Provision.
pub(crate) fn device_information(config: &PhoneConfig) -> Element {
    let device = &config.device_information;
    let set = Element::new(settings::SET)
        .with(Element::text(settings::MODEL, &device.model))
        .with(Element::text(settings::FRIENDLY_NAME, &device.friendly_name))
        .with(Element::text(settings::OS, &device.os))
        .with(Element::text(settings::OS_LANGUAGE, &device.os_language))
        .with(Element::text(settings::USER_AGENT, &config.user_agent));
    Element::new(settings::DEVICE_INFORMATION).with(set)
}

impl Phone {
    /// Tells what the device is. Before 14.1 after provisioning; later versions do it within Provision.
    ///
    /// # Errors
    /// Any; [`Error::Status`] of the command or of the property.
    pub async fn settings_device_information(&mut self) -> Result<(), Error> {
        let request = Element::new(settings::SETTINGS).with(device_information(&self.config));
        let exchange = self.call(Command::Settings, Some(request), Params::default()).await?;
        let root = exchange.body.ok_or_else(|| Error::protocol(Command::Settings, "the answer is empty"))?;
        let property = root.child(settings::DEVICE_INFORMATION);
        // Some servers wrap the Status in Set.
        let stored = property.and_then(|property| {
            let wrapped = property.child(settings::SET);
            tree::number(property, settings::STATUS)
                .or_else(|| wrapped.and_then(|set| tree::number(set, settings::STATUS)))
        });
        for status in [tree::root_status(&root), stored] {
            match status {
                Some(1) => {}
                Some(status) => return Err(Error::Status { command: Command::Settings, status }),
                None => return Err(Error::protocol(Command::Settings, "the answer lacks a Status")),
            }
        }
        Ok(())
    }
}
