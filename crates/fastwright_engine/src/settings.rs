//! The settings in effect for one path: configuration file, then `--config`, then options.

use crate::baseline;
use crate::configuration::{self, Configuration};
use crate::failure::Failure;
use fastwright_model::analysis::AnalysisOptions;
use fastwright_report::names::Severity;
use fastwright_report::output::ReviewFormat;
use fastwright_report::recorded_settings::{
    RecordedBaseline, RecordedIgnores, RecordedPublicRoute, RecordedSettings,
};
use fastwright_rules::metadata::Profile;
use fastwright_rules::settings::ReviewSettings;
use std::path::{Path, PathBuf};

/// Everything that is decided before an analysis starts.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What to analyse, absolute.
    pub path: PathBuf,
    /// How it is analysed.
    pub analysis: AnalysisOptions,
    /// Which rules run, and what they leave out.
    pub review: ReviewSettings,
    /// The severity from which findings fail a command.
    pub fail_on: Severity,
    /// How a review is printed.
    pub output_format: ReviewFormat,
    /// The configuration that was read.
    pub configuration_file: Option<PathBuf>,
    baseline_file: Option<PathBuf>,
}

/// What somebody says about a project beside its configuration, and over it.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// Analyse only these apps, `module:attr` or `module:factory()`.
    pub app: Vec<String>,
    /// Virtual environment of the project.
    pub python_env: Option<PathBuf>,
    /// Variables of the environment, name and value; added to the configuration's.
    pub variable: Vec<(String, String)>,
    /// Patterns of paths to leave out; added to the configuration's.
    pub exclude: Vec<String>,
    /// `KEY=VALUE` of the configuration.
    pub config: Vec<String>,
    /// Whether no configuration file is read.
    pub isolated: bool,
}

/// What somebody says about one review.
#[derive(Debug, Clone, Default)]
pub struct ReviewOverrides {
    /// Rules, areas or `all`, instead of the configuration's.
    pub select: Vec<String>,
    /// Rules to leave out beside the configuration's.
    pub ignore: Vec<String>,
    /// Rules to run beside the selected ones.
    pub extend_select: Vec<String>,
    /// `default`, `strict` or `audit`.
    pub profile: Option<String>,
    /// Whether comments in the code hide nothing.
    pub no_ignores: bool,
    /// The baseline's file, instead of the configuration's.
    pub baseline: Option<PathBuf>,
    /// Whether no baseline counts.
    pub no_baseline: bool,
    /// The severity from which findings fail a command.
    pub fail_on: Option<Severity>,
    /// How to print.
    pub output_format: Option<ReviewFormat>,
}

impl Settings {
    /// The settings for a path that questions other than a review need.
    ///
    /// # Errors
    /// When the path does not exist, or configuration or options make no sense.
    pub fn for_project(path: &Path, arguments: &Overrides) -> Result<Self, Failure> {
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
    pub fn for_review(
        path: &Path,
        project: &Overrides,
        arguments: &ReviewOverrides,
    ) -> Result<Self, Failure> {
        let mut settings = Self::for_project(path, project)?;
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
        if !arguments.no_baseline
            && let Some(file) = &settings.baseline_file
        {
            settings.review.baseline = Some(baseline::read(file)?);
        }
        settings.fail_on = arguments.fail_on.unwrap_or(settings.fail_on);
        settings.output_format = arguments.output_format.unwrap_or(settings.output_format);
        Ok(settings)
    }

    /// The file with what is known and not reported again.
    pub fn baseline_file(&self) -> Option<&Path> {
        self.baseline_file.as_deref()
    }

    /// What a report says of these settings. Its path is that of the whole project: only an analysis knows the root.
    pub fn recorded(&self) -> RecordedSettings {
        let review = &self.review;
        let ignores = |entries: &[(String, Vec<String>)]| {
            let entries = entries.iter();
            entries
                .map(|(pattern, rules)| RecordedIgnores { pattern: pattern.clone(), rules: rules.clone() })
                .collect()
        };
        let public = review.public_routes.iter();
        RecordedSettings {
            path: ".".to_owned(),
            profile: review.profile.name().to_owned(),
            select: review.select.clone(),
            ignore: review.ignore.clone(),
            extend_select: review.extend_select.clone(),
            comments: review.respect_suppressions,
            baseline: review.baseline.as_ref().map(RecordedBaseline::of),
            apps: self.analysis.apps.clone(),
            exclude: self.analysis.exclude.clone(),
            variables: self.analysis.variables.iter().map(|(name, _)| name.clone()).collect(),
            fastapi_version: self.analysis.fastapi_version.clone(),
            per_file_ignores: ignores(&review.per_file_ignores),
            per_route_ignores: ignores(&review.per_route_ignores),
            public_routes: public
                .map(|(pattern, reason)| RecordedPublicRoute {
                    pattern: pattern.clone(),
                    reason: reason.clone(),
                })
                .collect(),
        }
    }

    /// Takes over what a report says of its settings, but not where it was made and what was known before: the path, the
    /// environment, the values of variables and the baseline stay.
    ///
    /// # Errors
    /// When it names rules that are not there, or patterns that are none.
    pub fn set_recorded(&mut self, recorded: &RecordedSettings) -> Result<(), Failure> {
        let ignores = |entries: &[RecordedIgnores]| -> Vec<(String, Vec<String>)> {
            entries.iter().map(|entry| (entry.pattern.clone(), entry.rules.clone())).collect()
        };
        let profile = Profile::ALL.into_iter().find(|profile| profile.name() == recorded.profile);
        let Some(profile) = profile else {
            return Err(Failure::new(format!("the report names a profile `{}`", recorded.profile)));
        };
        let public = recorded.public_routes.iter();
        self.review = ReviewSettings {
            select: recorded.select.clone(),
            ignore: recorded.ignore.clone(),
            extend_select: recorded.extend_select.clone(),
            per_file_ignores: ignores(&recorded.per_file_ignores),
            per_route_ignores: ignores(&recorded.per_route_ignores),
            public_routes: public.map(|route| (route.pattern.clone(), route.reason.clone())).collect(),
            profile,
            respect_suppressions: recorded.comments,
            baseline: self.review.baseline.take(),
        };
        self.review.validate().map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(|error| format!("in the report, {error}")).collect();
            Failure::new(lines.join("\n"))
        })?;
        self.analysis.apps.clone_from(&recorded.apps);
        self.analysis.exclude.clone_from(&recorded.exclude);
        self.analysis.fastapi_version.clone_from(&recorded.fastapi_version);
        self.analysis.latent_routes = profile >= Profile::Audit;
        Ok(())
    }

    /// The settings as a configuration file would say them.
    pub fn show(&self) -> String {
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
pub fn working_directory() -> Result<PathBuf, Failure> {
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
