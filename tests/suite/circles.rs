//! Checks that no files of `src/` import from each other in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The segments of a path below `crate`.
type Segments = Vec<String>;

/// One file of `src/`.
#[derive(Default)]
struct Module {
    /// The paths that it uses, from the root of the crate.
    uses: BTreeSet<Segments>,
    /// The names that it re-exports, with the paths that they stand for.
    reexports: BTreeMap<String, Segments>,
}

#[test]
fn no_files_import_from_each_other_in_a_circle() {
    let modules = modules();
    let mut imports: BTreeSet<(Segments, Segments)> = BTreeSet::new();
    for (name, module) in &modules {
        for path in &module.uses {
            let imported = file_of(&modules, path);
            // The files of a folder may use what its `mod.rs` declares.
            if !name.starts_with(&imported) {
                imports.insert((name.clone(), imported));
            }
        }
    }
    assert!(imports.len() > 300, "only {} were found", imports.len());

    let circles = only_circles(imports);
    let lines: Vec<String> = circles
        .iter()
        .map(|(from, to)| format!("{} imports from {}", from.join("::"), to.join("::")))
        .collect();
    assert!(lines.is_empty(), "\n{}", lines.join("\n"));
}

/// Removes the imports that are in no circle: those whose file is imported by none, or whose target imports none.
fn only_circles(mut imports: BTreeSet<(Segments, Segments)>) -> BTreeSet<(Segments, Segments)> {
    loop {
        let importers: BTreeSet<Segments> = imports.iter().map(|(from, _)| from.clone()).collect();
        let imported: BTreeSet<Segments> = imports.iter().map(|(_, to)| to.clone()).collect();
        let count = imports.len();
        imports.retain(|(from, to)| imported.contains(from) && importers.contains(to));
        if imports.len() == count {
            return imports;
        }
    }
}

/// The file that declares the item at a path. A re-export counts as the file of the item itself.
fn file_of(modules: &BTreeMap<Segments, Module>, path: &[String]) -> Segments {
    let mut depths = (0..=path.len()).rev();
    let depth = depths.find(|depth| modules.contains_key(&path[..*depth]));
    let (file, rest) = path.split_at(depth.expect("the root is a module"));
    match rest
        .first()
        .and_then(|name| modules[file].reexports.get(name))
    {
        Some(target) => file_of(modules, &[target, &rest[1..]].concat()),
        None => file.to_vec(),
    }
}

/// Every file of `src/`, by its path below `crate`. The binary is left out, because nothing can import from it.
fn modules() -> BTreeMap<Segments, Module> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    add_files(&source, &mut files);
    let named = files.into_iter().map(|file| {
        let relative = file.strip_prefix(&source).unwrap().with_extension("");
        let name = relative
            .iter()
            .map(|part| part.to_str().unwrap().to_owned());
        let is_root = |part: &String| part == "mod" || part == "lib";
        let name: Segments = name.filter(|part| !is_root(part)).collect();
        (name, file)
    });
    let named: BTreeMap<Segments, PathBuf> = named.filter(|(name, _)| *name != ["main"]).collect();
    named
        .iter()
        .map(|(name, file)| (name.clone(), read(&named, name, file)))
        .collect()
}

/// Adds the Rust files below a folder.
pub fn add_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        match entry.unwrap().path() {
            path if path.is_dir() => add_files(&path, files),
            path if path.extension().is_some_and(|end| end == "rs") => files.push(path),
            _ => {}
        }
    }
}

/// Reads the paths in the code of a file, without its unit tests.
fn read(files: &BTreeMap<Segments, PathBuf>, name: &[String], file: &Path) -> Module {
    let text = fs::read_to_string(file).unwrap();
    let code = text.lines().take_while(|line| *line != "#[cfg(test)]");
    let code = code.map(|line| line.split("//").next().unwrap_or_default());
    let tokens: Vec<&str> = code.flat_map(tokens).collect();

    let mut module = Module::default();
    let mut at = 0;
    while at < tokens.len() {
        let is_import = tokens[at] == "use";
        let is_reexport = is_import && at > 0 && matches!(tokens[at - 1], "pub" | ")");
        let is_path = matches!(tokens[at], "crate" | "super") && tokens.get(at + 1) == Some(&"::");
        let mut paths = Vec::new();
        at = match (is_import, is_path) {
            (true, _) => read_tree(&tokens, at + 1, &[], &mut paths),
            (_, true) => read_tree(&tokens, at, &[], &mut paths),
            _ => at + 1,
        };
        for (item, path) in paths {
            let Some(path) = from_root(files, name, &path) else {
                continue;
            };
            if is_reexport {
                module.reexports.insert(item, path.clone());
            }
            module.uses.insert(path);
        }
    }
    module
}

/// The words of a line, `::`, and every other character.
fn tokens(line: &str) -> Vec<&str> {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut tokens = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match rest.find(|character| !is_word(character)) {
            _ if rest.starts_with("::") => 2,
            Some(0) => first.len_utf8(),
            Some(end) => end,
            None => rest.len(),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

/// Adds each path of the tree that begins at this token, such as `a::{b, c::d}`, with the name that it gets. Returns the
/// place after the tree.
fn read_tree(
    tokens: &[&str],
    at: usize,
    prefix: &[&str],
    paths: &mut Vec<(String, Segments)>,
) -> usize {
    let mut path = prefix.to_vec();
    let mut at = at;
    loop {
        match tokens.get(at).copied() {
            Some("{") => {
                while !matches!(tokens.get(at), None | Some(&"}")) {
                    at = read_tree(tokens, at + 1, &path, paths);
                }
                return at + 1;
            }
            Some(word) if word != "self" && word.starts_with(char::is_alphabetic) => {
                path.push(word);
                at += 1;
            }
            Some("self" | "*") => at += 1,
            _ => return at,
        }
        if tokens.get(at) == Some(&"::") {
            at += 1;
            continue;
        }
        let is_renamed = tokens.get(at) == Some(&"as");
        at += if is_renamed { 2 } else { 0 };
        let name = if is_renamed {
            tokens[at - 1]
        } else {
            path.last().unwrap_or(&"")
        };
        let path = path.iter().map(|&word| word.to_owned()).collect();
        paths.push((name.to_owned(), path));
        return at;
    }
}

/// A path as the root of the crate would write it; `None` if it leads to a library.
fn from_root(
    files: &BTreeMap<Segments, PathBuf>,
    name: &[String],
    path: &[String],
) -> Option<Segments> {
    let first = path.first()?;
    let supers = path.iter().take_while(|word| *word == "super").count();
    let below_name = [name, path].concat();
    if first == "crate" {
        Some(path[1..].to_vec())
    } else if supers > 0 {
        let above = &name[..name.len().checked_sub(supers)?];
        Some([above, &path[supers..]].concat())
    } else {
        let child = &below_name[..=name.len()];
        files.contains_key(child).then(|| below_name.clone())
    }
}
