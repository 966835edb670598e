//! Time and randomness, the two things a pure decision must be handed.

use uuid::Uuid;

use crate::event::Timestamp;

/// The wall clock. Only one adapter reads the system's.
pub trait Clock: Send + Sync {
    /// Now, in UTC.
    fn now(&self) -> Timestamp;
}

/// Unpredictable values.
pub trait Randomness: Send + Sync {
    /// Fills the buffer with bytes fit for keys.
    fn fill(&self, buffer: &mut [u8]);

    /// A UUIDv7 for this moment: time-ordered, so that logs index well.
    fn uuid_v7(&self, now: Timestamp) -> Uuid {
        let mut random = [0; 10];
        self.fill(&mut random);
        let millis = u64::try_from(now.0 / 1000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
    }

    /// A number in `1..=u32::MAX`.
    fn nonzero_u32(&self) -> u32 {
        loop {
            let mut bytes = [0; 4];
            self.fill(&mut bytes);
            let number = u32::from_le_bytes(bytes);
            if number != 0 {
                return number;
            }
        }
    }
}
