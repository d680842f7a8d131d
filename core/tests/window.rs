//! Every row of a list of any length can be reached and stands where it says, and the scrollbar and the list never disagree on the order.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use runboard_core::store::window::{Align, MAX_SPACER, Window};

const LENGTHS: [u64; 6] = [1, 10, 100_000, 1_000_000, 5_000_000, 1_000_000_000];

fn window(rows: u64, height: f64, viewport: f64) -> Window {
    let mut window = Window::new(height);
    window.set_viewport(viewport);
    window.set_rows(rows);
    window
}

/// What a browser does with a value that is set: clamps it and rounds it, then tells.
fn browser_sets(window: &mut Window) {
    let range = (window.spacer() - window.viewport()).max(0.0);
    let told = window.scroll_top().max(0.0).min(range).round();
    assert!(
        !window.on_scroll(told),
        "the echo of {} moved the list",
        window.scroll_top()
    );
}

fn assert_wholly_visible(window: &Window, row: u64) {
    let offset = window.offset_of(row);
    assert!(
        offset >= -1e-3
            && offset + window.row_height() <= window.viewport().max(window.row_height()) + 1e-3,
        "row {row} at {offset} of {window:?}"
    );
    assert!(
        window.visible(0).contains(&row),
        "row {row} not in {:?}",
        window.visible(0)
    );
}

#[test]
fn first_middle_and_last_rows_are_reached_exactly() {
    for rows in LENGTHS {
        for (height, viewport) in [(20.0, 600.0), (32.0, 777.0), (18.75, 431.5)] {
            let mut window = window(rows, height, viewport);
            assert!(window.spacer() <= MAX_SPACER);
            for row in [0, rows / 2, rows - 1, rows / 3, 0, rows - 1] {
                window.scroll_to(row, Align::Start);
                browser_sets(&mut window);
                assert_wholly_visible(&window, row);
                if row as f64 * height + viewport <= rows as f64 * height {
                    assert_eq!(
                        (window.first_visible(), window.offset_of(row)),
                        (row, 0.0),
                        "{rows} rows"
                    );
                }
            }
            // The thumb at its ends, as the browser tells it.
            window.on_scroll(0.0);
            assert_eq!((window.first_visible(), window.offset_of(0)), (0, 0.0));
            window.on_scroll(((window.spacer() - viewport).max(0.0)).floor());
            let list = rows as f64 * height;
            if list > viewport {
                assert!(
                    (window.offset_of(rows - 1) + height - viewport).abs() < 1.0,
                    "{rows}: {}",
                    window.offset_of(rows - 1)
                );
                assert!(window.at_end());
            }
            assert_eq!(window.visible(0).end, rows);
        }
    }
}

#[test]
fn keys_walk_every_row_far_down_a_long_list() {
    for start in [0, 2_500_000, 4_990_000] {
        let mut window = window(5_000_000, 20.0, 600.0);
        window.scroll_to(start, Align::Start);
        browser_sets(&mut window);
        for step in 1..2000 {
            assert!(window.scroll_by_rows(1));
            browser_sets(&mut window);
            assert_eq!(
                (window.first_visible(), window.offset_of(start + step)),
                (start + step, 0.0)
            );
        }
        assert!(window.scroll_by_rows(-1999));
        assert_eq!(window.first_visible(), start);
    }
}

#[test]
fn rows_that_come_before_do_not_move_what_is_seen() {
    let mut window = window(1000, 20.0, 600.0);
    window.scroll_to(500, Align::Start);
    window.scroll_by(7.0);
    let offset = window.offset_of(510);
    window.shift(300);
    assert_eq!((window.rows(), window.offset_of(810)), (1300, offset));
    window.shift(-300);
    assert_eq!((window.rows(), window.offset_of(510)), (1000, offset));
}

#[test]
fn a_list_that_fits_does_not_move() {
    let mut window = window(3, 20.0, 600.0);
    assert!(
        !window.scroll_by(100.0) && !window.scroll_by_rows(1) && !window.scroll_to(2, Align::Start)
    );
    assert_eq!(
        (
            window.visible(5),
            window.at_end(),
            window.scroll_top(),
            window.page()
        ),
        (0..3, true, 0.0, 30)
    );
    window.set_rows(0);
    assert_eq!(window.visible(5), 0..0);
    let mut hidden = Window::new(f64::NAN);
    hidden.set_rows(10);
    hidden.set_viewport(-5.0);
    hidden.scroll_by(f64::INFINITY);
    assert_eq!(hidden.visible(0), 0..0);
}

#[test]
fn rows_beyond_the_visible_ones_are_kept_ready_but_while_pages_fly_past() {
    let mut window = window(1_000, 20.0, 200.0);
    window.on_scroll(150.0);
    assert_eq!(window.visible(5), 2..23);
    window.on_scroll(10_000.0);
    assert_eq!(window.visible(5), 499..511);
    window.on_scroll(10_020.0);
    assert_eq!(window.visible(5), 496..516);
}

#[test]
fn a_row_asked_for_while_the_list_is_hidden_is_in_view_once_it_is_shown() {
    for (row, align, first) in [
        (1, Align::Center, 0),
        (500, Align::Center, 485),
        (500, Align::End, 471),
    ] {
        let mut window = window(10_000, 20.0, 0.0);
        window.scroll_to(row, align);
        assert!(window.set_viewport(600.0) || first == 0);
        assert_wholly_visible(&window, row);
        assert_eq!(window.first_visible(), first);
        window.scroll_by_rows(100);
        assert!(
            !window.set_viewport(500.0),
            "what was asked for is over once it was shown"
        );
    }
}

proptest! {
    #[test]
    fn the_list_follows_the_thumb_in_order(rows in prop::sample::select(LENGTHS.to_vec()), height in 8.0..80.0_f64, viewport in 100.0..3000.0_f64, mut thumb in prop::collection::vec(0.0..1.0_f64, 2..20)) {
        let mut window = window(rows, height, viewport);
        thumb.sort_by(f64::total_cmp);
        let mut last = 0;
        for place in thumb {
            window.on_scroll(((window.spacer() - viewport).max(0.0) * place).round());
            prop_assert!(window.first_visible() >= last);
            last = window.first_visible();
            let visible = window.visible(3);
            prop_assert!(visible.end <= rows && visible.start <= visible.end);
            prop_assert!((visible.end - visible.start) as f64 <= viewport / height + 8.0);
        }
    }

    #[test]
    fn any_row_is_brought_into_view_in_any_way(rows in prop::sample::select(LENGTHS.to_vec()), height in 8.0..80.0_f64, viewport in 100.0..3000.0_f64, jumps in prop::collection::vec((0.0..1.0_f64, 0_u8..4), 1..20)) {
        let mut window = window(rows, height, viewport);
        for (place, align) in jumps {
            let row = ((rows as f64 * place) as u64).min(rows - 1);
            let align = [Align::Start, Align::Center, Align::End, Align::Nearest][align as usize];
            window.scroll_to(row, align);
            browser_sets(&mut window);
            assert_wholly_visible(&window, row);
            prop_assert!(!window.scroll_to(row, Align::Nearest) || rows as f64 * height > 1e9);
            prop_assert!(window.scroll_top() >= 0.0 && window.scroll_top() <= (window.spacer() - viewport).max(0.0) + 1e-6);
        }
    }

    #[test]
    fn a_list_that_grows_while_it_is_followed_stays_at_its_end(steps in prop::collection::vec(1_u64..300_000, 1..30)) {
        let mut window = window(0, 20.0, 600.0);
        let mut rows = 0;
        for step in steps {
            rows += step;
            let follow = window.at_end();
            window.set_rows(rows);
            prop_assert!(follow);
            window.scroll_to_end();
            browser_sets(&mut window);
            prop_assert_eq!(window.visible(0).end, rows);
            prop_assert!(window.at_end());
        }
    }
}
