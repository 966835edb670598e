//! Patterns so plain that characters need only be compared.

use super::{
    charset::CharSet,
    node::{Greed, Node},
};

/// Sets that must begin a match are looked at up to here.
const MAX_HEADS: usize = 16;
/// Longest run of sets worth comparing by hand.
const MAX_FIXED: usize = 256;

/// A pattern without need for an engine.
#[derive(Debug)]
pub(super) enum Shape {
    /// One of each of these, then up to `more` of those.
    Run { fixed: Vec<CharSet>, tail: CharSet, more: usize },
    /// At least `before` of anything, one of each of these, then (if `open`) anything.
    Inside { before: usize, fixed: Vec<CharSet>, open: bool },
    /// One of several.
    AnyOf(Vec<Shape>),
}

impl Shape {
    pub(super) fn of(node: &Node) -> Option<Self> {
        match node {
            Node::Either(nodes) => nodes.iter().map(Self::of).collect::<Option<_>>().map(Self::AnyOf),
            Node::Group { inner, .. } => Self::of(inner),
            Node::Sequence(nodes) if nodes.len() == 1 => Self::of(&nodes[0]),
            _ => Self::plain(node),
        }
    }

    fn plain(node: &Node) -> Option<Self> {
        let mut parts = Vec::new();
        flatten(node, &mut parts)?;
        let star = |part: &Part| part.max.is_none();
        let anything = |part: &Part| star(part) && part.set.contains_all(CharSet::ID);
        let (first, last) = (parts.first().copied(), parts.last().copied());
        if let Some(first) = first.filter(|first| parts.len() > 1 && anything(first)) {
            let open = last.is_some_and(|last| parts.len() > 2 && anything(&last) && last.min == 0);
            let fixed = fixed(&parts[1..parts.len() - usize::from(open)])?;
            return Some(Self::Inside { before: first.min, fixed, open });
        }
        let Some(last) = last.filter(|last| last.max != Some(last.min)) else {
            return Some(Self::Run { fixed: fixed(&parts)?, tail: CharSet::EMPTY, more: 0 });
        };
        parts.pop();
        parts.push(Part { max: Some(last.min), ..last });
        let more = last.max.map_or(usize::MAX, |max| max - last.min);
        Some(Self::Run { fixed: fixed(&parts)?, tail: last.set, more })
    }

    pub(super) fn is_match(&self, id: &[u8]) -> bool {
        let equal = |fixed: &[CharSet], id: &[u8]| fixed.iter().zip(id).all(|(set, c)| set.contains(*c));
        match self {
            Self::Run { fixed, tail, more } => {
                id.len() >= fixed.len()
                    && id.len() - fixed.len() <= *more
                    && equal(fixed, id)
                    && id[fixed.len()..].iter().all(|c| tail.contains(*c))
            }
            Self::Inside { before, fixed, open } => {
                let Some(last) = id.len().checked_sub(fixed.len()).filter(|last| last >= before) else {
                    return false;
                };
                let first = if *open { *before } else { last };
                (first..=last).any(|at| equal(fixed, &id[at..]))
            }
            Self::AnyOf(shapes) => shapes.iter().any(|shape| shape.is_match(id)),
        }
    }
}

/// A set and how often it stands there.
#[derive(Clone, Copy)]
struct Part {
    set: CharSet,
    min: usize,
    max: Option<usize>,
}

/// The parts, if nothing else is in it.
fn flatten(node: &Node, parts: &mut Vec<Part>) -> Option<()> {
    match node {
        Node::Empty => Some(()),
        Node::Set(set) => {
            parts.push(Part { set: *set, min: 1, max: Some(1) });
            Some(())
        }
        Node::Group { inner, .. } => flatten(inner, parts),
        Node::Sequence(nodes) => nodes.iter().try_for_each(|node| flatten(node, parts)),
        // Possessive ones never give back what the next part needs, so they are left to the engine.
        Node::Repeat { inner, min, max, greed: Greed::Greedy | Greed::Lazy } => {
            let Node::Set(set) = **inner else { return None };
            let max = max.map(|max| max as usize);
            parts.push(Part { set, min: *min as usize, max });
            Some(())
        }
        _ => None,
    }
}

/// The sets one after the other, if each stands there a certain number of times.
fn fixed(parts: &[Part]) -> Option<Vec<CharSet>> {
    let certain = parts.iter().all(|part| part.max == Some(part.min));
    let length = parts.iter().map(|part| part.min).sum::<usize>();
    (certain && length <= MAX_FIXED)
        .then(|| parts.iter().flat_map(|part| std::iter::repeat_n(part.set, part.min)).collect())
}

/// Sets every match begins with, one per character; and whether they are all of it.
pub(super) fn heads(node: &Node) -> (Vec<CharSet>, bool) {
    match node {
        Node::Set(set) => (vec![*set], true),
        Node::Empty | Node::Start | Node::End | Node::WordBoundary { .. } | Node::Look { .. } => {
            (Vec::new(), true)
        }
        Node::Backreference { .. } => (Vec::new(), false),
        Node::Group { inner, .. } | Node::Atomic(inner) => heads(inner),
        Node::Sequence(nodes) => {
            let mut all = Vec::new();
            for node in nodes {
                let (next, whole) = heads(node);
                all.extend(next);
                if !whole || all.len() >= MAX_HEADS {
                    all.truncate(MAX_HEADS);
                    return (all, false);
                }
            }
            (all, true)
        }
        Node::Either(nodes) => {
            let each: Vec<_> = nodes.iter().map(heads).collect();
            let shortest = each.iter().map(|(sets, _)| sets.len()).min().unwrap_or(0);
            let whole = each.iter().all(|(sets, whole)| *whole && sets.len() == shortest);
            let union = |at: usize| each.iter().fold(CharSet::EMPTY, |set, (sets, _)| set | sets[at]);
            ((0..shortest).map(union).collect(), whole)
        }
        Node::Repeat { inner, min, max, .. } => {
            if *min == 0 {
                return (Vec::new(), *max == Some(0));
            }
            let (sets, whole) = heads(inner);
            (sets, whole && *min == 1 && *max == Some(1))
        }
    }
}
