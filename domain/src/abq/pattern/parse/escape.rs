//! What a `\` begins.

use super::{CharSet, Node, Parsed, Parser};

impl Parser<'_> {
    /// After `\`, outside a class.
    pub(super) fn escape(&mut self, place: usize) -> Parsed<Node> {
        let Some(token) = self.peek(0) else {
            return Err(self.error(place, "a '\\' needs something after it"));
        };
        let node = match token.c {
            'b' if self.peek(1).is_none_or(|next| next.c != '{') => Node::WordBoundary { negative: false },
            'B' => Node::WordBoundary { negative: true },
            'A' | 'G' => Node::Start,
            'z' | 'Z' => Node::End,
            'k' => {
                self.next += 1;
                if !self.takes("<") {
                    return Err(self.error(place, "allowed is \\k<name>"));
                }
                let name = self.name(place)?;
                let group = self.names.iter().find(|(known, _)| *known == name).map(|(_, index)| *index);
                return self.refer(group, place);
            }
            '1'..='9' => return self.numbered(place),
            _ => return self.escaped_set(place).map(|(set, _)| Node::Set(set)),
        };
        self.next += 1;
        Ok(node)
    }

    /// `\12` is group 12 where there are so many, else group 1 and a 2.
    fn numbered(&mut self, place: usize) -> Parsed<Node> {
        let mut group = 0;
        while let Some(digit) = self.peek(0).filter(|t| !t.quoted).and_then(|t| t.c.to_digit(10)) {
            if group > 0 && group * 10 + digit > self.groups {
                break;
            }
            group = group * 10 + digit;
            self.next += 1;
        }
        self.refer(Some(group), place)
    }

    fn refer(&self, group: Option<u32>, place: usize) -> Parsed<Node> {
        let closed = group.filter(|group| self.closed.contains(group));
        closed
            .map(|group| Node::Backreference { group, any_case: self.any_case })
            .ok_or_else(|| self.error(place, "no group before this one has that number or name"))
    }

    /// What an escape stands for, and the character if it is a single one.
    pub(super) fn escaped_set(&mut self, place: usize) -> Parsed<(CharSet, Option<u8>)> {
        let Some(token) = self.bump() else {
            return Err(self.error(place, "a '\\' needs something after it"));
        };
        let class = match token.c {
            'd' => CharSet::DIGIT,
            'D' => !CharSet::DIGIT,
            'w' => CharSet::WORD,
            'W' => !CharSet::WORD,
            's' => CharSet::SPACE,
            'S' => !CharSet::SPACE,
            'h' => CharSet::BLANK,
            'H' => !CharSet::BLANK,
            'v' => CharSet::VERTICAL,
            'V' => !CharSet::VERTICAL,
            'p' => self.property(place)?,
            'P' => !self.property(place)?,
            c => {
                let c = self.escaped_char(c, place)?;
                return Ok((self.cased(CharSet::of(c)), Some(c)));
            }
        };
        Ok((class, None))
    }

    /// The class after `\p`, with both cases if case does not count: also `\P` is turned round only then.
    fn property(&mut self, place: usize) -> Parsed<CharSet> {
        let mut name = String::new();
        if self.takes("{") {
            while let Some(token) = self.bump().filter(|token| token.c != '}') {
                name.push(token.c);
            }
        } else if let Some(token) = self.bump() {
            name.push(token.c);
        }
        CharSet::named(&name).map(|set| self.cased(set)).ok_or_else(|| {
            let known =
                "Lower, Upper, Alpha, Digit, Alnum, Punct, Graph, Print, Blank, Cntrl, XDigit, Space, ASCII";
            self.error(
                place,
                format!("there is no class '{name}': allowed are {known}, L, Lu, Ll, N, Nd, P and S"),
            )
        })
    }

    fn escaped_char(&mut self, c: char, place: usize) -> Parsed<u8> {
        let c = match c {
            't' => '\t',
            'n' => '\n',
            'r' => '\r',
            'f' => '\x0c',
            'a' => '\x07',
            'e' => '\x1b',
            '0' => self.octal(place)?,
            'x' if self.takes("{") => self.hex_until_brace(place)?,
            'x' => self.hex(2, place)?,
            'u' => self.hex(4, place)?,
            'c' => {
                let letter = self.bump().ok_or_else(|| self.error(place, "allowed is \\c and a letter"))?;
                char::from(self.single(letter.c, place)? ^ 64)
            }
            c if c.is_ascii_alphanumeric() => {
                return Err(self.error(place, format!("'\\{c}' is not known, or not supported")));
            }
            c => c,
        };
        self.single(c, place)
    }

    fn hex(&mut self, digits: usize, place: usize) -> Parsed<char> {
        let mut value = 0;
        for _ in 0..digits {
            let digit = self.bump().and_then(|token| token.c.to_digit(16));
            value = value * 16
                + digit.ok_or_else(|| self.error(place, format!("{digits} hex digits are needed")))?;
        }
        Ok(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex_until_brace(&mut self, place: usize) -> Parsed<char> {
        let mut value = 0u32;
        let mut any = false;
        while !self.takes("}") {
            let digit = self.bump().and_then(|token| token.c.to_digit(16));
            let digit = digit.ok_or_else(|| self.error(place, "allowed is \\x{h…h}"))?;
            value = value.saturating_mul(16).saturating_add(digit);
            any = true;
        }
        if any {
            Ok(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER))
        } else {
            Err(self.error(place, "allowed is \\x{h…h}"))
        }
    }

    /// `\0n`, `\0nn`, `\0mnn` with m up to 3.
    fn octal(&mut self, place: usize) -> Parsed<char> {
        let mut value = 0;
        let mut count = 0;
        while let Some(digit) = self.peek(0).and_then(|token| token.c.to_digit(8)) {
            if count == 3 || value * 8 + digit > 0o377 {
                break;
            }
            value = value * 8 + digit;
            count += 1;
            self.next += 1;
        }
        if count == 0 {
            return Err(self.error(place, "\\0 needs octal digits after it"));
        }
        Ok(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER))
    }
}
