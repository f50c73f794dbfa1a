//! The helper that `fastwright sandboxed-run` is, as a program of its own.

fn main() {
    fastwright_sandbox::run::become_sandboxed();
}
