//! Classes between `[` and `]`.

use super::{CharSet, Parsed, Parser};

impl Parser<'_> {
    /// After `[`, up to and with its `]`. `&&` binds less than standing side by side, `^` is about the whole.
    pub(super) fn class(&mut self, place: usize) -> Parsed<CharSet> {
        self.deeper(place)?;
        let negative = self.takes("^");
        let mut whole = CharSet::ALL;
        let mut first = true;
        loop {
            let operand = self.class_operand(place, first)?;
            whole = whole & operand;
            first = false;
            if self.takes("]") {
                self.depth -= 1;
                return Ok(if negative { !whole } else { whole });
            }
            self.takes("&&");
        }
    }

    /// Items up to `&&` or `]`.
    fn class_operand(&mut self, place: usize, first: bool) -> Parsed<CharSet> {
        let mut set = CharSet::EMPTY;
        let mut any = false;
        loop {
            if self.next >= self.tokens.len() {
                return Err(self.error(place, "this '[' is not closed"));
            }
            // A `]` before anything else is itself.
            if self.sees("&&") || self.sees("]") && (any || !first) {
                if !any {
                    return Err(self.error_here("there is nothing on one side of '&&'"));
                }
                return Ok(set);
            }
            set = set | self.class_item()?;
            any = true;
        }
    }

    fn class_item(&mut self) -> Parsed<CharSet> {
        let place = self.place();
        if self.takes("[") {
            return self.class(place);
        }
        let (set, low) = self.class_single(place)?;
        let Some(low) = low else { return Ok(set) };
        let is_range = self.sees("-")
            && self.peek(1).is_some_and(|next| next.quoted || !matches!(next.c, ']' | '['))
            && !(self.peek(1).is_some_and(|t| !t.quoted && t.c == '&')
                && self.peek(2).is_some_and(|t| t.c == '&'));
        if !is_range {
            return Ok(set);
        }
        self.next += 1;
        let (_, high) = self.class_single(place)?;
        match high {
            Some(high) if low <= high => Ok(self.cased(CharSet::range(low, high))),
            _ => Err(self.error(place, "the end of the range does not come after its start")),
        }
    }

    fn class_single(&mut self, place: usize) -> Parsed<(CharSet, Option<u8>)> {
        let Some(token) = self.bump() else { return Err(self.error(place, "this '[' is not closed")) };
        if token.c == '\\' && !token.quoted {
            return self.escaped_set(place);
        }
        let c = self.single(token.c, place)?;
        Ok((self.cased(CharSet::of(c)), Some(c)))
    }
}
