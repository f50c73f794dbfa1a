//! Prints what redaction would change in the files of a folder: `cargo run --example redacted_lines -- FOLDER ...`.
//!
//! For looking at what is taken out needlessly. What stands behind `-` is the secret, so run it on published code only.
#![allow(clippy::print_stdout)]

use fastwright_sandbox::redaction::Redactor;
use std::time::{Duration, Instant};

fn main() {
    let (mut files, mut lines, mut changed, mut bytes) = (0, 0, 0, 0);
    let mut time = Duration::ZERO;
    for folder in std::env::args().skip(1) {
        for entry in ignore::WalkBuilder::new(&folder).sort_by_file_path(std::cmp::Ord::cmp).build().flatten()
        {
            let ending = entry.path().extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            if !["py", "toml", "yml", "yaml", "json", "md", "sh", "ini", "cfg"].contains(&ending) {
                continue;
            }
            let Ok(text) = std::fs::read_to_string(entry.path()) else { continue };
            let started = Instant::now();
            let redacted = Redactor::new().redact(&text);
            time += started.elapsed();
            files += 1;
            lines += text.lines().count();
            bytes += text.len();
            if redacted.count == 0 {
                continue;
            }
            // Secrets of several lines move what follows: then the lines that are only on one side are shown.
            let after: std::collections::BTreeSet<&str> = redacted.text.lines().collect();
            for (number, line) in text.lines().enumerate().filter(|(_, line)| !after.contains(line)) {
                changed += 1;
                println!("{}:{}:- {}", entry.path().display(), number + 1, line.trim());
            }
        }
    }
    println!("{files} files, {lines} lines, {bytes} bytes, {changed} lines changed, {time:?}");
}
