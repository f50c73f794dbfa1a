//! What is known of a project with changes that are not on disk yet.

use fastwright_contract::Versions;
use fastwright_contract::contract::contract;
use fastwright_contract::contract::document::Contract;
use fastwright_model::analysis::{Analysis, AnalysisError, AnalysisOptions, analyse_tree, evaluate_tree};
use fastwright_python::source::{OverlayTree, SourceTree};
use fastwright_rules::review::Review;
use fastwright_rules::settings::ReviewSettings;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Texts by canonical path.
pub type Changes = BTreeMap<PathBuf, Vec<u8>>;

/// Where a project is and how it is looked at.
#[derive(Clone)]
pub struct Project {
    /// The files as they are on disk.
    pub tree: Arc<dyn SourceTree>,
    /// What to analyse.
    pub path: PathBuf,
    /// How to analyse it.
    pub analysis: AnalysisOptions,
    /// What to review.
    pub review: ReviewSettings,
}

impl std::fmt::Debug for Project {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Project").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Project {
    /// The files with changes.
    pub fn changed(&self, changes: &Changes) -> Arc<dyn SourceTree> {
        if changes.is_empty() {
            return Arc::clone(&self.tree);
        }
        let changed = changes.iter().map(|(path, bytes)| (path.clone(), Some(bytes.clone()))).collect();
        Arc::new(OverlayTree::new(Arc::clone(&self.tree), changed))
    }

    /// Everything that is known with changes.
    ///
    /// # Errors
    /// When the path can't be read.
    pub fn state(&self, changes: &Changes) -> Result<State, AnalysisError> {
        let tree = self.changed(changes);
        let options = AnalysisOptions { for_document: true, ..self.analysis.clone() };
        let evaluation = evaluate_tree(Arc::clone(&tree), &self.path, &options)?;
        let versions = Versions::of(&evaluation);
        let contract = contract(evaluation, versions);
        let analysis = analyse_tree(tree, &self.path, &self.analysis)?;
        let review = fastwright_rules::review(&analysis, &self.review);
        Ok(State { analysis, review, contract })
    }

    /// The canonical path of a file.
    pub fn canonical(&self, path: &Path) -> PathBuf {
        self.tree.canonical(path).unwrap_or_else(|_| path.to_path_buf())
    }
}

/// Everything that is known of a project.
#[derive(Debug)]
pub struct State {
    /// The analysed program.
    pub analysis: Analysis,
    /// What is wrong with it.
    pub review: Review,
    /// What it promises.
    pub contract: Contract,
}
