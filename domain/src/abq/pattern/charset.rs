//! Sets of ASCII characters: all a pattern on device ids can tell apart.

use std::ops::{BitAnd, BitOr, Not};

/// A set of ASCII characters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct CharSet(pub(super) u128);

impl CharSet {
    pub(super) const EMPTY: Self = Self(0);
    pub(super) const ALL: Self = Self(u128::MAX);

    pub(super) const fn of(c: u8) -> Self {
        Self(1 << (c & 127))
    }

    pub(super) const fn range(first: u8, last: u8) -> Self {
        let mut set = 0;
        let mut c = first;
        while c <= last && c < 128 {
            set |= 1 << c;
            c += 1;
        }
        Self(set)
    }

    const fn and_also(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) const UPPER: Self = Self::range(b'A', b'Z');
    pub(super) const LOWER: Self = Self::range(b'a', b'z');
    pub(super) const DIGIT: Self = Self::range(b'0', b'9');
    pub(super) const ALPHA: Self = Self::UPPER.and_also(Self::LOWER);
    pub(super) const ALNUM: Self = Self::ALPHA.and_also(Self::DIGIT);
    pub(super) const WORD: Self = Self::ALNUM.and_also(Self::of(b'_'));
    pub(super) const SPACE: Self = Self::range(9, 13).and_also(Self::of(b' '));
    pub(super) const BLANK: Self = Self::of(b'\t').and_also(Self::of(b' '));
    pub(super) const VERTICAL: Self = Self::range(10, 13);
    /// What stands in a device id.
    pub(super) const ID: Self = Self::WORD.and_also(Self::of(b'-')).and_also(Self::of(b'.'));

    /// A class `\p{…}` by its name, of those that differ on ASCII (`java.util.regex.Pattern`, "POSIX character
    /// classes", "java.lang.Character classes", "Classes for Unicode scripts, blocks, categories and binary
    /// properties").
    pub(super) fn named(name: &str) -> Option<Self> {
        let punctuation =
            Self::range(33, 47) | Self::range(58, 64) | Self::range(91, 96) | Self::range(123, 126);
        let symbols = b"$+<=>^`|~".iter().fold(Self::EMPTY, |set, c| set | Self::of(*c));
        Some(match name {
            "Lower" | "Ll" | "IsLl" | "javaLowerCase" | "IsLowercase" => Self::LOWER,
            "Upper" | "Lu" | "IsLu" | "javaUpperCase" | "IsUppercase" => Self::UPPER,
            "ASCII" => Self::ALL,
            "Alpha" | "L" | "IsL" | "javaLetter" | "javaAlphabetic" | "IsAlphabetic" | "IsLatin" => {
                Self::ALPHA
            }
            "Digit" | "N" | "Nd" | "IsN" | "IsNd" | "javaDigit" | "IsDigit" => Self::DIGIT,
            "Alnum" | "javaLetterOrDigit" => Self::ALNUM,
            "Punct" => punctuation,
            "P" | "IsP" | "IsPunctuation" => punctuation & !symbols,
            "S" | "IsS" => symbols,
            "Graph" => Self::range(33, 126),
            "Print" => Self::range(32, 126),
            "Blank" => Self::BLANK,
            "Cntrl" | "Cc" | "IsCc" | "IsControl" => Self::range(0, 31) | Self::of(127),
            "XDigit" | "IsHex_Digit" => Self::DIGIT | Self::range(b'a', b'f') | Self::range(b'A', b'F'),
            "Space" | "IsWhite_Space" => Self::SPACE,
            _ => return None,
        })
    }

    pub(super) fn contains(self, c: u8) -> bool {
        c < 128 && self.0 >> c & 1 == 1
    }

    pub(super) fn contains_all(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// With the other case of each letter.
    #[must_use]
    pub(super) fn both_cases(self) -> Self {
        let (upper, lower) = (self & Self::UPPER, self & Self::LOWER);
        self | Self(upper.0 << 32) | Self(lower.0 >> 32)
    }

    pub(super) fn chars(self) -> impl Iterator<Item = u8> {
        (0..128).filter(move |c| self.contains(*c))
    }

    /// The class in the engine's syntax, all characters as hex so that none has a meaning.
    pub(super) fn write(self, out: &mut String) {
        use std::fmt::Write as _;
        let mut put = |text: std::fmt::Arguments<'_>| out.write_fmt(text).unwrap_or_default();
        match self.0.count_ones() {
            0 => put(format_args!("[^\\x00-\\x7f]")),
            1 => put(format_args!("\\x{:02x}", self.0.trailing_zeros())),
            _ => {
                put(format_args!("["));
                let mut from = 0;
                while let Some(first) = (from..128).find(|c| self.contains(*c)) {
                    let last = (first..128).take_while(|c| self.contains(*c)).last().unwrap_or(first);
                    put(format_args!("\\x{first:02x}-\\x{last:02x}"));
                    from = last + 1;
                }
                put(format_args!("]"));
            }
        }
    }
}

impl BitOr for CharSet {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for CharSet {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl Not for CharSet {
    type Output = Self;

    fn not(self) -> Self {
        Self(!self.0)
    }
}
