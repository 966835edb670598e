//! Whether stored views are what the log says: builds them anew in memory and compares byte for byte.

use std::sync::Arc;

use syncledger_domain::{
    event::Position,
    ports::{
        event_log::EventLog,
        views::{Row, ViewStore},
    },
};

use crate::{MemoryViews, ProjectionError, Runner, VIEWS};

/// Rows read at a time.
const PAGE: usize = 1000;

/// A row that is not what the log says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// The view's name.
    pub view: &'static str,
    /// The row.
    pub key: String,
    /// What is stored.
    pub stored: Option<Vec<u8>>,
    /// What the log says.
    pub rebuilt: Option<Vec<u8>>,
}

/// Brings the stored views to a position, usually the head of the log, builds them anew in memory up to the same
/// position, and returns at most `limit` rows in which they differ. Nobody may append or follow the log meanwhile.
///
/// # Errors
/// When the log or the store fails.
pub async fn with_rebuilt(
    log: Arc<dyn EventLog>,
    store: Arc<dyn ViewStore>,
    until: Position,
    limit: usize,
) -> Result<Vec<Difference>, ProjectionError> {
    let rebuilt: Arc<dyn ViewStore> = Arc::new(MemoryViews::new());
    Runner::new(Arc::clone(&log), Arc::clone(&store)).catch_up(until, |_| {}).await?;
    Runner::new(log, Arc::clone(&rebuilt)).catch_up(until, |_| {}).await?;
    let mut found = Vec::new();
    for view in VIEWS {
        let mut stored = Rows::of(store.as_ref(), view.stored).await?;
        let mut rebuilt = Rows::of(rebuilt.as_ref(), view.stored).await?;
        while found.len() < limit {
            let Some((key, stored, rebuilt)) = next_key(&mut stored, &mut rebuilt).await? else { break };
            if stored != rebuilt {
                found.push(Difference { view: view.name, key, stored, rebuilt });
            }
        }
    }
    Ok(found)
}

type Compared = (String, Option<Vec<u8>>, Option<Vec<u8>>);

async fn next_key(
    stored: &mut Rows<'_>,
    rebuilt: &mut Rows<'_>,
) -> Result<Option<Compared>, ProjectionError> {
    let key = match (stored.next_key(), rebuilt.next_key()) {
        (Some(a), Some(b)) => a.min(b).to_owned(),
        (Some(key), None) | (None, Some(key)) => key.to_owned(),
        (None, None) => return Ok(None),
    };
    let (a, b) = (stored.take(&key).await?, rebuilt.take(&key).await?);
    Ok(Some((key, a, b)))
}

/// The rows of a view, in order, read page by page.
struct Rows<'a> {
    store: &'a dyn ViewStore,
    view: &'static str,
    page: std::vec::IntoIter<Row>,
}

impl<'a> Rows<'a> {
    async fn of(store: &'a dyn ViewStore, view: &'static str) -> Result<Self, ProjectionError> {
        let page = store.scan(view, "", None, PAGE).await?.into_iter();
        Ok(Self { store, view, page })
    }

    fn next_key(&self) -> Option<&str> {
        self.page.as_slice().first().map(|row| row.key.as_str())
    }

    async fn take(&mut self, key: &str) -> Result<Option<Vec<u8>>, ProjectionError> {
        if self.next_key() != Some(key) {
            return Ok(None);
        }
        let row = self.page.next();
        if self.page.as_slice().is_empty() {
            self.page = self.store.scan(self.view, "", Some(key), PAGE).await?.into_iter();
        }
        Ok(row.map(|row| row.value))
    }
}
