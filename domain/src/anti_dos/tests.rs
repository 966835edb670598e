//! The worked examples, settings that change, memory that is bounded.

use super::*;
use crate::config::Attributes;

fn settings(max_requests: u32, window_ms: u64, jail_ms: u64) -> Settings {
    Settings { enabled: true, max_requests, window_ms, jail_ms }
}

/// What becomes of requests of one key at these times: `None` passes, else the end of the jail.
fn run(limiter: &mut Limiter<&'static str>, settings: &Settings, times: &[u64]) -> Vec<Option<u64>> {
    let judge = |now: &u64| match limiter.judge(&"k", *now, settings) {
        Judgement::Pass => None,
        Judgement::Drop { until_ms, .. } => Some(until_ms),
    };
    times.iter().map(judge).collect()
}

#[test]
fn one_request_more_than_allowed_starts_a_jail_and_the_end_of_it_a_new_count() {
    let mut limiter = Limiter::new(10);
    let three = settings(3, 10_000, 12_000);
    assert_eq!(run(&mut limiter, &three, &[0, 1000, 2000]), [None; 3]);
    let evidence = Evidence { requests: 4, span_ms: 3000, window_ms: 10_000 };
    assert_eq!(
        limiter.judge(&"k", 3000, &three),
        Judgement::Drop { until_ms: 15_000, newly_jailed: Some(evidence) }
    );
    let still = Judgement::Drop { until_ms: 15_000, newly_jailed: None };
    assert_eq!([4000, 14_999].map(|now| limiter.judge(&"k", now, &three)), [still; 2]);
    assert_eq!(run(&mut limiter, &three, &[15_000, 15_001]), [None; 2]);
}

#[test]
fn the_window_is_measured_from_now_and_half_open() {
    let mut limiter = Limiter::new(10);
    let three = settings(3, 10_000, 12_000);
    assert_eq!(run(&mut limiter, &three, &[0, 5000, 10_000, 10_001]), [None; 4]);
    assert_eq!(run(&mut limiter, &three, &[10_002]), [Some(22_002)]);
}

#[test]
fn the_default_settings_jail_151_requests_in_30_seconds_and_nothing_slower() {
    let default = Settings { enabled: true, ..Settings::from_scopes(&Scopes::default()) };
    assert_eq!(default, settings(150, 30_000, 600_000));
    let every = |pause: u64, count: u64| -> Vec<u64> { (0..count).map(|n| n * pause).collect() };
    let mut expected = vec![None; 150];
    assert_eq!(run(&mut Limiter::new(10), &default, &every(200, 2000)), vec![None; 2000]);
    expected.push(Some(629_850));
    assert_eq!(run(&mut Limiter::new(10), &default, &every(199, 151)), expected);
    let mut limiter = Limiter::new(10);
    assert_eq!(run(&mut limiter, &default, &[0; 150]), [None; 150]);
    assert_eq!(run(&mut limiter, &default, &[30_001]), [None], "silence is innocent");
    expected[150] = Some(600_000);
    assert_eq!(run(&mut Limiter::new(10), &default, &[0; 151]), expected);
}

#[test]
fn it_is_off_unless_switched_on_and_then_forgets_everything() {
    assert!(!Settings::from_scopes(&Scopes::default()).enabled);
    let one = settings(1, 1000, 1000);
    for off in [Settings { enabled: false, ..one }, settings(0, 1000, 1000)] {
        let mut limiter = Limiter::new(10);
        assert_eq!(run(&mut limiter, &one, &[0, 0]), [None, Some(1000)]);
        assert_eq!(run(&mut limiter, &off, &[1, 1, 1]), [None; 3]);
        assert!(limiter.is_empty());
    }
    let negative = Attributes(
        [("mobileAntiDosServiceMaxRequests", "-1"), ("mobileAntiDosServiceEnabled", "true")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    );
    let scopes = Scopes { global: Some(&negative), ..Scopes::default() };
    assert_eq!(Settings::from_scopes(&scopes).max_requests, 0);
}

#[test]
fn changed_settings_hold_from_the_next_request_and_a_jail_stays_as_long_as_it_was_made() {
    let mut limiter = Limiter::new(10);
    assert_eq!(run(&mut limiter, &settings(5, 10_000, 1000), &[0, 1, 2, 3]), [None; 4]);
    // Of 0, 1, 2, 3 the newest two count: 2 is 9999 old at 10001.
    assert_eq!(run(&mut limiter, &settings(2, 10_000, 1000), &[10_001]), [Some(11_001)]);
    assert_eq!(run(&mut limiter, &settings(2, 10_000, 5), &[11_000]), [Some(11_001)]);
    assert_eq!(run(&mut limiter, &settings(2, 10_000, 5), &[11_001]), [None]);
}

#[test]
fn keys_do_not_disturb_each_other_and_idle_ones_are_forgotten() {
    let mut limiter = Limiter::new(1000);
    let one = settings(1, 1000, 5000);
    for key in 0..500 {
        assert_eq!(limiter.judge(&key, 0, &one), Judgement::Pass);
    }
    assert!(matches!(limiter.judge(&7, 1, &one), Judgement::Drop { .. }));
    assert_eq!(limiter.judge(&8, 1000, &one), Judgement::Pass);
    assert_eq!(limiter.jailed_until(&7, 1), Some(5001));
    for now in 1001..1200 {
        limiter.judge(&8, now, &one);
    }
    assert_eq!(limiter.len(), 2, "7 and 8 are in jail, the others forgotten");
    limiter.judge(&9, 10_000, &one);
    assert_eq!(limiter.len(), 1, "jails that are over are forgotten");
}

#[test]
fn memory_is_bounded_and_gives_up_the_longest_silent_and_the_jail_that_ends_first() {
    let mut limiter = Limiter::new(3);
    let one = settings(1, 1000, 5000);
    for (now, key) in ["a", "b", "c", "d"].into_iter().enumerate() {
        limiter.judge(&key, now as u64, &one);
    }
    assert_eq!(limiter.len(), 3);
    assert_eq!(limiter.judge(&"a", 5, &one), Judgement::Pass, "a was forgotten, and now b is");
    assert!(matches!(limiter.judge(&"d", 5, &one), Judgement::Drop { .. }));
    limiter.clear();
    for (until, key) in [(30, "a"), (10, "b"), (20, "c"), (40, "d")] {
        limiter.jail(&key, until);
    }
    assert_eq!(
        ["a", "b", "c", "d"].map(|key| limiter.jailed_until(&key, 0)),
        [Some(30), None, Some(20), Some(40)]
    );
}

#[test]
fn a_released_key_starts_to_count_anew_and_a_restored_one_is_in_jail() {
    let mut limiter = Limiter::new(3);
    let one = settings(1, 1000, 5000);
    limiter.jail(&"k", 700);
    assert_eq!(run(&mut limiter, &one, &[1]), [Some(700)]);
    assert!(limiter.release(&"k"));
    assert!(!limiter.release(&"k"));
    assert_eq!(run(&mut limiter, &one, &[2, 3]), [None, Some(5003)]);
    limiter.jail(&"k", 10);
    assert_eq!(run(&mut limiter, &one, &[9, 10]), [Some(10), None], "the later word counts");
}

#[test]
fn what_is_left_of_a_jail_is_told_in_whole_units() {
    let now = Timestamp::from_seconds(100);
    assert_eq!(remaining(Timestamp(100_000_001), now), Some(1));
    assert_eq!(remaining(Timestamp::from_seconds(160), now), Some(60_000));
    assert_eq!(remaining(now, now), None);
    assert_eq!(remaining(Timestamp(i64::MIN), Timestamp(i64::MAX)), None);
    assert_eq!(retry_after_secs(1001, 0), 2);
    assert_eq!(retry_after_secs(1000, 0), 1);
    assert_eq!(retry_after_secs(0, 5), 1);
}
