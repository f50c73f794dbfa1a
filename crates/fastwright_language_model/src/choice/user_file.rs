//! The user's own configuration file, outside of projects.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::model::{Choice, ChoiceError};

/// The file has other tables too; the one about models must be understood whole.
#[derive(Deserialize)]
struct File {
    model: Option<Choice>,
}

/// Where the user's own configuration file is: `fastwright/config.toml` in `XDG_CONFIG_HOME`, in `.config` of the home
/// folder, or in `APPDATA` on Windows. `None` if the environment names none of these.
pub fn user_configuration_path(environment: &dyn Fn(&str) -> Option<String>) -> Option<PathBuf> {
    // A path that is not absolute would depend on the folder one stands in, which may be a project.
    let folder = |variable: &str| environment(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = if cfg!(windows) {
        folder("APPDATA")
    } else {
        folder("XDG_CONFIG_HOME").or_else(|| folder("HOME").map(|home| home.join(".config")))
    };
    base.map(|base| base.join("fastwright").join("config.toml"))
}

impl Choice {
    /// The table `model` of the user's own configuration file; without a file, nothing is chosen.
    ///
    /// # Errors
    /// When the file is inside of the project, which must not choose a model, or can't be read or understood.
    pub fn from_user_file(path: &Path, project: &Path) -> Result<Self, ChoiceError> {
        let unreadable =
            |error: io::Error| ChoiceError::UserFile { path: path.to_path_buf(), reason: error.to_string() };
        let real = match fs::canonicalize(path) {
            Ok(real) => real,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(unreadable(error)),
        };
        let project = fs::canonicalize(project).map_err(unreadable)?;
        if real.starts_with(&project) {
            return Err(ChoiceError::UserFileInProject { path: path.to_path_buf() });
        }
        let text = fs::read_to_string(&real).map_err(unreadable)?;
        let file: File = toml::from_str(&text).map_err(|error| ChoiceError::UserFile {
            path: path.to_path_buf(),
            // Its text has the line of the file in it, and that may be a key.
            reason: error.message().to_owned(),
        })?;
        Ok(file.model.unwrap_or_default())
    }
}
