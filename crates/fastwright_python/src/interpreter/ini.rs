//! The text format of `configparser`, and its interpolation, as data: nothing here knows the interpreter.

/// How a parser reads its text.
#[derive(Debug, Clone)]
pub(crate) struct IniOptions {
    /// What stands between an option and its value.
    pub(crate) delimiters: Vec<String>,
    /// What starts a line that is a comment.
    pub(crate) comment_prefixes: Vec<String>,
    /// What starts a comment behind a value.
    pub(crate) inline_prefixes: Vec<String>,
    /// Whether an option may have no value.
    pub(crate) allow_no_value: bool,
    /// Whether a section or option may be given only once.
    pub(crate) strict: bool,
    /// Whether empty lines belong to a value that goes on behind them.
    pub(crate) empty_lines_in_values: bool,
    /// The section whose options all sections have.
    pub(crate) default_section: String,
}

impl Default for IniOptions {
    fn default() -> Self {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        Self {
            delimiters: owned(&["=", ":"]),
            comment_prefixes: owned(&["#", ";"]),
            inline_prefixes: Vec::new(),
            allow_no_value: false,
            strict: true,
            empty_lines_in_values: true,
            default_section: "DEFAULT".to_owned(),
        }
    }
}

/// A section as written.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct IniSection {
    /// Its name.
    pub(crate) name: String,
    /// Options with their values, in order, names as written.
    pub(crate) options: Vec<(String, Option<String>)>,
}

/// The exception that a text raises.
pub(crate) type IniError = &'static str;

/// Reads a text into its sections.
pub(crate) fn parse(text: &str, how: &IniOptions) -> Result<Vec<IniSection>, IniError> {
    let mut sections: Vec<IniSection> = Vec::new();
    // The lines of the value that is being read.
    let mut lines: Option<Vec<String>> = None;
    let mut in_option = false;
    let mut indent = 0;
    let mut error = None;
    for line in text.lines() {
        let clean = clean(line, how);
        if clean.is_empty() {
            if how.empty_lines_in_values {
                let is_comment = !line.trim().is_empty();
                if let (false, Some(lines)) = (is_comment, &mut lines) {
                    lines.push(String::new());
                }
            } else {
                indent = usize::MAX;
            }
            continue;
        }
        let here = line.chars().take_while(|c| c.is_whitespace()).count();
        if in_option && here > indent {
            match &mut lines {
                Some(lines) => lines.push(clean.to_owned()),
                None => return Err("configparser.MultilineContinuationError"),
            }
            continue;
        }
        indent = here;
        if let Some(name) = header(clean) {
            finish(&mut sections, &mut lines);
            if how.strict
                && sections.iter().any(|section| section.name == name)
                && name != how.default_section
            {
                return Err("configparser.DuplicateSectionError");
            }
            sections.push(IniSection { name: name.to_owned(), options: Vec::new() });
            in_option = false;
            continue;
        }
        if sections.is_empty() {
            return Err("configparser.MissingSectionHeaderError");
        }
        let (name, value) = match split(clean, &how.delimiters) {
            Some((name, value)) => (name.trim_end(), Some(value.trim().to_owned())),
            None if how.allow_no_value => (clean, None),
            None => {
                error = Some("configparser.ParsingError");
                continue;
            }
        };
        finish(&mut sections, &mut lines);
        if name.is_empty() {
            error = Some("configparser.ParsingError");
        }
        lines = value.map(|value| vec![value]);
        if let Some(section) = sections.last_mut() {
            section.options.push((name.to_owned(), None));
        }
        in_option = true;
    }
    finish(&mut sections, &mut lines);
    match error {
        Some(error) => Err(error),
        None => Ok(sections),
    }
}

/// Puts the lines of the value that was read where they belong.
fn finish(sections: &mut [IniSection], lines: &mut Option<Vec<String>>) {
    if let Some(lines) = lines.take()
        && let Some((_, value)) = sections.last_mut().and_then(|section| section.options.last_mut())
    {
        *value = Some(lines.join("\n").trim_end().to_owned());
    }
}

/// A line without comments and space around it.
fn clean<'l>(line: &'l str, how: &IniOptions) -> &'l str {
    let trimmed = line.trim();
    if how.comment_prefixes.iter().any(|prefix| trimmed.starts_with(prefix.as_str())) {
        return "";
    }
    let mut end = line.len();
    for prefix in how.inline_prefixes.iter().filter(|prefix| !prefix.is_empty()) {
        for (at, _) in line.match_indices(prefix.as_str()) {
            if line[..at].chars().next_back().is_none_or(char::is_whitespace) {
                end = end.min(at);
            }
        }
    }
    line[..end].trim()
}

/// The name in `[name]`, up to the last bracket.
fn header(line: &str) -> Option<&str> {
    let inside = line.strip_prefix('[')?;
    let end = inside.rfind(']')?;
    (end > 0).then(|| &inside[..end])
}

/// An option and its value, at the first delimiter.
fn split<'l>(line: &'l str, delimiters: &[String]) -> Option<(&'l str, &'l str)> {
    delimiters
        .iter()
        .filter(|delimiter| !delimiter.is_empty())
        .filter_map(|delimiter| line.find(delimiter.as_str()).map(|at| (at, delimiter.len())))
        .min_by_key(|(at, length)| (*at, std::cmp::Reverse(*length)))
        .map(|(at, length)| (&line[..at], &line[at + length..]))
}

/// References inside references, at most, as Python allows.
const DEEPEST_INTERPOLATION: usize = 10;
/// References that one value follows, at most.
const MOST_REFERENCES: usize = 2_000;
/// Texts that references make longer than this are not followed.
const LONGEST_TEXT: usize = 64 * 1024;

/// Replaces `%(name)s` and `%%`; `lookup` gives the text behind a name.
pub(crate) fn interpolate(
    text: &str,
    lookup: &mut dyn FnMut(&str) -> Option<String>,
) -> Result<String, IniError> {
    let mut result = String::new();
    replace(text, lookup, &mut result, 1, &mut { MOST_REFERENCES })?;
    Ok(result)
}

fn replace(
    text: &str,
    lookup: &mut dyn FnMut(&str) -> Option<String>,
    result: &mut String,
    depth: usize,
    left: &mut usize,
) -> Result<(), IniError> {
    if depth > DEEPEST_INTERPOLATION || result.len() > LONGEST_TEXT {
        return Err("configparser.InterpolationDepthError");
    }
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        result.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix('%') {
            result.push('%');
            rest = behind;
            continue;
        }
        let reference = rest.strip_prefix('(').and_then(|inside| inside.split_once(')'));
        let Some((name, behind)) = reference.and_then(|(name, behind)| {
            (!name.is_empty()).then_some(())?;
            Some((name, behind.strip_prefix('s')?))
        }) else {
            return Err("configparser.InterpolationSyntaxError");
        };
        *left = left.checked_sub(1).ok_or("configparser.InterpolationDepthError")?;
        let value = lookup(name).ok_or("configparser.InterpolationMissingOptionError")?;
        if value.contains('%') {
            replace(&value, lookup, result, depth + 1, left)?;
        } else {
            result.push_str(&value);
        }
        if result.len() > LONGEST_TEXT {
            return Err("configparser.InterpolationDepthError");
        }
        rest = behind;
    }
    result.push_str(rest);
    Ok(())
}
