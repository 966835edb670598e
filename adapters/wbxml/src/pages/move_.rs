//! Code page 5, `Move`: the command `MoveItems`.
//!
//! Source: MS-ASWBXML, "Code Page 5: `Move`".

use super::code_page;

code_page! {
    5, "Move" {
        0x05 => MOVE_ITEMS = "MoveItems", ALL, Container;
        0x06 => MOVE = "Move", ALL, Container;
        0x07 => SRC_MSG_ID = "SrcMsgId", ALL, Text;
        0x08 => SRC_FLD_ID = "SrcFldId", ALL, Text;
        0x09 => DST_FLD_ID = "DstFldId", ALL, Text;
        0x0A => RESPONSE = "Response", ALL, Container;
        0x0B => STATUS = "Status", ALL, Integer;
        0x0C => DST_MSG_ID = "DstMsgId", ALL, Text;
    }
}
