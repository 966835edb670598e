//! From the WBXML tree to moves.

use std::borrow::Cow;

use syncledger_domain::ids::{FolderId, ServerId};
use syncledger_wbxml::{Element, Tag, pages::move_ as m};

/// One move. Ids this server never gave out are `None`: a matter of this move alone.
pub(super) struct MoveRequest {
    /// As sent, for the answer.
    pub(super) source_text: String,
    pub(super) source: Option<ServerId>,
    pub(super) from: Option<FolderId>,
    pub(super) to: Option<FolderId>,
    pub(super) several_destinations: bool,
}

/// Most moves in a request (MS-ASCMD, "Limiting Size of Command Requests").
const MAX_MOVES: usize = 1000;

/// Reads a request. The error is for the log; the answer is 103.
pub(super) fn parse(root: &Element) -> Result<Vec<MoveRequest>, String> {
    let moves = root.children_with(m::MOVE).map(parse_move).collect::<Result<Vec<_>, _>>()?;
    match moves.len() {
        0 => Err("no Move".to_owned()),
        count if count > MAX_MOVES => Err(format!("{count} moves, at most {MAX_MOVES}")),
        _ => Ok(moves),
    }
}

fn parse_move(element: &Element) -> Result<MoveRequest, String> {
    let text = |tag: Tag| {
        element
            .child(tag)
            .and_then(Element::text_content)
            .filter(|text| !text.is_empty() && text.len() <= 64)
            .map(Cow::into_owned)
            .ok_or_else(|| format!("{tag} is missing or not 1 to 64 characters"))
    };
    let source_text = text(m::SRC_MSG_ID)?;
    Ok(MoveRequest {
        source: source_text.parse().ok(),
        from: text(m::SRC_FLD_ID)?.parse().ok(),
        to: text(m::DST_FLD_ID)?.parse().ok(),
        several_destinations: element.children_with(m::DST_FLD_ID).count() > 1,
        source_text,
    })
}
