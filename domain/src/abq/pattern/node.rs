//! A parsed pattern, its measures, and how it is written for the engine.

use super::charset::CharSet;

/// Part of a pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Node {
    Empty,
    Set(CharSet),
    Start,
    End,
    WordBoundary { negative: bool },
    Group { index: u32, inner: Box<Node> },
    Sequence(Vec<Node>),
    Either(Vec<Node>),
    Repeat { inner: Box<Node>, min: u32, max: Option<u32>, greed: Greed },
    Look { behind: bool, negative: bool, inner: Box<Node> },
    Atomic(Box<Node>),
    Backreference { group: u32, any_case: bool },
}

/// How much a quantifier takes, and whether it gives back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Greed {
    Greedy,
    Lazy,
    Possessive,
}

impl Node {
    pub(super) fn sequence(mut nodes: Vec<Self>) -> Self {
        match nodes.len() {
            0 => Self::Empty,
            1 => nodes.swap_remove(0),
            _ => Self::Sequence(nodes),
        }
    }

    pub(super) fn children(&self) -> &[Self] {
        match self {
            Self::Empty
            | Self::Set(_)
            | Self::Start
            | Self::End
            | Self::WordBoundary { .. }
            | Self::Backreference { .. } => &[],
            Self::Sequence(nodes) | Self::Either(nodes) => nodes,
            Self::Group { inner, .. }
            | Self::Repeat { inner, .. }
            | Self::Look { inner, .. }
            | Self::Atomic(inner) => std::slice::from_ref(inner),
        }
    }

    /// Fewest and most characters it takes; no most when there is no bound.
    pub(super) fn width(&self) -> (u32, Option<u32>) {
        match self {
            Self::Empty | Self::Start | Self::End | Self::WordBoundary { .. } | Self::Look { .. } => {
                (0, Some(0))
            }
            Self::Set(_) => (1, Some(1)),
            Self::Backreference { .. } => (0, None),
            Self::Group { inner, .. } | Self::Atomic(inner) => inner.width(),
            Self::Sequence(nodes) => nodes.iter().map(Self::width).fold((0, Some(0)), |sum, next| {
                let most = sum.1.zip(next.1).map(|(a, b)| a.saturating_add(b));
                (sum.0.saturating_add(next.0), most)
            }),
            Self::Either(nodes) => {
                let widths = nodes.iter().map(Self::width);
                widths
                    .reduce(|a, b| (a.0.min(b.0), a.1.zip(b.1).map(|(a, b)| a.max(b))))
                    .unwrap_or((0, Some(0)))
            }
            Self::Repeat { inner, min, max, .. } => {
                let (least, most) = inner.width();
                let most = match (most, max) {
                    (Some(0), _) | (_, Some(0)) => Some(0),
                    (most, max) => most.zip(*max).map(|(a, b)| a.saturating_mul(b)),
                };
                (least.saturating_mul(*min), most)
            }
        }
    }

    /// How large it is once every repetition is written out.
    pub(super) fn weight(&self) -> u32 {
        let inner = self.children().iter().fold(1u32, |sum, node| sum.saturating_add(node.weight()));
        match self {
            Self::Repeat { min, max, .. } => inner.saturating_mul(max.unwrap_or(*min).max(1)),
            _ => inner,
        }
    }

    /// Whether it refers to a group.
    pub(super) fn refers(&self) -> bool {
        matches!(self, Self::Backreference { .. }) || self.children().iter().any(Self::refers)
    }

    /// Every set of characters in it.
    pub(super) fn sets(&self, into: &mut Vec<CharSet>) {
        if let Self::Set(set) = self {
            into.push(*set);
        }
        self.children().iter().for_each(|node| node.sets(into));
    }

    /// The groups something refers to, ascending.
    pub(super) fn referred(&self, into: &mut Vec<u32>) {
        if let Self::Backreference { group, .. } = self
            && let Err(place) = into.binary_search(group)
        {
            into.insert(place, *group);
        }
        self.children().iter().for_each(|node| node.referred(into));
    }

    /// Writes it in the engine's syntax. Of the groups only those something refers to are kept as such, numbered anew:
    /// what needs no memory of groups is matched in linear time.
    pub(super) fn write(&self, referred: &[u32], out: &mut String) {
        match self {
            Self::Empty => {}
            Self::Set(set) => set.write(out),
            Self::Start => out.push_str("\\A"),
            Self::End => out.push_str("\\z"),
            Self::WordBoundary { negative } => write_word_boundary(*negative, out),
            Self::Group { index, inner } => {
                out.push_str(if referred.binary_search(index).is_ok() { "(" } else { "(?:" });
                inner.write(referred, out);
                out.push(')');
            }
            Self::Sequence(nodes) => nodes.iter().for_each(|node| node.write(referred, out)),
            Self::Either(nodes) => {
                out.push_str("(?:");
                for (index, node) in nodes.iter().enumerate() {
                    if index > 0 {
                        out.push('|');
                    }
                    node.write(referred, out);
                }
                out.push(')');
            }
            Self::Repeat { inner, min, max, greed } => {
                // A possessive quantifier is an atomic group: so it is written, because the engine reads a `+` after
                // `{n,m}` as one more quantifier.
                out.push_str(if *greed == Greed::Possessive { "(?>(?:" } else { "(?:" });
                inner.write(referred, out);
                out.push(')');
                let most = max.map(|max| max.to_string()).unwrap_or_default();
                out.extend(["{", &min.to_string(), ",", &most, "}"]);
                match greed {
                    Greed::Greedy => {}
                    Greed::Lazy => out.push('?'),
                    Greed::Possessive => out.push(')'),
                }
            }
            Self::Look { behind, negative, inner } => {
                out.push_str(match (behind, negative) {
                    (false, false) => "(?=",
                    (false, true) => "(?!",
                    (true, false) => "(?<=",
                    (true, true) => "(?<!",
                });
                inner.write(referred, out);
                out.push(')');
            }
            Self::Atomic(inner) => {
                out.push_str("(?>");
                inner.write(referred, out);
                out.push(')');
            }
            Self::Backreference { group, any_case } => {
                let number = referred.binary_search(group).map_or(0, |place| place + 1);
                out.push_str(if *any_case { "(?i:\\" } else { "(?:\\" });
                out.push_str(&number.to_string());
                out.push(')');
            }
        }
    }
}

/// Java's word characters are letters, digits and the underscore; the engine's `\b` would ask for tables of Unicode.
fn write_word_boundary(negative: bool, out: &mut String) {
    let mut word = String::new();
    CharSet::WORD.write(&mut word);
    let text = if negative {
        format!("(?:(?<={word})(?={word})|(?<!{word})(?!{word}))")
    } else {
        format!("(?:(?<={word})(?!{word})|(?<!{word})(?={word}))")
    };
    out.push_str(&text);
}
