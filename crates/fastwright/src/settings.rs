//! The settings in effect for one path: configuration file, then `--config`, then options.

use crate::arguments::{ProjectArguments, ReviewArguments};
use crate::baseline;
use crate::configuration::{self, Configuration};
use crate::failure::Failure;
use fastwright_model::analysis::AnalysisOptions;
use fastwright_report::names::Severity;
use fastwright_report::output::ReviewFormat;
use fastwright_rules::metadata::Profile;
use fastwright_rules::settings::ReviewSettings;
use std::path::{Path, PathBuf};

/// Everything that is decided before an analysis starts.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// What to analyse, absolute.
    pub(crate) path: PathBuf,
    pub(crate) analysis: AnalysisOptions,
    pub(crate) review: ReviewSettings,
    pub(crate) fail_on: Severity,
    pub(crate) output_format: ReviewFormat,
    pub(crate) configuration_file: Option<PathBuf>,
    baseline_file: Option<PathBuf>,
}

impl Settings {
    /// The settings for a path that commands other than `review` need.
    ///
    /// # Errors
    /// When the path does not exist, or configuration or options make no sense.
    pub(crate) fn for_project(path: &Path, arguments: &ProjectArguments) -> Result<Self, Failure> {
        let path = absolute(path)?;
        let folder = working_directory()?;
        let mut configuration =
            if arguments.isolated { Configuration::default() } else { configuration::read(&path)? };
        for assignment in &arguments.config {
            configuration.set(assignment, &folder)?;
        }
        let apps = if arguments.app.is_empty() { configuration.apps.clone() } else { arguments.app.clone() };
        let mut exclude = configuration.exclude.clone();
        exclude.extend(arguments.exclude.iter().cloned());
        let mut variables = configuration.variables.clone();
        variables.extend(arguments.variable.iter().cloned());
        let python_env = match &arguments.python_env {
            Some(environment) => Some(folder.join(environment)),
            None => configuration.python_env.clone(),
        };
        if let Some(environment) = &python_env
            && !environment.exists()
        {
            let message = format!("the virtual environment {} does not exist", environment.display());
            return Err(Failure::new(message));
        }
        Ok(Self {
            path,
            analysis: AnalysisOptions {
                apps,
                exclude,
                python_env,
                fastapi_version: configuration.fastapi_version.clone(),
                variables,
                for_document: false,
                latent_routes: false,
            },
            fail_on: configuration.fail_on.unwrap_or(Severity::Medium),
            output_format: configuration.output_format.unwrap_or(ReviewFormat::Full),
            configuration_file: configuration.file.clone(),
            baseline_file: configuration.baseline.clone(),
            review: review_settings(configuration)?,
        })
    }

    /// The settings for a review of a path.
    ///
    /// # Errors
    /// As [`Settings::for_project`], and when rules or the baseline are not there.
    pub(crate) fn for_review(path: &Path, arguments: &ReviewArguments) -> Result<Self, Failure> {
        let mut settings = Self::for_project(path, &arguments.project)?;
        let review = &mut settings.review;
        if !arguments.select.is_empty() {
            review.select.clone_from(&arguments.select);
        }
        review.ignore.extend(arguments.ignore.iter().cloned());
        review.extend_select.extend(arguments.extend_select.iter().cloned());
        if let Some(profile) = &arguments.profile {
            let known = Profile::ALL.into_iter().find(|entry| entry.name() == profile);
            review.profile = known.unwrap_or_default();
        }
        settings.analysis.latent_routes = review.profile >= Profile::Audit;
        review.respect_suppressions = !arguments.no_ignores;
        // The configuration's values are checked already: what is wrong now was written on the command line.
        if let Err(errors) = review.validate() {
            let lines: Vec<String> =
                errors.iter().map(|error| format!("--{}: {}", error.key, error.message)).collect();
            return Err(Failure::new(lines.join("\n")));
        }
        if let Some(file) = &arguments.baseline {
            settings.baseline_file = Some(working_directory()?.join(file));
        }
        if arguments.write_baseline.is_none()
            && let Some(file) = &settings.baseline_file
        {
            settings.review.baseline = Some(baseline::read(file)?);
        }
        settings.fail_on = arguments.fail_on.unwrap_or(settings.fail_on);
        settings.output_format = arguments.output_format.unwrap_or(settings.output_format);
        Ok(settings)
    }

    /// The settings as a configuration file would say them.
    pub(crate) fn show(&self) -> String {
        let mut text = format!("# path: {}\n", self.path.display());
        match &self.configuration_file {
            Some(file) => text.push_str(&format!("# configuration: {}\n", file.display())),
            None => text.push_str("# configuration: none\n"),
        }
        let mut table = toml::Table::new();
        let mut set = |key: &str, value: toml::Value| {
            if value.as_table().is_none_or(|entries| !entries.is_empty()) {
                table.insert(key.to_owned(), value);
            }
        };
        let review = &self.review;
        set("select", list(&review.select));
        set("ignore", list(&review.ignore));
        set("extend-select", list(&review.extend_select));
        set("exclude", list(&self.analysis.exclude));
        set("apps", list(&self.analysis.apps));
        set("profile", review.profile.name().into());
        set("fail-on", self.fail_on.name().into());
        set("output-format", self.output_format.name().into());
        if let Some(folder) = &self.analysis.python_env {
            set("python-env", folder.display().to_string().into());
        }
        let variables = self.analysis.variables.iter().cloned();
        let variables: toml::Table = variables.map(|(name, value)| (name, value.into())).collect();
        set("variables", variables.into());
        if let Some(file) = &self.baseline_file {
            set("baseline", file.display().to_string().into());
        }
        if let Some(version) = &self.analysis.fastapi_version {
            set("fastapi-version", version.as_str().into());
        }
        let ignores = |entries: &[(String, Vec<String>)]| -> toml::Value {
            entries
                .iter()
                .map(|(pattern, rules)| (pattern.clone(), list(rules)))
                .collect::<toml::Table>()
                .into()
        };
        set("per-file-ignores", ignores(&review.per_file_ignores));
        set("per-route-ignores", ignores(&review.per_route_ignores));
        let reasons = review.public_routes.iter().cloned();
        let reasons: toml::Table = reasons.map(|(route, reason)| (route, reason.into())).collect();
        set("public-routes", reasons.into());
        text.push_str(&table.to_string());
        text
    }
}

fn list(texts: &[String]) -> toml::Value {
    toml::Value::Array(texts.iter().map(|text| text.as_str().into()).collect())
}

fn review_settings(configuration: Configuration) -> Result<ReviewSettings, Failure> {
    let settings = ReviewSettings {
        select: configuration.select.clone().unwrap_or_default(),
        ignore: configuration.ignore.clone(),
        extend_select: configuration.extend_select.clone(),
        per_file_ignores: configuration.per_file_ignores.clone(),
        per_route_ignores: configuration.per_route_ignores.clone(),
        public_routes: configuration.public_routes.clone(),
        profile: configuration.profile.unwrap_or_default(),
        respect_suppressions: true,
        baseline: None,
    };
    settings.validate().map_err(|errors| {
        let lines: Vec<String> = errors
            .iter()
            .map(|error| match configuration.place(error.key, &error.value) {
                Some(place) => format!("{place}: {error}"),
                None => error.to_string(),
            })
            .collect();
        Failure::new(lines.join("\n"))
    })?;
    Ok(settings)
}

/// The working directory, which relative paths and configuration start from.
///
/// # Errors
/// When it does not exist any more or can't be read.
pub(crate) fn working_directory() -> Result<PathBuf, Failure> {
    std::env::current_dir()
        .map_err(|error| Failure::new(format!("the working directory can't be read: {error}")))
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    match path.canonicalize() {
        Ok(path) => Ok(path),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Failure::new(format!("{} does not exist", path.display())))
        }
        Err(error) => Err(Failure::new(format!("{} can't be read: {error}", path.display()))),
    }
}
