//! Regular expressions on device ids: Java's syntax, the whole id, case-sensitive unless `(?i)`.
//!
//! A pattern is parsed by our own reader, because its Java meaning must hold whatever engine runs it, and written anew
//! in the few constructs the engine surely reads the same. Most patterns administrators write (`Appl.*`, `.*iPad`,
//! `SEC[0-9A-F]+`) need no engine: they are compared character by character, so that a thousand rules cost microseconds.
//! Of the rest the first characters are compared before the engine is asked.
//!
//! Look-around and back-references are matched by backtracking, with a hard bound on the number of steps
//! ([`MAX_STEPS`]): beyond it the outcome is [`RuleOutcome::TooExpensive`]. [`Pattern::checked`], which makes new rules,
//! tries ids made to hurt and refuses a pattern that gets there.

mod charset;
mod node;
mod parse;
mod shape;
#[cfg(test)]
mod tests;

use fancy_regex::{Regex, RegexBuilder};

use crate::ids::ShownDeviceId;
use charset::CharSet;
use node::Node;
use parse::Parser;
use shape::Shape;

/// Longest pattern, in characters.
pub const MAX_CHARS: usize = 1024;
/// Backtracking steps after which a match is given up.
pub const MAX_STEPS: usize = 100_000;
/// Bytes a compiled pattern may take.
const MAX_COMPILED_BYTES: usize = 1 << 20;
/// Longest device id.
const ID_CHARS: usize = 128;
/// Characters tried when a rule is made.
const MAX_PROBED: usize = 24;

/// A regular expression that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("regex '{pattern}' is not valid at character {at}: {reason}")]
pub struct PatternError {
    /// The pattern, cut to 80 characters.
    pub pattern: String,
    /// The place in it, in characters from 1.
    pub at: usize,
    /// What is wrong there, or what is allowed.
    pub reason: String,
}

/// What a rule says of an id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RuleOutcome {
    /// It is about this id.
    Matches,
    /// It is not.
    Other,
    /// Nobody knows: the bound on backtracking was reached. Counts as not about this id.
    TooExpensive,
}

impl From<bool> for RuleOutcome {
    fn from(matches: bool) -> Self {
        if matches { Self::Matches } else { Self::Other }
    }
}

/// A compiled pattern.
#[derive(Debug)]
pub struct Pattern {
    matcher: Matcher,
}

#[derive(Debug)]
enum Matcher {
    Shape(Shape),
    Engine(Box<Engine>),
}

#[derive(Debug)]
struct Engine {
    /// Every match begins with one of each of these.
    heads: Vec<CharSet>,
    least: usize,
    most: usize,
    regex: Regex,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// [`PatternError`], naming the place.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let node = Parser::parse(text)?;
        let matcher = match Shape::of(&node) {
            Some(shape) => Matcher::Shape(shape),
            None => Matcher::Engine(Box::new(Engine::compile(&node, text)?)),
        };
        Ok(Self { matcher })
    }

    /// Compiles a pattern for a new rule, and tries it on long ids made to hurt.
    ///
    /// # Errors
    /// [`PatternError`], also when such an id takes more than [`MAX_STEPS`].
    pub fn checked(text: &str) -> Result<Self, PatternError> {
        let pattern = Self::new(text)?;
        if let Matcher::Engine(engine) = &pattern.matcher {
            let costly = probes(&Parser::parse(text)?)
                .into_iter()
                .find(|id| engine.is_match(id) == RuleOutcome::TooExpensive);
            if let Some(id) = costly {
                let id: String = id.chars().take(12).collect();
                return Err(bad(
                    text,
                    format!("it takes more than {MAX_STEPS} steps on a long id such as '{id}…'"),
                ));
            }
        }
        Ok(pattern)
    }

    /// Whether the pattern is about this id, all of it.
    pub fn is_match(&self, id: &ShownDeviceId) -> RuleOutcome {
        match &self.matcher {
            Matcher::Shape(shape) => shape.is_match(id.as_str().as_bytes()).into(),
            Matcher::Engine(engine) => engine.is_match(id.as_str()),
        }
    }
}

fn bad(text: &str, reason: String) -> PatternError {
    PatternError { pattern: text.chars().take(80).collect(), at: 1, reason }
}

impl Engine {
    fn compile(node: &Node, text: &str) -> Result<Self, PatternError> {
        let (mut referred, mut written) = (Vec::new(), String::from("\\A(?:"));
        node.referred(&mut referred);
        node.write(&referred, &mut written);
        written.push_str(")\\z");
        let regex = RegexBuilder::new(&written)
            .backtrack_limit(MAX_STEPS)
            .delegate_size_limit(MAX_COMPILED_BYTES)
            .delegate_dfa_size_limit(MAX_COMPILED_BYTES)
            .build()
            .map_err(|error| bad(text, format!("not supported: {error}")))?;
        let (least, most) = node.width();
        let length = |chars: u32| usize::try_from(chars).unwrap_or(usize::MAX);
        Ok(Self {
            heads: shape::heads(node).0,
            least: length(least),
            most: most.map_or(usize::MAX, length),
            regex,
        })
    }

    fn is_match(&self, id: &str) -> RuleOutcome {
        let bytes = id.as_bytes();
        let possible = bytes.len() >= self.least
            && bytes.len() <= self.most
            && self.heads.iter().zip(bytes).all(|(set, c)| set.contains(*c));
        if !possible {
            return RuleOutcome::Other;
        }
        // The only errors at run time are those about the bounds on steps and stack.
        self.regex.is_match(id).map_or(RuleOutcome::TooExpensive, RuleOutcome::from)
    }
}

/// Long ids on which a pattern that can go wrong does: runs of its own characters, and such runs with a wrong end.
fn probes(node: &Node) -> Vec<String> {
    let mut sets = Vec::new();
    node.sets(&mut sets);
    // Characters the pattern does not tell apart are alike; of each such kind two are enough.
    let mut kinds: Vec<(Vec<bool>, Vec<char>)> = Vec::new();
    for c in CharSet::ID.chars() {
        let kind: Vec<bool> = sets.iter().map(|set| set.contains(c)).collect();
        match kinds.iter_mut().find(|(known, _)| *known == kind) {
            Some((_, chars)) if chars.len() >= 2 => {}
            Some((_, chars)) => chars.push(c.into()),
            None => kinds.push((kind, vec![c.into()])),
        }
    }
    let chars: Vec<char> = kinds.into_iter().flat_map(|(_, chars)| chars).take(MAX_PROBED).collect();
    let run = |pair: [char; 2], end: Option<char>| -> String {
        pair.into_iter().cycle().take(ID_CHARS - usize::from(end.is_some())).chain(end).collect()
    };
    let mut probes = Vec::new();
    for (index, &c) in chars.iter().enumerate() {
        let other = chars[(index + 1) % chars.len()];
        probes.extend([run([c, c], None), run([c, other], None)]);
        probes.extend(chars.iter().filter(|end| **end != c).take(4).map(|end| run([c, c], Some(*end))));
        probes.push(run([c, other], chars.last().copied()));
    }
    probes
}
