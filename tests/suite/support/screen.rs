//! The screen of a terminal on which a program has drawn a progress bar, or a line that is edited.

use unicode_width::UnicodeWidthChar as _;

/// The second cell of a character that takes two.
const SECOND_CELL: char = '\0';

/// The part of a terminal that a progress bar or an edited line uses.
pub struct Screen {
    columns: usize,
    lines: Vec<Vec<char>>,
    row: usize,
    column: usize,
    erased: Vec<String>,
}

impl Screen {
    /// The screen after this text, on a terminal of this width.
    pub fn after(text: &str, columns: u16) -> Self {
        let mut screen = Self {
            columns: usize::from(columns),
            lines: vec![Vec::new()],
            row: 0,
            column: 0,
            erased: Vec::new(),
        };
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match character {
                '\u{1b}' => {
                    let mut parameters = String::new();
                    let command = characters.find(|next| {
                        let is_parameter = matches!(next, '[' | '?' | ';' | '0'..='9');
                        if is_parameter {
                            parameters.push(*next);
                        }
                        !is_parameter
                    });
                    screen.control(&parameters, command);
                }
                '\r' => screen.column = 0,
                '\n' => screen.move_to(screen.row + 1),
                character => screen.put(character),
            }
        }
        screen
    }

    fn control(&mut self, parameters: &str, command: Option<char>) {
        let count = parameters.trim_start_matches('[').parse().unwrap_or(1);
        match command {
            Some('A') => self.row = self.row.saturating_sub(count),
            Some('B') => self.move_to(self.row + count),
            Some('K' | 'J') => {
                let from = if parameters == "[2" { 0 } else { self.column };
                let line = &mut self.lines[self.row];
                self.erased.push(line.iter().collect());
                line.truncate(from);
                if command == Some('J') {
                    let below = self.lines.drain(self.row + 1..);
                    self.erased.extend(below.map(|line| line.iter().collect()));
                }
            }
            _ => {}
        }
    }

    fn move_to(&mut self, row: usize) {
        self.row = row;
        while self.lines.len() <= row {
            self.lines.push(Vec::new());
        }
    }

    fn put(&mut self, character: char) {
        let cells = character.width().unwrap_or(0);
        if self.column + cells > self.columns {
            self.column = 0;
            self.move_to(self.row + 1);
        }
        let line = &mut self.lines[self.row];
        if line.len() < self.column + cells {
            line.resize(self.column + cells, ' ');
        }
        line[self.column..self.column + cells].fill(SECOND_CELL);
        if cells > 0 {
            line[self.column] = character;
        }
        self.column += cells;
    }

    /// The lines with text.
    pub fn left(&self) -> Vec<String> {
        let lines = self
            .lines
            .iter()
            .map(|line| line.iter().filter(|cell| **cell != SECOND_CELL));
        lines
            .map(Iterator::collect::<String>)
            .map(|line| line.trim_end().to_owned())
            .filter(|line| !line.is_empty())
            .collect()
    }

    /// The lines that are left, and all that were shown for a while.
    pub fn seen(&self) -> Vec<String> {
        let mut seen = self.erased.clone();
        seen.extend(self.left());
        seen
    }
}
