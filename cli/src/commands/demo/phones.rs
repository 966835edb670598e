//! The simulated phones of the demo. A phone keeps its id and its memory in the data directory, so that a demo that is
//! started again goes on where it was.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use syncledger_simulator::{DeviceInformation, Phone, PhoneConfig};

use super::setup::PASSWORD;
use crate::node::{self, Node};

/// Items per answer: few, so that windows can be seen.
const WINDOW: u16 = 25;

/// What a phone leaves behind.
#[derive(Serialize, Deserialize)]
struct Saved {
    device_id: String,
    /// As [`Phone::save`] writes it.
    memory: String,
}

/// A phone with a place for its memory.
pub(super) struct DemoPhone {
    pub(super) phone: Phone,
    /// Whether it has a memory of an earlier demo.
    pub(super) continues: bool,
    file: PathBuf,
}

impl DemoPhone {
    /// The phone of an account: the one whose memory lies in the directory, or a new one.
    pub(super) fn pick_up(node: &Node, dir: &Path, url: &str, user: &str) -> anyhow::Result<Self> {
        let place = dir.join("phones");
        node::make_private(&place)?;
        let file = place.join(format!("{user}.json"));
        let randomness = node.repository.randomness();
        let mut config = PhoneConfig::new(url, user, PASSWORD);
        config.window_size = WINDOW;
        "DemoPhone".clone_into(&mut config.device_type);
        config.device_information = DeviceInformation {
            friendly_name: format!("Demo phone of {user}"),
            ..DeviceInformation::default()
        };
        // A phone that was interrupted may have sent more than it remembers.
        config.client_id_prefix = format!("demo{:08x}", randomness.nonzero_u32());
        let saved = fs::read_to_string(&file).ok().and_then(|text| serde_json::from_str::<Saved>(&text).ok());
        if let Some(Saved { device_id, memory }) = saved
            && let Ok(phone) = Phone::load(config.clone().device_id(device_id), &memory)
        {
            return Ok(Self { phone, continues: true, file });
        }
        let (id, number) = (randomness.nonzero_u32(), randomness.nonzero_u32());
        let phone = Phone::new(config.device_id(format!("demo{id:08x}{number:08x}")))?;
        Ok(Self { phone, continues: false, file })
    }

    /// Its `DeviceId`.
    pub(super) fn id(&self) -> &str {
        &self.phone.config().device_id
    }

    /// Writes its memory down: all of it, or, when the process dies meanwhile, the earlier one stays.
    pub(super) fn save(&self) -> anyhow::Result<()> {
        let saved = Saved { device_id: self.id().to_owned(), memory: self.phone.save()? };
        let new = self.file.with_extension("json.new");
        fs::write(&new, serde_json::to_vec(&saved)?)
            .and_then(|()| fs::rename(&new, &self.file))
            .with_context(|| format!("cannot write {}", self.file.display()))
    }
}
