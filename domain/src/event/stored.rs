//! From typed events to stored bytes and back.

/// Stored name and payload version of an event.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct EventType {
    /// Kebab-case, past tense; written by hand, never derived from a Rust name.
    pub name: &'static str,
    /// From 1.
    pub version: u16,
}

/// A stored event this build cannot read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum DecodeError {
    /// Written by a newer build, or in a stream it does not belong to.
    #[error("event type '{name}' version {version} is not known")]
    UnknownType {
        /// Stored name.
        name: String,
        /// Payload version.
        version: u16,
    },
    /// The bytes are not the payload the name and version promise.
    #[error("payload of '{name}' version {version} cannot be read: {reason}")]
    Payload {
        /// Stored name.
        name: String,
        /// Payload version.
        version: u16,
        /// What the decoder said.
        reason: String,
    },
}

/// The events of one aggregate.
pub trait StoredEvent: Sized + Clone {
    /// Every (name, version) this type can read, current and former.
    const TYPES: &'static [EventType];

    /// Name and (current) version this event is stored under.
    fn event_type(&self) -> EventType;

    /// The postcard payload.
    fn encode(&self) -> Vec<u8>;

    /// Reads a stored payload, upcasting former versions.
    ///
    /// # Errors
    /// [`DecodeError`] when the type is unknown or the payload damaged.
    fn decode(name: &str, version: u16, payload: &[u8]) -> Result<Self, DecodeError>;
}

/// An aggregate's state: a total fold over its events.
pub trait Aggregate: Default {
    /// Its events.
    type Event: StoredEvent;

    /// Applies one event. Never refuses: yesterday's history always loads.
    fn evolve(&mut self, event: &Self::Event);
}

/// Folds a history from nothing.
pub fn fold<'a, A: Aggregate>(events: impl IntoIterator<Item = &'a A::Event>) -> A
where
    A::Event: 'a,
{
    let mut state = A::default();
    for event in events {
        state.evolve(event);
    }
    state
}

pub(crate) fn read<T: serde::de::DeserializeOwned>(
    name: &str,
    version: u16,
    payload: &[u8],
) -> Result<T, DecodeError> {
    let refuse = |reason: String| DecodeError::Payload { name: name.to_owned(), version, reason };
    match postcard::take_from_bytes(payload) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(refuse(format!("{} bytes too many", rest.len()))),
        Err(error) => Err(refuse(error.to_string())),
    }
}

/// Declares the events of one aggregate: an enum of newtype variants, each with its stored name, its current
/// version, and the former payload types it can be upcast from (`From<Old> for New`).
///
/// ```text
/// stored_events! {
///     /// What can happen to a device.
///     pub enum DeviceEvent {
///         /// It was seen for the first time.
///         "device-registered" 2 => Registered(DeviceRegistered), from 1 DeviceRegisteredV1;
///     }
/// }
/// ```
macro_rules! stored_events {
    ($(#[$meta:meta])* pub enum $enum:ident { $(
        $(#[$vmeta:meta])* $name:literal $version:literal => $variant:ident($payload:ty)
            $(, from $old_version:literal $old:ty)*;
    )+ }) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub enum $enum { $( $(#[$vmeta])* $variant($payload), )+ }

        impl $crate::event::StoredEvent for $enum {
            const TYPES: &'static [$crate::event::EventType] = &[$(
                $( $crate::event::EventType { name: $name, version: $old_version }, )*
                $crate::event::EventType { name: $name, version: $version },
            )+];

            fn event_type(&self) -> $crate::event::EventType {
                match self { $(
                    Self::$variant(_) => $crate::event::EventType { name: $name, version: $version },
                )+ }
            }

            fn encode(&self) -> Vec<u8> {
                match self { $(
                    Self::$variant(payload) => postcard::to_stdvec(payload)
                        .expect("payloads are plain data, which postcard always writes to a growing buffer"),
                )+ }
            }

            fn decode(name: &str, version: u16, payload: &[u8]) -> Result<Self, $crate::event::DecodeError> {
                match (name, version) {
                    $(
                        ($name, $version) =>
                            $crate::event::stored::read::<$payload>(name, version, payload).map(Self::$variant),
                        $( ($name, $old_version) =>
                            $crate::event::stored::read::<$old>(name, version, payload)
                                .map(|old| Self::$variant(old.into())), )*
                    )+
                    _ => Err($crate::event::DecodeError::UnknownType { name: name.to_owned(), version }),
                }
            }
        }
    };
}
pub(crate) use stored_events;
