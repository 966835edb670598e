//! OPTIONS: which versions and commands there are. MS-ASHTTP, "HTTP OPTIONS Command".

use bytes::Bytes;

use crate::{
    Phone,
    config::{Version, VersionChoice},
    error::Error,
    wire::{Command, Params},
};

/// What the server offers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offer {
    /// `MS-ASProtocolVersions`, as told.
    pub versions: Vec<String>,
    /// `MS-ASProtocolCommands`, as told.
    pub commands: Vec<String>,
    /// `MS-Server-ActiveSync`.
    pub server: Option<String>,
    /// The version the phone will speak.
    pub chosen: Version,
    /// Whether it is among those offered; false only for a fixed one.
    pub chosen_is_offered: bool,
}

impl Phone {
    /// Asks, and chooses the highest version both sides know unless one is fixed.
    ///
    /// # Errors
    /// The way there, [`Error::Http`], [`Error::NoCommonVersion`].
    pub async fn options(&mut self) -> Result<Offer, Error> {
        let params = Params::default();
        let exchange = self.post_with_key(0, Command::Options, Bytes::new(), &params).await?;
        if let Some(error) = exchange.http_error() {
            return Err(error);
        }
        let versions = list(exchange.header("ms-asprotocolversions").as_deref());
        let commands = list(exchange.header("ms-asprotocolcommands").as_deref());
        let common =
            Version::ALL.into_iter().rev().find(|known| versions.iter().any(|told| told == known.as_str()));
        let chosen = match self.config.version {
            VersionChoice::Fixed(version) => version,
            VersionChoice::Highest => {
                common.ok_or_else(|| Error::NoCommonVersion { offered: versions.join(",") })?
            }
        };
        self.state.version = Some(chosen);
        self.state.commands.clone_from(&commands);
        let chosen_is_offered = versions.iter().any(|told| told == chosen.as_str());
        let server = exchange.header("ms-server-activesync");
        Ok(Offer { versions, commands, server, chosen, chosen_is_offered })
    }
}

fn list(header: Option<&str>) -> Vec<String> {
    header
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
        .map(str::to_owned)
        .collect()
}
