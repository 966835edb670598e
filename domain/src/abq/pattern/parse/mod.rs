//! Reads patterns in Java's syntax (`java.util.regex.Pattern`, "Summary of regular-expression constructs").
//!
//! Device ids are ASCII, and so is every pattern: whether a construct is about Unicode makes no difference, and classes
//! are sets of 128. What Java knows and this does not is refused, never read as something else.

mod class;
mod escape;
mod group;

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
}
