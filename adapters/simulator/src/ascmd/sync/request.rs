//! What a Sync asks for, and its tree. MS-ASCMD, "Sync", order of the children of Collection.

use syncledger_wbxml::{Element, pages::air_sync};

use super::super::item_operations::body_preference;
use crate::{
    Phone,
    config::{BodyChoice, Version},
    error::Error,
    store::{Class, KEY_ZERO, Sent},
};

/// Client commands in one request. Servers refuse more than 200.
const COMMANDS_AT_ONCE: usize = 100;

/// One Sync request.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SyncRequest {
    /// The collections, in order.
    pub collections: Vec<CollectionRequest>,
    /// Whether the answer may wait for news.
    pub wait: Option<Wait>,
    /// `WindowSize` over all collections.
    pub window_size: Option<u16>,
    /// Collections not named are those of the last request.
    pub partial: bool,
}

/// How long an answer may wait.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wait {
    /// Wait, 1–59.
    Minutes(u32),
    /// `HeartbeatInterval` in seconds, 60–3540, from 14.0.
    Heartbeat(u32),
}

/// One collection of it. The key is the one the phone holds; with key 0 nothing but the key is sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CollectionRequest {
    /// The folder.
    pub id: String,
    /// `GetChanges`; `None` leaves it out, which means yes.
    pub get_changes: Option<bool>,
    /// `WindowSize`; `None` is the configured one.
    pub window_size: Option<u16>,
    /// `DeletesAsMoves`; `None` is yes, but in the trash no.
    pub deletes_as_moves: Option<bool>,
    /// Options.
    pub options: OptionsChoice,
    /// Items to fetch, by `ServerId`.
    pub fetch: Vec<String>,
}

/// Which Options to send.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum OptionsChoice {
    /// Those of the phone's configuration.
    #[default]
    Configured,
    /// None: the server uses those it was told before.
    Omitted,
    /// These.
    These(SyncOptions),
}

/// Options of a collection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SyncOptions {
    /// `FilterType`.
    pub filter_type: Option<u8>,
    /// `BodyPreference`; type 4 sets `MIMESupport` 2.
    pub body: Option<BodyChoice>,
}

impl CollectionRequest {
    /// With everything as configured.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            get_changes: None,
            window_size: None,
            deletes_as_moves: None,
            options: OptionsChoice::default(),
            fetch: Vec::new(),
        }
    }
}

impl SyncRequest {
    /// These folders, with everything as configured.
    pub fn of<'a>(folders: impl IntoIterator<Item = &'a str>) -> Self {
        Self { collections: folders.into_iter().map(CollectionRequest::new).collect(), ..Self::default() }
    }

    /// The same, and the answer may wait for news.
    #[must_use]
    pub fn waiting(mut self, wait: Wait) -> Self {
        self.wait = Some(wait);
        self
    }
}

impl Phone {
    /// The tree, and what it said about each collection. User changes that wait take off.
    pub(super) fn prepare(
        &mut self,
        version: Version,
        request: &SyncRequest,
    ) -> Result<(Element, Vec<Sent>), Error> {
        let mut collections = Element::new(air_sync::COLLECTIONS);
        let mut sent = Vec::new();
        for wanted in &request.collections {
            let (element, said) = self.prepare_collection(version, wanted)?;
            collections.push(element);
            sent.push(said);
        }
        let wait = request.wait.map(|wait| match wait {
            Wait::Minutes(minutes) => Element::text(air_sync::WAIT, minutes.to_string()),
            Wait::Heartbeat(secs) => Element::text(air_sync::HEARTBEAT_INTERVAL, secs.to_string()),
        });
        let window = request.window_size.map(|size| Element::text(air_sync::WINDOW_SIZE, size.to_string()));
        let root = Element::new(air_sync::SYNC)
            .with_all((!collections.is_empty()).then_some(collections))
            .with_all(wait)
            .with_all(window)
            .with_all(request.partial.then(|| Element::new(air_sync::PARTIAL)));
        Ok((root, sent))
    }

    fn prepare_collection(
        &mut self,
        version: Version,
        wanted: &CollectionRequest,
    ) -> Result<(Element, Sent), Error> {
        let id = &wanted.id;
        let folder = self.state.folders.get(id).ok_or_else(|| Error::UnknownFolder(id.clone()))?;
        let (class, is_trash) = (folder.class(), folder.is_trash());
        let collection = self.state.collections.entry(id.clone()).or_default();
        let primed = collection.is_primed();
        let sent = Sent {
            id: id.clone(),
            key: collection.key.clone(),
            get_changes: wanted.get_changes.unwrap_or(primed),
            window: wanted.window_size.unwrap_or(self.config.window_size),
            commands: if primed { collection.take_off(COMMANDS_AT_ONCE) } else { Vec::new() },
            fetch: if primed { wanted.fetch.clone() } else { Vec::new() },
            body: self.sync_options(wanted, class).and_then(|options| options.body),
        };
        let mut element = Element::new(air_sync::COLLECTION)
            .with_all(class_element(version, class))
            .with(Element::text(air_sync::SYNC_KEY, &sent.key))
            .with(Element::text(air_sync::COLLECTION_ID, id));
        if sent.key != KEY_ZERO {
            let deletes_as_moves = wanted.deletes_as_moves.unwrap_or(!is_trash);
            element = element
                .with(boolean(air_sync::DELETES_AS_MOVES, deletes_as_moves))
                .with_all(wanted.get_changes.map(|wanted| boolean(air_sync::GET_CHANGES, wanted)))
                .with(Element::text(air_sync::WINDOW_SIZE, sent.window.to_string()))
                .with_all(self.sync_options(wanted, class).and_then(options_element))
                .with_all(commands(&sent));
        }
        Ok((element, sent))
    }

    /// Configured filters are meant for mail; the other classes know other values.
    fn sync_options(&self, wanted: &CollectionRequest, class: Option<Class>) -> Option<SyncOptions> {
        match &wanted.options {
            OptionsChoice::Omitted => None,
            OptionsChoice::These(options) => Some(*options),
            OptionsChoice::Configured => Some(SyncOptions {
                filter_type: self.config.filter_type.filter(|_| class == Some(Class::Email)),
                body: self.config.body.filter(|body| body.kind != 4 || class == Some(Class::Email)),
            }),
        }
    }
}

/// Up to 12.1 the first child.
fn class_element(version: Version, class: Option<Class>) -> Option<Element> {
    let class = class.filter(|_| version < Version::V14_0)?;
    Some(Element::text(air_sync::CLASS, class.as_str()))
}

fn options_element(options: SyncOptions) -> Option<Element> {
    let mime = options.body.is_some_and(|body| body.kind == 4);
    let element = Element::new(air_sync::OPTIONS)
        .with_all(options.filter_type.map(|filter| Element::text(air_sync::FILTER_TYPE, filter.to_string())))
        .with_all(options.body.map(body_preference))
        .with_all(mime.then(|| Element::text(air_sync::MIME_SUPPORT, "2")));
    (!element.is_empty()).then_some(element)
}

fn commands(sent: &Sent) -> Option<Element> {
    let fetches = sent
        .fetch
        .iter()
        .map(|server_id| Element::new(air_sync::FETCH).with(Element::text(air_sync::SERVER_ID, server_id)));
    let commands = Element::new(air_sync::COMMANDS)
        .with_all(sent.commands.iter().map(crate::store::ClientCommand::element))
        .with_all(fetches);
    (!commands.is_empty()).then_some(commands)
}

fn boolean(tag: syncledger_wbxml::Tag, value: bool) -> Element {
    Element::text(tag, if value { "1" } else { "0" })
}
