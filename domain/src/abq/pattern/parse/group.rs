//! Groups, flags, look-around.

use super::{MAX_DEPTH, Node, Parsed, Parser};

impl Parser<'_> {
    pub(super) fn deeper(&mut self, place: usize) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.error(place, format!("groups and classes may lie {MAX_DEPTH} deep")));
        }
        Ok(())
    }

    /// After `(`.
    pub(super) fn group(&mut self, place: usize) -> Parsed<Option<Node>> {
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
    pub(super) fn name(&mut self, place: usize) -> Parsed<String> {
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
}
