//! A pseudo-terminal, and the screen that it would show.

use std::fs::File;
use std::io::Read as _;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// A terminal that shows what a process writes to it.
pub struct Terminal {
    pub child: Child,
    screen: Arc<Mutex<Screen>>,
    reader: JoinHandle<()>,
}

impl Terminal {
    /// Starts the command with stderr, and stdout too, on a new terminal of this width.
    pub fn start(command: &mut Command, columns: u16) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let size = Winsize {
            ws_row: 40,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&master, size).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = open(&*name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let other = slave.try_clone().unwrap();
        let child = command
            .env("TERM", "xterm")
            .stdout(Stdio::from(other))
            .stderr(Stdio::from(slave))
            .spawn()
            .unwrap();
        // The command holds the slave too, and the terminal ends only when every holder has closed it.
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let screen = Arc::new(Mutex::new(Screen::new(usize::from(columns))));
        let shown = Arc::clone(&screen);
        let reader = thread::spawn(move || read(&mut File::from(master), &shown));
        Self {
            child,
            screen,
            reader,
        }
    }

    /// Waits until a line that was shown contains the text.
    #[track_caller]
    pub fn wait_for(&self, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let seen = self.screen.lock().unwrap().seen();
            if seen.iter().any(|line| line.contains(text)) {
                return;
            }
            assert!(Instant::now() < deadline, "{text:?} is not in {seen:#?}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits for the end of the process. Returns its exit code, the lines that are left on the screen, and all lines that
    /// were shown for a while.
    pub fn end(mut self) -> (i32, Vec<String>, Vec<String>) {
        let code = self.child.wait().unwrap().code().unwrap_or(-1);
        self.reader.join().unwrap();
        let screen = self.screen.lock().unwrap();
        (code, screen.left(), screen.seen())
    }
}

fn read(master: &mut File, screen: &Mutex<Screen>) {
    let mut bytes = [0; 4096];
    let mut pending = Vec::new();
    // On Linux, reading fails when no process has the terminal open any more.
    while let Ok(count @ 1..) = master.read(&mut bytes) {
        pending.extend_from_slice(&bytes[..count]);
        let valid = match std::str::from_utf8(&pending) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        let text = String::from_utf8(pending.drain(..valid).collect()).unwrap();
        screen.lock().unwrap().write(&text);
    }
}

/// The part of a terminal that a progress bar uses.
struct Screen {
    columns: usize,
    lines: Vec<Vec<char>>,
    row: usize,
    column: usize,
    /// The parameters of an escape sequence that has begun.
    escape: Option<String>,
    erased: Vec<String>,
}

impl Screen {
    fn new(columns: usize) -> Self {
        Self {
            columns,
            lines: vec![Vec::new()],
            row: 0,
            column: 0,
            escape: None,
            erased: Vec::new(),
        }
    }

    fn write(&mut self, text: &str) {
        for character in text.chars() {
            match (self.escape.take(), character) {
                (Some(mut parameters), '[' | '?' | ';' | '0'..='9') => {
                    parameters.push(character);
                    self.escape = Some(parameters);
                }
                (Some(parameters), command) => self.control(&parameters, command),
                (None, '\u{1b}') => self.escape = Some(String::new()),
                (None, '\r') => self.column = 0,
                (None, '\n') => self.move_to(self.row + 1),
                (None, character) => self.put(character),
            }
        }
    }

    fn control(&mut self, parameters: &str, command: char) {
        let count = parameters.trim_start_matches('[').parse().unwrap_or(1);
        match command {
            'A' => self.row = self.row.saturating_sub(count),
            'B' => self.move_to(self.row + count),
            'K' | 'J' => {
                let from = if parameters == "[2" { 0 } else { self.column };
                let line = &mut self.lines[self.row];
                self.erased.push(line.iter().collect());
                line.truncate(from);
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
        if self.column == self.columns {
            self.column = 0;
            self.move_to(self.row + 1);
        }
        let line = &mut self.lines[self.row];
        if line.len() <= self.column {
            line.resize(self.column + 1, ' ');
        }
        line[self.column] = character;
        self.column += 1;
    }

    /// The lines with text.
    fn left(&self) -> Vec<String> {
        let lines = self
            .lines
            .iter()
            .map(|line| line.iter().collect::<String>());
        lines
            .map(|line| line.trim_end().to_owned())
            .filter(|line| !line.is_empty())
            .collect()
    }

    fn seen(&self) -> Vec<String> {
        let mut seen = self.erased.clone();
        seen.extend(self.left());
        seen
    }
}
