//! The INI dialect of `setup.cfg`, `tox.ini` and `pytest.ini`.

use rustc_hash::FxHashMap;

/// The values of an INI file by section and key. A value's further lines are kept, joined with `\n`.
#[derive(Debug, Default)]
pub(crate) struct IniFile {
    sections: FxHashMap<String, FxHashMap<String, String>>,
}

impl IniFile {
    /// Reads an INI file, or gives the line (from 1) that is neither a section, a key, nor a continuation.
    pub(crate) fn parse(text: &str) -> Result<Self, usize> {
        let mut file = Self::default();
        let mut section: Option<String> = None;
        let mut key: Option<String> = None;
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            let content = line.trim();
            if content.is_empty() || content.starts_with(['#', ';']) {
                continue;
            }
            let indented = line.starts_with([' ', '\t']);
            if let (true, Some(section), Some(key)) = (indented, &section, &key) {
                if let Some(value) = file.sections.get_mut(section).and_then(|section| section.get_mut(key)) {
                    value.push('\n');
                    value.push_str(content);
                }
            } else if let Some(name) = content.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                file.sections.entry(name.to_owned()).or_default();
                section = Some(name.to_owned());
                key = None;
            } else if let (Some(section), Some(split)) = (&section, content.find(['=', ':'])) {
                let name = content[..split].trim().to_ascii_lowercase();
                let value = content[split + 1..].trim().to_owned();
                file.sections.entry(section.clone()).or_default().insert(name.clone(), value);
                key = Some(name);
            } else {
                return Err(number + 1);
            }
        }
        Ok(file)
    }

    pub(crate) fn has_section(&self, section: &str) -> bool {
        self.sections.contains_key(section)
    }

    pub(crate) fn value(&self, section: &str, key: &str) -> Option<&str> {
        self.sections.get(section)?.get(key).map(String::as_str)
    }

    /// A value's lines, empty ones left out.
    pub(crate) fn lines(&self, section: &str, key: &str) -> impl Iterator<Item = &str> {
        self.value(section, key).unwrap_or("").lines().map(str::trim).filter(|line| !line.is_empty())
    }

    /// Every key of a section with its value, sorted by key.
    pub(crate) fn entries(&self, section: &str) -> Vec<(&str, &str)> {
        let mut entries: Vec<(&str, &str)> = self
            .sections
            .get(section)
            .into_iter()
            .flatten()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        entries.sort_unstable();
        entries
    }
}
