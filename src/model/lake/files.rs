//! Finds the files of a database in a lake by their names, as readers find them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Exit};
use crate::model::identity::DatabaseId;
use crate::model::lake::{DATASETS, is_file_of, month_of_folder, path_in};

/// The files of a database with rows, as paths in the lake.
pub(crate) fn files_of(root: &Path, database: &DatabaseId) -> Vec<String> {
    let mut files = Vec::new();
    for folder in folders_of(root) {
        let names = names_in(&path_in(root, &folder)).into_iter();
        let ours = names.filter(|name| is_file_of(name, database));
        files.extend(ours.map(|name| format!("{folder}/{name}")));
    }
    files.sort_unstable();
    files
}

/// The folders of the datasets, and of their months that exist.
pub(crate) fn folders_of(root: &Path) -> Vec<String> {
    let mut folders = Vec::new();
    for dataset in DATASETS {
        folders.push(dataset.table.to_owned());
        let months = names_in(&root.join(dataset.table)).into_iter();
        folders.extend(
            months
                .filter(|name| month_of_folder(name).is_some())
                .map(|name| format!("{}/{name}", dataset.table)),
        );
    }
    folders
}

/// The names of what is in a folder; none if it cannot be read.
pub(crate) fn names_in(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

/// Two files of one database in one month, whose rows readers find twice. No rule tells which of them counts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct TwoFiles {
    pub(crate) first: PathBuf,
    pub(crate) second: PathBuf,
}

impl TwoFiles {
    /// Finds a month with two files.
    pub(crate) fn find(root: &Path, database: &DatabaseId) -> Option<Self> {
        let files = files_of(root, database);
        let folder = |name: &str| name.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let mut pairs = files.windows(2).filter_map(|pair| {
            let [first, second] = pair else {
                return None;
            };
            let is_same = folder(first) == folder(second);
            is_same.then(|| Self {
                first: path_in(root, first),
                second: path_in(root, second),
            })
        });
        // An export that runs may have given the first one its new name since.
        pairs.find(|pair| pair.first.exists() && pair.second.exists())
    }

    /// The error about them.
    pub(crate) fn into_error(self, action: String) -> Error {
        let (first, second) = (self.first.display(), self.second.display());
        Error::new(action)
            .with_source(format!(
                "a month has two files of this database, so readers find its rows twice: {first} and {second}"
            ))
            .with_help(format!(
                "compare their rows, such as in DuckDB with FROM '{first}' EXCEPT FROM '{second}' and the other way round; then \
                 move the one whose rows are all in the other out of the lake, and keep it"
            ))
            .with_exit(Exit::Config)
    }
}

/// The remedy for a file that is gone or damaged. `begin`: the step that makes the manifest again from the other files.
pub(crate) fn give_up_file(path: &Path, manifest: &Path, begin: &str) -> String {
    let manifest = manifest.display();
    let remove = if path.exists() {
        format!("move it and the manifest {manifest} out of the lake")
    } else {
        format!("remove the manifest {manifest}")
    };
    format!(
        "put a copy of it back; if there is none, {remove}, and {begin}: the rows of the database and of the other files stay"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_files_in_one_folder_are_of_one_month() {
        let root = tempfile::tempdir().unwrap();
        let database = DatabaseId::new("a".repeat(32));
        let put = |name: &str| {
            let path = path_in(root.path(), name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        };
        put(&format!("factions/{database}.parquet"));
        put(&format!(
            "faction_history/period=2026-01/{database}-1.parquet"
        ));
        put(&format!(
            "faction_history/period=2026-02/{database}-2.parquet"
        ));
        put(&format!("factions/{}.parquet", "b".repeat(32)));
        assert_eq!(files_of(root.path(), &database).len(), 3);
        assert_eq!(TwoFiles::find(root.path(), &database), None);

        put(&format!(
            "faction_history/period=2026-02/{database}-3.parquet"
        ));

        let found = TwoFiles::find(root.path(), &database).unwrap();
        assert!(found.first.ends_with(format!("{database}-2.parquet")));
    }
}
