//! A short fuzz run on stable Rust: the golden messages, mutated with a fixed seed, through the function the fuzz
//! target calls. The real fuzzer lives in `fuzz/`.

use std::{fs, path::Path};

use syncledger_wbxml::{Limits, fuzzing::round_trip};

use crate::corpus::messages;

const ITERATIONS: usize = 60_000;

/// Bytes that mean something to the decoder, more often than chance would have them.
const TELLING: [u8; 14] =
    [0x00, 0x01, 0x03, 0xC3, 0x02, 0x04, 0x43, 0x83, 0x40, 0x45, 0x05, 0x80, 0x7F, 0xFF];

#[test]
fn mutated_golden_messages_keep_the_promises() {
    let corpus: Vec<_> = messages().into_iter().map(|message| message.wbxml).collect();
    let mut random = SplitMix(0x5EED_CAFE);
    let mut accepted = 0_usize;
    for iteration in 0..ITERATIONS {
        let mut bytes = corpus[random.below(corpus.len())].clone();
        for _ in 0..=random.below(6) {
            mutate(&mut bytes, &corpus, &mut random);
        }
        match round_trip(&bytes, &Limits::default()) {
            Ok(document) => accepted += usize::from(document),
            Err(violation) => panic!("iteration {iteration}, {bytes:02X?}: {violation}"),
        }
    }
    // A mutator that only makes garbage would test nothing beyond the head.
    assert!(accepted > ITERATIONS / 10, "only {accepted} of {ITERATIONS} mutants were documents");
}

/// The fuzzer's seeds are golden messages as files; none has gone stale.
#[test]
fn seeds_of_the_fuzzer_are_golden_messages() {
    let corpus: Vec<_> = messages().into_iter().map(|message| message.wbxml).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/decode");
    let seeds: Vec<_> =
        fs::read_dir(folder).expect("a folder of seeds").map(|entry| entry.unwrap().path()).collect();
    assert!(!seeds.is_empty());
    for seed in seeds {
        assert!(corpus.contains(&fs::read(&seed).unwrap()), "{} is no golden message", seed.display());
    }
}

fn mutate(bytes: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut SplitMix) {
    let at = random.below(bytes.len() + 1);
    let byte = if random.below(2) == 0 { TELLING[random.below(TELLING.len())] } else { random.byte() };
    match random.below(6) {
        0 => bytes.insert(at, byte),
        1 => bytes.truncate(at.max(1)),
        2 => {
            let other = &corpus[random.below(corpus.len())];
            let (from, length) = (random.below(other.len()), random.below(24));
            let piece = other[from..].iter().take(length).copied();
            bytes.splice(at..at, piece);
        }
        3 => {
            let end = (at + random.below(8)).min(bytes.len());
            bytes.drain(at..end);
        }
        _ => {
            if let Some(target) = bytes.get_mut(at) {
                *target = byte;
            }
        }
    }
}

/// `SplitMix64`: small, fixed, good enough to shuffle bytes.
struct SplitMix(u64);

impl SplitMix {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    /// 0..bound; the slight bias does not matter here. `bound` is at least 1.
    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).expect("below a usize")
    }
}
