//! What holds for any settings and any arrivals, checked against the definition in its plainest form.

use proptest::prelude::*;

use super::*;

/// One key by the book: all stamps that passed since the last jail, nothing forgotten.
#[derive(Default)]
struct ByTheBook {
    passed: Vec<u64>,
    until: Option<u64>,
}

impl ByTheBook {
    fn passes(&mut self, now: u64, settings: &Settings) -> bool {
        if self.until.is_some_and(|until| now < until) {
            return false;
        }
        self.until = None;
        let max = settings.max_requests as usize;
        let newest = &self.passed[self.passed.len().saturating_sub(max)..];
        if newest.len() == max && now - newest[0] < settings.window_ms {
            self.until = Some(now + settings.jail_ms);
            self.passed.clear();
            return false;
        }
        self.passed.push(now);
        true
    }
}

fn settings() -> impl Strategy<Value = Settings> {
    (1u32..6, 1u64..50, 1u64..80).prop_map(|(max_requests, window_ms, jail_ms)| Settings {
        enabled: true,
        max_requests,
        window_ms,
        jail_ms,
    })
}

proptest! {
    #[test]
    fn every_key_is_judged_by_the_book_however_many_others_there_are(
        settings in settings(),
        arrivals in proptest::collection::vec((0u8..5, 0u64..12), 0..200),
    ) {
        let mut limiter = Limiter::new(5);
        let mut book: Vec<ByTheBook> = (0..5).map(|_| ByTheBook::default()).collect();
        let mut now = 0;
        for (key, pause) in arrivals {
            now += pause;
            let judged = limiter.judge(&key, now, &settings) == Judgement::Pass;
            prop_assert_eq!(judged, book[usize::from(key)].passes(now, &settings), "key {} at {}", key, now);
        }
    }

    #[test]
    fn a_jail_is_announced_once_and_ends_when_it_said(
        settings in settings(),
        pauses in proptest::collection::vec(0u64..4, 1..100),
    ) {
        let mut limiter = Limiter::new(1);
        let (mut now, mut announced) = (0, None);
        for pause in pauses {
            now += pause;
            match limiter.judge(&(), now, &settings) {
                Judgement::Pass => prop_assert!(announced.is_none_or(|until| now >= until)),
                Judgement::Drop { until_ms, newly_jailed: Some(evidence) } => {
                    prop_assert!(announced.is_none_or(|until| now >= until));
                    prop_assert_eq!(until_ms, now + settings.jail_ms);
                    prop_assert_eq!(evidence.requests, settings.max_requests + 1);
                    prop_assert!(evidence.span_ms < evidence.window_ms);
                    announced = Some(until_ms);
                }
                Judgement::Drop { until_ms, newly_jailed: None } => {
                    prop_assert_eq!(Some(until_ms), announced);
                    prop_assert!(now < until_ms);
                }
            }
        }
    }

    #[test]
    fn memory_stays_within_its_bounds(
        settings in settings(),
        arrivals in proptest::collection::vec((any::<u16>(), 0u64..3), 0..300),
        room in 1usize..10,
    ) {
        let mut limiter = Limiter::new(room);
        let mut now = 0;
        for (key, pause) in arrivals {
            now += pause;
            limiter.judge(&key, now, &settings);
            prop_assert!(limiter.len() <= 2 * room);
        }
    }

    #[test]
    fn a_clock_that_runs_backwards_does_no_harm(
        settings in settings(),
        times in proptest::collection::vec(any::<u64>(), 0..50),
    ) {
        let mut limiter = Limiter::new(2);
        for now in times {
            limiter.judge(&0, now, &settings);
        }
        prop_assert!(limiter.len() <= 4);
    }
}
