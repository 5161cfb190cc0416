//! The line ends of a text file: LF, CRLF, or both.

/// Gives the lines of `new`, which end with LF, the line ends that they have in `old`. A line that is not in `old` gets the end
/// that most lines of `old` have.
pub(super) fn with_ends_of(old: &str, new: &str) -> String {
    if !old.contains(CRLF) {
        return new.to_owned();
    }
    let old: Vec<(&str, &str)> = old.split_inclusive('\n').map(split_end).collect();
    let crlf = old.iter().filter(|(_, end)| *end == CRLF).count();
    let usual = if crlf * 2 > old.len() { CRLF } else { LF };
    let new: Vec<&str> = new.split_inclusive('\n').collect();
    let contents: Vec<&str> = new.iter().map(|line| split_end(line).0).collect();
    let mut matches = common_lines(&old, &contents).into_iter().peekable();
    let mut text = String::new();
    for (index, line) in new.iter().enumerate() {
        let same = matches.next_if(|(_, new)| *new == index);
        let (content, end) = split_end(line);
        text.push_str(content);
        if !end.is_empty() {
            let kept = same.map(|(old_index, _)| old[old_index].1);
            text.push_str(kept.filter(|end| !end.is_empty()).unwrap_or(usual));
        }
    }
    text
}

const LF: &str = "\n";
const CRLF: &str = "\r\n";

/// A line without its end, and the end, which is empty at the end of a file.
fn split_end(line: &str) -> (&str, &str) {
    let content = line
        .strip_suffix(CRLF)
        .or_else(|| line.strip_suffix(LF))
        .unwrap_or(line);
    line.split_at(content.len())
}

/// The positions of a longest common subsequence of the lines, in order.
fn common_lines(old: &[(&str, &str)], new: &[&str]) -> Vec<(usize, usize)> {
    let is_same = |(old, new): &(&(&str, &str), &&str)| old.0 == **new;
    let start = old.iter().zip(new).take_while(is_same).count();
    let (old_rest, new_rest) = (&old[start..], &new[start..]);
    let ends = old_rest.iter().rev().zip(new_rest.iter().rev());
    let end = ends.take_while(is_same).count();
    // Most lines are in these two parts, so that the table of the rest is small.
    let middle = common_of_rest(
        &old_rest[..old_rest.len() - end],
        &new_rest[..new_rest.len() - end],
    );
    let first = (0..start).map(|index| (index, index));
    let middle = middle.into_iter().map(|(i, j)| (i + start, j + start));
    let last = (1..=end)
        .rev()
        .map(|back| (old.len() - back, new.len() - back));
    first.chain(middle).chain(last).collect()
}

fn common_of_rest(old: &[(&str, &str)], new: &[&str]) -> Vec<(usize, usize)> {
    // The length of the longest common subsequence of the lines from here on.
    let mut lengths = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            lengths[i][j] = if old[i].0 == new[j] {
                lengths[i + 1][j + 1] + 1
            } else {
                lengths[i + 1][j].max(lengths[i][j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut common = Vec::new();
    while i < old.len() && j < new.len() {
        if old[i].0 == new[j] {
            common.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if lengths[i + 1][j] >= lengths[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    common
}
