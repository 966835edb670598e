//! Reads patterns in Java's syntax (`java.util.regex.Pattern`, "Summary of regular-expression constructs").
//!
//! Device ids are ASCII, and so is every pattern: whether a construct is about Unicode makes no difference, and classes
//! are sets of 128. What Java knows and this does not is refused, never read as something else.

use super::{
    MAX_CHARS, PatternError,
    charset::CharSet,
    node::{Greed, Node},
};

/// How deep groups and classes may lie inside each other.
const MAX_DEPTH: usize = 50;
/// Largest number of a quantifier. No id is longer than 128.
const MAX_COUNT: u32 = 1000;
/// Largest pattern once every repetition is written out.
const MAX_WEIGHT: u32 = 4000;

/// A character of the pattern; quoted ones have no meaning but themselves.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Token {
    c: char,
    /// Place in the pattern, from 1.
    at: usize,
    quoted: bool,
}

pub(super) struct Parser<'a> {
    pattern: &'a str,
    tokens: Vec<Token>,
    next: usize,
    any_case: bool,
    depth: usize,
    /// Number of groups opened so far.
    groups: u32,
    closed: Vec<u32>,
    names: Vec<(String, u32)>,
}

type Parsed<T> = Result<T, PatternError>;

impl<'a> Parser<'a> {
    pub(super) fn parse(pattern: &'a str) -> Parsed<Node> {
        let mut parser = Self {
            pattern,
            tokens: Vec::new(),
            next: 0,
            any_case: false,
            depth: 0,
            groups: 0,
            closed: Vec::new(),
            names: Vec::new(),
        };
        parser.tokens = parser.tokenize()?;
        let node = parser.either()?;
        if parser.next < parser.tokens.len() {
            return Err(parser.error_here("this ')' closes nothing"));
        }
        if node.weight() > MAX_WEIGHT {
            return Err(parser.error(1, "the repetitions make it too large"));
        }
        Ok(node)
    }

    /// Splits the pattern and takes `\Q…\E` out.
    fn tokenize(&self) -> Parsed<Vec<Token>> {
        let length = self.pattern.chars().count();
        if length == 0 || length > MAX_CHARS {
            return Err(self.error(1, format!("allowed are 1 to {MAX_CHARS} characters")));
        }
        let mut tokens = Vec::with_capacity(length);
        let mut quoted = false;
        let mut chars = self.pattern.chars().enumerate().peekable();
        while let Some((index, c)) = chars.next() {
            let at = index + 1;
            if !c.is_ascii() || c.is_ascii_control() {
                return Err(self.error(at, "device ids are letters, digits, '-', '_' and '.' of ASCII"));
            }
            let following = chars.peek().map(|(_, next)| *next);
            match (c, following, quoted) {
                ('\\', Some('Q'), false) | ('\\', Some('E'), true) => {
                    quoted = !quoted;
                    chars.next();
                }
                ('\\', Some('E'), false) => return Err(self.error(at, "this \\E ends no \\Q")),
                ('\\', Some(next), false) => {
                    tokens.push(Token { c, at, quoted });
                    if !next.is_ascii() {
                        continue;
                    }
                    tokens.push(Token { c: next, at: at + 1, quoted });
                    chars.next();
                }
                _ => tokens.push(Token { c, at, quoted }),
            }
        }
        Ok(tokens)
    }

    fn error(&self, at: usize, reason: impl Into<String>) -> PatternError {
        PatternError { pattern: self.pattern.chars().take(80).collect(), at, reason: reason.into() }
    }

    fn error_here(&self, reason: impl Into<String>) -> PatternError {
        self.error(self.place(), reason)
    }

    /// Where the next character is, or would be.
    fn place(&self) -> usize {
        self.tokens.get(self.next).map_or_else(|| self.pattern.chars().count() + 1, |token| token.at)
    }

    fn peek(&self, ahead: usize) -> Option<Token> {
        self.tokens.get(self.next + ahead).copied()
    }

    /// Whether these characters with a meaning come next.
    fn sees(&self, text: &str) -> bool {
        text.chars().enumerate().all(|(ahead, c)| self.peek(ahead).is_some_and(|t| !t.quoted && t.c == c))
    }

    fn takes(&mut self, text: &str) -> bool {
        let seen = self.sees(text);
        if seen {
            self.next += text.len();
        }
        seen
    }

    fn bump(&mut self) -> Option<Token> {
        let token = self.peek(0);
        self.next += usize::from(token.is_some());
        token
    }

    fn either(&mut self) -> Parsed<Node> {
        let mut branches = vec![self.sequence()?];
        while self.takes("|") {
            branches.push(self.sequence()?);
        }
        Ok(if branches.len() == 1 { branches.swap_remove(0) } else { Node::Either(branches) })
    }

    fn sequence(&mut self) -> Parsed<Node> {
        let mut nodes = Vec::new();
        while self.next < self.tokens.len() && !self.sees("|") && !self.sees(")") {
            if let Some(node) = self.atom()? {
                nodes.push(self.quantified(node)?);
            }
        }
        Ok(Node::sequence(nodes))
    }

    /// One part without its quantifier; `None` for flags.
    fn atom(&mut self) -> Parsed<Option<Node>> {
        let place = self.place();
        let Some(token) = self.bump() else { return Ok(None) };
        if token.quoted {
            return self.literal(token.c, place).map(Some);
        }
        Ok(Some(match token.c {
            '.' => Node::Set(!CharSet::VERTICAL),
            '^' => Node::Start,
            '$' => Node::End,
            '[' => Node::Set(self.class(place)?),
            '(' => return self.group(place),
            '\\' => self.escape(place)?,
            '*' | '+' | '?' | '{' => {
                return Err(self.error(place, format!("there is nothing '{}' could repeat", token.c)));
            }
            c => self.literal(c, place)?,
        }))
    }

    fn literal(&self, c: char, place: usize) -> Parsed<Node> {
        self.single(c, place).map(|c| Node::Set(self.cased(CharSet::of(c))))
    }

    /// That a character, perhaps from an escape, is one of ASCII.
    fn single(&self, c: char, place: usize) -> Parsed<u8> {
        u8::try_from(c)
            .ok()
            .filter(u8::is_ascii)
            .ok_or_else(|| self.error(place, "device ids are letters, digits, '-', '_' and '.' of ASCII"))
    }

    fn cased(&self, set: CharSet) -> CharSet {
        if self.any_case { set.both_cases() } else { set }
    }

    fn quantified(&mut self, node: Node) -> Parsed<Node> {
        let place = self.place();
        let Some((min, max)) = self.quantifier(place)? else { return Ok(node) };
        if node.width().1 == Some(0) {
            return Err(self.error(place, "what takes no character cannot be repeated"));
        }
        let greed = if self.takes("+") {
            Greed::Possessive
        } else if self.takes("?") {
            Greed::Lazy
        } else {
            Greed::Greedy
        };
        Ok(Node::Repeat { inner: Box::new(node), min, max, greed })
    }

    fn quantifier(&mut self, place: usize) -> Parsed<Option<(u32, Option<u32>)>> {
        if self.takes("*") {
            return Ok(Some((0, None)));
        }
        if self.takes("+") {
            return Ok(Some((1, None)));
        }
        if self.takes("?") {
            return Ok(Some((0, Some(1))));
        }
        if !self.takes("{") {
            return Ok(None);
        }
        let refuse = |parser: &Self| parser.error(place, "allowed are {n}, {n,} and {n,m}");
        let min = self.count(place)?.ok_or_else(|| refuse(self))?;
        let max = if self.takes(",") { self.count(place)? } else { Some(min) };
        if !self.takes("}") {
            return Err(refuse(self));
        }
        if max.is_some_and(|max| max < min) {
            return Err(self.error(place, "the first number is larger than the second"));
        }
        Ok(Some((min, max)))
    }

    fn count(&mut self, place: usize) -> Parsed<Option<u32>> {
        let mut digits = String::new();
        while let Some(token) = self.peek(0).filter(|token| !token.quoted && token.c.is_ascii_digit()) {
            digits.push(token.c);
            self.next += 1;
        }
        if digits.is_empty() {
            return Ok(None);
        }
        let number = digits.parse().ok().filter(|number| *number <= MAX_COUNT);
        number.map(Some).ok_or_else(|| self.error(place, format!("no number may be above {MAX_COUNT}")))
    }

    fn deeper(&mut self, place: usize) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(place, format!("groups and classes may lie {MAX_DEPTH} deep")));
        }
        Ok(())
    }

    /// After `(`.
    fn group(&mut self, place: usize) -> Parsed<Option<Node>> {
        let any_case = self.any_case;
        let node = if !self.takes("?") {
            let index = self.open();
            let inner = Box::new(self.inside(place)?);
            self.closed.push(index);
            Node::Group { index, inner }
        } else if self.takes(":") {
            // Kept as a group, so that a quantifier after it repeats all of it.
            Node::sequence(vec![self.inside(place)?])
        } else if self.takes(">") {
            Node::Atomic(Box::new(self.inside(place)?))
        } else if self.takes("=") {
            Node::Look { behind: false, negative: false, inner: Box::new(self.inside(place)?) }
        } else if self.takes("!") {
            Node::Look { behind: false, negative: true, inner: Box::new(self.inside(place)?) }
        } else if self.takes("<=") {
            self.look_behind(place, false)?
        } else if self.takes("<!") {
            self.look_behind(place, true)?
        } else if self.takes("<") {
            self.named_group(place)?
        } else {
            return self.flags(place);
        };
        self.any_case = any_case;
        Ok(Some(node))
    }

    fn open(&mut self) -> u32 {
        self.groups += 1;
        self.groups
    }

    /// The inside of a group and its `)`.
    fn inside(&mut self, place: usize) -> Parsed<Node> {
        self.deeper(place)?;
        let node = self.either()?;
        self.depth -= 1;
        if self.takes(")") { Ok(node) } else { Err(self.error(place, "this '(' is not closed")) }
    }

    fn look_behind(&mut self, place: usize, negative: bool) -> Parsed<Node> {
        let inner = self.inside(place)?;
        if inner.width().1.is_none() || inner.refers() {
            return Err(self.error(place, "a look-behind needs a greatest length"));
        }
        Ok(Node::Look { behind: true, negative, inner: Box::new(inner) })
    }

    fn named_group(&mut self, place: usize) -> Parsed<Node> {
        let name = self.name(place)?;
        if self.names.iter().any(|(known, _)| *known == name) {
            return Err(self.error(place, format!("there is a group '{name}' already")));
        }
        let index = self.open();
        self.names.push((name, index));
        let inner = Box::new(self.inside(place)?);
        self.closed.push(index);
        Ok(Node::Group { index, inner })
    }

    /// `name>`
    fn name(&mut self, place: usize) -> Parsed<String> {
        let mut name = String::new();
        while let Some(token) = self.peek(0).filter(|token| token.c.is_ascii_alphanumeric()) {
            name.push(token.c);
            self.next += 1;
        }
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !self.takes(">") {
            return Err(
                self.error(place, "a group's name is letters and digits, a letter first, and ends with '>'")
            );
        }
        Ok(name)
    }

    /// `(?i)`, `(?-i:…)`. Those about lines and Unicode change nothing for device ids.
    fn flags(&mut self, place: usize) -> Parsed<Option<Node>> {
        let before = self.any_case;
        let mut on = true;
        loop {
            let at = self.place();
            match self.bump().map(|token| token.c) {
                Some('i') => self.any_case = on,
                Some('d' | 'm' | 's' | 'u' | 'U') => {}
                Some('-') if on => on = false,
                Some(')') => return Ok(None),
                Some(':') => {
                    let node = self.inside(place)?;
                    self.any_case = before;
                    return Ok(Some(Node::sequence(vec![node])));
                }
                Some('x') => return Err(self.error(at, "patterns with comments (flag x) are not supported")),
                Some(_) => return Err(self.error(at, "no such flag: allowed are i, d, m, s, u and U")),
                None => return Err(self.error(place, "this '(' is not closed")),
            }
        }
    }

    /// After `\`, outside a class.
    fn escape(&mut self, place: usize) -> Parsed<Node> {
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
    fn escaped_set(&mut self, place: usize) -> Parsed<(CharSet, Option<u8>)> {
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

    /// After `[`, up to and with its `]`. `&&` binds less than standing side by side, `^` is about the whole.
    fn class(&mut self, place: usize) -> Parsed<CharSet> {
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
