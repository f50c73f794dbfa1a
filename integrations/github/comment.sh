#!/usr/bin/env bash
# Keeps one comment on a pull request up to date: the one that begins with our mark. Needs the `gh` program, as
# GitHub's runners have it, and from the environment GH_TOKEN, FASTWRIGHT_COMMENT (a file),
# FASTWRIGHT_REPOSITORY (owner/name) and FASTWRIGHT_PULL_REQUEST (its number).
set -euo pipefail

mark='<!-- fastwright -->'
# GitHub takes 65,536 characters.
longest=60000

body=$(mktemp)
head -c "$longest" "$FASTWRIGHT_COMMENT" | iconv -f UTF-8 -t UTF-8 -c > "$body" || true
if [ "$(wc -c < "$FASTWRIGHT_COMMENT")" -gt "$longest" ]; then
    printf '\n\n… cut here: the summary of the job has the rest.\n' >> "$body"
fi

comments="repos/$FASTWRIGHT_REPOSITORY/issues/$FASTWRIGHT_PULL_REQUEST/comments"
known=$(gh api --paginate "$comments" --jq ".[] | select(.body | startswith(\"$mark\")) | .id" | head -n 1)
if [ -n "$known" ]; then
    gh api --method PATCH "repos/$FASTWRIGHT_REPOSITORY/issues/comments/$known" --field "body=@$body" > /dev/null
    echo "fastwright: comment $known updated"
else
    gh api --method POST "$comments" --field "body=@$body" > /dev/null
    echo "fastwright: comment written"
fi
