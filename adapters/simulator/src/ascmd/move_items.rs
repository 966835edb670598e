//! `MoveItems`. MS-ASCMD, "`MoveItems`".

use serde::{Deserialize, Serialize};
use syncledger_wbxml::{Element, pages::move_};

use crate::{
    Phone,
    error::Error,
    store::Anomaly,
    tree,
    wire::{Command, Params},
};

/// Status of a move that succeeded; 1 is a failure here.
pub const MOVED: u32 = 3;

/// One move to make.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "ids as their names say")]
pub struct Move {
    pub server_id: String,
    pub from_folder: String,
    pub to_folder: String,
}

/// What became of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Moved {
    /// The id before.
    pub server_id: String,
    /// [`MOVED`], or why not.
    pub status: u32,
    /// The id in the new folder.
    pub new_id: Option<String>,
}

impl Phone {
    /// Moves items; the phone's own copies follow those that succeeded.
    ///
    /// # Errors
    /// Any; a Status for the whole command. Statuses of single moves are results.
    pub async fn move_items(&mut self, wanted: &[Move]) -> Result<Vec<Moved>, Error> {
        let exchange = self.call(Command::MoveItems, Some(request(wanted)), Params::default()).await?;
        let root = exchange.body.ok_or_else(|| Error::protocol(Command::MoveItems, "the answer is empty"))?;
        let moved: Vec<_> = root.children_with(move_::RESPONSE).map(response).collect();
        if let (true, Some(status)) = (moved.is_empty(), tree::root_status(&root)) {
            return Err(Error::Status { command: Command::MoveItems, status });
        }
        for asked in wanted {
            match moved.iter().find(|moved| moved.server_id == asked.server_id) {
                Some(moved) if moved.status == MOVED => self.follow(asked, moved.new_id.as_deref()),
                Some(_) => {}
                None => {
                    let what = format!("no response for {}", asked.server_id);
                    self.state.note(Anomaly::Odd { command: Command::MoveItems, what });
                }
            }
        }
        Ok(moved)
    }

    fn follow(&mut self, asked: &Move, new_id: Option<&str>) {
        let Some(source) = self.state.collections.get_mut(&asked.from_folder) else { return };
        source.moved_away.insert(asked.server_id.clone());
        let item = source.items.remove(&asked.server_id);
        let target = self.state.collections.get_mut(&asked.to_folder).filter(|target| target.is_primed());
        if let (Some(item), Some(new_id), Some(target)) = (item, new_id, target) {
            target.moved_away.remove(new_id);
            target.items.insert(new_id.to_owned(), item);
        }
    }
}

fn request(moves: &[Move]) -> Element {
    Element::new(move_::MOVE_ITEMS).with_all(moves.iter().map(|one| {
        Element::new(move_::MOVE)
            .with(Element::text(move_::SRC_MSG_ID, &one.server_id))
            .with(Element::text(move_::SRC_FLD_ID, &one.from_folder))
            .with(Element::text(move_::DST_FLD_ID, &one.to_folder))
    }))
}

fn response(response: &Element) -> Moved {
    Moved {
        server_id: tree::text(response, move_::SRC_MSG_ID).unwrap_or_default(),
        status: tree::number(response, move_::STATUS).unwrap_or(0),
        new_id: tree::text(response, move_::DST_MSG_ID).filter(|id| !id.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{golden, golden_tree};

    #[test]
    fn the_request_is_as_published_and_the_answer_reads() {
        let to = |id: &str| Move {
            server_id: id.to_owned(),
            from_folder: "2".to_owned(),
            to_folder: "21".to_owned(),
        };
        let request = request(&[to("2:41"), to("2:99")]);
        assert_eq!(syncledger_wbxml::encode(&request), golden("19-moveitems", "request", 0));

        let root = golden_tree("19-moveitems", "answer", 0);
        let moved: Vec<_> = root.children_with(move_::RESPONSE).map(response).collect();
        assert_eq!(
            moved,
            [
                Moved { server_id: "2:41".to_owned(), status: MOVED, new_id: Some("21:3".to_owned()) },
                Moved { server_id: "2:99".to_owned(), status: 1, new_id: None },
            ]
        );
    }
}
