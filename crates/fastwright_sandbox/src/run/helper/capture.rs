//! Output of a command, as much of it as is kept.

use crate::run::Captured;
use std::collections::VecDeque;
use std::io::Read;

/// The first and the last bytes of a stream.
#[derive(Debug)]
pub(super) struct Capture {
    half: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    left_out: u64,
}

impl Capture {
    pub(super) fn new(most: u64) -> Self {
        let half = usize::try_from(most / 2).unwrap_or(usize::MAX / 4).max(1);
        Self { half, head: Vec::new(), tail: VecDeque::new(), left_out: 0 }
    }

    pub(super) fn add(&mut self, bytes: &[u8]) {
        let (head, tail) = bytes.split_at(bytes.len().min(self.half - self.head.len()));
        self.head.extend_from_slice(head);
        let gone = (self.tail.len() + tail.len()).saturating_sub(self.half);
        self.left_out += gone as u64;
        self.tail.drain(..gone.min(self.tail.len()));
        self.tail.extend(&tail[tail.len().saturating_sub(self.half)..]);
    }

    pub(super) fn finish(mut self) -> Captured {
        if self.left_out == 0 {
            // Nothing is missing in between: a character is not cut.
            self.head.extend(self.tail.drain(..));
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Captured { head: text(&self.head), left_out: self.left_out, tail: text(self.tail.make_contiguous()) }
    }
}

/// Reads a stream to its end; `seen` hears how many bytes there were.
pub(super) fn read(mut stream: impl Read, most: u64, mut seen: impl FnMut(u64)) -> Captured {
    let mut capture = Capture::new(most);
    let mut buffer = vec![0; 1 << 16];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                capture.add(&buffer[..count]);
                seen(count as u64);
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    capture.finish()
}

#[cfg(test)]
mod tests {
    use super::{Capture, read};

    #[test]
    fn the_first_and_the_last_half_are_kept() {
        let whole: Vec<u8> = (0..1000u32).map(|number| b'a' + (number % 26) as u8).collect();
        for size in [1, 3, 7, 100, 1000] {
            let mut capture = Capture::new(100);
            for part in whole.chunks(size) {
                capture.add(part);
            }
            let captured = capture.finish();
            assert_eq!(captured.head.as_bytes(), &whole[..50], "{size}");
            assert_eq!(captured.tail.as_bytes(), &whole[950..], "{size}");
            assert_eq!(captured.left_out, 900, "{size}");
            assert!(captured.text().contains("[... 900 bytes left out ...]"));
        }
    }

    #[test]
    fn what_fits_is_whole() {
        let mut seen = 0;
        let captured = read("äöü".as_bytes(), 7, |count| seen += count);
        assert_eq!((captured.text().as_str(), captured.left_out, seen), ("äöü", 0, 6));
        assert_eq!(read(&b"\xff\xfe"[..], 7, |_| {}).text(), "\u{fffd}\u{fffd}");
    }
}
