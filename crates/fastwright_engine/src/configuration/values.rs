//! Values of configuration keys, with errors that say where and what is expected.

use super::Origin;
use crate::failure::{Failure, suggestion};
use toml::Spanned;
use toml::de::DeValue;

/// Reads the values of one key and remembers where they stand.
pub(super) struct Reader<'a, 'text> {
    pub(super) key: &'a str,
    pub(super) origin: &'a Origin<'text>,
    pub(super) places: &'a mut Vec<(String, String, String)>,
}

impl Reader<'_, '_> {
    fn remember(&mut self, text: &str, value: &Spanned<impl Sized>) {
        self.places.push((self.key.to_owned(), text.to_owned(), self.origin.place(&value.span())));
    }

    fn expected(&self, what: &str, value: &Spanned<DeValue<'_>>) -> Failure {
        let found = value.get_ref().type_str();
        self.origin
            .failure(&value.span(), &format!("`{}` is {what}, not {} {found}", self.key, article(found)))
    }

    pub(super) fn text(&mut self, value: &Spanned<DeValue<'_>>) -> Result<String, Failure> {
        let text = value.get_ref().as_str().ok_or_else(|| self.expected("a text", value))?;
        self.remember(text, value);
        Ok(text.to_owned())
    }

    /// A list of texts; one text stands for a list of one.
    pub(super) fn texts(&mut self, value: &Spanned<DeValue<'_>>) -> Result<Vec<String>, Failure> {
        match value.get_ref() {
            DeValue::String(_) => Ok(vec![self.text(value)?]),
            DeValue::Array(items) => {
                let mut texts = Vec::new();
                for item in items.iter() {
                    texts.push(self.text(item).map_err(|_| self.expected("a list of texts", item))?);
                }
                Ok(texts)
            }
            _ => Err(self.expected("a list of texts", value)),
        }
    }

    /// A table from patterns to lists of texts.
    pub(super) fn table_of_texts(
        &mut self,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Vec<(String, Vec<String>)>, Failure> {
        let what = "a table from patterns to lists of rules";
        let table = value.get_ref().as_table().ok_or_else(|| self.expected(what, value))?;
        let mut entries = Vec::new();
        for (pattern, rules) in table.iter() {
            self.remember(pattern.get_ref(), pattern);
            entries.push((pattern.get_ref().to_string(), self.texts(rules)?));
        }
        Ok(entries)
    }

    /// A table from route patterns to reasons; a reason is demanded.
    pub(super) fn reasons(&mut self, value: &Spanned<DeValue<'_>>) -> Result<Vec<(String, String)>, Failure> {
        let what = "a table from routes to reasons, such as `\"GET /status\" = \"for the load balancer\"`";
        let table = value.get_ref().as_table().ok_or_else(|| self.expected(what, value))?;
        let mut entries = Vec::new();
        for (pattern, reason) in table.iter() {
            self.remember(pattern.get_ref(), pattern);
            let text = self.text(reason)?;
            if text.trim().is_empty() {
                let message = format!("`{}` needs a reason why everybody may call it", pattern.get_ref());
                return Err(self.origin.failure(&reason.span(), &message));
            }
            entries.push((pattern.get_ref().to_string(), text));
        }
        Ok(entries)
    }

    /// A table from names to texts.
    pub(super) fn variables(
        &mut self,
        value: &Spanned<DeValue<'_>>,
    ) -> Result<Vec<(String, String)>, Failure> {
        let what = "a table from names of variables to texts, such as `DEBUG = \"1\"`";
        let table = value.get_ref().as_table().ok_or_else(|| self.expected(what, value))?;
        table.iter().map(|(name, text)| Ok((name.get_ref().to_string(), self.text(text)?))).collect()
    }

    /// One of several words.
    pub(super) fn word<T>(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        words: impl Iterator<Item = (&'static str, T)>,
    ) -> Result<T, Failure> {
        let text = self.text(value)?;
        let mut known = Vec::new();
        for (word, meaning) in words {
            if word == text {
                return Ok(meaning);
            }
            known.push(word);
        }
        let hint = suggestion(&text, known.iter().copied());
        let message = format!("`{}` is one of `{}`, not `{text}`{hint}", self.key, known.join("`, `"));
        Err(self.origin.failure(&value.span(), &message))
    }
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}
