//! The marks of short series, worked out by hand: 2 / (1 + e^(5 x)) - 1 with four digits more than are compared.

use super::*;

fn close(left: f64, right: f64) -> bool {
    (left - right).abs() < 1e-4
}

/// Twenty steps, of which three are probation, with a window of four.
fn scored(alarms: &[(usize, f64)]) -> ScoredSeries {
    let mut scores = vec![0.0; 20];
    for &(step, score) in alarms {
        scores[step] = score;
    }
    ScoredSeries { scores, windows: vec![10..=13] }
}

fn marks_of(alarms: &[(usize, f64)], profile: usize) -> Vec<(Option<f64>, f64)> {
    let all = marks(&[scored(alarms)], &PROFILES[profile]);
    all.iter().filter(|mark| mark.threshold != Some(0.0)).map(|mark| (mark.threshold, mark.points)).collect()
}

#[test]
fn an_alarm_is_worth_more_the_earlier_it_comes() {
    // Places -1, -0.75, -0.5 and -0.25, over the worth at -1: 0.98661430.
    for (step, worth) in [(10, 1.0), (11, 0.966_989_09), (12, 0.859_792_57), (13, 0.562_124_15)] {
        let of_step = marks_of(&[(step, 5.0)], 0);
        assert_eq!(of_step[0], (None, 0.0));
        assert!(close(of_step[1].1, 50.0 * (1.0 + worth)), "step {step}: {of_step:?}");
    }
    assert!(close(marks_of(&[(11, 5.0), (12, 5.0), (13, 5.0)], 0)[1].1, 98.349_454), "the earliest counts");
}

#[test]
fn a_false_alarm_costs_more_the_farther_it_is_behind_a_window() {
    // Before the first window in full; 1/3, 1, and 2 lengths behind.
    for (step, cost) in [(3, 1.0), (9, 1.0), (14, 0.682_261_79), (16, 0.986_614_30), (19, 0.999_909_20)] {
        for (profile, weight, best) in [(0, 0.11, 2.0), (1, 0.22, 2.0), (2, 0.11, 3.0)] {
            let of_step = marks_of(&[(step, 5.0)], profile);
            let expected = -100.0 * weight * cost / best;
            assert!(close(of_step[1].1, expected), "step {step}, profile {profile}: {of_step:?}");
        }
    }
    assert_eq!(marks_of(&[(0, 5.0), (2, 9.0)], 0), [(None, 0.0)], "alarms in the probation don't count");
}

#[test]
fn the_threshold_goes_through_all_scores() {
    let alarms = [(1, 100.0), (13, 10.0), (5, 9.0), (11, 8.0), (10, 7.0), (16, 6.0)];
    let expected = [
        [78.106_208, 72.606_208, 92.849_454, 94.5, 89.073_621],
        [78.106_208, 67.106_208, 87.349_454, 89.0, 78.147_243],
        [85.404_138, 81.737_472, 95.232_970, 96.333_333, 92.715_748],
    ];
    for (profile, expected) in expected.iter().enumerate() {
        let marks = marks_of(&alarms, profile);
        assert_eq!(marks.len(), 6, "one without alarms and one for each score");
        for ((threshold, points), (expected_threshold, expected)) in
            marks[1..].iter().zip([10.0, 9.0, 8.0, 7.0, 6.0].into_iter().zip(expected))
        {
            assert_eq!(*threshold, Some(expected_threshold));
            assert!(close(*points, *expected), "profile {profile}, threshold {threshold:?}: {points}");
        }
    }
    let all = marks(&[scored(&alarms)], &PROFILES[0]);
    let highest = best(&all).unwrap();
    assert_eq!((highest.threshold, highest.found, highest.false_alarms), (Some(7.0), 1, 1));
    assert_eq!(at(&all, 8.5).unwrap().threshold, Some(9.0), "alarms are scores at or above it");
    assert_eq!(at(&all, 8.0).unwrap().threshold, Some(8.0));
    assert_eq!(at(&all, 11.0).unwrap(), Mark { threshold: None, points: 0.0, found: 0, false_alarms: 0 });
    let hopeless = ScoredSeries { scores: vec![1.0; 200], windows: vec![100..=101] };
    assert_eq!(
        best(&marks(&[hopeless], &PROFILES[0])).unwrap().threshold,
        None,
        "no alarm is better than all"
    );
}

#[test]
fn series_share_a_threshold_and_a_scale() {
    // The second has a window half in its probation, one that is not found, and an alarm more than three lengths of
    // the first behind it; the third has one window, all in its probation.
    let second = ScoredSeries {
        scores: (0..20).map(|step| if step == 3 || step == 9 { 5.0 } else { 0.0 }).collect(),
        windows: vec![2..=3, 15..=16],
    };
    let third = ScoredSeries { scores: vec![0.0; 20], windows: vec![0..=1] };
    let all = marks(&[scored(&[(10, 5.0)]), second, third], &PROFILES[0]);
    // 1 at the start of a window, 0.85979257 in the second half of one of two steps; -1 six steps behind it.
    let mark = at(&all, 5.0).unwrap();
    assert_eq!((mark.found, mark.false_alarms), (2, 1));
    assert!(close(mark.points, 100.0 * (1.0 + 0.859_792_57 + 2.0 - 0.11) / 6.0), "{mark:?}");
    // Of all steps, every window is found at its start, or where the probation ends.
    assert_eq!(all.last().unwrap().found, 3);
}
