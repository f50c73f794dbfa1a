#!/usr/bin/env bash
# Reviews the project and compares its contract with a base revision. Everything comes from the environment:
# FASTWRIGHT_PATH, FASTWRIGHT_BASE (may be empty), FASTWRIGHT_FAIL_ON, FASTWRIGHT_FAIL_ON_CHANGES. Writes
# annotations to the log, a summary, and the step's outputs: files with the review, the diff, the SARIF log and
# the comment, and the verdict, `passed` or `failed`. Ends with an error only when fastwright could not run.
set -euo pipefail

results=${RUNNER_TEMP:-$(mktemp -d)}/fastwright
mkdir -p "$results"
output() { printf '%s=%s\n' "$1" "$2" >> "${GITHUB_OUTPUT:-/dev/null}"; }

base=()
if [ -n "${FASTWRIGHT_BASE:-}" ]; then
    # A checkout of one commit does not have the base.
    if ! git -C "$FASTWRIGHT_PATH" cat-file -e "$FASTWRIGHT_BASE^{commit}" 2>/dev/null; then
        git -C "$FASTWRIGHT_PATH" fetch --quiet --no-tags --depth=1 origin "$FASTWRIGHT_BASE"
    fi
    base=(--diff-base "$FASTWRIGHT_BASE")
fi

verdict=passed
# Runs fastwright: 0 is fine, 1 fails the job in the end, everything else ends it here.
judged() {
    local code=0
    fastwright "$@" || code=$?
    case $code in
        0) ;;
        1) verdict=failed ;;
        3) echo "::warning::fastwright found no FastAPI application in $FASTWRIGHT_PATH" ;;
        *) exit "$code" ;;
    esac
}
# The same without an opinion, for further formats of what was judged.
told() {
    local code=0
    fastwright "$@" || code=$?
    case $code in 0 | 1 | 3) ;; *) exit "$code" ;; esac
}

fail_on=(--fail-on "$FASTWRIGHT_FAIL_ON")
if [ "$FASTWRIGHT_FAIL_ON" = none ]; then fail_on=(--exit-zero); fi
review=(review "$FASTWRIGHT_PATH" --no-progress "${base[@]}")
judged "${review[@]}" "${fail_on[@]}" --output-format github
told "${review[@]}" --output-format json --output-file "$results/review.json"
# Code scanning compares by itself: it gets all findings.
told review "$FASTWRIGHT_PATH" --no-progress --output-format sarif --output-file "$results/review.sarif"
told "${review[@]}" --output-format markdown --output-file "$results/review.md"

{
    echo "<!-- fastwright -->"
    cat "$results/review.md" 2>/dev/null || true
} > "$results/comment.md"

if [ -n "${FASTWRIGHT_BASE:-}" ]; then
    changes=(diff "$FASTWRIGHT_BASE" --project "$FASTWRIGHT_PATH" --no-progress)
    fail_on=(--fail-on "$FASTWRIGHT_FAIL_ON_CHANGES")
    if [ "$FASTWRIGHT_FAIL_ON_CHANGES" = none ]; then fail_on=(); fi
    judged "${changes[@]}" "${fail_on[@]}" --output-format github
    told "${changes[@]}" --output-format json --output-file "$results/diff.json"
    told "${changes[@]}" --output-format markdown --output-file "$results/diff.md"
    {
        echo
        cat "$results/diff.md" 2>/dev/null || true
    } >> "$results/comment.md"
    if [ -f "$results/diff.json" ]; then output diff "$results/diff.json"; fi
fi

if [ -f "$results/review.json" ]; then output review "$results/review.json"; fi
if [ -f "$results/review.sarif" ]; then output sarif "$results/review.sarif"; fi
output comment "$results/comment.md"
output verdict "$verdict"
cat "$results/comment.md" >> "${GITHUB_STEP_SUMMARY:-/dev/null}"
