//! A disk that is full and has room again.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use super::{Events, Log, Loss};

/// Takes `room` bytes and then fails.
#[derive(Clone, Default)]
struct Disk(Arc<Mutex<(Vec<u8>, usize)>>);

impl Disk {
    fn set_room(&self, room: usize) {
        self.0.lock().unwrap().1 = room;
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().0.clone()).unwrap()
    }
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (text, room) = &mut *self.0.lock().unwrap();
        let count = bytes.len().min(*room);
        if count == 0 && !bytes.is_empty() {
            return Err(io::Error::from_raw_os_error(28));
        }
        text.extend_from_slice(&bytes[..count]);
        *room -= count;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const FULL: &str = "No space left on device";

fn loss(lines: u64, bytes: u64) -> Loss {
    Loss {
        lines,
        bytes,
        reason: String::from(FULL),
    }
}

fn prefix() -> String {
    String::from("T\t\tsys\t")
}

#[test]
fn a_log_counts_what_found_no_room_and_says_so_when_there_is_room_again() {
    let disk = Disk::default();
    let mut log = Log::new(Box::new(disk.clone()), false);
    let rows = b"T\ts\tout\tone\nT\ts\tout\ttwo\nT\ts\tout\tthree\n";
    // The first row and two letters of the second.
    disk.set_room(22);
    assert_eq!(log.append(prefix, rows), None);
    assert_eq!(log.total(), &loss(2, 1 + 5));
    // Still full: another batch is lost whole.
    assert_eq!(log.append(prefix, b"T\ts\tout\tfour\n"), None);
    assert_eq!(log.total(), &loss(3, 1 + 5 + 4));
    disk.set_room(10_000);
    assert_eq!(log.append(prefix, b"T\ts\tout\tfive\n"), Some(loss(3, 10)));
    assert_eq!(
        disk.text(),
        "T\ts\tout\tone\nT\ts\tout\ttw\nT\t\tsys\t3 lines (10 bytes) could not be recorded: No space left on device\n\
         T\ts\tout\tfive\n"
    );
    assert_eq!(log.append(prefix, b""), None);
    assert_eq!(log.take_unsaid(), None);
    assert_eq!(log.total(), &loss(3, 10));
}

#[test]
fn whatever_room_there_is_every_row_is_whole_or_counted_and_every_lost_byte_too() {
    let rows: Vec<String> = (0..6)
        .map(|at| format!("T\ts\tout\t{}\n", "x".repeat(at)))
        .collect();
    let texts: u64 = (0..6).sum();
    for room in 0..140 {
        for refill in [0, 1, 20, 40, 60, 10_000] {
            let disk = Disk::default();
            let mut log = Log::new(Box::new(disk.clone()), false);
            disk.set_room(room);
            let batch = rows.concat();
            log.append(prefix, batch.as_bytes());
            disk.set_room(refill);
            log.append(prefix, b"");
            disk.set_room(10_000);
            log.append(prefix, b"");
            let text = disk.text();
            let total = log.total().clone();
            assert!(
                text.is_empty() || text.ends_with('\n'),
                "{room} {refill} {text:?}"
            );
            let ours = |line: &&str| line.starts_with("T\ts\tout\t") && !line.contains("recorded");
            let kept: u64 = text
                .lines()
                .filter(ours)
                .map(|line| line.bytes().filter(|byte| *byte == b'x').count() as u64)
                .sum();
            assert_eq!(kept + total.bytes, texts, "{room} {refill} {text:?}");
            let said = text
                .matches("could not be recorded: No space left on device\n")
                .count();
            assert_eq!(
                said,
                usize::from(total.lines > 0),
                "{room} {refill} {text:?}"
            );
        }
    }
}

#[test]
fn events_wait_for_room_and_none_is_lost_or_doubled() {
    for room in 0..40 {
        let disk = Disk::default();
        let mut events = Events::new(Box::new(disk.clone()), false);
        disk.set_room(room);
        events.append(r#"{"event":1}"#);
        events.append(r#"{"event":2}"#);
        disk.set_room(1);
        events.append(r#"{"event":3}"#);
        assert_eq!(events.trouble(), Some(FULL));
        disk.set_room(10_000);
        events.retry();
        assert_eq!(events.trouble(), None);
        let text = disk.text();
        let whole: Vec<&str> = text
            .lines()
            .filter(|line| line.len() == 11 && line.ends_with('}'))
            .collect();
        assert_eq!(
            whole,
            [r#"{"event":1}"#, r#"{"event":2}"#, r#"{"event":3}"#],
            "{room} {text:?}"
        );
        assert!(text.ends_with('\n'));
    }
}

#[test]
fn a_file_that_ends_in_a_torn_line_is_mended_first() {
    let disk = Disk::default();
    disk.set_room(1000);
    assert_eq!(
        Log::new(Box::new(disk.clone()), true).append(prefix, b"T\t\tout\tx\n"),
        None
    );
    Events::new(Box::new(disk.clone()), true).append("{}");
    assert_eq!(disk.text(), "\nT\t\tout\tx\n\n{}\n");
}
